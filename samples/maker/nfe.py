"""NF-e and NFC-e 4.00 with protocol, and their events."""

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal

from . import people, taxid
from .base import cents, dec, money, seeded_digits
from .signed import el as _el, opt as _opt, rooted, sign

_NFE = "http://www.portalfiscal.inf.br/nfe"

STATE = {"SP": ("35", "3550308", "Sao Paulo"), "RJ": ("33", "3304557", "Rio de Janeiro")}
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


def _address(name, who):
    _, city, city_name = STATE[who.state]
    return _el(
        name,
        _el("xLgr", "Rua DEMO"), _el("nro", "100"), _el("xBairro", "Centro"), _el("cMun", city),
        _el("xMun", city_name), _el("UF", who.state), _el("CEP", who.postcode),
        _el("cPais", "1058"),
        _el("xPais", "Brasil"),
    )


def _detail(number, item, issuer, receiver, sums, reform):
    """One det; adds its amounts to `sums`."""
    product = cents(dec(item.quantity) * dec(item.price))
    discount, freight = dec(item.discount or 0), dec(item.freight or 0)
    base = product - discount + freight
    inside = receiver is None or receiver.state == issuer.state
    burden = cents(base * dec("0.1345"))
    value = {}
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
            _reform_taxes(base - sum(value.values()), sums) if reform else None,
        ),
        nItem=str(number),
    )


_TOTALS = (
    "vBC vICMS vICMSDeson vFCP vBCST vST vFCPST vFCPSTRet vProd vFrete vSeg vDesc vII vIPI "
    "vIPIDevol vPIS vCOFINS vOutro vNF vTotTrib"
).split()
_REFORM_TOTALS = ["vBCIBSCBS", "vIBSUF", "vIBSMun", "vCBS"]


def _reform_taxes(base, sums):
    """IBS and CBS at the test rates of 2026, on what is left without ICMS, PIS and COFINS."""
    ibs, cbs = cents(base * dec("0.001")), cents(base * dec("0.009"))
    for name, amount in zip(_REFORM_TOTALS, (base, ibs, Decimal(0), cbs)):
        sums[name] += amount
    return _el(
        "IBSCBS",
        _el("CST", "000"), _el("cClassTrib", "000001"),
        _el(
            "gIBSCBS",
            _el("vBC", money(base)),
            _el("gIBSUF", _el("pIBSUF", "0.1000"), _el("vIBSUF", money(ibs))),
            _el("gIBSMun", _el("pIBSMun", "0.0000"), _el("vIBSMun", "0.00")),
            _el("vIBS", money(ibs)),
            _el("gCBS", _el("pCBS", "0.9000"), _el("vCBS", money(cbs))),
        ),
    )


def _reform_total(sums):
    spared = [_el("vDif", "0.00"), _el("vDevTrib", "0.00")]
    credit = [_el("vCredPres", "0.00"), _el("vCredPresCondSus", "0.00")]
    return _el(
        "IBSCBSTot",
        _el("vBCIBSCBS", money(sums["vBCIBSCBS"])),
        _el(
            "gIBS",
            _el("gIBSUF", *spared, _el("vIBSUF", money(sums["vIBSUF"]))),
            _el("gIBSMun", *spared, _el("vIBSMun", money(sums["vIBSMun"]))),
            _el("vIBS", money(sums["vIBSUF"] + sums["vIBSMun"])), *credit,
        ),
        _el("gCBS", *spared, _el("vCBS", money(sums["vCBS"])), *credit),
    )


_TEST_NAME = "NF-E EMITIDA EM AMBIENTE DE HOMOLOGACAO - SEM VALOR FISCAL"


def _receiver(receiver, consumer_note, environment):
    if receiver is None:
        return None
    name = receiver.name if environment == "1" else _TEST_NAME
    return _el(
        "dest",
        _el("CNPJ", receiver.tax_id),
        _el("xNome", name),
        None if consumer_note else _address("enderDest", receiver),
        _el("indIEDest", "9" if consumer_note else "1"),
        None if consumer_note else _el("IE", receiver.state_id),
    )


