#include "cli/pipeline.h"

#include "base/file.h"
#include "bundle/evidence.h"
#include "bundle/write.h"
#include "crypto/seal.h"
#include "crypto/cert.h"
#include "fiscal/judge.h"
#include "json/json.h"
#include "match/match.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DOCUMENT (512u << 20)
#define MAX_CERT (64u << 10)

struct cla_pipeline {
	struct cla_cli *cli;
	struct cla_store *store;
	struct cla_judge *judge;
	struct cla_digest rules, certs; /* identity of the rule pack and of the certificate set */
	struct cla_buf rules_json;
	cla_highlight_fn *highlight;
	void *highlight_ctx;
};

/* One expense, as far as the summary and the lookups by uuid need it. */
struct known {
	char uuid[37];
	enum cla_expense_kind kind;
	struct cla_str merchant, amount, currency, date;
};

/* A role that a file turned out to have; noted while files are read, set when that is over. */
struct role {
	int64_t id;
	const char *role;
};

struct imported {
	size_t place; /* its number among all that was added to the matcher */
	struct cla_digest object;
	uint64_t size;
	struct cla_str name;
	const char *role_tx, *role_reimbursement;
};

/* One month on its way. */
struct month_run {
	struct cla_pipeline *p;
	const struct cla_entity *entity;
	const struct cla_pipeline_opts *opts;
	struct cla_outcome *out;
	struct cla_gather *gather;
	struct cla_match *match;
	struct cla_time cutoff;
	struct cla_judgement judgement; /* of `judged`, the file looked at last */
	struct cla_digest judged;
	bool has_judgement;
	struct known *known;
	size_t known_count, known_cap;
	struct role *roles;
	size_t role_count, role_cap;
	struct imported *imports;
	size_t import_count, import_cap;
	size_t added;		     /* documents and files given to the matcher */
	struct cla_missing *not_had; /* what collecting could not have, as it happened */
	size_t not_had_count, not_had_cap;
	struct cla_err not_had_err; /* a gap that could not even be noted */
};

void cla_outcome_clear(struct cla_outcome *o)
{
	cla_arena_clear(&o->arena);
	memset(o, 0, sizeof(*o));
}

static bool grow(void *array, size_t *cap, size_t count, size_t size, struct cla_err *err)
{
	void **p = array;

	if (count < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 256;
	void *bigger = reallocarray(*p, more, size);
	if (!bigger)
		return cla_err_oom(err);
	*p = bigger;
	*cap = more;
	return true;
}

/* ---- opening ---- */

static bool add_cert(void *ctx, const char *path, struct cla_err *err)
{
	struct cla_pipeline *p = ctx;
	cla_auto_buf struct cla_buf der = CLA_BUF_INIT(MAX_CERT);
	bool used;

	if (!cla_file_read(path, &der, err) ||
	    !cla_judge_add_cert(p->judge, cla_buf_str(&der), &used, err))
		return false;
	if (!used)
		cla_log(p->cli->ctx.log, CLA_LOG_WARN, "'%s' is no certificate (DER)", path);
	return true;
}

static bool load_judge(struct cla_pipeline *p, const char *data_dir, struct cla_err *err)
{
	cla_auto_buf struct cla_buf certs = CLA_BUF_INIT(8192);
	struct cla_judge_opts opts = { .now = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx) };

	if (!cla_judge_new(&opts, &p->judge, err) || !cla_path_join(&certs, data_dir, "certs", err))
		return false;
	if (cla_path_is_dir(cla_buf_cstr(&certs)) &&
	    !cla_path_walk(cla_buf_cstr(&certs), add_cert, p, err))
		return false;
	return cla_rules_json(&p->rules_json, err) &&
	       cla_digest_of(cla_buf_str(&p->rules_json), &p->rules, err) &&
	       cla_judge_cert_set(p->judge, &p->certs, err);
}

bool cla_pipeline_open(struct cla_cli *cli, struct cla_pipeline **ret, struct cla_err *err)
{
	cla_auto_buf struct cla_buf dir = CLA_BUF_INIT(8192);
	struct cla_pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return cla_err_oom(err);
	p->cli = cli;
	p->rules_json = (struct cla_buf)CLA_BUF_INIT(16u << 20);
	if (!cla_cli_data_dir(cli, &dir, err) ||
	    !cla_store_open(&cli->ctx, cla_buf_cstr(&dir), CLA_STORE_WRITE, &p->store, err) ||
	    !load_judge(p, cla_buf_cstr(&dir), err)) {
		cla_pipeline_close(p);
		return false;
	}
	*ret = p;
	return true;
}

void cla_pipeline_close(struct cla_pipeline *p)
{
	if (!p)
		return;
	cla_judge_free(p->judge);
	cla_buf_clear(&p->rules_json);
	cla_store_close(p->store);
	free(p);
}

struct cla_store *cla_pipeline_store(struct cla_pipeline *p)
{
	return p->store;
}

void cla_pipeline_highlight(struct cla_pipeline *p, cla_highlight_fn *fn, void *ctx)
{
	p->highlight = fn;
	p->highlight_ctx = ctx;
}

/* ---- judging ---- */

/* Only warnings may depend on the clock, and only for documents dated about the cut-off or later: a
 * kept verdict on such a one may come from another clock. */
