#!/usr/bin/env python3
"""A month as static files for nginx: month.py DIR FILES_URL ROWS FILES_A_ROW FILE_BYTES [DISTINCT]

DIR/www gets the pages of a listing and the documents of each row, DIR/www/files DISTINCT different files (all, when
not given), DIR/urls.* the addresses that each phase of fetching asks for.
"""
import json
import os
import random
import sys
import time

folder, files_url, rows, per_row, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
distinct = int(sys.argv[6]) if len(sys.argv) > 6 else rows * per_row
PAGE = 100
r = random.Random(1)
www = os.path.join(folder, 'www')
details = os.path.join(www, 'api/v3/transactions')
for path in (details, os.path.join(www, 'pages'), os.path.join(www, 'files')):
	os.makedirs(path, exist_ok=True)
signed = '?X-Amz-Signature=%s&X-Amz-Expires=43199&X-Amz-Date=%s' % ('5e' * 32, time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()))
links, documents, n = [], [], 0


def uuid():
	h = f'{r.getrandbits(128):032x}'
	return f'{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:]}'


for page in range(-(-rows // PAGE)):
	content = []
	for _ in range(min(PAGE, rows - page * PAGE)):
		u, attachments = uuid(), []
		for _ in range(per_row):
			url = f'{files_url}/files/{n % distinct}/{n}' + signed
			links.append(url)
			attachments.append({'uuid': uuid(), 'fileName': f'file{n}.pdf', 'format': 'pdf', 'updateAt': '2024-11-05T01:35:26.4Z',
				'download': {'url': url, 'urlExpiration': '2099-01-01T00:00:00Z'}})
			n += 1
		content.append({'uuid': u, 'type': 'PURCHASE', 'status': 'AUTHORIZED', 'transactionLabel': 'SHOP ' + u[:8],
			'amountValue': {'currency': 'MXN', 'amount': 100.25}, 'audit': {'operationDate': '2024-11-05',
			'accountingDate': '2024-11-06', 'lastUpdateDate': '2024-11-06'}, 'hasInvoice': {'value': False},
			'hasAttachments': {'value': True}, 'hasExtractedDocuments': {'value': False}})
		os.mkdir(os.path.join(details, u))
		with open(os.path.join(details, u, 'documents'), 'w', encoding='utf-8') as out:
			json.dump({'transactionUuid': u, 'attachments': attachments}, out)
		documents.append(f'/api/v3/transactions/{u}/documents')
	with open(os.path.join(www, 'pages', str(page)), 'w', encoding='utf-8') as out:
		json.dump({'content': content, 'number': page, 'size': PAGE, 'totalElements': rows,
			'totalPages': -(-rows // PAGE), 'last': (page + 1) * PAGE >= rows}, out)
for i in range(min(distinct, n)):
	with open(os.path.join(www, 'files', str(i)), 'wb') as out:
		out.write((b'%%PDF-1.4 %d\n' % i + r.randbytes(size))[:size])
for name, lines in (('documents', documents), ('files', links)):
	with open(os.path.join(folder, 'urls.' + name), 'w', encoding='utf-8') as out:
		out.write('\n'.join(lines) + '\n')
