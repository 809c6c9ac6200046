#!/usr/bin/env python3
"""A stand-in for the card provider's REST API, for the tests of this project.  Loopback only.

	python3 tests/fake_clara.py --dir DIR [options]        (see tests/fake-clara.md)

Three listeners on 127.0.0.1, each on a port that the kernel chooses:

  api       TLS with client certificates: /oauth/token, /api/... (production) and /api-test/... (sandbox);
  download  pre-signed URLs of the object store.  It asks for a client certificate only to notice a
            client that offers one: whoever brings a credential here has leaked it;
  foreign   a host that nobody should talk to.  Links and redirects point to it; every connection is
            noted as a violation.

Everything is derived from --seed: records are made again at each request from their number, the bytes
of a document from its uuid, so that 10,000 transactions cost little memory.  What a client is expected
to do right is never checked by the client's own code: this file shares no constant with it.

The order below: small tools, certificates, documents, records, fault plan, HTTP, API, downloads, main.
"""

import argparse
import base64
import calendar
import collections
import copy
import datetime
import email.utils
import gzip
import hashlib
import hmac
import io
import json
import os
import random
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import zipfile
import zlib

UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
UUID_RE = re.compile(UUID)
DATE_RE = re.compile(r'\d{4}-\d\d-\d\d')
CURRENCY = {'mx': 'MXN', 'br': 'BRL', 'co': 'COP'}
DEFAULT_TAX_ID = {'mx': 'EKU9003173C9', 'br': '11222333000181', 'co': '900123456-8'}
MAX_HEAD = 65536		# bytes of request line and headers
MAX_BODY = 1 << 20
STALL_SECONDS = 300		# a stalled answer gives the thread back after this time


# ---- Small tools ----

def num(digits):
	"""A number that must reach the client with exactly these digits (see dump)."""
	return '#n:' + digits + '#'


def dump(value, ascii_only=False):
	"""JSON bytes; what num() marked is written as a bare number."""
	text = json.dumps(value, ensure_ascii=ascii_only, separators=(',', ':'))
	return re.sub(r'"#n:([^"#]*)#"', r'\1', text).encode('utf-8')


def money(cents, style=0):
	"""Decimal text of an amount in cents, in one of the spellings that JSON allows."""
	sign, units, rest = '-' if cents < 0 else '', abs(cents) // 100, abs(cents) % 100
	if style == 1 and rest == 0:
		return f'{sign}{units}'
	if style == 2 and rest % 10 == 0:
		return f'{sign}{units}.{rest // 10}'
	if style == 3 and cents:
		return f'{sign}{units // 100}e2' if cents % 10000 == 0 else f'{sign}{abs(cents)}e-2'
	return f'{sign}{units}.{rest:02d}'


def digest(*parts):
	return hashlib.sha256('/'.join(str(p) for p in parts).encode('utf-8')).digest()


def make_uuid(*parts):
	"""A version 4 uuid that depends on the parts alone."""
	b = bytearray(digest('uuid', *parts)[:16])
	b[6] = b[6] & 0x0f | 0x40
	b[8] = b[8] & 0x3f | 0x80
	h = b.hex()
	return f'{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}'


def dice(*parts):
	return random.Random('/'.join(str(p) for p in parts))


def add_days(day, n):
	return (datetime.date.fromisoformat(day) + datetime.timedelta(days=n)).isoformat()


def utc(seconds=None, form='%Y-%m-%dT%H:%M:%SZ'):
	return time.strftime(form, time.gmtime(CLOCK.now() if seconds is None else seconds))


class Clock:
	"""What the server takes for the present.  Set to an instant it goes on from there; certificates and
	the life of tokens keep to the true clock."""

	def __init__(self):
		self.base = None	# (instant, when it was set)

	def set(self, text):
		if text is None:
			self.base = None
			return
		at = datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=datetime.timezone.utc)
		self.base = at.timestamp(), time.monotonic()

	def now(self):
		if self.base is None:
			return time.time()
		return self.base[0] + time.monotonic() - self.base[1]

	def today(self):
		"""The day that decides what has happened; without a set clock everything has."""
		return utc(form='%Y-%m-%d') if self.base else '9999-12-31'


CLOCK = Clock()


def write_atomically(path, data, mode=0o644):
	"""Readers see the whole file or none."""
	tmp = path + '.tmp'
	fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
	with os.fdopen(fd, 'wb') as f:
		f.write(data if isinstance(data, bytes) else data.encode('utf-8'))
	os.chmod(tmp, mode)
	os.rename(tmp, path)


# ---- Certificates ----

CA_CONFIG = """
[ca]
default_ca = fake
[fake]
database = {dir}/index.txt
new_certs_dir = {dir}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = anything
copy_extensions = none
[anything]
commonName = supplied
organizationName = optional
[req]
distinguished_name = empty
prompt = no
[empty]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
subjectAltName = DNS:localhost
extendedKeyUsage = serverAuth
keyUsage = critical, digitalSignature
[client]
basicConstraints = critical, CA:false
extendedKeyUsage = clientAuth
keyUsage = critical, digitalSignature
"""


def openssl(*args):
	run = subprocess.run(('openssl',) + args, capture_output=True, check=False)
	if run.returncode != 0:
		raise RuntimeError(f'openssl {args[0]}: {run.stderr.decode("utf-8", "replace")[-500:]}')


def make_certificates(folder):
	"""Server CA, client CA, a CA nobody trusts, and their leaves.  Server names are localhost only, so
	that https://127.0.0.1:PORT is a wrong server name."""
	def at(name):
		return os.path.join(folder, name)

	if all(os.path.exists(at(n)) for n in ('ca.pem', 'client.crt', 'notyet.crt', 'foreign-server.crt')):
		return
	os.makedirs(at('ca'), exist_ok=True)
	write_atomically(at('ca/openssl.cnf'), CA_CONFIG.format(dir=at('ca')))
	write_atomically(at('ca/index.txt'), '')

	def key(name):
		openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', at(name))
		os.chmod(at(name), 0o600)

	def authority(name, subject):
		key(f'ca/{name}.key')
		openssl('req', '-new', '-x509', '-config', at('ca/openssl.cnf'), '-extensions', 'authority', '-days', '30',
			'-key', at(f'ca/{name}.key'), '-subj', subject, '-out', at(f'ca/{name}.pem'))

	def leaf(name, issuer, kind, subject, first_day, last_day):
		key(f'{name}.key')
		openssl('req', '-new', '-config', at('ca/openssl.cnf'), '-key', at(f'{name}.key'), '-subj', subject,
			'-out', at(f'ca/{name}.csr'))
		day = 86400
		openssl('ca', '-batch', '-notext', '-config', at('ca/openssl.cnf'), '-extensions', kind,
			'-cert', at(f'ca/{issuer}.pem'), '-keyfile', at(f'ca/{issuer}.key'), '-in', at(f'ca/{name}.csr'),
			'-startdate', utc(time.time() + first_day * day, '%Y%m%d%H%M%SZ'),
			'-enddate', utc(time.time() + last_day * day, '%Y%m%d%H%M%SZ'), '-out', at(f'{name}.crt'))

	authority('server-ca', '/CN=Test Server Authority')
	authority('client-ca', '/CN=Test Client Authority')
	authority('other-ca', '/CN=Unknown Client Authority')
	for name in ('api', 'download', 'foreign'):
		leaf(f'{name}-server', 'server-ca', 'server', f'/CN={name}.test', -1, 20)
	leaf('client', 'client-ca', 'client', '/CN=test client/O=Test', -1, 20)
	leaf('expired', 'client-ca', 'client', '/CN=expired client', -20, -1)
	leaf('notyet', 'client-ca', 'client', '/CN=future client', 10, 20)
	leaf('wrong', 'other-ca', 'client', '/CN=stranger', -1, 20)
	os.replace(at('ca/client-ca.pem'), at('client-ca.pem'))
	os.replace(at('ca/server-ca.pem'), at('ca.pem'))


def write_credentials(folder, client_id, secret):
	"""The credentials file in the layouts that customers have been given."""
	def pem(name):
		with open(os.path.join(folder, name), encoding='ascii') as f:
			return f.read()

	def put(name, value):
		write_atomically(os.path.join(folder, name), json.dumps(value, indent=2) + '\n', 0o600)

	crt, private = pem('client.crt'), pem('client.key')
	put('credentials.json', {'clientId': client_id, 'clientSecret': secret})
	put('credentials-nested.json', {'projectName': 'Audit', 'credentials': {
		'clientId': client_id, 'clientSecret': secret, 'publicKey': crt, 'privateKey': private}})
	put('credentials-escaped.json', {'projectName': 'Audit', 'credentials': {
		'clientId': client_id, 'clientSecret': secret,
		'publicKey': crt.replace('\n', '\\n'), 'privateKey': private.replace('\n', '\\n')}})
	put('credentials-wrong-secret.json', {'clientId': client_id, 'clientSecret': 'not-' + secret})


# ---- Documents: bytes made from a key, never stored ----

Facts = collections.namedtuple('Facts', 'country tax_id date cents currency')


def cfdi(key, facts, version='4.0', declaration=True):
	"""Looks like a stamped CFDI: well-formed, plausible numbers, no true seal."""
	r = dice('cfdi', key)
	space = 'http://www.sat.gob.mx/cfd/' + version[0]
	subtotal = facts.cents * 100 // 116
	lines = [
		f'<cfdi:Comprobante xmlns:cfdi="{space}" Version="{version}" Serie="T" Folio="{r.randrange(1, 99999)}"'
		f' Fecha="{facts.date}T{r.randrange(8, 22):02d}:15:00" FormaPago="04" SubTotal="{money(subtotal)}"'
		f' Moneda="MXN" Total="{money(facts.cents)}" TipoDeComprobante="I" MetodoPago="PUE"'
		f' LugarExpedicion="06600" Sello="{base64.b64encode(digest("seal", key)).decode()}">',
		f' <cfdi:Emisor Rfc="XIA190128J61" Nombre="COMERCIO DE PRUEBA {r.randrange(100)}" RegimenFiscal="601"/>',
		f' <cfdi:Receptor Rfc="{facts.tax_id}" Nombre="CLIENTE DE PRUEBA" UsoCFDI="G03"/>',
		' <cfdi:Conceptos>',
		f'  <cfdi:Concepto ClaveProdServ="90101501" Cantidad="1" ClaveUnidad="E48" Descripcion="Consumo"'
		f' ValorUnitario="{money(subtotal)}" Importe="{money(subtotal)}"/>',
		' </cfdi:Conceptos>',
		' <cfdi:Complemento>',
		f'  <tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital" Version="1.1"'
		f' UUID="{stamp_uuid(key)}" FechaTimbrado="{facts.date}T23:00:00"/>',
		' </cfdi:Complemento>',
		'</cfdi:Comprobante>', '']
	text = '\n'.join(lines)
	return ('<?xml version="1.0" encoding="UTF-8"?>\n' if declaration else '') + text


def stamp_uuid(key):
	return make_uuid('stamp', key)


def nfe(key, facts):
	"""Looks like an authorised NF-e; the access key has a right check digit."""
	r = dice('nfe', key)
	digits = f'35{facts.date[2:4]}{facts.date[5:7]}99888777000100' + '55001' + f'{r.randrange(1, 10**9):09d}' \
		+ '1' + f'{r.randrange(10**8):08d}'
	rest = sum(int(d) * (2 + i % 8) for i, d in enumerate(reversed(digits))) % 11
	access = digits + str(0 if rest < 2 else 11 - rest)
	return f"""<?xml version="1.0" encoding="UTF-8"?>
<nfeProc xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><NFe><infNFe Id="NFe{access}" versao="4.00">\
<ide><cUF>35</cUF><mod>55</mod><nNF>{int(digits[25:34])}</nNF><dhEmi>{facts.date}T12:00:00-03:00</dhEmi></ide>\
<emit><CNPJ>99888777000100</CNPJ><xNome>FORNECEDOR DE TESTE</xNome></emit>\
<dest><CNPJ>{facts.tax_id}</CNPJ><xNome>CLIENTE DE TESTE</xNome></dest>\
<total><ICMSTot><vNF>{money(facts.cents)}</vNF></ICMSTot></total></infNFe></NFe>\
<protNFe versao="4.00"><infProt><chNFe>{access}</chNFe><cStat>100</cStat></infProt></protNFe></nfeProc>
"""


def dian(key, facts):
	return f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" \
xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>SETP{dice('dian', key).randrange(1, 10**9)}</cbc:ID><cbc:IssueDate>{facts.date}</cbc:IssueDate>
<cbc:PayableAmount currencyID="COP">{money(facts.cents)}</cbc:PayableAmount></Invoice>
"""


def fiscal(key, facts):
	"""The text of the country's own kind of fiscal document."""
	return {'mx': cfdi, 'br': nfe, 'co': dian}[facts.country](key, facts)


