#!/usr/bin/env python3
"""A month of any size, made from a small one without collecting it, for t9200-memory.sh.

	python3 t9200-month.py BUNDLE.tar TRANSACTIONS TARGET

Writes the archive and its statement (unsigned) into the folder TARGET: the bundle's expenses, and so many copies of a
transaction with files of its own, each under its own uuid and with its own captures.
"""

import hashlib
import importlib.util
import json
import os
import sys
from decimal import Decimal

spec = importlib.util.spec_from_file_location('faults', os.path.join(os.path.dirname(__file__), 't5000-faults.py'))
faults = importlib.util.module_from_spec(spec)
spec.loader.exec_module(faults)


class Month:
	def __init__(self, path):
		with open(path, 'rb') as f:
			self.archive = faults.Archive(f.read())
		names = self.archive.names()
		self.dir = next(n for n in names if '/data/tx/' in n and '/cfdi.' in n).rpartition('/')[0]
		self.uuid = self.dir.rpartition('/')[2]
		self.files = {n.rpartition('/')[2]: c for n, (_, c) in zip(names, self.archive.members) if n.startswith(self.dir + '/')}
		self.evidence = json.loads(self.files.pop('evidence.json'))
		self.captures = {c['n']: c for c in map(json.loads, self.archive.get('/captures.jsonl').splitlines())}
		self.lines = []
		self.index = json.loads(self.archive.get('/data/bundle.json'))
		self.added = []

	def put(self, name, content):
		head = bytearray(self.archive.members[0][0])
		self.archive.members.append([head, content])
		self.archive.rename(-1, name)
		self.archive.field(head, 124, b'%011o ' % len(content))

	def fresh_captures(self, numbers):
		fresh = []
		for n in numbers:
			fresh.append(max(self.captures) + 1 + len(self.lines))
			self.lines.append(faults.canonical({**self.captures[n], 'n': fresh[-1]}) + b'\n')
		return fresh

	def copy(self, i):
		uuid = f'{i:08x}-{self.uuid[9:]}'
		folder = f'{self.archive.base}/data/tx/{uuid}'
		evidence = json.loads(json.dumps(self.evidence).replace(self.uuid, uuid))
		for d in evidence['documents']:
			old = d['path'].rpartition('/')[2]
			content = self.files[old]
			if d['role'] == 'transaction':
				content = content.replace(self.uuid.encode(), uuid.encode())
			role, _, ext = old.split('.')
			d['sha256'] = faults.sha256(content)
			d['path'] = f'data/tx/{uuid}/{role}.{d["sha256"]}.{ext}'
			d['captures'] = self.fresh_captures(d['captures'])
			self.put(f'{self.archive.base}/{d["path"]}', content)
		for a in evidence['absent']:
			a['captures'] = self.fresh_captures(a['captures'])
		self.put(f'{folder}/evidence.json', faults.canonical(evidence))
		self.added.append((uuid, evidence, self.archive.members[-1][1]))

	def tell(self):
		"""bundle.json, captures and manifests over what there is now; returns root and size of the tree."""
		index, count, facts = self.index, len(self.added), self.evidence['facts']
		old = next(e for e in index['expenses'] if e['uuid'] == self.uuid)
		index['expenses'] += [{**old, 'uuid': u, 'leaf': hashlib.sha256(b'\0' + e).hexdigest()} for u, _, e in self.added]
		index['expenses'].sort(key=lambda e: e['uuid'])
		index['totals']['transactions'] += count
		index['totals']['documents'] += count * sum(d['role'] in ('cfdi', 'nfe', 'event', 'attachment', 'receipt')
			for d in self.evidence['documents'])
		for key in ('unique', 'received', 'total_elements_first', 'total_elements_last'):
			index['listing']['transactions'][key] += count
		for held in (t['held'] for t in index['tieout'] if t['statement'] == (facts['context']['statement'] or {}).get('uuid')):
			held['count'] += count
			held['amount'] = str(Decimal(held['amount']) + count * Decimal(facts['amount']))
		total = next(s for s in index['sums'] if s['kind'] == 'tx' and all(s[k] == facts[k] for k in ('type', 'status', 'currency')))
		total['count'] += count
		total['amount'] = str(Decimal(total['amount']) + count * Decimal(facts['amount']))
		a = self.archive
		a.members = [m for _, m in sorted(zip(a.names(), a.members), key=lambda pair: pair[0])]
		a.put('/data/bundle.json', faults.canonical(index))
		a.put('/captures.jsonl', a.get('/captures.jsonl') + b''.join(self.lines))
		a.manifests()
		leaves = [bytes.fromhex(e['leaf']) for e in index['expenses']]
		return faults.root(leaves).hex(), len(leaves)


def main():
	bundle, count, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
	month = Month(bundle)
	for i in range(count):
		month.copy(i)
	root, size = month.tell()
	tar = month.archive.pack()
	base = month.archive.base
	with open(os.path.join(os.path.dirname(bundle), base + '.statement.json'), encoding='utf-8') as f:
		statement = json.load(f)
	statement['subject'][0]['digest']['sha256'] = faults.sha256(tar)
	statement['predicate']['tree'].update(root=root, size=size)
	os.makedirs(target)
	with open(os.path.join(target, base + '.statement.json'), 'wb') as f:
		f.write(faults.canonical(statement))
	with open(os.path.join(target, f'{base}.{faults.sha256(tar)}.tar'), 'wb') as f:
		f.write(tar)


if __name__ == '__main__':
	main()
