/* base/arena.c - blocks of zeroed memory, handed out from the front, freed together. */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_FIRST 4096
#define ARENA_LARGEST (256 * 1024)

/* a->used counts the bytes handed out of the head; the blocks behind it are full. */
struct cla_arena_block {
	struct cla_arena_block *next;
	size_t size; /* of data */
	_Alignas(max_align_t) unsigned char data[];
};

void cla_arena_clear(struct cla_arena *a)
{
	while (a->head) {
		struct cla_arena_block *next = a->head->next;

		free(a->head);
		a->head = next;
	}
	a->used = 0;
}

static struct cla_arena_block *block_new(size_t size)
{
	struct cla_arena_block *block = NULL;

	if (size <= SIZE_MAX - sizeof(*block))
		block = calloc(1, sizeof(*block) + size);
	if (block)
		block->size = size;
	return block;
}

void *cla_arena_alloc(struct cla_arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);

	if (size > SIZE_MAX - align)
		return NULL;
	size = size ? (size + align - 1) / align * align : align;
	if (a->head && size <= a->head->size - a->used) {
		void *ret = a->head->data + a->used;

		a->used += size;
		return ret;
	}

	/* A large piece gets a block of its own behind the head, which goes on being filled. */
	bool apart = a->head && size > ARENA_LARGEST / 4;
	struct cla_arena_block **place = apart ? &a->head->next : &a->head;
	size_t room = a->head ? 2 * a->head->size : ARENA_FIRST;
	if (room > ARENA_LARGEST)
		room = ARENA_LARGEST;
	struct cla_arena_block *block = block_new(apart || size > room ? size : room);
	if (!block)
		return NULL;
	block->next = *place;
	*place = block;
	if (!apart)
		a->used = size;
	return block->data;
}

void *cla_arena_array(struct cla_arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return cla_arena_alloc(a, total);
}

struct cla_str cla_arena_str(struct cla_arena *a, struct cla_str s, bool *ok)
{
	if (cla_str_absent(s))
		return CLA_STR_NONE;
	char *copy = s.len < SIZE_MAX ? cla_arena_alloc(a, s.len + 1) : NULL;
	if (!copy) {
		*ok = false;
		return CLA_STR_NONE;
	}
	memcpy(copy, s.ptr, s.len);
	return (struct cla_str){ copy, s.len };
}