def pdf(key, facts, attached=None):
	"""A one-page PDF with a right cross-reference table, on request with an embedded file."""
	text = f'BT /F1 12 Tf 40 100 Td (Receipt {key[:8]} {facts.currency} {money(facts.cents)}) Tj ET'.encode()
	names = b''
	parts = [
		b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
		b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 144]/Contents 4 0 R'
		b'/Resources<</Font<</F1 5 0 R>>>>>>',
		b'<</Length %d>>\nstream\n%s\nendstream' % (len(text), text),
		b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>']
	if attached is not None:
		names = b'/Names<</EmbeddedFiles<</Names[(invoice.xml)6 0 R]>>>>'
		parts += [
			b'<</Type/Filespec/F(invoice.xml)/EF<</F 7 0 R>>>>',
			b'<</Type/EmbeddedFile/Length %d>>\nstream\n%s\nendstream' % (len(attached), attached)]
	out, starts = bytearray(b'%PDF-1.4\n%\xe2\xe3\xcf\xd3\n'), []
	for n, part in enumerate([b'<</Type/Catalog/Pages 2 0 R%s>>' % names] + parts, 1):
		starts.append(len(out))
		out += b'%d 0 obj\n%s\nendobj\n' % (n, part)
	table = len(out)
	out += b'xref\n0 %d\n0000000000 65535 f \n' % (len(starts) + 1)
	out += b''.join(b'%010d 00000 n \n' % start for start in starts)
	out += b'trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n' % (len(starts) + 1, table)
	return bytes(out)


def jpeg(key):
	"""Markers of a JPEG file around noise; enough to be recognised by its content."""
	note, noise = key.encode(), dice('jpeg', key).randbytes(700).replace(b'\xff', b'\x00')
	return (b'\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00'
		+ b'\xff\xfe' + struct.pack('>H', len(note) + 2) + note + noise + b'\xff\xd9')


def png(key):
	def chunk(kind, data):
		return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
	pixel = digest('png', key)[:3]
	return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 2, 0, 0, 0))
		+ chunk(b'IDAT', zlib.compress(b'\0' + pixel)) + chunk(b'IEND', b''))


def zipped(name, data):
	out = io.BytesIO()
	with zipfile.ZipFile(out, 'w') as z:
		z.writestr(zipfile.ZipInfo(name, (2024, 11, 1, 0, 0, 0)), data)
	return out.getvalue()


def entity_bomb(key, facts):
	"""XML with a DTD and nested entities: must be refused by whoever parses it."""
	body = fiscal(key, facts).split('?>', 1)[1]
	return ('<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">'
		'<!ENTITY c SYSTEM "file:///etc/passwd">]>' + body)


LOGIN_PAGE = b'<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>\n'

# kind of content -> (extension that its name gets, `format` as the API reports it)
CONTENTS = {
	'fiscal': ('xml', 'xml'), 'fiscal-old': ('xml', 'xml'), 'fiscal-bom': ('xml', 'xml'),
	'fiscal-utf16': ('xml', 'xml'), 'fiscal-blanks': ('xml', 'XML'), 'fiscal-dtd': ('xml', 'xml'),
	'fiscal-as-jpg': ('jpg', 'jpeg'), 'pdf': ('pdf', 'pdf'), 'pdf-as-xml': ('xml', 'xml'),
	'pdf-embedded': ('pdf', 'pdf'), 'jpg': ('jpg', 'jpeg'), 'png': ('png', 'png'), 'text': ('txt', None),
	'empty': ('pdf', 'pdf'), 'html': ('pdf', 'pdf'), 'zip': ('zip', 'zip'), 'twin': ('xml', 'xml'),
	'cfdi': ('xml', 'xml'), 'nfe': ('xml', 'xml'), 'dian': ('xml', 'xml'),
}
SCHEDULE = ('fiscal', 'pdf', 'fiscal', 'jpg', 'fiscal', 'fiscal-as-jpg', 'twin', 'fiscal', 'png', 'fiscal',
	'empty', 'fiscal', 'pdf-as-xml', 'fiscal-old', 'text', 'fiscal', 'fiscal-bom', 'html', 'fiscal', 'twin', 'pdf',
	'fiscal-utf16', 'fiscal', 'zip', 'fiscal-blanks', 'pdf-embedded', 'fiscal', 'fiscal-dtd', 'jpg')
HOSTILE_NAMES = ('../../../../tmp/owned.xml', '/etc/passwd', '..', '', 'a' * 300 + '.pdf', 'x"; rm -rf ~; ".pdf',
	'factura\r\nSet-Cookie: a=b.xml', 'CON', '-rf', 'recibo\u202efdp.exe', 'niño – café №5.pdf',
	'c:\\windows\\x.xml', '%2e%2e%2fescape.pdf', 'tab\tand\x07bell.jpg', '.hidden', 'same name.pdf',
	'same name.pdf', '🧾 recibo.jpg')


def make_content(kind, key, facts):
	if kind in ('fiscal', 'twin', 'fiscal-as-jpg'):
		return fiscal(key, facts).encode()
	if kind in ('cfdi', 'nfe', 'dian'):
		return {'cfdi': cfdi, 'nfe': nfe, 'dian': dian}[kind](key, facts).encode()
	if kind == 'fiscal-old':
		return (cfdi(key, facts, '3.3') if facts.country == 'mx' else fiscal(key, facts)).encode()
	if kind == 'fiscal-bom':
		return b'\xef\xbb\xbf' + fiscal(key, facts).encode()
	if kind == 'fiscal-utf16':
		return fiscal(key, facts).replace('UTF-8', 'UTF-16').encode('utf-16')
	if kind == 'fiscal-blanks':
		return b'\n \t\n' + fiscal(key, facts).encode()
	if kind == 'fiscal-dtd':
		return entity_bomb(key, facts).encode()
	if kind in ('pdf', 'pdf-as-xml'):
		return pdf(key, facts)
	if kind == 'pdf-embedded':
		return pdf(key, facts, fiscal(key, facts).encode())
	if kind == 'zip':
		return zipped('invoice.xml', fiscal(key, facts))
	return {'jpg': lambda: jpeg(key), 'png': lambda: png(key), 'empty': lambda: b'', 'html': lambda: LOGIN_PAGE,
		'text': lambda: f'Recibo {key}\nTotal {money(facts.cents)}\n'.encode()}[kind]()


# ---- Records ----

TYPES = ('PURCHASE', 'PURCHASE', 'REFUND', 'PURCHASE', 'FEE', 'PURCHASE', 'PURCHASE', 'CREDIT', 'PURCHASE', 'PAYMENT',
	'PURCHASE', 'PURCHASE', 'PURCHASE', 'CHARGEBACK', 'PURCHASE', 'PURCHASE', 'REFUND', 'PURCHASE', 'PURCHASE', 'PURCHASE')
STATUSES = ('AUTHORIZED', 'AUTHORIZED', 'NOTIFICATION', 'AUTHORIZED', 'AUTHORIZED', 'PRE_AUTHORIZED', 'AUTHORIZED',
	'AUTHORIZED', 'REJECTED', 'AUTHORIZED', 'AUTHORIZED', 'SYSTEM_TRANSACTION', 'AUTHORIZED', 'AUTHORIZED', 'SETTLED',
	'AUTHORIZED', 'AUTHORIZED', 'AUTHORIZED', 'AUTHORIZED', 'AUTHORIZED')
STATUS_CODES = {'NOTIFICATION': 'ON', 'PRE_AUTHORIZED': 'AU', 'AUTHORIZED': 'OP', 'REJECTED': 'RJ',
	'SYSTEM_TRANSACTION': 'EC', 'SETTLED': 'ZZ'}
REIMBURSEMENT_STATUSES = ('PAID', 'APPROVED', 'PENDING', 'SENT_TO_PAY', 'PAYMENT_IN_PROGRESS', 'PAID', 'REJECTED',
	'FINANCE_REJECTED', 'CANCELLED', 'ON_HOLD')
MERCHANTS = ('RESTAURANTE LA PEÑA', 'VIAJE *APP', 'HOTEL SÃO JOSÉ', 'GASOLINERA 4421', 'CAFÉ "EL ÁNGEL"',
	'COMPRAS EN LINEA', 'TIENDA\\NORTE', 'TAXI/AEROPUERTO', 'PAPELERÍA\tCENTRAL', 'FARMÁCIA 24H', 'MERCADO № 12', 'SUSHI 寿司',
	'PIZZA 🍕 EXPRESS')
PEOPLE = ('Ana López', 'João Souza', 'María Peña', 'Luis Gómez', "Sean O'Neil", 'Zoë Núñez')
XML_CODES = {'hyphen': 'S - Comprobante obtenido satisfactoriamente.',
	'dash': 'S – Comprobante obtenido satisfactoriamente.', 'not-found': 'N - 602: Comprobante no encontrado.'}
UNDOCUMENTED = {'CHARGEBACK', 'SETTLED', 'PAYROLL_SLIP', 'ON_HOLD'}
FLAGS = {'documents': 'hasAttachments', 'invoices': 'hasInvoice', 'extracted-documents': 'hasExtractedDocuments'}
Attachment = collections.namedtuple('Attachment', 'uuid kind key name format media tail updated facts source')


# What befalls charges under a set clock, so many days after the operation: the row turns up; it settles, with another
# amount; its documents arrive, which changes flags and lastUpdateDate or, where they were announced before, nothing.
STORIES = ('late', 'settles', 'document', 'document-silent', None, None)
STORY_DAYS = {'late': 5, 'settles': 3, 'document': 12, 'document-silent': 12}


class Expense:
	"""What is fixed about a transaction or reimbursement; its record is rendered from `n` when asked."""
	__slots__ = ('kind', 'n', 'uuid', 'type', 'status', 'day', 'accounted', 'updated', 'cents', 'files', 'documents',
		'invoices', 'extracted', 'flags', 'story', 'moment')

	def as_of(self, today):
		"""The expense as it stood at the end of that day, None before it turned up."""
		if today >= self.moment or today == '9999-12-31':
			return self
		if today < self.day or self.story == 'late':
			return None
		then = copy.copy(self)
		if self.story == 'settles':
			then.status = 'NOTIFICATION' if today == self.day else 'PRE_AUTHORIZED'
			then.accounted, then.updated, then.cents = None, today, self.cents * 9 // 10
		elif self.story:
			then.documents = then.invoices = then.extracted = 0
			if self.story == 'document':
				then.flags, then.updated = dict.fromkeys(self.flags, False), self.accounted
		return then


