/* clara/replay.c - the index of recorded answers and the queue that serves them. */
#include "clara/replay.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/grow.h"
#include "json/json.h"
#include "model/api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE (1u << 20)
#define MAX_QUERY (64u << 10)
#define MAX_PARAMS 128
#define PIECE (64u << 10)

struct entry {
	struct cla_str method, path, query; /* query in the form of cla_replay_query() */
	struct cla_str content_type, etag, date, retry_after, www_authenticate;
	struct cla_str body; /* absent: empty */
	struct cla_time time;
	int status;
	size_t line;
};

struct waiting {
	struct waiting *next;
	struct cla_net_request request;
	char *url;
};

struct cla_replay {
	const struct cla_ctx *ctx;
	int dir;
	char *name;
	struct cla_arena arena;
	struct entry *entries; /* by method, path, query, line */
	size_t count, cap;
	struct waiting *first, *last;
	bool stopped;
	struct cla_time latest; /* newest recorded time: that of answers nobody recorded */
};

/* ---- queries ----------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return cla_str_cmp(*(const struct cla_str *)a, *(const struct cla_str *)b);
}

static bool put_params(struct cla_str *params, size_t count, struct cla_buf *out,
		       struct cla_err *err)
{
	qsort(params, count, sizeof(params[0]), by_text);
	for (size_t i = 0; i < count; i++) {
		cla_buf_add(out, params[i]);
		cla_buf_byte(out, '\0');
	}
	return cla_buf_ok(out, err);
}

static struct cla_str param_key(struct cla_str param)
{
	return cla_str_sub(param, 0, cla_str_find(param, '='));
}

bool cla_replay_query(struct cla_str query, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_buf struct cla_buf decoded = CLA_BUF_INIT(MAX_QUERY);
	struct cla_str params[MAX_PARAMS];
	size_t ends[MAX_PARAMS], count = 0;

	while (!cla_str_absent(query) && query.len) {
		struct cla_str pair;
		size_t start = decoded.len;
		cla_str_cut(query, '&', &pair, &query);
		if (!pair.len)
			continue;
		if (count == MAX_PARAMS)
			return cla_err_set(err, CLA_ERR_LIMIT, "a query of more than %d parameters",
					   MAX_PARAMS);
		cla_percent_decode(pair, &decoded);
		if (cla_str_find(pair, '=') == pair.len)
			cla_buf_byte(&decoded, '=');
		if (!cla_buf_ok(&decoded, err))
			return false;
		struct cla_str param = cla_str_sub(cla_buf_str(&decoded), start, decoded.len);
		if (cla_query_key_is_volatile(param_key(param)))
			decoded.len = start;
		else
			ends[count++] = decoded.len;
	}
	for (size_t i = 0, from = 0; i < count; from = ends[i++])
		params[i] = cla_str_sub(cla_buf_str(&decoded), from, ends[i] - from);
	return put_params(params, count, out, err);
}

/* The next parameter of a query in comparable form; false at its end. */
static bool next_param(struct cla_str *query, struct cla_str *param)
{
	return query->len && cla_str_cut(*query, '\0', param, query);
}

/* Whether an answer recorded for `recorded` may serve a request for `asked`: everything recorded
 * was asked for, and what was asked beyond it does not choose between answers. */
static bool serves(struct cla_str recorded, struct cla_str asked)
{
	struct cla_str r, a;
	bool have = next_param(&recorded, &r);

	while (next_param(&asked, &a)) {
		if (have && cla_str_eq(r, a)) {
			have = next_param(&recorded, &r);
			continue;
		}
		struct cla_str key = param_key(a);
		if (!cla_str_eqc(key, "size") && !cla_str_eqc(key, "sort") &&
		    !cla_str_eqc(a, "page=0"))
			return false;
	}
	return !have;
}

/* ---- index ------------------------------------------------------------------- */

static struct cla_str keep(struct cla_replay *r, struct cla_str s, bool *ok)
{
	return cla_arena_str(&r->arena, s, ok);
}

