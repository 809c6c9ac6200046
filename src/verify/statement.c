/* What lies beside the tar: statement, its signature, the signer's certificate. */
#include "verify/verify_priv.h"

#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/seal.h"
#include "crypto/stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char statement_type[] = "https://in-toto.io/Statement/v1";
static const char predicate_type[] = "urn:clara-audit:bundle:1";
static const char tree_hash[] = "rfc9162-sha256";

static const char *const change_kinds[] = { "added", "removed", "changed", NULL };
static const struct cla_shape change_kind = { .type = CLA_SHAPE_CHOICE, .choices = change_kinds };

static const struct cla_shape subject_shape = {
	CLA_LIST(CLA_FIELDS({ "digest",
			      &(const struct cla_shape){
				      CLA_FIELDS({ "sha256", &cla_shape_digest }),
			      } },
			    { "name", &cla_shape_str })),
};

static const struct cla_shape custody_shape = {
	CLA_FIELDS({ "n", &cla_shape_int }, { "sha256", &cla_shape_digest }),
};

static const struct cla_shape prev_shape = {
	.nullable = true,
	CLA_FIELDS({ "name", &cla_shape_str }, { "statement_sha256", &cla_shape_digest }),
};

static const struct cla_shape change_shape = {
	CLA_FIELDS({ "kind", &change_kind }, { "leaf_new", &cla_shape_digest_or_null },
		   { "leaf_old", &cla_shape_digest_or_null }),
};

/* Its elements are looked at one by one. */
static const struct cla_shape changes_shape = { .type = CLA_SHAPE_ARRAY, .item = &cla_shape_any };

static const char *const reasons[] = { "evidence", "rules", NULL };
static const struct cla_shape reason_shape = { .type = CLA_SHAPE_CHOICE, .choices = reasons };

static const struct cla_shape supersedes_shape = {
	.nullable = true,
	CLA_FIELDS({ "changes", &changes_shape }, { "name", &cla_shape_str },
		   { "reason", &reason_shape }, { "tar_sha256", &cla_shape_digest }),
};

static const struct cla_shape tool_shape = {
	CLA_FIELDS({ "rules_sha256", &cla_shape_digest }, { "version", &cla_shape_str }),
};

static const struct cla_shape tree_shape = {
	CLA_FIELDS({ "hash", &cla_shape_str }, { "root", &cla_shape_digest },
		   { "size", &cla_shape_int }),
};

static const struct cla_shape predicate_shape = {
	CLA_FIELDS({ "country", &cla_shape_str }, { "custody", &custody_shape },
		   { "cutoff", &cla_shape_time }, { "entity", &cla_shape_str },
		   { "month", &cla_shape_str }, { "prev", &prev_shape },
		   { "retain_until", &cla_shape_date }, { "revision", &cla_shape_int },
		   { "seq", &cla_shape_int }, { "supersedes", &supersedes_shape },
		   { "tax_id", &cla_shape_str_or_null }, { "tool", &tool_shape },
		   { "tree", &tree_shape }),
};

static const struct cla_shape statement_shape = {
	CLA_FIELDS({ "_type", &cla_shape_str }, { "predicate", &predicate_shape },
		   { "predicateType", &cla_shape_str }, { "subject", &subject_shape }),
};

/* --- reading --- */

/* Reads "<base><suffix>" of the folder; *found tells whether it is there. One beyond its limit is a
 * problem. */
static bool read_sidecar(struct cla_verify *v, const char *dir, const char *base,
			 const char *suffix, struct cla_buf *out, bool *found, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(16384);
	struct cla_err why = CLA_ERR_INIT;
	char name[128];

	*found = false;
	snprintf(name, sizeof(name), "%s%s", base, suffix);
	if (!cla_path_join(&path, dir, name, err))
		return false;
	if (cla_file_read(cla_buf_cstr(&path), out, &why)) {
		*found = true;
		return true;
	}
	if (why.code == CLA_ERR_NOT_FOUND)
		return true;
	if (why.code == CLA_ERR_LIMIT) {
		cla_verify_problemf(v, name, "size", "a smaller file", "%s", why.msg);
		return true;
	}
	if (err)
		*err = why;
	return false;
}

