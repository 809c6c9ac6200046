/* fiscal/nomina_parts.c - payroll receipts: perceptions, deductions, other payments, incapacities, and
 * what each kind of them asks for. */
#include "fiscal/nomina.h"

#include <string.h>

/* Kinds of perception with a total and an element of their own. */
#define SEVERANCE "022 023 025"
#define PENSION "039 044"

/* The lists of a Nomina: their elements, what tells the kind of one. */
static const struct list {
	const char *group, *name, *kind;
} perceptions = { "Percepciones", "Percepcion", "TipoPercepcion" },
  deductions = { "Deducciones", "Deduccion", "TipoDeduccion" },
  others = { "OtrosPagos", "OtroPago", "TipoOtroPago" };

static const struct cla_xml *first(const struct cla_xml *nomina, const struct list *list)
{
	return cla_cfdi_child(cla_cfdi_child(nomina, list->group), list->name);
}

/* The first of these kinds. */
static const struct cla_xml *find(const struct cla_xml *nomina, const struct list *list,
				  const char *kinds)
{
	const struct cla_xml *el = first(nomina, list);

	while (el && !cla_cfdi_one_of(el, list->kind, kinds))
		el = cla_cfdi_next(el);
	return el;
}

/*
 * Sums of perceptions
 */

static void check_parts(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	static const char *const parts[] = { "TotalSueldos", "TotalSeparacionIndemnizacion",
					     "TotalJubilacionPensionRetiro" };
	const struct cla_xml *el = cla_cfdi_child(n, "Percepciones");
	struct cla_dec sum = CLA_DEC_ZERO, all = cla_dec_add(cla_cfdi_number(el, "TotalGravado"),
							     cla_cfdi_number(el, "TotalExento"));
	char due[CLA_DEC_TEXT], found[CLA_DEC_TEXT];

	for (size_t i = 0; i < CLA_LEN(parts); i++) {
		if (cla_cfdi_has(el, parts[i]))
			sum = cla_dec_add(sum, cla_cfdi_number(el, parts[i]));
	}
	if (!el)
		return;
	if (!sum.ok || !all.ok)
		cla_case_unknown(c, r, el, CLA_STR("TotalGravado, TotalExento"));
	else if (!cla_dec_eq(sum, all))
		cla_case_fail(c, r, el, NULL, cla_case_text(c, "%s", cla_dec_format(all, due)),
			      cla_case_text(c, "%s", cla_dec_format(sum, found)));
}
CLA_NOMINA_EACH(parts_agree, check_parts)

/* Totals of perceptions: of these kinds, or of those that are not (`but`). */
static const struct kind_total {
	const char *rule, *missing, *attr;
	const char *kinds, *but; /* both NULL: of all */
	bool taxed, exempt;	 /* which amounts count */
	const char *child;	 /* an element that goes with them */
} kind_totals[] = {
	{ "nomina.salaries", "nomina.salaries-missing", "TotalSueldos", NULL, SEVERANCE " " PENSION,
	  true, true, NULL },
	{ "nomina.severance", "nomina.severance-missing", "TotalSeparacionIndemnizacion", SEVERANCE,
	  NULL, true, true, "SeparacionIndemnizacion" },
	{ "nomina.pension", "nomina.pension-missing", "TotalJubilacionPensionRetiro", PENSION, NULL,
	  true, true, "JubilacionPensionRetiro" },
	{ "nomina.taxed", NULL, "TotalGravado", NULL, NULL, true, false, NULL },
	{ "nomina.exempt", NULL, "TotalExento", NULL, NULL, false, true, NULL },
};

static bool counts(const struct cla_xml *perception, const struct kind_total *t)
{
	if (t->kinds)
		return cla_cfdi_one_of(perception, "TipoPercepcion", t->kinds);
	return !t->but || !cla_cfdi_one_of(perception, "TipoPercepcion", t->but);
}

