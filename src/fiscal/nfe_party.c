/* nfe_party.c - who and where: tax ids, state registrations, cities (rules 20-28, NFC-e to a
 * company). */
#include "fiscal/nfe.h"

#include "model/id/ie.h"

#include <string.h>

static bool is_valid_id(const struct cla_xml *el)
{
	return cla_xml_is(el, CLA_NFE_NS, "CNPJ") ? cla_cnpj_valid(cla_xml_text(el))
						  : cla_cpf_valid(cla_xml_text(el));
}

/*
 * Tax ids
 */

void cla_nfe_issuer_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el;

	(void)cla_nfe_tax_id(n->emit, &el);
	if (!el)
		cla_case_unknown(c, r, n->inf ? n->inf : n->note, CLA_STR("emit/CNPJ"));
	else if (!is_valid_id(el))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
}

void cla_nfe_receiver_cnpj(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_nfe_find(cla_nfe_of(c)->dest, "CNPJ");

	/* Old layouts write an empty CNPJ for a receiver abroad. */
	if (cla_xml_text(el).len && !is_valid_id(el))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
}

void cla_nfe_receiver_cpf(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_nfe_find(cla_nfe_of(c)->dest, "CPF");

	if (el && !is_valid_id(el))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
}

static void check_each_id(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el)
{
	static const char *const names[] = { "CNPJ", "CPF", "CNPJPag", "CNPJReceb", "CNPJPAA" };

	for (el = cla_xml_child(el); el; el = cla_xml_sibling(el)) {
		for (size_t i = 0; i < CLA_LEN(names); i++) {
			struct cla_str id = cla_xml_text(el);

			if (!cla_xml_is(el, CLA_NFE_NS, names[i]) || !id.len)
				continue;
			if (!cla_cnpj_valid(id) && !cla_cpf_valid(id))
				cla_case_fail(c, r, el, NULL, CLA_STR_NONE, id);
		}
	}
}

/* Rule 22: parties that have codes of their own, one each for CNPJ and CPF. */
static const struct further {
	const char *rule, *parent, *group, *field;
} further[] = {
	{ "nfe.pickup-cnpj", "", "retirada", "CNPJ" },
	{ "nfe.pickup-cpf", "", "retirada", "CPF" },
	{ "nfe.delivery-cnpj", "", "entrega", "CNPJ" },
	{ "nfe.delivery-cpf", "", "entrega", "CPF" },
	{ "nfe.carrier-cnpj", "transp", "transporta", "CNPJ" },
	{ "nfe.carrier-cpf", "transp", "transporta", "CPF" },
	{ "nfe.reader-cnpj", "", "autXML", "CNPJ" },
	{ "nfe.reader-cpf", "", "autXML", "CPF" },
	{ "nfe.technician-cnpj", "", "infRespTec", "CNPJ" },
};

void cla_nfe_further_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct further *f = further;

	while (f < further + CLA_LEN(further) - 1 && strcmp(f->rule, r->id) != 0)
		f++;
	const struct cla_xml *parent = cla_nfe_find(cla_nfe_of(c)->inf, f->parent);
	const struct cla_xml *group = cla_nfe_find(parent, f->group);
	for (; group; group = cla_xml_find_next(group, CLA_NFE_NS, f->group)) {
		const struct cla_xml *el = cla_nfe_find(group, f->field);

		if (cla_xml_text(el).len && !is_valid_id(el))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
	}
}

void cla_nfe_other_ids(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const once[] = { "avulsa", "infIntermed", "infPAA" };
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el;

	for (size_t i = 0; i < CLA_LEN(once); i++)
		check_each_id(c, r, cla_nfe_find(n->inf, once[i]));
	for (el = cla_nfe_find(n->inf, "pag/detPag"); el;
	     el = cla_xml_find_next(el, CLA_NFE_NS, "detPag")) {
		check_each_id(c, r, el);
		check_each_id(c, r, cla_nfe_find(el, "card"));
	}
}

/* Ajustes SINIEF 11/2025 and followers: from this day a company gets an NF-e, not a consumer's
 * note. */
static const struct cla_date company_needs_nfe = { 2026, 5, 4 };

void cla_nfe_nfce_to_company(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->dest, "CNPJ");
	bool early = n->issue_date.year &&
		     cla_date_to_days(n->issue_date) < cla_date_to_days(company_needs_nfe);

	if (cla_str_eqc(n->model, "65") && cla_xml_text(el).len)
		cla_case_report(c, r, early ? CLA_VERDICT_WARN : r->severity, el, NULL,
				CLA_STR("55"), n->model);
}

