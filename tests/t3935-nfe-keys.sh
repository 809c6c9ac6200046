#!/bin/sh
# Documents of the NF-e family that nobody here wrote: which parts of their keys differ, and whether their totals add up, is
# what the corpus says of them; each difference is in tests/nfe-keys.tsv with its reason.

# shellcheck source=tests/lib.sh
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
manifest=$shared/corpus/nfe/manifest.tsv
[ -f "$manifest" ] || skip_all 'the corpus is not here'

"$CLARA_AUDIT" --json validate "$shared/corpus/nfe" >"$work/out" 2>"$work/err"
"$CLA_PYTHON" - "$manifest" "$work/out" "$tests/nfe-keys.tsv" >"$work/table" <<'END'
import csv, json, os, re, sys
manifest, out, explained = sys.argv[1:]
# The rule about a part of the key, by its last name -> the part as the manifest calls it.
PARTS = {
	'id-form': 'id', 'key-digit': 'dv', 'key-state': 'cUF', 'key-month': 'AAMM', 'key-issuer': 'emit', 'key-model': 'mod',
	'key-series': 'serie', 'key-number': 'num', 'key-emission': 'tpEmis', 'key-code': 'cNF', 'key-check-digit': 'cDV',
}
KINDS = ('nfe', 'nfce', 'nfe-event', 'cte', 'mdfe')
TOTALS = re.compile(r'nfe\.(total|services|item)-')


def due_key(said):
	if said.startswith('bad-id'):
		return {'id'}
	return set(said[4:-1].split(',')) if said.startswith('bad(') else {'dv'} if said == 'bad-dv' else set()


def key(d):
	failed = [f['rule'].split('.') for f in d['findings'] if f['severity'] != 'unknown' and '.' in f['rule']]
	return {PARTS[name] for prefix, name in failed if prefix in ('nfe', 'dfe') and name in PARTS} | \
		{'dv' for prefix, name in failed if prefix.endswith('-event') and name == 'key'}


with open(manifest, encoding='utf-8') as f:
	rows = {row['file']: row for row in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)}
with open(explained, encoding='utf-8') as f:
	known = {tuple(line.split('\t')[:2]): False for line in f if line[0] != '#'}
compared = {'chave_dv': 0, 'totals': 0}
wrong = []


def compare(row, column, due, found):
	compared[column] += 1
	if due == found:
		return
	if (row['file'], column) in known:
		known[row['file'], column] = True
	else:
		wrong.append(f'{row["file"]}: {column} {row[column]}, judged {found}')


with open(out, encoding='utf-8') as f:
	for d in map(json.loads, f):
		row = rows.get(os.path.basename(d.get('file', '')))
		if not row or d['index']:
			continue
		# answers of SEFAZ and what cannot be read have no rules about a key
		if row['chave_dv'] != 'n/a' and d['kind'] in KINDS:
			compare(row, 'chave_dv', due_key(row['chave_dv']), key(d))
		if row['totals'] != 'n/a' and d['kind'] in ('nfe', 'nfce'):
			failed = any(f['severity'] in ('fail', 'unknown') and TOTALS.match(f['rule']) for f in d['findings'])
			compare(row, 'totals', not row['totals'].startswith('ok'), failed)
for (file, column), met in known.items():
	if not met:
		wrong.append(f'{file}: {column} no longer differs, but is explained')
print(f'{compared["chave_dv"]} keys, {compared["totals"]} totals')
for line in wrong:
	print(line)
END
sed -n '1s/^/# /p' "$work/table"
check 'nothing is said on stderr but the summary' not grep -E 'internal|memory' "$work/err"
check 'keys and totals were compared' grep -E -q '^1[0-9]{2} keys, 7[0-9] totals' "$work/table"
if [ "$(wc -l <"$work/table")" = 1 ]; then
	pass 'every key and total agrees or is explained'
else
	fail 'every key and total agrees or is explained' "$work/table"
fi

finish
