/* clara/detail.c - documents, invoices and extracted documents of a transaction. */
#include "clara/collect_priv.h"

#include <stdio.h>

#define MAX_TARGET 4096
#define MAX_ANSWER CLA_SESSION_MAX_API_BODY

static void submit_next_page(const struct cla_job *job);

/* ---- an answer that came ----------------------------------------------------- */

static bool last_page(const struct cla_page *page, uint64_t asked, const struct cla_digest *object,
		      const struct cla_digest *before)
{
	return cla_page_ends(page, asked, CLA_PLAN_PAGE_SIZE,
			     asked && cla_digest_eq(object, before));
}

static void use_answer(struct cla_job *job)
{
	const struct cla_json *root = cla_json_root(job->doc);
	const struct cla_link_source source = { job->resource, cla_str_from(job->uuid), 0 };
	struct cla_page page;

	cla_want_files(job->run, root, &source);
	if (job->resource != CLA_RES_EXTRACTED)
		return;
	cla_page_read(root, cla_resource_name(job->resource), &page);
	if (!last_page(&page, job->page, &job->object, &job->before) &&
	    job->page + 1 < CLA_PLAN_MAX_PAGES)
		submit_next_page(job);
}

static void detail_done(struct cla_call *call, const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_run *run = job->run;

	if (job->waiting) {
		cla_file_refreshed(cla_steal(&job->waiting), reason, cla_json_root(job->doc));
	} else if (reason && job->resource == CLA_RES_TRANSACTION) {
		cla_run_gap(run, job->resource, job->uuid, reason); /* the listing has it */
	} else if (reason) {
		cla_run_missing(run, cla_str_from(cla_resource_name(job->resource)), job->uuid,
				reason);
		run->stale_left = run->stale_left || job->replaces;
	} else {
		use_answer(job);
	}
	cla_job_end(job);
}

static const struct cla_call_ops detail_ops = { .attempt = cla_job_api_attempt,
						.done = detail_done };

/* ---- asking ------------------------------------------------------------------ */

static bool target_of(struct cla_run *run, enum cla_resource resource, struct cla_str uuid,
		      uint64_t page, struct cla_buf *out, struct cla_err *err)
{
	return cla_plan_target(run->entity, resource, uuid, run->opts->month, page, out, err);
}

static struct cla_job *new_detail(struct cla_run *run, enum cla_resource resource,
				  struct cla_str uuid, uint64_t page)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
	struct cla_err err = CLA_ERR_INIT;

	if (!target_of(run, resource, uuid, page, &target, &err)) {
		cla_run_fail(run, &err);
		return NULL;
	}
	struct cla_job *job = cla_job_new(run, resource, &detail_ops, cla_buf_str(&target));
	if (!job)
		return NULL;
	(void)snprintf(job->uuid, sizeof(job->uuid), CLA_STR_FMT, CLA_STR_ARG(uuid));
	job->page = page;
	return job;
}

static void submit_detail(struct cla_run *run, enum cla_resource resource, struct cla_str uuid,
			  bool replaces)
{
	struct cla_job *job = new_detail(run, resource, uuid, 0);

	if (!job)
		return;
	job->replaces = replaces;
	cla_session_submit(run->session, &job->call);
}

static void submit_next_page(const struct cla_job *job)
{
	struct cla_job *next =
		new_detail(job->run, job->resource, cla_str_from(job->uuid), job->page + 1);

	if (!next)
		return;
	next->replaces = job->replaces;
	next->before = job->object;
	cla_session_submit(next->run->session, &next->call);
}

bool cla_want_fresh_link(struct cla_job *file)
{
	struct cla_str expense = cla_str_from(file->expense);
	struct cla_job *job;

	if (file->source == CLA_RES_REIMBURSEMENTS)
		expense = CLA_STR("");
	job = new_detail(file->run, file->source, expense, file->source_page);
	if (!job)
		return false;
	job->waiting = file;
	job->call.urgent = true;
	cla_session_submit(file->run->session, &job->call);
	return true;
}

/* ---- what is held ------------------------------------------------------------ */

/* What a held answer leads to. */
struct links_held {
	struct cla_run *run;
	enum cla_resource resource;
	struct cla_str expense;
	uint64_t links, files, gaps;
	struct cla_digest before; /* the page looked at last */
	bool wanted;		  /* a file that could be had is not held */
	bool failed;
	struct cla_err err;
};

/* NULL for a link that leads somewhere. An invoice need not have one. */
static const char *gap_reason(enum cla_resource resource, enum cla_file_state state)
{
	switch (state) {
	case CLA_FILE_NO_LINK:
		return resource == CLA_RES_INVOICES ? NULL : "no-link";
	case CLA_FILE_BAD_URL:
		return "bad-url";
	case CLA_FILE_NOT_ALLOWED:
		return "host-not-allowed";
	default:
		return NULL;
	}
}

static void look_at_link(void *ctx, const struct cla_attachment *a)
{
	struct links_held *l = ctx;
	enum cla_file_state state;

	l->links++;
	if (l->failed)
		return;
	if (!cla_file_look(l->run, a, &state, &l->err)) {
		l->failed = true;
		return;
	}
	l->wanted = l->wanted || state == CLA_FILE_WANTED;
	l->files += state == CLA_FILE_HELD;
	l->gaps += gap_reason(l->resource, state) != NULL;
}

static void report_gap(void *ctx, const struct cla_attachment *a)
{
	struct links_held *l = ctx;
	enum cla_file_state state;
	uint8_t bytes[16];
	char uuid[40];

	if (l->failed || !cla_file_look(l->run, a, &state, &l->err)) {
		l->failed = true;
		return;
	}
	const char *reason = gap_reason(l->resource, state);
	struct cla_str subject = cla_row_uuid(a->uuid, bytes) ? a->uuid : l->expense;
	if (reason && cla_str_cstr(subject, uuid, sizeof(uuid), NULL))
		cla_file_not_had(l->run, a->uuid, uuid, reason);
}

