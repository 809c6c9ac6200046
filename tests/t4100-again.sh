#!/bin/sh
# A revision that was issued is handed out again: checked where it is there, written anew where it is not.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl sha256sum

demo_data "$work/one"
again() {
	run --config "$work/one/config" --entity demo-mx --json bundle --month 2024-11 --offline "$@"
}
run --config "$work/one/config" --json bundle --month 2024-11
judged 0 '"complete":true' 'the demo month'
[ "$code" = 0 ] || bail_out 'without a month there is nothing to hand out again'
helper json "$work/out" 'd[0]["sha256"]' >"$work/digest"
tar=$(helper json "$work/out" 'd[0]["bundle"]')
statement=$(helper json "$work/out" 'd[0]["statement"]')
base=${statement%.statement.json}
mkdir "$work/kept"
cp "$base".* "$work/kept/"
(cd "$work/kept" && sha256sum -- *) >"$work/sums"
check 'archive and three sidecars are kept' same "$(wc -l <"$work/sums" | tr -d ' ')" 4

# whole DESCRIPTION: all four files are there with the bytes that were issued.
whole() {
	check "$1" sh -c "cd '${base%/*}' && sha256sum --strict --quiet -c '$work/sums'"
}
restore() {
	rm -f "$base".*
	cp "$work"/kept/* "${base%/*}/"
}

# ---- gone: written anew with the same bytes

rm "$tar"
again
judged 0 "written anew.*${tar##*/}" 'a deleted archive is written anew, and named'
whole 'with the same bytes'
check 'as the same revision' json "$work/out" "d[0]['revision'] == 0 and d[0]['sha256'] == '$(cat "$work/digest")'"
for suffix in statement.json statement.p7s seal.pem; do
	rm "$base.$suffix"
	again
	judged 0 "written anew.*$suffix" "a deleted $suffix is written anew, and named"
	whole "a deleted $suffix: with the same bytes"
done
rm "$base".*
again
judged 0 'written anew' 'all of them deleted'
whole 'all of them: with the same bytes'
expect 0 '.' 'what was written anew verifies' verify "$tar"
again
judged 0 'revision' 'a run that finds all in place'
check 'writes nothing anew' not grep -q 'written anew' "$work/err"

# ---- not what was issued: exit 5, named, and left alone

# altered FILE DESCRIPTION
altered() {
	sha256sum "$1" >"$work/altered"
	again
	judged 5 "${1##*/}' is not what was issued" "$2: exit 5 names it"
	check "$2: it is left as it is" sha256sum --status -c "$work/altered"
	restore
}
printf X | dd of="$tar" bs=1 seek=5000 conv=notrunc 2>/dev/null
altered "$tar" 'an altered archive'
truncate -s -1024 "$tar"
altered "$tar" 'a truncated archive'
: >"$tar"
altered "$tar" 'an empty archive'
for suffix in statement.json statement.p7s seal.pem; do
	printf ' ' >>"$base.$suffix"
	altered "$base.$suffix" "an altered $suffix"
done
again
judged 0 '"revision":0' 'after they were put back'

# ---- in another folder

again --output "$work/elsewhere"
judged 0 '"revision":0' 'into another folder'
check 'all four files' sh -c "cd '$work/elsewhere' && sha256sum --strict --quiet -c '$work/sums'"
printf X | dd of="$work/elsewhere/${tar##*/}" bs=1 seek=5000 conv=notrunc 2>/dev/null
again --output "$work/elsewhere"
judged 5 'is not what was issued' 'an altered copy there'
rm -r "$work/elsewhere"
printf X | dd of="$tar" bs=1 seek=5000 conv=notrunc 2>/dev/null
again --output "$work/elsewhere"
judged 5 "${tar##*/}' is not what was issued" 'an altered archive is not copied'
check 'and nothing half-copied stays' same "$(find "$work/elsewhere" -type f | wc -l | tr -d ' ')" 0
rm "$tar" "$base.seal.pem"
again --output "$work/elsewhere"
judged 0 '"revision":0' 'what is gone is written into the folder asked for'
check 'all of it' sh -c "cd '$work/elsewhere' && sha256sum --strict --quiet -c '$work/sums'"
check 'and the sidecars into our own' test -s "$base.seal.pem"

# ---- issued with a cut-off of its own: it takes that to write the archive anew

demo_data "$work/two"
run --config "$work/two/config" --entity demo-mx --json bundle --month 2024-11 --cutoff 2025-01-05T00:00:00Z
cut=$(helper json "$work/out" 'd[0]["bundle"]')
mv "$cut" "$work/cut"
expect 6 'try --cutoff 2025-01-05T00:00:00Z' 'another cut-off: said which' --config "$work/two/config" --entity demo-mx bundle \
	--month 2024-11 --offline
expect 0 'written anew' 'with that cut-off' --config "$work/two/config" --entity demo-mx bundle --month 2024-11 --offline \
	--cutoff 2025-01-05T00:00:00Z
check 'with that cut-off: the same bytes' cmp "$cut" "$work/cut"

# ---- what cannot be written anew is named

restore
rm "$tar"
head -c 32 /dev/zero | tr '\0' k >"$work/one/salt.key"
again
judged 6 "${tar##*/}.* is gone and cannot be written anew.*--rejudge" 'another salt key: the archive is named as lost'
check 'nothing else is left in its place' same "$(find "${tar%/*}" -name "${base##*/}*.tar" | wc -l | tr -d ' ')" 0
again --rejudge
judged 0 '"revision":1' 'the next revision can be issued'

finish
