/* fiscal/cfdi.c - CFDI: the facts of a document, its form and identities. Seal, totals and catalogs
 * have their own files. */
#include "fiscal/cfdi.h"

#include "base/file.h"
#include "fiscal/common.h"
#include "fiscal/efos.h"
#include "fiscal/layout.h"
#include "fiscal/nomina.h"
#include "fiscal/pagos.h"
#include "model/id/taxid.h"
#include "xml/schema.h"

#include <stdlib.h>
#include <string.h>

static cla_rule_fn prefix_is_cfdi, version_is_40, date_has_form, date_not_too_old,
	date_not_in_future;
static cla_rule_fn issuer_rfc_has_form, issuer_rfc_has_digit, issuer_rfc_not_generic;
static cla_rule_fn receiver_rfc_has_form, receiver_rfc_has_digit, uuid_has_form, complement_is_one,
	issuer_not_listed;

enum { SCHEMA, COMPLEMENT, ADDENDA };

static const struct cla_rule rules[] = {
	[SCHEMA] = CLA_CFDI_RULE("cfdi.schema", "CFDI40999", SCHEMA, FAIL, NULL,
				 "The document does not follow the schema.",
				 "El documento no cumple con el esquema.",
				 "O documento não segue o esquema."),
	[COMPLEMENT] = CLA_CFDI_RULE("cfdi.complement-unknown", NULL, SCHEMA, FAIL, NULL,
				     "The schema of this complement is not at hand; it was left "
				     "out of the schema check.",
				     "No se dispone del esquema de este complemento; se excluyó de "
				     "la validación del esquema.",
				     "O esquema deste complemento não está disponível; ele ficou "
				     "fora da validação do esquema."),
	[ADDENDA] = CLA_CFDI_RULE(
		"cfdi.addenda", NULL, SCHEMA, WARN, NULL,
		"There is an Addenda; it has no fiscal effect and was left out of the schema "
		"check.",
		"Hay una Addenda; no tiene efectos fiscales y se excluyó de la validación del "
		"esquema.",
		"Há uma Addenda; ela não tem efeito fiscal e ficou fora da validação do esquema."),
	CLA_CFDI_RULE("cfdi.prefix", NULL, SCHEMA, WARN, prefix_is_cfdi,
		      "The root element is not written cfdi:Comprobante.",
		      "El elemento raíz no está escrito como cfdi:Comprobante.",
		      "O elemento raiz não está escrito como cfdi:Comprobante."),
	CLA_CFDI_RULE("cfdi.version", NULL, SCHEMA, FAIL, version_is_40, "Version must be 4.0.",
		      "Version debe ser 4.0.", "Version deve ser 4.0."),
	CLA_CFDI_RULE("cfdi.date-form", "CFDI40101", SCHEMA, FAIL, date_has_form,
		      "Fecha must have the form YYYY-MM-DDThh:mm:ss.",
		      "Fecha debe tener la forma AAAA-MM-DDThh:mm:ss.",
		      "Fecha deve ter a forma AAAA-MM-DDThh:mm:ss."),
	CLA_CFDI_RULE("cfdi.date-range", NULL, CATALOGS, FAIL, date_not_too_old,
		      "Fecha is before 2017-07-01, when this kind of document did not exist.",
		      "Fecha es anterior al 2017-07-01, cuando este tipo de documento no existía.",
		      "Fecha é anterior a 2017-07-01, quando este tipo de documento não existia."),
	CLA_CFDI_RULE("cfdi.date-future", NULL, SCHEMA, WARN, date_not_in_future,
		      "Fecha lies in the future.", "Fecha está en el futuro.",
		      "Fecha está no futuro."),
	/* Who is registered only SAT knows; who has no valid RFC is not, or hardly. */
	CLA_CFDI_RULE("cfdi.issuer-rfc", "CFDI40138", IDENTITY, FAIL, issuer_rfc_has_form,
		      "The issuer's RFC is missing or malformed.",
		      "El RFC del emisor falta o está mal formado.",
		      "O RFC do emissor está ausente ou malformado."),
	CLA_CFDI_RULE("cfdi.issuer-rfc-digit", "CFDI40138", IDENTITY, WARN, issuer_rfc_has_digit,
		      "The check digit of the issuer's RFC differs.",
		      "El dígito verificador del RFC del emisor no coincide.",
		      "O dígito verificador do RFC do emissor não confere."),
	CLA_CFDI_RULE("cfdi.issuer-generic", NULL, IDENTITY, FAIL, issuer_rfc_not_generic,
		      "The issuer's RFC is a generic one.", "El RFC del emisor es genérico.",
		      "O RFC do emissor é genérico."),
	CLA_CFDI_RULE("cfdi.receiver-rfc", "CFDI40143", IDENTITY, FAIL, receiver_rfc_has_form,
		      "The receiver's RFC is missing or malformed.",
		      "El RFC del receptor falta o está mal formado.",
		      "O RFC do receptor está ausente ou malformado."),
	CLA_CFDI_RULE("cfdi.receiver-rfc-digit", "CFDI40143", IDENTITY, WARN,
		      receiver_rfc_has_digit, "The check digit of the receiver's RFC differs.",
		      "El dígito verificador del RFC del receptor no coincide.",
		      "O dígito verificador do RFC do receptor não confere."),
	CLA_CFDI_RULE("cfdi.uuid", NULL, IDENTITY, FAIL, uuid_has_form,
		      "The stamp's UUID is malformed.", "El UUID del timbre está mal formado.",
		      "O UUID do selo (timbre) está malformado."),
	CLA_CFDI_RULE(
		"cfdi.efos", NULL, IDENTITY, FAIL, issuer_not_listed,
		"The issuer is on SAT's list of simulated operations (article 69-B).",
		"El emisor está en la lista del SAT de operaciones simuladas (artículo 69-B).",
		"O emissor está na lista do SAT de operações simuladas (artigo 69-B)."),
	CLA_CFDI_RULE("cfdi.complement-several", NULL, SCHEMA, WARN, complement_is_one,
		      "There are several Complemento elements; they were read as one.",
		      "Hay varios elementos Complemento; se leyeron como uno solo.",
		      "Há vários elementos Complemento; foram lidos como um só."),
};

