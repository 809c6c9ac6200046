#include "store/store_priv.h"

#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cla_store_custody(struct cla_store *store, const struct cla_event *e, struct cla_err *err)
{
	struct cla_buf *data = &store->line;
	const struct cla_chain *journal = &store->journal;
	char text[CLA_TIME_TEXT];
	struct cla_json_out o;

	if (e->anchored && !cla_store_flush(store, err))
		return false;
	cla_buf_reset(data);
	cla_json_out_begin(&o, data);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "entity", e->entity);
	cla_json_out_key(&o, "journal");
	if (e->anchored) {
		cla_json_out_object(&o);
		cla_json_out_kint(&o, "n", (int64_t)journal->lines);
		cla_json_out_khex(&o, "sha256", journal->head.bytes, sizeof(journal->head.bytes));
		cla_json_out_close(&o);
	} else {
		cla_json_out_null(&o);
	}
	cla_json_out_key(&o, "object");
	if (e->object) {
		char hex[CLA_DIGEST_HEX];
		cla_json_out_cstr(&o, cla_digest_hex(e->object, hex));
	} else {
		cla_json_out_null(&o);
	}
	cla_json_out_kstr(&o, "subject", e->subject);
	cla_json_out_kcstr(&o, "time", cla_time_format(e->time, text));
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err) && cla_store_touch(store, err) &&
	       cla_chain_append(&store->custody, e->type, cla_buf_str(data), err) &&
	       cla_store_batch(store, err);
}

bool cla_store_custody_head(struct cla_store *store, uint64_t *n, struct cla_digest *head,
			    struct cla_err *err)
{
	(void)err;
	*n = store->custody.lines;
	*head = store->custody.head;
	return true;
}

/* ---- checking ---- */

/* Somebody who knew a log's head when it had so many lines. */
struct witness {
	uint64_t lines;
	struct cla_digest head;
	char who[112];
};

struct witnesses {
	struct witness *list;
	size_t count, cap;
	size_t at; /* the next one to be heard */
};

static void witnesses_free(struct witnesses *w)
{
	free(w->list);
}

static bool add_witness(struct witnesses *w, const struct cla_json *said, struct witness **ret,
			struct cla_err *err)
{
	if (!cla_grow(&w->list, &w->cap, w->count, sizeof(*w->list), err))
		return false;
	struct witness *new = &w->list[w->count];
	*new = (struct witness){ 0 };
	if (!cla_json_u64(cla_json_get(said, "n"), &new->lines) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(said, "sha256")), &new->head))
		return cla_err_set(err, CLA_ERR_INTEGRITY, "the head of a log that it names");
	w->count++;
	*ret = new;
	return true;
}

static int by_lines(const void *a, const void *b)
{
	uint64_t x = ((const struct witness *)a)->lines, y = ((const struct witness *)b)->lines;
	return x < y ? -1 : x > y;
}

static void sort_witnesses(struct witnesses *w)
{
	if (w->count)
		qsort(w->list, w->count, sizeof(*w->list), by_lines);
}

/* The log has now `lines` lines whose head is `head`. */
static bool hear(struct witnesses *w, const char *log, uint64_t lines,
		 const struct cla_digest *head, struct cla_err *err)
{
	for (; w->at < w->count && w->list[w->at].lines == lines; w->at++)
		if (!cla_digest_eq(&w->list[w->at].head, head))
			return cla_err_set(err, CLA_ERR_INTEGRITY,
					   "'%s' line %llu: not the one that %s names", log,
					   (unsigned long long)lines, w->list[w->at].who);
	return true;
}

static bool hear_the_end(struct witnesses *w, const char *log, uint64_t lines,
			 const struct cla_digest *head, struct cla_err *err)
{
	if (!hear(w, log, lines, head, err))
		return false;
	if (w->at == w->count)
		return true;
	return cla_err_set(err, CLA_ERR_INTEGRITY, "'%s' has %llu lines, and %s names line %llu",
			   log, (unsigned long long)lines, w->list[w->at].who,
			   (unsigned long long)w->list[w->at].lines);
}

struct check {
	struct cla_store *store;
	struct cla_checked *ret;
	cla_event_fn *fn;
	void *fn_ctx;
	struct witnesses statements, anchors;
};

/* The statement is an object of the store, and lies in bundles/; *there false: neither any more. */
static bool read_statement(struct cla_store *store, const struct cla_issued *b,
			   struct cla_buf *text, bool *there, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	struct cla_digest found;

	*there = true;
	if (cla_store_has(store, &b->statement_sha256))
		return cla_store_get(store, &b->statement_sha256, text, err);
	cla_buf_addf(&path, "%s/bundles/" CLA_STR_FMT ".statement.json", store->dir,
		     CLA_STR_ARG(b->base));
	if (!cla_buf_ok(&path, err))
		return false;
	*there = cla_path_exists(cla_buf_cstr(&path));
	if (!*there)
		return true;
	if (!cla_file_read(cla_buf_cstr(&path), text, err) ||
	    !cla_digest_of(cla_buf_str(text), &found, err))
		return false;
	return cla_digest_eq(&found, &b->statement_sha256) ||
	       cla_err_set(err, CLA_ERR_INTEGRITY, "'%s' is not the statement issued",
			   cla_buf_cstr(&path));
}

