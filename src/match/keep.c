#include "match/match_priv.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

/* `rank` orders copies of one document: the one with the best verdict first. */
static const char schema[] =
	"CREATE TABLE expense(i INTEGER PRIMARY KEY, kind INTEGER NOT NULL, uuid TEXT, type TEXT,"
	" status TEXT, date TEXT, amount TEXT, currency TEXT, original TEXT, original_currency "
	"TEXT,"
	" merchant TEXT, authorization_number TEXT, tip TEXT, folio TEXT);"
	"CREATE INDEX expense_uuid ON expense(uuid);"
	"CREATE TABLE paper(n INTEGER PRIMARY KEY, expense INTEGER, kind INTEGER NOT NULL,"
	" sha256 BLOB NOT NULL, id TEXT, total TEXT, currency TEXT, issued_at TEXT, type TEXT,"
	" discount TEXT, local_taxes TEXT, exchange_rate TEXT, payments TEXT,"
	" verdict INTEGER NOT NULL, receiver INTEGER NOT NULL, key TEXT NOT NULL, rank INTEGER,"
	" usable INTEGER NOT NULL);"
	"CREATE INDEX paper_of ON paper(expense) WHERE expense IS NOT NULL;"
	"CREATE INDEX paper_pool ON paper(key, rank, sha256, total, issued_at, n)"
	" WHERE expense IS NULL AND usable=1;"
	"CREATE TABLE charge(money TEXT, day INTEGER, uuid TEXT, i INTEGER,"
	" PRIMARY KEY(money, day, uuid, i)) WITHOUT ROWID;"
	"CREATE TABLE seen(by_bytes INTEGER, key BLOB, entity TEXT, month TEXT, kind TEXT,"
	" uuid TEXT, expense INTEGER, PRIMARY KEY(by_bytes, key, entity, month, kind, uuid, "
	"expense))"
	" WITHOUT ROWID;"
	"CREATE INDEX seen_of ON seen(expense);"
	"CREATE TABLE pool(p INTEGER PRIMARY KEY, n INTEGER NOT NULL, key TEXT NOT NULL,"
	" taken INTEGER NOT NULL);"
	"CREATE INDEX pool_key ON pool(key) WHERE key<>'';"
	"CREATE TABLE code(code TEXT, p INTEGER, PRIMARY KEY(code, p)) WITHOUT ROWID;"
	"CREATE TABLE place(money TEXT, day INTEGER, p INTEGER, PRIMARY KEY(money, day, p))"
	" WITHOUT ROWID;"
	"CREATE TABLE edge(p INTEGER, score INTEGER, uuid TEXT, expense INTEGER,"
	" PRIMARY KEY(p, score DESC, uuid, expense)) WITHOUT ROWID;"
	"CREATE INDEX edge_of ON edge(expense);"
	"CREATE TABLE outcome(i INTEGER PRIMARY KEY, state INTEGER NOT NULL, receiver INTEGER NOT "
	"NULL,"
	" documents INTEGER NOT NULL, candidates INTEGER NOT NULL, reused INTEGER NOT NULL,"
	" imported BLOB);"
	"CREATE TABLE entry(i INTEGER, n INTEGER, reason TEXT, better INTEGER, PRIMARY KEY(i, n))"
	" WITHOUT ROWID;";

void *cla_match_grow(struct cla_match_list *list, size_t size)
{
	if (!cla_grow(&list->items, &list->cap, list->count, size, NULL))
		return NULL;
	return memset((char *)list->items + list->count++ * size, 0, size);
}

void cla_match_list_clear(struct cla_match_list *list)
{
	free(list->items);
	*list = (struct cla_match_list){ 0 };
}

bool cla_match_keep_open(struct cla_match *m, const char *dir, struct cla_err *err)
{
	return cla_db_open_temp(dir, &m->db, err) && cla_db_exec(m->db, schema, err);
}

/* ---- expenses ---- */

bool cla_match_keep_expense(struct cla_match *m, const struct cla_match_side *e,
			    struct cla_err *err)
{
	const struct cla_str texts[] = {
		e->in.uuid,
		e->in.type,
		e->in.status,
		e->in.date,
		e->in.amount.amount,
		e->in.amount.currency,
		e->in.original.amount,
		e->in.original.currency,
		e->in.merchant,
		e->in.authorization_number,
		e->in.tip,
		e->in.folio_fiscal,
	};
	struct cla_db_stmt *put;