static void describe_signer(struct cla_verify *v, const char *name, const struct cla_cms_info *info)
{
	struct cla_verify_report *r = v->report;

	cla_digest_hex(&info->signer, r->signer);
	r->signer_anchored = info->anchored;
	cla_verify_note_add(v, "%s: signed by %s%s%s", name, info->subject,
			    *info->signing_time ? ", by its own account at " : "",
			    info->signing_time);
	if (!info->anchored)
		cla_verify_note_add(v,
				    "the signer is not established: compare the certificate's "
				    "SHA-256 %s with the one known from elsewhere, or give anchors",
				    r->signer);
}

/* The anchors of signer and time-stamp authority; absent when none were given. */
static struct cla_str anchors(const struct cla_verify *v)
{
	return v->opts->trust_path ? cla_buf_str(&v->anchors) : CLA_STR_NONE;
}

static void note_stamp(struct cla_verify *v, const char *name, const struct cla_stamp_info *info)
{
	char text[CLA_TIME_TEXT], hex[CLA_DIGEST_HEX];

	cla_verify_note_add(v, "%s: stamped at %s by %s", name, cla_time_format(info->time, text),
			    info->subject);
	if (!info->anchored)
		cla_verify_note_add(v,
				    "the time-stamp authority is not established: compare "
				    "its certificate's SHA-256 %s with the one known from "
				    "elsewhere, or give anchors",
				    cla_digest_hex(&info->signer, hex));
}

/* Whether that stamp is over these bytes; a problem when it is not. */
static bool check_stamp(struct cla_verify *v, const char *name, struct cla_str tsr,
			struct cla_str data, const char *due, struct cla_stamp_info *info)
{
	switch (cla_stamp_verify(tsr, data, anchors(v), info)) {
	case CLA_STAMP_GOOD:
		note_stamp(v, name, info);
		return true;
	case CLA_STAMP_UNTRUSTED:
		cla_verify_problem(v, name, "authority", cla_str_from(info->detail),
				   CLA_STR("a chain that ends in the given anchors"));
		return false;
	case CLA_STAMP_UNREADABLE:
	case CLA_STAMP_OTHER_DATA:
	case CLA_STAMP_OTHER_REQUEST:
	case CLA_STAMP_NO_SIGNER:
	case CLA_STAMP_BAD_SIGNATURE:
	default:
		cla_verify_problemf(v, name, "time-stamp", due, "%s", info->detail);
		return false;
	}
}

/* What a renewal says of the stamp before it. */
static void check_renewal(struct cla_verify *v, const char *name, const struct cla_stamp_info *old,
			  const struct cla_stamp_info *next)
{
	char text[2][CLA_TIME_TEXT];

	if (cla_time_cmp(next->time, old->time) < 0)
		cla_verify_problem(v, name, "time",
				   cla_str_from(cla_time_format(next->time, text[0])),
				   cla_str_from(cla_time_format(old->time, text[1])));
	else if (cla_time_cmp(next->time, old->until) > 0)
		cla_verify_note_add(v,
				    "%s: the certificate of the authority before it had ended by "
				    "then, at %s",
				    name, cla_time_format(old->until, text[0]));
}

/* The stamp over the signature, then each renewal over the stamp before it. *when becomes the time of
 * the first when that can be relied on: the signer's chain is then judged at it. */
static bool check_stamps(struct cla_verify *v, const char *dir, const char *base,
			 struct cla_str tsr, struct cla_str p7s, struct cla_time *when,
			 struct cla_err *err)
{
	cla_auto_buf struct cla_buf last = CLA_BUF_INIT(CLA_VERIFY_SIDECAR_MAX);
	struct cla_verify_report *r = v->report;
	struct cla_stamp_info info, next;
	char name[128], suffix[64], text[CLA_TIME_TEXT];

