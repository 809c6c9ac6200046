#include "bundle/write.h"

#include "base/dec.h"
#include "base/csv.h"
#include "base/file.h"
#include "bundle/evidence.h"
#include "bundle/spool.h"
#include "bundle/text.h"
#include "crypto/merkle.h"
#include "crypto/shadow.h"
#include "json/out.h"
#include "tar/header.h"
#include "tar/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SUMS 4096
#define SYNC_STEP ((uint64_t)8 << 20) /* bytes of the archive that begin to be written at a time */

/* Members of the archive, by name; their bytes are an object of the store or a stretch of the
 * spool. And what bundle.json says of each expense. */
static const char schema[] = "CREATE TABLE member(name TEXT PRIMARY KEY, size INTEGER NOT NULL, "
			     "sha256 BLOB NOT NULL, at INTEGER)"
			     " WITHOUT ROWID;"
			     "CREATE TABLE leaf(uuid TEXT PRIMARY KEY, kind INTEGER NOT NULL, leaf "
			     "BLOB NOT NULL, verdict INTEGER NOT NULL)"
			     " WITHOUT ROWID;";

struct sum {
	int kind;
	struct cla_str type, status, currency;
	struct cla_dec amount;
	uint64_t count;
};

struct writer {
	struct cla_gather *g;
	const struct cla_bundle_opts *opts;
	const struct cla_bundle_hooks *hooks;
	struct cla_bundle_made made;
	struct cla_spool spool; /* evidence, captures, texts */
	struct cla_spool index; /* index.csv while the expenses go by */
	struct cla_hasher *index_hash;
	struct cla_merkle tree;
	struct cla_arena arena;
	struct sum *sums;
	size_t sum_count;
	struct cla_tar_writer *tar;
	struct cla_shadow *tar_hash;
	int tar_fd;
	uint64_t tar_bytes, tar_begun; /* written so far; of these on their way to the disk */
	struct cla_put *index_put;     /* data/bundle.json on its way into the store */
	/* the expense at hand, for index.csv */
	const struct cla_row *row;
	struct cla_str uuid;
};

bool cla_bundle_base(const struct cla_entity *entity, struct cla_month month, uint64_t revision,
		     char out[CLA_BUNDLE_BASE], struct cla_err *err)
{
	int n = snprintf(out, CLA_BUNDLE_BASE, "clara_%s_%s_%04d-%02d_r%llu",
			 cla_country_code(entity->country), entity->slug, month.year, month.month,
			 (unsigned long long)revision);
	if (n < 0 || n > 60)
		return cla_err_set(err, CLA_ERR_LIMIT, "the bundle's name is longer than 60 bytes");
	return true;
}

/* ---- members ---- */

