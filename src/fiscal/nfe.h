/* fiscal/nfe.h - NF-e, NFC-e and their events: what the rules read (private to the nfe*.c files).
 *
 * cla_nfe_judge() reads a note once into a struct cla_nfe and runs the rows of nfe_rules.c over it.
 * Rule numbers in comments are those of the project's notes on the NF-e family; codes are SEFAZ's
 * rejection numbers. Sources: MOC 7.0 (Manual de Orientação do Contribuinte, layout 4.00) and the
 * technical notes named at a rule.
 */
#ifndef CLA_FISCAL_NFE_H
#define CLA_FISCAL_NFE_H

#include "base/dec.h"
#include "fiscal/rule.h"
#include "fiscal/proof.h"
#include "model/id/taxid.h"
#include "xml/schema.h"

#define CLA_NFE_NS "http://www.portalfiscal.inf.br/nfe"

#define CLA_NFE_MAX_ITEMS 990 /* of the layout */

#define CLA_NFE_RULE(id, code, check, severity, fn, en, es, pt)                                    \
	CLA_NFE_DATED_RULE(id, code, check, severity, NULL, NULL, fn, en, es, pt)
/* The same, in force from one day to another. */
#define CLA_NFE_DATED_RULE(id, code, check, severity, since, until, fn, en, es, pt)                \
	{                                                                                          \
		id, code, CLA_CHECK_##check, CLA_VERDICT_##severity, since, until, fn,             \
		{                                                                                  \
			{                                                                          \
				[CLA_LANG_EN] = en, [CLA_LANG_ES] = es, [CLA_LANG_PT] = pt         \
			}                                                                          \
		}                                                                                  \
	}

/* Elements are NULL and slices absent when the document lacks them. All is borrowed from the
 * document. */
struct cla_nfe {
	const struct cla_xml *proc; /* nfeProc around the note */
	const struct cla_xml *note; /* NFe */
	const struct cla_xml *inf;  /* infNFe */
	const struct cla_xml *ide, *emit, *dest;
	const struct cla_xml *total;	/* ICMSTot */
	const struct cla_xml *services; /* ISSQNtot */
	const struct cla_xml *protocol; /* protNFe */
	const struct cla_xml *prot;	/* infProt */
	struct cla_str key;		/* of Id; absent when Id has not the form of a key */
	struct cla_access_key part;	/* all absent without key */
	struct cla_str model;
	struct cla_date issue_date; /* of dhEmi in its own offset; year 0: not readable */
	struct cla_time issued;	    /* valid with issue_date */
	size_t items;		    /* det */
	bool reform;		    /* some item has the group of IBS and CBS */
	struct cla_dsig sig;
	struct cla_nfe_sums *sums; /* of its items; NULL: not summed */
};

struct cla_nfe_event {
	const struct cla_xml *event;  /* evento */
	const struct cla_xml *inf;    /* infEvento */
	const struct cla_xml *answer; /* infEvento of retEvento */
	struct cla_str key;	      /* chNFe; absent when it has not the form of a key */
	struct cla_str type;	      /* tpEvento */
	struct cla_str author;	      /* CNPJ or CPF */
	struct cla_date issue_date;
	struct cla_time issued;
	struct cla_dsig sig;
};

/* nfe_total.c: adds up what the items say, for the rules of the totals. */
struct cla_nfe_sums;
void cla_nfe_add_items(struct cla_case *c, struct cla_nfe *n);

/* What the judge of a note, of an event, has read: for the rules. */
static inline const struct cla_nfe *cla_nfe_of(const struct cla_case *c)
{
	return c->facts;
}

static inline const struct cla_nfe_event *cla_nfe_event_of(const struct cla_case *c)
{
	return c->facts;
}

/* A descendant by a path of names in the NF-e namespace ("enderEmit/cMun"), first match at each
 * step; its text. */
const struct cla_xml *cla_nfe_find(const struct cla_xml *el, const char *path);
struct cla_str cla_nfe_text(const struct cla_xml *el, const char *path);
/* CNPJ, else CPF of a party; *el is the element. */
struct cla_str cla_nfe_tax_id(const struct cla_xml *party, const struct cla_xml **el);
/* The first item of a note (det), the next one; NULL behind the last. */
const struct cla_xml *cla_nfe_item(const struct cla_nfe *n);
const struct cla_xml *cla_nfe_next_item(const struct cla_xml *det);
/* An amount below `el`; zero when it is not there. */
struct cla_dec cla_nfe_amount(const struct cla_xml *el, const char *path);
/* A percentage of an amount, unrounded. */
struct cla_dec cla_nfe_percent(struct cla_dec amount, struct cla_dec percent);
/* The sum over the items of what lies below det; a part of the path that is "*" is any one element. */
struct cla_dec cla_nfe_sum_items(const struct cla_nfe *n, const char *path);
/* Reports when two amounts are further apart than the tolerance, or than the one asked for when that is
 * greater, with both; `unknown` when one is no number. A rate has no tolerance. */
