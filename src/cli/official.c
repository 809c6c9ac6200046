/* cli/official.c - the authorities' own schema files: brought in, and read back. */
#include "cli/official.h"

#include "base/file.h"
#include "crypto/digest.h"
#include "json/out.h"
#include "store/store.h"
#include "tar/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* The largest official file has 5.6 MiB, all of them have 11. */
#define FILE_MAX ((size_t)16 << 20)
#define ARCHIVE_ENTRIES 10000
#define ARCHIVE_BYTES ((uint64_t)256 << 20)
#define ARCHIVE_RATIO 250
#define NAME_MAX_SHOWN 1024
#define ARCHIVE_GRACE ((uint64_t)16 << 20)

bool cla_official_dir(struct cla_cli *cli, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(8192);

	return cla_cli_data_dir(cli, &data, err) &&
	       cla_path_join(out, cla_buf_cstr(&data), "schemas", err);
}

/* ---- reading ---- */

static bool path_of(const char *dir, struct cla_str sha256, struct cla_buf *out,
		    struct cla_err *err)
{
	cla_buf_addf(out, "%s/" CLA_STR_FMT ".xsd", dir, CLA_STR_ARG(sha256));
	return cla_buf_ok(out, err);
}

bool cla_official_read(const char *dir, const struct cla_official *file, struct cla_buf *out,
		       bool *there, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	struct cla_digest due, found;
	struct cla_err why = CLA_ERR_INIT;

	*there = false;
	if (!path_of(dir, file->sha256, &path, err))
		return false;
	if (!cla_file_read(cla_buf_cstr(&path), out, &why)) {
		if (why.code == CLA_ERR_NOT_FOUND)
			return true;
		*err = why;
		return false;
	}
	if (!cla_digest_of(cla_buf_str(out), &found, err))
		return false;
	if (!cla_digest_parse(file->sha256, &due) || !cla_digest_eq(&due, &found))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "'%s' is not the official file " CLA_STR_FMT
				   ": delete it and import it again",
				   cla_buf_cstr(&path), CLA_STR_ARG(file->path));
	*there = true;
	return true;
}

void cla_official_clear(struct cla_official_files *files)
{
	for (size_t i = 0; files->bufs && i < files->set.count; i++)
		cla_buf_clear(&files->bufs[i]);
	free(files->bufs);
	free(files->set.bytes);
	*files = (struct cla_official_files){ .there = 0 };
}

bool cla_official_load(const char *dir, struct cla_official_files *ret, struct cla_err *err)
{
	struct cla_official file;
	size_t rows = 0;

	while (cla_official_at(rows, &file))
		rows++;
	*ret = (struct cla_official_files){ .bufs = calloc(rows, sizeof(*ret->bufs)),
					    .set.bytes = calloc(rows, sizeof(*ret->set.bytes)) };
	if (!ret->bufs || !ret->set.bytes)
		return cla_err_oom(err);
	ret->set.count = rows;
	for (size_t i = 0; i < rows && cla_official_at(i, &file); i++) {
		bool there;

		ret->bufs[i].max = FILE_MAX;
		if (!cla_official_read(dir, &file, &ret->bufs[i], &there, err))
			return false;
		ret->set.bytes[i] = there ? cla_buf_str(&ret->bufs[i]) : CLA_STR_NONE;
		ret->there += there;
	}
	return true;
}

/* ---- bringing in ---- */

struct import {
	struct cla_cli *cli;
	const char *dir;	    /* where they go */
	const char *source;	    /* the archive; NULL: files by themselves */
	struct cla_buf name, bytes; /* of the present entry */
	uint64_t stored, known, refused;
	bool named; /* the present file was named, not found in a folder */
};

static bool tell(const struct import *im, struct cla_str name, const char *result, const char *word,
		 const char *says, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(64 * 1024);
	char shown[CLA_SHOWN], column[CLA_SHOWN];
	struct cla_json_out o;

	if (!im->cli->json) {
		cla_cli_print("%s %s  ", cla_column(cla_str_from(word), 10, column),
			      cla_shown(name, 0, shown));
		cla_cli_print("%s\n", says);
		return true;
	}
	cla_json_out_begin_unordered(&o, &line);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "file", name);
	cla_json_out_kcstr(&o, "result", result);
	cla_json_out_kcstr(&o, strcmp(result, "refused") != 0 ? "name" : "reason", says);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err))
		return false;
	cla_cli_line(cla_buf_str(&line));
	return true;
}

static bool refuse(struct import *im, struct cla_str name, const char *reason, struct cla_err *err)
{
	im->refused++;
	return tell(im, name, "refused", cla_tr(im->cli, "refused"), reason, err);
}

/* The row of a digest. */
static bool find(const struct cla_digest *id, struct cla_official *ret)
{
	char hex[CLA_DIGEST_HEX];

	cla_digest_hex(id, hex);
	for (size_t i = 0; cla_official_at(i, ret); i++)
		if (cla_str_eqc(ret->sha256, hex))
			return true;
	return false;
}

