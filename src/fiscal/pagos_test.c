/* fiscal/pagos_test.c - receipts of payment: a negative and a positive control for every rule. */
#include "fiscal/judge.h"
#include "fiscal/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

#define HEAD_40                                                                                    \
	"<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/4\" "                            \
	"xmlns:pago20=\"http://www.sat.gob.mx/Pagos20\" Version=\"4.0\" "                          \
	"Fecha=\"2024-11-08T10:10:10\" Sello=\"AAAA\" NoCertificado=\"99001000000000000011\" "     \
	"Certificado=\"AAAA\" SubTotal=\"0\" Moneda=\"XXX\" Total=\"0\" "                          \
	"TipoDeComprobante=\"P\" Exportacion=\"01\" LugarExpedicion=\"06600\">"                    \
	"<cfdi:Emisor Rfc=\"EKU9003173C9\" Nombre=\"ESCUELA DEMO\" RegimenFiscal=\"601\"/>"        \
	"<cfdi:Receptor Rfc=\"COSC8001137NA\" Nombre=\"PERSONA DEMO\" "                            \
	"DomicilioFiscalReceptor=\"06600\" RegimenFiscalReceptor=\"612\" UsoCFDI=\"CP01\"/>"       \
	"<cfdi:Conceptos><cfdi:Concepto ClaveProdServ=\"84111506\" Cantidad=\"1\" "                \
	"ClaveUnidad=\"ACT\" Descripcion=\"Pago\" ValorUnitario=\"0\" Importe=\"0\" "              \
	"ObjetoImp=\"01\"/></cfdi:Conceptos><cfdi:Complemento>"
#define TAIL_40 "</cfdi:Complemento></cfdi:Comprobante>"

#define DOCUMENT_ID "IdDocumento=\"F493547F-D64D-4033-B0C3-1008C25495F9\" "

