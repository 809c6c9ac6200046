/* fiscal/nfe_reform.c - the taxes of the reform: IBS (of state and city), CBS and IS, from 2025 on
 * (rules 35, 41-44, 59-62).
 *
 * Source: NT 2025.002 and the schema packages 010b to 010e. The notes are revised often and their
 * dates were moved more than once, so all of this is told as a warning. The tables of the federal
 * revenue service (CST, cClassTrib, cCredPres) are revised oftener still and are no part of the
 * program: of CST only the situations are known here whose groups the schema itself names or that
 * have not changed since the first edition; of another one nothing is said.
 */
#include "fiscal/nfe.h"

#include <string.h>

#define ITEM "imposto/IBSCBS"

static bool is_year(const struct cla_nfe *n, int from, int to)
{
	return n->issue_date.year >= from && n->issue_date.year <= to;
}

static struct cla_dec cent(void)
{
	return cla_dec_from(1, 2);
}

static const struct cla_xml *first_taxed(const struct cla_nfe *n)
{
	return n->reform ? cla_nfe_item(n) : NULL;
}

/*
 * The three taxes of an item; a rule's id ends with the name of the one that it is about
 */

static const struct part {
	const char *name, *group, *rate, *value;
	const char *regular_rate, *regular_value; /* of gTribRegular */
} parts[] = {
	{ "-uf", "gIBSUF", "pIBSUF", "vIBSUF", "pAliqEfetRegIBSUF", "vTribRegIBSUF" },
	{ "-mun", "gIBSMun", "pIBSMun", "vIBSMun", "pAliqEfetRegIBSMun", "vTribRegIBSMun" },
	{ "-cbs", "gCBS", "pCBS", "vCBS", "pAliqEfetRegCBS", "vTribRegCBS" },
};

static const struct part *part_of(const struct cla_rule *r)
{
	size_t i = 0;

	while (i + 1 < CLA_LEN(parts) && !cla_str_ends(cla_str_from(r->id), parts[i].name))
		i++;
	return &parts[i];
}

/* One tax of one item. */
struct tax {
	const struct part *part;
	const struct cla_xml *whole; /* IBSCBS */
	const struct cla_xml *taxed; /* gIBSCBS */
	const struct cla_xml *group; /* gIBSUF, gIBSMun, gCBS */
	struct cla_dec base;
};

typedef void tax_fn(struct cla_case *c, const struct cla_rule *r, const struct tax *tax);

/* Calls for each item that has the tax. */
static void each_tax(struct cla_case *c, const struct cla_rule *r, tax_fn *fn)
{
	for (const struct cla_xml *det = first_taxed(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det)) {
		struct tax tax = { .part = part_of(r), .whole = cla_nfe_find(det, ITEM) };

		tax.taxed = cla_nfe_find(tax.whole, "gIBSCBS");
		tax.group = cla_nfe_find(tax.taxed, tax.part->group);
		tax.base = cla_nfe_amount(tax.taxed, "vBC");
		if (tax.group)
			fn(c, r, &tax);
	}
}

/* What the base is multiplied by: the rate, or what a reduction leaves of it. */
static struct cla_dec effective_rate(const struct tax *tax)
{
	if (cla_nfe_find(tax->group, "gRed"))
		return cla_nfe_amount(tax->group, "gRed/pAliqEfet");
	return cla_nfe_amount(tax->group, tax->part->rate);
}

/* LC 214/2025, articles 343, 344 and 346: the test rates, by year. CBS has none from 2027 on, IBS none
 * from 2029 on that are fixed in advance. Where the taxation is suspended on a condition (gTribRegular)
 * the rate is zero; areas of free trade have zero for CBS. */
static void check_rate(struct cla_case *c, const struct cla_rule *r, const struct tax *tax)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(tax->group, tax->part->rate);
	bool cbs = tax->part == &parts[2], city = tax->part == &parts[1];
	struct cla_dec due;

	if (!el || cla_nfe_find(n->ide, "gCompraGov") || cla_nfe_find(tax->group, "gALCZFMCBS"))
		return;
	if (is_year(n, 2025, 2026))
		due = cla_dec_from(cbs ? 90 : city ? 0 : 10, 2);
	else if (is_year(n, 2027, 2028) && !cbs)
		due = cla_dec_from(5, 2);
	else
		return;
	if (cla_nfe_find(tax->taxed, "gTribRegular"))
		due = CLA_DEC_ZERO;
	cla_nfe_expect_rate(c, r, el, due);
}

static void rate(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, check_rate);
}

/* Four decimals, rounded at the last. */
static void check_effective(struct cla_case *c, const struct cla_rule *r, const struct tax *tax)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(tax->group, "gRed/pAliqEfet");
	const struct cla_xml *purchase = cla_nfe_find(n->ide, "gCompraGov");
	struct cla_dec hundred = cla_dec_from(100, 0), due;

	if (!el)
		return;
	due = cla_nfe_percent(cla_nfe_amount(tax->group, tax->part->rate),
			      cla_dec_sub(hundred, cla_nfe_amount(tax->group, "gRed/pRedAliq")));
	if (purchase)
		due = cla_nfe_percent(due,
				      cla_dec_sub(hundred, cla_nfe_amount(purchase, "pRedutor")));
	cla_nfe_expect_rate(c, r, el, cla_dec_round(due, 4));
}

static void effective(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, check_effective);
}

static void check_deferred(struct cla_case *c, const struct cla_rule *r, const struct tax *tax)
{
	const struct cla_xml *el = cla_nfe_find(tax->group, "gDif/vDif");

	if (el)
		cla_nfe_expect(
			c, r, r->severity, el,
			cla_dec_round(
				cla_nfe_percent(cla_nfe_percent(tax->base, effective_rate(tax)),
						cla_nfe_amount(tax->group, "gDif/pDif")),
				2),
			cla_dec_parse(cla_xml_text(el)), cent());
}

