#include "model/context.h"

#include "model/api_priv.h"
#include "model/id/taxid.h"

#define KEYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Text, or the text that an object gives under one of these names. */
static struct cla_str name_of(const struct cla_json *node)
{
	struct cla_str s = cla_json_string(node);

	return cla_str_absent(s) ? cla_api_text(node, KEYS("fullName", "name", "holderName",
							   "description", "status", "code", "uuid"))
				 : s;
}

void cla_card_read(const struct cla_json *node, struct cla_card *ret)
{
	const struct cla_json *holder = cla_json_get(node, "user");

	ret->uuid = cla_api_reference(node);
	ret->alias = cla_json_string(cla_json_get(node, "alias"));
	ret->masked_pan = cla_api_text(node, KEYS("maskedPan", "lastFourDigits"));
	ret->type = name_of(cla_json_get(node, "type"));
	ret->status = name_of(cla_json_get(node, "status"));
	ret->clara_status = name_of(cla_json_get(node, "claraStatus"));
	ret->lock_code = cla_api_text(node, KEYS("lockCode"));
	ret->limit = cla_api_money(
		cla_api_member(node, KEYS("threshold", "limit", "spendingLimit", "creditLimit")));
	ret->periodicity = name_of(cla_json_get(node, "periodicity"));
	ret->holder = cla_api_reference(holder);
	if (cla_str_absent(ret->holder))
		ret->holder = cla_json_string(cla_json_get(node, "userUuid"));
}

void cla_card_write(struct cla_json_out *o, const struct cla_card *c)
{
	cla_json_out_object(o);
	cla_json_out_kstr(o, "alias", c->alias);
	cla_json_out_kstr(o, "clara_status", c->clara_status);
	cla_json_out_kstr(o, "holder", c->holder);
	cla_json_out_kstr(o, "limit", c->limit.amount);
	cla_json_out_kstr(o, "limit_currency", c->limit.currency);
	cla_json_out_kstr(o, "lock_code", c->lock_code);
	cla_json_out_kstr(o, "masked_pan", c->masked_pan);
	cla_json_out_kstr(o, "periodicity", c->periodicity);
	cla_json_out_kstr(o, "status", c->status);
	cla_json_out_kstr(o, "type", c->type);
	cla_json_out_kstr(o, "uuid", c->uuid);
	cla_json_out_close(o);
}

void cla_person_read(const struct cla_json *node, struct cla_buf *space, struct cla_person *ret)
{
	struct cla_str last = cla_json_string(cla_json_get(node, "lastName"));

	ret->uuid = cla_api_reference(node);
	ret->name = cla_api_text(node, KEYS("fullName", "holderName", "name"));
	if (cla_str_absent(cla_json_string(cla_json_get(node, "fullName"))) &&
	    !cla_str_absent(ret->name) && !cla_str_absent(last)) {
		cla_buf_reset(space);
		cla_buf_add(space, ret->name);
		cla_buf_byte(space, ' ');
		cla_buf_add(space, last);
		ret->name = space->failed ? ret->name : cla_buf_str(space);
	}
	ret->role = name_of(cla_json_get(node, "role"));
	ret->status = name_of(cla_json_get(node, "status"));
	ret->erp_id = cla_api_text(node, KEYS("erpId", "userErpId"));
}

void cla_person_write(struct cla_json_out *o, const struct cla_person *p)
{
	cla_json_out_object(o);
	cla_json_out_kstr(o, "erp_id", p->erp_id);
	cla_json_out_kstr(o, "name", p->name);
	cla_json_out_kstr(o, "role", p->role);
	cla_json_out_kstr(o, "status", p->status);
	cla_json_out_kstr(o, "uuid", p->uuid);
	cla_json_out_close(o);
}

void cla_named_read(const struct cla_json *node, struct cla_named *ret)
{
	ret->uuid = cla_api_reference(node);
	ret->name = cla_api_text(node, KEYS("name", "description"));
	ret->code = cla_api_text(node, KEYS("code", "erpId"));
	ret->status = name_of(cla_json_get(node, "status"));
}

void cla_named_write(struct cla_json_out *o, const struct cla_named *n)
{
	cla_json_out_object(o);
	cla_json_out_kstr(o, "code", n->code);
	cla_json_out_kstr(o, "name", n->name);
	cla_json_out_kstr(o, "status", n->status);
	cla_json_out_kstr(o, "uuid", n->uuid);
	cla_json_out_close(o);
}

