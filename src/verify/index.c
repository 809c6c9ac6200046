/* bundle.json. It grows with the month, so it is never held as a whole: the entries of its lists go
 * into the temporary database as they come, and are parsed one at a time once the archive has been
 * read; what is left of the text is short. */
#include "verify/verify_priv.h"

#include "json/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char file[] = "data/bundle.json";

enum index_key {
	KEY_ANSWERS,
	KEY_COUNTRY,
	KEY_CUTOFF,
	KEY_ENTITY,
	KEY_EXPENSES,
	KEY_FORMAT,
	KEY_LISTING,
	KEY_MISSING,
	KEY_MONTH,
	KEY_MONTH_BASIS,
	KEY_OPEN,
	KEY_REVISION,
	KEY_SUMS,
	KEY_TAX_ID,
	KEY_TIEOUT,
	KEY_TOTALS,
	KEY_COUNT,
};

static const char *const countries[] = { "mx", "br", "co", NULL };
static const char *const bases[] = { "operation", "accounting", NULL };

static const struct cla_shape country_shape = { .type = CLA_SHAPE_CHOICE, .choices = countries };
static const struct cla_shape basis_shape = { .type = CLA_SHAPE_CHOICE, .choices = bases };

static const struct cla_shape totals_shape = {
	CLA_FIELDS({ "documents", &cla_shape_int }, { "reimbursements", &cla_shape_int },
		   { "transactions", &cla_shape_int }),
};

static const struct cla_shape listing_shape = {
	.type = CLA_SHAPE_MAP,
	.item =
		&(const struct cla_shape){
			CLA_FIELDS({ "pages", &cla_shape_int }, { "received", &cla_shape_int },
				   { "total_elements_first", &cla_shape_int_or_null },
				   { "total_elements_last", &cla_shape_int_or_null },
				   { "unique", &cla_shape_int }),
		},
};

static const struct cla_shape answer_shape = {
	CLA_FIELDS({ "captures", &cla_shape_ints }, { "path", &cla_shape_str },
		   { "resource", &cla_shape_str }, { "sha256", &cla_shape_digest },
		   { "size", &cla_shape_int }),
};

static const struct cla_shape expense_shape = {
	CLA_FIELDS({ "kind", &cla_shape_kind }, { "leaf", &cla_shape_digest },
		   { "uuid", &cla_shape_uuid }, { "verdict", &cla_shape_verdict }),
};

static const struct cla_shape missing_shape = {
	CLA_FIELDS({ "reason", &cla_shape_str }, { "resource", &cla_shape_str },
		   { "uuid", &cla_shape_str_or_null }),
};

static const struct cla_shape sum_shape = {
	CLA_FIELDS({ "amount", &cla_shape_str }, { "count", &cla_shape_int },
		   { "currency", &cla_shape_str_or_null }, { "kind", &cla_shape_kind },
		   { "status", &cla_shape_str_or_null }, { "type", &cla_shape_str_or_null }),
};

static const struct {
	const char *key;
	const struct cla_shape *shape; /* NULL: a list whose entries are read one by one */
} keys[KEY_COUNT] = {
	[KEY_ANSWERS] = { "answers", NULL },
	[KEY_COUNTRY] = { "country", &country_shape },
	[KEY_CUTOFF] = { "cutoff", &cla_shape_time },
	[KEY_ENTITY] = { "entity", &cla_shape_str },
	[KEY_EXPENSES] = { "expenses", NULL },
	[KEY_FORMAT] = { "format", &cla_shape_int },
	[KEY_LISTING] = { "listing", &listing_shape },
	[KEY_MISSING] = { "missing", NULL },
	[KEY_MONTH] = { "month", &cla_shape_str },
	[KEY_MONTH_BASIS] = { "month_basis", &basis_shape },
	[KEY_OPEN] = { "open", &cla_shape_bool },
	[KEY_REVISION] = { "revision", &cla_shape_int },
	[KEY_SUMS] = { "sums", NULL },
	[KEY_TAX_ID] = { "tax_id", &cla_shape_str_or_null },
	[KEY_TIEOUT] = { "tieout", NULL },
	[KEY_TOTALS] = { "totals", &totals_shape },
};

