#include "match/match_priv.h"

#include <stdlib.h>
#include <string.h>

/* An imported document that may prove the expense at hand. */
struct edge {
	struct cla_match_paper paper;
	struct cla_match_fit fit;
	int64_t p; /* its place in the pool */
};

/* An expense that still lacks a document, and what the pool has for it. */
struct seeker {
	struct cla_match *m;
	size_t expense;
	struct cla_match_side e;
	struct cla_arena arena;
	struct cla_match_list edges; /* struct edge */
};

static void seeker_clear(struct seeker *s)
{
	cla_match_list_clear(&s->edges);
	cla_arena_clear(&s->arena);
}

/* ---- the pool ---- */

static bool put_pool(struct cla_match *m, int64_t p, const struct cla_match_paper *d,
		     struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(m->db, "INSERT INTO pool VALUES(?,?,?,0)", &put, err))
		return false;
	cla_db_bind_int(put, 1, p);
	cla_db_bind_int(put, 2, (int64_t)d->n);
	cla_db_bind_str(put, 3, d->key.len ? d->key : CLA_STR(""));
	if (!cla_db_run(put, err))
		return false;
	for (size_t i = 0; i < d->part_count; i++) {
		if (!d->parts[i].code.len)
			continue;
		if (!cla_db_once(m->db, "INSERT OR IGNORE INTO code VALUES(?,?)", &put, err))
			return false;
		cla_db_bind_str(put, 1, d->parts[i].code);
		cla_db_bind_int(put, 2, p);
		if (!cla_db_run(put, err))
			return false;
	}
	return true;
}

static bool put_place(struct cla_match *m, int64_t p, const struct cla_match_paper *d,
		      struct cla_dec amount, struct cla_err *err)
{
	char text[CLA_MATCH_MONEY];
	struct cla_db_stmt *put;

	if (!amount.ok || cla_dec_sign(amount) <= 0)
		return true;
	cla_match_money_text(d->total.currency, amount, text);
	if (!cla_db_once(m->db, "INSERT OR IGNORE INTO place VALUES(?,?,?)", &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(text));
	cla_db_bind_int(put, 2, d->day);
	cla_db_bind_int(put, 3, p);
	return cla_db_run(put, err);
}

/* By amount only those are found that name us: the pool holds papers of other companies too, and
 * they must not stand in the way. */
static bool put_places(struct cla_match *m, int64_t p, const struct cla_match_paper *d,
		       struct cla_err *err)
{
	if (d->receiver != CLA_RECEIVER_OURS)
		return true;
	for (size_t i = 0; i < d->part_count; i++) {
		if (d->parts[i].by_card && !put_place(m, p, d, d->parts[i].amount, err))
			return false;
	}
	return put_place(m, p, d, d->total.amount, err) &&
	       (!d->local_taxes.ok ||
		put_place(m, p, d, cla_dec_add(d->total.amount, d->local_taxes), err)) &&
	       (!d->discount.ok ||
		put_place(m, p, d, cla_dec_sub(d->total.amount, d->discount), err));
}

/* Imported documents that hang on no expense, each once, numbered by id. */
static bool make_pool(struct cla_match *m, int64_t *count, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	cla_auto_arena struct cla_arena of_last = CLA_ARENA_INIT;
	struct cla_match_paper last = { 0 };
	bool row, shown;

	*count = 0;
	if (!m->imported)
		return true;
	if (!cla_db_once(m->db,
			 "SELECT " CLA_MATCH_PAPER " FROM paper WHERE expense IS NULL AND usable=1"
			 " ORDER BY key, rank, sha256, total, issued_at, n",
			 &stmt, err))
		return false;
	for (;;) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		struct cla_match_paper d;
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		if (!cla_match_paper(stmt, &arena, &d, err) ||
		    !cla_match_is_shown(m, &d, &shown, err))
			return false;
		if (shown || (*count && cla_match_same_paper(&d, &last)))
			continue;
		int64_t p = (*count)++;
		if (!put_pool(m, p, &d, err) || !put_places(m, p, &d, err))
			return false;
		cla_arena_clear(&of_last);
		of_last = arena;
		arena = (struct cla_arena)CLA_ARENA_INIT;
		last = d;
	}
}

/* ---- looking into it ---- */

/* The documents that a statement gives, each followed by its p: all, or only those that fit. */
static bool add_edges(struct seeker *s, struct cla_db_stmt *stmt, bool fitting, struct cla_err *err)
{
	bool row;

	for (;;) {
		struct edge x;
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		if (!cla_match_paper(stmt, &s->arena, &x.paper, err))
			return false;
		x.p = cla_db_int(stmt, CLA_MATCH_PAPER_COLUMNS);
		x.fit = cla_match_fit(&s->e, &x.paper);
		if (fitting && !cla_match_fits(&x.fit))
			continue;
		struct edge *to = cla_match_grow(&s->edges, sizeof(*to));
		if (!to)
			return cla_err_oom(err);
		*to = x;
	}
}

