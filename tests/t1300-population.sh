#!/bin/sh
# The population is proven: lists that move are walked again, all of it is listed twice, and the sum is held against the
# billing statement. What is optional and cannot be had is told, and the month is complete without it.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl tar

export CLARA_AUDIT_RETRY_BASE_MS=1

# month NAME PLAN: the month from an empty store under that plan; leaves $dir, $work/out and the bundle's index in
# $work/index.
month() {
	dir=$work/$1
	mkdir "$dir"
	write_config "$dir/config"
	plan "$2"
	again
}

# again: once more from the store of the last month.
again() {
	run --config "$dir/config" --json bundle --month 2024-11
	bundle=$(helper json "$work/out" 'd[0].get("bundle", "-")')
	tar -xOf "$bundle" --wildcards '*/data/bundle.json' >"$work/index" 2>/dev/null
	echo >>"$work/index"
}

# evidence: all evidence.json of the bundle, one a line.
evidence() {
	helper members "$bundle" /evidence.json >"$work/evidence"
}

# pages ROUTE: how many requests for a list.
pages() {
	requests "r['route'] == '$1'"
}

start_fake mx --transactions 60 --truth

# ---- a population that does not move

month still '{"page_clamp": 10}'
judged 0 '"complete":true' 'a month that does not move'
before=$(helper json "$work/out" 'd[0]["sha256"]') findings=$(helper json "$work/out" 'd[0]["findings"]')
check 'each page of both lists is asked for twice, and no more' same "$(pages transactions) $(pages reimbursements)" '12 2'
check 'the bundle says what was received, and what the server counted with its first page and its last' json "$work/index" \
	'd[0]["listing"]["transactions"] == {"pages": 6, "received": 60, "unique": 60, "total_elements_first": 60,
	"total_elements_last": 60}'
check 'sums per status, type and currency add up to the population' json "$work/index" \
	'sum(s["count"] for s in d[0]["sums"]) == 66 and all(s["kind"] in ("tx", "reimbursement") for s in d[0]["sums"])'
expect 0 'pass|verified|ok' 'verify agrees' verify "$bundle"

# the server's own account of the month: authorised and settled rows, and their plain sum
cat >"$work/tieout.py" <<'END'
import decimal, json, sys
truth, index = sys.argv[1:]
rows = [json.loads(line) for line in open(truth, encoding='utf-8')]
rows = [r for r in rows if r['kind'] == 'tx' and r['date'][:7] == '2024-11']
billed = [r for r in rows if r['status'] == 'AUTHORIZED']
t, = json.load(open(index, encoding='utf-8'))['tieout']
total = sum(decimal.Decimal(r['amount']) for r in billed)
reasons = {r['reason']: r['count'] for r in t['reasons']}
print(t, total, len(billed))
named = [r for r in rows if r['status'] not in ('NOTIFICATION', 'PRE_AUTHORIZED')]
refused = [r for r in named if r['status'] in ('REJECTED', 'SYSTEM_TRANSACTION')]
assert decimal.Decimal(t['total']) == total == decimal.Decimal(t['rows']['amount']) and t['rows']['count'] == len(billed)
assert decimal.Decimal(t['difference']) == 0 and t['status'] == 'closed' and t['currency'] == 'MXN'
assert t['held']['count'] == len(named)
assert reasons['not-billed'] == len(refused)
# a status that nobody knows: whether such a charge is billed, a person has to say
assert reasons['not-listed'] == len(named) - len(refused) - len(billed) and t['result'] == 'differs'
assert set(reasons) == {'not-billed', 'not-listed'}
END
check 'tie-out: total, transactions and charges of the statement are those of the server' "$CLA_PYTHON" "$work/tieout.py" \
	"$fake/truth.jsonl" "$work/index"
evidence
check 'each charge shows its card with limits, its holder and its statement' json "$work/evidence" \
	'all(c["card"]["limit"] == "10000.00" and c["card"]["periodicity"] == "MONTHLY" and c["holder"]["role"]
	for c in (e["facts"]["context"] for e in d) if c["card"]) and
	sum(1 for e in d if e["facts"]["context"]["card"]) > 30 and
	sum(1 for e in d if (e["facts"]["context"]["statement"] or {}).get("status") == "closed") > 40'
check 'each label of a charge has its name' json "$work/evidence" \
	'all(n["name"].startswith("Label ") for e in d for n in e["facts"]["context"]["labels"]) and
	any(e["facts"]["context"]["labels"] for e in d)'
check 'each reimbursement shows how it was approved, and by whom it was asked for' json "$work/evidence" \
	'all(e["facts"]["context"]["approval"]["requested_on"] and e["facts"]["context"]["holder"]["role"] for e in d
	if e["kind"] == "reimbursement")'
check 'nothing of that is absent' json "$work/evidence" \
	'not [a for e in d for a in e["absent"] if a["role"] in ("card", "holder", "label", "group", "location", "statement")]'
check 'the raw answers are in the bundle' json "$work/index" \
	'{a["resource"] for a in d[0]["answers"]} >= {"billing-statements", "billing-statement",
	"billing-statement-transactions", "cards", "users", "labels", "groups", "locations"}'
