/* model/plan.h - which resource is asked for, under which address, and which name the store keeps
 * it by.
 *
 * Collecting and bundling share this plan, so that what the bundle expects is what the collector
 * asked for. An address is path and query; a key is method, host, path and sorted query without
 * signed or volatile parameters.
 */
#ifndef CLA_MODEL_PLAN_H
#define CLA_MODEL_PLAN_H

#include "base/buf.h"
#include "model/api.h"
#include "model/entity.h"

enum cla_resource {
	CLA_RES_TRANSACTIONS,
	CLA_RES_REIMBURSEMENTS,
	CLA_RES_DOCUMENTS, /* of a transaction */
	CLA_RES_INVOICES,  /* of a transaction, Mexico only */
	CLA_RES_EXTRACTED, /* of a transaction, paged */
	CLA_RES_DOWNLOAD,
	CLA_RES_TOKEN,
	CLA_RES_TRANSACTION, /* one row by itself: what is not final is read again */
	CLA_RES_ATTACHMENT,  /* a file's bytes as base64, where its link leads nowhere */
	/* What the evidence of an expense shows of its surroundings, and what the population is
	 * compared with. Optional: a gap here is a finding, never incompleteness. */
	CLA_RES_STATEMENTS,
	CLA_RES_STATEMENT,
	CLA_RES_STATEMENT_ROWS, /* of a statement, paged */
	CLA_RES_CARDS,
	CLA_RES_USERS,
	CLA_RES_LABELS,
	CLA_RES_GROUPS,
	CLA_RES_LOCATIONS,
	CLA_RES_DIGITAL, /* movements of the digital account, Brazil only */
	CLA_RES_COUNT,
};

#define CLA_PLAN_PAGE_SIZE 100
#define CLA_PLAN_MAX_PAGES 10000

const char *cla_resource_name(enum cla_resource r); /* "transactions", "extracted-documents", … */

/* Whether it is one of those that belong to a month as a whole, not to an expense. What the API
 * says of them today is no evidence about a month long closed: the store keeps them by month. */
bool cla_resource_is_context(enum cla_resource r);
/* The lists among them that are asked for in this country, one after the other from `i` = 0;
 * CLA_RES_COUNT behind the last. */
enum cla_resource cla_plan_context_list(const struct cla_entity *entity, size_t i);
/* Whether a statement concerns the month: its period (absent ends are open) touches it. */
bool cla_plan_statement_touches(struct cla_str start, struct cla_str end, struct cla_month month);

/* "/api/v3/transactions?…" (or /api-test). `uuid` for the resources of a transaction, statement or
 * attachment, `page` for paged ones. */
CLA_USE bool cla_plan_target(const struct cla_entity *entity, enum cla_resource r,
			     struct cla_str uuid, struct cla_month month, uint64_t page,
			     struct cla_buf *out, struct cla_err *err);

/* Whether an address is of a size that a key is made for: 16 KiB, 64 parameters. */
bool cla_plan_fits(struct cla_str target_or_url);

/* Key of an API target, or of an absolute download URL. CLA_ERR_LIMIT when it does not fit. */
CLA_USE bool cla_plan_key(const struct cla_entity *entity, struct cla_str target_or_url,
			  struct cla_buf *out, struct cla_err *err);

/* The same for any resource: those of the context are kept by month. */
CLA_USE bool cla_plan_month_key(const struct cla_entity *entity, enum cla_resource r,
				struct cla_month month, struct cla_str target_or_url,
				struct cla_buf *out, struct cla_err *err);

/* What a capture may show of it: scheme, host and path ("replay:" for recorded answers), and the
 * sorted names of the query's parameters joined by ','. */
CLA_USE bool cla_plan_shown(const struct cla_entity *entity, struct cla_str target_or_url,
			    struct cla_buf *url, struct cla_buf *query_keys, struct cla_err *err);

/* Whether a row's sub-resource is asked for. */
enum cla_ask {
	CLA_ASK_YES,
	CLA_ASK_FLAG_FALSE,
	CLA_ASK_NOT_IN_COUNTRY,
};
enum cla_ask cla_plan_ask(const struct cla_entity *entity, const struct cla_row *row,
			  enum cla_resource r);

#endif
