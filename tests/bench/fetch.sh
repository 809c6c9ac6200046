#!/bin/sh
# Measures collecting against its peers over a line of 40 ms, in one run on one machine, and prints a table. Asserts
# nothing.
#
#	make tests/bench/delay tests/bench/phases tests/bench/bare &&
#		CLA_BUILDDIR=$PWD sh …/tests/bench/fetch.sh [--rtt MS] [--only NAME] [--rounds N] [--flight N]
#
# NAME is one of: small (5,000 small resources), long (a run of over ten seconds), graph (pages, documents and files of
# 200 KiB that lead to each other), cpu (processor time without latency), million (memory over a million requests; only
# when it is named). The server is nginx with HTTP/2 and client certificates, 256 requests are in flight. All is in
# TMPDIR (/tmp), where disks matter. The server and the line take their share of the same machine: "bare libcurl" asks for
# the same addresses with as many in flight and does nothing with what comes, which no program over that library can beat by
# much; its processor time is the part of ours that is not our own.
#
# What does not depend on how busy the machine is: 1,002,009 requests (million) peak at 39.3 MiB, 200,200 at 39.7, 20,020 (cpu)
# at 39.0. Of these last ones each takes 420,000 instructions under callgrind, where SHA-256 is computed without the
# processor's help (98,000 of them); bare libcurl takes 156,000.

CLA_SRCDIR=${CLA_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "$CLA_SRCDIR/tests/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
need openssl nginx curl
# shellcheck source=tests/bench/nginx.sh
. "$tests/bench/nginx.sh"

rtt=40 only='' rounds=3 flight=256
while [ $# -gt 0 ]; do
	case $1 in
	--rtt) rtt=$2 ;;
	--only) only=$2 ;;
	--rounds) rounds=$2 ;;
	--flight) flight=$2 ;;
	*)
		echo 'usage: fetch.sh [--rtt MS] [--only NAME] [--rounds N] [--flight N]' >&2
		exit 2
		;;
	esac
	shift 2
done

wanted() {
	[ "$only" = "$1" ] || { [ -z "$only" ] && [ "$1" != million ]; }
}

row() {
	printf '%-58s %9s req %8s s %9s req/s %8s us/req %7s MiB\n' "$@"
}

# measured LABEL REQUESTS COMMAND…: the best of the rounds by wall time; what else runs on the machine only ever adds.
# Sets $best, its seconds. Each round has an empty $work/store; nothing is deleted before the end, which would slow
# down the making of files for a while.
measured() {
	measured_label=$1 measured_n=$2
	shift 2
	# shellcheck disable=SC2046 # four words
	set -- $("$CLA_PYTHON" - "$rounds" "$measured_n" "$work/store" "$work/log" "$@" <<'END'
import os, subprocess, sys, time
rounds, n, store, log, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]
best = None
for _ in range(rounds):
	if os.path.exists(store):
		os.rename(store, f'{store}.{time.time_ns()}')
	os.mkdir(store)
	with open(log, 'wb') as out:
		start = time.monotonic()
		p = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
		_, status, usage = os.wait4(p.pid, 0)
		wall = time.monotonic() - start
	if status:
		print('failed', status, file=sys.stderr)
		sys.stderr.write(open(log, errors='replace').read()[-3000:])
		sys.exit(1)
	cpu = usage.ru_utime + usage.ru_stime
	if best is None or wall < best[0]:
		best = wall, cpu, usage.ru_maxrss
print(f'{best[0]:.3f} {n / best[0]:.0f} {1e6 * best[1] / n:.1f} {best[2] / 1024:.1f}')
END
	)
	[ $# = 4 ] || bail_out "$measured_label failed"
	best=$1
	row "$measured_label" "$measured_n" "$@"
}

# ratio LABEL SLOWER FASTER
ratio() {
	echo "$2 $3" | awk -v label="$1" '{ printf "%-58s %.2f\n", label, $1 / $2 }'
}

# curl_list LIST: as a configuration for curl, everything into one folder.
curl_list() {
	mkdir -p "$work/store"
	awk -v out="$work/store" '{ printf "url = \"%s\"\noutput = \"%s/%d\"\n", $0, out, NR }' "$@" >"$month/curl"
}

curl_options() {
	echo --silent --show-error --fail --http2 --cacert "$month/ca.pem" --cert "$month/client.pem" --key "$month/client.key"
}

# bare LABEL: the floor under fetch.
bare() {
	measured "$1" "$n" "$CLA_BUILDDIR/tests/bench/bare" "$flight" "$month" "$month/urls.pages" "$month/urls.documents" \
		"$month/urls.files"
}

fetch() {
	measured "$1" "$n" "$CLARA_AUDIT" --config "$month/config" fetch --month 2024-11
}

end_month() {
	for child in $children; do
		kill "$child" 2>/dev/null && wait "$child" 2>/dev/null
	done
	children=''
}

echo "# round trip $rtt ms, $flight in flight, best of $rounds; load $(cut -d ' ' -f 1-3 /proc/loadavg 2>/dev/null)"

if wanted small; then
	make_month small 500 9 900
	curl_list "$month/urls.pages" "$month/urls.documents" "$month/urls.files"
	# shellcheck disable=SC2046 # options
	measured 'small: curl -Z --parallel-max 64' "$n" curl $(curl_options) -Z --parallel-max 64 --config "$month/curl"
	peer=$best
	bare 'small: bare libcurl'
	fetch 'small: clara-audit fetch'
	ratio '  times as fast as curl (3)' "$peer" "$best"
	end_month
fi
if wanted long; then
	make_month long 6400 9 900
	limit=$(echo "$n $rtt $flight" | awk '{ print $1 * $2 / 1000 / $3 }')
	bare 'long: bare libcurl'
	[ "$rtt" = 0 ] || ratio '  of in-flight/RTT' "$limit" "$best"
	peer=$best
	fetch 'long: clara-audit fetch'
	[ "$rtt" = 0 ] || ratio '  of in-flight/RTT (0.9)' "$limit" "$best"
	ratio '  of what bare libcurl reaches' "$peer" "$best"
	end_month
fi
if wanted graph; then
	make_month graph 2000 1 204800 500
	head -n 2 "$month/urls.pages" >"$month/few"
	head -n 200 "$month/urls.documents" >>"$month/few"
	head -n 200 "$month/urls.files" >>"$month/few"
	if [ "$rtt" != 0 ]; then
		measured 'graph: a tenth of it, one after the other' 402 "$CLA_BUILDDIR/tests/bench/phases" 1 "$month" \
			"$work/store/data" "+$month/few"
		peer=$(echo "$best $n" | awk '{ print $1 * $2 / 402 }')
	fi
	measured 'graph: phase by phase' "$n" "$CLA_BUILDDIR/tests/bench/phases" "$flight" "$month" "$work/store/data" \
		"+$month/urls.pages" "$month/urls.documents" "$month/urls.files"
	phases=$best
	fetch 'graph: clara-audit fetch'
	[ "$rtt" = 0 ] || ratio '  times as fast as one after the other (100)' "$peer" "$best"
	ratio '  times as fast as phase by phase (1.5)' "$phases" "$best"
	end_month
fi
if wanted cpu; then
	rtt=0
	make_month cpu 2000 9 900
	bare 'cpu: bare libcurl without latency'
	fetch 'cpu: clara-audit fetch without latency (60 us)'
	end_month
fi
if wanted million; then
	rtt=0 rounds=1
	make_month tenth 10000 9 900 500
	fetch 'million: a tenth of it'
	end_month
	make_month million 100000 9 900 500
	fetch 'million: clara-audit fetch (48 MiB)'
	end_month
fi