static bool clock_matters(const struct cla_judgement *j, struct cla_time cutoff)
{
	for (const struct cla_document *d = j->documents; d; d = d->next) {
		struct cla_time at;
		bool zone;
		if (cla_str_absent(d->issued_at) || !cla_time_parse(d->issued_at, &at, &zone))
			continue;
		if (at.sec > cutoff.sec - 2 * 86400)
			return true;
	}
	return false;
}

static bool judge_object(struct month_run *run, const struct cla_digest *object,
			 struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT(MAX_DOCUMENT);
	bool found;

	if (run->has_judgement && cla_digest_eq(&run->judged, object))
		return true;
	cla_judgement_clear(&run->judgement);
	run->has_judgement = false;
	if (!cla_store_verdict_get(p->store, object, &p->rules, &p->certs, &run->judgement, &found,
				   err))
		return false;
	if (found && clock_matters(&run->judgement, run->cutoff)) {
		cla_judgement_clear(&run->judgement);
		found = false;
	}
	if (!found) {
		cla_judge_set_now(p->judge, run->cutoff);
		if (!cla_store_get(p->store, object, &bytes, err) ||
		    !cla_judge_bytes(p->judge, cla_buf_str(&bytes), &run->judgement, err) ||
		    !cla_store_verdict_put(p->store, object, &p->rules, &p->certs, &run->judgement,
					   err))
			return false;
	}
	run->judged = *object;
	run->has_judgement = true;
	return true;
}

/* XML by content is judged; so is what the API calls XML and is none: that is a finding, not a
 * picture. */
static bool judge_hook(void *ctx, const struct cla_gathered_file *file,
		       const struct cla_judgement **ret, struct cla_err *err)
{
	struct month_run *run = ctx;

	*ret = NULL;
	if (!cla_str_eqc(file->ext, "xml") && !cla_str_eq_nocase(file->format, CLA_STR("xml")))
		return true;
	if (!judge_object(run, &file->object, err))
		return cla_err_wrap(err, "judging a document of %s " CLA_STR_FMT,
				    cla_expense_kind_name(file->kind), CLA_STR_ARG(file->expense));
	*ret = &run->judgement;
	return true;
}

static bool match_hook(void *ctx, size_t index, struct cla_buf *out, struct cla_err *err)
{
	struct month_run *run = ctx;
	return cla_match_encode(run->match, index, out, err);
}

/* ---- matching ---- */

static bool keep(struct month_run *run, struct cla_str s, struct cla_str *to, struct cla_err *err)
{
	bool ok = true;
	*to = cla_arena_str(&run->out->arena, s, &ok);
	return ok || cla_err_oom(err);
}

static bool on_expense(void *ctx, size_t index, const struct cla_row *row, struct cla_str uuid,
		       const struct cla_claims *claims, struct cla_err *err)
{
	struct month_run *run = ctx;
	struct cla_match_expense e = {
		.kind = row->kind,
		.uuid = uuid,
		.type = row->type,
		.status = row->status,
		.date = row->operation_date,
		.amount = row->amount,
		.original = row->original,
		.merchant = row->merchant,
		.authorization_number = row->authorization_number,
		.tip = claims->tip,
		.folio_fiscal = claims->folio_fiscal,
	};
	size_t at;

	if (!grow(&run->known, &run->known_cap, run->known_count, sizeof(*run->known), err) ||
	    !cla_match_add_expense(run->match, &e, &at, err))
		return false;
	if (at != index)
		return cla_err_set(err, CLA_ERR_INTERNAL, "expenses out of step");
	struct known *k = &run->known[run->known_count++];
	*k = (struct known){ .kind = row->kind };
	(void)snprintf(k->uuid, sizeof(k->uuid), CLA_STR_FMT, CLA_STR_ARG(uuid));
	if (row->kind == CLA_EXPENSE_TX)
		run->out->transactions++;
	else
		run->out->reimbursements++;
	return keep(run, row->merchant, &k->merchant, err) &&
	       keep(run, row->amount.amount, &k->amount, err) &&
	       keep(run, row->amount.currency, &k->currency, err) &&
	       keep(run, row->operation_date, &k->date, err);
}

