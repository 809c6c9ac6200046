/* base/late.h - libraries that are loaded at first need.
 *
 * What a library and those below it cost at start-up - of libcurl as much as judging a document - is
 * only for runs that use it. It is named by its soname, as the linker would, and stays.
 */
#ifndef CLA_BASE_LATE_H
#define CLA_BASE_LATE_H

#include "base/err.h"

#include <stddef.h>

/* Fills `table`, a struct of nothing but function pointers, in the order of the names. False with
 * CLA_ERR_INTERNAL when library or function are not there. Loading again costs some microseconds. */
CLA_USE bool cla_late_load(const char *soname, const char *const *names, size_t count, void *table,
			   struct cla_err *err);

/* From a list of functions as an X macro: the members of the struct, and their names. */
#define CLA_LATE_MEMBER(name) __typeof__(name) *name;
#define CLA_LATE_NAME(name) #name,

#endif
