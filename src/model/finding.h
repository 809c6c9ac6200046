/* model/finding.h - verdicts, checks, findings: what judging a document gives.
 *
 * A finding is a result, never an error. A check is the worst of its findings, a document's verdict
 * the worst of its checks: fail > unknown > warn > pass; n/a does not count. `unknown` means that
 * an input is missing, and says which.
 */
#ifndef CLA_MODEL_FINDING_H
#define CLA_MODEL_FINDING_H

#include "base/arena.h"
#include "base/clock.h"
#include "crypto/digest.h"

enum cla_verdict { /* in the order of severity */
		   CLA_VERDICT_NA,
		   CLA_VERDICT_PASS,
		   CLA_VERDICT_WARN,
		   CLA_VERDICT_UNKNOWN,
		   CLA_VERDICT_FAIL,
};

enum cla_check {
	CLA_CHECK_WELLFORMED,
	CLA_CHECK_SCHEMA,
	CLA_CHECK_SIGNATURE, /* issuer's seal or XMLDSig */
	CLA_CHECK_CERTIFICATE,
	CLA_CHECK_STAMP,    /* SAT stamp or SEFAZ protocol */
	CLA_CHECK_IDENTITY, /* RFC, CNPJ, CPF, access key */
	CLA_CHECK_TOTALS,
	CLA_CHECK_CATALOGS,
	CLA_CHECK_COUNT,
};

enum cla_doc_kind {
	CLA_DOC_NOT_XML,
	CLA_DOC_XML, /* XML of no kind we know */
	CLA_DOC_CFDI,
	CLA_DOC_CFDI_RETENCIONES,
	CLA_DOC_NFE,
	CLA_DOC_NFCE,
	CLA_DOC_NFE_EVENT,
	CLA_DOC_CTE,
	CLA_DOC_MDFE,
	CLA_DOC_NFSE,
	CLA_DOC_DIAN,
};

enum cla_lang { CLA_LANG_EN, CLA_LANG_ES, CLA_LANG_PT, CLA_LANG_COUNT };

/* One text in the three languages, indexed by cla_lang. */
struct cla_text {
	const char *in[CLA_LANG_COUNT];
};
#define CLA_TEXT(en, es, pt)                                                                       \
	{                                                                                          \
		{                                                                                  \
			[CLA_LANG_EN] = en, [CLA_LANG_ES] = es, [CLA_LANG_PT] = pt                 \
		}                                                                                  \
	}

struct cla_finding {
	struct cla_finding *next;
	enum cla_check check;
	enum cla_verdict severity;
	const char *rule;		/* "cfdi.seal"; stable */
	const char *code;		/* SAT or SEFAZ code, NULL when there is none */
	const struct cla_text *text;	/* read-only data of the rule */
	struct cla_str where;		/* path into the document; absent when it is the whole */
	struct cla_str expected, found; /* absent when there is nothing to say */
};

/* A certificate that a verdict used and that is not inside the document itself. */
struct cla_used_cert {
	struct cla_used_cert *next;
	struct cla_digest sha256;
	struct cla_str der;
};

/* A payment that a document tells of (NF-e detPag): what a charge is found by. Texts as written,
 * absent when they are not there. */
struct cla_payment {
	struct cla_payment *next;
	struct cla_str form, amount, day;	       /* tPag, vPag, dPag */
	struct cla_str authorization, brand, terminal; /* of a card: cAut, tBand, idTermPag */
	struct cla_str institution, payer, payee;      /* tax ids: CNPJ, CNPJPag, CNPJReceb */
};

#define CLA_MAX_PAYMENTS 100 /* as many as the layout admits */

/* One fiscal document of a file. Texts are as written in the document and live in the judgement's
 * arena; absent when the document does not have them or they could not be read. */
struct cla_document {
	struct cla_document *next;
	size_t index; /* within the file, from 0 */
	enum cla_doc_kind kind;
	struct cla_str version;
	struct cla_str
		id; /* stamp UUID upper-cased as SAT prints it; access key; NFS-e 50 places */
	struct cla_str issuer, receiver; /* tax ids */
	struct cla_str issuer_name;
	struct cla_str issued_at; /* as written */
	struct cla_str total;	  /* digits as written */
	struct cla_str currency;  /* ISO 4217; BRL for the NF-e family */
	/* for matching */
	struct cla_str type; /* CFDI TipoDeComprobante; NF-e finNFe */
	struct cla_str subtotal, discount,
		local_taxes; /* digits; local_taxes = implocal transfers minus withholdings */
	struct cla_str exchange_rate;
	struct cla_str payment_form;  /* CFDI FormaPago; NF-e tPag of the first payment */
	struct cla_payment *payments; /* NF-e, NFC-e: in their order, CLA_MAX_PAYMENTS at most */
	bool production;	      /* NF-e tpAmb 1; true for CFDI */
	/* The schema that admits it, by its name here, where the document's version leaves several
	 * open ("nfe-4.00-pl010d"); not kept in the catalogue. */
	struct cla_str schema;
	/* NF-e family, for what documents say of each other: DigestValue as written, which stands for
	 * what was signed and proves nothing; number of the protocol, that a cancellation repeats */
	struct cla_str content, protocol;
	struct cla_str
		query; /* a stamped CFDI: what SAT is asked about it, "?re=…"; not kept in the
				 catalogue */
	enum cla_verdict checks[CLA_CHECK_COUNT];
	enum cla_verdict verdict;
	struct cla_finding *findings, **findings_end;
	size_t finding_count;
	struct cla_used_cert *certs;
};

/* All documents of one file: at least one. */
struct cla_judgement {
	struct cla_arena arena;
	struct cla_digest sha256; /* of the file */
	struct cla_document *documents, **documents_end;
	size_t count;
};

void cla_judgement_init(struct cla_judgement *j);
void cla_judgement_clear(struct cla_judgement *j);
#define cla_auto_judgement CLA_CLEANUP(cla_judgement_clear)

/* A new document at the end, all checks n/a. NULL when out of memory. */
struct cla_document *cla_judgement_add(struct cla_judgement *j);

const char *cla_verdict_name(enum cla_verdict v); /* "pass", "warn", "unknown", "fail", "n/a" */
CLA_USE
bool cla_verdict_parse(struct cla_str s, enum cla_verdict *ret);
static inline enum cla_verdict cla_verdict_worst(enum cla_verdict a, enum cla_verdict b)
{
	return a > b ? a : b;
}
const char *cla_check_name(enum cla_check c);	    /* "wellformed", … */
const char *cla_doc_kind_name(enum cla_doc_kind k); /* "cfdi", "cfdi-retenciones", … "not-xml" */
CLA_USE
bool cla_doc_kind_parse(struct cla_str s, enum cla_doc_kind *ret);
bool cla_doc_kind_is_fiscal(enum cla_doc_kind k);

/* The `verdicts` entries of evidence.json for one file: a canonical JSON array, one object a
 * document. */
CLA_USE
bool cla_judgement_encode(const struct cla_judgement *j, struct cla_buf *out, struct cla_err *err);

/* Everything of a judgement as one canonical JSON object, so that the catalogue can keep it; and
 * back. Texts of findings are not kept: after decoding `text` is NULL, and rule and code say which.
 */
CLA_USE
bool cla_judgement_save(const struct cla_judgement *j, struct cla_buf *out, struct cla_err *err);
CLA_USE
bool cla_judgement_load(struct cla_str json, struct cla_judgement *j, struct cla_err *err);

#endif
