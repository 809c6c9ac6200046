#!/bin/sh
# What is made of our schema notation, XSD and the checker's tables: their own tests, one TAP line each.
set -u

echo 1..2
count=0
for script in compile checker; do
	count=$((count + 1))
	if out=$("${CLA_PYTHON:-python3}" -B "${CLA_SRCDIR:-.}/xsd/${script}_test.py" 2>&1); then
		echo "ok $count - xsd/${script}_test.py"
	else
		printf '%s\n' "$out" | sed 's/^/# /'
		echo "not ok $count - xsd/${script}_test.py"
	fi
done
