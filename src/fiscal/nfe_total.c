/* nfe_total.c - exact arithmetic of a note: items and totals (rules 36, 37, 45-58).
 *
 * Totals are compared to the cent. Products may be off by one cent, which is the tolerance
 * published for 629 and 630. The groups of IBS and CBS have a file of their own (nfe_reform.c).
 */
#include "fiscal/nfe.h"

#include <string.h>

static struct cla_dec absent_is_zero(struct cla_str s)
{
	return cla_str_absent(s) ? CLA_DEC_ZERO : cla_dec_parse(s);
}

struct cla_dec cla_nfe_amount(const struct cla_xml *el, const char *path)
{
	return absent_is_zero(cla_nfe_text(el, path));
}

struct cla_dec cla_nfe_percent(struct cla_dec amount, struct cla_dec percent)
{
	return cla_dec_mul(cla_dec_mul(amount, percent), cla_dec_from(1, 2));
}

static void compare(struct cla_case *c, const struct cla_rule *r, enum cla_verdict severity,
		    const struct cla_xml *el, struct cla_dec due, struct cla_dec found,
		    struct cla_dec tolerance)
{
	struct cla_dec apart = cla_dec_abs(cla_dec_sub(due, found));
	char due_text[CLA_DEC_TEXT], found_text[CLA_DEC_TEXT];

	if (!apart.ok) {
		cla_case_unknown(c, r, el, cla_xml_name(el));
		return;
	}
	if (cla_dec_cmp(apart, tolerance) <= 0)
		return;
	/* rates have four decimals */
	int places =
		cla_dec_eq(due, cla_dec_round(due, 2)) && cla_dec_eq(found, cla_dec_round(found, 2))
			? 2
			: 4;
	cla_dec_format(cla_dec_round(due, places), due_text);
	cla_dec_format(cla_dec_round(found, places), found_text);
	cla_case_report(c, r, severity, el, NULL, cla_str_from(due_text), cla_str_from(found_text));
}

void cla_nfe_expect(struct cla_case *c, const struct cla_rule *r, enum cla_verdict severity,
		    const struct cla_xml *el, struct cla_dec due, struct cla_dec found,
		    struct cla_dec tolerance)
{
	struct cla_dec asked = cla_judge_tolerance(c->judge);

	compare(c, r, severity, el, due, found,
		cla_dec_cmp(asked, tolerance) > 0 ? asked : tolerance);
}

void cla_nfe_expect_rate(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			 struct cla_dec due)
{
	compare(c, r, r->severity, el, due, cla_dec_parse(cla_xml_text(el)), CLA_DEC_ZERO);
}

static bool is_service(const struct cla_xml *det)
{
	return cla_nfe_find(det, "imposto/ISSQN") != NULL;
}

/*
 * Items (rules 36, 37). Complements, adjustments, debit and credit notes write amounts without
 * quantities that make them: there a difference is only told.
 */

static void check_product(struct cla_case *c, const struct cla_rule *r, const char *quantity,
			  const char *price)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct cla_str purpose = cla_nfe_text(n->ide, "finNFe");
	bool exact = cla_str_eqc(purpose, "1") || cla_str_eqc(purpose, "4");
	const struct cla_xml *det = cla_nfe_item(n);

	for (; det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *prod = cla_nfe_find(det, "prod");
		const struct cla_xml *el = cla_nfe_find(prod, "vProd");
		struct cla_str many = cla_nfe_text(prod, quantity),
			       each = cla_nfe_text(prod, price);

		if (!el || cla_str_absent(many) || cla_str_absent(each)) {
			cla_case_unknown(c, r, prod ? prod : det,
					 cla_str_from(!el		     ? "vProd"
						      : cla_str_absent(many) ? quantity
									     : price));
			continue;
		}
		cla_nfe_expect(
			c, r, exact ? r->severity : CLA_VERDICT_WARN, el,
			cla_dec_round(cla_dec_mul(cla_dec_parse(many), cla_dec_parse(each)), 2),
			cla_dec_parse(cla_xml_text(el)), cla_dec_from(1, 2));
	}
}

void cla_nfe_item_sold(struct cla_case *c, const struct cla_rule *r)
{
	check_product(c, r, "qCom", "vUnCom");
}

void cla_nfe_item_taxed(struct cla_case *c, const struct cla_rule *r)
{
	check_product(c, r, "qTrib", "vUnTrib");
}

/*
 * Totals that are the sum of a field over the items (rules 45-57). All are summed in one walk
 * over the items.
 */

