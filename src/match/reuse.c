#include "match/match_priv.h"

#include <stdlib.h>
#include <string.h>

/* ---- who shows what ---- */

static struct cla_str bytes_of(const struct cla_digest *d)
{
	return (struct cla_str){ (const char *)d->bytes, sizeof(d->bytes) };
}

/* `expense` is -1 for uses from elsewhere. */
static bool see(struct cla_match *m, bool by_bytes, struct cla_str key,
		const struct cla_match_use *use, int64_t expense, struct cla_err *err)
{
	const struct cla_str texts[] = { use->entity, use->month, use->kind, use->uuid };
	struct cla_db_stmt *put;

	if (!cla_db_once(m->db, "INSERT OR IGNORE INTO seen VALUES(?,?,?,?,?,?,?)", &put, err))
		return false;
	cla_db_bind_int(put, 1, by_bytes);
	cla_db_bind_blob(put, 2, key.ptr, key.len);
	for (size_t i = 0; i < CLA_LEN(texts); i++)
		cla_db_bind_str(put, (int)i + 3, cla_str_absent(texts[i]) ? CLA_STR("") : texts[i]);
	cla_db_bind_int(put, 7, expense);
	return cla_db_run(put, err);
}

/* Kind and uuid of an expense, in the arena. */
static bool name_of(const struct cla_match *m, size_t expense, struct cla_arena *arena,
		    struct cla_match_use *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row, mem = true;

	if (!cla_db_once(m->db, "SELECT kind, uuid FROM expense WHERE i=?", &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)expense);
	if (!cla_db_step(stmt, &row, err))
		return false;
	if (!row)
		return cla_err_set(err, CLA_ERR_INTERNAL, "matching: no such expense");
	*ret = (struct cla_match_use){
		.kind = cla_str_from(
			cla_expense_kind_name((enum cla_expense_kind)cla_db_int(stmt, 0))),
		.uuid = cla_arena_str(arena, cla_db_str(stmt, 1), &mem),
	};
	return mem || cla_err_oom(err);
}

bool cla_match_see_bytes(struct cla_match *m, size_t expense, const struct cla_digest *sha256,
			 struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_match_use use;

	return name_of(m, expense, &arena, &use, err) &&
	       see(m, true, bytes_of(sha256), &use, (int64_t)expense, err);
}

bool cla_match_see_paper(struct cla_match *m, size_t expense, const struct cla_match_paper *d,
			 struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_match_use use;

	return name_of(m, expense, &arena, &use, err) &&
	       see(m, true, bytes_of(&d->in.sha256), &use, (int64_t)expense, err) &&
	       (!d->key.len || see(m, false, d->key, &use, (int64_t)expense, err));
}

bool cla_match_see_elsewhere(struct cla_match *m, struct cla_str id,
			     const struct cla_digest *sha256, const struct cla_match_use *use,
			     struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	bool mem = true;
	struct cla_str key = cla_match_key(id, &arena, &mem);

	if (!mem)
		return cla_err_oom(err);
	return (!key.len || see(m, false, key, use, -1, err)) &&
	       (!sha256 || see(m, true, bytes_of(sha256), use, -1, err));
}

bool cla_match_is_shown(const struct cla_match *m, const struct cla_match_paper *d, bool *ret,
			struct cla_err *err)
{
	const struct cla_str keys[] = { d->key, bytes_of(&d->in.sha256) };

	*ret = false;
	for (size_t by_bytes = 0; by_bytes < CLA_LEN(keys) && !*ret; by_bytes++) {
		cla_auto_reset struct cla_db_stmt *stmt = NULL;
		if (!keys[by_bytes].len)
			continue;
		if (!cla_db_once(m->db,
				 "SELECT 1 FROM seen WHERE by_bytes=? AND key=? AND entity=''"
				 " AND month='' AND expense>=0 LIMIT 1",
				 &stmt, err))
			return false;
		cla_db_bind_int(stmt, 1, (int64_t)by_bytes);
		cla_db_bind_blob(stmt, 2, keys[by_bytes].ptr, keys[by_bytes].len);
		if (!cla_db_step(stmt, ret, err))
			return false;
	}
	return true;
}

/* ---- who else shows it ---- */

static int compare_uses(const struct cla_match_use *x, const struct cla_match_use *y)
{
	int order = cla_str_cmp(x->entity, y->entity);

	if (!order)
		order = cla_str_cmp(x->month, y->month);
	if (!order)
		order = cla_str_cmp(x->kind, y->kind);
	return order ? order : cla_str_cmp(x->uuid, y->uuid);
}

