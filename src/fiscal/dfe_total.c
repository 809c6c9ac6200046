/* fiscal/dfe_total.c - arithmetic of CT-e, MDF-e and NFS-e.
 *
 * The formulas of NFS-e stand in the notes of its schema; those of CT-e and MDF-e are what every such
 * document that we have seen keeps to. All are warnings: no list of rejections was at hand.
 */
#include "base/dec.h"
#include "base/grow.h"
#include "fiscal/dfe.h"

#include <stdlib.h>
#include <string.h>

/* An amount; zero when it is not there. */
static struct cla_dec amount(const struct cla_dfe *d, const struct cla_xml *el, const char *path)
{
	el = cla_dfe_find(d, el, path);
	return el ? cla_dec_parse(cla_xml_text(el)) : CLA_DEC_ZERO;
}

/* Reports two amounts that are further apart than `cents`, and `unknown` when one is no number. */
static void compare(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		    struct cla_dec due, int64_t cents)
{
	struct cla_dec found = cla_dec_parse(cla_xml_text(el));
	struct cla_dec off = cla_dec_abs(cla_dec_sub(due, found));
	char text[CLA_DEC_TEXT];

	if (!off.ok)
		cla_case_unknown(c, r, el, cla_xml_name(el));
	else if (cla_dec_cmp(off, cla_dec_from(cents, 2)) > 0)
		cla_case_fail(c, r, el, NULL, cla_case_text(c, "%s", cla_dec_format(due, text)),
			      cla_xml_text(el));
}

/* base * rate / 100, to cents */
static struct cla_dec percent(struct cla_dec base, struct cla_dec rate)
{
	return cla_dec_round(cla_dec_mul(cla_dec_mul(base, rate), cla_dec_from(1, 2)), 2);
}

/*
 * CT-e
 */

/* What the carriage comes to is the sum of its components, where they are listed; in the simplified
 * CT-e of its deliveries. */
void cla_dfe_components(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *total = cla_dfe_find(d, d->inf, "vPrest/vTPrest");
	const struct cla_xml *part = cla_dfe_find(d, d->inf, "vPrest/Comp");
	const char *name = "Comp", *value = "vComp";
	struct cla_dec sum = CLA_DEC_ZERO;

	if (cla_str_eqc(cla_xml_name(d->body), "CTeSimp")) {
		total = cla_dfe_find(d, d->inf, "total/vTPrest");
		part = cla_dfe_find(d, d->inf, "det");
		name = "det";
		value = "vPrest";
	}
	/* a GTV-e carries valuables and states no price */
	if (!total && d->family->kind == CLA_DOC_CTE &&
	    !(d->inf && cla_str_eqc(cla_xml_name(d->body), "GTVe")))
		cla_case_unknown(c, r, d->inf ? d->inf : c->root, CLA_STR("vTPrest"));
	if (!total || !part)
		return;
	for (; part; part = cla_xml_find_next(part, d->family->ns, name))
		sum = cla_dec_add(sum, amount(d, part, value));
	compare(c, r, total, sum, 0);
}

/* Every group of ICMS that has base, rate and tax; two cents, as each may be rounded. */
void cla_dfe_icms(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const names[][3] = {
		{ "vBC", "pICMS", "vICMS" },
		{ "vBCSTRet", "pICMSSTRet", "vICMSSTRet" },
		{ "vBCOutraUF", "pICMSOutraUF", "vICMSOutraUF" },
	};
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *group = cla_xml_child(cla_dfe_find(d, d->inf, "imp/ICMS"));

	for (size_t i = 0; group && i < CLA_LEN(names); i++) {
		const struct cla_xml *tax = cla_dfe_find(d, group, names[i][2]);

		if (tax && cla_dfe_find(d, group, names[i][0]))
			compare(c, r, tax,
				percent(amount(d, group, names[i][0]),
					amount(d, group, names[i][1])),
				2);
	}
}

/*
 * MDF-e: how many documents of each kind the cargo has; one that is unloaded in parts is listed again
 */

struct keys {
	struct cla_str *at;
	size_t count, cap;
};

static int by_text(const void *a, const void *b)
{
	const struct cla_str *x = a, *y = b;

	return cla_str_cmp(*x, *y);
}

static bool list_keys(const struct cla_dfe *d, const char *name, const char *key, struct keys *keys,
		      struct cla_err *err)
{
	const struct cla_xml *place = cla_dfe_find(d, d->inf, "infDoc/infMunDescarga");

