#!/bin/sh
# Judging files: the planted faults, the form of the answer, every way in, and documents made to harm.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

documents=$samples/documents
good=$documents/mx/good/papeleria-1.xml
bad=$documents/mx/bad/sello-roto.xml

# ---- the samples

run --json validate --certs "$samples/certs" "$documents"
cp "$work/out" "$work/all"
check 'validate of the samples ends in 1' same "$code" 1
"$CLA_PYTHON" - "$work/all" "$samples" >"$work/table" <<'END'
import csv, json, os, sys
out, samples = sys.argv[1:]
seen = {}
for line in open(out, encoding='utf-8'):
	d = json.loads(line)
	seen.setdefault(os.path.relpath(d['file'], samples), []).append(d)
planted = {}
with open(f'{samples}/planted.tsv', encoding='utf-8') as f:
	for row in csv.DictReader(f, delimiter='\t'):
		if row['document'] != '-':
			planted.setdefault(row['document'], (row['fault'], dict(e.split('=') for e in row['expected'].split(','))))
files = sorted(os.path.relpath(os.path.join(at, n), samples) for at, _, names in os.walk(f'{samples}/documents') for n in names)
for path in files:
	fault, expected = planted.get(path, ('', {'verdict': 'pass'}))
	wrong = []
	if len(seen.get(path, [])) != 1:
		wrong.append(f'{len(seen.get(path, []))} lines')
	for d in seen.get(path, []):
		for key, value in expected.items():
			if key.startswith('match.'):
				continue
			got = d[key] if key in ('kind', 'verdict') else d['checks'][key]
			# a sound note with its event beside it is told what the event says of it, and nothing else
			if key == 'verdict' and d['findings'] and all(f['rule'].startswith('related.') for f in d['findings']):
				got = 'pass'
			if got != value:
				wrong.append(f'{key} is {got}, not {value}')
		if wrong:
			wrong += [f'[{f["rule"]} {f["severity"]} {f["message"]}]' for f in d['findings'][:4]]
	print('not ok' if wrong else 'ok', '-', path, fault or 'sound', ('# ' + '; '.join(wrong)) if wrong else '', sep=' ')
END
check 'each file was judged' same "$(wc -l <"$work/table" | tr -d ' ')" "$(find "$documents" -type f | wc -l | tr -d ' ')"
while IFS= read -r line; do
	echo "$line" >"$work/line"
	case $line in
	ok*) pass "${line#ok - }" ;;
	*) fail "${line#not ok - }" ;;
	esac
done <"$work/table"

# ---- the form of the answer

check 'exactly the keys of the contract' json "$work/all" 'all(set(x) == {"file", "index", "sha256", "kind", "version", "id",
	"issuer", "receiver", "issued_at", "total", "currency", "verdict", "checks", "findings"} for x in d)'
check 'exactly its checks' json "$work/all" 'all(set(x["checks"]) == {"wellformed", "schema", "signature", "certificate",
	"stamp", "identity", "totals", "catalogs"} for x in d)'
check 'exactly the keys of a finding' json "$work/all" 'all(set(f) == {"rule", "code", "severity", "where", "expected", "found",
	"message"} for x in d for f in x["findings"]) and any(x["findings"] for x in d)'
check 'a verdict is the worst of its checks' json "$work/all" 'all(x["verdict"] == max((c for c in x["checks"].values()
	if c != "n/a"), key=["pass", "warn", "unknown", "fail"].index, default="unknown") for x in d)'
check 'whatever fails says why' json "$work/all" 'all(x["findings"] for x in d if x["verdict"] in ("fail", "warn", "unknown"))'
check 'what is not there is null' json "$work/all" '[x for x in d if x["kind"] == "not-xml"][0]["total"] is None'
check 'amounts are digits as text' json "$work/all" 'all(isinstance(x["total"], str) for x in d if x["kind"] in ("cfdi", "nfe"))'
"$CLA_PYTHON" - "$work/all" >"$work/hashes" <<'END'
import hashlib, json, sys
for d in map(json.loads, open(sys.argv[1], encoding='utf-8')):
	assert hashlib.sha256(open(d['file'], 'rb').read()).hexdigest() == d['sha256'], d['file']
print('equal')
END
check 'sha256 is that of the file' grep -q equal "$work/hashes"
run --json validate "$documents/mx/good"
check 'a stamp without its certificate is unknown' json "$work/out" 'all(x["checks"]["stamp"] == "unknown" and
	x["verdict"] == "unknown" for x in d)'
