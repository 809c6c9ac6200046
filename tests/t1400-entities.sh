#!/bin/sh
# Forty companies against one server: three that fail do not stop the others, are told, and start no storm of requests.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=2

# Forty RFC with their check digits.
"$CLA_PYTHON" - >"$work/ids" <<'END'
VALUES = '0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ'
for n in range(40):
	rfc = f'EM{chr(65 + n // 26)}{n % 26 + 70:02d}0115' + f'{chr(65 + n % 26)}{n % 10}'
	total = sum(VALUES.index(c) * (13 - i) for i, c in enumerate(' ' + rfc))
	print(rfc + {11: '0', 10: 'A'}.get(11 - total % 11, str(11 - total % 11)))
END
check 'forty tax ids' same "$(sort -u "$work/ids" | wc -l | tr -d ' ')" 40
id() {
	sed -n "$1p" "$work/ids"
}
start_fake fake --transactions 8 --tax-id "$(paste -s -d , "$work/ids")"

# configure FILE COUNT [LINE OF THE SECOND]: entities e01…, one a tax id.
configure() {
	number=0
	printf '[defaults]\ndata_dir = data\n' >"$1"
	while read -r tax_id && [ "$number" -lt "$2" ]; do
		number=$((number + 1))
		cat <<-END >>"$1"
			[entity e$(printf %02d "$number")]
			country = mx
			tax_id = $tax_id
			credentials = $fake/credentials$([ "$number" != 2 ] || printf %s "${3:-}").json
			client_cert = $fake/client.crt
			client_key = $fake/client.key
			ca_file = $FAKE_CA
			base_url = $FAKE_API
			download_hosts = $FAKE_DOWNLOAD_HOST
		END
	done <"$work/ids"
}
# Three kinds of trouble: details that never come, a listing cut short, a listing that is not there.
faults='{"rules": [
	{"route": "documents", "tax_id": "'$(id 7)'", "nth": "all", "fault": {"status": 503}},
	{"route": "transactions", "tax_id": "'$(id 20)'", "nth": "all", "fault": {"truncate_body": 60}},
	{"route": "reimbursements", "tax_id": "'$(id 34)'", "nth": "all", "fault": {"status": 404}}]}'
calm='{"rules": []}'

# forty NAME TOKENS [OPTION…]: the month of all of them under the faults, then without; so many tokens at most.
forty() {
	name=$1 most=$2
	shift 2
	mkdir "$work/$name"
	configure "$work/$name/config" 40
	plan "$faults"
	run --config "$work/$name/config" --json bundle --month 2024-11 "$@"
	judged 3 '"complete":false' "$name: three of forty fail, exit 3"
	cp "$work/out" "$work/$name/result"
	check "$name: all forty have a bundle" json "$work/out" 'len(d) == 40 and len({x["entity"] for x in d}) == 40'
	check "$name: 37 are complete" json "$work/out" \
		'sorted(x["entity"] for x in d if not x["complete"]) == ["e07", "e20", "e34"]'
	check "$name: what the three lack is listed" json "$work/out" '[{m["resource"] for m in x["missing"]} for x in
		sorted(d, key=lambda x: x["entity"]) if x["missing"]] == [{"documents"}, {"transactions"}, {"reimbursements"}]'
	check "$name: and told" sh -c 'grep -q "^e07 2024-11: [0-9]* missing" "$1" && grep -q "^e20 2024-11: 1 missing" "$1" &&
		grep -q "^e34 2024-11: 1 missing" "$1"' - "$work/err"
	check "$name: the table has a line for each" same "$(grep -a -c '^e[0-9][0-9]  ' "$work/err")" 40
	check "$name: 37 lines end in 0, three in 3" same "$(grep -a '^e[0-9][0-9]  ' "$work/err" | awk '{print $NF}' | sort | uniq -c | xargs)" '37 0 3 3'
	check "$name: its numbers are those of the result" "$CLA_PYTHON" - "$work/err" "$work/$name/result" <<'END'
import json, re, sys
found = {d['entity']: d for d in map(json.loads, open(sys.argv[2]))}
lines = [line.split() for line in open(sys.argv[1]) if re.match(r'e\d\d  ', line)]
assert len(lines) == 40
for name, rows, new, changed, documents, findings, missing, calls, seconds, code in lines:
	d = found[name]
	assert int(rows) == d['transactions'] + d['reimbursements'] == int(new) and int(changed) == 0, name
	assert (int(documents), int(findings), int(missing)) == (d['documents'], d['findings'], len(d['missing'])), name
	assert int(calls) >= 3 and float(seconds) >= 0 and int(code) == (0 if d['complete'] else 3), name
