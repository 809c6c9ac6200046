/* clara-audit show: a bundle, an expense, one stored object, the custody log, or whether both logs
 * still hang together. */
#include "cli/show.h"

#include "base/file.h"
#include "json/out.h"
#include "model/id/taxid.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OPT_JOURNAL = CLA_OPT, OPT_CUSTODY };

static const struct cla_opt options[] = {
	{ "journal",
	  NULL,
	  OPT_JOURNAL,
	  { { "check the chains of journal and custody log, count their lines",
	      "verificar las cadenas de la bitácora y del registro de custodia, contar sus líneas",
	      "verificar as cadeias do diário e do registro de custódia, contar suas linhas" } } },
	{ "custody",
	  NULL,
	  OPT_CUSTODY,
	  { { "print the custody log and check it and the journal, line by line",
	      "imprimir el registro de custodia y verificarlo, y la bitácora, línea por línea",
	      "imprimir o registro de custódia e verificá-lo, e o diário, linha por linha" } } },
	{ NULL, NULL, 0, { { NULL } } },
};

struct show {
	bool journal, custody;
};

static bool take(void *ctx, int val, const char *arg)
{
	struct show *s = ctx;

	(void)arg;
	*(val == OPT_JOURNAL ? &s->journal : &s->custody) = true;
	return true;
}

/* Events for people, or as the log has them. */
static bool put_event(void *ctx, const struct cla_event_line *e, struct cla_err *err)
{
	const struct cla_cli *cli = ctx;
	char time[CLA_SHOWN], type[CLA_SHOWN], entity[CLA_SHOWN], object[CLA_SHOWN],
		subject[CLA_SHOWN];

	(void)err;
	if (cli->json) {
		cla_cli_line(e->text);
		return true;
	}
	cla_cli_print("%s  %s  %s  %s  %s\n", cla_column(e->time, 20, time),
		      cla_column(e->type, 11, type), cla_column(e->entity, 20, entity),
		      cla_column(cla_str_absent(e->object) ? CLA_STR("-") : e->object, 64, object),
		      cla_shown(e->subject, 0, subject));
	return true;
}

static bool put_counts(const struct cla_checked *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(4096);
	struct cla_json_out o;

	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "journal", (int64_t)c->journal_lines);
	cla_json_out_kint(&o, "custody", (int64_t)c->custody_lines);
	cla_json_out_kint(&o, "anchors", (int64_t)c->anchors);
	cla_json_out_kint(&o, "statements", (int64_t)c->statements);
	cla_json_out_kint(&o, "lost", (int64_t)c->lost);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* Both logs from their first line. With --custody the events are data and what holds is talk. */
static bool show_logs(struct cla_cli *cli, struct cla_store *store, bool events,
		      struct cla_err *err)
{
	typedef unsigned long long llu;
	struct cla_checked c;

	if (!cla_store_check(store, events ? put_event : NULL, cli, &c, err))
		return false;
	if (cli->json && !events)
		return put_counts(&c, err);
	if (events)
		cla_cli_say(cli,
			    cla_tr(cli, "both chains hold; %llu statements and %llu events name "
					"heads of them that hold"),
			    (llu)c.statements, (llu)c.anchors);
	else
		cla_cli_print(
			cla_tr(cli,
			       "journal: %llu lines, custody log: %llu lines, both chains hold\n"),
			(llu)c.journal_lines, (llu)c.custody_lines);
	if (c.lost)
		cla_cli_say(cli,
			    cla_tr(cli, "note: %llu events name journal lines that a rebuild found "
					"lost"),
			    (llu)c.lost);
	return true;
}

static bool put_raw(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	(void)ctx;
	if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len)
		return cla_err_set(err, CLA_ERR_IO, "writing the standard output");
	return true;
}

/* A terminal obeys bytes; a person gets to see them instead. */
static bool put_safe(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	(void)ctx, (void)err;
	for (size_t at = 0; at < bytes.len; at += 512) {
		struct cla_str piece = cla_str_sub(bytes, at, 512);

		cla_cli_print(CLA_STR_FMT, CLA_STR_ARG(piece));
	}
	return true;
}

static bool show_object(struct cla_store *store, struct cla_str hex, struct cla_err *err)
{
	struct cla_digest id;

	if (!cla_digest_parse(hex, &id))
		return cla_err_set(err, CLA_ERR_USAGE,
				   "an object is named by 64 lower-case hex digits, an expense "
				   "by its UUID, a bundle by its file");
	return cla_store_stream(store, &id, isatty(STDOUT_FILENO) ? put_safe : put_raw, NULL, err);
}

static bool show_stored(struct cla_cli *cli, const struct show *s, const char *what,
			struct cla_err *err)
{
	cla_auto_store struct cla_store *store = NULL;
	char uuid[37];

	if (!cla_cli_store(cli, CLA_STORE_READ, &store, err))
		return false;
	if (s->journal || s->custody)
		return show_logs(cli, store, s->custody, err);
	if (cla_uuid_lower(cla_str_from(what), uuid))
		return cla_show_expense(cli, store, cla_str_from(uuid), err);
	return show_object(store, cla_str_from(what), err);
}

/* What is no digest and no UUID is the name of a file. */
static bool is_bundle(const char *what)
{
	struct cla_digest id;

	return !cla_digest_parse(cla_str_from(what), &id) && !cla_uuid_form(cla_str_from(what)) &&
	       (cla_str_ends(cla_str_from(what), ".tar") || cla_path_exists(what));
}

static int show(struct cla_cli *cli, int argc, char **argv)
{
	struct cla_err err = CLA_ERR_INIT;
	struct show s = { false, false };
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_show, take, &s, argc, argv, &first, &status))
		return status;
	if (s.journal + s.custody + (argc - first) != 1)
		return cla_cli_usage(cli, cla_tr(cli, "show what? Give one of: BUNDLE.tar, UUID, "
						      "SHA256, --journal, --custody"));
	const char *what = first < argc ? argv[first] : NULL;
	bool ok = what && is_bundle(what) ? cla_show_bundle(cli, what, &err)
					  : show_stored(cli, &s, what, &err);
	return ok ? CLA_EXIT_OK : cla_cli_fail(cli, &err);
}

const struct cla_command cla_cmd_show = {
	.name = "show",
	.usage = "show BUNDLE.tar | UUID | SHA256 | --journal | --custody",
	.text = { { "a bundle, an expense, a stored object, or the logs",
		    "un paquete, un gasto, un objeto guardado, o los registros",
		    "um pacote, uma despesa, um objeto guardado, ou os registros" } },
	.options = options,
	.run = show,
};
