/* fiscal/cfdi_catalogs.c - codes of a CFDI 4.0 against SAT's catalogs.
 *
 * A code that is in no catalog fails. A code that the schema allows and the dated list does not
 * have, or whose dates of validity do not hold the day of issue, is a warning: SAT's grace periods
 * are not part of the lists. The tables are embedded (xsd/catalogs/).
 */
#include "fiscal/cfdi.h"

#include "base/file.h"
#include "fiscal/layout.h"
#include "model/id/taxid.h"
#include "xml/schema.h"

#include <stdio.h>
#include <string.h>

static cla_rule_fn payment_form, currency, rate_of_peso, rate_of_foreign, rate_of_none;
static cla_rule_fn export_code, payment_method, place_of_issue;
static cla_rule_fn issuer_regime, issuer_regime_fits, receiver_regime, receiver_regime_fits,
	use_code, use_fits;
static cla_rule_fn complement_codes, product_keys, part_product_keys, unit_keys, tax_objects,
	transfer_rates;

static const struct cla_rule rules[] = {
	CLA_CFDI_RULE("cfdi.payment-form", "CFDI40104", CATALOGS, FAIL, payment_form,
		      "FormaPago is not in catalog c_FormaPago.",
		      "FormaPago no está en el catálogo c_FormaPago.",
		      "FormaPago não está no catálogo c_FormaPago."),
	CLA_CFDI_RULE("cfdi.currency", "CFDI40113", CATALOGS, FAIL, currency,
		      "Moneda is not in catalog c_Moneda.",
		      "Moneda no está en el catálogo c_Moneda.",
		      "Moneda não está no catálogo c_Moneda."),
	CLA_CFDI_RULE("cfdi.rate-mxn", "CFDI40114", CATALOGS, FAIL, rate_of_peso,
		      "TipoCambio must be absent or 1 when Moneda is MXN.",
		      "TipoCambio debe omitirse o ser 1 cuando Moneda es MXN.",
		      "TipoCambio deve ser omitido ou ser 1 quando Moneda é MXN."),
	CLA_CFDI_RULE("cfdi.rate-missing", "CFDI40115", CATALOGS, FAIL, rate_of_foreign,
		      "TipoCambio is required for a foreign currency.",
		      "TipoCambio es obligatorio con moneda extranjera.",
		      "TipoCambio é obrigatório com moeda estrangeira."),
	CLA_CFDI_RULE("cfdi.rate-xxx", "CFDI40116", CATALOGS, FAIL, rate_of_none,
		      "TipoCambio must be absent when Moneda is XXX.",
		      "TipoCambio debe omitirse cuando Moneda es XXX.",
		      "TipoCambio deve ser omitido quando Moneda é XXX."),
	CLA_CFDI_RULE("cfdi.export", "CFDI40123", CATALOGS, FAIL, export_code,
		      "Exportacion is not in catalog c_Exportacion.",
		      "Exportacion no está en el catálogo c_Exportacion.",
		      "Exportacion não está no catálogo c_Exportacion."),
	CLA_CFDI_RULE("cfdi.payment-method", "CFDI40124", CATALOGS, FAIL, payment_method,
		      "MetodoPago is neither PUE nor PPD.", "MetodoPago no es PUE ni PPD.",
		      "MetodoPago não é PUE nem PPD."),
	CLA_CFDI_RULE("cfdi.place", "CFDI40126", CATALOGS, FAIL, place_of_issue,
		      "LugarExpedicion is not in catalog c_CodigoPostal.",
		      "LugarExpedicion no está en el catálogo c_CodigoPostal.",
		      "LugarExpedicion não está no catálogo c_CodigoPostal."),
	CLA_CFDI_RULE("cfdi.issuer-regime", "CFDI40140", CATALOGS, FAIL, issuer_regime,
		      "The issuer's RegimenFiscal is not in catalog c_RegimenFiscal.",
		      "El RegimenFiscal del emisor no está en el catálogo c_RegimenFiscal.",
		      "O RegimenFiscal do emissor não está no catálogo c_RegimenFiscal."),
	CLA_CFDI_RULE("cfdi.issuer-regime-person", "CFDI40141", CATALOGS, FAIL, issuer_regime_fits,
		      "The issuer's RegimenFiscal does not fit the kind of person.",
		      "El RegimenFiscal del emisor no corresponde al tipo de persona.",
		      "O RegimenFiscal do emissor não corresponde ao tipo de pessoa."),
	CLA_CFDI_RULE("cfdi.receiver-regime", "CFDI40157", CATALOGS, FAIL, receiver_regime,
		      "RegimenFiscalReceptor is not in catalog c_RegimenFiscal.",
		      "RegimenFiscalReceptor no está en el catálogo c_RegimenFiscal.",
		      "RegimenFiscalReceptor não está no catálogo c_RegimenFiscal."),
	CLA_CFDI_RULE("cfdi.receiver-regime-person", "CFDI40158", CATALOGS, FAIL,
		      receiver_regime_fits,
		      "RegimenFiscalReceptor does not fit the kind of person.",
		      "RegimenFiscalReceptor no corresponde al tipo de persona.",
		      "RegimenFiscalReceptor não corresponde ao tipo de pessoa."),
	CLA_CFDI_RULE("cfdi.use", "CFDI40160", CATALOGS, FAIL, use_code,
		      "UsoCFDI is not in catalog c_UsoCFDI.",
		      "UsoCFDI no está en el catálogo c_UsoCFDI.",
		      "UsoCFDI não está no catálogo c_UsoCFDI."),
	CLA_CFDI_RULE("cfdi.use-fits", "CFDI40161", CATALOGS, FAIL, use_fits,
		      "UsoCFDI does not fit the receiver's kind of person and regime.",
		      "UsoCFDI no corresponde al tipo de persona y régimen del receptor.",
		      "UsoCFDI não corresponde ao tipo de pessoa e regime do receptor."),
	CLA_CFDI_RULE("cfdi.product-key", "CFDI40162", CATALOGS, FAIL, product_keys,
		      "ClaveProdServ is not in catalog c_ClaveProdServ.",
		      "ClaveProdServ no está en el catálogo c_ClaveProdServ.",
		      "ClaveProdServ não está no catálogo c_ClaveProdServ."),
	CLA_CFDI_RULE("cfdi.unit-key", "CFDI40165", CATALOGS, FAIL, unit_keys,
		      "ClaveUnidad is not in catalog c_ClaveUnidad.",
		      "ClaveUnidad no está en el catálogo c_ClaveUnidad.",
		      "ClaveUnidad não está no catálogo c_ClaveUnidad."),
	CLA_CFDI_RULE("cfdi.tax-object", "CFDI40170", CATALOGS, FAIL, tax_objects,
		      "ObjetoImp is not in catalog c_ObjetoImp.",
		      "ObjetoImp no está en el catálogo c_ObjetoImp.",
		      "ObjetoImp não está no catálogo c_ObjetoImp."),
	CLA_CFDI_RULE("cfdi.tax-rate", "CFDI40179", CATALOGS, FAIL, transfer_rates,
		      "TasaOCuota is not in catalog c_TasaOCuota.",
		      "TasaOCuota no está en el catálogo c_TasaOCuota.",
		      "TasaOCuota não está no catálogo c_TasaOCuota."),
	CLA_CFDI_RULE("cfdi.part-product-key", "CFDI40196", CATALOGS, FAIL, part_product_keys,
		      "ClaveProdServ of a part is not in catalog c_ClaveProdServ.",
		      "ClaveProdServ de una parte no está en el catálogo c_ClaveProdServ.",
		      "ClaveProdServ de uma parte não está no catálogo c_ClaveProdServ."),
	CLA_CFDI_RULE("cfdi.complement-code", NULL, CATALOGS, FAIL, complement_codes,
		      "A code of a complement is not in its catalog.",
		      "Una clave de un complemento no está en su catálogo.",
		      "Um código de um complemento não está no seu catálogo."),
};

