/* fiscal/cfdi_cadena.c - the cadena original: the text that seals are made over.
 *
 * SAT defines it by stylesheets. Here the order of the fields is written as small programs that one
 * function reads:
 *
 *	Name       the attribute, always written (empty when it is missing)
 *	Name?      the attribute, written when it exists (even if empty)
 *	Name( x )  for each child element of that name, the program x
 *	*          for each child element, the program of that complement
 *
 * Values have their blanks trimmed and runs of blanks made one.
 */
#include "fiscal/cfdi.h"

#include <string.h>

static const char comprobante[] =
	"Version Serie? Folio? Fecha FormaPago? NoCertificado CondicionesDePago? SubTotal "
	"Descuento? Moneda "
	"TipoCambio? Total TipoDeComprobante Exportacion MetodoPago? LugarExpedicion Confirmacion? "
	"InformacionGlobal( Periodicidad Meses Año ) "
	"CfdiRelacionados( TipoRelacion CfdiRelacionado( UUID ) ) "
	"Emisor( Rfc Nombre RegimenFiscal FacAtrAdquirente? ) "
	"Receptor( Rfc Nombre DomicilioFiscalReceptor ResidenciaFiscal? NumRegIdTrib? "
	"RegimenFiscalReceptor "
	"UsoCFDI ) "
	"Conceptos( Concepto( ClaveProdServ NoIdentificacion? Cantidad ClaveUnidad Unidad? "
	"Descripcion "
	"ValorUnitario Importe Descuento? ObjetoImp "
	"Impuestos( Traslados( Traslado( Base Impuesto TipoFactor TasaOCuota? Importe? ) ) ) "
	"Impuestos( Retenciones( Retencion( Base Impuesto TipoFactor TasaOCuota Importe ) ) ) "
	"ACuentaTerceros( RfcACuentaTerceros NombreACuentaTerceros RegimenFiscalACuentaTerceros "
	"DomicilioFiscalACuentaTerceros ) "
	"InformacionAduanera( NumeroPedimento ) CuentaPredial( Numero ) ComplementoConcepto( * ) "
	"Parte( ClaveProdServ NoIdentificacion? Cantidad Unidad? Descripcion ValorUnitario? "
	"Importe? "
	"InformacionAduanera( NumeroPedimento ) ) ) ) "
	"Impuestos( Retenciones( Retencion( Impuesto Importe ) ) TotalImpuestosRetenidos? "
	"Traslados( Traslado( Base Impuesto TipoFactor TasaOCuota? Importe? ) ) "
	"TotalImpuestosTrasladados? ) "
	"Complemento( * )";

static const char timbre[] =
	"Version UUID FechaTimbrado RfcProvCertif Leyenda? SelloCFD NoCertificadoSAT";

struct complement {
	const char *ns, *name;
	const char *program;
};

static const struct complement complements[] = {
	/* A stamp adds nothing to the seal that it confirms. */
	{ CLA_TFD_NS, "TimbreFiscalDigital", "" },
	{ "http://www.sat.gob.mx/implocal", "ImpuestosLocales",
	  "version TotaldeRetenciones TotaldeTraslados "
	  "RetencionesLocales( ImpLocRetenido TasadeRetencion Importe ) "
	  "TrasladosLocales( ImpLocTrasladado TasadeTraslado Importe )" },
	{ "http://www.sat.gob.mx/registrofiscal", "CFDIRegistroFiscal", "Version Folio" },
	{ "http://www.sat.gob.mx/Pagos20", "Pagos",
	  "Version Totales( TotalRetencionesIVA? TotalRetencionesISR? TotalRetencionesIEPS? "
	  "TotalTrasladosBaseIVA16? TotalTrasladosImpuestoIVA16? TotalTrasladosBaseIVA8? "
	  "TotalTrasladosImpuestoIVA8? TotalTrasladosBaseIVA0? TotalTrasladosImpuestoIVA0? "
	  "TotalTrasladosBaseIVAExento? MontoTotalPagos ) "
	  "Pago( FechaPago FormaDePagoP MonedaP TipoCambioP? Monto NumOperacion? RfcEmisorCtaOrd? "
	  "NomBancoOrdExt? CtaOrdenante? RfcEmisorCtaBen? CtaBeneficiario? TipoCadPago? CertPago? "
	  "CadPago? "
	  "SelloPago? "
	  "DoctoRelacionado( IdDocumento Serie? Folio? MonedaDR EquivalenciaDR? NumParcialidad "
	  "ImpSaldoAnt "
	  "ImpPagado ImpSaldoInsoluto ObjetoImpDR "
	  "ImpuestosDR( RetencionesDR( RetencionDR( BaseDR ImpuestoDR TipoFactorDR TasaOCuotaDR "
	  "ImporteDR ) ) "
	  "TrasladosDR( TrasladoDR( BaseDR ImpuestoDR TipoFactorDR TasaOCuotaDR? ImporteDR? ) ) ) "
	  ") "
	  "ImpuestosP( RetencionesP( RetencionP( ImpuestoP ImporteP ) ) "
	  "TrasladosP( TrasladoP( BaseP ImpuestoP TipoFactorP TasaOCuotaP? ImporteP? ) ) ) )" },
};

