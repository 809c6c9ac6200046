/* cli/crew.h - judges at work on all cores; what they say is told in the order of the files.
 *
 * Threads begin when more files have come than one judge has done meanwhile. Each has a judge of its
 * own. A bounded number of files is on its way at a time, of the long ones a single one, so that
 * memory depends neither on their number nor, much, on the number of cores.
 */
#ifndef CLA_CLI_CREW_H
#define CLA_CLI_CREW_H

#include "cli/cli.h"
#include "fiscal/judge.h"

struct cla_crew;

struct cla_crew_result {
	char *path;
	struct cla_err err; /* CLA_ERR_NONE: it was judged */
	struct cla_judgement judgement;
	bool hashed; /* see cla_judging_fd() */
};
/* Called in the thread that gives the files. False stops everything, with err. */
typedef bool cla_crew_fn(void *ctx, struct cla_crew_result *result, struct cla_err *err);

/* `judge` was made with `opts` and has its certificates; it belongs to the crew until that is freed.
 * Official schemas are compiled once only, for one thread. */
CLA_USE bool cla_crew_new(struct cla_cli *cli, struct cla_judge *judge,
			  const struct cla_judge_opts *opts, cla_crew_fn *fn, void *ctx,
			  struct cla_crew **ret, struct cla_err *err);
void cla_crew_free(struct cla_crew *crew);
static inline void cla_crew_freep(struct cla_crew **crew)
{
	cla_crew_free(*crew);
	*crew = NULL;
}
#define cla_auto_crew CLA_CLEANUP(cla_crew_freep)

CLA_USE bool cla_crew_give(struct cla_crew *crew, const char *path, struct cla_err *err);
/* Waits until everything given was told. */
CLA_USE bool cla_crew_finish(struct cla_crew *crew, struct cla_err *err);

#endif
