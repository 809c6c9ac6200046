/* model/model_test.c - units of model/: API answers in every shape, redaction, the plan, captures.
 */
#include "json/out.h"
#include "json/scan.h"
#include "model/api.h"
#include "model/capture.h"
#include "model/media.h"
#include "model/context.h"
#include "model/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define UUID "47f8ed9e-1111-4222-8333-444455556666"

static struct cla_json_doc *parse(const char *text)
{
	struct cla_json_doc *doc = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_json_parse(cla_str_from(text), &doc, &err))
		fail_msg("%s: %s", err.msg, text);
	return doc;
}

/* Equal, where NULL is an absent slice. */
static void assert_str(struct cla_str found, const char *due)
{
	char text[512];

	if (!due) {
		assert_true(cla_str_absent(found));
		return;
	}
	assert_false(cla_str_absent(found));
	assert_true(cla_str_cstr(found, text, sizeof(text), NULL));
	assert_string_equal(text, due);
}

/* ---- rows ---- */

static void a_full_transaction_is_read(void **state)
{
	static const char text[] =
		"{\"uuid\":\"" UUID
		"\",\"type\":\"PURCHASE\",\"transactionLabel\":\"REST EL DEMO\","
		"\"status\":\"AUTHORIZED\",\"merchant\":{\"name\":\"Restaurante El "
		"Demo\",\"category\":\"food\"},"
		"\"audit\":{\"accountingDate\":\"2024-11-27\",\"operationDate\":\"2024-11-26\","
		"\"lastUpdateDate\":\"2024-11-28\"},"
		"\"card\":{\"uuid\":\"x\",\"maskedPan\":\"123456******7890\"},\"user\":{"
		"\"holderName\":\"ANA\"},"
		"\"authorizationNumber\":\"012345\",\"originalAmount\":{\"currency\":\"USD\","
		"\"amount\":100.00},"
		"\"amountValue\":{\"currency\":\"MXN\",\"amount\":1850.50},\"hasInvoice\":{"
		"\"value\":true,\"links\":[]},"
		"\"hasAttachments\":{\"value\":false},\"hasExtractedDocuments\":true,\"new\":{"
		"\"a\":[1]}}";
	cla_auto_json struct cla_json_doc *doc = parse(text);
	struct cla_row r;

	(void)state;
	assert_true(cla_row_read(CLA_EXPENSE_TX, cla_json_root(doc), &r, NULL));
	assert_int_equal(r.kind, CLA_EXPENSE_TX);
	assert_str(r.uuid, UUID);
	assert_str(r.type, "PURCHASE");
	assert_str(r.status, "AUTHORIZED");
	assert_str(r.label, "REST EL DEMO");
	assert_str(r.merchant, "Restaurante El Demo");
	assert_str(r.operation_date, "2024-11-26");
	assert_str(r.accounting_date, "2024-11-27");
	assert_str(r.last_update_date, "2024-11-28");
	assert_str(r.amount.amount, "1850.50");
	assert_str(r.amount.currency, "MXN");
	assert_str(r.original.amount, "100.00");
	assert_str(r.original.currency, "USD");
	assert_str(r.masked_pan, "123456******7890");
	assert_str(r.user, "ANA");
	assert_str(r.authorization_number, "012345");
	assert_int_equal(r.has_invoice, CLA_FLAG_TRUE);
	assert_int_equal(r.has_attachments, CLA_FLAG_FALSE);
	assert_int_equal(r.has_extracted, CLA_FLAG_TRUE);
	assert_true(r.final);
}

/* One member of a row in all the shapes that the documents about the API show, and in some that
 * they do not. */
static void every_shape_of_a_member_is_read(void **state)
{
	static const struct {
		const char *member;
		char what; /* s status, a amount, c currency, o original amount, m merchant, p pan,
			      u user, d date */
		const char *due;
	} rows[] = {
		{ "\"status\":\"AUTHORIZED\"", 's', "AUTHORIZED" },
		{ "\"status\":{\"code\":\"OP\",\"description\":\"AUTHORIZED\"}", 's',
		  "AUTHORIZED" },
		{ "\"status\":{\"code\":\"RJ\"}", 's', "REJECTED" },
		{ "\"status\":{\"code\":\"XX\"}", 's', "XX" },
		{ "\"status\":\"OP\"", 's', "AUTHORIZED" },
		{ "\"status\":\"CHARGEBACK\"", 's', "CHARGEBACK" },
		{ "\"status\":null", 's', NULL },
		{ "\"status\":{}", 's', NULL },
		{ "\"amountValue\":{\"currency\":\"MXN\",\"amount\":400.00}", 'a', "400.00" },
		{ "\"amountValue\":{\"currency\":\"MXN\",\"value\":400.0}", 'a', "400.0" },
		{ "\"amountValue\":{\"amount\":\"400\"}", 'a', "400" },
		{ "\"amountValue\":{\"amount\":4e2}", 'a', "4e2" },
		{ "\"amountValue\":{\"amount\":-0.01}", 'a', "-0.01" },
		{ "\"amountValue\":{\"amount\":99999999999999.99}", 'a', "99999999999999.99" },
		{ "\"amountValue\":12345678901234567890.10", 'a', "12345678901234567890.10" },
		{ "\"amount\":{\"total\":7,\"currency\":\"BRL\"}", 'a', "7" },
		{ "\"amountValue\":null,\"amount\":7", 'a', "7" },
		{ "\"amountValue\":{}", 'a', NULL },
		{ "\"amountValue\":{\"currency\":\"MXN\",\"amount\":null}", 'a', NULL },
		{ "\"amountValue\":{\"currency\":{\"code\":\"COP\"},\"value\":1}", 'c', "COP" },
		{ "\"amountValue\":{\"currency\":\"MXN\",\"value\":1}", 'c', "MXN" },
		{ "\"amountValue\":400.00", 'c', NULL },
		{ "\"originalAmount\":{\"currency\":\"USD\",\"value\":1.50}", 'o', "1.50" },
		{ "\"originalAmount\":null", 'o', NULL },
		{ "\"merchant\":{\"name\":\"A\"}", 'm', "A" },
		{ "\"merchant\":\"A\"", 'm', "A" },
		{ "\"merchant\":null", 'm', "LABEL" },
		{ "\"merchant\":{\"category\":\"food\"}", 'm', "LABEL" },
		{ "\"card\":{\"maskedPan\":\"1234\"}", 'p', "1234" },
		{ "\"card\":{\"lastFourDigits\":\"7890\"}", 'p', "7890" },
		{ "\"card\":{\"lastFourDigits\":7890}", 'p', "7890" },
		{ "\"card\":null", 'p', NULL },
		{ "\"user\":{\"holderName\":\"A\"}", 'u', "A" },
		{ "\"user\":{\"name\":\"A\"}", 'u', "A" },
		{ "\"user\":\"A\"", 'u', NULL },
		{ "\"audit\":{\"operationDate\":\"2024-11-26\"}", 'd', "2024-11-26" },
		{ "\"audit\":{\"operationDate\":\"2024-11-26T10:00:00Z\"}", 'd', "2024-11-26" },
		{ "\"audit\":{\"operationDate\":\"2024-13-26\"}", 'd', NULL },
		{ "\"audit\":{\"operationDate\":\"26/11/2024\"}", 'd', NULL },
		{ "\"audit\":{\"operationDate\":20241126}", 'd', NULL },
		{ "\"audit\":[]", 'd', NULL },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char text[512];
		struct cla_row r;
		(void)snprintf(text, sizeof(text),
			       "{\"uuid\":\"" UUID "\",\"transactionLabel\":\"LABEL\",%s}",
			       rows[i].member);
		cla_auto_json struct cla_json_doc *doc = parse(text);
		assert_true(cla_row_read(CLA_EXPENSE_TX, cla_json_root(doc), &r, NULL));
		const struct cla_str found = rows[i].what == 's'   ? r.status
					     : rows[i].what == 'a' ? r.amount.amount
					     : rows[i].what == 'c' ? r.amount.currency
					     : rows[i].what == 'o' ? r.original.amount
					     : rows[i].what == 'm' ? r.merchant
					     : rows[i].what == 'p' ? r.masked_pan
					     : rows[i].what == 'u' ? r.user
								   : r.operation_date;
		assert_str(found, rows[i].due);
	}
}

