#!/bin/sh
# A single changed bit of the archive, its statement, its signature or its time-stamp.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

start_tsa
demo_data "$work/demo"
CLARA_AUDIT_DEMO_BR_TSA_CA=$TSA_CA CLARA_AUDIT_DEMO_BR_TSA_URL=$TSA_URL/ok
export CLARA_AUDIT_DEMO_BR_TSA_CA CLARA_AUDIT_DEMO_BR_TSA_URL
run --config "$work/demo/config" --entity demo-br --json bundle --month 2024-11
[ "$code" = 0 ] || bail_out 'no bundle to change' "$work/out" "$work/err"
tar=$(helper json "$work/out" 'd[0]["bundle"]')
base=$(dirname "$tar")/clara_br_demo-br_2024-11_r0
[ -s "$base.statement.p7s.tsr" ] || bail_out 'no time-stamp' "$work/err"
cat "$base.seal.pem" "$TSA_CA" >"$work/trust.pem"
expect 0 'stamped at' 'as it was written it holds' verify --trust "$work/trust.pem" "$tar"

seed=${CLA_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "# CLA_SEED=$seed"

# every FLIPS KIND…: random bits of these, each has to be called an integrity fault (exit 5).
cat >"$work/every.py" <<'END'
import random, subprocess, sys
program, trust, tar, seed, flips = sys.argv[1:4] + [int(n) for n in sys.argv[4:6]]
choose = random.Random(seed)
for n in range(flips):
	path = choose.choice(sys.argv[6:])
	with open(path, 'r+b') as f:
		size = f.seek(0, 2)
		at, bit = choose.randrange(size), choose.randrange(8)
		def put(mask):
			f.seek(at)
			byte = f.read(1)[0]
			f.seek(at)
			f.write(bytes((byte ^ mask,)))
			f.flush()
		put(1 << bit)
		code = subprocess.run((program, 'verify', '--trust', trust, tar), stdout=subprocess.DEVNULL,
			stderr=subprocess.DEVNULL).returncode
		put(1 << bit)
	assert code == 5, (path, at, bit, code)
END
flips=150
[ "$CLA_LONG" = 0 ] || flips=10000
! sanitized || flips=40
check "$flips bits of archive and statement: each is noticed" "$CLA_PYTHON" "$work/every.py" "$CLARA_AUDIT" "$work/trust.pem" \
	"$tar" "$seed" "$flips" "$tar" "$base.statement.json"
expect 0 'stamped at' 'afterwards all is as it was' verify --trust "$work/trust.pem" "$tar"

# A signature and a time-stamp have bytes that nothing covers: what openssl refuses is refused here too; the rest is listed.
cat >"$work/as-openssl.py" <<'END'
import os, random, subprocess, sys
program, trust, tar, signer, authority, base, seed, flips = sys.argv[1:]
choose = random.Random(int(seed))
p7s, tsr = base + '.statement.p7s', base + '.statement.p7s.tsr'
judges = {
	p7s: ('openssl', 'cms', '-verify', '-binary', '-cades', '-inform', 'DER', '-in', p7s, '-content', base + '.statement.json',
		'-CAfile', signer, '-partial_chain', '-purpose', 'any', '-out', '/dev/null'),
	tsr: ('openssl', 'ts', '-verify', '-in', tsr, '-data', p7s, '-CAfile', authority),
}

def ends(command):
	return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

for path, openssl in judges.items():
	with open(path, 'rb') as f:
		good = f.read()
	stamp = open(tsr, 'rb').read()
	bits = range(len(good) * 8)
	if int(flips):
		bits = sorted(choose.sample(bits, int(flips)))
	spared = []
	refused = 0
	if path == p7s:
		os.unlink(tsr) # it would notice any change of the signature
	for n in bits:
		changed = bytearray(good)
		changed[n // 8] ^= 1 << n % 8
		with open(path, 'wb') as f:
			f.write(changed)
		theirs, ours = ends(openssl), ends((program, 'verify', '--trust', trust, tar))
		assert ours in (0, 5), (path, n, ours)
		assert not theirs or ours == 5, (path, n, theirs, ours)
		refused += theirs != 0
		if not theirs:
			spared.append(f'{n // 8}.{n % 8}' + ('' if ours else '*'))
	with open(path, 'wb') as f:
		f.write(good)
	if path == p7s:
		with open(tsr, 'wb') as f:
			f.write(stamp)
	assert refused > len(spared), (path, refused, len(spared))
	print(f'# {os.path.basename(path)}: {len(bits)} bits, {refused} refused by openssl and here; refused by openssl not '
		f'({len(spared)}; * nor here), as byte.bit: {" ".join(spared)}')
END
flips=60
[ "$CLA_LONG" = 0 ] || flips=0 # each bit
! sanitized || flips=15
check 'bits of signature and time-stamp: what openssl refuses is refused' "$CLA_PYTHON" "$work/as-openssl.py" "$CLARA_AUDIT" \
	"$work/trust.pem" "$tar" "$base.seal.pem" "$TSA_CA" "$base" "$seed" "$flips"
cat "$work/check"
expect 0 'stamped at' 'afterwards all is as it was' verify --trust "$work/trust.pem" "$tar"

finish