static bool put_member(struct writer *w, const char *name, uint64_t size,
		       const struct cla_digest *sha256, int64_t at, struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(w->g->db,
			 "INSERT OR IGNORE INTO member(name, size, sha256, at) VALUES(?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, cla_str_from(name));
	cla_db_bind_int(put, 2, (int64_t)size);
	cla_db_bind_blob(put, 3, sha256->bytes, sizeof(sha256->bytes));
	if (at < 0)
		cla_db_bind_null(put, 4);
	else
		cla_db_bind_int(put, 4, at);
	return cla_db_run(put, err);
}

static bool put_bytes(struct writer *w, const char *name, struct cla_str bytes, struct cla_err *err)
{
	struct cla_digest sha256;
	uint64_t at;

	return cla_digest_of(bytes, &sha256, err) && cla_spool_add(&w->spool, bytes, &at, err) &&
	       put_member(w, name, bytes.len, &sha256, (int64_t)at, err);
}

static bool put_object(struct writer *w, const char *name, const struct cla_digest *object,
		       uint64_t size, struct cla_err *err)
{
	return put_member(w, name, size, object, -1, err);
}

/* ---- index.csv: merchant names and file names come from strangers ---- */

static bool index_line(struct writer *w, const struct cla_gathered_file *f, const char *path,
		       const struct cla_judgement *judgement, struct cla_err *err)
{
	cla_auto_buf struct cla_buf line = CLA_BUF_INIT(1 << 20);
	char hex[CLA_DIGEST_HEX], size[32];
	enum cla_verdict verdict = CLA_VERDICT_NA;

	for (const struct cla_document *d = judgement ? judgement->documents : NULL; d; d = d->next)
		verdict = cla_verdict_worst(verdict, d->verdict);
	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)f->size);
	cla_csv_cell(&line, cla_str_from(cla_expense_kind_name(w->row->kind)), false);
	cla_csv_cell(&line, w->uuid, false);
	cla_csv_cell(&line, w->row->operation_date, false);
	cla_csv_cell(&line, w->row->merchant, false);
	struct cla_dec amount = cla_dec_parse(w->row->amount.amount);
	cla_csv_cell(&line, w->row->amount.amount, amount.ok);
	cla_csv_cell(&line, w->row->amount.currency, false);
	cla_csv_cell(&line, w->row->type, false);
	cla_csv_cell(&line, w->row->status, false);
	cla_csv_cell(&line, cla_str_from(f->role), false);
	cla_csv_cell(&line, cla_str_from(judgement ? cla_verdict_name(verdict) : ""), false);
	cla_csv_cell(&line, cla_str_from(path), false);
	cla_csv_cell(&line, cla_str_from(cla_digest_hex(&f->object, hex)), false);
	cla_csv_cell(&line, cla_str_from(size), true);
	cla_csv_cell(&line, f->name, false);
	cla_buf_byte(&line, '\n');
	if (!cla_buf_ok(&line, err))
		return false;
	cla_hasher_update(w->index_hash, cla_buf_str(&line));
	return cla_spool_add(&w->index, cla_buf_str(&line), NULL, err);
}

static bool begin_index(struct writer *w, struct cla_err *err)
{
	struct cla_str head = CLA_STR(
		"kind,uuid,date,merchant,amount,currency,type,status,role,verdict,path,sha256,"
		"size,original_name\n");

	if (!cla_hasher_new(CLA_HASH_SHA256, &w->index_hash, err))
		return false;
	cla_hasher_update(w->index_hash, head);
	return cla_spool_add(&w->index, head, NULL, err);
}

static bool copy_to_spool(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	return cla_spool_add(ctx, bytes, NULL, err);
}

static bool end_index(struct writer *w, struct cla_err *err)
{
	struct cla_digest sha256;
	uint64_t at = w->spool.size;

	return cla_hasher_finish(w->index_hash, sha256.bytes, err) &&
	       cla_spool_read(&w->index, 0, w->index.size, copy_to_spool, &w->spool, err) &&
	       put_member(w, "data/index.csv", w->index.size, &sha256, (int64_t)at, err);
}

/* ---- expenses ---- */

static bool add_sum(struct writer *w, const struct cla_row *row, struct cla_err *err)
{
	struct sum *s = NULL;
	bool mem = true;

	for (size_t i = 0; i < w->sum_count && !s; i++) {
		struct sum *c = &w->sums[i];
		if (c->kind == (int)row->kind && cla_str_eq(c->type, row->type) &&
		    cla_str_eq(c->status, row->status) &&
		    cla_str_eq(c->currency, row->amount.currency))
			s = c;
	}
	if (!s) {
		if (w->sum_count == MAX_SUMS)
			return cla_err_set(err, CLA_ERR_LIMIT,
					   "more than %d combinations of type, status and currency",
					   MAX_SUMS);
		s = &w->sums[w->sum_count++];
		s->kind = (int)row->kind;
		s->type = cla_arena_str(&w->arena, row->type, &mem);
		s->status = cla_arena_str(&w->arena, row->status, &mem);
		s->currency = cla_arena_str(&w->arena, row->amount.currency, &mem);
		s->amount = CLA_DEC_ZERO;
	}
	s->count++;
	struct cla_dec amount = cla_dec_parse(row->amount.amount);
	if (amount.ok)
		s->amount = cla_dec_add(s->amount, amount);
	return mem || cla_err_oom(err);
}