const struct cla_rule_table cla_cfdi_rules = { "cfdi", rules, CLA_LEN(rules) };

static void prefix_is_cfdi(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str prefix = cla_xml_prefix(c->root);

	if (cla_xml_is(c->root, NULL, "Comprobante") && !cla_str_eqc(prefix, "cfdi"))
		cla_case_fail(c, r, c->root, NULL, CLA_STR("cfdi"), prefix);
}

static void version_is_40(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str version = cla_xml_attr(c->root, "Version");

	if (!cla_str_eqc(version, "4.0"))
		cla_case_fail(c, r, c->root, "Version", CLA_STR("4.0"), version);
}

static bool fecha(const struct cla_cfdi *f, struct cla_time *ret)
{
	bool zone;

	return f->issued_at.len == 19 && f->issued_at.ptr[10] == 'T' &&
	       cla_time_parse(f->issued_at, ret, &zone);
}

static void date_has_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_time t;

	if (!fecha(f, &t))
		cla_case_fail(c, r, c->root, f->names->date, CLA_STR("YYYY-MM-DDThh:mm:ss"),
			      f->issued_at);
}

static void date_not_too_old(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_time t;

	if (fecha(f, &t) && cla_str_cmp(f->issued_at, CLA_STR("2017-07-01")) < 0)
		cla_case_fail(c, r, c->root, "Fecha", CLA_STR("2017-07-01"), f->issued_at);
}

/* Fecha is the local time of LugarExpedicion, and no part of Mexico is nearer to UTC than five
 * hours; 300 seconds are what clocks may differ by. */
static void date_not_in_future(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_time t;

	if (fecha(f, &t) && t.sec + 5 * 3600 > c->now.sec + 300) {
		char now[CLA_TIME_TEXT];
		cla_case_fail(c, r, c->root, "Fecha",
			      cla_case_text(c, "%s", cla_time_format(c->now, now)), f->issued_at);
	}
}

