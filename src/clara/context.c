/* clara/context.c - what a month as a whole is seen against: billing statements and their
 * transactions, cards, users, labels, groups, locations, the digital account.
 *
 * None of it is mandatory: what cannot be had is a gap, told in the bundle, and the month stays
 * complete. It is asked for when the rows of the month are known, and again only while the month is
 * not over, rows are new or changed, or something of it is not held: what the API says of a card
 * today is no evidence about a month long closed.
 */
#include "clara/collect_priv.h"

#include "model/context.h"

#include <stdio.h>
#include <string.h>

#define MAX_TARGET 4096

/* One list on its way in. */
struct cla_list {
	struct cla_list *next;
	struct cla_run *run;
	enum cla_resource resource;
	char uuid[40]; /* the statement's; "" for a list of the company */
	char name[80]; /* under which the store knows it */
	struct cla_pages pages;
	struct cla_digest before; /* identity of the page before */
};

static void ask_list(struct cla_list *list);
static bool want_statement(struct cla_run *run, struct cla_str uuid, struct cla_err *err);
static bool want_named_statements(struct cla_run *run, struct cla_err *err);

void cla_context_clear(struct cla_context *context)
{
	cla_arena_clear(&context->arena);
	*context = (struct cla_context){ 0 };
}

bool cla_run_month_is_open(const struct cla_run *run)
{
	int64_t end = (cla_date_to_days(cla_month_last(run->opts->month)) + 1) * 86400;

	return run->server.sec < end;
}

void cla_run_gap(struct cla_run *run, enum cla_resource resource, const char *uuid,
		 const char *reason)
{
	run->result.gaps++;
	run->context.statement_gaps += resource == CLA_RES_STATEMENTS ||
				       resource == CLA_RES_STATEMENT ||
				       resource == CLA_RES_STATEMENT_ROWS;
	cla_run_remark(run, CLA_REMARK_NOT_HAD, resource, uuid, reason);
}

void cla_context_name_statement(struct cla_run *run, struct cla_str uuid)
{
	struct cla_context *c = &run->context;
	uint8_t bytes[16];

	if (c->named == CLA_LEN(c->statements) || cla_str_absent(uuid) ||
	    !cla_row_uuid(uuid, bytes))
		return;
	for (size_t i = 0; i < c->named; i++)
		if (!memcmp(c->statements[i], bytes, sizeof(bytes)))
			return;
	memcpy(c->statements[c->named++], bytes, sizeof(bytes));
}

/* ---- lists ------------------------------------------------------------------- */

static void list_name(enum cla_resource resource, const char *uuid, char out[80])
{
	(void)snprintf(out, 80, "%s%s%s", cla_resource_name(resource), *uuid ? "/" : "", uuid);
}

static struct cla_list *new_list(struct cla_run *run, enum cla_resource resource, const char *uuid)
{
	struct cla_list *list = cla_arena_alloc(&run->context.arena, sizeof(*list));

	if (!list)
		return NULL;
	list->run = run;
	list->resource = resource;
	(void)snprintf(list->uuid, sizeof(list->uuid), "%s", uuid);
	list_name(resource, uuid, list->name);
	list->next = run->context.lists;
	run->context.lists = list;
	return list;
}

static bool list_target(const struct cla_list *list, uint64_t page, struct cla_buf *out,
			struct cla_err *err)
{
	return cla_plan_target(list->run->entity, list->resource, cla_str_from(list->uuid),
			       list->run->opts->month, page, out, err);
}

static bool write_list(struct cla_list *list, const char *reason, struct cla_err *err)
{
	struct cla_run *run = list->run;
	struct cla_str month = cla_str_from(run->month), name = cla_str_from(list->name);
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_listing old;

	/* What was had before, whole, stays in force when it cannot be had today. */
	if (reason && (!cla_store_get_listing(run->store, run->name, month, name, CLA_RUN_ALWAYS,
					      &arena, &old, err)))
		return false;
	if (reason && old.found && (old.complete || !list->pages.count))
		return true;
	struct cla_str *keys = cla_arena_array(&arena, list->pages.count + 1, sizeof(*keys));
	if (!keys)
		return cla_err_oom(err);
	cla_pages_keys(&list->pages, keys);
	return cla_store_listing(run->store, run->name, month, name, keys, list->pages.count,
				 reason, list->pages.count ? list->pages.newest : run->latest, err);
}

