/* nfe_test.c - what is read of the NF-e family, and what a good document, or an empty one, gives. What
 * each rule rejects stands in src/fiscal/controls/. */
#include "fiscal/nfe_fixture.h"
#include "fiscal/rule.h"

#define NOTE "note.xml"
#define CONSUMER "consumer.xml"
#define EVENT "event.xml"

#define NS "http://www.portalfiscal.inf.br/nfe"

static int make_judge(void **state)
{
	*state = fixture_judge();
	return 0;
}

static int free_judge(void **state)
{
	cla_judge_free(*state);
	return 0;
}

/* The two runs part the table at the first row of an event. */
static void events_end_the_table(void **state CLA_UNUSED)
{
	bool events = false;

	for (size_t r = 0; r < cla_nfe_rules.count; r++) {
		const struct cla_rule *row = &cla_nfe_rules.rules[r];

		events = events || strncmp(row->id, "nfe-event.", 10) == 0;
		assert_true(events == (strncmp(row->id, "nfe-event.", 10) == 0));
		assert_non_null(row->fn);
	}
	assert_true(events);
}

static void assert_text(struct cla_str s, const char *due)
{
	if (!due ? !cla_str_absent(s) : !cla_str_eqc(s, due))
		fail_msg("'" CLA_STR_FMT "' in place of '%s'", CLA_STR_ARG(s),
			 due ? due : "nothing");
}

/* The unchanged documents: no finding at all, so no rule touches what it should not; and what is
 * read of them. */
static void good_documents_pass(void **state)
{
	cla_auto_buf struct cla_buf note = CLA_BUF_INIT(FIXTURE_MAX),
				    consumer = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement a, b;
	const struct cla_document *d;

	fixture_load(NOTE, &note);
	fixture_run(*state, &note, &a);
	assert_int_equal(a.count, 1);
	d = a.documents;
	assert_null(d->findings);
	for (int check = 0; check < CLA_CHECK_COUNT; check++)
		assert_int_equal(d->checks[check], CLA_VERDICT_PASS);
	assert_int_equal(d->verdict, CLA_VERDICT_PASS);
	assert_int_equal(d->kind, CLA_DOC_NFE);
	assert_text(d->version, "4.00");
	assert_text(d->id, FIXTURE_NOTE_KEY);
	assert_text(d->issuer, "11222333000181");
	assert_text(d->issuer_name, "DEMO EMITENTE LTDA");
	assert_text(d->receiver, "12ABC34501DE35");
	assert_text(d->issued_at, "2024-11-05T10:00:00-03:00");
	assert_text(d->total, "202.04");
	assert_text(d->currency, "BRL");
	assert_text(d->type, "1");
	assert_text(d->payment_form, "03");
	assert_non_null(d->payments);
	assert_null(d->payments->next);
	assert_text(d->payments->form, "03");
	assert_text(d->payments->amount, "202.04");
	assert_text(d->payments->authorization, "A1B2C3");
	assert_text(d->payments->brand, "02");
	assert_text(d->payments->institution, "11444777000161");
	assert_text(d->payments->payee, NULL);
	assert_true(d->production);

	fixture_load(CONSUMER, &consumer);
	fixture_run(*state, &consumer, &b);
	d = b.documents;
	assert_null(d->findings);
	assert_int_equal(d->verdict, CLA_VERDICT_PASS);
	assert_int_equal(d->kind, CLA_DOC_NFCE);
	assert_text(d->issuer, "12ABC34501DE35");
	assert_text(d->receiver, "11144477735");
	assert_non_null(d->payments);
	assert_text(d->payments->amount, "50.00");
	assert_text(d->payments->authorization, NULL);
}

