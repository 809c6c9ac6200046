"""Tiny receipts: a one-page PDF and a PNG, uncompressed so that no library changes their bytes."""

import struct
import zlib


def _literal(text):
    """A PDF string in WinAnsi; accented letters as octal escapes."""
    out = []
    for char in text:
        if char in "()\\":
            out.append("\\" + char)
        else:
            out.append(char if char.isascii() else f"\\{char.encode('cp1252')[0]:03o}")
    return "(" + "".join(out) + ")"


def pdf(lines):
    """A valid PDF 1.4 of one A5 page that shows the lines, the first in larger type."""
    show = ["BT", "/F1 14 Tf", "36 540 Td", "20 TL"]
    for number, line in enumerate(lines):
        if number == 1:
            show += ["/F1 10 Tf", "14 TL"]
        show.append(f"{_literal(line)} Tj T*")
    show.append("ET")
    content = "\n".join(show).encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, start
    )
    return bytes(out)


def png(seed):
    """A 24 by 24 grey picture whose stripes depend on the seed."""
    size = 24
    rows = b"".join(
        b"\0" + bytes(seed[(x + y) % len(seed)] for x in range(size)) for y in range(size)
    )
    stored = struct.pack(
        "<BHH", 1, len(rows), len(rows) ^ 0xFFFF
    ) + rows  # one stored deflate block
    stream = b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(rows))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(
            ">I", zlib.crc32(kind + body)
        )

    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    text = b"Comment\0DEMO receipt, no value"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header) + chunk(b"tEXt", text) + chunk(b"IDAT", stream) + chunk(
            b"IEND", b""
        )
    )
