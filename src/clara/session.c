/* clara/session.c - the life of a call. */
#include "clara/session.h"

#include "base/file.h"
#include "clara/credentials.h"
#include "clara/hosts.h"
#include "clara/retry.h"
#include "clara/token.h"
#include "clara/transport.h"
#include "crypto/tls.h"
#include "model/plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REDIRECTS 3
#define MAX_TOKEN_ANSWER (256u << 10)
#define TOKEN_TRIES 3
#define MAX_REFUSALS                                                                               \
	3 /* of the client certificate in a row, or of the company before it was let in */
#define TOTAL_TIMEOUT_MS 300000 /* of one API answer, however slowly it trickles */
#define DOWNLOAD_TIMEOUT_MS (3600u * 1000)
#define GONE_AFTER                                                                                 \
	25 /* calls in a row that ended without an answer, retries included: nobody is there */

enum side { API, DOWNLOADS, SIDES };

struct cla_session {
	const struct cla_ctx *ctx;
	const struct cla_entity *entity;
	struct cla_session_opts opts;
	struct cla_transport transport;
	struct cla_credentials credentials;
	struct cla_net_identity *api_identity, *download_identity;
	struct cla_tls_known *servers;
	struct cla_token token;
	struct cla_digest token_key;	  /* clara/tokens.h */
	struct cla_net_header headers[3]; /* of the call whose turn it is */
	char range[40];
	unsigned refused, forbidden;
	bool let_in; /* the company has had a good answer */
	struct {
		bool asking;
		unsigned attempt, tried;
		int64_t sent_ms;
		struct cla_buf answer, basic;
	} ask;
	struct cla_call *parked, *parked_last; /* waiting for a token */
	struct {
		unsigned lost; /* in a row */
		bool gone;
	} sides[SIDES];
	struct cla_session_stats stats;
	struct cla_err err;
	bool failed;
};

static void submit(struct cla_session *s, struct cla_call *call, uint32_t delay_ms, bool urgent);
static void ask_token(struct cla_session *s, uint32_t delay_ms);

/* ---- opening and closing ----------------------------------------------------- */

static bool make_identities(struct cla_session *s, struct cla_err *err)
{
	const struct cla_credentials *c = &s->credentials;
	struct cla_net_identity_opts api = { CLA_STR_NONE, CLA_STR_NONE, CLA_STR_NONE },
				     plain = api;

	if (c->cert_pem.len) {
		api.cert_pem = cla_buf_str(&c->cert_pem);
		api.key_pem = cla_buf_str(&c->key_pem);
	}
	if (c->ca_pem.len)
		api.ca_pem = plain.ca_pem = cla_buf_str(&c->ca_pem);
	return cla_credentials_check(c, err) && cla_net_identity_new(&api, &s->api_identity, err) &&
	       cla_net_identity_new(&plain, &s->download_identity, err);
}

/* A token that was given to these very credentials is as good as a new one. */
static bool look_for_token(struct cla_session *s, struct cla_err *err)
{
	cla_auto_buf struct cla_buf all = CLA_BUF_SECRET(8u << 20);

	cla_buf_addf(&all, "%s\n", s->entity->base_url);
	cla_buf_add(&all, cla_buf_str(&s->ask.basic));
	cla_buf_byte(&all, '\n');
	cla_buf_add(&all, cla_buf_str(&s->credentials.cert_pem));
	if (!cla_buf_ok(&all, err) || !cla_digest_of(cla_buf_str(&all), &s->token_key, err))
		return false;
	cla_tokens_get(s->opts.tokens, &s->token_key, s->ctx->clock.monotonic_ms(s->ctx->clock.ctx),
		       &s->token);
	return true;
}

static bool open_all(struct cla_session *s, struct cla_err *err)
{
	if (!cla_tls_known_new(&s->servers, err))
		return false;
	struct cla_net_opts opts = {
		.tls = { cla_tls_peer, cla_tls_alert, s->servers },
		.max_in_flight = s->entity->max_in_flight,
		.idle_timeout_s = s->opts.idle_timeout_s,
		.proxied = s->opts.proxied,
		.user_agent = "clara-audit",
	};

	if (!s->entity->replay_dir) {
		if (!cla_credentials_load(s->entity, &s->credentials, err))
			return false;
		if (!make_identities(s, err) ||
		    !cla_credentials_basic(&s->credentials, &s->ask.basic, err) ||
		    !look_for_token(s, err))
			return cla_err_wrap(err, "entity '%s'", s->entity->name);
	}
	return cla_transport_open(s->ctx, s->entity, &opts, &s->transport, err) ||
	       cla_err_wrap(err, "entity '%s'", s->entity->name);
}

