/* clara-audit verify BUNDLE.tar|FOLDER…: checks bundles to the last byte, and several of one entity
 * as a chain; a folder may also be an extract. Needs no store, no configuration and no network; with --data-dir the custody log there
 * is told. */
#include "cli/checking.h"

#include "base/file.h"
#include "store/store.h"
#include "verify/extract.h"

#include <stdio.h>

enum { OPT_TRUST = CLA_OPT, OPT_REPLAY };

static const struct cla_opt options[] = {
	CLA_OPT_TRUST(OPT_TRUST),
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

/* Whether this data directory issued the bundle that was looked at, and about whom. */
struct own {
	const struct cla_verify_report *report;
	char entity[64];
	bool found;
};

static bool on_issued(void *ctx, const struct cla_issued *b, struct cla_err *err)
{
	struct own *own = ctx;

	if (!cla_str_eqc(b->base, own->report->base) &&
	    !cla_digest_eq(&b->tar_sha256, &own->report->sha256))
		return true;
	own->found = true;
	return cla_str_cstr(b->entity, own->entity, sizeof(own->entity), err);
}

/* With a data directory named, its custody log is told that one of its bundles was looked at, and
 * what was found. */
static bool note_verified(struct cla_cli *cli, const struct cla_verify_report *report,
			  struct cla_err *err)
{
	cla_auto_store struct cla_store *store = NULL;
	struct own own = { .report = report };
	char subject[256];

	if (!cla_cli_store(cli, CLA_STORE_WRITE, &store, err) ||
	    !cla_store_each_issued(store, on_issued, &own, err))
		return false;
	if (!own.found)
		return true;
	(void)snprintf(subject, sizeof(subject), "%s: %s, %llu problems, signer %s", report->base,
		       cla_checking_name(report->result), (unsigned long long)report->problem_count,
		       *report->signer ? report->signer : "unknown");
	struct cla_event e = { .type = "verified",
			       .entity = cla_str_from(own.entity),
			       .object = &report->sha256,
			       .subject = cla_str_from(subject),
			       .time = cla_cli_now(cli) };
	return cla_store_custody(store, &e, err) && cla_store_flush(store, err);
}

struct checks {
	struct cla_cli *cli;
	struct cla_checking how;
	struct cla_verify_chain *chain;
	bool any; /* bundle in the folder at hand */
	int worst;
};

static int verify_one(struct checks *c, const char *path)
{
	struct cla_cli *cli = c->cli;
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];

	if (!cla_checking_run(cli, path, &c->how, &report, &err)) {
		cla_err_wrap(&err, "verifying '%s'", cla_shown(cla_str_from(path), 0, shown));
		return cla_cli_fail(cli, &err);
	}
	if (!cla_checking_print(cli, path, &report, &err))
		return cla_cli_fail(cli, &err);
	if (report.extract)
		return cla_checking_exit(report.result);
	if (!cla_verify_chain_add(c->chain, path, &report, &err))
		return cla_cli_fail(cli, &err);
	int status = cla_checking_exit(report.result);
	if (cli->data_dir && !note_verified(cli, &report, &err))
		status = cla_exit_worst(status, cla_cli_fail(cli, &err));
	return status;
}

static bool on_file(void *ctx, const char *path, struct cla_err *err)
{
	struct checks *c = ctx;

	if (cla_ctx_cancelled(&c->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (!cla_str_ends(cla_str_from(path), ".tar"))
		return true;
	c->any = true;
	c->worst = cla_exit_worst(c->worst, verify_one(c, path));
	return true;
}

/* All bundles below a folder. */
static void verify_folder(struct checks *c, const char *path)
{
	struct cla_err err = CLA_ERR_INIT;
	char shown[CLA_SHOWN];
	bool ok;

	c->any = false;
	ok = cla_path_walk(path, on_file, c, &err);
	if (ok && !c->any)
		ok = cla_err_set(&err, CLA_ERR_NOT_FOUND, "no .tar file in '%s'",
				 cla_shown(cla_str_from(path), 0, shown));
	if (!ok)
		c->worst = cla_exit_worst(c->worst, cla_cli_fail(c->cli, &err));
}

/* What the bundles say of one another. */
static void verify_chains(struct checks *c, bool whole)
{
	struct cla_verify_chain_report report;
	struct cla_err err = CLA_ERR_INIT;
	bool more = true, ok = true;

	while (ok && more) {
		ok = cla_verify_chain_next(c->chain, whole, &report, &more, &err);
		if (ok && more) {
			ok = cla_checking_print_chain(c->cli, &report, &err);
			c->worst =
				cla_exit_worst(c->worst, cla_checking_exit(report.report.result));
		}
		cla_verify_report_clear(&report.report);
	}
	if (!ok)
		c->worst = cla_exit_worst(c->worst, cla_cli_fail(c->cli, &err));
}

static int verify(struct cla_cli *cli, int argc, char **argv)
{
	cla_auto_verify_chain struct cla_verify_chain *chain = NULL;
	struct checks c = { .cli = cli, .worst = CLA_EXIT_OK };
	struct cla_err err = CLA_ERR_INIT;
	bool whole = false;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_verify, take, &c.how, argc, argv, &first, &status))
		return status;
	if (first == argc)
		return cla_cli_usage(
			cli,
			cla_tr(cli, "which bundle? Name its .tar file, or '-' for standard input"));
	if (!cla_verify_chain_new(&chain, &err))
		return cla_cli_fail(cli, &err);
	c.chain = chain;
	for (int i = first; i < argc && !cla_ctx_cancelled(&cli->ctx); i++) {
		if (cla_path_is_dir(argv[i]) && !cla_extract_is(argv[i])) {
			whole = true;
			verify_folder(&c, argv[i]);
		} else {
			c.worst = cla_exit_worst(c.worst, verify_one(&c, argv[i]));
		}
	}
	if (!cla_ctx_cancelled(&cli->ctx))
		verify_chains(&c, whole);
	return cla_ctx_cancelled(&cli->ctx) ? CLA_EXIT_INTERRUPTED : c.worst;
}

const struct cla_command cla_cmd_verify = {
	.name = "verify",
	.usage = "verify BUNDLE.tar|FOLDER… [--trust CA.pem] [--replay]",
	.text = { { "check bundles to the last byte", "verificar paquetes hasta el último byte",
		    "verificar pacotes até o último byte" } },
	.options = options,
	.run = verify,
};
