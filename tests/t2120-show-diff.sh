#!/bin/sh
# show of a bundle and of an expense, diff of two bundles: read for people, damaged ones refused.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

demo_data "$work/a"
config=$work/a/config
run --config "$config" --entity demo-mx --json bundle --month 2024-11
judged 0 '"revision":0' 'a bundle'
one=$(helper json "$work/out" 'd[0]["bundle"]')

# ---- show of a bundle

expect 0 'DEM200115DE6' 'show of a bundle' show "$one"
check 'says what it is about' grep -q '^month  *2024-11$' "$work/out"
check 'its digest' grep -q "^SHA-256 $(sha256sum "$one" | cut -d ' ' -f 1)$" "$work/out"
check 'its totals' grep -q '^30 transactions, 3 reimbursements, 51 documents$' "$work/out"
check 'its verdicts' sh -c 'grep -E -c "^  (fail|pass|n/a) +[0-9]+$" "$1" | grep -q "^3$"' - "$work/out"
check 'its sums' grep -E -q '^  tx +REFUND +AUTHORIZED +MXN +1 +-227.36$' "$work/out"
check 'that nothing is missing' grep -q '^Complete' "$work/out"
expect 0 'Completo: no falta nada' 'in Spanish' --lang es show "$one"
expect 0 'Despesas pelo pior' 'in Portuguese' --lang pt show "$one"
run --json show "$one"
mkdir "$work/bag" && tar -xf "$one" -C "$work/bag" --strip-components=1
check 'with --json its index' sh -c '{ cat "$1"; echo; } | cmp - "$2"' - "$work/bag/data/bundle.json" "$work/out"
cp "$one" "$work/damaged.tar"
chmod u+w "$work/damaged.tar"
at=$(grep -a -b -o ustar "$work/damaged.tar" | sed -n 40p | cut -d : -f 1)
helper flip "$work/damaged.tar" $((at - 100))
expect 5 'evidence.json|data/|header' 'a damaged header is named' show "$work/damaged.tar"
cp "$one" "$work/$(basename "$one")"
chmod u+w "$work/$(basename "$one")"
at=$(grep -a -b -o '<cfdi:Comprobante' "$one" | head -n 1 | cut -d : -f 1)
helper flip "$work/$(basename "$one")" $((at + 30))
expect 5 'digest in its name' 'so is a changed byte that only the name knows of' show "$work/$(basename "$one")"
printf 'no tar' >"$work/no.tar"
expect 2 'no bundle' 'no tar at all' show "$work/no.tar"
(cd "$work/bag" && tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 -cf "$work/other.tar" data/rules.json)
expect 5 '.' 'another tar' show "$work/other.tar"
expect 2 'No such file' 'a bundle that is not there' show "$work/nothing.tar"
expect 2 '64 lower-case' 'neither file, digest nor UUID' --config "$config" show nothing

# ---- show of an expense

shown=$(helper json "$work/bag/data/bundle.json" '[e["uuid"] for e in d[0]["expenses"] if e["verdict"] == "fail" and e["kind"] == "tx"][0]')
expect 0 'In the bundle of demo-mx 2024-11, revision 0' 'show of an expense' --config "$config" show "$shown"
cp "$work/out" "$work/text"
check 'its facts' grep -E -q "^tx $shown  2024-11-[0-9]+ DEMO " "$work/text"
check 'its documents with their digests' grep -E -q '^  cfdi +[0-9a-f]{64}  .*\.xml  #[0-9]+$' "$work/text"
check 'its verdict, and the finding in words' sh -c 'grep -A 1 "^  fail  *cfdi" "$1" | grep -E -q "^      [A-Za-z0-9.-]+: [A-Z]?[a-z]"' - "$work/text"
check 'its match' grep -q '^  match: [a-z-]*, receiver: ' "$work/text"
check 'what was asked about it' grep -E -q '^  #[0-9]+  2024-12-03T.* +invoices +200  ' "$work/text"
run --config "$config" show "$(printf %s "$shown" | tr a-f A-F)"
check 'in capitals too' cmp "$work/out" "$work/text"
run --config "$config" --json show "$shown"
check 'with --json the evidence as it is' "$CLA_PYTHON" -c 'import json, sys
assert json.loads(open(sys.argv[1]).readline())["evidence"] == json.load(open(sys.argv[2]))' "$work/out" "$work/bag/data/tx/$shown/evidence.json"
check 'and the captures' json "$work/out" 'len(d) >= 2 and all(x["status"] == 200 and len(x["stored_sha256"]) == 64 and x["reaffirmed"] is False for x in d[1:])'
expect 2 'no expense' 'an expense that nobody knows' --config "$config" show 01234567-89ab-cdef-0123-456789abcdef

