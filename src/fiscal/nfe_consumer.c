/* fiscal/nfe_consumer.c - what a consumer's note (NFC-e, model 65) must not have (rule 19): it is for
 * a sale at the counter, or one that is brought to the buyer's home. */
#include "fiscal/nfe.h"

#include <string.h>

static bool is_consumer(const struct cla_nfe *n)
{
	return cla_str_eqc(n->model, "65");
}

/* indPres 4: brought to the buyer's home. */
static bool is_delivered(const struct cla_nfe *n)
{
	return cla_str_eqc(cla_nfe_text(n->ide, "indPres"), "4");
}

/* Groups and fields that the model does not have, by rule. */
static const struct banned {
	const char *rule, *path;
	bool of_item;	  /* below each det, else below infNFe */
	bool in_delivery; /* has it all the same when it is delivered */
} banned[] = {
	{ "nfce.leaving-time", "ide/dhSaiEnt", false, false },
	{ "nfce.delivery-day", "ide/dPrevEntrega", false, false },
	{ "nfce.reference", "ide/NFref", false, false },
	{ "nfce.reference", "DFeReferenciado", true, false },
	{ "nfce.public-purchase", "ide/gCompraGov", false, false },
	{ "nfce.substitute-ie", "emit/IEST", false, false },
	{ "nfce.receiver-ie", "dest/IE", false, false },
	{ "nfce.suframa", "dest/ISUF", false, false },
	{ "nfce.recopi", "prod/nRECOPI", true, false },
	{ "nfce.vehicle", "prod/veicProd", true, false },
	{ "nfce.medicine", "prod/med", true, false },
	{ "nfce.weapon", "prod/arma", true, false },
	{ "nfce.shared-icms", "imposto/ICMS/ICMSPart", true, false },
	{ "nfce.deferred-icms", "imposto/ICMS/ICMS51", true, false },
	{ "nfce.icms-abroad", "imposto/ICMSUFDest", true, false },
	{ "nfce.ipi", "imposto/IPI", true, false },
	{ "nfce.import-tax", "imposto/II", true, false },
	{ "nfce.pis-st", "imposto/PISST", true, false },
	{ "nfce.cofins-st", "imposto/COFINSST", true, false },
	{ "nfce.presumed-credit", "imposto/IBSCBS/gCredPresOper", true, false },
	{ "nfce.carrier", "transp/transporta", false, true },
	{ "nfce.withheld-icms", "transp/retTransp", false, false },
	{ "nfce.lorry", "transp/veicTransp", false, true },
	{ "nfce.trailer", "transp/reboque", false, true },
	{ "nfce.wagon", "transp/vagao", false, false },
	{ "nfce.barge", "transp/balsa", false, false },
	{ "nfce.invoice", "cobr", false, false },
	{ "nfce.order", "compra", false, false },
	{ "nfce.cane", "cana", false, false },
};

static void refuse(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el)
{
	if (el)
		cla_case_fail(c, r, el, NULL, CLA_STR_NONE, cla_xml_text(el));
}

static void has_banned(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (size_t i = 0; i < CLA_LEN(banned) && is_consumer(n); i++) {
		const struct banned *b = &banned[i];

		if (strcmp(b->rule, r->id) != 0 || (b->in_delivery && is_delivered(n)))
			continue;
		if (!b->of_item)
			refuse(c, r, cla_nfe_find(n->inf, b->path));
		for (const struct cla_xml *det = b->of_item ? cla_nfe_item(n) : NULL; det;
		     det = cla_nfe_next_item(det))
			refuse(c, r, cla_nfe_find(det, b->path));
	}
}

/* Fields with the values that they may have, by rule. A field that is not there is not looked at. */
static const struct bound {
	const char *rule, *path, *values; /* single digits, ", " between them */
	bool of_item, in_delivery;
} bounds[] = {
	{ "nfce.entry", "ide/tpNF", "1", false, false },
	{ "nfce.destination", "ide/idDest", "1", false, false },
	{ "nfce.print", "ide/tpImp", "4, 5", false, false },
	{ "nfce.purpose", "ide/finNFe", "1", false, false },
	{ "nfce.not-final", "ide/indFinal", "1", false, false },
	{ "nfce.presence", "ide/indPres", "1, 4, 5", false, false },
	{ "nfce.contributor", "dest/indIEDest", "9", false, false },
	{ "nfce.freight", "transp/modFrete", "9", false, true },
	{ "nfce.not-in-total", "prod/indTot", "1", true, false },
};

static void check_bound(struct cla_case *c, const struct cla_rule *r, const struct bound *b,
			const struct cla_xml *el)
{
	struct cla_str value = cla_xml_text(el);

	if (el && (value.len != 1 || !cla_str_digits(value) || !strchr(b->values, value.ptr[0])))
		cla_case_fail(c, r, el, NULL, cla_str_from(b->values), value);
}

