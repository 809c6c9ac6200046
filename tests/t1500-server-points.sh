#!/bin/sh
# What a client promises against every property of the provider's API, by the numbers of the list in fake-clara.md; what
# t1000 and t1100 check already is not repeated.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=1

# counts DESCRIPTION TRANSACTIONS REIMBURSEMENTS: the numbers of the month just made.
counts() {
	check "$1" json "$dir/result" "(d[0]['transactions'], d[0]['reimbursements']) == ($2, $3)"
}

# index EXPRESSION: over d[0], the bundle.json of the month just made.
index() {
	helper member "$bundle" /data/bundle.json >"$work/index" && json "$work/index" "$1"
}

# files WHERE: each attachment that the truth announces, by expense and SHA-256, against the archive's members; WHERE is a
# Python expression that selects expenses e.
files() {
	"$CLA_PYTHON" - "$tests" "$fake/truth.jsonl" "$bundle" "$1" <<'END'
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
import helper
held = set()
for name, _, content in helper.members(sys.argv[3]):
	parts = name.split('/')
	if len(parts) == 5:
		held.add((parts[3], hashlib.sha256(content).hexdigest()))
due = [(e['uuid'], a['sha256']) for e in map(json.loads, open(sys.argv[2], encoding='utf-8'))
	if e['date'][:7] == '2024-11' and e['flags'].get('documents') is not False and eval(sys.argv[4]) for a in e['attachments']]
lost = [x for x in due if x not in held]
print(len(due), 'due', len(lost), 'lost', lost[:3])
sys.exit(bool(lost) or not due)
END
}

# uuids: the expenses of the archive, one a line, sorted.
uuids() {
	helper member "$1" /data/bundle.json >"$work/index" && helper json "$work/index" '"\n".join(e["uuid"] for e in d[0]["expenses"])'
}

# sums: what the month adds up to, whatever the spelling, by kind, type, status and currency.
sums() {
	helper member "$bundle" /data/bundle.json >"$work/index" && "$CLA_PYTHON" - "$work/index" <<'END'
import decimal, json, sys
for s in json.load(open(sys.argv[1], encoding='utf-8'))['sums']:
	print(s['kind'], s['type'], s['status'], s['currency'], s['count'], decimal.Decimal(s['amount']).quantize(decimal.Decimal('0.01')))
END
}

start_fake mx --transactions 30 --truth --tax-id EKU9003173C9,XIA190128J61

# ---- 6: companies

mkdir "$work/two"
write_config "$work/two/one" one
write_config "$work/two/other" other 'tax_id = XIA190128J61'
sed 1,3d "$work/two/other" | cat "$work/two/one" - >"$work/two/config"
expect 0 '"complete":true.*' '6: two companies of one project' --config "$work/two/config" --json bundle --month 2024-11
uuids "$(helper json "$work/out" 'd[0]["bundle"]')" | sort >"$work/uuids.one"
uuids "$(helper json "$work/out" 'd[1]["bundle"]')" | sort >"$work/uuids.other"
check '6: each has its own data' test "$(wc -l <"$work/uuids.one") $(wc -l <"$work/uuids.other") $(sort "$work/uuids.one" "$work/uuids.other" | uniq -d | wc -l)" = '33 33 0'
check '6: each request names its company' same \
	"$(requests 'r["listener"] == "api" and r["route"] != "token" and r["headers"].get("x-tax-identifier") not in ("EKU9003173C9", "XIA190128J61")')" 0

# ---- 7: a request that is refused as wrong

victim=$("$CLA_PYTHON" - "$fake/truth.jsonl" <<'END'
import json, sys
print(next(e['uuid'] for e in map(json.loads, open(sys.argv[1], encoding='utf-8')) if e['date'][:7] == '2024-11'
	and e['flags']['documents'] and e['flags']['invoices'] and e['invoices'] and len(e['attachments']) == 1 and e['attachments'][0]['size'] > 100))
END
) || bail_out 'the fake month has no charge to aim at'
documents="GET /api/v3/transactions/$victim/documents"
download="GET /company-.*/user_docs/$victim/0/"
for status in 400 422 501; do
	month 3 "documents.*http-$status" "7: $status on one list of documents" "$(rule "$documents" '"all"' "{\"status\": $status}")"
	asked "7: $status is not tried again" 1 1 "r['path'].endswith('$victim/documents')"