bool cla_session_open(const struct cla_ctx *ctx, const struct cla_entity *entity,
		      const struct cla_session_opts *opts, struct cla_session **ret,
		      struct cla_err *err)
{
	struct cla_session *s = calloc(1, sizeof(*s));

	if (!s)
		return cla_err_oom(err);
	s->ctx = ctx;
	s->entity = entity;
	s->opts = *opts;
	cla_credentials_init(&s->credentials);
	cla_token_init(&s->token);
	s->ask.answer = (struct cla_buf)CLA_BUF_SECRET(MAX_TOKEN_ANSWER);
	s->ask.basic = (struct cla_buf)CLA_BUF_SECRET(8u << 20);
	if (!open_all(s, err)) {
		cla_session_close(s);
		return false;
	}
	*ret = s;
	return true;
}

void cla_session_close(struct cla_session *s)
{
	if (!s)
		return;
	cla_transport_close(&s->transport);
	cla_net_identity_free(s->api_identity);
	cla_net_identity_free(s->download_identity);
	cla_tls_known_free(s->servers);
	cla_credentials_clear(&s->credentials);
	cla_token_clear(&s->token);
	cla_buf_clear(&s->ask.basic);
	cla_buf_clear(&s->ask.answer);
	free(s);
}

struct cla_str cla_session_client_id(const struct cla_session *s)
{
	return s->credentials.client_id.len ? cla_buf_str(&s->credentials.client_id) : CLA_STR_NONE;
}

struct cla_session_stats cla_session_stats(const struct cla_session *s)
{
	return s->stats;
}

bool cla_session_failed(const struct cla_session *s)
{
	return s->failed;
}

void cla_session_fail(struct cla_session *s, const struct cla_err *err)
{
	if (s->failed)
		return;
	s->failed = true;
	s->err = *err;
	cla_transport_stop(&s->transport);
}

static void fail(struct cla_session *s, enum cla_err_code code, const char *fmt, ...)
	CLA_PRINTF(3, 4);

static void fail(struct cla_session *s, enum cla_err_code code, const char *fmt, ...)
{
	struct cla_err err = CLA_ERR_INIT;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cla_err_set(&err, code, "%s", text);
	cla_session_fail(s, &err);
}

static int64_t now_ms(const struct cla_session *s)
{
	return s->ctx->clock.monotonic_ms(s->ctx->clock.ctx);
}

/* ---- what an answer means ---------------------------------------------------- */

static const char *fail_reason(const struct cla_net_answer *a)
{
	switch (a->fail) {
	case CLA_NET_RESOLVE:
		return "resolve";
	case CLA_NET_CONNECT:
		return "connect";
	case CLA_NET_TIMEOUT:
		return "timeout";
	case CLA_NET_TLS_SERVER:
		return "tls-server";
	case CLA_NET_TLS_CLIENT:
		return "tls-client";
	case CLA_NET_TLS:
		return "tls";
	case CLA_NET_BROKEN:
		return a->status ? "cut-short" : "reset";
	case CLA_NET_TOO_LARGE:
		return "too-large";
	case CLA_NET_REDIRECT:
		return "redirect";
	case CLA_NET_REFUSED:
		return "private-address";
	case CLA_NET_CANCELLED:
		return "cancelled";
	default:
		return "failed";
	}
}

/* NULL for a whole answer with status 200, or 206 where a part was asked for. */
static const char *answer_reason(const struct cla_net_answer *a, bool part, char *text, size_t size)
{
	if (a->fail != CLA_NET_OK)
		return fail_reason(a);
	if (a->status == 200 || (part && a->status == 206))
		return NULL;
	if (a->status >= 300 && a->status < 400)
		return "redirect";
	(void)snprintf(text, size, "http-%d", a->status);
	return text;
}

static bool says_certificate(struct cla_str text)
{
	return cla_str_contains(text, "ertificate") || cla_str_contains(text, "CERTIFICATE");
}

/* The three ways in which this API turns down a client certificate. */
static bool certificate_refused(const struct cla_net_answer *a, struct cla_str body)
{
	if (a->fail == CLA_NET_TLS_CLIENT)
		return true;
	return a->fail == CLA_NET_OK &&
	       (a->status == 511 || (a->status == 401 && (says_certificate(a->www_authenticate) ||
							  says_certificate(body))));
}

