/* fiscal/cfdi_test.c - CFDI: the cadena original, sealed samples, versions. What each rule rejects stands
 * in src/fiscal/controls/. */
#include "base/file.h"
#include "fiscal/cfdi.h"
#include "fiscal/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/cfdi_fixture.h"

struct bench {
	struct cla_judge *judge;
	struct cla_buf invoice; /* without a seal */
	struct cla_buf sealed;	/* a sample with a true seal and stamp */
};

static void load(const char *name, struct cla_buf *out)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	struct cla_err err = CLA_ERR_INIT;

	(void)snprintf(path, sizeof(path), "%s/samples/%s", srcdir ? srcdir : ".", name);
	if (!cla_file_read(path, out, &err))
		fail_msg("%s", err.msg);
}

/* ---- cadena original ---- */

static void check_cadena(const char *text, const char *expected, const char *unknown_name)
{
	cla_auto_xml struct cla_xml_doc *doc = NULL;
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(MOST);
	const struct cla_xml *unknown = NULL;
	struct cla_xml_problem problem;
	bool well_formed, tolerated;

	assert_true(
		cla_xml_parse(cla_str_from(text), &doc, &well_formed, &problem, &tolerated, NULL));
	if (!well_formed)
		fail_msg("%s", problem.text);
	assert_true(cla_cfdi_cadena(cla_xml_root(doc), &out, &unknown));
	if (unknown_name) {
		assert_true(cla_str_eqc(cla_xml_name(unknown), unknown_name));
		return;
	}
	assert_null(unknown);
	assert_string_equal(cla_buf_cstr(&out), expected);
}

#define ROOT(inside)                                                                               \
	"<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Version='4.0'>" inside         \
	"</cfdi:Comprobante>"
/* Version, then the empty ones of Fecha, NoCertificado, SubTotal, Moneda, Total, TipoDeComprobante,
 * Exportacion, LugarExpedicion. */
#define HEAD "||4.0||||||||"
/* Likewise of 3.2. */
#define ROOT32(inside)                                                                             \
	"<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/3' version='3.2'>"                \
	"<cfdi:Complemento>" inside "</cfdi:Complemento></cfdi:Comprobante>"
#define HEAD32 "||3.2|||||||"

static void cadena_has_every_part(void **state)
{
	(void)state;
	check_cadena(
		"<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' "
		"LugarExpedicion='06600' Version='4.0' "
		"Serie='S' Folio='F' Fecha='2024-01-02T03:04:05' Sello='no' FormaPago='01' "
		"NoCertificado='30' "
		"Certificado='no' CondicionesDePago='cond' SubTotal='1' Descuento='2' Moneda='MXN' "
		"TipoCambio='3' Total='4' "
		"TipoDeComprobante='I' Exportacion='01' MetodoPago='PUE' Confirmacion='abcde'>"
		"<cfdi:InformacionGlobal Periodicidad='04' Meses='11' A\xc3\xb1o='2024'/>"
		"<cfdi:CfdiRelacionados TipoRelacion='01'><cfdi:CfdiRelacionado "
		"UUID='U1'/><cfdi:CfdiRelacionado UUID='U2'/>"
		"</cfdi:CfdiRelacionados><cfdi:CfdiRelacionados "
		"TipoRelacion='04'><cfdi:CfdiRelacionado UUID='U3'/>"
		"</cfdi:CfdiRelacionados>"
		"<cfdi:Emisor Rfc='E' Nombre='NE' RegimenFiscal='601' FacAtrAdquirente='1'/>"
		"<cfdi:Receptor UsoCFDI='G03' Rfc='R' Nombre='NR' DomicilioFiscalReceptor='D' "
		"ResidenciaFiscal='USA' "
		"NumRegIdTrib='N' RegimenFiscalReceptor='616'/>"
		"<cfdi:Conceptos><cfdi:Concepto ClaveProdServ='cp' NoIdentificacion='ni' "
		"Cantidad='1' ClaveUnidad='cu' "
		"Unidad='u' Descripcion='d' ValorUnitario='v' Importe='i' Descuento='ds' "
		"ObjetoImp='02'>"
		"<cfdi:Impuestos><cfdi:Traslados><cfdi:Traslado Base='b1' Impuesto='002' "
		"TipoFactor='Exento'/>"
		"<cfdi:Traslado Base='b2' Impuesto='002' TipoFactor='Tasa' TasaOCuota='t' "
		"Importe='im'/></cfdi:Traslados>"
		"<cfdi:Retenciones><cfdi:Retencion Base='b3' Impuesto='001' TipoFactor='Tasa' "
		"TasaOCuota='t3' Importe='i3'/>"
		"</cfdi:Retenciones></cfdi:Impuestos>"
		"<cfdi:ACuentaTerceros RfcACuentaTerceros='ra' NombreACuentaTerceros='na' "
		"RegimenFiscalACuentaTerceros='fa' "
		"DomicilioFiscalACuentaTerceros='da'/><cfdi:InformacionAduanera "
		"NumeroPedimento='p1'/>"
		"<cfdi:CuentaPredial Numero='c1'/><cfdi:Parte ClaveProdServ='pp' "
		"NoIdentificacion='pn' Cantidad='pc' Unidad='pu' "
		"Descripcion='pd' ValorUnitario='pv' Importe='pi'><cfdi:InformacionAduanera "
		"NumeroPedimento='p2'/></cfdi:Parte>"
		"</cfdi:Concepto></cfdi:Conceptos>"
		"<cfdi:Impuestos TotalImpuestosTrasladados='tt' TotalImpuestosRetenidos='tr'>"
		"<cfdi:Retenciones><cfdi:Retencion Impuesto='001' Importe='r1'/></cfdi:Retenciones>"
		"<cfdi:Traslados><cfdi:Traslado Base='b' Impuesto='002' TipoFactor='Tasa' "
		"TasaOCuota='t' Importe='i'/>"
		"</cfdi:Traslados></cfdi:Impuestos>"
		"<cfdi:Addenda><cfdi:Emisor Rfc='no'/></cfdi:Addenda></cfdi:Comprobante>",
		"||4.0|S|F|2024-01-02T03:04:05|01|30|cond|1|2|MXN|3|4|I|01|PUE|06600|abcde|04|11|"
		"2024|01|U1|U2|04|U3|E|NE|601|1|"
		"R|NR|D|USA|N|616|G03|cp|ni|1|cu|u|d|v|i|ds|02|b1|002|Exento|b2|002|Tasa|t|im|b3|"
		"001|Tasa|t3|i3|ra|na|fa|da|p1|c1|"
		"pp|pn|pc|pu|pd|pv|pi|p2|001|r1|tr|b|002|Tasa|t|i|tt||",
		NULL);
}

