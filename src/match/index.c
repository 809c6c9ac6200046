#include "match/match_priv.h"

#include <stdio.h>

void cla_match_money_text(uint64_t currency, struct cla_dec amount, char out[CLA_MATCH_MONEY])
{
	char digits[CLA_DEC_TEXT];

	while (amount.scale > 0 && amount.units % 10 == 0) {
		amount.units /= 10;
		amount.scale--;
	}
	(void)snprintf(out, CLA_MATCH_MONEY, "%016llx %s", (unsigned long long)currency,
		       cla_dec_format(amount, digits));
}

static bool charge(struct cla_match *m, const struct cla_match_side *e, size_t i,
		   const struct cla_match_money *money, struct cla_err *err)
{
	char text[CLA_MATCH_MONEY];
	struct cla_db_stmt *put;

	if (!money->currency || !money->amount.ok)
		return true;
	cla_match_money_text(money->currency, money->amount, text);
	/* both amounts may be one */
	if (!cla_db_once(m->db, "INSERT OR IGNORE INTO charge VALUES(?,?,?,?)", &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(text));
	cla_db_bind_int(put, 2, e->day);
	cla_db_bind_str(put, 3, cla_str_absent(e->in.uuid) ? CLA_STR("") : e->in.uuid);
	cla_db_bind_int(put, 4, (int64_t)i);
	return cla_db_run(put, err);
}

bool cla_match_index(struct cla_match *m, const struct cla_match_side *e, size_t i,
		     struct cla_err *err)
{
	return !e->needed || !e->has_day ||
	       (charge(m, e, i, &e->account, err) && charge(m, e, i, &e->original, err));
}

/* The best so far of those that a document fits exactly. */
struct nearest {
	const struct cla_match_paper *d;
	size_t expense, best;
	int score;
	struct cla_str uuid;
};

static bool offer(const struct cla_match *m, struct nearest *n, size_t i, struct cla_arena *arena,
		  struct cla_err *err)
{
	struct cla_match_side e;

	if (i == n->expense)
		return true;
	if (!cla_match_expense(m, i, arena, &e, err))
		return false;
	struct cla_match_fit f = cla_match_fit(&e, n->d);
	if (f.how != CLA_HOW_EXACT || !cla_match_fits(&f) || f.score < n->score)
		return true;
	if (f.score > n->score || n->best == CLA_MATCH_NOBODY ||
	    cla_str_cmp(e.in.uuid, n->uuid) < 0) {
		n->best = i;
		n->score = f.score;
		n->uuid = e.in.uuid;
	}
	return true;
}

bool cla_match_better(const struct cla_match *m, size_t expense, const struct cla_match_paper *d,
		      size_t *ret, struct cla_err *err)
{
	/* the nearest days on both sides of the document's own */
	static const char *const sides[] = {
		"SELECT i FROM charge WHERE money=? AND day<? ORDER BY day DESC, uuid DESC, i DESC"
		" LIMIT ?",
		"SELECT i FROM charge WHERE money=? AND day>=? ORDER BY day, uuid, i LIMIT ?",
	};
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct nearest nearest = { .d = d, .expense = expense, .best = CLA_MATCH_NOBODY };
	char text[CLA_MATCH_MONEY];

	*ret = CLA_MATCH_NOBODY;
	if (!d->readable)
		return true;
	cla_match_money_text(d->total.currency, d->total.amount, text);
	for (size_t side = 0; side < CLA_LEN(sides); side++) {
		cla_auto_reset struct cla_db_stmt *stmt = NULL;
		bool row;
		if (!cla_db_once(m->db, sides[side], &stmt, err))
			return false;
		cla_db_bind_str(stmt, 1, cla_str_from(text));
		cla_db_bind_int(stmt, 2, d->day);
		cla_db_bind_int(stmt, 3, CLA_MATCH_LOOK);
		for (;;) {
			if (!cla_db_step(stmt, &row, err))
				return false;
			if (!row)
				break;
			if (!offer(m, &nearest, (size_t)cla_db_int(stmt, 0), &arena, err))
				return false;
		}
	}
	*ret = nearest.best;
	return true;
}
