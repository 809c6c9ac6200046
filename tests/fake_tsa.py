#!/usr/bin/env python3
"""A time-stamping authority (RFC 3161) for the tests of this project: `openssl ts -reply` behind a small HTTP server on
loopback, with faults by path.  Makes its root and its certificates in DIR; when it is ready DIR/tsa.env says where it is.

	python3 tests/fake_tsa.py DIR

	/ok             granted, by a certificate of ten years
	/short          granted, by one that ends in 90 days
	/expired        signed by one that has ended
	/other          signed below another root
	/bare           without the authority's certificate
	/reject         refused, as RFC 3161 says it
	/wrong-nonce    over the same digest, with another nonce
	/wrong-imprint  over another digest, with the same nonce
	/garbage        HTML with status 200
	/half           the first half, announced as such
	/cut            the first half, announced as the whole
	/long           an answer without end
	/slow           the answer after 20 s
	/500 /404       such a status
"""

import http.server
import os
import subprocess
import sys
import threading
import time

CONFIG = '''
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamping]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[ca]
default_ca = c
[c]
database = index
serial = ca.serial
new_certs_dir = .
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
'''
SECTION = '''
[tsa_{name}]
serial = tsa.serial
signer_cert = {name}.pem
signer_key = {name}.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
'''
NAMES = ('ok', 'short', 'expired', 'other')


def day(seconds):
	return time.strftime('%Y%m%d%H%M%SZ', time.gmtime(time.time() + seconds * 86400))


def openssl(*args):
	done = subprocess.run(('openssl',) + args, capture_output=True, check=False)
	if done.returncode:
		sys.stderr.buffer.write(done.stderr)
	return done


def root(name):
	openssl('req', '-x509', '-config', 'cnf', '-extensions', 'root', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
		'-nodes', '-days', '3650', '-subj', f'/CN={name}', '-keyout', f'{name}.key', '-out', f'{name}.pem')


def authority(name, ca, first, last):
	openssl('req', '-new', '-config', 'cnf', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
		'-subj', f'/CN=authority {name}', '-keyout', f'{name}.key', '-out', f'{name}.csr')
	openssl('ca', '-batch', '-config', 'cnf', '-cert', f'{ca}.pem', '-keyfile', f'{ca}.key', '-extensions', 'stamping',
		'-startdate', day(first), '-enddate', day(last), '-notext', '-in', f'{name}.csr', '-out', f'{name}.pem')


def make():
	with open('cnf', 'w', encoding='ascii') as f:
		f.write(CONFIG + ''.join(SECTION.format(name=name) for name in NAMES))
	open('index', 'w', encoding='ascii').close()
	for name in ('ca.serial', 'tsa.serial'):
		with open(name, 'w', encoding='ascii') as f:
			f.write('01\n')
	root('root')
	root('stranger')
	authority('ok', 'root', -1, 3650)
	authority('short', 'root', -1, 90)
	authority('expired', 'root', -400, -30)
	authority('other', 'stranger', -1, 3650)


def stamp(query, name):
	with open('query', 'wb') as f:
		f.write(query)
	if os.path.exists('reply'):
		os.remove('reply')
	openssl('ts', '-reply', '-config', 'cnf', '-section', f'tsa_{name}', '-queryfile', 'query', '-out', 'reply')
	with open('reply', 'rb') as f:
		return f.read()


def flipped(query, mark):
	"""The query with the last byte changed of the value that these two bytes begin."""
	at = query.index(mark) + 1 + mark[1]
	return query[:at] + bytes((query[at] ^ 1,)) + query[at + 1:]


class Handler(http.server.BaseHTTPRequestHandler):
	lock = threading.Lock()

	def log_message(self, *_):
		pass

	def do_POST(self):
		query = self.rfile.read(int(self.headers.get('Content-Length', '0')))
		path = self.path[1:]
		with self.lock:
			with open('asked', 'a', encoding='ascii') as f:
				f.write(f'{path} {self.headers.get("Content-Type")}\n')
			reply = self.reply(path, query)
		if path == 'slow':
			time.sleep(20)
		self.send_response(int(path) if path.isdigit() else 200)
		self.send_header('Content-Type', 'application/timestamp-reply')
		if path != 'long':
			self.send_header('Content-Length', str(len(reply)))
		self.end_headers()
		try:
			self.wfile.write(reply[:len(reply) // 2] if path == 'cut' else reply)
			while path == 'long':
				self.wfile.write(reply)
		except OSError:
			pass
		self.close_connection = True

	@staticmethod
	def reply(path, query):
		if path == 'garbage':
			return b'<!doctype html><title>proxy login</title>'
		if path == 'reject':
			return stamp(query.replace(bytes.fromhex('608648016503040201'), bytes.fromhex('608648016503040203')), 'ok')
		if path == 'wrong-nonce':
			return stamp(flipped(query, b'\x02\x10'), 'ok')
		if path == 'wrong-imprint':
			return stamp(flipped(query, b'\x04\x20'), 'ok')
		if path == 'bare':
			return stamp(query[:1] + bytes((query[1] - 3,)) + query[2:-3], 'ok')
		reply = stamp(query, path if path in NAMES else 'ok')
		return reply[:len(reply) // 2] if path == 'half' else reply


def main():
	os.chdir(sys.argv[1])
	make()
	server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
	server.daemon_threads = True
	with open('tsa.env.new', 'w', encoding='ascii') as f:
		f.write(f'TSA_URL=http://127.0.0.1:{server.server_port}\nTSA_CA={os.getcwd()}/root.pem\n')
	os.rename('tsa.env.new', 'tsa.env')
	server.serve_forever()


if __name__ == '__main__':
	main()
