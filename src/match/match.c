#include "match/match_priv.h"

#include <stdlib.h>

/* ---- what goes in ---- */

static bool copy_opts(struct cla_match *m, const struct cla_match_opts *opts)
{
	size_t count = 0;
	bool mem = true;

	while (opts->sisters && opts->sisters[count])
		count++;
	const char **sisters = cla_arena_array(&m->arena, count + 1, sizeof(*sisters));
	if (!sisters)
		return false;
	for (size_t i = 0; i < count; i++)
		sisters[i] = cla_arena_str(&m->arena, cla_str_from(opts->sisters[i]), &mem).ptr;
	m->opts.country = opts->country;
	m->opts.tax_id = cla_arena_str(&m->arena, opts->tax_id, &mem);
	m->opts.sisters = sisters;
	return mem;
}

bool cla_match_new(const struct cla_match_opts *opts, struct cla_match **ret, struct cla_err *err)
{
	struct cla_match *m = calloc(1, sizeof(*m));

	if (!m || !copy_opts(m, opts)) {
		cla_match_free(m);
		return cla_err_oom(err);
	}
	if (!cla_match_keep_open(m, opts->dir, err)) {
		cla_match_free(m);
		return cla_err_wrap(err, "matching");
	}
	*ret = m;
	return true;
}

void cla_match_free(struct cla_match *m)
{
	if (!m)
		return;
	cla_db_close(m->db);
	cla_arena_clear(&m->arena);
	free(m);
}

static bool may_add(const struct cla_match *m, struct cla_err *err)
{
	return !m->ran || cla_err_set(err, CLA_ERR_INTERNAL, "matching: it has run already");
}

static bool check_expense(const struct cla_match *m, size_t expense, struct cla_err *err)
{
	return expense < m->expenses ||
	       cla_err_set(err, CLA_ERR_INTERNAL, "matching: no such expense");
}

bool cla_match_add_expense(struct cla_match *m, const struct cla_match_expense *e, size_t *index,
			   struct cla_err *err)
{
	struct cla_match_side side;

	if (!may_add(m, err))
		return false;
	cla_match_read_expense(&m->opts, e, &side);
	*index = m->expenses;
	return cla_match_keep_expense(m, &side, err);
}

bool cla_match_add_document(struct cla_match *m, const struct cla_match_doc *d, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	bool imported = d->expense == CLA_MATCH_IMPORTED;
	struct cla_match_paper paper;

	if (!may_add(m, err) || (!imported && !check_expense(m, d->expense, err)) ||
	    !cla_match_read_paper(d, &arena, &paper, err))
		return false;
	paper.receiver = cla_match_receiver(&m->opts, d->receiver);
	return cla_match_keep_paper(m, &paper, err) &&
	       (imported || cla_match_see_paper(m, d->expense, &paper, err));
}

bool cla_match_add_file(struct cla_match *m, size_t expense, const struct cla_digest *sha256,
			struct cla_err *err)
{
	return may_add(m, err) && check_expense(m, expense, err) &&
	       cla_match_see_bytes(m, expense, sha256, err);
}

bool cla_match_add_use(struct cla_match *m, struct cla_str id, const struct cla_digest *sha256,
		       const struct cla_match_use *use, struct cla_err *err)
{
	return may_add(m, err) && cla_match_see_elsewhere(m, id, sha256, use, err);
}

bool cla_match_find(const struct cla_match *m, struct cla_str uuid, size_t *index, bool *found,
		    struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(m->db, "SELECT i FROM expense WHERE uuid=? ORDER BY i LIMIT 1", &stmt,
			 err))
		return false;
	cla_db_bind_str(stmt, 1, uuid);
	if (!cla_db_step(stmt, found, err))
		return false;
	if (*found)
		*index = (size_t)cla_db_int(stmt, 0);
	return true;
}

/* ---- what comes out ---- */

static bool run(struct cla_match *m, struct cla_err *err)
{
	for (size_t i = 0; i < m->expenses; i++)
		if (!cla_match_attached(m, i, err))
			return false;
	return cla_match_pool(m, err) && cla_match_reuse(m, err);
}

bool cla_match_run(struct cla_match *m, struct cla_err *err)
{
	if (!may_add(m, err))
		return false;
	m->ran = true;
	return run(m, err) || cla_err_wrap(err, "matching");
}

bool cla_match_each(const struct cla_match *m, cla_match_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(m->db,
			    "SELECT i, kind, uuid, state, receiver, documents, candidates, reused,"
			    " imported FROM outcome JOIN expense USING(i) ORDER BY i",
			    &stmt, err))
		return false;
	for (;;) {
		struct cla_digest imported;
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		struct cla_match_result r = {
			.kind = (enum cla_expense_kind)cla_db_int(stmt, 1),
			.uuid = cla_db_str(stmt, 2),
			.state = (enum cla_match_state)cla_db_int(stmt, 3),
			.receiver = (enum cla_receiver)cla_db_int(stmt, 4),
			.documents = (size_t)cla_db_int(stmt, 5),
			.candidates = (size_t)cla_db_int(stmt, 6),
			.reused = (size_t)cla_db_int(stmt, 7),
		};
		if (!cla_db_is_null(stmt, 8)) {
			if (!cla_db_bytes(stmt, 8, imported.bytes, sizeof(imported.bytes), err))
				return false;
			r.imported = &imported;
		}
		if (!fn(ctx, (size_t)cla_db_int(stmt, 0), &r, err))
			return false;
	}
}