/* A transfer in pesos for one document, with every tax that has a total. */
static const char receipt[] = HEAD_40
	"<pago20:Pagos Version=\"2.0\"><pago20:Totales TotalRetencionesIVA=\"10.67\" "
	"TotalRetencionesISR=\"10.00\" TotalRetencionesIEPS=\"30.00\" "
	"TotalTrasladosBaseIVA16=\"100.00\" TotalTrasladosImpuestoIVA16=\"16.00\" "
	"TotalTrasladosBaseIVA8=\"50.00\" TotalTrasladosImpuestoIVA8=\"4.00\" "
	"TotalTrasladosBaseIVA0=\"20.00\" TotalTrasladosImpuestoIVA0=\"0.00\" "
	"TotalTrasladosBaseIVAExento=\"30.00\" MontoTotalPagos=\"400.00\"/>"
	"<pago20:Pago FechaPago=\"2024-11-07T12:00:00\" FormaDePagoP=\"03\" MonedaP=\"MXN\" "
	"TipoCambioP=\"1\" Monto=\"400.00\" RfcEmisorCtaOrd=\"XEXX010101000\" "
	"NomBancoOrdExt=\"BANCO\" CtaOrdenante=\"012345678901234567\" "
	"RfcEmisorCtaBen=\"EKU9003173C9\" CtaBeneficiario=\"0123456789\" TipoCadPago=\"01\" "
	"CertPago=\"QUFB\" CadPago=\"cadena\" SelloPago=\"QUFB\">"
	"<pago20:DoctoRelacionado " DOCUMENT_ID "MonedaDR=\"MXN\" EquivalenciaDR=\"1\" "
	"NumParcialidad=\"1\" ImpSaldoAnt=\"500.00\" ImpPagado=\"400.00\" "
	"ImpSaldoInsoluto=\"100.00\" ObjetoImpDR=\"02\"><pago20:ImpuestosDR>"
	"<pago20:RetencionesDR>"
	"<pago20:RetencionDR BaseDR=\"100.00\" ImpuestoDR=\"001\" TipoFactorDR=\"Tasa\" "
	"TasaOCuotaDR=\"0.100000\" ImporteDR=\"10.00\"/>"
	"<pago20:RetencionDR BaseDR=\"100.00\" ImpuestoDR=\"002\" TipoFactorDR=\"Tasa\" "
	"TasaOCuotaDR=\"0.106667\" ImporteDR=\"10.67\"/>"
	"<pago20:RetencionDR BaseDR=\"100.00\" ImpuestoDR=\"003\" TipoFactorDR=\"Tasa\" "
	"TasaOCuotaDR=\"0.300000\" ImporteDR=\"30.00\"/>"
	"</pago20:RetencionesDR><pago20:TrasladosDR>"
	"<pago20:TrasladoDR BaseDR=\"100.00\" ImpuestoDR=\"002\" TipoFactorDR=\"Tasa\" "
	"TasaOCuotaDR=\"0.160000\" ImporteDR=\"16.00\"/>"
	"<pago20:TrasladoDR BaseDR=\"50.00\" ImpuestoDR=\"002\" TipoFactorDR=\"Tasa\" "
	"TasaOCuotaDR=\"0.080000\" ImporteDR=\"4.00\"/>"
	"<pago20:TrasladoDR BaseDR=\"20.00\" ImpuestoDR=\"002\" TipoFactorDR=\"Tasa\" "
	"TasaOCuotaDR=\"0.000000\" ImporteDR=\"0.00\"/>"
	"<pago20:TrasladoDR BaseDR=\"30.00\" ImpuestoDR=\"002\" TipoFactorDR=\"Exento\"/>"
	"</pago20:TrasladosDR></pago20:ImpuestosDR></pago20:DoctoRelacionado>"
	"<pago20:ImpuestosP><pago20:RetencionesP>"
	"<pago20:RetencionP ImpuestoP=\"001\" ImporteP=\"10.00\"/>"
	"<pago20:RetencionP ImpuestoP=\"002\" ImporteP=\"10.67\"/>"
	"<pago20:RetencionP ImpuestoP=\"003\" ImporteP=\"30.00\"/>"
	"</pago20:RetencionesP><pago20:TrasladosP>"
	"<pago20:TrasladoP BaseP=\"100.00\" ImpuestoP=\"002\" TipoFactorP=\"Tasa\" "
	"TasaOCuotaP=\"0.160000\" ImporteP=\"16.00\"/>"
	"<pago20:TrasladoP BaseP=\"50.00\" ImpuestoP=\"002\" TipoFactorP=\"Tasa\" "
	"TasaOCuotaP=\"0.080000\" ImporteP=\"4.00\"/>"
	"<pago20:TrasladoP BaseP=\"20.00\" ImpuestoP=\"002\" TipoFactorP=\"Tasa\" "
	"TasaOCuotaP=\"0.000000\" ImporteP=\"0.00\"/>"
	"<pago20:TrasladoP BaseP=\"30.00\" ImpuestoP=\"002\" TipoFactorP=\"Exento\"/>"
	"</pago20:TrasladosP></pago20:ImpuestosP></pago20:Pago></pago20:Pagos>" TAIL_40;

/* Dollars for an invoice in pesos, and a second invoice in yen. */
static const char foreign[] = HEAD_40
	"<pago20:Pagos Version=\"2.0\"><pago20:Totales TotalTrasladosBaseIVA16=\"1724.14\" "
	"TotalTrasladosImpuestoIVA16=\"275.86\" MontoTotalPagos=\"3000.00\"/>"
	"<pago20:Pago FechaPago=\"2024-11-07T12:00:00\" FormaDePagoP=\"01\" MonedaP=\"USD\" "
	"TipoCambioP=\"20.0000\" Monto=\"150.00\">"
	"<pago20:DoctoRelacionado " DOCUMENT_ID "MonedaDR=\"MXN\" EquivalenciaDR=\"20.0000\" "
	"NumParcialidad=\"1\" ImpSaldoAnt=\"2000.00\" ImpPagado=\"2000.00\" "
	"ImpSaldoInsoluto=\"0.00\" ObjetoImpDR=\"02\"><pago20:ImpuestosDR><pago20:TrasladosDR>"
	"<pago20:TrasladoDR BaseDR=\"1724.14\" ImpuestoDR=\"002\" TipoFactorDR=\"Tasa\" "
	"TasaOCuotaDR=\"0.160000\" ImporteDR=\"275.86\"/>"
	"</pago20:TrasladosDR></pago20:ImpuestosDR></pago20:DoctoRelacionado>"
	"<pago20:DoctoRelacionado " DOCUMENT_ID "MonedaDR=\"JPY\" EquivalenciaDR=\"150.0\" "
	"NumParcialidad=\"2\" ImpSaldoAnt=\"10000\" ImpPagado=\"7500\" "
	"ImpSaldoInsoluto=\"2500\" ObjetoImpDR=\"01\"/>"
	"<pago20:ImpuestosP><pago20:TrasladosP>"
	"<pago20:TrasladoP BaseP=\"86.207000\" ImpuestoP=\"002\" TipoFactorP=\"Tasa\" "
	"TasaOCuotaP=\"0.160000\" ImporteP=\"13.793000\"/>"
	"</pago20:TrasladosP></pago20:ImpuestosP></pago20:Pago></pago20:Pagos>" TAIL_40;