/* A note of 2026, paid by two cards. */
static void payments_are_read(void **state)
{
	cla_auto_buf struct cla_buf note = CLA_BUF_INIT(FIXTURE_MAX),
				    many = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement a, b;
	const struct cla_payment *p;
	size_t count = 0;

	fixture_load("reform.xml", &note);
	fixture_run(*state, &note, &a);
	assert_int_equal(a.documents->verdict, CLA_VERDICT_PASS);
	p = a.documents->payments;
	assert_non_null(p);
	assert_text(p->amount, "1000.00");
	assert_text(p->day, "2026-03-10");
	assert_text(p->payer, "11222333000181");
	assert_text(p->payee, "11222333000181");
	assert_text(p->terminal, "POS01");
	p = p->next;
	assert_non_null(p);
	assert_null(p->next);
	assert_text(p->form, "04");
	assert_text(p->amount, "410.00");
	assert_text(p->authorization, "R20002");

	cla_buf_addc(&many, "<NFe xmlns='" NS "'><infNFe><pag>");
	for (int i = 0; i < 3 * CLA_MAX_PAYMENTS; i++)
		cla_buf_addc(&many, "<detPag><vPag>1.00</vPag></detPag>");
	cla_buf_addc(&many, "</pag></infNFe></NFe>");
	fixture_run(*state, &many, &b);
	for (p = b.documents->payments; p; p = p->next)
		count++;
	assert_int_equal(count, CLA_MAX_PAYMENTS);
}

static void event_is_good(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement out;
	const struct cla_document *d;

	fixture_load(EVENT, &b);
	fixture_run(*state, &b, &out);
	d = out.documents;
	assert_int_equal(d->kind, CLA_DOC_NFE_EVENT);
	assert_int_equal(d->finding_count, 0);
	assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_PASS);
	assert_text(d->schema, "nfe-event-110111");
	assert_int_equal(d->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_CERTIFICATE], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_STAMP], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_IDENTITY], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_TOTALS], CLA_VERDICT_NA);
	assert_int_equal(d->verdict, CLA_VERDICT_PASS);
	assert_text(d->id, FIXTURE_NOTE_KEY);
	assert_text(d->issuer, "11222333000181");
}

/* ECONF, which may tell what the note does not. */
static void reconciliation_tells_the_payment(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement out;

	fixture_load(EVENT, &b);
	fixture_swap(&b, "<infEvento", "<tpEvento>110111", "<tpEvento>110750");
	fixture_swap(
		&b, "<detEvento", "<xJust>",
		"<detPag><tPag>01</tPag><vPag>1.00</vPag></detPag>"
		"<detPag><tPag>03</tPag><vPag>201.04</vPag><cAut>A1B2C3</cAut></detPag><xJust>");
	fixture_run(*state, &b, &out);
	assert_text(out.documents->payment_form, "01");
	const struct cla_payment *card = out.documents->payments->next;
	assert_text(card->form, "03");
	assert_text(card->amount, "201.04");
	assert_text(card->authorization, "A1B2C3");
	assert_null(card->next);
}

/* A note without its protocol: signed and right, but nothing says that it was authorised. */
static void note_alone_is_unproven(void **state)
{
	cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX),
				    alone = CLA_BUF_INIT(FIXTURE_MAX);
	cla_auto_judgement struct cla_judgement out;
	const struct cla_document *d;

	fixture_load(NOTE, &b);
	cla_buf_add(&alone, fixture_part(&b, "<NFe ", "</NFe>"));
	fixture_run(*state, &alone, &out);
	d = out.documents;
	assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_PASS);
	assert_int_equal(d->checks[CLA_CHECK_STAMP], CLA_VERDICT_UNKNOWN);
	assert_int_equal(d->finding_count, 1);
	assert_string_equal(d->findings->rule, "nfe.protocol-missing");
}

/* Nothing to read: nothing may pass. */
static void empty_notes_pass_nothing(void **state)
{
	static const char *const texts[] = {
		"<NFe xmlns='" NS "'/>",
		"<NFe xmlns='" NS "'><infNFe/></NFe>",
		"<NFe xmlns='" NS
		"'><infNFe versao='4.00'><ide/><emit/><det/><total/></infNFe></NFe>",
		"<nfeProc xmlns='" NS "'/>",
		"<nfeProc xmlns='" NS "'><NFe/><protNFe><infProt/></protNFe></nfeProc>",
		"<procEventoNFe xmlns='" NS "'/>",
		"<procEventoNFe xmlns='" NS "'><evento><infEvento/></evento><retEvento><infEvento/"
		"></retEvento></procEventoNFe>",
	};

	fixture_passes_nothing(*state, texts, CLA_LEN(texts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_documents_pass),
		cmocka_unit_test(event_is_good),
		cmocka_unit_test(payments_are_read),
		cmocka_unit_test(note_alone_is_unproven),
		cmocka_unit_test(events_end_the_table),
		cmocka_unit_test(empty_notes_pass_nothing),
		cmocka_unit_test(reconciliation_tells_the_payment),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