static void check_kind(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *all = cla_cfdi_child(n, "Percepciones");
	struct cla_dec sum = CLA_DEC_ZERO;
	size_t i = 0;

	while (i < CLA_LEN(kind_totals) && strcmp(kind_totals[i].rule, r->id) != 0)
		i++;
	/* whether it has to be there is a rule of its own */
	if (i == CLA_LEN(kind_totals) || !cla_cfdi_has(all, kind_totals[i].attr))
		return;
	for (const struct cla_xml *el = first(n, &perceptions); el; el = cla_cfdi_next(el)) {
		if (counts(el, &kind_totals[i]) && kind_totals[i].taxed)
			sum = cla_dec_add(sum, cla_cfdi_number(el, "ImporteGravado"));
		if (counts(el, &kind_totals[i]) && kind_totals[i].exempt)
			sum = cla_dec_add(sum, cla_cfdi_number(el, "ImporteExento"));
	}
	cla_nomina_expect(c, r, all, kind_totals[i].attr, sum);
}
CLA_NOMINA_EACH(kind_is_sum, check_kind)

static void check_kind_there(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *all = cla_cfdi_child(n, "Percepciones");

	for (size_t i = 0; i < CLA_LEN(kind_totals); i++) {
		const struct kind_total *t = &kind_totals[i];
		const struct cla_xml *el = first(n, &perceptions);
		if (!t->missing || strcmp(t->missing, r->id) != 0)
			continue;
		while (el && !counts(el, t))
			el = cla_cfdi_next(el);
		if (el && !cla_cfdi_has(all, t->attr))
			cla_case_fail(c, r, all, t->attr, CLA_STR_NONE, CLA_STR_NONE);
		else if (el && t->child && !cla_cfdi_child(all, t->child))
			cla_case_fail(c, r, all, NULL, cla_str_from(t->child), CLA_STR_NONE);
	}
}
CLA_NOMINA_EACH(kind_required, check_kind_there)

/*
 * Pensions
 */

static const struct cla_xml *pension_of(const struct cla_xml *n)
{
	return cla_cfdi_child(cla_cfdi_child(n, "Percepciones"), "JubilacionPensionRetiro");
}

/* Fails unless the attributes of a pension are as said: in one sum, in parts, by the day. */
static void expect_pension(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n,
			   bool once)
{
	static const char *const attrs[] = { "TotalUnaExhibicion", "TotalParcialidad",
					     "MontoDiario" };
	const struct cla_xml *el = pension_of(n);

	for (size_t i = 0; i < CLA_LEN(attrs) && el; i++) {
		if (cla_cfdi_has(el, attrs[i]) != (once == (i == 0)))
			cla_case_fail(c, r, el, attrs[i], CLA_STR_NONE, cla_xml_attr(el, attrs[i]));
	}
}

static void check_once(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (find(n, &perceptions, "039"))
		expect_pension(c, r, n, true);
}
CLA_NOMINA_EACH(pension_once, check_once)

static void check_in_parts(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (find(n, &perceptions, "044"))
		expect_pension(c, r, n, false);
}
CLA_NOMINA_EACH(pension_parts, check_in_parts)

static void check_not_both(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *el = pension_of(n);

	if (cla_cfdi_has(el, "TotalUnaExhibicion") &&
	    (cla_cfdi_has(el, "TotalParcialidad") || cla_cfdi_has(el, "MontoDiario")))
		cla_case_fail(c, r, el, "TotalUnaExhibicion", CLA_STR_NONE,
			      cla_xml_attr(el, "TotalUnaExhibicion"));
}
CLA_NOMINA_EACH(pension_not_both, check_not_both)

static void check_daily(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *el = pension_of(n);

	if (cla_cfdi_has(el, "TotalParcialidad") && !cla_cfdi_has(el, "MontoDiario"))
		cla_case_fail(c, r, el, "MontoDiario", CLA_STR_NONE, CLA_STR_NONE);
	else if (cla_cfdi_has(el, "TotalParcialidad"))
		cla_cfdi_refuse(c, r, el, "TotalUnaExhibicion");
}
CLA_NOMINA_EACH(pension_daily, check_daily)

/*
 * Single ones
 */

