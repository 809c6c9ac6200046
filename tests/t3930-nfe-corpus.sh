#!/bin/sh
# Documents of Brazil that nobody here wrote: the verdicts agree with those of the corpus, made with the official schemas;
# each difference is in tests/nfe-corpus.tsv with its reason.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
manifest=$shared/corpus/nfe/manifest.tsv
[ -f "$manifest" ] || skip_all 'the corpus is not here'

"$CLARA_AUDIT" --json validate "$shared/corpus/nfe" >"$work/out" 2>"$work/err"
"$CLA_PYTHON" - "$manifest" "$work/out" "$tests/nfe-corpus.tsv" >"$work/table" <<'END'
import csv, json, os, sys
manifest, out, explained = sys.argv[1:]
# In the order of severity. A file's verdict on a check is the worst of its documents.
ORDER = ('n/a', 'pass', 'warn', 'unknown', 'fail')


def schema(row, worst):
	"""What the manifest says -> what the check may say; None where that is no verdict."""
	due = {'valid': ('pass', 'warn'), 'invalid': ('fail',), 'no-schema': ('unknown',), 'not-wellformed': ('n/a',)}
	return due.get(row['schema_verdict']), worst['schema']


# Column of the manifest -> its function: (what is due, what was found) of a file, given its row and its worst checks.
COLUMNS = {'schema_verdict': schema}

with open(manifest, encoding='utf-8') as f:
	rows = {row['file']: row for row in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)}
with open(explained, encoding='utf-8') as f:
	known = {tuple(line.split('\t')[:2]): False for line in f if line[0] != '#'}
found = {}  # file -> check -> worst verdict
with open(out, encoding='utf-8') as f:
	for d in map(json.loads, f):
		worst = found.setdefault(os.path.basename(d['file']), {})
		for check, verdict in d['checks'].items():
			worst[check] = max(worst.get(check, 'n/a'), verdict, key=ORDER.index)
compared, wrong = 0, []
for file, row in rows.items():
	if file not in found:
		if os.path.exists(os.path.join(os.path.dirname(manifest), file)):
			wrong.append(f'{file} was not judged')
		continue
	for column, verdicts in COLUMNS.items():
		due, verdict = verdicts(row, found[file])
		if due is None:
			continue
		compared += 1
		if verdict in due:
			continue
		if (file, column) in known:
			known[file, column] = True
		else:
			wrong.append(f'{file}: {column} {row[column]} ({row["kind"]} {row["schema"]}), judged {verdict}')
for (file, column), met in known.items():
	if not met:
		wrong.append(f'{file}: {column} no longer differs, but is explained')
print(f'{compared} compared')
for line in wrong:
	print(line)
END
sed -n '1s/^/# /p' "$work/table"
check 'nothing is said on stderr but the summary' not grep -E 'internal|memory' "$work/err"
check 'every file with a verdict was compared' grep -E -q '^1[0-9]{2} compared' "$work/table"
if [ "$(wc -l <"$work/table")" = 1 ]; then
	pass 'every verdict agrees or is explained'
else
	fail 'every verdict agrees or is explained' "$work/table"
fi

finish
