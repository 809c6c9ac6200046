/* crypto/merkle.h - Merkle tree hashing of RFC 9162 section 2.1: leaf = SHA-256(00 || bytes), node
 * = SHA-256(01 || l || r).
 *
 * The tree is built leaf by leaf in constant memory; the root of no leaves is SHA-256 of nothing.
 */
#ifndef CLA_CRYPTO_MERKLE_H
#define CLA_CRYPTO_MERKLE_H

#include "crypto/digest.h"

struct cla_merkle {
	uint64_t size;
	int depth;
	struct cla_digest stack[64];
	uint64_t width[64]; /* leaves below each stack entry */
};

void cla_merkle_init(struct cla_merkle *m);
CLA_USE bool cla_merkle_leaf(struct cla_str bytes, struct cla_digest *ret, struct cla_err *err);
CLA_USE bool cla_merkle_add(struct cla_merkle *m, const struct cla_digest *leaf,
			    struct cla_err *err);
CLA_USE bool cla_merkle_root(const struct cla_merkle *m, struct cla_digest *ret,
			     struct cla_err *err);

/* RFC 9162 2.1.3.1 / 2.1.3.2. `proof` holds at most 64 hashes, leaf upwards. */
CLA_USE bool cla_merkle_prove(const struct cla_digest *leaves, uint64_t size, uint64_t index,
			      struct cla_digest proof[64], size_t *len, struct cla_err *err);
/* A result, not an error: whether `leaf` at `index` of a tree of `size` leads to `root` by exactly
 * this proof. */
bool cla_merkle_check(const struct cla_digest *leaf, uint64_t index, uint64_t size,
		      const struct cla_digest *proof, size_t len, const struct cla_digest *root);

#endif
