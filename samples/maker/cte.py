"""A CT-e 4.00 (carriage by road) with protocol."""

from dataclasses import dataclass

from . import people, taxid
from .base import cents, dec, money, seeded_digits
from .nfe import STATE, later, protocol_number
from .signed import el, rooted, sign

_CTE = "http://www.portalfiscal.inf.br/cte"


@dataclass
class Cte:
    key: str
    issuer: people.Taxpayer
    date: str
    total: object
    number: str
    data: bytes


def _address(name, who):
    _, city, city_name = STATE[who.state]
    return el(
        name,
        el("xLgr", "Rua DEMO"), el("nro", "100"), el("xBairro", "Centro"), el("cMun", city),
        el("xMun", city_name), el("CEP", who.postcode), el("UF", who.state),
    )


def make(authority, tag, date, amount, carried):
    """The company pays for the carriage of the notes `carried` (keys) to itself."""
    who, payer = people.BR_CARRIER, people.BR_COMPANY
    state, city, city_name = STATE[who.state]
    number, code = seeded_digits("ct|" + tag, 5), seeded_digits("cct|" + tag, 8)
    key = taxid.access_key(
        f"{state}{date[2:4]}{date[5:7]}{who.tax_id}57001{int(number):09d}1{code}"
    )
    total = cents(amount)
    icms = cents(total * dec("0.12"))
    place = (el("xMunIni", city_name), el("UFIni", who.state))
    goal = (el("xMunFim", city_name), el("UFFim", who.state))
    canonical = el(
        "infCte",
        el(
            "ide",
            el("cUF", state), el("cCT", code), el("CFOP", "5353"), el("natOp", "TRANSPORTE DEMO"),
            el("mod", "57"), el("serie", "1"), el("nCT", number), el("dhEmi", date + "-03:00"),
            el("tpImp", "1"), el("tpEmis", "1"), el("cDV", key[-1]), el("tpAmb", "1"),
            el("tpCTe", "0"), el("procEmi", "0"), el("verProc", "DEMO 1.0"), el("cMunEnv", city),
            el("xMunEnv", city_name), el("UFEnv", who.state), el("modal", "01"), el("tpServ", "0"),
            el("cMunIni", city), *place, el("cMunFim", city), *goal, el("retira", "1"),
            el("indIEToma", "1"), el("toma3", el("toma", "3")),
        ),
        el(
            "emit",
            el("CNPJ", who.tax_id), el("IE", who.state_id), el("xNome", who.name),
            _address("enderEmit", who), el("CRT", who.regime),
        ),
        el(
            "rem",
            el("CNPJ", people.BR_ISSUERS["eletronicos"].tax_id),
            el("IE", people.BR_ISSUERS["eletronicos"].state_id),
            el("xNome", people.BR_ISSUERS["eletronicos"].name),
            _address("enderReme", people.BR_ISSUERS["eletronicos"]),
        ),
        el(
            "dest",
            el("CNPJ", payer.tax_id), el("IE", payer.state_id), el("xNome", payer.name),
            _address("enderDest", payer),
        ),
        el(
            "vPrest",
            el("vTPrest", money(total)), el("vRec", money(total)),
            el("Comp", el("xNome", "FRETE DEMO"), el("vComp", money(total))),
        ),
        el(
            "imp",
            el(
                "ICMS",
                el(
                    "ICMS00",
                    el("CST", "00"), el("vBC", money(total)), el("pICMS", "12.00"),
                    el("vICMS", money(icms)),
                ),
            ),
        ),
        el(
            "infCTeNorm",
            el(
                "infCarga",
                el("vCarga", "1200.00"), el("proPred", "ELETRONICOS DEMO"),
                el("infQ", el("cUnid", "01"), el("tpMed", "PESO BRUTO"), el("qCarga", "18.5000")),
            ),
            el("infDoc", *(el("infNFe", el("chave", note)) for note in carried)),
            el("infModal", el("rodo", el("RNTRC", "99000001")), versaoModal="4.00"),
        ),
        Id="CTe" + key,
        versao="4.00",
    )
    canonical = rooted(canonical, _CTE)
    digest, signature = sign(authority, "br-" + who.slug, "CTe" + key, canonical)
    site = "https://nfe.fazenda.sp.gov.br/CTeConsulta/qrCode"
    supplement = el("infCTeSupl", el("qrCodCTe", f"{site}?chCTe={key}&tpAmb=1"))
    protocol = el(
        "protCTe",
        el(
            "infProt",
            el("tpAmb", "1"), el("verAplic", "DEMO_SEFAZ"), el("chCTe", key),
            el("dhRecbto", later(date, 6) + "-03:00"),
            el("nProt", protocol_number(who, date, "prot|" + tag)), el("digVal", digest),
            el("cStat", "100"), el("xMotivo", "Autorizado o uso do CT-e"),
        ),
        versao="4.00",
    )
    inner = canonical.replace(f' xmlns="{_CTE}"', "", 1) + supplement + signature
    data = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<cteProc versao="4.00" xmlns="{_CTE}"><CTe xmlns="{_CTE}">{inner}</CTe>{protocol}</cteProc>'
    )
    return Cte(key, who, date, total, number, data.encode("utf-8"))
