/* crypto/seal.h - the sealing key and detached CMS signatures (RFC 5652) with CAdES attributes (RFC
 * 5126).
 *
 * Sign: SignedData, detached, SHA-256, signingTime and ESS signingCertificateV2, signer's
 * certificate included, so that `openssl cms -verify -cades -binary` accepts it. Verify answers
 * with results, not errors.
 */
#ifndef CLA_CRYPTO_SEAL_H
#define CLA_CRYPTO_SEAL_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"

struct cla_seal; /* private key and certificate */

/* Makes a P-256 key and a self-signed certificate (CN = `name`, `years` from `now`, critical
 * keyUsage digitalSignature, extendedKeyUsage absent) as PEM texts. */
CLA_USE bool cla_seal_generate(const char *name, struct cla_time now, int years,
			       struct cla_buf *key_pem, struct cla_buf *cert_pem,
			       struct cla_err *err);
/* PKCS#8 or SEC1/PKCS#1 PEM without passphrase; CLA_ERR_CONFIG when key and certificate do not
 * belong together. */
CLA_USE bool cla_seal_load(struct cla_str key_pem, struct cla_str cert_pem, struct cla_seal **ret,
			   struct cla_err *err);

/* Where a sealing key and its certificates come from. */
struct cla_seal_source {
	/* PEM, or DER: PKCS#8, perhaps encrypted, SEC1, PKCS#1; or PKCS#12 */
	struct cla_str key;
	/* PEM, or one in DER, the signer's first; absent: they stand with the key */
	struct cla_str certs;
	struct cla_str pass; /* absent: none; the terminal is never asked */
};
/* As cla_seal_load(), and what it may seal with is an EC key, or RSA from 2048 bits on. CLA_ERR_CONFIG
 * says what is the matter; never the passphrase. */
CLA_USE bool cla_seal_open(const struct cla_seal_source *source, struct cla_seal **ret,
			   struct cla_err *err);
/* PEM of the signer's certificate, then of those that go with it, appended: what lies beside a bundle. */
CLA_USE bool cla_seal_certs(const struct cla_seal *seal, struct cla_buf *out, struct cla_err *err);

void cla_seal_free(struct cla_seal *seal);
static inline void cla_seal_freep(struct cla_seal **seal)
{
	cla_seal_free(*seal);
	*seal = NULL;
}
#define cla_auto_seal CLA_CLEANUP(cla_seal_freep)

CLA_USE bool cla_seal_fingerprint(const struct cla_seal *seal, struct cla_digest *ret,
				  struct cla_err *err);

/* DER of the detached signature over `content`, appended to `out`. */
CLA_USE bool cla_seal_sign(const struct cla_seal *seal, struct cla_str content, struct cla_time now,
			   struct cla_buf *out, struct cla_err *err);

enum cla_cms_result {
	CLA_CMS_GOOD,
	CLA_CMS_UNREADABLE,    /* not a CMS SignedData, or bytes after it */
	CLA_CMS_NO_CADES,      /* no ESS signingCertificateV2, or it names another certificate */
	CLA_CMS_BAD_SIGNATURE, /* signature or message digest does not match */
	CLA_CMS_NO_SIGNER,     /* no signer certificate inside */
	CLA_CMS_UNTRUSTED,     /* anchors were given and the chain does not end there (at `when`) */
};

struct cla_cms_info {
	struct cla_digest signer; /* SHA-256 of the signer's certificate (DER) */
	char subject[256];
	char signing_time[CLA_TIME_TEXT]; /* as claimed, "" when absent */
	bool anchored;			  /* anchors were given and hold */
	char detail[256];		  /* one sentence on what failed */
};

/* `anchors_pem` absent: the signature is checked with the certificate it carries and the signer
 * stays not established. Chain validity is judged at `when`. Exactly one signer is accepted. */
enum cla_cms_result cla_cms_verify(struct cla_str cms_der, struct cla_str content,
				   struct cla_str anchors_pem, struct cla_time when,
				   struct cla_cms_info *info);

#endif
