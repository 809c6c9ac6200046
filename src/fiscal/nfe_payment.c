/* fiscal/nfe_payment.c - payments, invoice and instalments of a note (rule 63). */
#include "fiscal/nfe.h"

#include <string.h>

/*
 * Payments. Layout 4.00 has pag/detPag; before, each pag of a consumer's note was a payment.
 */

static const struct cla_xml *next_payment(const struct cla_xml *payment)
{
	return cla_xml_find_next(payment, CLA_NFE_NS, "detPag");
}

/* What is paid with the note, and how it compares with the note's total. */
struct paid {
	const struct cla_xml *pag;
	struct cla_dec sum, total;
	int order; /* of sum to total; 0 also when it cannot be told */
};

/* False when there is nothing to compare: no payment, tPag 90 (nothing is paid with this note), no
 * total. */
static bool read_paid(const struct cla_nfe *n, struct paid *p)
{
	p->pag = cla_nfe_find(n->inf, "pag");
	const struct cla_xml *first = cla_nfe_find(p->pag, "detPag");

	p->sum = CLA_DEC_ZERO;
	p->total = cla_nfe_amount(n->total, "vNF");
	for (const struct cla_xml *el = first; el; el = next_payment(el)) {
		if (cla_str_eqc(cla_nfe_text(el, "tPag"), "90"))
			return false;
		p->sum = cla_dec_add(p->sum, cla_nfe_amount(el, "vPag"));
	}
	p->order = p->sum.ok && p->total.ok ? cla_dec_cmp(p->sum, p->total) : 0;
	return first && n->total;
}

/* Adjustments and returns, which nobody pays. */
static bool is_unpaid(const struct cla_nfe *n)
{
	struct cla_str purpose = cla_nfe_text(n->ide, "finNFe");

	return cla_str_eqc(purpose, "3") || cla_str_eqc(purpose, "4");
}

static void short_of_total(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct paid p;

	/* an amount that cannot be read is told here, as unknown */
	if (!is_unpaid(n) && read_paid(n, &p) && (p.order < 0 || !p.sum.ok || !p.total.ok))
		cla_nfe_expect(c, r, r->severity, p.pag, p.total, p.sum, CLA_DEC_ZERO);
}

static void change_missing(struct cla_case *c, const struct cla_rule *r)
{
	struct paid p;

	if (read_paid(cla_nfe_of(c), &p) && p.order > 0 && !cla_nfe_find(p.pag, "vTroco"))
		cla_nfe_expect(c, r, r->severity, p.pag, cla_dec_sub(p.sum, p.total), CLA_DEC_ZERO,
			       CLA_DEC_ZERO);
}

static void change_wrong(struct cla_case *c, const struct cla_rule *r)
{
	struct paid p;

	if (!read_paid(cla_nfe_of(c), &p) || p.order < 0)
		return;
	const struct cla_xml *el = cla_nfe_find(p.pag, "vTroco");
	if (el)
		cla_nfe_expect(c, r, r->severity, el, cla_dec_sub(p.sum, p.total),
			       cla_dec_parse(cla_xml_text(el)), CLA_DEC_ZERO);
}

/* Reports tPag of each payment that `wrong` says so of. */
static void check_payments(struct cla_case *c, const struct cla_rule *r,
			   bool (*wrong)(const struct cla_nfe *n, const struct cla_xml *payment),
			   const char *due)
{
	const struct cla_nfe *n = cla_nfe_of(c);

	for (const struct cla_xml *el = cla_nfe_find(n->inf, "pag/detPag"); el;
	     el = next_payment(el)) {
		if (wrong(n, el))
			cla_case_fail(c, r, cla_nfe_find(el, "tPag"), NULL, cla_str_from(due),
				      cla_nfe_text(el, "tPag"));
	}
}

static bool pays_the_unpaid(const struct cla_nfe *n, const struct cla_xml *payment)
{
	return is_unpaid(n) && cla_str_eqc(n->model, "55") &&
	       !cla_str_eqc(cla_nfe_text(payment, "tPag"), "90");
}

static void unpaid(struct cla_case *c, const struct cla_rule *r)
{
	check_payments(c, r, pays_the_unpaid, "90");
}

static bool takes_no_pay(const struct cla_nfe *n, const struct cla_xml *payment)
{
	return cla_str_eqc(n->model, "65") && cla_str_eqc(cla_nfe_text(payment, "tPag"), "90");
}

static void consumer_unpaid(struct cla_case *c, const struct cla_rule *r)
{
	check_payments(c, r, takes_no_pay, NULL);
}

