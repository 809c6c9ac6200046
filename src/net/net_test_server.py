#!/usr/bin/env python3
"""TLS servers on loopback for net_test.c: net_test_server.py DIR

Makes a certificate authority, a server certificate for "localhost" and client certificates in DIR, listens on three
ports (no client certificate asked, asked under TLS 1.3, asked under TLS 1.2), prints the ports on one line and serves
until its standard input ends. What an answer is like is said by the path.
"""
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse


def run(*args):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def key(path):
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


def authority(folder, name):
    key(f"{folder}/{name}.key")
    run("openssl", "req", "-x509", "-new", "-key", f"{folder}/{name}.key", "-subj", f"/CN={name}", "-days", "2",
        "-addext", "keyUsage=critical,keyCertSign", "-out", f"{folder}/{name}.pem")


def certificate(folder, name, issuer, extension):
    key(f"{folder}/{name}.key")
    run("openssl", "req", "-new", "-key", f"{folder}/{name}.key", "-subj", f"/CN={name}",
        "-out", f"{folder}/{name}.csr")
    with open(f"{folder}/{name}.ext", "w", encoding="ascii") as out:
        out.write(extension)
    run("openssl", "x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/{issuer}.pem",
        "-CAkey", f"{folder}/{issuer}.key", "-CAcreateserial", "-days", "2", "-extfile", f"{folder}/{name}.ext",
        "-out", f"{folder}/{name}.pem")


def head(status, length, *more):
    lines = [f"HTTP/1.1 {status} X"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines + list(more)) + "\r\n\r\n").encode()


def abort(connection):
    raw = socket.socket(fileno=os.dup(connection.fileno()))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.shutdown(socket.SHUT_RD)
    raw.close()


def answer(connection, target, request):
    """Sends one answer; False ends the connection."""
    name, _, rest = target.lstrip("/").partition("/")
    name = name.partition("?")[0]
    if name == "echo":
        peer = "certificate" if connection.getpeercert() else "no certificate"
        body = f"{peer}\n{connection.getsockname()[1]} {connection.getpeername()[1]}\n".encode() + request
        connection.sendall(head(200, len(body), "Content-Type: text/plain; charset=x",
                                'ETag:   "tag"', "Retry-After: 7") + body)
    elif name == "bytes":
        connection.sendall(head(200, int(rest)) + b"x" * int(rest))
    elif name == "unannounced":
        connection.sendall(head(200, None, "Connection: close") + b"x" * int(rest))
        return False
    elif name == "short":
        connection.sendall(head(200, 9214) + b"x" * 5120)
        return False
    elif name == "long":
        connection.sendall(head(200, 10) + b"x" * 20)
    elif name == "chunks-cut":
        connection.sendall(head(200, None, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n")
        return False
    elif name == "to":
        url = urllib.parse.unquote(rest)
        connection.sendall(head(302, 5, f"Location: {url}") + b"moved")
    elif name == "status":
        connection.sendall(head(204, None) if rest == "204" else head(int(rest), 2) + b"no")
    elif name == "interim":
        connection.sendall(b"HTTP/1.1 103 Early\r\nETag: early\r\n\r\n" + head(200, 2) + b"ok")
    elif name == "stall":
        connection.sendall(head(200, 10) + b"x")
        time.sleep(20)
    elif name == "wait":
        time.sleep(int(rest) / 1000)
        connection.sendall(head(200, 2) + b"ok")
    elif name == "headers":
        connection.sendall(b"HTTP/1.1 200 X\r\n")
        for i in range(2000):
            connection.sendall(f"X-{i}: {'y' * 1000}\r\n".encode())
        return False
    elif name == "reset":
        abort(connection)
        return False
    return True


def serve(raw, context):
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = context.wrap_socket(raw, server_side=True)
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            request, _, data = data.partition(b"\r\n\r\n")
            length = 0
            for line in request.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            while len(data) < length:
                data += connection.recv(65536)
            body, data = data[:length], data[length:]
            target = request.split(b" ")[1].decode("latin-1")
            if not answer(connection, target, request + b"\r\n\r\n" + body):
                connection.close()
                return
    except (OSError, ValueError):
        raw.close()


def listen(context, address="127.0.0.1", port=0):
    server = socket.create_server((address, port), backlog=256)

    def loop():
        while True:
            raw, _ = server.accept()
            threading.Thread(target=serve, args=(raw, context), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return server.getsockname()[1]


def main():
    folder = sys.argv[1]
    authority(folder, "ca")
    authority(folder, "other-ca")
    certificate(folder, "server", "ca", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    certificate(folder, "client", "ca", "extendedKeyUsage=clientAuth\n")
    certificate(folder, "stranger", "other-ca", "extendedKeyUsage=clientAuth\n")
    ports = []
    for mode, version in ((ssl.CERT_NONE, None), (ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_3),
                          (ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_2), (ssl.CERT_OPTIONAL, None)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
        context.load_verify_locations(f"{folder}/ca.pem")
        context.verify_mode = mode
        if version:
            context.minimum_version = context.maximum_version = version
        ports.append(listen(context))
        listen(context, "127.0.0.2", ports[-1])
    print(*ports, flush=True)
    sys.stdin.read()


main()
