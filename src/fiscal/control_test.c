/* fiscal/control_test.c - every rule has its controls and they hold; controls that do not are told. */
#include "fiscal/control.h"
#include "fiscal/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void print_fault(void *ctx, const struct cla_control_fault *f)
{
	print_message("  %s: %s:%zu: due %s, found %s %s\n", (const char *)ctx,
		      f->file ? f->file : "no control", f->line, cla_verdict_name(f->due),
		      cla_verdict_name(f->found), f->code ? f->code : "");
}

static void every_rule_is_held(void **state)
{
	cla_auto_controls struct cla_controls *controls = NULL;
	struct cla_err err = CLA_ERR_INIT;
	struct cla_control_result result;
	struct cla_rule_info rule;
	size_t faults = 0, rules = 0;

	(void)state;
	if (!cla_controls_new(NULL, 0, &controls, &err))
		fail_msg("%s", err.msg);
	for (; cla_rule_at(rules, &rule); rules++) {
		char id[128];
		assert_true(cla_str_cstr(cla_str_from(rule.id), id, sizeof(id), NULL));
		if (!cla_controls_run(controls, rule.id, print_fault, id, &result, &err))
			fail_msg("%s", err.msg);
		faults += result.faults;
		assert_true(result.faults || (result.rejected && result.accepted));
	}
	assert_true(rules > 400);
	assert_int_equal(faults, 0);
}

/* The first fault, and how many there were. */
struct told {
	size_t count;
	struct cla_control_fault first;
};

static void keep_fault(void *ctx, const struct cla_control_fault *f)
{
	struct told *told = ctx;

	if (!told->count++)
		told->first = *f;
}

#define INVOICE                                                                                    \
	"base invoice\n"                                                                           \
	"\t<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/4\" Version=\"4.0\"\n"         \
	"\tFecha=\"2024-01-01T10:00:00\" Total=\"0\" TipoDeComprobante=\"P\"/>\n"

static void run_text(const char *text, const char *rule, struct told *told,
		     struct cla_control_result *result)
{
	cla_auto_controls struct cla_controls *controls = NULL;
	struct cla_control_file file = { "own.controls", cla_str_from(text) };
	struct cla_err err = CLA_ERR_INIT;

