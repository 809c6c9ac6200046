/* The facts of an expense against the row that they were taken from. */
#include "verify/verify_priv.h"

#include "model/api.h"
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
	return true;
}
