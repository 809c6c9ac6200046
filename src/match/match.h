/* match/match.h - which fiscal document proves which charge, and whether it names us.
 *
 * Works over one entity and month at once: all expenses (transactions and reimbursements), the
 * documents attached to them, and a pool of imported ones. Nothing is guessed silently: a
 * difference between charge and document is either explained by an equation that is printed (tip,
 * discount, local tax, cents, exchange rate), or the document is only a candidate. Money is
 * compared as decimals, never as doubles. The result does not depend on the order of adding.
 *
 *	cla_match_new(&opts, &m, err);
 *	cla_match_add_expense(m, ...); cla_match_add_document(m, ...); ...
 *	cla_match_run(m, err);
 *	cla_match_each(m, ...); cla_match_encode(m, i, ...) ...
 *
 * What was added and what was decided lies in a temporary database: memory does not grow with the
 * month. After a failure the matcher can only be freed.
 *
 * Rules:
 *
 *  - Not needed: types FEE, PAYMENT, CREDIT; what was REJECTED, FINANCE_REJECTED or CANCELLED. A
 *    REFUND needs a credit note (CFDI type E, NF-e finNFe 4); anything else needs a document that
 *    is none, and no CFDI of type P, N or T. Files that are no fiscal documents prove nothing, in
 *    no country and no currency.
 *  - Amount: against the original amount when currencies agree, else the account amount; signs do
 *    not count. Exact, or explained: a tip (the one claimed; where none is, up to 20 % at what is
 *    named like a restaurant), the document's local taxes left out, its discount, up to 0.05 of
 *    cents, the exchange rate (the original amount agrees, or the document's own rate comes
 *    within 3 % of the account amount). A document that was paid in several ways (NF-e) is
 *    explained too when one of its payments is of the charge's amount and has the charge's
 *    authorization code; where one of both has none, when it is by card.
 *  - Date: the document's day lies -3 to +31 days from the charge's.
 *  - Matched, in this order: one document that agrees exactly; the smallest set of two to four
 *    whose totals add up exactly; one that is explained; a set that misses by cents. Of several
 *    the higher score; equal ones are ambiguous.
 *  - An attached document comes before the pool. An imported one is taken when, amount and date
 *    agreeing, its id equals a claimed folio or a payment's authorization code the charge's; or when it
 *    names us, and neither does another document fit this charge as well, nor this document
 *    another charge. A document attached to any expense is in no pool.
 *  - A document's own verdict plays no part: it stands beside the match.
 *  - Copies of one document (equal id) on one expense count once: the one with the best verdict.
 *
 * Score, 0-100. Amount: 50 exact or a payment with the charge's code, 45 claimed tip or cents, 40
 * local tax, discount, a payment by card or part of a sum, 35 own exchange rate or a sum that misses
 * by cents, 30 a tip nobody claimed, 0 unexplained.
 * Day: 20 within one, 15 within -3/+7, 10 within the window. Authorization code 10. Receiver: 10
 * ours, 5 a sister's. Claimed folio 10. Documents of a sum share the score of the lowest.
 *
 * Why a candidate is not more than that (`reason`): "not-readable" (total, currency or day
 * missing, of it or of the charge); "type"; "difference-amount"; "date-window"; "other-expense"
 * (`better` names the one that it fits, exactly or better); "other-document" (it fits, but another
 * document fits as well or better).
 */
#ifndef CLA_MATCH_MATCH_H
#define CLA_MATCH_MATCH_H

#include "base/buf.h"
#include "base/clock.h"
#include "model/api.h"
#include "model/entity.h"
#include "model/finding.h"

struct cla_match;

struct cla_match_opts {
	enum cla_country country;
	struct cla_str tax_id; /* ours; absent: the receiver stays unknown */
	/* Tax ids of the group's other companies, NULL-terminated; may be NULL. */
	const char *const *sisters;
	/* Folder for the temporary file; NULL: as cla_db_open_temp() says. */
	const char *dir;
};

/* Slices are copied. */
struct cla_match_expense {
	enum cla_expense_kind kind;
	struct cla_str uuid, type, status, date; /* date: YYYY-MM-DD */
	struct cla_money amount, original;
	struct cla_str merchant, authorization_number;
	struct cla_str tip; /* claimed by an extracted document, digits; absent when none */
	struct cla_str folio_fiscal; /* claimed stamp UUID; absent when none */
};

#define CLA_MATCH_IMPORTED ((size_t)-1)

