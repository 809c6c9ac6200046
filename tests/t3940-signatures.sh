#!/bin/sh
# Signed documents that were tampered with or wrapped: none is accepted, each finding names the kind of failure, and what
# xmlsec1 refuses is never accepted here. Where xmlsec1 accepts what is refused here, signature-variants.py says why.

# shellcheck source=tests/lib.sh
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

controls=$CLA_SRCDIR/src/fiscal/controls
mkdir "$work/made"
"$CLA_PYTHON" "$tests/signature-variants.py" "$controls" "$work/made" || bail_out 'no variants were made'

"$CLARA_AUDIT" --json validate "$work/made"/*.xml >"$work/out" 2>"$work/err"
"$CLA_PYTHON" - "$work/made/variants" "$work/out" >"$work/table" <<'END'
import json, os, sys
with open(sys.argv[1], encoding='utf-8') as f:
	due = {row[0]: row for row in (line.rstrip('\n').split('\t') for line in f)}
wrong, met = [], 0
with open(sys.argv[2], encoding='utf-8') as f:
	for d in map(json.loads, f):
		if 'kind' not in d:
			continue
		file = os.path.basename(d['file'])
		rule = due[file][1]
		if d['index']:
			continue
		met += 1
		if d['verdict'] != 'fail':
			wrong.append(f'{file}: {d["verdict"]}')
		if 'signature-' in rule and d['checks']['signature'] != 'fail':
			wrong.append(f'{file}: signature {d["checks"]["signature"]}')
		if rule not in {x['rule'] for x in d['findings'] if x['severity'] == 'fail'}:
			wrong.append(f'{file}: no {rule}, but {[x["rule"] for x in d["findings"] if "sign" in x["rule"]]}')
		intact = {'signature-reindented', 'signature-rewrapped'}
		if rule.split('.')[-1] not in intact and intact & {x['rule'].split('.')[-1] for x in d['findings']}:
			wrong.append(f'{file}: called intact')
print(f'{met} variants')
for line in wrong + ([] if met == len(due) else [f'{len(due)} were made']):
	print(line)
END
sed -n '1s/^/# /p' "$work/table"
check 'at least 40 variants were judged' grep -E -q '^([4-9][0-9]|[1-9][0-9]{2}) variants' "$work/table"
if [ "$(wc -l <"$work/table")" = 1 ]; then
	pass 'none is accepted, each is named as what it is'
else
	fail 'none is accepted, each is named as what it is' "$work/table"
fi

# ---- roots that the user gives ----

mkdir "$work/roots"
cp "$controls/root.cer" "$work/roots/"
expect 0 'pass' 'what leads to a root that was given' --lang en validate --certs "$work/roots" "$controls/cte.xml"
expect 0 'warn .*proof.untrusted' 'what does not' --lang en validate --certs "$work/roots" "$controls/consumer.xml" \
	"$controls/event.xml"
run --json validate --certs "$work/roots" "$controls/note.xml"
check 'is warned of, and nothing else' json "$work/out" \
	"d[0]['verdict'] == 'warn' and [f['rule'] for f in d[0]['findings']] == ['proof.untrusted']"
run --json validate "$controls/note.xml"
check 'without a root it is not asked' json "$work/out" "d[0]['verdict'] == 'pass'"

# ---- documents that nobody here wrote ----

manifest=$shared/corpus/nfe/manifest.tsv
if [ -f "$manifest" ]; then
	"$CLARA_AUDIT" --json validate "$shared/corpus/nfe" >"$work/out" 2>"$work/err"
	"$CLA_PYTHON" - "$manifest" "$work/out" "$tests/nfe-signatures.tsv" >"$work/table" <<'END'
import csv, json, os, sys
manifest, out, explained = sys.argv[1:]
with open(manifest, encoding='utf-8') as f:
	rows = {row['file']: row for row in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE)}
with open(explained, encoding='utf-8') as f:
	known = {tuple(line.split('\t')[:2]): False for line in f if line[0] not in '#\n'}
# What the manifest says -> one of these findings must have failed, or (None) none at all.
KINDS = {
	'ok': None, 'ok;ok': None, 'none': ('missing',), 'broken:reindented': ('reindented',),
	'digest-mismatch+whitespace-only/sigvalue-bad': ('blanks',), 'digest-mismatch/sigvalue-bad': ('digest', 'value'),
	'digest-mismatch/cert-bad(Error)': ('digest', 'key'), 'digest-mismatch/cert-bad(ValueError)': ('digest', 'key', 'form'),
	'bad-reference': ('reference', 'form', 'algorithm'), 'bad-reference;bad-reference': ('reference', 'form', 'algorithm'),
}
DIGVAL = {'ok': False, 'mismatch': True, 'absent': None}
compared, reindented, wrong, seen = 0, 0, [], set()


def differs(row, column, what):
	if (row['file'], column) in known:
		known[row['file'], column] = True
	else:
		wrong.append(f'{row["file"]}: {column} {row[column]}: {what}')


with open(out, encoding='utf-8') as f:
	for d in map(json.loads, f):
		row = rows.get(os.path.basename(d.get('file', '')))
		if not row or d['index'] or row['split'] != 'open':
			continue
		seen.add(row['file'])
		rules = {x['rule'] for x in d['findings'] if x['severity'] in ('fail', 'warn')}
		failed = {r.split('signature-')[1] for r in rules if 'signature-' in r}
		said = row['xmldsig']
		if said in KINDS:
			compared += 1
			due = KINDS[said]
			if due is None:
				if failed or d['checks']['signature'] != 'pass':
					differs(row, 'xmldsig', f'{d["checks"]["signature"]} {sorted(failed)}')
			elif not failed & set(due):
				differs(row, 'xmldsig', f'{d["checks"]["signature"]} {sorted(failed)}')
			elif 'reindented' in said or 'whitespace' in said:
				reindented += 1
		names = {r.rsplit('.', 1)[1] for r in rules}
		said = row['cert_cnpj'].split('(')[0]
		if said in ('base-ok', 'base-differs', 'no-cnpj-in-cert', 'unreadable-cert'):
			compared += 1
			found = ('unreadable-cert' if 'certificate-unreadable' in names else
				 'no-cnpj-in-cert' if 'certificate-nameless' in names else
				 'base-differs' if 'certificate-owner' in names else 'base-ok')
			if found != said:
				differs(row, 'cert_cnpj', found)
		said = row['cert_valid_at_emission'].split('(')[0]
		if said in ('ok', 'outside'):
			compared += 1
			if ('certificate-dates' in names) != (said == 'outside'):
				differs(row, 'cert_valid_at_emission', str('certificate-dates' in names))
		said = row['digval']
		if said in DIGVAL:
			compared += 1
			rule = 'protocol-digest' if said == 'absent' else 'protocol-other-content'
			if (rule in names) != (said != 'ok'):
				differs(row, 'digval', str(rule in names))
for file, row in sorted(rows.items()):
	if row['split'] == 'open' and file not in seen:
		wrong.append(f'{file} was not judged')
wrong += [f'{file}: {column} no longer differs, but is explained' for (file, column), met in known.items() if not met]
print(f'{compared} compared, {reindented} re-indented')
for line in wrong:
	print(line)
END
	sed -n '1s/^/# /p' "$work/table"
	check 'what was re-indented is named so' grep -E -q '^[0-9]{3} compared, 11 re-indented$' "$work/table"
	if [ "$(wc -l <"$work/table")" = 1 ]; then
		pass 'signatures, certificates and digests of the corpus agree or are explained'
	else
		fail 'signatures, certificates and digests of the corpus agree or are explained' "$work/table"
	fi
else
	skip 'what was re-indented is named so' 'the corpus is not here'
	skip 'signatures, certificates and digests of the corpus agree or are explained' 'the corpus is not here'
fi

# ---- xmlsec1 ----

# verified FILE ELEMENT [XPATH]: what xmlsec1 says of the first Signature, or of the one at XPATH.
verified() {
	xmlsec1 --verify --insecure --id-attr:Id "$2" ${3:+--node-xpath "$3"} "$1" >/dev/null 2>&1 && echo good || echo bad
}

# asked_of_xmlsec FILE
asked_of_xmlsec() {
	case $1 in
	*note*) verified "$1" infNFe ;;
	*event*) verified "$1" infEvento ;;
	*cte*) verified "$1" infCte ;;
	*mdfe*) verified "$1" infMDFe ;;
	*nfse-declared*) verified "$1" infDPS ;;
	*nfse*) verified "$1" infNFSe '/*/*[local-name()="Signature"]' ;;
	esac
}

if ! command -v xmlsec1 >/dev/null; then
	skip 'xmlsec1 refuses what is due' 'xmlsec1 is not installed'
	finish
fi

: >"$work/differs"
for name in note event cte mdfe nfse; do
	[ "$(asked_of_xmlsec "$controls/$name.xml")" = good ] || echo "$name.xml is bad" >>"$work/differs"
done
check 'xmlsec1 verifies the documents that the variants are made of' not grep . "$work/differs"

while IFS='	' read -r file rule due why; do
	case $due in
	good | bad) ;;
	*) continue ;;
	esac
	said=$(asked_of_xmlsec "$work/made/$file")
	[ "$said" = "$due" ] || echo "$file ($rule): $said in place of $due"
	[ "$said" = bad ] || [ -n "$why" ] || echo "$file: no reason why it is refused here"
done <"$work/made/variants" >"$work/differs"
check 'xmlsec1 refuses what is due, and where it accepts, there is a reason' not grep . "$work/differs"

finish
