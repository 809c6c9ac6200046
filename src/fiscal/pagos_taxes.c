/* fiscal/pagos_taxes.c - taxes in a receipt of payment (Pagos 2.0): those of each document paid
 * (…DR), their sums by payment (…P), the totals in pesos.
 *
 * A sum of a payment may lie anywhere between what the documents give, cut and rounded up at its
 * last written decimal: whether two or six decimals are rounded is disputed, and either is met.
 */
#include "fiscal/pagos.h"

#include <string.h>

static struct cla_str show(struct cla_case *c, struct cla_dec d)
{
	char text[CLA_DEC_TEXT];

	return cla_case_text(c, "%s", cla_dec_format(d, text));
}

/* Fails when the value lies outside of the limits. */
static void expect_between(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			   const char *attr, struct cla_dec low, struct cla_dec high)
{
	struct cla_dec value = cla_cfdi_number(el, attr);

	if (!value.ok || !low.ok || !high.ok)
		cla_case_unknown(c, r, el, cla_str_from(attr));
	else if (cla_dec_cmp(value, low) < 0 || cla_dec_cmp(value, high) > 0)
		cla_case_fail(c, r, el, attr,
			      cla_case_text(c, CLA_STR_FMT ".." CLA_STR_FMT,
					    CLA_STR_ARG(show(c, low)), CLA_STR_ARG(show(c, high))),
			      cla_xml_attr(el, attr));
}

/* The names of the attributes of a tax: of a document, of a payment. */
static const struct names {
	const char *base, *tax, *factor, *rate, *amount;
} of_document = { "BaseDR", "ImpuestoDR", "TipoFactorDR", "TasaOCuotaDR", "ImporteDR" },
  of_payment = { "BaseP", "ImpuestoP", "TipoFactorP", "TasaOCuotaP", "ImporteP" };

static bool is_exempt(const struct cla_xml *tax, const struct names *n)
{
	return cla_str_eqc(cla_xml_attr(tax, n->factor), "Exento");
}

typedef void tax_fn(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
		    const struct names *n);

/* First tax of a group: ImpuestosDR/TrasladosDR/TrasladoDR and the like. */
static const struct cla_xml *first_tax(const struct cla_xml *el, const char *taxes,
				       const char *group, const char *name)
{
	return cla_cfdi_child(cla_cfdi_child(cla_cfdi_child(el, taxes), group), name);
}

static const struct cla_xml *first_document_tax(const struct cla_xml *document, bool withheld)
{
	return withheld ? first_tax(document, "ImpuestosDR", "RetencionesDR", "RetencionDR")
			: first_tax(document, "ImpuestosDR", "TrasladosDR", "TrasladoDR");
}

static const struct cla_xml *first_payment_tax(const struct cla_xml *payment, bool withheld)
{
	return withheld ? first_tax(payment, "ImpuestosP", "RetencionesP", "RetencionP")
			: first_tax(payment, "ImpuestosP", "TrasladosP", "TrasladoP");
}

static void each_document_tax(struct cla_case *c, const struct cla_rule *r, bool withheld,
			      tax_fn *fn)
{
	for (const struct cla_xml *p = cla_pagos_next(c, NULL); p; p = cla_pagos_next(c, p)) {
		for (const struct cla_xml *d = cla_pagos_next_document(p, NULL); d;
		     d = cla_pagos_next_document(p, d)) {
			for (const struct cla_xml *t = first_document_tax(d, withheld); t;
			     t = cla_cfdi_next(t))
				fn(c, r, t, &of_document);
		}
	}
}

static void each_payment_tax(struct cla_case *c, const struct cla_rule *r, bool withheld,
			     tax_fn *fn)
{
	for (const struct cla_xml *p = cla_pagos_next(c, NULL); p; p = cla_pagos_next(c, p)) {
		for (const struct cla_xml *t = first_payment_tax(p, withheld); t;
		     t = cla_cfdi_next(t))
			fn(c, r, t, &of_payment);
	}
}

#define EACH_TAX(rule, over, withheld, check)                                                      \
	void cla_pagos_##rule(struct cla_case *c, const struct cla_rule *r)                        \
	{                                                                                          \
		over(c, r, withheld, check);                                                       \
	}

/*
 * One tax
 */

static void check_base(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
		       const struct names *n)
{
	cla_cfdi_check_positive(c, r, tax, n->base, cla_cfdi_number(tax, n->base));
}
EACH_TAX(withheld_base, each_document_tax, true, check_base)
EACH_TAX(transfer_base, each_document_tax, false, check_base)

