/* json/json_test.c - units of json/: tokens, tree, canonical form, writer. */
#include "base/buf.h"
#include "json/json.h"
#include "json/out.h"
#include "json/parts.h"
#include "json/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- scan ---- */

/* Tokens as letters with their depth and bytes, so that one string says all; then the error, if
 * any. */
static void trace(struct cla_str text, struct cla_buf *out)
{
	static const char *const names[] = { "{", "}", "[", "]", "k", "s", "n", "t", "f", "0" };
	struct cla_json_scan s;
	struct cla_json_tok tok;

	cla_json_scan_init(&s, text);
	while (cla_json_scan_next(&s, &tok)) {
		assert_ptr_equal(tok.raw.ptr, text.ptr + tok.pos);
		cla_buf_addf(out, "%s%d", names[tok.type], tok.depth);
		if (tok.type == CLA_TOK_KEY || tok.type == CLA_TOK_STRING ||
		    tok.type == CLA_TOK_NUMBER)
			cla_buf_addf(out, CLA_STR_FMT, CLA_STR_ARG(tok.raw));
		cla_buf_byte(out, ' ');
	}
	if (s.error)
		cla_buf_addf(out, "!%zu", s.pos);
	assert_int_equal(s.done, !s.error);
	assert_false(cla_json_scan_next(&s, &tok)); /* and stays so */
}

static void tokens_come_with_place_and_depth(void **state)
{
	static const struct {
		const char *text, *trace;
	} rows[] = {
		{ "null", "00 " },
		{ " [ ] ", "[0 ]0 " },
		{ "{}", "{0 }0 " },
		{ "{\"a\":1,\"b\":[true,{\"c\":null}]}",
		  "{0 k1\"a\" n11 k1\"b\" [1 t2 {2 k3\"c\" 03 }2 ]1 }0 " },
		{ "\r\n\t{ \"a\" : -0.5e+10 , \"a\":false }\n",
		  "{0 k1\"a\" n1-0.5e+10 k1\"a\" f1 }0 " },
		{ "1234567890123456789.10", "n01234567890123456789.10 " },
		{ "[0,-0,10,1e2,1E-2]", "[0 n10 n1-0 n110 n11e2 n11E-2 ]0 " },
		{ "\"\\u0000\\ud83d\\ude00\\/\"", "s0\"\\u0000\\ud83d\\ude00\\/\" " },
		{ "\"\xc3\xb1\x7f\"", "s0\"\xc3\xb1\x7f\" " },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000);

		trace(cla_str_from(rows[i].text), &b);
		assert_string_equal(b.ptr, rows[i].trace);
	}
}

static void malformed_text_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} rows[] = {
		{ "", 0 },
		{ "  ", 2 },
		{ "[1,]", 3 },
		{ "[,1]", 1 },
		{ "[1 2]", 3 },
		{ "[1", 2 },
		{ "[1}", 2 },
		{ "{\"a\":1]", 6 },
		{ "{\"a\"}", 4 },
		{ "{\"a\" 1}", 5 },
		{ "{\"a\":}", 5 },
		{ "{\"a\":1,}", 7 },
		{ "{a:1}", 1 },
		{ "{1:1}", 1 },
		{ "{'a':1}", 1 },
		{ "]", 0 },
		{ "1 2", 2 },
		{ "{} x", 3 },
		{ "[]]", 2 },
		{ "01", 1 },
		{ "-", 1 },
		{ "+1", 0 },
		{ ".5", 0 },
		{ "1.", 2 },
		{ "1.e3", 2 },
		{ "1e", 2 },
		{ "1e+", 3 },
		{ "-a", 1 },
		{ "NaN", 0 },
		{ "Infinity", 0 },
		{ "True", 0 },
		{ "tru", 0 },
		{ "truex", 4 },
		{ "nul", 0 },
		{ "\"abc", 0 },
		{ "\"a\nb\"", 2 },
		{ "\"a\tb\"", 2 },
		{ "\"\\x41\"", 1 },
		{ "\"\\", 1 },
		{ "\"\\u12\"", 1 },
		{ "\"\\u12g4\"", 1 },
		{ "\"ab\\ud83d\"", 3 },
		{ "\"\\ud83dx\"", 1 },
		{ "\"\\ud83d\\n\"", 1 },
		{ "\"\\ud83d\\ud83d\"", 1 },
		{ "\"\\ude00\"", 1 },
		{ "\"\\ud83d\\u\"", 1 },
		{ "\"\xff\"", 1 },
		{ "[\"ok\",\"\xc3\"]", 7 },
		{ "\"\xed\xa0\x80\"", 1 },
		{ "\xef\xbb\xbf{}", 0 },
		{ "[1] // comment", 4 },
		{ "\xc2\xa0[]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000), end = CLA_BUF_INIT(100);
		struct cla_json_doc *doc = NULL;
		struct cla_err err = CLA_ERR_INIT;

		trace(cla_str_from(rows[i].text), &b);
		cla_buf_addf(&end, "!%zu", rows[i].at);
		if (!cla_str_ends(cla_buf_str(&b), end.ptr))
			fail_msg("'%s' gives %s, not %s", rows[i].text, cla_buf_cstr(&b), end.ptr);
		assert_false(cla_json_parse(cla_str_from(rows[i].text), &doc, &err));
		assert_int_equal(err.code, CLA_ERR_FORMAT);
		assert_null(doc);
	}
	/* a NUL is no blank, and the length counts, not a NUL */
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000);
	trace(CLA_STR("[]\0"), &b);
	assert_true(cla_str_ends(cla_buf_str(&b), "!2"));
	cla_buf_reset(&b);
	trace(cla_str_sub(CLA_STR("12345"), 0, 2), &b);
	assert_string_equal(b.ptr, "n012 ");
	cla_buf_reset(&b);
	trace(cla_str_sub(CLA_STR("\"\\u0041\""), 0, 5), &b);
	assert_string_equal(b.ptr, "!1");
}