done

# ---- 8: page sizes and envelopes

month 0 '"complete":true' '8: a server that refuses more than 100 rows' '{"size_over_100": "400"}'
asked '8: no page is refused' 0 0 'r["status"] == 400'
for clamp in 1 7; do
	month 0 '"complete":true' "8: pages of $clamp" "{\"page_clamp\": $clamp}"
	counts "8: pages of $clamp: all rows" 30 3
done
month 0 '"complete":true' '8: small pages without "last"' \
	'{"page_clamp": 7, "rules": [{"route": "(transactions|reimbursements|extracted-documents)($|\\?)", "nth": "all", "fault": {"reduced_envelope": true}}]}'
counts '8: small pages without "last": all rows' 30 3

# ---- 10: order

asked '10: rows are asked for in a fixed order' 0 0 'r["route"] == "transactions" and "sort=operationDate,ASC" not in r["query"]'
for list in transactions reimbursements; do
	month 3 "$list.*outside-window" "10: a list of $list that is not of the month" "{\"ignored_filters\": [\"$list\"]}"
	check "10: $list not of the month: it is not called complete" json "$dir/result" \
		"d[0]['complete'] is False and {m['resource'] for m in d[0]['missing']} == {'$list'}"
done

# ---- 11: data that moves while it is read

walk() {
	printf '{"page_clamp": 10, "hidden": %s, "clock": %s, "rules": [{"route": "transactions", "nth": 3, "fault": {%s}}]}' "$1" "$2" "$3"
}
month 0 '"complete":true' '11: rows that come within the walk' "$(walk 5 null '"set_hidden": 0')"
counts '11: rows that come: all are there' 30 3
month '[03]' '"complete":' '11: rows that go within the walk' "$(walk 0 null '"set_hidden": 5')"
check '11: rows that go: none of the others is lost' json "$dir/result" 'd[0]["transactions"] in (25, 30)'
check '11: rows that go: nothing else is missing' json "$dir/result" 'len({m["uuid"] for m in d[0]["missing"]}) <= 5 and
	{m["reason"] for m in d[0]["missing"]} <= {"http-404"}'
check '11: rows that go: the proof counts what is there' index 'd[0]["listing"]["transactions"]["unique"] == d[0]["listing"]["transactions"]["total_elements_last"]'
month 0 '"complete":true' '11: rows that change within the walk' "$(walk 0 '"2024-11-29T12:00:00Z"' '"set_clock": "2024-12-20T12:00:00Z"')"
counts '11: rows that change: all are there' 30 3
check '11: rows that change: with their files' files True
month 0 '"complete":true' '11: an empty page in the middle, once' '{"page_clamp": 10, "rules": [{"route": "transactions", "nth": 3, "fault": {"empty_page": true}}]}'
counts '11: an empty page: all rows' 30 3
month 0 '"complete":true' '11: a total that changed once' '{"page_clamp": 10, "rules": [{"route": "transactions", "nth": 2, "fault": {"change_total": 3}}]}'
counts '11: a total that changed: all rows' 30 3
month 0 '"complete":true' '11: the same row on two pages' '{"page_clamp": 10, "rules": [{"route": "transactions", "nth": 2, "fault": {"shift": 3}}]}'
counts '11: the same row on two pages counts once' 30 3

# ---- 12: what happens in the course of days

at() {
	printf '{"clock": "%sT12:00:00Z"}' "$1"
}
month 0 '"complete":true' '12: in the middle of the month' "$(at 2024-11-20)"
early=$(helper json "$dir/result" 'd[0]["transactions"]')
check '12: not all has happened' test "$early" -lt 30
revision=$(helper json "$dir/result" 'd[0]["revision"]')
for day in 2024-11-26 2024-12-20; do
	plan "$(at "$day")"
	month_again 0 '"complete":true' "12: on $day"
	check "12: on $day a new revision" json "$dir/result" "d[0]['revision'] == $revision + 1"
	revision=$((revision + 1))