check 'no digital account outside Brazil' same "$(pages digital-accounts)" 0
plan '{"page_clamp": 10}'
again
judged 0 "$before" 'a second run gives the same bundle'
check 'of what surrounds a month that is over nothing is asked again' same \
	"$(requests 'r["route"] in ("cards", "users", "labels", "groups", "locations") or "billing" in r["route"]')" 0

# ---- what collecting remarks is told by fetch and by bundle

dir=$work/fetched
mkdir "$dir"
write_config "$dir/config"
plan '{"page_clamp": 10}'
expect 0 '"gaps":0,"remarks":\[\]' 'fetch: nothing to remark on a month that does not move' \
	--config "$dir/config" --json fetch --month 2024-11
shaky='{"page_clamp": 10, "scopes": ["-read:cards"], "rules": [{"route": "transactions", "nth": 2, "fault": {"shift": 3}}]}'
for how in json text; do
	dir=$work/shaky-$how
	mkdir "$dir"
	write_config "$dir/config"
	plan "$shaky"
	case $how in
	json) expect 0 '"complete":true' 'fetch: a list that moves, and one that is refused' \
		--config "$dir/config" --json fetch --month 2024-11 ;;
	text) expect 0 'could not be had; the month is complete' 'fetch tells a person, too' \
		--config "$dir/config" fetch --month 2024-11 ;;
	esac
	[ "$how" = text ] || check 'fetch: what was not had and what moved is told, with its reason' json "$work/out" \
		'd[0]["gaps"] == 1 and {"what": "not-had", "resource": "cards", "uuid": None, "reason": "http-403"} in d[0]["remarks"]
		and [r["reason"] for r in d[0]["remarks"] if r["what"] == "moved" and r["resource"] == "transactions"]'
	check "fetch ($how): on standard error the cards" grep -q '^  cards - http-403' "$work/err"
	check "fetch ($how): and the list that moved" grep -q '^  transactions - ' "$work/err"
done
month shaky "$shaky"
judged 0 'transactions - ' 'bundle tells of the list that moved'
judged 0 'cards - http-403' 'and of the one that is refused'

# ---- pages that move are noticed, and walked again

# moves NAME PLAN: complete all the same, and each row is there.
moves() {
	month "$1" "{\"page_clamp\": 10, \"rules\": [$2]}"
	judged 0 '"complete":true' "$1: noticed, and walked again"
	check "$1: all rows are there" json "$work/out" 'd[0]["transactions"] == 60'
	check "$1: more pages were asked for" test "$(pages transactions)" -gt 12
	check "$1: the bundle is the one of a month that does not move" json "$work/index" \
		'd[0]["listing"]["transactions"]["received"] == 60 and d[0]["listing"]["transactions"]["pages"] == 6'
}
moves 'a row inserted before a page' '{"route": "transactions", "nth": 3, "fault": {"shift": 1}}'
moves 'a row deleted before a page' '{"route": "transactions", "nth": 3, "fault": {"shift": -1}}'
moves 'a page that comes twice' '{"route": "transactions", "nth": 4, "fault": {"repeat_page": true}}'
moves 'a page with another number' '{"route": "transactions", "nth": [2, 3], "fault": {"wrong_number": 1}}'
moves 'a row that slips between two pages' '{"route": "transactions", "nth": 5, "fault": {"drop_row": 1}}'
moves 'a total that changes in the middle' '{"route": "transactions", "nth": 4, "fault": {"change_total": 1}}'
moves 'an empty page' '{"route": "transactions", "nth": 2, "fault": {"empty_page": true}}'

# what no total tells, the second listing does: the rows that it brings are had, and listed a third time
bare='"bare_array": true'
month 'unseen' "{\"rules\": [{\"route\": \"transactions\", \"nth\": 1, \"fault\": {$bare, \"drop_row\": 2}},
	{\"route\": \"transactions\", \"nth\": \"all\", \"fault\": {$bare}}]}"
judged 0 '"complete":true' 'rows that the first listing lacks and no total tells of'
# 58 rows are one page; after 60, which may be a size that the server chose, an empty one is asked for: 1 + 2 + 2
check 'unseen: the second listing brings them, a third confirms' same "$(pages transactions)" 5
check 'unseen: with all that they lead to' json "$work/out" 'd[0]["transactions"] == 60 and d[0]["missing"] == []'

month 'never still' "{\"rules\": [{\"route\": \"transactions\", \"nth\": [1, 4, 7, 10], \"fault\": {$bare, \"drop_row\": 1}},
	{\"route\": \"transactions\", \"nth\": \"all\", \"fault\": {$bare}}]}"
judged 3 '"complete":false' 'a population that is never twice the same is not proven'
check 'never still: that is what is missing' json "$work/out" \
	'd[0]["missing"] == [{"resource": "transactions", "uuid": None, "reason": "moving-pages"}]'
check 'never still: and the walks are bounded' same "$(pages transactions)" 6

month 'no end' '{"page_clamp": 10, "rules": [{"route": "transactions", "nth": "all", "fault": {"endless": true}}]}'
judged 3 'repeated-page' 'a list without end is given up'
check 'no end: soon' test "$(pages transactions)" -le 8

month 'broken off' '{"page_clamp": 10, "rules": [{"route": "transactions", "nth": "from:8", "fault": {"status": 404}}]}'
judged 3 '"complete":false' 'a second listing that cannot be had proves nothing'
check 'broken off: the charges are there all the same' json "$work/out" 'd[0]["transactions"] == 60'
plan '{"page_clamp": 10}'
again
judged 0 '"complete":true' 'broken off: a later run proves it'

# ---- what is optional

month 'no scopes' '{"scopes": ["-read:cards", "-read:users", "-read:labels", "-read:groups", "-read:locations",
	"-read:billing-statements"]}'
