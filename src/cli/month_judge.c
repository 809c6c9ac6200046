/* cli/month_judge.c - verdicts on stored documents: made once, when the document arrives, and kept.
 */
#include "cli/month.h"

#include "model/media.h"

#include <stdio.h>
#include <string.h>

/* Only warnings may depend on the clock, and only for documents dated about `now` or later: a kept
 * verdict on such a one may come from another clock. */
static bool clock_matters(const struct cla_judgement *j, struct cla_time now)
{
	for (const struct cla_document *d = j->documents; d; d = d->next) {
		struct cla_time at;
		bool zone;
		if (cla_str_absent(d->issued_at) || !cla_time_parse(d->issued_at, &at, &zone))
			continue;
		if (at.sec > now.sec - 2 * 86400)
			return true;
	}
	return false;
}

/* The judge refuses a file that is too long to be parsed by its length: more of it is never held.
 */
static bool take_start(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct cla_buf *start = ctx;
	size_t room = start->max - start->len;

	cla_buf_add(start, cla_str_sub(bytes, 0, room < bytes.len ? room : bytes.len));
	return cla_buf_ok(start, err);
}

static enum cla_verdict worst_of(const struct cla_judgement *j)
{
	enum cla_verdict worst = CLA_VERDICT_NA;

	for (const struct cla_document *d = j->documents; d; d = d->next)
		worst = cla_verdict_worst(worst, d->verdict);
	return worst;
}

/* Who judged what by which rules, and with what result. */
static bool note_validated(struct cla_month_run *run, const struct cla_digest *object,
			   const struct cla_judgement *j, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	char subject[128], hex[CLA_DIGEST_HEX];

	(void)snprintf(subject, sizeof(subject), "%s: %s, rules %s", run->out->month,
		       cla_verdict_name(worst_of(j)), cla_digest_hex(&p->rules, hex));
	struct cla_event e = { .type = "validated",
			       .entity = cla_str_from(run->entity->name),
			       .object = object,
			       .subject = cla_str_from(subject),
			       .time = p->cli->ctx.clock.now(p->cli->ctx.clock.ctx) };
	return cla_store_custody(p->store, &e, err);
}

static bool judge_now(struct cla_month_run *run, const struct cla_digest *object,
		      struct cla_time now, struct cla_judgement *out, struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
	cla_auto_buf struct cla_buf start = CLA_BUF_INIT((size_t)cla_xml_limits_default.parse + 1);

	cla_judge_set_now(p->judge, now);
	if (!cla_store_stream(p->store, object, take_start, &start, err) ||
	    !cla_judge_bytes(p->judge, cla_buf_str(&start), out, err))
		return false;
	out->sha256 = *object;
	return cla_store_verdict_put(p->store, object, &p->rules, &p->certs, out, err) &&
	       note_validated(run, object, out, err);
}

bool cla_month_verdict(struct cla_month_run *run, const struct cla_digest *object,
		       struct cla_err *err)
{
	struct cla_pipeline *p = run->p;
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
	if (!found && !judge_now(run, object, run->cutoff, &run->judgement, err))
		return false;
	run->judged = *object;
	run->has_judgement = true;
	return true;
}

bool cla_month_judge(void *ctx, const struct cla_gathered_file *file,
		     const struct cla_judgement **ret, struct cla_err *err)
{
	struct cla_month_run *run = ctx;

	*ret = NULL;
	if (!cla_str_eqc(file->ext, "xml") && !cla_str_eq_nocase(file->format, CLA_STR("xml")))
		return true;
	if (!cla_month_verdict(run, &file->object, err))
		return cla_err_wrap(err, "judging a document of %s " CLA_STR_FMT,
				    cla_expense_kind_name(file->kind), CLA_STR_ARG(file->expense));
	*ret = &run->judgement;
	return true;
}

bool cla_month_judge_related(struct cla_month_run *run, const struct cla_gathered_file *file,
			     const struct cla_judgement **ret, struct cla_err *err)
{
	if (!cla_month_judge(run, file, ret, err))
		return false;
	if (!*ret || !run->related)
		return true;
	/* what is added here is no part of the verdict: whoever asks for that gets it anew */
	run->has_judgement = false;
	for (struct cla_document *d = run->judgement.documents; d; d = d->next) {
		if (!cla_related_tell(run->related, &run->judgement, d, err))
			return false;
	}
	return true;
}

bool cla_month_arrived(void *ctx, const struct cla_digest *object, struct cla_str start,
		       struct cla_err *err)
{
	struct cla_month_run *run = ctx;
	char hex[CLA_DIGEST_HEX];

	if (strcmp(cla_media_of(start).ext, "xml") != 0)
		return true;
	return cla_month_verdict(run, object, err) ||
	       cla_err_wrap(err, "judging document %s", cla_digest_hex(object, hex));
}
