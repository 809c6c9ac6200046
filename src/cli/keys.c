/* cli/keys.c - the sealing key is read from a private file only; a salt key that others can read is
 * warned of. */
#include "cli/keys.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
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

#define PEM_CERT "-----BEGIN CERTIFICATE-----"

/* Key and certificate are one file first, seal.key: wherever the work ends between the two, as on a
 * full disk, the certificate of a key that is there can be written. */
struct new_seal {
	struct cla_time now;
	bool had_cert;
};

static bool make_seal_key(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	const struct new_seal *n = ctx;
	cla_auto_buf struct cla_buf cert = CLA_BUF_INIT(1 << 20);

	if (n->had_cert)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "keys/seal.pem is there but keys/seal.key is not: restore the "
				   "key, or move the certificate away so that a new pair is made");
	if (!cla_seal_generate("clara-audit seal", n->now, 12, out, &cert, err))
		return false;
	cla_buf_add(out, cla_buf_str(&cert));
	return cla_buf_ok(out, err);
}

static bool make_seal_cert(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	const struct cla_buf *key = ctx;
	const char *cert = key->len ? memmem(key->ptr, key->len, PEM_CERT, strlen(PEM_CERT)) : NULL;

	if (!cert)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "keys/seal.key is there but keys/seal.pem is not: restore the "
				   "certificate, or move the key away so that a new pair is made");
	cla_buf_add(out, cla_str_sub(cla_buf_str(key), (size_t)(cert - key->ptr), key->len));
	return cla_buf_ok(out, err);
}

static bool own_seal(struct cla_store *store, struct cla_time now, struct cla_buf *key,
		     struct cla_buf *cert, struct cla_err *err)
{
	struct cla_err absent = CLA_ERR_INIT;
	struct new_seal made = { .now = now };

	made.had_cert = cla_store_key(store, "seal.pem", NULL, NULL, cert, &absent);
	if (!made.had_cert && absent.code != CLA_ERR_NOT_FOUND) {
		*err = absent;
		return false;
	}
	return cla_store_key(store, "seal.key", make_seal_key, &made, key, err) &&
	       (made.had_cert || cla_store_key(store, "seal.pem", make_seal_cert, key, cert, err));
}

bool cla_key_seal(struct cla_store *store, const struct cla_entity *entity, struct cla_time now,
		  struct cla_seal **ret, struct cla_buf *cert, struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_SECRET(1 << 20);
	bool ok;

	if (entity->seal_key && entity->seal_cert)
		ok = read_private(entity->seal_key, &key, err) &&
		     cla_file_read(entity->seal_cert, cert, err);
	else if (entity->seal_key || entity->seal_cert)
		ok = cla_err_set(err, CLA_ERR_CONFIG,
				 "entity '%s' needs both seal_cert and seal_key", entity->name);
	else
		ok = own_seal(store, now, &key, cert, err);
	if (ok)
		ok = cla_seal_load(cla_buf_str(&key), cla_buf_str(cert), ret, err);
	return ok || cla_err_wrap(err, "sealing key");
}
