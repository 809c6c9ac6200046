/* fiscal/nfe_codes.c - codes of a note against each other: CFOP, destination and states, NCM, GTIN,
 * tax situation and regime (rules 18, 28-30, 31, 33, 34).
 *
 * Whether a CFOP, an NCM or a CEST exists on a day only the dated tables say, which are not part of
 * the program: what is asked here needs none.
 */
#include "fiscal/nfe.h"

#include <string.h>

/*
 * CFOP: its first digit is direction and distance (1, 2, 3 in; 5, 6, 7 out)
 */

struct cfop {
	const struct cla_xml *el;
	char first; /* '0': the item has no CFOP */
};

static struct cfop cfop_of(const struct cla_xml *det)
{
	struct cfop f = { .el = cla_nfe_find(det, "prod/CFOP"), .first = '0' };
	struct cla_str code = cla_xml_text(f.el);

	if (code.len)
		f.first = code.ptr[0];
	return f;
}

static bool is_among(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Reports each item whose CFOP begins with one of `firsts`. */
static void refuse_cfop(struct cla_case *c, const struct cla_rule *r, const char *firsts,
			const char *due)
{
	for (const struct cla_xml *det = cla_nfe_item(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det)) {
		struct cfop f = cfop_of(det);

		if (is_among(f.first, firsts))
			cla_case_fail(c, r, f.el, NULL, cla_str_from(due), cla_xml_text(f.el));
	}
}

static void cfop_entry(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_str_eqc(cla_nfe_text(cla_nfe_of(c)->ide, "tpNF"), "1"))
		refuse_cfop(c, r, "123", "5-7");
}

static void cfop_exit(struct cla_case *c, const struct cla_rule *r)
{
	if (cla_str_eqc(cla_nfe_text(cla_nfe_of(c)->ide, "tpNF"), "0"))
		refuse_cfop(c, r, "567", "1-3");
}

/* Layouts before 3.10 have no idDest. Fuel that is used abroad may be sold at home. */
static void cfop_abroad(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct cla_str destination = cla_nfe_text(n->ide, "idDest");

	if (!destination.len || cla_str_eqc(destination, "3"))
		return;
	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		struct cfop f = cfop_of(det);

		if (is_among(f.first, "37") &&
		    !cla_str_eqc(cla_nfe_text(det, "prod/comb/UFCons"), "EX"))
			cla_case_fail(c, r, f.el, NULL, CLA_STR("idDest 3"), cla_xml_text(f.el));
	}
}

static void cfop_interstate(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str destination = cla_nfe_text(cla_nfe_of(c)->ide, "idDest");

	if (destination.len && !cla_str_eqc(destination, "2"))
		refuse_cfop(c, r, "26", "idDest 2");
}

static void cfop_home(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str destination = cla_nfe_text(cla_nfe_of(c)->ide, "idDest");

	if (destination.len && !cla_str_eqc(destination, "1"))
		refuse_cfop(c, r, "15", "idDest 1");
}

/*
 * States
 */

struct states {
	struct cla_str from, to; /* issuer's, receiver's; absent when the note does not say */
	bool known;		 /* both */
};

static struct states states_of(const struct cla_nfe *n)
{
	struct states s = { .from = cla_nfe_text(n->emit, "enderEmit/UF"),
			    .to = cla_nfe_text(n->dest, "enderDest/UF") };

	s.known = s.from.len && s.to.len;
	return s;
}

/* Goods that are fetched, or go somewhere else than to the receiver, cross another border. */
static bool goes_elsewhere(const struct cla_nfe *n)
{
	return cla_nfe_find(n->inf, "entrega") || cla_nfe_find(n->inf, "retirada");
}

static bool is_bought_in_person(const struct cla_nfe *n)
{
	struct cla_str presence = cla_nfe_text(n->ide, "indPres");

	return cla_str_eqc(presence, "1") || cla_str_eqc(presence, "5");
}

static void cfop_receiver_at_home(struct cla_case *c, const struct cla_rule *r)
{
	struct states s = states_of(cla_nfe_of(c));

	if (s.known && !cla_str_eqc(s.to, "EX"))
		refuse_cfop(c, r, "37", "UF EX");
}

