#include "model/api.h"

#include "json/scan.h"
#include "model/api_priv.h"
#include "model/id/taxid.h"

#include <stdio.h>
#include <string.h>

const char *cla_expense_kind_name(enum cla_expense_kind kind)
{
	return kind == CLA_EXPENSE_TX ? "tx" : "reimbursement";
}

static const struct cla_json *get2(const struct cla_json *node, const char *a, const char *b)
{
	return cla_json_get(cla_json_get(node, a), b);
}

struct cla_str cla_api_text(const struct cla_json *node, const char *const *keys)
{
	for (; *keys; keys++) {
		struct cla_str s = cla_json_text(cla_json_get(node, *keys));
		if (!cla_str_absent(s))
			return s;
	}
	return CLA_STR_NONE;
}

const struct cla_json *cla_api_member(const struct cla_json *node, const char *const *keys)
{
	for (; *keys; keys++) {
		const struct cla_json *member = cla_json_get(node, *keys);
		if (member && cla_json_type(member) != CLA_JSON_NULL)
			return member;
	}
	return NULL;
}

struct cla_str cla_api_day(struct cla_str s)
{
	struct cla_str day = cla_str_sub(s, 0, 10);
	struct cla_date date;
	return !cla_str_absent(s) && cla_date_parse(day, &date) ? day : CLA_STR_NONE;
}

struct cla_money cla_api_money(const struct cla_json *node)
{
	struct cla_money m = { CLA_STR_NONE, CLA_STR_NONE };
	if (cla_json_type(node) != CLA_JSON_OBJECT) {
		m.amount = cla_json_text(node);
		return m;
	}
	m.amount = cla_api_text(node, (const char *const[]){ "amount", "value", "total", NULL });
	m.currency = cla_json_string(cla_json_get(node, "currency"));
	if (cla_str_absent(m.currency))
		m.currency = cla_json_string(get2(node, "currency", "code"));
	return m;
}

struct cla_str cla_api_state(const struct cla_json *node)
{
	static const char *const codes[][2] = { { "ON", "NOTIFICATION" },
						{ "AU", "PRE_AUTHORIZED" },
						{ "OP", "AUTHORIZED" },
						{ "RJ", "REJECTED" },
						{ "EC", "SYSTEM_TRANSACTION" } };
	struct cla_str s = cla_json_string(node);

	if (cla_str_absent(s))
		s = cla_api_text(node,
				 (const char *const[]){ "description", "status", "code", NULL });
	for (size_t i = 0; i < CLA_LEN(codes); i++)
		if (cla_str_eqc(s, codes[i][0]))
			return cla_str_from(codes[i][1]);
	return s;
}

static enum cla_flag flag(const struct cla_json *row, const char *key)
{
	const struct cla_json *node = cla_json_get(row, key);
	bool value;
	if (cla_json_bool(node, &value) || cla_json_bool(cla_json_get(node, "value"), &value))
		return value ? CLA_FLAG_TRUE : CLA_FLAG_FALSE;
	return CLA_FLAG_MISSING;
}

static struct cla_str uuid_of(const struct cla_json *node)
{
	struct cla_str s = cla_json_string(cla_json_get(node, "uuid"));
	return cla_uuid_form(s) ? s : CLA_STR_NONE;
}

/* The last part of a link's path, where that is a uuid: what `links` refers to by rel "self". */
static struct cla_str uuid_of_self(const struct cla_json *node)
{
	const struct cla_json *link = cla_json_first(cla_json_get(node, "links"));

	for (; link; link = cla_json_next(link)) {
		struct cla_str href = cla_json_string(cla_json_get(link, "href"));
		struct cla_str rel = cla_json_string(cla_json_get(link, "rel"));
		if (!cla_str_absent(rel) && !cla_str_eqc(rel, "self"))
			continue;
		href = cla_str_sub(href, 0, cla_str_find(href, '?'));
		struct cla_str last =
			cla_str_sub(href, href.len < 36 ? 0 : href.len - 36, href.len);
		if (href.len > 36 && href.ptr[href.len - 37] == '/' && cla_uuid_form(last))
			return last;
	}
	return CLA_STR_NONE;
}

