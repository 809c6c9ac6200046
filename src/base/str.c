/* base/str.c - slices of bytes, numbers and hex in them, and UTF-8. */
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct cla_str cla_str_from(const char *cstr)
{
	if (!cstr)
		return CLA_STR_NONE;
	return (struct cla_str){ cstr, strlen(cstr) };
}

struct cla_str cla_str_sub(struct cla_str s, size_t from, size_t len)
{
	if (!s.ptr)
		return CLA_STR_NONE;
	if (from > s.len)
		from = s.len;
	if (len > s.len - from)
		len = s.len - from;
	return (struct cla_str){ s.ptr + from, len };
}

bool cla_str_eq(struct cla_str a, struct cla_str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

bool cla_str_eqc(struct cla_str a, const char *b)
{
	return cla_str_eq(a, cla_str_from(b));
}

static unsigned char ascii_lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool cla_str_eq_nocase(struct cla_str a, struct cla_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	return true;
}

int cla_str_cmp(struct cla_str a, struct cla_str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.ptr, b.ptr, common) : 0;

	if (order)
		return order < 0 ? -1 : 1;
	return a.len < b.len ? -1 : a.len > b.len;
}

bool cla_str_starts(struct cla_str s, const char *prefix)
{
	size_t len = strlen(prefix);

	return len <= s.len && cla_str_eq(cla_str_sub(s, 0, len), (struct cla_str){ prefix, len });
}

bool cla_str_ends(struct cla_str s, const char *suffix)
{
	size_t len = strlen(suffix);

	return len <= s.len &&
	       cla_str_eq(cla_str_sub(s, s.len - len, len), (struct cla_str){ suffix, len });
}

bool cla_str_contains(struct cla_str s, const char *needle)
{
	size_t len = strlen(needle);

	return !len || (s.len >= len && memmem(s.ptr, s.len, needle, len));
}

bool cla_str_one_of(struct cla_str s, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cla_str_eqc(s, words[i]))
			return true;
	}
	return false;
}

size_t cla_str_find(struct cla_str s, char c)
{
	const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return at ? (size_t)(at - s.ptr) : s.len;
}

bool cla_str_cut(struct cla_str s, char sep, struct cla_str *head, struct cla_str *tail)
{
	size_t at = cla_str_find(s, sep);

	*head = cla_str_sub(s, 0, at);
	if (at == s.len) {
		*tail = CLA_STR_NONE;
		return false;
	}
	*tail = cla_str_sub(s, at + 1, s.len);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct cla_str cla_str_trim(struct cla_str s)
{
	size_t from = 0;

	if (!s.ptr)
		return CLA_STR_NONE;
	while (from < s.len && is_blank(s.ptr[from]))
		from++;
	while (s.len > from && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return cla_str_sub(s, from, s.len - from);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool cla_str_digits(struct cla_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.ptr[i]))
			return false;
	return s.len > 0;
}

bool cla_str_to_u64(struct cla_str s, uint64_t *ret)
{
	uint64_t n = 0;

	if (!cla_str_digits(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(s.ptr[i] - '0'), &n))
			return false;
	*ret = n;
	return true;
}

bool cla_str_to_i64(struct cla_str s, int64_t *ret)
{
	bool negative = s.len && s.ptr[0] == '-';
	uint64_t n;

	if (!cla_str_to_u64(negative ? cla_str_sub(s, 1, s.len) : s, &n))
		return false;
	if (n > (uint64_t)INT64_MAX + negative)
		return false;
	if (!negative)
		*ret = (int64_t)n;
	else
		*ret = n ? -(int64_t)(n - 1) - 1 : 0; /* reaches INT64_MIN without overflow */
	return true;
}

bool cla_str_cstr(struct cla_str s, char *out, size_t size, struct cla_err *err)
{
	if (cla_str_find(s, '\0') < s.len)
		return cla_err_set(err, CLA_ERR_FORMAT, "text holds a NUL byte");
	if (s.len >= size)
		return cla_err_set(err, CLA_ERR_LIMIT, "text of %zu bytes is longer than %zu",
				   s.len, size ? size - 1 : 0);
	if (s.len)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return true;
}

char *cla_str_dup(struct cla_str s)
{
	char *copy = s.len < SIZE_MAX ? malloc(s.len + 1) : NULL;

	if (!copy)
		return NULL;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

void cla_hex_encode(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

int cla_hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool cla_hex_decode(struct cla_str hex, void *out, size_t size)
{
	unsigned char *to = out;

	if (hex.len % 2 || hex.len / 2 != size)
		return false;
	for (size_t i = 0; i < hex.len; i++)
		if (cla_hex_digit(hex.ptr[i]) < 0 || (hex.ptr[i] >= 'A' && hex.ptr[i] <= 'F'))
			return false;
	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)(cla_hex_digit(hex.ptr[2 * i]) << 4 |
					cla_hex_digit(hex.ptr[2 * i + 1]));
	return true;
}

/* Bytes of the well-formed character at p (Unicode, table 3-7), 0 when there is none. */
static size_t utf8_char(const unsigned char *p, size_t left)
{
	unsigned char lead = p[0], low = 0x80, high = 0xbf;
	size_t len;

	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf) {
		len = 2;
	} else if (lead >= 0xe0 && lead <= 0xef) {
		len = 3;
		if (lead == 0xe0)
			low = 0xa0; /* below: over-long */
		if (lead == 0xed)
			high = 0x9f; /* above: surrogates */
	} else if (lead >= 0xf0 && lead <= 0xf4) {
		len = 4;
		if (lead == 0xf0)
			low = 0x90;
		if (lead == 0xf4)
			high = 0x8f; /* above: beyond U+10FFFF */
	} else {
		return 0;
	}
	if (left < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool cla_utf8_valid(struct cla_str s, size_t *bad)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t i = 0;

	while (i < s.len) {
		uint64_t eight;

		/* Eight ASCII bytes at once: most of what we read is ASCII. */
		if (s.len - i >= sizeof(eight)) {
			memcpy(&eight, p + i, sizeof(eight));
			if (!(eight & 0x8080808080808080u)) {
				i += sizeof(eight);
				continue;
			}
		}
		size_t len = utf8_char(p + i, s.len - i);
		if (!len) {
			if (bad)
				*bad = i;
			return false;
		}
		i += len;
	}
	return true;
}

size_t cla_utf8_count(struct cla_str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
	return count;
}
