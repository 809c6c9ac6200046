/* crypto/cert.h - X.509 certificates and the signatures they check.
 *
 * A certificate is decoded once and read through getters; slices are borrowed from it. Whether a
 * signature holds is a result (enum), not an error.
 */
#ifndef CLA_CRYPTO_CERT_H
#define CLA_CRYPTO_CERT_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"

struct cla_cert; /* opaque, immutable after decoding, may be shared by threads for reading */

CLA_USE bool cla_cert_decode(struct cla_str der, struct cla_cert **ret, struct cla_err *err);
/* the first one */
CLA_USE bool cla_cert_decode_pem(struct cla_str pem, struct cla_cert **ret, struct cla_err *err);
void cla_cert_free(struct cla_cert *cert);
static inline void cla_cert_freep(struct cla_cert **cert)
{
	cla_cert_free(*cert);
	*cert = NULL;
}
#define cla_auto_cert CLA_CLEANUP(cla_cert_freep)

struct cla_str cla_cert_der(const struct cla_cert *cert);
struct cla_digest cla_cert_fingerprint(const struct cla_cert *cert); /* SHA-256 of the DER */
struct cla_time cla_cert_not_before(const struct cla_cert *cert);
struct cla_time cla_cert_not_after(const struct cla_cert *cert);
bool cla_cert_is_ca(const struct cla_cert *cert);
/* The extension key usage is absent, or has digitalSignature or nonRepudiation. */
bool cla_cert_may_sign(const struct cla_cert *cert);

/* Whether `issuer` is the authority that `cert` names, may issue, and has signed it. A root has issued
 * itself. Validity in time is not looked at. */
bool cla_cert_issued_by(const struct cla_cert *cert, const struct cla_cert *issuer);

/* Serial number in hex, lower case; and as SAT writes it: the serial's bytes read as ASCII digits
 * ("3330…" -> "30…"), absent when a byte is not a digit. */
struct cla_str cla_cert_serial_hex(const struct cla_cert *cert);
struct cla_str cla_cert_serial_ascii(const struct cla_cert *cert);

/* First subject attribute with that dotted OID, as UTF-8; absent when there is none. 2.5.4.45
 * x500UniqueIdentifier, 2.5.4.3 CN, 2.5.4.10 O, 2.5.4.11 OU, 2.5.4.5 serialNumber, 2.5.4.41 name.
 */
struct cla_str cla_cert_subject(const struct cla_cert *cert, const char *oid);
/* one line for people (RFC 2253) */
struct cla_str cla_cert_subject_line(const struct cla_cert *cert);
/* otherName of the subject alternative name with that OID, its string value as UTF-8 (ICP-Brasil
 * 2.16.76.1.3.3). */
struct cla_str cla_cert_other_name(const struct cla_cert *cert, const char *oid);

enum cla_sig { CLA_SIG_GOOD, CLA_SIG_BAD, CLA_SIG_UNUSABLE };

#define CLA_CERT_KEY 48
/* "EC prime256v1", "RSA 3072": kind and curve or bits of its key, "unknown" when it cannot be read. */
const char *cla_cert_key(const struct cla_cert *cert, char out[CLA_CERT_KEY]);

/* Whether the key is RSA: the only one that SAT and SEFAZ admit for seals and signatures. */
bool cla_cert_is_rsa(const struct cla_cert *cert);

/* RSA PKCS#1 v1.5 over `data` hashed with `alg`. UNUSABLE: the key is not RSA. */
enum cla_sig cla_cert_verify(const struct cla_cert *cert, enum cla_hash_alg alg,
			     struct cla_str data, struct cla_str signature);

#endif
