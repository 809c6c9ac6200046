"""The Brazilian company: 24 charges and 2 reimbursements with NF-e, NFC-e, CT-e, NFS-e and events.

What only 2026 brought (letters in a CNPJ, IBS and CBS, the ban of NFC-e to companies) lies beside the
month: documents to validate, on no charge.
"""

from . import clara, cte, nfe, nfse, people
from .base import money, seeded
from .clara import File
from .nfe import Item
from .pdf import pdf, png

_GOOD = "wellformed=pass,schema=pass,signature=pass,stamp=pass,totals=pass,verdict=pass"

KEYBOARD = Item("TEC-01", "Teclado DEMO sem fio", "84716052", "2.0000", "149.9000")
CABLE = Item("CAB-02", "Cabo DEMO USB", "85444200", "5.0000", "19.9900")
SCREEN = Item(
    "MON-24", "Monitor DEMO 24 polegadas", "85285200", "1.0000", "899.0000", discount="49.00"
)
PAPER = Item("PAP-A4", "Papel DEMO A4 500 folhas", "48025610", "10.0000", "27.5000", unit="PCT")
PEN = Item("CAN-01", "Caneta DEMO azul & preta", "96081000", "24.0000", "1.9500")
CHAIR = Item("CAD-07", "Cadeira DEMO giratoria", "94013090", "2.0000", "649.0000", freight="80.00")
COFFEE = Item("CAF-01", "Cafe DEMO coado", "21011190", "4.0000", "6.5000")
BREAD = Item("PAO-02", "Pao DEMO de queijo", "19059090", "8.0000", "4.2500")


def _printed(note, title="DANFE"):
    title += " DEMO (sem valor fiscal)"
    lines = [title, note.issuer.name, f"CNPJ {note.issuer.tax_id}", "Chave de acesso", note.key]
    return pdf(lines + [f"Emissão {note.date}", f"Valor total R$ {money(note.total)}"])


def build(authority):
    company = clara.Company(
        "demo-br", "br", "BRL", people.BR_COMPANY, "2024-12-03T14:20:02", page_size=100
    )
    company.unlisted_fee = "12.00"

    def make(tag, issuer, date, items, **more):
        authorization = company.authorization(tag)
        return nfe.make(authority, tag, issuer, f"2024-11-{date}", items, authorization, **more)

    def simple(tag, day, label, note, *, data=None, good=True, extracted=False, **more):
        """A charge with the XML and its printed form; returns the path of the document."""
        data = data or note.data
        path = company.document(f"{tag}.xml", data, good)
        files = [
            File(f"{note.key}.xml", data), File(f"DANFE {note.number}.pdf", _printed(note), "pdf")
        ]
        read = [clara.extracted_of_note(note)] if extracted else []
        company.charge(tag, day, label, note.total, files=files, extracted=read, **more)
        return path

    _ordinary(company, make, simple)
    _planted(company, authority, make, simple)
    _services(company, authority)
    _of_2026(company, authority)
    _without_note(company)
    company.record()
    return company


def _ordinary(company, make, simple):
    simple(
        "eletronicos-1", 1, "DEMO ELETRONICOS PAULISTA",
        make("eletronicos-1", "eletronicos", "01T10:15:00", [KEYBOARD, CABLE]),
        extracted=True,
    )
    simple(
        "papelaria-1", 4, "DEMO PAPELARIA SIMPLES",
        make("papelaria-1", "papelaria", "04T14:02:11", [PAPER]),
    )
    simple(
        "cabos-1", 5, "DEMO ELETRONICOS PAULISTA",
        make("cabos-1", "eletronicos", "05T10:00:00", [CABLE, PEN]),
    )
    simple(
        "moveis-1", 7, "DEMO MOVEIS CARIOCA RJ", make("moveis-1", "moveis", "07T09:40:00", [CHAIR]),
        category="Furniture",
    )
    simple(
        "eletronicos-2", 12, "DEMO ELETRONICOS PAULISTA",
        make("eletronicos-2", "eletronicos", "12T16:20:30", [SCREEN, KEYBOARD, CABLE]),
    )
    simple(
        "papelaria-2", 19, "DEMO PAPELARIA SIMPLES",
        make("papelaria-2", "papelaria", "19T11:00:00", [PAPER, PEN], means="04"),
        extracted=True,
    )
    note = make("reembolso-1", "papelaria", "13T18:21:00", [PEN], cash=True)
    company.document("reembolso-1.xml", note.data)
    company.reimbursement(
        "reembolso-1", 13, "DEMO canetas para a reuniao", note.total,
        files=[File(f"{note.key}.xml", note.data), File("cupom.png", png(seeded("cupom")), "png")],
    )
    company.reimbursement(
        "reembolso-2", 20, "DEMO taxi aeroporto", "74.30", status="APPROVED",
        files=[File("recibo taxi.pdf", pdf(["DEMO TAXI", "Recibo de corrida", "R$ 74,30"]), "pdf")],
    )


