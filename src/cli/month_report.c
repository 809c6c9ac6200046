/* cli/month_report.c - what was gathered, judged and matched, row by row into a report. */
#include "cli/month.h"

#include "base/grow.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

/* A file that proves a charge. */
struct proof {
	size_t charge;
	struct cla_digest sha256;
};

struct reporting {
	struct cla_month_run *run;
	struct cla_report *r;
	struct proof *proofs; /* by charge */
	size_t count, cap;
};

static bool keep(struct reporting *w, struct cla_str s, struct cla_str *ret, struct cla_err *err)
{
	return cla_report_keep(w->r, s, ret, err);
}

static bool keep_money(struct reporting *w, struct cla_money m, struct cla_money *ret,
		       struct cla_err *err)
{
	return keep(w, m.amount, &ret->amount, err) && keep(w, m.currency, &ret->currency, err);
}

static bool add_charge(void *ctx, size_t index, const struct cla_row *row, struct cla_str uuid,
		       const struct cla_claims *claims, struct cla_err *err)
{
	struct reporting *w = ctx;
	struct cla_report_charge *c = cla_report_add_charge(w->r, err);

	(void)index, (void)claims;
	if (!c)
		return false;
	c->kind = row->kind;
	c->needed = true;
	return keep(w, uuid, &c->uuid, err) && keep(w, row->operation_date, &c->date, err) &&
	       keep(w, row->merchant, &c->merchant, err) && keep(w, row->user, &c->person, err) &&
	       keep(w, row->type, &c->type, err) && keep(w, row->status, &c->status, err) &&
	       keep_money(w, row->amount, &c->amount, err) &&
	       keep_money(w, row->original, &c->original, err);
}

static bool add_proof(struct reporting *w, size_t charge, const struct cla_json *d,
		      struct cla_err *err)
{
	struct proof proof = { .charge = charge };

	if (!cla_hex_decode(cla_json_string(cla_json_get(d, "sha256")), proof.sha256.bytes,
			    sizeof(proof.sha256.bytes)))
		return cla_err_set(err, CLA_ERR_INTERNAL, "a match without digest");
	if (!cla_grow(&w->proofs, &w->cap, w->count, sizeof(*w->proofs), err))
		return false;
	w->proofs[w->count++] = proof;
	return true;
}

/* The documents that the charge was matched with. */
static bool add_proofs(struct reporting *w, size_t charge, struct cla_err *err)
{
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(64u << 20), ids = CLA_BUF_INIT(64u << 10);
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_report_charge *c = &w->r->charges[charge];

	if (!cla_match_encode(w->run->match, charge, &json, err) ||
	    !cla_json_parse(cla_buf_str(&json), &doc, err))
		return false;
	const struct cla_json *d = cla_json_first(cla_json_get(cla_json_root(doc), "documents"));
	for (; d; d = cla_json_next(d)) {
		cla_buf_addc(&ids, c->documents++ ? " " : "");
		cla_buf_add(&ids, cla_json_string(cla_json_get(d, "id")));
		if (!add_proof(w, charge, d, err))
			return false;
	}
	return cla_buf_ok(&ids, err) && keep(w, cla_buf_str(&ids), &c->document_ids, err);
}

static unsigned reasons_of(const struct cla_match_result *m)
{
	unsigned reasons = 0;

	if (m->state == CLA_MATCH_MISSING)
		reasons |= 1u << CLA_REASON_MISSING;
	if (m->state == CLA_MATCH_AMBIGUOUS)
		reasons |= 1u << CLA_REASON_AMBIGUOUS;
	if (m->receiver == CLA_RECEIVER_OTHER)
		reasons |= 1u << CLA_REASON_OTHER;
	if (m->receiver == CLA_RECEIVER_SISTER)
		reasons |= 1u << CLA_REASON_SISTER;
	if (m->receiver == CLA_RECEIVER_UNKNOWN && m->state == CLA_MATCH_MATCHED)
		reasons |= 1u << CLA_REASON_NO_RECEIVER;
	if (m->reused)
		reasons |= 1u << CLA_REASON_REUSED;
	return reasons;
}

static bool add_match(void *ctx, size_t at, const struct cla_match_result *m, struct cla_err *err)
{
	struct reporting *w = ctx;
	struct cla_report_charge *c = &w->r->charges[at];

	if (at >= w->r->charge_count || !cla_str_eq(c->uuid, m->uuid))
		return cla_err_set(err, CLA_ERR_INTERNAL, "charges out of step");
	c->state = cla_match_state_name(m->state);
	c->receiver = cla_receiver_name(m->receiver);
	c->needed = m->state != CLA_MATCH_NOT_NEEDED;
	c->reasons = reasons_of(m);
	return add_proofs(w, at, err);
}

static int by_uuid(const void *key, const void *element)
{
	const struct cla_report_charge *c = element;

	return cla_str_cmp(*(const struct cla_str *)key, c->uuid);
}

static bool proves(const struct reporting *w, size_t charge, const struct cla_digest *sha256)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (w->proofs[middle].charge < charge)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < w->count && w->proofs[low].charge == charge; low++) {
		if (cla_digest_eq(&w->proofs[low].sha256, sha256))
			return true;
	}
	return false;
}

static bool add_finding(struct reporting *w, size_t charge, struct cla_str file,
			const struct cla_finding *f, struct cla_err *err)
{
	struct cla_report_finding *to = cla_report_add_finding(w->r, err);
	struct cla_str code;

	if (!to)
		return false;
	to->charge = charge;
	to->file = file;
	to->severity = f->severity;
	to->text = f->text ? f->text : cla_rule_text(cla_str_from(f->rule));
	if (!keep(w, cla_str_from(f->code), &code, err))
		return false;
	to->code = code.ptr;
	return keep(w, cla_str_from(f->rule), &to->rule, err) &&
	       keep(w, f->where, &to->where, err) && keep(w, f->expected, &to->expected, err) &&
	       keep(w, f->found, &to->found, err);
}

