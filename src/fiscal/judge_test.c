/* fiscal/judge_test.c - what a file is, what is refused before any rule runs, envelopes, the rule
 * pack. */
#include "base/file.h"
#include "fiscal/judge.h"
#include "fiscal/rule.h"
#include "json/json.h"
#include "json/scan.h"
#include "xml/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fiscal/judge_fixture.h"

#define BIG ((size_t)128 << 20)

static void judge(void **state, struct cla_str bytes, struct cla_judgement *out)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_judge_bytes(*state, bytes, out, &err))
		fail_msg("%s", err.msg);
	assert_true(out->count >= 1);
}

static enum cla_doc_kind kind_of(struct cla_str bytes)
{
	enum cla_doc_kind kind;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_judge_kind(bytes, &kind, &err))
		fail_msg("%s", err.msg);
	return kind;
}

/* ---- files that are no XML ---- */

struct sniff_case {
	struct cla_str bytes;
	const char *name;
};

#define BYTES(literal)                                                                             \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}

static void other_files_are_named(void **state)
{
	static const struct sniff_case cases[] = {
		{ BYTES(""), "empty" },
		{ BYTES(" \r\n\t"), "blank" },
		{ BYTES("\xef\xbb\xbf"), "blank" },
		{ BYTES("%PDF-1.7\n"), "pdf" },
		{ BYTES("\n\n%PDF-1.4 late"), "pdf" },
		{ BYTES("PK\003\004xx"), "zip" },
		{ BYTES("\xff\xd8\xff\xe0"), "jpg" },
		{ BYTES("\x89PNG\r\n\x1a\n"), "png" },
		{ BYTES("\x1f\x8b\x08"), "gzip" },
		{ BYTES("<!DOCTYPE html><html></html>"), "html" },
		{ BYTES("\xef\xbb\xbf  <HTML><body>x</body></HTML>"), "html" },
		{ BYTES("<html xmlns='http://www.w3.org/1999/xhtml'/>"), "html" },
		{ BYTES("{\"error\":1}"), "json" },
		{ BYTES(" [1]"), "json" },
		{ BYTES("Estimado cliente: <factura/>"), "text" },
		{ BYTES("\x01\x02\x03"), "binary" },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_judgement struct cla_judgement j;
		judge(state, cases[i].bytes, &j);
		const struct cla_document *d = j.documents;
		assert_int_equal(j.count, 1);
		assert_int_equal(d->kind, CLA_DOC_NOT_XML);
		assert_int_equal(d->verdict, CLA_VERDICT_FAIL);
		assert_int_equal(d->checks[CLA_CHECK_WELLFORMED], CLA_VERDICT_FAIL);
		assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_NA);
		const struct cla_finding *f = finding_of(d, "doc.not-xml");
		if (!f || !cla_str_eqc(f->found, cases[i].name))
			fail_msg("case %zu: " CLA_STR_FMT, i,
				 CLA_STR_ARG(f ? f->found : CLA_STR("-")));
		assert_int_equal(kind_of(cases[i].bytes), CLA_DOC_NOT_XML);
	}
	assert_int_equal(kind_of(CLA_STR_NONE), CLA_DOC_NOT_XML);
}

/* ---- XML that is refused, and XML that is tolerated ---- */

#define CFDI "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/3' version='3.2'"

struct form_case {
	const char *text;
	const char *rule;
	enum cla_verdict wellformed;
	enum cla_doc_kind kind;
	const char *expected, *found; /* NULL: not looked at */
};

