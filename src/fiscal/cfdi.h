/* fiscal/cfdi.h - a CFDI under judgement (private to fiscal/cfdi*.c).
 *
 * The facts are read once by cfdi.c; the rule files look at them and at the document. Rules and
 * their numbers follow Anexo 20 of the RMF and SAT's error matrix for CFDI 4.0 (edition of 25 March
 * 2026); what holds for 3.3, and under which number, is listed in cfdi33.c. Of 3.2 the proof is
 * judged and the schema, no more.
 */
#ifndef CLA_FISCAL_CFDI_H
#define CLA_FISCAL_CFDI_H

#include "base/dec.h"
#include "fiscal/rule.h"

#define CLA_TFD_NS "http://www.sat.gob.mx/TimbreFiscalDigital"
#define CLA_SAT_NS "http://www.sat.gob.mx/"

/* One row of a table: id, SAT's code, CLA_CHECK_…, CLA_VERDICT_…, function, texts in English,
 * Spanish, Portuguese. */
#define CLA_CFDI_RULE(id, code, check, severity, fn, en, es, pt)                                   \
	CLA_CFDI_DATED_RULE(id, code, check, severity, NULL, NULL, fn, en, es, pt)
/* The same, in force from one day to another. */
#define CLA_CFDI_DATED_RULE(id, code, check, severity, since, until, fn, en, es, pt)               \
	{                                                                                          \
		id, code, CLA_CHECK_##check, CLA_VERDICT_##severity, since, until, fn,             \
		{                                                                                  \
			{                                                                          \
				en, es, pt                                                         \
			}                                                                          \
		}                                                                                  \
	}

struct cla_cert;

/* How a kind of document and a version of the stamp write what proves them. */
struct cla_proof_names {
	const char *certificate, *number, *seal, *date, *rfc, *name, *receiver_rfc;
	bool sha1; /* the seal is over SHA-1 */
};
struct cla_stamp_names {
	const char *version, *seal_copy, *number, *seal;
	const char *pac; /* NULL: not said */
};

enum cla_cfdi_rate { CLA_CFDI_RATE_LISTED, CLA_CFDI_RATE_OUTDATED, CLA_CFDI_RATE_UNLISTED };

/* What was found of a rate: a document has few, and its lines share them. */
struct cla_cfdi_known_rate {
	struct cla_str tax, factor;
	struct cla_dec rate;
	bool withheld;
	enum cla_cfdi_rate state;
};

struct cla_cfdi_sums; /* cfdi_totals.c */

struct cla_cfdi {
	const struct cla_xml *issuer, *receiver, *lines,
		*taxes;		     /* Emisor, Receptor, Conceptos, Impuestos */
	const struct cla_xml *stamp; /* the first TimbreFiscalDigital */
	size_t stamps;
	const struct cla_xml *local_taxes;     /* implocal:ImpuestosLocales */
	const struct cla_xml *fiscal_registry; /* registrofiscal:CFDIRegistroFiscal */
	const struct cla_xml *payments;	       /* the first Pagos, of either version */
	size_t payments_count;
	bool trade; /* Comercio Exterior is there, of any version */
	const struct cla_proof_names *names;
	const struct cla_stamp_names *stamp_names;
	struct cla_str issuer_rfc, receiver_rfc, currency, issued_at;
	bool foreign;		     /* the receiver is abroad and has no RFC */
	char type;		     /* I, E, T, N, P; 0 when it is none of these */
	int decimals;		     /* of the currency; -1 when it is not in c_Moneda */
	const struct cla_cert *cert; /* of the issuer, NULL when it cannot be read */

	/* What rules have found out on their way. */
	struct cla_cfdi_known_rate rates[8];
	size_t rate_count;
	struct cla_cfdi_sums *sums[2]; /* of the lines' transfers, withholdings; NULL: not yet */
};

void cla_cfdi_free_sums(struct cla_cfdi *f);