static void check_other_state(struct cla_case *c, const struct cla_rule *r, const char *first)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct states s = states_of(n);

	if (s.known && !cla_str_eq(s.from, s.to) && !goes_elsewhere(n) && !is_bought_in_person(n) &&
	    cla_str_eqc(cla_nfe_text(n->dest, "indIEDest"), "1"))
		refuse_cfop(c, r, first, "2, 6");
}

static void cfop_receiver_in_other_state(struct cla_case *c, const struct cla_rule *r)
{
	check_other_state(c, r, "5");
}

static void cfop_sender_in_other_state(struct cla_case *c, const struct cla_rule *r)
{
	check_other_state(c, r, "1");
}

static void cfop_same_state(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct states s = states_of(n);

	if (s.known && cla_str_eq(s.from, s.to) && !goes_elsewhere(n))
		refuse_cfop(c, r, "26", "1, 5");
}

static void check_destination(struct cla_case *c, const struct cla_rule *r, const char *destination,
			      bool wrong, struct cla_str due)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, "idDest");

	if (wrong && cla_str_eqc(cla_xml_text(el), destination))
		cla_case_fail(c, r, el, NULL, due, states_of(n).to);
}

static void destination_abroad(struct cla_case *c, const struct cla_rule *r)
{
	struct states s = states_of(cla_nfe_of(c));

	check_destination(c, r, "3", s.known && !cla_str_eqc(s.to, "EX"), CLA_STR("EX"));
}

static void destination_not_abroad(struct cla_case *c, const struct cla_rule *r)
{
	struct states s = states_of(cla_nfe_of(c));

	check_destination(c, r, "2", s.known && cla_str_eqc(s.to, "EX"), CLA_STR_NONE);
}

static void destination_other_state(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct states s = states_of(n);

	check_destination(c, r, "2", s.known && cla_str_eq(s.from, s.to) && !goes_elsewhere(n),
			  CLA_STR_NONE);
}

static void destination_home(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct states s = states_of(n);

	check_destination(c, r, "1",
			  s.known && !cla_str_eq(s.from, s.to) && !goes_elsewhere(n) &&
				  !is_bought_in_person(n),
			  s.from);
}

/*
 * Places (rule 28 beyond the parties' addresses), countries (rule 29)
 */

static void issuer_country(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_nfe_find(cla_nfe_of(c)->emit, "enderEmit/cPais");

	if (cla_xml_text(el).len && !cla_str_eqc(cla_xml_text(el), "1058"))
		cla_case_fail(c, r, el, NULL, CLA_STR("1058"), cla_xml_text(el));
}

static void check_city(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el)
{
	if (el && !cla_str_eqc(cla_xml_text(el), "9999999") &&
	    !cla_nfe_city_holds(cla_xml_text(el)))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
}

static void city_of_incidence(struct cla_case *c, const struct cla_rule *r)
{
	for (const struct cla_xml *det = cla_nfe_item(cla_nfe_of(c)); det;
	     det = cla_nfe_next_item(det))
		check_city(c, r, cla_nfe_find(det, "imposto/ISSQN/cMun"));
}

static void city_of_ibs(struct cla_case *c, const struct cla_rule *r)
{
	check_city(c, r, cla_nfe_find(cla_nfe_of(c)->ide, "cMunFGIBS"));
}

/*
 * Goods: NCM (form only) and GTIN
 */

typedef bool item_fn(const struct cla_nfe *n, const struct cla_xml *det, struct cla_str code);

/* Reports `prod/<field>` of each item that `wrong` says so of. */
static void check_items(struct cla_case *c, const struct cla_rule *r, const char *path,
			item_fn *wrong)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *el = cla_nfe_find(det, path);

		if (el && wrong(n, det, cla_xml_text(el)))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
	}
}

/* Chapters 1 to 97; 77 is kept free, 98 and 99 are not of the Mercosur's list. */
static bool has_no_chapter(const struct cla_nfe *n CLA_UNUSED, const struct cla_xml *det CLA_UNUSED,
			   struct cla_str code)
{
	struct cla_str chapter = cla_str_sub(code, 0, 2);
	uint64_t number;

