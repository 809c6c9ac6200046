#!/bin/sh
# Everything that a server, a network or a wrong set-up can do: the exit status, what is said, and that nothing is lost.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

# Waits between tries and for silence are shortened, so that this ends.
export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=1

start_fake fake --transactions 12 --truth
# Two charges with exactly one announced attachment, whose resources faults are aimed at.
victims=$("$CLA_PYTHON" - "$fake/truth.jsonl" <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
rows = [e for e in rows if e['kind'] == 'tx' and e['date'][:7] == '2024-11' and e['flags']['documents']
	and len(e['attachments']) == 1 and e['attachments'][0]['size'] > 100]
print(rows[0]['uuid'], rows[1]['uuid'])
END
) || bail_out 'the fake month has no charge to aim at'
victim=${victims% *}
documents="GET /api/v3/transactions/$victim/documents"
download="GET /company-.*/user_docs/$victim/0/"
# again DESCRIPTION: with the fault gone, the same command completes the month.
again() {
	plan '{}'
	month_again 0 '.' "$1"
}

# waited: at least a second passed between the two requests for the victim's documents.
waited() {
	"$CLA_PYTHON" - "$fake/requests.jsonl" "$victim/documents" <<'END'
import json, sys
ms = [r['ms'] for r in map(json.loads, open(sys.argv[1], encoding='utf-8')) if r['path'].endswith(sys.argv[2])]
print(ms)
sys.exit(not (len(ms) == 2 and 900 <= ms[1] - ms[0] < 10000))
END
}

month 0 '.' 'without a fault' '{}'
login_pages=$(grep -r -a -l 'Sign in' "$dir/data/objects" | wc -l) # attachments that are one

# ---- certificates

for shape in handshake 511 401; do
	month 4 'client certificate' "no client certificate, refused by $shape" "{\"missing_cert\": \"$shape\"}" 'client_cert =' 'client_key ='
	asked "refused by $shape: no storm" 0 3 'True'
done
month 4 'client certificate' 'a client certificate of another authority' '{}' "client_cert = $fake/wrong.crt" "client_key = $fake/wrong.key"
month 4 'certificate.*(expired|not accepted|refused)' 'an expired client certificate' '{}' \
	"client_cert = $fake/expired.crt" "client_key = $fake/expired.key"
month 4 'certificate.*(not yet|not accepted|refused)' 'a client certificate that is not valid yet' '{}' \
	"client_cert = $fake/notyet.crt" "client_key = $fake/notyet.key"
month 4 'certificate|key' 'a certificate and the key of another' '{}' "client_key = $fake/wrong.key"
month 4 'server certificate' 'a server of another name' '{}' "base_url = https://127.0.0.1:${FAKE_API##*:}"
month 4 'server certificate' 'a server authority that is not known' '{}' 'ca_file ='

# ---- token

month 4 'token|credentials' 'a token that is denied' '{"token": {"mode": "denied"}}'
asked 'denied: no storm' 1 2 'True'
month 4 'Unauthorized' 'a wrong secret: the refusal is quoted' '{}' "credentials = $fake/credentials-wrong-secret.json"
asked 'a wrong secret: no storm' 1 2 'True'
check 'a wrong secret is not shown' not grep -q "$FAKE_CLIENT_SECRET" "$work/out" "$work/err"
for status in 429 500; do
	month 7 "token|$status" "a token endpoint that answers $status for ever" "{\"token\": {\"mode\": \"$status\"}}"
	asked "token $status: three tries" 3 3 'True'
done
month 0 '.' 'a token endpoint that fails twice' "$(rule token '[1, 2]' '{"status": 503}')"
month 7 'token' 'a login page in place of a token' '{"token": {"mode": "html"}}'
month 0 '.' 'a token without its life' '{"token": {"mode": "no_expires"}}'
month 0 '.' 'a life written as a string' '{"token": {"mode": "string_expires"}}'
month 0 '.' 'a token that lives four seconds' '{"token": {"life": 4}, "rules": [
	{"route": "transactions", "nth": "all", "fault": {"delay_before_ms": 800}},
	{"route": "documents", "nth": "all", "fault": {"delay_before_ms": 800}},
	{"route": "reimbursements", "nth": "all", "fault": {"delay_before_ms": 800}},
	{"route": "invoices", "nth": "all", "fault": {"delay_before_ms": 800}}], "page_clamp": 5}'
