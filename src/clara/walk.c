/* clara/walk.c - page after page of a listing, while rows are added and changed under our feet.
 *
 * Pages are counted by offset: a row that appears in front shifts all
 * others. So rows are counted once by uuid, the server's own total is compared, and where they
 * differ the listing is walked again, at most three times. Details of a row start as soon as its
 * page is in.
 */
#include "clara/collect_priv.h"

#include "base/grow.h"
#include "json/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3
#define MAX_TARGET 4096
#define MAX_EMPTY 2

static void ask_pages(struct cla_walk *walk);

void cla_walk_init(struct cla_run *run, struct cla_walk *walk, enum cla_resource resource)
{
	unsigned set = CLA_WALK_SETS * (unsigned)resource;

	*walk = (struct cla_walk){
		.run = run,
		.settled = set,
		.listed = set + 1,
		.rows = set + 2,
		.resource = resource,
		.items_key = cla_resource_name(resource),
		.kind = resource == CLA_RES_TRANSACTIONS ? CLA_EXPENSE_TX
							 : CLA_EXPENSE_REIMBURSEMENT,
		.round = 1,
		.tries = 1,
	};
}

static void forget_pages(struct cla_walk *walk)
{
	cla_arena_clear(&walk->arena);
	walk->pages = (struct cla_pages){ 0 };
}

void cla_walk_clear(struct cla_walk *walk)
{
	forget_pages(walk);
}

/* ---- what was listed before -------------------------------------------------- */

/* The uuid of a row given by its bytes. */
static bool uuid_of(struct cla_str row, uint8_t out[16])
{
	struct cla_json_scan scan;
	struct cla_json_tok tok;
	bool next = false;

	cla_json_scan_init(&scan, row);
	while (cla_json_scan_next(&scan, &tok)) {
		if (next)
			return tok.type == CLA_TOK_STRING &&
			       cla_row_uuid(cla_str_sub(tok.raw, 1, tok.raw.len - 2), out);
		next = tok.type == CLA_TOK_KEY && tok.depth == 1 &&
		       cla_str_eqc(tok.raw, "\"uuid\"");
	}
	return false;
}

/* Calls fn with the bytes of each row of a page, wherever the page keeps its list. */
static bool each_row(const struct cla_walk *walk, struct cla_str page, cla_json_item_fn *fn,
		     void *ctx, struct cla_err *err)
{
	const char *const keys[] = { "content", walk->items_key, NULL };
	bool found = false;

	for (size_t i = 0; i < CLA_LEN(keys) && !found; i++)
		if (!cla_json_items(page, keys[i], fn, ctx, &found, err))
			return false;
	return true;
}

struct loading {
	struct cla_rowmap *rows;
	unsigned set;
	int64_t time;
};

static bool load_row(void *ctx, struct cla_str row, struct cla_err *err)
{
	struct loading *l = ctx;
	struct cla_row_entry e = { .time = l->time };
	struct cla_digest digest;
	uint8_t uuid[16];

	if (!uuid_of(row, uuid))
		return true;
	if (!cla_answer_identity(row, &digest, err))
		return false;
	cla_row_set_sum(&e, &digest);
	return cla_rowmap_put(l->rows, l->set, uuid, &e, err);
}

static bool load_page(struct cla_walk *walk, const struct cla_digest *object, unsigned set,
		      int64_t time, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(CLA_SESSION_MAX_API_BODY);
	struct loading l = { walk->run->rows, set, time };

	return cla_store_get(walk->run->store, object, &text, err) &&
	       each_row(walk, cla_buf_str(&text), load_row, &l, err);
}

/* The name under which the pages are kept whose details were all had. */
static void settled_name(const struct cla_walk *walk, char out[48])
{
	(void)snprintf(out, 48, "%s-settled", cla_resource_name(walk->resource));
}

/* `listed` takes in the pages that the store holds now and that are not those of the settled state:
 * a run that was stopped before it was through has left them. */
