"""CFDI 4.0 with a TFD 1.1: arithmetic, cadena original, seal and stamp."""

from dataclasses import dataclass, field
from decimal import Decimal

from . import people
from .base import b64, cents, dec, escape, money, rsa_sign, seeded_uuid

_CFDI = "http://www.sat.gob.mx/cfd/4"
_TFD = "http://www.sat.gob.mx/TimbreFiscalDigital"
_SITE = "http://www.sat.gob.mx/sitio_internet/cfd"

IVA = ("002", "Tasa", "0.160000")
IVA_ZERO = ("002", "Tasa", "0.000000")
IVA_EXEMPT = ("002", "Exento", None)


def ieps(rate):
    return ("003", "Tasa", rate)


class Node:
    """An element: a prefixed name, attributes in writing order, children."""

    def __init__(self, name, attrs=(), children=()):
        self.name = name
        self.attrs = {key: value for key, value in dict(attrs).items() if value is not None}
        self.children = list(children)

    def find(self, *path):
        """The elements below that follow the path of local names."""
        found = [self]
        for step in path:
            found = [c for node in found for c in node.children if c.name.split(":")[1] == step]
        return found

    def text(self, indent=None, depth=0):
        pad = "" if indent is None else "\n" + indent * depth
        attrs = "".join(f' {key}="{escape(value, True)}"' for key, value in self.attrs.items())
        if not self.children:
            return f"{pad}<{self.name}{attrs}/>"
        inner = "".join(child.text(indent, depth + 1) for child in self.children)
        return f"{pad}<{self.name}{attrs}>{inner}{pad}</{self.name}>"


@dataclass
class Line:
    """A concepto. `taxes` are transfers, `withheld` withholdings: (tax, factor, rate)."""

    key: str
    unit: str
    description: str
    quantity: str
    price: str
    taxes: tuple = (IVA,)
    withheld: tuple = ()
    discount: str = ""
    number: str = ""


@dataclass
class Cfdi:
    """A finished document: its bytes and what the API tells about it."""

    uuid: str
    issuer: people.Taxpayer
    receiver: people.Taxpayer
    folio: str
    date: str
    currency: str
    subtotal: Decimal
    discount: Decimal
    transferred: dict
    withheld: dict
    total: Decimal
    use: str
    payment: str
    lines: list = field(repr=False)
    root: Node = field(repr=False)

    @property
    def data(self):
        return _document(self.root.text())

    @property
    def reindented(self):
        """The same document pretty-printed: other bytes, same cadena: the seal holds."""
        return _document(self.root.text(indent="  ").lstrip("\n")) + b"\n"


def _document(text):
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode("utf-8")


# --- cadena original: order of the fields, `?` marks those left out when absent -------------------

_COMPROBANTE = (
    "Version Serie? Folio? Fecha FormaPago? NoCertificado CondicionesDePago? SubTotal Descuento? "
    "Moneda TipoCambio? Total TipoDeComprobante Exportacion MetodoPago? LugarExpedicion "
    "Confirmacion?"
)
_EMISOR = "Rfc Nombre RegimenFiscal FacAtrAdquirente?"
_RECEPTOR = (
    "Rfc Nombre DomicilioFiscalReceptor ResidenciaFiscal? NumRegIdTrib? RegimenFiscalReceptor "
    "UsoCFDI"
)
_CONCEPTO = (
    "ClaveProdServ NoIdentificacion? Cantidad ClaveUnidad Unidad? Descripcion ValorUnitario "
    "Importe Descuento? ObjetoImp"
)
_TRASLADO = "Base Impuesto TipoFactor TasaOCuota? Importe?"
_RETENCION = "Base Impuesto TipoFactor TasaOCuota Importe"
_TIMBRE = "Version UUID FechaTimbrado RfcProvCertif Leyenda? SelloCFD NoCertificadoSAT"


def _fields(node, names):
    for name in names.split():
        value = node.attrs.get(name.rstrip("?"))
        if value is not None or not name.endswith("?"):
            yield " ".join((value or "").split())


def _chain(fields):
    return ("||" + "|".join(fields) + "||").encode("utf-8")


