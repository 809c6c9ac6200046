/* cli/keys.c - the sealing key is read from a private file only; a salt key that others can read is
 * warned of. */
#include "cli/keys.h"

#include "base/file.h"
#include "cli/passphrase.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
#define SEAL_YEARS 12
#define SEAL_MAX ((size_t)1 << 20)

/* Key and certificate are one file, seal.key; seal.pem is a copy of the latter for people, or another
 * certificate for the same key that somebody had an authority issue. So a new pair takes effect with
 * the replacement of one file, and a seal.pem that is gone, or still that of the pair before, can be
 * written again. */
struct new_seal {
	struct cla_time now;
	bool had_cert;
};

static bool make_seal_key(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	const struct new_seal *n = ctx;
	cla_auto_buf struct cla_buf cert = CLA_BUF_INIT(SEAL_MAX);

	if (n->had_cert)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "keys/seal.pem is there but keys/seal.key is not: restore the "
				   "key, or move the certificate away so that a new pair is made");
	if (!cla_seal_generate("clara-audit seal", n->now, SEAL_YEARS, out, &cert, err))
		return false;
	cla_buf_add(out, cla_buf_str(&cert));
	return cla_buf_ok(out, err);
}

/* The certificate that stands behind the key in its file; absent without one. */
static struct cla_str cert_behind(const struct cla_buf *key)
{
	const char *cert = key->len ? memmem(key->ptr, key->len, PEM_CERT, strlen(PEM_CERT)) : NULL;

	return cert ? cla_str_sub(cla_buf_str(key), (size_t)(cert - key->ptr), key->len)
		    : CLA_STR_NONE;
}

/* seal.pem is missing, or of the pair before a rotation that was cut short. */
static bool mend_cert(struct cla_store *store, bool may_write, const struct cla_buf *key,
		      struct cla_seal **ret, struct cla_err *err)
{
	struct cla_str cert = cert_behind(key);

	if (cla_str_absent(cert))
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "keys/seal.key is there but keys/seal.pem is not: restore the "
				   "certificate, or move the key away so that a new pair is made");
	return cla_seal_open(&(struct cla_seal_source){ .key = cla_buf_str(key), .certs = cert },
			     ret, err) &&
	       (!may_write || cla_store_key_put(store, "seal.pem", cert, err));
}

static bool own_seal(struct cla_store *store, struct cla_time now, struct cla_seal **ret,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_SECRET(SEAL_MAX), cert = CLA_BUF_INIT(SEAL_MAX);
	struct cla_err absent = CLA_ERR_INIT, first = CLA_ERR_INIT;
	struct new_seal made = { .now = now };
	bool may_write = cla_store_writes(store);

	made.had_cert = cla_store_key(store, "seal.pem", NULL, NULL, &cert, &absent);
	if (!made.had_cert && absent.code != CLA_ERR_NOT_FOUND) {
		if (err)
			*err = absent;
		return false;
	}
	if (!cla_store_key(store, "seal.key", may_write ? make_seal_key : NULL, &made, &key, err))
		return false;
	if (!made.had_cert)
		return mend_cert(store, may_write, &key, ret, err);
	if (cla_seal_open(&(struct cla_seal_source){ .key = cla_buf_str(&key),
						     .certs = cla_buf_str(&cert) },
			  ret, &first) ||
	    (!cla_str_absent(cert_behind(&key)) && mend_cert(store, may_write, &key, ret, NULL)))
		return true;
	if (err)
		*err = first;
	return false;
}

/* What the configuration names and is not there is a fault of the configuration. */
static bool read_configured(const char *path, struct cla_buf *out, struct cla_err *err)
{
	struct cla_err why = CLA_ERR_INIT;

	if (cla_file_read(path, out, &why))
		return true;
	if (err) {
		*err = why;
		err->code = why.code == CLA_ERR_NOT_FOUND ? CLA_ERR_CONFIG : why.code;
	}
	return false;
}

static bool configured_seal(const struct cla_entity *entity, struct cla_seal **ret,
			    struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_SECRET(SEAL_MAX), pass = CLA_BUF_SECRET(4096),
				    cert = CLA_BUF_INIT(SEAL_MAX);
	struct cla_seal_source source = { .key = CLA_STR_NONE };

	if (!cla_private_read(entity->seal_key, &key, err) ||
	    (entity->seal_cert && !read_configured(entity->seal_cert, &cert, err)) ||
	    !cla_passphrase_read(&entity->seal_pass, &pass, err))
		return false;
	source.key = cla_buf_str(&key);
	if (entity->seal_cert)
		source.certs = cla_buf_str(&cert);
	if (entity->seal_pass.from != CLA_PASS_NONE)
		source.pass = cla_buf_str(&pass);
	return cla_seal_open(&source, ret, err) || cla_err_wrap(err, "'%s'", entity->seal_key);
}

