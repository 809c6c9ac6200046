/* cli/entities.c - entities in turn or taking turns, and the closing table. */
#include "cli/entities.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_COLUMNS 24

void cla_tally_add(struct cla_tally *tally, const struct cla_outcome *o)
{
	tally->rows += o->transactions + o->reimbursements;
	tally->new_rows += o->collected.new_rows;
	tally->changed_rows += o->collected.changed_rows;
	tally->documents += o->documents;
	tally->findings += o->findings;
	tally->missing += o->missing_count;
	tally->calls += o->collected.calls;
}

bool cla_jobs_take(struct cla_cli *cli, const char *arg, unsigned *ret)
{
	char shown[CLA_SHOWN];
	uint64_t n;

	if (cla_str_to_u64(cla_str_from(arg), &n) && n >= 1 && n <= CLA_JOBS_MAX) {
		*ret = (unsigned)n;
		return true;
	}
	cla_cli_usage(cli, cla_tr(cli, "--jobs takes a number from 1 to %d, not '%s'"),
		      CLA_JOBS_MAX, cla_shown(cla_str_from(arg), 40, shown));
	return false;
}

/* ---- the table ---- */

enum { COLUMNS = 9 };

static void table_headings(const struct cla_cli *cli, const char *headings[COLUMNS])
{
	headings[0] = cla_tr(cli, "rows");
	headings[1] = cla_tr(cli, "new");
	headings[2] = cla_tr(cli, "changed");
	headings[3] = cla_tr(cli, "documents");
	headings[4] = cla_tr(cli, "findings");
	headings[5] = cla_tr(cli, "missing");
	headings[6] = cla_tr(cli, "calls");
	headings[7] = cla_tr(cli, "seconds");
	headings[8] = cla_tr(cli, "exit");
}

/* `text` at the right end of its column. */
static void cell(struct cla_buf *line, const char *heading, const char *text)
{
	size_t width = cla_utf8_count(cla_str_from(heading)),
	       have = cla_utf8_count(cla_str_from(text));

	if (width < 6)
		width = 6;
	for (cla_buf_addc(line, "  "); have < width; have++)
		cla_buf_byte(line, ' ');
	cla_buf_addc(line, text);
}

static void table_line(struct cla_cli *cli, const char *name, const char *const headings[COLUMNS],
		       const char *const cells[COLUMNS])
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(4096);
	char shown[CLA_SHOWN];

	cla_buf_addc(&line, cla_column(cla_str_from(name), NAME_COLUMNS, shown));
	for (size_t i = 0; i < COLUMNS; i++)
		cell(&line, headings[i], cells[i]);
	cla_cli_say(cli, "%s", cla_buf_cstr(&line));
}

static void tell_table(struct cla_cli *cli, const struct cla_work *works, size_t count)
{
	const char *headings[COLUMNS];

	table_headings(cli, headings);
	table_line(cli, cla_tr(cli, "entity"), headings, headings);
	for (size_t i = 0; i < count; i++) {
		const struct cla_tally *t = &works[i].tally;
		const uint64_t numbers[] = { t->rows,	   t->new_rows, t->changed_rows,
					     t->documents, t->findings, t->missing,
					     t->calls };
		char texts[COLUMNS][24];
		const char *cells[COLUMNS];

		for (size_t c = 0; c < CLA_LEN(numbers); c++)
			(void)snprintf(texts[c], sizeof(texts[c]), "%" PRIu64, numbers[c]);
		(void)snprintf(texts[7], sizeof(texts[7]), "%" PRId64 ".%" PRId64, t->ms / 1000,
			       t->ms % 1000 / 100);
		(void)snprintf(texts[8], sizeof(texts[8]), "%d", t->status);
		for (size_t c = 0; c < COLUMNS; c++)
			cells[c] = texts[c];
		table_line(cli, works[i].entity->name, headings, cells);
	}
}

/* ---- the work ---- */

struct run {
	struct cla_cli *cli;
	const struct cla_entities *what;
	struct cla_pipeline *pipeline;
	struct cla_work *works;
	size_t count;
	unsigned jobs;
	/* under `turn`, which whoever is at work holds */
	pthread_mutex_t turn;
	size_t next, collected;
	int worst;
};

static int64_t now_ms(const struct cla_cli *cli)
{
	return cli->ctx.clock.monotonic_ms(cli->ctx.clock.ctx);
}

static void do_part(struct run *r, struct cla_pipeline *p, cla_work_fn *fn, struct cla_work *work)
{
	int64_t begin = now_ms(r->cli);

	work->tally.status = fn(r->what->ctx, p, work);
	work->tally.ms += now_ms(r->cli) - begin;
	/* Who reads along need not wait for the others; a failure to write shows at the end. */
	(void)fflush(stdout);
}

