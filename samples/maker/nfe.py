"""NF-e and NFC-e 4.00 with protocol, and the cancel event: canonical text, XMLDSig, access key.

The signed elements are written in canonical form at once (no blanks between elements, sorted
attributes, no shortcut for empty elements), so the digest is taken over the text itself; only the
namespace declaration that the element inherits has to be added, as C14N does.
"""

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal

from . import people, taxid
from .base import b64, cents, dec, escape, money, rsa_sign, seeded_digits

_NFE = "http://www.portalfiscal.inf.br/nfe"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

_STATE = {"SP": ("35", "3550308", "Sao Paulo"), "RJ": ("33", "3304557", "Rio de Janeiro")}
# First digit of a protocol number: 1 the state's own authority, 3 the shared one (SVRS).
_AUTHORITY = {"SP": "1", "RJ": "3"}
_CSC = "DEMO-CSC-SEM-VALOR"


@dataclass
class Item:
    code: str
    name: str
    ncm: str
    quantity: str
    price: str
    unit: str = "UN"
    discount: str = ""
    freight: str = ""


@dataclass
class Nfe:
    """A finished note. `protocol` empty: the note was never proven to be authorised."""

    key: str
    issuer: people.Taxpayer
    receiver: object
    date: str
    total: Decimal
    products: Decimal
    items: list
    number: str
    protocol_number: str
    signed: str
    supplement: str
    signature: str
    protocol: str

    @property
    def data(self):
        inner = self.signed.replace(f' xmlns="{_NFE}"', "", 1) + self.supplement + self.signature
        note = f'<NFe xmlns="{_NFE}">{inner}</NFe>'
        if self.protocol:
            note = f'<nfeProc versao="4.00" xmlns="{_NFE}">{note}{self.protocol}</nfeProc>'
        return ('<?xml version="1.0" encoding="UTF-8"?>' + note).encode("utf-8")


def _el(name, *parts, **attrs):
    """An element; parts are text or ready XML of _el (which begins with `<`); None is left out."""
    given = "".join(f' {key}="{escape(value, True)}"' for key, value in sorted(attrs.items()))
    inner = "".join(p if p.startswith("<") else escape(p) for p in parts if p is not None)
    return f"<{name}{given}>{inner}</{name}>"


def _opt(name, value):
    return _el(name, value) if value else None


def _sign(authority, key_name, element_id, canonical):
    """The enveloped signature over the canonical element, with the SHA-1 that the schema fixes."""
    digest = b64(hashlib.sha1(canonical.encode("utf-8")).digest())
    reference = _el(
        "Reference",
        _el(
            "Transforms",
            _el("Transform", Algorithm=_DSIG + "enveloped-signature"),
            _el("Transform", Algorithm=_C14N),
        ),
        _el("DigestMethod", Algorithm=_DSIG + "sha1"),
        _el("DigestValue", digest),
        URI="#" + element_id,
    )
    body = (
        _el("CanonicalizationMethod", Algorithm=_C14N)
        + _el("SignatureMethod", Algorithm=_DSIG + "rsa-sha1")
        + reference
    )
    info = f'<SignedInfo xmlns="{_DSIG}">{body}</SignedInfo>'
    value = b64(rsa_sign(authority.key(key_name), "sha1", info.encode("utf-8")))
    certificate = b64(authority.der(key_name))
    shown = re.sub(r"></\w+Method>|></Transform>", "/>", f"<SignedInfo>{body}</SignedInfo>")
    return digest, (
        f'<Signature xmlns="{_DSIG}">{shown}<SignatureValue>{value}</SignatureValue>'
        f"<KeyInfo><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>"
        "</Signature>"
    )


def _address(name, who):
    _, city, city_name = _STATE[who.state]
    return _el(
        name,
        _el("xLgr", "Rua DEMO"), _el("nro", "100"), _el("xBairro", "Centro"), _el("cMun", city),
        _el("xMun", city_name), _el("UF", who.state), _el("CEP", who.postcode),
        _el("cPais", "1058"),
        _el("xPais", "Brasil"),
    )


