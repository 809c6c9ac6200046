#!/bin/sh
# The commands around the main job: init, doctor, list, show, import, match.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl tar sha256sum

# ---- init: a configuration that the program itself accepts

expect 0 'clara-audit' 'init' init --country mx --name acme --tax-id EKU9003173C9
config=$XDG_CONFIG_HOME/clara-audit/config
check 'the configuration lies where it is looked for' test -s "$config"
check 'readable by its owner alone' same "$(stat -c %a "$config")" 600
expect 0 '.' 'it is accepted' list
cp "$config" "$work/before"
expect 2 'already' 'init does not overwrite' init --country br --name other --tax-id 11222333000181
check 'and changed nothing' cmp "$config" "$work/before"
expect 0 '.' 'init somewhere else' --config "$work/sub.conf" init --country br --name other --tax-id 11222333000181 --sandbox
check 'for the sandbox' grep -q -E '^environment *= *sandbox' "$work/sub.conf"
expect 2 'country' 'init for a country that is not served' --config "$work/x.conf" init --country us --name a --tax-id 1
check 'leaves no file' not test -e "$work/x.conf"

expect 2 'control character' 'init with a line break in the name' --config "$work/x.conf" init --name "a
[entity b]"
expect 2 'control character' 'and when the section is filled in' --config "$work/x.conf" init --country mx --tax-id EKU9003173C9 --name "a
tax_id = XAXX010101000"
mkdir "$work/a ;b"
: >"$work/a ;b/c.json"
expect 2 "' ;'" 'init with a path that would end at a comment' --config "$work/x.conf" init --country mx --name a \
	--tax-id EKU9003173C9 --credentials "$work/a ;b/c.json"
check 'none of them leaves a file' not test -e "$work/x.conf"

# ---- doctor

start_fake fake --transactions 12 --truth
mkdir "$work/good"
write_config "$work/good/config"
expect 0 'ok' 'doctor of a good set-up' --config "$work/good/config" doctor
check 'doctor asks the server' test "$(requests 'r["route"] == "token"')" -ge 1
plan '{}'
expect 0 'skip' 'doctor --offline' --config "$work/good/config" doctor --offline
check 'doctor --offline asks nobody' same "$(requests 'True')" 0
mkdir "$work/poor"
write_config "$work/poor/config" acme "credentials = $work/none.json"
expect 4 'none.json' 'doctor names a missing file' --config "$work/poor/config" doctor
write_config "$work/poor/config" acme "client_cert = $fake/expired.crt" "client_key = $fake/expired.key"
expect 4 'client certificate ended' 'doctor finds an expired certificate' --config "$work/poor/config" doctor --offline
write_config "$work/poor/config" acme "credentials = $fake/credentials-wrong-secret.json"
expect 4 'token|credentials|Unauthorized' 'doctor finds a refused secret' --config "$work/poor/config" doctor
write_config "$work/poor/config" acme "client_key = $fake/wrong.key"
expect 4 'does not belong' 'doctor --offline finds a certificate and the key of another' --config "$work/poor/config" doctor --offline
expect 2 'no-such' 'doctor without a configuration' --config "$work/no-such" doctor

# ---- list, show, match of a month

plan '{}'
expect 0 '.' 'list of an empty store' --config "$work/good/config" list
run --config "$work/good/config" --json bundle --month 2024-11
judged 0 '"complete":true' 'a month'
cp "$work/out" "$work/result"
bundle=$(helper json "$work/result" 'd[0]["bundle"]')
expect 0 'acme.*2024-11' 'list names the bundle' --config "$work/good/config" list
check 'and where it is' grep -q -F "${bundle##*/}" "$work/out"
run --config "$work/good/config" --json list
check 'list --json has its digest' grep -q "$(helper json "$work/result" 'd[0]["sha256"]')" "$work/out"
expect 0 '[0-9]' 'show --journal checks the chains' --config "$work/good/config" show --journal
run --config "$work/good/config" show --custody
judged 0 'bundled' 'show --custody tells what happened'
printf '[entity acme]\ncountri = mx\n' >"$work/broken"
expect 2 'broken:2: ' 'list names what is wrong with the configuration' --config "$work/broken" --data-dir "$work/good/data" list
XDG_CONFIG_HOME=$work/nowhere
expect 0 'acme.*2024-11' 'list without any configuration' --data-dir "$work/good/data" list
XDG_CONFIG_HOME=$work/home/config
object=$(find "$work/good/data/objects" -type f -size +0 | sort | head -n 1)
name=$(printf '%s' "${object#"$work"/good/data/objects/sha256/}" | tr -d /)
"$CLARA_AUDIT" --config "$work/good/config" show "$name" >"$work/shown" 2>"$work/err"
check 'show SHA256 gives the object' cmp "$work/shown" "$object"
expect 2 '0000' 'show of an object that is not there' --config "$work/good/config" show "$(printf '%064d' 0)"
expect 0 'matched|missing|ambiguous' 'match as text' --config "$work/good/config" match --month 2024-11
run --config "$work/good/config" --json match --month 2024-11
check 'match --json has exactly its keys' json "$work/out" 'd and all(set(x) == {x.get("transaction") and "transaction" or
	"reimbursement", "amount", "currency", "date", "state", "documents", "receiver", "candidates", "reused"} for x in d)'