asked 'short life: the token is renewed' 2 8 'r["route"] == "token"'
asked 'short life: before it ends' 0 0 'r["status"] == 401'
month 0 '.' 'a token refused in the middle' "$(rule documents '[3]' '{"status_401": true}')"
asked 'refused in the middle: renewed once' 2 2 'r["route"] == "token"'
month 0 '.' 'all tokens revoked in the middle' "$(rule documents '[3]' '{"status_401": "revoke"}')"
asked 'revoked in the middle: renewed once' 2 2 'r["route"] == "token"'
month 4 'token|refused|401' 'tokens refused for good' "$(rule documents '"from:3"' '{"status_401": "revoke"}')"
asked 'refused for good: few tokens' 2 4 'r["route"] == "token"'
again 'refused for good: nothing is lost'

# ---- rights

month 3 'invoices.*http-403' 'a scope that is missing' '{"scopes": ["-read:invoices"]}'
month 4 'transactions|403' 'no right to the transactions' '{"scopes": ["-read:transactions"]}'
month 4 '403' 'a company that is not ours' '{}' 'tax_id = XAXX010101000'

# ---- one answer that does not come

month 3 "documents.*$victim.*http-404|$victim.*documents.*http-404" '404 on one list of documents' "$(rule "$documents" '"all"' '{"status": 404}')"
asked '404: asked once' 1 1 "r['path'].endswith('$victim/documents')"
check '404: the bundle is made and says what is missing' json "$dir/result" "d[0]['complete'] is False and
	d[0]['missing'] == [{'resource': 'documents', 'uuid': '$victim', 'reason': 'http-404'}]"
check '404: stderr says it too' grep -q "documents.*$victim.*http-404" "$work/err"
expect 0 '.' '404: the incomplete bundle verifies' verify "$(helper json "$dir/result" 'd[0]["bundle"]')"
run --config "$dir/config" fetch --month 2024-11
judged 3 'documents.*http-404' '404: fetch says it as well'
again '404: the rest comes later'
for status in 408 429 500 502 503 504; do
	month 0 '.' "$status twice, then fine" "$(rule "$documents" '[1, 2]' "{\"status\": $status}")"
	asked "$status: tried three times" 3 3 "r['path'].endswith('$victim/documents')"
done
for status in 500 503; do
	month 3 "documents.*http-$status" "$status for ever on one resource" "$(rule "$documents" '"all"' "{\"status\": $status}")"
	asked "$status for ever: bounded tries" 3 5 "r['path'].endswith('$victim/documents')"
done
again '503 for ever: the rest comes later'
for after in 1 '"date+2"'; do
	month 0 '.' "Retry-After $after" "$(rule "$documents" 1 "{\"status\": 429, \"retry_after\": $after}")"
	check "Retry-After $after is waited for" waited
done
month 0 '.' 'Retry-After nonsense' "$(rule "$documents" 1 '{"status": 503, "retry_after": "soon"}')"
month 7 'HTTP 503|503|unavailable' 'a server that is down' "$(rule '' '"all"' '{"status": 503}')"
month 7 '503|unavailable' 'an API that is down behind its tokens' "$(rule '/api/' '"all"' '{"status": 503}')"
again 'a server that was down: later it all comes'
month 7 'connect|unavailable' 'nobody listens' '{}' 'base_url = https://localhost:9'

# ---- silence and cuts

