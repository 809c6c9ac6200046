/* model/api.h - reads Clara's answers, whatever variant the server speaks.
 *
 * The documents about the API contradict each other (status a string or {code, description}; amount
 * under `amount` or `value`; a flag as boolean, as {value}, or missing; a list as Spring Page or
 * bare array). These accessors accept every variant; unknown fields and enum values are kept as
 * they are. Slices are borrowed from the JSON document. Only a missing uuid makes a row unusable.
 */
#ifndef CLA_MODEL_API_H
#define CLA_MODEL_API_H

#include "base/clock.h"
#include "base/buf.h"
#include "crypto/digest.h"
#include "json/json.h"

enum cla_flag { CLA_FLAG_FALSE, CLA_FLAG_TRUE, CLA_FLAG_MISSING };

struct cla_money {
	struct cla_str amount;	 /* digits as received, sign included; absent when none */
	struct cla_str currency; /* absent when none */
};

enum cla_expense_kind { CLA_EXPENSE_TX, CLA_EXPENSE_REIMBURSEMENT };
const char *cla_expense_kind_name(enum cla_expense_kind kind); /* "tx", "reimbursement" */

/* One transaction or reimbursement row. */
struct cla_row {
	enum cla_expense_kind kind;
	struct cla_str uuid; /* as received; checked to be a uuid, lower or upper case */
	struct cla_str type, status;
	struct cla_str label;	 /* transactionLabel, or a reimbursement's description */
	struct cla_str merchant; /* merchant.name, else label */
	struct cla_str operation_date, accounting_date, last_update_date; /* YYYY-MM-DD part only */
	struct cla_money amount, original;
	struct cla_str masked_pan, user, authorization_number;
	struct cla_str card_uuid, user_uuid, statement; /* uuids; absent where there is none */
	/* lists of objects with a uuid, NULL when there is none */
	const struct cla_json *labels, *groups, *locations;
	const struct cla_json *node; /* the row itself */
	enum cla_flag has_invoice, has_attachments, has_extracted;
	/* a reimbursement's own list, NULL when there is none */
	const struct cla_json *attachments;
	/* status REJECTED, SYSTEM_TRANSACTION or AUTHORIZED / PAID, CANCELLED, FINANCE_REJECTED */
	bool final;
};

/* False with CLA_ERR_FORMAT when there is no usable uuid. */
CLA_USE bool cla_row_read(enum cla_expense_kind kind, const struct cla_json *node,
			  struct cla_row *ret, struct cla_err *err);

/* One page of any list: Spring Page in full or reduced form, an object with a list under
 * `items_key`, or a bare array. */
struct cla_page {
	const struct cla_json *items; /* the array; NULL when the answer holds no list */
	const char *items_key;	      /* the member that is it; NULL for a bare array */
	bool bare;
	bool has_number, has_size, has_total_pages, has_total_elements, has_last;
	uint64_t number, size, total_pages, total_elements;
	bool last;
	uint64_t count; /* items here */
};
void cla_page_read(const struct cla_json *root, const char *items_key, struct cla_page *ret);
/* Whether the list ends with this page; `asked` is the page number asked for. Prefers last, then
 * totalPages, then the returned size, then an empty page. */
bool cla_page_is_last(const struct cla_page *page, uint64_t asked);

/* A bare array says nothing about itself: a short one is the last when `size` rows were asked for.
 */
bool cla_page_bare_is_last(const struct cla_page *page, uint64_t size);

/* The two in one, for who asked for page `asked` of `size` rows; an empty page is an end. `repeated`:
 * it is the page before once more, which a server that knows no pages gives. */
bool cla_page_ends(const struct cla_page *page, uint64_t asked, uint64_t size, bool repeated);

/* An attachment of /documents or of a reimbursement, or anything else with a download. */
struct cla_attachment {
	struct cla_str uuid; /* absent when none */
	struct cla_str file_name, format;
	struct cla_str url;	/* absent when there is no download */
	struct cla_str expires; /* urlExpiration as received */
};
/* The list of a /documents answer: `attachments`, else `documents`, `data`, `content`, or a bare
 * array. */
const struct cla_json *cla_attachments(const struct cla_json *root);
void cla_attachment_read(const struct cla_json *node, struct cla_attachment *ret);

/* What an extracted document claims. */
struct cla_extracted {
	struct cla_str uuid, type, folio_fiscal, issuer_tax_id, receipt_date;
	struct cla_str total, tip, currency; /* digits as received */
};
void cla_extracted_read(const struct cla_json *node, struct cla_extracted *ret);

/* Host[:port] and path of an absolute URL; query from behind '?' (absent when none). False when it
 * is no URL. */
struct cla_url {
	struct cla_str scheme, host, path, query; /* host with its port as written */
};
CLA_USE bool cla_url_split(struct cla_str url, struct cla_url *ret);

/* Signed or volatile query parameters (X-Amz-*, Signature, Expires, AWSAccessKeyId,
 * response-content-*, sig, se, sp…). */
bool cla_query_is_signed(struct cla_str query);
bool cla_query_key_is_volatile(struct cla_str key);
/* Instant at which a signed URL dies by its own query (X-Amz-Date + X-Amz-Expires); false when it
 * does not say. */
CLA_USE bool cla_query_expiry(struct cla_str query, struct cla_time *ret);
/* Instant at which an attachment's link dies: by its query or by urlExpiration, whichever is
 * earlier. False when neither says. */
CLA_USE bool cla_attachment_end(const struct cla_attachment *a, struct cla_time *ret);
/* Percent-decodes one query key or value. */
void cla_percent_decode(struct cla_str s, struct cla_buf *out);

/* The stored form of an API answer: received bytes with every string value that holds a signed
 * query cut before its '?'. Text that is not JSON is copied unchanged, except that it is searched
 * for signed queries too and cut likewise. */
CLA_USE bool cla_answer_redact(struct cla_str body, struct cla_buf *out, struct cla_err *err);
/* What decides whether two stored answers are equal: the stored form with the values of
 * `urlExpiration` members left out, since the server makes these anew for each request. */
CLA_USE bool cla_answer_identity(struct cla_str stored, struct cla_digest *ret,
				 struct cla_err *err);

#endif
