/* fiscal/cfdi_totals.c - arithmetic of a CFDI 4.0, exact on the digits as written.
 *
 * Sums are equal when they agree after rounding half up to the currency's decimals. The amount of a
 * line and of a tax may lie anywhere between the limits that the unwritten half units of its
 * factors allow. An amount that cannot be read makes the rule `unknown`: whether it had to be
 * readable is the schema's question.
 */
#include "fiscal/cfdi.h"

#include "base/file.h"
#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

static cla_rule_fn subtotal_decimals, subtotal_is_sum, subtotal_is_zero;
static cla_rule_fn discount_in_range, discount_is_sum, discount_decimals;
static cla_rule_fn total_has_form, total_decimals, total_adds_up;
static cla_rule_fn unit_value_positive, amount_in_limits, line_discount_in_range;
static cla_rule_fn exempt_has_no_rate, transfer_has_rate, transfer_in_limits, withholding_in_limits;
static cla_rule_fn withholding_not_exempt, withheld_amount_has_total, withheld_total,
	transferred_total, withheld_total_present, transferred_total_present;
static cla_rule_fn withholdings_match, transfer_bases_match, exempt_bases_match, transfers_match;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("cfdi.subtotal-decimals", "CFDI40107", TOTALS, FAIL, subtotal_decimals,
		      "SubTotal has more decimals than the currency.",
		      "SubTotal tiene más decimales que la moneda.",
		      "SubTotal tem mais casas decimais que a moeda."),
	CLA_CFDI_RULE("cfdi.subtotal", "CFDI40108", TOTALS, FAIL, subtotal_is_sum,
		      "SubTotal is not the sum of the lines.",
		      "SubTotal no es la suma de los conceptos.",
		      "SubTotal não é a soma dos itens."),
	CLA_CFDI_RULE("cfdi.subtotal-zero", "CFDI40109", TOTALS, FAIL, subtotal_is_zero,
		      "SubTotal must be zero for types T and P.",
		      "SubTotal debe ser cero en los tipos T y P.",
		      "SubTotal deve ser zero nos tipos T e P."),
	CLA_CFDI_RULE("cfdi.discount-range", "CFDI40110", TOTALS, FAIL, discount_in_range,
		      "Descuento is greater than SubTotal.", "Descuento es mayor que SubTotal.",
		      "Descuento é maior que SubTotal."),
	CLA_CFDI_RULE("cfdi.discount", "CFDI40111", TOTALS, FAIL, discount_is_sum,
		      "Descuento is not the sum of the lines' discounts.",
		      "Descuento no es la suma de los descuentos de los conceptos.",
		      "Descuento não é a soma dos descontos dos itens."),
	CLA_CFDI_RULE("cfdi.discount-decimals", "CFDI40112", TOTALS, FAIL, discount_decimals,
		      "Descuento has more decimals than the currency.",
		      "Descuento tiene más decimales que la moneda.",
		      "Descuento tem mais casas decimais que a moeda."),
	CLA_CFDI_RULE("cfdi.total-form", NULL, TOTALS, FAIL, total_has_form,
		      "Total is not an unsigned decimal number.",
		      "Total no es un número decimal sin signo.",
		      "Total não é um número decimal sem sinal."),
	CLA_CFDI_RULE("cfdi.total-decimals", NULL, TOTALS, FAIL, total_decimals,
		      "Total has more decimals than the currency.",
		      "Total tiene más decimales que la moneda.",
		      "Total tem mais casas decimais que a moeda."),
	CLA_CFDI_RULE(
		"cfdi.total", "CFDI40119", TOTALS, FAIL, total_adds_up,
		"Total is not SubTotal less discount plus transferred taxes less withheld taxes.",
		"Total no es SubTotal menos descuento más impuestos trasladados menos impuestos "
		"retenidos.",
		"Total não é SubTotal menos desconto mais impostos transferidos menos impostos "
		"retidos."),
	CLA_CFDI_RULE("cfdi.line-value", "CFDI40166", TOTALS, FAIL, unit_value_positive,
		      "ValorUnitario must be greater than zero.",
		      "ValorUnitario debe ser mayor que cero.",
		      "ValorUnitario deve ser maior que zero."),
	CLA_CFDI_RULE("cfdi.line-amount", "CFDI40167", TOTALS, FAIL, amount_in_limits,
		      "Importe of a line is not Cantidad by ValorUnitario.",
		      "El Importe de un concepto no es Cantidad por ValorUnitario.",
		      "O Importe de um item não é Cantidad vezes ValorUnitario."),
	CLA_CFDI_RULE("cfdi.line-discount", "CFDI40169", TOTALS, FAIL, line_discount_in_range,
		      "Descuento of a line is greater than its Importe.",
		      "El Descuento de un concepto es mayor que su Importe.",
		      "O Descuento de um item é maior que o seu Importe."),
	CLA_CFDI_RULE("cfdi.line-exempt", "CFDI40177", TOTALS, FAIL, exempt_has_no_rate,
		      "An exempt tax has neither rate nor amount.",
		      "Un impuesto exento no lleva tasa ni importe.",
		      "Um imposto isento não tem taxa nem valor."),
	CLA_CFDI_RULE("cfdi.line-tax-rate", "CFDI40178", TOTALS, FAIL, transfer_has_rate,
		      "A tax by rate or quota needs TasaOCuota and Importe.",
		      "Un impuesto por tasa o cuota requiere TasaOCuota e Importe.",
		      "Um imposto por taxa ou cota requer TasaOCuota e Importe."),
	CLA_CFDI_RULE("cfdi.line-transfer", "CFDI40180", TOTALS, FAIL, transfer_in_limits,
		      "A transferred tax is not Base by TasaOCuota.",
		      "Un impuesto trasladado no es Base por TasaOCuota.",
		      "Um imposto transferido não é Base vezes TasaOCuota."),
	CLA_CFDI_RULE("cfdi.line-withholding-exempt", "CFDI40184", TOTALS, FAIL,
		      withholding_not_exempt, "A withheld tax cannot be exempt.",
		      "Un impuesto retenido no puede ser exento.",
		      "Um imposto retido não pode ser isento."),
	CLA_CFDI_RULE("cfdi.line-withholding", "CFDI40186", TOTALS, FAIL, withholding_in_limits,
		      "A withheld tax is not Base by TasaOCuota.",
		      "Un impuesto retenido no es Base por TasaOCuota.",
		      "Um imposto retido não é Base vezes TasaOCuota."),
	CLA_CFDI_RULE("cfdi.withheld-total", "CFDI40203", TOTALS, FAIL, withheld_total,
		      "TotalImpuestosRetenidos is not the sum of the withheld taxes.",
		      "TotalImpuestosRetenidos no es la suma de los impuestos retenidos.",
		      "TotalImpuestosRetenidos não é a soma dos impostos retidos."),
	CLA_CFDI_RULE("cfdi.transferred-total", "CFDI40205", TOTALS, FAIL, transferred_total,
		      "TotalImpuestosTrasladados is not the sum of the transferred taxes.",
		      "TotalImpuestosTrasladados no es la suma de los impuestos trasladados.",
		      "TotalImpuestosTrasladados não é a soma dos impostos transferidos."),
	CLA_CFDI_RULE("cfdi.withheld-total-missing", "CFDI40206", TOTALS, FAIL,
		      withheld_total_present,
		      "There are withheld taxes and no TotalImpuestosRetenidos.",
		      "Hay impuestos retenidos y falta TotalImpuestosRetenidos.",
		      "Há impostos retidos e falta TotalImpuestosRetenidos."),
	CLA_CFDI_RULE("cfdi.withheld-amount-total", "CFDI40209", TOTALS, FAIL,
		      withheld_amount_has_total,
		      "An Importe is withheld and TotalImpuestosRetenidos is missing.",
		      "Hay un Importe retenido y falta TotalImpuestosRetenidos.",
		      "Há um Importe retido e falta TotalImpuestosRetenidos."),
	CLA_CFDI_RULE(
		"cfdi.transferred-total-missing", "CFDI40212", TOTALS, FAIL,
		transferred_total_present,
		"TotalImpuestosTrasladados must be given when a tax is not exempt, and only then.",
		"TotalImpuestosTrasladados debe indicarse cuando algún impuesto no es exento, y "
		"solo entonces.",
		"TotalImpuestosTrasladados deve ser informado quando algum imposto não é isento, e "
		"só então."),
	CLA_CFDI_RULE("cfdi.withholdings", "CFDI40211", TOTALS, FAIL, withholdings_match,
		      "Withheld taxes are not the sums of those of the lines.",
		      "Los impuestos retenidos no son las sumas de los de los conceptos.",
		      "Os impostos retidos não são as somas dos impostos dos itens."),
	CLA_CFDI_RULE(
		"cfdi.transfer-bases", "CFDI40215", TOTALS, FAIL, transfer_bases_match,
		"Base of a transferred tax is not the sum of the lines' bases.",
		"La Base de un impuesto trasladado no es la suma de las bases de los conceptos.",
		"A Base de um imposto transferido não é a soma das bases dos itens."),
	CLA_CFDI_RULE("cfdi.exempt-bases", "CFDI40216", TOTALS, FAIL, exempt_bases_match,
		      "Base of an exempt tax is not the sum of the lines' exempt bases.",
		      "La Base de un impuesto exento no es la suma de las bases exentas de los "
		      "conceptos.",
		      "A Base de um imposto isento não é a soma das bases isentas dos itens."),
	CLA_CFDI_RULE("cfdi.transfers", "CFDI40221", TOTALS, FAIL, transfers_match,
		      "Transferred taxes are not the sums of those of the lines.",
		      "Los impuestos trasladados no son las sumas de los de los conceptos.",
		      "Os impostos transferidos não são as somas dos impostos dos itens."),
};