static void deferred(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, check_deferred);
}

static void check_value(struct cla_case *c, const struct cla_rule *r, const struct tax *tax)
{
	const struct cla_xml *el = cla_nfe_find(tax->group, tax->part->value);
	struct cla_dec due = cla_nfe_percent(tax->base, effective_rate(tax));

	due = cla_dec_sub(due, cla_nfe_amount(tax->group, "gDif/vDif"));
	due = cla_dec_sub(due, cla_nfe_amount(tax->group, "gDevTrib/vDevTrib"));
	if (el)
		cla_nfe_expect(c, r, r->severity, el, cla_dec_round(due, 2),
			       cla_dec_parse(cla_xml_text(el)), cent());
}

static void value(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, check_value);
}

static void check_regular(struct cla_case *c, const struct cla_rule *r, const struct tax *tax)
{
	const struct cla_xml *regular = cla_nfe_find(tax->taxed, "gTribRegular");
	const struct cla_xml *el = cla_nfe_find(regular, tax->part->regular_value);

	if (el)
		cla_nfe_expect(
			c, r, r->severity, el,
			cla_dec_round(
				cla_nfe_percent(tax->base,
						cla_nfe_amount(regular, tax->part->regular_rate)),
				2),
			cla_dec_parse(cla_xml_text(el)), cent());
}

static void regular(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, check_regular);
}

/*
 * Tax situation (CST): which groups go with it
 */

enum need { NO, YES, OPEN };

static const struct situation {
	const char *cst;
	const char *group; /* that it has; NULL: none of the four */
	enum need deferred, reduced;
} situations[] = {
	{ "000", "gIBSCBS", NO, NO },	      { "200", "gIBSCBS", NO, YES },
	{ "400", NULL, OPEN, OPEN },	      { "410", NULL, OPEN, OPEN },
	{ "510", "gIBSCBS", YES, NO },	      { "515", "gIBSCBS", YES, YES },
	{ "550", "gIBSCBS", NO, NO },	      { "620", "gIBSCBSMono", OPEN, OPEN },
	{ "800", "gTransfCred", OPEN, OPEN }, { "811", "gAjusteCompet", OPEN, OPEN },
};

/* NULL: not known here. */
static const struct situation *situation_of(const struct cla_xml *whole)
{
	struct cla_str cst = cla_nfe_text(whole, "CST");

	for (size_t i = 0; i < CLA_LEN(situations); i++) {
		if (cla_str_eqc(cst, situations[i].cst))
			return &situations[i];
	}
	return NULL;
}

static const struct {
	const char *missing, *undue; /* rules */
	const char *group;
} groups[] = {
	{ "ibscbs.group-missing", "ibscbs.group-undue", "gIBSCBS" },
	{ "ibscbs.mono-missing", "ibscbs.mono-undue", "gIBSCBSMono" },
	{ "ibscbs.transfer-missing", "ibscbs.transfer-undue", "gTransfCred" },
	{ "ibscbs.adjustment-missing", "ibscbs.adjustment-undue", "gAjusteCompet" },
};

/* A loss of stock (debit note of type 07) reverses credits and has no group of its own. */
static bool is_loss(const struct cla_nfe *n)
{
	return cla_str_eqc(cla_nfe_text(n->ide, "tpNFDebito"), "07");
}

static void check_groups(struct cla_case *c, const struct cla_rule *r, size_t group, bool missing)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *det = first_taxed(n); det && !(missing && is_loss(n));
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *whole = cla_nfe_find(det, ITEM);
		const struct cla_xml *el = cla_nfe_find(whole, groups[group].group);
		const struct situation *s = situation_of(whole);

		if (!s)
			continue;
		bool due = s->group && strcmp(s->group, groups[group].group) == 0;
		if (due && !el && missing)
			cla_case_fail(c, r, whole, NULL, cla_str_from(groups[group].group),
				      cla_nfe_text(whole, "CST"));
		else if (!due && el && !missing)
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_nfe_text(whole, "CST"));
	}
}

static void situation_group(struct cla_case *c, const struct cla_rule *r)
{
	for (size_t i = 0; i < CLA_LEN(groups); i++) {
		if (strcmp(r->id, groups[i].missing) == 0)
			check_groups(c, r, i, true);
		else if (strcmp(r->id, groups[i].undue) == 0)
			check_groups(c, r, i, false);
	}
}

/* `need` of the group by the situation; a public purchase has a reduction of its own. */
static void check_need(struct cla_case *c, const struct cla_rule *r, const struct tax *tax,
		       const char *group, enum need need)
{
	const struct cla_xml *el = cla_nfe_find(tax->group, group);
	bool due_rule = cla_str_contains(cla_str_from(r->id), "-missing-");

	if (need == YES && !el && due_rule)
		cla_case_fail(c, r, tax->group, NULL, cla_str_from(group),
			      cla_nfe_text(tax->whole, "CST"));
	if (need == NO && el && !due_rule)
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_nfe_text(tax->whole, "CST"));
}

static void check_deferral_group(struct cla_case *c, const struct cla_rule *r,
				 const struct tax *tax)
{
	const struct situation *s = situation_of(tax->whole);

	if (s)
		check_need(c, r, tax, "gDif", s->deferred);
}

static void deferral_group(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, check_deferral_group);
}

static void check_reduction_group(struct cla_case *c, const struct cla_rule *r,
				  const struct tax *tax)
{
	const struct situation *s = situation_of(tax->whole);
	bool purchase = cla_nfe_find(cla_nfe_of(c)->ide, "gCompraGov") != NULL;

	if (s)
		check_need(c, r, tax, "gRed", purchase && s->reduced != OPEN ? YES : s->reduced);
}

static void reduction_group(struct cla_case *c, const struct cla_rule *r)
{
	each_tax(c, r, check_reduction_group);
}

