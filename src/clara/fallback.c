/* clara/fallback.c - a file through the API, where its link leads nowhere.
 *
 * The older version of the API hands an attachment out as base64. What
 * the file host refuses, has lost, or a firewall keeps us from is asked for there, a few at a time:
 * such answers are large. Whether both versions name a file by the same uuid nobody has written
 * down; the capture says which way the bytes came. When this fails too, the link's own reason is
 * what is missing.
 */
#include "clara/collect_priv.h"

#include "json/scan.h"

#include <stdio.h>
#include <string.h>

#define MAX_TARGET 4096
#define MAX_ANSWER (16u << 20)
#define MAX_IN_FLIGHT 4

static void next_one(struct cla_run *run);

static bool is_file_key(struct cla_str raw)
{
	static const char *const keys[] = { "\"base64\"", "\"content\"", "\"data\"", "\"file\"" };

	for (size_t i = 0; i < CLA_LEN(keys); i++)
		if (cla_str_eqc(raw, keys[i]))
			return true;
	return false;
}

/* A text by itself, a JSON string, or an object that has it under one of a few names; here or one
 * object further in. */
static bool find_base64(struct cla_str body, struct cla_buf *out)
{
	struct cla_json_scan scan;
	struct cla_json_tok tok;
	bool next = true;

	if (body.len && body.ptr[0] != '{' && body.ptr[0] != '"') {
		cla_buf_add(out, body);
		return !out->failed;
	}
	cla_json_scan_init(&scan, body);
	while (cla_json_scan_next(&scan, &tok)) {
		if (next && tok.type == CLA_TOK_STRING) {
			cla_json_unescape(tok.raw, out);
			return !out->failed;
		}
		next = tok.type == CLA_TOK_KEY && tok.depth <= 2 && is_file_key(tok.raw);
	}
	return false;
}

/* What follows the head of a "data:" address. */
static struct cla_str without_head(struct cla_str text)
{
	size_t comma = cla_str_find(text, ',');

	return cla_str_starts(text, "data:") && comma < text.len
		       ? cla_str_sub(text, comma + 1, text.len)
		       : text;
}

/* A recording has the file as it was kept. */
static bool file_of(const struct cla_job *job, struct cla_buf *file)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MAX_ANSWER);
	struct cla_str body = cla_buf_str(&job->call.body);

	if (job->run->entity->replay_dir) {
		cla_buf_add(file, body);
		return !file->failed;
	}
	return find_base64(body, &text) &&
	       cla_base64_decode(without_head(cla_buf_str(&text)), true, file);
}

static const char *attempt(struct cla_call *call, const struct cla_net_answer *a,
			   const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_run *run = job->run;
	unsigned mib = run->entity->max_file_mib;
	cla_auto_buf struct cla_buf file =
		CLA_BUF_INIT(mib && mib < MAX_ANSWER >> 20 ? (size_t)mib << 20 : MAX_ANSWER);
	struct cla_brought b = { .body_size = a->fail == CLA_NET_OK ? call->body.len : 0 };
	struct cla_err err = CLA_ERR_INIT;
	bool ok = cla_digest_of(b.body_size ? cla_buf_str(&call->body) : CLA_STR(""),
				&b.body_sha256, &err);

	if (ok && !reason && !file_of(job, &file))
		reason = file.too_long ? "too-large" : "not-base64";
	if (ok && !reason) {
		ok = cla_store_put(run->store, cla_buf_str(&file), &b.stored_sha256, &err);
		b.identity = b.stored_sha256;
		b.stored_size = file.len;
		b.stored = true;
	}
	if (!ok) {
		cla_run_fail(run, &err);
		return "cancelled";
	}
	cla_run_note(run, CLA_RES_ATTACHMENT, cla_str_from(job->uuid), cla_str_from(job->target), a,
		     call->attempts, reason, &b);
	if (!reason && run->opts->arrived &&
	    !run->opts->arrived(run->opts->arrived_ctx, &b.stored_sha256,
				cla_str_sub(cla_buf_str(&file), 0, CLA_MEDIA_PREFIX), &err))
		cla_run_fail(run, &err);
	return reason;
}

