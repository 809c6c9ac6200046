/* fiscal/nomina_test.c - payroll receipts: a negative and a positive control for every rule. */
#include "fiscal/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

#define SENIORITY                                                                                  \
	"Antig\xc3\xbc"                                                                            \
	"edad"

/* Every kind of perception, deduction and other payment that asks for something. */
#define PAYROLL                                                                                    \
	"<nomina12:Nomina Version=\"1.2\" TipoNomina=\"O\" FechaPago=\"2024-11-15\" "              \
	"FechaInicialPago=\"2024-11-01\" FechaFinalPago=\"2024-11-15\" NumDiasPagados=\"15.000\" " \
	"TotalPercepciones=\"1740.00\" TotalDeducciones=\"230.00\" TotalOtrosPagos=\"45.00\">"     \
	"<nomina12:Emisor RegistroPatronal=\"Y1234567890\">"                                       \
	"<nomina12:EntidadSNCF OrigenRecurso=\"IP\"/></nomina12:Emisor>"                           \
	"<nomina12:Receptor Curp=\"COSC800113MDFNLL09\" NumSeguridadSocial=\"1\" "                 \
	"FechaInicioRelLaboral=\"2020-01-31\" " SENIORITY "=\"P250W\" TipoContrato=\"01\" "        \
	"TipoJornada=\"01\" TipoRegimen=\"02\" NumEmpleado=\"1\" RiesgoPuesto=\"1\" "              \
	"PeriodicidadPago=\"04\" Banco=\"002\" CuentaBancaria=\"0123456789\" "                     \
	"SalarioDiarioIntegrado=\"100.00\" ClaveEntFed=\"MEX\">"                                   \
	"<nomina12:SubContratacion RfcLabora=\"EKU9003173C9\" PorcentajeTiempo=\"60\"/>"           \
	"<nomina12:SubContratacion RfcLabora=\"DPC180910DE1\" PorcentajeTiempo=\"40.000\"/>"       \
	"</nomina12:Receptor><nomina12:Percepciones TotalSueldos=\"1240.00\" "                     \
	"TotalSeparacionIndemnizacion=\"200.00\" TotalJubilacionPensionRetiro=\"300.00\" "         \
	"TotalGravado=\"1730.00\" TotalExento=\"10.00\">" PERCEPTION(                              \
		"001", "1000.00", "10.00") PERCEPTION("022", "200.00", "0.00")                     \
		PERCEPTION("039", "300.00", "0.00") PERCEPTION_WITH(                               \
			"045", "50.00",                                                            \
			"<nomina12:AccionesOTitulos ValorMercado=\"1.00\" "                        \
			"PrecioAlOtorgarse=\"1.00\"/>") PERCEPTION_WITH("019", "100.00",           \
									"<nomina12:HorasExtra "    \
									"Dias=\"1\" "              \
									"TipoHoras=\"01\" "        \
									"HorasExtra=\"1\" "        \
									"ImportePagado=\"100."     \
									"00\"/>")                  \
			PERCEPTION(                                                                \
				"014", "80.00",                                                    \
				"0.00") "<nomina12:JubilacionPensionRetiro "                       \
					"TotalUnaExhibicion=\"300.00\" "                           \
					"IngresoAcumulable=\"1.00\" "                              \
					"IngresoNoAcumulable=\"1.00\"/>"                           \
					"<nomina12:SeparacionIndemnizacion "                       \
					"TotalPagado=\"200.00\" "                                  \
					"NumA\xc3\xb1osServicio=\"1\" "                            \
					"UltimoSueldoMensOrd=\"1.00\" IngresoAcumulable=\"1.00\" " \
					"IngresoNoAcumulable=\"1.00\"/></nomina12:Percepciones>"   \
					"<nomina12:Deducciones TotalOtrasDeducciones=\"130.00\" "  \
					"TotalImpuestosRetenidos=\"100.00\">" DEDUCTION("001",     \
											"50.00")   \
						DEDUCTION("002", "100.00") DEDUCTION(              \
							"006",                                     \
							"80.00") "</"                              \
								 "nomina12:Deducciones><nomina12:" \
								 "OtrosPagos>" OTHER("002",        \
										     "10.00",      \
										     "<nomina12:"  \
										     "SubsidioAlE" \
										     "mpleo "      \
										     "SubsidioCau" \
										     "sado=\"20."  \
										     "00\"/>")     \
									 OTHER("004", "30.00",     \
									       "<nomina12:"        \
									       "CompensacionSaldo" \
									       "sAFavor "          \
									       "SaldoAFavor=\"40." \
									       "00\" "             \
									       "A\xc3\xb1o="       \
									       "\"2023\" "         \
									       "RemanenteSalFav="  \
									       "\"5.00\"/>")       \
										 OTHER("003",      \
										       "5.00",     \
										       "") "</"    \
											   "nomin" \
											   "a12:"  \
											   "Otros" \
											   "Pagos" \
											   "><"    \
											   "nomin" \
											   "a12:"  \
											   "Incap" \
											   "acida" \
											   "des><" \
											   "nomin" \
											   "a12:"  \
											   "Incap" \
											   "acida" \
											   "d "    \
											   "DiasI" \
											   "ncapa" \
											   "cidad" \
											   "=\"1"  \
											   "\" "   \
											   "TipoI" \
											   "ncapa" \
											   "cidad" \
											   "=\"01" \
											   "\" "   \
											   "Impor" \
											   "teMon" \
											   "etari" \
											   "o="    \
											   "\"80." \
											   "00\"/" \
											   ">"     \
											   "</"    \
											   "nomin" \
											   "a12:"  \
											   "Incap" \
											   "acida" \
											   "des><" \
											   "/nomi" \
											   "na12:" \
											   "Nomin" \
											   "a>"