static bool read_query(struct cla_replay *r, const struct cla_json *node, struct cla_str *ret,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf texts = CLA_BUF_INIT(MAX_QUERY),
				    joined = CLA_BUF_INIT(MAX_QUERY);
	struct cla_str params[MAX_PARAMS];
	size_t ends[MAX_PARAMS], count = 0;
	bool ok = true;

	for (const struct cla_json *m = cla_json_first(node); m; m = cla_json_next(m)) {
		if (cla_query_key_is_volatile(cla_json_key(m)))
			continue;
		if (count == MAX_PARAMS)
			return cla_err_set(err, CLA_ERR_CONFIG, "too many parameters");
		cla_buf_add(&texts, cla_json_key(m));
		cla_buf_byte(&texts, '=');
		cla_buf_add(&texts, cla_json_text(m));
		ends[count++] = texts.len;
	}
	if (!cla_buf_ok(&texts, err))
		return false;
	for (size_t i = 0, from = 0; i < count; from = ends[i++])
		params[i] = cla_str_sub(cla_buf_str(&texts), from, ends[i] - from);
	if (!put_params(params, count, &joined, err))
		return false;
	*ret = keep(r, cla_buf_str(&joined), &ok);
	return ok || cla_err_oom(err);
}

static void read_headers(struct cla_replay *r, const struct cla_json *node, struct entry *e,
			 bool *ok)
{
	const struct {
		const char *name;
		struct cla_str *value;
	} known[] = {
		{ "content-type", &e->content_type },
		{ "etag", &e->etag },
		{ "date", &e->date },
		{ "retry-after", &e->retry_after },
		{ "www-authenticate", &e->www_authenticate },
	};

	for (const struct cla_json *m = cla_json_first(node); m; m = cla_json_next(m))
		for (size_t i = 0; i < CLA_LEN(known); i++)
			if (cla_str_eq_nocase(cla_json_key(m), cla_str_from(known[i].name)))
				*known[i].value = keep(r, cla_json_text(m), ok);
}

/* A relative name whose parts are neither empty nor "." nor "..": it cannot lead out of the folder.
 */
static bool inside(struct cla_str name)
{
	struct cla_str part;

	if (cla_str_find(name, '\0') < name.len)
		return false;
	do {
		cla_str_cut(name, '/', &part, &name);
		if (!part.len || cla_str_eqc(part, ".") || cla_str_eqc(part, ".."))
			return false;
	} while (!cla_str_absent(name));
	return true;
}

static bool read_entry(struct cla_replay *r, const struct cla_json *node, struct entry *e,
		       struct cla_err *err)
{
	struct cla_str body = cla_json_string(cla_json_get(node, "body"));
	uint64_t status;
	bool ok = true, zone;

	e->method = keep(r, cla_json_string(cla_json_get(node, "method")), &ok);
	e->path = keep(r, cla_json_string(cla_json_get(node, "path")), &ok);
	if (cla_str_absent(e->method) || cla_str_absent(e->path))
		return cla_err_set(err, CLA_ERR_CONFIG, "method or path is missing");
	if (!cla_json_u64(cla_json_get(node, "status"), &status) || status < 100 || status > 599)
		return cla_err_set(err, CLA_ERR_CONFIG, "status is missing or wrong");
	if (!cla_time_parse(cla_json_string(cla_json_get(node, "time")), &e->time, &zone))
		return cla_err_set(err, CLA_ERR_CONFIG, "time is missing or wrong");
	if (!cla_str_absent(body) && !inside(body))
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "body '" CLA_STR_FMT "' is outside of the folder",
				   CLA_STR_ARG(body));
	e->status = (int)status;
	e->body = keep(r, body, &ok);
	read_headers(r, cla_json_get(node, "headers"), e, &ok);
	if (!ok)
		return cla_err_oom(err);
	return read_query(r, cla_json_get(node, "query"), &e->query, err);
}

static bool add_line(struct cla_replay *r, struct cla_str line, size_t number, struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct entry e = { .line = number };

	line = cla_str_trim(line);
	if (!line.len)
		return true;
	if (!cla_grow(&r->entries, &r->cap, r->count, sizeof(*r->entries), err))
		return false;
	if (!cla_json_parse(line, &doc, err) || !read_entry(r, cla_json_root(doc), &e, err)) {
		if (err && err->code == CLA_ERR_FORMAT)
			err->code = CLA_ERR_CONFIG;
		return cla_err_wrap(err, "'%s/answers.jsonl':%zu", r->name, number);
	}
	if (cla_time_cmp(e.time, r->latest) > 0)
		r->latest = e.time;
	r->entries[r->count++] = e;
	return true;
}

