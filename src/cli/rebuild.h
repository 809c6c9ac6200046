/* cli/rebuild.h - doctor --rebuild.
 *
 * The catalogue is made anew from the journal as it is, whatever an earlier catalogue knew of it;
 * revisions whose lines the journal lost are recovered from bundles/, where archive, statement and
 * signature hold. What was lost stays visible: the custody log gets an event about it.
 */
#ifndef CLA_CLI_REBUILD_H
#define CLA_CLI_REBUILD_H

#include "cli/cli.h"

/* Returns the exit status. */
int cla_rebuild(struct cla_cli *cli);

#endif