static bool add_document(struct reporting *w, size_t charge, struct cla_str file,
			 const struct cla_digest *sha256, const struct cla_document *d,
			 struct cla_err *err)
{
	struct cla_report_document *to = cla_report_add_document(w->r, err);

	if (!to)
		return false;
	to->charge = charge;
	to->file = file;
	to->kind = d->kind;
	to->verdict = d->verdict;
	to->sha256 = *sha256;
	memcpy(to->checks, d->checks, sizeof(to->checks));
	if (!keep(w, d->version, &to->version, err) || !keep(w, d->id, &to->id, err) ||
	    !keep(w, d->issuer, &to->issuer, err) ||
	    !keep(w, d->issuer_name, &to->issuer_name, err) ||
	    !keep(w, d->receiver, &to->receiver, err) ||
	    !keep(w, d->issued_at, &to->issued_at, err) || !keep(w, d->total, &to->total, err) ||
	    !keep(w, d->currency, &to->currency, err))
		return false;
	for (const struct cla_finding *f = d->findings; f; f = f->next) {
		if (!add_finding(w, charge, file, f, err))
			return false;
	}
	return true;
}

static bool add_file(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct reporting *w = ctx;
	struct cla_report_charge *c =
		bsearch(&file->expense, w->r->charges, w->r->charge_count, sizeof(*c), by_uuid);
	const struct cla_judgement *j;
	struct cla_str name;

	if (!c)
		return cla_err_set(err, CLA_ERR_INTERNAL, "a file of no charge");
	if (!keep(w, file->name, &name, err) || !cla_month_judge_related(w->run, file, &j, err))
		return false;
	size_t charge = (size_t)(c - w->r->charges);
	bool counts = proves(w, charge, &file->object);
	for (const struct cla_document *d = j ? j->documents : NULL; d; d = d->next) {
		if (counts)
			c->verdict = cla_verdict_worst(c->verdict, d->verdict);
		if (!add_document(w, charge, name, &file->object, d, err))
			return false;
	}
	return true;
}

static bool add_gap(void *ctx, struct cla_str resource, struct cla_str uuid, struct cla_str reason,
		    struct cla_err *err)
{
	struct reporting *w = ctx;
	struct cla_report_gap *g = cla_report_add_gap(w->r, err);

	return g && keep(w, resource, &g->resource, err) && keep(w, uuid, &g->uuid, err) &&
	       keep(w, reason, &g->reason, err);
}

static bool add_month_finding(void *ctx, struct cla_str what, struct cla_str resource,
			      struct cla_str uuid, struct cla_str reason, struct cla_err *err)
{
	struct reporting *w = ctx;
	struct cla_report_finding *f = cla_report_add_finding(w->r, err);

	if (!f)
		return false;
	f->charge = CLA_REPORT_MONTH;
	f->severity = CLA_VERDICT_WARN;
	return keep(w, what, &f->rule, err) && keep(w, resource, &f->file, err) &&
	       keep(w, uuid, &f->where, err) && keep(w, reason, &f->found, err);
}

static bool add_list(void *ctx, const struct cla_gathered_list *list, struct cla_err *err)
{
	struct reporting *w = ctx;
	struct cla_report_list *l = cla_report_add_list(w->r, err);

	if (!l)
		return false;
	l->pages = list->pages;
	l->received = list->received;
	l->unique = list->unique;
	return keep(w, list->resource, &l->resource, err) &&
	       keep(w, list->total_first, &l->total_first, err) &&
	       keep(w, list->total_last, &l->total_last, err);
}

/* The revision that stands: what the rows can be proven by. */
static bool find_archive(struct reporting *w, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf name = CLA_BUF_INIT(1024);
	struct cla_month_run *run = w->run;
	char hex[CLA_DIGEST_HEX];
	struct cla_issued issued;
	bool found;

	if (!cla_store_issued(run->p->store, cla_str_from(run->entity->name),
			      cla_str_from(run->out->month), &arena, &issued, &found, err))
		return false;
	if (!found)
		return true;
	w->r->archive_sha256 = issued.tar_sha256;
	cla_buf_addf(&name, CLA_STR_FMT ".%s.tar", CLA_STR_ARG(issued.base),
		     cla_digest_hex(&issued.tar_sha256, hex));
	return cla_buf_ok(&name, err) && keep(w, cla_buf_str(&name), &w->r->archive, err);
}

bool cla_month_report(struct cla_month_run *run, struct cla_report *ret, struct cla_err *err)
{
	struct reporting w = { .run = run, .r = ret };

	ret->entity = run->entity;
	ret->month = run->opts->month;
	ret->cutoff = run->cutoff;
	ret->rules = run->p->rules;
	ret->complete = run->out->complete;
	bool ok = cla_gather_expenses(run->gather, add_charge, &w, err) &&
		  cla_match_each(run->match, add_match, &w, err) &&
		  cla_gather_files(run->gather, add_file, &w, err) &&
		  cla_gather_each_missing(run->gather, add_gap, &w, err) &&
		  cla_gather_each_finding(run->gather, add_month_finding, &w, err) &&
		  cla_gather_each_list(run->gather, add_list, &w, err) && find_archive(&w, err) &&
		  cla_report_settle(ret, err);
	free(w.proofs);
	return ok;
}
