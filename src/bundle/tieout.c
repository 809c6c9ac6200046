/* bundle/tieout.c - the billing statements of the month against its charges.
 *
 * A statement says a total and lists its transactions. The total must be the sum of these, each of
 * them that falls into the month must be held with the same amount, and each charge held that names
 * the statement must be among them. What is not so is a difference with its reason: a finding for
 * people, never incompleteness - whether a payment or a rejected charge counts is the vendor's
 * habit, which nobody has written down.
 */
#include "bundle/gather_priv.h"

#include "base/dec.h"
#include "model/context.h"
#include "model/id/taxid.h"

#include <string.h>

bool cla_gather_put_bill(struct cla_gather *g, const struct cla_json *node, bool *is_new,
			 struct cla_err *err)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(1 << 16);
	struct cla_db_stmt *known, *put;
	struct cla_json_out o;
	struct cla_bill b;
	char uuid[37];
	bool found;

	cla_bill_read(node, &b);
	if (!cla_uuid_lower(b.uuid, uuid))
		return true;
	cla_json_out_begin(&o, &json);
	cla_bill_write(&o, &b);
	if (!cla_json_out_end(&o, err) ||
	    !cla_db_once(g->db, "SELECT 1 FROM bill WHERE uuid=?", &known, err) ||
	    !cla_db_once(g->db,
			 "INSERT OR REPLACE INTO bill(uuid, start, end, currency, total, status,"
			 " json) VALUES(?,?,?,?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(known, 1, cla_str_from(uuid));
	if (!cla_db_step(known, &found, err))
		return false;
	cla_db_reset(known);
	*is_new = !found;
	cla_db_bind_str(put, 1, cla_str_from(uuid));
	cla_db_bind_str(put, 2, b.start);
	cla_db_bind_str(put, 3, b.end);
	cla_db_bind_str(put, 4, b.currency);
	cla_db_bind_str(put, 5, b.total);
	cla_db_bind_str(put, 6, b.status);
	cla_db_bind_str(put, 7, cla_buf_str(&json));
	return cla_db_run(put, err);
}

/* ---- which statements, and what the store has of them ------------------------ */

static bool want(struct cla_gather *g, struct cla_str uuid, struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(g->db, "INSERT OR IGNORE INTO tieout(uuid, result, json) VALUES(?,'','')",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, uuid);
	return cla_db_run(put, err);
}

static bool choose(struct cla_gather *g, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *bills = NULL;
	bool row;

	if (!cla_db_exec(g->db,
			 "INSERT OR IGNORE INTO tieout(uuid, result, json) SELECT DISTINCT"
			 " statement, '', '' FROM expense WHERE statement IS NOT NULL AND kind=0",
			 err) ||
	    !cla_db_prepare(g->db, "SELECT uuid, start, end FROM bill", &bills, err))
		return false;
	for (;;) {
		if (!cla_db_step(bills, &row, err))
			return false;
		if (!row)
			return true;
		if (cla_plan_statement_touches(cla_db_str(bills, 1), cla_db_str(bills, 2),
					       g->month) &&
		    !want(g, cla_db_str(bills, 0), err))
			return false;
	}
}

/* The statement by itself says more than its entry in the list. */
static bool read_single(struct cla_gather *g, struct cla_str uuid, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(4096), key = CLA_BUF_INIT(65536);
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(CLA_ANSWER_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_capture c;
	bool found, is_new;

	if (!cla_plan_target(g->entity, CLA_RES_STATEMENT, uuid, g->month, 0, &target, err) ||
	    !cla_plan_month_key(g->entity, CLA_RES_STATEMENT, g->month, cla_buf_str(&target), &key,
				err) ||
	    !cla_store_current(g->store, cla_str_from(g->entity->name), cla_buf_str(&key),
			       g->cutoff, &arena, &c, &found, err))
		return false;
	if (!found)
		return cla_gather_note_gap(g, CLA_RES_STATEMENT, uuid, CLA_STR("not-asked"), 0,
					   err);
	if (!cla_gather_note_capture(g, &c, err))
		return false;
	if (!cla_str_absent(c.reason))
		return cla_gather_note_gap(g, CLA_RES_STATEMENT, uuid, c.reason, c.n, err);
	return cla_gather_note_answer(g, cla_resource_name(CLA_RES_STATEMENT), &c, err) &&
	       cla_store_get(g->store, &c.stored_sha256, &body, err) &&
	       cla_json_parse(cla_buf_str(&body), &doc, err) &&
	       cla_gather_put_bill(g, cla_json_root(doc), &is_new, err);
}

static bool take_row(struct cla_gather *g, const struct cla_json *item, void *ctx, bool *is_new,
		     struct cla_err *err)
{
	const struct cla_str *bill = ctx;
	struct cla_db_stmt *put;
	struct cla_row row;
	char uuid[37];

	if (!cla_row_read(CLA_EXPENSE_TX, item, &row, NULL) || !cla_uuid_lower(row.uuid, uuid))
		return true;
	if (!cla_db_once(g->db,
			 "INSERT OR IGNORE INTO bill_row(bill, uuid, amount, currency, day,"
			 " payment) VALUES(?,?,?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, *bill);
	cla_db_bind_str(put, 2, cla_str_from(uuid));
	cla_db_bind_str(put, 3, row.amount.amount);
	cla_db_bind_str(put, 4, row.amount.currency);
	cla_db_bind_str(put, 5,
			g->entity->basis == CLA_BASIS_OPERATION ? row.operation_date
								: row.accounting_date);
	cla_db_bind_int(put, 6, cla_str_eqc(row.type, "PAYMENT"));
	if (!cla_db_run(put, err))
		return false;
	*is_new = cla_db_changes(g->db) > 0;
	return true;
}

static bool read_rows(struct cla_gather *g, struct cla_str uuid, bool *whole, struct cla_err *err)
{
	return cla_gather_list(g, CLA_RES_STATEMENT_ROWS, uuid, take_row, &uuid, NULL, whole, err);
}

/* ---- comparing --------------------------------------------------------------- */

enum why {
	AMOUNT_DIFFERS,
	NOT_BILLED,
	NOT_HELD,
	NOT_LISTED,
	OTHER_CURRENCY,
	OUTSIDE_MONTH,
	PAYMENTS,
	ROWS_MISSING,
	TOTAL_DIFFERS,
	TOTAL_MISSING,
	REASONS,
};

/* Sorted by name; `bad`: a difference that nothing explains. */
static const struct {
	const char *name;
	bool bad;
} reasons[REASONS] = {
	[AMOUNT_DIFFERS] = { "amount-differs", true },
	[NOT_BILLED] = { "not-billed", false },
	[NOT_HELD] = { "not-held", true },
	[NOT_LISTED] = { "not-listed", true },
	[OTHER_CURRENCY] = { "other-currency", false },
	[OUTSIDE_MONTH] = { "outside-month", false },
	[PAYMENTS] = { "payments-not-counted", false },
	[ROWS_MISSING] = { "rows-missing", false },
	[TOTAL_DIFFERS] = { "total-differs", true },
	[TOTAL_MISSING] = { "total-missing", false },
};

struct tally {
	uint64_t count;
	struct cla_dec amount;
};

struct tieout {
	struct cla_gather *g;
	struct cla_str uuid;
	struct cla_bill bill; /* of the table: in the arena */
	bool whole;	      /* its transactions are known */
	struct tally rows, held, payments, why[REASONS];
	struct cla_dec difference;
};

static void add(struct tally *t, struct cla_dec amount)
{
	t->count++;
	if (amount.ok)
		t->amount = cla_dec_add(t->amount, amount);
}

static bool read_bill(struct tieout *t, struct cla_arena *arena, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row, mem = true;

	t->bill = (struct cla_bill){ 0 };
	if (!cla_db_once(t->g->db,
			 "SELECT start, end, currency, total, status FROM bill WHERE uuid=?", &stmt,
			 err))
		return false;
	cla_db_bind_str(stmt, 1, t->uuid);
	if (!cla_db_step(stmt, &row, err))
		return false;
	struct cla_str *to[] = { &t->bill.start, &t->bill.end, &t->bill.currency, &t->bill.total,
				 &t->bill.status };
	for (int i = 0; i < (int)CLA_LEN(to); i++)
		*to[i] = row ? cla_arena_str(arena, cla_db_str(stmt, i), &mem) : CLA_STR_NONE;
	return mem || cla_err_oom(err);
}

static bool in_month(const struct cla_gather *g, struct cla_str day)
{
	char first[CLA_TIME_TEXT], last[CLA_TIME_TEXT];

	cla_date_format(cla_month_first(g->month), first);
	cla_date_format(cla_month_last(g->month), last);
	return cla_str_absent(day) || (cla_str_cmp(day, cla_str_from(first)) >= 0 &&
				       cla_str_cmp(day, cla_str_from(last)) <= 0);
}

/* The statement's transactions, each against the charge of that uuid. */
static bool compare_rows(struct tieout *t, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool more;

	if (!cla_db_once(t->g->db,
			 "SELECT r.amount, r.currency, r.day, r.payment, e.uuid IS NOT NULL,"
			 " e.amount FROM bill_row r LEFT JOIN expense e ON e.uuid=r.uuid AND"
			 " e.kind=0 WHERE r.bill=? ORDER BY r.uuid",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, t->uuid);
	for (;;) {
		if (!cla_db_step(stmt, &more, err))
			return false;
		if (!more)
			return true;
		struct cla_dec amount = cla_dec_parse(cla_db_str(stmt, 0));
		struct cla_str currency = cla_db_str(stmt, 1);
		if (!cla_str_absent(currency) && !cla_str_absent(t->bill.currency) &&
		    !cla_str_eq(currency, t->bill.currency)) {
			add(&t->why[OTHER_CURRENCY], amount);
			continue;
		}
		add(&t->rows, amount);
		if (cla_db_int(stmt, 3))
			add(&t->payments, amount);
		struct cla_dec held = cla_dec_parse(cla_db_str(stmt, 5));
		if (!cla_db_int(stmt, 4))
			add(&t->why[in_month(t->g, cla_db_str(stmt, 2)) ? NOT_HELD : OUTSIDE_MONTH],
			    amount);
		else if (amount.ok != held.ok || (amount.ok && !cla_dec_eq(amount, held)))
			add(&t->why[AMOUNT_DIFFERS], cla_dec_sub(amount, held));
	}
}

/* What has not been settled, or was refused, is not billed. */
static bool is_billed(struct cla_str status)
{
	static const char *const not [] = { "REJECTED", "NOTIFICATION", "PRE_AUTHORIZED",
					    "SYSTEM_TRANSACTION" };

	for (size_t i = 0; i < CLA_LEN(not ); i++)
		if (cla_str_eqc(status, not [i]))
			return false;
	return true;
}

/* The charges that name the statement, each looked for among its transactions. */
static bool compare_held(struct tieout *t, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool more;

	if (!cla_db_once(t->g->db,
			 "SELECT e.amount, e.status, r.uuid IS NOT NULL FROM expense e LEFT"
			 " JOIN bill_row r ON r.bill=e.statement AND r.uuid=e.uuid"
			 " WHERE e.statement=? AND e.kind=0 ORDER BY e.uuid",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, t->uuid);
	for (;;) {
		if (!cla_db_step(stmt, &more, err))
			return false;
		if (!more)
			return true;
		struct cla_dec amount = cla_dec_parse(cla_db_str(stmt, 0));
		add(&t->held, amount);
		if (t->whole && !cla_db_int(stmt, 2))
			add(&t->why[is_billed(cla_db_str(stmt, 1)) ? NOT_LISTED : NOT_BILLED],
			    amount);
	}
}

/* Total less sum. Payments are left out of the sum where that brings it nearer to the total. */
static void compare_total(struct tieout *t)
{
	struct cla_dec total = cla_dec_parse(t->bill.total);
	struct cla_dec less = cla_dec_sub(t->rows.amount, t->payments.amount);

	if (!t->whole)
		t->why[ROWS_MISSING].count = 1;
	if (!total.ok)
		t->why[TOTAL_MISSING].count = 1;
	if (!t->whole || !total.ok)
		return;
	t->difference = cla_dec_sub(total, t->rows.amount);
	less = cla_dec_sub(total, less);
	if (!t->difference.ok || !less.ok)
		return;
	if (cla_dec_cmp(cla_dec_abs(less), cla_dec_abs(t->difference)) < 0) {
		t->why[PAYMENTS] = t->payments;
		t->difference = less;
	}
	if (cla_dec_sign(t->difference)) {
		t->why[TOTAL_DIFFERS].count = 1;
		t->why[TOTAL_DIFFERS].amount = t->difference;
	}
}

static const char *result_of(const struct tieout *t)
{
	bool bad = false;

	for (size_t i = 0; i < REASONS; i++)
		bad = bad || (reasons[i].bad && t->why[i].count);
	return bad							   ? "differs"
	       : t->why[ROWS_MISSING].count || t->why[TOTAL_MISSING].count ? "unknown"
									   : "agrees";
}

/* ---- writing ----------------------------------------------------------------- */

static void write_tally(struct cla_json_out *o, const struct tally *t)
{
	char text[CLA_DEC_TEXT];

	cla_json_out_object(o);
	cla_json_out_kcstr(o, "amount", cla_dec_format(t->amount, text));
	cla_json_out_kint(o, "count", (int64_t)t->count);
	cla_json_out_close(o);
}

static void write_entry(struct cla_json_out *o, const struct tieout *t)
{
	char text[CLA_DEC_TEXT];

	cla_json_out_object(o);
	cla_json_out_kstr(o, "currency", t->bill.currency);
	cla_json_out_kcstr(o, "difference",
			   t->difference.ok ? cla_dec_format(t->difference, text) : NULL);
	cla_json_out_kstr(o, "end", t->bill.end);
	cla_json_out_key(o, "held");
	write_tally(o, &t->held);
	cla_json_out_key(o, "reasons");
	cla_json_out_array(o);
	for (size_t i = 0; i < REASONS; i++) {
		if (!t->why[i].count)
			continue;
		cla_json_out_object(o);
		cla_json_out_kcstr(o, "amount", cla_dec_format(t->why[i].amount, text));
		cla_json_out_kint(o, "count", (int64_t)t->why[i].count);
		cla_json_out_kcstr(o, "reason", reasons[i].name);
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
	cla_json_out_kcstr(o, "result", result_of(t));
	cla_json_out_key(o, "rows");
	if (t->whole)
		write_tally(o, &t->rows);
	else
		cla_json_out_null(o);
	cla_json_out_kstr(o, "start", t->bill.start);
	cla_json_out_kstr(o, "statement", t->uuid);
	cla_json_out_kstr(o, "status", t->bill.status);
	cla_json_out_kstr(o, "total", t->bill.total);
	cla_json_out_close(o);
}

static bool tie_out(struct cla_gather *g, struct cla_str uuid, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(1 << 16);
	struct cla_db_stmt *put;
	struct tieout t = { .g = g, .uuid = uuid };
	struct tally *all[] = { &t.rows, &t.held, &t.payments };
	struct cla_json_out o;

	for (size_t i = 0; i < CLA_LEN(all); i++)
		all[i]->amount = CLA_DEC_ZERO;
	for (size_t i = 0; i < REASONS; i++)
		t.why[i].amount = CLA_DEC_ZERO;
	if (!read_single(g, uuid, err) || !read_rows(g, uuid, &t.whole, err) ||
	    !read_bill(&t, &arena, err) || !compare_rows(&t, err) || !compare_held(&t, err))
		return false;
	compare_total(&t);
	cla_json_out_begin(&o, &json);
	write_entry(&o, &t);
	if (!cla_json_out_end(&o, err) ||
	    !cla_db_once(g->db, "UPDATE tieout SET result=?, json=? WHERE uuid=?", &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(result_of(&t)));
	cla_db_bind_str(put, 2, cla_buf_str(&json));
	cla_db_bind_str(put, 3, uuid);
	return cla_db_run(put, err);
}

/* Charges whose statement is not known. */
static bool note_absent(struct cla_gather *g, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(g->db,
			    "SELECT e.uuid, p.reason, p.capture FROM expense e LEFT JOIN gap p ON"
			    " p.resource=? AND p.uuid=e.statement WHERE e.statement IS NOT NULL"
			    " AND e.statement NOT IN (SELECT uuid FROM bill)",
			    &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, CLA_RES_STATEMENT);
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		struct cla_str reason = cla_db_str(stmt, 1);
		if (!cla_gather_note_absent(g, cla_db_str(stmt, 0), "statement",
					    cla_str_absent(reason) ? CLA_STR("not-listed") : reason,
					    (uint64_t)cla_db_int(stmt, 2), err))
			return false;
	}
}

bool cla_gather_statements(struct cla_gather *g, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row, mem = true;

	if (!choose(g, err) ||
	    !cla_db_prepare(g->db, "SELECT uuid FROM tieout WHERE uuid>? ORDER BY uuid LIMIT 1",
			    &stmt, err))
		return false;
	for (struct cla_str uuid = CLA_STR("");;) {
		cla_db_reset(stmt);
		cla_db_bind_str(stmt, 1, uuid);
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return note_absent(g, err);
		uuid = cla_arena_str(&arena, cla_db_str(stmt, 0), &mem);
		if (!mem)
			return cla_err_oom(err);
		cla_db_reset(stmt);
		if (!tie_out(g, uuid, err))
			return cla_err_wrap(err, "statement " CLA_STR_FMT, CLA_STR_ARG(uuid));
	}
}
