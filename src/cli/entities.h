/* cli/entities.h - one command for all entities that were chosen, and the table that closes it.
 *
 * Entities are separate: each has its own credentials, token, rows and verdict, and one that fails
 * does not stop the others. The exit status is the worst of them (cla_exit_worst). Only an
 * interruption ends the run early.
 *
 * After more than one entity a table goes to stderr: a line an entity with what came and how it
 * ended.
 */
#ifndef CLA_CLI_ENTITIES_H
#define CLA_CLI_ENTITIES_H

#include "cli/pipeline.h"

/* What an entity's line of the table says. */
struct cla_tally {
	uint64_t rows, new_rows, changed_rows, documents, findings, missing, calls;
	int64_t ms;
	int status;
};
/* Adds a month. */
void cla_tally_add(struct cla_tally *tally, const struct cla_outcome *o);

/* Returns the entity's exit status; errors have been told. */
typedef int cla_entity_fn(void *ctx, struct cla_pipeline *p, const struct cla_entity *entity,
			  struct cla_tally *tally);

struct cla_entities {
	cla_entity_fn *fn;
	void *ctx;
	bool table;
};
/* Opens the data directory once for all of them. */
int cla_entities_run(struct cla_cli *cli, const struct cla_entities *work);

#endif
