/* clara/credentials.c - reads and checks the files that hold secrets. */
#include "clara/credentials.h"

#include "base/file.h"
#include "clara/pick.h"
#include "crypto/cert.h"
#include "crypto/digest.h"
#include "crypto/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE (1u << 20)

void cla_credentials_init(struct cla_credentials *c)
{
	struct cla_buf *const all[] = { &c->client_id, &c->client_secret, &c->cert_pem, &c->key_pem,
					&c->ca_pem };

	for (size_t i = 0; i < CLA_LEN(all); i++)
		*all[i] = (struct cla_buf)CLA_BUF_SECRET(2 * MAX_FILE);
}

void cla_credentials_clear(struct cla_credentials *c)
{
	cla_buf_clear(&c->client_id);
	cla_buf_clear(&c->client_secret);
	cla_buf_clear(&c->cert_pem);
	cla_buf_clear(&c->key_pem);
	cla_buf_clear(&c->ca_pem);
}

static bool read_all(int fd, size_t size, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_free char *bytes = calloc(1, size + 1);
	size_t got = 0;

	if (!bytes)
		return cla_err_oom(err);
	bool ok = cla_fd_read(fd, bytes, size, &got, err);
	cla_buf_add(out, (struct cla_str){ bytes, got });
	explicit_bzero(bytes, size);
	return ok && cla_buf_ok(out, err);
}

static bool read_file(const char *what, const char *path, bool secret, struct cla_buf *out,
		      struct cla_err *err)
{
	cla_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return cla_err_sys(err, CLA_ERR_CONFIG, errno, "%s '%s' cannot be read", what,
				   path);
	if (!S_ISREG(st.st_mode))
		return cla_err_set(err, CLA_ERR_CONFIG, "%s '%s' is not a file", what, path);
	if (secret && (st.st_mode & 077))
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "%s '%s' can be read by others than its owner: chmod 600 '%s'",
				   what, path, path);
	if (st.st_size > (off_t)MAX_FILE)
		return cla_err_set(err, CLA_ERR_CONFIG, "%s '%s' is too long", what, path);
	if (read_all(fd, (size_t)st.st_size, out, err))
		return true;
	if (err && err->code == CLA_ERR_IO)
		err->code = CLA_ERR_CONFIG;
	return cla_err_wrap(err, "%s '%s' cannot be read", what, path);
}

void cla_pem_mend(struct cla_str text, struct cla_buf *out)
{
	text = cla_str_trim(text);
	while (text.len >= 2 && (text.ptr[0] == '"' || text.ptr[0] == '\'') &&
	       text.ptr[text.len - 1] == text.ptr[0])
		text = cla_str_trim(cla_str_sub(text, 1, text.len - 2));
	for (size_t i = 0; i < text.len; i++) {
		size_t slashes = 0;
		while (i + slashes < text.len && text.ptr[i + slashes] == '\\')
			slashes++;
		char c = i + slashes < text.len ? text.ptr[i + slashes] : '\0';
		if (slashes && (c == 'n' || c == 'r')) {
			/* Backslashes have no place in PEM: this is an escape that nobody resolved.
			 */
			i += slashes;
			if (c == 'n')
				cla_buf_byte(out, '\n');
		} else if (text.ptr[i] != '\r') {
			cla_buf_byte(out, text.ptr[i]);
		}
	}
	while (out->len && out->ptr[out->len - 1] == '\n')
		out->len--;
	if (out->len)
		cla_buf_byte(out, '\n');
}

static bool read_pem(const char *what, const char *path, bool secret, struct cla_buf *out,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf raw = CLA_BUF_SECRET(MAX_FILE + 1);
	bool ok = read_file(what, path, secret, &raw, err);

	if (ok) {
		cla_buf_reset(out);
		cla_pem_mend(cla_buf_str(&raw), out);
		ok = cla_buf_ok(out, err);
	}
	if (ok && !cla_str_contains(cla_buf_str(out), "-----BEGIN "))
		ok = cla_err_set(err, CLA_ERR_CONFIG, "%s '%s' is not a PEM text", what, path);
	return ok;
}

