/* Takes one expense out: the bundle is checked whole, then read once more for the leaves of its tree
 * and the expense's files. */
#include "verify/extract_priv.h"

#include "base/file.h"
#include "base/grow.h"
#include "crypto/merkle.h"
#include "json/out.h"
#include "model/id/taxid.h"
#include "tar/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMBERS_MAX 2000000

struct extract {
	const struct cla_ctx *ctx;
	const struct cla_extract_opts *opts;
	struct cla_verify_report *report;
	char uuid[37], dir[CLA_EXTRACT_DIR];
	struct cla_buf partial; /* the folder while it is made */
	struct cla_hasher *whole;
	/* the member at hand */
	bool is_index;
	struct cla_member_name at;
	int fd; /* of the file that it becomes, -1: none */
	struct cla_json_parts parts;
	/* of the tree */
	struct cla_digest *leaves;
	size_t count, room, index;
	bool found;
};

static bool to_path(const struct extract *x, const char *name, struct cla_buf *out,
		    struct cla_err *err)
{
	return cla_path_join(out, cla_buf_cstr(&x->partial), name, err);
}

/* ---- the second reading ---- */

static bool on_item(void *ctx, const struct cla_json_part *part, struct cla_err *err)
{
	struct extract *x = ctx;
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (!cla_str_eqc(part->key, "expenses"))
		return true;
	if (cla_str_absent(part->raw) || !cla_json_parse(part->raw, &doc, err))
		return cla_err_set(err, CLA_ERR_INTEGRITY, "data/bundle.json cannot be read");
	const struct cla_json *e = cla_json_root(doc);
	if (!cla_grow(&x->leaves, &x->room, x->count, sizeof(*x->leaves), err))
		return false;
	if (!cla_digest_parse(cla_json_string(cla_json_get(e, "leaf")), &x->leaves[x->count]))
		return cla_err_set(err, CLA_ERR_INTEGRITY, "data/bundle.json cannot be read");
	if (cla_str_eqc(cla_json_string(cla_json_get(e, "uuid")), x->uuid) &&
	    cla_str_eqc(cla_json_string(cla_json_get(e, "kind")),
			x->opts->is_tx ? "tx" : "reimbursement")) {
		x->index = x->count;
		x->found = true;
	}
	x->count++;
	return true;
}

static bool begin_file(struct extract *x, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf to = CLA_BUF_INIT(16384);

	if (!to_path(x, path, &to, err))
		return false;
	x->fd = open(cla_buf_cstr(&to), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	return x->fd >= 0 ||
	       cla_err_sys(err, CLA_ERR_IO, errno, "creating '%s'", cla_buf_cstr(&to));
}

static bool on_begin(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err)
{
	struct extract *x = ctx;
	struct cla_str top, rest;
	char path[300];

	(void)size;
	x->is_index = false;
	if (!cla_str_cut(name, '/', &top, &rest) || !cla_str_cstr(rest, path, sizeof(path), err))
		return false;
	cla_member_name_read(cla_str_from(path), &x->at);
	if (x->at.place == CLA_PLACE_BUNDLE)
		x->is_index = true;
	if ((x->at.place == CLA_PLACE_EVIDENCE || x->at.place == CLA_PLACE_FILE) &&
	    cla_str_eqc(x->at.dir, x->dir))
		return begin_file(x, path, err);
	return true;
}

static bool on_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct extract *x = ctx;

	if (x->is_index)
		return cla_json_parts_feed(&x->parts, bytes, on_item, x, err);
	return x->fd < 0 || cla_fd_write(x->fd, bytes, err);
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct extract *x = ctx;

	if (x->fd >= 0 && !cla_fd_sync(x->fd, x->dir, err))
		return false;
	cla_fd_close(&x->fd);
	return true;
}

static bool on_piece(void *ctx, struct cla_str bytes, uint64_t so_far, struct cla_err *err)
{
	struct extract *x = ctx;

	cla_hasher_update(x->whole, bytes);
	cla_ctx_progress(x->ctx, "extract", so_far, x->report->size);
	return !cla_ctx_cancelled(x->ctx) || cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
}

/* The same bytes that were checked: the file may have been replaced in between. */
static bool read_again(struct extract *x, const char *path, struct cla_err *err)
{
	const struct cla_tar_walk walk = {
		.ctx = x, .begin = on_begin, .data = on_data, .end = on_end, .piece = on_piece
	};
	cla_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct cla_tar_stats stats;
	struct cla_digest digest;

	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", path);
	if (!cla_hasher_new(CLA_HASH_SHA256, &x->whole, err) ||
	    !cla_tar_walk_fd(fd, MEMBERS_MAX, &walk, &stats, err) ||
	    !cla_hasher_finish(x->whole, digest.bytes, err))
		return false;
	if (!cla_digest_eq(&digest, &x->report->sha256))
		return cla_err_set(err, CLA_ERR_INTEGRITY, "'%s' changed while it was read", path);
	return x->found || cla_err_set(err, CLA_ERR_NOT_FOUND, "the bundle has no %s '%s'",
				       x->opts->is_tx ? "transaction" : "reimbursement", x->uuid);
}