static void check_tax(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
		      const struct names *n)
{
	cla_cfdi_check_words(c, r, tax, n->tax, "001 002 003");
}
EACH_TAX(withheld_tax, each_document_tax, true, check_tax)
EACH_TAX(transfer_tax, each_document_tax, false, check_tax)
EACH_TAX(p_withheld_tax, each_payment_tax, true, check_tax)
EACH_TAX(p_transfer_tax, each_payment_tax, false, check_tax)

static void check_factor(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			 const struct names *n)
{
	cla_cfdi_check_words(c, r, tax, n->factor, "Tasa Cuota Exento");
}
EACH_TAX(withheld_factor, each_document_tax, true, check_factor)
EACH_TAX(transfer_factor, each_document_tax, false, check_factor)

static void refuse_exempt(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			  const struct names *n)
{
	if (is_exempt(tax, n))
		cla_case_fail(c, r, tax, n->factor, CLA_STR("Tasa"), CLA_STR("Exento"));
}
EACH_TAX(withheld_not_exempt, each_document_tax, true, refuse_exempt)

static void check_rate(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
		       const struct names *n, bool withheld)
{
	struct cla_str text = cla_xml_attr(tax, n->rate);

	if (cla_str_absent(text) || is_exempt(tax, n))
		return;
	enum cla_cfdi_rate state =
		cla_cfdi_rate(c, cla_xml_attr(tax, n->tax), cla_xml_attr(tax, n->factor),
			      cla_dec_parse(text), withheld);
	if (state != CLA_CFDI_RATE_LISTED)
		cla_case_report(c, r,
				state == CLA_CFDI_RATE_OUTDATED ? CLA_VERDICT_WARN : r->severity,
				tax, n->rate, CLA_STR_NONE, text);
}

static void check_transfer_rate(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *tax, const struct names *n)
{
	check_rate(c, r, tax, n, false);
}
EACH_TAX(transfer_rate, each_document_tax, false, check_transfer_rate)
EACH_TAX(p_transfer_rate, each_payment_tax, false, check_transfer_rate)

static void check_withheld_rate(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *tax, const struct names *n)
{
	check_rate(c, r, tax, n, true);
}
EACH_TAX(withheld_rate, each_document_tax, true, check_withheld_rate)

static void check_exempt(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			 const struct names *n)
{
	const char *const attrs[] = { n->rate, n->amount };

	for (size_t i = 0; i < CLA_LEN(attrs) && is_exempt(tax, n); i++) {
		struct cla_str text = cla_xml_attr(tax, attrs[i]);
		if (!cla_str_absent(text))
			cla_case_fail(c, r, tax, attrs[i], CLA_STR_NONE, text);
	}
}
EACH_TAX(transfer_exempt, each_document_tax, false, check_exempt)
EACH_TAX(p_exempt, each_payment_tax, false, check_exempt)

static void check_rated(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			const struct names *n)
{
	const char *const attrs[] = { n->rate, n->amount };

	for (size_t i = 0; i < CLA_LEN(attrs) && !is_exempt(tax, n); i++) {
		if (cla_str_absent(cla_xml_attr(tax, attrs[i])))
			cla_case_fail(c, r, tax, attrs[i], CLA_STR_NONE, CLA_STR_NONE);
	}
}
EACH_TAX(transfer_rated, each_document_tax, false, check_rated)

static void check_limits(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			 const struct names *n)
{
	struct cla_dec amount = cla_cfdi_number(tax, n->amount), low, high;

	/* What is missing is the business of the rules above. */
	if (is_exempt(tax, n) || cla_str_absent(cla_xml_attr(tax, n->amount)) ||
	    cla_str_absent(cla_xml_attr(tax, n->rate)))
		return;
	cla_cfdi_tax_limits(cla_cfdi_number(tax, n->base), cla_cfdi_number(tax, n->rate),
			    amount.scale, &low, &high);
	expect_between(c, r, tax, n->amount, low, high);
}
EACH_TAX(withheld_amount, each_document_tax, true, check_limits)
EACH_TAX(transfer_amount, each_document_tax, false, check_limits)

/*
 * Sums by payment
 */

/* Whether two taxes are of one kind: withholdings by tax alone, transfers by factor and rate too.
 * Rates are compared as numbers. */