check 'unknown is no failure' same "$code" 0

# ---- ways in

check 'standard input' sh -c '"$1" --json validate --certs "$2" - <"$3" >"$4"' - "$CLARA_AUDIT" "$samples/certs" "$good" "$work/out"
check 'is judged alike' json "$work/out" 'd[0]["verdict"] == "pass" and d[0]["file"] == "-"'
expect 0 'pass' 'one file' validate --certs "$samples/certs" "$good"
issuer=$(sed -n 's/.*Emisor[^>]* Rfc="\([^"]*\)".*/\1/p' "$good" | head -n 1)
printf 'a title\nNo,RFC,Nombre,Situacion\n1,AAA010101AAA,"X, SA",Definitivo\n' >"$work/efos.csv"
expect 0 'pass' 'an issuer that is not on the list of article 69-B' validate --efos "$work/efos.csv" --certs "$samples/certs" "$good"
printf '2,%s,"Y, SA",Presunto\n' "$issuer" >>"$work/efos.csv"
expect 0 'warn' 'one that is presumed to be' validate --efos "$work/efos.csv" --certs "$samples/certs" "$good"
printf '2,%s,"Y, SA",Definitivo\n' "$issuer" >"$work/efos.csv"
expect 1 'cfdi.efos|69-B' 'one that is' validate --efos "$work/efos.csv" --certs "$samples/certs" "$good"
expect 2 'no taxpayer of article 69-B' 'a list that is none' validate --efos "$good" "$good"

sed 's|<vNF>202.04<|<vNF>202.07<|' "$CLA_SRCDIR/src/fiscal/controls/note.xml" >"$work/cents.xml"
expect 1 'nfe.total-vNF .*expected 202.04, found 202.07' 'a total that is off by cents' validate "$work/cents.xml"
expect 1 'nfe.total-vNF' 'by more than was said' validate --tolerance 0.02 "$work/cents.xml"
"$CLARA_AUDIT" validate --tolerance 0.03 "$work/cents.xml" >"$work/out" 2>&1
check 'by what was said' not grep 'nfe.total-vNF' "$work/out"
expect 2 '--tolerance takes' 'a tolerance beyond all measure' validate --tolerance 1.01 "$work/cents.xml"
expect 2 '--tolerance takes' 'one that is no amount' validate --tolerance -0.01 "$work/cents.xml"
expect 1 'fail' 'a file that fails' validate --certs "$samples/certs" "$bad"
run --json validate "$good" "$bad" "$documents/co"
check 'several paths, in their order' json "$work/out" \
	"len(d) == 6 and d[0]['file'] == '$good' and d[1]['file'] == '$bad' and all(x['kind'] == 'dian' for x in d[2:])
	and [x['file'] for x in d[2:]] == sorted(x['file'] for x in d[2:])"
: >"$work/empty.xml"
head -c 100000 /dev/urandom >"$work/random.bin"
head -c 4000 "$good" >"$work/half.xml"
printf '%%PDF-1.4\n%%%%EOF\n' >"$work/x.pdf"
printf '<?xml version="1.0" encoding="UTF-16"?><a/>' >"$work/liar.xml"
iconv -f UTF-8 -t UTF-16 "$good" >"$work/utf16.xml"
printf '\000\000\000\000' >"$work/nul.xml"
for file in empty.xml random.bin half.xml x.pdf liar.xml nul.xml; do
	run --json validate "$work/$file"
	judged 1 '"verdict":"fail"' "$file is judged, and fails"
	check "$file: one line" json "$work/out" 'len(d) == 1 and d[0]["checks"]["wellformed"] == "fail"'
done
run --json validate "$work/utf16.xml"
check 'UTF-16 does not crash it' test "$code" -le 1
mkdir "$work/nothing"
expect 0 '.' 'an empty folder' validate "$work/nothing"
mkfifo "$work/nothing/pipe"
ln -s loop "$work/nothing/loop"
ln -s .. "$work/nothing/up"
check 'pipes and loops in a folder do not hang it' timeout 20 "$CLARA_AUDIT" validate "$work/nothing"

# ---- the bar, JUnit, languages

