#include "match/match_priv.h"

static struct cla_dec cents_limit(void)
{
	return cla_dec_from(5, 2);
}

/* |part| <= percent of whole */
static bool within_percent(struct cla_dec part, struct cla_dec whole, int64_t percent)
{
	struct cla_dec limit = cla_dec_mul(whole, cla_dec_from(percent, 2));

	part = cla_dec_abs(part);
	return part.ok && limit.ok && cla_dec_cmp(part, limit) <= 0;
}

/* What the difference charge - total is, where one document alone is to explain it. */
static enum cla_match_how explain(const struct cla_match_side *e, const struct cla_match_paper *d,
				  struct cla_dec total, struct cla_dec diff)
{
	if (!diff.ok)
		return CLA_HOW_UNREADABLE;
	int sign = cla_dec_sign(diff);
	if (!sign)
		return CLA_HOW_EXACT;
	if (e->tip.ok && cla_dec_eq(diff, e->tip))
		return CLA_HOW_TIP_CLAIMED;
	if (d && d->local_taxes.ok && cla_dec_eq(diff, d->local_taxes))
		return CLA_HOW_LOCAL_TAX;
	if (d && d->discount.ok && cla_dec_eq(diff, cla_dec_neg(d->discount)))
		return CLA_HOW_DISCOUNT;
	if (cla_dec_cmp(cla_dec_abs(diff), cents_limit()) <= 0)
		return CLA_HOW_CENTS;
	/* a claimed tip that is another one speaks against guessing */
	if (d && sign > 0 && !e->tip.ok && e->restaurant && within_percent(diff, total, 20))
		return CLA_HOW_TIP_LIKELY;
	return CLA_HOW_DIFFERENT;
}

static bool has_amount(enum cla_match_how how)
{
	return how < CLA_HOW_DIFFERENT;
}

/* A payment of the charge's amount: with its code, or (`likely`) by card where one of both has none. */
static bool is_payment(const struct cla_match_side *e, const struct cla_match_paper *d,
		       struct cla_dec charge, bool likely)
{
	struct cla_str code = e->in.authorization_number;

	for (size_t i = 0; i < d->part_count; i++) {
		const struct cla_match_part *part = &d->parts[i];

		if (!cla_dec_eq(part->amount, charge))
			continue;
		if (likely ? part->by_card && (!part->code.len || !code.len)
			   : part->code.len && cla_str_eq(part->code, code))
			return true;
	}
	return false;
}

/* What one document alone explains, its payments taken in. */
static enum cla_match_how explain_by_payments(const struct cla_match_side *e,
					      const struct cla_match_paper *d,
					      const struct cla_match_fit *f)
{
	enum cla_match_how how = explain(e, d, f->total, f->difference);

	if (how == CLA_HOW_EXACT || how == CLA_HOW_UNREADABLE)
		return how;
	if (is_payment(e, d, f->charge, false))
		return CLA_HOW_PAYMENT;
	if (how == CLA_HOW_DIFFERENT && is_payment(e, d, f->charge, true))
		return CLA_HOW_PAYMENT_LIKELY;
	return how;
}

/* Compares with the charge as it stands in the document's currency: the original amount first. */
static void fit_amount(const struct cla_match_side *e, const struct cla_match_paper *d,
		       struct cla_match_fit *f)
{
	const struct cla_match_money *bases[] = { &e->original, &e->account };
	struct cla_match_fit first = { .how = CLA_HOW_NO_RATE };

	for (size_t i = 0; i < CLA_LEN(bases); i++) {
		if (bases[i]->currency != d->total.currency)
			continue;
		f->charge = bases[i]->amount;
		f->total = d->total.amount;
		f->fx = bases[i]->currency != e->account.currency;
		f->difference = cla_dec_sub(f->charge, f->total);
		f->how = explain_by_payments(e, d, f);
		if (has_amount(f->how))
			return;
		if (first.how == CLA_HOW_NO_RATE)
			first = *f;
	}
	if (first.how != CLA_HOW_NO_RATE) { /* neither: say it of the first */
		first.type_ok = f->type_ok;
		first.date_ok = f->date_ok;
		*f = first;
		return;
	}
	f->how = CLA_HOW_NO_RATE;
	f->charge = e->account.amount;
	f->total = d->total.amount;
	f->fx = true;
	/* a document's rate leads to its country's currency, which a charge in that currency can be
	 * compared with */
	if (!d->rate.ok || cla_dec_sign(d->rate) < 0)
		return;
	struct cla_dec local = cla_dec_round(cla_dec_mul(d->total.amount, d->rate), 2);
	if (!local.ok)
		return;
	f->total = local;
	f->difference = cla_dec_sub(f->charge, local);
	f->how = within_percent(f->difference, f->charge, 3) ? CLA_HOW_RATE : CLA_HOW_DIFFERENT;
}