/* ---- the proof ---- */

static void put_proof(const struct extract *x, const struct cla_digest *path, size_t len,
		      const struct cla_digest *root, struct cla_buf *out, struct cla_json_out *o)
{
	char hex[CLA_DIGEST_HEX];

	cla_json_out_begin(o, out);
	cla_json_out_object(o);
	cla_json_out_key(o, "audit_path");
	cla_json_out_array(o);
	for (size_t i = 0; i < len; i++)
		cla_json_out_cstr(o, cla_digest_hex(&path[i], hex));
	cla_json_out_close(o);
	cla_json_out_kcstr(o, "base", x->report->base);
	cla_json_out_kint(o, "format", 1);
	cla_json_out_kcstr(o, "hash", "rfc9162-sha256");
	cla_json_out_kint(o, "index", (int64_t)x->index);
	cla_json_out_kcstr(o, "kind", x->opts->is_tx ? "tx" : "reimbursement");
	cla_json_out_kcstr(o, "leaf", cla_digest_hex(&x->leaves[x->index], hex));
	cla_json_out_kcstr(o, "root", cla_digest_hex(root, hex));
	cla_json_out_kint(o, "size", (int64_t)x->count);
	cla_json_out_kcstr(o, "uuid", x->uuid);
	cla_json_out_close(o);
}

static bool write_proof(const struct extract *x, struct cla_err *err)
{
	cla_auto_buf struct cla_buf proof = CLA_BUF_INIT(CLA_EXTRACT_PROOF_MAX),
				    script = CLA_BUF_INIT(16384), to = CLA_BUF_INIT(16384);
	struct cla_digest path[64], root;
	struct cla_json_out o;
	struct cla_merkle m;
	size_t len;

	cla_merkle_init(&m);
	for (size_t i = 0; i < x->count; i++)
		if (!cla_merkle_add(&m, &x->leaves[i], err))
			return false;
	if (!cla_merkle_root(&m, &root, err) ||
	    !cla_merkle_prove(x->leaves, x->count, x->index, path, &len, err))
		return false;
	put_proof(x, path, len, &root, &proof, &o);
	cla_extract_script(x->report->base, x->dir, &script);
	if (!cla_json_out_end(&o, err) || !cla_buf_ok(&script, err) ||
	    !to_path(x, CLA_EXTRACT_SCRIPT, &to, err) ||
	    !cla_file_create(cla_buf_cstr(&to), cla_buf_str(&script), 0755, err))
		return false;
	cla_buf_reset(&to);
	return to_path(x, CLA_EXTRACT_PROOF, &to, err) &&
	       cla_file_create(cla_buf_cstr(&to), cla_buf_str(&proof), 0644, err);
}

/* ---- what lies beside ---- */

static bool copy_sidecar(void *ctx, const char *path, struct cla_err *err)
{
	const struct extract *x = ctx;
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(CLA_VERIFY_STATEMENT_MAX),
				    to = CLA_BUF_INIT(16384);
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (!cla_extract_is_sidecar(cla_str_from(name), x->report->base))
		return true;
	return cla_file_read(path, &bytes, err) && to_path(x, name, &to, err) &&
	       cla_file_create(cla_buf_cstr(&to), cla_buf_str(&bytes), 0644, err);
}

/* The signature carries it too, but the script and its reader need it by itself. */
static bool has_certificate(const struct extract *x, struct cla_err *err)
{
	cla_auto_buf struct cla_buf to = CLA_BUF_INIT(16384);
	char name[128];

	snprintf(name, sizeof(name), "%s.seal.pem", x->report->base);
	return to_path(x, name, &to, err) &&
	       (cla_path_exists(cla_buf_cstr(&to)) ||
		cla_err_set(err, CLA_ERR_NOT_FOUND, "no %s beside the bundle", name));
}

static bool copy_sidecars(struct extract *x, const char *path, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(16384);
	const char *slash = strrchr(path, '/');

	if (x->opts->verify.sidecar_dir)
		cla_buf_addc(&dir, x->opts->verify.sidecar_dir);
	else if (slash)
		cla_buf_add(&dir, cla_str_sub(cla_str_from(path), 0,
					      (size_t)(slash - path) + (slash == path)));
	else
		cla_buf_addc(&dir, ".");
	return cla_buf_ok(&dir, err) && cla_dir_each(cla_buf_cstr(&dir), copy_sidecar, x, err) &&
	       has_certificate(x, err);
}