expect 0 '.' 'unknown passes by default' validate "$documents/br/bad/sem-protocolo.xml"
expect 1 '.' '--fail-on unknown' validate --fail-on unknown "$documents/br/bad/sem-protocolo.xml"
expect 1 '.' '--fail-on warn counts unknown too' validate --fail-on warn "$documents/br/bad/sem-protocolo.xml"
expect 0 '.' '--fail-on warn of a sound file' validate --fail-on warn --certs "$samples/certs" "$good"
run validate --format junit --certs "$samples/certs" "$documents"
check 'JUnit is well-formed and counts' "$CLA_PYTHON" -c '
import sys, xml.etree.ElementTree as E, json
root = E.parse(sys.argv[1]).getroot()
lines = [json.loads(x) for x in open(sys.argv[2])]
assert len(list(root.iter("testcase"))) == len(lines), "cases"
failed = [c for c in root.iter("testcase") if c.find("failure") is not None]
assert len(failed) == sum(x["verdict"] == "fail" for x in lines), "failures"
suite = root if root.tag == "testsuite" else root.find("testsuite")
assert int(suite.get("tests")) == len(lines) and int(suite.get("failures")) == len(failed), "sums"
' "$work/out" "$work/all"
printf '<a>"&<\033]0;x\007</a>' >"$work/a\"<&>b.xml"
run validate --format junit "$work/a\"<&>b.xml"
check 'JUnit stays well-formed with a hostile name' "$CLA_PYTHON" -c 'import sys, xml.etree.ElementTree as E; E.parse(sys.argv[1])' "$work/out"
for lang in es pt en; do
	run --lang "$lang" validate --certs "$samples/certs" "$documents/mx/bad" "$documents/br/bad"
	judged 1 '.' "text in $lang"
	cp "$work/out" "$work/text.$lang"
done
check 'es is not en' not cmp -s "$work/text.es" "$work/text.en"
check 'pt is not en' not cmp -s "$work/text.pt" "$work/text.en"

# ---- made to harm: refused with the limit named, in little time and memory

"$CLA_PYTHON" - "$work" <<'END'
import os, sys
head = '<?xml version="1.0" encoding="UTF-8"?>\n'
open_tag = '<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0"'
def put(name, *parts):
	with open(os.path.join(sys.argv[1], 'harm-' + name), 'w', encoding='utf-8') as f:
		for part in parts:
			f.write(part)