const struct cla_rule_table cla_cfdi_total_rules = { "cfdi-totals", rules, CLA_LEN(rules) };

static struct cla_str show(struct cla_case *c, struct cla_dec d)
{
	char text[CLA_DEC_TEXT];

	return cla_case_text(c, "%s", cla_dec_format(d, text));
}

/* Adds `unknown` under the rule when the amount could not be read; tells whether it was. */
static bool readable(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		     const char *attr, struct cla_dec value)
{
	if (!value.ok)
		cla_case_unknown(c, r, el, cla_str_from(attr));
	return value.ok;
}

static bool decimals_known(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->decimals < 0)
		cla_case_unknown(c, r, c->root,
				 cla_case_text(c, "decimals of Moneda " CLA_STR_FMT,
					       CLA_STR_ARG(cla_str_sub(f->currency, 0, 16))));
	return f->decimals >= 0;
}

static void expect(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		   const char *attr, struct cla_dec due)
{
	struct cla_dec value = cla_cfdi_number(el, attr);

	if (!cla_dec_eq(value, due))
		cla_case_fail(c, r, el, attr, show(c, due), cla_xml_attr(el, attr));
}

static void check_decimals(struct cla_case *c, const struct cla_rule *r, const char *attr)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str text = cla_xml_attr(c->root, attr);

	if (cla_str_absent(text) || !cla_cfdi_has_amounts(f))
		return;
	struct cla_dec value = cla_dec_parse(text);
	if (!readable(c, r, c->root, attr, value) || !decimals_known(c, r))
		return;
	if (value.scale > f->decimals)
		cla_case_fail(c, r, c->root, attr, cla_case_text(c, "%d", f->decimals), text);
}

