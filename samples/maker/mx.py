"""The Mexican company: 30 charges and 3 reimbursements with CFDI 4.0."""

from . import cfdi, clara, people
from .base import money, seeded
from .cfdi import IVA, IVA_EXEMPT, IVA_ZERO, Line, ieps
from .clara import File
from .pdf import pdf, png

_GOOD = (
    "wellformed=pass,schema=pass,signature=pass,stamp=pass,totals=pass,catalogs=pass,verdict=pass"
)
_FORGED = "wellformed=pass,schema=pass,signature=fail,{stamp},totals=pass,verdict=fail"

PENS = Line("44121706", "H87", "Lapices DEMO caja de 12", "6", "35.50", number="P-012")
PAPER = Line("14111507", "XPK", "Papel carta DEMO 500 hojas", "10", "98.00", number="P-500")
TONER = Line("44103103", "H87", "Toner negro DEMO", "2", "1249.90", number="T-85A")


def _slip(issuer, total, note="Recibo"):
    return pdf(["DEMO " + note, issuer, f"Total {total}", "Documento DEMO sin valor fiscal"])


def _printed(document):
    """The printed form that issuers send along with the XML."""
    lines = [
        "CFDI DEMO (representación impresa)", document.issuer.name, f"RFC {document.issuer.tax_id}"
    ]
    lines += [f"Receptor {document.receiver.tax_id}", f"Folio fiscal {document.uuid}"]
    lines += [f"Fecha {document.date}", f"Total {money(document.total)} {document.currency}"]
    return pdf(lines)


def build(authority):
    company = clara.Company(
        "demo-mx", "mx", "MXN", people.MX_COMPANY, "2024-12-03T14:05:11", page_size=10
    )

    def make(tag, issuer, date, lines, **more):
        return cfdi.make(authority, tag, issuer, f"2024-11-{date}", lines, **more)

    def simple(tag, day, label, document, *, name=None, good=True, extracted=False, **more):
        """A charge with the XML and its printed form; returns the path of the document."""
        path = company.document(name or f"{tag}.xml", document.data, good)
        files = [File(f"{document.folio}.xml", document.data)]
        files.append(File(f"{document.folio}.pdf", _printed(document), "pdf"))
        read = [clara.extracted_of_cfdi(document)] if extracted else []
        more.setdefault("amount", document.total)
        company.charge(
            tag, day, label, more.pop("amount"), files=files, invoices=[document], extracted=read,
            **more,
        )
        return path

    _ordinary(company, make, simple)
    _forged(company, authority, make, simple)
    _receivers(company, make, simple)
    _reuse(company, make)
    _attachments(company, make)
    _money(company, make, simple)
    company.record()
    return company


