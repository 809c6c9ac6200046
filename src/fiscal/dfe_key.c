/* fiscal/dfe_key.c - key, Id and identities of CT-e, MDF-e, NFS-e and their events (rules 1-11, 20, 21, 83).
 */
#include "fiscal/dfe.h"
#include "fiscal/nfe.h"

#include <string.h>

static bool is_nfse(const struct cla_dfe *d)
{
	return d->form == CLA_DFE_NFSE || d->form == CLA_DFE_NFSE_EVENT;
}

void cla_dfe_id_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);

	if (d->form == CLA_DFE_NFSE && !d->body)
		return; /* a declaration alone: told by nfse.note-missing */
	if (!d->key.len)
		cla_case_fail(c, r, d->inf ? d->inf : c->root, "Id", CLA_STR_NONE,
			      cla_xml_attr(d->inf, "Id"));
}

void cla_dfe_key_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	bool right = is_nfse(d) ? cla_nfse_key_digit(d->key) : cla_access_key_digit(d->key);

	if (d->key.len && !right)
		cla_case_fail(c, r, d->inf, "Id", CLA_STR_NONE, d->key);
}

/* A number without its leading zeros; "0" of zeros alone. */
static struct cla_str bare_number(struct cla_str s)
{
	while (s.len > 1 && s.ptr[0] == '0')
		s = cla_str_sub(s, 1, s.len - 1);
	return s;
}

/* A number in the key, filled up with zeros, and the same in the document. */
static void compare_part(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			 struct cla_str part)
{
	struct cla_str found = cla_xml_text(el);

	if (!found.len || !cla_str_eq(bare_number(found), bare_number(part)))
		cla_case_fail(c, r, el ? el : cla_dfe_of(c)->inf, NULL, part, found);
}

/* Rules 3, 6-11: each part of the key is a field of ide. */
void cla_dfe_key_part(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct {
		const char *rule, *field;
		struct cla_str part;
	} parts[] = {
		{ "dfe.key-state", "cUF", d->part.uf },
		{ "dfe.key-model", "mod", d->part.model },
		{ "dfe.key-series", "serie", d->part.series },
		{ "dfe.key-number", d->family->number, d->part.number },
		{ "dfe.key-emission", "tpEmis", d->part.emission },
		{ "dfe.key-code", d->family->code, d->part.code },
		{ "dfe.key-check-digit", "cDV", d->part.digit },
	};

	for (size_t i = 0; d->key.len && i < CLA_LEN(parts); i++) {
		if (!strcmp(parts[i].rule, r->id))
			compare_part(c, r, cla_dfe_find(d, d->ide, parts[i].field), parts[i].part);
	}
}

/* Rule 4: year and month as written, in the document's own offset. */
void cla_dfe_key_month(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str part = is_nfse(d) ? d->nfse.yymm : d->part.yymm;
	const struct cla_xml *el = is_nfse(d) ? cla_dfe_find(d, d->inner_inf, "dhEmi")
					      : cla_dfe_find(d, d->ide, "dhEmi");
	struct cla_str found;

	if (!d->key.len)
		return;
	if (!d->issue_date.year) {
		cla_case_unknown(c, r, el ? el : d->inf, CLA_STR("dhEmi"));
		return;
	}
	found = cla_case_text(c, "%02d%02d", d->issue_date.year % 100, d->issue_date.month);
	if (!cla_str_eq(found, part))
		cla_case_fail(c, r, el, NULL, part, found);
}

/* Rule 5: a CPF stands in the last eleven of fourteen places. */
static bool is_issuer(struct cla_str place, struct cla_str id)
{
	return cla_str_eq(place, id) ||
	       (id.len == 11 && cla_str_eqc(cla_str_sub(place, 0, 3), "000") &&
		cla_str_eq(cla_str_sub(place, 3, 11), id));
}

void cla_dfe_key_issuer(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str part = is_nfse(d) ? d->nfse.issuer : d->part.issuer;
	const struct cla_xml *el;
	struct cla_str found = cla_dfe_tax_id(d, d->emit, &el);

	if (d->key.len && !is_issuer(part, found))
		cla_case_fail(c, r, el ? el : d->inf, NULL, part, found);
}

/* The element says which model it is. */
void cla_dfe_model(struct cla_case *c, const struct cla_rule *r)
{
	static const struct {
		const char *name, *model;
	} models[] = {
		{ "CTe", "57" },  { "CTeSimp", "57" }, { "CTeOS", "67" },
		{ "GTVe", "64" }, { "MDFe", "58" },
	};
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->ide, "mod");

	for (size_t i = 0; i < CLA_LEN(models); i++) {
		if (cla_str_eqc(cla_xml_name(d->body), models[i].name) &&
		    !cla_str_eqc(d->model, models[i].model))
			cla_case_fail(c, r, el ? el : d->body, NULL, cla_str_from(models[i].model),
				      d->model);
	}
}