static void subtotal_decimals(struct cla_case *c, const struct cla_rule *r)
{
	check_decimals(c, r, "SubTotal");
}

static void discount_decimals(struct cla_case *c, const struct cla_rule *r)
{
	check_decimals(c, r, "Descuento");
}

static void total_decimals(struct cla_case *c, const struct cla_rule *r)
{
	check_decimals(c, r, "Total");
}

static void subtotal_is_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_dec sum = CLA_DEC_ZERO;

	if (!f->type) { /* no rule that asks for the type can be asked */
		cla_case_unknown(c, r, c->root, CLA_STR("TipoDeComprobante"));
		return;
	}
	if (!cla_cfdi_has_amounts(f) || !decimals_known(c, r) ||
	    !readable(c, r, c->root, "SubTotal", cla_cfdi_number(c->root, "SubTotal")))
		return;
	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line))
		sum = cla_dec_add(sum, cla_cfdi_number(line, "Importe"));
	if (readable(c, r, f->lines, "Importe", sum))
		expect(c, r, c->root, "SubTotal", cla_dec_round(sum, f->decimals));
}

static void subtotal_is_zero(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_dec value = cla_cfdi_number(c->root, "SubTotal");

	if ((f->type == 'T' || f->type == 'P') && readable(c, r, c->root, "SubTotal", value) &&
	    cla_dec_sign(value))
		cla_case_fail(c, r, c->root, "SubTotal", CLA_STR("0"),
			      cla_xml_attr(c->root, "SubTotal"));
}

