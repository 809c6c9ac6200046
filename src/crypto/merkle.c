#include "crypto/merkle.h"

#include <string.h>

static bool hash_pair(const struct cla_digest *left, const struct cla_digest *right,
		      struct cla_digest *ret, struct cla_err *err)
{
	char node[1 + 2 * sizeof(struct cla_digest)] = { 0x01 };
	memcpy(node + 1, left->bytes, sizeof(left->bytes));
	memcpy(node + 1 + sizeof(left->bytes), right->bytes, sizeof(right->bytes));
	return cla_digest_of((struct cla_str){ node, sizeof(node) }, ret, err);
}

void cla_merkle_init(struct cla_merkle *m)
{
	memset(m, 0, sizeof(*m));
}

bool cla_merkle_leaf(struct cla_str bytes, struct cla_digest *ret, struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *h = NULL;
	if (!cla_hasher_new(CLA_HASH_SHA256, &h, err))
		return false;
	cla_hasher_update(h, (struct cla_str){ "\0", 1 });
	cla_hasher_update(h, bytes);
	return cla_hasher_finish(h, ret->bytes, err);
}

/* The stack holds the roots of complete subtrees, widths falling: it is the binary form of `size`.
 */
bool cla_merkle_add(struct cla_merkle *m, const struct cla_digest *leaf, struct cla_err *err)
{
	struct cla_digest top = *leaf;
	uint64_t width = 1;
	int depth = m->depth;

	while (depth > 0 && m->width[depth - 1] == width) {
		if (!hash_pair(&m->stack[depth - 1], &top, &top, err))
			return false;
		depth--;
		width *= 2;
	}
	if (depth == (int)CLA_LEN(m->stack))
		return cla_err_set(err, CLA_ERR_LIMIT, "Merkle tree beyond 2^64 leaves");
	m->stack[depth] = top;
	m->width[depth] = width;
	m->depth = depth + 1;
	m->size++;
	return true;
}

bool cla_merkle_root(const struct cla_merkle *m, struct cla_digest *ret, struct cla_err *err)
{
	if (m->depth == 0)
		return cla_digest_of(CLA_STR(""), ret, err);
	struct cla_digest acc = m->stack[m->depth - 1];
	for (int i = m->depth - 2; i >= 0; i--)
		if (!hash_pair(&m->stack[i], &acc, &acc, err))
			return false;
	*ret = acc;
	return true;
}

static bool root_of(const struct cla_digest *leaves, uint64_t size, struct cla_digest *ret,
		    struct cla_err *err)
{
	struct cla_merkle m;
	cla_merkle_init(&m);
	for (uint64_t i = 0; i < size; i++)
		if (!cla_merkle_add(&m, &leaves[i], err))
			return false;
	return cla_merkle_root(&m, ret, err);
}

bool cla_merkle_prove(const struct cla_digest *leaves, uint64_t size, uint64_t index,
		      struct cla_digest proof[64], size_t *len, struct cla_err *err)
{
	size_t n = 0;

	if (index >= size)
		return cla_err_set(err, CLA_ERR_INTERNAL, "leaf %llu of a tree of %llu",
				   (unsigned long long)index, (unsigned long long)size);
	/* Down from the root: at each fork the sibling's root is noted. */
	while (size > 1) {
		uint64_t left = 1;
		while (left < size - left)
			left *= 2;
		bool go_left = index < left;
		const struct cla_digest *other = go_left ? leaves + left : leaves;
		if (n == 64)
			return cla_err_set(err, CLA_ERR_LIMIT, "Merkle proof beyond 64 hashes");
		if (!root_of(other, go_left ? size - left : left, &proof[n], err))
			return false;
		n++;
		if (!go_left) {
			leaves += left;
			index -= left;
		}
		size = go_left ? left : size - left;
	}
	for (size_t i = 0; i < n / 2; i++) {
		struct cla_digest swap = proof[i];
		proof[i] = proof[n - 1 - i];
		proof[n - 1 - i] = swap;
	}
	*len = n;
	return true;
}

bool cla_merkle_check(const struct cla_digest *leaf, uint64_t index, uint64_t size,
		      const struct cla_digest *proof, size_t len, const struct cla_digest *root)
{
	if (index >= size)
		return false;
	struct cla_digest acc = *leaf;
	uint64_t at = index, last = size - 1;
	for (size_t i = 0; i < len; i++) {
		if (last == 0)
			return false;
		if ((at & 1) || at == last) {
			if (!hash_pair(&proof[i], &acc, &acc, NULL))
				return false;
			/* Levels at which this node is alone on the right edge have no sibling. */
			while (at && !(at & 1)) {
				at >>= 1;
				last >>= 1;
			}
		} else if (!hash_pair(&acc, &proof[i], &acc, NULL)) {
			return false;
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && cla_digest_eq(&acc, root);
}