/* What statements say of the custody log: only those count that this data directory issued. */
static bool on_issued(void *ctx, const struct cla_issued *b, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(256u << 20);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct check *c = ctx;
	struct witness *w;
	bool there;

	if (!read_statement(c->store, b, &text, &there, err))
		return false;
	if (!there)
		return true;
	if (!cla_json_parse(cla_buf_str(&text), &doc, err))
		return false;
	const struct cla_json *predicate = cla_json_get(cla_json_root(doc), "predicate");
	if (!add_witness(&c->statements, cla_json_get(predicate, "custody"), &w, err))
		return cla_err_wrap(err, "the statement of '" CLA_STR_FMT "'",
				    CLA_STR_ARG(b->base));
	(void)snprintf(w->who, sizeof(w->who), "the statement of '" CLA_STR_FMT "'",
		       CLA_STR_ARG(cla_str_sub(b->base, 0, 80)));
	return true;
}

/* Lines that were lost cannot be held against later ones once a rebuild has told of the loss. */
static void forget_lost(struct check *c, uint64_t lines)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->anchors.count; i++)
		if (c->anchors.list[i].lines <= lines)
			c->anchors.list[kept++] = c->anchors.list[i];
	c->ret->lost += c->anchors.count - kept;
	c->anchors.count = kept;
}

static bool on_event(void *ctx, const struct cla_chain_line *line, struct cla_err *err)
{
	struct check *c = ctx;
	const struct cla_json *anchor = cla_json_get(line->data, "journal");
	struct witness *w;

	if (!hear(&c->statements, "custody.jsonl", line->n, &line->prev, err))
		return false;
	if (cla_json_type(anchor) == CLA_JSON_OBJECT) {
		if (!add_witness(&c->anchors, anchor, &w, err))
			return false;
		(void)snprintf(w->who, sizeof(w->who), "line %llu of the custody log",
			       (unsigned long long)line->n + 1);
		if (cla_str_eqc(line->type, "rebuilt"))
			forget_lost(c, w->lines);
	}
	struct cla_event_line e = {
		.text = line->text,
		.type = line->type,
		.entity = cla_json_string(cla_json_get(line->data, "entity")),
		.object = cla_json_string(cla_json_get(line->data, "object")),
		.subject = cla_json_string(cla_json_get(line->data, "subject")),
		.time = cla_json_string(cla_json_get(line->data, "time")),
	};
	return !c->fn || c->fn(c->fn_ctx, &e, err);
}

static bool on_journal(void *ctx, const struct cla_chain_line *line, struct cla_err *err)
{
	struct check *c = ctx;
	return hear(&c->anchors, "journal", line->n, &line->prev, err);
}

/* One log from its first line, and whether it is the one that this store has open: rewritten from
 * its first line it would continue well. */
static bool check_log(struct check *c, const struct cla_chain *known, const char *name,
		      cla_chain_fn *fn, struct witnesses *w, uint64_t *lines, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	struct cla_chain chain;

	if (!cla_path_join(&path, c->store->dir, name, err))
		return false;
	bool ok = cla_chain_open(&chain, cla_buf_cstr(&path), false, fn, c, err);
	struct cla_digest head = chain.head;
	*lines = chain.lines;
	cla_chain_close(&chain);
	if (!ok)
		return false;
	if (*lines < known->lines - known->pending_lines ||
	    (*lines == known->lines && !cla_digest_eq(&head, &known->head)))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "'%s' line %llu: it is not what was once read of it",
				   cla_buf_cstr(&path), (unsigned long long)*lines);
	return hear_the_end(w, name, *lines, &head, err);
}

bool cla_store_check(struct cla_store *store, cla_event_fn *fn, void *ctx, struct cla_checked *ret,
		     struct cla_err *err)
{
	struct cla_checked checked = { 0 };
	struct check c = { .store = store, .ret = &checked, .fn = fn, .fn_ctx = ctx };

	if (store->durable && !cla_durable_wait(store->durable, err))
		return false;
	bool ok = cla_store_each_issued(store, on_issued, &c, err);
	if (ok) {
		sort_witnesses(&c.statements);
		ok = check_log(&c, &store->custody, "custody.jsonl", on_event, &c.statements,
			       &checked.custody_lines, err);
	}
	if (ok) {
		sort_witnesses(&c.anchors);
		ok = check_log(&c, &store->journal, "journal", on_journal, &c.anchors,
			       &checked.journal_lines, err);
	}
	checked.anchors = c.anchors.count;
	checked.statements = c.statements.count;
	witnesses_free(&c.statements);
	witnesses_free(&c.anchors);
	if (ok)
		*ret = checked;
	return ok;
}
