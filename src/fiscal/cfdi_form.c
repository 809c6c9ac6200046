/* fiscal/cfdi_form.c - what a CFDI has to say, or must not, given its type, its parties and its other
 * fields: the head of the document, global information, related documents, the receiver abroad. */
#include "fiscal/cfdi.h"

#include "model/id/taxid.h"
#include "xml/schema.h"

#include <string.h>

#define GENERIC "XAXX010101000" /* anybody in Mexico */
#define ABROAD "XEXX010101000"
#define PUBLIC "PUBLICO EN GENERAL"

static cla_rule_fn type_is_known, form_absent, form_of_deferred, method_absent, trade_present;
static cla_rule_fn global_is_public, public_is_generic, global_period, global_two_months;
static cla_rule_fn global_months, global_one_month, global_month_pair, global_year;
static cla_rule_fn relation_listed, acquirer_form, generic_address, generic_regime;
static cla_rule_fn conditions_absent, schema_allows, confirmation_unknown, not_itself, is_deferred;
static cla_rule_fn tax_id_form;
static cla_rule_fn residence_absent, residence_abroad, residence_present, tax_id_absent,
	tax_id_present;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("cfdi.type", "CFDI40121", CATALOGS, FAIL, type_is_known,
		      "TipoDeComprobante is not in catalog c_TipoDeComprobante.",
		      "TipoDeComprobante no está en el catálogo c_TipoDeComprobante.",
		      "TipoDeComprobante não está no catálogo c_TipoDeComprobante."),
	CLA_CFDI_RULE("cfdi.payment-form-absent", "CFDI40103", CATALOGS, FAIL, form_absent,
		      "FormaPago must be absent in transfers of goods, payroll and payments.",
		      "FormaPago debe omitirse en traslados, nómina y pagos.",
		      "FormaPago deve ser omitida em transportes, folha e pagamentos."),
	CLA_CFDI_RULE("cfdi.payment-form-deferred", "CFDI40105", CATALOGS, FAIL, form_of_deferred,
		      "FormaPago must be 99 when MetodoPago is PPD.",
		      "FormaPago debe ser 99 cuando MetodoPago es PPD.",
		      "FormaPago deve ser 99 quando MetodoPago é PPD."),
	CLA_CFDI_RULE("cfdi.payment-method-absent", "CFDI40125", CATALOGS, FAIL, method_absent,
		      "MetodoPago must be absent in transfers of goods and payments.",
		      "MetodoPago debe omitirse en traslados y pagos.",
		      "MetodoPago deve ser omitido em transportes e pagamentos."),
	CLA_CFDI_RULE("cfdi.export-trade", "CFDI40122", CATALOGS, FAIL, trade_present,
		      "Exportacion 02 needs the complement Comercio Exterior.",
		      "Exportacion 02 requiere el complemento Comercio Exterior.",
		      "Exportacion 02 requer o complemento Comercio Exterior."),
	CLA_CFDI_RULE("cfdi.global", "CFDI40130", CATALOGS, FAIL, global_is_public,
		      "InformacionGlobal goes with the receiver PUBLICO EN GENERAL, and only so.",
		      "InformacionGlobal corresponde al receptor PUBLICO EN GENERAL, y solo a él.",
		      "InformacionGlobal é do receptor PUBLICO EN GENERAL, e só dele."),
	CLA_CFDI_RULE("cfdi.global-rfc", "CFDI40146", CATALOGS, FAIL, public_is_generic,
		      "PUBLICO EN GENERAL with global information has the RFC XAXX010101000.",
		      "PUBLICO EN GENERAL con información global lleva el RFC XAXX010101000.",
		      "PUBLICO EN GENERAL com informação global tem o RFC XAXX010101000."),
	CLA_CFDI_RULE("cfdi.global-period", "CFDI40131", CATALOGS, FAIL, global_period,
		      "Periodicidad is not in catalog c_Periodicidad.",
		      "Periodicidad no está en el catálogo c_Periodicidad.",
		      "Periodicidad não está no catálogo c_Periodicidad."),
	CLA_CFDI_RULE("cfdi.global-regime", "CFDI40132", CATALOGS, FAIL, global_two_months,
		      "Periodicidad 05 is for issuers of regime 621 alone.",
		      "Periodicidad 05 es solo para emisores del régimen 621.",
		      "Periodicidad 05 é só para emissores do regime 621."),
	CLA_CFDI_RULE("cfdi.global-months", "CFDI40133", CATALOGS, FAIL, global_months,
		      "Meses is not in catalog c_Meses.", "Meses no está en el catálogo c_Meses.",
		      "Meses não está no catálogo c_Meses."),
	CLA_CFDI_RULE("cfdi.global-month", "CFDI40134", CATALOGS, FAIL, global_one_month,
		      "Meses must be 01 to 12 unless Periodicidad is 05.",
		      "Meses debe ser de 01 a 12 salvo con Periodicidad 05.",
		      "Meses deve ser de 01 a 12 salvo com Periodicidad 05."),
	CLA_CFDI_RULE("cfdi.global-month-pair", "CFDI40135", CATALOGS, FAIL, global_month_pair,
		      "Meses must be 13 to 18 when Periodicidad is 05.",
		      "Meses debe ser de 13 a 18 cuando Periodicidad es 05.",
		      "Meses deve ser de 13 a 18 quando Periodicidad é 05."),
	CLA_CFDI_RULE("cfdi.global-year", "CFDI40136", CATALOGS, FAIL, global_year,
		      "Año is neither the year of issue nor the one before.",
		      "Año no es el de emisión ni el anterior.",
		      "Año não é o da emissão nem o anterior."),
	CLA_CFDI_RULE("cfdi.relation", "CFDI40137", CATALOGS, FAIL, relation_listed,
		      "TipoRelacion is not in catalog c_TipoRelacion.",
		      "TipoRelacion no está en el catálogo c_TipoRelacion.",
		      "TipoRelacion não está no catálogo c_TipoRelacion."),
	CLA_CFDI_RULE("cfdi.acquirer", "CFDI40142", CATALOGS, FAIL, acquirer_form,
		      "FacAtrAdquirente is no number of ten digits.",
		      "FacAtrAdquirente no es un número de diez dígitos.",
		      "FacAtrAdquirente não é um número de dez dígitos."),
	CLA_CFDI_RULE("cfdi.receiver-address-generic", "CFDI40149", CATALOGS, FAIL, generic_address,
		      "DomicilioFiscalReceptor of a generic RFC must be LugarExpedicion.",
		      "DomicilioFiscalReceptor de un RFC genérico debe ser LugarExpedicion.",
		      "DomicilioFiscalReceptor de um RFC genérico deve ser LugarExpedicion."),
	CLA_CFDI_RULE("cfdi.receiver-regime-generic", "CFDI40159", CATALOGS, FAIL, generic_regime,
		      "RegimenFiscalReceptor of a generic RFC must be 616.",
		      "RegimenFiscalReceptor de un RFC genérico debe ser 616.",
		      "RegimenFiscalReceptor de um RFC genérico deve ser 616."),
	CLA_CFDI_RULE("cfdi.residence-absent", "CFDI40151", CATALOGS, FAIL, residence_absent,
		      "ResidenciaFiscal is for the RFC XEXX010101000 alone.",
		      "ResidenciaFiscal es solo para el RFC XEXX010101000.",
		      "ResidenciaFiscal é só para o RFC XEXX010101000."),
	CLA_CFDI_RULE("cfdi.residence-mex", "CFDI40152", CATALOGS, FAIL, residence_abroad,
		      "ResidenciaFiscal must not be MEX.", "ResidenciaFiscal no puede ser MEX.",
		      "ResidenciaFiscal não pode ser MEX."),
	CLA_CFDI_RULE(
		"cfdi.residence-missing", "CFDI40153", CATALOGS, FAIL, residence_present,
		"A receiver abroad with NumRegIdTrib or Comercio Exterior needs ResidenciaFiscal.",
		"Un receptor extranjero con NumRegIdTrib o Comercio Exterior requiere "
		"ResidenciaFiscal.",
		"Um receptor estrangeiro com NumRegIdTrib ou Comercio Exterior requer "
		"ResidenciaFiscal."),
	CLA_CFDI_RULE("cfdi.tax-id-absent", "CFDI40154", CATALOGS, FAIL, tax_id_absent,
		      "NumRegIdTrib is for the RFC XEXX010101000 alone.",
		      "NumRegIdTrib es solo para el RFC XEXX010101000.",
		      "NumRegIdTrib é só para o RFC XEXX010101000."),
	/* SAT's rule and its text of error disagree, and PACs with them. */
	CLA_CFDI_RULE("cfdi.tax-id-missing", "CFDI40155", CATALOGS, WARN, tax_id_present,
		      "A receiver abroad with Comercio Exterior needs NumRegIdTrib.",
		      "Un receptor extranjero con Comercio Exterior requiere NumRegIdTrib.",
		      "Um receptor estrangeiro com Comercio Exterior requer NumRegIdTrib."),
	CLA_CFDI_RULE("cfdi.tax-id-form", "CFDI40156", CATALOGS, FAIL, tax_id_form,
		      "NumRegIdTrib does not have the form of its country.",
		      "NumRegIdTrib no tiene la forma de su país.",
		      "NumRegIdTrib não tem a forma do seu país."),
	CLA_CFDI_RULE("cfdi.residence", "CFDI40150", CATALOGS, FAIL, schema_allows,
		      "ResidenciaFiscal is not in catalog c_Pais.",
		      "ResidenciaFiscal no está en el catálogo c_Pais.",
		      "ResidenciaFiscal não está no catálogo c_Pais."),
	CLA_CFDI_RULE("cfdi.rate-form", "CFDI40117", CATALOGS, FAIL, schema_allows,
		      "TipoCambio is no amount of up to six decimals.",
		      "TipoCambio no es un monto de hasta seis decimales.",
		      "TipoCambio não é um valor de até seis casas decimais."),
	CLA_CFDI_RULE("cfdi.conditions-absent", NULL, CATALOGS, WARN, conditions_absent,
		      "CondicionesDePago must be absent in transfers of goods and payroll.",
		      "CondicionesDePago debe omitirse en traslados y nómina.",
		      "CondicionesDePago deve ser omitido em transportes e folha."),
	CLA_CFDI_RULE("cfdi.confirmation-due", "CFDI40127", CATALOGS, FAIL, confirmation_unknown,
		      "Confirmacion must be absent within the limits of rate and total.",
		      "Confirmacion debe omitirse dentro de los límites de cambio y total.",
		      "Confirmacion deve ser omitida dentro dos limites de câmbio e total."),
	CLA_CFDI_RULE("cfdi.confirmation-issued", "CFDI40128", CATALOGS, FAIL, confirmation_unknown,
		      "Confirmacion was not issued by the provider.",
		      "Confirmacion no fue emitida por el proveedor.",
		      "Confirmacion não foi emitida pelo provedor."),
	CLA_CFDI_RULE("cfdi.confirmation-used", "CFDI40129", CATALOGS, FAIL, confirmation_unknown,
		      "Confirmacion was used before.", "Confirmacion ya fue utilizada.",
		      "Confirmacion já foi utilizada."),
	CLA_CFDI_RULE("cfdi.relation-self", NULL, IDENTITY, WARN, not_itself,
		      "The document is related to itself.",
		      "El comprobante está relacionado consigo mismo.",
		      "O documento está relacionado consigo mesmo."),
	CLA_CFDI_RULE("cfdi.payment-deferred", NULL, CATALOGS, WARN, is_deferred,
		      "Payment is deferred (PPD): a receipt of payment has to follow.",
		      "El pago es diferido (PPD): debe seguir un recibo de pago.",
		      "O pagamento é diferido (PPD): deve seguir um recibo de pagamento."),
};

