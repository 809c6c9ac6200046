#include "model/id/taxid.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_separator(char c)
{
	return c == '.' || c == '/' || c == '-' || c == ' ';
}

bool cla_taxid_normalize(struct cla_str id, char out[CLA_TAXID_MAX])
{
	char text[CLA_TAXID_MAX];
	size_t len = 0;

	for (size_t i = 0; i < id.len; i++) {
		if (is_separator(id.ptr[i]))
			continue;
		if (!id.ptr[i] || len == sizeof(text) - 1)
			return false;
		text[len++] = to_upper(id.ptr[i]);
	}
	if (!len)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

bool cla_taxid_same(struct cla_str a, struct cla_str b)
{
	char left[CLA_TAXID_MAX], right[CLA_TAXID_MAX];

	return cla_taxid_normalize(a, left) && cla_taxid_normalize(b, right) &&
	       !strcmp(left, right);
}

/*
 * RFC
 */

#define RFC_LEGAL 12
#define RFC_NATURAL 13

enum { RFC_AMPERSAND = 24, RFC_BLANK = 37, RFC_ENYE = 38 };

/* The next character's value in the check sum, -1 when an RFC cannot hold it; *at moves behind it.
 */
static int rfc_value(struct cla_str rfc, size_t *at)
{
	char c = rfc.ptr[(*at)++];

	if (is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'N')
		return c - 'A' + 10;
	if (c >= 'O' && c <= 'Z')
		return c - 'O' + 25;
	if (c == '&')
		return RFC_AMPERSAND;
	if (c == '\xc3' && *at < rfc.len && rfc.ptr[*at] == '\x91') {
		(*at)++;
		return RFC_ENYE;
	}
	return -1;
}

size_t cla_rfc_length(struct cla_str rfc)
{
	return cla_utf8_count(rfc);
}

/* The six digits yymmdd name a day; the century is not written, and 2000 was a leap year as 20yy
 * may be. */
static bool rfc_date(const int *digits)
{
	int year = 2000 + digits[0] * 10 + digits[1];

	return cla_date_exists(year, digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
}

/* Each place but the last by its weight, 13 down to 2; a company begins with a blank. The result is
 * the value of the check character: 10 is written A. */
static int rfc_check_value(const int *values, size_t count)
{
	int sum = 0, weight = RFC_NATURAL;

	if (count == RFC_LEGAL)
		sum = RFC_BLANK * weight--;
	for (size_t i = 0; i + 1 < count; i++)
		sum += values[i] * weight--;
	return (11 - sum % 11) % 11;
}

enum cla_rfc cla_rfc_check(struct cla_str rfc)
{
	int values[RFC_NATURAL];
	size_t count = 0, letters;

	for (size_t at = 0; at < rfc.len; count++) {
		if (count == RFC_NATURAL)
			return CLA_RFC_BAD;
		values[count] = rfc_value(rfc, &at);
		if (values[count] < 0)
			return CLA_RFC_BAD;
	}
	if (count < RFC_LEGAL)
		return CLA_RFC_BAD;
	letters = count - 9;
	for (size_t i = 0; i < count; i++) {
		bool digit = values[i] <= 9;
		bool latin = values[i] >= 10 && values[i] != RFC_AMPERSAND && values[i] != RFC_ENYE;

		if (i < letters ? digit : i < letters + 6 ? !digit : !digit && !latin)
			return CLA_RFC_BAD;
	}
	if (!rfc_date(values + letters) || values[count - 1] > 10)
		return CLA_RFC_BAD;
	if (cla_str_eqc(rfc, "XAXX010101000") || cla_str_eqc(rfc, "XEXX010101000"))
		return CLA_RFC_GENERIC;
	if (rfc_check_value(values, count) != values[count - 1])
		return CLA_RFC_DIGIT;
	return count == RFC_LEGAL ? CLA_RFC_LEGAL : CLA_RFC_NATURAL;
}

/*
 * Brazil: one rule (modulus 11, weights 2 to 9 from the right) for CNPJ and access key, letters by
 * ASCII less 48
 */

static char mod11_digit(const char *text, size_t len, unsigned highest)
{
	unsigned sum = 0, weight = 2;

	for (size_t i = len; i-- > 0;) {
		sum += (unsigned)(text[i] - '0') * weight;
		weight = weight == highest ? 2 : weight + 1;
	}
	return sum % 11 < 2 ? '0' : (char)('0' + 11 - sum % 11);
}

static bool all_equal(struct cla_str s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.ptr[i] != s.ptr[0])
			return false;
	}
	return true;
}

static bool is_alnum_run(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]) && !is_upper(text[i]))
			return false;
	}
	return true;
}

static bool is_digit_run(const char *text, size_t len)
{
	return cla_str_digits((struct cla_str){ text, len });
}

