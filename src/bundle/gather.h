/* bundle/gather.h - all that counts for one entity and month at a cut-off, laid out for matching
 * and writing.
 *
 * Reads only the store: the month's listing, then for each row what its flags announce, then the
 * files behind links. The result is a pure function of the captures up to the cut-off. What was
 * announced and is not there is listed as missing with its reason. The layout is kept in a
 * temporary database on disk, so that memory does not grow with the month; after a failure the
 * gathered month can only be freed.
 */
#ifndef CLA_BUNDLE_GATHER_H
#define CLA_BUNDLE_GATHER_H

#include "base/arena.h"
#include "model/api.h"
#include "model/capture.h"
#include "model/entity.h"
#include "store/store.h"

struct cla_gather;

/* `cutoff` with sec INT64_MAX: everything held; cla_gather_cutoff() then says what it comes to. */
CLA_USE bool cla_gather_month(const struct cla_ctx *ctx, struct cla_store *store,
			      const struct cla_entity *entity, struct cla_month month,
			      struct cla_time cutoff, struct cla_gather **ret, struct cla_err *err);
void cla_gather_free(struct cla_gather *g);
static inline void cla_gather_freep(struct cla_gather **g)
{
	cla_gather_free(*g);
	*g = NULL;
}
#define cla_auto_gather CLA_CLEANUP(cla_gather_freep)

struct cla_time cla_gather_cutoff(const struct cla_gather *g); /* whole seconds */
uint64_t cla_gather_missing_count(const struct cla_gather *g);
/* Identity of the evidence: equal captures and placements give an equal digest, whatever rules or
 * program judge it. */
CLA_USE bool cla_gather_evidence(struct cla_gather *g, struct cla_digest *ret, struct cla_err *err);

/* A file of an expense. Roles are given later, by what the content turns out to be. */
struct cla_gathered_file {
	int64_t id;
	struct cla_str expense; /* uuid, lower case */
	enum cla_expense_kind kind;
	const char *
		role; /* transaction, reimbursement, invoice, extracted; "" for a file behind a link or imported */
	struct cla_digest object;
	uint64_t size;
	struct cla_str name;   /* original name; absent when there is none */
	struct cla_str format; /* as the API claims; absent when it does not */
	struct cla_str ext;    /* by content: xml pdf jpg png zip json html txt bin */
	uint64_t capture;      /* n; 0 for an imported file */
};
typedef bool cla_gather_file_fn(void *ctx, const struct cla_gathered_file *file,
				struct cla_err *err);
/* All files of the month without a fixed role, by object: equal bytes follow one another. `fn` may
 * give the file at hand its role. */
CLA_USE bool cla_gather_files(struct cla_gather *g, cla_gather_file_fn *fn, void *ctx,
			      struct cla_err *err);
/* The role that a file goes into the bundle with. */
CLA_USE bool cla_gather_set_role(struct cla_gather *g, int64_t id, const char *role,
				 struct cla_err *err);
/* Puts an imported file beside an expense. */
CLA_USE bool cla_gather_place(struct cla_gather *g, struct cla_str uuid,
			      const struct cla_digest *object, uint64_t size, struct cla_str name,
			      const char *role, struct cla_err *err);

/* What extracted documents claim of an expense; absent when they do not. */
struct cla_claims {
	struct cla_str tip, folio_fiscal;
};
/* Expenses in order of uuid; `row` is read from the stored bytes and valid during the call. */
typedef bool cla_gather_expense_fn(void *ctx, size_t index, const struct cla_row *row,
				   struct cla_str uuid, const struct cla_claims *claims,
				   struct cla_err *err);
CLA_USE bool cla_gather_expenses(struct cla_gather *g, cla_gather_expense_fn *fn, void *ctx,
				 struct cla_err *err);
/* One of them, by its uuid; `index` is 0 then. CLA_ERR_NOT_FOUND when there is none. */
CLA_USE bool cla_gather_expense(struct cla_gather *g, struct cla_str uuid,
				cla_gather_expense_fn *fn, void *ctx, struct cla_err *err);

/* The missing, sorted by resource, uuid, reason. uuid absent for a listing. */
typedef bool cla_gather_missing_fn(void *ctx, struct cla_str resource, struct cla_str uuid,
				   struct cla_str reason, struct cla_err *err);
CLA_USE bool cla_gather_each_missing(struct cla_gather *g, cla_gather_missing_fn *fn, void *ctx,
				     struct cla_err *err);

/* What is worth a word without making the month incomplete: "not-had" (an optional resource, why),
 * "statement-differs" and "statement-unknown" (see bundle.json's tieout). uuid absent for a list. */
typedef bool cla_gather_finding_fn(void *ctx, struct cla_str what, struct cla_str resource,
				   struct cla_str uuid, struct cla_str reason, struct cla_err *err);
CLA_USE bool cla_gather_each_finding(struct cla_gather *g, cla_gather_finding_fn *fn, void *ctx,
				     struct cla_err *err);

/* How each list of the month was received, by its name: pages, rows, different ones, and what the first
 * and the last page said there are (digits, absent when they did not). */
struct cla_gathered_list {
	struct cla_str resource, total_first, total_last;
	uint64_t pages, received, unique;
};
typedef bool cla_gather_list_fn(void *ctx, const struct cla_gathered_list *list,
				struct cla_err *err);
CLA_USE bool cla_gather_each_list(struct cla_gather *g, cla_gather_list_fn *fn, void *ctx,
				  struct cla_err *err);

#endif