bool cla_key_seal(struct cla_store *store, const struct cla_entity *entity, struct cla_time now,
		  struct cla_seal **ret, struct cla_buf *cert, struct cla_err *err)
{
	cla_auto_seal struct cla_seal *seal = NULL;
	bool ok = entity && entity->seal_key ? configured_seal(entity, &seal, err)
					     : own_seal(store, now, &seal, err);

	if (!ok || !cla_seal_certs(seal, cert, err))
		return cla_err_wrap(err, "sealing key");
	*ret = cla_steal(&seal);
	return true;
}

/* ---- rotation ---- */

static bool tell_rotated(struct cla_store *store, const struct cla_digest *old,
			 const struct cla_digest *next, struct cla_time now, struct cla_err *err)
{
	char hex[2][CLA_DIGEST_HEX], subject[256];

	(void)snprintf(subject, sizeof(subject), "sealing key %s after %s",
		       cla_digest_hex(next, hex[0]), cla_digest_hex(old, hex[1]));
	struct cla_event e = { .type = "rotated",
			       .entity = CLA_STR(""),
			       .object = next,
			       .subject = cla_str_from(subject),
			       .time = now };
	return cla_store_custody(store, &e, err) && cla_store_flush(store, err);
}

/* The pair as it will lie in seal.key, tried before anything is changed. */
static bool new_pair(struct cla_time now, struct cla_buf *key, struct cla_buf *cert,
		     struct cla_digest *fingerprint, struct cla_err *err)
{
	cla_auto_seal struct cla_seal *seal = NULL;
	struct new_seal made = { .now = now };

	if (!make_seal_key(&made, key, err))
		return false;
	cla_buf_add(cert, cert_behind(key));
	return cla_buf_ok(cert, err) &&
	       cla_seal_open(&(struct cla_seal_source){ .key = cla_buf_str(key) }, &seal, err) &&
	       cla_seal_fingerprint(seal, fingerprint, err);
}

bool cla_key_rotate(struct cla_store *store, struct cla_time now, struct cla_digest *old,
		    struct cla_digest *next, struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_SECRET(SEAL_MAX), cert = CLA_BUF_INIT(SEAL_MAX),
				    old_cert = CLA_BUF_INIT(SEAL_MAX);
	cla_auto_seal struct cla_seal *present = NULL;
	char hex[CLA_DIGEST_HEX], name[CLA_DIGEST_HEX + 16];

	if (!cla_key_seal(store, NULL, now, &present, &old_cert, err) ||
	    !cla_seal_fingerprint(present, old, err) || !new_pair(now, &key, &cert, next, err))
		return false;
	(void)snprintf(name, sizeof(name), "seal.%s.pem", cla_digest_hex(old, hex));
	return cla_store_key_put(store, name, cla_buf_str(&old_cert), err) &&
	       tell_rotated(store, old, next, now, err) &&
	       cla_store_key_put(store, "seal.key", cla_buf_str(&key), err) &&
	       cla_store_key_put(store, "seal.pem", cla_buf_str(&cert), err);
}

struct old_walk {
	cla_key_old_fn *fn;
	void *ctx;
};

static bool on_key_file(void *ctx, const char *path, struct cla_err *err)
{
	const struct old_walk *w = ctx;
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(SEAL_MAX);
	struct cla_str name = cla_str_from(strrchr(path, '/') + 1);
	struct cla_digest id;

	if (name.len != 5 + 64 + 4 || !cla_str_starts(name, "seal.") ||
	    !cla_str_ends(name, ".pem") || !cla_digest_parse(cla_str_sub(name, 5, 64), &id))
		return true;
	return cla_file_read(path, &pem, err) && w->fn(w->ctx, path, cla_buf_str(&pem), err);
}

bool cla_key_each_old(struct cla_store *store, cla_key_old_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	struct old_walk walk = { fn, ctx };

	return cla_path_join(&dir, cla_store_dir(store), "keys", err) &&
	       (!cla_path_is_dir(cla_buf_cstr(&dir)) ||
		cla_path_walk(cla_buf_cstr(&dir), on_key_file, &walk, err));
}
