/* fiscal/pagos.c - receipts of payment: the document around the complement, payments, accounts and
 * the documents paid. Their taxes are in pagos_taxes.c. */
#include "fiscal/pagos.h"

#include "fiscal/layout.h"

#include <string.h>

/* Forms of payment through a bank, those with an account that is paid to, transfers. */
#define BANKED "02 03 04 05 06 28 29"
#define TO_ACCOUNT "02 03 04 05 28 29"
#define TRANSFER "03"

static bool is_10(const struct cla_case *c)
{
	return cla_xml_is(cla_cfdi_of(c)->payments, CLA_PAGOS10_NS, "Pagos");
}

void cla_pagos_run(struct cla_case *c)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const struct cla_old_code *codes = c->old_codes;
	size_t count = c->old_code_count;

	if (!f->payments && f->type != 'P')
		return;
	bool old =
		is_10(c) || (!f->payments && cla_str_eqc(cla_xml_attr(c->root, "Version"), "3.3"));
	c->old_codes = old ? cla_pagos10_codes : NULL;
	c->old_code_count = old ? cla_pagos10_code_count : 0;
	cla_rules_run(c, cla_pagos_rules.rules, cla_pagos_rules.count);
	c->old_codes = codes;
	c->old_code_count = count;
}

const struct cla_xml *cla_pagos_next(const struct cla_case *c, const struct cla_xml *payment)
{
	return payment ? cla_cfdi_next(payment) : cla_cfdi_child(cla_cfdi_of(c)->payments, "Pago");
}

const struct cla_xml *cla_pagos_next_document(const struct cla_xml *payment,
					      const struct cla_xml *document)
{
	return document ? cla_cfdi_next(document) : cla_cfdi_child(payment, "DoctoRelacionado");
}

struct cla_dec cla_pagos_rate(const struct cla_xml *payment)
{
	struct cla_str rate = cla_xml_attr(payment, "TipoCambioP");

	if (cla_str_absent(rate) && cla_str_eqc(cla_xml_attr(payment, "MonedaP"), "MXN"))
		return cla_dec_from(1, 0);
	return cla_dec_parse(rate);
}

/*
 * Around the complement
 */

void cla_pagos_type_has_payments(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->type != 'P')
		cla_case_fail(c, r, c->root, "TipoDeComprobante", CLA_STR("P"),
			      cla_xml_attr(c->root, "TipoDeComprobante"));
	else if (!f->payments)
		cla_case_fail(c, r, c->root, NULL, CLA_STR("Pagos"), CLA_STR_NONE);
}

void cla_pagos_version_fits(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_of(c)->payments;
	struct cla_str version = cla_xml_attr(c->root, "Version");

	if (el && !cla_str_eqc(version, is_10(c) ? "3.3" : "4.0"))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, version);
}

void cla_pagos_complement_is_one(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->payments_count > 1)
		cla_case_fail(c, r, f->payments, NULL, CLA_STR("1"),
			      cla_case_text(c, "%zu", f->payments_count));
}

