/* fiscal/pagos.h - the complement Pagos of a receipt of payment, versions 2.0 and 1.0 (private to
 * fiscal/pagos*.c and cfdi.c).
 *
 * A rule's function stands for one row or for several of one kind; these find what the row is about
 * by its id in a table.
 */
#ifndef CLA_FISCAL_PAGOS_H
#define CLA_FISCAL_PAGOS_H

#include "fiscal/cfdi.h"

#define CLA_PAGOS_NS "http://www.sat.gob.mx/Pagos20"
#define CLA_PAGOS10_NS "http://www.sat.gob.mx/Pagos"

/* Runs the rules when the document is a receipt of payment or carries the complement. */
void cla_pagos_run(struct cla_case *c);

/* Walks the Pago elements: first with NULL. */
const struct cla_xml *cla_pagos_next(const struct cla_case *c, const struct cla_xml *payment);
/* Walks the DoctoRelacionado elements of a payment. */
const struct cla_xml *cla_pagos_next_document(const struct cla_xml *payment,
					      const struct cla_xml *document);

/* The rate of the payment into pesos: 1 for MXN without a rate, not ok when it cannot be read. */
struct cla_dec cla_pagos_rate(const struct cla_xml *payment);

/* Adds what an amount of a document is in the currency of the payment, as the least and the most
 * that it may be: the rate and the amount mean anything within half a unit of their last decimal,
 * unless both currencies are one. */
void cla_pagos_convert(const struct cla_xml *document, struct cla_dec amount, struct cla_dec *low,
		       struct cla_dec *high);

/* pagos_rules.c */
extern const struct cla_old_code cla_pagos10_codes[];
extern const size_t cla_pagos10_code_count;

/* pagos.c: the document, payments, accounts, related documents */
cla_rule_fn cla_pagos_type_has_payments, cla_pagos_version_fits, cla_pagos_complement_is_one;
cla_rule_fn cla_pagos_field_is, cla_pagos_line_is_one, cla_pagos_line_is_bare;
cla_rule_fn cla_pagos_taxes_absent, cla_pagos_taxes_10_absent, cla_pagos_paid_is_sum;
cla_rule_fn cla_pagos_form_is_known, cla_pagos_currency_is_real, cla_pagos_rate_of_foreign;
cla_rule_fn cla_pagos_rate_of_peso, cla_pagos_documents_within_payment, cla_pagos_amount_positive;
cla_rule_fn cla_pagos_amount_decimals, cla_pagos_payer_bank_allowed, cla_pagos_payer_bank_named;
cla_rule_fn cla_pagos_payer_account_allowed, cla_pagos_payer_account_form,
	cla_pagos_payee_account_form;
cla_rule_fn cla_pagos_payee_bank_allowed, cla_pagos_payee_account_allowed, cla_pagos_chain_allowed;
cla_rule_fn cla_pagos_chain_complete, cla_pagos_chain_alone, cla_pagos_document_currency_real;
cla_rule_fn cla_pagos_document_rate_of_foreign, cla_pagos_document_rate_of_same,
	cla_pagos_document_positive;
cla_rule_fn cla_pagos_document_decimals, cla_pagos_balance_adds_up, cla_pagos_tax_object_listed;
cla_rule_fn cla_pagos_taxes_required, cla_pagos_taxes_forbidden, cla_pagos_taxes_of_06_08;
cla_rule_fn cla_pagos_taxes_of_07, cla_pagos_document_taxes_hold;
cla_rule_fn cla_pagos_foreign_within_margins, cla_pagos_document_rate_absent,
	cla_pagos_payer_is_valid, cla_pagos_instalment_told;

/* pagos_taxes.c: taxes of documents and payments, totals */
cla_rule_fn cla_pagos_total_is_sum, cla_pagos_withheld_base, cla_pagos_withheld_tax;
cla_rule_fn cla_pagos_withheld_factor, cla_pagos_withheld_not_exempt, cla_pagos_withheld_rate;
cla_rule_fn cla_pagos_withheld_amount, cla_pagos_transfer_base, cla_pagos_transfer_tax;
cla_rule_fn cla_pagos_transfer_factor, cla_pagos_transfer_exempt, cla_pagos_transfer_rated;
cla_rule_fn cla_pagos_transfer_rate, cla_pagos_transfer_amount, cla_pagos_p_withheld_tax;
cla_rule_fn cla_pagos_p_withheld_once, cla_pagos_p_withheld_total, cla_pagos_p_withheld_sum;
cla_rule_fn cla_pagos_p_exempt, cla_pagos_p_base_total, cla_pagos_p_base_sum;
cla_rule_fn cla_pagos_p_exempt_sum, cla_pagos_p_transfer_tax, cla_pagos_p_transfer_once;
cla_rule_fn cla_pagos_p_transfer_rate, cla_pagos_p_tax_total, cla_pagos_p_transfer_sum;

#endif
