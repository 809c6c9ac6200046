/* cli/entities.h - one command for all entities that were chosen, and the table that closes it.
 *
 * Entities are separate: each has its own credentials, token, rows and verdict, and one that fails
 * does not stop the others. The exit status is the worst of them (cla_exit_worst). Only an
 * interruption ends the run early.
 *
 * Work on an entity has two parts. Collecting is mostly waiting for servers: with `jobs` over 1 so
 * many entities are collected at a time. They take turns, and one goes on while the others wait for
 * the network; nothing but waiting overlaps, so that one store, one journal and one judge serve all
 * of them, and none of the code below knows of threads. Finishing is done one after the other in
 * the configuration's order: what a bundle says of documents used twice must not depend on who was
 * first. The ceiling of requests in flight is divided among those that are collected at a time.
 *
 * After more than one entity a table goes to stderr: a line an entity with what came and how it
 * ended.
 */
#ifndef CLA_CLI_ENTITIES_H
#define CLA_CLI_ENTITIES_H

#include "cli/pipeline.h"

#define CLA_JOBS_MAX 64

/* What an entity's line of the table says. */
struct cla_tally {
	uint64_t rows, new_rows, changed_rows, documents, findings, missing, calls;
	int64_t ms;
	int status;
};
/* Adds a month. */
void cla_tally_add(struct cla_tally *tally, const struct cla_outcome *o);

/* One entity's share of the run. */
struct cla_work {
	const struct cla_entity *entity;
	struct cla_outcome outcome; /* from collecting to finishing; cleared at the end */
	struct cla_tally tally;
};

/* Returns the entity's exit status; errors have been told. */
typedef int cla_work_fn(void *ctx, struct cla_pipeline *p, struct cla_work *work);

struct cla_entities {
	cla_work_fn *collect; /* NULL: nothing to collect */
	/* Where collecting ended in 0 or 3; its status is the one that counts. NULL: nothing to do. */
	cla_work_fn *finish;
	void *ctx;
	bool table;
	unsigned jobs; /* 0: 1 */
};
/* The option of commands that collect, and how they take it. */
#define CLA_OPT_JOBS(val_)                                                                         \
	{                                                                                          \
		"jobs", "N", (val_),                                                               \
		{                                                                                  \
			{                                                                          \
				"collect up to N entities at a time",                              \
					"recopilar hasta N entidades a la vez",                    \
					"coletar até N entidades por vez"                         \
			}                                                                          \
		}                                                                                  \
	}
CLA_USE bool cla_jobs_take(struct cla_cli *cli, const char *arg, unsigned *ret);

/* Opens the data directory once for all of them. */
int cla_entities_run(struct cla_cli *cli, const struct cla_entities *what);

#endif
