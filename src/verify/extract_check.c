/* Checks an extract: the statement's signature, the way from evidence.json to its root, the files
 * that evidence.json names, and that there are no others. */
#include "verify/extract_priv.h"

#include "base/file.h"
#include "crypto/merkle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const hashes[] = { "rfc9162-sha256", NULL };
static const struct cla_shape hash_shape = { .type = CLA_SHAPE_CHOICE, .choices = hashes };
static const struct cla_shape digests_shape = { CLA_LIST(.type = CLA_SHAPE_HEX, .size = 64) };
static const struct cla_shape proof_shape = {
	CLA_FIELDS({ "audit_path", &digests_shape }, { "base", &cla_shape_str },
		   { "format", &cla_shape_int }, { "hash", &hash_shape },
		   { "index", &cla_shape_int }, { "kind", &cla_shape_kind },
		   { "leaf", &cla_shape_digest }, { "root", &cla_shape_digest },
		   { "size", &cla_shape_int }, { "uuid", &cla_shape_uuid }),
};

struct check {
	struct cla_verify *v;
	const char *dir; /* of the extract */
	/* what proof.json says */
	struct cla_base_name base;
	bool is_tx;
	char uuid[37], expense[CLA_EXTRACT_DIR];
	uint64_t index, size;
	struct cla_digest leaf, root, path[64];
	size_t path_len;
	/* what evidence.json names */
	struct cla_json_doc *evidence;
	char evidence_path[CLA_EXTRACT_DIR + 16];
};

/* *found false, and a problem, when it is not there, or too long. */
static bool read_file(struct check *c, const char *name, struct cla_buf *out, bool *found,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(16384);
	struct cla_err why = CLA_ERR_INIT;

	*found = false;
	if (!cla_path_join(&path, c->dir, name, err))
		return false;
	if (cla_file_read(cla_buf_cstr(&path), out, &why)) {
		*found = true;
		return true;
	}
	if (why.code == CLA_ERR_NOT_FOUND || why.code == CLA_ERR_LIMIT) {
		cla_verify_problemf(c->v, name, "file", "a file", "%s",
				    why.code == CLA_ERR_LIMIT ? "a longer one than is read"
							      : "missing");
		return true;
	}
	if (err)
		*err = why;
	return false;
}

/* ---- proof.json ---- */

static void take_proof(struct check *c, const struct cla_json *p, bool *good)
{
	static const char member[] = CLA_EXTRACT_PROOF;
	struct cla_str base = cla_json_string(cla_json_get(p, "base")),
		       uuid = cla_json_string(cla_json_get(p, "uuid"));
	uint64_t format = 0;

	*good = false;
	(void)!cla_json_u64(cla_json_get(p, "format"), &format);
	(void)!cla_json_u64(cla_json_get(p, "index"), &c->index);
	(void)!cla_json_u64(cla_json_get(p, "size"), &c->size);
	(void)!cla_digest_parse(cla_json_string(cla_json_get(p, "leaf")), &c->leaf);
	(void)!cla_digest_parse(cla_json_string(cla_json_get(p, "root")), &c->root);
	if (format != 1) {
		cla_verify_differ_u64(c->v, member, "format", format, 1);
		return;
	}
	if (!cla_base_name_read(base, &c->base)) {
		cla_verify_problem(c->v, member, "base", base, CLA_STR("the name of a bundle"));
		return;
	}
	for (const struct cla_json *h = cla_json_first(cla_json_get(p, "audit_path")); h;
	     h = cla_json_next(h)) {
		if (c->path_len == CLA_LEN(c->path)) {
			cla_verify_problemf(c->v, member, "audit_path", "at most 64 hashes",
					    "more");
			return;
		}
		(void)!cla_digest_parse(cla_json_string(h), &c->path[c->path_len++]);
	}
	c->is_tx = cla_str_eqc(cla_json_string(cla_json_get(p, "kind")), "tx");
	*good = cla_str_cstr(uuid, c->uuid, sizeof(c->uuid), NULL);
	cla_extract_dir(c->is_tx, c->uuid, c->expense);
	snprintf(c->evidence_path, sizeof(c->evidence_path), "%s/evidence.json", c->expense);
}

static bool read_proof(struct check *c, bool *good, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(CLA_EXTRACT_PROOF_MAX);
	cla_auto_json struct cla_json_doc *doc = NULL;
	bool found;

	*good = false;
	if (!read_file(c, CLA_EXTRACT_PROOF, &text, &found, err) ||
	    (found && !cla_verify_parse(c->v, CLA_EXTRACT_PROOF, "content", cla_buf_str(&text),
					CLA_VERIFY_TOKENS_MAX, &doc, err)))
		return false;
	if (doc && cla_shape_check(c->v, CLA_EXTRACT_PROOF, "", cla_json_root(doc), &proof_shape))
		take_proof(c, cla_json_root(doc), good);
	return true;
}

/* ---- the tree ---- */

static void keep(char *out, size_t size, struct cla_str s)
{
	snprintf(out, size, CLA_STR_FMT, CLA_STR_ARG(s));
}

