"""What every part of the generator shares: seeded identities, money, XML and JSON text, OpenSSL.

Nothing here looks at the clock, the environment or random numbers: equal input, equal bytes.
"""

import base64
import hashlib
import subprocess
from decimal import ROUND_HALF_UP, Decimal

SEED = "clara-audit demo 2024-11"


class Num(str):
    """A JSON number that is written exactly as spelled (400.00 stays 400.00)."""


def seeded(tag):
    """32 bytes that depend on the tag only."""
    return hashlib.sha256(f"{SEED}|{tag}".encode()).digest()


def seeded_uuid(tag):
    """A lower-case uuid of version 4 shape."""
    raw = bytearray(seeded("uuid|" + tag)[:16])
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def seeded_digits(tag, count):
    """`count` decimal digits, the first of them not 0."""
    number = int.from_bytes(seeded("digits|" + tag), "big")
    low = 10 ** (count - 1)
    return str(low + number % (9 * low))


def dec(text):
    return Decimal(str(text))


def cents(value):
    """Rounds half up to two decimals, which is what SAT and SEFAZ prescribe."""
    return dec(value).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def money(value):
    return f"{cents(value):.2f}"


def escape(text, attribute=False):
    """Escapes as canonical XML does, so that the text is canonical as it stands."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return text.replace('"', "&quot;") if attribute else text.replace(">", "&gt;")


def to_json(value):
    """Compact JSON; UTF-8 is left unescaped and numbers keep their spelling."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, Num):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _json_string(value)
    if isinstance(value, dict):
        return "{" + ",".join(_json_string(k) + ":" + to_json(v) for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(to_json(v) for v in value) + "]"
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _json_string(text):
    out = ['"']
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif ord(char) < 0x20 or char in "\u202e\u2028\u2029":
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    out.append('"')
    return "".join(out)


def b64(data):
    return base64.b64encode(data).decode("ascii")


def openssl(*args, data=b""):
    """Runs openssl and returns its stdout; a failure ends the generator with its message."""
    done = subprocess.run(["openssl", *args], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"openssl {' '.join(args)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def rsa_sign(key_file, digest, data):
    """RSA PKCS#1 v1.5: deterministic, so regenerating gives the same bytes."""
    return openssl("dgst", f"-{digest}", "-sign", str(key_file), data=data)
