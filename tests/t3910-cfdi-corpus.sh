#!/bin/sh
# CFDI that nobody here wrote: the verdicts on schema, seal, certificate and stamp agree with those of the corpus, made with
# the official schemas and stylesheets, and what is named for a code of SAT's gets it; each difference is in
# tests/cfdi-corpus.tsv with its reason.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
manifest=$shared/corpus/cfdi/manifest.tsv
[ -f "$manifest" ] || skip_all 'the corpus is not here'

"$CLARA_AUDIT" --json validate "$shared/corpus/cfdi" >"$work/out" 2>"$work/err"
"$CLA_PYTHON" - "$manifest" "$work/out" "$tests/cfdi-corpus.tsv" >"$work/table" <<'END'
import csv, json, os, sys
manifest, out, explained = sys.argv[1:]
# What the manifest says -> what the check may say; other values of the manifest are no verdicts.
DUE = {
	'schema': {'valid': ('pass', 'warn'), 'invalid': ('fail', 'unknown')},
	'sello': {'ok-sha256': ('pass',), 'ok-sha1': ('pass',), 'fails': ('fail',), 'no-sello': ('fail',),
		  'sello-not-base64': ('fail',), 'bad-certificado': ('fail', 'unknown'), 'no-certificado': ('unknown',)},
}
CHECK = {'schema': 'schema', 'sello': 'signature'}
# What the manifest says of stamp and certificate -> the rule about it, whether it must have found something. The stamps'
# certificates are not here: a seal that was found good elsewhere must not be called bad.
VALID = 'cfdi.certificate-not-after'  # or not before
RULES = {
	'absent': ('cfdi.stamp-missing', True), 'sellocfd=equal': ('cfdi.stamp-seal-copy', False),
	'sellocfd=DIFF': ('cfdi.stamp-seal-copy', True), 'sellosat=ok': ('cfdi.stamp-seal', False),
	'serial=ok': ('cfdi.certificate-number', False), 'serial=MISMATCH': ('cfdi.certificate-number', True),
	'valid-at-fecha=ok': (VALID, False), 'valid-at-fecha=NO': (VALID, True),
	'rfc=ok': ('cfdi.certificate-rfc', False), 'rfc=MISMATCH': ('cfdi.certificate-rfc', True),
}
with open(manifest, encoding='utf-8') as f:
	rows = {row['file']: row for row in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)}
with open(explained, encoding='utf-8') as f:
	known = {tuple(line.split('\t')[:2]): False for line in f if line[0] != '#'}
seen, compared, coded, wrong = set(), 0, 0, []
with open(out, encoding='utf-8') as f:
	for d in map(json.loads, f):
		row = rows.get(os.path.basename(d['file']))
		if not row or d['index']:
			continue
		seen.add(row['file'])
		code = row['expected_sat_code']
		if code:
			coded += 1
			if code in {finding['code'] for finding in d['findings']}:
				pass
			elif (row['file'], 'code') in known:
				known[row['file'], 'code'] = True
			else:
				wrong.append(f'{row["file"]}: no {code}')
		rules = {finding['rule'] for finding in d['findings'] if finding['severity'] != 'unknown'}
		for column in ('tfd', 'certificado_checks'):
			for said in filter(None, row[column].split(';')):
				rule, fails = RULES.get(said, (None, None))
				# what cannot be read at all has its own finding
				if rule is None or d['checks']['wellformed'] == 'fail':
					continue
				compared += 1
				found = rule in rules or (rule == VALID and 'cfdi.certificate-not-before' in rules)
				if found == fails:
					continue
				if (row['file'], column) in known:
					known[row['file'], column] = True
				else:
					wrong.append(f'{row["file"]}: {column} {said}, judged {"failed" if found else "good"} by {rule}')
		for column, check in CHECK.items():
			due = DUE[column].get(row[column])
			if not due:
				continue
			compared += 1
			if d['checks'][check] in due:
				continue
			if (row['file'], column) in known:
				known[row['file'], column] = True
			else:
				wrong.append(f'{row["file"]}: {column} {row[column]}, judged {d["checks"][check]}')
for file in sorted(set(rows) - seen):
	if os.path.exists(os.path.join(os.path.dirname(manifest), file)):
		wrong.append(f'{file} was not judged')
for (file, column), met in known.items():
	if not met:
		wrong.append(f'{file}: {column} no longer differs, but is explained')
print(f'{compared} compared, {coded} named for a code')
for line in wrong:
	print(line)
END
sed -n '1s/^/# /p' "$work/table"
check 'nothing is said on stderr but the summary' not grep -E 'internal|memory' "$work/err"
check 'some hundred verdicts were compared' grep -E -q '^1[0-9]{3} compared, 1[0-9]{2} named' "$work/table"
if [ "$(wc -l <"$work/table")" = 1 ]; then
	pass 'every verdict and code agrees or is explained'
else
	fail 'every verdict and code agrees or is explained' "$work/table"
fi

finish
