/* verify/tieout.c - the comparison with billing statements, made again.
 *
 * What the charges in the archive say of their statements is summed up while they go by; bundle.json
 * must say the same, its differences must be what its own numbers give, and its result what its
 * reasons give.
 */
#include "verify/verify_priv.h"

#include "base/grow.h"
#include "model/id/taxid.h"

#include <stdio.h>
#include <string.h>

#define BILLS_MAX 65536

static const char file[] = "data/bundle.json";

static const char *const results[] = { "agrees", "differs", "unknown", NULL };

/* Sorted; what the reason alone makes of the result. */
enum weight { EXPLAINED, DIFFERENCE, GAP };
static const struct {
	const char *name;
	enum weight weight;
} reasons[] = {
	{ "amount-differs", DIFFERENCE },
	{ "not-billed", EXPLAINED },
	{ "not-held", DIFFERENCE },
	{ "not-listed", DIFFERENCE },
	{ "other-currency", EXPLAINED },
	{ "outside-month", EXPLAINED },
	{ "payments-not-counted", EXPLAINED },
	{ "rows-missing", GAP },
	{ "total-differs", DIFFERENCE },
	{ "total-missing", GAP },
};

static const struct cla_shape result_shape = { .type = CLA_SHAPE_CHOICE, .choices = results };

#define TALLY_FIELDS                                                                               \
	{ "amount", &cla_shape_str },                                                              \
	{                                                                                          \
		"count", &cla_shape_int                                                            \
	}

static const struct cla_shape tally_shape = {
	.type = CLA_SHAPE_OBJECT,
	.fields = (const struct cla_shape_field[]){ TALLY_FIELDS, { NULL, NULL } },
};

static const struct cla_shape tally_or_null_shape = {
	.type = CLA_SHAPE_OBJECT,
	.nullable = true,
	.fields = (const struct cla_shape_field[]){ TALLY_FIELDS, { NULL, NULL } },
};

static const struct cla_shape reasons_shape = {
	.type = CLA_SHAPE_ARRAY,
	.item =
		&(const struct cla_shape){
			.type = CLA_SHAPE_OBJECT,
			.fields =
				(const struct cla_shape_field[]){
					TALLY_FIELDS,
					{ "reason", &cla_shape_str },
					{ NULL, NULL },
				},
		},
};

const struct cla_shape cla_verify_tieout_shape = {
	.type = CLA_SHAPE_OBJECT,
	.fields =
		(const struct cla_shape_field[]){
			{ "currency", &cla_shape_str_or_null },
			{ "difference", &cla_shape_str_or_null },
			{ "end", &cla_shape_str_or_null },
			{ "held", &tally_shape },
			{ "reasons", &reasons_shape },
			{ "result", &result_shape },
			{ "rows", &tally_or_null_shape },
			{ "start", &cla_shape_str_or_null },
			{ "statement", &cla_shape_uuid },
			{ "status", &cla_shape_str_or_null },
			{ "total", &cla_shape_str_or_null },
			{ NULL, NULL },
		},
};

/* ---- what the charges say ---------------------------------------------------- */

