/* clara/collect_test.c - whole runs of the collector against recorded answers and a real store.
 *
 * Each test writes the answers that a server would give, runs the collector, changes the answers,
 * runs it again. What a run asked for is seen in result.calls: recorded answers need no token, so
 * every call is one resource.
 */
#include "clara/check.h"
#include "clara/collect.h"

#include "base/file.h"
#include "crypto/seal.h"
#include "model/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TX(n) "aaaaaaaa-0000-4000-8000-00000000000" #n
#define RE(n) "bbbbbbbb-0000-4000-8000-00000000000" #n
#define AT(n) "cccccccc-0000-4000-8000-00000000000" #n
#define LIST_QUERY(page)                                                                           \
	"\"operationDateRangeStart\":\"2024-11-01\",\"operationDateRangeEnd\":\"2024-11-30\","     \
	"\"page\":\"" page "\""
#define RE_QUERY "\"expenseDateStart\":\"2024-11-01\",\"expenseDateEnd\":\"2024-11-30\""
#define FILE_URL(n) "https://company-1.s3.amazonaws.com/docs/" #n
#define SIGNED "?X-Amz-Signature=5ec3e7&X-Amz-Expires=10&X-Amz-Date=20241203T000000Z"

/* Calls of a run whose lists do not move: transactions and reimbursements, each walked twice; and
 * statements, cards, users, labels, groups, locations, when rows are new or changed. */
#define LISTS 4
#define CONTEXT 6
/* What a link did not bring is asked for through the API. */
#define FALLBACK 1

struct bench {
	char dir[64], replay[96], data[96];
	FILE *index;
	int bodies;
	const char *day; /* of the recorded answers: the server's present */
	int64_t second;	 /* recorded time of the next answer */
	struct cla_ctx ctx;
	struct cla_entity entity;
	struct cla_store *store;
	uint64_t missing; /* reported by the last run */
	char missing_uuid[40], missing_reason[40];
};

static struct cla_time test_now(void *ctx)
{
	(void)ctx;
	return (struct cla_time){ 1733300000, 0 };
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/cla-collect-test-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	(void)snprintf(b->replay, sizeof(b->replay), "%s/replay", b->dir);
	(void)snprintf(b->data, sizeof(b->data), "%s/data", b->dir);
	assert_true(cla_dir_make(b->replay, 0700, NULL));
	b->ctx.clock = cla_clock_system();
	b->ctx.clock.now = test_now;
	b->entity = (struct cla_entity){
		.name = "test", .slug = "test", .base_url = "replay", .replay_dir = b->replay
	};
	b->day = "2024-12-03";
	b->second = 10;
	assert_true(cla_store_open(&b->ctx, b->data, CLA_STORE_WRITE, &b->store, NULL));
	*state = b;
	return 0;
}

static bool remove_file(void *ctx, const char *path, struct cla_err *err)
{
	(void)ctx, (void)err;
	return unlink(path) == 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	char command[128];

	if (b->index)
		(void)fclose(b->index);
	cla_store_close(b->store);
	bool ok = cla_path_walk(b->dir, remove_file, NULL, NULL);
	(void)snprintf(command, sizeof(command), "find '%s' -depth -type d -delete", b->dir);
	ok = system(command) == 0 && ok; /* NOLINT: folders only, below a name of ours */
	free(b);
	return ok ? 0 : -1;
}

/* ---- what the server says ---------------------------------------------------- */

static void answer(struct bench *b, const char *path, const char *query, int status,
		   const char *body)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "%s/b%d", b->replay, b->bodies);
	assert_true(cla_file_replace(name, cla_str_from(body), 0600, NULL));
	fprintf(b->index,
		"{\"method\":\"GET\",\"path\":\"%s\",\"query\":{%s},\"status\":%d,"
		"\"time\":\"%sT00:%02d:%02dZ\",\"body\":\"b%d\"}\n",
		path, query, status, b->day, (int)(b->second / 60), (int)(b->second % 60),
		b->bodies);
	b->second++;
	b->bodies++;
}

/* Begins the server's answers anew: nothing but empty lists around the month. */
static void server(struct bench *b)
{
	static const char *const around[] = {
		"v3/billing-statements", "v3/cards", "v3/users", "v2/labels", "v2/groups",
		"v1/locations"
	};
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/answers.jsonl", b->replay);
	if (b->index)
		assert_int_equal(fclose(b->index), 0);
	b->index = fopen(path, "w");
	assert_non_null(b->index);
	for (size_t i = 0; i < CLA_LEN(around); i++) {
		(void)snprintf(path, sizeof(path), "/api/%s", around[i]);
		answer(b, path, "\"page\":\"0\"", 200, "[]");
	}
}

static void list(struct bench *b, const char *query, const char *body)
{
	answer(b, "/api/v3/transactions", query, 200, body);
}

#define PAGE(rows, number, total, last)                                                            \
	"{\"content\":[" rows "],\"number\":" number ",\"totalElements\":" total ",\"last\":" last \
	"}"
#define ROW(uuid, more) "{\"uuid\":\"" uuid "\",\"status\":\"AUTHORIZED\"" more "}"
#define HAS_FILES ",\"hasAttachments\":true,\"hasInvoice\":false,\"hasExtractedDocuments\":false"
#define HAS_NOTHING ",\"hasAttachments\":false,\"hasInvoice\":false,\"hasExtractedDocuments\":false"
#define DOCS(n)                                                                                    \
	"{\"attachments\":[{\"uuid\":\"" AT(n) "\",\"download\":{\"url\":\"" FILE_URL(n) SIGNED    \
		"\"}}]}"

static void no_reimbursements(struct bench *b)
{
	answer(b, "/api/v3/reimbursements", RE_QUERY, 200, PAGE("", "0", "0", "true"));
}

static void documents(struct bench *b, const char *uuid, int status, const char *body)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/api/v3/transactions/%s/documents", uuid);
	answer(b, path, "", status, body);
}

/* Two rows of which the first has one file. */
static void small_month(struct bench *b, const char *first_row_more)
{
	char page[2048];

	server(b);
	(void)snprintf(
		page, sizeof(page),
		"{\"content\":[{\"uuid\":\"" TX(
			1) "\",\"status\":\"AUTHORIZED\"%s" HAS_FILES
			   "}," ROW(
				   TX(2),
				   HAS_NOTHING) "],\"number\":0,\"totalElements\":2,\"last\":true}",
		first_row_more);
	list(b, LIST_QUERY("0"), page);
	no_reimbursements(b);
}

/* ---- running ----------------------------------------------------------------- */

static void count_missing(void *ctx, struct cla_str resource, const char *uuid, const char *reason)
{
	struct bench *b = ctx;

	assert_true(resource.len && uuid && *reason);
	b->missing++;
	(void)snprintf(b->missing_uuid, sizeof(b->missing_uuid), "%s", uuid);
	(void)snprintf(b->missing_reason, sizeof(b->missing_reason), "%s", reason);
}

