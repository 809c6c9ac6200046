#include "json/out.h"
#include "match/match_priv.h"

#include <stdlib.h>

const char *cla_match_state_name(enum cla_match_state s)
{
	static const char *const names[] = { "matched", "ambiguous", "missing", "not-needed" };
	return names[s];
}

const char *cla_receiver_name(enum cla_receiver r)
{
	static const char *const names[] = { "unknown", "ours", "sister", "other" };
	return names[r];
}

static void put_explained(struct cla_json_out *o, const struct cla_match_fit *f)
{
	cla_json_out_key(o, "explained");
	cla_json_out_array(o);
	switch (f->how) {
	case CLA_HOW_TIP_CLAIMED:
	case CLA_HOW_TIP_LIKELY:
		cla_json_out_cstr(o, "tip");
		break;
	case CLA_HOW_DISCOUNT:
		cla_json_out_cstr(o, "discount");
		break;
	case CLA_HOW_LOCAL_TAX:
		cla_json_out_cstr(o, "local-tax");
		break;
	case CLA_HOW_CENTS:
		cla_json_out_cstr(o, "cents");
		break;
	case CLA_HOW_EXACT:
	case CLA_HOW_PAYMENT:
	case CLA_HOW_PAYMENT_LIKELY:
	case CLA_HOW_RATE:
	case CLA_HOW_DIFFERENT:
	case CLA_HOW_NO_RATE:
	case CLA_HOW_UNREADABLE:
		break;
	}
	if (f->fx && f->how < CLA_HOW_DIFFERENT)
		cla_json_out_cstr(o, "fx");
	cla_json_out_close(o);
}

/* What is said of one expense. */
struct answer {
	const struct cla_match *m;
	struct cla_arena arena;
	struct cla_match_side e;
	struct cla_match_outcome out;
	struct cla_match_entry *entries; /* those taken first, by document; then the best first */
	size_t count, taken;
	struct cla_match_list reused; /* struct cla_match_seen */
};

static void answer_clear(struct answer *a)
{
	cla_match_list_clear(&a->reused);
	cla_arena_clear(&a->arena);
}

/* Taken ones before candidates. */
static int compare_taken(const void *a, const void *b)
{
	const struct cla_match_entry *x = a, *y = b;
	bool tx = cla_str_absent(x->reason), ty = cla_str_absent(y->reason);

	if (tx != ty)
		return tx ? -1 : 1;
	return tx ? cla_match_compare_papers(x->paper, y->paper) : cla_match_compare_entries(x, y);
}

/* The entries as they lie in the database, their fits made again. */
static bool read_entries(struct answer *a, size_t expense, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	size_t room = a->out.documents + a->out.candidates;
	struct cla_match_paper *papers = cla_arena_array(&a->arena, room, sizeof(*papers));
	bool row, mem = true;

	a->entries = cla_arena_array(&a->arena, room, sizeof(*a->entries));
	if (!papers || !a->entries)
		return cla_err_oom(err);
	if (!cla_db_once(a->m->db,
			 "SELECT " CLA_MATCH_PAPER ", reason, better FROM entry"
			 " JOIN paper USING(n) WHERE i=?",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)expense);
	for (; a->count < room; a->count++) {
		struct cla_match_entry *x = &a->entries[a->count];
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			break;
		if (!cla_match_paper(stmt, &a->arena, &papers[a->count], err))
			return false;
		x->paper = &papers[a->count];
		x->fit = cla_match_fit(&a->e, x->paper);
		x->reason =
			cla_arena_str(&a->arena, cla_db_str(stmt, CLA_MATCH_PAPER_COLUMNS), &mem);
		x->better = cla_db_is_null(stmt, CLA_MATCH_PAPER_COLUMNS + 1)
				    ? CLA_MATCH_NOBODY
				    : (size_t)cla_db_int(stmt, CLA_MATCH_PAPER_COLUMNS + 1);
		a->taken += cla_str_absent(x->reason);
	}
	if (a->count)
		qsort(a->entries, a->count, sizeof(*a->entries), compare_taken);
	return mem || cla_err_oom(err);
}

static bool read_answer(struct answer *a, const struct cla_match *m, size_t expense,
			struct cla_err *err)
{
	a->m = m;
	return cla_match_outcome(m, expense, &a->out, err) &&
	       cla_match_expense(m, expense, &a->arena, &a->e, err) &&
	       read_entries(a, expense, err) &&
	       (!a->out.reused || cla_match_reused(m, expense, &a->arena, &a->reused, err));
}