static bool load_listed(struct cla_walk *walk, const struct cla_listing *settled,
			struct cla_err *err)
{
	struct cla_run *run = walk->run;

	for (uint64_t page = 0; page < CLA_PLAN_MAX_PAGES; page++) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
		char hex[CLA_DIGEST_HEX];
		struct cla_capture held;
		bool is_held;

		if (!cla_plan_target(run->entity, walk->resource, CLA_STR_NONE, run->opts->month,
				     page, &target, err) ||
		    !cla_run_current(run, walk->resource, cla_buf_str(&target), &arena, &held,
				     &is_held, err))
			return false;
		if (!is_held)
			return true;
		cla_digest_hex(&held.stored_sha256, hex);
		if (page < settled->count && cla_str_eqc(settled->keys[page], hex))
			continue;
		if (!load_page(walk, &held.stored_sha256, walk->listed, held.time.sec, err))
			return false;
	}
	return true;
}

static bool load_before(struct cla_walk *walk, struct cla_err *err)
{
	struct cla_run *run = walk->run;
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_listing settled;
	struct cla_digest object;
	char name[48];

	settled_name(walk, name);
	if (!cla_store_get_listing(run->store, run->name, cla_str_from(run->month),
				   cla_str_from(name), CLA_RUN_ALWAYS, &arena, &settled, err))
		return false;
	for (size_t i = 0; i < settled.count; i++)
		if (cla_digest_parse(settled.keys[i], &object) &&
		    !load_page(walk, &object, walk->settled, 0, err))
			return false;
	return load_listed(walk, &settled, err);
}

bool cla_walk_start(struct cla_walk *walk, struct cla_err *err)
{
	if (!load_before(walk, err))
		return cla_err_wrap(err, "reading what was listed before");
	ask_pages(walk);
	return true;
}

/* ---- rows -------------------------------------------------------------------- */

struct sums {
	struct cla_digest *list;
	size_t count, cap;
};

static bool add_sum(void *ctx, struct cla_str row, struct cla_err *err)
{
	struct sums *s = ctx;

	return cla_grow(&s->list, &s->cap, s->count, sizeof(*s->list), err) &&
	       cla_answer_identity(row, &s->list[s->count++], err);
}

static bool use_row(struct cla_walk *walk, const struct cla_json *node, const struct cla_row *row,
		    const uint8_t uuid[16], const struct cla_digest *sum, uint64_t page,
		    struct cla_err *err)
{
	struct cla_rowmap *rows = walk->run->rows;
	struct cla_row_state state = { 0 };
	struct cla_row_entry settled, listed;
	bool before, since;

	if (!cla_rowmap_get(rows, walk->settled, uuid, &settled, &before, err) ||
	    !cla_rowmap_get(rows, walk->listed, uuid, &listed, &since, err))
		return false;
	state.known = before && cla_row_has_sum(&settled, sum);
	state.listed = !state.known && since && cla_row_has_sum(&listed, sum);
	state.listed_s = listed.time;
	if (!state.known && before)
		walk->changed_rows++;
	else if (!state.known)
		walk->new_rows++;
	if (walk->resource == CLA_RES_TRANSACTIONS) {
		cla_want_details(walk->run, row, &state);
	} else {
		const struct cla_link_source source = { walk->resource, row->uuid, page };
		cla_want_files(walk->run, node, &source);
	}
	cla_context_name_statement(walk->run, row->statement);
	return true;
}

/* A server that does not know a filter ignores it. A day more on either side may be a zone's. */
static bool is_outside(const struct cla_walk *walk, const struct cla_row *row)
{
	const struct cla_run *run = walk->run;
	bool posted = run->entity->basis == CLA_BASIS_ACCOUNTING && row->kind == CLA_EXPENSE_TX;
	struct cla_date date;

	if (!cla_date_parse(posted ? row->accounting_date : row->operation_date, &date))
		return false;
	int64_t day = cla_date_to_days(date);
	return day < cla_date_to_days(cla_month_first(run->opts->month)) - 1 ||
	       day > cla_date_to_days(cla_month_last(run->opts->month)) + 1;
}