static struct known *find_known(struct month_run *run, struct cla_str uuid)
{
	size_t lo = 0, hi = run->known_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = cla_str_cmp(cla_str_from(run->known[mid].uuid), uuid);
		if (c == 0)
			return &run->known[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static struct cla_match_doc match_doc(const struct cla_document *d, size_t expense,
				      const struct cla_digest *object)
{
	return (struct cla_match_doc){
		.expense = expense,
		.kind = d->kind,
		.sha256 = *object,
		.id = d->id,
		.issuer = d->issuer,
		.receiver = d->receiver,
		.total = d->total,
		.currency = d->currency,
		.issued_at = d->issued_at,
		.type = d->type,
		.subtotal = d->subtotal,
		.discount = d->discount,
		.local_taxes = d->local_taxes,
		.exchange_rate = d->exchange_rate,
		.payment_form = d->payment_form,
		.authorization = d->authorization,
		.verdict = d->verdict,
	};
}

struct use_walk {
	struct month_run *run;
	struct cla_str id;
	struct cla_digest object;
};

static bool on_use(void *ctx, const struct cla_use *use, struct cla_err *err)
{
	struct use_walk *w = ctx;
	/* what this very month uses is at hand already */
	if (cla_str_eqc(use->entity, w->run->entity->name) && find_known(w->run, use->uuid))
		return true;
	struct cla_match_use u = { use->entity, use->month, use->kind, use->uuid };
	return cla_match_add_use(w->run->match, w->id, &w->object, &u, err);
}

static bool on_file(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct month_run *run = ctx;
	const struct cla_judgement *j;
	struct known *k = find_known(run, file->expense);
	struct use_walk walk = { run, CLA_STR_NONE, file->object };

	if (cla_ctx_cancelled(&run->p->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (!k)
		return cla_err_set(err, CLA_ERR_INTERNAL, "a file without an expense");
	size_t expense = (size_t)(k - run->known);
	if (!judge_hook(run, file, &j, err) ||
	    !grow(&run->roles, &run->role_cap, run->role_count, sizeof(*run->roles), err))
		return false;
	run->roles[run->role_count++] = (struct role){ file->id, cla_evidence_role(file->kind, j) };
	cla_ctx_progress(&run->p->cli->ctx, "validate", run->role_count, 0);
	bool fiscal = false;
	for (const struct cla_document *d = j ? j->documents : NULL; d; d = d->next) {
		struct cla_match_doc doc = match_doc(d, expense, &file->object);
		fiscal = fiscal || cla_doc_kind_is_fiscal(d->kind);
		walk.id = d->id;
		if (cla_doc_kind_is_fiscal(d->kind)) {
			run->added++;
			if (!cla_match_add_document(run->match, &doc, err))
				return false;
		}
		if (!cla_store_uses(run->p->store, d->id, &file->object, on_use, &walk, err))
			return false;
	}
	if (fiscal)
		return true;
	run->added++;
	return cla_match_add_file(run->match, expense, &file->object, err) &&
	       (j ||
		cla_store_uses(run->p->store, CLA_STR_NONE, &file->object, on_use, &walk, err));
}

static bool on_import(void *ctx, const struct cla_digest *id, uint64_t size, struct cla_str name,
		      struct cla_time time, struct cla_err *err)
{
	struct month_run *run = ctx;

	if (cla_time_cmp(time, run->cutoff) > 0 && run->opts->has_cutoff)
		return true;
	if (!judge_object(run, id, err))
		return cla_err_wrap(err, "judging imported '" CLA_STR_FMT "'", CLA_STR_ARG(name));
	for (const struct cla_document *d = run->judgement.documents; d; d = d->next) {
		if (!cla_doc_kind_is_fiscal(d->kind))
			continue;
		struct cla_match_doc doc = match_doc(d, CLA_MATCH_IMPORTED, id);
		if (!grow(&run->imports, &run->import_cap, run->import_count, sizeof(*run->imports),
			  err) ||
		    !cla_match_add_document(run->match, &doc, err))
			return false;
		struct imported *i = &run->imports[run->import_count++];
		*i = (struct imported){ .place = run->added++, .object = *id, .size = size };
		i->role_tx = cla_evidence_role(CLA_EXPENSE_TX, &run->judgement);
		i->role_reimbursement =
			cla_evidence_role(CLA_EXPENSE_REIMBURSEMENT, &run->judgement);
		if (!keep(run, name, &i->name, err))
			return false;
	}
	return true;
}

static const struct imported *find_import(const struct month_run *run, size_t place)
{
	for (size_t i = 0; i < run->import_count; i++)
		if (run->imports[i].place == place)
			return &run->imports[i];
	return NULL;
}

static bool place_imports(struct month_run *run, struct cla_err *err)
{
	for (size_t e = 0; e < run->known_count; e++) {
		const struct cla_match_result *r = cla_match_result(run->match, e);
		for (size_t i = 0; i < r->imported_count; i++) {
			const struct imported *in = find_import(run, r->imported[i]);
			if (!in)
				return cla_err_set(err, CLA_ERR_INTERNAL,
						   "a match with an unknown import");
			const char *role = run->known[e].kind == CLA_EXPENSE_TX
						   ? in->role_tx
						   : in->role_reimbursement;
			if (!cla_gather_place(run->gather, cla_str_from(run->known[e].uuid),
					      &in->object, in->size, in->name, role, err))
				return false;
		}
	}
	return true;
}

static bool match_month(struct month_run *run, struct cla_err *err)
{
	struct cla_match_opts opts = {
		.country = run->entity->country,
		.tax_id = cla_str_from(run->entity->tax_id),
		.sisters = run->entity->sisters,
	};

	if (!cla_match_new(&opts, &run->match, err) ||
	    !cla_gather_expenses(run->gather, on_expense, run, err) ||
	    !cla_gather_files(run->gather, on_file, run, err) ||
	    !cla_store_imports(run->p->store, on_import, run, err) ||
	    !cla_match_run(run->match, err))
		return false;
	for (size_t i = 0; i < run->role_count; i++)
		if (!cla_gather_set_role(run->gather, run->roles[i].id, run->roles[i].role, err))
			return false;
	return place_imports(run, err);
}

/* ---- what people are told ---- */

static struct cla_highlight begin_highlight(const struct month_run *run, const struct known *k)
{
	return (struct cla_highlight){
		.entity = cla_str_from(run->entity->name),
		.kind = cla_str_from(cla_expense_kind_name(k->kind)),
		.uuid = cla_str_from(k->uuid),
		.merchant = k->merchant,
		.amount = k->amount,
		.currency = k->currency,
		.date = k->date,
	};
}

static void tell(struct month_run *run, const struct known *k, const char *what,
		 enum cla_verdict severity, const struct cla_text *text, struct cla_str document)
{
	struct cla_highlight h = begin_highlight(run, k);

	h.what = cla_str_from(what);
	h.severity = severity;
	h.text = text;
	h.document = document;
	if (run->p->highlight)
		run->p->highlight(run->p->highlight_ctx, &h);
}

/* The file's own name is data and nothing else; one that would do harm elsewhere is worth a word.
 */
static bool is_odd_name(struct cla_str name)
{
	size_t bad;

	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] < 0x20 || strchr("/\\:*?\"<>|", name.ptr[i]))
			return true;
	return cla_str_starts(name, ".") || name.len > 200 || !cla_utf8_valid(name, &bad);
}

/* How a difference between charge and document was explained: a note with its equation. */
static bool tell_explained(struct month_run *run, size_t index, struct cla_err *err)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(64u << 20);
	cla_auto_json struct cla_json_doc *doc = NULL;

	if (!run->p->highlight)
		return true;
	if (!cla_match_encode(run->match, index, &json, err) ||
	    !cla_json_parse(cla_buf_str(&json), &doc, err))
		return false;
	const struct cla_json *d = cla_json_first(cla_json_get(cla_json_root(doc), "documents"));
	for (; d; d = cla_json_next(d)) {
		const struct cla_json *e = cla_json_first(cla_json_get(d, "explained"));
		for (; e; e = cla_json_next(e)) {
			cla_auto_buf struct cla_buf what = CLA_BUF_INIT(64);
			cla_buf_addf(&what, "explained-" CLA_STR_FMT,
				     CLA_STR_ARG(cla_json_string(e)));
			struct cla_highlight h = begin_highlight(run, &run->known[index]);
			h.what = cla_buf_str(&what);
			h.severity = CLA_VERDICT_PASS;
			h.detail = cla_json_string(cla_json_get(d, "equation"));
			run->p->highlight(run->p->highlight_ctx, &h);
		}
	}
	return true;
}

static bool count_file(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct month_run *run = ctx;
	struct cla_outcome *out = run->out;
	const struct cla_judgement *j;
	const struct known *k = find_known(run, file->expense);

	out->documents++;
	if (is_odd_name(file->name))
		tell(run, k, "odd-name", CLA_VERDICT_PASS, NULL, file->name);
	if (!judge_hook(run, file, &j, err))
		return false;
	for (const struct cla_document *d = j ? j->documents : NULL; d; d = d->next) {
		out->failed += d->verdict == CLA_VERDICT_FAIL;
		out->warned += d->verdict == CLA_VERDICT_WARN;
		out->unknown += d->verdict == CLA_VERDICT_UNKNOWN;
		out->findings += d->verdict == CLA_VERDICT_FAIL || d->verdict == CLA_VERDICT_WARN;
		for (const struct cla_finding *f = d->findings; f; f = f->next)
			tell(run, k, f->rule, f->severity,
			     f->text ? f->text : cla_rule_text(cla_str_from(f->rule)), file->name);
	}
	return true;
}

static bool count_expenses(struct month_run *run, struct cla_err *err)
{
	struct cla_outcome *out = run->out;

	for (size_t i = 0; i < run->known_count; i++) {
		const struct cla_match_result *r = cla_match_result(run->match, i);
		const struct known *k = &run->known[i];
		out->charges_matched += r->state == CLA_MATCH_MATCHED;
		if (r->state == CLA_MATCH_MATCHED && !tell_explained(run, i, err))
			return false;
		if (r->state == CLA_MATCH_MISSING) {
			out->charges_missing++;
			tell(run, k, "missing-document", CLA_VERDICT_FAIL, NULL, CLA_STR_NONE);
		} else if (r->state == CLA_MATCH_AMBIGUOUS) {
			out->charges_ambiguous++;
			tell(run, k, "ambiguous", CLA_VERDICT_WARN, NULL, CLA_STR_NONE);
		}
		bool wrong =
			r->receiver == CLA_RECEIVER_OTHER || r->receiver == CLA_RECEIVER_SISTER;
		if (wrong) {
			out->charges_other_receiver++;
			tell(run, k,
			     r->receiver == CLA_RECEIVER_SISTER ? "receiver-sister"
								: "receiver-other",
			     CLA_VERDICT_FAIL, NULL, CLA_STR_NONE);
		}
		if (r->reused) {
			out->reused++;
			tell(run, k, "reused", CLA_VERDICT_FAIL, NULL, CLA_STR_NONE);
		}
		out->findings += r->state == CLA_MATCH_MISSING || r->state == CLA_MATCH_AMBIGUOUS;
		out->findings += wrong;
		out->findings += r->reused > 0;
	}
	return true;
}

static bool on_missing(void *ctx, struct cla_str resource, struct cla_str uuid,
		       struct cla_str reason, struct cla_err *err)
{
	struct month_run *run = ctx;
	struct cla_missing *m = &run->out->missing[run->out->missing_count++];

