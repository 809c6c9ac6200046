#!/bin/sh
# init --from-dir: the folder downloaded from Clara is understood by content, its locks are tried, the configuration works.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=2
start_fake fake --transactions 20
number=0
# folder FILE…: an empty folder $folder with copies of these under names that tell nothing.
folder() {
	number=$((number + 1))
	folder=$work/down$number config=$work/config$number
	mkdir -p "$folder/inside"
	for file in "$@"; do
		cp "$file" "$folder/inside/$(printf %s "$file" | sha256sum | cut -c 1-8)"
	done
	chmod 600 "$folder"/inside/*
	echo 'read me' >"$folder/a.json"
}
# set_up CODE PATTERN DESCRIPTION OPTION…
set_up() {
	set_code=$1 set_pattern=$2 set_text=$3
	shift 3
	expect "$set_code" "$set_pattern" "$set_text" --config "$config" init --from-dir "$folder" --country mx --name acme \
		--tax-id "$FAKE_TAX_ID" "$@"
}
unwritten() {
	check "$1: nothing is written" not test -e "$config"
}
value() {
	sed -n "s/^$1  *= //p" "$config"
}
# The folder names no server of ours: the environment does.
export CLARA_AUDIT_ACME_MX_BASE_URL="$FAKE_API" CLARA_AUDIT_ACME_MX_DOWNLOAD_HOSTS="$FAKE_DOWNLOAD_HOST"

# ---- each layout

folder "$fake/credentials.json" "$fake/client.crt" "$fake/client.key" "$FAKE_CA"
set_up 0 'may be read: transactions' 'four files'
check 'four files: a token and rows were asked for' test "$(requests 'r["route"] in ("token", "transactions")')" -ge 2
for key in credentials client_cert client_key ca_file; do
	check "four files: $key" test -s "$(value "$key")"
done
check 'four files: the key is the key' grep -q 'PRIVATE KEY' "$(value client_key)"
check 'four files: the authority is the authority' cmp "$FAKE_CA" "$(value ca_file)"
check 'four files: readable by its owner alone' same "$(stat -c %a "$config")" 600
expect 0 'may be read' 'doctor agrees' --config "$config" doctor
expect 2 'already' 'a second time: it is left as it is' --config "$config" init --from-dir "$folder" --country mx --name acme \
	--tax-id "$FAKE_TAX_ID"
for layout in nested escaped; do
	folder "$fake/credentials-$layout.json" "$FAKE_CA"
	set_up 0 'may be read: transactions' "$layout JSON"
	check "$layout: certificate and key are inside" same "$(value client_cert)$(value client_key)" ''
done
{
	printf '"'
	awk '{ printf "%s\\n", $0 }' "$fake/client.key"
	printf '"'
} >"$work/pasted"
folder "$fake/credentials.json" "$fake/client.crt" "$work/pasted" "$FAKE_CA"
set_up 0 'may be read: transactions' 'a key pasted with literal line ends'
cat "$fake/client.key" "$fake/client.crt" >"$work/joined"
folder "$fake/credentials.json" "$work/joined" "$FAKE_CA"
set_up 0 'may be read: transactions' 'certificate and key in one file'
folder "$fake/credentials.json" "$fake/client.crt" "$fake/client.key" "$fake/expired.crt" "$fake/expired.key" "$FAKE_CA"
set_up 0 'may be read: transactions' 'an old pair beside the new one'
check 'the one that ends last is taken' cmp "$fake/client.crt" "$(value client_cert)"

# ---- locks that do not open

folder "$fake/credentials.json" "$fake/client.crt" "$fake/wrong.key"
plan '{}'
set_up 4 'does not belong' 'the key of another certificate'
unwritten 'the key of another certificate'
folder "$fake/credentials.json" "$fake/expired.crt" "$fake/expired.key"
set_up 4 'ended' 'a certificate that ended'
unwritten 'a certificate that ended'
folder "$fake/credentials.json" "$fake/client.crt" "$fake/client.key"
chmod 644 "$folder"/inside/*
set_up 4 'chmod 600' 'files that others can read'
unwritten 'files that others can read'
folder "$fake/credentials.json" "$fake/client.crt"
set_up 2 'but no key' 'a certificate without its key'
folder "$fake/client.crt" "$fake/client.key"
set_up 2 'clientId and clientSecret' 'no client id'
folder "$fake/credentials.json" "$fake/credentials-wrong-secret.json" "$fake/client.crt" "$fake/client.key"
set_up 2 'two credentials files' 'two credentials files'
unwritten 'two credentials files'
folder "$fake/credentials.json"
set_up 2 'no client certificate and key' 'neither certificate nor key'
folder
set_up 2 'clientId' 'an empty folder'
i=0
while [ "$i" -lt 201 ]; do
	i=$((i + 1))
	: >"$folder/inside/$i"
done
set_up 2 'over 200 files' 'a folder that is not it'
folder=$work/none
set_up 2 'none' 'a folder that is not there'
expect 2 'from-dir' 'with --credentials' --config "$work/x" init --from-dir "$work" --credentials "$fake/credentials.json"
check 'the server was not asked' same "$(requests 'True')" 0

# ---- the network

folder "$fake/credentials-wrong-secret.json" "$fake/client.crt" "$fake/client.key" "$FAKE_CA"
set_up 4 'Unauthorized' 'a secret that is refused: said'
check 'and the configuration is there to be mended' test -s "$config"
folder "$fake/credentials.json" "$fake/client.crt" "$fake/client.key" "$FAKE_CA"
plan '{}'
set_up 0 'client certificate' 'offline' --offline
check 'offline: nobody is asked' same "$(requests 'True')" 0
expect 0 'rows|charges' 'what was written collects the month' --config "$config" --data-dir "$work/data" fetch --month 2024-11
folder "$fake/credentials.json" "$fake/client.crt" "$fake/client.key"
expect 0 'fill in' 'without country and tax id: a section to fill in' --config "$config" init --from-dir "$folder"
check 'with the paths in it' grep -q "^; client_key *= $folder/inside/" "$config"
expect 0 '.' 'that is accepted as it is' --config "$config" --data-dir "$work/data" show --journal
run --config "$work/json" --json init --from-dir "$folder" --country mx --name acme --tax-id "$FAKE_TAX_ID" --offline
check 'with --json a line each' json "$work/out" '{x["result"] for x in d} <= {"ok", "warn"} and
	{"folder", "credentials", "client-pair", "client-certificate"} == {x["id"] for x in d}'
check 'no secret was said' not grep -q -F -e "$FAKE_CLIENT_SECRET" -e 'PRIVATE' "$work/out" "$work/err"

finish