static void cadena_normalises_blanks(void **state)
{
	(void)state;
	check_cadena(ROOT("<cfdi:Emisor Rfc='  A&amp;B ' Nombre=' a  b&#10;&#9;\xc3\xb1 c' "
			  "RegimenFiscal=''/>"),
		     HEAD "|A&B|a b \xc3\xb1 c|||", NULL);
	/* Optional: absent leaves nothing, empty leaves an empty field. */
	check_cadena(
		ROOT("<cfdi:Emisor Rfc='A' Nombre='B' RegimenFiscal='C' FacAtrAdquirente=''/>"),
		HEAD "|A|B|C|||", NULL);
	/* Elements of other namespaces have no part in it. */
	check_cadena(ROOT("<Emisor Rfc='A'/>"), HEAD "||", NULL);
}

static void cadena_of_complements(void **state)
{
	(void)state;
	check_cadena(ROOT("<cfdi:Complemento><t:TimbreFiscalDigital "
			  "xmlns:t='http://www.sat.gob.mx/TimbreFiscalDigital' "
			  "UUID='x'/><i:ImpuestosLocales xmlns:i='http://www.sat.gob.mx/implocal' "
			  "version='1.0' "
			  "TotaldeRetenciones='1' TotaldeTraslados='2'><i:TrasladosLocales "
			  "ImpLocTrasladado='ISH' "
			  "TasadeTraslado='3' Importe='4'/><i:RetencionesLocales "
			  "ImpLocRetenido='R' TasadeRetencion='5' "
			  "Importe='6'/></i:ImpuestosLocales></cfdi:Complemento>"),
		     HEAD "|1.0|1|2|R|5|6|ISH|3|4||", NULL);
	check_cadena(ROOT("<cfdi:Complemento><p:Pagos xmlns:p='http://www.sat.gob.mx/Pagos20' "
			  "Version='2.0'>"
			  "<p:Totales MontoTotalPagos='9' TotalRetencionesIVA='8'/><p:Pago "
			  "FechaPago='f' FormaDePagoP='03' "
			  "MonedaP='MXN' Monto='9'><p:DoctoRelacionado IdDocumento='id' "
			  "MonedaDR='MXN' NumParcialidad='1' "
			  "ImpSaldoAnt='a' ImpPagado='b' ImpSaldoInsoluto='c' "
			  "ObjetoImpDR='02'><p:ImpuestosDR><p:TrasladosDR>"
			  "<p:TrasladoDR BaseDR='x' ImpuestoDR='002' "
			  "TipoFactorDR='Exento'/></p:TrasladosDR></p:ImpuestosDR>"
			  "</p:DoctoRelacionado><p:ImpuestosP><p:RetencionesP><p:RetencionP "
			  "ImpuestoP='001' ImporteP='y'/>"
			  "</p:RetencionesP></p:ImpuestosP></p:Pago></p:Pagos></cfdi:Complemento>"),
		     HEAD "|2.0|8|9|f|03|MXN|9|id|MXN|1|a|b|c|02|x|002|Exento|001|y||", NULL);
	check_cadena(ROOT("<cfdi:Complemento><r:CFDIRegistroFiscal "
			  "xmlns:r='http://www.sat.gob.mx/registrofiscal' "
			  "Version='1.0' Folio='7'/></cfdi:Complemento>"),
		     HEAD "|1.0|7||", NULL);
	/* Texts of elements; a path to one that is not there is an empty field. */
	check_cadena(
		ROOT("<cfdi:Complemento><d:detallista xmlns:d='http://www.sat.gob.mx/detallista' "
		     "documentStructureVersion='AMC8.1'><d:orderIdentification>"
		     "<d:referenceIdentification>r1</d:referenceIdentification>"
		     "<d:referenceIdentification> r  2 </d:referenceIdentification>"
		     "</d:orderIdentification><d:buyer><d:gln>b</d:gln></d:buyer>"
		     "<d:totalAmount><d:Amount>9</d:Amount></d:totalAmount>"
		     "<d:TotalAllowanceCharge><d:specialServicesType>AA</d:specialServicesType>"
		     "<d:Amount>1</d:Amount></d:TotalAllowanceCharge><d:TotalAllowanceCharge>"
		     "<d:Amount>2</d:Amount></d:TotalAllowanceCharge></d:detallista>"
		     "</cfdi:Complemento>"),
		HEAD "|AMC8.1|r1|r 2|b|||9|AA|1|2||", NULL);
	/* The stylesheet of 4.0 does not know this one: its bare text counts, it has none. */
	check_cadena(ROOT("<cfdi:Complemento><s:Complemento_SPEI "
			  "xmlns:s='http://www.sat.gob.mx/spei'/></cfdi:Complemento>"),
		     HEAD "||", NULL);
	check_cadena(ROOT("<cfdi:Complemento><s:Complemento_SPEI "
			  "xmlns:s='http://www.sat.gob.mx/spei'> <s:SPEI_Tercero/>\n"
			  "</s:Complemento_SPEI></cfdi:Complemento>"),
		     HEAD " \n||", NULL);
	check_cadena(ROOT("<cfdi:Complemento><n:CartaPorte "
			  "xmlns:n='http://www.sat.gob.mx/CartaPorte30' Version='3.0' "
			  "TranspInternac='No' IdCCP='C'><n:FiguraTransporte><n:TiposFigura "
			  "NombreFigura='N' TipoFigura='01'/></n:FiguraTransporte><n:Ubicaciones>"
			  "<n:Ubicacion RFCRemitenteDestinatario='R' TipoUbicacion='Origen' "
			  "FechaHoraSalidaLlegada='F'/></n:Ubicaciones></n:CartaPorte>"
			  "</cfdi:Complemento>"),
		     HEAD "|3.0|C|No|Origen|R|F|01|N||", NULL);
	check_cadena(ROOT("<cfdi:Complemento><g:GastosHidrocarburos "
			  "xmlns:g='http://www.sat.gob.mx/GastosHidrocarburos10' Version='1.0' "
			  "NumeroContrato='7'/></cfdi:Complemento>"),
		     HEAD "|1.0|7||", NULL);
	/* What only the seal of 3.2 covers. */
	check_cadena(ROOT32("<s:Complemento_SPEI xmlns:s='http://www.sat.gob.mx/spei'>"
			    "<s:SPEI_Tercero FechaOperacion='f' Hora='h' ClaveSPEI='c' sello='s' "
			    "numeroCertificado='n' cadenaCDA='not this'><s:Beneficiario "
			    "BancoReceptor='b' MontoPago='1'/><s:Ordenante BancoEmisor='o'/>"
			    "</s:SPEI_Tercero></s:Complemento_SPEI>"),
		     HEAD32 "|f|h|c|s|n|o|||||b||||||1||", NULL);
	check_cadena(ROOT32("<e:EstadoDeCuentaBancario xmlns:e='http://www.sat.gob.mx/ecb' "
			    "version='1.0' numeroCuenta='7' nombreCliente='N' periodo='not this'>"
			    "<e:Movimientos><e:MovimientoECB fecha='nor this'/>"
			    "<e:MovimientoECBFiscal fecha='f' RFCenajenante='R' Importe='1' "
			    "descripcion='nor this'/></e:Movimientos></e:EstadoDeCuentaBancario>"),
		     HEAD32 "|1.0|7|N|f|R|1||", NULL);
	check_cadena(ROOT32("<n:Nomina xmlns:n='http://www.sat.gob.mx/nomina' Version='1.1' "
			    "CURP='C' NumEmpleado='1'><n:HorasExtras><n:HorasExtra Dias='2' "
			    "TipoHoras='Dobles' HorasExtra='3' ImportePagado='4'/></n:HorasExtras>"
			    "</n:Nomina>"),
		     HEAD32 "|1.1|1|C|||||||2|Dobles|3|4||", NULL);
	check_cadena(ROOT("<cfdi:Complemento><x:X "
			  "xmlns:x='http://www.sat.gob.mx/psgecfd'/></cfdi:Complemento>"),
		     "", "X");
}

