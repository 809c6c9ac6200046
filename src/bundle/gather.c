#include "bundle/gather_priv.h"

#include "base/file.h"
#include "json/scan.h"
#include "model/id/taxid.h"
#include "model/media.h"
#include "model/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char schema[] =
	"CREATE TABLE expense(uuid TEXT PRIMARY KEY, kind INTEGER NOT NULL, row BLOB NOT NULL,"
	" tip TEXT, folio TEXT, statement TEXT, amount TEXT, status TEXT) WITHOUT ROWID;"
	"CREATE INDEX expense_statement ON expense(statement) WHERE statement IS NOT NULL;"
	"CREATE TABLE file(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, kind INTEGER NOT NULL, role "
	"TEXT NOT NULL,"
	" object BLOB NOT NULL, size INTEGER NOT NULL, name TEXT, format TEXT, capture INTEGER NOT "
	"NULL,"
	" ext TEXT NOT NULL);"
	"CREATE INDEX file_of ON file(uuid, role, object, capture, id);"
	"CREATE INDEX file_object ON file(object, uuid, id);"
	"CREATE TABLE absent(uuid TEXT NOT NULL, role TEXT NOT NULL, reason TEXT NOT NULL, capture "
	"INTEGER NOT NULL,"
	" PRIMARY KEY(uuid, role, reason, capture)) WITHOUT ROWID;"
	"CREATE TABLE answer(path TEXT PRIMARY KEY, resource TEXT NOT NULL, object BLOB NOT NULL, "
	"size INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE answer_capture(path TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(path, n)) "
	"WITHOUT ROWID;"
	"CREATE TABLE capture(n INTEGER PRIMARY KEY, json TEXT NOT NULL);"
	"CREATE TABLE missing(resource TEXT NOT NULL, uuid TEXT NOT NULL, reason TEXT NOT NULL,"
	" PRIMARY KEY(resource, uuid, reason)) WITHOUT ROWID;"
	"CREATE TABLE ref(resource INTEGER NOT NULL, uuid TEXT NOT NULL, pan TEXT, holder TEXT, "
	"json TEXT, PRIMARY KEY(resource, uuid)) WITHOUT ROWID;"
	"CREATE INDEX ref_pan ON ref(resource, pan) WHERE pan IS NOT NULL;"
	"CREATE TABLE gap(resource INTEGER NOT NULL, uuid TEXT NOT NULL, reason TEXT NOT NULL, "
	"capture INTEGER NOT NULL, PRIMARY KEY(resource, uuid)) WITHOUT ROWID;"
	"CREATE TABLE bill(uuid TEXT PRIMARY KEY, start TEXT, end TEXT, currency TEXT, total TEXT,"
	" status TEXT, json TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE bill_row(bill TEXT NOT NULL, uuid TEXT NOT NULL, amount TEXT, currency TEXT,"
	" day TEXT, payment INTEGER NOT NULL, PRIMARY KEY(bill, uuid)) WITHOUT ROWID;"
	"CREATE TABLE tieout(uuid TEXT PRIMARY KEY, result TEXT NOT NULL, json TEXT NOT NULL) "
	"WITHOUT ROWID;"
	"CREATE TABLE listing(resource TEXT PRIMARY KEY, pages INTEGER, received INTEGER, uniq "
	"INTEGER, first INTEGER,"
	" last INTEGER) WITHOUT ROWID;";

struct cla_time cla_gather_cutoff(const struct cla_gather *g)
{
	return g->cutoff.sec == INT64_MAX ? cla_time_ceil(g->latest) : g->cutoff;
}

uint64_t cla_gather_missing_count(const struct cla_gather *g)
{
	return g->missing;
}

/* ---- noting what counts ---- */

bool cla_gather_note_capture(struct cla_gather *g, const struct cla_capture *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(1 << 20);
	struct cla_db_stmt *put;

	if (cla_time_cmp(c->time, g->latest) > 0)
		g->latest = c->time;
	if (!cla_capture_encode(c, &json, err) ||
	    !cla_db_once(g->db, "INSERT OR IGNORE INTO capture(n, json) VALUES(?,?)", &put, err))
		return false;
	cla_db_bind_int(put, 1, (int64_t)c->n);
	cla_db_bind_str(put, 2, cla_buf_str(&json));
	return cla_db_run(put, err);
}

bool cla_gather_note_answer(struct cla_gather *g, const char *resource, const struct cla_capture *c,
			    struct cla_err *err)
{
	char path[160], hex[CLA_DIGEST_HEX];
	struct cla_db_stmt *put;

