/* cli/apart.h - hostile input handed to a library that bounds nothing, in a process of its own.
 *
 * The child is forked, has little memory and time and can write no file; all that it can do is to
 * hand files back through a pipe, and what comes through it is believed no more than an archive
 * (tar/unpack.h: the same bounds, the same callbacks).
 */
#ifndef CLA_CLI_APART_H
#define CLA_CLI_APART_H

#include "cli/cli.h"
#include "tar/unpack.h"

#define CLA_APART_MEMORY (1ull << 30)
#define CLA_APART_SECONDS 20

/* In the child: hands one file back. False: stop. */
struct cla_apart;
bool cla_apart_put(struct cla_apart *out, struct cla_str name, struct cla_str bytes);

/* Runs in the child; what it returns, 0 to 100, is *status. */
typedef int cla_apart_work(void *ctx, struct cla_apart *out);

/* *status -1: it was ended by a limit, or crashed; a file on its way is then reported as damaged.
 * `ratio` and `grace` of the limits are not looked at. */
CLA_USE bool cla_apart_run(cla_apart_work *work, void *work_ctx,
			   const struct cla_unpack_limits *limits, struct cla_unpack_budget *budget,
			   const struct cla_unpack *fn, int *status, struct cla_err *err);

#endif
