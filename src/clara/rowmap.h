/* clara/rowmap.h - the rows of a listing, 48 bytes each: uuid, a digest of the row's bytes, and two
 * marks.
 *
 * Tells new, changed and unchanged rows apart and finds rows that come twice, for listings of any
 * length.
 */
#ifndef CLA_CLARA_ROWMAP_H
#define CLA_CLARA_ROWMAP_H

#include "crypto/digest.h"

struct cla_row_entry {
	uint8_t uuid[16];
	uint8_t sum[16]; /* of the SHA-256 of the row: against accidents, not against forgers */
	int64_t time;	 /* when it was listed, where that matters */
	uint32_t round;	 /* walk in which it was last seen, from 1 */
	bool used;
};

struct cla_rowmap {
	struct cla_row_entry *slots;
	size_t cap; /* 0 or a power of two */
	size_t count;
	uint64_t seed; /* so that nobody can choose uuids that collide */
};

void cla_rowmap_clear(struct cla_rowmap *m);
#define cla_auto_rowmap CLA_CLEANUP(cla_rowmap_clear)

/* A uuid's 16 bytes; upper and lower case are equal. False when it is not 8-4-4-4-12 hex digits. */
CLA_USE bool cla_row_uuid(struct cla_str text, uint8_t out[16]);

/* NULL when it is not there. */
struct cla_row_entry *cla_rowmap_find(const struct cla_rowmap *m, const uint8_t uuid[16]);
/* Finds or makes the entry; *fresh tells which. NULL when out of memory. Earlier pointers become
 * invalid. */
struct cla_row_entry *cla_rowmap_put(struct cla_rowmap *m, const uint8_t uuid[16], bool *fresh);

void cla_row_set_sum(struct cla_row_entry *e, const struct cla_digest *digest);
bool cla_row_has_sum(const struct cla_row_entry *e, const struct cla_digest *digest);

#endif