/* Counts the row; what it leads to is asked for once a run, and again only if its bytes changed
 * between two rounds. */
static bool take_row(struct cla_walk *walk, const struct cla_json *node,
		     const struct cla_digest *sum, uint64_t page, bool *new_here,
		     struct cla_err *err)
{
	struct cla_row row;
	struct cla_row_entry e;
	uint8_t uuid[16];
	bool there;

	walk->received++;
	if (!cla_row_read(walk->kind, node, &row, NULL) || !cla_row_uuid(row.uuid, uuid)) {
		walk->bad_rows++;
		return true;
	}
	if (!cla_rowmap_get(walk->run->rows, walk->rows, uuid, &e, &there, err))
		return false;
	bool same = there && cla_row_has_sum(&e, sum);
	*new_here = *new_here || e.round != walk->round;
	walk->unique += e.round != walk->round;
	walk->outside = walk->outside || is_outside(walk, &row);
	walk->changes += walk->confirming && (!same || e.round < walk->base_round);
	e.round = walk->round;
	cla_row_set_sum(&e, sum);
	return cla_rowmap_put(walk->run->rows, walk->rows, uuid, &e, err) &&
	       (same || use_row(walk, node, &row, uuid, sum, page, err));
}

static bool take_rows(struct cla_job *job, const struct cla_page *page, bool *new_here,
		      struct cla_err *err)
{
	struct cla_walk *walk = job->walk;
	struct sums sums = { 0 };
	bool ok = each_row(walk, cla_buf_str(&job->stored), add_sum, &sums, err);
	const struct cla_json *node = cla_json_first(page->items);

	for (size_t i = 0; ok && node; i++, node = cla_json_next(node)) {
		ok = i < sums.count ||
		     cla_err_set(err, CLA_ERR_INTERNAL, "a page has two lists of rows");
		ok = ok && take_row(walk, node, &sums.list[i], job->page, new_here, err);
	}
	free(sums.list);
	return ok;
}

/* ---- pages ------------------------------------------------------------------- */

static bool is_last(struct cla_walk *walk, const struct cla_page *page, uint64_t asked,
		    bool new_here)
{
	if (page->bare ? cla_page_bare_is_last(page, CLA_PLAN_PAGE_SIZE)
		       : cla_page_is_last(page, asked))
		return true;
	if (page->bare && !new_here)
		return true; /* a server that knows no pages */
	walk->empty = page->count ? 0 : walk->empty + 1;
	if (page->count && !new_here)
		walk->broken = "repeated-page";
	else if (walk->empty >= MAX_EMPTY)
		walk->broken = "empty-pages";
	else if (asked + 1 >= CLA_PLAN_MAX_PAGES)
		walk->broken = "endless-pages";
	return walk->broken;
}

static uint64_t pages_of(uint64_t elements)
{
	uint64_t pages = elements / CLA_PLAN_PAGE_SIZE + (elements % CLA_PLAN_PAGE_SIZE > 0);

	return pages < CLA_PLAN_MAX_PAGES ? pages : CLA_PLAN_MAX_PAGES;
}

static bool take_page(struct cla_job *job, bool *last, struct cla_err *err)
{
	struct cla_walk *walk = job->walk;
	struct cla_page page;
	bool new_here = false;

	cla_page_read(cla_json_root(job->doc), walk->items_key, &page);
	if (page.has_total_elements) {
		if (!walk->has_total)
			walk->total_first = page.total_elements;
		walk->total_moved = walk->total_moved ||
				    (walk->has_total && walk->total_last != page.total_elements);
		walk->total_last = page.total_elements;
		walk->has_total = true;
		walk->known_pages = pages_of(page.total_elements);
		/* a server may have made them smaller */
		if (page.has_total_pages && page.total_pages <= CLA_PLAN_MAX_PAGES)
			walk->known_pages = page.total_pages;
	}
	if (!take_rows(job, &page, &new_here, err) ||
	    !cla_pages_keep(&walk->pages, &walk->arena, job, err))
		return false;
	*last = is_last(walk, &page, job->page, new_here);
	return true;
}

