/* base/ctx.c - the progress callback, where there is one. */
#include "base/ctx.h"

void cla_ctx_progress(const struct cla_ctx *ctx, const char *stage, uint64_t done, uint64_t total)
{
	if (ctx->progress.update)
		ctx->progress.update(ctx->progress.ctx, stage, done, total);
}
