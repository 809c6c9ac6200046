/* net/transfer.c - one attempt through one libcurl handle: its options, its callbacks, what its end
 * means. */
#include "net/net_priv.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_HEADER_BYTES (256 * 1024)
#define MAX_REDIRECT_BODY (64 * 1024)
#define CONNECT_TIMEOUT_S 10L

static const char *const field_names[CLA_NET_FIELDS] = {
	[CLA_NET_CONTENT_TYPE] = "content-type",
	[CLA_NET_ETAG] = "etag",
	[CLA_NET_DATE] = "date",
	[CLA_NET_RETRY_AFTER] = "retry-after",
	[CLA_NET_CONTENT_RANGE] = "content-range",
	[CLA_NET_LOCATION] = "location",
	[CLA_NET_WWW_AUTHENTICATE] = "www-authenticate",
};

struct cla_str cla_transfer_host(const char *url, bool plain)
{
	struct cla_str rest = cla_str_from(url);
	size_t scheme = 8;

	if (plain && strncasecmp(url, "http://", 7) == 0)
		scheme = 7;
	else if (strncasecmp(url, "https://", 8) != 0)
		return CLA_STR_NONE;
	rest = cla_str_sub(rest, scheme, rest.len);
	struct cla_str host = cla_str_sub(rest, 0, strcspn(rest.ptr, "/?#"));
	if (!host.len || cla_str_find(host, '@') < host.len || cla_str_find(host, '\\') < host.len)
		return CLA_STR_NONE;
	return host;
}

/* A host without its port; brackets stay. */
static struct cla_str without_port(struct cla_str host)
{
	size_t from = host.len && host.ptr[0] == '[' ? cla_str_find(host, ']') : 0;

	return cla_str_sub(host, 0, from + cla_str_find(cla_str_sub(host, from, host.len), ':'));
}

void cla_transfer_fail(struct cla_transfer *t, enum cla_net_fail fail, const char *detail)
{
	if (t->failed)
		return;
	t->failed = true;
	t->answer.fail = fail;
	(void)snprintf(t->answer.detail, sizeof(t->answer.detail), "%.250s", detail);
}

/* ---- headers that we send ----------------------------------------------------------------------
 */

