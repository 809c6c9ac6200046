/* cli/pipeline.c - the stages in order. */
#include "cli/judging.h"
#include "cli/month.h"

#include "base/file.h"
#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cla_outcome_clear(struct cla_outcome *o)
{
	cla_arena_clear(&o->arena);
	memset(o, 0, sizeof(*o));
}

/* ---- opening ---- */

static bool load_judge(struct cla_pipeline *p, const char *data_dir, struct cla_err *err)
{
	cla_auto_buf struct cla_buf certs = CLA_BUF_INIT(8192);
	struct cla_judge_opts opts = { .now = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx) };

	if (!cla_judge_new(&opts, &p->judge, err) || !cla_path_join(&certs, data_dir, "certs", err))
		return false;
	if (cla_path_is_dir(cla_buf_cstr(&certs)) &&
	    !cla_judging_certs(p->cli, p->judge, cla_buf_cstr(&certs), NULL, err))
		return false;
	return cla_rules_json(&p->rules_json, err) &&
	       cla_digest_of(cla_buf_str(&p->rules_json), &p->rules, err) &&
	       cla_judge_cert_set(p->judge, &p->certs, err);
}

bool cla_pipeline_open(struct cla_cli *cli, struct cla_pipeline **ret, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	struct cla_pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return cla_err_oom(err);
	p->cli = cli;
	p->rules_json = (struct cla_buf)CLA_BUF_INIT(16u << 20);
	if (!cla_cli_data_dir(cli, &dir, err) || !cla_tokens_new(&p->tokens, err) ||
	    !cla_store_open(&cli->ctx, cla_buf_cstr(&dir), CLA_STORE_WRITE, &p->store, err) ||
	    !load_judge(p, cla_buf_cstr(&dir), err)) {
		cla_pipeline_close(p);
		return false;
	}
	*ret = p;
	return true;
}

void cla_pipeline_close(struct cla_pipeline *p)
{
	if (!p)
		return;
	cla_judge_free(p->judge);
	cla_tokens_free(p->tokens);
	cla_buf_clear(&p->rules_json);
	cla_store_close(p->store);
	free(p);
}

bool cla_pipeline_share(struct cla_pipeline *p, struct cla_cli *cli, struct cla_pipeline **ret,
			struct cla_err *err)
{
	struct cla_pipeline *shared = malloc(sizeof(*shared));

	if (!shared)
		return cla_err_oom(err);
	*shared = *p;
	shared->cli = cli;
	*ret = shared;
	return true;
}

void cla_pipeline_unshare(struct cla_pipeline *p)
{
	free(p);
}

struct cla_store *cla_pipeline_store(struct cla_pipeline *p)
{
	return p->store;
}

void cla_pipeline_highlight(struct cla_pipeline *p, cla_highlight_fn *fn, void *ctx)
{
	p->highlight = fn;
	p->highlight_ctx = ctx;
}

/* ---- the stages in order ---- */

static void begin_run(struct cla_month_run *run, struct cla_pipeline *p,
		      const struct cla_entity *entity, const struct cla_pipeline_opts *opts,
		      struct cla_outcome *out)
{
	memset(run, 0, sizeof(*run));
	run->p = p;
	run->entity = entity;
	run->opts = opts;
	run->out = out;
	out->entity = entity;
	(void)snprintf(out->month, sizeof(out->month), "%04d-%02d", opts->month.year % 10000,
		       opts->month.month % 100);
	cla_judgement_init(&run->judgement);
}

static void end_run(struct cla_month_run *run)
{
	cla_gather_free(run->gather);
	cla_match_free(run->match);
	cla_related_free(run->related);
	cla_judgement_clear(&run->judgement);
	free(run->not_had);
	free(run->remarks);
}

static bool keep_about(struct cla_month_run *run, struct cla_missing *m, struct cla_str resource,
		       const char *uuid, const char *reason, struct cla_err *err)
{
	return cla_month_keep(run, resource, &m->resource, err) &&
	       cla_month_keep(run, *uuid ? cla_str_from(uuid) : CLA_STR_NONE, &m->uuid, err) &&
	       cla_month_keep(run, cla_str_from(reason), &m->reason, err);
}

