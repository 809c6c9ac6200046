/* fiscal/retenciones_test.c - Retenciones: cadena, facts, and a negative and a positive control for
 * every rule. */
#include "fiscal/cfdi.h"
#include "fiscal/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

#define STAMP(version, copy, number, seal)                                                         \
	"<t:TimbreFiscalDigital xmlns:t=\"http://www.sat.gob.mx/TimbreFiscalDigital\" " version    \
	" UUID=\"f493547f-d64d-4033-b0c3-1008c25495f9\" "                                          \
	"FechaTimbrado=\"2024-11-08T10:11:40\" " copy "=\"AAAA\" " number                          \
	"=\"99001000000000000090\" " seal "=\"AAAA\"/>"

static const char text_20[] =
	"<retenciones:Retenciones "
	"xmlns:retenciones=\"http://www.sat.gob.mx/esquemas/retencionpago/2\" Version=\"2.0\" "
	"FolioInt=\"7\" Sello=\"AAAA\" NoCertificado=\"99001000000000000011\" "
	"Certificado=\"AAAA\" FechaExp=\"2024-11-08T10:10:10\" LugarExpRetenc=\"06600\" "
	"CveRetenc=\"14\"><retenciones:Emisor RfcE=\"EKU9003173C9\" "
	"NomDenRazSocE=\"ESCUELA DEMO\" RegimenFiscalE=\"601\"/>"
	"<retenciones:Receptor NacionalidadR=\"Nacional\"><retenciones:Nacional "
	"RfcR=\"COSC8001137NA\" NomDenRazSocR=\"PERSONA\" DomicilioFiscalR=\"06600\"/>"
	"</retenciones:Receptor><retenciones:Periodo MesIni=\"03\" MesFin=\"04\" "
	"Ejercicio=\"2024\"/><retenciones:Totales MontoTotOperacion=\"100.00\" "
	"MontoTotGrav=\"60.00\" MontoTotExent=\"40.00\" MontoTotRet=\"7.50\">"
	"<retenciones:ImpRetenidos BaseRet=\"60.00\" ImpuestoRet=\"001\" MontoRet=\"6.00\" "
	"TipoPagoRet=\"01\"/><retenciones:ImpRetenidos MontoRet=\"1.50\" TipoPagoRet=\"01\"/>"
	"</retenciones:Totales><retenciones:Complemento>"
	"<p:Premios xmlns:p=\"http://www.sat.gob.mx/esquemas/retencionpago/1/premios\" "
	"Version=\"1.0\" EntidadFederativa=\"09\" MontTotPago=\"3\" MontTotPagoGrav=\"2\" "
	"MontTotPagoExent=\"1\"/>" STAMP(
		"Version=\"1.1\" RfcProvCertif=\"SAT970701NN3\"", "SelloCFD", "NoCertificadoSAT",
		"SelloSAT") "</retenciones:Complemento></retenciones:Retenciones>";

static const char text_10[] =
	"<retenciones:Retenciones "
	"xmlns:retenciones=\"http://www.sat.gob.mx/esquemas/retencionpago/1\" Version=\"1.0\" "
	"Sello=\"AAAA\" NumCert=\"99001000000000000011\" Cert=\"AAAA\" "
	"FechaExp=\"2024-11-08T10:10:10-06:00\" CveRetenc=\"14\"><retenciones:Emisor "
	"RFCEmisor=\"EKU9003173C9\"/><retenciones:Receptor Nacionalidad=\"Extranjero\">"
	"<retenciones:Extranjero NomDenRazSocR=\"PERSONA\"/></retenciones:Receptor>"
	"<retenciones:Periodo MesIni=\"3\" MesFin=\"12\" Ejerc=\"2020\"/>"
	"<retenciones:Totales montoTotOperacion=\"100\" montoTotGrav=\"60\" "
	"montoTotExent=\"40\" montoTotRet=\"6\"><retenciones:ImpRetenidos montoRet=\"6\" "
	"TipoPagoRet=\"Pago definitivo\"/></retenciones:Totales><retenciones:Complemento>" STAMP(
		"version=\"1.0\"", "selloCFD", "noCertificadoSAT",
		"selloSAT") "</retenciones:Complemento></retenciones:Retenciones>";

