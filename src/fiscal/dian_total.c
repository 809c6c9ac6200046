/* dian_total.c - the arithmetic of a bill: lines, taxes and totals.
 *
 * DIAN rejects what differs; how far rounding may go is told in several ways, so a difference up to
 * 2.00 is warned of and a greater one fails.
 */
#include "fiscal/dian.h"

static struct cla_dec amount(const struct cla_xml *el)
{
	return cla_dec_parse(cla_str_trim(cla_xml_text(el)));
}

/* An amount that may be left out, and is then 0. */
static struct cla_dec amount_or_zero(const struct cla_xml *totals, const char *name)
{
	const struct cla_xml *el = cla_dian_find(totals, name);

	return el ? amount(el) : CLA_DEC_ZERO;
}

static enum cla_verdict severity_of(const struct cla_rule *r, struct cla_dec difference)
{
	return cla_dec_cmp(cla_dec_abs(difference), cla_dec_from(200, 2)) > 0 ? r->severity
									      : CLA_VERDICT_WARN;
}

static void expect(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		   struct cla_dec due)
{
	struct cla_dec difference = cla_dec_sub(amount(el), due);
	char text[CLA_DEC_TEXT];

	if (!difference.ok)
		cla_case_unknown(c, r, el, cla_xml_name(el));
	else if (cla_dec_sign(difference))
		cla_case_report(c, r, severity_of(r, difference), el, NULL,
				cla_case_text(c, "%s", cla_dec_format(due, text)),
				cla_str_trim(cla_xml_text(el)));
}

static const char *line_name(const struct cla_xml *bill)
{
	if (cla_str_eqc(cla_xml_name(bill), "CreditNote"))
		return "CreditNoteLine";
	return cla_str_eqc(cla_xml_name(bill), "DebitNote") ? "DebitNoteLine" : "InvoiceLine";
}

void cla_dian_line_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill;
	const struct cla_xml *total = cla_dian_find(cla_dian_totals(bill), "LineExtensionAmount");
	const char *name = line_name(bill);
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *line = cla_xml_find(bill, NULL, name); line;
	     line = cla_xml_find_next(line, NULL, name))
		sum = cla_dec_add(sum, amount(cla_dian_find(line, "LineExtensionAmount")));
	expect(c, r, total ? total : bill, sum);
}

/* What a line is taxed on counts once; with several taxes of one line it is not told how. */
static bool base_of_line(const struct cla_xml *line, struct cla_dec *sum)
{
	const struct cla_xml *total = cla_dian_find(line, "TaxTotal");
	const struct cla_xml *part = cla_dian_find(total, "TaxSubtotal");

	if (cla_xml_find_next(total, NULL, "TaxTotal") ||
	    cla_xml_find_next(part, NULL, "TaxSubtotal"))
		return false;
	if (part)
		*sum = cla_dec_add(*sum, amount(cla_dian_find(part, "TaxableAmount")));
	return true;
}

void cla_dian_base_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill;
	const struct cla_xml *total = cla_dian_find(cla_dian_totals(bill), "TaxExclusiveAmount");
	const char *name = line_name(bill);
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *line = cla_xml_find(bill, NULL, name); line;
	     line = cla_xml_find_next(line, NULL, name)) {
		if (!base_of_line(line, &sum))
			return;
	}
	if (total)
		expect(c, r, total, sum);
}

static struct cla_dec sum_of_taxes(const struct cla_xml *bill)
{
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *tax = cla_xml_find(bill, NULL, "TaxTotal"); tax;
	     tax = cla_xml_find_next(tax, NULL, "TaxTotal"))
		sum = cla_dec_add(sum, amount(cla_dian_find(tax, "TaxAmount")));
	return sum;
}

void cla_dian_with_taxes(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill, *totals = cla_dian_totals(bill);
	const struct cla_xml *total = cla_dian_find(totals, "TaxInclusiveAmount");
	struct cla_dec lines = amount(cla_dian_find(totals, "LineExtensionAmount"));

	expect(c, r, total ? total : bill, cla_dec_add(lines, sum_of_taxes(bill)));
}