static struct cla_collect_result run_with(struct bench *b, struct cla_collect_opts opts,
					  enum cla_err_code code)
{
	struct cla_collect_result r = { 0 };
	struct cla_err err = CLA_ERR_INIT;

	if (b->index)
		assert_int_equal(fflush(b->index), 0);
	opts.month = (struct cla_month){ 2024, 11 };
	opts.retry_base_ms = 1;
	b->missing = 0;
	opts.missing = count_missing;
	opts.missing_ctx = b;
	bool ok = cla_collect(&b->ctx, b->store, &b->entity, &opts, &r, &err);
	if (ok != (code == CLA_ERR_NONE) || err.code != code)
		fail_msg("ended with %s: %s", cla_err_name(err.code), err.msg);
	assert_int_equal(b->missing, r.missing);
	return r;
}

static struct cla_collect_result run(struct bench *b)
{
	return run_with(b, (struct cla_collect_opts){ 0 }, CLA_ERR_NONE);
}

static void expect(const struct cla_collect_result *r, uint64_t rows, uint64_t calls,
		   uint64_t downloads, uint64_t missing)
{
	if (r->rows != rows || r->calls != calls || r->downloads != downloads ||
	    r->missing != missing)
		fail_msg("rows %d calls %d downloads %d missing %d; expected %d %d %d %d",
			 (int)r->rows, (int)r->calls, (int)r->downloads, (int)r->missing, (int)rows,
			 (int)calls, (int)downloads, (int)missing);
}

/* The capture that counts for a target or URL. */
static bool current(struct bench *b, const char *target, struct cla_arena *arena,
		    struct cla_capture *c)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(4096);
	bool found;

	assert_true(cla_plan_key(&b->entity, cla_str_from(target), &key, NULL));
	assert_true(cla_store_current(b->store, CLA_STR("test"), cla_buf_str(&key),
				      (struct cla_time){ INT64_MAX, 0 }, arena, c, &found, NULL));
	return found;
}

static void expect_reason(struct bench *b, const char *target, const char *reason)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_capture c;

	assert_true(current(b, target, &arena, &c));
	if (reason)
		assert_true(cla_str_eqc(c.reason, reason));
	else
		assert_true(cla_str_absent(c.reason));
	assert_int_equal(c.stored, reason == NULL);
}

static void expect_listing(struct bench *b, const char *resource, bool complete, size_t pages)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_listing l;

	assert_true(cla_store_get_listing(b->store, CLA_STR("test"), CLA_STR("2024-11"),
					  cla_str_from(resource), (struct cla_time){ INT64_MAX, 0 },
					  &arena, &l, NULL));
	assert_true(l.found);
	assert_int_equal(l.complete, complete);
	assert_int_equal(l.count, pages);
}

/* ---- what is new, what has changed ------------------------------------------- */

static void test_first_and_second_run(void **state)
{
	struct bench *b = *state;

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	struct cla_collect_result r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 2, 1, 0);
	assert_int_equal(r.new_rows, 2);
	assert_int_equal(r.documents, 1);
	expect_listing(b, "transactions", true, 1);
	expect_reason(b, FILE_URL(1), NULL);

	r = run(b);
	expect(&r, 2, LISTS, 0, 0);
	assert_int_equal(r.new_rows, 0);
	assert_int_equal(r.changed_rows, 0);
	assert_int_equal(r.documents, 1);
}

static void test_nothing_signed_is_kept(void **state)
{
	struct bench *b = *state;
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 20);
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_capture c;
	char path[128];

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	run(b);
	(void)snprintf(path, sizeof(path), "%s/journal", b->data);
	assert_true(cla_file_read(path, &text, NULL));
	assert_false(cla_str_contains(cla_buf_str(&text), "5ec3e7"));
	assert_true(current(b, "/api/v3/transactions/" TX(1) "/documents", &arena, &c));
	cla_buf_reset(&text);
	assert_true(cla_store_get(b->store, &c.stored_sha256, &text, NULL));
	assert_false(cla_str_contains(cla_buf_str(&text), "5ec3e7"));
	assert_true(cla_str_contains(cla_buf_str(&text), FILE_URL(1)));
}

static void test_changed_row_asks_again_once(void **state)
{
	struct bench *b = *state;

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	run(b);
	small_month(b, ",\"type\":\"REFUND\"");
	documents(b, TX(1), 200, DOCS(1));
	struct cla_collect_result r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 1, 0, 0);
	assert_int_equal(r.changed_rows, 1);
	r = run(b); /* the answer was the same as before, and that is known now */
	expect(&r, 2, LISTS, 0, 0);
}

/* An older text calls REJECTED and SYSTEM_TRANSACTION states that never change. */
static void test_end_states_that_change(void **state)
{
	static const char *const ends[] = { "REJECTED", "SYSTEM_TRANSACTION" };
	struct bench *b = *state;

	for (size_t i = 0; i < CLA_LEN(ends); i++) {
		char page[1024];

		for (int turn = 0; turn < 2; turn++) {
			server(b);
			(void)snprintf(page, sizeof(page),
				       "{\"content\":[{\"uuid\":\"%s\",\"status\":\"%s\"" HAS_FILES
				       "}],\"number\":0,\"totalElements\":1,\"last\":true}",
				       i ? TX(2) : TX(1), turn ? "AUTHORIZED" : ends[i]);
			list(b, LIST_QUERY("0"), page);
			no_reimbursements(b);
			documents(b, i ? TX(2) : TX(1), 200, "{\"attachments\":[]}");
			struct cla_collect_result r = run(b);
			assert_int_equal(r.changed_rows, turn);
			assert_int_equal(r.missing, 0);
			r = run(b);
			assert_int_equal(r.changed_rows, 0);
		}
	}
}

static void test_changed_row_whose_answer_failed(void **state)
{
	struct bench *b = *state;

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	run(b);
	small_month(b, ",\"type\":\"REFUND\"");
	documents(b, TX(1), 404, "{}");
	struct cla_collect_result r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 1, 0, 1);
	/* the older answer must not be taken for one about the changed row */
	small_month(b, ",\"type\":\"REFUND\"");
	documents(b, TX(1), 200,
		  "{\"attachments\":[{\"uuid\":\"" AT(2) "\",\"download\":{\"url\":\"" FILE_URL(
			  2) "\"}}]}");
	answer(b, "/docs/2", "", 200, "another file");
	r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 2, 1, 0);
	r = run(b);
	expect(&r, 2, LISTS, 0, 0);
}

