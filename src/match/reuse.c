#include "match/match_priv.h"

#include <stdlib.h>

static int compare_keys(const struct cla_match_seen *x, const struct cla_match_seen *y)
{
	if (x->by_bytes != y->by_bytes)
		return x->by_bytes ? 1 : -1;
	return cla_str_cmp(x->key, y->key);
}

static int compare_uses(const struct cla_match_use *x, const struct cla_match_use *y)
{
	int order = cla_str_cmp(x->entity, y->entity);

	if (!order)
		order = cla_str_cmp(x->month, y->month);
	if (!order)
		order = cla_str_cmp(x->kind, y->kind);
	return order ? order : cla_str_cmp(x->uuid, y->uuid);
}

static int compare_seen(const void *a, const void *b)
{
	const struct cla_match_seen *x = a, *y = b;
	int order = compare_keys(x, y);

	if (!order)
		order = compare_uses(&x->use, &y->use);
	return order ? order : x->expense < y->expense ? -1 : x->expense > y->expense;
}

/* By use, an equal id before equal bytes. */
static int compare_found(const void *a, const void *b)
{
	const struct cla_match_seen *x = *(const struct cla_match_seen *const *)a;
	const struct cla_match_seen *y = *(const struct cla_match_seen *const *)b;
	int order = compare_uses(&x->use, &y->use);

	return order ? order : (int)x->by_bytes - (int)y->by_bytes;
}

static int compare_expenses(const void *a, const void *b, void *ctx)
{
	const struct cla_match *m = ctx;
	const struct cla_match_side *x = cla_match_side(m, *(const size_t *)a);
	const struct cla_match_side *y = cla_match_side(m, *(const size_t *)b);

	if (x->in.kind != y->in.kind)
		return x->in.kind < y->in.kind ? -1 : 1;
	return cla_str_cmp(x->in.uuid, y->in.uuid);
}