static void is_out_of_bounds(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (size_t i = 0; i < CLA_LEN(bounds) && is_consumer(n); i++) {
		const struct bound *b = &bounds[i];

		if (strcmp(b->rule, r->id) != 0 || (b->in_delivery && is_delivered(n)))
			continue;
		if (!b->of_item)
			check_bound(c, r, b, cla_nfe_find(n->inf, b->path));
		for (const struct cla_xml *det = b->of_item ? cla_nfe_item(n) : NULL; det;
		     det = cla_nfe_next_item(det))
			check_bound(c, r, b, cla_nfe_find(det, b->path));
	}
}

static void cfop(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *det = cla_nfe_item(n); det && is_consumer(n);
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *el = cla_nfe_find(det, "prod/CFOP");

		if (el && !cla_str_starts(cla_xml_text(el), "5"))
			cla_case_fail(c, r, el, NULL, CLA_STR("5"), cla_xml_text(el));
	}
}

static void suspended(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *det = cla_nfe_item(n); det && is_consumer(n);
	     det = cla_nfe_next_item(det)) {
		const struct cla_xml *el = cla_nfe_find(det, "imposto/ICMS/ICMS40/CST");

		if (cla_str_eqc(cla_xml_text(el), "50"))
			refuse(c, r, el);
	}
}

static void delivered_to_nobody(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (is_consumer(n) && is_delivered(n) && !cla_nfe_tax_id(n->dest, NULL).len &&
	    !cla_nfe_find(n->dest, "idEstrangeiro"))
		cla_case_fail(c, r, n->dest ? n->dest : n->inf, NULL, CLA_STR("dest/CPF"),
			      CLA_STR_NONE);
}

static void delivered_nowhere(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	if (is_consumer(n) && is_delivered(n) && !cla_nfe_find(n->dest, "enderDest") &&
	    !cla_nfe_find(n->inf, "entrega"))
		cla_case_fail(c, r, n->dest ? n->dest : n->inf, NULL, CLA_STR("dest/enderDest"),
			      CLA_STR_NONE);
}

#define NFCE_RULE(id, code, check, fn, en, es, pt)                                                 \
	CLA_NFE_RULE(id, code, check, WARN, fn, "A consumer's note (NFC-e) " en, "NFC-e " es,      \
		     "NFC-e " pt)