	if (!cla_db_once(m->db, "INSERT INTO expense VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &put,
			 err))
		return false;
	cla_db_bind_int(put, 1, (int64_t)m->expenses);
	cla_db_bind_int(put, 2, e->in.kind);
	for (size_t i = 0; i < CLA_LEN(texts); i++)
		cla_db_bind_str(put, (int)i + 3, texts[i]);
	if (!cla_db_run(put, err) || !cla_match_index(m, e, m->expenses, err))
		return false;
	m->expenses++;
	return true;
}

bool cla_match_expense(const struct cla_match *m, size_t i, struct cla_arena *arena,
		       struct cla_match_side *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	struct cla_match_expense in = { 0 };
	struct cla_str *const texts[] = {
		&in.uuid,
		&in.type,
		&in.status,
		&in.date,
		&in.amount.amount,
		&in.amount.currency,
		&in.original.amount,
		&in.original.currency,
		&in.merchant,
		&in.authorization_number,
		&in.tip,
		&in.folio_fiscal,
	};
	bool row, mem = true;

	if (!cla_db_once(m->db,
			 "SELECT kind, uuid, type, status, date, amount, currency, original,"
			 " original_currency, merchant, authorization_number, tip, folio"
			 " FROM expense WHERE i=?",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)i);
	if (!cla_db_step(stmt, &row, err))
		return false;
	if (!row)
		return cla_err_set(err, CLA_ERR_INTERNAL, "matching: no such expense");
	in.kind = (enum cla_expense_kind)cla_db_int(stmt, 0);
	for (size_t k = 0; k < CLA_LEN(texts); k++)
		*texts[k] = cla_arena_str(arena, cla_db_str(stmt, (int)k + 1), &mem);
	cla_match_read_expense(&m->opts, &in, ret);
	return mem || cla_err_oom(err);
}

/* ---- documents ---- */

/* Payments as lines of form, amount and code. XML has no such characters in them but where somebody
 * means harm: his lines read as something else, and match nothing. */
static void write_payments(const struct cla_payment *payments, struct cla_buf *out)
{
	for (const struct cla_payment *p = payments; p; p = p->next)
		cla_buf_addf(out, CLA_STR_FMT "\t" CLA_STR_FMT "\t" CLA_STR_FMT "\n",
			     CLA_STR_ARG(p->form), CLA_STR_ARG(p->amount),
			     CLA_STR_ARG(p->authorization));
}

static const struct cla_payment *read_payments(struct cla_str lines, struct cla_arena *arena,
					       bool *mem)
{
	struct cla_payment *first = NULL, **end = &first;

	while (lines.len && *mem) {
		struct cla_payment *p = cla_arena_alloc(arena, sizeof(*p));
		struct cla_str line;

		(void)cla_str_cut(lines, '\n', &line, &lines);
		if (!p) {
			*mem = false;
			break;
		}
		(void)cla_str_cut(line, '\t', &p->form, &line);
		(void)cla_str_cut(line, '\t', &p->amount, &p->authorization);
		*end = p;
		end = &p->next;
	}
	return first;
}

#define LONGEST_PAYMENTS (1 << 20)