/* By use, an equal id before equal bytes. */
static int compare_seen(const void *a, const void *b)
{
	const struct cla_match_seen *x = a, *y = b;
	int order = compare_uses(&x->use, &y->use);

	return order ? order : (int)x->by_bytes - (int)y->by_bytes;
}

static struct cla_str text_at(struct cla_db_stmt *stmt, int at, struct cla_arena *arena, bool *mem)
{
	struct cla_str s = cla_db_str(stmt, at);

	return s.len ? cla_arena_str(arena, s, mem) : CLA_STR_NONE;
}

/* Adds the first other uses of one key. */
static bool gather(const struct cla_match *m, size_t expense, bool by_bytes, struct cla_str key,
		   struct cla_arena *arena, struct cla_match_list *found, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row, mem = true;

	if (!cla_db_once(m->db,
			 "SELECT entity, month, kind, uuid FROM seen WHERE by_bytes=? AND key=?"
			 " AND expense<>? ORDER BY entity, month, kind, uuid, expense LIMIT ?",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, by_bytes);
	cla_db_bind_blob(stmt, 2, key.ptr, key.len);
	cla_db_bind_int(stmt, 3, (int64_t)expense);
	cla_db_bind_int(stmt, 4, CLA_MATCH_MAX_REUSED);
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		struct cla_match_seen *s = cla_match_grow(found, sizeof(*s));
		if (!s)
			return cla_err_oom(err);
		s->by_bytes = by_bytes;
		s->use.entity = text_at(stmt, 0, arena, &mem);
		s->use.month = text_at(stmt, 1, arena, &mem);
		s->use.kind = text_at(stmt, 2, arena, &mem);
		s->use.uuid = text_at(stmt, 3, arena, &mem);
		if (!mem)
			return cla_err_oom(err);
	}
}

bool cla_match_reused(const struct cla_match *m, size_t expense, struct cla_arena *arena,
		      struct cla_match_list *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	size_t kept = 0;
	bool row;

	if (!cla_db_once(m->db, "SELECT by_bytes, key FROM seen WHERE expense=?", &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)expense);
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			break;
		if (!gather(m, expense, cla_db_int(stmt, 0) != 0, cla_db_blob(stmt, 1), arena, ret,
			    err))
			return false;
	}
	struct cla_match_seen *list = ret->items;
	if (ret->count)
		qsort(list, ret->count, sizeof(*list), compare_seen);
	for (size_t i = 0; i < ret->count && kept < CLA_MATCH_MAX_REUSED; i++)
		if (!kept || compare_uses(&list[kept - 1].use, &list[i].use))
			list[kept++] = list[i];
	ret->count = kept;
	return true;
}

/* A use known from elsewhere may speak of an expense that is here: then what is here counts. */
static bool forget_here(struct cla_match *m, enum cla_expense_kind kind, struct cla_err *err)
{
	struct cla_db_stmt *stmt;

	if (!cla_db_once(m->db,
			 "DELETE FROM seen WHERE expense=-1 AND kind=?1 AND EXISTS(SELECT 1"
			 " FROM expense WHERE expense.uuid=seen.uuid AND expense.kind=?2)",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_from(cla_expense_kind_name(kind)));
	cla_db_bind_int(stmt, 2, kind);
	return cla_db_run(stmt, err);
}

static bool count_reused(struct cla_match *m, size_t expense, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_match_list struct cla_match_list reused = { 0 };
	struct cla_db_stmt *put;

	if (!cla_match_reused(m, expense, &arena, &reused, err))
		return false;
	if (!reused.count)
		return true;
	if (!cla_db_once(m->db, "UPDATE outcome SET reused=? WHERE i=?", &put, err))
		return false;
	cla_db_bind_int(put, 1, (int64_t)reused.count);
	cla_db_bind_int(put, 2, (int64_t)expense);
	return cla_db_run(put, err);
}

bool cla_match_reuse(struct cla_match *m, struct cla_err *err)
{
	if (!forget_here(m, CLA_EXPENSE_TX, err) || !forget_here(m, CLA_EXPENSE_REIMBURSEMENT, err))
		return false;
	for (size_t i = 0; i < m->expenses; i++)
		if (!count_reused(m, i, err))
			return false;
	return true;
}
