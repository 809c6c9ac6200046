/* fiscal/pagos_test.c - receipts of payment that are right, and long ones. What each rule rejects stands in
 * src/fiscal/controls/. */
#include "fiscal/judge.h"
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
	static const char *const bases[] = { "payment", "payment-foreign", "payment-3.3" };

	for (size_t i = 0; i < CLA_LEN(bases); i++)
		assert_right(*state, bases[i]);
}

/* What would take too long to compare is unknown, and does not take long. */
static void many_taxes_are_unknown(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;
	cla_auto_buf struct cla_buf receipt = CLA_BUF_INIT(MOST);

	load_base("payment", &receipt);
	const char *at = strstr(cla_buf_cstr(&receipt), "<pago20:TrasladoP ");
	assert_non_null(at);
	cla_buf_add(&text, cla_str_sub(cla_buf_str(&receipt), 0, (size_t)(at - receipt.ptr)));
	for (size_t i = 0; i < 20000; i++)
		cla_buf_addf(&text,
			     "<pago20:TrasladoP BaseP=\"1\" ImpuestoP=\"003\" "
			     "TipoFactorP=\"Cuota\" TasaOCuotaP=\"%zu\"/>",
			     i);
	cla_buf_addc(&text, at);
	judge(*state, cla_buf_str(&text), &j);
	assert_int_equal(finding_of(j.documents, "pagos.payment-base")->severity,
			 CLA_VERDICT_UNKNOWN);
	assert_int_equal(finding_of(j.documents, "pagos.payment-transfer-twice")->severity,
			 CLA_VERDICT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_receipts_pass),
		cmocka_unit_test(many_taxes_are_unknown),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
