/* base/buf.h - growable byte buffers with a ceiling.
 *
 * A buffer is made with the most it may ever hold. Appending past it, or running out of memory,
 * marks the buffer as failed; later appends do nothing. So a writer appends freely and asks once,
 * at the end:
 *
 *	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1 << 20);
 *	cla_buf_addf(&b, "%s-%u", name, n);
 *	if (!cla_buf_ok(&b, err))
 *		return cla_err_wrap(err, "naming the bundle");
 *
 * The content always has a NUL after its last byte (not counted), so b.ptr can be read as a C
 * string once not empty.
 */
#ifndef CLA_BASE_BUF_H
#define CLA_BASE_BUF_H

#include "base/str.h"

struct cla_buf {
	char *ptr; /* NULL while empty */
	size_t len;
	size_t cap;
	size_t max;
	bool failed;
	bool too_long; /* failed because of max, not of memory */
	bool secret;   /* no copy of the content stays behind in freed memory */
};

#define CLA_BUF_INIT(limit)                                                                        \
	{                                                                                          \
		.max = (limit)                                                                     \
	}

/* For what must not outlive its use: wiped before memory is given back, when it grows and when it is
 * cleared. */
#define CLA_BUF_SECRET(limit)                                                                      \
	{                                                                                          \
		.max = (limit), .secret = true                                                     \
	}

void cla_buf_clear(struct cla_buf *b); /* frees; keeps max and secret; usable again */
#define cla_auto_buf CLA_CLEANUP(cla_buf_clear)

void cla_buf_reset(struct cla_buf *b); /* empties and forgets failure, keeps the memory */
void cla_buf_add(struct cla_buf *b, struct cla_str s);
void cla_buf_addc(struct cla_buf *b, const char *cstr);
void cla_buf_byte(struct cla_buf *b, char c);
void cla_buf_addf(struct cla_buf *b, const char *fmt, ...) CLA_PRINTF(2, 3);
void cla_buf_hex(struct cla_buf *b, const void *bytes, size_t len);

/* False with CLA_ERR_LIMIT or CLA_ERR_MEMORY when an append failed. */
CLA_USE bool cla_buf_ok(const struct cla_buf *b, struct cla_err *err);

struct cla_str cla_buf_str(const struct cla_buf *b); /* borrowed; "" when empty */
const char *cla_buf_cstr(const struct cla_buf *b);   /* borrowed; "" when empty */

#endif