/* Where below det a field stands. */
enum place {
	DET,
	PROD,
	TAXES,
	ICMS_KINDS, /* around the one element that names the kind of tax */
	ICMS,
	ICMS_SHARE,
	PIS_KINDS,
	PIS,
	COFINS_KINDS,
	COFINS,
	II,
	IPI_KINDS,
	IPI,
	ISSQN,
	RETURNED_KINDS,
	RETURNED,
};

static const struct step {
	enum place in;
	const char *name; /* NULL: any */
	enum place to;
} steps[] = {
	{ DET, "prod", PROD },
	{ DET, "imposto", TAXES },
	{ DET, "impostoDevol", RETURNED_KINDS },
	{ RETURNED_KINDS, "IPI", RETURNED },
	{ TAXES, "ICMS", ICMS_KINDS },
	{ ICMS_KINDS, NULL, ICMS },
	{ TAXES, "PIS", PIS_KINDS },
	{ PIS_KINDS, NULL, PIS },
	{ TAXES, "COFINS", COFINS_KINDS },
	{ COFINS_KINDS, NULL, COFINS },
	{ TAXES, "ICMSUFDest", ICMS_SHARE },
	{ TAXES, "II", II },
	{ TAXES, "IPI", IPI_KINDS },
	{ IPI_KINDS, "IPITrib", IPI },
	{ TAXES, "ISSQN", ISSQN },
};

enum scope { ALL, GOODS, SERVICES };

static const struct sum {
	const char *rule;  /* its id */
	const char *total; /* below infNFe/total */
	enum place place;
	const char *item; /* there */
	enum scope scope;
} sums[] = {
	{ "nfe.total-vBC", "ICMSTot/vBC", ICMS, "vBC", ALL },
	{ "nfe.total-vICMS", "ICMSTot/vICMS", ICMS, "vICMS", ALL },
	{ "nfe.total-vICMSDeson", "ICMSTot/vICMSDeson", ICMS, "vICMSDeson", ALL },
	{ "nfe.total-vBCST", "ICMSTot/vBCST", ICMS, "vBCST", ALL },
	{ "nfe.total-vST", "ICMSTot/vST", ICMS, "vICMSST", ALL },
	{ "nfe.total-vProd", "ICMSTot/vProd", PROD, "vProd", GOODS },
	{ "nfe.total-vFrete", "ICMSTot/vFrete", PROD, "vFrete", ALL },
	{ "nfe.total-vSeg", "ICMSTot/vSeg", PROD, "vSeg", ALL },
	{ "nfe.total-vDesc", "ICMSTot/vDesc", PROD, "vDesc", ALL },
	{ "nfe.total-vOutro", "ICMSTot/vOutro", PROD, "vOutro", ALL },
	{ "nfe.total-vII", "ICMSTot/vII", II, "vII", ALL },
	{ "nfe.total-vIPI", "ICMSTot/vIPI", IPI, "vIPI", ALL },
	{ "nfe.total-vIPIDevol", "ICMSTot/vIPIDevol", RETURNED, "vIPIDevol", ALL },
	{ "nfe.total-vPIS", "ICMSTot/vPIS", PIS, "vPIS", GOODS },
	{ "nfe.total-vCOFINS", "ICMSTot/vCOFINS", COFINS, "vCOFINS", GOODS },
	{ "nfe.total-vFCP", "ICMSTot/vFCP", ICMS, "vFCP", ALL },
	{ "nfe.total-vFCPST", "ICMSTot/vFCPST", ICMS, "vFCPST", ALL },
	{ "nfe.total-vFCPSTRet", "ICMSTot/vFCPSTRet", ICMS, "vFCPSTRet", ALL },
	{ "nfe.total-vFCPUFDest", "ICMSTot/vFCPUFDest", ICMS_SHARE, "vFCPUFDest", ALL },
	{ "nfe.total-vICMSUFDest", "ICMSTot/vICMSUFDest", ICMS_SHARE, "vICMSUFDest", ALL },
	{ "nfe.total-vICMSUFRemet", "ICMSTot/vICMSUFRemet", ICMS_SHARE, "vICMSUFRemet", ALL },
	{ "nfe.total-qBCMono", "ICMSTot/qBCMono", ICMS, "qBCMono", ALL },
	{ "nfe.total-vICMSMono", "ICMSTot/vICMSMono", ICMS, "vICMSMono", ALL },
	{ "nfe.total-qBCMonoReten", "ICMSTot/qBCMonoReten", ICMS, "qBCMonoReten", ALL },
	{ "nfe.total-vICMSMonoReten", "ICMSTot/vICMSMonoReten", ICMS, "vICMSMonoReten", ALL },
	{ "nfe.total-qBCMonoRet", "ICMSTot/qBCMonoRet", ICMS, "qBCMonoRet", ALL },
	{ "nfe.total-vICMSMonoRet", "ICMSTot/vICMSMonoRet", ICMS, "vICMSMonoRet", ALL },
	{ "nfe.total-vTotTrib", "ICMSTot/vTotTrib", TAXES, "vTotTrib", ALL },
	{ "nfe.services-vServ", "ISSQNtot/vServ", PROD, "vProd", SERVICES },
	{ "nfe.services-vBC", "ISSQNtot/vBC", ISSQN, "vBC", ALL },
	{ "nfe.services-vISS", "ISSQNtot/vISS", ISSQN, "vISSQN", ALL },
	{ "nfe.services-vDeducao", "ISSQNtot/vDeducao", ISSQN, "vDeducao", ALL },
	{ "nfe.services-vOutro", "ISSQNtot/vOutro", ISSQN, "vOutro", ALL },
	{ "nfe.services-vDescIncond", "ISSQNtot/vDescIncond", ISSQN, "vDescIncond", ALL },
	{ "nfe.services-vDescCond", "ISSQNtot/vDescCond", ISSQN, "vDescCond", ALL },
	{ "nfe.services-vISSRet", "ISSQNtot/vISSRet", ISSQN, "vISSRet", ALL },
	{ "nfe.services-vPIS", "ISSQNtot/vPIS", PIS, "vPIS", SERVICES },
	{ "nfe.services-vCOFINS", "ISSQNtot/vCOFINS", COFINS, "vCOFINS", SERVICES },
};

