/* fiscal/retenciones.c - CFDI of withholdings and information on payments, versions 2.0 and 1.0.
 *
 * Seal, certificate, stamp and identities are those of every CFDI. Of SAT's matrix of errors for 2.0
 * only its sentences are at hand, as a PAC's published tests quote them: what the schema does not
 * refuse as well is warned of. RETEN20107 and RETEN20108 are not here, as it is not told when they
 * hold, nor what needs SAT's list of RFCs (RETEN20113 to 20116, 20118, 20120).
 */
#include "fiscal/cfdi.h"

#include "model/id/taxid.h"

#include <string.h>

static cla_rule_fn operation_adds_up, withheld_adds_up, withheld_is_listed, period_is_ordered;
static cla_rule_fn place_is_listed, schema_allows, curp_of_natural, other_is_described, regime_fits;
static cla_rule_fn year_is_near, part_is_below, profit_is_positive;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("ret.operation", "RETEN20127", TOTALS, WARN, operation_adds_up,
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
	CLA_CFDI_RULE("ret.receiver-curp", "RETEN20117", IDENTITY, WARN, curp_of_natural,
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
	CLA_CFDI_RULE("ret.place", "RETEN20104", CATALOGS, FAIL, place_is_listed,
		      "LugarExpRetenc is not in catalog c_CodigoPostal.",
		      "LugarExpRetenc no está en el catálogo c_CodigoPostal.",
		      "LugarExpRetenc não está no catálogo c_CodigoPostal."),
	CLA_CFDI_RULE("ret.key", "RETEN20105", CATALOGS, FAIL, schema_allows,
		      "CveRetenc is not in catalog c_CveRetenc.",
		      "CveRetenc no está en el catálogo c_CveRetenc.",
		      "CveRetenc não está no catálogo c_CveRetenc."),
	CLA_CFDI_RULE("ret.description", "RETEN20106", CATALOGS, WARN, other_is_described,
		      "CveRetenc 25 (other) needs DescRetenc.",
		      "CveRetenc 25 (otras) requiere DescRetenc.",
		      "CveRetenc 25 (outras) requer DescRetenc."),
	CLA_CFDI_RULE("ret.issuer-regime-person", "RETEN20112", CATALOGS, FAIL, regime_fits,
		      "RegimenFiscalE is not for this kind of person.",
		      "RegimenFiscalE no corresponde al tipo de persona.",
		      "RegimenFiscalE não é deste tipo de pessoa."),
	CLA_CFDI_RULE("ret.period-end", "RETEN20124", TOTALS, WARN, period_is_ordered,
		      "MesFin is before MesIni.", "MesFin es anterior a MesIni.",
		      "MesFin é anterior a MesIni."),
	CLA_CFDI_RULE("ret.year-listed", "RETEN20125", CATALOGS, FAIL, schema_allows,
		      "Ejercicio is not in catalog c_Ejercicio.",
		      "Ejercicio no está en el catálogo c_Ejercicio.",
		      "Ejercicio não está no catálogo c_Ejercicio."),
	CLA_CFDI_RULE("ret.year", "RETEN20126", CATALOGS, WARN, year_is_near,
		      "Ejercicio is neither the year of issue nor the one before.",
		      "Ejercicio no es el año de emisión ni el anterior.",
		      "Ejercicio não é o ano da emissão nem o anterior."),
	CLA_CFDI_RULE("ret.taxed", "RETEN20128", TOTALS, WARN, part_is_below,
		      "MontoTotGrav is above MontoTotOperacion.",
		      "MontoTotGrav es mayor que MontoTotOperacion.",
		      "MontoTotGrav é maior que MontoTotOperacion."),
	CLA_CFDI_RULE("ret.exempt", "RETEN20129", TOTALS, WARN, part_is_below,
		      "MontoTotExent is above MontoTotOperacion.",
		      "MontoTotExent es mayor que MontoTotOperacion.",
		      "MontoTotExent é maior que MontoTotOperacion."),
	CLA_CFDI_RULE("ret.profit", "RETEN20132", TOTALS, WARN, profit_is_positive,
		      "UtilidadBimestral must be greater than zero.",
		      "UtilidadBimestral debe ser mayor que cero.",
		      "UtilidadBimestral deve ser maior que zero."),
	CLA_CFDI_RULE("ret.profit-tax", "RETEN20133", TOTALS, WARN, profit_is_positive,
		      "ISRCorrespondiente must be there with UtilidadBimestral and be greater than "
		      "zero.",
		      "ISRCorrespondiente debe acompañar a UtilidadBimestral y ser mayor que cero.",
		      "ISRCorrespondiente deve acompanhar UtilidadBimestral e ser maior que zero."),
};

const struct cla_rule_table cla_retenciones_rules = { "retenciones", rules, CLA_LEN(rules) };

/* What holds for 1.0. */
const struct cla_old_code cla_retenciones10_codes[] = {
	{ "ret.operation", NULL },  { "ret.withheld-missing", NULL },
	{ "ret.withheld", NULL },   { "ret.period", NULL },
	{ "ret.date-form", NULL },  { "ret.first-month", NULL },
	{ "ret.last-month", NULL }, { "ret.key", NULL },
	{ "ret.taxed", NULL },	    { "ret.exempt", NULL },
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
	else if (from > to && !strcmp(r->id, "ret.period"))
		cla_case_fail(c, r, el, "MesIni", last, first);
	else if (from > to)
		cla_case_fail(c, r, el, "MesFin", first, last);
}

static void other_is_described(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_cfdi_one_of(c->root, "CveRetenc", "25"))
		cla_cfdi_require(c, r, c->root, "DescRetenc");
}