def _planted(company, authority, make, simple):
    note = make("reindentada", "eletronicos", "06T15:45:10", [KEYBOARD])
    path = simple(
        "reindentada", 6, "DEMO ELETRONICOS PAULISTA", note, data=nfe.reindent(note.data),
        good=False,
    )
    company.plant(
        "reindented-note", "reindentada", path,
        "wellformed=pass,schema=pass,signature=fail,totals=pass,verdict=fail",
    )

    note = make("sem-protocolo", "papelaria", "08T12:12:12", [PAPER, PEN])
    note.protocol = ""
    path = simple("sem-protocolo", 8, "DEMO PAPELARIA SIMPLES", note, good=False)
    company.plant(
        "protocol-missing", "sem-protocolo", path,
        "wellformed=pass,schema=pass,signature=pass,totals=pass,stamp=unknown,verdict=unknown",
    )

    note = make("nfce-empresa", "padaria", "11T08:05:33", [COFFEE, BREAD], model="65")
    path = simple("nfce-empresa", 11, "DEMO PADARIA DA ESQUINA", note, category="Restaurants")
    company.plant(
        "nfce-to-company", "nfce-empresa", path,
        "kind=nfce,schema=pass,signature=pass,identity=warn,verdict=warn,match.receiver=ours",
    )

    note = make(
        "nfce-sem-destinatario", "padaria", "14T08:10:09", [COFFEE], model="65", receiver=None
    )
    path = simple(
        "nfce-sem-destinatario", 14, "DEMO PADARIA DA ESQUINA", note, category="Restaurants"
    )
    company.plant(
        "no-receiver", "nfce-sem-destinatario", path,
        "kind=nfce,schema=pass,signature=pass,match.receiver=unknown",
    )

    note = make("cancelada", "eletronicos", "18T10:30:00", [SCREEN])
    event = nfe.cancel(authority, note, "2024-11-18T17:05:00")
    company.document("cancelada.xml", note.data)
    path = company.document("cancelada-evento.xml", event)
    company.charge(
        "cancelada", 18, "DEMO ELETRONICOS PAULISTA", note.total,
        files=[File(f"{note.key}.xml", note.data), File(f"110111-{note.key}.xml", event)],
    )
    company.plant("cancelled-note", "cancelada", path, "kind=nfe-event,wellformed=pass")

    note = make("corrigida", "moveis", "20T10:30:00", [CHAIR])
    letter = nfe.correct(authority, note, "2024-11-21T09:15:00", "DEMO: a cor da cadeira e preta")
    company.document("corrigida.xml", note.data)
    path = company.document("corrigida-evento.xml", letter)
    company.charge(
        "corrigida", 20, "DEMO MOVEIS CARIOCA RJ", note.total, category="Furniture",
        files=[File(f"{note.key}.xml", note.data), File(f"110110-{note.key}.xml", letter)],
    )
    company.plant(
        "corrected-note", "corrigida", path,
        "kind=nfe-event,wellformed=pass,signature=pass,certificate=pass,stamp=pass,identity=pass",
    )

    note = make("homologacao", "papelaria", "23T10:00:00", [PEN], environment="2")
    path = simple("homologacao", 23, "DEMO PAPELARIA SIMPLES", note, good=False)
    company.plant(
        "test-environment", "homologacao", path,
        "kind=nfe,wellformed=pass,schema=pass,signature=pass,stamp=fail,totals=pass,verdict=fail",
    )

    other = make("outra-nota", "papelaria", "24T10:00:00", [PAPER])
    note = make("protocolo-alheio", "papelaria", "24T11:00:00", [PAPER])
    note.protocol = other.protocol
    path = simple("protocolo-alheio", 24, "DEMO PAPELARIA SIMPLES", note, good=False)
    company.plant(
        "protocol-of-another", "protocolo-alheio", path,
        "kind=nfe,wellformed=pass,schema=pass,signature=pass,stamp=fail,totals=pass,verdict=fail",
    )

    altered = Item("TEC-01", KEYBOARD.name, KEYBOARD.ncm, KEYBOARD.quantity, "249.9000")
    note = nfe.alter_price(
        authority, "alterada", "eletronicos", "2024-11-21T13:30:00", [KEYBOARD], [altered],
        company.authorization("alterada"),
    )
    path = simple("alterada", 21, "DEMO ELETRONICOS PAULISTA", note, good=False)
    company.plant(
        "altered-after-signing", "alterada", path,
        "wellformed=pass,schema=pass,signature=fail,totals=pass,verdict=fail",
    )

    note = make(
        "destinatario-alheio", "papelaria", "25T09:20:00", [PAPER], receiver=people.BR_STRANGER
    )
    path = simple("destinatario-alheio", 25, "DEMO PAPELARIA SIMPLES", note)
    company.plant("wrong-receiver", "destinatario-alheio", path, _GOOD + ",match.receiver=other")


