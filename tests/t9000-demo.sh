#!/bin/sh
# What a newcomer sees first.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

begin=$(date +%s)
run demo "$work/demo"
spent=$(($(date +%s) - begin))
judged 0 '2024-11' 'demo'
cp "$work/out" "$work/told"
cp "$work/err" "$work/told.err"
if sanitized; then
	skip 'in less than 10 seconds' 'sanitizers distort it'
else
	check 'in less than 10 seconds' test "$spent" -lt 10
fi
for company in demo-mx demo-br demo-co; do
	check "it speaks of $company" grep -q -i "$company" "$work/told"
	check "the bundle of $company is there" sh -c 'test "$(find "$1" -name "clara_*$2*.tar" | wc -l)" = 1' - "$work/demo" "$company"
done
check 'and says what to do next' grep -q 'clara-audit .*verify' "$work/told"
check 'what it made verifies' sh -c '"$1" verify $(find "$2" -name "*.tar")' - "$CLARA_AUDIT" "$work/demo"
check 'its configuration serves further' sh -c 'cd "$2" && "$1" --config config list' - "$CLARA_AUDIT" "$work/demo"

# Every planted fault: at the expense that it was planted on, in words that say what is wrong.
"$CLA_PYTHON" - "$samples/planted.tsv" "$work/demo" >"$work/planted" <<'END'
import csv, glob, json, sys, tarfile
planted, folder = sys.argv[1:]
evidence, bundles = {}, glob.glob(folder + '/**/*.tar', recursive=True)
for path in bundles:
	with tarfile.open(path) as tar:
		for m in tar:
			if m.name.endswith('/evidence.json'):
				e = json.load(tar.extractfile(m))
				evidence[e['uuid']] = e
def failed(check):
	return lambda e: any(v['checks'][check] == 'fail' and any(f['result'] == 'fail' for f in v['findings']) for v in e['verdicts'])
def dian(verdict, rule):
	return lambda e: any(v['kind'] == 'dian' and v['verdict'] == verdict and any(f['rule'] == rule for f in v['findings'])
		for v in e['verdicts'])
named = {
	'broken-seal': failed('signature'), 'altered-after-signing': failed('signature'), 'wrong-total': failed('totals'),
	'wrong-receiver': lambda e: e['match']['receiver'] == 'other', 'sister-company': lambda e: e['match']['receiver'] == 'sister',
	'uuid-reused': lambda e: len(e['match']['reused']) == 2, 'same-file-twice': lambda e: len(e['match']['reused']) == 1,
	'not-an-xml': failed('wellformed'), 'missing-invoice': lambda e: e['match']['state'] == 'missing',
	'tip-difference': lambda e: any('tip' in d['explained'] for d in e['match']['documents']),
	'usd-charge': lambda e: any('fx' in d['explained'] for d in e['match']['documents']),
	'odd-file-name': lambda e: any(d['original_name'] and '/' in d['original_name'] for d in e['documents']),
	'alphanumeric-cnpj': lambda e: any(v['verdict'] == 'pass' and any(c.isalpha() for c in v['id'][6:20]) for v in e['verdicts']),
	'reindented-note': failed('signature'), 'protocol-missing': lambda e: any(v['checks']['stamp'] == 'unknown' and v['findings']
		for v in e['verdicts']),
	'nfce-to-company': lambda e: any(v['kind'] == 'nfce' for v in e['verdicts']) and e['match']['receiver'] == 'ours',
	'no-receiver': lambda e: e['match']['receiver'] == 'unknown',
	'cancelled-note': lambda e: any(v['kind'] == 'nfe-event' for v in e['verdicts']),
	'dian-invoice': dian('unknown', 'dian.answer-missing'), 'dian-container': dian('unknown', 'dian.answer-signature'),
	'cufe-disagrees': dian('fail', 'dian.cufe-answer'), 'nit-digit': dian('fail', 'dian.issuer-digit'),
}
for row in csv.DictReader(open(planted, encoding='utf-8'), delimiter='\t'):
	e = evidence.get(row['uuid'])
	good = e is not None and bool(named[row['fault']](e))
	print('ok' if good else 'not ok', '-', row['entity'], row['fault'], row['uuid'])
END
while IFS= read -r line; do
	case $line in
	ok*) pass "named: ${line#ok - }" ;;
	*) fail "named: ${line#not ok - }" ;;
	esac
done <"$work/planted"
check 'all planted faults were looked for' same "$(wc -l <"$work/planted" | tr -d ' ')" "$(($(wc -l <"$samples/planted.tsv") - 1))"

# The results that are promised: of the documents, each alone, and of the matches.
(cd "$samples" && "$CLARA_AUDIT" --config "$work/demo/config" --json validate documents) >"$work/alone"
"$CLA_PYTHON" - "$samples/planted.tsv" "$work/demo" "$work/alone" >"$work/differ" <<'END'
import csv, glob, json, sys, tarfile
planted, folder, alone = sys.argv[1:]
evidence, documents = {}, {}
for path in glob.glob(folder + '/**/*.tar', recursive=True):
	with tarfile.open(path) as tar:
		for m in tar:
			if m.name.endswith('/evidence.json'):
				e = json.load(tar.extractfile(m))
				evidence[e['uuid']] = e
for line in open(alone, encoding='utf-8'):
	d = json.loads(line)
	documents.setdefault(d['file'], {'kind': d['kind'], 'verdict': d['verdict'], **d['checks']})
def found(row, name):
	if not name.startswith('match.'):
		return [documents[row['document']][name]]
	match = evidence[row['uuid']]['match']
	if name == 'match.explained':
		return [x for d in match['documents'] for x in d['explained']]
	return [str(len(match['reused'])) if name == 'match.reused' else match[name[6:]]]
for row in csv.DictReader(open(planted, encoding='utf-8'), delimiter='\t'):
	for due in row['expected'].split(','):
		name, value = due.split('=')
		if value not in found(row, name):
			print(row['entity'], row['fault'], row['document'], due, 'is', found(row, name))
print('looked at', len(documents))
END
check 'every result is as promised' same "$(sed 's/[0-9]*$//' "$work/differ")" 'looked at '

expect 2 'empty' 'a folder that is not empty is left alone' demo "$work/demo"
run demo --tamper "$work/tampered"
judged 5 '(cfdi|nfe)\.[0-9a-f]{64}' 'demo --tamper names the member'
run demo
judged 0 "$TMPDIR" 'demo without a folder makes a temporary one'
expect 0 'Noviembre|noviembre|compras|cargos' 'demo in Spanish' --lang es demo "$work/es"
expect 0 'cobranças|compras|despesas|novembro' 'demo in Portuguese' --lang pt demo "$work/pt"
expect 0 '"entity":"demo-mx"' 'demo --json' --json demo "$work/json"

mkdir "$work/copy"
cp -R "$samples" "$work/copy/"
check 'the samples are what their generator makes' "$CLA_PYTHON" "$work/copy/samples/generate.py" --check

finish