static void finish_list(struct cla_list *list, const char *reason)
{
	struct cla_run *run = list->run;
	struct cla_err err = CLA_ERR_INIT;

	if (cla_session_failed(run->session) || cla_ctx_cancelled(run->ctx))
		return;
	if (reason)
		cla_run_gap(run, list->resource, list->uuid, reason);
	bool ok = write_list(list, reason, &err);
	if (ok && list->resource == CLA_RES_STATEMENTS)
		ok = want_named_statements(run, &err);
	if (ok)
		return;
	cla_err_wrap(&err, "noting the list of %s", list->name);
	cla_run_fail(run, &err);
}

/* Statements whose period touches the month. */
static void look_for_statements(struct cla_list *list, const struct cla_page *page)
{
	for (const struct cla_json *n = cla_json_first(page->items); n; n = cla_json_next(n)) {
		struct cla_bill bill;
		cla_bill_read(n, &bill);
		if (cla_plan_statement_touches(bill.start, bill.end, list->run->opts->month))
			cla_context_name_statement(list->run, bill.uuid);
	}
}

/* *reason: why no further page is asked for although this one is not the last. */
static bool take_page(struct cla_job *job, bool *last, const char **reason, struct cla_err *err)
{
	struct cla_list *list = job->list;
	struct cla_digest identity;
	struct cla_page page;

	cla_page_read(cla_json_root(job->doc), cla_resource_name(list->resource), &page);
	if (!cla_answer_identity(cla_buf_str(&job->stored), &identity, err))
		return false;
	bool repeated = list->pages.count && page.count && cla_digest_eq(&identity, &list->before);
	list->before = identity;
	/* a server that knows no pages gives its whole list again */
	*last = cla_page_ends(&page, job->page, CLA_PLAN_PAGE_SIZE, repeated);
	if (repeated && !page.bare)
		*reason = "repeated-page";
	else if (!*last && job->page + 1 >= CLA_PLAN_MAX_PAGES)
		*reason = "endless-pages";
	if (repeated)
		return true;
	if (list->resource == CLA_RES_STATEMENTS)
		look_for_statements(list, &page);
	return cla_pages_keep(&list->pages, &list->run->context.arena, job, err);
}

static void list_done(struct cla_call *call, const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_list *list = job->list;
	struct cla_run *run = job->run;
	struct cla_err err = CLA_ERR_INIT;
	bool last = true;

	if (!reason && !take_page(job, &last, &reason, &err)) {
		cla_err_wrap(&err, "reading page %llu of %s", (unsigned long long)job->page,
			     list->name);
		cla_run_fail(run, &err);
	} else if (reason || last) {
		finish_list(list, reason);
	} else {
		ask_list(list);
	}
	cla_job_end(job);
}

static const struct cla_call_ops list_ops = { .attempt = cla_job_api_attempt, .done = list_done };

static void ask_list(struct cla_list *list)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
	struct cla_run *run = list->run;
	struct cla_err err = CLA_ERR_INIT;

	if (!list_target(list, list->pages.count, &target, &err)) {
		cla_run_fail(run, &err);
		return;
	}
	struct cla_job *job = cla_job_new(run, list->resource, &list_ops, cla_buf_str(&target));
	if (!job)
		return;
	job->list = list;
	job->page = list->pages.count;
	(void)snprintf(job->uuid, sizeof(job->uuid), "%s", list->uuid);
	cla_session_submit(run->session, &job->call);
}

/* ---- statements -------------------------------------------------------------- */

static void statement_done(struct cla_call *call, const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;

	if (reason && !cla_session_failed(job->run->session))
		cla_run_gap(job->run, job->resource, job->uuid, reason);
	cla_job_end(job);
}

static const struct cla_call_ops statement_ops = { .attempt = cla_job_api_attempt,
						   .done = statement_done };

static bool want_statement(struct cla_run *run, struct cla_str uuid, struct cla_err *err)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
	char text[40];

	if (!cla_str_cstr(uuid, text, sizeof(text), err) ||
	    !cla_plan_target(run->entity, CLA_RES_STATEMENT, uuid, run->opts->month, 0, &target,
			     err))
		return false;
	struct cla_list *rows = new_list(run, CLA_RES_STATEMENT_ROWS, text);
	if (!rows)
		return cla_err_oom(err);
	struct cla_job *job =
		cla_job_new(run, CLA_RES_STATEMENT, &statement_ops, cla_buf_str(&target));
	if (!job)
		return cla_err_oom(err);
	memcpy(job->uuid, text, sizeof(job->uuid));
	cla_session_submit(run->session, &job->call);
	ask_list(rows);
	return true;
}