static bool same_kind(const struct cla_xml *a, const struct names *a_names, const struct cla_xml *b,
		      const struct names *b_names, bool withheld)
{
	if (!cla_str_eq(cla_xml_attr(a, a_names->tax), cla_xml_attr(b, b_names->tax)))
		return false;
	if (withheld)
		return true;
	if (!cla_str_eq(cla_xml_attr(a, a_names->factor), cla_xml_attr(b, b_names->factor)))
		return false;
	return is_exempt(a, a_names) ||
	       cla_dec_eq(cla_cfdi_number(a, a_names->rate), cla_cfdi_number(b, b_names->rate));
}

/* There are less than a hundred kinds of taxes; what is compared among more is not worth the time.
 * Tells whether the group of the tax has more, once for a group. */
#define MOST_TAXES 100
static bool too_many(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	const struct cla_xml *group = cla_xml_parent(tax), *el = cla_xml_child(group);
	size_t count = 0;

	for (; el && count <= MOST_TAXES; el = cla_xml_sibling(el))
		count++;
	if (count > MOST_TAXES && tax == cla_xml_child(group))
		cla_case_unknown(c, r, group, cla_xml_name(tax));
	return count > MOST_TAXES;
}

static void check_twice(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			bool withheld)
{
	if (too_many(c, r, tax))
		return;
	for (const struct cla_xml *t = cla_cfdi_next(tax); t; t = cla_cfdi_next(t)) {
		if (same_kind(tax, &of_payment, t, &of_payment, withheld)) {
			cla_case_fail(c, r, t, of_payment.tax, CLA_STR_NONE,
				      cla_xml_attr(t, of_payment.tax));
			return;
		}
	}
}

static void check_withheld_once(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *tax, const struct names *n CLA_UNUSED)
{
	check_twice(c, r, tax, true);
}
EACH_TAX(p_withheld_once, each_payment_tax, true, check_withheld_once)

static void check_transfer_once(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *tax, const struct names *n CLA_UNUSED)
{
	check_twice(c, r, tax, false);
}
EACH_TAX(p_transfer_once, each_payment_tax, false, check_transfer_once)

/* An amount of a payment's tax against what its documents have of the kind. */
static void check_sum(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
		      bool withheld, bool base)
{
	const struct cla_xml *payment = cla_xml_parent(cla_xml_parent(cla_xml_parent(tax)));
	const char *attr = base ? of_payment.base : of_payment.amount;
	struct cla_dec value = cla_cfdi_number(tax, attr), low = CLA_DEC_ZERO, high = CLA_DEC_ZERO;

	if (too_many(c, r, tax))
		return;
	for (const struct cla_xml *d = cla_pagos_next_document(payment, NULL); d;
	     d = cla_pagos_next_document(payment, d)) {
		for (const struct cla_xml *t = first_document_tax(d, withheld); t;
		     t = cla_cfdi_next(t)) {
			if (same_kind(tax, &of_payment, t, &of_document, withheld))
				cla_pagos_convert(d,
						  cla_cfdi_number(t, base ? of_document.base
									  : of_document.amount),
						  &low, &high);
		}
	}
	expect_between(c, r, tax, attr, cla_dec_trunc(low, value.scale),
		       cla_dec_up(high, value.scale));
}

static void check_withheld_sum(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_xml *tax, const struct names *n CLA_UNUSED)
{
	check_sum(c, r, tax, true, false);
}
EACH_TAX(p_withheld_sum, each_payment_tax, true, check_withheld_sum)

static void check_base_sum(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			   const struct names *n)
{
	if (!is_exempt(tax, n))
		check_sum(c, r, tax, false, true);
}
EACH_TAX(p_base_sum, each_payment_tax, false, check_base_sum)

static void check_exempt_sum(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_xml *tax, const struct names *n)
{
	if (is_exempt(tax, n))
		check_sum(c, r, tax, false, true);
}
EACH_TAX(p_exempt_sum, each_payment_tax, false, check_exempt_sum)

static void check_transfer_sum(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_xml *tax, const struct names *n)
{
	if (!is_exempt(tax, n) && !cla_str_absent(cla_xml_attr(tax, n->amount)))
		check_sum(c, r, tax, false, false);
}
EACH_TAX(p_transfer_sum, each_payment_tax, false, check_transfer_sum)

/*
 * Totals, in pesos
 */

enum kind { WITHHELD, BASE, TAX };

