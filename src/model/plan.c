#include "model/plan.h"

#include <stdlib.h>
#include <string.h>

const char *cla_country_code(enum cla_country c)
{
	static const char *const codes[] = { "mx", "br", "co" };
	return codes[c];
}

const char *cla_country_currency(enum cla_country c)
{
	static const char *const codes[] = { "MXN", "BRL", "COP" };
	return codes[c];
}

const char *cla_basis_name(enum cla_basis b)
{
	return b == CLA_BASIS_OPERATION ? "operation" : "accounting";
}

const char *cla_resource_name(enum cla_resource r)
{
	static const char *const names[CLA_RES_COUNT] = {
		[CLA_RES_TRANSACTIONS] = "transactions",
		[CLA_RES_REIMBURSEMENTS] = "reimbursements",
		[CLA_RES_DOCUMENTS] = "documents",
		[CLA_RES_INVOICES] = "invoices",
		[CLA_RES_EXTRACTED] = "extracted-documents",
		[CLA_RES_DOWNLOAD] = "download",
		[CLA_RES_TOKEN] = "token",
		[CLA_RES_TRANSACTION] = "transaction",
		[CLA_RES_ATTACHMENT] = "attachment",
		[CLA_RES_STATEMENTS] = "billing-statements",
		[CLA_RES_STATEMENT] = "billing-statement",
		[CLA_RES_STATEMENT_ROWS] = "billing-statement-transactions",
		[CLA_RES_CARDS] = "cards",
		[CLA_RES_USERS] = "users",
		[CLA_RES_LABELS] = "labels",
		[CLA_RES_GROUPS] = "groups",
		[CLA_RES_LOCATIONS] = "locations",
		[CLA_RES_DIGITAL] = "digital-accounts",
	};
	return names[r];
}

bool cla_resource_is_context(enum cla_resource r)
{
	return r >= CLA_RES_STATEMENTS && r < CLA_RES_COUNT;
}

enum cla_resource cla_plan_context_list(const struct cla_entity *entity, size_t i)
{
	static const enum cla_resource lists[] = { CLA_RES_STATEMENTS, CLA_RES_CARDS,
						   CLA_RES_USERS,      CLA_RES_LABELS,
						   CLA_RES_GROUPS,     CLA_RES_LOCATIONS,
						   CLA_RES_DIGITAL };
	size_t count = CLA_LEN(lists) - (entity->country != CLA_COUNTRY_BR);

	return i < count ? lists[i] : CLA_RES_COUNT;
}

bool cla_plan_statement_touches(struct cla_str start, struct cla_str end, struct cla_month month)
{
	char first[CLA_TIME_TEXT], last[CLA_TIME_TEXT];

	cla_date_format(cla_month_first(month), first);
	cla_date_format(cla_month_last(month), last);
	if (cla_str_absent(start) && cla_str_absent(end))
		return false; /* nothing says when */
	return (cla_str_absent(start) || cla_str_cmp(start, cla_str_from(last)) <= 0) &&
	       (cla_str_absent(end) || cla_str_cmp(end, cla_str_from(first)) >= 0);
}

/* A list of the API's older or newer version, page by page. */
static void paged_list(struct cla_buf *out, const char *api, const char *version,
		       enum cla_resource r, uint64_t page)
{
	cla_buf_addf(out, "%s/%s/%s?page=%llu&size=%d", api, version, cla_resource_name(r),
		     (unsigned long long)page, CLA_PLAN_PAGE_SIZE);
}

bool cla_plan_target(const struct cla_entity *entity, enum cla_resource r, struct cla_str uuid,
		     struct cla_month month, uint64_t page, struct cla_buf *out,
		     struct cla_err *err)
{
	const char *api = entity->sandbox ? "/api-test" : "/api";
	char first[CLA_TIME_TEXT], last[CLA_TIME_TEXT];