static void test_stopped_run_goes_on(void **state)
{
	struct bench *b = *state;
	struct cla_collect_opts opts = { .max_calls = 3 };

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	struct cla_collect_result r = run_with(b, opts, CLA_ERR_NONE);
	expect(&r, 2, 3, 0, 3); /* the file, and both lists once more */
	expect_reason(b, FILE_URL(1), "call-budget");
	r = run(b); /* the file is missing: its link has to be asked for anew */
	expect(&r, 2, LISTS + CONTEXT + 2, 1, 0);
	r = run(b);
	expect(&r, 2, LISTS, 0, 0);
}

static void test_missing_is_asked_again(void **state)
{
	struct bench *b = *state;

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 404, "<Error/>");
	struct cla_collect_result r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 2 + FALLBACK, 0, 1);
	expect_reason(b, FILE_URL(1), "http-404");
	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "");
	r = run(b);
	expect(&r, 2, LISTS + 2, 1, 0); /* an empty file is a file */
	expect_reason(b, FILE_URL(1), NULL);
}

static void month_of_one(struct bench *b, const char *row)
{
	char page[1024];

	server(b);
	(void)snprintf(page, sizeof(page),
		       "{\"content\":[{\"uuid\":\"" TX(1) "\",%s}],\"number\":0,"
							  "\"totalElements\":1,\"last\":true}",
		       row);
	list(b, LIST_QUERY("0"), page);
	no_reimbursements(b);
}

/* A row is looked after for 60 days from its operation, by the server's clock: while it is not
 * final its details and the row itself are asked for anew, and whatever its state what it announces
 * and does not have. */
static void test_open_items(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *name, *row, *documents, *day;
		uint64_t first, second; /* calls beyond the lists */
	} rows[] = {
		{ "settled",
		  "\"status\":\"AUTHORIZED\",\"audit\":{\"operationDate\":\"2024-11-20\"}", DOCS(1),
		  "2024-12-03", 2, 0 },
		{ "settled, announced and empty",
		  "\"status\":\"AUTHORIZED\",\"audit\":{\"operationDate\":\"2024-11-20\"}",
		  "{\"attachments\":[]}", "2024-12-03", 1, 1 },
		{ "not final",
		  "\"status\":\"PRE_AUTHORIZED\",\"audit\":{\"operationDate\":\"2024-11-20\"}",
		  DOCS(1), "2024-12-03", 3, 2 },
		{ "of a status nobody knows",
		  "\"status\":\"SETTLED\",\"audit\":{\"operationDate\":\"2024-11-20\"}", DOCS(1),
		  "2024-12-03", 3, 2 },
		{ "not final, on the last day",
		  "\"status\":\"PRE_AUTHORIZED\",\"audit\":{\"operationDate\":\"2024-11-20\"}",
		  DOCS(1), "2025-01-19", 3, 2 },
		{ "not final, and older",
		  "\"status\":\"PRE_AUTHORIZED\",\"audit\":{\"operationDate\":\"2024-11-20\"}",
		  DOCS(1), "2025-01-20", 2, 0 },
		{ "announced and empty, and older",
		  "\"status\":\"AUTHORIZED\",\"audit\":{\"operationDate\":\"2024-11-20\"}",
		  "{\"attachments\":[]}", "2025-01-20", 1, 0 },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char row[512], name[32];

		(void)snprintf(row, sizeof(row), "%s" HAS_FILES, rows[i].row);
		(void)snprintf(name, sizeof(name), "case-%d", (int)i);
		b->day = rows[i].day;
		b->entity.name = name; /* each from an empty store */
		month_of_one(b, row);
		documents(b, TX(1), 200, rows[i].documents);
		answer(b, "/docs/1", "", 200, "the file");
		(void)snprintf(row, sizeof(row), "{\"uuid\":\"" TX(1) "\",%s}", rows[i].row);
		answer(b, "/api/v3/transactions/" TX(1), "", 200, row);
		struct cla_collect_result r = run(b);
		uint64_t first = r.calls - LISTS - CONTEXT;
		r = run(b);
		if (first != rows[i].first || r.calls - LISTS != rows[i].second || r.missing)
			fail_msg("%s: %d calls, then %d", rows[i].name, (int)first,
				 (int)(r.calls - LISTS));
	}
}

/* A row that cannot be read again by itself is a gap: the listing has it. */
static void test_row_not_read_again(void **state)
{
	struct bench *b = *state;

	month_of_one(b, "\"status\":\"NOTIFICATION\"" HAS_NOTHING);
	struct cla_collect_result r = run(b);
	expect(&r, 1, LISTS + CONTEXT + 1, 0, 0);
	assert_int_equal(r.gaps, 1);
	expect_reason(b, "/api/v3/transactions/" TX(1), "http-404");
	/* one about another row is none, and is asked for twice */
	month_of_one(b, "\"status\":\"NOTIFICATION\"" HAS_NOTHING);
	answer(b, "/api/v3/transactions/" TX(1), "", 200, "{\"uuid\":\"" TX(2) "\"}");
	r = run(b);
	expect(&r, 1, LISTS + 2, 0, 0);
	assert_int_equal(r.gaps, 1);
}

/* ---- what the month is seen against ------------------------------------------ */

#define BILL(n) "dddddddd-0000-4000-8000-00000000000" #n
#define BILL_PATH(n) "/api/v3/billing-statements/" BILL(n)
#define BILL_ITEM(n, start, end)                                                                   \
	"{\"uuid\":\"" BILL(n) "\",\"statementStartDate\":\"" start                                \
			       "\",\"statementEndDate\":\"" end "\",\"totalAmount\":1}"

/* The statements that touch the month, and that its rows name, however they name them. */
static void test_statements(void **state)
{
	struct bench *b = *state;
	static const char *const named[] = {
		"\"billingStatement\":{\"uuid\":\"" BILL(4) "\"}",
		"\"billingStatement\":{\"links\":[{\"rel\":\"self\",\"href\":"
		"\"https://foreign.example/api/v3/billing-statements/" BILL(4) "\"}]}",
		"\"billingStatement\":\"" BILL(4) "\"",
	};

	for (size_t i = 0; i < CLA_LEN(named); i++) {
		char row[512], name[32];

		(void)snprintf(name, sizeof(name), "case-%d", (int)i);
		b->entity.name = name;
		(void)snprintf(row, sizeof(row), "\"status\":\"AUTHORIZED\",%s" HAS_NOTHING,
			       named[i]);
		month_of_one(b, row);
		answer(b, "/api/v3/billing-statements", "\"page\":\"0\"", 200,
		       "[" BILL_ITEM(1, "2024-10-01", "2024-10-31") "," BILL_ITEM(
			       2, "2024-10-15", "2024-11-01") "," BILL_ITEM(3, "2024-12-01",
									    "2024-12-31") "]");
		answer(b, BILL_PATH(2), "", 200, BILL_ITEM(2, "2024-10-15", "2024-11-01"));
		answer(b, BILL_PATH(4), "", 200, BILL_ITEM(4, "2025-01-01", "2025-01-31"));
		answer(b, BILL_PATH(2) "/transactions", "\"page\":\"0\"", 200,
		       PAGE(ROW(TX(7), ""), "0", "2", "false"));
		answer(b, BILL_PATH(2) "/transactions", "\"page\":\"1\"", 200,
		       PAGE(ROW(TX(8), ""), "1", "2", "true"));
		answer(b, BILL_PATH(4) "/transactions", "\"page\":\"0\"", 200, "[]");
		struct cla_collect_result r = run(b);
		expect(&r, 1, LISTS + CONTEXT + 5, 0, 0);
		assert_int_equal(r.gaps, 0);
		r = run(b); /* the month is over, no row is new: nothing of it is asked again */
		expect(&r, 1, LISTS, 0, 0);
	}
}

