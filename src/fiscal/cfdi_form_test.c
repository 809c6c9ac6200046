/* fiscal/cfdi_form_test.c - the rules on the form of a CFDI, its lines and taxes: a negative and a
 * positive control for each. */
#include "fiscal/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

#define TRADE                                                                                      \
	"<cfdi:Complemento><c:ComercioExterior "                                                   \
	"xmlns:c=\"http://www.sat.gob.mx/ComercioExterior20\"/>"
#define GLOBAL "<cfdi:InformacionGlobal Periodicidad=\"04\" Meses=\"11\" A\xc3\xb1o=\"2024\"/>"
#define THIRD(rfc, regime)                                                                         \
	"<cfdi:ACuentaTerceros RfcACuentaTerceros=\"" rfc "\" NombreACuentaTerceros=\"X\" "        \
	"RegimenFiscalACuentaTerceros=\"" regime                                                   \
	"\" DomicilioFiscalACuentaTerceros=\"06600\"/><cfdi:Parte "
#define CUSTOMS "<cfdi:InformacionAduanera NumeroPedimento=\"24  47  3807  4003832\"/>"
#define SUMMARY "TotalImpuestosTrasladados"
#define ANY(rule_, from_, to_, severity_)                                                          \
	{                                                                                          \
		.rule = rule_, .from = from_, .to = to_, .severity = severity_                     \
	}
#define BEHIND(rule_, after_, from_, to_, severity_)                                               \
	{                                                                                          \
		.rule = rule_, .after = after_, .from = from_, .to = to_, .severity = severity_    \
	}

