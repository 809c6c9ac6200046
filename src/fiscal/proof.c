/* fiscal/proof.c - what a signature and its certificate tell, for every kind of the NF-e family (rules
 * 64-68, 71, 73, 74).
 */
#include "fiscal/proof.h"

#include "crypto/cert.h"
#include "model/id/taxid.h"

#include <string.h>

static const struct cla_rule rules[] = {
	{ "proof.untrusted", NULL, CLA_CHECK_CERTIFICATE, CLA_VERDICT_WARN, NULL, NULL, NULL,
	  CLA_TEXT("The certificate does not lead to a root that was given",
		   "El certificado no lleva a ninguna raíz de las que se dieron",
		   "O certificado não leva a nenhuma das raízes informadas") },
};

const struct cla_rule_table cla_proof_rules = { "proof", rules, CLA_LEN(rules) };

void cla_proof_trust(struct cla_case *c, const struct cla_dsig *sig)
{
	if (sig->cert && cla_judge_trust(c, sig->cert, "BR") == CLA_TRUST_BROKEN)
		cla_case_fail(c, &rules[0], sig->cert_at, NULL, CLA_STR_NONE,
			      cla_cert_subject_line(sig->cert));
}

/*
 * Signature: one rule id for each way in which it fails, found by what follows "signature-"
 */

static const char *fault_word(enum cla_dsig_fault fault)
{
	switch (fault) {
	case CLA_DSIG_ABSENT:
		return "missing";
	case CLA_DSIG_PLACE:
		return "place";
	case CLA_DSIG_FORM:
	case CLA_DSIG_TOO_LARGE:
		return "form";
	case CLA_DSIG_ALGORITHM:
		return "algorithm";
	case CLA_DSIG_REFERENCE:
		return "reference";
	case CLA_DSIG_REPEATED_ID:
		return "repeated-id";
	case CLA_DSIG_NO_FAULT:
		break;
	}
	return "";
}

static bool has_failed_as(const struct cla_dsig *sig, const char *word)
{
	if (strcmp(word, "digest") == 0)
		return sig->digest == CLA_DSIG_DIFFERS;
	if (strcmp(word, "value") == 0)
		return sig->value == CLA_DSIG_DIFFERS;
	if (strcmp(word, "blanks") == 0)
		return sig->value == CLA_DSIG_DIFFERS &&
		       (sig->digest == CLA_DSIG_REINDENTED || sig->digest == CLA_DSIG_REWRAPPED);
	if (strcmp(word, "key") == 0)
		return !sig->fault && sig->value == CLA_DSIG_UNCHECKED;
	if (!cla_dsig_intact(sig))
		return false;
	if (strcmp(word, "reindented") == 0)
		return sig->digest == CLA_DSIG_REINDENTED || sig->value == CLA_DSIG_REINDENTED;
	if (strcmp(word, "rewrapped") == 0)
		return sig->digest != CLA_DSIG_REINDENTED && sig->value != CLA_DSIG_REINDENTED &&
		       (sig->digest == CLA_DSIG_REWRAPPED || sig->value == CLA_DSIG_REWRAPPED);
	return false;
}

void cla_proof_signature(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig)
{
	const char *word = strstr(r->id, "signature-") + strlen("signature-");

	if (sig->fault && strcmp(word, fault_word(sig->fault)) == 0) {
		if (sig->fault == CLA_DSIG_TOO_LARGE)
			cla_case_unknown(c, r, sig->at, CLA_STR("c14n > 32 MiB"));
		else
			cla_case_fail(c, r, sig->at, NULL, sig->expected, sig->found);
	} else if (has_failed_as(sig, word)) {
		cla_case_fail(c, r, sig->signature, NULL, CLA_STR_NONE, CLA_STR_NONE);
	}
}

/*
 * Certificate
 */

void cla_proof_cert_unreadable(struct cla_case *c, const struct cla_rule *r,
			       const struct cla_dsig *sig)
{
	if (!sig->cert_at)
		cla_case_unknown(c, r, sig->signature, CLA_STR("X509Certificate"));
	else if (!sig->cert)
		cla_case_fail(c, r, sig->cert_at, NULL, CLA_STR_NONE, CLA_STR_NONE);
}

void cla_proof_cert_dates(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig,
			  const struct cla_time *when)
{
	struct cla_time from, to;
	char from_text[CLA_TIME_TEXT], to_text[CLA_TIME_TEXT], when_text[CLA_TIME_TEXT];

	if (!sig->cert)
		return;
	if (!when) {
		cla_case_unknown(c, r, sig->cert_at, CLA_STR("dhEmi"));
		return;
	}
	from = cla_cert_not_before(sig->cert);
	to = cla_cert_not_after(sig->cert);
	if (cla_time_cmp(*when, from) >= 0 && cla_time_cmp(*when, to) <= 0)
		return;
	cla_case_fail(c, r, sig->cert_at, NULL,
		      cla_case_text(c, "%s/%s", cla_time_format(from, from_text),
				    cla_time_format(to, to_text)),
		      cla_str_from(cla_time_format(*when, when_text)));
}

void cla_proof_cert_usage(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig)
{
	if (sig->cert && !cla_cert_may_sign(sig->cert))
		cla_case_fail(c, r, sig->cert_at, NULL, CLA_STR("digitalSignature"), CLA_STR_NONE);
}

void cla_proof_cert_authority(struct cla_case *c, const struct cla_rule *r,
			      const struct cla_dsig *sig)
{
	if (sig->cert && cla_cert_is_ca(sig->cert))
		cla_case_fail(c, r, sig->cert_at, NULL, CLA_STR_NONE,
			      cla_cert_subject_line(sig->cert));
}

/* Whom an ICP-Brasil certificate is made out to: CNPJ of a company (otherName 2.16.76.1.3.3), CPF
 * of a person (in 2.16.76.1.3.1 behind the eight digits of the birth date), else what follows the
 * colon of the common name. */
static struct cla_str cert_owner(const struct cla_cert *cert)
{
	struct cla_str company = cla_str_trim(cla_cert_other_name(cert, "2.16.76.1.3.3"));
	struct cla_str person = cla_str_sub(cla_cert_other_name(cert, "2.16.76.1.3.1"), 8, 11);
	struct cla_str cn = cla_cert_subject(cert, "2.5.4.3"), tail;
	size_t at = cn.len;

	if (company.len == 14)
		return company;
	if (cla_cpf_valid(person))
		return person;
	while (at && cn.ptr[at - 1] != ':')
		at--;
	if (!at)
		return CLA_STR_NONE;
	tail = cla_str_trim(cla_str_sub(cn, at, cn.len));
	return tail.len == 14 || tail.len == 11 ? tail : CLA_STR_NONE;
}

void cla_proof_cert_nameless(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_dsig *sig)
{
	if (sig->cert && cla_str_absent(cert_owner(sig->cert)))
		cla_case_fail(c, r, sig->cert_at, NULL, CLA_STR_NONE,
			      cla_cert_subject_line(sig->cert));
}

void cla_proof_cert_owner(struct cla_case *c, const struct cla_rule *r, const struct cla_dsig *sig,
			  struct cla_str due, enum cla_verdict severity)
{
	struct cla_str owner;

	if (!sig->cert)
		return;
	if (!due.len) {
		cla_case_unknown(c, r, sig->cert_at, CLA_STR("CNPJ"));
		return;
	}
	owner = cert_owner(sig->cert);
	if (!cla_str_absent(owner) && !cla_taxid_same(owner, due) &&
	    !cla_cnpj_same_base(owner, due))
		cla_case_report(c, r, severity, sig->cert_at, NULL, due, owner);
}