static void on_not_had(void *ctx, struct cla_str resource, const char *uuid, const char *reason)
{
	struct cla_month_run *run = ctx;
	struct cla_err *err = &run->not_had_err;
	struct cla_missing m;

	if (cla_grow(&run->not_had, &run->not_had_cap, run->not_had_count, sizeof(*run->not_had),
		     err) &&
	    keep_about(run, &m, resource, uuid, reason, err))
		run->not_had[run->not_had_count++] = m;
}

static void on_remarked(void *ctx, enum cla_remark what, struct cla_str resource, const char *uuid,
			const char *reason)
{
	struct cla_month_run *run = ctx;
	struct cla_err *err = &run->not_had_err;
	struct cla_remarked r = { .what = what };

	if (cla_grow(&run->remarks, &run->remark_cap, run->remark_count, sizeof(*run->remarks),
		     err) &&
	    keep_about(run, &r.about, resource, uuid, reason, err))
		run->remarks[run->remark_count++] = r;
}

/* What was told while collecting lives as long as the outcome. */
static bool keep_told(struct cla_month_run *run, struct cla_err *err)
{
	struct cla_outcome *out = run->out;

	if (run->not_had_err.code != CLA_ERR_NONE) {
		if (err)
			*err = run->not_had_err;
		return false;
	}
	out->missing = cla_arena_array(&out->arena, run->not_had_count + 1, sizeof(*out->missing));
	out->remarks = cla_arena_array(&out->arena, run->remark_count + 1, sizeof(*out->remarks));
	if (!out->missing || !out->remarks)
		return cla_err_oom(err);
	for (size_t i = 0; i < run->not_had_count; i++)
		out->missing[out->missing_count++] = run->not_had[i];
	for (size_t i = 0; i < run->remark_count; i++)
		out->remarks[out->remark_count++] = run->remarks[i];
	return true;
}

/* One event a run and month: the answers that came are the journal's lines up to the one it names;
 * files and verdicts have events of their own. */
static bool note_collected(struct cla_month_run *run, bool finished, struct cla_err *err)
{
	typedef unsigned long long llu;
	cla_auto_buf struct cla_buf subject = CLA_BUF_INIT(1024);
	const struct cla_collect_result *got = &run->out->collected;
	struct cla_pipeline *p = run->p;

	cla_buf_addf(&subject, "%s: %llu rows, %llu new, %llu changed, %llu downloads%s",
		     run->out->month, (llu)(got->rows + got->reimbursements), (llu)got->new_rows,
		     (llu)got->changed_rows, (llu)got->downloads, finished ? "" : ", not finished");
	struct cla_event e = {
		.type = got->new_rows || got->changed_rows || got->downloads ? "fetched"
									     : "re-affirmed",
		.entity = cla_str_from(run->entity->name),
		.subject = cla_buf_str(&subject),
		.time = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx),
		.anchored = true,
	};
	return cla_buf_ok(&subject, err) && cla_store_custody(p->store, &e, err) &&
	       cla_store_flush(p->store, err);
}

static bool collect(struct cla_month_run *run, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	struct cla_collect_opts opts = {
		.month = run->opts->month,
		.record_dir = run->opts->record_dir,
		.dry_run = run->opts->dry_run,
		.max_calls = run->opts->max_calls,
		.retry_base_ms = cla_cli_env_number("CLARA_AUDIT_RETRY_BASE_MS"),
		.idle_timeout_s = cla_cli_env_number("CLARA_AUDIT_IDLE_TIMEOUT_S"),
		.tokens = p->tokens,
		.proxied = cla_cli_proxied(),
		.missing = on_not_had,
		.missing_ctx = run,
		.remarked = on_remarked,
		.remarked_ctx = run,
		.arrived = cla_month_arrived,
		.arrived_ctx = run,
	};
	struct cla_collect_result *got = &run->out->collected;
	struct cla_err first = CLA_ERR_INIT;
	struct cla_err *why = err ? err : &first;

	run->cutoff = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx);
	bool ok = cla_collect(&p->cli->ctx, p->store, run->entity, &opts, got, why);
	if (run->opts->dry_run)
		return ok;
	/* a run that failed says so in the custody log too; its own error is what counts */
	struct cla_err late = CLA_ERR_INIT;
	bool noted = note_collected(run, ok, &late);
	if (ok && !noted) {
		*why = late;
		return false;
	}
	return ok;
}

