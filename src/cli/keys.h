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
/* The pair, and the certificate's PEM text appended to `cert`. */
CLA_USE bool cla_key_seal(struct cla_store *store, const struct cla_entity *entity,
			  struct cla_time now, struct cla_seal **ret, struct cla_buf *cert,
			  struct cla_err *err);

#endif