	return keep(run, resource, &m->resource, err) && keep(run, uuid, &m->uuid, err) &&
	       keep(run, reason, &m->reason, err);
}

static bool summarize(struct month_run *run, struct cla_err *err)
{
	struct cla_outcome *out = run->out;
	uint64_t missing = cla_gather_missing_count(run->gather);

	out->complete = missing == 0;
	out->missing = cla_arena_array(&out->arena, missing + 1, sizeof(*out->missing));
	if (!out->missing)
		return cla_err_oom(err);
	return count_expenses(run, err) && cla_gather_files(run->gather, count_file, run, err) &&
	       cla_gather_each_missing(run->gather, on_missing, run, err);
}

/* ---- keys ---- */

static bool read_private(const char *path, struct cla_buf *out, struct cla_err *err)
{
	struct stat st;

	if (stat(path, &st))
		return cla_err_sys(err, CLA_ERR_CONFIG, errno, "key '%s'", path);
	if (st.st_mode & 077)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "key '%s' can be read by others than its owner: chmod 600 '%s'",
				   path, path);
	return cla_file_read(path, out, err);
}

static bool make_salt(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	char salt[32];

	(void)ctx;
	if (!cla_random(salt, sizeof(salt), err))
		return false;
	cla_buf_add(out, (struct cla_str){ salt, sizeof(salt) });
	return cla_buf_ok(out, err);
}