#define PERCEPTION_WITH(kind, taxed, child)                                                        \
	"<nomina12:Percepcion TipoPercepcion=\"" kind "\" Clave=\"001\" Concepto=\"x\" "           \
	"ImporteGravado=\"" taxed "\" ImporteExento=\"0.00\">" child "</nomina12:Percepcion>"
#define PERCEPTION(kind, taxed, exempt)                                                            \
	"<nomina12:Percepcion TipoPercepcion=\"" kind "\" Clave=\"001\" Concepto=\"x\" "           \
	"ImporteGravado=\"" taxed "\" ImporteExento=\"" exempt "\"/>"
#define DEDUCTION(kind, amount)                                                                    \
	"<nomina12:Deduccion TipoDeduccion=\"" kind "\" Clave=\"001\" Concepto=\"x\" "             \
	"Importe=\"" amount "\"/>"
#define OTHER(kind, amount, child)                                                                 \
	"<nomina12:OtroPago TipoOtroPago=\"" kind "\" Clave=\"001\" Concepto=\"x\" "               \
	"Importe=\"" amount "\">" child "</nomina12:OtroPago>"

static const char receipt[] =
	"<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/4\" "
	"xmlns:nomina12=\"http://www.sat.gob.mx/nomina12\" Version=\"4.0\" "
	"Fecha=\"2024-11-15T10:10:10\" Sello=\"AAAA\" NoCertificado=\"99001000000000000011\" "
	"Certificado=\"AAAA\" SubTotal=\"1785.00\" Descuento=\"230.00\" Moneda=\"MXN\" "
	"Total=\"1555.00\" TipoDeComprobante=\"N\" Exportacion=\"01\" MetodoPago=\"PUE\" "
	"LugarExpedicion=\"06600\">"
	"<cfdi:Emisor Rfc=\"EKU9003173C9\" Nombre=\"ESCUELA DEMO\" RegimenFiscal=\"601\"/>"
	"<cfdi:Receptor Rfc=\"COSC8001137NA\" Nombre=\"PERSONA DEMO\" "
	"DomicilioFiscalReceptor=\"06600\" RegimenFiscalReceptor=\"605\" UsoCFDI=\"CN01\"/>"
	"<cfdi:Conceptos><cfdi:Concepto ClaveProdServ=\"84111505\" Cantidad=\"1\" "
	"ClaveUnidad=\"ACT\" Descripcion=\"Pago de n\xc3\xb3mina\" ValorUnitario=\"1785.00\" "
	"Importe=\"1785.00\" Descuento=\"230.00\" ObjetoImp=\"01\"/></cfdi:Conceptos>"
	"<cfdi:Complemento>" PAYROLL "</cfdi:Complemento></cfdi:Comprobante>";