static void fail_certificate(struct cla_session *s, const struct cla_net_answer *a)
{
	char text[300];
	bool had = s->credentials.cert_pem.len;

	if (a->fail == CLA_NET_OK)
		(void)snprintf(text, sizeof(text), "HTTP %d", a->status);
	else
		(void)snprintf(text, sizeof(text), "%s", a->detail);
	fail(s, CLA_ERR_AUTH, "client certificate not accepted by '%s': %s%s", s->entity->base_url,
	     text, had ? "" : " (none is configured)");
}

/* Ends the session for answers that no retry can better. A gateway may refuse a certificate or a
 * company once by mistake; it does not do so for ever. */
static bool refused_for_good(struct cla_session *s, const struct cla_net_answer *a,
			     struct cla_str body)
{
	if (certificate_refused(a, body) && ++s->refused >= MAX_REFUSALS) {
		fail_certificate(s, a);
		return true;
	}
	if (a->fail == CLA_NET_OK && a->status == 403 && !s->let_in &&
	    ++s->forbidden >= MAX_REFUSALS) {
		fail(s, CLA_ERR_AUTH, "'%s' forbids all that was asked for company '%s': HTTP 403",
		     s->entity->base_url, s->entity->tax_id ? s->entity->tax_id : "(none)");
		return true;
	}
	if (a->fail == CLA_NET_TLS_SERVER) {
		fail(s, CLA_ERR_AUTH, "server certificate of '%s' not accepted: %s",
		     s->entity->base_url, a->detail);
		return true;
	}
	return false;
}

/* Bodies are bounded by the request: what fails here is memory, and no answer's fault. */
static bool keep_bytes(struct cla_session *s, struct cla_buf *out, struct cla_str bytes)
{
	struct cla_err err = CLA_ERR_INIT;

	cla_buf_add(out, bytes);
	if (cla_buf_ok(out, &err))
		return true;
	cla_session_fail(s, &err);
	return false;
}

static bool out_of_memory(struct cla_session *s, const struct cla_net_answer *a)
{
	struct cla_err err = CLA_ERR_INIT;

	if (a->fail != CLA_NET_MEMORY)
		return false;
	cla_err_oom(&err);
	cla_session_fail(s, &err);
	return true;
}

/* ---- token ------------------------------------------------------------------- */

static bool token_data(void *ctx, struct cla_str bytes)
{
	struct cla_session *s = ctx;

	return keep_bytes(s, &s->ask.answer, bytes);
}

static void release_parked(struct cla_session *s)
{
	struct cla_call *call = s->parked;

	s->parked = s->parked_last = NULL;
	while (call) {
		struct cla_call *next = call->next;
		submit(s, call, 0, call->urgent);
		call = next;
	}
}

static void token_refused(struct cla_session *s, const struct cla_net_answer *a)
{
	/* The header's value is "Basic " and a code: a server may repeat the code alone. */
	const char *basic = cla_buf_cstr(&s->ask.basic), *code = strchr(basic, ' ');
	const char *const secrets[] = { cla_buf_cstr(&s->credentials.client_secret),
					code ? code + 1 : basic, NULL };
	char why[200];

	cla_token_refusal(cla_buf_str(&s->ask.answer), secrets, why, sizeof(why));
	fail(s, CLA_ERR_AUTH, "'%s' refuses a token to client '%.80s': HTTP %d%s%s",
	     s->entity->base_url, cla_buf_cstr(&s->credentials.client_id), a->status,
	     *why ? ": " : "", why);
}

static void token_gone(struct cla_session *s, const struct cla_net_answer *a, const char *reason)
{
	fail(s, CLA_ERR_REMOTE, "no token from '%s' after %u %s: %s%s%s", s->entity->base_url,
	     s->ask.tried, s->ask.tried == 1 ? "try" : "tries", reason, a->detail[0] ? ": " : "",
	     a->detail);
}

