/* base/base_test.c - units of base/: errors, slices, buffers, arenas, decimals, calendar, files,
 * log. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/dec.h"
#include "base/err.h"
#include "base/file.h"
#include "base/grow.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- err ---- */

static void err_set_replaces_and_is_false(void **state)
{
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	assert_false(cla_err_sys(&err, CLA_ERR_IO, EACCES, "opening '%s'", "a"));
	assert_int_equal(err.sys, EACCES);
	assert_false(cla_err_set(&err, CLA_ERR_CONFIG, "key '%s'", "b"));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.msg, "key 'b'");
	assert_false(cla_err_set(NULL, CLA_ERR_CONFIG, "x"));
	assert_false(cla_err_sys(NULL, CLA_ERR_IO, ENOENT, "x"));
	assert_false(cla_err_wrap(NULL, "x"));
	assert_false(cla_err_oom(NULL));
}

static void err_sys_appends_the_systems_text(void **state)
{
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cla_err_sys(&err, CLA_ERR_IO, ENOENT, "opening '%s'", "f");
	assert_string_equal(err.msg, "opening 'f': No such file or directory");
	assert_int_equal(err.code, CLA_ERR_IO);
	cla_err_sys(&err, CLA_ERR_IO, ENOSPC, "writing");
	assert_int_equal(err.code, CLA_ERR_DISK);
	cla_err_sys(&err, CLA_ERR_INTEGRITY, EDQUOT, "writing");
	assert_int_equal(err.code, CLA_ERR_DISK);
	assert_int_equal(err.sys, EDQUOT);
}

static void err_wrap_puts_context_in_front(void **state)
{
	struct cla_err err = CLA_ERR_INIT;
	char longer[1200];

	(void)state;
	cla_err_sys(&err, CLA_ERR_IO, EIO, "writing object");
	assert_false(cla_err_wrap(&err, "fetching '%s'", "F-102"));
	assert_string_equal(err.msg, "fetching 'F-102': writing object: Input/output error");
	assert_int_equal(err.sys, EIO);

	/* the message itself as an argument */
	cla_err_set(&err, CLA_ERR_CONFIG, "bad key");
	cla_err_wrap(&err, "again '%s'", err.msg);
	assert_string_equal(err.msg, "again 'bad key': bad key");

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	cla_err_wrap(&err, "%s", longer);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_int_equal(err.msg[0], 'x');
	assert_int_equal(err.code, CLA_ERR_CONFIG);
}

static void err_text_is_one_plain_line(void **state)
{
	struct cla_err err = CLA_ERR_INIT;
	char cut[1100];

	(void)state;
	cla_err_set(&err, CLA_ERR_FORMAT,
		    "a\nb\x1b[31mc\x7f\td\xc2\x9b"
		    "e f\xc3\xb3lio \xe2\x82\xac");
	assert_string_equal(err.msg, "a?b?[31mc??d??e f\xc3\xb3lio \xe2\x82\xac");

	/* 1022 letters leave one byte: half of the next character must not stay */
	memset(cut, 'x', 1022);
	strcpy(cut + 1022, "\xc3\xb3\xc3\xb3");
	cla_err_set(&err, CLA_ERR_FORMAT, "%s", cut);
	assert_int_equal(strlen(err.msg), 1022);
	assert_int_equal(err.msg[1021], 'x');
}

