#include "verify/verify_priv.h"

#include "base/file.h"
#include "crypto/cert.h"
#include "model/media.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_MEMBERS 2000000

void cla_verify_clear(struct cla_verify *v)
{
	cla_arena_clear(&v->arena);
	cla_arena_clear(&v->group.arena);
	cla_arena_clear(&v->sum_texts);
	cla_db_close(v->db);
	cla_json_parts_clear(&v->index.parts);
	cla_hasher_free(v->hasher);
	cla_hasher_free(v->whole);
	free(v->group.files);
	free(v->sums);
	free(v->bills);
	cla_json_free(v->statement.doc);
	struct cla_buf *bufs[] = { &v->lines.line, &v->small,	       &v->baginfo,
				   &v->rules,	   &v->group.evidence, &v->group.row,
				   &v->start,	   &v->statement.text, &v->anchors };
	for (size_t i = 0; i < CLA_LEN(bufs); i++)
		cla_buf_clear(bufs[i]);
}

/* --- the walk --- */

/* Where the text of such a member is kept, and how much of it. */
static struct cla_buf *sink_for(struct cla_verify *v, const struct cla_member_name *at)
{
	switch (at->place) {
	case CLA_PLACE_BAGIT:
		v->small.max = CLA_VERIFY_BAGINFO_MAX;
		return &v->small;
	case CLA_PLACE_CERT:
		v->small.max = CLA_VERIFY_CERT_MAX;
		return &v->small;
	case CLA_PLACE_BAGINFO:
		v->baginfo.max = CLA_VERIFY_BAGINFO_MAX;
		return &v->baginfo;
	case CLA_PLACE_RULES:
		v->rules.max = CLA_VERIFY_RULES_MAX;
		return &v->rules;
	case CLA_PLACE_EVIDENCE:
		v->group.evidence.max = CLA_VERIFY_EVIDENCE_MAX;
		return &v->group.evidence;
	case CLA_PLACE_FILE:
		v->group.row.max = CLA_VERIFY_ROW_MAX;
		return cla_role_is_row(at->role) ? &v->group.row : NULL;
	default:
		return NULL;
	}
}

/* The part of a member's name below the top directory; absent (and a problem) for what lies
 * elsewhere. */
static struct cla_str below_base(struct cla_verify *v, struct cla_str name)
{
	struct cla_str top, rest;
	char shown[300];

	snprintf(shown, sizeof(shown), CLA_STR_FMT, CLA_STR_ARG(name));
	if (!cla_str_cut(name, '/', &top, &rest)) {
		cla_verify_problemf(v, shown, "name", "a member of the top directory",
				    "outside of any");
		return CLA_STR_NONE;
	}
	/* The first good name decides, unless the file's own name did. */
	if (!*v->base && cla_base_name_read(top, &v->base_name))
		memcpy(v->base, v->base_name.text, sizeof(v->base));
	if (*v->base && cla_str_eqc(top, v->base))
		return rest;
	cla_verify_problem(v, shown, "name", top,
			   cla_str_from(*v->base ? v->base : "clara_<cc>_<slug>_<yyyy-mm>_r<N>"));
	return CLA_STR_NONE;
}

/* Readies what the place of the open member needs. */
static bool begin_place(struct cla_verify *v, struct cla_err *err)
{
	switch (v->at.place) {
	case CLA_PLACE_UNKNOWN:
		cla_verify_problemf(v, v->path, "member", "the members of the format, no others",
				    "no such member");
		return true;
	case CLA_PLACE_MANIFEST:
	case CLA_PLACE_TAGMANIFEST:
		return cla_verify_manifest_begin(v, cla_place_path(v->at.place),
						 v->at.place == CLA_PLACE_MANIFEST, err);
	case CLA_PLACE_BUNDLE:
		return cla_verify_index_begin(v, err);
	case CLA_PLACE_FILE:
		v->documents += cla_role_is_document(v->at.role);
		cla_buf_reset(&v->start);
		return cla_verify_group_add(v, err);
	default:
		return true;
	}
}

