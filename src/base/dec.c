/* base/dec.c - decimal arithmetic on 128-bit integers. */
#include "base/dec.h"

#include <string.h>

#define DEC_DIGITS 38
#define NOT_OK ((struct cla_dec){ 0, 0, false })

#define WORD_DIGITS 19 /* 10^19 is the largest power that 64 bits hold */

static const uint64_t powers[WORD_DIGITS + 1] = {
	1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000,
	10000000000000000000u,
};

/* 10^n for n up to 38, the largest power that a signed 128-bit integer holds. */
static __int128 power10(int n)
{
	return n <= WORD_DIGITS ? (__int128)powers[n]
				: (__int128)powers[WORD_DIGITS] * powers[n - WORD_DIGITS];
}

static __int128 magnitude(__int128 n)
{
	return n < 0 ? -n : n;
}

/* The only way to a good value: checks digits and scale. The smallest 128-bit integer has no
 * magnitude, hence the two comparisons. */
static struct cla_dec dec_make(__int128 units, int scale)
{
	const __int128 limit = power10(DEC_DIGITS);

	if (units <= -limit || units >= limit || scale < 0 || scale > CLA_DEC_MAX_SCALE)
		return NOT_OK;
	return (struct cla_dec){ units, scale, true };
}

/* The same value with at least as many decimals. */
static struct cla_dec dec_widen(struct cla_dec a, int scale)
{
	__int128 units;

	if (!a.ok || scale > CLA_DEC_MAX_SCALE)
		return NOT_OK;
	if (scale <= a.scale)
		return a;
	if (__builtin_mul_overflow(a.units, power10(scale - a.scale), &units))
		return NOT_OK;
	return dec_make(units, scale);
}

/* Appends the digits at *at, at most as many as a word takes, to *units; false when they do not fit. */
static bool read_word(struct cla_str s, size_t *at, __int128 *units)
{
	uint64_t word = 0;
	int count = 0;

	for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9' && count < WORD_DIGITS;
	     ++*at) {
		word = word * 10 + (uint64_t)(s.ptr[*at] - '0');
		count++;
	}
	if (*units && *units > (power10(DEC_DIGITS) - 1 - word) / powers[count])
		return false;
	*units = *units * powers[count] + word;
	return true;
}

/* Appends digits at *at to *units and returns how many there were, -1 when they do not fit. */
static int64_t read_digits(struct cla_str s, size_t *at, __int128 *units)
{
	size_t from = *at, before;

	do {
		before = *at;
		if (!read_word(s, at, units))
			return -1;
	} while (*at - before == WORD_DIGITS);
	return (int64_t)(*at - from);
}

/* [+-]digits; anything beyond a thousand is as bad as a thousand. False when there are no digits.
 */
static bool read_exponent(struct cla_str s, size_t *at, int64_t *ret)
{
	bool negative = false;
	int64_t n = 0;

	if (*at < s.len && (s.ptr[*at] == '+' || s.ptr[*at] == '-'))
		negative = s.ptr[(*at)++] == '-';
	size_t from = *at;
	for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; ++*at)
		if (n < 1000)
			n = n * 10 + (s.ptr[*at] - '0');
	*ret = negative ? -n : n;
	return *at > from;
}

/* Nearly every amount: digits with or without a point, so few that a word holds them. */
static bool read_plain(struct cla_str s, struct cla_dec *ret)
{
	uint64_t units = 0;
	size_t point = s.len;

	if (!s.len || s.len > CLA_DEC_MAX_SCALE)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';
		if (digit < 10) {
			units = units * 10 + digit;
			continue;
		}
		if (s.ptr[i] != '.' || point < s.len || i == 0 || i + 1 == s.len)
			return false;
		point = i;
	}
	*ret = (struct cla_dec){ units, point < s.len ? (int)(s.len - point - 1) : 0, true };
	return true;
}

struct cla_dec cla_dec_parse(struct cla_str s)
{
	struct cla_dec plain;

	if (read_plain(s, &plain))
		return plain;
	bool negative = cla_str_starts(s, "-");
	size_t at = negative;
	__int128 units = 0;
	int64_t decimals = 0, exponent = 0;

	if (read_digits(s, &at, &units) <= 0)
		return NOT_OK;
	if (at < s.len && s.ptr[at] == '.') {
		at++;
		decimals = read_digits(s, &at, &units);
		if (decimals <= 0)
			return NOT_OK;
	}
	if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
		at++;
		if (!read_exponent(s, &at, &exponent))
			return NOT_OK;
	}
	if (at != s.len)
		return NOT_OK;

	int64_t scale = decimals - exponent;
	if (scale > CLA_DEC_MAX_SCALE)
		return NOT_OK;
	if (scale < 0) {
		if (units && (-scale > DEC_DIGITS ||
			      __builtin_mul_overflow(units, power10((int)-scale), &units)))
			return NOT_OK;
		scale = 0;
	}
	return dec_make(negative ? -units : units, (int)scale);
}