def _ordinary(company, make, simple):
    """Charges without any fault, each with a different kind of tax."""
    simple(
        "papeleria-1", 1, "DEMO PAPELERIA CENTRO CDMX",
        make("papeleria-1", "papeleria", "01T11:20:05", [PENS, PAPER, TONER]),
    )
    document = make(
        "software-1", "software", "02T08:00:10",
        [Line("81112501", "E48", "Licencia anual DEMO", "1", "2890.00")],
    )
    company.document("software-1.xml", document.data)
    # Here the XML comes through /invoices only; nothing is attached.
    company.charge(
        "software-1", 2, "DEMO SOFTWARE NUBE", document.total, category="Software",
        invoices=[document],
        files=[File("factura.xml", document.data, via="invoices")],
    )
    simple(
        "abarrotes-1", 5, "DEMO ABARROTES EL ROBLE",
        make(
            "abarrotes-1", "abarrotes", "05T17:42:31",
            [
                Line(
                    "50192100", "H87", "Botana DEMO bolsa", "12", "18.50", (IVA, ieps("0.080000"))
                ),
                Line("50202306", "H87", "Agua mineral DEMO", "24", "12.75"),
            ],
        ),
        category="Groceries",
    )
    simple(
        "telefonia-1", 6, "DEMO TELEFONIA MOVIL",
        make(
            "telefonia-1", "telefonia", "06T06:15:00",
            [
                Line(
                    "83111603", "E48", "Plan movil DEMO noviembre", "5", "349.00",
                    (IVA, ieps("0.030000")),
                )
            ],
        ),
        category="Telecom",
    )
    simple(
        "libreria-1", 7, "DEMO LIBRERIA ÑANDU GDL",
        make(
            "libreria-1", "libreria", "07T13:05:44",
            [Line("55101509", "H87", "Libro DEMO de contabilidad", "3", "420.00", (IVA_ZERO,))],
        ),
        extracted=True,
    )
    simple(
        "abogada-1", 8, "DEMO ABOGADA EJEMPLO",
        make(
            "abogada-1", "abogada", "08T10:10:10",
            [
                Line(
                    "80121704", "E48", "Honorarios DEMO por asesoria", "1", "8500.00", (IVA,),
                    (("001", "Tasa", "0.100000"), ("002", "Tasa", "0.106667")),
                )
            ],
        ),
        category="Professional Services",
    )
    simple(
        "farmacia-1", 11, "DEMO FARMACIA SALUD & VIDA",
        make(
            "farmacia-1", "farmacia", "11T19:31:02",
            [
                Line("51142001", "H87", "Analgesico DEMO", "4", "62.30", (IVA_ZERO,)),
                Line("53131608", "H87", "Jabon DEMO", "6", "21.90"),
            ],
        ),
        category="Health",
    )
    simple(
        "instituto-1", 12, "DEMO INSTITUTO CAPACITACION",
        make(
            "instituto-1", "instituto", "12T09:00:00",
            [Line("86101705", "E48", "Curso DEMO de capacitacion", "2", "3200.00", (IVA_EXEMPT,))],
        ),
        category="Education",
    )
    simple(
        "taller-1", 13, "DEMO TALLER EJEMPLO LOPEZ",
        make(
            "taller-1", "taller", "13T16:25:40",
            [
                Line(
                    "78181507", "E48", "Servicio mayor DEMO", "1", "4350.00", (IVA,),
                    (("001", "Tasa", "0.012500"),), "350.00",
                ),
                Line(
                    "78181500", "E48", "Revision DEMO de frenos", "1", "600.00", (IVA,),
                    (("001", "Tasa", "0.012500"),),
                ),
            ],
        ),
        category="Auto Repair",
    )
    simple(
        "restaurante-1", 15, "DEMO REST LA MILPA",
        make(
            "restaurante-1", "restaurante", "15T15:10:20",
            [Line("90101501", "E48", "Consumo DEMO", "1", "862.07")],
        ),
        category="Restaurants", extracted=True,
    )
    bought = make("papeleria-2", "papeleria", "18T12:00:01", [PAPER])
    simple("papeleria-2", 18, "DEMO PAPELERIA CENTRO CDMX", bought)
    returned = Line("84111506", "ACT", "Devolucion DEMO de papel", "1", "196.00")
    credit = make(
        "devolucion-1", "papeleria", "20T12:30:00",
        [returned],
        kind="E", use="G02", related=("01", bought.uuid),
    )
    simple(
        "devolucion-1", 20, "DEMO PAPELERIA CENTRO CDMX", credit, amount=-credit.total,
        type="REFUND",
    )
    company.charge(
        "cuota-1", 28, "DEMO CUOTA ANUAL TARJETA", "350.00", type="FEE", card=False, category="Fees"
    )
    company.charge(
        "pago-1", 29, "DEMO PAGO DE ESTADO DE CUENTA", "-25000.00", type="PAYMENT", card=False,
        category="Payments",
    )
    company.charge(
        "rechazo-1", 16, "DEMO HOTEL LAGUNA MERIDA", "1890.00", status="REJECTED", category="Hotels"
    )
    ride = make(
        "autobuses-2", "autobuses", "19T06:40:00",
        [Line("78111802", "E48", "Traslado DEMO a Puebla", "2", "215.00")],
    )
    company.document("autobuses-2.xml", ride.data)
    company.reimbursement(
        "viaje-1", 19, "DEMO traslado a Puebla", ride.total,
        files=[
            File(f"{ride.folio}.xml", ride.data), File("boleto.png", png(seeded("boleto")), "png")
        ],
    )
    company.reimbursement(
        "caja-chica-1", 22, "DEMO estacionamiento", "85.00", status="PENDING",
        files=[File("ticket.png", png(seeded("ticket")), "png")],
    )


