/* fiscal/cfdi_fixture.h - what the tests of CFDI share: an invoice, changes of it, and controls of
 * rules. cmocka.h and what it needs are included before. */
#ifndef CLA_FISCAL_CFDI_FIXTURE_H
#define CLA_FISCAL_CFDI_FIXTURE_H

#include "fiscal/judge_fixture.h"

#include <string.h>

#define MOST ((size_t)4 << 20)

/* A correct invoice but for its seal: two lines, discount, transfer, exempt tax, withholding, a
 * part, a stamp. */
#define BASE_INVOICE                                                                               \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                             \
	"<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/4\" Version=\"4.0\" "            \
	"Serie=\"A\" "                                                                             \
	"Folio=\"1\" "                                                                             \
	"Fecha=\"2024-11-08T10:10:10\" Sello=\"AAAA\" FormaPago=\"04\" "                           \
	"NoCertificado=\"99001000000000000011\" "                                                  \
	"Certificado=\"AAAA\" SubTotal=\"250.00\" Descuento=\"10.00\" Moneda=\"MXN\" "             \
	"Total=\"251.40\" "                                                                        \
	"TipoDeComprobante=\"I\" Exportacion=\"01\" MetodoPago=\"PUE\" LugarExpedicion=\"06600\">" \
	"<cfdi:Emisor Rfc=\"EKU9003173C9\" Nombre=\"ESCUELA DEMO\" RegimenFiscal=\"601\"/>"        \
	"<cfdi:Receptor Rfc=\"COSC8001137NA\" Nombre=\"PERSONA DEMO\" "                            \
	"DomicilioFiscalReceptor=\"06600\" "                                                       \
	"RegimenFiscalReceptor=\"612\" UsoCFDI=\"G03\"/>"                                          \
	"<cfdi:Conceptos>"                                                                         \
	"<cfdi:Concepto ClaveProdServ=\"81112100\" Cantidad=\"2\" ClaveUnidad=\"E48\" "            \
	"Descripcion=\"uno\" "                                                                     \
	"ValorUnitario=\"100.00\" Importe=\"200.00\" Descuento=\"10.00\" ObjetoImp=\"02\">"        \
	"<cfdi:Impuestos><cfdi:Traslados>"                                                         \
	"<cfdi:Traslado Base=\"190.00\" Impuesto=\"002\" TipoFactor=\"Tasa\" "                     \
	"TasaOCuota=\"0.160000\" Importe=\"30.40\"/>"                                              \
	"</cfdi:Traslados><cfdi:Retenciones>"                                                      \
	"<cfdi:Retencion Base=\"190.00\" Impuesto=\"001\" TipoFactor=\"Tasa\" "                    \
	"TasaOCuota=\"0.100000\" Importe=\"19.00\"/>"                                              \
	"</cfdi:Retenciones></cfdi:Impuestos>"                                                     \
	"<cfdi:Parte ClaveProdServ=\"43211500\" Cantidad=\"1\" "                                   \
	"Descripcion=\"parte\"/></cfdi:Concepto>"                                                  \
	"<cfdi:Concepto ClaveProdServ=\"01010101\" Cantidad=\"1\" ClaveUnidad=\"E48\" "            \
	"Descripcion=\"dos\" "                                                                     \
	"ValorUnitario=\"50.00\" Importe=\"50.00\" ObjetoImp=\"02\">"                              \
	"<cfdi:Impuestos><cfdi:Traslados><cfdi:Traslado Base=\"50.00\" Impuesto=\"002\" "          \
	"TipoFactor=\"Exento\"/>"                                                                  \
	"</cfdi:Traslados></cfdi:Impuestos></cfdi:Concepto>"                                       \
	"</cfdi:Conceptos>"                                                                        \
	"<cfdi:Impuestos TotalImpuestosRetenidos=\"19.00\" TotalImpuestosTrasladados=\"30.40\">"   \
	"<cfdi:Retenciones><cfdi:Retencion Impuesto=\"001\" "                                      \
	"Importe=\"19.00\"/></cfdi:Retenciones>"                                                   \
	"<cfdi:Traslados>"                                                                         \
	"<cfdi:Traslado Base=\"190.00\" Impuesto=\"002\" TipoFactor=\"Tasa\" TasaOCuota=\"0.16\" " \
	"Importe=\"30.40\"/>"                                                                      \
	"<cfdi:Traslado Base=\"50.00\" Impuesto=\"002\" TipoFactor=\"Exento\"/>"                   \
	"</cfdi:Traslados></cfdi:Impuestos>"                                                       \
	"<cfdi:Complemento><tfd:TimbreFiscalDigital "                                              \
	"xmlns:tfd=\"http://www.sat.gob.mx/TimbreFiscalDigital\" "                                 \
	"Version=\"1.1\" UUID=\"f493547f-d64d-4033-b0c3-1008c25495f9\" "                           \
	"FechaTimbrado=\"2024-11-08T10:11:40\" "                                                   \
	"RfcProvCertif=\"SAT970701NN3\" SelloCFD=\"AAAA\" "                                        \
	"NoCertificadoSAT=\"99001000000000000090\" SelloSAT=\"AAAA\"/>"                            \
	"</cfdi:Complemento></cfdi:Comprobante>"

