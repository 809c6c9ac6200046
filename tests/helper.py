#!/usr/bin/env python3
"""Small tools of the shell tests, each a subcommand: see the functions below."""

import base64
import hashlib
import json
import os
import pty
import sys
import urllib.parse


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


def secrets_of(fake):
	"""What must stay in the memory of a client of that server, by name."""
	found = {}
	with open(os.path.join(fake, 'env'), encoding='utf-8') as f:
		env = dict(line.rstrip("'\n").split("='", 1) for line in f)
	found['client secret'] = {env['FAKE_CLIENT_SECRET']}
	pair = f"{env['FAKE_CLIENT_ID']}:{env['FAKE_CLIENT_SECRET']}"
	found['basic'] = {base64.b64encode(pair.encode()).decode()}
	found['token'], found['signature'], found['session'] = set(), set(), set()
	for r in lines(os.path.join(fake, 'requests.jsonl')):
		kind, _, token = r['headers'].get('authorization', '').partition(' ')
		if kind == 'Bearer':
			found['token'].add(token)
		for key, value in urllib.parse.parse_qsl(r['query']):
			if key == 'X-Amz-Signature':
				found['signature'].add(value)
			if key == 'X-Amz-Security-Token':
				found['session'] |= {value, urllib.parse.quote(value, safe='')}
	key = read(os.path.join(fake, 'client.key')).decode().splitlines()
	found['client key'] = {key[1]}
	return found


def cmd_secrets(fake, *paths):
	"""FAKE PATH…: looks for what the server knows to be secret in files and folders; 1 when it is there."""
	found = secrets_of(fake)
	wanted = {k: {v.encode() for v in values} for k, values in found.items()}
	if not all(wanted.values()):
		print('the log shows no', [k for k, v in wanted.items() if not v])
		return 1
	files, bad = [], 0
	for path in paths:
		if os.path.isdir(path):
			files += [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
		else:
			files.append(path)
	for path in files:
		data = read(path)
		for kind, values in wanted.items():
			if any(v in data for v in values):
				print(f'{kind} in {path}')
				bad = 1
	print(len(files), 'files searched')
	return bad


def main():
	command = globals().get('cmd_' + sys.argv[1]) if len(sys.argv) > 1 else None
	if command is None:
		print(__doc__, file=sys.stderr)
		return 2
	return command(*sys.argv[2:])


if __name__ == '__main__':
	sys.exit(main())
