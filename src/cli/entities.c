/* cli/entities.c - the loop over entities, and its closing table. */
#include "cli/entities.h"

#include <inttypes.h>
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

static void tell_table(struct cla_cli *cli, const struct cla_entity *const *entities,
		       const struct cla_tally *tallies, size_t count)
{
	const char *headings[COLUMNS];

	table_headings(cli, headings);
	table_line(cli, cla_tr(cli, "entity"), headings, headings);
	for (size_t i = 0; i < count; i++) {
		const struct cla_tally *t = &tallies[i];
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
		table_line(cli, entities[i]->name, headings, cells);
	}
}

/* ---- the loop ---- */

static int64_t now_ms(const struct cla_cli *cli)
{
	return cli->ctx.clock.monotonic_ms(cli->ctx.clock.ctx);
}

int cla_entities_run(struct cla_cli *cli, const struct cla_entities *work)
{
	const struct cla_entity *const *chosen;
	struct cla_pipeline *p = NULL;
	struct cla_err err = CLA_ERR_INIT;
	int worst = CLA_EXIT_OK;
	size_t count, done = 0;

	if (!cla_cli_chosen(cli, &chosen, &count, &err) || !cla_pipeline_open(cli, &p, &err))
		return cla_cli_fail(cli, &err);
	struct cla_tally *tallies = calloc(count, sizeof(*tallies));
	if (!tallies) {
		cla_err_oom(&err);
		worst = cla_cli_fail(cli, &err);
	}
	for (; tallies && done < count && worst != CLA_EXIT_INTERRUPTED; done++) {
		struct cla_tally *t = &tallies[done];
		int64_t begin = now_ms(cli);

		t->status = work->fn(work->ctx, p, chosen[done], t);
		t->ms = now_ms(cli) - begin;
		worst = cla_exit_worst(worst, t->status);
	}
	if (work->table && count > 1 && tallies)
		tell_table(cli, chosen, tallies, done);
	free(tallies);
	cla_pipeline_close(p);
	return worst;
}
