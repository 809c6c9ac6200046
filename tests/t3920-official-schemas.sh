#!/bin/sh
# The authorities' own schema files: only those that the program knows by SHA-256 are brought in, from folders and zip
# archives whose names lead nowhere, and verdicts by them are those of our own set.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

data=$work/data

# ---- nothing is here yet

expect 2 'no official schemas are here' 'without them there is nothing to judge by' --data-dir "$data" validate --schemas official "$samples/documents/mx/good"
expect 2 "own or official, not 'sat'" 'an unknown set' --data-dir "$data" validate --schemas sat "$samples/documents/mx/good"
expect '[01]' 'document' 'our own set by its name' --data-dir "$data" validate --schemas own "$samples/documents/mx/good"

# ---- refusals

mkdir "$work/in" "$work/in/cfd"
echo '<schema xmlns="http://www.w3.org/2001/XMLSchema"/>' >"$work/in/cfd/cfdv40.xsd"
echo 'read me' >"$work/in/README"
expect 3 'refused  *.*/cfd/cfdv40.xsd  its SHA-256' 'a file of a right name and other bytes' --data-dir "$data" schemas import "$work/in"
check 'what is no schema is passed over in a folder' not grep README "$work/out"
expect 3 'refused  *.*README' 'and refused when it is named' --data-dir "$data" schemas import "$work/in/README"
expect 2 'no-such' 'what is not there' --data-dir "$data" schemas import "$work/no-such"
head -c 16777217 /dev/zero >"$work/in/long.xsd"
expect 3 'long.xsd  longer than' 'one that is too long' --data-dir "$data" schemas import "$work/in/long.xsd"
rm "$work/in/long.xsd"
"$CLA_PYTHON" - "$work" <<'END'
import sys, zipfile
work = sys.argv[1]
with zipfile.ZipFile(work + '/other.zip', 'w', zipfile.ZIP_DEFLATED) as z:
	z.writestr('../../escaped.xsd', '<schema/>')
	z.writestr('/absolute.xsd', '<schema/>')
	z.writestr('README', 'nothing')
with zipfile.ZipFile(work + '/bomb.zip', 'w', zipfile.ZIP_DEFLATED) as z:
	z.writestr('a.xsd', bytes(64 << 20))
whole = open(work + '/other.zip', 'rb').read()
open(work + '/cut.zip', 'wb').write(whole[:40])
END
run --data-dir "$data" --json schemas import "$work/other.zip"
check 'names of an archive are shown and nothing else' json "$work/out" \
	'[x["file"][-8:] for x in d] == ["aped.xsd", "lute.xsd"] and all(x["result"] == "refused" and x["reason"] for x in d)'
check 'nothing came out of it' same "$(find "$work" -name '*escaped*')" ''
expect 3 'larger than any|grows' 'an archive that grows beyond measure' --data-dir "$data" schemas import "$work/bomb.zip"
expect 3 'damaged or cut short' 'an archive that is cut short' --data-dir "$data" schemas import "$work/cut.zip"
check 'nothing is held' same "$(find "$data/schemas" -type f)" ''
for words in import 'import a b'; do
	# shellcheck disable=SC2086
	expect 2 'schemas what' "schemas $words" --data-dir "$data" schemas $words
done
run --data-dir "$data" --json schemas list
check 'schemas list --json has what is missing too' json "$work/out" \
	'sum(x["set"] == "official" and x["bytes"] is None and len(x["sha256"]) == 64 for x in d) > 100'

# ---- with the official files at hand

official=$shared/official
if [ ! -d "$official/sat" ]; then
	for text in 'the table of digests' 'the import' 'verdicts'; do
		skip "$text" 'the official schemas are not here'
	done
	finish
fi

