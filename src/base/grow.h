/* base/grow.h - arrays that grow while they are filled. */
#ifndef CLA_BASE_GROW_H
#define CLA_BASE_GROW_H

#include "base/err.h"

#include <stddef.h>

/* Makes room for one more element of `size` bytes behind the `count` that are there. `array` is the
 * address of the pointer to the elements, which free() takes; *cap counts those that there is room
 * for. Pointers into the array become invalid; new elements are not initialised. */
CLA_USE bool cla_grow(void *array, size_t *cap, size_t count, size_t size, struct cla_err *err);

#endif