/* What the document has to say where the complement says the rest. */
static const struct cla_cfdi_field fields[] = {
	{ "pagos.export", CLA_CFDI_ROOT, "Exportacion", CLA_CFDI_TEXT, "01" },
	{ "pagos.subtotal", CLA_CFDI_ROOT, "SubTotal", CLA_CFDI_NUMBER, "0" },
	{ "pagos.currency", CLA_CFDI_ROOT, "Moneda", CLA_CFDI_TEXT, "XXX" },
	{ "pagos.payment-form", CLA_CFDI_ROOT, "FormaPago", CLA_CFDI_ABSENT, NULL },
	{ "pagos.payment-method", CLA_CFDI_ROOT, "MetodoPago", CLA_CFDI_ABSENT, NULL },
	{ "pagos.conditions", CLA_CFDI_ROOT, "CondicionesDePago", CLA_CFDI_ABSENT, NULL },
	{ "pagos.discount", CLA_CFDI_ROOT, "Descuento", CLA_CFDI_ABSENT, NULL },
	{ "pagos.rate", CLA_CFDI_ROOT, "TipoCambio", CLA_CFDI_ABSENT, NULL },
	{ "pagos.total", CLA_CFDI_ROOT, "Total", CLA_CFDI_NUMBER, "0" },
	{ "pagos.use", CLA_CFDI_RECEIVER, "UsoCFDI", CLA_CFDI_TEXT, "CP01" },
	{ "pagos.line-key", CLA_CFDI_LINE, "ClaveProdServ", CLA_CFDI_TEXT, "84111506" },
	{ "pagos.line-id", CLA_CFDI_LINE, "NoIdentificacion", CLA_CFDI_ABSENT, NULL },
	{ "pagos.line-quantity", CLA_CFDI_LINE, "Cantidad", CLA_CFDI_NUMBER, "1" },
	{ "pagos.line-unit-key", CLA_CFDI_LINE, "ClaveUnidad", CLA_CFDI_TEXT, "ACT" },
	{ "pagos.line-unit", CLA_CFDI_LINE, "Unidad", CLA_CFDI_ABSENT, NULL },
	{ "pagos.line-text", CLA_CFDI_LINE, "Descripcion", CLA_CFDI_TEXT, "Pago" },
	{ "pagos.line-value", CLA_CFDI_LINE, "ValorUnitario", CLA_CFDI_NUMBER, "0" },
	{ "pagos.line-amount", CLA_CFDI_LINE, "Importe", CLA_CFDI_NUMBER, "0" },
	{ "pagos.line-discount", CLA_CFDI_LINE, "Descuento", CLA_CFDI_ABSENT, NULL },
	{ "pagos.line-tax-object", CLA_CFDI_LINE, "ObjetoImp", CLA_CFDI_TEXT, "01" },
};

/* P01 was the only use of a receipt before 4.0. */
static const struct cla_cfdi_field fields_10[] = {
	{ "pagos.use", CLA_CFDI_RECEIVER, "UsoCFDI", CLA_CFDI_TEXT, "P01" },
};

void cla_pagos_field_is(struct cla_case *c, const struct cla_rule *r)
{
	bool old = is_10(c) && !strcmp(r->id, fields_10[0].rule);

	if (cla_cfdi_of(c)->payments)
		cla_cfdi_check_field(c, r, old ? fields_10 : fields,
				     old ? CLA_LEN(fields_10) : CLA_LEN(fields));
}

void cla_pagos_line_is_one(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	size_t count = 0;

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line))
		count++;
	if (f->payments && count != 1)
		cla_case_fail(c, r, f->lines ? f->lines : c->root, NULL, CLA_STR("1"),
			      cla_case_text(c, "%zu", count));
}

void cla_pagos_line_is_bare(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const struct cla_xml *line = cla_cfdi_next_line(f, NULL);

	for (const struct cla_xml *el = cla_xml_child(line); f->payments && el;
	     el = cla_xml_sibling(el)) {
		if (!cla_xml_is(el, NULL, "ACuentaTerceros"))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_name(el));
	}
}

void cla_pagos_taxes_absent(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->payments && f->taxes)
		cla_case_fail(c, r, f->taxes, NULL, CLA_STR_NONE, CLA_STR("Impuestos"));
}

/*
 * A payment
 */

typedef void payment_fn(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el);

static void each(struct cla_case *c, const struct cla_rule *r, payment_fn *fn)
{
	for (const struct cla_xml *p = cla_pagos_next(c, NULL); p; p = cla_pagos_next(c, p))
		fn(c, r, p);
}

#define EACH_PAYMENT(rule, check)                                                                  \
	void cla_pagos_##rule(struct cla_case *c, const struct cla_rule *r)                        \
	{                                                                                          \
		each(c, r, check);                                                                 \
	}

static void check_taxes_10(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	const struct cla_xml *taxes = cla_cfdi_child(pay, "Impuestos");

	if (taxes && is_10(c))
		cla_case_fail(c, r, taxes, NULL, CLA_STR_NONE, CLA_STR("Impuestos"));
}
EACH_PAYMENT(taxes_10_absent, check_taxes_10)

