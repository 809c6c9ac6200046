/* cli/recap.h - what a run over many documents comes to, for the person who has to act on it.
 *
 * Counts by verdict, kind, rule (with its severity) and issuer, with an example for each rule. The memory is bounded:
 * beyond some thousands, issuers are no longer told apart.
 */
#ifndef CLA_CLI_RECAP_H
#define CLA_CLI_RECAP_H

#include "cli/cli.h"

struct cla_recap_rule {
	const char *rule, *code;
	const struct cla_text *text;
	enum cla_verdict severity;
	uint64_t documents, last; /* last: ordinal of the last document that was counted */
	char *example;		  /* file of the first */
	char *lacking;		  /* what could not be had there; NULL: it was */
};

struct cla_recap_issuer {
	char id[24];
	uint64_t documents, failed;
};

struct cla_recap {
	uint64_t documents;
	uint64_t by_verdict[CLA_VERDICT_FAIL + 1];
	uint64_t by_kind[CLA_DOC_DIAN + 1];
	struct cla_recap_rule *rules;
	size_t rule_count, rule_cap;
	struct cla_recap_issuer *issuers;
	size_t issuer_count, issuer_cap;
};

CLA_USE bool cla_recap_add(struct cla_recap *t, const char *path, const struct cla_document *d,
			   struct cla_err *err);
/* One line; of many documents a table as well. `brief`: not all was told of each. */
void cla_recap_print(struct cla_recap *t, const struct cla_cli *cli, bool brief);
void cla_recap_clear(struct cla_recap *t);

/* A rule that could not be checked names the input that it lacked as what it expected; its own text
 * tells of a violation, which is not known to be one. The rules about files (doc.…) say themselves
 * that something is not at hand. */
bool cla_lacks_input(const struct cla_finding *f);

#endif