static const char *const to_33[][2] = {
	{ "cfd/4\"", "cfd/3\"" },
	{ "Version=\"4.0\"", "Version=\"3.3\" FormaPago=\"99\"" },
	{ "Fecha=\"2024-11-15", "Fecha=\"2021-11-15" },
	{ "Exportacion=\"01\"", "" },
	{ "DomicilioFiscalReceptor=\"06600\" RegimenFiscalReceptor=\"605\" UsoCFDI=\"CN01\"",
	  "UsoCFDI=\"P01\"" },
	{ "ObjetoImp=\"01\"", "" },
	{ "A\xc3\xb1o=\"2023\"", "A\xc3\xb1o=\"2019\"" },
};

/* A pension in parts, an account with its check digit, a span in years. */
static const char *const to_other[][2] = {
	{ "Banco=\"002\" CuentaBancaria=\"0123456789\"", "CuentaBancaria=\"002010077777777771\"" },
	{ "=\"P250W\"", "=\"P4Y9M15D\"" },
	{ "TipoPercepcion=\"039\"", "TipoPercepcion=\"044\"" },
	{ "TotalUnaExhibicion=\"300.00\"", "TotalParcialidad=\"300.00\" MontoDiario=\"1.00\"" },
	{ "OrigenRecurso=\"IP\"", "OrigenRecurso=\"IM\" MontoRecursoPropio=\"1.00\"" },
};

static const char *const bases[] = { "4.0", "3.3", "other" };

static void make_base(size_t which, struct cla_buf *out)
{
	make_edited(receipt, which == 1 ? to_33 : to_other,
		    which == 1	 ? CLA_LEN(to_33)
		    : which == 2 ? CLA_LEN(to_other)
				 : 0,
		    out);
}

static void right_receipts_pass(void **state)
{
	for (size_t i = 0; i < CLA_LEN(bases); i++) {
		cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		make_base(i, &text);
		judge(*state, cla_buf_str(&text), &j);
		for (const struct cla_finding *f = j.documents->findings; f; f = f->next) {
			if (f->check != CLA_CHECK_SIGNATURE && f->check != CLA_CHECK_CERTIFICATE &&
			    f->check != CLA_CHECK_STAMP)
				fail_msg("%s: %s " CLA_STR_FMT ": " CLA_STR_FMT
					 ", not " CLA_STR_FMT,
					 bases[i], f->rule, CLA_STR_ARG(f->where),
					 CLA_STR_ARG(f->found), CLA_STR_ARG(f->expected));
		}
	}
}

