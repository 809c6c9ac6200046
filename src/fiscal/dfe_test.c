/* dfe_test.c - what is read of CT-e, MDF-e and NFS-e, and what a good document, or an empty one, gives. What
 * each rule rejects stands in src/fiscal/controls/. */
#include "fiscal/nfe_fixture.h"
#include "fiscal/rule.h"

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

/* A run takes the rows between the first and the last of its prefix. */
static void rows_of_a_form_stand_together(void **state CLA_UNUSED)
{
	static const char *const prefixes[] = { "dfe.", "dfe-event.", "nfse.", "nfse-event.",
						"dfe-void." };
	size_t row = 0;

	for (size_t i = 0; i < CLA_LEN(prefixes); i++) {
		size_t first = row;

		while (row < cla_dfe_rules.count &&
		       cla_str_starts(cla_str_from(cla_dfe_rules.rules[row].id), prefixes[i]))
			row++;
		assert_true(row > first);
	}
	assert_int_equal(row, cla_dfe_rules.count);
}

static void assert_text(struct cla_str s, const char *due)
{
	if (!due ? !cla_str_absent(s) : !cla_str_eqc(s, due))
		fail_msg("'" CLA_STR_FMT "' in place of '%s'", CLA_STR_ARG(s),
			 due ? due : "nothing");
}

/* The unchanged documents: nothing but what is not judged yet, and what is read of them. */
static void good_documents_have_no_fault(void **state)
{
	static const struct {
		const char *file, *id, *receiver, *total, *type;
		enum cla_doc_kind kind;
	} cases[] = {
		{ "cte.xml", "35250111222333000181570010000001231876543205", "12345678000195",
		  "150.00", "0", CLA_DOC_CTE },
		{ "cte-event.xml", "35250111222333000181570010000001231876543205", NULL, NULL,
		  "110111", CLA_DOC_CTE },
		{ "mdfe.xml", "35250111222333000181580010000004561876543206", NULL, NULL, NULL,
		  CLA_DOC_MDFE },
		{ "nfse.xml", "35503082211222333000181000000000001226011234567890",
		  "12345678000195", "190.00", NULL, CLA_DOC_NFSE },
		{ "nfse-event.xml", "35503082211222333000181000000000001226011234567890", NULL,
		  NULL, "101101", CLA_DOC_NFSE },
		{ "void.xml", NULL, NULL, NULL, NULL, CLA_DOC_NFE_EVENT },
	};
	static const enum cla_check proven[] = { CLA_CHECK_SIGNATURE, CLA_CHECK_CERTIFICATE,
						 CLA_CHECK_STAMP, CLA_CHECK_IDENTITY };

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_judgement struct cla_judgement out;
		const struct cla_document *d;

		fixture_load(cases[i].file, &b);
		fixture_run(*state, &b, &out);
		assert_int_equal(out.count, 1);
		d = out.documents;
		for (size_t p = 0; p < CLA_LEN(proven); p++)
			assert_int_equal(d->checks[proven[p]], CLA_VERDICT_PASS);
		for (const struct cla_finding *f = d->findings; f; f = f->next) {
			if (f->severity != CLA_VERDICT_UNKNOWN)
				fail_msg("%s: %s", cases[i].file, f->rule);
		}
		assert_int_equal(d->kind, cases[i].kind);
		assert_text(d->id, cases[i].id);
		assert_text(d->issuer, "11222333000181");
		assert_text(d->receiver, cases[i].receiver);
		assert_text(d->total, cases[i].total);
		assert_text(d->type, cases[i].type);
		assert_true(d->production);
	}
}

#define CTE "http://www.portalfiscal.inf.br/cte"
#define MDFE "http://www.portalfiscal.inf.br/mdfe"
#define NFSE "http://www.sped.fazenda.gov.br/nfse"

/* Nothing to read: nothing may pass. */
static void empty_documents_pass_nothing(void **state)
{
	static const char *const texts[] = {
		"<CTe xmlns='" CTE "'/>",
		"<cteProc xmlns='" CTE "'/>",
		"<cteProc xmlns='" CTE
		"'><CTe><infCte/></CTe><protCTe><infProt/></protCTe></cteProc>",
		"<GTVeProc xmlns='" CTE "'><GTVe/><protCTe/></GTVeProc>",
		"<procEventoCTe xmlns='" CTE "'/>",
		"<eventoCTe xmlns='" CTE "'><infEvento/></eventoCTe>",
		"<mdfeProc xmlns='" MDFE "'><MDFe><infMDFe><ide/></infMDFe></MDFe></mdfeProc>",
		"<procEventoMDFe xmlns='" MDFE
		"'><eventoMDFe><infEvento/></eventoMDFe><retEventoMDFe><infEvento/></retEventoMDFe>"
		"</procEventoMDFe>",
		"<NFSe xmlns='" NFSE "'/>",
		"<NFSe xmlns='" NFSE "'><infNFSe><DPS><infDPS/></DPS></infNFSe></NFSe>",
		"<DPS xmlns='" NFSE "'/>",
		"<evento xmlns='" NFSE "'/>",
		"<evento xmlns='" NFSE "'><infEvento><pedRegEvento/></infEvento></evento>",
		"<pedRegEvento xmlns='" NFSE "'/>",
		"<inutNFe xmlns='http://www.portalfiscal.inf.br/nfe'/>",
		"<procInutCTe xmlns='" CTE
		"'><inutCTe/><retInutCTe><infInut/></retInutCTe></procInutCTe>",
	};

	fixture_passes_nothing(*state, texts, CLA_LEN(texts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_a_form_stand_together),
		cmocka_unit_test(good_documents_have_no_fault),
		cmocka_unit_test(empty_documents_pass_nothing),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