judged 0 '"complete":true' 'without the scopes of cards, users, labels and statements the month is complete'
# six lists, the statement that charges name, and its transactions; in place of the statement that differed
check 'no scopes: each gap is a finding' json "$work/out" "d[0]['findings'] == $findings - 1 + 8"
evidence
check 'no scopes: a charge says why its card is not known, and proves that it was asked for' json "$work/evidence" \
	'[a for e in d for a in e["absent"] if a["role"] == "card"] and
	all(a["reason"] == "http-403" and a["captures"] for e in d for a in e["absent"] if a["role"] in ("card", "holder"))'
check 'no scopes: and shows what it says of it itself' json "$work/evidence" \
	'any((e["facts"]["context"]["card"] or {}).get("masked_pan") for e in d)'
check 'no scopes: lists of which nothing was had have no page' json "$work/index" \
	'd[0]["listing"]["cards"]["pages"] == 0 and d[0]["listing"]["users"]["pages"] == 0'
check 'no scopes: the statement that charges name is compared as far as it goes' json "$work/index" \
	'[(t["result"], [r["reason"] for r in t["reasons"]]) for t in d[0]["tieout"]] == [("unknown",
	["rows-missing", "total-missing"])]'
expect 0 'pass|verified|ok' 'no scopes: verify agrees' verify "$bundle"
plan '{}'
again
judged 0 '"revision":1' 'no scopes: once they are given, the evidence makes a new revision'

month 'statement short of a row' '{"rules": [{"route": "billing-statement-transactions", "nth": 1, "fault": {"drop_row": 1}}]}'
judged 0 '"complete":true' 'a statement that differs is a finding, never incompleteness'
check 'the difference is told with its reasons' json "$work/index" \
	'(lambda t: t["result"] == "differs" and {"total-differs", "not-listed"} <= {r["reason"] for r in t["reasons"]} and
	t["difference"] not in ("0", "0.00"))(d[0]["tieout"][0])'
check 'nothing was ever asked that a flag denies' not test -s "$fake/violations.txt"
stop_fake

# ---- countries

for country in br co; do
	FAKE_COUNTRY=$country
	start_fake "$country" --country "$country" --transactions 20
	month "month-$country" '{}'
	judged 0 '"complete":true' "$country: a complete month"
	if [ "$country" = br ]; then
		check 'br: the digital account, page and size given' test \
			"$(requests 'r["route"] == "digital-accounts" and "page=" in r["query"] and "size=" in r["query"]')" -ge 1
		check 'br: its raw answers are in the bundle' json "$work/index" \
			'd[0]["listing"]["digital-accounts"]["received"] == 45 and
			[a for a in d[0]["answers"] if a["resource"] == "digital-accounts"]'
	else
		check 'co: no digital account' same "$(pages digital-accounts)" 0
		check 'co: and nothing said of it' json "$work/index" '"digital-accounts" not in d[0]["listing"]'
	fi
	if [ "$country" = br ]; then
		files=$(helper json "$work/out" 'd[0]["documents"]')
		gone='{"listener": "download", "route": "download", "nth": "all", "fault": {"status": 404}}'
		month 'no files' "{\"rules\": [$gone], \"scopes\": [\"-read:attachments\"]}"
		judged 3 'http-404' 'files that neither their links nor the API bring are missing'
		plan "{\"rules\": [$gone]}"
		again
		judged 0 '"complete":true' 'files that their links do not bring come through the API'
		check 'the same files' json "$work/out" "d[0]['documents'] == $files"
		tar -xOf "$bundle" --wildcards '*/data/captures.jsonl' >"$work/captures"
		check 'and the captures say which way they came' json "$work/captures" \
			'[c for c in d if c["resource"] == "attachment" and c["stored_sha256"]]'
		expect 0 'pass|verified|ok' 'verify agrees' verify "$bundle"
		expect 0 '.' 'so does the custody log' --config "$dir/config" show --custody
		check 'which names each of the files' test "$(grep -c '"type":"stored"' "$dir/data/custody.jsonl")" -ge "$files"
		plan '{}'
		again
		judged 0 '"complete":true' 'a further run'
		check 'asks for none of them again' same "$(requests 'r["listener"] == "download" or "attachment" in r["route"]')" 0
	fi
	check "$country: nothing was ever asked that a flag denies" not test -s "$fake/violations.txt"
	stop_fake
done

finish