/* The document whose id an extracted document claims: even where it does not fit. */
static bool add_by_folio(struct seeker *s, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	char folio[37];

	if (!cla_uuid_upper(s->e.in.folio_fiscal, folio))
		return true;
	if (!cla_db_once(s->m->db,
			 "SELECT " CLA_MATCH_PAPER ", p FROM pool JOIN paper ON paper.n=pool.n"
			 " WHERE pool.key=? AND pool.key<>''",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_from(folio));
	return add_edges(s, stmt, false, err);
}

/* Those with the charge's authorization code that fit: codes are short and come again. */
static bool add_by_code(struct seeker *s, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!s->e.in.authorization_number.len)
		return true;
	if (!cla_db_once(s->m->db,
			 "SELECT " CLA_MATCH_PAPER ", p FROM code JOIN pool USING(p)"
			 " JOIN paper ON paper.n=pool.n WHERE code=? ORDER BY p LIMIT ?",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, s->e.in.authorization_number);
	cla_db_bind_int(stmt, 2, CLA_MATCH_LOOK);
	return add_edges(s, stmt, true, err);
}

/* Those of this amount that fit and that nobody claimed. */
static bool add_by_amount(struct seeker *s, const struct cla_match_money *money,
			  struct cla_err *err)
{
	if (!money->currency || !money->amount.ok)
		return true;
	for (int64_t cents = -5; cents <= 5; cents++) {
		cla_auto_reset struct cla_db_stmt *stmt = NULL;
		struct cla_dec amount = cla_dec_add(money->amount, cla_dec_from(cents, 2));
		char text[CLA_MATCH_MONEY];
		if (!amount.ok)
			continue;
		cla_match_money_text(money->currency, amount, text);
		if (!cla_db_once(s->m->db,
				 "SELECT " CLA_MATCH_PAPER ", p FROM place JOIN pool USING(p)"
				 " JOIN paper ON paper.n=pool.n WHERE money=? AND day BETWEEN ?"
				 " AND ? AND taken=0 ORDER BY day, p LIMIT ?",
				 &stmt, err))
			return false;
		cla_db_bind_str(stmt, 1, cla_str_from(text));
		cla_db_bind_int(stmt, 2, s->e.day - CLA_MATCH_BEFORE);
		cla_db_bind_int(stmt, 3, s->e.day + CLA_MATCH_AFTER);
		cla_db_bind_int(stmt, 4, CLA_MATCH_LOOK);
		if (!add_edges(s, stmt, true, err))
			return false;
	}
	return true;
}

/* Best first; copies of an edge side by side. */
static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->fit.score != y->fit.score)
		return x->fit.score > y->fit.score ? -1 : 1;
	return x->p < y->p ? -1 : x->p > y->p;
}

static void sort_edges(struct seeker *s)
{
	struct edge *edges = s->edges.items;
	size_t kept = 0;

	if (!s->edges.count)
		return;
	qsort(edges, s->edges.count, sizeof(*edges), compare_edges);
	for (size_t i = 0; i < s->edges.count; i++)
		if (!kept || edges[kept - 1].p != edges[i].p)
			edges[kept++] = edges[i];
	s->edges.count = kept;
}

/* ---- deciding ---- */

/* The other charge that wants the edge's document most, when it does so at least as much;
 * CLA_MATCH_NOBODY when there is none. */
static bool rival(const struct seeker *s, const struct edge *x, size_t *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(s->m->db,
			 "SELECT expense, score FROM edge WHERE p=? AND expense<>?"
			 " ORDER BY score DESC, uuid, expense LIMIT 1",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, x->p);
	cla_db_bind_int(stmt, 2, (int64_t)s->expense);
	if (!cla_db_step(stmt, &row, err))
		return false;
	*ret = row && cla_db_int(stmt, 1) >= x->fit.score ? (size_t)cla_db_int(stmt, 0)
							  : CLA_MATCH_NOBODY;
	return true;
}

static struct cla_str why_not(const struct cla_match_fit *f)
{
	if (f->how == CLA_HOW_UNREADABLE)
		return CLA_STR("not-readable");
	if (!f->type_ok)
		return CLA_STR("type");
	return f->how == CLA_HOW_DIFFERENT || f->how == CLA_HOW_NO_RATE
		       ? CLA_STR("difference-amount")
		       : CLA_STR("date-window");
}

/* From now on the document is the expense's: nobody finds it by amount, and it is seen there. */
static bool take(struct seeker *s, const struct edge *x, struct cla_match_outcome *out,
		 struct cla_err *err)
{
	struct cla_db_stmt *put;

