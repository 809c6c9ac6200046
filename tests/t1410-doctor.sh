#!/bin/sh
# doctor: each line of the diagnosis says what is there, and each fault is found and named with its fix.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=2
start_fake fake --transactions 60
mkdir "$work/it"
config=$work/it/config
doctor() {
	run --config "$config" --json doctor "$@"
}
# line DESCRIPTION ID RESULT [PATTERN]: the diagnosis has such a line; one that warns or fails names a fix.
line() {
	check "$1" "$CLA_PYTHON" - "$work/out" "$2" "$3" "${4:-}" <<'END'
import json, re, sys
path, name, result, pattern = sys.argv[1:]
lines = [x for x in map(json.loads, open(path, encoding='utf-8')) if 'id' in x]
print([(x['id'], x['result'], x['what']) for x in lines if x['id'] == name or x['result'] not in ('ok', 'skipped')])
found = [x for x in lines if x['id'] == name and x['result'] == result and re.search(pattern, x['what'])]
assert found and all((x['fix'] is not None) == (result in ('warn', 'fail')) for x in found)
END
}

# ---- all is well

write_config "$config"
doctor
judged 0 '"id":"token","entity":"acme","result":"ok"' 'a good set-up'
for id in local-clock configuration schemas rules catalogs data-dir disk credentials client-pair dns tls token clock entity shapes; do
	line "a good set-up: $id" "$id" ok
done
for resource in transactions documents invoices extracted-documents reimbursements billing-statements cards users labels groups \
	locations attachment; do
	line "a good set-up: $resource may be read" scope ok "$resource"
done
line 'the variants that the server speaks' shapes ok 'status=text\+object.*page=full'
check 'numbered from 1' json "$work/out" '[x["check"] for x in d] == list(range(1, len(d) + 1))'
check 'each resource is asked for once' same "$(requests 'r["route"] != "token"')" 12
check 'no sub-resource that no flag announces' not test -e "$fake/violations.txt"
check 'nothing is stored' not test -e "$work/it/data/journal"
expect 0 'se otorga un token' 'in Spanish' --config "$config" --lang es doctor
expect 0 'um token é concedido' 'in Portuguese' --config "$config" --lang pt doctor

# ---- without the network half of the lines are skipped

plan '{}'
doctor --offline
judged 0 '"id":"client-pair","entity":"acme","result":"ok"' 'offline'
for id in dns tls token clock entity scope shapes; do
	line "offline: $id is skipped" "$id" skipped
done
check 'offline: nobody is asked' same "$(requests 'True')" 0

# ---- dates of the client certificate

for days in 90 50 20 5; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=c -days "$days" -keyout "$work/$days.key" \
		-out "$work/$days.crt" 2>/dev/null
	chmod 600 "$work/$days.key"
	write_config "$config" acme "client_cert = $work/$days.crt" "client_key = $work/$days.key"
	doctor --offline
	case $days in
	90) line '90 days: fine' client-certificate ok ;;
	50) line '50 days: a warning' client-certificate warn '\((49|50) d\)' && check '50 days: plan' grep -q '"fix":"plan for' "$work/out" ;;
	20) line '20 days: a warning' client-certificate warn '\((19|20) d\)' && check '20 days: now' grep -q 'portal now"' "$work/out" ;;
	5) line '5 days: a warning' client-certificate warn '\([45] d\)' && check '5 days: today' grep -q 'portal today"' "$work/out" ;;
	esac
done

# ---- one fault after the other: found CODE ID PATTERN DESCRIPTION LINE…

