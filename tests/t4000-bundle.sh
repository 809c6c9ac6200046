#!/bin/sh
# The bundle: its bytes depend on the evidence alone, its revisions keep to the rules, its form is the contract's.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl tar sha256sum

# bundled NAME: the demo month of all three companies in $work/NAME, JSON in $work/NAME/result.
bundled() {
	[ -d "$work/$1" ] || demo_data "$work/$1"
	bundled_name=$1
	shift
	run --config "$work/$bundled_name/config" --json bundle --month 2024-11 "$@"
	cp "$work/out" "$work/$bundled_name/result"
}
digests() {
	helper json "$1" '[(x["entity"], x["revision"], x["sha256"]) for x in d]'
}
# alike NAME DESCRIPTION: the same digests as in the first folder.
alike() {
	digests "$work/$1/result" >"$work/these"
	if [ "$code" = 0 ] && grep -q demo-mx "$work/these" && cmp -s "$work/these" "$work/those"; then
		pass "$2"
	else
		fail "$2" "$work/those" "$work/these" "$work/err"
	fi
}

bundled first
judged 0 '"complete":true' 'the demo month'
digests "$work/first/result" >"$work/those"
check 'exactly the keys of the contract' json "$work/first/result" 'len(d) == 3 and all(set(x) == {"entity", "month", "revision",
	"bundle", "sha256", "statement", "complete", "transactions", "reimbursements", "documents", "findings", "missing"} for x in d)'
check 'of the right types' json "$work/first/result" 'all(x["complete"] is True and x["month"] == "2024-11" and
	type(x["revision"]) is int and type(x["transactions"]) is int and type(x["findings"]) is int and x["missing"] == [] for x in d)'
check 'with the numbers of the samples' json "$work/first/result" '[(x["entity"], x["transactions"], x["reimbursements"])
	for x in d] == [("demo-mx", 30, 3), ("demo-br", 24, 2), ("demo-co", 14, 1)]'
# What every machine has to come to. New rules or samples make new digests: then the file is written anew, on purpose.
helper json "$work/first/result" '"\n".join(x["entity"] + "\t" + x["sha256"] for x in d)' >"$work/golden"
check 'the digests are the ones of tests/golden.tsv' diff "$tests/golden.tsv" "$work/golden"
check 'planted faults are counted' json "$work/first/result" 'all(x["findings"] > 0 for x in d)'

tar=$(helper json "$work/first/result" 'd[0]["bundle"]')
statement=$(helper json "$work/first/result" 'd[0]["statement"]')
base=clara_mx_demo-mx_2024-11_r0
folder=$(dirname "$tar")
check 'the digest is that of the file' same "$(sha256sum "$tar" | cut -d ' ' -f 1)" "$(helper json "$work/first/result" 'd[0]["sha256"]')"
check 'and stands in its name' same "${tar##*/}" "$base.$(sha256sum "$tar" | cut -d ' ' -f 1).tar"
check 'the statement lies beside it' same "${statement##*/}" "$base.statement.json"
for file in statement.json statement.p7s seal.pem; do
	check "$file is there" test -s "$folder/$base.$file"
done
check 'the statement is as specified' json "$statement" "d[0]['_type'] == 'https://in-toto.io/Statement/v1' and
	d[0]['predicateType'] == 'urn:clara-audit:bundle:1' and d[0]['subject'] == [{'name': '$base.tar',
	'digest': {'sha256': '$(sha256sum "$tar" | cut -d ' ' -f 1)'}}] and set(d[0]['predicate']) == {'country', 'entity', 'tax_id',
	'month', 'revision', 'seq', 'cutoff', 'retain_until', 'tree', 'prev', 'supersedes', 'custody', 'tool'} and
	d[0]['predicate']['prev'] is None and d[0]['predicate']['supersedes'] is None and d[0]['predicate']['seq'] == 0 and
	d[0]['predicate']['tree']['size'] == 33 and d[0]['predicate']['tree']['hash'] == 'rfc9162-sha256'"

# ---- bytes that depend on nothing else

