/* match/match_test.c - units of match/: states, equations, windows, receivers, the pool, reuse,
 * order, size. */
#include "base/buf.h"
#include "json/json.h"
#include "json/scan.h"
#include "match/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- small months ---- */

#define OURS "ACM010101ABC"
#define SISTER "SIS020202AB1"
#define OTHER "OTR030303AB2"

/* One expense; fields that are NULL have a usual value or are absent. */
struct exp {
	const char *uuid, *amount, *date, *type, *status, *currency, *original, *original_currency,
		*merchant, *code, *tip, *folio;
	bool reimbursement;
};

/* One document; `on` is the place of its expense plus one, 0: imported. */
struct doc {
	size_t on;
	const char *id, *total, *date, *type, *currency, *receiver, *rate, *local, *discount, *code;
	enum cla_doc_kind kind; /* CLA_DOC_NOT_XML: CFDI in Mexico, NF-e in Brazil */
	enum cla_verdict verdict;
	const char *bytes; /* what makes its digest; NULL: the id and total */
	/* its payments; with `code` and without them there is one of the total, by card */
	struct {
		const char *form, *amount, *code;
	} paid[3];
};

struct month {
	enum cla_country country;
	const char *tax_id; /* NULL: OURS; "": none */
	struct exp exps[6];
	struct doc docs[8];
};

static struct cla_str opt(const char *s, const char *usual)
{
	return cla_str_from(s ? s : usual);
}

static struct cla_digest digest_of(const char *a, const char *b)
{
	struct cla_digest d;
	char text[256];

	(void)snprintf(text, sizeof(text), "%s %s", a ? a : "", b ? b : "");
	assert_true(cla_digest_of(cla_str_from(text), &d, NULL));
	return d;
}

static struct cla_match *new_match(enum cla_country country, const char *tax_id)
{
	static const char *const sisters[] = { SISTER, NULL };
	struct cla_match_opts opts = { country,
				       tax_id && !*tax_id ? CLA_STR_NONE : opt(tax_id, OURS),
				       sisters, NULL };
	struct cla_match *m = NULL;

	assert_true(cla_match_new(&opts, &m, NULL));
	return m;
}

static size_t add_exp(struct cla_match *m, enum cla_country country, const struct exp *x)
{
	const char *local = cla_country_currency(country);
	struct cla_match_expense e = {
		.kind = x->reimbursement ? CLA_EXPENSE_REIMBURSEMENT : CLA_EXPENSE_TX,
		.uuid = cla_str_from(x->uuid),
		.type = opt(x->type, x->reimbursement ? "REIMBURSEMENT" : "PURCHASE"),
		.status = opt(x->status, "AUTHORIZED"),
		.date = opt(x->date, "2024-11-10"),
		.amount = { cla_str_from(x->amount), opt(x->currency, local) },
		.original = { opt(x->original, x->amount),
			      opt(x->original_currency, opt(x->currency, local).ptr) },
		.merchant = opt(x->merchant, "TIENDA DEMO"),
		.authorization_number = cla_str_from(x->code),
		.tip = cla_str_from(x->tip),
		.folio_fiscal = cla_str_from(x->folio),
	};
	size_t index = 99;

	assert_true(cla_match_add_expense(m, &e, &index, NULL));
	return index;
}

static void add_doc(struct cla_match *m, enum cla_country country, const struct doc *x,
		    size_t expense)
{
	bool brazil = country == CLA_COUNTRY_BR;
	struct cla_payment payments[CLA_LEN(x->paid)] = { { 0 } };
	size_t count = 0;

	for (; count < CLA_LEN(x->paid) && x->paid[count].form; count++) {
		payments[count].form = cla_str_from(x->paid[count].form);
		payments[count].amount = cla_str_from(x->paid[count].amount);
		payments[count].authorization = cla_str_from(x->paid[count].code);
	}
	if (!count && x->code) {
		payments[count].form = CLA_STR("03");
		payments[count].amount = cla_str_from(x->total);
		payments[count++].authorization = cla_str_from(x->code);
	}
	for (size_t i = 1; i < count; i++)
		payments[i - 1].next = &payments[i];
	struct cla_match_doc d = {
		.expense = expense,
		.kind = x->kind != CLA_DOC_NOT_XML ? x->kind
			: brazil		   ? CLA_DOC_NFE
						   : CLA_DOC_CFDI,
		.sha256 = x->bytes ? digest_of(x->bytes, NULL) : digest_of(x->id, x->total),
		.id = cla_str_from(x->id),
		.receiver = x->receiver && !*x->receiver ? CLA_STR_NONE : opt(x->receiver, OURS),
		.total = cla_str_from(x->total),
		.currency = opt(x->currency, cla_country_currency(country)),
		.issued_at = opt(x->date, "2024-11-10T12:00:00"),
		.type = opt(x->type, brazil ? "1" : "I"),
		.discount = cla_str_from(x->discount),
		.local_taxes = cla_str_from(x->local),
		.exchange_rate = cla_str_from(x->rate),
		.payments = count ? payments : NULL,
		.verdict = x->verdict,
	};

	assert_true(cla_match_add_document(m, &d, NULL));
}

/* A result and what it points at, copied. */
struct outcome {
	struct cla_match_result r;
	struct cla_digest imported;
	size_t i;
	bool found;
};

static bool copy_result(void *ctx, size_t expense, const struct cla_match_result *r,
			struct cla_err *err)
{
	struct outcome *o = ctx;

	(void)err;
	if (expense != o->i)
		return true;
	o->found = true;
	o->r = *r;
	if (r->imported) {
		o->imported = *r->imported;
		o->r.imported = &o->imported;
	}
	return true;
}

static struct outcome result(const struct cla_match *m, size_t i)
{
	struct outcome o = { .i = i };

	assert_true(cla_match_each(m, copy_result, &o, NULL));
	assert_true(o.found);
	return o;
}

static struct cla_match *run_month(const struct month *month)
{
	struct cla_match *m = new_match(month->country, month->tax_id);
	struct cla_err err = CLA_ERR_INIT;

	for (size_t i = 0; i < CLA_LEN(month->exps) && month->exps[i].uuid; i++)
		assert_int_equal(add_exp(m, month->country, &month->exps[i]), i);
	for (size_t i = 0; i < CLA_LEN(month->docs) && month->docs[i].id; i++)
		add_doc(m, month->country, &month->docs[i],
			month->docs[i].on ? month->docs[i].on - 1 : CLA_MATCH_IMPORTED);
	if (!cla_match_run(m, &err))
		fail_msg("%s", err.msg);
	return m;
}

/* Checks the encoded result and gives it back, in a buffer of the caller's. */
static const char *encoded(const struct cla_match *m, size_t i, struct cla_buf *out)
{
	cla_buf_reset(out);
	assert_true(cla_match_encode(m, i, out, NULL));
	struct cla_err err = CLA_ERR_INIT;
	if (!cla_json_canonical(cla_buf_str(out), &err))
		fail_msg("%s", err.msg);
	return cla_buf_cstr(out);
}

/* A short form of a result: "state receiver | id score equation [explained] | id reason score
 * equation [explained] (better)". */
static void brief_entries(struct cla_str json, struct cla_buf *out)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	static const char *const lists[] = { "documents", "candidates" };

	assert_true(cla_json_parse(json, &doc, NULL));
	const struct cla_json *root = cla_json_root(doc);
	struct cla_str state = cla_json_string(cla_json_get(root, "state"));
	struct cla_str receiver = cla_json_string(cla_json_get(root, "receiver"));
	cla_buf_addf(out, CLA_STR_FMT " " CLA_STR_FMT, CLA_STR_ARG(state), CLA_STR_ARG(receiver));
	for (size_t i = 0; i < CLA_LEN(lists); i++) {
		const struct cla_json *x = cla_json_first(cla_json_get(root, lists[i]));
		if (x && i)
			cla_buf_addc(out, " ||");
		for (; x; x = cla_json_next(x)) {
			struct cla_str id = cla_json_string(cla_json_get(x, "id"));
			struct cla_str score = cla_json_number(cla_json_get(x, "score"));
			struct cla_str equation = cla_json_string(cla_json_get(x, "equation"));
			struct cla_str reason = cla_json_string(cla_json_get(x, "reason"));
			struct cla_str better = cla_json_string(cla_json_get(x, "better"));
			cla_buf_addf(out, " | " CLA_STR_FMT, CLA_STR_ARG(id));
			if (reason.len)
				cla_buf_addf(out, " " CLA_STR_FMT, CLA_STR_ARG(reason));
			if (better.len)
				cla_buf_addf(out, " " CLA_STR_FMT, CLA_STR_ARG(better));
			cla_buf_addf(out, " " CLA_STR_FMT " " CLA_STR_FMT, CLA_STR_ARG(score),
				     CLA_STR_ARG(equation));
			const struct cla_json *w = cla_json_first(cla_json_get(x, "explained"));
			for (; w; w = cla_json_next(w))
				cla_buf_addf(out, " [" CLA_STR_FMT "]",
					     CLA_STR_ARG(cla_json_string(w)));
		}
	}
}