/* A certificate that a verdict used: most documents used the same few. */
static bool put_cert(struct writer *w, const struct cla_used_cert *c, struct cla_err *err)
{
	char name[96], hex[CLA_DIGEST_HEX];
	struct cla_digest found;

	(void)snprintf(name, sizeof(name), "data/certs/%s.cer", cla_digest_hex(&c->sha256, hex));
	if (!put_member(w, name, c->der.len, &c->sha256, (int64_t)w->spool.size, err))
		return false;
	if (!cla_db_changes(w->g->db))
		return true;
	if (!cla_digest_of(c->der, &found, err))
		return false;
	if (!cla_digest_eq(&found, &c->sha256))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "a verdict's certificate is not '%s', as it should be", hex);
	return cla_spool_add(&w->spool, c->der, NULL, err);
}

static bool on_file(void *ctx, const char *path, const struct cla_gathered_file *file,
		    const struct cla_judgement *judgement, bool first, struct cla_err *err)
{
	struct writer *w = ctx;

	if (first && !put_object(w, path, &file->object, file->size, err))
		return false;
	for (const struct cla_document *d = first && judgement ? judgement->documents : NULL; d;
	     d = d->next)
		for (const struct cla_used_cert *c = d->certs; c; c = c->next)
			if (!put_cert(w, c, err))
				return false;
	return index_line(w, file, path, judgement, err);
}

static bool put_leaf(struct writer *w, const struct cla_digest *leaf, enum cla_verdict verdict,
		     struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(w->g->db, "INSERT INTO leaf(uuid, kind, leaf, verdict) VALUES(?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, w->uuid);
	cla_db_bind_int(put, 2, w->row->kind);
	cla_db_bind_blob(put, 3, leaf->bytes, sizeof(leaf->bytes));
	cla_db_bind_int(put, 4, (int64_t)verdict);
	return cla_db_run(put, err);
}

static bool on_expense(void *ctx, size_t index, const struct cla_row *row, struct cla_str uuid,
		       const struct cla_claims *claims, struct cla_err *err)
{
	struct writer *w = ctx;
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(256u << 20);
	char dir[CLA_EXPENSE_DIR], name[CLA_EXPENSE_DIR + 16];
	struct cla_evidence evidence;
	struct cla_digest leaf;

	(void)claims;
	if (cla_ctx_cancelled(w->g->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	w->row = row;
	w->uuid = uuid;
	cla_expense_dir(row->kind, uuid, dir);
	(void)snprintf(name, sizeof(name), "%sevidence.json", dir);
	if (!cla_evidence_build(w->g, index, row, uuid, w->opts->salt_key, w->hooks, on_file, w,
				&json, &evidence, err) ||
	    !put_bytes(w, name, cla_buf_str(&json), err) ||
	    !cla_merkle_leaf(cla_buf_str(&json), &leaf, err) ||
	    !cla_merkle_add(&w->tree, &leaf, err) || !put_leaf(w, &leaf, evidence.verdict, err) ||
	    !add_sum(w, row, err))
		return cla_err_wrap(err, "evidence of %s " CLA_STR_FMT,
				    cla_expense_kind_name(row->kind), CLA_STR_ARG(uuid));
	if (row->kind == CLA_EXPENSE_TX)
		w->made.transactions++;
	else
		w->made.reimbursements++;
	w->made.documents += evidence.documents;
	cla_ctx_progress(w->g->ctx, "evidence", index + 1, 0);
	return true;
}

/* ---- captures.jsonl, answers ---- */

static bool add_captures(struct writer *w, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	struct cla_digest sha256;
	uint64_t at = w->spool.size;
	bool row;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err) ||
	    !cla_db_once(w->g->db, "SELECT json FROM capture ORDER BY n", &stmt, err))
		return false;
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			break;
		struct cla_str pieces[2] = { cla_db_str(stmt, 0), CLA_STR("\n") };
		for (size_t i = 0; i < 2; i++) {
			cla_hasher_update(hasher, pieces[i]);
			if (!cla_spool_add(&w->spool, pieces[i], NULL, err))
				return false;
		}
	}
	return cla_hasher_finish(hasher, sha256.bytes, err) &&
	       put_member(w, "data/captures.jsonl", w->spool.size - at, &sha256, (int64_t)at, err);
}

