"""A national NFS-e 1.00: the provider signs the DPS, the national system (SEFIN) what it makes of it."""

from dataclasses import dataclass

from . import people, taxid
from .base import cents, dec, money, seeded_digits
from .nfe import STATE, later
from .signed import el, rooted, sign

_NFSE = "http://www.sped.fazenda.gov.br/nfse"


@dataclass
class Nfse:
    key: str
    issuer: people.Taxpayer
    date: str
    total: object
    number: str
    data: bytes


def make(authority, tag, date, amount, description):
    who, taker = people.BR_HOTEL, people.BR_COMPANY
    _, city, city_name = STATE[who.state]
    total = cents(amount)
    tax = cents(total * dec("0.05"))
    number = str(int(seeded_digits("nfse|" + tag, 4)))
    key = taxid.access_key(
        f"{city}22{who.tax_id}{int(number):013d}{date[2:4]}{date[5:7]}"
        + seeded_digits("nfse-code|" + tag, 9)
    )
    dps_id = f"DPS{city}2{who.tax_id}00001{int(number):015d}"
    dps = el(
        "infDPS",
        el("tpAmb", "1"), el("dhEmi", date + "-03:00"), el("verAplic", "DEMO 1.0"),
        el("serie", "1"), el("nDPS", number), el("dCompet", date[:10]), el("tpEmit", "1"),
        el("cLocEmi", city),
        el(
            "prest",
            el("CNPJ", who.tax_id),
            el("regTrib", el("opSimpNac", "1"), el("regEspTrib", "0")),
        ),
        el("toma", el("CNPJ", taker.tax_id), el("xNome", taker.name)),
        el(
            "serv",
            el("locPrest", el("cLocPrestacao", city)),
            el("cServ", el("cTribNac", "090101"), el("xDescServ", description)),
        ),
        el(
            "valores",
            el("vServPrest", el("vServ", money(total))),
            el(
                "trib",
                el("tribMun", el("tribISSQN", "1"), el("tpRetISSQN", "1")),
                el("totTrib", el("indTotTrib", "0")),
            ),
        ),
        Id=dps_id,
    )
    _, inner = sign(authority, "br-" + who.slug, dps_id, rooted(dps, _NFSE), inside=True)
    info = el(
        "infNFSe",
        el("xLocEmi", city_name), el("xLocPrestacao", city_name), el("nNFSe", number),
        el("cLocIncid", city), el("xLocIncid", city_name), el("xTribNac", "Hospedagem DEMO"),
        el("verAplic", "DEMO_SEFIN"), el("ambGer", "2"), el("tpEmis", "1"), el("procEmi", "1"),
        el("cStat", "100"), el("dhProc", later(date, 3) + "-03:00"),
        el("nDFSe", seeded_digits("ndfse|" + tag, 6)),
        el(
            "emit",
            el("CNPJ", who.tax_id), el("xNome", who.name),
            el(
                "enderNac",
                el("xLgr", "Rua DEMO"), el("nro", "100"), el("xBairro", "Centro"),
                el("cMun", city), el("UF", who.state), el("CEP", who.postcode),
            ),
        ),
        el(
            "valores",
            el("vBC", money(total)), el("pAliqAplic", "5.00"), el("vISSQN", money(tax)),
            el("vLiq", money(total)),
        ),
        el("DPS", dps, inner, versao="1.00"),
        Id="NFS" + key,
    )
    _, outer = sign(authority, "br-sefin", "NFS" + key, rooted(info, _NFSE))
    data = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<NFSe versao="1.00" xmlns="{_NFSE}">{info}{outer}</NFSe>'
    )
    return Nfse(key, who, date, total, number, data.encode("utf-8"))