/* Of more statements than a month can have the rest is a gap, told once. */
static void test_too_many_statements(void **state)
{
	struct bench *b = *state;
	cla_auto_buf struct cla_buf bills = CLA_BUF_INIT(1 << 16);

	month_of_one(b, "\"status\":\"AUTHORIZED\"" HAS_NOTHING);
	for (unsigned i = 0; i < 70; i++)
		cla_buf_addf(&bills,
			     "%s{\"uuid\":\"dddddddd-0000-4000-8000-0000000000%02x\","
			     "\"statementStartDate\":\"2024-11-01\","
			     "\"statementEndDate\":\"2024-11-30\"}",
			     i ? "," : "{\"content\":[", i);
	cla_buf_addc(&bills, "],\"number\":0,\"last\":true}");
	answer(b, "/api/v3/billing-statements", "\"page\":\"0\"", 200, cla_buf_cstr(&bills));
	for (int i = 0; i < 2; i++) { /* neither statements nor transactions are there */
		struct cla_collect_result r = run(b);
		expect(&r, 1, LISTS + (i ? 1 : CONTEXT) + 2 * 64, 0, 0);
		assert_int_equal(r.gaps, 2 * 64 + 1);
	}
}

/* What is optional and cannot be had is a gap, asked for again by the next run, and the month is
 * complete without it. */
static void test_context_is_optional(void **state)
{
	struct bench *b = *state;

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	answer(b, "/api/v3/cards", "\"page\":\"0\"", 403, "{}");
	answer(b, "/api/v2/labels", "\"page\":\"0\"", 200, "{\"code\":\"VALIDATION_ERROR\"}");
	answer(b, "/api/v3/billing-statements", "\"page\":\"0\"", 200,
	       "[" BILL_ITEM(2, "2024-11-01", "2024-11-30") "]");
	struct cla_collect_result r = run(b);
	/* labels are asked for twice: that was no list; statement and transactions are not there */
	expect(&r, 2, LISTS + CONTEXT + 1 + 2 + 2, 1, 0);
	assert_int_equal(r.gaps, 4);
	expect_listing(b, "transactions", true, 1);
	expect_listing(b, "cards", false, 0);
	r = run(b); /* only what was not had: cards, labels, the statements */
	expect(&r, 2, LISTS + 1 + 2 + 1 + 2, 0, 0);
	assert_int_equal(r.gaps, 4);
}

/* While the month is not over, cards and limits are as they are today. */
static void test_open_month(void **state)
{
	struct bench *b = *state;

	b->day = "2024-11-30";
	month_of_one(b, "\"status\":\"AUTHORIZED\"" HAS_NOTHING);
	run(b);
	struct cla_collect_result r = run(b);
	expect(&r, 1, LISTS + CONTEXT, 0, 0);
	b->day = "2024-12-01";
	month_of_one(b, "\"status\":\"AUTHORIZED\"" HAS_NOTHING);
	r = run(b);
	expect(&r, 1, LISTS, 0, 0);
}

/* What the API says of another month leaves this one as it was. */
static void test_context_belongs_to_its_month(void **state)
{
	struct bench *b = *state;
	cla_auto_buf struct cla_buf november = CLA_BUF_INIT(4096), december = CLA_BUF_INIT(4096),
				    download = CLA_BUF_INIT(4096), other = CLA_BUF_INIT(4096);
	struct cla_month months[] = { { 2024, 11 }, { 2024, 12 } };
	struct cla_str target = CLA_STR("/api/v3/cards?page=0&size=100");

	assert_true(
		cla_plan_month_key(&b->entity, CLA_RES_CARDS, months[0], target, &november, NULL));
	assert_true(
		cla_plan_month_key(&b->entity, CLA_RES_CARDS, months[1], target, &december, NULL));
	assert_false(cla_str_eq(cla_buf_str(&november), cla_buf_str(&december)));
	assert_true(cla_plan_month_key(&b->entity, CLA_RES_DOWNLOAD, months[0], target, &download,
				       NULL));
	assert_true(
		cla_plan_month_key(&b->entity, CLA_RES_DOWNLOAD, months[1], target, &other, NULL));
	assert_true(cla_str_eq(cla_buf_str(&download), cla_buf_str(&other)));
}

/* The digital account is Brazil's: page and size are given, the list is a bare array, and a page
 * that may have been cut to a round size is not taken for the last. */
static void test_digital_account(void **state)
{
	struct bench *b = *state;
	const char *path = "/api/v3/digital-accounts";
	char page[1024] = "[";

	for (int i = 0; i < 10; i++)
		(void)snprintf(page + strlen(page), sizeof(page) - strlen(page), "%s{\"id\":%d}",
			       i ? "," : "", i);
	(void)snprintf(page + strlen(page), sizeof(page) - strlen(page), "]");
	b->entity.country = CLA_COUNTRY_BR;
	month_of_one(b, "\"status\":\"AUTHORIZED\"" HAS_NOTHING);
	answer(b, path,
	       "\"page\":\"0\",\"size\":\"100\",\"sort\":\"transactionDate,ASC\","
	       "\"startDate\":\"2024-10-31\",\"endDate\":\"2024-11-30\"",
	       200, page);
	answer(b, path,
	       "\"page\":\"1\",\"size\":\"100\",\"sort\":\"transactionDate,ASC\","
	       "\"startDate\":\"2024-10-31\",\"endDate\":\"2024-11-30\"",
	       200, "[{\"id\":10}]");
	struct cla_collect_result r = run(b);
	expect(&r, 1, LISTS + CONTEXT + 2, 0, 0);
	assert_int_equal(r.gaps, 0);
	expect_listing(b, "digital-accounts", true, 2);
}

