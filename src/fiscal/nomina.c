/* fiscal/nomina.c - payroll receipts: the document around the complement, its dates and totals, the
 * employer and the employee. Perceptions, deductions and other payments are in nomina_parts.c. */
#include "fiscal/nomina.h"

#include "model/id/taxid.h"

#include <string.h>

/* Contracts of employment; the others are for fees, pensions and the like. */
#define EMPLOYED "01 02 03 04 05 06 07 08"

const struct cla_xml *cla_nomina_next(const struct cla_case *c, const struct cla_xml *nomina)
{
	do {
		nomina = cla_cfdi_next_complement(c->root, nomina);
	} while (nomina && !cla_xml_is(nomina, CLA_NOMINA_NS, "Nomina"));
	return nomina;
}

static bool is_33(const struct cla_case *c)
{
	return cla_str_eqc(cla_xml_attr(c->root, "Version"), "3.3");
}

void cla_nomina_run(struct cla_case *c)
{
	const struct cla_old_code *codes = c->old_codes;
	size_t count = c->old_code_count;

	if (!cla_nomina_next(c, NULL) && cla_cfdi_of(c)->type != 'N')
		return;
	c->old_codes = is_33(c) ? cla_nomina33_codes : NULL;
	c->old_code_count = is_33(c) ? cla_nomina33_code_count : 0;
	cla_rules_run(c, cla_nomina_rules.rules, cla_nomina_rules.count);
	c->old_codes = codes;
	c->old_code_count = count;
}

void cla_nomina_expect(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		       const char *attr, struct cla_dec due)
{
	struct cla_dec value = cla_cfdi_number(el, attr);
	char text[CLA_DEC_TEXT];

	if (!value.ok || !due.ok)
		cla_case_unknown(c, r, el, cla_str_from(attr));
	else if (!cla_dec_eq(value, due))
		cla_case_fail(c, r, el, attr, cla_case_text(c, "%s", cla_dec_format(due, text)),
			      cla_xml_attr(el, attr));
}

/*
 * Around the complement
 */

void cla_nomina_type_is_payroll(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_cfdi_of(c)->type != 'N')
		cla_case_fail(c, r, c->root, "TipoDeComprobante", CLA_STR("N"),
			      cla_xml_attr(c->root, "TipoDeComprobante"));
}

void cla_nomina_complement_is_there(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_cfdi_next_complement(c->root, NULL);

	/* one of another version is none of these rules' business */
	while (el && !cla_xml_is(el, NULL, "Nomina"))
		el = cla_cfdi_next_complement(c->root, el);
	if (!el)
		cla_case_fail(c, r, c->root, NULL, CLA_STR("Nomina"), CLA_STR_NONE);
}

static const struct cla_cfdi_field fields[] = {
	{ "nomina.currency", CLA_CFDI_ROOT, "Moneda", CLA_CFDI_TEXT, "MXN" },
	{ "nomina.export", CLA_CFDI_ROOT, "Exportacion", CLA_CFDI_TEXT, "01" },
	{ "nomina.acquirer", CLA_CFDI_ISSUER, "FacAtrAdquirente", CLA_CFDI_ABSENT, NULL },
	{ "nomina.regime", CLA_CFDI_RECEIVER, "RegimenFiscalReceptor", CLA_CFDI_TEXT, "605" },
	{ "nomina.use", CLA_CFDI_RECEIVER, "UsoCFDI", CLA_CFDI_TEXT, "CN01" },
	{ "nomina.line-key", CLA_CFDI_LINE, "ClaveProdServ", CLA_CFDI_TEXT, "84111505" },
	{ "nomina.line-id", CLA_CFDI_LINE, "NoIdentificacion", CLA_CFDI_ABSENT, NULL },
	{ "nomina.line-quantity", CLA_CFDI_LINE, "Cantidad", CLA_CFDI_NUMBER, "1" },
	{ "nomina.line-unit-key", CLA_CFDI_LINE, "ClaveUnidad", CLA_CFDI_TEXT, "ACT" },
	{ "nomina.line-unit", CLA_CFDI_LINE, "Unidad", CLA_CFDI_ABSENT, NULL },
	{ "nomina.line-text", CLA_CFDI_LINE, "Descripcion", CLA_CFDI_TEXT,
	  "Pago de n\xc3\xb3mina" },
	{ "nomina.line-tax-object", CLA_CFDI_LINE, "ObjetoImp", CLA_CFDI_TEXT, "01" },
};

