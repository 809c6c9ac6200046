/* fiscal/nfe_header.c - what the header of a note says beside its key: series, environment, times,
 * documents referred to, receivers abroad (rules 1-17, 24, 27). */
#include "fiscal/nfe.h"

#include <string.h>

/*
 * The key by itself (codes 615 to 619): parts that no note can have. That they are those of the note
 * is asked in nfe_key.c.
 */

static void key_fails(struct cla_case *c, const struct cla_rule *r, struct cla_str part)
{
	cla_case_fail(c, r, cla_nfe_of(c)->inf, "Id", CLA_STR_NONE, part);
}

/* There were no electronic notes before 2006. */
static void key_year(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str yymm = cla_nfe_of(c)->part.yymm;

	if (yymm.len && cla_str_cmp(cla_str_sub(yymm, 0, 2), CLA_STR("06")) < 0)
		key_fails(c, r, yymm);
}

static void key_month(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str yymm = cla_nfe_of(c)->part.yymm, month = cla_str_sub(yymm, 2, 2);

	if (yymm.len && (cla_str_eqc(month, "00") || cla_str_cmp(month, CLA_STR("12")) > 0))
		key_fails(c, r, yymm);
}

/* A CNPJ, or a CPF behind three zeros. */
static void key_issuer_id(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str id = cla_nfe_of(c)->part.issuer;

	if (id.len && !cla_cnpj_valid(id) &&
	    !(cla_str_starts(id, "000") && cla_cpf_valid(cla_str_sub(id, 3, 11))))
		key_fails(c, r, id);
}

static void key_model(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str model = cla_nfe_of(c)->part.model;

	if (model.len && !cla_str_eqc(model, "55") && !cla_str_eqc(model, "65"))
		key_fails(c, r, model);
}

static void key_number(struct cla_case *c, const struct cla_rule *r)
{
	struct cla_str number = cla_nfe_of(c)->part.number;

	if (cla_str_eqc(number, "000000000"))
		key_fails(c, r, number);
}

/* Rule 12: 920-969 are for issuers with a CPF, who have no other but those of the tax office. Before
 * layout 4.00 the series 900-999 were of a contingency (SCAN). */
static void series(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, "serie");
	bool person = cla_nfe_find(n->emit, "CPF") != NULL;
	uint64_t number;

	if (!cla_str_eqc(cla_xml_attr(n->inf, "versao"), "4.00") ||
	    !cla_str_to_u64(cla_xml_text(el), &number))
		return;
	if (person ? number < 890 || number > 969 : number >= 920 && number <= 969)
		cla_case_fail(c, r, el, NULL, person ? CLA_STR("890-969") : CLA_STR("0-919"),
			      cla_xml_text(el));
}

/* Rule 13, second half: a note of the test environment names no receiver, and none but such a note
 * has these words in the receiver's place. */
static void test_phrase(struct cla_case *c, const struct cla_rule *r)
{
	static const char phrase[] = "NF-E EMITIDA EM AMBIENTE DE HOMOLOGACAO - SEM VALOR FISCAL";
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *name = cla_nfe_find(n->dest, "xNome");
	bool test = cla_str_eqc(cla_nfe_text(n->ide, "tpAmb"), "2");

	if (name && cla_str_eqc(n->model, "55") && test != cla_str_eqc(cla_xml_text(name), phrase))
		cla_case_fail(c, r, name, NULL, test ? CLA_STR_NONE : CLA_STR("tpAmb 2"),
			      cla_xml_text(name));
}

/* No note has more; the rules about single items are not run over such a file (nfe_rules.c). */
static void too_many_items(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (n->items > CLA_NFE_MAX_ITEMS)
		cla_case_fail(c, r, n->inf, NULL, cla_case_text(c, "%d", CLA_NFE_MAX_ITEMS),
			      cla_case_text(c, "%zu", n->items));
}

/*
 * Times (rules 14, 16)
 */

#define MINUTE 60
#define DAY (24 * 60 * MINUTE)

/* Seconds between issue and receipt; false when either cannot be read. */
static bool read_delay(const struct cla_nfe *n, int64_t *delay)
{
	struct cla_time received;
	struct cla_date day;

	if (!n->issue_date.year ||
	    !cla_nfe_instant(cla_nfe_text(n->prot, "dhRecbto"), &day, &received))
		return false;
	*delay = received.sec - n->issued.sec;
	return true;
}

/* What a contingency issued is sent later. */
static bool is_sent_at_once(const struct cla_nfe *n, const char *model)
{
	return cla_str_eqc(n->model, model) && cla_str_eqc(cla_nfe_text(n->ide, "tpEmis"), "1");
}

/* A note is taken within 30 days, since September 2025 within seven (NT 2025.001). */
static const struct cla_date seven_days_since = { 2025, 9, 1 };

