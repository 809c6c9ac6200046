#!/bin/sh
# The month for people: what its tables say, in every format, and what strangers' text may do there.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

demo_data "$work/demo"
config=$work/demo/config
run --config "$config" --json report --month 2024-11 --format json --output "$work/before"
judged 3 '"complete":false' 'nothing is stored yet'

run --config "$config" --json bundle --month 2024-11
[ "$code" = 0 ] || bail_out 'no bundles' "$work/out" "$work/err"
cp "$work/out" "$work/bundled"
run --config "$config" --json match --month 2024-11
cp "$work/out" "$work/matched"

run --config "$config" --json report --month 2024-11 --format html,csv,json --output "$work/r"
judged 0 '"complete":true' 'a report of each company'
check 'each file is told with its digest' "$CLA_PYTHON" - "$work/out" <<'END'
import hashlib, json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) == 3
for line in lines:
	assert [f['format'] for f in line['files']] == ['html'] + ['csv'] * 7 + ['json'], line
	for f in line['files']:
		assert hashlib.sha256(open(f['path'], 'rb').read()).hexdigest() == f['sha256'], f
END

# Standing, worked out from `match --json` and the documents' verdicts.
check 'each charge has the standing that match and verdicts make' "$CLA_PYTHON" - "$work" <<'END'
import json, sys
work = sys.argv[1]
matched = {}
for line in open(f'{work}/matched'):
	m = json.loads(line)
	matched[m.get('transaction') or m['reimbursement']] = m
seen = set()
for entity in ('mx_demo-mx', 'br_demo-br', 'co_demo-co'):
	r = json.load(open(f'{work}/r/clara_{entity}_2024-11.json'))
	verdicts = {}
	for d in r['documents']:
		verdicts.setdefault((d['expense'], d['sha256']), []).append(d['verdict'])
	for c in r['charges']:
		m = matched.pop(c['uuid'])
		order = ['n/a', 'pass', 'warn', 'unknown', 'fail']
		worst = max((v for d in m['documents'] for v in verdicts[c['uuid'], d['sha256']]), key=order.index, default='n/a')
		assert (c['match'], c['receiver'], c['verdict'], c['documents']) == (m['state'], m['receiver'], worst, len(m['documents'])), c
		if m['state'] == 'missing' or m['receiver'] in ('other', 'sister') or m['reused'] or worst == 'fail':
			due = 'not-proven'
		elif m['state'] == 'not-needed':
			due = 'not-needed'
		elif m['state'] == 'matched' and m['receiver'] == 'ours' and worst == 'pass':
			due = 'proven'
		else:
			due = 'review'
		assert c['standing'] == due, (c, m)
		assert (due in ('review', 'not-proven')) <= bool(c['why']), c
		seen.add(due)
	days = [(c['date'], c['uuid']) for c in r['charges']]
	assert days == sorted(days)
assert not matched and seen == {'proven', 'review', 'not-proven', 'not-needed'}, (matched, seen)
END
check 'the sums are those of the charges, to the cent' "$CLA_PYTHON" - "$work" <<'END'
import json, sys
from decimal import Decimal
r = json.load(open(f'{sys.argv[1]}/r/clara_mx_demo-mx_2024-11.json'))
assert len(r['sums']) == 4
for s in r['sums']:
	mine = [c for c in r['charges'] if c['standing'] == s['standing'] and c['currency'] == s['currency']]
	assert s['charges'] == len(mine) and Decimal(s['amount']) == sum((Decimal(c['amount']) for c in mine), Decimal(0)), s
assert sum(s['charges'] for s in r['sums']) == len(r['charges'])
END
check 'the archive that proves it is named' "$CLA_PYTHON" - "$work" <<'END'
import json, os, sys
work = sys.argv[1]
for line in open(f'{work}/bundled'):
	b = json.loads(line)
	r = json.load(open(f'{work}/r/clara_{b["entity"][5:]}_{b["entity"]}_2024-11.json'))
	about = {a['item']: a['value'] for a in r['about']}
	assert about['archive'] == os.path.basename(b['bundle']) and about['archive_sha256'] == b['sha256'], about
	assert len(r['charges']) == b['transactions'] + b['reimbursements']
	assert {p['resource'] for p in r['population']} >= {'transactions', 'reimbursements'}