void cla_nomina_field_is(struct cla_case *c, const struct cla_rule *r)
{
	cla_cfdi_check_field(c, r, fields, CLA_LEN(fields));
}

void cla_nomina_form_of_33(struct cla_case *c, const struct cla_rule *r)
{
	if (is_33(c))
		cla_cfdi_check_words(c, r, c->root, "FormaPago", "99");
}

void cla_nomina_global_absent(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *global = cla_cfdi_child(c->root, "InformacionGlobal");

	if (global)
		cla_case_fail(c, r, global, NULL, CLA_STR_NONE, CLA_STR_NONE);
}

static bool issuer_is(const struct cla_case *c, size_t characters)
{
	return cla_rfc_length(cla_cfdi_of(c)->issuer_rfc) == characters;
}

void cla_nomina_curp_of_legal(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *n = cla_nomina_next(c, NULL); n; n = cla_nomina_next(c, n)) {
		if (issuer_is(c, 12))
			cla_cfdi_refuse(c, r, cla_cfdi_child(n, "Emisor"), "Curp");
	}
}

void cla_nomina_curp_of_natural(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *n = cla_nomina_next(c, NULL); n; n = cla_nomina_next(c, n)) {
		const struct cla_xml *employer = cla_cfdi_child(n, "Emisor");
		if (issuer_is(c, 13))
			cla_cfdi_require(c, r, employer ? employer : n, "Curp");
	}
}

void cla_nomina_receiver_is_natural(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_rfc_length(f->receiver_rfc) != 13)
		cla_case_fail(c, r, f->receiver ? f->receiver : c->root, "Rfc", CLA_STR("13"),
			      f->receiver_rfc);
}

void cla_nomina_receiver_is_named(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_rfc_check(f->receiver_rfc) == CLA_RFC_GENERIC)
		cla_case_fail(c, r, f->receiver, "Rfc", CLA_STR_NONE, f->receiver_rfc);
}

void cla_nomina_line_is_one(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	size_t count = 0;

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line))
		count++;
	if (count != 1)
		cla_case_fail(c, r, f->lines ? f->lines : c->root, NULL, CLA_STR("1"),
			      cla_case_text(c, "%zu", count));
}

/* What the line says of the sums of the complements. */
static const struct line_sum {
	const char *rule, *attr, *first, *second;
} line_sums[] = {
	{ "nomina.line-value", "ValorUnitario", "TotalPercepciones", "TotalOtrosPagos" },
	{ "nomina.line-amount", "Importe", "TotalPercepciones", "TotalOtrosPagos" },
	{ "nomina.line-discount", "Descuento", "TotalDeducciones", NULL },
};

void cla_nomina_line_is_sum(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *line = cla_cfdi_next_line(cla_cfdi_of(c), NULL);
	struct cla_dec sum = CLA_DEC_ZERO;
	size_t i = 0;

	while (i < CLA_LEN(line_sums) && strcmp(line_sums[i].rule, r->id) != 0)
		i++;
	if (i == CLA_LEN(line_sums) || !line || !cla_nomina_next(c, NULL))
		return;
	for (const struct cla_xml *n = cla_nomina_next(c, NULL); n; n = cla_nomina_next(c, n)) {
		sum = cla_dec_add(sum, cla_cfdi_number_or_zero(n, line_sums[i].first));
		if (line_sums[i].second)
			sum = cla_dec_add(sum, cla_cfdi_number_or_zero(n, line_sums[i].second));
	}
	/* no deductions, no discount */
	if (cla_cfdi_has(line, line_sums[i].attr) || line_sums[i].second || cla_dec_sign(sum) != 0)
		cla_nomina_expect(c, r, line, line_sums[i].attr, sum);
}