static void check_id(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		     struct cla_str id)
{
	if (!cla_cnpj_valid(id) && !cla_cpf_valid(id))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, id);
}

void cla_dfe_issuer_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el, *party = d->emit;
	struct cla_str id;

	if (d->form == CLA_DFE_NFSE && !d->body)
		party = cla_dfe_find(d, d->inner_inf, "prest");
	id = cla_dfe_tax_id(d, party, &el);
	if (el)
		check_id(c, r, el, id);
	else
		cla_case_unknown(c, r, party ? party : c->root, CLA_STR("emit/CNPJ"));
}

void cla_dfe_receiver_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el;
	struct cla_str id = cla_dfe_tax_id(d, d->receiver, &el);

	if (el)
		check_id(c, r, el, id);
}

/* Rule 28: numbers of cities have a check digit, wherever they stand; 9999999 is abroad. */
void cla_dfe_city_digit(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const names[] = {
		"cMun",		"cMunEnv", "cMunIni",	"cMunFim",	 "cMunCarrega",
		"cMunDescarga", "cLocEmi", "cLocIncid", "cLocPrestacao", "cLocalidadeIncid"
	};
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *top = d->inf ? d->inf : d->inner_inf;
	bool any = false;

	for (const struct cla_xml *el = top; el; el = cla_xml_walk(top, el)) {
		bool city = false;

		for (size_t i = 0; !city && i < CLA_LEN(names); i++)
			city = cla_xml_is(el, d->family->ns, names[i]);
		any = any || city;
		if (city && !cla_str_eqc(cla_xml_text(el), "9999999") &&
		    !cla_nfe_city_holds(cla_xml_text(el)))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
	}
	if (!any)
		cla_case_unknown(c, r, top ? top : c->root, CLA_STR("cMun"));
}

/*
 * NFS-e
 */

/* The parts of the key that the note repeats: its number, the city of issue, who generated it. */
void cla_dfe_nfse_key_part(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);

	if (!d->key.len)
		return;
	if (!strcmp(r->id, "nfse.key-number"))
		compare_part(c, r, cla_dfe_find(d, d->inf, "nNFSe"), d->nfse.number);
	else if (!strcmp(r->id, "nfse.key-generator"))
		compare_part(c, r, cla_dfe_find(d, d->inf, "ambGer"), d->nfse.generator);
	else
		compare_part(c, r, cla_dfe_find(d, d->inner_inf, "cLocEmi"), d->nfse.city);
}

/* "DPS", city, 1 CPF or 2 CNPJ, fourteen places, series in five, number in fifteen. */
void cla_dfe_nfse_declaration_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str id = cla_xml_attr(d->inner_inf, "Id"), author = { 0 };
	struct cla_str city = cla_dfe_text(d, d->inner_inf, "cLocEmi");
	struct cla_str series = cla_dfe_text(d, d->inner_inf, "serie");
	struct cla_str number = cla_dfe_text(d, d->inner_inf, "nDPS");
	const struct {
		struct cla_str place, due;
	} parts[] = {
		{ cla_str_sub(id, 3, 7), city },
		{ cla_str_sub(id, 25, 5), series },
		{ cla_str_sub(id, 30, 15), number },
	};
	bool right = cla_str_starts(id, "DPS") && id.len == 45;

	for (size_t i = 0; right && i < CLA_LEN(parts); i++)
		right = parts[i].due.len &&
			cla_str_eq(bare_number(parts[i].place), bare_number(parts[i].due));
	/* tpEmit 2, 3: the customer or an intermediary declared in the provider's place */
	if (cla_str_eqc(cla_dfe_text(d, d->inner_inf, "tpEmit"), "1"))
		author = cla_dfe_tax_id(d, cla_dfe_find(d, d->inner_inf, "prest"), NULL);
	if (right && author.len)
		right = is_issuer(cla_str_sub(id, 11, 14), author);
	if (d->inner_inf && !right)
		cla_case_fail(c, r, d->inner_inf, "Id", CLA_STR_NONE, id);
}

/*
 * Events
 */

static const struct cla_xml *event_inf(const struct cla_dfe *d)
{
	return is_nfse(d) ? d->inner_inf : d->inf;
}

void cla_dfe_event_key(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, event_inf(d), d->family->key);
	struct cla_str key = cla_xml_text(el);

	if (!(is_nfse(d) ? cla_nfse_key_digit(key) : cla_access_key_digit(key)))
		cla_case_fail(c, r, el ? el : c->root, NULL, CLA_STR_NONE, key);
}