/* ---- the end of a round ------------------------------------------------------ */

/* How the server contradicts itself, NULL when it does not. */
static const char *moved(const struct cla_walk *walk)
{
	if (!walk->has_total)
		return NULL;
	if (walk->total_moved || walk->total_first != walk->total_last)
		return "total-changed";
	return walk->unique + walk->bad_rows != walk->total_last ? "count-differs" : NULL;
}

static bool has_page(const struct cla_walk *walk, struct cla_str key)
{
	for (const struct cla_page_had *p = walk->pages.first; p; p = p->next)
		if (cla_str_eq(p->key, key))
			return true;
	return false;
}

/* This round's pages; those that an earlier listing had and that could not be had now still
 * count. */
static size_t listing_keys(const struct cla_walk *walk, const struct cla_listing *old,
			   struct cla_str *keys)
{
	size_t count = walk->pages.count;

	cla_pages_keys(&walk->pages, keys);
	for (size_t i = 0; walk->failed && i < old->count; i++)
		if (!has_page(walk, old->keys[i]))
			keys[count++] = old->keys[i];
	return count;
}

/* Why the list cannot be taken for the whole month's, NULL when it can. */
static const char *listing_reason(const struct cla_walk *walk)
{
	if (walk->failed)
		return walk->reason;
	if (walk->broken)
		return walk->broken;
	if (moved(walk))
		return "moving-pages";
	if (walk->outside)
		return "outside-window";
	return walk->bad_rows ? "row-without-uuid" : NULL;
}

/* Whether this listing and the one before have the same rows, byte for byte. */
static bool is_stable(const struct cla_walk *walk)
{
	return walk->base_round && !walk->changes && walk->unique == walk->base_unique;
}

static bool write_listing(struct cla_walk *walk, const char *reason, struct cla_err *err)
{
	struct cla_run *run = walk->run;
	struct cla_str month = cla_str_from(run->month), resource = cla_str_from(walk->items_key);
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_listing old = { 0 };

	if (reason && !cla_store_get_listing(run->store, run->name, month, resource, CLA_RUN_ALWAYS,
					     &arena, &old, err))
		return false;
	/* What could be had now is what an earlier, complete listing rests on: that one stands. */
	if ((walk->failed || !walk->confirmed) && old.found && old.complete &&
	    cla_time_cmp(walk->pages.newest, old.time) <= 0)
		return true;
	struct cla_str *keys =
		cla_arena_array(&arena, walk->pages.count + old.count + 1, sizeof(*keys));
	if (!keys)
		return cla_err_oom(err);
	size_t count = listing_keys(walk, &old, keys);
	return cla_store_listing(run->store, run->name, month, resource, keys, count, reason,
				 walk->pages.count ? walk->pages.newest : run->latest, err);
}

/* NULL while there is hope. While a month is not over its rows come and go: that is no gap. */
static const char *judge_confirmation(struct cla_walk *walk)
{
	walk->confirmed = is_stable(walk) || (walk->last_time && cla_run_month_is_open(walk->run));
	if (!is_stable(walk))
		cla_run_remark(walk->run, CLA_REMARK_MOVED, walk->resource, "", "rows-changed");
	return walk->confirmed || !walk->last_time ? NULL : "moving-pages";
}

/* What is still under way, or came before its turn, belongs to a round that is over. */
static void abandon_pages(struct cla_walk *walk)
{
	walk->lap++;
	walk->asked = 0;
	walk->paused = false;
	for (size_t i = 0; i < CLA_WALK_AHEAD; i++)
		if (walk->early[i])
			cla_job_end(cla_steal(&walk->early[i]));
}

