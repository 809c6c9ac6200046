"""A small Colombian invoice (UBL 2.1). Unsigned: a sample of the kind, not of its rules."""

import hashlib

from . import people
from .base import cents, dec, escape, money

_KEY = "DEMO-CLAVE-TECNICA"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def _party(role, who):
    nit, digit = who.tax_id[:-1], who.tax_id[-1]
    return f"""  <cac:{role}>
    <cac:Party>
      <cac:PartyTaxScheme>
        <cbc:RegistrationName>{escape(who.name)}</cbc:RegistrationName>
        <cbc:CompanyID schemeAgencyID="195" schemeID="{digit}" schemeName="31">{nit}</cbc:CompanyID>
        <cbc:TaxLevelCode>O-13</cbc:TaxLevelCode>
        <cac:TaxScheme>
          <cbc:ID>01</cbc:ID>
          <cbc:Name>IVA</cbc:Name>
        </cac:TaxScheme>
      </cac:PartyTaxScheme>
    </cac:Party>
  </cac:{role}>
"""


def _tax_total(base, tax):
    return f"""<cac:TaxTotal>
    <cbc:TaxAmount currencyID="COP">{money(tax)}</cbc:TaxAmount>
    <cac:TaxSubtotal>
      <cbc:TaxableAmount currencyID="COP">{money(base)}</cbc:TaxableAmount>
      <cbc:TaxAmount currencyID="COP">{money(tax)}</cbc:TaxAmount>
      <cac:TaxCategory>
        <cbc:Percent>19.00</cbc:Percent>
        <cac:TaxScheme>
          <cbc:ID>01</cbc:ID>
          <cbc:Name>IVA</cbc:Name>
        </cac:TaxScheme>
      </cac:TaxCategory>
    </cac:TaxSubtotal>
  </cac:TaxTotal>"""


def make(number, date, time, description, base):
    """Returns (bytes, total). One line, IVA 19 %; the CUFE is the SHA-384 that names it."""
    base = cents(base)
    tax = cents(base * dec("0.19"))
    total = base + tax
    issuer, receiver = people.CO_ISSUER, people.CO_COMPANY
    chain = (
        f"{number}{date}{time}{money(base)}01{money(tax)}040.00030.00{money(total)}"
        f"{issuer.tax_id[:-1]}{receiver.tax_id[:-1]}{_KEY}2"
    )
    cufe = hashlib.sha384(chain.encode()).hexdigest()
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="{_UBL}Invoice-2"
    xmlns:cac="{_UBL}CommonAggregateComponents-2"
    xmlns:cbc="{_UBL}CommonBasicComponents-2">
  <cbc:UBLVersionID>UBL 2.1</cbc:UBLVersionID>
  <cbc:CustomizationID>10</cbc:CustomizationID>
  <cbc:ProfileID>DIAN 2.1: Factura Electrónica de Venta</cbc:ProfileID>
  <cbc:ProfileExecutionID>2</cbc:ProfileExecutionID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:UUID schemeID="2" schemeName="CUFE-SHA384">{cufe}</cbc:UUID>
  <cbc:IssueDate>{date}</cbc:IssueDate>
  <cbc:IssueTime>{time}</cbc:IssueTime>
  <cbc:InvoiceTypeCode>01</cbc:InvoiceTypeCode>
  <cbc:Note>Documento DEMO sin valor fiscal</cbc:Note>
  <cbc:DocumentCurrencyCode>COP</cbc:DocumentCurrencyCode>
  <cbc:LineCountNumeric>1</cbc:LineCountNumeric>
{_party("AccountingSupplierParty", issuer)}{
    _party("AccountingCustomerParty", receiver)
}  <cac:PaymentMeans>
    <cbc:ID>1</cbc:ID>
    <cbc:PaymentMeansCode>48</cbc:PaymentMeansCode>
  </cac:PaymentMeans>
  {_tax_total(base, tax)}
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="COP">{money(base)}</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount currencyID="COP">{money(base)}</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount currencyID="COP">{money(total)}</cbc:TaxInclusiveAmount>
    <cbc:PayableAmount currencyID="COP">{money(total)}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
  <cac:InvoiceLine>
    <cbc:ID>1</cbc:ID>
    <cbc:InvoicedQuantity unitCode="94">1.000000</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount currencyID="COP">{money(base)}</cbc:LineExtensionAmount>
    <cac:Item>
      <cbc:Description>{escape(description)}</cbc:Description>
    </cac:Item>
    <cac:Price>
      <cbc:PriceAmount currencyID="COP">{money(base)}</cbc:PriceAmount>
      <cbc:BaseQuantity unitCode="94">1.000000</cbc:BaseQuantity>
    </cac:Price>
  </cac:InvoiceLine>
</Invoice>
"""
    return text.encode("utf-8"), total
