#!/bin/sh
# Files behind links: which are followed, how far, how long, and what becomes of one that breaks off.

# shellcheck source=tests/lib.sh disable=SC2016,SC2317
. "${CLA_SRCDIR:-$(dirname "$0")/..}/tests/lib.sh"
need openssl

export CLARA_AUDIT_RETRY_BASE_MS=20 CLARA_AUDIT_IDLE_TIMEOUT_S=1

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