static void sent_late(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	int64_t delay;

	if (!is_sent_at_once(n, "55") || !read_delay(n, &delay))
		return;
	int days = cla_date_to_days(n->issue_date) < cla_date_to_days(seven_days_since) ? 30 : 7;
	if (delay > (int64_t)days * DAY)
		cla_case_fail(c, r, cla_nfe_find(n->prot, "dhRecbto"), NULL,
			      cla_nfe_text(n->ide, "dhEmi"), cla_nfe_text(n->prot, "dhRecbto"));
}

static void sent_late_consumer(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	int64_t delay;

	if (is_sent_at_once(n, "65") && read_delay(n, &delay) && delay > (int64_t)5 * MINUTE)
		cla_case_fail(c, r, cla_nfe_find(n->prot, "dhRecbto"), NULL,
			      cla_nfe_text(n->ide, "dhEmi"), cla_nfe_text(n->prot, "dhRecbto"));
}

/* Clocks may differ by five minutes. */
static void contingency_time(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el = cla_nfe_find(n->ide, "dhCont");
	struct cla_time began, received;
	struct cla_date day;

	if (cla_nfe_instant(cla_xml_text(el), &day, &began) &&
	    cla_nfe_instant(cla_nfe_text(n->prot, "dhRecbto"), &day, &received) &&
	    began.sec > received.sec + (int64_t)5 * MINUTE)
		cla_case_fail(c, r, el, NULL, cla_nfe_text(n->prot, "dhRecbto"), cla_xml_text(el));
}

/*
 * Documents referred to (rule 17)
 */

static const struct cla_xml *next_reference(const struct cla_xml *ref)
{
	return cla_xml_find_next(ref, CLA_NFE_NS, "NFref");
}

static void complement_of_several(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *ide = cla_nfe_of(c)->ide, *first = cla_nfe_find(ide, "NFref");

	if (cla_str_eqc(cla_nfe_text(ide, "finNFe"), "2") && first && next_reference(first))
		cla_case_fail(c, r, next_reference(first), NULL, CLA_STR("1"), CLA_STR_NONE);
}

static void reference_cte_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *ref = cla_nfe_find(cla_nfe_of(c)->ide, "NFref");

	for (; ref; ref = next_reference(ref)) {
		const struct cla_xml *el = cla_nfe_find(ref, "refCTe");

		if (el && !cla_access_key_digit(cla_xml_text(el)))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
	}
}

/* Keys that stand elsewhere than in NFref. */
static void other_reference_digit(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const names[] = { "chaveAcesso", "refNFe", "refDFeAnt", "chNFe" };
	static const char *const groups[] = { "DFeReferenciado", "gPagAntecipado", "gCompraGov",
					      "exportInd" };
	const struct cla_xml *inf = cla_nfe_of(c)->inf;

	for (const struct cla_xml *el = inf; el; el = cla_xml_walk(inf, el)) {
		struct cla_str name = cla_xml_name(el);

		if (!cla_str_one_of(name, names, CLA_LEN(names)) ||
		    !cla_str_one_of(cla_xml_name(cla_xml_parent(el)), groups, CLA_LEN(groups)))
			continue;
		if (!cla_access_key_digit(cla_xml_text(el)))
			cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
	}
}

static void check_reference_model(struct cla_case *c, const struct cla_rule *r, const char *name,
				  const char *const *models, size_t count)
{
	const struct cla_xml *ref = cla_nfe_find(cla_nfe_of(c)->ide, "NFref");

	for (; ref; ref = next_reference(ref)) {
		const struct cla_xml *el = cla_nfe_find(ref, name);
		struct cla_access_key part;

		if (cla_access_key_split(cla_xml_text(el), &part) &&
		    !cla_str_one_of(part.model, models, count))
			cla_case_fail(c, r, el, NULL, cla_str_from(models[0]), part.model);
	}
}

static void reference_model(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const models[] = { "55", "65" };

	check_reference_model(c, r, "refNFe", models, CLA_LEN(models));
}

static void reference_cte_model(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const models[] = { "57", "67" };

	check_reference_model(c, r, "refCTe", models, CLA_LEN(models));
}

/* Either the note refers to documents or its items do. */
static void reference_mixed(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *ref = cla_nfe_find(n->ide, "NFref");

	for (const struct cla_xml *det = cla_nfe_item(n); det && ref;
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *el = cla_nfe_find(det, "DFeReferenciado");

		if (!el)
			continue;
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_nfe_text(el, "chaveAcesso"));
		return;
	}
}

/*
 * Receivers (rules 24, 27)
 */