static void free_headers(struct cla_transfer *t)
{
	if (t->headers_shared) {
		t->headers = NULL;
		return;
	}
	/* One of them may be a bearer token. */
	for (struct curl_slist *h = t->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	t->curl->curl_slist_free_all(t->headers);
	t->headers = NULL;
}

static bool add_header(struct cla_transfer *t, const char *line)
{
	struct curl_slist *list = t->curl->curl_slist_append(t->headers, line);

	if (list)
		t->headers = list;
	return list;
}

static bool header_clean(const struct cla_net_header *h)
{
	if (cla_str_absent(h->value))
		return false;
	for (size_t i = 0; i < h->value.len; i++) {
		unsigned char c = (unsigned char)h->value.ptr[i];
		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

static bool set_headers(struct cla_transfer *t, const struct cla_net_header *headers, size_t count,
			struct cla_err *err)
{
	bool accept = false;

	for (size_t i = 0; i < count; i++) {
		if (!header_clean(&headers[i]))
			return cla_err_set(err, CLA_ERR_FORMAT,
					   "header '%s' holds a control character",
					   headers[i].name);
		char *line = NULL;
		int len = asprintf(&line, "%s: " CLA_STR_FMT, headers[i].name,
				   CLA_STR_ARG(headers[i].value));
		bool ok = len >= 0 && add_header(t, line);
		if (len >= 0)
			explicit_bzero(line, (size_t)len);
		free(len >= 0 ? line : NULL);
		if (!ok)
			return cla_err_oom(err);
		accept = accept || !strcasecmp(headers[i].name, "accept");
	}
	/* A name without a value keeps libcurl from adding that header on its own. */
	if ((!accept && !add_header(t, CLA_NET_NO_ACCEPT)) ||
	    (t->body && !add_header(t, "Expect:")))
		return cla_err_oom(err);
	return true;
}

bool cla_transfer_turn(struct cla_transfer *t, const struct cla_net_way *way)
{
	size_t count = 0;
	const struct cla_net_header *headers = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (t->request.turn) {
		headers = t->request.turn(t->request.ctx, &count);
		if (!headers) {
			cla_transfer_fail(t, CLA_NET_HELD, "held back");
			return false;
		}
	}
	t->headers_shared = !count && !t->body;
	if (t->headers_shared) {
		t->headers = way->no_headers;
		return true;
	}
	if (set_headers(t, headers, count, &err))
		return true;
	cla_transfer_fail(t, err.code == CLA_ERR_MEMORY ? CLA_NET_MEMORY : CLA_NET_OTHER, err.msg);
	return false;
}

/* ---- life -------------------------------------------------------------------- */

bool cla_transfer_new(const struct cla_net_request *request, const struct cla_curl *curl,
		      struct cla_transfer **ret, struct cla_err *err)
{
	if (cla_str_absent(cla_transfer_host(request->url, request->allow_plain)))
		return cla_err_set(err, CLA_ERR_FORMAT, "the address is not an https URL");
	struct cla_transfer *t = calloc(1, sizeof(*t));
	if (!t)
		return cla_err_oom(err);
	t->curl = curl;
	t->request = *request;
	t->url = strdup(request->url);
	if (!cla_str_absent(request->body))
		t->body = cla_str_dup(request->body);
	if (!t->url || (!t->body && !cla_str_absent(request->body))) {
		cla_transfer_free(t);
		return cla_err_oom(err);
	}
	t->request.body.ptr = t->body;
	t->answer.content_length = -1;
	*ret = t;
	return true;
}

void cla_transfer_free(struct cla_transfer *t)
{
	if (!t)
		return;
	free_headers(t);
	for (size_t i = 0; i < CLA_NET_FIELDS; i++)
		free(t->fields[i]);
	if (t->body)
		explicit_bzero(t->body, t->request.body.len);
	free(t->body);
	free(t->url);
	free(t);
}

/* ---- callbacks of libcurl ---------------------------------------------------- */

static void show_fields(struct cla_transfer *t)
{
	struct cla_net_answer *a = &t->answer;

	a->content_type = cla_str_from(t->fields[CLA_NET_CONTENT_TYPE]);
	a->etag = cla_str_from(t->fields[CLA_NET_ETAG]);
	a->date = cla_str_from(t->fields[CLA_NET_DATE]);
	a->retry_after = cla_str_from(t->fields[CLA_NET_RETRY_AFTER]);
	a->content_range = cla_str_from(t->fields[CLA_NET_CONTENT_RANGE]);
	a->www_authenticate = cla_str_from(t->fields[CLA_NET_WWW_AUTHENTICATE]);
}

static void forget_answer(struct cla_transfer *t)
{
	for (size_t i = 0; i < CLA_NET_FIELDS; i++) {
		free(t->fields[i]);
		t->fields[i] = NULL;
	}
	t->answer.status = 0;
	t->answer.content_length = -1;
	t->answer.received = 0;
	t->answer.has_peer = false; /* it was the last hop's */
	t->answer.tls_version[0] = '\0';
	show_fields(t);
}

/* The connection is only lent to a transfer while it runs, so this is asked when the headers are
 * in. */
static void see_peer(struct cla_transfer *t)
{
	struct curl_tlssessioninfo *info = NULL;
	struct cla_net_answer *a = &t->answer;

	a->has_peer = t->tls->peer &&
		      t->curl->curl_easy_getinfo(t->handle.easy, CURLINFO_TLS_SSL_PTR, &info) ==
			      CURLE_OK &&
		      info && info->backend == CURLSSLBACKEND_OPENSSL && info->internals &&
		      t->tls->peer(t->tls->known, info->internals, a->tls_version, a->peer_spki);
}

static bool will_redirect(const struct cla_transfer *t)
{
	int s = t->answer.status;

	return t->request.max_redirects && !strcmp(t->request.method, "GET") &&
	       (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) &&
	       t->fields[CLA_NET_LOCATION];
}

static bool headers_in(struct cla_transfer *t)
{
	struct cla_net_answer *a = &t->answer;
	long status = 0;
	curl_off_t length = -1;

	if (t->curl->curl_easy_getinfo(t->handle.easy, CURLINFO_RESPONSE_CODE, &status) !=
		    CURLE_OK ||
	    status < 200)
		return true; /* an interim answer: the real one follows */
	a->status = (int)status;
	if (t->curl->curl_easy_getinfo(t->handle.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
				       &length) == CURLE_OK)
		a->content_length = length;
	see_peer(t);
	show_fields(t);
	t->headed = true;
	t->swallow = will_redirect(t);
	if (t->swallow)
		return true;
	if (a->content_length > 0 && (uint64_t)a->content_length > t->request.max_body) {
		cla_transfer_fail(t, CLA_NET_TOO_LARGE, "the answer announces more than is taken");
		return false;
	}
	if (t->request.head && !t->request.head(t->request.ctx, a)) {
		cla_transfer_fail(t, CLA_NET_SINK, "the answer was not wanted");
		return false;
	}
	return true;
}

static bool keep_field(struct cla_transfer *t, struct cla_str line)
{
	struct cla_str name, value;

	if (!cla_str_cut(line, ':', &name, &value))
		return true;
	for (size_t i = 0; i < CLA_NET_FIELDS; i++) {
		if (!cla_str_eq_nocase(name, cla_str_from(field_names[i])))
			continue;
		free(t->fields[i]);
		t->fields[i] = cla_str_dup(cla_str_sub(cla_str_trim(value), 0, CLA_NET_FIELD_MAX));
		if (!t->fields[i])
			cla_transfer_fail(t, CLA_NET_MEMORY, "out of memory");
		return t->fields[i];
	}
	return true;
}

/* Only over HTTP/1 can more come than was announced, and only libcurl's talk tells (on_talk()): it
 * costs as much as the request itself. */
static void answer_begins(struct cla_transfer *t, struct cla_str line)
{
	forget_answer(t);
	if (cla_str_starts(line, "HTTP/1") &&
	    t->curl->curl_easy_setopt(t->handle.easy, CURLOPT_VERBOSE, 1L) != CURLE_OK)
		cla_transfer_fail(t, CLA_NET_OTHER, "libcurl refused an option");
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
	struct cla_transfer *t = ctx;
	struct cla_str line = { bytes, size * count };

	t->heard = true;
	t->header_bytes += line.len;
	if (t->header_bytes > MAX_HEADER_BYTES) {
		cla_transfer_fail(t, CLA_NET_BROKEN, "the answer's headers do not end");
		return 0;
	}
	if (t->headed)
		return line.len;
	if (cla_str_starts(line, "HTTP/"))
		answer_begins(t, line);
	else if (!cla_str_trim(line).len ? !headers_in(t) : !keep_field(t, line))
		return 0;
	return line.len;
}

static size_t on_data(char *bytes, size_t size, size_t count, void *ctx)
{
	struct cla_transfer *t = ctx;
	struct cla_str piece = { bytes, size * count };

	t->heard = true;
	t->answer.received += piece.len;
	if (t->swallow) {
		if (t->answer.received <= MAX_REDIRECT_BODY)
			return piece.len;
		cla_transfer_fail(t, CLA_NET_REDIRECT, "a redirect with an endless body");
		return 0;
	}
	if (t->answer.received > t->request.max_body) {
		cla_transfer_fail(t, CLA_NET_TOO_LARGE, "the answer is longer than is taken");
		return 0;
	}
	if (piece.len && t->request.data && !t->request.data(t->request.ctx, piece)) {
		cla_transfer_fail(t, CLA_NET_SINK, "the answer could not be taken in");
		return 0;
	}
	return piece.len;
}

#define REFUSED "the host's address is private"

static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct cla_transfer *t = ctx;

	(void)purpose;
	if (t->check_address && cla_net_address_private(&address->addr)) {
		cla_transfer_fail(t, CLA_NET_REFUSED, REFUSED);
		return CURL_SOCKET_BAD;
	}
	t->socket = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (t->socket >= 0)
		cla_net_host_opened(t->host, t);
	return t->socket;
}

/* Whether the socket opened last is the one that got connected: several addresses may be tried. */
static bool is_at_port(curl_socket_t socket, int port)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (socket == CURL_SOCKET_BAD || getsockname(socket, (struct sockaddr *)&address, &len))
		return false;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port) == port;
	return address.ss_family == AF_INET6 &&
	       ntohs(((struct sockaddr_in6 *)&address)->sin6_port) == port;
}

