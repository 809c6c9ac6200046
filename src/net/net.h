/* net/net.h - many HTTPS requests at once over one libcurl multi handle, one thread.
 *
 * A request is submitted, perhaps with a delay, and ends exactly once in its `done` callback - also
 * when the run is cancelled. Callbacks may submit further requests: that is how a download starts
 * the moment its document list is in. One request here is one attempt; whether to try again is the
 * caller's decision (clara/), so that every attempt can be journalled.
 *
 * Two classes of host exist and never mix: an identity (client certificate, private CA) belongs to
 * the API; downloads use an identity without certificate, and carry exactly the headers given - no
 * bearer, no cookies. TLS >= 1.2, peer and host always verified, https only (also after a
 * redirect; a request may ask for plain http where what comes is signed itself), no proxy for downloads unless the environment says so.
 *
 * Limits are counted here: bytes of a body, seconds without a byte (30), seconds to connect (10),
 * redirects. Bodies are not decompressed (Accept-Encoding is not sent). Where the environment names
 * a proxy, the proxy resolves names, and only addresses written in the URL itself can be checked
 * for being private.
 *
 * The number in flight starts at 16 and grows while answers come quickly, up to `max_in_flight`; it
 * halves when the caller reports pressure (429, 503) with cla_net_pressure().
 */
#ifndef CLA_NET_NET_H
#define CLA_NET_NET_H

#include "base/ctx.h"
#include "base/str.h"

struct cla_net;
struct cla_net_identity;

/* PEM texts; cert and key may be absent (no client certificate). `ca_pem` is added to the system's
 * trust store. That they can be read and belong together is the caller's to see to: libcurl says so
 * only when it connects. */
struct cla_net_identity_opts {
	struct cla_str cert_pem, key_pem, ca_pem;
};
CLA_USE bool cla_net_identity_new(const struct cla_net_identity_opts *opts,
				  struct cla_net_identity **ret, struct cla_err *err);
void cla_net_identity_free(struct cla_net_identity *id);

struct cla_net_header {
	const char *name;
	struct cla_str value;
};

enum cla_net_fail {
	CLA_NET_OK, /* a whole answer came, whatever its status */
	CLA_NET_RESOLVE,
	CLA_NET_CONNECT,
	CLA_NET_TIMEOUT,
	CLA_NET_TLS_SERVER, /* the server's certificate is not trusted or names another host */
	CLA_NET_TLS_CLIENT, /* our certificate was refused, or none was there to show */
	CLA_NET_TLS,	    /* any other failure of the handshake */
	CLA_NET_BROKEN,	    /* reset, cut short, longer than announced */
	CLA_NET_TOO_LARGE,
	CLA_NET_REDIRECT, /* to plain http, to a host that is not allowed, or too many */
	CLA_NET_REFUSED,  /* address refused by the request's own rules (private network) */
	CLA_NET_SINK,	  /* the data callback said stop */
	CLA_NET_CANCELLED,
	CLA_NET_HELD,	/* the `turn` callback did not let it go: nothing was sent */
	CLA_NET_MEMORY, /* out of memory */
	CLA_NET_OTHER,
};

#define CLA_NET_TLS_VERSION 16

struct cla_net_answer {
	enum cla_net_fail fail;
	char detail[256];     /* one sentence for a failure; never a URL's query */
	int status;	      /* 0 without an answer */
	struct cla_time time; /* when the answer was complete (local clock) */
	/* Absent when not sent; borrowed. */
	struct cla_str content_type, etag, date, retry_after, content_range, www_authenticate;
	int64_t content_length; /* announced, -1 when not */
	uint64_t received;
	char tls_version[CLA_NET_TLS_VERSION]; /* "TLSv1.3", "" without */
	uint8_t peer_spki[32];		       /* SHA-256 of the server's public key */
	bool has_peer;
};

/* Within LATER and SOON what came first goes first; FIRST goes before all that waits. What is LATER
 * waits for what is SOON, but not until that has run dry. SOON is for what leads to nothing further:
 * where many such answers have come, the next requests are sent before `done` tells of them. */
