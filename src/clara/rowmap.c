/* clara/rowmap.c - open addressing, at most three quarters full. */
#include "clara/rowmap.h"

#include <stdlib.h>
#include <string.h>

void cla_rowmap_clear(struct cla_rowmap *m)
{
	free(m->slots);
	*m = (struct cla_rowmap){ 0 };
}

bool cla_row_uuid(struct cla_str text, uint8_t out[16])
{
	char hex[32];
	size_t n = 0;

	if (text.len != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		char c = text.ptr[i];
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
			continue;
		}
		hex[n++] = (char)(c >= 'A' && c <= 'F' ? c + 32 : c);
	}
	return cla_hex_decode((struct cla_str){ hex, sizeof(hex) }, out, 16);
}

/* FNV-1a over the whole uuid: some of them are made with little chance in them. */
static size_t place(const struct cla_rowmap *m, const uint8_t uuid[16])
{
	uint64_t h = 14695981039346656037u ^ m->seed;

	for (size_t i = 0; i < 16; i++)
		h = (h ^ uuid[i]) * 1099511628211u;
	h ^= h >> 32;
	size_t at = (size_t)h & (m->cap - 1);
	while (m->slots[at].used && memcmp(m->slots[at].uuid, uuid, 16) != 0)
		at = (at + 1) & (m->cap - 1);
	return at;
}

struct cla_row_entry *cla_rowmap_find(const struct cla_rowmap *m, const uint8_t uuid[16])
{
	if (!m->cap)
		return NULL;
	struct cla_row_entry *e = &m->slots[place(m, uuid)];
	return e->used ? e : NULL;
}

static bool grow(struct cla_rowmap *m)
{
	struct cla_rowmap old = *m;
	size_t cap = old.cap ? old.cap * 2 : 256;

	if (!old.cap && !cla_random(&m->seed, sizeof(m->seed), NULL))
		return false;
	struct cla_row_entry *slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return false;
	m->slots = slots;
	m->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].used)
			slots[place(m, old.slots[i].uuid)] = old.slots[i];
	free(old.slots);
	return true;
}

struct cla_row_entry *cla_rowmap_put(struct cla_rowmap *m, const uint8_t uuid[16], bool *fresh)
{
	if (m->count * 4 >= m->cap * 3 && !grow(m))
		return NULL;
	struct cla_row_entry *e = &m->slots[place(m, uuid)];
	*fresh = !e->used;
	if (!e->used) {
		e->used = true;
		memcpy(e->uuid, uuid, 16);
		m->count++;
	}
	return e;
}

void cla_row_set_sum(struct cla_row_entry *e, const struct cla_digest *digest)
{
	memcpy(e->sum, digest->bytes, sizeof(e->sum));
}

bool cla_row_has_sum(const struct cla_row_entry *e, const struct cla_digest *digest)
{
	return !memcmp(e->sum, digest->bytes, sizeof(e->sum));
}