/* Whether the connection was made for this request: then what libcurl says is listened to from the
 * first byte on. */
static bool is_fresh(const struct cla_transfer *t)
{
	long connects = 0;

	return t->curl->curl_easy_getinfo(t->handle.easy, CURLINFO_NUM_CONNECTS, &connects) ==
		       CURLE_OK &&
	       connects;
}

/* A server that turns our certificate down under TLS 1.3 does so when we believe the handshake to
 * be over: it sends an alert and closes. Writing the request then fails for a socket that is gone,
 * and nobody reads the alert; so a new connection is asked for it first, and again when writing
 * failed: it may have come in between. */
static bool turned_down(struct cla_transfer *t)
{
	struct curl_tlssessioninfo *info = NULL;
	bool with_cert = t->request.identity && t->request.identity->cert;
	char alert[128];

	/* A proxy may speak TLS as well: then the socket carries something else. */
	if (!t->tls->alert || t->proxied || !is_at_port(t->socket, t->local_port) || !is_fresh(t) ||
	    t->curl->curl_easy_getinfo(t->handle.easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
	    !info || info->backend != CURLSSLBACKEND_OPENSSL || !info->internals ||
	    !t->tls->alert(info->internals, t->socket, alert, sizeof(alert)))
		return false;
	cla_transfer_fail(t, cla_net_classify(CURLE_RECV_ERROR, alert, with_cert), alert);
	return true;
}

/* Libcurl takes as many bytes as were announced and only mentions it when more came with them. And
 * when the socket is gone as it writes, this is the last time that the alert before can be asked for.
 * All else that passes by here, secrets too, is ignored. */
static int on_talk(CURL *easy, curl_infotype type, char *bytes, size_t len, void *ctx)
{
	struct cla_transfer *t = ctx;
	struct cla_str text = { bytes, len };

	(void)easy;
	if (type != CURLINFO_TEXT)
		return 0;
	if (cla_str_starts(text, "Excess found"))
		t->excess = true;
	else if (!t->headed && memmem(text.ptr, text.len, "SSL_write", strlen("SSL_write")))
		(void)turned_down(t);
	return 0;
}

/* Connected, nothing sent yet. The connection may be a kept one, opened by a request that was
 * allowed to. */
static int on_connected(void *ctx, char *peer, char *local, int peer_port, int local_port)
{
	struct cla_transfer *t = ctx;

	(void)local, (void)peer_port;
	t->local_port = local_port;
	cla_net_host_ready(t->host, t);
	if (t->check_address && cla_net_text_private(cla_str_from(peer)))
		cla_transfer_fail(t, CLA_NET_REFUSED, REFUSED);
	else if (is_fresh(t) &&
		 t->curl->curl_easy_setopt(t->handle.easy, CURLOPT_VERBOSE, 1L) != CURLE_OK)
		cla_transfer_fail(t, CLA_NET_OTHER, "libcurl refused an option");
	else if (!turned_down(t))
		return CURL_PREREQFUNC_OK;
	return CURL_PREREQFUNC_ABORT;
}

/* ---- start ------------------------------------------------------------------- */

static struct curl_blob blob(char *text)
{
	return (struct curl_blob){ text, strlen(text), CURL_BLOB_NOCOPY };
}

#define SET(option, value) (t->curl->curl_easy_setopt(t->handle.easy, option, value) == CURLE_OK)

static bool set_identity(struct cla_transfer *t)
{
	const struct cla_net_identity *id = t->request.identity;

	if (!id)
		return true;
	if (id->cert) {
		struct curl_blob cert = blob(id->cert), key = blob(id->key);
		if (!SET(CURLOPT_SSLCERT_BLOB, &cert) || !SET(CURLOPT_SSLCERTTYPE, "PEM") ||
		    !SET(CURLOPT_SSLKEY_BLOB, &key) || !SET(CURLOPT_SSLKEYTYPE, "PEM"))
			return false;
	}
	if (id->ca) {
		struct curl_blob ca = blob(id->ca);
		if (!SET(CURLOPT_CAINFO_BLOB, &ca) ||
		    (id->ca_path && !SET(CURLOPT_CAPATH, id->ca_path)))
			return false;
	}
	return true;
}

/* What one request after the other has in common. */
static bool set_lasting(struct cla_transfer *t, const struct cla_net_way *way)
{
	return SET(CURLOPT_PATH_AS_IS, 1L) &&
	       SET(CURLOPT_PROTOCOLS_STR, t->request.allow_plain ? "http,https" : "https") &&
	       SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) &&
	       SET(CURLOPT_PIPEWAIT, 1L) && SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	       SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       SET(CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S) &&
	       SET(CURLOPT_DEBUGFUNCTION, on_talk) && SET(CURLOPT_HEADERFUNCTION, on_header) &&
	       SET(CURLOPT_WRITEFUNCTION, on_data) && SET(CURLOPT_PREREQFUNCTION, on_connected) &&
	       SET(CURLOPT_OPENSOCKETFUNCTION, on_socket) &&
	       SET(CURLOPT_CLOSESOCKETFUNCTION, cla_net_host_close) &&
	       (!way->user_agent || SET(CURLOPT_USERAGENT, way->user_agent)) && set_identity(t);
}

