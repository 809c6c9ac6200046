/* net/net_priv.h - shared between the files of net/ only. */
#ifndef CLA_NET_NET_PRIV_H
#define CLA_NET_NET_PRIV_H

#include "base/buf.h"
#include "base/late.h"
#include "net/net.h"

/* its checks of types are macros that call by name */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <sys/socket.h>

/* libcurl, loaded when a run uses the network. */
#define CLA_CURL_FUNCTIONS(X)                                                                      \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_init)                                                                          \
	X(curl_easy_reset)                                                                         \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_strerror)                                                                      \
	X(curl_global_init)                                                                        \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_init)                                                                         \
	X(curl_multi_perform)                                                                      \
	X(curl_multi_poll)                                                                         \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_setopt)                                                                       \
	X(curl_multi_strerror)                                                                     \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)
struct cla_curl {
	CLA_CURL_FUNCTIONS(CLA_LATE_MEMBER)
};
CLA_USE bool cla_curl_load(struct cla_curl *ret, struct cla_err *err);

#define CLA_NET_FIELD_MAX 2048 /* bytes kept of one header field's value */

struct cla_net_identity {
	char *cert, *key; /* PEM, NULL without a client certificate */
	char *ca;	  /* PEM of the added anchors, NULL when there are none */
	char *ca_path;	  /* libcurl's folder of hashed anchors, where it has one */
};

/* Header fields that an answer shows. */
enum cla_net_field {
	CLA_NET_CONTENT_TYPE,
	CLA_NET_ETAG,
	CLA_NET_DATE,
	CLA_NET_RETRY_AFTER,
	CLA_NET_CONTENT_RANGE,
	CLA_NET_LOCATION,
	CLA_NET_WWW_AUTHENTICATE,
	CLA_NET_FIELDS,
};

/* How long a host takes to begin its answers. One that takes several times its best has enough to
 * do. */
struct cla_net_latency {
	uint32_t best_ms;
	bool known;
};
bool cla_net_latency_low(struct cla_net_latency *l, uint32_t first_byte_ms);

#define CLA_NET_STREAMS 100 /* requests at a time over one connection */

/* What is known of a host (host.c). */
struct cla_net_host {
	struct cla_net_host *next;
	char *name; /* with its port */
	const struct cla_net_identity *identity;
	struct cla_net_latency latency;
	bool answered, multiplexed; /* multiplexed is known with the first answer */
	unsigned in_flight, sockets;
	const struct cla_transfer *opener; /* for which a connection is being opened */
	bool surprised;			   /* it was not expected to need one */
};
struct cla_net_hosts {
	struct cla_net_host *first;
};
/* NULL when too many are known already: such requests are never held back. */
struct cla_net_host *cla_net_host_of(struct cla_net_hosts *all, struct cla_str name,
				     const struct cla_net_identity *identity);
void cla_net_hosts_clear(struct cla_net_hosts *all);
bool cla_net_host_takes(const struct cla_net_host *h); /* a further request now */
void cla_net_host_launch(struct cla_net_host *h, const struct cla_transfer *t);
void cla_net_host_opened(struct cla_net_host *h, const struct cla_transfer *t); /* a socket */
void cla_net_host_ready(struct cla_net_host *h, const struct cla_transfer *t);	/* to be asked */
void cla_net_host_land(struct cla_net_host *h, const struct cla_transfer *t);
int cla_net_host_close(void *ctx, curl_socket_t socket); /* libcurl's callback */

/* A handle, and for what its lasting options were set: most requests differ in few of them. */
struct cla_net_handle {
	CURL *easy;
	bool set;
	bool plain;
	const struct cla_net_identity *identity;
};

/* One request on its way through the queues: ready or delayed (next), then in flight (next, prev).
 */
struct cla_transfer {
	struct cla_transfer *next, *prev;
	const struct cla_curl *curl;
	const struct cla_net_tls *tls;	/* who can look into a connection, once started */
	struct cla_net_host *host;	/* NULL: not watched */
	struct cla_net_request request; /* url, method and body point to the copies below */
	char *url, *body;
	struct curl_slist *headers;
	bool headers_shared; /* with others that have none of their own */
	int64_t due_ms;	     /* by the monotonic clock */

	struct cla_net_handle handle;
	char error[CURL_ERROR_SIZE];
	bool check_address; /* private addresses are refused */
	bool proxied;
	curl_socket_t socket; /* opened last */
	int local_port;	      /* of the connection */
	char *fields[CLA_NET_FIELDS];
	size_t header_bytes;
	unsigned redirects;
	bool headed;	  /* headers are complete; what follows are trailers */
	bool swallow;	  /* a redirect's body: nobody wants it */
	bool excess;	  /* more bytes came than were announced */
	bool failed;	  /* answer.fail and answer.detail say why we broke off ourselves */
	bool heard;	  /* a byte came since the last look */
	int64_t quiet_ms; /* since when none did */
	struct cla_net_answer answer;
};

/* host[:port] of an https URL, or with `plain` of an http one; absent when it is not one, or names a user. */
struct cla_str cla_transfer_host(const char *url, bool plain);
CLA_USE bool cla_transfer_new(const struct cla_net_request *request, const struct cla_curl *curl,
			      struct cla_transfer **ret, struct cla_err *err);
void cla_transfer_free(struct cla_transfer *t);

/* What all requests of a net share. */
struct cla_net_way {
	struct cla_net_tls tls;
	char *user_agent; /* may be NULL */
	bool proxied;
	struct curl_slist *no_headers; /* of requests that have none to send */
};
#define CLA_NET_NO_ACCEPT "Accept:"

/* Puts the request's options onto t->handle. False when libcurl refuses one: answer.detail says so.
 */
CLA_USE bool cla_transfer_start(struct cla_transfer *t, const struct cla_net_way *way);

/* t->handle has nothing more to say to this transfer. What it points to otherwise is put right when it
 * is used again. */
void cla_transfer_land(struct cla_transfer *t);

/* Reads what libcurl says at the end into t->answer. True when the transfer goes on to another URL.
 */
bool cla_transfer_finish(struct cla_transfer *t, CURLcode code);

/* Makes the headers, asking the request's turn callback for them. False when it is held. */
CLA_USE bool cla_transfer_turn(struct cla_transfer *t, const struct cla_net_way *way);

void cla_transfer_fail(struct cla_transfer *t, enum cla_net_fail fail, const char *detail);

/* Loopback, private, link-local, multicast and other addresses that are not of the public network;
 * also where one is wrapped into IPv6. Anything but IPv4 and IPv6 counts as private. */
bool cla_net_address_private(const struct sockaddr *address);
/* The same for an address as text, with or without brackets. False for a name. */
bool cla_net_text_private(struct cla_str host);

/* What a libcurl result means; `text` is its error buffer, `with_cert` tells whether we had a
 * certificate to show. */
enum cla_net_fail cla_net_classify(CURLcode code, const char *text, bool with_cert);

/* How many requests may be in flight. Starts small; every quick answer lets it grow, at first by
 * four an answer, and once the server has asked for less by one a round. */
struct cla_net_window {
	unsigned size, max;
	unsigned credit; /* answers since the last step of slow growth */
	bool careful;	 /* the server has asked for less */
	int64_t halved_ms;
};
void cla_net_window_init(struct cla_net_window *w, unsigned max);
void cla_net_window_answer(struct cla_net_window *w, bool quick);
void cla_net_window_pressure(struct cla_net_window *w, int64_t now_ms);

#endif