static void assert_brief(const struct cla_match *m, size_t i, const char *due)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(1 << 20), text = CLA_BUF_INIT(1 << 20);

	(void)encoded(m, i, &json);
	brief_entries(cla_buf_str(&json), &text);
	assert_string_equal(cla_buf_cstr(&text), due);
	struct cla_match_result r = result(m, i).r;
	assert_true(cla_str_starts(cla_buf_str(&text), cla_match_state_name(r.state)));
	assert_true(cla_str_contains(cla_buf_str(&text), cla_receiver_name(r.receiver)));
}

/* ---- one charge, one document ---- */

static void one_document_is_compared_with_its_charge(void **state)
{
	static const struct {
		struct exp e;
		struct doc d;
		const char *due;
	} rows[] = {
		/* exact, however the numbers are spelled, and whatever the sign */
		{ { .amount = "500.00" },
		  { .total = "500.00" },
		  "matched ours | D 80 500.00 = 500.00" },
		{ { .amount = "5e2" },
		  { .total = "500.000000" },
		  "matched ours | D 80 500.00 = 500.00" },
		{ { .amount = "-500" }, { .total = "500" }, "matched ours | D 80 500.00 = 500.00" },
		{ { .amount = "10.125" },
		  { .total = "10.125" },
		  "matched ours | D 80 10.125 = 10.125" },
		/* one cent more than the limit, and the limit */
		{ { .amount = "452.30" },
		  { .total = "452.31" },
		  "matched ours | D 75 452.30 = 452.31 - 0.01 cents [cents]" },
		{ { .amount = "452.35" },
		  { .total = "452.30" },
		  "matched ours | D 75 452.35 = 452.30 + 0.05 cents [cents]" },
		{ { .amount = "452.36" },
		  { .total = "452.30" },
		  "missing ours || | D difference-amount 30 452.36 = 452.30 + 0.06 difference" },
		{ { .amount = "400.00" },
		  { .total = "452.30" },
		  "missing ours || | D difference-amount 30 400.00 = 452.30 - 52.30 difference" },
		/* tips: claimed, guessed at a restaurant, not guessed elsewhere nor against a
		   claim, never negative */
		{ { .amount = "638.00", .tip = "58.0" },
		  { .total = "580.00" },
		  "matched ours | D 75 638.00 = 580.00 + 58.00 tip [tip]" },
		{ { .amount = "638.00", .tip = "50.00" },
		  { .total = "580.00" },
		  "missing ours || | D difference-amount 30 638.00 = 580.00 + 58.00 difference" },
		{ { .amount = "638.00", .merchant = "RESTAURANTE DEMO" },
		  { .total = "580.00" },
		  "matched ours | D 60 638.00 = 580.00 + 58.00 tip [tip]" },
		{ { .amount = "638.00", .merchant = "Caf\xc3\xa9-Demo", .tip = "0.0" },
		  { .total = "580.00" },
		  "matched ours | D 60 638.00 = 580.00 + 58.00 tip [tip]" },
		{ { .amount = "638.00", .merchant = "REST DEMO", .tip = "50.00" },
		  { .total = "580.00" },
		  "missing ours || | D difference-amount 30 638.00 = 580.00 + 58.00 difference" },
		{ { .amount = "638.00", .merchant = "CAFETALERA RESTO BARATO" },
		  { .total = "580.00" },
		  "missing ours || | D difference-amount 30 638.00 = 580.00 + 58.00 difference" },
		{ { .amount = "120.00", .merchant = "el bar" },
		  { .total = "100.00" },
		  "matched ours | D 60 120.00 = 100.00 + 20.00 tip [tip]" },
		{ { .amount = "120.01", .merchant = "el bar" },
		  { .total = "100.00" },
		  "missing ours || | D difference-amount 30 120.01 = 100.00 + 20.01 difference" },
		{ { .amount = "100.00", .merchant = "el bar" },
		  { .total = "110.00" },
		  "missing ours || | D difference-amount 30 100.00 = 110.00 - 10.00 difference" },
		/* the document's own local taxes and discount */
		{ { .amount = "1030.00" },
		  { .total = "1000.00", .local = "30.00" },
		  "matched ours | D 70 1030.00 = 1000.00 + 30.00 local-tax [local-tax]" },
		{ { .amount = "970.00" },
		  { .total = "1000.00", .local = "-30.00" },
		  "matched ours | D 70 970.00 = 1000.00 - 30.00 local-tax [local-tax]" },
		{ { .amount = "90.00" },
		  { .total = "100.00", .discount = "10.00" },
		  "matched ours | D 70 90.00 = 100.00 - 10.00 discount [discount]" },
		{ { .amount = "110.00" },
		  { .total = "100.00", .discount = "10.00" },
		  "missing ours || | D difference-amount 30 110.00 = 100.00 + 10.00 difference" },
		/* another currency: the original amount agrees; the document's own rate comes near;
		   neither */
		{ { .amount = "1850.00", .original = "100.00", .original_currency = "USD" },
		  { .total = "100.00", .currency = "USD", .rate = "18.500000" },
		  "matched ours | D 80 1850.00 = 100.00 USD x 18.50 [fx]" },
		{ { .amount = "1853.27", .original = "100.00", .original_currency = "USD" },
		  { .total = "100", .currency = "usd", .rate = "18.50" },
		  "matched ours | D 80 1853.27 = 100.00 usd x 18.5327 [fx]" },
		{ { .amount = "18500.01", .original = "999.99", .original_currency = "USD" },
		  { .total = "999.99", .currency = "USD" },
		  "matched ours | D 80 18500.01 = 999.99 USD x 18.5002 [fx]" },
		{ { .amount = "2035.00",
		    .original = "110.00",
		    .original_currency = "USD",
		    .tip = "10.00" },
		  { .total = "100.00", .currency = "USD" },
		  "matched ours | D 75 2035.00 = 110.00 USD x 18.50; 110.00 = 100.00 + 10.00 tip "
		  "[tip] [fx]" },
		{ { .amount = "2035.00", .original = "110.00", .original_currency = "USD" },
		  { .total = "100.00", .currency = "USD", .rate = "20.35" },
		  "missing ours || | D difference-amount 30 2035.00 = 110.00 USD x 18.50; 110.00 = "
		  "100.00 + 10.00 "
		  "difference" },
		{ { .amount = "1850.00" },
		  { .total = "100.00", .currency = "USD", .rate = "18.50" },
		  "matched ours | D 65 1850.00 = 100.00 USD x 18.50 [fx]" },
		{ { .amount = "1900.00" },
		  { .total = "100.00", .currency = "USD", .rate = "18.50" },
		  "matched ours | D 65 1900.00 = 100.00 USD x 18.50 + 50.00 fx [fx]" },
		{ { .amount = "1800.00" },
		  { .total = "100.00", .currency = "USD", .rate = "18.54" },
		  "matched ours | D 65 1800.00 = 100.00 USD x 18.54 - 54.00 fx [fx]" },
		{ { .amount = "1800.00" },
		  { .total = "100.00", .currency = "USD", .rate = "18.5401" },
		  "missing ours || | D difference-amount 30 1800.00 = 100.00 USD x 18.5401 - 54.01 "
		  "difference" },
		{ { .amount = "1850.00" },
		  { .total = "100.00", .currency = "USD" },
		  "missing ours || | D difference-amount 30 1850.00 MXN = 100.00 USD x ?" },
		{ { .amount = "1850.00", .original = "95.00", .original_currency = "EUR" },
		  { .total = "1850.00" },
		  "matched ours | D 80 1850.00 = 1850.00" },
		/* both amounts in one currency and not equal: either may be the one that was
		   invoiced */
		{ { .amount = "510.00", .original = "500.00" },
		  { .total = "510.00" },
		  "matched ours | D 80 510.00 = 510.00" },
		{ { .amount = "510.00", .original = "500.00" },
		  { .total = "500.00" },
		  "matched ours | D 80 500.00 = 500.00" },
		/* the window, and how near */
		{ { .amount = "5" },
		  { .total = "5", .date = "2024-11-09" },
		  "matched ours | D 80 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .date = "2024-11-07T23:59:59" },
		  "matched ours | D 75 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .date = "2024-11-06T23:59:59" },
		  "missing ours || | D date-window 60 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .date = "2024-11-17" },
		  "matched ours | D 75 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .date = "2024-12-11T00:00:00-03:00" },
		  "matched ours | D 70 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .date = "2024-12-12" },
		  "missing ours || | D date-window 60 5.00 = 5.00" },
		{ { .amount = "5", .date = "2024-12-31" },
		  { .total = "5", .date = "2025-01-31" },
		  "matched ours | D 70 5.00 = 5.00" },
		/* what cannot be read */
		{ { .amount = "5" }, { .total = "5,00" }, "missing ours || | D not-readable 30 " },
		{ { .amount = "5" },
		  { .total = "5", .currency = "" },
		  "missing ours || | D not-readable 30 " },
		{ { .amount = "5" },
		  { .total = "5", .date = "yesterday" },
		  "missing ours || | D not-readable 10 " },
		{ { .amount = "?" }, { .total = "5" }, "missing ours || | D not-readable 30 " },
		{ { .amount = "5", .date = "" },
		  { .total = "5" },
		  "missing ours || | D not-readable 10 " },
		/* types: a purchase, a refund */
		{ { .amount = "5" },
		  { .total = "5", .type = "E" },
		  "missing ours || | D type 80 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .type = "P" },
		  "missing ours || | D type 80 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .type = "N" },
		  "missing ours || | D type 80 5.00 = 5.00" },
		{ { .amount = "5" },
		  { .total = "5", .type = "T" },
		  "missing ours || | D type 80 5.00 = 5.00" },
		{ { .amount = "5", .type = "CHARGEBACK" },
		  { .total = "5" },
		  "matched ours | D 80 5.00 = 5.00" },
		{ { .amount = "-5", .type = "REFUND" },
		  { .total = "5" },
		  "missing ours || | D type 80 5.00 = 5.00" },
		{ { .amount = "-5", .type = "REFUND" },
		  { .total = "5", .type = "E" },
		  "matched ours | D 80 5.00 = 5.00" },
		/* nothing is needed */
		{ { .amount = "5", .type = "FEE" }, { .total = "5" }, "not-needed unknown" },
		{ { .amount = "5", .type = "PAYMENT" }, { .total = "5" }, "not-needed unknown" },
		{ { .amount = "5", .type = "CREDIT" }, { .total = "5" }, "not-needed unknown" },
		{ { .amount = "5", .status = "REJECTED" }, { .total = "5" }, "not-needed unknown" },
		{ { .amount = "5", .status = "FINANCE_REJECTED", .reimbursement = true },
		  { .total = "5" },
		  "not-needed unknown" },
		{ { .amount = "5", .status = "CANCELLED", .reimbursement = true },
		  { .total = "5" },
		  "not-needed unknown" },
		{ { .amount = "5", .status = "PAID", .reimbursement = true },
		  { .total = "5" },
		  "matched ours | D 80 5.00 = 5.00" },
		{ { .amount = "5", .status = "NOTIFICATION" },
		  { .total = "5" },
		  "matched ours | D 80 5.00 = 5.00" },
		/* authorization code and folio confirm; an empty code confirms nothing */
		{ { .amount = "5", .code = "012345" },
		  { .total = "5", .code = "012345" },
		  "matched ours | D 90 5.00 = 5.00" },
		{ { .amount = "5", .code = "012345", .folio = "d" },
		  { .total = "5", .code = "012345" },
		  "matched ours | D 100 5.00 = 5.00" },
		{ { .amount = "5", .code = "" },
		  { .total = "5", .code = "" },
		  "matched ours | D 80 5.00 = 5.00" },
		{ { .amount = "5", .code = "12345" },
		  { .total = "5", .code = "012345" },
		  "matched ours | D 80 5.00 = 5.00" },
		/* one of several payments: by its code, or by card where one of both has none */
		{ { .amount = "410", .code = "R2" },
		  { .total = "1410",
		    .paid = { { "03", "1000.00", "R1" }, { "04", "410.00", "R2" } } },
		  "matched ours | D 90 410.00 = 1410.00 - 1000.00 other payments" },
		{ { .amount = "410" },
		  { .total = "1410",
		    .paid = { { "01", "1000.00", NULL }, { "03", "410.00", "R2" } } },
		  "matched ours | D 70 410.00 = 1410.00 - 1000.00 other payments" },
		{ { .amount = "410", .code = "R2" },
		  { .total = "1410",
		    .paid = { { "01", "1000.00", NULL }, { "04", "410.00", NULL } } },
		  "matched ours | D 70 410.00 = 1410.00 - 1000.00 other payments" },
		{ { .amount = "410", .code = "R3" },
		  { .total = "1410",
		    .paid = { { "03", "1000.00", "R1" }, { "04", "410.00", "R2" } } },
		  "missing ours || | D difference-amount 30 410.00 = 1410.00 - 1000.00 "
		  "difference" },
		{ { .amount = "1000", .code = "R1" },
		  { .total = "1410",
		    .paid = { { "01", "1000.00", NULL }, { "04", "410.00", "R1" } } },
		  "missing ours || | D difference-amount 40 1000.00 = 1410.00 - 410.00 "
		  "difference" },
		{ { .amount = "1000", .code = "R1" },
		  { .total = "1410", .paid = { { "03", "1e", "R1" }, { "03", "", "R1" } } },
		  "missing ours || | D difference-amount 30 1000.00 = 1410.00 - 410.00 "
		  "difference" },
		/* a verdict stands beside the match */
		{ { .amount = "5" },
		  { .total = "5", .verdict = CLA_VERDICT_FAIL },
		  "matched ours | D 80 5.00 = 5.00" },
		/* numbers that do not fit anywhere end in no match, not in a crash */
		{ { .amount = "99999999999999999999999999999999999999" },
		  { .total = "99999999999999999999999999999999999999" },
		  "matched ours | D 80 99999999999999999999999999999999999999 = "
		  "99999999999999999999999999999999999999" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct month month = { .exps = { rows[i].e }, .docs = { rows[i].d } };
		month.exps[0].uuid = "u1";
		month.docs[0].id = "D";
		month.docs[0].on = 1;
		cla_auto_match struct cla_match *m = run_month(&month);
		assert_brief(m, 0, rows[i].due);
	}
}

static void brazilian_and_other_kinds(void **state)
{
	static const struct {
		enum cla_country country;
		struct exp e;
		struct doc d;
		const char *due;
	} rows[] = {
		{ CLA_COUNTRY_BR,
		  { .amount = "5" },
		  { .total = "5" },
		  "matched ours | D 80 5.00 = 5.00" },
		{ CLA_COUNTRY_BR,
		  { .amount = "5" },
		  { .total = "5", .kind = CLA_DOC_NFCE },
		  "matched ours | D 80 5.00 = 5.00" },
		{ CLA_COUNTRY_BR,
		  { .amount = "5" },
		  { .total = "5", .type = "4" },
		  "missing ours || | D type 80 5.00 = 5.00" },
		{ CLA_COUNTRY_BR,
		  { .amount = "5", .type = "REFUND" },
		  { .total = "5", .type = "4" },
		  "matched ours | D 80 5.00 = 5.00" },
		{ CLA_COUNTRY_BR,
		  { .amount = "5", .type = "REFUND" },
		  { .total = "5" },
		  "missing ours || | D type 80 5.00 = 5.00" },
		{ CLA_COUNTRY_BR,
		  { .amount = "5" },
		  { .total = "5", .kind = CLA_DOC_CTE, .type = "0" },
		  "matched ours | D 80 5.00 = 5.00" },
		{ CLA_COUNTRY_BR,
		  { .amount = "5" },
		  { .total = "5", .kind = CLA_DOC_NFSE },
		  "matched ours | D 80 5.00 = 5.00" },
		{ CLA_COUNTRY_CO,
		  { .amount = "5" },
		  { .total = "5", .kind = CLA_DOC_DIAN, .type = "" },
		  "matched ours | D 80 5.00 = 5.00" },
		/* these prove no expense, whatever they say: there is no candidate either */
		{ CLA_COUNTRY_BR,
		  { .amount = "5" },
		  { .total = "5", .kind = CLA_DOC_NFE_EVENT },
		  "missing unknown" },
		{ CLA_COUNTRY_MX,
		  { .amount = "5" },
		  { .total = "5", .kind = CLA_DOC_CFDI_RETENCIONES },
		  "missing unknown" },
		{ CLA_COUNTRY_MX,
		  { .amount = "5" },
		  { .total = "5", .kind = CLA_DOC_XML },
		  "missing unknown" },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct month month = { .country = rows[i].country,
				       .exps = { rows[i].e },
				       .docs = { rows[i].d } };
		month.exps[0].uuid = "u1";
		month.docs[0].id = "D";
		month.docs[0].on = 1;
		cla_auto_match struct cla_match *m = run_month(&month);
		assert_brief(m, 0, rows[i].due);
	}
	/* files that are no documents at all, in every country, and none */
	for (int country = 0; country < 3; country++) {
		cla_auto_match struct cla_match *m = new_match((enum cla_country)country, NULL);
		size_t with = add_exp(m, (enum cla_country)country,
				      &(struct exp){ .uuid = "u1", .amount = "5" });
		size_t without = add_exp(m, (enum cla_country)country,
					 &(struct exp){ .uuid = "u2", .amount = "5" });
		struct cla_digest pdf = digest_of("pdf", NULL);
		assert_true(cla_match_add_file(m, with, &pdf, NULL));
		assert_true(cla_match_run(m, NULL));
		assert_brief(m, with, "missing unknown");
		assert_brief(m, without, "missing unknown");
	}
}

static void the_receiver_is_ours_a_sisters_or_anothers(void **state)
{
	static const struct {
		enum cla_country country;
		const char *tax_id, *receiver;
		enum cla_receiver due;
	} rows[] = {
		{ CLA_COUNTRY_MX, NULL, OURS, CLA_RECEIVER_OURS },
		{ CLA_COUNTRY_MX, NULL, " acm-010101-abc", CLA_RECEIVER_OURS },
		{ CLA_COUNTRY_MX, NULL, SISTER, CLA_RECEIVER_SISTER },
		{ CLA_COUNTRY_MX, NULL, OTHER, CLA_RECEIVER_OTHER },
		{ CLA_COUNTRY_MX, NULL, "XAXX010101000", CLA_RECEIVER_OTHER },
		{ CLA_COUNTRY_MX, NULL, "", CLA_RECEIVER_UNKNOWN },
		{ CLA_COUNTRY_MX, "", OURS, CLA_RECEIVER_UNKNOWN },
		{ CLA_COUNTRY_BR, "99000001000101", "99.000.001/0001-01", CLA_RECEIVER_OURS },
		{ CLA_COUNTRY_BR, "99000001000101", "99000001000284", CLA_RECEIVER_SISTER },
		{ CLA_COUNTRY_BR, "99000001000101", "99000002000101", CLA_RECEIVER_OTHER },
		{ CLA_COUNTRY_BR, "99000001000101", "99000001000", CLA_RECEIVER_OTHER }, /* a CPF */
		{ CLA_COUNTRY_BR, "12.ABC.345/01DE-35", "12ABC34501DE35", CLA_RECEIVER_OURS },
		{ CLA_COUNTRY_BR, "12ABC34501DE35", "12ABC34502DE35", CLA_RECEIVER_SISTER },
		{ CLA_COUNTRY_BR, NULL, SISTER, CLA_RECEIVER_SISTER },
		{ CLA_COUNTRY_CO, "800197268-4", "800197268", CLA_RECEIVER_OURS },
		{ CLA_COUNTRY_CO, "800197268", "8001972684", CLA_RECEIVER_OURS },
		{ CLA_COUNTRY_CO, "800197268", "8001972685", CLA_RECEIVER_OTHER },
		{ CLA_COUNTRY_MX, "800197268", "8001972684", CLA_RECEIVER_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct month month = {
			.country = rows[i].country,
			.tax_id = rows[i].tax_id,
			.exps = { { .uuid = "u1", .amount = "5" },
				  { .uuid = "u2", .amount = "7" } },
			.docs = { { .on = 1,
				    .id = "D",
				    .total = "5",
				    .receiver = rows[i].receiver },
				  { .on = 2,
				    .id = "E",
				    .total = "70",
				    .receiver = rows[i].receiver } },
		};
		cla_auto_match struct cla_match *m = run_month(&month);
		assert_int_equal(result(m, 0).r.receiver, rows[i].due);
		/* a candidate says it too, when it is attached */
		assert_int_equal(result(m, 1).r.state, CLA_MATCH_MISSING);
		assert_int_equal(result(m, 1).r.receiver, rows[i].due);
	}
}

static void the_worst_receiver_counts(void **state)
{
	static const char *const receivers[] = { OURS, "", SISTER, OTHER }; /* from good to bad */
	static const enum cla_receiver due[] = { CLA_RECEIVER_OURS, CLA_RECEIVER_UNKNOWN,
						 CLA_RECEIVER_SISTER, CLA_RECEIVER_OTHER };

	(void)state;
	for (size_t a = 0; a < 4; a++) {
		for (size_t b = 0; b < 4; b++) {
			struct month month = {
				.exps = { { .uuid = "u1", .amount = "5" } },
				.docs = { { .on = 1,
					    .id = "A",
					    .total = "2",
					    .receiver = receivers[a] },
					  { .on = 1,
					    .id = "B",
					    .total = "3",
					    .receiver = receivers[b] } },
			};
			cla_auto_match struct cla_match *m = run_month(&month);
			assert_int_equal(result(m, 0).r.documents, 2);
			assert_int_equal(result(m, 0).r.receiver, due[a > b ? a : b]);
		}
	}
}

/* ---- several documents, several charges ---- */

struct table_row {
	struct month month;
	const char *due[4]; /* of the first expenses */
};

static void check_rows(const struct table_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cla_auto_match struct cla_match *m = run_month(&rows[i].month);
		for (size_t k = 0; k < CLA_LEN(rows[i].due) && rows[i].due[k]; k++)
			assert_brief(m, k, rows[i].due[k]);
	}
}

static void several_documents_on_one_charge(void **state)
{
	static const struct table_row rows[] = {
		/* the better one is taken; equal ones cannot be told apart */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .on = 1, .id = "A", .total = "5", .date = "2024-11-20" },
			      { .on = 1, .id = "B", .total = "5" } } },
		  { "matched ours | B 80 5.00 = 5.00 || | A other-document 70 5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .on = 1, .id = "B", .total = "5" },
			      { .on = 1, .id = "A", .total = "5" } } },
		  { "ambiguous ours || | A other-document 80 5.00 = 5.00 | B other-document 80 "
		    "5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .on = 1, .id = "B", .total = "5" },
			      { .on = 1, .id = "A", .total = "6" } } },
		  { "matched ours | B 80 5.00 = 5.00 || | A difference-amount 30 5.00 = 6.00 - "
		    "1.00 difference" } },
		/* copies of one document count once, the sound one of them */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .on = 1, .id = "A", .total = "9", .verdict = CLA_VERDICT_FAIL },
			      { .on = 1, .id = "a", .total = "5", .verdict = CLA_VERDICT_PASS } } },
		  { "matched ours | a 80 5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "10" } },
		    .docs = { { .on = 1, .id = "A", .total = "5" },
			      { .on = 1, .id = "A", .total = "5", .bytes = "pretty" } } },
		  { "missing ours || | A difference-amount 30 10.00 = 5.00 + 5.00 difference" } },
		/* sums: exact before explained, the smallest, not beyond four */
		{ { .exps = { { .uuid = "u1", .amount = "500" } },
		    .docs = { { .on = 1, .id = "A", .total = "300" },
			      { .on = 1, .id = "B", .total = "200", .date = "2024-11-13" } } },
		  { "matched ours | A 65 500.00 = 300.00 + 200.00 | B 65 500.00 = 300.00 + "
		    "200.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "638", .merchant = "BAR" } },
		    .docs = { { .on = 1, .id = "A", .total = "580" },
			      { .on = 1, .id = "B", .total = "58" } } },
		  { "matched ours | A 70 638.00 = 580.00 + 58.00 | B 70 638.00 = 580.00 + "
		    "58.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "638", .merchant = "BAR" } },
		    .docs = { { .on = 1, .id = "A", .total = "580" },
			      { .on = 1, .id = "B", .total = "58.01" } } },
		  { "matched ours | A 60 638.00 = 580.00 + 58.00 tip [tip] || | B "
		    "difference-amount 30 638.00 = 58.01 + "
		    "579.99 difference" } },
		{ { .exps = { { .uuid = "u1", .amount = "638" } },
		    .docs = { { .on = 1, .id = "A", .total = "580" },
			      { .on = 1, .id = "B", .total = "58.01" } } },
		  { "matched ours | A 65 638.00 = 580.00 + 58.01 - 0.01 cents [cents] | B 65 "
		    "638.00 = 580.00 + 58.01 - "
		    "0.01 cents [cents]" } },
		{ { .exps = { { .uuid = "u1", .amount = "6" } },
		    .docs = { { .on = 1, .id = "A", .total = "1" },
			      { .on = 1, .id = "B", .total = "2" },
			      { .on = 1, .id = "C", .total = "3" },
			      { .on = 1, .id = "D", .total = "0" },
			      { .on = 1, .id = "E", .total = "4", .currency = "USD" } } },
		  { "matched ours | A 70 6.00 = 1.00 + 2.00 + 3.00 | B 70 6.00 = 1.00 + 2.00 + "
		    "3.00 | C 70 6.00 = 1.00 + "
		    "2.00 + 3.00 || | D difference-amount 30 6.00 = 0.00 + 6.00 difference | E "
		    "difference-amount 30 6.00 "
		    "MXN = 4.00 USD x ?" } },
		{ { .exps = { { .uuid = "u1", .amount = "10" } },
		    .docs = { { .on = 1, .id = "A", .total = "1" },
			      { .on = 1, .id = "B", .total = "2" },
			      { .on = 1, .id = "C", .total = "3" },
			      { .on = 1, .id = "D", .total = "4" } } },
		  { "matched ours | A 70 10.00 = 1.00 + 2.00 + 3.00 + 4.00 | B 70 10.00 = 1.00 + "
		    "2.00 + 3.00 + 4.00 | C 70 "
		    "10.00 = 1.00 + 2.00 + 3.00 + 4.00 | D 70 10.00 = 1.00 + 2.00 + 3.00 + "
		    "4.00" } },
		/* the smallest set, though a larger one adds up as well */
		{ { .exps = { { .uuid = "u1", .amount = "6" } },
		    .docs = { { .on = 1, .id = "A", .total = "1" },
			      { .on = 1, .id = "B", .total = "2" },
			      { .on = 1, .id = "C", .total = "3" },
			      { .on = 1, .id = "D", .total = "5" } } },
		  { "matched ours | A 70 6.00 = 1.00 + 5.00 | D 70 6.00 = 1.00 + 5.00 || | B "
		    "difference-amount 30 6.00 = "
		    "2.00 + 4.00 difference | C difference-amount 30 6.00 = 3.00 + 3.00 "
		    "difference" } },
		{ { .exps = { { .uuid = "u1", .amount = "6" } },
		    .docs = { { .on = 1, .id = "A", .total = "1" },
			      { .on = 1, .id = "B", .total = "2.01" },
			      { .on = 1, .id = "C", .total = "3.01" },
			      { .on = 1, .id = "D", .total = "4.99" } } },
		  { "matched ours | A 65 6.00 = 1.00 + 4.99 + 0.01 cents [cents] | D 65 6.00 = "
		    "1.00 + 4.99 + 0.01 cents "
		    "[cents] || | B difference-amount 30 6.00 = 2.01 + 3.99 difference | C "
		    "difference-amount 30 6.00 = 3.01 "
		    "+ 2.99 difference" } },
		/* only what is of the right type and day adds up */
		{ { .exps = { { .uuid = "u1", .amount = "3" } },
		    .docs = { { .on = 1, .id = "A", .total = "1", .type = "E" },
			      { .on = 1, .id = "B", .total = "2" } } },
		  { "missing ours || | A type 30 3.00 = 1.00 + 2.00 difference | B "
		    "difference-amount 30 3.00 = 2.00 + 1.00 "
		    "difference" } },
		{ { .exps = { { .uuid = "u1", .amount = "3" } },
		    .docs = { { .on = 1, .id = "A", .total = "1", .date = "2023-11-10" },
			      { .on = 1, .id = "B", .total = "2" } } },
		  { "missing ours || | B difference-amount 30 3.00 = 2.00 + 1.00 difference | A "
		    "difference-amount 10 3.00 = "
		    "1.00 + 2.00 difference" } },
		/* two sums as good */
		{ { .exps = { { .uuid = "u1", .amount = "3" } },
		    .docs = { { .on = 1, .id = "A", .total = "1" },
			      { .on = 1, .id = "B", .total = "2" },
			      { .on = 1, .id = "C", .total = "2.00" },
			      { .on = 1, .id = "D", .total = "9" } } },
		  { "ambiguous ours || | A other-document 30 3.00 = 1.00 + 2.00 difference | B "
		    "other-document 30 3.00 = 2.00 "
		    "+ 1.00 difference | C other-document 30 3.00 = 2.00 + 1.00 difference | D "
		    "difference-amount 30 3.00 = "
		    "9.00 - 6.00 difference" } },
		/* a foreign sum */
		{ { .exps = { { .uuid = "u1",
				.amount = "1850",
				.original = "100",
				.original_currency = "USD" } },
		    .docs = { { .on = 1, .id = "A", .total = "60", .currency = "USD" },
			      { .on = 1, .id = "B", .total = "40", .currency = "USD" } } },
		  { "matched ours | A 70 1850.00 = 100.00 USD x 18.50; 100.00 = 60.00 + 40.00 [fx] "
		    "| B 70 1850.00 = 100.00 "
		    "USD x 18.50; 100.00 = 60.00 + 40.00 [fx]" } },
	};

	(void)state;
	check_rows(rows, CLA_LEN(rows));
}