struct cla_str cla_api_reference(const struct cla_json *node)
{
	struct cla_str s = uuid_of(node);
	if (cla_str_absent(s) && cla_uuid_form(cla_json_string(node)))
		s = cla_json_string(node);
	return cla_str_absent(s) ? uuid_of_self(node) : s;
}

const struct cla_json *cla_api_list(const struct cla_json *node, const char *key)
{
	const struct cla_json *list = cla_json_get(node, key);
	return cla_json_type(list) == CLA_JSON_ARRAY ? list : NULL;
}

static bool one_of(struct cla_str s, const char *const *words)
{
	for (; *words; words++)
		if (cla_str_eqc(s, *words))
			return true;
	return false;
}

static void read_tx(const struct cla_json *node, struct cla_row *row)
{
	row->type = cla_json_string(cla_json_get(node, "type"));
	row->status = cla_api_state(cla_json_get(node, "status"));
	row->label = cla_json_string(cla_json_get(node, "transactionLabel"));
	row->operation_date = cla_api_day(cla_json_string(get2(node, "audit", "operationDate")));
	row->accounting_date = cla_api_day(cla_json_string(get2(node, "audit", "accountingDate")));
	row->last_update_date = cla_api_day(cla_json_string(get2(node, "audit", "lastUpdateDate")));
	row->original = cla_api_money(cla_json_get(node, "originalAmount"));
	const struct cla_json *card = cla_json_get(node, "card");
	row->masked_pan =
		cla_api_text(card, (const char *const[]){ "maskedPan", "lastFourDigits", NULL });
	row->user = cla_api_text(cla_json_get(node, "user"),
				 (const char *const[]){ "holderName", "name", "fullName", NULL });
	row->card_uuid = cla_api_reference(card);
	row->user_uuid = cla_api_reference(cla_json_get(node, "user"));
	row->statement = cla_api_reference(cla_json_get(node, "billingStatement"));
	row->authorization_number = cla_json_text(cla_json_get(node, "authorizationNumber"));
	row->has_invoice = flag(node, "hasInvoice");
	row->has_attachments = flag(node, "hasAttachments");
	row->has_extracted = flag(node, "hasExtractedDocuments");
	row->final = one_of(row->status, (const char *const[]){ "AUTHORIZED", "REJECTED",
								"SYSTEM_TRANSACTION", NULL });
}

static void read_reimbursement(const struct cla_json *node, struct cla_row *row)
{
	row->type = CLA_STR("REIMBURSEMENT");
	row->status = cla_api_state(cla_json_get(node, "validationStatus"));
	if (cla_str_absent(row->status))
		row->status = cla_api_state(cla_json_get(node, "status"));
	row->label = cla_json_string(cla_json_get(node, "description"));
	const struct cla_json *audit = cla_json_get(node, "audit");
	row->operation_date = cla_api_day(
		cla_api_text(audit, (const char *const[]){ "expenseDate", "operationDate", NULL }));
	if (cla_str_absent(row->operation_date))
		row->operation_date =
			cla_api_day(cla_json_string(cla_json_get(node, "expenseDate")));
	row->accounting_date = cla_api_day(cla_json_string(cla_json_get(audit, "accountingDate")));
	row->last_update_date = cla_api_day(cla_json_string(cla_json_get(audit, "lastUpdateDate")));
	row->user = cla_api_text(cla_json_get(node, "requester"),
				 (const char *const[]){ "fullName", "name", "holderName", NULL });
	row->user_uuid = cla_api_reference(cla_json_get(node, "requester"));
	row->attachments = cla_api_list(node, "attachments");
	row->has_attachments = cla_json_count(row->attachments) ? CLA_FLAG_TRUE : CLA_FLAG_FALSE;
	row->final = one_of(row->status, (const char *const[]){ "PAID", "CANCELLED", "REJECTED",
								"FINANCE_REJECTED", NULL });
}

bool cla_row_read(enum cla_expense_kind kind, const struct cla_json *node, struct cla_row *ret,
		  struct cla_err *err)
{
	struct cla_row row = { .kind = kind };

