/* net/net.c - the queues around one libcurl multi handle. */
#include "net/net_priv.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_IN_FLIGHT 1024
#define DEFAULT_IN_FLIGHT 64
#define DEFAULT_IDLE_S 30
#define WAIT_MS 200 /* at most, so that a stop is noticed */
#define LOOK_MS 250
#define MAX_CA_BYTES (8u << 20)
#define GATHER_FROM 64
#define GATHER_US 500
#define MANY 32

struct queue {
	struct cla_transfer *first, *last;
	unsigned count;
};

struct cla_net {
	const struct cla_ctx *ctx;
	struct cla_curl curl;
	CURLM *multi;
	struct cla_net_way way;
	struct cla_net_window window;
	struct queue ready[CLA_NET_RANKS];
	bool later_had;		      /* the last one that had the choice */
	struct cla_transfer *delayed; /* by due time */
	struct cla_transfer *flying;  /* both ways linked */
	struct queue landed;	      /* good answers that nobody was told of yet */
	unsigned in_flight;
	unsigned idle_s;
	int64_t look_ms; /* when to look for those that have gone quiet */
	struct cla_net_hosts hosts;
	struct cla_net_handle
		*idle; /* at rest; their pools of names and connections belong to the multi
			handle */
	unsigned idle_count;
	bool stopped;
};

/* ---- identities -------------------------------------------------------------- */

/* libcurl reads given anchors instead of its own set. The own set is added back as the folder of
 * hashed anchors, which costs nothing until one is looked up; where libcurl knows only a file, by
 * its text. */
static bool add_system_trust(struct cla_net_identity *id, struct cla_str added, struct cla_err *err)
{
	cla_auto_buf struct cla_buf all = CLA_BUF_INIT(MAX_CA_BYTES);
	char *path = NULL, *file = NULL;
	struct cla_curl curl;

	if (!cla_curl_load(&curl, err))
		return false;
	CURL *easy = curl.curl_easy_init();
	if (!easy)
		return cla_err_oom(err);
	if (curl.curl_easy_getinfo(easy, CURLINFO_CAPATH, &path) == CURLE_OK && path &&
	    cla_path_is_dir(path))
		id->ca_path = strdup(path);
	else if (curl.curl_easy_getinfo(easy, CURLINFO_CAINFO, &file) == CURLE_OK && file &&
		 !cla_file_read(file, &all, NULL))
		cla_buf_reset(&all); /* no system set: what was added stands alone */
	curl.curl_easy_cleanup(easy);
	if (all.len)
		cla_buf_byte(&all, '\n');
	cla_buf_add(&all, added);
	if (!cla_buf_ok(&all, err))
		return false;
	id->ca = cla_str_dup(cla_buf_str(&all));
	return id->ca || cla_err_oom(err);
}

bool cla_net_identity_new(const struct cla_net_identity_opts *opts, struct cla_net_identity **ret,
			  struct cla_err *err)
{
	bool with_cert = !cla_str_absent(opts->cert_pem) && !cla_str_absent(opts->key_pem);

	struct cla_net_identity *id = calloc(1, sizeof(*id));
	if (!id)
		return cla_err_oom(err);
	bool ok = true;
	if (with_cert) {
		id->cert = cla_str_dup(opts->cert_pem);
		id->key = cla_str_dup(opts->key_pem);
		ok = id->cert && id->key;
	}
	if (!ok || (!cla_str_absent(opts->ca_pem) && !add_system_trust(id, opts->ca_pem, err))) {
		cla_net_identity_free(id);
		return ok ? false : cla_err_oom(err);
	}
	*ret = id;
	return true;
}

void cla_net_identity_free(struct cla_net_identity *id)
{
	if (!id)
		return;
	if (id->key)
		explicit_bzero(id->key, strlen(id->key));
	free(id->key);
	free(id->cert);
	free(id->ca);
	free(id->ca_path);
	free(id);
}

/* ---- opening and closing ----------------------------------------------------- */