static void a_document_on_the_wrong_charge_names_the_right_one(void **state)
{
	static const struct table_row rows[] = {
		/* swapped: each says where it fits, none is moved */
		{ { .exps = { { .uuid = "u1", .amount = "5" }, { .uuid = "u2", .amount = "7" } },
		    .docs = { { .on = 1, .id = "A", .total = "7" },
			      { .on = 2, .id = "B", .total = "5" } } },
		  { "missing ours || | A other-expense u2 30 5.00 = 7.00 - 2.00 difference",
		    "missing ours || | B other-expense u1 30 7.00 = 5.00 + 2.00 difference" } },
		/* by its day too; the nearest, then the lowest uuid */
		{ { .exps = { { .uuid = "u1", .amount = "5", .date = "2024-09-10" },
			      { .uuid = "u4", .amount = "5" },
			      { .uuid = "u3", .amount = "5", .date = "2024-11-09" },
			      { .uuid = "u2", .amount = "5", .date = "2024-11-01" } },
		    .docs = { { .on = 1, .id = "A", .total = "5" } } },
		  { "missing ours || | A other-expense u3 60 5.00 = 5.00", "missing unknown" } },
		/* a credit note on a purchase belongs to the refund */
		{ { .exps = { { .uuid = "u1", .amount = "5" },
			      { .uuid = "u2", .amount = "-5", .type = "REFUND" } },
		    .docs = { { .on = 1, .id = "A", .total = "5", .type = "E" } } },
		  { "missing ours || | A other-expense u2 80 5.00 = 5.00", "missing unknown" } },
		/* what needs no document, or lies outside the window, is no better place */
		{ { .exps = { { .uuid = "u1", .amount = "5" },
			      { .uuid = "u2", .amount = "7", .type = "FEE" },
			      { .uuid = "u3", .amount = "7", .date = "2024-10-01" } },
		    .docs = { { .on = 1, .id = "A", .total = "7" } } },
		  { "missing ours || | A difference-amount 30 5.00 = 7.00 - 2.00 difference" } },
		/* one that fits where it hangs stays there */
		{ { .exps = { { .uuid = "u1", .amount = "5", .date = "2024-11-05" },
			      { .uuid = "u2", .amount = "5" } },
		    .docs = { { .on = 1, .id = "A", .total = "5" } } },
		  { "matched ours | A 75 5.00 = 5.00", "missing unknown" } },
	};

	(void)state;
	check_rows(rows, CLA_LEN(rows));
}