static void regime_fits(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str regime = cla_xml_attr(f->issuer, "RegimenFiscalE"), row;

	if (cla_cfdi_code("c_RegimenFiscal.tsv", regime, &row) &&
	    !cla_cfdi_fits_person(row, f->issuer_rfc))
		cla_case_fail(c, r, f->issuer, "RegimenFiscalE", f->issuer_rfc, regime);
}

static void year_is_near(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "Periodo");
	struct cla_str text = cla_xml_attr(el, "Ejercicio"),
		       issued = cla_str_sub(cla_cfdi_of(c)->issued_at, 0, 4);
	uint64_t year, now;

	if (!cla_str_to_u64(text, &year) || !cla_str_to_u64(issued, &now))
		cla_case_unknown(c, r, el ? el : c->root, CLA_STR("Ejercicio, FechaExp"));
	else if (year != now && year + 1 != now)
		cla_case_fail(c, r, el, "Ejercicio", issued, text);
}

static void part_is_below(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "Totales");
	bool taxed = !strcmp(r->id, "ret.taxed");
	struct cla_str part = taxed ? total(c, el, "MontoTotGrav", "montoTotGrav")
				    : total(c, el, "MontoTotExent", "montoTotExent"),
		       whole = total(c, el, "MontoTotOperacion", "montoTotOperacion");

	/* what cannot be read is told with their sum */
	if (cla_dec_parse(part).ok && cla_dec_parse(whole).ok &&
	    cla_dec_cmp(cla_dec_parse(part), cla_dec_parse(whole)) > 0)
		cla_case_fail(c, r, el, NULL, whole, part);
}

/* Both belong to what was paid by a taxpayer of the regime of incorporation, every two months. */
static void profit_is_positive(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "Totales");
	const char *attr =
		!strcmp(r->id, "ret.profit") ? "UtilidadBimestral" : "ISRCorrespondiente";

	if (!cla_cfdi_has(el, "UtilidadBimestral") && !cla_cfdi_has(el, "ISRCorrespondiente"))
		return;
	if (cla_cfdi_has(el, attr))
		cla_cfdi_check_positive(c, r, el, attr, cla_cfdi_number(el, attr));
	else
		cla_cfdi_require(c, r, el, attr);
}

static const struct cla_cfdi_place places[] = {
	{ "ret.date-form", "Retenciones", "FechaExp" },
	{ "ret.relation", "CfdiRetenRelacionados", "TipoRelacion" },
	{ "ret.issuer-regime", "Emisor", "RegimenFiscalE" },
	{ "ret.receiver-place", "Nacional", "DomicilioFiscalR" },
	{ "ret.first-month", "Periodo", "MesIni" },
	{ "ret.last-month", "Periodo", "MesFin" },
	{ "ret.key", "Retenciones", "CveRetenc" },
	{ "ret.year-listed", "Periodo", "Ejercicio" },
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
	c->old_codes = new ? cla_retenciones20_codes : cla_cfdi32_codes;
	c->old_code_count = new ? cla_retenciones20_code_count : cla_cfdi32_code_count;
	cla_rules_run(c, cla_cfdi_rules.rules, cla_cfdi_rules.count);
	cla_rules_run(c, cla_cfdi_seal_rules.rules, cla_cfdi_seal_rules.count);
	c->old_codes = NULL;
	c->old_code_count = 0;
	c->facts = NULL;
}