/* The first three digits of cClassTrib are the situation that it belongs to. */
static void class_of_situation(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const pairs[][2] = {
		{ "CST", "cClassTrib" },
		{ "gIBSCBS/gTribRegular/CSTReg", "gIBSCBS/gTribRegular/cClassTribReg" },
	};

	for (const struct cla_xml *det = first_taxed(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *whole = cla_nfe_find(det, ITEM);

		for (size_t i = 0; i < CLA_LEN(pairs); i++) {
			struct cla_str cst = cla_nfe_text(whole, pairs[i][0]);
			const struct cla_xml *el = cla_nfe_find(whole, pairs[i][1]);

			if (cst.len && el && !cla_str_eq(cla_str_sub(cla_xml_text(el), 0, 3), cst))
				cla_case_fail(c, r, el, NULL, cst, cla_xml_text(el));
		}
	}
}

/*
 * Presence
 */

/* Whether a note corrects, or brings back, what is older than the taxes. */
static bool is_of_old_note(const struct cla_nfe *n)
{
	struct cla_str purpose = cla_nfe_text(n->ide, "finNFe");
	const struct cla_xml *ref = cla_nfe_find(n->ide, "NFref");

	if (!cla_str_eqc(purpose, "2") && !cla_str_eqc(purpose, "4"))
		return false;
	for (; ref; ref = cla_xml_find_next(ref, CLA_NFE_NS, "NFref")) {
		struct cla_access_key part;

		if (cla_access_key_split(cla_nfe_text(ref, "refNFe"), &part) &&
		    cla_str_cmp(part.yymm, CLA_STR("2601")) < 0)
			return true;
	}
	return false;
}

/* Due from the normal regime since January 2026, from the others since January 2027. Told once. */
static void missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	bool normal = cla_str_eqc(cla_nfe_text(n->emit, "CRT"), "3");

	if ((!normal && !is_year(n, 2027, 9999)) || is_of_old_note(n))
		return;
	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		if (cla_nfe_find(det, ITEM))
			continue;
		cla_case_fail(c, r, det, NULL, CLA_STR("IBSCBS"), CLA_STR_NONE);
		return;
	}
}

static bool is_in_items(const struct cla_nfe *n, const char *path)
{
	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		if (cla_nfe_find(det, path))
			return true;
	}
	return false;
}

static void check_total_group(struct cla_case *c, const struct cla_rule *r, const char *group,
			      const char *item, bool due)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *totals = cla_nfe_find(n->inf, "total");
	const struct cla_xml *el = cla_nfe_find(totals, group);

	if (due ? el || !is_in_items(n, item) : !el || is_in_items(n, item))
		return;
	cla_case_fail(c, r, el ? el : totals, NULL, due ? cla_str_from(group) : CLA_STR_NONE,
		      CLA_STR_NONE);
}

static void total_undue(struct cla_case *c, const struct cla_rule *r)
{
	check_total_group(c, r, "IBSCBSTot", ITEM, false);
}

static void total_missing(struct cla_case *c, const struct cla_rule *r)
{
	check_total_group(c, r, "IBSCBSTot", ITEM, true);
}

static void is_total_undue(struct cla_case *c, const struct cla_rule *r)
{
	check_total_group(c, r, "ISTot", "imposto/IS", false);
}

static void is_total_missing(struct cla_case *c, const struct cla_rule *r)
{
	check_total_group(c, r, "ISTot", "imposto/IS", true);
}

/*
 * Public purchases
 */

static void check_purchase(struct cla_case *c, const struct cla_rule *r, bool due)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if ((cla_nfe_find(n->ide, "gCompraGov") != NULL) != due)
		return;
	for (const struct cla_xml *det = first_taxed(n); det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *taxed = cla_nfe_find(det, ITEM "/gIBSCBS");
		const struct cla_xml *el = cla_nfe_find(taxed, "gTribCompraGov");

		if (taxed && due && !el)
			cla_case_fail(c, r, taxed, NULL, CLA_STR("gTribCompraGov"), CLA_STR_NONE);
		if (!due && el)
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, CLA_STR_NONE);
	}
}

static void purchase_missing(struct cla_case *c, const struct cla_rule *r)
{
	check_purchase(c, r, true);
}

static void purchase_undue(struct cla_case *c, const struct cla_rule *r)
{
	check_purchase(c, r, false);
}

/* The published tolerance is four cents. */
static void purchase_sum(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *det = first_taxed(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *taxed = cla_nfe_find(det, ITEM "/gIBSCBS");
		const struct cla_xml *el = cla_nfe_find(taxed, "gTribCompraGov");
		struct cla_dec due = cla_nfe_amount(taxed, "gIBSUF/vIBSUF"), found;

		if (!el)
			continue;
		due = cla_dec_add(due, cla_nfe_amount(taxed, "gIBSMun/vIBSMun"));
		due = cla_dec_add(due, cla_nfe_amount(taxed, "gCBS/vCBS"));
		found = cla_dec_add(cla_nfe_amount(el, "vTribIBSUF"),
				    cla_nfe_amount(el, "vTribIBSMun"));
		found = cla_dec_add(found, cla_nfe_amount(el, "vTribCBS"));
		cla_nfe_expect(c, r, r->severity, el, due, found, cla_dec_from(4, 2));
	}
}

/*
 * Sums within an item
 */

/* Some presumed credits are deducted, which only the table of cCredPres tells: both are good. */
static void ibs_of_item(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *det = first_taxed(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *whole = cla_nfe_find(det, ITEM);
		const struct cla_xml *taxed = cla_nfe_find(whole, "gIBSCBS");
		const struct cla_xml *el = cla_nfe_find(taxed, "vIBS");
		struct cla_dec found = cla_dec_parse(cla_xml_text(el));
		struct cla_dec due = cla_dec_add(cla_nfe_amount(taxed, "gIBSUF/vIBSUF"),
						 cla_nfe_amount(taxed, "gIBSMun/vIBSMun"));
		struct cla_dec credit =
			cla_nfe_amount(whole, "gCredPresOper/gIBSCredPres/vCredPres");

		if (el && !cla_dec_eq(cla_dec_sub(due, credit), found))
			cla_nfe_expect(c, r, r->severity, el, due, found, CLA_DEC_ZERO);
	}
}