static const char old[] =
	"<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/3\" "
	"xmlns:pago10=\"http://www.sat.gob.mx/Pagos\" Version=\"3.3\" "
	"Fecha=\"2020-11-08T10:10:10\" Sello=\"AAAA\" NoCertificado=\"99001000000000000011\" "
	"Certificado=\"AAAA\" SubTotal=\"0\" Moneda=\"XXX\" Total=\"0\" "
	"TipoDeComprobante=\"P\" LugarExpedicion=\"06600\">"
	"<cfdi:Emisor Rfc=\"EKU9003173C9\" RegimenFiscal=\"601\"/>"
	"<cfdi:Receptor Rfc=\"COSC8001137NA\" UsoCFDI=\"P01\"/>"
	"<cfdi:Conceptos><cfdi:Concepto ClaveProdServ=\"84111506\" Cantidad=\"1\" "
	"ClaveUnidad=\"ACT\" Descripcion=\"Pago\" ValorUnitario=\"0\" Importe=\"0\"/>"
	"</cfdi:Conceptos><cfdi:Complemento><pago10:Pagos Version=\"1.0\">"
	"<pago10:Pago FechaPago=\"2020-11-07T12:00:00\" FormaDePagoP=\"02\" MonedaP=\"MXN\" "
	"Monto=\"300.00\" CtaOrdenante=\"01234567890\"><pago10:DoctoRelacionado " DOCUMENT_ID
	"MonedaDR=\"USD\" TipoCambioDR=\"0.05\" MetodoDePagoDR=\"PPD\" NumParcialidad=\"1\" "
	"ImpSaldoAnt=\"20.00\" ImpPagado=\"10.00\" ImpSaldoInsoluto=\"10.00\"/></pago10:Pago>"
	"<pago10:Pago FechaPago=\"2020-11-07T12:00:00\" FormaDePagoP=\"01\" MonedaP=\"MXN\" "
	"Monto=\"5.00\"><pago10:DoctoRelacionado " DOCUMENT_ID
	"MonedaDR=\"MXN\" MetodoDePagoDR=\"PUE\"/></pago10:Pago></pago10:Pagos>"
	"</cfdi:Complemento></cfdi:Comprobante>";

/* Nothing is found in a right receipt but its certificate and its missing stamp. */
static void right_receipts_pass(void **state)
{
	static const char *const texts[] = { receipt, foreign, old };

	for (size_t i = 0; i < CLA_LEN(texts); i++) {
		cla_auto_judgement struct cla_judgement j;
		judge(*state, cla_str_from(texts[i]), &j);
		for (const struct cla_finding *f = j.documents->findings; f; f = f->next) {
			if (f->check != CLA_CHECK_SIGNATURE && f->check != CLA_CHECK_CERTIFICATE &&
			    f->check != CLA_CHECK_STAMP)
				fail_msg("%zu: %s " CLA_STR_FMT ": " CLA_STR_FMT
					 ", not " CLA_STR_FMT,
					 i, f->rule, CLA_STR_ARG(f->where), CLA_STR_ARG(f->found),
					 CLA_STR_ARG(f->expected));
		}
	}
}