static int by_place(const struct entry *a, const struct entry *b)
{
	int order = cla_str_cmp(a->path, b->path);

	return order ? order : cla_str_cmp(a->method, b->method);
}

static int by_request(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = by_place(x, y);

	if (!order)
		order = cla_str_cmp(x->query, y->query);
	return order		   ? order
	       : x->line < y->line ? 1
	       : x->line > y->line ? -1
				   : 0; /* last line first */
}

static bool read_lines(struct cla_replay *r, FILE *file, struct cla_err *err)
{
	cla_auto_free char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;

	while ((len = getline(&line, &size, file)) >= 0) {
		number++;
		if ((size_t)len > MAX_LINE)
			return cla_err_set(err, CLA_ERR_CONFIG,
					   "'%s/answers.jsonl':%zu is too long", r->name, number);
		if (!add_line(r, (struct cla_str){ line, (size_t)len }, number, err))
			return false;
	}
	if (ferror(file))
		return cla_err_sys(err, CLA_ERR_IO, errno, "reading '%s/answers.jsonl'", r->name);
	if (r->count)
		qsort(r->entries, r->count, sizeof(r->entries[0]), by_request);
	return true;
}

static bool read_index(struct cla_replay *r, struct cla_err *err)
{
	int fd = -1;

	r->dir = open(r->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir >= 0)
		fd = openat(r->dir, "answers.jsonl", O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!file) {
		cla_err_sys(err, CLA_ERR_CONFIG, errno, "recorded answers '%s/answers.jsonl'",
			    r->name);
		cla_fd_close(&fd);
		return false;
	}
	bool ok = read_lines(r, file, err);
	(void)fclose(file);
	return ok;
}

bool cla_replay_open(const struct cla_ctx *ctx, const char *dir, struct cla_replay **ret,
		     struct cla_err *err)
{
	struct cla_replay *r = calloc(1, sizeof(*r));

	if (!r)
		return cla_err_oom(err);
	r->ctx = ctx;
	r->dir = -1;
	r->name = strdup(dir);
	if (!r->name || !read_index(r, err)) {
		if (!r->name)
			cla_err_oom(err);
		cla_replay_close(r);
		return false;
	}
	*ret = r;
	return true;
}

/* ---- serving ----------------------------------------------------------------- */

static void end(struct waiting *w, const struct cla_net_answer *answer)
{
	if (w->request.done)
		w->request.done(w->request.ctx, answer);
	free(w->url);
	free(w);
}

static void end_without(struct cla_replay *r, struct waiting *w, enum cla_net_fail fail,
			const char *why)
{
	struct cla_net_answer a = { .fail = fail, .content_length = -1, .time = r->latest };

	(void)snprintf(a.detail, sizeof(a.detail), "%s", why);
	end(w, &a);
}

static void cancel_all(struct cla_replay *r)
{
	r->stopped = true;
	while (r->first) {
		struct waiting *w = r->first;
		r->first = w->next;
		end_without(r, w, CLA_NET_CANCELLED, "stopped");
	}
	r->last = NULL;
}

void cla_replay_close(struct cla_replay *r)
{
	if (!r)
		return;
	cancel_all(r);
	cla_fd_close(&r->dir);
	cla_arena_clear(&r->arena);
	free(r->entries);
	free(r->name);
	free(r);
}

void cla_replay_stop(struct cla_replay *r)
{
	r->stopped = true;
}

bool cla_replay_submit(struct cla_replay *r, const struct cla_net_request *request,
		       struct cla_err *err)
{
	if (r->stopped)
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "no more requests are taken");
	struct waiting *w = calloc(1, sizeof(*w));
	if (w)
		w->url = strdup(request->url);
	if (!w || !w->url) {
		free(w);
		return cla_err_oom(err);
	}
	w->request = *request;
	if (r->last && request->rank != CLA_NET_FIRST) {
		r->last->next = w;
		r->last = w;
	} else {
		w->next = r->first;
		r->first = w;
		r->last = r->last ? r->last : w;
	}
	return true;
}

