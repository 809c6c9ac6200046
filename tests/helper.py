#!/usr/bin/env python3
"""Small tools of the shell tests, each a subcommand: see the functions below."""

import hashlib
import json
import os
import pty
import random
import subprocess
import sys
import tempfile


def lines(path):
	with open(path, encoding='utf-8') as f:
		return [json.loads(line) for line in f if line.strip()]


def read(path):
	with open(path, 'rb') as f:
		return f.read()


def cmd_json(path, expression):
	"""FILE EXPRESSION: its value over d, the objects of the file, one a line; there has to be one."""
	d = lines(path)
	if not d:
		print('no object')
		return 1
	value = eval(f'({expression})', {'d': d})
	print(value)
	return 0 if value else 1


def cmd_requests(path, expression):
	"""LOG EXPRESSION: counts the requests r of a fake server's log for which it holds."""
	code = compile(expression, 'expression', 'eval')
	print(sum(1 for r in lines(path) if eval(code, {'r': r})))
	return 0


def cmd_flip(path, offset):
	"""FILE OFFSET: changes one byte."""
	with open(path, 'r+b') as f:
		f.seek(int(offset))
		byte = f.read(1)
		f.seek(int(offset))
		f.write(bytes([byte[0] ^ 1]))
	return 0


def members(path):
	"""(name, offset of the content, content) of a ustar archive."""
	data, at = read(path), 0
	while data[at:at + 512].strip(b'\0'):
		head = data[at:at + 512]
		name, prefix = (head[a:b].split(b'\0')[0].decode() for a, b in ((0, 100), (345, 500)))
		size = int(head[124:136].strip(b'\0 '), 8)
		yield (prefix + '/' if prefix else '') + name, at + 512, data[at + 512:at + 512 + size]
		at += 512 + -(-size // 512) * 512


def cmd_offset(path, pattern):
	"""TAR PATTERN: name, offset and size of the first member whose name contains it."""
	for name, offset, content in members(path):
		if pattern in name:
			print(name, offset, len(content))
			return 0
	return 1


def cmd_members(path, pattern):
	"""TAR PATTERN: the content of each member whose name contains it, one a line."""
	for name, _, content in members(path):
		if pattern in name:
			print(content.decode())
	return 0


def cmd_digests(path):
	"""TAR: the SHA-256 of each member's content, and its name."""
	for name, _, content in members(path):
		print(hashlib.sha256(content).hexdigest(), name)
	return 0


def bundle_parts(path):
	"""Member -> what has to be equal in the bundles of two runs that saw the same: all but when and in which order the
	answers came (captures' n, time, attempt; the cut-off), the salts, and the digests of what these are part of."""
	raw = {name.partition('/')[2]: content for name, _, content in members(path)}
	came, parts = {}, {}
	for line in raw.pop('data/captures.jsonl').splitlines():
		capture = json.loads(line)
		n = capture.pop('n')
		del capture['time'], capture['attempt']
		came[n] = json.dumps(capture, sort_keys=True)
	parts['data/captures.jsonl'] = sorted(came.values())

	def neutral(value):
		if isinstance(value, list):	# what shares a path is in the order of its captures
			return sorted((neutral(v) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
		if isinstance(value, dict):
			return {k: sorted(came[n] for n in v) if k == 'captures' else neutral(v) for k, v in value.items()
				if k not in ('salt', 'leaf', 'cutoff')}
		return value

	vary = {'data/captures.jsonl', 'bag-info.txt', 'manifest-sha256.txt'}
	for name, content in raw.items():
		if name.endswith('evidence.json') or name == 'data/bundle.json':
			vary.add(name)
			parts[name] = neutral(json.loads(content))
		elif name == 'data/index.csv':
			vary.add(name)
			parts[name] = sorted(content.splitlines())
		else:
			parts[name] = content
	for name in ('manifest-sha256.txt', 'tagmanifest-sha256.txt'):
		lines_of = raw[name].decode().splitlines()
		parts[name] = [line[66:] if line[66:] in vary else line for line in lines_of]
	parts['bag-info.txt'] = [line.rpartition('.')[2] if line.startswith('Payload-Oxum:') else line
		for line in raw['bag-info.txt'].decode().splitlines() if not line.startswith('Bagging-Date:')]
	return parts


def cmd_compare(one, other):
	"""TAR TAR: whether two runs brought the same."""
	a, b = bundle_parts(one), bundle_parts(other)
	differ = sorted(name for name in set(a) | set(b) if a.get(name) != b.get(name))
	print(len(a), 'members', len(b), 'differ:', *differ[:10])
	for name in differ[:2]:
		print(str(a.get(name))[:2000], str(b.get(name))[:2000], sep='\n')
	return int(bool(differ) or len(a) < 10)


def cmd_store(data):
	"""DIR: whether a data directory is whole: each object is what its name says, each line of the journal follows the
	one before, and what it refers to is there. A last line without its end may be torn: nothing was reported on it."""
	objects, bad = set(), []
	for at, _, names in os.walk(os.path.join(data, 'objects')):
		for name in names:
			sha = os.path.basename(at) + name
			objects.add(sha)
			if hashlib.sha256(read(os.path.join(at, name))).hexdigest() != sha:
				bad.append(f'object {sha} is another')
	journal = os.path.join(data, 'journal')
	text = read(journal) if os.path.exists(journal) else b''
	previous, count = '0' * 64, 0
	for line in text[:text.rfind(b'\n') + 1].splitlines():
		entry = json.loads(line)
		if entry['prev'] != previous or entry['n'] != count:
			bad.append(f'line {count} does not follow')
		previous, count = hashlib.sha256(line).hexdigest(), count + 1
		kept = entry['data']
		if entry['type'] == 'capture' and kept['stored'] and kept['stored_sha256'] not in objects:
			bad.append(f'{kept["stored_sha256"]} of {kept["url"]} is lost')
	for at, _, names in os.walk(os.path.join(data, 'bundles')):
		for name in names:
			content = read(os.path.join(at, name))
			if name.endswith('.tar') and hashlib.sha256(content).hexdigest() != name.split('.')[-2]:
				bad.append(f'{name} is half-written')
			elif name.endswith('.statement.json'):
				json.loads(content)
			elif not content:
				bad.append(f'{name} is empty')
	print(len(objects), 'objects', count, 'lines', *bad[:5])
	return int(bool(bad))


def held_by(journal):
	"""Paths of the downloads that a journal, perhaps torn at its end, says are there."""
	held = set()
	for line in read(journal).splitlines() if os.path.exists(journal) else []:
		try:
			entry = json.loads(line)
		except ValueError:
			continue
		c = entry.get('data', {})
		if entry.get('type') == 'capture' and c.get('resource') == 'download' and c.get('status') == 200 and not c.get('reason'):
			held.add('/' + c['url'].split('/', 3)[3])
	return held


def cmd_refetched(journal, log):
	"""JOURNAL LOG: prints how many downloads the journal held and how many the server's log shows; 1 when one of the
	former is among the latter, or one was asked for twice."""
	held = held_by(journal)
	asked = [r['path'] for r in lines(log) if r['listener'] == 'download']
	again = [path for path in asked if path in held]
	print(len(held), len(asked), *again[:5])
	return int(bool(again) or len(asked) != len(set(asked)))


def cmd_kill(ms, out, err, *command):
	"""MS OUT ERR COMMAND…: runs it, ends it by SIGKILL after that time; prints "killed", or its exit status when it was
	faster."""
	with open(out, 'wb') as o, open(err, 'wb') as e, subprocess.Popen(command, stdout=o, stderr=e, stdin=subprocess.DEVNULL) as p:
		try:
			print(p.wait(float(ms) / 1000))
		except subprocess.TimeoutExpired:
			p.kill()
			print('killed')
	return 0


def cmd_random(seed, n, low, high):
	"""SEED N LOW HIGH: the Nth of a row of random numbers."""
	print(random.Random(f'{seed}/{n}').randint(int(low), int(high)))
	return 0


def cmd_measure(out, err, *command):
	"""OUT ERR COMMAND…: runs it; prints status, milliseconds of processor time, KiB of peak memory."""
	pid = os.fork()
	if pid == 0:
		for fd, path in ((1, out), (2, err)):
			os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), fd)
		os.execv(command[0], command)
	_, status, usage = os.wait4(pid, 0)
	code = os.waitstatus_to_exitcode(status)
	print(code, int(1000 * (usage.ru_utime + usage.ru_stime)), usage.ru_maxrss)
	return 0


def cmd_terminal(*command):
	"""COMMAND…: runs it on a terminal of its own; prints what came."""
	pid, fd = pty.fork()
	if pid == 0:
		os.execvp(command[0], command)
	out = b''
	while True:
		try:
			part = os.read(fd, 65536)
		except OSError:
			break
		if not part:
			break
		out += part
	os.waitpid(pid, 0)
	sys.stdout.buffer.write(out)
	return 0


def secrets_of(fake, paths):
	"""What must not be found, by kind: what the server handed out, and the keys made below the paths."""
	found = {}
	with open(os.path.join(fake, 'secrets.txt'), encoding='ascii') as f:
		for line in f:
			kind, _, text = line.rstrip('\n').partition(' ')
			found.setdefault(kind, set()).add(text)
	for path in paths:
		for at, _, names in os.walk(path):
			if os.path.basename(at) == 'keys':
				if 'seal.key' in names:
					# the certificate that stands behind the key is no secret
					key, end, _ = read(os.path.join(at, 'seal.key')).decode().partition('-----END PRIVATE KEY-----')
					assert end
					found.setdefault('seal.key', set()).update(key.splitlines()[1:])
				if 'salt.key' in names:
					found.setdefault('salt.key', set()).add(read(os.path.join(at, 'salt.key')).hex())
	return found


def cmd_secrets(fake, *paths):
	"""FAKE PATH…: looks for secrets of that server's client in files and folders, but for folders named keys; 1 when
	there are any."""
	found = secrets_of(fake, paths)
	if not {'client-secret', 'basic', 'private-key', 'token'} <= set(found):
		print('known are only', sorted(found))
		return 2
	if min(len(text) for texts in found.values() for text in texts) < 16:
		print('a secret so short is found everywhere')
		return 2
	with tempfile.NamedTemporaryFile('w', encoding='ascii') as patterns:
		patterns.write('\n'.join(text for texts in found.values() for text in texts) + '\n')
		patterns.flush()
		hits = subprocess.run(('grep', '-r', '-a', '-l', '-F', '-f', patterns.name, '--exclude-dir=keys', '--') + paths,
			stdout=subprocess.PIPE, check=False)
	for path in hits.stdout.decode().splitlines():
		data = read(path)
		print(path, *(kind for kind, texts in found.items() if any(text.encode() in data for text in texts)))
	print(sum(len(texts) for texts in found.values()), 'secrets')
	return 2 if hits.returncode > 1 else int(hits.returncode == 0)


def cmd_member(path, name):
	"""TAR NAME: prints the content of the first member whose name ends so."""
	for member, _, content in members(path):
		if member.endswith(name):
			sys.stdout.buffer.write(content)
			return 0
	return 1


def main():
	command = globals().get('cmd_' + sys.argv[1]) if len(sys.argv) > 1 else None
	if command is None:
		print(__doc__, file=sys.stderr)
		return 2
	return command(*sys.argv[2:])


if __name__ == '__main__':
	sys.exit(main())