static bool set_own(struct cla_transfer *t)
{
	return SET(CURLOPT_URL, t->url) &&
	       SET(CURLOPT_TIMEOUT_MS, (long)t->request.total_timeout_ms) &&
	       SET(CURLOPT_HTTPHEADER, t->headers) && SET(CURLOPT_ERRORBUFFER, t->error) &&
	       SET(CURLOPT_DEBUGDATA, t) && SET(CURLOPT_PRIVATE, t) && SET(CURLOPT_HEADERDATA, t) &&
	       SET(CURLOPT_WRITEDATA, t) && SET(CURLOPT_PREREQDATA, t) &&
	       SET(CURLOPT_OPENSOCKETDATA, t) && SET(CURLOPT_CLOSESOCKETDATA, t->host);
}

static bool set_body(struct cla_transfer *t)
{
	return SET(CURLOPT_POST, 1L) && SET(CURLOPT_POSTFIELDS, t->body ? t->body : "") &&
	       SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->request.body.len);
}

/* A handle that had a body to send is made anew for what comes next. */
static bool set_request(struct cla_transfer *t, const struct cla_net_way *way)
{
	struct cla_net_handle *h = &t->handle;
	bool post = !strcmp(t->request.method, "POST");

	if (!h->set || post || h->identity != t->request.identity ||
	    h->plain != t->request.allow_plain) {
		h->set = false;
		t->curl->curl_easy_reset(h->easy);
		if (!set_lasting(t, way))
			return false;
		h->set = !post;
		h->identity = t->request.identity;
		h->plain = t->request.allow_plain;
	}
	return set_own(t) && (!post || set_body(t));
}