	row.uuid = cla_json_string(cla_json_get(node, "uuid"));
	if (!cla_uuid_form(row.uuid))
		return cla_err_set(err, CLA_ERR_FORMAT, "a row of the list has no usable uuid");
	row.node = node;
	row.labels = cla_api_list(node, "labels");
	row.groups = cla_api_list(node, "groups");
	row.locations = cla_api_list(node, "locations");
	row.amount = cla_api_money(cla_json_get(node, "amountValue"));
	if (cla_str_absent(row.amount.amount))
		row.amount = cla_api_money(cla_json_get(node, "amount"));
	if (kind == CLA_EXPENSE_TX)
		read_tx(node, &row);
	else
		read_reimbursement(node, &row);
	row.merchant = cla_json_string(get2(node, "merchant", "name"));
	if (cla_str_absent(row.merchant))
		row.merchant = cla_json_string(cla_json_get(node, "merchant"));
	if (cla_str_absent(row.merchant))
		row.merchant = row.label;
	*ret = row;
	return true;
}

void cla_page_read(const struct cla_json *root, const char *items_key, struct cla_page *ret)
{
	struct cla_page page = { 0 };
	const struct cla_json *items = root;

	if (cla_json_type(root) == CLA_JSON_ARRAY) {
		page.bare = true;
	} else {
		page.items_key = "content";
		items = cla_json_get(root, "content");
		if (!items && items_key) {
			page.items_key = items_key;
			items = cla_json_get(root, items_key);
		}
		page.has_number = cla_json_u64(cla_json_get(root, "number"), &page.number);
		page.has_size = cla_json_u64(cla_json_get(root, "size"), &page.size);
		page.has_total_pages =
			cla_json_u64(cla_json_get(root, "totalPages"), &page.total_pages);
		page.has_total_elements =
			cla_json_u64(cla_json_get(root, "totalElements"), &page.total_elements);
		page.has_last = cla_json_bool(cla_json_get(root, "last"), &page.last);
	}
	if (cla_json_type(items) == CLA_JSON_ARRAY) {
		page.items = items;
		page.count = cla_json_count(items);
	}
	*ret = page;
}

bool cla_page_is_last(const struct cla_page *page, uint64_t asked)
{
	if (page->has_last)
		return page->last;
	if (page->has_total_pages)
		return asked + 1 >= page->total_pages;
	if (page->has_size && page->size)
		return page->count < page->size;
	return page->count == 0;
}

/* A server may have lowered the size that we asked for, which it would do to a round number. */
bool cla_page_bare_is_last(const struct cla_page *page, uint64_t size)
{
	return !page->count || (page->count < size && page->count % 10);
}

bool cla_page_ends(const struct cla_page *page, uint64_t asked, uint64_t size, bool repeated)
{
	if (page->bare)
		return repeated || cla_page_bare_is_last(page, size);
	return !page->count || cla_page_is_last(page, asked);
}

const struct cla_json *cla_attachments(const struct cla_json *root)
{
	static const char *const keys[] = { "attachments", "documents", "data", "content" };

	if (cla_json_type(root) == CLA_JSON_ARRAY)
		return root;
	for (size_t i = 0; i < CLA_LEN(keys); i++) {
		const struct cla_json *list = cla_json_get(root, keys[i]);
		if (cla_json_type(list) == CLA_JSON_ARRAY)
			return list;
	}
	return NULL;
}

void cla_attachment_read(const struct cla_json *node, struct cla_attachment *ret)
{
	const struct cla_json *download = cla_json_get(node, "download");

	ret->uuid = cla_json_string(cla_json_get(node, "uuid"));
	ret->file_name = cla_api_text(node, (const char *const[]){ "fileName", "name", NULL });
	ret->format = cla_json_string(cla_json_get(node, "format"));
	ret->url = cla_json_string(cla_json_get(download, "url"));
	if (cla_str_absent(ret->url))
		ret->url = cla_json_string(cla_json_get(node, "url"));
	if (cla_str_absent(ret->url))
		ret->url = cla_json_string(download);
	ret->expires = cla_json_string(cla_json_get(download, "urlExpiration"));
	if (cla_str_absent(ret->expires))
		ret->expires = cla_json_string(cla_json_get(node, "urlExpiration"));
}