static void mono_of_item(struct cla_case *c, const struct cla_rule *r)
{
	bool cbs = cla_str_ends(cla_str_from(r->id), "-cbs");

	for (const struct cla_xml *det = first_taxed(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *mono = cla_nfe_find(det, ITEM "/gIBSCBSMono");
		const struct cla_xml *el =
			cla_nfe_find(mono, cbs ? "vTotCBSMonoItem" : "vTotIBSMonoItem");
		struct cla_dec due = cla_dec_add(
			cla_nfe_amount(mono, cbs ? "gMonoPadrao/vCBSMono" : "gMonoPadrao/vIBSMono"),
			cla_nfe_amount(mono, cbs ? "gMonoReten/vCBSMonoReten"
						 : "gMonoReten/vIBSMonoReten"));

		due = cla_dec_sub(due, cla_nfe_amount(mono, cbs ? "gMonoDif/vCBSMonoDif"
								: "gMonoDif/vIBSMonoDif"));
		if (el)
			cla_nfe_expect(c, r, r->severity, el, due, cla_dec_parse(cla_xml_text(el)),
				       cent());
	}
}

/* A rate by quantity (adRemIS, pISEspec before 010e) is still without a settled formula. */
static void selective_tax(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *det = cla_nfe_item(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *tax = cla_nfe_find(det, "imposto/IS");
		const struct cla_xml *el = cla_nfe_find(tax, "vIS");

		if (el && !cla_nfe_find(tax, "adRemIS") && !cla_nfe_find(tax, "pISEspec"))
			cla_nfe_expect(c, r, r->severity, el,
				       cla_dec_round(cla_nfe_percent(cla_nfe_amount(tax, "vBCIS"),
								     cla_nfe_amount(tax, "pIS")),
						     2),
				       cla_dec_parse(cla_xml_text(el)), cent());
	}
}

/*
 * Totals (rules 59, 61)
 */

#define TAXED ITEM "/gIBSCBS/"
#define MONO ITEM "/gIBSCBSMono/"
#define CREDIT ITEM "/gCredPresOper/"

static const struct {
	const char *rule, *group, *total, *item; /* group: that has to be there */
} sums[] = {
	{ "ibscbs.total-base", "IBSCBSTot", "vBCIBSCBS", TAXED "vBC" },
	{ "ibscbs.total-deferred-uf", "IBSCBSTot", "gIBS/gIBSUF/vDif", TAXED "gIBSUF/gDif/vDif" },
	{ "ibscbs.total-returned-uf", "IBSCBSTot", "gIBS/gIBSUF/vDevTrib",
	  TAXED "gIBSUF/gDevTrib/vDevTrib" },
	{ "ibscbs.total-uf", "IBSCBSTot", "gIBS/gIBSUF/vIBSUF", TAXED "gIBSUF/vIBSUF" },
	{ "ibscbs.total-deferred-mun", "IBSCBSTot", "gIBS/gIBSMun/vDif",
	  TAXED "gIBSMun/gDif/vDif" },
	{ "ibscbs.total-returned-mun", "IBSCBSTot", "gIBS/gIBSMun/vDevTrib",
	  TAXED "gIBSMun/gDevTrib/vDevTrib" },
	{ "ibscbs.total-mun", "IBSCBSTot", "gIBS/gIBSMun/vIBSMun", TAXED "gIBSMun/vIBSMun" },
	{ "ibscbs.total-ibs", "IBSCBSTot", "gIBS/vIBS", TAXED "vIBS" },
	{ "ibscbs.total-credit-ibs", "IBSCBSTot", "gIBS/vCredPres",
	  CREDIT "gIBSCredPres/vCredPres" },
	{ "ibscbs.total-open-credit-ibs", "IBSCBSTot", "gIBS/vCredPresCondSus",
	  CREDIT "gIBSCredPres/vCredPresCondSus" },
	{ "ibscbs.total-deferred-cbs", "IBSCBSTot", "gCBS/vDif", TAXED "gCBS/gDif/vDif" },
	{ "ibscbs.total-returned-cbs", "IBSCBSTot", "gCBS/vDevTrib",
	  TAXED "gCBS/gDevTrib/vDevTrib" },
	{ "ibscbs.total-cbs", "IBSCBSTot", "gCBS/vCBS", TAXED "gCBS/vCBS" },
	{ "ibscbs.total-credit-cbs", "IBSCBSTot", "gCBS/vCredPres",
	  CREDIT "gCBSCredPres/vCredPres" },
	{ "ibscbs.total-open-credit-cbs", "IBSCBSTot", "gCBS/vCredPresCondSus",
	  CREDIT "gCBSCredPres/vCredPresCondSus" },
	{ "ibscbs.total-mono-ibs", "IBSCBSTot", "gMono/vIBSMono", MONO "gMonoPadrao/vIBSMono" },
	{ "ibscbs.total-mono-cbs", "IBSCBSTot", "gMono/vCBSMono", MONO "gMonoPadrao/vCBSMono" },
	{ "ibscbs.total-withheld-ibs", "IBSCBSTot", "gMono/vIBSMonoReten",
	  MONO "gMonoReten/vIBSMonoReten" },
	{ "ibscbs.total-withheld-cbs", "IBSCBSTot", "gMono/vCBSMonoReten",
	  MONO "gMonoReten/vCBSMonoReten" },
	{ "ibscbs.total-earlier-ibs", "IBSCBSTot", "gMono/vIBSMonoRet",
	  MONO "gMonoRet/vIBSMonoRet" },
	{ "ibscbs.total-earlier-cbs", "IBSCBSTot", "gMono/vCBSMonoRet",
	  MONO "gMonoRet/vCBSMonoRet" },
	{ "ibscbs.total-reversed-ibs", "IBSCBSTot", "gEstornoCred/vIBSEstCred",
	  ITEM "/gEstornoCred/vIBSEstCred" },
	{ "ibscbs.total-reversed-cbs", "IBSCBSTot", "gEstornoCred/vCBSEstCred",
	  ITEM "/gEstornoCred/vCBSEstCred" },
	{ "ibscbs.total-is", "ISTot", "vIS", "imposto/IS/vIS" },
};

static void total(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (size_t i = 0; i < CLA_LEN(sums); i++) {
		const struct cla_xml *group, *el;

		if (strcmp(sums[i].rule, r->id) != 0)
			continue;
		group = cla_nfe_find(cla_nfe_find(n->inf, "total"), sums[i].group);
		if (!group)
			return; /* told by the rule that it is missing */
		el = cla_nfe_find(group, sums[i].total);
		cla_nfe_expect(c, r, r->severity, el ? el : group,
			       cla_nfe_sum_items(n, sums[i].item),
			       cla_nfe_amount(group, sums[i].total), CLA_DEC_ZERO);
	}
}

/*
 * Value of an item, total with the taxes on top (rule 62): these come on top from 2027 on
 */

static struct cla_dec sum_of(const struct cla_xml *el, const char *const *paths, size_t count)
{
	struct cla_dec sum = CLA_DEC_ZERO;

	for (size_t i = 0; i < count; i++)
		sum = cla_dec_add(sum, cla_nfe_amount(el, paths[i]));
	return sum;
}

static struct cla_dec on_top(const struct cla_xml *det)
{
	static const char *const paths[] = { TAXED "vIBS", TAXED "gCBS/vCBS", "imposto/IS/vIS",
					     MONO "vTotIBSMonoItem", MONO "vTotCBSMonoItem" };

	return sum_of(det, paths, CLA_LEN(paths));
}

static struct cla_dec item_value(const struct cla_nfe *n, const struct cla_xml *det)
{
	static const char *const added[] = { "prod/vProd",
					     "prod/vFrete",
					     "prod/vSeg",
					     "prod/vOutro",
					     "imposto/II/vII",
					     "imposto/IPI/IPITrib/vIPI",
					     "impostoDevol/IPI/vIPIDevol" };
	static const char *const of_icms[] = { "vICMSST", "vICMSMonoReten", "vFCPST" };
	const struct cla_xml *icms = cla_xml_child(cla_nfe_find(det, "imposto/ICMS"));
	struct cla_dec sum = cla_dec_add(sum_of(det, added, CLA_LEN(added)),
					 sum_of(icms, of_icms, CLA_LEN(of_icms)));

	sum = cla_dec_sub(sum, cla_nfe_amount(det, "prod/vDesc"));
	if (cla_str_eqc(cla_nfe_text(icms, "indDeduzDeson"), "1"))
		sum = cla_dec_sub(sum, cla_nfe_amount(icms, "vICMSDeson"));
	if (cla_str_eqc(cla_nfe_text(det, "imposto/PISST/indSomaPISST"), "1"))
		sum = cla_dec_add(sum, cla_nfe_amount(det, "imposto/PISST/vPIS"));
	if (cla_str_eqc(cla_nfe_text(det, "imposto/COFINSST/indSomaCOFINSST"), "1"))
		sum = cla_dec_add(sum, cla_nfe_amount(det, "imposto/COFINSST/vCOFINS"));
	return is_year(n, 2027, 9999) ? cla_dec_add(sum, on_top(det)) : sum;
}

/* Vehicles that a maker sells in a dealer's place have a formula of their own. */
static void value_of_item(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *el = cla_nfe_find(det, "vItem");

		if (el && !cla_str_eqc(cla_nfe_text(det, "prod/veicProd/tpOp"), "2"))
			cla_nfe_expect(c, r, r->severity, el, item_value(n, det),
				       cla_dec_parse(cla_xml_text(el)), CLA_DEC_ZERO);
	}
}