static void forms_are_judged(void **state)
{
	static const struct form_case cases[] = {
		{ CFDI "/>", NULL, CLA_VERDICT_PASS, CLA_DOC_CFDI, NULL, NULL },
		{ "\xef\xbb\xbf" CFDI "/>", "doc.bom", CLA_VERDICT_WARN, CLA_DOC_CFDI, NULL, NULL },
		{ " \n<?xml version='1.0'?>" CFDI "/>", "doc.leading-bytes", CLA_VERDICT_WARN,
		  CLA_DOC_CFDI, NULL, NULL },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?>" CFDI "/>", "doc.encoding",
		  CLA_VERDICT_WARN, CLA_DOC_CFDI, "UTF-8", "ISO-8859-1" },
		{ CFDI " xmlns:schemaLocation='http://a b'/>", "doc.schema-location",
		  CLA_VERDICT_WARN, CLA_DOC_CFDI, NULL, NULL },
		{ "<!DOCTYPE x [<!ENTITY e 'x'>]>" CFDI "/>", "doc.doctype", CLA_VERDICT_FAIL,
		  CLA_DOC_CFDI, NULL, "byte 0" },
		{ CFDI ">", "doc.malformed", CLA_VERDICT_FAIL, CLA_DOC_CFDI, NULL, NULL },
		{ CFDI "><a></b></cfdi:Comprobante>", "doc.malformed", CLA_VERDICT_FAIL,
		  CLA_DOC_CFDI, NULL, NULL },
		{ CFDI "><a b='\xf1'/></cfdi:Comprobante>", "doc.not-utf8", CLA_VERDICT_FAIL,
		  CLA_DOC_CFDI, "UTF-8",
		  "byte 79 is not UTF-8 (perhaps ISO-8859-1 or Windows-1252)" },
		{ "<cfdi:Comprobante version='3.2'/>", "doc.malformed", CLA_VERDICT_FAIL,
		  CLA_DOC_XML, NULL, NULL },
		{ "<?xml version='1.0' encoding='UTF-7'?>" CFDI "/>", "doc.malformed",
		  CLA_VERDICT_FAIL, CLA_DOC_CFDI, NULL, "line 1: encoding not supported" },
		{ "<a x='1'/>", "doc.kind-unknown", CLA_VERDICT_PASS, CLA_DOC_XML, "{}a", NULL },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		cla_auto_judgement struct cla_judgement j;
		judge(state, cla_str_from(cases[i].text), &j);
		const struct cla_document *d = j.documents;
		const struct cla_finding *f = cases[i].rule ? finding_of(d, cases[i].rule) : NULL;
		if (d->kind != cases[i].kind ||
		    d->checks[CLA_CHECK_WELLFORMED] != cases[i].wellformed || (cases[i].rule && !f))
			fail_msg("%s: %s, wellformed %s, %s", cases[i].text,
				 cla_doc_kind_name(d->kind),
				 cla_verdict_name(d->checks[CLA_CHECK_WELLFORMED]),
				 d->findings ? d->findings->rule : "-");
		if (cases[i].expected)
			assert_true(cla_str_eqc(f->expected, cases[i].expected));
		if (cases[i].found && !cla_str_eqc(f->found, cases[i].found))
			fail_msg(CLA_STR_FMT, CLA_STR_ARG(f->found));
		assert_int_equal(d->verdict, cases[i].wellformed != CLA_VERDICT_FAIL &&
							     cases[i].kind == CLA_DOC_XML
						     ? CLA_VERDICT_UNKNOWN
						     : CLA_VERDICT_FAIL);
	}
}

static void limits_are_named(void **state)
{
	cla_auto_buf struct cla_buf deep = CLA_BUF_INIT(BIG);
	cla_auto_judgement struct cla_judgement j, k;

	cla_buf_addc(&deep, CFDI ">");
	for (int i = 0; i < 256; i++)
		cla_buf_addc(&deep, "<a>");
	judge(state, cla_buf_str(&deep), &j);
	const struct cla_finding *f = finding_of(j.documents, "doc.limit");
	assert_non_null(f);
	assert_true(cla_str_eqc(f->expected, "depth 256"));
	assert_int_equal(j.documents->kind, CLA_DOC_CFDI);
	assert_int_equal(j.documents->verdict, CLA_VERDICT_FAIL);

	struct cla_judge_opts opts = { .limits = cla_xml_limits_default };
	cla_auto_judge struct cla_judge *strict = NULL;
	assert_true(cla_xml_limit_set(&opts.limits, CLA_STR("attributes"), 1));
	assert_true(cla_judge_new(&opts, &strict, NULL));
	assert_true(cla_judge_bytes(strict, CLA_STR("<a b='1' c='2'/>"), &k, NULL));
	f = finding_of(k.documents, "doc.limit");
	assert_non_null(f);
	assert_true(cla_str_eqc(f->expected, "attributes 1"));
}

