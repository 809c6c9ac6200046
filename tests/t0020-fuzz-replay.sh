#!/bin/sh
# Every input that once mattered to a fuzz target is run again: no crash, no sanitizer report.
set -u

# libFuzzer programs take files as arguments too, so this holds with --enable-fuzzing as well.
count=0 failures=0
for target in verify judge unpack checker; do
	case $target in
	verify) program=$CLA_BUILDDIR/src/verify/verify_fuzz ;;
	judge) program=$CLA_BUILDDIR/src/fiscal/judge_fuzz ;;
	unpack) program=$CLA_BUILDDIR/src/tar/unpack_fuzz ;;
	checker) program=$CLA_BUILDDIR/src/xml/checker_fuzz ;;
	esac
	for input in "$CLA_SRCDIR/tests/corpus/$target"/*; do
		count=$((count + 1))
		if out=$("$program" "$input" 2>&1); then
			echo "ok $count - $target ${input##*/}"
		else
			failures=$((failures + 1))
			printf '%s\n' "$out" | tail -n 20 | sed 's/^/# /'
			echo "not ok $count - $target ${input##*/}"
		fi
	done
done
echo "1..$count"
[ "$failures" -eq 0 ]
