/* report/report.h - a month for the people who look after it: HTML, a workbook, CSV, JSON.
 *
 * The caller fills a struct cla_report with what it knows of one entity and month, then has it written
 * in as many formats as it likes. All of them show the same tables (report/tables.h). What a charge
 * comes to (its standing) is decided here, from match and verdicts:
 *
 *	proven      a document fits, is made out to us, and every check of it passes
 *	review      a document fits, and something of it is warned of, unknown, or not established;
 *	            or several fit equally well
 *	not-proven  no document; or it is wrong, made out to others, or used elsewhere too
 *	not-needed  a fee, a payment, or what was rejected
 *
 * HTML and workbook speak the reader's language; CSV and JSON are for programs as well: their keys and
 * words are never translated, amounts are the digits received. What comes from outside is data: no
 * markup, no formula, no control character of it arrives. The same report gives the same bytes.
 */
#ifndef CLA_REPORT_REPORT_H
#define CLA_REPORT_REPORT_H

#include "base/arena.h"
#include "base/clock.h"
#include "model/api.h"
#include "model/entity.h"
#include "model/finding.h"

enum cla_standing {
	CLA_STANDING_PROVEN,
	CLA_STANDING_REVIEW,
	CLA_STANDING_NOT_PROVEN,
	CLA_STANDING_NOT_NEEDED,
	CLA_STANDING_COUNT,
};
const char *cla_standing_name(enum cla_standing s); /* "not-proven" */

/* Why a charge is not simply proven; a set of bits. */
enum cla_reason {
	CLA_REASON_MISSING,	/* no document */
	CLA_REASON_FAILED,	/* its document fails a check */
	CLA_REASON_OTHER,	/* made out to somebody else */
	CLA_REASON_SISTER,	/* made out to another company of the group */
	CLA_REASON_REUSED,	/* its document proves another expense too */
	CLA_REASON_AMBIGUOUS,	/* several documents fit equally well */
	CLA_REASON_UNKNOWN,	/* a check of its document could not be made */
	CLA_REASON_WARNED,	/* a check of its document warns */
	CLA_REASON_NO_RECEIVER, /* nobody knows whom it is made out to */
	CLA_REASON_COUNT,
};

/* Texts are the report's own (cla_report_keep); absent when there is nothing to say. */
struct cla_report_charge {
	enum cla_expense_kind kind;
	struct cla_str uuid, date, merchant, person, type, status;
	struct cla_money amount, original;
	const char *state, *receiver; /* words of match/match.h */
	unsigned reasons;	      /* 1 << enum cla_reason */
	enum cla_standing standing;   /* set by cla_report_settle() */
	bool needed;
	enum cla_verdict verdict;    /* worst of its documents; CLA_VERDICT_NA when there is none */
	uint64_t documents;	     /* that prove it */
	struct cla_str document_ids; /* of these, with blanks between */
};

struct cla_report_document {
	size_t charge;
	struct cla_str file, version, id, issuer, issuer_name, receiver, issued_at, total, currency;
	enum cla_doc_kind kind;
	enum cla_verdict verdict, checks[CLA_CHECK_COUNT];
	struct cla_digest sha256; /* of the file */
};

#define CLA_REPORT_MONTH ((size_t)-1) /* about the month, not about one charge */

struct cla_report_finding {
	size_t charge;	     /* or CLA_REPORT_MONTH */
	struct cla_str file; /* original name */
	struct cla_str rule; /* or what was found of the month */
	const char *code;    /* NULL when there is none */
	enum cla_verdict severity;
	const struct cla_text *text; /* NULL when there is none */
	struct cla_str where, expected, found;
};

struct cla_report_gap {
	struct cla_str resource, uuid, reason;
};

/* How a list was received: received rows against what the server said there are. */
struct cla_report_list {
	struct cla_str resource;
	uint64_t pages, received, unique;
	struct cla_str total_first, total_last; /* digits; absent when the server did not say */
};

struct cla_report {
	struct cla_arena arena;
	const struct cla_entity *entity;
	struct cla_month month;
	struct cla_time cutoff;
	struct cla_digest rules; /* identity of the rule pack */
	struct cla_str archive;	 /* name of the revision that stands; absent when none was issued */
	struct cla_digest archive_sha256;
	bool complete;
	struct cla_report_charge *charges;
	size_t charge_count, charge_cap;
	struct cla_report_document *documents;
	size_t document_count, document_cap;
	struct cla_report_finding *findings;
	size_t finding_count, finding_cap;
	struct cla_report_gap *gaps;
	size_t gap_count, gap_cap;
	struct cla_report_list *lists;
	size_t list_count, list_cap;
};
void cla_report_clear(struct cla_report *r);
#define cla_auto_report CLA_CLEANUP(cla_report_clear)

/* A copy that lives as long as the report. */
CLA_USE bool cla_report_keep(struct cla_report *r, struct cla_str s, struct cla_str *ret,
			     struct cla_err *err);
/* Room for one more, zeroed. The pointer is good until the next call; NULL with err. */
struct cla_report_charge *cla_report_add_charge(struct cla_report *r, struct cla_err *err);
struct cla_report_document *cla_report_add_document(struct cla_report *r, struct cla_err *err);
struct cla_report_finding *cla_report_add_finding(struct cla_report *r, struct cla_err *err);
struct cla_report_gap *cla_report_add_gap(struct cla_report *r, struct cla_err *err);
struct cla_report_list *cla_report_add_list(struct cla_report *r, struct cla_err *err);

/* Once all is in: reasons and standing of each charge; charges by day, what belongs to them in their
 * order. Places of charges handed out before no longer hold. */
CLA_USE bool cla_report_settle(struct cla_report *r, struct cla_err *err);

enum cla_report_format {
	CLA_REPORT_HTML,
	CLA_REPORT_XLSX,
	CLA_REPORT_CSV,
	CLA_REPORT_JSON,
	CLA_REPORT_FORMATS,
};
const char *cla_report_format_name(enum cla_report_format f); /* "html" */

/* Writes <dir>/clara_<cc>_<slug>_<yyyy-mm>.<format>, of CSV one file a table
 * (…_<table>.csv), each whole or not at all. `wrote` is called for each with its path. XLSX fails with
 * CLA_ERR_CONFIG where the program was built without its library. */
typedef bool cla_report_wrote_fn(void *ctx, enum cla_report_format format, const char *path,
				 struct cla_err *err);
CLA_USE bool cla_report_write(const struct cla_report *r, enum cla_report_format format,
			      enum cla_lang lang, const char *dir, cla_report_wrote_fn *wrote,
			      void *ctx, struct cla_err *err);

#endif