void cla_pagos_paid_is_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *totals = cla_cfdi_child(cla_cfdi_of(c)->payments, "Totales");
	struct cla_str text = cla_xml_attr(totals, "MontoTotalPagos");
	struct cla_dec sum = CLA_DEC_ZERO, value = cla_dec_parse(text);

	if (!totals)
		return; /* told by the schema */
	for (const struct cla_xml *p = cla_pagos_next(c, NULL); p; p = cla_pagos_next(c, p))
		sum = cla_dec_add(sum, cla_dec_mul(cla_cfdi_number(p, "Monto"), cla_pagos_rate(p)));
	if (!sum.ok || !value.ok) {
		cla_case_unknown(c, r, totals, CLA_STR("Monto, TipoCambioP, MontoTotalPagos"));
		return;
	}
	if (!cla_dec_eq(cla_dec_round(sum, 2), value)) {
		char due[CLA_DEC_TEXT];
		cla_case_fail(c, r, totals, "MontoTotalPagos",
			      cla_case_text(c, "%s", cla_dec_format(cla_dec_round(sum, 2), due)),
			      text);
	}
}

static void check_form(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	if (cla_str_eqc(cla_xml_attr(pay, "FormaDePagoP"), "99"))
		cla_case_fail(c, r, pay, "FormaDePagoP", CLA_STR_NONE, CLA_STR("99"));
}
EACH_PAYMENT(form_is_known, check_form)

static void check_currency(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	if (cla_str_eqc(cla_xml_attr(pay, "MonedaP"), "XXX"))
		cla_case_fail(c, r, pay, "MonedaP", CLA_STR_NONE, CLA_STR("XXX"));
}
EACH_PAYMENT(currency_is_real, check_currency)

static void check_foreign_rate(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_xml *pay)
{
	struct cla_str currency = cla_xml_attr(pay, "MonedaP");

	if (!cla_str_absent(currency) && !cla_str_eqc(currency, "MXN") &&
	    cla_str_absent(cla_xml_attr(pay, "TipoCambioP")))
		cla_case_fail(c, r, pay, "TipoCambioP", CLA_STR_NONE, CLA_STR_NONE);
}
EACH_PAYMENT(rate_of_foreign, check_foreign_rate)

static void check_peso_rate(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	struct cla_str rate = cla_xml_attr(pay, "TipoCambioP");

	if (!cla_str_eqc(cla_xml_attr(pay, "MonedaP"), "MXN"))
		return;
	if (is_10(c) ? !cla_str_absent(rate) : !cla_dec_eq(cla_dec_parse(rate), cla_dec_from(1, 0)))
		cla_case_fail(c, r, pay, "TipoCambioP", is_10(c) ? CLA_STR_NONE : CLA_STR("1"),
			      rate);
}
EACH_PAYMENT(rate_of_peso, check_peso_rate)

/* a / b cut to twelve decimals. */
static struct cla_dec divide(struct cla_dec a, struct cla_dec b)
{
	struct cla_dec q = { 0, 12, false };
	__int128 units = a.units;

	if (!a.ok || !b.ok || b.units <= 0)
		return q;
	for (int digits = 12 + b.scale - a.scale; digits > 0; digits--) {
		if (__builtin_mul_overflow(units, (__int128)10, &units))
			return q;
	}
	q.units = units / b.units;
	q.ok = true;
	return q;
}

static struct cla_dec half_unit(struct cla_dec d)
{
	return cla_dec_from(5, d.scale + 1);
}

static bool same_currency(const struct cla_xml *document)
{
	return cla_str_eq(cla_xml_attr(document, "MonedaDR"),
			  cla_xml_attr(cla_xml_parent(document), "MonedaP"));
}

void cla_pagos_convert(const struct cla_xml *document, struct cla_dec amount, struct cla_dec *low,
		       struct cla_dec *high)
{
	struct cla_str rate = cla_xml_attr(document, "EquivalenciaDR");

	if (same_currency(document)) {
		*low = cla_dec_add(*low, amount);
		*high = cla_dec_add(*high, amount);
		return;
	}
	if (cla_str_absent(rate))
		rate = cla_xml_attr(document, "TipoCambioDR"); /* its name in 1.0 */
	struct cla_dec by = cla_dec_parse(rate);
	*low = cla_dec_add(*low, divide(cla_dec_sub(amount, half_unit(amount)),
					cla_dec_add(by, half_unit(by))));
	*high = cla_dec_add(*high, divide(cla_dec_add(amount, half_unit(amount)),
					  cla_dec_sub(by, half_unit(by))));
}