bundled 'second folder with a long name'
alike 'second folder with a long name' 'another folder'
bundled first
alike first 'a second run'
demo_data "$work/zone"
TZ=Asia/Tokyo
bundled zone
TZ=UTC
alike zone 'another time zone'
LC_ALL=pt_BR.UTF-8
bundled locale
LC_ALL=C
alike locale 'another locale'
bundled language --lang es
alike language 'another language'
demo_data "$work/umask"
umask 077
bundled umask
umask 022
alike umask 'another umask'
demo_data "$work/cwd"
(cd / && run --config "$work/cwd/config" --json bundle --month 2024-11 && cp "$work/out" "$work/cwd/result")
code=0
alike cwd 'another current folder'
demo_data "$work/relative"
(cd "$work/relative" && run --config config --json bundle --month 2024-11 && cp "$work/out" result)
alike relative 'relative paths'
"$CLA_PYTHON" - "$work/first" "$work/reversed" <<'END'
import os, shutil, sys
source, target = sys.argv[1:]
paths = [os.path.join(at, n) for at, _, names in os.walk(source) for n in names
	if '/data' not in at.removeprefix(source) or at.endswith('/certs')]
for path in sorted(paths, reverse=True):
	to = os.path.join(target, os.path.relpath(path, source))
	os.makedirs(os.path.dirname(to), exist_ok=True)
	if not to.endswith('/result'):
		shutil.copyfile(path, to)
os.chmod(os.path.join(target, 'salt.key'), 0o600)
END
bundled reversed
alike reversed 'files made in the opposite order'
demo_data "$work/separate"
for entity in demo-mx demo-br demo-co; do
	run --config "$work/separate/config" --entity "$entity" --json bundle --month 2024-11
done
bundled separate
alike separate 'one entity at a time'
demo_data "$work/offline"
run --config "$work/offline/config" fetch --month 2024-11
bundled offline --offline
alike offline 'fetched first, bundled offline'
rm -f "$work"/offline/data/catalogue.sqlite*
bundled offline --offline
alike offline 'after the catalogue was deleted'
bundled output --output "$work/elsewhere/deep"
alike output '--output names another folder'
check '--output: the archive lies there' test -s "$work/elsewhere/deep/${tar##*/}"
for file in statement.json statement.p7s seal.pem; do
	check "--output: $file lies beside it" test -s "$work/elsewhere/deep/$base.$file"
	check "--output: $file is kept in the data folder too" test -s "$work/output/data/bundles/$base.$file"
done
if command -v faketime >/dev/null && ! sanitized; then
	demo_data "$work/year"
	faketime '2031-03-05 06:07:08' "$CLARA_AUDIT" --config "$work/year/config" --json bundle --month 2024-11 >"$work/year/result" 2>"$work/err"
	code=$?
	alike year 'another year'
else
	skip 'another year' 'faketime is not installed, or does not go with sanitizers'
fi
demo_data "$work/salted"
head -c 32 /dev/zero | tr '\0' k >"$work/salted/salt.key"
bundled salted
check 'another salt key gives other digests' not same "$(digests "$work/salted/result")" "$(cat "$work/those")"

# ---- a page keeps its list elsewhere, or has none

# page NAME EXPRESSION: the last page of transactions in $work/NAME becomes the value of a Python expression over it.
page() {
	"$CLA_PYTHON" - "$work/$1/mx" "$2" <<'END'
import glob, json, sys
folder, expression = sys.argv[1:]
name, = glob.glob(folder + '/bodies/*transactions-page-2.json')
page = json.load(open(name))
body = json.dumps(eval(expression)).encode()
open(name, 'wb').write(body)
answers = [json.loads(line) for line in open(folder + '/answers.jsonl')]
for a in answers:
	if name.endswith(a['body']):
		a['headers']['Content-Length'] = str(len(body))
with open(folder + '/answers.jsonl', 'w') as f:
	f.writelines(json.dumps(a) + '\n' for a in answers)
END
}

demo_data "$work/renamed"
page renamed '{"transactions" if k == "content" else k: v for k, v in page.items()}'
bundled renamed --entity demo-mx
judged 0 '"complete":true' 'a list under the name of what it lists'
check 'all its rows are there' json "$work/renamed/result" 'd[0]["transactions"] == 30'
demo_data "$work/listless"
page listless '{k: v for k, v in page.items() if k != "content"}'
bundled listless --entity demo-mx
judged 3 '"complete":false' 'a page that holds no list'
check 'is named as missing' json "$work/listless/result" 'any(m["resource"] == "transactions" for m in d[0]["missing"])'

