/* fiscal/retenciones.c - CFDI of withholdings and information on payments, versions 2.0 and 1.0.
 *
 * Seal, certificate, stamp and identities are those of every CFDI. SAT's matrix of errors for 2.0 is
 * not at hand: the codes are those that samples published for them show, what the schema does not
 * refuse as well is warned of.
 */
#include "fiscal/cfdi.h"

#include "model/id/taxid.h"

#include <string.h>

static cla_rule_fn operation_adds_up, withheld_adds_up, withheld_is_listed, period_is_ordered;
static cla_rule_fn place_is_listed, schema_allows, curp_of_natural;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("ret.operation", NULL, TOTALS, WARN, operation_adds_up,
		      "The amount of the operation is not its taxed plus its exempt part.",
		      "El monto de la operación no es la suma de lo gravado y lo exento.",
		      "O montante da operação não é a soma da parte tributada e da isenta."),
	CLA_CFDI_RULE("ret.withheld-missing", "RETEN20130", TOTALS, WARN, withheld_is_listed,
		      "There is a total withheld and no withholding.",
		      "Hay un total retenido y ninguna retención.",
		      "Há um total retido e nenhuma retenção."),
	CLA_CFDI_RULE("ret.withheld", "RETEN20131", TOTALS, WARN, withheld_adds_up,
		      "The total withheld is not the sum of the withholdings.",
		      "El total retenido no es la suma de las retenciones.",
		      "O total retido não é a soma das retenções."),
	CLA_CFDI_RULE("ret.period", "RETEN20122", TOTALS, WARN, period_is_ordered,
		      "The period ends before it begins.", "El periodo termina antes de empezar.",
		      "O período termina antes de começar."),
	CLA_CFDI_RULE("ret.date-form", "RETEN20103", CATALOGS, FAIL, schema_allows,
		      "FechaExp is no date and time.", "FechaExp no es fecha y hora.",
		      "FechaExp não é data e hora."),
	CLA_CFDI_RULE("ret.relation", "RETEN20109", CATALOGS, FAIL, schema_allows,
		      "TipoRelacion is not in catalog c_TipoRelacion.",
		      "TipoRelacion no está en el catálogo c_TipoRelacion.",
		      "TipoRelacion não está no catálogo c_TipoRelacion."),
	CLA_CFDI_RULE("ret.issuer-regime", "RETEN20111", CATALOGS, FAIL, schema_allows,
		      "RegimenFiscalE is not in catalog c_RegimenFiscal.",
		      "RegimenFiscalE no está en el catálogo c_RegimenFiscal.",
		      "RegimenFiscalE não está no catálogo c_RegimenFiscal."),
	CLA_CFDI_RULE("ret.receiver-place", "RETEN20119", CATALOGS, FAIL, schema_allows,
		      "DomicilioFiscalR is no postal code.",
		      "DomicilioFiscalR no es un código postal.",
		      "DomicilioFiscalR não é um código postal."),
	CLA_CFDI_RULE("ret.receiver-curp", "RETEN20120", IDENTITY, WARN, curp_of_natural,
		      "A legal person has no CurpR.", "Una persona moral no lleva CurpR.",
		      "Uma pessoa jurídica não tem CurpR."),
	CLA_CFDI_RULE("ret.first-month", "RETEN20121", CATALOGS, FAIL, schema_allows,
		      "MesIni is not in catalog c_Periodo.",
		      "MesIni no está en el catálogo c_Periodo.",
		      "MesIni não está no catálogo c_Periodo."),
	CLA_CFDI_RULE("ret.last-month", "RETEN20123", CATALOGS, FAIL, schema_allows,
		      "MesFin is not in catalog c_Periodo.",
		      "MesFin no está en el catálogo c_Periodo.",
		      "MesFin não está no catálogo c_Periodo."),
	CLA_CFDI_RULE("ret.place", NULL, CATALOGS, FAIL, place_is_listed,
		      "LugarExpRetenc is not in catalog c_CodigoPostal.",
		      "LugarExpRetenc no está en el catálogo c_CodigoPostal.",
		      "LugarExpRetenc não está no catálogo c_CodigoPostal."),
};

const struct cla_rule_table cla_retenciones_rules = { "retenciones", rules, CLA_LEN(rules) };

/* What holds for 1.0. */
const struct cla_old_code cla_retenciones10_codes[] = {
	{ "ret.operation", NULL },  { "ret.withheld-missing", NULL }, { "ret.withheld", NULL },
	{ "ret.period", NULL },	    { "ret.date-form", NULL },	      { "ret.first-month", NULL },
	{ "ret.last-month", NULL },
};
const size_t cla_retenciones10_code_count = CLA_LEN(cla_retenciones10_codes);

static const struct cla_proof_names names_20 = {
	.certificate = "Certificado",
	.number = "NoCertificado",
	.seal = "Sello",
	.date = "FechaExp",
	.rfc = "RfcE",
	.name = "NomDenRazSocE",
	.receiver_rfc = "RfcR",
};
static const struct cla_proof_names names_10 = {
	.certificate = "Cert",
	.number = "NumCert",
	.seal = "Sello",
	.date = "FechaExp",
	.rfc = "RFCEmisor",
	.name = "NomDenRazSocE",
	.receiver_rfc = "RFCRecep",
	.sha1 = true,
};

static bool is_20(const struct cla_case *c)
{
	return cla_cfdi_of(c)->names == &names_20;
}

/* An attribute of Totales and below, which 1.0 begins in lower case. */
static struct cla_str total(const struct cla_case *c, const struct cla_xml *el, const char *name,
			    const char *name_10)
{
	return cla_xml_attr(el, is_20(c) ? name : name_10);
}

