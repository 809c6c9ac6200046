#!/bin/sh
# One expense handed over: what it holds and does not hold, the same bytes each time, and that each change is noticed, by the
# program and by the script that goes with it.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

demo_data "$work/a"
run --config "$work/a/config" --entity demo-mx --json bundle --month 2024-11
judged 0 '"revision":0' 'a bundle'
made=$(helper json "$work/out" 'd[0]["bundle"]')
mkdir "$work/given"
cp "$(dirname "$made")"/clara_mx_* "$work/given/"
rm -r "$work/a"
tar=$work/given/$(basename "$made")
base=clara_mx_demo-mx_2024-11_r0
tar -xOf "$tar" "$base/data/bundle.json" >"$work/bundle.json"
uuid() { # of the expense of that kind at that place
	helper json "$work/bundle.json" "[e['uuid'] for e in d[0]['expenses'] if e['kind'] == '$1'][$2]"
}

# ---- what it holds

n=0
while read -r kind option place; do
	n=$((n + 1))
	u=$(uuid "$kind" "$place")
	expect 0 "extract$n" "a $kind, number $place" extract "$tar" "--$option" "$u" -o "$work/extract$n"
	check "$kind $place: the script agrees" sh "$work/extract$n/check.sh"
	cp "$work/check" "$work/answers"
	check "$kind $place: and shows the fingerprint" grep -q -i 'fingerprint=[0-9A-F:]\{95\}$' "$work/answers"
	expect 0 'one expense' "$kind $place: so does verify" verify "$work/extract$n"
	check "$kind $place: its files are those of the bundle" sh -c '
		mkdir -p "$1/whole" && tar -xf "$2" -C "$1/whole" --strip-components=1 && diff -r "$1/whole/data/$3/$4" "$1/$5/data/$3/$4"' - \
		"$work" "$tar" "$kind" "$u" "extract$n"
	check "$kind $place: and no others" same "$(find "$work/extract$n/data" -type f | wc -l)" "$(find "$work/whole/data/$kind/$u" -type f | wc -l)"
	for suffix in statement.json statement.p7s seal.pem; do
		check "$kind $place: $suffix as it lay there" cmp "$work/given/$base.$suffix" "$work/extract$n/$base.$suffix"
	done
	check "$kind $place: of other expenses nothing is named" "$CLA_PYTHON" - "$work/bundle.json" "$work/extract$n" "$u" <<'END'
import json, os, sys
bundle, folder, own = sys.argv[1:]
leaves = {e['uuid']: e['leaf'] for e in json.load(open(bundle))['expenses']}
kind = os.listdir(os.path.join(folder, 'data'))[0]
evidence = json.load(open(os.path.join(folder, 'data', kind, own, 'evidence.json')))
known = {own} | {c['better'] for c in evidence['match']['candidates'] if 'better' in c} | {r['uuid'] for r in evidence['match']['reused']}
text = b''.join(open(os.path.join(at, f), 'rb').read() for at, _, files in os.walk(folder) for f in files)
shown = {u for u in leaves if u.encode() in text}
assert shown <= known, shown - known
proof = json.load(open(os.path.join(folder, 'proof.json')))
assert list(proof) == ['audit_path', 'base', 'format', 'hash', 'index', 'kind', 'leaf', 'root', 'size', 'uuid'], proof
assert proof['leaf'] == leaves[own] and proof['size'] == len(leaves) and proof['index'] == sorted(leaves).index(own)
assert len(proof['audit_path']) <= 6 and len(set(proof['audit_path']) & (set(leaves.values()) - {leaves[own]})) <= 2
END
done <<'END'
tx transaction 0
tx transaction 7
tx transaction -1
reimbursement reimbursement 1
END

# ---- the same bytes