static void utf16_is_a_warning(void **state)
{
	static const char text[] = "<?xml version='1.0' encoding='UTF-16'?>" CFDI "/>";
	cla_auto_buf struct cla_buf wide = CLA_BUF_INIT(BIG);
	cla_auto_judgement struct cla_judgement j;

	cla_buf_add(&wide, CLA_STR("\xff\xfe"));
	for (const char *p = text; *p; p++) {
		cla_buf_byte(&wide, *p);
		cla_buf_byte(&wide, '\0');
	}
	judge(state, cla_buf_str(&wide), &j);
	assert_int_equal(j.documents->kind, CLA_DOC_CFDI);
	assert_true(cla_str_eqc(finding_of(j.documents, "doc.encoding")->found, "UTF-16"));
	assert_int_equal(kind_of(cla_buf_str(&wide)), CLA_DOC_CFDI);
}

/* ---- kinds ---- */

struct kind_case {
	const char *text;
	enum cla_doc_kind kind;
	const char *id, *issuer, *receiver, *total, *issued_at, *version;
};

#define CTE_KEY "35250111222333000181570010000001231876543205"
#define MDFE_KEY "35250111222333000181580010000004561876543206"
#define NFSE_KEY "35503082211222333000181000000000001226011234567890"

static void kinds_are_recognised_and_read(void **state)
{
	static const struct kind_case cases[] = {
		{ "<r:Retenciones xmlns:r='http://www.sat.gob.mx/esquemas/retencionpago/2' "
		  "Version='2.0' FechaExp='2024-01-01T00:00:00'>"
		  "<r:Emisor RfcE='E'/><r:Receptor><r:Nacional RfcR='R'/></r:Receptor><r:Totales "
		  "MontoTotOperacion='5'/><r:Complemento>"
		  "<t:TimbreFiscalDigital xmlns:t='http://www.sat.gob.mx/TimbreFiscalDigital' "
		  "UUID='f493547f-d64d-4033-b0c3-1008c25495f9'/>"
		  "</r:Complemento></r:Retenciones>",
		  CLA_DOC_CFDI_RETENCIONES, "F493547F-D64D-4033-B0C3-1008C25495F9", "E", "R", "5",
		  "2024-01-01T00:00:00", "2.0" },
		{ "<cteProc xmlns='http://www.portalfiscal.inf.br/cte' versao='4.00'><CTe><infCte "
		  "Id='CTe" CTE_KEY "'><ide><dhEmi>D</dhEmi><toma3><toma>3</toma></toma3></ide>"
		  "<emit><CNPJ>1</CNPJ></emit><rem><CNPJ>3</CNPJ></rem><dest><CPF>2</CPF></dest>"
		  "<vPrest><vTPrest>9.00</vTPrest></vPrest></infCte></CTe></cteProc>",
		  CLA_DOC_CTE, CTE_KEY, "1", "2", "9.00", "D", "4.00" },
		{ "<CTeOS xmlns='http://www.portalfiscal.inf.br/cte' versao='4.00'><infCte>"
		  "<ide><dhEmi>D</dhEmi></ide><toma><CPF>2</CPF></toma></infCte></CTeOS>",
		  CLA_DOC_CTE, NULL, NULL, "2", NULL, "D", "4.00" },
		{ "<CTe xmlns='http://www.portalfiscal.inf.br/cte' versao='2.00'><infCte>"
		  "<ide><toma03><toma>0</toma></toma03></ide><rem><CPF>3</CPF></rem></infCte></"
		  "CTe>",
		  CLA_DOC_CTE, NULL, NULL, "3", NULL, NULL, "2.00" },
		{ "<CTe xmlns='http://www.portalfiscal.inf.br/cte' "
		  "versao='4.00'><infCte><ide><toma4>"
		  "<toma>4</toma><CNPJ>4</CNPJ></toma4></ide><rem><CPF>3</CPF></rem></infCte></"
		  "CTe>",
		  CLA_DOC_CTE, NULL, NULL, "4", NULL, NULL, "4.00" },
		{ "<GTVe xmlns='http://www.portalfiscal.inf.br/cte' "
		  "versao='4.00'><infCte><ide><toma>"
		  "<toma>1</toma></toma></ide><dest><CNPJ>5</CNPJ></dest></infCte></GTVe>",
		  CLA_DOC_CTE, NULL, NULL, "5", NULL, NULL, "4.00" },
		{ "<procEventoCTe xmlns='http://www.portalfiscal.inf.br/cte' "
		  "versao='4.00'><eventoCTe><infEvento><CNPJ>1</CNPJ>"
		  "<chCTe>" CTE_KEY
		  "</chCTe><dhEvento>D</dhEvento></infEvento></eventoCTe></procEventoCTe>",
		  CLA_DOC_CTE, CTE_KEY, "1", NULL, NULL, "D", "4.00" },
		{ "<MDFe xmlns='http://www.portalfiscal.inf.br/mdfe'><infMDFe Id='MDFe" MDFE_KEY
		  "' "
		  "versao='3.00'><ide><dhEmi>D</dhEmi></ide><emit>"
		  "<CNPJ>1</CNPJ></emit></infMDFe></MDFe>",
		  CLA_DOC_MDFE, MDFE_KEY, "1", NULL, NULL, "D", "3.00" },
		{ "<NFSe xmlns='http://www.sped.fazenda.gov.br/nfse' versao='1.00'><infNFSe "
		  "Id='NFS" NFSE_KEY "'><emit><CNPJ>1</CNPJ></emit><valores>"
		  "<vLiq>7.00</vLiq></valores><DPS><infDPS><dhEmi>D</dhEmi><toma><CNPJ>2</CNPJ></"
		  "toma></infDPS></DPS></infNFSe></NFSe>",
		  CLA_DOC_NFSE, NFSE_KEY, "1", "2", "7.00", "D", "1.00" },
		{ "<DPS xmlns='http://www.sped.fazenda.gov.br/nfse' versao='1.01'><infDPS>"
		  "<dhEmi>D</dhEmi><prest><CNPJ>1</CNPJ></prest></infDPS></DPS>",
		  CLA_DOC_NFSE, NULL, "1", NULL, NULL, "D", "1.01" },
		{ "<evento xmlns='http://www.sped.fazenda.gov.br/nfse' versao='1.01'><infEvento>"
		  "<pedRegEvento><infPedReg><dhEvento>D</dhEvento><CPFAutor>1</CPFAutor>"
		  "<chNFSe>" NFSE_KEY "</chNFSe></infPedReg></pedRegEvento></infEvento></evento>",
		  CLA_DOC_NFSE, NFSE_KEY, "1", NULL, NULL, "D", "1.01" },
		{ "<Comprobante xmlns='http://www.sat.gob.mx/cfd/5'/>", CLA_DOC_XML, NULL, NULL,
		  NULL, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < CLA_LEN(cases); i++) {
		const struct kind_case *t = &cases[i];
		cla_auto_judgement struct cla_judgement j;
		judge(state, cla_str_from(t->text), &j);
		const struct cla_document *d = j.documents;
		const struct {
			const char *due;
			struct cla_str found;
		} facts[] = {
			{ t->id, d->id },
			{ t->issuer, d->issuer },
			{ t->receiver, d->receiver },
			{ t->total, d->total },
			{ t->issued_at, d->issued_at },
			{ t->version, d->version },
		};
		assert_int_equal(d->kind, t->kind);
		assert_int_equal(kind_of(cla_str_from(t->text)), t->kind);
		for (size_t k = 0; k < CLA_LEN(facts); k++) {
			if (!cla_str_eq(facts[k].found, cla_str_from(facts[k].due)))
				fail_msg("case %zu: fact %zu is '" CLA_STR_FMT "'", i, k,
					 CLA_STR_ARG(facts[k].found));
		}
		if (t->kind != CLA_DOC_XML && t->kind != CLA_DOC_DIAN)
			continue;
		/* No rules are known: nothing passes that was not looked at. */
		assert_int_equal(d->verdict, CLA_VERDICT_UNKNOWN);
		assert_int_equal(d->checks[CLA_CHECK_WELLFORMED], CLA_VERDICT_PASS);
		for (int c = CLA_CHECK_SCHEMA; c < CLA_CHECK_COUNT; c++)
			assert_true(d->checks[c] == CLA_VERDICT_UNKNOWN ||
				    d->checks[c] == CLA_VERDICT_NA);
		assert_int_equal(d->checks[CLA_CHECK_SCHEMA], CLA_VERDICT_UNKNOWN);
	}
}

#define NOTE(model, n)                                                                             \
	"<NFe><infNFe versao='4.00' Id='NFe" n "'><ide><mod>" model "</mod></ide></infNFe></NFe>"

static void envelopes_give_several_documents(void **state)
{
	static const char lot[] =
		"<enviNFe xmlns='http://www.portalfiscal.inf.br/nfe' versao='4.00'>" NOTE("55", "1")
			NOTE("65", "2") "</enviNFe>";
	static const char soap[] =
		"<s:Envelope xmlns:s='urn:soap'><s:Header/><s:Body>" CFDI
		"><cfdi:Addenda><NFe xmlns='http://www.portalfiscal.inf.br/nfe'/></cfdi:Addenda>"
		"</cfdi:Comprobante></s:Body></s:Envelope>";
	cla_auto_judgement struct cla_judgement j, k;

	judge(state, cla_str_from(lot), &j);
	assert_int_equal(j.count, 2);
	assert_int_equal(j.documents->kind, CLA_DOC_NFE);
	assert_int_equal(j.documents->index, 0);
	assert_int_equal(j.documents->next->kind, CLA_DOC_NFCE);
	assert_int_equal(j.documents->next->index, 1);
	assert_int_equal(kind_of(cla_str_from(lot)), CLA_DOC_NFE);
	/* Blanks before the declaration hide nothing. */
	assert_int_equal(kind_of(CLA_STR(" \n<?xml version='1.0'?><e><NFe xmlns="
					 "'http://www.portalfiscal.inf.br/nfe'/></e>")),
			 CLA_DOC_NFE);
	/* Only the outermost: what lies inside a document is part of it. */
	judge(state, cla_str_from(soap), &k);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.documents->kind, CLA_DOC_CFDI);
}