/* --- cutting the text --- */

static int find_key(struct cla_str name)
{
	for (int i = 0; i < KEY_COUNT; i++)
		if (cla_str_eqc(name, keys[i].key))
			return i;
	return -1;
}

bool cla_verify_index_begin(struct cla_verify *v, struct cla_err *err)
{
	struct cla_verify_index *x = &v->index;

	/* A second one, in an archive that is out of order then, takes the place of the first. */
	cla_json_parts_clear(&x->parts);
	*x = (struct cla_verify_index){ .bad = v->size > CLA_VERIFY_BUNDLE_MAX };
	cla_json_parts_init(&x->parts, 1, CLA_VERIFY_INDEX_MAX, CLA_VERIFY_ITEM_MAX);
	if (x->bad)
		cla_verify_problemf(v, file, "size", "a smaller member", "more than %zu bytes",
				    CLA_VERIFY_BUNDLE_MAX);
	return cla_db_exec(v->db, "DELETE FROM item", err);
}

/* Of lists that should not be there the rest of the text tells. */
bool cla_verify_index_part(void *ctx, const struct cla_json_part *part, struct cla_err *err)
{
	struct cla_verify *v = ctx;
	struct cla_verify_index *x = &v->index;
	struct cla_err why = CLA_ERR_INIT;
	struct cla_db_stmt *put;
	int key = find_key(part->key);

	if (x->bad)
		return true;
	if (!cla_str_absent(part->raw) && !cla_json_canonical(part->raw, &why)) {
		if (why.code == CLA_ERR_MEMORY)
			return cla_err_oom(err);
		cla_verify_problemf(v, file, "content", "canonical JSON",
				    "at byte %llu, in " CLA_STR_FMT "[%llu]: %s",
				    (unsigned long long)part->pos,
				    CLA_STR_ARG(cla_str_sub(part->key, 0, 60)),
				    (unsigned long long)part->index, why.msg);
		x->bad = true;
		return true;
	}
	if (x->items++ == CLA_VERIFY_ITEMS_MAX) {
		cla_verify_problemf(v, file, "content", "less of it", "more than %zu entries",
				    CLA_VERIFY_ITEMS_MAX);
		x->bad = true;
		return true;
	}
	if (key < 0 || keys[key].shape)
		return true;
	if (!cla_db_once(v->db, "INSERT INTO item(list, n, size, raw) VALUES(?,?,?,?)", &put, err))
		return false;
	cla_db_bind_int(put, 1, key);
	cla_db_bind_int(put, 2, (int64_t)x->items);
	cla_db_bind_int(put, 3, (int64_t)part->size);
	if (cla_str_absent(part->raw))
		cla_db_bind_null(put, 4);
	else
		cla_db_bind_blob(put, 4, part->raw.ptr, part->raw.len);
	return cla_db_run(put, err);
}

/* The text is canonical: well-formed, no blanks. Values are left absent where the key is missing.
 */
static bool cut(struct cla_verify *v, struct cla_str text, struct cla_str values[KEY_COUNT])
{
	struct cla_json_scan s;
	struct cla_json_tok tok;
	int key = -1;
	size_t begin = 0;
	bool good = true;

	cla_json_scan_init(&s, text);
	while (cla_json_scan_next(&s, &tok)) {
		if (tok.depth == 0) {
			if (tok.type != CLA_TOK_OBJECT_BEGIN && tok.type != CLA_TOK_OBJECT_END) {
				cla_verify_problemf(v, file, "content", "an object",
						    "another value");
				return false;
			}
			continue;
		}
		if (tok.depth != 1)
			continue;
		if (tok.type == CLA_TOK_KEY) {
			key = find_key(cla_str_sub(tok.raw, 1, tok.raw.len - 2));
			if (key < 0) {
				char name[100];
				snprintf(name, sizeof(name), CLA_STR_FMT,
					 CLA_STR_ARG(cla_str_sub(tok.raw, 0, 90)));
				cla_verify_problemf(v, file, name, "no such key", "a key");
				good = false;
			}
			continue;
		}
		if (tok.type == CLA_TOK_OBJECT_BEGIN || tok.type == CLA_TOK_ARRAY_BEGIN) {
			begin = tok.pos;
			continue;
		}
		if (tok.type != CLA_TOK_OBJECT_END && tok.type != CLA_TOK_ARRAY_END)
			begin = tok.pos;
		if (key >= 0)
			values[key] = cla_str_sub(text, begin, tok.pos + tok.raw.len - begin);
	}
	return good;
}