/* The listing is over. What was seen only once is kept as not confirmed: a run that ends here has
 * proven nothing yet. */
static void finish_walk(struct cla_walk *walk)
{
	struct cla_run *run = walk->run;
	struct cla_err err = CLA_ERR_INIT;
	const char *reason = listing_reason(walk);

	abandon_pages(walk);
	walk->ended = true;
	if (cla_session_failed(run->session) || cla_ctx_cancelled(run->ctx))
		return;
	if (!reason && walk->confirming)
		reason = judge_confirmation(walk);
	/* A page that failed has been reported by itself. */
	if (reason && !walk->failed)
		cla_run_missing(run, cla_str_from(walk->items_key), "", reason);
	if (!reason && !walk->confirmed)
		reason = "not-confirmed";
	if (!run->opts->dry_run && !write_listing(walk, reason, &err)) {
		cla_err_wrap(&err, "noting the list of %s", walk->items_key);
		cla_run_fail(run, &err);
	}
}

static void next_round(struct cla_walk *walk)
{
	abandon_pages(walk);
	forget_pages(walk);
	walk->round++;
	walk->tries++;
	walk->received = walk->unique = 0;
	walk->has_total = walk->total_moved = false;
	walk->broken = NULL;
	walk->empty = 0;
	walk->bad_rows = 0;
	walk->next_page = walk->turn = 0;
	ask_pages(walk);
}

static void go_on(struct cla_walk *walk, bool last)
{
	const char *again = walk->broken ? walk->broken : moved(walk);

	if (!last) {
		ask_pages(walk);
	} else if (again && !walk->failed && walk->tries < ROUNDS &&
		   walk->turn < CLA_PLAN_MAX_PAGES) {
		cla_run_remark(walk->run, CLA_REMARK_MOVED, walk->resource, "", again);
		next_round(walk);
	} else {
		finish_walk(walk);
	}
}

void cla_walk_confirm(struct cla_walk *walk, bool last_time, bool *again)
{
	if (!walk->ended || walk->confirmed || listing_reason(walk))
		return;
	*again = true;
	walk->ended = false;
	walk->confirming = true;
	walk->last_time = last_time;
	walk->base_round = walk->round;
	walk->base_unique = walk->unique;
	walk->changes = 0;
	walk->tries = 0;
	next_round(walk);
}

/* ---- jobs -------------------------------------------------------------------- */

/* A page that could not be had. Those behind it may still come, if we know that there are any. */
static void page_failed(struct cla_job *job, const char *reason)
{
	struct cla_walk *walk = job->walk;
	struct cla_run *run = walk->run;
	struct cla_err err = CLA_ERR_INIT;

	/* Somebody moved the pages: they are walked again, as often as for a total that moved. */
	if (!strcmp(reason, "wrong-page")) {
		walk->broken = "wrong-page";
		go_on(walk, true);
		return;
	}
	if (!walk->failed++)
		(void)snprintf(walk->reason, sizeof(walk->reason), "%s", reason);
	if (!strcmp(reason, "http-403") && walk->resource == CLA_RES_TRANSACTIONS &&
	    !walk->pages.count) {
		cla_err_set(&err, CLA_ERR_AUTH,
			    "'%s' forbids the list of transactions (HTTP 403): the credentials "
			    "lack that "
			    "permission%s%s%s",
			    run->entity->base_url, run->entity->tax_id ? ", or tax id '" : "",
			    run->entity->tax_id ? run->entity->tax_id : "",
			    run->entity->tax_id ? "' is not theirs" : "");
		cla_run_fail(run, &err);
	}
	cla_run_missing(run, cla_str_from(walk->items_key), "", reason);
	bool hopeless = !strcmp(reason, "cancelled") || !strcmp(reason, "call-budget") ||
			!strcmp(reason, "remote-gone");
	go_on(walk, hopeless || walk->turn >= (walk->has_total ? pages_of(walk->total_last) : 0));
}