# ---- an archive that cannot get its name leaves nothing behind

demo_data "$work/taken"
mkdir -p "$work/occupied/${tar##*/}/x"
bundled taken --entity demo-mx --output "$work/occupied"
judged 6 'naming' 'a folder stands where the archive is to be'
check 'nothing half-written stays' same "$(find "$work/occupied" ! -type d)" ''
rm -r "$work/occupied/${tar##*/}"
bundled taken --entity demo-mx --output "$work/occupied"
check 'the next run makes the same archive' same "$(sha256sum "$work/occupied/${tar##*/}" | cut -d ' ' -f 1)" "$(sha256sum "$tar" | cut -d ' ' -f 1)"

# ---- the archive

tar -tvf "$tar" >"$work/listing"
check 'regular files of one mode and owner, nothing else' same "$(grep -v -c '^-rw-r--r-- 0/0 ' "$work/listing")" 0
tar -tf "$tar" >"$work/names"
LC_ALL=C sort "$work/names" >"$work/sorted"
check 'sorted bytewise' cmp "$work/names" "$work/sorted"
check 'one time for all, the cut-off' same "$(TZ=UTC tar --full-time -tvf "$tar" | awk '{print $4, $5}' | sort -u | tr ' ' T)Z" \
	"$(helper json "$statement" 'd[0]["predicate"]["cutoff"]')"
mkdir "$work/unpacked"
tar -xf "$tar" -C "$work/unpacked"
if command -v bsdtar >/dev/null; then
	(cd "$work/unpacked" && bsdtar --format ustar -b 1 --numeric-owner --uid 0 --gid 0 --no-recursion -cf "$work/again.tar" -T "$work/sorted")
	check 'libarchive makes the same bytes of the unpacked files' cmp "$tar" "$work/again.tar"
else
	skip 'libarchive makes the same bytes of the unpacked files' 'bsdtar is not installed'
fi
check 'the manifests hold' sh -c "cd '$work/unpacked/$base' && sha256sum --strict -c manifest-sha256.txt tagmanifest-sha256.txt"
check 'Payload-Oxum is right' same "$(sed -n 's/^Payload-Oxum: //p' "$work/unpacked/$base/bag-info.txt")" \
	"$(find "$work/unpacked/$base/data" -type f -exec cat {} + | wc -c | tr -d ' ').$(find "$work/unpacked/$base/data" -type f | wc -l | tr -d ' ')"
check 'bundle.json has exactly its keys' json "$work/unpacked/$base/data/bundle.json" 'set(d[0]) == {"format", "entity", "country",
	"tax_id", "month", "month_basis", "revision", "cutoff", "open", "totals", "listing", "sums", "tieout", "missing", "answers",
	"expenses"} and d[0]["format"] == 1 and d[0]["open"] is False'
check 'evidence.json has exactly its keys' json "$(find "$work/unpacked" -name evidence.json | head -n 1)" 'set(d[0]) == {"kind",
	"uuid", "salt", "facts", "documents", "absent", "verdicts", "match"}'
check 'each answer said no document or has it' "$CLA_PYTHON" -c '
import glob, json, sys
seen = 0
for path in glob.glob(sys.argv[1] + "/*/data/*/*/evidence.json"):
	e = json.load(open(path))
	for a in e["absent"]:
		seen += 1
		assert a["reason"] in ("flag-false", "empty", "not-in-country"), a
		assert a["captures"] or a["reason"] in ("flag-false", "not-in-country") or a["role"] == "receipt", a
	for d in e["documents"]:
		assert d["path"].rsplit("/", 1)[1].startswith(d["role"] + "." + d["sha256"] + "."), d