/* ---- the pool ---- */

#define FOLIO "5F1B2C3D-0000-4000-8000-00000000000A"
#define LOWER "5f1b2c3d-0000-4000-8000-00000000000a"

static void imported_documents_are_taken_when_nothing_else_fits(void **state)
{
	static const struct table_row rows[] = {
		/* amount, day and receiver agree, and nobody else wants it */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5" } } },
		  { "matched ours | A 80 5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5.03" } } },
		  { "matched ours | A 75 5.00 = 5.03 - 0.03 cents [cents]" } },
		{ { .exps = { { .uuid = "u1", .amount = "103" } },
		    .docs = { { .id = "A", .total = "100", .local = "3" } } },
		  { "matched ours | A 70 103.00 = 100.00 + 3.00 local-tax [local-tax]" } },
		{ { .exps = { { .uuid = "u1", .amount = "90" } },
		    .docs = { { .id = "A", .total = "100", .discount = "10" } } },
		  { "matched ours | A 70 90.00 = 100.00 - 10.00 discount [discount]" } },
		{ { .exps = { { .uuid = "u1",
				.amount = "1850",
				.original = "100",
				.original_currency = "USD" } },
		    .docs = { { .id = "A", .total = "100", .currency = "USD" } } },
		  { "matched ours | A 80 1850.00 = 100.00 USD x 18.50 [fx]" } },
		/* papers of other companies are not even candidates: the pool is everybody's */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5", .receiver = OTHER },
			      { .id = "B", .total = "5", .receiver = SISTER },
			      { .id = "C", .total = "5", .receiver = "" } } },
		  { "missing unknown" } },
		{ { .tax_id = "",
		    .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5" } } },
		  { "missing unknown" } },
		/* wrong amount, day, type, kind */
		{ { .exps = { { .uuid = "u1", .amount = "5", .merchant = "BAR" } },
		    .docs = { { .id = "A", .total = "5.06" },
			      { .id = "B", .total = "5", .date = "2024-11-06" },
			      { .id = "C", .total = "5", .date = "2024-12-12" },
			      { .id = "D", .total = "5", .type = "E" },
			      { .id = "E", .total = "5", .kind = CLA_DOC_XML },
			      { .id = "F", .total = "5", .currency = "USD" },
			      { .id = "G", .total = "4.50" } } },
		  { "missing unknown" } },
		/* two as good for one charge; the better of two */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "B", .total = "5" }, { .id = "A", .total = "5" } } },
		  { "ambiguous unknown || | A other-document 80 5.00 = 5.00 | B other-document 80 "
		    "5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "B", .total = "5" },
			      { .id = "A", .total = "5", .date = "2024-11-15" } } },
		  { "matched ours | B 80 5.00 = 5.00 || | A other-document 75 5.00 = 5.00" } },
		/* one document that two charges want: as much, or one of them more */
		{ { .exps = { { .uuid = "u2", .amount = "5" }, { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5" } } },
		  { "missing unknown || | A other-expense u1 80 5.00 = 5.00",
		    "missing unknown || | A other-expense u2 80 5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "5", .date = "2024-11-03" },
			      { .uuid = "u2", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5" } } },
		  { "missing unknown || | A other-expense u2 75 5.00 = 5.00",
		    "matched ours | A 80 5.00 = 5.00" } },
		/* two charges, two documents, told apart by their days */
		{ { .exps = { { .uuid = "u1", .amount = "5", .date = "2024-11-01" },
			      { .uuid = "u2", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5" },
			      { .id = "B", .total = "5", .date = "2024-11-01" } } },
		  { "matched ours | B 80 5.00 = 5.00 || | A other-expense u2 70 5.00 = 5.00",
		    "matched ours | A 80 5.00 = 5.00" } },
		/* an attached document comes first, and one that is attached anywhere is in no pool
		 */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .on = 1,
				.id = "A",
				.total = "5",
				.date = "2024-11-30",
				.receiver = OTHER },
			      { .id = "B", .total = "5" } } },
		  { "matched other | A 60 5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "5" }, { .uuid = "u2", .amount = "7" } },
		    .docs = { { .on = 2, .id = "A", .total = "5" },
			      { .id = "a", .total = "5", .bytes = "pretty" },
			      { .on = 2, .id = "B", .total = "3", .bytes = "b" },
			      { .id = "X", .total = "5", .bytes = "b" } } },
		  { "missing unknown" } },
		/* beside attached ones that do not fit */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .on = 1, .id = "A", .total = "9" }, { .id = "B", .total = "5" } } },
		  { "matched ours | B 80 5.00 = 5.00 || | A difference-amount 30 5.00 = 9.00 - "
		    "4.00 difference" } },
		/* copies in the pool count once */
		{ { .exps = { { .uuid = "u1", .amount = "5" } },
		    .docs = { { .id = "A", .total = "5" },
			      { .id = "a",
				.total = "5",
				.bytes = "x",
				.verdict = CLA_VERDICT_PASS } } },
		  { "matched ours | A 80 5.00 = 5.00" } },
	};

	(void)state;
	check_rows(rows, CLA_LEN(rows));
}

