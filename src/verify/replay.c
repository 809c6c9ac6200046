/* Judging the documents again: a second pass over the tar, because the rules and certificates that
 * the judge needs may lie behind the documents. */
#include "verify/verify_priv.h"

#include "json/scan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- first pass: what was recorded --- */

struct recording {
	struct cla_verify *v;
	const struct cla_json *entry; /* parsed form of the item at hand */
};

static bool on_verdict(void *ctx, struct cla_str raw, struct cla_err *err)
{
	struct recording *rec = ctx;
	struct cla_verify *v = rec->v;
	struct cla_digest sha256;
	struct cla_db_stmt *put;

	if (!cla_digest_parse(cla_json_string(cla_json_get(rec->entry, "sha256")), &sha256))
		return cla_err_set(err, CLA_ERR_INTERNAL, "a verdict without a digest");
	rec->entry = cla_json_next(rec->entry);
	if (!cla_db_once(v->db, "INSERT INTO recorded(dir, sha256, n, verdict) VALUES(?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(v->group.dir));
	cla_verify_bind_digest(put, 2, &sha256);
	cla_db_bind_int(put, 3, (int64_t)v->recorded++);
	cla_db_bind_blob(put, 4, raw.ptr, raw.len);
	return cla_db_run(put, err);
}

bool cla_verify_record(struct cla_verify *v, const struct cla_json *verdicts, struct cla_str text,
		       struct cla_err *err)
{
	struct recording rec = { .v = v, .entry = cla_json_first(verdicts) };
	bool found;

	return cla_json_items(text, "verdicts", on_verdict, &rec, &found, err);
}

/* --- second pass --- */

struct replay {
	struct cla_verify *v;
	struct cla_buf was; /* verdicts recorded of the open member, as the array that a judge
			       writes; empty: it is not judged */
	bool same_rules;
	char path[300];
	struct cla_buf bytes;
	struct cla_time cutoff;
	uint64_t judged;
};

static bool recorded(struct replay *r, const struct cla_member_name *member, struct cla_err *err)
{
	struct cla_db_stmt *get;
	const char *sep = "[";
	bool row;

	if (!cla_db_once(r->v->db,
			 "SELECT verdict FROM recorded WHERE dir=? AND sha256=? ORDER BY n", &get,
			 err))
		return false;
	cla_db_bind_str(get, 1, member->dir);
	cla_verify_bind_digest(get, 2, &member->digest);
	for (;;) {
		if (!cla_db_step(get, &row, err))
			return false;
		if (!row)
			break;
		cla_buf_addc(&r->was, sep);
		cla_buf_add(&r->was, cla_db_blob(get, 0));
		sep = ",";
	}
	if (r->was.len)
		cla_buf_byte(&r->was, ']');
	return cla_buf_ok(&r->was, err);
}

static bool on_begin(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err)
{
	struct replay *r = ctx;
	size_t base = strlen(r->v->base) + 1;
	struct cla_member_name member;

	cla_buf_reset(&r->was);
	cla_buf_reset(&r->bytes);
	if (name.len <= base)
		return true;
	snprintf(r->path, sizeof(r->path), CLA_STR_FMT,
		 CLA_STR_ARG(cla_str_sub(name, base, name.len)));
	cla_member_name_read(cla_str_from(r->path), &member);
	if (member.place != CLA_PLACE_FILE || !cla_role_is_document(member.role))
		return true;
	if (!recorded(r, &member, err))
		return false;
	if (r->was.len && size > CLA_VERIFY_JUDGED_MAX) {
		cla_verify_note_add(r->v, "%s: too large to be judged again", r->path);
		cla_buf_reset(&r->was);
	}
	return true;
}

static bool on_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct replay *r = ctx;
	if (!r->was.len)
		return true;
	cla_buf_add(&r->bytes, bytes);
	return cla_buf_ok(&r->bytes, err);
}

/* The part of two texts where they begin to differ, for people. */
static struct cla_str from_difference(struct cla_str s, struct cla_str other)
{
	size_t at = 0;
	while (at < s.len && at < other.len && s.ptr[at] == other.ptr[at])
		at++;
	return cla_str_sub(s, at > 40 ? at - 40 : 0, 120);
}

static void report_difference(struct replay *r, struct cla_str was, struct cla_str now)
{
	struct cla_str found = from_difference(was, now), due = from_difference(now, was);

	if (r->same_rules)
		cla_verify_problem(r->v, r->path, "verdict", found, due);
	else
		cla_verify_note_add(r->v, "%s: recorded " CLA_STR_FMT ", judged now " CLA_STR_FMT,
				    r->path, CLA_STR_ARG(found), CLA_STR_ARG(due));
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct replay *r = ctx;
	const struct cla_verify_opts *o = r->v->opts;
	cla_auto_buf struct cla_buf now = CLA_BUF_INIT(CLA_VERIFY_EVIDENCE_MAX);

	if (!r->was.len)
		return true;
	if (!o->judge(o->judge_ctx, cla_buf_str(&r->bytes), r->cutoff, &now, err))
		return cla_err_wrap(err, "judging '%s' again", r->path);
	if (!cla_str_eq(cla_buf_str(&now), cla_buf_str(&r->was)))
		report_difference(r, cla_buf_str(&r->was), cla_buf_str(&now));
	r->judged++;
	return true;
}

static bool on_piece(void *ctx, struct cla_str bytes, uint64_t so_far, struct cla_err *err)
{
	struct replay *r = ctx;
	cla_hasher_update(r->v->whole, bytes);
	cla_ctx_progress(r->v->ctx, "replay", so_far, r->v->report->size);
	if (cla_ctx_cancelled(r->v->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	return true;
}

static bool give_certs(struct cla_verify *v, struct cla_err *err)
{
	struct cla_db_stmt *get;
	bool row;

	if (!cla_db_once(v->db, "SELECT der FROM cert ORDER BY n", &get, err))
		return false;
	for (;;) {
		if (!cla_db_step(get, &row, err))
			return false;
		if (!row)
			return true;
		if (!v->opts->add_cert(v->opts->judge_ctx, cla_db_blob(get, 0), err))
			return cla_err_wrap(err, "handing over a certificate of the bundle");
	}
}

/* Hands over rules and certificates. A rule pack that the judge refuses is not its own. */
static bool prepare(struct replay *r, struct cla_err *err)
{
	const struct cla_verify_opts *o = r->v->opts;
	struct cla_err why = CLA_ERR_INIT;

	r->same_rules = true;
	if (o->rules && !o->rules(o->judge_ctx, cla_buf_str(&r->v->rules), &why)) {
		/* Local faults (memory, disk) are no opinion on the rules. */
		if (cla_err_exit(why.code) == cla_err_exit(CLA_ERR_MEMORY) ||
		    why.code == CLA_ERR_INTERRUPTED) {
			if (err)
				*err = why;
			return false;
		}
		r->same_rules = false;
		cla_verify_note_add(
			r->v,
			"judged by another rule pack (%s): differing verdicts are noted, "
			"they are no problems",
			why.msg);
	}
	return !o->add_cert || give_certs(r->v, err);
}

bool cla_verify_replay(struct cla_verify *v, int fd, uint64_t max_members, struct cla_err *err)
{
	struct replay r = {
		.v = v,
		.was = CLA_BUF_INIT(2 * CLA_VERIFY_EVIDENCE_MAX),
		.bytes = CLA_BUF_INIT(CLA_VERIFY_JUDGED_MAX),
		.cutoff = { v->mtime, 0 },
	};
	const struct cla_tar_walk walk = {
		.ctx = &r, .begin = on_begin, .data = on_data, .end = on_end, .piece = on_piece
	};
	struct cla_tar_stats stats;
	struct cla_digest again;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return cla_err_set(err, CLA_ERR_USAGE,
				   "judging again needs a file that can be read twice");
	bool ok = prepare(&r, err) && cla_tar_walk_fd(fd, max_members, &walk, &stats, err);
	cla_buf_clear(&r.was);
	cla_buf_clear(&r.bytes);
	if (!ok)
		return false;
	if (!cla_hasher_finish(v->whole, again.bytes, err))
		return false;
	if (!cla_digest_eq(&again, &v->report->sha256))
		return cla_err_set(err, CLA_ERR_IO, "the archive changed while it was read");
	cla_verify_note_add(v, "%llu documents judged again", (unsigned long long)r.judged);
	return true;
}