void cla_extracted_read(const struct cla_json *node, struct cla_extracted *ret)
{
	const struct cla_json *data = cla_json_get(node, "data");
	const struct cla_json *amount = cla_json_get(data, "amount");

	ret->uuid = cla_json_string(cla_json_get(node, "uuid"));
	ret->type = cla_json_string(cla_json_get(node, "type"));
	ret->folio_fiscal = cla_json_string(cla_json_get(data, "folioFiscalUuid"));
	ret->issuer_tax_id = cla_json_string(get2(data, "issuer", "taxIdentifier"));
	ret->receipt_date = cla_api_day(cla_api_text(
		data, (const char *const[]){ "receiptDate", "issueDate", "billingDate", NULL }));
	ret->total = cla_json_text(cla_json_get(amount, "total"));
	ret->tip = cla_json_text(cla_json_get(amount, "tipAmount"));
	ret->currency = cla_json_string(cla_json_get(amount, "currency"));
}

bool cla_url_split(struct cla_str url, struct cla_url *ret)
{
	struct cla_url u = { .query = CLA_STR_NONE };
	size_t colon = cla_str_find(url, ':');

	if (cla_str_absent(url) || colon == 0 || colon + 3 > url.len ||
	    memcmp(url.ptr + colon, "://", 3) != 0)
		return false;
	u.scheme = cla_str_sub(url, 0, colon);
	struct cla_str rest = cla_str_sub(url, colon + 3, url.len);
	size_t frag = cla_str_find(rest, '#');
	rest = cla_str_sub(rest, 0, frag);
	size_t q = cla_str_find(rest, '?');
	if (q < rest.len)
		u.query = cla_str_sub(rest, q + 1, rest.len);
	rest = cla_str_sub(rest, 0, q);
	size_t slash = cla_str_find(rest, '/');
	u.host = cla_str_sub(rest, 0, slash);
	u.path = slash < rest.len ? cla_str_sub(rest, slash, rest.len) : CLA_STR("/");
	/* user:password@host has no place in a download link */
	if (!u.host.len || cla_str_find(u.host, '@') < u.host.len)
		return false;
	*ret = u;
	return true;
}

bool cla_query_key_is_volatile(struct cla_str key)
{
	static const char *const exact[] = { "signature",
					     "expires",
					     "awsaccesskeyid",
					     "key-pair-id",
					     "policy",
					     "sig",
					     "se",
					     "sp",
					     "sr",
					     "sv",
					     "st",
					     "spr",
					     "skoid",
					     "sktid",
					     "skt",
					     "ske",
					     "sks",
					     "skv",
					     "googleaccessid",
					     "x-id" };
	char low[64];

	if (!key.len || key.len >= sizeof(low))
		return false;
	for (size_t i = 0; i < key.len; i++)
		low[i] = (char)(key.ptr[i] >= 'A' && key.ptr[i] <= 'Z' ? key.ptr[i] + 32
								       : key.ptr[i]);
	low[key.len] = '\0';
	if (!strncmp(low, "x-amz-", 6) || !strncmp(low, "x-goog-", 7) ||
	    !strncmp(low, "response-content-", 17))
		return true;
	for (size_t i = 0; i < CLA_LEN(exact); i++)
		if (!strcmp(low, exact[i]))
			return true;
	return false;
}

void cla_percent_decode(struct cla_str s, struct cla_buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '%' && i + 2 < s.len && cla_hex_digit(s.ptr[i + 1]) >= 0 &&
		    cla_hex_digit(s.ptr[i + 2]) >= 0) {
			cla_buf_byte(out, (char)(cla_hex_digit(s.ptr[i + 1]) * 16 +
						 cla_hex_digit(s.ptr[i + 2])));
			i += 2;
		} else {
			cla_buf_byte(out, s.ptr[i]);
		}
	}
}

/* Calls through the parameters of a query with decoded keys; false once fn said so. They are parted
 * by '&' - and by '?' and ';' too, for texts that hold several links, and for "&amp;" of links
 * taken from a page. */