static void a_flag_is_true_false_or_missing(void **state)
{
	static const struct {
		const char *value;
		enum cla_flag due;
	} rows[] = {
		{ "true", CLA_FLAG_TRUE },
		{ "false", CLA_FLAG_FALSE },
		{ "{\"value\":true,\"links\":[]}", CLA_FLAG_TRUE },
		{ "{\"value\":false}", CLA_FLAG_FALSE },
		{ "{\"links\":[]}", CLA_FLAG_MISSING },
		{ "null", CLA_FLAG_MISSING },
		{ "\"true\"", CLA_FLAG_MISSING },
		{ "1", CLA_FLAG_MISSING },
	};
	struct cla_row r;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char text[256];
		(void)snprintf(text, sizeof(text), "{\"uuid\":\"" UUID "\",\"hasInvoice\":%s}",
			       rows[i].value);
		cla_auto_json struct cla_json_doc *doc = parse(text);
		assert_true(cla_row_read(CLA_EXPENSE_TX, cla_json_root(doc), &r, NULL));
		assert_int_equal(r.has_invoice, rows[i].due);
		assert_int_equal(r.has_attachments, CLA_FLAG_MISSING);
	}
}

static void only_a_row_without_uuid_is_unusable(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "{\"uuid\":\"" UUID "\"}", true },
		{ "{\"uuid\":\"47F8ED9E-1111-4222-8333-444455556666\"}", true },
		{ "{\"uuid\":null}", false },
		{ "{\"uuid\":\"\"}", false },
		{ "{\"uuid\":\"../../etc/passwd\"}", false },
		{ "{\"uuid\":\"47f8ed9e-1111-4222-8333-44445555666\"}", false },
		{ "{\"id\":1}", false },
		{ "[]", false },
		{ "null", false },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_json struct cla_json_doc *doc = parse(rows[i].text);
		for (int kind = 0; kind < 2; kind++) {
			struct cla_row r;
			struct cla_err err = CLA_ERR_INIT;
			assert_int_equal(cla_row_read((enum cla_expense_kind)kind,
						      cla_json_root(doc), &r, &err),
					 rows[i].good);
			assert_int_equal(err.code, rows[i].good ? CLA_ERR_NONE : CLA_ERR_FORMAT);
		}
	}
}

static void reimbursements_are_read_in_their_shapes(void **state)
{
	static const struct {
		const char *text, *status, *date, *user, *merchant, *amount;
		enum cla_flag attachments;
		bool final;
	} rows[] = {
		{ "\"description\":\"taxi\",\"audit\":{\"expenseDate\":\"2024-11-05\"},"
		  "\"requester\":{\"fullName\":\"ANA\"},\"amountValue\":{\"currency\":\"MXN\","
		  "\"amount\":12.50},"
		  "\"validationStatus\":{\"status\":\"PAID\"},\"attachments\":[{\"uuid\":\"a\"}]",
		  "PAID", "2024-11-05", "ANA", "taxi", "12.50", CLA_FLAG_TRUE, true },
		{ "\"validationStatus\":\"PENDING\",\"expenseDate\":\"2024-11-06\",\"amount\":3,"
		  "\"attachments\":[]",
		  "PENDING", "2024-11-06", NULL, NULL, "3", CLA_FLAG_FALSE, false },
		{ "\"validationStatus\":{},\"status\":\"FINANCE_REJECTED\",\"merchant\":{\"name\":"
		  "\"M\"},"
		  "\"audit\":{\"operationDate\":\"2024-11-07T01:02:03Z\"},\"requester\":{\"name\":"
		  "\"B\"}",
		  "FINANCE_REJECTED", "2024-11-07", "B", "M", NULL, CLA_FLAG_FALSE, true },
		{ "\"status\":{\"code\":\"X\",\"description\":\"CANCELLED\"},\"attachments\":null",
		  "CANCELLED", NULL, NULL, NULL, NULL, CLA_FLAG_FALSE, true },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char text[1024];
		struct cla_row r;
		(void)snprintf(text, sizeof(text), "{\"uuid\":\"" UUID "\",%s}", rows[i].text);
		cla_auto_json struct cla_json_doc *doc = parse(text);
		assert_true(cla_row_read(CLA_EXPENSE_REIMBURSEMENT, cla_json_root(doc), &r, NULL));
		assert_str(r.type, "REIMBURSEMENT");
		assert_str(r.status, rows[i].status);
		assert_str(r.operation_date, rows[i].date);
		assert_str(r.user, rows[i].user);
		assert_str(r.merchant, rows[i].merchant);
		assert_str(r.amount.amount, rows[i].amount);
		assert_int_equal(r.has_attachments, rows[i].attachments);
		assert_int_equal(cla_json_count(r.attachments),
				 rows[i].attachments == CLA_FLAG_TRUE);
		assert_int_equal(r.final, rows[i].final);
	}
}

static void only_end_states_are_final(void **state)
{
	static const struct {
		const char *status;
		bool final;
	} rows[] = {
		{ "NOTIFICATION", false }, { "PRE_AUTHORIZED", false },	   { "AUTHORIZED", true },
		{ "REJECTED", true },	   { "SYSTEM_TRANSACTION", true }, { "SETTLED", false },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char text[256];
		struct cla_row r;
		(void)snprintf(text, sizeof(text), "{\"uuid\":\"" UUID "\",\"status\":\"%s\"}",
			       rows[i].status);
		cla_auto_json struct cla_json_doc *doc = parse(text);
		assert_true(cla_row_read(CLA_EXPENSE_TX, cla_json_root(doc), &r, NULL));
		assert_int_equal(r.final, rows[i].final);
	}
}

/* ---- pages ---- */

static void the_end_of_a_list_is_found_in_every_envelope(void **state)
{
	static const struct {
		const char *text;
		uint64_t asked, count;
		bool list, last;
	} rows[] = {
		/* full Spring Page: `last` rules */
		{ "{\"content\":[1,2],\"number\":0,\"size\":2,\"totalPages\":9,\"totalElements\":"
		  "18,\"last\":false}",
		  0, 2, true, false },
		{ "{\"content\":[1],\"number\":1,\"size\":2,\"totalPages\":9,\"totalElements\":3,"
		  "\"last\":true}",
		  1, 1, true, true },
		{ "{\"content\":[],\"size\":2,\"last\":false}", 3, 0, true,
		  false }, /* an empty page in the middle */
		/* reduced: totalPages */
		{ "{\"content\":[1,2],\"size\":2,\"totalPages\":2}", 0, 2, true, false },
		{ "{\"content\":[1],\"size\":2,\"totalPages\":2}", 1, 1, true, true },
		{ "{\"content\":[],\"size\":100,\"totalPages\":0}", 0, 0, true, true },
		/* only the returned size, which the server may have lowered */
		{ "{\"content\":[1,2],\"size\":2}", 0, 2, true, false },
		{ "{\"content\":[1],\"size\":2}", 0, 1, true, true },
		/* nothing but the items: the end is an empty page */
		{ "{\"content\":[1]}", 0, 1, true, false },
		{ "{\"items\":[]}", 4, 0, true, true },
		{ "{\"items\":[1,2,3]}", 0, 3, true, false },
		{ "[1,2]", 0, 2, true, false },
		{ "[]", 1, 0, true, true },
		/* no list at all */
		{ "{\"message\":\"x\"}", 0, 0, false, true },
		{ "{\"content\":{}}", 0, 0, false, true },
		{ "null", 0, 0, false, true },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_json struct cla_json_doc *doc = parse(rows[i].text);
		struct cla_page page;
		cla_page_read(cla_json_root(doc), "items", &page);
		assert_int_equal(page.items != NULL, rows[i].list);
		assert_int_equal(page.count, rows[i].count);
		assert_int_equal(page.bare, rows[i].text[0] == '[');
		assert_int_equal(cla_page_is_last(&page, rows[i].asked), rows[i].last);
	}
	/* of what was asked for and of a page before it */
	static const struct {
		const char *text;
		bool repeated, ends;
	} asked[] = {
		{ "[1,2]", false, true },		    /* short */
		{ "[1,2,3,4,5,6,7,8,9,10]", false, false }, /* as if ten were all that it gives */
		{ "[1,2,3,4,5,6,7,8,9,10]", true, true },   /* a server that knows no pages */
		{ "[]", false, true },
		{ "{\"content\":[1],\"last\":false}", false, false },
		{ "{\"content\":[1],\"last\":false}", true,
		  false }, /* it says that there is more */
		{ "{\"content\":[],\"last\":false}", false, true },
	};
	for (size_t i = 0; i < CLA_LEN(asked); i++) {
		cla_auto_json struct cla_json_doc *doc = parse(asked[i].text);
		struct cla_page page;
		cla_page_read(cla_json_root(doc), "items", &page);
		assert_int_equal(cla_page_ends(&page, 1, 100, asked[i].repeated), asked[i].ends);
	}
	cla_auto_json struct cla_json_doc *doc = parse(rows[0].text);
	struct cla_page page;
	cla_page_read(cla_json_root(doc), NULL, &page);
	assert_true(page.has_number && page.has_size && page.has_total_pages &&
		    page.has_total_elements && page.has_last);
	assert_int_equal(page.number, 0);
	assert_int_equal(page.total_elements, 18);
	assert_int_equal(page.total_pages, 9);
}

