/* nfe_event.c - events of a note: cancellation, correction letter, and others (rules 64-74, 83).
 *
 * An event is judged alone: whether it voids a note is for
 * whoever holds both.
 */
#include "fiscal/nfe.h"

#include <string.h>

/* Id = "ID", type, key, sequence number in two places (three in the events of PL_010). */
void cla_nfe_event_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);
	struct cla_str id = cla_xml_attr(e->inf, "Id");
	struct cla_str seq = cla_nfe_text(e->inf, "nSeqEvento");
	struct cla_str due;

	due = cla_case_text(c, "ID" CLA_STR_FMT CLA_STR_FMT "%s" CLA_STR_FMT, CLA_STR_ARG(e->type),
			    CLA_STR_ARG(cla_nfe_text(e->inf, "chNFe")), seq.len == 1 ? "0" : "",
			    CLA_STR_ARG(seq));
	if (!cla_str_eq(id, due))
		cla_case_fail(c, r, e->inf ? e->inf : c->root, "Id", due, id);
}

void cla_nfe_event_key(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);
	const struct cla_xml *el = cla_nfe_find(e->inf, "chNFe");

	if (!cla_access_key_digit(cla_xml_text(el)))
		cla_case_fail(c, r, el ? el : c->root, NULL, CLA_STR_NONE, cla_xml_text(el));
}

void cla_nfe_event_author_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);
	const struct cla_xml *el;
	struct cla_str id = cla_nfe_tax_id(e->inf, &el);

	if (!cla_cnpj_valid(id) && !cla_cpf_valid(id))
		cla_case_fail(c, r, el ? el : c->root, NULL, CLA_STR_NONE, id);
}

/* Who may only be the issuer of the note: correction, cancellations, delivery, EPEC, ECONF and its
 * cancellation. */
static bool is_of_issuer(struct cla_str type)
{
	static const char *const types[] = { "110110", "110111", "110112", "110130",
					     "110131", "110140", "110750", "110751" };

	return cla_str_one_of(type, types, CLA_LEN(types));
}

void cla_nfe_event_author(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);
	struct cla_access_key part;
	const struct cla_xml *el;
	struct cla_str author = cla_nfe_tax_id(e->inf, &el);

	if (!is_of_issuer(e->type) || !cla_access_key_split(e->key, &part) || !el)
		return;
	/* A person's CPF stands in the last eleven places. */
	if (!cla_cnpj_same_base(author, part.issuer) &&
	    !cla_str_eq(author, cla_str_sub(part.issuer, 3, 11)))
		cla_case_fail(c, r, el, NULL, part.issuer, author);
}

void cla_nfe_event_office(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const types[] = { "110110", "110111", "110112" };
	const struct cla_nfe_event *e = cla_nfe_event_of(c);
	const struct cla_xml *el = cla_nfe_find(e->inf, "cOrgao");
	struct cla_access_key part;

	if (cla_str_one_of(e->type, types, CLA_LEN(types)) && cla_access_key_split(e->key, &part) &&
	    !cla_str_eq(cla_xml_text(el), part.uf))
		cla_case_fail(c, r, el ? el : e->inf, NULL, part.uf, cla_xml_text(el));
}

void cla_nfe_event_environment(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_nfe_find(cla_nfe_event_of(c)->inf, "tpAmb");

	if (!cla_str_eqc(cla_xml_text(el), "1"))
		cla_case_fail(c, r, el ? el : c->root, NULL, CLA_STR("1"), cla_xml_text(el));
}

void cla_nfe_event_signature(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_signature(c, r, &cla_nfe_event_of(c)->sig);
}

void cla_nfe_event_cert_unreadable(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_unreadable(c, r, &cla_nfe_event_of(c)->sig);
}

void cla_nfe_event_cert_dates(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);

	cla_proof_cert_dates(c, r, &e->sig, e->issue_date.year ? &e->issued : NULL);
}

void cla_nfe_event_cert_authority(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_authority(c, r, &cla_nfe_event_of(c)->sig);
}

void cla_nfe_event_cert_usage(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_usage(c, r, &cla_nfe_event_of(c)->sig);
}

void cla_nfe_event_cert_nameless(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_nameless(c, r, &cla_nfe_event_of(c)->sig);
}

/* A tax office that makes an event has no CNPJ of the note's parties: its own is written as the
 * author's. */
void cla_nfe_event_cert_owner(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);

	cla_proof_cert_owner(c, r, &e->sig, e->author, r->severity);
}

/* As for a note: an event alone lacks its proof, a procEventoNFe says that it carries it and does
 * not. */
void cla_nfe_event_unregistered(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);

	if (e->answer)
		return;
	if (e->event == c->root)
		cla_case_unknown(c, r, c->root, CLA_STR("retEvento"));
	else
		cla_case_fail(c, r, c->root, NULL, CLA_STR("retEvento"), CLA_STR_NONE);
}

/* 135 registered, 136 registered without its note at hand, 155 cancelled late. */
bool cla_nfe_is_registered(struct cla_str status)
{
	static const char *const good[] = { "135", "136", "155" };

	return cla_str_one_of(status, good, CLA_LEN(good));
}

void cla_nfe_event_status(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe_event *e = cla_nfe_event_of(c);
	const struct cla_xml *el = cla_nfe_find(e->answer, "cStat");

	if (e->answer && !cla_nfe_is_registered(cla_xml_text(el)))
		cla_case_fail(c, r, el ? el : e->answer, NULL, CLA_STR("135"), cla_xml_text(el));
}

/* The answer repeats what it registers. Key, type and number are optional in the schema. */
void cla_nfe_event_answer(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const same[] = { "chNFe", "tpEvento", "nSeqEvento", "tpAmb" };
	const struct cla_nfe_event *e = cla_nfe_event_of(c);

	for (size_t i = 0; i < CLA_LEN(same); i++) {
		const struct cla_xml *el = cla_nfe_find(e->answer, same[i]);
		struct cla_str due = cla_nfe_text(e->inf, same[i]);

		if (el && !cla_str_eq(cla_xml_text(el), due))
			cla_case_fail(c, r, el, NULL, due, cla_xml_text(el));
	}
}