const struct cla_rule_table cla_cfdi_form_rules = { "cfdi-form", rules, CLA_LEN(rules) };

static const struct cla_xml *bearer(const struct cla_case *c, enum cla_cfdi_bearer on)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	switch (on) {
	case CLA_CFDI_ROOT:
		return c->root;
	case CLA_CFDI_ISSUER:
		return f->issuer;
	case CLA_CFDI_RECEIVER:
		return f->receiver;
	case CLA_CFDI_LINE:
		break;
	}
	return cla_cfdi_next_line(f, NULL);
}

void cla_cfdi_check_field(struct cla_case *c, const struct cla_rule *r,
			  const struct cla_cfdi_field *fields, size_t count)
{
	size_t i = 0;
	bool right;

	while (i < count && strcmp(fields[i].rule, r->id) != 0)
		i++;
	const struct cla_xml *el = i < count ? bearer(c, fields[i].on) : NULL;
	if (!el)
		return; /* no party: told by the schema; no line: by the rule on their number */
	struct cla_str value = cla_xml_attr(el, fields[i].attr);
	struct cla_str due = cla_str_from(fields[i].due);
	if (fields[i].kind == CLA_CFDI_ABSENT)
		right = cla_str_absent(value);
	else if (fields[i].kind == CLA_CFDI_TEXT)
		right = cla_str_eq(value, due);
	else
		right = cla_dec_eq(cla_dec_parse(value), cla_dec_parse(due));
	if (!right)
		cla_case_fail(c, r, el, fields[i].attr, due, value);
}

