/* base/buf.c - growable buffers that never pass their ceiling. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 64

void cla_buf_clear(struct cla_buf *b)
{
	if (b->secret && b->ptr)
		explicit_bzero(b->ptr, b->cap);
	free(b->ptr);
	*b = (struct cla_buf){ .max = b->max, .secret = b->secret };
}

void cla_buf_reset(struct cla_buf *b)
{
	b->len = 0;
	b->failed = false;
	b->too_long = false;
	if (b->ptr)
		b->ptr[0] = '\0';
}

/* As realloc(), but what was there is wiped, wherever the new place is. */
static char *move_secret(const struct cla_buf *b, size_t cap)
{
	char *ptr = malloc(cap);

	if (ptr && b->ptr) {
		memcpy(ptr, b->ptr, b->len + 1);
		explicit_bzero(b->ptr, b->cap);
		free(b->ptr);
	}
	return ptr;
}

static bool buf_grow(struct cla_buf *b, size_t more)
{
	if (b->failed)
		return false;
	if (b->len > b->max || more > b->max - b->len) {
		b->failed = true;
		b->too_long = true;
		return false;
	}
	size_t need = b->len + more;
	if (need < b->cap)
		return true;

	size_t cap = b->cap ? b->cap : BUF_FIRST;
	while (cap <= need && cap <= SIZE_MAX / 2)
		cap *= 2;
	if (b->max < SIZE_MAX && cap > b->max + 1)
		cap = b->max + 1;
	char *ptr = NULL;
	if (cap > need)
		ptr = b->secret ? move_secret(b, cap) : realloc(b->ptr, cap);
	if (!ptr) {
		b->failed = true;
		return false;
	}
	b->ptr = ptr;
	b->cap = cap;
	return true;
}

/* Room for `more` bytes and the NUL behind them. What there is never passes the ceiling. */
static inline bool buf_reserve(struct cla_buf *b, size_t more)
{
	return (!b->failed && more < b->cap - b->len) || buf_grow(b, more);
}

void cla_buf_add(struct cla_buf *b, struct cla_str s)
{
	if (!s.len || !buf_reserve(b, s.len))
		return;
	memcpy(b->ptr + b->len, s.ptr, s.len);
	b->len += s.len;
	b->ptr[b->len] = '\0';
}

void cla_buf_addc(struct cla_buf *b, const char *cstr)
{
	cla_buf_add(b, cla_str_from(cstr));
}

void cla_buf_byte(struct cla_buf *b, char c)
{
	if (!buf_reserve(b, 1))
		return;
	b->ptr[b->len++] = c;
	b->ptr[b->len] = '\0';
}

void cla_buf_addf(struct cla_buf *b, const char *fmt, ...)
{
	va_list ap, again;

	if (b->failed)
		return;
	va_start(ap, fmt);
	va_copy(again, ap);
	/* mostly there is room already */
	size_t room = b->cap - b->len;
	int len = vsnprintf(room ? b->ptr + b->len : NULL, room, fmt, ap);
	if (len < 0) {
		b->failed = true;
	} else if ((size_t)len < room) {
		b->len += (size_t)len;
	} else if (buf_reserve(b, (size_t)len)) {
		vsnprintf(b->ptr + b->len, (size_t)len + 1, fmt, again);
		b->len += (size_t)len;
	} else if (room) {
		b->ptr[b->len] = '\0';
	}
	va_end(again);
	va_end(ap);
}

void cla_buf_hex(struct cla_buf *b, const void *bytes, size_t len)
{
	/* Twice a length that does not fit in memory is too long for any buffer. */
	if (!buf_reserve(b, len > SIZE_MAX / 2 ? SIZE_MAX : 2 * len))
		return;
	cla_hex_encode(bytes, len, b->ptr + b->len);
	b->len += 2 * len;
}

bool cla_buf_ok(const struct cla_buf *b, struct cla_err *err)
{
	if (!b->failed)
		return true;
	if (b->too_long)
		return cla_err_set(err, CLA_ERR_LIMIT, "more than %zu bytes", b->max);
	return cla_err_oom(err);
}

struct cla_str cla_buf_str(const struct cla_buf *b)
{
	return (struct cla_str){ cla_buf_cstr(b), b->len };
}

const char *cla_buf_cstr(const struct cla_buf *b)
{
	return b->ptr ? b->ptr : "";
}
