#!/bin/sh
# rules list, show and test: every rule has its row, texts and controls, and is found by its id and by its codes.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
program=$CLARA_AUDIT

expect 0 '^cfdi.total  *CFDI40119  *totals  *fail  Total is not' 'rules list' rules list
check 'hundreds of them' test "$(wc -l <"$work/out")" -gt 400
run --json rules list
cp "$work/out" "$work/rules"
check 'with --json exactly these keys' helper json "$work/rules" \
	'all(list(r) == ["rule", "code", "table", "check", "severity", "message", "older"] for r in d)'
check 'no id is there twice' helper json "$work/rules" 'len({r["rule"] for r in d}) == len(d)'
check 'every rule has a text' helper json "$work/rules" 'all(r["message"] for r in d)'
run --json --lang es rules list
cp "$work/out" "$work/es"
run --json --lang pt rules list
cat "$work/rules" "$work/es" "$work/out" >"$work/all"
check 'a text of its own in each language' helper json "$work/all" \
	'all(len({r["message"] for r in d if r["rule"] == one["rule"]}) == 3 for one in d[:1] + d[200:210])'

expect 0 '^cfdi.total ' 'show by id' rules show cfdi.total
expect 0 '^cfdi.total ' 'show by code' rules show CFDI40119
expect 0 '^cfdi.total ' 'show by the code of an earlier version' rules show CFDI33118
check 'tells that version' grep -q '^  cfdi-3.3  *CFDI33118$' "$work/out"
check 'and every language' sh -c 'grep -q "^  Total no es" "$1" && grep -q "^  Total não é" "$1"' - "$work/out"
run --json rules show NOM152
check 'show with --json' helper json "$work/out" \
	'len(d) == 1 and d[0]["code"] == "NOM32" and {"version": "nomina-3.3", "code": "NOM152"} in d[0]["older"]'

expect 0 '^ok    cfdi.total  *CFDI40119  *[0-9]* rejected, [0-9]* let be$' 'the controls of a rule' rules test cfdi.total
run rules list
cut -d ' ' -f 1 "$work/out" >"$work/ids"
expect 0 '^[0-9]* rules, 0 with controls that do not hold$' 'the controls of all' rules test
check 'every rule has a line' sh -c 'sed -n "s/^ok    \([^ ]*\) .*/\1/p" "$1/out" | cmp - "$1/ids"' - "$work"
run --json rules test
check 'and with --json exactly these keys' helper json "$work/out" \
	'all(list(r) == ["rule", "code", "faults", "rejected", "accepted", "ok"] and r["ok"] for r in d)'
check 'both controls each' helper json "$work/out" 'all(r["rejected"] and r["accepted"] for r in d)'
# A program whose control of the total no longer rejects.
"$CLA_PYTHON" - "$CLARA_AUDIT" "$work/broken" <<'END'
import sys
with open(sys.argv[1], 'rb') as f:
	program = f.read()
control = b'cfdi.total invoice\n\t|Total="251.40"|Total="251.4%d"|'
assert program.count(control % 1) == 1
with open(sys.argv[2], 'wb') as f:
	f.write(program.replace(control % 1, control % 0))
END
chmod +x "$work/broken"
CLARA_AUDIT=$work/broken
expect 1 '^FAIL  cfdi.total ' 'a control that stopped working' rules test
check 'is named with its line' grep -q '^    cfdi.controls:[0-9]*: expected fail, found n/a$' "$work/out"
check 'and alone' grep -q '^[0-9]* rules, 1 with controls that do not hold$' "$work/out"
run --json rules test cfdi.total
check 'with --json too' helper json "$work/out" \
	'd[0]["ok"] is False and d[0]["faults"][0]["file"] == "cfdi.controls" and d[0]["faults"][0]["expected"] == "fail"'
CLARA_AUDIT=$program

expect 2 "no rule has the id or code 'NOPE'" 'a code that no rule has' rules show NOPE
expect 2 "no rule has the id or code 'NOPE'" 'none to test' rules test cfdi.total NOPE
expect 2 'ninguna regla' 'in Spanish' --lang es rules show NOPE
expect 2 'rules list, rules test, or rules show' 'rules alone' rules
expect 2 'rules list, rules test, or rules show' 'show without a rule' rules show
expect 2 'rules list, rules test, or rules show' 'list with one' rules list cfdi.total
finish