/* ---- sealed samples ---- */

static void sealed_samples_pass(void **state)
{
	static const char *const names[] = { "abogada-1", "dolares", "libreria-1", "farmacia-1",
					     "propina" };
	struct bench *b = *state;

	for (size_t i = 0; i < CLA_LEN(names); i++) {
		cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		char path[256];
		(void)snprintf(path, sizeof(path), "documents/mx/good/%s.xml", names[i]);
		load(path, &bytes);
		judge(b->judge, cla_buf_str(&bytes), &j);
		const struct cla_document *d = j.documents;
		if (d->verdict != CLA_VERDICT_PASS || d->finding_count) {
			print_findings(d);
			fail_msg("%s: %s", names[i], cla_verdict_name(d->verdict));
		}
		for (int c = 0; c < CLA_CHECK_COUNT; c++)
			assert_int_equal(d->checks[c], CLA_VERDICT_PASS);
		assert_int_equal(d->kind, CLA_DOC_CFDI);
		assert_true(cla_str_eqc(d->version, "4.0"));
		assert_int_equal(d->id.len, 36);
		/* The stamp's certificate is not in the document, so it is handed on. */
		assert_non_null(d->certs);
		assert_null(d->certs->next);
	}
}

static void facts_are_as_written(void **state)
{
	struct bench *b = *state;
	cla_auto_judgement struct cla_judgement j;

	judge(b->judge, cla_buf_str(&b->invoice), &j);
	const struct cla_document *d = j.documents;
	assert_true(cla_str_eqc(d->id, "F493547F-D64D-4033-B0C3-1008C25495F9"));
	assert_true(cla_str_eqc(d->issuer, "EKU9003173C9"));
	assert_true(cla_str_eqc(d->issuer_name, "ESCUELA DEMO"));
	assert_true(cla_str_eqc(d->receiver, "COSC8001137NA"));
	assert_true(cla_str_eqc(d->issued_at, "2024-11-08T10:10:10"));
	assert_true(cla_str_eqc(d->total, "251.40"));
	assert_true(cla_str_eqc(d->subtotal, "250.00"));
	assert_true(cla_str_eqc(d->discount, "10.00"));
	assert_true(cla_str_eqc(d->currency, "MXN"));
	assert_true(cla_str_eqc(d->type, "I"));
	assert_true(cla_str_eqc(d->payment_form, "04"));
	assert_true(cla_str_absent(d->exchange_rate));
	assert_true(cla_str_absent(d->local_taxes));
	assert_true(d->production);
}

