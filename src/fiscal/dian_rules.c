/* dian_rules.c - the rules of Colombia's documents, one row each. Those that only a bill meets stand
 * last. */
#include "fiscal/common.h"
#include "fiscal/dian.h"
#include "model/id/taxid.h"

#include <string.h>

#define DIAN_NIT "800197268"  /* who answers */
#define NOBODY "222222222222" /* the buyer who is not named (Resolución 42 of 2020, art. 11) */
#define CUFE_LEN 96	      /* SHA-384 in hex */
#define DSIG "http://www.w3.org/2000/09/xmldsig#"

static cla_rule_fn content_unread, bill_missing, signature_missing, signature_unverified;
static cla_rule_fn environment, answer_missing, answer_status, answer_result, answer_sender;
static cla_rule_fn answer_environment, answer_unverified, party_digit, answer_digit;
static cla_rule_fn cufe_form, cufe_name, cufe_unknown, cufe_answer, cufe_container;
static cla_rule_fn number_container, parties_container, receiver_nobody;
static cla_rule_fn qr_missing, qr_cufe, qr_content;

#define ROW(id, code, check, severity, fn, en, es, pt)                                             \
	{                                                                                          \
		id, code, CLA_CHECK_##check, CLA_VERDICT_##severity, NULL, NULL, fn,               \
		{                                                                                  \
			{                                                                          \
				en, es, pt                                                         \
			}                                                                          \
		}                                                                                  \
	}

