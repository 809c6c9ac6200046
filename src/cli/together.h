/* cli/together.h - a first look at files to be judged, for events among them: what an event says of a note
 * (fiscal/related.h) must be known when the note is told, whichever comes first.
 *
 * Only files that hold an event are judged here, and judged again in their turn. What cannot be read is
 * passed over: it is told in its turn. A single file needs no such look.
 */
#ifndef CLA_CLI_TOGETHER_H
#define CLA_CLI_TOGETHER_H

#include "cli/cli.h"
#include "fiscal/judge.h"
#include "fiscal/related.h"

CLA_USE bool cla_together_look(struct cla_cli *cli, struct cla_judge *judge, int argc, char **argv,
			       struct cla_related *related, struct cla_err *err);

#endif