struct walk {
	struct cla_buf *out;
	const struct cla_xml *unknown;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void add_value(struct cla_buf *out, struct cla_str value)
{
	struct cla_str rest = cla_str_trim(value);

	cla_buf_byte(out, '|');
	while (rest.len) {
		size_t word = 0;
		while (word < rest.len && !is_blank(rest.ptr[word]))
			word++;
		cla_buf_add(out, cla_str_sub(rest, 0, word));
		rest = cla_str_trim(cla_str_sub(rest, word, rest.len - word));
		if (rest.len)
			cla_buf_byte(out, ' ');
	}
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

/* Behind the ')' that closes the group whose inside begins at p. */
static const char *skip_group(const char *p)
{
	for (int depth = 1; depth; p++)
		depth += (*p == '(') - (*p == ')');
	return p;
}

static void run(struct walk *w, const struct cla_xml *el, const char *p);

static void run_complement(struct walk *w, const struct cla_xml *el)
{
	for (size_t i = 0; i < CLA_LEN(complements); i++) {
		if (cla_xml_is(el, complements[i].ns, complements[i].name)) {
			run(w, el, complements[i].program);
			return;
		}
	}
	if (!w->unknown)
		w->unknown = el;
}

/* Runs the program for one element up to its end or to the ')' of its group. */
static void run(struct walk *w, const struct cla_xml *el, const char *p)
{
	for (p = skip_blanks(p); *p && *p != ')'; p = skip_blanks(p)) {
		char name[64];
		size_t len = strcspn(p, " ?()");

		memcpy(name, p, len);
		name[len] = '\0';
		p += len;
		if (*p == '(') {
			p++;
			for (const struct cla_xml *e = cla_xml_child(el); e;
			     e = cla_xml_sibling(e)) {
				if (cla_str_eqc(cla_xml_name(e), name) &&
				    cla_str_eq(cla_xml_ns(e), cla_xml_ns(el)))
					run(w, e, p);
			}
			p = skip_group(p);
		} else if (!strcmp(name, "*")) {
			for (const struct cla_xml *e = cla_xml_child(el); e; e = cla_xml_sibling(e))
				run_complement(w, e);
		} else {
			struct cla_str value = cla_xml_attr(el, name);
			bool optional = *p == '?';
			if (optional)
				p++;
			if (!optional || !cla_str_absent(value))
				add_value(w->out, value);
		}
	}
}

static bool chain(const struct cla_xml *el, const char *program, struct cla_buf *out,
		  const struct cla_xml **unknown)
{
	struct walk w = { .out = out };

	cla_buf_byte(out, '|');
	run(&w, el, program);
	cla_buf_addc(out, "||");
	*unknown = w.unknown;
	return cla_buf_ok(out, NULL);
}

bool cla_cfdi_cadena(const struct cla_xml *root, struct cla_buf *out,
		     const struct cla_xml **unknown)
{
	return chain(root, comprobante, out, unknown);
}

bool cla_cfdi_stamp_cadena(const struct cla_xml *stamp, struct cla_buf *out)
{
	const struct cla_xml *unknown;

	return chain(stamp, timbre, out, &unknown);
}