static void uuid_text(const uint8_t b[16], char out[40])
{
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[n++] = '-';
		n += (size_t)snprintf(out + n, 40 - n, "%02x", b[i]);
	}
}

/* Those that touch the month, and those that its rows name. */
static bool want_named_statements(struct cla_run *run, struct cla_err *err)
{
	struct cla_context *c = &run->context;

	c->statements_listed = true;
	while (c->asked < c->named) {
		char uuid[40];

		uuid_text(c->statements[c->asked], uuid);
		if (c->asked++ == CLA_CONTEXT_STATEMENTS)
			cla_run_gap(run, CLA_RES_STATEMENT, uuid, "too-many-statements");
		else if (!want_statement(run, cla_str_from(uuid), err))
			return false;
	}
	return true;
}

/* ---- what is asked for ------------------------------------------------------- */

static bool rows_moved(const struct cla_run *run)
{
	for (size_t i = 0; i < CLA_LEN(run->walks); i++)
		if (run->walks[i].new_rows || run->walks[i].changed_rows)
			return true;
	return false;
}

static bool is_held(struct cla_run *run, const char *name, bool *held, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_listing old;

	if (!cla_store_get_listing(run->store, run->name, cla_str_from(run->month),
				   cla_str_from(name), CLA_RUN_ALWAYS, &arena, &old, err))
		return false;
	*held = old.found && old.complete;
	return true;
}

/* What is not asked for again belongs into a recording all the same. */
static bool record_list(struct cla_run *run, enum cla_resource resource, const char *uuid,
			struct cla_err *err)
{
	for (uint64_t page = 0; run->record && page < CLA_PLAN_MAX_PAGES; page++) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
		struct cla_capture held;
		bool had;

		if (!cla_plan_target(run->entity, resource, cla_str_from(uuid), run->opts->month,
				     page, &target, err) ||
		    !cla_run_current(run, resource, cla_buf_str(&target), &arena, &held, &had, err))
			return false;
		if (!had)
			break;
		cla_run_record_held(run, cla_buf_str(&target), &held);
		if (resource == CLA_RES_STATEMENT)
			break;
	}
	return true;
}

/* Statements are held when all about them is: their list, each that concerns the month, its rows.
 */
static const char *held_name(enum cla_resource resource)
{
	return resource == CLA_RES_STATEMENTS ? "billing-statements-settled"
					      : cla_resource_name(resource);
}

static bool record_statements(struct cla_run *run, struct cla_err *err)
{
	const struct cla_context *c = &run->context;

	for (size_t i = 0; run->record && i < c->named && i < CLA_CONTEXT_STATEMENTS; i++) {
		char uuid[40];

		uuid_text(c->statements[i], uuid);
		if (!record_list(run, CLA_RES_STATEMENT, uuid, err) ||
		    !record_list(run, CLA_RES_STATEMENT_ROWS, uuid, err))
			return false;
	}
	return true;
}

bool cla_context_start(struct cla_run *run, struct cla_err *err)
{
	bool anew = rows_moved(run) || cla_run_month_is_open(run);
	enum cla_resource resource;

	for (size_t i = 0; (resource = cla_plan_context_list(run->entity, i)) != CLA_RES_COUNT;
	     i++) {
		bool held;

		if (!is_held(run, held_name(resource), &held, err))
			return false;
		if (held && !anew) {
			if (!record_list(run, resource, "", err) ||
			    (resource == CLA_RES_STATEMENTS && !record_statements(run, err)))
				return false;
			continue;
		}
		if (run->opts->dry_run) {
			run->result.would_call++;
			continue;
		}
		struct cla_list *list = new_list(run, resource, "");
		if (!list)
			return cla_err_oom(err);
		ask_list(list);
	}
	return true;
}

bool cla_context_go_on(struct cla_run *run, struct cla_err *err)
{
	return !run->context.statements_listed || want_named_statements(run, err);
}

bool cla_context_settle(struct cla_run *run, struct cla_err *err)
{
	if (!run->context.statements_listed || run->context.statement_gaps)
		return true;
	return cla_store_listing(run->store, run->name, cla_str_from(run->month),
				 cla_str_from(held_name(CLA_RES_STATEMENTS)), NULL, 0, NULL,
				 run->latest, err);
}
