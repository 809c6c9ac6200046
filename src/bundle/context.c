/* bundle/context.c - card, holder, labels, statement and approval of an expense, out of the reference
 * lists that the month holds.
 *
 * What a list says wins over what the row says of the same thing; where the list is not there, the
 * row's own words stand, and `absent` names the reason.
 */
#include "bundle/gather_priv.h"

#include "model/context.h"
#include "model/id/taxid.h"

#define MAX_JSON (1u << 20) /* of one card, user, label */

bool cla_gather_note_gap(struct cla_gather *g, enum cla_resource resource, struct cla_str uuid,
			 struct cla_str reason, uint64_t capture, struct cla_err *err)
{
	struct cla_db_stmt *stmt;

	if (!cla_db_once(
		    g->db,
		    "INSERT OR IGNORE INTO gap(resource, uuid, reason, capture) VALUES(?,?,?,?)",
		    &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, resource);
	cla_db_bind_str(stmt, 2, uuid);
	cla_db_bind_str(stmt, 3, reason);
	cla_db_bind_int(stmt, 4, (int64_t)capture);
	return cla_db_run(stmt, err);
}

/* ---- lists ------------------------------------------------------------------- */

/* Why a list could not be had; `reason` stays empty when it could. */
static bool find_gap(struct cla_gather *g, enum cla_resource resource, struct cla_buf *reason,
		     uint64_t *capture, struct cla_err *err)
{
	struct cla_db_stmt *stmt;
	bool found;

	if (!cla_db_once(g->db, "SELECT reason, capture FROM gap WHERE resource=? AND uuid=''",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, resource);
	if (!cla_db_step(stmt, &found, err))
		return false;
	if (found) {
		cla_buf_add(reason, cla_db_str(stmt, 0));
		*capture = (uint64_t)cla_db_int(stmt, 1);
	}
	cla_db_reset(stmt);
	return cla_buf_ok(reason, err);
}

/* The attempt that a list ended with: the page behind those that are there. */
static bool note_failed_page(struct cla_gather *g, enum cla_resource resource, struct cla_str uuid,
			     uint64_t page, struct cla_str reason, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096), key = CLA_BUF_INIT(65536);
	struct cla_capture c;
	bool found;

	if (!cla_plan_target(g->entity, resource, uuid, g->month, page, &target, err) ||
	    !cla_plan_month_key(g->entity, resource, g->month, cla_buf_str(&target), &key, err) ||
	    !cla_store_current(g->store, cla_str_from(g->entity->name), cla_buf_str(&key),
			       g->cutoff, &arena, &c, &found, err))
		return false;
	found = found && !cla_str_absent(c.reason);
	if (found && !cla_gather_note_capture(g, &c, err))
		return false;
	return cla_gather_note_gap(g, resource, uuid, found ? c.reason : reason, found ? c.n : 0,
				   err);
}

static bool one_page(struct cla_gather *g, enum cla_resource resource, struct cla_str key,
		     cla_gather_item_fn *fn, void *ctx, struct cla_listed *l, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(CLA_ANSWER_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	const char *name = cla_resource_name(resource);
	struct cla_capture c;
	bool found;

	if (!cla_store_current(g->store, cla_str_from(g->entity->name), key, g->cutoff, &arena, &c,
			       &found, err))
		return false;
	if (!found || !cla_str_absent(c.reason))
		return true;
	if (!cla_gather_note_capture(g, &c, err) || !cla_gather_note_answer(g, name, &c, err) ||
	    !cla_store_get(g->store, &c.stored_sha256, &body, err) ||
	    !cla_json_parse(cla_buf_str(&body), &doc, err))
		return false;
	cla_page_read(cla_json_root(doc), name, &l->last);
	if (!l->pages++)
		l->first = l->last;
	for (const struct cla_json *n = cla_json_first(l->last.items); n; n = cla_json_next(n)) {
		bool is_new = false;
		l->received++;
		if (!fn(g, n, ctx, &is_new, err))
			return false;
		l->unique += is_new;
	}
	return true;
}

bool cla_gather_list(struct cla_gather *g, enum cla_resource resource, struct cla_str uuid,
		     cla_gather_item_fn *fn, void *ctx, struct cla_listed *counts, bool *whole,
		     struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf name = CLA_BUF_INIT(128);
	struct cla_listed own = { 0 }, *l = counts ? counts : &own;
	struct cla_listing listing;

	cla_buf_addf(&name, "%s%s" CLA_STR_FMT, cla_resource_name(resource), uuid.len ? "/" : "",
		     CLA_STR_ARG(uuid));
	if (!cla_buf_ok(&name, err) ||
	    !cla_store_get_listing(g->store, cla_str_from(g->entity->name),
				   cla_str_from(g->month_text), cla_buf_str(&name), g->cutoff,
				   &arena, &listing, err))
		return false;
	*whole = listing.found && listing.complete;
	if (!listing.found)
		return cla_gather_note_gap(g, resource, uuid, CLA_STR("not-asked"), 0, err);
	for (size_t i = 0; i < listing.count; i++)
		if (!one_page(g, resource, listing.keys[i], fn, ctx, l, err))
			return cla_err_wrap(err, "page %zu of %s", i, cla_buf_cstr(&name));
	return listing.complete ||
	       note_failed_page(g, resource, uuid, listing.count, listing.reason, err);
}

/* The last four digits, by which a charge may name its card. */
static struct cla_str last_four(struct cla_str pan)
{
	struct cla_str end = cla_str_sub(pan, pan.len < 4 ? 0 : pan.len - 4, pan.len);

	for (size_t i = 0; i < end.len; i++)
		if (end.ptr[i] < '0' || end.ptr[i] > '9')
			return CLA_STR_NONE;
	return end.len == 4 ? end : CLA_STR_NONE;
}

static bool put_ref(struct cla_gather *g, enum cla_resource resource, struct cla_str key,
		    struct cla_str pan, struct cla_str holder, struct cla_str json, bool *is_new,
		    struct cla_err *err)
{
	struct cla_db_stmt *stmt;

	if (!cla_db_once(g->db,
			 "INSERT OR IGNORE INTO ref(resource, uuid, pan, holder, json)"
			 " VALUES(?,?,?,?,?)",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, resource);
	cla_db_bind_str(stmt, 2, key);
	cla_db_bind_str(stmt, 3, pan);
	cla_db_bind_str(stmt, 4, holder);
	cla_db_bind_str(stmt, 5, json);
	if (!cla_db_run(stmt, err))
		return false;
	*is_new = cla_db_changes(g->db) > 0;
	return true;
}

static void write_item(struct cla_json_out *o, enum cla_resource resource,
		       const struct cla_json *item)
{
	cla_auto_buf struct cla_buf space = CLA_BUF_INIT(4096);
	struct cla_card card;
	struct cla_person person;
	struct cla_named named;

	switch (resource) {
	case CLA_RES_CARDS:
		cla_card_read(item, &card);
		cla_card_write(o, &card);
		break;
	case CLA_RES_USERS:
		cla_person_read(item, &space, &person);
		cla_person_write(o, &person);
		break;
	default:
		cla_named_read(item, &named);
		cla_named_write(o, &named);
	}
}

struct reading {
	enum cla_resource resource;
};

static bool take_item(struct cla_gather *g, const struct cla_json *item, void *ctx, bool *is_new,
		      struct cla_err *err)
{
	const struct reading *r = ctx;
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(MAX_JSON);
	struct cla_json_out o;
	struct cla_card card = { .masked_pan = CLA_STR_NONE, .holder = CLA_STR_NONE };
	char uuid[37], holder[37];

	if (r->resource == CLA_RES_STATEMENTS)
		return cla_gather_put_bill(g, item, is_new, err);
	if (r->resource == CLA_RES_DIGITAL) /* counted; nothing refers to it */
		return put_ref(g, r->resource, cla_json_text(cla_json_get(item, "id")),
			       CLA_STR_NONE, CLA_STR_NONE, CLA_STR_NONE, is_new, err);
	if (!cla_uuid_lower(cla_json_string(cla_json_get(item, "uuid")), uuid))
		return true;
	if (r->resource == CLA_RES_CARDS)
		cla_card_read(item, &card);
	cla_json_out_begin(&o, &json);
	write_item(&o, r->resource, item);
	return cla_json_out_end(&o, err) &&
	       put_ref(g, r->resource, cla_str_from(uuid), last_four(card.masked_pan),
		       cla_uuid_lower(card.holder, holder) ? cla_str_from(holder) : CLA_STR_NONE,
		       cla_buf_str(&json), is_new, err);
}

bool cla_gather_context(struct cla_gather *g, struct cla_err *err)
{
	struct reading r;

	for (size_t i = 0; (r.resource = cla_plan_context_list(g->entity, i)) != CLA_RES_COUNT;
	     i++) {
		struct cla_listed counts = { 0 };
		bool whole;

		if (!cla_gather_list(g, r.resource, CLA_STR(""), take_item, &r, &counts, &whole,
				     err) ||
		    !cla_gather_put_listing(g, cla_resource_name(r.resource), &counts, err))
			return cla_err_wrap(err, "reading %s", cla_resource_name(r.resource));
	}
	return true;
}

/* ---- what an expense refers to ----------------------------------------------- */

/* What a search brought, if anything, into `json`. */
static bool take_found(struct cla_db_stmt *stmt, int column, struct cla_buf *json,
		       struct cla_err *err)
{
	bool found;

	if (!cla_db_step(stmt, &found, err))
		return false;
	if (found && !cla_db_is_null(stmt, column))
		cla_buf_add(json, cla_db_str(stmt, column));
	cla_db_reset(stmt);
	return cla_buf_ok(json, err);
}

/* `json` stays empty when the lists do not have it. */
static bool find_ref(struct cla_gather *g, enum cla_resource resource, struct cla_str uuid,
		     struct cla_buf *json, struct cla_err *err)
{
	struct cla_db_stmt *stmt;
	char lower[37];

	if (cla_str_absent(uuid) || !cla_uuid_lower(uuid, lower))
		return true;
	if (!cla_db_once(g->db, "SELECT json FROM ref WHERE resource=? AND uuid=?", &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, resource);
	cla_db_bind_str(stmt, 2, cla_str_from(lower));
	return take_found(stmt, 0, json, err);
}

/* By its last four digits, where one card only has them, or of several one only has this holder. */
static bool find_pan(struct cla_gather *g, struct cla_str pan, struct cla_str holder,
		     struct cla_buf *json, struct cla_err *err)
{
	struct cla_str end = last_four(pan);
	struct cla_db_stmt *stmt;
	char lower[37];

	if (cla_str_absent(end))
		return true;
	if (!cla_db_once(g->db,
			 "SELECT CASE WHEN COUNT(*)=1 THEN MIN(json) WHEN SUM(holder=?3)=1 THEN"
			 " MIN(CASE WHEN holder=?3 THEN json END) END FROM ref WHERE resource=?1"
			 " AND pan=?2",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, CLA_RES_CARDS);
	cla_db_bind_str(stmt, 2, end);
	cla_db_bind_str(stmt, 3,
			cla_uuid_lower(holder, lower) ? cla_str_from(lower) : CLA_STR_NONE);
	return take_found(stmt, 0, json, err);
}

static bool find_card(struct cla_gather *g, const struct cla_row *row, struct cla_buf *json,
		      struct cla_err *err)
{
	return cla_str_absent(row->card_uuid)
		       ? find_pan(g, row->masked_pan, row->user_uuid, json, err)
		       : find_ref(g, CLA_RES_CARDS, row->card_uuid, json, err);
}

static bool find_bill(struct cla_gather *g, struct cla_str uuid, struct cla_buf *json,
		      struct cla_err *err)
{
	struct cla_db_stmt *stmt;
	char lower[37];

	if (cla_str_absent(uuid) || !cla_uuid_lower(uuid, lower))
		return true;
	if (!cla_db_once(g->db, "SELECT json FROM bill WHERE uuid=?", &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_from(lower));
	return take_found(stmt, 0, json, err);
}

static bool is_object(const struct cla_json *node)
{
	return cla_json_type(node) == CLA_JSON_OBJECT;
}

static const struct cla_json *holder_of(const struct cla_row *row)
{
	return cla_json_get(row->node, row->kind == CLA_EXPENSE_TX ? "user" : "requester");
}

static bool not_there(struct cla_gather *g, struct cla_str uuid, const char *role,
		      enum cla_resource resource, struct cla_err *err)
{
	cla_auto_buf struct cla_buf reason = CLA_BUF_INIT(4096);
	uint64_t capture = 0;

	return find_gap(g, resource, &reason, &capture, err) &&
	       cla_gather_note_absent(g, uuid, role,
				      reason.len ? cla_buf_str(&reason) : CLA_STR("not-listed"),
				      capture, err);
}

static bool resolve_list(struct cla_gather *g, const struct cla_json *list, const char *role,
			 enum cla_resource resource, struct cla_str uuid, struct cla_err *err)
{
	for (const struct cla_json *n = cla_json_first(list); n; n = cla_json_next(n)) {
		cla_auto_buf struct cla_buf json = CLA_BUF_INIT(MAX_JSON);
		struct cla_named named;
		cla_named_read(n, &named);
		if (!find_ref(g, resource, named.uuid, &json, err) ||
		    (!json.len && !not_there(g, uuid, role, resource, err)))
			return false;
	}
	return true;
}

bool cla_gather_resolve(struct cla_gather *g, const struct cla_row *row, struct cla_str uuid,
			struct cla_err *err)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(MAX_JSON);

	if (row->kind == CLA_EXPENSE_TX && is_object(cla_json_get(row->node, "card")) &&
	    (!find_card(g, row, &json, err) ||
	     (!json.len && !not_there(g, uuid, "card", CLA_RES_CARDS, err))))
		return false;
	cla_buf_reset(&json);
	if (is_object(holder_of(row)) &&
	    (!find_ref(g, CLA_RES_USERS, row->user_uuid, &json, err) ||
	     (!json.len && !not_there(g, uuid, "holder", CLA_RES_USERS, err))))
		return false;
	return resolve_list(g, row->labels, "label", CLA_RES_LABELS, uuid, err) &&
	       resolve_list(g, row->groups, "group", CLA_RES_GROUPS, uuid, err) &&
	       resolve_list(g, row->locations, "location", CLA_RES_LOCATIONS, uuid, err);
}

/* ---- facts.context ----------------------------------------------------------- */

/* What the list says, else what the row itself says, else null. Empties `json`. */
static void write_one(struct cla_json_out *o, struct cla_buf *json, enum cla_resource resource,
		      const struct cla_json *own)
{
	if (json->len)
		cla_json_out_raw(o, cla_buf_str(json));
	else if (is_object(own))
		write_item(o, resource, own);
	else
		cla_json_out_null(o);
	cla_buf_reset(json);
}

static bool write_list(struct cla_gather *g, struct cla_json_out *o, const char *key,
		       enum cla_resource resource, const struct cla_json *list, struct cla_err *err)
{
	cla_json_out_key(o, key);
	cla_json_out_array(o);
	for (const struct cla_json *n = cla_json_first(list); n; n = cla_json_next(n)) {
		cla_auto_buf struct cla_buf json = CLA_BUF_INIT(MAX_JSON);
		struct cla_named named;
		cla_named_read(n, &named);
		if (!find_ref(g, resource, named.uuid, &json, err))
			return false;
		write_one(o, &json, resource, n);
	}
	cla_json_out_close(o);
	return true;
}

static bool write_statement(struct cla_gather *g, const struct cla_row *row, struct cla_buf *json,
			    struct cla_json_out *o, struct cla_err *err)
{
	struct cla_bill own;

	cla_json_out_key(o, "statement");
	if (!find_bill(g, row->statement, json, err))
		return false;
	if (json->len) {
		cla_json_out_raw(o, cla_buf_str(json));
	} else if (!cla_str_absent(row->statement)) {
		cla_bill_read(cla_json_get(row->node, "billingStatement"), &own);
		cla_bill_write(o, &own);
	} else {
		cla_json_out_null(o);
	}
	return true;
}

bool cla_context_write(struct cla_gather *g, const struct cla_row *row, struct cla_json_out *o,
		       struct cla_err *err)
{
	bool is_tx = row->kind == CLA_EXPENSE_TX;
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(MAX_JSON);

	cla_json_out_object(o);
	cla_json_out_key(o, "approval");
	cla_approval_write(o, row);
	cla_json_out_key(o, "card");
	if (!find_card(g, row, &json, err))
		return false;
	write_one(o, &json, CLA_RES_CARDS, is_tx ? cla_json_get(row->node, "card") : NULL);
	if (!write_list(g, o, "groups", CLA_RES_GROUPS, row->groups, err) ||
	    !find_ref(g, CLA_RES_USERS, row->user_uuid, &json, err))
		return false;
	cla_json_out_key(o, "holder");
	write_one(o, &json, CLA_RES_USERS, holder_of(row));
	if (!write_list(g, o, "labels", CLA_RES_LABELS, row->labels, err) ||
	    !write_list(g, o, "locations", CLA_RES_LOCATIONS, row->locations, err) ||
	    !write_statement(g, row, &json, o, err))
		return false;
	cla_json_out_close(o);
	return true;
}
