/* match/match_priv.h - what the files of match/ share: expenses and documents with their numbers
 * read, how one fits the other, and what was decided. */
#ifndef CLA_MATCH_MATCH_PRIV_H
#define CLA_MATCH_MATCH_PRIV_H

#include "base/arena.h"
#include "base/dec.h"
#include "match/match.h"
#include "model/id/taxid.h"

#define CLA_MATCH_NOBODY ((size_t)-1)
#define CLA_MATCH_SET_MAX 4   /* documents of one sum */
#define CLA_MATCH_SET_FROM 24 /* documents that sums are looked for in */
#define CLA_MATCH_LOOK 16     /* neighbours of equal amount that are looked at */

/* An amount with its currency as a number, so that both can be sorted by. */
struct cla_match_money {
	uint64_t currency;     /* up to 8 letters, upper case, first one highest; 0: not known */
	struct cla_dec amount; /* without sign */
	struct cla_str currency_text;
};

/* A month has many expenses and documents: of what was given only that is kept which is asked for
 * after it was read into numbers. */
struct cla_match_side {
	struct {
		enum cla_expense_kind kind;
		struct cla_str uuid, date, authorization_number, folio_fiscal;
		struct cla_money amount;
	} in;
	struct cla_match_money account, original; /* original: currency 0 when there is none */
	struct cla_dec tip;			  /* ok only when one above zero is claimed */
	bool needed, refund, restaurant, has_day;
	int64_t day;
	size_t first, count; /* its documents: m->attached[first…] */
};

/* What few documents have; ok only when not zero. */
struct cla_match_parts {
	struct cla_dec local_taxes, discount, rate;
};

struct cla_match_paper {
	struct {
		size_t expense;
		enum cla_doc_kind kind;
		enum cla_verdict verdict;
		struct cla_digest sha256;
		struct cla_str id, total, issued_at, authorization;
	} in;
	struct cla_str key; /* id in upper case; absent when none */
	struct cla_match_money total;
	const struct cla_match_parts *parts; /* never NULL */
	bool readable, has_day;
	bool fiscal;   /* of a kind that can prove an expense */
	bool purchase; /* of a type that can prove a purchase; `refund` alike */
	bool refund;
	int64_t day;
	enum cla_receiver receiver;
};

enum cla_match_how {
	CLA_HOW_EXACT,
	CLA_HOW_TIP_CLAIMED,
	CLA_HOW_CENTS,
	CLA_HOW_LOCAL_TAX,
	CLA_HOW_DISCOUNT,
	CLA_HOW_RATE, /* converted by the document's own exchange rate */
	CLA_HOW_TIP_LIKELY,
	CLA_HOW_DIFFERENT, /* not explained */
	CLA_HOW_NO_RATE,   /* currencies that cannot be compared */
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
	size_t doc;
	struct cla_match_fit fit;
	const char *reason; /* NULL: taken */
	size_t better;	    /* the other expense, for "other-expense" */
};

/* Somebody shows a document or its bytes. */
struct cla_match_seen {
	bool by_bytes;
	struct cla_str key;	  /* id in upper case, or the 32 bytes of the digest */
	struct cla_match_use use; /* entity and month absent within this month */
	size_t expense;		  /* CLA_MATCH_NOBODY for uses from elsewhere */
};

/* What is kept of an entry: how it fits is a function of expense and document, and made again when
 * it is printed. */
struct cla_match_kept {
	size_t doc, better;
	const char *reason;
	int score;
};

struct cla_match_outcome {
	struct cla_match_result result;
	struct cla_match_kept *taken, *candidates;
	const struct cla_match_seen **reused;
};

/* Growing arrays; `cap` in items. */
struct cla_match_list {
	void *items;
	size_t count, cap;
};

/* A place of something in the order of amounts. */
struct cla_match_place {
	uint64_t currency;
	struct cla_dec amount;
	int64_t day;
	struct cla_str name; /* of the expense (uuid) or document (id), to order equal ones */
	size_t index;
};

/* Texts that come again and again: currencies, days. */
#define CLA_MATCH_WORDS 64

struct cla_match {
	struct cla_arena arena;
	struct cla_str words[CLA_MATCH_WORDS];
	size_t word_count;
	struct cla_match_opts opts;
	struct cla_match_list expenses, docs, seen; /* side, paper, seen */
	size_t *attached; /* documents of all expenses, by expense, then id and digest, each once */
	struct cla_match_place *by_amount; /* expenses that need a document */
	size_t by_amount_count;
	struct cla_match_outcome *outcomes;
	bool ran;
};

static inline struct cla_match_side *cla_match_side(const struct cla_match *m, size_t i)
{
	return (struct cla_match_side *)m->expenses.items + i;
}

static inline struct cla_match_paper *cla_match_paper(const struct cla_match *m, size_t i)
{
	return (struct cla_match_paper *)m->docs.items + i;
}

/* One more item at the end, zeroed; NULL when out of memory. */
void *cla_match_grow(struct cla_match_list *list, size_t size);

/* A copy in the arena, shared by equal short texts while there is room. */
struct cla_str cla_match_word(struct cla_match *m, struct cla_str s, bool *mem);

/* read.c: fills the numbers of what was added and takes over the texts that are needed later. */
CLA_USE bool cla_match_read_expense(struct cla_match *m, const struct cla_match_expense *in,
				    struct cla_match_side *e, struct cla_err *err);
CLA_USE bool cla_match_read_paper(struct cla_match *m, const struct cla_match_doc *in,
				  struct cla_match_paper *d, struct cla_err *err);

/* fit.c */
struct cla_match_fit cla_match_fit(const struct cla_match_side *e, const struct cla_match_paper *d);
/* Of several documents; false when they have no currency in common with the charge. The score is
 * that of the worst. */
bool cla_match_fit_sum(const struct cla_match_side *e, const struct cla_match_paper *const *docs,
		       size_t count, struct cla_match_fit *ret);
bool cla_match_fits(const struct cla_match_fit *f); /* readable, type, amount and date agree */
int cla_match_compare_papers(const struct cla_match_paper *a, const struct cla_match_paper *b);
/* The equation of a fit; nothing when something cannot be read. */
void cla_match_equation(const struct cla_match_side *e, const struct cla_match_fit *f,
			const struct cla_match_paper *const *docs, size_t count,
			struct cla_buf *out);

/* index.c: what costs the same, near a day. */
int cla_match_compare_places(const void *a, const void *b);
/* First place not before (currency, amount, day). */
size_t cla_match_find_place(const struct cla_match_place *places, size_t count, uint64_t currency,
			    struct cla_dec amount, int64_t day);
CLA_USE bool cla_match_index(struct cla_match *m, struct cla_err *err);
/* Another expense that the document fits exactly; CLA_MATCH_NOBODY when there is none. */
size_t cla_match_better(const struct cla_match *m, size_t expense, const struct cla_match_paper *d);

/* attached.c, pool.c, reuse.c: the three steps of a run. */
CLA_USE bool cla_match_attached(struct cla_match *m, struct cla_err *err);
CLA_USE bool cla_match_pool(struct cla_match *m, struct cla_err *err);
CLA_USE bool cla_match_reuse(struct cla_match *m, struct cla_err *err);

/* Sets an outcome's entries; they are copied. */
CLA_USE bool cla_match_take(struct cla_match *m, size_t expense,
			    const struct cla_match_entry *entries, size_t count,
			    struct cla_err *err);
CLA_USE bool cla_match_add_candidates(struct cla_match *m, size_t expense,
				      const struct cla_match_entry *entries, size_t count,
				      struct cla_err *err);

#endif