static void issuer_rfc_has_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_rfc_check(f->issuer_rfc) == CLA_RFC_BAD)
		cla_case_fail(c, r, f->issuer, f->names->rfc, CLA_STR_NONE, f->issuer_rfc);
}

static void issuer_rfc_has_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_rfc_check(f->issuer_rfc) == CLA_RFC_DIGIT)
		cla_case_fail(c, r, f->issuer, f->names->rfc, CLA_STR_NONE, f->issuer_rfc);
}

static void issuer_rfc_not_generic(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_rfc_check(f->issuer_rfc) == CLA_RFC_GENERIC)
		cla_case_fail(c, r, f->issuer, f->names->rfc, CLA_STR_NONE, f->issuer_rfc);
}

static void receiver_rfc_has_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (!f->foreign && cla_rfc_check(f->receiver_rfc) == CLA_RFC_BAD)
		cla_case_fail(c, r, f->receiver, f->names->receiver_rfc, CLA_STR_NONE,
			      f->receiver_rfc);
}

static void receiver_rfc_has_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);

	if (cla_rfc_check(f->receiver_rfc) == CLA_RFC_DIGIT)
		cla_case_fail(c, r, f->receiver, f->names->receiver_rfc, CLA_STR_NONE,
			      f->receiver_rfc);
}

static void uuid_has_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	struct cla_str uuid = cla_xml_attr(f->stamp, "UUID");

	if (f->stamp && !cla_uuid_form(uuid))
		cla_case_fail(c, r, f->stamp, "UUID", CLA_STR_NONE, uuid);
}

static void issuer_not_listed(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_cfdi *f = cla_cfdi_of(c);
	const struct cla_efos *list = cla_judge_efos(c->judge);
	enum cla_efos_state state = list ? cla_efos_find(list, f->issuer_rfc) : CLA_EFOS_NONE;

	if (state == CLA_EFOS_DEFINITE)
		cla_case_fail(c, r, f->issuer, f->names->rfc, CLA_STR_NONE, CLA_STR("Definitivo"));
	else if (state == CLA_EFOS_PRESUMED)
		cla_case_report(c, r, CLA_VERDICT_WARN, f->issuer, f->names->rfc, CLA_STR_NONE,
				CLA_STR("Presunto"));
}

static void complement_is_one(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *second = cla_cfdi_child(c->root, "Complemento");

	second = second ? cla_cfdi_next(second) : NULL;
	if (second)
		cla_case_fail(c, r, second, NULL, CLA_STR_NONE, CLA_STR_NONE);
}

const struct cla_xml *cla_cfdi_next_line(const struct cla_cfdi *f, const struct cla_xml *line)
{
	return line ? cla_cfdi_next(line) : cla_cfdi_child(f->lines, "Concepto");
}

const struct cla_xml *cla_cfdi_first_tax(const struct cla_xml *taxes, const char *group)
{
	return cla_cfdi_child(cla_cfdi_child(taxes, group),
			      !strcmp(group, "Traslados") ? "Traslado" : "Retencion");
}

bool cla_cfdi_code(const char *table, struct cla_str code, struct cla_str *row)
{
	return cla_table_find(cla_embedded_find(table), code, row);
}

bool cla_cfdi_code_in_force(const struct cla_cfdi *f, struct cla_str row, int from_column)
{
	struct cla_str day = cla_str_sub(f->issued_at, 0, 10);
	struct cla_str from = cla_table_column(row, from_column),
		       to = cla_table_column(row, from_column + 1);

	struct cla_date date;

	if (!cla_date_parse(day, &date))
		return true; /* reported once, by cfdi.currency */
	return (!from.len || cla_str_cmp(day, from) >= 0) && (!to.len || cla_str_cmp(day, to) <= 0);
}

const struct cla_xml *cla_cfdi_next_complement(const struct cla_xml *root, const struct cla_xml *at)
{
	const struct cla_xml *group = NULL, *child = NULL;

	if (at) {
		child = cla_xml_sibling(at);
		group = cla_xml_parent(at);
	}
	while (!child) {
		group = group ? cla_cfdi_next(group) : cla_cfdi_child(root, "Complemento");
		if (!group)
			return NULL;
		child = cla_xml_child(group);
	}
	return child;
}

