"""The Colombian company: 14 charges and a reimbursement; PDFs and DIAN invoices."""

import hashlib

from . import clara, dian, people
from .base import cents, dec, seeded
from .clara import File
from .dian import Line
from .pdf import pdf, png

# day, tag, merchant, amount, category
_RECEIPTS = (
    (1, "papeleria-1", "DEMO PAPELERIA ANDINA BOG", "185300.00", "Office Supplies"),
    (5, "taxi-1", "DEMO TAXIS DEL VALLE", "32500.00", "Transport"),
    (6, "cafe-1", "DEMO CAFE DE LA MONTAÑA", "27800.00", "Restaurants"),
    (8, "hotel-1", "DEMO HOTEL CARTAGENA", "642000.00", "Hotels"),
    (13, "restaurante-1", "DEMO ASADERO LLANERO", "118900.00", "Restaurants"),
    (14, "ferreteria-1", "DEMO FERRETERIA CENTRAL", "94650.50", "Hardware"),
    (19, "mensajeria-1", "DEMO MENSAJERIA RAPIDA", "18200.00", "Courier"),
    (21, "parqueadero-1", "DEMO PARQUEADERO NORTE", "12000.00", "Parking"),
)

# what the invoices in containers are for: a taxed part, and the rest untaxed
_CONTAINERS = {
    "papeleria-1": ("DEMO990000101", "papeleria", "Carpetas DEMO", "150000.00"),
    "ferreteria-1": ("DEMO990000114", "ferreteria", "Herramienta DEMO", "70000.00"),
    "mensajeria-1": ("DEMO990000119", "mensajeria", "Envío DEMO", "15000.00"),
}
_FINE = "kind=dian,wellformed=pass,totals=pass,stamp=unknown,identity=unknown,verdict=unknown"


def _container(company, authority, tag, day, amount):
    number, issuer, description, taxed = _CONTAINERS[tag]
    rest = dec(amount) - dec(taxed) - cents(dec(taxed) * dec("0.19"))
    lines = [Line(description, taxed), Line(description + " (excluido)", rest, "0.00")]
    wrong_digit = "7" if tag == "mensajeria-1" else None
    bill = dian.make(
        authority, number, issuer, f"2024-11-{day:02d}", "09:30:00-05:00", lines, digit=wrong_digit
    )
    other = hashlib.sha384(b"DEMO otra factura").hexdigest() if tag == "ferreteria-1" else None
    data = dian.contain(authority, bill, other)
    path = company.document(f"contenedor-{issuer}.xml", data, good=tag == "papeleria-1")
    if tag == "papeleria-1":
        company.plant("dian-container", tag, path, _FINE + ",match.receiver=ours")
    elif other:
        company.plant("cufe-disagrees", tag, path, "kind=dian,identity=fail,totals=pass,verdict=fail")
    else:
        company.plant("nit-digit", tag, path, "kind=dian,identity=fail,totals=pass,verdict=fail")
    return File(f"ad{bill.issuer.tax_id[:-1].zfill(10)}{number[-9:]}.xml", data)


def build(authority):
    company = clara.Company(
        "demo-co", "co", "COP", people.CO_COMPANY, "2024-12-03T14:35:40", page_size=100
    )
    for day, tag, merchant, amount, category in _RECEIPTS:
        slip = pdf(
            [merchant, "Recibo", f"NIT cliente {people.CO_COMPANY.tax_id}", f"Total COP {amount}"]
        )
        read = []
        if tag in ("hotel-1", "restaurante-1"):
            base = dec(amount)
            read = [
                {
                    "type": "RECEIPT", "date": f"2024-11-{day:02d}", "issuer": merchant,
                    "amount": {"subTotal": base, "taxesAmount": 0, "tipAmount": 0, "total": base},
                }
            ]
        files = [File(f"recibo {tag}.pdf", slip, "pdf")]
        if tag in _CONTAINERS:
            files.insert(0, _container(company, authority, tag, day, amount))
        company.charge(tag, day, merchant, amount, category=category, extracted=read, files=files)

    bill = dian.make(
        authority, "DEMO990000123", "papeleria", "2024-11-12", "10:20:30-05:00",
        [Line("Resmas de papel DEMO", "250000.00")],
    )
    path = company.document("factura-electronica.xml", bill.data)
    company.charge(
        "factura-1", 12, "DEMO PAPELERIA ANDINA BOG", bill.total,
        files=[
            File("fv09990000010002400000123.xml", bill.data),
            File(
                "fv09990000010002400000123.pdf",
                pdf([bill.issuer.name, "Factura electrónica DEMO", f"Total COP {bill.total}"]),
                "pdf",
            ),
        ],
    )
    company.plant(
        "dian-invoice", "factura-1", path,
        "kind=dian,wellformed=pass,totals=pass,stamp=unknown,verdict=unknown,match.receiver=ours",
    )

    company.charge(
        "exterior-1", 20, "DEMO FOREIGN SAAS INC", "215460.75", original=("USD", "49.00"),
        category="Software",
        files=[File("invoice.pdf", pdf(["DEMO FOREIGN SAAS INC", "Total USD 49.00"]), "pdf")],
    )
    company.charge("sin-soporte", 22, "DEMO TIENDA DE BARRIO", "45800.00", category="Convenience")
    company.plant("missing-invoice", "sin-soporte", "", "match.state=missing")
    company.charge(
        "reverso-1", 25, "DEMO TAXIS DEL VALLE", "-32500.00", type="REFUND", category="Transport"
    )
    company.charge(
        "cuota-1", 28, "DEMO CUOTA DE MANEJO", "24900.00", type="FEE", card=False, category="Fees"
    )
    company.charge(
        "pago-1", 29, "DEMO PAGO DE TARJETA", "-1500000.00", type="PAYMENT", card=False,
        category="Payments",
    )
    company.reimbursement(
        "peajes-1", 15, "DEMO peajes Bogota-Villavicencio", "56400.00",
        files=[File("peajes.png", png(seeded("peajes")), "png")],
    )
    company.record()
    return company