static const struct control plain[] = {
	ANY("cfdi.type", "TipoDeComprobante=\"I\"", "TipoDeComprobante=\"X\"", F),
	ANY("cfdi.type", "TipoDeComprobante=\"I\"", "", F),
	ANY("cfdi.payment-form-absent", "TipoDeComprobante=\"I\"", "TipoDeComprobante=\"T\"", F),
	ANY("cfdi.payment-form-absent", "TipoDeComprobante=\"I\"", "TipoDeComprobante=\"N\"", F),
	ANY("cfdi.payment-form-deferred", "MetodoPago=\"PUE\"", "MetodoPago=\"PPD\"", F),
	ANY("cfdi.payment-method-absent", "TipoDeComprobante=\"I\"", "TipoDeComprobante=\"T\"", F),
	ANY("cfdi.export-trade", "Exportacion=\"01\"", "Exportacion=\"02\"", F),
	ANY("cfdi.global", "<cfdi:Emisor ", GLOBAL "<cfdi:Emisor ", F),
	ANY("cfdi.relation", "<cfdi:Emisor ",
	    "<cfdi:CfdiRelacionados TipoRelacion=\"10\"/><cfdi:Emisor ", F),
	BEHIND("cfdi.acquirer", "<cfdi:Emisor ",
	       "RegimenFiscal=", "FacAtrAdquirente=\"123456789\" RegimenFiscal=", F),
	BEHIND("cfdi.acquirer", "<cfdi:Emisor ",
	       "RegimenFiscal=", "FacAtrAdquirente=\"123456789A\" RegimenFiscal=", F),
	ANY("cfdi.residence-absent", "UsoCFDI=", "ResidenciaFiscal=\"USA\" UsoCFDI=", F),
	ANY("cfdi.residence-missing", "UsoCFDI=", "NumRegIdTrib=\"1\" UsoCFDI=", F),
	ANY("cfdi.tax-id-absent", "UsoCFDI=", "NumRegIdTrib=\"1\" UsoCFDI=", F),
	ANY("cfdi.line-discount-decimals", "Descuento=\"10.00\" ObjetoImp",
	    "Descuento=\"10.000\" ObjetoImp", F),
	BEHIND("cfdi.line-taxes-missing", "dos",
	       "<cfdi:Impuestos><cfdi:Traslados><cfdi:Traslado Base=\"50.00\" "
	       "Impuesto=\"002\" TipoFactor=\"Exento\"/></cfdi:Traslados></cfdi:Impuestos>",
	       "", F),
	ANY("cfdi.line-taxes-excess", "ObjetoImp=\"02\"", "ObjetoImp=\"01\"", F),
	ANY("cfdi.line-taxes-excess", "ObjetoImp=\"02\"", "ObjetoImp=\"04\"", F),
	BEHIND("cfdi.line-taxes-empty", "Descripcion=\"dos\"", "<cfdi:Traslado ", "<cfdi:Traslad ",
	       F),
	ANY("cfdi.line-transfer-base", "Base=\"190.00\"", "Base=\"0.00\"", F),
	ANY("cfdi.line-transfer-base", "Base=\"190.00\"", "Base=\"x\"", U),
	ANY("cfdi.line-transfer-tax", "Impuesto=\"002\"", "Impuesto=\"004\"", F),
	ANY("cfdi.line-transfer-factor", "TipoFactor=\"Tasa\"", "TipoFactor=\"tasa\"", F),
	BEHIND("cfdi.line-withholding-base", "<cfdi:Retencion ", "Base=\"190.00\"",
	       "Base=\"-190.00\"", F),
	BEHIND("cfdi.line-withholding-tax", "<cfdi:Retencion ", "Impuesto=\"001\"",
	       "Impuesto=\"1\"", F),
	BEHIND("cfdi.line-withholding-factor", "<cfdi:Retencion ", "TipoFactor=\"Tasa\"",
	       "TipoFactor=\"\"", F),
	BEHIND("cfdi.line-withholding-rate", "<cfdi:Retencion ", "TasaOCuota=\"0.100000\"",
	       "TasaOCuota=\"0.400000\"", F),
	ANY("cfdi.third-party", "<cfdi:Parte ", THIRD("EKU9003173C9", "601"), F),
	ANY("cfdi.third-party", "<cfdi:Parte ", THIRD("COSC8001137NA", "612"), F),
	ANY("cfdi.third-party-regime", "<cfdi:Parte ", THIRD("DPC180910DE1", "612"), F),
	ANY("cfdi.third-party-regime", "<cfdi:Parte ", THIRD("DPC180910DE1", "999"), F),
	{ .rule = "cfdi.line-customs",
	  .from = "<cfdi:Complemento>",
	  .to = TRADE,
	  .severity = F,
	  .also_from = "<cfdi:Parte ",
	  .also_to = CUSTOMS "<cfdi:Parte " },
	{ .rule = "cfdi.part-customs",
	  .from = "<cfdi:Complemento>",
	  .to = TRADE,
	  .severity = F,
	  .also_from = "Descripcion=\"parte\"/>",
	  .also_to = "Descripcion=\"parte\">" CUSTOMS "</cfdi:Parte>" },
	ANY("cfdi.part-value", "Descripcion=\"parte\"", "Descripcion=\"parte\" ValorUnitario=\"0\"",
	    F),
	ANY("cfdi.part-value", "Descripcion=\"parte\"", "Descripcion=\"parte\" ValorUnitario=\"x\"",
	    U),
	ANY("cfdi.part-amount", "Descripcion=\"parte\"",
	    "Descripcion=\"parte\" ValorUnitario=\"10.00\" Importe=\"16.00\"", F),
	ANY("cfdi.taxes-absent", "TipoDeComprobante=\"I\"", "TipoDeComprobante=\"T\"", F),
	ANY("cfdi.withheld-total-decimals", "Retenidos=\"19.00\"", "Retenidos=\"19.000\"", F),
	ANY("cfdi.transferred-total-decimals", "Trasladados=\"30.40\"", "Trasladados=\"30.400\"",
	    F),
	ANY("cfdi.transferred-total-decimals", "Trasladados=\"30.40\"", "Trasladados=\"x\"", U),
	BEHIND("cfdi.withholding-tax", SUMMARY, "Impuesto=\"001\"", "Impuesto=\"000\"", F),
	BEHIND("cfdi.withholding-twice", SUMMARY, "<cfdi:Retencion ",
	       "<cfdi:Retencion Impuesto=\"001\" Importe=\"0.00\"/><cfdi:Retencion ", F),
	BEHIND("cfdi.withholding-decimals", SUMMARY, "Importe=\"19.00\"", "Importe=\"19.000\"", F),
	BEHIND("cfdi.transfer-exempt", SUMMARY, "TipoFactor=\"Exento\"",
	       "TipoFactor=\"Exento\" TasaOCuota=\"0.000000\"", F),
	BEHIND("cfdi.transfer-base-decimals", SUMMARY, "Base=\"50.00\"", "Base=\"50.0000\"", F),
	BEHIND("cfdi.transfer-tax", SUMMARY, "Impuesto=\"002\"", "Impuesto=\"IVA\"", F),
	BEHIND("cfdi.transfer-twice", SUMMARY, "<cfdi:Traslado ",
	       "<cfdi:Traslado Base=\"1.00\" Impuesto=\"002\" TipoFactor=\"Tasa\" "
	       "TasaOCuota=\"0.160000\" Importe=\"0.16\"/><cfdi:Traslado ",
	       F),
	BEHIND("cfdi.transfer-twice", SUMMARY, "<cfdi:Traslado ",
	       "<cfdi:Traslado Base=\"1.00\" Impuesto=\"002\" TipoFactor=\"Exento\"/>"
	       "<cfdi:Traslado ",
	       F),
	BEHIND("cfdi.transfer-rate", SUMMARY, "TasaOCuota=\"0.16\"", "TasaOCuota=\"0.15\"", F),
	BEHIND("cfdi.transfer-decimals", SUMMARY, "Importe=\"30.40\"", "Importe=\"30.4000\"", F),
};

