#!/usr/bin/env python3
"""Sends signed webhooks as the contract describes them (X-Clara-Signature: t=<seconds>,v1=<hex>), right ones and wrong
ones, for the tests of this project.  Loopback only.

	python3 tests/fake_webhook.py --to http://localhost:PORT/hook --secret-file FILE --case good
	python3 tests/fake_webhook.py --list

The signed bytes are the value of t as printed, a dot, and the raw body; the MAC is HMAC-SHA256.  Each case is sent once
(`replay`: twice) and the receiver's statuses are printed, one a line.  A receiver that keeps the contract answers 2xx
exactly where --list says `accept`.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import sys
import time
import urllib.parse

EVENT = {'event': 'invoice.recovered', 'delivered_at': '2024-11-30T12:00:00Z', 'data': {
	'expense_id': '5d2c9f1e-0a61-4a7b-9d0c-0f6f3f1c2a11', 'transaction_id': '7b8f5a32-9b0d-4a6e-8f0e-3d1c5a9e7f42',
	'type': 'CFDI', 'uuid': '6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d', 'issuer_rfc': 'XIA190128J61', 'total': 1160.5,
	'xml_url': 'https://files.example.test/1.xml', 'pdf_url': 'https://files.example.test/1.pdf', 'name': 'Peña'}}
WINDOW = 300		# seconds that a time may be off, the contract's default
LONGEST = 8192		# bytes of header that any receiver may be expected to refuse beyond


def mac(secret, stamp, body):
	return hmac.new(secret, stamp.encode() + b'.' + body, hashlib.sha256).hexdigest()


def compact(event):
	return json.dumps(event, ensure_ascii=False, separators=(',', ':')).encode()


class Case:
	"""One delivery: what is signed, what is sent, and whether it is to be accepted."""

	def __init__(self, accept, doc, header=None, body=None, signed=None, offset=0, times=1, plus=False):
		self.accept, self.doc, self.times, self.plus = accept, doc, times, plus
		self.header = header or (lambda t, v: f't={t},v1={v}')
		self.body = compact(EVENT) if body is None else body
		self.signed, self.offset = self.body if signed is None else signed, offset

	def build(self, secret, now):
		"""(header or None, body)"""
		stamp = str(int(now) + self.offset)
		if self.plus:
			stamp = '+' + stamp
		return self.header(stamp, mac(secret, stamp, self.signed)), self.body


def case_table():
	body = compact(EVENT)
	altered = body.replace(b'1160.5', b'1160.6')
	wrong = hashlib.sha256(b'another secret').hexdigest()
	return {
		'good': Case(True, 'as it should be'),
		'wrong-secret': Case(False, 'signed with another secret', lambda t, v: f't={t},v1={mac(b"other", t, body)}'),
		'altered-body': Case(False, 'one byte of the body changed after signing', body=altered, signed=body),
		'reserialised': Case(False, 'the same JSON written with blanks', body=json.dumps(EVENT).encode(), signed=body),
		'too-old': Case(False, 't beyond the window, signed rightly', offset=-WINDOW - 60),
		'old': Case(True, 't just inside the window', offset=-WINDOW + 60),
		'future': Case(False, 't beyond the window ahead', offset=WINDOW + 60),
		'two-v1': Case(True, 'two signatures, the second one right (key rotation)', lambda t, v: f't={t},v1={wrong},v1={v}'),
		'upper-case': Case(True, 'hex digits in upper case', lambda t, v: f't={t},v1={v.upper()}'),
		'reordered': Case(True, 'v1 before t', lambda t, v: f'v1={v},t={t}'),
		'blanks': Case(True, 'blanks around the commas', lambda t, v: f't={t} , v1={v}'),
		'unknown-keys': Case(True, 'keys that nobody knows', lambda t, v: f'v0=abc,t={t},scheme=x,v1={v}'),
		'no-header': Case(False, 'no signature header', lambda t, v: None),
		'empty-header': Case(False, 'an empty header', lambda t, v: ''),
		'no-t': Case(False, 'no time', lambda t, v: f'v1={v}'),
		'no-v1': Case(False, 'no signature', lambda t, v: f't={t}'),
		'short-v1': Case(False, 'a signature cut short', lambda t, v: f't={t},v1={v[:62]}'),
		'not-hex': Case(False, 'a signature that is no hex', lambda t, v: f't={t},v1={"g" + v[1:]}'),
		'two-t': Case(False, 'the time given twice', lambda t, v: f't={t},t={t},v1={v}'),
		't-not-digits': Case(False, 'a time with a sign', plus=True),
		'overlong': Case(False, 'a header of many kilobytes', lambda t, v: f't={t},v1={v},' + 'x=' + 'y' * (2 * LONGEST)),
		'newline': Case(True, 'a body that ends in a line feed, signed with it', body=body + b'\n'),
		'newline-added': Case(False, 'a line feed added after signing', body=body + b'\n', signed=body),
		'bom': Case(True, 'a body that begins with a byte order mark, signed with it', body=b'\xef\xbb\xbf' + body),
		'empty-body': Case(False, 'no body at all: an event is due', body=b''),
		'replay': Case(True, 'an accepted message once more: the second time refused', times=2),
	}


def send(to, header, body):
	url = urllib.parse.urlsplit(to)
	if url.hostname not in ('localhost', '127.0.0.1'):
		raise SystemExit('only to the loopback')
	connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
	headers = {'Content-Type': 'application/json'}
	if header is not None:
		headers['X-Clara-Signature'] = header
	connection.request('POST', url.path or '/', body, headers)
	status = connection.getresponse().status
	connection.close()
	return status


def main():
	p = argparse.ArgumentParser(description='Sends signed webhooks, right and wrong, for tests; loopback only.')
	p.add_argument('--to', metavar='URL')
	p.add_argument('--secret-file', metavar='FILE', help='the shared secret, all its bytes')
	p.add_argument('--case', default='good')
	p.add_argument('--now', type=int, help='seconds since 1970 in place of the clock')
	p.add_argument('--out', metavar='FILE', help='write header and body there in place of sending: a line, then the body')
	p.add_argument('--list', action='store_true', help='name, accept or refuse, and meaning of each case')
	args = p.parse_args()
	cases = case_table()
	if args.list:
		for name, case in cases.items():
			print(f'{name}\t{"accept" if case.accept else "refuse"}\t{case.doc}')
		return 0
	if args.case not in cases or not args.secret_file or not (args.to or args.out):
		p.error('--secret-file, --to or --out, and a case of --list are needed')
	with open(args.secret_file, 'rb') as f:
		secret = f.read()
	case = cases[args.case]
	header, body = case.build(secret, time.time() if args.now is None else args.now)
	if args.out:
		with open(args.out, 'wb') as f:
			f.write((header or '').encode() + b'\n' + body)
		return 0
	for _ in range(case.times):
		print(send(args.to, header, body), flush=True)
	return 0


if __name__ == '__main__':
	sys.exit(main())