/* A document of a sum shows the equation of the whole. */
static bool put_entry(struct answer *a, const struct cla_match_entry *entry,
		      const struct cla_match_fit *fit, const struct cla_match_paper *const *docs,
		      size_t count, struct cla_json_out *o, struct cla_err *err)
{
	const struct cla_match_paper *d = entry->paper;
	cla_auto_buf struct cla_buf equation = CLA_BUF_INIT(4096);
	struct cla_match_side better;

	cla_match_equation(&a->e, fit, docs, count, &equation);
	cla_json_out_object(o);
	if (entry->better != CLA_MATCH_NOBODY) {
		if (!cla_match_expense(a->m, entry->better, &a->arena, &better, err))
			return false;
		cla_json_out_kstr(o, "better", better.in.uuid);
	}
	cla_json_out_kstr(o, "equation",
			  equation.len && !equation.failed ? cla_buf_str(&equation) : CLA_STR_NONE);
	put_explained(o, fit);
	cla_json_out_kstr(o, "id", d->in.id);
	if (!cla_str_absent(entry->reason))
		cla_json_out_kstr(o, "reason", entry->reason);
	cla_json_out_kint(o, "score", fit->score);
	cla_json_out_khex(o, "sha256", d->in.sha256.bytes, sizeof(d->in.sha256.bytes));
	cla_json_out_close(o);
	return true;
}

static bool put_documents(struct answer *a, struct cla_json_out *o, struct cla_err *err)
{
	const struct cla_match_paper *docs[CLA_MATCH_SET_MAX];
	size_t count = a->taken < CLA_MATCH_SET_MAX ? a->taken : CLA_MATCH_SET_MAX;
	struct cla_match_fit fit = { 0 };

	cla_json_out_key(o, "documents");
	cla_json_out_array(o);
	for (size_t i = 0; i < count; i++)
		docs[i] = a->entries[i].paper;
	if (count == 1)
		fit = a->entries[0].fit;
	else if (count)
		(void)cla_match_fit_sum(&a->e, docs, count, &fit);
	for (size_t i = 0; i < count; i++)
		if (!put_entry(a, &a->entries[i], &fit, docs, count, o, err))
			return false;
	cla_json_out_close(o);
	return true;
}

static bool put_candidates(struct answer *a, struct cla_json_out *o, struct cla_err *err)
{
	cla_json_out_key(o, "candidates");
	cla_json_out_array(o);
	for (size_t i = a->taken; i < a->count; i++) {
		const struct cla_match_entry *x = &a->entries[i];
		if (!put_entry(a, x, &x->fit, &x->paper, 1, o, err))
			return false;
	}
	cla_json_out_close(o);
	return true;
}

static void put_reused(const struct answer *a, struct cla_json_out *o)
{
	const struct cla_match_seen *seen = a->reused.items;

	cla_json_out_key(o, "reused");
	cla_json_out_array(o);
	for (size_t i = 0; i < a->reused.count; i++) {
		const struct cla_match_seen *s = &seen[i];
		cla_json_out_object(o);
		cla_json_out_kstr(o, "entity", s->use.entity);
		cla_json_out_kstr(o, "kind", s->use.kind);
		cla_json_out_kstr(o, "month", s->use.month);
		cla_json_out_kstr(o, "uuid", s->use.uuid);
		cla_json_out_kcstr(o, "what", s->by_bytes ? "bytes" : "id");
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
}

bool cla_match_encode(const struct cla_match *m, size_t expense, struct cla_buf *out,
		      struct cla_err *err)
{
	CLA_CLEANUP(answer_clear) struct answer a = { 0 };
	struct cla_json_out o;

	if (!read_answer(&a, m, expense, err))
		return false;
	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	if (!put_candidates(&a, &o, err) || !put_documents(&a, &o, err))
		return false;
	cla_json_out_kcstr(&o, "receiver", cla_receiver_name(a.out.receiver));
	put_reused(&a, &o);
	cla_json_out_kcstr(&o, "state", cla_match_state_name(a.out.state));
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}

bool cla_match_print(const struct cla_match *m, size_t expense, struct cla_buf *out,
		     struct cla_err *err)
{
	CLA_CLEANUP(answer_clear) struct answer a = { 0 };
	struct cla_json_out o;

	if (!read_answer(&a, m, expense, err))
		return false;
	const struct cla_match_side *e = &a.e;
	cla_json_out_begin_unordered(&o, out);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, e->in.kind == CLA_EXPENSE_TX ? "transaction" : "reimbursement",
			  e->in.uuid);
	cla_json_out_kstr(&o, "amount", e->in.amount.amount);
	cla_json_out_kstr(&o, "currency", e->in.amount.currency);
	cla_json_out_kstr(&o, "date", e->in.date);
	cla_json_out_kcstr(&o, "state", cla_match_state_name(a.out.state));
	if (!put_documents(&a, &o, err))
		return false;
	cla_json_out_kcstr(&o, "receiver", cla_receiver_name(a.out.receiver));
	if (!put_candidates(&a, &o, err))
		return false;
	put_reused(&a, &o);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}