month 3 'documents.*timeout' 'no answer for ever' "$(rule "$documents" '"all"' '{"stall_headers": true}')"
month 0 '.' 'no answer once' "$(rule "$documents" 1 '{"stall_headers": true}')"
month 3 'download.*timeout' 'a download that stops for ever' "$(rule "$download" '"all"' '{"stall_body": 20}')"
month 0 '.' 'a download that stops once' "$(rule "$download" 1 '{"stall_body": 20}')"
month 0 '.' 'a download cut short once' "$(rule "$download" 1 '{"truncate_body": 20}')"
month 0 '.' 'a download shorter than announced, once' "$(rule "$download" 1 '{"length_plus": 5}')"
month 3 'download.*cut-short' 'a download cut short for ever' "$(rule "$download" '"all"' '{"truncate_body": 20}')"
month 0 '.' 'a page cut short once' "$(rule transactions 1 '{"truncate_body": 200}')"
month 0 '.' 'resets' '{"rules": [{"route": "transactions", "nth": 1, "fault": {"reset": true}},
	{"route": "documents", "nth": [1, 3], "fault": {"reset": true}}, {"route": "download", "nth": [1, 2], "fault": {"reset": 10}}]}'
month 0 '.' 'connections reset after the handshake' '{"reset_connections": [1, 2, 4]}'
month 0 '.' 'bodies without a length, in chunks, connections closed' '{"rules": [
	{"route": "documents", "nth": "all", "fault": {"chunked": true}}, {"route": "download", "nth": "every:2", "fault": {"no_length": true}},
	{"route": "extracted-documents", "nth": "all", "fault": {"close": true}}]}'

# ---- the object store

month 0 '.' 'an expired link' "$(rule "$download" 1 '{"expired_url": true}')"
asked 'an expired link: asked anew' 2 2 "r['path'].endswith('$victim/documents')"
month 0 '.' 'an expired session' "$(rule "$download" 1 '{"expired_token": true}')"
asked 'an expired session: asked anew' 2 2 "r['path'].endswith('$victim/documents')"
month 3 'download' 'links that are always expired' "$(rule "$download" '"all"' '{"expired_url": true}')"
asked 'always expired: three new links' 4 4 "r['path'].endswith('$victim/documents')"
for status in 403 404 500 503; do
	month 3 'download' "S3 errors with $status for ever" "$(rule "$download" '"all"' "{\"status\": $status, \"body\": \"s3xml\"}")"
	check "S3 errors with $status are not stored" not grep -r -a -q '<Error><Code>' "$dir/data/objects"
done
check 'nor are they in a bundle' not grep -a -q '<Error><Code>' "$(helper json "$dir/result" 'd[0]["bundle"]')"
again 'S3 errors: later it all comes'

# ---- answers that are none

month 3 'documents.*not-json' 'a login page in place of JSON' "$(rule "$documents" '"all"' '{"html_200": true}')"
check 'the login page is not stored' same "$(grep -r -a -l 'Sign in' "$dir/data/objects" | wc -l)" "$login_pages"
again 'a login page: later it all comes'
month 0 '.' 'a login page once' "$(rule "$documents" 1 '{"html_200": true}')"
month 3 'documents' 'an error object with status 200' "$(rule "$documents" '"all"' '{"error_200": true}')"
month 3 'documents.*not-json' 'half a JSON document' "$(rule "$documents" '"all"' '{"half_json": true}')"
month 3 'documents.*not-json' 'JSON that is not UTF-8' "$(rule "$documents" '"all"' '{"invalid_utf8": true}')"
month 3 'documents.*not-json' 'a key given twice' "$(rule "$documents" '"all"' '{"duplicate_key": true}')"
month 0 '.' 'JSON that is called text' "$(rule "$documents" '"all"' '{"wrong_content_type": true}')"

# ---- pages