static void discount_in_range(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str text = cla_xml_attr(c->root, "Descuento");
	struct cla_dec discount = cla_dec_parse(text),
		       subtotal = cla_cfdi_number(c->root, "SubTotal");

	if (cla_str_absent(text) || !readable(c, r, c->root, "Descuento", discount) ||
	    !readable(c, r, c->root, "SubTotal", subtotal))
		return;
	if (cla_dec_sign(discount) < 0 || cla_dec_cmp(discount, subtotal) > 0)
		cla_case_fail(c, r, c->root, "Descuento", show(c, subtotal), text);
}

static void discount_is_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str text = cla_xml_attr(c->root, "Descuento");
	struct cla_dec sum = CLA_DEC_ZERO;
	bool any = false;

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		if (cla_str_absent(cla_xml_attr(line, "Descuento")))
			continue;
		any = true;
		sum = cla_dec_add(sum, cla_cfdi_number(line, "Descuento"));
	}
	if (!cla_cfdi_has_amounts(f)) {
		if (f->type && !cla_str_absent(text))
			cla_case_fail(c, r, c->root, "Descuento", CLA_STR_NONE, text);
		return;
	}
	if (!any && cla_str_absent(text))
		return;
	if (!decimals_known(c, r) || !readable(c, r, f->lines, "Descuento", sum))
		return;
	if (cla_str_absent(text))
		cla_case_fail(c, r, c->root, "Descuento", show(c, cla_dec_round(sum, f->decimals)),
			      text);
	else if (readable(c, r, c->root, "Descuento", cla_dec_parse(text)))
		expect(c, r, c->root, "Descuento", cla_dec_round(sum, f->decimals));
}

static void total_has_form(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str text = cla_xml_attr(c->root, "Total"), whole, part;

	if (!cla_str_cut(text, '.', &whole, &part)) {
		whole = text;
		part = CLA_STR("0");
	}
	if (!cla_str_digits(whole) || !cla_str_digits(part))
		cla_case_fail(c, r, c->root, "Total", CLA_STR_NONE, text);
}

static void total_adds_up(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_dec total = cla_cfdi_number(c->root, "Total");

	if (!readable(c, r, c->root, "Total", total))
		return;
	if (f->type == 'T' || f->type == 'P') {
		if (cla_dec_sign(total))
			cla_case_fail(c, r, c->root, "Total", CLA_STR("0"),
				      cla_xml_attr(c->root, "Total"));
		return;
	}
	if (!decimals_known(c, r))
		return;
	struct cla_dec sum = cla_dec_sub(cla_cfdi_number(c->root, "SubTotal"),
					 cla_cfdi_number_or_zero(c->root, "Descuento"));
	sum = cla_dec_add(sum, cla_cfdi_number_or_zero(f->taxes, "TotalImpuestosTrasladados"));
	sum = cla_dec_sub(sum, cla_cfdi_number_or_zero(f->taxes, "TotalImpuestosRetenidos"));
	if (f->local_taxes) {
		sum = cla_dec_add(sum, cla_cfdi_number(f->local_taxes, "TotaldeTraslados"));
		sum = cla_dec_sub(sum, cla_cfdi_number(f->local_taxes, "TotaldeRetenciones"));
	}
	if (readable(c, r, c->root, "SubTotal, Descuento, Impuestos", sum))
		expect(c, r, c->root, "Total", cla_dec_round(sum, f->decimals));
}

