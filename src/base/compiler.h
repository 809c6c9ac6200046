/* base/compiler.h - the few compiler attributes we lean on, under readable names.
 *
 * CLA_USE marks results that must be looked at; CLA_CLEANUP ties an owner's release to its
 * declaration, so that early returns are safe. Ownership leaves a variable with cla_steal():
 * `return cla_steal(&p);` reads as what it does.
 */
#ifndef CLA_BASE_COMPILER_H
#define CLA_BASE_COMPILER_H

#include <stddef.h>

#define CLA_USE __attribute__((warn_unused_result))
#define CLA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CLA_CLEANUP(fn) __attribute__((cleanup(fn)))
#define CLA_UNUSED __attribute__((unused))

#define CLA_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Takes the pointer out of *pp and leaves NULL behind: the cleanup of pp becomes a no-op. */
#define cla_steal(pp)                                                                              \
	({                                                                                         \
		__typeof__(*(pp)) cla_stolen_ = *(pp);                                             \
		*(pp) = NULL;                                                                      \
		cla_stolen_;                                                                       \
	})

#endif