/* ---- documents ---- */

static void attachments_are_found_under_any_name(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		bool list;
	} rows[] = {
		{ "{\"transactionUuid\":\"x\",\"attachments\":[{},{}]}", 2, true },
		{ "{\"documents\":[{}]}", 1, true },
		{ "{\"data\":[{}]}", 1, true },
		{ "{\"content\":[{}],\"last\":true}", 1, true },
		{ "[{},{},{}]", 3, true },
		{ "{\"attachments\":null,\"data\":[{}]}", 1, true },
		{ "{\"attachments\":[]}", 0, true },
		{ "{\"attachments\":{}}", 0, false },
		{ "\"x\"", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_json struct cla_json_doc *doc = parse(rows[i].text);
		const struct cla_json *list = cla_attachments(cla_json_root(doc));
		assert_int_equal(list != NULL, rows[i].list);
		assert_int_equal(cla_json_count(list), rows[i].count);
	}
}

static void an_attachment_is_read_in_its_shapes(void **state)
{
	static const struct {
		const char *text, *uuid, *name, *format, *url, *expires;
	} rows[] = {
		{ "{\"uuid\":\"u\",\"fileName\":\"receipt.jpg\",\"format\":\"jpeg\",\"download\":{"
		  "\"url\":\"https://h/p?q\","
		  "\"urlExpiration\":\"2024-12-14T07:40:15.144358891Z\"}}",
		  "u", "receipt.jpg", "jpeg", "https://h/p?q", "2024-12-14T07:40:15.144358891Z" },
		{ "{\"name\":\"../a\\\"b\",\"url\":\"https://h/p\",\"urlExpiration\":\"e\"}", NULL,
		  "../a\"b", NULL, "https://h/p", "e" },
		{ "{\"uuid\":\"u\",\"download\":\"https://h/p\"}", "u", NULL, NULL, "https://h/p",
		  NULL },
		{ "{\"uuid\":\"u\",\"download\":null}", "u", NULL, NULL, NULL, NULL },
		{ "[]", NULL, NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_json struct cla_json_doc *doc = parse(rows[i].text);
		struct cla_attachment a;
		cla_attachment_read(cla_json_root(doc), &a);
		assert_str(a.uuid, rows[i].uuid);
		assert_str(a.file_name, rows[i].name);
		assert_str(a.format, rows[i].format);
		assert_str(a.url, rows[i].url);
		assert_str(a.expires, rows[i].expires);
	}
}

static void an_extracted_document_is_read(void **state)
{
	static const char text[] =
		"{\"uuid\":\"u\",\"type\":\"MEXICAN_FISCAL_INVOICE\",\"data\":{\"folioFiscalUuid\":"
		"\"F\","
		"\"receiptDate\":null,\"issueDate\":\"2024-11-03T00:00:00\",\"issuer\":{"
		"\"taxIdentifier\":\"T\"},"
		"\"amount\":{\"currency\":\"MXN\",\"total\":638.00,\"tipAmount\":58.0}}}";
	cla_auto_json struct cla_json_doc *doc = parse(text),
					  *none = parse("{\"uuid\":\"u\",\"data\":null}");
	struct cla_extracted e;

	(void)state;
	cla_extracted_read(cla_json_root(doc), &e);
	assert_str(e.uuid, "u");
	assert_str(e.type, "MEXICAN_FISCAL_INVOICE");
	assert_str(e.folio_fiscal, "F");
	assert_str(e.receipt_date, "2024-11-03");
	assert_str(e.issuer_tax_id, "T");
	assert_str(e.total, "638.00");
	assert_str(e.tip, "58.0");
	assert_str(e.currency, "MXN");
	cla_extracted_read(cla_json_root(none), &e);
	assert_str(e.uuid, "u");
	assert_str(e.folio_fiscal, NULL);
	assert_str(e.tip, NULL);
}

/* ---- addresses ---- */

static void addresses_are_split(void **state)
{
	static const struct {
		const char *url, *scheme, *host, *path, *query; /* scheme NULL: refused */
	} rows[] = {
		{ "https://h/p/a?x=1&y=2", "https", "h", "/p/a", "x=1&y=2" },
		{ "https://h:8444/", "https", "h:8444", "/", NULL },
		{ "http://h", "http", "h", "/", NULL },
		{ "https://h?x", "https", "h", "/", "x" },
		{ "https://h/p?", "https", "h", "/p", "" },
		{ "https://h/p#frag?x", "https", "h", "/p", NULL },
		{ "https://h/p?x#frag", "https", "h", "/p", "x" },
		{ "https://[::1]:8/p", "https", "[::1]:8", "/p", NULL },
		{ "https://user:secret@h/p", NULL, NULL, NULL, NULL },
		{ "https:///p", NULL, NULL, NULL, NULL },
		{ "://h/p", NULL, NULL, NULL, NULL },
		{ "https:/h", NULL, NULL, NULL, NULL },
		{ "/api/v3", NULL, NULL, NULL, NULL },
		{ "", NULL, NULL, NULL, NULL },
	};
	struct cla_url u;

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		assert_int_equal(cla_url_split(cla_str_from(rows[i].url), &u),
				 rows[i].scheme != NULL);
		if (!rows[i].scheme)
			continue;
		assert_str(u.scheme, rows[i].scheme);
		assert_str(u.host, rows[i].host);
		assert_str(u.path, rows[i].path);
		assert_str(u.query, rows[i].query);
	}
	assert_false(cla_url_split(CLA_STR_NONE, &u));
}

/* The shape of the example that the API's documents show: clara-api.md 4.3. */
#define SIGNED                                                                                     \
	"response-content-disposition=attachment%3B%20filename%3D%22r.jpg%22&response-content-"    \
	"type=jpeg"                                                                                \
	"&X-Amz-Security-Token=SECRET%2F%2B&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date="          \
	"20241213T194014Z"                                                                         \
	"&X-Amz-SignedHeaders=host&X-Amz-Expires=43199&X-Amz-Credential=SECRETID%2F20241213&X-"    \
	"Amz-Signature=SECRETSIG"