/* One value, parsed; NULL after a problem with it. */
static bool parse_value(struct cla_verify *v, const char *field, struct cla_str raw,
			const struct cla_shape *shape, struct cla_json_doc **ret,
			struct cla_err *err)
{
	*ret = NULL;
	if (raw.len > CLA_VERIFY_ITEM_MAX) {
		cla_verify_problemf(v, file, field, "a smaller value", "%zu bytes", raw.len);
		return true;
	}
	if (!cla_json_parse(raw, ret, err))
		return cla_err_wrap(err, "reading '%s' of data/bundle.json", field);
	if (!cla_shape_check(v, file, field, cla_json_root(*ret), shape))
		cla_json_freep(ret);
	return true;
}

struct items {
	struct cla_verify *v;
	enum index_key list;
	const struct cla_shape *shape;
	bool (*each)(struct items *it, const char *field, const struct cla_json *item,
		     struct cla_err *err);
	size_t index;
	size_t next; /* of the sums that the entries are compared with */
	bool bad; /* an entry could not be read: do not count what was expected there as missing */
	struct cla_buf last, key; /* what the entry before and this one are sorted by */
	char statement[37];	  /* of the entry before in tieout */
	/* the expenses that the entries are compared with */
	struct cla_db_stmt *expenses;
	bool more; /* `expense` is one */
	struct cla_verify_expense expense;
	/* what the list as a whole says */
	bool tx_list_missing, reimbursement_list_missing;
};

static void items_clear(struct items *it)
{
	cla_buf_clear(&it->last);
	cla_buf_clear(&it->key);
}
#define auto_items CLA_CLEANUP(items_clear)

/* Entries are sorted by these texts, the first counting most, and no two alike: *yes tells whether
 * this one comes after the one before. */
static bool ascends(struct items *it, const struct cla_str *by, size_t count, bool *yes,
		    struct cla_err *err)
{
	struct cla_buf before = it->last;

	it->last = it->key;
	it->key = before;
	it->last.max = 2 * CLA_VERIFY_ITEM_MAX;
	cla_buf_reset(&it->last);
	for (size_t i = 0; i < count; i++) {
		cla_buf_add(&it->last, by[i]);
		cla_buf_byte(&it->last, '\0');
	}
	*yes = cla_str_cmp(cla_buf_str(&before), cla_buf_str(&it->last)) < 0;
	return cla_buf_ok(&it->last, err);
}

static bool on_item(struct items *it, uint64_t size, struct cla_str raw, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	char field[64];

	snprintf(field, sizeof(field), "%s[%zu]", keys[it->list].key, it->index++);
	if (cla_str_absent(raw))
		cla_verify_problemf(it->v, file, field, "a smaller value", "%llu bytes",
				    (unsigned long long)size);
	else if (!parse_value(it->v, field, raw, it->shape, &doc, err))
		return false;
	if (!doc) {
		it->bad = true;
		return true;
	}
	return !it->each || it->each(it, field, cla_json_root(doc), err);
}

static bool each_item(struct items *it, struct cla_err *err)
{
	struct cla_db_stmt *get;
	bool row;

	if (!cla_db_once(it->v->db, "SELECT size, raw FROM item WHERE list=? ORDER BY n", &get,
			 err))
		return false;
	cla_db_bind_int(get, 1, it->list);
	for (;;) {
		if (!cla_db_step(get, &row, err))
			return false;
		if (!row)
			return true;
		if (!on_item(it, (uint64_t)cla_db_int(get, 0), cla_db_blob(get, 1), err))
			return false;
	}
}