static const struct coded_control {
	size_t base;
	const char *after, *from, *to;
	const char *rule, *code;
	enum cla_verdict severity;
} controls[] = {
	{ 0, "", "TipoDeComprobante=\"N\"", "TipoDeComprobante=\"E\"", "nomina.type", "NOM2", F },
	{ 0, "", "Moneda=\"MXN\"", "Moneda=\"USD\"", "nomina.currency", "NOM1", F },
	{ 1, "", "Moneda=\"MXN\"", "Moneda=\"USD\"", "nomina.currency", "NOM132", F },
	{ 1, "", "FormaPago=\"99\"", "FormaPago=\"03\"", "nomina.payment-form", "NOM133", F },
	{ 0, "", "Exportacion=\"01\"", "Exportacion=\"02\"", "nomina.export", "NOM3", F },
	{ 0, "", "<cfdi:Emisor ", "<cfdi:InformacionGlobal/><cfdi:Emisor ", "nomina.global", "NOM4",
	  F },
	{ 0, "", "<nomina12:Emisor ", "<nomina12:Emisor Curp=\"COSC800113MDFNLL09\" ",
	  "nomina.issuer-curp-absent", "NOM5", F },
	{ 0, "", "Rfc=\"EKU9003173C9\"", "Rfc=\"CACX7605101P8\"", "nomina.issuer-curp", "NOM6", F },
	{ 0, "", "RegimenFiscal=\"601\"", "RegimenFiscal=\"601\" FacAtrAdquirente=\"0123456789\"",
	  "nomina.acquirer", "NOM7", F },
	{ 0, "", "Rfc=\"COSC8001137NA\"", "Rfc=\"DPC180910DE1\"", "nomina.receiver-rfc", "NOM8",
	  F },
	{ 0, "", "Rfc=\"COSC8001137NA\"", "Rfc=\"XAXX010101000\"", "nomina.receiver-generic",
	  "NOM10", W },
	{ 0, "", "RegimenFiscalReceptor=\"605\"", "RegimenFiscalReceptor=\"612\"", "nomina.regime",
	  "NOM11", F },
	{ 0, "", "UsoCFDI=\"CN01\"", "UsoCFDI=\"G03\"", "nomina.use", "NOM12", F },
	{ 0, "", "<cfdi:Concepto ", "<cfdi:Concepto/><cfdi:Concepto ", "nomina.line-count", "NOM13",
	  F },
	{ 0, "", "84111505", "84111506", "nomina.line-key", "NOM14", F },
	{ 0, "", "Cantidad=", "NoIdentificacion=\"1\" Cantidad=", "nomina.line-id", "NOM15", F },
	{ 0, "", "Cantidad=\"1\"", "Cantidad=\"10\"", "nomina.line-quantity", "NOM16", F },
	{ 0, "", "ClaveUnidad=\"ACT\"", "ClaveUnidad=\"H87\"", "nomina.line-unit-key", "NOM17", F },
	{ 0, "", "ClaveUnidad=", "Unidad=\"x\" ClaveUnidad=", "nomina.line-unit", "NOM18", F },
	{ 0, "", "Pago de n", "pago de n", "nomina.line-text", "NOM19", F },
	{ 1, "", "Pago de n", "pago de n", "nomina.line-text", "NOM145", F },
	{ 0, "", "ValorUnitario=\"1785.00\"", "ValorUnitario=\"1784.99\"", "nomina.line-value",
	  "NOM20", F },
	{ 0, "<cfdi:Concepto ", "Importe=\"1785.00\"", "Importe=\"1785.01\"", "nomina.line-amount",
	  "NOM21", F },
	{ 0, "<cfdi:Concepto ", "Descuento=\"230.00\"", "Descuento=\"0.00\"",
	  "nomina.line-discount", "NOM22", F },
	{ 0, "<cfdi:Concepto ", "Descuento=\"230.00\"", "Descuento=\"x\"", "nomina.line-discount",
	  "NOM22", U },
	{ 0, "", "ObjetoImp=\"01\"", "ObjetoImp=\"02\"", "nomina.line-tax-object", "NOM23", F },
	{ 0, "", "ObjetoImp=\"01\"/>", "ObjetoImp=\"01\"><cfdi:Impuestos/></cfdi:Concepto>",
	  "nomina.line-taxes", "NOM24", F },
	{ 1, "", "Descuento=\"230.00\" />",
	  "Descuento=\"230.00\"><cfdi:Impuestos/></cfdi:Concepto>", "nomina.line-taxes", "NOM139",
	  F },
	{ 0, "", "ObjetoImp=\"01\"/>", "ObjetoImp=\"01\"><cfdi:ACuentaTerceros/></cfdi:Concepto>",
	  "nomina.line-third-party", "NOM25", F },
	{ 0, "", "ObjetoImp=\"01\"/>",
	  "ObjetoImp=\"01\"><cfdi:InformacionAduanera/></cfdi:Concepto>", "nomina.line-customs",
	  "NOM26", F },
	{ 0, "", "ObjetoImp=\"01\"/>", "ObjetoImp=\"01\"><cfdi:CuentaPredial/></cfdi:Concepto>",
	  "nomina.line-property", "NOM27", F },
	{ 0, "", "ObjetoImp=\"01\"/>",
	  "ObjetoImp=\"01\"><cfdi:ComplementoConcepto/></cfdi:Concepto>", "nomina.line-complement",
	  "NOM28", F },
	{ 0, "", "ObjetoImp=\"01\"/>", "ObjetoImp=\"01\"><cfdi:Parte/></cfdi:Concepto>",
	  "nomina.line-part", "NOM29", F },
	{ 1, "", "<cfdi:Complemento>", "<cfdi:Impuestos/><cfdi:Complemento>", "nomina.taxes",
	  "NOM149", F },
	{ 0, "", "ObjetoImp=\"01\"/>",
	  "ObjetoImp=\"01\"><cfdi:ComplementoConcepto><nomina12:Nomina/></cfdi:ComplementoConcepto>"
	  "</cfdi:Concepto>",
	  "nomina.place", "NOM30", F },
	{ 0, "<cfdi:Complemento>", "<nomina12:Nomina ", "<nomina12:Nomina/><nomina12:Nomina ",
	  "nomina.amounts", "NOM31", F },
	{ 0, "", "TipoNomina=\"O\"", "TipoNomina=\"X\"", "nomina.kind", "NOM32", F },
	{ 1, "", "TipoNomina=\"O\"", "TipoNomina=\"X\"", "nomina.kind", "NOM152", F },
	{ 0, "", "PeriodicidadPago=\"04\"", "PeriodicidadPago=\"99\"", "nomina.period-ordinary",
	  "NOM33", F },
	{ 0, "", "TipoNomina=\"O\"", "TipoNomina=\"E\"", "nomina.period-extra", "NOM34", F },
	{ 0, "", "FechaInicialPago=\"2024-11-01\"", "FechaInicialPago=\"2024-11-16\"",
	  "nomina.dates", "NOM35", F },
	{ 0, "", "FechaInicialPago=\"2024-11-01\"", "FechaInicialPago=\"x\"", "nomina.dates",
	  "NOM35", U },
	{ 0, "<cfdi:Complemento>", "<nomina12:Nomina ",
	  "<nomina12:Nomina TotalPercepciones=\"1.00\"/><nomina12:Nomina ",
	  "nomina.perceptions-excess", "NOM36", F },
	{ 0, "", "TotalPercepciones=\"1740.00\"", "TotalPercepciones=\"1741.00\"",
	  "nomina.perceptions", "NOM37", F },
	{ 0, "", "TotalPercepciones=\"1740.00\"", "", "nomina.perceptions", "NOM37", U },
	{ 0, "<cfdi:Complemento>", "<nomina12:Nomina ",
	  "<nomina12:Nomina TotalDeducciones=\"1.00\"/><nomina12:Nomina ",
	  "nomina.deductions-excess", "NOM38", F },
	{ 0, "", "TotalDeducciones=\"230.00\"", "TotalDeducciones=\"230.01\"", "nomina.deductions",
	  "NOM39", F },
	{ 0, "", "TotalOtrosPagos=\"45.00\"", "TotalOtrosPagos=\"44.00\"", "nomina.other-payments",
	  "NOM40", F },
	{ 0, "", "RegistroPatronal=\"Y1234567890\"", "", "nomina.registry-missing", "NOM42", F },
	{ 0, "", "TipoContrato=\"01\"", "TipoContrato=\"09\"", "nomina.registry-excess", "NOM43",
	  F },
	{ 0, "", "NumSeguridadSocial=\"1\"", "", "nomina.registry-data", "NOM44", F },
	{ 0, "", "OrigenRecurso=\"IP\"", "OrigenRecurso=\"MI\"", "nomina.source", "NOM47", F },
	{ 0, "", "OrigenRecurso=\"IP\"", "OrigenRecurso=\"IM\"", "nomina.source-own-missing",
	  "NOM48", F },
	{ 0, "", "OrigenRecurso=\"IP\"", "OrigenRecurso=\"IP\" MontoRecursoPropio=\"1.00\"",
	  "nomina.source-own-excess", "NOM49", F },
	{ 2, "", "MontoRecursoPropio=\"1.00\"", "MontoRecursoPropio=\"1785.00\"",
	  "nomina.source-own", "NOM50", F },
	{ 0, "", "TipoContrato=\"01\"", "TipoContrato=\"11\"", "nomina.contract", "NOM51", F },
	{ 0, "", "TipoJornada=\"01\"", "TipoJornada=\"09\"", "nomina.shift", "NOM52", F },
	{ 0, "", "Laboral=\"2020-01-31\"", "Laboral=\"2024-11-16\"", "nomina.start", "NOM53", F },
	{ 0, "", "=\"P250W\"", "=\"P251W\"", "nomina.seniority-weeks", "NOM54", F },
	{ 2, "", "=\"P4Y9M15D\"", "=\"P4Y9M17D\"", "nomina.seniority", "NOM55", W },
	{ 2, "", "=\"P4Y9M15D\"", "=\"P4Y8M15D\"", "nomina.seniority", "NOM55", W },
	{ 0, "", "TipoRegimen=\"02\"", "TipoRegimen=\"14\"", "nomina.contract-regime", "NOM56", F },
	{ 0, "", "TipoRegimen=\"02\"", "TipoRegimen=\"13\"", "nomina.regime-salary", "NOM57", F },
	{ 0, "", "TipoContrato=\"01\"", "TipoContrato=\"99\"", "nomina.regime-other", "NOM58", F },
	{ 0, "", "RiesgoPuesto=\"1\"", "RiesgoPuesto=\"6\"", "nomina.risk", "NOM59", F },
	{ 0, "", "PeriodicidadPago=\"04\"", "PeriodicidadPago=\"11\"", "nomina.period", "NOM60",
	  F },
	{ 0, "", "Banco=\"002\"", "Banco=\"001\"", "nomina.bank", "NOM61", F },
	{ 0, "", "\"0123456789\"", "\"012345678901\"", "nomina.account", "NOM62", F },
	{ 2, "", "CuentaBancaria=", "Banco=\"002\" CuentaBancaria=", "nomina.bank-excess", "NOM63",
	  F },
	{ 2, "", "002010077777777771", "002010077777777772", "nomina.account-digit", "NOM64", F },
	{ 0, "", "Banco=\"002\"", "", "nomina.bank-missing", "NOM65", F },
	{ 0, "", "ClaveEntFed=\"MEX\"", "ClaveEntFed=\"MXE\"", "nomina.state", "NOM66", F },
	{ 0, "", "Tiempo=\"60\"", "Tiempo=\"59.999\"", "nomina.shares", "NOM68", F },
	{ 0, "", "Tiempo=\"60\"", "Tiempo=\"x\"", "nomina.shares", "NOM68", U },
	{ 0, "", "TotalGravado=\"1730.00\"", "TotalGravado=\"1731.00\"", "nomina.perceptions-parts",
	  "NOM69", F },
	{ 0, "", "TotalSueldos=\"1240.00\"", "TotalSueldos=\"1241.00\"", "nomina.salaries", "NOM70",
	  F },
	{ 0, "", "Indemnizacion=\"200.00\"", "Indemnizacion=\"200.01\"", "nomina.severance",
	  "NOM71", F },
	{ 0, "", "Retiro=\"300.00\"", "Retiro=\"299.00\"", "nomina.pension", "NOM72", F },
	{ 1, "", "Retiro=\"300.00\"", "Retiro=\"299.00\"", "nomina.pension", "NOM192", F },
	{ 0, "", "TotalGravado=\"1730.00\"", "TotalGravado=\"1731.00\"", "nomina.taxed", "NOM73",
	  F },
	{ 0, "", "TotalExento=\"10.00\"", "TotalExento=\"9.00\"", "nomina.exempt", "NOM74", F },
	{ 0, "", "ImporteGravado=\"200.00\"", "ImporteGravado=\"0.00\"", "nomina.perception-zero",
	  "NOM75", F },
	{ 0, "", "TipoPercepcion=\"001\"", "TipoPercepcion=\"999\"", "nomina.perception", "NOM76",
	  F },
	{ 0, "", "TotalSueldos=\"1240.00\"", "", "nomina.salaries-missing", "NOM77", F },
	{ 0, "", "TotalSeparacionIndemnizacion=\"200.00\"", "", "nomina.severance-missing", "NOM78",
	  F },
	{ 0, "", "<nomina12:SeparacionIndemnizacion ", "<nomina12:Separacion ",
	  "nomina.severance-missing", "NOM78", F },
	{ 0, "", "<nomina12:JubilacionPensionRetiro ", "<nomina12:Jubilacion ",
	  "nomina.pension-missing", "NOM79", F },
	{ 0, "", "TotalUnaExhibicion=\"300.00\"", "", "nomina.pension-once", "NOM80", F },
	{ 2, "", "MontoDiario=\"1.00\"", "", "nomina.pension-parts", "NOM81", F },
	{ 0, "", "TipoPercepcion=\"001\"", "TipoPercepcion=\"045\"", "nomina.shares-missing",
	  "NOM82", F },
	{ 0, "", "TipoPercepcion=\"045\"", "TipoPercepcion=\"046\"", "nomina.shares-excess",
	  "NOM83", F },
	{ 0, "", "TipoPercepcion=\"001\"", "TipoPercepcion=\"019\"", "nomina.overtime-missing",
	  "NOM84", F },
	{ 0, "", "TipoPercepcion=\"019\"", "TipoPercepcion=\"001\"", "nomina.overtime-excess",
	  "NOM85", F },
	{ 0, "", "ImporteMonetario=\"80.00\"", "ImporteMonetario=\"81.00\"", "nomina.sick-pay",
	  "NOM87", F },
	{ 0, "", "TipoHoras=\"01\"", "TipoHoras=\"04\"", "nomina.overtime-kind", "NOM88", F },
	{ 0, "", "TotalUnaExhibicion=", "MontoDiario=\"1.00\" TotalUnaExhibicion=",
	  "nomina.pension-both", "NOM89", F },
	{ 2, "", "MontoDiario=\"1.00\"", "", "nomina.pension-daily", "NOM90", F },
	{ 0, "", "Retenidos=\"100.00\"", "Retenidos=\"101.00\"", "nomina.withheld", "NOM91", F },
	{ 0, "", "TipoDeduccion=\"002\"", "TipoDeduccion=\"003\"", "nomina.withheld-excess",
	  "NOM92", F },
	{ 0, "", "TipoDeduccion=\"001\"", "TipoDeduccion=\"999\"", "nomina.deduction", "NOM93", F },
	{ 0, "", "ImporteMonetario=\"80.00\"", "ImporteMonetario=\"x\"", "nomina.sick-deduction",
	  "NOM95", U },
	{ 0, "", "ImporteMonetario=\"80.00\"", "", "nomina.sick-deduction", "NOM95", F },
	{ 0, "TipoDeduccion=\"001\"", "Importe=\"50.00\"", "Importe=\"0.00\"",
	  "nomina.deduction-zero", "NOM96", F },
	{ 0, "", "TipoOtroPago=\"003\"", "TipoOtroPago=\"010\"", "nomina.other", "NOM97", F },
	{ 0, "", "TipoOtroPago=\"003\"", "TipoOtroPago=\"004\"", "nomina.other-balance-missing",
	  "NOM98", F },
	{ 0, "", "TipoOtroPago=\"003\"", "TipoOtroPago=\"002\"", "nomina.other-subsidy-missing",
	  "NOM99", F },
	{ 0, "TipoOtroPago=\"003\"", "Importe=\"5.00\"", "Importe=\"0.00\"", "nomina.other-zero",
	  "NOM100", F },
	{ 0, "", "SubsidioCausado=\"20.00\"", "SubsidioCausado=\"9.99\"", "nomina.subsidy",
	  "NOM101", F },
	{ 0, "", "SaldoAFavor=\"40.00\"", "SaldoAFavor=\"4.99\"", "nomina.balance", "NOM102", F },
	{ 0, "", "o=\"2023\"", "o=\"2024\"", "nomina.balance-year", "NOM103", W },
	{ 0, "", "o=\"2023\"", "o=\"2025\"", "nomina.balance-year", "NOM103", F },
	{ 0, "", "TipoIncapacidad=\"01\"", "TipoIncapacidad=\"05\"", "nomina.incapacity", "NOM104",
	  F },
	{ 1, "", "TipoIncapacidad=\"01\"", "TipoIncapacidad=\"05\"", "nomina.incapacity", "NOM224",
	  F },
};