static void envelopes_are_bounded(void **state)
{
	cla_auto_buf struct cla_buf lot = CLA_BUF_INIT(BIG);
	cla_auto_judgement struct cla_judgement j;

	cla_buf_addc(&lot, "<lot>");
	for (int i = 0; i < 501; i++)
		cla_buf_addc(&lot, CFDI "/>");
	cla_buf_addc(&lot, "</lot>");
	judge(state, cla_buf_str(&lot), &j);
	assert_int_equal(j.count, 501);
	const struct cla_document *d = j.documents;
	while (d->next)
		d = d->next;
	assert_true(cla_str_eqc(finding_of(d, "doc.limit")->expected, "documents 500"));
}

/* ---- findings ---- */

static void findings_are_bounded(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(BIG);
	cla_auto_judgement struct cla_judgement j;
	bool more = false;

	cla_buf_addc(&text,
		     "<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Version='4.0' "
		     "Moneda='MXN' "
		     "TipoDeComprobante='I' "
		     "Fecha='2024-11-01T00:00:00'><cfdi:Emisor/><cfdi:Receptor/><cfdi:Conceptos>");
	for (int i = 0; i < 300; i++)
		cla_buf_addc(&text, "<cfdi:Concepto ClaveProdServ='x' ClaveUnidad='x' Cantidad='1' "
				    "ValorUnitario='0'/>");
	cla_buf_addc(&text, "</cfdi:Conceptos></cfdi:Comprobante>");
	judge(state, cla_buf_str(&text), &j);
	const struct cla_document *d = j.documents;
	assert_true(d->finding_count > 200 && d->finding_count <= 220);
	/* Each check is still the worst of the findings that are listed. */
	enum cla_verdict worst[CLA_CHECK_COUNT] = { CLA_VERDICT_NA };
	for (const struct cla_finding *f = d->findings; f; f = f->next) {
		worst[f->check] = cla_verdict_worst(worst[f->check], f->severity);
		more = more || !strcmp(f->rule, "doc.more-findings");
	}
	assert_true(more);
	for (int c = 0; c < CLA_CHECK_COUNT; c++) {
		if (d->checks[c] > CLA_VERDICT_PASS)
			assert_int_equal(d->checks[c], worst[c]);
	}
	assert_int_equal(d->checks[CLA_CHECK_TOTALS], CLA_VERDICT_FAIL);
	assert_int_equal(d->checks[CLA_CHECK_CATALOGS], CLA_VERDICT_FAIL);
}

