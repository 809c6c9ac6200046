/* base/log.h - the sink that the library talks into; only cli/ decides what is shown and where. */
#ifndef CLA_BASE_LOG_H
#define CLA_BASE_LOG_H

#include "base/str.h"

enum cla_log_level { CLA_LOG_ERROR, CLA_LOG_WARN, CLA_LOG_INFO, CLA_LOG_DEBUG };

struct cla_log {
	enum cla_log_level level; /* messages above it are dropped before formatting */
	void (*emit)(void *ctx, enum cla_log_level level, const char *msg);
	void *ctx;
};

/* log may be NULL. errno is kept. */
void cla_log(const struct cla_log *log, enum cla_log_level level, const char *fmt, ...)
	CLA_PRINTF(3, 4);

#endif
