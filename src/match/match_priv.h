/* match/match_priv.h - what the files of match/ share: expenses and documents with their numbers
 * read, how one fits the other, and where all of it is kept.
 *
 * A month has many expenses and documents. They lie in a temporary database as they were given;
 * only what one expense is about - itself, its documents, the candidates of the pool - is read into
 * numbers at a time, in the arena of whoever asks. Tables:
 *
 *	expense(i, …), paper(n, …)        what was given, by the order of adding
 *	charge(money, day, uuid, i)       expenses that need a document, by what they cost
 *	seen(by_bytes, key, entity, month, kind, uuid, expense)   who shows a document or its bytes;
 *	                                  expense -1, entity and month: from elsewhere
 *	pool(p, n, key, taken)            imported documents, each once, by id
 *	code(code, p)                     those that were paid with an authorization code
 *	place(money, day, p)              those that name us, by what they may have cost
 *	edge(p, score, uuid, expense)     those that may prove an expense which nobody claimed them for
 *	outcome(i, …), entry(i, n, reason, better)   what was decided; reason NULL: taken
 */
#ifndef CLA_MATCH_MATCH_PRIV_H
#define CLA_MATCH_MATCH_PRIV_H

#include "base/arena.h"
#include "base/dec.h"
#include "db/db.h"
#include "match/match.h"
#include "model/id/taxid.h"

#define CLA_MATCH_NOBODY ((size_t)-1)
#define CLA_MATCH_SET_MAX 4   /* documents of one sum */
#define CLA_MATCH_SET_FROM 24 /* documents that sums are looked for in */
#define CLA_MATCH_LOOK 16     /* neighbours of equal amount that are looked at */
#define CLA_MATCH_BEFORE 3    /* days that a document may lie before its charge, */
#define CLA_MATCH_AFTER 31    /* and behind it */

/* An amount with its currency as a number, so that both can be compared. */
struct cla_match_money {
	uint64_t currency;     /* up to 8 letters, upper case, first one highest; 0: not known */
	struct cla_dec amount; /* without sign */
	struct cla_str currency_text;
};

/* An expense, read. Slices are those of the input. */
struct cla_match_side {
	struct cla_match_expense in;
	struct cla_match_money account, original; /* original: currency 0 when there is none */
	struct cla_dec tip;			  /* ok only when one above zero is claimed */
	bool needed, refund, restaurant, has_day;
	int64_t day;
};

/* One of several payments of a document, read. */
struct cla_match_part {
	struct cla_dec amount;
	struct cla_str code; /* of authorization; may be empty */
	bool by_card;
};

/* A document, read. Slices are those of the input, but for the key. */
struct cla_match_paper {
	struct cla_match_doc in;
	size_t n;	    /* how-manieth that was added */
	struct cla_str key; /* id in upper case; absent when none */
	struct cla_match_money total;
	struct cla_dec local_taxes, discount, rate; /* ok only when not zero */
	const struct cla_match_part *parts;	    /* those whose amount can be read */
	size_t part_count;
	bool readable, has_day;
	bool fiscal;   /* of a kind that can prove an expense */
	bool purchase; /* of a type that can prove a purchase; `refund` alike */
	bool refund;
	int64_t day;
	enum cla_receiver receiver;
};

enum cla_match_how {
	CLA_HOW_EXACT,
	CLA_HOW_PAYMENT, /* one of the document's payments, by its authorization code */
	CLA_HOW_TIP_CLAIMED,
	CLA_HOW_CENTS,
	CLA_HOW_LOCAL_TAX,
	CLA_HOW_DISCOUNT,
	CLA_HOW_RATE, /* converted by the document's own exchange rate */
	CLA_HOW_TIP_LIKELY,
	CLA_HOW_PAYMENT_LIKELY, /* one of them that is by card */
	CLA_HOW_DIFFERENT,	/* not explained */
	CLA_HOW_NO_RATE,	/* currencies that cannot be compared */
	CLA_HOW_UNREADABLE,
};

/* How documents (one, or a sum) fit an expense. */
struct cla_match_fit {
	enum cla_match_how how;
	bool fx; /* the charge was made in another currency than the account's */
	bool type_ok, date_ok;
	int score;
	/* in the currency of comparing; total may be a converted one */
	struct cla_dec charge, total, difference;
};

/* One document of an expense's result. */
struct cla_match_entry {
	const struct cla_match_paper *paper;
	struct cla_match_fit fit;
	struct cla_str reason; /* absent: taken */
	size_t better;	       /* the other expense, for "other-expense" */
};

/* What was decided about an expense. */
struct cla_match_outcome {
	enum cla_match_state state;
	enum cla_receiver receiver;
	size_t documents, candidates, reused;
	bool took_imported;
	struct cla_digest imported; /* the file that was taken from the pool */
};

/* Growing arrays; `cap` in items. */
struct cla_match_list {
	void *items;
	size_t count, cap;
};

struct cla_match {
	struct cla_arena arena; /* of opts */
	struct cla_match_opts opts;
	struct cla_db *db;
	size_t expenses, docs, imported; /* how many were added */
	bool ran;
};

/* One more item at the end, zeroed; NULL when out of memory. */
void *cla_match_grow(struct cla_match_list *list, size_t size);
void cla_match_list_clear(struct cla_match_list *list);
#define cla_auto_match_list CLA_CLEANUP(cla_match_list_clear)

/* read.c: the numbers of what was given. */
void cla_match_read_expense(const struct cla_match_opts *opts, const struct cla_match_expense *in,
			    struct cla_match_side *e);
