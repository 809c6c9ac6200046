/* cli/keys.h - salt key and sealing key of an entity: from the files that the configuration names,
 * else from the data directory, where they are made at first need.
 */
#ifndef CLA_CLI_KEYS_H
#define CLA_CLI_KEYS_H

#include "crypto/seal.h"
#include "model/entity.h"
#include "store/store.h"

/* 32 bytes, appended. CLA_ERR_CONFIG for another length; a file that others can read is warned of. */
CLA_USE bool cla_key_salt(struct cla_store *store, const struct cla_entity *entity,
			  const struct cla_log *log, struct cla_buf *out, struct cla_err *err);
/* The pair that seals for this entity, and the certificates' PEM text appended to `cert`. Of a store
 * opened for reading nothing is made or mended: CLA_ERR_NOT_FOUND when there is no pair yet.
 * `entity` NULL: the pair of the data directory; `store` may be NULL for one with its own seal_key. */
CLA_USE bool cla_key_seal(struct cla_store *store, const struct cla_entity *entity,
			  struct cla_time now, struct cla_seal **ret, struct cla_buf *cert,
			  struct cla_err *err);

/* A new pair takes the place of the data directory's; the certificate of the old one stays as
 * keys/seal.<fingerprint>.pem, its private key does not. The custody log is told before the first
 * byte of the pair changes; wherever the work ends, the old pair or the new one is whole. */
CLA_USE bool cla_key_rotate(struct cla_store *store, struct cla_time now, struct cla_digest *old,
			    struct cla_digest *next, struct cla_err *err);
/* Calls fn with the PEM text of each certificate that a rotation kept, in order of fingerprint. */
typedef bool cla_key_old_fn(void *ctx, const char *path, struct cla_str pem, struct cla_err *err);
CLA_USE bool cla_key_each_old(struct cla_store *store, cla_key_old_fn *fn, void *ctx,
			      struct cla_err *err);

#endif