enum cla_net_rank { CLA_NET_LATER, CLA_NET_SOON, CLA_NET_FIRST, CLA_NET_RANKS };

struct cla_net_request {
	const char *method; /* "GET" or "POST" */
	const char *url;    /* sent byte for byte */
	const struct cla_net_identity *identity;
	struct cla_str body;	   /* absent: none */
	uint64_t max_body;	   /* bytes of the answer */
	uint32_t delay_ms;	   /* not before that long from now */
	enum cla_net_rank rank;	   /* what waits in a lower one waits longer */
	uint32_t total_timeout_ms; /* 0: only the idle timeout */
	unsigned max_redirects;	   /* 0: a redirect is an answer like others */
	/* Whether private, loopback and link-local addresses may be connected to. */
	bool allow_private;
	/* http:// is as good: what is sent is no secret, and the answer proves itself. */
	bool allow_plain;
	/* May a redirect go there? Called with the new URL's host[:port]. NULL: no. */
	bool (*allow_host)(void *ctx, struct cla_str host);
	/* Called as the request leaves the queue; gives the headers of that moment (a bearer token
	 * can end while a request waits), or NULL: then nothing is sent and it ends with
	 * CLA_NET_HELD. Without it no header of ours is sent. */
	const struct cla_net_header *(*turn)(void *ctx, size_t *count);
	/* Status and headers are known; false refuses the body (the request ends with
	 * CLA_NET_SINK). */
	bool (*head)(void *ctx, const struct cla_net_answer *answer);
	bool (*data)(void *ctx, struct cla_str bytes);
	void (*done)(void *ctx, const struct cla_net_answer *answer); /* exactly once */
	void *ctx;
};

/* What the library that made a TLS connection can say of it. `ssl` is libcurl's handle of the
 * connection (an OpenSSL SSL *), lent without a look inside; crypto/tls.h has both functions, and
 * what `known` may be. */
struct cla_net_tls {
	/* Protocol and server key of a finished handshake; false when there is no server. */
	bool (*peer)(void *known, void *ssl, char version[CLA_NET_TLS_VERSION],
		     uint8_t spki_sha256[32]);
	/* Whether the server has sent a fatal alert over that socket, and its text. */
	bool (*alert)(void *ssl, int socket, char *out, size_t size);
	void *known; /* must outlive the net */
};

struct cla_net_opts {
	struct cla_net_tls tls;	 /* either may be NULL: then it is not known */
	unsigned max_in_flight;	 /* 1-1024; 0: 64 */
	unsigned idle_timeout_s; /* 0: 30 */
	bool proxied; /* the environment names a proxy for https (libcurl reads it by itself) */
	const char *user_agent;
};

CLA_USE bool cla_net_init(struct cla_err *err); /* once per process, before threads */
CLA_USE bool cla_net_open(const struct cla_ctx *ctx, const struct cla_net_opts *opts,
			  struct cla_net **ret, struct cla_err *err);
void cla_net_close(struct cla_net *net); /* ends what is in flight with CLA_NET_CANCELLED */

/* Everything in the request is copied but the callbacks' ctx and the identity. Fails without
 * calling `done`: with CLA_ERR_FORMAT for a URL that is not https, with CLA_ERR_INTERRUPTED once
 * the net was stopped. */
CLA_USE bool cla_net_submit(struct cla_net *net, const struct cla_net_request *request,
			    struct cla_err *err);
void cla_net_pressure(struct cla_net *net); /* the server asked for less */
/* Gives up: all that is queued, delayed or in flight ends with CLA_NET_CANCELLED at the next step
 * of cla_net_run(), which then returns true. May be called from a callback. */
void cla_net_stop(struct cla_net *net);

/* Works until nothing is queued, delayed or in flight, or the context is cancelled
 * (CLA_ERR_INTERRUPTED: then all requests have ended with CLA_NET_CANCELLED). */
CLA_USE bool cla_net_run(struct cla_net *net, struct cla_err *err);

#endif
