/* fiscal/judge.h - takes bytes and options, gives a report: no store, no network, no clock.
 *
 * cla_judge_bytes() finds out what the bytes are (by content, never by name), scans and parses them
 * as hostile, picks schema and rules by namespace, version and issue date, and runs every rule
 * whose inputs can be read - also when schema or seal fail. Each file gives at least one document;
 * several notes in one file give several: in an envelope (SOAP, batches), each from its own bytes where
 * it can stand without what is around it; in an answer of a distribution service (docZip); one behind
 * the other.
 *
 * A judge keeps compiled schemas and decoded certificates; it belongs to one thread. Its clock is
 * handed in: only warnings may depend on it.
 */
#ifndef CLA_FISCAL_JUDGE_H
#define CLA_FISCAL_JUDGE_H

#include "base/dec.h"
#include "model/finding.h"
#include "xml/scan.h"

struct cla_judge;
struct cla_efos;
struct cla_official_set; /* xml/official.h */

struct cla_judge_opts {
	struct cla_time now;	      /* cut-off of a bundle, or the present */
	struct cla_xml_limits limits; /* all zero: the defaults */
	/* The authorities' own schema files in place of ours, kept by the caller; NULL: ours. What
	 * they hold in lists of codes is then part of the check "schema". */
	const struct cla_official_set *official;
	/* The list of article 69-B (fiscal/efos.h), kept by the caller, that issuers are looked up in;
	 * NULL: they are not. Verdicts that are kept, or made again elsewhere, are made without it. */
	const struct cla_efos *efos;
	/* How far an amount of NF-e may be from what it is made of; all zero: not at all, but where
	 * SEFAZ lets a cent be. */
	struct cla_dec tolerance;
};

CLA_USE
bool cla_judge_new(const struct cla_judge_opts *opts, struct cla_judge **ret, struct cla_err *err);
void cla_judge_free(struct cla_judge *judge);
static inline void cla_judge_freep(struct cla_judge **judge)
{
	cla_judge_free(*judge);
	*judge = NULL;
}
#define cla_auto_judge CLA_CLEANUP(cla_judge_freep)

void cla_judge_set_now(struct cla_judge *judge, struct cla_time now);

/* Adds a certificate (DER) that stamps may be checked with (SAT, PAC), found by its serial number.
 * Not fatal when the bytes are no certificate: *used tells. Forgetting all of them again. */
CLA_USE
bool cla_judge_add_cert(struct cla_judge *judge, struct cla_str der, bool *used,
			struct cla_err *err);
void cla_judge_forget_certs(struct cla_judge *judge);
/* Adds those of another judge. */
CLA_USE
bool cla_judge_copy_certs(struct cla_judge *judge, const struct cla_judge *from,
			  struct cla_err *err);
/* SHA-256 over the sorted fingerprints of the added certificates: part of the key under which
 * verdicts are kept. */
CLA_USE
bool cla_judge_cert_set(const struct cla_judge *judge, struct cla_digest *ret, struct cla_err *err);

/* A file longer than limits.parse is refused by its length: of such a file the first limits.parse +
 * 1 bytes will do, if the caller then puts the digest of the whole into out->sha256.
 *
 * Fails only for memory and internal faults: whatever the bytes are, the outcome is a judgement.
 * `out` is initialised here and cleared by the caller. */
CLA_USE
bool cla_judge_bytes(struct cla_judge *judge, struct cla_str bytes, struct cla_judgement *out,
		     struct cla_err *err);

/* data/rules.json: every rule's id, code, check, severity, validity, the rules of versions before
 * with their codes there, and name and SHA-256 of each embedded schema and code table, as canonical
 * JSON. Its SHA-256 is the identity of the rule pack.
 */
CLA_USE
bool cla_rules_json(struct cla_buf *out, struct cla_err *err);
/* The texts of a rule by its id; NULL when there is none (an older pack's finding). */
const struct cla_text *cla_rule_text(struct cla_str id);

/* A rule for people: `code` may be NULL, `table` names what it is about ("cfdi-totals"). */
struct cla_rule_info {
	const char *id, *code, *table;
	enum cla_check check;
	enum cla_verdict severity; /* of a violation */
	const struct cla_text *text;
};
/* The rules in their order; false behind the last. */
bool cla_rule_at(size_t at, struct cla_rule_info *ret);
/* The versions before in which a rule holds ("cfdi-3.3"), and its code there (NULL: none); false
 * behind the last. */
bool cla_rule_before(const char *id, size_t at, const char **version, const char **code);

/* The kind by content alone, without judging: for naming files. Bounded work; XML is looked at as
 * far as its root, or as the first fiscal document when the root is an envelope. */
CLA_USE
bool cla_judge_kind(struct cla_str bytes, enum cla_doc_kind *ret, struct cla_err *err);

#endif