	snprintf(name, sizeof(name), "%s.statement.p7s.tsr", base);
	if (!check_stamp(v, name, tsr, p7s, "a time-stamp over the signature as it lies here",
			 &info))
		return true;
	snprintf(r->stamped_at, sizeof(r->stamped_at), "%s", cla_time_format(info.time, text));
	r->stamp_anchored = info.anchored;
	if (info.anchored)
		*when = info.time;
	cla_buf_add(&last, tsr);
	for (unsigned n = 1; cla_buf_ok(&last, err); n++) {
		cla_auto_buf struct cla_buf renewal = CLA_BUF_INIT(CLA_VERIFY_SIDECAR_MAX);
		bool found;

		snprintf(suffix, sizeof(suffix), ".statement.p7s.tsr.%u.tsr", n);
		snprintf(name, sizeof(name), "%s%s", base, suffix);
		if (!read_sidecar(v, dir, base, suffix, &renewal, &found, err))
			return false;
		if (!found || !check_stamp(v, name, cla_buf_str(&renewal), cla_buf_str(&last),
					   "a time-stamp over the one before it", &next))
			return true;
		check_renewal(v, name, &info, &next);
		info = next;
		cla_buf_reset(&last);
		cla_buf_add(&last, cla_buf_str(&renewal));
	}
	return false;
}

static void check_signature(struct cla_verify *v, const char *base, struct cla_str p7s,
			    struct cla_time when)
{
	struct cla_cms_info info;
	char name[128];

	snprintf(name, sizeof(name), "%s.statement.p7s", base);
	enum cla_cms_result result =
		cla_cms_verify(p7s, cla_buf_str(&v->statement.text), anchors(v), when, &info);
	switch (result) {
	case CLA_CMS_GOOD:
		describe_signer(v, name, &info);
		break;
	case CLA_CMS_UNTRUSTED:
		describe_signer(v, name, &info);
		cla_verify_problem(v, name, "signer", cla_str_from(info.detail),
				   CLA_STR("a chain that ends in the given anchors"));
		break;
	case CLA_CMS_UNREADABLE:
	case CLA_CMS_NO_CADES:
	case CLA_CMS_BAD_SIGNATURE:
	case CLA_CMS_NO_SIGNER:
		cla_verify_problemf(v, name, "signature",
				    "a signature over the statement as it lies here", "%s",
				    info.detail);
		break;
	}
}

static void check_seal(struct cla_verify *v, const char *base, struct cla_str pem)
{
	cla_auto_cert struct cla_cert *cert = NULL;
	struct cla_err why = CLA_ERR_INIT;
	char name[128], hex[CLA_DIGEST_HEX];

	snprintf(name, sizeof(name), "%s.seal.pem", base);
	if (!cla_cert_decode_pem(pem, &cert, &why)) {
		cla_verify_problemf(v, name, "content", "a certificate in PEM", "%s", why.msg);
		return;
	}
	struct cla_digest print = cla_cert_fingerprint(cert);
	cla_digest_hex(&print, hex);
	if (*v->report->signer && strcmp(hex, v->report->signer) != 0)
		cla_verify_problem(v, name, "fingerprint", cla_str_from(hex),
				   cla_str_from(v->report->signer));
}

/* A change of the tree: their number grows with the month. */
static bool on_change(void *ctx, const struct cla_json_part *part, struct cla_err *err)
{
	struct cla_verify *v = ctx;
	struct cla_verify_statement *s = &v->statement;
	struct cla_db_stmt *put;
	bool good = false;

	if (cla_str_absent(part->raw))
		cla_verify_problemf(v, s->name, "content", "smaller values", "one of %llu bytes",
				    (unsigned long long)part->size);
	else if (!cla_verify_canonical(v, s->name, "content", part->raw, &good, err))
		return false;
	s->bad = s->bad || !good;
	if (s->bad || !cla_str_eqc(part->key, "changes"))
		return true;
	if (!cla_db_once(v->db, "INSERT INTO change(raw) VALUES(?)", &put, err))
		return false;
	cla_db_bind_blob(put, 1, part->raw.ptr, part->raw.len);
	return cla_db_run(put, err);
}

