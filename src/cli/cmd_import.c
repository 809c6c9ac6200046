/* clara-audit import PATH…: puts fiscal XML files from elsewhere into the store, for every month to
 * match. */
#include "cli/cli.h"

#include "base/file.h"
#include "fiscal/judge.h"
#include "json/out.h"
#include "model/media.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define CHUNK (64 * 1024)
#define FILE_MAX (512ull << 20)

struct import {
	struct cla_cli *cli;
	struct cla_store *store;
	bool named; /* the present path was named, not found in a folder */
	uint64_t stored, known, skipped;
	int status;
};

/* A file that is taken: what it turned out to be. */
struct taken {
	struct cla_digest id;
	uint64_t size;
	enum cla_doc_kind kind;
	bool is_new;
};

static bool no_option(void *ctx, int val, const char *arg)
{
	(void)ctx, (void)val, (void)arg;
	return false;
}

static bool put_line(const struct cla_cli *cli, const char *path, const struct taken *t,
		     const char *reason, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	char file[CLA_SHOWN], word[CLA_SHOWN], hex[CLA_DIGEST_HEX];
	const char *what = !t	       ? cla_tr(cli, "skipped")
			   : t->is_new ? cla_tr(cli, "stored")
				       : cla_tr(cli, "known");
	struct cla_json_out o;

	if (!cli->json) {
		cla_shown(cla_str_from(path), 0, file);
		cla_column(cla_str_from(what), 9, word);
		if (t)
			cla_cli_print("%s %s  %s  %s\n", word, cla_digest_hex(&t->id, hex),
				      cla_doc_kind_name(t->kind), file);
		else
			cla_cli_print("%s %s: %s\n", word, file, reason);
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "file", path);
	cla_json_out_kcstr(&o, "result", !t ? "skipped" : t->is_new ? "stored" : "known");
	if (t) {
		cla_json_out_khex(&o, "sha256", t->id.bytes, sizeof(t->id.bytes));
		cla_json_out_kcstr(&o, "kind", cla_doc_kind_name(t->kind));
	} else {
		cla_json_out_kcstr(&o, "reason", reason);
	}
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

/* Something that was named and is not taken leaves the import incomplete; a folder may hold other
 * things. */
static bool skip(struct import *im, const char *path, const char *reason, bool matters,
		 struct cla_err *err)
{
	im->skipped++;
	if (!matters && !im->cli->verbose)
		return true;
	if (matters)
		im->status = cla_exit_worst(im->status, CLA_EXIT_INCOMPLETE);
	return put_line(im->cli, path, NULL, reason, err);
}

static bool store_rest(struct import *im, int fd, struct cla_str head, struct taken *ret,
		       struct cla_err *err)
{
	struct cla_put *put = cla_store_begin(im->store, err);
	uint64_t size = head.len;
	char chunk[CHUNK];
	size_t got;

	if (!put)
		return false;
	bool ok = cla_store_write(put, head, err);
	while (ok && head.len == CHUNK) {
		ok = cla_fd_read(fd, chunk, sizeof(chunk), &got, err);
		size += ok ? got : 0;
		if (ok && size > FILE_MAX)
			ok = cla_err_set(err, CLA_ERR_LIMIT, "over %llu bytes", FILE_MAX);
		ok = ok && cla_store_write(put, (struct cla_str){ chunk, got }, err);
		if (ok && got < sizeof(chunk))
			break;
	}
	if (!ok) {
		cla_store_abort(put);
		return false;
	}
	return cla_store_commit(put, &ret->id, &ret->size, NULL, err);
}

static bool record(struct import *im, const char *path, struct taken *t, struct cla_err *err)
{
	const char *slash = strrchr(path, '/');
	struct cla_time now = cla_cli_now(im->cli);
	struct cla_import in = { .object = t->id,
				 .size = t->size,
				 .name = cla_str_from(slash ? slash + 1 : path),
				 .time = now };
	struct cla_event e = { .type = "imported",
			       .entity = CLA_STR(""),
			       .object = &t->id,
			       .subject = in.name,
			       .time = now };

	return cla_store_import(im->store, &in, &t->is_new, err) &&
	       (!t->is_new || cla_store_custody(im->store, &e, err));
}

/* *fatal: the store failed, so that going on makes no sense. */
static bool import_fd(struct import *im, const char *path, int fd, bool *fatal, struct cla_err *err)
{
	struct taken t = { .size = 0 };
	char head[CHUNK];
	size_t got;

	*fatal = false;
	if (!cla_fd_read(fd, head, sizeof(head), &got, err))
		return false;
	struct cla_str start = { head, got };
	const char *ext = cla_media_of(cla_str_sub(start, 0, CLA_MEDIA_PREFIX)).ext;
	if (!strcmp(ext, "zip"))
		return skip(
			im, path,
			cla_tr(im->cli,
			       "zip archives are not read yet: unpack it and import the folder"),
			true, err);
	if (strcmp(ext, "xml") != 0)
		return skip(im, path, cla_tr(im->cli, "not an XML file"), im->named, err);
	if (!cla_judge_kind(start, &t.kind, err))
		return false;
	*fatal = true;
	if (!store_rest(im, fd, start, &t, err)) {
		*fatal = err->code != CLA_ERR_LIMIT;
		return false;
	}
	if (!record(im, path, &t, err))
		return false;
	if (t.is_new)
		im->stored++;
	else
		im->known++;
	return put_line(im->cli, path, &t, NULL, err);
}

static bool import_file(void *ctx, const char *path, struct cla_err *err)
{
	cla_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct cla_err own = CLA_ERR_INIT;
	struct import *im = ctx;
	char shown[CLA_SHOWN];
	bool fatal = false;

	cla_shown(cla_str_from(path), 0, shown);
	if (cla_ctx_cancelled(&im->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (fd < 0)
		cla_err_sys(&own, CLA_ERR_IO, errno, "opening '%s'", shown);
	else if (import_fd(im, path, fd, &fatal, &own))
		return true;
	else
		cla_err_wrap(&own, "importing '%s'", shown);
	if (fatal) {
		*err = own;
		return false;
	}
	im->status = cla_exit_worst(im->status, CLA_EXIT_IO);
	cla_cli_fail(im->cli, &own);
	return true;
}

static int import_all(struct import *im, int argc, char **argv)
{
	struct cla_err err = CLA_ERR_INIT;

	for (int i = 0; i < argc; i++) {
		im->named = !cla_path_is_dir(argv[i]);
		if (cla_path_walk(argv[i], import_file, im, &err))
			continue;
		int status = cla_cli_fail(im->cli, &err);
		im->status = cla_exit_worst(im->status,
					    err.code == CLA_ERR_NOT_FOUND ? CLA_EXIT_IO : status);
		if (err.code != CLA_ERR_NOT_FOUND)
			break;
	}
	if (!cla_store_flush(im->store, &err))
		im->status = cla_exit_worst(im->status, cla_cli_fail(im->cli, &err));
	return im->status;
}

static int import(struct cla_cli *cli, int argc, char **argv)
{
	typedef unsigned long long llu;
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	cla_auto_store struct cla_store *store = NULL;
	struct import im = { .cli = cli };
	struct cla_err err = CLA_ERR_INIT;
	int first, status;

	if (!cla_cli_parse(cli, &cla_cmd_import, no_option, NULL, argc, argv, &first, &status))
		return status;
	if (first == argc)
		return cla_cli_usage(cli, cla_tr(cli, "which files? Name XML files or folders"));
	if (!cla_cli_data_dir(cli, &dir, &err) ||
	    !cla_store_open(&cli->ctx, cla_buf_cstr(&dir), CLA_STORE_WRITE, &store, &err))
		return cla_cli_fail(cli, &err);
	im.store = store;
	status = import_all(&im, argc - first, argv + first);
	cla_cli_say(cli, cla_tr(cli, "%llu stored, %llu known already, %llu skipped"),
		    (llu)im.stored, (llu)im.known, (llu)im.skipped);
	return status;
}

const struct cla_command cla_cmd_import = {
	.name = "import",
	.usage = "import PATH…",
	.text = { { "put XML files and folders from elsewhere into the store",
		    "guardar archivos XML y carpetas de otro origen",
		    "guardar arquivos XML e pastas de outra origem" } },
	.run = import,
};