	(void)snprintf(path, sizeof(path), "data/api/%s.%s.json", resource,
		       cla_digest_hex(&c->stored_sha256, hex));
	if (!cla_db_once(
		    g->db,
		    "INSERT OR IGNORE INTO answer(path, resource, object, size) VALUES(?,?,?,?)",
		    &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(path));
	cla_db_bind_str(put, 2, cla_str_from(resource));
	cla_db_bind_blob(put, 3, c->stored_sha256.bytes, sizeof(c->stored_sha256.bytes));
	cla_db_bind_int(put, 4, (int64_t)c->stored_size);
	if (!cla_db_run(put, err) ||
	    !cla_db_once(g->db, "INSERT OR IGNORE INTO answer_capture(path, n) VALUES(?,?)", &put,
			 err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(path));
	cla_db_bind_int(put, 2, (int64_t)c->n);
	return cla_db_run(put, err);
}

static bool note_missing(struct cla_gather *g, const char *resource, struct cla_str uuid,
			 struct cla_str reason, struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(g->db,
			 "INSERT OR IGNORE INTO missing(resource, uuid, reason) VALUES(?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(resource));
	cla_db_bind_str(put, 2, cla_str_absent(uuid) ? CLA_STR("") : uuid);
	cla_db_bind_str(put, 3, reason);
	if (!cla_db_run(put, err))
		return false;
	g->missing += (uint64_t)cla_db_changes(g->db);
	return true;
}

bool cla_gather_note_absent(struct cla_gather *g, struct cla_str uuid, const char *role,
			    struct cla_str reason, uint64_t n, struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(
		    g->db,
		    "INSERT OR IGNORE INTO absent(uuid, role, reason, capture) VALUES(?,?,?,?)",
		    &put, err))
		return false;
	cla_db_bind_str(put, 1, uuid);
	cla_db_bind_str(put, 2, cla_str_from(role));
	cla_db_bind_str(put, 3, reason);
	cla_db_bind_int(put, 4, (int64_t)n);
	return cla_db_run(put, err);
}

static bool note_file(struct cla_gather *g, struct cla_str uuid, enum cla_expense_kind kind,
		      const char *role, const struct cla_digest *object, uint64_t size,
		      struct cla_str name, struct cla_str format, uint64_t n, struct cla_err *err)
{
	cla_auto_buf struct cla_buf start = CLA_BUF_INIT(CLA_MEDIA_PREFIX);
	struct cla_db_stmt *put;

	/* its bytes are held against its name when they go into the archive */
	if (!cla_store_peek(g->store, object, CLA_MEDIA_PREFIX, &start, err))
		return false;
	if (!cla_db_once(
		    g->db,
		    "INSERT INTO file(uuid, kind, role, object, size, name, format, capture, ext)"
		    " VALUES(?,?,?,?,?,?,?,?,?)",
		    &put, err))
		return false;
	cla_db_bind_str(put, 1, uuid);
	cla_db_bind_int(put, 2, kind);
	cla_db_bind_str(put, 3, cla_str_from(role));
	cla_db_bind_blob(put, 4, object->bytes, sizeof(object->bytes));
	cla_db_bind_int(put, 5, (int64_t)size);
	cla_db_bind_str(put, 6, name);
	cla_db_bind_str(put, 7, format);
	cla_db_bind_int(put, 8, (int64_t)n);
	cla_db_bind_str(put, 9, cla_str_from(cla_media_of(cla_buf_str(&start)).ext));
	return cla_db_run(put, err);
}

/* ---- walking what the store holds ---- */

/* One expense while its parts are looked up. */
struct part {
	struct cla_gather *g;
	struct cla_arena arena; /* captures looked up for this expense */
	const struct cla_row *row;
	char uuid[37];
	uint64_t page_n; /* of the page that the row stands on */
	struct cla_str tip, folio;
};

/* The capture that counts for a target or link, and its stored bytes when it is good. Notes the
 * capture either way. */
static bool look_up(struct part *p, struct cla_str target, struct cla_capture *c, bool *found,
		    struct cla_buf *body, struct cla_err *err)
{
	struct cla_gather *g = p->g;
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(65536);

	if (!cla_plan_key(g->entity, target, &key, err) ||
	    !cla_store_current(g->store, cla_str_from(g->entity->name), cla_buf_str(&key),
			       g->cutoff, &p->arena, c, found, err))
		return false;
	if (!*found)
		return true;
	if (!cla_gather_note_capture(g, c, err))
		return false;
	return !body || !cla_str_absent(c->reason) || !c->stored ||
	       cla_store_get(g->store, &c->stored_sha256, body, err);
}

static bool resource_missing(struct part *p, enum cla_resource r, const char *role,
			     const struct cla_capture *c, bool found, struct cla_err *err)
{
	struct cla_str uuid = cla_str_from(p->uuid);
	struct cla_str reason = found ? c->reason : CLA_STR("not-asked");

	return note_missing(p->g, cla_resource_name(r), uuid, reason, err) &&
	       cla_gather_note_absent(p->g, uuid, role, reason, found ? c->n : 0, err);
}

static bool note_attached(struct part *p, const struct cla_attachment *a,
			  const struct cla_capture *c, struct cla_err *err)
{
	return note_file(p->g, cla_str_from(p->uuid), p->row->kind, "", &c->stored_sha256,
			 c->stored_size, a->file_name, a->format, c->n, err);
}

/* What its link did not bring the API may have handed out by itself. */
static bool gather_fallback(struct part *p, const struct cla_attachment *a, bool *had,
			    struct cla_err *err)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	struct cla_capture c;
	bool found;

	*had = false;
	if (!cla_uuid_form(a->uuid))
		return true;
	if (!cla_plan_target(p->g->entity, CLA_RES_ATTACHMENT, a->uuid, p->g->month, 0, &target,
			     err) ||
	    !look_up(p, cla_buf_str(&target), &c, &found, NULL, err))
		return false;
	*had = found && cla_str_absent(c.reason);
	return !*had || note_attached(p, a, &c, err);
}

/* A file behind a link of an attachment or invoice. */
static bool gather_link(struct part *p, const struct cla_attachment *a, struct cla_err *err)
{
	const char *role = p->row->kind == CLA_EXPENSE_TX ? "attachment" : "receipt";
	struct cla_str uuid = cla_str_from(p->uuid), reason = CLA_STR("not-asked");
	struct cla_str subject = cla_str_absent(a->uuid) ? uuid : a->uuid;
	struct cla_capture c = { 0 };
	bool found = false, had;

	if (cla_str_absent(a->url))
		reason = CLA_STR("no-link");
	else if (!cla_plan_fits(a->url))
		reason = CLA_STR("bad-url");
	else if (!look_up(p, a->url, &c, &found, NULL, err))
		return false;
	if (found && cla_str_absent(c.reason))
		return note_attached(p, a, &c, err);
	if (!gather_fallback(p, a, &had, err))
		return false;
	if (had)
		return true;
	if (found)
		reason = c.reason;
	return note_missing(p->g, "download", subject, reason, err) &&
	       cla_gather_note_absent(p->g, uuid, role, reason, found ? c.n : 0, err);
}

static bool gather_links(struct part *p, const struct cla_json *list, bool all, uint64_t *count,
			 struct cla_err *err)
{
	for (const struct cla_json *node = cla_json_first(list); node; node = cla_json_next(node)) {
		struct cla_attachment a;
		cla_attachment_read(node, &a);
		if (!all && cla_str_absent(a.url))
			continue;
		(*count)++;
		if (!gather_link(p, &a, err))
			return false;
	}
	return true;
}

static bool not_asked_for(struct part *p, enum cla_ask ask, const char *role, struct cla_err *err)
{
	return cla_gather_note_absent(p->g, cla_str_from(p->uuid), role,
				      ask == CLA_ASK_FLAG_FALSE ? CLA_STR("flag-false")
								: CLA_STR("not-in-country"),
				      0, err);
}

static bool gather_documents(struct part *p, struct cla_str target, struct cla_err *err)
{
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(CLA_ANSWER_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_capture c;
	uint64_t count = 0;
	bool found;

	if (!look_up(p, target, &c, &found, &body, err))
		return false;
	if (!found || !cla_str_absent(c.reason))
		return resource_missing(p, CLA_RES_DOCUMENTS, "attachment", &c, found, err);
	if (!cla_gather_note_answer(p->g, "documents", &c, err) ||
	    !cla_json_parse(cla_buf_str(&body), &doc, err) ||
	    !gather_links(p, cla_attachments(cla_json_root(doc)), true, &count, err))
		return false;
	return count || cla_gather_note_absent(p->g, cla_str_from(p->uuid), "attachment",
					       CLA_STR("empty"), c.n, err);
}

static bool gather_invoices(struct part *p, struct cla_str target, struct cla_err *err)
{
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(CLA_ANSWER_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_capture c;
	struct cla_page page;
	uint64_t count = 0;
	bool found;

	if (!look_up(p, target, &c, &found, &body, err))
		return false;
	if (!found || !cla_str_absent(c.reason))
		return resource_missing(p, CLA_RES_INVOICES, "invoice", &c, found, err);
	if (!cla_json_parse(cla_buf_str(&body), &doc, err))
		return false;
	cla_page_read(cla_json_root(doc), "invoices", &page);
	if (!page.count)
		return cla_gather_note_answer(p->g, "invoices", &c, err) &&
		       cla_gather_note_absent(p->g, cla_str_from(p->uuid), "invoice",
					      CLA_STR("empty"), c.n, err);
	/* an invoice may carry a link to its file */
	return note_file(p->g, cla_str_from(p->uuid), p->row->kind, "invoice", &c.stored_sha256,
			 c.stored_size, CLA_STR_NONE, CLA_STR_NONE, c.n, err) &&
	       gather_links(p, page.items, false, &count, err);
}

static bool read_claims(struct part *p, const struct cla_json *items, struct cla_err *err)
{
	bool mem = true;

	for (const struct cla_json *node = cla_json_first(items); node;
	     node = cla_json_next(node)) {
		struct cla_extracted e;
		cla_extracted_read(node, &e);
		if (cla_str_absent(p->tip))
			p->tip = cla_arena_str(&p->arena, e.tip, &mem);
		if (cla_str_absent(p->folio))
			p->folio = cla_arena_str(&p->arena, e.folio_fiscal, &mem);
	}
	return mem || cla_err_oom(err);
}

static bool gather_extracted(struct part *p, struct cla_err *err)
{
	struct cla_gather *g = p->g;
	struct cla_digest before;
	uint64_t items = 0;

	for (uint64_t page_no = 0; page_no < CLA_PLAN_MAX_PAGES; page_no++) {
		cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
		cla_auto_buf struct cla_buf body = CLA_BUF_INIT(CLA_ANSWER_MAX);
		cla_auto_json struct cla_json_doc *doc = NULL;
		struct cla_capture c;
		struct cla_page page;
		bool found;

		if (!cla_plan_target(g->entity, CLA_RES_EXTRACTED, cla_str_from(p->uuid), g->month,
				     page_no, &target, err) ||
		    !look_up(p, cla_buf_str(&target), &c, &found, &body, err))
			return false;
		if (!found || !cla_str_absent(c.reason))
			return resource_missing(p, CLA_RES_EXTRACTED, "extracted", &c, found, err);
		if (!cla_json_parse(cla_buf_str(&body), &doc, err))
			return false;
		cla_page_read(cla_json_root(doc), NULL, &page);
		items += page.count;
		if (!page.count && !items)
			return cla_gather_note_answer(g, "extracted-documents", &c, err) &&
			       cla_gather_note_absent(g, cla_str_from(p->uuid), "extracted",
						      CLA_STR("empty"), c.n, err);
		if (!note_file(g, cla_str_from(p->uuid), p->row->kind, "extracted",
			       &c.stored_sha256, c.stored_size, CLA_STR_NONE, CLA_STR_NONE, c.n,
			       err))
			return false;
		bool repeated = page_no && cla_digest_eq(&before, &c.stored_sha256);
		if (!repeated && !read_claims(p, page.items, err))
			return false;
		if (cla_page_ends(&page, page_no, CLA_PLAN_PAGE_SIZE, repeated))
			return true;
		before = c.stored_sha256;
	}
	return note_missing(g, cla_resource_name(CLA_RES_EXTRACTED), cla_str_from(p->uuid),
			    CLA_STR("too-many-pages"), err);
}

static bool gather_parts(struct part *p, struct cla_err *err)
{
	struct cla_gather *g = p->g;
	struct cla_str uuid = cla_str_from(p->uuid);
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	enum cla_ask ask;

	if (p->row->kind == CLA_EXPENSE_REIMBURSEMENT) {
		uint64_t count = 0;
		if (!gather_links(p, p->row->attachments, true, &count, err))
			return false;
		return count ||
		       cla_gather_note_absent(g, uuid, "receipt", CLA_STR("empty"), 0, err);
	}
	ask = cla_plan_ask(g->entity, p->row, CLA_RES_DOCUMENTS);
	if (!cla_plan_target(g->entity, CLA_RES_DOCUMENTS, uuid, g->month, 0, &target, err))
		return false;
	if (ask == CLA_ASK_YES ? !gather_documents(p, cla_buf_str(&target), err)
			       : !not_asked_for(p, ask, "attachment", err))
		return false;
	ask = cla_plan_ask(g->entity, p->row, CLA_RES_INVOICES);
	cla_buf_reset(&target);
	if (!cla_plan_target(g->entity, CLA_RES_INVOICES, uuid, g->month, 0, &target, err))
		return false;
	if (ask == CLA_ASK_YES ? !gather_invoices(p, cla_buf_str(&target), err)
			       : !not_asked_for(p, ask, "invoice", err))
		return false;
	ask = cla_plan_ask(g->entity, p->row, CLA_RES_EXTRACTED);
	return ask == CLA_ASK_YES ? gather_extracted(p, err)
				  : not_asked_for(p, ask, "extracted", err);
}

/* ---- listings ---- */

struct listing_walk {
	struct cla_gather *g;
	enum cla_expense_kind kind;
	uint64_t page_n;
	struct cla_listed listed;
};

static bool put_expense(struct part *p, const struct cla_digest *row, bool *is_new,
			struct cla_err *err)
{
	struct cla_gather *g = p->g;
	struct cla_db_stmt *put;

	char statement[37];
	if (!cla_db_once(g->db,
			 "INSERT OR IGNORE INTO expense(uuid, kind, row, statement, amount, status)"
			 " VALUES(?,?,?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(p->uuid));
	cla_db_bind_int(put, 2, p->row->kind);
	cla_db_bind_blob(put, 3, row->bytes, sizeof(row->bytes));
	cla_db_bind_str(put, 4,
			cla_uuid_lower(p->row->statement, statement) ? cla_str_from(statement)
								     : CLA_STR_NONE);
	cla_db_bind_str(put, 5, p->row->amount.amount);
	cla_db_bind_str(put, 6, p->row->status);
	if (!cla_db_run(put, err))
		return false;
	*is_new = cla_db_changes(g->db) > 0;
	return true;
}

static bool put_claims(struct part *p, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (cla_str_absent(p->tip) && cla_str_absent(p->folio))
		return true;
	if (!cla_db_once(p->g->db, "UPDATE expense SET tip=?, folio=? WHERE uuid=?", &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, p->tip);
	cla_db_bind_str(stmt, 2, p->folio);
	cla_db_bind_str(stmt, 3, cla_str_from(p->uuid));
	return cla_db_run(stmt, err);
}

/* A row that was not final was read again by itself: where that is the newer reading it is the row,
 * and has its capture. */
static bool read_again(struct part *p, struct cla_row *row, struct cla_json_doc **doc,
		       struct cla_capture *c, bool *newer, struct cla_err *err)
{
	struct cla_gather *g = p->g;
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096);
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(CLA_ANSWER_MAX);
	cla_auto_json struct cla_json_doc *again = NULL;
	struct cla_row other;
	bool found;

	*newer = false;
	if (row->final || row->kind != CLA_EXPENSE_TX)
		return true;
	if (!cla_plan_target(g->entity, CLA_RES_TRANSACTION, row->uuid, g->month, 0, &target,
			     err) ||
	    !look_up(p, cla_buf_str(&target), c, &found, &body, err))
		return false;
	if (!found)
		return true;
	if (!cla_str_absent(c->reason))
		return cla_gather_note_absent(g, cla_str_from(p->uuid), "transaction", c->reason,
					      c->n, err);
	if (!cla_json_parse(cla_buf_str(&body), &again, err))
		return false;
	*newer = c->n > p->page_n && cla_row_read(row->kind, cla_json_root(again), &other, NULL);
	if (!*newer)
		return true;
	cla_json_freep(doc);
	*doc = cla_steal(&again);
	*row = other;
	return true;
}

static bool note_row(struct part *p, const struct cla_digest *object, uint64_t size, uint64_t n,
		     struct cla_err *err)
{
	bool is_tx = p->row->kind == CLA_EXPENSE_TX;

	return note_file(p->g, cla_str_from(p->uuid), p->row->kind,
			 is_tx ? "transaction" : "reimbursement", object, size, CLA_STR_NONE,
			 CLA_STR_NONE, n, err);
}

static bool one_row(void *ctx, struct cla_str raw, struct cla_err *err)
{
	struct listing_walk *w = ctx;
	struct cla_gather *g = w->g;
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_row row;
	struct part p = { .g = g, .row = &row, .page_n = w->page_n };
	struct cla_capture again = { 0 };
	struct cla_digest object;
	bool is_new, newer;

	w->listed.received++;
	if (!cla_json_parse(raw, &doc, err))
		return false;
	struct cla_err bad = CLA_ERR_INIT;
	if (!cla_row_read(w->kind, cla_json_root(doc), &row, &bad))
		return note_missing(g,
				    w->kind == CLA_EXPENSE_TX ? "transactions" : "reimbursements",
				    CLA_STR_NONE, CLA_STR("row-without-uuid"), err);
	if (!cla_uuid_lower(row.uuid, p.uuid) || !cla_store_put(g->store, raw, &object, err))
		return false;
	bool ok = read_again(&p, &row, &doc, &again, &newer, err) &&
		  put_expense(&p, newer ? &again.stored_sha256 : &object, &is_new, err);
	/* the same row on two pages: the first one counts */
	if (ok && is_new) {
		w->listed.unique++;
		ok = (newer ? note_row(&p, &again.stored_sha256, again.stored_size, again.n, err)
			    : note_row(&p, &object, raw.len, 0, err)) &&
		     gather_parts(&p, err) &&
		     cla_gather_resolve(g, &row, cla_str_from(p.uuid), err) && put_claims(&p, err);
	}
	cla_arena_clear(&p.arena);
	return ok || cla_err_wrap(err, "%s %s", cla_expense_kind_name(w->kind), p.uuid);
}

bool cla_gather_put_listing(struct cla_gather *g, const char *resource, const struct cla_listed *l,
			    struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(g->db,
			 "INSERT INTO listing(resource, pages, received, uniq, first, last) "
			 "VALUES(?,?,?,?,?,?)",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_from(resource));
	cla_db_bind_int(stmt, 2, (int64_t)l->pages);
	cla_db_bind_int(stmt, 3, (int64_t)l->received);
	cla_db_bind_int(stmt, 4, (int64_t)l->unique);
	if (l->first.has_total_elements)
		cla_db_bind_int(stmt, 5, (int64_t)l->first.total_elements);
	else
		cla_db_bind_null(stmt, 5);
	if (l->last.has_total_elements)
		cla_db_bind_int(stmt, 6, (int64_t)l->last.total_elements);
	else
		cla_db_bind_null(stmt, 6);
	return cla_db_run(stmt, err);
}

static bool gather_page(struct cla_gather *g, struct listing_walk *w, const char *resource,
			struct cla_str key, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(CLA_ANSWER_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_capture c;
	bool found, has_list = false;

	if (!cla_store_current(g->store, cla_str_from(g->entity->name), key, g->cutoff, &arena, &c,
			       &found, err))
		return false;
	if (!found)
		return note_missing(g, resource, CLA_STR_NONE, CLA_STR("not-asked"), err);
	if (!cla_gather_note_capture(g, &c, err))
		return false;
	if (!cla_str_absent(c.reason))
		return note_missing(g, resource, CLA_STR_NONE, c.reason, err);
	if (!cla_gather_note_answer(g, resource, &c, err) ||
	    !cla_store_get(g->store, &c.stored_sha256, &body, err) ||
	    !cla_json_parse(cla_buf_str(&body), &doc, err))
		return false;
	cla_page_read(cla_json_root(doc), resource, &w->listed.last);
	if (!w->listed.pages++)
		w->listed.first = w->listed.last;
	w->page_n = c.n;
	return cla_json_items(cla_buf_str(&body), w->listed.last.items_key, one_row, w, &has_list,
			      err) &&
	       (has_list || note_missing(g, resource, CLA_STR_NONE, CLA_STR("no-list"), err));
}

/* Pages of one listing may be of different runs, where the last one was cut short. */
static bool totals_agree(const struct cla_listed *l)
{
	return !l->first.has_total_elements || !l->last.has_total_elements ||
	       (l->first.total_elements == l->last.total_elements &&
		l->unique == l->last.total_elements);
}

static bool gather_listing(struct cla_gather *g, enum cla_resource r, enum cla_expense_kind kind,
			   struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	const char *resource = cla_resource_name(r);
	struct listing_walk walk = { .g = g, .kind = kind };
	struct cla_listing listing;

	if (!cla_store_get_listing(g->store, cla_str_from(g->entity->name),
				   cla_str_from(g->month_text), cla_str_from(resource), g->cutoff,
				   &arena, &listing, err))
		return false;
	if (!listing.found)
		return note_missing(g, resource, CLA_STR_NONE, CLA_STR("not-asked"), err);
	for (size_t i = 0; i < listing.count; i++) {
		if (cla_ctx_cancelled(g->ctx))
			return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
		cla_ctx_progress(g->ctx, "gather", i, listing.count);
		if (!gather_page(g, &walk, resource, listing.keys[i], err))
			return cla_err_wrap(err, "page %zu of %s", i, resource);
	}
	if (!listing.complete && !note_missing(g, resource, CLA_STR_NONE, listing.reason, err))
		return false;
	walk.listed.pages = listing.count;
	if (listing.complete && !totals_agree(&walk.listed) &&
	    !note_missing(g, resource, CLA_STR_NONE, CLA_STR("moving-pages"), err))
		return false;
	return cla_gather_put_listing(g, resource, &walk.listed, err);
}

/* ---- the whole month ---- */

static bool open_layout(struct cla_gather *g, struct cla_err *err)
{
	cla_auto_buf struct cla_buf tmp = CLA_BUF_INIT(8192);

	return cla_path_join(&tmp, cla_store_dir(g->store), "tmp", err) &&
	       cla_db_open_temp(cla_buf_cstr(&tmp), &g->db, err) && cla_db_exec(g->db, schema, err);
}

bool cla_gather_month(const struct cla_ctx *ctx, struct cla_store *store,
		      const struct cla_entity *entity, struct cla_month month,
		      struct cla_time cutoff, struct cla_gather **ret, struct cla_err *err)
{
	struct cla_gather *g = calloc(1, sizeof(*g));

	if (!g)
		return cla_err_oom(err);
	g->ctx = ctx;
	g->store = store;
	g->entity = entity;
	g->month = month;
	g->cutoff = cutoff;
	(void)snprintf(g->month_text, sizeof(g->month_text), "%04d-%02d", month.year % 10000,
		       month.month % 100);
	if (!open_layout(g, err) || !cla_gather_context(g, err) ||
	    !gather_listing(g, CLA_RES_TRANSACTIONS, CLA_EXPENSE_TX, err) ||
	    !gather_listing(g, CLA_RES_REIMBURSEMENTS, CLA_EXPENSE_REIMBURSEMENT, err) ||
	    !cla_gather_statements(g, err)) {
		cla_gather_free(g);
		return cla_err_wrap(err, "gathering %s of %s", entity->name, "the month");
	}
	*ret = g;
	return true;
}

void cla_gather_free(struct cla_gather *g)
{
	if (!g)
		return;
	cla_db_close(g->db);
	free(g);
}

/* ---- reading it ---- */

bool cla_gather_files(struct cla_gather *g, cla_gather_file_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(g->db,
			    "SELECT id, uuid, kind, role, object, size, name, format, capture, ext "
			    "FROM file WHERE role NOT IN"
			    " ('transaction','reimbursement','invoice','extracted') ORDER BY "
			    "object, uuid, id",
			    &stmt, err))
		return false;
	while (cla_db_step(stmt, &row, err)) {
		if (!row)
			return true;
		struct cla_gathered_file f = {
			.id = cla_db_int(stmt, 0),
			.expense = cla_db_str(stmt, 1),
			.kind = (enum cla_expense_kind)cla_db_int(stmt, 2),
			.role = "",
			.size = (uint64_t)cla_db_int(stmt, 5),
			.name = cla_db_str(stmt, 6),
			.format = cla_db_str(stmt, 7),
			.capture = (uint64_t)cla_db_int(stmt, 8),
			.ext = cla_db_str(stmt, 9),
		};
		if (!cla_db_bytes(stmt, 4, f.object.bytes, sizeof(f.object.bytes), err) ||
		    !fn(ctx, &f, err))
			return false;
	}
	return false;
}

bool cla_gather_set_role(struct cla_gather *g, int64_t id, const char *role, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(g->db, "UPDATE file SET role=? WHERE id=?", &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_from(role));
	cla_db_bind_int(stmt, 2, id);
	return cla_db_run(stmt, err);
}

bool cla_gather_place(struct cla_gather *g, struct cla_str uuid, const struct cla_digest *object,
		      uint64_t size, struct cla_str name, const char *role, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(g->db, "SELECT kind FROM expense WHERE uuid=?", &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, uuid);
	if (!cla_db_step(stmt, &row, err))
		return false;
	if (!row)
		return cla_err_set(err, CLA_ERR_INTERNAL,
				   "no expense '" CLA_STR_FMT "' to place a file at",
				   CLA_STR_ARG(uuid));
	return note_file(g, uuid, (enum cla_expense_kind)cla_db_int(stmt, 0), role, object, size,
			 name, CLA_STR_NONE, 0, err);
}

/* The row that a statement over `expense` stands on. */
static bool give_expense(struct cla_gather *g, struct cla_db_stmt *stmt, size_t index,
			 cla_gather_expense_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(CLA_ANSWER_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_row row;
	struct cla_digest object;
	struct cla_claims claims = { cla_db_str(stmt, 3), cla_db_str(stmt, 4) };

	return cla_db_bytes(stmt, 2, object.bytes, sizeof(object.bytes), err) &&
	       cla_store_get(g->store, &object, &bytes, err) &&
	       cla_json_parse(cla_buf_str(&bytes), &doc, err) &&
	       cla_row_read((enum cla_expense_kind)cla_db_int(stmt, 1), cla_json_root(doc), &row,
			    err) &&
	       fn(ctx, index, &row, cla_db_str(stmt, 0), &claims, err);
}

bool cla_gather_expenses(struct cla_gather *g, cla_gather_expense_fn *fn, void *ctx,
			 struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	size_t index = 0;
	bool more;

	if (!cla_db_prepare(g->db, "SELECT uuid, kind, row, tip, folio FROM expense ORDER BY uuid",
			    &stmt, err))
		return false;
	while (cla_db_step(stmt, &more, err)) {
		if (!more)
			return true;
		if (!give_expense(g, stmt, index++, fn, ctx, err))
			return false;
	}
	return false;
}

bool cla_gather_expense(struct cla_gather *g, struct cla_str uuid, cla_gather_expense_fn *fn,
			void *ctx, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool more;

	if (!cla_db_once(g->db, "SELECT uuid, kind, row, tip, folio FROM expense WHERE uuid=?",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, uuid);
	if (!cla_db_step(stmt, &more, err))
		return false;
	if (!more)
		return cla_err_set(err, CLA_ERR_NOT_FOUND, "no expense '" CLA_STR_FMT "'",
				   CLA_STR_ARG(uuid));
	return give_expense(g, stmt, 0, fn, ctx, err);
}

bool cla_gather_each_missing(struct cla_gather *g, cla_gather_missing_fn *fn, void *ctx,
			     struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(
		    g->db,
		    "SELECT resource, uuid, reason FROM missing ORDER BY resource, uuid, reason",
		    &stmt, err))
		return false;
	while (cla_db_step(stmt, &row, err)) {
		if (!row)
			return true;
		struct cla_str uuid = cla_db_str(stmt, 1);
		if (!fn(ctx, cla_db_str(stmt, 0), uuid.len ? uuid : CLA_STR_NONE,
			cla_db_str(stmt, 2), err))
			return false;
	}
	return false;
}

bool cla_gather_each_finding(struct cla_gather *g, cla_gather_finding_fn *fn, void *ctx,
			     struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(g->db,
			    "SELECT 'not-had', resource, uuid, reason FROM gap UNION ALL"
			    " SELECT 'statement-' || result, ?1, uuid, '' FROM tieout t WHERE"
			    " result='differs' OR (result='unknown' AND NOT EXISTS"
			    " (SELECT 1 FROM gap WHERE gap.resource IN (?1, ?2) AND"
			    " gap.uuid=t.uuid)) ORDER BY 1, 2, 3",
			    &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, CLA_RES_STATEMENT);
	cla_db_bind_int(stmt, 2, CLA_RES_STATEMENT_ROWS);
	while (cla_db_step(stmt, &row, err)) {
		if (!row)
			return true;
		enum cla_resource resource = (enum cla_resource)cla_db_int(stmt, 1);
		struct cla_str uuid = cla_db_str(stmt, 2), reason = cla_db_str(stmt, 3);
		if (!fn(ctx, cla_db_str(stmt, 0), cla_str_from(cla_resource_name(resource)),
			uuid.len ? uuid : CLA_STR_NONE, reason.len ? reason : CLA_STR_NONE, err))
			return false;
	}
	return false;
}

bool cla_gather_each_list(struct cla_gather *g, cla_gather_list_fn *fn, void *ctx,
			  struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(g->db,
			    "SELECT resource, pages, received, uniq, first, last FROM listing "
			    "ORDER BY resource",
			    &stmt, err))
		return false;
	while (cla_db_step(stmt, &row, err)) {
		struct cla_gathered_list list = {
			.resource = cla_db_str(stmt, 0),
			.pages = (uint64_t)cla_db_int(stmt, 1),
			.received = (uint64_t)cla_db_int(stmt, 2),
			.unique = (uint64_t)cla_db_int(stmt, 3),
			.total_first = cla_db_str(stmt, 4),
			.total_last = cla_db_str(stmt, 5),
		};

		if (!row)
			return true;
		if (!fn(ctx, &list, err))
			return false;
	}
	return false;
}

bool cla_gather_evidence(struct cla_gather *g, struct cla_digest *ret, struct cla_err *err)
{
	static const char *const queries[] = {
		"SELECT json, '' FROM capture ORDER BY n",
		("SELECT uuid, hex(object) FROM file WHERE capture=0 AND role NOT IN"
		 " ('transaction', 'reimbursement') ORDER BY uuid, object"),
		"SELECT resource || ' ' || uuid, reason FROM missing ORDER BY resource, uuid, "
		"reason",
	};
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	bool row;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	cla_hasher_update(hasher, cla_str_from(g->entity->tax_id ? g->entity->tax_id : ""));
	cla_hasher_update(hasher, cla_str_from(cla_basis_name(g->entity->basis)));
	for (size_t i = 0; i < CLA_LEN(queries); i++) {
		cla_auto_stmt struct cla_db_stmt *stmt = NULL;
		if (!cla_db_prepare(g->db, queries[i], &stmt, err))
			return false;
		for (;;) {
			if (!cla_db_step(stmt, &row, err))
				return false;
			if (!row)
				break;
			cla_hasher_update(hasher, cla_db_str(stmt, 0));
			cla_hasher_update(hasher, CLA_STR(" "));
			cla_hasher_update(hasher, cla_db_str(stmt, 1));
			cla_hasher_update(hasher, CLA_STR("\n"));
		}
	}
	return cla_hasher_finish(hasher, ret->bytes, err);
}
