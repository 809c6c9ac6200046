#!/bin/sh
# Time-stamps: asked for, checked before they are kept, renewed; an authority that fails never costs the bundle.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

start_tsa
demo_data "$work/a"
config=$work/a/config
own=$work/a/data/bundles
CLARA_AUDIT_DEMO_BR_TSA_CA=$TSA_CA
export CLARA_AUDIT_DEMO_BR_TSA_CA
asked_times() {
	wc -l 2>/dev/null <"$work/tsa/asked" | tr -d ' '
}

# month PATH ARGUMENT…: the Brazilian demo month with that authority
month() {
	CLARA_AUDIT_DEMO_BR_TSA_URL=$TSA_URL/$1
	export CLARA_AUDIT_DEMO_BR_TSA_URL
	shift
	run --config "$config" --entity demo-br bundle --month 2024-11 "$@"
}

# ---- faults: the bundle is there, a warning says why it has no stamp, and nothing is kept

CLARA_AUDIT_TSA_TIMEOUT_MS=10000
export CLARA_AUDIT_TSA_TIMEOUT_MS
first=1
while IFS='|' read -r path why; do
	[ "$path" != slow ] || CLARA_AUDIT_TSA_TIMEOUT_MS=300
	month "$path" --json
	judged 0 "no time-stamp for clara_br_demo-br_2024-11_r0 \(.*$why" "$path: a warning says why"
	CLARA_AUDIT_TSA_TIMEOUT_MS=10000
	check "$path: the bundle is there" json "$work/out" 'd[0]["revision"] == 0 and d[0]["complete"]'
	check "$path: no stamp is" not sh -c 'ls "$1" | grep tsr' - "$own"
	check "$path: it was asked once" same "$(asked_times)" "$first"
	first=$((first + 1))
done <<'END'
reject|the authority refused
wrong-nonce|the answer is to another request
wrong-imprint|over other bytes
expired|signature does not hold
other|does not end in the anchors
bare|certificate is not inside
garbage|not a TimeStampResp
half|not a TimeStampResp
cut|.
long|longer than is taken
500|status 500
404|status 404
slow|.
END
tar=$(helper json "$work/out" 'd[0]["bundle"]')
base=${tar%.*.tar}
check 'the request is of the right type' not grep -v ' application/timestamp-query$' "$work/tsa/asked"
run --config "$config" --lang es --entity demo-br bundle --month 2024-11
judged 0 'sin sello de tiempo para' 'in Spanish'
: >"$work/tsa/asked"
CLARA_AUDIT_DEMO_BR_TSA_URL=$TSA_URL/500 CLARA_AUDIT_DEMO_CO_TSA_URL=$TSA_URL/500
export CLARA_AUDIT_DEMO_CO_TSA_URL
run --config "$config" --entity demo-br --entity demo-co bundle --month 2024-11
judged '[03]' 'clara_co_demo-co.*failed before in this run' 'two companies of one authority that fails'
check 'it is not waited for twice' same "$(asked_times)" 1
unset CLARA_AUDIT_DEMO_CO_TSA_URL
CLARA_AUDIT_DEMO_BR_TSA_URL=http://127.0.0.1:1/
run --config "$config" --entity demo-br bundle --month 2024-11
judged 0 'no time-stamp' 'an authority that is not there'
CLARA_AUDIT_DEMO_BR_TSA_CA=$work/nothing.pem
month ok
judged 0 'no time-stamp.*tsa_ca' 'a tsa_ca that is not there'
CLARA_AUDIT_DEMO_BR_TSA_CA=$TSA_CA
: >"$work/tsa/asked"
month ok --offline
judged 0 '.' '--offline'
check 'asks nobody' same "$(asked_times)" 0
expect 0 '.' 'without a stamp it verifies' verify "$tar"
unset CLARA_AUDIT_DEMO_BR_TSA_URL
expect 0 'no authority' 'renewing without an authority' --config "$config" --entity demo-br seal renew

# ---- kept