static void claims_go_before_chance(void **state)
{
	static const struct table_row rows[] = {
		/* a folio, in either case, whoever is the receiver; tips and own rates may explain
		   it */
		{ { .exps = { { .uuid = "u1", .amount = "5", .folio = LOWER } },
		    .docs = { { .id = FOLIO, .total = "5", .receiver = OTHER } } },
		  { "matched other | " FOLIO " 80 5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "638", .folio = LOWER, .tip = "58" } },
		    .docs = { { .id = FOLIO, .total = "580" } } },
		  { "matched ours | " FOLIO " 85 638.00 = 580.00 + 58.00 tip [tip]" } },
		{ { .exps = { { .uuid = "u1", .amount = "1860", .folio = FOLIO } },
		    .docs = { { .id = FOLIO,
				.total = "100",
				.currency = "USD",
				.rate = "18.50" } } },
		  { "matched ours | " FOLIO " 75 1860.00 = 100.00 USD x 18.50 + 10.00 fx [fx]" } },
		/* one that does not fit is shown, not taken */
		{ { .exps = { { .uuid = "u1", .amount = "5", .folio = LOWER } },
		    .docs = { { .id = FOLIO, .total = "9" } } },
		  { "missing unknown || | " FOLIO
		    " difference-amount 40 5.00 = 9.00 - 4.00 difference" } },
		{ { .exps = { { .uuid = "u1", .amount = "5", .folio = LOWER } },
		    .docs = { { .id = FOLIO, .total = "5", .date = "2024-01-01" } } },
		  { "missing unknown || | " FOLIO " date-window 70 5.00 = 5.00" } },
		{ { .exps = { { .uuid = "u1", .amount = "5", .folio = LOWER } },
		    .docs = { { .id = FOLIO, .total = "5", .type = "P" } } },
		  { "missing unknown || | " FOLIO " type 90 5.00 = 5.00" } },
		/* a claim beats another charge's better day, and an equal document that nobody
		   claims */
		{ { .exps = { { .uuid = "u1", .amount = "5" },
			      { .uuid = "u2",
				.amount = "5",
				.date = "2024-11-01",
				.folio = LOWER } },
		    .docs = { { .id = FOLIO, .total = "5" }, { .id = "B", .total = "5" } } },
		  { "matched ours | B 80 5.00 = 5.00",
		    "matched ours | " FOLIO " 80 5.00 = 5.00" } },
		/* two that claim one: both have it, and reuse says so */
		{ { .exps = { { .uuid = "u1", .amount = "5", .folio = LOWER },
			      { .uuid = "u2", .amount = "5", .folio = LOWER } },
		    .docs = { { .id = FOLIO, .total = "5" } } },
		  { "matched ours | " FOLIO " 90 5.00 = 5.00",
		    "matched ours | " FOLIO " 90 5.00 = 5.00" } },
		/* from the pool, by a payment's code; or by its amount, if it names us */
		{ { .country = CLA_COUNTRY_BR,
		    .exps = { { .uuid = "u1", .amount = "410", .code = "R2" },
			      { .uuid = "u2", .amount = "1000", .code = "R1" } },
		    .docs = { { .id = "A",
				.total = "1410",
				.receiver = "",
				.paid = { { "03", "1000.00", "R1" },
					  { "04", "410.00", "R2" } } } } },
		  { "matched unknown | A 80 410.00 = 1410.00 - 1000.00 other payments",
		    "matched unknown | A 80 1000.00 = 1410.00 - 410.00 other payments" } },
		{ { .country = CLA_COUNTRY_BR,
		    .exps = { { .uuid = "u1", .amount = "410" } },
		    .docs = { { .id = "A",
				.total = "1410",
				.paid = { { "01", "1000.00", NULL },
					  { "04", "410.00", "R2" } } } } },
		  { "matched ours | A 70 410.00 = 1410.00 - 1000.00 other payments" } },
		/* an authorization code, when the amount agrees too */
		{ { .country = CLA_COUNTRY_BR,
		    .exps = { { .uuid = "u1", .amount = "5", .code = "012345" } },
		    .docs = { { .id = "A", .total = "5", .code = "012345", .receiver = "" } } },
		  { "matched unknown | A 80 5.00 = 5.00" } },
		{ { .country = CLA_COUNTRY_BR,
		    .exps = { { .uuid = "u1", .amount = "5", .code = "012345" } },
		    .docs = { { .id = "A", .total = "6", .code = "012345", .receiver = "" } } },
		  { "missing unknown" } },
		{ { .country = CLA_COUNTRY_BR,
		    .exps = { { .uuid = "u1", .amount = "5", .code = "012345" } },
		    .docs = { { .id = "A", .total = "5", .code = "012345", .receiver = "" },
			      { .id = "B", .total = "5", .code = "012345", .receiver = "" } } },
		  { "ambiguous unknown || | A other-document 80 5.00 = 5.00 | B other-document 80 "
		    "5.00 = 5.00" } },
	};

	(void)state;
	check_rows(rows, CLA_LEN(rows));
	/* which imported files were taken */
	cla_auto_match struct cla_match *m = run_month(&rows[6].month);
	for (size_t i = 0; i < 2; i++) {
		const struct doc *d = &rows[6].month.docs[1 - i];
		struct cla_digest due = digest_of(d->id, d->total);
		struct outcome o = result(m, i);
		assert_true(cla_digest_eq(&o.imported, &due));
	}
}

