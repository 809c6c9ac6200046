#!/bin/sh
# The fake server keeps what tests/fake-clara.md promises.  TAP; needs python3, curl and openssl.
# Checks are evaluated later, by check():
# shellcheck disable=SC2016,SC2034
set -u

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
count=0 failed=0 pids=''
FAKE_API='' FAKE_DOWNLOAD_HOST='' FAKE_FOREIGN='' FAKE_CA='' FAKE_PID='' FAKE_CLIENT_ID='' FAKE_CLIENT_SECRET=''

clean_up() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# check DESCRIPTION COMMAND: the command's status decides.
check() {
	count=$((count + 1))
	if eval "$2" >"$work/out" 2>&1; then
		echo "ok $count - $1"
	else
		failed=$((failed + 1))
		echo "not ok $count - $1"
		echo "# $2"
		echo "# http ${code:-?}, curl ${rc:-?}, head and body:"
		head -c 600 "$work/head" 2>/dev/null | sed 's/^/# /'
		head -c 600 "$work/body" 2>/dev/null | tr -d '\000' | awk '{ print "# " $0 }'
		sed 's/^/# /' "$work/out"
	fi
}

# start NAME OPTION...: starts a server in its own folder and reads its addresses.
start() {
	dir=$work/$1
	shift
	mkdir -p "$dir"
	echo '{}' >"$dir/plan.json"
	python3 "$here/fake_clara.py" --dir "$dir" --plan "$dir/plan.json" --limit 3600 "$@" 2>"$dir/stderr" &
	pids="$pids $!"
	tries=0
	while [ ! -e "$dir/env" ]; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || { echo "Bail out! the server does not start"; cat "$dir/stderr"; exit 1; }
		sleep 0.1
	done
	# shellcheck disable=SC1091
	. "$dir/env"
	reloads=0
}

# plan JSON: gives the running server another plan and waits until it has read it.
plan() {
	printf '%s' "$1" >"$dir/plan.json"
	kill -HUP "$FAKE_PID"
	reloads=$((reloads + 1))
	tries=0
	while [ "$(cat "$dir/reloads" 2>/dev/null)" != "$reloads" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || { echo "Bail out! plan not read: $1"; cat "$dir/stderr"; exit 1; }
		sleep 0.02
	done
}

# fault ROUTE JSON: the next request of that route gets this fault.
fault() {
	plan "{\"rules\": [{\"route\": \"$1\", \"nth\": 1, \"fault\": $2}]}"
}

# web CURL-ARGUMENT...: leaves head, body, code (HTTP) and rc (curl).
web() {
	: >"$work/head"
	: >"$work/body"
	code=$(curl -sS --max-time 5 --cacert "$FAKE_CA" -D "$work/head" -o "$work/body" -w '%{http_code}' "$@" 2>"$work/curl")
	rc=$?
}

mutual() {
	web --cert "$dir/client.crt" --key "$dir/client.key" "$@"
}

api() {
	path=$1
	shift
	mutual -H "Authorization: Bearer $token" "$@" "$FAKE_API$path"
}

# json EXPRESSION: true or printed value of a Python expression over the body `d`.
json() {
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1], "rb"))
v = eval(sys.argv[2])
print(v)
sys.exit(v is False)' "$work/body" "$1"
}

header() {
	grep -qi "^$1" "$work/head"
}

login() {
	mutual -u "$FAKE_CLIENT_ID:$FAKE_CLIENT_SECRET" -d grant_type=client_credentials "$FAKE_API/oauth/token"
	token=$(json 'd["access_token"]' 2>/dev/null)
}

# A transaction with attachments that says so, and fresh URLs of it.
month='operationDateRangeStart=2024-11-01&operationDateRangeEnd=2024-11-30'
pick() {
	python3 - "$dir/truth.jsonl" "$1" <<'PYTHON'
import json, sys
for line in open(sys.argv[1], encoding='utf-8'):
	e = json.loads(line)
	files = e['attachments']
	if eval(sys.argv[2]):
		print(e['uuid'])
		break
PYTHON
}

urls() {
	api "/api/v3/transactions/$with_files/documents"
	url=$(json 'd["attachments"][0]["download"]["url"]')
}

# ---- TLS and tokens ----

start one --truth
login
check 'token over mutual TLS' 'test "$code" = 200 && json "d[\"expires_in\"] == 3600 and d[\"token_type\"] == \"Bearer\""'
api "/api/v3/transactions?$month&size=7"
check 'page over mutual TLS' 'test "$code" = 200 && json "len(d[\"content\"]) == 7 and d[\"totalElements\"] == 60 and d[\"totalPages\"] == 9"'
check 'HTTP/1.1 is negotiated' 'openssl s_client -connect "${FAKE_API#https://}" -alpn http/1.1 -cert "$dir/client.crt" -key "$dir/client.key" </dev/null 2>/dev/null | grep -q "ALPN protocol: http/1.1"'
check 'TLS 1.2 is accepted' 'openssl s_client -connect "$FAKE_DOWNLOAD_HOST" -tls1_2 -cipher ALL:@SECLEVEL=0 </dev/null'
check 'TLS 1.1 is refused' '! openssl s_client -connect "$FAKE_DOWNLOAD_HOST" -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null'
mutual -u "$FAKE_CLIENT_ID:$FAKE_CLIENT_SECRET" -X POST "$FAKE_API/oauth/token"
check 'token without a body' 'test "$code" = 200'
mutual -u "$FAKE_CLIENT_ID:wrong" -X POST "$FAKE_API/oauth/token"
check 'wrong secret: 401' 'test "$code" = 401 && json "d[\"error\"] == \"access_denied\""'
mutual "$FAKE_API/api/v3/transactions"
check 'no token: 401' 'test "$code" = 401 && json "d[\"code\"] == \"UNAUTHORIZED\""'
web "$FAKE_API/api/v3/transactions"
check 'no certificate: handshake refused' 'test "$rc" -ne 0 && test "$code" = 000'
for kind in wrong expired notyet; do
	web --cert "$dir/$kind.crt" --key "$dir/$kind.key" "$FAKE_API/api/v3/transactions"
	check "certificate $kind: handshake refused" 'test "$rc" -ne 0 && test "$code" = 000'
done
plan '{"missing_cert": "511"}'
web "$FAKE_API/api/v3/transactions"
check 'no certificate: 511' 'test "$code" = 511'
web --cert "$dir/expired.crt" --key "$dir/expired.key" "$FAKE_API/api/v3/transactions"
check 'an expired certificate is refused in this mode too' 'test "$rc" -ne 0'
plan '{"missing_cert": "401"}'
web -u "$FAKE_CLIENT_ID:$FAKE_CLIENT_SECRET" -X POST "$FAKE_API/oauth/token"
check 'no certificate: 401, also for the token' 'test "$code" = 401'
mutual "https://127.0.0.1:${FAKE_API##*:}/oauth/token"
check 'the server has no other name than localhost' 'test "$rc" = 60'

for mode in denied:401 429:429 500:500; do
	plan "{\"token\": {\"mode\": \"${mode%:*}\"}}"
	login
	check "token mode ${mode%:*}" 'test "$code" = "${mode#*:}"'
