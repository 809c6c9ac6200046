#include "match/match_priv.h"

#include <stdlib.h>
#include <string.h>

/* Imported documents, each once, and how they can be looked up. */
struct pool {
	size_t *docs; /* by id */
	size_t count;
	size_t *by_code; /* those with an authorization code, by it */
	size_t by_code_count;
	struct cla_match_place *places; /* by what they may have cost; `index` into docs */
	size_t place_count;
	bool *taken; /* by place among all documents */
};

/* An imported document that may prove a charge. */
struct edge {
	size_t expense, doc;
	struct cla_match_fit fit;
};

struct edges {
	struct cla_match_list list;
};

static struct edge *edge_at(const struct edges *e, size_t i)
{
	return (struct edge *)e->list.items + i;
}

static void clear_edges(struct edges *e)
{
	free(e->list.items);
	e->list.items = NULL;
}

/* ---- lookups ---- */

static int by_id(const void *a, const void *b, void *ctx)
{
	const struct cla_match *m = ctx;
	const struct cla_match_paper *x = cla_match_paper(m, *(const size_t *)a);
	const struct cla_match_paper *y = cla_match_paper(m, *(const size_t *)b);
	int order = cla_str_cmp(x->key, y->key);

	if (!order && x->key.len && x->in.verdict != y->in.verdict)
		order = x->in.verdict < y->in.verdict ? -1 : 1;
	return order ? order : cla_match_compare_papers(x, y);
}

static int by_code(const void *a, const void *b, void *ctx)
{
	const struct cla_match *m = ctx;
	const struct cla_match_paper *x = cla_match_paper(m, *(const size_t *)a);
	const struct cla_match_paper *y = cla_match_paper(m, *(const size_t *)b);
	int order = cla_str_cmp(x->in.authorization, y->in.authorization);

	return order ? order : cla_match_compare_papers(x, y);
}

static int compare_digests(const void *a, const void *b)
{
	return cla_digest_cmp(*(const struct cla_digest *const *)a,
			      *(const struct cla_digest *const *)b);
}

/* First place whose text is not less; `code` looks at the authorization, else at the id. */
static size_t find_text(const struct cla_match *m, const size_t *docs, size_t count,
			struct cla_str text, bool code)
{
	size_t from = 0;

	while (from < count) {
		size_t mid = from + (count - from) / 2;
		const struct cla_match_paper *d = cla_match_paper(m, docs[mid]);
		if (cla_str_cmp(code ? d->in.authorization : d->key, text) < 0)
			from = mid + 1;
		else
			count = mid;
	}
	return from;
}

/* Digests and ids of what is attached: these are in no pool. */
struct attached {
	const struct cla_digest **digests;
	size_t digest_count;
	size_t *ids;
	size_t id_count;
};

static bool list_attached(struct cla_match *m, struct attached *a, struct cla_err *err)
{
	a->digests =
		cla_arena_array(&m->arena, m->docs.count + 1, sizeof(const struct cla_digest *));
	a->ids = cla_arena_array(&m->arena, m->docs.count + 1, sizeof(*a->ids));
	if (!a->digests || !a->ids)
		return cla_err_oom(err);
	for (size_t i = 0; i < m->docs.count; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, i);
		if (d->in.expense == CLA_MATCH_IMPORTED)
			continue;
		a->digests[a->digest_count++] = &d->in.sha256;
		if (d->key.len)
			a->ids[a->id_count++] = i;
	}
	qsort(a->digests, a->digest_count, sizeof(*a->digests), compare_digests);
	qsort_r(a->ids, a->id_count, sizeof(*a->ids), by_id, m);
	return true;
}

static bool is_attached(const struct cla_match *m, const struct attached *a,
			const struct cla_match_paper *d)
{
	const struct cla_digest *digest = &d->in.sha256;

	if (bsearch(&digest, a->digests, a->digest_count, sizeof(*a->digests), compare_digests))
		return true;
	size_t at = find_text(m, a->ids, a->id_count, d->key, false);
	return d->key.len && at < a->id_count &&
	       cla_str_eq(cla_match_paper(m, a->ids[at])->key, d->key);
}

static void add_place(const struct cla_match *m, struct pool *p, size_t doc, struct cla_dec amount)
{
	const struct cla_match_paper *d = cla_match_paper(m, doc);

	if (amount.ok && cla_dec_sign(amount) > 0)
		p->places[p->place_count++] =
			(struct cla_match_place){ d->total.currency, amount, d->day, d->key, doc };
}