/* What the documents of a payment were paid with, at least and at most. */
static void sum_documents(const struct cla_case *c, const struct cla_xml *pay, struct cla_dec *low,
			  struct cla_dec *high)
{
	*low = *high = CLA_DEC_ZERO;
	for (const struct cla_xml *d = cla_pagos_next_document(pay, NULL); d;
	     d = cla_pagos_next_document(pay, d)) {
		/* 1.0 lets it out when the payment is for one document alone */
		if (!is_10(c) || !cla_str_absent(cla_xml_attr(d, "ImpPagado")))
			cla_pagos_convert(d, cla_cfdi_number(d, "ImpPagado"), low, high);
	}
}

static void check_documents(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	struct cla_dec low, high, amount = cla_cfdi_number(pay, "Monto");
	int decimals = cla_cfdi_currency_decimals(cla_xml_attr(pay, "MonedaP"));

	sum_documents(c, pay, &low, &high);
	if (!low.ok || !amount.ok || decimals < 0) {
		cla_case_unknown(c, r, pay, CLA_STR("Monto, ImpPagado, EquivalenciaDR"));
		return;
	}
	low = cla_dec_trunc(low, decimals);
	if (cla_dec_cmp(low, amount) > 0) {
		char text[CLA_DEC_TEXT];
		cla_case_fail(c, r, pay, "Monto",
			      cla_case_text(c, "%s..", cla_dec_format(low, text)),
			      cla_xml_attr(pay, "Monto"));
	}
}
EACH_PAYMENT(documents_within_payment, check_documents)

/* Between currencies a payment is neither below nor above what its documents may come to. */
static void check_margins(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	const struct cla_xml *d = cla_pagos_next_document(pay, NULL);
	struct cla_dec low, high, amount = cla_cfdi_number(pay, "Monto");
	int decimals = cla_cfdi_currency_decimals(cla_xml_attr(pay, "MonedaP"));
	char least[CLA_DEC_TEXT], most[CLA_DEC_TEXT];

	while (d && same_currency(d))
		d = cla_pagos_next_document(pay, d);
	if (!d)
		return;
	sum_documents(c, pay, &low, &high);
	if (!low.ok || !high.ok || !amount.ok || decimals < 0) {
		cla_case_unknown(c, r, pay, CLA_STR("Monto, ImpPagado, EquivalenciaDR"));
		return;
	}
	low = cla_dec_trunc(low, decimals);
	high = cla_dec_up(high, decimals);
	if (cla_dec_cmp(low, amount) > 0 || cla_dec_cmp(amount, high) > 0)
		cla_case_fail(c, r, pay, "Monto",
			      cla_case_text(c, "%s..%s", cla_dec_format(low, least),
					    cla_dec_format(high, most)),
			      cla_xml_attr(pay, "Monto"));
}
EACH_PAYMENT(foreign_within_margins, check_margins)

static void check_amount(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	cla_cfdi_check_positive(c, r, pay, "Monto", cla_cfdi_number(pay, "Monto"));
}
EACH_PAYMENT(amount_positive, check_amount)

static void check_amount_decimals(struct cla_case *c, const struct cla_rule *r,
				  const struct cla_xml *pay)
{
	cla_cfdi_check_decimals(c, r, pay, "Monto",
				cla_cfdi_currency_decimals(cla_xml_attr(pay, "MonedaP")),
				"MonedaP");
}
EACH_PAYMENT(amount_decimals, check_amount_decimals)

/*
 * Accounts
 */

/* An attribute that goes only with some forms of payment. */
static void check_allowed(struct cla_case *c, const struct cla_rule *r, const char *attr,
			  const char *forms)
{
	for (const struct cla_xml *p = cla_pagos_next(c, NULL); p; p = cla_pagos_next(c, p)) {
		if (!cla_str_absent(cla_xml_attr(p, attr)) &&
		    !cla_cfdi_one_of(p, "FormaDePagoP", forms))
			cla_case_fail(c, r, p, attr, cla_str_from(forms),
				      cla_xml_attr(p, "FormaDePagoP"));
	}
}

void cla_pagos_payer_bank_allowed(struct cla_case *c, const struct cla_rule *r)
{
	check_allowed(c, r, "RfcEmisorCtaOrd", BANKED);
}

void cla_pagos_payer_account_allowed(struct cla_case *c, const struct cla_rule *r)
{
	check_allowed(c, r, "CtaOrdenante", BANKED);
}

void cla_pagos_payee_bank_allowed(struct cla_case *c, const struct cla_rule *r)
{
	check_allowed(c, r, "RfcEmisorCtaBen", TO_ACCOUNT);
}