/*
 * Head
 */

static bool type_in(const struct cla_case *c, const char *types)
{
	char type = cla_cfdi_of(c)->type;

	return type && strchr(types, type);
}

static void type_is_known(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_words(c, r, c->root, "TipoDeComprobante", "I E T N P");
}

static void form_absent(struct cla_case *c, const struct cla_rule *r)
{
	/* in 3.3 that was said of receipts of payment alone */
	if (c->old_codes ? cla_cfdi_of(c)->payments != NULL : type_in(c, "TNP"))
		cla_cfdi_refuse(c, r, c->root, "FormaPago");
}

static void form_of_deferred(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_str_eqc(cla_xml_attr(c->root, "MetodoPago"), "PPD"))
		cla_cfdi_check_words(c, r, c->root, "FormaPago", "99");
}

static void method_absent(struct cla_case *c, const struct cla_rule *r)
{
	if (type_in(c, "TP"))
		cla_cfdi_refuse(c, r, c->root, "MetodoPago");
}

static void trade_present(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str code = cla_xml_attr(c->root, "Exportacion");

	if (cla_str_eqc(code, "02") && !cla_cfdi_of(c)->trade)
		cla_case_fail(c, r, c->root, "Exportacion", CLA_STR("ComercioExterior"), code);
}

/*
 * Global information
 */

