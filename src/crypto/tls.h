/* crypto/tls.h - who is at the other end of a TLS connection that another library made.
 *
 * libcurl lends its connection's handle as a plain pointer; net/ hands it on without looking
 * inside, so that OpenSSL's types stay in this folder.
 */
#ifndef CLA_CRYPTO_TLS_H
#define CLA_CRYPTO_TLS_H

#include "crypto/digest.h"

#define CLA_TLS_VERSION_TEXT 16

/* Remembers the keys of a few servers, so that each certificate is taken apart once. */
struct cla_tls_known; /* opaque */
CLA_USE bool cla_tls_known_new(struct cla_tls_known **ret, struct cla_err *err);
void cla_tls_known_free(struct cla_tls_known *known); /* NULL allowed */

/* `ssl` is an OpenSSL `SSL *` whose handshake is done. Gives the protocol's name ("TLSv1.3") and
 * the SHA-256 of the server's SubjectPublicKeyInfo. False when there is no server certificate.
 * `known` is a struct cla_tls_known, or NULL. */
CLA_USE bool cla_tls_peer(void *known, void *ssl, char version[CLA_TLS_VERSION_TEXT],
			  uint8_t spki_sha256[32]);

/* Looks, without waiting, whether the server has sent a fatal alert; its text goes to `out`
 * ("tlsv13 alert certificate required"). Data that is there stays unread. `socket` is what the
 * connection runs over, with nothing in between: it is read directly, since libcurl's own way of
 * reading must not be used from inside its callbacks. */
CLA_USE bool cla_tls_alert(void *ssl, int socket, char *out, size_t size);

#endif
