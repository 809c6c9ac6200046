#!/bin/sh
# Peak memory of a run stays below 64 MiB; that of making a bundle and of verifying it does not grow with the month.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl
! sanitized || skip_all 'sanitizers distort it'

# peak N: a month of N transactions from an empty store; leaves $peak in KiB of the collecting run and $offline of a
# run that bundles again from the store.
peak() {
	start_fake "fake$1" --transactions "$1" --limit 1200
	mkdir "$work/store$1"
	write_config "$work/store$1/config"
	# shellcheck disable=SC2046 # three words
	set -- "$1" $(helper measure "$work/out" "$work/err" "$CLARA_AUDIT" --config "$work/store$1/config" --json bundle --month 2024-11)
	code=$2 peak=$4 ran="bundle of $1 transactions"
	judged 0 '"complete":true' "$1 transactions: a complete month"
	echo "# $1 transactions: $3 ms of processor time, $4 KiB"
	check "$1 transactions: all are there" json "$work/out" "d[0]['transactions'] == $1"
	bundle=$(helper json "$work/out" 'd[0]["bundle"]')
	stop_fake
	size=$1
	# shellcheck disable=SC2046
	set -- $(helper measure "$work/out" "$work/err" "$CLARA_AUDIT" --config "$work/store$1/config" --json bundle --month 2024-11 --offline --rejudge)
	code=$1 offline=$3
	judged 0 '"complete":true' "$size transactions: bundled again"
	# shellcheck disable=SC2046
	set -- $(helper measure "$work/out" "$work/err" "$CLARA_AUDIT" verify "$bundle")
	code=$1 verify=$3
	judged 0 '.' "$size transactions: verified"
	echo "# bundled again: $offline KiB; verified: $verify KiB"
	for kib in "$peak" "$offline" "$verify"; do
		check "$size transactions: $kib KiB are at most 64 MiB" test "$kib" -le 65536
	done
}

# Enough of each for the caches to fill: what collecting takes grows up to some 2,500 transactions and is level beyond.
few=3000 many=6000 room=10
[ "$CLA_LONG" = 0 ] || few=3000 many=50000 room=8
peak "$few"
small=$peak small_offline=$offline
peak "$many"
check "bundling again: $small_offline KiB for $few, $offline KiB for $many: no growth" test "$offline" -le $((small_offline + 2048))
# How many connections are open and how much waits for the disk varies from run to run.
check "collecting: $small KiB for $few, $peak KiB for $many: at most $room MiB more" test "$peak" -le $((small + room * 1024))

# ---- verify: the same memory for ten times the month

demo_data "$work/demo"
run --config "$work/demo/config" --json bundle --month 2024-11
[ "$code" = 0 ] || bail_out 'no bundle to start from' "$work/out" "$work/err"
demo=$(helper json "$work/out" 'd[0]["bundle"]')

# verified N COMMAND…: of a month of N transactions more, unsigned; leaves $verify in KiB.
verified() {
	size=$1 ran="$2 of $1 transactions more"
	shift
	# shellcheck disable=SC2046
	set -- $(helper measure "$work/out" "$work/err" "$@")
	code=$1 verify=$3
	judged 1 '"problems":\[\]' "$size transactions more: nothing wrong, but nobody answers for it"
	check "$size transactions more: all are there" json "$work/out" "d[0]['expenses'] == $size + 33 and d[0]['members'] > 5 * $size"
	echo "# $ran: $2 ms of processor time, $3 KiB"
}

few=300
[ "$CLA_LONG" = 0 ] || few=3000
for how in 'a file' 'a file, judged again' 'a pipe'; do
	for n in "$few" "$((10 * few))"; do
		month=$work/month$n
		[ -d "$month" ] || "$CLA_PYTHON" "$tests/t9200-month.py" "$demo" "$n" "$month" ||
			bail_out 'the month cannot be made'
		case $how in
		'a file') verified "$n" "$CLARA_AUDIT" --json verify "$month"/*.tar ;;
		'a pipe') verified "$n" /bin/sh -c 'cat "$1" | "$0" --json verify -' "$CLARA_AUDIT" "$month"/*.tar ;;
		*) verified "$n" "$CLARA_AUDIT" --json verify --replay "$month"/*.tar ;;
		esac
		[ "$n" != "$few" ] || small=$verify
	done
	check "verify of $how: $small KiB for $few more, $verify KiB for ten times that: no growth" \
		test "$verify" -le $((small + 2048))
done

finish
