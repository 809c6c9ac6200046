/* clara-audit fetch: collects a month, the months that two days span, or all since the newest one
 * held. */
#include "cli/progress.h"
#include "cli/entities.h"
#include "cli/summary.h"
#include "json/out.h"

#include <stdio.h>
#include <string.h>

#define LOOK_BACK_MONTHS 240
/* Charges show up days after their date; what is open is asked about for 60 days. */
#define OVERLAP_DAYS 7
#define OPEN_DAYS 60

enum {
	OPT_MONTH = CLA_OPT,
	OPT_FROM,
	OPT_TO,
	OPT_SINCE_LAST,
	OPT_RECORD,
	OPT_DRY_RUN,
	OPT_MAX_CALLS,
	OPT_JOBS
};

static const struct cla_opt options[] = {
	{ "month", "YYYY-MM", OPT_MONTH, { { "this month", "este mes", "este mês" } } },
	{ "from",
	  "YYYY-MM-DD",
	  OPT_FROM,
	  { { "every month touched from this day on", "cada mes tocado desde este día",
	      "cada mês tocado a partir deste dia" } } },
	{ "to",
	  "YYYY-MM-DD",
	  OPT_TO,
	  { { "up to this day (default: today)", "hasta este día (por omisión, hoy)",
	      "até este dia (padrão: hoje)" } } },
	{ "since-last",
	  NULL,
	  OPT_SINCE_LAST,
	  { { "from 7 days before the last one held, at least the last 60",
	      "desde 7 días antes del último guardado, al menos los últimos 60",
	      "de 7 dias antes do último guardado, ao menos os últimos 60" } } },
	{ "record",
	  "DIR",
	  OPT_RECORD,
	  { { "also write the answers there, for base_url = replay:DIR",
	      "escribir también ahí las respuestas, para base_url = replay:DIR",
	      "escrever também ali as respostas, para base_url = replay:DIR" } } },
	{ "dry-run",
	  NULL,
	  OPT_DRY_RUN,
	  { { "list only, and count the calls a run would make",
	      "sólo listar y contar las llamadas que haría una ejecución",
	      "somente listar e contar as chamadas que uma execução faria" } } },
	{ "max-calls",
	  "N",
	  OPT_MAX_CALLS,
	  { { "at most N requests in this run", "a lo más N peticiones en esta ejecución",
	      "no máximo N requisições nesta execução" } } },
	CLA_OPT_JOBS(OPT_JOBS),
	{ NULL, NULL, 0, { { NULL } } },
};

struct fetch {
	struct cla_cli *cli;
	struct cla_pipeline_opts opts;
	struct cla_date from, to;
	struct cla_month month;
	bool has_month, has_from, has_to, since_last, has_budget;
	uint64_t budget; /* requests left */
	unsigned jobs;
};

static struct cla_date today(const struct cla_cli *cli)
{
	return cla_date_from_days(cla_cli_now(cli).sec / 86400);
}

static bool take_day(struct fetch *f, const char *arg, struct cla_date *ret, bool *has)
{
	char shown[CLA_SHOWN];

	*has = true;
	if (cla_date_parse(cla_str_from(arg), ret))
		return true;
	cla_cli_usage(f->cli, cla_tr(f->cli, "'%s' is not a day: write it as YYYY-MM-DD"),
		      cla_shown(cla_str_from(arg), 40, shown));
	return false;
}

static bool take(void *ctx, int val, const char *arg)
{
	struct fetch *f = ctx;

	switch (val) {
	case OPT_MONTH:
		f->has_month = true;
		return cla_cli_month(f->cli, arg, &f->month);
	case OPT_FROM:
		return take_day(f, arg, &f->from, &f->has_from);
	case OPT_TO:
		return take_day(f, arg, &f->to, &f->has_to);
	case OPT_SINCE_LAST:
		f->since_last = true;
		return true;
	case OPT_RECORD:
		f->opts.record_dir = arg;
		return true;
	case OPT_DRY_RUN:
		f->opts.dry_run = true;
		return true;
	case OPT_JOBS:
		return cla_jobs_take(f->cli, arg, &f->jobs);
	default:
		f->has_budget = true;
		return cla_cli_u64(f->cli, "--max-calls", arg, 1, &f->budget);
	}
}

static int month_number(struct cla_month m)
{
	return m.year * 12 + m.month - 1;
}

static struct cla_month month_of(int number)
{
	return (struct cla_month){ number / 12, number % 12 + 1 };
}

/* ---- one month of one entity
 * -------------------------------------------------------------------------------------- */