/* clang-format off */
static const struct cla_rule rules[] = {
	/* of everything, a container that holds neither bill nor answer among it */
	ROW("dian.content", NULL, WELLFORMED, FAIL, content_unread,
	    "The document inside the AttachedDocument cannot be read",
	    "No se puede leer el documento dentro del AttachedDocument",
	    "O documento dentro do AttachedDocument não pode ser lido"),
	ROW("dian.bill-missing", NULL, WELLFORMED, FAIL, bill_missing,
	    "The AttachedDocument holds no invoice or note",
	    "El AttachedDocument no contiene factura ni nota",
	    "O AttachedDocument não contém fatura nem nota"),
	ROW("dian.signature-missing", NULL, SIGNATURE, FAIL, signature_missing,
	    "The document is not signed",
	    "El documento no está firmado",
	    "O documento não está assinado"),
	ROW("dian.signature", NULL, SIGNATURE, FAIL, signature_unverified,
	    "The XAdES signature is not verified by this program",
	    "Este programa no verifica la firma XAdES",
	    "Este programa não verifica a assinatura XAdES"),
	/* of a bill or an answer */
	ROW("dian.answer-status", NULL, STAMP, FAIL, answer_status,
	    "DIAN has not accepted the document",
	    "La DIAN no validó el documento",
	    "A DIAN não validou o documento"),
	ROW("dian.answer-sender", NULL, STAMP, FAIL, answer_sender,
	    "The answer is not DIAN's",
	    "La respuesta no es de la DIAN",
	    "A resposta não é da DIAN"),
	ROW("dian.answer-signature", NULL, STAMP, FAIL, answer_unverified,
	    "DIAN's signature on the answer is not verified by this program",
	    "Este programa no verifica la firma de la DIAN en la respuesta",
	    "Este programa não verifica a assinatura da DIAN na resposta"),
	ROW("dian.answer-digit", NULL, IDENTITY, FAIL, answer_digit,
	    "Wrong check digit in a NIT of the answer or the container",
	    "Dígito de verificación incorrecto en un NIT de la respuesta o del contenedor",
	    "Dígito verificador incorreto em um NIT da resposta ou do contêiner"),
	ROW("dian.cufe-form", "FAD06", IDENTITY, FAIL, cufe_form,
	    "CUFE or CUDE is not 96 hexadecimal digits",
	    "El CUFE o CUDE no son 96 dígitos hexadecimales",
	    "O CUFE ou CUDE não tem 96 dígitos hexadecimais"),
	/* of a bill */
	ROW("dian.environment", NULL, STAMP, FAIL, environment,
	    "Issued in the test environment: no fiscal value",
	    "Emitido en el ambiente de pruebas: sin valor fiscal",
	    "Emitido no ambiente de testes: sem valor fiscal"),
	ROW("dian.answer-missing", NULL, STAMP, FAIL, answer_missing,
	    "DIAN's answer (ApplicationResponse) is missing",
	    "Falta la respuesta de la DIAN (ApplicationResponse)",
	    "Falta a resposta da DIAN (ApplicationResponse)"),
	ROW("dian.answer-result", NULL, STAMP, WARN, answer_result,
	    "The container tells another result than DIAN's answer",
	    "El contenedor indica otro resultado que la respuesta de la DIAN",
	    "O contêiner indica outro resultado que a resposta da DIAN"),
	ROW("dian.answer-environment", NULL, STAMP, FAIL, answer_environment,
	    "DIAN's answer is of another environment",
	    "La respuesta de la DIAN es de otro ambiente",
	    "A resposta da DIAN é de outro ambiente"),
	ROW("dian.issuer-digit", "FAJ24", IDENTITY, FAIL, party_digit,
	    "The issuer's NIT has a wrong check digit",
	    "El dígito de verificación del NIT del emisor es incorrecto",
	    "O dígito verificador do NIT do emissor está incorreto"),
	ROW("dian.receiver-digit", "FAK24", IDENTITY, FAIL, party_digit,
	    "The buyer's NIT has a wrong check digit",
	    "El dígito de verificación del NIT del adquirente es incorrecto",
	    "O dígito verificador do NIT do adquirente está incorreto"),
	ROW("dian.receiver-nobody", NULL, IDENTITY, WARN, receiver_nobody,
	    "Made out to the final consumer, not to a named buyer",
	    "Expedida a consumidor final, no a un adquirente identificado",
	    "Emitida a consumidor final, não a um adquirente identificado"),
	ROW("dian.cufe-name", NULL, IDENTITY, WARN, cufe_name,
	    "The scheme of the CUFE or CUDE is not that of the document",
	    "El esquema del CUFE o CUDE no es el del documento",
	    "O esquema do CUFE ou CUDE não é o do documento"),
	ROW("dian.cufe-value", "FAD06", IDENTITY, FAIL, cufe_unknown,
	    "The CUFE or CUDE cannot be computed again without the issuer's key",
	    "El CUFE o CUDE no se puede recalcular sin la clave del emisor",
	    "O CUFE ou CUDE não pode ser recalculado sem a chave do emissor"),
	ROW("dian.cufe-answer", NULL, IDENTITY, FAIL, cufe_answer,
	    "DIAN's answer is about another document: another CUFE",
	    "La respuesta de la DIAN es de otro documento: otro CUFE",
	    "A resposta da DIAN é de outro documento: outro CUFE"),
	ROW("dian.cufe-container", NULL, IDENTITY, FAIL, cufe_container,
	    "The container names another CUFE than the document inside",
	    "El contenedor indica otro CUFE que el documento que contiene",
	    "O contêiner indica outro CUFE que o documento que contém"),
	ROW("dian.number-container", NULL, IDENTITY, WARN, number_container,
	    "Container or answer name another number than the document inside",
	    "El contenedor o la respuesta indican otro número que el documento",
	    "O contêiner ou a resposta indicam outro número que o documento"),
	ROW("dian.parties-container", NULL, IDENTITY, WARN, parties_container,
	    "Sender or receiver of the container are not the parties of the document",
	    "El remitente o el receptor del contenedor no son las partes del documento",
	    "O remetente ou o destinatário do contêiner não são as partes do documento"),
	ROW("dian.qr-missing", NULL, IDENTITY, WARN, qr_missing,
	    "The QR text is missing or names no CUFE",
	    "Falta el texto del QR o no indica un CUFE",
	    "Falta o texto do QR ou ele não indica um CUFE"),
	ROW("dian.qr-cufe", NULL, IDENTITY, FAIL, qr_cufe,
	    "The QR text names another CUFE",
	    "El texto del QR indica otro CUFE",
	    "O texto do QR indica outro CUFE"),
	ROW("dian.qr-content", NULL, IDENTITY, WARN, qr_content,
	    "The QR text differs from the document",
	    "El texto del QR difiere del documento",
	    "O texto do QR difere do documento"),
	ROW("dian.line-sum", "FAU02", TOTALS, FAIL, cla_dian_line_sum,
	    "LineExtensionAmount is not the sum of the lines",
	    "LineExtensionAmount no es la suma de las líneas",
	    "LineExtensionAmount não é a soma das linhas"),
	ROW("dian.base-sum", "FAU04", TOTALS, WARN, cla_dian_base_sum,
	    "TaxExclusiveAmount is not the sum of what the lines are taxed on",
	    "TaxExclusiveAmount no es la suma de las bases gravables de las líneas",
	    "TaxExclusiveAmount não é a soma das bases das linhas"),
	ROW("dian.with-taxes", "FAU06", TOTALS, FAIL, cla_dian_with_taxes,
	    "TaxInclusiveAmount is not the lines plus the taxes",
	    "TaxInclusiveAmount no es la suma de las líneas y los tributos",
	    "TaxInclusiveAmount não é a soma das linhas e dos tributos"),
	ROW("dian.payable", "FAU14", TOTALS, FAIL, cla_dian_payable,
	    "PayableAmount does not follow from the other totals",
	    "PayableAmount no resulta de los demás totales",
	    "PayableAmount não decorre dos demais totais"),
	ROW("dian.tax-sum", NULL, TOTALS, FAIL, cla_dian_tax_sum,
	    "A tax is not the sum of its parts",
	    "Un tributo no es la suma de sus partes",
	    "Um tributo não é a soma das suas partes"),
	ROW("dian.tax-rate", "FAS07", TOTALS, FAIL, cla_dian_tax_rate,
	    "A tax is not its base times its rate",
	    "Un tributo no es su base por su tarifa",
	    "Um tributo não é a sua base vezes a sua alíquota"),
	ROW("dian.allowances", NULL, TOTALS, WARN, cla_dian_allowances,
	    "AllowanceTotalAmount is not the sum of the allowances",
	    "AllowanceTotalAmount no es la suma de los descuentos",
	    "AllowanceTotalAmount não é a soma dos descontos"),
	ROW("dian.charges", NULL, TOTALS, WARN, cla_dian_charges,
	    "ChargeTotalAmount is not the sum of the charges",
	    "ChargeTotalAmount no es la suma de los cargos",
	    "ChargeTotalAmount não é a soma dos acréscimos"),
	ROW("dian.line-count", NULL, TOTALS, WARN, cla_dian_line_count,
	    "LineCountNumeric is not the number of lines",
	    "LineCountNumeric no es el número de líneas",
	    "LineCountNumeric não é o número de linhas"),
	ROW("dian.currency", NULL, TOTALS, WARN, cla_dian_currency,
	    "A total is in another currency than the document",
	    "Un total está en otra moneda que el documento",
	    "Um total está em outra moeda que o documento"),
};
/* clang-format on */