pages() {
	printf '{"page_clamp": 5, "rules": [{"route": "transactions", "nth": %s, "fault": %s}]}' "$1" "$2"
}
whole() {
	check "$1: all rows are there" json "$dir/result" 'd[0]["transactions"] == 12'
}
month 0 '.' 'small pages' '{"page_clamp": 5}'
whole 'small pages'
month 0 '.' 'a page that comes after those behind it' "$(pages 2 '{"delay_before_ms": 500}')"
whole 'a late page'
month 0 '.' 'another page than the one asked for, once' "$(pages 2 '{"wrong_number": true}')"
whole 'another page once'
month 3 'transactions.*wrong-page' 'always another page' "$(pages '"from:2"' '{"wrong_number": true}')"
month 0 '.' 'a page repeated once' "$(pages 2 '{"repeat_page": true}')"
whole 'a page repeated once'
month 3 'transactions' 'pages that repeat for ever' "$(pages '"from:2"' '{"repeat_page": true}')"
month 0 '.' 'rows that moved between pages' "$(pages 2 '{"shift": 1}')"
whole 'rows that moved'
month 0 '.' 'a row that was dropped once' "$(pages 2 '{"drop_row": 1}')"
whole 'a row dropped once'
month 3 'transactions.*moving-pages' 'a total that never fits' "$(pages '"all"' '{"change_total": 1}')"
month 3 'transactions' 'pages without end' "$(pages '"all"' '{"endless": true}')"
asked 'pages without end: bounded' 1 400 'r["route"] == "transactions"'
month 0 '.' 'an envelope without "last"' "$(pages '"all"' '{"reduced_envelope": true}')"
whole 'a reduced envelope'
month 0 '.' 'rows without an envelope' "$(rule transactions '"all"' '{"bare_array": true}')"
whole 'rows without an envelope'

# ---- hosts

month 3 'documents' 'the API redirects to a stranger' "$(rule "$documents" '"all"' '{"redirect": true}')"
month 3 'documents' 'and with 307' "$(rule "$documents" '"all"' '{"redirect": true, "redirect_status": 307}')"
month 7 'redirect' 'the token endpoint redirects to a stranger' "$(rule token '"all"' '{"redirect": true, "redirect_status": 307}')"
month 3 'download' 'a download redirects to a stranger' "$(rule "$download" '"all"' '{"redirect": true}')"
month 3 'download.*redirect|download' 'a download redirects to plain http' \
	"$(rule "$download" '"all"' "{\"redirect\": \"http://$FAKE_DOWNLOAD_HOST/x\"}")"
month 3 'host-not-allowed' 'a link to a host that is not allowed' "$(rule "$documents" '"all"' '{"foreign_url": true}')"
month 3 'host-not-allowed' 'hosts other than those configured' '{}' 'download_hosts = files.example.test'
month 3 'download' 'a link without TLS' "$(rule "$documents" '"all"' '{"http_url": true}')"
month 3 'no-link' 'an attachment without a link' "$(rule "$documents" '"all"' '{"no_download": true}')"
plan '{}'
check 'in all that, strangers were never asked' same "$(helper requests "$fake/requests.all" 'r["listener"] == "foreign"')" 0
check 'in all that, many others were' test "$(helper requests "$fake/requests.all" 'True')" -gt 1000

# ---- answers that repeat what they were sent

month 4 'token|credentials' 'a token endpoint that repeats the secret' "$(rule token '"all"' '{"echo": true, "status": 401}')"
month 7 'token' 'and answers 503' "$(rule token '"all"' '{"echo": true, "status": 503}')"
for status in 400 403 503; do
	month 3 "documents.*http-$status" "an answer $status that repeats the token" \
		"$(rule "$documents" '"all"' "{\"echo\": true, \"status\": $status}")"
	month 3 'download' "an error $status of the object store that repeats the link" \
		"$(rule "$download" '"all"' "{\"echo\": true, \"status\": $status}")"
done
month 0 '"complete":true' 'signed links where nobody looks for them' '{"stray_links": true}'
check 'they are in what was received' grep -q '"preview":"https:' "$bundle"

# ---- several companies

plan "$(rule "$documents" '"all"' '{"status": 404}')"
mkdir "$work/both"
write_config "$work/both/first" refused "credentials = $fake/credentials-wrong-secret.json"
write_config "$work/both/second" partial
sed 1,3d "$work/both/second" | cat "$work/both/first" - >"$work/both/config"
expect 4 '"entity":"partial".*"complete":false' 'one company is refused, the other one is done: the worst decides' \
	--config "$work/both/config" --json bundle --month 2024-11
expect 3 '"complete":false' 'the other one by itself' --config "$work/both/config" --entity partial --json bundle --month 2024-11

# ---- whatever failed: no secret in store, bundle or talk

check 'many months were made' test "$months" -gt 80
no_secret 'no secret is left by any of them' "$work"/month*

finish
