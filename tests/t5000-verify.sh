#!/bin/sh
# Checking a bundle: with stock tools, with verify, and after a hundred kinds of damage.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl tar sha256sum

demo_data "$work/demo"
run --config "$work/demo/config" --json bundle --month 2024-11
[ "$code" = 0 ] || bail_out 'no bundle to check' "$work/out" "$work/err"
cp "$work/out" "$work/result"
tar=$(helper json "$work/result" 'd[0]["bundle"]')
base=clara_mx_demo-mx_2024-11_r0
folder=$(dirname "$tar")

# copy NAME: archive, statement, signature and certificate in $work/NAME.
copy() {
	mkdir "$work/$1"
	cp "$tar" "$folder/$base.statement.json" "$folder/$base.statement.p7s" "$folder/$base.seal.pem" "$work/$1/"
}

# ---- with tar, sha256sum and openssl alone: the commands that the bundle itself gives

tar -xOf "$tar" "$base/VERIFY.txt" >"$work/VERIFY.txt"
for language in ESPA PORTUGU ENGLISH; do
	awk -v from="^$language" '/^(ESPA|PORTUGU|ENGLISH)/ { on = $0 ~ from } on && /^   / { print substr($0, 4) }' \
		"$work/VERIFY.txt" | grep '^[a-z][a-z0-9]* ' >"$work/all.$language"
	# this one has no time-stamp (t4210-stamp.sh)
	grep -v '^openssl ts ' "$work/all.$language" >"$work/commands.$language"
	copy "by-hand-$language"
	# each command by itself, all have to succeed, as a reader would see it
	check "the commands of VERIFY.txt succeed: $language" sh -e -c 'cd "$1" && . "$2"' - "$work/by-hand-$language" "$work/commands.$language"
done
cp "$work/check" "$work/answers"
check 'they are the ones of the contract' grep -q 'openssl cms -verify -binary -cades -inform DER' "$work/commands.ENGLISH"
check 'the signature is good' grep -q -i 'Verification successful' "$work/answers"
check 'the digests shown are one and the same' sh -c \
	'grep -o "[0-9a-f]\{64\}" "$1" | grep -c "$2" | grep -q "^[3-9]"' - "$work/answers" "$(sha256sum "$tar" | cut -d ' ' -f 1)"
for language in ESPA PORTUGU; do
	check "the commands are the same in every language: $language" cmp "$work/all.ENGLISH" "$work/all.$language"
done
check 'nothing but stock tools is used' sh -c '! cut -d " " -f 1 "$1" | grep -v -x -E "openssl|sha256sum|tar|grep|cd"' - "$work/commands.ENGLISH"

check 'it is a bag of the profile' "$CLA_PYTHON" - "$CLA_SRCDIR/docs/bagit-profile.json" "$work/by-hand-ENGLISH/$base" <<'END'
import fnmatch, json, os, sys
profile, bag = json.load(open(sys.argv[1])), sys.argv[2]
tags = [line.rstrip('\n').split(': ', 1) for line in open(os.path.join(bag, 'bag-info.txt'))]
assert len(tags) == len(dict(tags)) and set(dict(tags)) == set(profile['Bag-Info']), tags
for name, value in tags:
	assert value in profile['Bag-Info'][name].get('values', [value]), (name, value)
assert dict(tags)['BagIt-Profile-Identifier'] == profile['BagIt-Profile-Info']['BagIt-Profile-Identifier']
files = {os.path.relpath(os.path.join(at, f), bag) for at, _, names in os.walk(bag) for f in names}
tag_files = {f for f in files if not f.startswith('data/')}
assert tag_files == {'bagit.txt', 'bag-info.txt', 'manifest-sha256.txt', 'tagmanifest-sha256.txt'} | set(profile['Tag-Files-Required'])
payload = files - tag_files
assert set(profile['Payload-Files-Required']) <= payload
assert all(any(fnmatch.fnmatch(f, p) for p in profile['Payload-Files-Allowed']) for f in payload)
assert open(os.path.join(bag, 'bagit.txt')).readline() == f'BagIt-Version: {profile["Accept-BagIt-Version"][0]}\n'
END

copy changed
# shellcheck disable=SC2046 # three words
set -- $(helper offset "$tar" /cfdi.)
helper flip "$work/changed/${tar##*/}" $(($2 + $3 / 2))
sh -e -c 'cd "$1" && . "$2"' - "$work/changed" "$work/commands.ENGLISH" >"$work/answers" 2>&1
check 'after one changed byte they fail' not same $? 0
check 'and name the member' grep -q 'cfdi.*FAILED' "$work/answers"
expect 5 "${1#"$base"/}" 'after one changed byte verify names the member' verify "$work/changed/${tar##*/}"
copy changed2
helper flip "$work/changed2/$base.statement.json" 100
sh -e -c 'cd "$1" && . "$2"' - "$work/changed2" "$work/commands.ENGLISH" >"$work/answers" 2>&1
check 'after one changed byte of the statement they fail' not same $? 0
expect 5 'statement' 'and so does verify' verify "$work/changed2/${tar##*/}"