assert seen' "$work/unpacked"
"$CLA_PYTHON" - "$work/unpacked/$base" >"$work/canonical" <<'END'
import glob, json, sys
paths = glob.glob(sys.argv[1] + '/data/**/evidence.json', recursive=True) + [sys.argv[1] + '/data/bundle.json', sys.argv[1] + '/data/rules.json']
for path in paths:
	raw = open(path, 'rb').read()
	again = json.dumps(json.loads(raw), sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
	if raw != again:
		print('not canonical', path)
print(len(paths))
END
check 'our JSON is canonical' same "$(cat "$work/canonical")" "$(find "$work/unpacked" -name evidence.json -o -name bundle.json -o -name rules.json | wc -l)"
check 'no signed query is inside' not grep -r -q -i 'X-Amz-Signature' "$work/unpacked"

# ---- the expectations planted in the samples

(cd "$samples" && "$CLARA_AUDIT" --config "$work/first/config" --json validate documents/br documents/co) >"$work/alone"
"$CLA_PYTHON" - "$samples/planted.tsv" "$work/first/result" "$work/alone" >"$work/planted" <<'END'
import csv, json, sys, tarfile
evidence, alone = {}, {}
for line in open(sys.argv[3], encoding='utf-8'):
	d = json.loads(line)
	alone[d['file']] = {'match': {}, 'verdicts': [d]}
for line in open(sys.argv[2], encoding='utf-8'):
	result = json.loads(line)
	with tarfile.open(result['bundle']) as tar:
		for m in tar:
			if m.name.endswith('/evidence.json'):
				e = json.load(tar.extractfile(m))
				evidence[result['entity'], e['kind'], e['uuid']] = e
for row in csv.DictReader(open(sys.argv[1], encoding='utf-8'), delimiter='\t'):
	e, wrong = evidence.get((row['entity'], row['kind'], row['uuid'])), []
	if row['kind'] == 'document': # on no charge
		e = alone.get(row['document'])
	if e is None:
		wrong.append('no such expense')
	else:
		match, verdicts = e['match'], e['verdicts']
		for key, value in (x.split('=') for x in row['expected'].split(',')):
			if key == 'match.explained':
				got = value if any(value in d['explained'] for d in match['documents']) else [d['explained'] for d in match['documents']]
			elif key == 'match.reused':
				got = str(len(match['reused']))
			elif key.startswith('match.'):
				got = match[key[6:]]
			elif key in ('kind', 'verdict'):
				got = value if value in (v[key] for v in verdicts) else [v[key] for v in verdicts]
			else:
				got = value if value in (v['checks'][key] for v in verdicts) else [v['checks'][key] for v in verdicts]
			if got != value:
				wrong.append(f'{key} is {got}, not {value}')
	print('not ok' if wrong else 'ok', '-', row['entity'], row['kind'], row['fault'], '; '.join(wrong))
END
while IFS= read -r line; do
	echo "$line" >"$work/line"
	case $line in
	ok*) pass "found in the evidence: ${line#ok - }" ;;
	*) fail "found in the evidence: ${line#not ok - }" ;;
	esac
done <"$work/planted"
check 'all planted faults were looked for' same "$(wc -l <"$work/planted" | tr -d ' ')" "$(($(wc -l <"$samples/planted.tsv") - 1))"
run --config "$work/first/config" --json match --month 2024-11
check 'match --json has exactly its keys' json "$work/out" 'len(d) == 74 and all(set(x) == {x.get("transaction") and "transaction" or
	"reimbursement", "amount", "currency", "date", "state", "documents", "receiver", "candidates", "reused"} for x in d)'

# ---- revisions

# change N: at a later time the demo company's first page shows N as the last update of its first charge.
change() {
	"$CLA_PYTHON" - "$work/revised/mx" "$1" <<'END'
import json, re, sys
folder, n = sys.argv[1:]
with open(f'{folder}/answers.jsonl', encoding='utf-8') as f:
	first = json.loads(f.readline())
assert first['path'].endswith('/transactions') and first['query']['page'] == '0'
with open(f'{folder}/{first["body"]}', encoding='utf-8') as f:
	body = f.read()
changed = re.sub(r'"lastUpdateDate":"[^"]*"', f'"lastUpdateDate":"2024-12-{int(n):02d}"', body, count=1)
assert changed != body
with open(f'{folder}/bodies/changed-{n}.json', 'w', encoding='utf-8') as f:
	f.write(changed)
first['body'], first['time'] = f'bodies/changed-{n}.json', f'2024-12-{int(n):02d}T08:00:00Z'
with open(f'{folder}/answers.jsonl', 'a', encoding='utf-8') as f:
	f.write(json.dumps(first) + '\n')
END
}
mx() {
	run --config "$work/revised/config" --entity demo-mx --json bundle --month 2024-11 "$@"
}