def _forged(company, authority, make, simple):
    document = make("sello-roto", "papeleria", "04T10:00:00", [PENS, TONER])
    cfdi.break_seal(document)
    path = simple("sello-roto", 4, "DEMO PAPELERIA CENTRO CDMX", document, good=False)
    company.plant("broken-seal", "sello-roto", path, _FORGED.format(stamp="stamp=fail"))

    honest = [
        Line(
            "78181507", "E48", "Servicio menor DEMO", "1", "1500.00", (IVA,),
            (("001", "Tasa", "0.012500"),),
        )
    ]
    shown = [
        Line(
            "78181507", "E48", "Servicio menor DEMO", "1", "2500.00", (IVA,),
            (("001", "Tasa", "0.012500"),),
        )
    ]
    document = cfdi.alter_price(
        authority, "alterado", "taller", "2024-11-14T11:11:11", honest, shown
    )
    path = simple(
        "alterado", 14, "DEMO TALLER EJEMPLO LOPEZ", document, good=False, category="Auto Repair"
    )
    company.plant("altered-after-signing", "alterado", path, _FORGED.format(stamp="stamp=pass"))

    document = make("total-erroneo", "papeleria", "21T10:30:00", [PAPER, PENS], wrong_total="10.00")
    path = simple("total-erroneo", 21, "DEMO PAPELERIA CENTRO CDMX", document, good=False)
    company.plant(
        "wrong-total", "total-erroneo", path,
        "wellformed=pass,schema=pass,signature=pass,stamp=pass,totals=fail,verdict=fail",
    )


def _receivers(company, make, simple):
    document = make(
        "receptor-ajeno", "papeleria", "21T18:00:00", [TONER], receiver=people.MX_STRANGER
    )
    path = simple("receptor-ajeno", 21, "DEMO PAPELERIA CENTRO CDMX", document)
    company.plant("wrong-receiver", "receptor-ajeno", path, _GOOD + ",match.receiver=other")

    night = Line("90111501", "DAY", "Hospedaje DEMO", "2", "1150.00")
    document = make("empresa-hermana", "hotel", "22T11:45:00", [night], receiver=people.MX_SISTER)
    path = simple(
        "empresa-hermana", 22, "DEMO HOTEL LAGUNA MERIDA", document, category="Hotels",
        extracted=True,
    )
    company.plant("sister-company", "empresa-hermana", path, _GOOD + ",match.receiver=sister")


def _reuse(company, make):
    """One invoice claimed three times: as issued, pretty-printed (the seal holds), once more."""
    dinner = make(
        "repetida", "restaurante", "09T21:30:00",
        [Line("90101501", "E48", "Cena DEMO de trabajo", "1", "1250.00")],
    )
    first = company.document("uuid-repetido.xml", dinner.data)
    second = company.document("uuid-repetido-copia.xml", dinner.reindented)
    company.charge(
        "repetida-1", 9, "DEMO REST LA MILPA", dinner.total, files=[File("cena.xml", dinner.data)],
        invoices=[dinner], category="Restaurants",
    )
    company.charge(
        "repetida-2", 25, "DEMO REST LA MILPA", dinner.total,
        files=[File("cena (2).xml", dinner.reindented)],
        invoices=[dinner], category="Restaurants",
    )
    company.reimbursement(
        "repetida-3", 10, "DEMO cena de trabajo", dinner.total,
        files=[File("cena.xml", dinner.data)],
    )
    company.plant("uuid-reused", "repetida-1", first, _GOOD + ",match.reused=2")
    company.plant("uuid-reused", "repetida-2", second, _GOOD + ",match.reused=2")
    company.plant(
        "uuid-reused", "repetida-3", first, _GOOD + ",match.reused=2", kind="reimbursement"
    )


_LOGIN_PAGE = """<!DOCTYPE html>
<html lang="es">
<head><title>DEMO - Iniciar sesión</title><meta charset="utf-8">
<body>
<p>Su sesión ha terminado.<br>Inicie sesión para descargar su factura&nbsp;DEMO.
<form action="/login"><input name="usuario"><input name="clave" type="password"></form>
</html>
"""


