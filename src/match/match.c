#include "match/match_priv.h"

#include <stdlib.h>
#include <string.h>

void *cla_match_grow(struct cla_match_list *list, size_t size)
{
	if (list->count == list->cap) {
		size_t cap = list->cap ? list->cap + list->cap / 2 : 64;
		void *items = reallocarray(list->items, cap, size);
		if (!items)
			return NULL;
		list->items = items;
		list->cap = cap;
	}
	return memset((char *)list->items + list->count++ * size, 0, size);
}

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
	*ret = m;
	return true;
}

void cla_match_free(struct cla_match *m)
{
	if (!m)
		return;
	free(m->expenses.items);
	free(m->docs.items);
	free(m->seen.items);
	cla_arena_clear(&m->arena);
	free(m);
}

struct cla_str cla_match_word(struct cla_match *m, struct cla_str s, bool *mem)
{
	for (size_t i = 0; i < m->word_count; i++)
		if (cla_str_absent(s) == cla_str_absent(m->words[i]) && cla_str_eq(s, m->words[i]))
			return m->words[i];
	struct cla_str own = cla_arena_str(&m->arena, s, mem);
	if (*mem && m->word_count < CLA_MATCH_WORDS)
		m->words[m->word_count++] = own;
	return own;
}

/* Takes over slices that were borrowed from the caller. */
static bool own(struct cla_match *m, struct cla_str *const *slices, size_t count,
		struct cla_err *err)
{
	bool mem = true;

	for (size_t i = 0; i < count; i++)
		*slices[i] = cla_arena_str(&m->arena, *slices[i], &mem);
	return mem || cla_err_oom(err);
}

static bool may_add(const struct cla_match *m, struct cla_err *err)
{
	return !m->ran || cla_err_set(err, CLA_ERR_INTERNAL, "matching: it has run already");
}

static bool check_expense(const struct cla_match *m, size_t expense, struct cla_err *err)
{
	return expense < m->expenses.count ||
	       cla_err_set(err, CLA_ERR_INTERNAL, "matching: no such expense");
}

bool cla_match_add_expense(struct cla_match *m, const struct cla_match_expense *e, size_t *index,
			   struct cla_err *err)
{
	if (!may_add(m, err))
		return false;
	struct cla_match_side *side = cla_match_grow(&m->expenses, sizeof(*side));
	if (!side)
		return cla_err_oom(err);
	if (!cla_match_read_expense(m, e, side, err))
		return false;
	*index = m->expenses.count - 1;
	return true;
}

bool cla_match_add_document(struct cla_match *m, const struct cla_match_doc *d, struct cla_err *err)
{
	if (!may_add(m, err) ||
	    (d->expense != CLA_MATCH_IMPORTED && !check_expense(m, d->expense, err)))
		return false;
	struct cla_match_paper *paper = cla_match_grow(&m->docs, sizeof(*paper));
	if (!paper)
		return cla_err_oom(err);
	return cla_match_read_paper(m, d, paper, err);
}

bool cla_match_add_file(struct cla_match *m, size_t expense, const struct cla_digest *sha256,
			struct cla_err *err)
{
	struct cla_str bytes = { (const char *)sha256->bytes, sizeof(sha256->bytes) };
	bool mem = true;

	if (!may_add(m, err) || !check_expense(m, expense, err))
		return false;
	struct cla_match_seen *seen = cla_match_grow(&m->seen, sizeof(*seen));
	if (!seen)
		return cla_err_oom(err);
	const struct cla_match_side *e = cla_match_side(m, expense);
	seen->by_bytes = true;
	seen->key = cla_arena_str(&m->arena, bytes, &mem);
	seen->expense = expense;
	seen->use.kind = cla_str_from(cla_expense_kind_name(e->in.kind));
	seen->use.uuid = e->in.uuid;
	return mem || cla_err_oom(err);
}

static bool add_seen(struct cla_match *m, bool by_bytes, struct cla_str key,
		     const struct cla_match_use *use, struct cla_err *err)
{
	struct cla_match_seen seen = { by_bytes, key, *use, CLA_MATCH_NOBODY };
	struct cla_str *const slices[] = { &seen.key, &seen.use.entity, &seen.use.month,
					   &seen.use.kind, &seen.use.uuid };

	if (!own(m, slices, CLA_LEN(slices), err))
		return false;
	struct cla_match_seen *to = cla_match_grow(&m->seen, sizeof(*to));
	if (!to)
		return cla_err_oom(err);
	*to = seen;
	return true;
}