static int amount_score(enum cla_match_how how)
{
	switch (how) {
	case CLA_HOW_EXACT:
	case CLA_HOW_PAYMENT:
		return 50;
	case CLA_HOW_TIP_CLAIMED:
	case CLA_HOW_CENTS:
		return 45;
	case CLA_HOW_LOCAL_TAX:
	case CLA_HOW_DISCOUNT:
	case CLA_HOW_PAYMENT_LIKELY:
		return 40;
	case CLA_HOW_RATE:
		return 35;
	case CLA_HOW_TIP_LIKELY:
		return 30;
	case CLA_HOW_DIFFERENT:
	case CLA_HOW_NO_RATE:
	case CLA_HOW_UNREADABLE:
		break;
	}
	return 0;
}

static bool same_authorization(const struct cla_match_side *e, const struct cla_match_paper *d)
{
	for (size_t i = 0; i < d->part_count; i++) {
		if (d->parts[i].code.len &&
		    cla_str_eq(d->parts[i].code, e->in.authorization_number))
			return true;
	}
	return false;
}

static bool same_folio(const struct cla_match_side *e, const struct cla_match_paper *d)
{
	return d->key.len && cla_str_eq_nocase(d->key, e->in.folio_fiscal);
}

/* All of the score but the amount's part. */
static int other_score(const struct cla_match_side *e, const struct cla_match_paper *d,
		       bool *date_ok)
{
	int score = 0;

	*date_ok = false;
	if (e->has_day && d->has_day) {
		int64_t days = d->day - e->day;
		*date_ok = days >= -CLA_MATCH_BEFORE && days <= CLA_MATCH_AFTER;
		if (days >= -1 && days <= 1)
			score += 20;
		else if (*date_ok)
			score += days <= 7 ? 15 : 10;
	}
	if (same_authorization(e, d))
		score += 10;
	if (d->receiver == CLA_RECEIVER_OURS)
		score += 10;
	else if (d->receiver == CLA_RECEIVER_SISTER)
		score += 5;
	if (same_folio(e, d))
		score += 10;
	return score;
}

struct cla_match_fit cla_match_fit(const struct cla_match_side *e, const struct cla_match_paper *d)
{
	struct cla_match_fit f = { .how = CLA_HOW_UNREADABLE,
				   .type_ok = e->refund ? d->refund : d->purchase };
	int score = other_score(e, d, &f.date_ok);

	if (d->readable && e->account.amount.ok && e->account.currency && e->has_day)
		fit_amount(e, d, &f);
	f.score = score + amount_score(f.how);
	return f;
}

bool cla_match_fit_sum(const struct cla_match_side *e, const struct cla_match_paper *const *docs,
		       size_t count, struct cla_match_fit *ret)
{
	struct cla_match_fit f = { .type_ok = true, .date_ok = true };
	const struct cla_match_money *base =
		e->original.currency == docs[0]->total.currency	 ? &e->original
		: e->account.currency == docs[0]->total.currency ? &e->account
								 : NULL;
	int worst = 100;

	if (!base)
		return false;
	f.charge = base->amount;
	f.fx = base->currency != e->account.currency;
	f.total = CLA_DEC_ZERO;
	for (size_t i = 0; i < count; i++) {
		bool date_ok;
		if (docs[i]->total.currency != base->currency)
			return false;
		f.total = cla_dec_add(f.total, docs[i]->total.amount);
		int score = other_score(e, docs[i], &date_ok);
		worst = score < worst ? score : worst;
	}
	f.difference = cla_dec_sub(f.charge, f.total);
	f.how = explain(e, NULL, f.total, f.difference);
	f.score = worst + (f.how == CLA_HOW_EXACT ? 40 : has_amount(f.how) ? 35 : 0);
	*ret = f;
	return true;
}

bool cla_match_fits(const struct cla_match_fit *f)
{
	return has_amount(f->how) && f->type_ok && f->date_ok;
}

int cla_match_compare_papers(const struct cla_match_paper *a, const struct cla_match_paper *b)
{
	int order = cla_str_cmp(a->key, b->key);
	if (!order)
		order = cla_digest_cmp(&a->in.sha256, &b->in.sha256);
	if (!order)
		order = cla_str_cmp(a->in.total, b->in.total);
	return order ? order : cla_str_cmp(a->in.issued_at, b->in.issued_at);
}

bool cla_match_same_paper(const struct cla_match_paper *x, const struct cla_match_paper *y)
{
	return x->key.len ? cla_str_eq(x->key, y->key) : !cla_match_compare_papers(x, y);
}

/* ---- equations ---- */

/* At least two decimals, more only where they are not zero. */
static void put_number(struct cla_buf *out, struct cla_dec n)
{
	char text[CLA_DEC_TEXT];

	while (n.ok && n.scale > 2 && n.units % 10 == 0) {
		n.units /= 10;
		n.scale--;
	}
	struct cla_dec wide = cla_dec_round(n, 2);
	if (n.scale < 2 && wide.ok)
		n = wide;
	cla_buf_addc(out, cla_dec_format(n, text));
}