static void signed_queries_are_known(void **state)
{
	static const struct {
		const char *query;
		bool is_signed;
	} rows[] = {
		{ SIGNED, true },
		{ "X-Amz-Signature=1", true },
		{ "x-amz-signature=1", true },
		{ "a=1&X%2DAmz%2dSignature=1", true },
		{ "X-Amz-Security-Token=1", true },
		{ "AWSAccessKeyId=1&Expires=2&Signature=3", true },
		{ "sv=2020&sig=abc%3D&se=2024", true },
		{ "X-Goog-Signature=1", true },
		{ "Policy=1&Key-Pair-Id=2&Signature=3", true },
		{ "a=1&amp;X-Amz-Signature=1", true },
		{ "page=1 and https://h/p?X-Amz-Signature=1", true },
		{ "page=1&size=2", false },
		{ "X-Amz-Date=20241213T194014Z", false },
		{ "signature_of=1&design=2", false },
		{ "q=Signature", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++)
		assert_int_equal(cla_query_is_signed(cla_str_from(rows[i].query)),
				 rows[i].is_signed);
	assert_false(cla_query_is_signed(CLA_STR_NONE));
}

static void volatile_parameters_are_known(void **state)
{
	static const char *const yes[] = { "X-Amz-Date",
					   "x-amz-whatever",
					   "X-Goog-Expires",
					   "Signature",
					   "Expires",
					   "AWSAccessKeyId",
					   "response-content-type",
					   "sig",
					   "se",
					   "SP",
					   "Policy" };
	static const char *const no[] = {
		"page",
		"size",
		"sort",
		"operationDateRangeStart",
		"signature2",
		"",
		"s",
		"a-key-that-is-much-longer-than-any-signed-one-could-be-and-more-than-that"
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(yes); i++)
		assert_true(cla_query_key_is_volatile(cla_str_from(yes[i])));
	for (size_t i = 0; i < CLA_LEN(no); i++)
		assert_false(cla_query_key_is_volatile(cla_str_from(no[i])));
}

static void the_query_says_when_a_link_dies(void **state)
{
	static const struct {
		const char *query, *due;
	} rows[] = {
		{ SIGNED,
		  "2024-12-14T07:40:13Z" }, /* two seconds before the JSON's own urlExpiration */
		{ "X-Amz-Expires=60&x-amz-date=20240229T235959Z", "2024-03-01T00:00:59Z" },
		{ "X%2DAmz-Date=20241213T194014Z&X-Amz-Expires=0", "2024-12-13T19:40:14Z" },
		{ "X-Amz-Date=20241213T194014Z", NULL },
		{ "X-Amz-Expires=60", NULL },
		{ "X-Amz-Date=20241332T194014Z&X-Amz-Expires=60", NULL },
		{ "X-Amz-Date=20241213T194014&X-Amz-Expires=60", NULL },
		{ "X-Amz-Date=20241213T194014Z&X-Amz-Expires=-1", NULL },
		{ "X-Amz-Date=20241213T194014Z&X-Amz-Expires=99999999999999999999", NULL },
		{ "X-Amz-Date=20241213T194014Z&X-Amz-Expires=9999999999", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_time t;
		char text[CLA_TIME_TEXT];
		assert_int_equal(cla_query_expiry(cla_str_from(rows[i].query), &t),
				 rows[i].due != NULL);
		if (rows[i].due)
			assert_string_equal(cla_time_format(t, text), rows[i].due);
	}
}

static void a_link_ends_at_the_earlier_of_two_times(void **state)
{
#define LINK "https://h/p?X-Amz-Date=20241213T194014Z&X-Amz-Expires=43199"
	static const struct {
		const char *url, *expires, *due;
	} rows[] = {
		{ LINK, "2024-12-14T07:40:15.144358891Z", "2024-12-14T07:40:13Z" },
		{ LINK, "2024-12-14T07:40:12.9Z", "2024-12-14T07:40:12Z" },
		{ LINK, "2024-12-14T07:00:00", "2024-12-14T07:00:00Z" },
		{ LINK, "soon", "2024-12-14T07:40:13Z" },
		{ LINK, NULL, "2024-12-14T07:40:13Z" },
		{ "https://h/p?a=1", "2024-12-14T07:40:15Z", "2024-12-14T07:40:15Z" },
		{ "https://h/p", NULL, NULL },
		{ NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		const struct cla_attachment a = { .url = cla_str_from(rows[i].url),
						  .expires = cla_str_from(rows[i].expires) };
		struct cla_time t;
		char text[CLA_TIME_TEXT];
		assert_int_equal(cla_attachment_end(&a, &t), rows[i].due != NULL);
		if (rows[i].due)
			assert_string_equal(cla_time_format(t, text), rows[i].due);
	}
}

static void percent_signs_are_decoded(void **state)
{
	static const char *const rows[][2] = {
		{ "a%20b", "a b" },   { "%41%5a%c3%B1", "AZ\xc3\xb1" },
		{ "%", "%" },	      { "%4", "%4" },
		{ "%zz%41", "%zzA" }, { "a+b", "a+b" },
		{ "%2541", "%41" },   { "", "" }
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(100);
		cla_percent_decode(cla_str_from(rows[i][0]), &out);
		assert_string_equal(cla_buf_cstr(&out), rows[i][1]);
	}
}

/* ---- redaction ---- */

static void signed_queries_are_cut_and_nothing_else(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"url\":\"https://h/p?" SIGNED "\",\"n\":400.00}",
		  "{\"url\":\"https://h/p\",\"n\":400.00}" },
		/* spelled in every way that JSON allows */
		{ "{\"url\":\"https:\\/\\/h\\/p\\u003fX-Amz-Signature\\u003dS\"}",
		  "{\"url\":\"https:\\/\\/h\\/p\"}" },
		{ "{\"url\":\"https://h/p\\u003Fa=1\\u0026X-Amz-Signature=S\"}",
		  "{\"url\":\"https://h/p\"}" },
		{ "{\"url\":\"\\\\?X-Amz-Signature=S\"}", "{\"url\":\"\\\\\"}" },
		{ "{\"url\":\"\\u0058?\\u0058-Amz-Signature=S\"}", "{\"url\":\"\\u0058\"}" },
		{ "{\"url\":\"h?X%2DAmz%2DSignature=S\"}", "{\"url\":\"h\"}" },
		/* not only under `url`, and anywhere in the tree; the bytes between stay as they
		   are */
		{ " [ \"a?Signature=S\" , { \"x\" : [ \"b?sig=S\" ] } ]\n",
		  " [ \"a\" , { \"x\" : [ \"b\" ] } ]\n" },
		/* several links in one text */
		{ "[\"see https://a/b?page=1 and https://c/d?X-Amz-Signature=S end\"]",
		  "[\"see https://a/b\"]" },
		{ "[\"<a href='h?x=1&amp;X-Amz-Signature=S'>\"]", "[\"<a href='h\"]" },
		/* a document inside a string */
		{ "[\"{\\\"url\\\":\\\"h?X-Amz-Signature=S\\\"}\"]", "[\"{\\\"url\\\":\\\"h\"]" },
		/* unsigned ones stay, digits and spelling too */
		{ "{\"url\":\"https://h/p?page=1\\u0026size=2\",\"q\":\"what?\"}",
		  "{\"url\":\"https://h/p?page=1\\u0026size=2\",\"q\":\"what?\"}" },
		{ "{\"a\":1.10,\"b\":\"X-Amz-Signature=1\"}",
		  "{\"a\":1.10,\"b\":\"X-Amz-Signature=1\"}" },
		{ "", "" },
		/* not JSON, or cut short: every spelling is cut up to the end of the word */
		{ "<a href=\"https://h/p?" SIGNED "\">x</a>", "<a href=\"https://h/p\">x</a>" },
		{ "one h?X-Amz-Signature=S two h?Signature=S\nthree h?page=1 four",
		  "one h two h\nthree h?page=1 four" },
		{ "<Url>h?a=1&amp;X-Amz-Security-Token=S</Url>", "<Url>h</Url>" },
		{ "{\"url\":\"h?X-Amz-Signature=S\",\"cut", "{\"url\":\"h\",\"cut" },
		{ "{\"url\":\"h\\u003fa\\u003d1\\u0026X-Amz-Signature\\u003dS\",",
		  "{\"url\":\"h\"," },
		{ "{\"url\":\"h?a\\u003d1\\u0026X%2DAmz-Signature\\u003dS", "{\"url\":\"h" },
		{ "\xff h?X-Amz-Credential=S", "\xff h" },
		{ "what?? h?a=1?X-Amz-Signature=S", "what?? h" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(4096), again = CLA_BUF_INIT(4096);
		cla_buf_addc(&out, "before ");
		assert_true(cla_answer_redact(cla_str_from(rows[i][0]), &out, NULL));
		assert_string_equal(cla_buf_cstr(&out) + 7, rows[i][1]);
		/* what is redacted stays as it is */
		assert_true(cla_answer_redact(cla_str_from(rows[i][1]), &again, NULL));
		assert_string_equal(cla_buf_cstr(&again), rows[i][1]);
	}
}

static void redaction_takes_linear_time(void **state)
{
	static const char *const shapes[] = { "?", "??&", "?\\u003f", "h?x=1;", "\\", "\"?" };
	const size_t size = 1 << 20;

	(void)state;
	/* a quadratic way would take hours here */
	for (size_t i = 0; i < CLA_LEN(shapes); i++) {
		for (int json = 0; json < 2; json++) {
			cla_auto_buf struct cla_buf body = CLA_BUF_INIT(size * 2),
						    out = CLA_BUF_INIT(size * 2);
			if (json)
				cla_buf_addc(&body, "[\"");
			while (body.len < size)
				cla_buf_addc(&body, shapes[i]);
			if (json)
				cla_buf_addc(&body, "\"]");
			assert_true(cla_answer_redact(cla_buf_str(&body), &out, NULL));
			assert_true(cla_str_eq(cla_buf_str(&body), cla_buf_str(&out)));
		}
	}
}

static void identity_leaves_out_the_expiry(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "{\"x\":[{\"urlExpiration\":\"2024-12-14T07:40:15Z\",\"y\":1}]}",
		  "{\"x\":[{\"urlExpiration\":\"2025-01-01T00:00:00Z\",\"y\":1}]}", true },
		{ "{\"urlExpiration\" : \"1\" , \"a\":\"2\"}",
		  "{\"urlExpiration\" : \"22\" , \"a\":\"2\"}", true },
		{ "{\"urlExpiration\":\"1\",\"a\":\"2\"}", "{\"urlExpiration\":\"1\",\"a\":\"3\"}",
		  false },
		{ "{\"urlExpiration\":\"1\"}", "{\"urlExpiration\":null}", false },
		{ "{\"urlExpiration\":1}", "{\"urlExpiration\":2}", false },
		{ "{\"expiration\":\"1\"}", "{\"expiration\":\"2\"}", false },
		{ "[\"urlExpiration\",\"1\"]", "[\"urlExpiration\",\"2\"]", false },
		{ "{\"a\":400.00}", "{\"a\":400.0}", false },
		{ "{\"a\":1}", "{\"a\": 1}", false },
		{ "not json 1", "not json 2", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_digest a, b;
		assert_true(cla_answer_identity(cla_str_from(rows[i].a), &a, NULL));
		assert_true(cla_answer_identity(cla_str_from(rows[i].b), &b, NULL));
		assert_int_equal(cla_digest_eq(&a, &b), rows[i].same);
	}
}

/* ---- plan ---- */

static struct cla_entity an_entity(enum cla_country country)
{
	return (struct cla_entity){ .name = "acme",
				    .country = country,
				    .base_url = "https://public-api.mx.clara.com",
				    .basis = CLA_BASIS_OPERATION };
}

static void targets_are_exactly_these(void **state)
{
	struct cla_entity plain = an_entity(CLA_COUNTRY_MX), other = plain;
	other.sandbox = true;
	other.basis = CLA_BASIS_ACCOUNTING;
	const struct {
		const struct cla_entity *entity;
		enum cla_resource r;
		uint64_t page;
		const char *month, *due;
	} rows[] = {
		{ &plain, CLA_RES_TRANSACTIONS, 0, "2024-11",
		  "/api/v3/"
		  "transactions?operationDateRangeStart=2024-11-01&operationDateRangeEnd=2024-11-30"
		  "&page=0&size=100&sort=operationDate,ASC" },
		{ &other, CLA_RES_TRANSACTIONS, 12, "2024-02",
		  "/api-test/v3/"
		  "transactions?accountingDateRangeStart=2024-02-01&accountingDateRangeEnd=2024-02-"
		  "29"
		  "&page=12&size=100&sort=accountingDate,ASC" },
		{ &plain, CLA_RES_REIMBURSEMENTS, 3, "2024-11",
		  "/api/v3/"
		  "reimbursements?expenseDateStart=2024-11-01&expenseDateEnd=2024-11-30&page=3&"
		  "size=100" },
		{ &plain, CLA_RES_DOCUMENTS, 0, "2024-11",
		  "/api/v3/transactions/" UUID "/documents" },
		{ &other, CLA_RES_INVOICES, 0, "2024-11",
		  "/api-test/v3/transactions/" UUID "/invoices" },
		{ &plain, CLA_RES_EXTRACTED, 1, "2024-11",
		  "/api/v3/transactions/" UUID "/extracted-documents?page=1&size=100" },
		{ &plain, CLA_RES_TRANSACTION, 0, "2024-11", "/api/v3/transactions/" UUID },
		{ &plain, CLA_RES_ATTACHMENT, 0, "2024-11", "/api/v2/attachments/" UUID "/base64" },
		{ &plain, CLA_RES_STATEMENTS, 1, "2024-11",
		  "/api/v3/billing-statements?page=1&size=100" },
		{ &other, CLA_RES_STATEMENT, 0, "2024-11",
		  "/api-test/v3/billing-statements/" UUID },
		{ &plain, CLA_RES_STATEMENT_ROWS, 2, "2024-11",
		  "/api/v3/billing-statements/" UUID "/transactions?page=2&size=100" },
		{ &plain, CLA_RES_CARDS, 0, "2024-11", "/api/v3/cards?page=0&size=100" },
		{ &plain, CLA_RES_USERS, 0, "2024-11", "/api/v3/users?page=0&size=100" },
		{ &plain, CLA_RES_LABELS, 0, "2024-11", "/api/v2/labels?page=0&size=100" },
		{ &plain, CLA_RES_GROUPS, 0, "2024-11", "/api/v2/groups?page=0&size=100" },
		{ &plain, CLA_RES_LOCATIONS, 0, "2024-11", "/api/v1/locations?page=0&size=100" },
		/* a day more in front: the vendor moves the first one to its end */
		{ &plain, CLA_RES_DIGITAL, 0, "2024-03",
		  "/api/v3/digital-accounts?page=0&size=100&sort=transactionDate,ASC"
		  "&startDate=2024-02-29&endDate=2024-03-31" },
		{ &other, CLA_RES_TOKEN, 0, "2024-11", "/oauth/token" },
		{ &plain, CLA_RES_DOWNLOAD, 0, "2024-11", NULL },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(1000);
		struct cla_month month;
		assert_true(cla_month_parse(cla_str_from(rows[i].month), &month));
		assert_int_equal(cla_plan_target(rows[i].entity, rows[i].r, CLA_STR(UUID), month,
						 rows[i].page, &out, NULL),
				 rows[i].due != NULL);
		if (rows[i].due)
			assert_string_equal(cla_buf_cstr(&out), rows[i].due);
	}
}

static void keys_and_shown_addresses(void **state)
{
	struct cla_entity api = an_entity(CLA_COUNTRY_MX), replay = api;
	replay.replay_dir = "mx";
	replay.base_url = "replay";
	const struct {
		const struct cla_entity *entity;
		const char *target, *key, *url, *query_keys;
	} rows[] = {
		{ &api, "/api/v3/transactions?b=2&a=1&page=0",
		  "GET public-api.mx.clara.com /api/v3/transactions?a=1&b=2&page=0",
		  "https://public-api.mx.clara.com/api/v3/transactions", "a,b,page" },
		{ &replay, "/api/v3/transactions?b=2&a=1",
		  "GET replay /api/v3/transactions?a=1&b=2", "replay:/api/v3/transactions", "a,b" },
		{ &api, "/api/v3/x", "GET public-api.mx.clara.com /api/v3/x",
		  "https://public-api.mx.clara.com/api/v3/x", "" },
		/* of a download only host and path name it, whatever its signature */
		{ &api, "https://c.s3.amazonaws.com/user_docs/1/2?" SIGNED,
		  "GET c.s3.amazonaws.com /user_docs/1/2",
		  "https://c.s3.amazonaws.com/user_docs/1/2",
		  "X-Amz-Algorithm,X-Amz-Credential,X-Amz-Date,X-Amz-Expires,X-Amz-Security-Token,"
		  "X-Amz-Signature,"
		  "X-Amz-SignedHeaders,response-content-disposition,response-content-type" },
		{ &replay, "https://c.s3.amazonaws.com:8444/p?versionId=7&X-Amz-Signature=S",
		  "GET c.s3.amazonaws.com:8444 /p?versionId=7",
		  "replay://c.s3.amazonaws.com:8444/p", "X-Amz-Signature,versionId" },
		/* percent signs hide nothing */
		{ &api, "https://h/p?X%2DAmz%2DDate=1&%53ignature=S&a=1", "GET h /p?a=1",
		  "https://h/p", "%53ignature,X%2DAmz%2DDate,a" },
		/* names sorted as names, once each; a lone token has no name and is not shown */
		{ &api, "/p?a=1&a-b=2&a=3&&SECRET",
		  "GET public-api.mx.clara.com /p?SECRET&a-b=2&a=1&a=3",
		  "https://public-api.mx.clara.com/p", "a,a-b" },
		{ &api, "/p?u=https://h/q", "GET public-api.mx.clara.com /p?u=https://h/q",
		  "https://public-api.mx.clara.com/p", "u" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf key = CLA_BUF_INIT(1000), url = CLA_BUF_INIT(1000),
					    names = CLA_BUF_INIT(1000);
		struct cla_str target = cla_str_from(rows[i].target);
		assert_true(cla_plan_key(rows[i].entity, target, &key, NULL));
		assert_string_equal(cla_buf_cstr(&key), rows[i].key);
		assert_true(cla_plan_shown(rows[i].entity, target, &url, &names, NULL));
		assert_string_equal(cla_buf_cstr(&url), rows[i].url);
		assert_string_equal(cla_buf_cstr(&names), rows[i].query_keys);
	}
	/* two addresses never share a key because the rest was cut off */
	cla_auto_buf struct cla_buf many = CLA_BUF_INIT(4000), key = CLA_BUF_INIT(4000);
	struct cla_err err = CLA_ERR_INIT;
	cla_buf_addc(&many, "/p?");
	for (int i = 0; i < 100; i++)
		cla_buf_addf(&many, "k%d=1&", i);
	assert_false(cla_plan_key(&api, cla_buf_str(&many), &key, &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
}

static void what_is_asked_for_follows_flags_and_country(void **state)
{
	static const struct {
		enum cla_country country;
		enum cla_resource r;
		enum cla_flag flag;
		enum cla_ask due;
	} rows[] = {
		{ CLA_COUNTRY_MX, CLA_RES_INVOICES, CLA_FLAG_TRUE, CLA_ASK_YES },
		{ CLA_COUNTRY_MX, CLA_RES_INVOICES, CLA_FLAG_MISSING, CLA_ASK_YES },
		{ CLA_COUNTRY_MX, CLA_RES_INVOICES, CLA_FLAG_FALSE, CLA_ASK_FLAG_FALSE },
		{ CLA_COUNTRY_BR, CLA_RES_INVOICES, CLA_FLAG_TRUE, CLA_ASK_NOT_IN_COUNTRY },
		{ CLA_COUNTRY_CO, CLA_RES_INVOICES, CLA_FLAG_MISSING, CLA_ASK_NOT_IN_COUNTRY },
		{ CLA_COUNTRY_BR, CLA_RES_DOCUMENTS, CLA_FLAG_TRUE, CLA_ASK_YES },
		{ CLA_COUNTRY_BR, CLA_RES_DOCUMENTS, CLA_FLAG_MISSING, CLA_ASK_YES },
		{ CLA_COUNTRY_BR, CLA_RES_DOCUMENTS, CLA_FLAG_FALSE, CLA_ASK_FLAG_FALSE },
		{ CLA_COUNTRY_CO, CLA_RES_EXTRACTED, CLA_FLAG_TRUE, CLA_ASK_YES },
		{ CLA_COUNTRY_CO, CLA_RES_EXTRACTED, CLA_FLAG_MISSING, CLA_ASK_YES },
		{ CLA_COUNTRY_CO, CLA_RES_EXTRACTED, CLA_FLAG_FALSE, CLA_ASK_FLAG_FALSE },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_entity entity = an_entity(rows[i].country);
		struct cla_row row = { .has_invoice = CLA_FLAG_FALSE };
		/* the other flags say the opposite: only its own counts */
		enum cla_flag other =
			rows[i].flag == CLA_FLAG_FALSE ? CLA_FLAG_TRUE : CLA_FLAG_FALSE;
		row.has_invoice = rows[i].r == CLA_RES_INVOICES ? rows[i].flag : other;
		row.has_attachments = rows[i].r == CLA_RES_DOCUMENTS ? rows[i].flag : other;
		row.has_extracted = rows[i].r == CLA_RES_EXTRACTED ? rows[i].flag : other;
		assert_int_equal(cla_plan_ask(&entity, &row, rows[i].r), rows[i].due);
	}
}

static void names_are_fixed(void **state)
{
	(void)state;
	assert_string_equal(cla_country_code(CLA_COUNTRY_BR), "br");
	assert_string_equal(cla_country_currency(CLA_COUNTRY_CO), "COP");
	assert_string_equal(cla_basis_name(CLA_BASIS_ACCOUNTING), "accounting");
	assert_string_equal(cla_resource_name(CLA_RES_EXTRACTED), "extracted-documents");
	assert_string_equal(cla_resource_name(CLA_RES_DOWNLOAD), "download");
	assert_string_equal(cla_expense_kind_name(CLA_EXPENSE_TX), "tx");
	assert_string_equal(cla_expense_kind_name(CLA_EXPENSE_REIMBURSEMENT), "reimbursement");
}

/* ---- captures ---- */

static struct cla_capture a_capture(void)
{
	struct cla_capture c = {
		.n = 17,
		.time = { 1733205491, 500000000 },
		.entity = CLA_STR("acme"),
		.month = CLA_STR(""),
		.resource = CLA_STR("documents"),
		.key = CLA_STR("GET h /p"),
		.method = CLA_STR("GET"),
		.url = CLA_STR("https://h/p"),
		.query_keys = CLA_STR("page,size"),
		.status = 200,
		.body_size = 5,
		.stored = true,
		.stored_size = 4,
		.content_type = CLA_STR("application/json"),
		.tls_version = CLA_STR("TLSv1.3"),
		.attempt = 2,
	};
	assert_true(cla_digest_of(CLA_STR("body"), &c.body_sha256, NULL));
	assert_true(cla_digest_of(CLA_STR("stored"), &c.stored_sha256, NULL));
	assert_true(cla_digest_of(CLA_STR("identity"), &c.identity, NULL));
	assert_true(cla_digest_of(CLA_STR("peer"), &c.peer_spki, NULL));
	return c;
}

static void a_capture_is_encoded_as_the_format_says(void **state)
{
	struct cla_capture c = a_capture();
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(4096);

	(void)state;
	assert_true(cla_capture_encode(&c, &out, NULL));
	assert_true(cla_json_canonical(cla_buf_str(&out), NULL));
	assert_string_equal(cla_buf_cstr(&out),
			    "{\"attempt\":2,\"body_sha256\":"
			    "\"230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5\","
			    "\"body_size\":5,\"client_id\":null,\"content_type\":\"application/"
			    "json\",\"etag\":null,\"method\":\"GET\","
			    "\"n\":17,\"query_keys\":[\"page\",\"size\"],\"reason\":null,"
			    "\"resource\":\"documents\",\"status\":200,"
			    "\"stored_sha256\":"
			    "\"87b04e58961f9a99d853d4046a0b5b793e7c3e4bbd21f5aca8fb17c20cdb1d8b\","
			    "\"stored_size\":4,"
			    "\"time\":\"2024-12-03T05:58:11Z\",\"tls\":{\"peer_spki_sha256\":"
			    "\"2ffc1d06387ef8bb7a34312b6c6c3f691550684508c3ce7ee3889375a18d6fa0\","
			    "\"version\":\"TLSv1.3\"},\"url\":\"https://h/p\"}");
}

static void a_failed_capture_has_nulls(void **state)
{
	struct cla_capture c = a_capture();
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(4096);

	(void)state;
	c.stored = false;
	c.status = 0;
	c.reason = CLA_STR("timeout");
	c.tls_version = CLA_STR_NONE;
	c.query_keys = CLA_STR("");
	assert_true(cla_capture_encode(&c, &out, NULL));
	assert_true(
		cla_str_contains(cla_buf_str(&out), "\"query_keys\":[],\"reason\":\"timeout\","));
	assert_true(cla_str_contains(cla_buf_str(&out),
				     "\"status\":0,\"stored_sha256\":null,\"stored_size\":null,"));
	assert_true(cla_str_contains(cla_buf_str(&out), "\"tls\":null,"));
}

static void a_saved_capture_is_loaded_as_it_was(void **state)
{
	struct cla_capture c = a_capture(), back;
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf one = CLA_BUF_INIT(4096), two = CLA_BUF_INIT(4096);

	(void)state;
	assert_true(cla_capture_save(&c, &one, NULL));
	assert_true(cla_json_canonical(cla_buf_str(&one), NULL));
	cla_auto_json struct cla_json_doc *doc = parse(cla_buf_cstr(&one));
	assert_true(cla_capture_load(cla_json_root(doc), &arena, &back, NULL));
	assert_int_equal(back.n, 17);
	assert_int_equal(back.time.sec, c.time.sec);
	assert_int_equal(back.attempt, 2);
	assert_true(back.stored);
	assert_str(back.month, "");
	assert_str(back.uuid, NULL);
	assert_str(back.reason, NULL);
	assert_str(back.tls_version, "TLSv1.3");
	assert_true(cla_capture_save(&back, &two, NULL));
	assert_string_equal(cla_buf_cstr(&one), cla_buf_cstr(&two));
}

/* Every member that a capture cannot do without, taken out or made wrong in turn. */
static void a_damaged_capture_is_an_integrity_error(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "\"n\":17", "\"n\":-1" },
		{ "\"n\":17", "\"m\":17" },
		{ "\"attempt\":2", "\"attempt\":\"2\"" },
		{ "\"attempt\":2", "\"attempt\":4294967298" },
		{ "\"status\":200", "\"status\":1000" },
		{ "\"stored\":true", "\"stored\":1" },
		{ "\"body_size\":5", "\"body_size\":5.0" },
		{ "\"body_sha256\":\"230d", "\"body_sha256\":\"230D" },
		{ "\"identity\":\"", "\"identity\":\"0" },
		{ "\"time\":\"2024", "\"time\":\"x024" },
	};
	struct cla_capture c = a_capture(), back;
	cla_auto_buf struct cla_buf good = CLA_BUF_INIT(4096);

	(void)state;
	assert_true(cla_capture_save(&c, &good, NULL));
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(4096);
		struct cla_err err = CLA_ERR_INIT;
		const char *at = strstr(cla_buf_cstr(&good), rows[i].from);
		assert_non_null(at);
		cla_buf_add(&bad, cla_str_sub(cla_buf_str(&good), 0, (size_t)(at - good.ptr)));
		cla_buf_addc(&bad, rows[i].to);
		cla_buf_addc(&bad, at + strlen(rows[i].from));
		cla_auto_json struct cla_json_doc *doc = parse(cla_buf_cstr(&bad));
		assert_false(cla_capture_load(cla_json_root(doc), &arena, &back, &err));
		assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	}
}

/* ---- what surrounds an expense ------------------------------------------------ */

#define UUID2 "22222222-2222-4222-8222-222222222222"

/* What a row refers to, in the three ways in which the API writes it. */
static void references_are_read(void **state)
{
	static const struct {
		const char *member, *statement, *card, *user;
	} rows[] = {
		{ "\"billingStatement\":{\"uuid\":\"" UUID2 "\"}", UUID2, NULL, NULL },
		{ "\"billingStatement\":{\"uuid\":\"" UUID2
		  "\",\"periodStartDate\":\"2024-11-01\"}",
		  UUID2, NULL, NULL },
		{ "\"billingStatement\":{\"links\":[{\"rel\":\"transactions\",\"href\":\"https://"
		  "x/" UUID "\"},{\"rel\":\"self\",\"href\":\"https://foreign/api/v3/"
		  "billing-statements/" UUID2 "?a=b\"}]}",
		  UUID2, NULL, NULL },
		{ "\"billingStatement\":{\"links\":[{\"rel\":\"self\",\"href\":\"https://x/"
		  "current\"}]}",
		  NULL, NULL, NULL },
		{ "\"billingStatement\":null", NULL, NULL, NULL },
		{ "\"billingStatement\":{\"uuid\":\"no uuid\"}", NULL, NULL, NULL },
		{ "\"card\":{\"uuid\":\"" UUID2 "\"},\"user\":{\"uuid\":\"" UUID "\"}", NULL, UUID2,
		  UUID },
		{ "\"card\":{\"lastFourDigits\":\"1234\"},\"user\":{\"name\":\"ANA\"}", NULL, NULL,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char text[1024];
		struct cla_row r;
		(void)snprintf(text, sizeof(text), "{\"uuid\":\"" UUID "\",%s}", rows[i].member);
		cla_auto_json struct cla_json_doc *doc = parse(text);
		assert_true(cla_row_read(CLA_EXPENSE_TX, cla_json_root(doc), &r, NULL));
		assert_true(cla_str_eq(r.statement, cla_str_from(rows[i].statement)));
		assert_true(cla_str_eq(r.card_uuid, cla_str_from(rows[i].card)));
		assert_true(cla_str_eq(r.user_uuid, cla_str_from(rows[i].user)));
	}
}

static void surroundings_are_read(void **state)
{
	static const struct {
		char what; /* c card, p person, n named, b bill, a approval */
		const char *text, *due;
	} rows[] = {
		{ 'c',
		  "{\"uuid\":\"" UUID
		  "\",\"claraStatus\":\"ACTIVE\",\"status\":\"OP\",\"lockCode\":null,"
		  "\"alias\":\"Viajes\",\"threshold\":10000.00,\"periodicity\":\"MONTHLY\","
		  "\"maskedPan\":\"123456******7890\",\"type\":\"MASTER_VIRTUAL\",\"user\":{"
		  "\"uuid\":\"" UUID2 "\",\"fullName\":\"ANA\"},\"new\":1}",
		  "{\"alias\":\"Viajes\",\"clara_status\":\"ACTIVE\",\"holder\":\"" UUID2
		  "\",\"limit\":\"10000.00\",\"limit_currency\":null,\"lock_code\":null,"
		  "\"masked_pan\":\"123456******7890\",\"periodicity\":\"MONTHLY\",\"status\":"
		  "\"OP\","
		  "\"type\":\"MASTER_VIRTUAL\",\"uuid\":\"" UUID "\"}" },
		{ 'c',
		  "{\"limit\":{\"value\":4e2,\"currency\":\"MXN\"},\"lastFourDigits\":\"7890\","
		  "\"userUuid\":\"" UUID2
		  "\",\"status\":{\"code\":\"OP\",\"description\":\"ACTIVE\"}}",
		  "{\"alias\":null,\"clara_status\":null,\"holder\":\"" UUID2
		  "\",\"limit\":\"4e2\",\"limit_currency\":\"MXN\",\"lock_code\":null,"
		  "\"masked_pan\":\"7890\",\"periodicity\":null,\"status\":\"ACTIVE\",\"type\":"
		  "null,"
		  "\"uuid\":null}" },
		{ 'p',
		  "{\"uuid\":\"" UUID "\",\"name\":\"Ana\",\"lastName\":\"L\u00f3pez\","
		  "\"role\":\"EMPLOYEE\",\"status\":\"ACTIVE\",\"erpId\":7}",
		  "{\"erp_id\":\"7\",\"name\":\"Ana López\",\"role\":\"EMPLOYEE\","
		  "\"status\":\"ACTIVE\",\"uuid\":\"" UUID "\"}" },
		{ 'p', "{\"fullName\":\"ANA L\",\"name\":\"Ana\",\"lastName\":\"L\"}",
		  "{\"erp_id\":null,\"name\":\"ANA "
		  "L\",\"role\":null,\"status\":null,\"uuid\":null}" },
		{ 'n', "{\"uuid\":\"" UUID "\",\"description\":\"Viajes\",\"code\":\"V\"}",
		  "{\"code\":\"V\",\"name\":\"Viajes\",\"status\":null,\"uuid\":\"" UUID "\"}" },
		{ 'b',
		  "{\"uuid\":\"" UUID "\",\"statementStartDate\":\"2024-11-01\","
		  "\"statementEndDate\":\"2024-11-30T00:00:00\",\"currency\":\"MXN\","
		  "\"totalAmount\":-0.01,\"status\":\"closed\"}",
		  "{\"currency\":\"MXN\",\"end\":\"2024-11-30\",\"start\":\"2024-11-01\","
		  "\"status\":\"closed\",\"total\":\"-0.01\",\"uuid\":\"" UUID "\"}" },
		{ 'b',
		  "{\"uuid\":\"" UUID "\",\"periodStartDate\":\"2024-11-01\","
		  "\"totalAmount\":{\"currency\":\"BRL\",\"value\":1}}",
		  "{\"currency\":\"BRL\",\"end\":null,\"start\":\"2024-11-01\",\"status\":null,"
		  "\"total\":\"1\",\"uuid\":\"" UUID "\"}" },
		{ 'a', "{\"uuid\":\"" UUID "\"}",
		  "{\"approved_on\":null,\"paid_on\":null,\"payment_method\":null,"
		  "\"policy_rule\":null,\"receipts\":[],\"requested_on\":null,\"steps\":[],"
		  "\"transaction\":null}" },
		{ 'a',
		  "{\"uuid\":\"" UUID "\",\"audit\":{\"requestCreationDate\":\"2024-11-02\","
		  "\"finalApprovalDate\":\"2024-11-03\",\"paymentDate\":\"2024-11-04\","
		  "\"approvals\":[{\"approver\":{\"fullName\":\"ANA\"},\"date\":\"2024-11-03\","
		  "\"status\":{\"description\":\"APPROVED\"},\"comment\":\"ok\"},7,{\"user\":"
		  "\"LUIS\","
		  "\"action\":\"REJECTED\"}]},\"policyRule\":{\"name\":\"Comidas\"},"
		  "\"attachments\":[{\"uuid\":\"" UUID2 "\"}],\"transaction\":{\"uuid\":\"" UUID2
		  "\"},\"paymentDetail\":{\"method\":\"TRANSFER\"}}",
		  "{\"approved_on\":\"2024-11-03\",\"paid_on\":\"2024-11-04\","
		  "\"payment_method\":\"TRANSFER\",\"policy_rule\":\"Comidas\",\"receipts\":["
		  "\"" UUID2 "\"],\"requested_on\":\"2024-11-02\",\"steps\":[{\"actor\":\"ANA\","
		  "\"comment\":\"ok\","
		  "\"date\":\"2024-11-03\",\"status\":\"APPROVED\"},{\"actor\":\"LUIS\","
		  "\"comment\":null,"
		  "\"date\":null,\"status\":\"REJECTED\"}],\"transaction\":\"" UUID2 "\"}" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(4096), space = CLA_BUF_INIT(256);
		cla_auto_json struct cla_json_doc *doc = parse(rows[i].text);
		const struct cla_json *node = cla_json_root(doc);
		struct cla_json_out o;
		struct cla_card card;
		struct cla_person person;
		struct cla_named named;
		struct cla_bill bill;
		struct cla_row row;

		cla_json_out_begin(&o, &out);
		switch (rows[i].what) {
		case 'c':
			cla_card_read(node, &card);
			cla_card_write(&o, &card);
			break;
		case 'p':
			cla_person_read(node, &space, &person);
			cla_person_write(&o, &person);
			break;
		case 'n':
			cla_named_read(node, &named);
			cla_named_write(&o, &named);
			break;
		case 'b':
			cla_bill_read(node, &bill);
			cla_bill_write(&o, &bill);
			break;
		default:
			assert_true(cla_row_read(CLA_EXPENSE_REIMBURSEMENT, node, &row, NULL));
			cla_approval_write(&o, &row);
		}
		assert_true(cla_json_out_end(&o, NULL));
		assert_string_equal(cla_buf_cstr(&out), rows[i].due);
	}
}

static void statements_that_touch_a_month(void **state)
{
	static const struct {
		const char *start, *end;
		bool due;
	} rows[] = {
		{ "2024-11-01", "2024-11-30", true },
		{ "2024-10-15", "2024-11-01", true },
		{ "2024-11-30", "2024-12-29", true },
		{ "2024-10-01", "2024-10-31", false },
		{ "2024-12-01", "2024-12-31", false },
		{ "2024-01-01", "2024-12-31", true },
		{ "2024-11-30", NULL, true },
		{ "2024-12-01", NULL, false },
		{ NULL, "2024-11-01", true },
		{ NULL, "2024-10-31", false },
		{ NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++)
		assert_int_equal(cla_plan_statement_touches(cla_str_from(rows[i].start),
							    cla_str_from(rows[i].end),
							    (struct cla_month){ 2024, 11 }),
				 rows[i].due);
}

static void a_file_is_named_by_its_first_bytes(void **state)
{
	static const struct {
		const char *start, *ext, *type;
	} rows[] = {
		{ "%PDF-1.4", "pdf", "application/pdf" },
		{ "\xff\xd8\xff\xe0", "jpg", "image/jpeg" },
		{ "\x89PNG\r\n\x1a\n", "png", "image/png" },
		{ "PK\x03\x04", "zip", "application/zip" },
		{ "\xef\xbb\xbf <?xml version='1.0'?>", "xml", "application/xml" },
		{ "<cfdi:Comprobante/>", "xml", "application/xml" },
		{ "<!DOCTYPE HTML>", "html", "text/html" },
		{ " {\"a\":1}", "json", "application/json" },
		{ "a, b\n", "txt", "text/plain" },
		{ "\x01\x02", "bin", "application/octet-stream" },
		{ "", "bin", "application/octet-stream" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_media m = cla_media_of(cla_str_from(rows[i].start));
		assert_string_equal(m.ext, rows[i].ext);
		assert_string_equal(m.type, rows[i].type);
		assert_string_equal(cla_media_type(cla_str_from(rows[i].ext)), rows[i].type);
	}
	assert_string_equal(cla_media_type(CLA_STR("exe")), "application/octet-stream");
	assert_string_equal(cla_media_type(CLA_STR_NONE), "application/octet-stream");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_named_by_its_first_bytes),
		cmocka_unit_test(a_full_transaction_is_read),
		cmocka_unit_test(every_shape_of_a_member_is_read),
		cmocka_unit_test(a_flag_is_true_false_or_missing),
		cmocka_unit_test(only_a_row_without_uuid_is_unusable),
		cmocka_unit_test(reimbursements_are_read_in_their_shapes),
		cmocka_unit_test(only_end_states_are_final),
		cmocka_unit_test(the_end_of_a_list_is_found_in_every_envelope),
		cmocka_unit_test(attachments_are_found_under_any_name),
		cmocka_unit_test(an_attachment_is_read_in_its_shapes),
		cmocka_unit_test(an_extracted_document_is_read),
		cmocka_unit_test(addresses_are_split),
		cmocka_unit_test(signed_queries_are_known),
		cmocka_unit_test(volatile_parameters_are_known),
		cmocka_unit_test(the_query_says_when_a_link_dies),
		cmocka_unit_test(a_link_ends_at_the_earlier_of_two_times),
		cmocka_unit_test(percent_signs_are_decoded),
		cmocka_unit_test(signed_queries_are_cut_and_nothing_else),
		cmocka_unit_test(redaction_takes_linear_time),
		cmocka_unit_test(identity_leaves_out_the_expiry),
		cmocka_unit_test(targets_are_exactly_these),
		cmocka_unit_test(keys_and_shown_addresses),
		cmocka_unit_test(what_is_asked_for_follows_flags_and_country),
		cmocka_unit_test(names_are_fixed),
		cmocka_unit_test(a_capture_is_encoded_as_the_format_says),
		cmocka_unit_test(a_failed_capture_has_nulls),
		cmocka_unit_test(a_saved_capture_is_loaded_as_it_was),
		cmocka_unit_test(a_damaged_capture_is_an_integrity_error),
		cmocka_unit_test(references_are_read),
		cmocka_unit_test(surroundings_are_read),
		cmocka_unit_test(statements_that_touch_a_month),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
