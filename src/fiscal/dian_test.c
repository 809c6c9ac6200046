/* fiscal/dian_test.c - DIAN's documents: what is read, and containers that mean harm. What each rule
 * rejects stands in src/fiscal/controls/. */
#include "fiscal/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

#define UBL "urn:oasis:names:specification:ubl:schema:xsd:"
#define CUFE                                                                                       \
	"11111111111111111111111111111111111111111111111111111111111111111111111111111111111111"   \
	"11111111ab"

static void facts_are_those_of_the_bill(void **state)
{
	static const char *const bases[] = { "bill", "container" };

	for (size_t i = 0; i < CLA_LEN(bases); i++) {
		cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		load_base(bases[i], &text);
		judge(*state, cla_buf_str(&text), &j);
		const struct cla_document *d = j.documents;
		assert_int_equal(j.count, 1);
		assert_int_equal(d->kind, CLA_DOC_DIAN);
		assert_true(cla_str_eqc(d->version, "UBL 2.1"));
		assert_true(cla_str_eqc(d->type, "Invoice"));
		assert_true(cla_str_eqc(d->id, CUFE));
		assert_true(cla_str_eqc(d->issuer, "999000011"));
		assert_true(cla_str_eqc(d->receiver, "999000001"));
		assert_true(cla_str_eqc(d->issued_at, "2024-11-12T10:20:30-05:00"));
		assert_true(cla_str_eqc(d->total, "119.00"));
		assert_true(cla_str_eqc(d->currency, "COP"));
		assert_true(d->production);
		assert_int_equal(d->checks[CLA_CHECK_WELLFORMED], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_UNKNOWN);
		assert_int_equal(d->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_FAIL);
		assert_int_equal(d->checks[CLA_CHECK_CERTIFICATE], CLA_VERDICT_UNKNOWN);
		assert_int_equal(d->checks[CLA_CHECK_STAMP], CLA_VERDICT_UNKNOWN);
		assert_int_equal(d->checks[CLA_CHECK_IDENTITY], CLA_VERDICT_UNKNOWN);
		assert_int_equal(d->checks[CLA_CHECK_TOTALS], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_CATALOGS], CLA_VERDICT_UNKNOWN);
		assert_non_null(finding_of(d, "dian.cufe-value"));
	}
}

static void an_answer_alone_is_of_its_bill(void **state)
{
	static const char text[] =
		"<ApplicationResponse xmlns='" UBL "ApplicationResponse-2' xmlns:c='" UBL
		"CommonBasicComponents-2' xmlns:a='" UBL "CommonAggregateComponents-2'>"
		"<c:ProfileID>DIAN 2.1</c:ProfileID><c:UUID>" CUFE "</c:UUID><a:DocumentResponse>"
		"<a:DocumentReference><c:UUID>cufe</c:UUID></a:DocumentReference></"
		"a:DocumentResponse>"
		"</ApplicationResponse>";
	cla_auto_judgement struct cla_judgement j;

	judge(*state, cla_str_from(text), &j);
	assert_true(cla_str_eqc(j.documents->id, "cufe"));
	assert_true(cla_str_eqc(j.documents->type, "ApplicationResponse"));
	assert_int_equal(j.documents->checks[CLA_CHECK_STAMP], CLA_VERDICT_UNKNOWN);
	assert_int_equal(j.documents->checks[CLA_CHECK_TOTALS], CLA_VERDICT_NA);
}

static void ubl_of_another_country_is_none(void **state)
{
	static const char text[] = "<Invoice xmlns='" UBL "Invoice-2' xmlns:c='" UBL
				   "CommonBasicComponents-2'><c:UBLVersionID>2.1</c:UBLVersionID>"
				   "</Invoice>";
	cla_auto_judgement struct cla_judgement j;

	judge(*state, cla_str_from(text), &j);
	assert_int_equal(j.documents->kind, CLA_DOC_XML);
}

#define BEGIN                                                                                      \
	"<AttachedDocument xmlns='" UBL "AttachedDocument-2' xmlns:a='" UBL                        \
	"CommonAggregateComponents-2' xmlns:c='" UBL                                               \
	"CommonBasicComponents-2'><c:ProfileID>DIAN 2.1</c:ProfileID><a:Attachment>"               \
	"<a:ExternalReference><c:Description><![CDATA["
#define END "]]></c:Description></a:ExternalReference></a:Attachment></AttachedDocument>"
#define BILL "<Invoice xmlns='" UBL "Invoice-2'>"

/* Nothing of what cannot be opened passes, and the file's limits hold for what is inside. */
static void containers_are_bounded(void **state)
{
	static const struct {
		const char *head, *repeat, *tail, *found;
		size_t times;
	} cases[] = {
		{ "", "", "", "no XML", 0 },
		{ "<!DOCTYPE Invoice [<!ENTITY e '1'>]>", "", BILL "</Invoice>", "DOCTYPE", 0 },
		{ BILL, "<x/>", "</Invoice>", "nodes", 250000 },
		{ BILL, "<x>", "</Invoice>", "depth", 300 },
		{ BILL, "<x a='1'/>", "</Invoice>", "memory", 120000 },
		{ "<AttachedDocument xmlns='" UBL "AttachedDocument-2'>", "", "</AttachedDocument>",
		  "AttachedDocument", 0 },
		{ "<Invoice xmlns='urn:other'>", "", "</Invoice>", "Invoice", 0 },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		cla_buf_addc(&text, BEGIN);
		cla_buf_addc(&text, cases[i].head);
		for (size_t n = 0; n < cases[i].times; n++)
			cla_buf_addc(&text, cases[i].repeat);
		cla_buf_addc(&text, cases[i].tail);
		cla_buf_addc(&text, END);
		assert_true(cla_buf_ok(&text, NULL));
		judge(*state, cla_buf_str(&text), &j);
		const struct cla_finding *f = finding_of(j.documents, "dian.content");
		assert_non_null(f);
		if (!cla_str_starts(f->found, cases[i].found))
			fail_msg("case %zu: " CLA_STR_FMT, i, CLA_STR_ARG(f->found));
		assert_int_equal(j.documents->checks[CLA_CHECK_WELLFORMED], CLA_VERDICT_FAIL);
		for (int c = CLA_CHECK_SCHEMA; c < CLA_CHECK_COUNT; c++)
			assert_int_not_equal(j.documents->checks[c], CLA_VERDICT_PASS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_those_of_the_bill),
		cmocka_unit_test(an_answer_alone_is_of_its_bill),
		cmocka_unit_test(ubl_of_another_country_is_none),
		cmocka_unit_test(containers_are_bounded),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
