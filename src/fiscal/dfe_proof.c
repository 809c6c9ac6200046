/* fiscal/dfe_proof.c - what proves a CT-e, MDF-e, NFS-e or an event: signatures, certificates, protocol
 * (rules 13, 64-77, 83).
 *
 * A protocol is not signed: it shows what the file claims, only a query proves it. An NFS-e has none: it
 * is made and signed by the authority, of a declaration (DPS) that the provider may have signed as well.
 */
#include "fiscal/dfe.h"

#include <string.h>

/* Rows of the signature inside say so in their ids: "nfse.dps-…", "nfse-event.request-…". */
static bool is_inner(const struct cla_rule *r)
{
	return strstr(r->id, ".dps-") || strstr(r->id, ".request-");
}

/* A declaration or a request alone is judged by the signature that it has. */
static const struct cla_dsig *sig_of(const struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);

	return is_inner(r) || (d->inner && !d->body) ? &d->inner_sig : &d->sig;
}

/* What is inside an NFS-e need not be signed: who typed it into the authority's portal signed nothing.
 */
static bool is_looked_at(const struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);

	return !is_inner(r) || (d->body && d->inner_sig.fault != CLA_DSIG_ABSENT);
}

void cla_dfe_signature(struct cla_case *c, const struct cla_rule *r)
{
	if (is_looked_at(c, r))
		cla_proof_signature(c, r, sig_of(c, r));
}

void cla_dfe_cert_unreadable(struct cla_case *c, const struct cla_rule *r)
{
	if (is_looked_at(c, r))
		cla_proof_cert_unreadable(c, r, sig_of(c, r));
}

/* The authority signs an NFS-e when it makes it, and what it registers. */
void cla_dfe_cert_dates(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str text = cla_dfe_text(d, d->inf, "dhProc");
	struct cla_time when = d->issued;
	bool known = d->issue_date.year, zone;

	if (sig_of(c, r) == &d->sig && !cla_str_absent(text))
		known = cla_time_parse(text, &when, &zone);
	if (is_looked_at(c, r))
		cla_proof_cert_dates(c, r, sig_of(c, r), known ? &when : NULL);
}

void cla_dfe_cert_authority(struct cla_case *c, const struct cla_rule *r)
{
	if (is_looked_at(c, r))
		cla_proof_cert_authority(c, r, sig_of(c, r));
}

void cla_dfe_cert_usage(struct cla_case *c, const struct cla_rule *r)
{
	if (is_looked_at(c, r))
		cla_proof_cert_usage(c, r, sig_of(c, r));
}

void cla_dfe_cert_nameless(struct cla_case *c, const struct cla_rule *r)
{
	if (is_looked_at(c, r))
		cla_proof_cert_nameless(c, r, sig_of(c, r));
}

/* Rules 74, 75. */
void cla_dfe_cert_owner(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str due = cla_dfe_text(d, d->inf, "infPAA/CNPJPAA");

	if (!due.len)
		due = d->author.len ? d->author : cla_dfe_tax_id(d, d->emit, NULL);
	if (!due.len && d->inner_inf)
		due = cla_dfe_tax_id(d, cla_dfe_find(d, d->inner_inf, "prest"), NULL);
	if (d->inner_sig.fault != CLA_DSIG_ABSENT || !is_inner(r))
		cla_proof_cert_owner(c, r, sig_of(c, r), due, r->severity);
}

/* Rule 13. */
void cla_dfe_environment(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *holder = d->inner_inf ? d->inner_inf : d->ide ? d->ide : d->inf;
	const struct cla_xml *el = cla_dfe_find(d, holder, "tpAmb");

	if (!cla_str_eqc(cla_xml_text(el), "1"))
		cla_case_fail(c, r, el ? el : c->root, NULL, CLA_STR("1"), cla_xml_text(el));
}

/*
 * Protocol of a CT-e or MDF-e
 */

