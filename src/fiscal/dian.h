/* fiscal/dian.h - Colombia's electronic documents in UBL 2.1 (private to fiscal/dian*.c).
 *
 * What a buyer is sent is an AttachedDocument: an envelope that holds, as text, the bill (Invoice,
 * CreditNote or DebitNote) and the ApplicationResponse by which DIAN says that it accepted it. The
 * three are judged as one document, as a note is with its protocol; facts are the bill's. A bill
 * or an ApplicationResponse may also come alone.
 *
 * Source: Anexo técnico de factura electrónica de venta 1.9 (Resolución 165 of 2023). Codes are its
 * rules for an invoice; those of a credit note begin with C and of a debit note with D in place of
 * F. Neither the UBL schema nor the XAdES signatures are judged: both stay `unknown`. So does the
 * CUFE's value, whose hash takes a key that only issuer and DIAN know; that it is the same in every
 * place is judged.
 */
#ifndef CLA_FISCAL_DIAN_H
#define CLA_FISCAL_DIAN_H

#include "base/dec.h"
#include "fiscal/rule.h"

struct cla_dian {
	const struct cla_xml *container; /* AttachedDocument; NULL: the document came alone */
	const struct cla_xml *bill;	 /* NULL: none, or not readable */
	const struct cla_xml *answer;	 /* ApplicationResponse; NULL: none, or not readable */
	const struct cla_xml *line;	 /* of the container: what holds the answer */
	/* Where content of the container cannot be read, and why; absent: all could. */
	const struct cla_xml *unread_at;
	struct cla_str unread;
	struct cla_xml_doc *bill_doc, *answer_doc; /* owned */
};

static inline const struct cla_dian *cla_dian_of(const struct cla_case *c)
{
	return c->facts;
}

/* The element, or its text, at the end of a path "Party/PartyTaxScheme/CompanyID" of local names. */
const struct cla_xml *cla_dian_find(const struct cla_xml *el, const char *path);
struct cla_str cla_dian_text(const struct cla_xml *el, const char *path);

/* CompanyID of whom a bill is from and for. */
const struct cla_xml *cla_dian_issuer(const struct cla_xml *bill);
const struct cla_xml *cla_dian_receiver(const struct cla_xml *bill);
/* LegalMonetaryTotal, in a debit note RequestedMonetaryTotal. */
const struct cla_xml *cla_dian_totals(const struct cla_xml *bill);

/* Runs the rules over c->facts. */
void cla_dian_run(struct cla_case *c);

/* dian_total.c */
cla_rule_fn cla_dian_line_sum, cla_dian_base_sum, cla_dian_with_taxes, cla_dian_payable;
cla_rule_fn cla_dian_tax_sum, cla_dian_tax_rate, cla_dian_allowances, cla_dian_charges;
cla_rule_fn cla_dian_line_count, cla_dian_currency;

#endif