done
plan '{"token": {"mode": "html"}}'
login
check 'token mode html' 'test "$code" = 200 && grep -q "<html>" "$work/body"'
plan '{"token": {"mode": "no_expires"}}'
login
check 'token mode no_expires' 'json "\"expires_in\" not in d"'
plan '{"token": {"mode": "string_expires"}}'
login
check 'token mode string_expires' 'json "d[\"expires_in\"] == \"3600\""'
plan '{"token": {"life": 2}}'
# a loaded machine may take longer for the two calls than the token lives: then once more
for turn in 1 2 3 4 5 6 7 8; do
	login
	api /api/v3/cards
	[ "$code" != 200 ] || break
done
check "a short token works at first (turn $turn)" 'test "$code" = 200'
sleep 2.2
api /api/v3/cards
check 'a short token ends' 'test "$code" = 401'
plan '{"revoke_after": 2}'
start revoke
plan '{"revoke_after": 2}'
login
api /api/v3/cards
api /api/v3/cards
check 'before revocation' 'test "$code" = 200'
api /api/v3/cards
check 'after revocation' 'test "$code" = 401'
login
api /api/v3/cards
check 'a new token works after revocation' 'test "$code" = 200'
kill "$FAKE_PID"

# ---- Resources ----

start two --truth --tax-id EKU9003173C9,XIA190128J61
login
check 'a seed gives the same data again' 'cmp "$work/one/truth.jsonl" "$dir/truth.jsonl"'
api "/api/v3/transactions?$month&size=1000&sort=operationDate,ASC"
check 'size is clamped to 100' 'json "d[\"size\"] == 100"'
check 'the month is filtered and sorted' 'json "[r[\"audit\"][\"operationDate\"] for r in d[\"content\"]] == sorted(r[\"audit\"][\"operationDate\"] for r in d[\"content\"]) and all(r[\"audit\"][\"operationDate\"][:7] == \"2024-11\" for r in d[\"content\"])"'
check 'every type and status, both shapes of status and amount' 'json "{str(r[\"status\"].get(\"description\")) if isinstance(r[\"status\"], dict) else r[\"status\"] for r in d[\"content\"]} >= {\"AUTHORIZED\", \"NOTIFICATION\", \"PRE_AUTHORIZED\", \"REJECTED\", \"SYSTEM_TRANSACTION\", \"SETTLED\"} and {r[\"type\"] for r in d[\"content\"]} >= {\"PURCHASE\", \"REFUND\", \"FEE\", \"CREDIT\", \"PAYMENT\", \"CHARGEBACK\"} and {\"value\" in r[\"amountValue\"] for r in d[\"content\"]} == {True, False} and {type(r[\"status\"]) for r in d[\"content\"]} == {str, dict}"'
check 'flags: bool, object and missing' 'json "{type(r.get(\"hasAttachments\")) for r in d[\"content\"]} == {bool, dict, type(None)}"'
check 'statement: three forms' 'json "{tuple(sorted(r[\"billingStatement\"])) for r in d[\"content\"] if r.get(\"billingStatement\")} == {(\"links\",), (\"uuid\",), (\"periodEndDate\", \"periodStartDate\", \"uuid\")}"'
cp "$work/body" "$work/first"
api "/api/v3/transactions?$month&size=1000&sort=operationDate,ASC"
check 'the same question has the same bytes' 'cmp "$work/first" "$work/body"'
api "/api/v3/transactions?accountingDateRangeStart=2024-11-10&accountingDateRangeEnd=2024-11-12&sort=accountingDate,DESC&size=100"
check 'accounting dates filter and sort' 'json "[r[\"audit\"][\"accountingDate\"] for r in d[\"content\"]] == sorted((r[\"audit\"][\"accountingDate\"] for r in d[\"content\"]), reverse=True) and {r[\"audit\"][\"accountingDate\"] for r in d[\"content\"]} <= {\"2024-11-10\", \"2024-11-11\", \"2024-11-12\"} and d[\"totalElements\"] > 0"'
api "/api/v3/transactions?colour=blue"
check 'unknown parameters are ignored; more than the month exists' 'json "d[\"totalElements\"] == 64 and d[\"size\"] == 20"'
for query in page=-1 size=0 size=x operationDateRangeStart=2024-13-01 operationDateRangeEnd=1.11.2024 sort=uuid,ASC; do
	api "/api/v3/transactions?$query"
	check "$query: 400" 'test "$code" = 400 && json "d[\"code\"] == \"VALIDATION_ERROR\""'
done
plan '{"size_over_100": "400"}'
api "/api/v3/transactions?size=101"
check 'size_over_100: 400' 'test "$code" = 400'
plan '{"page_clamp": 10}'
api "/api/v3/transactions?size=100"
check 'page_clamp is reported' 'json "d[\"size\"] == 10 and len(d[\"content\"]) == 10"'
plan '{"hidden": 5}'
api "/api/v3/transactions?$month"
check 'hidden transactions' 'json "d[\"totalElements\"] == 55"'
plan '{}'
api "/api/v3/transactions?$month"
check 'turn up later' 'json "d[\"totalElements\"] == 60"'
with_files=$(pick 'len(files) >= 2 and e["flags"].get("documents") and all(f["size"] > 40 for f in files)')
api "/api/v3/transactions/$with_files"
check 'one transaction' 'json "d[\"uuid\"] == \"$with_files\""'
api /api/v3/transactions/00000000-0000-4000-8000-000000000000
check 'unknown uuid: 404' 'test "$code" = 404 && json "d[\"code\"] == \"NOT_FOUND\""'
api /api/v3/transactions/ABC
check 'bad uuid: 400' 'test "$code" = 400'
api /api/v9/nothing
check 'unknown route: 404' 'test "$code" = 404'
api "/api-test/v3/transactions/$with_files"
check 'the sandbox has other data' 'test "$code" = 404'
api "/api/v3/transactions?$month" -H 'X-Tax-Identifier: XIA190128J61'
check 'another company has other data' 'test "$code" = 200 && ! grep -q "$with_files" "$work/body"'
api "/api/v3/transactions?$month" -H 'X-Tax-Identifier: AAA010101AAA'
check 'unknown company: 403' 'test "$code" = 403'
with_invoice=$(pick 'e["invoices"] and e["flags"].get("invoices")')
api "/api/v3/transactions/$with_invoice/invoices"
check 'invoices' 'json "d[\"transactionUuid\"] == \"$with_invoice\" and len(d[\"invoices\"]) >= 1 and \"xmlCode\" in d[\"invoices\"][0]"'
plan '{"scopes": ["-read:invoices"]}'
api "/api/v3/transactions/$with_invoice/invoices"
check 'missing scope: 403' 'test "$code" = 403'
api "/api/v3/transactions/$with_invoice"
check 'on that resource only' 'test "$code" = 200'
many=$(pick 'e["extracted"] == 25')
api "/api/v3/transactions/$many/extracted-documents?page=1"
check 'extracted documents are paged by 20' 'json "len(d[\"content\"]) == 5 and d[\"totalElements\"] == 25 and d[\"last\"]"'
api "/api/v3/transactions/$many/extracted-documents?type=MEXICAN_FISCAL_INVOICE"
check 'and filtered' 'json "d[\"totalElements\"] == 13 and d[\"content\"][0][\"data\"][\"folioFiscalUuid\"] != \"\""'
api '/api/v3/reimbursements?expenseDateStart=2024-11-01&expenseDateEnd=2024-11-30'
check 'reimbursements by expense date' 'json "d[\"totalElements\"] == 6 and any(r[\"attachments\"] for r in d[\"content\"])"'
reimbursement=$(json 'd["content"][0]["uuid"]')
api '/api/v3/reimbursements?startDate=2024-11-01&endDate=2024-11-02'
check 'the second set of filters is ignored' 'json "d[\"totalElements\"] == 8"'
api '/api/v3/reimbursements?statuses=PAID'
check 'reimbursements by status' 'json "d[\"totalElements\"] == 2"'
api "/api/v3/reimbursements/$reimbursement"
check 'one reimbursement' 'json "d[\"uuid\"] == \"$reimbursement\""'
api /api/v3/billing-statements
check 'billing statements are a bare array' 'json "isinstance(d, list) and len(d) == 3"'
statement=$(json 'd[1]["uuid"]')
total=$(json 'd[1]["totalAmount"]')
api "/api/v3/billing-statements/$statement"
check 'one statement' 'json "d[\"status\"] == \"closed\""'
api "/api/v3/billing-statements/$statement/transactions?size=100"
check 'its rows add up to its total' 'json "abs(sum(r[\"amountValue\"].get(\"amount\", r[\"amountValue\"].get(\"value\")) for r in d[\"content\"]) - $total) < 0.001"'
for list in v3/cards v3/users; do
	api "/api/$list"
	check "$list: a page" 'json "d[\"totalElements\"] > 0 and d[\"size\"] == (50 if \"users\" in \"$list\" else 20)"'
