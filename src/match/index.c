#include "match/match_priv.h"

#include <stdlib.h>

static int compare_keys(uint64_t ca, struct cla_dec aa, int64_t da, uint64_t cb, struct cla_dec ab,
			int64_t db)
{
	if (ca != cb)
		return ca < cb ? -1 : 1;
	int order = cla_dec_cmp(aa, ab);
	if (order)
		return order;
	return da < db ? -1 : da > db;
}

int cla_match_compare_places(const void *a, const void *b)
{
	const struct cla_match_place *x = a, *y = b;
	int order = compare_keys(x->currency, x->amount, x->day, y->currency, y->amount, y->day);

	if (!order)
		order = cla_str_cmp(x->name, y->name);
	return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

size_t cla_match_find_place(const struct cla_match_place *places, size_t count, uint64_t currency,
			    struct cla_dec amount, int64_t day)
{
	size_t from = 0;

	while (from < count) {
		size_t mid = from + (count - from) / 2;
		const struct cla_match_place *p = &places[mid];
		if (compare_keys(p->currency, p->amount, p->day, currency, amount, day) < 0)
			from = mid + 1;
		else
			count = mid;
	}
	return from;
}

static void place(struct cla_match *m, size_t i, const struct cla_match_money *money)
{
	const struct cla_match_side *e = cla_match_side(m, i);

	if (money->currency && money->amount.ok)
		m->by_amount[m->by_amount_count++] =
			(struct cla_match_place){ money->currency, money->amount, e->day,
						  e->in.uuid, i };
}

/* Whether the charge was made in another amount than the account's. */
static bool in_two(const struct cla_match_side *e)
{
	return e->original.currency != e->account.currency ||
	       !cla_dec_eq(e->original.amount, e->account.amount);
}

bool cla_match_index(struct cla_match *m, struct cla_err *err)
{
	size_t n = m->expenses.count, places = 1;

	for (size_t i = 0; i < n; i++)
		places += in_two(cla_match_side(m, i)) ? 2 : 1;
	m->by_amount = cla_arena_array(&m->arena, places, sizeof(*m->by_amount));
	if (!m->by_amount)
		return cla_err_oom(err);
	for (size_t i = 0; i < n; i++) {
		const struct cla_match_side *e = cla_match_side(m, i);
		if (!e->needed || !e->has_day)
			continue;
		place(m, i, &e->account);
		if (in_two(e))
			place(m, i, &e->original);
	}
	qsort(m->by_amount, m->by_amount_count, sizeof(*m->by_amount), cla_match_compare_places);
	return true;
}

size_t cla_match_better(const struct cla_match *m, size_t expense, const struct cla_match_paper *d)
{
	size_t best = CLA_MATCH_NOBODY, n = m->by_amount_count;
	int best_score = 0;

	if (!d->readable)
		return best;
	/* the nearest days on both sides of the document's own */
	size_t mid =
		cla_match_find_place(m->by_amount, n, d->total.currency, d->total.amount, d->day);
	size_t from = mid > CLA_MATCH_LOOK ? mid - CLA_MATCH_LOOK : 0;
	for (size_t i = from; i < n && i < mid + CLA_MATCH_LOOK; i++) {
		const struct cla_match_place *p = &m->by_amount[i];
		if (p->index == expense || p->currency != d->total.currency ||
		    !cla_dec_eq(p->amount, d->total.amount))
			continue;
		const struct cla_match_side *e = cla_match_side(m, p->index);
		struct cla_match_fit f = cla_match_fit(e, d);
		if (f.how != CLA_HOW_EXACT || !cla_match_fits(&f) || f.score < best_score)
			continue;
		if (f.score > best_score || best == CLA_MATCH_NOBODY ||
		    cla_str_cmp(e->in.uuid, cla_match_side(m, best)->in.uuid) < 0) {
			best = p->index;
			best_score = f.score;
		}
	}
	return best;
}