/* rows before those of an answer, of a bill */
#define OF_EVERYTHING 4
#define OF_ANSWERS 9

const struct cla_rule_table cla_dian_rules = { "dian", rules, CLA_LEN(rules) };

void cla_dian_run(struct cla_case *c)
{
	static const enum cla_check inside[] = { CLA_CHECK_STAMP, CLA_CHECK_IDENTITY,
						 CLA_CHECK_TOTALS };
	const struct cla_dian *d = cla_dian_of(c);

	cla_common_no_rules(c, CLA_CHECK_CERTIFICATE, CLA_STR("XAdES"));
	if (d->bill) {
		cla_rules_run(c, rules, CLA_LEN(rules));
		cla_common_no_rules(c, CLA_CHECK_CATALOGS, CLA_STR("DIAN"));
	} else if (d->answer) {
		cla_rules_run(c, rules, OF_ANSWERS);
	} else {
		cla_rules_run(c, rules, OF_EVERYTHING);
		for (size_t i = 0; i < CLA_LEN(inside); i++)
			cla_common_no_rules(c, inside[i], c->document->type);
	}
}

static void content_unread(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);

	if (d->unread_at)
		cla_case_fail(c, r, d->unread_at, NULL, CLA_STR("Invoice, ApplicationResponse"),
			      d->unread);
}