static const struct cla_xml *global_of(const struct cla_case *c)
{
	return cla_cfdi_child(c->root, "InformacionGlobal");
}

static bool is_public(const struct cla_case *c)
{
	return cla_str_eqc(cla_xml_attr(cla_cfdi_of(c)->receiver, "Nombre"), PUBLIC);
}

static void global_is_public(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	bool there = global_of(c) != NULL;

	if (there && !is_public(c))
		cla_case_fail(c, r, f->receiver ? f->receiver : c->root, "Nombre", CLA_STR(PUBLIC),
			      cla_xml_attr(f->receiver, "Nombre"));
	else if (!there && is_public(c) && cla_str_eqc(f->receiver_rfc, GENERIC) &&
		 type_in(c, "IE"))
		cla_case_fail(c, r, c->root, NULL, CLA_STR("InformacionGlobal"), CLA_STR_NONE);
}

static void public_is_generic(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (global_of(c) && is_public(c))
		cla_cfdi_check_words(c, r, f->receiver, "Rfc", GENERIC);
}

static void global_period(struct cla_case *c, const struct cla_rule *r)
{
	if (global_of(c))
		cla_cfdi_check_words(c, r, global_of(c), "Periodicidad", "01 02 03 04 05");
}

static bool is_two_months(const struct cla_case *c)
{
	return cla_str_eqc(cla_xml_attr(global_of(c), "Periodicidad"), "05");
}

