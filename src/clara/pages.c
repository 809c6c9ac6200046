/* clara/pages.c - the pages of a list that were had. */
#include "clara/collect_priv.h"

#define MAX_KEY 4096

bool cla_pages_keep(struct cla_pages *pages, struct cla_arena *arena, const struct cla_job *job,
		    struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(MAX_KEY);
	const struct cla_run *run = job->run;
	bool ok = true;

	if (!cla_plan_month_key(run->entity, job->resource, run->opts->month,
				cla_str_from(job->target), &key, err))
		return false;
	struct cla_page_had *page = cla_arena_alloc(arena, sizeof(*page));
	if (page)
		page->key = cla_arena_str(arena, cla_buf_str(&key), &ok);
	if (!page || !ok)
		return cla_err_oom(err);
	page->object = job->object;
	if (pages->last)
		pages->last->next = page;
	else
		pages->first = page;
	pages->last = page;
	pages->count++;
	if (cla_time_cmp(job->counts_from, pages->newest) > 0)
		pages->newest = job->counts_from;
	return true;
}

void cla_pages_keys(const struct cla_pages *pages, struct cla_str *keys)
{
	for (const struct cla_page_had *p = pages->first; p; p = p->next)
		*keys++ = p->key;
}