/* --- what is known when the member ends --- */

static bool keep_text(struct cla_verify *v, const struct cla_json_doc *doc, struct cla_str *ret,
		      struct cla_err *err)
{
	bool ok = true;
	*ret = cla_arena_str(&v->arena, cla_json_string(cla_json_root(doc)), &ok);
	return ok || cla_err_oom(err);
}

/* Reads one value that is not a list. */
static bool read_value(struct cla_verify *v, enum index_key key, struct cla_str raw, bool *good,
		       struct cla_err *err)
{
	struct cla_verify_index *x = &v->index;
	cla_auto_json struct cla_json_doc *doc = NULL;
	uint64_t n = 0;

	if (!parse_value(v, keys[key].key, raw, keys[key].shape, &doc, err))
		return false;
	if (!doc) {
		*good = false;
		return true;
	}
	const struct cla_json *root = cla_json_root(doc);
	switch (key) {
	case KEY_COUNTRY:
		return keep_text(v, doc, &x->country, err);
	case KEY_CUTOFF:
		return keep_text(v, doc, &x->cutoff, err);
	case KEY_ENTITY:
		return keep_text(v, doc, &x->entity, err);
	case KEY_MONTH:
		return keep_text(v, doc, &x->month, err);
	case KEY_TAX_ID:
		return keep_text(v, doc, &x->tax_id, err);
	case KEY_REVISION:
		return cla_json_u64(root, &x->revision) || cla_err_oom(err);
	case KEY_FORMAT:
		if (cla_json_u64(root, &n) && n != 1) {
			cla_verify_differ_u64(v, file, "format", n, 1);
			*good = false;
		}
		return true;
	case KEY_OPEN:
		x->open = cla_json_is_true(root);
		return true;
	default:
		return true;
	}
}

bool cla_verify_index_read(struct cla_verify *v, struct cla_err *err)
{
	struct cla_verify_index *x = &v->index;
	const struct cla_buf *rest = &x->parts.rest;
	struct cla_str text = cla_buf_str(rest);
	bool canonical;

	if (x->bad)
		return true;
	if (rest->failed) {
		cla_verify_problemf(v, file, "content", "less of it",
				    "more than %zu bytes beside the entries of its lists",
				    rest->max);
		return true;
	}
	if (!cla_verify_canonical(v, file, "content", text, &canonical, err))
		return false;
	if (!canonical)
		return true;
	struct cla_str values[KEY_COUNT] = { 0 };
	bool good = cut(v, text, values);
	for (int i = 0; i < KEY_COUNT; i++) {
		if (cla_str_absent(values[i])) {
			cla_verify_problemf(v, file, keys[i].key, "a value", "nothing");
			good = false;
		} else if (!keys[i].shape) {
			if (values[i].ptr[0] == '[')
				continue;
			cla_verify_problem(v, file, keys[i].key, values[i], CLA_STR("an array"));
			good = false;
		} else if (!read_value(v, (enum index_key)i, values[i], &good, err)) {
			return false;
		}
	}
	x->readable = good;
	x->totals = values[KEY_TOTALS];
	x->listing = values[KEY_LISTING];
	return true;
}

/* --- what waits for the whole archive --- */

static bool find_answer(struct cla_verify *v, struct cla_str path, struct cla_verify_file *ret,
			bool *found, struct cla_err *err)
{
	struct cla_db_stmt *get, *mark;

	if (!cla_db_once(v->db, "SELECT size, sha256 FROM answer WHERE path=?", &get, err))
		return false;
	cla_db_bind_str(get, 1, path);
	if (!cla_db_step(get, found, err))
		return false;
	if (!*found)
		return true;
	*ret = (struct cla_verify_file){ .size = (uint64_t)cla_db_int(get, 0), .complete = true };
	if (!cla_db_bytes(get, 1, ret->digest.bytes, sizeof(ret->digest.bytes), err))
		return false;
	cla_db_reset(get);
	if (!cla_db_once(v->db, "UPDATE answer SET listed=1 WHERE path=?", &mark, err))
		return false;
	cla_db_bind_str(mark, 1, path);
	return cla_db_run(mark, err);
}