static void depth_is_bounded(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(100000);
	struct cla_json_doc *doc = NULL;
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	for (int i = 0; i < 64; i++)
		cla_buf_byte(&b, '[');
	for (int i = 0; i < 64; i++)
		cla_buf_byte(&b, ']');
	assert_true(cla_json_parse(cla_buf_str(&b), &doc, &err));
	cla_json_free(doc);
	doc = NULL;
	cla_buf_reset(&b);
	for (int i = 0; i < 65; i++)
		cla_buf_addc(&b, i % 2 ? "{\"a\":" : "[");
	assert_false(cla_json_parse(cla_buf_str(&b), &doc, &err));
	assert_non_null(strstr(err.msg, "deep"));
	cla_buf_reset(&b);
	for (int i = 0; i < 90000; i++)
		cla_buf_byte(&b, '[');
	assert_false(cla_json_parse(cla_buf_str(&b), &doc, &err));
}

static void strings_are_decoded(void **state)
{
	static const struct {
		const char *raw, *text;
	} rows[] = {
		{ "\"\"", "" },
		{ "\"plain\"", "plain" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\u00f1\\u20AC\\uD83E\\uDDFE.\"",
		  "A\xc3\xb1\xe2\x82\xac\xf0\x9f\xa7\xbe." },
		{ "\"a\\u0000b\"", "a\xef\xbf\xbd"
				   "b" },
		{ "\"\\uffff\\u07ff\\u0800\"", "\xef\xbf\xbf\xdf\xbf\xe0\xa0\x80" },
		{ "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(100);

		cla_json_unescape(cla_str_from(rows[i].raw), &b);
		assert_string_equal(cla_buf_cstr(&b), rows[i].text);
	}
}

struct items {
	struct cla_buf all;
	int stop_after;
};

static bool add_item(void *ctx, struct cla_str raw, struct cla_err *err)
{
	struct items *items = ctx;

	cla_buf_add(&items->all, raw);
	cla_buf_byte(&items->all, '|');
	if (--items->stop_after == 0)
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "enough");
	return true;
}

static void array_rows_keep_their_bytes(void **state)
{
	static const struct {
		const char *text, *key, *items;
		bool found;
	} rows[] = {
		{ "[ 1 , \"a\" ,[2,[3]], {\"b\" : [4]} ,null]", NULL,
		  "1|\"a\"|[2,[3]]|{\"b\" : [4]}|null|", true },
		{ "{\"n\":1,\"content\":[{\"a\": 1.10} ,{}],\"x\":[9]}", "content",
		  "{\"a\": 1.10}|{}|", true },
		{ "{\"a\":{\"content\":[1]},\"content\":[2]}", "content", "2|", true },
		{ "{\"a\":[\"content\",[1]],\"\\u0063ontent\":[2]}", "content", "2|", true },
		{ "{\"content\":{\"content\":[1]}}", "content", "", false },
		{ "{\"content\":null}", "content", "", false },
		{ "[{\"content\":[1]}]", "content", "", false },
		{ "[\"content\",[1]]", "content", "", false },
		{ "{\"a\":[1]}", NULL, "", false },
		{ "[]", NULL, "", true },
		{ "7", NULL, "", false },
	};
	struct cla_err err = CLA_ERR_INIT;
	bool found;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct items items = { CLA_BUF_INIT(1000), 0 };

		found = !rows[i].found;
		assert_true(cla_json_items(cla_str_from(rows[i].text), rows[i].key, add_item,
					   &items, &found, &err));
		assert_string_equal(cla_buf_cstr(&items.all), rows[i].items);
		assert_int_equal(found, rows[i].found);
		cla_buf_clear(&items.all);
	}

	struct items items = { CLA_BUF_INIT(1000), 2 };
	assert_false(cla_json_items(CLA_STR("[1,2,3]"), NULL, add_item, &items, &found, &err));
	assert_string_equal(err.msg, "enough");
	assert_string_equal(items.all.ptr, "1|2|");
	assert_false(cla_json_items(CLA_STR("[1,2"), NULL, add_item, &items, &found, &err));
	assert_int_equal(err.code, CLA_ERR_FORMAT);
	assert_false(cla_json_items(CLA_STR("{\"a\":[1],\"a\":[2]}"), "a", add_item, &items, &found,
				    &err));
	assert_int_equal(err.code, CLA_ERR_FORMAT);
	cla_buf_clear(&items.all);
}