/* Id = "ID", type, key, sequence number in two places, three since CT-e 4.00. */
void cla_dfe_event_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str id = cla_xml_attr(d->inf, "Id"), seq = cla_dfe_text(d, d->inf, "nSeqEvento");
	struct cla_str stem =
		cla_case_text(c, "ID" CLA_STR_FMT CLA_STR_FMT,
			      CLA_STR_ARG(cla_str_sub(d->type, 0, 6)), CLA_STR_ARG(d->key));
	struct cla_str tail = cla_str_sub(id, stem.len, id.len);

	if (!d->key.len || !cla_str_eq(cla_str_sub(id, 0, stem.len), stem) || tail.len < 2 ||
	    tail.len > 3 || !seq.len || !cla_str_eq(bare_number(tail), bare_number(seq)))
		cla_case_fail(c, r, d->inf ? d->inf : c->root, "Id",
			      cla_case_text(c, CLA_STR_FMT CLA_STR_FMT, CLA_STR_ARG(stem),
					    CLA_STR_ARG(cla_str_sub(seq, 0, 3))),
			      id);
}

/* Id = "EVT", key, type, and the number of the request in three places. */
void cla_dfe_nfse_event_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str id = cla_xml_attr(d->inf, "Id");
	struct cla_str due = cla_case_text(c, "EVT" CLA_STR_FMT CLA_STR_FMT, CLA_STR_ARG(d->key),
					   CLA_STR_ARG(d->type));
	struct cla_str tail = cla_str_sub(id, due.len, id.len);

	if (!d->body)
		return; /* a request alone: told by nfse-event.unregistered */
	if (!d->key.len || !d->type.len || !cla_str_eq(cla_str_sub(id, 0, due.len), due) ||
	    tail.len != 3 || !cla_str_digits(tail))
		cla_case_fail(c, r, d->inf ? d->inf : d->body, "Id", due, id);
}

void cla_dfe_event_author_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, event_inf(d), d->family->author);

	if (!el)
		el = cla_dfe_find(d, event_inf(d), d->family->person);
	check_id(c, r, el ? el : c->root, d->author);
}

/* What only the issuer may do: cancel, correct, close. CT-e 110110, 110111; MDF-e 110111, 110112. */
void cla_dfe_event_author(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const types[] = { "110110", "110111", "110112" };
	const struct cla_dfe *d = cla_dfe_of(c);
	bool of_issuer = false;

	for (size_t i = 0; i < CLA_LEN(types); i++)
		of_issuer = of_issuer || cla_str_eqc(d->type, types[i]);
	if (of_issuer && d->key.len && d->author.len &&
	    !cla_cnpj_same_base(d->author, d->part.issuer) && !is_issuer(d->part.issuer, d->author))
		cla_case_fail(c, r, d->inf, NULL, d->part.issuer, d->author);
}

/*
 * Voiding of numbers
 */

/* A number filled up with zeros to `width` places, as Id has it. */
static struct cla_str padded(struct cla_case *c, struct cla_str digits, size_t width)
{
	static const char zeros[] = "00000000000000";

	if (digits.len > width)
		return digits;
	return cla_case_text(c, "%.*s" CLA_STR_FMT, (int)(width - digits.len), zeros,
			     CLA_STR_ARG(digits));
}

/* Id = "ID", state, year of NF-e (CT-e has none), author, model, series, first and last number. */
void cla_dfe_voiding_id(struct cla_case *c, const struct cla_rule *r)
{
	static const struct {
		const char *name;
		size_t width;
	} parts[] = {
		{ "cUF", 2 },	{ "ano", 2 },	 { "CNPJ", 14 },  { "CPF", 14 },   { "mod", 2 },
		{ "serie", 3 }, { "nNFIni", 9 }, { "nCTIni", 9 }, { "nNFFin", 9 }, { "nCTFin", 9 },
	};
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str id = cla_xml_attr(d->inf, "Id"), due = CLA_STR("ID");

	for (size_t i = 0; i < CLA_LEN(parts); i++) {
		struct cla_str text = cla_dfe_text(d, d->inf, parts[i].name);

		if (!text.len || (d->family->kind == CLA_DOC_CTE && !strcmp(parts[i].name, "ano")))
			continue;
		due = cla_case_text(
			c, CLA_STR_FMT CLA_STR_FMT, CLA_STR_ARG(due),
			CLA_STR_ARG(padded(c, cla_str_sub(text, 0, 32), parts[i].width)));
	}
	if (!cla_str_eq(id, due))
		cla_case_fail(c, r, d->inf ? d->inf : c->root, "Id", due, id);
}
