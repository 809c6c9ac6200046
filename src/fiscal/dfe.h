/* fiscal/dfe.h - CT-e (with CT-e OS, Simplified and GTV-e), MDF-e, national NFS-e, their events, and the
 * voiding of unused numbers: what the rules read (private to the dfe*.c files).
 *
 * cla_dfe_judge() reads a document once into a struct cla_dfe, fills the facts and runs the rows of
 * dfe_rules.c over it. Rule numbers in comments are those of the project's notes on the NF-e family,
 * which CT-e and MDF-e repeat under other names. Sources: the schemas of PL_CTe_400, PL_MDFe_300b and
 * NFS-e 1.00 and 1.01 with the notes inside.
 */
#ifndef CLA_FISCAL_DFE_H
#define CLA_FISCAL_DFE_H

#include "fiscal/proof.h"
#include "model/id/taxid.h"

/* What a family calls its parts. */
struct cla_dfe_family {
	enum cla_doc_kind kind;
	const char *ns;
	const char *inf;	     /* what is signed */
	const char *prefix;	     /* of its Id */
	const char *key;	     /* the element that holds the key elsewhere */
	const char *number, *code;   /* in ide; NULL: none */
	const char *protocol;	     /* NULL: none */
	const char *answer;	     /* to an event; NULL: none */
	const char *author, *person; /* of an event: CNPJ, CPF */
};

/* Which set of rows holds. */
enum cla_dfe_form {
	CLA_DFE_DOCUMENT, /* CT-e, MDF-e */
	CLA_DFE_EVENT,	  /* of them */
	CLA_DFE_NFSE,
	CLA_DFE_NFSE_EVENT,
	CLA_DFE_VOIDING, /* of numbers of NF-e or CT-e that were not used */
};

/* Elements are NULL and slices absent when the document lacks them. All is borrowed from the
 * document. */
struct cla_dfe {
	const struct cla_dfe_family *family;
	enum cla_dfe_form form;
	const struct cla_xml *proc; /* cteProc, procEventoMDFe, … around */
	const struct cla_xml *body; /* CTe, GTVe, MDFe, NFSe, eventoCTe, evento, … */
	const struct cla_xml *inf;  /* infCte, infMDFe, infNFSe, infEvento */
	const struct cla_xml *ide, *emit;
	const struct cla_xml *proof; /* infProt; infEvento of the answer to an event */
	/* NFS-e: the provider's declaration inside; its event: what was asked for */
	const struct cla_xml *inner;	 /* DPS, pedRegEvento */
	const struct cla_xml *inner_inf; /* infDPS, infPedReg */
	struct cla_str key; /* of Id; of an event: of the document that it names; absent when it
				       has not the form of a key */
	struct cla_access_key part;	/* all absent without key, and for NFS-e */
	struct cla_nfse_key nfse;	/* likewise, for all others */
	struct cla_str model;		/* ide/mod */
	struct cla_str type;		/* of an event, six digits */
	struct cla_str author;		/* of an event */
	struct cla_date issue_date;	/* in its own offset; year 0: not readable */
	struct cla_time issued;		/* valid with issue_date */
	const struct cla_xml *receiver; /* of the invoice: payer of the carriage, customer */
	struct cla_dsig sig;		/* of inf */
	struct cla_dsig inner_sig;	/* of inner_inf */
};

static inline const struct cla_dfe *cla_dfe_of(const struct cla_case *c)
{
	return c->facts;
}

/* A descendant by a path of names in the family's namespace, first match at each step; its text. */
const struct cla_xml *cla_dfe_find(const struct cla_dfe *d, const struct cla_xml *el,
				   const char *path);
struct cla_str cla_dfe_text(const struct cla_dfe *d, const struct cla_xml *el, const char *path);
/* CNPJ, else CPF of a party; *el (may be NULL) is the element. */
struct cla_str cla_dfe_tax_id(const struct cla_dfe *d, const struct cla_xml *party,
			      const struct cla_xml **el);

/* dfe_rules.c: the rows of the document's form. */
void cla_dfe_run(struct cla_case *c);

/* dfe_schema.c */
cla_rule_fn cla_dfe_schema;

/* dfe_key.c */
cla_rule_fn cla_dfe_id_form, cla_dfe_key_digit, cla_dfe_key_part, cla_dfe_key_month;
cla_rule_fn cla_dfe_key_issuer, cla_dfe_model, cla_dfe_issuer_id, cla_dfe_receiver_id;
cla_rule_fn cla_dfe_city_digit, cla_dfe_nfse_key_part, cla_dfe_nfse_declaration_id;
cla_rule_fn cla_dfe_event_key, cla_dfe_event_id, cla_dfe_event_author_id, cla_dfe_event_author;
cla_rule_fn cla_dfe_nfse_event_id, cla_dfe_voiding_id;

/* dfe_total.c */
cla_rule_fn cla_dfe_components, cla_dfe_icms, cla_dfe_counts;
cla_rule_fn cla_dfe_nfse_iss, cla_dfe_nfse_withheld, cla_dfe_nfse_net;

/* dfe_proof.c */
cla_rule_fn cla_dfe_signature, cla_dfe_cert_unreadable, cla_dfe_cert_dates, cla_dfe_cert_authority;
cla_rule_fn cla_dfe_cert_usage, cla_dfe_cert_nameless, cla_dfe_cert_owner, cla_dfe_environment;
cla_rule_fn cla_dfe_protocol_missing, cla_dfe_protocol_key, cla_dfe_protocol_environment;
cla_rule_fn cla_dfe_protocol_status, cla_dfe_protocol_void, cla_dfe_protocol_number;
cla_rule_fn cla_dfe_protocol_early, cla_dfe_protocol_digest, cla_dfe_digest_differs;
cla_rule_fn cla_dfe_note_missing, cla_dfe_nfse_status;
cla_rule_fn cla_dfe_voiding_status;
cla_rule_fn cla_dfe_event_unregistered, cla_dfe_event_status, cla_dfe_event_answer;

#endif