/* ---- json ---- */

static struct cla_json_doc *parse(const char *text)
{
	struct cla_json_doc *doc = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_json_parse(cla_str_from(text), &doc, &err))
		fail_msg("%s", err.msg);
	return doc;
}

static void no_digit_is_lost(void **state)
{
	static const char *const numbers[] = {
		"1234567890123456789",
		"9007199254740993",
		"0.10",
		"100.00",
		"-0",
		"1e400",
		"1E+2",
		"12345678901234567890.123456789012345678",
		"-1.5e-3",
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(numbers); i++) {
		cla_auto_json struct cla_json_doc *doc = parse(numbers[i]);
		const struct cla_json *root = cla_json_root(doc);

		assert_int_equal(cla_json_type(root), CLA_JSON_NUMBER);
		assert_true(cla_str_eqc(cla_json_number(root), numbers[i]));
		assert_true(cla_str_eqc(cla_json_text(root), numbers[i]));
		assert_true(cla_str_absent(cla_json_string(root)));
	}
}

static void nodes_are_read_by_type(void **state)
{
	cla_auto_json struct cla_json_doc *doc = parse(
		"{\"s\":\"12\",\"n\":12,\"t\":true,\"f\":false,\"z\":null,\"e\":\"\","
		"\"a\":[1,\"n12\",[]],\"o\":{\"Key\":1,\"key\":2,\"\":3},\"nul\":\"a\\u0000b\"}");
	const struct cla_json *root = cla_json_root(doc), *n;
	uint64_t u = 99;
	bool b = false;

	(void)state;
	assert_int_equal(cla_json_count(root), 9);
	assert_int_equal(cla_json_type(cla_json_get(root, "s")), CLA_JSON_STRING);
	assert_true(cla_str_eqc(cla_json_string(cla_json_get(root, "s")), "12"));
	assert_true(cla_str_absent(cla_json_number(cla_json_get(root, "s"))));
	assert_false(cla_json_u64(cla_json_get(root, "s"), &u));
	assert_true(cla_json_u64(cla_json_get(root, "n"), &u));
	assert_true(u == 12);
	assert_true(cla_str_absent(cla_json_string(cla_json_get(root, "n"))));
	assert_true(cla_json_is_true(cla_json_get(root, "t")));
	assert_false(cla_json_is_true(cla_json_get(root, "f")));
	assert_true(cla_json_bool(cla_json_get(root, "t"), &b) && b);
	assert_true(cla_json_bool(cla_json_get(root, "f"), &b) && !b);
	assert_false(cla_json_bool(cla_json_get(root, "z"), &b));
	assert_int_equal(cla_json_type(cla_json_get(root, "z")), CLA_JSON_NULL);
	assert_false(cla_str_absent(cla_json_string(cla_json_get(root, "e"))));
	assert_true(cla_str_eqc(cla_json_string(cla_json_get(root, "nul")), "a\xef\xbf\xbd"
									    "b"));

	n = cla_json_first(cla_json_get(root, "a"));
	assert_true(cla_str_eqc(cla_json_number(n), "1"));
	assert_true(cla_str_absent(cla_json_key(n)));
	n = cla_json_next(n);
	assert_true(cla_str_eqc(cla_json_string(n), "n12"));
	n = cla_json_next(n);
	assert_int_equal(cla_json_type(n), CLA_JSON_ARRAY);
	assert_int_equal(cla_json_count(n), 0);
	assert_null(cla_json_next(n));

	n = cla_json_get(root, "o");
	assert_true(cla_str_eqc(cla_json_key(n), "o"));
	assert_true(cla_str_eqc(cla_json_number(cla_json_get(n, "key")), "2"));
	assert_true(cla_str_eqc(cla_json_number(cla_json_get(n, "Key")), "1"));
	assert_true(cla_str_eqc(cla_json_number(cla_json_get(n, "")), "3"));
	assert_null(cla_json_get(n, "KEY"));
}