END
	check "$name: each company is asked for under its own tax id only" "$CLA_PYTHON" - "$fake/requests.jsonl" "$work/ids" <<'END'
import json, sys
ids, seen, owner = set(open(sys.argv[2]).read().split()), set(), {}
for r in map(json.loads, open(sys.argv[1])):
	if r['listener'] != 'api' or r['route'] == 'token':
		continue
	tax_id = r['headers']['x-tax-identifier']
	seen.add(tax_id)
	if r['path'].count('/') > 3:
		assert owner.setdefault(r['path'], tax_id) == tax_id, r['path']
assert seen == ids and len(owner) > 100
END
	check "$name: no storm, and one token for all that share the credentials" "$CLA_PYTHON" - "$fake/requests.jsonl" "$most" <<'END'
import collections, json, sys
tries, tokens, all_of = collections.Counter(), 0, collections.Counter()
for r in map(json.loads, open(sys.argv[1])):
	if r['route'] == 'token':
		tokens += 1
	elif r['listener'] == 'api':
		tries[r['headers']['x-tax-identifier'], r['path'], json.dumps(r['query'], sort_keys=True)] += 1
		all_of[r['headers']['x-tax-identifier']] += 1
print(tokens, tries.most_common(3), all_of.most_common(5))
assert 1 <= tokens <= int(sys.argv[2]) and max(tries.values()) <= 5
assert all_of.most_common(1)[0][1] <= 5 * sorted(all_of.values())[20]
END
	check "$name: nothing forbidden was done" not test -e "$fake/violations.txt"
	cp "$fake/requests.jsonl" "$work/$name/requests"
	plan "$calm"
	run --config "$work/$name/config" --json bundle --month 2024-11 "$@"
	judged 0 '"complete":true' "$name: with the faults gone all forty are complete"
	check "$name: the three have a second revision, the others stand" json "$work/out" \
		'len(d) == 40 and [x["entity"] for x in d if x["revision"]] == ["e07", "e20", "e34"] and all(x["complete"] for x in d)'
	check "$name: nothing is downloaded twice" "$CLA_PYTHON" - "$work/$name/requests" "$fake/requests.jsonl" <<'END'
import json, sys
before, after = ({r['path'] for r in map(json.loads, open(path)) if r['listener'] == 'download'} for path in sys.argv[1:])
print(len(before), len(after))
assert len(before) > 100 and after and not before & after
END
}

forty turn 1
forty together 8 --jobs 8
check 'together: the same rows, documents and findings' "$CLA_PYTHON" - "$work/turn/result" "$work/together/result" <<'END'
import json, sys
def numbers(path):
	return sorted((d['entity'], d['transactions'], d['reimbursements'], d['documents'], d['findings'], d['complete'])
		for d in map(json.loads, open(path)))
assert numbers(sys.argv[1]) == numbers(sys.argv[2])
END
check 'together: bundles come in the order of the configuration' json "$work/together/result" \
	'[x["entity"] for x in d] == sorted(x["entity"] for x in d)'
expect 0 'both chains hold' 'together: journal and custody log hold' --config "$work/together/config" show --journal
helper json "$work/together/result" '"\n".join(x["bundle"] for x in d)' >"$work/tars"
xargs "$CLARA_AUDIT" verify <"$work/tars" >"$work/out" 2>"$work/err"
check 'together: every bundle verifies' same "$?" 0
demo_data "$work/one"
demo_data "$work/three"
run --config "$work/one/config" --json bundle --month 2024-11
helper json "$work/out" '[(x["entity"], x["sha256"]) for x in d]' >"$work/these"
run --config "$work/three/config" --json bundle --month 2024-11 --jobs 3
check 'the same evidence gives the same bytes' same "$(helper json "$work/out" '[(x["entity"], x["sha256"]) for x in d]')" "$(cat "$work/these")"

# Six at a time, not six in a row.
mkdir "$work/six"
configure "$work/six/config" 6
plan '{"rules": [{"route": ".", "listener": "api", "nth": "all", "fault": {"delay_before_ms": 50}}]}'
expect 0 'e06' 'six at a time' --config "$work/six/config" fetch --month 2024-11 --jobs 6
check 'the server sees them mixed' "$CLA_PYTHON" - "$fake/requests.jsonl" <<'END'
import json, sys
ids = [r['headers']['x-tax-identifier'] for r in map(json.loads, open(sys.argv[1])) if r['listener'] == 'api' and r['route'] != 'token']
changes = sum(a != b for a, b in zip(ids, ids[1:]))
print(len(set(ids)), changes)
assert len(set(ids)) == 6 and changes > 10 # in a row it would be 5
END