static void values_are_cut_and_on_one_line(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(BIG);
	cla_auto_judgement struct cla_judgement j;

	cla_buf_addc(
		&text,
		"<cfdi:Comprobante xmlns:cfdi='http://www.sat.gob.mx/cfd/4' Version='a&#10;b&#13;");
	for (int i = 0; i < 300; i++)
		cla_buf_addc(&text, "\xc3\xb1");
	cla_buf_addc(&text, "'/>");
	judge(state, cla_buf_str(&text), &j);
	const struct cla_finding *f = finding_of(j.documents, "cfdi.version");
	assert_non_null(f);
	assert_true(f->found.len <= 240);
	assert_true(cla_utf8_valid(f->found, NULL));
	assert_int_equal(cla_str_find(f->found, '\n'), f->found.len);
	assert_true(cla_str_starts(f->found, "a b "));
}

/* ---- certificates ---- */

static void load(const char *name, struct cla_buf *out)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096);
	const char *srcdir = getenv("srcdir");
	struct cla_err err = CLA_ERR_INIT;

	cla_buf_addf(&path, "%s/samples/%s", srcdir ? srcdir : ".", name);
	if (!cla_file_read(cla_buf_cstr(&path), out, &err))
		fail_msg("%s", err.msg);
}

static void certificate_sets_have_an_identity(void **state)
{
	cla_auto_buf struct cla_buf pac = CLA_BUF_INIT(1 << 16), ca = CLA_BUF_INIT(1 << 16);
	struct cla_judge_opts opts = { .now = { 0, 0 } };
	cla_auto_judge struct cla_judge *a = NULL, *b = NULL;
	struct cla_digest none, one, both, other;
	bool used;

	(void)state;
	load("certs/demo-pac.cer", &pac);
	load("certs/demo-sat-ca.cer", &ca);
	assert_true(cla_judge_new(&opts, &a, NULL) && cla_judge_new(&opts, &b, NULL));
	assert_true(cla_judge_cert_set(a, &none, NULL));
	assert_true(cla_judge_add_cert(a, CLA_STR("no certificate"), &used, NULL));
	assert_false(used);
	assert_true(cla_judge_cert_set(a, &one, NULL));
	assert_true(cla_digest_eq(&none, &one));
	assert_true(cla_judge_add_cert(a, cla_buf_str(&pac), &used, NULL) && used);
	assert_true(cla_judge_cert_set(a, &one, NULL));
	assert_false(cla_digest_eq(&none, &one));
	/* Neither order nor repetition matters. */
	assert_true(cla_judge_add_cert(a, cla_buf_str(&ca), &used, NULL) && used);
	assert_true(cla_judge_add_cert(a, cla_buf_str(&pac), &used, NULL) && used);
	assert_true(cla_judge_cert_set(a, &both, NULL));
	assert_true(cla_judge_add_cert(b, cla_buf_str(&ca), &used, NULL) && used);
	assert_true(cla_judge_add_cert(b, cla_buf_str(&pac), &used, NULL) && used);
	assert_true(cla_judge_cert_set(b, &other, NULL));
	assert_true(cla_digest_eq(&both, &other));
	assert_false(cla_digest_eq(&both, &one));
	cla_judge_forget_certs(b);
	assert_true(cla_judge_cert_set(b, &other, NULL));
	assert_true(cla_digest_eq(&none, &other));
}