static void absent_is_safe_all_the_way_down(void **state)
{
	cla_auto_json struct cla_json_doc *doc = parse("{\"a\":[1],\"s\":\"x\"}");
	const struct cla_json *none = cla_json_get(cla_json_get(cla_json_root(doc), "b"), "c");
	uint64_t u;
	bool b;

	(void)state;
	assert_null(none);
	assert_int_equal(cla_json_type(none), CLA_JSON_ABSENT);
	assert_null(cla_json_get(cla_json_get(cla_json_root(doc), "a"), "x")); /* an array */
	assert_null(cla_json_get(cla_json_get(cla_json_root(doc), "s"), "x")); /* a string */
	assert_null(cla_json_first(cla_json_get(cla_json_root(doc), "s")));
	assert_null(cla_json_first(none));
	assert_null(cla_json_next(none));
	assert_int_equal(cla_json_count(none), 0);
	assert_true(cla_str_absent(cla_json_key(none)));
	assert_true(cla_str_absent(cla_json_text(none)));
	assert_false(cla_json_is_true(none));
	assert_false(cla_json_bool(none, &b));
	assert_false(cla_json_u64(none, &u));
	assert_null(cla_json_root(NULL));
	cla_json_free(NULL);
}

static void duplicate_keys_are_refused(void **state)
{
	static const char *const bad[] = {
		"{\"a\":1,\"a\":1}",
		"[{\"b\":{\"x\":1,\"y\":2,\"z\":3,\"x\":4}}]",
		"{\"a\":1,\"\\u0061\":2}",
		"{\"\":1,\"\":2}",
	};
	struct cla_json_doc *doc = NULL;
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(bad); i++) {
		assert_false(cla_json_parse(cla_str_from(bad[i]), &doc, &err));
		assert_int_equal(err.code, CLA_ERR_FORMAT);
		assert_non_null(strstr(err.msg, "twice"));
	}
	cla_json_free(parse("{\"a\":{\"a\":{\"a\":1}},\"A\":2}"));
}

static void u64_is_an_integer_as_written(void **state)
{
	static const char *const bad[] = {
		"-1", "1.0", "1e2", "18446744073709551616", "-0", "true"
	};
	uint64_t u = 0;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(bad); i++) {
		cla_auto_json struct cla_json_doc *doc = parse(bad[i]);

		assert_false(cla_json_u64(cla_json_root(doc), &u));
	}
	cla_auto_json struct cla_json_doc *doc = parse("18446744073709551615");
	assert_true(cla_json_u64(cla_json_root(doc), &u));
	assert_true(u == UINT64_MAX);
}