def _services(company, authority):
    """Carriage has a CT-e, lodging an NFS-e."""
    first = company.documents["documents/br/good/eletronicos-1.xml"].decode("utf-8")
    carried = first.split('Id="NFe', 1)[1][:44]
    note = cte.make(authority, "frete-1", "2024-11-02T08:30:00", "86.40", [carried])
    path = company.document("frete-1.xml", note.data)
    company.charge(
        "frete-1", 2, "DEMO TRANSPORTES PAULISTA", note.total, category="Courier", files=[
            File(f"{note.key}-cte.xml", note.data),
            File(f"DACTE {note.number}.pdf", _printed(note, "DACTE"), "pdf"),
        ],
    )
    company.plant("carriage", "frete-1", path, "kind=cte,verdict=pass,match.receiver=ours")

    note = nfse.make(authority, "hotel-1", "2024-11-22T11:40:00", "612.00", "2 diarias DEMO")
    path = company.document("hotel-1.xml", note.data)
    company.charge(
        "hotel-1", 22, "DEMO HOTEL PAULISTA", note.total, category="Hotels", files=[
            File(f"{note.key}.xml", note.data),
            File("nota de serviço.pdf", _printed(note, "DANFSe"), "pdf"),
        ],
    )
    company.plant("service", "hotel-1", path, "kind=nfse,verdict=pass,match.receiver=ours")


def _of_2026(company, authority):
    def beside(fault, tag, issuer, date, items, expected, **more):
        note = nfe.make(authority, tag, issuer, date, items, company.authorization(tag), **more)
        path = company.document(f"{tag}.xml", note.data, "verdict=pass" in expected)
        company.planted.append((fault, company.entity, "document", "-", path, expected))

    fine = "certificate=pass,identity=pass," + _GOOD
    beside(
        "alphanumeric-cnpj", "alfanumerico", "alfa", "2026-08-05T10:00:00", [CABLE, PEN],
        "kind=nfe," + fine,
    )
    beside(
        "ibs-cbs", "ibs-cbs", "mercado", "2026-08-06T10:00:00", [SCREEN, KEYBOARD],
        "kind=nfe," + fine,
    )
    beside(
        "nfce-after-ban", "nfce-proibida", "mercado", "2026-08-07T08:15:00", [COFFEE, BREAD],
        "kind=nfce,wellformed=pass,schema=pass,signature=pass,stamp=pass,identity=fail,totals=pass,"
        "verdict=fail", model="65",
    )


def _without_note(company):
    """Some have no note: a receipt, or nothing."""

    def paper(title, *lines):
        return pdf(["DEMO " + title, *lines, "Documento DEMO sem valor fiscal"])

    company.charge(
        "corrida-1", 13, "DEMO CORRIDAS APP", "38.74", category="Transport",
        files=[File("recibo.pdf", paper("CORRIDAS APP", "Total R$ 38,74"), "pdf")],
    )
    company.charge(
        "exterior-1", 26, "DEMO FOREIGN CLOUD INC", "301.88", original=("USD", "52.00"),
        category="Software",
        files=[File("invoice.pdf", paper("FOREIGN CLOUD INC", "Total USD 52.00"), "pdf")],
    )
    company.charge("sem-nota", 15, "DEMO LOJA DO CENTRO", "159.90", category="Retail")
    company.plant("missing-invoice", "sem-nota", "", "match.state=missing")
    company.charge(
        "estorno-1", 27, "DEMO CORRIDAS APP", "12.00", type="REFUND", category="Transport"
    )
    company.charge(
        "iof-1", 26, "DEMO IOF COMPRA EXTERIOR", "13.22", type="FEE", card=False, category="Fees"
    )
    company.charge(
        "pagamento-1", 29, "DEMO PAGAMENTO DE FATURA", "-8000.00", type="PAYMENT", card=False,
        category="Payments",
    )