/* Changes of an invoice to the public. */
static const struct control public[] = {
	ANY("cfdi.global", GLOBAL, "", F),
	ANY("cfdi.global", "PUBLICO EN GENERAL", "PUBLICO", F),
	ANY("cfdi.global-rfc", "XAXX010101000", "XEXX010101000", F),
	ANY("cfdi.global-period", "Periodicidad=\"04\"", "Periodicidad=\"06\"", F),
	ANY("cfdi.global-regime", "Periodicidad=\"04\"", "Periodicidad=\"05\"", F),
	ANY("cfdi.global-months", "Meses=\"11\"", "Meses=\"19\"", F),
	ANY("cfdi.global-month", "Meses=\"11\"", "Meses=\"13\"", F),
	ANY("cfdi.global-month-pair", "Periodicidad=\"04\"", "Periodicidad=\"05\"", F),
	ANY("cfdi.global-year", "o=\"2024\"", "o=\"2025\"", F),
	ANY("cfdi.global-year", "o=\"2024\"", "o=\"2022\"", F),
	ANY("cfdi.global-year", "o=\"2024\"", "o=\"x\"", U),
	ANY("cfdi.receiver-address-generic", "DomicilioFiscalReceptor=\"06600\"",
	    "DomicilioFiscalReceptor=\"06700\"", F),
	ANY("cfdi.receiver-regime-generic", "RegimenFiscalReceptor=\"616\"",
	    "RegimenFiscalReceptor=\"601\"", F),
};

/* Changes of an export. */
static const struct control export[] = {
	ANY("cfdi.residence-mex", "ResidenciaFiscal=\"USA\"", "ResidenciaFiscal=\"MEX\"", F),
	ANY("cfdi.residence-missing", "ResidenciaFiscal=\"USA\"", "", F),
	ANY("cfdi.tax-id-missing", "NumRegIdTrib=\"123456789\"", "", W),
};

static const char *const public_edits[][2] = {
	{ "<cfdi:Emisor ", GLOBAL "<cfdi:Emisor " },
	{ "COSC8001137NA", "XAXX010101000" },
	{ "PERSONA DEMO", "PUBLICO EN GENERAL" },
	{ "RegimenFiscalReceptor=\"612\" UsoCFDI=\"G03\"",
	  "RegimenFiscalReceptor=\"616\" UsoCFDI=\"S01\"" },
};
static const char *const export_edits[][2] = {
	{ "COSC8001137NA", "XEXX010101000" },
	{ "RegimenFiscalReceptor=\"612\" UsoCFDI=\"G03\"",
	  "ResidenciaFiscal=\"USA\" NumRegIdTrib=\"123456789\" RegimenFiscalReceptor=\"616\" "
	  "UsoCFDI=\"S01\"" },
	{ "Exportacion=\"01\"", "Exportacion=\"02\"" },
	{ "<cfdi:Complemento>", TRADE },
};