static bool each_param(struct cla_str query,
		       bool (*fn)(void *ctx, struct cla_str key, struct cla_str value), void *ctx)
{
	while (query.len) {
		struct cla_str pair, key, value;
		size_t end = 0;
		while (end < query.len && query.ptr[end] != '&' && query.ptr[end] != '?' &&
		       query.ptr[end] != ';' && query.ptr[end])
			end++;
		pair = cla_str_sub(query, 0, end);
		query = cla_str_sub(query, end + 1, query.len);
		if (!cla_str_cut(pair, '=', &key, &value))
			value = CLA_STR("");
		cla_auto_buf struct cla_buf name = CLA_BUF_INIT(4096);
		if (cla_str_find(key, '%') < key.len) {
			cla_percent_decode(key, &name);
			key = cla_buf_str(&name);
		}
		if (!name.failed && !fn(ctx, key, value))
			return false;
	}
	return true;
}

/* Signs of a signature: a signed link says who signed it. */
static bool not_a_signature(void *ctx, struct cla_str key, struct cla_str value)
{
	(void)ctx;
	(void)value;
	static const char *const marks[] = {
		"X-Amz-Signature",  "X-Amz-Credential", "Signature", "X-Amz-Security-Token", "sig",
		"X-Goog-Signature", "AWSAccessKeyId"
	};
	for (size_t i = 0; i < CLA_LEN(marks); i++)
		if (cla_str_eq_nocase(key, cla_str_from(marks[i])))
			return false;
	return true;
}

bool cla_query_is_signed(struct cla_str query)
{
	return !each_param(query, not_a_signature, NULL);
}

struct expiry {
	struct cla_str date, seconds;
};

static bool find_expiry(void *ctx, struct cla_str key, struct cla_str value)
{
	struct expiry *e = ctx;
	if (cla_str_eq_nocase(key, CLA_STR("X-Amz-Date")))
		e->date = value;
	else if (cla_str_eq_nocase(key, CLA_STR("X-Amz-Expires")))
		e->seconds = value;
	return true;
}

bool cla_query_expiry(struct cla_str query, struct cla_time *ret)
{
	struct expiry e = { CLA_STR_NONE, CLA_STR_NONE };
	uint64_t seconds;
	char text[] = "0000-00-00T00:00:00Z";
	static const unsigned char places[] = {
		0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15, 17, 18
	};
	struct cla_time start;
	bool zone;

	each_param(query, find_expiry, &e);
	/* 20241213T194014Z */
	if (e.date.len != 16 || e.date.ptr[8] != 'T' || e.date.ptr[15] != 'Z' ||
	    !cla_str_to_u64(e.seconds, &seconds) || seconds > 7 * 86400 * 53)
		return false;
	for (size_t i = 0; i < sizeof(places); i++)
		text[places[i]] = e.date.ptr[i];
	if (!cla_time_parse(cla_str_from(text), &start, &zone))
		return false;
	start.sec += (int64_t)seconds;
	*ret = start;
	return true;
}

bool cla_attachment_end(const struct cla_attachment *a, struct cla_time *ret)
{
	struct cla_time said;
	struct cla_url url;
	bool zone, known = cla_url_split(a->url, &url) && cla_query_expiry(url.query, ret);

	if (!cla_str_absent(a->expires) && cla_time_parse(a->expires, &said, &zone) &&
	    (!known || cla_time_cmp(said, *ret) < 0)) {
		*ret = said;
		known = true;
	}
	return known;
}

/* Offset of the '?' of a raw JSON string token (escaped or not); the token's length when there is
 * none. */
static size_t raw_question(struct cla_str raw)
{
	for (size_t i = 1; i + 1 < raw.len; i++) {
		if (raw.ptr[i] == '?')
			return i;
		if (raw.ptr[i] != '\\')
			continue;
		if (i + 5 < raw.len && raw.ptr[i + 1] == 'u' &&
		    !memcmp(raw.ptr + i + 2, "003", 3) &&
		    (raw.ptr[i + 5] == 'f' || raw.ptr[i + 5] == 'F'))
			return i;
		i++;
	}
	return raw.len;
}

/* Length of a '?' at this place, plain or escaped as JSON does it; 0 when there is none. */
static size_t question_at(struct cla_str s, size_t i)
{
	if (s.ptr[i] != '\\')
		return s.ptr[i] == '?';
	return cla_str_eq_nocase(cla_str_sub(s, i, 6), CLA_STR("\\u003f")) ? 6 : 0;
}