END
check 'CSV and JSON say the same' "$CLA_PYTHON" - "$work/r" <<'END'
import csv, json, os, sys
folder = sys.argv[1]
for name in sorted(os.listdir(folder)):
	if not name.endswith('.json'):
		continue
	tables = json.load(open(f'{folder}/{name}'))
	assert len(tables) == 7
	for table, rows in tables.items():
		path = f'{folder}/{name[:-5]}_{table}.csv'
		assert open(path, 'rb').read(3) == b'\xef\xbb\xbf'
		with open(path, encoding='utf-8-sig', newline='') as f:
			got = list(csv.DictReader(f))
		text = lambda v: '' if v is None else str(v)
		assert [[g[k] for k in r] for g, r in zip(got, rows)] == [[text(v) for v in r.values()] for r in rows], path
		assert len(got) == len(rows)
END

# ---- HTML

html=$work/r/clara_mx_demo-mx_2024-11.html
check 'HTML: one file that asks for nothing' not grep -E -i '<script|<link|<img|<iframe|src=|url\(|https?://|@import' "$html"
check 'HTML: each charge has its row' same "$(sed -n '/id="charges"/,/<\/section>/p' "$html" | grep -c '<tr><td>')" \
	"$("$CLA_PYTHON" -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["charges"]))' "${html%.html}.json")"
check 'HTML: it is well-formed' "$CLA_PYTHON" - "$html" <<'END'
import html.parser, sys
class Check(html.parser.HTMLParser):
	stack = []
	def handle_starttag(self, tag, attrs):
		if tag != 'meta':
			self.stack.append(tag)
	def handle_endtag(self, tag):
		assert self.stack.pop() == tag, tag
	def handle_startendtag(self, tag, attrs):
		pass
c = Check()
c.feed(open(sys.argv[1], encoding='utf-8').read())
assert not c.stack
END
run --config "$config" --lang es report --month 2024-11 --output "$work/es"
judged 0 'comprobados' 'in Spanish'
check 'and so is the file' grep -q '<html lang="es">.*' "$work/es/clara_mx_demo-mx_2024-11.html"
check 'its words too' grep -q 'Sin comprobar' "$work/es/clara_mx_demo-mx_2024-11.html"
run --config "$config" --lang pt --entity demo-br report --month 2024-11 --output "$work/pt"
check 'and in Portuguese' grep -q 'Sem comprovação' "$work/pt/clara_br_demo-br_2024-11.html"

# ---- the same bytes

TZ=Asia/Tokyo run --config "$config" report --month 2024-11 --format html,json,csv --output "$work/again"
judged 0 '.' 'another time'
check 'another zone, another time: the same bytes' diff -r "$work/r" "$work/again"
run --config "$config" report --month 2024-11
judged 0 'data/reports/clara_mx' 'without a folder: reports/ beside the store, as HTML'

# ---- the workbook

run --config "$config" --entity demo-mx report --month 2024-11 --format xlsx --output "$work/x"
if [ "$code" = 2 ] && grep -q libxlsxwriter "$work/err"; then
	skip 'the workbook' 'libxlsxwriter is not there'
else
	judged 0 '.' 'a workbook'
	check 'the workbook says what JSON says' "$CLA_PYTHON" - "$work" <<'END'
import json, re, sys, xml.etree.ElementTree as ET, zipfile
work = sys.argv[1]
ns = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
z = zipfile.ZipFile(f'{work}/x/clara_mx_demo-mx_2024-11.xlsx')
assert z.testzip() is None
names = [s.get('name') for s in ET.fromstring(z.read('xl/workbook.xml')).iter(ns + 'sheet')]
assert names == ['Sums', 'Charges', 'Findings', 'Missing', 'Documents', 'Population', 'About'], names
assert not any(b'<f>' in z.read(n) for n in z.namelist())
def rows(n):
	for row in ET.fromstring(z.read(f'xl/worksheets/sheet{n}.xml')).iter(ns + 'row'):
		cells = {}
		for c in row.iter(ns + 'c'):
			t = c.find(f'{ns}is/{ns}t')
			cells[re.match('[A-Z]+', c.get('r')).group()] = (c.get('t'), t.text if t is not None else c.find(ns + 'v').text)
		yield cells