static const struct line_child {
	const char *rule, *name;
} line_children[] = {
	{ "nomina.line-taxes", "Impuestos" },
	{ "nomina.line-third-party", "ACuentaTerceros" },
	{ "nomina.line-customs", "InformacionAduanera" },
	{ "nomina.line-property", "CuentaPredial" },
	{ "nomina.line-complement", "ComplementoConcepto" },
	{ "nomina.line-part", "Parte" },
};

void cla_nomina_line_has_no(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	size_t i = 0;

	while (i < CLA_LEN(line_children) && strcmp(line_children[i].rule, r->id) != 0)
		i++;
	if (i == CLA_LEN(line_children))
		return;
	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		const struct cla_xml *child = cla_cfdi_child(line, line_children[i].name);
		if (child)
			cla_case_fail(c, r, child, NULL, CLA_STR_NONE, cla_xml_name(child));
	}
}

void cla_nomina_taxes_absent(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (f->taxes)
		cla_case_fail(c, r, f->taxes, NULL, CLA_STR_NONE, CLA_STR_NONE);
}

void cla_nomina_not_of_line(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	for (const struct cla_xml *line = cla_cfdi_next_line(f, NULL); line;
	     line = cla_cfdi_next_line(f, line)) {
		const struct cla_xml *el =
			cla_xml_child(cla_cfdi_child(line, "ComplementoConcepto"));
		for (; el; el = cla_xml_sibling(el)) {
			if (cla_xml_is(el, CLA_NOMINA_NS, "Nomina"))
				cla_case_fail(c, r, el, NULL, CLA_STR_NONE, CLA_STR_NONE);
		}
	}
}

static const struct cla_cfdi_place codes[] = {
	{ "nomina.kind", "Nomina", "TipoNomina" },
	{ "nomina.source", "EntidadSNCF", "OrigenRecurso" },
	{ "nomina.contract", "Receptor", "TipoContrato" },
	{ "nomina.shift", "Receptor", "TipoJornada" },
	{ "nomina.contract-regime", "Receptor", "TipoRegimen" },
	{ "nomina.risk", "Receptor", "RiesgoPuesto" },
	{ "nomina.period", "Receptor", "PeriodicidadPago" },
	{ "nomina.bank", "Receptor", "Banco" },
	{ "nomina.state", "Receptor", "ClaveEntFed" },
	{ "nomina.perception", "Percepcion", "TipoPercepcion" },
	{ "nomina.overtime-kind", "HorasExtra", "TipoHoras" },
	{ "nomina.deduction", "Deduccion", "TipoDeduccion" },
	{ "nomina.other", "OtroPago", "TipoOtroPago" },
	{ "nomina.incapacity", "Incapacidad", "TipoIncapacidad" },
};

void cla_nomina_code_listed(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *n = cla_nomina_next(c, NULL); n; n = cla_nomina_next(c, n))
		cla_cfdi_check_refused(c, r, n, codes, CLA_LEN(codes));
}

/*
 * The complement
 */

void cla_nomina_each(struct cla_case *c, const struct cla_rule *r, cla_nomina_fn *fn)
{
	for (const struct cla_xml *n = cla_nomina_next(c, NULL); n; n = cla_nomina_next(c, n))
		fn(c, r, n);
}

static void check_amounts(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (!cla_cfdi_has(n, "TotalPercepciones") && !cla_cfdi_has(n, "TotalOtrosPagos"))
		cla_case_fail(c, r, n, NULL, CLA_STR("TotalPercepciones"), CLA_STR_NONE);
}
CLA_NOMINA_EACH(amounts_there, check_amounts)

