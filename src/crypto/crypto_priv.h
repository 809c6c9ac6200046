/* crypto/crypto_priv.h - shared between the files of crypto/ only.
 *
 * The OpenSSL API is fixed at 3.0 without its deprecated part, so that a use of SHA256_Init and its
 * like does not compile. This header comes before any of OpenSSL's.
 */
#ifndef CLA_CRYPTO_CRYPTO_PRIV_H
#define CLA_CRYPTO_CRYPTO_PRIV_H

#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* Sets err to "<text>: <what OpenSSL said first>" and empties OpenSSL's queue of errors. Always
 * false. A failed allocation becomes CLA_ERR_MEMORY, whatever code. */
bool cla_crypto_fail(struct cla_err *err, enum cla_err_code code, const char *fmt, ...)
	CLA_PRINTF(3, 4);

/* The same as a text: "<what>: <what OpenSSL said first>", cut. */
void cla_crypto_detail(char out[256], const char *what);

/* OpenSSL's name of the algorithm ("SHA2-256"), and the bytes that it gives. */
const char *cla_hash_name(enum cla_hash_alg alg);
size_t cla_hash_size(enum cla_hash_alg alg);

/* Whole seconds; false when the text of the time cannot be read. */
CLA_USE
bool cla_asn1_time(const ASN1_TIME *t, struct cla_time *ret);

/* A name on one line (RFC 2253, UTF-8 kept, control characters escaped). */
CLA_USE
bool cla_x509_name_line(const X509_NAME *name, struct cla_buf *out);

/* SHA-256 of the certificate's DER. */
CLA_USE
bool cla_x509_fingerprint(const X509 *cert, struct cla_digest *ret, struct cla_err *err);
/* The subject's line for people, cut; "" when it cannot be read. */
void cla_x509_subject_text(const X509 *cert, char out[256]);

/* Collisions can be made for MD5 and SHA-1: a signature over such a digest proves nothing. */
bool cla_algor_is_strong(const X509_ALGOR *alg);

/* Puts the certificates of a PEM text into the store; false when there are none, or a malformed
 * one. */
CLA_USE
bool cla_store_add_anchors(X509_STORE *store, struct cla_str pem);

/* A read-only BIO over borrowed bytes; NULL when there are too many of them or no memory. */
BIO *cla_bio_over(struct cla_str bytes);

/* Passphrase callback that has none: without it OpenSSL would ask the terminal for that of an
 * encrypted block. */
int cla_no_passphrase(char *buf, int size, int writing, void *ctx);

/* Next certificate of a PEM text. NULL at its end and on a malformed one: `*bad` tells which. */
X509 *cla_pem_next_cert(BIO *pem, bool *bad);

#define CLA_SSL_AUTO(type, name, release)                                                          \
	static inline void name##_freep(type **p)                                                  \
	{                                                                                          \
		release(*p);                                                                       \
		*p = NULL;                                                                         \
	}

CLA_SSL_AUTO(BIO, cla_bio, BIO_free_all)
CLA_SSL_AUTO(X509, cla_x509, X509_free)
CLA_SSL_AUTO(EVP_PKEY, cla_pkey, EVP_PKEY_free)
CLA_SSL_AUTO(EVP_MD, cla_md, EVP_MD_free)
CLA_SSL_AUTO(EVP_MD_CTX, cla_md_ctx, EVP_MD_CTX_free)
CLA_SSL_AUTO(ASN1_TIME, cla_asn1_timep, ASN1_STRING_free)

static inline void cla_x509s_freep(STACK_OF(X509) * *p)
{
	sk_X509_pop_free(*p, X509_free);
	*p = NULL;
}

#define cla_auto_bio CLA_CLEANUP(cla_bio_freep)
#define cla_auto_x509 CLA_CLEANUP(cla_x509_freep)
#define cla_auto_x509s CLA_CLEANUP(cla_x509s_freep)
#define cla_auto_pkey CLA_CLEANUP(cla_pkey_freep)
#define cla_auto_md CLA_CLEANUP(cla_md_freep)
#define cla_auto_md_ctx CLA_CLEANUP(cla_md_ctx_freep)
#define cla_auto_asn1_time CLA_CLEANUP(cla_asn1_timep_freep)

#endif
