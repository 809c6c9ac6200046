"""The Colombian company: 14 charges and a reimbursement; PDFs and one DIAN invoice."""

from . import clara, dian, people
from .base import dec, seeded
from .clara import File
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


def build(authority):
    del authority  # nothing here is signed
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
        company.charge(
            tag, day, merchant, amount, category=category, extracted=read, files=[
                File(f"recibo {tag}.pdf", slip, "pdf")
            ]
        )

    data, total = dian.make(
        "DEMO990000123", "2024-11-12", "10:20:30-05:00", "Resmas de papel DEMO", "250000.00"
    )
    path = company.document("factura-electronica.xml", data)
    company.charge(
        "factura-1", 12, "DEMO PAPELERIA ANDINA BOG", total,
        files=[
            File("fv09990000010002400000123.xml", data),
            File(
                "fv09990000010002400000123.pdf",
                pdf([people.CO_ISSUER.name, "Factura electrónica DEMO", f"Total COP {total}"]),
                "pdf",
            ),
        ],
    )
    company.plant("dian-invoice", "factura-1", path, "kind=dian,wellformed=pass,verdict=unknown")

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