void cla_pagos_payee_account_allowed(struct cla_case *c, const struct cla_rule *r)
{
	check_allowed(c, r, "CtaBeneficiario", TO_ACCOUNT);
}

void cla_pagos_chain_allowed(struct cla_case *c, const struct cla_rule *r)
{
	check_allowed(c, r, "TipoCadPago", TRANSFER);
}

static void check_payer(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	cla_cfdi_check_rfc(c, r, pay, "RfcEmisorCtaOrd", true);
}
EACH_PAYMENT(payer_is_valid, check_payer)

static void check_bank_name(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay)
{
	if (cla_str_eqc(cla_xml_attr(pay, "RfcEmisorCtaOrd"), "XEXX010101000") &&
	    cla_str_absent(cla_xml_attr(pay, "NomBancoOrdExt")))
		cla_case_fail(c, r, pay, "NomBancoOrdExt", CLA_STR_NONE, CLA_STR_NONE);
}
EACH_PAYMENT(payer_bank_named, check_bank_name)

/* Lengths of accounts by form of payment. No lengths: 10 to 50 capital letters, digits and _, as
 * the schema has it. */
static const struct account {
	const char *form, *payer, *payee;
} accounts[] = {
	{ "02", "11 18", NULL }, { "03", "10 16 18", "10 18" }, { "04", "16", NULL },
	{ "06", "10", NULL },	 { "28", "16", NULL },		{ "29", "15 16", NULL },
};

static bool account_fits(struct cla_case *c, struct cla_str account, const char *lengths)
{
	if (!lengths)
		return account.len >= 10 && account.len <= 50;
	return cla_str_digits(account) &&
	       cla_has_word(cla_str_from(lengths), ' ', cla_case_text(c, "%zu", account.len));
}

static void check_account(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *pay,
			  const char *attr, bool payer)
{
	struct cla_str account = cla_xml_attr(pay, attr);

	for (size_t i = 0; i < CLA_LEN(accounts) && !cla_str_absent(account); i++) {
		const char *lengths = payer ? accounts[i].payer : accounts[i].payee;
		if (cla_cfdi_one_of(pay, "FormaDePagoP", accounts[i].form) &&
		    !account_fits(c, account, lengths))
			cla_case_fail(c, r, pay, attr, cla_str_from(lengths), account);
	}
}

static void check_payer_account(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *pay)
{
	check_account(c, r, pay, "CtaOrdenante", true);
}
EACH_PAYMENT(payer_account_form, check_payer_account)

static void check_payee_account(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *pay)
{
	check_account(c, r, pay, "CtaBeneficiario", false);
}
EACH_PAYMENT(payee_account_form, check_payee_account)

/* What proves a transfer: the type, and with it certificate, text and seal. */
static const struct chain {
	const char *rule, *attr;
} chains[] = {
	{ "pagos.chain-cert", "CertPago" },   { "pagos.chain-cert-alone", "CertPago" },
	{ "pagos.chain-cad", "CadPago" },     { "pagos.chain-cad-alone", "CadPago" },
	{ "pagos.chain-sello", "SelloPago" }, { "pagos.chain-sello-alone", "SelloPago" },
};

static void check_chain(struct cla_case *c, const struct cla_rule *r, bool alone)
{
	size_t i = 0;

	while (i < CLA_LEN(chains) && strcmp(chains[i].rule, r->id) != 0)
		i++;
	for (const struct cla_xml *p = i < CLA_LEN(chains) ? cla_pagos_next(c, NULL) : NULL; p;
	     p = cla_pagos_next(c, p)) {
		bool typed = !cla_str_absent(cla_xml_attr(p, "TipoCadPago"));
		bool there = !cla_str_absent(cla_xml_attr(p, chains[i].attr));
		if (typed != there && there == alone)
			cla_case_fail(c, r, p, alone ? "TipoCadPago" : chains[i].attr, CLA_STR_NONE,
				      CLA_STR_NONE);
	}
}

void cla_pagos_chain_complete(struct cla_case *c, const struct cla_rule *r)
{
	check_chain(c, r, false);
}

void cla_pagos_chain_alone(struct cla_case *c, const struct cla_rule *r)
{
	check_chain(c, r, true);
}

/*
 * A document paid
 */

