/* bundle/gather_priv.h - the layout of a gathered month, shared by the files of bundle/.
 *
 * Tables of the temporary database:
 *	expense(uuid, kind, row, tip, folio)            one row an expense; `row` is the object of its bytes
 *	file(id, uuid, kind, role, object, size, name, format, capture, ext)
 *	absent(uuid, kind, role, reason, capture)
 *	answer(path, resource, object, size) and answer_capture(path, n)
 *	capture(n, json)                                lines of captures.jsonl
 *	missing(resource, uuid, reason)
 *	listing(resource, pages, received, uniq, first, last)   first and last NULL when the server did not say
 */
#ifndef CLA_BUNDLE_GATHER_PRIV_H
#define CLA_BUNDLE_GATHER_PRIV_H

#include "bundle/gather.h"
#include "db/db.h"

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

#endif