static bool parse_statement(struct cla_verify *v, struct cla_err *err)
{
	struct cla_verify_statement *s = &v->statement;
	struct cla_json_parts parts;

	cla_json_parts_init(&parts, 3, CLA_VERIFY_INDEX_MAX, CLA_VERIFY_ITEM_MAX);
	bool ok = cla_json_parts_feed(&parts, cla_buf_str(&s->text), on_change, v, err);
	if (ok && parts.rest.failed)
		cla_verify_problemf(v, s->name, "content", "less of it",
				    "more than %zu bytes beside the changes", parts.rest.max);
	else if (ok && !s->bad)
		ok = cla_verify_parse(v, s->name, "content", cla_buf_str(&parts.rest),
				      CLA_VERIFY_TOKENS_MAX, &s->doc, err);
	cla_json_parts_clear(&parts);
	s->readable = ok && s->doc &&
		      cla_shape_check(v, s->name, "", cla_json_root(s->doc), &statement_shape);
	return ok;
}

bool cla_verify_statement_read(struct cla_verify *v, const char *dir, const char *base,
			       struct cla_err *err)
{
	struct cla_verify_statement *s = &v->statement;
	cla_auto_buf struct cla_buf p7s = CLA_BUF_INIT(CLA_VERIFY_SIDECAR_MAX);
	cla_auto_buf struct cla_buf pem = CLA_BUF_INIT(CLA_VERIFY_SIDECAR_MAX);
	cla_auto_buf struct cla_buf tsr = CLA_BUF_INIT(CLA_VERIFY_SIDECAR_MAX);
	bool has_p7s, has_pem, has_tsr;

	snprintf(s->name, sizeof(s->name), "%s.statement.json", base);
	s->text.max = CLA_VERIFY_STATEMENT_MAX;
	if (!read_sidecar(v, dir, base, ".statement.json", &s->text, &s->present, err) ||
	    !read_sidecar(v, dir, base, ".statement.p7s", &p7s, &has_p7s, err) ||
	    !read_sidecar(v, dir, base, ".seal.pem", &pem, &has_pem, err) ||
	    !read_sidecar(v, dir, base, ".statement.p7s.tsr", &tsr, &has_tsr, err))
		return false;
	v->report->has_statement = s->present;
	v->report->has_signature = s->present && has_p7s;
	if (!s->present) {
		cla_verify_note_add(v,
				    "no %s: what the archive holds was checked, but nothing "
				    "says that it is the archive that was issued",
				    s->name);
		return true;
	}
	if (!parse_statement(v, err))
		return false;
	struct cla_time when = v->opts->now;
	if (has_p7s && has_tsr &&
	    !check_stamps(v, dir, base, cla_buf_str(&tsr), cla_buf_str(&p7s), &when, err))
		return false;
	if (has_p7s)
		check_signature(v, base, cla_buf_str(&p7s), when);
	else
		cla_verify_note_add(v, "no %s.statement.p7s: nobody answers for the statement",
				    base);
	if (has_pem)
		check_seal(v, base, cla_buf_str(&pem));
	else if (has_p7s)
		cla_verify_note_add(v, "no %s.seal.pem: the signature carries the certificate too",
				    base);
	if (has_tsr && !has_p7s)
		cla_verify_note_add(v, "%s.statement.p7s.tsr: nothing here that it is about", base);
	return true;
}

/* --- what it says of the archive --- */

static void expect_text(struct cla_verify *v, const char *field, const struct cla_json *node,
			struct cla_str due)
{
	struct cla_str found = cla_json_string(node);
	bool same = cla_str_absent(found) == cla_str_absent(due) && cla_str_eq(found, due);
	if (!same)
		cla_verify_problem(v, v->statement.name, field,
				   cla_str_absent(found) ? CLA_STR("null") : found,
				   cla_str_absent(due) ? CLA_STR("null") : due);
}

static void expect_digest(struct cla_verify *v, const char *field, const struct cla_json *node,
			  const struct cla_digest *actual)
{
	struct cla_digest said = { { 0 } };
	(void)!cla_digest_parse(cla_json_string(node), &said);
	if (!cla_digest_eq(&said, actual))
		cla_verify_differ(v, v->statement.name, field, &said, actual);
}

static void expect_u64(struct cla_verify *v, const char *field, const struct cla_json *node,
		       uint64_t due)
{
	uint64_t n = 0;
	(void)!cla_json_u64(node, &n);
	if (n != due)
		cla_verify_differ_u64(v, v->statement.name, field, n, due);
}