static bool into_index(void *ctx, struct cla_str piece, struct cla_err *err)
{
	return cla_store_write(ctx, piece, err);
}

/* A long list in bundle.json goes on its way while it grows. */
static bool drain(struct writer *w, struct cla_json_out *o, struct cla_err *err)
{
	return o->buf->len < 65536 || cla_json_out_drain(o, into_index, w->index_put, err);
}

static bool add_answers(struct writer *w, struct cla_json_out *o, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *answers = NULL, *captures = NULL;
	bool row;

	if (!cla_db_once(w->g->db, "SELECT path, resource, object, size FROM answer ORDER BY path",
			 &answers, err) ||
	    !cla_db_once(w->g->db, "SELECT n FROM answer_capture WHERE path=? ORDER BY n",
			 &captures, err))
		return false;
	cla_json_out_key(o, "answers");
	cla_json_out_array(o);
	for (;;) {
		char path[256];
		if (!cla_db_step(answers, &row, err))
			return false;
		if (!row)
			break;
		struct cla_digest object;
		struct cla_str name = cla_db_str(answers, 0);
		(void)snprintf(path, sizeof(path), CLA_STR_FMT, CLA_STR_ARG(name));
		if (!cla_db_bytes(answers, 2, object.bytes, sizeof(object.bytes), err) ||
		    !put_object(w, path, &object, (uint64_t)cla_db_int(answers, 3), err))
			return false;
		cla_json_out_object(o);
		cla_json_out_key(o, "captures");
		cla_json_out_array(o);
		cla_db_reset(captures);
		cla_db_bind_str(captures, 1, name);
		for (;;) {
			if (!cla_db_step(captures, &row, err))
				return false;
			if (!row)
				break;
			cla_json_out_int(o, cla_db_int(captures, 0));
		}
		cla_json_out_close(o);
		cla_json_out_kcstr(o, "path", path);
		cla_json_out_kstr(o, "resource", cla_db_str(answers, 1));
		cla_json_out_khex(o, "sha256", object.bytes, sizeof(object.bytes));
		cla_json_out_kint(o, "size", cla_db_int(answers, 3));
		cla_json_out_close(o);
		if (!drain(w, o, err))
			return false;
	}
	cla_json_out_close(o);
	return true;
}

/* ---- bundle.json ---- */

static bool add_expenses(struct writer *w, struct cla_json_out *o, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(w->g->db, "SELECT uuid, kind, leaf, verdict FROM leaf ORDER BY uuid",
			 &stmt, err))
		return false;
	cla_json_out_key(o, "expenses");
	cla_json_out_array(o);
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			break;
		struct cla_digest leaf;
		if (!cla_db_bytes(stmt, 2, leaf.bytes, sizeof(leaf.bytes), err))
			return false;
		cla_json_out_object(o);
		cla_json_out_kcstr(
			o, "kind",
			cla_expense_kind_name((enum cla_expense_kind)cla_db_int(stmt, 1)));
		cla_json_out_khex(o, "leaf", leaf.bytes, sizeof(leaf.bytes));
		cla_json_out_kstr(o, "uuid", cla_db_str(stmt, 0));
		cla_json_out_kcstr(o, "verdict",
				   cla_verdict_name((enum cla_verdict)cla_db_int(stmt, 3)));
		cla_json_out_close(o);
		if (!drain(w, o, err))
			return false;
	}
	cla_json_out_close(o);
	return true;
}