	return cla_str_to_u64(code, &number) && !cla_str_eqc(chapter, "00") &&
	       (cla_str_eqc(chapter, "77") || cla_str_cmp(chapter, CLA_STR("97")) > 0);
}

static void ncm_chapter(struct cla_case *c, const struct cla_rule *r)
{
	check_items(c, r, "prod/NCM", has_no_chapter);
}

static bool is_short(const struct cla_nfe *n CLA_UNUSED, const struct cla_xml *det CLA_UNUSED,
		     struct cla_str code)
{
	return code.len == 2 && !cla_str_eqc(code, "00");
}

static void ncm_incomplete(struct cla_case *c, const struct cla_rule *r)
{
	check_items(c, r, "prod/NCM", is_short);
}

/* Services have no NCM, nor has what only corrects another note. */
static bool is_zero_on_goods(const struct cla_nfe *n, const struct cla_xml *det,
			     struct cla_str code)
{
	return (cla_str_eqc(code, "00") || cla_str_eqc(code, "00000000")) &&
	       cla_str_eqc(cla_nfe_text(n->ide, "finNFe"), "1") &&
	       !cla_nfe_find(det, "imposto/ISSQN");
}

static void ncm_zero(struct cla_case *c, const struct cla_rule *r)
{
	check_items(c, r, "prod/NCM", is_zero_on_goods);
}

/* 8, 12, 13 or 14 digits; modulus 10, weights 3 and 1 in turn from the right. */
static bool is_bad_gtin(const struct cla_nfe *n CLA_UNUSED, const struct cla_xml *det CLA_UNUSED,
			struct cla_str code)
{
	int sum = 0;

	if (!code.len || cla_str_eqc(code, "SEM GTIN"))
		return false;
	if (!cla_str_digits(code) || (code.len != 8 && (code.len < 12 || code.len > 14)))
		return true;
	for (size_t i = 0; i < code.len; i++)
		sum += (code.ptr[code.len - 1 - i] - '0') * (i % 2 ? 3 : 1);
	return sum % 10 != 0;
}

static void gtin_sold(struct cla_case *c, const struct cla_rule *r)
{
	check_items(c, r, "prod/cEAN", is_bad_gtin);
}

static void gtin_taxed(struct cla_case *c, const struct cla_rule *r)
{
	check_items(c, r, "prod/cEANTrib", is_bad_gtin);
}

static bool is_empty_gtin(const struct cla_nfe *n, const struct cla_xml *det CLA_UNUSED,
			  struct cla_str code)
{
	return !code.len && cla_str_eqc(cla_xml_attr(n->inf, "versao"), "4.00");
}

static void gtin_empty(struct cla_case *c, const struct cla_rule *r)
{
	check_items(c, r, "prod/cEAN", is_empty_gtin);
}

/*
 * Regime of the issuer (CRT) and tax situation: CSOSN is for Simples Nacional (1) and MEI (4)
 */

static bool is_simple(const struct cla_nfe *n)
{
	struct cla_str regime = cla_nfe_text(n->emit, "CRT");

	return cla_str_eqc(regime, "1") || cla_str_eqc(regime, "4");
}

/* The single-phase taxation of fuel has no CSOSN. */
static void situation_of_simple(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const fuel[] = { "02", "15", "53", "61" };
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *det = cla_nfe_item(n); det && is_simple(n);
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *group = cla_xml_child(cla_nfe_find(det, "imposto/ICMS"));
		const struct cla_xml *el = cla_nfe_find(group, "CST");

		if (el && !cla_str_one_of(cla_xml_text(el), fuel, CLA_LEN(fuel)))
			cla_case_fail(c, r, el, NULL, CLA_STR("CSOSN"), cla_xml_text(el));
	}
}

static void situation_of_normal(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (is_simple(n) || !cla_nfe_text(n->emit, "CRT").len)
		return;
	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *group = cla_xml_child(cla_nfe_find(det, "imposto/ICMS"));
		const struct cla_xml *el = cla_nfe_find(group, "CSOSN");

		if (el)
			cla_case_fail(c, r, el, NULL, CLA_STR("CST"), cla_xml_text(el));
	}
}

