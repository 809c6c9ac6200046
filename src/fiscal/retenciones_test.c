/* fiscal/retenciones_test.c - Retenciones: cadena and facts. What each rule rejects stands in
 * src/fiscal/controls/. */
#include "fiscal/cfdi.h"
#include "fiscal/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

static void check_cadena(const char *base, const char *expected)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(MOST);
	const struct cla_xml *unknown = NULL;
	struct cla_xml_problem problem;
	bool well_formed, tolerated;

	load_base(base, &text);
	assert_true(
		cla_xml_parse(cla_buf_str(&text), &doc, &well_formed, &problem, &tolerated, NULL));
	assert_true(cla_cfdi_cadena(cla_xml_root(doc), &out, &unknown));
	assert_null(unknown);
	assert_string_equal(cla_buf_cstr(&out), expected);
}

static void cadenas_have_their_order(void **state)
{
	(void)state;
	check_cadena("withholding",
		     "||2.0|99001000000000000011|7|2024-11-08T10:10:10|06600|14|"
		     "EKU9003173C9|ESCUELA DEMO|601|Nacional|COSC8001137NA|PERSONA|06600|"
		     "03|04|2024|100.00|60.00|40.00|7.50|60.00|001|6.00|01|1.50|01|"
		     "1.0|09|3|2|1||");
	check_cadena("withholding-1.0", "||1.0|99001000000000000011|2024-11-08T10:10:10-06:00|14|"
					"EKU9003173C9|Extranjero|PERSONA|3|12|2020|100|60|40|6|6|"
					"Pago definitivo||");
}

static void facts_are_read(void **state)
{
	static const struct {
		const char *base, *version, *receiver, *total;
	} cases[] = {
		{ "withholding", "2.0", "COSC8001137NA", "100.00" },
		{ "withholding-1.0", "1.0", NULL, "100" },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		load_base(cases[i].base, &text);
		judge(*state, cla_buf_str(&text), &j);
		const struct cla_document *d = j.documents;
		assert_int_equal(d->kind, CLA_DOC_CFDI_RETENCIONES);
		assert_true(cla_str_eqc(d->version, cases[i].version));
		assert_true(cla_str_eqc(d->issuer, "EKU9003173C9"));
		assert_true(cla_str_eq(d->receiver, cla_str_from(cases[i].receiver)));
		assert_true(cla_str_eqc(d->total, cases[i].total));
		assert_true(cla_str_eqc(d->id, "F493547F-D64D-4033-B0C3-1008C25495F9"));
		assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_TOTALS], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_CATALOGS], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_IDENTITY], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_UNKNOWN);
		assert_non_null(finding_of(d, "cfdi.certificate"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cadenas_have_their_order),
		cmocka_unit_test(facts_are_read),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