done
for list in v2/labels v2/groups v1/locations; do
	api "/api/$list"
	check "$list: a bare array" 'json "isinstance(d, list) and len(d) > 0"'
done
check 'no violation so far' 'test ! -e "$dir/violations.txt"'
unflagged=$(pick 'e["flags"].get("documents") is False')
api "/api/v3/transactions/$unflagged/documents"
check 'a sub-resource whose flag is false is a violation' 'grep -q "flag is false" "$dir/violations.txt"'
rm -f "$dir/violations.txt"

# ---- Downloads ----

urls
first=$url
urls
check 'each request gives other URLs' 'test "$url" != "$first"'
plan '{"shuffle": true}'
urls
json '[a["uuid"] for a in d["attachments"]]' >"$work/order"
urls
check 'shuffle changes the order' 'json "[a[\"uuid\"] for a in d[\"attachments\"]]" | { ! cmp -s - "$work/order"; }'
plan '{}'
urls
web "$url"
check 'download' 'test "$code" = 200 && header "ETag:" && grep -q "$(sha256sum "$work/body" | cut -c1-64)" "$dir/truth.jsonl"'
cp "$work/body" "$work/whole"
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' "$work/head")
web -H 'Range: bytes=10-29' -H "If-Range: $etag" "$url"
check 'Range: 206' 'test "$code" = 206 && header "Content-Range: bytes 10-29/" && tail -c +11 "$work/whole" | head -c 20 | cmp - "$work/body"'
web -H 'Range: bytes=10-29' -H 'If-Range: "other"' "$url"
check 'Range of another version: the whole' 'test "$code" = 200 && cmp "$work/whole" "$work/body"'
web -H 'Range: bytes=99999999-' "$url"
check 'Range beyond the end: 416' 'test "$code" = 416'
web "$(printf %s "$url" | sed 's/%2F/%2f/')"
check 'altered query: SignatureDoesNotMatch' 'test "$code" = 403 && grep -q SignatureDoesNotMatch "$work/body"'
web "$(printf %s "$url" | sed 's/%2B/+/')"
check 'a plus sign in the clear is another query' 'test "$code" = 403 && grep -q SignatureDoesNotMatch "$work/body"'
web -I "$url"
check 'HEAD is not signed' 'test "$code" = 403'
plan '{"url_life": 1}'
urls
sleep 2.1
web "$url"
check 'expired: 403 XML' 'test "$code" = 403 && grep -q "Request has expired" "$work/body"'
plan '{}'
urls
check 'no violation so far' 'test ! -e "$dir/violations.txt"'
web -H 'Authorization: Bearer x' "$url"
check 'Authorization: 400 XML and a violation' 'test "$code" = 400 && grep -q InvalidArgument "$work/body" && grep -q "header authorization" "$dir/violations.txt"'
web -H 'X-Tax-Identifier: A' -H 'Cookie: a=b' "$url"
check 'tax id and cookie: violations' 'grep -q "header x-tax-identifier" "$dir/violations.txt" && grep -q "header cookie" "$dir/violations.txt"'
mutual "$url"
check 'client certificate: a violation' 'grep -q "client certificate was offered" "$dir/violations.txt"'
rm -f "$dir/violations.txt"
web --cert "$dir/wrong.crt" --key "$dir/wrong.key" "$url"
check 'even one that cannot be verified' 'grep -q "offered a client certificate" "$dir/violations.txt"'
rm -f "$dir/violations.txt"
web "$FAKE_FOREIGN/x"
check 'the foreign host is a violation' 'grep -q "not configured" "$dir/violations.txt"'
rm -f "$dir/violations.txt"

# ---- Faults in place of the answer ----

page=/api/v3/transactions
for status in 400 403 404 408 422 500 501 502 503 504; do
	fault transactions "{\"status\": $status}"
	api $page
	check "status $status with JSON" 'test "$code" = "$status" && json "\"message\" in d"'
done
fault transactions '{"status": 502, "body": "html"}'
api $page
check 'HTML body' 'test "$code" = 502 && header "Content-Type: text/html" && grep -q "<h1>502" "$work/body"'
fault transactions '{"status": 503, "body": "empty"}'
api $page
check 'empty body' 'test "$code" = 503 && test ! -s "$work/body"'
fault transactions '{"status": 204}'
api $page
check '204 without a body' 'test "$code" = 204 && test ! -s "$work/body"'
fault download '{"status": 503, "body": "s3xml", "retry_after": 1}'
web "$url"
check 'XML body of the store' 'test "$code" = 503 && grep -q "<Code>SlowDown" "$work/body" && header "Retry-After: 1"'
for after in 2 -5 99999999999 soon; do
	fault transactions "{\"status\": 429, \"retry_after\": \"$after\"}"
	api $page
	check "Retry-After: $after" 'test "$code" = 429 && header "Retry-After: $after.$"'
done
fault transactions '{"status": 429, "retry_after": "date+3"}'
api $page
check 'Retry-After: a date' 'header "Retry-After: ..., .. ... .... ..:..:.. GMT"'
fault transactions '{"status": 429}'
api $page
check 'no Retry-After' 'test "$code" = 429 && ! header Retry-After'
fault transactions '{"status_401": true}'
api $page
check 'status_401' 'test "$code" = 401'
api $page
check 'and the token still works' 'test "$code" = 200'
fault transactions '{"status_401": "revoke"}'
api $page
api $page
check 'status_401 revoke ends the token' 'test "$code" = 401'
login
fault transactions '{"html_200": true}'
api $page
check 'html_200' 'test "$code" = 200 && grep -q "<html>" "$work/body"'
fault transactions '{"error_200": true}'
api $page
check 'error_200' 'test "$code" = 200 && json "\"message\" in d and \"content\" not in d"'
fault transactions '{"redirect": true}'
api $page
check 'redirect to the foreign host' 'test "$code" = 302 && header "Location: $FAKE_FOREIGN/"'
fault download '{"redirect": "https://localhost:1/x", "redirect_status": 307}'
web "$url"
check 'redirect as told' 'test "$code" = 307 && header "Location: https://localhost:1/x"'
fault download '{"expired_url": true}'
web "$url"
check 'expired_url' 'test "$code" = 403 && grep -q "Request has expired" "$work/body"'
fault download '{"expired_token": true}'
web "$url"
check 'expired_token' 'test "$code" = 400 && grep -q ExpiredToken "$work/body"'