/* An id as ids are compared: in upper case, in the arena. */
struct cla_str cla_match_key(struct cla_str id, struct cla_arena *arena, bool *mem);
/* All but n and receiver; the key is made in the arena. */
CLA_USE bool cla_match_read_paper(const struct cla_match_doc *in, struct cla_arena *arena,
				  struct cla_match_paper *d, struct cla_err *err);
enum cla_receiver cla_match_receiver(const struct cla_match_opts *opts, struct cla_str receiver);

/* keep.c: into the database and back. */
CLA_USE bool cla_match_keep_open(struct cla_match *m, const char *dir, struct cla_err *err);
CLA_USE bool cla_match_keep_expense(struct cla_match *m, const struct cla_match_side *e,
				    struct cla_err *err);
CLA_USE bool cla_match_keep_paper(struct cla_match *m, const struct cla_match_paper *d,
				  struct cla_err *err);
CLA_USE bool cla_match_expense(const struct cla_match *m, size_t i, struct cla_arena *arena,
			       struct cla_match_side *ret, struct cla_err *err);
/* The columns that a statement gives to cla_match_paper(), from its first one on. */
#define CLA_MATCH_PAPER                                                                            \
	"paper.n, paper.expense, kind, sha256, id, total, currency, issued_at, type, discount, "   \
	"local_taxes, exchange_rate, payments, verdict, receiver"
#define CLA_MATCH_PAPER_COLUMNS 15
CLA_USE bool cla_match_paper(struct cla_db_stmt *stmt, struct cla_arena *arena,
			     struct cla_match_paper *ret, struct cla_err *err);
/* Documents that hang on an expense, by n; into a list of struct cla_match_paper. */
CLA_USE bool cla_match_papers(const struct cla_match *m, size_t expense, struct cla_arena *arena,
			      struct cla_match_list *ret, struct cla_err *err);
/* Adds entries and sets what was decided. */
CLA_USE bool cla_match_keep_outcome(struct cla_match *m, size_t expense,
				    const struct cla_match_outcome *out,
				    const struct cla_match_entry *entries, size_t count,
				    struct cla_err *err);
CLA_USE bool cla_match_outcome(const struct cla_match *m, size_t expense,
			       struct cla_match_outcome *ret, struct cla_err *err);

/* fit.c */
struct cla_match_fit cla_match_fit(const struct cla_match_side *e, const struct cla_match_paper *d);
/* Of several documents; false when they have no currency in common with the charge. The score is
 * that of the worst. */
bool cla_match_fit_sum(const struct cla_match_side *e, const struct cla_match_paper *const *docs,
		       size_t count, struct cla_match_fit *ret);
bool cla_match_fits(const struct cla_match_fit *f); /* readable, type, amount and date agree */
int cla_match_compare_papers(const struct cla_match_paper *a, const struct cla_match_paper *b);
/* Whether they are one document: of one id, or where there is none, equal. */
bool cla_match_same_paper(const struct cla_match_paper *a, const struct cla_match_paper *b);
/* By score, the best first; equal ones by the documents. */
int cla_match_compare_entries(const void *a, const void *b);
/* The equation of a fit; nothing when something cannot be read. */
void cla_match_equation(const struct cla_match_side *e, const struct cla_match_fit *f,
			const struct cla_match_paper *const *docs, size_t count,
			struct cla_buf *out);

/* index.c: what costs the same, near a day. */
#define CLA_MATCH_MONEY (24 + CLA_DEC_TEXT)
/* Currency and amount as a text that is equal when they are. */
void cla_match_money_text(uint64_t currency, struct cla_dec amount, char out[CLA_MATCH_MONEY]);
/* Notes that the expense wants a document of its amounts. */
CLA_USE bool cla_match_index(struct cla_match *m, const struct cla_match_side *e, size_t i,
			     struct cla_err *err);
/* Another expense that the document fits exactly; CLA_MATCH_NOBODY when there is none. */
CLA_USE bool cla_match_better(const struct cla_match *m, size_t expense,
			      const struct cla_match_paper *d, size_t *ret, struct cla_err *err);

/* attached.c, pool.c, reuse.c: the steps of a run. */
CLA_USE bool cla_match_attached(struct cla_match *m, size_t expense, struct cla_err *err);
CLA_USE bool cla_match_pool(struct cla_match *m, struct cla_err *err);
CLA_USE bool cla_match_reuse(struct cla_match *m, struct cla_err *err);

/* reuse.c. An expense shows a document (its id and its bytes), or bytes alone. */
CLA_USE bool cla_match_see_paper(struct cla_match *m, size_t expense,
				 const struct cla_match_paper *d, struct cla_err *err);
CLA_USE bool cla_match_see_bytes(struct cla_match *m, size_t expense,
				 const struct cla_digest *sha256, struct cla_err *err);
/* Somebody elsewhere shows a document (`id` may be absent) or bytes (NULL: none). */
CLA_USE bool cla_match_see_elsewhere(struct cla_match *m, struct cla_str id,
				     const struct cla_digest *sha256,
				     const struct cla_match_use *use, struct cla_err *err);
/* Whether an expense shows the document or its bytes. */
CLA_USE bool cla_match_is_shown(const struct cla_match *m, const struct cla_match_paper *d,
				bool *ret, struct cla_err *err);

/* Another use of what an expense shows. */
struct cla_match_seen {
	struct cla_match_use use; /* entity and month absent within this month */
	bool by_bytes;
};
/* In order, each other expense once; a list of struct cla_match_seen. */
CLA_USE bool cla_match_reused(const struct cla_match *m, size_t expense, struct cla_arena *arena,
			      struct cla_match_list *ret, struct cla_err *err);

#endif
