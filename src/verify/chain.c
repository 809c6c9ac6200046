#include "verify/chain.h"

#include "base/grow.h"
#include "verify/verify_priv.h"

#include <stdlib.h>
#include <string.h>

struct link {
	const char *path;
	struct cla_base_name base;
	char entity[64];
	struct cla_digest tar;
	struct cla_verify_link said;
};

struct cla_verify_chain {
	struct link *links;
	size_t count, cap, next;
	bool sorted;
	struct cla_arena arena; /* paths */
};

bool cla_verify_chain_new(struct cla_verify_chain **ret, struct cla_err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret || cla_err_oom(err);
}

void cla_verify_chain_free(struct cla_verify_chain *chain)
{
	if (!chain)
		return;
	cla_arena_clear(&chain->arena);
	free(chain->links);
	free(chain);
}

bool cla_verify_chain_add(struct cla_verify_chain *chain, const char *path,
			  const struct cla_verify_report *report, struct cla_err *err)
{
	struct link l = { .tar = report->sha256, .said = report->link };
	bool ok = true;

	if (!report->link.present || !cla_base_name_read(cla_str_from(report->base), &l.base))
		return true;
	for (size_t i = 0; i < chain->count; i++)
		if (cla_digest_eq(&chain->links[i].said.statement, &l.said.statement))
			return true;
	memcpy(l.entity, report->entity, sizeof(l.entity));
	l.path = cla_arena_str(&chain->arena, cla_str_from(path), &ok).ptr;
	if (!ok)
		return cla_err_oom(err);
	if (!cla_grow(&chain->links, &chain->cap, chain->count, sizeof(l), err))
		return false;
	chain->links[chain->count++] = l;
	return true;
}

static int compare_entity(const struct link *a, const struct link *b)
{
	int cmp = strcmp(a->base.country, b->base.country);
	return cmp ? cmp : strcmp(a->base.slug, b->base.slug);
}

static int compare(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	int cmp = compare_entity(x, y);

	if (!cmp)
		cmp = x->said.seq < y->said.seq ? -1 : x->said.seq > y->said.seq;
	return cmp ? cmp : strcmp(x->path, y->path);
}

/* The link with that seq; NULL when none is at hand. */
static const struct link *at_seq(const struct link *links, size_t count, uint64_t seq)
{
	for (size_t i = 0; i < count; i++)
		if (links[i].said.seq == seq)
			return &links[i];
	return NULL;
}

static const struct link *of_base(const struct link *links, size_t count, const char *base)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(links[i].base.text, base))
			return &links[i];
	return NULL;
}

static void check_prev(struct cla_verify *v, const struct link *l, const struct link *before)
{
	if (!before || !*l->said.prev)
		return;
	if (strcmp(l->said.prev, before->base.text) != 0)
		cla_verify_problem(v, l->path, "predicate.prev.name", cla_str_from(l->said.prev),
				   cla_str_from(before->base.text));
	if (!cla_digest_eq(&l->said.prev_statement, &before->said.statement))
		cla_verify_differ(v, l->path, "predicate.prev.statement_sha256",
				  &l->said.prev_statement, &before->said.statement);
	if (l->said.custody < before->said.custody)
		cla_verify_problemf(v, l->path, "predicate.custody.n",
				    "no less than in the statement before", "%llu after %llu",
				    (unsigned long long)l->said.custody,
				    (unsigned long long)before->said.custody);
}

static void check_superseded(struct cla_verify *v, const struct link *l, const struct link *old)
{
	if (!old)
		return;
	if (!cla_digest_eq(&l->said.old_tar, &old->tar))
		cla_verify_differ(v, l->path, "predicate.supersedes.tar_sha256", &l->said.old_tar,
				  &old->tar);
	else if (!cla_digest_eq(&l->said.old_leaves, &old->said.leaves))
		cla_verify_problemf(v, l->path, "predicate.supersedes.changes",
				    "what leads from one tree to the other",
				    "changes of another tree than that of %s", old->path);
	if (l->said.seq <= old->said.seq)
		cla_verify_problemf(v, l->path, "predicate.seq",
				    "greater than that of the revision before", "%llu",
				    (unsigned long long)l->said.seq);
}

/* Places between those at hand that none takes. */
static void check_gap(struct cla_verify *v, const struct link *l, uint64_t due, bool *gap)
{
	if (l->said.seq <= due)
		return;
	*gap = true;
	cla_verify_note_add(v, "gap: %llu statements from seq %llu on are not here, before %s",
			    (unsigned long long)(l->said.seq - due), (unsigned long long)due,
			    l->base.text);
}

/* All of one entity, sorted by seq. */
static void check_entity(struct cla_verify *v, const struct link *links, size_t count, bool *gap)
{
	uint64_t due = 0;

	for (size_t i = 0; i < count; i++) {
		const struct link *l = &links[i];
		const struct link *twin = of_base(links, i, l->base.text);
		check_gap(v, l, due, gap);
		due = l->said.seq + 1;
		if (i && links[i - 1].said.seq == l->said.seq)
			cla_verify_problemf(v, l->path, "predicate.seq",
					    "one statement in each place", "%llu, as in %s",
					    (unsigned long long)l->said.seq, links[i - 1].path);
		if (twin)
			cla_verify_problemf(v, l->path, "predicate.revision",
					    "one bundle of each revision", "%s, as in %s",
					    l->base.text, twin->path);
		if (l->said.seq)
			check_prev(v, l, at_seq(links, count, l->said.seq - 1));
		if (*l->said.old)
			check_superseded(v, l, of_base(links, count, l->said.old));
	}
}

bool cla_verify_chain_next(struct cla_verify_chain *chain, bool whole,
			   struct cla_verify_chain_report *ret, bool *more, struct cla_err *err)
{
	struct cla_verify v = { .report = &ret->report };
	bool gap = false;

	memset(ret, 0, sizeof(*ret));
	cla_verify_report_init(&ret->report);
	if (!chain->sorted && chain->count)
		qsort(chain->links, chain->count, sizeof(*chain->links), compare);
	chain->sorted = true;
	*more = false;
	while (!*more && chain->next < chain->count) {
		const struct link *first = &chain->links[chain->next];
		size_t n = 1;
		while (chain->next + n < chain->count && !compare_entity(first, first + n))
			n++;
		chain->next += n;
		if (n == 1 && !whole)
			continue;
		check_entity(&v, first, n, &gap);
		memcpy(ret->country, first->base.country, sizeof(ret->country));
		memcpy(ret->report.entity, first->entity, sizeof(ret->report.entity));
		ret->statements = n;
		ret->first = first->said.seq;
		ret->last = first[n - 1].said.seq;
		*more = true;
	}
	ret->report.result = ret->report.problem_count ? CLA_VERIFY_FAIL
			     : gap && whole	       ? CLA_VERIFY_UNKNOWN
						       : CLA_VERIFY_PASS;
	return !v.oom || cla_err_oom(err);
}