/*
 * State registrations (IE, rules 25, 26): their form by state, as a warning. Whether one exists only
 * the states' register says.
 */

/* A state's letters and its number by IBGE. */
struct uf {
	char name[3], number[3];
};

static const struct uf ufs[] = {
	{ "AC", "12" }, { "AL", "27" }, { "AM", "13" }, { "AP", "16" }, { "BA", "29" },
	{ "CE", "23" }, { "DF", "53" }, { "ES", "32" }, { "GO", "52" }, { "MA", "21" },
	{ "MG", "31" }, { "MS", "50" }, { "MT", "51" }, { "PA", "15" }, { "PB", "25" },
	{ "PE", "26" }, { "PI", "22" }, { "PR", "41" }, { "RJ", "33" }, { "RN", "24" },
	{ "RO", "11" }, { "RR", "14" }, { "RS", "43" }, { "SC", "42" }, { "SE", "28" },
	{ "SP", "35" }, { "TO", "17" },
};

static const struct uf *find_uf(struct cla_str name)
{
	for (size_t i = 0; i < CLA_LEN(ufs); i++) {
		if (cla_str_eqc(name, ufs[i].name))
			return &ufs[i];
	}
	return NULL;
}

bool cla_nfe_is_uf_number(struct cla_str number)
{
	for (size_t i = 0; i < CLA_LEN(ufs); i++) {
		if (cla_str_eqc(number, ufs[i].number))
			return true;
	}
	return false;
}

static void check_ie(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		     struct cla_str state)
{
	struct cla_str ie = cla_xml_text(el);

	if (!ie.len)
		return;
	switch (cla_ie_check(state, ie)) {
	case CLA_IE_GOOD:
	case CLA_IE_NO_STATE:
		break;
	case CLA_IE_LENGTH:
		cla_case_fail(c, r, el, NULL, cla_ie_length(state), ie);
		break;
	case CLA_IE_DIGIT:
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, ie);
		break;
	}
}

static bool is_exempt(const struct cla_xml *el)
{
	return cla_str_eqc(cla_xml_text(el), "ISENTO");
}

/* Who is served by the tax office need not be registered. */
void cla_nfe_issuer_ie(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *ie = cla_nfe_find(n->emit, "IE");

	if (!is_exempt(ie) || !cla_nfe_by_tax_office(n))
		check_ie(c, r, ie, cla_nfe_text(n->emit, "enderEmit/UF"));
}

void cla_nfe_issuer_ie_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (n->emit && !cla_nfe_text(n->emit, "IE").len && !cla_nfe_by_tax_office(n))
		cla_case_fail(c, r, n->emit, NULL, CLA_STR("IE"), CLA_STR_NONE);
}

/* Who withholds tax for another state is registered there. */
void cla_nfe_substitute_ie(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	check_ie(c, r, cla_nfe_find(n->emit, "IEST"), cla_nfe_text(n->dest, "enderDest/UF"));
}

void cla_nfe_receiver_ie(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *dest = cla_nfe_of(c)->dest;
	const struct cla_xml *ie = cla_nfe_find(dest, "IE");

	if (!is_exempt(ie))
		check_ie(c, r, ie, cla_nfe_text(dest, "enderDest/UF"));
}

void cla_nfe_receiver_ie_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *dest = cla_nfe_of(c)->dest;

	if (cla_str_eqc(cla_nfe_text(dest, "indIEDest"), "1") && !cla_nfe_text(dest, "IE").len)
		cla_case_fail(c, r, dest, NULL, CLA_STR("IE"), CLA_STR_NONE);
}

void cla_nfe_carrier_ie(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *carrier = cla_nfe_find(cla_nfe_of(c)->inf, "transp/transporta");
	const struct cla_xml *ie = cla_nfe_find(carrier, "IE");

	if (!is_exempt(ie))
		check_ie(c, r, ie, cla_nfe_text(carrier, "UF"));
}

void cla_nfe_receiver_ie_exempt(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *dest = cla_nfe_of(c)->dest;
	const struct cla_xml *ie = cla_nfe_find(dest, "IE");

	if (cla_str_eqc(cla_nfe_text(dest, "indIEDest"), "2") && ie)
		cla_case_fail(c, r, ie, NULL, CLA_STR_NONE, cla_xml_text(ie));
}

