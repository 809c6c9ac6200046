#!/bin/sh
# How hard the server is asked: tries, waits, refusals after which an entity is given up, and the way through a proxy.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=1

start_fake fake --transactions 12 --truth
victim=$("$CLA_PYTHON" - "$fake/truth.jsonl" <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
print([e for e in rows if e['kind'] == 'tx' and e['date'][:7] == '2024-11' and e['flags']['documents']][0]['uuid'])
END
) || bail_out 'the fake month has no charge to aim at'
documents="GET /api/v3/transactions/$victim/documents"

# asked DESCRIPTION COUNT EXPRESSION
asked() {
	check "$1" same "$(requests "$3")" "$2"
}
of_victim="r['path'].endswith('$victim/documents')"

# ---- Retry-After

begin=$(date +%s)
for after in 121 99999999999999999999 '"Fri, 31 Dec 2100 00:00:00 GMT"'; do
	month 3 "documents.*$victim.*http-429" "Retry-After $after" "$(rule "$documents" '"all"' "{\"status\": 429, \"retry_after\": $after}")"
	asked "Retry-After $after: asked once" 1 "$of_victim"
done
check 'too long a wait is not begun' test $(($(date +%s) - begin)) -le 60
for after in '"-5"' '"soon"' '"Fri, 31 Foo 2100"' '""'; do
	month 0 '.' "Retry-After $after" "$(rule "$documents" '[1, 2]' "{\"status\": 429, \"retry_after\": $after}")"
	asked "Retry-After $after: as if there were none" 3 "$of_victim"
done
month 3 'http-429' '429 without end' "$(rule "$documents" '"all"' '{"status": 429}')"
asked '429 without end: five tries' 5 "$of_victim"
month 3 'http-500' '500 without end' "$(rule "$documents" '"all"' '{"status": 500}')"
asked '500 without end: three tries' 3 "$of_victim"
month 7 'token' 'a token endpoint that asks for an hour' "$(rule token '"all"' '{"status": 503, "retry_after": 3600}')"
asked 'an hour: asked once' 1 'True'
for status in 400 401 403 404; do
	month 4 "HTTP $status" "a token refused with $status" "$(rule token '"all"' "{\"status\": $status}")"
	asked "a token refused with $status: asked once" 1 'True'
done

# ---- refusals

month 0 '.' 'a certificate refused twice in the middle' "$(rule "$documents" '[1, 2]' '{"status": 511}')"
asked 'refused twice: asked three times' 3 "$of_victim"
month 3 "documents.*$victim.*http-511" 'a certificate refused for one resource only' \
	"{\"page_clamp\": 3, \"rules\": [{\"route\": \"$documents\", \"nth\": \"all\", \"fault\": {\"status\": 511}}]}" 'max_in_flight = 2'
asked 'one resource only: asked three times' 3 "$of_victim"
month 4 'client certificate' 'a certificate refused from then on' "$(rule '/api/' '"from:3"' '{"status": 511}')" 'max_in_flight = 1'
asked 'from then on: given up after three' 3 'r["status"] == 511'
month 0 '.' 'a token endpoint that refuses the certificate twice' "$(rule token '[1, 2]' '{"status": 511}')"
month 4 'client certificate' 'a token endpoint that refuses the certificate for ever' "$(rule token '"all"' '{"status": 511}')"
asked 'for ever: three times' 3 'True'
plan "$(rule token '"all"' '{"status": 511}')"
mkdir "$work/both"
write_config "$work/both/first" refused
write_config "$work/both/second" other "tax_id = $FAKE_TAX_ID"
sed 1,3d "$work/both/second" | cat "$work/both/first" - >"$work/both/config"
plan "$(rule token '[1, 2, 3]' '{"status": 511}')"
expect 4 '"entity":"other".*"complete":true' 'an entity that is given up does not stop the next one' \
	--config "$work/both/config" --json bundle --month 2024-11
month 4 '403' 'a company that is not ours' '{}' 'tax_id = XAXX010101000'
check 'not ours: few requests' test "$(requests 'r["status"] == 403')" -le 3

# ---- a proxy

# start_proxy NAME [STATUS]
start_proxy() {
	proxy=$work/$1
	mkdir "$proxy"
	: >"$proxy/targets"
	"$CLA_PYTHON" "$tests/connect_proxy.py" "$proxy" ${2:+"$2"} 2>"$proxy/stderr" &
	children="$children $!"
	await "$proxy/port" 'the proxy' "$proxy/stderr"
	https_proxy=http://127.0.0.1:$(cat "$proxy/port")
	export https_proxy
}

start_proxy proxy
month 0 '.' 'a month through a proxy' '{}'
check 'the API is reached through it' grep -q -x "CONNECT ${FAKE_API#https://}" "$proxy/targets"
check 'and so are the files' grep -q -x "CONNECT $FAKE_DOWNLOAD_HOST" "$proxy/targets"
check 'it is only ever asked for tunnels' not grep -v '^CONNECT localhost:' "$proxy/targets"
check 'nothing forbidden was done' not test -e "$fake/violations.txt"
: >"$proxy/targets"
export no_proxy=localhost
month 0 '.' 'a month past a proxy' '{}'
check 'the proxy is left alone' not test -s "$proxy/targets"
unset no_proxy
start_proxy refusing 403
month 7 'token.*403|tunnel|proxy' 'a proxy that lets nobody through' '{}'
asked 'lets nobody through: nobody came' 0 'True'
export https_proxy=http://127.0.0.1:9
month 7 'connect' 'no proxy where one should be' '{}'
unset https_proxy

finish