static void check_control(void **state, const struct coded_control *t)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST), bad = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;

	make_base(t->base, &text);
	swap(cla_buf_cstr(&text), t->after, t->from, t->to, &bad);
	judge(*state, cla_buf_str(&bad), &j);
	const struct cla_finding *f = finding_of(j.documents, t->rule);
	if (!f || f->severity != t->severity ||
	    (t->code ? !f->code || strcmp(f->code, t->code) != 0 : f->code != NULL))
		fail_msg("%s (%s): %s %s", t->rule, t->to,
			 f ? cla_verdict_name(f->severity) : "not found",
			 f && f->code ? f->code : "");
}

static void rules_reject(void **state)
{
	for (size_t i = 0; i < CLA_LEN(controls); i++)
		check_control(state, &controls[i]);
}

/* What takes more than one change. */
static void whole_parts_are_missed(void **state)
{
	static const char incapacities[] =
		"<nomina12:Incapacidades><nomina12:Incapacidad DiasIncapacidad=\"1\" "
		"TipoIncapacidad=\"01\" ImporteMonetario=\"80.00\"/></nomina12:Incapacidades>";
	static const struct {
		const char *from, *to, *rule, *code;
	} cases[] = {
		{ incapacities, "", "nomina.sick-pay-missing", "NOM86" },
		{ incapacities, "", "nomina.sick-deduction-missing", "NOM94" },
		{ PAYROLL, "", "nomina.missing", NULL },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		const struct coded_control t = { 0,
						 "",
						 cases[i].from,
						 cases[i].to,
						 cases[i].rule,
						 cases[i].code,
						 CLA_VERDICT_FAIL };
		check_control(state, &t);
	}
}

