#include "model/id/ie.h"

#include <stdint.h>
#include <string.h>

#define LONGEST 14

static unsigned digit_at(const char *digits, size_t at)
{
	return (unsigned)(digits[at] - '0');
}

/* Each digit by its weight: 2 for the last, one more for each before it, 2 again behind `highest`. */
static unsigned weigh(const char *digits, size_t count, unsigned highest)
{
	unsigned sum = 0, weight = 2;

	for (size_t i = count; i-- > 0;) {
		sum += digit_at(digits, i) * weight;
		weight = weight == highest ? 2 : weight + 1;
	}
	return sum;
}

static unsigned weigh_by(const char *digits, const unsigned *weights, size_t count)
{
	unsigned sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += digit_at(digits, i) * weights[i];
	return sum;
}

/* What is missing to the next multiple; where that has two places, 0. */
static unsigned missing(unsigned sum, unsigned modulus)
{
	unsigned rest = sum % modulus;

	return rest == 0 || modulus - rest > 9 ? 0 : modulus - rest;
}

/* The same, but 10 becomes 0 and 11 becomes 1. */
static unsigned missing_less_ten(unsigned sum)
{
	unsigned digit = 11 - sum % 11;

	return digit > 9 ? digit - 10 : digit;
}

static unsigned value(const char *digits, size_t count)
{
	unsigned number = 0;

	for (size_t i = 0; i < count; i++)
		number = number * 10 + digit_at(digits, i);
	return number;
}

/*
 * The common rules: the last place, or the last two, by modulus 11
 */

static bool last_holds(const char *ie, size_t len, unsigned highest)
{
	return missing(weigh(ie, len - 1, highest), 11) == digit_at(ie, len - 1);
}

static bool one_digit(const char *ie, size_t len)
{
	return last_holds(ie, len, 9);
}

static bool one_digit_to_7(const char *ie, size_t len)
{
	return last_holds(ie, len, 7);
}

static bool one_digit_to_10(const char *ie, size_t len)
{
	return last_holds(ie, len, 10);
}

static bool two_digits(const char *ie, size_t len)
{
	return last_holds(ie, len - 1, 9) && last_holds(ie, len, 9);
}

static bool two_digits_to_7(const char *ie, size_t len)
{
	return last_holds(ie, len - 1, 7) && last_holds(ie, len, 7);
}

/*
 * States with a rule of their own
 */

/* Amapá: numbers of three periods differ in what is added, and in the digit for 11. */
static bool amapa(const char *ie, size_t len)
{
	unsigned number = value(ie, len - 1), added = 0, eleven = 0;

	if (number >= 3000001 && number <= 3017000)
		added = 5;
	else if (number >= 3017001 && number <= 3019022) {
		added = 9;
		eleven = 1;
	}
	unsigned rest = (weigh(ie, len - 1, 9) + added) % 11;
	unsigned due = rest == 0 ? eleven : rest == 1 ? 0 : 11 - rest;
	return due == digit_at(ie, len - 1);
}

/* Bahia: the last digit is made first, the one before it of the number and the last digit; modulus
 * 10 or 11 by the first digit of eight, the second of nine. */
static bool bahia(const char *ie, size_t len)
{
	char kind = ie[len - 8];
	unsigned modulus = kind == '6' || kind == '7' || kind == '9' ? 11 : 10;
	char body[LONGEST];

	memcpy(body, ie, len - 2);
	body[len - 2] = ie[len - 1];
	return missing(weigh(body, len - 2, 9), modulus) == digit_at(ie, len - 1) &&
	       missing(weigh(body, len - 1, 9), modulus) == digit_at(ie, len - 2);
}

/* Goiás: in one range the rest 1 gives 1; one number was issued with both. */
static bool goias(const char *ie, size_t len)
{
	unsigned number = value(ie, len - 1), found = digit_at(ie, len - 1);
	unsigned rest = weigh(ie, len - 1, 9) % 11;

	if (number == 11094402)
		return found <= 1;
	if (rest == 1)
		return found == (number >= 10103105 && number <= 10119997 ? 1U : 0U);
	return found == (rest == 0 ? 0 : 11 - rest);
}

/* Minas Gerais: the first digit over the number with a zero behind the city, by 1 and 2 in turn, the
 * digits of the products added. */
static bool minas_gerais(const char *ie, size_t len)
{
	char wide[12];
	unsigned sum = 0;

	memcpy(wide, ie, 3);
	wide[3] = '0';
	memcpy(wide + 4, ie + 3, 8);
	for (size_t i = 0; i < sizeof(wide); i++) {
		unsigned product = digit_at(wide, i) * (i % 2 ? 2 : 1);
		sum += product / 10 + product % 10;
	}
	return missing(sum, 10) == digit_at(ie, 11) && last_holds(ie, len, 11);
}

/* Pernambuco, before 2009. */
static bool pernambuco_old(const char *ie, size_t len)
{
	static const unsigned weights[] = { 5, 4, 3, 2, 1, 9, 8, 7, 6, 5, 4, 3, 2 };

	return missing_less_ten(weigh_by(ie, weights, CLA_LEN(weights))) == digit_at(ie, len - 1);
}

