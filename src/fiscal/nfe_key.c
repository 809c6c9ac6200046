/* nfe_key.c - layout, access key and header of a note (rules 1-11, 15-17, 78, 79). */
#include "fiscal/nfe.h"

#include <string.h>

/* Rule 78. */
void cla_nfe_versions(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const known[] = { "4.00", "3.10", "2.00", "1.10" };
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *around[] = { n->proc, n->protocol };
	struct cla_str version = cla_xml_attr(n->inf, "versao");
	bool found = false;

	for (size_t i = 0; i < CLA_LEN(known); i++)
		found = found || cla_str_eqc(version, known[i]);
	if (!found) {
		cla_case_fail(c, r, n->inf, "versao", CLA_STR("4.00"), version);
		return;
	}
	for (size_t i = 0; i < CLA_LEN(around); i++) {
		struct cla_str other = cla_xml_attr(around[i], "versao");

		if (around[i] && !cla_str_eq(other, version))
			cla_case_fail(c, r, around[i], "versao", version, other);
	}
}

/* Rule 79: SEFAZ refuses prefixed elements, so a note that has one is not what was authorised. One
 * is enough: where one is, all are. */
void cla_nfe_prefix(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *note = cla_nfe_of(c)->note;

	for (const struct cla_xml *el = note; el; el = cla_xml_walk(note, el)) {
		if (cla_str_absent(cla_xml_prefix(el)))
			continue;
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_prefix(el));
		return;
	}
}

/*
 * Access key
 */

void cla_nfe_id_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (cla_str_absent(n->key))
		cla_case_fail(c, r, n->inf ? n->inf : n->note, "Id", CLA_STR_NONE,
			      cla_xml_attr(n->inf, "Id"));
}

void cla_nfe_key_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (!cla_str_absent(n->key) && !cla_access_key_digit(n->key))
		cla_case_fail(c, r, n->inf, "Id", CLA_STR_NONE, n->key);
}

void cla_nfe_key_uf(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (!cla_str_absent(n->key) && !cla_nfe_is_uf_number(n->part.uf))
		cla_case_fail(c, r, n->inf, "Id", CLA_STR_NONE, n->part.uf);
}

/* `digits` written with leading zeros to `width` places, as the key does; absent when it is
 * empty or longer. */
static struct cla_str padded(struct cla_case *c, struct cla_str digits, size_t width)
{
	char zeros[16];

	if (!digits.len || digits.len > width || width >= sizeof(zeros))
		return CLA_STR_NONE;
	memset(zeros, '0', width);
	return cla_case_text(c, "%.*s" CLA_STR_FMT, (int)(width - digits.len), zeros,
			     CLA_STR_ARG(digits));
}

/* Rules 3, 6-11: each part of the key is a field of ide. */
void cla_nfe_key_part(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct {
		const char *rule, *field;
		struct cla_str part;
	} parts[] = {
		{ "nfe.key-state", "cUF", n->part.uf },
		{ "nfe.key-model", "mod", n->part.model },
		{ "nfe.key-series", "serie", n->part.series },
		{ "nfe.key-number", "nNF", n->part.number },
		{ "nfe.key-emission", "tpEmis", n->part.emission },
		{ "nfe.key-code", "cNF", n->part.code },
		{ "nfe.key-check-digit", "cDV", n->part.digit },
	};

	if (cla_str_absent(n->key))
		return;
	for (size_t i = 0; i < CLA_LEN(parts); i++) {
		const struct cla_xml *el = cla_nfe_find(n->ide, parts[i].field);
		struct cla_str due;

		if (strcmp(parts[i].rule, r->id) != 0)
			continue;
		due = padded(c, cla_xml_text(el), parts[i].part.len);
		if (!cla_str_eq(due, parts[i].part))
			cla_case_fail(c, r, el ? el : n->ide, NULL, parts[i].part,
				      cla_xml_text(el));
	}
}

/* Rule 4: year and month as written, in the note's own offset. */
void cla_nfe_key_month(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, "dhEmi");
	struct cla_str found;

	if (cla_str_absent(n->key))
		return;
	if (!n->issue_date.year) {
		cla_case_unknown(c, r, el ? el : n->ide, CLA_STR("dhEmi"));
		return;
	}
	found = cla_case_text(c, "%02d%02d", n->issue_date.year % 100, n->issue_date.month);
	if (!cla_str_eq(found, n->part.yymm))
		cla_case_fail(c, r, el ? el : n->ide, NULL, n->part.yymm, found);
}

bool cla_nfe_by_tax_office(const struct cla_nfe *n)
{
	uint64_t series;

	return cla_str_to_u64(n->part.series, &series) && series >= 890 && series <= 919;
}

/* Rule 5. */
void cla_nfe_key_issuer(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el;
	struct cla_str found = cla_nfe_tax_id(n->emit, &el);

	if (!cla_str_absent(n->key) &&
	    !cla_str_eq(padded(c, found, n->part.issuer.len), n->part.issuer))
		cla_case_report(c, r, cla_nfe_by_tax_office(n) ? CLA_VERDICT_WARN : r->severity,
				el ? el : n->emit, NULL, n->part.issuer, found);
}

