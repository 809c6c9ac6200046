#!/bin/sh
# Files behind links: which are followed, how far, how long, and what becomes of one that breaks off.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=1

start_fake fake --transactions 12 --truth
# A charge with exactly one announced attachment, whose file faults are aimed at.
victim=$("$CLA_PYTHON" - "$fake/truth.jsonl" <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
print([e for e in rows if e['kind'] == 'tx' and e['date'][:7] == '2024-11' and e['flags']['documents']
	and len(e['attachments']) == 1 and e['attachments'][0]['size'] > 100][0]['uuid'])
END
) || bail_out 'the fake month has no charge to aim at'
download="GET /company-.*/user_docs/$victim/0/"
# nth FAULT…: a plan in which the file's first request meets the first fault, and so on; the second way to it (t1300) is
# closed, as by `rule`.
nth() {
	nth_n=0 nth_rules=''
	for nth_fault in "$@"; do
		nth_n=$((nth_n + 1))
		nth_rules="$nth_rules${nth_rules:+, }{\"route\": \"$download\", \"nth\": $nth_n, \"fault\": $nth_fault}"
	done
	printf '{"scopes": ["-read:attachments"], "rules": [%s]}' "$nth_rules"
}

# asked DESCRIPTION WHAT…: of each request for the file: where its range begins, "whole" without one, and the status.
asked() {
	asked_text=$1
	shift
	"$CLA_PYTHON" - "$fake/requests.jsonl" "/user_docs/$victim/0/" >"$work/asked" <<'END'
import json, sys
tag = None
for r in map(json.loads, open(sys.argv[1], encoding='utf-8')):
	if sys.argv[2] not in r['path']:
		continue
	part = r['headers'].get('range', '')
	if part:
		assert part.startswith('bytes=') and part.endswith('-') and r['headers']['if-range'].startswith('"'), part
	print((part[6:-1] or '?') if part else 'whole', r['status'], sep=':', end=' ')
END
	check "$asked_text" same "$(cat "$work/asked")" "$* "
}

# right: the file is in the bundle as the server has it.
right() {
	digest=$("$CLA_PYTHON" - "$fake/truth.jsonl" "$victim" <<'END'
import json, sys
for e in map(json.loads, open(sys.argv[1], encoding='utf-8')):
	if e['uuid'] == sys.argv[2]:
		print(e['attachments'][0]['sha256'])
END
	)
	check "$1: the file is whole" sh -c 'tar -tf "$1" | grep -q "$2.*\.$3\."' - \
		"$(helper json "$dir/result" 'd[0]["bundle"]')" "$victim" "$digest"
}

# ---- a file that breaks off is gone on with