const struct cla_rule_table cla_cfdi_catalog_rules = { "cfdi-catalogs", rules, CLA_LEN(rules) };

/* A code in a table of plain lines. Blanks around it are none of it, as for the schema; no code has
 * a blank inside. */
bool cla_cfdi_check_listed(struct cla_case *c, const struct cla_rule *r, const char *table,
			   const struct cla_xml *el, const char *attr)
{
	struct cla_str code = cla_xml_attr(el, attr), row;

	if (cla_cfdi_code(table, cla_str_trim(code), &row))
		return true;
	cla_case_fail(c, r, el, attr, cla_str_from(table), code);
	return false;
}

/* Codes of a document that a rule has found right: lines share theirs. */
#define PASSED 64

struct passed {
	struct cla_str codes[PASSED];
};

/* Where a code is or would be. */
static struct cla_str *place_of(struct passed *p, struct cla_str code)
{
	size_t sum = code.len;

	for (size_t i = 0; i < code.len && i < 16; i++)
		sum = sum * 31 + (unsigned char)code.ptr[i];
	return &p->codes[sum % PASSED];
}

/* Each line's, or each part's. */
static void check_lines(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			const char *table, const char *attr, struct passed *passed)
{
	for (; el; el = cla_cfdi_next(el)) {
		struct cla_str code = cla_xml_attr(el, attr), *place = place_of(passed, code);
		if ((cla_str_absent(*place) || !cla_str_eq(*place, code)) &&
		    cla_cfdi_check_listed(c, r, table, el, attr))
			*place = code;
	}
}