static void token_done(void *ctx, const struct cla_net_answer *a)
{
	struct cla_session *s = ctx;
	char text[32];
	const char *reason = answer_reason(a, false, text, sizeof(text));
	bool refused = certificate_refused(a, cla_buf_str(&s->ask.answer));
	struct cla_err err = CLA_ERR_INIT;

	if (a->fail == CLA_NET_CANCELLED || out_of_memory(s, a)) {
		s->ask.asking = false;
		return;
	}
	s->stats.bytes += a->received;
	if (!reason &&
	    !cla_token_take(&s->token, cla_buf_str(&s->ask.answer), s->ask.sent_ms, &err)) {
		if (err.code == CLA_ERR_MEMORY)
			cla_session_fail(s, &err);
		reason = "not-json";
	}
	if (s->opts.token_attempt)
		s->opts.token_attempt(s->opts.ctx, a, s->ask.attempt, reason);
	if (!reason) {
		s->ask.asking = false;
		cla_tokens_put(s->opts.tokens, &s->token_key, &s->token);
		release_parked(s);
	} else if (s->failed || refused_for_good(s, a, cla_buf_str(&s->ask.answer))) {
		s->ask.asking = false;
	} else if (s->ask.tried < TOKEN_TRIES &&
		   (cla_retry_worth(a, s->ask.tried) || !strcmp(reason, "not-json") ||
		    (refused && a->status != 401))) {
		ask_token(s, cla_retry_delay(a, s->ask.tried, s->opts.retry_base_ms));
	} else {
		s->ask.asking = false;
		if (refused)
			fail_certificate(s, a);
		else if (a->fail == CLA_NET_OK && a->status >= 400 && a->status < 500 &&
			 a->status != 408 && a->status != 429)
			token_refused(s, a);
		else
			token_gone(s, a, reason);
	}
}

static const struct cla_net_header *token_turn(void *ctx, size_t *count)
{
	struct cla_session *s = ctx;

	s->ask.attempt++;
	s->ask.tried++;
	s->ask.sent_ms = now_ms(s);
	s->stats.calls++;
	s->headers[0] = (struct cla_net_header){ "Authorization", cla_buf_str(&s->ask.basic) };
	s->headers[1] = (struct cla_net_header){ "Content-Type",
						 CLA_STR("application/x-www-form-urlencoded") };
	s->headers[2] = (struct cla_net_header){ "Accept", CLA_STR("application/json") };
	*count = 3;
	return s->headers;
}

static void ask_token(struct cla_session *s, uint32_t delay_ms)
{
	cla_auto_buf struct cla_buf url = CLA_BUF_INIT(4096);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_month none = { 2000, 1 };

	cla_buf_clear(&s->ask.answer);
	cla_buf_addc(&url, s->entity->base_url);
	struct cla_net_request request = {
		.method = "POST",
		.identity = s->api_identity,
		.body = CLA_STR("grant_type=client_credentials"),
		.max_body = MAX_TOKEN_ANSWER,
		.delay_ms = delay_ms,
		.rank = CLA_NET_FIRST,
		.total_timeout_ms = TOTAL_TIMEOUT_MS,
		.allow_private = true,
		.turn = token_turn,
		.data = token_data,
		.done = token_done,
		.ctx = s,
	};
	s->ask.asking = true;
	if (!cla_plan_target(s->entity, CLA_RES_TOKEN, CLA_STR_NONE, none, 0, &url, &err))
		goto failed;
	request.url = cla_buf_cstr(&url);
	if (cla_transport_submit(&s->transport, &request, &err))
		return;
failed:
	s->ask.asking = false;
	cla_err_wrap(&err, "asking for a token");
	if (err.code != CLA_ERR_INTERRUPTED)
		cla_session_fail(s, &err);
}

/* ---- calls ------------------------------------------------------------------- */

static enum side side_of(const struct cla_call *call)
{
	return call->download ? DOWNLOADS : API;
}

static void finish(struct cla_call *call, const char *reason)
{
	call->ops->done(call, reason);
}

static void park(struct cla_session *s, struct cla_call *call)
{
	call->next = NULL;
	if (s->parked_last)
		s->parked_last->next = call;
	else
		s->parked = call;
	s->parked_last = call;
}

static size_t download_headers(struct cla_session *s, const struct cla_call *call)
{
	if (!call->resume_at)
		return 0;
	(void)snprintf(s->range, sizeof(s->range), "bytes=%" PRIu64 "-", call->resume_at);
	s->headers[0] = (struct cla_net_header){ "Range", cla_str_from(s->range) };
	s->headers[1] = (struct cla_net_header){ "If-Range", cla_str_from(call->etag) };
	return 2;
}

