/* clara/file.c - what lies behind download links. */
#include "clara/collect_priv.h"

#include "clara/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_REFRESHES 3
#define DEFAULT_MAX_FILE_MIB 512
#define MAX_KEY (32u << 10)
#define MAX_ERROR_BODY (64u << 10)
#define EXPIRY_MARGIN_S 5
#define MAX_PARTS 64 /* files that broke off and are kept open to be gone on with */

void cla_each_link(enum cla_resource resource, const struct cla_json *root, cla_link_fn *fn,
		   void *ctx)
{
	const struct cla_json *list = NULL;
	struct cla_page page;

	if (resource == CLA_RES_DOCUMENTS) {
		list = cla_attachments(root);
	} else if (resource == CLA_RES_INVOICES) {
		cla_page_read(root, "invoices", &page);
		list = page.items;
	} else if (resource == CLA_RES_REIMBURSEMENTS) {
		list = cla_json_get(root, "attachments"); /* root is one row here */
	}
	for (const struct cla_json *node = cla_json_first(list); node; node = cla_json_next(node)) {
		struct cla_attachment a;
		cla_attachment_read(node, &a);
		fn(ctx, &a);
	}
}

/* https, and nothing in it that is read differently by different readers. */
static bool clean_url(struct cla_str text, struct cla_url *url)
{
	if (cla_str_absent(text) || !cla_plan_fits(text) || !cla_url_split(text, url) ||
	    !cla_str_eq_nocase(url->scheme, CLA_STR("https")))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f)
			return false;
	return cla_str_find(text, '\\') == text.len && cla_str_find(text, '#') == text.len;
}

static enum cla_host judge_host(const struct cla_run *run, struct cla_str host)
{
	/* A recording may come from anywhere, and leads nowhere. */
	return run->entity->replay_dir ? CLA_HOST_ALLOWED : cla_host_judge(run->entity, host);
}

/* *n: of the capture that counts, 0 without one. */
static bool look_at_link(struct cla_run *run, const struct cla_attachment *a,
			 enum cla_file_state *ret, uint64_t *n, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_capture capture = { 0 };
	struct cla_url url;
	bool held;

	*n = 0;
	*ret = CLA_FILE_NO_LINK;
	if (cla_str_absent(a->url))
		return true;
	*ret = CLA_FILE_BAD_URL;
	if (!clean_url(a->url, &url))
		return true;
	if (!cla_run_current(run, CLA_RES_DOWNLOAD, a->url, &arena, &capture, &held, err))
		return false;
	*n = capture.n;
	if (held) {
		cla_run_record_held(run, a->url, &capture);
		*ret = CLA_FILE_HELD;
	} else {
		*ret = judge_host(run, url.host) == CLA_HOST_REFUSED ? CLA_FILE_NOT_ALLOWED
								     : CLA_FILE_WANTED;
	}
	return true;
}

/* What its link did not bring may have come through the API. */
static bool look(struct cla_run *run, const struct cla_attachment *a, enum cla_file_state *ret,
		 uint64_t *n, struct cla_err *err)
{
	bool held = false;

	if (!look_at_link(run, a, ret, n, err) ||
	    (*ret != CLA_FILE_HELD && !cla_fallback_held(run, a->uuid, &held, err)))
		return false;
	*ret = held ? CLA_FILE_HELD : *ret;
	return true;
}

bool cla_file_look(struct cla_run *run, const struct cla_attachment *a, enum cla_file_state *ret,
		   struct cla_err *err)
{
	uint64_t n;

	return look(run, a, ret, &n, err);
}

/* ---- under way ---------------------------------------------------------------- */

static bool key_of(const struct cla_run *run, struct cla_str url, struct cla_digest *ret,
		   struct cla_err *err)
{
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(MAX_KEY);

	return cla_plan_key(run->entity, url, &key, err) &&
	       cla_hasher_digest(run->hasher, cla_buf_str(&key), ret, err);
}

static struct cla_job **under_way(struct cla_run *run, const struct cla_digest *key)
{
	size_t at = ((size_t)key->bytes[0] << 8 | key->bytes[1]) % CLA_RUN_FILES;
	struct cla_job **job = &run->files[at];

	while (*job && !cla_digest_eq(&(*job)->key, key))
		job = &(*job)->next_file;
	return job;
}

static void end_file(struct cla_job *job)
{
	struct cla_job **at = under_way(job->run, &job->key);

	*at = job->next_file;
	cla_job_end(job);
}

/* ---- one download ------------------------------------------------------------ */

static const char *file_turn(struct cla_call *call)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_run *run = job->run;

	/* A link that came just now is tried even where our clock says that it is over. */
	if (job->fresh || run->entity->replay_dir || !job->link_ends)
		return NULL;
	return job->link_end.sec - EXPIRY_MARGIN_S <= run->ctx->clock.now(run->ctx->clock.ctx).sec
		       ? "expired"
		       : NULL;
}