static void a_missing_certificate_is_named(void **state)
{
	struct bench *b = *state;
	struct cla_judge_opts opts = { .now = { 1800000000, 0 } };
	cla_auto_judge struct cla_judge *bare = NULL;
	cla_auto_judgement struct cla_judgement j;

	assert_true(cla_judge_new(&opts, &bare, NULL));
	judge(bare, cla_buf_str(&b->sealed), &j);
	const struct cla_document *d = j.documents;
	assert_int_equal(d->verdict, CLA_VERDICT_UNKNOWN);
	assert_int_equal(d->checks[CLA_CHECK_STAMP], CLA_VERDICT_UNKNOWN);
	assert_int_equal(d->finding_count, 1);
	assert_true(cla_str_eqc(d->findings->expected, "certificate 99001000000000000090"));
	assert_null(d->certs);
}

/* Any single changed attribute of a sealed document breaks the seal; white space between elements
 * does not. */
static void the_seal_covers_every_value(void **state)
{
	struct bench *b = *state;
	const char *p = b->sealed.ptr;
	size_t changed = 0;

	while ((p = strstr(p, "=\"")) != NULL) {
		const char *name = p;
		p += 2;
		if (name[-1] == '=') /* the end of base64, not of a name */
			continue;
		while (name[-1] != ' ')
			name--;
		const char *stamp = strstr(b->sealed.ptr, "<tfd:TimbreFiscalDigital");
		bool covered = strncmp(name, "xmlns", 5) != 0 && strncmp(name, "xsi:", 4) != 0 &&
			       strncmp(name, "Certificado=", 12) != 0 && (name < stamp || !stamp);
		if (!covered || name < strstr(b->sealed.ptr, "<cfdi:"))
			continue;
		cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(MOST);
		cla_buf_add(&bad, cla_buf_str(&b->sealed));
		char *at = bad.ptr + (p - b->sealed.ptr);
		*at = *at == '1' ? '2' : '1';
		cla_auto_judgement struct cla_judgement j;
		judge(b->judge, cla_buf_str(&bad), &j);
		if (j.documents->checks[CLA_CHECK_SIGNATURE] != CLA_VERDICT_FAIL)
			fail_msg("not covered: %.60s", name);
		changed++;
	}
	assert_true(changed > 30);

	cla_auto_buf struct cla_buf spaced = CLA_BUF_INIT(MOST);
	for (size_t i = 0; i < b->sealed.len; i++) {
		cla_buf_byte(&spaced, b->sealed.ptr[i]);
		if (b->sealed.ptr[i] == '>')
			cla_buf_addc(&spaced, "\n\t");
	}
	cla_auto_judgement struct cla_judgement j;
	judge(b->judge, cla_buf_str(&spaced), &j);
	assert_int_equal(j.documents->checks[CLA_CHECK_SIGNATURE], CLA_VERDICT_PASS);
}