static void add_total(struct cla_json_out *o, const char *key, struct cla_str digits)
{
	int64_t total;

	if (cla_str_to_i64(digits, &total))
		cla_json_out_kint(o, key, total);
	else
		cla_json_out_kstr(o, key, CLA_STR_NONE);
}

static bool add_list(void *ctx, const struct cla_gathered_list *list, struct cla_err *err)
{
	struct cla_json_out *o = ctx;

	(void)err;
	cla_json_out_keys(o, list->resource);
	cla_json_out_object(o);
	cla_json_out_kint(o, "pages", (int64_t)list->pages);
	cla_json_out_kint(o, "received", (int64_t)list->received);
	add_total(o, "total_elements_first", list->total_first);
	add_total(o, "total_elements_last", list->total_last);
	cla_json_out_kint(o, "unique", (int64_t)list->unique);
	cla_json_out_close(o);
	return true;
}

static bool add_listing(struct writer *w, struct cla_json_out *o, struct cla_err *err)
{
	cla_json_out_key(o, "listing");
	cla_json_out_object(o);
	if (!cla_gather_each_list(w->g, add_list, o, err))
		return false;
	cla_json_out_close(o);
	return true;
}

static bool add_tieout(struct writer *w, struct cla_json_out *o, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(w->g->db, "SELECT json FROM tieout ORDER BY uuid", &stmt, err))
		return false;
	cla_json_out_key(o, "tieout");
	cla_json_out_array(o);
	for (;;) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			break;
		cla_json_out_raw(o, cla_db_str(stmt, 0));
	}
	cla_json_out_close(o);
	return true;
}

struct missing_out {
	struct writer *w;
	struct cla_json_out *o;
};

static bool one_missing(void *ctx, struct cla_str resource, struct cla_str uuid,
			struct cla_str reason, struct cla_err *err)
{
	struct missing_out *m = ctx;
	struct cla_json_out *o = m->o;

	cla_json_out_object(o);
	cla_json_out_kstr(o, "reason", reason);
	cla_json_out_kstr(o, "resource", resource);
	cla_json_out_kstr(o, "uuid", uuid);
	cla_json_out_close(o);
	return drain(m->w, o, err);
}

static int by_sum(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;
	int c;

	if (x->kind != y->kind)
		return strcmp(cla_expense_kind_name((enum cla_expense_kind)x->kind),
			      cla_expense_kind_name((enum cla_expense_kind)y->kind));
	if ((c = cla_str_cmp(x->type, y->type)) || (c = cla_str_cmp(x->status, y->status)))
		return c;
	return cla_str_cmp(x->currency, y->currency);
}

static void add_sums(struct writer *w, struct cla_json_out *o)
{
	char text[CLA_DEC_TEXT];

	if (w->sum_count)
		qsort(w->sums, w->sum_count, sizeof(*w->sums), by_sum);
	cla_json_out_key(o, "sums");
	cla_json_out_array(o);
	for (size_t i = 0; i < w->sum_count; i++) {
		const struct sum *s = &w->sums[i];
		cla_json_out_object(o);
		cla_json_out_kcstr(o, "amount", cla_dec_format(s->amount, text));
		cla_json_out_kint(o, "count", (int64_t)s->count);
		cla_json_out_kstr(o, "currency", s->currency);
		cla_json_out_kcstr(o, "kind",
				   cla_expense_kind_name((enum cla_expense_kind)s->kind));
		cla_json_out_kstr(o, "status", s->status);
		cla_json_out_kstr(o, "type", s->type);
		cla_json_out_close(o);
	}
	cla_json_out_close(o);
}

