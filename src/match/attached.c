#include "match/match_priv.h"

#include <stdlib.h>

/* ---- which documents hang on which expense ---- */

static int compare_attached(const void *a, const void *b, void *ctx)
{
	const struct cla_match *m = ctx;
	const struct cla_match_paper *x = cla_match_paper(m, *(const size_t *)a);
	const struct cla_match_paper *y = cla_match_paper(m, *(const size_t *)b);

	if (x->in.expense != y->in.expense)
		return x->in.expense < y->in.expense ? -1 : 1;
	int order = cla_str_cmp(x->key, y->key);
	if (!order && x->key.len && x->in.verdict != y->in.verdict)
		order = x->in.verdict < y->in.verdict ? -1 : 1;
	return order ? order : cla_match_compare_papers(x, y);
}

static bool same_document(const struct cla_match_paper *x, const struct cla_match_paper *y)
{
	if (x->in.expense != y->in.expense)
		return false;
	return x->key.len ? cla_str_eq(x->key, y->key) : !cla_match_compare_papers(x, y);
}

static bool sort_attached(struct cla_match *m, struct cla_err *err)
{
	size_t count = 0, kept = 0;

	m->attached = cla_arena_array(&m->arena, m->docs.count + 1, sizeof(*m->attached));
	if (!m->attached)
		return cla_err_oom(err);
	for (size_t i = 0; i < m->docs.count; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, i);
		if (d->fiscal && d->in.expense != CLA_MATCH_IMPORTED)
			m->attached[count++] = i;
	}
	qsort_r(m->attached, count, sizeof(*m->attached), compare_attached, m);
	for (size_t i = 0; i < count; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, m->attached[i]);
		struct cla_match_side *e = cla_match_side(m, d->in.expense);
		if (kept && same_document(d, cla_match_paper(m, m->attached[kept - 1])))
			continue;
		if (!e->count++)
			e->first = kept;
		m->attached[kept++] = m->attached[i];
	}
	return true;
}

/* ---- sums ---- */

/* The best set so far of one size and kind, and all documents of the sets that are as good. */
struct best_set {
	struct cla_match_fit fit;
	uint32_t members; /* bits of places in search.docs; of all tied sets */
	bool found, tie;
};

struct search {
	const struct cla_match_side *e;
	const struct cla_match_paper *docs[CLA_MATCH_SET_FROM];
	size_t entries[CLA_MATCH_SET_FROM]; /* their places among the expense's entries */
	size_t count, size;
	size_t chosen[CLA_MATCH_SET_MAX];
	struct best_set exact, cents;
};

static void offer_set(struct search *s, struct best_set *best, const struct cla_match_fit *f)
{
	uint32_t bits = 0;

	if (best->found && f->score < best->fit.score)
		return;
	for (size_t i = 0; i < s->size; i++)
		bits |= 1u << s->chosen[i];
	best->tie = best->found && f->score == best->fit.score;
	best->members = best->tie ? best->members | bits : bits;
	best->fit = *f;
	best->found = true;
}

static void look_for_sets(struct search *s, size_t chosen, size_t from)
{
	if (chosen == s->size) {
		const struct cla_match_paper *set[CLA_MATCH_SET_MAX];
		struct cla_match_fit f;
		for (size_t i = 0; i < chosen; i++)
			set[i] = s->docs[s->chosen[i]];
		if (!cla_match_fit_sum(s->e, set, chosen, &f))
			return;
		if (f.how == CLA_HOW_EXACT)
			offer_set(s, &s->exact, &f);
		else if (f.how == CLA_HOW_CENTS)
			offer_set(s, &s->cents, &f);
		return;
	}
	for (size_t i = from; i < s->count; i++) {
		s->chosen[chosen] = i;
		look_for_sets(s, chosen + 1, i + 1);
	}
}

/* The smallest sets that add up, exactly and but for cents. */
static void find_sets(const struct cla_match *m, const struct cla_match_side *e,
		      const struct cla_match_entry *entries, size_t count, struct search *s)
{
	*s = (struct search){ .e = e };
	for (size_t i = 0; i < count && s->count < CLA_MATCH_SET_FROM; i++) {
		const struct cla_match_fit *f = &entries[i].fit;
		const struct cla_match_paper *d = cla_match_paper(m, entries[i].doc);
		if (!f->type_ok || !f->date_ok || f->how == CLA_HOW_UNREADABLE ||
		    !cla_dec_sign(d->total.amount))
			continue;
		s->docs[s->count] = d;
		s->entries[s->count++] = i;
	}
	for (s->size = 2; s->size <= CLA_MATCH_SET_MAX && s->size <= s->count; s->size++) {
		struct best_set cents = s->cents;
		look_for_sets(s, 0, 0);
		if (cents.found) /* a smaller one came near already */
			s->cents = cents;
		if (s->exact.found)
			break;
	}
}

/* ---- deciding ---- */

