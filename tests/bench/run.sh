#!/bin/sh
# Measures the program against its peers, in one run on one machine, and prints a table. Asserts nothing.
#
#	sh tests/bench/run.sh [--big MIB] [--rounds N]
#
# One CFDI and one NF-e against xmllint with the official schemas (where ../shared/official is at hand), a bundle of
# 1 GiB from the store against tar and sync, verify against sha256sum -c, one expense by its proof, and requests a second of
# a collecting run.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"

mib=1024 rounds=20
while [ $# -gt 0 ]; do
	case $1 in
	--big) mib=$2 ;;
	--rounds) rounds=$2 ;;
	*)
		echo "usage: run.sh [--big MIB] [--rounds N]" >&2
		exit 2
		;;
	esac
	shift 2
done

row() {
	printf '%-58s %10s %12s\n' "$1" "$2" "$3"
}

# timed ROUNDS COMMAND…: the median wall time in milliseconds, and the peak memory in KiB.
timed() {
	"$CLA_PYTHON" - "$@" <<'END'
import os, subprocess, sys, time
rounds, command = int(sys.argv[1]), sys.argv[2:]
times, peak = [], 0
for _ in range(rounds):
	start = time.monotonic()
	p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	_, status, usage = os.wait4(p.pid, 0)
	times.append(time.monotonic() - start)
	peak = max(peak, usage.ru_maxrss)
times.sort()
print(f'{1000 * times[len(times) // 2]:.1f}', peak)
END
}

measure_row() {
	label=$1
	shift
	# shellcheck disable=SC2046 # two words
	set -- $(timed "$@")
	row "$label" "$1 ms" "$2 KiB"
}

# against WHAT ROUNDS SCHEMA FILE: the schema check alone, by xmllint.
against() {
	if xmllint --noout --nonet --schema "$3" "$4" 2>/dev/null; then
		measure_row "xmllint: $1 alone" "$2" xmllint --noout --nonet --schema "$3" "$4"
	else
		row "xmllint: $1 alone" 'fails' ''
	fi
}

row 'what' 'wall' 'peak memory'
cfdi=$samples/documents/mx/good/papeleria-1.xml
nfe=$samples/documents/br/good/papelaria-1.xml
measure_row 'validate one CFDI (all checks)' "$rounds" "$CLARA_AUDIT" --json validate --certs "$samples/certs" "$cfdi"
measure_row 'validate one NF-e (all checks)' "$rounds" "$CLARA_AUDIT" --json validate --certs "$samples/certs" "$nfe"
measure_row 'validate all samples' "$rounds" "$CLARA_AUDIT" --json validate --certs "$samples/certs" "$samples/documents"
if [ -d "$shared/official" ] && command -v xmllint >/dev/null; then
	# A CFDI and the stamp in it have a schema each; one that imports both stands for the two.
	cat >"$work/cfdi.xsd" <<-END
		<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
		<xs:import namespace="http://www.sat.gob.mx/cfd/4" schemaLocation="$(find "$shared/official" -name cfdv40.xsd | head -n 1)"/>
		<xs:import namespace="http://www.sat.gob.mx/TimbreFiscalDigital"
		 schemaLocation="$(find "$shared/official" -name TimbreFiscalDigitalv11.xsd | head -n 1)"/>
		</xs:schema>
	END
	against 'one CFDI, official schema' 5 "$work/cfdi.xsd" "$cfdi"
	against 'one NF-e, official schema' "$rounds" \
		"$(find "$shared/official" -path '*010e*' -name procNFe_v4.00.xsd | head -n 1)" "$nfe"
else
	row 'xmllint with the official schemas' 'not here' ''
fi

# ---- one expense with its proof

demo_data "$work/demo"
run --config "$work/demo/config" --entity demo-mx --json bundle --month 2024-11
one=$(helper json "$work/out" 'd[0]["bundle"]')
uuid=$(tar -xOf "$one" clara_mx_demo-mx_2024-11_r0/data/bundle.json >"$work/index.json" &&
	helper json "$work/index.json" '[e["uuid"] for e in d[0]["expenses"] if e["kind"] == "tx"][0]')
run extract "$one" --transaction "$uuid" -o "$work/extract"
measure_row 'verify one expense by its proof (aim: 5 ms)' "$rounds" "$CLARA_AUDIT" verify "$work/extract"

# ---- requests a second

start_fake many --transactions 2000 --limit 1200
mkdir "$work/many-store"
write_config "$work/many-store/config"
start=$(date +%s.%N)
run --config "$work/many-store/config" fetch --month 2024-11
end=$(date +%s.%N)
n=$(requests 'True')
echo "# fetch of 2,000 transactions: exit $code"
row "fetch: $n requests (the server is Python on the same cores)" "$(echo "$n $start $end" | awk '{printf "%.0f/s", $1 / ($3 - $2)}')" ''
stop_fake

# ---- a large month

mkdir "$work/large"
parts=$((mib / 16))
"$CLA_PYTHON" - "$work/large" "$parts" <<'END'
import os, sys
for i in range(int(sys.argv[2])):
	with open(f'{sys.argv[1]}/{i:04d}.pdf', 'wb') as f:
		f.write(b'%PDF-1.4\n' + os.urandom((16 << 20) - 9))
END
start_fake big --transactions "$((parts > 4 ? parts : 4))" --documents "$work/large" --limit 3000
mkdir "$work/big-store"
write_config "$work/big-store/config"
run --config "$work/big-store/config" fetch --month 2024-11
[ "$code" = 0 ] || bail_out 'the large month cannot be collected' "$work/out" "$work/err"
stop_fake
sync
mkdir "$work/bundles"
measure_row "bundle --offline of $mib MiB" 1 "$CLARA_AUDIT" --config "$work/big-store/config" bundle --month 2024-11 --offline --output "$work/bundles"
sync
measure_row "tar of the same files, then sync" 1 sh -c 'tar -cf "$1/plain.tar" -C "$2" . && sync "$1/plain.tar"' - "$work" "$work/large"
rm -f "$work/plain.tar"
bundle=$(find "$work/bundles" -name '*.tar')
measure_row 'verify' 3 "$CLARA_AUDIT" verify "$bundle"
tar -xf "$bundle" -C "$work/bundles"
measure_row 'sha256sum -c of the unpacked files' 3 sh -c 'cd "$1"/clara_*/ && sha256sum --quiet -c manifest-sha256.txt' - "$work/bundles"
measure_row 'sha256sum of the archive' 3 sha256sum "$bundle"