static void unit_value_positive(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (!cla_cfdi_has_amounts(f))
		return;
	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		struct cla_dec value = cla_cfdi_number(line, "ValorUnitario");
		if (readable(c, r, line, "ValorUnitario", value) && cla_dec_sign(value) <= 0)
			cla_case_fail(c, r, line, "ValorUnitario", CLA_STR_NONE,
				      cla_xml_attr(line, "ValorUnitario"));
	}
}

/* Half a unit of the last decimal as written. */
static struct cla_dec half_unit(struct cla_dec d)
{
	return cla_dec_from(5, d.scale + 1);
}

/* Lowest and highest amount that two factors may stand for, each meaning anything within half a
 * unit of its last decimal; the rate of a tax is exact. (SAT subtracts 10^-12 from the upper
 * factors to keep the bound open; before rounding up to the currency that changes nothing but ties
 * beyond the tenth decimal.) */
static void limits(struct cla_dec a, struct cla_dec b, bool b_exact, int decimals,
		   struct cla_dec *low, struct cla_dec *high)
{
	struct cla_dec b_low = b_exact ? b : cla_dec_sub(b, half_unit(b));
	struct cla_dec b_high = b_exact ? b : cla_dec_add(b, half_unit(b));

	*low = cla_dec_trunc(cla_dec_mul(cla_dec_sub(a, half_unit(a)), b_low), decimals);
	*high = cla_dec_up(cla_dec_mul(cla_dec_add(a, half_unit(a)), b_high), decimals);
}

void cla_cfdi_tax_limits(struct cla_dec base, struct cla_dec rate, int decimals,
			 struct cla_dec *low, struct cla_dec *high)
{
	limits(base, rate, true, decimals, low, high);
}

void cla_cfdi_check_limits(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			   const char *a_name, const char *b_name, bool b_exact)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_dec a = cla_cfdi_number(el, a_name), b = cla_cfdi_number(el, b_name),
		       amount = cla_cfdi_number(el, "Importe"), low, high;

	if (!decimals_known(c, r) || !readable(c, r, el, a_name, a) ||
	    !readable(c, r, el, b_name, b) || !readable(c, r, el, "Importe", amount))
		return;
	limits(a, b, b_exact, f->decimals, &low, &high);
	if (!readable(c, r, el, "Importe", low) || !readable(c, r, el, "Importe", high))
		return;
	if (cla_dec_cmp(amount, low) < 0 || cla_dec_cmp(amount, high) > 0) {
		char from[CLA_DEC_TEXT], to[CLA_DEC_TEXT];
		cla_case_fail(c, r, el, "Importe",
			      cla_case_text(c, "%s..%s", cla_dec_format(low, from),
					    cla_dec_format(high, to)),
			      cla_xml_attr(el, "Importe"));
	}
}

static void amount_in_limits(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const struct cla_xml *line = cla_cfdi_next_line(f, NULL);

	if (line && !decimals_known(c, r))
		return;
	for (; line; line = cla_cfdi_next_line(f, line))
		cla_cfdi_check_limits(c, r, line, "Cantidad", "ValorUnitario", false);
}

static void line_discount_in_range(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		struct cla_str text = cla_xml_attr(line, "Descuento");
		if (cla_str_absent(text))
			continue;
		struct cla_dec discount = cla_dec_parse(text),
			       amount = cla_cfdi_number(line, "Importe");
		if (!readable(c, r, line, "Descuento", discount) ||
		    !readable(c, r, line, "Importe", amount))
			continue;
		if (cla_dec_sign(discount) < 0 || cla_dec_cmp(discount, amount) > 0)
			cla_case_fail(c, r, line, "Descuento", show(c, amount), text);
	}
}