/* ---- what goes beyond one rule ---- */

static void bases_are_right(void **state)
{
	static const char *const bases[] = { "invoice", "public" };
	struct bench *b = *state;

	for (size_t i = 0; i < CLA_LEN(bases); i++)
		assert_right(b->judge, bases[i]);
}

/* Local taxes are part of Total, and their net amount is a fact for matching. */
static void local_taxes_count(void **state)
{
	static const char local[] =
		"<cfdi:Complemento><implocal:ImpuestosLocales "
		"xmlns:implocal=\"http://www.sat.gob.mx/implocal\" version=\"1.0\" "
		"TotaldeRetenciones=\"1.00\" TotaldeTraslados=\"4.50\"/>";
	struct bench *b = *state;
	cla_auto_buf struct cla_buf with = CLA_BUF_INIT(MOST), right = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;

	swap(cla_buf_cstr(&b->invoice), NULL, "<cfdi:Complemento>", local, &with);
	judge(b->judge, cla_buf_str(&with), &j);
	const struct cla_finding *f = finding_of(j.documents, "cfdi.total");
	assert_non_null(f);
	assert_true(cla_str_eqc(f->expected, "254.90"));
	assert_true(cla_str_eqc(j.documents->local_taxes, "3.50"));
	cla_judgement_clear(&j);
	swap(cla_buf_cstr(&with), NULL, "Total=\"251.40\"", "Total=\"254.90\"", &right);
	judge(b->judge, cla_buf_str(&right), &j);
	assert_null(finding_of(j.documents, "cfdi.total"));
	/* A complement follows a schema of its own. */
	assert_int_equal(j.documents->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_PASS);
}

/* What a rule asks for and does not find makes the check fail or unknown, never pass. */
static void what_is_missing_never_passes(void **state)
{
	static const char withheld[] =
		"<cfdi:Retenciones><cfdi:Retencion Impuesto=\"001\" Importe=\"19.00\"/>"
		"</cfdi:Retenciones>";
	struct bench *b = *state;
	cla_auto_buf struct cla_buf exempt = CLA_BUF_INIT(MOST), none = CLA_BUF_INIT(MOST),
				    bare = CLA_BUF_INIT(MOST), untyped = CLA_BUF_INIT(MOST),
				    undated = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;

	/* a withholding of a line that calls itself exempt, and none in the document */
	swap(cla_buf_cstr(&b->invoice), "<cfdi:Retencion ", "TipoFactor=\"Tasa\"",
	     "TipoFactor=\"Exento\"", &exempt);
	swap(cla_buf_cstr(&exempt), NULL, withheld, "", &none);
	swap(cla_buf_cstr(&none), NULL, "TotalImpuestosRetenidos=\"19.00\"", "", &bare);
	judge(b->judge, cla_buf_str(&bare), &j);
	assert_non_null(finding_of(j.documents, "cfdi.withholdings"));
	cla_judgement_clear(&j);
	swap(cla_buf_cstr(&b->invoice), NULL, " TipoDeComprobante=\"I\"", "", &untyped);
	judge(b->judge, cla_buf_str(&untyped), &j);
	assert_int_not_equal(j.documents->checks[CLA_CHECK_TOTALS], CLA_VERDICT_PASS);
	cla_judgement_clear(&j);
	swap(cla_buf_cstr(&b->invoice), NULL, " Fecha=\"", " Fechas=\"", &undated);
	judge(b->judge, cla_buf_str(&undated), &j);
	assert_int_not_equal(j.documents->checks[CLA_CHECK_CATALOGS], CLA_VERDICT_PASS);
	assert_int_not_equal(j.documents->checks[CLA_CHECK_CERTIFICATE], CLA_VERDICT_PASS);
	assert_int_not_equal(j.documents->checks[CLA_CHECK_STAMP], CLA_VERDICT_PASS);
}

