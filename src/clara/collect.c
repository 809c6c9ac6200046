/* clara/collect.c - one run: opens what it needs, starts both walks, and says what came of it. */
#include "clara/collect_priv.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIRMATIONS 3

/* ---- jobs -------------------------------------------------------------------- */

static void free_job(struct cla_job *job)
{
	cla_buf_clear(&job->call.body);
	cla_buf_clear(&job->stored);
	cla_json_free(job->doc);
	cla_store_abort(job->put);
	free(job->target);
	free(job);
}

struct cla_job *cla_job_new(struct cla_run *run, enum cla_resource resource,
			    const struct cla_call_ops *ops, struct cla_str target)
{
	struct cla_job *job = calloc(1, sizeof(*job));

	if (job)
		job->target = cla_str_dup(target);
	if (!job || !job->target) {
		struct cla_err err = CLA_ERR_INIT;
		free(job);
		cla_err_oom(&err);
		cla_run_fail(run, &err);
		return NULL;
	}
	job->run = run;
	job->resource = resource;
	job->call.ops = ops;
	job->call.target = job->target;
	job->stored = (struct cla_buf)CLA_BUF_INIT(CLA_SESSION_MAX_API_BODY);
	run->pending++;
	return job;
}

void cla_job_end(struct cla_job *job)
{
	struct cla_run *run = job->run;

	free_job(job);
	run->pending--;
	run->ended++;
	cla_ctx_progress(run->ctx, "fetch", run->ended, run->ended + run->pending);
	for (size_t i = 0; i < CLA_LEN(run->walks); i++)
		cla_walk_resume(&run->walks[i]);
}

void cla_run_missing(struct cla_run *run, struct cla_str what, const char *uuid, const char *reason)
{
	run->result.missing++;
	if (run->opts->missing)
		run->opts->missing(run->opts->missing_ctx, what, uuid, reason);
	cla_log(run->ctx->log, CLA_LOG_INFO, "missing: " CLA_STR_FMT " %s: %s", CLA_STR_ARG(what),
		*uuid ? uuid : "(list)", reason);
}

void cla_run_remark(struct cla_run *run, enum cla_remark what, enum cla_resource resource,
		    const char *uuid, const char *reason)
{
	if (run->opts->remarked)
		run->opts->remarked(run->opts->remarked_ctx, what,
				    cla_str_from(cla_resource_name(resource)), uuid, reason);
	cla_log(run->ctx->log, CLA_LOG_INFO, "%s: %s %s: %s",
		what == CLA_REMARK_MOVED ? "walked again" : "not had", cla_resource_name(resource),
		*uuid ? uuid : "(list)", reason);
}

/* ---- the run ----------------------------------------------------------------- */

static void note_token(void *ctx, const struct cla_net_answer *a, unsigned attempt,
		       const char *reason)
{
	struct cla_run *run = ctx;
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(256);
	struct cla_brought b = { 0 };
	struct cla_err err = CLA_ERR_INIT;

	/* Of a token nothing is kept, not even its hash. */
	if (cla_digest_of(CLA_STR(""), &b.body_sha256, &err) &&
	    cla_plan_target(run->entity, CLA_RES_TOKEN, CLA_STR_NONE, run->opts->month, 0, &target,
			    &err))
		cla_run_note(run, CLA_RES_TOKEN, CLA_STR_NONE, cla_buf_str(&target), a, attempt,
			     reason, &b);
	else
		cla_run_fail(run, &err);
}

static bool open_run(struct cla_run *run, struct cla_err *err)
{
	const struct cla_session_opts opts = {
		.max_calls = run->opts->max_calls,
		.retry_base_ms = run->opts->retry_base_ms,
		.idle_timeout_s = run->opts->idle_timeout_s,
		.proxied = run->opts->proxied,
		.tokens = run->opts->tokens,
		.token_attempt = note_token,
		.ctx = run,
	};
	struct cla_month m = run->opts->month;
	cla_auto_buf struct cla_buf tmp = CLA_BUF_INIT(8192);

	(void)snprintf(run->month, sizeof(run->month), "%04d-%02d", m.year, m.month);
	run->name = cla_str_from(run->entity->name);
	cla_walk_init(run, &run->walks[0], CLA_RES_TRANSACTIONS);
	cla_walk_init(run, &run->walks[1], CLA_RES_REIMBURSEMENTS);
	return cla_path_join(&tmp, cla_store_dir(run->store), "tmp", err) &&
	       cla_rowmap_open(cla_buf_cstr(&tmp), &run->rows, err) &&
	       cla_hasher_new(CLA_HASH_SHA256, &run->hasher, err) &&
	       (!run->opts->record_dir ||
		cla_record_open(run->opts->record_dir, &run->record, err)) &&
	       cla_session_open(run->ctx, run->entity, &opts, &run->session, err);
}