void cla_bill_read(const struct cla_json *node, struct cla_bill *ret)
{
	struct cla_money total =
		cla_api_money(cla_api_member(node, KEYS("totalAmount", "total", "amount")));

	ret->uuid = cla_api_reference(node);
	ret->start = cla_api_day(
		cla_api_text(node, KEYS("statementStartDate", "periodStartDate", "startDate")));
	ret->end = cla_api_day(
		cla_api_text(node, KEYS("statementEndDate", "periodEndDate", "endDate")));
	ret->status = name_of(cla_json_get(node, "status"));
	ret->total = total.amount;
	ret->currency = cla_api_money(node).currency;
	if (cla_str_absent(ret->currency))
		ret->currency = total.currency;
}

void cla_bill_write(struct cla_json_out *o, const struct cla_bill *b)
{
	cla_json_out_object(o);
	cla_json_out_kstr(o, "currency", b->currency);
	cla_json_out_kstr(o, "end", b->end);
	cla_json_out_kstr(o, "start", b->start);
	cla_json_out_kstr(o, "status", b->status);
	cla_json_out_kstr(o, "total", b->total);
	cla_json_out_kstr(o, "uuid", b->uuid);
	cla_json_out_close(o);
}

/* ---- approval ---------------------------------------------------------------- */

static const struct cla_json *steps_of(const struct cla_json *node)
{
	static const char *const names[] = { "approvals",    "approvalSteps", "approvalTimeline",
					     "approvalFlow", "timeline",      "history" };
	static const char *const places[] = { NULL, "audit", "validationStatus" };

	for (size_t p = 0; p < CLA_LEN(places); p++) {
		const struct cla_json *in = places[p] ? cla_json_get(node, places[p]) : node;
		for (size_t i = 0; i < CLA_LEN(names); i++) {
			const struct cla_json *list = cla_api_list(in, names[i]);
			if (list)
				return list;
		}
	}
	return NULL;
}

static void write_steps(struct cla_json_out *o, const struct cla_json *list)
{
	cla_json_out_array(o);
	for (const struct cla_json *s = cla_json_first(list); s; s = cla_json_next(s)) {
		if (cla_json_type(s) != CLA_JSON_OBJECT)
			continue;
		cla_json_out_object(o);
		cla_json_out_kstr(o, "actor",
				  name_of(cla_api_member(s, KEYS("approver", "user", "actor",
								 "approvedBy", "requester"))));
		cla_json_out_kstr(o, "comment", cla_api_text(s, KEYS("comment", "reason")));
		cla_json_out_kstr(o, "date",
				  cla_api_text(s, KEYS("date", "approvalDate", "createdAt",
						       "updatedAt", "timestamp")));
		cla_json_out_kstr(
			o, "status",
			name_of(cla_api_member(s, KEYS("status", "action", "decision", "result"))));
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
}

static void write_receipts(struct cla_json_out *o, const struct cla_json *list)
{
	cla_json_out_array(o);
	for (const struct cla_json *a = cla_json_first(list); a; a = cla_json_next(a)) {
		struct cla_attachment attachment;
		cla_attachment_read(a, &attachment);
		if (!cla_str_absent(attachment.uuid))
			cla_json_out_str(o, attachment.uuid);
	}
	cla_json_out_close(o);
}

void cla_approval_write(struct cla_json_out *o, const struct cla_row *row)
{
	const struct cla_json *node = row->node, *audit = cla_json_get(node, "audit");
	struct cla_str transaction = cla_api_reference(cla_json_get(node, "transaction"));

	if (row->kind != CLA_EXPENSE_REIMBURSEMENT) {
		cla_json_out_null(o);
		return;
	}
	if (cla_str_absent(transaction))
		transaction = cla_json_string(cla_json_get(node, "transactionUuid"));
	cla_json_out_object(o);
	cla_json_out_kstr(o, "approved_on",
			  cla_api_text(audit, KEYS("finalApprovalDate", "approvalDate")));
	cla_json_out_kstr(o, "paid_on", cla_api_text(audit, KEYS("paymentDate", "paidDate")));
	cla_json_out_kstr(o, "payment_method",
			  name_of(cla_api_member(cla_json_get(node, "paymentDetail"),
						 KEYS("method", "paymentMethod", "type"))));
	cla_json_out_kstr(
		o, "policy_rule",
		name_of(cla_api_member(node, KEYS("policyRule", "policy", "rule", "policyName"))));
	cla_json_out_key(o, "receipts");
	write_receipts(o, row->attachments);
	cla_json_out_kstr(
		o, "requested_on",
		cla_api_text(audit, KEYS("requestCreationDate", "creationDate", "createdAt")));
	cla_json_out_key(o, "steps");
	write_steps(o, steps_of(node));
	cla_json_out_kstr(o, "transaction", transaction);
	cla_json_out_close(o);
}