static void each_document(struct cla_case *c, const struct cla_rule *r, payment_fn *fn)
{
	for (const struct cla_xml *p = cla_pagos_next(c, NULL); p; p = cla_pagos_next(c, p)) {
		for (const struct cla_xml *d = cla_pagos_next_document(p, NULL); d;
		     d = cla_pagos_next_document(p, d))
			fn(c, r, d);
	}
}

#define EACH_DOCUMENT(rule, check)                                                                 \
	void cla_pagos_##rule(struct cla_case *c, const struct cla_rule *r)                        \
	{                                                                                          \
		each_document(c, r, check);                                                        \
	}

static void check_document_currency(struct cla_case *c, const struct cla_rule *r,
				    const struct cla_xml *d)
{
	if (cla_str_eqc(cla_xml_attr(d, "MonedaDR"), "XXX"))
		cla_case_fail(c, r, d, "MonedaDR", CLA_STR_NONE, CLA_STR("XXX"));
}
EACH_DOCUMENT(document_currency_real, check_document_currency)

static void check_document_rate(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *d)
{
	const char *attr = is_10(c) ? "TipoCambioDR" : "EquivalenciaDR";

	if (!same_currency(d) && cla_str_absent(cla_xml_attr(d, attr)))
		cla_case_fail(c, r, d, attr, CLA_STR_NONE, CLA_STR_NONE);
}
EACH_DOCUMENT(document_rate_of_foreign, check_document_rate)

static void check_same_rate(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	struct cla_str rate = cla_xml_attr(d, "EquivalenciaDR");

	if (same_currency(d) && !cla_dec_eq(cla_dec_parse(rate), cla_dec_from(1, 0)))
		cla_case_fail(c, r, d, "EquivalenciaDR", CLA_STR("1"), rate);
}
EACH_DOCUMENT(document_rate_of_same, check_same_rate)

static void check_rate_10(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	if (is_10(c) && same_currency(d))
		cla_cfdi_refuse(c, r, d, "TipoCambioDR");
}
EACH_DOCUMENT(document_rate_absent, check_rate_10)

/* In 1.0 what an instalment was paid with may be left out, but not of one that is deferred; nor the
 * amount where there are several documents or currencies. */
static const struct told {
	const char *rule, *attr;
	bool deferred;
} told[] = {
	{ "pagos.instalment-10", "NumParcialidad", true },
	{ "pagos.balance-before-10", "ImpSaldoAnt", true },
	{ "pagos.paid-10", "ImpPagado", false },
	{ "pagos.balance-10", "ImpSaldoInsoluto", true },
};

static void check_told(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	const struct cla_xml *payment = cla_xml_parent(d);
	size_t i = 0;

	while (i < CLA_LEN(told) && strcmp(told[i].rule, r->id) != 0)
		i++;
	if (i == CLA_LEN(told) || !is_10(c))
		return;
	bool several =
		cla_pagos_next_document(payment, cla_pagos_next_document(payment, NULL)) != NULL;
	if (told[i].deferred ? cla_cfdi_one_of(d, "MetodoDePagoDR", "PPD")
			     : several || cla_cfdi_has(d, "TipoCambioDR"))
		cla_cfdi_require(c, r, d, told[i].attr);
}
EACH_DOCUMENT(instalment_told, check_told)

/* The amount that a rule is about: named by its id. */
static const char *amount_of(const struct cla_rule *r)
{
	if (strstr(r->id, "balance-before"))
		return "ImpSaldoAnt";
	return strstr(r->id, "balance") ? "ImpSaldoInsoluto" : "ImpPagado";
}

/* In 1.0 the amounts of a document may be left out. */
static bool may_lack(const struct cla_case *c, const struct cla_xml *d, const char *attr)
{
	return is_10(c) && cla_str_absent(cla_xml_attr(d, attr));
}

static void check_document_positive(struct cla_case *c, const struct cla_rule *r,
				    const struct cla_xml *d)
{
	if (!may_lack(c, d, amount_of(r)))
		cla_cfdi_check_positive(c, r, d, amount_of(r), cla_cfdi_number(d, amount_of(r)));
}
EACH_DOCUMENT(document_positive, check_document_positive)

static void check_document_decimals(struct cla_case *c, const struct cla_rule *r,
				    const struct cla_xml *d)
{
	if (!may_lack(c, d, amount_of(r)))
		cla_cfdi_check_decimals(c, r, d, amount_of(r),
					cla_cfdi_currency_decimals(cla_xml_attr(d, "MonedaDR")),
					"MonedaDR");
}
EACH_DOCUMENT(document_decimals, check_document_decimals)