static void number_of_values_is_bounded(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(SIZE_MAX);
	struct cla_json_doc *doc = NULL;
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cla_buf_addc(&b, "[1");
	for (int i = 0; i < 1000000; i++)
		cla_buf_addc(&b, ",1");
	cla_buf_addc(&b, "]");
	assert_false(cla_json_parse(cla_buf_str(&b), &doc, &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
}

/* ---- canonical ---- */

static const char *const canonical[] = {
	"null",
	"true",
	"0",
	"-1",
	"9007199254740991",
	"-9007199254740991",
	"\"\"",
	"[]",
	"{}",
	"[[],{},[{\"a\":[]}]]",
	"{\"\":1,\"A\":2,\"_\":3,\"a\":4,\"aa\":5,\"b\":{\"a\":1}}",
	"{\"a\\\"\":1,\"a#\":2,\"a[\":3,\"a\\\\\":4,\"a]\":5}",
	"\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0000\\u000b\\u001f\x7f\"",
	"\"\xc3\xb1\xe2\x82\xac\xf0\x9f\xa7\xbe\xef\xbf\xbf\"",
	"\"\\\\u0041 \\\\/\"",
	"{\"amount\":\"1160.00\",\"open\":false,\"pages\":[3,null]}",
};

static void canonical_text_is_accepted(void **state)
{
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(canonical); i++)
		if (!cla_json_canonical(cla_str_from(canonical[i]), &err))
			fail_msg("'%s': %s", canonical[i], err.msg);
}

static void other_spellings_are_refused_at_their_place(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} rows[] = {
		{ "", 0 },
		{ " {}", 0 },
		{ "{}\n", 2 },
		{ "{} ", 2 },
		{ "[1, 2]", 2 },
		{ "[1 ,2]", 2 },
		{ "{\"a\" :1}", 4 },
		{ "{\"a\": 1}", 4 },
		{ "[ ]", 1 },
		{ "{\"b\":1,\"a\":2}", 7 },
		{ "{\"a\":1,\"a\":2}", 7 },
		{ "{\"aa\":1,\"a\":2}", 8 },
		{ "{\"a\":1,\"Z\":2}", 7 },
		{ "{\"a\":1,\"b\":{\"d\":1,\"c\":1}}", 18 },
		{ "{\"a\\\\\":1,\"a[\":2}", 9 }, /* '[' is before the backslash */
		{ "{\"\xc3\xb1\":1}", 1 },
		{ "{\"a\\n\":1}", 1 },
		{ "{\"\\u0061\":1}", 1 },
		{ "{\"a\x7f\":1}", 1 },
		{ "1.0", 0 },
		{ "[1e2]", 1 },
		{ "[1E2]", 1 },
		{ "-0", 0 },
		{ "9007199254740992", 0 },
		{ "[-9007199254740992]", 1 },
		{ "123456789012345678901234567890", 0 },
		{ "01", 1 },
		{ "\"\\/\"", 1 },
		{ "\"ab\\u0041\"", 3 },
		{ "\"\\u00f1\"", 1 },
		{ "\"\\u000a\"", 1 },
		{ "\"\\u0008\"", 1 },
		{ "\"\\u001F\"", 1 },
		{ "\"\\u0022\"", 1 },
		{ "\"\\u005c\"", 1 },
		{ "\"\\ud83e\\uddfe\"", 1 },
		{ "\"\\u007f\"", 1 },
		{ "\"\xff\"", 1 },
		{ "\"\t\"", 1 },
		{ "[1,]", 3 },
		{ "{}{}", 2 },
		{ "\xef\xbb\xbf{}", 0 },
		{ "{\"a\":1", 6 },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_err err = CLA_ERR_INIT;
		char place[40];

		if (cla_json_canonical(cla_str_from(rows[i].text), &err))
			fail_msg("accepted '%s'", rows[i].text);
		assert_int_equal(err.code, CLA_ERR_FORMAT);
		snprintf(place, sizeof(place), "at byte %zu:", rows[i].at);
		if (!strstr(err.msg, place))
			fail_msg("'%s': %s, not %s", rows[i].text, err.msg, place);
	}
	assert_false(cla_json_canonical(CLA_STR("{}\0"), NULL));
}

/* ---- out ---- */

static void writer_makes_canonical_text(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(10000);
	struct cla_json_out o;
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cla_buf_addc(&b, "before:"); /* what was there stays */
	cla_json_out_begin(&o, &b);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "", 0);
	cla_json_out_kstr(&o, "absent", CLA_STR_NONE);
	cla_json_out_key(&o, "array");
	cla_json_out_array(&o);
	cla_json_out_int(&o, -9007199254740991);
	cla_json_out_bool(&o, true);
	cla_json_out_null(&o);
	cla_json_out_object(&o);
	cla_json_out_close(&o);
	cla_json_out_array(&o);
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	cla_json_out_kcstr(&o, "cstr", NULL);
	cla_json_out_khex(&o, "hex", "\x00\xff", 2);
	cla_json_out_kbool(&o, "open", false);
	cla_json_out_key(&o, "q\"");
	cla_json_out_raw(&o, CLA_STR("{\"z\":1}"));
	cla_json_out_kint(&o, "q#", 1);
	cla_json_out_kint(&o, "q[", 1);
	cla_json_out_kint(&o, "q\\", 1);
	cla_json_out_kint(&o, "q\\a", 1);
	cla_json_out_keys(&o, CLA_STR("string"));
	cla_json_out_str(&o, CLA_STR("\0\b\t\n\v\f\r\x1f\"\\/\x7f\xc3\xb1\xf0\x9f\xa7\xbe"));
	cla_json_out_kcstr(&o, "zbad", "a\xff\xc3(\xed\xa0\x80z");
	cla_json_out_close(&o);
	assert_true(cla_json_out_end(&o, &err));
	assert_string_equal(
		b.ptr,
		"before:{\"\":0,\"absent\":null,\"array\":[-9007199254740991,true,null,{},[]],"
		"\"cstr\":null,\"hex\":\"00ff\",\"open\":false,\"q\\\"\":{\"z\":1},\"q#\":1,\"q[\":"
		"1,"
		"\"q\\\\\":1,\"q\\\\a\":1,"
		"\"string\":\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/"
		"\x7f\xc3\xb1\xf0\x9f\xa7\xbe\","
		"\"zbad\":\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"}");
	/* the checker, which shares no code with the writer, agrees */
	if (!cla_json_canonical(cla_str_sub(cla_buf_str(&b), 7, b.len), &err))
		fail_msg("%s", err.msg);
}

/* One wrong use each; the end must say so. */
static void wrong_order(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_kint(o, "b", 1);
	cla_json_out_kint(o, "a", 1);
	cla_json_out_close(o);
}