static bool each_answer(struct items *it, const char *field, const struct cla_json *item,
			struct cla_err *err)
{
	struct cla_verify *v = it->v;
	struct cla_str path = cla_json_string(cla_json_get(item, "path"));
	struct cla_str resource = cla_json_string(cla_json_get(item, "resource"));
	struct cla_member_name name;
	struct cla_verify_file answer;
	bool found, sorted;

	cla_member_name_read(path, &name);
	if (name.place != CLA_PLACE_API) {
		cla_verify_problem(v, file, field, path, CLA_STR("a path below data/api/"));
		return true;
	}
	if (!ascends(it, &path, 1, &sorted, err) || !find_answer(v, path, &answer, &found, err))
		return false;
	if (!sorted)
		cla_verify_problem(v, file, field, path, CLA_STR("answers sorted by path"));
	if (!found) {
		char member[sizeof(v->path)];
		snprintf(member, sizeof(member), CLA_STR_FMT, CLA_STR_ARG(path));
		cla_verify_problemf(v, member, "member", "a member",
				    "listed in data/bundle.json, but missing");
		return true;
	}
	return cla_verify_listed(v, file, field, item, resource, name.role, &answer, true, err);
}

static bool check_answers(struct cla_verify *v, struct cla_err *err)
{
	auto_items struct items it = {
		.v = v, .list = KEY_ANSWERS, .shape = &answer_shape, .each = each_answer
	};
	struct cla_db_stmt *get;
	bool row;

	if (!each_item(&it, err) ||
	    !cla_db_once(v->db, "SELECT path FROM answer WHERE listed=0 ORDER BY path", &get, err))
		return false;
	while (!it.bad) {
		char path[sizeof(v->path)];
		if (!cla_db_step(get, &row, err))
			return false;
		if (!row)
			break;
		if (!cla_str_cstr(cla_db_str(get, 0), path, sizeof(path), err))
			return false;
		cla_verify_problemf(v, path, "answers", "listed in data/bundle.json", "not listed");
	}
	return true;
}

static void evidence_path(bool is_tx, const char *uuid, char out[96])
{
	snprintf(out, 96, "data/%s/%s/evidence.json", is_tx ? "tx" : "reimbursement", uuid);
}

static void not_listed(struct cla_verify *v, const struct cla_verify_expense *e)
{
	char path[96];
	evidence_path(e->is_tx, e->uuid, path);
	cla_verify_problemf(v, path, "expenses", "listed in data/bundle.json", "not listed");
}

static bool next_expense(struct items *it, struct cla_err *err)
{
	return cla_verify_expense_next(it->expenses, &it->expense, &it->more, err);
}

/* The entry and the expense that it names are there both. */
static void compare_expense(struct cla_verify *v, const char *field, bool is_tx,
			    const struct cla_digest *leaf, struct cla_str verdict,
			    const struct cla_verify_expense *e)
{
	char at[96];

	if (is_tx != e->is_tx) {
		snprintf(at, sizeof(at), "%s.kind", field);
		cla_verify_problemf(v, file, at, e->is_tx ? "tx" : "reimbursement", "%s",
				    is_tx ? "tx" : "reimbursement");
	}
	if (!cla_digest_eq(leaf, &e->leaf)) {
		snprintf(at, sizeof(at), "%s.leaf", field);
		cla_verify_differ(v, file, at, leaf, &e->leaf);
	}
	if (e->readable && !cla_str_eqc(verdict, cla_verdict_of_rank(e->verdict))) {
		snprintf(at, sizeof(at), "%s.verdict", field);
		cla_verify_problem(v, file, at, verdict,
				   cla_str_from(cla_verdict_of_rank(e->verdict)));
	}
}

/* Both sides are sorted by uuid. */
static bool each_expense(struct items *it, const char *field, const struct cla_json *item,
			 struct cla_err *err)
{
	struct cla_verify *v = it->v;
	char uuid[37], at[96];
	struct cla_digest leaf = { { 0 } };
	struct cla_str verdict = cla_json_string(cla_json_get(item, "verdict"));
	struct cla_str by = cla_json_string(cla_json_get(item, "uuid"));
	bool is_tx = cla_str_eqc(cla_json_string(cla_json_get(item, "kind")), "tx"), sorted;