struct cla_match_doc {
	size_t expense; /* index of the expense it hangs on, or CLA_MATCH_IMPORTED */
	enum cla_doc_kind kind;
	struct cla_digest sha256; /* of the file */
	struct cla_str id, receiver, total, currency, issued_at, type, discount, local_taxes,
		exchange_rate;
	const struct cla_payment *payments; /* what it was paid with; NULL: it does not say */
	enum cla_verdict verdict;
};

/* An earlier use of the same document id or bytes by another expense, in any month or entity. */
struct cla_match_use {
	struct cla_str entity, month, kind, uuid;
};

enum cla_match_state {
	CLA_MATCH_MATCHED,
	CLA_MATCH_AMBIGUOUS,
	CLA_MATCH_MISSING,
	CLA_MATCH_NOT_NEEDED
};
enum cla_receiver {
	CLA_RECEIVER_UNKNOWN,
	CLA_RECEIVER_OURS,
	CLA_RECEIVER_SISTER,
	CLA_RECEIVER_OTHER
};

CLA_USE bool cla_match_new(const struct cla_match_opts *opts, struct cla_match **ret,
			   struct cla_err *err);
void cla_match_free(struct cla_match *m);
static inline void cla_match_freep(struct cla_match **m)
{
	cla_match_free(*m);
	*m = NULL;
}
#define cla_auto_match CLA_CLEANUP(cla_match_freep)

CLA_USE bool cla_match_add_expense(struct cla_match *m, const struct cla_match_expense *e,
				   size_t *index, struct cla_err *err);
CLA_USE bool cla_match_add_document(struct cla_match *m, const struct cla_match_doc *d,
				    struct cla_err *err);
/* A file of an expense that is no fiscal document: only its bytes count, for reuse. */
CLA_USE bool cla_match_add_file(struct cla_match *m, size_t expense,
				const struct cla_digest *sha256, struct cla_err *err);
/* A use known from elsewhere: of the document `id` (may be absent) or of the bytes. */
CLA_USE bool cla_match_add_use(struct cla_match *m, struct cla_str id,
			       const struct cla_digest *sha256, const struct cla_match_use *use,
			       struct cla_err *err);
/* Its index, by its uuid; *found is false when none was added. */
CLA_USE bool cla_match_find(const struct cla_match *m, struct cla_str uuid, size_t *index,
			    bool *found, struct cla_err *err);
CLA_USE bool cla_match_run(struct cla_match *m, struct cla_err *err);

/* Slices and pointers are valid during the call. */
struct cla_match_result {
	enum cla_expense_kind kind; /* of the expense, and its uuid */
	struct cla_str uuid;
	enum cla_match_state state;
	/* Worst (other, sister, unknown, ours) over the documents taken; when there are none, over
	 * the candidates that are attached. A Brazilian company's other branch (same first 8
	 * places) is a sister. */
	enum cla_receiver receiver;
	const struct cla_digest *imported;    /* the imported file that it takes; NULL: none */
	size_t documents, candidates, reused; /* how many */
};
/* All expenses in the order of adding, after the run. */
typedef bool cla_match_fn(void *ctx, size_t expense, const struct cla_match_result *r,
			  struct cla_err *err);
CLA_USE bool cla_match_each(const struct cla_match *m, cla_match_fn *fn, void *ctx,
			    struct cla_err *err);
const char *cla_match_state_name(enum cla_match_state s); /* "not-needed" */
const char *cla_receiver_name(enum cla_receiver r);

/* Of the other uses of one expense's documents so many are listed: the first ones. */
#define CLA_MATCH_MAX_REUSED 100

/* The `match` member of evidence.json: canonical JSON {candidates, documents, receiver, reused,
 * state}. `candidates` is [{[better,] equation, explained, id, reason, score, sha256}], the best
 * score first; `documents` the same without better and reason, by id; `equation` is null when
 * something cannot be read; `reused` is [{entity, kind, month, uuid, what}], sorted, each other
 * expense once, with `what` "id" or "bytes", and entity and month null for this entity and month.
 */
CLA_USE bool cla_match_encode(const struct cla_match *m, size_t expense, struct cla_buf *out,
			      struct cla_err *err);
/* One object of `match --json`: {"transaction", "amount", "currency", "date", "state", "documents",
 * "receiver", "candidates", "reused"}; a reimbursement has "reimbursement" in place of
 * "transaction". */
CLA_USE bool cla_match_print(const struct cla_match *m, size_t expense, struct cla_buf *out,
			     struct cla_err *err);

#endif