static bool make_pool(struct cla_match *m, struct pool *p, struct cla_err *err)
{
	struct attached attached = { 0 };
	size_t all = 0, imported = 0;

	for (size_t i = 0; i < m->docs.count; i++)
		imported += cla_match_paper(m, i)->in.expense == CLA_MATCH_IMPORTED;
	if (!imported)
		return true;

	p->docs = cla_arena_array(&m->arena, imported + 1, sizeof(*p->docs));
	p->by_code = cla_arena_array(&m->arena, imported + 1, sizeof(*p->by_code));
	p->places = cla_arena_array(&m->arena, 3 * imported + 1, sizeof(*p->places));
	p->taken = cla_arena_array(&m->arena, m->docs.count + 1, sizeof(*p->taken));
	if (!p->docs || !p->by_code || !p->places || !p->taken)
		return cla_err_oom(err);
	if (!list_attached(m, &attached, err))
		return false;
	for (size_t i = 0; i < m->docs.count; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, i);
		if (d->in.expense == CLA_MATCH_IMPORTED && d->fiscal && d->readable &&
		    !is_attached(m, &attached, d))
			p->docs[all++] = i;
	}
	qsort_r(p->docs, all, sizeof(*p->docs), by_id, m);
	for (size_t i = 0; i < all; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, p->docs[i]);
		const struct cla_match_paper *last =
			p->count ? cla_match_paper(m, p->docs[p->count - 1]) : NULL;
		if (last && (d->key.len ? cla_str_eq(d->key, last->key)
					: !cla_match_compare_papers(d, last)))
			continue;
		size_t doc = p->docs[p->count++] = p->docs[i];
		if (d->in.authorization.len)
			p->by_code[p->by_code_count++] = doc;
		add_place(m, p, doc, d->total.amount);
		if (d->parts->local_taxes.ok)
			add_place(m, p, doc, cla_dec_add(d->total.amount, d->parts->local_taxes));
		if (d->parts->discount.ok)
			add_place(m, p, doc, cla_dec_sub(d->total.amount, d->parts->discount));
	}
	qsort_r(p->by_code, p->by_code_count, sizeof(*p->by_code), by_code, m);
	qsort(p->places, p->place_count, sizeof(*p->places), cla_match_compare_places);
	return true;
}

/* ---- edges ---- */

static bool add_edge(struct edges *edges, size_t expense, size_t doc,
		     const struct cla_match_fit *fit, struct cla_err *err)
{
	struct edge *edge = cla_match_grow(&edges->list, sizeof(*edge));

	if (!edge)
		return cla_err_oom(err);
	*edge = (struct edge){ expense, doc, *fit };
	return true;
}

/* The document whose id an extracted document claims: even where it does not fit. */
static bool add_by_folio(const struct cla_match *m, const struct pool *p, struct edges *edges,
			 size_t expense, struct cla_err *err)
{
	const struct cla_match_side *e = cla_match_side(m, expense);
	char folio[37];

	if (!cla_uuid_upper(e->in.folio_fiscal, folio))
		return true;
	size_t at = find_text(m, p->docs, p->count, cla_str_from(folio), false);
	if (at == p->count || !cla_str_eqc(cla_match_paper(m, p->docs[at])->key, folio))
		return true;
	struct cla_match_fit fit = cla_match_fit(e, cla_match_paper(m, p->docs[at]));
	return add_edge(edges, expense, p->docs[at], &fit, err);
}

/* Those with the charge's authorization code that fit: codes are short and come again. */
static bool add_by_code(const struct cla_match *m, const struct pool *p, struct edges *edges,
			size_t expense, struct cla_err *err)
{
	const struct cla_match_side *e = cla_match_side(m, expense);
	size_t at = find_text(m, p->by_code, p->by_code_count, e->in.authorization_number, true);

	if (!e->in.authorization_number.len)
		return true;
	for (size_t i = at; i < p->by_code_count && i < at + CLA_MATCH_LOOK; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, p->by_code[i]);
		if (!cla_str_eq(d->in.authorization, e->in.authorization_number))
			break;
		struct cla_match_fit fit = cla_match_fit(e, d);
		if (cla_match_fits(&fit) && !add_edge(edges, expense, p->by_code[i], &fit, err))
			return false;
	}
	return true;
}

