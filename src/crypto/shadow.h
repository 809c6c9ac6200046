/* crypto/shadow.h - SHA-256 in the shadow of other work: a second thread hashes what the caller has
 * produced, while the caller goes on.
 *
 *	cla_auto_shadow struct cla_shadow *s = NULL;
 *	cla_shadow_new(&s, err); cla_shadow_update(s, bytes); ... cla_shadow_finish(s, &digest, err);
 *
 * The bytes are copied; the caller waits when the other thread lags 1 MiB behind. Where no thread
 * can be had, hashing is done on the spot: the result is the same. The thread runs nothing of the
 * caller's and takes no signals.
 */
#ifndef CLA_CRYPTO_SHADOW_H
#define CLA_CRYPTO_SHADOW_H

#include "crypto/digest.h"

struct cla_shadow;

CLA_USE bool cla_shadow_new(struct cla_shadow **ret, struct cla_err *err);
void cla_shadow_free(struct cla_shadow *s); /* NULL allowed; waits for the thread */
static inline void cla_shadow_freep(struct cla_shadow **s)
{
	cla_shadow_free(*s);
	*s = NULL;
}
#define cla_auto_shadow CLA_CLEANUP(cla_shadow_freep)
void cla_shadow_update(struct cla_shadow *s, struct cla_str bytes);
/* Once, after the last update. */
CLA_USE bool cla_shadow_finish(struct cla_shadow *s, struct cla_digest *ret, struct cla_err *err);

#endif