/* ---- the folder ---- */

static bool remove_file(void *ctx, const char *path, struct cla_err *err)
{
	(void)ctx, (void)err;
	(void)unlink(path);
	return true;
}

/* Nothing of what was begun stays behind: files, then the folders that we made. */
static void clear_away(const struct extract *x)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(16384);
	char dir[CLA_EXTRACT_DIR];

	if (!x->partial.len || !cla_path_is_dir(cla_buf_cstr(&x->partial)))
		return;
	(void)!cla_path_walk(cla_buf_cstr(&x->partial), remove_file, NULL, NULL);
	memcpy(dir, x->dir, sizeof(dir));
	for (char *slash = dir; slash; slash = strrchr(dir, '/')) {
		if (slash != dir)
			*slash = '\0';
		cla_buf_reset(&path);
		if (to_path(x, dir, &path, NULL))
			(void)rmdir(cla_buf_cstr(&path));
	}
	(void)rmdir(cla_buf_cstr(&x->partial));
}

static bool refuse_file(void *ctx, const char *path, struct cla_err *err)
{
	(void)path;
	return cla_err_set(err, CLA_ERR_USAGE, "folder '%s' is not empty", (const char *)ctx);
}

static bool begin_folder(struct extract *x, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(16384);
	struct cla_str out = cla_str_from(x->opts->out);

	while (out.len > 1 && out.ptr[out.len - 1] == '/')
		out.len--;
	if (cla_path_is_dir(x->opts->out) &&
	    !cla_path_walk(x->opts->out, refuse_file, (void *)(uintptr_t)x->opts->out, err))
		return false;
	cla_buf_addf(&x->partial, CLA_STR_FMT ".%s.partial", CLA_STR_ARG(out), x->uuid);
	if (!cla_buf_ok(&x->partial, err))
		return false;
	clear_away(x); /* of a run that was killed */
	return to_path(x, x->dir, &dir, err) && cla_dir_make(cla_buf_cstr(&dir), 0755, err);
}

/* As a reader would look at it. */
static bool check_result(const struct extract *x, struct cla_err *err)
{
	cla_auto_verify_report struct cla_verify_report report = { .arena = CLA_ARENA_INIT };

	if (!cla_extract_check(x->ctx, cla_buf_cstr(&x->partial), &x->opts->verify, &report, err))
		return false;
	if (report.result == CLA_VERIFY_PASS)
		return true;
	const struct cla_verify_problem *p = report.problems;
	return cla_err_set(err, CLA_ERR_INTEGRITY, "what was extracted does not hold: %s: %s: %s",
			   p ? p->member : "", p ? p->field : "", p ? p->found : "no signature");
}

static bool make(struct extract *x, const char *path, struct cla_err *err)
{
	if (!begin_folder(x, err) || !read_again(x, path, err) || !copy_sidecars(x, path, err) ||
	    !write_proof(x, err) || !check_result(x, err))
		return false;
	if (rename(cla_buf_cstr(&x->partial), x->opts->out))
		return cla_err_sys(err, CLA_ERR_IO, errno, "naming '%s'", x->opts->out);
	return true;
}

bool cla_extract(const struct cla_ctx *ctx, const char *path, const struct cla_extract_opts *opts,
		 struct cla_verify_report *report, struct cla_err *err)
{
	struct extract x = {
		.ctx = ctx, .opts = opts, .report = report, .partial = CLA_BUF_INIT(16384), .fd = -1
	};

	/* It becomes part of a path: first of all it is a UUID. */
	if (!cla_uuid_form(cla_str_from(opts->uuid)) ||
	    !cla_str_cstr(cla_str_from(opts->uuid), x.uuid, sizeof(x.uuid), NULL))
		return cla_err_set(err, CLA_ERR_USAGE, "'%.60s' is no UUID", opts->uuid);
	for (char *c = x.uuid; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	cla_extract_dir(opts->is_tx, x.uuid, x.dir);
	if (!cla_verify_bundle(ctx, path, &opts->verify, report, err))
		return false;
	if (report->result != CLA_VERIFY_PASS)
		return true;
	cla_json_parts_init(&x.parts, 1, CLA_VERIFY_INDEX_MAX, CLA_VERIFY_ITEM_MAX);
	bool ok = make(&x, path, err);
	cla_fd_close(&x.fd);
	if (!ok)
		clear_away(&x);
	cla_json_parts_clear(&x.parts);
	cla_hasher_free(x.whole);
	cla_buf_clear(&x.partial);
	free(x.leaves);
	return ok;
}