static const struct coded_control {
	const char *text, *after, *from, *to;
	const char *rule, *code;
	enum cla_verdict severity; /* PASS: fail */
} controls[] = {
	{ receipt, "", "TipoDeComprobante=\"P\"", "TipoDeComprobante=\"I\"", "pagos.type",
	  "CRP20101", 0 },
	{ receipt, "", "/Pagos20\"", "/Pagos21\"", "pagos.type", "CRP20101", 0 },
	{ old, "", "/Pagos\"", "/Pagos2\"", "pagos.type", NULL, 0 },
	{ receipt, "", "/Pagos20\"", "/Pagos\"", "pagos.version", NULL, 0 },
	{ receipt, "<pago20:Pagos", "<pago20:Pagos", "<pago20:Pagos/><pago20:Pagos",
	  "pagos.several", NULL, 0 },
	{ receipt, "", "Exportacion=\"01\"", "Exportacion=\"02\"", "pagos.export", "CRP20102", 0 },
	{ receipt, "", "SubTotal=\"0\"", "SubTotal=\"1\"", "pagos.subtotal", "CRP20103", 0 },
	{ receipt, "", "Moneda=\"XXX\"", "Moneda=\"MXN\"", "pagos.currency", "CRP20104", 0 },
	{ receipt, "", "SubTotal=", "FormaPago=\"03\" SubTotal=", "pagos.payment-form", "CRP20105",
	  0 },
	{ receipt, "", "SubTotal=", "MetodoPago=\"PUE\" SubTotal=", "pagos.payment-method",
	  "CRP20106", 0 },
	{ receipt, "", "SubTotal=", "CondicionesDePago=\"x\" SubTotal=", "pagos.conditions",
	  "CRP20107", 0 },
	{ receipt, "", "SubTotal=", "Descuento=\"0\" SubTotal=", "pagos.discount", "CRP20108", 0 },
	{ receipt, "", "SubTotal=", "TipoCambio=\"1\" SubTotal=", "pagos.rate", "CRP20109", 0 },
	{ receipt, "", " Total=\"0\"", " Total=\"1\"", "pagos.total", "CRP20110", 0 },
	{ receipt, "", "UsoCFDI=\"CP01\"", "UsoCFDI=\"G03\"", "pagos.use", "CFDI40161", 0 },
	{ receipt, "", "<cfdi:Concepto ", "<cfdi:Concepto/><cfdi:Concepto ", "pagos.line-count",
	  "CRP20111", 0 },
	{ receipt, "", "ObjetoImp=\"01\"/>",
	  "ObjetoImp=\"01\"><cfdi:CuentaPredial Numero=\"1\"/></cfdi:Concepto>",
	  "pagos.line-children", "CRP20112", 0 },
	{ receipt, "", "\"84111506\"", "\"84111505\"", "pagos.line-key", "CRP20113", 0 },
	{ receipt, "", "Cantidad=", "NoIdentificacion=\"1\" Cantidad=", "pagos.line-id", "CRP20114",
	  0 },
	{ receipt, "", "Cantidad=\"1\"", "Cantidad=\"2\"", "pagos.line-quantity", "CRP20115", 0 },
	{ receipt, "", "ClaveUnidad=\"ACT\"", "ClaveUnidad=\"E48\"", "pagos.line-unit-key",
	  "CRP20116", 0 },
	{ receipt, "", "ClaveUnidad=", "Unidad=\"x\" ClaveUnidad=", "pagos.line-unit", "CRP20117",
	  0 },
	{ receipt, "", "Descripcion=\"Pago\"", "Descripcion=\"pago\"", "pagos.line-text",
	  "CRP20118", 0 },
	{ receipt, "", "ValorUnitario=\"0\"", "ValorUnitario=\"1\"", "pagos.line-value", "CRP20119",
	  0 },
	{ receipt, "", "Importe=\"0\"", "Importe=\"1\"", "pagos.line-amount", "CRP20120", 0 },
	{ receipt, "", "ClaveUnidad=", "Descuento=\"0\" ClaveUnidad=", "pagos.line-discount",
	  "CRP20121", 0 },
	{ receipt, "", "ObjetoImp=\"01\"", "ObjetoImp=\"02\"", "pagos.line-tax-object", "CRP20122",
	  0 },
	{ receipt, "", "<cfdi:Complemento>", "<cfdi:Impuestos/><cfdi:Complemento>", "pagos.taxes",
	  "CRP20123", 0 },
	{ receipt, "", "TotalRetencionesIVA=\"10.67", "TotalRetencionesIVA=\"10.68",
	  "pagos.total-withheld-iva", "CRP20201", 0 },
	{ receipt, "", "TotalRetencionesISR=\"10.00", "TotalRetencionesISR=\"10.01",
	  "pagos.total-withheld-isr", "CRP20202", 0 },
	{ receipt, "", "TotalRetencionesIEPS=\"30.00", "TotalRetencionesIEPS=\"30.01",
	  "pagos.total-withheld-ieps", "CRP20203", 0 },
	{ receipt, "", "BaseIVA16=\"100.00", "BaseIVA16=\"100.01", "pagos.total-base-16",
	  "CRP20204", 0 },
	{ foreign, "", "BaseIVA16=\"1724.14", "BaseIVA16=\"86.21", "pagos.total-base-16",
	  "CRP20204", 0 },
	{ receipt, "", "ImpuestoIVA16=\"16.00", "ImpuestoIVA16=\"16.01", "pagos.total-tax-16",
	  "CRP20205", 0 },
	{ receipt, "<pago20:ImpuestosP>", "ImporteP=\"16.00\"", "ImporteP=\"x\"",
	  "pagos.total-tax-16", "CRP20205", CLA_VERDICT_UNKNOWN },
	{ receipt, "", "BaseIVA8=\"50.00", "BaseIVA8=\"50.01", "pagos.total-base-8", "CRP20206",
	  0 },
	{ receipt, "", "ImpuestoIVA8=\"4.00", "ImpuestoIVA8=\"4.01", "pagos.total-tax-8",
	  "CRP20207", 0 },
	{ receipt, "", "BaseIVA0=\"20.00", "BaseIVA0=\"20.01", "pagos.total-base-0", "CRP20208",
	  0 },
	{ receipt, "", "ImpuestoIVA0=\"0.00", "ImpuestoIVA0=\"0.01", "pagos.total-tax-0",
	  "CRP20209", 0 },
	{ receipt, "", "BaseIVAExento=\"30.00", "BaseIVAExento=\"30.01", "pagos.total-base-exempt",
	  "CRP20210", 0 },
	{ receipt, "", "MontoTotalPagos=\"400.00", "MontoTotalPagos=\"400.01", "pagos.total-paid",
	  "CRP20211", 0 },
	{ foreign, "", "TipoCambioP=\"20.0000\"", "TipoCambioP=\"20.0001\"", "pagos.total-paid",
	  "CRP20211", 0 },
	{ foreign, "", "Monto=\"150.00\"", "Mont=\"150.00\"", "pagos.total-paid", "CRP20211",
	  CLA_VERDICT_UNKNOWN },
	{ receipt, "", "FormaDePagoP=\"03\"", "FormaDePagoP=\"99\"", "pagos.form", "CRP20212", 0 },
	{ receipt, "", "MonedaP=\"MXN\"", "MonedaP=\"XXX\"", "pagos.payment-currency", "CRP20213",
	  0 },
	{ foreign, "", "TipoCambioP=\"20.0000\"", "", "pagos.payment-rate", "CRP20214", 0 },
	{ receipt, "", "TipoCambioP=\"1\"", "TipoCambioP=\"1.1\"", "pagos.payment-rate-mxn",
	  "CRP20215", 0 },
	{ receipt, "", " Monto=\"400.00", " Monto=\"399.99", "pagos.paid-documents", "CRP20217",
	  0 },
	{ foreign, "", " Monto=\"150.00", " Monto=\"149.90", "pagos.paid-documents", "CRP20217",
	  0 },
	{ foreign, "", "MonedaP=\"USD\"", "MonedaP=\"UDS\"", "pagos.paid-documents", "CRP20217",
	  CLA_VERDICT_UNKNOWN },
	{ receipt, "", " Monto=\"400.00", " Monto=\"0", "pagos.amount", "CRP20218", 0 },
	{ receipt, "", " Monto=\"400.00", " Monto=\"400.000", "pagos.amount-decimals", "CRP20219",
	  0 },
	{ receipt, "", "FormaDePagoP=\"03\"", "FormaDePagoP=\"01\"", "pagos.payer-bank", "CRP20221",
	  0 },
	{ receipt, "", "NomBancoOrdExt=\"BANCO\"", "", "pagos.payer-bank-name", "CRP20223", 0 },
	{ receipt, "", "FormaDePagoP=\"03\"", "FormaDePagoP=\"01\"", "pagos.payer-account",
	  "CRP20224", 0 },
	{ receipt, "", "012345678901234567\"", "01234567890123456\"", "pagos.payer-account-form",
	  "CRP20225", 0 },
	{ receipt, "", "FormaDePagoP=\"03\"", "FormaDePagoP=\"04\"", "pagos.payer-account-form",
	  "CRP20225", 0 },
	{ receipt, "", "\"0123456789\"", "\"012345678A\"", "pagos.payee-account-form", "CRP20226",
	  0 },
	{ receipt, "", "FormaDePagoP=\"03\"", "FormaDePagoP=\"06\"", "pagos.payee-bank", "CRP20227",
	  0 },
	{ receipt, "", "FormaDePagoP=\"03\"", "FormaDePagoP=\"06\"", "pagos.payee-account",
	  "CRP20228", 0 },
	{ receipt, "", "FormaDePagoP=\"03\"", "FormaDePagoP=\"02\"", "pagos.chain", "CRP20229", 0 },
	{ receipt, "", "CertPago=", "CertPag=", "pagos.chain-cert", "CRP20230", 0 },
	{ receipt, "", "TipoCadPago=", "TipoCadPag=", "pagos.chain-cert-alone", "CRP20231", 0 },
	{ receipt, "", " CadPago=", " CadPag=", "pagos.chain-cad", "CRP20232", 0 },
	{ receipt, "", "TipoCadPago=", "TipoCadPag=", "pagos.chain-cad-alone", "CRP20233", 0 },
	{ receipt, "", "SelloPago=", "SelloPag=", "pagos.chain-sello", "CRP20234", 0 },
	{ receipt, "", "TipoCadPago=", "TipoCadPag=", "pagos.chain-sello-alone", "CRP20235", 0 },
	{ receipt, "", "MonedaDR=\"MXN\"", "MonedaDR=\"XXX\"", "pagos.document-currency",
	  "CRP20236", 0 },
	{ foreign, "", "EquivalenciaDR=\"150.0\"", "", "pagos.document-rate", "CRP20237", 0 },
	{ receipt, "", "EquivalenciaDR=\"1\"", "EquivalenciaDR=\"1.01\"",
	  "pagos.document-rate-equal", "CRP20238", 0 },
	{ receipt, "", "ImpSaldoAnt=\"500.00", "ImpSaldoAnt=\"0", "pagos.balance-before",
	  "CRP20239", 0 },
	{ foreign, "", "ImpSaldoAnt=\"10000", "ImpSaldoAnt=\"10000.0",
	  "pagos.balance-before-decimals", "CRP20240", 0 },
	{ receipt, "", "ImpPagado=\"400.00", "ImpPagado=\"0.00", "pagos.paid", "CRP20241", 0 },
	{ receipt, "", "ImpPagado=\"400.00", "ImpPagado=\"x", "pagos.paid", "CRP20241",
	  CLA_VERDICT_UNKNOWN },
	{ foreign, "", "ImpPagado=\"7500", "ImpPagado=\"7500.0", "pagos.paid-decimals", "CRP20242",
	  0 },
	{ foreign, "", "ImpSaldoInsoluto=\"2500", "ImpSaldoInsoluto=\"2500.0",
	  "pagos.balance-decimals", "CRP20243", 0 },
	{ receipt, "", "ImpSaldoInsoluto=\"100.00", "ImpSaldoInsoluto=\"100.01", "pagos.balance",
	  "CRP20244", 0 },
	{ receipt, "", "ImpSaldoAnt=\"500.00", "ImpSaldoAnt=\"x", "pagos.balance", "CRP20244",
	  CLA_VERDICT_UNKNOWN },
	{ receipt, "", "ObjetoImpDR=\"02\"", "ObjetoImpDR=\"99\"", "pagos.document-tax-object",
	  "CRP20245", 0 },
	{ foreign, "", "ObjetoImpDR=\"01\"", "ObjetoImpDR=\"02\"", "pagos.document-taxes-missing",
	  "CRP20246", 0 },
	{ receipt, "", "ObjetoImpDR=\"02\"", "ObjetoImpDR=\"01\"", "pagos.document-taxes-excess",
	  "CRP20247", 0 },
	{ receipt, "", "ObjetoImpDR=\"02\"", "ObjetoImpDR=\"06\"", "pagos.document-taxes-6-8",
	  "CRP20278", 0 },
	{ receipt, "", "ObjetoImpDR=\"02\"", "ObjetoImpDR=\"07\"", "pagos.document-taxes-7",
	  "CRP20279", 0 },
	{ foreign, "", "ObjetoImpDR=\"01\"", "ObjetoImpDR=\"07\"", "pagos.document-taxes-7",
	  "CRP20279", 0 },
	{ foreign, "", "ObjetoImpDR=\"01\"/>",
	  "ObjetoImpDR=\"02\"><pago20:ImpuestosDR/></pago20:DoctoRelacionado>",
	  "pagos.document-taxes-empty", "CRP20248", 0 },
	{ receipt, "<pago20:RetencionesDR>", "BaseDR=\"100.00", "BaseDR=\"0.00",
	  "pagos.withholding-base", "CRP20249", 0 },
	{ receipt, "<pago20:RetencionesDR>", "ImpuestoDR=\"001", "ImpuestoDR=\"004",
	  "pagos.withholding-tax", "CRP20250", 0 },
	{ receipt, "<pago20:RetencionesDR>", "TipoFactorDR=\"Tasa", "TipoFactorDR=\"tasa",
	  "pagos.withholding-factor", "CRP20251", 0 },
	{ receipt, "<pago20:RetencionesDR>", "TipoFactorDR=\"Tasa", "TipoFactorDR=\"Exento",
	  "pagos.withholding-exempt", "CRP20252", 0 },
	{ receipt, "<pago20:RetencionesDR>", "TasaOCuotaDR=\"0.100000", "TasaOCuotaDR=\"0.900000",
	  "pagos.withholding-rate", "CRP20253", 0 },
	{ receipt, "<pago20:RetencionesDR>", "ImporteDR=\"10.00", "ImporteDR=\"10.02",
	  "pagos.withholding-amount", "CRP20254", 0 },
	{ receipt, "<pago20:TrasladosDR>", "BaseDR=\"100.00", "BaseDR=\"0.00",
	  "pagos.transfer-base", "CRP20255", 0 },
	{ receipt, "<pago20:TrasladosDR>", "ImpuestoDR=\"002", "ImpuestoDR=\"005",
	  "pagos.transfer-tax", "CRP20256", 0 },
	{ receipt, "<pago20:TrasladosDR>", "TipoFactorDR=\"Tasa", "TipoFactorDR=\"Taza",
	  "pagos.transfer-factor", "CRP20257", 0 },
	{ receipt, "<pago20:TrasladosDR>", "TipoFactorDR=\"Exento\"",
	  "TipoFactorDR=\"Exento\" ImporteDR=\"0\"", "pagos.transfer-exempt", "CRP20258", 0 },
	{ receipt, "<pago20:TrasladosDR>", "ImporteDR=\"16.00\"", "", "pagos.transfer-rated",
	  "CRP20259", 0 },
	{ receipt, "<pago20:TrasladosDR>", "TasaOCuotaDR=\"0.160000", "TasaOCuotaDR=\"0.170000",
	  "pagos.transfer-rate", "CRP20260", 0 },
	{ receipt, "<pago20:TrasladosDR>", "ImporteDR=\"16.00", "ImporteDR=\"16.02",
	  "pagos.transfer-amount", "CRP20261", 0 },
	{ receipt, "<pago20:ImpuestosP>", "ImpuestoP=\"001", "ImpuestoP=\"009",
	  "pagos.payment-withholding-tax", "CRP20262", 0 },
	{ receipt, "<pago20:ImpuestosP>", "ImpuestoP=\"001", "ImpuestoP=\"002",
	  "pagos.payment-withholding-twice", "CRP20263", 0 },
	{ receipt, "", "TotalRetencionesISR=\"10.00\"", "", "pagos.payment-withholding-total",
	  "CRP20264", 0 },
	{ receipt, "<pago20:ImpuestosP>", "ImporteP=\"10.00", "ImporteP=\"10.01",
	  "pagos.payment-withholding", "CRP20265", 0 },
	{ receipt, "<pago20:ImpuestosP>", "TipoFactorP=\"Exento\"",
	  "TipoFactorP=\"Exento\" ImporteP=\"0.00\"", "pagos.payment-exempt", "CRP20266", 0 },
	{ receipt, "", "TotalTrasladosBaseIVA8=\"50.00\"", "", "pagos.payment-base-total",
	  "CRP20267", 0 },
	{ receipt, "<pago20:ImpuestosP>", "BaseP=\"100.00", "BaseP=\"99.99", "pagos.payment-base",
	  "CRP20268", 0 },
	{ foreign, "<pago20:ImpuestosP>", "BaseP=\"86.207000", "BaseP=\"86.208000",
	  "pagos.payment-base", "CRP20268", 0 },
	{ receipt, "<pago20:ImpuestosP>", "BaseP=\"30.00", "BaseP=\"30.01",
	  "pagos.payment-base-exempt", "CRP20269", 0 },
	{ receipt, "<pago20:TrasladosP>", "ImpuestoP=\"002", "ImpuestoP=\"000",
	  "pagos.payment-transfer-tax", "CRP20270", 0 },
	{ receipt, "<pago20:TrasladosP>", "0.080000", "0.1600", "pagos.payment-transfer-twice",
	  "CRP20271", 0 },
	{ receipt, "<pago20:TrasladosP>", "0.160000", "0.170000", "pagos.payment-transfer-rate",
	  "CRP20272", 0 },
	{ receipt, "", "TotalTrasladosImpuestoIVA8=\"4.00\"", "", "pagos.payment-tax-total",
	  "CRP20273", 0 },
	{ receipt, "<pago20:TrasladosP>", "ImporteP=\"16.00", "ImporteP=\"16.01",
	  "pagos.payment-transfer", "CRP20274", 0 },
	{ foreign, "<pago20:TrasladosP>", "ImporteP=\"13.793000", "ImporteP=\"13.792000",
	  "pagos.payment-transfer", "CRP20274", 0 },
	/* Pagos 1.0 */
	{ old, "", "SubTotal=\"0\"", "SubTotal=\"1\"", "pagos.subtotal", "CRP102", 0 },
	{ old, "", "UsoCFDI=\"P01\"", "UsoCFDI=\"G03\"", "pagos.use", "CRP110", 0 },
	{ old, "", "MonedaP=\"MXN\"", "MonedaP=\"MXN\" TipoCambioP=\"1\"", "pagos.payment-rate-mxn",
	  "CRP204", 0 },
	{ old, "", "</pago10:Pago>", "<pago10:Impuestos/></pago10:Pago>", "pagos.taxes-10",
	  "CRP237", 0 },
	{ old, "", "Monto=\"300.00", "Monto=\"180.00", "pagos.paid-documents", "CRP206", 0 },
	{ old, "", "TipoCambioDR=\"0.05\"", "", "pagos.document-rate", "CRP218", 0 },
	{ old, "", "ImpSaldoInsoluto=\"10.00", "ImpSaldoInsoluto=\"9.00", "pagos.balance", "CRP226",
	  0 },
	{ old, "", "FormaDePagoP=\"02\"", "FormaDePagoP=\"06\"", "pagos.payer-account-form",
	  "CRP213", 0 },
};

