/* crypto/digest.h - SHA-256 values and streaming hashes (FIPS 180-4), OpenSSL behind.
 *
 * A digest is a value of 32 bytes; hex exists only at the edges and is lower case. SHA-1 is here
 * only because the NF-e layout fixes it (MOC: RSA-SHA1) and old CFDI used it; nothing of ours is
 * named by it.
 */
#ifndef CLA_CRYPTO_DIGEST_H
#define CLA_CRYPTO_DIGEST_H

#include "base/str.h"

#include <stdint.h>

struct cla_digest {
	uint8_t bytes[32];
};

#define CLA_DIGEST_HEX 65 /* with the NUL */

enum cla_hash_alg { CLA_HASH_SHA1, CLA_HASH_SHA256, CLA_HASH_SHA512 };

CLA_USE bool cla_digest_of(struct cla_str bytes, struct cla_digest *ret, struct cla_err *err);
/* 64 lower-case digits */
CLA_USE bool cla_digest_parse(struct cla_str hex, struct cla_digest *ret);
const char *cla_digest_hex(const struct cla_digest *d, char out[CLA_DIGEST_HEX]);
bool cla_digest_eq(const struct cla_digest *a, const struct cla_digest *b);
int cla_digest_cmp(const struct cla_digest *a, const struct cla_digest *b);

/* Streaming; one thread per hasher. `update` failures are remembered and reported by `finish`. */
struct cla_hasher; /* opaque */
CLA_USE bool cla_hasher_new(enum cla_hash_alg alg, struct cla_hasher **ret, struct cla_err *err);
void cla_hasher_free(struct cla_hasher *h);
static inline void cla_hasher_freep(struct cla_hasher **h)
{
	cla_hasher_free(*h);
	*h = NULL;
}
#define cla_auto_hasher CLA_CLEANUP(cla_hasher_freep)
void cla_hasher_update(struct cla_hasher *h, struct cla_str bytes);
/* Writes 20, 32 or 64 bytes by the algorithm and readies the hasher for a new message. */
CLA_USE bool cla_hasher_finish(struct cla_hasher *h, uint8_t *out, struct cla_err *err);
/* One whole message with a SHA-256 hasher at rest: cla_digest_of() prepares one each time, which
 * costs more than hashing a short message. */
CLA_USE bool cla_hasher_digest(struct cla_hasher *h, struct cla_str bytes, struct cla_digest *ret,
			       struct cla_err *err);

/* For a run that does nothing but judge documents, before it does anything else with crypto/:
 * OpenSSL reads no configuration of this machine, so that no verdict depends on it, and loads no
 * texts for its errors. Half a megabyte, and a tenth of the time that one document takes. */
void cla_crypto_plain(void);

/* SHA-256 of what is left to read of `fd`; `to` (-1: nowhere) gets a copy, *size (may be NULL) the count
 * of bytes. */
CLA_USE bool cla_digest_fd(int fd, int to, struct cla_digest *ret, uint64_t *size,
			   struct cla_err *err);

CLA_USE bool cla_hmac_sha256(struct cla_str key, struct cla_str msg, struct cla_digest *ret,
			     struct cla_err *err);
CLA_USE bool cla_random(void *out, size_t len, struct cla_err *err);

/* RFC 4648 alphabet. Decoding skips blanks and line ends when `lenient` (seals wrapped over lines
 * occur), and refuses everything else that is not strict base64 with padding. */
struct cla_buf;
void cla_base64_encode(struct cla_str bytes, struct cla_buf *out);
CLA_USE bool cla_base64_decode(struct cla_str text, bool lenient, struct cla_buf *out);

#endif
