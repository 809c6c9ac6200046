#!/bin/sh
# The compiler from our schema notation to XSD: its own tests, one TAP line for the whole of them.
set -u

echo 1..1
if out=$("${CLA_PYTHON:-python3}" -B "${CLA_SRCDIR:-.}/xsd/compile_test.py" 2>&1); then
	echo "ok 1 - xsd/compile_test.py"
else
	printf '%s\n' "$out" | sed 's/^/# /'
	echo "not ok 1 - xsd/compile_test.py"
fi