def _detail(number, item, issuer, receiver, sums):
    """One det; adds its amounts to `sums`."""
    product = cents(dec(item.quantity) * dec(item.price))
    discount, freight = dec(item.discount or 0), dec(item.freight or 0)
    base = product - discount + freight
    inside = receiver is None or receiver.state == issuer.state
    burden = cents(base * dec("0.1345"))
    if issuer.regime == "1":
        icms = _el("ICMSSN102", _el("orig", "0"), _el("CSOSN", "102"))
        pis = _el(
            "PISOutr", _el("CST", "49"), _el("vBC", "0.00"), _el("pPIS", "0.00"),
            _el("vPIS", "0.00"),
        )
        cofins = _el(
            "COFINSOutr",
            _el("CST", "49"), _el("vBC", "0.00"), _el("pCOFINS", "0.00"), _el("vCOFINS", "0.00"),
        )
    else:
        rate = "18.00" if inside else "12.00"
        tax = {"vICMS": rate, "vPIS": "1.65", "vCOFINS": "7.60"}
        value = {name: cents(base * dec(percent) / 100) for name, percent in tax.items()}
        icms = _el(
            "ICMS00",
            _el("orig", "0"), _el("CST", "00"), _el("modBC", "3"), _el("vBC", money(base)),
            _el("pICMS", rate), _el("vICMS", money(value["vICMS"])),
        )
        pis = _el(
            "PISAliq",
            _el("CST", "01"), _el("vBC", money(base)), _el("pPIS", "1.65"),
            _el("vPIS", money(value["vPIS"])),
        )
        cofins = _el(
            "COFINSAliq",
            _el("CST", "01"), _el("vBC", money(base)), _el("pCOFINS", "7.60"),
            _el("vCOFINS", money(value["vCOFINS"])),
        )
        for name, amount in value.items():
            sums[name] += amount
        sums["vBC"] += base
    sums["vProd"] += product
    sums["vDesc"] += discount
    sums["vFrete"] += freight
    sums["vTotTrib"] += burden
    return _el(
        "det",
        _el(
            "prod",
            _el("cProd", item.code), _el("cEAN", "SEM GTIN"), _el("xProd", item.name),
            _el("NCM", item.ncm), _el("CFOP", "5102" if inside else "6102"), _el("uCom", item.unit),
            _el("qCom", item.quantity), _el("vUnCom", item.price), _el("vProd", money(product)),
            _el("cEANTrib", "SEM GTIN"), _el("uTrib", item.unit), _el("qTrib", item.quantity),
            _el("vUnTrib", item.price), _opt("vFrete", item.freight), _opt("vDesc", item.discount),
            _el("indTot", "1"),
        ),
        _el(
            "imposto",
            _el("vTotTrib", money(burden)), _el("ICMS", icms), _el("PIS", pis),
            _el("COFINS", cofins),
        ),
        nItem=str(number),
    )


_TOTALS = (
    "vBC vICMS vICMSDeson vFCP vBCST vST vFCPST vFCPSTRet vProd vFrete vSeg vDesc vII vIPI "
    "vIPIDevol vPIS vCOFINS vOutro vNF vTotTrib"
).split()


def _receiver(receiver, consumer_note):
    if receiver is None:
        return None
    return _el(
        "dest",
        _el("CNPJ", receiver.tax_id),
        _el("xNome", receiver.name),
        None if consumer_note else _address("enderDest", receiver),
        _el("indIEDest", "9" if consumer_note else "1"),
        None if consumer_note else _el("IE", receiver.state_id),
    )


def make(
    authority, tag, issuer, date, items, authorization, *, model="55", receiver=people.BR_COMPANY,
    means="03", cash=False,
):
    """Builds, signs and (as the demo's tax office) authorises a note.

    `date` is local time without zone; `authorization` the number that the card charge carries.
    """
    who = people.BR_ISSUERS[issuer]
    state, city, _ = _STATE[who.state]
    consumer_note = model == "65"
    number = str(int(seeded_digits("nf|" + tag, 5)))
    code = seeded_digits("cnf|" + tag, 8)
    series = "1"
    key = taxid.access_key(
        f"{state}{date[2:4]}{date[5:7]}{who.tax_id}{model}{int(series):03d}{int(number):09d}1{code}"
    )
    sums = {name: Decimal(0) for name in _TOTALS}
    details = [_detail(n, item, who, receiver, sums) for n, item in enumerate(items, 1)]
    total = sums["vProd"] - sums["vDesc"] + sums["vFrete"]
    sums["vNF"] = total
    card = None
    if not cash:
        card = _el(
            "card",
            _el("tpIntegra", "1"), _el("CNPJ", people.BR_ACQUIRER), _el("tBand", "02"),
            _el("cAut", authorization),
        )
    outside = receiver is not None and receiver.state != who.state
    canonical = _el(
        "infNFe",
        _el(
            "ide",
            _el("cUF", state), _el("cNF", code), _el("natOp", "VENDA DEMO"), _el("mod", model),
            _el("serie", series), _el("nNF", number), _el("dhEmi", date + "-03:00"),
            _el("tpNF", "1"),
            _el("idDest", "2" if outside else "1"), _el("cMunFG", city),
            _el("tpImp", "4" if consumer_note else "1"), _el("tpEmis", "1"), _el("cDV", key[-1]),
            _el("tpAmb", "1"), _el("finNFe", "1"), _el("indFinal", "1"),
            _el("indPres", "1" if consumer_note else "2"),
            None if consumer_note else _el("indIntermed", "0"),
            _el("procEmi", "0"), _el("verProc", "DEMO 1.0"),
        ),
        _el(
            "emit",
            _el("CNPJ", who.tax_id), _el("xNome", who.name), _address("enderEmit", who),
            _el("IE", who.state_id), _el("CRT", who.regime),
        ),
        _receiver(receiver, consumer_note),
        *details,
        _el("total", _el("ICMSTot", *(_el(name, money(sums[name])) for name in _TOTALS))),
        _el("transp", _el("modFrete", "0" if sums["vFrete"] else "9")),
        _el(
            "pag",
            _el("detPag", _el("tPag", "01" if cash else means), _el("vPag", money(total)), card),
        ),
        _el("infAdic", _el("infCpl", "Documento DEMO sem valor fiscal, gerado para demonstracao")),
        Id="NFe" + key,
        versao="4.00",
    )
    canonical = canonical.replace("<infNFe ", f'<infNFe xmlns="{_NFE}" ', 1)
    digest, signature = _sign(authority, f"br-{issuer}", "NFe" + key, canonical)
    supplement = ""
    if consumer_note:
        site = "https://www.nfce.fazenda.sp.gov.br"
        query = f"{key}|2|1|1"
        seal = hashlib.sha1((query + _CSC).encode()).hexdigest().upper()
        supplement = _el(
            "infNFeSupl",
            _el("qrCode", f"{site}/qrcode?p={query}|{seal}"),
            _el("urlChave", site + "/consulta"),
        )
    protocol_number = _protocol_number(who, date, "prot|" + tag)
    protocol = _el(
        "protNFe",
        _el(
            "infProt",
            _el("tpAmb", "1"), _el("verAplic", "DEMO_SEFAZ"), _el("chNFe", key),
            _el("dhRecbto", later(date, 4) + "-03:00"), _el("nProt", protocol_number),
            _el("digVal", digest),
            _el("cStat", "100"), _el("xMotivo", "Autorizado o uso da NF-e"),
        ),
        versao="4.00",
    )
    return Nfe(
        key, who, receiver, date, total, sums["vProd"], list(items), number, protocol_number,
        canonical,
        supplement, signature, protocol,
    )