bool cla_pipeline_fetch(struct cla_pipeline *p, const struct cla_entity *entity,
			const struct cla_pipeline_opts *opts, struct cla_outcome *ret,
			struct cla_err *err)
{
	struct cla_month_run run;

	memset(ret, 0, sizeof(*ret));
	begin_run(&run, p, entity, opts, ret);
	bool ok = collect(&run, err);
	ret->transactions = ret->collected.rows;
	ret->reimbursements = ret->collected.reimbursements;
	ret->documents = ret->collected.documents;
	ret->complete = ok && !ret->collected.missing;
	ret->findings = ret->collected.gaps;
	ok = keep_told(&run, ok ? err : NULL) && ok;
	end_run(&run);
	return ok;
}

static bool look_at_month(struct cla_month_run *run, struct cla_err *err)
{
	struct cla_time all = { INT64_MAX, 0 };

	if (!cla_gather_month(&run->p->cli->ctx, run->p->store, run->entity, run->opts->month,
			      run->opts->has_cutoff ? run->opts->cutoff : all, &run->gather, err))
		return false;
	run->cutoff = cla_gather_cutoff(run->gather);
	return cla_month_match(run, err) && cla_month_summarize(run, err) &&
	       cla_store_flush(run->p->store, err);
}

/* What collecting reported stands in for the gaps where the store does not show them: a page that
 * failed today may hide behind a complete listing of yesterday. */
static void add_not_had(struct cla_outcome *out, const struct cla_outcome *fetched)
{
	if (out->missing_count || !fetched->missing_count)
		return;
	out->missing = fetched->missing;
	out->missing_count = fetched->missing_count;
	out->complete = false;
}

bool cla_pipeline_bundle(struct cla_pipeline *p, const struct cla_entity *entity,
			 const struct cla_pipeline_opts *opts, struct cla_outcome *ret,
			 struct cla_err *err)
{
	const struct cla_outcome fetched = *ret;
	struct cla_month_run run;

	*ret = (struct cla_outcome){ .arena = fetched.arena,
				     .remarks = fetched.remarks,
				     .remark_count = fetched.remark_count,
				     .collected = fetched.collected };
	begin_run(&run, p, entity, opts, ret);
	bool ok = look_at_month(&run, err);
	if (ok)
		add_not_had(ret, &fetched);
	/* a month of which nothing was ever asked is no evidence: nothing is issued about it */
	if (ok && !ret->transactions && !ret->reimbursements && !ret->complete)
		ok = cla_err_set(err, opts->offline ? CLA_ERR_NOT_FOUND : CLA_ERR_REMOTE,
				 "nothing of %s is held for '%s'%s", ret->month, entity->name,
				 opts->offline ? ": run without --offline first" : "");
	ok = ok && cla_month_bundle(&run, err);
	end_run(&run);
	return ok;
}

struct lines {
	const struct cla_match *match;
	cla_pipeline_line_fn *line;
	void *ctx;
};

static bool print_line(void *ctx, size_t expense, const struct cla_match_result *r,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(64u << 20);
	struct lines *l = ctx;

	(void)r;
	return cla_match_print(l->match, expense, &json, err) &&
	       l->line(l->ctx, cla_buf_str(&json), err);
}

bool cla_pipeline_match(struct cla_pipeline *p, const struct cla_entity *entity,
			const struct cla_pipeline_opts *opts, cla_pipeline_line_fn *line, void *ctx,
			struct cla_outcome *ret, struct cla_err *err)
{
	struct cla_month_run run;

	memset(ret, 0, sizeof(*ret));
	begin_run(&run, p, entity, opts, ret);
	bool ok = look_at_month(&run, err);
	struct lines lines = { run.match, line, ctx };
	ok = ok && cla_match_each(run.match, print_line, &lines, err);
	end_run(&run);
	return ok;
}

bool cla_pipeline_report(struct cla_pipeline *p, const struct cla_entity *entity,
			 const struct cla_pipeline_opts *opts, struct cla_report *report,
			 struct cla_outcome *ret, struct cla_err *err)
{
	struct cla_month_run run;

	memset(ret, 0, sizeof(*ret));
	memset(report, 0, sizeof(*report));
	begin_run(&run, p, entity, opts, ret);
	bool ok = look_at_month(&run, err) && cla_month_report(&run, report, err);
	end_run(&run);
	return ok;
}
