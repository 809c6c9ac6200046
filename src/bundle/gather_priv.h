/* bundle/gather_priv.h - the layout of a gathered month, shared by the files of bundle/.
 *
 * Tables of the temporary database:
 *	expense(uuid, kind, row, tip, folio, statement, amount, status)
 *	                                                one row an expense; `row` is the object of its bytes
 *	file(id, uuid, kind, role, object, size, name, format, capture, ext)
 *	absent(uuid, kind, role, reason, capture)
 *	answer(path, resource, object, size) and answer_capture(path, n)
 *	capture(n, json)                                lines of captures.jsonl
 *	missing(resource, uuid, reason)
 *	listing(resource, pages, received, uniq, first, last)   first and last NULL when the server did not say
 *	ref(resource, uuid, pan, holder, json)          cards, users, labels, groups, locations as facts.context shows them
 *	bill(uuid, start, end, currency, total, status, json) and bill_row(bill, uuid, …)
 *	                                                billing statements and their transactions
 *	tieout(uuid, result, json)                      entries of bundle.json's tieout
 *	gap(resource, uuid, reason, capture)            optional resources that could not be had
 */
#ifndef CLA_BUNDLE_GATHER_PRIV_H
#define CLA_BUNDLE_GATHER_PRIV_H

#include "bundle/gather.h"
#include "db/db.h"
#include "json/out.h"
#include "model/plan.h"

#define CLA_ANSWER_MAX (256u << 20) /* bytes of one API answer */

struct cla_gather {
	const struct cla_ctx *ctx;
	struct cla_store *store;
	const struct cla_entity *entity;
	struct cla_month month;
	char month_text[16];
	struct cla_time cutoff; /* as asked */
	struct cla_time latest; /* of the captures that count */
	struct cla_db *db;
	uint64_t missing;
};

CLA_USE bool cla_gather_note_capture(struct cla_gather *g, const struct cla_capture *c,
				     struct cla_err *err);
/* A member below data/api/. */
CLA_USE bool cla_gather_note_answer(struct cla_gather *g, const char *resource,
				    const struct cla_capture *c, struct cla_err *err);
CLA_USE bool cla_gather_note_absent(struct cla_gather *g, struct cla_str uuid, const char *role,
				    struct cla_str reason, uint64_t n, struct cla_err *err);

/* What bundle.json says of a list. */
struct cla_listed {
	uint64_t pages, received, unique;
	struct cla_page first, last; /* for their totals */
};
CLA_USE bool cla_gather_put_listing(struct cla_gather *g, const char *resource,
				    const struct cla_listed *l, struct cla_err *err);

/* ---- context.c: what an expense is seen against ------------------------------ */

/* Reads the reference lists of the month, before its rows. */
CLA_USE bool cla_gather_context(struct cla_gather *g, struct cla_err *err);
/* Notes what of an expense's context is not there. */
CLA_USE bool cla_gather_resolve(struct cla_gather *g, const struct cla_row *row,
				struct cla_str uuid, struct cla_err *err);
/* Writes the value of facts.context. */
CLA_USE bool cla_context_write(struct cla_gather *g, const struct cla_row *row,
			       struct cla_json_out *o, struct cla_err *err);
/* Keeps that something optional could not be had. */
CLA_USE bool cla_gather_note_gap(struct cla_gather *g, enum cla_resource resource,
				 struct cla_str uuid, struct cla_str reason, uint64_t capture,
				 struct cla_err *err);
/* One page list of the month, page by page; what is missing of it is noted as a gap. *whole: all of
 * it was there. `counts` may be NULL. */
typedef bool cla_gather_item_fn(struct cla_gather *g, const struct cla_json *item, void *ctx,
				bool *is_new, struct cla_err *err);
CLA_USE bool cla_gather_list(struct cla_gather *g, enum cla_resource resource, struct cla_str uuid,
			     cla_gather_item_fn *fn, void *ctx, struct cla_listed *counts,
			     bool *whole, struct cla_err *err);

/* ---- tieout.c: the billing statements ---------------------------------------- */

CLA_USE bool cla_gather_put_bill(struct cla_gather *g, const struct cla_json *node, bool *is_new,
				 struct cla_err *err);
/* Reads the statements that concern the month, after its rows, and compares them with these. */
CLA_USE bool cla_gather_statements(struct cla_gather *g, struct cla_err *err);

#endif
