/* bundle/write.h - a gathered month becomes a canonical tar, a statement about it and a signature.
 *
 * The archive's bytes are a function of the gathered evidence, the verdicts and matches handed in,
 * the cut-off and the salt key - of nothing else: no clock, no locale, no names of this machine.
 * Format: docs/FORMATS.md 1.
 *
 * Verdicts and matches come through hooks, so that this stage knows neither fiscal/ nor match/.
 */
#ifndef CLA_BUNDLE_WRITE_H
#define CLA_BUNDLE_WRITE_H

#include "bundle/gather.h"
#include "crypto/seal.h"
#include "model/finding.h"

struct cla_bundle_hooks {
	void *ctx;
	/* Verdicts on a file; *ret NULL when it is none that is judged (a picture, a PDF). Valid
	 * until the next call. */
	bool (*judge)(void *ctx, const struct cla_gathered_file *file,
		      const struct cla_judgement **ret, struct cla_err *err);
	/* The canonical `match` object of the expense with this index (order of
	 * cla_gather_expenses). */
	bool (*match)(void *ctx, size_t index, struct cla_buf *out, struct cla_err *err);
};

struct cla_bundle_opts {
	const char *dir; /* where the archive goes */
	uint64_t revision;
	struct cla_str salt_key;   /* 32 bytes */
	struct cla_str rules_json; /* data/rules.json */
};

#define CLA_BUNDLE_BASE 64 /* bytes of a base name with its NUL */

struct cla_bundle_made {
	char base[CLA_BUNDLE_BASE];
	char *path; /* of the archive; the caller frees */
	/* index: object that holds data/bundle.json */
	struct cla_digest sha256, root, rules, index;
	uint64_t size, tree_size;
	uint64_t transactions, reimbursements, documents;
	bool complete, open;
	struct cla_time cutoff;
};

/* "clara_mx_acme_2024-11_r0". */
CLA_USE bool cla_bundle_base(const struct cla_entity *entity, struct cla_month month,
			     uint64_t revision, char out[CLA_BUNDLE_BASE], struct cla_err *err);

/* Writes and syncs the archive under its final name. On failure nothing stays behind. */
CLA_USE bool cla_bundle_write(struct cla_gather *g, const struct cla_bundle_opts *opts,
			      const struct cla_bundle_hooks *hooks, struct cla_bundle_made *ret,
			      struct cla_err *err);

/* What the statement says beyond the archive. */
struct cla_statement_opts {
	uint64_t seq;
	const struct cla_issued *prev;	     /* the entity's last statement, NULL for the first */
	const struct cla_issued *supersedes; /* the month's earlier revision, NULL for r0 */
	const char *reason;		     /* of the new revision; NULL without one */
	uint64_t custody_n;
	struct cla_digest custody;
	const char *version; /* of the program */
};
CLA_USE bool cla_bundle_statement(struct cla_gather *g, const struct cla_bundle_made *made,
				  const struct cla_statement_opts *opts, struct cla_buf *out,
				  struct cla_err *err);

/* Writes <base>.statement.json, .statement.p7s and .seal.pem into each folder given
 * (NULL-terminated). The signature is appended to the empty buffer `cms` as well. */
CLA_USE bool cla_bundle_sign(const struct cla_bundle_made *made, struct cla_str statement,
			     const struct cla_seal *seal, struct cla_str seal_pem,
			     struct cla_time now, const char *const *dirs, struct cla_buf *cms,
			     struct cla_err *err);

#endif
