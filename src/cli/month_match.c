/* cli/month_match.c - verdicts on what was gathered, and charges matched with documents. */
#include "cli/month.h"

#include "base/file.h"
#include "bundle/evidence.h"

#include <stdlib.h>
#include <string.h>

bool cla_month_keep(struct cla_month_run *run, struct cla_str s, struct cla_str *to,
		    struct cla_err *err)
{
	bool ok = true;
	*to = cla_arena_str(&run->out->arena, s, &ok);
	return ok || cla_err_oom(err);
}

bool cla_month_match_json(void *ctx, size_t index, struct cla_buf *out, struct cla_err *err)
{
	struct cla_month_run *run = ctx;
	return cla_match_encode(run->match, index, out, err);
}

/* ---- matching ---- */

static bool on_expense(void *ctx, size_t index, const struct cla_row *row, struct cla_str uuid,
		       const struct cla_claims *claims, struct cla_err *err)
{
	struct cla_month_run *run = ctx;
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

	if (!cla_match_add_expense(run->match, &e, &at, err))
		return false;
	if (at != index)
		return cla_err_set(err, CLA_ERR_INTERNAL, "expenses out of step");
	if (row->kind == CLA_EXPENSE_TX)
		run->out->transactions++;
	else
		run->out->reimbursements++;
	return true;
}

static struct cla_match_doc match_doc(const struct cla_document *d, size_t expense,
				      const struct cla_digest *object)
{
	return (struct cla_match_doc){
		.expense = expense,
		.kind = d->kind,
		.sha256 = *object,
		.id = d->id,
		.receiver = d->receiver,
		.total = d->total,
		.currency = d->currency,
		.issued_at = d->issued_at,
		.type = d->type,
		.discount = d->discount,
		.local_taxes = d->local_taxes,
		.exchange_rate = d->exchange_rate,
		.payments = d->payments,
		.verdict = d->verdict,
	};
}

/* Files as they go by, and the uses of the one at hand. */
struct file_walk {
	struct cla_month_run *run;
	bool any;
	struct cla_digest object; /* of the last file */
	struct cla_str id;	  /* of the document whose uses are asked for */
};

static bool on_use(void *ctx, const struct cla_use *use, struct cla_err *err)
{
	struct file_walk *w = ctx;
	bool here = cla_str_eqc(use->entity, w->run->entity->name);
	size_t ignored;

	/* what this very month uses is at hand already */
	if (here && !cla_match_find(w->run->match, use->uuid, &ignored, &here, err))
		return false;
	if (here)
		return true;
	struct cla_match_use u = { use->entity, use->month, use->kind, use->uuid };
	return cla_match_add_use(w->run->match, w->id, &w->object, &u, err);
}

/* Where else the file's documents and its bytes are shown. */
static bool add_uses(struct file_walk *w, const struct cla_judgement *j, struct cla_err *err)
{
	struct cla_store *store = w->run->p->store;

	w->id = CLA_STR_NONE;
	if (!j)
		return cla_store_uses(store, w->id, &w->object, on_use, w, err);
	for (const struct cla_document *d = j->documents; d; d = d->next) {
		w->id = d->id;
		if (!cla_store_uses(store, d->id, &w->object, on_use, w, err))
			return false;
	}
	return true;
}

static bool on_file(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct file_walk *w = ctx;
	struct cla_month_run *run = w->run;
	const struct cla_judgement *j;
	bool found, fiscal = false;
	size_t expense;

	if (cla_ctx_cancelled(&run->p->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (!cla_match_find(run->match, file->expense, &expense, &found, err))
		return false;
	if (!found)
		return cla_err_set(err, CLA_ERR_INTERNAL, "a file without an expense");
	if (!cla_month_judge(run, file, &j, err) ||
	    !cla_gather_set_role(run->gather, file->id, cla_evidence_role(file->kind, j), err))
		return false;
	cla_ctx_progress(&run->p->cli->ctx, "validate", ++run->checked, 0);
	for (const struct cla_document *d = j ? j->documents : NULL; d; d = d->next) {
		struct cla_match_doc doc = match_doc(d, expense, &file->object);
		if (!cla_doc_kind_is_fiscal(d->kind))
			continue;
		fiscal = true;
		if (!cla_related_note(run->related, d, file->name, err))
			return false;
		if (!cla_match_add_document(run->match, &doc, err))
			return false;
	}
	if (!fiscal && !cla_match_add_file(run->match, expense, &file->object, err))
		return false;
	/* equal bytes follow one another: a logo on every expense is asked for once */
	if (w->any && cla_digest_eq(&w->object, &file->object))
		return true;
	w->any = true;
	w->object = file->object;
	return add_uses(w, j, err);
}

static bool on_import(void *ctx, const struct cla_digest *id, uint64_t size, struct cla_str name,
		      struct cla_time time, struct cla_err *err)
{
	struct cla_month_run *run = ctx;

	(void)size;
	if (cla_time_cmp(time, run->cutoff) > 0 && run->opts->has_cutoff)
		return true;
	if (!cla_month_verdict(run, id, err))
		return cla_err_wrap(err, "judging imported '" CLA_STR_FMT "'", CLA_STR_ARG(name));
	for (const struct cla_document *d = run->judgement.documents; d; d = d->next) {
		struct cla_match_doc doc = match_doc(d, CLA_MATCH_IMPORTED, id);
		if (cla_doc_kind_is_fiscal(d->kind) &&
		    (!cla_match_add_document(run->match, &doc, err) ||
		     !cla_related_note(run->related, d, name, err)))
			return false;
	}
	return true;
}

/* ---- placing what was taken from the pool ---- */

struct placing {
	struct cla_month_run *run;
	const struct cla_match_result *r;
};

static bool place(void *ctx, const struct cla_digest *id, uint64_t size, struct cla_str name,
		  struct cla_time time, struct cla_err *err)
{
	struct placing *p = ctx;
	struct cla_month_run *run = p->run;

	(void)time;
	return cla_month_verdict(run, id, err) &&
	       cla_gather_place(run->gather, p->r->uuid, id, size, name,
				cla_evidence_role(p->r->kind, &run->judgement), err);
}

static bool on_result(void *ctx, size_t expense, const struct cla_match_result *r,
		      struct cla_err *err)
{
	struct placing p = { ctx, r };

	(void)expense;
	return !r->imported || cla_store_imported(p.run->p->store, r->imported, place, &p, err);
}

bool cla_month_match(struct cla_month_run *run, struct cla_err *err)
{
	cla_auto_buf struct cla_buf tmp = CLA_BUF_INIT(8192);
	struct file_walk files = { .run = run };

	if (!cla_path_join(&tmp, cla_store_dir(run->p->store), "tmp", err))
		return false;
	struct cla_match_opts opts = {
		.country = run->entity->country,
		.tax_id = cla_str_from(run->entity->tax_id),
		.sisters = run->entity->sisters,
		.dir = cla_buf_cstr(&tmp),
	};
	return cla_match_new(&opts, &run->match, err) && cla_related_new(&run->related, err) &&
	       cla_gather_expenses(run->gather, on_expense, run, err) &&
	       cla_gather_files(run->gather, on_file, &files, err) &&
	       cla_store_imports(run->p->store, on_import, run, err) &&
	       cla_match_run(run->match, err) && cla_match_each(run->match, on_result, run, err);
}
