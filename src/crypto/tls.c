/* crypto/tls.c - version and server key of a finished TLS handshake. */
#include "crypto/tls.h"

#include "crypto/crypto_priv.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

bool cla_tls_peer(void *ssl, char version[CLA_TLS_VERSION_TEXT], uint8_t spki_sha256[32])
{
	struct cla_digest digest;
	const SSL *connection = ssl;
	X509 *cert = SSL_get0_peer_certificate(connection);
	unsigned char *der = NULL;
	int len = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der) : -1;

	ERR_clear_error();
	if (len <= 0)
		return false;
	bool ok = cla_digest_of((struct cla_str){ (const char *)der, (size_t)len }, &digest, NULL);
	OPENSSL_free(der);
	if (ok) {
		memcpy(spki_sha256, digest.bytes, sizeof(digest.bytes));
		(void)snprintf(version, CLA_TLS_VERSION_TEXT, "%s", SSL_get_version(connection));
	}
	return ok;
}

bool cla_tls_alert(void *ssl, int socket, char *out, size_t size)
{
	SSL *connection = ssl;
	BIO *theirs = SSL_get_rbio(connection), *ours = BIO_new_socket(socket, BIO_NOCLOSE);
	char byte;

	if (!ours || !theirs || !BIO_up_ref(theirs)) {
		BIO_free(ours);
		return false;
	}
	SSL_set0_rbio(connection, ours);
	ERR_clear_error();
	int got = SSL_peek(connection, &byte, 1);
	unsigned long e = ERR_peek_error();
	const char *reason = got <= 0 && SSL_get_error(connection, got) == SSL_ERROR_SSL
				     ? ERR_reason_error_string(e)
				     : NULL;

	ERR_clear_error();
	SSL_set0_rbio(connection, theirs);
	if (!reason || ERR_GET_REASON(e) < SSL_AD_REASON_OFFSET)
		return false;
	(void)snprintf(out, size, "%s", reason);
	return true;
}