end = '</cfdi:Comprobante>'
put('doctype', head, '<!DOCTYPE a [<!ENTITY x "y">]>', open_tag, '>&x;', end)
put('laughs', head, '<!DOCTYPE a [<!ENTITY a0 "lol">', *(f'<!ENTITY a{i + 1} "{"&a%d;" % i * 10}">' for i in range(12)), ']><a>&a12;</a>')
put('external', head, '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>')
put('elements', head, open_tag, '>', '<b/>' * 1000000, end)
put('attributes', head, open_tag, *(f' a{i}="1"' for i in range(1000000)), '>', end)
put('concepts', head, open_tag, '><cfdi:Conceptos>', '<cfdi:Concepto Importe="1"/>' * 1000000, '</cfdi:Conceptos>', end)
put('namespaces', head, open_tag, *(f' xmlns:n{i}="urn:{i}"' for i in range(200000)), '>', end)
put('deep', head, open_tag, '>', '<b>' * 100000, '</b>' * 100000, end)
put('dashes', head, open_tag, '><!--', '- ' * 5000000, '-->', end)
put('double-dashes', head, open_tag, '><!--', '--' * 5000000, '-->', end)
put('name', head, '<', 'n' * 5000000, '/>')
put('value', head, open_tag, ' Sello="', 'A' * 20000000, '">', end)
put('text', head, open_tag, '>', 'x' * 20000000, end)
put('cdata', head, open_tag, '><![CDATA[', ']] ' * 8000000, ']]>', end)
put('instruction', head, open_tag, '><?p ', '? ' * 8000000, '?>', end)
put('entities', head, open_tag, '>', '&amp;' * 3000000, end)
put('unclosed', head, '<a>' * 300000)
put('open-tag', head, '<a ' + ' ' * 10000000)
put('file', head, open_tag, '>', '<!--', *(['x' * 1000000] * 110), '-->', end)
END
for file in "$work"/harm-*; do
	name=${file#"$work"/harm-}
	# shellcheck disable=SC2046 # three words
	set -- $(helper measure "$work/out" "$work/err" "$CLARA_AUDIT" --json validate "$file")
	code=$1 ran="validate harm-$name"
	judged 1 '"wellformed":"fail"' "$name is refused"
	check "$name: the reason is told" json "$work/out" 'len(d) == 1 and d[0]["verdict"] == "fail" and d[0]["findings"][0]["message"]'
	if sanitized; then
		skip "$name: below 2 s and 64 MiB" 'sanitizers distort it'
	elif [ "$2" -lt 2000 ] && [ "$3" -lt 65536 ]; then
		pass "$name: below 2 s and 64 MiB"
	else
		fail "$name: $2 ms and $3 KiB"
	fi
	rm -f "$file"
done
# An attribute of 1 GiB, of which 100 MiB are read; through a pipe, and from a file that is hardly there on disk. A gzip bomb
# is no XML here: what unpacks archives is `import`, within bounds of its own (tests/t2100-import.sh).
cat >"$work/endless.py" <<'END'
import os, sys
part = b'A' * (1 << 20)
try:
	os.write(1, b'<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0" Sello="')
	for _ in range(1024):
		os.write(1, part)
except BrokenPipeError:
	pass
END
"$CLA_PYTHON" "$work/endless.py" | "$CLARA_AUDIT" --json validate --certs "$samples/certs" - >"$work/out" 2>"$work/err"
check 'an attribute of 1 GiB through a pipe is refused' json "$work/out" \
	'len(d) == 1 and d[0]["verdict"] == "fail" and d[0]["checks"]["wellformed"] == "fail" and d[0]["sha256"] is None'
printf '<a b="' >"$work/harm-sparse"
truncate -s 1G "$work/harm-sparse"
head -c 30000000 /dev/zero | gzip -9 >"$work/harm-gzip"
for name in sparse gzip; do
	# shellcheck disable=SC2046 # three words
	set -- $(helper measure "$work/out" "$work/err" "$CLARA_AUDIT" --json validate "$work/harm-$name")
	code=$1 ran="validate harm-$name"
	judged 1 '"wellformed":"fail"' "$name is refused"
	if sanitized; then
		skip "$name: below 64 MiB" 'sanitizers distort it'
	elif [ "$3" -lt 65536 ]; then
		pass "$name: below 64 MiB"
	else
		fail "$name: $3 KiB"
	fi
	rm -f "$work/harm-$name"
done
{ printf '<a>%.0s' 1 2 3 4 5 6; printf '</a>%.0s' 1 2 3 4 5 6; } >"$work/six.xml"
expect 1 'depth' '--limit lowers a limit' validate --limit depth=5 "$work/six.xml"
expect 2 'limit' 'an unknown limit' validate --limit width=5 "$good"
expect 2 'limit' 'a limit that is no number' validate --limit depth=deep "$good"

# ---- documents from elsewhere, where they are at hand

if [ -d "$shared/corpus" ]; then
	"$CLA_PYTHON" - "$CLARA_AUDIT" "$shared/corpus" "$CLA_LONG" "$(sanitized && echo 1 || echo 0)" >"$work/corpus" 2>&1 <<'END'
import json, os, subprocess, sys
program, corpus, long, sanitized = sys.argv[1], sys.argv[2], sys.argv[3] == '1', sys.argv[4] == '1'
files = sorted(os.path.join(at, n) for at, _, names in os.walk(corpus) for n in names if n.endswith('.xml'))
whole = subprocess.run([program, '-q', '--json', 'validate', corpus], capture_output=True, check=False)
lines = [json.loads(x) for x in whole.stdout.splitlines()]
judged = {d['file'] for d in lines}
bad = [f'{f}: no verdict' for f in files if f not in judged]
if whole.returncode not in (0, 1) or whole.stderr:
	bad.append(f'status {whole.returncode}: {whole.stderr[-2000:].decode("utf-8", "replace")}')
# One process each is slow: all of them only in the long form, else the largest and every eighth.
some = files if long else sorted(files, key=os.path.getsize)[-25:] + files[::8]
for path in some:
	before = os.times()
	one = subprocess.run([program, 'validate', path], capture_output=True, check=False, timeout=120)
	after = os.times()
	spent = after.children_user + after.children_system - before.children_user - before.children_system
	if one.returncode not in (0, 1) or one.stderr:
		bad.append(f'{path}: status {one.returncode}: {one.stderr[-2000:].decode("utf-8", "replace")}')
	if spent > 2 and not sanitized:
		bad.append(f'{path}: {spent:.1f} s')
print(*bad[:20], sep='\n')
print(len(files), 'files,', len(some), 'alone,', len(bad), 'bad')
sys.exit(bool(bad) or not files)
END
	check 'every document of the corpus is judged' same "$? $(tail -n 1 "$work/corpus")" "0 $(tail -n 1 "$work/corpus")"
	show "$work/corpus"
else
	skip 'every document of the corpus is judged' 'the corpus is not here'
fi

finish