static const struct entry *find(const struct cla_replay *r, const char *method, struct cla_str path,
				struct cla_str query)
{
	struct entry key = { .method = cla_str_from(method), .path = path };
	size_t low = 0, high = r->count;
	const struct entry *looser = NULL;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (by_place(&r->entries[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < r->count && !by_place(&r->entries[low], &key); low++) {
		const struct entry *e = &r->entries[low];
		if (cla_str_eq(e->query, query))
			return e;
		if (serves(e->query, query) && (!looser || e->line > looser->line))
			looser = e;
	}
	return looser;
}

/* Hands the body over piece by piece, under the same limits as a real answer. */
static void pour(int fd, struct waiting *w, struct cla_net_answer *a)
{
	const struct cla_net_request *q = &w->request;
	char piece[PIECE];
	size_t got = 1;

	while (a->fail == CLA_NET_OK && got) {
		if (!cla_fd_read(fd, piece, sizeof(piece), &got, NULL)) {
			a->fail = CLA_NET_BROKEN;
			(void)snprintf(a->detail, sizeof(a->detail),
				       "the recorded body cannot be read");
			return;
		}
		a->received += got;
		if (a->received > q->max_body) {
			a->fail = CLA_NET_TOO_LARGE;
			(void)snprintf(a->detail, sizeof(a->detail),
				       "the answer is longer than is taken");
		} else if (got && q->data && !q->data(q->ctx, (struct cla_str){ piece, got })) {
			a->fail = CLA_NET_SINK;
			(void)snprintf(a->detail, sizeof(a->detail),
				       "the answer could not be taken in");
		}
	}
}

static void give_body(struct cla_replay *r, const struct entry *e, struct waiting *w,
		      struct cla_net_answer *a)
{
	cla_auto_fd int fd =
		openat(r->dir, e->body.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		a->fail = CLA_NET_BROKEN;
		(void)snprintf(a->detail, sizeof(a->detail), "the recorded body is missing");
		return;
	}
	a->content_length = st.st_size;
	if (w->request.head && !w->request.head(w->request.ctx, a))
		a->fail = CLA_NET_SINK;
	else
		pour(fd, w, a);
}

static void serve(struct cla_replay *r, struct waiting *w)
{
	cla_auto_buf struct cla_buf query = CLA_BUF_INIT(MAX_QUERY);
	struct cla_net_answer a = { .content_length = -1, .status = 404, .time = r->latest };
	struct cla_str target = cla_str_from(w->url), path;
	struct cla_url url;
	size_t count = 0;

	if (w->request.turn && !w->request.turn(w->request.ctx, &count)) {
		end_without(r, w, CLA_NET_HELD, "held back");
		return;
	}
	if (cla_str_starts(target, "replay:"))
		target = cla_str_sub(target, 7, target.len);
	if (cla_url_split(target, &url)) {
		path = url.path;
		target = url.query;
	} else {
		size_t q = cla_str_find(target, '?');
		path = cla_str_sub(target, 0, q);
		target = q < target.len ? cla_str_sub(target, q + 1, target.len) : CLA_STR_NONE;
	}
	const struct entry *e = NULL;
	if (cla_replay_query(target, &query, NULL))
		e = find(r, w->request.method, path, cla_buf_str(&query));
	if (e) {
		a.status = e->status;
		a.time = e->time;
		a.content_type = e->content_type;
		a.etag = e->etag;
		a.date = e->date;
		a.retry_after = e->retry_after;
		a.www_authenticate = e->www_authenticate;
	}
	if (e && !cla_str_absent(e->body)) {
		give_body(r, e, w, &a);
	} else if (w->request.head && !w->request.head(w->request.ctx, &a)) {
		a.fail = CLA_NET_SINK;
	}
	end(w, &a);
}

bool cla_replay_run(struct cla_replay *r, struct cla_err *err)
{
	while (r->first) {
		if (cla_ctx_cancelled(r->ctx) || r->stopped)
			break;
		struct waiting *w = r->first;
		r->first = w->next;
		if (!r->first)
			r->last = NULL;
		serve(r, w);
	}
	bool by_user = cla_ctx_cancelled(r->ctx);
	if (by_user || r->stopped)
		cancel_all(r);
	return !by_user || cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
}