	cla_date_format(cla_month_first(month), first);
	cla_date_format(cla_month_last(month), last);
	switch (r) {
	case CLA_RES_TRANSACTIONS: {
		const char *basis = cla_basis_name(entity->basis);
		cla_buf_addf(
			out,
			"%s/v3/transactions?%sDateRangeStart=%s&%sDateRangeEnd=%s&page=%llu&size=%d"
			"&sort=%sDate,ASC",
			api, basis, first, basis, last, (unsigned long long)page,
			CLA_PLAN_PAGE_SIZE, basis);
		break;
	}
	case CLA_RES_REIMBURSEMENTS:
		cla_buf_addf(
			out,
			"%s/v3/"
			"reimbursements?expenseDateStart=%s&expenseDateEnd=%s&page=%llu&size=%d",
			api, first, last, (unsigned long long)page, CLA_PLAN_PAGE_SIZE);
		break;
	case CLA_RES_DOCUMENTS:
	case CLA_RES_INVOICES:
		cla_buf_addf(out, "%s/v3/transactions/" CLA_STR_FMT "/%s", api, CLA_STR_ARG(uuid),
			     cla_resource_name(r));
		break;
	case CLA_RES_EXTRACTED:
		cla_buf_addf(out,
			     "%s/v3/transactions/" CLA_STR_FMT
			     "/extracted-documents?page=%llu&size=%d",
			     api, CLA_STR_ARG(uuid), (unsigned long long)page, CLA_PLAN_PAGE_SIZE);
		break;
	case CLA_RES_TOKEN:
		cla_buf_addc(out, "/oauth/token");
		break;
	case CLA_RES_TRANSACTION:
		cla_buf_addf(out, "%s/v3/transactions/" CLA_STR_FMT, api, CLA_STR_ARG(uuid));
		break;
	case CLA_RES_ATTACHMENT:
		cla_buf_addf(out, "%s/v2/attachments/" CLA_STR_FMT "/base64", api,
			     CLA_STR_ARG(uuid));
		break;
	case CLA_RES_STATEMENT:
		cla_buf_addf(out, "%s/v3/billing-statements/" CLA_STR_FMT, api, CLA_STR_ARG(uuid));
		break;
	case CLA_RES_STATEMENT_ROWS:
		cla_buf_addf(out,
			     "%s/v3/billing-statements/" CLA_STR_FMT
			     "/transactions?page=%llu&size=%d",
			     api, CLA_STR_ARG(uuid), (unsigned long long)page, CLA_PLAN_PAGE_SIZE);
		break;
	case CLA_RES_STATEMENTS:
	case CLA_RES_CARDS:
	case CLA_RES_USERS:
		paged_list(out, api, "v3", r, page);
		break;
	case CLA_RES_LABELS:
	case CLA_RES_GROUPS:
		paged_list(out, api, "v2", r, page);
		break;
	case CLA_RES_LOCATIONS:
		paged_list(out, api, "v1", r, page);
		break;
	case CLA_RES_DIGITAL:
		/* the vendor moves both bounds to the end of their day: one day more in front */
		cla_date_format(cla_date_from_days(cla_date_to_days(cla_month_first(month)) - 1),
				first);
		paged_list(out, api, "v3", r, page);
		cla_buf_addf(out, "&sort=transactionDate,ASC&startDate=%s&endDate=%s", first, last);
		break;
	case CLA_RES_COUNT:
	case CLA_RES_DOWNLOAD:
		return cla_err_set(err, CLA_ERR_INTERNAL, "a download has no target of its own");
	}
	return cla_buf_ok(out, err);
}

#define MAX_URL ((size_t)16 << 10)
#define MAX_PARAMS 64

bool cla_plan_fits(struct cla_str target_or_url)
{
	size_t params = 1, mark = cla_str_find(target_or_url, '?');
	struct cla_str rest = cla_str_sub(target_or_url, mark, target_or_url.len), one;

	if (target_or_url.len > MAX_URL)
		return false;
	while (cla_str_cut(rest, '&', &one, &rest))
		params++;
	return params <= MAX_PARAMS;
}

static int by_bytes(const void *a, const void *b)
{
	const struct cla_str *one = a, *other = b;
	return cla_str_cmp(*one, *other);
}

static bool is_volatile(struct cla_str key)
{
	cla_auto_buf struct cla_buf plain = CLA_BUF_INIT(256);

	if (key.len <= plain.max && cla_str_find(key, '%') == key.len)
		return cla_query_key_is_volatile(key);
	cla_percent_decode(key, &plain);
	return !plain.failed && cla_query_key_is_volatile(cla_buf_str(&plain));
}

/* Sorted parameters of a query: whole ones that are not volatile, or with `names` the names of all.
 * What has no name (a lone token) is not shown. */
