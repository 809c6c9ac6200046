/* fiscal/rule.h - the frame that rules hang on (private to fiscal/).
 *
 * A rule is one row of a table and one function. The function looks at one parsed document and
 * reports; the frame turns what it reports into findings and sets the check. A row is found by its
 * id; ids and codes never change meaning.
 *
 *	static void total_adds_up(struct cla_case *c, const struct cla_rule *r)
 *	{ … cla_case_fail(c, r, el, "Total", expected, found); }
 *
 *	static const struct cla_rule rules[] = {
 *		{ "cfdi.total", "CFDI40119", CLA_CHECK_TOTALS, CLA_VERDICT_FAIL,
 *		  "2022-01-01", NULL, total_adds_up, {{…}} },
 *	};
 */
#ifndef CLA_FISCAL_RULE_H
#define CLA_FISCAL_RULE_H

#include "fiscal/judge.h"
#include "xml/doc.h"

struct cla_rule;

/* A rule in the version before: its id, and its code there (NULL: none). */
struct cla_old_code {
	const char *rule, *code;
};

/* The rules that hold for a version before, as a name and a list. */
struct cla_old_table {
	const char *name;
	const struct cla_old_code *codes;
	const size_t *count;
};
extern const struct cla_old_table cla_old_tables[]; /* cfdi33.c */
extern const size_t cla_old_table_count;

/* One document under judgement. */
struct cla_case {
	struct cla_judge *judge;
	struct cla_judgement *judgement;
	struct cla_document *document;
	const struct cla_xml_doc *doc;
	const struct cla_xml *root; /* of this document within the file */
	struct cla_time now;
	uint64_t memory; /* that the file and its tree take, estimated (xml/scan.h) */
	bool several;	 /* documents follow each other in the file, without a common root */
	bool packed;	 /* the document comes out of another, in which it was packed */
	size_t room;	 /* bytes that may still be unpacked */
	void *facts;	 /* what the kind's module has read; typed there */
	/* Set for a document of the version before: only these rules hold, with these codes. */
	const struct cla_old_code *old_codes;
	size_t old_code_count;
	bool oom;    /* a finding could not be kept: the judgement fails as an error */
	bool failed; /* an internal fault, told in *err: likewise */
	struct cla_err *err;
};

typedef void cla_rule_fn(struct cla_case *c, const struct cla_rule *rule);

struct cla_rule {
	const char *id;
	const char *code; /* NULL when the authority has none */
	enum cla_check check;
	enum cla_verdict severity; /* of a violation: WARN or FAIL */
	const char *since, *until; /* YYYY-MM-DD of the document's issue date; NULL: open */
	cla_rule_fn *fn; /* NULL: reported by another step (schema, parser), listed for its texts */
	struct cla_text text;
};

/* Runs the rules of a table that are in force at the document's issue date. Each check that had a
 * rule run and no finding becomes pass. */
void cla_rules_run(struct cla_case *c, const struct cla_rule *rules, size_t count);

#define CLA_MAX_FINDINGS 200

/* Reports. `el` may be NULL, `attr` too; expected and found may be absent. At most 200 findings are
 * kept a document (one more says that there are others). */
void cla_case_fail(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		   const char *attr, struct cla_str expected,
		   struct cla_str found); /* with the rule's severity */
void cla_case_report(struct cla_case *c, const struct cla_rule *r, enum cla_verdict severity,
		     const struct cla_xml *el, const char *attr, struct cla_str expected,
		     struct cla_str found);
/* `unknown`: `what` names the missing input. */
void cla_case_unknown(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		      struct cla_str what);
/* Marks a check as pass unless it is worse already: for steps that are not rules. */
void cla_case_pass(struct cla_case *c, enum cla_check check);

/* Every table of the program, for rules.json and lookups by id. */
struct cla_rule_table {
	const char *name;
	const struct cla_rule *rules;
	size_t count;
};
extern const struct cla_rule_table cla_common_rules, cla_nfe_rules, cla_dfe_rules, cla_dian_rules,
	cla_nfe_header_rules, cla_nfe_code_rules, cla_nfe_consumer_rules, cla_nfe_reform_rules,
	cla_nfe_tax_rules, cla_nfe_payment_rules, cla_nfe_qr_rules, cla_related_rules,
	cla_proof_rules;
extern const struct cla_rule_table cla_cfdi_rules, cla_cfdi_seal_rules, cla_cfdi_total_rules,
	cla_cfdi_catalog_rules, cla_cfdi_form_rules, cla_cfdi_line_rules, cla_cfdi_complement_rules,
	cla_retenciones_rules, cla_pagos_rules, cla_nomina_rules;
extern const struct cla_rule_table *const cla_rule_tables[];
extern const size_t cla_rule_table_count;

/* The kinds' entry points: fill c->document and run the rules. */
void cla_cfdi_judge(struct cla_case *c);	/* root is cfdi:Comprobante of any version */
void cla_retenciones_judge(struct cla_case *c); /* root is retenciones:Retenciones */
void cla_nfe_judge(struct cla_case *c);		/* root is nfeProc or NFe */
void cla_nfe_event_judge(struct cla_case *c);	/* root is procEventoNFe, evento */
/* root is of CT-e, MDF-e, NFS-e or an event of them, alone or in a wrapper, or voids numbers */
void cla_dfe_judge(struct cla_case *c);
bool cla_dfe_is_voiding(
	const struct cla_xml *root);	 /* numbers of NF-e or CT-e that were not used */
void cla_dian_judge(struct cla_case *c); /* root is AttachedDocument or one of what it holds */

/* What the judge lends to them. */
struct cla_schemas *cla_judge_schemas(struct cla_judge *judge);
const struct cla_efos *cla_judge_efos(const struct cla_judge *judge); /* NULL: not at hand */
const struct cla_xml_limits *cla_judge_limits(const struct cla_judge *judge);
struct cla_dec cla_judge_tolerance(const struct cla_judge *judge); /* of amounts of NF-e */
struct cla_cert;
/* Decoded once per judge and kept (bounded); NULL when the bytes are no certificate. */
const struct cla_cert *cla_judge_cert(struct cla_judge *judge, struct cla_str der);
/* Among the added certificates, by SAT serial (20 digits); NULL when not known. Marks it as used by
 * the document. */
const struct cla_cert *cla_judge_known_cert(struct cla_case *c, struct cla_str serial);

/* Whether added certificates lead from `cert` to a root of that country (subject attribute C) among
 * them; those of the chain are marked as used, or where it is broken the roots. */
enum cla_trust {
	CLA_TRUST_UNASKED, /* there is no such root */
	CLA_TRUST_HOLDS,
	CLA_TRUST_BROKEN,
};
enum cla_trust cla_judge_trust(struct cla_case *c, const struct cla_cert *cert,
			       const char *country);

/* Validates an element as a root against an embedded schema and reports each issue under `rule`.
 * The elements of leave_out are treated as not there. Returns the verdict; an unknown schema name
 * is `unknown`. */
enum cla_verdict cla_case_schema(struct cla_case *c, const struct cla_rule *rule,
				 const char *schema, const struct cla_xml *el,
				 const struct cla_xml *const *leave_out, size_t leave_out_count);

/* An internal fault on the way: the whole judgement fails with this error. */
void cla_case_error(struct cla_case *c, const struct cla_err *err);

/* A copy in the judgement's arena; of absent, absent. */
struct cla_str cla_case_keep(struct cla_case *c, struct cla_str s);
/* A text formatted there. */
struct cla_str cla_case_text(struct cla_case *c, const char *fmt, ...) CLA_PRINTF(2, 3);

#endif