void cla_dfe_protocol_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str due = cla_str_from(d->family->protocol);

	if (d->proof)
		return;
	if (d->proc)
		cla_case_fail(c, r, d->proc, NULL, due, CLA_STR_NONE);
	else
		cla_case_unknown(c, r, d->body, due);
}

static void compare_proof(struct cla_case *c, const struct cla_rule *r, const char *name,
			  struct cla_str due)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, name);

	if (d->proof && (!due.len || !cla_str_eq(cla_xml_text(el), due)))
		cla_case_fail(c, r, el ? el : d->proof, NULL, due, cla_xml_text(el));
}

void cla_dfe_protocol_key(struct cla_case *c, const struct cla_rule *r)
{
	compare_proof(c, r, cla_dfe_of(c)->family->key, cla_dfe_of(c)->key);
}

void cla_dfe_protocol_environment(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);

	compare_proof(c, r, "tpAmb", cla_dfe_text(d, d->ide, "tpAmb"));
}

static bool is_authorised(struct cla_str status)
{
	return cla_str_eqc(status, "100") || cla_str_eqc(status, "150");
}

/* 101, 151, 155 cancelled; 110, 301-303 use denied. */
static bool is_void(struct cla_str status)
{
	static const char *const codes[] = { "101", "151", "155", "110", "301", "302", "303" };

	return cla_str_one_of(status, codes, CLA_LEN(codes));
}

void cla_dfe_protocol_status(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "cStat");

	if (d->proof && !is_authorised(cla_xml_text(el)) && !is_void(cla_xml_text(el)))
		cla_case_fail(c, r, el ? el : d->proof, NULL, CLA_STR("100"), cla_xml_text(el));
}

static bool is_registered(struct cla_str status)
{
	static const char *const codes[] = { "134", "135", "136", "155" };

	return cla_str_one_of(status, codes, CLA_LEN(codes));
}

/* Some programs keep a cancellation inside the wrapper, the answer (procCancCTe/retEventoCTe or bare): no
 * layout has it there, but it says that the document is void. */
static const struct cla_xml *cancelled_inside(const struct cla_dfe *d)
{
	for (const struct cla_xml *el = d->proc; el; el = cla_xml_walk(d->proc, el)) {
		const struct cla_xml *answer;

		if (!cla_xml_is(el, d->family->ns, d->family->answer))
			continue;
		answer = cla_dfe_find(d, el, "infEvento");
		if (cla_str_eqc(cla_dfe_text(d, answer, "tpEvento"), "110111") &&
		    is_registered(cla_dfe_text(d, answer, "cStat")))
			return cla_dfe_find(d, answer, "cStat");
	}
	return NULL;
}

void cla_dfe_protocol_void(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "cStat");

	if (!is_void(cla_xml_text(el)))
		el = cancelled_inside(d);
	if (el)
		cla_case_fail(c, r, el, NULL, CLA_STR("100"), cla_xml_text(el));
}

/* Rule 76: optional in the schema, due when use was authorised. */
void cla_dfe_protocol_number(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "nProt");
	struct cla_str number = cla_xml_text(el);

	if (is_authorised(cla_dfe_text(d, d->proof, "cStat")) &&
	    (!cla_str_digits(number) || (number.len != 15 && number.len != 17)))
		cla_case_fail(c, r, el ? el : d->proof, NULL, CLA_STR_NONE, number);
}

/* Rule 77. Clocks may differ by five minutes. */
void cla_dfe_protocol_early(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "dhRecbto");
	struct cla_time received;
	bool zone;

	if (!d->proof)
		return; /* told by dfe.protocol-missing */
	if (!d->issue_date.year || !cla_time_parse(cla_xml_text(el), &received, &zone)) {
		cla_case_unknown(c, r, el ? el : d->proof,
				 d->issue_date.year ? CLA_STR("dhRecbto") : CLA_STR("dhEmi"));
		return;
	}
	if (cla_time_cmp(received, d->issued) >= 0)
		return;
	cla_case_report(c, r, d->issued.sec - received.sec > 300 ? r->severity : CLA_VERDICT_WARN,
			el, NULL, cla_dfe_text(d, d->ide, "dhEmi"), cla_xml_text(el));
}

