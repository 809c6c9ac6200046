/* model/finding_test.c - units of model/finding: names, evidence entries, keeping a judgement and
 * reading it back. */
#include "base/buf.h"
#include "json/scan.h"
#include "model/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_go_both_ways(void **state)
{
	enum cla_verdict v;
	enum cla_doc_kind k;

	(void)state;
	for (int i = CLA_VERDICT_NA; i <= CLA_VERDICT_FAIL; i++) {
		assert_true(
			cla_verdict_parse(cla_str_from(cla_verdict_name((enum cla_verdict)i)), &v));
		assert_int_equal(v, i);
	}
	for (int i = CLA_DOC_NOT_XML; i <= CLA_DOC_DIAN; i++) {
		assert_true(cla_doc_kind_parse(
			cla_str_from(cla_doc_kind_name((enum cla_doc_kind)i)), &k));
		assert_int_equal(k, i);
	}
	assert_false(cla_verdict_parse(CLA_STR("PASS"), &v));
	assert_false(cla_doc_kind_parse(CLA_STR(""), &k));
	assert_string_equal(cla_verdict_name(CLA_VERDICT_NA), "n/a");
	assert_string_equal(cla_doc_kind_name(CLA_DOC_CFDI_RETENCIONES), "cfdi-retenciones");
	assert_string_equal(cla_check_name(CLA_CHECK_WELLFORMED), "wellformed");
	assert_string_equal(cla_check_name(CLA_CHECK_CATALOGS), "catalogs");
	assert_false(cla_doc_kind_is_fiscal(CLA_DOC_NOT_XML));
	assert_false(cla_doc_kind_is_fiscal(CLA_DOC_XML));
	assert_true(cla_doc_kind_is_fiscal(CLA_DOC_CFDI));
	assert_true(cla_doc_kind_is_fiscal(CLA_DOC_DIAN));
}

static void worse_is_worse(void **state)
{
	(void)state;
	assert_int_equal(cla_verdict_worst(CLA_VERDICT_UNKNOWN, CLA_VERDICT_WARN),
			 CLA_VERDICT_UNKNOWN);
	assert_int_equal(cla_verdict_worst(CLA_VERDICT_FAIL, CLA_VERDICT_UNKNOWN),
			 CLA_VERDICT_FAIL);
	assert_int_equal(cla_verdict_worst(CLA_VERDICT_NA, CLA_VERDICT_PASS), CLA_VERDICT_PASS);
}

static struct cla_finding *add_finding(struct cla_judgement *j, struct cla_document *d)
{
	struct cla_finding *f = cla_arena_alloc(&j->arena, sizeof(*f));

	assert_non_null(f);
	*d->findings_end = f;
	d->findings_end = &f->next;
	d->finding_count++;
	return f;
}

static void fill(struct cla_judgement *j)
{
	static struct cla_used_cert cert;
	static struct cla_payment first, second;

	cla_judgement_init(j);
	memset(j->sha256.bytes, 0xab, sizeof(j->sha256.bytes));
	struct cla_document *d = cla_judgement_add(j);
	assert_non_null(d);
	d->kind = CLA_DOC_CFDI;
	d->version = CLA_STR("4.0");
	d->id = CLA_STR("F493547F-D64D-4033-B0C3-1008C25495F9");
	d->issuer = CLA_STR("D&V070214DE9");
	d->total = CLA_STR("10.50");
	d->local_taxes = CLA_STR("-1.00");
	first = (struct cla_payment){ .next = &second,
				      .form = CLA_STR("03"),
				      .amount = CLA_STR("10.50"),
				      .authorization = CLA_STR("012345"),
				      .payee = CLA_STR("12ABC34501DE35") };
	second = (struct cla_payment){ .form = CLA_STR("90") };
	d->payments = &first;
	d->production = true;
	d->checks[CLA_CHECK_WELLFORMED] = CLA_VERDICT_PASS;
	d->checks[CLA_CHECK_TOTALS] = CLA_VERDICT_FAIL;
	d->verdict = CLA_VERDICT_FAIL;
	cert.der = CLA_STR("\x30\x03\x02\x01\x00");
	memset(cert.sha256.bytes, 1, sizeof(cert.sha256.bytes));
	d->certs = &cert;
	struct cla_finding *f = add_finding(j, d);
	f->check = CLA_CHECK_TOTALS;
	f->severity = CLA_VERDICT_FAIL;
	f->rule = "cfdi.total";
	f->code = "CFDI40119";
	f->where = CLA_STR("/Comprobante/@Total");
	f->expected = CLA_STR("10.49");
	f->found = CLA_STR("10.50");
	f = add_finding(j, d);
	f->check = CLA_CHECK_IDENTITY;
	f->severity = CLA_VERDICT_WARN;
	f->rule = "cfdi.issuer-rfc-digit";
	d = cla_judgement_add(j);
	assert_non_null(d);
	d->kind = CLA_DOC_XML;
	d->verdict = CLA_VERDICT_UNKNOWN;
	assert_int_equal(d->index, 1);
}