r = json.load(open(f'{work}/r/clara_mx_demo-mx_2024-11.json'))
sheet = list(rows(2))
assert len(sheet) == len(r['charges']) + 1
for cells, c in zip(sheet[1:], r['charges']):
	assert cells['D'][1] == c['merchant'] and cells['R'] == ('inlineStr', c['uuid'])
	assert cells['E'][0] is None and float(cells['E'][1]) == float(c['amount']), cells
	assert cells['C'][0] is None and float(cells['C'][1]) > 45000, cells
keys = [cells.get('I', ('inlineStr', None)) for cells in rows(5)][1:]
assert [k[1] for k in keys] == [d['id'] or None for d in r['documents']] and {k[0] for k in keys} == {'inlineStr'}
END
	run --config "$config" --entity demo-mx report --month 2024-11 --format xlsx --output "$work/y"
	check 'and again the same bytes' diff -r "$work/x" "$work/y"
	check 'nothing else is left in the folder' same "$(ls "$work/x")" clara_mx_demo-mx_2024-11.xlsx
fi

# ---- strangers' text

cp -R "$work/demo" "$work/hostile"
rm -rf "$work/hostile/data"
find "$work/hostile/mx/bodies" -type f -exec sed -i \
	-e 's|DEMO SOFTWARE NUBE|<script>alert(1)</script>\&amp;\\u0007\\u202e\\"'"'"'|g' \
	-e 's|DEMO ABARROTES EL ROBLE|=HYPERLINK(1)|g' {} +
run --config "$work/hostile/config" --entity demo-mx bundle --month 2024-11
run --config "$work/hostile/config" --entity demo-mx report --month 2024-11 --format html,csv,json --output "$work/h"
judged 0 '.' 'merchants with markup and formulas'
hostile=$work/h/clara_mx_demo-mx_2024-11
check 'they are in JSON as they came' grep -q '<script>alert(1)</script>' "$hostile.json"
check 'HTML: no markup of theirs' not grep -q '<script' "$hostile.html"
check 'HTML: as text' grep -q '&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp; ' "$hostile.html"
check 'CSV: no formula' grep -q "\"'=HYPERLINK(1)\"" "${hostile}_charges.csv"
check 'no control character arrives' not grep -q "$(printf '\007')" "$hostile.html" "${hostile}_charges.csv"

# ---- an incomplete month, and what is wrong to ask for

cp -R "$work/demo" "$work/gap"
rm -rf "$work/gap/data"
"$CLA_PYTHON" - "$work/gap/mx/answers.jsonl" <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
gone = next(i for i, a in enumerate(lines) if a['path'].endswith('/invoices'))
lines[gone]['status'] = 500
open(sys.argv[1], 'w').write(''.join(json.dumps(a) + '\n' for a in lines))
END
CLARA_AUDIT_RETRY_BASE_MS=1 run --config "$work/gap/config" --entity demo-mx fetch --month 2024-11
run --config "$work/gap/config" --entity demo-mx report --month 2024-11 --format html,json --output "$work/g"
judged 3 'incomplete' 'an incomplete month'
check 'what is missing is in its table' "$CLA_PYTHON" -c 'import json, sys
m = json.load(open(sys.argv[1]))["missing"]
assert len(m) == 1 and m[0]["resource"] == "invoices" and len(m[0]["uuid"]) == 36, m' "$work/g/clara_mx_demo-mx_2024-11.json"
check 'and HTML says so first' grep -q '<p class="state">Incomplete' "$work/g/clara_mx_demo-mx_2024-11.html"
expect 2 'html, xlsx, csv, json' 'an unknown format' --config "$config" report --month 2024-11 --format docx
expect 2 'usage' 'without a month' --config "$config" report
expect 2 'unknown entity' 'an unknown entity' --config "$config" --entity nobody report --month 2024-11
printf x >"$work/file"
expect 6 'file' 'a folder that cannot be made' --config "$config" report --month 2024-11 --output "$work/file/x"

finish
