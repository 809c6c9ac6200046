"""Colombian invoices (UBL 2.1) with their CUFE, QR text and XAdES signature, and the container in
which a buyer gets one: invoice and DIAN's answer as text inside an AttachedDocument.

All is written in canonical form at once (namespaces and attributes sorted, no shortcut for empty
elements), so digests are taken over the text itself; an element that is signed alone gets the
namespaces that it inherits, as C14N does.
"""

import hashlib
from dataclasses import dataclass

from . import people
from .base import b64, cents, dec, escape, money, openssl, rsa_sign

_KEY = "DEMO-CLAVE-TECNICA"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_POLICY = "https://facturaelectronica.dian.gov.co/politicadefirma/v2/politicadefirmav2.pdf"
_QUERY = "https://catalogo-vpfe.dian.gov.co/document/searchqr?documentkey="

_PREFIXES = (
    f' xmlns:cac="{_UBL}CommonAggregateComponents-2" xmlns:cbc="{_UBL}CommonBasicComponents-2"'
    f' xmlns:ds="{_DSIG}" xmlns:ext="{_UBL}CommonExtensionComponents-2"'
    ' xmlns:sts="dian:gov:co:facturaelectronica:Structures-2-1"'
    ' xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"'
)
_SIGNATURE = "<!--signature-->"  # where it goes


@dataclass
class Line:
    description: str
    base: str
    rate: str = "19.00"


@dataclass
class Bill:
    number: str
    issuer: people.Taxpayer
    date: str
    time: str
    total: object
    cufe: str
    data: bytes


def _digest(text):
    return b64(hashlib.sha256(text.encode("utf-8")).digest())


def _spaces(root):
    return f' xmlns="{_UBL}{root}-2"{_PREFIXES}'


def _reference(attributes, transform, digest):
    return (
        f"<ds:Reference{attributes}><ds:Transforms>"
        f'<ds:Transform Algorithm="{transform}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
    )