static void check_ordinary(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor");

	if (cla_cfdi_one_of(n, "TipoNomina", "O") &&
	    cla_cfdi_one_of(employee, "PeriodicidadPago", "99"))
		cla_case_fail(c, r, employee, "PeriodicidadPago", CLA_STR_NONE, CLA_STR("99"));
}
CLA_NOMINA_EACH(period_of_ordinary, check_ordinary)

static void check_extra(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (cla_cfdi_one_of(n, "TipoNomina", "E"))
		cla_cfdi_check_words(c, r, cla_cfdi_child(n, "Receptor"), "PeriodicidadPago", "99");
}
CLA_NOMINA_EACH(period_of_extra, check_extra)

/* The days from one date to another; false, and `unknown` told, when one cannot be read. */
static bool read_days(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *from,
		      const char *from_attr, const struct cla_xml *to, const char *to_attr,
		      struct cla_date dates[2])
{
	if (cla_date_parse(cla_str_trim(cla_xml_attr(from, from_attr)), &dates[0]) &&
	    cla_date_parse(cla_str_trim(cla_xml_attr(to, to_attr)), &dates[1]))
		return true;
	cla_case_unknown(c, r, to, cla_case_text(c, "%s, %s", from_attr, to_attr));
	return false;
}

static void check_dates(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	struct cla_date d[2];

	if (read_days(c, r, n, "FechaInicialPago", n, "FechaFinalPago", d) &&
	    cla_date_to_days(d[0]) > cla_date_to_days(d[1]))
		cla_case_fail(c, r, n, "FechaInicialPago", cla_xml_attr(n, "FechaFinalPago"),
			      cla_xml_attr(n, "FechaInicialPago"));
}
CLA_NOMINA_EACH(dates_in_order, check_dates)

/* The totals of a complement, what they are of, and their parts. */
static const struct total {
	const char *rule, *excess, *attr, *of;
	const char *parts[3];
} totals[] = {
	{ "nomina.perceptions",
	  "nomina.perceptions-excess",
	  "TotalPercepciones",
	  "Percepciones",
	  { "TotalSueldos", "TotalSeparacionIndemnizacion", "TotalJubilacionPensionRetiro" } },
	{ "nomina.deductions",
	  "nomina.deductions-excess",
	  "TotalDeducciones",
	  "Deducciones",
	  { "TotalOtrasDeducciones", "TotalImpuestosRetenidos", NULL } },
};

static void check_nothing(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (size_t i = 0; i < CLA_LEN(totals); i++) {
		if (!strcmp(totals[i].excess, r->id) && !cla_cfdi_child(n, totals[i].of))
			cla_cfdi_refuse(c, r, n, totals[i].attr);
	}
}
CLA_NOMINA_EACH(total_of_nothing, check_nothing)

static void check_total(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	for (size_t i = 0; i < CLA_LEN(totals); i++) {
		const struct cla_xml *el = cla_cfdi_child(n, totals[i].of);
		struct cla_dec sum = CLA_DEC_ZERO;
		if (strcmp(totals[i].rule, r->id) != 0 || !el)
			continue;
		for (size_t p = 0; p < CLA_LEN(totals[i].parts) && totals[i].parts[p]; p++)
			sum = cla_dec_add(sum, cla_cfdi_number_or_zero(el, totals[i].parts[p]));
		cla_nomina_expect(c, r, n, totals[i].attr, sum);
	}
}
CLA_NOMINA_EACH(total_is_sum, check_total)

static void check_others(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *others = cla_cfdi_child(n, "OtrosPagos");
	struct cla_dec sum = CLA_DEC_ZERO;

	for (const struct cla_xml *el = cla_cfdi_child(others, "OtroPago"); el;
	     el = cla_cfdi_next(el))
		sum = cla_dec_add(sum, cla_cfdi_number(el, "Importe"));
	if (others)
		cla_nomina_expect(c, r, n, "TotalOtrosPagos", sum);
}
CLA_NOMINA_EACH(others_are_sum, check_others)