struct cla_nfe_sums {
	struct cla_dec of[CLA_LEN(sums)]; /* in the order of the table */
	size_t next;			  /* where the next rule is likely to find its row */
};

/* What is being summed: a service or goods, and goods that are only shown (indTot 0: no part of the
 * note's value). */
struct item {
	struct cla_nfe_sums *sums;
	bool service, shown;
};

static void add_field(const struct item *item, enum place place, const struct cla_xml *el)
{
	for (size_t i = 0; i < CLA_LEN(sums); i++) {
		const struct sum *s = &sums[i];

		if (s->place != place || !cla_xml_is(el, CLA_NFE_NS, s->item) ||
		    (s->scope != ALL && item->service != (s->scope == SERVICES)) ||
		    (s->scope == GOODS && place == PROD && item->shown))
			continue;
		item->sums->of[i] =
			cla_dec_add(item->sums->of[i], absent_is_zero(cla_xml_text(el)));
	}
}

static const struct step *step_into(enum place place, const struct cla_xml *el)
{
	for (size_t i = 0; i < CLA_LEN(steps); i++) {
		if (steps[i].in == place &&
		    (!steps[i].name || cla_xml_is(el, CLA_NFE_NS, steps[i].name)))
			return &steps[i];
	}
	return NULL;
}

static void add_place(const struct item *item, enum place place, const struct cla_xml *parent)
{
	for (const struct cla_xml *el = cla_xml_child(parent); el; el = cla_xml_sibling(el)) {
		struct cla_str name = cla_xml_name(el);
		const struct step *step = cla_xml_child(el) ? step_into(place, el) : NULL;

		if (step)
			add_place(item, step->to, el);
		else if (name.ptr[0] == 'v' || name.ptr[0] == 'q') /* as all amounts */
			add_field(item, place, el);
	}
}

void cla_nfe_add_items(struct cla_case *c, struct cla_nfe *n)
{
	const struct cla_xml *det = cla_nfe_item(n);
	struct cla_nfe_sums *all = cla_arena_alloc(&c->judgement->arena, sizeof(*all));

	if (!all) {
		c->oom = true;
		return;
	}
	for (size_t i = 0; i < CLA_LEN(sums); i++)
		all->of[i] = CLA_DEC_ZERO;
	all->next = 0;
	for (; det; det = cla_nfe_next_item(det)) {
		struct item item = { .sums = all, .service = is_service(det) };

		item.shown = cla_str_eqc(cla_nfe_text(det, "prod/indTot"), "0");
		add_place(&item, DET, det);
	}
	n->sums = all;
}

void cla_nfe_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *totals = cla_nfe_find(n->inf, "total");

	if (!n->total || !n->sums)
		return; /* told once, by the note's total */
	for (size_t tried = 0; tried < CLA_LEN(sums); tried++) {
		size_t i = (n->sums->next + tried) % CLA_LEN(sums);
		const struct cla_xml *el;

		if (strcmp(sums[i].rule, r->id) != 0)
			continue;
		n->sums->next = i + 1;
		el = cla_nfe_find(totals, sums[i].total);
		cla_nfe_expect(c, r, r->severity, el ? el : n->total, n->sums->of[i],
			       absent_is_zero(cla_xml_text(el)), CLA_DEC_ZERO);
		return;
	}
}

