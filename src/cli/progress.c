/* cli/progress.c - the progress display. */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REDRAW_MS 100
#define LINE_MS 30000
#define BAR_WIDTH 30

struct stage {
	const char *name;
	struct cla_text text;
};

static const struct stage stages[] = {
	{ "fetch", { { "collecting", "recopilando", "coletando" } } },
	{ "entities", { { "companies", "empresas", "empresas" } } },
	{ "gather", { { "sorting", "ordenando", "ordenando" } } },
	{ "validate", { { "judging", "evaluando", "avaliando" } } },
	{ "judge", { { "judging", "evaluando", "avaliando" } } },
	{ "match", { { "matching", "conciliando", "conciliando" } } },
	{ "bundle", { { "bundling", "empaquetando", "empacotando" } } },
	{ "verify", { { "verifying", "verificando", "verificando" } } },
};

static const char *stage_text(const struct cla_cli *cli, const char *name)
{
	for (size_t i = 0; i < CLA_LEN(stages); i++)
		if (!strcmp(stages[i].name, name))
			return stages[i].text.in[cli->lang];
	return name;
}

static void draw_bar(const char *what, uint64_t done, uint64_t total)
{
	char bar[BAR_WIDTH + 1];
	uint64_t filled = 0;

	if (total)
		filled = done >= total ? BAR_WIDTH
				       : (uint64_t)((__uint128_t)done * BAR_WIDTH / total);
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)filled);
	bar[BAR_WIDTH] = '\0';
	if (total)
		fprintf(stderr, "\r\033[K%s [%s] %" PRIu64 "/%" PRIu64, what, bar, done, total);
	else
		fprintf(stderr, "\r\033[K%s %" PRIu64, what, done);
	fflush(stderr);
}

static void draw_line(const char *what, uint64_t done, uint64_t total)
{
	if (total)
		fprintf(stderr, "clara-audit: %s %" PRIu64 "/%" PRIu64 "\n", what, done, total);
	else
		fprintf(stderr, "clara-audit: %s %" PRIu64 "\n", what, done);
}

static void update(void *ctx, const char *name, uint64_t done, uint64_t total)
{
	struct cla_bar *bar = ctx;
	const struct cla_cli *cli = bar->cli;
	int64_t now = cli->ctx.clock.monotonic_ms(cli->ctx.clock.ctx);

	if (cli->quiet || now - bar->last_ms < (cli->tty ? REDRAW_MS : LINE_MS))
		return;
	bar->last_ms = now;
	if (cli->tty) {
		draw_bar(stage_text(cli, name), done, total);
		bar->drawn = true;
	} else {
		draw_line(stage_text(cli, name), done, total);
	}
}

void cla_bar_init(struct cla_bar *bar, struct cla_cli *cli)
{
	*bar = (struct cla_bar){ .cli = cli,
				 .last_ms = cli->ctx.clock.monotonic_ms(cli->ctx.clock.ctx) };
	cli->bar = bar;
	cli->ctx.progress = (struct cla_progress){ update, bar };
}

void cla_bar_clear(struct cla_cli *cli)
{
	if (!cli->bar || !cli->bar->drawn)
		return;
	fputs("\r\033[K", stderr);
	cli->bar->drawn = false;
}