/* Any number of them with one fault does not take long. */
static void many_perceptions_take_no_time(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT((size_t)32 << 20);
	cla_auto_judgement struct cla_judgement j;
	const char *at = strstr(receipt, PERCEPTION("022", "200.00", "0.00"));

	cla_buf_add(&text, (struct cla_str){ receipt, (size_t)(at - receipt) });
	for (int i = 0; i < 20000; i++)
		cla_buf_addc(&text, PERCEPTION("001", "1.00", "0.00"));
	cla_buf_addc(&text, PERCEPTION("999", "1.00", "0.00"));
	cla_buf_addc(&text, at);
	judge(*state, cla_buf_str(&text), &j);
	assert_non_null(finding_of(j.documents, "cfdi.schema"));
	assert_non_null(finding_of(j.documents, "nomina.taxed"));
}

static void no_rule_is_without_control(void **state)
{
	static const char *const apart[] = { "nomina.missing", "nomina.sick-pay-missing",
					     "nomina.sick-deduction-missing" };

	(void)state;
	for (size_t r = 0; r < cla_nomina_rules.count; r++) {
		const char *id = cla_nomina_rules.rules[r].id;
		size_t i = 0, a = 0;
		while (i < CLA_LEN(controls) && strcmp(controls[i].rule, id) != 0)
			i++;
		while (a < CLA_LEN(apart) && strcmp(apart[a], id) != 0)
			a++;
		if (i == CLA_LEN(controls) && a == CLA_LEN(apart))
			fail_msg("%s has no control", id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_receipts_pass),
		cmocka_unit_test(rules_reject),
		cmocka_unit_test(whole_parts_are_missed),
		cmocka_unit_test(many_perceptions_take_no_time),
		cmocka_unit_test(no_rule_is_without_control),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