/* The schema's enumerations are what decides on membership; the dated lists may lack a code that it
 * allows. */
static bool schema_refused(struct cla_case *c, const struct cla_xml *el, const char *attr)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(1 << 20);

	if (c->document->checks[CLA_CHECK_SCHEMA] != CLA_VERDICT_FAIL)
		return false;
	/* Not all of the schema's findings may be listed; paths among thousands of lines take their
	 * time. */
	if (c->document->finding_count >= CLA_MAX_FINDINGS)
		return true;
	cla_xml_path(el, attr, &path);
	for (const struct cla_finding *f = c->document->findings; f; f = f->next) {
		if (f->check == CLA_CHECK_SCHEMA && f->severity == CLA_VERDICT_FAIL &&
		    cla_str_eq(f->where, cla_buf_str(&path)))
			return true;
	}
	return false;
}

/* Whether the schema has refused an attribute of this name anywhere. */
static bool refused_somewhere(const struct cla_case *c, const char *attr)
{
	char end[64];

	(void)snprintf(end, sizeof(end), "/@%s", attr);
	for (const struct cla_finding *f = c->document->findings; f; f = f->next) {
		if (f->check == CLA_CHECK_SCHEMA && f->severity == CLA_VERDICT_FAIL &&
		    cla_str_ends(f->where, end))
			return true;
	}
	return false;
}

/* With so many findings, and behind so many elements, the check has failed anyway. */
#define MOST_PLACES 1000

void cla_cfdi_check_refused(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *top,
			    const struct cla_cfdi_place *places, size_t count)
{
	size_t i = 0, looked_at = 0;

	while (i < count && strcmp(places[i].rule, r->id) != 0)
		i++;
	if (i == count || !refused_somewhere(c, places[i].attr))
		return;
	for (const struct cla_xml *el = top; el && looked_at < MOST_PLACES;
	     el = cla_xml_walk(top, el)) {
		if (c->document->finding_count >= CLA_MAX_FINDINGS ||
		    !cla_xml_is(el, NULL, places[i].element))
			continue;
		looked_at++;
		if (schema_refused(c, el, places[i].attr))
			cla_case_fail(c, r, el, places[i].attr, CLA_STR_NONE,
				      cla_xml_attr(el, places[i].attr));
	}
}
/* Whether the date of a document that has none to be read matters for a code: the lists begin with
 * version 4.0, and most of their codes have held since. */
static bool needs_date(const struct cla_case *c, struct cla_str row, int from_column)
{
	struct cla_str from = cla_table_column(row, from_column),
		       to = cla_table_column(row, from_column + 1);
	struct cla_date day;

	return !cla_date_parse(cla_str_sub(cla_cfdi_of(c)->issued_at, 0, 10), &day) &&
	       (to.len || cla_str_cmp(from, CLA_STR("2022-01-01")) > 0);
}