/* Reports two amounts that differ, and `unknown` when one cannot be read. */
static void compare(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		    struct cla_dec due, struct cla_str found)
{
	struct cla_dec value = cla_dec_parse(found);
	char text[CLA_DEC_TEXT];

	if (!due.ok || !value.ok)
		cla_case_unknown(c, r, el ? el : c->root, CLA_STR("Totales"));
	else if (!cla_dec_eq(due, value))
		cla_case_fail(c, r, el, NULL, cla_case_text(c, "%s", cla_dec_format(due, text)),
			      found);
}

static void operation_adds_up(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "Totales");
	struct cla_dec due =
		cla_dec_add(cla_dec_parse(total(c, el, "MontoTotGrav", "montoTotGrav")),
			    cla_dec_parse(total(c, el, "MontoTotExent", "montoTotExent")));

	compare(c, r, el, due, total(c, el, "MontoTotOperacion", "montoTotOperacion"));
}

static void withheld_adds_up(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "Totales");
	struct cla_dec due = CLA_DEC_ZERO;

	for (const struct cla_xml *e = cla_cfdi_child(el, "ImpRetenidos"); e; e = cla_cfdi_next(e))
		due = cla_dec_add(due, cla_dec_parse(total(c, e, "MontoRet", "montoRet")));
	compare(c, r, el, due, total(c, el, "MontoTotRet", "montoTotRet"));
}

static void withheld_is_listed(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "Totales");
	struct cla_str text = total(c, el, "MontoTotRet", "montoTotRet");

	/* what cannot be read is told with the sum */
	if (!cla_cfdi_child(el, "ImpRetenidos") && cla_dec_sign(cla_dec_parse(text)) > 0)
		cla_case_fail(c, r, el, NULL, CLA_STR("ImpRetenidos"), text);
}

static void period_is_ordered(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "Periodo");
	struct cla_str first = cla_xml_attr(el, "MesIni"), last = cla_xml_attr(el, "MesFin");
	uint64_t from, to;

	if (!cla_str_to_u64(first, &from) || !cla_str_to_u64(last, &to))
		cla_case_unknown(c, r, el ? el : c->root, CLA_STR("MesIni, MesFin"));
	else if (from > to)
		cla_case_fail(c, r, el, "MesFin", first, last);
}

static const struct cla_cfdi_place places[] = {
	{ "ret.date-form", "Retenciones", "FechaExp" },
	{ "ret.relation", "CfdiRetenRelacionados", "TipoRelacion" },
	{ "ret.issuer-regime", "Emisor", "RegimenFiscalE" },
	{ "ret.receiver-place", "Nacional", "DomicilioFiscalR" },
	{ "ret.first-month", "Periodo", "MesIni" },
	{ "ret.last-month", "Periodo", "MesFin" },
};

static void schema_allows(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_refused(c, r, c->root, places, CLA_LEN(places));
}

static void curp_of_natural(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str curp = cla_xml_attr(f->receiver, "CurpR");

	if (!f->foreign && !cla_str_absent(curp) && cla_rfc_length(f->receiver_rfc) == 12)
		cla_case_fail(c, r, f->receiver, "CurpR", CLA_STR_NONE, curp);
}

static void place_is_listed(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_listed(c, r, "c_CodigoPostal.txt", c->root, "LugarExpRetenc");
}

static void fill_document(struct cla_case *c, const struct cla_cfdi *f)
{
	const struct cla_xml *totals = cla_cfdi_child(c->root, "Totales");
	struct cla_document *d = c->document;
	char id[37];

	d->version = cla_case_keep(c, cla_xml_attr(c->root, "Version"));
	d->issued_at = cla_case_keep(c, f->issued_at);
	d->issuer = cla_case_keep(c, f->issuer_rfc);
	d->issuer_name = cla_case_keep(c, cla_xml_attr(f->issuer, f->names->name));
	d->receiver = cla_case_keep(c, f->receiver_rfc);
	d->total = cla_case_keep(c, total(c, totals, "MontoTotOperacion", "montoTotOperacion"));
	d->production = true;
	if (cla_uuid_upper(cla_xml_attr(f->stamp, "UUID"), id))
		d->id = cla_case_keep(c, cla_str_from(id));
}

void cla_retenciones_judge(struct cla_case *c)
{
	bool new = cla_str_ends(cla_xml_ns(c->root), "/2");
	struct cla_cfdi f = { 0 };

	c->facts = &f;
	cla_cfdi_read_proof(c, new ? &names_20 : &names_10, &f);
	f.foreign = cla_cfdi_child(f.receiver, "Extranjero") != NULL;
	f.receiver = cla_cfdi_child(f.receiver, f.foreign ? "Extranjero" : "Nacional");
	f.receiver_rfc = cla_xml_attr(f.receiver, f.names->receiver_rfc);
	fill_document(c, &f);
	cla_cfdi_check_schema(c);
	c->old_codes = new ? NULL : cla_retenciones10_codes;
	c->old_code_count = new ? 0 : cla_retenciones10_code_count;
	cla_rules_run(c, rules, CLA_LEN(rules));
	c->old_codes = cla_cfdi32_codes;
	c->old_code_count = cla_cfdi32_code_count;
	cla_rules_run(c, cla_cfdi_rules.rules, cla_cfdi_rules.count);
	cla_rules_run(c, cla_cfdi_seal_rules.rules, cla_cfdi_seal_rules.count);
	c->old_codes = NULL;
	c->old_code_count = 0;
	c->facts = NULL;
}