	for (; place; place = cla_xml_find_next(place, d->family->ns, "infMunDescarga")) {
		const struct cla_xml *el = cla_dfe_find(d, place, name);

		for (; el; el = cla_xml_find_next(el, d->family->ns, name)) {
			if (!cla_grow(&keys->at, &keys->cap, keys->count, sizeof(*keys->at), err))
				return false;
			keys->at[keys->count++] = cla_dfe_text(d, el, key);
		}
	}
	return true;
}

static int64_t count_distinct(struct keys *keys)
{
	int64_t count = keys->count ? 1 : 0;

	if (keys->count > 1)
		qsort(keys->at, keys->count, sizeof(*keys->at), by_text);
	for (size_t i = 1; i < keys->count; i++)
		count += !cla_str_eq(keys->at[i - 1], keys->at[i]);
	return count;
}

static void compare_count(struct cla_case *c, const struct cla_rule *r,
			  const struct cla_xml *totals, const char *const names[3])
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *total = cla_dfe_find(d, totals, names[0]);
	struct keys keys = { 0 };
	struct cla_err err = CLA_ERR_INIT;

	if (!list_keys(d, names[1], names[2], &keys, &err))
		cla_case_error(c, &err);
	else if (total)
		compare(c, r, total, cla_dec_from(count_distinct(&keys), 0), 0);
	else if (keys.count)
		cla_case_fail(c, r, totals, NULL, cla_str_from(names[0]), CLA_STR_NONE);
	free(keys.at);
}

void cla_dfe_counts(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const names[][3] = {
		{ "qCTe", "infCTe", "chCTe" },
		{ "qNFe", "infNFe", "chNFe" },
		{ "qMDFe", "infMDFeTransp", "chMDFe" },
	};
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *totals = cla_dfe_find(d, d->inf, "tot");

	if (d->family->kind != CLA_DOC_MDFE)
		return;
	if (!totals) {
		cla_case_unknown(c, r, d->inf ? d->inf : c->root, CLA_STR("tot"));
		return;
	}
	for (size_t i = 0; i < CLA_LEN(names); i++)
		compare_count(c, r, totals, names[i]);
}

/*
 * NFS-e
 */

void cla_dfe_nfse_iss(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *values = cla_dfe_find(d, d->inf, "valores");
	const struct cla_xml *tax = cla_dfe_find(d, values, "vISSQN");

	if (tax && cla_dfe_find(d, values, "vBC") && cla_dfe_find(d, values, "pAliqAplic"))
		compare(c, r, tax,
			percent(amount(d, values, "vBC"), amount(d, values, "pAliqAplic")), 1);
}

/* What the customer keeps: social security, income tax, CSLL, and ISS where it is withheld (2, 3). */
static struct cla_dec withheld(const struct cla_dfe *d)
{
	const struct cla_xml *taxes = cla_dfe_find(d, d->inner_inf, "valores/trib");
	struct cla_str iss = cla_dfe_text(d, taxes, "tribMun/tpRetISSQN");
	struct cla_dec sum = amount(d, taxes, "tribFed/vRetCP");

	sum = cla_dec_add(sum, amount(d, taxes, "tribFed/vRetIRRF"));
	sum = cla_dec_add(sum, amount(d, taxes, "tribFed/vRetCSLL"));
	if (cla_str_eqc(iss, "2") || cla_str_eqc(iss, "3"))
		sum = cla_dec_add(sum, amount(d, d->inf, "valores/vISSQN"));
	return sum;
}

void cla_dfe_nfse_withheld(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *total = cla_dfe_find(d, d->inf, "valores/vTotalRet");

	if (total)
		compare(c, r, total, withheld(d), 0);
}

/* Service less both discounts less what is withheld. */
void cla_dfe_nfse_net(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *values = cla_dfe_find(d, d->inner_inf, "valores");
	const struct cla_xml *service = cla_dfe_find(d, values, "vServPrest/vServ");
	const struct cla_xml *net = cla_dfe_find(d, d->inf, "valores/vLiq");
	const struct cla_xml *kept = cla_dfe_find(d, d->inf, "valores/vTotalRet");
	struct cla_dec due = cla_dec_parse(cla_xml_text(service));

	if (!net || !service) {
		/* a declaration alone states no net value */
		cla_case_unknown(c, r, d->inf ? d->inf : c->root,
				 net ? CLA_STR("vServ") : CLA_STR("vLiq"));
		return;
	}
	due = cla_dec_sub(due, amount(d, values, "vDescCondIncond/vDescIncond"));
	due = cla_dec_sub(due, amount(d, values, "vDescCondIncond/vDescCond"));
	due = cla_dec_sub(due, kept ? cla_dec_parse(cla_xml_text(kept)) : withheld(d));
	compare(c, r, net, due, 0);
}