month ok
judged 0 'Stamped at +20' 'the next run asks again, and says when it was stamped'
check 'the stamp lies beside the signature' test -s "$base.statement.p7s.tsr"
check 'openssl accepts it' openssl ts -verify -data "$base.statement.p7s" -in "$base.statement.p7s.tsr" -CAfile "$TSA_CA"
expect 0 'stamped at' 'it verifies' verify "$tar"
mkdir "$work/by-hand"
cp "$base".* "$work/by-hand/"
cp "$TSA_CA" "$work/by-hand/tsa-ca.pem"
tar -xOf "$tar" "$(basename "$base")/VERIFY.txt" | sed -n 's/^   \(openssl ts .*\)/\1/p' | sort -u >"$work/commands"
check 'the commands of VERIFY.txt accept it' sh -e -c 'cd "$1" && grep -c . "$2" | grep -q "^2$" && . "$2"' - "$work/by-hand" "$work/commands"
cp "$work/check" "$work/answers"
check 'and say the time' grep -q '^Time stamp: ' "$work/answers"
cat "$TSA_CA" "$base.seal.pem" >"$work/trust.pem"
run --json verify --trust "$work/trust.pem" "$tar"
judged 0 '"stamp_anchored":true' 'with anchors for both'
expect 0 'stamped.*clara_br_demo-br_2024-11_r0: stamped at 20.* by CN=authority ok' 'the custody log tells' --config "$config" show --custody
sha256sum "$base.statement.p7s.tsr" >"$work/stamp"
: >"$work/tsa/asked"
month ok
judged 0 'Stamped at' 'once more'
check 'nobody is asked' same "$(asked_times)" 0
check 'and it stays' sha256sum --quiet -c "$work/stamp"
printf 'a token of another kind' >"$base.statement.p7s.token.nom151"
month ok --offline --json --output "$work/other"
judged 0 '"revision":0' 'to another folder'
check 'the stamp goes with it' cmp "$base.statement.p7s.tsr" "$work/other/$(basename "$base").statement.p7s.tsr"
check 'so does a token of another kind' cmp "$base.statement.p7s.token.nom151" "$work/other/$(basename "$base").statement.p7s.token.nom151"
cp "$base.statement.p7s.tsr" "$work/kept"
helper flip "$base.statement.p7s.tsr" 300
month ok
judged 5 'tsr.*does not hold' 'a stamp that was altered is named'
expect 5 'time-stamp' 'so it is by verify' verify "$tar"
rm "$base.statement.p7s.tsr"
month short
judged 0 'Stamped at' 'moved away: another is asked for'

# ---- renewal

export CLARA_AUDIT_DEMO_BR_TSA_URL
renew() {
	CLARA_AUDIT_DEMO_BR_TSA_URL=$TSA_URL/$1
	shift
	run --config "$config" --entity demo-br --json seal renew "$@"
}
renew ok --within 30
judged 0 '"result":"serves"' 'a stamp of 90 days serves on when asked for 30'
renew 500
judged 3 'failed' 'an authority that fails'
check 'leaves nothing' not test -e "$base.statement.p7s.tsr.1.tsr"
renew ok
judged 0 '"result":"stamped"' 'it is renewed within 180 days of its end'
check 'openssl accepts the renewal' openssl ts -verify -data "$base.statement.p7s.tsr" -in "$base.statement.p7s.tsr.1.tsr" -CAfile "$TSA_CA"
renew ok
judged 0 '"result":"serves"' 'the renewal serves on'
run --config "$config" --entity demo-br --lang pt seal renew
judged 0 'continua vigente' 'in Portuguese'
renew short --within 36500
judged 0 '"result":"stamped"' 'it can be renewed at any time'
expect 0 'tsr.2.tsr: stamped at' 'verify looks at every renewal' verify --trust "$work/trust.pem" "$tar"
cp "$base.statement.p7s.tsr.1.tsr" "$base.statement.p7s.tsr.2.tsr"
expect 5 'tsr.2.tsr: time-stamp' 'a renewal over something else is named' verify "$tar"
rm "$base.statement.p7s.tsr.2.tsr"
cp "$work/kept" "$base.statement.p7s.tsr"
expect 5 'tsr.1.tsr: time-stamp' 'so is one over another stamp' verify "$tar"
renew ok
judged 5 'tsr.1.tsr.*does not hold' 'and renewing goes no further'
expect 2 '--within takes a number' 'a wrong number' --config "$config" seal renew --within soon
expect 0 'both chains hold' 'the logs hold' --config "$config" show --journal


# ---- the authority of the services, where it is at hand

if [ -x "$shared/services/tsa-up" ] && command -v perl >/dev/null && command -v curl >/dev/null; then
	port=$("$CLA_PYTHON" -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	PORT=$port "$shared/services/tsa-up" "$work/service" >"$work/service.log" 2>&1
	children="$children $(cat "$work/service/pid")"
	CLARA_AUDIT_DEMO_CO_TSA_URL=http://127.0.0.1:$port/ok CLARA_AUDIT_DEMO_CO_TSA_CA=$work/service/ca.pem
	export CLARA_AUDIT_DEMO_CO_TSA_URL CLARA_AUDIT_DEMO_CO_TSA_CA
	run --config "$config" --entity demo-co bundle --month 2024-11
	judged '[03]' 'Stamped at +20' 'another authority stamps'
	check 'openssl accepts that' sh -c 'openssl ts -verify -data "$1" -in "$1.tsr" -CAfile "$2"' - \
		"$own/clara_co_demo-co_2024-11_r0.statement.p7s" "$work/service/ca.pem"
else
	skip 'another authority stamps' 'there is none at hand'
fi

finish