void cla_cfdi_each_line_tax(struct cla_case *c, const struct cla_rule *r, const char *group,
			    cla_cfdi_tax_fn *fn)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		const struct cla_xml *taxes = cla_cfdi_child(line, "Impuestos");
		for (const struct cla_xml *t = cla_cfdi_first_tax(taxes, group); t;
		     t = cla_cfdi_next(t))
			fn(c, r, t);
	}
}

static bool is_exempt(const struct cla_xml *tax)
{
	return cla_str_eqc(cla_xml_attr(tax, "TipoFactor"), "Exento");
}

static void check_exempt(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	static const char *const names[] = { "TasaOCuota", "Importe" };

	for (size_t i = 0; i < CLA_LEN(names) && is_exempt(tax); i++) {
		struct cla_str text = cla_xml_attr(tax, names[i]);
		if (!cla_str_absent(text))
			cla_case_fail(c, r, tax, names[i], CLA_STR_NONE, text);
	}
}

static void exempt_has_no_rate(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Traslados", check_exempt);
}

static void check_rated(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	static const char *const names[] = { "TasaOCuota", "Importe" };

	for (size_t i = 0; i < CLA_LEN(names) && !is_exempt(tax); i++) {
		if (cla_str_absent(cla_xml_attr(tax, names[i])))
			cla_case_fail(c, r, tax, names[i], CLA_STR_NONE, CLA_STR_NONE);
	}
}

static void transfer_has_rate(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Traslados", check_rated);
}

static void refuse_exempt(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *tax)
{
	if (is_exempt(tax))
		cla_case_fail(c, r, tax, "TipoFactor", CLA_STR("Tasa"), CLA_STR("Exento"));
}

static void withholding_not_exempt(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Retenciones", refuse_exempt);
}

static void check_tax_limits(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_xml *tax)
{
	/* What is missing is the business of the rules above. */
	if (!is_exempt(tax) && !cla_str_absent(cla_xml_attr(tax, "TasaOCuota")) &&
	    !cla_str_absent(cla_xml_attr(tax, "Importe")))
		cla_cfdi_check_limits(c, r, tax, "Base", "TasaOCuota", true);
}

static void transfer_in_limits(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Traslados", check_tax_limits);
}

static void withholding_in_limits(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Retenciones", check_tax_limits);
}

/* The document's total of a group against the sum of the group; `exempt` amounts do not exist. */
static void check_group_total(struct cla_case *c, const struct cla_rule *r, const char *group,
			      const char *attr)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str text = cla_xml_attr(f->taxes, attr);
	struct cla_dec sum = CLA_DEC_ZERO;

	if (cla_str_absent(text) || !decimals_known(c, r) ||
	    !readable(c, r, f->taxes, attr, cla_dec_parse(text)))
		return;
	for (const struct cla_xml *t = cla_cfdi_first_tax(f->taxes, group); t;
	     t = cla_cfdi_next(t)) {
		if (!is_exempt(t))
			sum = cla_dec_add(sum, cla_cfdi_number(t, "Importe"));
	}
	if (readable(c, r, f->taxes, "Importe", sum))
		expect(c, r, f->taxes, attr, cla_dec_round(sum, f->decimals));
}

static void withheld_total(struct cla_case *c, const struct cla_rule *r)
{
	check_group_total(c, r, "Retenciones", "TotalImpuestosRetenidos");
}

static void transferred_total(struct cla_case *c, const struct cla_rule *r)
{
	check_group_total(c, r, "Traslados", "TotalImpuestosTrasladados");
}

static void withheld_total_present(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_cfdi_first_tax(f->taxes, "Retenciones") &&
	    cla_str_absent(cla_xml_attr(f->taxes, "TotalImpuestosRetenidos")))
		cla_case_fail(c, r, f->taxes, "TotalImpuestosRetenidos", CLA_STR_NONE,
			      CLA_STR_NONE);
}

