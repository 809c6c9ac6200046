#!/bin/sh
# The data directory: one writer, stops and kills at any instant, a full disk, damage found and named.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl tar

start_fake fake --transactions 60 --truth

# fresh: a configuration with an empty store, in $dir.
number=0
fresh() {
	number=$((number + 1))
	dir=$work/store$number
	mkdir "$dir"
	write_config "$dir/config"
}

slow='{"rules": [{"route": "documents", "nth": "all", "fault": {"delay_before_ms": 700}},
	{"route": "download", "nth": "all", "fault": {"delay_before_ms": 700}}]}'

# background COMMAND…: the program in the background; leaves $pid.
background() {
	"$CLARA_AUDIT" "$@" >"$work/bg.out" 2>"$work/bg.err" </dev/null &
	pid=$!
	children="$children $pid"
}

# until_downloads N: waits until the server has seen so many downloads.
until_downloads() {
	tries=0
	while [ "$(requests 'r["listener"] == "download"')" -lt "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || bail_out 'the fetch makes no progress' "$work/bg.err"
		sleep 0.02
	done
}

ended() {
	wait "$pid"
	code=$?
}

# refetched: after a stop, no file that the journal holds was asked for by the second run (whose log is the server's now).
refetched() {
	helper refetched "$work/journal.then" "$fake/requests.jsonl" >"$work/counts" || { cat "$work/counts"; return 1; }
	! grep -E '^0 | 0$' "$work/counts"
}

# ---- one writer

fresh
plan "$slow"
background --config "$dir/config" fetch --month 2024-11
until_downloads 1
expect 8 'another run|lock' 'a second run while the first one works' --config "$dir/config" bundle --month 2024-11
run --json --config "$dir/config" fetch --month 2024-11
check 'and as JSON' json "$work/out" 'd[0]["error"]["exit"] == 8'
expect 0 '.' 'reading is allowed meanwhile' --config "$dir/config" list
ended
check 'the first one is not disturbed' same "$code" 0
expect 0 '.' 'afterwards the next one works' --config "$dir/config" --json bundle --month 2024-11
check 'the data directory is private' same "$(stat -c %a "$dir/data")" 700
check 'so are the keys' same "$(stat -c %a "$dir/data/keys")" 700
check 'and each of them' same "$(stat -c %a "$dir/data/keys/seal.key")" 600
check 'objects are read-only' same "$(find "$dir/data/objects" -type f -perm /222 | wc -l)" 0
expect 0 '.' 'journal and custody log are whole' --config "$dir/config" show --journal
reference=$(find "$dir/data/objects" -type f | wc -l)

# ---- a sealing key whose certificate was not written any more

cp -Rp "$dir/data/keys" "$work/keys"
fresh
plan '{}'
mkdir -m 700 "$dir/data"
cp -Rp "$work/keys" "$dir/data/keys"
rm "$dir/data/keys/seal.pem"
expect 0 '"complete":true' 'a key without its certificate does' --config "$dir/config" --json bundle --month 2024-11
check 'its certificate is written again' cmp "$work/keys/seal.pem" "$dir/data/keys/seal.pem"
fresh
mkdir -m 700 "$dir/data"
cp -Rp "$work/keys" "$dir/data/keys"
rm "$dir/data/keys/seal.key"
expect 2 'restore the key' 'a certificate without its key does not' --config "$dir/config" bundle --month 2024-11
check 'and nothing takes its place' test ! -e "$dir/data/keys/seal.key"
cp "$work/keys/seal.key" "$dir/data/keys/seal.key"
sed -i '/BEGIN CERT/,$d' "$dir/data/keys/seal.key"
rm "$dir/data/keys/seal.pem"
expect 2 'restore the certificate' 'nor does a bare key' --config "$dir/config" bundle --month 2024-11

# ---- stopped by the user

for signal in INT TERM; do
	fresh
	plan "$slow"
	# A shell without job control starts its background with SIGINT ignored: the helper brings it back.
	"$CLA_PYTHON" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$CLARA_AUDIT" --config "$dir/config" fetch --month 2024-11 >"$work/bg.out" 2>"$work/bg.err" &
	pid=$!
	until_downloads 10
	begin=$(date +%s)
	kill -"$signal" "$pid"
	ended
	check "SIG$signal ends with 130" same "$code" 130
	check "SIG$signal ends soon" test $(($(date +%s) - begin)) -le 3
	check "SIG$signal: what to do is said" grep -q -i 'same command' "$work/bg.err"
	check "SIG$signal: nothing half-written is left" same "$(find "$dir/data/tmp" -type f 2>/dev/null | wc -l)" 0
	cp "$dir/data/journal" "$work/journal.then"
	sleep 1.5 # what the server still had in hand is logged now, not later
	plan '{}'
	expect 0 '"complete":true' "SIG$signal: the same command goes on" --config "$dir/config" --json bundle --month 2024-11
	check "SIG$signal: nothing is fetched twice" refetched
done

# ---- killed

for wait in 0 1 5 20 40; do
	fresh
	plan "$slow"
	background --config "$dir/config" bundle --month 2024-11
	until_downloads "$wait"
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	plan '{}'
	expect 0 '"complete":true' "killed after $wait downloads: the same command goes on" --config "$dir/config" --json bundle --month 2024-11
	bundle=$(helper json "$work/out" 'd[0]["bundle"]')
	expect 0 '.' "killed after $wait: chains are whole" --config "$dir/config" show --journal
	expect 0 '.' "killed after $wait: the bundle verifies" verify "$bundle"
	check "killed after $wait: nothing temporary is left" same "$(find "$dir/data/tmp" -type f 2>/dev/null | wc -l)" 0
done

# ---- a full disk

# small SIZE: a file system of that size in $work/small, ended with this script.
small() {
	mkdir "$work/small"
	[ "$(id -u)" = 0 ] && mount -t tmpfs -o "size=$1,mode=700" clara-test "$work/small" 2>/dev/null
}
end_small() {
	umount "$work/small" 2>/dev/null
	clean_up
}

plan '{}'
if small 700k; then
	trap end_small EXIT
	write_config "$work/small/config"
	expect 6 'no space|disk' 'a full disk' --config "$work/small/config" bundle --month 2024-11
	check 'a full disk: what to do is said' grep -q -i 'free' "$work/err"
	mount -o remount,size=64m "$work/small"
	run --config "$work/small/config" show --journal
	judged 0 '.' 'a full disk: chains are whole'
	expect 0 '"complete":true' 'with space, the same command goes on' --config "$work/small/config" --json bundle --month 2024-11
	umount "$work/small"
	trap clean_up EXIT
else
	skip 'a full disk' 'no small file system can be mounted here'
fi
(
	ulimit -f 40 # blocks of 512 bytes; POSIX
	trap '' XFSZ
	fresh
	run --config "$dir/config" bundle --month 2024-11
	echo "$code" >"$work/code"
)
number=$((number + 1))
dir=$work/store$number
check 'a file that may not grow is an error of the disk, no crash' same "$(cat "$work/code")" 6
expect 0 '"complete":true' 'with the bound gone, the same command goes on' --config "$dir/config" --json bundle --month 2024-11

# ---- damage

fresh
expect 0 '.' 'a month to damage' --config "$dir/config" fetch --month 2024-11
victim=$(grep -l -a -r '<cfdi:Comprobante' "$dir/data/objects" | sort | head -n 1)
chmod u+w "$victim"
helper flip "$victim" 60
name=$(printf '%s' "${victim#"$dir"/data/objects/sha256/}" | tr -d /)
expect 5 "$name" 'a changed object is named' --config "$dir/config" bundle --month 2024-11 --offline
check 'and no bundle was made' same "$(find "$dir/data" -name '*.tar' | wc -l)" 0
helper flip "$victim" 60
expect 0 '.' 'mended, it serves again' --config "$dir/config" bundle --month 2024-11 --offline
mv "$victim" "$work/away"
expect 5 "${name#??}" 'an object that went away is named' --config "$dir/config" bundle --month 2024-11 --offline --rejudge
mv "$work/away" "$victim"

run --config "$dir/config" --json bundle --month 2024-11 --offline
cp "$work/out" "$work/result"
rm -f "$dir"/data/catalogue.sqlite*
run --config "$dir/config" --json bundle --month 2024-11 --offline
judged 0 '"complete":true' 'a catalogue that was deleted is made again'
check 'with the same result' cmp "$work/out" "$work/result"
check 'in the same number of objects' test "$(find "$dir/data/objects" -type f | wc -l)" -ge "$reference"

printf '{"n":999999,"torn' >>"$dir/data/journal"
expect 0 '"complete":true' 'a torn last line of the journal is cut' --config "$dir/config" --json bundle --month 2024-11 --offline
check 'and gone' not grep -q torn "$dir/data/journal"
cp "$dir/data/journal" "$work/journal"
sed -i '0,/"status":200/s//"status":201/' "$dir/data/journal"
check 'the journal was changed by the test' not cmp -s "$dir/data/journal" "$work/journal"
expect 5 'journal.*line' 'a changed line of the journal is found' --config "$dir/config" show --journal
cp "$work/journal" "$dir/data/journal"
sed -i '1d' "$dir/data/custody.jsonl"
expect 5 'custody.*line' 'a line taken out of the custody log is found' --config "$dir/config" show --journal

finish