/* A server that gives its whole bare list whatever page is asked for, and one that never ends. */
static void test_lists_without_end(void **state)
{
	struct bench *b = *state;
	char page[2048] = "[";

	for (int i = 0; i < 10; i++)
		(void)snprintf(page + strlen(page), sizeof(page) - strlen(page),
			       "%s{\"uuid\":\"dddddddd-0000-4000-8000-00000000000%d\"}",
			       i ? "," : "", i);
	(void)snprintf(page + strlen(page), sizeof(page) - strlen(page), "]");
	month_of_one(b, "\"status\":\"AUTHORIZED\"" HAS_NOTHING);
	for (int i = 0; i < 3; i++) {
		char query[32];
		(void)snprintf(query, sizeof(query), "\"page\":\"%d\"", i);
		answer(b, "/api/v2/groups", query, 200, page);
		answer(b, "/api/v3/users", query, 200,
		       "{\"content\":[{\"uuid\":\"" BILL(1) "\"}],\"last\":false}");
	}
	struct cla_collect_result r = run(b);
	expect(&r, 1, LISTS + CONTEXT + 2, 0, 0);
	assert_int_equal(r.gaps, 1);
	expect_listing(b, "groups", true, 1);
	expect_listing(b, "users", false, 1);
}

static void test_dry_run(void **state)
{
	struct bench *b = *state;
	struct cla_collect_opts opts = { .dry_run = true };

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	struct cla_collect_result r = run_with(b, opts, CLA_ERR_NONE);
	expect(&r, 2, 2, 0, 0);
	assert_int_equal(r.would_call, 1 + LISTS / 2 + CONTEXT);
	r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 2, 1, 0);
	r = run_with(b, opts, CLA_ERR_NONE);
	assert_int_equal(r.would_call, LISTS / 2);
}

/* ---- reimbursements and other sources of files ------------------------------- */

static void test_reimbursements(void **state)
{
	struct bench *b = *state;
	static const char *const row = "{\"content\":[{\"uuid\":\"" RE(
		1) "\",\"validationStatus\":{\"status\":\"PAID\"},\"attachments\":["
		   "{\"uuid\":\"" AT(1) "\",\"download\":{\"url\":\"" FILE_URL(1) SIGNED
		"\",\"urlExpiration\":\"2024-12-0%dT00:00:00Z\"}}]}],\"totalElements\":1,"
		"\"totalPages\":1,\"number\":0}";
	char page[1024];

	for (int round = 0; round < 2; round++) {
		server(b);
		list(b, LIST_QUERY("0"), PAGE("", "0", "0", "true"));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(page, sizeof(page), row, round + 4);
#pragma GCC diagnostic pop
		answer(b, "/api/v3/reimbursements", RE_QUERY, 200, page);
		answer(b, "/docs/1", "", 200, "receipt");
		struct cla_collect_result r = run(b);
		assert_int_equal(r.reimbursements, 1);
		assert_int_equal(r.downloads, round ? 0 : 1);
		assert_int_equal(r.documents, 1);
		/* another urlExpiration makes no other row */
		assert_int_equal(r.changed_rows, 0);
		assert_int_equal(r.new_rows, round ? 0 : 1);
	}
}

static void test_links_inside_invoices(void **state)
{
	struct bench *b = *state;

	server(b);
	list(b, LIST_QUERY("0"),
	     PAGE(ROW(TX(1), ",\"hasInvoice\":{\"value\":true},\"hasAttachments\":false,"
			     "\"hasExtractedDocuments\":false"),
		  "0", "1", "true"));
	no_reimbursements(b);
	answer(b, "/api/v3/transactions/" TX(1) "/invoices", "", 200,
	       "{\"invoices\":[{\"invoiceId\":\"x\",\"download\":{\"url\":\"" FILE_URL(3) "\"}}]}");
	answer(b, "/docs/3", "", 200, "<xml/>");
	struct cla_collect_result r = run(b);
	expect(&r, 1, LISTS + CONTEXT + 2, 1, 0);
	b->entity.country = CLA_COUNTRY_BR; /* invoices are Mexico's alone */
	r = run(b);
	expect(&r, 1, LISTS + 1, 0, 0);
}

static void test_extracted_documents_have_pages(void **state)
{
	struct bench *b = *state;
	const char *path = "/api/v3/transactions/" TX(1) "/extracted-documents";

	server(b);
	list(b, LIST_QUERY("0"),
	     PAGE(ROW(TX(1), ",\"hasInvoice\":false,\"hasAttachments\":false"), "0", "1", "true"));
	no_reimbursements(b);
	answer(b, path, "\"page\":\"0\",\"size\":\"100\"", 200,
	       PAGE("{\"uuid\":\"" AT(1) "\"}", "0", "2", "false"));
	answer(b, path, "\"page\":\"1\",\"size\":\"100\"", 200,
	       PAGE("{\"uuid\":\"" AT(2) "\"}", "1", "2", "true"));
	struct cla_collect_result r = run(b);
	expect(&r, 1, LISTS + CONTEXT + 2, 0, 0); /* the flag is missing: asked */
	r = run(b);
	expect(&r, 1, LISTS, 0, 0);
}

/* A list without an envelope may be a page of ten, or all there is, given again for each page. */
static void test_extracted_documents_without_envelope(void **state)
{
#define TEN "[{},{},{},{},{},{},{},{},{},{\"uuid\":\"" AT(1) "\"}]"
#define ONE_ROW(uuid)                                                                              \
	PAGE(ROW(uuid, ",\"hasInvoice\":false,\"hasAttachments\":false"), "0", "1", "true")
	static const struct {
		const char *page, *path, *second;
	} rows[] = {
		{ ONE_ROW(TX(1)), "/api/v3/transactions/" TX(1) "/extracted-documents",
		  "[{\"uuid\":\"" AT(2) "\"}]" },
		{ ONE_ROW(TX(2)), "/api/v3/transactions/" TX(2) "/extracted-documents", TEN },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		server(b);
		list(b, LIST_QUERY("0"), rows[i].page);
		no_reimbursements(b);
		answer(b, rows[i].path, "\"page\":\"0\",\"size\":\"100\"", 200, TEN);
		answer(b, rows[i].path, "\"page\":\"1\",\"size\":\"100\"", 200, rows[i].second);
		struct cla_collect_result r = run(b);
		expect(&r, 1, LISTS + CONTEXT + 2, 0, 0);
		r = run(b);
		expect(&r, 1, LISTS, 0, 0);
	}
}

static void test_unusable_links(void **state)
{
	struct bench *b = *state;
	static const char *const urls[] = { "http://company-1.s3.amazonaws.com/docs/1", "ftp://x/y",
					    "https://user@company-1.s3.amazonaws.com/x",
					    "https://a/b c", "nonsense" };

	for (size_t i = 0; i < CLA_LEN(urls); i++) {
		char body[512];
		small_month(b, i % 2 ? ",\"a\":1" : ",\"a\":2");
		(void)snprintf(body, sizeof(body),
			       "{\"attachments\":[{\"uuid\":\"" AT(
				       1) "\",\"download\":{\"url\":\"%s\"}}]}",
			       urls[i]);
		documents(b, TX(1), 200, body);
		struct cla_collect_result r = run(b);
		expect(&r, 2, LISTS + CONTEXT + 1 + FALLBACK, 0, 1);
		/* the answer that is held then says the same, once and about the same attachment */
		r = run(b);
		expect(&r, 2, LISTS + FALLBACK, 0, 1);
		assert_string_equal(b->missing_uuid, AT(1));
	}
	/* an attachment is announced, and nothing says where it is */
	small_month(b, ",\"a\":3");
	documents(b, TX(1), 200, "{\"attachments\":[{\"uuid\":\"" AT(1) "\",\"download\":null}]}");
	struct cla_collect_result r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 1 + FALLBACK, 0, 1);
}