def cadena(root):
    """The bytes that the issuer seals."""
    fields = list(_fields(root, _COMPROBANTE))
    for related in root.find("CfdiRelacionados"):
        fields += _fields(related, "TipoRelacion")
        for one in related.children:
            fields += _fields(one, "UUID")
    fields += _fields(root.find("Emisor")[0], _EMISOR)
    fields += _fields(root.find("Receptor")[0], _RECEPTOR)
    for concept in root.find("Conceptos", "Concepto"):
        fields += _fields(concept, _CONCEPTO)
        for tax in concept.find("Impuestos", "Traslados", "Traslado"):
            fields += _fields(tax, _TRASLADO)
        for tax in concept.find("Impuestos", "Retenciones", "Retencion"):
            fields += _fields(tax, _RETENCION)
    for taxes in root.find("Impuestos"):
        for tax in taxes.find("Retenciones", "Retencion"):
            fields += _fields(tax, "Impuesto Importe")
        fields += _fields(taxes, "TotalImpuestosRetenidos?")
        for tax in taxes.find("Traslados", "Traslado"):
            fields += _fields(tax, _TRASLADO)
        fields += _fields(taxes, "TotalImpuestosTrasladados?")
    return _chain(fields)


# --- building -------------------------------------------------------------------------------------


def _line_node(line, sums):
    """One concepto; adds its tax amounts to `sums` so that the totals follow from the lines."""
    amount = cents(dec(line.quantity) * dec(line.price))
    discount = dec(line.discount) if line.discount else None
    base = amount - (discount or 0)
    transfers = []
    for tax, factor, rate in sorted(
        line.taxes, reverse=True
    ):  # IEPS (003) first: it enters the base of IVA
        value = None if factor == "Exento" else cents(base * dec(rate))
        transfers.append(
            Node(
                "cfdi:Traslado",
                {
                    "Base": money(base), "Impuesto": tax, "TipoFactor": factor, "TasaOCuota": rate,
                    "Importe": None if value is None else money(value),
                },
            )
        )
        group = sums["transfers"].setdefault((tax, factor, rate), [Decimal(0), Decimal(0)])
        group[0] += base
        group[1] += value or 0
        if tax == "003":
            base += value
    withheld = []
    base = amount - (discount or 0)
    for tax, factor, rate in line.withheld:
        value = cents(base * dec(rate))
        withheld.append(
            Node(
                "cfdi:Retencion",
                {
                    "Base": money(base), "Impuesto": tax, "TipoFactor": factor, "TasaOCuota": rate,
                    "Importe": money(value),
                },
            )
        )
        sums["withheld"][tax] = sums["withheld"].get(tax, Decimal(0)) + value
    taxes = [Node("cfdi:Traslados", (), transfers)] if transfers else []
    taxes += [Node("cfdi:Retenciones", (), withheld)] if withheld else []
    sums["subtotal"] += amount
    sums["discount"] += discount or 0
    return Node(
        "cfdi:Concepto",
        {
            "ClaveProdServ": line.key,
            "NoIdentificacion": line.number or None,
            "Cantidad": line.quantity,
            "ClaveUnidad": line.unit,
            "Descripcion": line.description,
            "ValorUnitario": line.price,
            "Importe": money(amount),
            "Descuento": None if discount is None else money(discount),
            "ObjetoImp": "02" if taxes else "01",
        },
        [Node("cfdi:Impuestos", (), taxes)] if taxes else [],
    )


def _tax_totals(sums):
    groups, withheld = sums["transfers"], sums["withheld"]
    if not groups and not withheld:
        return []
    children = []
    if withheld:
        rows = [
            Node("cfdi:Retencion", {"Impuesto": tax, "Importe": money(value)})
            for tax, value in sorted(withheld.items())
        ]
        children.append(Node("cfdi:Retenciones", (), rows))
    if groups:
        rows = []
        for (tax, factor, rate), (base, value) in groups.items():
            exempt = factor == "Exento"
            rows.append(
                Node(
                    "cfdi:Traslado",
                    {
                        "Base": money(base), "Impuesto": tax, "TipoFactor": factor,
                        "TasaOCuota": rate, "Importe": None if exempt else money(value),
                    },
                )
            )
        children.append(Node("cfdi:Traslados", (), rows))
    counted = [value for (_, factor, _), (_, value) in groups.items() if factor != "Exento"]
    attrs = {
        "TotalImpuestosRetenidos": money(sum(withheld.values())) if withheld else None,
        "TotalImpuestosTrasladados": money(sum(counted)) if counted else None,
    }
    return [Node("cfdi:Impuestos", attrs, children)]