static const struct cla_rule rules[] = {
	NFCE_RULE("nfce.entry", "706", CATALOGS, is_out_of_bounds, "of entry", "de entrada",
		  "para operação de entrada"),
	NFCE_RULE("nfce.destination", "707", CATALOGS, is_out_of_bounds,
		  "for another state or country", "para otro estado o país",
		  "para operação interestadual ou com o exterior"),
	NFCE_RULE("nfce.print", "709", CATALOGS, is_out_of_bounds,
		  "in another print than that of its model", "con formato de DANFE de otro modelo",
		  "com formato de DANFE inválido"),
	NFCE_RULE("nfce.purpose", "715", CATALOGS, is_out_of_bounds,
		  "that is no normal sale (complement, adjustment, return)",
		  "que no es de venta normal (complemento, ajuste, devolución)",
		  "com finalidade diferente de normal"),
	NFCE_RULE("nfce.not-final", "716", CATALOGS, is_out_of_bounds,
		  "for somebody who is no final consumer", "para quien no es consumidor final",
		  "em operação não destinada a consumidor final"),
	NFCE_RULE("nfce.presence", "717", CATALOGS, is_out_of_bounds,
		  "for a sale at a distance that is not delivered",
		  "de venta a distancia sin entrega a domicilio", "em operação não presencial"),
	NFCE_RULE("nfce.contributor", "789", CATALOGS, is_out_of_bounds, "to a contributor of ICMS",
		  "a un contribuyente de ICMS", "para destinatário contribuinte de ICMS"),
	NFCE_RULE("nfce.freight", "753", CATALOGS, is_out_of_bounds, "with freight", "con flete",
		  "com frete"),
	NFCE_RULE("nfce.not-in-total", "774", CATALOGS, is_out_of_bounds,
		  "with an item that is no part of its total",
		  "con una partida que no forma parte del total",
		  "com item não participante do total"),
	NFCE_RULE("nfce.cfop", "725", CATALOGS, cfop, "with a CFOP that is not within the state",
		  "con un CFOP que no es del estado", "com CFOP inválido"),
	NFCE_RULE("nfce.suspended-icms", "766", CATALOGS, suspended, "with suspended ICMS (CST 50)",
		  "con ICMS en suspensión (CST 50)", "com CST 50 (suspensão)"),
	NFCE_RULE("nfce.delivered-to-nobody", "787", IDENTITY, delivered_to_nobody,
		  "that is delivered, without the receiver's CPF",
		  "con entrega a domicilio sin identificar al destinatario",
		  "de entrega a domicílio sem a identificação do destinatário"),
	NFCE_RULE("nfce.delivered-nowhere", "788", IDENTITY, delivered_nowhere,
		  "that is delivered, without an address", "con entrega a domicilio sin dirección",
		  "de entrega a domicílio sem o endereço do destinatário"),
	NFCE_RULE("nfce.leaving-time", "705", IDENTITY, has_banned, "with a time of leaving",
		  "con fecha de salida", "com data de entrada/saída"),
	NFCE_RULE("nfce.delivery-day", "1153", IDENTITY, has_banned, "with a day of delivery",
		  "con fecha prevista de entrega", "com data de previsão de entrega"),
	NFCE_RULE("nfce.reference", "708", IDENTITY, has_banned, "that refers to a document",
		  "que referencia un documento", "com documento fiscal referenciado"),
	NFCE_RULE("nfce.public-purchase", "1006", CATALOGS, has_banned, "with a public purchase",
		  "con compra pública", "com grupo de compra governamental"),
	NFCE_RULE("nfce.substitute-ie", "718", IDENTITY, has_banned,
		  "with the registration of a substitute", "con inscripción de sustituto",
		  "com IE de substituto tributário"),
	NFCE_RULE("nfce.receiver-ie", "729", IDENTITY, has_banned,
		  "with the receiver's state registration",
		  "con la inscripción estatal del destinatario", "com IE do destinatário"),
	NFCE_RULE("nfce.suframa", "730", IDENTITY, has_banned, "with a Suframa registration",
		  "con inscripción Suframa", "com inscrição Suframa"),
	NFCE_RULE("nfce.recopi", "348", CATALOGS, has_banned, "with a RECOPI number",
		  "con número RECOPI", "com grupo RECOPI"),
	NFCE_RULE("nfce.vehicle", "736", CATALOGS, has_banned, "for a new vehicle",
		  "de un vehículo nuevo", "com grupo de veículos novos"),
	NFCE_RULE("nfce.medicine", "737", CATALOGS, has_banned, "with the group of medicines",
		  "con el grupo de medicamentos", "com grupo de medicamentos"),
	NFCE_RULE("nfce.weapon", "738", CATALOGS, has_banned, "for a weapon", "de un arma",
		  "com grupo de armamentos"),
	NFCE_RULE("nfce.deferred-icms", "740", CATALOGS, has_banned, "with deferred ICMS (CST 51)",
		  "con ICMS diferido (CST 51)", "com CST 51 (diferimento)"),
	NFCE_RULE("nfce.shared-icms", "741", CATALOGS, has_banned, "with ICMS shared among states",
		  "con ICMS repartido entre estados", "com partilha de ICMS entre UF"),
	NFCE_RULE("nfce.icms-abroad", "807", CATALOGS, has_banned,
		  "with ICMS for the receiver's state", "con ICMS para el estado del destinatario",
		  "com grupo de ICMS para a UF do destinatário"),
	NFCE_RULE("nfce.ipi", "742", CATALOGS, has_banned, "with IPI", "con IPI",
		  "com grupo do IPI"),
	NFCE_RULE("nfce.import-tax", "743", CATALOGS, has_banned, "with import tax (II)",
		  "con impuesto de importación (II)", "com grupo do II"),
	NFCE_RULE("nfce.pis-st", "746", CATALOGS, has_banned, "with PIS-ST", "con PIS-ST",
		  "com grupo do PIS-ST"),
	NFCE_RULE("nfce.cofins-st", "749", CATALOGS, has_banned, "with COFINS-ST", "con COFINS-ST",
		  "com grupo da COFINS-ST"),
	NFCE_RULE("nfce.presumed-credit", "1049", CATALOGS, has_banned, "with a presumed credit",
		  "con crédito presunto", "com crédito presumido"),
	NFCE_RULE("nfce.carrier", "754", CATALOGS, has_banned, "with a carrier",
		  "con transportista", "com dados do transportador"),
	NFCE_RULE("nfce.withheld-icms", "755", CATALOGS, has_banned,
		  "with ICMS withheld from the carrier", "con ICMS retenido al transportista",
		  "com dados de retenção do ICMS no transporte"),
	NFCE_RULE("nfce.lorry", "756", CATALOGS, has_banned, "with a lorry",
		  "con vehículo de carga", "com dados do veículo de transporte"),
	NFCE_RULE("nfce.trailer", "757", CATALOGS, has_banned, "with a trailer", "con remolque",
		  "com dados de reboque"),
	NFCE_RULE("nfce.wagon", "758", CATALOGS, has_banned, "with a wagon", "con vagón",
		  "com dados do vagão de transporte"),
	NFCE_RULE("nfce.barge", "759", CATALOGS, has_banned, "with a barge", "con barcaza",
		  "com dados da balsa de transporte"),
	NFCE_RULE("nfce.invoice", "760", CATALOGS, has_banned, "with an invoice or instalments",
		  "con factura o parcialidades", "com dados de cobrança (fatura, duplicata)"),
	NFCE_RULE("nfce.order", "762", CATALOGS, has_banned, "with an order or a contract",
		  "con pedido o contrato", "com dados de compras (empenho, pedido, contrato)"),
	NFCE_RULE("nfce.cane", "763", CATALOGS, has_banned, "with sugar cane", "con caña de azúcar",
		  "com dados de aquisição de cana"),
};

const struct cla_rule_table cla_nfe_consumer_rules = { "nfe-consumer", rules, CLA_LEN(rules) };