/* First child, next sibling of that name and of the element's own namespace. */
static inline const struct cla_xml *cla_cfdi_child(const struct cla_xml *el, const char *name)
{
	return cla_xml_own_child(el, name);
}

static inline const struct cla_xml *cla_cfdi_next(const struct cla_xml *el)
{
	return cla_xml_next_alike(el);
}

/* The children of all Complemento elements: versions before 4.0 let it repeat, and readers take
 * them as one. First with NULL. */
const struct cla_xml *cla_cfdi_next_complement(const struct cla_xml *root,
					       const struct cla_xml *at);

/* The issuer's certificate out of an attribute; NULL when it is missing or no certificate. */
const struct cla_cert *cla_cfdi_read_cert(struct cla_case *c, const char *attr);

/* Reads what is common to all that is sealed and stamped; the kinds add the rest. */
void cla_cfdi_read_proof(struct cla_case *c, const struct cla_proof_names *names,
			 struct cla_cfdi *f);

/* The schema of the case's root, and of each complement its own; an Addenda and complements that
 * the program does not know are left out and told. */
void cla_cfdi_check_schema(struct cla_case *c);

/* The cadena original of a sealed document or of a stamp, appended to `out`. When it or one of its
 * complements has a cadena that is not known here, *unknown is its element and `out` is not to be
 * used. False when out of memory. */
CLA_USE
bool cla_cfdi_cadena(const struct cla_xml *root, struct cla_buf *out,
		     const struct cla_xml **unknown);

/* Walks the Concepto elements: first with NULL. */
const struct cla_xml *cla_cfdi_next_line(const struct cla_cfdi *f, const struct cla_xml *line);
/* The first Traslado or Retencion below an Impuestos element: group "Traslados", "Retenciones";
 * cla_cfdi_next() goes on. */
const struct cla_xml *cla_cfdi_first_tax(const struct cla_xml *taxes, const char *group);

/* A row of an embedded code table, and whether it was in force on the document's day by the columns
 * from, to. */
bool cla_cfdi_code(const char *table, struct cla_str code, struct cla_str *row);
bool cla_cfdi_code_in_force(const struct cla_cfdi *f, struct cla_str row, int from_column);

/* Decimals of a currency by c_Moneda; -1 when it is not listed. */
int cla_cfdi_currency_decimals(struct cla_str currency);

/* What rules ask of an attribute (cfdi_checks.c): its number, zero too when it is absent; whether it is
 * there, and is one of these words (a blank between them). */
struct cla_dec cla_cfdi_number(const struct cla_xml *el, const char *attr);
struct cla_dec cla_cfdi_number_or_zero(const struct cla_xml *el, const char *attr);
bool cla_cfdi_has(const struct cla_xml *el, const char *attr);
bool cla_cfdi_one_of(const struct cla_xml *el, const char *attr, const char *words);

/* Report an attribute that is there, that is missing. */
void cla_cfdi_refuse(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		     const char *attr);
void cla_cfdi_require(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
		      const char *attr);

/* Reports an attribute that is not one of these words; a missing one too. */
void cla_cfdi_check_words(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			  const char *attr, const char *words);

/* Reports an RFC of somebody who ought to be registered and hardly is: malformed, with another check
 * digit, or generic (that of somebody abroad may be allowed). */
void cla_cfdi_check_rfc(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			const char *attr, bool abroad);

/* Reports an amount that is not above zero under the attribute; `unknown` when it is none. */
void cla_cfdi_check_positive(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			     const char *attr, struct cla_dec amount);

/* Reports an amount with more decimals than its currency has; `unknown` when it cannot be read, or
 * the decimals are not known (-1): then `currency` is the attribute that ought to say them. */
void cla_cfdi_check_decimals(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			     const char *attr, int decimals, const char *currency);

/* Whether a rate is in c_TasaOCuota for that tax and factor, and was so on the document's day. */
enum cla_cfdi_rate cla_cfdi_rate(const struct cla_case *c, struct cla_str tax,
				 struct cla_str factor, struct cla_dec rate, bool withheld);