/* Amounts may lie where the rounding of their factors allows, and not a cent further. */
static void line_amounts_have_exact_limits(void **state)
{
	static const char *const good[][2] = {
		{ "Cantidad=\"2\" ClaveUnidad=\"E48\" Descripcion=\"uno\" ValorUnitario=\"100.00\" "
		  "Importe=\"200.00\"",
		  "Cantidad=\"2.0\" ClaveUnidad=\"E48\" Descripcion=\"uno\" "
		  "ValorUnitario=\"100.00\" Importe=\"194.99\"" },
		{ "Cantidad=\"2\" ClaveUnidad=\"E48\" Descripcion=\"uno\" ValorUnitario=\"100.00\" "
		  "Importe=\"200.00\"",
		  "Cantidad=\"2.0\" ClaveUnidad=\"E48\" Descripcion=\"uno\" "
		  "ValorUnitario=\"100.00\" Importe=\"205.02\"" },
	};
	static const char *const bad[] = { "Importe=\"194.98\"", "Importe=\"205.03\"" };
	struct bench *b = *state;

	for (size_t i = 0; i < CLA_LEN(good); i++) {
		cla_auto_buf struct cla_buf fits = CLA_BUF_INIT(MOST), not = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j, k;
		swap(cla_buf_cstr(&b->invoice), NULL, good[i][0], good[i][1], &fits);
		judge(b->judge, cla_buf_str(&fits), &j);
		assert_null(finding_of(j.documents, "cfdi.line-amount"));
		swap(cla_buf_cstr(&fits), NULL, strstr(good[i][1], "Importe"), bad[i], &not );
		judge(b->judge, cla_buf_str(&not ), &k);
		assert_non_null(finding_of(k.documents, "cfdi.line-amount"));
	}
}

/* The base invoice as it was written before 4.0. */
static void make_33(const char *invoice, struct cla_buf *out)
{
	static const char *const edits[][2] = {
		{ "cfd/4\" Version=\"4.0\"", "cfd/3\" Version=\"3.3\"" },
		{ "Fecha=\"2024-11-08T10:10:10\"", "Fecha=\"2019-11-08T10:10:10\"" },
		{ " Exportacion=\"01\"", "" },
		{ " DomicilioFiscalReceptor=\"06600\" RegimenFiscalReceptor=\"612\"", "" },
		{ " ObjetoImp=\"02\"", "" },
		{ " ObjetoImp=\"02\"", "" },
		{ "<cfdi:Traslado Base=\"190.00\" Impuesto=\"002\" TipoFactor=\"Tasa\" "
		  "TasaOCuota=\"0.16\"",
		  "<cfdi:Traslado Impuesto=\"002\" TipoFactor=\"Tasa\" TasaOCuota=\"0.16\"" },
		{ "<cfdi:Traslado Base=\"50.00\" Impuesto=\"002\" TipoFactor=\"Exento\"/>"
		  "</cfdi:Traslados></cfdi:Impuestos><cfdi:Complemento>",
		  "</cfdi:Traslados></cfdi:Impuestos><cfdi:Complemento>" },
		{ "FechaTimbrado=\"2024", "FechaTimbrado=\"2019" },
	};

	make_edited(invoice, edits, CLA_LEN(edits), out);
}

