#include "match/match_priv.h"

#include <stdlib.h>

/* An expense that is decided on: its documents, each once, and what they come to. */
struct bench {
	struct cla_match *m;
	size_t expense;
	struct cla_match_side e;
	struct cla_match_paper *docs;
	struct cla_match_entry *entries; /* one a document */
	size_t count;
};

/* ---- its documents ---- */

static int compare_attached(const void *a, const void *b)
{
	const struct cla_match_paper *x = a, *y = b;
	int order = cla_str_cmp(x->key, y->key);

	if (!order && x->key.len && x->in.verdict != y->in.verdict)
		order = x->in.verdict < y->in.verdict ? -1 : 1;
	if (!order)
		order = cla_match_compare_papers(x, y);
	return order ? order : x->n < y->n ? -1 : x->n > y->n;
}

/* Those that can prove an expense, by id and digest, each once. */
static void sort_attached(struct bench *b, struct cla_match_paper *all, size_t count)
{
	size_t fiscal = 0;

	for (size_t i = 0; i < count; i++)
		if (all[i].fiscal)
			all[fiscal++] = all[i];
	if (fiscal)
		qsort(all, fiscal, sizeof(*all), compare_attached);
	for (size_t i = 0; i < fiscal; i++)
		if (!b->count || !cla_match_same_paper(&all[i], &all[b->count - 1]))
			all[b->count++] = all[i];
	b->docs = all;
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
static void find_sets(const struct bench *b, struct search *s)
{
	*s = (struct search){ .e = &b->e };
	for (size_t i = 0; i < b->count && s->count < CLA_MATCH_SET_FROM; i++) {
		const struct cla_match_fit *f = &b->entries[i].fit;
		if (!f->type_ok || !f->date_ok || f->how == CLA_HOW_UNREADABLE ||
		    !cla_dec_sign(b->docs[i].total.amount))
			continue;
		s->docs[s->count] = &b->docs[i];
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
static size_t best_single(const struct bench *b, bool exact, bool *tie)
{
	size_t best = CLA_MATCH_NOBODY;

	*tie = false;
	for (size_t i = 0; i < b->count; i++) {
		const struct cla_match_fit *f = &b->entries[i].fit;
		if (!cla_match_fits(f) || (exact && f->how != CLA_HOW_EXACT))
			continue;
		if (best == CLA_MATCH_NOBODY || f->score > b->entries[best].fit.score) {
			best = i;
			*tie = false;
		} else if (f->score == b->entries[best].fit.score) {
			*tie = true;
		}
	}
	return best;
}

/* Why an entry that was not taken is only a candidate. */
static bool give_reason(const struct bench *b, struct cla_match_entry *entry, struct cla_err *err)
{
	const struct cla_match_fit *f = &entry->fit;

	if (cla_match_fits(f)) {
		entry->reason = CLA_STR("other-document");
		return true;
	}
	if (f->how == CLA_HOW_UNREADABLE) {
		entry->reason = CLA_STR("not-readable");
		return true;
	}
	if (!cla_match_better(b->m, b->expense, entry->paper, &entry->better, err))
		return false;
	if (entry->better != CLA_MATCH_NOBODY)
		entry->reason = CLA_STR("other-expense");
	else if (!f->type_ok)
		entry->reason = CLA_STR("type");
	else if (f->how == CLA_HOW_DIFFERENT || f->how == CLA_HOW_NO_RATE)
		entry->reason = CLA_STR("difference-amount");
	else
		entry->reason = CLA_STR("date-window");
	return true;
}

static enum cla_receiver worse(enum cla_receiver a, enum cla_receiver b)
{
	static const int badness[] = { [CLA_RECEIVER_OURS] = 0,
				       [CLA_RECEIVER_UNKNOWN] = 1,
				       [CLA_RECEIVER_SISTER] = 2,
				       [CLA_RECEIVER_OTHER] = 3 };
	return badness[a] >= badness[b] ? a : b;
}

/* The worst of those that were taken; of all, when none was. */
static enum cla_receiver receiver_of(const struct bench *b, bool any_taken)
{
	enum cla_receiver worst = CLA_RECEIVER_OURS;

	for (size_t i = 0; i < b->count; i++)
		if (!any_taken || cla_str_absent(b->entries[i].reason))
			worst = worse(worst, b->docs[i].receiver);
	return b->count ? worst : CLA_RECEIVER_UNKNOWN;
}

/* Entries with a bit in `take` are taken, those in `tied` are as good as another; the others
 * become candidates for their own reasons. */
static bool settle(struct bench *b, struct cla_match_outcome *out, const bool *take,
		   const bool *tied, struct cla_err *err)
{
	for (size_t i = 0; i < b->count; i++) {
		struct cla_match_entry *entry = &b->entries[i];
		if (take[i])
			out->documents++;
		else if (tied[i])
			entry->reason = CLA_STR("other-document");
		else if (!give_reason(b, entry, err))
			return false;
	}
	out->candidates = b->count - out->documents;
	out->receiver = receiver_of(b, out->documents > 0);
	return cla_match_keep_outcome(b->m, b->expense, out, b->entries, b->count, err);
}

/* `take` and `tied` have room for the expense's documents. */
static bool decide(struct bench *b, bool *take, bool *tied, struct cla_err *err)
{
	struct cla_match_outcome out = { .state = CLA_MATCH_MISSING };
	const struct best_set *set = NULL;
	struct search s;
	bool tie;

	for (size_t i = 0; i < b->count; i++)
		b->entries[i] = (struct cla_match_entry){ .paper = &b->docs[i],
							  .fit = cla_match_fit(&b->e, &b->docs[i]),
							  .better = CLA_MATCH_NOBODY };
	size_t single = best_single(b, true, &tie);
	if (single == CLA_MATCH_NOBODY) {
		find_sets(b, &s);
		if (s.exact.found)
			set = &s.exact;
		else if ((single = best_single(b, false, &tie)) == CLA_MATCH_NOBODY &&
			 s.cents.found)
			set = &s.cents;
	}
	if (single != CLA_MATCH_NOBODY) {
		out.state = tie ? CLA_MATCH_AMBIGUOUS : CLA_MATCH_MATCHED;
		take[single] = !tie;
	} else if (set) {
		out.state = set->tie ? CLA_MATCH_AMBIGUOUS : CLA_MATCH_MATCHED;
		for (size_t i = 0; i < s.count; i++)
			if (set->members >> i & 1)
				(set->tie ? tied : take)[s.entries[i]] = true;
	}
	return settle(b, &out, take, tied, err);
}

bool cla_match_attached(struct cla_match *m, size_t expense, struct cla_err *err)
{
	static const struct cla_match_outcome not_needed = { .state = CLA_MATCH_NOT_NEEDED };
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_match_list struct cla_match_list docs = { 0 };
	struct bench b = { .m = m, .expense = expense };

	if (!cla_match_expense(m, expense, &arena, &b.e, err))
		return false;
	if (!b.e.needed)
		return cla_match_keep_outcome(m, expense, &not_needed, NULL, 0, err);
	if (!cla_match_papers(m, expense, &arena, &docs, err))
		return false;
	sort_attached(&b, docs.items, docs.count);
	bool *marks = cla_arena_array(&arena, 2 * b.count, sizeof(*marks));
	b.entries = cla_arena_array(&arena, b.count, sizeof(*b.entries));
	if (!marks || !b.entries)
		return cla_err_oom(err);
	return decide(&b, marks, marks + b.count, err);
}