# ---- Faults in pages and download objects ----

fault transactions '{"wrong_number": true}'
api "$page?page=1"
check 'wrong_number' 'json "d[\"number\"] == 2"'
api "$page?$month&size=10&page=1&sort=operationDate,ASC"
cp "$work/body" "$work/second"
rows='[r["uuid"] for r in d["content"]]'
json "$rows" >"$work/second.rows"
fault transactions '{"repeat_page": true}'
api "$page?$month&size=10&page=2&sort=operationDate,ASC"
check 'repeat_page' 'json "d[\"number\"] == 2" && json "$rows" | cmp - "$work/second.rows"'
fault transactions '{"endless": true}'
api "$page?$month&size=10&page=70"
check 'endless' 'json "d[\"number\"] == 70 and not d[\"last\"] and len(d[\"content\"]) == 10"'
fault transactions '{"reduced_envelope": true}'
api $page
check 'reduced_envelope' 'json "sorted(d) == [\"content\", \"number\", \"size\", \"totalElements\", \"totalPages\"]"'
fault transactions '{"bare_array": true}'
api $page
check 'bare_array' 'json "isinstance(d, list) and len(d) == 20"'
fault transactions '{"empty_page": true}'
api $page
check 'empty_page' 'json "d[\"content\"] == [] and d[\"totalElements\"] == 64"'
fault transactions '{"change_total": 7}'
api $page
check 'change_total' 'json "d[\"totalElements\"] == 71"'
fault transactions '{"drop_row": 2}'
api $page
check 'drop_row' 'json "len(d[\"content\"]) == 18 and d[\"totalElements\"] == 64"'
fault transactions '{"shift": 1}'
api "$page?$month&size=10&page=2&sort=operationDate,ASC"
check 'shift' 'json "d[\"totalElements\"] == 61 and d[\"content\"][0][\"uuid\"] == eval(open(\"$work/second.rows\").read())[-1]"'
fault documents '{"foreign_url": true}'
urls
check 'foreign_url' 'case $url in "$FAKE_FOREIGN"/*) ;; *) false ;; esac'
fault documents '{"http_url": true}'
urls
check 'http_url' 'case $url in http://"$FAKE_DOWNLOAD_HOST"/*) ;; *) false ;; esac'
fault documents '{"no_download": true}'
api "/api/v3/transactions/$with_files/documents"
check 'no_download' 'json "d[\"attachments\"][0][\"download\"] is None"'
urls
fault download '{"change_etag": true}'
web "$url"
check 'change_etag' 'test "$code" = 200 && ! header "ETag: $etag"'
fault download '{"big_body": 5000000}'
web "$url"
check 'big_body' 'test "$(wc -c <"$work/body")" = 5000000'
plan '{"rules": [{"route": "download", "nth": "all", "fault": {"big_body": 5000000}}]}'
web "$url"
cp "$work/body" "$work/big"
web -r 4000001- "$url"
check 'big_body by Range' 'tail -c +4000002 "$work/big" | cmp - "$work/body"'

# ---- Faults in the bytes and on the wire ----

fault transactions '{"half_json": true}'
api $page
check 'half_json' 'test "$code" = 200 && test "$rc" = 0 && ! json True'
fault transactions '{"invalid_utf8": true}'
api $page
check 'invalid_utf8' 'test "$code" = 200 && ! iconv -f UTF-8 -t UTF-8 "$work/body"'
fault transactions '{"duplicate_key": true}'
api $page
check 'duplicate_key' 'json "d[\"content\"] is None" && test "$(grep -c "\"content\":\[.*\"content\":null" "$work/body")" = 1'
fault transactions '{"wrong_content_type": "text/html"}'
api $page
check 'wrong_content_type' 'header "Content-Type: text/html" && json "\"content\" in d"'
fault transactions '{"delay_before_ms": 700}'
began=$(date +%s%N)
api $page
check 'delay_before_ms' 'test "$code" = 200 && test $((($(date +%s%N) - began) / 1000000)) -ge 700'
fault transactions '{"stall_headers": true}'
api $page --max-time 1
check 'stall_headers' 'test "$rc" = 28 && test "$code" = 000'
fault download '{"stall_body": 10}'
web --max-time 1 "$url"
check 'stall_body' 'test "$rc" = 28 && test "$code" = 200 && test "$(wc -c <"$work/body")" = 10'
fault transactions '{"reset": true}'
api $page
check 'reset before the answer' 'test "$rc" -ne 0 && test "$code" = 000'
fault download '{"reset": 10}'
web "$url"
check 'reset within the body' 'test "$rc" -ne 0 && test "$code" = 200 && test "$(wc -c <"$work/body")" = 10'
fault download '{"truncate_body": 20}'
web "$url"
check 'truncate_body' 'test "$rc" -ne 0 && test "$code" = 200 && test "$(wc -c <"$work/body")" = 20'
fault download '{"length_plus": 5}'
web "$url"
check 'length_plus' 'test "$rc" -ne 0 && cmp "$work/whole" "$work/body"'
fault download '{"length_minus": 5}'
web "$url"
check 'length_minus' 'test "$(wc -c <"$work/body")" = $(($(wc -c <"$work/whole") - 5))'
fault download '{"no_length": true}'
web "$url"
check 'no_length' 'test "$rc" = 0 && ! header Content-Length && cmp "$work/whole" "$work/body"'
fault download '{"chunked": true}'
web "$url"
check 'chunked' 'test "$rc" = 0 && header "Transfer-Encoding: chunked" && cmp "$work/whole" "$work/body"'
fault transactions '{"close": true}'
api $page
check 'close' 'test "$code" = 200 && header "Connection: close"'
plan '{"gzip": true}'
api $page --compressed
check 'gzip when asked for' 'header "Content-Encoding: gzip" && json "\"content\" in d"'
api $page
check 'and only then' '! header Content-Encoding && json "\"content\" in d"'

# ---- Counting, reloading, logging ----

plan '{"rules": [{"route": "GET /api/v3/ca", "listener": "api", "nth": [2, 3], "fault": {"status": 500}}, {"route": "cards", "nth": "from:5", "fault": {"status": 503}}]}'
codes=
for _ in 1 2 3 4 5 6; do
	api /api/v3/cards
	codes="$codes $code"
done
check 'nth: list and from, by expression and by name' 'test "$codes" = " 200 500 500 200 503 503"'
plan '{"rules": [{"route": "cards", "nth": "every:2", "fault": {"status": 500}}]}'
codes=
for _ in 1 2 3 4; do
	api /api/v3/cards
	codes="$codes $code"