void cla_dfe_protocol_digest(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "digVal");

	if (is_authorised(cla_dfe_text(d, d->proof, "cStat")) &&
	    !cla_str_trim(cla_xml_text(el)).len)
		cla_case_fail(c, r, el ? el : d->proof, NULL, CLA_STR("digVal"), CLA_STR_NONE);
}

/* Rule 69: what was authorised is what was signed; nothing more. */
void cla_dfe_digest_differs(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "digVal");
	struct cla_str found = cla_str_trim(cla_xml_text(el));

	if (!found.len)
		return;
	if (!d->sig.digest_value.len)
		cla_case_unknown(c, r, el, CLA_STR("DigestValue"));
	else if (!cla_str_eq(found, d->sig.digest_value))
		cla_case_fail(c, r, el, NULL, d->sig.digest_value, found);
}

/*
 * NFS-e
 */

/* What a provider declares is no note before the authority has made one of it. */
void cla_dfe_note_missing(struct cla_case *c, const struct cla_rule *r)
{
	if (!cla_dfe_of(c)->body)
		cla_case_unknown(c, r, c->root, CLA_STR("NFSe"));
}

/* 100 made, 102 by order of a court, 103 by the authority, 107 of a micro-entrepreneur. */
void cla_dfe_nfse_status(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const good[] = { "100", "102", "103", "107" };
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->inf, "cStat");

	if (d->body && !cla_str_one_of(cla_xml_text(el), good, CLA_LEN(good)))
		cla_case_fail(c, r, el ? el : d->body, NULL, CLA_STR("100"), cla_xml_text(el));
}

/*
 * Events
 */

/* As for a document: an event alone lacks its proof, a procEvento… says that it carries it and does not.
 * For NFS-e the request is what lacks it. */
void cla_dfe_event_unregistered(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	struct cla_str due =
		d->form == CLA_DFE_VOIDING ? CLA_STR("retInut") : cla_str_from(d->family->answer);

	if (d->form == CLA_DFE_NFSE_EVENT) {
		if (!d->body)
			cla_case_unknown(c, r, c->root, CLA_STR("evento"));
	} else if (!d->proof && d->proc) {
		cla_case_fail(c, r, d->proc, NULL, due, CLA_STR_NONE);
	} else if (!d->proof) {
		cla_case_unknown(c, r, c->root, due);
	}
}

void cla_dfe_event_status(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "cStat");

	if (d->proof && !is_registered(cla_xml_text(el)))
		cla_case_fail(c, r, el ? el : d->proof, NULL, CLA_STR("135"), cla_xml_text(el));
}

void cla_dfe_voiding_status(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	const struct cla_xml *el = cla_dfe_find(d, d->proof, "cStat");

	if (d->proof && !cla_str_eqc(cla_xml_text(el), "102"))
		cla_case_fail(c, r, el ? el : d->proof, NULL, CLA_STR("102"), cla_xml_text(el));
}

/* The answer repeats what it registers; all but the environment is optional in the schema. */
void cla_dfe_event_answer(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dfe *d = cla_dfe_of(c);
	static const char *const voided[] = { "tpAmb",	"ano",	  "CNPJ",   "mod",   "serie",
					      "nNFIni", "nNFFin", "nCTIni", "nCTFin" };
	const char *const event[] = { d->family->key, "tpEvento", "nSeqEvento", "tpAmb" };
	bool voiding = d->form == CLA_DFE_VOIDING;
	const char *const *same = voiding ? voided : event;
	size_t count = voiding ? CLA_LEN(voided) : CLA_LEN(event);

	for (size_t i = 0; i < count; i++) {
		const struct cla_xml *el = cla_dfe_find(d, d->proof, same[i]);
		struct cla_str due = cla_dfe_text(d, d->inf, same[i]);

		if (el && !cla_str_eq(cla_xml_text(el), due))
			cla_case_fail(c, r, el, NULL, due, cla_xml_text(el));
	}
}
