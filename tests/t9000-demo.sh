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
check 'a cancellation is told of the note that it names' grep -q 'related.cancelled' "$work/told"
check 'and a letter of correction' grep -q 'related.corrected' "$work/told"
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
	'reindented-note': failed('signature'), 'protocol-missing': lambda e: any(v['checks']['stamp'] == 'unknown' and v['findings']
		for v in e['verdicts']),
	'nfce-to-company': lambda e: any(v['kind'] == 'nfce' for v in e['verdicts']) and e['match']['receiver'] == 'ours',
	'no-receiver': lambda e: e['match']['receiver'] == 'unknown',
	'cancelled-note': lambda e: any(v['kind'] == 'nfe-event' for v in e['verdicts']),
	'corrected-note': lambda e: {v['kind'] for v in e['verdicts']} == {'nfe', 'nfe-event'},
	'test-environment': failed('stamp'), 'protocol-of-another': failed('stamp'),
	'carriage': lambda e: any(v['kind'] == 'cte' for v in e['verdicts']), 'service': lambda e: any(v['kind'] == 'nfse' for v in e['verdicts']),
	'dian-invoice': dian('unknown', 'dian.answer-missing'), 'dian-container': dian('unknown', 'dian.answer-signature'),
	'cufe-disagrees': dian('fail', 'dian.cufe-answer'), 'nit-digit': dian('fail', 'dian.issuer-digit'),
}
for row in csv.DictReader(open(planted, encoding='utf-8'), delimiter='\t'):
	if row['kind'] == 'document':
		continue # on no charge
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
check 'all planted faults were looked for' same "$(grep -c . "$work/planted")" \
	"$(cut -f 3 "$samples/planted.tsv" | grep -c -E '^(tx|reimbursement)$')"

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