done
counts '12: rows that turned up late are there' 30 3
check '12: so are the files that came late' files 'e["story"] != "document-silent"'
check '12: and the amounts as they were settled' index "sum(s['count'] for s in d[0]['sums'] if s['kind'] == 'tx') == 30"
sums >"$work/sums.grown"
month_again 0 '"complete":true' '12: the same day again'
check '12: nothing new, no revision' json "$dir/result" "d[0]['revision'] == $revision"
month 0 '"complete":true' '12: all at once' "$(at 2024-12-20)"
sums >"$work/sums.once"
check '12: the month that grew is the month of the end' cmp "$work/sums.grown" "$work/sums.once"
silent() {
	month 0 '"complete":true' '12: documents announced, not there yet' "$(at 2024-11-19)"
	plan "$(at 2024-12-20)"
	month_again 0 '"complete":true' '12: they arrive without a trace in the row'
	check '12: and are found' files 'e["story"] == "document-silent"'
}
silent

# ---- 13: every shape of the ledger

month 0 '"complete":true' '13: shapes as the seed mixes them' '{}'
sums >"$work/sums.mixed"
uuids "$bundle" >"$work/uuids.mixed"
all() {
	month 0 '"complete":true' "13: $1" "{\"shapes\": {$1}}"
	sums >"$work/sums"
	check "13: $1: the same sums" cmp "$work/sums.mixed" "$work/sums"
	check "13: $1: the same files" files True
}
all '"status": "string", "amount": "amount", "flag": "object", "card": "masked", "user": "holder", "statement": "links", "extra": "none"'
all '"status": "object", "amount": "value", "flag": "bool", "card": "digits", "user": "name", "statement": "uuid", "accounting": "some"'
all '"flag": "value", "statement": "period", "nullable": "null", "numbers": "exponent"'
all '"nullable": "missing", "numbers": "integer"'
all '"numbers": "short", "extra": "some", "accounting": "none"'
check '13: fields that nobody knows are kept' grep -q -a futureField "$bundle"
month 0 '"complete":true' '13: enumeration values that nobody knows' '{"shapes": {"enums": "unknown"}}'
counts '13: unknown values: all rows' 30 3
check '13: unknown values are kept' index 'all(s["type"].startswith("NEW_") for s in d[0]["sums"] if s["kind"] == "tx")'
month 0 '"complete":true' '13: no flag at all' '{"flags": "missing"}'
asked '13: no flag: everything is asked for' 30 30 'r["route"] == "documents"'
month 0 '"complete":true' '13: every flag false' '{"flags": "false"}'
asked '13: flags false: no detail is asked for' 0 0 'r["route"] in ("documents", "invoices", "extracted-documents")'
month 0 '"complete":true' '13: every flag true' '{"flags": "true"}'
check '13: flags true: empty lists are no gap' json "$dir/result" 'd[0]["missing"] == []'

# ---- 14: spellings, sizes, encodings

month 0 '"complete":true' '14: compression' '{"gzip": true}'
month 0 '"complete":true' '14: answers of three megabytes' '{"rules": [{"route": "transactions", "nth": "all", "fault": {"pad": 3000000}}]}'
counts '14: large answers: all rows' 30 3
month 3 'documents.*too-large|documents.*large' '14: an answer without measure' "$(rule "$documents" '"all"' '{"pad": 40000000}')"
month 3 'documents.*not-json' '14: half a surrogate pair' "$(rule "$documents" '"all"' '{"lone_surrogate": true}')"
month 0 '"complete":true' '14: chunks, lengths left out' '{"rules": [{"route": "transactions", "nth": "all", "fault": {"chunked": true}},
	{"route": "reimbursements", "nth": "all", "fault": {"no_length": true}}]}'

# ---- 15: links that lead astray

