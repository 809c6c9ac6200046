#!/bin/sh
# fetch --since-last: from 7 days before the last day held, at least the last 60 days, and no month left out.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

# months DAYS: the months from that many days ago to now, one a line.
months() {
	"$CLA_PYTHON" -c '
import datetime, sys
day, end = datetime.datetime.now(datetime.timezone.utc).date(), None
at = day - datetime.timedelta(days=int(sys.argv[1]))
at = at.replace(day=1)
while at <= day:
	print(at.strftime("%Y-%m"))
	at = (at + datetime.timedelta(days=32)).replace(day=1)' "$1"
}
months_named() {
	sed -n 's/^acme \(20[0-9][0-9]-[0-9][0-9]\): .*/\1/p' "$work/out"
}
start_fake fake --transactions 4
mkdir "$work/it"
write_config "$work/it/config"
expect 0 'acme' 'with nothing held' --config "$work/it/config" fetch --since-last
check 'the last 60 days' same "$(months_named)" "$(months 60)"
expect 0 'acme' 'with this month held' --config "$work/it/config" fetch --since-last
check 'the last 60 days again' same "$(months_named)" "$(months 60)"
old=$(months 300 | head -n 1)
expect 0 'acme' 'a month long ago' --config "$work/it/config" --data-dir "$work/old" fetch --month "$old"
expect 0 'acme' 'and all since' --config "$work/it/config" --data-dir "$work/old" fetch --since-last
check 'no month is left out' same "$(months_named)" "$(months 300)"

# ---- a month that was not over when it was collected: 7 days before that day count too

if command -v faketime >/dev/null && ! sanitized; then
	for day in 2024-11-04 2024-11-20 2024-12-03; do
		demo_data "$work/$day"
		sed "s/\"time\":\"2024-12-03T/\"time\":\"${day}T/" "$samples/mx/answers.jsonl" >"$work/$day/mx/answers.jsonl"
		run --config "$work/$day/config" --entity demo-mx fetch --month 2024-11
		faketime '2025-02-10 12:00:00' "$CLARA_AUDIT" --config "$work/$day/config" --entity demo-mx fetch --since-last \
			>"$work/out" 2>"$work/err"
		# The recording holds November alone: what is asked for first is answered, or named as not to be had.
		if [ "$day" = 2024-11-04 ]; then
			check "collected on $day: from October on" grep -q "entity 'demo-mx', 2024-10:" "$work/err"
		else
			check "collected on $day: from November on" grep -q '^demo-mx 2024-11: charges: 30' "$work/out"
			check "collected on $day: and then December" grep -q "entity 'demo-mx', 2024-12:" "$work/err"
		fi
	done
else
	skip 'a month that was not over when it was collected' 'faketime is not installed, or does not go with sanitizers'
fi

finish