# ---- verify

expect 0 '.' 'the demo bundles verify' verify "$folder"/*.tar
run --json verify "$tar"
judged 0 '"result":"pass"' 'verify --json'
check 'its object' json "$work/out" "len(d) == 1 and d[0]['sha256'] == '$(sha256sum "$tar" | cut -d ' ' -f 1)' and d[0]['problems'] == []
	and d[0]['entity'] == 'demo-mx' and d[0]['month'] == '2024-11' and d[0]['revision'] == 0 and d[0]['complete'] is True and
	d[0]['expenses'] == 33 and len(d[0]['signer']) == 64 and d[0]['anchored'] is False"
run verify "$tar"
fingerprint=$(openssl x509 -in "$folder/$base.seal.pem" -noout -fingerprint -sha256 | cut -d = -f 2 | tr -d :)
check 'the fingerprint is shown' sh -c 'tr -d ": " <"$1" | grep -i -q "$2"' - "$work/out" "$fingerprint"
check 'the signer is called not established' grep -E -i -q 'not established|unknown signer|fingerprint' "$work/out" "$work/err"
copy pristine
mkdir "$work/alone"
cp "$tar" "$work/alone/"
(cd / && HOME=/nonexistent "$CLARA_AUDIT" verify "$work/pristine/${tar##*/}" >"$work/out" 2>"$work/err")
check 'verify needs no configuration and no store' same $? 0
check 'and leaves nothing behind' same "$(find "$work/pristine" -maxdepth 1 -type f | wc -l | tr -d ' ')" 4

# ---- trust

expect 0 'anchor|trust|established' '--trust with the signer itself' verify --trust "$folder/$base.seal.pem" "$tar"
run --json verify --trust "$folder/$base.seal.pem" "$tar"
check 'the signer is anchored' json "$work/out" 'd[0]["anchored"] is True'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=stranger' -days 30 \
	-keyout "$work/stranger.key" -out "$work/stranger.pem" 2>/dev/null
expect 5 'trust|anchor|chain' '--trust with a stranger' verify --trust "$work/stranger.pem" "$tar"
expect 2 'no-such' '--trust with a file that is not there' verify --trust "$work/no-such.pem" "$tar"
expect 2 'trust|certificate' '--trust with a file that holds no certificate' verify --trust "$work/VERIFY.txt" "$tar"

# ---- time-stamps, by the openssl command as the authority

mkdir "$work/tsa"
cat >"$work/tsa/cnf" <<-'END'
	[req]
	distinguished_name = dn
	[dn]
	[root]
	basicConstraints = critical,CA:TRUE
	keyUsage = critical,keyCertSign
	[ext]
	extendedKeyUsage = critical,timeStamping
	[tsa]
	default_tsa = t
	[t]
	serial = serial
	signer_cert = tsa.pem
	signer_key = tsa.key
	signer_digest = sha256
	default_policy = 1.2.3.4
	digests = sha256
	ess_cert_id_alg = sha256
END
(
	cd "$work/tsa" && set -e
	ec='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config cnf'
	# shellcheck disable=SC2086 # words
	openssl req -x509 $ec -extensions root -subj /CN=root -days 30 -keyout ca.key -out ca.pem
	# shellcheck disable=SC2086
	openssl req -new $ec -subj '/CN=time authority' -keyout tsa.key -out tsa.csr
	openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -extfile cnf -extensions ext -set_serial 2 -days 30 -out tsa.pem
	echo 01 >serial
	for what in p7s json; do
		openssl ts -query -data "$folder/$base.statement.$what" -sha256 -cert -out query
		openssl ts -reply -config cnf -queryfile query -out "$what.tsr"
	done
) >"$work/err" 2>&1 || bail_out 'no time-stamps' "$work/err"
cat "$folder/$base.seal.pem" "$work/tsa/ca.pem" >"$work/both.pem"
copy stamped
stamped="$work/stamped/${tar##*/}" stamp=$work/stamped/$base.statement.p7s.tsr
cp "$work/tsa/p7s.tsr" "$stamp"
expect 0 'tsr: stamped at .* by CN=time authority' 'a time-stamp is shown' verify "$stamped"
expect 0 'authority is not established.*[0-9a-f]{64}' 'its authority is called not established' verify "$stamped"
expect 0 'stamped at' '--trust with both anchors' verify --trust "$work/both.pem" "$stamped"
check 'nothing is called not established then' not grep -q 'not established' "$work/out"
run --json verify --trust "$work/both.pem" "$stamped"
check 'the stamp is anchored' json "$work/out" 'd[0]["anchored"] is True and d[0]["stamp_anchored"] is True and
	len(d[0]["stamped_at"]) == 20'