/* The clock may change warnings only. */
static void only_warnings_depend_on_the_clock(void **state)
{
	static const char *const files[] = { "abogada-1", "dolares", "propina" };
	struct cla_judge_opts opts = { .now = { 0, 0 } };
	cla_auto_judge struct cla_judge *clocked = NULL;

	(void)state;
	assert_true(cla_judge_new(&opts, &clocked, NULL));
	for (size_t i = 0; i < CLA_LEN(files); i++) {
		cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(1 << 20), path = CLA_BUF_INIT(256);
		cla_auto_judgement struct cla_judgement before, after;
		cla_buf_addf(&path, "documents/mx/good/%s.xml", files[i]);
		load(cla_buf_cstr(&path), &bytes);
		cla_judge_set_now(clocked, (struct cla_time){ 0, 0 });
		assert_true(cla_judge_bytes(clocked, cla_buf_str(&bytes), &before, NULL));
		cla_judge_set_now(clocked, (struct cla_time){ 4000000000, 0 });
		assert_true(cla_judge_bytes(clocked, cla_buf_str(&bytes), &after, NULL));
		assert_non_null(finding_of(before.documents, "cfdi.date-future"));
		assert_null(finding_of(after.documents, "cfdi.date-future"));
		for (int c = 0; c < CLA_CHECK_COUNT; c++) {
			if (before.documents->checks[c] != after.documents->checks[c]) {
				assert_int_equal(before.documents->checks[c], CLA_VERDICT_WARN);
				assert_int_equal(after.documents->checks[c], CLA_VERDICT_PASS);
			}
		}
	}
}