static struct cla_dec sum_below(const struct cla_xml *el, const char *path)
{
	if (strncmp(path, "*/", 2) == 0) {
		struct cla_dec sum = CLA_DEC_ZERO;

		for (el = cla_xml_child(el); el; el = cla_xml_sibling(el))
			sum = cla_dec_add(sum, cla_nfe_amount(el, path + 2));
		return sum;
	}
	const char *star = strstr(path, "/*/");
	if (star) {
		char head[32];
		size_t len = (size_t)(star - path);

		if (len >= sizeof(head))
			return cla_dec_parse(CLA_STR_NONE);
		memcpy(head, path, len);
		head[len] = '\0';
		return sum_below(cla_nfe_find(el, head), star + 1);
	}
	return cla_nfe_amount(el, path);
}

struct cla_dec cla_nfe_sum_items(const struct cla_nfe *n, const char *path)
{
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det))
		sum = cla_dec_add(sum, sum_below(det, path));
	return sum;
}

/*
 * vNF (rule 58)
 */

/* vICMSDeson of the items that say so (indDeduzDeson, NT 2023.004). */
static struct cla_dec relief_deducted(const struct cla_nfe *n, bool *said)
{
	const struct cla_xml *det = cla_nfe_item(n);
	struct cla_dec sum = CLA_DEC_ZERO;

	*said = false;
	for (; det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *icms = cla_xml_child(cla_nfe_find(det, "imposto/ICMS"));
		struct cla_str flag = cla_nfe_text(icms, "indDeduzDeson");

		*said = *said || !cla_str_absent(flag);
		if (cla_str_eqc(flag, "1"))
			sum = cla_dec_add(sum, cla_nfe_amount(icms, "vICMSDeson"));
	}
	return sum;
}

/* PIS-ST and COFINS-ST count where the item says so. */
static struct cla_dec substitution_added(const struct cla_nfe *n)
{
	const struct cla_xml *det = cla_nfe_item(n);
	struct cla_dec sum = CLA_DEC_ZERO;

	for (; det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *pis = cla_nfe_find(det, "imposto/PISST");
		const struct cla_xml *cofins = cla_nfe_find(det, "imposto/COFINSST");

		if (cla_str_eqc(cla_nfe_text(pis, "indSomaPISST"), "1"))
			sum = cla_dec_add(sum, cla_nfe_amount(pis, "vPIS"));
		if (cla_str_eqc(cla_nfe_text(cofins, "indSomaCOFINSST"), "1"))
			sum = cla_dec_add(sum, cla_nfe_amount(cofins, "vCOFINS"));
	}
	return sum;
}

/* Imports (taxes paid at customs may be part of the value) and vehicles sold by the maker on behalf
 * of a dealer are exempt from 610 in the manual: a difference is only told. */
static bool has_own_formula(const struct cla_nfe *n)
{
	const struct cla_xml *det = cla_nfe_item(n);

	for (; det; det = cla_nfe_next_item(det)) {
		if (cla_str_starts(cla_nfe_text(det, "prod/CFOP"), "3") ||
		    cla_str_eqc(cla_nfe_text(det, "prod/veicProd/tpOp"), "2"))
			return true;
	}
	return false;
}

void cla_nfe_note_total(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const added[] = { "vProd",  "vST",	   "vFCPST", "vICMSMonoReten",
					     "vFrete", "vSeg",	   "vOutro", "vII",
					     "vIPI",   "vIPIDevol" };
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->total, "vNF");
	struct cla_dec due = substitution_added(n), found = cla_dec_parse(cla_xml_text(el)), relief;
	bool said;

	if (!el) {
		cla_case_unknown(c, r, n->inf ? n->inf : n->note, CLA_STR("total/ICMSTot/vNF"));
		return;
	}
	for (size_t i = 0; i < CLA_LEN(added); i++)
		due = cla_dec_add(due, cla_nfe_amount(n->total, added[i]));
	due = cla_dec_sub(due, cla_nfe_amount(n->total, "vDesc"));
	due = cla_dec_add(due, cla_nfe_amount(n->services, "vServ"));
	relief = relief_deducted(n, &said);
	due = cla_dec_sub(due, relief);
	/* Before the flag existed the relief was always deducted; files of the time between do
	 * either. */
	if (!said && cla_dec_eq(cla_dec_sub(due, cla_nfe_amount(n->total, "vICMSDeson")), found))
		return;
	cla_nfe_expect(c, r, has_own_formula(n) ? CLA_VERDICT_WARN : r->severity, el, due, found,
		       CLA_DEC_ZERO);
}
