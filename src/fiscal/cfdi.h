/* fiscal/cfdi.h - a CFDI 4.0 under judgement (private to fiscal/cfdi*.c).
 *
 * The facts are read once by cfdi.c; the rule files look at them and at the document. Namespaces
 * and rule numbers follow Anexo 20 of the RMF and SAT's error matrix for CFDI 4.0 (edition of 25
 * March 2026).
 */
#ifndef CLA_FISCAL_CFDI_H
#define CLA_FISCAL_CFDI_H

#include "base/dec.h"
#include "fiscal/rule.h"

#define CLA_CFDI_NS "http://www.sat.gob.mx/cfd/4"
#define CLA_TFD_NS "http://www.sat.gob.mx/TimbreFiscalDigital"
#define CLA_SAT_NS "http://www.sat.gob.mx/"

/* One row of a table: id, SAT's code, CLA_CHECK_…, CLA_VERDICT_…, function, texts in English,
 * Spanish, Portuguese. */
#define CLA_CFDI_RULE(id, code, check, severity, fn, en, es, pt)                                   \
	{                                                                                          \
		id, code, CLA_CHECK_##check, CLA_VERDICT_##severity, NULL, NULL, fn,               \
		{                                                                                  \
			{                                                                          \
				en, es, pt                                                         \
			}                                                                          \
		}                                                                                  \
	}

struct cla_cert;

struct cla_cfdi {
	const struct cla_xml *issuer, *receiver, *lines,
		*taxes;		     /* Emisor, Receptor, Conceptos, Impuestos */
	const struct cla_xml *stamp; /* the first TimbreFiscalDigital */
	size_t stamps;
	const struct cla_xml *local_taxes;     /* implocal:ImpuestosLocales */
	const struct cla_xml *fiscal_registry; /* registrofiscal:CFDIRegistroFiscal */
	struct cla_str issuer_rfc, receiver_rfc, currency, issued_at;
	char type;		     /* I, E, T, N, P; 0 when it is none of these */
	int decimals;		     /* of the currency; -1 when it is not in c_Moneda */
	const struct cla_cert *cert; /* of the issuer, NULL when it cannot be read */
};

/* The cadena original of the document (Anexo 20), appended to `out`. When a complement
 * has a cadena that is not known here, *unknown is its element and `out` is not to be used. False
 * when out of memory. */
CLA_USE
bool cla_cfdi_cadena(const struct cla_xml *root, struct cla_buf *out,
		     const struct cla_xml **unknown);
/* That of a stamp. */
CLA_USE
bool cla_cfdi_stamp_cadena(const struct cla_xml *stamp, struct cla_buf *out);

/* The issuer's certificate out of the document; NULL when it is missing or no certificate. */
const struct cla_cert *cla_cfdi_read_cert(struct cla_case *c);

/* Walks the Concepto elements: first with NULL. */
const struct cla_xml *cla_cfdi_next_line(const struct cla_cfdi *f, const struct cla_xml *line);
/* The Traslado or Retencion elements below an Impuestos element: group "Traslados", "Retenciones".
 */
const struct cla_xml *cla_cfdi_first_tax(const struct cla_xml *taxes, const char *group);
const struct cla_xml *cla_cfdi_next_tax(const struct cla_xml *tax);

/* A row of an embedded code table, and whether it was in force on the document's day by the columns
 * from, to. */
bool cla_cfdi_code(const char *table, struct cla_str code, struct cla_str *row);
bool cla_cfdi_code_in_force(const struct cla_cfdi *f, struct cla_str row, int from_column);

/* Types that are an income, an expense credit or payroll: those with amounts. */
static inline bool cla_cfdi_has_amounts(const struct cla_cfdi *f)
{
	return f->type == 'I' || f->type == 'E' || f->type == 'N';
}

static inline const struct cla_cfdi *cla_cfdi_of(const struct cla_case *c)
{
	return c->facts;
}

#endif
