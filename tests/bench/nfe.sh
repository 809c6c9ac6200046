#!/bin/sh
# Measures what judging NF-e costs, against xmllint with the official schema and xmlsec1, in one run. Asserts nothing.
#
#	sh tests/bench/nfe.sh [--rounds N] [--notes N]
#
# PROGRAM and peers take turns; of each the least wall time counts, as the machine may be loaded. Notes are made by the demo's
# generator: of 1 to 60 items, every fourth an NFC-e, each signed; copies fill up to N. Needs xmllint, xmlsec1 and
# ../shared/official.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"

rounds=25 notes=5000
while [ $# -gt 0 ]; do
	case $1 in
	--rounds) rounds=$2 ;;
	--notes) notes=$2 ;;
	*)
		echo "usage: nfe.sh [--rounds N] [--notes N]" >&2
		exit 2
		;;
	esac
	shift 2
done
schema=$shared/official/nfe/PL_010e_NT2025.002_v1.01/procNFe_v4.00.xsd
for tool in xmllint xmlsec1; do
	command -v "$tool" >/dev/null || { echo "nfe.sh: no $tool" >&2; exit 1; }
done
[ -f "$schema" ] || { echo "nfe.sh: no $schema" >&2; exit 1; }

exec "$CLA_PYTHON" -B - "$CLARA_AUDIT" "$samples" "$schema" "$rounds" "$notes" <<'END_OF_PYTHON'
import glob, os, shutil, subprocess, sys, tempfile, time
program, samples, schema, rounds, notes = *sys.argv[1:4], *map(int, sys.argv[4:6])
sys.path.insert(0, samples)
from maker import authority, nfe

DISTINCT = 200
SIGNED = ['xmlsec1', '--verify', '--insecure', '--id-attr:Id', 'infNFe']
SCHEMA = ['xmllint', '--noout', '--nonet', '--schema', schema]
VALIDATE = [program, '-q', '--json', 'validate', '--certs', os.path.join(samples, 'certs')]


def timed(command):
	"""(wall s, CPU s) of a process; a peer that fails would measure nothing."""
	begun = time.monotonic()
	with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
		_, status, used = os.wait4(child.pid, 0)
		child.returncode = os.waitstatus_to_exitcode(status)
	wall = time.monotonic() - begun
	if child.returncode:
		sys.exit(f'{command[:4]}: exit {child.returncode}')
	return wall, used.ru_utime + used.ru_stime


def turns(times, *commands):
	"""The least wall and CPU time of each command, run in turn."""
	runs = [[timed(command) for command in commands] for _ in range(times)]
	return [(min(w for w, _ in one), min(c for _, c in one)) for one in zip(*runs)]


def peak(command):
	"""KiB. A child of this process would begin with this one's peak: time(1) is small."""
	with tempfile.NamedTemporaryFile('r') as out:
		subprocess.run(['/usr/bin/time', '-q', '-f', '%M', '-o', out.name] + command, stdout=subprocess.DEVNULL, check=False)
		return int(out.read())


def row(what, value, note=''):
	print(f'{what:<58} {value:>12}  {note}', flush=True)


def ms(seconds):
	return f'{1000 * seconds:.3f} ms'


def make_notes(folder):
	keys = authority.Authority(os.path.join(samples, 'authority'))
	for n in range(DISTINCT):
		items = [nfe.Item(f'I-{i:03d}', f'Artigo DEMO {i} com descricao', '84716052', '2.0000', f'{10 + i}.9000')
			for i in range(1 + n * 7 % 60)]
		made = nfe.make(keys, f'bench-{n}', ('eletronicos', 'papelaria', 'moveis', 'padaria')[n % 4], '2024-11-08T10:00:00',
			items, '123456', model='65' if n % 4 == 3 else '55')
		for copy in range(-(-notes // DISTINCT)):
			number = copy * DISTINCT + n
			if number < notes:
				os.makedirs(f'{folder}/{number // 500:02d}', exist_ok=True)
				with open(f'{folder}/{number // 500:02d}/{number:05d}.xml', 'wb') as f:
					f.write(made.data)


with tempfile.TemporaryDirectory() as work:
	one = os.path.join(samples, 'documents/br/good/papelaria-1.xml')
	ours, by_schema, by_signature = turns(rounds, VALIDATE + [one], SCHEMA + [one], SIGNED + [one])
	row('one nfeProc, whole process, everything checked', ms(ours[0]), f'CPU {ms(ours[1])}')
	row('xmllint --schema', ms(by_schema[0]), f'CPU {ms(by_schema[1])}')
	row('xmlsec1 --verify', ms(by_signature[0]), f'CPU {ms(by_signature[1])}')
	cpu = (by_schema[1] + by_signature[1]) / ours[1]
	row('both peers', f'{(by_schema[0] + by_signature[0]) / ours[0]:.1f} x', f'due: 5 x; CPU {cpu:.1f} x')

	folder = os.path.join(work, 'notes')
	make_notes(folder)
	files = sorted(glob.glob(folder + '/*/*.xml'))
	size = sum(map(os.path.getsize, files))
	row(f'{len(files)} notes, {DISTINCT} distinct', f'{size / 1e6:.1f} MB', f'{size // len(files)} bytes each')
	ours, by_schema = turns(5, VALIDATE + [folder], SCHEMA + files)
	row('all of them, everything checked', f'{ours[0]:.3f} s', f'{ms(ours[1] / len(files))} CPU each')
	row('xmllint --schema, one process', f'{by_schema[0]:.3f} s', f'{by_schema[0] / ours[0]:.2f} x; due: 2 x; CPU {by_schema[1] / ours[1]:.2f} x')
	some = files[:: max(1, len(files) // 100)]
	each = sum(min(timed(SIGNED + [path])[0] for _ in range(2)) for path in some) / len(some)
	peers = by_schema[0] + each * len(files)
	row(f'and xmlsec1, a process each (from {len(some)} of them)', f'{peers:.1f} s', f'{peers / ours[0]:.1f} x; due: 20 x')
	row('peak memory, one note', f'{peak(VALIDATE + [one])} KiB', 'due: 16384 KiB')
	row('peak memory, 500 notes', f'{peak(VALIDATE + [folder + "/00"])} KiB')
	row('peak memory, all of them', f'{peak(VALIDATE + [folder])} KiB', 'due: 16384 KiB, flat')
END_OF_PYTHON