static void bill_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);

	/* An event between buyer and seller is sent as an answer inside a container. */
	if (d->container && !d->bill && !d->answer && !d->unread_at)
		cla_case_fail(c, r, d->container, NULL, CLA_STR("Invoice"), CLA_STR_NONE);
}

/*
 * Signatures: XAdES-EPES in an extension. Looked for, not verified.
 */

static const struct cla_xml *signature_of(const struct cla_xml *el)
{
	const struct cla_xml *extension = cla_dian_find(el, "UBLExtensions/UBLExtension");

	for (; extension; extension = cla_xml_find_next(extension, NULL, "UBLExtension")) {
		const struct cla_xml *content = cla_dian_find(extension, "ExtensionContent");
		const struct cla_xml *signature = cla_xml_find(content, DSIG, "Signature");

		if (signature)
			return signature;
	}
	return NULL;
}

/* What the document is about: the bill, else the answer, else the container. */
static const struct cla_xml *main_of(const struct cla_dian *d)
{
	if (d->bill)
		return d->bill;
	return d->answer ? d->answer : d->container;
}

static void signature_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = main_of(cla_dian_of(c));

	if (!signature_of(el))
		cla_case_fail(c, r, el, NULL, CLA_STR("ds:Signature"), CLA_STR_NONE);
}

static void signature_unverified(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *signature = signature_of(main_of(cla_dian_of(c)));

	if (signature)
		cla_case_unknown(c, r, signature, CLA_STR("XAdES"));
}

/*
 * DIAN's answer
 */

/* Test and production are told by 2 and 1. */
static void environment(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill;
	const struct cla_xml *el = cla_dian_find(bill, "ProfileExecutionID");

	if (!cla_str_eqc(cla_str_trim(cla_xml_text(el)), "1"))
		cla_case_fail(c, r, el ? el : bill, NULL, CLA_STR("1"), cla_xml_text(el));
}

/* A bill alone may well have been accepted: the answer is an input that is missing. A container is
 * there to carry it. */
static void answer_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);

	if (d->answer)
		return;
	if (d->container && !d->unread_at)
		cla_case_fail(c, r, d->container, NULL, CLA_STR("ApplicationResponse"),
			      CLA_STR_NONE);
	else
		cla_case_unknown(c, r, d->bill, CLA_STR("ApplicationResponse"));
}

static bool is_of_dian(const struct cla_xml *answer)
{
	return cla_str_eqc(cla_dian_text(answer, "SenderParty/PartyTaxScheme/CompanyID"), DIAN_NIT);
}

/* 02 accepted, 04 refused. What buyer and seller tell each other by the same kind of document
 * (030-034) is no answer of DIAN's. */
static void answer_status(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);
	const struct cla_xml *el =
		cla_dian_find(d->answer, "DocumentResponse/Response/ResponseCode");

	if (d->answer && (d->bill || is_of_dian(d->answer)) &&
	    !cla_str_eqc(cla_str_trim(cla_xml_text(el)), "02"))
		cla_case_fail(c, r, el ? el : d->answer, NULL, CLA_STR("02"), cla_xml_text(el));
}

static void answer_sender(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);
	const struct cla_xml *el = cla_dian_find(d->answer, "SenderParty/PartyTaxScheme/CompanyID");

	if (d->answer && d->bill && !is_of_dian(d->answer))
		cla_case_fail(c, r, el ? el : d->answer, NULL, CLA_STR(DIAN_NIT), cla_xml_text(el));
}