static size_t api_headers(struct cla_session *s)
{
	size_t count = 0;

	s->headers[count++] = (struct cla_net_header){ "Accept", CLA_STR("application/json") };
	if (s->entity->replay_dir)
		return count;
	s->headers[count++] =
		(struct cla_net_header){ "Authorization", cla_buf_str(&s->token.header) };
	if (s->entity->tax_id)
		s->headers[count++] = (struct cla_net_header){ "X-Tax-Identifier",
							       cla_str_from(s->entity->tax_id) };
	return count;
}

static const char *held_back(struct cla_session *s, struct cla_call *call)
{
	if (s->failed)
		return "cancelled";
	if (s->sides[side_of(call)].gone)
		return "remote-gone";
	if (s->opts.max_calls && s->stats.calls >= s->opts.max_calls)
		return "call-budget";
	return call->ops->turn ? call->ops->turn(call) : NULL;
}

static const struct cla_net_header *call_turn(void *ctx, size_t *count)
{
	struct cla_call *call = ctx;
	struct cla_session *s = call->session;

	call->held = held_back(s, call);
	if (call->held)
		return NULL;
	if (!call->download && !s->entity->replay_dir && !cla_token_fresh(&s->token, now_ms(s))) {
		call->parked = true;
		if (!s->ask.asking) {
			s->ask.tried = 0;
			ask_token(s, 0);
		}
		return NULL;
	}
	cla_buf_reset(&call->body);
	s->stats.calls++;
	call->attempts++;
	call->tried++;
	call->token_serial = s->token.serial;
	*count = call->download ? download_headers(s, call) : api_headers(s);
	return s->headers;
}

static bool call_head(void *ctx, const struct cla_net_answer *answer)
{
	struct cla_call *call = ctx;

	return !call->ops->head || call->ops->head(call, answer);
}

static bool call_data(void *ctx, struct cla_str bytes)
{
	struct cla_call *call = ctx;

	if (call->ops->data)
		return call->ops->data(call, bytes);
	return keep_bytes(call->session, &call->body, bytes);
}

/* A redirect from a host that may be private must not be a way to reach others: only hosts named
 * themselves. */
static bool call_allow_host(void *ctx, struct cla_str host)
{
	struct cla_call *call = ctx;
	enum cla_host verdict = cla_host_judge(call->session->entity, host);

	return verdict == CLA_HOST_NAMED || (verdict == CLA_HOST_ALLOWED && !call->allow_private);
}

/* Whether somebody is there at all. */
static void count_lost(struct cla_session *s, struct cla_call *call, const struct cla_net_answer *a,
		       bool ended)
{
	bool lost = a->fail == CLA_NET_RESOLVE || a->fail == CLA_NET_CONNECT ||
		    a->fail == CLA_NET_TIMEOUT || a->fail == CLA_NET_BROKEN ||
		    (a->fail == CLA_NET_OK && a->status >= 500);
	enum side side = side_of(call);

	if (!lost)
		s->sides[side].lost = 0;
	else if (ended && ++s->sides[side].lost >= GONE_AFTER)
		s->sides[side].gone = true;
}

/* 401: the token may have been revoked or have ended early. A new one, the same request once more,
 * then it is over. */
static bool repeat_with_new_token(struct cla_session *s, struct cla_call *call)
{
	if (call->token_serial == s->token.serial) {
		s->token.valid = false;
		cla_tokens_drop(s->opts.tokens, &s->token_key, &s->token);
	}
	if (call->reauthorised) {
		fail(s, CLA_ERR_AUTH, "'%s' refuses a token that it has just given: HTTP 401",
		     s->entity->base_url);
		return false;
	}
	call->reauthorised = true;
	call->tried--; /* no try of the retry rules */
	submit(s, call, 0, true);
	return true;
}

/* What the API has against us rather than against the question. True when that settles the call. */
static bool refusal_settles(struct cla_session *s, struct cla_call *call,
			    const struct cla_net_answer *a, const char *reason, bool *again)
{
	struct cla_str body = cla_buf_str(&call->body);

	if (refused_for_good(s, a, body)) {
		finish(call, reason);
		return true;
	}
	if (certificate_refused(a, body)) {
		*again = call->tried < MAX_REFUSALS;
	} else if (a->fail == CLA_NET_OK && a->status == 401) {
		if (!repeat_with_new_token(s, call))
			finish(call, reason);
		return true;
	}
	call->reauthorised = false;
	return false;
}

