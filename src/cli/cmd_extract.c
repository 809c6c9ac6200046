/* clara-audit extract BUNDLE.tar --transaction UUID -o DIR: one expense, with the proof that it is in the
 * signed tree. Needs no store and no configuration. */
#include "cli/checking.h"

#include "cli/progress.h"
#include "json/out.h"
#include "verify/extract.h"

#include <string.h>

enum { OPT_TRANSACTION = CLA_OPT, OPT_REIMBURSEMENT, OPT_OUTPUT, OPT_TRUST };

static const struct cla_opt options[] = {
	{ "transaction",
	  "UUID",
	  OPT_TRANSACTION,
	  { { "the charge to take out", "el cargo que se extrae", "a despesa a extrair" } } },
	{ "reimbursement",
	  "UUID",
	  OPT_REIMBURSEMENT,
	  { { "the reimbursement to take out", "el reembolso que se extrae",
	      "o reembolso a extrair" } } },
	{ "output",
	  "DIR",
	  OPT_OUTPUT,
	  { { "folder that is made for it (also -o)", "carpeta que se crea para ello (también -o)",
	      "pasta que é criada para isso (também -o)" } } },
	CLA_OPT_TRUST(OPT_TRUST),
	{ NULL, NULL, 0, { { NULL } } },
};

struct extract_cmd {
	struct cla_extract_opts opts;
	bool twice; /* more than one expense was named */
};

static bool take(void *ctx, int val, const char *arg)
{
	struct extract_cmd *e = ctx;

	switch (val) {
	case OPT_OUTPUT:
		e->opts.out = arg;
		return true;
	case OPT_TRUST:
		e->opts.verify.trust_path = arg;
		return true;
	default:
		e->twice = e->opts.uuid != NULL;
		e->opts.uuid = arg;
		e->opts.is_tx = val == OPT_TRANSACTION;
		return true;
	}
}

static bool tell(const struct cla_cli *cli, const struct extract_cmd *e,
		 const struct cla_verify_report *r, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	char out[CLA_SHOWN], hex[CLA_DIGEST_HEX];
	struct cla_json_out o;

	cla_shown(cla_str_from(e->opts.out), 0, out);
	if (!cli->json) {
		cla_cli_print("%s\n", out);
		cla_cli_print("    %s %s\n", cla_tr(cli, "signer"), r->signer);
		cla_cli_print(cla_tr(cli, "    Check it with:  sh '%s/check.sh'\n"), out);
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "extract", e->opts.out);
	cla_json_out_kcstr(&o, "kind", e->opts.is_tx ? "tx" : "reimbursement");
	cla_json_out_kcstr(&o, "uuid", e->opts.uuid);
	cla_json_out_kcstr(&o, "base", r->base);
	cla_json_out_kcstr(&o, "sha256", cla_digest_hex(&r->sha256, hex));
	cla_json_out_kcstr(&o, "signer", r->signer);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static int extract(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };
	struct extract_cmd e = { .opts = { .verify = { .now = cla_cli_now(cli) } } };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_extract, take, &e, argc, argv, &first, &status))
		return status;
	if (first + 1 != argc || !e.opts.uuid || !e.opts.out || e.twice ||
	    !strcmp(argv[first], "-"))
		return cla_cli_usage(cli, cla_tr(cli, "usage: clara-audit extract BUNDLE.tar "
						      "--transaction UUID -o DIR"));
	bool ok = cla_extract(&cli->ctx, argv[first], &e.opts, &report, &err);
	cla_bar_clear(cli);
	if (!ok)
		return cla_cli_fail(cli, &err);
	if (report.result != CLA_VERIFY_PASS) {
		if (!cla_checking_print(cli, argv[first], &report, &err))
			return cla_cli_fail(cli, &err);
		cla_cli_say(cli, "%s",
			    cla_tr(cli, "nothing was extracted: only what verifies, with "
					"statement and signature, is handed over"));
		return cla_checking_exit(report.result);
	}
	return tell(cli, &e, &report, &err) ? CLA_EXIT_OK : cla_cli_fail(cli, &err);
}

const struct cla_command cla_cmd_extract = {
	.name = "extract",
	.usage = "extract BUNDLE.tar --transaction UUID | --reimbursement UUID --output DIR "
		 "[--trust CA.pem]",
	.text = { { "one expense with the proof that it is in the signed bundle",
		    "un gasto con la prueba de que está en el paquete firmado",
		    "uma despesa com a prova de que está no pacote assinado" } },
	.options = options,
	.run = extract,
};