static bool close_run(struct cla_run *run, bool ok, struct cla_err *err)
{
	cla_session_close(run->session);
	for (size_t i = 0; i < CLA_LEN(run->walks); i++)
		cla_walk_clear(&run->walks[i]);
	cla_context_clear(&run->context);
	cla_rowmap_close(run->rows);
	cla_hasher_free(run->hasher);
	cla_buf_clear(&run->key);
	cla_buf_clear(&run->shown);
	cla_buf_clear(&run->query_keys);
	/* The first error is the one to report. */
	return cla_record_close(run->record, ok ? err : NULL) && ok;
}

/* Without a single page there is nothing that a bundle could be made of. */
static bool anything_usable(const struct cla_run *run, struct cla_err *err)
{
	const struct cla_walk *tx = &run->walks[0], *re = &run->walks[1];

	if (tx->pages.count || re->pages.count || !strcmp(tx->reason, "call-budget"))
		return true;
	return cla_err_set(
		err, CLA_ERR_REMOTE,
		"nothing could be collected from '%s': transactions: %s; reimbursements: %s",
		run->entity->base_url, tx->reason, re->reason);
}

/* When all that the listings led to has been had, they are walked once more: only a list that is
 * twice the same proves that nothing slipped between two of its pages. What they show that is new
 * is had first, then they are compared again. Together with this comes the month's context. */
static bool confirm(struct cla_run *run, struct cla_err *err)
{
	bool again = cla_context_start(run, err);

	if (!again) {
		cla_run_fail(run, err);
		return cla_session_run(run->session, err);
	}
	for (unsigned i = 1; again && i <= CONFIRMATIONS; i++) {
		again = false;
		for (size_t w = 0; w < CLA_LEN(run->walks); w++)
			cla_walk_confirm(&run->walks[w], i == CONFIRMATIONS, &again);
		if (!cla_context_go_on(run, err))
			cla_run_fail(run, err);
		if (!cla_session_run(run->session, err))
			return false;
	}
	return cla_context_settle(run, err);
}

static bool work(struct cla_run *run, struct cla_err *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < CLA_LEN(run->walks); i++)
		ok = cla_walk_start(&run->walks[i], err);
	if (!ok)
		cla_run_fail(run, err);
	ok = cla_session_run(run->session, err) && anything_usable(run, err) &&
	     (run->opts->dry_run ? cla_context_start(run, err) : confirm(run, err));
	for (size_t i = 0; ok && i < CLA_LEN(run->walks); i++)
		ok = cla_walk_settle(&run->walks[i], err);
	/* What was had before a failure is kept, too. */
	return cla_store_flush(run->store, ok ? err : NULL) && ok;
}

static void sum_up(struct cla_run *run, struct cla_collect_result *ret)
{
	const struct cla_walk *tx = &run->walks[0], *re = &run->walks[1];
	struct cla_session_stats stats = cla_session_stats(run->session);

	*ret = run->result;
	/* of a confirmation that was cut short, what it was to confirm */
	ret->rows = tx->unique > tx->base_unique ? tx->unique : tx->base_unique;
	ret->reimbursements = re->unique > re->base_unique ? re->unique : re->base_unique;
	ret->new_rows = tx->new_rows + re->new_rows;
	ret->changed_rows = tx->changed_rows + re->changed_rows;
	ret->calls = stats.calls;
	if (run->opts->dry_run) /* each list once more */
		ret->would_call += tx->pages.count + re->pages.count;
	ret->bytes = stats.bytes;
}

bool cla_collect(const struct cla_ctx *ctx, struct cla_store *store,
		 const struct cla_entity *entity, const struct cla_collect_opts *opts,
		 struct cla_collect_result *ret, struct cla_err *err)
{
	struct cla_run run = { .ctx = ctx,
			       .store = store,
			       .entity = entity,
			       .opts = opts,
			       .key = CLA_BUF_INIT(CLA_RUN_MAX_KEY),
			       .shown = CLA_BUF_INIT(CLA_RUN_MAX_KEY),
			       .query_keys = CLA_BUF_INIT(CLA_RUN_MAX_KEY) };
	struct cla_err local = CLA_ERR_INIT;
	bool ok = open_run(&run, &local) && work(&run, &local);

	if (run.session)
		sum_up(&run, ret);
	ok = close_run(&run, ok, &local);
	if (!ok && err)
		*err = local;
	return ok;
}