/*
 * Employer
 */

static void check_registry(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employer = cla_cfdi_child(n, "Emisor");

	if (cla_cfdi_one_of(cla_cfdi_child(n, "Receptor"), "TipoContrato", EMPLOYED))
		cla_cfdi_require(c, r, employer ? employer : n, "RegistroPatronal");
}
CLA_NOMINA_EACH(registry_required, check_registry)

static void check_no_registry(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (!cla_cfdi_one_of(cla_cfdi_child(n, "Receptor"), "TipoContrato", EMPLOYED))
		cla_cfdi_refuse(c, r, cla_cfdi_child(n, "Emisor"), "RegistroPatronal");
}
CLA_NOMINA_EACH(registry_forbidden, check_no_registry)

#define SENIORITY                                                                                  \
	"Antig\xc3\xbc"                                                                            \
	"edad"

static void check_data(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	static const char *const attrs[] = { "NumSeguridadSocial", "FechaInicioRelLaboral",
					     SENIORITY, "RiesgoPuesto", "SalarioDiarioIntegrado" };

	for (size_t i = 0; i < CLA_LEN(attrs); i++) {
		if (cla_cfdi_has(cla_cfdi_child(n, "Emisor"), "RegistroPatronal"))
			cla_cfdi_require(c, r, cla_cfdi_child(n, "Receptor"), attrs[i]);
	}
}
CLA_NOMINA_EACH(registry_data, check_data)

static const struct cla_xml *source_of(const struct cla_xml *n)
{
	return cla_cfdi_child(cla_cfdi_child(n, "Emisor"), "EntidadSNCF");
}

static void check_own(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (cla_cfdi_one_of(source_of(n), "OrigenRecurso", "IM"))
		cla_cfdi_require(c, r, source_of(n), "MontoRecursoPropio");
}
CLA_NOMINA_EACH(own_required, check_own)

static void check_no_own(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (!cla_cfdi_one_of(source_of(n), "OrigenRecurso", "IM"))
		cla_cfdi_refuse(c, r, source_of(n), "MontoRecursoPropio");
}
CLA_NOMINA_EACH(own_forbidden, check_no_own)

static void check_own_range(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *el = source_of(n);
	struct cla_dec own = cla_cfdi_number(el, "MontoRecursoPropio"),
		       paid = cla_dec_add(cla_cfdi_number_or_zero(n, "TotalPercepciones"),
					  cla_cfdi_number_or_zero(n, "TotalOtrosPagos"));

	if (!cla_cfdi_has(el, "MontoRecursoPropio"))
		return;
	if (!own.ok || !paid.ok)
		cla_case_unknown(c, r, el, CLA_STR("MontoRecursoPropio"));
	else if (cla_dec_cmp(own, paid) >= 0)
		cla_case_fail(c, r, el, "MontoRecursoPropio", CLA_STR_NONE,
			      cla_xml_attr(el, "MontoRecursoPropio"));
}
CLA_NOMINA_EACH(own_in_range, check_own_range)

/*
 * Employee
 */

static void check_start(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor");
	struct cla_date d[2];

	if (cla_cfdi_has(employee, "FechaInicioRelLaboral") &&
	    read_days(c, r, employee, "FechaInicioRelLaboral", n, "FechaFinalPago", d) &&
	    cla_date_to_days(d[0]) > cla_date_to_days(d[1]))
		cla_case_fail(c, r, employee, "FechaInicioRelLaboral",
			      cla_xml_attr(n, "FechaFinalPago"),
			      cla_xml_attr(employee, "FechaInicioRelLaboral"));
}
CLA_NOMINA_EACH(start_before_end, check_start)

/* Antigüedad as years, months, days, or as weeks. */
struct span {
	uint64_t years, months, days, weeks;
	bool in_weeks;
};