def _protocol_number(issuer, date, tag):
    """15 digits: authority, state, year, serial number."""
    return _AUTHORITY[issuer.state] + _STATE[issuer.state][0] + date[2:4] + seeded_digits(tag, 10)


def later(date, seconds):
    """`date` plus seconds, within the same hour."""
    head, minute, second = date.rsplit(":", 2)
    moment = int(minute) * 60 + int(second) + seconds
    assert moment < 3600
    return f"{head}:{moment // 60:02d}:{moment % 60:02d}"


def cancel(authority, note, date):
    """The issuer's cancel event with the tax office's answer."""
    state = _STATE[note.issuer.state][0]
    element_id = f"ID110111{note.key}01"
    canonical = _el(
        "infEvento",
        _el("cOrgao", state), _el("tpAmb", "1"), _el("CNPJ", note.issuer.tax_id),
        _el("chNFe", note.key),
        _el("dhEvento", date + "-03:00"), _el("tpEvento", "110111"), _el("nSeqEvento", "1"),
        _el("verEvento", "1.00"),
        _el(
            "detEvento",
            _el("descEvento", "Cancelamento"), _el("nProt", note.protocol_number),
            _el("xJust", "DEMO: mercadoria devolvida antes da entrega"),
            versao="1.00",
        ),
        Id=element_id,
    )
    canonical = canonical.replace("<infEvento ", f'<infEvento xmlns="{_NFE}" ', 1)
    _, signature = _sign(authority, f"br-{note.issuer.slug}", element_id, canonical)
    answer = _el(
        "retEvento",
        _el(
            "infEvento",
            _el("tpAmb", "1"), _el("verAplic", "DEMO_SEFAZ"), _el("cOrgao", state),
            _el("cStat", "135"),
            _el("xMotivo", "Evento registrado e vinculado a NF-e"), _el("chNFe", note.key),
            _el("tpEvento", "110111"), _el("xEvento", "Cancelamento registrado"),
            _el("nSeqEvento", "1"),
            _el("CNPJDest", note.receiver.tax_id), _el("dhRegEvento", later(date, 5) + "-03:00"),
            _el(
                "nProt",
                _protocol_number(note.issuer, date, "can" + note.key),
            ),
        ),
        versao="1.00",
    )
    inner = canonical.replace(f' xmlns="{_NFE}"', "", 1) + signature
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<procEventoNFe versao="1.00" xmlns="{_NFE}"><evento versao="1.00" xmlns="{_NFE}">'
        f"{inner}</evento>{answer}</procEventoNFe>"
    ).encode("utf-8")


# --- planted faults -------------------------------------------------------------------------------


def alter_price(authority, tag, issuer, date, items, altered_items, authorization):
    """Signs `items`, then shows `altered_items`: only the signature tells."""
    note = make(authority, tag, issuer, date, items, authorization)
    shown = make(authority, tag, issuer, date, altered_items, authorization)
    shown.signature, shown.protocol = note.signature, note.protocol
    return shown


def reindent(data):
    """Pretty-prints a note as an editor would: blanks between elements, nothing else touched."""
    head, body = data.decode("utf-8").split("?>", 1)
    lines, depth = [head + "?>"], 0
    for token in re.findall(r"</[^>]+>|<[^>]+/>|<[^>]+>[^<]*</[^>]+>|<[^>]+>", body):
        # A token is a closing tag, an empty element, an element with text only or an opening tag.
        if token.startswith("</"):
            depth -= 1
        lines.append("  " * depth + token)
        if not token.startswith("</") and "</" not in token and not token.endswith("/>"):
            depth += 1
    return ("\n".join(lines) + "\n").encode("utf-8")