static void papers_of_others_hide_none_of_ours(void **state)
{
	cla_auto_match struct cla_match *m = new_match(CLA_COUNTRY_MX, NULL);

	(void)state;
	(void)add_exp(m, CLA_COUNTRY_MX, &(struct exp){ .uuid = "u1", .amount = "5" });
	for (int i = 0; i < 17; i++) {
		char id[16];
		(void)snprintf(id, sizeof(id), "A%02d", i);
		add_doc(m, CLA_COUNTRY_MX,
			&(struct doc){ .id = id, .total = "5", .receiver = OTHER },
			CLA_MATCH_IMPORTED);
	}
	add_doc(m, CLA_COUNTRY_MX, &(struct doc){ .id = "B", .total = "5" }, CLA_MATCH_IMPORTED);
	assert_true(cla_match_run(m, NULL));
	assert_brief(m, 0, "matched ours | B 80 5.00 = 5.00");
}

/* Neither do those of ours that other charges claim. */
static void claimed_papers_hide_no_other(void **state)
{
	cla_auto_match struct cla_match *m = new_match(CLA_COUNTRY_MX, NULL);

	(void)state;
	for (int i = 0; i < 17; i++) {
		char id[40], uuid[16];
		(void)snprintf(id, sizeof(id), "5F1B2C3D-0000-4000-8000-0000000000%02u",
			       (unsigned)i % 100u);
		(void)snprintf(uuid, sizeof(uuid), "u%02d", i);
		(void)add_exp(m, CLA_COUNTRY_MX,
			      &(struct exp){ .uuid = uuid, .amount = "5", .folio = id });
		add_doc(m, CLA_COUNTRY_MX, &(struct doc){ .id = id, .total = "5" },
			CLA_MATCH_IMPORTED);
	}
	size_t last = add_exp(m, CLA_COUNTRY_MX, &(struct exp){ .uuid = "u99", .amount = "5" });
	add_doc(m, CLA_COUNTRY_MX, &(struct doc){ .id = "Z", .total = "5" }, CLA_MATCH_IMPORTED);
	assert_true(cla_match_run(m, NULL));
	assert_brief(m, last, "matched ours | Z 80 5.00 = 5.00");
}

static void an_expense_is_found_by_its_uuid(void **state)
{
	cla_auto_match struct cla_match *m = new_match(CLA_COUNTRY_MX, NULL);
	size_t index = 99;
	bool found = true;

	(void)state;
	assert_true(cla_match_find(m, CLA_STR("u1"), &index, &found, NULL));
	assert_false(found);
	(void)add_exp(m, CLA_COUNTRY_MX, &(struct exp){ .uuid = "u0", .amount = "5" });
	size_t due = add_exp(m, CLA_COUNTRY_MX, &(struct exp){ .uuid = "u1", .amount = "5" });
	assert_true(cla_match_find(m, CLA_STR("u1"), &index, &found, NULL));
	assert_true(found);
	assert_int_equal(index, due);
}