	if (!cla_str_cstr(by, uuid, sizeof(uuid), err) || !ascends(it, &by, 1, &sorted, err))
		return false;
	(void)!cla_digest_parse(cla_json_string(cla_json_get(item, "leaf")), &leaf);
	if (!sorted) {
		cla_verify_problem(v, file, field, cla_str_from(uuid),
				   CLA_STR("expenses sorted by uuid"));
		return true;
	}
	while (it->more && strcmp(it->expense.uuid, uuid) < 0) {
		not_listed(v, &it->expense);
		if (!next_expense(it, err))
			return false;
	}
	if (!it->more || strcmp(it->expense.uuid, uuid) != 0) {
		evidence_path(is_tx, uuid, at);
		cla_verify_problemf(v, at, "member", "a member",
				    "listed in data/bundle.json, but missing");
		return true;
	}
	compare_expense(v, field, is_tx, &leaf, verdict, &it->expense);
	return next_expense(it, err);
}

static bool check_expenses(struct cla_verify *v, struct cla_err *err)
{
	auto_items struct items it = {
		.v = v, .list = KEY_EXPENSES, .shape = &expense_shape, .each = each_expense
	};

	if (!cla_verify_expenses(v, &it.expenses, err) || !next_expense(&it, err) ||
	    !each_item(&it, err))
		return false;
	while (it.more && !it.bad) {
		not_listed(v, &it.expense);
		if (!next_expense(&it, err))
			return false;
	}
	return true;
}

static struct cla_str text_or_empty(const struct cla_json *node)
{
	struct cla_str s = cla_json_string(node);
	return cla_str_absent(s) ? CLA_STR("") : s;
}

static bool each_missing(struct items *it, const char *field, const struct cla_json *item,
			 struct cla_err *err)
{
	const struct cla_str by[] = { cla_json_string(cla_json_get(item, "resource")),
				      text_or_empty(cla_json_get(item, "uuid")),
				      cla_json_string(cla_json_get(item, "reason")) };
	bool sorted;

	if (!ascends(it, by, CLA_LEN(by), &sorted, err))
		return false;
	if (!sorted)
		cla_verify_problemf(it->v, file, field, "missing sorted by resource, uuid, reason",
				    "another order");
	if (cla_json_type(cla_json_get(item, "uuid")) != CLA_JSON_NULL)
		return true;
	if (cla_str_eqc(by[0], "transactions"))
		it->tx_list_missing = true;
	if (cla_str_eqc(by[0], "reimbursements"))
		it->reimbursement_list_missing = true;
	return true;
}

static void sum_name(const struct cla_verify_sum *s, char out[200])
{
	snprintf(out, 200, "sums of %s " CLA_STR_FMT " " CLA_STR_FMT " " CLA_STR_FMT, s->kind,
		 CLA_STR_ARG(cla_str_sub(s->type, 0, 40)),
		 CLA_STR_ARG(cla_str_sub(s->status, 0, 40)),
		 CLA_STR_ARG(cla_str_sub(s->currency, 0, 10)));
}

static void sum_missing(struct cla_verify *v, const struct cla_verify_sum *s)
{
	char name[200];
	sum_name(s, name);
	cla_verify_problemf(v, file, name, "a sum", "nothing");
}

static bool each_sum(struct items *it, const char *field, const struct cla_json *item,
		     struct cla_err *err)
{
	struct cla_verify *v = it->v;
	struct cla_str amount = cla_json_string(cla_json_get(item, "amount"));
	bool is_tx = cla_str_eqc(cla_json_string(cla_json_get(item, "kind")), "tx");
	char at[96], text[CLA_DEC_TEXT];
	struct cla_verify_sum key = cla_verify_sum_key(is_tx, item);

	const struct cla_str by[] = { cla_str_from(key.kind), key.type, key.status, key.currency };
	bool sorted;

