#!/usr/bin/env python3
"""Bundles with one fault each, for t5000-verify.sh.

	python3 t5000-faults.py BUNDLE.tar KEY.pem OTHER-KEY.pem OTHER-CERT.pem TARGET

Writes TARGET/<fault>/ with archive, statement and signature, and TARGET/table: fault, expected exit status and a
pattern that verify's answer must show, one a line, separated by tabs.

A change inside of an archive would be noticed by its digest alone. So most faults are sealed again with the true key:
digest, Merkle root, statement and signature agree with the changed bytes, and only the check that is meant can notice.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys


def sha256(data):
	return hashlib.sha256(data).hexdigest()


def canonical(value):
	return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


class Archive:
	"""A list of [header, content], and what follows the last one."""

	def __init__(self, data):
		self.members, self.end, at = [], bytes(1024), 0
		while data[at:at + 512].strip(b'\0'):
			head = bytearray(data[at:at + 512])
			size = int(head[124:136].strip(b'\0 '), 8)
			self.members.append([head, data[at + 512:at + 512 + size]])
			at += 512 + -(-size // 512) * 512
		self.base = self.name(0).split('/')[0]

	def name(self, i):
		head = self.members[i][0]
		name, prefix = (bytes(head[a:b]).split(b'\0')[0].decode() for a, b in ((0, 100), (345, 500)))
		return (prefix + '/' if prefix else '') + name

	def names(self):
		return [self.name(i) for i in range(len(self.members))]

	def find(self, part):
		return next(i for i, name in enumerate(self.names()) if part in name)

	def get(self, part):
		return self.members[self.find(part)][1]

	def put(self, part, content):
		"""New content, with the size in its header."""
		member = self.members[self.find(part)]
		member[1] = content
		self.field(member[0], 124, b'%011o ' % len(content))

	@staticmethod
	def field(head, at, value):
		"""Writes into a header and makes its sum right."""
		head[at:at + len(value)] = value
		head[148:156] = b' ' * 8
		head[148:156] = b'%06o\0 ' % sum(head)

	def rename(self, i, name):
		"""A long name is cut at the first slash that leaves no more than 100 bytes."""
		head, prefix = self.members[i][0], ''
		while len(name) > 100:
			part, _, name = name.partition('/')
			prefix += '/' + part
		self.field(head, 0, name.encode().ljust(100, b'\0'))
		self.field(head, 345, prefix[1:].encode().ljust(155, b'\0'))

	def add(self, name, content):
		"""Another member, in its place by name."""
		self.members.append([bytearray(self.members[0][0]), content])
		self.rename(-1, name)
		self.field(self.members[-1][0], 124, b'%011o ' % len(content))
		order = sorted(range(len(self.members)), key=self.name)
		self.members = [self.members[i] for i in order]

	def drop(self, part):
		del self.members[self.find(part)]

	def pack(self):
		out = bytearray()
		for head, content in self.members:
			out += head + content + bytes(-len(content) % 512)
		return bytes(out + self.end)

	def manifests(self):
		"""Makes both manifests and Payload-Oxum agree with the members."""
		start = len(self.base) + 1
		data = [(n[start:], c) for n, (_, c) in zip(self.names(), self.members) if n[start:].startswith('data/')]
		self.put('/manifest-sha256.txt', ''.join(f'{sha256(c)}  {n}\n' for n, c in sorted(data)).encode())
		info = self.get('/bag-info.txt').split(b'Payload-Oxum')[0]
		self.put('/bag-info.txt', info + f'Payload-Oxum: {sum(len(c) for _, c in data)}.{len(data)}\n'.encode())
		self.tags()

	def tags(self):
		names = ('VERIFY.txt', 'bag-info.txt', 'bagit.txt', 'manifest-sha256.txt')
		self.put('/tagmanifest-sha256.txt', ''.join(f'{sha256(self.get("/" + n))}  {n}\n' for n in names).encode())

	def leaves(self):
		"""Makes bundle.json's leaves and numbers of expenses agree with the evidence; returns the root."""
		index, leaves = json.loads(self.get('/data/bundle.json')), []
		for e in index['expenses']:
			leaf = hashlib.sha256(b'\0' + self.get(f'/{e["uuid"]}/evidence.json')).digest()
			e['leaf'] = leaf.hex()
			leaves.append(leaf)
		self.put('/data/bundle.json', canonical(index))
		return root(leaves).hex()


