/* fiscal/nfe_taxes.c - taxes of an item: each is its base by its rate (rules 38-40), as warnings.
 *
 * The authority tests ICMS and the funds against poverty (FCP); the others it takes as they are. A
 * difference of one cent is let be. Complements, adjustments, debit and credit notes write taxes
 * without the bases that make them: they are left out.
 */
#include "fiscal/nfe.h"

#include <string.h>

static struct cla_dec cent(void)
{
	return cla_dec_from(1, 2);
}

static bool is_by_base(const struct cla_nfe *n)
{
	struct cla_str purpose = cla_nfe_text(n->ide, "finNFe");

	return cla_str_eqc(purpose, "1") || cla_str_eqc(purpose, "4");
}

/* By rule: where the tax is and what it is made of. "any": one of the groups by situation below it. */
static const struct tax {
	const char *rule, *path;
	bool any;
	const char *base, *rate, *value;
	const char *quantity, *unit; /* in place of base and rate; NULL: the tax has no such form */
	const char *other_base;	     /* where base is not given; NULL: none */
} taxes[] = {
	{ "nfe.item-icms", "imposto/ICMS", true, "vBC", "pICMS", "vICMS", NULL, NULL, NULL },
	{ "nfe.item-fcp", "imposto/ICMS", true, "vBCFCP", "pFCP", "vFCP", NULL, NULL, "vBC" },
	{ "nfe.item-fcp-destination", "imposto/ICMSUFDest", false, "vBCFCPUFDest", "pFCPUFDest",
	  "vFCPUFDest", NULL, NULL, "vBCUFDest" },
	{ "nfe.item-issqn", "imposto/ISSQN", false, "vBC", "vAliq", "vISSQN", NULL, NULL, NULL },
	{ "nfe.item-ipi", "imposto/IPI/IPITrib", false, "vBC", "pIPI", "vIPI", "qUnid", "vUnid",
	  NULL },
	{ "nfe.item-pis", "imposto/PIS", true, "vBC", "pPIS", "vPIS", "qBCProd", "vAliqProd",
	  NULL },
	{ "nfe.item-pis-st", "imposto/PISST", false, "vBC", "pPIS", "vPIS", "qBCProd", "vAliqProd",
	  NULL },
	{ "nfe.item-cofins", "imposto/COFINS", true, "vBC", "pCOFINS", "vCOFINS", "qBCProd",
	  "vAliqProd", NULL },
	{ "nfe.item-cofins-st", "imposto/COFINSST", false, "vBC", "pCOFINS", "vCOFINS", "qBCProd",
	  "vAliqProd", NULL },
};

/* In a group whose base or rate is not there nothing can be said; ICMS51 is deferred, its vICMS is what
 * is left. */
static void check_tax(struct cla_case *c, const struct cla_rule *r, const struct tax *tax,
		      const struct cla_xml *group)
{
	const struct cla_xml *el = cla_nfe_find(group, tax->value);
	const struct cla_xml *base = cla_nfe_find(group, tax->base);
	const struct cla_xml *factor = cla_nfe_find(group, tax->rate);
	struct cla_dec due;

	if (!base && tax->other_base)
		base = cla_nfe_find(group, tax->other_base);
	if (!el || (cla_xml_is(group, CLA_NFE_NS, "ICMS51") && !strcmp(tax->value, "vICMS")))
		return;
	if (base && factor) {
		due = cla_nfe_percent(cla_dec_parse(cla_xml_text(base)),
				      cla_dec_parse(cla_xml_text(factor)));
	} else if (tax->quantity && cla_nfe_find(group, tax->quantity)) {
		due = cla_dec_mul(cla_nfe_amount(group, tax->quantity),
				  cla_nfe_amount(group, tax->unit));
	} else {
		return;
	}
	cla_nfe_expect(c, r, r->severity, el, cla_dec_round(due, 2),
		       cla_dec_parse(cla_xml_text(el)), cent());
}

static void base_by_rate(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct tax *tax = taxes;

	while (tax < taxes + CLA_LEN(taxes) - 1 && strcmp(tax->rule, r->id) != 0)
		tax++;
	if (!is_by_base(n))
		return;
	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *group = cla_nfe_find(det, tax->path);

		check_tax(c, r, tax, tax->any ? cla_xml_child(group) : group);
	}
}

/* Between states, to a final consumer: the difference of the rates, divided between the receiver's
 * state (pICMSInterPart) and the issuer's. */
static void check_share(struct cla_case *c, const struct cla_rule *r, const char *field,
			bool of_issuer)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *det = is_by_base(n) ? cla_nfe_item(n) : NULL; det;
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *group = cla_nfe_find(det, "imposto/ICMSUFDest");
		const struct cla_xml *el = cla_nfe_find(group, field);
		struct cla_dec share = cla_nfe_amount(group, "pICMSInterPart"), due;

		if (!el)
			continue;
		if (of_issuer)
			share = cla_dec_sub(cla_dec_from(100, 0), share);
		due = cla_nfe_percent(cla_nfe_amount(group, "vBCUFDest"),
				      cla_dec_sub(cla_nfe_amount(group, "pICMSUFDest"),
						  cla_nfe_amount(group, "pICMSInter")));
		cla_nfe_expect(c, r, r->severity, el, cla_dec_round(cla_nfe_percent(due, share), 2),
			       cla_dec_parse(cla_xml_text(el)), cent());
	}
}

static void share_of_receiver(struct cla_case *c, const struct cla_rule *r)
{
	check_share(c, r, "vICMSUFDest", false);
}

static void share_of_issuer(struct cla_case *c, const struct cla_rule *r)
{
	check_share(c, r, "vICMSUFRemet", true);
}

#define TAX_RULE(id, code, fn, tax)                                                                \
	CLA_NFE_RULE(id, code, TOTALS, WARN, fn, tax " of the item is not base by rate",           \
		     tax " de la partida no es base por tasa",                                     \
		     "O " tax " do item difere do produto da base e da alíquota")

static const struct cla_rule rules[] = {
	TAX_RULE("nfe.item-icms", "528", base_by_rate, "ICMS"),
	TAX_RULE("nfe.item-fcp", "860", base_by_rate, "FCP"),
	TAX_RULE("nfe.item-fcp-destination", "793", base_by_rate, "vFCPUFDest"),
	CLA_NFE_RULE("nfe.item-share-receiver", "815", TOTALS, WARN, share_of_receiver,
		     "ICMS for the receiver's state is not its share of the difference of rates",
		     "El ICMS del estado del destinatario no es su parte de la diferencia de tasas",
		     "O ICMS interestadual da UF de destino difere do calculado"),
	CLA_NFE_RULE("nfe.item-share-issuer", "816", TOTALS, WARN, share_of_issuer,
		     "ICMS for the issuer's state is not its share of the difference of rates",
		     "El ICMS del estado del emisor no es su parte de la diferencia de tasas",
		     "O ICMS interestadual da UF do remetente difere do calculado"),
	TAX_RULE("nfe.item-issqn", NULL, base_by_rate, "ISSQN"),
	TAX_RULE("nfe.item-ipi", NULL, base_by_rate, "IPI"),
	TAX_RULE("nfe.item-pis", NULL, base_by_rate, "PIS"),
	TAX_RULE("nfe.item-pis-st", NULL, base_by_rate, "PIS-ST"),
	TAX_RULE("nfe.item-cofins", NULL, base_by_rate, "COFINS"),
	TAX_RULE("nfe.item-cofins-st", NULL, base_by_rate, "COFINS-ST"),
};

const struct cla_rule_table cla_nfe_tax_rules = { "nfe-taxes", rules, CLA_LEN(rules) };