/* ---- reuse ---- */

static void assert_reused(const struct cla_match *m, size_t i, const char *due)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(1 << 20), text = CLA_BUF_INIT(1 << 20);
	cla_auto_json struct cla_json_doc *doc = NULL;
	size_t count = 0;

	(void)encoded(m, i, &json);
	assert_true(cla_json_parse(cla_buf_str(&json), &doc, NULL));
	const struct cla_json *x = cla_json_first(cla_json_get(cla_json_root(doc), "reused"));
	for (; x; x = cla_json_next(x), count++) {
		static const char *const keys[] = { "entity", "month", "kind", "uuid", "what" };
		for (size_t k = 0; k < CLA_LEN(keys); k++) {
			struct cla_str s = cla_json_string(cla_json_get(x, keys[k]));
			if (!cla_str_absent(s))
				cla_buf_addf(&text, CLA_STR_FMT " ", CLA_STR_ARG(s));
		}
		cla_buf_addc(&text, "| ");
	}
	assert_string_equal(cla_buf_cstr(&text), due);
	assert_int_equal(result(m, i).r.reused, count);
}

static void other_uses_are_listed_once_each(void **state)
{
	struct cla_match *m = new_match(CLA_COUNTRY_MX, NULL);
	const struct exp exps[] = { { .uuid = "u1", .amount = "5" },
				    { .uuid = "u2", .amount = "5" },
				    { .uuid = "u3", .amount = "5", .reimbursement = true },
				    { .uuid = "u4", .amount = "8", .folio = FOLIO },
				    { .uuid = "u5", .amount = "9", .type = "FEE" },
				    { .uuid = "u6", .amount = "1" } };
	/* one CFDI on two charges and a reimbursement, once pretty-printed; twice on the first */
	const struct doc docs[] = { { .id = "A", .total = "5", .bytes = "a" },
				    { .id = "a", .total = "5", .bytes = "pretty" },
				    { .id = "A", .total = "5", .bytes = "a" },
				    { .id = FOLIO, .total = "8", .bytes = "f" } };
	struct cla_digest pdf = digest_of("pdf", NULL), f = digest_of("f", NULL),
			  a = digest_of("a", NULL);
	const struct cla_match_use uses[] = {
		{ CLA_STR("other"), CLA_STR("2024-10"), CLA_STR("tx"), CLA_STR("x2") },
		{ CLA_STR("acme"), CLA_STR("2024-12"), CLA_STR("tx"), CLA_STR("x1") },
		{ CLA_STR("acme"), CLA_STR("2024-11"), CLA_STR("tx"),
		  CLA_STR("u1") }, /* as an earlier run noted it */
		{ CLA_STR("acme"), CLA_STR("2024-11"), CLA_STR("tx"), CLA_STR("u2") },
		{ CLA_STR("acme"), CLA_STR("2024-10"), CLA_STR("reimbursement"), CLA_STR("u1") },
	};

	(void)state;
	for (size_t i = 0; i < CLA_LEN(exps); i++)
		(void)add_exp(m, CLA_COUNTRY_MX, &exps[i]);
	for (size_t i = 0; i < 3; i++)
		add_doc(m, CLA_COUNTRY_MX, &docs[i], i);
	add_doc(m, CLA_COUNTRY_MX, &docs[1], 0);
	add_doc(m, CLA_COUNTRY_MX, &docs[3], CLA_MATCH_IMPORTED);
	assert_true(cla_match_add_file(m, 3, &pdf, NULL));
	assert_true(cla_match_add_file(m, 4, &pdf, NULL));
	assert_true(cla_match_add_file(m, 4, &pdf, NULL));
	assert_true(cla_match_add_use(m, CLA_STR("a"), &a, &uses[0], NULL));
	assert_true(cla_match_add_use(m, CLA_STR_NONE, &f, &uses[1], NULL));
	assert_true(cla_match_add_use(m, CLA_STR("A"), NULL, &uses[2], NULL));
	assert_true(cla_match_add_use(m, CLA_STR("A"), &a, &uses[3], NULL));
	assert_true(cla_match_add_use(m, CLA_STR("A"), NULL, &uses[4],
				      NULL)); /* another kind: another expense */
	assert_true(cla_match_run(m, NULL));
	assert_reused(m, 0,
		      "reimbursement u3 id | tx u2 id | acme 2024-10 reimbursement u1 id | other "
		      "2024-10 tx x2 id | ");
	assert_reused(m, 1,
		      "reimbursement u3 id | tx u1 id | acme 2024-10 reimbursement u1 id | other "
		      "2024-10 tx x2 id | ");
	assert_reused(m, 2,
		      "tx u1 id | tx u2 id | acme 2024-10 reimbursement u1 id | other 2024-10 tx "
		      "x2 id | ");
	/* what was taken from the pool is a use too; a file counts by its bytes, also where no
	 * document is needed */
	assert_reused(m, 3, "tx u5 bytes | acme 2024-12 tx x1 bytes | ");
	assert_reused(m, 4, "tx u4 bytes | ");
	assert_reused(m, 5, "");
	cla_match_free(m);
}

