#!/bin/sh
# A disk that is full at a random moment: exit 6, nothing corrupt, and with room the same command goes on to the same end.

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

start_fake fake --transactions 60
plan '{"steady_links": true}'
dir=$work/reference
mkdir "$dir"
write_config "$dir/config"
expect 0 '"complete":true' 'an undisturbed run' --config "$dir/config" --json bundle --month 2024-11
reference=$(helper json "$work/out" 'd[0]["bundle"]')

# full NAME BOUND: the month with too little room in $dir; $grow gives it enough.
if small; then
	umount "$disk"
	how='a disk of' unit=KiB
	most=$(du -sk "$dir/data" | cut -f 1)
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

point=0
while [ "$point" -lt "$points" ]; do
	point=$((point + 1))
	room=$(helper random "$seed" "$point" "$least" $((most * 95 / 100)))
	give "$room"
	where="$how $room $unit"
	# the configuration lies elsewhere: it is not what there is no room for
	mkdir -p "$work/config$point"
	write_config "$work/config$point/config"
	bounded --config "$work/config$point/config" --data-dir "$dir/data" --json bundle --month 2024-11
	judged 6 'space|disk|large|written' "$where: exit 6"
	check "$where: no bundle is claimed" not grep -q '"bundle":"' "$work/out"
	check "$where: nothing corrupt" helper store "$dir/data"
	[ ! -e "$dir/data/journal" ] || cp "$dir/data/journal" "$work/journal.then"
	grow
	plan '{"steady_links": true}'
	expect 0 '"complete":true' "$where: with room the same command goes on" \
		--config "$work/config$point/config" --data-dir "$dir/data" --json bundle --month 2024-11
	bundle=$(helper json "$work/out" 'd[0]["bundle"]')
	check "$where: no finished download is repeated" helper refetched "$work/journal.then" "$fake/requests.jsonl"
	check "$where: the end is that of the undisturbed run" helper compare "$reference" "$bundle"
	check "$where: the store is whole" helper store "$dir/data"
	expect 0 '.' "$where: the chains are whole" --config "$work/config$point/config" --data-dir "$dir/data" show --journal
	rm -f "$work/journal.then"
	take
done

finish