	*told = (struct told){ 0 };
	if (!cla_controls_new(&file, 1, &controls, &err) ||
	    !cla_controls_run(controls, rule, keep_fault, told, result, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(told->count, result->faults);
}

static void faults_are_told(void **state)
{
	static const struct {
		const char *controls, *rule;
		size_t faults, line;
		enum cla_verdict due, found;
	} cases[] = {
		{ "cfdi.total invoice\n\t|Total=\"0\"|Total=\"1\"|\n", "cfdi.total", 0, 0, 0, 0 },
		/* a rule without one or the other */
		{ "", "cfdi.total", 2, 0, CLA_VERDICT_FAIL, CLA_VERDICT_NA },
		{ "cfdi.total invoice pass\n", "cfdi.total", 1, 0, CLA_VERDICT_FAIL,
		  CLA_VERDICT_NA },
		/* rejected in vain, with another severity, with another code */
		{ "cfdi.total invoice\n\t|Total=\"0\"|Total=\"0.00\"|\n", "cfdi.total", 2, 4,
		  CLA_VERDICT_FAIL, CLA_VERDICT_NA },
		{ "cfdi.total invoice warn\n\t|Total=\"0\"|Total=\"1\"|\n", "cfdi.total", 2, 4,
		  CLA_VERDICT_WARN, CLA_VERDICT_FAIL },
		{ "cfdi.total invoice fail CFDI1\n\t|Total=\"0\"|Total=\"1\"|\n", "cfdi.total", 2,
		  4, CLA_VERDICT_FAIL, CLA_VERDICT_FAIL },
		/* the base has what it should not */
		{ "cfdi.date-form invoice\n\t|T10|A10|\n"
		  "cfdi.date-form invoice pass\n\t|T10|A10|\n",
		  "cfdi.date-form", 1, 6, CLA_VERDICT_PASS, CLA_VERDICT_FAIL },
		{ "cfdi.stamp-missing invoice\n", "cfdi.stamp-missing", 2, 1, CLA_VERDICT_PASS,
		  CLA_VERDICT_FAIL },
		/* the rule is not in force there */
		{ "nfe.schema invoice pass\n", "nfe.schema", 3, 4, CLA_VERDICT_PASS,
		  CLA_VERDICT_NA },
		{ "cfdi.total invoice n/a\n", "cfdi.total", 3, 4, CLA_VERDICT_NA,
		  CLA_VERDICT_PASS },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf text = CLA_BUF_INIT(65536);
		struct cla_control_result result;
		struct told told;
		cla_buf_addf(&text, "%s%s", INVOICE, cases[i].controls);
		run_text(cla_buf_cstr(&text), cases[i].rule, &told, &result);
		if (told.count != cases[i].faults || told.first.line != cases[i].line ||
		    told.first.due != cases[i].due || told.first.found != cases[i].found)
			fail_msg("case %zu: %zu faults, line %zu, due %s, found %s", i, told.count,
				 told.first.line, cla_verdict_name(told.first.due),
				 cla_verdict_name(told.first.found));
	}
}

/* What a list says wrongly is an error that names its line. */
static void broken_lists_are_refused(void **state)
{
	static const char *const texts[][2] = {
		{ "\t|a|b|\n", ":1: belongs to nothing" },
		{ "base a", ": the last line has no end" },
		{ "base a of b\n", ":1: no such base before" },
		{ "base a\nbase a\n", ":2: there is a base" },
		{ "base a in b\n", ":1: neither" },
		{ "base a b\n", ":1: base NAME" },
		{ "base a\ncfdi.total b\n", ":2: names no base" },
		{ "base a\ncfdi.totals a\n", ":2: names no rule" },
		{ "base a\ncfdi.total a wrong\n", ":2: names no verdict" },
		{ "base a\ncfdi.total a fail A B\n", ":2: too many words" },
		{ "base a is b\ncfdi.total a\n", ":1: no such file" },
		{ "base a\n\t<a/>\ncfdi.total a\n\t|b|c|\n", ":3: its base has no 'b'" },
		{ "base a\n\t<a/>\ncfdi.total a\n\t|a|c\n", ":3: a change is" },
		{ "base a\n\t<a/>\ncfdi.total a\n\t|a|{x}|\n", ":3: neither {@FILE}" },
		{ "base a\n\t<a/>\ncfdi.total a\n\t|a|{@x}|\n", ":3: no such file" },
		{ "base a\n\t<a/>\ncfdi.total a\n\t|a|{|\n", ":3: '{' without" },
		{ "base a\n\t<a/>\ncfdi.total a\n\t|a|\\xg|\n", ":3: \\x needs" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(texts); i++) {
		cla_auto_controls struct cla_controls *controls = NULL;
		struct cla_control_file file = { "own.controls", cla_str_from(texts[i][0]) };
		struct cla_err err = CLA_ERR_INIT;
		struct cla_control_result result;
		struct told told = { 0 };
		if (cla_controls_new(&file, 1, &controls, &err) &&
		    cla_controls_run(controls, "cfdi.total", keep_fault, &told, &result, &err))
			fail_msg("%s", texts[i][0]);
		assert_int_equal(err.code, CLA_ERR_FORMAT);
		if (!strstr(err.msg, texts[i][1]))
			fail_msg("%s: %s", texts[i][0], err.msg);
	}
}

static void changes_do_what_they_say(void **state)
{
	static const char text[] =
		"base a\n\t<a x=\"1\"\n\ty=\"2\">\n\t<b>one</b>\n\t<b>two</b>\n"
		"\t</a>\n"
		"base c of a\n# a remark\n\t|two|<b>|<c>|\n\t~<b>…</b>~{3*|}\\n~\n"
		"\t|x=\"1\"|\\xc3\\xb1=\"1\"|\n";
	cla_auto_controls struct cla_controls *controls = NULL;
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(65536);
	struct cla_control_file file = { "own.controls", cla_str_from(text) };
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	if (!cla_controls_new(&file, 1, &controls, &err))
		fail_msg("%s", err.msg);
	assert_true(cla_controls_base(controls, "a", &out, &err));
	assert_string_equal(cla_buf_cstr(&out), "<a x=\"1\" y=\"2\"><b>one</b><b>two</b></a>");
	cla_buf_reset(&out);
	assert_false(cla_controls_base(controls, "c", &out, &err));
	assert_non_null(strstr(err.msg, "own.controls:7: its base has no '<b>'"));
	assert_false(cla_controls_base(controls, "d", &out, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);

	static const char right[] =
		"base a\n\t<a x=\"1\"><b>one</b><b>two</b></a>\n"
		"base c of a\n# a remark\n\n\t|one|<b>|<c>|\n"
		"\t~<b>\xe2\x80\xa6</b>~{3*|}\\n~\n\t|x=\"1\"|\\xc3\\xb1=\"1\"|\n";
	cla_auto_controls struct cla_controls *second = NULL;
	file.text = cla_str_from(right);
	assert_true(cla_controls_new(&file, 1, &second, &err));
	cla_buf_reset(&out);
	if (!cla_controls_base(second, "c", &out, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(cla_buf_cstr(&out), "<a \xc3\xb1=\"1\">|||\n<c>two</b></a>");
}

static int set_up(void **state CLA_UNUSED)
{
	cla_xml_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_is_held),
		cmocka_unit_test(faults_are_told),
		cmocka_unit_test(broken_lists_are_refused),
		cmocka_unit_test(changes_do_what_they_say),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
