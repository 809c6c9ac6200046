#!/bin/sh
# A whole month over mutual TLS: complete, faithful, asked once, and no secret left anywhere.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl tar

# month_of COUNTRY ENVIRONMENT: the month of one company, from an empty store; leaves $dir.
month_of() {
	dir=$work/$1-$2
	mkdir "$dir"
	FAKE_COUNTRY=$1
	write_config "$dir/config" acme "environment = $2"
	run --config "$dir/config" -v -v --json bundle --month 2024-11
	cp "$work/out" "$dir/result"
	cat "$work/err" >>"$dir/talk"
}

# Every attachment that the server announced, by its SHA-256: in the store, and in the archive under its own name.
held() {
	"$CLA_PYTHON" - "$fake/truth.jsonl" "$dir/data/objects/sha256" "$1" <<'END'
import hashlib, json, os, sys, tarfile
truth, store, bundle = sys.argv[1:]
members = {}
with tarfile.open(bundle) as tar:
	for m in tar:
		parts = m.name.split('/')
		if len(parts) == 5 and parts[2] in ('tx', 'reimbursement'):
			members.setdefault((parts[2], parts[3]), set()).add(hashlib.sha256(tar.extractfile(m).read()).hexdigest())
files, expenses, wrong = 0, 0, []
for line in open(truth, encoding='utf-8'):
	e = json.loads(line)
	key = (e['kind'], e['uuid'])
	if e['date'][:7] != '2024-11':
		if key in members:
			wrong.append(f'{key} lies outside the month')
		continue
	expenses += 1
	if key not in members:
		wrong.append(f'{key} is missing')
		continue
	if e['flags'].get('documents') is False:
		continue
	for a in e['attachments']:
		files += 1
		sha = a['sha256']
		if sha not in members[key]:
			wrong.append(f'{key}: {a["fileName"]} {sha} is not in the archive')
		if not os.path.exists(f'{store}/{sha[:2]}/{sha[2:]}'):
			wrong.append(f'{key}: {a["fileName"]} {sha} is not in the store')
print(*wrong[:10], sep='\n')
print(expenses, 'expenses', len(members), 'in the archive', files, 'files')
sys.exit(bool(wrong) or len(members) != expenses or files < 40)
END
}

# Details are asked again only where something was announced that is not there, in a row that may still change.
asked_again() {
	"$CLA_PYTHON" - "$fake/truth.jsonl" "$work/requests.then" "$fake/requests.jsonl" <<'END'
import json, sys
truth, then, now = [[json.loads(line) for line in open(path, encoding='utf-8')] for path in sys.argv[1:]]
empty = {(e['uuid'], name) for e in truth for name, n in (('documents', len(e['attachments'])), ('invoices', e['invoices']),
	('extracted-documents', e['extracted'])) if not n}
again = [tuple(r['path'].split('/')[-2:]) for r in now[len(then):] if r['path'].count('/') == 5]
print(again)
sys.exit(any(x not in empty for x in again) or len(again) > 5)
END
}

for country in mx br co; do
	start_fake "$country" --country "$country" --transactions 60 --truth
	month_of "$country" production
	judged 0 '"complete":true' "$country: a complete month"
	bundle=$(helper json "$dir/result" 'd[0]["bundle"]')
	check "$country: each attachment is in the store and in the archive" held "$bundle"
	check "$country: the client did nothing that it must never do" not test -s "$fake/violations.txt"
	check "$country: no handshake was refused" not test -s "$fake/handshakes.txt"
	check "$country: the numbers are those of the server" json "$dir/result" \
		'd[0]["transactions"] == 60 and d[0]["reimbursements"] == 6 and d[0]["missing"] == [] and d[0]["revision"] == 0'
	check "$country: one token serves the run" same "$(requests 'r["route"] == "token"')" 1
	check "$country: the tax id goes to the API" same \
		"$(requests "r['listener'] == 'api' and r['route'] != 'token' and r['headers'].get('x-tax-identifier') != '$FAKE_TAX_ID'")" 0
	check "$country: production only" same "$(requests 'r["path"].startswith("/api-test/")')" 0
	check "$country: the tax id goes nowhere else" same \
		"$(requests 'r["listener"] != "api" and "x-tax-identifier" in r["headers"]')" 0
	expect 0 'pass|verified|ok' "$country: verify agrees" verify "$bundle"

	# a second run
	requests 'r["listener"] == "download"' >"$work/before"
	cp "$fake/requests.jsonl" "$work/requests.then"
	run --config "$dir/config" -v -v --json bundle --month 2024-11
	cat "$work/err" >>"$dir/talk"
	judged 0 '"complete":true' "$country: a second run"
	check "$country: it downloads nothing" same "$(requests 'r["listener"] == "download"')" "$(cat "$work/before")"
	check "$country: it asks again for no detail that brought something" asked_again
	check "$country: the bundle is the same" json "$work/out" \
		"d[0]['sha256'] == '$(helper json "$dir/result" 'd[0]["sha256"]')' and d[0]['revision'] == 0"

	# nothing secret stays
	mkdir "$dir/unpacked"
	tar -xf "$bundle" -C "$dir/unpacked"
	mkdir "$dir/keys"
	mv "$dir/data/keys" "$dir/keys/"
	check "$country: no secret in store, bundle or talk" helper secrets "$fake" "$dir/data" "$dir/unpacked" "$dir/result" \
		"$dir/talk" "$work/out"
	mv "$dir/keys/keys" "$dir/data/"
	stop_fake