/* The best entry that fits; *tie when another is as good. CLA_MATCH_NOBODY when none fits. */
static size_t best_single(const struct cla_match_entry *entries, size_t count, bool exact,
			  bool *tie)
{
	size_t best = CLA_MATCH_NOBODY;

	*tie = false;
	for (size_t i = 0; i < count; i++) {
		const struct cla_match_fit *f = &entries[i].fit;
		if (!cla_match_fits(f) || (exact && f->how != CLA_HOW_EXACT))
			continue;
		if (best == CLA_MATCH_NOBODY || f->score > entries[best].fit.score) {
			best = i;
			*tie = false;
		} else if (f->score == entries[best].fit.score) {
			*tie = true;
		}
	}
	return best;
}

/* Why an entry that was not taken is only a candidate. */
static void give_reason(const struct cla_match *m, size_t expense, struct cla_match_entry *entry)
{
	const struct cla_match_fit *f = &entry->fit;

	if (entry->reason)
		return;
	if (cla_match_fits(f)) {
		entry->reason = "other-document";
		return;
	}
	if (f->how == CLA_HOW_UNREADABLE) {
		entry->reason = "not-readable";
		return;
	}
	entry->better = cla_match_better(m, expense, cla_match_paper(m, entry->doc));
	if (entry->better != CLA_MATCH_NOBODY)
		entry->reason = "other-expense";
	else if (!f->type_ok)
		entry->reason = "type";
	else if (f->how == CLA_HOW_DIFFERENT || f->how == CLA_HOW_NO_RATE)
		entry->reason = "difference-amount";
	else
		entry->reason = "date-window";
}

/* Takes the entries whose bit is set in `take`; the others become candidates. */
static bool settle(struct cla_match *m, size_t expense, const struct cla_match_entry *entries,
		   size_t count, const bool *take, struct cla_match_entry *sorted,
		   struct cla_err *err)
{
	size_t taken = 0;

	/* taken ones to the front, each part in the order it was */
	for (size_t i = 0; i < count; i++)
		if (take[i])
			sorted[taken++] = entries[i];
	size_t rest = taken;
	for (size_t i = 0; i < count; i++) {
		if (take[i])
			continue;
		sorted[rest] = entries[i];
		give_reason(m, expense, &sorted[rest++]);
	}
	return (!taken || cla_match_take(m, expense, sorted, taken, err)) &&
	       cla_match_add_candidates(m, expense, sorted + taken, rest - taken, err);
}

/* `entries`, `sorted` and `take` have room for the expense's documents. */
static bool decide(struct cla_match *m, size_t expense, struct cla_match_entry *entries,
		   struct cla_match_entry *sorted, bool *take, struct cla_err *err)
{
	const struct cla_match_side *e = cla_match_side(m, expense);
	struct cla_match_outcome *out = &m->outcomes[expense];
	const size_t count = e->count;
	struct search s;
	bool tie;

	for (size_t i = 0; i < count; i++) {
		size_t doc = m->attached[e->first + i];
		entries[i] = (struct cla_match_entry){ .doc = doc, .better = CLA_MATCH_NOBODY };
		entries[i].fit = cla_match_fit(e, cla_match_paper(m, doc));
		take[i] = false;
	}
	out->result.state = CLA_MATCH_MISSING;
	const struct best_set *set = NULL;
	size_t single = best_single(entries, count, true, &tie);
	if (single == CLA_MATCH_NOBODY) {
		find_sets(m, e, entries, count, &s);
		if (s.exact.found)
			set = &s.exact;
		else if ((single = best_single(entries, count, false, &tie)) == CLA_MATCH_NOBODY &&
			 s.cents.found)
			set = &s.cents;
	}
	if (single != CLA_MATCH_NOBODY) {
		out->result.state = tie ? CLA_MATCH_AMBIGUOUS : CLA_MATCH_MATCHED;
		take[single] = !tie;
	} else if (set) {
		out->result.state = set->tie ? CLA_MATCH_AMBIGUOUS : CLA_MATCH_MATCHED;
		for (size_t i = 0; i < s.count; i++) {
			if (!(set->members >> i & 1))
				continue;
			if (set->tie)
				entries[s.entries[i]].reason = "other-document";
			else
				take[s.entries[i]] = true;
		}
	}
	return settle(m, expense, entries, count, take, sorted, err);
}

bool cla_match_attached(struct cla_match *m, struct cla_err *err)
{
	size_t most = 0;

	if (!sort_attached(m, err))
		return false;
	for (size_t i = 0; i < m->expenses.count; i++) {
		const struct cla_match_side *e = cla_match_side(m, i);
		most = e->count > most ? e->count : most;
	}
	struct cla_match_entry *entries =
		cla_arena_array(&m->arena, 2 * (most + 1), sizeof(*entries));
	bool *take = cla_arena_array(&m->arena, most + 1, sizeof(*take));
	if (!entries || !take)
		return cla_err_oom(err);
	for (size_t i = 0; i < m->expenses.count; i++) {
		if (!cla_match_side(m, i)->needed)
			m->outcomes[i].result.state = CLA_MATCH_NOT_NEEDED;
		else if (!decide(m, i, entries, entries + most + 1, take, err))
			return false;
	}
	return true;
}