/* Percent signs and \u00XX decoded, so that a signature shows however it is spelled. */
static void plain_query(struct cla_str s, struct cla_buf *out)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(s.len + 1);

	for (size_t i = 0; i < s.len; i++) {
		if (i + 5 < s.len && !memcmp(s.ptr + i, "\\u00", 4) &&
		    cla_hex_digit(s.ptr[i + 4]) >= 0 && cla_hex_digit(s.ptr[i + 5]) >= 0) {
			cla_buf_byte(&text, (char)(cla_hex_digit(s.ptr[i + 4]) * 16 +
						   cla_hex_digit(s.ptr[i + 5])));
			i += 5;
		} else {
			cla_buf_byte(&text, s.ptr[i]);
		}
	}
	cla_percent_decode(cla_buf_str(&text), out);
	out->failed |= text.failed;
}

/* Any "?…" up to a quote, blank or angle bracket that holds a signature is cut. */
static bool redact_text(struct cla_str body, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_buf struct cla_buf plain = CLA_BUF_INIT(body.len + 1);
	size_t from = 0;

	for (size_t i = 0; i < body.len; i++) {
		size_t mark = question_at(body, i), end = i + mark;
		if (!mark)
			continue;
		while (end < body.len && (unsigned char)body.ptr[end] > ' ' &&
		       !strchr("\"'<>", body.ptr[end]))
			end++;
		cla_buf_reset(&plain);
		plain_query(cla_str_sub(body, i + mark, end - i - mark), &plain);
		if (!cla_buf_ok(&plain, err))
			return false;
		if (cla_query_is_signed(cla_buf_str(&plain))) {
			cla_buf_add(out, cla_str_sub(body, from, i - from));
			from = end;
		}
		i = end - 1;
	}
	cla_buf_add(out, cla_str_sub(body, from, body.len));
	return cla_buf_ok(out, err);
}

bool cla_answer_redact(struct cla_str body, struct cla_buf *out, struct cla_err *err)
{
	size_t start = out->len, from = 0;
	struct cla_json_scan scan;
	struct cla_json_tok tok;
	cla_auto_buf struct cla_buf plain = CLA_BUF_INIT(body.len + 16);

	cla_json_scan_init(&scan, body);
	while (cla_json_scan_next(&scan, &tok)) {
		size_t q;
		if (tok.type != CLA_TOK_STRING || (q = raw_question(tok.raw)) == tok.raw.len)
			continue;
		cla_buf_reset(&plain);
		cla_json_unescape(tok.raw, &plain);
		if (!cla_buf_ok(&plain, err))
			return false;
		struct cla_str text = cla_buf_str(&plain);
		size_t cut = cla_str_find(text, '?');
		if (!cla_query_is_signed(cla_str_sub(text, cut + 1, text.len)))
			continue;
		cla_buf_add(out, cla_str_sub(body, from, tok.pos + q - from));
		cla_buf_byte(out, '"');
		from = tok.pos + tok.raw.len;
	}
	if (scan.error) {
		/* not JSON: start again on plain text, so that no signature slips through */
		out->len = start;
		return redact_text(body, out, err);
	}
	cla_buf_add(out, cla_str_sub(body, from, body.len));
	return cla_buf_ok(out, err);
}

bool cla_answer_identity(struct cla_str stored, struct cla_digest *ret, struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	struct cla_json_scan scan;
	struct cla_json_tok tok;
	size_t from = 0;
	bool volatile_next = false;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	cla_json_scan_init(&scan, stored);
	while (cla_json_scan_next(&scan, &tok)) {
		if (volatile_next && tok.type == CLA_TOK_STRING) {
			cla_hasher_update(hasher, cla_str_sub(stored, from, tok.pos - from));
			from = tok.pos + tok.raw.len;
		}
		volatile_next =
			tok.type == CLA_TOK_KEY && cla_str_eqc(tok.raw, "\"urlExpiration\"");
	}
	cla_hasher_update(hasher, cla_str_sub(stored, from, stored.len));
	return cla_hasher_finish(hasher, ret->bytes, err);
}