struct cla_dec cla_dec_from(int64_t units, int scale)
{
	return dec_make(units, scale);
}

struct cla_dec cla_dec_add(struct cla_dec a, struct cla_dec b)
{
	struct cla_dec x = dec_widen(a, b.scale);
	struct cla_dec y = dec_widen(b, a.scale);

	if (!x.ok || !y.ok)
		return NOT_OK;
	/* 2 * 10^38 is beyond 128 bits. */
	__int128 sum;
	if (__builtin_add_overflow(x.units, y.units, &sum))
		return NOT_OK;
	return dec_make(sum, x.scale);
}

struct cla_dec cla_dec_sub(struct cla_dec a, struct cla_dec b)
{
	return cla_dec_add(a, cla_dec_neg(b));
}

struct cla_dec cla_dec_mul(struct cla_dec a, struct cla_dec b)
{
	__int128 product;

	if (!a.ok || !b.ok || __builtin_mul_overflow(a.units, b.units, &product))
		return NOT_OK;
	return dec_make(product, a.scale + b.scale);
}

struct cla_dec cla_dec_neg(struct cla_dec a)
{
	return a.ok ? dec_make(-a.units, a.scale) : NOT_OK;
}

struct cla_dec cla_dec_abs(struct cla_dec a)
{
	return cla_dec_sign(a) < 0 ? cla_dec_neg(a) : a;
}

enum rounding { HALF_AWAY, TOWARDS_ZERO, AWAY };

static struct cla_dec dec_shorten(struct cla_dec a, int scale, enum rounding how)
{
	if (!a.ok || scale < 0 || scale > CLA_DEC_MAX_SCALE)
		return NOT_OK;
	if (scale >= a.scale)
		return dec_widen(a, scale);

	__int128 unit = power10(a.scale - scale);
	__int128 units = a.units / unit;
	__int128 rest = magnitude(a.units % unit);
	bool away = (how == AWAY && rest) || (how == HALF_AWAY && 2 * rest >= unit);
	if (away)
		units += a.units < 0 ? -1 : 1;
	return dec_make(units, scale);
}

struct cla_dec cla_dec_round(struct cla_dec a, int scale)
{
	return dec_shorten(a, scale, HALF_AWAY);
}

struct cla_dec cla_dec_trunc(struct cla_dec a, int scale)
{
	return dec_shorten(a, scale, TOWARDS_ZERO);
}

struct cla_dec cla_dec_up(struct cla_dec a, int scale)
{
	return dec_shorten(a, scale, AWAY);
}

static int compare(__int128 a, __int128 b)
{
	return a < b ? -1 : a > b;
}

/* Whole parts first, then the decimals brought to 18 places: no step can overflow. */
int cla_dec_cmp(struct cla_dec a, struct cla_dec b)
{
	if (a.scale == b.scale)
		return compare(a.units, b.units);
	__int128 unit_a = power10(a.scale), unit_b = power10(b.scale);
	int order = compare(a.units / unit_a, b.units / unit_b);

	if (order)
		return order;
	return compare(a.units % unit_a * power10(CLA_DEC_MAX_SCALE - a.scale),
		       b.units % unit_b * power10(CLA_DEC_MAX_SCALE - b.scale));
}

bool cla_dec_eq(struct cla_dec a, struct cla_dec b)
{
	return a.ok && b.ok && cla_dec_cmp(a, b) == 0;
}

int cla_dec_sign(struct cla_dec a)
{
	return a.ok ? compare(a.units, 0) : 0;
}

const char *cla_dec_format(struct cla_dec a, char out[CLA_DEC_TEXT])
{
	char digits[CLA_DEC_TEXT];
	char *at = digits + sizeof(digits);
	__int128 left = magnitude(a.units);

	if (!a.ok)
		return memcpy(out, "?", 2);
	/* From the last digit to the first, with at least one before the point. */
	*--at = '\0';
	for (int place = 0; left || place <= a.scale; place++) {
		if (place == a.scale && place > 0)
			*--at = '.';
		*--at = (char)('0' + (int)(left % 10));
		left /= 10;
	}
	if (a.units < 0)
		*--at = '-';
	return memcpy(out, at, (size_t)(digits + sizeof(digits) - at));
}