/* An element that goes with one kind and with no other. */
static const struct part {
	const char *missing, *excess;
	const struct list *list;
	const char *kind, *child;
} parts[] = {
	{ "nomina.shares-missing", "nomina.shares-excess", &perceptions, "045",
	  "AccionesOTitulos" },
	{ "nomina.overtime-missing", "nomina.overtime-excess", &perceptions, "019", "HorasExtra" },
	{ "nomina.other-balance-missing", NULL, &others, "004", "CompensacionSaldosAFavor" },
	{ "nomina.other-subsidy-missing", NULL, &others, "002", "SubsidioAlEmpleo" },
};

static void check_child(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (size_t i = 0; i < CLA_LEN(parts); i++) {
		const struct part *p = &parts[i];
		const struct cla_xml *el = first(n, p->list);
		for (; el && !strcmp(p->missing, r->id); el = cla_cfdi_next(el)) {
			if (cla_cfdi_one_of(el, p->list->kind, p->kind) &&
			    !cla_cfdi_child(el, p->child))
				cla_case_fail(c, r, el, NULL, cla_str_from(p->child), CLA_STR_NONE);
		}
	}
}
CLA_NOMINA_EACH(child_required, check_child)

static void check_no_child(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (size_t i = 0; i < CLA_LEN(parts); i++) {
		const struct part *p = &parts[i];
		const struct cla_xml *el = first(n, p->list);
		for (; el && p->excess && !strcmp(p->excess, r->id); el = cla_cfdi_next(el)) {
			const struct cla_xml *child = cla_cfdi_child(el, p->child);
			if (child && !cla_cfdi_one_of(el, p->list->kind, p->kind))
				cla_case_fail(c, r, child, NULL, cla_str_from(p->kind),
					      cla_xml_attr(el, p->list->kind));
		}
	}
}
CLA_NOMINA_EACH(child_forbidden, check_no_child)

static void check_perceptions(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (const struct cla_xml *el = first(n, &perceptions); el; el = cla_cfdi_next(el))
		cla_cfdi_check_positive(c, r, el, "ImporteGravado",
					cla_dec_add(cla_cfdi_number(el, "ImporteGravado"),
						    cla_cfdi_number(el, "ImporteExento")));
}
CLA_NOMINA_EACH(perception_positive, check_perceptions)

static void check_deductions(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (const struct cla_xml *el = first(n, &deductions); el; el = cla_cfdi_next(el))
		cla_cfdi_check_positive(c, r, el, "Importe", cla_cfdi_number(el, "Importe"));
}
CLA_NOMINA_EACH(deduction_positive, check_deductions)

/* The subsidy for employment is told also when none of it is paid. */
static void check_others(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (const struct cla_xml *el = first(n, &others); el; el = cla_cfdi_next(el)) {
		if (!cla_cfdi_one_of(el, "TipoOtroPago", "002"))
			cla_cfdi_check_positive(c, r, el, "Importe",
						cla_cfdi_number(el, "Importe"));
	}
}
CLA_NOMINA_EACH(other_positive, check_others)

/*
 * Incapacities
 */

static const struct sick {
	const char *missing, *sum;
	const struct list *list;
	const char *kind;
} sicks[] = {
	{ "nomina.sick-pay-missing", "nomina.sick-pay", &perceptions, "014" },
	{ "nomina.sick-deduction-missing", "nomina.sick-deduction", &deductions, "006" },
};

static void check_sick(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (size_t i = 0; i < CLA_LEN(sicks); i++) {
		const struct cla_xml *el = find(n, sicks[i].list, sicks[i].kind);
		if (!strcmp(sicks[i].missing, r->id) && el && !cla_cfdi_child(n, "Incapacidades"))
			cla_case_fail(c, r, el, NULL, CLA_STR("Incapacidades"), CLA_STR_NONE);
	}
}
CLA_NOMINA_EACH(sick_required, check_sick)

static struct cla_dec sum_of_kind(const struct cla_xml *n, const struct list *list,
				  const char *kind)
{
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *el = first(n, list); el; el = cla_cfdi_next(el)) {
		if (!cla_cfdi_one_of(el, list->kind, kind))
			continue;
		if (list == &perceptions)
			sum = cla_dec_add(sum, cla_dec_add(cla_cfdi_number(el, "ImporteGravado"),
							   cla_cfdi_number(el, "ImporteExento")));
		else
			sum = cla_dec_add(sum, cla_cfdi_number(el, "Importe"));
	}
	return sum;
}