static void check_balance(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	struct cla_dec after = cla_cfdi_number(d, "ImpSaldoInsoluto"),
		       due = cla_dec_sub(cla_cfdi_number(d, "ImpSaldoAnt"),
					 cla_cfdi_number(d, "ImpPagado"));

	if (may_lack(c, d, "ImpSaldoInsoluto") || may_lack(c, d, "ImpSaldoAnt") ||
	    may_lack(c, d, "ImpPagado"))
		return;
	if (!after.ok || !due.ok) {
		cla_case_unknown(c, r, d, CLA_STR("ImpSaldoAnt, ImpPagado, ImpSaldoInsoluto"));
		return;
	}
	if (!cla_dec_eq(after, due) || cla_dec_sign(after) < 0) {
		char text[CLA_DEC_TEXT];
		cla_case_fail(c, r, d, "ImpSaldoInsoluto",
			      cla_case_text(c, "%s", cla_dec_format(due, text)),
			      cla_xml_attr(d, "ImpSaldoInsoluto"));
	}
}
EACH_DOCUMENT(balance_adds_up, check_balance)

/*
 * What ObjetoImpDR asks of the taxes of a document
 */

static void check_tax_object(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	cla_cfdi_check_dated(c, r, "c_ObjetoImp.tsv", 1, d, "ObjetoImpDR");
}
EACH_DOCUMENT(tax_object_listed, check_tax_object)

static void check_taxes_there(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	if (cla_cfdi_one_of(d, "ObjetoImpDR", "02") && !cla_cfdi_child(d, "ImpuestosDR"))
		cla_case_fail(c, r, d, NULL, CLA_STR("ImpuestosDR"), CLA_STR_NONE);
}
EACH_DOCUMENT(taxes_required, check_taxes_there)

static void check_taxes_not(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	if (cla_cfdi_one_of(d, "ObjetoImpDR", "01 03 04 05") && cla_cfdi_child(d, "ImpuestosDR"))
		cla_case_fail(c, r, d, NULL, CLA_STR_NONE, cla_xml_attr(d, "ObjetoImpDR"));
}
EACH_DOCUMENT(taxes_forbidden, check_taxes_not)

/* The first tax of a document that is one of these, in the group (NULL: in either). */
static const struct cla_xml *find_tax(const struct cla_xml *d, const char *group, const char *taxes)
{
	const struct cla_xml *top = cla_cfdi_child(d, "ImpuestosDR");

	for (const struct cla_xml *el = top; el; el = cla_xml_walk(top, el)) {
		if (cla_cfdi_one_of(el, "ImpuestoDR", taxes) &&
		    (!group || cla_xml_is(cla_xml_parent(el), NULL, group)))
			return el;
	}
	return NULL;
}

static void check_06_08(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	const struct cla_xml *tax = find_tax(d, NULL, "002 003");

	if (cla_cfdi_one_of(d, "ObjetoImpDR", "06 08") && tax)
		cla_case_fail(c, r, tax, "ImpuestoDR", CLA_STR("001"),
			      cla_xml_attr(tax, "ImpuestoDR"));
}
EACH_DOCUMENT(taxes_of_06_08, check_06_08)

static void check_07(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	const struct cla_xml *iva = find_tax(d, NULL, "002");

	if (!cla_cfdi_one_of(d, "ObjetoImpDR", "07"))
		return;
	if (iva)
		cla_case_fail(c, r, iva, "ImpuestoDR", CLA_STR("003"), CLA_STR("002"));
	else if (!find_tax(d, "TrasladosDR", "003"))
		cla_case_fail(c, r, d, NULL, CLA_STR("TrasladoDR 003"), CLA_STR_NONE);
}
EACH_DOCUMENT(taxes_of_07, check_07)

static void check_taxes_hold(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *d)
{
	const struct cla_xml *taxes = cla_cfdi_child(d, "ImpuestosDR");

	if (taxes && !cla_xml_child(cla_xml_child(taxes)))
		cla_case_fail(c, r, taxes, NULL, CLA_STR_NONE, CLA_STR_NONE);
}
EACH_DOCUMENT(document_taxes_hold, check_taxes_hold)