static void fill_report(struct check *c, const struct cla_json *statement)
{
	const struct cla_json *p = cla_json_get(statement, "predicate");
	const struct cla_json *subject = cla_json_first(cla_json_get(statement, "subject"));
	struct cla_verify_report *r = c->v->report;

	keep(r->base, sizeof(r->base), cla_str_from(c->base.text));
	keep(r->entity, sizeof(r->entity), cla_json_string(cla_json_get(p, "entity")));
	keep(r->month, sizeof(r->month), cla_json_string(cla_json_get(p, "month")));
	keep(r->tax_id, sizeof(r->tax_id), cla_json_string(cla_json_get(p, "tax_id")));
	keep(r->cutoff, sizeof(r->cutoff), cla_json_string(cla_json_get(p, "cutoff")));
	(void)!cla_json_u64(cla_json_get(p, "revision"), &r->revision);
	(void)!cla_digest_parse(
		cla_json_string(cla_json_get(cla_json_get(subject, "digest"), "sha256")),
		&r->sha256);
}

/* The statement is about the bundle that the proof names, and has the tree that it leads to. */
static bool check_statement(struct check *c, struct cla_err *err)
{
	struct cla_verify *v = c->v;
	const struct cla_json *root = cla_json_root(v->statement.doc);
	const struct cla_json *tree = cla_json_get(cla_json_get(root, "predicate"), "tree");
	const struct cla_json *subject = cla_json_first(cla_json_get(root, "subject"));
	struct cla_digest said = { { 0 } };
	uint64_t size = 0;
	char name[128];

	if (!v->statement.readable)
		return true;
	fill_report(c, root);
	if (!cla_verify_statement_form(v, err))
		return false;
	snprintf(name, sizeof(name), "%s.tar", c->base.text);
	if (!cla_str_eqc(cla_json_string(cla_json_get(subject, "name")), name))
		cla_verify_problem(v, v->statement.name, "subject[0].name",
				   cla_json_string(cla_json_get(subject, "name")),
				   cla_str_from(name));
	(void)!cla_digest_parse(cla_json_string(cla_json_get(tree, "root")), &said);
	(void)!cla_json_u64(cla_json_get(tree, "size"), &size);
	if (!cla_digest_eq(&c->root, &said))
		cla_verify_differ(v, CLA_EXTRACT_PROOF, "root", &c->root, &said);
	if (c->size != size)
		cla_verify_differ_u64(v, CLA_EXTRACT_PROOF, "size", c->size, size);
	if (!cla_merkle_check(&c->leaf, c->index, size, c->path, c->path_len, &said))
		cla_verify_problemf(v, CLA_EXTRACT_PROOF, "audit_path",
				    "hashes that lead from the leaf to the statement's root",
				    "they lead elsewhere");
	return true;
}

static bool check_evidence(struct check *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(CLA_VERIFY_EVIDENCE_MAX);
	struct cla_digest leaf;
	bool found;

	if (!read_file(c, c->evidence_path, &text, &found, err))
		return false;
	if (!found)
		return true;
	if (!cla_merkle_leaf(cla_buf_str(&text), &leaf, err))
		return false;
	if (!cla_digest_eq(&leaf, &c->leaf))
		cla_verify_differ(c->v, c->evidence_path, "leaf", &leaf, &c->leaf);
	if (!cla_verify_parse(c->v, c->evidence_path, "content", cla_buf_str(&text),
			      CLA_VERIFY_TOKENS_MAX, &c->evidence, err))
		return false;
	const struct cla_json *e = cla_json_root(c->evidence);
	if (e && !cla_str_eqc(cla_json_string(cla_json_get(e, "uuid")), c->uuid))
		cla_verify_problem(c->v, c->evidence_path, "uuid",
				   cla_json_string(cla_json_get(e, "uuid")), cla_str_from(c->uuid));
	if (e && cla_str_eqc(cla_json_string(cla_json_get(e, "kind")), "tx") != c->is_tx)
		cla_verify_problem(c->v, c->evidence_path, "kind",
				   cla_json_string(cla_json_get(e, "kind")),
				   c->is_tx ? CLA_STR("tx") : CLA_STR("reimbursement"));
	return true;
}

/* ---- files ---- */

/* The first entry of `documents` with that path; NULL when there is none. */
static const struct cla_json *named(const struct check *c, const char *path)
{
	const struct cla_json *d =
		cla_json_first(cla_json_get(cla_json_root(c->evidence), "documents"));

	while (d && !cla_str_eqc(cla_json_string(cla_json_get(d, "path")), path))
		d = cla_json_next(d);
	return d;
}