static bool on_begin(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err)
{
	struct cla_verify *v = ctx;

	v->member_open = false;
	struct cla_str path = below_base(v, name);
	if (cla_str_absent(path))
		return true;
	if (!cla_str_cstr(path, v->path, sizeof(v->path), err))
		return false;
	v->member_open = true;
	v->size = size;
	v->file = NULL;
	cla_member_name_read(cla_str_from(v->path), &v->at);
	bool same_dir = v->group.open && cla_str_eqc(v->at.dir, v->group.dir);
	if (!same_dir && !cla_verify_group_close(v, err))
		return false;
	if (!same_dir && !cla_str_absent(v->at.dir))
		cla_verify_group_open(v);

	v->seen[v->at.place] = true;
	v->sink = sink_for(v, &v->at);
	if (v->sink)
		cla_buf_reset(v->sink);
	if (!strncmp(v->path, "data/", 5)) {
		v->payload_bytes += size;
		v->payload_count++;
	}
	return begin_place(v, err);
}

static bool on_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct cla_verify *v = ctx;

	if (!v->member_open)
		return true;
	cla_hasher_update(v->hasher, bytes);
	switch (v->at.place) {
	case CLA_PLACE_MANIFEST:
	case CLA_PLACE_TAGMANIFEST:
		return cla_verify_lines_feed(v, bytes, v->path, cla_verify_manifest_line, err);
	case CLA_PLACE_CAPTURES:
		return cla_verify_lines_feed(v, bytes, v->path, cla_verify_capture_line, err);
	case CLA_PLACE_BUNDLE:
		return v->index.bad ||
		       cla_json_parts_feed(&v->index.parts, bytes, cla_verify_index_part, v, err);
	case CLA_PLACE_FILE:
		cla_buf_add(&v->start, cla_str_sub(bytes, 0, CLA_MEDIA_PREFIX - v->start.len));
		if (v->start.failed)
			return cla_err_oom(err);
		break;
	default:
		break;
	}
	if (!v->sink)
		return true;
	cla_buf_add(v->sink, bytes);
	if (v->sink->failed && !v->sink->too_long)
		return cla_err_oom(err);
	if (v->sink->failed) {
		cla_verify_problemf(v, v->path, "size", "a smaller member", "more than %zu bytes",
				    v->sink->max);
		cla_buf_reset(v->sink);
		v->sink = NULL;
	}
	return true;
}

static bool end_cert(struct cla_verify *v, struct cla_err *err)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_err why = CLA_ERR_INIT;
	struct cla_db_stmt *put;

	if (!cla_cert_decode(cla_buf_str(v->sink), &cert, &why)) {
		cla_verify_problemf(v, v->path, "content", "a certificate in DER", "%s", why.msg);
		return true;
	}
	if (!v->opts->judge)
		return true;
	if (!cla_db_once(v->db, "INSERT INTO cert(der) VALUES(?)", &put, err))
		return false;
	cla_db_bind_blob(put, 1, v->sink->ptr, v->sink->len);
	return cla_db_run(put, err);
}

static bool end_rules(struct cla_verify *v, struct cla_err *err)
{
	bool good;

	if (!cla_verify_canonical(v, v->path, "content", cla_buf_str(&v->rules), &good, err))
		return false;
	if (!v->opts->judge)
		cla_buf_clear(&v->rules);
	return true;
}

