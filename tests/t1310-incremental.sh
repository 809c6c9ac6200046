#!/bin/sh
# Runs that follow one another: the month is listed anew each time, what may have changed is asked anew, and late evidence
# makes a new revision. What day it is the server says.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl tar

start_fake mx --transactions 60 --truth
mkdir "$work/it"
write_config "$work/it/config"

# at DAY [MODES]: bundles the month as of that day.
at() {
	plan "{\"clock\": \"$1T12:00:00Z\"${2:-}}"
	run --config "$work/it/config" --json bundle --month 2024-11
	bundle=$(helper json "$work/out" 'd[0].get("bundle", "-")')
}

# The bundle against the server's own account of that day: which rows, with what amount and status, and all their files.
cat >"$work/compare.py" <<'END'
import json, sys, tarfile
from decimal import Decimal
truth, bundle, today = sys.argv[1:]
held = {}
with tarfile.open(bundle) as tar:
	for m in tar:
		if m.name.endswith('/evidence.json'):
			e = json.load(tar.extractfile(m))
			held[e['uuid']] = e
due, wrong, silent = 0, [], 0
for line in open(truth, encoding='utf-8'):
	t = json.loads(line)
	if t['kind'] != 'tx' or t['date'][:7] != '2024-11' or t['date'] > today:
		continue
	before = today < (t['moment'] or '')
	if t['story'] == 'late' and before:
		continue
	due += 1
	e = held.get(t['uuid'])
	if e is None:
		wrong.append(f'{t["uuid"]} {t["story"]} is not there')
		continue
	open_still = t['story'] == 'settles' and before
	if (Decimal(e['facts']['amount']) == Decimal(t['amount'])) == open_still:
		wrong.append(f'{t["uuid"]} {t["story"]} has the amount {e["facts"]["amount"]}')
	if (e['facts']['status'] == t['status']) == open_still:
		wrong.append(f'{t["uuid"]} {t["story"]} is {e["facts"]["status"]}')
	files = {d['sha256'] for d in e['documents']}
	if t['flags']['documents'] is False or (t['story'] in ('document', 'document-silent') and before):
		continue
	silent += t['story'] == 'document-silent'
	wrong += [f'{t["uuid"]} {t["story"]} lacks {a["fileName"]}' for a in t['attachments'] if a['sha256'] not in files]
have = sum(1 for e in held.values() if e['kind'] == 'tx')
print(*wrong[:10], sep='\n')
print(due, 'due', have, 'held', silent, 'receipts that came silently')
sys.exit(bool(wrong) or have != due)
END
as_of() {
	"$CLA_PYTHON" "$work/compare.py" "$fake/truth.jsonl" "$bundle" "$1"
}

# ---- a month as it grows

at 2024-11-20
judged 0 '"complete":true' 'in the middle of the month: complete so far'
check 'in the middle of the month: the rows of that day' as_of 2024-11-20
check 'what is not final is read again by itself' test "$(requests 'r["route"] == "transaction"')" -ge 1
open_rows=$(requests 'r["route"] == "transaction"')
check 'each once' same "$(requests 'r["route"] == "transaction"')" "$open_rows"
expect 0 'pass|verified|ok' 'verify agrees' verify "$bundle"

at 2024-11-30
judged 0 '"revision":1' 'on its last day: a new revision'
check 'on its last day: late rows, settled amounts, new receipts' as_of 2024-11-30
statement=$(helper json "$work/out" 'd[0]["statement"]')
check 'it names what it supersedes, and why' json "$statement" \
	'(lambda s: s["reason"] == "evidence" and {c["kind"] for c in s["changes"]} >= {"added", "changed"})(d[0]["predicate"]["supersedes"])'

at 2024-12-02 ', "hidden": 1'
judged 0 '"revision":2' 'after its end: a new revision'

at 2024-12-20
judged 0 '"revision":3' 'a row that turns up in a closed month: a new revision'
check 'late rows, and receipts that came without any change of their row, are there' as_of 2024-12-20
# Asked about are rows that were hidden, are not final, have nothing, or got something since the run before.
asked_with_reason() {
	"$CLA_PYTHON" - "$fake/truth.jsonl" "$fake/requests.jsonl" <<'END'
import json, sys
truth, log = [[json.loads(line) for line in open(path, encoding='utf-8')] for path in sys.argv[1:]]
rows = [t for t in truth if t['kind'] == 'tx']
known = {t['uuid'] for t in rows[:59] if t['status'] in ('AUTHORIZED', 'REJECTED', 'SYSTEM_TRANSACTION')
	and t['attachments'] and (t['moment'] or '') < '2024-12-01'}
asked = [r['path'].split('/')[-2] for r in log if r['route'] == 'documents']
print(len(known), 'known,', len(asked), 'asked about')
sys.exit(any(uuid in known for uuid in asked) or len(known) < 20 or not asked)
END
}
check 'settled rows that have what they announce are not asked about' asked_with_reason

plan '{"clock": "2024-12-20T12:30:00Z"}'
run --config "$work/it/config" --json fetch --month 2024-11 --dry-run
judged 0 'would_call' 'a dry run'
would=$(helper json "$work/out" 'd[0]["would_call"]')
check 'a dry run asks for lists alone' same "$(requests 'r["route"] not in ("token", "transactions", "reimbursements")')" 0
run --config "$work/it/config" --json fetch --month 2024-11
check 'and says what the run then asks for' json "$work/out" "d[0]['calls'] >= $would and d[0]['new'] == d[0]['changed'] == 0"

at 2025-02-28
judged 0 '"revision":3' 'two months later nothing is new'
check 'two months later nothing is looked after any more' same \
	"$(requests 'r["route"] not in ("token", "transactions", "reimbursements")')" 0
check 'and it stands as it was' as_of 2025-02-28

# ---- all of it at once, and by parts, is the same

mkdir "$work/once"
write_config "$work/once/config"
cp "$bundle" "$work/parts.tar"
plan '{"clock": "2025-02-28T12:00:00Z"}'
run --config "$work/once/config" --json bundle --month 2024-11
judged 0 '"complete":true' 'collected in one go'
# Rows and invoices differ in the dates of links.
facts() {
	helper members "$1" /evidence.json | "$CLA_PYTHON" -c '
import json, sys
for line in sys.stdin:
	e = json.loads(line)
	print(e["uuid"], json.dumps(e["facts"], sort_keys=True), sorted((d["role"], d["sha256"]) for d in e["documents"] if d["role"] in ("cfdi", "attachment", "receipt", "extracted")))'
}
facts "$work/parts.tar" >"$work/parts"
facts "$(helper json "$work/out" 'd[0]["bundle"]')" >"$work/once.facts"
check 'the same facts and files as in parts' cmp "$work/parts" "$work/once.facts"
check 'nothing was ever asked that a flag denies' not test -s "$fake/violations.txt"

finish
