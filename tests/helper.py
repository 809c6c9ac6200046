#!/usr/bin/env python3
"""Small tools of the shell tests, each a subcommand: see the functions below."""

import hashlib
import json
import os
import pty
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


def cmd_digests(path):
	"""TAR: the SHA-256 of each member's content, and its name."""
	for name, _, content in members(path):
		print(hashlib.sha256(content).hexdigest(), name)
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
					found.setdefault('seal.key', set()).update(read(os.path.join(at, 'seal.key')).decode().splitlines()[1:-1])
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