static void put_money(struct cla_buf *out, struct cla_dec n, struct cla_str currency)
{
	put_number(out, n);
	cla_buf_byte(out, ' ');
	cla_buf_add(out, currency);
}

static bool rate_gives(struct cla_dec amount, struct cla_dec rate, struct cla_dec account)
{
	return cla_dec_eq(cla_dec_round(cla_dec_mul(amount, rate), 2), cla_dec_round(account, 2));
}

/* account / amount, with as few decimals as give the account amount to the cent. */
static struct cla_dec implied_rate(struct cla_dec account, struct cla_dec amount)
{
	struct cla_dec rate = { 0, 2, false };

	for (int scale = 2; scale <= 10; scale++) {
		int shift = scale + amount.scale - account.scale;
		__int128 factor = 2, units; /* twice the quotient, to round it */
		for (int i = 0; i < shift; i++)
			factor *= 10;
		if (shift < 0 || !amount.units ||
		    __builtin_mul_overflow(account.units, factor, &units) ||
		    __builtin_add_overflow(units, amount.units, &units))
			continue;
		rate = (struct cla_dec){ units / amount.units / 2, scale, true };
		if (rate_gives(amount, rate, account))
			break;
	}
	return rate;
}

static const char *word_of(enum cla_match_how how)
{
	switch (how) {
	case CLA_HOW_TIP_CLAIMED:
	case CLA_HOW_TIP_LIKELY:
		return "tip";
	case CLA_HOW_CENTS:
		return "cents";
	case CLA_HOW_LOCAL_TAX:
		return "local-tax";
	case CLA_HOW_DISCOUNT:
		return "discount";
	case CLA_HOW_RATE:
		return "fx";
	case CLA_HOW_PAYMENT:
	case CLA_HOW_PAYMENT_LIKELY:
		return "other payments";
	case CLA_HOW_EXACT:
	case CLA_HOW_DIFFERENT:
	case CLA_HOW_NO_RATE:
	case CLA_HOW_UNREADABLE:
		break;
	}
	return "difference";
}

static void put_difference(struct cla_buf *out, const struct cla_match_fit *f)
{
	int sign = cla_dec_sign(f->difference);

	if (!sign)
		return;
	cla_buf_addc(out, sign > 0 ? " + " : " - ");
	put_number(out, cla_dec_abs(f->difference));
	cla_buf_addf(out, " %s", word_of(f->how));
}

static void put_sum(struct cla_buf *out, const struct cla_match_fit *f,
		    const struct cla_match_paper *const *docs, size_t count)
{
	put_number(out, f->charge);
	cla_buf_addc(out, " = ");
	for (size_t i = 0; i < count; i++) {
		if (i)
			cla_buf_addc(out, " + ");
		put_number(out, docs[i]->total.amount);
	}
	put_difference(out, f);
}

void cla_match_equation(const struct cla_match_side *e, const struct cla_match_fit *f,
			const struct cla_match_paper *const *docs, size_t count,
			struct cla_buf *out)
{
	const struct cla_match_paper *d = docs[0];

	if (f->how == CLA_HOW_UNREADABLE)
		return;
	if (!f->fx) {
		put_sum(out, f, docs, count);
		return;
	}
	if (f->how == CLA_HOW_NO_RATE) {
		put_money(out, f->charge, e->account.currency_text);
		cla_buf_addc(out, " = ");
		put_money(out, d->total.amount, d->total.currency_text);
		cla_buf_addc(out, " x ?");
		return;
	}
	bool original = d->total.currency == e->original.currency;
	struct cla_dec foreign = original ? f->charge : d->total.amount;
	struct cla_dec rate = d->rate;
	if (original && (!rate.ok || !rate_gives(foreign, rate, e->account.amount)))
		rate = implied_rate(e->account.amount, foreign);
	put_number(out, e->account.amount);
	cla_buf_addc(out, " = ");
	put_money(out, foreign, d->total.currency_text);
	cla_buf_addc(out, " x ");
	put_number(out, rate);
	if (!original) {
		put_difference(out, f);
	} else if (count > 1 || f->how != CLA_HOW_EXACT) {
		cla_buf_addc(out, "; ");
		put_sum(out, f, docs, count);
	}
}

int cla_match_compare_entries(const void *a, const void *b)
{
	const struct cla_match_entry *x = a, *y = b;

	if (x->fit.score != y->fit.score)
		return x->fit.score > y->fit.score ? -1 : 1;
	int order = cla_match_compare_papers(x->paper, y->paper);
	return order ? order : x->paper->n < y->paper->n ? -1 : x->paper->n > y->paper->n;
}
