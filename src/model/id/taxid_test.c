#include "model/id/taxid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void rfc_kinds(void **state CLA_UNUSED)
{
	static const struct {
		const char *rfc;
		enum cla_rfc due;
	} cases[] = {
		/* worked by hand: sums 1344, 949, 1057, 1289, 1799, 879 */
		{ "EKU9003173C9", CLA_RFC_LEGAL },
		{ "CACX7605101P8", CLA_RFC_NATURAL },
		{ "COSC8001137NA", CLA_RFC_NATURAL },
		{ "H&E951128469", CLA_RFC_LEGAL },
		{ "ÑIX890823MM5", CLA_RFC_LEGAL },
		{ "AAA010101AAA", CLA_RFC_DIGIT },
		{ "EKU9003173C8", CLA_RFC_DIGIT },
		{ "KEU9003173C9", CLA_RFC_DIGIT },
		{ "XAXX010101000", CLA_RFC_GENERIC },
		{ "XEXX010101000", CLA_RFC_GENERIC },
		{ "XAXX010101001", CLA_RFC_DIGIT },
		{ "", CLA_RFC_BAD },
		{ "EKU9003173C", CLA_RFC_BAD },
		{ "EKUX9003173C90", CLA_RFC_BAD },
		{ "EKU 9003173C9", CLA_RFC_BAD },
		{ "eku9003173c9", CLA_RFC_BAD },
		{ "EKU900317&C9", CLA_RFC_BAD },
		{ "EKU900317ÑC9", CLA_RFC_BAD },
		{ "EKU9003173CB", CLA_RFC_BAD },
		{ "EKU9013173C9", CLA_RFC_BAD },   /* month 13 */
		{ "EKU9004313C9", CLA_RFC_BAD },   /* 31 April */
		{ "EKU9002293C9", CLA_RFC_BAD },   /* 2090 is no leap year */
		{ "EKU0002293C9", CLA_RFC_DIGIT }, /* 29 February 2000 */
		{ "EKU9000173C9", CLA_RFC_BAD },
		{ "E1U9003173C9", CLA_RFC_BAD },
		{ "EKUA003173C9", CLA_RFC_BAD },
		{ "\xc3", CLA_RFC_BAD },
		{ "EKU9003173C\xc3", CLA_RFC_BAD },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		if (cla_rfc_check(cla_str_from(cases[i].rfc)) != cases[i].due)
			fail_msg("'%s' is judged %d", cases[i].rfc,
				 (int)cla_rfc_check(cla_str_from(cases[i].rfc)));
	}
	assert_int_equal(cla_rfc_length(CLA_STR("ÑIX890823MM5")), 12);
	assert_int_equal(cla_rfc_length(CLA_STR("CACX7605101P8")), 13);
}

struct yes_no {
	const char *text;
	bool due;
};

static void expect_each(const struct yes_no *cases, size_t count, bool (*fn)(struct cla_str))
{
	for (size_t i = 0; i < count; i++) {
		if (fn(cla_str_from(cases[i].text)) != cases[i].due)
			fail_msg("'%s' is taken as %s", cases[i].text,
				 cases[i].due ? "wrong" : "right");
	}
}

static void cnpj_digits(void **state CLA_UNUSED)
{
	static const struct yes_no cases[] = {
		{ "11222333000181", true },	 { "12ABC34501DE35", true },
		{ "B4K7Z9QW000149", true },	 { "11222333000180", false },
		{ "11222333000191", false },	 { "12ABC34501DE53", false },
		{ "12abc34501de35", false },	 { "00000000000000", false },
		{ "1122233300018", false },	 { "112223330001811", false },
		{ "11.222.333/0001-81", false }, { "", false },
		{ "12ABC34501DEA5", false },	 { "12ABC34501DE3:", false },
		{ "1:ABC34501DE35", false },
	};

	expect_each(cases, CLA_LEN(cases), cla_cnpj_valid);
	assert_true(cla_cnpj_same_base(CLA_STR("11222333000181"), CLA_STR("11.222.333/0002-62")));
	assert_true(cla_cnpj_same_base(CLA_STR("12abc345000188"), CLA_STR("12ABC34501DE35")));
	assert_false(cla_cnpj_same_base(CLA_STR("11222333000181"), CLA_STR("11222334000181")));
	assert_false(cla_cnpj_same_base(CLA_STR("11222333"), CLA_STR("11222333")));
	assert_false(cla_cnpj_same_base(CLA_STR_NONE, CLA_STR_NONE));
}