check 'the table has the digests of the files' sh -c '
	cd "$1" && while IFS="	" read -r path sha256 rest; do
		case $path in nfe/*) ;; *) path=sat/$path ;; esac
		printf "%s  %s\n" "$sha256" "$path"
	done <"$2" | sha256sum --strict --quiet -c -' - "$official" "$CLA_SRCDIR/xsd/official.tsv"

one=$official/sat/www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd
good=$samples/documents/mx/good/papeleria-1.xml
expect 0 'cfdv40.xsd  www.sat.gob.mx/' 'one file' --data-dir "$data" schemas import "$one"
run --data-dir "$data" --json validate --schemas official "$good"
check 'what lacks the files that it imports is unknown, and says which' json "$work/out" \
	'd[0]["checks"]["schema"] == "unknown" and any("TimbreFiscalDigitalv11.xsd" in f["message"] or "tdCFDI.xsd" in f["message"] for f in d[0]["findings"])'
"$CLA_PYTHON" - "$official" "$CLA_SRCDIR/xsd/official.tsv" "$work/official.zip" <<'END'
import sys, zipfile
official, table, out = sys.argv[1:]
with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z, open(table, encoding='utf-8') as f:
	for path in (line.split('\t')[0] for line in f):
		if path.startswith('nfe/'):
			z.write(f'{official}/{path}', '../' + path[4:])
END
expect 0 '0 refused' 'the files of SAT from a folder' --data-dir "$data" schemas import "$official/sat"
all=$(grep -c . "$CLA_SRCDIR/xsd/official.tsv")
expect 0 "$all of the $all" 'those of NF-e from an archive' --data-dir "$data" schemas import "$work/official.zip"
expect 3 'catCFDI.verdict.xsd  its SHA-256.*0 stored|0 stored, 0 known' 'what is not official' --data-dir "$data" schemas import "$official/standin"
expect 0 'cfdv40.xsd  *.*cfd/4|www.sat.gob.mx/sitio' 'they are listed' --data-dir "$data" schemas list
"$CLARA_AUDIT" --data-dir "$data" schemas show www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd >"$work/shown"
check 'and shown' cmp "$work/shown" "$one"

# Our own set and the code tables against the official files, document by document.
if [ "$CLA_LONG" = 1 ]; then
	set -- "$shared/corpus"
else
	set -- "$samples/documents" "$shared"/corpus/cfdi/CfdiUtils__tests-assets-[cp]*.xml "$shared"/corpus/cfdi/*CRP2021*.xml
fi
for set in own official; do
	"$CLARA_AUDIT" --data-dir "$data" --json validate --schemas "$set" "$@" >"$work/$set" 2>"$work/$set.err"
done
"$CLA_PYTHON" - "$work/own" "$work/official" >"$work/table" <<'END'
import json, sys
LISTED = {'cfdi.place', 'cfdi.product-key', 'cfdi.unit-key', 'cfdi.part-product-key', 'cfdi.complement-code'}
own, official = ([json.loads(line) for line in open(name, encoding='utf-8')] for name in sys.argv[1:])
compared = 0
for a, b in zip(own, official, strict=True):
	assert (a['file'], a['index']) == (b['file'], b['index'])
	refused = a['checks']['schema'] == 'fail' or any(f['severity'] == 'fail' and f['rule'] in LISTED for f in a['findings'])
	compared += b['checks']['schema'] in ('pass', 'fail')
	if refused != (b['checks']['schema'] == 'fail') or b['checks']['schema'] == 'unknown' != a['checks']['schema']:
		print(a['file'], 'own', a['checks']['schema'], 'official', b['checks']['schema'])
print(compared, 'compared')
END
check 'some documents were compared' grep -E -q '^[1-9][0-9]+ compared' "$work/table"
if [ "$(wc -l <"$work/table")" = 1 ]; then
	pass 'verdicts are the same by both sets'
else
	fail 'verdicts are the same by both sets' "$work/table" "$work/official.err"
fi

# ---- what was changed on disk is not judged by

file=$data/schemas/$(sha256sum <"$one" | cut -c 1-64).xsd
chmod u+w "$file" && echo ' ' >>"$file"
expect 5 'not the official file' 'a file that was changed' --data-dir "$data" validate --schemas official "$good"
expect 0 '1 stored' 'is mended by bringing it in again' --data-dir "$data" schemas import "$one"
expect '[01]' 'document' 'and serves again' --data-dir "$data" validate --schemas official "$good"

finish
