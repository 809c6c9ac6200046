/* cli/keys.c - the sealing key is read from a private file only; a salt key that others can read is
 * warned of. */
#include "cli/keys.h"

#include "base/file.h"

#include <errno.h>
#include <sys/stat.h>

static bool read_private(const char *path, struct cla_buf *out, struct cla_err *err)
{
	struct stat st;

	if (stat(path, &st))
		return cla_err_sys(err, CLA_ERR_CONFIG, errno, "key '%s'", path);
	if (st.st_mode & 077)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "key '%s' can be read by others than its owner: chmod 600 '%s'",
				   path, path);
	return cla_file_read(path, out, err);
}

static bool make_salt(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	char salt[32];

	(void)ctx;
	if (!cla_random(salt, sizeof(salt), err))
		return false;
	cla_buf_add(out, (struct cla_str){ salt, sizeof(salt) });
	return cla_buf_ok(out, err);
}

/* The salt signs nothing: that others can read it lets them guess at withheld neighbours of a leaf. Worth a warning. */
static bool read_salt(const char *path, const struct cla_log *log, struct cla_buf *out,
		      struct cla_err *err)
{
	struct stat st;

	if (!cla_file_read(path, out, err))
		return cla_err_wrap(err, "salt key");
	if (!stat(path, &st) && (st.st_mode & 077))
		cla_log(log, CLA_LOG_WARN,
			"salt key '%s' can be read by others than its owner: chmod 600 '%s'", path,
			path);
	return true;
}

bool cla_key_salt(struct cla_store *store, const struct cla_entity *entity,
		  const struct cla_log *log, struct cla_buf *out, struct cla_err *err)
{
	bool ok = entity->salt_key ? read_salt(entity->salt_key, log, out, err)
				   : cla_store_key(store, "salt.key", make_salt, NULL, out, err);
	if (ok && out->len != 32)
		return cla_err_set(err, CLA_ERR_CONFIG, "the salt key has %zu bytes and not 32",
				   out->len);
	return ok;
}

/* Key and certificate are made together; the certificate waits in `cert` until it is asked for. */
struct new_seal {
	struct cla_time now;
	struct cla_buf key, cert;
};

static bool make_seal_cert(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	struct new_seal *n = ctx;

	if (!cla_seal_generate("clara-audit seal", n->now, 12, &n->key, &n->cert, err))
		return false;
	cla_buf_add(out, cla_buf_str(&n->cert));
	return cla_buf_ok(out, err);
}

static bool make_seal_key(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	struct new_seal *n = ctx;

	if (!n->key.len)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "keys/seal.pem is there but keys/seal.key is not: restore the "
				   "key, or move the"
				   " certificate away so that a new pair is made");
	cla_buf_add(out, cla_buf_str(&n->key));
	return cla_buf_ok(out, err);
}

bool cla_key_seal(struct cla_store *store, const struct cla_entity *entity, struct cla_time now,
		  struct cla_seal **ret, struct cla_buf *cert, struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_SECRET(1 << 20);
	struct new_seal made = {
		.now = now,
		.key = CLA_BUF_SECRET(1 << 20),
		.cert = CLA_BUF_INIT(1 << 20),
	};
	bool ok;

	if (entity->seal_key && entity->seal_cert)
		ok = read_private(entity->seal_key, &key, err) &&
		     cla_file_read(entity->seal_cert, cert, err);
	else if (entity->seal_key || entity->seal_cert)
		ok = cla_err_set(err, CLA_ERR_CONFIG,
				 "entity '%s' needs both seal_cert and seal_key", entity->name);
	else
		ok = cla_store_key(store, "seal.pem", make_seal_cert, &made, cert, err) &&
		     cla_store_key(store, "seal.key", make_seal_key, &made, &key, err);
	cla_buf_clear(&made.key);
	cla_buf_clear(&made.cert);
	if (ok)
		ok = cla_seal_load(cla_buf_str(&key), cla_buf_str(cert), ret, err);
	return ok || cla_err_wrap(err, "sealing key");
}