static void check_subject(struct cla_verify *v, const struct cla_json *subject)
{
	const struct cla_json *first = cla_json_first(subject);
	struct cla_digest said = { { 0 } };
	char name[128];

	if (cla_json_count(subject) != 1) {
		cla_verify_problemf(v, v->statement.name, "subject", "one subject", "%zu",
				    cla_json_count(subject));
		return;
	}
	snprintf(name, sizeof(name), "%s.tar", v->base);
	expect_text(v, "subject[0].name", cla_json_get(first, "name"), cla_str_from(name));
	/* The statement is what was signed: it is the archive that is not the right one. */
	(void)!cla_digest_parse(
		cla_json_string(cla_json_get(cla_json_get(first, "digest"), "sha256")), &said);
	if (!cla_digest_eq(&said, &v->report->sha256))
		cla_verify_differ(v, "", "sha256", &v->report->sha256, &said);
}

/* The uuid of the expense with that leaf; "" when the tree holds no such leaf. */
static bool find_leaf(struct cla_verify *v, const struct cla_digest *leaf, char uuid[37],
		      struct cla_err *err)
{
	struct cla_db_stmt *get;
	bool row;

	uuid[0] = '\0';
	if (!cla_db_once(v->db, "SELECT uuid FROM expense WHERE leaf=?", &get, err))
		return false;
	cla_verify_bind_digest(get, 1, leaf);
	return cla_db_step(get, &row, err) &&
	       (!row || cla_str_cstr(cla_db_str(get, 0), uuid, 37, err));
}

static bool hold_leaf(struct cla_verify *v, const char *sql, const struct cla_digest *leaf,
		      struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(v->db, sql, &put, err))
		return false;
	cla_verify_bind_digest(put, 1, leaf);
	return cla_db_run(put, err);
}

/* One change, against the tree as it is now. `last`: the uuid of the latest leaf that is in it. */
static bool check_change(struct cla_verify *v, const char *field, const struct cla_json *change,
			 char last[37], struct cla_err *err)
{
	struct cla_str kind = cla_json_string(cla_json_get(change, "kind"));
	struct cla_digest old, new;
	char uuid[37];
	bool has_old = cla_digest_parse(cla_json_string(cla_json_get(change, "leaf_old")), &old);
	bool has_new = cla_digest_parse(cla_json_string(cla_json_get(change, "leaf_new")), &new);

	if (has_old == cla_str_eqc(kind, "added") || has_new == cla_str_eqc(kind, "removed")) {
		cla_verify_problem(v, v->statement.name, field, kind,
				   CLA_STR("the leaves that such a change has, and no other"));
		return true;
	}
	if ((has_old && !hold_leaf(v, "INSERT INTO gone VALUES(?)", &old, err)) ||
	    (has_new && !hold_leaf(v, "INSERT OR IGNORE INTO came VALUES(?)", &new, err)) ||
	    (has_old && !find_leaf(v, &old, uuid, err)))
		return false;
	if (has_old && *uuid)
		cla_verify_problemf(v, v->statement.name, field,
				    "an old leaf that is no longer in the tree", "that of %s",
				    uuid);
	if (!has_new)
		return true;
	if (!find_leaf(v, &new, uuid, err))
		return false;
	if (!*uuid)
		cla_verify_problemf(v, v->statement.name, field, "a new leaf that is in the tree",
				    "none of its leaves");
	else if (strcmp(uuid, last) <= 0)
		cla_verify_problemf(v, v->statement.name, field, "changes sorted by uuid",
				    "that of %s", uuid);
	memcpy(last, uuid, sizeof(uuid));
	return true;
}