/* Those of this amount that fit and name us: the pool holds papers of other companies too. */
static bool add_by_amount(const struct cla_match *m, const struct pool *p, struct edges *edges,
			  size_t expense, const struct cla_match_money *money, struct cla_err *err)
{
	const struct cla_match_side *e = cla_match_side(m, expense);

	if (!money->currency || !money->amount.ok)
		return true;
	for (int64_t cents = -5; cents <= 5; cents++) {
		struct cla_dec amount = cla_dec_add(money->amount, cla_dec_from(cents, 2));
		if (!amount.ok)
			continue;
		size_t at = cla_match_find_place(p->places, p->place_count, money->currency, amount,
						 e->day - 3);
		for (size_t i = at; i < p->place_count && i < at + CLA_MATCH_LOOK; i++) {
			const struct cla_match_place *place = &p->places[i];
			if (place->currency != money->currency ||
			    !cla_dec_eq(place->amount, amount) || place->day > e->day + 31)
				break;
			const struct cla_match_paper *d = cla_match_paper(m, place->index);
			struct cla_match_fit fit = cla_match_fit(e, d);
			if (d->receiver == CLA_RECEIVER_OURS && !p->taken[place->index] &&
			    cla_match_fits(&fit) &&
			    !add_edge(edges, expense, place->index, &fit, err))
				return false;
		}
	}
	return true;
}

/* By expense, best first; copies of an edge side by side. */
static int compare_edges(const void *a, const void *b, void *ctx)
{
	const struct cla_match *m = ctx;
	const struct edge *x = a, *y = b;

	if (x->expense != y->expense)
		return x->expense < y->expense ? -1 : 1;
	if (x->fit.score != y->fit.score)
		return x->fit.score > y->fit.score ? -1 : 1;
	int order =
		cla_match_compare_papers(cla_match_paper(m, x->doc), cla_match_paper(m, y->doc));
	return order ? order : x->doc < y->doc ? -1 : x->doc > y->doc;
}

static void sort_edges(struct cla_match *m, struct edges *edges)
{
	size_t kept = 0;

	if (!edges->list.count)
		return;
	qsort_r(edges->list.items, edges->list.count, sizeof(struct edge), compare_edges, m);
	for (size_t i = 0; i < edges->list.count; i++) {
		const struct edge *x = edge_at(edges, i),
				  *last = kept ? edge_at(edges, kept - 1) : NULL;
		if (!last || last->expense != x->expense || last->doc != x->doc)
			*edge_at(edges, kept++) = *x;
	}
	edges->list.count = kept;
}

static bool find_edges(struct cla_match *m, const struct pool *p, bool claims, struct edges *edges,
		       struct cla_err *err)
{
	for (size_t i = 0; i < m->expenses.count; i++) {
		const struct cla_match_side *e = cla_match_side(m, i);
		if (m->outcomes[i].result.state != CLA_MATCH_MISSING || !e->has_day)
			continue;
		bool ok = claims ? add_by_folio(m, p, edges, i, err) &&
					   add_by_code(m, p, edges, i, err)
				 : add_by_amount(m, p, edges, i, &e->account, err) &&
					   add_by_amount(m, p, edges, i, &e->original, err);
		if (!ok)
			return false;
	}
	sort_edges(m, edges);
	return true;
}

/* ---- deciding ---- */

/* Who wants a document most, and second most. */
struct wanted {
	int best, second;
	size_t best_by, second_by;
};

static bool comes_before(const struct cla_match *m, size_t a, size_t b)
{
	if (b == CLA_MATCH_NOBODY)
		return true;
	int order = cla_str_cmp(cla_match_side(m, a)->in.uuid, cla_match_side(m, b)->in.uuid);
	return order ? order < 0 : a < b;
}

static void want(const struct cla_match *m, struct wanted *w, const struct edge *x)
{
	int score = x->fit.score;

	if (score > w->best || (score == w->best && comes_before(m, x->expense, w->best_by))) {
		w->second = w->best;
		w->second_by = w->best_by;
		w->best = score;
		w->best_by = x->expense;
	} else if (score > w->second ||
		   (score == w->second && comes_before(m, x->expense, w->second_by))) {
		w->second = score;
		w->second_by = x->expense;
	}
}

/* The other charge that wants the edge's document at least as much; CLA_MATCH_NOBODY when there is
 * none. */
static size_t rival(const struct wanted *w, const struct edge *x)
{
	bool best = w->best_by == x->expense;
	size_t other = best ? w->second_by : w->best_by;

	return (best ? w->second : w->best) >= x->fit.score ? other : CLA_MATCH_NOBODY;
}

