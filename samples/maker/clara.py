"""Records the answers of Clara's API for one demo company, in the shapes that it is known to have.

The vendor's pages contradict each other on several shapes (status, amounts, flags, cards,
statements). Each row of the ledger takes one of five variants in turn: a reader must cope with all.
"""

import datetime
import hashlib
from dataclasses import dataclass, field
from email.utils import format_datetime

from .base import Num, dec, money, seeded, seeded_digits, seeded_uuid, to_json

_MONTH = "2024-11"
_PAGE_ASKED = "100"
_MIME = {
    "xml": "application/xml", "pdf": "application/pdf", "png": "image/png", "html": "text/html"
}
_USERS = ("DEMO Ana Ejemplo", "DEMO Bruno Muestra", "DEMO Carla Prueba")


@dataclass
class File:
    """An attachment. `via` names the answer that offers its download: documents or invoices."""

    name: str
    data: bytes
    format: str = "xml"
    via: str = "documents"


@dataclass
class Charge:
    tag: str
    day: int
    label: str
    amount: object
    files: list = field(default_factory=list)
    invoices: list = field(default_factory=list)
    extracted: list = field(default_factory=list)
    type: str = "PURCHASE"
    status: str = "AUTHORIZED"
    original: tuple = None
    category: str = "Office Supplies"
    card: bool = True
    comment: str = ""


@dataclass
class Reimbursement:
    tag: str
    day: int
    label: str
    amount: object
    files: list = field(default_factory=list)
    status: str = "PAID"