month 0 '"complete":true' '15: links to a foreign host' '{"shapes": {"links": "foreign"}}'
counts '15: foreign links: all rows' 30 3
asked '15: foreign links are data' 0 0 'r["listener"] == "foreign"'
month 0 '"complete":true' '15: signed links in odd places' '{"stray_links": true}'
no_secret '15: their signatures are cut' "$dir"

# ---- 16: signed links

month 0 '"complete":true' '16: links that have ended, new ones in another order' '{"shuffle": true, "rules": [
	{"route": "download", "nth": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15], "fault": {"expired_url": true}}]}'
check '16: each file lies with its own expense' files True
asked '16: new links were asked for' 1 60 'r["route"] == "documents" and r["status"] == 200'
asked '16: every link was sent as it came' 0 0 'r["listener"] == "download" and r["status"] == 403 and not r["fault"]'

# ---- 17: the object store

month 0 '"complete":true' '17: slow down, at first' '{"rules": [{"route": "download", "nth": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15], "fault": {"status": 503, "body": "s3xml", "retry_after": 0}}]}'
check '17: slow down: all files' files True
for media in jpeg text/html; do
	month 0 '"complete":true' "17: every file is called $media" "$(rule download '"all"' "{\"wrong_content_type\": \"$media\"}")"
	check "17: $media: the content decides" files True
done
month 3 'download' '17: a length that is too small' "$(rule "$download" '"all"' '{"length_minus": 5}')"
month 3 'download' '17: redirected to another host' "$(rule "$download" '"all"' '{"redirect": true, "redirect_status": 307}')"

# ---- 18: contents and names

kinds='fiscal-utf16 pdf-as-xml zip empty html nfe'
[ "$CLA_LONG" = 0 ] || kinds='fiscal fiscal-old fiscal-bom fiscal-utf16 fiscal-blanks fiscal-as-jpg pdf pdf-as-xml pdf-embedded jpg png
	text empty html zip twin cfdi nfe dian'
for kind in $kinds; do
	month 0 '"complete":true' "18: every file is $kind" "{\"content\": \"$kind\", \"shapes\": {\"invoice_download\": \"none\"}}"
	case $kind in
	pdf*) ext=pdf ;;
	jpg | png | zip | html) ext=$kind ;;
	text) ext=txt ;;
	empty) ext= ;;
	*) ext=xml ;;
	esac
	[ -z "$ext" ] || check "18: $kind: named by what it is" same \
		"$(tar -tf "$bundle" | grep -E '/(cfdi|nfe|event|attachment|receipt)\.' | grep -c -v "\\.$ext$")" 0
done
month 0 '"complete":true' '18: every file has a document type' '{"content": "fiscal-dtd"}'
index 'd[0]["expenses"]' >/dev/null
check '18: a document type is never passed' index '{e["verdict"] for e in d[0]["expenses"]} <= {"fail", "n/a"} and "fail" in {e["verdict"] for e in d[0]["expenses"]}'
for names in hostile same null; do
	month 0 '"complete":true' "18: file names: $names" "{\"shapes\": {\"file_names\": \"$names\"}}"
	check "18: file names: $names: all files" files True
done
check '18: hostile names made no file' test ! -e /tmp/owned.xml
check '18: nor one in the data directory' same "$(find "$work" -name 'owned*' -o -name '.hidden' -o -name 'CON' | wc -l)" 0
month 0 '"complete":true' '18: a file of 24 MB' "$(rule "$download" '"all"' '{"big_body": 24000000}')"
check '18: it is stored whole' test "$(find "$dir/data/objects" -type f -size +23000k | wc -l)" = 1

# ---- 19: invoices

for shapes in '"invoice_download": "some", "folio": "same", "xml_status": "Vigente", "xml_code": "hyphen"' \
	'"invoice_download": "none", "folio": "other", "xml_status": "Cancelado", "xml_code": "dash"' \
	'"invoice_download": "some", "folio": "other", "xml_status": "No Encontrado", "xml_code": "not-found"' '"xml_status": "Valid"'; do
	month 0 '"complete":true' "19: $shapes" "{\"shapes\": {$shapes}}"
	check "19: $shapes: no gap" json "$dir/result" 'd[0]["missing"] == []'
