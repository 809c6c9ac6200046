/* clara/rowmap.h - the rows of listings: uuid, a digest of the row's bytes, and two marks.
 *
 * Tells new, changed and unchanged rows apart and finds rows that come twice, for listings of any
 * length: they lie in a temporary database, so that memory does not grow with them.
 */
#ifndef CLA_CLARA_ROWMAP_H
#define CLA_CLARA_ROWMAP_H

#include "crypto/digest.h"

struct cla_rowmap;

struct cla_row_entry {
	uint8_t sum[16]; /* of the SHA-256 of the row: against accidents, not against forgers */
	int64_t time;	 /* when it was listed, where that matters */
	uint32_t round;	 /* walk in which it was last seen, from 1 */
};

/* `dir` is a folder for the temporary file. */
CLA_USE bool cla_rowmap_open(const char *dir, struct cla_rowmap **ret, struct cla_err *err);
void cla_rowmap_close(struct cla_rowmap *m); /* NULL allowed */
static inline void cla_rowmap_closep(struct cla_rowmap **m)
{
	cla_rowmap_close(*m);
	*m = NULL;
}
#define cla_auto_rowmap CLA_CLEANUP(cla_rowmap_closep)

/* A uuid's 16 bytes; upper and lower case are equal. False when it is not 8-4-4-4-12 hex digits. */
CLA_USE bool cla_row_uuid(struct cla_str text, uint8_t out[16]);

/* The row of a set; sets are told apart by number. *found is false, and *ret zeroed, when it is not
 * there. */
CLA_USE bool cla_rowmap_get(struct cla_rowmap *m, unsigned set, const uint8_t uuid[16],
			    struct cla_row_entry *ret, bool *found, struct cla_err *err);
/* Adds it, or takes the place of what is there. */
CLA_USE bool cla_rowmap_put(struct cla_rowmap *m, unsigned set, const uint8_t uuid[16],
			    const struct cla_row_entry *e, struct cla_err *err);

void cla_row_set_sum(struct cla_row_entry *e, const struct cla_digest *digest);
bool cla_row_has_sum(const struct cla_row_entry *e, const struct cla_digest *digest);

#endif
