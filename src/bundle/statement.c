#include "bundle/write.h"

#include "base/file.h"
#include "bundle/gather_priv.h"
#include "json/json.h"
#include "json/out.h"
#include "json/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EXPENSE 4096    /* bytes of one of bundle.json's */
#define MAX_REST (1u << 20) /* and of all that is no list in it */

/* Leaves of two revisions, both in order of uuid, told apart as they go by. */
struct change_walk {
	struct cla_json_out *o;
	struct cla_db_stmt *stmt;    /* leaf rows of the new one */
	bool row;		     /* stmt stands on one */
	struct cla_json_parts parts; /* of the earlier index */
};

static void put_change(struct cla_json_out *o, const char *kind, struct cla_str old_leaf,
		       struct cla_str new_leaf)
{
	cla_json_out_object(o);
	cla_json_out_kcstr(o, "kind", kind);
	cla_json_out_kstr(o, "leaf_new", new_leaf);
	cla_json_out_kstr(o, "leaf_old", old_leaf);
	cla_json_out_close(o);
}

static bool put_added(struct change_walk *c, struct cla_err *err)
{
	struct cla_digest leaf;
	char hex[CLA_DIGEST_HEX];

	if (!cla_db_bytes(c->stmt, 1, leaf.bytes, sizeof(leaf.bytes), err))
		return false;
	put_change(c->o, "added", CLA_STR_NONE, cla_str_from(cla_digest_hex(&leaf, hex)));
	return cla_db_step(c->stmt, &c->row, err);
}

/* One expense of the earlier index: new ones before it were added; itself is there, changed, or gone. */
static bool on_old_part(void *ctx, const struct cla_json_part *part, struct cla_err *err)
{
	struct change_walk *c = ctx;
	cla_auto_json struct cla_json_doc *doc = NULL;
	char hex[CLA_DIGEST_HEX];

	if (!cla_str_eqc(part->key, "expenses"))
		return true;
	if (!cla_json_parse(part->raw, &doc, err))
		return false;
	struct cla_str uuid = cla_json_string(cla_json_get(cla_json_root(doc), "uuid"));
	struct cla_str old_leaf = cla_json_string(cla_json_get(cla_json_root(doc), "leaf"));
	while (c->row && cla_str_cmp(cla_db_str(c->stmt, 0), uuid) < 0)
		if (!put_added(c, err))
			return false;
	if (!c->row || !cla_str_eq(cla_db_str(c->stmt, 0), uuid)) {
		put_change(c->o, "removed", old_leaf, CLA_STR_NONE);
		return true;
	}
	struct cla_digest leaf;
	if (!cla_db_bytes(c->stmt, 1, leaf.bytes, sizeof(leaf.bytes), err))
		return false;
	if (!cla_str_eqc(old_leaf, cla_digest_hex(&leaf, hex)))
		put_change(c->o, "changed", old_leaf, cla_str_from(hex));
	return cla_db_step(c->stmt, &c->row, err);
}

static bool read_parts(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct change_walk *c = ctx;
	return cla_json_parts_feed(&c->parts, bytes, on_old_part, c, err);
}

static bool put_changes(struct cla_gather *g, const struct cla_issued *earlier,
			struct cla_json_out *o, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	struct change_walk walk = { .o = o };

	if (!cla_db_once(g->db, "SELECT uuid, leaf FROM leaf ORDER BY uuid", &stmt, err) ||
	    !cla_db_step(stmt, &walk.row, err))
		return false;
	walk.stmt = stmt;
	cla_json_out_key(o, "changes");
	cla_json_out_array(o);
	cla_json_parts_init(&walk.parts, 1, MAX_REST, MAX_EXPENSE);
	bool ok = cla_store_stream(g->store, &earlier->index, read_parts, &walk, err);
	cla_json_parts_clear(&walk.parts);
	if (!ok)
		return false;
	while (walk.row)
		if (!put_added(&walk, err))
			return false;
	cla_json_out_close(o);
	return true;
}

static bool put_supersedes(struct cla_gather *g, const struct cla_statement_opts *opts,
			   struct cla_json_out *o, struct cla_err *err)
{
	const struct cla_issued *earlier = opts->supersedes;

	cla_json_out_key(o, "supersedes");
	if (!earlier) {
		cla_json_out_null(o);
		return true;
	}
	cla_json_out_object(o);
	if (!put_changes(g, earlier, o, err))
		return cla_err_wrap(err, "comparing with revision %llu",
				    (unsigned long long)earlier->revision);
	cla_json_out_kstr(o, "name", earlier->base);
	cla_json_out_kcstr(o, "reason", opts->reason);
	cla_json_out_khex(o, "tar_sha256", earlier->tar_sha256.bytes,
			  sizeof(earlier->tar_sha256.bytes));
	cla_json_out_close(o);
	return true;
}

