/* nfe_proof.c - what proves a note: signature, certificate, protocol (rules 13, 64-71, 73, 74,
 * 76, 77).
 *
 * The protocol is not signed by SEFAZ: it shows what the file claims, only a query proves it. That
 * its digVal equals the signature's DigestValue says nothing on the content (57 of 59 files with
 * equal values were altered): rule 69 never stands in for 66.
 */
#include "fiscal/nfe.h"

#include <string.h>

/*
 * Signature and certificate
 */

void cla_nfe_signature(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_signature(c, r, &cla_nfe_of(c)->sig);
}

void cla_nfe_cert_unreadable(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_unreadable(c, r, &cla_nfe_of(c)->sig);
}

void cla_nfe_cert_dates(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	cla_proof_cert_dates(c, r, &n->sig, n->issue_date.year ? &n->issued : NULL);
}

void cla_nfe_cert_authority(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_authority(c, r, &cla_nfe_of(c)->sig);
}

void cla_nfe_cert_usage(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_usage(c, r, &cla_nfe_of(c)->sig);
}

void cla_nfe_cert_nameless(struct cla_case *c, const struct cla_rule *r)
{
	cla_proof_cert_nameless(c, r, &cla_nfe_of(c)->sig);
}

/* Rule 74. A provider's signature (infPAA) is not the issuer's; in the series 890-919 a tax office
 * may have signed. */
void cla_nfe_cert_owner(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct cla_str due = cla_nfe_tax_id(n->emit, NULL);
	struct cla_str provider = cla_nfe_text(n->inf, "infPAA/CNPJPAA");

	cla_proof_cert_owner(c, r, &n->sig, provider.len ? provider : due,
			     cla_nfe_by_tax_office(n) ? CLA_VERDICT_WARN : r->severity);
}

/*
 * Protocol
 */

/* Rule 13. */
void cla_nfe_environment(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_nfe_find(cla_nfe_of(c)->ide, "tpAmb");

	if (!cla_str_eqc(cla_xml_text(el), "1"))
		cla_case_fail(c, r, el ? el : cla_nfe_of(c)->note, NULL, CLA_STR("1"),
			      cla_xml_text(el));
}

/* A note alone may well be authorised: the protocol is an input that is missing. An nfeProc says
 * that it carries the protocol, and does not. */
void cla_nfe_protocol_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (n->prot)
		return;
	if (n->proc)
		cla_case_fail(c, r, n->proc, NULL, CLA_STR("protNFe"), CLA_STR_NONE);
	else
		cla_case_unknown(c, r, n->note, CLA_STR("protNFe"));
}

void cla_nfe_protocol_key(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->prot, "chNFe");

	if (n->prot && (!n->key.len || !cla_str_eq(cla_xml_text(el), n->key)))
		cla_case_fail(c, r, el ? el : n->prot, NULL, n->key, cla_xml_text(el));
}

void cla_nfe_protocol_environment(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->prot, "tpAmb");
	struct cla_str due = cla_nfe_text(n->ide, "tpAmb");

	if (n->prot && !cla_str_eq(cla_xml_text(el), due))
		cla_case_fail(c, r, el ? el : n->prot, NULL, due, cla_xml_text(el));
}

/* 100 authorised, 150 authorised late. */
static bool is_authorised(struct cla_str status)
{
	return cla_str_eqc(status, "100") || cla_str_eqc(status, "150");
}

/* 101, 151, 155 cancelled; 110, 301-303 use denied: a document was made, and is void. */
static bool is_void(struct cla_str status)
{
	static const char *const codes[] = { "101", "151", "155", "110", "301", "302", "303" };

	return cla_str_one_of(status, codes, CLA_LEN(codes));
}

void cla_nfe_protocol_status(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *prot = cla_nfe_of(c)->prot;
	const struct cla_xml *el = cla_nfe_find(prot, "cStat");

	if (prot && !is_authorised(cla_xml_text(el)) && !is_void(cla_xml_text(el)))
		cla_case_fail(c, r, el ? el : prot, NULL, CLA_STR("100"), cla_xml_text(el));
}

/* Some programs keep the answer to a cancellation (110111, 110112) inside nfeProc: no layout has it
 * there, but it says that the note is void. */