static const char *why_not(const struct cla_match_fit *f)
{
	if (f->how == CLA_HOW_UNREADABLE)
		return "not-readable";
	if (!f->type_ok)
		return "type";
	return f->how == CLA_HOW_DIFFERENT || f->how == CLA_HOW_NO_RATE ? "difference-amount"
									: "date-window";
}

/* One expense's edges, best first. `wanted` is NULL for claims: who claims a document need not mind
 * who else does. */
static bool decide(struct cla_match *m, const struct wanted *wanted, const struct edge *edges,
		   size_t count, struct cla_err *err)
{
	struct cla_match_outcome *out = &m->outcomes[edges->expense];
	struct cla_match_entry *entries = cla_arena_array(&m->arena, count, sizeof(*entries));
	size_t best = CLA_MATCH_NOBODY;
	bool tie = false;

	if (!entries)
		return cla_err_oom(err);
	for (size_t i = 0; i < count; i++) {
		struct cla_match_entry *x = &entries[i];
		*x = (struct cla_match_entry){ .doc = edges[i].doc,
					       .fit = edges[i].fit,
					       .better = CLA_MATCH_NOBODY };
		if (!cla_match_fits(&x->fit)) {
			x->reason = why_not(&x->fit);
			continue;
		}
		if (wanted)
			x->better = rival(&wanted[x->doc], &edges[i]);
		x->reason = x->better == CLA_MATCH_NOBODY ? "other-document" : "other-expense";
		if (best == CLA_MATCH_NOBODY)
			best = i;
		else
			tie |= x->fit.score == entries[best].fit.score;
	}
	if (tie) {
		out->result.state = CLA_MATCH_AMBIGUOUS;
	} else if (best != CLA_MATCH_NOBODY && entries[best].better == CLA_MATCH_NOBODY) {
		out->result.state = CLA_MATCH_MATCHED;
		entries[best].reason = NULL;
		if (!cla_match_take(m, edges->expense, &entries[best], 1, err))
			return false;
		count--;
		memmove(&entries[best], &entries[best + 1], (count - best) * sizeof(*entries));
	}
	return cla_match_add_candidates(m, edges->expense, entries, count, err);
}

static bool decide_all(struct cla_match *m, const struct wanted *wanted, const struct edges *edges,
		       struct cla_err *err)
{
	size_t end;

	for (size_t i = 0; i < edges->list.count; i = end) {
		for (end = i + 1; end < edges->list.count; end++)
			if (edge_at(edges, end)->expense != edge_at(edges, i)->expense)
				break;
		if (!decide(m, wanted, edge_at(edges, i), end - i, err))
			return false;
	}
	return true;
}

/* Documents that are claimed, by folio or authorization code. */
static bool take_claimed(struct cla_match *m, struct pool *p, struct cla_err *err)
{
	CLA_CLEANUP(clear_edges) struct edges edges = { 0 };

	if (!find_edges(m, p, true, &edges, err) || !decide_all(m, NULL, &edges, err))
		return false;
	for (size_t i = 0; i < edges.list.count; i++) {
		const struct cla_match_outcome *out = &m->outcomes[edge_at(&edges, i)->expense];
		if (out->result.state == CLA_MATCH_MATCHED)
			p->taken[out->taken->doc] = true;
	}
	return true;
}

/* Documents that nobody claims, where charge and document want each other more than any other. */
static bool take_fitting(struct cla_match *m, struct pool *p, struct cla_err *err)
{
	CLA_CLEANUP(clear_edges) struct edges edges = { 0 };
	struct wanted *wanted = cla_arena_array(&m->arena, m->docs.count + 1, sizeof(*wanted));

	if (!wanted)
		return cla_err_oom(err);
	for (size_t i = 0; i < m->docs.count; i++)
		wanted[i] = (struct wanted){ -1, -1, CLA_MATCH_NOBODY, CLA_MATCH_NOBODY };
	if (!find_edges(m, p, false, &edges, err))
		return false;
	for (size_t i = 0; i < edges.list.count; i++)
		want(m, &wanted[edge_at(&edges, i)->doc], edge_at(&edges, i));
	return decide_all(m, wanted, &edges, err);
}

bool cla_match_pool(struct cla_match *m, struct cla_err *err)
{
	struct pool pool = { 0 };

	/* without imported documents there is no pool, and nothing to decide */
	return make_pool(m, &pool, err) &&
	       (!pool.count || (take_claimed(m, &pool, err) && take_fitting(m, &pool, err)));
}