static void grand_total(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const taxes[] = { "ISTot/vIS", "IBSCBSTot/gIBS/vIBS",
					     "IBSCBSTot/gCBS/vCBS", "IBSCBSTot/gMono/vIBSMono",
					     "IBSCBSTot/gMono/vCBSMono" };
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *totals = cla_nfe_find(n->inf, "total");
	const struct cla_xml *el = cla_nfe_find(totals, "vNFTot");
	struct cla_dec due = cla_nfe_amount(n->total, "vNF");

	if (!el)
		return;
	for (size_t i = 0; i < CLA_LEN(taxes) && is_year(n, 2027, 9999); i++)
		due = cla_dec_add(due, cla_nfe_amount(totals, taxes[i]));
	cla_nfe_expect(c, r, r->severity, el, due, cla_dec_parse(cla_xml_text(el)), CLA_DEC_ZERO);
}

/* Items without a value of their own leave nothing to add up. */
static void sum_of_items(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->inf, "total/vNFTot");

	for (const struct cla_xml *det = cla_nfe_item(n); det && el; det = cla_nfe_next_item(det)) {
		if (!cla_nfe_find(det, "vItem"))
			return;
	}
	if (el)
		cla_nfe_expect(c, r, r->severity, el, cla_nfe_sum_items(n, "vItem"),
			       cla_dec_parse(cla_xml_text(el)), CLA_DEC_ZERO);
}

/*
 * Debit and credit notes (finNFe 5, 6; rule 44)
 */

static bool is_purpose(const struct cla_nfe *n, const char *purpose)
{
	return cla_str_eqc(cla_nfe_text(n->ide, "finNFe"), purpose);
}