/* tPag 90: nothing is paid, so there is no amount. */
static void amount_undue(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *el = cla_nfe_find(cla_nfe_of(c)->inf, "pag/detPag");

	for (; el; el = next_payment(el)) {
		struct cla_dec amount = cla_nfe_amount(el, "vPag");

		if (cla_str_eqc(cla_nfe_text(el, "tPag"), "90") && amount.ok &&
		    cla_dec_sign(amount) != 0)
			cla_case_fail(c, r, cla_nfe_find(el, "vPag"), NULL, CLA_STR("0.00"),
				      cla_nfe_text(el, "vPag"));
	}
}

static bool is_unexplained(const struct cla_nfe *n CLA_UNUSED, const struct cla_xml *payment)
{
	return cla_str_eqc(cla_nfe_text(payment, "tPag"), "99") &&
	       !cla_str_trim(cla_nfe_text(payment, "xPag")).len;
}

static void other_unexplained(struct cla_case *c, const struct cla_rule *r)
{
	check_payments(c, r, is_unexplained, "xPag");
}

static bool lacks_card(const struct cla_nfe *n, const struct cla_xml *payment)
{
	struct cla_str form = cla_nfe_text(payment, "tPag");

	return cla_str_eqc(n->model, "65") &&
	       (cla_str_eqc(form, "03") || cla_str_eqc(form, "04")) &&
	       !cla_nfe_find(payment, "card");
}

static void card_missing(struct cla_case *c, const struct cla_rule *r)
{
	check_payments(c, r, lacks_card, "card");
}

/* tpIntegra 1: paid through a terminal that is tied to the program, which knows who and with what
 * code. */
static bool lacks_card_data(const struct cla_nfe *n CLA_UNUSED, const struct cla_xml *payment)
{
	const struct cla_xml *card = cla_nfe_find(payment, "card");

	return cla_str_eqc(cla_nfe_text(card, "tpIntegra"), "1") &&
	       (!cla_nfe_text(card, "CNPJ").len || !cla_nfe_text(card, "cAut").len);
}

static void card_data_missing(struct cla_case *c, const struct cla_rule *r)
{
	check_payments(c, r, lacks_card_data, "CNPJ, cAut");
}

/*
 * Invoice and instalments
 */

static void invoice_net(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *fat = cla_nfe_find(cla_nfe_of(c)->inf, "cobr/fat");
	const struct cla_xml *el = cla_nfe_find(fat, "vLiq");

	if (el && cla_nfe_find(fat, "vOrig"))
		cla_nfe_expect(
			c, r, r->severity, el,
			cla_dec_sub(cla_nfe_amount(fat, "vOrig"), cla_nfe_amount(fat, "vDesc")),
			cla_dec_parse(cla_xml_text(el)), CLA_DEC_ZERO);
}

static const struct cla_xml *next_instalment(const struct cla_xml *dup)
{
	return cla_xml_find_next(dup, CLA_NFE_NS, "dup");
}

static void instalments(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *cobr = cla_nfe_find(cla_nfe_of(c)->inf, "cobr");
	const struct cla_xml *el = cla_nfe_find(cobr, "fat/vLiq");
	const struct cla_xml *dup = cla_nfe_find(cobr, "dup");
	struct cla_dec sum = CLA_DEC_ZERO;

	if (!el || !dup)
		return;
	for (; dup; dup = next_instalment(dup))
		sum = cla_dec_add(sum, cla_nfe_amount(dup, "vDup"));
	cla_nfe_expect(c, r, r->severity, el, sum, cla_dec_parse(cla_xml_text(el)), CLA_DEC_ZERO);
}

/* Days compare as text; one that is none is the schema's to tell. */
static bool is_earlier(struct cla_str day, struct cla_str other)
{
	struct cla_date ignored;

	return cla_date_parse(day, &ignored) && cla_date_parse(other, &ignored) &&
	       cla_str_cmp(day, other) < 0;
}

static void due_before_issue(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_nfe *n = cla_nfe_of(c);
	struct cla_str issued = cla_str_sub(cla_nfe_text(n->ide, "dhEmi"), 0, 10);

	for (const struct cla_xml *dup = cla_nfe_find(n->inf, "cobr/dup"); dup;
	     dup = next_instalment(dup)) {
		const struct cla_xml *el = cla_nfe_find(dup, "dVenc");

		if (is_earlier(cla_xml_text(el), issued))
			cla_case_fail(c, r, el, NULL, issued, cla_xml_text(el));
	}
}