static void answer_unverified(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *answer = cla_dian_of(c)->answer;

	if (answer)
		cla_case_unknown(c, r, answer, CLA_STR("XAdES"));
}

/* The number is written with two places or three. */
static struct cla_str without_zeros(struct cla_str s)
{
	s = cla_str_trim(s);
	while (s.len > 1 && s.ptr[0] == '0')
		s = cla_str_sub(s, 1, s.len);
	return s;
}

static void answer_result(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);
	const struct cla_xml *el =
		cla_dian_find(d->line, "ResultOfVerification/ValidationResultCode");
	struct cla_str due = cla_dian_text(d->answer, "DocumentResponse/Response/ResponseCode");

	if (el && d->answer && !cla_str_eq(without_zeros(cla_xml_text(el)), without_zeros(due)))
		cla_case_fail(c, r, el, NULL, due, cla_xml_text(el));
}

static void answer_environment(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);
	const struct cla_xml *el = cla_dian_find(d->answer, "ProfileExecutionID");
	struct cla_str due = cla_dian_text(d->bill, "ProfileExecutionID");

	if (el && !cla_str_eq(cla_str_trim(cla_xml_text(el)), due))
		cla_case_fail(c, r, el, NULL, due, cla_xml_text(el));
}

/*
 * Parties. The check digit stands beside the NIT, in schemeID, where schemeName is 31.
 */

static bool is_nit(const struct cla_xml *id)
{
	return cla_str_eqc(cla_xml_attr(id, "schemeName"), "31");
}

static void check_digit(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *id)
{
	struct cla_str digit = cla_xml_attr(id, "schemeID"), nit = cla_str_trim(cla_xml_text(id));

	if (is_nit(id) && !cla_nit_valid(cla_case_text(c, CLA_STR_FMT "-" CLA_STR_FMT,
						       CLA_STR_ARG(cla_str_sub(nit, 0, 20)),
						       CLA_STR_ARG(cla_str_sub(digit, 0, 20)))))
		cla_case_fail(c, r, id, "schemeID", CLA_STR_NONE,
			      cla_case_text(c, CLA_STR_FMT "-" CLA_STR_FMT,
					    CLA_STR_ARG(cla_str_sub(nit, 0, 40)),
					    CLA_STR_ARG(cla_str_sub(digit, 0, 20))));
}

static void party_digit(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill;

	check_digit(c, r,
		    !strcmp(r->id, "dian.issuer-digit") ? cla_dian_issuer(bill)
							: cla_dian_receiver(bill));
}

static void answer_digit(struct cla_case *c, const struct cla_rule *r)
{
	static const char *const parties[] = { "SenderParty/PartyTaxScheme/CompanyID",
					       "ReceiverParty/PartyTaxScheme/CompanyID" };
	const struct cla_dian *d = cla_dian_of(c);

	for (size_t i = 0; i < CLA_LEN(parties); i++) {
		check_digit(c, r, cla_dian_find(d->answer, parties[i]));
		check_digit(c, r, cla_dian_find(d->container, parties[i]));
	}
}

static void receiver_nobody(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *id = cla_dian_receiver(cla_dian_of(c)->bill);

	if (cla_str_eqc(cla_str_trim(cla_xml_text(id)), NOBODY))
		cla_case_fail(c, r, id, NULL, CLA_STR_NONE, CLA_STR(NOBODY));
}

static bool same_party(const struct cla_xml *a, const struct cla_xml *b)
{
	return cla_str_eq(cla_str_trim(cla_xml_text(a)), cla_str_trim(cla_xml_text(b)));
}

