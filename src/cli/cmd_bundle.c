/* clara-audit bundle --month YYYY-MM: the main job - collect, validate, match, write the bundle. */
#include "cli/entities.h"
#include "cli/summary.h"

#include "cli/progress.h"

#include <string.h>

#define STORY_LINES 20

enum {
	OPT_MONTH = CLA_OPT,
	OPT_OUTPUT,
	OPT_OFFLINE,
	OPT_CUTOFF,
	OPT_REJUDGE,
	OPT_FAIL_ON,
	OPT_JOBS
};

static const struct cla_opt options[] = {
	{ "month",
	  "YYYY-MM",
	  OPT_MONTH,
	  { { "the month (required)", "el mes (obligatorio)", "o mês (obrigatório)" } } },
	{ "output",
	  "DIR",
	  OPT_OUTPUT,
	  { { "folder of the bundle (default: bundles in the data directory)",
	      "carpeta del paquete (por omisión: bundles en la carpeta de datos)",
	      "pasta do pacote (padrão: bundles na pasta de dados)" } } },
	{ "offline",
	  NULL,
	  OPT_OFFLINE,
	  { { "use only what is stored", "usar sólo lo ya guardado",
	      "usar somente o que está guardado" } } },
	{ "cutoff",
	  "TIME",
	  OPT_CUTOFF,
	  { { "what came later does not exist (2024-12-05T00:00:00Z)",
	      "lo que llegó después no existe (2024-12-05T00:00:00Z)",
	      "o que chegou depois não existe (2024-12-05T00:00:00Z)" } } },
	{ "rejudge",
	  NULL,
	  OPT_REJUDGE,
	  { { "make the next revision even if only the rules are new",
	      "hacer la siguiente revisión aunque sólo cambien las reglas",
	      "fazer a próxima revisão mesmo que só as regras mudem" } } },
	{ "fail-on",
	  "finding",
	  OPT_FAIL_ON,
	  { { "exit 1 when there are findings", "terminar en 1 si hay hallazgos",
	      "terminar em 1 se houver constatações" } } },
	CLA_OPT_JOBS(OPT_JOBS),
	{ NULL, NULL, 0, { { NULL } } },
};

struct bundle {
	struct cla_cli *cli;
	struct cla_pipeline_opts opts;
	bool has_month, fail_on_finding;
	unsigned jobs;
};

static bool take_cutoff(struct bundle *b, const char *arg)
{
	char shown[CLA_SHOWN];
	bool has_zone;

	cla_shown(cla_str_from(arg), 40, shown);
	if (!cla_time_parse(cla_str_from(arg), &b->opts.cutoff, &has_zone)) {
		cla_cli_usage(
			b->cli,
			cla_tr(b->cli, "--cutoff takes a time like 2024-12-05T00:00:00Z, not '%s'"),
			shown);
		return false;
	}
	if (cla_time_cmp(b->opts.cutoff, cla_cli_now(b->cli)) > 0) {
		cla_cli_usage(b->cli, cla_tr(b->cli, "cut-off %s lies in the future"), shown);
		return false;
	}
	b->opts.has_cutoff = true;
	return true;
}

static bool take(void *ctx, int val, const char *arg)
{
	struct bundle *b = ctx;
	char shown[CLA_SHOWN];

	switch (val) {
	case OPT_MONTH:
		b->has_month = true;
		return cla_cli_month(b->cli, arg, &b->opts.month);
	case OPT_OUTPUT:
		b->opts.output = arg;
		return true;
	case OPT_OFFLINE:
		b->opts.offline = true;
		return true;
	case OPT_CUTOFF:
		return take_cutoff(b, arg);
	case OPT_REJUDGE:
		b->opts.rejudge = true;
		return true;
	case OPT_JOBS:
		return cla_jobs_take(b->cli, arg, &b->jobs);
	default:
		b->fail_on_finding = !strcmp(arg, "finding");
		if (!b->fail_on_finding)
			cla_cli_usage(b->cli, cla_tr(b->cli, "--fail-on takes finding, not '%s'"),
				      cla_shown(cla_str_from(arg), 40, shown));
		return b->fail_on_finding;
	}
}

static int outcome_exit(const struct bundle *b, const struct cla_outcome *o)
{
	int status = o->complete ? CLA_EXIT_OK : CLA_EXIT_INCOMPLETE;

	if (b->fail_on_finding && o->findings)
		status = cla_exit_worst(status, CLA_EXIT_FINDINGS);
	return status;
}

static bool print(struct cla_cli *cli, const struct cla_outcome *o, const struct cla_story *story,
		  struct cla_err *err)
{
	char path[CLA_SHOWN];

	cla_summary_missing(cli, o);
	cla_summary_remarks(cli, o);
	if (cli->json)
		return cla_summary_json(o, err);
	cla_summary_print(cli, o, story);
	cla_cli_print(cla_tr(cli, "  Verify it with:    %s verify '%s'\n\n"), cli->program,
		      cla_shown(o->bundle, 0, path));
	return true;
}

static int collect_one(void *ctx, struct cla_pipeline *pipeline, struct cla_work *work)
{
	struct bundle *b = ctx;
	struct cla_err err = CLA_ERR_INIT;

	if (cla_pipeline_fetch(pipeline, work->entity, &b->opts, &work->outcome, &err))
		return CLA_EXIT_OK;
	cla_tally_add(&work->tally, &work->outcome);
	cla_bar_clear(b->cli);
	cla_err_wrap(&err, "entity '%s'", work->entity->name);
	return cla_cli_fail(b->cli, &err);
}

static int bundle_one(void *ctx, struct cla_pipeline *pipeline, struct cla_work *work)
{
	struct bundle *b = ctx;
	cla_auto_story struct cla_story story;
	struct cla_outcome *outcome = &work->outcome;
	struct cla_err err = CLA_ERR_INIT;

	cla_story_init(&story, b->cli, STORY_LINES);
	cla_pipeline_highlight(pipeline, b->cli->json ? NULL : cla_story_add, &story);
	bool ok = cla_pipeline_bundle(pipeline, work->entity, &b->opts, outcome, &err) ||
		  cla_err_wrap(&err, "entity '%s'", work->entity->name);
	cla_bar_clear(b->cli);
	if (ok)
		ok = print(b->cli, outcome, &story, &err);
	cla_tally_add(&work->tally, outcome);
	return ok ? outcome_exit(b, outcome) : cla_cli_fail(b->cli, &err);
}

static int bundle(struct cla_cli *cli, int argc, char **argv)
{
	struct bundle b = {
		.cli = cli,
	};
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_bundle, take, &b, argc, argv, &first, &status))
		return status;
	if (first < argc || !b.has_month)
		return cla_cli_usage(cli, cla_tr(cli, "usage: clara-audit bundle --month YYYY-MM"));
	return cla_entities_run(
		cli, &(struct cla_entities){ .collect = b.opts.offline ? NULL : collect_one,
					     .finish = bundle_one,
					     .ctx = &b,
					     .table = true,
					     .jobs = b.jobs });
}

const struct cla_command cla_cmd_bundle = {
	.name = "bundle",
	.usage = "bundle --month YYYY-MM [--output DIR] [--offline] [--cutoff TIME] [--rejudge] "
		 "[--fail-on finding] [--jobs N]",
	.text = { { "the main job: collect, validate, match, write the bundle",
		    "el trabajo principal: recopilar, validar, conciliar, escribir el paquete",
		    "o trabalho principal: coletar, validar, conciliar, escrever o pacote" } },
	.options = options,
	.net = true,
	.run = bundle,
};