/* Told once an item. A return (credit of type 03) brings the old taxes back. */
static void other_taxes(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const taxes[] = { "imposto/ICMS",	   "imposto/ISSQN",
					     "imposto/IPI",	   "imposto/II",
					     "imposto/PIS",	   "imposto/PISST",
					     "imposto/COFINS",	   "imposto/COFINSST",
					     "imposto/ICMSUFDest", "impostoDevol" };
	const struct cla_nfe *n = cla_nfe_of(c);

	if ((!is_purpose(n, "5") && !is_purpose(n, "6")) ||
	    cla_str_eqc(cla_nfe_text(n->ide, "tpNFCredito"), "03"))
		return;
	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *el = NULL;

		for (size_t i = 0; i < CLA_LEN(taxes) && !el; i++)
			el = cla_nfe_find(det, taxes[i]);
		if (el)
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, CLA_STR_NONE);
	}
}

static void credit_direction(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, "tpNF");

	if (is_purpose(n, "5") && !cla_str_eqc(cla_xml_text(el), "0"))
		cla_case_fail(c, r, el ? el : n->ide, NULL, CLA_STR("0"), cla_xml_text(el));
}

static void debit_direction(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, "tpNF");

	if (is_purpose(n, "6") && !cla_str_eqc(cla_xml_text(el), "1"))
		cla_case_fail(c, r, el ? el : n->ide, NULL, CLA_STR("1"), cla_xml_text(el));
}

static void check_kind(struct cla_case *c, const struct cla_rule *r, const char *purpose,
		       const char *field, bool due)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, field);

	if (due && is_purpose(n, purpose) && !el)
		cla_case_fail(c, r, n->ide, NULL, cla_str_from(field), CLA_STR_NONE);
	if (!due && !is_purpose(n, purpose) && el)
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
}

static void credit_kind_missing(struct cla_case *c, const struct cla_rule *r)
{
	check_kind(c, r, "5", "tpNFCredito", true);
}

static void credit_kind_undue(struct cla_case *c, const struct cla_rule *r)
{
	check_kind(c, r, "5", "tpNFCredito", false);
}

static void debit_kind_missing(struct cla_case *c, const struct cla_rule *r)
{
	check_kind(c, r, "6", "tpNFDebito", true);
}

static void debit_kind_undue(struct cla_case *c, const struct cla_rule *r)
{
	check_kind(c, r, "6", "tpNFDebito", false);
}

/*
 * The rows
 */

/* clang-format off */

#define ROW(id, code, check, fn, en, es, pt) CLA_NFE_RULE(id, code, check, WARN, fn, en, es, pt)

/* The same of each of the three taxes. */
#define TAX_ROWS(id, uf, mun, cbs, check, fn, en, es, pt)                                         \
	ROW(id "-uf", uf, check, fn, "IBS of the state: " en, "IBS del estado: " es,              \
	    "IBS da UF: " pt),                                                                    \
	ROW(id "-mun", mun, check, fn, "IBS of the city: " en, "IBS del municipio: " es,          \
	    "IBS do município: " pt),                                                             \
	ROW(id "-cbs", cbs, check, fn, "CBS: " en, "CBS: " es, "CBS: " pt)

#define SUM_ROW(id, code, en, es, pt)                                                             \
	ROW(id, code, TOTALS, total, "Total of " en " is not the sum of the items",               \
	    "El total de " es " no es la suma de las partidas",                                   \
	    "O total de " pt " difere da soma dos itens")

/* clang-format on */