	out->state = CLA_MATCH_MATCHED;
	out->receiver = x->paper.receiver;
	out->took_imported = true;
	out->imported = x->paper.in.sha256;
	out->documents = 1;
	out->candidates--;
	if (!cla_db_once(s->m->db, "UPDATE pool SET taken=1 WHERE p=?", &put, err))
		return false;
	cla_db_bind_int(put, 1, x->p);
	return cla_db_run(put, err) && cla_match_see_paper(s->m, s->expense, &x->paper, err);
}

/* The seeker's edges, best first. Who claims a document need not mind who else wants it. */
static bool decide(struct seeker *s, bool claimed, struct cla_err *err)
{
	const struct edge *edges = s->edges.items;
	const size_t count = s->edges.count;
	struct cla_match_entry *entries = cla_arena_array(&s->arena, count, sizeof(*entries));
	struct cla_match_outcome out;
	size_t best = CLA_MATCH_NOBODY;
	bool tie = false;

	if (!count)
		return true;
	if (!entries)
		return cla_err_oom(err);
	if (!cla_match_outcome(s->m, s->expense, &out, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct cla_match_entry *x = &entries[i];
		*x = (struct cla_match_entry){ .paper = &edges[i].paper,
					       .fit = edges[i].fit,
					       .better = CLA_MATCH_NOBODY };
		if (!cla_match_fits(&x->fit)) {
			x->reason = why_not(&x->fit);
			continue;
		}
		if (!claimed && !rival(s, &edges[i], &x->better, err))
			return false;
		x->reason = x->better == CLA_MATCH_NOBODY ? CLA_STR("other-document")
							  : CLA_STR("other-expense");
		if (best == CLA_MATCH_NOBODY)
			best = i;
		else
			tie |= x->fit.score == entries[best].fit.score;
	}
	out.candidates += count;
	if (tie) {
		out.state = CLA_MATCH_AMBIGUOUS;
	} else if (best != CLA_MATCH_NOBODY && entries[best].better == CLA_MATCH_NOBODY) {
		entries[best].reason = CLA_STR_NONE;
		if (!take(s, &edges[best], &out, err))
			return false;
	}
	return cla_match_keep_outcome(s->m, s->expense, &out, entries, count, err);
}

/* ---- the three rounds ---- */

/* Documents that are claimed, by folio or authorization code. */
static bool take_claimed(struct seeker *s, struct cla_err *err)
{
	if (!add_by_folio(s, err) || !add_by_code(s, err))
		return false;
	sort_edges(s);
	return decide(s, true, err);
}

/* Notes which documents the expense wants, by their amount. */
static bool want(struct seeker *s, struct cla_err *err)
{
	const struct cla_match_money *account = &s->e.account, *original = &s->e.original;
	bool one = original->currency == account->currency &&
		   cla_dec_eq(original->amount, account->amount);

	if (!add_by_amount(s, account, err) || (!one && !add_by_amount(s, original, err)))
		return false;
	sort_edges(s);
	const struct edge *edges = s->edges.items;
	for (size_t i = 0; i < s->edges.count; i++) {
		struct cla_db_stmt *put;
		if (!cla_db_once(s->m->db, "INSERT INTO edge VALUES(?,?,?,?)", &put, err))
			return false;
		cla_db_bind_int(put, 1, edges[i].p);
		cla_db_bind_int(put, 2, edges[i].fit.score);
		cla_db_bind_str(put, 3, s->e.in.uuid);
		cla_db_bind_int(put, 4, (int64_t)s->expense);
		if (!cla_db_run(put, err))
			return false;
	}
	return true;
}

/* Takes what the expense and the document want of each other more than of any other. */
static bool take_fitting(struct seeker *s, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(s->m->db,
			 "SELECT " CLA_MATCH_PAPER ", edge.p FROM edge JOIN pool USING(p)"
			 " JOIN paper ON paper.n=pool.n WHERE edge.expense=?",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)s->expense);
	if (!add_edges(s, stmt, true, err))
		return false;
	sort_edges(s);
	return decide(s, false, err);
}

/* Calls a round for each expense that lacks a document. */
static bool each_seeker(struct cla_match *m, bool (*round)(struct seeker *s, struct cla_err *err),
			struct cla_err *err)
{
	for (size_t i = 0; i < m->expenses; i++) {
		CLA_CLEANUP(seeker_clear) struct seeker s = { .m = m, .expense = i };
		struct cla_match_outcome out;
		if (!cla_match_outcome(m, i, &out, err))
			return false;
		if (out.state != CLA_MATCH_MISSING)
			continue;
		if (!cla_match_expense(m, i, &s.arena, &s.e, err) ||
		    (s.e.has_day && !round(&s, err)))
			return false;
	}
	return true;
}

bool cla_match_pool(struct cla_match *m, struct cla_err *err)
{
	int64_t count;

	/* without imported documents there is nothing to decide */
	return make_pool(m, &count, err) &&
	       (!count || (each_seeker(m, take_claimed, err) && each_seeker(m, want, err) &&
			   each_seeker(m, take_fitting, err)));
}