static bool rondonia(const char *ie, size_t len)
{
	return missing_less_ten(weigh(ie, len - 1, 9)) == digit_at(ie, len - 1);
}

/* Before 2000: the city's three digits do not count. */
static bool rondonia_old(const char *ie, size_t len)
{
	return rondonia(ie + 3, len - 3);
}

static bool roraima(const char *ie, size_t len)
{
	static const unsigned weights[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	return weigh_by(ie, weights, CLA_LEN(weights)) % 9 == digit_at(ie, len - 1);
}

static bool sao_paulo_first(const char *ie)
{
	static const unsigned weights[] = { 1, 3, 4, 5, 6, 7, 8, 10 };

	return weigh_by(ie, weights, CLA_LEN(weights)) % 11 % 10 == digit_at(ie, 8);
}

static bool sao_paulo(const char *ie, size_t len)
{
	static const unsigned weights[] = { 3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2 };

	return sao_paulo_first(ie) &&
	       weigh_by(ie, weights, CLA_LEN(weights)) % 11 % 10 == digit_at(ie, len - 1);
}

/* Tocantins, old: the third and fourth place name the kind and do not count. */
static bool tocantins_old(const char *ie, size_t len)
{
	char body[LONGEST];

	memcpy(body, ie, 2);
	memcpy(body + 2, ie + 4, len - 4);
	return last_holds(body, len - 2, 9);
}

/* A state's kinds stand together. */
static const struct form {
	char state[3];
	uint8_t len;
	bool (*holds)(const char *ie, size_t len);
} forms[] = {
	{ "AC", 13, two_digits },
	{ "AL", 9, one_digit },
	{ "AM", 9, one_digit },
	{ "AP", 9, amapa },
	{ "BA", 8, bahia },
	{ "BA", 9, bahia },
	{ "CE", 9, one_digit },
	{ "DF", 13, two_digits },
	{ "ES", 9, one_digit },
	{ "GO", 9, goias },
	{ "MA", 9, one_digit },
	{ "MG", 13, minas_gerais },
	{ "MS", 9, one_digit },
	/* Mato Grosso has 11; its leading zeros are often left out */
	{ "MT", 9, one_digit },
	{ "MT", 10, one_digit },
	{ "MT", 11, one_digit },
	{ "PA", 9, one_digit },
	{ "PB", 9, one_digit },
	{ "PE", 9, two_digits },
	{ "PE", 14, pernambuco_old },
	{ "PI", 9, one_digit },
	{ "PR", 10, two_digits_to_7 },
	{ "RJ", 8, one_digit_to_7 },
	{ "RN", 9, one_digit },
	{ "RN", 10, one_digit_to_10 },
	{ "RO", 9, rondonia_old },
	{ "RO", 14, rondonia },
	{ "RR", 9, roraima },
	{ "RS", 10, one_digit },
	{ "SC", 9, one_digit },
	{ "SE", 9, one_digit },
	{ "SP", 12, sao_paulo },
	{ "TO", 9, one_digit },
	{ "TO", 11, tocantins_old },
};

enum cla_ie cla_ie_check(struct cla_str state, struct cla_str ie)
{
	enum cla_ie found = CLA_IE_NO_STATE;

	if (cla_str_eqc(state, "SP") && cla_str_starts(ie, "P")) {
		struct cla_str rural = cla_str_sub(ie, 1, ie.len);

		if (rural.len != 12 || !cla_str_digits(rural))
			return CLA_IE_LENGTH;
		return sao_paulo_first(rural.ptr) ? CLA_IE_GOOD : CLA_IE_DIGIT;
	}
	for (size_t i = 0; i < CLA_LEN(forms); i++) {
		const struct form *form = &forms[i];

		if (!cla_str_eqc(state, form->state))
			continue;
		if (found == CLA_IE_NO_STATE)
			found = CLA_IE_LENGTH;
		if (ie.len != form->len || !cla_str_digits(ie))
			continue;
		return form->holds(ie.ptr, ie.len) ? CLA_IE_GOOD : CLA_IE_DIGIT;
	}
	return found;
}

struct cla_str cla_ie_length(struct cla_str state)
{
	static const struct {
		char state[3];
		const char *length;
	} several[] = {
		{ "BA", "8-9" },  { "MT", "9-11" },  { "PE", "9, 14" },
		{ "RN", "9-10" }, { "RO", "9, 14" }, { "TO", "9, 11" },
	};
	static const char *const one[] = { "8", "9", "10", "11", "12", "13", "14" };

	for (size_t i = 0; i < CLA_LEN(several); i++) {
		if (cla_str_eqc(state, several[i].state))
			return cla_str_from(several[i].length);
	}
	for (size_t i = 0; i < CLA_LEN(forms); i++) {
		if (cla_str_eqc(state, forms[i].state))
			return cla_str_from(one[forms[i].len - 8]);
	}
	return CLA_STR_NONE;
}