int cla_cfdi_currency_decimals(struct cla_str currency)
{
	struct cla_str row;
	uint64_t decimals;

	if (!cla_cfdi_code("c_Moneda.tsv", currency, &row) ||
	    !cla_str_to_u64(cla_table_column(row, 1), &decimals) || decimals > 6)
		return -1;
	return (int)decimals;
}

static const struct cla_proof_names names_32 = {
	.certificate = "certificado",
	.number = "noCertificado",
	.seal = "sello",
	.date = "fecha",
	.rfc = "rfc",
	.name = "nombre",
	.receiver_rfc = "rfc",
	.sha1 = true,
};
static const struct cla_proof_names names_33 = {
	.certificate = "Certificado",
	.number = "NoCertificado",
	.seal = "Sello",
	.date = "Fecha",
	.rfc = "Rfc",
	.name = "Nombre",
	.receiver_rfc = "Rfc",
};
static const struct cla_stamp_names stamp_10 = { "version", "selloCFD", "noCertificadoSAT",
						 "selloSAT", NULL };
static const struct cla_stamp_names stamp_11 = { "Version", "SelloCFD", "NoCertificadoSAT",
						 "SelloSAT", "RfcProvCertif" };

void cla_cfdi_read_proof(struct cla_case *c, const struct cla_proof_names *names,
			 struct cla_cfdi *f)
{
	f->names = names;
	f->issuer = cla_cfdi_child(c->root, "Emisor");
	f->receiver = cla_cfdi_child(c->root, "Receptor");
	f->issuer_rfc = cla_xml_attr(f->issuer, names->rfc);
	f->receiver_rfc = cla_xml_attr(f->receiver, names->receiver_rfc);
	f->issued_at = cla_xml_attr(c->root, names->date);
	for (const struct cla_xml *el = cla_cfdi_next_complement(c->root, NULL); el;
	     el = cla_cfdi_next_complement(c->root, el)) {
		if (cla_xml_is(el, CLA_TFD_NS, "TimbreFiscalDigital")) {
			f->stamp = f->stamp ? f->stamp : el;
			f->stamps++;
		} else if (cla_xml_is(el, "http://www.sat.gob.mx/implocal", "ImpuestosLocales")) {
			f->local_taxes = el;
		} else if (cla_xml_is(el, CLA_PAGOS_NS, "Pagos") ||
			   cla_xml_is(el, CLA_PAGOS10_NS, "Pagos")) {
			f->payments = f->payments ? f->payments : el;
			f->payments_count++;
		} else if (cla_xml_is(el, "http://www.sat.gob.mx/registrofiscal",
				      "CFDIRegistroFiscal")) {
			f->fiscal_registry = el;
		} else if (cla_xml_is(el, NULL, "ComercioExterior")) {
			f->trade = true;
		}
	}
	f->stamp_names = cla_str_absent(cla_xml_attr(f->stamp, "version")) ? &stamp_11 : &stamp_10;
	f->cert = cla_cfdi_read_cert(c, names->certificate);
}

static void read_facts(const struct cla_xml *root, struct cla_cfdi *f)
{
	struct cla_str type = cla_xml_attr(root, "TipoDeComprobante");

	f->lines = cla_cfdi_child(root, "Conceptos");
	f->taxes = cla_cfdi_child(root, "Impuestos");
	f->currency = cla_xml_attr(root, "Moneda");
	f->decimals = cla_cfdi_currency_decimals(f->currency);
	f->type = type.len == 1 && strchr("IETNP", type.ptr[0]) ? type.ptr[0] : 0;
}

/* An attribute whose name began in lower case up to version 3.2. */
static struct cla_str either(const struct cla_xml *el, const char *name, const char *old)
{
	struct cla_str s = cla_xml_attr(el, name);

	return cla_str_absent(s) ? cla_xml_attr(el, old) : s;
}