bool cla_transfer_start(struct cla_transfer *t, const struct cla_net_way *way)
{
	t->tls = &way->tls;
	t->proxied = way->proxied;
	t->check_address = !t->request.allow_private && !way->proxied;
	t->socket = CURL_SOCKET_BAD;
	t->error[0] = '\0';
	t->header_bytes = 0;
	t->headed = t->swallow = t->excess = false;
	forget_answer(t);
	if (!t->request.allow_private &&
	    cla_net_text_private(without_port(cla_transfer_host(t->url, t->request.allow_plain)))) {
		cla_transfer_fail(t, CLA_NET_REFUSED, REFUSED);
		return false;
	}
	if (set_request(t, way))
		return true;
	cla_transfer_fail(t, CLA_NET_OTHER, "libcurl refused an option");
	return false;
}

void cla_transfer_land(struct cla_transfer *t)
{
	t->curl->curl_easy_setopt(t->handle.easy, CURLOPT_VERBOSE, 0L);
	t->curl->curl_easy_setopt(t->handle.easy, CURLOPT_ERRORBUFFER, NULL);
	t->curl->curl_easy_setopt(t->handle.easy, CURLOPT_PRIVATE, NULL);
}

/* ---- end --------------------------------------------------------------------- */

/* What OpenSSL calls the alerts by which a server turns down a client certificate. */
static const char *const certificate_alerts[] = {
	"alert certificate required", "alert bad certificate",	   "alert unsupported certificate",
	"alert certificate revoked",  "alert certificate expired", "alert certificate unknown",
	"alert unknown ca",	      "alert access denied",
};