static const struct cla_rule rules[] = {
	CLA_NFE_DATED_RULE("ibscbs.missing", "1115", CATALOGS, WARN, "2026-01-05", NULL, missing,
			   "IBS and CBS are not given", "No se informan IBS y CBS",
			   "IBS/CBS não informado"),
	ROW("ibscbs.class", "1024", CATALOGS, class_of_situation, "cClassTrib is not of its CST",
	    "cClassTrib no corresponde a su CST", "cClassTrib incompatível com o CST"),
	ROW("ibscbs.group-missing", "1022", CATALOGS, situation_group,
	    "This CST needs the group gIBSCBS", "Este CST requiere el grupo gIBSCBS",
	    "Este CST exige o grupo gIBSCBS"),
	ROW("ibscbs.group-undue", "1021", CATALOGS, situation_group,
	    "This CST has no group gIBSCBS", "Este CST no admite el grupo gIBSCBS",
	    "Este CST não permite o grupo gIBSCBS"),
	CLA_NFE_DATED_RULE("ibscbs.mono-missing", "1116", CATALOGS, WARN, "2027-01-04", NULL,
			   situation_group, "This CST needs the group gIBSCBSMono",
			   "Este CST requiere el grupo gIBSCBSMono",
			   "Este CST exige o grupo gIBSCBSMono"),
	ROW("ibscbs.mono-undue", "1151", CATALOGS, situation_group,
	    "This CST has no group gIBSCBSMono", "Este CST no admite el grupo gIBSCBSMono",
	    "Este CST não permite o grupo gIBSCBSMono"),
	ROW("ibscbs.transfer-missing", "1132", CATALOGS, situation_group,
	    "This CST needs the group gTransfCred", "Este CST requiere el grupo gTransfCred",
	    "Este CST exige o grupo gTransfCred"),
	ROW("ibscbs.transfer-undue", "1131", CATALOGS, situation_group,
	    "This CST has no group gTransfCred", "Este CST no admite el grupo gTransfCred",
	    "Este CST não permite o grupo gTransfCred"),
	ROW("ibscbs.adjustment-missing", "1170", CATALOGS, situation_group,
	    "This CST needs the group gAjusteCompet", "Este CST requiere el grupo gAjusteCompet",
	    "Este CST exige o grupo gAjusteCompet"),
	ROW("ibscbs.adjustment-undue", "1169", CATALOGS, situation_group,
	    "This CST has no group gAjusteCompet", "Este CST no admite el grupo gAjusteCompet",
	    "Este CST não permite o grupo gAjusteCompet"),
	TAX_ROWS("ibscbs.deferral-missing", "1030", "1044", "1061", CATALOGS, deferral_group,
		 "this CST needs the group of deferral",
		 "este CST requiere el grupo de diferimiento",
		 "este CST exige o grupo de diferimento"),
	TAX_ROWS("ibscbs.deferral-undue", "1029", "1083", "1090", CATALOGS, deferral_group,
		 "this CST has no deferral", "este CST no admite diferimiento",
		 "este CST não permite diferimento"),
	TAX_ROWS("ibscbs.reduction-missing", "1033", "1074", "1079", CATALOGS, reduction_group,
		 "this CST, or a public purchase, needs the group of reduction",
		 "este CST, o una compra pública, requiere el grupo de reducción",
		 "este CST, ou compra governamental, exige o grupo de redução"),
	TAX_ROWS("ibscbs.reduction-undue", "1032", "1007", "1028", CATALOGS, reduction_group,
		 "this CST has no reduction", "este CST no admite reducción",
		 "este CST não permite redução de alíquota"),
	ROW("ibscbs.purchase-missing", "1141", CATALOGS, purchase_missing,
	    "A public purchase without gTribCompraGov", "Compra pública sin gTribCompraGov",
	    "Compra governamental sem gTribCompraGov"),
	ROW("ibscbs.purchase-undue", "1144", CATALOGS, purchase_undue,
	    "gTribCompraGov, and the note is no public purchase",
	    "gTribCompraGov y la nota no es compra pública",
	    "gTribCompraGov informado indevidamente"),

	TAX_ROWS("ibscbs.rate", "1026", "1036", "1037", TOTALS, rate,
		 "the rate is not that of the year", "la tasa no es la del año",
		 "a alíquota não é a do ano"),
	TAX_ROWS("ibscbs.effective-rate", "1035", "1047", "1064", TOTALS, effective,
		 "the effective rate is not what the reduction leaves",
		 "la tasa efectiva no es lo que deja la reducción",
		 "a alíquota efetiva foi calculada incorretamente"),
	TAX_ROWS("ibscbs.deferred", "1031", "1045", "1062", TOTALS, deferred,
		 "the deferred value is not base by rate by its percentage",
		 "el valor diferido no es base por tasa por su porcentaje",
		 "o valor do diferimento difere do calculado"),
	TAX_ROWS("ibscbs.value", "1041", "1052", "1069", TOTALS, value,
		 "the value is not base by rate, less what is deferred or given back",
		 "el valor no es base por tasa, menos lo diferido o devuelto",
		 "o valor difere do calculado"),
	TAX_ROWS("ibscbs.regular", "1040", "1051", "1068", TOTALS, regular,
		 "the regular value is not base by regular rate",
		 "el valor regular no es base por tasa regular",
		 "o valor do tributo regular difere do calculado"),
	ROW("ibscbs.value-ibs", "1150", TOTALS, ibs_of_item,
	    "vIBS of the item is not what state and city have together",
	    "vIBS de la partida no es la suma de estado y municipio",
	    "O vIBS do item difere da soma de UF e município"),
	ROW("ibscbs.purchase-sum", "1142", TOTALS, purchase_sum,
	    "The parts of a public purchase do not add up to the taxes",
	    "Las partes de la compra pública no suman los impuestos",
	    "Soma dos valores em compras governamentais divergente"),
	ROW("ibscbs.mono-ibs", "1070", TOTALS, mono_of_item,
	    "Single-phase IBS of the item is not the sum of its parts",
	    "El IBS monofásico de la partida no es la suma de sus partes",
	    "O IBS monofásico do item difere do calculado"),
	ROW("ibscbs.mono-cbs", "1071", TOTALS, mono_of_item,
	    "Single-phase CBS of the item is not the sum of its parts",
	    "La CBS monofásica de la partida no es la suma de sus partes",
	    "A CBS monofásica do item difere do calculado"),
	ROW("ibscbs.selective-tax", "1019", TOTALS, selective_tax,
	    "The selective tax is not base by rate", "El impuesto selectivo no es base por tasa",
	    "O valor do imposto seletivo difere do calculado"),

	ROW("ibscbs.totals-undue", "1118", TOTALS, total_undue,
	    "Totals of IBS and CBS, and no item has them",
	    "Hay totales de IBS y CBS y ninguna partida los tiene",
	    "Total de IBS e CBS informado indevidamente"),
	ROW("ibscbs.totals-missing", "1119", TOTALS, total_missing,
	    "Items have IBS and CBS, and the note no totals of them",
	    "Hay partidas con IBS y CBS y la nota no los totaliza",
	    "Total de IBS e CBS não informado"),
	ROW("ibscbs.is-totals-undue", "1073", TOTALS, is_total_undue,
	    "A total of selective tax, and no item has it",
	    "Hay total de impuesto selectivo y ninguna partida lo tiene",
	    "Total de IS informado indevidamente"),
	ROW("ibscbs.is-totals-missing", "1117", TOTALS, is_total_missing,
	    "Items have selective tax, and the note no total of it",
	    "Hay partidas con impuesto selectivo y la nota no lo totaliza",
	    "Total de IS não informado"),
	SUM_ROW("ibscbs.total-base", "1076", "the base of IBS and CBS", "la base de IBS y CBS",
		"base de cálculo do IBS e da CBS"),
	SUM_ROW("ibscbs.total-deferred-uf", "1077", "the state's deferred IBS",
		"IBS diferido del estado", "diferimento do IBS da UF"),
	SUM_ROW("ibscbs.total-returned-uf", "1078", "the state's IBS given back",
		"IBS devuelto del estado", "devolução do IBS da UF"),
	SUM_ROW("ibscbs.total-uf", "1080", "the state's IBS", "IBS del estado", "IBS da UF"),
	SUM_ROW("ibscbs.total-deferred-mun", "1081", "the city's deferred IBS",
		"IBS diferido del municipio", "diferimento do IBS do município"),
	SUM_ROW("ibscbs.total-returned-mun", "1082", "the city's IBS given back",
		"IBS devuelto del municipio", "devolução do IBS do município"),
	SUM_ROW("ibscbs.total-mun", "1084", "the city's IBS", "IBS del municipio",
		"IBS do município"),
	SUM_ROW("ibscbs.total-ibs", "1085", "IBS", "IBS", "IBS"),
	SUM_ROW("ibscbs.total-credit-ibs", "1086", "presumed credit of IBS",
		"crédito presunto de IBS", "crédito presumido do IBS"),
	SUM_ROW("ibscbs.total-open-credit-ibs", NULL, "suspended presumed credit of IBS",
		"crédito presunto suspendido de IBS", "crédito presumido suspenso do IBS"),
	SUM_ROW("ibscbs.total-deferred-cbs", "1088", "deferred CBS", "CBS diferida",
		"diferimento da CBS"),
	SUM_ROW("ibscbs.total-returned-cbs", "1089", "CBS given back", "CBS devuelta",
		"devolução da CBS"),
	SUM_ROW("ibscbs.total-cbs", "1091", "CBS", "CBS", "CBS"),
	SUM_ROW("ibscbs.total-credit-cbs", "1087", "presumed credit of CBS",
		"crédito presunto de CBS", "crédito presumido da CBS"),
	SUM_ROW("ibscbs.total-open-credit-cbs", NULL, "suspended presumed credit of CBS",
		"crédito presunto suspendido de CBS", "crédito presumido suspenso da CBS"),
	SUM_ROW("ibscbs.total-mono-ibs", "1092", "single-phase IBS", "IBS monofásico",
		"IBS monofásico"),
	SUM_ROW("ibscbs.total-mono-cbs", "1093", "single-phase CBS", "CBS monofásica",
		"CBS monofásica"),
	SUM_ROW("ibscbs.total-withheld-ibs", "1120", "single-phase IBS to withhold",
		"IBS monofásico sujeto a retención", "IBS monofásico sujeito a retenção"),
	SUM_ROW("ibscbs.total-withheld-cbs", "1121", "single-phase CBS to withhold",
		"CBS monofásica sujeta a retención", "CBS monofásica sujeita a retenção"),
	SUM_ROW("ibscbs.total-earlier-ibs", "1122", "single-phase IBS withheld before",
		"IBS monofásico retenido antes", "IBS monofásico retido anteriormente"),
	SUM_ROW("ibscbs.total-earlier-cbs", "1123", "single-phase CBS withheld before",
		"CBS monofásica retenida antes", "CBS monofásica retida anteriormente"),
	SUM_ROW("ibscbs.total-reversed-ibs", "1176", "IBS reversed", "IBS revertido",
		"IBS estornado"),
	SUM_ROW("ibscbs.total-reversed-cbs", "1177", "CBS reversed", "CBS revertida",
		"CBS estornada"),
	SUM_ROW("ibscbs.total-is", "1075", "selective tax", "impuesto selectivo",
		"imposto seletivo"),
	ROW("ibscbs.item-value", "1105", TOTALS, value_of_item,
	    "vItem is not made of the item's parts", "vItem no resulta de sus componentes",
	    "O vItem difere do somatório dos valores que o compõem"),
	ROW("ibscbs.grand-total", NULL, TOTALS, grand_total,
	    "vNFTot is not vNF with the taxes that come on top (none before 2027)",
	    "vNFTot no es vNF más los impuestos por fuera (ninguno antes de 2027)",
	    "O vNFTot difere de vNF mais os tributos por fora (nenhum antes de 2027)"),
	ROW("ibscbs.grand-total-items", "1094", TOTALS, sum_of_items,
	    "vNFTot is not the sum of the items' values", "vNFTot no es la suma de los vItem",
	    "O vNFTot difere da soma do vItem"),

	ROW("ibscbs.other-taxes", "1001", CATALOGS, other_taxes,
	    "A debit or credit note is for IBS and CBS only",
	    "Una nota de débito o crédito es solo para IBS y CBS",
	    "NF-e com finalidade de débito ou crédito somente para IBS/CBS"),
	ROW("ibscbs.credit-direction", "1161", CATALOGS, credit_direction,
	    "A credit note is of entry", "Una nota de crédito es de entrada",
	    "NF-e de crédito é de entrada"),
	ROW("ibscbs.debit-direction", "1162", CATALOGS, debit_direction, "A debit note is of exit",
	    "Una nota de débito es de salida", "NF-e de débito é de saída"),
	ROW("ibscbs.credit-kind-missing", "1164", CATALOGS, credit_kind_missing,
	    "A credit note without its kind", "Nota de crédito sin su tipo",
	    "Não informado tipo de nota de crédito"),
	ROW("ibscbs.credit-kind-undue", "1163", CATALOGS, credit_kind_undue,
	    "A kind of credit note in another note", "Tipo de nota de crédito en otra nota",
	    "Tipo de nota de crédito informado indevidamente"),
	ROW("ibscbs.debit-kind-missing", "1009", CATALOGS, debit_kind_missing,
	    "A debit note without its kind", "Nota de débito sin su tipo",
	    "Não informado tipo de nota de débito"),
	ROW("ibscbs.debit-kind-undue", "1139", CATALOGS, debit_kind_undue,
	    "A kind of debit note in another note", "Tipo de nota de débito en otra nota",
	    "Tipo de nota de débito informado indevidamente"),
};

const struct cla_rule_table cla_nfe_reform_rules = { "nfe-ibscbs", rules, CLA_LEN(rules) };
