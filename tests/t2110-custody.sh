#!/bin/sh
# The custody log: one event for each thing that happened, held by chain, journal and statements; and a catalogue made
# again from journal, objects and bundles.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

demo_data "$work/a"
config=$work/a/config data=$work/a/data
expect 0 '.' 'fetch' --config "$config" --entity demo-mx fetch --month 2024-11
run --config "$config" --entity demo-mx --json bundle --month 2024-11
cp "$work/out" "$work/result"
bundle=$(helper json "$work/result" 'd[0]["bundle"]')
digest=$(helper json "$work/result" 'd[0]["sha256"]')
expect 0 '"result":"pass"' 'verify with a data directory named' --data-dir "$data" --json verify "$bundle"

# ---- what it tells

run --config "$config" --json show --custody
judged 0 '"type":"fetched"' 'show --custody prints the log'
cp "$work/out" "$work/events"
check 'as the file has it' cmp "$work/events" "$data/custody.jsonl"
check 'it was checked' grep -q '1 statements and [1-9][0-9]* events' "$work/err"
check 'every event says who, what, when' json "$work/events" 'all(set(e["data"]) == {"entity", "journal", "object", "subject", "time"}
	and e["data"]["entity"] == "demo-mx" and e["data"]["subject"] for e in d)'
check 'in the order of things' json "$work/events" '[t for i, t in enumerate(e["type"] for e in d) if i == 0 or d[i - 1]["type"] != t][-2:]
	== ["bundled", "verified"]'
check 'a run that fetched names the journal line up to which it went' json "$work/events" 'all(e["data"]["journal"]["n"] > 0 for e in d
	if e["type"] in ("fetched", "re-affirmed")) and [e["type"] for e in d if e["data"]["journal"]] == ["fetched", "re-affirmed"]'
check 'each stored file is named' "$CLA_PYTHON" - "$work/events" "$data/objects/sha256" <<'END'
import json, os, sys
stored = [e['data'] for e in map(json.loads, open(sys.argv[1])) if e['type'] == 'stored']
assert len(stored) >= 20 and all('capture' in e['subject'] for e in stored)
assert all(os.path.isfile(f"{sys.argv[2]}/{e['object'][:2]}/{e['object'][2:]}") for e in stored)
END
check 'each verdict names document, result and rules' json "$work/events" 'len([e for e in d if e["type"] == "validated"]) >= 20 and
	all(len(e["data"]["object"]) == 64 and e["data"]["subject"].split(": ")[1].split(",")[0] in ("pass", "warn", "fail", "unknown")
	for e in d if e["type"] == "validated")'
check 'the bundle is named by its digest' json "$work/events" "[e['data']['object'] for e in d if e['type'] in ('bundled', 'verified')] ==
	['$digest'] * 2"
expect 0 'bundled +demo-mx +'"$digest" 'for people: columns' --config "$config" show --custody
cp "$data/custody.jsonl" "$work/custody"
run --config "$config" --data-dir "$data" verify "$work/nothing.tar"
check 'a bundle that is not there is no event' cmp "$data/custody.jsonl" "$work/custody"
cp "$bundle" "$work/$(basename "$bundle")"
chmod u+w "$work/$(basename "$bundle")"
# flip_data TAR: a byte of a document in it.
flip_data() {
	at=$(grep -a -b -o '<cfdi:Comprobante' "$1" | head -n 1 | cut -d : -f 1)
	helper flip "$1" $((at + 30))
}
flip_data "$work/$(basename "$bundle")"
expect 5 '.' 'verify of a damaged copy' --data-dir "$data" verify "$work/$(basename "$bundle")"
check 'is told too' grep -q ': fail, [1-9]' "$data/custody.jsonl"
cp "$data/custody.jsonl" "$work/custody"
expect 2 'no-such' 'verify with a data directory that is not there' --data-dir "$work/no-such" verify "$bundle"
check 'makes none' test ! -e "$work/no-such"

# ---- what it notices

# tamper FILE SCRIPT…: a Python script over the list `lines` of FILE (bytes, with their ends).
tamper() {
	"$CLA_PYTHON" - "$1" "$2" <<'END'
import sys
lines = open(sys.argv[1], 'rb').readlines()
exec(sys.argv[2])
open(sys.argv[1], 'wb').writelines(lines)
END
}