static void fill_document(struct cla_case *c)
{
	const struct cla_xml *root = c->root;
	const struct cla_xml *issuer = cla_xml_find(root, NULL, "Emisor"),
			     *receiver = cla_xml_find(root, NULL, "Receptor");
	struct cla_document *d = c->document;

	d->version = cla_case_keep(c, either(root, "Version", "version"));
	d->issuer = cla_case_keep(c, either(issuer, "Rfc", "rfc"));
	d->issuer_name = cla_case_keep(c, either(issuer, "Nombre", "nombre"));
	d->receiver = cla_case_keep(c, either(receiver, "Rfc", "rfc"));
	d->issued_at = cla_case_keep(c, either(root, "Fecha", "fecha"));
	d->total = cla_case_keep(c, either(root, "Total", "total"));
	d->currency = cla_case_keep(c, cla_xml_attr(root, "Moneda"));
	d->type = cla_case_keep(c, either(root, "TipoDeComprobante", "tipoDeComprobante"));
	d->subtotal = cla_case_keep(c, either(root, "SubTotal", "subTotal"));
	d->discount = cla_case_keep(c, either(root, "Descuento", "descuento"));
	d->exchange_rate = cla_case_keep(c, cla_xml_attr(root, "TipoCambio"));
	d->payment_form = cla_case_keep(c, cla_xml_attr(root, "FormaPago"));
	d->production = true;
	for (const struct cla_xml *el = cla_cfdi_next_complement(root, NULL); el;
	     el = cla_cfdi_next_complement(root, el)) {
		char id[37];
		if (cla_str_absent(d->id) && cla_xml_is(el, CLA_TFD_NS, "TimbreFiscalDigital") &&
		    cla_uuid_upper(cla_xml_attr(el, "UUID"), id))
			d->id = cla_case_keep(c, cla_str_from(id));
		if (cla_xml_is(el, "http://www.sat.gob.mx/implocal", "ImpuestosLocales")) {
			struct cla_dec sum =
				cla_dec_sub(cla_dec_parse(cla_xml_attr(el, "TotaldeTraslados")),
					    cla_dec_parse(cla_xml_attr(el, "TotaldeRetenciones")));
			char text[CLA_DEC_TEXT];
			if (sum.ok)
				d->local_taxes = cla_case_text(c, "%s", cla_dec_format(sum, text));
		}
	}
}

/* Elements that the schema check leaves out. */
struct leave_out {
	const struct cla_xml **list;
	size_t count, cap;
};

static void free_leave_out(struct leave_out *l)
{
	free(l->list);
}

static bool add_leave_out(struct leave_out *l, const struct cla_xml *el)
{
	if (l->count == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 8;
		const struct cla_xml **bigger = realloc(l->list, cap * sizeof(*bigger));
		if (!bigger)
			return false;
		l->list = bigger;
		l->cap = cap;
	}
	l->list[l->count++] = el;
	return true;
}

/* A complement of SAT's whose schema is not in the program. What is in no namespace of SAT's stays:
 * it has no schema anywhere, and the strict wildcard is right to refuse it. So does what the
 * document's own schema knows: its stamp, and elements of its own namespace. */
static bool is_apart(const struct cla_case *c, const struct cla_xml *el)
{
	struct cla_str ns = cla_xml_ns(el);

	return cla_str_starts(ns, CLA_SAT_NS) && !cla_str_eq(ns, cla_xml_ns(c->root));
}

/* Judges the complements of a group by themselves and leaves them out of the rest: a strict
 * wildcard asks for no more, and only the schemas in use are compiled. `group` must not be empty in
 * the schema's eyes: when nothing remains of it, it is left out as a whole. */
static bool judge_complements(struct cla_case *c, struct leave_out *l, const struct cla_xml *group)
{
	size_t before = l->count;
	bool rest = false;

	for (const struct cla_xml *el = cla_xml_child(group); el; el = cla_xml_sibling(el)) {
		struct cla_layout layout;
		if (!is_apart(c, el)) {
			rest = true;
			continue;
		}
		if (cla_layout_of(el, &layout))
			cla_case_schema(c, &rules[SCHEMA], layout.schema, el, NULL, 0);
		else
			cla_case_unknown(c, &rules[COMPLEMENT], el, cla_xml_ns(el));
		if (!add_leave_out(l, el))
			return false;
	}
	if (l->count == before || rest)
		return true;
	l->count = before;
	return add_leave_out(l, group);
}