done
check 'nth: every, counted from the reload' 'test "$codes" = " 200 500 200 500"'
printf '{"rules": [{"route": "cards", "fault": {"explode": true}}]}' >"$dir/plan.json"
kill -HUP "$FAKE_PID"
sleep 0.3
api /api/v3/cards
api /api/v3/cards
check 'a wrong plan is reported and changes nothing' 'grep -q "unknown fault \"explode\"" "$dir/stderr" && test "$code" = 500'
printf '{"missing_cert": "maybe"}' >"$work/bad.json"
check 'a wrong plan at the start ends in 2' 'python3 "$here/fake_clara.py" --dir "$work/bad" --plan "$work/bad.json"; test $? = 2'
check 'every request is logged with headers and peer' 'python3 - "$dir/requests.jsonl" <<PYTHON
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert len({l["seq"] for l in lines}) == len(lines) == max(l["seq"] for l in lines)
assert {l["listener"] for l in lines} == {"api", "download", "foreign"}
assert any(l["headers"].get("authorization", "").startswith("Bearer ") for l in lines)
assert {l["peer"] for l in lines if l["listener"] == "api"} == {"commonName=test client,organizationName=Test"}
assert any(l["peer"] is None for l in lines if l["listener"] == "download")
assert any(l["fault"] == {"reset": True} and l["status"] is None for l in lines)
assert any(l["route"] == "cards" and l["status"] == 503 for l in lines)
PYTHON'
check 'no violation by now' 'test ! -e "$dir/violations.txt"'
for file in credentials.json credentials-nested.json credentials-escaped.json client.key; do
	check "$file is private" 'test "$(stat -c %a "$dir/$file")" = 600'
done
check 'credentials hold what the server accepts' 'cp "$dir/credentials-nested.json" "$work/body" && json "d[\"credentials\"][\"clientSecret\"] == \"$FAKE_CLIENT_SECRET\" and d[\"credentials\"][\"publicKey\"].startswith(\"-----BEGIN CERTIFICATE-----\\n\")"'
check 'escaped PEM has no line end' 'cp "$dir/credentials-escaped.json" "$work/body" && json "chr(10) not in d[\"credentials\"][\"privateKey\"] and chr(92) + \"n\" in d[\"credentials\"][\"privateKey\"]"'

# ---- The clock, and what happens in its course ----

story() {
	pick "e[\"story\"] == \"$1\""
}
moment() {
	python3 -c '
import json, sys
print(next(e for e in map(json.loads, open(sys.argv[1], encoding="utf-8")) if e.get("uuid") == sys.argv[2])[sys.argv[3]])' "$dir/truth.jsonl" "$1" "$2"
}
at() {
	plan "{\"clock\": \"$1T12:00:00Z\"}"
}

late=$(story late) settles=$(story settles) silent=$(story document-silent) arrives=$(story document)
at 2024-11-30
api "/api/v3/transactions?$month&size=1"
check 'clock: the Date of answers' 'header "Date: Sat, 30 Nov 2024 12:00:"'
urls
check 'clock: the dates of links' 'case $url in *X-Amz-Date=20241130T1200*) ;; *) false ;; esac && json "d[\"attachments\"][0][\"download\"][\"urlExpiration\"].startswith(\"2024-12-01T00:00:\")"'
web "$url"
check 'clock: a link is good by it' 'test "$code" = 200'
at 2024-10-01
api "/api/v3/transactions?$month"
check 'clock: what has not happened is not there' 'json "d[\"totalElements\"] == 0"'
at "$(moment "$late" date)"
api "/api/v3/transactions/$late"
check 'clock: a charge that comes late is unknown at first' 'test "$code" = 404'
at "$(moment "$late" moment)"
api "/api/v3/transactions/$late"
check 'clock: and then has its old operation date' 'json "d[\"audit\"][\"operationDate\"] == \"$(moment "$late" date)\" and d[\"audit\"][\"lastUpdateDate\"] == \"$(moment "$late" moment)\""'
at "$(moment "$settles" date)"
api "/api/v3/transactions/$settles"
status='(lambda s: s["description"] if isinstance(s, dict) else s)(d["status"])'
check 'clock: at first a notification' 'test "$(json "$status")" = NOTIFICATION'
cp "$work/body" "$work/before"
at "$(moment "$settles" moment)"
api "/api/v3/transactions/$settles"
check 'clock: settled with another amount' 'test "$(json "$status")" = AUTHORIZED && json "(lambda a, b: a.get(\"amount\", a.get(\"value\")) > b.get(\"amount\", b.get(\"value\")))(d[\"amountValue\"], json.load(open(\"$work/before\"))[\"amountValue\"])"'
at "$(moment "$arrives" date)"
api "/api/v3/transactions/$arrives"
check 'clock: no attachment yet, and no flag' 'json "(d[\"hasAttachments\"] if isinstance(d[\"hasAttachments\"], bool) else d[\"hasAttachments\"][\"value\"]) is False"'
at "$(moment "$arrives" moment)"
api "/api/v3/transactions/$arrives"
check 'clock: an attachment moves lastUpdateDate' 'json "d[\"audit\"][\"lastUpdateDate\"] == \"$(moment "$arrives" moment)\""'
at "$(moment "$silent" date)"
api "/api/v3/transactions/$silent"
cp "$work/body" "$work/before"
api "/api/v3/transactions/$silent/documents"
check 'clock: announced, but not there' 'json "d[\"attachments\"] == []"'
at "$(moment "$silent" moment)"
api "/api/v3/transactions/$silent"
check 'clock: the row does not tell' 'cmp "$work/before" "$work/body"'
api "/api/v3/transactions/$silent/documents"
check 'clock: but it is there' 'json "d[\"attachments\"] != []"'
fault documents "{\"set_clock\": \"$(moment "$silent" date)T00:00:00Z\"}"
api "/api/v3/transactions/$silent/documents"
api "/api/v3/transactions/$silent/documents"
check 'set_clock acts from its request on' 'json "d[\"attachments\"] == []"'
plan '{"hidden": 3, "rules": [{"route": "transactions", "nth": 2, "fault": {"set_hidden": 0}}]}'
api "/api/v3/transactions?$month"
check 'set_hidden: before' 'json "d[\"totalElements\"] == 57"'
api "/api/v3/transactions?$month"
check 'set_hidden: from then on' 'json "d[\"totalElements\"] == 60"'
printf '{"clock": "soon"}' >"$work/bad.json"
check 'a clock that is none: 2' 'python3 "$here/fake_clara.py" --dir "$work/bad" --plan "$work/bad.json"; test $? = 2'

# ---- Shapes, flags, contents for all records ----

