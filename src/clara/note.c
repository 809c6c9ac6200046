/* clara/note.c - every attempt into the journal, every answer into the store. */
#include "clara/collect_priv.h"

#include "model/capture.h"

#include <stdlib.h>
#include <string.h>

#define MAX_KEY CLA_RUN_MAX_KEY

void cla_run_fail(struct cla_run *run, const struct cla_err *err)
{
	cla_session_fail(run->session, err);
}

bool cla_run_current(struct cla_run *run, enum cla_resource resource, struct cla_str target_or_url,
		     struct cla_arena *arena, struct cla_capture *ret, bool *held,
		     struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(MAX_KEY);
	bool found;

	if (!cla_plan_month_key(run->entity, resource, run->opts->month, target_or_url, &key,
				err) ||
	    !cla_store_current(run->store, run->name, cla_buf_str(&key), CLA_RUN_ALWAYS, arena, ret,
			       &found, err))
		return cla_err_wrap(err, "looking up what is held");
	*held = found && cla_str_absent(ret->reason) && ret->stored &&
		cla_store_has(run->store, &ret->stored_sha256);
	return true;
}

static void record(struct cla_run *run, struct cla_str target_or_url, const struct cla_capture *c)
{
	struct cla_err err = CLA_ERR_INIT;

	if (run->record && !cla_record_answer(run->record, run->store, target_or_url, c, &err)) {
		cla_err_wrap(&err, "recording answers");
		cla_run_fail(run, &err);
	}
}

void cla_run_record_held(struct cla_run *run, struct cla_str target_or_url,
			 const struct cla_capture *c)
{
	record(run, target_or_url, c);
}

static bool note(struct cla_run *run, enum cla_resource resource, struct cla_capture *c,
		 struct cla_str target_or_url, struct cla_err *err)
{
	cla_buf_reset(&run->key);
	cla_buf_reset(&run->shown);
	cla_buf_reset(&run->query_keys);
	if (!cla_plan_month_key(run->entity, resource, run->opts->month, target_or_url, &run->key,
				err) ||
	    !cla_plan_shown(run->entity, target_or_url, &run->shown, &run->query_keys, err))
		return false;
	c->key = cla_buf_str(&run->key);
	c->url = cla_buf_str(&run->shown);
	c->query_keys = cla_buf_str(&run->query_keys);
	if (!cla_store_capture(run->store, c, NULL, err))
		return false;
	record(run, target_or_url, c);
	return true;
}

void cla_run_note(struct cla_run *run, enum cla_resource resource, struct cla_str uuid,
		  struct cla_str target_or_url, const struct cla_net_answer *a, unsigned attempt,
		  const char *reason, const struct cla_brought *b)
{
	static const struct cla_net_answer unasked = { 0 };
	struct cla_err err = CLA_ERR_INIT;
	bool api = resource != CLA_RES_DOWNLOAD;

	struct cla_time now = a ? a->time : run->ctx->clock.now(run->ctx->clock.ctx);
	/* Without an answer a recording has no clock of its own: what it knows last is its present.
	 */
	if (!a && run->entity->replay_dir)
		now = run->latest;
	a = a ? a : &unasked;
	uint64_t n = cla_store_next_n(run->store);
	run->first_n = run->first_n ? run->first_n : n;
	struct cla_capture c = {
		.n = n,
		.time = now,
		.entity = run->name,
		.month = cla_str_from(run->month),
		.resource = cla_str_from(cla_resource_name(resource)),
		.uuid = uuid,
		.method = resource == CLA_RES_TOKEN ? CLA_STR("POST") : CLA_STR("GET"),
		.status = a->status,
		.reason = cla_str_from(reason),
		.body_sha256 = b->body_sha256,
		.body_size = b->body_size,
		.stored = b->stored,
		.stored_sha256 = b->stored_sha256,
		.stored_size = b->stored_size,
		.identity = b->identity,
		.content_type = a->content_type,
		.etag = a->etag,
		.tls_version = a->has_peer ? cla_str_from(a->tls_version) : CLA_STR_NONE,
		.client_id = api ? cla_session_client_id(run->session) : CLA_STR_NONE,
		.attempt = attempt,
	};
	if (a->has_peer)
		memcpy(c.peer_spki.bytes, a->peer_spki, sizeof(c.peer_spki.bytes));
	if (cla_time_cmp(now, run->latest) > 0)
		run->latest = now;
	if (note(run, resource, &c, target_or_url, &err))
		return;
	cla_err_wrap(&err, "noting an answer about %s", cla_resource_name(resource));
	cla_run_fail(run, &err);
}