u=$(uuid tx 7)
mkdir "$work/empty"
(
	umask 077
	cd "$work/given" || exit 1
	TZ=America/Mexico_City LC_ALL=C.UTF-8 "$CLARA_AUDIT" --json extract "./${tar##*/}" --transaction "$(echo "$u" | tr a-f A-F)" --output "$work/empty/" >"$work/out" 2>"$work/err"
)
code=$? ran='extract elsewhere'
judged 0 "\"uuid\":\"$(echo "$u" | tr a-f A-F)\".*\"base\":\"$base\"" 'in capitals, into a folder that is there and empty, as JSON'
check 'byte for byte the same' diff -r "$work/extract2" "$work/empty"
expect 2 'not empty' 'a folder that is not empty' extract "$tar" --transaction "$u" -o "$work/empty"
mkdir -p "$work/again.$u.partial/data/tx/$u"
echo torn >"$work/again.$u.partial/data/tx/$u/evidence.json"
expect 0 'again' 'over what a killed run left' extract "$tar" --transaction "$u" -o "$work/again"
check 'the same again' diff -r "$work/extract2" "$work/again"
printf 'a token' >"$work/given/$base.statement.p7s.token.nom151"
printf 'nothing of ours' >"$work/given/$base.statement.p7s.other"
run extract "$tar" --transaction "$u" -o "$work/token"
check 'a token of another kind goes along' cmp "$work/given/$base.statement.p7s.token.nom151" "$work/token/$base.statement.p7s.token.nom151"
check 'what else lies there does not' not test -e "$work/token/$base.statement.p7s.other"
expect 0 '.' 'with it, verify agrees' verify "$work/token"
rm "$work/given/$base.statement.p7s.token.nom151"

# ---- each change is noticed

# changed PATTERN SCRIPT DESCRIPTION COMMAND…: a copy of the extract that COMMAND changed ($x is its folder); SCRIPT says
# whether check.sh should notice as well.
changed() {
	changed_pattern=$1 changed_script=$2 changed_text=$3
	shift 3
	rm -rf "$work/changed"
	cp -R "$work/extract2" "$work/changed"
	chmod -R u+w "$work/changed"
	x=$work/changed
	(cd "$x" && eval "$*") || bail_out "cannot change: $changed_text"
	expect 5 "$changed_pattern" "$changed_text: named" verify "$x"
	[ "$changed_script" = no ] && return
	sh "$x/check.sh" >"$work/answers" 2>&1
	check "$changed_text: check.sh fails" not same $? 0
}
e=data/tx/$u/evidence.json
file=$(cd "$work/extract2" && echo "data/tx/$u"/transaction.*.json)
flip="\"\$CLA_PYTHON\" '$tests/helper.py' flip"
export CLA_PYTHON
changed 'evidence.json: leaf' yes 'a byte of the evidence' "$flip $e 200"
changed 'evidence.json: leaf' yes 'the amount in the evidence' "sed -i 's/\"amount\":\"[0-9]/\"amount\":\"9/' $e"
changed 'transaction.*: sha256' yes 'a byte of a file' "$flip $file 20"
changed 'transaction.*: file' no 'a file that is gone' "rm $file"
changed 'attachment|no such file' yes 'a file more' "echo more >data/tx/$u/attachment.$(printf more | sha256sum | cut -c 1-64).txt"
changed 'no such file' no 'a file beside' 'echo more >more.txt'
changed 'statement.json|signature' yes 'a byte of the statement' "$flip $base.statement.json 300"
changed 'signature' yes 'a byte of the signature' "$flip $base.statement.p7s 700"
changed 'audit_path' yes 'a hash of the proof' "$flip proof.json 20"
changed 'audit_path' yes 'a hash less' "sed -i 's/\"audit_path\":\\[\"[0-9a-f]*\",/\"audit_path\":[/' proof.json"
changed 'audit_path' yes 'a hash more' "sed -i 's/\\],\"base\"/,\"$(printf x | sha256sum | cut -c 1-64)\"],\"base\"/' proof.json"
changed 'audit_path' yes 'another place in the tree' "sed -i 's/\"index\":[0-9]*/\"index\":2/' proof.json"
changed 'root' no 'another root in the proof' "sed -i 's/\"root\":\"..../\"root\":\"0000/' proof.json"
changed 'size' no 'another size' "sed -i 's/\"size\":33/\"size\":34/' proof.json"
changed 'format' no 'another format' "sed -i 's/\"format\":1/\"format\":2/' proof.json"
changed 'canonical' no 'a blank in the proof' "sed -i 's/:1,/: 1,/' proof.json"
changed 'index' no 'a key less' "sed -i 's/\"index\":[0-9]*,//' proof.json"
changed 'base' no 'a base that is none' "sed -i 's/\"base\":\"clara_mx/\"base\":\"..\\/clara_mx/' proof.json"
changed 'check.sh: content' no 'another script' 'echo "echo OK" >check.sh'
changed 'evidence.json: file' yes 'no evidence' "rm $e"
rm -rf "$work/changed"
cp -R "$work/extract2" "$work/changed"
rm "$work/changed/$base.statement.p7s"
expect 1 'nobody answers' 'without the signature it is unknown' verify "$work/changed"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=another' -days 9 -keyout "$work/key" -out "$work/another.pem" 2>/dev/null
expect 5 'signer' 'another anchor' verify --trust "$work/another.pem" "$work/extract2"
expect 0 'chains to' 'the right one' verify --trust "$work/extract2/$base.seal.pem" "$work/extract2"