# shape NAME VALUE EXPRESSION: the whole month in that shape; the expression is over its rows.
shape() {
	plan "{\"shapes\": {\"$1\": \"$2\"}}"
	api "/api/v3/transactions?$month&size=100"
	shape_text="shape $1: $2" shape_test="(lambda rows: $3)(d['content'])"
	check "$shape_text" 'test "$code" = 200 && json "$shape_test"'
}
shape status string 'all(isinstance(r["status"], str) for r in rows)'
shape status object 'all(sorted(r["status"]) == ["code", "description"] for r in rows)'
shape amount amount 'all("amount" in r["amountValue"] for r in rows)'
shape amount value 'all("value" in r["amountValue"] for r in rows)'
shape flag object 'all(sorted(r["hasAttachments"]) == ["links", "value"] for r in rows if "hasAttachments" in r)'
shape flag bool 'all(isinstance(r["hasAttachments"], bool) for r in rows if "hasAttachments" in r)'
shape flag value 'all(list(r["hasAttachments"]) == ["value"] for r in rows if "hasAttachments" in r)'
shape card masked 'all("maskedPan" in r["card"] for r in rows if r.get("card"))'
shape card digits 'all(list(r["card"]) == ["lastFourDigits"] for r in rows if r.get("card"))'
shape user holder 'all("holderName" in r["user"] for r in rows if r.get("user"))'
shape user name 'all("name" in r["user"] for r in rows if r.get("user"))'
shape statement links 'all(list(r["billingStatement"]) == ["links"] for r in rows if r.get("billingStatement"))'
shape statement uuid 'all(list(r["billingStatement"]) == ["uuid"] for r in rows if r.get("billingStatement"))'
shape statement period 'all("periodEndDate" in r["billingStatement"] for r in rows if r.get("billingStatement"))'
shape nullable null 'all(r["card"] is None and r["merchant"] is None and r["bankConcept"] is None for r in rows)'
shape nullable missing 'all(not {"card", "user", "merchant", "transactionLabel", "originalAmount"} & set(r) for r in rows)'
shape enums known 'not any("CHARGEBACK" == r["type"] or "SETTLED" in str(r["status"]) for r in rows)'
shape enums unknown 'all(r["type"].startswith("NEW_") and "NEW_" in str(r["status"]) for r in rows)'
shape extra some 'all("futureField" in r and "futureField" in r["audit"] and "futureField" in r["amountValue"] for r in rows)'
shape extra none 'not any("futureField" in str(r) for r in rows)'
shape accounting some 'all("accountingFields" in r for r in rows)'
shape accounting none 'not any("accountingFields" in r for r in rows)'
shape links api "str(rows).count('https://localhost:') == str(rows).count(':${FAKE_API##*:}/') > 60"
shape links foreign "str(rows).count(':${FAKE_FOREIGN##*:}/') > 60"
shape numbers plain 'len(rows) == 60'
check 'numbers: plain has two places' '! grep -o "\"\(amount\|value\)\":-\?[0-9.e]*" "$work/body" | grep -v "\.[0-9][0-9]$" | grep -q "[0-9]"'
shape numbers integer 'len(rows) == 60'
check 'numbers: integer where there are no cents' '! grep -q "\.00[,}]" "$work/body" && grep -q "\"\(amount\|value\)\":[0-9]*[,}]" "$work/body"'
shape numbers short 'len(rows) == 60'
check 'numbers: short has no trailing nought' '! grep -q "\"\(amount\|value\)\":[0-9]*\.[0-9]0[,}]" "$work/body"'
shape numbers exponent 'len(rows) == 60'
check 'numbers: exponents' 'grep -q "\"\(amount\|value\)\":[0-9]*e-2[,}]" "$work/body"'
for value in some none; do
	plan "{\"shapes\": {\"invoice_download\": \"$value\"}}"
	api "/api/v3/transactions/$with_invoice/invoices"
	check "shape invoice_download: $value" 'json "all((\"download\" in i) == (\"$value\" == \"some\") for i in d[\"invoices\"])"'
done
for value in same other; do
	plan "{\"shapes\": {\"folio\": \"$value\"}, \"content\": \"cfdi\"}"
	urls=$(api "/api/v3/transactions/$with_invoice/documents" && json 'd["attachments"][0]["download"]["url"]')
	web "$urls"
	stamp=$(grep -o ' UUID="[^"]*"' "$work/body" | cut -d '"' -f 2)
	api "/api/v3/transactions/$with_invoice/invoices"
	check "shape folio: $value" 'test -n "$stamp" && json "(d[\"invoices\"][0][\"invoiceId\"] == \"$stamp\") == (\"$value\" == \"same\")"'
done
plan '{"shapes": {"folio": "none"}}'
api "/api/v3/transactions/$many/extracted-documents"
check 'shape folio: none' '! grep -q folioFiscalUuid "$work/body"'
for value in Vigente Valid Cancelado 'No Encontrado'; do
	plan "{\"shapes\": {\"xml_status\": \"$value\", \"xml_code\": \"dash\"}}"
	api "/api/v3/transactions/$with_invoice/invoices"
	check "shape xml_status: $value, xml_code: dash" 'json "all(i[\"xmlStatus\"] in (None, \"$value\") and (i[\"xmlCode\"] or \"S –\").startswith(\"S –\") for i in d[\"invoices\"])"'
done
plan '{"shapes": {"xml_code": "not-found"}}'
api "/api/v3/transactions/$with_invoice/invoices"
check 'shape xml_code: not-found' 'json "all((i[\"xmlCode\"] or \"N - 602\").startswith(\"N - 602\") for i in d[\"invoices\"])"'
plan '{"shapes": {"xml_code": "hyphen"}}'
api "/api/v3/transactions/$with_invoice/invoices"
check 'shape xml_code: hyphen' 'json "all((i[\"xmlCode\"] or \"S - C\").startswith(\"S - C\") for i in d[\"invoices\"])"'
for value in same plain hostile null; do
	plan "{\"shapes\": {\"file_names\": \"$value\"}, \"content\": \"pdf\"}"
	api "/api/v3/transactions/$with_files/documents"
	json '"\n".join(str(a["fileName"]) for a in d["attachments"])' | sort -u >"$work/names"
	case $value in
	same) check 'shape file_names: same' 'test "$(cat "$work/names")" = receipt.pdf' ;;
	plain) check 'shape file_names: plain' 'test "$(wc -l <"$work/names")" -ge 2 && ! grep -v -q "^[0-9a-f-]\{36\}\.pdf$" "$work/names"' ;;
	hostile) check 'shape file_names: hostile' 'test "$(wc -l <"$work/names")" -ge 2 && ! grep -q "^receipt" "$work/names"' ;;
	null) check 'shape file_names: null' 'test "$(cat "$work/names")" = None' ;;
	esac
done
printf '{"shapes": {"amount": "round"}}' >"$work/bad.json"
check 'a shape that does not exist: 2' 'python3 "$here/fake_clara.py" --dir "$work/bad" --plan "$work/bad.json"; test $? = 2'
for value in true false missing; do
	plan "{\"flags\": \"$value\", \"shapes\": {\"flag\": \"bool\"}}"
	api "/api/v3/transactions?$month&size=100"
	check "flags: $value" 'json "{r.get(\"hasInvoice\", \"missing\") for r in d[\"content\"]} == {json.loads(\"$value\") if \"$value\" != \"missing\" else \"missing\"}"'
done
plan '{"flags": "false"}'
api "/api/v3/transactions/$with_files/documents"
check 'flags false: a call is a violation, and the log says so' 'grep -q "flag is false" "$dir/violations.txt" && tail -n 1 "$dir/requests.jsonl" | grep -q "\"flag\": false"'
rm -f "$dir/violations.txt"
for kind in fiscal fiscal-old fiscal-bom fiscal-utf16 fiscal-blanks fiscal-dtd fiscal-as-jpg pdf pdf-as-xml pdf-embedded jpg png text empty html zip twin cfdi nfe dian; do
	plan "{\"content\": \"$kind\"}"
	urls
	web "$url"
	check "content $kind" 'test "$code" = 200 && python3 - "$work/body" "$kind" <<PYTHON