def _attachments(company, make):
    page = _LOGIN_PAGE.encode("utf-8")
    path = company.document("factura.xml", page, good=False)
    company.charge(
        "no-es-xml", 23, "DEMO GASOLINERA LOS PINOS", "640.00", files=[File("factura.xml", page)],
        category="Fuel",
    )
    company.plant("not-an-xml", "no-es-xml", path, "kind=not-xml,wellformed=fail,verdict=fail")

    ticket = make(
        "autobuses-1", "autobuses", "12T05:50:00",
        [Line("78111802", "E48", "Pasaje DEMO redondo", "1", "540.00")],
    )
    company.document("autobuses-1.xml", ticket.data)
    odd = '../../var/www/..\\"Recibo\' Ñandú № 7\u202efdp.exe\u00a0;rm -rf $(HOME) .pdf'
    company.charge(
        "nombre-raro", 12, "DEMO AUTOBUSES DEL SUR", ticket.total, category="Transport",
        invoices=[ticket],
        files=[File("pasaje.xml", ticket.data), File(odd, _printed(ticket), "pdf")],
    )
    company.plant("odd-file-name", "nombre-raro", "", "match.state=matched")

    same = _slip("DEMO PAPELERIA DEL CENTRO", "116.00", "Nota de mostrador")
    for tag, day, price in (("mismo-pdf-1", 26, "100.00"), ("mismo-pdf-2", 27, "150.00")):
        document = make(
            tag, "papeleria", f"{day}T10:05:00",
            [Line("44121618", "H87", "Tijeras DEMO", "1", price)],
        )
        company.document(f"{tag}.xml", document.data)
        company.charge(
            tag, day, "DEMO PAPELERIA CENTRO CDMX", document.total, invoices=[document],
            files=[File(f"{document.folio}.xml", document.data), File("nota.pdf", same, "pdf")],
        )
        company.plant("same-file-twice", tag, "", "match.reused=1")

    company.charge("sin-factura", 24, "DEMO TIENDA DE LA ESQUINA", "389.50", category="Convenience")
    company.plant("missing-invoice", "sin-factura", "", "match.state=missing")


def _money(company, make, simple):
    lunch = make(
        "propina", "restaurante", "19T14:50:00",
        [Line("90101501", "E48", "Consumo DEMO", "1", "500.00")],
    )
    path = company.document("propina.xml", lunch.data)
    company.charge(
        "propina", 19, "DEMO REST LA MILPA", "638.00", category="Restaurants", invoices=[lunch],
        files=[
            File("consumo.xml", lunch.data),
            File(
                "voucher.pdf",
                _slip("DEMO RESTAURANTE LA MILPA", "638.00 con propina", "Voucher"),
                "pdf",
            ),
        ],
        extracted=[clara.extracted_of_cfdi(lunch, tip="58.00")],
    )
    company.plant(
        "tip-difference", "propina", path, _GOOD + ",match.state=matched,match.explained=tip"
    )

    hosting = Line("81112101", "E48", "Servidor DEMO noviembre", "1", "100.00")
    document = make("dolares", "software", "25T08:30:00", [hosting], currency="USD", rate="20.2500")
    path = simple(
        "dolares", 25, "DEMO SOFTWARE NUBE USD", document, amount="2369.13",
        original=("USD", document.total), category="Software",
    )
    company.plant("usd-charge", "dolares", path, _GOOD + ",match.state=matched,match.explained=fx")

    # A foreign service: no CFDI exists, the receipt says so.
    company.charge(
        "extranjero", 27, "DEMO FOREIGN SAAS INC", "987.65", original=("USD", "48.00"),
        category="Software",
        files=[
            File(
                "invoice-2024-11.pdf",
                pdf(["DEMO FOREIGN SAAS INC", "Invoice DEMO-2024-1127", "Total USD 48.00"]),
                "pdf",
            )
        ],
        extracted=[
            {
                "type": "INVOICE", "number": "DEMO-2024-1127", "date": "2024-11-27",
                "country": "US", "issuer": "DEMO FOREIGN SAAS INC", "currency": "USD",
                "description": "DEMO subscription",
                "amount": {"subTotal": "48.00", "taxesAmount": 0, "tipAmount": 0, "total": "48.00"},
            }
        ],
    )