bool cla_cfdi_check_dated(struct cla_case *c, const struct cla_rule *r, const char *table,
			  int from_column, const struct cla_xml *el, const char *attr)
{
	struct cla_str code = cla_xml_attr(el, attr), row;

	if (c->old_codes || !cla_cfdi_code(table, code, &row)) {
		/* the dated lists are of the present version */
		bool wrong = cla_str_absent(code) || schema_refused(c, el, attr);
		if (!wrong && c->old_codes)
			return true;
		cla_case_report(c, r, wrong ? r->severity : CLA_VERDICT_WARN, el, attr,
				cla_str_from(table), code);
	} else if (needs_date(c, row, from_column)) {
		cla_case_unknown(c, r, el, cla_str_from(cla_cfdi_of(c)->names->date));
	} else if (!cla_cfdi_code_in_force(cla_cfdi_of(c), row, from_column)) {
		cla_case_report(c, r, CLA_VERDICT_WARN, el, attr,
				cla_case_text(c, CLA_STR_FMT ".." CLA_STR_FMT,
					      CLA_STR_ARG(cla_table_column(row, from_column)),
					      CLA_STR_ARG(cla_table_column(row, from_column + 1))),
				code);
	} else {
		return true;
	}
	return false;
}

static void payment_form(struct cla_case *c, const struct cla_rule *r)
{
	if (!cla_str_absent(cla_xml_attr(c->root, "FormaPago")))
		cla_cfdi_check_dated(c, r, "c_FormaPago.tsv", 1, c->root, "FormaPago");
}

static void currency(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_date day;

	if (!cla_date_parse(cla_str_sub(cla_cfdi_of(c)->issued_at, 0, 10), &day))
		cla_case_unknown(c, r, c->root, CLA_STR("Fecha")); /* no code's dates are known */
	cla_cfdi_check_dated(c, r, "c_Moneda.tsv", 3, c->root, "Moneda");
}

static void rate_of_peso(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str rate = cla_xml_attr(c->root, "TipoCambio");

	if (cla_str_eqc(cla_cfdi_of(c)->currency, "MXN") && !cla_str_absent(rate) &&
	    !cla_dec_eq(cla_dec_parse(rate), cla_dec_from(1, 0)))
		cla_case_fail(c, r, c->root, "TipoCambio", CLA_STR("1"), rate);
}

static void rate_of_foreign(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str code = cla_cfdi_of(c)->currency;

	if (!cla_str_absent(code) && !cla_str_eqc(code, "MXN") && !cla_str_eqc(code, "XXX") &&
	    cla_str_absent(cla_xml_attr(c->root, "TipoCambio")))
		cla_case_fail(c, r, c->root, "TipoCambio", CLA_STR_NONE, CLA_STR_NONE);
}

static void rate_of_none(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str rate = cla_xml_attr(c->root, "TipoCambio");

	if (cla_str_eqc(cla_cfdi_of(c)->currency, "XXX") && !cla_str_absent(rate))
		cla_case_fail(c, r, c->root, "TipoCambio", CLA_STR_NONE, rate);
}

static void export_code(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_words(c, r, c->root, "Exportacion", "01 02 03 04");
}

static void payment_method(struct cla_case *c, const struct cla_rule *r)
{
	if (!cla_str_absent(cla_xml_attr(c->root, "MetodoPago")))
		cla_cfdi_check_words(c, r, c->root, "MetodoPago", "PUE PPD");
}

static void place_of_issue(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_listed(c, r, "c_CodigoPostal.txt", c->root, "LugarExpedicion");
}

static void issuer_regime(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_dated(c, r, "c_RegimenFiscal.tsv", 3, cla_cfdi_of(c)->issuer,
			     "RegimenFiscal");
}

static void receiver_regime(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_dated(c, r, "c_RegimenFiscal.tsv", 3, cla_cfdi_of(c)->receiver,
			     "RegimenFiscalReceptor");
}

bool cla_cfdi_fits_person(struct cla_str row, struct cla_str rfc)
{
	size_t len = cla_rfc_length(rfc);

	if (len != 12 && len != 13)
		return true;
	return cla_str_eqc(cla_table_column(row, len == 13 ? 1 : 2), "1");
}

static void issuer_regime_fits(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str regime = cla_xml_attr(f->issuer, "RegimenFiscal"), row;

	if (cla_cfdi_code("c_RegimenFiscal.tsv", regime, &row) &&
	    !cla_cfdi_fits_person(row, f->issuer_rfc))
		cla_case_fail(c, r, f->issuer, "RegimenFiscal", f->issuer_rfc, regime);
}

static void receiver_regime_fits(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str regime = cla_xml_attr(f->receiver, "RegimenFiscalReceptor"), row;

	if (cla_cfdi_code("c_RegimenFiscal.tsv", regime, &row) &&
	    !cla_cfdi_fits_person(row, f->receiver_rfc))
		cla_case_fail(c, r, f->receiver, "RegimenFiscalReceptor", f->receiver_rfc, regime);
}