def make(
    authority, tag, issuer, date, lines, *, receiver=people.MX_COMPANY, kind="I", use="G03",
    payment="04",
    currency="MXN", rate=None, related=None, wrong_total=None, serie="D",
):
    """Builds, seals and stamps a document. `related`: (type, uuid); `wrong_total`: an error."""
    who = people.MX_ISSUERS[issuer]
    sums = {"subtotal": Decimal(0), "discount": Decimal(0), "transfers": {}, "withheld": {}}
    concepts = [_line_node(line, sums) for line in lines]
    transferred, withheld = {}, sums["withheld"]
    for (tax, factor, _), (_, value) in sums["transfers"].items():
        if factor != "Exento":
            transferred[tax] = transferred.get(tax, Decimal(0)) + value
    total = sums["subtotal"] - sums["discount"] + sum(transferred.values()) - sum(withheld.values())
    total += dec(wrong_total or 0)

    uuid = seeded_uuid("cfdi|" + tag).upper()
    folio = str(1000 + int(uuid[:4], 16) % 9000)
    children = []
    if related:
        children.append(
            Node(
                "cfdi:CfdiRelacionados", {"TipoRelacion": related[0]},
                [Node("cfdi:CfdiRelacionado", {"UUID": related[1]})],
            )
        )
    children += [
        Node("cfdi:Emisor", {"Rfc": who.tax_id, "Nombre": who.name, "RegimenFiscal": who.regime}),
        Node(
            "cfdi:Receptor",
            {
                "Rfc": receiver.tax_id, "Nombre": receiver.name,
                "DomicilioFiscalReceptor": receiver.postcode,
                "RegimenFiscalReceptor": receiver.regime, "UsoCFDI": use,
            },
        ),
        Node("cfdi:Conceptos", (), concepts),
        *_tax_totals(sums),
    ]
    root = Node(
        "cfdi:Comprobante",
        {
            "xmlns:cfdi": _CFDI,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": f"{_CFDI} {_SITE}/4/cfdv40.xsd",
            "Version": "4.0",
            "Serie": serie,
            "Folio": folio,
            "Fecha": date,
            "Sello": "",
            "FormaPago": payment,
            "NoCertificado": who.serial,
            "Certificado": b64(authority.der(f"mx-{issuer}")),
            "SubTotal": money(sums["subtotal"]),
            "Descuento": money(sums["discount"]) if sums["discount"] else None,
            "Moneda": currency,
            "TipoCambio": rate,
            "Total": money(total),
            "TipoDeComprobante": kind,
            "Exportacion": "01",
            "MetodoPago": "PUE",
            "LugarExpedicion": who.postcode,
        },
        children,
    )
    root.attrs["Sello"] = b64(rsa_sign(authority.key(f"mx-{issuer}"), "sha256", cadena(root)))
    root.children.append(Node("cfdi:Complemento", (), [_stamp(authority, uuid, root)]))
    return Cfdi(
        uuid, who, receiver, f"{serie}-{folio}", date, currency, sums["subtotal"], sums["discount"],
        transferred, withheld, total, use, payment, list(lines), root,
    )


def _stamp(authority, uuid, root):
    """The TFD of the demo provider, stamped 90 seconds after issue, within the same hour."""
    head, minute, second = root.attrs["Fecha"].rsplit(":", 2)
    later = int(minute) * 60 + int(second) + 90
    stamp = Node(
        "tfd:TimbreFiscalDigital",
        {
            "xmlns:tfd": _TFD,
            "xsi:schemaLocation": f"{_TFD} {_SITE}/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd",
            "Version": "1.1",
            "UUID": uuid,
            "FechaTimbrado": f"{head}:{later // 60:02d}:{later % 60:02d}",
            "RfcProvCertif": people.MX_PAC.tax_id,
            "SelloCFD": root.attrs["Sello"],
            "NoCertificadoSAT": people.MX_PAC.serial,
            "SelloSAT": "",
        },
    )
    chain = _chain(_fields(stamp, _TIMBRE))
    stamp.attrs["SelloSAT"] = b64(rsa_sign(authority.key("mx-pac"), "sha256", chain))
    return stamp


# --- planted faults -------------------------------------------------------------------------------


def break_seal(document):
    """Exchanges the two halves of the seal: still base64 of 256 bytes, no longer a signature."""
    seal = document.root.attrs["Sello"]
    body, pad = seal.rstrip("="), "=" * (len(seal) - len(seal.rstrip("=")))
    half = len(body) // 2 - len(body) // 2 % 4
    document.root.attrs["Sello"] = body[half : 2 * half] + body[:half] + body[2 * half :] + pad


def alter_price(authority, tag, issuer, date, lines, altered_lines):
    """Seals `lines`, then shows `altered_lines`: sums are right, the seal is the first's."""
    document = make(authority, tag, issuer, date, lines)
    shown = make(authority, tag, issuer, date, altered_lines)
    shown.root.attrs["Sello"] = document.root.attrs["Sello"]
    shown.root.children[-1] = document.root.children[-1]
    return shown
