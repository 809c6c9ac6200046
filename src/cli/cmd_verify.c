/* clara-audit verify BUNDLE.tar…: checks bundles to the last byte. Needs no store, no configuration
 * and no network. */
#include "cli/checking.h"

enum { OPT_TRUST = CLA_OPT, OPT_REPLAY };

static const struct cla_opt options[] = {
	{ "trust",
	  "CA.pem",
	  OPT_TRUST,
	  { { "anchors that the signer's chain must end in",
	      "anclas en que debe terminar la cadena del firmante",
	      "âncoras em que a cadeia do signatário deve terminar" } } },
	{ "replay",
	  NULL,
	  OPT_REPLAY,
	  { { "judge the documents again and compare the verdicts",
	      "evaluar de nuevo los documentos y comparar los veredictos",
	      "avaliar de novo os documentos e comparar os vereditos" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

static bool take(void *ctx, int val, const char *arg)
{
	struct cla_checking *how = ctx;

	if (val == OPT_TRUST)
		how->trust = arg;
	else
		how->replay = true;
	return true;
}

static int verify_one(struct cla_cli *cli, const char *path, const struct cla_checking *how)
{
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];

	if (!cla_checking_run(cli, path, how, &report, &err)) {
		cla_err_wrap(&err, "verifying '%s'", cla_shown(cla_str_from(path), 0, shown));
		return cla_cli_fail(cli, &err);
	}
	if (!cla_checking_print(cli, path, &report, &err))
		return cla_cli_fail(cli, &err);
	return cla_checking_exit(report.result);
}

static int verify(struct cla_cli *cli, int argc, char **argv)
{
	struct cla_checking how = { .trust = NULL };
	int first, status, worst = CLA_EXIT_OK;

	if (!cla_cli_parse(cli, &cla_cmd_verify, take, &how, argc, argv, &first, &status))
		return status;
	if (first == argc)
		return cla_cli_usage(
			cli,
			cla_tr(cli, "which bundle? Name its .tar file, or '-' for standard input"));
	for (int i = first; i < argc && !cla_ctx_cancelled(&cli->ctx); i++)
		worst = cla_exit_worst(worst, verify_one(cli, argv[i], &how));
	return cla_ctx_cancelled(&cli->ctx) ? CLA_EXIT_INTERRUPTED : worst;
}

const struct cla_command cla_cmd_verify = {
	.name = "verify",
	.usage = "verify BUNDLE.tar… [--trust CA.pem] [--replay]",
	.text = { { "check bundles to the last byte", "verificar paquetes hasta el último byte",
		    "verificar pacotes até o último byte" } },
	.options = options,
	.run = verify,
};