run --json verify "$tar"
check 'without a stamp there is none' json "$work/out" 'd[0]["stamped_at"] is None and d[0]["stamp_anchored"] is False'
expect 5 'tsr: authority' '--trust without the anchor of the authority' verify --trust "$folder/$base.seal.pem" "$stamped"
expect 5 'p7s: signer' '--trust without the anchor of the signer' verify --trust "$work/tsa/ca.pem" "$stamped"
cp "$work/tsa/json.tsr" "$stamp"
expect 5 'tsr: time-stamp: found the stamp is over other bytes' 'a time-stamp over something else' verify "$stamped"
head -c 300 "$work/tsa/p7s.tsr" >"$stamp"
expect 5 'tsr: time-stamp: found not a TimeStampResp' 'a time-stamp cut short' verify "$stamped"
: >"$stamp"
expect 5 'tsr: time-stamp' 'an empty time-stamp' verify "$stamped"
cp "$work/tsa/p7s.tsr" "$stamp"
if command -v faketime >/dev/null && ! sanitized; then
	# when the certificates have ended, the signer's chain holds at the time of the stamp
	faketime '2060-01-01' "$CLARA_AUDIT" verify --trust "$work/both.pem" "$stamped" >"$work/out" 2>"$work/err"
	check 'long after: the stamp keeps the signature' same $? 0
	rm "$stamp"
	faketime '2060-01-01' "$CLARA_AUDIT" verify --trust "$work/both.pem" "$stamped" >"$work/out" 2>"$work/err"
	check 'long after, without the stamp: expired' same $? 5
	check 'and why' grep -q 'p7s: signer: .*expired' "$work/out"
	cp "$work/tsa/p7s.tsr" "$stamp"
else
	skip 'long after' 'faketime is not installed, or does not go with sanitizers'
fi
rm "$work/stamped/$base.statement.p7s"
expect 1 'tsr: nothing here that it is about' 'a time-stamp without its signature' verify "$stamped"

# ---- what is no bundle, and standard input

expect 2 'bundle|tar' 'a text is no bundle' verify "$work/VERIFY.txt"
: >"$work/nothing.tar"
expect 2 'bundle|tar|empty' 'an empty file is no bundle' verify "$work/nothing.tar"
tar -cf "$work/other.tar" -C "$work" VERIFY.txt
expect 2 'bundle' 'another tar is no bundle' verify "$work/other.tar"
head -c 1000000 /dev/urandom >"$work/noise.tar"
expect 2 '.' 'noise is no bundle' verify "$work/noise.tar"
expect 2 'no-such' 'a file that is not there' verify "$work/no-such.tar"
expect 2 'bundle|usage|path' 'verify without a file' verify
"$CLARA_AUDIT" verify - <"$tar" >"$work/out" 2>"$work/err"
check 'from standard input: unknown without its statement' same $? 1
"$CLARA_AUDIT" verify - <"$work/changed/${tar##*/}" >"$work/out" 2>"$work/err"
check 'from standard input: a change is found' same $? 5
expect 5 'cfdi' 'several files: the worst decides' verify "$tar" "$work/changed/${tar##*/}"
run --json verify "$tar" "$work/changed/${tar##*/}" "$work/alone/${tar##*/}"
check 'several files: a line each' json "$work/out" '[x["result"] for x in d] == ["pass", "fail", "unknown"]'
check 'a problem has its four parts' json "$work/out" 'd[1]["problems"] and all(set(p) == {"member", "field", "found", "due"}
	for p in d[1]["problems"])'

# ---- a folder as a chain

cp -R "$work/demo" "$work/chain"
run --config "$work/chain/config" --entity demo-mx --json bundle --month 2024-11 --rejudge
[ "$code" = 0 ] || bail_out 'no second revision' "$work/out" "$work/err"
chain=$work/chain/data/bundles
expect 0 'chain of demo-mx \(mx\): 2 statements, 0 to 1' 'a folder is checked as a chain' verify "$chain"
run --json verify "$chain"
check 'a line for each bundle, then one for each entity' json "$work/out" '[x.get("chain") for x in d] ==
	[None] * 4 + ["demo-br", "demo-co", "demo-mx"] and all(x["result"] == "pass" and x["problems"] == [] for x in d)'