/* A use known from elsewhere may speak of an expense that is here: then what is here counts. */
static bool is_here(const struct cla_match *m, const size_t *sorted,
		    const struct cla_match_use *use)
{
	size_t from = 0, to = m->expenses.count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct cla_match_side *e = cla_match_side(m, sorted[mid]);
		struct cla_str kind = cla_str_from(cla_expense_kind_name(e->in.kind));
		int order = cla_str_eq(kind, use->kind)	   ? cla_str_cmp(e->in.uuid, use->uuid)
			    : e->in.kind == CLA_EXPENSE_TX ? -1
							   : 1;
		if (!order)
			return true;
		if (order < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

static bool see(struct cla_match *m, size_t expense, struct cla_str id,
		const struct cla_digest *sha256, struct cla_err *err)
{
	const struct cla_match_side *e = cla_match_side(m, expense);
	const struct cla_str keys[] = { id,
					{ (const char *)sha256->bytes, sizeof(sha256->bytes) } };

	for (size_t i = 0; i < CLA_LEN(keys); i++) {
		if (!keys[i].len)
			continue;
		struct cla_match_seen *s = cla_match_grow(&m->seen, sizeof(*s));
		if (!s)
			return cla_err_oom(err);
		s->by_bytes = i == 1;
		s->key = keys[i];
		s->expense = expense;
		s->use.kind = cla_str_from(cla_expense_kind_name(e->in.kind));
		s->use.uuid = e->in.uuid;
	}
	return true;
}

/* What hangs on expenses, and what was taken from the pool. Files that are no documents are there
 * already. */
static bool see_documents(struct cla_match *m, struct cla_err *err)
{
	for (size_t i = 0; i < m->docs.count; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, i);
		if (d->in.expense != CLA_MATCH_IMPORTED &&
		    !see(m, d->in.expense, d->key, &d->in.sha256, err))
			return false;
	}
	for (size_t i = 0; i < m->expenses.count; i++) {
		const struct cla_match_result *r = &m->outcomes[i].result;
		for (size_t k = 0; k < r->imported_count; k++) {
			const struct cla_match_paper *d = cla_match_paper(m, r->imported[k]);
			if (!see(m, i, d->key, &d->in.sha256, err))
				return false;
		}
	}
	return true;
}

/* First place of a key. */
static size_t find_key(const struct cla_match_seen *seen, size_t count,
		       const struct cla_match_seen *key)
{
	size_t from = 0;

	while (from < count) {
		size_t mid = from + (count - from) / 2;
		if (compare_keys(&seen[mid], key) < 0)
			from = mid + 1;
		else
			count = mid;
	}
	return from;
}

/* Adds the first other uses of one key. */
static bool gather(const struct cla_match_seen *seen, size_t count,
		   const struct cla_match_seen *own, struct cla_match_list *found,
		   struct cla_err *err)
{
	size_t added = 0;

	for (size_t i = find_key(seen, count, own); i < count && added < CLA_MATCH_MAX_REUSED;
	     i++) {
		if (compare_keys(&seen[i], own))
			break;
		if (seen[i].expense == own->expense)
			continue;
		const struct cla_match_seen **to =
			cla_match_grow(found, sizeof(const struct cla_match_seen *));
		if (!to)
			return cla_err_oom(err);
		*to = &seen[i];
		added++;
	}
	return true;
}

static void free_list(struct cla_match_list *list)
{
	free(list->items);
	list->items = NULL;
}

/* Each other expense once, in order. */
static bool keep(struct cla_match *m, size_t expense, const struct cla_match_list *found,
		 struct cla_err *err)
{
	struct cla_match_outcome *out = &m->outcomes[expense];
	const struct cla_match_seen **list = found->items;
	size_t kept = 0;

	if (!found->count)
		return true;
	qsort(list, found->count, sizeof(*list), compare_found);
	for (size_t i = 0; i < found->count && kept < CLA_MATCH_MAX_REUSED; i++)
		if (!kept || compare_uses(&list[kept - 1]->use, &list[i]->use))
			list[kept++] = list[i];
	out->reused = cla_arena_array(&m->arena, kept, sizeof(*out->reused));
	if (!out->reused)
		return cla_err_oom(err);
	for (size_t i = 0; i < kept; i++)
		out->reused[i] = list[i];
	out->result.reused = kept;
	return true;
}

/* Places in `seen` by the expense that shows them. */
static int compare_owners(const void *a, const void *b, void *ctx)
{
	const struct cla_match_seen *seen = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (seen[x].expense != seen[y].expense)
		return seen[x].expense < seen[y].expense ? -1 : 1;
	return x < y ? -1 : x > y;
}

bool cla_match_reuse(struct cla_match *m, struct cla_err *err)
{
	CLA_CLEANUP(free_list) struct cla_match_list found = { 0 };
	size_t n = m->expenses.count, kept = 0, own = 0;
	size_t *sorted = cla_arena_array(&m->arena, n + 1, sizeof(*sorted));

	if (!sorted)
		return cla_err_oom(err);
	for (size_t i = 0; i < n; i++)
		sorted[i] = i;
	qsort_r(sorted, n, sizeof(*sorted), compare_expenses, m);
	if (!see_documents(m, err))
		return false;
	struct cla_match_seen *seen = m->seen.items;
	if (!m->seen.count)
		return true;
	qsort(seen, m->seen.count, sizeof(*seen), compare_seen);
	for (size_t i = 0; i < m->seen.count; i++) {
		bool again = kept && !compare_seen(&seen[kept - 1], &seen[i]);
		if (!again &&
		    (seen[i].expense != CLA_MATCH_NOBODY || !is_here(m, sorted, &seen[i].use)))
			seen[kept++] = seen[i];
	}
	m->seen.count = kept;
	size_t *owned = cla_arena_array(&m->arena, kept + 1, sizeof(*owned));
	if (!owned)
		return cla_err_oom(err);
	for (size_t i = 0; i < kept; i++)
		if (seen[i].expense != CLA_MATCH_NOBODY)
			owned[own++] = i;
	qsort_r(owned, own, sizeof(*owned), compare_owners, seen);
	for (size_t i = 0; i < own;) {
		size_t expense = seen[owned[i]].expense;
		found.count = 0;
		for (; i < own && seen[owned[i]].expense == expense; i++)
			if (!gather(seen, kept, &seen[owned[i]], &found, err))
				return false;
		if (!keep(m, expense, &found, err))
			return false;
	}
	return true;
}