/* The text with the first `from` behind `after` made `to`. */
static inline void swap(const char *text, const char *after, const char *from, const char *to,
			struct cla_buf *out)
{
	const char *start = strstr(text, after ? after : "");
	const char *at = start ? strstr(start, from) : NULL;

	if (!at)
		fail_msg("there is no '%s' behind '%s'", from, after ? after : "");
	cla_buf_add(out, (struct cla_str){ text, (size_t)(at - text) });
	cla_buf_addc(out, to);
	cla_buf_addc(out, at + strlen(from));
	assert_true(cla_buf_ok(out, NULL));
}

/* The text with each `from` made its `to`, in turn. */
static inline void make_edited(const char *text, const char *const edits[][2], size_t count,
			       struct cla_buf *out)
{
	cla_buf_addc(out, text);
	for (size_t i = 0; i < count; i++) {
		cla_auto_buf struct cla_buf next = CLA_BUF_INIT(MOST);
		swap(cla_buf_cstr(out), NULL, edits[i][0], edits[i][1], &next);
		cla_buf_reset(out);
		cla_buf_add(out, cla_buf_str(&next));
	}
}

static inline void judge(struct cla_judge *judge, struct cla_str bytes, struct cla_judgement *out)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_judge_bytes(judge, bytes, out, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(out->count, 1);
}

static inline void print_findings(const struct cla_document *d)
{
	for (const struct cla_finding *f = d->findings; f; f = f->next)
		print_message("  %s %s " CLA_STR_FMT " due '" CLA_STR_FMT "' found '" CLA_STR_FMT
			      "'\n",
			      cla_verdict_name(f->severity), f->rule, CLA_STR_ARG(f->where),
			      CLA_STR_ARG(f->expected), CLA_STR_ARG(f->found));
}

struct control {
	const char *rule;
	const char *after; /* change the first `from` behind this */
	const char *from, *to;
	enum cla_verdict severity;
	const char *also_after, *also_from, *also_to; /* a second change, or NULL */
};

#define F CLA_VERDICT_FAIL
#define W CLA_VERDICT_WARN
#define U CLA_VERDICT_UNKNOWN

/* Each change makes the finding, and the unchanged text has it not. */
static inline void run_controls(struct cla_judge *with, const char *text,
				const struct control *list, size_t count)
{
	cla_auto_judgement struct cla_judgement good;

	judge(with, cla_str_from(text), &good);
	for (size_t i = 0; i < count; i++) {
		const struct control *t = &list[i];
		cla_auto_buf struct cla_buf first = CLA_BUF_INIT(MOST), second = CLA_BUF_INIT(MOST);
		struct cla_buf *bad = &first;
		swap(text, t->after, t->from, t->to, &first);
		if (t->also_from) {
			swap(cla_buf_cstr(&first), t->also_after, t->also_from, t->also_to,
			     &second);
			bad = &second;
		}
		if (finding_of(good.documents, t->rule))
			fail_msg("%s: the unchanged document has it", t->rule);
		cla_auto_judgement struct cla_judgement j;
		judge(with, cla_buf_str(bad), &j);
		const struct cla_finding *f = finding_of(j.documents, t->rule);
		if (!f || f->severity != t->severity) {
			print_findings(j.documents);
			fail_msg("%s (control %zu): %s", t->rule, i,
				 f ? cla_verdict_name(f->severity) : "not found");
		}
		assert_true(j.documents->checks[f->check] >= f->severity);
		assert_true(j.documents->verdict >= f->severity);
	}
}

#endif