/* Addresses of a size that nothing can be looked up by: the rest goes on. */
static void test_endless_links(void **state)
{
	struct bench *b = *state;
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(1 << 20);

	for (int shape = 0; shape < 4; shape++) {
		small_month(b, shape % 2 ? ",\"a\":1" : ",\"a\":2");
		cla_buf_reset(&body);
		cla_buf_addc(&body, "{\"attachments\":[{\"uuid\":\"" AT(
					    2) "\",\"download\":{\"url\":\"" FILE_URL(2));
		if (shape == 1)
			cla_buf_addc(&body, SIGNED);
		for (int i = 0; shape < 2 && i < 100; i++)
			cla_buf_addf(&body, "%ck%d=1", i || shape ? '&' : '?', i);
		for (int i = 0; shape >= 2 && i < 5000; i++)
			cla_buf_addc(&body, i || shape == 2 ? "/aaaaaaa" : "?" SIGNED "=");
		cla_buf_addc(&body,
			     "\"}},{\"uuid\":\"" AT(1) "\",\"download\":{\"url\":\"" FILE_URL(1)
				     SIGNED "\"}}]}");
		documents(b, TX(1), 200, cla_buf_cstr(&body));
		answer(b, "/docs/1", "", 200, "the file");
		struct cla_collect_result r = run(b);
		expect(&r, 2, LISTS + CONTEXT + 1 + !shape + FALLBACK, !shape, 1);
		expect_reason(b, FILE_URL(1), NULL);
		/* what the store keeps of a signed link has a name, and says why */
		if (shape == 1)
			expect_reason(b, FILE_URL(2), "bad-url");
	}
}

/* A file that is mentioned twice is asked for once, whatever comes of it. */
static void test_one_file_twice(void **state)
{
	struct bench *b = *state;
	static const int statuses[] = { 404, 200 };

	for (size_t i = 0; i < CLA_LEN(statuses); i++) {
		small_month(b, i ? ",\"a\":1" : ",\"a\":2");
		documents(b, TX(1), 200,
			  "{\"attachments\":[{\"uuid\":\"" AT(
				  1) "\",\"download\":{\"url\":\"" FILE_URL(1) SIGNED
			  "\"}},{\"uuid\":\"" AT(2) "\",\"download\":{\"url\":\"" FILE_URL(1) SIGNED
			  "\"}}]}");
		answer(b, "/docs/1", "", statuses[i], "the file");
		struct cla_collect_result r = run(b);
		/* what its link does not bring is asked of the API */
		expect(&r, 2, LISTS + CONTEXT + 2 + !i, i, !i);
	}
}

static void test_content_that_is_none(void **state)
{
	struct bench *b = *state;
	static const char *const bodies[] = { "<html>login</html>", "{\"error\":\"x\"}", "", "[1,2",
					      "{\"a\":1,\"a\":2}" };

	for (size_t i = 0; i < CLA_LEN(bodies); i++) {
		small_month(b, i % 2 ? ",\"a\":1" : ",\"a\":2");
		documents(b, TX(1), 200, bodies[i]);
		struct cla_collect_result r = run(b);
		expect(&r, 2, LISTS + CONTEXT + 2, 0, 1); /* tried twice */
		expect_reason(b, "/api/v3/transactions/" TX(1) "/documents", "not-json");
	}
}

/* A file whose link is dead, leads nowhere, or is none comes through the API; that capture counts,
 * and nothing is asked twice. */
static void test_file_through_the_api(void **state)
{
	struct bench *b = *state;
	static const char *const urls[] = { "\"https://company-1.s3.amazonaws.com/docs/1\"",
					    "\"ftp://x/y\"", "null" };

	for (size_t i = 0; i < CLA_LEN(urls); i++) {
		char body[512], name[32];
		(void)snprintf(name, sizeof(name), "case-%d", (int)i);
		b->entity.name = name;
		small_month(b, "");
		(void)snprintf(
			body, sizeof(body),
			"{\"attachments\":[{\"uuid\":\"" AT(1) "\",\"download\":{\"url\":%s}}]}",
			urls[i]);
		documents(b, TX(1), 200, body);
		answer(b, "/docs/1", "", 404, "<Error/>");
		answer(b, "/api/v2/attachments/" AT(1) "/base64", "", 200, "the file");
		struct cla_collect_result r = run(b);
		expect(&r, 2, LISTS + CONTEXT + 1 + !i + FALLBACK, 1, 0);
		assert_int_equal(r.documents, 1);
		r = run(b);
		expect(&r, 2, LISTS, 0, 0);
		assert_int_equal(r.documents, 1);
	}
}

/* What the API hands out is bounded: one file that is longer is missing, and the run goes on. */
static void test_file_too_long_for_the_api(void **state)
{
	struct bench *b = *state;
	size_t size = 17u << 20;
	char *text = malloc(size + 1);

	assert_non_null(text);
	memset(text, 'A', size);
	text[size] = '\0';
	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 404, "<Error/>");
	answer(b, "/api/v2/attachments/" AT(1) "/base64", "", 200, text);
	free(text);
	struct cla_collect_result r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 2 + FALLBACK, 0, 1);
	assert_string_equal(b->missing_reason, "http-404");
	expect_reason(b, "/api/v2/attachments/" AT(1) "/base64", "too-large");
}

static void test_links_that_have_died(void **state)
{
	struct bench *b = *state;

	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 403,
	       "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>");
	struct cla_collect_result r = run(b);
	/* two lists, and then four times the link and the file */
	expect(&r, 2, LISTS + CONTEXT + 8 + FALLBACK, 0, 1);
	expect_reason(b, FILE_URL(1), "http-403");
	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
	r = run(b);
	expect(&r, 2, LISTS + 8 + FALLBACK, 0, 1);
}

/* ---- paging ------------------------------------------------------------------ */