def root(leaves):
	if len(leaves) == 1:
		return leaves[0]
	half = 1
	while half * 2 < len(leaves):
		half *= 2
	return hashlib.sha256(b'\1' + root(leaves[:half]) + root(leaves[half:])).digest()


class Workshop:
	def __init__(self, bundle, key, other_key, other_cert, target):
		self.folder, self.file = os.path.split(bundle)
		self.base = self.file.split('.')[0]
		self.key, self.other_key, self.other_cert, self.target = key, other_key, other_cert, target
		self.cert = os.path.join(self.folder, f'{self.base}.seal.pem')
		with open(bundle, 'rb') as f:
			self.tar = f.read()
		self.statement = self.side('statement.json')
		self.table = []

	def side(self, ending):
		with open(os.path.join(self.folder, f'{self.base}.{ending}'), 'rb') as f:
			return f.read()

	def archive(self):
		return Archive(self.tar)

	def sign(self, place, statement, key=None, cert=None):
		path = os.path.join(place, f'{self.base}.statement.json')
		with open(path, 'wb') as f:
			f.write(statement)
		subprocess.run(['openssl', 'cms', '-sign', '-binary', '-cades', '-md', 'sha256', '-in', path, '-signer',
			cert or self.cert, '-inkey', key or self.key, '-outform', 'DER',
			'-out', os.path.join(place, f'{self.base}.statement.p7s')], check=True, capture_output=True)

	def fault(self, name, code, pattern, tar=None, sealed=True, change=None, file=None, without=(), key=None, cert=None,
		own=None):
		"""One folder; `own` is the base whose files lie there before. `sealed`: the statement names the digest (and root) of `tar`; `change` edits the statement."""
		place = os.path.join(self.target, name)
		os.makedirs(place)
		top = None
		if isinstance(tar, Archive):
			top = getattr(tar, 'root', None)
			tar = tar.pack()
		tar = self.tar if tar is None else tar
		with open(os.path.join(place, file or f'{self.base}.{sha256(tar)}.tar'), 'wb') as f:
			f.write(tar)
		for ending in ('statement.json', 'statement.p7s', 'seal.pem'):
			shutil.copyfile(os.path.join(self.folder, f'{own or self.base}.{ending}'), os.path.join(place, f'{self.base}.{ending}'))
		if sealed and (tar != self.tar or change or key):
			statement = json.loads(self.statement)
			statement['subject'][0]['digest']['sha256'] = sha256(tar)
			if top:
				statement['predicate']['tree']['root'] = top
			if change:
				change(statement)
			self.sign(place, canonical(statement), key, cert)
		for ending in without:
			os.unlink(os.path.join(place, f'{self.base}.{ending}'))
		self.table.append((name, str(code), pattern))
		return place

	# A change of the archive, the manifests made right again (unless told), sealed.
	def inside(self, name, pattern, edit, manifests=True, leaves=False):
		a = self.archive()
		edit(a)
		if leaves:
			a.root = a.leaves()
		if manifests:
			a.manifests()
		self.fault(name, 5, pattern, a)


def header_faults(w):
	evidence = w.archive().find('/evidence.json')

	def header(name, at, value, pattern):
		def edit(a):
			a.field(a.members[evidence][0], at, value)
		w.inside(f'header-{name}', f'evidence.json.*({pattern})', edit, manifests=False)

	header('mode', 100, b'000600 \0', 'mode')
	header('setuid', 100, b'004644 \0', 'mode')
	header('uid', 108, b'001750 \0', 'uid|owner')
	header('gid', 116, b'001750 \0', 'gid|group')
	header('mtime', 136, b'14000000000 ', 'mtime|time')
	header('user-name', 265, b'root', 'uname|owner|name')
	header('group-name', 297, b'root', 'gname|group|name')
	header('device', 329, b'000001 \0', 'dev')
	header('old-type', 156, b'\0', 'type')
	header('symlink', 156, b'2', 'type')
	header('directory', 156, b'5', 'type')
	header('pax', 156, b'x', 'type')
	header('link-name', 157, b'/etc/passwd', 'link')
	header('gnu-magic', 257, b'ustar  \0', 'magic')
	header('reserved', 500, b'x', 'header|pad|reserved|bytes')
	header('blank-number', 124, b' ' + w.archive().members[evidence][0][125:136], 'size')

	a = w.archive()
	a.members[evidence][0][150] ^= 1
	w.fault('header-checksum', 5, 'checksum', a)