static bool read_span(struct cla_str text, struct span *ret)
{
	text = cla_str_trim(text);
	*ret = (struct span){ 0 };
	if (!cla_str_starts(text, "P"))
		return false;
	text = cla_str_sub(text, 1, text.len);
	while (text.len) {
		size_t digits = 0;
		uint64_t value;
		while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
			digits++;
		if (digits == text.len || !cla_str_to_u64(cla_str_sub(text, 0, digits), &value))
			return false;
		switch (text.ptr[digits]) {
		case 'Y':
			ret->years = value;
			break;
		case 'M':
			ret->months = value;
			break;
		case 'D':
			ret->days = value;
			break;
		case 'W':
			ret->weeks = value;
			ret->in_weeks = true;
			break;
		default:
			return false;
		}
		text = cla_str_sub(text, digits + 1, text.len);
	}
	return true;
}

static void check_weeks(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor");
	struct cla_str text = cla_xml_attr(employee, SENIORITY);
	struct cla_date d[2];
	struct span span;

	if (cla_str_absent(text) || !read_span(text, &span) || !span.in_weeks ||
	    !read_days(c, r, employee, "FechaInicioRelLaboral", n, "FechaFinalPago", d))
		return;
	int64_t passed = (cla_date_to_days(d[1]) - cla_date_to_days(d[0]) + 1) / 7;
	if ((int64_t)span.weeks > passed)
		cla_case_fail(c, r, employee, SENIORITY,
			      cla_case_text(c, "P%lldW", (long long)passed), text);
}
CLA_NOMINA_EACH(weeks_fit, check_weeks)

/* Whole years, months and days from one date to another. */
static struct span span_between(struct cla_date from, struct cla_date to)
{
	int months = (to.year - from.year) * 12 + to.month - from.month;
	struct cla_date at;

	if (to.day < from.day)
		months--;
	/* the day of the month that is reached after so many months; a short month ends earlier */
	int month = from.month - 1 + months;
	at = (struct cla_date){ .year = from.year + month / 12,
				.month = month % 12 + 1,
				.day = from.day };
	while (!cla_date_exists(at.year, at.month, at.day) && at.day > 1)
		at.day--;
	return (struct span){
		.years = (uint64_t)(months / 12),
		.months = (uint64_t)(months % 12),
		.days = (uint64_t)(cla_date_to_days(to) - cla_date_to_days(at)),
	};
}

static bool same_span(struct span a, struct span b)
{
	return a.years == b.years && a.months == b.months && a.days == b.days;
}

/* The last day may count or not: both are in use. */
static void check_span(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor");
	struct cla_str text = cla_xml_attr(employee, SENIORITY);
	struct cla_date d[2];
	struct span span;

	if (cla_str_absent(text) || !read_span(text, &span) || span.in_weeks ||
	    !read_days(c, r, employee, "FechaInicioRelLaboral", n, "FechaFinalPago", d) ||
	    cla_date_to_days(d[0]) > cla_date_to_days(d[1]))
		return;
	struct span due = span_between(d[0], d[1]);
	struct span and_one = span_between(d[0], cla_date_from_days(cla_date_to_days(d[1]) + 1));
	if (!same_span(span, due) && !same_span(span, and_one))
		cla_case_fail(c, r, employee, SENIORITY,
			      cla_case_text(c, "P%lluY%lluM%lluD", (unsigned long long)due.years,
					    (unsigned long long)due.months,
					    (unsigned long long)due.days),
			      text);
}
CLA_NOMINA_EACH(span_fits, check_span)

static void check_regime(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor");

	if (cla_cfdi_one_of(employee, "TipoContrato", EMPLOYED))
		cla_cfdi_check_words(c, r, employee, "TipoRegimen", "02 03 04");
}
CLA_NOMINA_EACH(regime_of_contract, check_regime)