/* What was had of the file is given up: from the beginning again. */
static void start_over(struct cla_job *job)
{
	cla_store_abort(cla_steal(&job->put));
	job->run->parts -= job->call.resume_at > 0;
	job->call.resume_at = 0;
	job->have = 0;
	job->total = -1;
	job->etag[0] = '\0';
}

/* A new file; its ETag, if it is a strong one, says later whether it still is the same. */
static bool begin(struct cla_job *job, const struct cla_net_answer *a)
{
	struct cla_err err = CLA_ERR_INIT;

	start_over(job);
	job->total = a->content_length;
	if (!cla_str_absent(a->etag) && cla_str_starts(a->etag, "\"") &&
	    !cla_str_cstr(a->etag, job->etag, sizeof(job->etag), NULL))
		job->etag[0] = '\0';
	job->put = cla_store_begin(job->run->store, &err);
	if (!job->put)
		cla_run_fail(job->run, &err);
	return job->put;
}

/* "bytes FROM-TO/TOTAL": the rest of the file that we have the beginning of, and nothing else. */
static bool is_the_rest(const struct cla_job *job, const struct cla_net_answer *a, uint64_t *size)
{
	struct cla_str unit, range, from, to, total;
	uint64_t first, last;

	return !cla_str_absent(a->content_range) &&
	       cla_str_cut(a->content_range, ' ', &unit, &range) &&
	       cla_str_eq_nocase(unit, CLA_STR("bytes")) &&
	       cla_str_cut(range, '/', &range, &total) && cla_str_cut(range, '-', &from, &to) &&
	       cla_str_to_u64(from, &first) && cla_str_to_u64(to, &last) &&
	       cla_str_to_u64(total, size) && first == job->have && first <= last && last < *size &&
	       last + 1 == *size && (job->total < 0 || *size == (uint64_t)job->total) &&
	       *size <= job->call.max_body &&
	       (cla_str_absent(a->etag) || cla_str_eqc(a->etag, job->etag));
}

static bool file_head(struct cla_call *call, const struct cla_net_answer *a)
{
	struct cla_job *job = (struct cla_job *)call;

	job->taking = a->status == 200;
	job->mismatch = false;
	if (a->status == 200)
		return begin(job, a);
	if (a->status == 206 && call->resume_at) {
		uint64_t size;
		job->taking = is_the_rest(job, a, &size);
		job->mismatch = !job->taking;
		if (job->taking)
			job->total = (int64_t)size;
	}
	return true;
}

static bool file_data(struct cla_call *call, struct cla_str bytes)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_err err = CLA_ERR_INIT;

	if (!job->taking) {
		/* An error's text: enough of it to see what it is about. */
		if (call->body.len + bytes.len <= MAX_ERROR_BODY)
			cla_buf_add(&call->body, bytes);
		return true;
	}
	job->have += bytes.len;
	if (cla_store_write(job->put, bytes, &err))
		return true;
	cla_run_fail(job->run, &err);
	return false;
}

/* A file that broke off is gone on with where the server can say that it still is the same. */
static void keep_part(struct cla_job *job, const struct cla_net_answer *a)
{
	bool broken = a->fail == CLA_NET_BROKEN || a->fail == CLA_NET_TIMEOUT;
	bool kept = job->call.resume_at;

	if (job->mismatch || a->status == 416) {
		start_over(job);
	} else if (job->taking) {
		if (broken && job->have && job->etag[0] && (kept || job->run->parts < MAX_PARTS)) {
			job->run->parts += !kept;
			job->call.resume_at = job->have;
			job->call.etag = job->etag;
		} else {
			start_over(job);
		}
	}
}

/* `start` gets its first bytes. */
static bool keep_whole(struct cla_job *job, struct cla_brought *b, struct cla_buf *start,
		       struct cla_err *err)
{
	cla_buf_add(start, cla_put_start(job->put));
	bool ok = cla_store_commit(cla_steal(&job->put), &b->stored_sha256, &b->stored_size, NULL,
				   err);

	start_over(job);
	b->stored = true;
	b->body_sha256 = b->identity = b->stored_sha256;
	b->body_size = b->stored_size;
	return ok;
}

