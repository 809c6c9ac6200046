/* The facts of an expense against the row that they were taken from. */
#include "verify/verify_priv.h"

#include "model/api.h"
#include "model/context.h"
#include "model/id/taxid.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *key;
	size_t at; /* in struct cla_row */
} facts_of_row[] = {
	{ "accounting_date", offsetof(struct cla_row, accounting_date) },
	{ "amount", offsetof(struct cla_row, amount.amount) },
	{ "authorization_number", offsetof(struct cla_row, authorization_number) },
	{ "currency", offsetof(struct cla_row, amount.currency) },
	{ "date", offsetof(struct cla_row, operation_date) },
	{ "last_update_date", offsetof(struct cla_row, last_update_date) },
	{ "masked_pan", offsetof(struct cla_row, masked_pan) },
	{ "merchant", offsetof(struct cla_row, merchant) },
	{ "original_amount", offsetof(struct cla_row, original.amount) },
	{ "original_currency", offsetof(struct cla_row, original.currency) },
	{ "status", offsetof(struct cla_row, status) },
	{ "type", offsetof(struct cla_row, type) },
	{ "user", offsetof(struct cla_row, user) },
};

static struct cla_str or_null(struct cla_str s)
{
	return cla_str_absent(s) ? CLA_STR("null") : s;
}

static void compare(struct cla_verify *v, const char *evidence, const struct cla_json *facts,
		    const struct cla_row *row)
{
	char field[64];

	for (size_t i = 0; i < CLA_LEN(facts_of_row); i++) {
		const char *key = facts_of_row[i].key;
		struct cla_str found = cla_json_string(cla_json_get(facts, key)), due;
		memcpy(&due, (const char *)row + facts_of_row[i].at, sizeof(due));
		if (cla_str_absent(found) == cla_str_absent(due) && cla_str_eq(found, due))
			continue;
		snprintf(field, sizeof(field), "facts.%s", key);
		cla_verify_problem(v, evidence, field, or_null(found), or_null(due));
	}
}

/* ---- facts.context ----------------------------------------------------------- */

/* A part of the context must be about what the row refers to; what a row does not name by uuid it
 * may show by other marks. */
static void same_reference(struct cla_verify *v, const char *evidence, const char *field,
			   const struct cla_json *part, struct cla_str due)
{
	struct cla_str found = cla_json_string(cla_json_get(part, "uuid"));

	if (!cla_str_absent(due) && !cla_str_eq_nocase(found, due))
		cla_verify_problem(v, evidence, field, or_null(found), due);
}

/* In the order of the row, one for one. */
static void same_names(struct cla_verify *v, const char *evidence, const char *key,
		       const struct cla_json *parts, const struct cla_json *list)
{
	const struct cla_json *part = cla_json_first(parts);
	char field[64];

	snprintf(field, sizeof(field), "facts.context.%s", key);
	if (cla_json_count(parts) != cla_json_count(list)) {
		cla_verify_differ_u64(v, evidence, field, cla_json_count(parts),
				      cla_json_count(list));
		return;
	}
	for (const struct cla_json *n = cla_json_first(list); n; n = cla_json_next(n)) {
		struct cla_named named;
		cla_named_read(n, &named);
		same_reference(v, evidence, field, part, named.uuid);
		part = cla_json_next(part);
	}
}

static bool same_value(const struct cla_json *a, const struct cla_json *b)
{
	if (cla_json_type(a) != cla_json_type(b))
		return false;
	if (cla_json_type(a) != CLA_JSON_ARRAY && cla_json_type(a) != CLA_JSON_OBJECT)
		return cla_str_eq(cla_json_text(a), cla_json_text(b));
	const struct cla_json *x = cla_json_first(a), *y = cla_json_first(b);
	while (x && y && cla_str_eq(cla_json_key(x), cla_json_key(y)) && same_value(x, y)) {
		x = cla_json_next(x);
		y = cla_json_next(y);
	}
	return !x && !y;
}

/* How it was approved stands in the row alone. */
static bool same_approval(struct cla_verify *v, const char *evidence,
			  const struct cla_json *context, const struct cla_row *row,
			  struct cla_err *err)
{
	cla_auto_buf struct cla_buf due = CLA_BUF_INIT(CLA_VERIFY_ROW_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_json_out o;

	cla_json_out_begin(&o, &due);
	cla_approval_write(&o, row);
	if (!cla_json_out_end(&o, err) || !cla_json_parse(cla_buf_str(&due), &doc, err))
		return false;
	if (!same_value(cla_json_get(context, "approval"), cla_json_root(doc)))
		cla_verify_problemf(v, evidence, "facts.context.approval", "what the row says",
				    "something else");
	return true;
}

static bool compare_context(struct cla_verify *v, const char *evidence,
			    const struct cla_json *context, const struct cla_row *row,
			    struct cla_err *err)
{
	same_reference(v, evidence, "facts.context.card", cla_json_get(context, "card"),
		       row->card_uuid);
	same_reference(v, evidence, "facts.context.holder", cla_json_get(context, "holder"),
		       row->user_uuid);
	same_reference(v, evidence, "facts.context.statement", cla_json_get(context, "statement"),
		       row->statement);
	if (cla_str_absent(row->statement) &&
	    cla_json_type(cla_json_get(context, "statement")) != CLA_JSON_NULL)
		cla_verify_problemf(v, evidence, "facts.context.statement", "null", "an object");
	same_names(v, evidence, "labels", cla_json_get(context, "labels"), row->labels);
	same_names(v, evidence, "groups", cla_json_get(context, "groups"), row->groups);
	same_names(v, evidence, "locations", cla_json_get(context, "locations"), row->locations);
	return same_approval(v, evidence, context, row, err);
}

/* Reads the row; *doc stays NULL after a problem. */
static bool read_row(struct cla_verify *v, struct cla_json_doc **doc, struct cla_row *row,
		     struct cla_err *err)
{
	const struct cla_verify_group *g = &v->group;
	struct cla_err why = CLA_ERR_INIT;

	if (cla_verify_few_tokens(cla_buf_str(&g->row), CLA_VERIFY_TOKENS_MAX)
		    ? cla_json_parse(cla_buf_str(&g->row), doc, &why) &&
			      cla_row_read(g->is_tx ? CLA_EXPENSE_TX : CLA_EXPENSE_REIMBURSEMENT,
					   cla_json_root(*doc), row, &why)
		    : cla_err_set(&why, CLA_ERR_LIMIT, "too many values"))
		return true;
	cla_json_freep(doc);
	if (why.code == CLA_ERR_MEMORY)
		return cla_err_oom(err);
	cla_verify_problemf(v, g->row_path, "content", "a row of the list", "%s", why.msg);
	return true;
}

bool cla_verify_facts(struct cla_verify *v, const char *evidence, const struct cla_json *facts,
		      struct cla_err *err)
{
	const struct cla_verify_group *g = &v->group;
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_row row;
	char uuid[37];

	if (g->rows != 1) {
		cla_verify_problemf(v, evidence, "facts", "one row beside it that they come from",
				    "%u rows", g->rows);
		return true;
	}
	if (!read_row(v, &doc, &row, err))
		return false;
	if (!doc)
		return true;
	if (cla_uuid_lower(row.uuid, uuid) && strcmp(uuid, g->uuid) != 0)
		cla_verify_problem(v, g->row_path, "uuid", row.uuid, cla_str_from(g->uuid));
	compare(v, evidence, facts, &row);
	return compare_context(v, evidence, cla_json_get(facts, "context"), &row, err);
}