static void check_sick_sum(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *all = cla_cfdi_child(n, "Incapacidades");
	struct cla_dec due = CLA_DEC_ZERO;
	size_t i = 0;

	while (i < CLA_LEN(sicks) && strcmp(sicks[i].sum, r->id) != 0)
		i++;
	if (i == CLA_LEN(sicks) || !all || !find(n, sicks[i].list, sicks[i].kind))
		return;
	for (const struct cla_xml *el = cla_cfdi_child(all, "Incapacidad"); el;
	     el = cla_cfdi_next(el)) {
		if (cla_cfdi_has(el, "ImporteMonetario"))
			due = cla_dec_add(due, cla_cfdi_number(el, "ImporteMonetario"));
	}
	struct cla_dec sum = sum_of_kind(n, sicks[i].list, sicks[i].kind);
	if (!sum.ok || !due.ok) {
		cla_case_unknown(c, r, all, CLA_STR("ImporteMonetario"));
		return;
	}
	if (!cla_dec_eq(sum, due)) {
		char expected[CLA_DEC_TEXT], found[CLA_DEC_TEXT];
		cla_case_fail(c, r, find(n, sicks[i].list, sicks[i].kind), NULL,
			      cla_case_text(c, "%s", cla_dec_format(due, expected)),
			      cla_case_text(c, "%s", cla_dec_format(sum, found)));
	}
}
CLA_NOMINA_EACH(sick_is_sum, check_sick_sum)

/*
 * Deductions, other payments
 */

static void check_withheld(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *all = cla_cfdi_child(n, "Deducciones");

	if (find(n, &deductions, "002") || cla_cfdi_has(all, "TotalImpuestosRetenidos"))
		cla_nomina_expect(c, r, all, "TotalImpuestosRetenidos",
				  sum_of_kind(n, &deductions, "002"));
}
CLA_NOMINA_EACH(withheld_is_sum, check_withheld)

static void check_nothing_withheld(struct cla_case *c, const struct cla_rule *r,
				   const struct cla_xml *n)
{
	const struct cla_xml *el = cla_cfdi_child(n, "Deducciones");

	if (cla_cfdi_has(el, "TotalImpuestosRetenidos") && !find(n, &deductions, "002"))
		cla_case_fail(c, r, el, "TotalImpuestosRetenidos", CLA_STR_NONE,
			      cla_xml_attr(el, "TotalImpuestosRetenidos"));
}
CLA_NOMINA_EACH(withheld_of_nothing, check_nothing_withheld)

/* Fails when an amount is below another; `unknown` when one cannot be read. */
static void expect_covers(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			  const char *attr, const struct cla_xml *other_el, const char *other)
{
	struct cla_dec amount = cla_cfdi_number(el, attr), least = cla_cfdi_number(other_el, other);

	if (!amount.ok || !least.ok)
		cla_case_unknown(c, r, el, cla_str_from(attr));
	else if (cla_dec_cmp(amount, least) < 0)
		cla_case_fail(c, r, el, attr, cla_xml_attr(other_el, other),
			      cla_xml_attr(el, attr));
}

static void check_subsidy(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (const struct cla_xml *el = first(n, &others); el; el = cla_cfdi_next(el)) {
		const struct cla_xml *subsidy = cla_cfdi_child(el, "SubsidioAlEmpleo");
		if (subsidy)
			expect_covers(c, r, subsidy, "SubsidioCausado", el, "Importe");
	}
}
CLA_NOMINA_EACH(subsidy_covers, check_subsidy)

static void check_balance(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (const struct cla_xml *el = first(n, &others); el; el = cla_cfdi_next(el)) {
		const struct cla_xml *balance = cla_cfdi_child(el, "CompensacionSaldosAFavor");
		if (balance)
			expect_covers(c, r, balance, "SaldoAFavor", balance, "RemanenteSalFav");
	}
}
CLA_NOMINA_EACH(balance_covers, check_balance)

