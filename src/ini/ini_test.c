/* ini/ini_test.c - units of ini/: what is read, and that nothing is cut or passed over silently. */
#include "base/buf.h"
#include "ini/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Notes each call as "line section|name|value" and refuses the name "bad". */
static bool note(void *ctx, struct cla_str section, struct cla_str name, struct cla_str value,
		 unsigned line, struct cla_err *err)
{
	struct cla_buf *b = ctx;

	if (cla_str_eqc(name, "bad"))
		return cla_err_set(err, CLA_ERR_CONFIG, "unknown key 'bad'");
	if (cla_str_absent(name))
		cla_buf_addf(b, "%u [" CLA_STR_FMT "]\n", line, CLA_STR_ARG(section));
	else
		cla_buf_addf(b, "%u " CLA_STR_FMT "|" CLA_STR_FMT "|" CLA_STR_FMT "\n", line,
			     CLA_STR_ARG(section), CLA_STR_ARG(name), CLA_STR_ARG(value));
	return true;
}

static void files_are_read_line_by_line(void **state)
{
	static const struct {
		const char *text, *calls;
	} rows[] = {
		{ "", "" },
		{ "\n\n; note\n # note\n", "" },
		{ "a=1\n[s]\nb = 2", "1 |a|1\n2 [s]\n3 s|b|2\n" },
		{ "[entity acme-mx]                    ; name\r\n"
		  "name           = ACME  SA DE CV ; as registered\r\n",
		  "1 [entity acme-mx]\n2 entity acme-mx|name|ACME  SA DE CV\n" },
		{ "[ a ]\n[b]\n[a]\nx=1\n", "1 [a]\n2 [b]\n3 [a]\n4 a|x|1\n" },
		{ "a=\nb= ;c\nc=;c\nd=x;y\ne=x\t;y\nf=#1\n",
		  "1 |a|\n2 |b|\n3 |c|;c\n4 |d|x;y\n5 |e|x\n6 |f|#1\n" },
		{ "url = https://h:8443/?a=b\n", "1 |url|https://h:8443/?a=b\n" },
		{ "a = one\n   b = two\n\tc=three\n",
		  "1 |a|one\n2 |b|two\n3 |c|three\n" }, /* no folding */
		{ "a=1\na=2\n", "1 |a|1\n2 |a|2\n" },
		{ "\xef\xbb\xbf[s]\n", "1 [s]\n" },
		{ "k = \"quoted\" \xc3\xb1\n", "1 |k|\"quoted\" \xc3\xb1\n" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000);
		struct cla_err err = CLA_ERR_INIT;

		if (!cla_ini_parse("f", cla_str_from(rows[i].text), note, &b, &err))
			fail_msg("%s", err.msg);
		assert_string_equal(cla_buf_cstr(&b), rows[i].calls);
	}
}

static void long_names_and_values_arrive_whole(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(10000), seen = CLA_BUF_INIT(10000),
				    due = CLA_BUF_INIT(10000);
	const char *name = "a23456789012345678901234567890123456789012345678n"; /* 49 bytes */
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	assert_int_equal(strlen(name), 49);
	cla_buf_addf(&text, "[%s]\n%s=", name, name);
	cla_buf_addf(&due, "1 [%s]\n2 %s|%s|", name, name, name);
	for (int i = 50; i < 4096; i++) {
		cla_buf_byte(&text, (char)('a' + i % 26));
		cla_buf_byte(&due, (char)('a' + i % 26));
	}
	cla_buf_addc(&text, "\nlast = 1\n");
	cla_buf_addc(&due, "\n3 ");
	cla_buf_addf(&due, "%s|last|1\n", name);
	assert_true(cla_ini_parse("f", cla_buf_str(&text), note, &seen, &err));
	assert_string_equal(seen.ptr, due.ptr);
}

static void wrong_lines_are_named(void **state)
{
	static const struct {
		const char *text, *msg;
	} rows[] = {
		{ "a=1\n\nwhat\nmore\n", "etc/c:3: neither a section" },
		{ "[s\n", "etc/c:1: section without ']'" },
		{ "[]\n", "etc/c:1: section without a name" },
		{ "[ ]\n", "etc/c:1: section without a name" },
		{ "[s] x\n", "etc/c:1: text after the section" },
		{ "[a ;b]\n", "etc/c:1: section name with ';'" },
		{ "= 1\n", "etc/c:1: a name has" },
		{ "a b = 1\n", "etc/c:1: a name has" },
		{ "a:b = 1\n", "etc/c:1: a name has" },
		{ "a: b\n", "etc/c:1: neither a section" },
		{ "a=1\rb=2\n", "etc/c:1: control character" },
		{ "a=\x1b[2J\n", "etc/c:1: control character" },
		{ "[s]\nok=1\nbad=1\nnever=1\n", "etc/c:3: unknown key 'bad'" },
		{ "a2345678901234567890123456789012345678901234567890=1\n",
		  "etc/c:1: name over 49 bytes" },
		{ "\n[a2345678901234567890123456789012345678901234567890]\n",
		  "etc/c:2: section name over 49 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000);
		struct cla_err err = CLA_ERR_INIT;

		assert_false(cla_ini_parse("etc/c", cla_str_from(rows[i].text), note, &b, &err));
		assert_int_equal(err.code, CLA_ERR_CONFIG);
		if (strncmp(err.msg, rows[i].msg, strlen(rows[i].msg)))
			fail_msg("'%s', not '%s'", err.msg, rows[i].msg);
		assert_null(strstr(cla_buf_cstr(&b), "never"));
	}

	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(1000), text = CLA_BUF_INIT(10000);
	struct cla_err err = CLA_ERR_INIT;

	assert_false(cla_ini_parse("f", CLA_STR("a=1\nb=2\0c=3\n"), note, &b, &err));
	assert_string_equal(err.msg, "f:2: control character");
	for (int i = 0; i < 4097; i++)
		cla_buf_byte(&text, ';'); /* even in a comment */
	assert_false(cla_ini_parse("f", cla_buf_str(&text), note, &b, &err));
	assert_string_equal(err.msg, "f:1: line over 4096 bytes");
	assert_false(cla_ini_parse("f", CLA_STR("x"), note, &b, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_line_by_line),
		cmocka_unit_test(long_names_and_values_arrive_whole),
		cmocka_unit_test(wrong_lines_are_named),
	};

	return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