static void evidence_has_codes_and_no_words(void **state)
{
	cla_auto_judgement struct cla_judgement j;
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(1 << 16);
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	fill(&j);
	if (!cla_judgement_encode(&j, &out, &err) || !cla_json_canonical(cla_buf_str(&out), &err))
		fail_msg("%s", err.msg);
	assert_string_equal(
		cla_buf_cstr(&out),
		"[{\"checks\":{\"catalogs\":\"n/a\",\"certificate\":\"n/a\",\"identity\":\"n/"
		"a\",\"schema\":\"n/a\","
		"\"signature\":\"n/a\",\"stamp\":\"n/"
		"a\",\"totals\":\"fail\",\"wellformed\":\"pass\"},\"findings\":["
		"{\"code\":\"CFDI40119\",\"result\":\"fail\",\"rule\":\"cfdi.total\"},"
		"{\"code\":null,\"result\":\"warn\",\"rule\":\"cfdi.issuer-rfc-digit\"}],"
		"\"id\":\"F493547F-D64D-4033-B0C3-1008C25495F9\",\"index\":0,\"kind\":\"cfdi\","
		"\"sha256\":\"abababababababababababababababababababababababababababababababab\","
		"\"verdict\":\"fail\",\"version\":\"4.0\"},"
		"{\"checks\":{\"catalogs\":\"n/a\",\"certificate\":\"n/a\",\"identity\":\"n/"
		"a\",\"schema\":\"n/a\","
		"\"signature\":\"n/a\",\"stamp\":\"n/a\",\"totals\":\"n/a\",\"wellformed\":\"n/"
		"a\"},\"findings\":[],"
		"\"id\":null,\"index\":1,\"kind\":\"xml\","
		"\"sha256\":\"abababababababababababababababababababababababababababababababab\","
		"\"verdict\":\"unknown\",\"version\":null}]");
}

static void kept_judgements_come_back(void **state)
{
	cla_auto_judgement struct cla_judgement j, back;
	cla_auto_buf struct cla_buf saved = CLA_BUF_INIT(1 << 16), again = CLA_BUF_INIT(1 << 16);
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	fill(&j);
	cla_judgement_init(&back);
	if (!cla_judgement_save(&j, &saved, &err) ||
	    !cla_json_canonical(cla_buf_str(&saved), &err) ||
	    !cla_judgement_load(cla_buf_str(&saved), &back, &err) ||
	    !cla_judgement_save(&back, &again, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(cla_buf_cstr(&saved), cla_buf_cstr(&again));
	assert_int_equal(back.count, 2);
	const struct cla_document *d = back.documents;
	assert_true(cla_str_eqc(d->issuer, "D&V070214DE9"));
	assert_true(cla_str_eqc(d->local_taxes, "-1.00"));
	assert_true(cla_str_absent(d->receiver));
	assert_true(d->production);
	assert_true(cla_str_eqc(d->payments->authorization, "012345"));
	assert_true(cla_str_eqc(d->payments->payee, "12ABC34501DE35"));
	assert_true(cla_str_absent(d->payments->brand));
	assert_true(cla_str_eqc(d->payments->next->form, "90"));
	assert_null(d->payments->next->next);
	assert_null(d->next->payments);
	assert_int_equal(d->finding_count, 2);
	assert_string_equal(d->findings->rule, "cfdi.total");
	assert_true(cla_str_eqc(d->findings->expected, "10.49"));
	assert_null(d->findings->text);
	assert_null(d->findings->next->code);
	assert_true(cla_str_absent(d->findings->next->where));
	assert_int_equal(d->certs->der.len, 5);
	assert_int_equal(d->next->kind, CLA_DOC_XML);
	assert_false(d->next->production);
	/* Adding to what was read back must work too. */
	assert_non_null(cla_judgement_add(&back));
	assert_int_equal(back.count, 3);
}

static void damaged_judgements_are_refused(void **state)
{
	static const char *const swaps[][2] = {
		{ "\"documents\":[", "\"dokuments\":[" },
		{ "\"fail\"", "\"failed\"" },
		{ "\"cfdi\"", "\"cfd\"" },
		{ "\"check\":\"totals\"", "\"check\":\"total\"" },
		{ "\"rule\":\"cfdi.total\"", "\"rule\":null" },
		{ "abababab", "ABABABAB" },
		{ "\"der\":\"30", "\"der\":\"3x" },
		{ "\"production\":true", "\"production\":1" },
		{ "}", "" },
	};
	cla_auto_judgement struct cla_judgement j;
	cla_auto_buf struct cla_buf saved = CLA_BUF_INIT(1 << 16);

	(void)state;
	fill(&j);
	assert_true(cla_judgement_save(&j, &saved, NULL));
	for (size_t i = 0; i < CLA_LEN(swaps); i++) {
		cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(1 << 16);
		const char *at = strstr(saved.ptr, swaps[i][0]);
		assert_non_null(at);
		cla_buf_add(&bad, (struct cla_str){ saved.ptr, (size_t)(at - saved.ptr) });
		cla_buf_addc(&bad, swaps[i][1]);
		cla_buf_addc(&bad, at + strlen(swaps[i][0]));
		struct cla_judgement back;
		struct cla_err err = CLA_ERR_INIT;
		cla_judgement_init(&back);
		if (cla_judgement_load(cla_buf_str(&bad), &back, &err))
			fail_msg("accepted with %s", swaps[i][1]);
		assert_int_equal(err.code, CLA_ERR_FORMAT);
		assert_null(back.documents);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(worse_is_worse),
		cmocka_unit_test(evidence_has_codes_and_no_words),
		cmocka_unit_test(kept_judgements_come_back),
		cmocka_unit_test(damaged_judgements_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