/* Own use and corrections apart, nobody sells to himself. */
static void issuer_is_receiver(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	const struct cla_xml *el;
	struct cla_str receiver = cla_nfe_tax_id(n->dest, &el);

	if (receiver.len && cla_str_eq(receiver, cla_nfe_tax_id(n->emit, NULL)) &&
	    cla_str_eqc(cla_nfe_text(n->ide, "tpNF"), "1") &&
	    cla_str_eqc(cla_nfe_text(n->ide, "finNFe"), "1"))
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, receiver);
}

static bool is_abroad(const struct cla_xml *address)
{
	return cla_str_eqc(cla_nfe_text(address, "UF"), "EX");
}

static void foreign_cnpj(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *dest = cla_nfe_of(c)->dest, *cnpj = cla_nfe_find(dest, "CNPJ");

	if (is_abroad(cla_nfe_find(dest, "enderDest")) && cla_xml_text(cnpj).len)
		cla_case_fail(c, r, cnpj, NULL, CLA_STR_NONE, cla_xml_text(cnpj));
}

static void foreign_no_id(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (n->dest && cla_str_eqc(cla_nfe_text(n->ide, "idDest"), "3") &&
	    !cla_nfe_find(n->dest, "idEstrangeiro"))
		cla_case_fail(c, r, n->dest, NULL, CLA_STR("idEstrangeiro"), CLA_STR_NONE);
}

static void home_country(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *address = cla_nfe_find(cla_nfe_of(c)->dest, "enderDest");
	const struct cla_xml *country = cla_nfe_find(address, "cPais");

	if (country && !is_abroad(address) && !cla_str_eqc(cla_xml_text(country), "1058"))
		cla_case_fail(c, r, country, NULL, CLA_STR("1058"), cla_xml_text(country));
}

static void check_foreign_place(struct cla_case *c, const struct cla_rule *r, const char *place)
{
	const struct cla_xml *address = cla_nfe_find(cla_nfe_of(c)->inf, place);
	const struct cla_xml *city = cla_nfe_find(address, "cMun");

	if (address && is_abroad(address) != cla_str_eqc(cla_xml_text(city), "9999999"))
		cla_case_fail(c, r, city ? city : address, NULL,
			      is_abroad(address) ? CLA_STR("9999999") : CLA_STR_NONE,
			      cla_xml_text(city));
}

static void foreign_pickup(struct cla_case *c, const struct cla_rule *r)
{
	check_foreign_place(c, r, "retirada");
}

static void foreign_delivery(struct cla_case *c, const struct cla_rule *r)
{
	check_foreign_place(c, r, "entrega");
}