class DataSet:
	"""One company in one environment."""

	def __init__(self, world, environment, tax_id):
		self.world, self.environment, self.tax_id = world, environment, tax_id
		self.country, self.currency = world.country, CURRENCY[world.country]
		self.name = f'{world.seed}/{environment}/{tax_id}'
		self.company = make_uuid(self.name, 'company')
		self.first, self.last = world.month + '-01', month_end(world.month)
		sources = world.sources if environment == 'api' and tax_id == world.tax_ids[0] else []
		self.synthetic = not sources
		# A twentieth more lies outside the month: filters that do nothing are noticed.
		outside = max(4, world.transactions // 20)
		self.transactions = [self.make_transaction(n) for n in range(world.transactions + outside)]
		wanted = max(3, world.transactions // 10)
		self.reimbursements = [self.make_reimbursement(n) for n in range(wanted + 2)]
		self.hand_out(sources)
		self.tell_stories()
		self.by_uuid = {e.uuid: e for e in self.transactions + self.reimbursements}
		self.listings = collections.OrderedDict()
		self.lock = threading.Lock()
		self.users = [self.make_user(n) for n in range(60)]
		self.cards = [self.make_card(n) for n in range(25)]

	# -- fixed facts --

	def pick_day(self, n, wanted, r):
		"""A day of the month, or for the last numbers one shortly before or after it."""
		if n < wanted:
			return add_days(self.first, r.randrange(int(self.last[8:])))
		return add_days(self.first, -1 - r.randrange(9)) if n % 2 else add_days(self.last, 1 + r.randrange(9))

	def make_transaction(self, n):
		r, t = dice(self.name, 'facts', n), Expense()
		t.kind, t.n, t.uuid, t.files = 'tx', n, make_uuid(self.name, 'tx', n), []
		t.type, t.status = TYPES[n % len(TYPES)], STATUSES[(3 * n + n // 20) % len(STATUSES)]
		t.day = t.moment = self.pick_day(n, self.world.transactions, r)
		t.story = None
		settled = t.status not in ('NOTIFICATION', 'PRE_AUTHORIZED')
		t.accounted = add_days(t.day, r.randrange(4)) if settled else None
		t.updated = add_days(t.accounted or t.day, r.randrange(3))
		t.cents = r.randrange(10, 5000) * 100 if r.random() < 0.3 else r.randrange(1000, 500000)
		if self.world.extremes and n % 20 < 4:
			t.cents = (9999999999999999, 1, 10, -1)[n % 20]
		if t.type in ('REFUND', 'CREDIT') and n % 4 < 2:
			t.cents = -t.cents
		t.documents = r.choices((0, 1, 2, 3), (15, 57, 20, 8))[0]
		t.invoices = r.choices((0, 1, 2), (3, 6, 1))[0] if self.country == 'mx' and t.type == 'PURCHASE' else 0
		t.extracted = 25 if n % 60 == 13 else r.choices((0, 1, 3), (5, 4, 1))[0]
		t.flags = {'documents': self.flag(t.documents, r), 'invoices': self.flag(t.invoices, r),
			'extracted-documents': self.flag(t.extracted, r)}
		if self.country != 'mx':
			t.flags['invoices'] = False if n % 10 else None
		if not self.synthetic:
			t.documents = t.invoices = 0
			t.flags['invoices'], t.flags['documents'] = False, (False, None)[n % 10 == 0]
			return t
		# The rare combinations, so that a small month has each of them.
		rare = {7: (0, True), 8: (0, None), 9: (1, None), 19: (1, False)}.get(n % 30)
		if rare:
			t.documents, t.flags['documents'] = rare
		if n % 30 in (11, 12) and self.country == 'mx':
			t.invoices, t.flags['invoices'] = ((0, True), (1, None))[n % 30 - 11]
		return t

	@staticmethod
	def flag(count, r):
		"""True, False or None for a flag that is missing from the record."""
		return r.choices((True, None), (92, 8))[0] if count else r.choices((False, None), (85, 15))[0]

	def make_reimbursement(self, n):
		r, e = dice(self.name, 'reimbursement', n), Expense()
		e.kind, e.n, e.uuid, e.files = 'reimbursement', n, make_uuid(self.name, 'reimbursement', n), []
		e.type, e.status = None, REIMBURSEMENT_STATUSES[n % len(REIMBURSEMENT_STATUSES)]
		e.day = e.moment = self.pick_day(n, max(3, self.world.transactions // 10), r)
		e.story = None
		e.accounted = add_days(e.day, 3)
		e.updated = add_days(e.day, 3 + r.randrange(4))
		e.cents = r.randrange(1000, 200000)
		e.documents = (1, 2, 0, 1)[n % 4] if self.synthetic else 0
		e.invoices, e.extracted, e.flags = 0, 0, {}
		return e

	def hand_out(self, sources):
		"""The files of --documents go to the transactions of the month, by operation date, one each; what
		is left over starts again at the first transaction."""
		month = sorted(self.transactions[:self.world.transactions], key=lambda t: (t.day, t.uuid))
		for i, path in enumerate(sources):
			t = month[i % len(month)]
			t.files.append(path)
			t.documents += 1
			t.flags['documents'] = True

	def tell_stories(self):
		"""Settled purchases of the month with a document take turns."""
		n = 0
		for t in self.transactions[:self.world.transactions]:
			if t.type == 'PURCHASE' and t.status == 'AUTHORIZED' and t.documents and t.flags['documents']:
				t.story = STORIES[n % len(STORIES)]
				n += 1
				if t.story:
					t.moment = add_days(t.day, STORY_DAYS[t.story])
				if t.story in ('late', 'settles'):
					t.accounted = t.moment
				if t.story in ('late', 'settles', 'document'):
					t.updated = t.moment

	def facts(self, e):
		tax_id = 'XAXX010101000' if self.synthetic and e.n % 30 == 22 else self.tax_id
		return Facts(self.country, tax_id, e.day, abs(e.cents), self.currency)

	def attachments(self, e):
		return [self.attachment(e, k) for k in range(e.documents)]

	def attachment(self, e, k):
		uuid = make_uuid(e.uuid, 'attachment', k)
		r, facts, key = dice(uuid), self.facts(e), uuid
		updated = f'{e.updated}T{r.randrange(24):02d}:35:26' + r.choice(('', '.4', '.426484', '.426484123')) \
			+ r.choice(('Z', 'Z', 'Z', ''))
		media = r.choice(('format', 'format', 'application/octet-stream', 'none'))
		tail = r.choice(('1', '2', '1', 'a%2Fb%2B1'))
		if e.files:
			source = e.files[k]
			name = os.path.basename(source)
			form = name.rpartition('.')[2] or None
			return Attachment(uuid, 'file', key, name, form, media, tail, updated, facts, source)
		kind = SCHEDULE[(e.n + 11 * k + (5 if e.kind == 'reimbursement' else 0)) % len(SCHEDULE)]
		kind = self.world.plan.modes['content'] or kind
		if kind == 'twin':	# the same bytes under several uuids
			key, facts = self.name + '/twin', facts._replace(date=self.first, cents=123456, tax_id=self.tax_id)
		ending, form = CONTENTS[kind]
		name = f'{r.choice(("factura", "receipt", "recibo"))}_{r.randrange(10000)}.{ending}'
		if r.random() < 0.2:
			name = r.choice(HOSTILE_NAMES)
		elif k and r.random() < 0.3:
			name = self.attachment(e, 0).name
		if r.random() < 0.03:
			name = None
		form_of_name = self.shape('file_names', 'seeded')
		if form_of_name != 'seeded':
			name = {'hostile': HOSTILE_NAMES[(e.n + k) % len(HOSTILE_NAMES)], 'same': 'receipt.' + ending,
				'plain': f'{uuid}.{ending}', 'null': None}[form_of_name]
		return Attachment(uuid, kind, key, name, form, media, tail, updated, facts, None)

	def invoice_file(self, e, k):
		"""The CFDI behind invoice k: where attachment k is a CFDI, that very document."""
		if k < e.documents and (same := self.attachment(e, k)).kind in ('fiscal', 'twin', 'cfdi'):
			return same._replace(uuid=make_uuid(e.uuid, 'invoice', k), name=f'{stamp_uuid(same.key)}.xml')
		uuid = make_uuid(e.uuid, 'invoice', k)
		name = f'{stamp_uuid(uuid)}.xml'
		return Attachment(uuid, 'fiscal', uuid, name, 'xml', 'format', '1', '', self.facts(e), None)

	@staticmethod
	def content(a):
		if a.source is None:
			return make_content(a.kind, a.key, a.facts)
		with open(a.source, 'rb') as f:
			return f.read()

	# -- rendering --

	def link(self, r, path, rel='self'):
		"""Absolute, as data.  In the sandbox it names the wrong environment; a few name a foreign host."""
		place = self.shape('links', 'foreign' if r.random() < 0.15 else 'api')
		return {'rel': rel, 'href': f'{self.world.origin[place]}/api/{path}'}

	def extra(self, r, record):
		"""A field that no client knows yet."""
		seeded = 'some' if r.random() < 0.12 else 'none'
		value = r.choice((None, True, [], {'a': [1, {'b': None}]}, 'x' * 50, num('1234567890123456789'))) \
			if seeded == 'some' else num('1234567890123456789')
		if self.shape('extra', seeded) == 'some':
			record['futureField'] = value
		return record

	def nullable(self, record, names):
		"""Fields that may be null or missing, as the plan wants them."""
		want = self.shape('nullable', 'seeded')
		for name in names:
			if want == 'null':
				record[name] = None
			elif want == 'missing':
				record.pop(name, None)
		return record

	def known(self, value, instead):
		"""Enumeration values: those that are documented, or ones that nobody has seen."""
		want = self.shape('enums', 'seeded')
		if want == 'unknown':
			return 'NEW_' + value
		return instead if want == 'known' and value in UNDOCUMENTED else value

	def status(self, n, value):
		value = self.known(value, 'AUTHORIZED')
		if self.shape('status', 'string' if n % 3 else 'object') == 'string':
			return value
		return {'code': STATUS_CODES.get(value, 'XX'), 'description': value}

	def shape(self, name, seeded):
		"""The shape that the plan's `shapes` asks for, else the one that the seed chose."""
		return self.world.plan.modes['shapes'].get(name, seeded)

	def spell(self, r, cents):
		style = self.shape('numbers', ('plain', 'integer', 'short', 'exponent')[r.choice((0, 0, 0, 1, 2, 3))])
		return num(money(cents, ('plain', 'integer', 'short', 'exponent').index(style)))

	def amount(self, r, cents, currency=None):
		currency = currency or self.currency
		if self.shape('amount', 'amount' if r.random() < 0.6 else 'value') == 'amount':
			return self.extra(r, {'currency': currency, 'amount': self.spell(r, cents)})
		return self.extra(r, {'value': self.spell(r, cents), 'currency': currency})

	def some_label(self, r):
		uuid = make_uuid(self.name, 'label', r.randrange(8))
		return self.extra(r, {'uuid': uuid, 'links': [self.link(r, f'v2/labels/{uuid}')]})

	def some_merchant(self, r):
		name = r.choice(MERCHANTS)
		if self.world.extremes and r.random() < 0.2:
			name += '\0tail'
		return name, r.choice(('absent', None, {'name': name, 'category': 'Food'}, {'name': name, 'category': None,
			'country': self.country.upper(), 'mcc': '5812', 'description': name.lower()}))

	def flag_field(self, r, t, sub):
		value = self.announced(t, sub)
		shape = self.shape('flag', ('object', 'bool', 'value')[r.choice((0, 0, 0, 1, 1, 2))])
		if shape == 'object':
			return {'value': value, 'links': [self.link(r, f'v3/transactions/{t.uuid}/{sub}')]}
		return value if shape == 'bool' else {'value': value}

	def announced(self, t, sub):
		"""True, False, or None where the record has no such flag."""
		return {'seeded': t.flags[sub], 'true': True, 'false': False, 'missing': None}[self.world.plan.modes['flags']]

	def transaction(self, t):
		r = dice(self.name, 'render', t.n)
		label, merchant = self.some_merchant(r)
		out = {
			'uuid': t.uuid,
			'type': self.known(t.type, 'PURCHASE'),
			'transactionLabel': r.choice((label, label, label, label + '  CIUDAD', '', None)),
			'labels': [self.some_label(r) for _ in range(r.randrange(3))],
			'status': self.status(t.n, t.status),
			'audit': self.extra(r, {'accountingDate': t.accounted, 'operationDate': t.day,
				'lastUpdateDate': t.updated}),
			'originalAmount': self.amount(r, *((t.cents // 17, 'USD') if t.n % 10 == 5 else (t.cents,))),
			'amountValue': self.amount(r, t.cents),
			'validationStatus': r.choice(({}, {}, None, {'status': 'NOT_VERIFIED'})),
			'bankConcept': r.choice((None, {'number': '0005', 'description': 'Purchase'})),
			'links': [self.link(r, f'v3/transactions/{t.uuid}')],
		}
		if t.accounted is None and r.random() < 0.5:
			del out['audit']['accountingDate']
		if merchant != 'absent':
			out['merchant'] = merchant
		for sub, name in FLAGS.items():
			if self.announced(t, sub) is not None:
				out[name] = self.flag_field(r, t, sub)
		self.add_people(r, t, out)
		self.add_statement(r, t, out)
		if self.shape('accounting', 'some' if r.random() < 0.3 else 'none') == 'some':
			out['accountingFields'] = r.choice(([], [{'name': 'Cost centre', 'value': 'CC-01'}],
				{'Projeto': 'Ação', 'n': num('7')}))
		if r.random() < 0.2:
			out['comment'] = r.choice((None, 'Comida con cliente\n2ª línea', 'x' * 4000))
		if r.random() < 0.1:
			out.update(installments='1/3', installment=make_uuid(t.uuid, 'plan'))
		if r.random() < 0.2:
			out.update(groups=[{'uuid': make_uuid(self.name, 'group', 0)}], locations=None)
		if self.world.plan.modes['stray_links']:
			out.update(self.stray(t))
		return self.extra(r, self.nullable(out, ('transactionLabel', 'merchant', 'originalAmount',
			'card', 'user', 'authorizationNumber', 'billingStatement', 'validationStatus', 'bankConcept', 'comment')))

	def add_people(self, r, t, out):
		if t.type in ('FEE', 'PAYMENT', 'CREDIT'):
			if t.n % 2:
				out.update(card=None, user=None, authorizationNumber=None)
			return
		card, user = self.cards[t.n % len(self.cards)], self.users[t.n % len(self.users)]
		if self.shape('card', 'masked' if r.random() < 0.5 else 'digits') == 'masked':
			out['card'] = {'uuid': card['uuid'], 'maskedPan': card['maskedPan'],
				'links': [self.link(r, f'v2/cards/{card["uuid"]}')]}
		else:
			out['card'] = {'lastFourDigits': card['maskedPan'][-4:]}
		if self.shape('user', 'holder' if r.random() < 0.5 else 'name') == 'holder':
			out['user'] = {'uuid': user['uuid'], 'holderName': user['fullName'],
				'links': [self.link(r, f'v2/users/{user["uuid"]}')]}
		else:
			out['user'] = {'name': user['fullName'], 'uuid': user['uuid']}
		if r.random() < 0.9:
			out['authorizationNumber'] = r.choice((f'{r.randrange(10**6):06d}', f'0{r.randrange(10**5):05d}', None))

	def add_statement(self, r, t, out):
		if t.accounted is None:
			if r.random() < 0.5:
				out['billingStatement'] = None
			return
		month = t.day[:7]
		uuid = make_uuid(self.name, 'statement', month)
		forms = {'links': {'links': [{'rel': 'self',
				'href': f'{self.world.origin["api"]}/api/v3/billing-statements/{uuid}'}]},
			'uuid': {'uuid': uuid},
			'period': {'uuid': uuid, 'periodStartDate': month + '-01', 'periodEndDate': month_end(month)}}
		out['billingStatement'] = forms[self.shape('statement', r.choice(('links', 'uuid', 'period')))]

	def invoice(self, e, k):
		file = self.invoice_file(e, k)
		r = dice(file.uuid)
		subtotal = file.facts.cents * 100 // 116
		record = {
			'invoiceId': stamp_uuid(file.key) if self.shape('folio', r.choice(('same', 'same', 'other'))) == 'same'
				else file.uuid,
			'invoiceNumber': r.choice((None, 'A-' + str(r.randrange(1000)))),
			'taxRegime': r.choice(('601', '621')),
			'issuer': {'rfc': r.choice(('XIA190128J61', 'XIA190128J6')), 'businessName': 'COMERCIO DE PRUEBA'},
			'taxReceipts': {'cfdi': 'G03', 'paymentMethod': r.choice(('04', 'Q4'))},
			'tax': {'retained': {'isr': r.choice((None, num('0.75'))), 'iva': None, 'ieps': None},
				'transferred': {'iva': self.spell(r, file.facts.cents - subtotal), 'ieps': num('0.0')}},
			'amount': {'total': self.spell(r, file.facts.cents), 'subTotal': self.spell(r, subtotal),
				'currency': 'MXN'},
			'documentDate': e.day,
			'xmlStatus': self.shape('xml_status', r.choice(('Vigente', 'Vigente', 'Valid', 'Cancelado', 'No Encontrado'))),
			'xmlCode': XML_CODES[self.shape('xml_code', r.choice(('hyphen', 'dash', 'not-found')))],
		}
		if r.random() < 0.1:
			record.update(taxRegime=None, tax=None, xmlStatus=None, xmlCode=None)
		self.nullable(record, ('invoiceNumber', 'taxRegime', 'issuer', 'taxReceipts', 'tax', 'amount', 'documentDate',
			'xmlStatus', 'xmlCode'))
		record = self.extra(r, record)
		with_download = self.shape('invoice_download', 'some' if r.random() < 0.4 else 'none') == 'some'
		return record, file, with_download

	def extracted(self, e, k):
		uuid = make_uuid(e.uuid, 'extracted', k)
		r = dice(uuid)
		kinds = ('RECEIPT', 'INVOICE', 'OTHER', 'PAYROLL_SLIP')
		kind = 'MEXICAN_FISCAL_INVOICE' if self.country == 'mx' and k % 2 == 0 else r.choice(kinds)
		tip = abs(e.cents) // 10
		total = abs(e.cents) - tip * (k % 2)
		data = {
			'invoiceId': r.choice((None, 'INV-2024-001')), 'receiptDate': e.day, 'issueDate': r.choice((e.day, None)),
			'billingDate': None, 'country': self.country.upper(),
			'issuer': r.choice((None, {'legalName': 'COMERCIO DE PRUEBA', 'taxIdentifier': 'XIA190128J61'})),
			'items': [{'name': 'Consumo', 'unitPrice': self.spell(r, total), 'quantity': num('1'),
				'total': self.spell(r, total)}],
			'itemsDescription': 'Consumo',
			'amount': {'currency': self.currency, 'subTotal': num('100.0'), 'taxesAmount': num('16'),
				'tipAmount': self.spell(r, tip * (k % 2)), 'total': self.spell(r, total),
				'taxPercentage': num('16.0'), 'tipPercentage': None},
		}
		if kind == 'MEXICAN_FISCAL_INVOICE' and self.shape('folio', 'same') != 'none':
			first = stamp_uuid(self.invoice_file(e, 0).key)
			data['folioFiscalUuid'] = first if k == 0 else r.choice((None, stamp_uuid(uuid)))
		user = r.choice((None, self.users[0]['uuid']))
		kind = self.known(kind, 'OTHER')
		return self.extra(r, {'uuid': uuid, 'type': kind, 'userUuid': user, 'data': data,
			'fileValidation': {'status': r.choice(('VALIDATED_BY_CLARA', 'VALIDATED_BY_USER', 'NOT_VERIFIED')),
				'date': e.day + 'T14:30:00', 'user': None, 'userUuid': None}})

	def reimbursement_dates(self, e):
		paid = add_days(e.day, 5) if e.status == 'PAID' else None
		approved = e.accounted if e.status in ('PAID', 'APPROVED', 'SENT_TO_PAY') else None
		return {'requestCreationDate': add_days(e.day, 1), 'expenseDate': e.day, 'finalApprovalDate': approved,
			'paymentDate': paid, 'lastUpdateDate': e.updated}

	def requester(self, e):
		return self.users[e.n % len(self.users)]

	def reimbursement(self, e, sign):
		r = dice(self.name, 'render-reimbursement', e.n)
		user = self.requester(e)
		out = {
			'uuid': e.uuid, 'description': r.choice(('Taxi', 'Comida', None)), 'audit': self.reimbursement_dates(e),
			'labels': [self.some_label(r) for _ in range(r.randrange(2))], 'merchant': self.some_merchant(r)[1],
			'requester': {'uuid': user['uuid'], 'fullName': user['fullName']}, 'groups': [], 'locations': None,
			'amountValue': self.amount(r, e.cents),
			'validationStatus': self.reimbursement_status(e),
			'attachments': [attachment_record(a, sign(e, k, a)) for k, a in enumerate(self.attachments(e))],
			'paymentDetail': r.choice((None, {'method': 'TRANSFER'})),
		}
		if out['merchant'] == 'absent':
			del out['merchant']
		if self.world.plan.modes['stray_links']:
			out.update(self.stray(e))
		return self.extra(r, self.nullable(out, ('description', 'merchant', 'groups', 'locations', 'paymentDetail')))

	def reimbursement_status(self, e):
		status = self.known(e.status, 'PENDING')
		if self.shape('status', 'string' if e.n % 2 else 'object') == 'string':
			return status
		return {'status': status}

	def stray(self, e):
		"""Signed links where no client looks for them."""
		url = self.world.sign_stray(self, e)
		return {'preview': url, 'thumbnails': [{'a': {'b': [url]}}], 'comment': f'see {url} for the ticket'}

	def make_user(self, n):
		first, last = PEOPLE[n % len(PEOPLE)].split()
		return {'uuid': make_uuid(self.name, 'user', n), 'name': first, 'lastName': last,
			'fullName': f'{first} {last} {n}', 'email': f'user{n}@example.test',
			'role': ('EMPLOYEE', 'MANAGER', 'COMPANY_OWNER', 'BOOKKEEPER')[n % 4],
			'status': 'ACTIVE', 'erpId': None if n % 3 else f'E{n:04d}'}

	def make_card(self, n):
		uuid, user = make_uuid(self.name, 'card', n), self.users[n]
		return {'uuid': uuid, 'claraStatus': 'ACTIVE', 'status': 'OP', 'lockCode': None, 'alias': f'Card {n}',
			'threshold': num('10000.00'), 'periodicity': 'MONTHLY', 'maskedPan': f'518899******{1000 + n}',
			'type': ('MASTER_VIRTUAL', 'MASTER_PHYSICAL')[n % 2],
			'user': {'uuid': user['uuid'], 'fullName': user['fullName'], 'username': user['email']}}

	def named(self, what, count):
		return [{'uuid': make_uuid(self.name, what, n), 'name': f'{what.title()} {n}', 'code': f'{n:03d}',
			'description': None, 'status': 'ACTIVE'} for n in range(count)]

	def statement_rows(self, month):
		rows = (t.as_of(CLOCK.today()) for t in self.transactions if t.day[:7] == month)
		return [t for t in rows if t and t.status == 'AUTHORIZED' and t.accounted]

	def statement(self, month, single):
		"""The total of a statement is the plain sum of its rows, or counts one more of 99.00 that the list
		does not give."""
		total = sum(t.cents for t in self.statement_rows(month)) + (9900 if self.misses_one(month) else 0)
		out = {'uuid': make_uuid(self.name, 'statement', month), 'statementStartDate': month + '-01',
			'statementEndDate': month_end(month), 'currency': self.currency, 'totalAmount': num(money(total))}
		if single:
			out.update(status='closed', generatedAt=month_end(month) + 'T23:59:59Z')
		return out

	def misses_one(self, month):
		gap = self.world.plan.modes['statement_gap']
		return gap == 'all' or gap == 'following' and month > self.first[:7]

	def months(self):
		return [add_days(self.first, -1)[:7], self.first[:7], add_days(self.last, 1)[:7]]

	def movements(self):
		"""Digital account (Brazil)."""
		return [{'id': num(str(2**31 + 7 * n)), 'transactionDate': add_days(self.first, n % 28) + 'T23:59:59',
			'amount': num(money(1000 + 37 * n)), 'method': ('PIX', 'TED', 'BILL', 'TRANSACTION')[n % 4],
			'type': 'Pagamento',
			'source': {'name': 'Origem', 'taxId': self.tax_id, 'institution': None},
			'beneficiary': {'name': 'Destino', 'taxId': '99888777000100', 'institution': 'Banco'}} for n in range(45)]

	# -- selection --

	def listing(self, key, rows, wanted, order):
		"""Rows that pass, in order; the last few selections are kept, since a walk asks for each again."""
		with self.lock:
			if key in self.listings:
				return self.listings[key]
		chosen = sorted((row for row in rows if wanted(row)), key=order[0], reverse=order[1])
		with self.lock:
			self.listings[key] = chosen
			while len(self.listings) > 32:
				self.listings.popitem(last=False)
		return chosen


def month_end(month):
	year, number = int(month[:4]), int(month[5:7])
	return f'{month}-{calendar.monthrange(year, number)[1]:02d}'


def attachment_record(a, download):
	return {'uuid': a.uuid, 'fileName': a.name, 'updateAt': a.updated, 'format': a.format, 'download': download}


class World:
	"""All companies; a data set is made when it is first asked for."""

	def __init__(self, args):
		self.seed, self.country, self.month = args.seed, args.country, args.month
		self.transactions, self.extremes = args.transactions, args.extremes
		self.tax_ids = args.tax_id.split(',') if args.tax_id else [DEFAULT_TAX_ID[args.country]]
		self.sources = []
		if args.documents:
			self.sources = sorted(os.path.join(at, name) for at, _, names in os.walk(args.documents)
				for name in names)
		self.plan, self.sign_stray = None, None	# set by the server
		self.origin = {}	# listener -> https://localhost:PORT, filled in when the ports are known
		self.sets, self.companies, self.lock = {}, {}, threading.Lock()

	def data(self, environment, tax_id):
		with self.lock:
			key = (environment, tax_id)
			if key not in self.sets:
				made = DataSet(self, environment, tax_id)
				self.sets[key] = self.companies[made.company] = made
			return self.sets[key]


# ---- Fault plan ----

# Fault -> what it takes.  Several in one rule are combined; the groups are applied in this order.
FAULTS = {
	# before the answer, and from then on
	'delay_before_ms': int, 'stall_headers': (bool, int), 'set_clock': str, 'set_hidden': int,
	# in place of the answer
	'status': int, 'body': str, 'retry_after': (int, str), 'status_401': (bool, str), 'html_200': bool,
	'error_200': bool, 'echo': bool,
	'redirect': (bool, str), 'redirect_status': int, 'expired_url': bool, 'expired_token': bool,
	# in a page
	'wrong_number': (bool, int), 'repeat_page': bool, 'endless': bool, 'reduced_envelope': bool, 'bare_array': bool,
	'empty_page': bool, 'change_total': int, 'drop_row': (bool, int), 'shift': int,
	# in a download object, in a download
	'foreign_url': bool, 'http_url': bool, 'no_download': bool, 'change_etag': bool, 'big_body': int,
	# in the bytes
	'half_json': bool, 'invalid_utf8': bool, 'duplicate_key': bool, 'lone_surrogate': bool, 'pad': int,
	'wrong_content_type': (bool, str),
	# on the wire
	'stall_body': int, 'reset': (bool, int), 'truncate_body': int, 'length_plus': int, 'length_minus': int,
	'no_length': bool, 'chunked': bool, 'close': bool,
}
ERROR_BODIES = ('json', 'html', 'empty', 's3xml')
MODES = {'missing_cert': 'handshake', 'token': {}, 'scopes': [], 'revoke_after': 0, 'page_clamp': 100, 'url_life': 43199,
	'size_over_100': 'clamp', 'invoices_elsewhere': '404', 'shuffle': False, 'hidden': 0, 'gzip': False, 'clock': None,
	'shapes': {}, 'flags': 'seeded', 'content': None, 'stray_links': False, 'steady_links': False, 'statement_gap': 'following',
	'ignored_filters': [], 'reset_connections': [], 'idle_close_ms': 60000, 'base64_form': 'base64'}
CHOICES = {'missing_cert': ('handshake', '511', '401'), 'size_over_100': ('clamp', '400'),
	'invoices_elsewhere': ('403', '404', 'empty'), 'flags': ('seeded', 'true', 'false', 'missing'),
	'content': (None,) + tuple(CONTENTS), 'statement_gap': ('none', 'following', 'all'),
	'base64_form': ('base64', 'content', 'data', 'file', 'nested', 'string', 'text', 'lines', 'uri', 'other')}
# What the seed chooses for each record, until the plan says one for all.
SHAPES = {'status': ('string', 'object'), 'amount': ('amount', 'value'), 'flag': ('object', 'bool', 'value'),
	'card': ('masked', 'digits'), 'user': ('holder', 'name'), 'statement': ('links', 'uuid', 'period'),
	'nullable': ('null', 'missing'), 'enums': ('known', 'unknown'), 'extra': ('some', 'none'),
	'accounting': ('some', 'none'), 'numbers': ('plain', 'integer', 'short', 'exponent'), 'links': ('api', 'foreign'),
	'invoice_download': ('some', 'none'), 'folio': ('same', 'other', 'none'),
	'xml_status': ('Vigente', 'Valid', 'Cancelado', 'No Encontrado'), 'xml_code': tuple(XML_CODES),
	'file_names': ('hostile', 'same', 'plain', 'null')}
TOKEN_MODES = ('ok', 'denied', '429', '500', 'no_expires', 'string_expires', 'html')


class PlanError(Exception):
	pass


class Rule:
	def __init__(self, spec):
		unknown = set(spec) - {'route', 'listener', 'tax_id', 'nth', 'fault'}
		if unknown or not isinstance(spec.get('fault'), dict):
			raise PlanError(f'a rule takes route, listener, tax_id, nth and fault: {spec}')
		for name, value in spec['fault'].items():
			if name not in FAULTS:
				raise PlanError(f'unknown fault "{name}"')
			if not isinstance(value, FAULTS[name]) or (isinstance(value, bool) and FAULTS[name] is int):
				raise PlanError(f'fault "{name}" cannot be {value!r}')
		if spec['fault'].get('body', 'json') not in ERROR_BODIES:
			raise PlanError(f'an error body is one of {ERROR_BODIES}')
		self.route, self.listener, self.fault = spec.get('route', ''), spec.get('listener'), spec['fault']
		if self.listener not in (None, 'api', 'download', 'foreign'):
			raise PlanError(f'no listener "{self.listener}"')
		self.tax_id = spec.get('tax_id')
		self.by_name = self.route in ROUTE_NAMES
		try:
			self.pattern = re.compile(self.route)
		except re.error as problem:
			raise PlanError(f'route "{self.route}": {problem}') from problem
		self.hit, self.seen = self.parse_nth(spec.get('nth', 1)), 0

	@staticmethod
	def parse_nth(nth):
		"""A predicate on the count of matching requests, which starts at 1."""
		if isinstance(nth, int) and not isinstance(nth, bool):
			return lambda n: n == nth
		if isinstance(nth, list) and all(isinstance(n, int) for n in nth):
			return lambda n: n in nth
		if nth == 'all':
			return lambda n: True
		if isinstance(nth, str) and (m := re.fullmatch(r'(from|every):([1-9]\d*)', nth)):
			at = int(m[2])
			return (lambda n: n >= at) if m[1] == 'from' else (lambda n: n % at == 0)
		raise PlanError(f'nth is a number, a list, "all", "from:N" or "every:N", not {nth!r}')

	def matches(self, listener, name, line, tax_id):
		if self.listener and self.listener != listener or self.tax_id and self.tax_id != tax_id:
			return False
		return name == self.route if self.by_name else self.pattern.search(line) is not None


class Plan:
	"""What goes wrong, and the modes of the server.  Counters start again when the file is read again."""

	def __init__(self, path):
		spec = {}
		if path:
			try:
				with open(path, encoding='utf-8') as f:
					spec = json.load(f)
			except (OSError, ValueError) as problem:
				raise PlanError(f'{path}: {problem}') from problem
		if isinstance(spec, list):
			spec = {'rules': spec}
		unknown = set(spec) - set(MODES) - {'rules'}
		if unknown:
			raise PlanError(f'unknown mode {sorted(unknown)}')
		self.rules = [Rule(r) for r in spec.get('rules', [])]
		self.modes = {**MODES, **{k: v for k, v in spec.items() if k != 'rules'}}
		for name, allowed in CHOICES.items():
			if self.modes[name] not in allowed:
				raise PlanError(f'{name} is one of {allowed}')
		for name, value in self.modes['shapes'].items():
			if value not in SHAPES.get(name, ()):
				raise PlanError(f'shape {name} is one of {SHAPES.get(name, "no shapes")}')
		if self.modes['clock'] is not None:
			self.check_instant(self.modes['clock'])
		for rule in self.rules:
			if 'set_clock' in rule.fault:
				self.check_instant(rule.fault['set_clock'])
		if self.modes['token'].get('mode', 'ok') not in TOKEN_MODES or set(self.modes['token']) - {'life', 'mode'}:
			raise PlanError(f'token takes life and mode, one of {TOKEN_MODES}')
		if not all(isinstance(s, str) and s.startswith('-') for s in self.modes['scopes']):
			raise PlanError('scopes lists what is taken away, such as "-read:invoices"')
		self.lock = threading.Lock()

	@staticmethod
	def check_instant(text):
		try:
			Clock().set(text)
		except (TypeError, ValueError) as problem:
			raise PlanError(f'an instant is YYYY-MM-DDTHH:MM:SSZ, not {text!r}') from problem

	def fault_for(self, listener, name, line, tax_id):
		"""The fault of the first rule that matches and whose turn it is; every matching rule counts."""
		chosen = None
		with self.lock:
			for rule in self.rules:
				if not rule.matches(listener, name, line, tax_id):
					continue
				rule.seen += 1
				if chosen is None and rule.hit(rule.seen):
					chosen = rule.fault
		return chosen or {}


# ---- HTTP ----

REASONS = {200: 'OK', 204: 'No Content', 206: 'Partial Content', 302: 'Found', 307: 'Temporary Redirect',
	400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed',
	408: 'Request Timeout', 412: 'Precondition Failed', 416: 'Range Not Satisfiable', 422: 'Unprocessable Entity',
	429: 'Too Many Requests', 500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway',
	503: 'Service Unavailable', 504: 'Gateway Timeout', 511: 'Network Authentication Required'}
CODES = {400: 'VALIDATION_ERROR', 401: 'UNAUTHORIZED', 403: 'FORBIDDEN', 404: 'NOT_FOUND', 405: 'METHOD_NOT_ALLOWED',
	422: 'B013', 429: 'TOO_MANY_REQUESTS', 500: 'INTERNAL_ERROR', 511: 'CERTIFICATE_REQUIRED'}


class Request:
	"""One request as received."""

	def __init__(self, connection, method, target, headers, body):
		self.connection, self.listener, self.peer = connection, connection.listener, connection.peer
		self.method, self.headers, self.body = method, headers, body
		self.path, _, self.query = target.partition('?')
		self.fault, self.seq, self.flag = {}, 0, None

	def params(self):
		return dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))


class Answer:
	def __init__(self, status, body=b'', media='application/json', headers=()):
		self.status, self.body, self.media, self.headers = status, body, media, list(headers)


class Refusal(Exception):
	"""Ends the handling of a request with an error answer."""

	def __init__(self, answer):
		super().__init__(answer.status)
		self.answer = answer


def error_answer(status, message='refused by the test server', headers=()):
	body = dump({'code': CODES.get(status, 'ERROR'), 'message': message, 'timestamp': utc()})
	return Answer(status, body, headers=headers)


def s3_error(status, code, message):
	body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
		f'<RequestId>{"0123456789ABCDEF"}</RequestId></Error>')
	return Answer(status, body.encode(), 'application/xml')


class Pattern:
	"""A long body that is never in memory as a whole."""
	BLOCK = 65536

	def __init__(self, size, start=0):
		self.size, self.start, self.block = size, start, dice('pattern').randbytes(self.BLOCK)

	def __len__(self):
		return self.size - self.start

	def pieces(self):
		at = self.start
		while at < self.size:
			piece = self.block[at % self.BLOCK:][:self.size - at]
			at += len(piece)
			yield piece


def pieces(body):
	if isinstance(body, Pattern):
		yield from body.pieces()
	elif body:
		yield body


def retry_after(value):
	"""Seconds, "date+N" for an HTTP date N seconds ahead, anything else as it stands."""
	if isinstance(value, str) and value.startswith('date+'):
		value = email.utils.formatdate(CLOCK.now() + int(value[5:]), usegmt=True)
	return ('Retry-After', str(value))


def echo_answer(status, request):
	"""An error that repeats what it was sent, as badly written servers do: secrets included."""
	said = f'{request.method} {request.path}?{request.query} {request.headers.get("authorization", "")}' \
		f' {request.body.decode("latin-1")}'
	if request.listener == 'download':
		answer = s3_error(status, 'SignatureDoesNotMatch', said.replace('&', '&amp;'))
	else:
		answer = Answer(status, dump({'code': CODES.get(status, 'ERROR'), 'error': 'invalid_request',
			'error_description': said, 'message': said, 'timestamp': utc()}))
	answer.headers.append(('X-Echo', said.replace('\r', '').replace('\n', '')))
	return answer


def replaced_answer(fault, server, request):
	"""The answer that a fault gives without asking the route, or None."""
	if fault.get('echo'):
		return echo_answer(fault.get('status', 400), request)
	if 'status' in fault:
		status, kind = fault['status'], fault.get('body', 'json')
		headers = [retry_after(fault['retry_after'])] if 'retry_after' in fault else []
		if kind == 'json':
			return error_answer(status, 'planned fault', headers)
		if kind == 's3xml':
			answer = s3_error(status, 'SlowDown' if status == 503 else 'InternalError', 'Please try again.')
			answer.headers += headers
			return answer
		page = f'<html><body><h1>{status} {REASONS.get(status, "")}</h1></body></html>'.encode()
		return Answer(status, page if kind == 'html' else b'', 'text/html' if kind == 'html' else None, headers)
	if fault.get('status_401'):
		if fault['status_401'] == 'revoke':
			server.tokens.revoke_all()
		return error_answer(401, 'token expired')
	if fault.get('html_200'):
		return Answer(200, LOGIN_PAGE, 'text/html; charset=utf-8')
	if fault.get('error_200'):
		return Answer(200, error_answer(500, 'planned fault').body)
	if fault.get('redirect'):
		to = fault['redirect']
		if to is True:
			to = server.world.origin['foreign'] + request.path + (f'?{request.query}' if request.query else '')
		return Answer(fault.get('redirect_status', 302), b'', None, [('Location', to)])
	if fault.get('expired_url'):
		return s3_error(403, 'AccessDenied', 'Request has expired')
	if fault.get('expired_token'):
		return s3_error(400, 'ExpiredToken', 'The provided token has expired.')
	return None


def damage(answer, fault):
	"""Faults in the bytes of an answer that is otherwise right."""
	body = answer.body
	if isinstance(body, bytes):
		if fault.get('half_json'):
			body = body[:len(body) // 2]
		if fault.get('invalid_utf8'):
			at = max(body.rfind(b'"'), 0)
			body = body[:at] + b'\xff\xc0' + body[at:]
		if fault.get('lone_surrogate'):
			body = body[:-1] + b',"broken":"\\ud83c"' + body[-1:]
		if fault.get('pad'):
			body = body[:-1] + b',"padding":"' + b'x' * fault['pad'] + b'"' + body[-1:]
		if fault.get('duplicate_key') and (m := re.match(rb'\{("[^"]*"):', body)):
			body = body[:-1] + b',' + m[1] + b':null}'
	answer.body = body
	if fault.get('wrong_content_type'):
		answer.media = fault['wrong_content_type'] if isinstance(fault['wrong_content_type'], str) else 'text/plain'


class Connection:
	"""One TLS connection, served by one thread."""

	def __init__(self, server, listener, number, plain):
		self.server, self.listener, self.number = server, listener, number
		self.sock, self.peer, self.buffer = plain, None, b''

	def serve(self):
		try:
			if self.handshake():
				while self.serve_one():
					pass
		except OSError:
			pass		# the client is gone, or what it sent is no HTTP
		finally:
			self.close()

	def handshake(self):
		self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		self.sock.settimeout(60)
		if self.listener == 'foreign':
			self.server.violation(f'foreign: connection {self.number} to a host that is not configured')
		context = self.server.context(self.listener)
		try:
			self.sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
			self.sock.do_handshake()
		except (OSError, ssl.SSLError) as problem:
			self.server.note('handshakes.txt', f'{self.listener}: connection {self.number}: {problem}')
			if self.listener == 'download' and 'CERTIFICATE_VERIFY_FAILED' in str(problem):
				self.server.violation(f'download: connection {self.number} offered a client certificate')
			return False
		if self.listener == 'api' and self.server.next_connection() in self.server.plan.modes['reset_connections']:
			self.close(abrupt=True)
			return False
		certificate = self.sock.getpeercert()
		if certificate:
			self.peer = ','.join(f'{k}={v}' for part in certificate['subject'] for k, v in part)
		return True

	def close(self, abrupt=False):
		try:
			if abrupt:
				self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
			elif isinstance(self.sock, ssl.SSLSocket):
				self.sock.setblocking(False)
				self.sock.unwrap()	# sends close_notify, does not wait for the answer
		except (OSError, ssl.SSLError, ValueError):
			pass
		try:
			self.sock.close()
		except OSError:
			pass

	def read_request(self):
		"""None at the end of the connection."""
		self.sock.settimeout(self.server.plan.modes['idle_close_ms'] / 1000)
		while b'\r\n\r\n' not in self.buffer:
			if len(self.buffer) > MAX_HEAD:
				raise ConnectionError('head too long')
			more = self.sock.recv(65536)
			if not more:
				return None
			self.buffer += more
		head, _, self.buffer = self.buffer.partition(b'\r\n\r\n')
		lines, headers = head.decode('latin-1').split('\r\n'), {}
		if not re.fullmatch(r'[A-Z]+ /\S* HTTP/1\.[01]', lines[0]):
			raise ConnectionError('not a request')
		method, target, _ = lines[0].split(' ')
		for line in lines[1:]:
			name, _, value = line.partition(':')
			name, value = name.strip().lower(), value.strip()
			headers[name] = f'{headers[name]}, {value}' if name in headers else value
		length = headers.get('content-length', '0')
		size = int(length) if length.isdecimal() else MAX_BODY + 1
		if size > MAX_BODY or 'transfer-encoding' in headers:
			raise ConnectionError('body not accepted')
		while len(self.buffer) < size:
			more = self.sock.recv(65536)
			if not more:
				return None
			self.buffer += more
		body, self.buffer = self.buffer[:size], self.buffer[size:]
		self.sock.settimeout(60)
		return Request(self, method, target, headers, body)

	def serve_one(self):
		"""False when the connection is to be closed."""
		request = self.read_request()
		if request is None:
			return False
		server = self.server
		request.seq = server.next_seq()
		answer, name = None, route_name(request)
		fault = request.fault = server.plan.fault_for(self.listener, name, f'{request.method} {request.path}',
			request.headers.get('x-tax-identifier'))
		server.watch(request)
		if 'set_clock' in fault:
			CLOCK.set(fault['set_clock'])
		if 'set_hidden' in fault:
			server.plan.modes['hidden'] = fault['set_hidden']
		if 'delay_before_ms' in fault:
			time.sleep(fault['delay_before_ms'] / 1000)
		if fault.get('stall_headers'):
			server.log(request, name, None)
			self.stall(fault['stall_headers'])
			return False
		try:
			answer = replaced_answer(fault, server, request) or server.answer(request, name)
		except Refusal as refusal:
			answer = refusal.answer
		damage(answer, fault)
		silent = fault.get('reset') is True
		server.log(request, name, None if silent else answer.status)
		if silent:
			self.close(abrupt=True)
			return False
		return self.send(request, answer, fault)

	def stall(self, seconds):
		"""Says nothing until the client gives up."""
		select.select([self.sock], [], [], STALL_SECONDS if seconds is True else seconds)

	def head(self, answer, fault, keep):
		length = len(answer.body) + fault.get('length_plus', 0) - fault.get('length_minus', 0)
		lines = [f'HTTP/1.1 {answer.status} {REASONS.get(answer.status, "Status")}',
			'Date: ' + self.server.http_date(), 'Server: test']
		if answer.media:
			lines.append('Content-Type: ' + answer.media)
		if fault.get('chunked'):
			lines.append('Transfer-Encoding: chunked')
		elif answer.status != 204 and not fault.get('no_length'):
			lines.append(f'Content-Length: {max(length, 0)}')
		lines += [f'{name}: {value}' for name, value in answer.headers]
		lines.append('Connection: ' + ('keep-alive' if keep else 'close'))
		return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1', 'replace')

	def send(self, request, answer, fault):
		keep = 'close' not in request.headers.get('connection', '').lower() and not (
			{'no_length', 'length_plus', 'length_minus', 'close'} & set(fault))
		if self.server.plan.modes['gzip'] and isinstance(answer.body, bytes) and self.listener == 'api' \
				and 'gzip' in request.headers.get('accept-encoding', ''):
			answer.body = gzip.compress(answer.body, mtime=0)
			answer.headers.append(('Content-Encoding', 'gzip'))
		head = self.head(answer, fault, keep)
		if request.method == 'HEAD' or answer.status == 204:
			self.sock.sendall(head)
			return keep
		for name in ('truncate_body', 'stall_body', 'reset'):
			if name in fault:
				part = b''.join(pieces(answer.body))[:fault[name]]
				self.sock.sendall(head + part)
				if name == 'stall_body':
					self.stall(True)
				if name == 'reset':
					time.sleep(0.05)	# lets the client read the part before the reset discards it
				self.close(abrupt=name == 'reset')
				return False
		if fault.get('chunked'):
			self.sock.sendall(head)
			for piece in pieces(answer.body):
				for at in range(0, len(piece), 1000):
					part = piece[at:at + 1000]
					self.sock.sendall(b'%x\r\n%s\r\n' % (len(part), part))
			self.sock.sendall(b'0\r\n\r\n')
			return keep
		if isinstance(answer.body, bytes):
			self.sock.sendall(head + answer.body)
			return keep
		self.sock.sendall(head)
		for piece in pieces(answer.body):
			self.sock.sendall(piece)
		return keep


# ---- API ----

class Tokens:
	"""Bearer tokens: bound to a client id, with a true end."""

	def __init__(self, seed, secret):
		self.note = secret
		self.client_id = 'client-' + digest(seed, 'client').hex()[:24]
		self.secret = base64.urlsafe_b64encode(digest(seed, 'secret')).decode().rstrip('=')
		self.key, self.lock = digest(seed, 'token key'), threading.Lock()
		self.issued, self.live, self.used = 0, {}, 0

	def issue(self, life):
		with self.lock:
			self.issued += 1
			parts = [base64.urlsafe_b64encode(dump(v)).decode().rstrip('=') for v in (
				{'alg': 'HS256', 'typ': 'JWT'}, {'sub': self.client_id, 'n': self.issued})]
			mac = hmac.new(self.key, '.'.join(parts).encode(), hashlib.sha256).digest()
			token = '.'.join(parts + [base64.urlsafe_b64encode(mac).decode().rstrip('=')])
			self.live[token] = time.monotonic() + life
			self.note('token', token)
			return token

	def revoke_all(self):
		with self.lock:
			self.live.clear()

	def accept(self, header, revoke_after):
		scheme, _, token = header.partition(' ')
		with self.lock:
			good = scheme.lower() == 'bearer' and time.monotonic() < self.live.get(token, 0)
			self.used += good
			if good and self.used == revoke_after:
				self.live.clear()	# this request is still served
			return good

	def basic(self, header):
		scheme, _, code = header.partition(' ')
		want = base64.b64encode(f'{self.client_id}:{self.secret}'.encode()).decode()
		return scheme.lower() == 'basic' and hmac.compare_digest(code.encode(), want.encode())


def token_answer(server, request):
	if request.method != 'POST':
		raise Refusal(error_answer(405))
	spec = server.plan.modes['token']
	mode, life = spec.get('mode', 'ok'), spec.get('life', 3600)
	if mode in ('429', '500'):
		return error_answer(int(mode), 'planned fault')
	if mode == 'html':
		return Answer(200, LOGIN_PAGE, 'text/html')
	if mode == 'denied' or not server.tokens.basic(request.headers.get('authorization', '')):
		return Answer(401, dump({'error': 'access_denied', 'error_description': 'Unauthorized'}))
	form = dict(urllib.parse.parse_qsl(request.body.decode('latin-1')))
	if request.body and form.get('grant_type') != 'client_credentials':
		return Answer(400, dump({'error': 'unsupported_grant_type', 'error_description': 'grant_type'}))
	out = {'access_token': server.tokens.issue(life), 'expires_in': str(life) if mode == 'string_expires' else life,
		'token_type': 'Bearer'}
	if mode == 'no_expires':
		del out['expires_in']
	return Answer(200, dump(out), headers=[('Cache-Control', 'no-store')])


def bad(message):
	return Refusal(error_answer(400, message))


def whole(params, name, default):
	text = params.get(name)
	if text is None:
		return default
	if not re.fullmatch(r'-?\d{1,9}', text):
		raise bad(f'{name} must be an integer')
	return int(text)


def day_range(params, start, end):
	"""Bounds as given, inclusive; '' and '~' where open."""
	out = []
	for name, default in ((start, ''), (end, '~')):
		text = params.get(name, default)
		if text != default:
			try:
				if not DATE_RE.fullmatch(text):
					raise ValueError
				datetime.date.fromisoformat(text)
			except ValueError as problem:
				raise bad(f'{name} must be yyyy-MM-dd') from problem
		out.append(text)
	return tuple(out)


def within(day, bounds):
	if bounds == ('', '~'):
		return True
	return day is not None and bounds[0] <= day <= bounds[1]


def page_bounds(server, params, default_size):
	modes = server.plan.modes
	page, size = whole(params, 'page', 0), whole(params, 'size', default_size)
	if page < 0 or size < 1:
		raise bad('page must not be negative and size must be positive')
	if size > 100 and modes['size_over_100'] == '400':
		raise bad('size must not exceed 100')
	return page, min(size, modes['page_clamp'])


def page_answer(server, request, rows, render, default_size, is_sorted=True):
	"""A Spring-like page of `rows`, with the page faults of the plan."""
	fault = request.fault
	page, size = page_bounds(server, request.params(), default_size)
	total, at = len(rows), page * size
	if 'shift' in fault:	# as if so many rows had been inserted (or deleted) before this page since the last one
		at, total = max(at - fault['shift'], 0), total + fault['shift']
	if fault.get('repeat_page'):
		at = max(at - size, 0)
	if fault.get('endless'):
		at, total = 0, (page + 2) * size
	content = [render(row) for row in rows[at:at + size]]
	if fault.get('empty_page'):
		content = []
	if fault.get('drop_row'):
		del content[:int(fault['drop_row'])]
	if fault.get('bare_array'):
		return json_answer(request, content)
	total += fault.get('change_total', 0)
	pages = -(-total // size)
	order = {'empty': not is_sorted, 'sorted': is_sorted, 'unsorted': not is_sorted}
	number = page + int(fault.get('wrong_number', 0))
	out = {'content': content, 'pageable': {'pageNumber': number, 'pageSize': size, 'sort': order, 'offset': page * size,
			'unpaged': False, 'paged': True},
		'last': number >= pages - 1, 'totalElements': total, 'totalPages': pages, 'size': size, 'number': number,
		'sort': order, 'numberOfElements': len(content), 'first': number == 0, 'empty': not content}
	if fault.get('reduced_envelope'):
		out = {k: out[k] for k in ('content', 'totalElements', 'totalPages', 'size', 'number')}
	return json_answer(request, out)


def json_answer(request, value):
	"""Half of the resources write non-ASCII characters as escapes, always the same half."""
	return Answer(200, dump(value, ascii_only=zlib.crc32(request.path.encode()) & 1 == 0))


def transactions_answer(server, request, data, _):
	params, hidden, today = request.params(), server.plan.modes['hidden'], CLOCK.today()
	operation = day_range(params, 'operationDateRangeStart', 'operationDateRangeEnd')
	accounting = day_range(params, 'accountingDateRangeStart', 'accountingDateRangeEnd')
	update = day_range(params, 'lastUpdateDateRangeStart', 'lastUpdateDateRangeEnd')
	field, _, direction = params.get('sort', 'operationDate,DESC').partition(',')
	if field not in ('operationDate', 'accountingDate') or direction.upper() not in ('ASC', 'DESC', ''):
		raise bad('sort must be operationDate or accountingDate with ASC or DESC')
	status = params.get('status')
	name = 'day' if field == 'operationDate' else 'accounted'

	if 'transactions' in server.plan.modes['ignored_filters']:
		operation = accounting = update = ('', '~')

	def wanted(t):
		return (within(t.day, operation) and within(t.accounted, accounting) and within(t.updated, update)
			and (status is None or t.status == status) and not is_hidden(server, t))

	then = (t for t in (t.as_of(today) for t in data.transactions) if t)
	rows = data.listing(('tx', operation, accounting, update, status, field, direction, hidden, today), then, wanted,
		(lambda t: (getattr(t, name) or '~', t.uuid), direction.upper() == 'DESC'))
	return page_answer(server, request, rows, data.transaction, 20)


def is_hidden(server, t):
	"""The last few transactions of the month may be kept back, to turn up later."""
	wanted = server.world.transactions
	return wanted - server.plan.modes['hidden'] <= t.n < wanted


def find(server, data, uuid, kind):
	if not UUID_RE.fullmatch(uuid):
		raise bad('not a uuid')
	e = data.by_uuid.get(uuid)
	e = e and e.as_of(CLOCK.today())
	if e is None or e.kind != kind or (kind == 'tx' and is_hidden(server, e)):
		raise Refusal(error_answer(404, 'no such uuid'))
	return e


def transaction_answer(server, request, data, match):
	return json_answer(request, data.transaction(find(server, data, match[1], 'tx')))


def sub_resource(server, request, data, match, name):
	t = find(server, data, match[1], 'tx')
	if data.announced(t, name) is False:
		request.flag = False
		server.violation(f'api: request {request.seq}: {name} of {t.uuid}, whose flag is false')
	return t


def documents_answer(server, request, data, match):
	t = sub_resource(server, request, data, match, 'documents')
	records = []
	for k, a in enumerate(data.attachments(t)):
		records.append(attachment_record(a, server.signed(request, data, t, str(k), a)))
	if server.plan.modes['shuffle'] and records:
		turn = server.turn(t.uuid) % len(records)
		records = records[turn:] + records[:turn]
	return json_answer(request, {'transactionUuid': t.uuid, 'attachments': records})


def invoices_answer(server, request, data, match):
	t = sub_resource(server, request, data, match, 'invoices')
	if data.country != 'mx' and server.plan.modes['invoices_elsewhere'] != 'empty':
		raise Refusal(error_answer(int(server.plan.modes['invoices_elsewhere']), 'Mexico only'))
	records = []
	for k in range(t.invoices):
		record, file, with_download = data.invoice(t, k)
		if with_download:
			record['download'] = server.signed(request, data, t, f'i{k}', file)
		records.append(record)
	return json_answer(request, {'transactionUuid': t.uuid, 'invoices': records})


def extracted_answer(server, request, data, match):
	t = sub_resource(server, request, data, match, 'extracted-documents')
	params = request.params()
	records = [data.extracted(t, k) for k in range(t.extracted)]
	records = [x for x in records if params.get('uuid') in (None, x['uuid']) and params.get('type') in (None, x['type'])
		and params.get('validationStatus') in (None, x['fileValidation']['status'])]
	return page_answer(server, request, records, lambda x: x, 20, is_sorted=False)


def listed(params, name):
	return {v.strip() for v in params[name].split(',')} if params.get(name) else None


def reimbursements_answer(server, request, data, _):
	"""The first of the two documented sets of filters acts; the second is ignored like any unknown name."""
	params = request.params()
	ranges = {name: day_range(params, name + 'Start', name + 'End') for name in (
		'requestCreationDate', 'expenseDate', 'finalApprovalDate', 'paymentDate', 'lastUpdateDate')}
	statuses, uuids, requesters = (listed(params, name) for name in ('statuses', 'uuids', 'requesterUuids'))
	who = params.get('requesterName', '').lower()

	def wanted(e):
		dates = data.reimbursement_dates(e)
		return (all(within(dates[name], bounds) for name, bounds in ranges.items())
			and (statuses is None or e.status in statuses) and (uuids is None or e.uuid in uuids)
			and (requesters is None or data.requester(e)['uuid'] in requesters)
			and who in data.requester(e)['fullName'].lower())

	if 'reimbursements' in server.plan.modes['ignored_filters']:
		ranges = {}
	then = (e for e in (e.as_of(CLOCK.today()) for e in data.reimbursements) if e)
	rows = sorted((e for e in then if wanted(e)), key=lambda e: (e.day, e.uuid))
	return page_answer(server, request, rows, lambda e: data.reimbursement(e, signer(server, request, data)), 20)


def signer(server, request, data):
	return lambda e, k, a: server.signed(request, data, e, str(k), a)


def reimbursement_answer(server, request, data, match):
	e = find(server, data, match[1], 'reimbursement')
	return json_answer(request, data.reimbursement(e, signer(server, request, data)))


def statement_month(data, uuid):
	for month in data.months():
		if uuid == make_uuid(data.name, 'statement', month):
			return month
	raise Refusal(error_answer(404, 'no such uuid') if UUID_RE.fullmatch(uuid) else error_answer(400, 'not a uuid'))


def statements_answer(server, request, data, _):
	"""A bare array, as in the published sample."""
	page, size = page_bounds(server, request.params(), 20)
	return json_answer(request, [data.statement(m, False) for m in data.months()][page * size:(page + 1) * size])


def statement_answer(server, request, data, match):
	month = data.months()[-1] if match[1] == 'current' else statement_month(data, match[1])
	return json_answer(request, data.statement(month, True))


def statement_rows_answer(server, request, data, match):
	rows = sorted(data.statement_rows(statement_month(data, match[1])), key=lambda t: (t.day, t.uuid))
	return page_answer(server, request, rows, data.transaction, 20)


def invoice_list_answer(server, request, data, _):
	"""All invoices of a company, in the short form; a range of dates acts only with both of its bounds."""
	params = request.params()
	bounds = day_range(params, 'documentDateRangeStart', 'documentDateRangeEnd')
	if '' in bounds or '~' in bounds:
		bounds = ('', '~')
	rows = []
	for t in data.transactions:
		e = t.as_of(CLOCK.today())
		if e is None or is_hidden(server, e) or params.get('transactionUuid') not in (None, e.uuid) \
				or not within(e.day, bounds):
			continue
		for k in range(e.invoices):
			full = data.invoice(e, k)[0]
			amount = full.get('amount') or {}
			rows.append({'uuid': full['invoiceId'], 'invoiceNumber': full.get('invoiceNumber'),
				'transactionUuid': e.uuid, 'amount': amount.get('total'), 'currency': amount.get('currency'),
				'documentDate': full.get('documentDate'), 'xmlStatus': full.get('xmlStatus'),
				'issuer': full.get('issuer')})
	for name, field in (('invoiceNumber', 'invoiceNumber'), ('invoiceId', 'uuid')):
		rows = [row for row in rows if params.get(name) in (None, row[field])]
	return page_answer(server, request, rows, lambda row: row, 20)


def attachment_v2(e, a):
	return {'uuid': a.uuid, 'fileName': a.name, 'entityUuid': e.uuid,
		'entityType': 'TRANSACTION' if e.kind == 'tx' else 'REIMBURSEMENT', 'mimeType': a.format and 'application/' + a.format,
		'createdAt': a.updated}


def attachments_v2_answer(server, request, data, _):
	"""The older list of files, of transactions and reimbursements alike: a bare array."""
	params = request.params()
	page, size = page_bounds(server, params, 20)
	rows = []
	for e in data.transactions + data.reimbursements:
		if params.get('entityUuid') in (None, e.uuid) and (then := e.as_of(CLOCK.today())):
			rows += [attachment_v2(then, a) for a in data.attachments(then)]
	rows = [row for row in rows if params.get('entityType') in (None, row['entityType'])]
	return json_answer(request, rows[page * size:(page + 1) * size])


def find_attachment(data, uuid):
	for e in data.transactions + data.reimbursements:
		then = e.as_of(CLOCK.today())
		for k in range(then.documents if then else 0):
			if make_uuid(e.uuid, 'attachment', k) == uuid:
				return then, k, data.attachment(then, k)
	raise Refusal(error_answer(404, 'no such uuid') if UUID_RE.fullmatch(uuid) else error_answer(400, 'not a uuid'))


def attachment_v2_answer(server, request, data, match):
	e, k, a = find_attachment(data, match[1])
	return json_answer(request, {**attachment_v2(e, a), 'download': server.signed(request, data, e, str(k), a)})


def attachment_base64_answer(server, request, data, match):
	e, _, a = find_attachment(data, match[1])
	form, text = server.plan.modes['base64_form'], base64.b64encode(data.content(a)).decode()
	if form in ('text', 'lines'):
		lines = [text[i:i + 76] + '\r\n' for i in range(0, len(text), 76)]
		return Answer(200, (text if form == 'text' else ''.join(lines)).encode(), 'text/plain')
	if form in ('string', 'uri'):
		return json_answer(request, text if form == 'string' else f'data:application/octet-stream;base64,{text}')
	if form == 'nested':
		return json_answer(request, {**attachment_v2(e, a), 'data': {'size': len(text), 'content': text}})
	return json_answer(request, {**attachment_v2(e, a), form: text})


def logs_answer(server, request, _, match):
	"""What the provider counted; listing nothing more than the last hundred calls."""
	with server.lock:
		calls, total = list(server.calls), server.called
	return json_answer(request, {'period': match[1], 'stats': {'total': total, 'chargeable': total, 'nonChargeable': 0},
		'requests': calls})


def cards_answer(server, request, data, _):
	return page_answer(server, request, data.cards, lambda c: c, 20, is_sorted=False)


def card_answer(server, request, data, match):
	for card in data.cards:
		if card['uuid'] == match[1]:
			return json_answer(request, card)
	raise Refusal(error_answer(404, 'no such uuid'))


def users_answer(server, request, data, _):
	return page_answer(server, request, data.users, lambda u: u, 50, is_sorted=False)


def bare_list(what, count):
	"""The older lists are arrays without an envelope; a page beyond the end is empty."""
	def answer(server, request, data, _):
		page, size = page_bounds(server, request.params(), 20)
		return json_answer(request, data.named(what, count)[page * size:(page + 1) * size])
	return answer


def digital_accounts_answer(server, request, data, _):
	if data.country != 'br':
		raise Refusal(error_answer(404, 'Brazil only'))
	params = request.params()
	if 'page' not in params or 'size' not in params:
		raise bad('page and size are required')
	bounds = day_range(params, 'startDate', 'endDate')
	page, size = page_bounds(server, params, 20)
	rows = [m for m in data.movements() if within(m['transactionDate'][:10], bounds)
		and params.get('transactionTypeName') in (None, m['method'])]
	return json_answer(request, rows[page * size:(page + 1) * size])


# name, path below /api/, scope that it needs, function; the first match counts
ROUTES = [(name, re.compile(path), scope, function) for name, path, scope, function in (
	('documents', r'v3/transactions/([^/]+)/documents', 'read:documents', documents_answer),
	('invoices', r'v3/transactions/([^/]+)/invoices', 'read:invoices', invoices_answer),
	('extracted-documents', r'v3/transactions/([^/]+)/extracted-documents', 'read:extracted-documents', extracted_answer),
	('transactions', r'v3/transactions', 'read:transactions', transactions_answer),
	('transaction', r'v3/transactions/([^/]+)', 'read:transactions', transaction_answer),
	('reimbursements', r'v3/reimbursements', 'read:reimbursements', reimbursements_answer),
	('reimbursement', r'v3/reimbursements/([^/]+)', 'read:reimbursements', reimbursement_answer),
	('billing-statements', r'v3/billing-statements', 'read:billing-statements', statements_answer),
	('billing-statement', r'v3/billing-statements/([^/]+)', 'read:billing-statements', statement_answer),
	('billing-statement-transactions', r'v3/billing-statements/([^/]+)/transactions', 'read:billing-statements',
		statement_rows_answer),
	('cards', r'v3/cards', 'read:cards', cards_answer),
	('card', r'v3/cards/([^/]+)', 'read:cards', card_answer),
	('users', r'v3/users', 'read:users', users_answer),
	('labels', r'v2/labels', 'read:labels', bare_list('label', 8)),
	('groups', r'v2/groups', 'read:groups', bare_list('group', 4)),
	('locations', r'v1/locations', 'read:locations', bare_list('location', 3)),
	('invoice-list', r'v[23]/invoices', 'read:invoices', invoice_list_answer),
	('attachments', r'v2/attachments', 'read:attachments', attachments_v2_answer),
	('attachment', r'v2/attachments/([^/]+)', 'read:attachments', attachment_v2_answer),
	('attachment-base64', r'v2/attachments/([^/]+)/base64', 'read:attachments', attachment_base64_answer),
	('logs', r'v1/logs/(current|\d{4}/\d\d(?:/\d\d)?)', 'read:logs', logs_answer),
	('digital-accounts', r'v3/digital-accounts', 'read:digital-accounts', digital_accounts_answer),
)]
ROUTE_NAMES = {name for name, _, _, _ in ROUTES} | {'token', 'download', 'foreign'}
API_PATH = re.compile(r'/(api|api-test)/(.*)')


def find_route(path):
	m = API_PATH.fullmatch(path)
	if m:
		for name, pattern, scope, function in ROUTES:
			if match := pattern.fullmatch(m[2]):
				return name, m[1], scope, function, match
	return None


def route_name(request):
	if request.listener != 'api':
		return request.listener
	if request.path == '/oauth/token':
		return 'token'
	route = find_route(request.path)
	return route[0] if route else None


def api_answer(server, request, name):
	modes = server.plan.modes
	if request.peer is None:
		status = int(modes['missing_cert']) if modes['missing_cert'] != 'handshake' else 511
		raise Refusal(error_answer(status, 'client certificate missing'))
	if name == 'token':
		return token_answer(server, request)
	if not server.tokens.accept(request.headers.get('authorization', ''), modes['revoke_after']):
		raise Refusal(error_answer(401, 'token missing, unknown or expired'))
	route = find_route(request.path)
	if route is None:
		raise Refusal(error_answer(404, 'no such route'))
	if request.method != 'GET':
		raise Refusal(error_answer(405))
	_, environment, scope, function, match = route
	if '-' + scope in modes['scopes']:
		raise Refusal(error_answer(403, f'scope {scope} is missing'))
	tax_id = request.headers.get('x-tax-identifier', server.world.tax_ids[0])
	if tax_id not in server.world.tax_ids:
		raise Refusal(error_answer(403, 'not a company of this project'))
	answer = function(server, request, server.world.data(environment, tax_id), match)
	answer.headers.append(('Set-Cookie', 'session=api; Path=/; Secure'))
	return answer


# ---- Downloads ----

DOWNLOAD_PATH = re.compile(rf'/company-({UUID})/user_docs/({UUID})/(i?\d+)/([^/]+)')
SIGNATURE = '&X-Amz-Signature='


class Signer:
	"""URLs of the object store's shape: whoever has one may read one object for a while."""

	def __init__(self, seed, secret):
		self.key, self.count, self.lock, self.note = digest(seed, 'object store'), 0, threading.Lock(), secret

	def mac(self, method, host, path, query):
		return hmac.new(self.key, '\n'.join((method, host, path, query)).encode(), hashlib.sha256).hexdigest()

	def url(self, host, path, a, life, steady=None):
		"""(URL, urlExpiration).  Each call gives another URL, but for steady ones, which are made at that
		instant for ever; the stated end is about two seconds late."""
		with self.lock:
			self.count += 1
			count = self.count
		now = int(CLOCK.now())
		if steady:
			count, now = 1, steady
		session = base64.b64encode(digest('session', count) * 3 + b'\xfb\xef\xff').decode()	# has '+' and '/'
		stem, ending = f'doc_{a.uuid[:8]}_241208193512', a.format or 'bin'
		pairs = [('response-content-disposition', f'attachment; filename="{stem}.{ending}"')]
		if a.media == 'format' and a.format:
			pairs.append(('response-content-type', a.format))
		elif a.media == 'application/octet-stream':
			pairs.append(('response-content-type', a.media))
		pairs += [('X-Amz-Security-Token', session), ('X-Amz-Algorithm', 'AWS4-HMAC-SHA256'),
			('X-Amz-Date', utc(now, '%Y%m%dT%H%M%SZ')), ('X-Amz-SignedHeaders', 'host'), ('X-Amz-Expires', str(life)),
			('X-Amz-Credential', f'ASIATESTTESTTESTTEST/{utc(now, "%Y%m%d")}/us-east-1/s3/aws4_request')]
		query = '&'.join(f'{k}={urllib.parse.quote(v, safe="")}' for k, v in pairs)
		mac = self.mac('GET', host, path, query)
		url = f'https://{host}{path}?{query}{SIGNATURE}{mac}'
		self.note('signature', mac)
		self.note('session', session)
		self.note('session', urllib.parse.quote(session, safe=''))
		return url, utc(now + life + 1) + f'.{count * 144358891 % 10**9:09d}Z'

	def check(self, request):
		"""An error answer, or None when the URL is good."""
		query, _, signature = request.query.partition(SIGNATURE)
		want = self.mac(request.method, request.headers.get('host', ''), request.path, query)
		if not hmac.compare_digest(want.encode(), signature.encode()):
			return s3_error(403, 'SignatureDoesNotMatch', 'The request signature does not match.')
		params = request.params()
		start = calendar.timegm(time.strptime(params['X-Amz-Date'], '%Y%m%dT%H%M%SZ'))
		if CLOCK.now() > start + int(params['X-Amz-Expires']):
			return s3_error(403, 'AccessDenied', 'Request has expired')
		return None


def part_wanted(request, size, etag):
	"""(first, last) of a Range that is to be served, None for the whole, ValueError when it cannot be met."""
	m = re.fullmatch(r'bytes=(\d*)-(\d*)', request.headers.get('range', ''))
	if not m or m[0] == 'bytes=-' or request.headers.get('if-range', etag) != etag:
		return None
	if not m[1]:
		first, last = max(size - int(m[2]), 0), size - 1
	else:
		first, last = int(m[1]), min(int(m[2] or size - 1), size - 1)
	if first > last or first >= size:
		raise ValueError('range')
	return first, last


def download_answer(server, request):
	if 'authorization' in request.headers:
		return s3_error(400, 'InvalidArgument', 'Only one auth mechanism allowed')
	refused = server.signer.check(request)
	if refused:
		return refused
	m = DOWNLOAD_PATH.fullmatch(request.path)
	data = server.world.companies.get(m[1]) if m else None
	e = data.by_uuid.get(m[2]) if data else None
	if e is None:
		return s3_error(404, 'NoSuchKey', 'The specified key does not exist.')
	a = data.invoice_file(e, int(m[3][1:])) if m[3][0] == 'i' else data.attachment(e, int(m[3]))
	big = request.fault.get('big_body')
	body = Pattern(big) if big else data.content(a)
	etag = hashlib.md5(a.uuid.encode() if big else body).hexdigest()
	etag = f'"{etag[::-1] if request.fault.get("change_etag") else etag}"'
	params = request.params()
	headers = [('ETag', etag), ('Accept-Ranges', 'bytes'), ('Last-Modified', 'Fri, 29 Nov 2024 12:00:00 GMT'),
		('x-amz-request-id', f'{request.seq:016X}'), ('Set-Cookie', 'session=store; Path=/; Secure'),
		('Content-Disposition', params['response-content-disposition'])]
	media = params.get('response-content-type', None if a.media == 'none' else 'binary/octet-stream')
	if request.headers.get('if-match', etag) != etag:
		return s3_error(412, 'PreconditionFailed', 'At least one of the preconditions did not hold')
	try:
		part = part_wanted(request, len(body), etag)
	except ValueError:
		answer = s3_error(416, 'InvalidRange', 'The requested range is not satisfiable')
		answer.headers.append(('Content-Range', f'bytes */{len(body)}'))
		return answer
	if part is None:
		return Answer(200, body, media, headers)
	headers.append(('Content-Range', f'bytes {part[0]}-{part[1]}/{len(body)}'))
	body = Pattern(part[1] + 1, part[0]) if big else body[part[0]:part[1] + 1]
	return Answer(206, body, media, headers)


# ---- Server ----

class Server:
	def __init__(self, args, world, plan):
		self.dir, self.plan_path, self.world = args.dir, args.plan, world
		self.secrets = os.open(self.at('secrets.txt'), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
		self.tokens, self.signer = Tokens(args.seed, self.secret), Signer(args.seed, self.secret)
		self.started = int(time.time())
		self.follow(plan)
		world.sign_stray = self.sign_stray
		self.lock, self.seq, self.turns, self.reloads = threading.Lock(), 0, collections.Counter(), 0
		self.calls, self.called = collections.deque(maxlen=100), 0
		self.start, self.date = time.monotonic(), (0, '')
		self.requests = os.open(self.at('requests.jsonl'), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
		# One context for each way to treat a client without a certificate; the plan may change while we run.
		self.contexts = {
			'api': self.make_context('api', ssl.CERT_REQUIRED), 'api-lenient': self.make_context('api', ssl.CERT_OPTIONAL),
			'download': self.make_context('download', ssl.CERT_OPTIONAL),
			'foreign': self.make_context('foreign', ssl.CERT_NONE)}
		self.listeners = {name: self.listen() for name in ('api', 'download', 'foreign')}
		self.world.origin = {name: f'https://localhost:{s.getsockname()[1]}' for name, s in self.listeners.items()}

	def at(self, name):
		return os.path.join(self.dir, name)

	def secret(self, kind, text):
		"""Keeps in secrets.txt what a client may know but must not write down."""
		os.write(self.secrets, f'{kind} {text}\n'.encode())

	def follow(self, plan):
		self.plan = self.world.plan = plan
		self.connections = 0
		CLOCK.set(plan.modes['clock'])
		self.steady = self.started if plan.modes['steady_links'] else None

	def make_context(self, name, verify):
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.minimum_version = ssl.TLSVersion.TLSv1_2
		context.load_cert_chain(self.at(f'{name}-server.crt'), self.at(f'{name}-server.key'))
		context.load_verify_locations(self.at('client-ca.pem'))
		context.verify_mode = verify
		context.set_alpn_protocols(['http/1.1'])
		return context

	def context(self, listener):
		lenient = listener == 'api' and self.plan.modes['missing_cert'] != 'handshake'
		return self.contexts['api-lenient' if lenient else listener]

	@staticmethod
	def listen():
		s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		s.bind(('127.0.0.1', 0))
		s.listen(1024)
		return s

	def next_seq(self):
		with self.lock:
			self.seq += 1
			return self.seq

	def next_connection(self):
		with self.lock:
			self.connections += 1
			return self.connections

	def turn(self, key):
		with self.lock:
			self.turns[key] += 1
			return self.turns[key]

	def http_date(self):
		now = int(CLOCK.now())
		if self.date[0] != now:
			self.date = (now, email.utils.formatdate(now, usegmt=True))
		return self.date[1]

	def note(self, name, text):
		with self.lock, open(self.at(name), 'a', encoding='utf-8') as f:
			f.write(text + '\n')

	def violation(self, text):
		self.note('violations.txt', text)

	def watch(self, request):
		"""Things that no client may do, whatever the answer will be."""
		if request.listener == 'api':
			return
		where = f'{request.listener}: request {request.seq}: '
		if request.peer is not None:
			self.violation(where + 'a client certificate was offered')
		for name in ('authorization', 'x-tax-identifier', 'cookie'):
			if name in request.headers:
				self.violation(where + f'header {name}')

	def log(self, request, name, status):
		"""Written before the answer leaves, so that a test finds it once the client has ended."""
		line = json.dumps({'seq': request.seq, 'ms': int((time.monotonic() - self.start) * 1000),
			'listener': request.listener, 'connection': request.connection.number, 'route': name,
			'method': request.method, 'path': request.path, 'query': request.query, 'headers': request.headers,
			'body': request.body.decode('latin-1'), 'peer': request.peer, 'status': status,
			'flag': request.flag, 'fault': request.fault or None})
		os.write(self.requests, line.encode() + b'\n')
		if request.listener == 'api' and name != 'token':
			with self.lock:
				self.called += 1
				self.calls.append({'id': request.seq, 'responseStatus': status, 'requestUri': request.path,
					'method': request.method, 'chargeable': True, 'instant': int(CLOCK.now() * 1000)})

	def signed(self, request, data, e, k, a):
		"""The `download` object of a file."""
		if request.fault.get('no_download'):
			return None
		listener = 'foreign' if request.fault.get('foreign_url') else 'download'
		host = self.world.origin[listener].removeprefix('https://')
		path = f'/company-{data.company}/user_docs/{e.uuid}/{k}/{a.tail}'
		url, expiration = self.signer.url(host, path, a, self.plan.modes['url_life'], self.steady)
		if request.fault.get('http_url'):
			url = url.replace('https:', 'http:', 1)
		return {'url': url, 'urlExpiration': expiration}

	def sign_stray(self, data, e):
		a = Attachment(make_uuid(e.uuid, 'stray'), 'jpg', '', None, 'jpg', 'format', '1', '', None, None)
		host = self.world.origin['download'].removeprefix('https://')
		return self.signer.url(host, f'/company-{data.company}/user_docs/{e.uuid}/0/1', a,
			self.plan.modes['url_life'])[0]

	def answer(self, request, name):
		if request.listener == 'api':
			return api_answer(self, request, name)
		if request.listener == 'download':
			return download_answer(self, request)
		return Answer(200, dump({'content': []}))

	def accept(self, listener):
		number = 0
		while True:
			plain, _ = self.listeners[listener].accept()
			number += 1
			connection = Connection(self, listener, number, plain)
			threading.Thread(target=connection.serve, daemon=True).start()

	def reload(self):
		"""SIGHUP: reads the plan again; a plan that is wrong changes nothing."""
		try:
			self.follow(Plan(self.plan_path))
		except PlanError as problem:
			print(f'fake_clara.py: {problem}', file=sys.stderr, flush=True)
			return
		self.reloads += 1
		write_atomically(self.at('reloads'), f'{self.reloads}\n')

	def write_env(self):
		origin = self.world.origin
		lines = {'FAKE_API': origin['api'], 'FAKE_DOWNLOAD_HOST': origin['download'].removeprefix('https://'),
			'FAKE_FOREIGN': origin['foreign'], 'FAKE_CA': self.at('ca.pem'), 'FAKE_PID': os.getpid(),
			'FAKE_TAX_ID': self.world.tax_ids[0], 'FAKE_CLIENT_ID': self.tokens.client_id,
			'FAKE_CLIENT_SECRET': self.tokens.secret}
		write_atomically(self.at('env'), ''.join(f"{k}='{v}'\n" for k, v in lines.items()), 0o600)


def write_secrets(server):
	"""What a client gets to know from its files; tokens and signatures follow as they are given out."""
	for secret in (server.tokens.secret, 'not-' + server.tokens.secret):
		server.secret('client-secret', secret)
		server.secret('basic', base64.b64encode(f'{server.tokens.client_id}:{secret}'.encode()).decode())
	for name in ('client', 'wrong', 'expired', 'notyet'):
		with open(server.at(name + '.key'), encoding='ascii') as f:
			for line in f.read().splitlines()[1:-1]:
				server.secret('private-key', line)


def write_truth(server):
	"""DIR/truth.jsonl: what a client should end up with, for the first company in production."""
	world = server.world
	data = world.data('api', world.tax_ids[0])
	with open(server.at('truth.jsonl'), 'w', encoding='utf-8') as out:
		for e in data.transactions + data.reimbursements:
			files = []
			for a in data.attachments(e):
				content = data.content(a)
				files.append({'uuid': a.uuid, 'kind': a.kind, 'fileName': a.name, 'size': len(content),
					'sha256': hashlib.sha256(content).hexdigest(), 'source': a.source})
			line = {'kind': e.kind, 'uuid': e.uuid, 'type': e.type, 'status': e.status, 'date': e.day,
				'accountingDate': e.accounted, 'amount': money(e.cents), 'flags': e.flags, 'attachments': files,
				'invoices': e.invoices, 'extracted': e.extracted, 'story': e.story, 'moment': e.moment}
			out.write(json.dumps(line) + '\n')


def parse_arguments():
	p = argparse.ArgumentParser(description='Stand-in for the card provider\'s API, for tests; loopback only.')
	p.add_argument('--dir', required=True, help='folder for certificates, credentials, env, logs')
	p.add_argument('--seed', type=int, default=1)
	p.add_argument('--transactions', type=int, default=60, metavar='N')
	p.add_argument('--country', choices=sorted(CURRENCY), default='mx')
	p.add_argument('--month', default='2024-11', metavar='YYYY-MM')
	p.add_argument('--tax-id', metavar='A,B', help='companies of the project; the first is the default')
	p.add_argument('--plan', metavar='FILE', help='fault plan (JSON); read again on SIGHUP')
	p.add_argument('--documents', metavar='DIR', help='hand out these files as attachments')
	p.add_argument('--extremes', action='store_true', help='extreme amounts and strings with NUL')
	p.add_argument('--truth', action='store_true', help='write truth.jsonl')
	p.add_argument('--limit', type=float, default=600, metavar='SECONDS', help='end after this time')
	args = p.parse_args()
	if not re.fullmatch(r'\d{4}-(0[1-9]|1[0-2])', args.month) or args.transactions < 0:
		p.error('--month is YYYY-MM, --transactions is not negative')
	return args


def main():
	args = parse_arguments()
	args.dir = os.path.abspath(args.dir)
	os.makedirs(args.dir, exist_ok=True)
	if os.path.exists(os.path.join(args.dir, 'env')):
		os.unlink(os.path.join(args.dir, 'env'))
	try:
		plan = Plan(args.plan)
	except PlanError as problem:
		print(f'fake_clara.py: {problem}', file=sys.stderr)
		return 2
	signals = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
	signal.pthread_sigmask(signal.SIG_BLOCK, signals)	# before any thread: they all inherit it
	make_certificates(args.dir)
	world = World(args)
	server = Server(args, world, plan)
	write_credentials(args.dir, server.tokens.client_id, server.tokens.secret)
	write_secrets(server)
	world.data('api', world.tax_ids[0])
	if args.truth:
		write_truth(server)
	threading.stack_size(512 * 1024)
	for listener in server.listeners:
		threading.Thread(target=server.accept, args=(listener,), daemon=True).start()
	server.write_env()
	end = time.monotonic() + args.limit
	while (left := end - time.monotonic()) > 0:
		got = signal.sigtimedwait(signals, left)
		if got is not None and got.si_signo != signal.SIGHUP:
			break
		if got is not None:
			server.reload()
	os._exit(0)		# threads may sit in a stalled answer


if __name__ == '__main__':
	sys.exit(main())