/* ---- API answers ------------------------------------------------------------- */

/* One object with this uuid, however it is spelled. */
static bool is_about(const struct cla_json *root, const char *uuid)
{
	uint8_t due[16], found[16];

	return cla_row_uuid(cla_str_from(uuid), due) &&
	       cla_row_uuid(cla_json_string(cla_json_get(root, "uuid")), found) &&
	       !memcmp(due, found, sizeof(due));
}

/* The present is the server's: ours may be wrong, and a recording has one of its own. */
static void note_date(struct cla_run *run, const struct cla_net_answer *a)
{
	struct cla_time date;

	if (!cla_time_parse_http(a->date, &date))
		date = a->time;
	if (a->status && cla_time_cmp(date, run->server) > 0)
		run->server = date;
}

/* Why the content is not what was asked for, NULL when it is. */
static const char *judge(struct cla_job *job)
{
	struct cla_err err = CLA_ERR_INIT;
	struct cla_page page;

	if (!cla_json_parse(cla_buf_str(&job->call.body), &job->doc, &err)) {
		if (err.code == CLA_ERR_MEMORY)
			cla_run_fail(job->run, &err);
		return "not-json";
	}
	const struct cla_json *root = cla_json_root(job->doc);
	if (job->resource == CLA_RES_DOCUMENTS)
		return cla_attachments(root) ? NULL : "not-json";
	if (job->resource == CLA_RES_TRANSACTION || job->resource == CLA_RES_STATEMENT)
		return is_about(root, job->uuid) ? NULL : "not-json";
	cla_page_read(root,
		      job->resource == CLA_RES_INVOICES ? "invoices"
							: cla_resource_name(job->resource),
		      &page);
	if (!page.items)
		return "not-json";
	bool paged = job->resource != CLA_RES_INVOICES;
	return paged && page.has_number && page.number != job->page ? "wrong-page" : NULL;
}

/* Puts the answer's stored form into the store, unless what is held there says the same. */
static bool keep(struct cla_job *job, struct cla_brought *b, struct cla_time time,
		 struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_capture held = { 0 };
	bool is_held = false;

	cla_buf_reset(&job->stored);
	if (!cla_answer_redact(cla_buf_str(&job->call.body), &job->stored, err) ||
	    !cla_answer_identity(cla_buf_str(&job->stored), &b->identity, err) ||
	    !cla_run_current(job->run, job->resource, cla_str_from(job->target), &arena, &held,
			     &is_held, err))
		return false;
	b->stored = true;
	job->counts_from = time;
	if (is_held && cla_digest_eq(&held.identity, &b->identity)) {
		b->stored_sha256 = held.stored_sha256;
		b->stored_size = held.stored_size;
		job->counts_from = held.time;
	} else {
		b->stored_size = job->stored.len;
		if (!cla_store_put(job->run->store, cla_buf_str(&job->stored), &b->stored_sha256,
				   err))
			return false;
	}
	job->object = b->stored_sha256;
	return true;
}

const char *cla_job_api_attempt(struct cla_call *call, const struct cla_net_answer *a,
				const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_run *run = job->run;
	struct cla_brought b = { .body_size = call->body.len };
	struct cla_err err = CLA_ERR_INIT;

	cla_json_freep(&job->doc);
	note_date(run, a);
	if (!reason)
		reason = judge(job);
	if (a->fail != CLA_NET_OK)
		b.body_size = 0; /* a part of an answer is none */
	if (!cla_hasher_digest(run->hasher, b.body_size ? cla_buf_str(&call->body) : CLA_STR(""),
			       &b.body_sha256, &err) ||
	    (!reason && !keep(job, &b, a->time, &err))) {
		cla_run_fail(run, &err);
		return "cancelled";
	}
	cla_run_note(run, job->resource, job->uuid[0] ? cla_str_from(job->uuid) : CLA_STR_NONE,
		     cla_str_from(job->target), a, call->attempts, reason, &b);
	return reason;
}