static void put_remarks(struct cla_json_out *w, const struct cla_outcome *o)
{
	static const char *const names[] = {
		[CLA_REMARK_NOT_HAD] = "not-had",
		[CLA_REMARK_MOVED] = "moved",
	};

	cla_json_out_kint(w, "gaps", (int64_t)o->collected.gaps);
	cla_json_out_key(w, "remarks");
	cla_json_out_array(w);
	for (size_t i = 0; i < o->remark_count; i++) {
		const struct cla_remarked *r = &o->remarks[i];

		cla_json_out_object(w);
		cla_json_out_kcstr(w, "what", names[r->what]);
		cla_json_out_kstr(w, "resource", r->about.resource);
		cla_json_out_kstr(w, "uuid", r->about.uuid);
		cla_json_out_kstr(w, "reason", r->about.reason);
		cla_json_out_close(w);
	}
	cla_json_out_close(w);
}

static bool print_json(const struct cla_outcome *o, bool dry_run, int64_t ms, int status,
		       struct cla_err *err)
{
	const struct cla_collect_result *c = &o->collected;
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	struct cla_json_out w;

	cla_json_out_begin_unordered(&w, &line);
	cla_json_out_object(&w);
	cla_json_out_kcstr(&w, "entity", o->entity->name);
	cla_json_out_kcstr(&w, "month", o->month);
	cla_json_out_kbool(&w, "complete", o->complete);
	cla_json_out_kint(&w, "transactions", (int64_t)c->rows);
	cla_json_out_kint(&w, "reimbursements", (int64_t)c->reimbursements);
	cla_json_out_kint(&w, "new", (int64_t)c->new_rows);
	cla_json_out_kint(&w, "changed", (int64_t)c->changed_rows);
	cla_json_out_kint(&w, "documents", (int64_t)c->documents);
	cla_json_out_kint(&w, "downloads", (int64_t)c->downloads);
	cla_json_out_kint(&w, "calls", (int64_t)c->calls);
	if (dry_run)
		cla_json_out_kint(&w, "would_call", (int64_t)c->would_call);
	cla_json_out_kint(&w, "bytes", (int64_t)c->bytes);
	cla_json_out_kint(&w, "missing", (int64_t)c->missing);
	put_remarks(&w, o);
	cla_json_out_kint(&w, "ms", ms);
	cla_json_out_kint(&w, "exit", status);
	cla_json_out_close(&w);
	if (!cla_json_out_end(&w, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static void print_text(const struct cla_cli *cli, const struct cla_outcome *o, bool dry_run)
{
	typedef unsigned long long llu;
	const struct cla_collect_result *c = &o->collected;
	char name[CLA_SHOWN];

	cla_shown(cla_str_from(o->entity->name), 40, name);
	cla_cli_print(
		cla_tr(cli,
		       "%s %s: charges: %llu, reimbursements: %llu (new: %llu, changed: %llu); "),
		name, o->month, (llu)c->rows, (llu)c->reimbursements, (llu)c->new_rows,
		(llu)c->changed_rows);
	if (dry_run)
		cla_cli_print(cla_tr(cli, "calls that a run would make: %llu\n"),
			      (llu)c->would_call);
	else
		cla_cli_print(cla_tr(cli, "documents held: %llu, downloaded: %llu; calls: %llu, "
					  "bytes: %llu\n"),
			      (llu)c->documents, (llu)c->downloads, (llu)c->calls, (llu)c->bytes);
}

static int fetch_month(struct fetch *f, struct cla_pipeline *pipeline, struct cla_work *work,
		       struct cla_month month)
{
	struct cla_pipeline_opts opts = f->opts;
	struct cla_outcome outcome;
	struct cla_err err = CLA_ERR_INIT;

	if (f->has_budget && !f->budget)
		return CLA_EXIT_INCOMPLETE;
	int64_t begin = f->cli->ctx.clock.monotonic_ms(f->cli->ctx.clock.ctx);
	opts.month = month;
	opts.max_calls = f->budget;
	bool ok = cla_pipeline_fetch(pipeline, work->entity, &opts, &outcome, &err);
	cla_bar_clear(f->cli);
	if (f->has_budget)
		f->budget -=
			outcome.collected.calls < f->budget ? outcome.collected.calls : f->budget;
	int64_t ms = f->cli->ctx.clock.monotonic_ms(f->cli->ctx.clock.ctx) - begin;
	int status = outcome.collected.missing ? CLA_EXIT_INCOMPLETE : CLA_EXIT_OK;
	if (ok && f->cli->json)
		ok = print_json(&outcome, opts.dry_run, ms, status, &err);
	else if (ok)
		print_text(f->cli, &outcome, opts.dry_run);
	if (ok && !opts.dry_run)
		cla_summary_missing(f->cli, &outcome);
	if (ok)
		cla_summary_remarks(f->cli, &outcome);
	if (!ok) {
		cla_err_wrap(&err, "entity '%s', %04d-%02d", work->entity->name, month.year,
			     month.month);
		status = cla_cli_fail(f->cli, &err);
	}
	cla_tally_add(&work->tally, &outcome);
	cla_outcome_clear(&outcome);
	return status;
}

/* ---- which months
 * -------------------------------------------------------------------------------------------------
 */

static int month_of_day(int64_t days)
{
	struct cla_date d = cla_date_from_days(days);

	return month_number((struct cla_month){ d.year, d.month });
}

/* Up to which day all is held: the end of the newest month with a listing, or the day on which that
 * was made where it is earlier. *found false when there is none. */
static bool watermark(struct cla_store *store, const struct cla_entity *entity, int now,
		      int64_t *days, bool *found, struct cla_err *err)
{
	struct cla_time all = { INT64_MAX, 0 };

	*found = false;
	for (int n = now; n > now - LOOK_BACK_MONTHS && !*found; n--) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		struct cla_month m = month_of(n);
		struct cla_listing listing;
		char name[32];

		snprintf(name, sizeof(name), "%04d-%02d", m.year, m.month);
		if (!cla_store_get_listing(store, cla_str_from(entity->name), cla_str_from(name),
					   CLA_STR("transactions"), all, &arena, &listing, err))
			return false;
		if (!listing.found)
			continue;
		int64_t made = listing.time.sec / 86400, last = cla_date_to_days(cla_month_last(m));
		*days = made < last ? made : last;
		*found = true;
	}
	return true;
}

static bool month_range(struct fetch *f, struct cla_pipeline *pipeline,
			const struct cla_entity *entity, int *from, int *to, struct cla_err *err)
{
	int64_t day = cla_date_to_days(today(f->cli)), held;
	int now = month_of_day(day);
	bool found;

	if (f->has_month) {
		*from = *to = month_number(f->month);
		return true;
	}
	if (!f->since_last) {
		*from = month_number((struct cla_month){ f->from.year, f->from.month });
		*to = month_number((struct cla_month){ f->to.year, f->to.month });
		return true;
	}
	if (!watermark(cla_pipeline_store(pipeline), entity, now, &held, &found, err))
		return false;
	*from = month_of_day(day - OPEN_DAYS);
	*to = now;
	if (found && month_of_day(held - OVERLAP_DAYS) < *from)
		*from = month_of_day(held - OVERLAP_DAYS);
	return true;
}

static int fetch_entity(void *ctx, struct cla_pipeline *pipeline, struct cla_work *work)
{
	struct fetch *f = ctx;
	struct cla_err err = CLA_ERR_INIT;
	int from, to, worst = CLA_EXIT_OK;

	if (!month_range(f, pipeline, work->entity, &from, &to, &err))
		return cla_cli_fail(f->cli, &err);
	for (int n = from; n <= to; n++) {
		int status = fetch_month(f, pipeline, work, month_of(n));

		worst = cla_exit_worst(worst, status);
		/* What refuses one month refuses the next: credentials, server, disk, a stop. */
		if (status != CLA_EXIT_OK && status != CLA_EXIT_INCOMPLETE)
			break;
	}
	return worst;
}

/* Exactly one way to say which months. */
static bool check(struct fetch *f, int *status)
{
	struct cla_date day = today(f->cli);
	int ways = f->has_month + (f->has_from || f->has_to) + f->since_last;

	if (ways != 1 || (f->has_to && !f->has_from)) {
		*status = cla_cli_usage(
			f->cli,
			cla_tr(f->cli, "which months? Give one of: --month YYYY-MM, --from DAY "
				       "[--to DAY], --since-last"));
		return false;
	}
	if (!f->has_to)
		f->to = day;
	if (!f->has_from)
		return true;
	if (cla_date_to_days(f->from) > cla_date_to_days(f->to)) {
		*status = cla_cli_usage(f->cli,
					cla_tr(f->cli, "--from lies after --to, or in the future"));
		return false;
	}
	if (cla_date_to_days(f->to) > cla_date_to_days(day)) {
		*status = cla_cli_usage(f->cli, cla_tr(f->cli, "--to lies in the future"));
		return false;
	}
	if (f->from.year < 2000) {
		*status = cla_cli_usage(f->cli, cla_tr(f->cli, "--from lies before the year 2000"));
		return false;
	}
	return true;
}

static int fetch(struct cla_cli *cli, int argc, char **argv)
{
	struct fetch f = {
		.cli = cli,
	};
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_fetch, take, &f, argc, argv, &first, &status))
		return status;
	if (first < argc)
		return cla_cli_usage(cli, cla_tr(cli, "fetch takes no operands"));
	if (!check(&f, &status))
		return status;
	/* A budget is spent by one entity after the other. */
	status = cla_entities_run(cli, &(struct cla_entities){ .collect = fetch_entity,
							       .ctx = &f,
							       .table = true,
							       .jobs = f.has_budget ? 1 : f.jobs });
	if (f.has_budget && !f.budget)
		cla_cli_say(
			cli, "%s",
			cla_tr(cli, "the budget of --max-calls is used up: run again to go on"));
	return status;
}

const struct cla_command cla_cmd_fetch = {
	.name = "fetch",
	.usage = "fetch --month YYYY-MM | --from D [--to D] | --since-last [--record DIR] "
		 "[--dry-run] [--max-calls N] [--jobs N]",
	.text = { { "collect only", "sólo recopilar", "somente coletar" } },
	.options = options,
	.net = true,
	.run = fetch,
};