static void due_out_of_order(struct cla_case *c, const struct cla_rule *r)
{
	const struct cla_xml *dup = cla_nfe_find(cla_nfe_of(c)->inf, "cobr/dup");
	struct cla_str before = CLA_STR_NONE;

	for (; dup; dup = next_instalment(dup)) {
		const struct cla_xml *el = cla_nfe_find(dup, "dVenc");

		if (is_earlier(cla_xml_text(el), before))
			cla_case_fail(c, r, el, NULL, before, cla_xml_text(el));
		before = cla_xml_text(el);
	}
}

static const struct cla_rule rules[] = {
	CLA_NFE_RULE("nfe.payment-short", "865", TOTALS, WARN, short_of_total,
		     "The payments are less than the note's total",
		     "Los pagos son menores que el total de la nota",
		     "O total dos pagamentos é menor que o total da nota"),
	CLA_NFE_RULE("nfe.payment-no-change", "866", TOTALS, WARN, change_missing,
		     "More was paid than the note's total, and no change is given",
		     "Se pagó más que el total de la nota y no hay cambio",
		     "Ausência de troco com pagamentos maiores que o total da nota"),
	CLA_NFE_RULE("nfe.payment-change", "869", TOTALS, WARN, change_wrong,
		     "The change is not what was paid less the note's total",
		     "El cambio no es lo pagado menos el total de la nota",
		     "O troco difere dos pagamentos menos o total da nota"),
	CLA_NFE_RULE("nfe.payment-undue", "871", CATALOGS, WARN, unpaid,
		     "An adjustment or a return with a payment",
		     "Un ajuste o una devolución con pago",
		     "Nota de ajuste ou devolução com meio de pagamento"),
	CLA_NFE_RULE("nfce.payment-missing", "899", CATALOGS, WARN, consumer_unpaid,
		     "A consumer's note (NFC-e) that nobody pays", "NFC-e sin pago",
		     "NFC-e com meio de pagamento 90 (sem pagamento)"),
	CLA_NFE_RULE("nfe.payment-amount-undue", "904", TOTALS, WARN, amount_undue,
		     "An amount where nothing is paid (tPag 90)",
		     "Un importe donde no se paga nada (tPag 90)",
		     "Valor informado sem pagamento (tPag 90)"),
	CLA_NFE_DATED_RULE("nfe.payment-unexplained", "441", CATALOGS, WARN, "2021-09-01", NULL,
			   other_unexplained, "Another way of paying (99) that is not described",
			   "Otra forma de pago (99) sin descripción",
			   "Outro meio de pagamento (99) sem descrição"),
	CLA_NFE_RULE("nfce.payment-card", "391", CATALOGS, WARN, card_missing,
		     "A consumer's note (NFC-e) paid by card, without the card's data",
		     "NFC-e pagada con tarjeta sin los datos de la tarjeta",
		     "NFC-e paga com cartão sem os dados do cartão"),
	CLA_NFE_RULE("nfe.payment-card-data", "392", CATALOGS, WARN, card_data_missing,
		     "Paid at an integrated terminal, without institution or authorization",
		     "Pagado en terminal integrada sin institución o autorización",
		     "Pagamento integrado sem CNPJ da credenciadora ou autorização"),
	CLA_NFE_RULE("nfe.invoice-net", "902", TOTALS, WARN, invoice_net,
		     "Net value of the invoice is not its value less the discount",
		     "El valor neto de la factura no es su valor menos el descuento",
		     "O valor líquido da fatura difere do valor original menos o desconto"),
	CLA_NFE_RULE("nfe.invoice-instalments", "851", TOTALS, WARN, instalments,
		     "The instalments do not add up to the net value of the invoice",
		     "Las parcialidades no suman el valor neto de la factura",
		     "As parcelas não somam o valor líquido da fatura"),
	CLA_NFE_DATED_RULE("nfe.instalment-early", "898", TOTALS, WARN, "2018-08-02", NULL,
			   due_before_issue, "An instalment is due before the note was issued",
			   "Una parcialidad vence antes de emitirse la nota",
			   "Parcela com vencimento anterior à emissão"),
	CLA_NFE_DATED_RULE("nfe.instalment-order", "900", TOTALS, WARN, "2018-08-02", NULL,
			   due_out_of_order,
			   "An instalment is due before the one that stands before it",
			   "Una parcialidad vence antes que la anterior",
			   "Parcela com vencimento anterior ao da parcela anterior"),
};

const struct cla_rule_table cla_nfe_payment_rules = { "nfe-payment", rules, CLA_LEN(rules) };