static bool add_bundle_json(struct writer *w, struct cla_err *err)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(16u << 20);
	uint64_t size;
	const struct cla_entity *e = w->g->entity;
	char time[CLA_TIME_TEXT];
	struct cla_json_out o;

	w->index_put = cla_store_begin(w->g->store, err);
	if (!w->index_put)
		return false;
	cla_json_out_begin(&o, &json);
	cla_json_out_object(&o);
	if (!add_answers(w, &o, err))
		return false;
	cla_json_out_kcstr(&o, "country", cla_country_code(e->country));
	cla_json_out_kcstr(&o, "cutoff", cla_time_format(w->made.cutoff, time));
	cla_json_out_kcstr(&o, "entity", e->name);
	if (!add_expenses(w, &o, err))
		return false;
	cla_json_out_kint(&o, "format", 1);
	if (!add_listing(w, &o, err))
		return false;
	cla_json_out_key(&o, "missing");
	cla_json_out_array(&o);
	struct missing_out missing = { w, &o };
	if (!cla_gather_each_missing(w->g, one_missing, &missing, err))
		return false;
	cla_json_out_close(&o);
	cla_json_out_kcstr(&o, "month", w->g->month_text);
	cla_json_out_kcstr(&o, "month_basis", cla_basis_name(e->basis));
	cla_json_out_kbool(&o, "open", w->made.open);
	cla_json_out_kint(&o, "revision", (int64_t)w->opts->revision);
	add_sums(w, &o);
	cla_json_out_kcstr(&o, "tax_id", e->tax_id);
	if (!add_tieout(w, &o, err))
		return false;
	cla_json_out_key(&o, "totals");
	cla_json_out_object(&o);
	cla_json_out_kint(&o, "documents", (int64_t)w->made.documents);
	cla_json_out_kint(&o, "reimbursements", (int64_t)w->made.reimbursements);
	cla_json_out_kint(&o, "transactions", (int64_t)w->made.transactions);
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	/* kept as an object too: the next revision says against it what has changed */
	return cla_json_out_end(&o, err) && into_index(w->index_put, cla_buf_str(&json), err) &&
	       cla_store_commit(cla_steal(&w->index_put), &w->made.index, &size, NULL, err) &&
	       put_object(w, "data/bundle.json", &w->made.index, size, err);
}

/* ---- the bag ---- */

/* Lines of a manifest over the members selected, into the spool. */
static bool add_manifest(struct writer *w, const char *name, const char *select,
			 struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	struct cla_digest sha256;
	uint64_t at = w->spool.size;
	bool row;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err) ||
	    !cla_db_once(w->g->db, select, &stmt, err))
		return false;
	for (;;) {
		cla_auto_buf struct cla_buf line = CLA_BUF_INIT(1024);
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			break;
		struct cla_digest digest;
		if (!cla_db_bytes(stmt, 1, digest.bytes, sizeof(digest.bytes), err))
			return false;
		cla_buf_hex(&line, digest.bytes, sizeof(digest.bytes));
		cla_buf_addc(&line, "  ");
		cla_buf_add(&line, cla_db_str(stmt, 0));
		cla_buf_byte(&line, '\n');
		if (!cla_buf_ok(&line, err) ||
		    !cla_spool_add(&w->spool, cla_buf_str(&line), NULL, err))
			return false;
		cla_hasher_update(hasher, cla_buf_str(&line));
	}
	return cla_hasher_finish(hasher, sha256.bytes, err) &&
	       put_member(w, name, w->spool.size - at, &sha256, (int64_t)at, err);
}