static void test_pages(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *name;
		const char *pages[4];
		uint64_t rows, asked, missing; /* asked: pages, confirmation included */
		bool complete;
	} rows[] = {
		{ "two pages",
		  { PAGE(ROW(TX(1), HAS_NOTHING), "0", "2", "false"),
		    PAGE(ROW(TX(2), HAS_NOTHING), "1", "2", "true") },
		  2,
		  4,
		  0,
		  true },
		{ "without last",
		  { "{\"content\":[" ROW(TX(1),
					 HAS_NOTHING) "],\"number\":0,\"totalPages\":2,\"size\":1}",
		    "{\"content\":[" ROW(
			    TX(2), HAS_NOTHING) "],\"number\":1,\"totalPages\":2,\"size\":1}" },
		  2,
		  4,
		  0,
		  true },
		{ "bare", { "[" ROW(TX(1), HAS_NOTHING) "]" }, 1, 2, 0, true },
		{ "nothing", { PAGE("", "0", "0", "true") }, 0, 2, 0, true },
		{ "one row twice",
		  { PAGE(ROW(TX(1), HAS_NOTHING), "0", "2", "false"),
		    PAGE(ROW(TX(1), HAS_NOTHING) "," ROW(TX(2), HAS_NOTHING), "1", "2", "true") },
		  2,
		  4,
		  0,
		  true },
		/* three rounds, as the total never agrees */
		{ "wrong total",
		  { PAGE(ROW(TX(1), HAS_NOTHING), "0", "5", "true") },
		  1,
		  3,
		  1,
		  false },
		{ "moving total",
		  { PAGE(ROW(TX(1), HAS_NOTHING), "0", "1", "false"),
		    PAGE(ROW(TX(2), HAS_NOTHING), "1", "2", "true") },
		  2,
		  6,
		  1,
		  false },
		{ "repeated page",
		  { PAGE(ROW(TX(1), HAS_NOTHING), "0", "9", "false"),
		    PAGE(ROW(TX(1), HAS_NOTHING), "1", "9", "false") },
		  1,
		  6,
		  1,
		  false },
		/* asked twice a round, three rounds */
		{ "wrong number",
		  { PAGE(ROW(TX(1), HAS_NOTHING), "0", "2", "false"),
		    PAGE(ROW(TX(2), HAS_NOTHING), "7", "2", "true") },
		  1,
		  9,
		  1,
		  false },
		{ "no uuid",
		  { PAGE(ROW(TX(1), HAS_NOTHING) ",{\"status\":\"AUTHORIZED\"}", "0", "2",
			 "true") },
		  1,
		  1,
		  1,
		  false },
		{ "empty page between",
		  { PAGE(ROW(TX(1), HAS_NOTHING), "0", "2", "false"), PAGE("", "1", "2", "false"),
		    PAGE(ROW(TX(2), HAS_NOTHING), "2", "2", "true") },
		  2,
		  6,
		  0,
		  true },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		server(b);
		for (size_t p = 0; p < CLA_LEN(rows[i].pages) && rows[i].pages[p]; p++) {
			char query[128];
			(void)snprintf(
				query, sizeof(query),
				"\"page\":\"%zu\",\"operationDateRangeStart\":\"2024-11-01\","
				"\"operationDateRangeEnd\":\"2024-11-30\"",
				p);
			list(b, query, rows[i].pages[p]);
		}
		no_reimbursements(b);
		b->entity.name = rows[i].name; /* each from an empty store */
		struct cla_collect_result r = run(b);
		uint64_t asked = r.calls - LISTS / 2 - CONTEXT;
		if (r.rows != rows[i].rows || asked != rows[i].asked ||
		    r.missing != rows[i].missing)
			fail_msg("%s: rows %d pages %d missing %d", rows[i].name, (int)r.rows,
				 (int)asked, (int)r.missing);
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		struct cla_listing l;
		assert_true(cla_store_get_listing(b->store, cla_str_from(rows[i].name),
						  CLA_STR("2024-11"), CLA_STR("transactions"),
						  (struct cla_time){ INT64_MAX, 0 }, &arena, &l,
						  NULL));
		if (l.complete != rows[i].complete)
			fail_msg("%s: listing is%s complete", rows[i].name,
				 l.complete ? "" : " not");
	}
}

/* A server that ignores the filter gives more than the month: that list proves nothing. */
static void test_filter_that_is_ignored(void **state)
{
	struct bench *b = *state;
	static const struct {
		enum cla_basis basis;
		const char *audit;
		uint64_t missing;
	} rows[] = {
		{ CLA_BASIS_OPERATION, "\"operationDate\":\"2024-11-30\"", 0 },
		{ CLA_BASIS_OPERATION, "\"operationDate\":\"2024-12-01\"", 0 },
		{ CLA_BASIS_OPERATION, "\"operationDate\":\"2024-12-02\"", 1 },
		{ CLA_BASIS_OPERATION, "\"operationDate\":\"2024-10-30\"", 1 },
		{ CLA_BASIS_OPERATION,
		  "\"operationDate\":\"2024-11-30\",\"accountingDate\":\"2024-12-05\"", 0 },
		{ CLA_BASIS_ACCOUNTING,
		  "\"operationDate\":\"2024-10-20\",\"accountingDate\":\"2024-11-05\"", 0 },
		{ CLA_BASIS_ACCOUNTING,
		  "\"operationDate\":\"2024-11-20\",\"accountingDate\":\"2024-12-05\"", 1 },
		{ CLA_BASIS_OPERATION, "\"operationDate\":null", 0 },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char page[1024], name[32];

		(void)snprintf(name, sizeof(name), "case-%d", (int)i);
		b->entity.name = name;
		b->entity.basis = rows[i].basis;
		server(b);
		(void)snprintf(page, sizeof(page),
			       "{\"content\":[{\"uuid\":\"" TX(
				       1) "\",\"status\":\"AUTHORIZED\",\"audit\":{%s}" HAS_NOTHING
					  "}],\"number\":0,\"totalElements\":1,\"last\":true}",
			       rows[i].audit);
		list(b,
		     rows[i].basis == CLA_BASIS_OPERATION
			     ? LIST_QUERY("0")
			     : "\"accountingDateRangeStart\":\"2024-11-01\","
			       "\"accountingDateRangeEnd\":\"2024-11-30\",\"page\":\"0\"",
		     page);
		no_reimbursements(b);
		struct cla_collect_result r = run(b);
		assert_int_equal(r.rows, 1);
		assert_int_equal(r.missing, rows[i].missing);
		if (r.missing)
			assert_string_equal(b->missing_reason, "outside-window");
	}
}

static void test_page_that_fails_leaves_the_rest(void **state)
{
	struct bench *b = *state;

	for (int good = 1; good >= 0; good--) {
		server(b);
		list(b, LIST_QUERY("0"), PAGE(ROW(TX(1), HAS_NOTHING), "0", "300", "false"));
		answer(b, "/api/v3/transactions", LIST_QUERY("1"), good ? 200 : 500,
		       good ? PAGE(ROW(TX(2), HAS_NOTHING), "1", "300", "false") : "");
		list(b, LIST_QUERY("2"), PAGE(ROW(TX(3), HAS_NOTHING), "2", "300", "true"));
		no_reimbursements(b);
		struct cla_collect_result r = run(b);
		assert_int_equal(r.rows, good ? 3 : 2);
		assert_int_equal(r.missing, 1);
		/* the page that could be had once still counts */
		expect_listing(b, "transactions", false, 3);
	}
}