/* Who is no contributor can take no credit. */
static void situation_not_contributor(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const with_credit[] = { "101", "201" };
	const struct cla_nfe *n = cla_nfe_of(c);

	if (!cla_str_eqc(cla_nfe_text(n->dest, "indIEDest"), "9") ||
	    !cla_str_eqc(cla_nfe_text(n->ide, "tpNF"), "1"))
		return;
	for (const struct cla_xml *det = cla_nfe_item(n); det; det = cla_nfe_next_item(det)) {
		const struct cla_xml *group = cla_xml_child(cla_nfe_find(det, "imposto/ICMS"));
		const struct cla_xml *el = cla_nfe_find(group, "CSOSN");

		if (cla_str_one_of(cla_xml_text(el), with_credit, CLA_LEN(with_credit)))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
	}
}

static const struct cla_rule rules[] = {
	CLA_NFE_RULE("nfe.cfop-entry", "518", CATALOGS, FAIL, cfop_entry,
		     "A CFOP of entry in a note of exit", "CFOP de entrada en nota de salida",
		     "CFOP de entrada para NF-e de saída"),
	CLA_NFE_RULE("nfe.cfop-exit", "519", CATALOGS, FAIL, cfop_exit,
		     "A CFOP of exit in a note of entry", "CFOP de salida en nota de entrada",
		     "CFOP de saída para NF-e de entrada"),
	CLA_NFE_RULE("nfe.cfop-abroad", "731", CATALOGS, FAIL, cfop_abroad,
		     "A CFOP of foreign trade, and the note's destination is another",
		     "CFOP de comercio exterior y el destino de la nota es otro",
		     "CFOP de operação com exterior e idDest diferente de 3"),
	CLA_NFE_RULE("nfe.cfop-interstate", "732", CATALOGS, FAIL, cfop_interstate,
		     "A CFOP between states, and the note's destination is another",
		     "CFOP entre estados y el destino de la nota es otro",
		     "CFOP de operação interestadual e idDest diferente de 2"),
	CLA_NFE_RULE("nfe.cfop-home", "733", CATALOGS, FAIL, cfop_home,
		     "A CFOP within the state, and the note's destination is another",
		     "CFOP dentro del estado y el destino de la nota es otro",
		     "CFOP de operação interna e idDest diferente de 1"),
	CLA_NFE_RULE("nfe.cfop-receiver-at-home", "520", CATALOGS, WARN, cfop_receiver_at_home,
		     "A CFOP of foreign trade with a party in Brazil",
		     "CFOP de comercio exterior con una parte en Brasil",
		     "CFOP de operação com exterior e UF diferente de EX"),
	CLA_NFE_RULE("nfe.cfop-receiver-state", "521", CATALOGS, WARN, cfop_receiver_in_other_state,
		     "A CFOP within the state for a receiver of another state",
		     "CFOP dentro del estado para un destinatario de otro estado",
		     "CFOP de operação estadual e UF do destinatário diferente"),
	CLA_NFE_RULE("nfe.cfop-sender-state", "522", CATALOGS, WARN, cfop_sender_in_other_state,
		     "A CFOP within the state for a sender of another state",
		     "CFOP dentro del estado para un remitente de otro estado",
		     "CFOP de operação estadual e UF do remetente diferente"),
	CLA_NFE_RULE("nfe.cfop-same-state", "523", CATALOGS, WARN, cfop_same_state,
		     "A CFOP between states, and both parties are in the same",
		     "CFOP entre estados y ambas partes están en el mismo",
		     "CFOP não é de operação estadual e as UF são iguais"),
	CLA_NFE_RULE("nfe.destination-abroad", "727", CATALOGS, FAIL, destination_abroad,
		     "Destination abroad, and the receiver is in Brazil",
		     "Destino en el exterior y el destinatario está en Brasil",
		     "Operação com exterior e UF diferente de EX"),
	CLA_NFE_RULE("nfe.destination-not-abroad", "771", CATALOGS, FAIL, destination_not_abroad,
		     "Destination in another state, and the receiver is abroad",
		     "Destino en otro estado y el destinatario está en el exterior",
		     "Operação interestadual e UF de destino EX"),
	CLA_NFE_RULE("nfe.destination-state", "772", CATALOGS, WARN, destination_other_state,
		     "Destination in another state, and the receiver is in the issuer's",
		     "Destino en otro estado y el destinatario está en el del emisor",
		     "Operação interestadual e UF de destino igual à do emitente"),
	CLA_NFE_RULE("nfe.destination-home", "773", CATALOGS, WARN, destination_home,
		     "Destination within the state, and the receiver is in another",
		     "Destino dentro del estado y el destinatario está en otro",
		     "Operação interna e UF de destino diferente da do emitente"),
	CLA_NFE_RULE("nfe.issuer-country", "405", CATALOGS, WARN, issuer_country,
		     "The issuer's country is not Brazil", "El país del emisor no es Brasil",
		     "O país do emitente não é o Brasil"),
	CLA_NFE_RULE("nfe.city-incidence-digit", "389", CATALOGS, WARN, city_of_incidence,
		     "City number of a service's tax: wrong check digit",
		     "Número de municipio del impuesto de un servicio: dígito incorrecto",
		     "Código do município de incidência do ISSQN: dígito inválido"),
	CLA_NFE_RULE("nfe.city-ibs-digit", NULL, CATALOGS, WARN, city_of_ibs,
		     "City number of the taxable event of IBS: wrong check digit",
		     "Número de municipio del hecho generador del IBS: dígito incorrecto",
		     "Código do município do fato gerador do IBS: dígito inválido"),
	CLA_NFE_RULE("nfe.ncm-chapter", "778", CATALOGS, WARN, ncm_chapter,
		     "NCM of a chapter that does not exist", "NCM de un capítulo inexistente",
		     "NCM de capítulo inexistente"),
	CLA_NFE_DATED_RULE("nfe.ncm-incomplete", "777", CATALOGS, WARN, "2016-01-01", NULL,
			   ncm_incomplete, "NCM is not given with its eight digits",
			   "La NCM no tiene sus ocho dígitos", "NCM sem os oito dígitos"),
	CLA_NFE_RULE("nfe.ncm-zero", "471", CATALOGS, WARN, ncm_zero, "Goods without NCM",
		     "Mercancía sin NCM", "Mercadoria com NCM 00"),
	CLA_NFE_RULE("nfe.gtin", "611", CATALOGS, WARN, gtin_sold,
		     "cEAN is no GTIN: length or check digit",
		     "cEAN no es un GTIN: longitud o dígito verificador",
		     "cEAN inválido: tamanho ou dígito verificador"),
	CLA_NFE_RULE("nfe.gtin-taxed", "612", CATALOGS, WARN, gtin_taxed,
		     "cEANTrib is no GTIN: length or check digit",
		     "cEANTrib no es un GTIN: longitud o dígito verificador",
		     "cEANTrib inválido: tamanho ou dígito verificador"),
	CLA_NFE_RULE("nfe.gtin-empty", "883", CATALOGS, WARN, gtin_empty,
		     "cEAN is empty: goods without one say SEM GTIN",
		     "cEAN vacío: sin código se escribe SEM GTIN",
		     "cEAN vazio: sem código informa-se SEM GTIN"),
	CLA_NFE_RULE("nfe.situation-simple", "590", CATALOGS, WARN, situation_of_simple,
		     "CST in a note of an issuer of Simples Nacional or MEI",
		     "CST en nota de emisor del Simples Nacional o MEI",
		     "Informado CST para emissor do Simples Nacional ou MEI"),
	CLA_NFE_RULE("nfe.situation-normal", "591", CATALOGS, WARN, situation_of_normal,
		     "CSOSN in a note of an issuer that is not of Simples Nacional",
		     "CSOSN en nota de emisor que no es del Simples Nacional",
		     "Informado CSOSN para emissor que não é do Simples Nacional"),
	CLA_NFE_DATED_RULE("nfe.situation-credit", "600", CATALOGS, WARN, "2016-01-01", NULL,
			   situation_not_contributor,
			   "CSOSN with a credit for a receiver who is no contributor",
			   "CSOSN con crédito para un destinatario no contribuyente",
			   "CSOSN com crédito na operação com não contribuinte"),
};

const struct cla_rule_table cla_nfe_code_rules = { "nfe-codes", rules, CLA_LEN(rules) };
