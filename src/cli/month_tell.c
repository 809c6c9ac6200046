/* cli/month_tell.c - what a month comes to, counted and told. */
#include "cli/month.h"

#include "json/json.h"

#include <stdio.h>
#include <string.h>

/* A highlight on its way: what is to be said, and how the expense looks is read with it. */
struct telling {
	struct cla_month_run *run;
	struct cla_highlight h;
};

static bool on_told_expense(void *ctx, size_t index, const struct cla_row *row, struct cla_str uuid,
			    const struct cla_claims *claims, struct cla_err *err)
{
	struct telling *t = ctx;

	(void)index, (void)uuid, (void)claims, (void)err;
	t->h.merchant = row->merchant;
	t->h.amount = row->amount.amount;
	t->h.currency = row->amount.currency;
	t->h.date = row->operation_date;
	t->run->p->highlight(t->run->p->highlight_ctx, &t->h);
	return true;
}

static bool say(struct cla_month_run *run, struct cla_str uuid, struct cla_highlight h,
		struct cla_err *err)
{
	struct telling t = { run, h };

	return !run->p->highlight ||
	       cla_gather_expense(run->gather, uuid, on_told_expense, &t, err);
}

static bool tell(struct cla_month_run *run, struct cla_str uuid, const char *what,
		 enum cla_verdict severity, const struct cla_text *text, struct cla_str document,
		 struct cla_err *err)
{
	return say(run, uuid,
		   (struct cla_highlight){ .what = cla_str_from(what),
					   .severity = severity,
					   .text = text,
					   .document = document },
		   err);
}

/* The file's own name is data and nothing else; one that would do harm elsewhere is worth a word.
 * An imported one may say what it came out of: "outer/inner". */
static bool is_odd_name(struct cla_str name, bool imported)
{
	size_t bad;

	for (struct cla_str part, rest = name; imported && !cla_str_absent(rest);) {
		bool more = cla_str_cut(rest, '/', &part, &rest);
		if (!part.len || cla_str_starts(part, ".."))
			return true;
		if (!more)
			name = part;
	}
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] < 0x20 || strchr("/\\:*?\"<>|", name.ptr[i]))
			return true;
	return cla_str_starts(name, ".") || name.len > 200 || !cla_utf8_valid(name, &bad);
}

/* How a difference between charge and document was explained: a note with its equation. */
static bool tell_explained(struct cla_month_run *run, size_t index, struct cla_str uuid,
			   struct cla_err *err)
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
			struct cla_highlight h = {
				.what = cla_buf_str(&what),
				.severity = CLA_VERDICT_PASS,
				.detail = cla_json_string(cla_json_get(d, "equation")),
			};
			if (!say(run, uuid, h, err))
				return false;
		}
	}
	return true;
}

static bool count_file(void *ctx, const struct cla_gathered_file *file, struct cla_err *err)
{
	struct cla_month_run *run = ctx;
	struct cla_outcome *out = run->out;
	const struct cla_judgement *j;

	out->documents++;
	if (is_odd_name(file->name, !file->capture))
		if (!tell(run, file->expense, "odd-name", CLA_VERDICT_PASS, NULL, file->name, err))
			return false;
	if (!cla_month_judge_related(run, file, &j, err))
		return false;
	for (const struct cla_document *d = j ? j->documents : NULL; d; d = d->next) {
		out->failed += d->verdict == CLA_VERDICT_FAIL;
		out->warned += d->verdict == CLA_VERDICT_WARN;
		out->unknown += d->verdict == CLA_VERDICT_UNKNOWN;
		out->findings += d->verdict == CLA_VERDICT_FAIL || d->verdict == CLA_VERDICT_WARN;
		for (const struct cla_finding *f = d->findings; f; f = f->next)
			if (!tell(run, file->expense, f->rule, f->severity,
				  f->text ? f->text : cla_rule_text(cla_str_from(f->rule)),
				  file->name, err))
				return false;
	}
	return true;
}

static bool count_expense(void *ctx, size_t index, const struct cla_match_result *r,
			  struct cla_err *err)
{
	struct cla_month_run *run = ctx;
	struct cla_outcome *out = run->out;

	out->charges_matched += r->state == CLA_MATCH_MATCHED;
	if (r->state == CLA_MATCH_MATCHED && !tell_explained(run, index, r->uuid, err))
		return false;
	if (r->state == CLA_MATCH_MISSING) {
		out->charges_missing++;
		if (!tell(run, r->uuid, "missing-document", CLA_VERDICT_FAIL, NULL, CLA_STR_NONE,
			  err))
			return false;
	} else if (r->state == CLA_MATCH_AMBIGUOUS) {
		out->charges_ambiguous++;
		if (!tell(run, r->uuid, "ambiguous", CLA_VERDICT_WARN, NULL, CLA_STR_NONE, err))
			return false;
	}
	bool wrong = r->receiver == CLA_RECEIVER_OTHER || r->receiver == CLA_RECEIVER_SISTER;
	if (wrong) {
		out->charges_other_receiver++;
		if (!tell(run, r->uuid,
			  r->receiver == CLA_RECEIVER_SISTER ? "receiver-sister" : "receiver-other",
			  CLA_VERDICT_FAIL, NULL, CLA_STR_NONE, err))
			return false;
	}
	if (r->reused) {
		out->reused++;
		if (!tell(run, r->uuid, "reused", CLA_VERDICT_FAIL, NULL, CLA_STR_NONE, err))
			return false;
	}
	out->findings += r->state == CLA_MATCH_MISSING || r->state == CLA_MATCH_AMBIGUOUS;
	out->findings += wrong;
	out->findings += r->reused > 0;
	return true;
}

static bool on_missing(void *ctx, struct cla_str resource, struct cla_str uuid,
		       struct cla_str reason, struct cla_err *err)
{
	struct cla_month_run *run = ctx;
	struct cla_missing *m = &run->out->missing[run->out->missing_count++];

	return cla_month_keep(run, resource, &m->resource, err) &&
	       cla_month_keep(run, uuid, &m->uuid, err) &&
	       cla_month_keep(run, reason, &m->reason, err);
}

/* A list that could not be had, a statement that differs: about the month, not about one expense. */
static bool on_finding(void *ctx, struct cla_str what, struct cla_str resource, struct cla_str uuid,
		       struct cla_str reason, struct cla_err *err)
{
	struct cla_month_run *run = ctx;

	(void)err;
	run->out->findings++;
	if (!run->p->highlight)
		return true;
	struct cla_highlight h = {
		.merchant = resource,
		.date = cla_str_from(run->out->month),
		.what = what,
		.severity = CLA_VERDICT_WARN,
		.detail = cla_str_absent(reason) ? uuid : reason,
	};
	run->p->highlight(run->p->highlight_ctx, &h);
	return true;
}

bool cla_month_summarize(struct cla_month_run *run, struct cla_err *err)
{
	struct cla_outcome *out = run->out;
	uint64_t missing = cla_gather_missing_count(run->gather);

	out->complete = missing == 0;
	out->missing = cla_arena_array(&out->arena, missing + 1, sizeof(*out->missing));
	if (!out->missing)
		return cla_err_oom(err);
	return cla_gather_each_finding(run->gather, on_finding, run, err) &&
	       cla_match_each(run->match, count_expense, run, err) &&
	       cla_gather_files(run->gather, count_file, run, err) &&
	       cla_gather_each_missing(run->gather, on_missing, run, err);
}