bool cla_curl_load(struct cla_curl *ret, struct cla_err *err)
{
	static const char *const names[] = { CLA_CURL_FUNCTIONS(CLA_LATE_NAME) };

	return cla_late_load(CURL_SONAME, names, CLA_LEN(names), ret, err);
}

bool cla_net_init(struct cla_err *err)
{
	struct cla_curl curl;

	if (!cla_curl_load(&curl, err))
		return false;
	if (curl.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return cla_err_set(err, CLA_ERR_INTERNAL, "libcurl cannot be set up");
	return true;
}

static bool set_up(struct cla_net *net, const struct cla_net_opts *opts)
{
	unsigned max = opts->max_in_flight ? opts->max_in_flight : DEFAULT_IN_FLIGHT;

	max = max > MAX_IN_FLIGHT ? MAX_IN_FLIGHT : max;
	net->idle_s = opts->idle_timeout_s ? opts->idle_timeout_s : DEFAULT_IDLE_S;
	net->way.proxied = opts->proxied;
	net->way.tls = opts->tls;
	cla_net_window_init(&net->window, max);
	net->idle = calloc(max, sizeof(*net->idle));
	net->way.user_agent = opts->user_agent ? strdup(opts->user_agent) : NULL;
	net->way.no_headers = net->curl.curl_slist_append(NULL, CLA_NET_NO_ACCEPT);
	net->multi = net->curl.curl_multi_init();
	return net->idle && net->multi && net->way.no_headers &&
	       (net->way.user_agent || !opts->user_agent) &&
	       net->curl.curl_multi_setopt(net->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) ==
		       CURLM_OK &&
	       net->curl.curl_multi_setopt(net->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
					   (long)CLA_NET_STREAMS) == CURLM_OK &&
	       net->curl.curl_multi_setopt(net->multi, CURLMOPT_MAXCONNECTS, (long)max) == CURLM_OK;
}

bool cla_net_open(const struct cla_ctx *ctx, const struct cla_net_opts *opts, struct cla_net **ret,
		  struct cla_err *err)
{
	struct cla_net *net = calloc(1, sizeof(*net));

	if (!net)
		return cla_err_oom(err);
	net->ctx = ctx;
	if (!cla_curl_load(&net->curl, err)) {
		free(net);
		return false;
	}
	if (!set_up(net, opts)) {
		cla_net_close(net);
		return cla_err_oom(err);
	}
	*ret = net;
	return true;
}

static void cancel_all(struct cla_net *net);

void cla_net_close(struct cla_net *net)
{
	if (!net)
		return;
	cancel_all(net);
	for (unsigned i = 0; i < net->idle_count; i++)
		net->curl.curl_easy_cleanup(net->idle[i].easy);
	net->curl.curl_multi_cleanup(net->multi);
	cla_net_hosts_clear(&net->hosts);
	free(net->idle);
	net->curl.curl_slist_free_all(net->way.no_headers);
	free(net->way.user_agent);
	free(net);
}

void cla_net_stop(struct cla_net *net)
{
	net->stopped = true;
}

/* ---- queues ------------------------------------------------------------------ */

static int64_t now_ms(const struct cla_net *net)
{
	return net->ctx->clock.monotonic_ms(net->ctx->clock.ctx);
}

static void queue_push(struct queue *q, struct cla_transfer *t, bool in_front)
{
	q->count++;
	t->next = in_front ? q->first : NULL;
	if (in_front) {
		q->first = t;
		q->last = q->last ? q->last : t;
		return;
	}
	if (q->last)
		q->last->next = t;
	else
		q->first = t;
	q->last = t;
}

static void queue_ready(struct cla_net *net, struct cla_transfer *t)
{
	queue_push(&net->ready[t->request.rank], t, t->request.rank == CLA_NET_FIRST);
}

static bool anything_ready(const struct cla_net *net)
{
	for (int rank = 0; rank < CLA_NET_RANKS; rank++)
		if (net->ready[rank].first)
			return true;
	return false;
}

static struct cla_transfer *queue_pop(struct queue *q)
{
	struct cla_transfer *t = q->first;

	if (!t)
		return NULL;
	q->first = t->next;
	if (!q->first)
		q->last = NULL;
	q->count--;
	return t;
}

static struct cla_transfer *pop_ready(struct queue *q)
{
	return q->first && cla_net_host_takes(q->first->host) ? queue_pop(q) : NULL;
}

/* What waits in the highest rank goes first. But where less is left of SOON than half of what goes in
 * a round trip, every other one is of LATER, which may lead to more: else there would be times when
 * only few are in flight. */
static struct cla_transfer *next_ready(struct cla_net *net)
{
	struct queue *q = net->ready;
	bool choice = q[CLA_NET_SOON].count && q[CLA_NET_SOON].count < net->window.size / 2;
	bool later = choice && !net->later_had;
	struct cla_transfer *t = pop_ready(&q[CLA_NET_FIRST]);

	if (t)
		return t;
	if (choice)
		net->later_had = later;
	t = pop_ready(&q[later ? CLA_NET_LATER : CLA_NET_SOON]);
	return t ? t : pop_ready(&q[later ? CLA_NET_SOON : CLA_NET_LATER]);
}

static void delay(struct cla_net *net, struct cla_transfer *t)
{
	struct cla_transfer **at = &net->delayed;

	while (*at && (*at)->due_ms <= t->due_ms)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

bool cla_net_submit(struct cla_net *net, const struct cla_net_request *request, struct cla_err *err)
{
	struct cla_transfer *t;

	if (net->stopped)
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "no more requests are taken");
	if (!cla_transfer_new(request, &net->curl, &t, err))
		return false;
	t->host = cla_net_host_of(&net->hosts, cla_transfer_host(t->url, request->allow_plain),
				  request->identity);
	if (request->delay_ms) {
		t->due_ms = now_ms(net) + request->delay_ms;
		delay(net, t);
	} else {
		queue_ready(net, t);
	}
	return true;
}

void cla_net_pressure(struct cla_net *net)
{
	cla_net_window_pressure(&net->window, now_ms(net));
}

/* ---- flight ------------------------------------------------------------------ */

static void tell(struct cla_transfer *t)
{
	if (t->request.done)
		t->request.done(t->request.ctx, &t->answer);
	cla_transfer_free(t);
}

static void end(struct cla_net *net, struct cla_transfer *t)
{
	t->answer.time = net->ctx->clock.now(net->ctx->clock.ctx);
	tell(t);
}

/* What came as it should and leads to nothing further can wait until the next ones were sent: to
 * look at many answers takes as long as a good part of a round trip. */
static bool may_wait(const struct cla_transfer *t)
{
	return t->request.rank == CLA_NET_SOON && t->answer.fail == CLA_NET_OK &&
	       t->answer.status < 400;
}

/* Tells of the `count` answers that landed first. */
static void tell_landed(struct cla_net *net, unsigned count)
{
	while (count-- && !net->stopped)
		tell(queue_pop(&net->landed));
}

/* Takes the transfer out of the air. Its handle is kept for the next one. */
static void land(struct cla_net *net, struct cla_transfer *t)
{
	net->curl.curl_multi_remove_handle(net->multi, t->handle.easy);
	cla_transfer_land(t);
	net->idle[net->idle_count++] = t->handle;
	t->handle.easy = NULL;
	if (t->prev)
		t->prev->next = t->next;
	else
		net->flying = t->next;
	if (t->next)
		t->next->prev = t->prev;
	net->in_flight--;
	cla_net_host_land(t->host, t);
}

static void launch(struct cla_net *net, struct cla_transfer *t)
{
	if (!cla_transfer_turn(t, &net->way)) {
		end(net, t);
		return;
	}
	if (net->idle_count)
		t->handle = net->idle[--net->idle_count];
	else
		t->handle.easy = net->curl.curl_easy_init();
	if (!t->handle.easy) {
		cla_transfer_fail(t, CLA_NET_MEMORY, "out of memory");
		end(net, t);
		return;
	}
	t->quiet_ms = now_ms(net);
	t->prev = NULL;
	t->next = net->flying;
	if (t->next)
		t->next->prev = t;
	net->flying = t;
	net->in_flight++;
	cla_net_host_launch(t->host, t);
	if (cla_transfer_start(t, &net->way)) {
		if (net->curl.curl_multi_add_handle(net->multi, t->handle.easy) == CURLM_OK)
			return;
		cla_transfer_fail(t, CLA_NET_OTHER, "libcurl does not take the request");
	}
	land(net, t);
	end(net, t);
}

/* What an answer tells about its host. (Of a POST libcurl does not know when its answer began.) */
static void learn(struct cla_net *net, struct cla_transfer *t)
{
	curl_off_t first_us = 0, sent_us = 0;
	long version = 0;

	if (!t->host || t->answer.fail != CLA_NET_OK)
		return;
	if (net->curl.curl_easy_getinfo(t->handle.easy, CURLINFO_HTTP_VERSION, &version) ==
	    CURLE_OK) {
		t->host->multiplexed = version == CURL_HTTP_VERSION_2_0;
		t->host->answered = true;
	}
	if (t->answer.status < 400 && !strcmp(t->request.method, "GET") &&
	    net->curl.curl_easy_getinfo(t->handle.easy, CURLINFO_STARTTRANSFER_TIME_T, &first_us) ==
		    CURLE_OK &&
	    net->curl.curl_easy_getinfo(t->handle.easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us) ==
		    CURLE_OK)
		cla_net_window_answer(&net->window,
				      cla_net_latency_low(&t->host->latency,
							  (uint32_t)((first_us - sent_us) / 1000)));
}

static void finish(struct cla_net *net, struct cla_transfer *t, CURLcode code)
{
	if (cla_transfer_finish(t, code)) {
		/* A redirect: the same slot goes on with another address. */
		cla_net_host_land(t->host, t);
		t->host = NULL;
		net->curl.curl_multi_remove_handle(net->multi, t->handle.easy);
		if (cla_transfer_start(t, &net->way) &&
		    net->curl.curl_multi_add_handle(net->multi, t->handle.easy) == CURLM_OK)
			return;
		cla_transfer_fail(t, CLA_NET_OTHER, "libcurl does not take the request");
	}
	learn(net, t);
	land(net, t);
	if (!may_wait(t)) {
		end(net, t);
		return;
	}
	t->answer.time = net->ctx->clock.now(net->ctx->clock.ctx);
	queue_push(&net->landed, t, false);
}

/* Ends what has had no byte for too long. (libcurl can watch that, too: it sets a timer anew for
 * every transfer each time that it looks at one.) */
static void end_quiet(struct cla_net *net)
{
	int64_t now = now_ms(net);
	struct cla_transfer *next;

	if (now < net->look_ms)
		return;
	net->look_ms = now + LOOK_MS;
	for (struct cla_transfer *t = net->flying; t; t = next) {
		char text[64];

		next = t->next;
		if (t->heard)
			t->quiet_ms = now;
		t->heard = false;
		if (now - t->quiet_ms < (int64_t)net->idle_s * 1000)
			continue;
		(void)snprintf(text, sizeof(text), "no byte came for %u s", net->idle_s);
		cla_transfer_fail(t, CLA_NET_TIMEOUT, text);
		finish(net, t, CURLE_OPERATION_TIMEDOUT);
	}
}

static void cancel_all(struct cla_net *net)
{
	struct cla_transfer *t;

	net->stopped = true;
	while ((t = queue_pop(&net->landed))) {
		/* it is here, whole; but after a failure nobody can use it */
		if (!cla_ctx_cancelled(net->ctx))
			cla_transfer_fail(t, CLA_NET_CANCELLED, "stopped");
		tell(t);
	}
	while ((t = net->flying)) {
		cla_transfer_fail(t, CLA_NET_CANCELLED, "stopped");
		land(net, t);
		end(net, t);
	}
	while ((t = next_ready(net))) {
		cla_transfer_fail(t, CLA_NET_CANCELLED, "stopped");
		end(net, t);
	}
	while ((t = net->delayed)) {
		net->delayed = t->next;
		cla_transfer_fail(t, CLA_NET_CANCELLED, "stopped");
		end(net, t);
	}
}

static bool launch_ready(struct cla_net *net)
{
	bool any = false;
	int64_t now = net->delayed ? now_ms(net) : 0;

	while (net->delayed && net->delayed->due_ms <= now) {
		struct cla_transfer *t = net->delayed;
		net->delayed = t->next;
		queue_ready(net, t);
	}
	struct cla_transfer *t;
	while (!net->stopped && net->in_flight < net->window.size && (t = next_ready(net))) {
		launch(net, t);
		any = true;
	}
	return any;
}

static bool drain_messages(struct cla_net *net)
{
	bool any = false;
	int left;

	for (CURLMsg *msg;
	     !net->stopped && (msg = net->curl.curl_multi_info_read(net->multi, &left));) {
		struct cla_transfer *t = NULL;
		CURLcode code = msg->data.result;
		if (msg->msg != CURLMSG_DONE ||
		    net->curl.curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t) !=
			    CURLE_OK ||
		    !t)
			continue;
		finish(net, t, code);
		any = true;
	}
	return any;
}