static void judge_one(void **state, const char *text, struct cla_judgement *out)
{
	judge(*state, cla_str_from(text), out);
	assert_int_equal(out->documents->kind, CLA_DOC_CFDI_RETENCIONES);
}

static void check_cadena(const char *text, const char *expected)
{
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(MOST);
	const struct cla_xml *unknown = NULL;
	struct cla_xml_problem problem;
	bool well_formed, tolerated;

	assert_true(
		cla_xml_parse(cla_str_from(text), &doc, &well_formed, &problem, &tolerated, NULL));
	assert_true(cla_cfdi_cadena(cla_xml_root(doc), &out, &unknown));
	assert_null(unknown);
	assert_string_equal(cla_buf_cstr(&out), expected);
}

static void cadenas_have_their_order(void **state)
{
	(void)state;
	check_cadena(text_20, "||2.0|99001000000000000011|7|2024-11-08T10:10:10|06600|14|"
			      "EKU9003173C9|ESCUELA DEMO|601|Nacional|COSC8001137NA|PERSONA|06600|"
			      "03|04|2024|100.00|60.00|40.00|7.50|60.00|001|6.00|01|1.50|01|"
			      "1.0|09|3|2|1||");
	check_cadena(text_10, "||1.0|99001000000000000011|2024-11-08T10:10:10-06:00|14|"
			      "EKU9003173C9|Extranjero|PERSONA|3|12|2020|100|60|40|6|6|"
			      "Pago definitivo||");
}

static void facts_are_read(void **state)
{
	static const struct {
		const char *text, *version, *receiver, *total;
	} cases[] = {
		{ text_20, "2.0", "COSC8001137NA", "100.00" },
		{ text_10, "1.0", NULL, "100" },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_judgement struct cla_judgement j;
		judge_one(state, cases[i].text, &j);
		const struct cla_document *d = j.documents;
		assert_true(cla_str_eqc(d->version, cases[i].version));
		assert_true(cla_str_eqc(d->issuer, "EKU9003173C9"));
		assert_true(cla_str_eq(d->receiver, cla_str_from(cases[i].receiver)));
		assert_true(cla_str_eqc(d->total, cases[i].total));
		assert_true(cla_str_eqc(d->id, "F493547F-D64D-4033-B0C3-1008C25495F9"));
		assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_TOTALS], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_CATALOGS], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_IDENTITY], CLA_VERDICT_PASS);
		assert_int_equal(d->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_UNKNOWN);
		assert_non_null(finding_of(d, "cfdi.certificate"));
	}
}