expect 0 'chain of demo-mx.*2 statements' 'so are files of one entity' verify "$chain"/*mx*.tar
# a change that never was: by itself nobody can tell
cp -R "$chain" "$work/invented"
second=$(basename "$work/invented/"*mx*_r1.statement.json .statement.json)
sed 's/"changes":\[\]/"changes":[{"kind":"removed","leaf_new":null,"leaf_old":"'"$(printf x | sha256sum | cut -c 1-64)"'"}]/' \
	"$chain/$second.statement.json" >"$work/invented/$second.statement.json"
openssl cms -sign -binary -cades -md sha256 -in "$work/invented/$second.statement.json" -signer "$folder/$base.seal.pem" \
	-inkey "$work/demo/data/keys/seal.key" -outform DER -out "$work/invented/$second.statement.p7s" 2>/dev/null
expect 0 '.' 'an invented change passes by itself' verify "$work/invented/$second".*.tar
expect 5 'r1.*supersedes.changes: found' 'but not beside the tree that it is said to change' verify "$work/invented"
run verify "$folder"/*.tar
check 'one bundle of each is no chain' not grep -q 'chain' "$work/out"
first=$(find "$chain" -name '*mx*_r0.*.tar')
mv "$first" "$work/first"
expect 1 'gap: 1 statements from seq 0' 'a folder with a gap: unknown' verify "$chain"
expect 0 '.' 'a file alone is no chain with a gap' verify "$chain"/*mx*.tar
# another first revision, signed by the same key
sed 's/"n":[0-9]*/"n":0/' "$chain/$base.statement.json" >"$work/forged.json"
cp "$work/forged.json" "$chain/$base.statement.json"
openssl cms -sign -binary -cades -md sha256 -in "$work/forged.json" -signer "$folder/$base.seal.pem" \
	-inkey "$work/demo/data/keys/seal.key" -outform DER -out "$chain/$base.statement.p7s" 2>/dev/null
mv "$work/first" "$first"
expect 0 '.' 'a bundle stated anew passes by itself' verify "$first"
expect 5 'r1.*prev.statement_sha256: found' 'but not in its chain' verify "$chain"
expect 5 'predicate.seq.*r0.*\.tar' 'and not beside the true one' verify "$tar" "$first"
mkdir "$work/empty"
expect 2 'no .tar file' 'a folder without bundles' verify "$work/empty"

# ---- replay

expect 0 '.' '--replay judges alike' verify --replay "$folder"/*.tar

# ---- one fault each, sealed again with the true key wherever another check would notice

mkdir "$work/faults"
"$CLA_PYTHON" "$tests/t5000-faults.py" "$tar" "$work/demo/data/keys/seal.key" "$work/stranger.key" "$work/stranger.pem" \
	"$work/faults" 2>"$work/err" || bail_out 'the faults cannot be made' "$work/err"
check 'there are enough of them' test "$(wc -l <"$work/faults/table")" -ge 100
while IFS="$(printf '\t')" read -r name want pattern; do
	expect "$want" "$pattern" "fault: $name" verify "$work/faults/$name"/*.tar
done <"$work/faults/table"
rm -rf "$work/faults"

# ---- a verdict that was changed, and sealed by the true key, is found by judging again

"$CLA_PYTHON" - "$tests" "$tar" "$work/demo/data/keys/seal.key" "$work/lie" <<'END' || bail_out 'the lie cannot be made'
import importlib.util, json, os, sys
tests, tar, key, target = sys.argv[1:]
spec = importlib.util.spec_from_file_location('faults', f'{tests}/t5000-faults.py')
faults = importlib.util.module_from_spec(spec)
spec.loader.exec_module(faults)
os.makedirs(target)
w = faults.Workshop(tar, key, key, key, target)
a = w.archive()
index = json.loads(a.get('/data/bundle.json'))
lied = next(e for e in index['expenses'] if e['verdict'] == 'fail')
lied['verdict'] = 'pass'
a.put('/data/bundle.json', faults.canonical(index))
name = f'/{lied["uuid"]}/evidence.json'
evidence = json.loads(a.get(name))
for v in evidence['verdicts']:
	v.update(verdict='pass', findings=[], checks={k: 'pass' for k in v['checks']})
a.put(name, faults.canonical(evidence))
a.root = a.leaves()
a.manifests()
w.fault('lie', 5, 'verdict', a)
END
run verify "$work/lie/lie"/*.tar
note=$code
expect 5 'verdict|judge' 'a verdict that was changed and sealed again is found by --replay' verify --replay "$work/lie/lie"/*.tar
check 'but not without it' same "$note" 0

finish
