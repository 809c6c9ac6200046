#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 16

bool cla_grow(void *array, size_t *cap, size_t count, size_t size, struct cla_err *err)
{
	size_t more = *cap ? *cap * 2 : FIRST;
	void *elements;

	if (count < *cap)
		return true;
	if (more < *cap || (size && more > SIZE_MAX / size))
		return cla_err_oom(err);
	/* a pointer of any type: copied, because it is no void pointer */
	memcpy(&elements, array, sizeof(elements));
	elements = realloc(elements, more * size);
	if (!elements)
		return cla_err_oom(err);
	memcpy(array, &elements, sizeof(elements));
	*cap = more;
	return true;
}
