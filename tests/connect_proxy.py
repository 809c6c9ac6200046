#!/usr/bin/env python3
"""A proxy that opens tunnels (CONNECT) on loopback: connect_proxy.py DIR [STATUS]

Writes its port to DIR/port when it is ready, and each target asked for to DIR/targets; with a STATUS it refuses them
all. Runs until it is killed.
"""
import os
import socket
import sys
import threading


def pump(source, sink):
	try:
		while piece := source.recv(65536):
			sink.sendall(piece)
	except OSError:
		pass
	try:
		sink.shutdown(socket.SHUT_WR)
	except OSError:
		pass


def serve(client, folder, status):
	head = b''
	while b'\r\n\r\n' not in head and len(head) < 65536:
		piece = client.recv(65536)
		if not piece:
			return
		head += piece
	method, target, _ = head.split(b'\r\n')[0].decode('latin-1').split(' ')
	with open(os.path.join(folder, 'targets'), 'a', encoding='utf-8') as log:
		log.write(f'{method} {target}\n')
	if status or method != 'CONNECT':
		client.sendall(f'HTTP/1.1 {status or 405} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'.encode())
		client.close()
		return
	host, _, port = target.rpartition(':')
	server = socket.create_connection((host, int(port)))
	client.sendall(b'HTTP/1.1 200 Connection established\r\n\r\n')
	back = threading.Thread(target=pump, args=(server, client), daemon=True)
	back.start()
	pump(client, server)
	back.join()
	client.close()
	server.close()


def main():
	folder, status = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
	listener = socket.create_server(('127.0.0.1', 0))
	with open(os.path.join(folder, 'port.new'), 'w', encoding='utf-8') as out:
		out.write(str(listener.getsockname()[1]))
	os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
	while True:
		client, _ = listener.accept()
		threading.Thread(target=serve, args=(client, folder, status), daemon=True).start()


main()