/* 3.3 has rules of its own numbers, and none of those that came with 4.0. */
static void version_33_has_its_own_codes(void **state)
{
	static const struct {
		const char *from, *to, *rule, *code;
	} cases[] = {
		{ "Serie=\"A\"", "Serie=\"\"", "cfdi.schema", "CFDI33196" },
		{ " Total=\"251.40\"", " Total=\"251.41\"", "cfdi.total", "CFDI33118" },
		{ "SubTotal=\"250.00\"", "SubTotal=\"251.00\"", "cfdi.subtotal", "CFDI33107" },
		{ "ClaveProdServ=\"81112100\"", "ClaveProdServ=\"81112199\"", "cfdi.product-key",
		  "CFDI33142" },
		{ "UsoCFDI=\"G03\"", "UsoCFDI=\"G99\"", "cfdi.use", "CFDI33140" },
		{ "UsoCFDI=\"G03\"", "UsoCFDI=\"CP9\"", "cfdi.use", "CFDI33140" },
		{ "Moneda=\"MXN\"", "Moneda=\"MXP\"", "cfdi.currency", "CFDI33112" },
		{ "UsoCFDI=", "ResidenciaFiscal=\"MEX\" UsoCFDI=", "cfdi.residence-mex",
		  "CFDI33135" },
		{ "Retenidos=\"19.00\"", "Retenidos=\"19.000\"", "cfdi.withheld-total-decimals",
		  "CFDI33180" },
	};
	struct bench *b = *state;
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement good;

	make_33(cla_buf_cstr(&b->invoice), &text);
	judge(b->judge, cla_buf_str(&text), &good);
	const struct cla_document *d = good.documents;
	if (d->checks[CLA_CHECK_SCHEMA] != CLA_VERDICT_PASS ||
	    d->checks[CLA_CHECK_TOTALS] != CLA_VERDICT_PASS ||
	    d->checks[CLA_CHECK_CATALOGS] != CLA_VERDICT_PASS) {
		print_findings(d);
		fail_msg("the invoice of 3.3 is not good");
	}
	assert_true(cla_str_eqc(d->version, "3.3"));
	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(MOST);
		cla_auto_judgement struct cla_judgement j;
		swap(cla_buf_cstr(&text), NULL, cases[i].from, cases[i].to, &bad);
		judge(b->judge, cla_buf_str(&bad), &j);
		const struct cla_finding *f = finding_of(j.documents, cases[i].rule);
		if (!f || f->severity != CLA_VERDICT_FAIL || strcmp(f->code, cases[i].code) != 0) {
			print_findings(j.documents);
			fail_msg("%s: %s", cases[i].rule, f ? f->code : "not found");
		}
	}
	/* P01 is in the list of the schema, and in no list of 4.0. */
	cla_auto_buf struct cla_buf undefined = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;
	swap(cla_buf_cstr(&text), NULL, "UsoCFDI=\"G03\"", "UsoCFDI=\"P01\"", &undefined);
	judge(b->judge, cla_buf_str(&undefined), &j);
	assert_null(finding_of(j.documents, "cfdi.use"));
}

/* Every rule that is named for the versions before exists. */
static void old_codes_are_of_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < cla_cfdi33_code_count; i++) {
		if (!cla_rule_text(cla_str_from(cla_cfdi33_codes[i].rule)))
			fail_msg("%s", cla_cfdi33_codes[i].rule);
	}
	for (size_t i = 0; i < cla_cfdi32_code_count; i++) {
		if (!cla_rule_text(cla_str_from(cla_cfdi32_codes[i].rule)))
			fail_msg("%s", cla_cfdi32_codes[i].rule);
	}
}

static void version_32_is_read(void **state)
{
	static const char text[] =
		"<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/3' version='3.2' "
		"fecha='2014-01-01T00:00:00' total='10.00' subTotal='9.00' "
		"tipoDeComprobante='ingreso'><cfdi:Emisor rfc='AAA010101AAA' nombre='N'/>"
		"<cfdi:Receptor rfc='XAXX010101000'/></cfdi:Comprobante>";
	struct bench *b = *state;
	cla_auto_judgement struct cla_judgement j;

	judge(b->judge, cla_str_from(text), &j);
	const struct cla_document *d = j.documents;
	assert_int_equal(d->kind, CLA_DOC_CFDI);
	assert_true(cla_str_eqc(d->version, "3.2"));
	assert_true(cla_str_eqc(d->total, "10.00"));
	assert_true(cla_str_eqc(d->issuer, "AAA010101AAA"));
	assert_true(cla_str_eqc(d->receiver, "XAXX010101000"));
	assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_FAIL);
	assert_non_null(finding_of(d, "cfdi.seal-base64"));
	assert_non_null(finding_of(d, "cfdi.stamp-missing"));
	assert_non_null(finding_of(d, "cfdi.issuer-rfc-digit"));
	assert_null(finding_of(d, "cfdi.version"));
	/* its arithmetic and its codes were others */
	assert_int_equal(d->checks[CLA_CHECK_TOTALS], CLA_VERDICT_UNKNOWN);
	assert_int_equal(d->checks[CLA_CHECK_CATALOGS], CLA_VERDICT_UNKNOWN);
	assert_true(cla_str_eqc(finding_of(d, "doc.no-rules")->expected, "cfdi 3.2"));
}