def layout_faults(w):
	tar = w.tar
	a = w.archive()
	a.members[3], a.members[4] = a.members[4], a.members[3]
	w.fault('order', 5, 'order|sort', a)
	a = w.archive()
	a.members.insert(4, a.members[4])
	w.fault('double-member', 5, 'double|twice|order', a)
	at = 512 * (1 + len(w.archive().members[0][1]) // 512) + len(w.archive().members[0][1]) % 512
	w.fault('padding', 5, 'pad', tar[:at] + b'x' + tar[at + 1:])
	w.fault('trailing-zeros', 5, 'after|trail|end', tar + bytes(512))
	w.fault('trailing-bytes', 5, 'after|trail|end', tar + b'more')
	w.fault('one-zero-block', 5, 'end|trunc|short', tar[:-512])
	w.fault('no-end', 5, 'end|trunc|short', tar[:-1024])
	w.fault('cut-in-header', 5, 'end|trunc|short', tar[:512 * (len(tar) // 1024) + 100])
	w.fault('cut-in-content', 5, '.', tar[:len(tar) // 2 + 7])
	w.inside('extra-member', 'data/extra.txt', lambda a: a.add(a.base + '/data/extra.txt', b'hello'), manifests=False)
	w.inside('extra-member-listed', 'data/extra.txt', lambda a: a.add(a.base + '/data/extra.txt', b'hello'))
	w.inside('extra-tag-file', 'notes.txt', lambda a: a.add(a.base + '/notes.txt', b'hello'))
	w.inside('extra-empty', 'empty', lambda a: a.add(a.base + '/data/empty', b''))
	w.inside('climbing-name', r'\.\.', lambda a: a.add(a.base + '/data/../../x', b'hello'), manifests=False)
	w.inside('absolute-name', '/etc', lambda a: a.add('/etc/x', b'hello'), manifests=False)
	w.inside('other-folder', 'other/', lambda a: a.add('other/x', b'hello'), manifests=False)
	w.inside('missing-document', r'cfdi\.', lambda a: a.drop('/cfdi.'), manifests=False)
	w.inside('missing-document-unlisted', r'cfdi\.', lambda a: a.drop('/cfdi.'))
	w.inside('missing-evidence', 'evidence.json', lambda a: a.drop('/evidence.json'))
	for name in ('bagit.txt', 'bag-info.txt', 'VERIFY.txt', 'data/rules.json', 'data/captures.jsonl', 'data/index.csv',
		'data/bundle.json', 'tagmanifest-sha256.txt', 'manifest-sha256.txt'):
		w.inside('missing-' + name.replace('/', '-'), name, lambda a, n=name: a.drop(f'{a.base}/{n}'), manifests=False)


def content_faults(w):
	def replaced(part, old, new, count=1):
		def edit(a):
			content = a.get(part)
			assert old in content, (part, old)
			a.put(part, content.replace(old, new, count))
		return edit

	def in_json(part, change):
		def edit(a):
			value = json.loads(a.get(part))
			change(value)
			a.put(part, canonical(value))
		return edit

	with_cfdi = next(n for n in w.archive().names() if '/cfdi.' in n and '/tx/' in n).split('/')[3]
	evidence = f'/{with_cfdi}/evidence.json'

	def flip(a):
		i = a.find(f'/{with_cfdi}/cfdi.')
		content = bytearray(a.members[i][1])
		content[100] ^= 1
		a.members[i][1] = bytes(content)
	w.inside('flipped-byte', f'{with_cfdi}/cfdi', flip, manifests=False)
	w.inside('flipped-byte-listed', f'{with_cfdi}/cfdi', flip)
	w.inside('manifest-line', 'manifest-sha256.txt|/cfdi', lambda a: (a.put('/manifest-sha256.txt',
		a.get('/manifest-sha256.txt').replace(b'a', b'b', 1)), a.tags()), manifests=False)
	w.inside('manifest-order', 'manifest-sha256.txt', lambda a: (a.put('/manifest-sha256.txt',
		b''.join(reversed(a.get('/manifest-sha256.txt').splitlines(True)))), a.tags()), manifests=False)
	w.inside('manifest-extra-line', 'manifest-sha256.txt', lambda a: (a.put('/manifest-sha256.txt',
		a.get('/manifest-sha256.txt') + b'0' * 64 + b'  data/zzz\n'), a.tags()), manifests=False)
	w.inside('tagmanifest-line', 'tagmanifest-sha256.txt|bagit', lambda a: a.put('/tagmanifest-sha256.txt',
		a.get('/tagmanifest-sha256.txt').replace(b'a', b'b', 1)), manifests=False)
	w.inside('oxum', 'Payload-Oxum|bag-info', lambda a: (replaced('/bag-info.txt', b'Payload-Oxum: ', b'Payload-Oxum: 1')(a), a.tags()),
		manifests=False)
	w.inside('bag-info-date', 'bag-info', replaced('/bag-info.txt', b'Bagging-Date: 2', b'Bagging-Date: 1'))
	w.inside('bag-info-line', 'bag-info', replaced('/bag-info.txt', b'Bag-Software', b'Contact-Name: x\nBag-Software'))
	w.inside('bagit-version', 'bagit.txt', replaced('/bagit.txt', b'1.0', b'0.9'))
	w.inside('evidence-unsealed', 'evidence.json|leaf|root', in_json(evidence, lambda e: e['facts'].update(merchant='X')))
	w.inside('evidence-blank', 'evidence.json', replaced(evidence, b'","', b'", "'), leaves=True)
	w.inside('evidence-newline', 'evidence.json', lambda a: a.put(evidence, a.get(evidence) + b'\n'), leaves=True)
	w.inside('evidence-extra-key', 'evidence.json', in_json(evidence, lambda e: e.update(note='x')), leaves=True)
	w.inside('evidence-less-key', 'evidence.json', in_json(evidence, lambda e: e.pop('absent')), leaves=True)
	w.inside('evidence-uuid', 'evidence.json', in_json(evidence, lambda e: e.update(uuid=e['uuid'][::-1])), leaves=True)
	w.inside('evidence-document-size', 'evidence.json.*size|size', in_json(evidence, lambda e: e['documents'][0].update(size=1)), leaves=True)
	w.inside('evidence-document-gone', 'cfdi|evidence.json', in_json(evidence, lambda e: e.update(documents=[d for d in e['documents']
		if d['role'] != 'cfdi'])), leaves=True)
	w.inside('evidence-capture', 'capture', in_json(evidence, lambda e: e['documents'][0].update(captures=[999999])), leaves=True)
	w.inside('evidence-amount', 'amount|sums|facts', in_json(evidence, lambda e: e['facts'].update(amount='1.00')), leaves=True)
	w.inside('evidence-verdict', 'verdict', in_json(evidence, lambda e: e['verdicts'][0].update(
		verdict='fail' if e['verdicts'][0]['verdict'] != 'fail' else 'pass')), leaves=True)
	for key, value in json.loads(w.archive().get(evidence))['facts'].items():
		w.inside(f'facts-{key}', rf'evidence.json.*facts\.{key}', in_json(evidence, lambda e, k=key, v=value: e['facts'].update(
			{k: '2024-11-30' if v is None else None})), leaves=True)

	def renamed(old_end, new_end, change=None):
		"""A file of the expense under another name, and evidence that agrees with it."""
		def edit(a):
			name = next(n for n in a.names() if f'/{with_cfdi}/{old_end}' in n)
			last = name.rpartition('/')[2]
			fresh = f'/{with_cfdi}/' + new_end(last)
			content = change(a.get(name)) if change else a.get(name)
			fresh = fresh.replace(last.split('.')[1], sha256(content))
			a.drop(name)
			a.add(f'{a.base}/data/tx{fresh}', content)
			e = json.loads(a.get(evidence))
			for d in e['documents']:
				if d['path'].endswith(last):
					d.update(path='data/tx' + fresh, sha256=sha256(content), size=len(content), role=fresh.split('/')[2].split('.')[0])
			e['documents'].sort(key=lambda d: d['path'])
			a.put(evidence, canonical(e))
		return edit

	w.inside('extension', r'cfdi\..*extension', renamed('cfdi.', lambda n: n.replace('.xml', '.txt')), leaves=True)
	w.inside('row-role', 'reimbursement', renamed('transaction.', lambda n: n.replace('transaction.', 'reimbursement.')), leaves=True)
	w.inside('row-of-another', r'transaction\..*uuid', renamed('transaction.', lambda n: n, lambda c: c.replace(
		with_cfdi.encode(), b'00000000' + with_cfdi[8:].encode())), leaves=True)
	w.inside('row-changed', r'facts\.merchant', renamed('transaction.', lambda n: n, lambda c: c.replace(
		json.loads(w.archive().get(evidence))['facts']['merchant'].encode(), b'somebody else')), leaves=True)
	w.inside('row-no-json', r'transaction\..*content', renamed('transaction.', lambda n: n, lambda c: c[:-1] + b' '), leaves=True)
	w.inside('row-gone', 'facts.*row', lambda a: (a.drop(f'/{with_cfdi}/transaction.'), in_json(evidence, lambda e: e.update(
		documents=[d for d in e['documents'] if d['role'] != 'transaction']))(a)), leaves=True)
	w.inside('media', 'documents.*image/png', in_json(evidence, lambda e: e['documents'][0].update(media='image/png')), leaves=True)
	w.inside('index-total', 'bundle.json.*totals|totals', in_json('/data/bundle.json', lambda b: b['totals'].update(transactions=1)))
	w.inside('index-documents', 'documents', in_json('/data/bundle.json', lambda b: b['totals'].update(documents=0)))
	w.inside('index-format', 'format', in_json('/data/bundle.json', lambda b: b.update(format=2)))
	w.inside('index-entity', 'entity', in_json('/data/bundle.json', lambda b: b.update(entity='other')))
	w.inside('index-cutoff', 'cutoff|mtime|time', in_json('/data/bundle.json', lambda b: b.update(cutoff='2025-01-01T00:00:00Z')))
	w.inside('index-open', 'open', in_json('/data/bundle.json', lambda b: b.update(open=True)))
	w.inside('index-sum', 'sums', in_json('/data/bundle.json', lambda b: b['sums'][0].update(amount='0.01')))
	w.inside('index-listing', 'listing', in_json('/data/bundle.json', lambda b: b['listing']['transactions'].update(unique=7)))
	w.inside('index-leaf', 'leaf', in_json('/data/bundle.json', lambda b: b['expenses'][0].update(leaf='0' * 64)))
	w.inside('index-verdict', 'verdict', in_json('/data/bundle.json', lambda b: b['expenses'][
		[e['uuid'] for e in b['expenses']].index(with_cfdi)].update(verdict='n/a')))
	w.inside('index-order', 'expenses|order', in_json('/data/bundle.json', lambda b: b['expenses'].reverse()))
	gaps = [{'reason': 'http-404', 'resource': r, 'uuid': u} for r, u in (('documents', with_cfdi), ('invoices', None), ('invoices', with_cfdi))]
	w.inside('index-missing-order', r'missing\[2\].*sorted', in_json('/data/bundle.json', lambda b: b.update(missing=[gaps[0], gaps[2], gaps[1]])))
	w.inside('index-missing-twice', r'missing\[1\].*sorted', in_json('/data/bundle.json', lambda b: b.update(missing=[gaps[0], gaps[0]])))
	w.inside('api-xml', r'data/api/.*\.xml', lambda a: (lambda name: (a.put('/data/bundle.json', a.get('/data/bundle.json').replace(
		name.encode(), name.replace('.json', '.xml').encode())), a.rename(a.find(name), f'{a.base}/{name.replace(".json", ".xml")}')))(
		next(n for n in a.names() if '/data/api/' in n)[len(a.base) + 1:]))
	w.inside('index-expense-gone', 'expenses|evidence.json', in_json('/data/bundle.json', lambda b: b['expenses'].pop(0)))
	w.inside('index-answer-gone', 'answers|data/api', in_json('/data/bundle.json', lambda b: b['answers'].pop(0)))
	w.inside('captures-line-gone', 'capture', lambda a: a.put('/captures.jsonl', b''.join(a.get('/captures.jsonl').splitlines(True)[1:])))
	w.inside('captures-order', 'captures.jsonl', lambda a: a.put('/captures.jsonl',
		b''.join(reversed(a.get('/captures.jsonl').splitlines(True)))))
	w.inside('captures-unended', 'captures.jsonl', lambda a: a.put('/captures.jsonl', a.get('/captures.jsonl')[:-1]))
	w.inside('captures-digest', 'stored_sha256|captures', replaced('/captures.jsonl', b'"stored_sha256":"', b'"stored_sha256":"0000'))
	w.inside('rules', 'rules', replaced('/rules.json', b'{', b'{"aaa":"",'))


def statement_faults(w):
	def field(name, pattern, change):
		w.fault('statement-' + name, 5, pattern, change=change)

	field('type', '_type', lambda s: s.update(_type='https://in-toto.io/Statement/v0.1'))
	field('predicate-type', 'predicateType', lambda s: s.update(predicateType='urn:other'))
	field('subject-name', 'subject|name', lambda s: s['subject'][0].update(name='other.tar'))
	field('two-subjects', 'subject', lambda s: s['subject'].append(s['subject'][0]))
	field('entity', 'entity', lambda s: s['predicate'].update(entity='other'))
	field('month', 'month', lambda s: s['predicate'].update(month='2024-10'))
	field('cutoff', 'cutoff', lambda s: s['predicate'].update(cutoff='2024-12-31T00:00:00Z'))
	field('root', 'root', lambda s: s['predicate']['tree'].update(root='0' * 64))
	field('size', 'size', lambda s: s['predicate']['tree'].update(size=1))
	field('rules', 'rules', lambda s: s['predicate']['tool'].update(rules_sha256='0' * 64))
	field('missing-key', 'custody', lambda s: s['predicate'].pop('custody'))
	field('extra-key', 'note', lambda s: s['predicate'].update(note='x'))

	# A second revision that is in order, and such with one fault.
	def second(name, code, pattern, change):
		base = w.base[:-1] + '1'
		a = w.archive()
		for i, member in enumerate(a.names()):
			a.rename(i, base + member[len(a.base):])
		a.base = base
		index = json.loads(a.get('/data/bundle.json'))
		index['revision'] = 1
		a.put('/data/bundle.json', canonical(index))
		a.put('/bag-info.txt', a.get('/bag-info.txt').replace(w.base.encode(), base.encode()))
		a.manifests()
		first, leaves = w.base, [e['leaf'] for e in index['expenses']]

		def edit(s):
			p = s['predicate']
			s['subject'][0]['name'] = base + '.tar'
			p.update(revision=1, seq=1, prev={'name': first, 'statement_sha256': sha256(w.statement)}, supersedes={
				'name': first, 'reason': 'evidence', 'tar_sha256': sha256(w.tar), 'changes': [
					{'kind': 'changed', 'leaf_new': leaves[0], 'leaf_old': '1' * 64},
					{'kind': 'removed', 'leaf_new': None, 'leaf_old': '2' * 64},
					{'kind': 'added', 'leaf_new': leaves[3], 'leaf_old': None}]})
			change(p, leaves)
		w.base = base
		try:
			w.fault('second-' + name, code, pattern, a, change=edit, without=('seal.pem',), own=first)
		finally:
			w.base = first

	def in_change(i, **values):
		return lambda p, leaves: p['supersedes']['changes'][i].update({k: leaves[v] if isinstance(v, int) else v for k, v in values.items()})

	second('good', 0, '.', lambda p, leaves: None)
	second('prev-name', 5, 'prev.name', lambda p, leaves: p['prev'].update(name='elsewhere'))
	second('prev-entity', 5, 'prev.name', lambda p, leaves: p['prev'].update(name='clara_mx_other_2024-10_r0'))
	second('prev-itself', 5, 'prev.name', lambda p, leaves: p['prev'].update(name=w.base))
	second('prev-null', 5, 'predicate.prev', lambda p, leaves: p.update(prev=None))
	second('supersedes-null', 5, 'predicate.supersedes', lambda p, leaves: p.update(supersedes=None))
	second('supersedes-name', 5, 'supersedes.name', lambda p, leaves: p['supersedes'].update(name=w.base.replace('_r', '_R')))
	second('supersedes-month', 5, 'supersedes.name', lambda p, leaves: p['supersedes'].update(name=w.base.replace('-11_r1', '-10_r0')))
	second('supersedes-revision', 5, 'supersedes.name', lambda p, leaves: p['supersedes'].update(name=w.base[:-1] + '2'))
	second('supersedes-reason', 5, 'supersedes.reason', lambda p, leaves: p['supersedes'].update(reason='because'))
	second('changed-to-nothing', 5, r'changes\[0\].*in the tree', in_change(0, leaf_new='3' * 64))
	second('added-nothing', 5, r'changes\[2\].*in the tree', in_change(2, leaf_new='3' * 64))
	second('removed-still-there', 5, r'changes\[1\].*no longer', in_change(1, leaf_old=1))
	second('changed-still-there', 5, r'changes\[0\].*no longer', in_change(0, leaf_old=0))
	second('changes-order', 5, r'changes\[2\].*sorted', lambda p, leaves: p['supersedes']['changes'].reverse())
	second('changes-twice', 5, r'changes\[2\].*sorted', in_change(2, leaf_new=0))
	second('change-of-no-kind', 5, r'changes\[0\]', in_change(0, kind='moved'))
	second('added-with-old-leaf', 5, r'changes\[2\]', in_change(2, leaf_old='4' * 64))

	place = w.fault('statement-edited', 5, 'signature', sealed=False)
	with open(os.path.join(place, w.base + '.statement.json'), 'wb') as f:
		f.write(w.statement.replace(b'"seq":0', b'"seq":1'))
	place = w.fault('statement-pretty', 5, 'canonical|statement', sealed=False)
	w.sign(place, json.dumps(json.loads(w.statement), indent=1, sort_keys=True).encode())
	place = w.fault('statement-no-json', 5, 'statement', sealed=False)
	w.sign(place, b'hello')
	place = w.fault('signature-of-something-else', 5, 'signature', sealed=False)
	w.sign(place, b'hello')
	with open(os.path.join(place, w.base + '.statement.json'), 'wb') as f:
		f.write(w.statement)
	w.fault('signature-of-another-key', 5, 'seal.pem|signer|certificate', key=w.other_key, cert=w.other_cert)
	place = w.fault('signature-cut', 5, 'signature|p7s', sealed=False)
	os.truncate(os.path.join(place, w.base + '.statement.p7s'), 200)
	place = w.fault('signature-empty', 5, 'signature|p7s', sealed=False)
	os.truncate(os.path.join(place, w.base + '.statement.p7s'), 0)
	tampered = bytearray(w.tar)
	tampered[len(tampered) // 2] ^= 1
	w.fault('archive-changed', 5, 'sha256|digest', bytes(tampered), sealed=False)
	w.fault('archive-changed-old-name', 5, 'name|sha256|digest', bytes(tampered), sealed=False, file=w.file)

	w.fault('name-of-another-digest', 5, 'name', sealed=False, file=f'{w.base}.{"0" * 64}.tar')
	w.fault('name-without-digest', 0, 'name', sealed=False, file=f'{w.base}.tar')
	w.fault('without-statement', 1, 'statement', sealed=False, without=('statement.json',))
	w.fault('without-signature', 1, 'signature', sealed=False, without=('statement.p7s',))
	w.fault('without-both', 1, 'statement', sealed=False, without=('statement.json', 'statement.p7s'))
	w.fault('without-certificate', 0, 'seal.pem|certificate', sealed=False, without=('seal.pem',))
	w.fault('sealed-again', 0, '.', change=lambda s: s['predicate']['custody'].update(n=99))


def main():
	w = Workshop(*sys.argv[1:])
	header_faults(w)
	layout_faults(w)
	content_faults(w)
	statement_faults(w)
	with open(os.path.join(w.target, 'table'), 'w', encoding='utf-8') as f:
		for row in w.table:
			f.write('\t'.join(row) + '\n')


if __name__ == '__main__':
	main()