static bool check_changes(struct cla_verify *v, struct cla_err *err)
{
	struct cla_db_stmt *get;
	char field[80], last[37] = "";
	bool row;

	if (!cla_db_exec(v->db, "CREATE INDEX leaf_of ON expense(leaf)", err) ||
	    !cla_db_once(v->db, "SELECT raw FROM change ORDER BY n", &get, err))
		return false;
	for (size_t i = 0;; i++) {
		cla_auto_json struct cla_json_doc *doc = NULL;
		if (!cla_db_step(get, &row, err))
			return false;
		if (!row)
			return true;
		if (!cla_json_parse(cla_db_blob(get, 0), &doc, err))
			return cla_err_wrap(err, "reading '%s'", v->statement.name);
		snprintf(field, sizeof(field), "predicate.supersedes.changes[%zu]", i);
		if (cla_shape_check(v, v->statement.name, field, cla_json_root(doc),
				    &change_shape) &&
		    !check_change(v, field, cla_json_root(doc), last, err))
			return false;
	}
}

/* The name of another bundle of this entity. NULL for `revision`: any but this one; otherwise the
 * same month in that revision. */
static void check_earlier(struct cla_verify *v, const char *field, const struct cla_json *earlier,
			  const uint64_t *revision)
{
	const struct cla_base_name *own = &v->base_name;
	struct cla_str name = cla_json_string(cla_json_get(earlier, "name"));
	struct cla_base_name b;

	if (cla_str_absent(name) || !*v->base)
		return;
	if (!cla_base_name_read(name, &b))
		cla_verify_problem(v, v->statement.name, field, name,
				   CLA_STR("the name of a bundle"));
	else if (strcmp(b.country, own->country) != 0 || strcmp(b.slug, own->slug) != 0)
		cla_verify_problem(v, v->statement.name, field, name,
				   CLA_STR("a bundle of the same entity"));
	else if (revision && (strcmp(b.month, own->month) != 0 || b.revision != *revision))
		cla_verify_problem(v, v->statement.name, field, name,
				   CLA_STR("the revision before of the same month"));
	else if (!strcmp(b.text, own->text))
		cla_verify_problem(v, v->statement.name, field, name, CLA_STR("another bundle"));
}

static void keep(char out[64], struct cla_str s)
{
	snprintf(out, 64, CLA_STR_FMT, CLA_STR_ARG(s));
}

static bool hash_leaves(struct cla_verify *v, const char *sql, struct cla_digest *ret,
			struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	struct cla_db_stmt *get;
	bool row;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err) || !cla_db_once(v->db, sql, &get, err))
		return false;
	for (;;) {
		if (!cla_db_step(get, &row, err))
			return false;
		if (!row)
			return cla_hasher_finish(hasher, ret->bytes, err);
		cla_hasher_update(hasher, cla_db_blob(get, 0));
	}
}

/* What the tree holds, and what it held before the changes: chain.c holds the one against the
 * other. */
static bool note_leaves(struct cla_verify *v, bool changed, struct cla_err *err)
{
	struct cla_verify_link *l = &v->report->link;

	return hash_leaves(v, "SELECT leaf FROM expense ORDER BY leaf", &l->leaves, err) &&
	       (!changed || hash_leaves(v,
					"SELECT leaf FROM expense WHERE leaf NOT IN came"
					" UNION ALL SELECT leaf FROM gone ORDER BY leaf",
					&l->old_leaves, err));
}

/* What chain.c compares with other bundles. */
static bool note_link(struct cla_verify *v, const struct cla_json *predicate, struct cla_err *err)
{
	const struct cla_json *prev = cla_json_get(predicate, "prev");
	const struct cla_json *old = cla_json_get(predicate, "supersedes");
	struct cla_verify_link *l = &v->report->link;

	l->present = true;
	(void)!cla_json_u64(cla_json_get(predicate, "seq"), &l->seq);
	(void)!cla_json_u64(cla_json_get(cla_json_get(predicate, "custody"), "n"), &l->custody);
	keep(l->prev, cla_json_string(cla_json_get(prev, "name")));
	(void)!cla_digest_parse(cla_json_string(cla_json_get(prev, "statement_sha256")),
				&l->prev_statement);
	keep(l->old, cla_json_string(cla_json_get(old, "name")));
	(void)!cla_digest_parse(cla_json_string(cla_json_get(old, "tar_sha256")), &l->old_tar);
	return cla_digest_of(cla_buf_str(&v->statement.text), &l->statement, err);
}

