#!/bin/sh
# rules list and rules show: every rule has its row and texts, and is found by its id and by its codes.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"

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

expect 2 "no rule has the id or code 'NOPE'" 'a code that no rule has' rules show NOPE
expect 2 'ninguna regla' 'in Spanish' --lang es rules show NOPE
expect 2 'rules list, or rules show' 'rules alone' rules
expect 2 'rules list, or rules show' 'show without a rule' rules show
expect 2 'rules list, or rules show' 'list with one' rules list cfdi.total
finish