static void use_code(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_dated(c, r, "c_UsoCFDI.tsv", 4, cla_cfdi_of(c)->receiver, "UsoCFDI");
}

static void use_fits(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str use = cla_xml_attr(f->receiver, "UsoCFDI"), row;
	struct cla_str regime = cla_xml_attr(f->receiver, "RegimenFiscalReceptor");

	if (!cla_cfdi_code("c_UsoCFDI.tsv", use, &row))
		return;
	struct cla_str regimes = cla_table_column(row, 3);
	if (!cla_cfdi_fits_person(row, f->receiver_rfc))
		cla_case_fail(c, r, f->receiver, "UsoCFDI", f->receiver_rfc, use);
	else if (regimes.len && !cla_str_absent(regime) && !cla_has_word(regimes, ',', regime))
		cla_case_fail(c, r, f->receiver, "UsoCFDI", regimes,
			      cla_case_text(c, CLA_STR_FMT " " CLA_STR_FMT,
					    CLA_STR_ARG(cla_str_sub(use, 0, 16)),
					    CLA_STR_ARG(cla_str_sub(regime, 0, 16))));
}

static void product_keys(struct cla_case *c, const struct cla_rule *r)
{
	struct passed passed = { 0 };

	check_lines(c, r, cla_cfdi_next_line(cla_cfdi_of(c), NULL), "c_ClaveProdServ.txt",
		    "ClaveProdServ", &passed);
}

static void part_product_keys(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct passed passed = { 0 };

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line))
		check_lines(c, r, cla_cfdi_child(line, "Parte"), "c_ClaveProdServ.txt",
			    "ClaveProdServ", &passed);
}

static void unit_keys(struct cla_case *c, const struct cla_rule *r)
{
	struct passed passed = { 0 };

	check_lines(c, r, cla_cfdi_next_line(cla_cfdi_of(c), NULL), "c_ClaveUnidad.txt",
		    "ClaveUnidad", &passed);
}

static void tax_objects(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str right = CLA_STR_NONE;

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		struct cla_str code = cla_xml_attr(line, "ObjetoImp");
		if ((cla_str_absent(right) || !cla_str_eq(code, right)) &&
		    cla_cfdi_check_dated(c, r, "c_ObjetoImp.tsv", 1, line, "ObjetoImp"))
			right = code;
	}
}

/* Rows of c_TasaOCuota: kind (fixed, range), least, most, tax, factor, for transfers, for
 * withholdings, from, to. */
static bool rate_row_fits(struct cla_str row, struct cla_dec rate, struct cla_str tax,
			  struct cla_str factor, bool withheld)
{
	if (!cla_str_eq(cla_table_column(row, 3), tax) ||
	    !cla_str_eq(cla_table_column(row, 4), factor) ||
	    !cla_str_eqc(cla_table_column(row, withheld ? 6 : 5), "1"))
		return false;
	struct cla_dec least = cla_dec_parse(cla_table_column(row, 1)),
		       most = cla_dec_parse(cla_table_column(row, 2));
	if (!least.ok || !most.ok)
		return false;
	if (cla_str_eqc(cla_table_column(row, 0), "fixed"))
		return cla_dec_eq(rate, most);
	return cla_dec_cmp(rate, least) >= 0 && cla_dec_cmp(rate, most) <= 0;
}

static enum cla_cfdi_rate look_up_rate(const struct cla_case *c, struct cla_str tax,
				       struct cla_str factor, struct cla_dec rate, bool withheld)
{
	struct cla_str row, rest = cla_embedded_find("c_TasaOCuota.tsv");
	enum cla_cfdi_rate state = CLA_CFDI_RATE_UNLISTED;

	while (rate.ok && rest.len) {
		(void)cla_str_cut(rest, '\n', &row, &rest);
		if (!rate_row_fits(row, rate, tax, factor, withheld))
			continue;
		/* the dates of the list are those of the present version */
		if (c->old_codes || cla_cfdi_code_in_force(cla_cfdi_of(c), row, 7))
			return CLA_CFDI_RATE_LISTED;
		state = CLA_CFDI_RATE_OUTDATED;
	}
	return state;
}