static int wait_ms(const struct cla_net *net)
{
	if (!net->delayed)
		return WAIT_MS;
	int64_t left = net->delayed->due_ms - now_ms(net);
	return left < 0 ? 0 : left > WAIT_MS ? WAIT_MS : (int)left + 1;
}

/* libcurl looks at every transfer whenever one has moved. With many in flight it is cheaper to let
 * what comes within a moment come together. */
static void gather(const struct cla_net *net)
{
	const struct timespec moment = { 0, GATHER_US * 1000 };

	if (net->in_flight < GATHER_FROM)
		return;
	cla_ctx_pause_begin(net->ctx);
	(void)nanosleep(&moment, NULL);
	cla_ctx_pause_end(net->ctx);
}

bool cla_net_run(struct cla_net *net, struct cla_err *err)
{
	bool gathered = false;

	for (;;) {
		int running = 0;
		/* of many the successors are sent first: they are told of behind that */
		bool many = net->landed.count >= MANY, moved = net->landed.count;

		if (!many)
			tell_landed(net, net->landed.count);
		if (cla_ctx_cancelled(net->ctx) || net->stopped) {
			bool by_user = cla_ctx_cancelled(net->ctx);
			cancel_all(net);
			return !by_user || cla_err_set(err, CLA_ERR_INTERRUPTED, "interrupted");
		}
		moved = launch_ready(net) || moved;
		if (!net->in_flight && !net->delayed && !net->landed.count && !anything_ready(net))
			return true;
		/* What was let go just now is sent at once; what that lets go waits for others. */
		gathered = !many && (!moved || !gathered);
		if (gathered)
			gather(net);
		unsigned before = net->landed.count;
		CURLMcode code = net->curl.curl_multi_perform(net->multi, &running);
		moved = drain_messages(net) || moved;
		end_quiet(net);
		tell_landed(net, before);
		/* Waiting while there is room and something to send would cost a whole timeout a
		 * request. */
		if (code == CURLM_OK && !moved) {
			cla_ctx_pause_begin(net->ctx);
			code = net->curl.curl_multi_poll(net->multi, NULL, 0, wait_ms(net), NULL);
			cla_ctx_pause_end(net->ctx);
		}
		if (code != CURLM_OK) {
			cancel_all(net);
			return cla_err_set(err, CLA_ERR_INTERNAL, "libcurl: %s",
					   net->curl.curl_multi_strerror(code));
		}
	}
}
