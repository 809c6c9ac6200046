/* base/err.h - what went wrong, in one value on the caller's stack.
 *
 * Every fallible function returns bool and takes `struct cla_err *err` last (NULL: the caller does
 * not care). The leaf says what the system said, each caller adds what it was doing, so that a
 * person reads
 *	fetching invoice 'F-102': writing object: No space left on device
 * All setters return false: message and return are one statement. The struct holds its own text:
 * reporting "out of memory" needs no memory. Wording: lower case, no full stop, subject in single
 * quotes, never a secret. Out-parameters are written only on success.
 *
 * The one table of codes below also fixes the exit status (design: 0 done, 1 findings, 2 usage or
 * configuration, 3 incomplete, 4 authentication, 5 integrity, 6 local I/O, 7 remote unavailable, 8
 * locked, 130 interrupted).
 */
#ifndef CLA_BASE_ERR_H
#define CLA_BASE_ERR_H

#include "base/compiler.h"

#include <stdbool.h>

/*	   name         exit  what it means */
#define CLA_ERR_LIST(X)                                                                            \
	X(NONE, 0, "no error")                                                                     \
	X(USAGE, 2, "wrong usage")                                                                 \
	X(CONFIG, 2, "wrong configuration")                                                        \
	X(FORMAT, 2, "malformed input")                                                            \
	X(LIMIT, 2, "input beyond a limit")                                                        \
	X(NOT_FOUND, 2, "not found")                                                               \
	X(AUTH, 4, "credentials refused")                                                          \
	X(INTEGRITY, 5, "bytes are not what their hash or signature says")                         \
	X(IO, 6, "local input or output failed")                                                   \
	X(DISK, 6, "disk full")                                                                    \
	X(MEMORY, 6, "out of memory")                                                              \
	X(INTERNAL, 6, "internal error")                                                           \
	X(REMOTE, 7, "remote unavailable")                                                         \
	X(LOCKED, 8, "another run holds the lock")                                                 \
	X(INTERRUPTED, 130, "interrupted")

enum cla_err_code {
#define X(name, exit, text) CLA_ERR_##name,
	CLA_ERR_LIST(X)
#undef X
};

struct cla_err {
	enum cla_err_code code;
	int sys; /* errno of the failing call, 0 where none */
	char msg[1024];
};

#define CLA_ERR_INIT                                                                               \
	{                                                                                          \
		.code = CLA_ERR_NONE                                                               \
	}

/* Replaces what err holds. Always false. Control characters in the text are replaced by '?'. */
bool cla_err_set(struct cla_err *err, enum cla_err_code code, const char *fmt, ...)
	CLA_PRINTF(3, 4);

/* As above, followed by ": " and the system's text for `sys`. ENOSPC and EDQUOT become
 * CLA_ERR_DISK, whatever code. */
bool cla_err_sys(struct cla_err *err, enum cla_err_code code, int sys, const char *fmt, ...)
	CLA_PRINTF(4, 5);

/* Puts "<text>: " in front of the message; the code stays. Cuts at the end when it does not fit.
 * Always false. */
bool cla_err_wrap(struct cla_err *err, const char *fmt, ...) CLA_PRINTF(2, 3);

/* "out of memory", always false. */
bool cla_err_oom(struct cla_err *err);

const char *cla_err_name(enum cla_err_code code); /* "DISK" */
const char *cla_err_text(enum cla_err_code code); /* "disk full" */
int cla_err_exit(enum cla_err_code code);

#endif
