/* clara-audit match --month YYYY-MM: transaction, document, tax id - from what is stored. */
#include "cli/entities.h"
#include "cli/progress.h"
#include "json/json.h"

#include <string.h>

enum { OPT_MONTH = CLA_OPT };

static const struct cla_opt options[] = {
	{ "month",
	  "YYYY-MM",
	  OPT_MONTH,
	  { { "the month (required)", "el mes (obligatorio)", "o mês (obrigatório)" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct match {
	struct cla_cli *cli;
	struct cla_pipeline_opts opts;
	bool has_month;
};

static bool take(void *ctx, int val, const char *arg)
{
	struct match *m = ctx;

	(void)val;
	m->has_month = true;
	return cla_cli_month(m->cli, arg, &m->opts.month);
}

static enum cla_verdict colour_of(struct cla_str state)
{
	if (cla_str_eqc(state, "matched"))
		return CLA_VERDICT_PASS;
	if (cla_str_eqc(state, "not-needed"))
		return CLA_VERDICT_NA;
	return cla_str_eqc(state, "ambiguous") ? CLA_VERDICT_WARN : CLA_VERDICT_FAIL;
}

/* What follows the table's columns: which documents, how a difference is explained, other uses. */
static void print_documents(const struct cla_cli *cli, const struct cla_json *row)
{
	const struct cla_json *d = cla_json_first(cla_json_get(row, "documents"));
	char text[CLA_SHOWN];

	for (; d; d = cla_json_next(d)) {
		struct cla_str equation = cla_json_string(cla_json_get(d, "equation"));

		cla_cli_print("  %s", cla_shown(cla_json_string(cla_json_get(d, "id")), 50, text));
		if (cla_json_count(cla_json_get(d, "explained")))
			cla_cli_print(" (%s)", cla_shown(equation, 80, text));
	}
	size_t reused = cla_json_count(cla_json_get(row, "reused"));
	if (reused)
		cla_cli_print(cla_tr(cli, "  used elsewhere too: %llu"),
			      (unsigned long long)reused);
}

static bool print_row(const struct cla_cli *cli, struct cla_str json, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	char text[CLA_SHOWN];

	if (!cla_json_parse(json, &doc, err))
		return false;
	const struct cla_json *row = cla_json_root(doc);
	struct cla_str state = cla_json_string(cla_json_get(row, "state"));
	struct cla_str uuid = cla_json_string(cla_json_get(row, "transaction"));
	if (cla_str_absent(uuid))
		uuid = cla_json_string(cla_json_get(row, "reimbursement"));
	cla_cli_print("%s  ", cla_column(uuid, 36, text));
	cla_cli_print("%s  ", cla_column(cla_json_string(cla_json_get(row, "date")), 10, text));
	cla_cli_print("%12s ", cla_shown(cla_json_text(cla_json_get(row, "amount")), 24, text));
	cla_cli_print("%s  ", cla_column(cla_json_string(cla_json_get(row, "currency")), 3, text));
	cla_cli_paint(cli, colour_of(state), cla_column(state, 10, text));
	cla_cli_print("  %s", cla_column(cla_json_string(cla_json_get(row, "receiver")), 7, text));
	print_documents(cli, row);
	cla_cli_print("\n");
	return true;
}

static bool on_line(void *ctx, struct cla_str json, struct cla_err *err)
{
	const struct match *m = ctx;

	cla_bar_clear(m->cli);
	if (!m->cli->json)
		return print_row(m->cli, json, err);
	cla_cli_line(json);
	return true;
}

static int match_one(void *ctx, struct cla_pipeline *pipeline, struct cla_work *work)
{
	typedef unsigned long long llu;
	struct match *m = ctx;
	const struct cla_entity *entity = work->entity;
	struct cla_outcome *o = &work->outcome;
	struct cla_err err = CLA_ERR_INIT;
	char name[CLA_SHOWN];
	int status;

	cla_shown(cla_str_from(entity->name), 40, name);
	bool ok = cla_pipeline_match(pipeline, entity, &m->opts, on_line, m, o, &err) ||
		  cla_err_wrap(&err, "entity '%s'", entity->name);
	cla_bar_clear(m->cli);
	status = !ok ? cla_cli_fail(m->cli, &err) : o->complete ? CLA_EXIT_OK : CLA_EXIT_INCOMPLETE;
	if (ok && !m->cli->json)
		cla_cli_print(cla_tr(m->cli, "%s %s: %llu matched, %llu without document, %llu "
					     "ambiguous, %llu made out "
					     "to others, %llu used twice\n"),
			      name, o->month, (llu)o->charges_matched, (llu)o->charges_missing,
			      (llu)o->charges_ambiguous, (llu)o->charges_other_receiver,
			      (llu)o->reused);
	if (ok && !o->complete)
		cla_cli_say(m->cli,
			    cla_tr(m->cli, "%s %s: incomplete, not everything announced is stored"),
			    name, o->month);
	return status;
}

static int match(struct cla_cli *cli, int argc, char **argv)
{
	struct match m = { .cli = cli, .opts = { .offline = true } };
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_match, take, &m, argc, argv, &first, &status))
		return status;
	if (first < argc || !m.has_month)
		return cla_cli_usage(cli, cla_tr(cli, "usage: clara-audit match --month YYYY-MM"));
	return cla_entities_run(cli, &(struct cla_entities){ .finish = match_one, .ctx = &m });
}

const struct cla_command cla_cmd_match = {
	.name = "match",
	.usage = "match --month YYYY-MM",
	.text = { { "which document proves which charge, and whether it names us",
		    "qué comprobante ampara cada cargo, y si está a nuestro nombre",
		    "qual documento comprova cada despesa, e se está em nosso nome" } },
	.options = options,
	.run = match,
};
