#include "verify/verify_priv.h"

#include "base/grow.h"

#include <string.h>

#define SUMS_MAX 65536

static struct cla_str text_or_empty(const struct cla_json *node)
{
	struct cla_str s = cla_json_string(node);
	return cla_str_absent(s) ? CLA_STR("") : s;
}

struct cla_verify_sum cla_verify_sum_key(bool is_tx, const struct cla_json *object)
{
	return (struct cla_verify_sum){
		.kind = is_tx ? "tx" : "reimbursement",
		.type = text_or_empty(cla_json_get(object, "type")),
		.status = text_or_empty(cla_json_get(object, "status")),
		.currency = text_or_empty(cla_json_get(object, "currency")),
		.amount = CLA_DEC_ZERO,
	};
}

/* Makes the key outlive the document that it was read from. */
static bool keep(struct cla_arena *arena, struct cla_verify_sum *key, struct cla_err *err)
{
	bool ok = true;
	key->type = cla_arena_str(arena, key->type, &ok);
	key->status = cla_arena_str(arena, key->status, &ok);
	key->currency = cla_arena_str(arena, key->currency, &ok);
	return ok || cla_err_oom(err);
}

int cla_verify_sum_cmp(const struct cla_verify_sum *a, const struct cla_verify_sum *b)
{
	int cmp = strcmp(a->kind, b->kind);
	if (!cmp)
		cmp = cla_str_cmp(a->type, b->type);
	if (!cmp)
		cmp = cla_str_cmp(a->status, b->status);
	return cmp ? cmp : cla_str_cmp(a->currency, b->currency);
}

bool cla_verify_sum_add(struct cla_verify *v, const struct cla_json *facts, struct cla_err *err)
{
	struct cla_verify_sum key = cla_verify_sum_key(v->group.is_tx, facts);
	struct cla_dec amount = cla_dec_parse(cla_json_string(cla_json_get(facts, "amount")));
	size_t low = 0, high = v->sum_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (cla_verify_sum_cmp(&v->sums[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == v->sum_count || cla_verify_sum_cmp(&v->sums[low], &key) != 0) {
		if (v->sum_count == SUMS_MAX || v->sum_texts.used > CLA_VERIFY_SUMS_MAX)
			return cla_err_set(err, CLA_ERR_LIMIT,
					   "more than %d kinds of sums, or too long ones",
					   SUMS_MAX);
		if (!cla_grow(&v->sums, &v->sum_cap, v->sum_count, sizeof(key), err) ||
		    !keep(&v->sum_texts, &key, err))
			return false;
		memmove(v->sums + low + 1, v->sums + low, (v->sum_count - low) * sizeof(*v->sums));
		v->sums[low] = key;
		v->sum_count++;
	}
	struct cla_verify_sum *sum = &v->sums[low];
	sum->count++;
	/* An expense without an amount, or with one that is no number, counts and adds nothing. */
	if (amount.ok)
		sum->amount = cla_dec_add(sum->amount, amount);
	return true;
}