static void rules_reject(void **state)
{
	size_t wrong = 0;

	for (size_t i = 0; i < CLA_LEN(controls); i++) {
		const struct coded_control *t = &controls[i];
		cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		enum cla_verdict due = t->severity ? t->severity : CLA_VERDICT_FAIL;
		swap(t->text, t->after, t->from, t->to, &bad);
		judge(*state, cla_buf_str(&bad), &j);
		const struct cla_finding *f = finding_of(j.documents, t->rule);
		bool right = f && f->severity == due &&
			     (!t->code ? !f->code : f->code && !strcmp(f->code, t->code));
		if (!right) {
			print_message("%s (%s): %s %s\n", t->rule, t->to,
				      f ? cla_verdict_name(f->severity) : "not found",
				      f && f->code ? f->code : "");
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* What would take too long to compare is unknown, and does not take long. */
static void many_taxes_are_unknown(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;
	const char *at = strstr(receipt, "<pago20:TrasladoP ");

	cla_buf_add(&text, (struct cla_str){ receipt, (size_t)(at - receipt) });
	for (size_t i = 0; i < 20000; i++)
		cla_buf_addf(&text,
			     "<pago20:TrasladoP BaseP=\"1\" ImpuestoP=\"003\" "
			     "TipoFactorP=\"Cuota\" TasaOCuotaP=\"%zu\"/>",
			     i);
	cla_buf_addc(&text, at);
	judge(*state, cla_buf_str(&text), &j);
	assert_int_equal(finding_of(j.documents, "pagos.payment-base")->severity,
			 CLA_VERDICT_UNKNOWN);
	assert_int_equal(finding_of(j.documents, "pagos.payment-transfer-twice")->severity,
			 CLA_VERDICT_UNKNOWN);
}

static void no_rule_is_without_control(void **state)
{
	(void)state;
	for (size_t r = 0; r < cla_pagos_rules.count; r++) {
		size_t i = 0;
		while (i < CLA_LEN(controls) &&
		       strcmp(controls[i].rule, cla_pagos_rules.rules[r].id) != 0)
			i++;
		if (i == CLA_LEN(controls))
			fail_msg("%s has no control", cla_pagos_rules.rules[r].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_receipts_pass),
		cmocka_unit_test(rules_reject),
		cmocka_unit_test(many_taxes_are_unknown),
		cmocka_unit_test(no_rule_is_without_control),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