/* Some kinds of documents have an id of any length: it is compared, not refused. */
static void an_id_of_any_length_is_seen_elsewhere(void **state)
{
	const struct cla_match_use use = { CLA_STR("acme"), CLA_STR("2024-10"), CLA_STR("tx"),
					   CLA_STR("x1") };
	cla_auto_match struct cla_match *m = new_match(CLA_COUNTRY_MX, NULL);
	char id[3001];

	(void)state;
	memset(id, 'a', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	(void)add_exp(m, CLA_COUNTRY_MX, &(struct exp){ .uuid = "u1", .amount = "5" });
	add_doc(m, CLA_COUNTRY_MX, &(struct doc){ .id = id, .total = "5", .bytes = "a" }, 0);
	id[0] = 'A';
	assert_true(cla_match_add_use(m, cla_str_from(id), NULL, &use, NULL));
	assert_true(cla_match_run(m, NULL));
	assert_reused(m, 0, "acme 2024-10 tx x1 id | ");
}

static void an_event_is_no_second_use_of_its_note(void **state)
{
	static const struct month month = {
		.country = CLA_COUNTRY_BR,
		.exps = { { .uuid = "u1", .amount = "5" }, { .uuid = "u2", .amount = "6" } },
		.docs = { { .on = 1, .id = "K", .total = "5" },
			  { .on = 2,
			    .id = "K",
			    .total = "",
			    .kind = CLA_DOC_NFE_EVENT,
			    .bytes = "event" } },
	};
	cla_auto_match struct cla_match *m = run_month(&month);

	(void)state;
	assert_reused(m, 0, "");
	assert_reused(m, 1, "");
}

static void a_file_on_everything_stays_bounded(void **state)
{
	enum { COUNT = 20000 };
	cla_auto_match struct cla_match *m = new_match(CLA_COUNTRY_MX, NULL);
	struct cla_digest logo = digest_of("logo", NULL);
	struct timespec from, to;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		char uuid[32];
		(void)snprintf(uuid, sizeof(uuid), "u%05zu", i);
		(void)add_exp(m, CLA_COUNTRY_MX, &(struct exp){ .uuid = uuid, .amount = "5" });
		assert_true(cla_match_add_file(m, i, &logo, NULL));
		add_doc(m, CLA_COUNTRY_MX, &(struct doc){ .id = uuid, .total = "5" },
			CLA_MATCH_IMPORTED);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_true(cla_match_run(m, NULL));
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	assert_true(to.tv_sec - from.tv_sec < 20); /* every one with every other would take hours */
	assert_int_equal(result(m, 0).r.reused, CLA_MATCH_MAX_REUSED);
	assert_int_equal(result(m, COUNT - 1).r.reused, CLA_MATCH_MAX_REUSED);
	assert_int_equal(result(m, COUNT - 1).r.state, CLA_MATCH_AMBIGUOUS);
}

/* ---- the whole ---- */

static void a_result_is_encoded_and_printed(void **state)
{
	static const struct month month = {
		.exps = { { .uuid = "u1", .amount = "638.00", .tip = "58" },
			  { .uuid = "u2", .amount = "580", .reimbursement = true } },
		.docs = { { .on = 1, .id = "A", .total = "580.00", .bytes = "x" },
			  { .on = 2, .id = "B", .total = "638", .bytes = "x" } },
	};
	cla_auto_match struct cla_match *m = run_month(&month);
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(1 << 16);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_digest d = digest_of("x", NULL);
	char hex[CLA_DIGEST_HEX], due[2048];
	size_t index;

	(void)state;
	(void)snprintf(due, sizeof(due),
		       "{\"candidates\":[],\"documents\":[{\"equation\":\"638.00 = 580.00 + 58.00 "
		       "tip\",\"explained\":[\"tip\"],"
		       "\"id\":\"A\",\"score\":75,\"sha256\":\"%s\"}],\"receiver\":\"ours\","
		       "\"reused\":[{\"entity\":null,"
		       "\"kind\":\"reimbursement\",\"month\":null,\"uuid\":\"u2\",\"what\":"
		       "\"bytes\"}],\"state\":\"matched\"}",
		       cla_digest_hex(&d, hex));
	assert_string_equal(encoded(m, 0, &out), due);
	cla_buf_reset(&out);
	assert_true(cla_match_print(m, 1, &out, NULL));
	(void)snprintf(
		due, sizeof(due),
		"{\"reimbursement\":\"u2\",\"amount\":\"580\",\"currency\":\"MXN\",\"date\":\"2024-"
		"11-10\","
		"\"state\":\"missing\",\"documents\":[],\"receiver\":\"ours\",\"candidates\":[{"
		"\"better\":\"u1\","
		"\"equation\":\"580.00 = 638.00 - 58.00 difference\",\"explained\":[],\"id\":\"B\","
		"\"reason\":\"other-expense\",\"score\":30,\"sha256\":\"%s\"}],\"reused\":[{"
		"\"entity\":null,"
		"\"kind\":\"tx\",\"month\":null,\"uuid\":\"u1\",\"what\":\"bytes\"}]}",
		hex);
	assert_string_equal(cla_buf_cstr(&out), due);
	cla_buf_reset(&out);
	assert_true(cla_match_print(m, 0, &out, NULL));
	assert_true(cla_str_starts(cla_buf_str(&out),
				   "{\"transaction\":\"u1\",\"amount\":\"638.00\","));
	/* out of range, and too late */
	assert_false(cla_match_encode(m, 2, &out, &err));
	assert_int_equal(err.code, CLA_ERR_INTERNAL);
	assert_false(cla_match_add_expense(m, &(struct cla_match_expense){ .uuid = CLA_STR("u") },
					   &index, &err));
	assert_false(cla_match_run(m, &err));
	struct cla_match_opts nowhere = { .country = CLA_COUNTRY_MX, .dir = "no/such/folder" };
	struct cla_match *none = NULL;
	assert_false(cla_match_new(&nowhere, &none, &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	cla_auto_match struct cla_match *early = new_match(CLA_COUNTRY_MX, NULL);
	assert_false(cla_match_encode(early, 0, &out, &err));
	assert_false(cla_match_add_file(early, 0, &d, &err));
	assert_true(cla_match_run(early, NULL)); /* nothing at all is a month too */
}

/* A month of awkward neighbours, added in many orders: every expense has the same result each time.
 */
static void the_order_of_adding_does_not_matter(void **state)
{
	enum { EXPS = 40, DOCS = 90, ROUNDS = 30 };
	static const char *const dates[] = { "2024-11-03", "2024-11-10", "2024-11-10",
					     "2024-11-12" };
	static const char *const amounts[] = { "5", "5.00", "7", "12", "638" };
	static const char *const totals[] = { "5", "7", "12", "5.03", "580", "2" };
	static const char *const receivers[] = { NULL, NULL, NULL, OTHER, "" };
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_str first[EXPS];
	uint64_t seed = 88172645463325252u;
	bool mem = true;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		size_t exp_order[EXPS], doc_order[DOCS], place[EXPS];
		for (size_t i = 0; i < EXPS; i++)
			exp_order[i] = i;
		for (size_t i = 0; i < DOCS; i++)
			doc_order[i] = i;
		for (size_t i = EXPS + DOCS; round && i-- > 0;) { /* shuffles both */
			size_t *list = i < EXPS ? exp_order : doc_order;
			size_t at = i < EXPS ? i : i - EXPS;
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			size_t other = seed % (at + 1), swap = list[at];
			list[at] = list[other];
			list[other] = swap;
		}
		cla_auto_match struct cla_match *m = new_match(CLA_COUNTRY_MX, NULL);
		for (size_t i = 0; i < EXPS; i++) {
			size_t k = exp_order[i];
			char uuid[16], claimed[40];
			(void)snprintf(uuid, sizeof(uuid), "u%02zu", k);
			(void)snprintf(claimed, sizeof(claimed),
				       "5f1b2c3d-0000-4000-8000-0000000000%02zu", k * 2 % 90);
			place[k] = add_exp(m, CLA_COUNTRY_MX,
					   &(struct exp){ .uuid = uuid,
							  .amount = amounts[k % CLA_LEN(amounts)],
							  .date = dates[k / 3 % CLA_LEN(dates)],
							  .merchant = k % 7 ? NULL : "BAR",
							  .folio = k % 6 ? NULL : claimed });
		}
		for (size_t i = 0; i < DOCS; i++) {
			size_t k = doc_order[i];
			char id[40], bytes[16];
			(void)snprintf(id, sizeof(id), "5F1B2C3D-0000-4000-8000-0000000000%02zu",
				       k % 80);
			(void)snprintf(bytes, sizeof(bytes), "b%zu", k % 85);
			add_doc(m, CLA_COUNTRY_MX,
				&(struct doc){ .id = id,
					       .total = totals[k % CLA_LEN(totals)],
					       .date = dates[k / 5 % CLA_LEN(dates)],
					       .receiver = receivers[k % CLA_LEN(receivers)],
					       .verdict =
						       k % 3 ? CLA_VERDICT_PASS : CLA_VERDICT_FAIL,
					       .bytes = bytes },
				k % 2 ? CLA_MATCH_IMPORTED : place[k % EXPS]);
		}
		assert_true(cla_match_run(m, NULL));
		for (size_t k = 0; k < EXPS; k++) {
			cla_auto_buf struct cla_buf out = CLA_BUF_INIT(1 << 16);
			(void)encoded(m, place[k], &out);
			if (!round)
				first[k] = cla_arena_str(&arena, cla_buf_str(&out), &mem);
			else
				assert_string_equal(cla_buf_cstr(&out), first[k].ptr);
		}
	}
	assert_true(mem);
}

static bool count_matched(void *ctx, size_t expense, const struct cla_match_result *r,
			  struct cla_err *err)
{
	size_t *matched = ctx;

	(void)expense, (void)err;
	*matched += r->state == CLA_MATCH_MATCHED;
	return true;
}

static void a_large_month_takes_a_moment(void **state)
{
	enum { EXPS = 10000, DOCS = 12000 };
	struct cla_match_opts opts = { .country = CLA_COUNTRY_MX,
				       .tax_id = CLA_STR(OURS),
				       .dir = "." }; /* as in a run: on disk */
	cla_auto_match struct cla_match *m = NULL;
	struct timespec from, to;
	size_t matched = 0;

	(void)state;
	assert_true(cla_match_new(&opts, &m, NULL));
	for (size_t i = 0; i < EXPS; i++) {
		char uuid[32], amount[32], date[16];
		(void)snprintf(uuid, sizeof(uuid), "u%05zu", i);
		(void)snprintf(amount, sizeof(amount), "%zu.%02zu", i % 3000 + 1, i % 100);
		(void)snprintf(date, sizeof(date), "2024-11-%02zu", i % 30 + 1);
		(void)add_exp(m, CLA_COUNTRY_MX,
			      &(struct exp){ .uuid = uuid, .amount = amount, .date = date });
	}
	for (size_t i = 0; i < DOCS; i++) {
		char id[32], total[32], date[32];
		(void)snprintf(id, sizeof(id), "d%05zu", i);
		(void)snprintf(total, sizeof(total), "%zu.%02zu", i % EXPS % 3000 + 1,
			       i % EXPS % 100);
		(void)snprintf(date, sizeof(date), "2024-11-%02zuT10:00:00", i % EXPS % 30 + 1);
		/* half of them attached, a tenth of these to the wrong charge, the rest imported */
		size_t on = i % 20 == 1 ? (i + 77) % EXPS : i % EXPS;
		add_doc(m, CLA_COUNTRY_MX, &(struct doc){ .id = id, .total = total, .date = date },
			i % 2 ? on : CLA_MATCH_IMPORTED);
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	assert_true(cla_match_run(m, NULL));
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	double seconds =
		(double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	print_message("%d expenses, %d documents: %.3f s\n", EXPS, DOCS, seconds);
	assert_true(seconds < 5.0); /* also under sanitizers, on a busy machine */
	assert_true(cla_match_each(m, count_matched, &matched, NULL));
	assert_true(matched > EXPS / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_document_is_compared_with_its_charge),
		cmocka_unit_test(brazilian_and_other_kinds),
		cmocka_unit_test(the_receiver_is_ours_a_sisters_or_anothers),
		cmocka_unit_test(the_worst_receiver_counts),
		cmocka_unit_test(several_documents_on_one_charge),
		cmocka_unit_test(a_document_on_the_wrong_charge_names_the_right_one),
		cmocka_unit_test(imported_documents_are_taken_when_nothing_else_fits),
		cmocka_unit_test(claims_go_before_chance),
		cmocka_unit_test(papers_of_others_hide_none_of_ours),
		cmocka_unit_test(claimed_papers_hide_no_other),
		cmocka_unit_test(an_expense_is_found_by_its_uuid),
		cmocka_unit_test(other_uses_are_listed_once_each),
		cmocka_unit_test(an_id_of_any_length_is_seen_elsewhere),
		cmocka_unit_test(an_event_is_no_second_use_of_its_note),
		cmocka_unit_test(a_file_on_everything_stays_bounded),
		cmocka_unit_test(a_result_is_encoded_and_printed),
		cmocka_unit_test(the_order_of_adding_does_not_matter),
		cmocka_unit_test(a_large_month_takes_a_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