static bool client_refused(const char *text, bool with_cert)
{
	for (size_t i = 0; i < CLA_LEN(certificate_alerts); i++)
		if (strstr(text, certificate_alerts[i]))
			return true;
	/* All that TLS 1.2 has to say to a client without a certificate. */
	return !with_cert && strstr(text, "alert handshake failure");
}

enum cla_net_fail cla_net_classify(CURLcode code, const char *text, bool with_cert)
{
	switch ((int)code) {
	case CURLE_OK:
		return CLA_NET_OK;
	case CURLE_OUT_OF_MEMORY:
		return CLA_NET_MEMORY;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return CLA_NET_RESOLVE;
	case CURLE_COULDNT_CONNECT:
		return CLA_NET_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return CLA_NET_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
		return CLA_NET_TLS_SERVER;
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CLIENTCERT:
		return CLA_NET_TLS_CLIENT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_USE_SSL_FAILED:
		return client_refused(text, with_cert) ? CLA_NET_TLS_CLIENT : CLA_NET_TLS;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		/* TLS 1.3: the server judges our certificate after we believe the handshake to be
		 * over. */
		return client_refused(text, with_cert) ? CLA_NET_TLS_CLIENT : CLA_NET_BROKEN;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 and the like */
		return CLA_NET_BROKEN;
	default:
		return CLA_NET_OTHER;
	}
}

/* Libcurl quotes the address in a few of its messages; from a '?' on it may be a secret. */
static void take_error_text(struct cla_transfer *t, CURLcode code)
{
	struct cla_net_answer *a = &t->answer;
	const char *text = t->error[0] ? t->error : t->curl->curl_easy_strerror(code);

	if (code == CURLE_PARTIAL_FILE && a->content_length >= 0) {
		(void)snprintf(a->detail, sizeof(a->detail),
			       "server closed the connection after %" PRIu64 " of %" PRId64
			       " bytes",
			       a->received, a->content_length);
		return;
	}
	/* "OpenSSL SSL_read: …error:0A000418:SSL routines::tlsv1 alert unknown ca, errno 0": only
	 * its core is for people */
	const char *core = strstr(text, "::");
	text = core ? core + 2 : text;
	(void)snprintf(a->detail, sizeof(a->detail), "%.*s",
		       (int)strcspn(text, core ? "?\r\n," : "?\r\n"), text);
}

/* True when the transfer may go to where the answer points. */
static bool follow(struct cla_transfer *t)
{
	char *url = NULL;

	if (t->curl->curl_easy_getinfo(t->handle.easy, CURLINFO_REDIRECT_URL, &url) != CURLE_OK ||
	    !url) {
		cla_transfer_fail(t, CLA_NET_REDIRECT, "a redirect to no address");
		return false;
	}
	struct cla_str host = cla_transfer_host(url, false);
	if (t->redirects++ >= t->request.max_redirects) {
		cla_transfer_fail(t, CLA_NET_REDIRECT, "too many redirects");
		return false;
	}
	if (cla_str_absent(host)) {
		cla_transfer_fail(t, CLA_NET_REDIRECT,
				  "a redirect to an address that is not https");
		return false;
	}
	if (!t->request.allow_host || !t->request.allow_host(t->request.ctx, host)) {
		char text[200];
		(void)snprintf(text, sizeof(text),
			       "a redirect to '" CLA_STR_FMT "', which is not allowed",
			       CLA_STR_ARG(cla_str_sub(host, 0, 120)));
		cla_transfer_fail(t, CLA_NET_REDIRECT, text);
		return false;
	}
	char *copy = strdup(url);
	if (!copy) {
		cla_transfer_fail(t, CLA_NET_MEMORY, "out of memory");
		return false;
	}
	free(t->url);
	t->url = copy;
	return true;
}

bool cla_transfer_finish(struct cla_transfer *t, CURLcode code)
{
	struct cla_net_answer *a = &t->answer;
	bool with_cert = t->request.identity && t->request.identity->cert;

	if (code == CURLE_OK && !t->failed && t->swallow && follow(t))
		return true;
	show_fields(t);
	if (code == CURLE_OK && t->excess)
		cla_transfer_fail(t, CLA_NET_BROKEN, "the server sent more than it announced");
	if (t->failed)
		return false;
	a->fail = cla_net_classify(code, t->error, with_cert);
	if (a->fail != CLA_NET_OK)
		take_error_text(t, code);
	return false;
}