static const struct total {
	const char *rule, *attr, *tax;
	const char *factor, *rate; /* NULL: any */
	enum kind kind;
} totals[] = {
	{ "pagos.total-withheld-iva", "TotalRetencionesIVA", "002", NULL, NULL, WITHHELD },
	{ "pagos.total-withheld-isr", "TotalRetencionesISR", "001", NULL, NULL, WITHHELD },
	{ "pagos.total-withheld-ieps", "TotalRetencionesIEPS", "003", NULL, NULL, WITHHELD },
	{ "pagos.total-base-16", "TotalTrasladosBaseIVA16", "002", "Tasa", "0.16", BASE },
	{ "pagos.total-tax-16", "TotalTrasladosImpuestoIVA16", "002", "Tasa", "0.16", TAX },
	{ "pagos.total-base-8", "TotalTrasladosBaseIVA8", "002", "Tasa", "0.08", BASE },
	{ "pagos.total-tax-8", "TotalTrasladosImpuestoIVA8", "002", "Tasa", "0.08", TAX },
	{ "pagos.total-base-0", "TotalTrasladosBaseIVA0", "002", "Tasa", "0", BASE },
	{ "pagos.total-tax-0", "TotalTrasladosImpuestoIVA0", "002", "Tasa", "0", TAX },
	{ "pagos.total-base-exempt", "TotalTrasladosBaseIVAExento", "002", "Exento", NULL, BASE },
};

static bool is_of_total(const struct cla_xml *tax, const struct total *t)
{
	return cla_str_eqc(cla_xml_attr(tax, of_payment.tax), t->tax) &&
	       (!t->factor || cla_str_eqc(cla_xml_attr(tax, of_payment.factor), t->factor)) &&
	       (!t->rate || cla_dec_eq(cla_cfdi_number(tax, of_payment.rate),
				       cla_dec_parse(cla_str_from(t->rate))));
}

static const struct cla_xml *totals_of(const struct cla_case *c)
{
	return cla_cfdi_child(cla_cfdi_of(c)->payments, "Totales");
}

/* What the taxes of all payments give for a total; not ok when an amount cannot be read. */
static struct cla_dec sum_of(const struct cla_case *c, const struct total *t)
{
	const char *attr = t->kind == BASE ? of_payment.base : of_payment.amount;
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *p = cla_pagos_next(c, NULL); p; p = cla_pagos_next(c, p)) {
		for (const struct cla_xml *tax = first_payment_tax(p, t->kind == WITHHELD); tax;
		     tax = cla_cfdi_next(tax)) {
			if (is_of_total(tax, t))
				sum = cla_dec_add(sum, cla_dec_mul(cla_cfdi_number(tax, attr),
								   cla_pagos_rate(p)));
		}
	}
	return cla_dec_round(sum, 2);
}

void cla_pagos_total_is_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = totals_of(c);
	size_t i = 0;

	while (i < CLA_LEN(totals) && strcmp(totals[i].rule, r->id) != 0)
		i++;
	/* whether it has to be there is a rule of its own */
	if (i < CLA_LEN(totals) && !cla_str_absent(cla_xml_attr(el, totals[i].attr))) {
		struct cla_dec sum = sum_of(c, &totals[i]);
		expect_between(c, r, el, totals[i].attr, sum, sum);
	}
}

/* A tax of a payment whose total has to be there and is not. */
static void check_total(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			enum kind kind)
{
	const struct cla_xml *el = totals_of(c);

	for (size_t i = 0; i < CLA_LEN(totals); i++) {
		if (totals[i].kind == kind && is_of_total(tax, &totals[i]) &&
		    cla_str_absent(cla_xml_attr(el, totals[i].attr)))
			cla_case_fail(c, r, el ? el : tax, el ? totals[i].attr : NULL,
				      cla_str_from(totals[i].attr), CLA_STR_NONE);
	}
}

static void check_withheld_total(struct cla_case *c, const struct cla_rule *r,
				 const struct cla_xml *tax, const struct names *n CLA_UNUSED)
{
	check_total(c, r, tax, WITHHELD);
}
EACH_TAX(p_withheld_total, each_payment_tax, true, check_withheld_total)

static void check_base_total(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_xml *tax, const struct names *n CLA_UNUSED)
{
	check_total(c, r, tax, BASE);
}
EACH_TAX(p_base_total, each_payment_tax, false, check_base_total)

static void check_tax_total(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax,
			    const struct names *n CLA_UNUSED)
{
	check_total(c, r, tax, TAX);
}
EACH_TAX(p_tax_total, each_payment_tax, false, check_tax_total)