void cla_nfe_expect(struct cla_case *c, const struct cla_rule *r, enum cla_verdict severity,
		    const struct cla_xml *el, struct cla_dec due, struct cla_dec found,
		    struct cla_dec tolerance);
void cla_nfe_expect_rate(struct cla_case *c, const struct cla_rule *r, const struct cla_xml *el,
			 struct cla_dec due);
/* Day as written and instant of a dhEmi ("2024-11-05T10:00:00-03:00", or the date alone of old
 * layouts). */
CLA_USE bool cla_nfe_instant(struct cla_str text, struct cla_date *date, struct cla_time *time);

/* One of the 27 states by its IBGE number (nfe_party.c). */
bool cla_nfe_is_uf_number(struct cla_str number);

/* Whether a city's number has its check digit (nfe_party.c). */
bool cla_nfe_city_holds(struct cla_str city);

/* Whether cStat of a retEvento says that the event was registered (nfe_event.c). */
bool cla_nfe_is_registered(struct cla_str status);

/* Run the rows for a note (all tables), for an event. */
void cla_nfe_run_note(struct cla_case *c);
void cla_nfe_run_event(struct cla_case *c);

/* In the series 890-919 a tax office issues or signs in somebody's place (nfe_key.c). */
bool cla_nfe_by_tax_office(const struct cla_nfe *n);

/* nfe_key.c */
cla_rule_fn cla_nfe_id_form, cla_nfe_key_digit, cla_nfe_key_uf, cla_nfe_key_part, cla_nfe_key_month;
cla_rule_fn cla_nfe_key_issuer, cla_nfe_key_trivial, cla_nfe_contingency,
	cla_nfe_contingency_reason;
cla_rule_fn cla_nfe_leaves_early, cla_nfe_reference_missing, cla_nfe_reference_digit;
cla_rule_fn cla_nfe_reference_twice, cla_nfe_reference_self, cla_nfe_versions, cla_nfe_prefix;

/* nfe_schema.c */
cla_rule_fn cla_nfe_schema, cla_nfe_event_schema;

/* nfe_party.c */
cla_rule_fn cla_nfe_issuer_id, cla_nfe_receiver_cnpj, cla_nfe_receiver_cpf, cla_nfe_further_id;
cla_rule_fn cla_nfe_other_ids;
cla_rule_fn cla_nfe_issuer_ie, cla_nfe_issuer_ie_missing, cla_nfe_substitute_ie,
	cla_nfe_receiver_ie;
cla_rule_fn cla_nfe_receiver_ie_missing, cla_nfe_receiver_ie_exempt, cla_nfe_carrier_ie;
cla_rule_fn cla_nfe_foreign_city, cla_nfe_foreign_country, cla_nfe_city_digit, cla_nfe_city_uf;
cla_rule_fn cla_nfe_city_digit_services;
cla_rule_fn cla_nfe_nfce_to_company;

/* nfe_total.c */
cla_rule_fn cla_nfe_item_sold, cla_nfe_item_taxed, cla_nfe_sum, cla_nfe_note_total;

/* nfe_proof.c */
cla_rule_fn cla_nfe_signature, cla_nfe_cert_unreadable, cla_nfe_cert_dates, cla_nfe_cert_authority;
cla_rule_fn cla_nfe_cert_usage, cla_nfe_cert_nameless, cla_nfe_cert_owner, cla_nfe_environment;
cla_rule_fn cla_nfe_protocol_missing, cla_nfe_protocol_key, cla_nfe_protocol_environment;
cla_rule_fn cla_nfe_protocol_status, cla_nfe_protocol_void, cla_nfe_protocol_late;
cla_rule_fn cla_nfe_protocol_number, cla_nfe_protocol_place, cla_nfe_protocol_early;
cla_rule_fn cla_nfe_protocol_digest, cla_nfe_digest_differs;

/* nfe_event.c */
cla_rule_fn cla_nfe_event_id, cla_nfe_event_key, cla_nfe_event_author_id;
cla_rule_fn cla_nfe_event_author, cla_nfe_event_office, cla_nfe_event_environment;
cla_rule_fn cla_nfe_event_signature, cla_nfe_event_cert_unreadable, cla_nfe_event_cert_dates;
cla_rule_fn cla_nfe_event_cert_usage, cla_nfe_event_cert_authority, cla_nfe_event_cert_nameless,
	cla_nfe_event_cert_owner;
cla_rule_fn cla_nfe_event_unregistered, cla_nfe_event_status, cla_nfe_event_answer;

#endif
