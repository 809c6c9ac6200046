/* base/str.h - borrowed byte slices.
 *
 * A cla_str points at bytes that somebody else owns and that need not end in NUL. It is passed by
 * value. Turning one into a C string is one visible step (cla_str_cstr) that refuses embedded NULs.
 * Comparisons are bytewise.
 */
#ifndef CLA_BASE_STR_H
#define CLA_BASE_STR_H

#include "base/compiler.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cla_str {
	const char *ptr; /* NULL only when "absent" is meant: see cla_str_absent */
	size_t len;
};

#define CLA_STR(literal) ((struct cla_str){ "" literal, sizeof(literal) - 1 })
#define CLA_STR_NONE ((struct cla_str){ NULL, 0 })
#define CLA_STR_FMT "%.*s"
#define CLA_STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

struct cla_str cla_str_from(const char *cstr);			       /* NULL gives CLA_STR_NONE */
struct cla_str cla_str_sub(struct cla_str s, size_t from, size_t len); /* clipped to s */

static inline bool cla_str_absent(struct cla_str s)
{
	return !s.ptr;
}

bool cla_str_eq(struct cla_str a, struct cla_str b);
bool cla_str_eqc(struct cla_str a, const char *b);
bool cla_str_eq_nocase(struct cla_str a, struct cla_str b); /* ASCII letters only */
int cla_str_cmp(struct cla_str a, struct cla_str b);	    /* bytewise, shorter first */
bool cla_str_starts(struct cla_str s, const char *prefix);
bool cla_str_ends(struct cla_str s, const char *suffix);
bool cla_str_contains(struct cla_str s, const char *needle);
bool cla_str_one_of(struct cla_str s, const char *const *words, size_t count);

/* Index of the byte, or s.len when it is not there. */
size_t cla_str_find(struct cla_str s, char c);

/* Splits at the first `sep`: *head is before it, *tail after it. Without `sep`, head = s, tail =
 * NONE, result false. */
bool cla_str_cut(struct cla_str s, char sep, struct cla_str *head, struct cla_str *tail);

struct cla_str cla_str_trim(struct cla_str s); /* blanks, tabs, CR, LF at both ends */
bool cla_str_digits(struct cla_str s);	       /* not empty and all of 0-9 */

/* Decimal digits only, no sign for u64; false on anything else or overflow. */
CLA_USE bool cla_str_to_u64(struct cla_str s, uint64_t *ret);
CLA_USE bool cla_str_to_i64(struct cla_str s, int64_t *ret);

/* Copies into `out` with a NUL; CLA_ERR_FORMAT on an embedded NUL, CLA_ERR_LIMIT when it does not
 * fit. */
CLA_USE bool cla_str_cstr(struct cla_str s, char *out, size_t size, struct cla_err *err);

/* Heap copy with a NUL at the end (may hold embedded NULs); the caller frees. NULL when out of
 * memory. */
char *cla_str_dup(struct cla_str s);

/* Lower-case hex; `out` holds 2*len+1 bytes. Decoding accepts lower case only and exactly `size`
 * bytes. */
void cla_hex_encode(const void *bytes, size_t len, char *out);
CLA_USE bool cla_hex_decode(struct cla_str hex, void *out, size_t size);
/* 0 to 15 of a digit of either case; -1 of anything else. */
int cla_hex_digit(int c);

/* True when s is UTF-8 (no surrogates, no over-long forms, up to U+10FFFF); else *bad is the offset
 * of the first bad byte. `bad` may be NULL. */
bool cla_utf8_valid(struct cla_str s, size_t *bad);
size_t cla_utf8_count(struct cla_str s); /* characters of valid UTF-8 */

#endif
