/* crypto/tls.c - version and server key of a finished TLS handshake. */
#include "crypto/tls.h"

#include "base/late.h"
#include "crypto/crypto_priv.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whoever has a connection has loaded the library: here it is only found again. */
#define SSL_FUNCTIONS(X)                                                                           \
	X(SSL_get0_peer_certificate)                                                               \
	X(SSL_get_error)                                                                           \
	X(SSL_get_rbio)                                                                            \
	X(SSL_get_version)                                                                         \
	X(SSL_peek)                                                                                \
	X(SSL_set0_rbio)

struct ssl {
	SSL_FUNCTIONS(CLA_LATE_MEMBER)
};

static bool load(struct ssl *ret)
{
	static const char *const names[] = { SSL_FUNCTIONS(CLA_LATE_NAME) };

	return cla_late_load(SSL_SONAME, names, CLA_LEN(names), ret, NULL);
}

#define KNOWN 4

/* A certificate is told by its address: each one here is held, so that nothing else gets it. */
struct cla_tls_known {
	struct {
		X509 *cert;
		uint8_t spki_sha256[32];
	} list[KNOWN];
	unsigned oldest;
};

bool cla_tls_known_new(struct cla_tls_known **ret, struct cla_err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret || cla_err_oom(err);
}

void cla_tls_known_free(struct cla_tls_known *known)
{
	for (size_t i = 0; known && i < KNOWN; i++)
		X509_free(known->list[i].cert);
	free(known);
}

static bool recall(const struct cla_tls_known *known, const X509 *cert, uint8_t spki_sha256[32])
{
	for (size_t i = 0; known && i < KNOWN; i++) {
		if (known->list[i].cert != cert)
			continue;
		memcpy(spki_sha256, known->list[i].spki_sha256, 32);
		return true;
	}
	return false;
}

static void remember(struct cla_tls_known *known, X509 *cert, const uint8_t spki_sha256[32])
{
	if (!known || !X509_up_ref(cert))
		return;
	X509_free(known->list[known->oldest].cert);
	known->list[known->oldest].cert = cert;
	memcpy(known->list[known->oldest].spki_sha256, spki_sha256, 32);
	known->oldest = (known->oldest + 1) % KNOWN;
}

static bool hash_key(const X509 *cert, uint8_t spki_sha256[32])
{
	struct cla_digest digest;
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	ERR_clear_error();
	if (len <= 0)
		return false;
	bool ok = cla_digest_of((struct cla_str){ (const char *)der, (size_t)len }, &digest, NULL);
	OPENSSL_free(der);
	if (ok)
		memcpy(spki_sha256, digest.bytes, sizeof(digest.bytes));
	return ok;
}

bool cla_tls_peer(void *known, void *ssl, char version[CLA_TLS_VERSION_TEXT],
		  uint8_t spki_sha256[32])
{
	const SSL *connection = ssl;
	struct ssl with;

	if (!load(&with))
		return false;
	X509 *cert = with.SSL_get0_peer_certificate(connection);
	if (!cert)
		return false;
	if (!recall(known, cert, spki_sha256)) {
		if (!hash_key(cert, spki_sha256))
			return false;
		remember(known, cert, spki_sha256);
	}
	(void)snprintf(version, CLA_TLS_VERSION_TEXT, "%s", with.SSL_get_version(connection));
	return true;
}

bool cla_tls_alert(void *ssl, int socket, char *out, size_t size)
{
	SSL *connection = ssl;
	struct ssl with;
	char byte;

	if (!load(&with))
		return false;
	BIO *theirs = with.SSL_get_rbio(connection), *ours = BIO_new_socket(socket, BIO_NOCLOSE);

	if (!ours || !theirs || !BIO_up_ref(theirs)) {
		BIO_free(ours);
		return false;
	}
	with.SSL_set0_rbio(connection, ours);
	ERR_clear_error();
	int got = with.SSL_peek(connection, &byte, 1);
	unsigned long e = ERR_peek_error();
	const char *reason = got <= 0 && with.SSL_get_error(connection, got) == SSL_ERROR_SSL
				     ? ERR_reason_error_string(e)
				     : NULL;

	ERR_clear_error();
	with.SSL_set0_rbio(connection, theirs);
	if (!reason || ERR_GET_REASON(e) < SSL_AD_REASON_OFFSET)
		return false;
	(void)snprintf(out, size, "%s", reason);
	return true;
}
