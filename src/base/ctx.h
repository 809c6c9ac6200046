/* base/ctx.h - what every stage is handed: where to talk, what time it is, whether to stop.
 *
 * Borrowed everywhere, owned by cli/. The signal handler does nothing but set *cancelled.
 */
#ifndef CLA_BASE_CTX_H
#define CLA_BASE_CTX_H

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#include <stdatomic.h>

/* Counts for the progress display; both 0 when not known yet. */
struct cla_progress {
	void (*update)(void *ctx, const char *stage, uint64_t done, uint64_t total);
	void *ctx;
};

/* Called around each wait for the network: what else there is to do may go on meanwhile, until `end`
 * returns. NULL: nothing. */
struct cla_pause {
	void (*begin)(void *ctx);
	void (*end)(void *ctx);
	void *ctx;
};

struct cla_ctx {
	const struct cla_log *log;
	struct cla_clock clock;
	struct cla_progress progress;
	struct cla_pause pause;
	const atomic_int *cancelled; /* set by a signal, read by all threads; may be NULL */
};

static inline bool cla_ctx_cancelled(const struct cla_ctx *ctx)
{
	return ctx->cancelled && *ctx->cancelled;
}

static inline void cla_ctx_pause_begin(const struct cla_ctx *ctx)
{
	if (ctx->pause.begin)
		ctx->pause.begin(ctx->pause.ctx);
}

static inline void cla_ctx_pause_end(const struct cla_ctx *ctx)
{
	if (ctx->pause.end)
		ctx->pause.end(ctx->pause.ctx);
}

void cla_ctx_progress(const struct cla_ctx *ctx, const char *stage, uint64_t done, uint64_t total);

#endif
