#include "bundle/recover.h"

#include "base/file.h"
#include "base/grow.h"
#include "json/json.h"
#include "tar/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INDEX (256u << 20)
#define MAX_EVIDENCE (64u << 20)
#define MAX_MEMBERS 2000000

/* A file from elsewhere that hangs on an expense: no capture brought it, so it counts by itself. */
struct placed {
	char uuid[40];
	char object[CLA_DIGEST_HEX]; /* hex in capitals */
};

enum member { OTHER, INDEX, CAPTURES, EVIDENCE };

struct recovery {
	struct cla_store *store;
	struct cla_issued *out;
	struct cla_hasher *whole;    /* the archive */
	struct cla_hasher *evidence; /* as cla_gather_evidence() feeds it */
	enum member member;
	struct cla_buf index;
	struct cla_buf bytes; /* of an evidence.json, or the captures' line at hand */
	struct placed *placed;
	size_t placed_count, placed_cap;
};

/* ---- the evidence's digest, part by part ---- */

static void feed_row(struct cla_hasher *h, struct cla_str a, struct cla_str b)
{
	cla_hasher_update(h, a);
	cla_hasher_update(h, CLA_STR(" "));
	cla_hasher_update(h, b);
	cla_hasher_update(h, CLA_STR("\n"));
}

static bool read_index(struct recovery *r, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (!cla_store_put(r->store, cla_buf_str(&r->index), &r->out->index, err) ||
	    !cla_json_parse(cla_buf_str(&r->index), &doc, err))
		return false;
	const struct cla_json *root = cla_json_root(doc);
	cla_hasher_update(r->evidence, cla_json_string(cla_json_get(root, "tax_id")));
	cla_hasher_update(r->evidence, cla_json_string(cla_json_get(root, "month_basis")));
	return true;
}

static bool read_capture(struct recovery *r, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_str line = cla_buf_str(&r->bytes);
	uint64_t n;

	if (!cla_json_parse(line, &doc, err))
		return false;
	if (!cla_json_u64(cla_json_get(cla_json_root(doc), "n"), &n))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "captures.jsonl: a line without ordinal");
	if (n > r->out->last_n)
		r->out->last_n = n;
	feed_row(r->evidence, line, CLA_STR(""));
	cla_buf_reset(&r->bytes);
	return true;
}

static bool add_placed(struct recovery *r, struct cla_str uuid, struct cla_str sha256,
		       struct cla_err *err)
{
	if (!cla_grow(&r->placed, &r->placed_cap, r->placed_count, sizeof(*r->placed), err))
		return false;
	struct placed *p = &r->placed[r->placed_count++];
	if (!cla_str_cstr(uuid, p->uuid, sizeof(p->uuid), err) ||
	    !cla_str_cstr(sha256, p->object, sizeof(p->object), err))
		return false;
	for (char *c = p->object; *c; c++)
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 'a' + 'A');
	return true;
}

static bool read_evidence(struct recovery *r, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (!cla_json_parse(cla_buf_str(&r->bytes), &doc, err))
		return false;
	const struct cla_json *root = cla_json_root(doc);
	struct cla_str uuid = cla_json_string(cla_json_get(root, "uuid"));
	const struct cla_json *d = cla_json_first(cla_json_get(root, "documents"));
	for (; d; d = cla_json_next(d)) {
		struct cla_str role = cla_json_string(cla_json_get(d, "role"));
		if (cla_json_first(cla_json_get(d, "captures")) ||
		    cla_str_eqc(role, "transaction") || cla_str_eqc(role, "reimbursement"))
			continue;
		if (!add_placed(r, uuid, cla_json_string(cla_json_get(d, "sha256")), err))
			return false;
	}
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int c = strcmp(x->uuid, y->uuid);
	return c ? c : strcmp(x->object, y->object);
}

static bool end_evidence(struct recovery *r, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (r->placed_count)
		qsort(r->placed, r->placed_count, sizeof(*r->placed), by_place);
	for (size_t i = 0; i < r->placed_count; i++)
		feed_row(r->evidence, cla_str_from(r->placed[i].uuid),
			 cla_str_from(r->placed[i].object));
	if (!cla_json_parse(cla_buf_str(&r->index), &doc, err))
		return false;
	const struct cla_json *m = cla_json_first(cla_json_get(cla_json_root(doc), "missing"));
	for (; m; m = cla_json_next(m)) {
		cla_hasher_update(r->evidence, cla_json_string(cla_json_get(m, "resource")));
		cla_hasher_update(r->evidence, CLA_STR(" "));
		feed_row(r->evidence, cla_json_string(cla_json_get(m, "uuid")),
			 cla_json_string(cla_json_get(m, "reason")));
	}
	return cla_hasher_finish(r->evidence, r->out->evidence.bytes, err);
}

/* ---- the archive ---- */

static bool on_begin(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err)
{
	struct recovery *r = ctx;

	(void)size, (void)err;
	r->member = OTHER;
	if (cla_str_ends(name, "/data/bundle.json"))
		r->member = INDEX;
	else if (cla_str_ends(name, "/data/captures.jsonl"))
		r->member = CAPTURES;
	else if (cla_str_ends(name, "/evidence.json"))
		r->member = EVIDENCE;
	cla_buf_reset(&r->bytes);
	return true;
}

static bool on_data(void *ctx, struct cla_str piece, struct cla_err *err)
{
	struct recovery *r = ctx;
	struct cla_buf *to = r->member == INDEX ? &r->index : &r->bytes;

	while (r->member == CAPTURES && piece.len) {
		struct cla_str line, rest;
		bool ended = cla_str_cut(piece, '\n', &line, &rest);
		cla_buf_add(&r->bytes, line);
		if (!cla_buf_ok(&r->bytes, err) || (ended && !read_capture(r, err)))
			return false;
		piece = rest;
	}
	if (r->member == INDEX || r->member == EVIDENCE)
		cla_buf_add(to, piece);
	return cla_buf_ok(to, err);
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct recovery *r = ctx;

	if (r->member == INDEX)
		return read_index(r, err);
	return r->member != EVIDENCE || read_evidence(r, err);
}