static bool sorted_params(struct cla_str query, bool names, struct cla_str params[MAX_PARAMS],
			  size_t *ret, struct cla_err *err)
{
	size_t count = 0;
	while (!cla_str_absent(query) && query.len) {
		struct cla_str pair, key, value;
		cla_str_cut(query, '&', &pair, &query);
		bool named = cla_str_cut(pair, '=', &key, &value);
		if (!pair.len || (names ? !named : is_volatile(key)))
			continue;
		if (count == MAX_PARAMS)
			return cla_err_set(err, CLA_ERR_LIMIT,
					   "an address with more than %d parameters", MAX_PARAMS);
		params[count++] = names ? key : pair;
	}
	qsort(params, count, sizeof(params[0]), by_bytes);
	*ret = count;
	return true;
}

/* Splits either form; a target has the entity's own host. */
static void split(const struct cla_entity *entity, struct cla_str target, struct cla_url *url)
{
	struct cla_url base;

	if (!cla_str_starts(target, "/") && cla_url_split(target, url))
		return;
	size_t q = cla_str_find(target, '?');
	url->path = cla_str_sub(target, 0, q);
	url->query = q < target.len ? cla_str_sub(target, q + 1, target.len) : CLA_STR_NONE;
	url->scheme = CLA_STR("https");
	url->host = CLA_STR_NONE;
	if (!entity->replay_dir && cla_url_split(cla_str_from(entity->base_url), &base)) {
		url->scheme = base.scheme;
		url->host = base.host;
	}
}

bool cla_plan_key(const struct cla_entity *entity, struct cla_str target_or_url,
		  struct cla_buf *out, struct cla_err *err)
{
	struct cla_url url;
	struct cla_str params[MAX_PARAMS];
	size_t count;

	if (!cla_plan_fits(target_or_url))
		return cla_err_set(err, CLA_ERR_LIMIT,
				   "an address of %zu bytes, or with more than %d parameters",
				   target_or_url.len, MAX_PARAMS);
	split(entity, target_or_url, &url);
	if (!sorted_params(url.query, false, params, &count, err))
		return false;
	cla_buf_addc(out, "GET ");
	cla_buf_add(out, cla_str_absent(url.host) ? CLA_STR("replay") : url.host);
	cla_buf_byte(out, ' ');
	cla_buf_add(out, url.path);
	for (size_t i = 0; i < count; i++) {
		cla_buf_byte(out, i ? '&' : '?');
		cla_buf_add(out, params[i]);
	}
	return cla_buf_ok(out, err);
}

bool cla_plan_month_key(const struct cla_entity *entity, enum cla_resource r,
			struct cla_month month, struct cla_str target_or_url, struct cla_buf *out,
			struct cla_err *err)
{
	if (!cla_plan_key(entity, target_or_url, out, err))
		return false;
	if (cla_resource_is_context(r))
		cla_buf_addf(out, " %04d-%02d", month.year, month.month);
	return cla_buf_ok(out, err);
}

bool cla_plan_shown(const struct cla_entity *entity, struct cla_str target_or_url,
		    struct cla_buf *out, struct cla_buf *query_keys, struct cla_err *err)
{
	struct cla_url url;
	struct cla_str params[MAX_PARAMS];
	size_t count;

	split(entity, target_or_url, &url);
	if (!sorted_params(url.query, true, params, &count, err))
		return false;
	if (entity->replay_dir)
		cla_buf_addc(out, "replay:");
	else
		cla_buf_addf(out, CLA_STR_FMT ":", CLA_STR_ARG(url.scheme));
	if (!cla_str_absent(url.host)) {
		cla_buf_addc(out, "//");
		cla_buf_add(out, url.host);
	}
	cla_buf_add(out, url.path);
	for (size_t i = 0; i < count; i++) {
		if (i && cla_str_eq(params[i], params[i - 1]))
			continue;
		if (query_keys->len)
			cla_buf_byte(query_keys, ',');
		cla_buf_add(query_keys, params[i]);
	}
	return cla_buf_ok(out, err) && cla_buf_ok(query_keys, err);
}

enum cla_ask cla_plan_ask(const struct cla_entity *entity, const struct cla_row *row,
			  enum cla_resource r)
{
	enum cla_flag flag = CLA_FLAG_FALSE;

	if (r == CLA_RES_INVOICES) {
		if (entity->country != CLA_COUNTRY_MX)
			return CLA_ASK_NOT_IN_COUNTRY;
		flag = row->has_invoice;
	} else if (r == CLA_RES_DOCUMENTS) {
		flag = row->has_attachments;
	} else if (r == CLA_RES_EXTRACTED) {
		flag = row->has_extracted;
	}
	return flag == CLA_FLAG_FALSE ? CLA_ASK_FLAG_FALSE : CLA_ASK_YES;
}