demo_data "$work/revised"
mx
cp "$work/out" "$work/r0"
r0=$(helper json "$work/r0" 'd[0]["bundle"]')
check 'the first revision is r0' json "$work/r0" 'd[0]["revision"] == 0'
cp "$work/revised/data/bundles/$base.statement.json" "$work/r0.statement"
mx
check 'nothing new: the same revision, the same line' cmp "$work/out" "$work/r0"
check 'nothing new: no other archive' same "$(find "$work/revised/data/bundles" -name '*.tar' | wc -l | tr -d ' ')" 1
change 20
mx
cp "$work/out" "$work/r1"
check 'new evidence makes r1' json "$work/r1" 'd[0]["revision"] == 1 and d[0]["complete"]'
check 'r0 is not touched' same "$(sha256sum "$r0" | cut -d ' ' -f 1)" "$(helper json "$work/r0" 'd[0]["sha256"]')"
check 'nor its statement' cmp "$work/r0.statement" "$work/revised/data/bundles/$base.statement.json"
check 'r1 names what it supersedes, and why' json "$(helper json "$work/r1" 'd[0]["statement"]')" "(lambda p:
	p['supersedes']['tar_sha256'] == '$(helper json "$work/r0" 'd[0]["sha256"]')' and p['supersedes']['name'].startswith('$base')
	and {c['kind'] for c in p['supersedes']['changes']} == {'changed'} and len(p['supersedes']['changes']) == 1 and
	p['supersedes']['reason'] == 'evidence'
	and p['seq'] == 1 and p['prev']['statement_sha256'] == '$(sha256sum "$work/r0.statement" | cut -d ' ' -f 1)')(d[0]['predicate'])"
expect 0 '.' 'r1 verifies' verify "$(helper json "$work/r1" 'd[0]["bundle"]')"
expect 0 '.' 'r0 still verifies' verify "$r0"
mx --offline
check 'r1 stands' cmp "$work/out" "$work/r1"
mx --rejudge
cp "$work/out" "$work/r2"
check '--rejudge makes r2' json "$work/r2" 'd[0]["revision"] == 2'
check 'for the reason of rules' json "$(helper json "$work/r2" 'd[0]["statement"]')" 'd[0]["predicate"]["supersedes"]["reason"] == "rules"'
run --config "$work/revised/config" --json list
check 'list knows all three' same "$(grep -c '"bundle":' "$work/out")" 3

# ---- cut-off, bar, a month that goes on

demo_data "$work/cut"
run --config "$work/cut/config" --json --entity demo-mx bundle --month 2024-11 --cutoff 2024-12-31T00:00:00Z
judged 0 '"complete":true' '--cutoff after everything'
check '--cutoff is the time of the archive' json "$(helper json "$work/out" 'd[0]["statement"]')" \
	'd[0]["predicate"]["cutoff"] == "2024-12-31T00:00:00Z"'
for time in yesterday 2024-13-01T00:00:00Z ''; do
	expect 2 'cutoff|cut-off' "--cutoff '$time' is refused" --config "$work/cut/config" bundle --month 2024-11 --cutoff "$time"
done
expect 1 '.' '--fail-on finding' --config "$work/first/config" bundle --month 2024-11 --fail-on finding
start_fake now --transactions 12 --month "$(date -u +%Y-%m)"
mkdir "$work/open"
write_config "$work/open/config"
run --config "$work/open/config" --json bundle --month "$(date -u +%Y-%m)"
judged 0 '"bundle"' 'a month that is not over'
tar -xOf "$(helper json "$work/out" 'd[0]["bundle"]')" --wildcards '*/data/bundle.json' >"$work/index"
check 'is marked open' json "$work/index" 'd[0]["open"] is True'

finish