static void rules_reject(void **state)
{
	static const struct {
		const char *text, *from, *to, *rule;
		enum cla_verdict severity;
	} cases[] = {
		{ text_20, "MontoTotExent=\"40.00\"", "MontoTotExent=\"40.01\"", "ret.operation",
		  CLA_VERDICT_WARN },
		{ text_10, "montoTotGrav=\"60\"", "montoTotGrav=\"61\"", "ret.operation",
		  CLA_VERDICT_WARN },
		{ text_20, "MontoTotExent=\"40.00\"", "MontoTotExent=\"x\"", "ret.operation",
		  CLA_VERDICT_UNKNOWN },
		{ text_20, "MontoRet=\"1.50\"", "MontoRet=\"1.51\"", "ret.withheld",
		  CLA_VERDICT_WARN },
		{ text_10, "montoTotRet=\"6\"", "montoTotRet=\"7\"", "ret.withheld",
		  CLA_VERDICT_WARN },
		{ text_20, "MesIni=\"03\"", "MesIni=\"05\"", "ret.period", CLA_VERDICT_WARN },
		{ text_20, "MesIni=\"03\"", "MesIn=\"05\"", "ret.period", CLA_VERDICT_UNKNOWN },
		{ text_20, "LugarExpRetenc=\"06600\"", "LugarExpRetenc=\"00001\"", "ret.place",
		  CLA_VERDICT_FAIL },
		{ text_20,
		  "<retenciones:ImpRetenidos BaseRet=\"60.00\" ImpuestoRet=\"001\" "
		  "MontoRet=\"6.00\" TipoPagoRet=\"01\"/><retenciones:ImpRetenidos "
		  "MontoRet=\"1.50\" TipoPagoRet=\"01\"/>",
		  "", "ret.withheld-missing", CLA_VERDICT_WARN },
		{ text_20, "FechaExp=\"2024-11-08T", "FechaExp=\"2024-11-08 ", "ret.date-form",
		  CLA_VERDICT_FAIL },
		{ text_20, "<retenciones:Emisor ",
		  "<retenciones:CfdiRetenRelacionados TipoRelacion=\"99\" "
		  "UUID=\"f493547f-d64d-4033-b0c3-1008c25495f9\"/><retenciones:Emisor ",
		  "ret.relation", CLA_VERDICT_FAIL },
		{ text_20, " RegimenFiscalE=\"601\"", "", "ret.issuer-regime", CLA_VERDICT_FAIL },
		{ text_20, "DomicilioFiscalR=\"06600\"", "DomicilioFiscalR=\"MEX\"",
		  "ret.receiver-place", CLA_VERDICT_FAIL },
		{ text_20, "RfcR=\"COSC8001137NA\"",
		  "RfcR=\"DPC180910DE1\" CurpR=\"COSC800113MDFNLL09\"", "ret.receiver-curp",
		  CLA_VERDICT_WARN },
		{ text_20, "MesIni=\"03\"", "MesIni=\"99\"", "ret.first-month", CLA_VERDICT_FAIL },
		{ text_20, "MesFin=\"04\"", "MesFin=\"99\"", "ret.last-month", CLA_VERDICT_FAIL },
		{ text_20, "EntidadFederativa=\"09\"", "EntidadFederativa=\"99\"", "cfdi.schema",
		  CLA_VERDICT_FAIL },
		{ text_20, "RfcR=\"COSC8001137NA\"", "RfcR=\"COSC80011\"", "cfdi.receiver-rfc",
		  CLA_VERDICT_FAIL },
		{ text_10, "RFCEmisor=\"EKU9003173C9\"", "RFCEmisor=\"EKU9003173C8\"",
		  "cfdi.issuer-rfc-digit", CLA_VERDICT_WARN },
		{ text_10, "selloCFD=\"AAAA\"", "selloCFD=\"AAAB\"", "cfdi.stamp-seal-copy",
		  CLA_VERDICT_FAIL },
		{ text_10, "FechaTimbrado=\"2024-11-08", "FechaTimbrado=\"2024-11-12",
		  "cfdi.stamp-date", CLA_VERDICT_WARN },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement good, j;
		swap(cases[i].text, NULL, cases[i].from, cases[i].to, &bad);
		judge_one(state, cases[i].text, &good);
		assert_null(finding_of(good.documents, cases[i].rule));
		judge_one(state, cla_buf_cstr(&bad), &j);
		const struct cla_finding *f = finding_of(j.documents, cases[i].rule);
		if (!f || f->severity != cases[i].severity)
			fail_msg("%s (%zu): %s", cases[i].rule, i,
				 f ? cla_verdict_name(f->severity) : "not found");
	}
	for (size_t r = 0; r < cla_retenciones_rules.count; r++) {
		size_t i = 0;
		while (i < CLA_LEN(cases) &&
		       strcmp(cases[i].rule, cla_retenciones_rules.rules[r].id))
			i++;
		if (i == CLA_LEN(cases))
			fail_msg("%s has no control", cla_retenciones_rules.rules[r].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cadenas_have_their_order),
		cmocka_unit_test(facts_are_read),
		cmocka_unit_test(rules_reject),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