static void parties_container(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);
	const struct cla_xml *from =
		cla_dian_find(d->container, "SenderParty/PartyTaxScheme/CompanyID");
	const struct cla_xml *to =
		cla_dian_find(d->container, "ReceiverParty/PartyTaxScheme/CompanyID");

	if (from && !same_party(from, cla_dian_issuer(d->bill)))
		cla_case_fail(c, r, from, NULL, cla_xml_text(cla_dian_issuer(d->bill)),
			      cla_xml_text(from));
	if (to && !same_party(to, cla_dian_receiver(d->bill)))
		cla_case_fail(c, r, to, NULL, cla_xml_text(cla_dian_receiver(d->bill)),
			      cla_xml_text(to));
}

/*
 * CUFE of an invoice, CUDE of other documents
 */

static bool is_cufe(struct cla_str s)
{
	if (s.len != CUFE_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (cla_hex_digit(s.ptr[i]) < 0)
			return false;
	}
	return true;
}

static void cufe_form(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = main_of(cla_dian_of(c));
	const struct cla_xml *id = cla_dian_find(el, "UUID");

	/* a container has an id of its own and no CUFE */
	if (el != cla_dian_of(c)->container && !is_cufe(cla_str_trim(cla_xml_text(id))))
		cla_case_fail(c, r, id ? id : el, NULL, CLA_STR_NONE, cla_xml_text(id));
}

static void cufe_name(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill, *id = cla_dian_find(bill, "UUID");
	struct cla_str name = cla_xml_attr(id, "schemeName");
	struct cla_str due = cla_str_eqc(cla_xml_name(bill), "Invoice") ? CLA_STR("CUFE-SHA384")
									: CLA_STR("CUDE-SHA384");

	/* An invoice of the contingency (type 03, 04) has a CUDE. */
	if (id && !cla_str_eq(name, due) && !cla_str_eqc(name, "CUDE-SHA384"))
		cla_case_fail(c, r, id, "schemeName", due, name);
}

/* The hash is taken over number, date, time, amounts, taxes, NITs and environment - all at hand -
 * and a key (ClTec, for a CUDE the program's PIN) that DIAN gives to the issuer alone. */
static void cufe_unknown(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *id = cla_dian_find(cla_dian_of(c)->bill, "UUID");

	if (id)
		cla_case_unknown(c, r, id,
				 cla_str_eqc(cla_xml_attr(id, "schemeName"), "CUFE-SHA384")
					 ? CLA_STR("ClTec")
					 : CLA_STR("Software-PIN"));
}

static void same_cufe(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *found)
{
	struct cla_str due = cla_dian_text(cla_dian_of(c)->bill, "UUID");
	struct cla_str value = cla_str_trim(cla_xml_text(found));

	if (found && !cla_str_eq_nocase(value, due))
		cla_case_fail(c, r, found, NULL, due, value);
}

static void cufe_answer(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);
	const struct cla_xml *id =
		cla_dian_find(d->answer, "DocumentResponse/DocumentReference/UUID");

	if (d->answer && !id)
		cla_case_fail(c, r, d->answer, NULL, cla_dian_text(d->bill, "UUID"), CLA_STR_NONE);
	same_cufe(c, r, id);
}

static void cufe_container(struct cla_case *c, const struct cla_rule *r)
{
	same_cufe(c, r, cla_dian_find(cla_dian_of(c)->line, "UUID"));
}

static void number_container(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_dian *d = cla_dian_of(c);
	const struct cla_xml *const found[] = {
		cla_dian_find(d->container, "ParentDocumentID"),
		cla_dian_find(d->line, "ID"),
		cla_dian_find(d->answer, "DocumentResponse/DocumentReference/ID"),
	};
	struct cla_str due = cla_dian_text(d->bill, "ID");

	for (size_t i = 0; i < CLA_LEN(found); i++) {
		if (found[i] && !cla_str_eq(cla_str_trim(cla_xml_text(found[i])), due))
			cla_case_fail(c, r, found[i], NULL, due, cla_xml_text(found[i]));
	}
}

/*
 * QR: lines of names and values ("NumFac: 1", "NumFac=1"), and the address of DIAN's query with the
 * CUFE.
 */

