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