/* What SAT is asked; the forms of totals are those that cfdi-expresiones and SAT's page show. */
static void query_is_made(void **state)
{
#define STAMP                                                                                      \
	"<cfdi:Complemento><t:TimbreFiscalDigital "                                                \
	"xmlns:t='http://www.sat.gob.mx/TimbreFiscalDigital' "                                     \
	"UUID='ceb52ed1-2b1c-4c1d-8d8b-3c6f3f0b1a2e'/></cfdi:Complemento></cfdi:Comprobante>"
#define ID "&id=CEB52ED1-2B1C-4C1D-8D8B-3C6F3F0B1A2E"
	static const struct {
		const char *text, *query; /* NULL: none */
	} cases[] = {
		{ "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Version='4.0' "
		  "Total='2010.010' Sello='AAAA12345+/=='><cfdi:Emisor Rfc='H&amp;E951128469'/>"
		  "<cfdi:Receptor Rfc='XAXX010101000'/>" STAMP,
		  "?re=H&amp;E951128469&rr=XAXX010101000&tt=2010.01" ID "&fe=2345+/==" },
		{ "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/3' Version='3.3' "
		  "Total='5.00' Sello='12345678\n'><cfdi:Emisor Rfc='A'/>"
		  "<cfdi:Receptor Rfc='B'/>" STAMP,
		  "?re=A&rr=B&tt=5.0" ID "&fe=12345678" },
		{ "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/3' Version='3.3' "
		  "Total='700'><cfdi:Emisor Rfc='A'/><cfdi:Receptor Rfc='B'/>" STAMP,
		  "?re=A&rr=B&tt=700.0" ID },
		{ "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/3' version='3.2' "
		  "total='1234.5678' sello='12345678'><cfdi:Emisor rfc='A'/>"
		  "<cfdi:Receptor rfc='B'/>" STAMP,
		  "?re=A&rr=B&tt=0000001234.567800" ID },
		{ "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Version='4.0' "
		  "Total='1,5'><cfdi:Emisor Rfc='A'/><cfdi:Receptor Rfc='B'/>" STAMP,
		  NULL },
		{ "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Version='4.0' "
		  "Total='1'><cfdi:Emisor Rfc='A'/><cfdi:Receptor Rfc='B'/></cfdi:Comprobante>",
		  NULL },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_judgement struct cla_judgement j;

		judge(b->judge, cla_str_from(cases[i].text), &j);
		if (!cases[i].query)
			assert_true(cla_str_absent(j.documents->query));
		else if (!cla_str_eqc(j.documents->query, cases[i].query))
			fail_msg("%zu: " CLA_STR_FMT, i, CLA_STR_ARG(j.documents->query));
	}
}

static int set_up(void **state)
{
	static const struct cla_judge_opts opts = { .now = { 1800000000, 0 } }; /* 2027-01-15 */
	struct bench *b = calloc(1, sizeof(*b));
	cla_auto_buf struct cla_buf pac = CLA_BUF_INIT(MOST);
	bool used = false;

	cla_xml_init();
	if (!b || !cla_judge_new(&opts, &b->judge, NULL))
		return -1;
	b->invoice.max = MOST;
	b->sealed.max = MOST;
	load_base("invoice", &b->invoice);
	load("documents/mx/good/abogada-1.xml", &b->sealed);
	load("certs/demo-pac.cer", &pac);
	*state = b;
	return cla_judge_add_cert(b->judge, cla_buf_str(&pac), &used, NULL) && used ? 0 : -1;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	cla_judge_free(b->judge);
	cla_buf_clear(&b->invoice);
	cla_buf_clear(&b->sealed);
	free(b);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cadena_has_every_part),
		cmocka_unit_test(cadena_normalises_blanks),
		cmocka_unit_test(cadena_of_complements),
		cmocka_unit_test(query_is_made),
		cmocka_unit_test(sealed_samples_pass),
		cmocka_unit_test(facts_are_as_written),
		cmocka_unit_test(a_missing_certificate_is_named),
		cmocka_unit_test(the_seal_covers_every_value),
		cmocka_unit_test(bases_are_right),
		cmocka_unit_test(local_taxes_count),
		cmocka_unit_test(what_is_missing_never_passes),
		cmocka_unit_test(line_amounts_have_exact_limits),
		cmocka_unit_test(version_33_has_its_own_codes),
		cmocka_unit_test(old_codes_are_of_rules),
		cmocka_unit_test(version_32_is_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