/* A PEM text from inside the JSON, put in order. */
static bool mend_inside(struct cla_buf *pem, struct cla_err *err)
{
	struct cla_buf mended = CLA_BUF_SECRET(2 * MAX_FILE);

	if (!pem->len)
		return true;
	cla_pem_mend(cla_buf_str(pem), &mended);
	cla_buf_clear(pem);
	*pem = mended;
	return cla_buf_ok(pem, err);
}

static bool read_json(const char *path, struct cla_credentials *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_SECRET(MAX_FILE + 1);
	const struct cla_pick picks[] = {
		{ "clientId", &c->client_id },	{ "clientSecret", &c->client_secret },
		{ "publicKey", &c->cert_pem },	{ "privateKey", &c->key_pem },
		{ "client_id", &c->client_id }, { "client_secret", &c->client_secret },
		{ "public_key", &c->cert_pem }, { "private_key", &c->key_pem },
	};
	bool ok = read_file("credentials file", path, true, &text, err);

	if (ok && !cla_pick(cla_buf_str(&text), picks, CLA_LEN(picks), err)) {
		if (err && err->code == CLA_ERR_FORMAT)
			err->code = CLA_ERR_CONFIG;
		ok = cla_err_wrap(err, "credentials file '%s'", path);
	}
	if (ok && (!c->client_id.len || !c->client_secret.len))
		ok = cla_err_set(err, CLA_ERR_CONFIG, "credentials file '%s' holds no %s", path,
				 c->client_id.len ? "clientSecret" : "clientId");
	return ok && mend_inside(&c->cert_pem, err) && mend_inside(&c->key_pem, err);
}

static bool load(const struct cla_entity *e, struct cla_credentials *c, struct cla_err *err)
{
	if (!e->credentials)
		return cla_err_set(err, CLA_ERR_CONFIG, "no credentials are configured");
	if (!read_json(e->credentials, c, err))
		return false;
	if (e->client_cert &&
	    !read_pem("client certificate", e->client_cert, false, &c->cert_pem, err))
		return false;
	if (e->client_key && !read_pem("client key", e->client_key, true, &c->key_pem, err))
		return false;
	if (e->ca_file && !read_pem("ca_file", e->ca_file, false, &c->ca_pem, err))
		return false;
	if (!c->cert_pem.len != !c->key_pem.len)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "a client %s is configured, but no client %s",
				   c->cert_pem.len ? "certificate" : "key",
				   c->cert_pem.len ? "key" : "certificate");
	return true;
}

bool cla_credentials_load(const struct cla_entity *entity, struct cla_credentials *ret,
			  struct cla_err *err)
{
	cla_credentials_init(ret);
	if (load(entity, ret, err))
		return true;
	cla_credentials_clear(ret);
	return cla_err_wrap(err, "entity '%s'", entity->name);
}

bool cla_credentials_check(const struct cla_credentials *c, struct cla_err *err)
{
	cla_auto_seal struct cla_seal *pair = NULL;
	cla_auto_cert struct cla_cert *cert = NULL, *ca = NULL;
	struct cla_err why = CLA_ERR_INIT;

	if (c->ca_pem.len && !cla_cert_decode_pem(cla_buf_str(&c->ca_pem), &ca, &why))
		return cla_err_set(err, CLA_ERR_CONFIG, "the ca_file holds no certificate (PEM)");
	if (!c->cert_pem.len)
		return true;
	if (!cla_cert_decode_pem(cla_buf_str(&c->cert_pem), &cert, &why))
		return cla_err_set(err, CLA_ERR_AUTH, "the client certificate cannot be read");
	if (!cla_seal_load(cla_buf_str(&c->key_pem), cla_buf_str(&c->cert_pem), &pair, &why))
		return cla_err_set(err, CLA_ERR_AUTH,
				   "the client key cannot be read or does not belong to the client "
				   "certificate");
	return true;
}

bool cla_credentials_basic(const struct cla_credentials *c, struct cla_buf *out,
			   struct cla_err *err)
{
	cla_auto_buf struct cla_buf pair = CLA_BUF_SECRET(4 * MAX_FILE);

	cla_buf_add(&pair, cla_buf_str(&c->client_id));
	cla_buf_byte(&pair, ':');
	cla_buf_add(&pair, cla_buf_str(&c->client_secret));
	cla_buf_addc(out, "Basic ");
	cla_base64_encode(cla_buf_str(&pair), out);
	return cla_buf_ok(&pair, err) && cla_buf_ok(out, err);
}
