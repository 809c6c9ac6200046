/* base/log.c - formats a message and hands it to the sink. */
#include "base/log.h"

#include "base/base_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void cla_log(const struct cla_log *log, enum cla_log_level level, const char *fmt, ...)
{
	int saved = errno;
	char msg[2048];
	va_list ap;

	if (!log || !log->emit || level > log->level)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	cla_text_plain(msg);
	log->emit(log->ctx, level, msg);
	errno = saved;
}