static void after_attempt(struct cla_session *s, struct cla_call *call,
			  const struct cla_net_answer *a, bool content, const char *reason)
{
	bool again = cla_retry_worth(a, call->tried);

	if (!reason) {
		count_lost(s, call, a, true);
		if (!call->download) {
			s->let_in = true;
			s->refused = 0;
		}
		finish(call, NULL);
		return;
	}
	if (a->fail == CLA_NET_OK && (a->status == 429 || a->status == 503))
		cla_transport_pressure(&s->transport);
	if (!s->failed && !call->download && !s->entity->replay_dir &&
	    refusal_settles(s, call, a, reason, &again))
		return;
	if (content && !call->content_retried)
		again = call->content_retried = true;
	count_lost(s, call, a, !again);
	if (again && !s->failed) {
		submit(s, call, cla_retry_delay(a, call->tried, s->opts.retry_base_ms),
		       call->urgent);
		return;
	}
	finish(call, reason);
}

static void call_done(void *ctx, const struct cla_net_answer *a)
{
	struct cla_call *call = ctx;
	struct cla_session *s = call->session;

	if (a->fail == CLA_NET_HELD) {
		if (call->parked && !s->failed) {
			call->parked = false;
			park(s, call);
		} else {
			finish(call, call->held ? call->held : "cancelled");
		}
		return;
	}
	if (a->fail == CLA_NET_CANCELLED || out_of_memory(s, a)) {
		finish(call, "cancelled");
		return;
	}
	s->stats.bytes += a->received;
	bool part = call->resume_at;
	const char *net_reason = answer_reason(a, part, call->reason, sizeof(call->reason));
	const char *reason = call->ops->attempt(call, a, net_reason);
	bool content = (!net_reason && reason) || (part && a->status == 416);
	after_attempt(s, call, a, content, reason);
}

static void submit(struct cla_session *s, struct cla_call *call, uint32_t delay_ms, bool urgent)
{
	cla_auto_buf struct cla_buf url = CLA_BUF_INIT(64u << 10);
	struct cla_err err = CLA_ERR_INIT;
	/* What was begun is brought to its end first: so little waits at a time. */
	enum cla_net_rank rank = urgent		  ? CLA_NET_FIRST
				 : call->download ? CLA_NET_SOON
						  : CLA_NET_LATER;

	if (s->failed) {
		finish(call, "cancelled");
		return;
	}
	if (!call->download)
		cla_buf_addc(&url, s->entity->replay_dir ? "replay:" : s->entity->base_url);
	cla_buf_addc(&url, call->target);
	struct cla_net_request request = {
		.method = "GET",
		.url = cla_buf_cstr(&url),
		.identity = call->download ? s->download_identity : s->api_identity,
		.max_body = call->download ? call->max_body : call->body.max,
		.delay_ms = delay_ms,
		.rank = rank,
		.total_timeout_ms = call->download ? DOWNLOAD_TIMEOUT_MS : TOTAL_TIMEOUT_MS,
		.max_redirects = call->download ? MAX_REDIRECTS : 0,
		.allow_private = !call->download || call->allow_private,
		.allow_host = call_allow_host,
		.turn = call_turn,
		.head = call_head,
		.data = call_data,
		.done = call_done,
		.ctx = call,
	};
	if (cla_buf_ok(&url, &err) && cla_transport_submit(&s->transport, &request, &err))
		return;
	if (err.code == CLA_ERR_FORMAT || err.code == CLA_ERR_LIMIT) {
		finish(call, "bad-url");
		return;
	}
	/* Stopped by the user: the transport's run says so itself. */
	if (err.code != CLA_ERR_INTERRUPTED)
		cla_session_fail(s, &err);
	finish(call, "cancelled");
}

void cla_session_submit(struct cla_session *s, struct cla_call *call)
{
	call->session = s;
	call->tried = 0;
	call->content_retried = call->reauthorised = call->parked = false;
	if (!call->body.max)
		call->body.max = CLA_SESSION_MAX_API_BODY;
	submit(s, call, 0, call->urgent);
}

bool cla_session_run(struct cla_session *s, struct cla_err *err)
{
	bool ok = cla_transport_run(&s->transport, err);

	/* After a failure or a stop calls may still wait for a token that will not come. */
	if (!ok && !s->failed)
		cla_session_fail(s, err);
	release_parked(s);
	if (s->failed && err)
		*err = s->err;
	return !s->failed;
}