static bool salt_key(struct month_run *run, struct cla_buf *out, struct cla_err *err)
{
	bool ok = run->entity->salt_key
			  ? read_private(run->entity->salt_key, out, err)
			  : cla_store_key(run->p->store, "salt.key", make_salt, NULL, out, err);
	if (ok && out->len != 32)
		return cla_err_set(err, CLA_ERR_CONFIG, "the salt key has %zu bytes and not 32",
				   out->len);
	return ok;
}

/* Key and certificate are made together; the certificate waits in `cert` until it is asked for. */
struct new_seal {
	struct cla_time now;
	struct cla_buf key, cert;
};

static bool make_seal_cert(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	struct new_seal *n = ctx;

	if (!cla_seal_generate("clara-audit seal", n->now, 12, &n->key, &n->cert, err))
		return false;
	cla_buf_add(out, cla_buf_str(&n->cert));
	return cla_buf_ok(out, err);
}

static bool make_seal_key(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	struct new_seal *n = ctx;

	if (!n->key.len)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "keys/seal.pem is there but keys/seal.key is not: restore the "
				   "key, or move the"
				   " certificate away so that a new pair is made");
	cla_buf_add(out, cla_buf_str(&n->key));
	return cla_buf_ok(out, err);
}

static bool load_seal(struct month_run *run, struct cla_seal **ret, struct cla_buf *cert,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(1 << 20);
	struct new_seal made = {
		.now = run->p->cli->ctx.clock.now(run->p->cli->ctx.clock.ctx),
		.key = CLA_BUF_INIT(1 << 20),
		.cert = CLA_BUF_INIT(1 << 20),
	};
	bool ok;

	if (run->entity->seal_key && run->entity->seal_cert)
		ok = read_private(run->entity->seal_key, &key, err) &&
		     cla_file_read(run->entity->seal_cert, cert, err);
	else if (run->entity->seal_key || run->entity->seal_cert)
		ok = cla_err_set(err, CLA_ERR_CONFIG,
				 "entity '%s' needs both seal_cert and seal_key",
				 run->entity->name);
	else
		ok = cla_store_key(run->p->store, "seal.pem", make_seal_cert, &made, cert, err) &&
		     cla_store_key(run->p->store, "seal.key", make_seal_key, &made, &key, err);
	cla_buf_clear(&made.key);
	cla_buf_clear(&made.cert);
	if (ok)
		ok = cla_seal_load(cla_buf_str(&key), cla_buf_str(cert), ret, err);
	if (key.ptr)
		explicit_bzero(key.ptr, key.len);
	return ok || cla_err_wrap(err, "sealing key");
}

/* ---- the bundle ---- */

static bool output_dirs(struct month_run *run, struct cla_buf *own, const char **dir,
			struct cla_err *err)
{
	if (!cla_path_join(own, cla_store_dir(run->p->store), "bundles", err))
		return false;
	*dir = run->opts->output ? run->opts->output : cla_buf_cstr(own);
	return cla_dir_make(*dir, 0755, err);
}

static bool remember_use(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct month_run *run = ctx;
	struct cla_use use = {
		.entity = cla_str_from(run->entity->name),
		.month = cla_str_from(run->out->month),
		.kind = cla_str_from(cla_expense_kind_name(file->kind)),
		.uuid = file->expense,
		.object = file->object,
	};
	const struct cla_judgement *j;

	if (!judge_hook(run, file, &j, err))
		return false;
	bool any = false;
	for (const struct cla_document *d = j ? j->documents : NULL; d; d = d->next) {
		if (cla_str_absent(d->id))
			continue;
		any = true;
		if (!cla_store_use_put(run->p->store, d->id, &use, err))
			return false;
	}
	return any || cla_store_use_put(run->p->store, CLA_STR(""), &use, err);
}

static bool show_paths(struct month_run *run, const char *dir, struct cla_str base,
		       const struct cla_digest *sha256, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	char hex[CLA_DIGEST_HEX];

	cla_buf_addf(&path, "%s/" CLA_STR_FMT ".%s.tar", dir, CLA_STR_ARG(base),
		     cla_digest_hex(sha256, hex));
	if (!cla_buf_ok(&path, err) || !keep(run, cla_buf_str(&path), &run->out->bundle, err))
		return false;
	cla_buf_reset(&path);
	cla_buf_addf(&path, "%s/" CLA_STR_FMT ".statement.json", dir, CLA_STR_ARG(base));
	return cla_buf_ok(&path, err) && keep(run, cla_buf_str(&path), &run->out->statement, err);
}

