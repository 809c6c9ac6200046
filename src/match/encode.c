#include "json/out.h"
#include "match/match_priv.h"

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

/* A document of a sum shows the equation of the whole. */
static void put_entry(const struct cla_match *m, size_t expense, const struct cla_match_kept *entry,
		      const struct cla_match_fit *fit, const struct cla_match_paper *const *docs,
		      size_t count, struct cla_json_out *o)
{
	const struct cla_match_paper *d = cla_match_paper(m, entry->doc);
	cla_auto_buf struct cla_buf equation = CLA_BUF_INIT(4096);

	cla_match_equation(cla_match_side(m, expense), fit, docs, count, &equation);
	cla_json_out_object(o);
	if (entry->better != CLA_MATCH_NOBODY)
		cla_json_out_kstr(o, "better", cla_match_side(m, entry->better)->in.uuid);
	cla_json_out_kstr(o, "equation",
			  equation.len && !equation.failed ? cla_buf_str(&equation) : CLA_STR_NONE);
	put_explained(o, fit);
	cla_json_out_kstr(o, "id", d->in.id);
	if (entry->reason)
		cla_json_out_kcstr(o, "reason", entry->reason);
	cla_json_out_kint(o, "score", fit->score);
	cla_json_out_khex(o, "sha256", d->in.sha256.bytes, sizeof(d->in.sha256.bytes));
	cla_json_out_close(o);
}

static void put_documents(const struct cla_match *m, size_t expense, struct cla_json_out *o)
{
	const struct cla_match_outcome *out = &m->outcomes[expense];
	const struct cla_match_paper *docs[CLA_MATCH_SET_MAX];
	size_t count = out->result.documents;

	cla_json_out_key(o, "documents");
	cla_json_out_array(o);
	for (size_t i = 0; i < count; i++)
		docs[i] = cla_match_paper(m, out->taken[i].doc);
	struct cla_match_fit fit = { 0 };
	if (count == 1)
		fit = cla_match_fit(cla_match_side(m, expense), docs[0]);
	else if (count)
		(void)cla_match_fit_sum(cla_match_side(m, expense), docs, count, &fit);
	for (size_t i = 0; i < count; i++)
		put_entry(m, expense, &out->taken[i], &fit, docs, count, o);
	cla_json_out_close(o);
}

static void put_candidates(const struct cla_match *m, size_t expense, struct cla_json_out *o)
{
	const struct cla_match_outcome *out = &m->outcomes[expense];

	cla_json_out_key(o, "candidates");
	cla_json_out_array(o);
	for (size_t i = 0; i < out->result.candidates; i++) {
		const struct cla_match_paper *d = cla_match_paper(m, out->candidates[i].doc);
		struct cla_match_fit fit = cla_match_fit(cla_match_side(m, expense), d);
		put_entry(m, expense, &out->candidates[i], &fit, &d, 1, o);
	}
	cla_json_out_close(o);
}

static void put_reused(const struct cla_match *m, size_t expense, struct cla_json_out *o)
{
	const struct cla_match_outcome *out = &m->outcomes[expense];

	cla_json_out_key(o, "reused");
	cla_json_out_array(o);
	for (size_t i = 0; i < out->result.reused; i++) {
		const struct cla_match_seen *s = out->reused[i];
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

static bool check(const struct cla_match *m, size_t expense, struct cla_err *err)
{
	return cla_match_result(m, expense) ||
	       cla_err_set(err, CLA_ERR_INTERNAL, "matching: no such result");
}

bool cla_match_encode(const struct cla_match *m, size_t expense, struct cla_buf *out,
		      struct cla_err *err)
{
	struct cla_json_out o;

	if (!check(m, expense, err))
		return false;
	const struct cla_match_result *r = &m->outcomes[expense].result;
	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	put_candidates(m, expense, &o);
	put_documents(m, expense, &o);
	cla_json_out_kcstr(&o, "receiver", cla_receiver_name(r->receiver));
	put_reused(m, expense, &o);
	cla_json_out_kcstr(&o, "state", cla_match_state_name(r->state));
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}

bool cla_match_print(const struct cla_match *m, size_t expense, struct cla_buf *out,
		     struct cla_err *err)
{
	struct cla_json_out o;

	if (!check(m, expense, err))
		return false;
	const struct cla_match_side *e = cla_match_side(m, expense);
	const struct cla_match_result *r = &m->outcomes[expense].result;
	cla_json_out_begin_unordered(&o, out);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, e->in.kind == CLA_EXPENSE_TX ? "transaction" : "reimbursement",
			  e->in.uuid);
	cla_json_out_kstr(&o, "amount", e->in.amount.amount);
	cla_json_out_kstr(&o, "currency", e->in.amount.currency);
	cla_json_out_kstr(&o, "date", e->in.date);
	cla_json_out_kcstr(&o, "state", cla_match_state_name(r->state));
	put_documents(m, expense, &o);
	cla_json_out_kcstr(&o, "receiver", cla_receiver_name(r->receiver));
	put_candidates(m, expense, &o);
	put_reused(m, expense, &o);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}