	if (!ascends(it, by, CLA_LEN(by), &sorted, err))
		return false;
	if (!sorted)
		cla_verify_problemf(v, file, field, "sums sorted by kind, type, status, currency",
				    "another order");
	while (it->next < v->sum_count && cla_verify_sum_cmp(&v->sums[it->next], &key) < 0)
		sum_missing(v, &v->sums[it->next++]);
	if (it->next == v->sum_count || cla_verify_sum_cmp(&v->sums[it->next], &key) != 0) {
		cla_verify_problemf(v, file, field, "no such sum", "a sum of no expense");
		return true;
	}
	const struct cla_verify_sum *s = &v->sums[it->next++];
	(void)!cla_json_u64(cla_json_get(item, "count"), &key.count);
	if (key.count != s->count) {
		snprintf(at, sizeof(at), "%s.count", field);
		cla_verify_differ_u64(v, file, at, key.count, s->count);
	}
	cla_dec_format(s->amount, text);
	if (s->amount.ok ? !cla_dec_eq(cla_dec_parse(amount), s->amount)
			 : !cla_str_eqc(amount, text)) {
		snprintf(at, sizeof(at), "%s.amount", field);
		cla_verify_problem(v, file, at, amount, cla_str_from(text));
	}
	return true;
}

static bool check_sums(struct cla_verify *v, struct cla_err *err)
{
	auto_items struct items it = {
		.v = v, .list = KEY_SUMS, .shape = &sum_shape, .each = each_sum
	};

	if (!each_item(&it, err))
		return false;
	while (it.next < v->sum_count && !it.bad)
		sum_missing(v, &v->sums[it.next++]);
	return true;
}

static bool each_tieout(struct items *it, const char *field, const struct cla_json *item,
			struct cla_err *err)
{
	return cla_verify_tieout(it->v, field, item, it->statement, err);
}

static bool check_tieout(struct cla_verify *v, struct cla_err *err)
{
	auto_items struct items it = {
		.v = v, .list = KEY_TIEOUT, .shape = &cla_verify_tieout_shape, .each = each_tieout
	};

	if (!each_item(&it, err))
		return false;
	if (!it.bad)
		cla_verify_tieout_end(v);
	return true;
}

static void check_total(struct cla_verify *v, const struct cla_json *totals, const char *key,
			uint64_t due)
{
	char field[64];
	uint64_t n = 0;

	(void)!cla_json_u64(cla_json_get(totals, key), &n);
	snprintf(field, sizeof(field), "totals.%s", key);
	if (n != due)
		cla_verify_differ_u64(v, file, field, n, due);
}

static bool check_totals(struct cla_verify *v, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (!cla_json_parse(v->index.totals, &doc, err))
		return cla_err_wrap(err, "reading the totals of data/bundle.json");
	const struct cla_json *totals = cla_json_root(doc);
	check_total(v, totals, "transactions", v->transactions);
	check_total(v, totals, "reimbursements", v->reimbursements);
	check_total(v, totals, "documents", v->documents);
	return true;
}

/* What the server listed is what the bundle holds, unless the list itself is named as missing. */
static void check_list(struct cla_verify *v, const struct cla_json *listing, const char *resource,
		       bool missing, uint64_t held)
{
	const struct cla_json *list = cla_json_get(listing, resource);
	char field[64];
	uint64_t n;

	if (missing)
		return;
	snprintf(field, sizeof(field), "listing.%s", resource);
	if (!list) {
		cla_verify_problemf(v, file, field, "a list, or an entry in missing", "nothing");
		return;
	}
	if (cla_json_u64(cla_json_get(list, "unique"), &n) && n != held) {
		snprintf(field, sizeof(field), "listing.%s.unique", resource);
		cla_verify_differ_u64(v, file, field, n, held);
	}
	/* what the server said it had, with its first page and with its last */
	static const char *const totals[] = { "total_elements_first", "total_elements_last" };
	for (size_t i = 0; i < CLA_LEN(totals); i++) {
		if (!cla_json_u64(cla_json_get(list, totals[i]), &n) || n == held)
			continue;
		snprintf(field, sizeof(field), "listing.%s.%s", resource, totals[i]);
		cla_verify_differ_u64(v, file, field, n, held);
	}
}