static void err_codes_fix_the_exit_status(void **state)
{
	static const struct {
		enum cla_err_code code;
		int exit;
		const char *name;
	} rows[] = {
		{ CLA_ERR_NONE, 0, "NONE" },	       { CLA_ERR_USAGE, 2, "USAGE" },
		{ CLA_ERR_CONFIG, 2, "CONFIG" },       { CLA_ERR_AUTH, 4, "AUTH" },
		{ CLA_ERR_INTEGRITY, 5, "INTEGRITY" }, { CLA_ERR_IO, 6, "IO" },
		{ CLA_ERR_DISK, 6, "DISK" },	       { CLA_ERR_REMOTE, 7, "REMOTE" },
		{ CLA_ERR_LOCKED, 8, "LOCKED" },       { CLA_ERR_INTERRUPTED, 130, "INTERRUPTED" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		assert_int_equal(cla_err_exit(rows[i].code), rows[i].exit);
		assert_string_equal(cla_err_name(rows[i].code), rows[i].name);
	}
	assert_string_equal(cla_err_text(CLA_ERR_DISK), "disk full");
	assert_string_equal(cla_err_name((enum cla_err_code)999), "INTERNAL");
}

/* ---- str ---- */

static void str_compares_bytewise(void **state)
{
	(void)state;
	assert_true(cla_str_eq(CLA_STR("ab"), CLA_STR("ab")));
	assert_false(cla_str_eq(CLA_STR("ab"), CLA_STR("abc")));
	assert_false(cla_str_eq(CLA_STR("a\0b"), CLA_STR("a\0c")));
	assert_true(cla_str_eq(CLA_STR_NONE, CLA_STR("")));
	assert_true(cla_str_eqc(CLA_STR("x"), "x"));
	assert_true(cla_str_eq_nocase(CLA_STR("AbZ"), CLA_STR("aBz")));
	assert_false(cla_str_eq_nocase(CLA_STR("\xc3\x81"), CLA_STR("\xc3\xa1"))); /* not Latin */
	assert_false(cla_str_eq_nocase(CLA_STR("@"), CLA_STR("`")));
	assert_int_equal(cla_str_cmp(CLA_STR("a"), CLA_STR("ab")), -1);
	assert_int_equal(cla_str_cmp(CLA_STR("ab"), CLA_STR("a")), 1);
	assert_int_equal(cla_str_cmp(CLA_STR("b"), CLA_STR("ab")), 1);
	assert_int_equal(cla_str_cmp(CLA_STR("\xff"), CLA_STR("a")), 1); /* unsigned */
	assert_int_equal(cla_str_cmp(CLA_STR_NONE, CLA_STR("")), 0);
}

static void str_finds_and_cuts(void **state)
{
	struct cla_str s = CLA_STR("key=a=b"), head, tail;

	(void)state;
	assert_true(cla_str_cut(s, '=', &head, &tail));
	assert_true(cla_str_eqc(head, "key"));
	assert_true(cla_str_eqc(tail, "a=b"));
	assert_true(cla_str_cut(CLA_STR("x="), '=', &head, &tail));
	assert_false(cla_str_absent(tail));
	assert_int_equal(tail.len, 0);
	assert_false(cla_str_cut(CLA_STR("x"), '=', &head, &tail));
	assert_true(cla_str_eqc(head, "x"));
	assert_true(cla_str_absent(tail));
	assert_int_equal(cla_str_find(s, 'y'), 2);
	assert_int_equal(cla_str_find(s, '!'), s.len);
	assert_true(cla_str_starts(s, "key"));
	assert_false(cla_str_starts(CLA_STR("ke"), "key"));
	assert_true(cla_str_ends(s, "=b"));
	assert_false(cla_str_ends(CLA_STR("b"), "=b"));
	assert_true(cla_str_contains(s, "y=a"));
	assert_false(cla_str_contains(s, "aa"));
	assert_true(cla_str_contains(CLA_STR_NONE, ""));
	assert_true(cla_str_eqc(cla_str_sub(s, 4, 100), "a=b"));
	assert_true(cla_str_eqc(cla_str_sub(s, 100, 1), ""));
	assert_true(cla_str_eqc(cla_str_trim(CLA_STR(" \t a b\r\n")), "a b"));
	assert_true(cla_str_eqc(cla_str_trim(CLA_STR(" \n")), ""));
	assert_true(cla_str_absent(cla_str_trim(CLA_STR_NONE)));
}

static void str_reads_integers(void **state)
{
	static const char *const bad[] = {
		"", "-", "+1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999999"
	};
	uint64_t u = 7;
	int64_t i = 7;

	(void)state;
	for (size_t k = 0; k < CLA_LEN(bad); k++) {
		assert_false(cla_str_to_u64(cla_str_from(bad[k]), &u));
		assert_false(cla_str_to_i64(cla_str_from(bad[k]), &i));
	}
	assert_true(u == 7 && i == 7);
	assert_true(cla_str_to_u64(CLA_STR("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_false(cla_str_to_u64(CLA_STR("-1"), &u));
	assert_true(cla_str_to_i64(CLA_STR("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_false(cla_str_to_i64(CLA_STR("-9223372036854775809"), &i));
	assert_true(cla_str_to_i64(CLA_STR("9223372036854775807"), &i));
	assert_true(i == INT64_MAX);
	assert_false(cla_str_to_i64(CLA_STR("9223372036854775808"), &i));
	assert_true(cla_str_to_i64(CLA_STR("-0"), &i));
	assert_true(i == 0);
	assert_false(cla_str_digits(CLA_STR("")));
	assert_true(cla_str_digits(CLA_STR("0019")));
}

static void str_becomes_a_c_string_in_one_visible_step(void **state)
{
	struct cla_err err = CLA_ERR_INIT;
	char out[4];

	(void)state;
	assert_true(cla_str_cstr(CLA_STR("abc"), out, sizeof(out), &err));
	assert_string_equal(out, "abc");
	assert_true(cla_str_cstr(CLA_STR_NONE, out, sizeof(out), &err));
	assert_string_equal(out, "");
	assert_false(cla_str_cstr(CLA_STR("abcd"), out, sizeof(out), &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
	assert_false(cla_str_cstr(CLA_STR("a\0b"), out, sizeof(out), &err));
	assert_int_equal(err.code, CLA_ERR_FORMAT);

	cla_auto_free char *dup = cla_str_dup(CLA_STR("a\0b"));
	assert_memory_equal(dup, "a\0b", 4);
}

static void hex_is_lower_case_and_exact(void **state)
{
	static const char *const bad[] = { "", "00", "00ff0", "00FF10", "00fg10", "00ff10aa" };
	unsigned char in[3] = { 0x00, 0xff, 0x10 }, out[3] = { 1, 2, 3 };
	char text[7];

	(void)state;
	cla_hex_encode(in, sizeof(in), text);
	assert_string_equal(text, "00ff10");
	for (size_t i = 0; i < CLA_LEN(bad); i++)
		assert_false(cla_hex_decode(cla_str_from(bad[i]), out, sizeof(out)));
	assert_int_equal(out[0], 1); /* untouched */
	assert_true(cla_hex_decode(cla_str_from(text), out, sizeof(out)));
	assert_memory_equal(in, out, sizeof(in));
}

static void utf8_is_checked(void **state)
{
	static const struct {
		struct cla_str text;
		size_t bad; /* length of the text: valid */
	} rows[] = {
		{ { "plain ascii text", 16 }, 16 },
		{ { "\xc3\xb1 \xe2\x82\xac \xf0\x9f\xa7\xbe", 11 }, 11 },
		{ { "\xed\x9f\xbf\xee\x80\x80", 6 }, 6 }, /* around the surrogates */
		{ { "\xf4\x8f\xbf\xbf", 4 }, 4 },	  /* U+10FFFF */
		{ { "a\0b", 3 }, 3 },			  /* NUL is a character */
		{ { "\xc0\xaf", 2 }, 0 },		  /* over-long '/' */
		{ { "ab\xe0\x80\xaf", 5 }, 2 },		  /* over-long */
		{ { "\xf0\x80\x80\xaf", 4 }, 0 },	  /* over-long */
		{ { "\xed\xa0\x80", 3 }, 0 },		  /* surrogate */
		{ { "\xf4\x90\x80\x80", 4 }, 0 },	  /* beyond the last */
		{ { "\xf5\x80\x80\x80", 4 }, 0 },	  /* no such lead */
		{ { "12345678\x80", 9 }, 8 },		  /* lone continuation */
		{ { "\xe2\x82", 2 }, 0 },		  /* cut */
		{ { "\xe2\x82\xac\xc3", 4 }, 3 },	  /* cut after a good one */
		{ { "\xc3(", 2 }, 0 },			  /* lead without continuation */
		{ { "A\xf1o 1999 in Latin-1", 19 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		size_t bad = rows[i].text.len;

		assert_int_equal(cla_utf8_valid(rows[i].text, &bad),
				 rows[i].bad == bad && rows[i].bad == rows[i].text.len);
		assert_int_equal(bad, rows[i].bad);
	}
	assert_true(cla_utf8_valid(CLA_STR_NONE, NULL));
	assert_false(cla_utf8_valid(CLA_STR("\xff"), NULL));
	assert_int_equal(cla_utf8_count(CLA_STR("a\xc3\xb1\xe2\x82\xac\xf0\x9f\xa7\xbe")), 4);
}

/* ---- buf ---- */

static void buf_grows_up_to_its_ceiling_and_no_further(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(300);
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	assert_string_equal(cla_buf_cstr(&b), "");
	assert_false(cla_str_absent(cla_buf_str(&b)));
	for (int i = 0; i < 100; i++)
		cla_buf_addf(&b, "%03d", i);
	assert_true(cla_buf_ok(&b, &err));
	assert_int_equal(b.len, 300);
	assert_int_equal(strlen(b.ptr), 300);
	assert_true(cla_str_ends(cla_buf_str(&b), "098099"));

	cla_buf_byte(&b, 'x');
	assert_int_equal(b.len, 300);
	assert_false(cla_buf_ok(&b, &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);

	cla_buf_reset(&b);
	assert_true(cla_buf_ok(&b, &err));
	assert_string_equal(cla_buf_cstr(&b), "");
	cla_buf_addc(&b, "again");
	assert_string_equal(b.ptr, "again");
	cla_buf_clear(&b);
	assert_null(b.ptr);
	assert_int_equal(b.max, 300);
}

static void buf_appends_whole_pieces_or_nothing(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(8);
	unsigned char bytes[4] = { 0xde, 0xad, 0xbe, 0xef };

	(void)state;
	cla_buf_addc(&b, "12345");
	cla_buf_hex(&b, bytes, 4);
	assert_true(b.failed && b.too_long);
	assert_string_equal(b.ptr, "12345");
	cla_buf_byte(&b, '6'); /* would fit, but something is missing already */
	assert_string_equal(b.ptr, "12345");

	cla_buf_reset(&b);
	cla_buf_hex(&b, bytes, 4);
	assert_string_equal(b.ptr, "deadbeef");
	cla_buf_reset(&b);
	cla_buf_add(&b, CLA_STR("a\0b"));
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.ptr, "a\0b", 4);
}

static void buf_beyond_memory_is_an_error_not_a_crash(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(SIZE_MAX);
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cla_buf_addc(&b, "x");
	cla_buf_hex(&b, "", SIZE_MAX / 2); /* never read: there is no such room */
	assert_false(cla_buf_ok(&b, &err));
	assert_int_equal(err.code, CLA_ERR_MEMORY);
}

/* ---- arena ---- */

static void arena_memory_is_zeroed_aligned_and_stays_put(void **state)
{
	cla_auto_arena struct cla_arena a = CLA_ARENA_INIT;
	unsigned char *piece[500];

	(void)state;
	for (size_t i = 0; i < CLA_LEN(piece); i++) {
		size_t size = i == 250 ? 300000 : i == 251 ? 0 : i;

		piece[i] = cla_arena_alloc(&a, size);
		assert_non_null(piece[i]);
		assert_int_equal((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(piece[i][k], 0);
		memset(piece[i], (int)i, size);
	}
	for (size_t i = 1; i < CLA_LEN(piece); i++)
		for (size_t k = 0; k < i && i != 250 && i != 251; k++)
			assert_int_equal(piece[i][k], (unsigned char)i);
}

static void arena_refuses_what_cannot_be(void **state)
{
	cla_auto_arena struct cla_arena a = CLA_ARENA_INIT;
	bool ok = true;

	(void)state;
	assert_null(cla_arena_array(&a, SIZE_MAX / 2, 3));
	assert_null(cla_arena_alloc(&a, SIZE_MAX));
	assert_non_null(cla_arena_array(&a, 3, 5));

	struct cla_str s = cla_arena_str(&a, CLA_STR("a\0b"), &ok);
	assert_true(ok);
	assert_memory_equal(s.ptr, "a\0b", 4);
	assert_true(cla_str_absent(cla_arena_str(&a, CLA_STR_NONE, &ok)));
	assert_true(ok);
	s = cla_arena_str(&a, CLA_STR(""), &ok);
	assert_false(cla_str_absent(s));
	s = cla_arena_str(&a, (struct cla_str){ "x", SIZE_MAX }, &ok);
	assert_false(ok);
	assert_true(cla_str_absent(s));
}

/* ---- dec ---- */

static struct cla_dec dec(const char *text)
{
	return cla_dec_parse(cla_str_from(text));
}

static void expect_dec(struct cla_dec d, const char *text)
{
	char out[CLA_DEC_TEXT];

	assert_string_equal(cla_dec_format(d, out), text);
}

static void dec_reads_numbers_as_written(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "0", "0" },
		{ "-0.00", "0.00" },
		{ "007.10", "7.10" },
		{ "1234.50", "1234.50" },
		{ "-0.01", "-0.01" },
		{ "0.000000000000000001", "0.000000000000000001" },
		{ "999999999999999999.999999",
		  "999999999999999999.999999" }, /* widest fiscal amount */
		{ "99999999999999999999999999999999999999",
		  "99999999999999999999999999999999999999" },
		{ "-99999999999999999999.999999999999999999",
		  "-99999999999999999999.999999999999999999" },
		{ "999999999999999999", "999999999999999999" }, /* what a word holds, and more */
		{ "1234567890123456789", "1234567890123456789" },
		{ "0.1234567890123456", "0.1234567890123456" },
		{ "0.12345678901234567", "0.12345678901234567" },
		{ "4e2", "400" },
		{ "1.5e-3", "0.0015" },
		{ "1.50E+1", "15.0" },
		{ "12E0", "12" },
		{ "1.25e2", "125" },
		{ "1.25e3", "1250" },
		{ "0e99999999999999999999", "0" },
		{ "-3e37", "-30000000000000000000000000000000000000" },
		{ "0.00000000000000000001e2", "0.000000000000000001" },
	};
	static const char *const bad[] = {
		"",
		"-",
		"+1",
		"1.",
		".5",
		"-.5",
		"1..2",
		"1.2.3",
		" 1",
		"1 ",
		"1,5",
		"0x10",
		"1e",
		"1e+",
		"1e1.5",
		"1e5 ",
		"e5",
		"--1",
		"NaN",
		"inf",
		"1e-",
		"1e+-1",
		"$5",
		"100000000000000000000000000000000000000", /* 39 digits */
		"0.0000000000000000001",		   /* 19 decimals */
		"1e38",
		"1e-19",
		"0e-19",
		"1e9999999999999999999999",
		"1e-99999999999999999999",
		"10e37",
		"99999999999999999999999999999999999999.9",
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++)
		expect_dec(dec(rows[i].in), rows[i].out);
	for (size_t i = 0; i < CLA_LEN(bad); i++) {
		assert_false(dec(bad[i]).ok);
		expect_dec(dec(bad[i]), "?");
	}
	assert_false(cla_dec_parse(CLA_STR("1\0")).ok);
	assert_false(cla_dec_parse(CLA_STR_NONE).ok);
	assert_int_equal(dec("400.00").scale, 2);
	assert_int_equal(dec("4e2").scale, 0);
	assert_int_equal(dec("1.5e-3").scale, 4);
	expect_dec(cla_dec_from(-12345, 2), "-123.45");
	expect_dec(cla_dec_from(INT64_MIN, 18), "-9.223372036854775808");
	assert_false(cla_dec_from(1, 19).ok);
	assert_false(cla_dec_from(1, -1).ok);
}

static void dec_adds_exactly(void **state)
{
	const char *most = "99999999999999999999999999999999999999";

	(void)state;
	expect_dec(cla_dec_add(dec("0.1"), dec("0.20")), "0.30");
	expect_dec(cla_dec_add(dec("999999999999999999.999999"), dec("0.000001")),
		   "1000000000000000000.000000");
	expect_dec(cla_dec_sub(dec("1160"), dec("1160.00")), "0.00");
	expect_dec(cla_dec_sub(dec("0.5"), dec("1")), "-0.5");
	expect_dec(cla_dec_add(dec(most), dec("0")), most);
	assert_false(cla_dec_add(dec(most), dec("1")).ok);
	assert_false(cla_dec_add(dec(most), dec(most)).ok);
	assert_false(cla_dec_sub(cla_dec_neg(dec(most)), dec(most)).ok);
	assert_false(cla_dec_add(dec(most), dec("0.0")).ok); /* the wider form has 39 digits */
	assert_false(cla_dec_add(dec("x"), dec("1")).ok);
	assert_false(cla_dec_add(dec("1"), dec("x")).ok);
	assert_false(cla_dec_neg(dec("x")).ok);
	assert_false(cla_dec_abs(dec("x")).ok);
	expect_dec(cla_dec_abs(dec("-1.50")), "1.50");
}

static void dec_multiplies_exactly(void **state)
{
	(void)state;
	expect_dec(cla_dec_mul(dec("1234.56"), dec("0.160000")), "197.52960000");
	expect_dec(cla_dec_mul(dec("-2.5"), dec("2")), "-5.0");
	expect_dec(cla_dec_mul(dec("1e18"), dec("1e19")), "10000000000000000000000000000000000000");
	assert_false(cla_dec_mul(dec("1e19"), dec("1e19")).ok);
	assert_false(cla_dec_mul(dec("1e37"), dec("1e37")).ok);
	assert_false(cla_dec_mul(dec("0.0000000001"), dec("0.000000001")).ok); /* 19 decimals */
	assert_false(cla_dec_mul(dec("x"), dec("1")).ok);
}

static void dec_rounds_only_as_asked(void **state)
{
	static const struct {
		const char *in;
		int scale;
		const char *half, *trunc, *up;
	} rows[] = {
		{ "2.345", 2, "2.35", "2.34", "2.35" },
		{ "-2.345", 2, "-2.35", "-2.34", "-2.35" },
		{ "2.344999", 2, "2.34", "2.34", "2.35" },
		{ "-2.341", 2, "-2.34", "-2.34", "-2.35" },
		{ "2.340", 2, "2.34", "2.34", "2.34" },
		{ "0.5", 0, "1", "0", "1" },
		{ "-0.5", 0, "-1", "0", "-1" },
		{ "0.4", 0, "0", "0", "1" },
		{ "9.995", 2, "10.00", "9.99", "10.00" },
		{ "7", 2, "7.00", "7.00", "7.00" },
		{ "0.000000000000000001", 0, "0", "0", "1" },
		{ "99999999999999999999.999999999999999999", 0, "100000000000000000000",
		  "99999999999999999999", "100000000000000000000" },
		{ "1", -1, "?", "?", "?" },
		{ "1", 19, "?", "?", "?" },
		{ "1e37", 2, "?", "?", "?" },
		{ "x", 2, "?", "?", "?" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		expect_dec(cla_dec_round(dec(rows[i].in), rows[i].scale), rows[i].half);
		expect_dec(cla_dec_trunc(dec(rows[i].in), rows[i].scale), rows[i].trunc);
		expect_dec(cla_dec_up(dec(rows[i].in), rows[i].scale), rows[i].up);
	}
}

static void dec_compares_by_value(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} rows[] = {
		{ "1.0", "1.00", 0 },
		{ "-0.5", "0.5", -1 },
		{ "-1.5", "-0.5", -1 },
		{ "0.1", "0.01", 1 },
		{ "-0.1", "-0.01", -1 },
		{ "99999999999999999999999999999999999999", "0.000000000000000001", 1 },
		{ "-99999999999999999999999999999999999999", "0.000000000000000001", -1 },
		{ "99999999999999999999", "99999999999999999999.000000000000000001", -1 },
		{ "0", "-0.00", 0 },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		assert_int_equal(cla_dec_cmp(dec(rows[i].a), dec(rows[i].b)), rows[i].order);
		assert_int_equal(cla_dec_cmp(dec(rows[i].b), dec(rows[i].a)), -rows[i].order);
		assert_int_equal(cla_dec_eq(dec(rows[i].a), dec(rows[i].b)), rows[i].order == 0);
	}
	assert_false(cla_dec_eq(dec("x"), dec("x")));
	assert_false(cla_dec_eq(dec("0"), dec("x")));
	assert_int_equal(cla_dec_sign(dec("-0.01")), -1);
	assert_int_equal(cla_dec_sign(dec("0.00")), 0);
	assert_int_equal(cla_dec_sign(dec("3")), 1);
	assert_true(CLA_DEC_ZERO.ok);
}

/* ---- clock ---- */

static void time_is_read_in_every_spelling_and_no_other(void **state)
{
	static const struct {
		const char *in, *out;
		int32_t nsec;
		bool zone;
	} rows[] = {
		{ "2024-12-03T05:58:11Z", "2024-12-03T05:58:11Z", 0, true },
		{ "2024-12-03T05:58:11", "2024-12-03T05:58:11Z", 0, false },
		{ "2024-12-03 05:58", "2024-12-03T05:58:00Z", 0, false },
		{ "2024-12-03", "2024-12-03T00:00:00Z", 0, false },
		{ "2024-12-03T05:58:11.5Z", "2024-12-03T05:58:11Z", 500000000, true },
		{ "2024-12-03T05:58:11.123456789", "2024-12-03T05:58:11Z", 123456789, false },
		{ "2024-11-30T23:30:00-03:00", "2024-12-01T02:30:00Z", 0, true },
		{ "2024-03-01T00:30:00+0100", "2024-02-29T23:30:00Z", 0, true },
		{ "2024-12-31T23:59:60Z", "2024-12-31T23:59:59Z", 0, true },
		{ "2024-12-03T05:58-06:00", "2024-12-03T11:58:00Z", 0, true },
		{ "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z", 0, true },
		{ "0001-01-01", "0001-01-01T00:00:00Z", 0, false },
		{ "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", 0, true },
	};
	static const char *const bad[] = {
		"",
		"2024",
		"2024-12",
		"2024-12-3",
		"2024-12-03T",
		"2024-12-03T05",
		"2024-12-03T05:5",
		"2024-12-03T24:00:00",
		"2024-12-03T05:60",
		"2024-12-03T05:58:61",
		"2024-12-03T05:58:11.",
		"2024-12-03T05:58:11.1234567890",
		"2024-12-03T05:58.5",
		"2024-12-03T05:58:11z",
		"2024-12-03t05:58:11",
		"2024-12-03T05:58:11 Z",
		"2024-12-03T05:58:11Z ",
		"2024-12-03T05:58:11+15:00",
		"2024-12-03T05:58:11+01",
		"2024-12-03T05:58:11+01:60",
		"2024-12-03T05:58:11ZZ",
		"2024-12-03Z",
		"2023-02-29T00:00:00",
		"2024-04-31",
		"2024-13-01",
		"2024-00-01",
		"2024-01-00",
		"0000-01-01",
		"+024-12-03",
		"2024/12/03",
		" 2024-12-03",
		"2024-12-03T-5:58:11",
		"12024-12-03",
	};
	char out[CLA_TIME_TEXT];
	struct cla_time t;
	bool zone;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		assert_true(cla_time_parse(cla_str_from(rows[i].in), &t, &zone));
		assert_string_equal(cla_time_format(t, out), rows[i].out);
		assert_int_equal(t.nsec, rows[i].nsec);
		assert_int_equal(zone, rows[i].zone);
	}
	for (size_t i = 0; i < CLA_LEN(bad); i++) {
		t = (struct cla_time){ 77, 7 };
		if (cla_time_parse(cla_str_from(bad[i]), &t, &zone))
			fail_msg("accepted '%s'", bad[i]);
		assert_true(t.sec == 77 && t.nsec == 7);
	}
	assert_true(cla_time_parse(CLA_STR("2024-11-01T00:00:00Z"), &t, NULL));
	assert_true(t.sec == 1730419200);
}

static void http_dates_have_three_forms(void **state)
{
	static const struct {
		const char *in;
		int64_t sec;
	} rows[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Thu Feb 29 12:00:00 2024", 1709208000 },
		{ "Thu, 29 Feb 2024 12:00:00 GMT", 1709208000 },
		{ "Thursday, 29-Feb-24 12:00:00 GMT", 1709208000 },
		{ "Friday, 31-Dec-99 23:59:60 GMT", 946684799 },
	};
	static const char *const bad[] = {
		"",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT",
		"Sunday Nov  6 08:49:37 1994",
		"Sun Nov 6 08:49:37 1994",
		"Xyz, 06 Nov 1994 08:49:37 GMT",
		"Wed, 29 Feb 2023 12:00:00 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:49 GMT",
		"1994-11-06T08:49:37Z",
		"784111777",
	};
	struct cla_time t;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		assert_true(cla_time_parse_http(cla_str_from(rows[i].in), &t));
		assert_true(t.sec == rows[i].sec);
		assert_int_equal(t.nsec, 0);
	}
	for (size_t i = 0; i < CLA_LEN(bad); i++)
		if (cla_time_parse_http(cla_str_from(bad[i]), &t))
			fail_msg("accepted '%s'", bad[i]);
}

static void days_go_round_the_calendar(void **state)
{
	struct cla_date last = cla_date_from_days(-800000);
	struct cla_date d;

	(void)state;
	/* each day follows the one before it, over ten cycles of leap years */
	for (int64_t days = -799999; days < 700000; days++) {
		d = cla_date_from_days(days);
		if (cla_date_to_days(d) != days)
			fail_msg("day %lld does not come back", (long long)days);
		bool next = d.day == last.day + 1 && d.month == last.month && d.year == last.year;
		bool month = d.day == 1 && last.day >= 28 &&
			     (d.month == last.month + 1 ||
			      (d.month == 1 && last.month == 12 && d.year == last.year + 1));
		if (!next && !month)
			fail_msg("%d-%d-%d after %d-%d-%d", d.year, d.month, d.day, last.year,
				 last.month, last.day);
		last = d;
	}
	d = cla_date_from_days(0);
	assert_true(d.year == 1970 && d.month == 1 && d.day == 1);
	d = cla_date_from_days(19782);
	assert_true(d.year == 2024 && d.month == 2 && d.day == 29);
	assert_true(cla_date_exists(2000, 2, 29));
	assert_false(cla_date_exists(1900, 2, 29));
	assert_false(cla_date_exists(2100, 2, 29));
	assert_true(cla_date_from_days(INT64_MAX).year > 9999); /* bounded, no overflow */
	assert_true(cla_date_from_days(INT64_MIN).year < 0);
}

static void dates_and_months_are_exact(void **state)
{
	static const char *const bad_months[] = { "",	     "2024-1",	"2024-13",  "2024-00",
						  "1999-12", "2100-01", "2024-011", "2024/01",
						  "24-01",   " 2024-01" };
	static const char *const bad_dates[] = { "",	       "2024-11-31",
						 "2024-1-01",  "2024-11-01T00:00",
						 "2023-02-29", "2024-11-1x",
						 "20241101" };
	char out[CLA_TIME_TEXT];
	struct cla_month m;
	struct cla_date d;

	(void)state;
	assert_true(cla_date_parse(CLA_STR("2024-02-29"), &d));
	assert_string_equal(cla_date_format(d, out), "2024-02-29");
	for (size_t i = 0; i < CLA_LEN(bad_dates); i++)
		assert_false(cla_date_parse(cla_str_from(bad_dates[i]), &d));
	for (size_t i = 0; i < CLA_LEN(bad_months); i++)
		assert_false(cla_month_parse(cla_str_from(bad_months[i]), &m));
	assert_true(cla_month_parse(CLA_STR("2024-02"), &m));
	assert_string_equal(cla_date_format(cla_month_first(m), out), "2024-02-01");
	assert_string_equal(cla_date_format(cla_month_last(m), out), "2024-02-29");
	assert_true(cla_month_parse(CLA_STR("2023-02"), &m));
	assert_string_equal(cla_date_format(cla_month_last(m), out), "2023-02-28");
	assert_true(cla_month_parse(CLA_STR("2099-12"), &m));
	assert_string_equal(cla_date_format(cla_month_last(m), out), "2099-12-31");
}

static void times_are_ordered_and_rounded_up(void **state)
{
	struct cla_time a = { 5, 0 }, b = { 5, 1 }, c = { -1, 999999999 };

	(void)state;
	assert_int_equal(cla_time_cmp(a, b), -1);
	assert_int_equal(cla_time_cmp(b, a), 1);
	assert_int_equal(cla_time_cmp(c, a), -1);
	assert_int_equal(cla_time_cmp(a, a), 0);
	assert_true(cla_time_ceil(a).sec == 5);
	assert_true(cla_time_ceil(b).sec == 6 && cla_time_ceil(b).nsec == 0);
	assert_true(cla_time_ceil(c).sec == 0);

	struct cla_clock clock = cla_clock_system();
	int64_t before = clock.monotonic_ms(clock.ctx);
	assert_true(clock.now(clock.ctx).sec > 1700000000);
	assert_true(clock.monotonic_ms(clock.ctx) >= before);
}

/* ---- file ---- */

/* Each test gets an empty folder and is in it. */
static int enter_folder(void **state)
{
	char *dir = strdup("/tmp/clara-base-XXXXXX");

	if (!dir || !mkdtemp(dir) || chdir(dir) < 0)
		return -1;
	*state = dir;
	return 0;
}

static int leave_folder(void **state)
{
	cla_auto_buf struct cla_buf cmd = CLA_BUF_INIT(200);
	cla_auto_free char *dir = *state;

	cla_buf_addf(&cmd, "rm -rf '%s'", dir);
	return chdir("/") < 0 ? -1 : system(cmd.ptr);
}

static void put(const char *path, const char *text)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_file_replace(path, cla_str_from(text), 0644, &err))
		fail_msg("%s", err.msg);
}

static size_t count_entries(void **state)
{
	(void)state;
	FILE *p = popen("ls -A | wc -l", "r");
	size_t n = 99;

	assert_non_null(p);
	assert_int_equal(fscanf(p, "%zu", &n), 1);
	pclose(p);
	return n;
}

static void file_replace_leaves_the_new_bytes_and_nothing_else(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(100000);
	cla_auto_buf struct cla_buf big = CLA_BUF_INIT(100000);
	struct cla_err err = CLA_ERR_INIT;
	struct stat st;

	mode_t mask = umask(0077); /* the mode is as asked, whatever the mask */
	assert_true(cla_file_replace("f", CLA_STR("one"), 0644, &err));
	umask(mask);
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	for (int i = 0; i < 20000; i++)
		cla_buf_addf(&big, "%04d", i % 10000);
	assert_true(cla_file_replace("f", cla_buf_str(&big), 0400, &err));
	assert_int_equal(stat("f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_true(cla_file_read("f", &b, &err));
	assert_true(cla_str_eq(cla_buf_str(&b), cla_buf_str(&big)));
	assert_int_equal(count_entries(state), 1);

	assert_false(cla_file_replace("no/f", CLA_STR("x"), 0644, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "'no/f'"));
	assert_false(cla_file_replace("", CLA_STR("x"), 0644, &err));
	assert_int_equal(mkdir("d", 0755), 0);
	assert_false(cla_file_replace("d/", CLA_STR("x"), 0644, &err));
	assert_false(cla_file_replace("d", CLA_STR("x"), 0644, &err));
	assert_int_equal(count_entries(state), 2); /* no temporary file stayed */
}

static void file_create_never_replaces(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(100);
	struct cla_err err = CLA_ERR_INIT;

	assert_true(cla_file_create("f", CLA_STR("one"), 0600, &err));
	assert_false(cla_file_create("f", CLA_STR("two"), 0600, &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_int_equal(err.sys, EEXIST);
	assert_true(cla_file_read("f", &b, &err));
	assert_string_equal(b.ptr, "one");
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_false(cla_file_create("link", CLA_STR("two"), 0600, &err));
	assert_int_equal(err.sys, EEXIST);
	assert_int_equal(count_entries(state), 2);
}

static void file_read_is_bounded_and_says_why(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(10);
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cla_buf_addc(&b, "ab");
	put("f", "12345678");
	assert_true(cla_file_read("f", &b, &err));
	assert_string_equal(b.ptr, "ab12345678");
	assert_false(cla_file_read("f", &b, &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
	assert_non_null(strstr(err.msg, "'f'"));
	assert_string_equal(b.ptr, "ab12345678");
	cla_buf_reset(&b);
	assert_false(cla_file_read("none", &b, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "'none'"));
	assert_false(cla_file_read(".", &b, &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_int_equal(err.sys, EISDIR);
}

static void fd_reads_until_the_end_and_closes_once(void **state)
{
	struct cla_err err = CLA_ERR_INIT;
	char out[10];
	size_t got = 0;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(cla_fd_write(ends[1], CLA_STR("abc"), &err));
	assert_true(cla_fd_write(ends[1], CLA_STR("def"), &err));
	assert_true(cla_fd_read(ends[0], out, 4, &got, &err));
	assert_int_equal(got, 4);
	int kept = ends[1];
	errno = E2BIG;
	cla_fd_close(&ends[1]);
	cla_fd_close(&ends[1]);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(ends[1], -1);
	assert_int_equal(fcntl(kept, F_GETFD), -1);
	assert_true(cla_fd_read(ends[0], out, sizeof(out), &got, &err)); /* joins what is left */
	assert_int_equal(got, 2);
	assert_memory_equal(out, "ef", 2);
	cla_fd_close(&ends[0]);
	assert_false(cla_fd_read(-1, out, 1, &got, &err));
	assert_int_equal(err.sys, EBADF);
	assert_false(cla_fd_write(-1, CLA_STR("x"), &err));
	assert_false(cla_fd_sync(-1, "x", &err));

	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	assert_false(cla_fd_write(full, CLA_STR("x"), &err));
	assert_int_equal(err.code, CLA_ERR_DISK);
	close(full);

	void *p = malloc(1);
	cla_free(&p);
	assert_null(p);
}

static void dir_make_makes_parents(void **state)
{
	struct cla_err err = CLA_ERR_INIT;
	const char *dir = *state;
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(200);

	assert_true(cla_dir_make("a/b//c/", 0755, &err));
	assert_true(cla_path_is_dir("a/b/c"));
	assert_true(cla_dir_make("a/b", 0755, &err));
	cla_buf_addf(&path, "%s/x/y", dir);
	assert_true(cla_dir_make(path.ptr, 0755, &err));
	assert_true(cla_path_is_dir("x/y"));
	put("a/file", "");
	assert_true(cla_path_exists("a/file"));
	assert_false(cla_path_is_dir("a/file"));
	assert_false(cla_path_exists("a/none"));
	assert_false(cla_dir_make("a/file/d", 0755, &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_int_equal(err.sys, EEXIST);
	assert_non_null(strstr(err.msg, "'a/file'"));
	assert_false(cla_dir_make("", 0755, &err));
	assert_true(cla_dir_make("/", 0755, &err));
	assert_true(cla_dir_sync("a", &err));
	assert_false(cla_dir_sync("a/file", &err));
	assert_false(cla_dir_sync("a/none", &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
}

static void path_join_keeps_absolute_names(void **state)
{
	static const struct {
		const char *dir, *name, *path;
	} rows[] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "a", "/b", "/b" },
		{ "", "b", "b" },    { "/", "b", "/b" },   { "a", "", "a/" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(10);

		assert_true(cla_path_join(&b, rows[i].dir, rows[i].name, NULL));
		assert_string_equal(cla_buf_cstr(&b), rows[i].path);
	}
	cla_auto_buf struct cla_buf tiny = CLA_BUF_INIT(2);
	assert_false(cla_path_join(&tiny, "a", "b", NULL));
}

struct seen {
	struct cla_buf paths;
	int stop_after;
};

static bool see(void *ctx, const char *path, struct cla_err *err)
{
	struct seen *seen = ctx;

	cla_buf_addf(&seen->paths, "%s\n", path);
	if (--seen->stop_after == 0)
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "enough");
	return true;
}

static void walk_visits_files_in_order_of_full_paths(void **state)
{
	struct seen seen = { CLA_BUF_INIT(10000), 0 };
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	assert_true(cla_dir_make("w/a/deep", 0755, &err));
	assert_true(cla_dir_make("w/empty", 0755, &err));
	put("w/a/c", "");
	put("w/a/deep/z", "");
	put("w/a-b", "");
	put("w/a.txt", "");
	put("w/a0", "");
	put("w/B", "");
	put("w/\xc3\xb1", "");
	assert_int_equal(symlink("../w", "w/a/loop"), 0); /* a folder: not followed */
	assert_int_equal(symlink("self", "w/self"), 0);	  /* leads nowhere */
	assert_int_equal(symlink("a/c", "w/to-file"), 0); /* followed */
	assert_int_equal(symlink("nothing", "w/dangling"), 0);
	assert_int_equal(mkfifo("w/fifo", 0600), 0);
	assert_true(cla_path_walk("w", see, &seen, &err));
	assert_string_equal(seen.paths.ptr, "w/B\nw/a-b\nw/a.txt\nw/a/c\nw/a/deep/z\nw/a0\n"
					    "w/to-file\nw/\xc3\xb1\n");

	cla_buf_reset(&seen.paths);
	assert_int_equal(symlink("w/a", "start"), 0); /* named by the caller: followed */
	assert_true(cla_path_walk("start/", see, &seen, &err));
	assert_string_equal(seen.paths.ptr, "start/c\nstart/deep/z\n");
	cla_buf_reset(&seen.paths);
	assert_true(cla_path_walk("start", see, &seen, &err));
	assert_string_equal(seen.paths.ptr, "start/c\nstart/deep/z\n");

	cla_buf_reset(&seen.paths);
	assert_true(cla_path_walk("w/B", see, &seen, &err));
	assert_string_equal(seen.paths.ptr, "w/B\n");

	cla_buf_reset(&seen.paths);
	seen.stop_after = 2;
	assert_false(cla_path_walk("w", see, &seen, &err));
	assert_string_equal(err.msg, "enough");
	assert_string_equal(seen.paths.ptr, "w/B\nw/a-b\n");

	assert_false(cla_path_walk("none", see, &seen, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
	cla_buf_clear(&seen.paths);
}

static void walk_ends_at_its_depth(void **state)
{
	struct seen seen = { CLA_BUF_INIT(10000), 0 };
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(1000);
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cla_buf_addc(&path, "d");
	for (int i = 1; i < 64; i++)
		cla_buf_addc(&path, "/d");
	assert_true(cla_dir_make(path.ptr, 0755, &err));
	cla_buf_addc(&path, "/file");
	put(path.ptr, "");
	assert_true(cla_path_walk("d", see, &seen, &err));
	assert_int_equal(seen.paths.len, path.len + 1);

	path.ptr[path.len - 4] = 'd'; /* one folder more */
	path.ptr[path.len - 3] = '\0';
	assert_true(cla_dir_make(path.ptr, 0755, &err));
	assert_false(cla_path_walk("d", see, &seen, &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
	cla_buf_clear(&seen.paths);
}

/* ---- log, ctx ---- */

static void emit(void *ctx, enum cla_log_level level, const char *msg)
{
	struct cla_buf *b = ctx;

	cla_buf_addf(b, "%d:%s;", (int)level, msg);
	errno = EIO;
}

static void log_drops_what_is_too_detailed(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000);
	struct cla_log log = { CLA_LOG_WARN, emit, &b };

	(void)state;
	errno = E2BIG;
	cla_log(&log, CLA_LOG_ERROR, "a%d", 1);
	cla_log(&log, CLA_LOG_WARN, "two\nlines\x1b[2J");
	cla_log(&log, CLA_LOG_INFO, "c");
	cla_log(NULL, CLA_LOG_ERROR, "d");
	assert_int_equal(errno, E2BIG);
	assert_string_equal(b.ptr, "0:a1;1:two?lines?[2J;");
}

static void progress(void *ctx, const char *stage, uint64_t done, uint64_t total)
{
	struct cla_buf *b = ctx;

	cla_buf_addf(b, "%s %llu/%llu", stage, (unsigned long long)done, (unsigned long long)total);
}

static void ctx_reports_progress_and_cancelling(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(100);
	atomic_int flag = 0;
	struct cla_ctx ctx = { 0 };

	(void)state;
	cla_ctx_progress(&ctx, "nobody looks", 1, 2);
	assert_false(cla_ctx_cancelled(&ctx));
	ctx.progress = (struct cla_progress){ progress, &b };
	ctx.cancelled = &flag;
	cla_ctx_progress(&ctx, "fetch", 1, 2);
	assert_string_equal(b.ptr, "fetch 1/2");
	assert_false(cla_ctx_cancelled(&ctx));
	flag = 1;
	assert_true(cla_ctx_cancelled(&ctx));
}

/* ---- grow.h ---- */

static void arrays_grow(void **state)
{
	uint64_t *list = NULL;
	size_t cap = 0;
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		assert_true(cla_grow(&list, &cap, i, sizeof(*list), &err));
		assert_true(cap > i);
		list[i] = i;
	}
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	/* what there is room for stays where it is */
	uint64_t *before = list;
	assert_true(cla_grow(&list, &cap, cap - 1, sizeof(*list), &err));
	assert_ptr_equal(list, before);
	/* more than there can be: told, and nothing is lost */
	size_t full = cap;
	assert_false(cla_grow(&list, &cap, cap, SIZE_MAX / 2, &err));
	assert_int_equal(err.code, CLA_ERR_MEMORY);
	assert_ptr_equal(list, before);
	assert_int_equal(cap, full);
	assert_int_equal(list[999], 999);
	free(list);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set_replaces_and_is_false),
		cmocka_unit_test(err_sys_appends_the_systems_text),
		cmocka_unit_test(err_wrap_puts_context_in_front),
		cmocka_unit_test(err_text_is_one_plain_line),
		cmocka_unit_test(err_codes_fix_the_exit_status),
		cmocka_unit_test(str_compares_bytewise),
		cmocka_unit_test(str_finds_and_cuts),
		cmocka_unit_test(str_reads_integers),
		cmocka_unit_test(str_becomes_a_c_string_in_one_visible_step),
		cmocka_unit_test(hex_is_lower_case_and_exact),
		cmocka_unit_test(utf8_is_checked),
		cmocka_unit_test(buf_grows_up_to_its_ceiling_and_no_further),
		cmocka_unit_test(buf_appends_whole_pieces_or_nothing),
		cmocka_unit_test(buf_beyond_memory_is_an_error_not_a_crash),
		cmocka_unit_test(arena_memory_is_zeroed_aligned_and_stays_put),
		cmocka_unit_test(arena_refuses_what_cannot_be),
		cmocka_unit_test(dec_reads_numbers_as_written),
		cmocka_unit_test(dec_adds_exactly),
		cmocka_unit_test(dec_multiplies_exactly),
		cmocka_unit_test(dec_rounds_only_as_asked),
		cmocka_unit_test(dec_compares_by_value),
		cmocka_unit_test(time_is_read_in_every_spelling_and_no_other),
		cmocka_unit_test(http_dates_have_three_forms),
		cmocka_unit_test(days_go_round_the_calendar),
		cmocka_unit_test(dates_and_months_are_exact),
		cmocka_unit_test(times_are_ordered_and_rounded_up),
		IN_FOLDER(file_replace_leaves_the_new_bytes_and_nothing_else),
		IN_FOLDER(file_create_never_replaces),
		IN_FOLDER(file_read_is_bounded_and_says_why),
		IN_FOLDER(fd_reads_until_the_end_and_closes_once),
		IN_FOLDER(dir_make_makes_parents),
		IN_FOLDER(path_join_keeps_absolute_names),
		IN_FOLDER(walk_visits_files_in_order_of_full_paths),
		IN_FOLDER(walk_ends_at_its_depth),
		cmocka_unit_test(log_drops_what_is_too_detailed),
		cmocka_unit_test(ctx_reports_progress_and_cancelling),
		cmocka_unit_test(arrays_grow),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