static bool put_answer(struct cla_verify *v, const struct cla_digest *digest, struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(v->db,
			 "INSERT OR IGNORE INTO answer(path, size, sha256, listed) VALUES(?,?,?,0)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(v->path));
	cla_db_bind_int(put, 2, (int64_t)v->size);
	cla_verify_bind_digest(put, 3, digest);
	return cla_db_run(put, err);
}

static void end_file(struct cla_verify *v, const struct cla_digest *digest)
{
	struct cla_verify_group *g = &v->group;
	struct cla_media media = cla_media_of(cla_buf_str(&v->start));

	if (!cla_str_eqc(v->at.ext, media.ext))
		cla_verify_problem(v, v->path, "extension", v->at.ext, cla_str_from(media.ext));
	if (v->file) {
		v->file->digest = *digest;
		v->file->media = media.type;
		v->file->complete = true;
	}
	if (v->sink) {
		g->rows++;
		snprintf(g->row_path, sizeof(g->row_path), "%s", v->path);
	}
}

/* What a place says to its member once all of it was there. */
static bool end_place(struct cla_verify *v, const struct cla_digest *digest, struct cla_err *err)
{
	switch (v->at.place) {
	case CLA_PLACE_MANIFEST:
	case CLA_PLACE_TAGMANIFEST:
		cla_verify_lines_end(v, v->path);
		return cla_verify_manifest_end(v, err);
	case CLA_PLACE_CAPTURES:
		cla_verify_lines_end(v, v->path);
		return true;
	case CLA_PLACE_VERIFY_TXT:
	case CLA_PLACE_INDEX_CSV:
		if (v->size == 0)
			cla_verify_problemf(v, v->path, "size", "a text", "empty");
		return true;
	case CLA_PLACE_API:
		return put_answer(v, digest, err);
	case CLA_PLACE_BUNDLE:
		return cla_verify_index_read(v, err);
	case CLA_PLACE_FILE:
		end_file(v, digest);
		return true;
	default:
		break;
	}
	if (!v->sink) /* kept by nobody, or too long: said already */
		return true;
	switch (v->at.place) {
	case CLA_PLACE_BAGIT:
		cla_verify_bagit(v, cla_buf_str(v->sink));
		return true;
	case CLA_PLACE_RULES:
		v->rules_digest = *digest;
		return end_rules(v, err);
	case CLA_PLACE_CERT:
		return end_cert(v, err);
	case CLA_PLACE_EVIDENCE:
		v->group.has_evidence = true;
		return true;
	default:
		return true;
	}
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct cla_verify *v = ctx;
	struct cla_digest digest;
	struct cla_db_stmt *put;

	if (!v->member_open)
		return true;
	v->member_open = false;
	if (!cla_hasher_finish(v->hasher, digest.bytes, err))
		return false;
	if (v->at.has_digest && !cla_digest_eq(&digest, &v->at.digest))
		cla_verify_differ(v, v->path, "sha256", &digest, &v->at.digest);
	if (!end_place(v, &digest, err) ||
	    !cla_db_once(v->db, "INSERT INTO member(payload, path, sha256) VALUES(?,?,?)", &put,
			 err))
		return false;
	cla_db_bind_int(put, 1, !strncmp(v->path, "data/", 5));
	cla_db_bind_str(put, 2, cla_str_from(v->path));
	cla_verify_bind_digest(put, 3, &digest);
	return cla_db_run(put, err);
}

static void on_problem(void *ctx, const char *member, const char *field, const char *found,
		       const char *due)
{
	struct cla_verify *v = ctx;
	if (!strcmp(field, "order"))
		v->unordered = true;
	cla_verify_problem(v, member, field, cla_str_from(found), cla_str_from(due));
}

static bool on_piece(void *ctx, struct cla_str bytes, uint64_t so_far, struct cla_err *err)
{
	struct cla_verify *v = ctx;
	cla_hasher_update(v->whole, bytes);
	cla_ctx_progress(v->ctx, "verify", so_far, v->input_size);
	if (cla_ctx_cancelled(v->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	return true;
}

/* --- after the walk --- */

static void check_presence(struct cla_verify *v)
{
	static const enum cla_place due[] = {
		CLA_PLACE_BAGIT,       CLA_PLACE_BAGINFO,    CLA_PLACE_MANIFEST,
		CLA_PLACE_TAGMANIFEST, CLA_PLACE_VERIFY_TXT, CLA_PLACE_BUNDLE,
		CLA_PLACE_CAPTURES,    CLA_PLACE_INDEX_CSV,  CLA_PLACE_RULES,
	};
	for (size_t i = 0; i < CLA_LEN(due); i++)
		if (!v->seen[due[i]])
			cla_verify_problemf(v, cla_place_path(due[i]), "member", "a member",
					    "missing");
}

static void keep(char *out, size_t size, struct cla_str s)
{
	snprintf(out, size, CLA_STR_FMT, CLA_STR_ARG(s));
}

static void fill_report(struct cla_verify *v, const struct cla_tar_stats *stats)
{
	struct cla_verify_report *r = v->report;

	keep(r->base, sizeof(r->base), cla_str_from(*v->base ? v->base : v->file_base.text));
	r->members = stats->members;
	r->expenses = v->expenses;
	r->documents = v->documents;
	if (!v->index.readable)
		return;
	keep(r->entity, sizeof(r->entity), v->index.entity);
	keep(r->month, sizeof(r->month), v->index.month);
	keep(r->tax_id, sizeof(r->tax_id), v->index.tax_id);
	keep(r->cutoff, sizeof(r->cutoff), v->index.cutoff);
	r->revision = v->index.revision;
}

static bool check_all(struct cla_verify *v, struct cla_err *err)
{
	if (!cla_verify_group_close(v, err))
		return false;
	check_presence(v);
	if (v->seen[CLA_PLACE_BAGINFO])
		cla_verify_baginfo(v);
	return cla_verify_index_check(v, err) && cla_verify_statement_check(v, err);
}

/* --- names and files around the archive --- */

struct input {
	bool is_stdin;
	char dir[4096]; /* of the sidecars; "" when there is none */
	bool has_digest;
	struct cla_digest digest; /* that the file's name promises */
};

/* The top directory is due to have the file's name. */
static void name_base(struct cla_verify *v)
{
	v->base_name = v->file_base;
	memcpy(v->base, v->base_name.text, sizeof(v->base));
}

/* <base>.tar or <base>.<sha256>.tar; anything else is only worth a note. */
static bool read_name(struct cla_verify *v, const char *path, struct input *in, struct cla_err *err)
{
	const char *slash = strrchr(path, '/');
	struct cla_str name = cla_str_from(slash ? slash + 1 : path), stem;
	struct cla_str dir =
		slash ? cla_str_sub(cla_str_from(path), 0, (size_t)(slash - path)) : CLA_STR(".");

	in->is_stdin = !strcmp(path, "-");
	if (v->opts->sidecar_dir)
		dir = cla_str_from(v->opts->sidecar_dir);
	else if (in->is_stdin)
		dir = CLA_STR("");
	else if (slash == path)
		dir = CLA_STR("/");
	if (!cla_str_cstr(dir, in->dir, sizeof(in->dir), err))
		return false;
	if (in->is_stdin || !cla_str_ends(name, ".tar"))
		return true;
	stem = cla_str_sub(name, 0, name.len - 4);
	if (stem.len > 65 && stem.ptr[stem.len - 65] == '.' &&
	    cla_digest_parse(cla_str_sub(stem, stem.len - 64, 64), &in->digest)) {
		in->has_digest = true;
		stem.len -= 65;
	}
	if (cla_base_name_read(stem, &v->file_base) && in->has_digest)
		name_base(v);
	return true;
}

static void check_name(struct cla_verify *v, const struct input *in)
{
	const char *said = v->file_base.text;

	if (in->is_stdin)
		return;
	if (in->has_digest && !cla_digest_eq(&in->digest, &v->report->sha256))
		cla_verify_differ(v, "", "file name", &v->report->sha256, &in->digest);
	else if (!in->has_digest)
		cla_verify_note_add(v, "the file's name does not carry the archive's SHA-256");
	if (!*said)
		cla_verify_note_add(v, "the file's name is not that of a bundle");
	else if (strcmp(said, v->base) != 0)
		cla_verify_problem(v, "", "top directory", cla_str_from(v->base),
				   cla_str_from(said));
}

/* Before the walk when the file's name tells which statement is meant, and it is there. */
static bool statement_early(struct cla_verify *v, const struct input *in, bool *done,
			    struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(16384);
	char name[128];

	*done = false;
	if (!*v->file_base.text || !*in->dir)
		return true;
	snprintf(name, sizeof(name), "%s.statement.json", v->file_base.text);
	if (!cla_path_join(&path, in->dir, name, err))
		return false;
	if (!cla_path_exists(cla_buf_cstr(&path)))
		return true;
	*done = true;
	return cla_verify_statement_read(v, in->dir, v->file_base.text, err);
}

bool cla_verify_anchors(struct cla_verify *v, struct cla_err *err)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	const char *path = v->opts->trust_path;

	if (!path)
		return true;
	v->anchors.max = CLA_VERIFY_RULES_MAX;
	if (!cla_file_read(path, &v->anchors, err))
		return cla_err_wrap(err, "reading the anchors");
	if (!cla_cert_decode_pem(cla_buf_str(&v->anchors), &cert, err)) {
		if (err)
			err->code = CLA_ERR_CONFIG;
		return cla_err_wrap(err, "reading the anchors of '%s'", path);
	}
	return true;
}

static bool open_input(struct cla_verify *v, const char *path, int *fd, struct cla_err *err)
{
	struct stat st;

	*fd = !strcmp(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
				 : open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return cla_err_sys(err, errno == ENOENT ? CLA_ERR_NOT_FOUND : CLA_ERR_IO, errno,
				   "opening '%s'", path);
	if (fstat(*fd, &st) != 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", path);
	if (S_ISDIR(st.st_mode))
		return cla_err_set(err, CLA_ERR_USAGE, "'%s' is a folder, not a bundle", path);
	if (S_ISREG(st.st_mode))
		v->input_size = (uint64_t)st.st_size;
	return true;
}

enum cla_verify_result cla_verify_result_of(const struct cla_verify *v)
{
	if (v->report->problem_count)
		return CLA_VERIFY_FAIL;
	return v->report->has_signature ? CLA_VERIFY_PASS : CLA_VERIFY_UNKNOWN;
}

static bool run(struct cla_verify *v, const char *path, struct cla_err *err)
{
	const uint64_t max = v->opts->max_members ? v->opts->max_members : DEFAULT_MEMBERS;
	const struct cla_tar_walk walk = {
		.ctx = v,
		.begin = on_begin,
		.data = on_data,
		.end = on_end,
		.piece = on_piece,
		.problem = on_problem,
	};
	struct cla_verify_report *r = v->report;
	struct cla_tar_stats stats;
	struct input in = { .is_stdin = false };
	cla_auto_fd int fd = -1;
	bool statement_done;

	if (!read_name(v, path, &in, err) || !cla_verify_held_open(v, err) ||
	    !open_input(v, path, &fd, err) || !cla_verify_anchors(v, err) ||
	    !cla_hasher_new(CLA_HASH_SHA256, &v->hasher, err) ||
	    !cla_hasher_new(CLA_HASH_SHA256, &v->whole, err) ||
	    !statement_early(v, &in, &statement_done, err))
		return false;
	if (!cla_tar_walk_fd(fd, max, &walk, &stats, err))
		return cla_err_wrap(err, "checking '%s'", path);
	if (!cla_hasher_finish(v->whole, r->sha256.bytes, err))
		return false;
	r->size = stats.bytes;
	v->mtime = stats.mtime;

	/* A file that is called a bundle, or lies beside a statement, should be one. */
	if (!*v->base && *v->file_base.text)
		name_base(v);
	if (!*v->base && !v->statement.present) {
		r->result = CLA_VERIFY_NOT_BUNDLE;
		return true;
	}
	if (!stats.is_tar)
		cla_verify_problemf(v, "", "content", "a tar archive", "no tar archive");
	check_name(v, &in);
	if (!statement_done && *v->base && *in.dir &&
	    !cla_verify_statement_read(v, in.dir, v->base, err))
		return false;
	if (!check_all(v, err))
		return cla_err_wrap(err, "checking '%s'", path);
	fill_report(v, &stats);
	if (v->opts->judge && !cla_verify_replay(v, fd, max, err))
		return false;
	if (!*in.dir)
		cla_verify_note_add(v, "read from standard input: no statement was looked for");
	r->result = cla_verify_result_of(v);
	return !v->oom || cla_err_oom(err);
}

bool cla_verify_bundle(const struct cla_ctx *ctx, const char *path,
		       const struct cla_verify_opts *opts, struct cla_verify_report *report,
		       struct cla_err *err)
{
	struct cla_verify v = {
		.ctx = ctx,
		.opts = opts,
		.report = report,
		.mtime = -1,
		.lines = { .line = CLA_BUF_INIT(CLA_VERIFY_LINE_MAX) },
		.start = CLA_BUF_INIT(CLA_MEDIA_PREFIX),
	};

	cla_verify_report_init(report);
	bool ok = run(&v, path, err);
	cla_verify_clear(&v);
	return ok;
}