static bool read_held(struct cla_run *run, enum cla_resource resource,
		      const struct cla_capture *held, struct cla_json_doc **doc,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MAX_ANSWER);

	return (cla_store_get(run->store, &held->stored_sha256, &text, err) &&
		cla_json_parse(cla_buf_str(&text), doc, err)) ||
	       cla_err_wrap(err, "reading a stored answer about %s", cla_resource_name(resource));
}

/* Adds one held answer to what is known of the row's resource. *more: a further page follows. */
static bool look_at_held(struct links_held *l, uint64_t page_number, const struct cla_capture *held,
			 bool *more, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_page page;

	if (!read_held(l->run, l->resource, held, &doc, err))
		return false;
	cla_each_link(l->resource, cla_json_root(doc), look_at_link, l);
	if (l->failed) {
		*err = l->err;
		return false;
	}
	*more = false;
	if (l->resource == CLA_RES_EXTRACTED) {
		cla_page_read(cla_json_root(doc), cla_resource_name(l->resource), &page);
		l->links += page.count;
		*more = !last_page(&page, page_number, &held->stored_sha256, &l->before);
		l->before = held->stored_sha256;
	}
	return true;
}

/* The gaps of an answer that is not asked for again: they are as they were. */
static bool report_gaps(struct links_held *l, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_capture held;
	bool is_held;

	if (!target_of(l->run, l->resource, l->expense, 0, &target, err) ||
	    !cla_run_current(l->run, l->resource, cla_buf_str(&target), &arena, &held, &is_held,
			     err) ||
	    (is_held && !read_held(l->run, l->resource, &held, &doc, err)))
		return false;
	cla_each_link(l->resource, cla_json_root(doc), report_gap, l);
	if (l->failed)
		*err = l->err;
	return !l->failed;
}

/* Whether an answer held for the row still says what the server would say. */
static bool trusted(const struct cla_row_state *state, const struct cla_capture *held)
{
	return state->known || (state->listed && held->time.sec >= state->listed_s);
}

/* Receipts come late, and what is authorised changes until it settles: for so many days from its
 * operation, by the server's own clock, a row is looked after. One without a date is, too. */
static bool is_young(const struct cla_run *run, const struct cla_row *row)
{
	struct cla_date date;

	return !cla_date_parse(row->operation_date, &date) ||
	       run->server.sec / 86400 - cla_date_to_days(date) <= CLA_RUN_OPEN_DAYS;
}

/* Whether an answer that is held and was not contradicted since may have changed all the same: the
 * row is not final, or nothing is held although it announces something, or does not say. */
static bool may_have_more(const struct cla_run *run, const struct cla_row *row,
			  enum cla_resource resource, uint64_t links)
{
	enum cla_flag flag = resource == CLA_RES_DOCUMENTS  ? row->has_attachments
			     : resource == CLA_RES_INVOICES ? row->has_invoice
							    : row->has_extracted;

	return is_young(run, row) && (!row->final || (flag != CLA_FLAG_FALSE && !links));
}

/* *ask: the resource has to be asked for; *replaces: although an answer is held. */
static bool look(struct cla_run *run, const struct cla_row *row, enum cla_resource resource,
		 const struct cla_row_state *state, bool *ask, bool *replaces, struct cla_err *err)
{
	struct links_held l = { .run = run, .resource = resource, .expense = row->uuid };
	bool more = true;

	*ask = true;
	*replaces = false;
	for (uint64_t page = 0; more && page < CLA_PLAN_MAX_PAGES; page++) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
		struct cla_capture held;
		bool is_held;

		if (!target_of(run, resource, row->uuid, page, &target, err) ||
		    !cla_run_current(run, resource, cla_buf_str(&target), &arena, &held, &is_held,
				     err))
			return false;
		*replaces = *replaces || is_held;
		if (!is_held || !trusted(state, &held))
			return true;
		if (!look_at_held(&l, page, &held, &more, err))
			return false;
		if (l.wanted)
			return true;
		cla_run_record_held(run, cla_buf_str(&target), &held);
	}
	*ask = may_have_more(run, row, resource, l.links);
	if (*ask)
		return true;
	run->result.documents += l.files;
	return !l.gaps || report_gaps(&l, err);
}

/* A row that is not final, by itself: the listing says what it was, this what has become of it. */
static void want_again(struct cla_run *run, const struct cla_row *row)
{
	if (row->final || !is_young(run, row))
		return;
	if (run->opts->dry_run)
		run->result.would_call++;
	else
		submit_detail(run, CLA_RES_TRANSACTION, row->uuid, false);
}

void cla_want_details(struct cla_run *run, const struct cla_row *row,
		      const struct cla_row_state *state)
{
	static const enum cla_resource resources[] = { CLA_RES_DOCUMENTS, CLA_RES_INVOICES,
						       CLA_RES_EXTRACTED };
	struct cla_err err = CLA_ERR_INIT;

	for (size_t i = 0; i < CLA_LEN(resources); i++) {
		bool ask, replaces;

		if (cla_session_failed(run->session))
			return;
		if (cla_plan_ask(run->entity, row, resources[i]) != CLA_ASK_YES)
			continue;
		if (!look(run, row, resources[i], state, &ask, &replaces, &err)) {
			cla_run_fail(run, &err);
			return;
		}
		if (!ask)
			continue;
		if (run->opts->dry_run)
			run->result.would_call++;
		else
			submit_detail(run, resources[i], row->uuid, replaces);
	}
	want_again(run, row);
}
