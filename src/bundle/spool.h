/* bundle/spool.h - bytes made on the way, kept in an unnamed file until the archive wants them
 * (private to bundle/). */
#ifndef CLA_BUNDLE_SPOOL_H
#define CLA_BUNDLE_SPOOL_H

#include "crypto/digest.h"

struct cla_spool {
	int fd;
	uint64_t size;
};

CLA_USE bool cla_spool_open(struct cla_spool *s, const char *dir, struct cla_err *err);
void cla_spool_close(struct cla_spool *s);
/* Appends; *at is where the bytes begin. */
CLA_USE bool cla_spool_add(struct cla_spool *s, struct cla_str bytes, uint64_t *at,
			   struct cla_err *err);
typedef bool cla_spool_sink(void *ctx, struct cla_str bytes, struct cla_err *err);
CLA_USE bool cla_spool_read(const struct cla_spool *s, uint64_t at, uint64_t len,
			    cla_spool_sink *sink, void *ctx, struct cla_err *err);

#endif