static bool is_run(struct cla_str digits, char step)
{
	for (size_t i = 1; i < digits.len; i++) {
		char due = (char)(digits.ptr[i - 1] + step);

		if (digits.ptr[i] != (due > '9' ? '0' : due))
			return false;
	}
	return true;
}

/* Rule 10, second half: a number that can be guessed (NT 2019.001). Before the note it was allowed.
 */
void cla_nfe_key_trivial(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	uint64_t code, number;

	if (!cla_str_to_u64(n->part.code, &code) || !cla_str_to_u64(n->part.number, &number))
		return;
	if (is_run(n->part.code, 0) || is_run(n->part.code, 1) || code == number)
		cla_case_fail(c, r, cla_nfe_find(n->ide, "cNF"), NULL, CLA_STR_NONE, n->part.code);
}

/*
 * Header
 */

/* Rule 16, first half. */
void cla_nfe_contingency(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *ide = cla_nfe_of(c)->ide;
	const struct cla_xml *el = cla_nfe_find(ide, "dhCont");

	if (!el)
		el = cla_nfe_find(ide, "xJust");
	if (cla_str_eqc(cla_nfe_text(ide, "tpEmis"), "1") && el)
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
}

/* Rule 16, second half. Emission type 3 (NFF) is no contingency. */
void cla_nfe_contingency_reason(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *ide = cla_nfe_of(c)->ide;
	struct cla_str type = cla_nfe_text(ide, "tpEmis");

	if (!type.len || cla_str_eqc(type, "1") || cla_str_eqc(type, "3"))
		return;
	if (!cla_nfe_find(ide, "dhCont") || !cla_nfe_find(ide, "xJust"))
		cla_case_fail(c, r, ide, NULL, CLA_STR("dhCont, xJust"), CLA_STR_NONE);
}

/* Rule 15, for goods that leave; what enters may have been under way before. */
void cla_nfe_leaves_early(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, "dhSaiEnt");
	struct cla_date day;
	struct cla_time leaves;

	if (!cla_str_eqc(cla_nfe_text(n->ide, "tpNF"), "1") || !n->issue_date.year ||
	    !cla_nfe_instant(cla_xml_text(el), &day, &leaves))
		return;
	if (cla_time_cmp(leaves, n->issued) < 0)
		cla_case_fail(c, r, el, NULL, cla_nfe_text(n->ide, "dhEmi"), cla_xml_text(el));
}

/*
 * References (rule 17)
 */

static bool has_reference(const struct cla_nfe *n)
{
	const struct cla_xml *det = cla_nfe_item(n);

	if (cla_nfe_find(n->ide, "NFref"))
		return true;
	for (; det; det = cla_nfe_next_item(det)) {
		if (cla_nfe_find(det, "DFeReferenciado"))
			return true;
	}
	return false;
}

/* finNFe 2: a complement completes something; 4: what is given back came with a document. */
void cla_nfe_reference_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const char *purpose = strcmp(r->id, "nfe.complement-reference") == 0 ? "2" : "4";

	if (cla_str_eqc(cla_nfe_text(n->ide, "finNFe"), purpose) && !has_reference(n))
		cla_case_fail(c, r, n->ide, NULL, CLA_STR("NFref"), CLA_STR_NONE);
}

/* The key that an NFref names, whatever the model of the document; NULL when it names none by key.
 */
static const struct cla_xml *referenced(const struct cla_xml *ref)
{
	static const char *const names[] = { "refNFe", "refNFeSig", "refCTe" };

	for (size_t i = 0; i < CLA_LEN(names); i++) {
		const struct cla_xml *el = cla_nfe_find(ref, names[i]);

		if (el)
			return el;
	}
	return NULL;
}

static const struct cla_xml *next_reference(const struct cla_xml *ref)
{
	return cla_xml_find_next(ref, CLA_NFE_NS, "NFref");
}

/* A masked reference (refNFeSig) has zeros in place of its code and no digit that could be checked; a
 * CT-e has a rule of its own. */
void cla_nfe_reference_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *ref = cla_nfe_find(cla_nfe_of(c)->ide, "NFref");

	for (; ref; ref = next_reference(ref)) {
		const struct cla_xml *el = referenced(ref);

		if (el && cla_str_eqc(cla_xml_name(el), "refNFe") &&
		    !cla_access_key_digit(cla_xml_text(el)))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
	}
}

#define REFERENCES_MAX 1000 /* the layout admits 999 */

void cla_nfe_reference_twice(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *first = cla_nfe_find(cla_nfe_of(c)->ide, "NFref");
	size_t seen = 0;

	for (const struct cla_xml *a = first; a && seen < REFERENCES_MAX;
	     a = next_reference(a), seen++) {
		struct cla_str key = cla_xml_text(referenced(a));

		for (const struct cla_xml *b = first; key.len && b != a; b = next_reference(b)) {
			if (!cla_str_eq(key, cla_xml_text(referenced(b))))
				continue;
			cla_case_fail(c, r, referenced(a), NULL, CLA_STR_NONE, key);
			break;
		}
	}
}

void cla_nfe_reference_self(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *ref = cla_nfe_find(n->ide, "NFref");

	for (; ref && n->key.len; ref = next_reference(ref)) {
		if (cla_str_eq(cla_xml_text(referenced(ref)), n->key))
			cla_case_fail(c, r, referenced(ref), NULL, CLA_STR_NONE, n->key);
	}
}