month 0 '.' 'a file cut short' "$(nth '{"truncate_body": 20}')"
asked 'cut short: the rest is asked for' whole:200 20:206
right 'cut short'
expect 0 '.' 'cut short: the bundle verifies' verify "$(helper json "$dir/result" 'd[0]["bundle"]')"
month 0 '.' 'a file cut short three times' "$(nth '{"truncate_body": 20}' '{"truncate_body": 30}' '{"stall_body": 10}')"
asked 'three times: each goes on where the last ended' whole:200 20:206 50:206 60:206
right 'three times'
month 0 '.' 'a reset, then an error, then the rest' "$(nth '{"reset": 40}' '{"status": 503}' '{"reset": true}')"
asked 'an error between: what was had is kept' whole:200 40:503 40:None 40:206
right 'an error between'
month 0 '.' 'the file is another one meanwhile' "$(nth '{"truncate_body": 20}' '{"change_etag": true}')"
asked 'another one: the server sends it all' whole:200 20:200
right 'another one'
month 0 '.' 'another one, which breaks off too' "$(nth '{"truncate_body": 20}' '{"change_etag": true, "truncate_body": 30}')"
asked 'another one breaks off: what was had of the first is not mixed in' whole:200 20:200 30:200
right 'another one breaks off'
month 0 '.' 'a range that is refused' "$(nth '{"truncate_body": 20}' '{"status": 416, "body": "s3xml"}')"
asked 'refused range: from the beginning' whole:200 20:416 whole:200
right 'refused range'
month 0 '.' 'a part that is not the rest' "$(nth '{"truncate_body": 20}' '{"status": 206, "body": "html"}')"
asked 'not the rest: from the beginning' whole:200 20:206 whole:200
right 'not the rest'
month 0 '.' 'a rest that ends early and tells no length' "$(nth '{"truncate_body": 20}' '{"truncate_body": 30, "no_length": true}')"
asked 'ends early: from the beginning' whole:200 20:206 whole:200
right 'ends early'
month 3 'download.*(wrong-range|http-416|cut-short)' 'a part that never is the rest' \
	"{\"scopes\": [\"-read:attachments\"], \"rules\": [{\"route\": \"$download\", \"nth\": \"every:2\", \"fault\": {\"status\": 206, \"body\": \"html\"}},
	{\"route\": \"$download\", \"nth\": \"all\", \"fault\": {\"truncate_body\": 20}}]}"
check 'never the rest: bounded' test "$(requests "'/user_docs/$victim/0/' in r['path']")" -le 5
month 0 '.' 'the link dies before the rest came' "$(nth '{"truncate_body": 20}' '{"expired_url": true}')"
asked 'a dead link: the rest comes by a new one' whole:200 20:403 20:206
right 'a dead link'

# ---- links that end

month 0 '.' 'links that are over when they come' '{"url_life": 3}'
check 'over when they come: one new link is tried all the same' same "$(requests "r['path'].endswith('$victim/documents')")" 2
for fault in '{"status": 403, "body": "s3xml"}' '{"status": 400, "body": "empty"}' '{"expired_token": true}'; do
	month 0 '.' "a link refused once: $fault" "$(nth "$fault")"
	check "refused once: a new link ($fault)" same "$(requests "r['path'].endswith('$victim/documents')")" 2
	month 3 'download.*http-40' "a link refused for ever: $fault" "$(rule "$download" '"all"' "$fault")"
	check "refused for ever: three new links ($fault)" same "$(requests "r['path'].endswith('$victim/documents')")" 4
done

# ---- how large, and where from

month 0 '.' 'a file of the largest size' "$(rule "$download" '"all"' '{"big_body": 1048576}')" 'max_file = 1'
month 3 'download.*too-large' 'a byte more' "$(rule "$download" '"all"' '{"big_body": 1048577}')" 'max_file = 1'
asked 'a byte more: not tried again' whole:200
month 3 'download.*too-large' 'a byte more, unannounced' "$(rule "$download" '"all"' '{"big_body": 1048577, "no_length": true}')" 'max_file = 1'
port=${FAKE_DOWNLOAD_HOST##*:}
month 3 'download.*redirect' 'from a host that is named to a private one that only a pattern allows' \
	"$(nth "{\"redirect\": \"https://company.localhost:$port/x\"}")" "download_hosts = localhost:$port, *.localhost:$port"
month 3 'download.*redirect' 'round and round' \
	"{\"scopes\": [\"-read:attachments\"], \"rules\": [{\"route\": \"$download\", \"nth\": \"all\", \"fault\": {\"redirect\": \"https://localhost:$port/company-x/user_docs/$victim/0/\"}},
	{\"listener\": \"download\", \"route\": \"$victim/0/\", \"nth\": \"all\", \"fault\": {\"redirect\": \"https://localhost:$port/company-x/user_docs/$victim/0/\"}}]}"
check 'round and round: bounded' test "$(requests "'/user_docs/$victim/0/' in r['path']")" -le 5
stop_fake

# ---- the second way to a file: base64 through the API, in every form that it may have

start_fake second --transactions 4 --truth
for form in base64 content data file nested string uri text lines other; do
	dir=$work/$form
	mkdir "$dir"
	write_config "$dir/config"
	plan "{\"base64_form\": \"$form\", \"shapes\": {\"invoice_download\": \"none\"}, \"rules\": [{\"listener\": \"download\", \"route\": \"download\", \"nth\": \"all\", \"fault\": {\"status\": 404}}]}"
	run --config "$dir/config" --json fetch --month 2024-11
	if [ "$form" = other ]; then
		judged 3 'download .*http-404' 'base64 under a name that nobody knows: the link counts'
		continue
	fi
	judged 0 '"complete":true' "base64 as $form"
	check "base64 as $form: the very files" "$CLA_PYTHON" - "$fake/truth.jsonl" "$dir/data/objects/sha256" <<'END'
import json, os, sys
files = {a['sha256'] for e in map(json.loads, open(sys.argv[1], encoding='utf-8')) if e['date'][:7] == '2024-11'
	and (e['kind'] != 'tx' or e['flags']['documents']) for a in e['attachments']}
print(len(files), sorted(s for s in files if not os.path.exists(f'{sys.argv[2]}/{s[:2]}/{s[2:]}')))
assert len(files) > 4 and all(os.path.exists(f'{sys.argv[2]}/{s[:2]}/{s[2:]}') for s in files)
END
done
stop_fake

# ---- links that cannot be looked up: the rest of the month goes on

mkdir -p "$work/replay/bodies" "$work/endless"
"$CLA_PYTHON" - "$work/replay" <<'END'
import json, sys
folder, n = sys.argv[1], 0
index = open(f'{folder}/answers.jsonl', 'w')

def answer(path, query, body):
	global n
	n += 1
	with open(f'{folder}/bodies/{n}', 'w') as f:
		f.write(body if isinstance(body, str) else json.dumps(body))
	index.write(json.dumps({'method': 'GET', 'path': path, 'query': query, 'status': 200,
		'time': '2024-12-03T00:00:%02dZ' % n, 'headers': {}, 'body': f'bodies/{n}'}) + '\n')

def page(rows):
	return {'content': rows, 'number': 0, 'totalElements': len(rows), 'last': True}

host, signed = 'https://company-1.s3.amazonaws.com', 'X-Amz-Signature=5ec3e7&X-Amz-Date=20241203T000000Z&X-Amz-Expires=10'
uuid = 'aaaaaaaa-0000-4000-8000-00000000000'
links = [host + '/' + 'a' * 40000, host + '/many?' + '&'.join(f'k{i}=1' for i in range(100)),
	host + '/signed?' + signed + '&k=1' * 100, host + '/good?' + signed]
answer('/api/v3/transactions', {'operationDateRangeStart': '2024-11-01', 'operationDateRangeEnd': '2024-11-30', 'page': '0'},
	page([{'uuid': uuid + '1', 'status': 'AUTHORIZED', 'type': 'PURCHASE', 'amountValue': {'amount': 1.00, 'currency': 'MXN'},
		'audit': {'operationDate': '2024-11-05', 'accountingDate': '2024-11-05'},
		'hasAttachments': True, 'hasInvoice': False, 'hasExtractedDocuments': False}]))
answer('/api/v3/reimbursements', {'expenseDateStart': '2024-11-01', 'expenseDateEnd': '2024-11-30', 'page': '0'}, page([]))
answer(f'/api/v3/transactions/{uuid}1/documents', {}, {'transactionUuid': uuid + '1', 'attachments': [
	{'uuid': 'cccccccc-0000-4000-8000-00000000000%d' % i, 'fileName': 'f', 'download': {'url': url}} for i, url in enumerate(links)]})
answer('/good', {}, 'the file')
END
FAKE_TAX_ID=EKU9003173C9 FAKE_CA='' FAKE_API=replay:$work/replay FAKE_DOWNLOAD_HOST='' fake=$work
write_config "$work/endless/config" acme 'credentials =' 'client_cert =' 'client_key =' 'ca_file =' 'download_hosts ='
expect 3 'download.*bad-url' 'links of endless length' --config "$work/endless/config" --json bundle --month 2024-11
cp "$work/out" "$work/result"
check 'they are missing, each with the reason' json "$work/result" 'd[0]["complete"] is False and
	[m["reason"] for m in d[0]["missing"]] == ["bad-url"] * 3'
check 'the file beside them is there' json "$work/result" 'd[0]["documents"] == 1'
expect 0 '.' 'the bundle verifies' verify "$(helper json "$work/result" 'd[0]["bundle"]')"
expect 3 'download.*bad-url' 'a second run says the same' --config "$work/endless/config" bundle --month 2024-11

finish
