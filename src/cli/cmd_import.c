/* clara-audit import PATH…: puts fiscal documents from elsewhere into the store, for every month to
 * match. */
#include "cli/intake.h"

#include "base/file.h"
#include "json/out.h"

struct import {
	struct cla_intake intake;
	bool named; /* the present path was named, not found in a folder */
	uint64_t stored, known, skipped;
	int status;
};

static const char *word_for(const struct cla_cli *cli, enum cla_intake_result result)
{
	switch (result) {
	case CLA_INTAKE_STORED:
		return cla_tr(cli, "stored");
	case CLA_INTAKE_KNOWN:
		return cla_tr(cli, "known");
	case CLA_INTAKE_OPENED:
		return cla_tr(cli, "opened");
	case CLA_INTAKE_SKIPPED:
	default:
		return cla_tr(cli, "skipped");
	}
}

static void put_text(const struct cla_cli *cli, const struct cla_intake_item *i)
{
	char file[CLA_SHOWN], word[CLA_SHOWN], hex[CLA_DIGEST_HEX];

	cla_shown(i->file, 0, file);
	cla_column(cla_str_from(word_for(cli, i->result)), 9, word);
	if (i->id)
		cla_cli_print("%s %s  %s  %s\n", word, cla_digest_hex(i->id, hex), i->kind, file);
	else
		cla_cli_print("%s %s: %s\n", word, file, i->reason);
}

static bool put_json(const struct cla_intake_item *i, struct cla_err *err)
{
	static const char *const names[] = {
		[CLA_INTAKE_STORED] = "stored",
		[CLA_INTAKE_KNOWN] = "known",
		[CLA_INTAKE_OPENED] = "opened",
		[CLA_INTAKE_SKIPPED] = "skipped",
	};
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(256 * 1024);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "file", i->file);
	cla_json_out_kcstr(&o, "result", names[i->result]);
	if (i->id) {
		cla_json_out_khex(&o, "sha256", i->id->bytes, sizeof(i->id->bytes));
		cla_json_out_kcstr(&o, "kind", i->kind);
	} else {
		cla_json_out_kcstr(&o, "reason", i->reason);
	}
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* Something that was named and is not taken leaves the import incomplete; a folder or an archive
 * may hold other things. */
static bool on_item(void *ctx, const struct cla_intake_item *i, struct cla_err *err)
{
	struct import *im = ctx;
	const struct cla_cli *cli = im->intake.cli;

	im->stored += i->result == CLA_INTAKE_STORED;
	im->known += i->result == CLA_INTAKE_KNOWN;
	im->skipped += i->result == CLA_INTAKE_SKIPPED;
	if (i->result == CLA_INTAKE_SKIPPED && !i->matters && !cli->verbose)
		return true;
	if (i->result == CLA_INTAKE_SKIPPED && i->matters)
		im->status = cla_exit_worst(im->status, CLA_EXIT_INCOMPLETE);
	if (cli->json)
		return put_json(i, err);
	put_text(cli, i);
	return true;
}

static bool import_file(void *ctx, const char *path, struct cla_err *err)
{
	struct cla_err own = CLA_ERR_INIT;
	struct import *im = ctx;
	bool fatal;

	if (cla_ctx_cancelled(&im->intake.cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (cla_intake_file(&im->intake, path, im->named, &fatal, &own))
		return true;
	if (fatal) {
		*err = own;
		return false;
	}
	im->status = cla_exit_worst(im->status, CLA_EXIT_IO);
	cla_cli_fail(im->intake.cli, &own);
	return true;
}

static int import_all(struct import *im, int argc, char **argv)
{
	struct cla_err err = CLA_ERR_INIT;

	for (int i = 0; i < argc; i++) {
		im->named = !cla_path_is_dir(argv[i]);
		if (cla_path_walk(argv[i], import_file, im, &err))
			continue;
		int status = cla_cli_fail(im->intake.cli, &err);
		im->status = cla_exit_worst(im->status,
					    err.code == CLA_ERR_NOT_FOUND ? CLA_EXIT_IO : status);
		if (err.code != CLA_ERR_NOT_FOUND)
			break;
	}
	if (!cla_store_flush(im->intake.store, &err))
		im->status = cla_exit_worst(im->status, cla_cli_fail(im->intake.cli, &err));
	return im->status;
}

static int import(struct cla_cli *cli, int argc, char **argv)
{
	typedef unsigned long long llu;
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	cla_auto_store struct cla_store *store = NULL;
	struct import im = { .intake = { .cli = cli, .fn = on_item, .ctx = &im } };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_import, NULL, NULL, argc, argv, &first, &status))
		return status;
	if (first == argc)
		return cla_cli_usage(
			cli,
			cla_tr(cli, "which files? Name XML files, archives of them or folders"));
	if (!cla_cli_data_dir(cli, &dir, &err) ||
	    !cla_store_open(&cli->ctx, cla_buf_cstr(&dir), CLA_STORE_WRITE, &store, &err))
		return cla_cli_fail(cli, &err);
	im.intake.store = store;
	status = import_all(&im, argc - first, argv + first);
	cla_cli_say(cli, cla_tr(cli, "%llu stored, %llu known already, %llu skipped"),
		    (llu)im.stored, (llu)im.known, (llu)im.skipped);
	return status;
}

const struct cla_command cla_cmd_import = {
	.name = "import",
	.usage = "import PATH…",
	.text = { { "put XML files, archives and folders of them into the store",
		    "guardar archivos XML de otro origen, también comprimidos o en carpetas",
		    "guardar arquivos XML de outra origem, também compactados ou em pastas" } },
	.run = import,
};
