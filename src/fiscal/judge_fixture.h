/* fiscal/judge_fixture.h - what the tests of judging share. cmocka.h and what it needs are included
 * before. */
#ifndef CLA_FISCAL_JUDGE_FIXTURE_H
#define CLA_FISCAL_JUDGE_FIXTURE_H

#include "fiscal/judge.h"
#include "xml/doc.h"

#include <string.h>

/* For a group: a judge without certificates as the state. */
static inline int make_judge(void **state)
{
	static const struct cla_judge_opts opts = { .now = { 1800000000, 0 } }; /* 2027-01-15 */
	struct cla_judge *judge = NULL;

	cla_xml_init();
	if (!cla_judge_new(&opts, &judge, NULL))
		return -1;
	*state = judge;
	return 0;
}

static inline int free_judge(void **state)
{
	cla_judge_free(*state);
	return 0;
}

/* The first finding of a rule; NULL when there is none. */
static inline const struct cla_finding *finding_of(const struct cla_document *d, const char *rule)
{
	for (const struct cla_finding *f = d->findings; f; f = f->next) {
		if (!strcmp(f->rule, rule))
			return f;
	}
	return NULL;
}

#endif