static void use_page(struct cla_job *job)
{
	struct cla_run *run = job->run;
	struct cla_err err = CLA_ERR_INIT;
	bool last = true;

	if (job->ended) {
		page_failed(job, job->ended);
	} else if (take_page(job, &last, &err)) {
		go_on(job->walk, last);
	} else {
		cla_err_wrap(&err, "reading page %llu of %s", (unsigned long long)job->page,
			     job->walk->items_key);
		cla_run_fail(run, &err);
		finish_walk(job->walk);
	}
	cla_job_end(job);
}

static void page_done(struct cla_call *call, const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_walk *walk = job->walk;

	if (job->lap != walk->lap) {
		cla_job_end(job);
		return;
	}
	job->ended = reason;
	cla_buf_clear(&call->body); /* job->stored is what is read */
	walk->early[job->page % CLA_WALK_AHEAD] = job;
	while ((job = cla_steal(&walk->early[walk->turn % CLA_WALK_AHEAD]))) {
		walk->turn++;
		walk->asked--;
		use_page(job);
	}
}

static const struct cla_call_ops page_ops = { .attempt = cla_job_api_attempt, .done = page_done };

/* False: the page cannot be asked for, and the session has failed. */
static bool ask_page(struct cla_walk *walk)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
	struct cla_run *run = walk->run;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_plan_target(run->entity, walk->resource, CLA_STR_NONE, run->opts->month,
			     walk->next_page, &target, &err)) {
		cla_run_fail(run, &err);
		return false;
	}
	struct cla_job *job = cla_job_new(run, walk->resource, &page_ops, cla_buf_str(&target));
	if (!job)
		return false;
	walk->asked++;
	job->walk = walk;
	job->lap = walk->lap;
	job->page = walk->next_page++;
	job->call.urgent = true;
	cla_session_submit(run->session, &job->call);
	return true;
}

/* Whether a further page may be asked for beside those under way: one that is known to be there.
 * Until the listing is confirmed, rows lead on to more, and what they lead to waits in memory. */
static bool may_ask(const struct cla_walk *walk)
{
	uint64_t rows = (uint64_t)(walk->asked + 1) * CLA_PLAN_PAGE_SIZE;

	if (!walk->asked)
		return true;
	return walk->asked < CLA_WALK_AHEAD && walk->next_page < walk->known_pages &&
	       (walk->confirming || walk->run->pending + rows <= CLA_RUN_MAX_PENDING / 2);
}

static void ask_pages(struct cla_walk *walk)
{
	const unsigned lap = walk->lap; /* what cannot be sent ends the round at once */

	walk->paused = !walk->asked && walk->run->pending > CLA_RUN_MAX_PENDING;
	if (walk->paused)
		return;
	while (walk->lap == lap && may_ask(walk) && ask_page(walk))
		;
}

void cla_walk_resume(struct cla_walk *walk)
{
	if (walk->paused && walk->run->pending <= CLA_RUN_MAX_PENDING / 2)
		ask_pages(walk);
}

bool cla_walk_settle(struct cla_walk *walk, struct cla_err *err)
{
	struct cla_run *run = walk->run;
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	char name[48];

	if (!walk->ended || walk->failed || run->stale_left || run->opts->dry_run)
		return true;
	struct cla_str *keys = cla_arena_array(&arena, walk->pages.count + 1, sizeof(*keys));
	char *hex = cla_arena_array(&arena, walk->pages.count + 1, CLA_DIGEST_HEX);
	if (!keys || !hex)
		return cla_err_oom(err);
	size_t count = 0;
	for (const struct cla_page_had *p = walk->pages.first; p; p = p->next) {
		keys[count] =
			cla_str_from(cla_digest_hex(&p->object, hex + count * CLA_DIGEST_HEX));
		count++;
	}
	settled_name(walk, name);
	return cla_store_listing(run->store, run->name, cla_str_from(run->month),
				 cla_str_from(name), keys, count, NULL, run->latest, err);
}
