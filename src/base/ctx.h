/* base/ctx.h - what every stage is handed: where to talk, what time it is, whether to stop.
 *
 * Borrowed everywhere, owned by cli/. The signal handler does nothing but set *cancelled.
 */
#ifndef CLA_BASE_CTX_H
#define CLA_BASE_CTX_H

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#include <signal.h>

/* Counts for the progress display; both 0 when not known yet. */
struct cla_progress {
	void (*update)(void *ctx, const char *stage, uint64_t done, uint64_t total);
	void *ctx;
};

struct cla_ctx {
	const struct cla_log *log;
	struct cla_clock clock;
	struct cla_progress progress;
	const volatile sig_atomic_t *cancelled; /* may be NULL */
};

static inline bool cla_ctx_cancelled(const struct cla_ctx *ctx)
{
	return ctx->cancelled && *ctx->cancelled;
}

void cla_ctx_progress(const struct cla_ctx *ctx, const char *stage, uint64_t done, uint64_t total);

#endif