# noticed NAME SCRIPT LINE: the change is exit 5 and names the line, also by --journal, with and without a catalogue.
noticed() {
	for catalogue in with without; do
		cp "$work/custody" "$data/custody.jsonl"
		[ "$catalogue" = with ] || rm -f "$data"/catalogue.sqlite*
		tamper "$data/custody.jsonl" "$2"
		expect 5 "custody.jsonl.* line $3" "$1, $catalogue a catalogue" --config "$config" show --custody
		expect 5 "custody.jsonl.* line $3" "$1, $catalogue a catalogue: --journal" --config "$config" show --journal
	done
	cp "$work/custody" "$data/custody.jsonl"
	expect 0 'hold' "$1: undone" --config "$config" show --journal
}
noticed 'a changed line' 'lines[4] = lines[4].replace(b"demo-mx", b"demo-br")' 6
noticed 'a removed line' 'del lines[4]' 5
noticed 'an inserted line' 'lines.insert(4, lines[4])' 6
noticed 'two lines exchanged' 'lines[3], lines[4] = lines[4], lines[3]' 4
noticed 'no JSON' 'lines[4] = b"{\n"' 5
events=$(wc -l <"$work/custody")
cp "$work/custody" "$data/custody.jsonl"
tamper "$data/custody.jsonl" 'lines[-1] = lines[-1].replace(b"demo-mx", b"demo-br")'
expect 5 "custody.jsonl" 'the last line changed' --config "$config" show --custody
cp "$work/custody" "$data/custody.jsonl"
tamper "$data/custody.jsonl" 'del lines[-1]'
expect 5 "had $events" 'the last line cut off' --config "$config" show --custody
# All of the log made anew, as a good chain, by one who also removes the catalogue: the signed statement knows better.
cp "$work/custody" "$data/custody.jsonl"
rm -f "$data"/catalogue.sqlite*
tamper "$data/custody.jsonl" '
import hashlib, json
head = "0" * 64
for i, line in enumerate(lines):
	entry = json.loads(line)
	entry["prev"] = head
	entry["data"]["time"] = "2020-01-01T00:00:00Z"
	lines[i] = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
	head = hashlib.sha256(lines[i]).hexdigest()
	lines[i] += b"\n"'
expect 5 'custody.jsonl. line .*statement' 'a log invented anew contradicts the statement' --config "$config" show --custody
cp "$work/custody" "$data/custody.jsonl"
rm -f "$data"/catalogue.sqlite*
expect 0 'statements' 'the right one is back' --config "$config" show --custody

# ---- the catalogue, made again

# dump FILE: all that the catalogue says of the journal.
dump() {
	"$CLA_PYTHON" - "$data/catalogue.sqlite" >"$1" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
tables = sorted(r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('meta', 'verdict')"))
for table in tables:
	columns = [r[1] for r in db.execute(f'PRAGMA table_info({table})')]
	for row in db.execute(f'SELECT * FROM {table} ORDER BY {",".join(columns)}'):
		print(table, row)
print(*[r for r in db.execute("SELECT key, value FROM meta WHERE key LIKE 'journal%' ORDER BY key")])
END
}
dump "$work/before"
check 'the catalogue holds something' test "$(wc -l <"$work/before")" -ge 100
for how in deleted truncated corrupt emptied whole; do
	case $how in
	deleted) rm -f "$data"/catalogue.sqlite* ;;
	truncated) "$CLA_PYTHON" -c 'import os, sys; os.truncate(sys.argv[1], 20000)' "$data/catalogue.sqlite" ;;
	corrupt) tr '\000-\377' '\001-\377\000' <"$data/catalogue.sqlite" >"$work/bad" && cp "$work/bad" "$data/catalogue.sqlite" ;;
	emptied) : >"$data/catalogue.sqlite" ;;
	esac
	expect 0 'catalogue made again: [0-9]+ journal lines; bundles: 1 known, 0 recovered, 0 not' "doctor --rebuild: $how" --config "$config" doctor --rebuild
	dump "$work/after"
	check "$how: rebuilt equal" cmp "$work/before" "$work/after"
done
check 'each rebuild is in the custody log' same "$(grep -c '"type":"rebuilt"' "$data/custody.jsonl")" 5
run --config "$config" --entity demo-mx --json bundle --month 2024-11 --offline
check 'the bundle is the same' cmp "$work/out" "$work/result"

# ---- an issued revision whose journal lines were lost

cp -R "$data" "$work/kept"
lines=$(grep -n '"type":"bundle"}' "$data/journal" | cut -d : -f 1)
head -n $((lines - 1)) "$data/journal" >"$work/journal" && cp "$work/journal" "$data/journal"
expect 5 'journal' 'lost journal lines are noticed' --config "$config" --entity demo-mx bundle --month 2024-11 --offline
expect 0 'recovered: demo-mx 2024-11 revision 0' 'doctor --rebuild recovers the revision from bundles/' --config "$config" doctor --rebuild
run --config "$config" --json list
check 'list knows it again' json "$work/out" "[(x['sha256'], x['revision'], x['seq'], x['present']) for x in d if 'sha256' in x] == [('$digest', 0, 0, True)]"
run --config "$config" --entity demo-mx --json bundle --month 2024-11 --offline
check 'unchanged evidence is the same revision' cmp "$work/out" "$work/result"
run --config "$config" --entity demo-mx --json bundle --month 2024-11 --offline --rejudge
judged 0 '"revision":1' 'the next revision builds on it'
next=$(helper json "$work/out" 'd[0]["bundle"]')
expect 0 'pass' 'and verifies' --json verify "$next"
expect 0 'hold' 'the logs hold' --config "$config" show --journal

# An archive that does not hold is not recovered.
rm -rf "$data"
cp -R "$work/kept" "$data"
cp "$work/journal" "$data/journal"
tar=$(find "$data/bundles" -name '*.tar')
chmod u+w "$tar"
flip_data "$tar"
expect 5 'not recovered.*does not verify' 'a damaged archive is not recovered' --config "$config" doctor --rebuild
rm -f "$tar"
expect 3 'not recovered' 'an archive that is not there is named' --config "$config" doctor --rebuild
expect 2 '.' 'doctor --rebuild without data' --data-dir "$work/no-such" doctor --rebuild

finish
