/* fiscal/nomina_test.c - payroll receipts that are right, and long ones. What each rule rejects stands in
 * src/fiscal/controls/. */
#include "fiscal/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

static void right_receipts_pass(void **state)
{
	static const char *const bases[] = { "payroll", "payroll-3.3", "payroll-other" };

	for (size_t i = 0; i < CLA_LEN(bases); i++)
		assert_right(*state, bases[i]);
}

#define PERCEPTION(kind, taxed)                                                                    \
	"<nomina12:Percepcion TipoPercepcion=\"" kind "\" Clave=\"001\" Concepto=\"x\" "           \
	"ImporteGravado=\"" taxed "\" ImporteExento=\"0.00\"/>"

/* Any number of them with one fault does not take long. */
static void many_perceptions_take_no_time(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT((size_t)32 << 20);
	cla_auto_judgement struct cla_judgement j;
	cla_auto_buf struct cla_buf receipt = CLA_BUF_INIT(MOST);

	load_base("payroll", &receipt);
	const char *at = strstr(cla_buf_cstr(&receipt), PERCEPTION("022", "200.00"));
	assert_non_null(at);
	cla_buf_add(&text, cla_str_sub(cla_buf_str(&receipt), 0, (size_t)(at - receipt.ptr)));
	for (int i = 0; i < 20000; i++)
		cla_buf_addc(&text, PERCEPTION("001", "1.00"));
	cla_buf_addc(&text, PERCEPTION("999", "1.00"));
	cla_buf_addc(&text, at);
	judge(*state, cla_buf_str(&text), &j);
	assert_non_null(finding_of(j.documents, "cfdi.schema"));
	assert_non_null(finding_of(j.documents, "nomina.taxed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_receipts_pass),
		cmocka_unit_test(many_perceptions_take_no_time),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