static bool check_file(struct check *c, const char *path, const char *rel,
		       const struct cla_json *entry, struct cla_err *err)
{
	cla_auto_fd int in = open(path, O_RDONLY | O_CLOEXEC);
	struct cla_digest digest, said = { { 0 } };
	uint64_t size, due = 0;

	if (cla_ctx_cancelled(c->v->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (in < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", path);
	if (!cla_digest_fd(in, -1, &digest, &size, err))
		return cla_err_wrap(err, "'%s'", path);
	(void)!cla_digest_parse(cla_json_string(cla_json_get(entry, "sha256")), &said);
	(void)!cla_json_u64(cla_json_get(entry, "size"), &due);
	if (!cla_digest_eq(&digest, &said))
		cla_verify_differ(c->v, rel, "sha256", &digest, &said);
	if (size != due)
		cla_verify_differ_u64(c->v, rel, "size", size, due);
	return true;
}

static bool check_script(struct check *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf due = CLA_BUF_INIT(16384), text = CLA_BUF_INIT(16384);
	bool found;

	cla_extract_script(c->base.text, c->expense, &due);
	if (!cla_buf_ok(&due, err) || !read_file(c, CLA_EXTRACT_SCRIPT, &text, &found, err))
		return false;
	if (found && !cla_str_eq(cla_buf_str(&text), cla_buf_str(&due)))
		cla_verify_problemf(c->v, CLA_EXTRACT_SCRIPT, "content",
				    "the script of the format, byte for byte", "another one");
	return true;
}

/* Each file of the folder is one that belongs into it. */
static bool on_file(void *ctx, const char *path, struct cla_err *err)
{
	struct check *c = ctx;
	const char *rel = path + strlen(c->dir);

	while (*rel == '/')
		rel++;
	if (!strcmp(rel, CLA_EXTRACT_PROOF) || !strcmp(rel, CLA_EXTRACT_SCRIPT) ||
	    !strcmp(rel, c->evidence_path) ||
	    cla_extract_is_sidecar(cla_str_from(rel), c->base.text))
		return true;
	const struct cla_json *entry = named(c, rel);
	if (entry)
		return check_file(c, path, rel, entry, err);
	cla_verify_problemf(c->v, rel, "file", "the files of an extract, no others",
			    "no such file");
	return true;
}

/* And each that evidence.json names is there, under a name that belongs to this expense. */
static bool check_documents(struct check *c, struct cla_err *err)
{
	const struct cla_json *list = cla_json_get(cla_json_root(c->evidence), "documents");

	for (const struct cla_json *d = cla_json_first(list); d; d = cla_json_next(d)) {
		cla_auto_buf struct cla_buf path = CLA_BUF_INIT(16384);
		struct cla_str said = cla_json_string(cla_json_get(d, "path"));
		struct cla_member_name at;
		char rel[300];

		cla_member_name_read(said, &at);
		if (at.place != CLA_PLACE_FILE || !cla_str_eqc(at.dir, c->expense) ||
		    !cla_str_cstr(said, rel, sizeof(rel), NULL)) {
			cla_verify_problem(c->v, c->evidence_path, "documents.path", said,
					   CLA_STR("a file of this expense"));
			continue;
		}
		if (!cla_path_join(&path, c->dir, rel, err))
			return false;
		if (!cla_path_exists(cla_buf_cstr(&path)))
			cla_verify_problemf(c->v, rel, "file", "a file", "missing");
		c->v->documents += cla_role_is_document(at.role);
	}
	return true;
}

/* ---- the whole ---- */

static bool check_all(struct check *c, struct cla_err *err)
{
	struct cla_verify *v = c->v;
	bool good;

	if (!cla_verify_held_open(v, err) || !cla_verify_anchors(v, err) ||
	    !read_proof(c, &good, err))
		return false;
	if (!good)
		return true;
	v->base_name = c->base;
	memcpy(v->base, c->base.text, sizeof(v->base));
	if (!cla_verify_statement_read(v, c->dir, c->base.text, err) || !check_statement(c, err) ||
	    !check_evidence(c, err) || !check_documents(c, err) || !check_script(c, err) ||
	    !cla_path_walk(c->dir, on_file, c, err))
		return false;
	cla_verify_note_add(v,
			    "one expense out of %llu: that there are no others in the month is "
			    "for the whole bundle to show",
			    (unsigned long long)c->size);
	return true;
}

bool cla_extract_is(const char *dir)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(16384);

	return cla_path_is_dir(dir) && cla_path_join(&path, dir, CLA_EXTRACT_PROOF, NULL) &&
	       cla_path_exists(cla_buf_cstr(&path));
}

bool cla_extract_check(const struct cla_ctx *ctx, const char *dir,
		       const struct cla_verify_opts *opts, struct cla_verify_report *report,
		       struct cla_err *err)
{
	struct cla_verify v = { .ctx = ctx, .opts = opts, .report = report, .mtime = -1 };
	struct check c = { .v = &v, .dir = dir };

	cla_verify_report_init(report);
	bool ok = check_all(&c, err) || cla_err_wrap(err, "checking '%s'", dir);
	report->extract = true;
	report->expenses = 1;
	report->documents = v.documents;
	report->result = cla_verify_result_of(&v);
	if (ok && v.oom)
		ok = cla_err_oom(err);
	cla_json_free(c.evidence);
	cla_verify_clear(&v);
	return ok;
}
