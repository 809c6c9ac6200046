#!/bin/sh
# certs: what is imported is found by content, kept once, listed, and stamps that were unknown are checked with it.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

data=$work/data
good=$samples/documents/mx/good/papeleria-1.xml
stamp() {
	run --data-dir "$data" --json validate "$good"
	helper json "$work/out" 'd[0]["checks"]["stamp"]'
}
run --data-dir "$data" certs list
check 'list of nothing' same "$code$(cat "$work/out" "$work/err")" 0
check 'makes nothing either' not test -e "$data"
check 'without certificates a stamp is unknown' same "$(stamp)" unknown
expect 0 '3 stored, 0 known already' 'import of a folder' --data-dir "$data" certs import "$samples/certs"
check 'each under the digest of its bytes' sh -c 'cd "$1" && for f in *.cer; do
	[ "$(sha256sum <"$f" | cut -c 1-64).cer" = "$f" ] || exit 1; done' - "$data/certs"
check 'the stamp is checked now' same "$(stamp)" pass
expect 0 '0 stored, 3 known already' 'a second time' --data-dir "$data" certs import "$samples/certs"
check 'three files, no more' same "$(find "$data/certs" -type f | wc -l | tr -d ' ')" 3
run --data-dir "$data" --json certs list
judged 0 'demo' 'list'
check 'list --json has exactly its keys' json "$work/out" 'len(d) == 3 and all(set(x) == {"file", "result", "sha256", "serial",
	"subject", "not_before", "not_after", "authority"} and x["file"].endswith(x["sha256"] + ".cer") for x in d)'
check 'it tells authorities from others' json "$work/out" '{x["authority"] for x in d} == {True, False}'

# ---- forms

i=0
for cert in "$samples"/certs/*.cer; do
	i=$((i + 1))
	echo "certificate $i"
	openssl x509 -inform DER -in "$cert"
done >"$work/chain.txt"
expect 0 '3 stored' 'several as PEM in one file, with words between' --data-dir "$work/pem" certs import "$work/chain.txt"
check 'the same bytes are kept' sh -c 'ls "$1/certs" >"$1/a" && ls "$2/certs" >"$1/b" && cmp "$1/a" "$1/b"' - "$work/pem" "$data"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=old one' -days 1 -keyout "$work/key" -out "$work/new.pem" 2>/dev/null
mkdir "$work/mixed"
cp "$work/new.pem" "$work/mixed/no name at all"
echo 'no certificate' >"$work/mixed/b.cer"
expect 0 '1 stored, 0 known already, 1 skipped' 'a folder that holds other things' --data-dir "$data" certs import "$work/mixed"
check 'its one certificate is listed' sh -c '"$1" --data-dir "$2" certs list | grep -q "^valid .*old one"' - "$CLARA_AUDIT" "$data"
expect 3 'b.cer: no certificate' 'a file that is none' --data-dir "$data" certs import "$work/mixed/b.cer"
head -c 1048577 /dev/zero >"$work/long"
expect 3 'long: no certificate' 'one that is too long' --data-dir "$data" certs import "$work/long"
expect 2 'no-such' 'one that is not there' --data-dir "$data" certs import "$work/no-such"

# ---- schemas: what documents are judged by can be looked at

expect 0 'cfdi-4.0.xsd .*http://www.sat.gob.mx/cfd/4' 'schemas list' schemas list
run --json schemas list
check 'schemas list --json has exactly its keys' json "$work/out" 'len(d) > 10 and all(set(x) == {"set", "name", "namespace", "bytes",
	"sha256"} and (x["namespace"] is not None) == x["name"].endswith(".xsd") for x in d if x["set"] == "own")'
helper json "$work/out" '[x["sha256"] for x in d if x["name"] == "cfdi-4.0.xsd"][0]' >"$work/digest"
"$CLARA_AUDIT" schemas show cfdi-4.0 >"$work/schema"
check 'schemas show gives its bytes' same "$(sha256sum <"$work/schema" | cut -c 1-64)" "$(cat "$work/digest")"
if command -v xmllint >/dev/null; then
	check 'which are well-formed XML' xmllint --noout --nonet "$work/schema"
fi
expect 0 'MXN' 'schemas show of a table' schemas show c_Moneda.tsv
expect 2 "no schema.*'cfdi-9'" 'schemas show of none' schemas show cfdi-9
expect 2 'schemas' 'schemas alone' schemas

# ---- wrong usage, another run

for words in '' import show 'list more'; do
	# shellcheck disable=SC2086
	expect 2 'certs' "certs $words" --data-dir "$data" certs $words
done
if command -v flock >/dev/null; then
	flock "$data/lock" sleep 30 &
	holder=$!
	children="$children $holder"
	sleep 0.2
	expect 8 'another run' 'not while a run holds the lock' --data-dir "$data" certs import "$samples/certs"
	kill "$holder" 2>/dev/null
else
	skip 'not while a run holds the lock' 'flock is not installed'
fi

finish