static bool add_bag(struct writer *w, struct cla_err *err)
{
	cla_auto_buf struct cla_buf verify = CLA_BUF_INIT(65536), bagit = CLA_BUF_INIT(256),
				    info = CLA_BUF_INIT(1024);
	cla_auto_reset struct cla_db_stmt *oxum = NULL;
	bool row;

	if (!cla_db_once(w->g->db,
			 "SELECT SUM(size), COUNT(*) FROM member WHERE name LIKE 'data/%'", &oxum,
			 err) ||
	    !cla_db_step(oxum, &row, err))
		return false;
	cla_text_verify(w->made.base, &verify);
	cla_text_bagit(&bagit);
	cla_text_bag_info(w->made.base, w->made.cutoff, (uint64_t)cla_db_int(oxum, 0),
			  (uint64_t)cla_db_int(oxum, 1), &info);
	if (!cla_buf_ok(&verify, err) || !cla_buf_ok(&bagit, err) || !cla_buf_ok(&info, err))
		return false;
	return put_bytes(w, "VERIFY.txt", cla_buf_str(&verify), err) &&
	       put_bytes(w, "bagit.txt", cla_buf_str(&bagit), err) &&
	       put_bytes(w, "bag-info.txt", cla_buf_str(&info), err) &&
	       add_manifest(
		       w, "manifest-sha256.txt",
		       "SELECT name, sha256 FROM member WHERE name LIKE 'data/%' ORDER BY name",
		       err) &&
	       add_manifest(
		       w, "tagmanifest-sha256.txt",
		       "SELECT name, sha256 FROM member WHERE name NOT LIKE 'data/%' ORDER BY name",
		       err);
}

/* ---- the archive ---- */

/* Disk and second thread work while the next members are read and checked. */
static void tap_tar(void *ctx, struct cla_str bytes)
{
	struct writer *w = ctx;

	cla_shadow_update(w->tar_hash, bytes);
	w->tar_bytes += bytes.len;
	if (w->tar_bytes - w->tar_begun < SYNC_STEP)
		return;
	cla_fd_begin_sync(w->tar_fd, w->tar_begun, w->tar_bytes);
	w->tar_begun = w->tar_bytes;
}

static bool into_tar(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	return cla_tar_data(ctx, bytes, err);
}

static bool write_members(struct writer *w, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	uint64_t done = 0;
	bool row;

	if (!cla_db_once(w->g->db, "SELECT name, size, sha256, at FROM member ORDER BY name", &stmt,
			 err))
		return false;
	for (;;) {
		char name[512];
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		if (cla_ctx_cancelled(w->g->ctx))
			return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
		struct cla_str member = cla_db_str(stmt, 0);
		uint64_t size = (uint64_t)cla_db_int(stmt, 1);
		struct cla_digest object;
		(void)snprintf(name, sizeof(name), "%s/" CLA_STR_FMT, w->made.base,
			       CLA_STR_ARG(member));
		if (!cla_db_bytes(stmt, 2, object.bytes, sizeof(object.bytes), err) ||
		    !cla_tar_begin(w->tar, name, size, err))
			return false;
		bool ok = cla_db_is_null(stmt, 3)
				  ? cla_store_stream(w->g->store, &object, into_tar, w->tar, err)
				  : cla_spool_read(&w->spool, (uint64_t)cla_db_int(stmt, 3), size,
						   into_tar, w->tar, err);
		if (!ok)
			return cla_err_wrap(err, "member '%s'", name);
		cla_ctx_progress(w->g->ctx, "bundle", ++done, 0);
	}
}

/* The archive's name says its digest. On failure it lies under no such name. */
static bool name_archive(struct writer *w, const char *partial, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	char hex[CLA_DIGEST_HEX];

	cla_buf_addf(&path, "%s/%s.%s.tar", w->opts->dir, w->made.base,
		     cla_digest_hex(&w->made.sha256, hex));
	if (!cla_buf_ok(&path, err))
		return false;
	w->made.path = cla_str_dup(cla_buf_str(&path));
	if (!w->made.path)
		return cla_err_oom(err);
	if (rename(partial, w->made.path))
		return cla_err_sys(err, CLA_ERR_IO, errno, "naming '%s'", w->made.path);
	if (cla_dir_sync(w->opts->dir, err))
		return true;
	(void)unlink(w->made.path);
	return false;
}