/* ---- the rule pack ---- */

static void rules_are_listed(void **state)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(BIG), again = CLA_BUF_INIT(BIG);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_err err = CLA_ERR_INIT;
	struct cla_embedded file;
	size_t files = 0, controls = 0;

	(void)state;
	if (!cla_rules_json(&text, &err) || !cla_json_canonical(cla_buf_str(&text), &err) ||
	    !cla_json_parse(cla_buf_str(&text), &doc, &err))
		fail_msg("%s", err.msg);
	assert_true(cla_rules_json(&again, NULL));
	assert_true(cla_str_eq(cla_buf_str(&text), cla_buf_str(&again)));
	for (; cla_embedded_at(files, &file); files++) {
		struct cla_str name = cla_str_from(file.name);
		controls += !cla_str_ends(name, ".xsd") && !cla_str_ends(name, ".list") &&
			    !cla_str_ends(name, ".txt") && !cla_str_ends(name, ".tsv");
	}
	const struct cla_json *root = cla_json_root(doc);
	assert_int_equal(cla_json_count(cla_json_get(root, "files")), files - controls);
	assert_true(cla_json_count(cla_json_get(root, "rules")) > 100);
	for (const struct cla_json *r = cla_json_first(cla_json_get(root, "rules")); r;
	     r = cla_json_next(r))
		assert_non_null(cla_rule_text(cla_json_string(cla_json_get(r, "id"))));
	assert_null(cla_rule_text(CLA_STR("no.such")));
}

/* Ids are unique, every rule has its three texts, and none is left untranslated. */
static void rules_are_well_made(void **state)
{
	(void)state;
	for (size_t t = 0; t < cla_rule_table_count; t++) {
		const struct cla_rule_table *table = cla_rule_tables[t];
		for (size_t i = 0; i < table->count; i++) {
			const struct cla_rule *r = &table->rules[i];
			if (!r->id || cla_rule_text(cla_str_from(r->id)) != &r->text)
				fail_msg("table %s, row %zu: id missing or not unique", table->name,
					 i);
			if (r->severity != CLA_VERDICT_WARN && r->severity != CLA_VERDICT_FAIL)
				fail_msg("%s: severity", r->id);
			for (int lang = 0; lang < CLA_LANG_COUNT; lang++) {
				if (!r->text.in[lang] ||
				    !cla_utf8_valid(cla_str_from(r->text.in[lang]), NULL))
					fail_msg("%s: text %d", r->id, lang);
			}
			if (!strcmp(r->text.in[CLA_LANG_EN], r->text.in[CLA_LANG_ES]) ||
			    !strcmp(r->text.in[CLA_LANG_EN], r->text.in[CLA_LANG_PT]))
				fail_msg("%s: not translated", r->id);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_files_are_named),
		cmocka_unit_test(forms_are_judged),
		cmocka_unit_test(limits_are_named),
		cmocka_unit_test(utf16_is_a_warning),
		cmocka_unit_test(kinds_are_recognised_and_read),
		cmocka_unit_test(envelopes_give_several_documents),
		cmocka_unit_test(envelopes_are_bounded),
		cmocka_unit_test(findings_are_bounded),
		cmocka_unit_test(values_are_cut_and_on_one_line),
		cmocka_unit_test(certificate_sets_have_an_identity),
		cmocka_unit_test(only_warnings_depend_on_the_clock),
		cmocka_unit_test(rules_are_listed),
		cmocka_unit_test(rules_are_well_made),
	};

	return cmocka_run_group_tests(tests, make_judge, free_judge);
}