/*
 * Cities (rules 27, 28): seven digits of IBGE, the state's two first, a check digit last
 */

#define ABROAD "9999999"

static bool is_abroad(const struct cla_xml *address)
{
	return cla_str_eqc(cla_nfe_text(address, "UF"), "EX");
}

void cla_nfe_foreign_city(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *address = cla_nfe_find(cla_nfe_of(c)->dest, "enderDest");
	const struct cla_xml *city = cla_nfe_find(address, "cMun");

	if (address && is_abroad(address) != cla_str_eqc(cla_xml_text(city), ABROAD))
		cla_case_fail(c, r, city ? city : address, NULL,
			      is_abroad(address) ? CLA_STR(ABROAD) : CLA_STR_NONE,
			      cla_xml_text(city));
}

void cla_nfe_foreign_country(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *address = cla_nfe_find(cla_nfe_of(c)->dest, "enderDest");
	const struct cla_xml *country = cla_nfe_find(address, "cPais");
	struct cla_str code = cla_xml_text(country);

	if (is_abroad(address) && (!code.len || cla_str_eqc(code, "1058")))
		cla_case_fail(c, r, country ? country : address, NULL, CLA_STR_NONE, code);
}

/* Modulus 10, weights 1 and 2 in turn, digits of products added. Nine cities keep numbers from
 * before the rule. */
bool cla_nfe_city_holds(struct cla_str city)
{
	static const char *const legacy[] = { "2201919", "2201988", "2202251", "2611533", "3117836",
					      "3152131", "4305871", "5203939", "5203962" };
	int sum = 0;

	for (size_t i = 0; i < CLA_LEN(legacy); i++) {
		if (cla_str_eqc(city, legacy[i]))
			return true;
	}
	if (city.len != 7 || !cla_str_digits(city))
		return false;
	for (size_t i = 0; i < 6; i++) {
		int product = (city.ptr[i] - '0') * (i % 2 ? 2 : 1);

		sum += product / 10 + product % 10;
	}
	return (10 - sum % 10) % 10 == city.ptr[6] - '0';
}

/* Each place has codes of its own for the digit and for the state that does not agree. */
static const struct place {
	const char *digit_code, *uf_code, *city, *uf;
} places[] = {
	{ "270", "271", "ide/cMunFG", "emit/enderEmit/UF" },
	{ "272", "273", "emit/enderEmit/cMun", "emit/enderEmit/UF" },
	{ "274", "275", "dest/enderDest/cMun", "dest/enderDest/UF" },
	{ "276", "277", "retirada/cMun", "retirada/UF" },
	{ "278", "279", "entrega/cMun", "entrega/UF" },
	{ "288", NULL, "transp/retTransp/cMunFG", NULL },
};

static void check_city_digit(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el)
{
	struct cla_str city = cla_xml_text(el);

	if (el && !cla_str_eqc(city, ABROAD) && !cla_nfe_city_holds(city))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, city);
}

void cla_nfe_city_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (size_t i = 0; i < CLA_LEN(places); i++) {
		if (strcmp(places[i].digit_code, r->code) == 0)
			check_city_digit(c, r, cla_nfe_find(n->inf, places[i].city));
	}
}

void cla_nfe_city_digit_services(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *det = cla_nfe_item(cla_nfe_of(c));

	for (; det; det = cla_nfe_next_item(det))
		check_city_digit(c, r, cla_nfe_find(det, "imposto/ISSQN/cMunFG"));
}

void cla_nfe_city_uf(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (size_t i = 0; i < CLA_LEN(places); i++) {
		const struct cla_xml *el = cla_nfe_find(n->inf, places[i].city);
		struct cla_str city = cla_xml_text(el);
		const struct uf *uf;

		if (!places[i].uf_code || strcmp(places[i].uf_code, r->code) != 0)
			continue;
		const struct cla_str state = cla_nfe_text(n->inf, places[i].uf);
		uf = find_uf(state);
		if (!uf && city.len && !cla_str_eqc(city, ABROAD) && !cla_str_eqc(state, "EX"))
			cla_case_unknown(c, r, el, CLA_STR("UF"));
		if (uf && city.len && !cla_str_eqc(city, ABROAD) &&
		    !cla_str_starts(city, uf->number))
			cla_case_fail(c, r, el, NULL, cla_str_from(uf->number), city);
	}
}