static void finish(struct run *r, struct cla_work *work)
{
	bool held = work->tally.status == CLA_EXIT_OK || work->tally.status == CLA_EXIT_INCOMPLETE;

	if (r->what->finish && held && r->worst != CLA_EXIT_INTERRUPTED)
		do_part(r, r->pipeline, r->what->finish, work);
	r->worst = cla_exit_worst(r->worst, work->tally.status);
}

static void one_by_one(struct run *r)
{
	for (; r->next < r->count && r->worst != CLA_EXIT_INTERRUPTED; r->next++) {
		struct cla_work *work = &r->works[r->next];

		if (r->what->collect)
			do_part(r, r->pipeline, r->what->collect, work);
		finish(r, work);
	}
}

static void give_turn(void *ctx)
{
	struct run *r = ctx;

	pthread_mutex_unlock(&r->turn);
}

static void take_turn(void *ctx)
{
	struct run *r = ctx;

	pthread_mutex_lock(&r->turn);
}

/* The next entity, as long as there are any; the turn is held but while waiting for the network. */
static void collect_some(struct run *r, struct cla_pipeline *p)
{
	while (r->next < r->count && r->worst != CLA_EXIT_INTERRUPTED) {
		struct cla_work *work = &r->works[r->next++];
		const struct cla_entity *whole = work->entity;
		struct cla_entity share = *whole;

		share.max_in_flight = (whole->max_in_flight + r->jobs - 1) / r->jobs;
		work->entity = &share;
		do_part(r, p, r->what->collect, work);
		work->entity = work->outcome.entity = whole;
		if (work->tally.status == CLA_EXIT_INTERRUPTED)
			r->worst = CLA_EXIT_INTERRUPTED;
		cla_ctx_progress(&r->cli->ctx, "entities", ++r->collected, r->count);
	}
}

static void *collector(void *ctx)
{
	struct run *r = ctx;
	struct cla_pipeline *p = NULL;
	struct cla_err err = CLA_ERR_INIT;
	struct cla_cli cli = *r->cli;

	cli.ctx.pause = (struct cla_pause){ give_turn, take_turn, r };
	/* The counts of several entities make no bar. */
	cli.ctx.progress = (struct cla_progress){ NULL, NULL };
	take_turn(r);
	if (cla_pipeline_share(r->pipeline, &cli, &p, &err))
		collect_some(r, p);
	else
		r->worst = cla_exit_worst(r->worst, cla_cli_fail(r->cli, &err));
	cla_pipeline_unshare(p);
	give_turn(r);
	return NULL;
}

static void collect_together(struct run *r)
{
	pthread_t threads[CLA_JOBS_MAX];
	unsigned begun = 0;

	/* Fewer will do where the system gives no more. */
	while (begun + 1 < r->jobs && !pthread_create(&threads[begun], NULL, collector, r))
		begun++;
	(void)collector(r);
	while (begun)
		pthread_join(threads[--begun], NULL);
}

static bool open_run(struct run *r, struct cla_err *err)
{
	const struct cla_entity *const *chosen;

	if (!cla_cli_chosen(r->cli, &chosen, &r->count, err) ||
	    !cla_pipeline_open(r->cli, &r->pipeline, err))
		return false;
	r->works = calloc(r->count, sizeof(*r->works));
	if (!r->works)
		return cla_err_oom(err);
	for (size_t i = 0; i < r->count; i++)
		r->works[i].entity = chosen[i];
	if (r->jobs > r->count)
		r->jobs = (unsigned)r->count;
	return true;
}

static void close_run(struct run *r)
{
	for (size_t i = 0; r->works && i < r->count; i++)
		cla_outcome_clear(&r->works[i].outcome);
	free(r->works);
	cla_pipeline_close(r->pipeline);
}

int cla_entities_run(struct cla_cli *cli, const struct cla_entities *what)
{
	struct run r = { .cli = cli, .what = what, .jobs = what->jobs };
	struct cla_err err = CLA_ERR_INIT;

	if (!open_run(&r, &err)) {
		close_run(&r);
		return cla_cli_fail(cli, &err);
	}
	if (r.jobs > 1 && what->collect) {
		pthread_mutex_init(&r.turn, NULL);
		collect_together(&r);
		pthread_mutex_destroy(&r.turn);
		for (size_t i = 0; i < r.next; i++)
			finish(&r, &r.works[i]);
	} else {
		one_by_one(&r);
	}
	if (what->table && r.count > 1)
		tell_table(cli, r.works, r.next);
	close_run(&r);
	return r.worst;
}
