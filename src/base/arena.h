/* base/arena.h - many small things with one lifetime.
 *
 * Records parsed from one page or one document live in one arena and are freed in one call. Memory
 * is zeroed and aligned for any type. An arena belongs to one thread.
 */
#ifndef CLA_BASE_ARENA_H
#define CLA_BASE_ARENA_H

#include "base/str.h"

struct cla_arena_block;

struct cla_arena {
	struct cla_arena_block *head;
	size_t used;
};

#define CLA_ARENA_INIT                                                                             \
	{                                                                                          \
		NULL, 0                                                                            \
	}

void cla_arena_clear(struct cla_arena *a);
#define cla_auto_arena CLA_CLEANUP(cla_arena_clear)

/* NULL when out of memory. */
void *cla_arena_alloc(struct cla_arena *a, size_t size);
void *cla_arena_array(struct cla_arena *a, size_t count, size_t size); /* checks the product */

/* Copies with a NUL behind it. An absent slice stays absent. On failure the result is absent and
 * *ok is made false. */
struct cla_str cla_arena_str(struct cla_arena *a, struct cla_str s, bool *ok);

#endif