static void retain_until(const struct cla_gather *g, char out[CLA_TIME_TEXT])
{
	struct cla_date last = cla_month_last(g->month);

	last.year += (int)g->entity->retain_years;
	if (!cla_date_exists(last.year, last.month, last.day))
		last.day = 28;
	cla_date_format(last, out);
}

static bool put_predicate(struct cla_gather *g, const struct cla_bundle_made *made,
			  const struct cla_statement_opts *opts, struct cla_json_out *o,
			  struct cla_err *err)
{
	char text[CLA_TIME_TEXT];

	cla_json_out_object(o);
	cla_json_out_kcstr(o, "country", cla_country_code(g->entity->country));
	cla_json_out_key(o, "custody");
	cla_json_out_object(o);
	cla_json_out_kint(o, "n", (int64_t)opts->custody_n);
	cla_json_out_khex(o, "sha256", opts->custody.bytes, sizeof(opts->custody.bytes));
	cla_json_out_close(o);
	cla_json_out_kcstr(o, "cutoff", cla_time_format(made->cutoff, text));
	cla_json_out_kcstr(o, "entity", g->entity->name);
	cla_json_out_kcstr(o, "month", g->month_text);
	cla_json_out_key(o, "prev");
	if (opts->prev) {
		cla_json_out_object(o);
		cla_json_out_kstr(o, "name", opts->prev->base);
		cla_json_out_khex(o, "statement_sha256", opts->prev->statement_sha256.bytes,
				  sizeof(opts->prev->statement_sha256.bytes));
		cla_json_out_close(o);
	} else {
		cla_json_out_null(o);
	}
	retain_until(g, text);
	cla_json_out_kcstr(o, "retain_until", text);
	cla_json_out_kint(o, "revision",
			  opts->supersedes ? (int64_t)opts->supersedes->revision + 1 : 0);
	cla_json_out_kint(o, "seq", (int64_t)opts->seq);
	if (!put_supersedes(g, opts, o, err))
		return false;
	cla_json_out_kcstr(o, "tax_id", g->entity->tax_id);
	cla_json_out_key(o, "tool");
	cla_json_out_object(o);
	cla_json_out_khex(o, "rules_sha256", made->rules.bytes, sizeof(made->rules.bytes));
	cla_json_out_kcstr(o, "version", opts->version);
	cla_json_out_close(o);
	cla_json_out_key(o, "tree");
	cla_json_out_object(o);
	cla_json_out_kcstr(o, "hash", "rfc9162-sha256");
	cla_json_out_khex(o, "root", made->root.bytes, sizeof(made->root.bytes));
	cla_json_out_kint(o, "size", (int64_t)made->tree_size);
	cla_json_out_close(o);
	cla_json_out_close(o);
	return true;
}

bool cla_bundle_statement(struct cla_gather *g, const struct cla_bundle_made *made,
			  const struct cla_statement_opts *opts, struct cla_buf *out,
			  struct cla_err *err)
{
	char name[CLA_BUNDLE_BASE + 8];
	struct cla_json_out o;

	(void)snprintf(name, sizeof(name), "%s.tar", made->base);
	cla_json_out_begin(&o, out);
	cla_json_out_object(&o);
	cla_json_out_kcstr(&o, "_type", "https://in-toto.io/Statement/v1");
	cla_json_out_key(&o, "predicate");
	if (!put_predicate(g, made, opts, &o, err))
		return cla_err_wrap(err, "statement");
	cla_json_out_kcstr(&o, "predicateType", "urn:clara-audit:bundle:1");
	cla_json_out_key(&o, "subject");
	cla_json_out_array(&o);
	cla_json_out_object(&o);
	cla_json_out_key(&o, "digest");
	cla_json_out_object(&o);
	cla_json_out_khex(&o, "sha256", made->sha256.bytes, sizeof(made->sha256.bytes));
	cla_json_out_close(&o);
	cla_json_out_kcstr(&o, "name", name);
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err);
}

static bool put_beside(const char *dir, const char *base, const char *suffix, struct cla_str bytes,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);

	cla_buf_addf(&path, "%s/%s.%s", dir, base, suffix);
	return cla_buf_ok(&path, err) && cla_file_replace(cla_buf_cstr(&path), bytes, 0644, err);
}

bool cla_bundle_sign(const struct cla_bundle_made *made, struct cla_str statement,
		     const struct cla_seal *seal, struct cla_str seal_pem, struct cla_time now,
		     const char *const *dirs, struct cla_buf *cms, struct cla_err *err)
{
	if (!cla_seal_sign(seal, statement, now, cms, err))
		return cla_err_wrap(err, "signing the statement");
	for (; *dirs; dirs++)
		if (!put_beside(*dirs, made->base, "seal.pem", seal_pem, err) ||
		    !put_beside(*dirs, made->base, "statement.json", statement, err) ||
		    !put_beside(*dirs, made->base, "statement.p7s", cla_buf_str(cms), err))
			return false;
	return true;
}