/* Lowest and highest amount, in so many decimals, that base by rate may give: the base means
 * anything within half a unit of its last decimal. */
void cla_cfdi_tax_limits(struct cla_dec base, struct cla_dec rate, int decimals,
			 struct cla_dec *low, struct cla_dec *high);

typedef void cla_cfdi_tax_fn(struct cla_case *c, const struct cla_rule *r,
			     const struct cla_xml *tax);
/* Each Traslado or Retencion of the lines. */
void cla_cfdi_each_line_tax(struct cla_case *c, const struct cla_rule *r, const char *group,
			    cla_cfdi_tax_fn *fn);

/* Importe of `el` against the limits of its two factors. */
void cla_cfdi_check_limits(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			   const char *a_name, const char *b_name, bool b_exact);

/* Reports a TasaOCuota that c_TasaOCuota does not have for the element's tax and factor. */
void cla_cfdi_check_rate(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			 bool withheld);

/* Whether a table's row is for this kind of person: column 1 natural (13 characters), column 2
 * legal (12). An RFC of another length says nothing. */
bool cla_cfdi_fits_person(struct cla_str row, struct cla_str rfc);

/* What a complement asks of the document around it: one row a rule. */
enum cla_cfdi_bearer { CLA_CFDI_ROOT, CLA_CFDI_ISSUER, CLA_CFDI_RECEIVER, CLA_CFDI_LINE };
struct cla_cfdi_field {
	const char *rule;
	enum cla_cfdi_bearer on;
	const char *attr;
	enum { CLA_CFDI_ABSENT, CLA_CFDI_TEXT, CLA_CFDI_NUMBER } kind;
	const char *due;
};
/* Reports the field of the rule's row when it does not say what is due. A document without lines
 * has none. */
void cla_cfdi_check_field(struct cla_case *c, const struct cla_rule *r,
			  const struct cla_cfdi_field *fields, size_t count);

/* Codes whose catalog is in the schema: what it refuses is told once more under SAT's number. One
 * row a rule. */
struct cla_cfdi_place {
	const char *rule, *element, *attr;
};
void cla_cfdi_check_refused(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *top,
			    const struct cla_cfdi_place *places, size_t count);

/* Reports an attribute whose code is not in a dated table, where the columns from and to begin at
 * `from_column`, or was not in force; `unknown` when that needs a date that the document has not.
 * False when it reported. */
bool cla_cfdi_check_dated(struct cla_case *c, const struct cla_rule *r, const char *table,
			  int from_column, const struct cla_xml *el, const char *attr);

/* Reports an attribute whose code is not in an embedded list ("c_CodigoPostal.txt"); then false. */
bool cla_cfdi_check_listed(struct cla_case *c, const struct cla_rule *r, const char *table,
			   const struct cla_xml *el, const char *attr);

/* What holds for CFDI 3.3, for 3.2, of which we have no codes, for Retenciones 2.0 (cfdi33.c); for
 * Retenciones 1.0 (retenciones.c). */
extern const struct cla_old_code cla_cfdi33_codes[], cla_cfdi32_codes[], cla_retenciones20_codes[],
	cla_retenciones10_codes[];
extern const size_t cla_cfdi33_code_count, cla_cfdi32_code_count, cla_retenciones20_code_count,
	cla_retenciones10_code_count;

/* Types that are an income, an expense credit or payroll: those with amounts. */
static inline bool cla_cfdi_has_amounts(const struct cla_cfdi *f)
{
	return f->type == 'I' || f->type == 'E' || f->type == 'N';
}

static inline const struct cla_cfdi *cla_cfdi_of(const struct cla_case *c)
{
	return c->facts;
}

/* Fills document->query, once the rest of the document is. */
void cla_cfdi_make_query(struct cla_case *c);

#endif