static void same_key(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_kint(o, "a", 1);
	cla_json_out_kint(o, "a", 1);
	cla_json_out_close(o);
}

static void shorter_key(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_kint(o, "ab", 1);
	cla_json_out_kint(o, "a", 1);
	cla_json_out_close(o);
}

static void inner_order(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_key(o, "b");
	cla_json_out_object(o);
	cla_json_out_kint(o, "z", 1);
	cla_json_out_close(o);
	cla_json_out_kint(o, "a", 1); /* after b, not after z */
	cla_json_out_close(o);
}

static void foreign_key(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_kint(o, "\xc3\xb1", 1);
	cla_json_out_close(o);
}

static void key_without_value(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_key(o, "a");
	cla_json_out_close(o);
}

static void two_keys(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_key(o, "a");
	cla_json_out_key(o, "b");
	cla_json_out_int(o, 1);
	cla_json_out_close(o);
}

static void value_without_key(struct cla_json_out *o)
{
	cla_json_out_object(o);
	cla_json_out_int(o, 1);
	cla_json_out_close(o);
}

static void key_in_array(struct cla_json_out *o)
{
	cla_json_out_array(o);
	cla_json_out_kint(o, "a", 1);
	cla_json_out_close(o);
}

static void left_open(struct cla_json_out *o)
{
	cla_json_out_array(o);
}

static void closed_twice(struct cla_json_out *o)
{
	cla_json_out_array(o);
	cla_json_out_close(o);
	cla_json_out_close(o);
}

static void two_values(struct cla_json_out *o)
{
	cla_json_out_int(o, 1);
	cla_json_out_int(o, 2);
}

static void no_value(struct cla_json_out *o)
{
	(void)o;
}

static void big_integer(struct cla_json_out *o)
{
	cla_json_out_int(o, 9007199254740992);
}

static void empty_raw(struct cla_json_out *o)
{
	cla_json_out_raw(o, CLA_STR(""));
}

static void too_deep(struct cla_json_out *o)
{
	for (int i = 0; i < CLA_JSON_OUT_DEPTH; i++)
		cla_json_out_array(o);
	for (int i = 0; i < CLA_JSON_OUT_DEPTH; i++)
		cla_json_out_close(o);
}

/* Long runs are looked at eight bytes at a time: no byte may slip through, wherever it stands. */
static void every_byte_survives_at_every_place(void **state)
{
	char text[24];

	(void)state;
	for (unsigned c = 1; c < 0x80; c++) /* NUL is read as a foreign character */
		for (size_t at = 0; at < sizeof(text); at++) {
			cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000),
						    back = CLA_BUF_INIT(1000);
			struct cla_json_scan scan;
			struct cla_json_tok tok;
			struct cla_json_out o;
			bool bare = c >= 0x20 && c != '"' && c != '\\';

			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			cla_json_out_begin(&o, &b);
			cla_json_out_str(&o, (struct cla_str){ text, sizeof(text) });
			assert_true(cla_json_out_end(&o, NULL));
			assert_int_equal(b.len == sizeof(text) + 2, bare);
			cla_json_scan_init(&scan, cla_buf_str(&b));
			assert_true(cla_json_scan_next(&scan, &tok));
			cla_json_unescape(tok.raw, &back);
			assert_int_equal(back.len, sizeof(text));
			assert_memory_equal(back.ptr, text, sizeof(text));
			/* and the reader refuses it as it is */
			cla_buf_reset(&b);
			cla_buf_byte(&b, '"');
			cla_buf_add(&b, (struct cla_str){ text, sizeof(text) });
			cla_buf_byte(&b, '"');
			cla_json_scan_init(&scan, cla_buf_str(&b));
			bool whole = cla_json_scan_next(&scan, &tok) && tok.raw.len == b.len;
			assert_int_equal(whole, bare);
		}
}

static void writer_remembers_wrong_use(void **state)
{
	static void (*const wrong[])(struct cla_json_out *) = {
		wrong_order,  same_key,		 shorter_key,  inner_order,
		foreign_key,  key_without_value, two_keys,     value_without_key,
		key_in_array, left_open,	 closed_twice, two_values,
		no_value,     big_integer,	 empty_raw,    too_deep,
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(wrong); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000);
		struct cla_err err = CLA_ERR_INIT;
		struct cla_json_out o;

		cla_json_out_begin(&o, &b);
		wrong[i](&o);
		if (cla_json_out_end(&o, &err))
			fail_msg("wrong use %zu was not seen", i);
		assert_int_equal(err.code, CLA_ERR_INTERNAL);
	}
}