static bool write_archive(struct writer *w, struct cla_err *err)
{
	cla_auto_buf struct cla_buf partial = CLA_BUF_INIT(8192);

	cla_buf_addf(&partial, "%s/.%s.partial", w->opts->dir, w->made.base);
	if (!cla_buf_ok(&partial, err))
		return false;
	cla_auto_fd int fd = open(cla_buf_cstr(&partial),
				  O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating '%s'", cla_buf_cstr(&partial));
	w->tar_fd = fd;
	if (cla_shadow_new(&w->tar_hash, err) &&
	    cla_tar_writer_new(fd, w->made.cutoff.sec, tap_tar, w, &w->tar, err) &&
	    write_members(w, err) && cla_tar_finish(w->tar, &w->made.size, err) &&
	    cla_shadow_finish(w->tar_hash, &w->made.sha256, err) &&
	    cla_fd_sync(fd, cla_buf_cstr(&partial), err) &&
	    name_archive(w, cla_buf_cstr(&partial), err))
		return true;
	(void)unlink(cla_buf_cstr(&partial)); /* where it still has that name */
	return cla_err_wrap(err, "writing the archive");
}

static bool month_is_open(const struct cla_gather *g, struct cla_time cutoff)
{
	int64_t end = (cla_date_to_days(cla_month_last(g->month)) + 1) * 86400;
	return cutoff.sec < end;
}

static bool write_all(struct writer *w, struct cla_err *err)
{
	cla_auto_buf struct cla_buf tmp = CLA_BUF_INIT(8192);

	w->made.cutoff = cla_gather_cutoff(w->g);
	w->made.open = month_is_open(w->g, w->made.cutoff);
	w->made.complete = !cla_gather_missing_count(w->g);
	w->sums = cla_arena_array(&w->arena, MAX_SUMS, sizeof(*w->sums));
	if (!w->sums)
		return cla_err_oom(err);
	cla_merkle_init(&w->tree);
	if (!cla_path_join(&tmp, cla_store_dir(w->g->store), "tmp", err) ||
	    !cla_spool_open(&w->spool, cla_buf_cstr(&tmp), err) ||
	    !cla_spool_open(&w->index, cla_buf_cstr(&tmp), err))
		return false;
	return cla_bundle_base(w->g->entity, w->g->month, w->opts->revision, w->made.base, err) &&
	       cla_db_exec(w->g->db, "DROP TABLE IF EXISTS member", err) &&
	       cla_db_exec(w->g->db, "DROP TABLE IF EXISTS leaf", err) &&
	       cla_db_exec(w->g->db, schema, err) && begin_index(w, err) &&
	       cla_gather_expenses(w->g, on_expense, w, err) && end_index(w, err) &&
	       add_captures(w, err) && put_bytes(w, "data/rules.json", w->opts->rules_json, err) &&
	       cla_digest_of(w->opts->rules_json, &w->made.rules, err) && add_bundle_json(w, err) &&
	       add_bag(w, err) && cla_merkle_root(&w->tree, &w->made.root, err) &&
	       write_archive(w, err);
}

bool cla_bundle_write(struct cla_gather *g, const struct cla_bundle_opts *opts,
		      const struct cla_bundle_hooks *hooks, struct cla_bundle_made *ret,
		      struct cla_err *err)
{
	struct writer w = {
		.g = g, .opts = opts, .hooks = hooks, .spool = { -1, 0 }, .index = { -1, 0 }
	};
	bool ok = write_all(&w, err);

	w.made.tree_size = w.tree.size;
	cla_store_abort(w.index_put);
	cla_tar_writer_free(w.tar);
	cla_hasher_free(w.index_hash);
	cla_shadow_free(w.tar_hash);
	cla_spool_close(&w.spool);
	cla_spool_close(&w.index);
	cla_arena_clear(&w.arena);
	if (!ok) {
		free(w.made.path);
		return false;
	}
	*ret = w.made;
	return true;
}