class Company:
    """Collects the charges and documents of one entity and writes them as recorded answers."""

    def __init__(self, entity, country, currency, taxpayer, start, page_size):
        self.entity, self.country = entity, country
        self.currency, self.taxpayer = currency, taxpayer
        self.page_size = page_size
        self.unlisted_fee = "0.00"  # in the statement's total, not among its transactions
        self.api = f"https://public-api.{country}.clara.com/api"
        self.bucket = f"https://company-{seeded_uuid(entity + '|company')}.s3.amazonaws.com"
        self.charges, self.reimbursements, self.planted = [], [], []
        self.documents, self.bodies, self.answers = {}, {}, []
        self._now = datetime.datetime.fromisoformat(start).replace(tzinfo=datetime.timezone.utc)
        self._downloads = []

    # --- identities the stories need before anything is recorded ----------------------------------

    def uuid(self, tag, kind="tx"):
        return seeded_uuid(f"{self.entity}|{kind}|{tag}")

    def authorization(self, tag):
        """Six digits; leading zeros occur and count."""
        return seeded_digits(f"{self.entity}|auth|{tag}", 9)[-6:]

    # --- what the stories add ---------------------------------------------------------------------

    def charge(self, tag, day, label, amount, **more):
        self.charges.append(Charge(tag, day, label, amount, **more))

    def reimbursement(self, tag, day, label, amount, **more):
        self.reimbursements.append(Reimbursement(tag, day, label, amount, **more))

    def document(self, name, data, good=True):
        """Keeps a fiscal document under a readable name; returns that name for planted.tsv."""
        path = f"documents/{self.country}/{'good' if good else 'bad'}/{name}"
        assert path not in self.documents
        self.documents[path] = data
        return path

    def plant(self, fault, tag, document, expected, kind="tx"):
        self.planted.append(
            (fault, self.entity, kind, self.uuid(tag, kind), document or "-", expected)
        )

    # --- recording --------------------------------------------------------------------------------

    def record(self):
        """Turns the story into answers.jsonl and bodies; call once."""
        self.charges.sort(key=lambda charge: charge.day)
        rows = [self._row(charge, number % 5) for number, charge in enumerate(self.charges)]
        base = "/api/v3/transactions"
        query = {
            "operationDateRangeStart": f"{_MONTH}-01",
            "operationDateRangeEnd": f"{_MONTH}-30",
            "size": _PAGE_ASKED,
            "sort": "operationDate,ASC",
        }
        self._listing(base, query, rows, "transactions", self.page_size)
        for number, charge in enumerate(self.charges):
            self._details(f"{base}/{self.uuid(charge.tag)}", charge, number % 5)
        query = {
            "expenseDateStart": f"{_MONTH}-01", "expenseDateEnd": f"{_MONTH}-30",
            "size": _PAGE_ASKED,
        }
        rows = [self._claim(claim, number) for number, claim in enumerate(self.reimbursements)]
        self._listing("/api/v3/reimbursements", query, rows, "reimbursements", int(_PAGE_ASKED))
        for number, (path, file, tag) in enumerate(self._downloads):
            self._download(path, file, tag, number)
        self._surroundings()

    def _answer(self, path, query, headers, name, data):
        stamp = self._now
        self._now += datetime.timedelta(seconds=1)
        body = f"bodies/{len(self.answers) + 1:04d}-{name}"
        self.bodies[body] = data
        self.answers.append(
            {
                "method": "GET",
                "path": path,
                "query": query,
                "status": 200,
                "time": stamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "headers": {
                    "Content-Type": headers.pop("Content-Type"),
                    "Content-Length": str(len(data)),
                    "Date": format_datetime(stamp, usegmt=True),
                    **headers,
                },
                "body": body,
            }
        )

    def _json(self, path, query, name, value):
        data = to_json(value).encode("utf-8")
        self._answer(path, query, {"Content-Type": "application/json"}, name + ".json", data)

    def _listing(self, path, query, rows, name, size):
        """All pages. The server lowers the size asked for to `size` and says so."""
        count = max(1, -(-len(rows) // size))
        for page in range(count):
            part = rows[page * size : (page + 1) * size]
            envelope = _page(part, page, size, len(rows), count, "sort" in query)
            self._json(path, {**query, "page": str(page)}, f"{name}-page-{page}", envelope)

    def _details(self, path, charge, variant):
        tag, uuid = charge.tag, self.uuid(charge.tag)
        flags = _flags(charge, variant)
        if flags["hasAttachments"] is not False:
            files = [f for f in charge.files if f.via == "documents"]
            listed = [self._attachment(tag, number, file) for number, file in enumerate(files, 1)]
            value = {"transactionUuid": uuid, "attachments": listed}
            self._json(path + "/documents", {}, f"{tag}-documents", value)
        if self.country == "mx" and flags["hasInvoice"] is not False:
            offered = [f for f in charge.files if f.via == "invoices"]
            value = {
                "transactionUuid": uuid,
                "invoices": [
                    self._invoice(tag, invoice, offered, variant) for invoice in charge.invoices
                ],
            }
            self._json(path + "/invoices", {}, f"{tag}-invoices", value)
        if flags["hasExtractedDocuments"] is not False:
            rows = [self._extracted(tag, row) for row in charge.extracted]
            size = int(_PAGE_ASKED)
            envelope = _page(rows, 0, size, len(rows), 1 if rows else 0, False)
            if variant == 1:  # the reduced envelope of the vendor's guide has no `last`
                kept = ("content", "totalElements", "totalPages", "size", "number")
                envelope = {key: envelope[key] for key in kept}
            query = {"page": "0", "size": _PAGE_ASKED}
            self._json(path + "/extracted-documents", query, f"{tag}-extracted", envelope)

    # --- what the month is seen against -----------------------------------------------------------

    def _surroundings(self):
        """Statements and their transactions, cards, users, labels; bare arrays where the API has them."""
        asked = {"size": _PAGE_ASKED}
        first = {**asked, "page": "0"}
        self._statements(first)
        people = range(len(_USERS))
        self._listing("/api/v3/cards", asked, [self._card(n) for n in people], "cards", 100)
        self._listing("/api/v3/users", asked, [self._user(n) for n in people], "users", 100)
        label = {
            "uuid": self.uuid("viajes", "label"), "name": "DEMO viajes", "code": "V-01",
            "description": None, "status": "ACTIVE",
        }
        self._json("/api/v2/labels", first, "labels", [label])
        self._json("/api/v2/groups", first, "groups", [])
        self._json("/api/v1/locations", first, "locations", [])
        if self.country == "br":
            query = {
                **first, "sort": "transactionDate,ASC", "startDate": "2024-10-31",
                "endDate": "2024-11-30",
            }
            self._json("/api/v3/digital-accounts", query, "digital-accounts", self._movements())

    def _statements(self, first):
        """All charges but the refused ones. Payments are listed and no part of the total; a company may
        have an unlisted fee in it, which its tie-out then shows."""
        uuid = self.uuid(_MONTH, "statement")
        billed = [
            (charge, number % 5) for number, charge in enumerate(self.charges)
            if charge.status != "REJECTED"
        ]
        total = sum(dec(charge.amount) for charge, _ in billed if charge.type != "PAYMENT")
        entry = {
            "uuid": uuid, "statementStartDate": f"{_MONTH}-01", "statementEndDate": f"{_MONTH}-30",
            "currency": self.currency, "totalAmount": Num(money(total + dec(self.unlisted_fee))),
        }
        self._json("/api/v3/billing-statements", first, "billing-statements", [entry])
        path = f"/api/v3/billing-statements/{uuid}"
        single = {**entry, "status": "closed", "generatedAt": "2024-12-01T06:00:00Z"}
        self._json(path, {}, "billing-statement", single)
        rows = [self._row(charge, variant) for charge, variant in billed]
        size = int(_PAGE_ASKED)
        envelope = _page(rows, 0, size, len(rows), 1, False)
        self._json(f"{path}/transactions", first, "billing-statement-transactions", envelope)

    def _card(self, number):
        uuid = self.uuid(str(number), "card")
        return {
            "uuid": uuid, "claraStatus": "ACTIVE", "status": "ACTIVE", "lockCode": None,
            "alias": f"DEMO tarjeta {number + 1}", "threshold": Num(money(50000 * (number + 1))),
            "periodicity": "MONTHLY", "maskedPan": f"535943******{seeded_digits(uuid, 4)}",
            "type": "MASTER_VIRTUAL" if number else "MASTER_PHYSICAL",
            "user": {
                "uuid": self.uuid(str(number), "user"), "fullName": _USERS[number],
                "username": f"demo{number + 1}@example.com",
            },
        }

    def _user(self, number):
        return {
            "uuid": self.uuid(str(number), "user"), "fullName": _USERS[number],
            "email": f"demo{number + 1}@example.com", "status": "ACTIVE", "erpId": None,
            "role": "EMPLOYEE" if number else "COMPANY_OWNER",
        }

    def _movements(self):
        """The digital account, in its order; ids go beyond 32 bits, instants have no zone."""
        return [
            {
                "id": Num(str(2**31 + 11 * number)), "transactionDate": f"{_date(day)}T23:59:59",
                "amount": Num(money(amount)), "method": method, "type": "DEMO pagamento",
                "source": {
                    "name": self.taxpayer.name, "taxId": self.taxpayer.tax_id, "institution": None
                },
                "beneficiary": {
                    "name": "DEMO FORNECEDOR LTDA", "taxId": "11222333000181",
                    "institution": "DEMO BANCO",
                },
            }
            for number, (day, amount, method) in enumerate(
                [(4, "150.00", "PIX"), (18, "2300.00", "TED"), (29, "89.90", "BILL")]
            )
        ]

    def _download(self, path, file, tag, number):
        # The API states `pdf` or `xml` as content type of every second download: not a media type.
        kind = file.format if number % 2 else _MIME[file.format]
        headers = {"Content-Type": kind, "ETag": f'"{hashlib.md5(file.data).hexdigest()}"'}
        self._answer(path, {}, headers, f"{tag}-file.{file.format}", file.data)

    # --- rows -------------------------------------------------------------------------------------

    def _link(self, version, resource, uuid):
        return [{"rel": "self", "href": f"{self.api}/{version}/{resource}/{uuid}"}]

    def _row(self, charge, variant):
        uuid, tag = self.uuid(charge.tag), charge.tag
        guide = variant == 1
        currency, original = self.currency, charge.original or (self.currency, charge.amount)
        codes = {"AUTHORIZED": "OP", "REJECTED": "RJ"}
        user_number = seeded(tag)[0] % len(_USERS)
        user_uuid, card_uuid = self.uuid(str(user_number), "user"), self.uuid(
            str(user_number), "card"
        )
        settled = None if charge.status == "REJECTED" else _date(charge.day + 1)
        row = {
            "uuid": uuid,
            "type": charge.type,
            "transactionLabel": charge.label,
            "labels": [],
            "status": charge.status,
            "merchant": {"name": charge.label, "category": charge.category},
            "billingStatement": self._statement(variant),
            "audit": {
                "accountingDate": settled,
                "operationDate": _date(charge.day),
                "lastUpdateDate": "2024-12-01",
            },
            "card": None,
            "user": None,
            "authorizationNumber": self.authorization(tag) if charge.card else None,
            "originalAmount": _amount(original[0], original[1], variant),
            "amountValue": _amount(currency, charge.amount, variant),
            "validationStatus": {},
            **_flag_fields(
                charge, variant,
                lambda part: [{"rel": part, "href": f"{self.api}/v3/transactions/{uuid}/{part}"}],
            ),
            "bankConcept": {"number": "0005", "description": "COMPRA DEMO"},
            "links": self._link("v3", "transactions", uuid),
        }
        if guide:
            row["status"] = {"code": codes[charge.status], "description": charge.status}
        if variant in (0, 3):
            del row["merchant"]
        if variant == 4:
            label = self.uuid("viajes", "label")
            row["labels"] = [{"uuid": label, "links": self._link("v2", "labels", label)}]
            row["accountingFields"] = [{"name": "DEMO centro de costo", "value": "CC-100"}]
            row["comment"] = charge.comment or None
        if charge.card:
            last = seeded_digits(card_uuid, 4)
            row["card"] = (
                {"lastFourDigits": last}
                if guide
                else {
                    "uuid": card_uuid,
                    "maskedPan": f"535943******{last}",
                    "links": self._link("v2", "cards", card_uuid),
                }
            )
            row["user"] = (
                {"name": _USERS[user_number], "uuid": user_uuid}
                if guide
                else {
                    "uuid": user_uuid,
                    "holderName": _USERS[user_number],
                    "links": self._link("v2", "users", user_uuid),
                }
            )
        return row

    def _statement(self, variant):
        uuid = self.uuid("2024-11", "statement")
        if variant == 1:
            return {"uuid": uuid}
        if variant == 2:
            return {
                "uuid": uuid, "periodStartDate": f"{_MONTH}-01", "periodEndDate": f"{_MONTH}-30"
            }
        if variant == 3:
            return None
        return {"links": self._link("v3", "billing-statements", uuid)}

    def _url(self, tag, number, file):
        """Where the file lies; without the signed query, which a recording must not hold."""
        place = seeded_uuid(f"{self.entity}|object|{tag}|{number}|{file.name}")
        path = f"/user_docs/{place}/1/{number}"
        self._downloads.append((path, file, tag))
        expiry = self._now + datetime.timedelta(hours=12, seconds=2)
        return {
            "url": self.bucket + path,
            "urlExpiration": expiry.strftime("%Y-%m-%dT%H:%M:%S.")
            + seeded_digits(path, 9)
            + "Z",
        }

    def _attachment(self, tag, number, file):
        uuid = seeded_uuid(f"{self.entity}|attachment|{tag}|{number}")
        return {
            "uuid": uuid,
            "fileName": file.name,
            "updateAt": f"2024-12-01T09:{seeded(uuid)[0] % 60:02d}:26.{seeded_digits(uuid, 6)}Z",
            "format": file.format,
            "download": self._url(tag, number, file),
        }

    def _invoice(self, tag, invoice, offered, variant):
        """Metadata of a CFDI as Clara reads it; the XML comes along only where `offered`."""
        guide = variant == 1
        codes = (("isr", "001"), ("iva", "002"), ("ieps", "003"))
        withheld = {key: invoice.withheld.get(code) for key, code in codes}
        passed = {
            key: invoice.transferred.get(code, 0) for key, code in codes if key != "isr"
        }
        dash = "\u2013" if guide else "-"
        row = {
            "invoiceId": seeded_uuid("invoice|" + tag + invoice.uuid),
            "invoiceNumber": None if variant == 0 else invoice.folio,
            "taxRegime": invoice.issuer.regime,
            "issuer": {"rfc": invoice.issuer.tax_id, "businessName": invoice.issuer.name},
            "taxReceipts": {
                "cfdi": invoice.use,
                "paymentMethod": "Q4" if guide else invoice.payment,
            },
            "tax": {
                "retained": {k: None if v is None else Num(money(v)) for k, v in withheld.items()},
                "transferred": {k: Num(money(v)) for k, v in passed.items()},
            },
            "amount": {
                "total": Num(money(invoice.total)),
                "subTotal": Num(money(invoice.subtotal)),
                "currency": invoice.currency,
            },
            "documentDate": invoice.date[:10],
            "xmlStatus": "Vigente",
            "xmlCode": f"S {dash} Comprobante obtenido satisfactoriamente.",
        }
        for number, file in enumerate(offered, 1):
            row["download"] = self._url(tag, number, file)
        return row

    def _extracted(self, tag, row):
        """An extracted document: `row` gives what the scanner read, the rest is common."""
        amount = {key: Num(money(value)) for key, value in row["amount"].items()}
        return {
            "uuid": seeded_uuid(f"{self.entity}|extracted|{tag}"),
            "type": row["type"],
            "userUuid": self.uuid(str(seeded(tag)[0] % len(_USERS)), "user"),
            "data": {
                "folioFiscalUuid": row.get("folio"),
                "invoiceId": row.get("number"),
                "receiptDate": row["date"],
                "issueDate": row["date"],
                "billingDate": row["date"],
                "country": row.get("country", self.country.upper()),
                "issuer": {"legalName": row["issuer"], "taxIdentifier": row.get("tax_id")},
                "items": row.get("items", []),
                "itemsDescription": row.get("description"),
                "amount": {"currency": row.get("currency", self.currency), **amount},
            },
            "fileValidation": {
                "status": "NOT_VERIFIED",
                "date": f"{row['date']}T14:30:00",
                "user": None,
                "userUuid": None,
            },
        }

    def _claim(self, claim, number):
        uuid = self.uuid(claim.tag, "reimbursement")
        user_number = seeded(claim.tag)[0] % len(_USERS)
        user = self.uuid(str(user_number), "user")
        paid = claim.status == "PAID"
        return {
            "uuid": uuid,
            "description": claim.label,
            "audit": {
                "requestCreationDate": _date(claim.day + 1),
                "expenseDate": _date(claim.day),
                "finalApprovalDate": "2024-12-01" if paid else None,
                "paymentDate": "2024-12-02" if paid else None,
                "lastUpdateDate": "2024-12-02",
            },
            "labels": [],
            "merchant": {"name": claim.label},
            "requester": {"uuid": user, "name": _USERS[user_number]},
            "groups": [],
            "locations": [],
            "amountValue": _amount(self.currency, claim.amount, 0),
            "validationStatus": claim.status if number % 2 else {"status": claim.status},
            "attachments": [
                self._attachment(claim.tag, place, file) for place, file in enumerate(
                    claim.files, 1
                )
            ],
            "paymentDetail": {"paidAmount": Num(money(claim.amount))} if paid else None,
        }


def _date(day):
    return (datetime.date(2024, 11, 1) + datetime.timedelta(days=day - 1)).isoformat()


def _amount(currency, value, variant):
    text = money(value)
    if variant == 2 and text.endswith(".00"):
        text = text[:-3]  # some amounts come as integers
    if variant == 1:
        return {"value": Num(text), "currency": currency}
    return {"currency": currency, "amount": Num(text)}


def _flags(charge, variant):
    """Flag values; None stands for a flag that the row does not carry, so the client has to ask."""
    flags = {
        "hasInvoice": bool(charge.invoices),
        "hasAttachments": any(f.via == "documents" for f in charge.files),
        "hasExtractedDocuments": bool(charge.extracted),
    }
    if variant == 0:
        flags["hasExtractedDocuments"] = None
    if variant == 3:
        flags["hasInvoice"] = None
        flags["hasAttachments"] = flags["hasAttachments"] or None
    return flags


def _flag_fields(charge, variant, links):
    parts = {
        "hasInvoice": "invoices",
        "hasAttachments": "documents",
        "hasExtractedDocuments": "extracted-documents",
    }
    fields = {}
    for name, value in _flags(charge, variant).items():
        if value is None:
            continue
        if variant == 2:
            fields[name] = value
        elif variant == 1:
            fields[name] = {"value": value}
        else:
            fields[name] = {"value": value, "links": links(parts[name])}
    return fields


def _page(rows, number, size, total, pages, ordered):
    """Spring's Page envelope with all its fields."""
    sort = {"sorted": ordered, "unsorted": not ordered, "empty": not ordered}
    return {
        "content": rows,
        "pageable": {
            "pageNumber": number, "pageSize": size, "offset": number * size, "paged": True,
            "unpaged": False, "sort": sort,
        },
        "totalElements": total,
        "totalPages": pages,
        "size": size,
        "number": number,
        "numberOfElements": len(rows),
        "first": number == 0,
        "last": number >= pages - 1,
        "empty": not rows,
        "sort": sort,
    }


def extracted_of_cfdi(document, tip=0, kind="MEXICAN_FISCAL_INVOICE"):
    """What a scanner reads off the printed CFDI; the tip stands only on the slip."""
    tax = sum(document.transferred.values()) - sum(document.withheld.values())
    subtotal = document.subtotal - document.discount
    return {
        "type": kind,
        "folio": document.uuid.lower(),
        "number": document.folio,
        "date": document.date[:10],
        "issuer": document.issuer.name,
        "tax_id": document.issuer.tax_id,
        "currency": document.currency,
        "items": [_item(line.description, line.price, line.quantity) for line in document.lines],
        "description": document.lines[0].description,
        "amount": {
            "subTotal": subtotal,
            "taxesAmount": tax,
            "tipAmount": dec(tip),
            "total": document.total + dec(tip),
        },
    }


def extracted_of_note(note):
    """There is no kind for Brazilian notes: they come as INVOICE."""
    return {
        "type": "INVOICE",
        "number": note.number,
        "date": note.date[:10],
        "issuer": note.issuer.name,
        "tax_id": note.issuer.tax_id,
        "items": [_item(item.name, item.price, item.quantity) for item in note.items],
        "description": note.items[0].name,
        "amount": {
            "subTotal": note.products, "taxesAmount": 0, "tipAmount": 0, "total": note.total,
        },
    }


def _item(name, price, quantity):
    total = money(dec(price) * dec(quantity))
    return {
        "name": name, "unitPrice": Num(money(price)), "quantity": Num(quantity), "total": Num(total)
    }
