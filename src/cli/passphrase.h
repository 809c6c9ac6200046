/* cli/passphrase.h - the passphrase of a key, from where the configuration says: a private file, an
 * inherited descriptor, or what a command prints. Never from argv or the environment, and it stands
 * in no message.
 */
#ifndef CLA_CLI_PASSPHRASE_H
#define CLA_CLI_PASSPHRASE_H

#include "base/buf.h"
#include "model/entity.h"

/* One line, without its end, appended to `out` (a secret buffer); nothing for CLA_PASS_NONE. Of a
 * descriptor the next line is read: several entities may share it, a line each, in the order in
 * which they seal. CLA_ERR_CONFIG when there is none, or the command failed. */
CLA_USE bool cla_passphrase_read(const struct cla_pass *pass, struct cla_buf *out,
				 struct cla_err *err);

/* A file that nobody but its owner may read. */
CLA_USE bool cla_private_read(const char *path, struct cla_buf *out, struct cla_err *err);

#endif
