#!/bin/sh
# kill -9 at random moments of a month of 2,000 charges: what was done is kept, the same command goes on, and the end is that
# of an undisturbed run but for when and in which order the answers came.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

seed=${CLA_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')} draws=0
echo "# CLA_SEED=$seed"

size=2000 kills=10
[ "$CLA_LONG" = 0 ] || kills=200
! sanitized || size=200

# draw LOW HIGH: a random number into $drawn.
draw() {
	draws=$((draws + 1))
	drawn=$(helper random "$seed" "$draws" "$1" "$2")
}

start_fake fake --transactions "$size"
steady='{"steady_links": true}'

# fresh NAME: a configuration with an empty store, in $dir.
fresh() {
	dir=$work/$1
	mkdir "$dir"
	write_config "$dir/config"
}

plan "$steady"
fresh undisturbed
begin=$(date +%s%N)
expect 0 '"complete":true' 'an undisturbed run' --config "$dir/config" --json bundle --month 2024-11
whole_ms=$((($(date +%s%N) - begin) / 1000000))
reference=$(helper json "$work/out" 'd[0]["bundle"]')
check 'its store is whole' helper store "$dir/data"
uses=$(grep -c '"type":"use"' "$dir/data/journal")
echo "# $size charges take $whole_ms ms"

# One store after the other, each killed several times on its way, until there were enough kills.
chain=0 killed=0 resumed=0
while [ "$killed" -lt "$kills" ]; do
	chain=$((chain + 1)) step=0 result=killed
	fresh "chain$chain"
	while [ "$result" = killed ] && [ "$step" -lt 8 ]; do
		# what the server still had in hand of the run before is logged by now
		sleep 0.3
		rm -f "$work/journal.then"
		[ ! -e "$dir/data/journal" ] || cp "$dir/data/journal" "$work/journal.then"
		plan "$steady"
		limit=$((killed < kills && step < 7 ? whole_ms * 6 / 10 : 3600000))
		[ "$limit" = 3600000 ] || { draw 0 "$limit" && limit=$drawn; }
		result=$(helper kill "$limit" "$work/out" "$work/err" "$CLARA_AUDIT" --config "$dir/config" --json bundle --month 2024-11)
		if [ "$result" = killed ]; then
			killed=$((killed + 1)) step=$((step + 1))
			sleep 0.3
			check "kill $killed, after $limit ms of run $step in store $chain: nothing is lost or half-written" \
				helper store "$dir/data"
		fi
		check "store $chain: no finished download is repeated" helper refetched "$work/journal.then" "$fake/requests.jsonl"
		! grep -q '^[1-9][0-9]* [1-9]' "$work/check" || resumed=$((resumed + 1))
	done
	code=$result ran="bundle in store $chain"
	judged 0 '"complete":true' "store $chain: after $step kills the run ends complete"
	bundle=$(helper json "$work/out" 'd[0]["bundle"]')
	check "store $chain: nothing temporary is left" same "$(find "$dir/data/tmp" -type f 2>/dev/null | wc -l)" 0
	check "store $chain: the store is whole" helper store "$dir/data"
	check "store $chain: where documents are used is known" same "$(grep -c '"type":"use"' "$dir/data/journal")" "$uses"
	expect 0 '.' "store $chain: the chains are whole" --config "$dir/config" show --journal
	expect 0 '.' "store $chain: the bundle verifies" verify "$bundle"
	check "store $chain: it is that of the undisturbed run" helper compare "$reference" "$bundle"
	check "store $chain: with as many objects" same "$(find "$dir/data/objects" -type f | wc -l)" \
		"$(find "$work/undisturbed/data/objects" -type f | wc -l)"
	rm -rf "$dir"
done
check 'runs went on with downloads of those before them' test "$resumed" -gt 0

finish