/* The chains: revisions of one month, statements of one entity. */
static bool check_chains(struct cla_verify *v, const struct cla_json *predicate,
			 struct cla_err *err)
{
	const struct cla_json *prev = cla_json_get(predicate, "prev");
	const struct cla_json *old = cla_json_get(predicate, "supersedes");
	uint64_t revision = 0, seq = 0;

	(void)!cla_json_u64(cla_json_get(predicate, "revision"), &revision);
	(void)!cla_json_u64(cla_json_get(predicate, "seq"), &seq);
	if ((seq == 0) != (cla_json_type(prev) == CLA_JSON_NULL))
		cla_verify_problemf(v, v->statement.name, "predicate.prev",
				    seq ? "the statement before" : "null", "%s",
				    seq ? "null" : "a statement before the first");
	if ((revision == 0) != (cla_json_type(old) == CLA_JSON_NULL))
		cla_verify_problemf(v, v->statement.name, "predicate.supersedes",
				    revision ? "the revision before" : "null", "%s",
				    revision ? "null" : "a revision before r0");
	uint64_t before = revision - (revision > 0);
	check_earlier(v, "predicate.prev.name", prev, NULL);
	check_earlier(v, "predicate.supersedes.name", old, &before);
	bool changed = cla_json_type(old) != CLA_JSON_NULL;
	return (!changed || check_changes(v, err)) && note_leaves(v, changed, err);
}

static bool check_tree(struct cla_verify *v, const struct cla_json *tree, struct cla_err *err)
{
	struct cla_verify_expense e;
	struct cla_db_stmt *expenses;
	struct cla_merkle m;
	struct cla_digest root;
	bool more;

	expect_u64(v, "predicate.tree.size", cla_json_get(tree, "size"), v->expenses);
	cla_merkle_init(&m);
	if (!cla_verify_expenses(v, &expenses, err))
		return false;
	for (;;) {
		if (!cla_verify_expense_next(expenses, &e, &more, err))
			return false;
		if (!more)
			break;
		if (!cla_merkle_add(&m, &e.leaf, err))
			return false;
	}
	if (!cla_merkle_root(&m, &root, err))
		return false;
	expect_digest(v, "predicate.tree.root", cla_json_get(tree, "root"), &root);
	return true;
}

bool cla_verify_statement_form(struct cla_verify *v, struct cla_err *err)
{
	const struct cla_json *root = cla_json_root(v->statement.doc);

	expect_text(v, "_type", cla_json_get(root, "_type"), cla_str_from(statement_type));
	expect_text(v, "predicateType", cla_json_get(root, "predicateType"),
		    cla_str_from(predicate_type));
	expect_text(v, "predicate.tree.hash",
		    cla_json_get(cla_json_get(cla_json_get(root, "predicate"), "tree"), "hash"),
		    cla_str_from(tree_hash));
	return note_link(v, cla_json_get(root, "predicate"), err);
}

bool cla_verify_statement_check(struct cla_verify *v, struct cla_err *err)
{
	const struct cla_verify_index *x = &v->index;

	if (!v->statement.readable)
		return true;
	const struct cla_json *root = cla_json_root(v->statement.doc);
	const struct cla_json *p = cla_json_get(root, "predicate");
	const struct cla_json *tool = cla_json_get(p, "tool");

	check_subject(v, cla_json_get(root, "subject"));
	if (!cla_verify_statement_form(v, err) || !check_chains(v, p, err))
		return false;
	if (x->readable) {
		expect_text(v, "predicate.country", cla_json_get(p, "country"), x->country);
		expect_text(v, "predicate.entity", cla_json_get(p, "entity"), x->entity);
		expect_text(v, "predicate.tax_id", cla_json_get(p, "tax_id"), x->tax_id);
		expect_text(v, "predicate.month", cla_json_get(p, "month"), x->month);
		expect_text(v, "predicate.cutoff", cla_json_get(p, "cutoff"), x->cutoff);
		expect_u64(v, "predicate.revision", cla_json_get(p, "revision"), x->revision);
	}
	if (v->seen[CLA_PLACE_RULES])
		expect_digest(v, "predicate.tool.rules_sha256", cla_json_get(tool, "rules_sha256"),
			      &v->rules_digest);
	return check_tree(v, cla_json_get(p, "tree"), err);
}