found() {
	found_code=$1 found_id=$2 found_pattern=$3 found_text=$4
	shift 4
	write_config "$config" acme "$@"
	doctor
	cat "$work/out" "$work/err" >>"$work/said"
	judged "$found_code" '"result":"fail"' "$found_text"
	line "$found_text: named" "$found_id" fail "$found_pattern"
}
plan '{}'
cp "$fake/credentials.json" "$work/open.json"
chmod 644 "$work/open.json"
found 4 credentials "chmod 600 '.*open.json'" 'a credentials file that others can read' "credentials = $work/open.json"
found 4 client-pair 'does not belong' 'the key of another certificate' "client_key = $fake/wrong.key"
found 4 client-certificate 'ended' 'a certificate that ended' "client_cert = $fake/expired.crt" "client_key = $fake/expired.key"
check 'then the server is not asked' same "$(requests 'True')" 0
found 7 dns 'no-such.invalid' 'a name that does not resolve' 'base_url = https://no-such.invalid'
found 7 tls 'onnect' 'nobody listens' 'base_url = https://localhost:1'
found 4 tls '127.0.0.1' 'a server of another name' "base_url = https://127.0.0.1:${FAKE_API##*:}"
found 4 tls 'certificate' 'a server authority that is not known' 'ca_file ='
found 4 token 'client certificate' 'no client certificate' 'client_cert =' 'client_key ='
found 4 token 'Unauthorized' 'a secret that is refused' "credentials = $fake/credentials-wrong-secret.json"
found 4 scope 'transactions \(http-403\)' 'a tax id that is not ours' 'tax_id = XAXX010101000'
line 'a tax id that is not ours: told apart from a scope' entity fail 'XAXX010101000'
plan '{"scopes": ["-read:transactions"]}'
found 4 scope 'transactions \(http-403\)' 'the scope of the charges is missing'
line 'then the tax id is fine' entity ok
plan '{"scopes": ["-read:invoices"]}'
found 4 scope 'invoices \(http-403\)' 'a scope that is missing'
line 'and the others are there' scope ok 'documents'
write_config "$config"
for optional in billing-statements cards users labels groups locations attachments; do
	plan "{\"scopes\": [\"-read:$optional\"]}"
	doctor
	judged 0 '.' "a scope that evidence can do without is no failure: $optional"
	line "$optional: but worth a warning" scope warn "${optional%ments}.*\\(http-403\\)"
done
plan '{"rules": [{"route": "attachment-base64", "nth": "all", "fault": {"status": 404}}]}'
doctor
line 'no second way to a file: a warning' scope warn 'attachment \(http-404\)'
plan '{"rules": [{"route": "reimbursements", "nth": "all", "fault": {"status": 500}}]}'
found 7 scope 'reimbursements \(http-500\)' 'a resource that fails'
check 'no secret is said' not grep -q -F -e "$FAKE_CLIENT_SECRET" -e 'PRIVATE KEY' "$work/said"

# ---- what a country has

stop_fake
start_fake br --country br --tax-id 12345678000195 --transactions 60
FAKE_COUNTRY=br
write_config "$config"
doctor
judged 0 '"id":"scope"' 'Brazil'
line 'Brazil: the digital account' scope ok 'digital-accounts'
check 'Brazil: no word of invoices' not grep -q '"what":"[^"]*: invoices' "$work/out"
plan '{"scopes": ["-read:digital-accounts"]}'
doctor
line 'Brazil: it is optional' scope warn 'digital-accounts \(http-403\)'
stop_fake
FAKE_COUNTRY=mx
start_fake fake --transactions 60

# ---- clocks that differ

plan '{}'
write_config "$config"
if command -v faketime >/dev/null && ! sanitized; then
	faketime -f +90s "$CLARA_AUDIT" --config "$config" --json doctor >"$work/out" 2>"$work/err"
	line 'a clock that is wrong' clock warn '(89|9[0-9]) s'
	faketime -f +400d "$CLARA_AUDIT" --config "$config" --json doctor --offline >"$work/out" 2>"$work/err"
	line 'code lists of last year' catalogs warn '20[0-9][0-9]-'
else
	skip 'a clock that is wrong' 'faketime is not installed, or does not go with sanitizers'
fi

finish