static bool take_bytes(struct import *im, struct cla_str name, struct cla_str bytes,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), present = CLA_BUF_INIT(FILE_MAX);
	struct cla_err why = CLA_ERR_INIT;
	struct cla_official file;
	struct cla_digest id;
	char official[CLA_SHOWN];
	bool there;

	if (!cla_digest_of(bytes, &id, err))
		return false;
	if (!find(&id, &file)) {
		/* a folder or an archive may hold other things: read-me files, lists */
		if (!im->named && !cla_str_ends(name, ".xsd"))
			return true;
		return refuse(im, name,
			      cla_tr(im->cli, "its SHA-256 is none of the official files known "
					      "here: see 'schemas list'"),
			      err);
	}
	cla_shown(file.path, 0, official);
	/* one that is damaged on disk is mended */
	if (cla_official_read(im->dir, &file, &present, &there, &why) && there) {
		im->known++;
		return tell(im, name, "known", cla_tr(im->cli, "known"), official, err);
	}
	if (!path_of(im->dir, file.sha256, &path, err) ||
	    !cla_file_replace(cla_buf_cstr(&path), bytes, 0644, err))
		return false;
	im->stored++;
	return tell(im, name, "stored", cla_tr(im->cli, "stored"), official, err);
}

static bool take_file(void *ctx, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(FILE_MAX);
	struct cla_err why = CLA_ERR_INIT;
	struct import *im = ctx;

	if (cla_ctx_cancelled(&im->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (cla_file_read(path, &bytes, &why))
		return take_bytes(im, cla_str_from(path), cla_buf_str(&bytes), err);
	if (why.code == CLA_ERR_LIMIT)
		return refuse(im, cla_str_from(path),
			      cla_tr(im->cli, "longer than any official file"), err);
	*err = why;
	return false;
}

/* Names of entries are only shown. */
static bool on_begin(void *ctx, struct cla_str name, bool *wanted, struct cla_err *err)
{
	struct import *im = ctx;

	*wanted = true;
	cla_buf_reset(&im->name);
	cla_buf_reset(&im->bytes);
	cla_buf_add(&im->name, cla_str_sub(name, 0, NAME_MAX_SHOWN));
	return cla_buf_ok(&im->name, err);
}

static bool on_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct import *im = ctx;

	cla_buf_add(&im->bytes, bytes);
	return cla_buf_ok(&im->bytes, err);
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct import *im = ctx;

	return take_bytes(im, cla_buf_str(&im->name), cla_buf_str(&im->bytes), err);
}

static bool on_flaw(void *ctx, struct cla_str name, bool inside, enum cla_unpack_flaw flaw,
		    struct cla_err *err)
{
	struct import *im = ctx;
	const char *reason = flaw == CLA_FLAW_ENCRYPTED ? cla_tr(im->cli, "encrypted")
			     : flaw == CLA_FLAW_DAMAGED
				     ? cla_tr(im->cli, "damaged or cut short")
				     : cla_tr(im->cli, "larger than any official set");

	if (inside)
		name = cla_buf_str(&im->name);
	return refuse(im, name.len ? name : cla_str_from(im->source), reason, err);
}

static bool take_archive(struct import *im, int fd, struct cla_err *err)
{
	static const struct cla_unpack_limits limits = { FILE_MAX, ARCHIVE_RATIO, ARCHIVE_GRACE };
	struct cla_unpack_budget budget = { ARCHIVE_ENTRIES, ARCHIVE_BYTES };
	const struct cla_unpack fn = { im, on_begin, on_data, on_end, on_flaw };

	bool ok = cla_unpack_fd(fd, CLA_UNPACK_ZIP, &limits, &budget, &fn, err);
	cla_buf_clear(&im->name);
	cla_buf_clear(&im->bytes);
	return ok;
}

/* By its first bytes. */
static bool open_archive(const char *path, int *fd)
{
	char head[4];
	size_t got;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return *fd >= 0 && cla_fd_read(*fd, head, sizeof(head), &got, NULL) && got == 4 &&
	       !memcmp(head, "PK\3\4", 4);
}

static bool take(struct import *im, const char *path, struct cla_err *err)
{
	cla_auto_fd int fd = -1;

	if (cla_path_is_dir(path))
		return cla_path_walk(path, take_file, im, err);
	if (open_archive(path, &fd)) {
		im->source = path;
		return take_archive(im, fd, err);
	}
	im->named = true;
	return take_file(im, path, err);
}

bool cla_official_import(struct cla_cli *cli, const char *path, int *status, struct cla_err *err)
{
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(8192), dir = CLA_BUF_INIT(8192);
	cla_auto_official struct cla_official_files files = { .there = 0 };
	cla_auto_store struct cla_store *store = NULL;
	struct import im = { .cli = cli,
			     .name = CLA_BUF_INIT(NAME_MAX_SHOWN),
			     .bytes = CLA_BUF_INIT(FILE_MAX) };

	/* The lock: no run shall find half of a set. */
	if (!cla_cli_data_dir(cli, &data, err) || !cla_official_dir(cli, &dir, err) ||
	    !cla_store_open(&cli->ctx, cla_buf_cstr(&data), CLA_STORE_WRITE, &store, err) ||
	    !cla_dir_make(cla_buf_cstr(&dir), 0755, err))
		return false;
	im.dir = cla_buf_cstr(&dir);
	if (!take(&im, path, err) || !cla_official_load(im.dir, &files, err))
		return false;
	if (im.refused)
		*status = cla_exit_worst(*status, CLA_EXIT_INCOMPLETE);
	cla_cli_say(cli,
		    cla_tr(cli, "%llu stored, %llu known already, %llu refused; %llu of the %llu "
				"official files are here"),
		    (unsigned long long)im.stored, (unsigned long long)im.known,
		    (unsigned long long)im.refused, (unsigned long long)files.there,
		    (unsigned long long)files.set.count);
	return true;
}