static void unordered_writer_takes_any_key(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_json_out o;

	(void)state;
	cla_json_out_begin_unordered(&o, &b);
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "file", 1);
	cla_json_out_kint(&o, "a\xc3\xb1o\n", INT64_MIN);
	cla_json_out_close(&o);
	assert_true(cla_json_out_end(&o, &err));
	assert_string_equal(b.ptr, "{\"file\":1,\"a\xc3\xb1o\\n\":-9223372036854775808}");
}

static void writer_reports_a_full_buffer(void **state)
{
	struct cla_err err = CLA_ERR_INIT;
	struct cla_json_out o;

	(void)state;
	for (size_t max = 0; max < 40; max++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(max);

		cla_json_out_begin(&o, &b);
		cla_json_out_object(&o);
		cla_json_out_kcstr(&o, "a", "some text");
		cla_json_out_khex(&o, "b", "\x12", 1);
		cla_json_out_kint(&o, "c", 123);
		cla_json_out_close(&o);
		assert_int_equal(cla_json_out_end(&o, &err), max >= 34);
		if (max < 34)
			assert_int_equal(err.code, CLA_ERR_LIMIT);
	}
}

/* --- an object in parts --- */

struct heard {
	struct cla_buf text; /* "key[index]=raw@pos;" of each part */
	bool canonical;
	int stop_after;
	unsigned level; /* 0 is 1 */
};

static bool hear(void *ctx, const struct cla_json_part *part, struct cla_err *err)
{
	struct heard *h = ctx;

	cla_buf_addf(&h->text, CLA_STR_FMT "[%u]=" CLA_STR_FMT "@%u;", CLA_STR_ARG(part->key),
		     (unsigned)part->index, CLA_STR_ARG(part->raw), (unsigned)part->pos);
	if (cla_str_absent(part->raw))
		cla_buf_addf(&h->text, "%u bytes;", (unsigned)part->size);
	else
		h->canonical = h->canonical && cla_json_canonical(part->raw, NULL);
	if (h->stop_after-- == 1)
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "enough");
	return true;
}

/* In pieces of `step` bytes. */
static bool read_parts(const char *text, size_t step, struct heard *h, struct cla_buf *rest,
		       struct cla_err *err)
{
	struct cla_json_parts p;
	struct cla_str all = cla_str_from(text);
	bool ok = true;

	h->text = (struct cla_buf)CLA_BUF_INIT(10000);
	h->canonical = true;
	cla_json_parts_init(&p, h->level ? h->level : 1, 60, 13);
	for (size_t at = 0; ok && at < all.len; at += step)
		ok = cla_json_parts_feed(&p, cla_str_sub(all, at, step), hear, h, err);
	cla_buf_add(rest, cla_buf_str(&p.rest));
	h->canonical = h->canonical && cla_json_canonical(cla_buf_str(&p.rest), NULL);
	assert_int_equal(p.rest.failed, p.rest.too_long);
	cla_json_parts_clear(&p);
	return ok;
}

static void an_object_is_read_in_parts(void **state)
{
	static const struct {
		const char *text, *rest, *parts;
	} t[] = {
		{ "{}", "{}", "" },
		{ "{\"a\":[]}", "{\"a\":[]}", "" },
		{ "{\"a\":[1],\"b\":2,\"c\":[3,[4,5],{\"x\":[6,7]}]}",
		  "{\"a\":[],\"b\":2,\"c\":[]}",
		  "a[0]=1@6;c[0]=3@20;c[1]=[4,5]@22;c[2]={\"x\":[6,7]}@28;" },
		{ "{\"a\":{\"b\":[1]}}", "{\"a\":{\"b\":[1]}}", "" },
		{ "{\"a]\":[\"],[\",\"\\\"]\"]}", "{\"a]\":[]}",
		  "a][0]=\"],[\"@7;a][1]=\"\\\"]\"@13;" },
		{ "{\"a\":[\"0123456789\",\"0123456789ab\"]}", "{\"a\":[]}",
		  "a[0]=\"0123456789\"@6;a[1]=@19;14 bytes;" },
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		for (size_t step = 1; step < 40; step++) {
			cla_auto_buf struct cla_buf rest = CLA_BUF_INIT(1000);
			struct heard h = { .stop_after = 0 };

			assert_true(read_parts(t[i].text, step, &h, &rest, NULL));
			assert_string_equal(cla_buf_cstr(&rest), t[i].rest);
			assert_string_equal(cla_buf_cstr(&h.text), t[i].parts);
			assert_true(h.canonical);
			cla_buf_clear(&h.text);
		}
	}
}

