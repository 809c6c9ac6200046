#!/bin/sh
# A month made of real documents: every byte that the server handed out is found again in the bundle.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl
[ -d "$shared/corpus" ] || skip_all 'the corpus is not here'

# month COUNTRY FOLDER COLUMN: the files of the manifest that are valid by that column.
month() {
	"$CLA_PYTHON" - "$shared/corpus/$2" "$3" "$work/$2" <<'END'
import csv, os, shutil, sys
source, column, target = sys.argv[1:]
os.makedirs(target)
with open(f'{source}/manifest.tsv', encoding='utf-8') as f:
	for row in csv.DictReader(f, delimiter='\t'):
		path = os.path.join(source, row['file'])
		if row[column] == 'valid' and os.path.exists(path):
			shutil.copyfile(path, os.path.join(target, row['file']))
END
	check "$2: there are valid documents" test "$(find "$work/$2" -type f | wc -l)" -ge 20
	start_fake "fake-$1" --country "$1" --transactions 60 --documents "$work/$2"
	mkdir "$work/store-$1"
	FAKE_COUNTRY=$1
	write_config "$work/store-$1/config"
	run --config "$work/store-$1/config" --json bundle --month 2024-11
	judged 0 '"complete":true' "$2: a complete month"
	bundle=$(helper json "$work/out" 'd[0]["bundle"]')
	check "$2: no rule was broken" not test -s "$fake/violations.txt"
	helper digests "$bundle" | grep '/data/tx/' | grep -v evidence.json | cut -d ' ' -f 1 | sort -u >"$work/held"
	find "$work/$2" -type f -exec sha256sum {} + | cut -d ' ' -f 1 | sort -u >"$work/given"
	check "$2: every byte is in the bundle" same "$(comm -23 "$work/given" "$work/held" | wc -l | tr -d ' ')" 0
	expect 0 '.' "$2: it verifies" verify "$bundle"
	expect 0 '.' "$2: judged again, the verdicts are the same" verify --replay "$bundle"
	stop_fake
}

month mx cfdi schema
month br nfe schema_verdict

finish