static void withheld_amount_has_total(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const struct cla_xml *tax = cla_cfdi_first_tax(f->taxes, "Retenciones");

	while (tax && !cla_cfdi_has(tax, "Importe"))
		tax = cla_cfdi_next(tax);
	if (tax)
		cla_cfdi_require(c, r, f->taxes, "TotalImpuestosRetenidos");
}

static void transferred_total_present(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str text = cla_xml_attr(f->taxes, "TotalImpuestosTrasladados");
	const struct cla_xml *first = cla_cfdi_first_tax(f->taxes, "Traslados");
	bool rated = false;

	for (const struct cla_xml *t = first; t && !rated; t = cla_cfdi_next(t))
		rated = !is_exempt(t);
	if (first && rated == cla_str_absent(text))
		cla_case_fail(c, r, f->taxes, "TotalImpuestosTrasladados", CLA_STR_NONE, text);
}

/* Taxes of one kind: sums of the lines on one side, what the document says on the other. Rates are
 * compared as numbers: 0.16 and 0.160000 are one. Withholdings are summed by tax alone. */
struct tax_sum {
	struct cla_str tax, factor;
	struct cla_dec rate; /* not ok: none */
	struct cla_dec base, amount;
	const struct cla_xml *el; /* of the document's own tax; NULL when only lines have it */
};

struct cla_cfdi_sums {
	struct tax_sum *list;
	size_t count, cap;
};

static void free_sums(struct cla_cfdi_sums *s)
{
	free(s->list);
}

static int by_key(const void *a, const void *b)
{
	const struct tax_sum *x = a, *y = b;
	int order = cla_str_cmp(x->tax, y->tax);

	if (!order)
		order = cla_str_cmp(x->factor, y->factor);
	if (!order && x->rate.ok && y->rate.ok)
		return cla_dec_cmp(x->rate, y->rate);
	return order ? order : (int)x->rate.ok - (int)y->rate.ok;
}

static void join(struct tax_sum *to, const struct tax_sum *more)
{
	to->base = cla_dec_add(to->base, more->base);
	to->amount = cla_dec_add(to->amount, more->amount);
}

/* Lines with the same tax stand together as a rule: then they are one sum at once. */
static bool add_sum(struct cla_cfdi_sums *s, const struct cla_xml *tax, bool by_tax_only)
{
	struct tax_sum t = { .tax = cla_xml_attr(tax, "Impuesto"), .el = tax };

	if (!by_tax_only) {
		t.factor = cla_xml_attr(tax, "TipoFactor");
		if (!is_exempt(tax))
			t.rate = cla_cfdi_number(tax, "TasaOCuota");
	}
	t.base = cla_cfdi_number(tax, "Base");
	t.amount = cla_cfdi_number(tax, "Importe");
	if (s->count && !by_key(&s->list[s->count - 1], &t)) {
		join(&s->list[s->count - 1], &t);
		return true;
	}
	if (!cla_grow(&s->list, &s->cap, s->count, sizeof(*s->list), NULL))
		return false;
	s->list[s->count++] = t;
	return true;
}

/* Sorts by key and adds up what has the same. */
static void merge_sums(struct cla_cfdi_sums *s)
{
	size_t kept = 0;

	if (s->count > 1)
		qsort(s->list, s->count, sizeof(*s->list), by_key);
	for (size_t i = 0; i < s->count; i++) {
		if (kept && !by_key(&s->list[kept - 1], &s->list[i]))
			join(&s->list[kept - 1], &s->list[i]);
		else
			s->list[kept++] = s->list[i];
	}
	s->count = kept;
}

static bool collect_lines(const struct cla_cfdi *f, const char *group, bool by_tax_only,
			  struct cla_cfdi_sums *s)
{
	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		const struct cla_xml *taxes = cla_cfdi_child(line, "Impuestos");
		for (const struct cla_xml *t = cla_cfdi_first_tax(taxes, group); t;
		     t = cla_cfdi_next(t)) {
			if (!add_sum(s, t, by_tax_only))
				return false;
		}
	}
	merge_sums(s);
	return true;
}