bool cla_cnpj_valid(struct cla_str cnpj)
{
	return cnpj.len == 14 && is_alnum_run(cnpj.ptr, 12) && is_digit_run(cnpj.ptr + 12, 2) &&
	       !all_equal(cnpj) && mod11_digit(cnpj.ptr, 12, 9) == cnpj.ptr[12] &&
	       mod11_digit(cnpj.ptr, 13, 9) == cnpj.ptr[13];
}

bool cla_cpf_valid(struct cla_str cpf)
{
	/* The weights run to 11, one more than there are places: they never start again. */
	return cpf.len == 11 && is_digit_run(cpf.ptr, 11) && !all_equal(cpf) &&
	       mod11_digit(cpf.ptr, 9, 11) == cpf.ptr[9] &&
	       mod11_digit(cpf.ptr, 10, 11) == cpf.ptr[10];
}

bool cla_cnpj_same_base(struct cla_str a, struct cla_str b)
{
	char left[CLA_TAXID_MAX], right[CLA_TAXID_MAX];

	return cla_taxid_normalize(a, left) && cla_taxid_normalize(b, right) &&
	       strlen(left) == 14 && strlen(right) == 14 && !memcmp(left, right, 8);
}

bool cla_access_key_form(struct cla_str key)
{
	return key.len == 44 && is_digit_run(key.ptr, 6) && is_alnum_run(key.ptr + 6, 12) &&
	       is_digit_run(key.ptr + 18, 26);
}

bool cla_access_key_digit(struct cla_str key)
{
	return cla_access_key_form(key) && mod11_digit(key.ptr, 43, 9) == key.ptr[43];
}

bool cla_access_key_split(struct cla_str key, struct cla_access_key *ret)
{
	if (!cla_access_key_form(key))
		return false;
	*ret = (struct cla_access_key){
		.uf = cla_str_sub(key, 0, 2),
		.yymm = cla_str_sub(key, 2, 4),
		.issuer = cla_str_sub(key, 6, 14),
		.model = cla_str_sub(key, 20, 2),
		.series = cla_str_sub(key, 22, 3),
		.number = cla_str_sub(key, 25, 9),
		.emission = cla_str_sub(key, 34, 1),
		.code = cla_str_sub(key, 35, 8),
		.digit = cla_str_sub(key, 43, 1),
	};
	return true;
}

bool cla_nfse_key_form(struct cla_str key)
{
	return key.len == 50 && is_digit_run(key.ptr, 9) && is_alnum_run(key.ptr + 9, 12) &&
	       is_digit_run(key.ptr + 21, 29);
}

bool cla_nfse_key_digit(struct cla_str key)
{
	return cla_nfse_key_form(key) && mod11_digit(key.ptr, 49, 9) == key.ptr[49];
}

bool cla_nfse_key_split(struct cla_str key, struct cla_nfse_key *ret)
{
	if (!cla_nfse_key_form(key))
		return false;
	*ret = (struct cla_nfse_key){
		.city = cla_str_sub(key, 0, 7),
		.generator = cla_str_sub(key, 7, 1),
		.person = cla_str_sub(key, 8, 1),
		.issuer = cla_str_sub(key, 9, 14),
		.number = cla_str_sub(key, 23, 13),
		.yymm = cla_str_sub(key, 36, 4),
		.code = cla_str_sub(key, 40, 9),
		.digit = cla_str_sub(key, 49, 1),
	};
	return true;
}

/*
 * Colombia
 */

bool cla_nit_valid(struct cla_str nit)
{
	static const unsigned weights[] = {
		3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71
	};
	struct cla_str body, digit;
	unsigned sum = 0;

	if (!cla_str_cut(nit, '-', &body, &digit)) {
		if (nit.len < 2)
			return false;
		body = cla_str_sub(nit, 0, nit.len - 1);
		digit = cla_str_sub(nit, nit.len - 1, 1);
	}
	if (!cla_str_digits(body) || body.len > CLA_LEN(weights) || digit.len != 1 ||
	    !is_digit(digit.ptr[0]))
		return false;
	for (size_t i = 0; i < body.len; i++)
		sum += (unsigned)(body.ptr[body.len - 1 - i] - '0') * weights[i];
	sum %= 11;
	return (unsigned)(digit.ptr[0] - '0') == (sum < 2 ? sum : 11 - sum);
}

/*
 * UUID
 */

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool cla_uuid_form(struct cla_str s)
{
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.ptr[i] != '-' : !is_hex(s.ptr[i]))
			return false;
	}
	return true;
}

bool cla_uuid_upper(struct cla_str s, char out[37])
{
	if (!cla_uuid_form(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		out[i] = to_upper(s.ptr[i]);
	out[s.len] = '\0';
	return true;
}

bool cla_uuid_lower(struct cla_str s, char out[37])
{
	if (!cla_uuid_form(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		out[i] = is_upper(s.ptr[i]) ? (char)(s.ptr[i] - 'A' + 'a') : s.ptr[i];
	out[s.len] = '\0';
	return true;
}