# A company whose server says nothing holds up nobody but itself; a stop reaches all.
mkdir "$work/stalled"
configure "$work/stalled/config" 6
plan '{"rules": [{"route": "transactions", "tax_id": "'"$(id 1)"'", "nth": "all", "fault": {"stall_headers": true}}]}'
CLARA_AUDIT_IDLE_TIMEOUT_S=200 "$CLARA_AUDIT" --config "$work/stalled/config" fetch --month 2024-11 --jobs 2 >"$work/out" 2>"$work/err" &
pid=$!
tries=0
while [ "$(grep -c '^e0[2-6] ' "$work/out")" != 5 ] && [ "$tries" -lt 1200 ] && kill -0 "$pid" 2>/dev/null; do
	tries=$((tries + 1))
	sleep 0.05
done
check 'five others are done while the first is waited for' same "$(grep -c '^e0[2-6] ' "$work/out") $(grep -c '^e01 ' "$work/out")" '5 0'
kill -INT "$pid"
wait "$pid"
code=$? ran='fetch --jobs 2, interrupted'
judged 130 'interrupted' 'a stop reaches those that wait'
plan "$calm"
expect 0 'e01 .*charges: [1-9]' 'and the same command goes on from there' --config "$work/stalled/config" fetch --month 2024-11 --jobs 2
expect 2 'jobs' 'no jobs at all' --config "$work/stalled/config" fetch --month 2024-11 --jobs 0
expect 3 'budget' 'a budget is spent once, not once a company' --config "$work/stalled/config" --data-dir "$work/spent" fetch \
	--month 2024-11 --jobs 6 --max-calls 20
: >"$fake/requests.jsonl"
run --config "$work/stalled/config" --data-dir "$work/spent2" fetch --month 2024-11 --jobs 6 --max-calls 20
check 'not one call more' test "$(requests 'r["route"] != "download"')" -le 20

# ---- a token that ends in the middle is asked for anew, once

mkdir "$work/revoked"
configure "$work/revoked/config" 4
plan '{"rules": [{"route": "documents", "tax_id": "'"$(id 2)"'", "nth": 2, "fault": {"status_401": "revoke"}}]}'
expect 0 'e04' 'tokens revoked among the second company' --config "$work/revoked/config" fetch --month 2024-11
check 'two tokens in all' same "$(requests 'r["route"] == "token"')" 2
check 'the third and the fourth company do not see the old one' same \
	"$(requests 'r["status"] == 401 and r["headers"].get("x-tax-identifier") in ("'"$(id 3)"'", "'"$(id 4)"'")')" 0
plan "$calm"
configure "$work/revoked/other" 3 -nested
expect 0 'e03' 'credentials in another form, the same inside' --config "$work/revoked/other" --data-dir "$work/revoked/data2" fetch --month 2024-11
check 'share the token' same "$(requests 'r["route"] == "token"')" 1

# ---- one that is refused

mkdir "$work/refused"
configure "$work/refused/config" 4 -wrong-secret
plan "$calm"
run --config "$work/refused/config" fetch --month 2024-11
judged 4 'e02.*' 'one secret is refused: exit 4'
check 'the other three are collected' same "$(grep -c '^e0[134] 2024-11: charges: [1-9]' "$work/out")" 3
check 'the table says which' same "$(grep -a '^e0[0-9]  ' "$work/err" | awk '{print $1, $NF}' | xargs)" 'e01 0 e02 4 e03 0 e04 0'
run --config "$work/refused/config" --json fetch --month 2024-11
check 'with --json a line each, and one for the error' json "$work/out" 'len(d) == 4 and [x["exit"] for x in d if "error" not in x] ==
	[0, 0, 0] and [x["error"]["exit"] for x in d if "error" in x] == [4] and all(x["ms"] >= 0 and x["calls"] > 0 for x in d if "ms" in x)'
run --config "$work/refused/config" --lang es --entity e01 --entity e03 fetch --month 2024-11
judged 0 'entidad +filas +nuevas +cambiadas +documentos +hallazgos +faltantes +llamadas +segundos +salida' 'the table in Spanish'
check 'only of those that were chosen' same "$(grep -a '^e0[0-9]  ' "$work/err" | awk '{print $1, $3}' | xargs)" 'e01 0 e03 0'
run --config "$work/refused/config" -q --entity e01 --entity e03 fetch --month 2024-11
check 'no table with -q' not grep -q '^e01  ' "$work/err"
run --config "$work/refused/config" --entity e01 fetch --month 2024-11
check 'no table of one' not grep -q '^e01  ' "$work/err"

finish
