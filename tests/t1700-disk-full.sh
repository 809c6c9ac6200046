#!/bin/sh
# A disk that is full at a random moment: exit 6, nothing corrupt, and with room the same command goes on to the same end.
# In the long form also with each number of pages that a small month can be short of.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

seed=${CLA_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "# CLA_SEED=$seed"
points=6
[ "$CLA_LONG" = 0 ] || points=50

# A small file system needs the right to mount one: as root, or in a name space of our own.
disk=$work/disk
mkdir "$disk"
small() {
	mount -t tmpfs -o size=65536k,mode=700 clara-test "$disk" 2>"$work/mount"
}
if ! small; then
	if [ "${CLA_UNSHARED:-0}" = 0 ] && unshare -rm true 2>/dev/null; then
		CLA_UNSHARED=1 TMPDIR=$(dirname "$work")
		export CLA_UNSHARED TMPDIR CLA_SRCDIR CLA_BUILDDIR CLARA_AUDIT
		clean_up
		exec unshare -rm sh "$tests/t1700-disk-full.sh"
	fi
	small() {
		false
	}
fi
umount "$disk" 2>/dev/null
trap 'umount "$disk" 2>/dev/null; clean_up' EXIT

# month_of N: a server with N charges, and the month that an undisturbed run makes of them.
month_of() {
	start_fake "fake$1" --transactions "$1"
	plan '{"steady_links": true}'
	dir=$work/reference$1
	mkdir "$dir"
	write_config "$dir/config"
	expect 0 '"complete":true' "an undisturbed run of $1 charges" --config "$dir/config" --json bundle --month 2024-11
	reference=$(helper json "$work/out" 'd[0]["bundle"]')
	whole=$(du -sk "$dir/data" | cut -f 1)
	uses=$(grep -c '"type":"use"' "$dir/data/journal")
}
month_of 60

# give BOUND: a folder $dir with too little room; `grow` gives it enough, `take` takes it away.
if small; then
	umount "$disk"
	how='a disk of' unit=KiB
	most=$whole
	least=20
	give() {
		dir=$disk
		small || bail_out 'the small file system cannot be mounted' "$work/mount"
		head -c $(((65536 - $1) * 1024)) /dev/zero >"$disk/ballast"
	}
	take() {
		umount "$disk"
	}
	bounded() {
		run "$@"
	}
	grow() {
		rm "$disk/ballast"
	}
else
	# second best: files that may not grow beyond a bound; the largest of all is the archive
	how='files of at most' unit='blocks of 512 bytes'
	most=$(($(stat -c %s "$reference") / 512)) least=8
	give() {
		bound=$1 dir=$work/bounded$1
		mkdir "$dir"
	}
	take() {
		rm -rf "$dir"
	}
	bounded() {
		(
			ulimit -f "$bound"
			trap '' XFSZ
			run "$@"
			echo "$code" >"$work/code"
		)
		code=$(cat "$work/code") ran=$*
	}
	grow() {
		:
	}
fi

# in_room BOUND: the month with that little room, and again with enough. $fits tells whether it was enough at once.
tries=0
in_room() {
	tries=$((tries + 1)) fits=0
	give "$1"
	where="$how $1 $unit"
	# the configuration lies elsewhere: it is not what there is no room for
	config=$work/config$tries/config
	mkdir -p "$work/config$tries"
	write_config "$config"
	bounded --config "$config" --data-dir "$dir/data" --json bundle --month 2024-11
	if [ "${2:-}" = 'or enough' ] && [ "$code" = 0 ]; then
		fits=1
		take
		return
	fi
	judged 6 'space|disk|large|written' "$where: exit 6"
	check "$where: no bundle is claimed" not grep -q '"bundle":"' "$work/out"
	check "$where: nothing corrupt" helper store "$dir/data"
	rm -f "$work/journal.then"
	[ ! -e "$dir/data/journal" ] || cp "$dir/data/journal" "$work/journal.then"
	grow
	goes_on
	take
}

# goes_on: now there is room.
goes_on() {
	plan '{"steady_links": true}'
	expect 0 '"complete":true' "$where: with room the same command goes on" \
		--config "$config" --data-dir "$dir/data" --json bundle --month 2024-11
	bundle=$(helper json "$work/out" 'd[0]["bundle"]')
	check "$where: no finished download is repeated" helper refetched "$work/journal.then" "$fake/requests.jsonl"
	check "$where: the end is that of the undisturbed run" helper compare "$reference" "$bundle"
	check "$where: the store is whole" helper store "$dir/data"
	check "$where: where documents are used is known" same "$(grep -c '"type":"use"' "$dir/data/journal")" "$uses"
	expect 0 '.' "$where: the chains are whole" --config "$config" --data-dir "$dir/data" show --journal
	expect 0 '.' "$where: the bundle verifies" verify "$bundle"
}

point=0
while [ "$point" -lt "$points" ]; do
	point=$((point + 1))
	in_room "$(helper random "$seed" "$point" "$least" $((most * 95 / 100)))"
done

if [ "$CLA_LONG" = 0 ] || ! small; then
	finish
fi
umount "$disk"

# ---- every page that a small month writes may be the one too many

month_of 4
room=0 enough=0
while [ "$enough" -lt 3 ] && [ "$room" -lt 4096 ]; do
	room=$((room + 4))
	in_room "$room" 'or enough'
	enough=$((fits ? enough + 1 : 0))
done
check "a month of 4 charges was short of each page up to $room KiB" test "$enough" = 3 -a "$room" -gt "$whole"

# One store that is given a little more each time it has failed; the journal of each run takes some of it.
room=4 where='a little more each time'
give "$room"
config=$work/slowly/config
mkdir "$work/slowly"
write_config "$config"
while [ "$room" -lt 4096 ]; do
	: >"$work/journal.then"
	[ ! -e "$dir/data/journal" ] || cp "$dir/data/journal" "$work/journal.then"
	plan '{"steady_links": true}'
	run --config "$config" --data-dir "$dir/data" --json bundle --month 2024-11
	check "$where: with $room KiB no finished download is repeated" \
		helper refetched "$work/journal.then" "$fake/requests.jsonl"
	[ "$code" = 6 ] || break
	check "$where: with $room KiB nothing corrupt" helper store "$dir/data"
	room=$((room + 52))
	truncate -s $(((65536 - room) * 1024)) "$disk/ballast"
done
judged 0 '"complete":true' "$where: with $room KiB it ends"
grow
goes_on
take

finish
