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
};

#define CLA_PLAN_PAGE_SIZE 100
#define CLA_PLAN_MAX_PAGES 10000

const char *cla_resource_name(enum cla_resource r); /* "transactions", "extracted-documents", … */

/* "/api/v3/transactions?…" (or /api-test). `uuid` for the resources of a transaction, `page` for
 * paged ones. */
CLA_USE bool cla_plan_target(const struct cla_entity *entity, enum cla_resource r,
			     struct cla_str uuid, struct cla_month month, uint64_t page,
			     struct cla_buf *out, struct cla_err *err);

/* Whether an address is of a size that a key is made for: 16 KiB, 64 parameters. */
bool cla_plan_fits(struct cla_str target_or_url);

/* Key of an API target, or of an absolute download URL. CLA_ERR_LIMIT when it does not fit. */
CLA_USE bool cla_plan_key(const struct cla_entity *entity, struct cla_str target_or_url,
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