/* An advance may have been taken off or only be told. */
void cla_dian_payable(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill, *totals = cla_dian_totals(bill);
	const struct cla_xml *total = cla_dian_find(totals, "PayableAmount");
	struct cla_dec due = amount(cla_dian_find(totals, "TaxInclusiveAmount"));
	struct cla_dec paid = amount_or_zero(totals, "PrepaidAmount");

	due = cla_dec_sub(due, amount_or_zero(totals, "AllowanceTotalAmount"));
	due = cla_dec_add(due, amount_or_zero(totals, "ChargeTotalAmount"));
	due = cla_dec_add(due, amount_or_zero(totals, "PayableRoundingAmount"));
	if (!cla_dec_eq(amount(total), due))
		expect(c, r, total ? total : bill, cla_dec_sub(due, paid));
}

/* Each tax of the bill and of its lines. */
typedef void tax_fn(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax);

static void each_tax(struct cla_case *c, const struct cla_rule *r, tax_fn *fn)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill;

	for (const struct cla_xml *el = bill; el; el = cla_xml_walk(bill, el)) {
		if (cla_xml_is(el, NULL, "TaxTotal"))
			fn(c, r, el);
	}
}

static void parts_make_tax(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	const struct cla_xml *part = cla_dian_find(tax, "TaxSubtotal");
	struct cla_dec sum = CLA_DEC_ZERO;

	if (!part)
		return;
	for (; part; part = cla_xml_find_next(part, NULL, "TaxSubtotal"))
		sum = cla_dec_add(sum, amount(cla_dian_find(part, "TaxAmount")));
	expect(c, r, cla_dian_find(tax, "TaxAmount"), sum);
}

void cla_dian_tax_sum(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, parts_make_tax);
}

/* A tax by the unit has no rate. */
static void rate_makes_part(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	for (const struct cla_xml *part = cla_dian_find(tax, "TaxSubtotal"); part;
	     part = cla_xml_find_next(part, NULL, "TaxSubtotal")) {
		const struct cla_xml *rate = cla_dian_find(part, "TaxCategory/Percent");
		struct cla_dec due =
			cla_dec_mul(amount(cla_dian_find(part, "TaxableAmount")), amount(rate));

		if (!rate || cla_dian_find(part, "PerUnitAmount"))
			continue;
		due.scale += 2; /* per cent */
		due.ok = due.ok && due.scale <= CLA_DEC_MAX_SCALE;
		expect(c, r, cla_dian_find(part, "TaxAmount"), cla_dec_round(due, 2));
	}
}

void cla_dian_tax_rate(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, rate_makes_part);
}

static void sum_allowances(struct cla_case *c, const struct cla_rule *r, const char *name,
			   const char *charge)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill;
	const struct cla_xml *total = cla_dian_find(cla_dian_totals(bill), name);
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *el = cla_xml_find(bill, NULL, "AllowanceCharge"); el;
	     el = cla_xml_find_next(el, NULL, "AllowanceCharge")) {
		if (cla_str_eqc(cla_dian_text(el, "ChargeIndicator"), charge))
			sum = cla_dec_add(sum, amount(cla_dian_find(el, "Amount")));
	}
	if (total)
		expect(c, r, total, sum);
}

void cla_dian_allowances(struct cla_case *c, const struct cla_rule *r)
{
	sum_allowances(c, r, "AllowanceTotalAmount", "false");
}

void cla_dian_charges(struct cla_case *c, const struct cla_rule *r)
{
	sum_allowances(c, r, "ChargeTotalAmount", "true");
}

void cla_dian_line_count(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill;
	const struct cla_xml *count = cla_dian_find(bill, "LineCountNumeric");
	const char *name = line_name(bill);
	int64_t lines = 0;

	for (const struct cla_xml *line = cla_xml_find(bill, NULL, name); line;
	     line = cla_xml_find_next(line, NULL, name))
		lines++;
	if (count && !cla_dec_eq(amount(count), cla_dec_from(lines, 0)))
		cla_case_fail(c, r, count, NULL, cla_case_text(c, "%lld", (long long)lines),
			      cla_xml_text(count));
}

void cla_dian_currency(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *totals = cla_dian_totals(cla_dian_of(c)->bill);
	struct cla_str due = c->document->currency;

	for (const struct cla_xml *el = cla_xml_child(totals); el; el = cla_xml_sibling(el)) {
		if (!cla_str_eq(cla_xml_attr(el, "currencyID"), due))
			cla_case_fail(c, r, el, "currencyID", due, cla_xml_attr(el, "currencyID"));
	}
}
