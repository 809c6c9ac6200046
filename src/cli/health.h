/* cli/health.h - how a set-up stands, line by line, with the fix named: what doctor prints, and init
 * of the locks that it tries.
 *
 * Text: a number, ok, warn, fail or skipped, what was looked at; below it the fix. With --json one
 * object a line: {"check","id","entity","result","what","fix"}; ids and results are never
 * translated.
 */
#ifndef CLA_CLI_HEALTH_H
#define CLA_CLI_HEALTH_H

#include "clara/check.h"
#include "cli/cli.h"

struct cla_health_page {
	struct cla_cli *cli;
	const char *entity; /* under examination, NULL when none */
	unsigned n;	    /* lines so far */
	int status;	    /* the exit status that the failures so far come to */
};

/* A failure is one of the set-up (exit 2). `fix` may be NULL. */
void cla_health_say(struct cla_health_page *page, enum cla_health health, const char *id,
		    const char *what, const char *fix);
/* A cla_check_fn; the context is the page. A failure's exit status is that of its kind. */
void cla_health_check(void *page, const struct cla_check_line *line);

#endif