def make(
    authority, tag, issuer, date, items, authorization, *, model="55", receiver=people.BR_COMPANY,
    means="03", cash=False, environment="1",
):
    """Builds, signs and (as the demo's tax office) authorises a note.

    `date` is local time without zone; `authorization` the number that the card charge carries. From
    2026 on a note has the groups of the tax reform, a consumer's note version 3 of the QR code.
    """
    who = people.BR_ISSUERS[issuer]
    state, city, _ = STATE[who.state]
    consumer_note = model == "65"
    number = str(int(seeded_digits("nf|" + tag, 5)))
    code = seeded_digits("cnf|" + tag, 8)
    series = "1"
    key = taxid.access_key(
        f"{state}{date[2:4]}{date[5:7]}{who.tax_id}{model}{int(series):03d}{int(number):09d}1{code}"
    )
    reform = date >= "2026"
    sums = {name: Decimal(0) for name in _TOTALS + _REFORM_TOTALS}
    details = [_detail(n, item, who, receiver, sums, reform) for n, item in enumerate(items, 1)]
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
            _el("tpAmb", environment), _el("finNFe", "1"), _el("indFinal", "1"),
            _el("indPres", "1" if consumer_note else "2"),
            None if consumer_note else _el("indIntermed", "0"),
            _el("procEmi", "0"), _el("verProc", "DEMO 1.0"),
        ),
        _el(
            "emit",
            _el("CNPJ", who.tax_id), _el("xNome", who.name), _address("enderEmit", who),
            _el("IE", who.state_id), _el("CRT", who.regime),
        ),
        _receiver(receiver, consumer_note, environment),
        *details,
        _el(
            "total",
            _el("ICMSTot", *(_el(name, money(sums[name])) for name in _TOTALS)),
            *([_reform_total(sums), _el("vNFTot", money(total))] if reform else []),
        ),
        _el("transp", _el("modFrete", "0" if sums["vFrete"] else "9")),
        _el(
            "pag",
            _el("detPag", _el("tPag", "01" if cash else means), _el("vPag", money(total)), card),
        ),
        _el("infAdic", _el("infCpl", "Documento DEMO sem valor fiscal, gerado para demonstracao")),
        Id="NFe" + key,
        versao="4.00",
    )
    canonical = rooted(canonical, _NFE)
    digest, signature = sign(authority, f"br-{issuer}", "NFe" + key, canonical)
    supplement = _supplement(key, environment, reform) if consumer_note else ""
    given = protocol_number(who, date, "prot|" + tag)
    protocol = _el(
        "protNFe",
        _el(
            "infProt",
            _el("tpAmb", environment), _el("verAplic", "DEMO_SEFAZ"), _el("chNFe", key),
            _el("dhRecbto", later(date, 4) + "-03:00"), _el("nProt", given),
            _el("digVal", digest),
            _el("cStat", "100"), _el("xMotivo", "Autorizado o uso da NF-e"),
        ),
        versao="4.00",
    )
    return Nfe(
        key, who, receiver, date, total, sums["vProd"], list(items), number, given,
        canonical,
        supplement, signature, protocol,
    )


def _supplement(key, environment, reform):
    site = "https://www.nfce.fazenda.sp.gov.br"
    query = f"{key}|3|{environment}"
    if not reform:
        query = f"{key}|2|{environment}|1"
        query += "|" + hashlib.sha1((query + _CSC).encode()).hexdigest().upper()
    return _el(
        "infNFeSupl", _el("qrCode", f"{site}/qrcode?p={query}"), _el("urlChave", site + "/consulta")
    )


def protocol_number(issuer, date, tag):
    """15 digits: authority, state, year, serial number."""
    return _AUTHORITY[issuer.state] + STATE[issuer.state][0] + date[2:4] + seeded_digits(tag, 10)


def later(date, seconds):
    """`date` plus seconds, within the same hour."""
    head, minute, second = date.rsplit(":", 2)
    moment = int(minute) * 60 + int(second) + seconds
    assert moment < 3600
    return f"{head}:{moment // 60:02d}:{moment % 60:02d}"


def cancel(authority, note, date):
    """The issuer's cancel event with the tax office's answer."""
    return _event(
        authority, note, date, "110111", "Cancelamento registrado",
        _el("descEvento", "Cancelamento"), _el("nProt", note.protocol_number),
        _el("xJust", "DEMO: mercadoria devolvida antes da entrega"),
    )


_TERMS = (
    "A Carta de Correcao e disciplinada pelo paragrafo 1o-A do art. 7o do Convenio S/N, de 15 de "
    "dezembro de 1970 e pode ser utilizada para regularizacao de erro ocorrido na emissao de "
    "documento fiscal, desde que o erro nao esteja relacionado com: I - as variaveis que determinam "
    "o valor do imposto tais como: base de calculo, aliquota, diferenca de preco, quantidade, valor "
    "da operacao ou da prestacao; II - a correcao de dados cadastrais que implique mudanca do "
    "remetente ou do destinatario; III - a data de emissao ou de saida."
)  # the schema has it so, letter by letter


def correct(authority, note, date, text):
    """The issuer's letter of correction with the tax office's answer."""
    return _event(
        authority, note, date, "110110", "Carta de Correcao registrada",
        _el("descEvento", "Carta de Correcao"), _el("xCorrecao", text), _el("xCondUso", _TERMS),
    )


def _event(authority, note, date, kind, registered, *detail):
    state = STATE[note.issuer.state][0]
    element_id = f"ID{kind}{note.key}01"
    canonical = _el(
        "infEvento",
        _el("cOrgao", state), _el("tpAmb", "1"), _el("CNPJ", note.issuer.tax_id),
        _el("chNFe", note.key),
        _el("dhEvento", date + "-03:00"), _el("tpEvento", kind), _el("nSeqEvento", "1"),
        _el("verEvento", "1.00"),
        _el("detEvento", *detail, versao="1.00"),
        Id=element_id,
    )
    canonical = rooted(canonical, _NFE)
    _, signature = sign(authority, f"br-{note.issuer.slug}", element_id, canonical)
    answer = _el(
        "retEvento",
        _el(
            "infEvento",
            _el("tpAmb", "1"), _el("verAplic", "DEMO_SEFAZ"), _el("cOrgao", state),
            _el("cStat", "135"),
            _el("xMotivo", "Evento registrado e vinculado a NF-e"), _el("chNFe", note.key),
            _el("tpEvento", kind), _el("xEvento", registered),
            _el("nSeqEvento", "1"),
            _el("CNPJDest", note.receiver.tax_id), _el("dhRegEvento", later(date, 5) + "-03:00"),
            _el(
                "nProt",
                protocol_number(note.issuer, date, "can" + note.key),
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