static const struct cla_rule rules[] = {
	CLA_NFE_RULE("nfe.key-year", "615", IDENTITY, FAIL, key_year,
		     "Access key: a year before there were electronic notes",
		     "Clave de acceso: un año anterior a las notas electrónicas",
		     "Chave de acesso: ano anterior à nota fiscal eletrônica"),
	CLA_NFE_RULE("nfe.key-month-unknown", "616", IDENTITY, FAIL, key_month,
		     "Access key: no such month", "Clave de acceso: no existe ese mes",
		     "Chave de acesso: mês inexistente"),
	CLA_NFE_RULE("nfe.key-issuer-id", "617", IDENTITY, FAIL, key_issuer_id,
		     "Access key: CNPJ or CPF of the issuer is wrong",
		     "Clave de acceso: CNPJ o CPF del emisor incorrecto",
		     "Chave de acesso: CNPJ ou CPF do emitente inválido"),
	CLA_NFE_RULE("nfe.key-model-unknown", "618", IDENTITY, FAIL, key_model,
		     "Access key: model is neither 55 nor 65",
		     "Clave de acceso: el modelo no es 55 ni 65",
		     "Chave de acesso: modelo diferente de 55 e 65"),
	CLA_NFE_RULE("nfe.key-number-zero", "619", IDENTITY, FAIL, key_number,
		     "Access key: the note's number is zero",
		     "Clave de acceso: el número de la nota es cero",
		     "Chave de acesso: número da nota igual a zero"),
	CLA_NFE_RULE("nfe.series", "266", IDENTITY, WARN, series,
		     "A series that is not for this kind of issuer (CNPJ or CPF)",
		     "Serie que no corresponde a esta clase de emisor (CNPJ o CPF)",
		     "Série que não é deste tipo de emitente (CNPJ ou CPF)"),
	CLA_NFE_RULE("nfe.homologation-name", "598", IDENTITY, WARN, test_phrase,
		     "The receiver's name and the environment of the note do not go together",
		     "El nombre del destinatario y el ambiente de la nota no concuerdan",
		     "O nome do destinatário e o ambiente da nota não combinam"),
	CLA_NFE_RULE("nfe.items", NULL, TOTALS, FAIL, too_many_items,
		     "More items than a note can have: they were not looked at one by one",
		     "Más partidas de las que admite una nota: no se revisaron una por una",
		     "Mais itens do que uma nota admite: não foram conferidos um a um"),
	CLA_NFE_RULE("nfe.sent-late", "228", STAMP, WARN, sent_late,
		     "Received by SEFAZ long after it was issued",
		     "Recibida por la SEFAZ mucho después de ser emitida",
		     "Recebida pela SEFAZ muito depois da emissão"),
	CLA_NFE_RULE("nfe.sent-late-consumer", "704", STAMP, WARN, sent_late_consumer,
		     "A consumer's note received more than five minutes after it was issued",
		     "NFC-e recibida más de cinco minutos después de ser emitida",
		     "NFC-e recebida mais de cinco minutos depois da emissão"),
	CLA_NFE_RULE("nfe.contingency-time", "558", IDENTITY, FAIL, contingency_time,
		     "The contingency began after the note was received",
		     "La contingencia empezó después de recibida la nota",
		     "Data de entrada em contingência posterior ao recebimento"),
	CLA_NFE_RULE("nfe.complement-of-several", "255", IDENTITY, FAIL, complement_of_several,
		     "A complementary note completes more than one note",
		     "La nota complementaria completa más de una nota",
		     "NF-e complementar possui mais de uma NF referenciada"),
	CLA_NFE_RULE("nfe.reference-cte-digit", "552", IDENTITY, FAIL, reference_cte_digit,
		     "The key of a CT-e referred to is wrong",
		     "La clave de un CT-e referenciado es incorrecta",
		     "Chave de acesso de CT-e referenciado inválida"),
	CLA_NFE_RULE("nfe.other-reference-digit", NULL, IDENTITY, WARN, other_reference_digit,
		     "A key in an item, a prepayment or a public purchase is wrong",
		     "Una clave en una partida, un anticipo o una compra pública es incorrecta",
		     "Chave de acesso inválida em item, pagamento antecipado ou compra pública"),
	CLA_NFE_RULE("nfe.reference-model", "679", IDENTITY, WARN, reference_model,
		     "A note referred to is neither of model 55 nor 65",
		     "Una nota referenciada no es de modelo 55 ni 65",
		     "Modelo da NF-e referenciada diferente de 55 e 65"),
	CLA_NFE_RULE("nfe.reference-cte-model", "683", IDENTITY, WARN, reference_cte_model,
		     "A CT-e referred to is of another model",
		     "Un CT-e referenciado es de otro modelo",
		     "Modelo do CT-e referenciado inválido"),
	CLA_NFE_RULE("nfe.reference-mixed", "1010", IDENTITY, WARN, reference_mixed,
		     "Documents are referred to both by the note and by an item",
		     "Hay documentos referenciados tanto en la nota como en una partida",
		     "Documentos referenciados no nível da nota e no nível do item"),
	CLA_NFE_RULE("nfe.issuer-is-receiver", NULL, IDENTITY, WARN, issuer_is_receiver,
		     "Issuer and receiver are the same", "Emisor y destinatario son el mismo",
		     "Emitente e destinatário são o mesmo"),
	CLA_NFE_RULE("nfe.foreign-cnpj", "507", IDENTITY, FAIL, foreign_cnpj,
		     "A receiver abroad has a CNPJ", "Destinatario en el exterior con CNPJ",
		     "CNPJ informado para destinatário no exterior"),
	CLA_NFE_RULE("nfe.foreign-no-id", "720", IDENTITY, FAIL, foreign_no_id,
		     "A receiver abroad without idEstrangeiro",
		     "Destinatario en el exterior sin idEstrangeiro",
		     "Operação com exterior sem idEstrangeiro"),
	CLA_NFE_RULE("nfe.home-country", "511", CATALOGS, FAIL, home_country,
		     "A receiver in Brazil whose country is another",
		     "Destinatario en Brasil con otro país",
		     "Destinatário no Brasil com outro país"),
	CLA_NFE_RULE("nfe.foreign-pickup", "513", CATALOGS, FAIL, foreign_pickup,
		     "City 9999999 and state EX go together: place of pick-up abroad",
		     "Municipio 9999999 y estado EX van juntos: retiro en el exterior",
		     "Município 9999999 e UF EX andam juntos: retirada no exterior"),
	CLA_NFE_RULE("nfe.foreign-delivery", "515", CATALOGS, FAIL, foreign_delivery,
		     "City 9999999 and state EX go together: place of delivery abroad",
		     "Municipio 9999999 y estado EX van juntos: entrega en el exterior",
		     "Município 9999999 e UF EX andam juntos: entrega no exterior"),
};

const struct cla_rule_table cla_nfe_header_rules = { "nfe-header", rules, CLA_LEN(rules) };
