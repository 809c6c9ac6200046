/* clara/session.h - calls that are seen through to their end: token, retries, refusals, limits.
 *
 * A call is one resource that somebody wants. The session sends it, waits for a token where one is
 * needed, tries again what is worth it, and ends the call exactly once. The owner sees every single
 * attempt (to journal it) and has the last word on whether the content is what was asked for.
 *
 * API calls go to the entity's base_url, with client certificate, bearer token and
 * X-Tax-Identifier; redirects are not followed; the body is collected in call->body. Download calls
 * go to the URL given, with nothing but what HTTP needs; redirects only to hosts that are allowed;
 * the body goes to the owner's `data`.
 *
 * What makes going on pointless - credentials refused, the client certificate or the company refused
 * three times, the token endpoint gone, a full disk - fails the session as a whole: every open call ends with the reason "cancelled", and cla_session_run()
 * returns that error.
 */
#ifndef CLA_CLARA_SESSION_H
#define CLA_CLARA_SESSION_H

#include "base/buf.h"
#include "base/ctx.h"
#include "clara/tokens.h"
#include "model/entity.h"
#include "net/net.h"

#define CLA_SESSION_MAX_API_BODY (32u << 20)

struct cla_session;
struct cla_call;

struct cla_call_ops {
	/* The call is about to be sent: NULL lets it go, else it ends with that reason without an
	 * attempt. */
	const char *(*turn)(struct cla_call *call);
	/* Downloads: status and headers, then the body; false ends the attempt (the owner knows
	 * why). */
	bool (*head)(struct cla_call *call, const struct cla_net_answer *answer);
	bool (*data)(struct cla_call *call, struct cla_str bytes);
	/* An attempt is over; `reason` is NULL when a whole answer came with status 200, or 206
	 * where a part was asked for. Returns the reason that the owner finds after looking at the
	 * content, NULL when all is good. Content that is not what was asked for, and a part that
	 * the server does not have (416), are asked for once more. */
	const char *(*attempt)(struct cla_call *call, const struct cla_net_answer *answer,
			       const char *reason);
	/* The call is over, NULL: with success. It may be submitted again or freed here. */
	void (*done)(struct cla_call *call, const char *reason);
};

struct cla_call {
	const struct cla_call_ops *ops;
	bool download;
	const char *target; /* "/api/…" or a URL; owned by the caller, must live until done */
	bool urgent;	    /* goes before what waits already; else downloads before the rest */
	bool allow_private; /* downloads: the host may have a private address */
	uint64_t max_body;  /* downloads */
	/* Downloads: asks for what comes after that many bytes, if the file still has this ETag.
	 * The answer may be the whole file all the same (200). */
	uint64_t resume_at;
	const char *etag;
	/* API: the last answer, while attempt() and done() run. Its bound, where the owner sets one, is
	 * the answer's; else CLA_SESSION_MAX_API_BODY. */
	struct cla_buf body;
	unsigned attempts; /* made so far, never reset */
	/* the session's own */
	struct cla_session *session;
	struct cla_call *next;
	unsigned tried; /* since the call was submitted */
	bool content_retried, reauthorised, parked;
	uint64_t token_serial;
	const char *held;
	char reason[32];
};

struct cla_session_opts {
	uint64_t max_calls;			/* 0: no bound */
	unsigned retry_base_ms, idle_timeout_s; /* 0: defaults */
	bool proxied;				/* see net/net.h */
	/* Every token request, for the journal. `reason` as above. May be NULL. */
	void (*token_attempt)(void *ctx, const struct cla_net_answer *answer, unsigned attempt,
			      const char *reason);
	void *ctx;
	struct cla_tokens *tokens; /* of the run; NULL: a token of its own */
};

/* Reads the credentials (not for recorded answers). */
CLA_USE bool cla_session_open(const struct cla_ctx *ctx, const struct cla_entity *entity,
			      const struct cla_session_opts *opts, struct cla_session **ret,
			      struct cla_err *err);
void cla_session_close(struct cla_session *s);
struct cla_str cla_session_client_id(const struct cla_session *s); /* absent for recorded answers */

/* Never fails: what cannot even be queued ends in done() before this returns. */
void cla_session_submit(struct cla_session *s, struct cla_call *call);

/* Works until all calls have ended. */
CLA_USE bool cla_session_run(struct cla_session *s, struct cla_err *err);

/* Ends everything with this error; the first one counts. */
void cla_session_fail(struct cla_session *s, const struct cla_err *err);
bool cla_session_failed(const struct cla_session *s);

struct cla_session_stats {
	uint64_t calls, bytes;
};
struct cla_session_stats cla_session_stats(const struct cla_session *s);

#endif