static bool check_listing(struct cla_verify *v, const struct items *missing, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (!cla_json_parse(v->index.listing, &doc, err))
		return cla_err_wrap(err, "reading the listing of data/bundle.json");
	const struct cla_json *listing = cla_json_root(doc);
	for (const struct cla_json *l = cla_json_first(listing); l; l = cla_json_next(l)) {
		uint64_t received = 0, unique = 0, pages = 0;
		char field[128];
		(void)!cla_json_u64(cla_json_get(l, "received"), &received);
		(void)!cla_json_u64(cla_json_get(l, "unique"), &unique);
		snprintf(field, sizeof(field), "listing." CLA_STR_FMT ".unique",
			 CLA_STR_ARG(cla_str_sub(cla_json_key(l), 0, 60)));
		(void)!cla_json_u64(cla_json_get(l, "pages"), &pages);
		if (!cla_resource_is_known(cla_json_key(l)))
			cla_verify_problemf(v, file, field, "a list of the format", "another");
		if (!pages && received)
			cla_verify_problemf(v, file, field, "no rows without a page", "%llu rows",
					    (unsigned long long)received);
		if (unique > received)
			cla_verify_problemf(v, file, field, "at most those received",
					    "%llu of %llu", (unsigned long long)unique,
					    (unsigned long long)received);
	}
	check_list(v, listing, "transactions", missing->tx_list_missing, v->transactions);
	check_list(v, listing, "reimbursements", missing->reimbursement_list_missing,
		   v->reimbursements);
	return true;
}

static void slug_of(struct cla_str entity, char out[31])
{
	size_t n = 0;
	for (; n < entity.len && n < 30; n++) {
		char c = entity.ptr[n];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		out[n] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
	}
	out[n] = '\0';
}

/* What the name of the top directory and the members' time say as well. */
static void check_identity(struct cla_verify *v)
{
	const struct cla_verify_index *x = &v->index;
	const struct cla_base_name *b = &v->base_name;
	char slug[31], text[CLA_TIME_TEXT];

	if (*v->base) {
		slug_of(x->entity, slug);
		if (!cla_str_eqc(x->country, b->country))
			cla_verify_problem(v, file, "country", x->country,
					   cla_str_from(b->country));
		if (strcmp(slug, b->slug) != 0)
			cla_verify_problem(v, file, "entity", x->entity, cla_str_from(b->slug));
		if (!cla_str_eqc(x->month, b->month))
			cla_verify_problem(v, file, "month", x->month, cla_str_from(b->month));
		if (x->revision != b->revision)
			cla_verify_differ_u64(v, file, "revision", x->revision, b->revision);
	}
	struct cla_time mtime = { v->mtime < 0 ? 0 : v->mtime, 0 };
	if (!cla_str_eqc(x->cutoff, cla_time_format(mtime, text)))
		cla_verify_problem(v, file, "cutoff", x->cutoff, cla_str_from(text));

	struct cla_month month;
	if (!cla_month_parse(x->month, &month)) {
		cla_verify_problem(v, file, "month", x->month, CLA_STR("YYYY-MM"));
		return;
	}
	int64_t end = (cla_date_to_days(cla_month_last(month)) + 1) * 86400;
	if (x->open != (mtime.sec < end))
		cla_verify_problemf(v, file, "open", mtime.sec < end ? "true" : "false", "%s",
				    x->open ? "true" : "false");
}

bool cla_verify_index_check(struct cla_verify *v, struct cla_err *err)
{
	auto_items struct items missing = {
		.v = v, .list = KEY_MISSING, .shape = &missing_shape, .each = each_missing
	};

	if (!v->index.readable)
		return true;
	check_identity(v);
	if (!each_item(&missing, err) || !check_answers(v, err) || !check_expenses(v, err) ||
	    !check_totals(v, err) || !check_sums(v, err) || !check_tieout(v, err) ||
	    !check_listing(v, &missing, err))
		return false;
	v->report->complete = missing.index == 0;
	return true;
}