static void global_two_months(struct cla_case *c, const struct cla_rule *r)
{
	if (is_two_months(c))
		cla_cfdi_check_words(c, r, cla_cfdi_of(c)->issuer, "RegimenFiscal", "621");
}

#define ONE_MONTH "01 02 03 04 05 06 07 08 09 10 11 12"
#define MONTH_PAIR "13 14 15 16 17 18"

static void global_months(struct cla_case *c, const struct cla_rule *r)
{
	if (global_of(c))
		cla_cfdi_check_words(c, r, global_of(c), "Meses", ONE_MONTH " " MONTH_PAIR);
}

static void global_one_month(struct cla_case *c, const struct cla_rule *r)
{
	if (global_of(c) && !is_two_months(c))
		cla_cfdi_check_words(c, r, global_of(c), "Meses", ONE_MONTH);
}

static void global_month_pair(struct cla_case *c, const struct cla_rule *r)
{
	if (is_two_months(c))
		cla_cfdi_check_words(c, r, global_of(c), "Meses", MONTH_PAIR);
}

static void global_year(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *global = global_of(c);
	struct cla_str text = cla_xml_attr(global, "A\xc3\xb1o");
	uint64_t year, issued;

	if (!global)
		return;
	if (!cla_str_to_u64(cla_str_trim(text), &year) ||
	    !cla_str_to_u64(cla_str_sub(cla_cfdi_of(c)->issued_at, 0, 4), &issued))
		cla_case_unknown(c, r, global, CLA_STR("A\xc3\xb1o, Fecha"));
	else if (year != issued && year + 1 != issued)
		cla_case_fail(c, r, global, "A\xc3\xb1o",
			      cla_str_sub(cla_cfdi_of(c)->issued_at, 0, 4), text);
}

static void relation_listed(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_child(c->root, "CfdiRelacionados");

	for (; el; el = cla_cfdi_next(el))
		cla_cfdi_check_words(c, r, el, "TipoRelacion", "01 02 03 04 05 06 07 08 09");
}

/*
 * Parties
 */

static void acquirer_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *issuer = cla_cfdi_of(c)->issuer;
	struct cla_str number = cla_xml_attr(issuer, "FacAtrAdquirente");

	if (!cla_str_absent(number) && (number.len != 10 || !cla_str_digits(number)))
		cla_case_fail(c, r, issuer, "FacAtrAdquirente", CLA_STR_NONE, number);
}

static bool is_abroad(const struct cla_case *c)
{
	return cla_str_eqc(cla_cfdi_of(c)->receiver_rfc, ABROAD);
}

static bool is_generic(const struct cla_case *c)
{
	return cla_rfc_check(cla_cfdi_of(c)->receiver_rfc) == CLA_RFC_GENERIC;
}

static void generic_address(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *receiver = cla_cfdi_of(c)->receiver;
	struct cla_str address = cla_xml_attr(receiver, "DomicilioFiscalReceptor"),
		       place = cla_xml_attr(c->root, "LugarExpedicion");

	if (is_generic(c) && !cla_str_eq(address, place))
		cla_case_fail(c, r, receiver, "DomicilioFiscalReceptor", place, address);
}

static void generic_regime(struct cla_case *c, const struct cla_rule *r)
{
	if (is_generic(c))
		cla_cfdi_check_words(c, r, cla_cfdi_of(c)->receiver, "RegimenFiscalReceptor",
				     "616");
}