/* What is above the most that a subsidy may come to: in all, or for each day. */
static void expect_subsidy_below(struct cla_case *c, const struct cla_rule *r,
				 const struct cla_xml *n, bool by_day)
{
	struct cla_dec days = cla_cfdi_number(n, "NumDiasPagados"), most = cla_dec_from(40702, 2);
	char text[CLA_DEC_TEXT];

	if (by_day)
		most = cla_dec_mul(cla_dec_from(1339, 2), days);
	else if (days.ok && cla_dec_cmp(days, cla_dec_from(31, 0)) > 0)
		return;
	for (const struct cla_xml *el = first(n, &others); el; el = cla_cfdi_next(el)) {
		const struct cla_xml *subsidy = cla_cfdi_child(el, "SubsidioAlEmpleo");
		struct cla_dec amount = cla_cfdi_number(subsidy, "SubsidioCausado");
		if (!subsidy)
			continue;
		if (!amount.ok || !days.ok)
			cla_case_unknown(c, r, subsidy, CLA_STR("SubsidioCausado, NumDiasPagados"));
		else if (cla_dec_cmp(amount, most) > 0)
			cla_case_fail(c, r, subsidy, "SubsidioCausado",
				      cla_case_text(c, "%s", cla_dec_format(most, text)),
				      cla_xml_attr(subsidy, "SubsidioCausado"));
	}
}

static void check_month(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	expect_subsidy_below(c, r, n, false);
}
CLA_NOMINA_EACH(subsidy_of_month, check_month)

static void check_days(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	expect_subsidy_below(c, r, n, true);
}
CLA_NOMINA_EACH(subsidy_of_days, check_days)

static void check_told(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor"),
			     *subsidy = find(n, &others, "002"),
			     *other = find(n, &others, "007 008");

	if (!cla_cfdi_one_of(n, "TipoNomina", "O") ||
	    !cla_cfdi_one_of(employee, "TipoRegimen", "02"))
		return;
	if (!subsidy && !other)
		cla_case_fail(c, r, n, NULL, CLA_STR("OtroPago 002"), CLA_STR_NONE);
	else if (subsidy && other)
		cla_case_fail(c, r, other, "TipoOtroPago", CLA_STR_NONE,
			      cla_xml_attr(other, "TipoOtroPago"));
}
CLA_NOMINA_EACH(subsidy_is_told, check_told)

static void check_regime(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *el = find(n, &others, "002 007 008"),
			     *employee = cla_cfdi_child(n, "Receptor");

	if (el && !cla_cfdi_one_of(employee, "TipoRegimen", "02"))
		cla_case_fail(c, r, el, "TipoOtroPago", CLA_STR_NONE,
			      cla_xml_attr(el, "TipoOtroPago"));
}
CLA_NOMINA_EACH(subsidy_of_regime, check_regime)

/* The text for 3.3 says: below the year in course. Those of December have been seen with the same
 * year. */
static void check_year(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	struct cla_str paid = cla_str_sub(cla_str_trim(cla_xml_attr(n, "FechaPago")), 0, 4);
	uint64_t now, year;

	for (const struct cla_xml *el = first(n, &others); el; el = cla_cfdi_next(el)) {
		const struct cla_xml *balance = cla_cfdi_child(el, "CompensacionSaldosAFavor");
		struct cla_str text = cla_str_trim(cla_xml_attr(balance, "A\xc3\xb1o"));
		if (!balance)
			continue;
		if (!cla_str_to_u64(text, &year) || !cla_str_to_u64(paid, &now))
			cla_case_unknown(c, r, balance, CLA_STR("A\xc3\xb1o, FechaPago"));
		else if (year > now || (!c->old_codes && year + 1 < now))
			cla_case_fail(c, r, balance, "A\xc3\xb1o", paid, text);
		else if (c->old_codes && year == now)
			cla_case_report(c, r, CLA_VERDICT_WARN, balance, "A\xc3\xb1o", paid, text);
	}
}
CLA_NOMINA_EACH(balance_year, check_year)
