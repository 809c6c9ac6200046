/* clara/collect.h - brings home what Clara holds for a month of one entity.
 *
 * All pages of the month's transactions and reimbursements, per transaction what its flags announce
 * (documents, invoices, extracted documents), every file behind a download link, and what the month
 * is seen against: billing statements with their transactions, cards, users, labels, groups,
 * locations, in Brazil the digital account. Requests run concurrently and by dependency: a detail
 * starts when its page is in, a download when its detail is in. Every attempt is journalled; answers and files become objects of the store. Nothing that
 * the store already holds is downloaded again: the listing is always walked anew (rows are cheap),
 * a sub-resource is asked again only when its row's bytes changed, the row is not final and
 * announces something not held, or the last attempt failed; a file is downloaded once per
 * attachment.
 *
 * What could not be had is a result (missing), not an error. err is for: credentials refused
 * (CLA_ERR_AUTH), nothing usable and the remote gone (CLA_ERR_REMOTE), local trouble (CLA_ERR_DISK,
 * CLA_ERR_IO), a stop (CLA_ERR_INTERRUPTED). After an error everything flushed so far is kept and a
 * later run goes on from there.
 */
#ifndef CLA_CLARA_COLLECT_H
#define CLA_CLARA_COLLECT_H

#include "base/ctx.h"
#include "clara/tokens.h"
#include "model/entity.h"
#include "store/store.h"

enum cla_remark {
	/* an optional resource that could not be had, counted in `gaps` */
	CLA_REMARK_NOT_HAD,
	/* A listing that had to be walked again, because of: "total-changed" from page to page,
	 * "count-differs" from the server's total, "repeated-page", "empty-pages", "endless-pages",
	 * "wrong-page", or "rows-changed" since it was walked before. */
	CLA_REMARK_MOVED,
};

struct cla_collect_opts {
	struct cla_month month;
	/* Recorded answers go there as well, without credentials or signed queries; or NULL. */
	const char *record_dir;
	bool dry_run; /* list only, and count the calls that a run would make */
	/* 0: no bound. Beyond it the rest is missing with reason "call-budget". */
	uint64_t max_calls;
	unsigned retry_base_ms, idle_timeout_s; /* 0: 500 and 30 */
	struct cla_tokens *tokens; /* clara/tokens.h: shared with other collections; may be NULL */
	bool proxied;		   /* https_proxy, HTTPS_PROXY, all_proxy or ALL_PROXY is set */
	/* Called for each thing counted in `missing`; uuid is "" for a listing. May be NULL. */
	void (*missing)(void *ctx, struct cla_str resource, const char *uuid, const char *reason);
	void *missing_ctx;
	/* Called for what is worth a word though nothing is missing for it: */
	void (*remarked)(void *ctx, enum cla_remark what, struct cla_str resource, const char *uuid,
			 const char *reason);
	void *remarked_ctx;
	/* Called for each downloaded file once it lies in the store, perhaps not yet durable, with
	 * its first CLA_MEDIA_PREFIX bytes. An error ends the run. May be NULL. */
	bool (*arrived)(void *ctx, const struct cla_digest *object, struct cla_str start,
			struct cla_err *err);
	void *arrived_ctx;
};

struct cla_collect_result {
	uint64_t rows, reimbursements; /* received, unique */
	uint64_t new_rows, changed_rows;
	uint64_t documents;  /* files behind download links, now held */
	uint64_t downloads;  /* made by this run */
	uint64_t calls;	     /* requests made, retries and token included */
	uint64_t would_call; /* dry run */
	uint64_t missing;    /* resources that could not be had */
	uint64_t gaps;	     /* optional ones: a finding, not incompleteness */
	uint64_t bytes;	     /* received */
};

CLA_USE bool cla_collect(const struct cla_ctx *ctx, struct cla_store *store,
			 const struct cla_entity *entity, const struct cla_collect_opts *opts,
			 struct cla_collect_result *ret, struct cla_err *err);

#endif