import sys, zipfile
body, kind = open(sys.argv[1], "rb").read(), sys.argv[2]
begins = {"fiscal": b"<?xml", "fiscal-old": b"<?xml", "fiscal-bom": b"\xef\xbb\xbf<?xml", "fiscal-utf16": b"\xff\xfe<\0",
	"fiscal-blanks": b"\n \t\n<?xml", "fiscal-dtd": b"<?xml", "fiscal-as-jpg": b"<?xml", "pdf": b"%PDF-", "pdf-as-xml": b"%PDF-",
	"pdf-embedded": b"%PDF-", "jpg": b"\xff\xd8\xff", "png": b"\x89PNG", "text": b"Recibo", "empty": b"", "html": b"<!DOCTYPE html",
	"zip": b"PK", "twin": b"<?xml", "cfdi": b"<?xml", "nfe": b"<?xml", "dian": b"<?xml"}
holds = {"fiscal-old": b"cfd/3", "fiscal-dtd": b"<!DOCTYPE", "pdf-embedded": b"cfd/4", "cfdi": b"cfd/4", "nfe": b"nfeProc", "dian": b"ubl"}
assert body.startswith(begins[kind]), body[:40]
assert holds.get(kind, b"") in body
assert kind != "empty" or not body
PYTHON'
done
plan '{"stray_links": true}'
api "/api/v3/transactions?$month&size=3"
check 'stray_links: signed links in odd places' 'json "all(\"X-Amz-Signature=\" in r[\"preview\"] and \"X-Amz-Signature=\" in r[\"comment\"] and \"X-Amz-Signature=\" in r[\"thumbnails\"][0][\"a\"][\"b\"][0] for r in d[\"content\"])"'
plan '{"steady_links": true}'
urls
first=$url
urls
check 'steady_links: the same link again' 'test "$url" = "$first"'
web "$url"
check 'steady_links: and it works' 'test "$code" = 200'
for gap in none all; do
	plan "{\"statement_gap\": \"$gap\"}"
	api "/api/v3/billing-statements/$statement"
	total=$(json 'd["totalAmount"]')
	api "/api/v3/billing-statements/$statement/transactions?size=100"
	check "statement_gap: $gap" 'json "abs(sum(r[\"amountValue\"].get(\"amount\", r[\"amountValue\"].get(\"value\")) for r in d[\"content\"]) - $total) < 0.001" | grep -q "$(test $gap = none && echo True || echo False)"'
done
plan '{"ignored_filters": ["transactions", "reimbursements"]}'
api "/api/v3/transactions?$month"
check 'ignored_filters: transactions' 'json "d[\"totalElements\"] == 64"'
api '/api/v3/reimbursements?expenseDateStart=2024-11-01&expenseDateEnd=2024-11-30'
check 'ignored_filters: reimbursements' 'json "d[\"totalElements\"] == 8"'
plan '{"reset_connections": [1]}'
api /api/v3/cards
check 'reset_connections: reset after the handshake' 'test "$rc" -ne 0 && test "$code" = 000'
api /api/v3/cards
check 'and the next one is served' 'test "$code" = 200'
plan '{"idle_close_ms": 300}'
check 'idle_close_ms: a kept connection ends' '! (sleep 1; printf "GET / HTTP/1.1\r\nHost: x\r\n\r\n"; sleep 0.2) | openssl s_client -quiet -connect "${FAKE_API#https://}" -cert "$dir/client.crt" -key "$dir/client.key" 2>/dev/null | grep -q HTTP/'
plan '{}'
fault transactions '{"lone_surrogate": true}'
api $page
check 'lone_surrogate' 'tail -c 20 "$work/body" | grep -q "ud83c\"}"'
fault transactions '{"pad": 300000}'
api $page
check 'pad' 'json "len(d[\"padding\"]) == 300000 and d[\"size\"] == 20"'
fault documents '{"echo": true}'
api "/api/v3/transactions/$with_files/documents"
check 'echo: the API repeats the token' 'test "$code" = 400 && json "\"Bearer $token\" in d[\"message\"]" && header "X-Echo: GET /api/"'
urls
fault download '{"echo": true, "status": 403}'
web "$url"
check 'echo: the store repeats the query' 'test "$code" = 403 && grep -q "X-Amz-Signature=" "$work/body"'
fault token '{"echo": true, "status": 401}'
mutual -u "$FAKE_CLIENT_ID:$FAKE_CLIENT_SECRET" -d grant_type=client_credentials "$FAKE_API/oauth/token"
check 'echo: the token endpoint repeats the secret' 'test "$code" = 401 && json "\"Basic \" in d[\"error_description\"]"'

# ---- The older lists ----

plan '{}'
api "/api/v2/attachments?entityUuid=$with_files"
check 'v2 attachments: a bare array of one expense' 'json "isinstance(d, list) and len(d) >= 2 and {a[\"entityUuid\"] for a in d} == {\"$with_files\"}"'
some=$(json 'd[0]["uuid"]')
api "/api/v2/attachments/$some"
check 'v2 attachments: one, with a link' 'json "d[\"uuid\"] == \"$some\" and \"X-Amz-Signature=\" in d[\"download\"][\"url\"]"'
web "$(json 'd["download"]["url"]')"
cp "$work/body" "$work/whole"
api "/api/v2/attachments/$some/base64"
for form in content data file other nested string uri text lines; do
	plan "{\"base64_form\": \"$form\"}"
	api "/api/v2/attachments/$some/base64"
	check "v2 attachments: base64_form $form" "python3 -c 'import base64, json, sys