static void the_level_of_the_arrays_is_chosen(void **state)
{
	static const char text[] =
		"{\"a\":[1],\"b\":{\"c\":[2,[3]],\"d\":{\"e\":[4]}},\"f\":[[5],{\"g\":[6]}]}";
	(void)state;
	for (size_t step = 1; step < sizeof(text); step++) {
		cla_auto_buf struct cla_buf rest = CLA_BUF_INIT(1000);
		struct heard h = { .level = 2 };

		assert_true(read_parts(text, step, &h, &rest, NULL));
		assert_string_equal(
			cla_buf_cstr(&rest),
			"{\"a\":[1],\"b\":{\"c\":[],\"d\":{\"e\":[4]}},\"f\":[[],{\"g\":[6]}]}");
		assert_string_equal(cla_buf_cstr(&h.text), "c[0]=2@19;c[1]=[3]@21;[0]=5@47;");
		assert_true(h.canonical);
		cla_buf_clear(&h.text);
	}
}

/* A fault of the whole is a fault of the rest or of a part. */
static void parts_hide_no_fault(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"{\"a\":[",
		"{\"a\":[1",
		"{\"a\":[1]",
		"{\"a\":[1}",
		"{\"a\":[1]]",
		"{\"a\":[,]}",
		"{\"a\":[1,]}",
		"{\"a\":[,1]}",
		"{\"a\":[ ]}",
		"{\"a\":[1 ]}",
		"{\"a\":[1, 2]}",
		"{\"a\": [1]}",
		"{\"a\":[1] }",
		"{\"a\":[1]} ",
		"{\"a\":[1]}{",
		"{\"a\":[1][2]}",
		"{\"a\"[1]}",
		"{[1]}",
		"{\"a\":[{]}]}",
		"{\"a\":[1}]}",
		"{\"a\":[1.0]}",
		"{\"a\":[\"]}",
		"{\"b\":[],\"a\":[]}",
		"{\"a\":[],\"a\":[1]}",
		"{\"a\":[1],[2]}",
		"{\"a\":[\"\\/\"]}",
		"]",
		"{\"a\":[[1]}",
		"{\"a\":[1 2]}",
		"{\"a\":[{\"b\":1,\"a\":2}]}",
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(bad); i++) {
		assert_false(cla_json_canonical(cla_str_from(bad[i]), NULL));
		for (size_t step = 1; step < 20; step++) {
			cla_auto_buf struct cla_buf rest = CLA_BUF_INIT(1000);
			struct heard h = { .stop_after = 0 };

			assert_true(read_parts(bad[i], step, &h, &rest, NULL));
			if (h.canonical)
				fail_msg("'%s' in steps of %zu", bad[i], step);
			cla_buf_clear(&h.text);
		}
	}
}

static void parts_are_bounded_and_can_be_left(void **state)
{
	cla_auto_buf struct cla_buf rest = CLA_BUF_INIT(1000);
	struct cla_err err = CLA_ERR_INIT;
	struct heard h = { .stop_after = 0 };

	(void)state;
	assert_true(
		read_parts("{\"a\":\"0123456789012345678901234567890123456789012345678901234567\","
			   "\"b\":[1,2]}",
			   7, &h, &rest, &err));
	assert_true(rest.len <= 60);
	assert_false(h.canonical);
	cla_buf_clear(&h.text);
	h.stop_after = 2;
	assert_false(read_parts("{\"a\":[1,2,3]}", 100, &h, &rest, &err));
	assert_int_equal(err.code, CLA_ERR_INTERRUPTED);
	assert_string_equal(cla_buf_cstr(&h.text), "a[0]=1@6;a[1]=2@8;");
	cla_buf_clear(&h.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_come_with_place_and_depth),
		cmocka_unit_test(malformed_text_is_refused_with_its_place),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(array_rows_keep_their_bytes),
		cmocka_unit_test(no_digit_is_lost),
		cmocka_unit_test(nodes_are_read_by_type),
		cmocka_unit_test(absent_is_safe_all_the_way_down),
		cmocka_unit_test(duplicate_keys_are_refused),
		cmocka_unit_test(u64_is_an_integer_as_written),
		cmocka_unit_test(number_of_values_is_bounded),
		cmocka_unit_test(canonical_text_is_accepted),
		cmocka_unit_test(other_spellings_are_refused_at_their_place),
		cmocka_unit_test(writer_makes_canonical_text),
		cmocka_unit_test(every_byte_survives_at_every_place),
		cmocka_unit_test(writer_remembers_wrong_use),
		cmocka_unit_test(unordered_writer_takes_any_key),
		cmocka_unit_test(writer_reports_a_full_buffer),
		cmocka_unit_test(an_object_is_read_in_parts),
		cmocka_unit_test(the_level_of_the_arrays_is_chosen),
		cmocka_unit_test(parts_hide_no_fault),
		cmocka_unit_test(parts_are_bounded_and_can_be_left),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