/* Runs the controls over the invoice with these changes. */
static void run_edited(void **state, const char *const edits[][2], size_t edit_count,
		       const struct control *list, size_t count)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);

	make_edited(BASE_INVOICE, edits, edit_count, &text);
	run_controls(*state, cla_buf_cstr(&text), list, count);
	cla_auto_judgement struct cla_judgement j;
	judge(*state, cla_buf_str(&text), &j);
	for (const struct cla_finding *f = j.documents->findings; f; f = f->next) {
		if (f->check == CLA_CHECK_CATALOGS || f->check == CLA_CHECK_TOTALS)
			fail_msg("%s: " CLA_STR_FMT, f->rule, CLA_STR_ARG(f->found));
	}
}

static void rules_reject(void **state)
{
	run_edited(state, NULL, 0, plain, CLA_LEN(plain));
	run_edited(state, public_edits, CLA_LEN(public_edits), public, CLA_LEN(public));
	/* goods that are moved, and payments, have no global information */
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST), moved = CLA_BUF_INIT(MOST),
				    bare = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;
	make_edited(BASE_INVOICE, public_edits, CLA_LEN(public_edits), &text);
	swap(cla_buf_cstr(&text), NULL, "TipoDeComprobante=\"I\"", "TipoDeComprobante=\"T\"",
	     &moved);
	swap(cla_buf_cstr(&moved), NULL, GLOBAL, "", &bare);
	judge(*state, cla_buf_str(&bare), &j);
	assert_null(finding_of(j.documents, "cfdi.global"));
	run_edited(state, export_edits, CLA_LEN(export_edits), export, CLA_LEN(export));
}

static bool listed(const struct control *list, size_t count, const char *rule)
{
	size_t i = 0;

	while (i < count && strcmp(list[i].rule, rule) != 0)
		i++;
	return i < count;
}

static void no_rule_is_without_control(void **state)
{
	static const struct cla_rule_table *const tables[] = { &cla_cfdi_form_rules,
							       &cla_cfdi_line_rules };

	(void)state;
	for (size_t t = 0; t < CLA_LEN(tables); t++) {
		for (size_t i = 0; i < tables[t]->count; i++) {
			const char *id = tables[t]->rules[i].id;
			if (!listed(plain, CLA_LEN(plain), id) &&
			    !listed(public, CLA_LEN(public), id) &&
			    !listed(export, CLA_LEN(export), id))
				fail_msg("%s", id);
		}
	}
}

/* What the rules let pass. */
static void rules_accept(void **state)
{
	static const struct {
		const char *from, *to, *rule;
	} cases[] = {
		{ "MetodoPago=\"PUE\"", "FormaPago=\"99\" MetodoPago=\"PPD\"",
		  "cfdi.payment-form-deferred" },
		{ "<cfdi:Parte ", THIRD("DPC180910DE1", "601"), "cfdi.third-party" },
		{ "<cfdi:Parte ", THIRD("DPC180910DE1", "601"), "cfdi.third-party-regime" },
		{ "<cfdi:Parte ", CUSTOMS "<cfdi:Parte ", "cfdi.line-customs" },
		{ "Descripcion=\"parte\"",
		  "Descripcion=\"parte\" ValorUnitario=\"10.00\" Importe=\"10.00\"",
		  "cfdi.part-amount" },
		{ "<cfdi:Emisor ", "<cfdi:CfdiRelacionados TipoRelacion=\"04\"/><cfdi:Emisor ",
		  "cfdi.relation" },
		{ "RegimenFiscal=", "FacAtrAdquirente=\"1234567890\" RegimenFiscal=",
		  "cfdi.acquirer" },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf bare = CLA_BUF_INIT(MOST), text = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		swap(BASE_INVOICE, NULL, "FormaPago=\"04\" ", "", &bare);
		swap(cla_buf_cstr(&bare), NULL, cases[i].from, cases[i].to, &text);
		judge(*state, cla_buf_str(&text), &j);
		if (finding_of(j.documents, cases[i].rule))
			fail_msg("%s", cases[i].rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_reject),
		cmocka_unit_test(rules_accept),
		cmocka_unit_test(no_rule_is_without_control),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