done

# ---- the connection is on record

cat "$work"/mx-production/unpacked/*/data/captures.jsonl >"$work/captures"
check 'captures name the TLS version and the server key' json "$work/captures" \
	'all(c["tls"]["version"].startswith("TLSv1.") and len(c["tls"]["peer_spki_sha256"]) == 64 for c in d)'
check 'captures name no query' not grep -q '?' "$work/captures"

# ---- sandbox, other shapes of the credentials

start_fake sandbox --transactions 12
month_of mx sandbox
judged 0 '"complete":true' 'sandbox: a complete month'
check 'sandbox: only /api-test/ is asked' same \
	"$(requests 'r["listener"] == "api" and r["route"] != "token" and not r["path"].startswith("/api-test/")')" 0

# ---- by accounting date

plan '{}'
FAKE_COUNTRY=mx
mkdir "$work/accounting"
write_config "$work/accounting/config" acme 'month_basis = accounting'
expect 0 '"complete":true' 'month_basis = accounting' --config "$work/accounting/config" --json bundle --month 2024-11
check 'asks by accounting date' same \
	"$(requests 'r["route"] == "transactions" and "accountingDateRangeStart=2024-11-01" not in r["query"]')" 0
tar -xOf "$(helper json "$work/out" 'd[0]["bundle"]')" --wildcards '*/data/bundle.json' >"$work/index"
check 'and says so' json "$work/index" 'd[0]["month_basis"] == "accounting"'

for form in nested escaped; do
	mkdir "$work/$form"
	FAKE_COUNTRY=mx
	write_config "$work/$form/config" acme "credentials = $fake/credentials-$form.json" 'client_cert =' 'client_key ='
	expect 0 '.' "credentials with the certificate inside: $form" --config "$work/$form/config" fetch --month 2024-11
done

# ---- a recording serves in place of the server

plan '{}'
mkdir "$work/rec"
write_config "$work/rec/config"
run --config "$work/rec/config" fetch --month 2024-11 --record "$work/rec/answers"
judged 0 '.' 'fetch --record'
check 'no secret in the recording' helper secrets "$fake" "$work/rec/answers"
run --config "$work/rec/config" --json bundle --month 2024-11 --offline
judged 0 '"complete":true' 'bundle --offline of what was fetched'
cp "$work/out" "$work/rec/result"
mkdir "$work/replayed"
sed 's/^base_url.*/base_url = replay:..\/rec\/answers/' "$work/rec/config" >"$work/replayed/config"
cp "$work/rec/data/keys/salt.key" "$work/replayed/salt.key"
stop_fake
run --config "$work/replayed/config" --json bundle --month 2024-11
judged 0 '"complete":true' 'the recording replayed'
check 'the same population' json "$work/out" "(d[0]['transactions'], d[0]['reimbursements'], d[0]['documents']) ==
	($(helper json "$work/rec/result" 'd[0]["transactions"]'), $(helper json "$work/rec/result" 'd[0]["reimbursements"]'),
	$(helper json "$work/rec/result" 'd[0]["documents"]'))"
helper digests "$(helper json "$work/rec/result" 'd[0]["bundle"]')" | sed -n 's,\([0-9a-f]*\) [^/]*/data/tx/,\1 ,p' |
	grep -v evidence.json | cut -d ' ' -f 1 | sort >"$work/live"
helper digests "$(helper json "$work/out" 'd[0]["bundle"]')" | sed -n 's,\([0-9a-f]*\) [^/]*/data/tx/,\1 ,p' |
	grep -v evidence.json | cut -d ' ' -f 1 | sort >"$work/played"
check 'and the same files' cmp "$work/live" "$work/played"

# ---- looking first, and a bound on calls

start_fake mx --transactions 12
plan '{}'
FAKE_COUNTRY=mx
mkdir "$work/dry"
write_config "$work/dry/config"
expect 0 '[0-9]' 'fetch --dry-run' --config "$work/dry/config" fetch --month 2024-11 --dry-run
check '--dry-run asks for no detail' same \
	"$(requests 'r["route"] in ("documents", "invoices", "extracted-documents") or r["listener"] == "download"')" 0
expect 3 'max-calls|call-budget' 'fetch --max-calls' --config "$work/dry/config" fetch --month 2024-11 --max-calls 6
check '--max-calls holds' test "$(requests 'r["route"] != "token"')" -le 9
expect 0 '.' 'a later run brings the rest' --config "$work/dry/config" fetch --month 2024-11
check 'still nothing that must never be done' not test -s "$fake/violations.txt"

finish