static bool collect_leave_out(struct cla_case *c, struct leave_out *l)
{
	const struct cla_xml *el;

	for (el = cla_cfdi_child(c->root, "Addenda"); el; el = cla_cfdi_next(el)) {
		cla_case_fail(c, &rules[ADDENDA], el, NULL, CLA_STR_NONE, CLA_STR_NONE);
		if (!add_leave_out(l, el))
			return false;
	}
	for (el = cla_cfdi_child(c->root, "Complemento"); el; el = cla_cfdi_next(el)) {
		if (!judge_complements(c, l, el))
			return false;
	}
	el = cla_cfdi_child(cla_cfdi_child(c->root, "Conceptos"), "Concepto");
	for (; el; el = cla_cfdi_next(el)) {
		if (!judge_complements(c, l, cla_cfdi_child(el, "ComplementoConcepto")))
			return false;
	}
	return true;
}

void cla_cfdi_check_schema(struct cla_case *c)
{
	CLA_CLEANUP(free_leave_out) struct leave_out l = { 0 };
	struct cla_layout layout;

	if (!cla_layout_of(c->root, &layout)) {
		cla_common_no_schema(c, cla_xml_ns(c->root));
		return;
	}
	if (!collect_leave_out(c, &l)) {
		c->oom = true;
		return;
	}
	cla_case_schema(c, &rules[SCHEMA], layout.schema, c->root, l.list, l.count);
}

/* Totals and catalogs of 3.2 had other rules, which are not here. */
static void judge_32(struct cla_case *c, struct cla_cfdi *f)
{
	static const enum cla_check checks[] = { CLA_CHECK_TOTALS, CLA_CHECK_CATALOGS };

	cla_cfdi_read_proof(c, &names_32, f);
	cla_cfdi_check_schema(c);
	c->old_codes = cla_cfdi32_codes;
	c->old_code_count = cla_cfdi32_code_count;
	cla_rules_run(c, cla_cfdi_rules.rules, cla_cfdi_rules.count);
	cla_rules_run(c, cla_cfdi_seal_rules.rules, cla_cfdi_seal_rules.count);
	for (size_t i = 0; i < CLA_LEN(checks); i++)
		cla_common_no_rules(c, checks[i], CLA_STR("cfdi 3.2"));
}

static void judge_present(struct cla_case *c, struct cla_cfdi *f)
{
	static const struct cla_rule_table *const tables[] = {
		&cla_cfdi_rules,
		&cla_cfdi_seal_rules,
		&cla_cfdi_total_rules,
		&cla_cfdi_catalog_rules,
		&cla_cfdi_form_rules,
		&cla_cfdi_line_rules,
		&cla_cfdi_complement_rules,
	};

	cla_cfdi_read_proof(c, &names_33, f);
	read_facts(c->root, f);
	cla_cfdi_check_schema(c);
	for (size_t i = 0; i < CLA_LEN(tables) && !c->failed; i++)
		cla_rules_run(c, tables[i]->rules, tables[i]->count);
	if (!c->failed)
		cla_pagos_run(c);
	if (!c->failed)
		cla_nomina_run(c);
}

void cla_cfdi_judge(struct cla_case *c)
{
	struct cla_cfdi facts = { 0 };

	fill_document(c);
	cla_cfdi_make_query(c);
	c->facts = &facts;
	if (!cla_str_eqc(cla_xml_ns(c->root), "http://www.sat.gob.mx/cfd/4")) {
		c->old_codes = cla_cfdi33_codes;
		c->old_code_count = cla_cfdi33_code_count;
	}
	if (c->old_codes && cla_str_absent(cla_xml_attr(c->root, "Version")))
		judge_32(c, &facts);
	else
		judge_present(c, &facts);
	cla_cfdi_free_sums(&facts);
	c->old_codes = NULL;
	c->old_code_count = 0;
	c->facts = NULL;
}
