#include "cli/bag.h"

#include "base/file.h"
#include "tar/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MAX_INDEX (256u << 20)
#define MAX_EVIDENCE (64u << 20)
#define MAX_MEMBERS 2000000
#define FORMAT 1

enum member { OTHER, INDEX, RULES, EVIDENCE };

struct reading {
	struct cla_cli *cli;
	const struct cla_bag_reader *reader;
	struct cla_bag *bag;
	struct cla_hasher *whole, *rules;
	enum member member;
	char kind[16], uuid[40];
	struct cla_buf evidence;
	bool has_index, has_rules;
	char problem[512]; /* the first one; "" while there is none */
};

void cla_bag_clear(struct cla_bag *bag)
{
	cla_buf_clear(&bag->bytes);
	cla_json_free(bag->doc);
	bag->doc = NULL;
}

/* "tx/<uuid>/evidence.json" and its like. */
static bool is_evidence(struct reading *r, struct cla_str rest)
{
	struct cla_str kind, uuid, last;

	return cla_str_cut(rest, '/', &kind, &rest) && cla_str_cut(rest, '/', &uuid, &last) &&
	       cla_str_eqc(last, "evidence.json") &&
	       cla_str_cstr(kind, r->kind, sizeof(r->kind), NULL) &&
	       cla_str_cstr(uuid, r->uuid, sizeof(r->uuid), NULL) && r->reader->wants &&
	       r->reader->wants(r->reader->ctx, uuid);
}

static bool on_begin(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err)
{
	struct reading *r = ctx;
	struct cla_str base, rest, data;

	(void)size, (void)err;
	r->member = OTHER;
	if (!cla_str_cut(name, '/', &base, &rest) || !cla_str_cut(rest, '/', &data, &rest) ||
	    !cla_str_eqc(data, "data"))
		return true;
	if (!*r->bag->base && !cla_str_cstr(base, r->bag->base, sizeof(r->bag->base), NULL))
		return true;
	if (cla_str_eqc(rest, "bundle.json") && !r->has_index)
		r->member = INDEX;
	else if (cla_str_eqc(rest, "rules.json"))
		r->member = RULES;
	else if (is_evidence(r, rest))
		r->member = EVIDENCE;
	cla_buf_reset(&r->evidence);
	return true;
}

static bool on_data(void *ctx, struct cla_str piece, struct cla_err *err)
{
	struct reading *r = ctx;
	struct cla_buf *to = r->member == INDEX ? &r->bag->bytes : &r->evidence;

	if (r->member == RULES)
		cla_hasher_update(r->rules, piece);
	if (r->member == INDEX || r->member == EVIDENCE)
		cla_buf_add(to, piece);
	return cla_buf_ok(to, err);
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct reading *r = ctx;

	if (r->member == INDEX)
		r->has_index = true;
	if (r->member == RULES) {
		r->has_rules = true;
		return cla_hasher_finish(r->rules, r->bag->rules.bytes, err);
	}
	if (r->member != EVIDENCE)
		return true;
	struct cla_bag_expense e = { cla_str_from(r->kind), cla_str_from(r->uuid),
				     cla_buf_str(&r->evidence) };
	return r->reader->expense(r->reader->ctx, &e, err);
}

static bool on_piece(void *ctx, struct cla_str bytes, uint64_t so_far, struct cla_err *err)
{
	struct reading *r = ctx;

	(void)so_far;
	if (cla_ctx_cancelled(&r->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	cla_hasher_update(r->whole, bytes);
	return true;
}

static void on_problem(void *ctx, const char *member, const char *field, const char *found,
		       const char *due)
{
	struct reading *r = ctx;

	if (!*r->problem)
		(void)snprintf(r->problem, sizeof(r->problem),
			       "%.160s: %s: found %.100s, due %.100s", *member ? member : "archive",
			       field, found, due);
}

/* "<base>.<digest>.tar" names the digest; another name does not. */
static bool name_holds(const char *path, const struct cla_digest *found, struct cla_err *err)
{
	const char *slash = strrchr(path, '/');
	struct cla_str name = cla_str_from(slash ? slash + 1 : path);
	struct cla_digest named;

	if (!cla_str_ends(name, ".tar") || name.len < 4 + 64 + 1)
		return true;
	if (!cla_digest_parse(cla_str_sub(name, name.len - 4 - 64, 64), &named) ||
	    cla_digest_eq(&named, found))
		return true;
	return cla_err_set(err, CLA_ERR_INTEGRITY, "it has not the digest in its name");
}

static bool read_index(struct reading *r, struct cla_err *err)
{
	struct cla_bag *bag = r->bag;
	uint64_t format;

	if (!r->has_index || !r->has_rules ||
	    !cla_json_parse(cla_buf_str(&bag->bytes), &bag->doc, NULL))
		return cla_err_set(err, CLA_ERR_FORMAT, "it is no bundle");
	bag->index = cla_json_root(bag->doc);
	if (!cla_json_u64(cla_json_get(bag->index, "format"), &format) || format != FORMAT)
		return cla_err_set(err, CLA_ERR_FORMAT, "it is no bundle of format %d", FORMAT);
	return true;
}

static bool read_all(struct reading *r, const char *path, struct cla_err *err)
{
	const struct cla_tar_walk walk = { r, on_begin, on_data, on_end, on_piece, on_problem };
	struct cla_tar_stats stats;
	cla_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return cla_err_sys(err, errno == ENOENT ? CLA_ERR_NOT_FOUND : CLA_ERR_IO, errno,
				   "opening it");
	if (!cla_hasher_new(CLA_HASH_SHA256, &r->whole, err) ||
	    !cla_hasher_new(CLA_HASH_SHA256, &r->rules, err) ||
	    !cla_tar_walk_fd(fd, MAX_MEMBERS, &walk, &stats, err) ||
	    !cla_hasher_finish(r->whole, r->bag->sha256.bytes, err))
		return false;
	r->bag->size = stats.bytes;
	if (!stats.is_tar)
		return cla_err_set(err, CLA_ERR_FORMAT, "it is no bundle");
	if (*r->problem)
		return cla_err_set(err, CLA_ERR_INTEGRITY, "%s", r->problem);
	return name_holds(path, &r->bag->sha256, err) && read_index(r, err);
}

bool cla_bag_read(struct cla_cli *cli, const char *path, const struct cla_bag_reader *reader,
		  struct cla_bag *ret, struct cla_err *err)
{
	static const struct cla_bag_reader none = { NULL, NULL, NULL };
	struct cla_bag bag = { .bytes = CLA_BUF_INIT(MAX_INDEX) };
	struct reading r = { .cli = cli,
			     .reader = reader ? reader : &none,
			     .bag = &bag,
			     .evidence = CLA_BUF_INIT(MAX_EVIDENCE) };
	char shown[CLA_SHOWN];

	bool ok = read_all(&r, path, err);
	cla_hasher_free(r.whole);
	cla_hasher_free(r.rules);
	cla_buf_clear(&r.evidence);
	if (!ok) {
		cla_bag_clear(&bag);
		return cla_err_wrap(err, "bundle '%s'", cla_shown(cla_str_from(path), 0, shown));
	}
	*ret = bag;
	return true;
}
