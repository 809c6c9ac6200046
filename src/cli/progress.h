/* cli/progress.h - tells people how far a run has come, on stderr.
 *
 * On a terminal a bar that redraws itself at most ten times a second; otherwise a plain line every
 * 30 s.
 */
#ifndef CLA_CLI_PROGRESS_H
#define CLA_CLI_PROGRESS_H

#include "cli/cli.h"

struct cla_bar {
	const struct cla_cli *cli;
	bool drawn; /* the bar stands on the terminal's last line */
	int64_t last_ms;
};

/* Ties the bar to cli->ctx.progress; once a run, it must last as long. With -q nothing is drawn. */
void cla_bar_init(struct cla_bar *bar, struct cla_cli *cli);
/* Takes the bar off the terminal, before anything else is written there. */
void cla_bar_clear(struct cla_cli *cli);

#endif