done

# ---- 20: extracted documents

month 0 '"complete":true' '20: extracted documents by sixes' '{"page_clamp": 6}'
many=$(helper json "$fake/truth.jsonl" 'next(e["uuid"] for e in d if e["extracted"] == 25 and e["date"][:7] == "2024-11")')
asked '20: all pages are asked for' 5 5 "r['path'].endswith('$many/extracted-documents')"
check '20: and held' same "$(tar -tf "$bundle" | grep -c "/tx/$many/extracted\\.")" 5
month 0 '"complete":true' '20: without a folio' '{"shapes": {"folio": "none"}}'

# ---- 21: reimbursements

month 0 '"complete":true' '21: reimbursements by twos' '{"page_clamp": 2}'
counts '21: reimbursements: all' 30 3
check '21: reimbursements: with their files' files 'e["kind"] == "reimbursement"'
asked '21: asked for by expense date, the filter that acts' 0 0 'r["route"] == "reimbursements" and ("expenseDateStart=2024-11-01" not in r["query"] or "expenseDateEnd=2024-11-30" not in r["query"])'
month 3 'reimbursements.*http-404|reimbursements' '21: no list of reimbursements' "$(rule reimbursements '"all"' '{"status": 404}')"
check '21: no list: the charges are there' json "$dir/result" 'd[0]["transactions"] == 30 and d[0]["complete"] is False'
month 3 'reimbursements.*http-403' '21: no right to reimbursements' '{"scopes": ["-read:reimbursements"]}'

# ---- 23: what a network does

month 0 '"complete":true' '23: connections that do not last' '{"idle_close_ms": 400, "rules": [{"route": "documents", "nth": [3, 9], "fault": {"delay_before_ms": 700}}]}'
month 3 'documents.*http-204' '23: no content is no answer' "$(rule "$documents" '"all"' '{"status": 204}')"
plan '{}'
month_again 0 '"complete":true' '23: no content: the rest comes later'
for body in html empty; do
	month 0 '"complete":true' "23: a gateway's $body answer, twice" "$(rule "$documents" '[1, 2]' "{\"status\": 502, \"body\": \"$body\"}")"
	month 3 'documents.*http-504' "23: a gateway's $body answer for ever" "$(rule "$documents" '"all"' "{\"status\": 504, \"body\": \"$body\"}")"
done
begin=$(date +%s)
month 3 'documents.*http-429' '23: Retry-After beyond all measure' "$(rule "$documents" '"all"' '{"status": 429, "retry_after": 99999999999}')"
check '23: Retry-After beyond all measure is not waited for' test $(($(date +%s) - begin)) -lt 30
for after in -5 '"-1.5e9"' '""' '"Thu, 99 Foo 2024 99:99:99 GMT"'; do
	month 0 '"complete":true' "23: Retry-After $after" "$(rule "$documents" 1 "{\"status\": 429, \"retry_after\": $after}")"
done

# ---- what the documents about the API contradict each other in (the ledger in fake-clara.md), as far as 1 to 24 leave it open

month 0 '"complete":true' 'ledger 8, 10: payment methods and states of an invoice, as the seed mixes them' '{}'
kept() {
	tar -xOf "$bundle" --wildcards '*/invoice.*' >"$work/kept" && grep -q -e "$1" "$work/kept"
}
for text in '"paymentMethod": *"04"' '"paymentMethod": *"Q4"' '"xmlStatus": *"Vigente"' '"xmlStatus": *"Valid"'; do
	check "ledger 8, 10: $text is kept as it came" kept "$text"
done
asked 'ledger 13: the second set of filters is never sent' 0 0 'r["route"] == "reimbursements" and ("startDate=" in
	r["query"] or "endDate=" in r["query"] or "status=" in r["query"] or "userUuid=" in r["query"])'