# any one bit of what is not the signature's own encoding
flips=40
[ "$CLA_LONG" = 0 ] || flips=2000
rm -rf "$work/changed"
cp -R "$work/extract2" "$work/changed"
seed=${CLA_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "# CLA_SEED=$seed"
check "$flips random bits: each is noticed" "$CLA_PYTHON" - "$CLARA_AUDIT" "$work/changed" "$seed" "$flips" <<'END'
import os, random, subprocess, sys
program, folder, seed, flips = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
choose = random.Random(seed)
files = sorted(os.path.join(at, f) for at, _, names in os.walk(folder) for f in names if not f.endswith(('.p7s', '.pem')))
for _ in range(flips):
	path = choose.choice(files)
	with open(path, 'rb') as f:
		good = f.read()
	at, bit = choose.randrange(len(good)), choose.randrange(8)
	with open(path, 'wb') as f:
		f.write(good[:at] + bytes((good[at] ^ 1 << bit,)) + good[at + 1:])
	code = subprocess.run((program, 'verify', folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
	with open(path, 'wb') as f:
		f.write(good)
	assert code == 5, (path, at, bit, code)
END

# ---- what is not extracted from

expect 2 "no transaction '$(uuid reimbursement 0)'" 'a reimbursement is no transaction' extract "$tar" --transaction "$(uuid reimbursement 0)" -o "$work/none"
expect 2 'is no UUID' 'a path in place of a UUID' extract "$tar" --transaction '../../../../x' -o "$work/none"
expect 2 'usage' 'without a folder' extract "$tar" --transaction "$u"
expect 2 'usage' 'two expenses' extract "$tar" --transaction "$u" --reimbursement "$u" -o "$work/none"
expect 2 'usage' 'standard input' extract - --transaction "$u" -o "$work/none"
expect 5 'signer' 'another anchor' extract --trust "$work/another.pem" "$tar" --transaction "$u" -o "$work/none"
cp -R "$work/given" "$work/bad"
chmod u+w "$work/bad"/*
helper flip "$work/bad/${tar##*/}" 100000
expect 5 'sha256' 'a bundle that was altered' extract "$work/bad/${tar##*/}" --transaction "$u" -o "$work/none"
cp "$tar" "$work/bad/"
rm "$work/bad/$base.statement.p7s"
expect 1 'nothing was extracted' 'a bundle without signature' extract "$work/bad/${tar##*/}" --transaction "$u" -o "$work/none"
cp "$work/given/$base.statement.p7s" "$work/bad/"
rm "$work/bad/$base.seal.pem"
expect 2 'no clara.*seal.pem' 'a bundle without its certificate' extract "$work/bad/${tar##*/}" --transaction "$u" -o "$work/none"
(
	ulimit -f 1
	trap '' XFSZ
	"$CLARA_AUDIT" extract "$tar" --transaction "$u" -o "$work/none" >"$work/out" 2>"$work/err"
	echo $? >"$work/code"
)
code=$(cat "$work/code") ran='extract without room'
judged 6 'large|space|written' 'without room it ends in 6'
check 'and nothing stays behind' same "$(find "$work" -maxdepth 1 -name 'none*' | wc -l | tr -d ' ')" 0

finish
