"""XML that is written in canonical form at once, and the enveloped XMLDSig of Brazil's documents.

No blanks between elements, sorted attributes, no shortcut for empty elements: the digest is taken over
the text itself; only the namespace that the element inherits has to be added, as C14N does.
"""

import hashlib
import re

from .base import b64, escape, rsa_sign

DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def el(name, *parts, **attrs):
    """An element; parts are text or ready XML of el (which begins with `<`); None is left out."""
    given = "".join(f' {key}="{escape(value, True)}"' for key, value in sorted(attrs.items()))
    inner = "".join(p if p.startswith("<") else escape(p) for p in parts if p is not None)
    return f"<{name}{given}>{inner}</{name}>"


def opt(name, value):
    return el(name, value) if value else None


def rooted(element, namespace):
    """The element as C14N gives it: with the namespace that it inherits."""
    end = min(element.index(" "), element.index(">"))
    return f'{element[:end]} xmlns="{namespace}"{element[end:]}'


def sign(authority, key_name, element_id, canonical, *, inside=False):
    """The signature over a canonical element, with the SHA-1 that the schemas fix: (digest, XML).

    It has shortcuts for empty elements unless it is `inside` of what is signed again.
    """
    digest = b64(hashlib.sha1(canonical.encode("utf-8")).digest())
    reference = el(
        "Reference",
        el(
            "Transforms",
            el("Transform", Algorithm=DSIG + "enveloped-signature"),
            el("Transform", Algorithm=C14N),
        ),
        el("DigestMethod", Algorithm=DSIG + "sha1"),
        el("DigestValue", digest),
        URI="#" + element_id,
    )
    body = (
        el("CanonicalizationMethod", Algorithm=C14N)
        + el("SignatureMethod", Algorithm=DSIG + "rsa-sha1")
        + reference
    )
    info = f'<SignedInfo xmlns="{DSIG}">{body}</SignedInfo>'
    value = b64(rsa_sign(authority.key(key_name), "sha1", info.encode("utf-8")))
    certificate = b64(authority.der(key_name))
    if not inside:
        body = re.sub(r"></\w+Method>|></Transform>", "/>", body)
    return digest, (
        f'<Signature xmlns="{DSIG}"><SignedInfo>{body}</SignedInfo>'
        f"<SignatureValue>{value}</SignatureValue>"
        f"<KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>"
        "</Signature>"
    )