static const struct cla_xml *qr_of(const struct cla_xml *bill)
{
	const struct cla_xml *extension = cla_dian_find(bill, "UBLExtensions/UBLExtension");

	for (; extension; extension = cla_xml_find_next(extension, NULL, "UBLExtension")) {
		const struct cla_xml *qr =
			cla_dian_find(extension, "ExtensionContent/DianExtensions/QRCode");

		if (qr)
			return qr;
	}
	return NULL;
}

/* The next run of hex digits as long as a CUFE or longer, cut off the text; absent at its end. */
static struct cla_str next_hash(struct cla_str *text)
{
	size_t start = 0;

	for (size_t i = 0; i <= text->len; i++) {
		if (i < text->len && cla_hex_digit(text->ptr[i]) >= 0)
			continue;
		if (i - start >= CUFE_LEN) {
			struct cla_str hash = cla_str_sub(*text, start, i - start);

			*text = cla_str_sub(*text, i, text->len - i);
			return hash;
		}
		start = i + 1;
	}
	return CLA_STR_NONE;
}

static void qr_missing(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill, *qr = qr_of(bill);
	struct cla_str text = cla_xml_text(qr);

	if (cla_str_absent(next_hash(&text)))
		cla_case_fail(c, r, qr ? qr : bill, NULL, CLA_STR("sts:QRCode"), CLA_STR_NONE);
}

static void qr_cufe(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill, *qr = qr_of(bill);
	struct cla_str text = cla_xml_text(qr), due = cla_dian_text(bill, "UUID"), hash;

	while (!cla_str_absent(hash = next_hash(&text))) {
		if (cla_str_eq_nocase(hash, due))
			continue;
		cla_case_fail(c, r, qr, NULL, due, hash);
		return;
	}
}

static bool is_between(char c)
{
	return c == '\n' || c == '\r' || c == '\t' || c == ' ' || c == '|';
}

/* What stands behind "name:" or "name=" up to a blank; absent when the name is not there. */
static struct cla_str qr_value(struct cla_str text, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i + len < text.len; i++) {
		struct cla_str rest = cla_str_sub(text, i, text.len - i);

		if ((i && !is_between(text.ptr[i - 1])) || !cla_str_starts(rest, name))
			continue;
		rest = cla_str_trim(cla_str_sub(rest, len, rest.len - len));
		if (!rest.len || (rest.ptr[0] != ':' && rest.ptr[0] != '='))
			continue;
		rest = cla_str_trim(cla_str_sub(rest, 1, rest.len - 1));
		size_t end = 0;
		while (end < rest.len && !is_between(rest.ptr[end]))
			end++;
		return cla_str_sub(rest, 0, end);
	}
	return CLA_STR_NONE;
}

/* The annex and its examples name the same field in two ways. */
static void qr_content(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *bill = cla_dian_of(c)->bill, *qr = qr_of(bill);
	const struct {
		const char *names[2];
		struct cla_str due;
	} fields[] = {
		{ { "NumFac", "NroFactura" }, cla_dian_text(bill, "ID") },
		{ { "FecFac", "FechaFactura" }, cla_dian_text(bill, "IssueDate") },
		{ { "NitFac", "NitFacturador" },
		  cla_str_trim(cla_xml_text(cla_dian_issuer(bill))) },
		{ { "DocAdq", "NitAdquiriente" },
		  cla_str_trim(cla_xml_text(cla_dian_receiver(bill))) },
		{ { "ValTolFac", "ValorTotalFactura" }, c->document->total },
	};

	for (size_t i = 0; i < CLA_LEN(fields); i++) {
		struct cla_str found = qr_value(cla_xml_text(qr), fields[i].names[0]);

		if (cla_str_absent(found))
			found = qr_value(cla_xml_text(qr), fields[i].names[1]);
		if (cla_str_absent(found) || cla_str_eq(found, fields[i].due) ||
		    cla_dec_eq(cla_dec_parse(found), cla_dec_parse(fields[i].due)))
			continue;
		cla_case_fail(c, r, qr, NULL, fields[i].due, found);
	}
}