check 'its states are those of the contract' json "$work/out" 'all(x["state"] in ("matched", "ambiguous", "missing", "not-needed") and
	x["receiver"] in (None, "ours", "sister", "other", "unknown") for x in d)'
check 'its documents too' json "$work/out" 'all(set(y) == {"id", "sha256", "score", "equation", "explained"} for x in d
	for y in x["documents"])'
expect 3 'incomplete' 'match of a month that is not held' --config "$work/good/config" match --month 2024-01

# ---- documents are judged as they arrive

# validations: how many judgements the custody log tells of.
validations() {
	"$CLARA_AUDIT" --config "$work/early/config" --json show --custody | grep -c '"type":"validated"'
}

demo_data "$work/early"
expect 0 '.' 'fetch' --config "$work/early/config" --entity demo-mx fetch --month 2024-11
judged_then=$(validations)
check 'judges what it brings' test "${judged_then:-0}" -ge 20
expect 0 '.' 'bundle --offline afterwards' --config "$work/early/config" --entity demo-mx bundle --month 2024-11 --offline
check 'has next to nothing left to judge' test "$(validations)" -le $((judged_then + 3))
# ---- fetch tells what this run could not have, though an earlier one had it

plan '{"rules": [{"route": "transactions", "nth": "all", "fault": {"status": 404}}]}'
expect 3 '^  transactions - http-404' 'fetch names the listing that failed today' --config "$work/good/config" fetch --month 2024-11
plan '{}'

# ---- import: a document from elsewhere closes a gap

demo_data "$work/demo"
config=$work/demo/config
run --config "$config" --entity demo-mx --json bundle --month 2024-11
cp "$work/out" "$work/result"
mkdir "$work/post"
cp "$samples/documents/mx/good/papeleria-1.xml" "$work/post/a.xml"
sed 's/></>\n</' "$samples/documents/mx/good/abogada-1.xml" >"$work/post/b.xml"
expect 0 'known .*a.xml' 'import of a folder' --config "$config" import "$work/post"
check 'what is new is stored' grep -E -q '^(stored|new) .*b.xml' "$work/out"
run --config "$config" --json import "$work/post/b.xml"
judged 0 '"known"' 'import of what is known'
printf 'PK\003\004rest' >"$work/post/c.zip"
expect 3 'c.zip: damaged' 'a broken zip archive: said, not swallowed' --config "$config" import "$work/post"
check 'imports are in the custody log' sh -c '"$1" --config "$2" show --custody | grep -q imported' - "$CLARA_AUDIT" "$config"
expect 6 'no-such' 'import of a file that is not there' --config "$config" import "$work/no-such.xml"
expect 2 '.' 'import of nothing' --config "$config" import
run --config "$config" --entity demo-mx --json bundle --month 2024-11
check 'documents that hang on their charge already change nothing' json "$work/out" \
	"d[0]['sha256'] == '$(helper json "$work/result" 'd[0]["sha256"]')'"

# An altered copy of another invoice will do: what is imported is judged, not believed.
late_invoice "$work/late.xml"
run --config "$config" --entity demo-mx --json match --month 2024-11
check 'a charge lacks its invoice' json "$work/out" "[x['state'] for x in d if x.get('transaction') == '$gap'] == ['missing']"
expect 0 'stored' 'the invoice arrives by post' --config "$config" import "$work/late.xml"
run --config "$config" --entity demo-mx --json match --month 2024-11
check 'and is matched with the charge' json "$work/out" \
	"[(x['state'], x['documents'][0]['id'][-4:]) for x in d if x.get('transaction') == '$gap'] == [('matched', 'ABCD')]"
run --config "$config" --entity demo-mx --json bundle --month 2024-11
check 'it makes a new revision' json "$work/out" 'd[0]["revision"] == 1'
helper digests "$(helper json "$work/out" 'd[0]["bundle"]')" >"$work/members"
check 'and lies beside the charge, byte for byte' grep -q "^$(sha256sum "$work/late.xml" | cut -d ' ' -f 1) .*/tx/$gap/cfdi\." "$work/members"

finish