asked 'ledger 14: neither name of a filter by update is relied on' 0 0 '"lastUpdateDate" in r["query"]'
asked 'ledger 16: every request to the API shows the certificate, that for a token too' 0 0 'r["listener"] == "api" and not r["peer"]'
asked 'ledger 17: a token is asked for with the form' 1 1 '(r["route"] == "token" and r["body"] == "grant_type=client_credentials" and
	r["headers"]["content-type"] == "application/x-www-form-urlencoded" and r["headers"]["authorization"].startswith("Basic "))'
asked 'ledger 21, 22, 23: addresses are those of the version in force' 0 0 '(r["listener"] == "api" and r["route"] != "token" and not
	__import__("re").match(r"/api/(v3/(transactions(/[0-9a-f-]{36}(/(documents|invoices|extracted-documents))?)?|reimbursements|"
	r"billing-statements(/[0-9a-f-]{36}(/transactions)?)?|cards|users)|v2/(labels|groups|attachments/[0-9a-f-]{36}/base64)|v1/locations)$", r["path"]))'
for form in hyphen dash; do
	month 0 '"complete":true' "ledger 9: xmlCode with a $form" "{\"shapes\": {\"xml_code\": \"$form\"}}"
	case $form in
	hyphen) text='"xmlCode": *"S - ' ;;
	dash) text='"xmlCode": *"S \(–\|\\u2013\) ' ;;
	esac
	check "ledger 9: $form: kept as it came" kept "$text"
done
month 0 '"complete":true' 'ledger 12: every list a bare array' '{"rules": [{"route": "(billing-statements|cards|users|reimbursements|extracted-documents|/transactions)($|\\?)", "nth": "all", "fault": {"bare_array": true}}]}'
counts 'ledger 12: bare arrays: all rows' 30 3
check 'ledger 12: bare arrays: the statement is compared' index 'len(d[0]["tieout"]) == 1'

# ---- 24: the same again, and nothing that was not announced

month 0 '"complete":true' '24: one run' '{}'
asked '24: no sub-resource whose flag is false' 0 0 'r["flag"] is False'
questions() {
	"$CLA_PYTHON" - "$fake/requests.jsonl" <<'END'
import json, sys
for line in sorted(f'{r["route"]} {r["path"]} {r["query"].partition("response-content")[0]}' for r in map(json.loads, open(sys.argv[1]))):
	print(line)
END
}
questions >"$work/questions"
month 0 '"complete":true' '24: another run' '{}'
questions >"$work/questions.again"
check '24: the same questions' cmp "$work/questions" "$work/questions.again"
stop_fake

# ---- 14, 19: other countries, extremes

start_fake extremes --transactions 40 --truth --extremes
month 0 '"complete":true' '14: extreme amounts, NUL in names' '{}'
counts '14: extremes: all rows' 40 4
sums >"$work/sums"
"$CLA_PYTHON" - "$fake/truth.jsonl" >"$work/sums.true" <<'END'
import collections, decimal, json, sys
total = collections.Counter()
for e in map(json.loads, open(sys.argv[1], encoding='utf-8')):
	if e['date'][:7] == '2024-11' and e['kind'] == 'tx':
		total[e['type'], e['status']] += decimal.Decimal(e['amount'])
for (kind, status), amount in sorted(total.items()):
	print('tx', kind, status, 'MXN', amount)
END
grep ^tx "$work/sums" | sed 's/ MXN [0-9]* / MXN /' | sort >"$work/sums.found"
sort -o "$work/sums.true" "$work/sums.true"
check '14: extremes: to the cent' cmp "$work/sums.true" "$work/sums.found"
stop_fake
for country in br co; do
	start_fake "$country" --country "$country" --transactions 20 --truth
	FAKE_COUNTRY=$country
	for elsewhere in 404 403 empty; do
		month 0 '"complete":true' "19: $country, where invoices answer $elsewhere" "{\"invoices_elsewhere\": \"$elsewhere\"}"
		asked "19: $country: invoices are not asked for" 0 0 'r["route"] in ("invoices", "invoice-list")'
	done
	stop_fake
done

finish
