/* cli/month_match.c - verdicts on what was gathered, and charges matched with documents. */
#include "cli/month.h"

#include "bundle/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cla_grow(void *array, size_t *cap, size_t count, size_t size, struct cla_err *err)
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

	if (!cla_grow(&run->known, &run->known_cap, run->known_count, sizeof(*run->known), err) ||
	    !cla_match_add_expense(run->match, &e, &at, err))
		return false;
	if (at != index)
		return cla_err_set(err, CLA_ERR_INTERNAL, "expenses out of step");
	struct cla_known *k = &run->known[run->known_count++];
	*k = (struct cla_known){ .kind = (uint8_t)row->kind };
	(void)snprintf(k->uuid, sizeof(k->uuid), CLA_STR_FMT, CLA_STR_ARG(uuid));
	if (row->kind == CLA_EXPENSE_TX)
		run->out->transactions++;
	else
		run->out->reimbursements++;
	return true;
}

struct cla_known *cla_month_find(struct cla_month_run *run, struct cla_str uuid)
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
	struct cla_month_run *run;
	struct cla_str id;
	struct cla_digest object;
};

static bool on_use(void *ctx, const struct cla_use *use, struct cla_err *err)
{
	struct use_walk *w = ctx;
	/* what this very month uses is at hand already */
	if (cla_str_eqc(use->entity, w->run->entity->name) && cla_month_find(w->run, use->uuid))
		return true;
	struct cla_match_use u = { use->entity, use->month, use->kind, use->uuid };
	return cla_match_add_use(w->run->match, w->id, &w->object, &u, err);
}

static bool on_file(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct cla_month_run *run = ctx;
	const struct cla_judgement *j;
	struct cla_known *k = cla_month_find(run, file->expense);
	struct use_walk walk = { run, CLA_STR_NONE, file->object };

	if (cla_ctx_cancelled(&run->p->cli->ctx))
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
	if (!k)
		return cla_err_set(err, CLA_ERR_INTERNAL, "a file without an expense");
	size_t expense = (size_t)(k - run->known);
	if (!cla_month_judge(run, file, &j, err) ||
	    !cla_grow(&run->roles, &run->role_cap, run->role_count, sizeof(*run->roles), err))
		return false;
	run->roles[run->role_count++] =
		(struct cla_file_role){ file->id, cla_evidence_role(file->kind, j) };
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
	return cla_match_add_file(run->match, expense, &file->object, err) &&
	       (j ||
		cla_store_uses(run->p->store, CLA_STR_NONE, &file->object, on_use, &walk, err));
}

static bool on_import(void *ctx, const struct cla_digest *id, uint64_t size, struct cla_str name,
		      struct cla_time time, struct cla_err *err)
{
	struct cla_month_run *run = ctx;

	if (cla_time_cmp(time, run->cutoff) > 0 && run->opts->has_cutoff)
		return true;
	if (!cla_month_verdict(run, id, err))
		return cla_err_wrap(err, "judging imported '" CLA_STR_FMT "'", CLA_STR_ARG(name));
	for (const struct cla_document *d = run->judgement.documents; d; d = d->next) {
		if (!cla_doc_kind_is_fiscal(d->kind))
			continue;
		struct cla_match_doc doc = match_doc(d, CLA_MATCH_IMPORTED, id);
		if (!cla_grow(&run->imports, &run->import_cap, run->import_count,
			      sizeof(*run->imports), err) ||
		    !cla_match_add_document(run->match, &doc, err))
			return false;
		struct cla_imported *i = &run->imports[run->import_count++];
		*i = (struct cla_imported){ .place = run->added++, .object = *id, .size = size };
		i->role_tx = cla_evidence_role(CLA_EXPENSE_TX, &run->judgement);
		i->role_reimbursement =
			cla_evidence_role(CLA_EXPENSE_REIMBURSEMENT, &run->judgement);
		if (!cla_month_keep(run, name, &i->name, err))
			return false;
	}
	return true;
}

static const struct cla_imported *find_import(const struct cla_month_run *run, size_t place)
{
	size_t lo = 0, hi = run->import_count;

	/* places only grow */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (run->imports[mid].place == place)
			return &run->imports[mid];
		if (run->imports[mid].place < place)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool place_imports(struct cla_month_run *run, struct cla_err *err)
{
	for (size_t e = 0; e < run->known_count; e++) {
		const struct cla_match_result *r = cla_match_result(run->match, e);
		for (size_t i = 0; i < r->imported_count; i++) {
			const struct cla_imported *in = find_import(run, r->imported[i]);
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

bool cla_month_match(struct cla_month_run *run, struct cla_err *err)
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