static void test_nothing_usable(void **state)
{
	struct bench *b = *state;

	server(b);
	run_with(b, (struct cla_collect_opts){ 0 }, CLA_ERR_REMOTE);
	answer(b, "/api/v3/transactions", LIST_QUERY("0"), 403, "{}");
	no_reimbursements(b);
	run_with(b, (struct cla_collect_opts){ 0 }, CLA_ERR_AUTH);
	server(b);
	list(b, LIST_QUERY("0"), PAGE(ROW(TX(1), HAS_NOTHING), "0", "1", "true"));
	struct cla_collect_result r = run(b); /* reimbursements are missing, the rest is there */
	expect(&r, 1, LISTS - 1 + CONTEXT, 0, 1);
	/* the page of the run before counts, but that run did not come to confirm it */
	expect_listing(b, "reimbursements", false, 1);
	b->entity.replay_dir = "/nonexistent";
	run_with(b, (struct cla_collect_opts){ 0 }, CLA_ERR_CONFIG);
}

/* ---- interruption, recording ------------------------------------------------- */

static void test_interrupted(void **state)
{
	struct bench *b = *state;
	atomic_int stop = 1;

	small_month(b, "");
	b->ctx.cancelled = &stop;
	run_with(b, (struct cla_collect_opts){ 0 }, CLA_ERR_INTERRUPTED);
	b->ctx.cancelled = NULL;
}

static void test_recording_can_be_replayed(void **state)
{
	struct bench *b = *state;
	char recording[128], data[128];
	struct cla_collect_opts opts = { .record_dir = recording };

	(void)snprintf(recording, sizeof(recording), "%s/recording", b->dir);
	(void)snprintf(data, sizeof(data), "%s/data2", b->dir);
	small_month(b, "");
	documents(b, TX(1), 200, DOCS(1));
	answer(b, "/docs/1", "", 200, "the file");
	run(b);
	/* also of what is held already */
	struct cla_collect_result r = run_with(b, opts, CLA_ERR_NONE);
	expect(&r, 2, LISTS, 0, 0);
	cla_store_close(b->store);
	assert_true(cla_store_open(&b->ctx, data, CLA_STORE_WRITE, &b->store, NULL));
	b->entity.replay_dir = recording;
	r = run(b);
	expect(&r, 2, LISTS + CONTEXT + 2, 1, 0);
	expect_reason(b, FILE_URL(1), NULL);
}

static void count_line(void *ctx, const struct cla_check_line *line)
{
	int *counts = ctx;

	assert_true(*line->id != '\0');
	for (int lang = 0; lang < CLA_LANG_COUNT; lang++) {
		assert_true(*line->what->in[lang] != '\0');
		if (line->health == CLA_HEALTH_FAIL || line->health == CLA_HEALTH_WARN)
			assert_true(*line->fix->in[lang] != '\0');
	}
	counts[line->health]++;
}

static void test_check(void **state)
{
	struct bench *b = *state;
	int counts[4] = { 0 };

	server(b);
	assert_int_equal(fflush(b->index), 0);
	assert_true(cla_check_files(&b->ctx, &b->entity, count_line, counts));
	assert_true(cla_check_network(&b->ctx, &b->entity, false, count_line, counts, NULL));
	assert_int_equal(counts[CLA_HEALTH_OK], 1);
	b->entity.replay_dir = NULL;
	b->entity.base_url = "https://localhost:1";
	b->entity.credentials = "/nonexistent";
	assert_false(cla_check_files(&b->ctx, &b->entity, count_line, counts));
	assert_int_equal(counts[CLA_HEALTH_FAIL], 1);
	cla_check_no_network(count_line, counts);
	assert_true(counts[CLA_HEALTH_SKIPPED] >= 5);
}

/* Whether the parts belong together is found without a network. */
static void test_check_offline(void **state)
{
	struct bench *b = *state;
	const struct cla_time now = { 1733000000, 0 };
	char json[128], cert[128], key[128];
	int counts[4] = { 0 };

	(void)snprintf(json, sizeof(json), "%s/c.json", b->dir);
	(void)snprintf(cert, sizeof(cert), "%s/c.crt", b->dir);
	(void)snprintf(key, sizeof(key), "%s/c.key", b->dir);
	assert_true(cla_file_replace(json, CLA_STR("{\"clientId\":\"i\",\"clientSecret\":\"s\"}"),
				     0600, NULL));
	for (int i = 0; i < 2; i++) {
		cla_auto_buf struct cla_buf key_pem = CLA_BUF_INIT(1 << 16),
					    cert_pem = CLA_BUF_INIT(1 << 16);
		assert_true(cla_seal_generate("a", now, 1, &key_pem, &cert_pem, NULL));
		/* the second time only the certificate is replaced */
		assert_true(cla_file_replace(cert, cla_buf_str(&cert_pem), 0600, NULL));
		if (!i)
			assert_true(cla_file_replace(key, cla_buf_str(&key_pem), 0600, NULL));
		b->entity.replay_dir = NULL;
		b->entity.base_url = "https://localhost:1";
		b->entity.credentials = json;
		b->entity.client_cert = cert;
		b->entity.client_key = key;
		memset(counts, 0, sizeof(counts));
		assert_int_equal(cla_check_files(&b->ctx, &b->entity, count_line, counts), !i);
		assert_int_equal(counts[CLA_HEALTH_FAIL], i);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_first_and_second_run),
		TEST(test_nothing_signed_is_kept),
		TEST(test_changed_row_asks_again_once),
		TEST(test_end_states_that_change),
		TEST(test_changed_row_whose_answer_failed),
		TEST(test_stopped_run_goes_on),
		TEST(test_missing_is_asked_again),
		TEST(test_open_items),
		TEST(test_row_not_read_again),
		TEST(test_statements),
		TEST(test_too_many_statements),
		TEST(test_context_is_optional),
		TEST(test_open_month),
		TEST(test_context_belongs_to_its_month),
		TEST(test_digital_account),
		TEST(test_lists_without_end),
		TEST(test_dry_run),
		TEST(test_reimbursements),
		TEST(test_links_inside_invoices),
		TEST(test_extracted_documents_have_pages),
		TEST(test_extracted_documents_without_envelope),
		TEST(test_unusable_links),
		TEST(test_endless_links),
		TEST(test_one_file_twice),
		TEST(test_content_that_is_none),
		TEST(test_file_through_the_api),
		TEST(test_file_too_long_for_the_api),
		TEST(test_links_that_have_died),
		TEST(test_pages),
		TEST(test_filter_that_is_ignored),
		TEST(test_page_that_fails_leaves_the_rest),
		TEST(test_nothing_usable),
		TEST(test_interrupted),
		TEST(test_recording_can_be_replayed),
		TEST(test_check),
		TEST(test_check_offline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