# ---- diff

expect 0 'same' 'a bundle and itself' diff "$one" "$one"
check 'nothing on standard output' test ! -s "$work/out"
# A day later: one charge has another amount, one another status, one is gone, one is new, one lost its receipt.
"$CLA_PYTHON" - "$work/a/mx" >"$work/plan" <<'END'
import copy, json, sys
folder = sys.argv[1]
answers = [json.loads(line) for line in open(f'{folder}/answers.jsonl', encoding='utf-8')]
for a in answers:
	a['time'] = a['time'].replace('2024-12-03', '2024-12-04')
page = next(a for a in answers if a['path'] == '/api/v3/transactions' and a['query']['page'] == '0')
body = json.load(open(f'{folder}/{page["body"]}', encoding='utf-8'))
rows = body['content']
print('amount', rows[0]['uuid'])
rows[0]['amountValue']['amount'] = 4300.0
rows[0]['audit']['lastUpdateDate'] = '2024-12-04'
print('status', rows[1]['uuid'])
rows[1]['status'] = 'REJECTED'
new = copy.deepcopy(rows[2])
text = json.dumps(new).replace(rows[2]['uuid'], '01234567-89ab-4def-8123-456789abcdef')
new = json.loads(text)
for flag in ('hasInvoice', 'hasAttachments', 'hasExtractedDocuments'):
	if flag in new:
		new[flag] = {'value': False}
new['amountValue']['amount'] = new['originalAmount']['amount'] = 77.5
print('gone', rows[2]['uuid'])
rows[2] = new
json.dump(body, open(f'{folder}/{page["body"]}', 'w', encoding='utf-8'))
page['headers'] = {'Content-Type': 'application/json'}
with open(f'{folder}/answers.jsonl', 'w', encoding='utf-8') as f:
	for a in answers:
		f.write(json.dumps(a) + '\n')
END
late_invoice "$work/late.xml"
changed() {
	sed -n "s/^$1 //p" "$work/plan"
}
expect 0 stored 'a receipt that comes late' --config "$config" import "$work/late.xml"
run --config "$config" --entity demo-mx --json bundle --month 2024-11
judged 0 '"revision":1' 'the next revision'
two=$(helper json "$work/out" 'd[0]["bundle"]')
run --json diff "$one" "$two"
judged 0 '.' 'diff of two revisions'
cp "$work/out" "$work/diff"
check 'each change has its keys' json "$work/diff" 'd and all(set(c) == {"kind", "uuid", "what", "field", "before", "after"} for c in d)'
check 'the revision' json "$work/diff" "[(c['before'], c['after']) for c in d if c['what'] == 'about' and c['field'] == 'revision'] == [('0', '1')]"
check 'the amount' json "$work/diff" "[(c['before'], c['after']) for c in d if c['uuid'] == '$(changed amount)' and c['what'] == 'amount']
	== [('4283.65 MXN', '4300.0 MXN')]"
check 'amounts that only have other digits have not changed' json "$work/diff" "{c['uuid'] for c in d if c['what'] == 'amount'} == {'$(changed amount)'}"
check 'other facts by their names' json "$work/diff" "[(c['field'], c['after']) for c in d if c['what'] == 'fact'] == [('last_update_date', '2024-12-04')]"
check 'the status' json "$work/diff" "[(c['what'], c['before'], c['after']) for c in d if c['uuid'] == '$(changed status)'][0]
	== ('status', 'AUTHORIZED', 'REJECTED')"