def _sign(authority, signer, root, text, when):
    """Puts an XAdES-EPES signature where `text` has a mark for it."""
    spaces = _spaces(root)
    certificate = authority.der(signer)
    serial = openssl("x509", "-in", str(authority.pem(signer)), "-noout", "-serial").decode()
    issuer = openssl(
        "x509", "-in", str(authority.pem(signer)), "-noout", "-issuer", "-nameopt", "RFC2253,utf8"
    ).decode("utf-8")
    issuer = escape(issuer.strip().partition("=")[2])
    mark = "xmldsig-" + hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
    key = (
        f'<ds:KeyInfo Id="{mark}-keyinfo"><ds:X509Data><ds:X509Certificate>{b64(certificate)}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    )
    digest = b64(hashlib.sha256(certificate).digest())
    method = f'<ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod>'
    policy = b64(hashlib.sha256(b"DEMO politica de firma").digest())
    properties = (
        f'<xades:SignedProperties Id="{mark}-signedprops"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{when}</xades:SigningTime><xades:SigningCertificate><xades:Cert>"
        f"<xades:CertDigest>{method}<ds:DigestValue>{digest}</ds:DigestValue></xades:CertDigest>"
        f"<xades:IssuerSerial><ds:X509IssuerName>{issuer}</ds:X509IssuerName><ds:X509SerialNumber>"
        f"{int(serial.strip().partition('=')[2], 16)}</ds:X509SerialNumber></xades:IssuerSerial>"
        "</xades:Cert></xades:SigningCertificate><xades:SignaturePolicyIdentifier>"
        f"<xades:SignaturePolicyId><xades:SigPolicyId><xades:Identifier>{_POLICY}"
        f"</xades:Identifier></xades:SigPolicyId><xades:SigPolicyHash>{method}<ds:DigestValue>"
        f"{policy}</ds:DigestValue></xades:SigPolicyHash></xades:SignaturePolicyId>"
        "</xades:SignaturePolicyIdentifier></xades:SignedSignatureProperties>"
        "</xades:SignedProperties>"
    )

    def alone(element):
        name, rest = element.split(" ", 1)
        return f"{name}{spaces} {rest}"

    info = (
        f'<ds:CanonicalizationMethod Algorithm="{_C14N}"></ds:CanonicalizationMethod>'
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256">'
        "</ds:SignatureMethod>"
        + _reference(
            f' Id="{mark}-ref0" URI=""', _DSIG + "enveloped-signature",
            _digest(text.replace(_SIGNATURE, "")),
        )
        + _reference(f' URI="#{mark}-keyinfo"', _C14N, _digest(alone(key)))
        + _reference(
            f' Type="http://uri.etsi.org/01903#SignedProperties" URI="#{mark}-signedprops"', _C14N,
            _digest(alone(properties)),
        )
    )
    canonical = f"<ds:SignedInfo{spaces}>{info}</ds:SignedInfo>"
    value = b64(rsa_sign(authority.key(signer), "sha256", canonical.encode("utf-8")))
    signature = (
        f'<ds:Signature Id="{mark}"><ds:SignedInfo>{info}</ds:SignedInfo>'
        f"<ds:SignatureValue>{value}</ds:SignatureValue>{key}"
        f'<ds:Object><xades:QualifyingProperties Target="#{mark}">{properties}'
        "</xades:QualifyingProperties></ds:Object></ds:Signature>"
    )
    assert text.count(_SIGNATURE) == 1
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text.replace(_SIGNATURE, signature)


def _extension(content):
    return (
        "<ext:UBLExtension><ext:ExtensionContent>"
        f"{content}</ext:ExtensionContent></ext:UBLExtension>"
    )


def _scheme(who, digit=None):
    """`digit`: the check digit to show, when it shall be a wrong one."""
    digit = digit or who.tax_id[-1]
    return f"""<cac:PartyTaxScheme>
<cbc:RegistrationName>{escape(who.name)}</cbc:RegistrationName>
<cbc:CompanyID schemeAgencyID="195" schemeID="{digit}" schemeName="31">{who.tax_id[:-1]}</cbc:CompanyID>
<cbc:TaxLevelCode>O-13</cbc:TaxLevelCode>
<cac:TaxScheme><cbc:ID>01</cbc:ID><cbc:Name>IVA</cbc:Name></cac:TaxScheme>
</cac:PartyTaxScheme>"""


def _party(role, who, digit=None):
    return f"<cac:{role}><cac:Party>{_scheme(who, digit)}</cac:Party></cac:{role}>"


def _amount(name, value):
    return f'<cbc:{name} currencyID="COP">{money(value)}</cbc:{name}>'


def _tax(base, rate, tax):
    return f"""<cac:TaxSubtotal>{_amount("TaxableAmount", base)}{_amount("TaxAmount", tax)}
<cac:TaxCategory><cbc:Percent>{rate}</cbc:Percent>
<cac:TaxScheme><cbc:ID>01</cbc:ID><cbc:Name>IVA</cbc:Name></cac:TaxScheme></cac:TaxCategory>
</cac:TaxSubtotal>"""


def _tax_total(parts):
    tax = sum(part[2] for part in parts)
    return f"<cac:TaxTotal>{_amount('TaxAmount', tax)}{''.join(_tax(*p) for p in parts)}</cac:TaxTotal>"


def _line(number, line, part):
    return f"""<cac:InvoiceLine><cbc:ID>{number}</cbc:ID>
<cbc:InvoicedQuantity unitCode="94">1.000000</cbc:InvoicedQuantity>
{_amount("LineExtensionAmount", part[0])}{_tax_total([part])}
<cac:Item><cbc:Description>{escape(line.description)}</cbc:Description></cac:Item>
<cac:Price>{_amount("PriceAmount", part[0])}
<cbc:BaseQuantity unitCode="94">1.000000</cbc:BaseQuantity></cac:Price>
</cac:InvoiceLine>"""


def make(authority, number, issuer, date, time, lines, *, digit=None):
    """A signed invoice with one line for each rate. `digit`: shown as the issuer's check digit."""
    parts = []
    for line in lines:
        base = cents(line.base)
        parts.append((base, line.rate, cents(base * dec(line.rate) / 100)))
    base, tax = sum(part[0] for part in parts), sum(part[2] for part in parts)
    total = base + tax
    who, receiver = people.CO_ISSUERS[issuer], people.CO_COMPANY
    seller, buyer = who.tax_id[:-1], receiver.tax_id[:-1]
    chain = (
        f"{number}{date}{time}{money(base)}01{money(tax)}040.00030.00{money(total)}"
        f"{seller}{buyer}{_KEY}1"
    )
    cufe = hashlib.sha384(chain.encode()).hexdigest()
    qr = (
        f"NumFac: {number}\nFecFac: {date}\nHorFac: {time}\nNitFac: {seller}\nDocAdq: {buyer}\n"
        f"ValFac: {money(base)}\nValIva: {money(tax)}\nValOtroIm: 0.00\nValTolFac: {money(total)}\n"
        f"CUFE: {cufe}\n{_QUERY}{cufe}"
    )
    control = f"<sts:DianExtensions><sts:QRCode>{qr}</sts:QRCode></sts:DianExtensions>"
    text = f"""<Invoice{_spaces("Invoice")}>
<ext:UBLExtensions>{_extension(control)}{_extension(_SIGNATURE)}</ext:UBLExtensions>
<cbc:UBLVersionID>UBL 2.1</cbc:UBLVersionID>
<cbc:CustomizationID>10</cbc:CustomizationID>
<cbc:ProfileID>DIAN 2.1: Factura Electrónica de Venta</cbc:ProfileID>
<cbc:ProfileExecutionID>1</cbc:ProfileExecutionID>
<cbc:ID>{number}</cbc:ID>
<cbc:UUID schemeID="1" schemeName="CUFE-SHA384">{cufe}</cbc:UUID>
<cbc:IssueDate>{date}</cbc:IssueDate>
<cbc:IssueTime>{time}</cbc:IssueTime>
<cbc:InvoiceTypeCode>01</cbc:InvoiceTypeCode>
<cbc:Note>Documento DEMO sin valor fiscal</cbc:Note>
<cbc:DocumentCurrencyCode>COP</cbc:DocumentCurrencyCode>
<cbc:LineCountNumeric>{len(lines)}</cbc:LineCountNumeric>
{_party("AccountingSupplierParty", who, digit)}
{_party("AccountingCustomerParty", receiver)}
<cac:PaymentMeans><cbc:ID>1</cbc:ID><cbc:PaymentMeansCode>48</cbc:PaymentMeansCode></cac:PaymentMeans>
{_tax_total(parts)}
<cac:LegalMonetaryTotal>{_amount("LineExtensionAmount", base)}{_amount("TaxExclusiveAmount", base)}
{_amount("TaxInclusiveAmount", total)}{_amount("PayableAmount", total)}</cac:LegalMonetaryTotal>
{"".join(_line(n, line, part) for n, (line, part) in enumerate(zip(lines, parts), 1))}
</Invoice>"""
    data = _sign(authority, "co-proveedor", "Invoice", text, f"{date}T{time}")
    return Bill(number, who, date, time, total, cufe, data.encode("utf-8"))


def _answer(authority, bill, cufe):
    """DIAN's answer: accepted."""
    text = f"""<ApplicationResponse{_spaces("ApplicationResponse")}>
<ext:UBLExtensions>{_extension(_SIGNATURE)}</ext:UBLExtensions>
<cbc:UBLVersionID>UBL 2.1</cbc:UBLVersionID>
<cbc:CustomizationID>1</cbc:CustomizationID>
<cbc:ProfileID>DIAN 2.1</cbc:ProfileID>
<cbc:ProfileExecutionID>1</cbc:ProfileExecutionID>
<cbc:ID>{int(cufe[:6], 16)}</cbc:ID>
<cbc:UUID schemeName="CUDE-SHA384">{hashlib.sha384(f"DEMO {bill.number}".encode()).hexdigest()}</cbc:UUID>
<cbc:IssueDate>{bill.date}</cbc:IssueDate>
<cbc:IssueTime>{bill.time}</cbc:IssueTime>
<cac:SenderParty>{_scheme(people.CO_DIAN)}</cac:SenderParty>
<cac:ReceiverParty>{_scheme(bill.issuer)}</cac:ReceiverParty>
<cac:DocumentResponse><cac:Response><cbc:ResponseCode>02</cbc:ResponseCode>
<cbc:Description>Documento validado por la DIAN (DEMO)</cbc:Description></cac:Response>
<cac:DocumentReference><cbc:ID>{bill.number}</cbc:ID>
<cbc:UUID schemeName="CUFE-SHA384">{cufe}</cbc:UUID></cac:DocumentReference></cac:DocumentResponse>
</ApplicationResponse>"""
    when = f"{bill.date}T{bill.time}"
    return _sign(authority, "co-dian", "ApplicationResponse", text, when)


def _text(data):
    return (
        "<cac:Attachment><cac:ExternalReference><cbc:MimeCode>text/xml</cbc:MimeCode>"
        f"<cbc:EncodingCode>UTF-8</cbc:EncodingCode><cbc:Description>{data}</cbc:Description>"
        "</cac:ExternalReference></cac:Attachment>"
    )


def contain(authority, bill, cufe=None):
    """The AttachedDocument of an invoice. `cufe`: what DIAN's answer is about, when about another."""
    inside, answer = bill.data.decode("utf-8"), _answer(authority, bill, cufe or bill.cufe)
    text = f"""<AttachedDocument{_spaces("AttachedDocument")}>
<ext:UBLExtensions>{_extension(_SIGNATURE)}</ext:UBLExtensions>
<cbc:UBLVersionID>UBL 2.1</cbc:UBLVersionID>
<cbc:CustomizationID>Documentos adjuntos</cbc:CustomizationID>
<cbc:ProfileID>DIAN 2.1</cbc:ProfileID>
<cbc:ProfileExecutionID>1</cbc:ProfileExecutionID>
<cbc:ID>{bill.number}-1</cbc:ID>
<cbc:IssueDate>{bill.date}</cbc:IssueDate>
<cbc:IssueTime>{bill.time}</cbc:IssueTime>
<cbc:DocumentType>Contenedor de Factura Electrónica</cbc:DocumentType>
<cbc:ParentDocumentID>{bill.number}</cbc:ParentDocumentID>
<cac:SenderParty>{_scheme(bill.issuer)}</cac:SenderParty>
<cac:ReceiverParty>{_scheme(people.CO_COMPANY)}</cac:ReceiverParty>
{_text("BILL")}
<cac:ParentDocumentLineReference><cbc:LineID>1</cbc:LineID>
<cac:DocumentReference><cbc:ID>{bill.number}</cbc:ID>
<cbc:UUID schemeName="CUFE-SHA384">{bill.cufe}</cbc:UUID><cbc:IssueDate>{bill.date}</cbc:IssueDate>
<cbc:DocumentType>ApplicationResponse</cbc:DocumentType>
{_text("ANSWER")}
<cac:ResultOfVerification><cbc:ValidatorID>{people.CO_DIAN.name}</cbc:ValidatorID>
<cbc:ValidationResultCode>02</cbc:ValidationResultCode></cac:ResultOfVerification>
</cac:DocumentReference></cac:ParentDocumentLineReference>
</AttachedDocument>"""

    def fill(before, form):
        return before.replace("BILL<", form(inside) + "<").replace("ANSWER<", form(answer) + "<")

    # canonical form has no CDATA: what is signed is the text that it stands for
    when = f"{bill.date}T{bill.time}"
    signed = _sign(authority, "co-proveedor", "AttachedDocument", fill(text, escape), when)
    return fill_back(signed, inside, answer).encode("utf-8")


def fill_back(text, *parts):
    """Writes each text as CDATA, as the containers of practice have it."""
    for part in parts:
        assert text.count(escape(part)) == 1
        text = text.replace(escape(part), f"<![CDATA[{part}]]>")
    return text