bool cla_match_add_use(struct cla_match *m, struct cla_str id, const struct cla_digest *sha256,
		       const struct cla_match_use *use, struct cla_err *err)
{
	cla_auto_buf struct cla_buf upper = CLA_BUF_INIT(1024);

	if (!may_add(m, err))
		return false;
	for (size_t i = 0; i < id.len; i++)
		cla_buf_byte(&upper, (char)(id.ptr[i] >= 'a' && id.ptr[i] <= 'z' ? id.ptr[i] - 32
										 : id.ptr[i]));
	if (!cla_buf_ok(&upper, err) ||
	    (id.len && !add_seen(m, false, cla_buf_str(&upper), use, err)))
		return false;
	return !sha256 ||
	       add_seen(m, true,
			(struct cla_str){ (const char *)sha256->bytes, sizeof(sha256->bytes) }, use,
			err);
}

/* ---- what comes out ---- */

static struct cla_match_kept kept(const struct cla_match_entry *e)
{
	return (struct cla_match_kept){ e->doc, e->better, e->reason, e->fit.score };
}

bool cla_match_take(struct cla_match *m, size_t expense, const struct cla_match_entry *entries,
		    size_t count, struct cla_err *err)
{
	struct cla_match_outcome *out = &m->outcomes[expense];
	size_t *imported = cla_arena_array(&m->arena, count, sizeof(*imported));

	out->taken = cla_arena_array(&m->arena, count, sizeof(*out->taken));
	if (!out->taken || !imported)
		return cla_err_oom(err);
	for (size_t i = 0; i < count; i++) {
		out->taken[i] = kept(&entries[i]);
		if (cla_match_paper(m, entries[i].doc)->in.expense == CLA_MATCH_IMPORTED)
			imported[out->result.imported_count++] = entries[i].doc;
	}
	out->result.imported = imported;
	out->result.documents = count;
	return true;
}

static int compare_candidates(const void *a, const void *b, void *ctx)
{
	const struct cla_match *m = ctx;
	const struct cla_match_kept *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	int order =
		cla_match_compare_papers(cla_match_paper(m, x->doc), cla_match_paper(m, y->doc));
	return order ? order : x->doc < y->doc ? -1 : x->doc > y->doc;
}

bool cla_match_add_candidates(struct cla_match *m, size_t expense,
			      const struct cla_match_entry *entries, size_t count,
			      struct cla_err *err)
{
	struct cla_match_outcome *out = &m->outcomes[expense];
	size_t held = out->result.candidates;
	struct cla_match_kept *all;

	if (!count)
		return true;
	all = cla_arena_array(&m->arena, held + count, sizeof(*all));
	if (!all)
		return cla_err_oom(err);
	for (size_t i = 0; i < held; i++)
		all[i] = out->candidates[i];
	for (size_t i = 0; i < count; i++)
		all[held + i] = kept(&entries[i]);
	qsort_r(all, held + count, sizeof(*all), compare_candidates, m);
	out->candidates = all;
	out->result.candidates = held + count;
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

static enum cla_receiver receiver_of(const struct cla_match *m, const struct cla_match_outcome *out)
{
	enum cla_receiver worst = CLA_RECEIVER_OURS;
	bool any = false;

	for (size_t i = 0; i < out->result.documents; i++, any = true)
		worst = worse(worst, cla_match_paper(m, out->taken[i].doc)->receiver);
	for (size_t i = 0; !out->result.documents && i < out->result.candidates; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, out->candidates[i].doc);
		if (d->in.expense == CLA_MATCH_IMPORTED)
			continue;
		worst = worse(worst, d->receiver);
		any = true;
	}
	return any ? worst : CLA_RECEIVER_UNKNOWN;
}

bool cla_match_run(struct cla_match *m, struct cla_err *err)
{
	if (!may_add(m, err))
		return false;
	m->ran = true;
	m->outcomes = cla_arena_array(&m->arena, m->expenses.count + 1, sizeof(*m->outcomes));
	if (!m->outcomes)
		return cla_err_oom(err);
	if (!cla_match_index(m, err) || !cla_match_attached(m, err) || !cla_match_pool(m, err) ||
	    !cla_match_reuse(m, err))
		return cla_err_wrap(err, "matching");
	for (size_t i = 0; i < m->expenses.count; i++)
		m->outcomes[i].result.receiver = receiver_of(m, &m->outcomes[i]);
	return true;
}

const struct cla_match_result *cla_match_result(const struct cla_match *m, size_t expense)
{
	return m->outcomes && expense < m->expenses.count ? &m->outcomes[expense].result : NULL;
}
