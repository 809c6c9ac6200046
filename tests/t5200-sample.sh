#!/bin/sh
# An auditor's draw: repeated by another program from the algorithm as it is told, and by hand with sha256sum.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl sha256sum

demo_data "$work/a"
run --config "$work/a/config" --json bundle --month 2024-11
judged '[03]' '"revision":0' 'the demo bundles'
cp "$work/out" "$work/bundles"
tar=$(helper json "$work/bundles" 'd[0]["bundle"]')

cat >"$work/again.py" <<'END'
"""docs/VERIFYING.md, "Draw a sample", in Python: prints the lines that `sample --json` should."""
import hashlib, json, sys, tarfile
from decimal import Decimal

path, method, seed, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
rows = []
for member in (archive := tarfile.open(path)):
	if member.name.endswith('/evidence.json'):
		e = json.load(archive.extractfile(member))
		rows.append((e['uuid'], e['kind'], e['facts']['currency'], e['facts']['amount']))
rows.sort()
frame = hashlib.sha256(''.join('\t'.join(x or '-' for x in row) + '\n' for row in rows).encode()).hexdigest()

def chance(*about):
	return hashlib.sha256('\n'.join(('clara-audit/sample/1', method, seed, frame) + about).encode()).hexdigest()

drawn = []
if method == 'random':
	drawn = [(row[0], 1) for row in sorted(rows, key=lambda row: chance(row[0], row[1]))[:size]]
else:
	for currency in sorted({row[2] for row in rows if row[2]}):
		own = [(uuid, Decimal(amount)) for uuid, _, c, amount in rows if c == currency and amount]
		if method == 'top':
			drawn += [(uuid, 1) for uuid, _ in sorted(own, key=lambda x: (-abs(x[1]), x[0]))[:size]]
			continue
		own = [x for x in own if x[1] > 0]
		scale = max((-x[1].as_tuple().exponent for x in own), default=0)
		units = [(uuid, int(amount.scaleb(scale))) for uuid, amount in own]
		total = sum(x[1] for x in units)
		if not total:
			continue
		offset = int(chance(currency)[:32], 16) % total
		points = [(k * total + offset) // size for k in range(size)]
		end = 0
		for uuid, amount in units:
			hits = sum(end <= p < end + amount for p in points)
			end += amount
			if hits:
				drawn.append((uuid, hits))
print(json.dumps([frame, len(rows), drawn]))
END
cat >"$work/said.py" <<'END'
import json, sys
lines = [json.loads(line) for line in sys.stdin]
print(json.dumps([lines[0]['frame'], lines[0]['expenses'], [[x['uuid'], x['hits']] for x in lines[1:] if 'uuid' in x]]))
END

for bundle in $(helper json "$work/bundles" '" ".join(x["bundle"] for x in d)'); do
	name=$(basename "$bundle" | cut -d _ -f 3)
	for method in random mus top; do
		for size in 1 5 1000; do
			run --json sample "$bundle" --method "$method" --seed "audit 2025/$size" --size "$size"
			"$CLA_PYTHON" "$work/said.py" <"$work/out" >"$work/said"
			"$CLA_PYTHON" "$work/again.py" "$bundle" "$method" "audit 2025/$size" "$size" >"$work/due"
			check "$name: $method of $size is what the algorithm says" cmp "$work/said" "$work/due"
		done
	done
done

# ---- by hand

base=$(basename "$tar" | cut -d . -f 1)
mkdir "$work/bag"
tar -xf "$tar" -C "$work/bag" --strip-components=1
run sample "$tar" --method random --seed 7 --size 3
judged 0 'frame +[0-9a-f]{64}, 33 expenses' 'for people'
frame=$(sed -n 's/^frame *\([0-9a-f]*\),.*/\1/p' "$work/out")
awk '/^\tfor e in/ { on = 1 } on { print substr($0, 2) } /head -n/ { on = 0 }' "$CLA_SRCDIR/docs/VERIFYING.md" >"$work/commands"
(cd "$work/bag" && env S=7 F="$frame" N=3 sh "$work/commands") | cut -d ' ' -f 2 >"$work/by-hand"
check 'as it is told, sha256sum and sort draw the same' sh -c 'grep -o "[0-9a-f]\{8\}-[0-9a-f-]\{27\}" "$1" | cmp - "$2"' - "$work/out" "$work/by-hand"

# ---- forms

cp "$work/out" "$work/first"
TZ=America/Bogota LC_ALL=C.UTF-8 run sample "$tar" --method random --seed 7 --size 3
check 'another run draws the same' cmp "$work/out" "$work/first"
run sample "$tar" --method random --seed 8 --size 3
check 'another seed does not' not cmp -s "$work/out" "$work/first"
run sample "$tar" --method mus --seed 7 --size 5 --format csv
check 'as CSV' "$CLA_PYTHON" - "$work/out" "$(sha256sum "$tar" | cut -d ' ' -f 1)" <<'END'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline='')))
assert rows and list(rows[0]) == ['n', 'uuid', 'kind', 'date', 'amount', 'currency', 'hits', 'merchant', 'status', 'verdict', 'method', 'seed',
	'size', 'frame', 'bundle'], rows
assert all(r['bundle'] == sys.argv[2] and r['method'] == 'mus' and r['seed'] == '7' and r['size'] == '5' for r in rows)
assert [int(r['n']) for r in rows] == list(range(1, len(rows) + 1))
for currency in {r['currency'] for r in rows}:
	assert sum(int(r['hits']) for r in rows if r['currency'] == currency) == 5
END
run --lang es sample "$tar" --method top --seed x --size 1
judged 0 'semilla' 'in Spanish'
run --lang pt sample "$tar" --method top --seed x --size 1
judged 0 'semente' 'in Portuguese'

# ---- refused

expect 2 'usage' 'without a method' sample "$tar" --seed 1 --size 1
expect 2 'usage' 'without a seed' sample "$tar" --method top --size 1
expect 2 'usage' 'without a size' sample "$tar" --method top --seed 1
expect 2 'random, mus or top' 'another method' sample "$tar" --method best --seed 1 --size 1
expect 2 'takes a number' 'a size of nothing' sample "$tar" --method top --seed 1 --size 0
expect 2 '1 to 100000' 'a size beyond the bound' sample "$tar" --method top --seed 1 --size 100001
expect 2 'printable' 'a seed of two lines' sample "$tar" --method top --seed "$(printf '1\n2')" --size 1
expect 2 'printable' 'a seed too long' sample "$tar" --method top --seed "$(head -c 65 /dev/zero | tr '\0' x)" --size 1
expect 2 'text or csv' 'another form' sample "$tar" --method top --seed 1 --size 1 --format xls
mkdir "$work/bad"
cp "$(dirname "$tar")/$base".* "$work/bad/"
helper flip "$work/bad/${tar##*/}" 100000
expect 5 'sha256' 'from a bundle that was altered nothing is drawn' sample "$work/bad/${tar##*/}" --method top --seed 1 --size 1
check 'nothing at all' not grep -q frame "$work/out"
cp "$tar" "$work/bad/"
rm "$work/bad/$base.statement.p7s"
expect 1 'nobody answers' 'from one without signature it is, and ends in 1' sample "$work/bad/${tar##*/}" --method top --seed 1 --size 1

finish