static const char *file_attempt(struct cla_call *call, const struct cla_net_answer *a,
				const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	cla_auto_buf struct cla_buf start = CLA_BUF_INIT(CLA_MEDIA_PREFIX);
	struct cla_brought b = { 0 };
	struct cla_err err = CLA_ERR_INIT;
	bool ok;

	job->fresh = false;
	job->link_died = a->fail == CLA_NET_OK && (a->status == 403 || a->status == 400);
	/* an answer without a length may end early, and nobody but the range tells */
	job->mismatch =
		job->mismatch || (!reason && job->total >= 0 && job->have != (uint64_t)job->total);
	if (!reason && job->mismatch)
		reason = "wrong-range";
	if (!reason) {
		ok = keep_whole(job, &b, &start, &err) && cla_buf_ok(&start, &err);
	} else {
		bool whole = a->fail == CLA_NET_OK && a->received == call->body.len;
		b.body_size = whole ? call->body.len : 0;
		ok = cla_digest_of(whole ? cla_buf_str(&call->body) : CLA_STR(""), &b.body_sha256,
				   &err);
		keep_part(job, a);
	}
	job->taking = false;
	if (!ok) {
		cla_run_fail(job->run, &err);
		return "cancelled";
	}
	cla_run_note(job->run, CLA_RES_DOWNLOAD, cla_str_from(job->uuid), cla_str_from(job->target),
		     a, call->attempts, reason, &b);
	const struct cla_collect_opts *opts = job->run->opts;
	if (!reason && opts->arrived &&
	    !opts->arrived(opts->arrived_ctx, &b.stored_sha256, cla_buf_str(&start), &err))
		cla_run_fail(job->run, &err);
	return reason;
}

static void unasked(struct cla_run *run, struct cla_str uuid, struct cla_str url,
		    const char *reason)
{
	struct cla_brought b = { 0 };
	struct cla_err err = CLA_ERR_INIT;

	if (cla_digest_of(CLA_STR(""), &b.body_sha256, &err))
		cla_run_note(run, CLA_RES_DOWNLOAD, uuid, url, NULL, 1, reason, &b);
	else
		cla_run_fail(run, &err);
}

static void file_missing(struct cla_job *job, const char *reason)
{
	start_over(job);
	if (!job->call.attempts && strcmp(reason, "cancelled") != 0)
		unasked(job->run, cla_str_from(job->uuid), cla_str_from(job->target), reason);
	cla_file_not_had(job->run, cla_str_from(job->attachment), job->uuid, reason);
	end_file(job);
}

static void file_done(struct cla_call *call, const char *reason)
{
	struct cla_job *job = (struct cla_job *)call;
	struct cla_run *run = job->run;

	if (!reason) {
		run->result.documents++;
		run->result.downloads++;
		end_file(job);
		return;
	}
	bool expired = job->link_died || !strcmp(reason, "expired");
	if (expired && job->refreshes < MAX_REFRESHES && !cla_session_failed(run->session)) {
		job->refreshes++;
		if (cla_want_fresh_link(job))
			return;
	}
	file_missing(job, reason);
}

static const struct cla_call_ops file_ops = {
	.turn = file_turn,
	.head = file_head,
	.data = file_data,
	.attempt = file_attempt,
	.done = file_done,
};

/* ---- wanting one ------------------------------------------------------------- */

static void copy_uuid(char out[40], struct cla_str uuid)
{
	uint8_t bytes[16];

	out[0] = '\0';
	if (cla_row_uuid(uuid, bytes) && !cla_str_cstr(uuid, out, 40, NULL))
		out[0] = '\0';
}

static void submit_file(struct cla_run *run, const struct cla_attachment *a,
			const struct cla_link_source *source, const struct cla_digest *key)
{
	struct cla_job *job = cla_job_new(run, CLA_RES_DOWNLOAD, &file_ops, a->url);
	unsigned mib = run->entity->max_file_mib;
	struct cla_url url;

	if (!job)
		return;
	copy_uuid(job->attachment, a->uuid);
	copy_uuid(job->expense, source->expense);
	memcpy(job->uuid, job->attachment[0] ? job->attachment : job->expense, sizeof(job->uuid));
	job->source = source->resource;
	job->source_page = source->page;
	job->call.download = true;
	job->call.max_body = (uint64_t)(mib ? mib : DEFAULT_MAX_FILE_MIB) << 20;
	job->total = -1;
	job->link_ends = cla_attachment_end(a, &job->link_end);
	job->call.allow_private =
		cla_url_split(a->url, &url) && judge_host(run, url.host) == CLA_HOST_NAMED;
	job->key = *key;
	*under_way(run, key) = job;
	cla_session_submit(run->session, &job->call);
}

/* The link as the store keeps it: without a signed query. */
static struct cla_str kept_form(struct cla_str url)
{
	size_t mark = cla_str_find(url, '?');

	return cla_query_is_signed(cla_str_sub(url, mark + 1, url.len)) ? cla_str_sub(url, 0, mark)
									: url;
}