bool cla_match_keep_paper(struct cla_match *m, const struct cla_match_paper *d, struct cla_err *err)
{
	cla_auto_buf struct cla_buf payments = CLA_BUF_INIT(LONGEST_PAYMENTS);
	const struct cla_match_doc *in = &d->in;

	write_payments(in->payments, &payments);
	if (!cla_buf_ok(&payments, err))
		return false;
	const struct cla_str texts[] = {
		in->id,	      in->total,       in->currency,	  in->issued_at,	 in->type,
		in->discount, in->local_taxes, in->exchange_rate, cla_buf_str(&payments)
	};
	bool imported = in->expense == CLA_MATCH_IMPORTED;
	struct cla_db_stmt *put;
	int at = 1;

	if (!cla_db_once(m->db, "INSERT INTO paper VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_int(put, at++, (int64_t)m->docs);
	if (imported)
		cla_db_bind_null(put, at++);
	else
		cla_db_bind_int(put, at++, (int64_t)in->expense);
	cla_db_bind_int(put, at++, in->kind);
	cla_db_bind_blob(put, at++, in->sha256.bytes, sizeof(in->sha256.bytes));
	for (size_t i = 0; i < CLA_LEN(texts); i++)
		cla_db_bind_str(put, at++, texts[i]);
	cla_db_bind_int(put, at++, (int64_t)in->verdict);
	cla_db_bind_int(put, at++, d->receiver);
	cla_db_bind_str(put, at++, d->key.len ? d->key : CLA_STR(""));
	cla_db_bind_int(put, at++, d->key.len ? (int64_t)in->verdict : 0);
	cla_db_bind_int(put, at++, d->fiscal && d->readable);
	if (!cla_db_run(put, err))
		return false;
	m->docs++;
	m->imported += imported;
	return true;
}

bool cla_match_paper(struct cla_db_stmt *stmt, struct cla_arena *arena, struct cla_match_paper *ret,
		     struct cla_err *err)
{
	struct cla_match_doc in = { 0 };
	struct cla_str payments = CLA_STR_NONE;
	struct cla_str *const texts[] = { &in.id,	   &in.total,	      &in.currency,
					  &in.issued_at,   &in.type,	      &in.discount,
					  &in.local_taxes, &in.exchange_rate, &payments };
	bool mem = true;
	int at = 4;

	in.expense = cla_db_is_null(stmt, 1) ? CLA_MATCH_IMPORTED : (size_t)cla_db_int(stmt, 1);
	in.kind = (enum cla_doc_kind)cla_db_int(stmt, 2);
	if (!cla_db_bytes(stmt, 3, in.sha256.bytes, sizeof(in.sha256.bytes), err))
		return false;
	for (size_t i = 0; i < CLA_LEN(texts); i++)
		*texts[i] = cla_arena_str(arena, cla_db_str(stmt, at++), &mem);
	in.payments = read_payments(payments, arena, &mem);
	in.verdict = (enum cla_verdict)cla_db_int(stmt, at++);
	if (!mem)
		return cla_err_oom(err);
	if (!cla_match_read_paper(&in, arena, ret, err))
		return false;
	ret->receiver = (enum cla_receiver)cla_db_int(stmt, at);
	ret->n = (size_t)cla_db_int(stmt, 0);
	return true;
}

bool cla_match_papers(const struct cla_match *m, size_t expense, struct cla_arena *arena,
		      struct cla_match_list *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(m->db, "SELECT " CLA_MATCH_PAPER " FROM paper WHERE expense=? ORDER BY n",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)expense);
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		struct cla_match_paper *d = cla_match_grow(ret, sizeof(*d));
		if (!d)
			return cla_err_oom(err);
		if (!cla_match_paper(stmt, arena, d, err))
			return false;
	}
}

/* ---- what was decided ---- */

static bool keep_entry(struct cla_match *m, size_t expense, const struct cla_match_entry *entry,
		       struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(m->db, "INSERT OR REPLACE INTO entry VALUES(?,?,?,?)", &put, err))
		return false;
	cla_db_bind_int(put, 1, (int64_t)expense);
	cla_db_bind_int(put, 2, (int64_t)entry->paper->n);
	cla_db_bind_str(put, 3, entry->reason);
	if (entry->better == CLA_MATCH_NOBODY)
		cla_db_bind_null(put, 4);
	else
		cla_db_bind_int(put, 4, (int64_t)entry->better);
	return cla_db_run(put, err);
}

bool cla_match_keep_outcome(struct cla_match *m, size_t expense,
			    const struct cla_match_outcome *out,
			    const struct cla_match_entry *entries, size_t count,
			    struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(m->db, "INSERT OR REPLACE INTO outcome VALUES(?,?,?,?,?,?,?)", &put, err))
		return false;
	cla_db_bind_int(put, 1, (int64_t)expense);
	cla_db_bind_int(put, 2, out->state);
	cla_db_bind_int(put, 3, out->receiver);
	cla_db_bind_int(put, 4, (int64_t)out->documents);
	cla_db_bind_int(put, 5, (int64_t)out->candidates);
	cla_db_bind_int(put, 6, (int64_t)out->reused);
	if (out->took_imported)
		cla_db_bind_blob(put, 7, out->imported.bytes, sizeof(out->imported.bytes));
	if (!cla_db_run(put, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!keep_entry(m, expense, &entries[i], err))
			return false;
	return true;
}

bool cla_match_outcome(const struct cla_match *m, size_t expense, struct cla_match_outcome *ret,
		       struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(m->db,
			 "SELECT state, receiver, documents, candidates, reused, imported"
			 " FROM outcome WHERE i=?",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)expense);
	if (!cla_db_step(stmt, &row, err))
		return false;
	if (!row)
		return cla_err_set(err, CLA_ERR_INTERNAL, "matching: no such result");
	*ret = (struct cla_match_outcome){
		.state = (enum cla_match_state)cla_db_int(stmt, 0),
		.receiver = (enum cla_receiver)cla_db_int(stmt, 1),
		.documents = (size_t)cla_db_int(stmt, 2),
		.candidates = (size_t)cla_db_int(stmt, 3),
		.reused = (size_t)cla_db_int(stmt, 4),
		.took_imported = !cla_db_is_null(stmt, 5),
	};
	return !ret->took_imported ||
	       cla_db_bytes(stmt, 5, ret->imported.bytes, sizeof(ret->imported.bytes), err);
}