static const struct cla_xml *cancelled_inside(const struct cla_nfe *n)
{
	static const char *const kinds[] = { "110111", "110112" };
	const struct cla_xml *answer = cla_nfe_find(n->proc, "retEvento/infEvento");
	const struct cla_xml *status = cla_nfe_find(answer, "cStat");

	if (!cla_str_one_of(cla_nfe_text(answer, "tpEvento"), kinds, CLA_LEN(kinds)) ||
	    !cla_nfe_is_registered(cla_xml_text(status)))
		return NULL;
	return status;
}

void cla_nfe_protocol_void(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->prot, "cStat");

	if (!is_void(cla_xml_text(el)))
		el = cancelled_inside(n);
	if (el)
		cla_case_fail(c, r, el, NULL, CLA_STR("100"), cla_xml_text(el));
}

void cla_nfe_protocol_late(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_nfe_find(cla_nfe_of(c)->prot, "cStat");

	if (cla_str_eqc(cla_xml_text(el), "150"))
		cla_case_fail(c, r, el, NULL, CLA_STR("100"), cla_xml_text(el));
}

/* Rule 76: optional in the schema, due when use was authorised. 15 places, 17 since PL_010. */
void cla_nfe_protocol_number(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *prot = cla_nfe_of(c)->prot;
	const struct cla_xml *el = cla_nfe_find(prot, "nProt");
	struct cla_str number = cla_xml_text(el);

	if (is_authorised(cla_nfe_text(prot, "cStat")) &&
	    (!cla_str_digits(number) || (number.len != 15 && number.len != 17)))
		cla_case_fail(c, r, el ? el : prot, NULL, CLA_STR_NONE, number);
}

/* Places 2-3 of the number: the state (91 national), 4-5 the year of receipt. */
void cla_nfe_protocol_place(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->prot, "nProt");
	struct cla_str number = cla_xml_text(el), uf = cla_str_sub(number, 1, 2), due;
	struct cla_str year = cla_str_sub(cla_nfe_text(n->prot, "dhRecbto"), 2, 2);

	if (!n->key.len || number.len != 15 || !cla_str_digits(number) || year.len != 2)
		return;
	due = cla_case_text(c, "?" CLA_STR_FMT CLA_STR_FMT "?", CLA_STR_ARG(n->part.uf),
			    CLA_STR_ARG(year));
	if ((!cla_str_eq(uf, n->part.uf) && !cla_str_eqc(uf, "91")) ||
	    !cla_str_eq(cla_str_sub(number, 3, 2), year))
		cla_case_fail(c, r, el, NULL, due, number);
}

/* Rules 14, 77. Clocks may differ by five minutes. */
void cla_nfe_protocol_early(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->prot, "dhRecbto");
	struct cla_time received;
	struct cla_date day;

	if (!n->prot)
		return; /* told by nfe.protocol-missing */
	if (!n->issue_date.year || !cla_nfe_instant(cla_xml_text(el), &day, &received)) {
		cla_case_unknown(c, r, el ? el : n->prot,
				 n->issue_date.year ? CLA_STR("dhRecbto") : CLA_STR("dhEmi"));
		return;
	}
	if (cla_time_cmp(received, n->issued) >= 0)
		return;
	cla_case_report(c, r, n->issued.sec - received.sec > 300 ? r->severity : CLA_VERDICT_WARN,
			el, NULL, cla_nfe_text(n->ide, "dhEmi"), cla_xml_text(el));
}

void cla_nfe_protocol_digest(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *prot = cla_nfe_of(c)->prot;
	const struct cla_xml *el = cla_nfe_find(prot, "digVal");

	if (is_authorised(cla_nfe_text(prot, "cStat")) && !cla_str_trim(cla_xml_text(el)).len)
		cla_case_fail(c, r, el ? el : prot, NULL, CLA_STR("digVal"), CLA_STR_NONE);
}

/* Rule 69: what was authorised is what was signed; nothing more. */
void cla_nfe_digest_differs(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->prot, "digVal");
	struct cla_str found = cla_str_trim(cla_xml_text(el));

	if (!found.len)
		return;
	if (!n->sig.digest_value.len)
		cla_case_unknown(c, r, el, CLA_STR("DigestValue"));
	else if (!cla_str_eq(found, n->sig.digest_value))
		cla_case_fail(c, r, el, NULL, n->sig.digest_value, found);
}