check 'the new one and the one that is gone' json "$work/diff" "{(c['what'], c['uuid']) for c in d if c['what'] in ('new', 'gone')}
	== {('new', '01234567-89ab-4def-8123-456789abcdef'), ('gone', '$(changed gone)')}"
check 'the receipt' json "$work/diff" "[(c['what'], c['field'], c['before'], c['after']) for c in d if c['uuid'] == '$gap'][:1]
	== [('new-document', 'cfdi', None, 'late.xml')]"
check 'and its match' json "$work/diff" "[(c['before'], c['after']) for c in d if c['uuid'] == '$gap' and c['what'] == 'match'] == [('missing', 'matched')]"
check 'in order of uuid' json "$work/diff" "(lambda u: u == sorted(u))([c['uuid'] for c in d if c['uuid']])"
check 'every expense whose leaf differs is told of, and no other' "$CLA_PYTHON" - "$one" "$two" "$work/diff" <<'END'
import json, sys, tarfile
def leaves(path):
	with tarfile.open(path) as t:
		name = next(n for n in t.getnames() if n.endswith('/data/bundle.json'))
		return {e['uuid']: e['leaf'] for e in json.load(t.extractfile(name))['expenses']}
a, b = leaves(sys.argv[1]), leaves(sys.argv[2])
due = {u for u in a.keys() | b.keys() if a.get(u) != b.get(u)}
told = {c['uuid'] for c in map(json.loads, open(sys.argv[3], encoding='utf-8')) if c['uuid']}
assert due == told, (due - told, told - due)
END
expect 0 'status changed: AUTHORIZED → REJECTED' 'in words' diff "$one" "$two"
check 'under the expense that they are about' sh -c 'grep -A 9 "^tx $2 " "$1" | grep -q "^    amount changed: 4283.65 MXN → 4300.0 MXN$"' - "$work/out" "$(changed amount)"
check 'the receipt in words' grep -q '^    new receipt (cfdi): late.xml$' "$work/out"
expect 0 'comprobante nuevo .cfdi.: late.xml' 'in Spanish' --lang es diff "$one" "$two"
expect 0 'comprovante novo' 'in Portuguese' --lang pt diff "$one" "$two"
run --json diff "$two" "$one"
check 'backwards: receipt gone, new and gone exchanged' json "$work/out" "[(c['what'], c['before']) for c in d if c['uuid'] == '$gap'][:1]
	== [('gone-document', 'late.xml')] and [c['what'] for c in d if c['uuid'] == '$(changed gone)'] == ['new']"

# A new certificate set and nothing else: a verdict may change with no document changed.
rm -f "$work"/a/data/certs/*
run --config "$config" --entity demo-mx --json bundle --month 2024-11 --offline --rejudge
judged 0 '"revision":2' 'judged again without certificates'
three=$(helper json "$work/out" 'd[0]["bundle"]')
run --json diff "$two" "$three"
check 'verdicts changed' json "$work/out" '[c for c in d if c["what"] == "verdict" and c["before"] == "pass" and c["after"] == "unknown"]'
check 'and nothing of facts or documents' json "$work/out" '{c["what"] for c in d if c["uuid"]} <= {"verdict", "new-finding", "gone-finding", "details"}'
expect 0 '.' 'show of an expense looks into the latest revision' --config "$config" show "$shown"
check 'only' sh -c 'grep -c "^In the bundle" "$1" | grep -q "^1$" && grep -q "revision 2:$" "$1"' - "$work/out"
expect 0 'revision 0' 'one that is gone: into the last that holds it' --config "$config" show "$(changed gone)"
expect 5 'digest' 'a damaged bundle has no differences' diff "$one" "$work/$(basename "$one")"
expect 2 'which two' 'diff of one bundle' diff "$one"

finish