static bool on_piece(void *ctx, struct cla_str bytes, uint64_t so_far, struct cla_err *err)
{
	struct recovery *r = ctx;

	(void)so_far, (void)err;
	cla_hasher_update(r->whole, bytes);
	return true;
}

static bool read_archive(struct recovery *r, const char *tar, struct cla_err *err)
{
	const struct cla_tar_walk walk = { r, on_begin, on_data, on_end, on_piece, NULL };
	struct cla_tar_stats stats;
	struct cla_digest found;
	cla_auto_fd int fd = open(tar, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", tar);
	if (!cla_hasher_new(CLA_HASH_SHA256, &r->whole, err) ||
	    !cla_hasher_new(CLA_HASH_SHA256, &r->evidence, err) ||
	    !cla_tar_walk_fd(fd, MAX_MEMBERS, &walk, &stats, err) ||
	    !cla_hasher_finish(r->whole, found.bytes, err))
		return false;
	if (!cla_digest_eq(&found, &r->out->tar_sha256) || !r->index.len)
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "'%s' is not the archive of its statement", tar);
	return end_evidence(r, err);
}

/* ---- what lies beside it ---- */

/* One of the files beside the archive, which is where it was issued: an object of the store. */
static bool read_beside(struct recovery *r, const char *tar, const char *ending,
			struct cla_digest *ret, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), bytes = CLA_BUF_INIT(1 << 20);
	const char *slash = strrchr(tar, '/');

	cla_buf_add(&path, (struct cla_str){ tar, slash ? (size_t)(slash + 1 - tar) : 0 });
	cla_buf_addf(&path, CLA_STR_FMT ".%s", CLA_STR_ARG(r->out->base), ending);
	return cla_buf_ok(&path, err) && cla_file_read(cla_buf_cstr(&path), &bytes, err) &&
	       cla_store_put(r->store, cla_buf_str(&bytes), ret, err);
}

static bool read_sidecars(struct recovery *r, const char *tar, struct cla_str statement,
			  struct cla_err *err)
{
	return cla_store_put(r->store, statement, &r->out->statement_sha256, err) &&
	       read_beside(r, tar, "statement.p7s", &r->out->signature_sha256, err) &&
	       read_beside(r, tar, "seal.pem", &r->out->seal_sha256, err);
}

/* ---- the statement ---- */

bool cla_bundle_stated(struct cla_str bytes, struct cla_arena *arena, struct cla_issued *ret,
		       struct cla_err *err)
{
	struct cla_issued out = { 0 }, *b = &out;
	cla_auto_json struct cla_json_doc *doc = NULL;
	bool zone, mem = true;

	if (!cla_json_parse(bytes, &doc, err) || !cla_digest_of(bytes, &b->statement_sha256, err))
		return false;
	const struct cla_json *root = cla_json_root(doc), *p = cla_json_get(root, "predicate"),
			      *subject = cla_json_first(cla_json_get(root, "subject"));
	struct cla_str name = cla_json_string(cla_json_get(subject, "name"));
	if (!cla_json_u64(cla_json_get(p, "revision"), &b->revision) ||
	    !cla_json_u64(cla_json_get(p, "seq"), &b->seq) ||
	    !cla_time_parse(cla_json_string(cla_json_get(p, "cutoff")), &b->cutoff, &zone) ||
	    !cla_digest_parse(
		    cla_json_string(cla_json_get(cla_json_get(p, "tool"), "rules_sha256")),
		    &b->rules) ||
	    !cla_digest_parse(
		    cla_json_string(cla_json_get(cla_json_get(subject, "digest"), "sha256")),
		    &b->tar_sha256) ||
	    !cla_str_ends(name, ".tar"))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "the statement lacks what must be stated");
	b->time = b->cutoff;
	b->base = cla_arena_str(arena, cla_str_sub(name, 0, name.len - 4), &mem);
	b->entity = cla_arena_str(arena, cla_json_string(cla_json_get(p, "entity")), &mem);
	b->month = cla_arena_str(arena, cla_json_string(cla_json_get(p, "month")), &mem);
	if (!mem)
		return cla_err_oom(err);
	*ret = out;
	return true;
}

bool cla_bundle_recover(struct cla_store *store, const char *tar, struct cla_str statement,
			struct cla_arena *arena, struct cla_issued *ret, struct cla_err *err)
{
	struct cla_issued b = { 0 };
	struct recovery r = { .store = store,
			      .out = &b,
			      .index = CLA_BUF_INIT(MAX_INDEX),
			      .bytes = CLA_BUF_INIT(MAX_EVIDENCE) };
	cla_auto_free char *real = realpath(tar, NULL);
	bool mem = true;

	if (!real)
		return cla_err_sys(err, CLA_ERR_IO, errno, "looking for '%s'", tar);
	bool ok = cla_bundle_stated(statement, arena, &b, err) && read_archive(&r, tar, err) &&
		  read_sidecars(&r, tar, statement, err);
	cla_hasher_free(r.whole);
	cla_hasher_free(r.evidence);
	cla_buf_clear(&r.index);
	cla_buf_clear(&r.bytes);
	free(r.placed);
	if (!ok)
		return false;
	b.file = cla_arena_str(arena, cla_str_from(real), &mem);
	if (!mem)
		return cla_err_oom(err);
	*ret = b;
	return true;
}