static void cpf_digits(void **state CLA_UNUSED)
{
	static const struct yes_no cases[] = {
		{ "11144477735", true },   { "52998224725", true },  { "11144477753", false },
		{ "11144477736", false },  { "11111111111", false }, { "1114447773", false },
		{ "111444777355", false }, { "1114447773A", false }, { "", false },
	};

	expect_each(cases, CLA_LEN(cases), cla_cpf_valid);
}

static void nit_digit(void **state CLA_UNUSED)
{
	static const struct yes_no cases[] = {
		{ "800197268-4", true },
		{ "8001972684", true },
		{ "800197268-5", false },
		{ "8001972648", false },
		{ "900373115-3", true },
		{ "800197268-", false },
		{ "800197268-44", false },
		{ "-4", false },
		{ "4", false },
		{ "", false },
		{ "80019A268-4", false },
		{ "1234567890123456-1", false },
	};

	expect_each(cases, CLA_LEN(cases), cla_nit_valid);
}

static void access_key(void **state CLA_UNUSED)
{
	static const struct yes_no digit[] = {
		{ "35150158716523000119550010000000071000000076", true },
		{ "3526050X0J92JY000196570010000006041448679011", true },
		{ "35260712ABC34501DE35550010000001231876543210", true },
		{ "35150158716523000119550010000000071000000077", false },
		{ "35150158716523000119550010000000017000000076", false },
		{ "3526050x0j92jy000196570010000006041448679011", false },
		{ "3515015871652300011955001000000007100000007", false },
	};
	struct cla_access_key key;

	expect_each(digit, CLA_LEN(digit), cla_access_key_digit);
	assert_true(cla_access_key_form(CLA_STR("35150158716523000119550010000000071000000077")));
	assert_false(cla_access_key_form(CLA_STR("3A150158716523000119550010000000071000000077")));
	assert_false(cla_access_key_form(CLA_STR("351501587165230001195500100000000710000000A7")));
	assert_false(cla_access_key_form(CLA_STR_NONE));

	assert_true(cla_access_key_split(CLA_STR("35260712ABC34501DE35550010000001231876543210"),
					 &key));
	assert_true(cla_str_eqc(key.uf, "35"));
	assert_true(cla_str_eqc(key.yymm, "2607"));
	assert_true(cla_str_eqc(key.issuer, "12ABC34501DE35"));
	assert_true(cla_str_eqc(key.model, "55"));
	assert_true(cla_str_eqc(key.series, "001"));
	assert_true(cla_str_eqc(key.number, "000000123"));
	assert_true(cla_str_eqc(key.emission, "1"));
	assert_true(cla_str_eqc(key.code, "87654321"));
	assert_true(cla_str_eqc(key.digit, "0"));
	assert_false(cla_access_key_split(CLA_STR("123"), &key));
}