static void residence_absent(struct cla_case *c, const struct cla_rule *r)
{
	if (!is_abroad(c))
		cla_cfdi_refuse(c, r, cla_cfdi_of(c)->receiver, "ResidenciaFiscal");
}

static void residence_abroad(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_str_eqc(cla_xml_attr(cla_cfdi_of(c)->receiver, "ResidenciaFiscal"), "MEX"))
		cla_cfdi_refuse(c, r, cla_cfdi_of(c)->receiver, "ResidenciaFiscal");
}

static void residence_present(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *receiver = cla_cfdi_of(c)->receiver;

	if ((is_abroad(c) && cla_cfdi_of(c)->trade) ||
	    !cla_str_absent(cla_xml_attr(receiver, "NumRegIdTrib")))
		cla_cfdi_require(c, r, receiver, "ResidenciaFiscal");
}

static void tax_id_absent(struct cla_case *c, const struct cla_rule *r)
{
	if (!is_abroad(c))
		cla_cfdi_refuse(c, r, cla_cfdi_of(c)->receiver, "NumRegIdTrib");
}

static void tax_id_present(struct cla_case *c, const struct cla_rule *r)
{
	if (is_abroad(c) && cla_cfdi_of(c)->trade)
		cla_cfdi_require(c, r, cla_cfdi_of(c)->receiver, "NumRegIdTrib");
}

/* The patterns that c_Pais has are nine digits, of the United States and of Canada; that of Mexico is
 * an RFC's, and no foreigner's. */
static void tax_id_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *receiver = cla_cfdi_of(c)->receiver;
	struct cla_str number = cla_xml_attr(receiver, "NumRegIdTrib"), row;

	if (cla_str_absent(number) ||
	    !cla_cfdi_code("c_Pais.tsv", cla_xml_attr(receiver, "ResidenciaFiscal"), &row) ||
	    !cla_str_eqc(cla_table_column(row, 1), "[0-9]{9}"))
		return;
	if (number.len != 9 || !cla_str_digits(number))
		cla_case_fail(c, r, receiver, "NumRegIdTrib", cla_table_column(row, 1), number);
}

static const struct cla_cfdi_place places[] = {
	{ "cfdi.residence", "Receptor", "ResidenciaFiscal" },
	{ "cfdi.rate-form", "Comprobante", "TipoCambio" },
};

static void schema_allows(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_refused(c, r, c->root, places, CLA_LEN(places));
}

/*
 * Conditions and relations
 */

static void conditions_absent(struct cla_case *c, const struct cla_rule *r)
{
	if (type_in(c, "TN"))
		cla_cfdi_refuse(c, r, c->root, "CondicionesDePago");
}

/* Only the provider knows what it confirmed, and SAT the limits. */
static void confirmation_unknown(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_cfdi_has(c->root, "Confirmacion"))
		cla_case_unknown(c, r, c->root,
				 !strcmp(r->id, "cfdi.confirmation-due")
					 ? CLA_STR("limits of exchange rate and total")
					 : CLA_STR("confirmations of the provider"));
}

static void not_itself(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *group = cla_cfdi_child(c->root, "CfdiRelacionados");

	for (; group; group = cla_cfdi_next(group)) {
		const struct cla_xml *el = cla_cfdi_child(group, "CfdiRelacionado");
		for (; el; el = cla_cfdi_next(el)) {
			struct cla_str uuid = cla_str_trim(cla_xml_attr(el, "UUID"));
			if (uuid.len && cla_str_eq_nocase(uuid, c->document->id))
				cla_case_fail(c, r, el, "UUID", CLA_STR_NONE, uuid);
		}
	}
}

/* What was paid at once by card is no deferred payment, and without the receipt not deductible. */
static void is_deferred(struct cla_case *c, const struct cla_rule *r)
{
	if (type_in(c, "I") && cla_cfdi_one_of(c->root, "MetodoPago", "PPD"))
		cla_case_fail(c, r, c->root, "MetodoPago", CLA_STR("PUE"), CLA_STR("PPD"));
}