/* What is too long even to be named is told, not noted. */
static void refuse(struct cla_run *run, const struct cla_attachment *a,
		   const struct cla_link_source *source, const char *reason)
{
	struct cla_str kept = kept_form(a->url);
	char uuid[40];

	copy_uuid(uuid, a->uuid);
	if (!uuid[0])
		copy_uuid(uuid, source->expense);
	if (cla_plan_fits(kept))
		unasked(run, cla_str_from(uuid), kept, reason);
	cla_file_not_had(run, a->uuid, uuid, reason);
}

static void no_link(struct cla_run *run, const struct cla_attachment *a,
		    const struct cla_link_source *source)
{
	char uuid[40];

	copy_uuid(uuid, a->uuid);
	if (!uuid[0])
		copy_uuid(uuid, source->expense);
	cla_file_not_had(run, a->uuid, uuid, "no-link");
}

struct links {
	struct cla_run *run;
	const struct cla_link_source *source;
};

static void want_file(void *ctx, const struct cla_attachment *a)
{
	const struct links *l = ctx;
	struct cla_run *run = l->run;
	const struct cla_link_source *source = l->source;
	struct cla_err err = CLA_ERR_INIT;
	enum cla_file_state state;
	struct cla_digest key = { { 0 } };
	uint64_t n;

	if (cla_session_failed(run->session))
		return;
	if (!look(run, a, &state, &n, &err) ||
	    (state == CLA_FILE_WANTED && !key_of(run, a->url, &key, &err))) {
		cla_run_fail(run, &err);
		return;
	}
	/* the same file by another mention: asked for in this run already, or under way */
	if ((n && run->first_n && n >= run->first_n) ||
	    (state == CLA_FILE_WANTED && *under_way(run, &key)))
		return;
	/* an invoice need not have a link; an attachment that has none cannot be had */
	if (state == CLA_FILE_NO_LINK) {
		if (source->resource != CLA_RES_INVOICES)
			no_link(run, a, source);
		return;
	}
	if (state == CLA_FILE_HELD)
		run->result.documents++;
	else if (state == CLA_FILE_BAD_URL)
		refuse(run, a, source, "bad-url");
	else if (state == CLA_FILE_NOT_ALLOWED)
		refuse(run, a, source, "host-not-allowed");
	else if (run->opts->dry_run)
		run->result.would_call++;
	else
		submit_file(run, a, source, &key);
}

void cla_want_files(struct cla_run *run, const struct cla_json *root,
		    const struct cla_link_source *source)
{
	struct links l = { run, source };

	cla_each_link(source->resource, root, want_file, &l);
}

/* ---- fresh links ------------------------------------------------------------- */

struct search {
	struct cla_job *file;
	struct cla_attachment found;
};

/* The same attachment: by its uuid, else by the part of its address that a signature does not
 * change. */
static void match_link(void *ctx, const struct cla_attachment *a)
{
	struct search *s = ctx;
	struct cla_url then, now;
	char uuid[40];

	copy_uuid(uuid, a->uuid);
	if (!clean_url(a->url, &now) || !cla_url_split(cla_str_from(s->file->target), &then))
		return;
	if (s->file->attachment[0]
		    ? !strcasecmp(uuid, s->file->attachment)
		    : cla_str_eq(then.host, now.host) && cla_str_eq(then.path, now.path))
		s->found = *a;
}

static void search_answer(struct search *s, const struct cla_json *root)
{
	struct cla_page page;

	if (s->file->source != CLA_RES_REIMBURSEMENTS) {
		cla_each_link(s->file->source, root, match_link, s);
		return;
	}
	cla_page_read(root, cla_resource_name(CLA_RES_REIMBURSEMENTS), &page);
	for (const struct cla_json *row = cla_json_first(page.items); row; row = cla_json_next(row))
		cla_each_link(CLA_RES_REIMBURSEMENTS, row, match_link, s);
}

void cla_file_refreshed(struct cla_job *file, const char *reason, const struct cla_json *root)
{
	struct search s = { file, { .url = CLA_STR_NONE } };
	enum cla_host host = CLA_HOST_REFUSED;
	struct cla_url url;

	if (!reason)
		search_answer(&s, root);
	if (clean_url(s.found.url, &url))
		host = judge_host(file->run, url.host);
	if (host == CLA_HOST_REFUSED) {
		file_missing(file, reason && !strcmp(reason, "cancelled") ? reason : "expired");
		return;
	}
	char *target = cla_str_dup(s.found.url);
	if (!target) {
		struct cla_err err = CLA_ERR_INIT;
		cla_err_oom(&err);
		cla_run_fail(file->run, &err);
		file_missing(file, "cancelled");
		return;
	}
	free(file->target);
	file->target = target;
	file->call.target = target;
	file->call.allow_private = host == CLA_HOST_NAMED;
	file->fresh = true;
	file->link_died = false;
	file->link_ends = cla_attachment_end(&s.found, &file->link_end);
	cla_session_submit(file->run->session, &file->call);
}
