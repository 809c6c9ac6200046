#include "crypto/crypto_priv.h"

#include <limits.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

const char *cla_hash_name(enum cla_hash_alg alg)
{
	switch (alg) {
	case CLA_HASH_SHA1:
		return "SHA1";
	case CLA_HASH_SHA256:
		return "SHA2-256";
	case CLA_HASH_SHA512:
		return "SHA2-512";
	}
	return "";
}

size_t cla_hash_size(enum cla_hash_alg alg)
{
	switch (alg) {
	case CLA_HASH_SHA1:
		return 20;
	case CLA_HASH_SHA256:
		return 32;
	case CLA_HASH_SHA512:
		return 64;
	}
	return 0;
}

bool cla_digest_of(struct cla_str bytes, struct cla_digest *ret, struct cla_err *err)
{
	struct cla_digest d;
	if (EVP_Q_digest(NULL, "SHA2-256", NULL, bytes.ptr, bytes.len, d.bytes, NULL) != 1)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "computing SHA-256");
	*ret = d;
	return true;
}

bool cla_digest_parse(struct cla_str hex, struct cla_digest *ret)
{
	struct cla_digest d;
	if (!cla_hex_decode(hex, d.bytes, sizeof(d.bytes)))
		return false;
	*ret = d;
	return true;
}

const char *cla_digest_hex(const struct cla_digest *d, char out[CLA_DIGEST_HEX])
{
	cla_hex_encode(d->bytes, sizeof(d->bytes), out);
	return out;
}

bool cla_digest_eq(const struct cla_digest *a, const struct cla_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int cla_digest_cmp(const struct cla_digest *a, const struct cla_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

struct cla_hasher {
	EVP_MD *md; /* fetched once: a fetch costs more than hashing a short message */
	EVP_MD_CTX *ctx;
	enum cla_hash_alg alg;
	bool failed;
};

bool cla_hasher_new(enum cla_hash_alg alg, struct cla_hasher **ret, struct cla_err *err)
{
	struct cla_hasher *h = calloc(1, sizeof(*h));
	if (!h)
		return cla_err_oom(err);
	h->alg = alg;
	h->md = EVP_MD_fetch(NULL, cla_hash_name(alg), NULL);
	h->ctx = EVP_MD_CTX_new();
	if (!h->md || !h->ctx || EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1) {
		cla_hasher_free(h);
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "preparing %s", cla_hash_name(alg));
	}
	*ret = h;
	return true;
}

void cla_hasher_free(struct cla_hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void cla_hasher_update(struct cla_hasher *h, struct cla_str bytes)
{
	if (!h->failed && bytes.len && EVP_DigestUpdate(h->ctx, bytes.ptr, bytes.len) != 1)
		h->failed = true;
}

bool cla_hasher_finish(struct cla_hasher *h, uint8_t *out, struct cla_err *err)
{
	uint8_t value[EVP_MAX_MD_SIZE];
	bool good = !h->failed && EVP_DigestFinal_ex(h->ctx, value, NULL) == 1;
	bool again = EVP_DigestInit_ex2(h->ctx, h->md, NULL) == 1;

	h->failed = !again;
	if (!good || !again)
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "computing %s",
				       cla_hash_name(h->alg));
	memcpy(out, value, cla_hash_size(h->alg));
	return true;
}

bool cla_hasher_digest(struct cla_hasher *h, struct cla_str bytes, struct cla_digest *ret,
		       struct cla_err *err)
{
	cla_hasher_update(h, bytes);
	return cla_hasher_finish(h, ret->bytes, err);
}

void cla_crypto_plain(void)
{
	/* a failure shows at the first use, like any other */
	(void)OPENSSL_init_crypto(
		OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
			OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
		NULL);
}

bool cla_hmac_sha256(struct cla_str key, struct cla_str msg, struct cla_digest *ret,
		     struct cla_err *err)
{
	struct cla_digest d;
	size_t len = 0;
	const char *k = key.len ? key.ptr : "";
	const char *m = msg.len ? msg.ptr : "";
	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA2-256", NULL, k, key.len, (const unsigned char *)m,
		       msg.len, d.bytes, sizeof(d.bytes), &len) ||
	    len != sizeof(d.bytes))
		return cla_crypto_fail(err, CLA_ERR_INTERNAL, "computing HMAC-SHA-256");
	*ret = d;
	return true;
}

bool cla_random(void *out, size_t len, struct cla_err *err)
{
	unsigned char *p = out;
	while (len) {
		int n = len > INT_MAX ? INT_MAX : (int)len;
		if (RAND_bytes(p, n) != 1)
			return cla_crypto_fail(err, CLA_ERR_INTERNAL, "asking for random bytes");
		p += n;
		len -= (size_t)n;
	}
	return true;
}

void cla_base64_encode(struct cla_str bytes, struct cla_buf *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.ptr;

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		unsigned v = (unsigned)p[i] << 16;
		if (left > 1)
			v |= (unsigned)p[i + 1] << 8;
		if (left > 2)
			v |= p[i + 2];
		cla_buf_byte(out, digits[v >> 18]);
		cla_buf_byte(out, digits[v >> 12 & 63]);
		cla_buf_byte(out, left > 1 ? digits[v >> 6 & 63] : '=');
		cla_buf_byte(out, left > 2 ? digits[v & 63] : '=');
	}
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Bits that a last digit carries beyond the bytes must be zero: otherwise two texts would give the
 * same bytes. */
static bool base64_decode(struct cla_str text, bool lenient, struct cla_buf *out)
{
	unsigned v = 0;
	int digits = 0, pads = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (lenient && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
			continue;
		if (c == '=') {
			if (digits + ++pads > 4 || digits < 2)
				return false;
			continue;
		}
		int d = base64_digit(c);
		if (d < 0 || pads)
			return false;
		v = v << 6 | (unsigned)d;
		if (++digits == 4) {
			cla_buf_byte(out, (char)(v >> 16 & 255));
			cla_buf_byte(out, (char)(v >> 8 & 255));
			cla_buf_byte(out, (char)(v & 255));
			digits = 0;
			v = 0;
		}
	}
	if (digits == 0)
		return pads == 0;
	if (digits + pads != 4)
		return false;
	if (digits == 2) {
		cla_buf_byte(out, (char)(v >> 4 & 255));
		return (v & 15) == 0;
	}
	cla_buf_byte(out, (char)(v >> 10 & 255));
	cla_buf_byte(out, (char)(v >> 2 & 255));
	return (v & 3) == 0;
}

bool cla_base64_decode(struct cla_str text, bool lenient, struct cla_buf *out)
{
	size_t start = out->len;
	if (base64_decode(text, lenient, out) && !out->failed)
		return true;
	if (out->ptr) {
		out->len = start;
		out->ptr[start] = '\0';
	}
	return false;
}