enum cla_cfdi_rate cla_cfdi_rate(const struct cla_case *c, struct cla_str tax,
				 struct cla_str factor, struct cla_dec rate, bool withheld)
{
	struct cla_cfdi *f = c->facts;

	if (!rate.ok)
		return CLA_CFDI_RATE_UNLISTED;
	for (size_t i = 0; i < f->rate_count && i < CLA_LEN(f->rates); i++) {
		const struct cla_cfdi_known_rate *k = &f->rates[i];
		if (k->rate.units == rate.units && k->rate.scale == rate.scale &&
		    k->withheld == withheld && cla_str_eq(k->tax, tax) &&
		    cla_str_eq(k->factor, factor))
			return k->state;
	}
	enum cla_cfdi_rate state = look_up_rate(c, tax, factor, rate, withheld);
	f->rates[f->rate_count++ % CLA_LEN(f->rates)] =
		(struct cla_cfdi_known_rate){ tax, factor, rate, withheld, state };
	return state;
}

void cla_cfdi_check_rate(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			 bool withheld)
{
	struct cla_str text = cla_xml_attr(el, "TasaOCuota");
	struct cla_str tax = cla_xml_attr(el, "Impuesto"), factor = cla_xml_attr(el, "TipoFactor");

	if (cla_str_absent(text) || cla_str_eqc(factor, "Exento"))
		return;
	enum cla_cfdi_rate state = cla_cfdi_rate(c, tax, factor, cla_dec_parse(text), withheld);
	if (state != CLA_CFDI_RATE_LISTED)
		cla_case_report(c, r,
				state == CLA_CFDI_RATE_OUTDATED ? CLA_VERDICT_WARN : r->severity,
				el, "TasaOCuota", CLA_STR_NONE, text);
}

static void check_transfer_rate(struct cla_case *c, const struct cla_rule *r,
				const struct cla_xml *tax)
{
	cla_cfdi_check_rate(c, r, tax, false);
}

static void transfer_rates(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_each_line_tax(c, r, "Traslados", check_transfer_rate);
}

/* Attributes of complements whose lists are too long for a schema: `complement` is what the name of
 * its layout begins with, `parent` (NULL: any) what the element stands in. */
static const struct listed {
	const char *complement, *parent, *element, *attribute, *table;
} listed[] = {
	{ "cartaporte-", NULL, "Ubicacion", "NumEstacion", "c_Estaciones.txt" },
	{ "cartaporte-", NULL, "Origen", "NumEstacion", "c_Estaciones.txt" },
	{ "cartaporte-", NULL, "Destino", "NumEstacion", "c_Estaciones.txt" },
	{ "cartaporte-", NULL, "Mercancia", "BienesTransp", "c_ClaveProdServCP.txt" },
	{ "cartaporte-", NULL, "Mercancia", "ClaveUnidad", "c_ClaveUnidad.txt" },
	{ "cartaporte-", NULL, "Mercancia", "CveMaterialPeligroso", "c_MaterialPeligroso.txt" },
	{ "cartaporte-", NULL, "Mercancia", "FraccionArancelaria", "c_FraccionArancelaria.txt" },
	{ "comercioexterior-", NULL, "Mercancia", "FraccionArancelaria",
	  "c_FraccionArancelaria.txt" },
	{ "comercioexterior-", "Emisor", "Domicilio", "CodigoPostal", "c_CodigoPostal.txt" },
};

static void check_complement(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_xml *complement, const struct listed *l)
{
	for (const struct cla_xml *el = complement; el; el = cla_xml_walk(complement, el)) {
		if (cla_xml_is(el, NULL, l->element) &&
		    (!l->parent || cla_xml_is(cla_xml_parent(el), NULL, l->parent)) &&
		    !cla_str_absent(cla_xml_attr(el, l->attribute)))
			cla_cfdi_check_listed(c, r, l->table, el, l->attribute);
	}
}

static void complement_codes(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *el = cla_cfdi_next_complement(c->root, NULL); el;
	     el = cla_cfdi_next_complement(c->root, el)) {
		struct cla_layout layout;
		if (!cla_layout_of(el, &layout))
			continue;
		for (size_t i = 0; i < CLA_LEN(listed); i++) {
			if (cla_str_starts(layout.name, listed[i].complement))
				check_complement(c, r, el, &listed[i]);
		}
	}
}