static void check_other_regime(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor");

	if (!cla_cfdi_one_of(employee, "TipoContrato", EMPLOYED) &&
	    cla_cfdi_one_of(employee, "TipoRegimen", "02 03 04"))
		cla_case_fail(c, r, employee, "TipoRegimen", CLA_STR_NONE,
			      cla_xml_attr(employee, "TipoRegimen"));
}
CLA_NOMINA_EACH(regime_of_none, check_other_regime)

static struct cla_str account_of(const struct cla_xml *n)
{
	return cla_str_trim(cla_xml_attr(cla_cfdi_child(n, "Receptor"), "CuentaBancaria"));
}

static void check_account(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	struct cla_str account = account_of(n);

	if (!cla_str_absent(account) && account.len != 10 && account.len != 11 &&
	    account.len != 16 && account.len != 18)
		cla_case_fail(c, r, cla_cfdi_child(n, "Receptor"), "CuentaBancaria",
			      CLA_STR("10 11 16 18"), account);
}
CLA_NOMINA_EACH(account_length, check_account)

static void check_no_bank(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	if (account_of(n).len == 18)
		cla_cfdi_refuse(c, r, cla_cfdi_child(n, "Receptor"), "Banco");
}
CLA_NOMINA_EACH(bank_forbidden, check_no_bank)

/* The last digit of a CLABE: the others by 3, 7, 1 in turn, each product modulo ten. */
static void check_clabe(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	static const int weights[] = { 3, 7, 1 };
	struct cla_str account = account_of(n);
	int sum = 0;

	if (account.len != 18 || !cla_str_digits(account))
		return;
	for (size_t i = 0; i < 17; i++)
		sum += (account.ptr[i] - '0') * weights[i % 3] % 10;
	int digit = (10 - sum % 10) % 10;
	if (account.ptr[17] - '0' != digit)
		cla_case_fail(c, r, cla_cfdi_child(n, "Receptor"), "CuentaBancaria",
			      cla_case_text(c, "%d", digit), account);
}
CLA_NOMINA_EACH(clabe_digit, check_clabe)

static void check_bank(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	struct cla_str account = account_of(n);

	if (!cla_str_absent(account) && account.len != 18)
		cla_cfdi_require(c, r, cla_cfdi_child(n, "Receptor"), "Banco");
}
CLA_NOMINA_EACH(bank_required, check_bank)

static void check_shares(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *employee = cla_cfdi_child(n, "Receptor");
	const struct cla_xml *el = cla_cfdi_child(employee, "SubContratacion");
	struct cla_dec sum = CLA_DEC_ZERO;
	char text[CLA_DEC_TEXT];

	if (!el)
		return;
	for (; el; el = cla_cfdi_next(el))
		sum = cla_dec_add(sum, cla_cfdi_number(el, "PorcentajeTiempo"));
	if (!sum.ok)
		cla_case_unknown(c, r, employee, CLA_STR("PorcentajeTiempo"));
	else if (!cla_dec_eq(sum, cla_dec_from(100, 0)))
		cla_case_fail(c, r, employee, NULL, CLA_STR("100"),
			      cla_case_text(c, "%s", cla_dec_format(sum, text)));
}
CLA_NOMINA_EACH(shares_are_100, check_shares)

static void check_rfc(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *n)
{
	const struct cla_xml *el = cla_cfdi_child(cla_cfdi_child(n, "Receptor"), "SubContratacion");

	if (!strcmp(r->id, "nomina.origin-rfc"))
		cla_cfdi_check_rfc(c, r, cla_cfdi_child(n, "Emisor"), "RfcPatronOrigen", false);
	else
		for (; el; el = cla_cfdi_next(el))
			cla_cfdi_check_rfc(c, r, el, "RfcLabora", false);
}
CLA_NOMINA_EACH(rfc_has_digit, check_rfc)

/* Who has died may be told by the generic RFC: a rule of its own. */
void cla_nomina_receiver_has_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_rfc_check(f->receiver_rfc) == CLA_RFC_DIGIT)
		cla_case_fail(c, r, f->receiver, "Rfc", CLA_STR_NONE, f->receiver_rfc);
}
