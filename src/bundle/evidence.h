/* bundle/evidence.h - the evidence.json of one expense: the leaf of the tree (private to bundle/).
 */
#ifndef CLA_BUNDLE_EVIDENCE_H
#define CLA_BUNDLE_EVIDENCE_H

#include "bundle/gather_priv.h"
#include "bundle/write.h"

/* What the writer learns beside the bytes. */
struct cla_evidence {
	enum cla_verdict verdict; /* worst of its documents */
	uint64_t documents;	  /* files of the roles cfdi, nfe, event, attachment, receipt */
};

/* "data/tx/<uuid>/" or "data/reimbursement/<uuid>/". */
#define CLA_EXPENSE_DIR 80
void cla_expense_dir(enum cla_expense_kind kind, struct cla_str uuid, char out[CLA_EXPENSE_DIR]);

/* Each distinct file of the expense, in the order of its member names; `first` tells the first
 * entry of a member. */
typedef bool cla_evidence_file_fn(void *ctx, const char *path, const struct cla_gathered_file *file,
				  const struct cla_judgement *judgement, bool first,
				  struct cla_err *err);

/* Appends the canonical JSON to `out` and calls `file` for each entry of `documents`. */
CLA_USE bool cla_evidence_build(struct cla_gather *g, size_t index, const struct cla_row *row,
				struct cla_str uuid, struct cla_str salt_key,
				const struct cla_bundle_hooks *hooks, cla_evidence_file_fn *file,
				void *file_ctx, struct cla_buf *out, struct cla_evidence *ret,
				struct cla_err *err);

/* Role of a file that hangs behind a link, by what the judge found in it. */
const char *cla_evidence_role(enum cla_expense_kind kind, const struct cla_judgement *judgement);

#endif