static bool copy_file(const char *from, const char *to, const struct cla_digest *due,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf partial = CLA_BUF_INIT(8192);
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	cla_auto_fd int in = open(from, O_RDONLY | O_CLOEXEC);
	struct cla_digest found;
	char chunk[65536];
	size_t got;

	cla_buf_addf(&partial, "%s.partial", to);
	if (in < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", from);
	if (!cla_buf_ok(&partial, err) || !cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	cla_auto_fd int out = open(cla_buf_cstr(&partial),
				   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (out < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating '%s'", cla_buf_cstr(&partial));
	bool ok = true;
	do {
		ok = cla_fd_read(in, chunk, sizeof(chunk), &got, err);
		if (ok) {
			cla_hasher_update(hasher, (struct cla_str){ chunk, got });
			ok = cla_fd_write(out, (struct cla_str){ chunk, got }, err);
		}
	} while (ok && got == sizeof(chunk));
	ok = ok && cla_hasher_finish(hasher, found.bytes, err) &&
	     cla_fd_sync(out, cla_buf_cstr(&partial), err);
	if (ok && due && !cla_digest_eq(&found, due))
		ok = cla_err_set(err, CLA_ERR_INTEGRITY, "'%s' is not the archive that was issued",
				 from);
	if (ok && rename(cla_buf_cstr(&partial), to))
		ok = cla_err_sys(err, CLA_ERR_IO, errno, "naming '%s'", to);
	if (!ok)
		(void)unlink(cla_buf_cstr(&partial));
	return ok;
}

/* The revision that stands is handed out again: from where it was issued, into the folder asked
 * for. */
static bool hand_out(struct month_run *run, const struct cla_issued *present, const char *dir,
		     const char *own, struct cla_err *err)
{
	static const char *const sidecars[] = { "statement.json", "statement.p7s", "seal.pem" };
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
	char hex[CLA_DIGEST_HEX];

	if (!show_paths(run, dir, present->base, &present->tar_sha256, err))
		return false;
	cla_buf_addf(&path, CLA_STR_FMT, CLA_STR_ARG(present->file));
	const char *to = run->out->bundle.ptr;
	if (!cla_path_exists(to)) {
		if (!cla_path_exists(cla_buf_cstr(&path)))
			return cla_err_set(
				err, CLA_ERR_NOT_FOUND,
				"revision %llu of %s was issued as '%s' (sha256 %s), which is not "
				"there any"
				" more: put it back, or use --rejudge to issue the next revision",
				(unsigned long long)present->revision, run->out->month,
				cla_buf_cstr(&path), cla_digest_hex(&present->tar_sha256, hex));
		if (!copy_file(cla_buf_cstr(&path), to, &present->tar_sha256, err))
			return false;
	}
	for (size_t i = 0; i < CLA_LEN(sidecars) && strcmp(dir, own) != 0; i++) {
		cla_auto_buf struct cla_buf from = CLA_BUF_INIT(8192), beside = CLA_BUF_INIT(8192);
		cla_buf_addf(&from, "%s/" CLA_STR_FMT ".%s", own, CLA_STR_ARG(present->base),
			     sidecars[i]);
		cla_buf_addf(&beside, "%s/" CLA_STR_FMT ".%s", dir, CLA_STR_ARG(present->base),
			     sidecars[i]);
		if (!cla_path_exists(cla_buf_cstr(&beside)) &&
		    !copy_file(cla_buf_cstr(&from), cla_buf_cstr(&beside), NULL, err))
			return false;
	}
	return true;
}

/* The certificate beside the statement says who sealed the revision that stands; without it nobody
 * is named. */
static bool show_signer(struct month_run *run, const char *own, const struct cla_issued *present,
			struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), pem = CLA_BUF_INIT(1 << 20);
	cla_auto_cert struct cla_cert *cert = NULL;
	char hex[CLA_DIGEST_HEX];

	cla_buf_addf(&path, "%s/" CLA_STR_FMT ".seal.pem", own, CLA_STR_ARG(present->base));
	if (!cla_buf_ok(&path, err))
		return false;
	if (!cla_file_read(cla_buf_cstr(&path), &pem, NULL) ||
	    !cla_cert_decode_pem(cla_buf_str(&pem), &cert, NULL))
		return true;
	struct cla_digest signer = cla_cert_fingerprint(cert);
	return keep(run, cla_str_from(cla_digest_hex(&signer, hex)), &run->out->signer, err);
}

static bool absolute_path(struct month_run *run, const char *path, struct cla_str *ret,
			  struct cla_err *err)
{
	cla_auto_free char *real = realpath(path, NULL);

	if (!real)
		return cla_err_sys(err, CLA_ERR_IO, errno, "looking for '%s'", path);
	return keep(run, cla_str_from(real), ret, err);
}

/* A new revision: archive, statement, signature, and the note in the journal that makes it issued.
 */
static bool issue(struct month_run *run, const struct cla_digest *evidence,
		  const struct cla_issued *present, const struct cla_issued *last, const char *dir,
		  const char *own, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	cla_auto_buf struct cla_buf salt = CLA_BUF_INIT(64), statement = CLA_BUF_INIT(256u << 20),
				    seal_pem = CLA_BUF_INIT(1 << 20);
	cla_auto_seal struct cla_seal *seal = NULL;
	struct cla_bundle_hooks hooks = { run, judge_hook, match_hook };
	struct cla_bundle_opts opts = { .dir = dir,
					.revision = present ? present->revision + 1 : 0 };
	struct cla_bundle_made made = { .path = NULL };
	struct cla_time now = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx);
	struct cla_digest signer;
	char hex[CLA_DIGEST_HEX];

	if (!salt_key(run, &salt, err) || !load_seal(run, &seal, &seal_pem, err) ||
	    !cla_seal_fingerprint(seal, &signer, err))
		return false;
	opts.salt_key = cla_buf_str(&salt);
	opts.rules_json = cla_buf_str(&p->rules_json);
	if (!cla_bundle_write(run->gather, &opts, &hooks, &made, err))
		return false;
	cla_auto_free char *path = made.path;
	struct cla_statement_opts about = {
		.seq = last ? last->seq + 1 : 0,
		.prev = last,
		.supersedes = present,
		.reason = !present					? NULL
			  : cla_digest_eq(&present->evidence, evidence) ? "rules"
									: "evidence",
		.version = CLA_VERSION,
	};
	const char *dirs[3] = { own, strcmp(dir, own) != 0 ? dir : NULL, NULL };
	struct cla_issued issued = {
		.entity = cla_str_from(run->entity->name),
		.month = cla_str_from(run->out->month),
		.base = cla_str_from(made.base),
		.revision = opts.revision,
		.seq = about.seq,
		.tar_sha256 = made.sha256,
		.evidence = *evidence,
		.rules = made.rules,
		.index = made.index,
		.cutoff = made.cutoff,
		.time = now,
	};
	if (!cla_store_custody_head(p->store, &about.custody_n, &about.custody, err) ||
	    !cla_bundle_statement(run->gather, &made, &about, &statement, err) ||
	    !cla_digest_of(cla_buf_str(&statement), &issued.statement_sha256, err) ||
	    !cla_bundle_sign(&made, cla_buf_str(&statement), seal, cla_buf_str(&seal_pem), now,
			     dirs, err) ||
	    !absolute_path(run, path, &issued.file, err) ||
	    !cla_store_issue(p->store, &issued, err) ||
	    !cla_gather_files(run->gather, remember_use, run, err) ||
	    !cla_store_custody(p->store, "bundled", issued.entity, issued.base, now, err) ||
	    !cla_store_flush(p->store, err))
		return false;
	run->out->is_new = true;
	run->out->revision = opts.revision;
	run->out->sha256 = made.sha256;
	run->out->bytes = made.size;
	run->out->open = made.open;
	return keep(run, cla_str_from(cla_digest_hex(&signer, hex)), &run->out->signer, err) &&
	       show_paths(run, dir, issued.base, &made.sha256, err);
}

static bool bundle_month(struct month_run *run, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	struct cla_outcome *out = run->out;
	cla_auto_buf struct cla_buf own = CLA_BUF_INIT(8192);
	struct cla_issued present, last;
	struct cla_digest evidence;
	bool has_present, has_last;
	const char *dir;

	if (!output_dirs(run, &own, &dir, err) ||
	    !cla_gather_evidence(run->gather, &evidence, err) ||
	    !cla_store_issued(p->store, cla_str_from(run->entity->name), cla_str_from(out->month),
			      &out->arena, &present, &has_present, err) ||
	    !cla_store_last_issued(p->store, cla_str_from(run->entity->name), &out->arena, &last,
				   &has_last, err))
		return false;
	if (!has_present || run->opts->rejudge || !cla_digest_eq(&present.evidence, &evidence))
		return issue(run, &evidence, has_present ? &present : NULL, has_last ? &last : NULL,
			     dir, cla_buf_cstr(&own), err);
	out->revision = present.revision;
	out->sha256 = present.tar_sha256;
	out->rules_changed = !cla_digest_eq(&present.rules, &p->rules);
	out->open = present.cutoff.sec <
		    (cla_date_to_days(cla_month_last(run->opts->month)) + 1) * 86400;
	return hand_out(run, &present, dir, cla_buf_cstr(&own), err) &&
	       show_signer(run, cla_buf_cstr(&own), &present, err);
}

/* ---- the stages in order ---- */

static void begin_outcome(struct month_run *run, struct cla_pipeline *p,
			  const struct cla_entity *entity, const struct cla_pipeline_opts *opts,
			  struct cla_outcome *out)
{
	memset(out, 0, sizeof(*out));
	memset(run, 0, sizeof(*run));
	run->p = p;
	run->entity = entity;
	run->opts = opts;
	run->out = out;
	out->entity = entity;
	(void)snprintf(out->month, sizeof(out->month), "%04d-%02d", opts->month.year % 10000,
		       opts->month.month % 100);
	cla_judgement_init(&run->judgement);
}

static void end_run(struct month_run *run)
{
	cla_gather_free(run->gather);
	cla_match_free(run->match);
	cla_judgement_clear(&run->judgement);
	free(run->known);
	free(run->roles);
	free(run->imports);
	free(run->not_had);
}

static void on_not_had(void *ctx, struct cla_str resource, const char *uuid, const char *reason)
{
	struct month_run *run = ctx;
	struct cla_err *err = &run->not_had_err;
	struct cla_missing m;

	if (grow(&run->not_had, &run->not_had_cap, run->not_had_count, sizeof(*run->not_had),
		 err) &&
	    keep(run, resource, &m.resource, err) &&
	    keep(run, *uuid ? cla_str_from(uuid) : CLA_STR_NONE, &m.uuid, err) &&
	    keep(run, cla_str_from(reason), &m.reason, err))
		run->not_had[run->not_had_count++] = m;
}

/* libcurl reads these by itself; that there is one changes what a connection's address means. */
static bool behind_proxy(void)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY" };

	for (size_t i = 0; i < CLA_LEN(names); i++)
		if (cla_cli_env(names[i]))
			return true;
	return false;
}

/* What collecting reported stands in for the gaps where the store does not show them: a page that
 * failed today may hide behind a complete listing of yesterday. */
static bool add_not_had(struct month_run *run, struct cla_err *err)
{
	struct cla_outcome *out = run->out;

	if (run->not_had_err.code != CLA_ERR_NONE) {
		if (err)
			*err = run->not_had_err;
		return false;
	}
	if (!run->not_had_count || out->missing_count)
		return true;
	out->missing = cla_arena_array(&out->arena, run->not_had_count, sizeof(*out->missing));
	if (!out->missing)
		return cla_err_oom(err);
	memcpy(out->missing, run->not_had, run->not_had_count * sizeof(*out->missing));
	out->missing_count = run->not_had_count;
	out->complete = false;
	return true;
}

static bool collect(struct month_run *run, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	struct cla_collect_opts opts = {
		.month = run->opts->month,
		.record_dir = run->opts->record_dir,
		.dry_run = run->opts->dry_run,
		.max_calls = run->opts->max_calls,
		.retry_base_ms = run->opts->retry_base_ms,
		.idle_timeout_s = run->opts->idle_timeout_s,
		.proxied = behind_proxy(),
		.missing = on_not_had,
		.missing_ctx = run,
	};
	cla_auto_buf struct cla_buf subject = CLA_BUF_INIT(1024);
	struct cla_collect_result *got = &run->out->collected;
	struct cla_err first = CLA_ERR_INIT;
	struct cla_err *why = err ? err : &first;

	bool ok = cla_collect(&p->cli->ctx, p->store, run->entity, &opts, got, why);
	if (run->opts->dry_run)
		return ok;
	cla_buf_addf(&subject, "%s: %llu rows, %llu new, %llu changed, %llu downloads%s",
		     run->out->month, (unsigned long long)(got->rows + got->reimbursements),
		     (unsigned long long)got->new_rows, (unsigned long long)got->changed_rows,
		     (unsigned long long)got->downloads, ok ? "" : ", not finished");
	/* a run that failed says so in the custody log too; its own error is what counts */
	struct cla_err late = CLA_ERR_INIT;
	bool noted = cla_store_custody(p->store,
				       got->new_rows || got->downloads ? "fetched" : "re-affirmed",
				       cla_str_from(run->entity->name), cla_buf_str(&subject),
				       p->cli->ctx.clock.now(p->cli->ctx.clock.ctx), &late) &&
		     cla_store_flush(p->store, &late);
	if (ok && !noted) {
		*why = late;
		return false;
	}
	return ok;
}

bool cla_pipeline_fetch(struct cla_pipeline *p, const struct cla_entity *entity,
			const struct cla_pipeline_opts *opts, struct cla_outcome *ret,
			struct cla_err *err)
{
	struct month_run run;

	begin_outcome(&run, p, entity, opts, ret);
	bool ok = collect(&run, err);
	ret->transactions = ret->collected.rows;
	ret->reimbursements = ret->collected.reimbursements;
	ret->documents = ret->collected.documents;
	ret->complete = ok && !ret->collected.missing;
	ok = ok && add_not_had(&run, err);
	end_run(&run);
	return ok;
}

static bool look_at_month(struct month_run *run, struct cla_err *err)
{
	struct cla_time all = { INT64_MAX, 0 };

	if (!cla_gather_month(&run->p->cli->ctx, run->p->store, run->entity, run->opts->month,
			      run->opts->has_cutoff ? run->opts->cutoff : all, &run->gather, err))
		return false;
	run->cutoff = cla_gather_cutoff(run->gather);
	return match_month(run, err) && summarize(run, err);
}

bool cla_pipeline_bundle(struct cla_pipeline *p, const struct cla_entity *entity,
			 const struct cla_pipeline_opts *opts, struct cla_outcome *ret,
			 struct cla_err *err)
{
	struct month_run run;

	begin_outcome(&run, p, entity, opts, ret);
	bool ok = opts->offline || collect(&run, err);
	ok = ok && look_at_month(&run, err) && add_not_had(&run, err);
	/* a month of which nothing was ever asked is no evidence: nothing is issued about it */
	if (ok && !ret->transactions && !ret->reimbursements && !ret->complete)
		ok = cla_err_set(err, opts->offline ? CLA_ERR_NOT_FOUND : CLA_ERR_REMOTE,
				 "nothing of %s is held for '%s'%s", ret->month, entity->name,
				 opts->offline ? ": run without --offline first" : "");
	ok = ok && bundle_month(&run, err);
	end_run(&run);
	return ok;
}

bool cla_pipeline_match(struct cla_pipeline *p, const struct cla_entity *entity,
			const struct cla_pipeline_opts *opts, cla_pipeline_line_fn *line, void *ctx,
			struct cla_outcome *ret, struct cla_err *err)
{
	struct month_run run;

	begin_outcome(&run, p, entity, opts, ret);
	bool ok = look_at_month(&run, err);
	for (size_t i = 0; ok && i < run.known_count; i++) {
		cla_auto_buf struct cla_buf json = CLA_BUF_INIT(64u << 20);
		ok = cla_match_print(run.match, i, &json, err) &&
		     line(ctx, cla_buf_str(&json), err);
	}
	ok = ok && cla_store_flush(p->store, err);
	end_run(&run);
	return ok;
}