static void nfse_key(void **state CLA_UNUSED)
{
	static const struct yes_no digit[] = {
		{ "21113002200574753000100000000000146726037032711025", true },
		{ "35503082212ABC34501DE35000000000001226071234567895", true },
		{ "21113002200574753000100000000000146726037032711026", false },
		{ "21113002200574753000100000000000146762037032711025", false },
		{ "2111300220057475300010000000000014672603703271102", false },
		{ "2111300220057475300010000000000014672603703271102A", false },
	};
	struct cla_nfse_key key;

	expect_each(digit, CLA_LEN(digit), cla_nfse_key_digit);
	assert_true(
		cla_nfse_key_form(CLA_STR("35503082212ABC34501DE35000000000001226071234567800")));
	assert_false(
		cla_nfse_key_form(CLA_STR("35503082212abc34501DE35000000000001226071234567800")));
	assert_false(
		cla_nfse_key_form(CLA_STR("3A503082212ABC34501DE35000000000001226071234567800")));
	assert_false(cla_nfse_key_split(CLA_STR_NONE, &key));

	assert_true(cla_nfse_key_split(
		CLA_STR("21113002200574753000100000000000146726037032711025"), &key));
	assert_true(cla_str_eqc(key.city, "2111300"));
	assert_true(cla_str_eqc(key.generator, "2"));
	assert_true(cla_str_eqc(key.person, "2"));
	assert_true(cla_str_eqc(key.issuer, "00574753000100"));
	assert_true(cla_str_eqc(key.number, "0000000001467"));
	assert_true(cla_str_eqc(key.yymm, "2603"));
	assert_true(cla_str_eqc(key.code, "703271102"));
	assert_true(cla_str_eqc(key.digit, "5"));
}

static void normalizing(void **state CLA_UNUSED)
{
	char out[CLA_TAXID_MAX] = "untouched";

	assert_true(cla_taxid_normalize(CLA_STR("12.abc.345/01de-35"), out));
	assert_string_equal(out, "12ABC34501DE35");
	assert_true(cla_taxid_normalize(CLA_STR(" ÑIX890823MM5 "), out));
	assert_string_equal(out, "ÑIX890823MM5");
	assert_false(cla_taxid_normalize(CLA_STR("./-  "), out));
	assert_false(cla_taxid_normalize(CLA_STR_NONE, out));
	assert_false(cla_taxid_normalize(CLA_STR("A\0B"), out));
	assert_true(cla_taxid_normalize(CLA_STR("0123456789012345678901234567890"), out));
	assert_int_equal(strlen(out), CLA_TAXID_MAX - 1);
	assert_false(cla_taxid_normalize(CLA_STR("01234567890123456789012345678901"), out));

	assert_true(cla_taxid_same(CLA_STR("11.222.333/0001-81"), CLA_STR("11222333000181")));
	assert_false(cla_taxid_same(CLA_STR("11222333000181"), CLA_STR("11222333000182")));
	assert_false(cla_taxid_same(CLA_STR(""), CLA_STR("")));
}

static void uuids(void **state CLA_UNUSED)
{
	static const struct yes_no cases[] = {
		{ "5c7b0622-01b4-4eb8-96d0-e0debd89ff0f", true },
		{ "5C7B0622-01B4-4EB8-96D0-E0DEBD89FF0F", true },
		{ "5c7b0622-01b4-4eb8-96d0-e0debd89ff0", false },
		{ "5c7b0622-01b4-4eb8-96d0-e0debd89ff0ff", false },
		{ "5c7b062201b44eb896d0e0debd89ff0f0000", false },
		{ "5c7b0622-01b4-4eb8-96d0e-0debd89ff0f", false },
		{ "gc7b0622-01b4-4eb8-96d0-e0debd89ff0f", false },
		{ "", false },
	};
	char out[37];

	expect_each(cases, CLA_LEN(cases), cla_uuid_form);
	assert_true(cla_uuid_upper(cla_str_from(cases[0].text), out));
	assert_string_equal(out, cases[1].text);
	assert_true(cla_uuid_lower(cla_str_from(cases[1].text), out));
	assert_string_equal(out, cases[0].text);
	assert_false(cla_uuid_lower(CLA_STR("x"), out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_kinds),   cmocka_unit_test(cnpj_digits),
		cmocka_unit_test(cpf_digits),  cmocka_unit_test(nit_digit),
		cmocka_unit_test(access_key),  cmocka_unit_test(nfse_key),
		cmocka_unit_test(normalizing), cmocka_unit_test(uuids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