form, body, whole = sys.argv[1], open(sys.argv[2]).read(), open(sys.argv[3], \"rb\").read()
d = body if form in (\"text\", \"lines\") else json.loads(body)
d = {\"nested\": lambda: d[\"data\"][\"content\"], \"uri\": lambda: d.partition(\",\")[2]}.get(form,
	lambda: d if isinstance(d, str) else d[form])()
assert base64.b64decode(d) == whole' $form \"$work/body\" \"$work/whole\""
done
plan '{}'
api "/api/v2/attachments/$some/base64"
check 'v2 attachments: the same bytes through the API host' 'json "__import__(\"base64\").b64decode(d[\"base64\"]) == open(\"$work/whole\", \"rb\").read()"'
api '/api/v2/attachments/00000000-0000-4000-8000-000000000000'
check 'v2 attachments: unknown: 404' 'test "$code" = 404'
api "/api/v3/invoices?transactionUuid=$with_invoice"
check 'invoices of a company' 'json "d[\"totalElements\"] >= 1 and {i[\"transactionUuid\"] for i in d[\"content\"]} == {\"$with_invoice\"}"'
api '/api/v2/invoices?documentDateRangeStart=2030-01-01'
check 'one bound alone does not act' 'json "d[\"totalElements\"] > 10"'
api '/api/v1/logs/2024/11'
check 'logs count what was asked' 'json "d[\"stats\"][\"total\"] > 100 and len(d[\"requests\"]) == 100 and d[\"requests\"][-1][\"requestUri\"].startswith(\"/api/v2/invoices\")"'

# ---- What must not be written down ----

check 'secrets.txt names every secret handed out' 'python3 - "$dir" "$FAKE_CLIENT_SECRET" "$token" <<PYTHON
import json, sys, urllib.parse
dir, secret, token = sys.argv[1:]
known = set(line.rstrip("\n").split(" ", 1)[1] for line in open(dir + "/secrets.txt", encoding="utf-8"))
kinds = set(line.split(" ", 1)[0] for line in open(dir + "/secrets.txt", encoding="utf-8"))
assert kinds == {"client-secret", "basic", "private-key", "token", "signature", "session"}, kinds
assert {secret, token} <= known
key = open(dir + "/client.key", encoding="ascii").read().splitlines()
assert set(key[1:-1]) <= known
PYTHON'
check 'no violation by now either' 'test ! -e "$dir/violations.txt"'
kill "$FAKE_PID"

# ---- Webhooks ----

cat >"$work/receiver.py" <<'PYTHON'
"""A receiver that keeps the contract, written apart from the sender: the MAC comes from the openssl command."""
import http.server, re, subprocess, sys, time

secret, seen = open(sys.argv[1], 'rb').read(), set()

def accepted(header, body):
	if header is None or len(header) > 8192 or not body:
		return False
	stamps, macs = [], []
	for part in header.split(','):
		key, _, value = part.strip(' ').partition('=')
		if key == 't':
			stamps.append(value)
		elif key == 'v1' and re.fullmatch('[0-9a-fA-F]{64}', value):
			macs.append(value.lower())
	if len(stamps) != 1 or not re.fullmatch('[0-9]{1,12}', stamps[0]) or not macs:
		return False
	run = subprocess.run(['openssl', 'mac', '-digest', 'SHA256', '-macopt', 'hexkey:' + secret.hex(), 'HMAC'],
		input=stamps[0].encode() + b'.' + body, capture_output=True, check=True)
	if run.stdout.decode().strip().lower() not in macs:
		return False
	if abs(time.time() - int(stamps[0])) > 300 or (stamps[0], body) in seen:
		return False
	seen.add((stamps[0], body))
	return True

class Receiver(http.server.BaseHTTPRequestHandler):
	def do_POST(self):
		body = self.rfile.read(int(self.headers['Content-Length'] or 0))
		self.send_response(200 if accepted(self.headers['X-Clara-Signature'], body) else 400)
		self.end_headers()

	def log_message(self, *_):
		pass

server = http.server.HTTPServer(('127.0.0.1', 0), Receiver)
with open(sys.argv[2] + '.tmp', 'w') as f:
	f.write(str(server.server_port))
__import__('os').rename(sys.argv[2] + '.tmp', sys.argv[2])
server.serve_forever()
PYTHON
printf 'webhook-canary-\001\377' >"$work/hook.secret"
python3 "$work/receiver.py" "$work/hook.secret" "$work/hook.port" 2>"$work/receiver.err" &
pids="$pids $!"
tries=0
while [ ! -e "$work/hook.port" ] && [ $tries -lt 100 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
hook=http://localhost:$(cat "$work/hook.port")/hook
hooks=0
python3 "$here/fake_webhook.py" --list >"$work/hooks"
while IFS='	' read -r name verdict meaning; do
	hooks=$((hooks + 1))
	case $name:$verdict in
	replay:*) due='200 400' ;;
	*:accept) due=200 ;;
	*) due=400 ;;
	esac
	# each case has its own second, so that none is taken for a replay of another
	got=$(python3 "$here/fake_webhook.py" --to "$hook" --secret-file "$work/hook.secret" --case "$name" --now $(($(date +%s) + hooks)) | tr '\n' ' ')
	check "webhook $name ($meaning): $verdict" 'test "$got" = "$due "'
done <"$work/hooks"
check 'webhooks: every case of the contract' 'test "$hooks" -ge 17'
python3 "$here/fake_webhook.py" --secret-file "$work/hook.secret" --case good --now 1714329600 --out "$work/hook"
check 'webhooks: t is the instant, v1 the MAC of t, a dot and the raw body' 'test "$(head -n 1 "$work/hook")" = "t=1714329600,v1=$( (printf 1714329600.; tail -n +2 "$work/hook") | openssl mac -digest SHA256 -macopt hexkey:"$(od -An -v -tx1 "$work/hook.secret" | tr -d " \n")" HMAC | tr A-F a-f)"'
check 'webhooks: only to the loopback' '! python3 "$here/fake_webhook.py" --to http://example.test/ --secret-file "$work/hook.secret"'

# ---- Other countries, documents from a folder, extremes ----

start three --country br
login
api /api/v3/digital-accounts
check 'digital accounts need page and size' 'test "$code" = 400'
api '/api/v3/digital-accounts?page=2&size=20'
check 'digital accounts are a bare array' 'json "isinstance(d, list) and len(d) == 5 and d[0][\"id\"] > 2**31"'
api "/api/v3/transactions?$month&size=100"
some=$(json '[r["uuid"] for r in d["content"] if r.get("hasInvoice") is None][0]')
api "/api/v3/transactions/$some/invoices"
check 'invoices outside Mexico: 404' 'test "$code" = 404'
plan '{"invoices_elsewhere": "403"}'
api "/api/v3/transactions/$some/invoices"
check 'or 403' 'test "$code" = 403'
plan '{"invoices_elsewhere": "empty"}'
api "/api/v3/transactions/$some/invoices"
check 'or an empty list' 'json "d[\"invoices\"] == []"'
kill "$FAKE_PID"

mkdir -p "$work/files/sub"
for n in 1 2 3; do
	printf '<doc n="%s"/>' "$n" >"$work/files/$n.xml"
done
printf '%%PDF-1.4 x' >"$work/files/sub/9.pdf"
start four --country co --documents "$work/files" --transactions 3 --truth
login
api "/api/v3/transactions?$month&sort=operationDate,ASC"
check 'files of a folder: announced' 'json "all(r.get(\"hasAttachments\") is not False for r in d[\"content\"]) and len(d[\"content\"]) == 3"'
json '"\n".join(r["uuid"] for r in d["content"])' >"$work/uuids"
n=0
while read -r with_files; do
	n=$((n + 1))
	urls
	web "$url"
	check "files of a folder: number $n byte for byte" 'cmp "$work/files/$n.xml" "$work/body"'
done <"$work/uuids"
check 'files of a folder: none is left out' 'grep -q "sub/9.pdf" "$dir/truth.jsonl"'
kill "$FAKE_PID"

start five --extremes --seed 2
login
api "/api/v3/transactions?$month&size=100"
check 'extremes: amounts and NUL' 'grep -q "99999999999999.99" "$work/body" && grep -q "0000tail" "$work/body" && grep -q ":0.01" "$work/body" && grep -q -e ":-0.01" "$work/body" && grep -q ":0.10*[,}]" "$work/body"'
kill "$FAKE_PID"

check 'every fault and mode is explained and tried' 'cd "$here" && python3 -B -c "
import fake_clara, re
page, test = open(\"fake-clara.md\").read(), open(\"fake_clara_selftest.sh\").read()
for name in list(fake_clara.FAULTS) + list(fake_clara.MODES):
	assert f\"\`{name}\" in page, name
	assert re.search(f\"[\\\"]{name}[\\\\\\\\\\\"]\", test), name
for name, values in fake_clara.SHAPES.items():
	assert f\"\`{name}\` \" in page and name in test, name
	for value in values:
		assert value in page and value in test, value
for name in fake_clara.ROUTE_NAMES:
	assert re.search(f\"[ (]{name}[,)]\", page), name
"'
check 'no server met an exception' '! grep -l Traceback "$work"/*/stderr'

echo "1..$count"
[ "$failed" -eq 0 ]