/* Those of the lines, added up once a document; NULL when out of memory. */
static const struct cla_cfdi_sums *line_sums(struct cla_case *c, const char *group, bool withheld)
{
	struct cla_cfdi *f = c->facts;

	if (f->sums[withheld])
		return f->sums[withheld];
	struct cla_cfdi_sums *s = cla_arena_alloc(&c->judgement->arena, sizeof(*s));
	f->sums[withheld] = s;
	if (s && collect_lines(f, group, withheld, s))
		return s;
	c->oom = true;
	return NULL;
}

void cla_cfdi_free_sums(struct cla_cfdi *f)
{
	for (size_t i = 0; i < CLA_LEN(f->sums); i++) {
		if (f->sums[i])
			free_sums(f->sums[i]);
		f->sums[i] = NULL;
	}
}

static struct cla_str show_key(struct cla_case *c, const struct tax_sum *t)
{
	char rate[CLA_DEC_TEXT] = "";

	if (t->rate.ok)
		cla_dec_format(t->rate, rate);
	return cla_str_trim(cla_case_text(c, CLA_STR_FMT " " CLA_STR_FMT " %s",
					  CLA_STR_ARG(cla_str_sub(t->tax, 0, 32)),
					  CLA_STR_ARG(cla_str_sub(t->factor, 0, 32)), rate));
}

enum side { EXEMPT, RATED };

/* Compares Base or Importe of the document's taxes with the sums of the lines', both ways: none
 * missing, none extra. */
static void compare_sums(struct cla_case *c, const struct cla_rule *r, const char *group,
			 const char *attr, enum side side)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	CLA_CLEANUP(free_sums) struct cla_cfdi_sums own = { 0 };
	bool withheld = !strcmp(group, "Retenciones"), base = !strcmp(attr, "Base");

	for (const struct cla_xml *t = cla_cfdi_first_tax(f->taxes, group); t;
	     t = cla_cfdi_next(t)) {
		if (!add_sum(&own, t, withheld)) {
			c->oom = true;
			return;
		}
	}
	const struct cla_cfdi_sums *lines = line_sums(c, group, withheld);
	if (!lines || ((own.count || lines->count) && !decimals_known(c, r)))
		return;
	merge_sums(&own);

	size_t i = 0, j = 0;
	while (i < own.count || j < lines->count) {
		int order = i == own.count	? 1
			    : j == lines->count ? -1
						: by_key(&own.list[i], &lines->list[j]);
		const struct tax_sum *said = order <= 0 ? &own.list[i++] : NULL;
		const struct tax_sum *due = order >= 0 ? &lines->list[j++] : NULL;
		const struct tax_sum *either = said ? said : due;
		/* withholdings are summed by tax alone: none is left out as exempt */
		if (!withheld && is_exempt(either->el) != (side == EXEMPT))
			continue;
		if (!said || !due) {
			cla_case_fail(c, r, said ? said->el : f->taxes, NULL,
				      due ? show_key(c, due) : CLA_STR_NONE,
				      said ? show_key(c, said) : CLA_STR_NONE);
			continue;
		}
		struct cla_dec sum = base ? due->base : due->amount,
			       value = base ? said->base : said->amount;
		if (!readable(c, r, said->el, attr, sum) || !readable(c, r, said->el, attr, value))
			continue;
		sum = cla_dec_round(sum, f->decimals);
		if (!cla_dec_eq(sum, value))
			cla_case_fail(c, r, said->el, attr, show(c, sum), show(c, value));
	}
}

static void withholdings_match(struct cla_case *c, const struct cla_rule *r)
{
	compare_sums(c, r, "Retenciones", "Importe", RATED);
}

static void transfer_bases_match(struct cla_case *c, const struct cla_rule *r)
{
	compare_sums(c, r, "Traslados", "Base", RATED);
}

static void exempt_bases_match(struct cla_case *c, const struct cla_rule *r)
{
	compare_sums(c, r, "Traslados", "Base", EXEMPT);
}

static void transfers_match(struct cla_case *c, const struct cla_rule *r)
{
	compare_sums(c, r, "Traslados", "Importe", RATED);
}
