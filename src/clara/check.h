/* clara/check.h - the doctor's questions about one entity: can its credentials work, and do they?
 *
 * Each answer is one line: how it stands, a stable id for programs, a text for people in three
 * languages with a detail that is never translated (a date, a host, a reason), and for warn and
 * fail the fix. Nothing is stored and nothing secret is said.
 *
 *	without a network   credentials (files, their modes), client-pair (key and certificate belong
 *	                    together), client-certificate (dates; a warning from 60 days on)
 *	with it             dns, tls (the server's chain), token, clock (against the server's Date),
 *	                    entity (the tax id is accepted), scope (one line a resource; those that
 *	                    evidence can do without, and the second way to a file, only warn), shapes
 *	                    (which of the API's variants this server speaks)
 */
#ifndef CLA_CLARA_CHECK_H
#define CLA_CLARA_CHECK_H

#include "base/ctx.h"
#include "model/entity.h"
#include "model/finding.h"

enum cla_health { CLA_HEALTH_OK, CLA_HEALTH_WARN, CLA_HEALTH_FAIL, CLA_HEALTH_SKIPPED };

struct cla_check_line {
	enum cla_health health;
	const char *id;
	const struct cla_text *what;
	const char *detail;	    /* "" when there is none */
	const struct cla_text *fix; /* NULL for ok and skipped */
	/* of a failure: CLA_ERR_CONFIG, CLA_ERR_AUTH or CLA_ERR_REMOTE */
	enum cla_err_code kind;
};
typedef void cla_check_fn(void *ctx, const struct cla_check_line *line);

/* True: no line failed. False with err->code NONE: one did. */
bool cla_check_files(const struct cla_ctx *ctx, const struct cla_entity *entity, cla_check_fn *fn,
		     void *fn_ctx);
/* Asks for a token, a few rows, and once for each other resource. False as above, or with
 * CLA_ERR_INTERRUPTED. */
bool cla_check_network(const struct cla_ctx *ctx, const struct cla_entity *entity, bool proxied,
		       cla_check_fn *fn, void *fn_ctx, struct cla_err *err);
/* In place of the latter: the same lines as skipped. */
void cla_check_no_network(cla_check_fn *fn, void *fn_ctx);

#endif