static void done(struct cla_call *call, const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_run *run = job->run;

	run->fallbacks_in_flight--;
	if (reason) {
		cla_run_missing(run, CLA_STR("download"), job->uuid, job->gap);
	} else {
		run->result.documents++;
		run->result.downloads++;
	}
	next_one(run);
	cla_job_end(job);
}

static const struct cla_call_ops ops = { .attempt = attempt, .done = done };

static void next_one(struct cla_run *run)
{
	/* What cannot even be sent ends at once, and comes back here. */
	if (run->fallbacks_fed)
		return;
	run->fallbacks_fed = true;
	while (run->fallbacks && run->fallbacks_in_flight < MAX_IN_FLIGHT) {
		struct cla_job *job = run->fallbacks;
		run->fallbacks = job->waiting;
		job->waiting = NULL;
		run->fallbacks_in_flight++;
		cla_session_submit(run->session, &job->call);
	}
	run->fallbacks_fed = false;
}

void cla_file_not_had(struct cla_run *run, struct cla_str attachment, const char *uuid,
		      const char *reason)
{
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
	struct cla_err err = CLA_ERR_INIT;
	uint8_t bytes[16];

	/* What was stopped is not asked for elsewhere; without a uuid it has no name there. */
	if (!cla_row_uuid(attachment, bytes) || !strcmp(reason, "cancelled") ||
	    !strcmp(reason, "call-budget") || !strcmp(reason, "too-large") || run->opts->dry_run ||
	    cla_session_failed(run->session)) {
		cla_run_missing(run, CLA_STR("download"), uuid, reason);
		return;
	}
	if (!cla_plan_target(run->entity, CLA_RES_ATTACHMENT, attachment, run->opts->month, 0,
			     &target, &err)) {
		cla_run_fail(run, &err);
		return;
	}
	struct cla_job *job = cla_job_new(run, CLA_RES_ATTACHMENT, &ops, cla_buf_str(&target));
	if (!job)
		return;
	run->no_fallbacks = false;
	job->call.body.max = MAX_ANSWER;
	(void)snprintf(job->uuid, sizeof(job->uuid), CLA_STR_FMT, CLA_STR_ARG(attachment));
	(void)snprintf(job->gap, sizeof(job->gap), "%s", reason);
	job->waiting = run->fallbacks;
	run->fallbacks = job;
	next_one(run);
}

/* Whether anything was ever had, or tried, that way: most runs can do without a look for each
 * file. */
static bool any_before(struct cla_run *run, struct cla_str target, struct cla_str attachment,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(MAX_TARGET);
	bool any = true;

	if (!cla_plan_month_key(run->entity, CLA_RES_ATTACHMENT, run->opts->month, target, &key,
				err))
		return false;
	const char *uuid = memmem(key.ptr, key.len, attachment.ptr, attachment.len);
	if (uuid &&
	    !cla_store_any(run->store, run->name,
			   cla_str_sub(cla_buf_str(&key), 0, (size_t)(uuid - key.ptr)), &any, err))
		return false;
	run->no_fallbacks = !any;
	run->fallbacks_known = true;
	return true;
}

bool cla_fallback_held(struct cla_run *run, struct cla_str attachment, bool *held,
		       struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf target = CLA_BUF_INIT(MAX_TARGET);
	struct cla_capture capture;
	uint8_t bytes[16];

	*held = false;
	if (run->no_fallbacks || !cla_row_uuid(attachment, bytes))
		return true;
	if (!cla_plan_target(run->entity, CLA_RES_ATTACHMENT, attachment, run->opts->month, 0,
			     &target, err) ||
	    (!run->fallbacks_known && !any_before(run, cla_buf_str(&target), attachment, err)) ||
	    !cla_run_current(run, CLA_RES_ATTACHMENT, cla_buf_str(&target), &arena, &capture, held,
			     err))
		return false;
	if (*held)
		cla_run_record_held(run, cla_buf_str(&target), &capture);
	return true;
}