/* Where the statement stands among those seen, or would stand. */
static size_t place(const struct cla_verify *v, const char *uuid)
{
	size_t low = 0, high = v->bill_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (strcmp(v->bills[mid].uuid, uuid) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool cla_verify_bill_add(struct cla_verify *v, const struct cla_json *facts, struct cla_err *err)
{
	const struct cla_json *bill = cla_json_get(cla_json_get(facts, "context"), "statement");
	struct cla_dec amount = cla_dec_parse(cla_json_string(cla_json_get(facts, "amount")));
	struct cla_verify_bill b = { .amount = CLA_DEC_ZERO };

	if (!v->group.is_tx || !cla_uuid_lower(cla_json_string(cla_json_get(bill, "uuid")), b.uuid))
		return true;
	size_t at = place(v, b.uuid);
	if (at == v->bill_count || strcmp(v->bills[at].uuid, b.uuid) != 0) {
		if (v->bill_count == BILLS_MAX)
			return cla_err_set(err, CLA_ERR_LIMIT, "more than %d statements",
					   BILLS_MAX);
		if (!cla_grow(&v->bills, &v->bill_cap, v->bill_count, sizeof(b), err))
			return false;
		memmove(v->bills + at + 1, v->bills + at, (v->bill_count - at) * sizeof(b));
		v->bills[at] = b;
		v->bill_count++;
	}
	v->bills[at].count++;
	if (amount.ok)
		v->bills[at].amount = cla_dec_add(v->bills[at].amount, amount);
	return true;
}

/* ---- against what bundle.json says ------------------------------------------- */

static struct cla_dec decimal(const struct cla_json *object, const char *key)
{
	return cla_dec_parse(cla_json_string(cla_json_get(object, key)));
}

static void check_amount(struct cla_verify *v, const char *field, const char *key,
			 struct cla_str found, struct cla_dec due)
{
	char at[128], text[CLA_DEC_TEXT];

	cla_dec_format(due, text);
	if (due.ok ? cla_dec_eq(cla_dec_parse(found), due) : cla_str_eqc(found, text))
		return;
	snprintf(at, sizeof(at), "%s.%s", field, key);
	cla_verify_problem(v, file, at, found, cla_str_from(text));
}

static void check_held(struct cla_verify *v, const char *field, const struct cla_json *entry,
		       const struct cla_verify_bill *due)
{
	const struct cla_json *held = cla_json_get(entry, "held");
	char at[128];
	uint64_t count = 0;

	(void)!cla_json_u64(cla_json_get(held, "count"), &count);
	if (count != due->count) {
		snprintf(at, sizeof(at), "%s.held.count", field);
		cla_verify_differ_u64(v, file, at, count, due->count);
	}
	check_amount(v, field, "held.amount", cla_json_string(cla_json_get(held, "amount")),
		     due->amount);
}

static const struct cla_json *reason_named(const struct cla_json *entry, const char *name)
{
	const struct cla_json *r = cla_json_first(cla_json_get(entry, "reasons"));

	while (r && !cla_str_eqc(cla_json_string(cla_json_get(r, "reason")), name))
		r = cla_json_next(r);
	return r;
}

/* The statement's total less the sum of its transactions; payments that do not count are no part of
 * that sum. */
static void check_difference(struct cla_verify *v, const char *field, const struct cla_json *entry)
{
	const struct cla_json *rows = cla_json_get(entry, "rows");
	const struct cla_json *payments = reason_named(entry, "payments-not-counted");
	struct cla_str found = cla_json_string(cla_json_get(entry, "difference"));
	struct cla_dec total = decimal(entry, "total"), sum = decimal(rows, "amount");
	bool known = total.ok && cla_json_type(rows) == CLA_JSON_OBJECT;
	char at[128];

	if (payments)
		sum = cla_dec_sub(sum, decimal(payments, "amount"));
	struct cla_dec due = cla_dec_sub(total, sum);
	if (known && due.ok) {
		check_amount(v, field, "difference", found, due);
	} else if (!cla_str_absent(found)) {
		snprintf(at, sizeof(at), "%s.difference", field);
		cla_verify_problem(v, file, at, found, CLA_STR("null"));
	}
	bool differs = known && due.ok && cla_dec_sign(due);
	if (differs != (reason_named(entry, "total-differs") != NULL)) {
		snprintf(at, sizeof(at), "%s.reasons", field);
		cla_verify_problemf(v, file, at, differs ? "total-differs" : "no total-differs",
				    "%s", differs ? "none" : "total-differs");
	}
}

/* A number that is not known is given as a reason, and one that is known is not. */
static void check_gap(struct cla_verify *v, const char *field, const struct cla_json *entry,
		      const char *key, bool unknown, const char *reason)
{
	char at[128];

	if (unknown == (reason_named(entry, reason) != NULL))
		return;
	snprintf(at, sizeof(at), "%s.%s", field, key);
	cla_verify_problemf(v, file, at, unknown ? reason : "no number", "%s",
			    unknown ? "no such reason" : reason);
}

static void check_result(struct cla_verify *v, const char *field, const struct cla_json *entry)
{
	struct cla_str result = cla_json_string(cla_json_get(entry, "result"));
	struct cla_str last = CLA_STR("");
	bool differs = false, gap = false;
	char at[128];

	snprintf(at, sizeof(at), "%s.reasons", field);
	const struct cla_json *r = cla_json_first(cla_json_get(entry, "reasons"));
	for (; r; r = cla_json_next(r)) {
		struct cla_str name = cla_json_string(cla_json_get(r, "reason"));
		size_t i = 0;
		while (i < CLA_LEN(reasons) && !cla_str_eqc(name, reasons[i].name))
			i++;
		if (i == CLA_LEN(reasons)) {
			cla_verify_problem(v, file, at, name, CLA_STR("a reason of the format"));
			continue;
		}
		if (cla_str_cmp(name, last) <= 0)
			cla_verify_problem(v, file, at, name, CLA_STR("reasons sorted by name"));
		last = name;
		differs = differs || reasons[i].weight == DIFFERENCE;
		gap = gap || reasons[i].weight == GAP;
	}
	const char *due = differs ? "differs" : gap ? "unknown" : "agrees";
	snprintf(at, sizeof(at), "%s.result", field);
	if (!cla_str_eqc(result, due))
		cla_verify_problem(v, file, at, result, cla_str_from(due));
	check_gap(v, field, entry, "rows",
		  cla_json_type(cla_json_get(entry, "rows")) != CLA_JSON_OBJECT, "rows-missing");
	check_gap(v, field, entry, "total", !decimal(entry, "total").ok, "total-missing");
}

bool cla_verify_tieout(struct cla_verify *v, const char *field, const struct cla_json *entry,
		       char last[37], struct cla_err *err)
{
	static const struct cla_verify_bill none = { .amount = CLA_DEC_ZERO };
	char uuid[37];

	if (!cla_str_cstr(cla_json_string(cla_json_get(entry, "statement")), uuid, sizeof(uuid),
			  err))
		return false;
	if (strcmp(uuid, last) <= 0)
		cla_verify_problem(v, file, field, cla_str_from(uuid),
				   CLA_STR("statements sorted by uuid"));
	memcpy(last, uuid, sizeof(uuid));
	size_t at = place(v, uuid);
	bool named = at < v->bill_count && !strcmp(v->bills[at].uuid, uuid);
	if (named)
		v->bills[at].listed = true;
	check_held(v, field, entry, named ? &v->bills[at] : &none);
	check_difference(v, field, entry);
	check_result(v, field, entry);
	return true;
}

void cla_verify_tieout_end(struct cla_verify *v)
{
	for (size_t i = 0; i < v->bill_count; i++) {
		if (v->bills[i].listed)
			continue;
		char field[64];
		snprintf(field, sizeof(field), "tieout of %s", v->bills[i].uuid);
		cla_verify_problemf(v, file, field, "an entry", "nothing");
	}
}
