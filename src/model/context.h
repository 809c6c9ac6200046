/* model/context.h - what stands around an expense: card, holder, labels, statement, and how a
 * reimbursement was approved.
 *
 * Read from the API's reference lists in every shape they are known to have; written as objects of
 * `facts.context` (docs/FORMATS.md 1.4). A value that the API does not give is absent (null). Slices
 * are borrowed from the JSON document.
 */
#ifndef CLA_MODEL_CONTEXT_H
#define CLA_MODEL_CONTEXT_H

#include "json/out.h"
#include "model/api.h"

struct cla_card {
	struct cla_str uuid, alias, masked_pan, type, status, clara_status, lock_code;
	struct cla_money limit; /* what it may spend a period */
	struct cla_str periodicity;
	struct cla_str holder; /* uuid */
};
void cla_card_read(const struct cla_json *node, struct cla_card *ret);
void cla_card_write(struct cla_json_out *o, const struct cla_card *card);

struct cla_person {
	struct cla_str uuid, name, role, status, erp_id;
};
/* `name` may be put together from two members: it is appended to `space` then. */
void cla_person_read(const struct cla_json *node, struct cla_buf *space, struct cla_person *ret);
void cla_person_write(struct cla_json_out *o, const struct cla_person *person);

/* A label, group or location. */
struct cla_named {
	struct cla_str uuid, name, code, status;
};
void cla_named_read(const struct cla_json *node, struct cla_named *ret);
void cla_named_write(struct cla_json_out *o, const struct cla_named *named);

struct cla_bill {
	struct cla_str uuid, start, end; /* days, both inclusive */
	struct cla_str status, currency, total;
};
void cla_bill_read(const struct cla_json *node, struct cla_bill *ret);
void cla_bill_write(struct cla_json_out *o, const struct cla_bill *bill);

/* How a reimbursement came to be paid: days of request, approval and payment, each step that the
 * API tells of, the rule of the company's policy, the receipts, the card transaction behind it.
 * Writes null for anything else. */
void cla_approval_write(struct cla_json_out *o, const struct cla_row *row);

#endif
