/* net/net_test.c - requests against TLS servers on loopback (net_test_server.py). */
#include "net/net_priv.h"

#include "base/file.h"
#include "crypto/tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- what needs no server ---------------------------------------------------- */

static void test_private_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		bool is_private;
	} rows[] = {
		{ "0.0.0.0", true },
		{ "10.1.2.3", true },
		{ "100.63.255.255", false },
		{ "100.64.0.1", true },
		{ "127.0.0.1", true },
		{ "126.255.255.255", false },
		{ "169.254.169.254", true },
		{ "172.15.0.1", false },
		{ "172.16.0.1", true },
		{ "172.31.255.255", true },
		{ "172.32.0.1", false },
		{ "192.0.0.9", true },
		{ "192.0.1.1", false },
		{ "192.168.0.1", true },
		{ "198.18.0.1", true },
		{ "198.20.0.1", false },
		{ "224.0.0.1", true },
		{ "255.255.255.255", true },
		{ "8.8.8.8", false },
		{ "52.216.1.1", false },
		{ "::", true },
		{ "::1", true },
		{ "[::1]", true },
		{ "fe80::1", true },
		{ "[fe80::1%eth0]", true },
		{ "fd00::1", true },
		{ "ff02::1", true },
		{ "2001:4860:4860::8888", false },
		{ "::ffff:10.0.0.1", true },
		{ "::ffff:8.8.8.8", false },
		{ "64:ff9b::a9fe:a9fe", true },
		{ "2002:7f00:1::", true },
		{ "2002:808:808::", false },
		{ "localhost", false }, /* a name: judged by where it leads */
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		if (cla_net_text_private(cla_str_from(rows[i].host)) != rows[i].is_private)
			fail_msg("'%s' is taken for %s", rows[i].host,
				 rows[i].is_private ? "public" : "private");
	}
	struct sockaddr_in in = { .sin_family = AF_INET };
	in.sin_addr.s_addr = htonl(0x7f000001);
	assert_true(cla_net_address_private((struct sockaddr *)&in));
	in.sin_addr.s_addr = htonl(0x08080808);
	assert_false(cla_net_address_private((struct sockaddr *)&in));
	in.sin_family = AF_UNIX;
	assert_true(cla_net_address_private((struct sockaddr *)&in));
}

static void test_classification(void **state)
{
	(void)state;
	static const struct {
		CURLcode code;
		const char *text;
		bool with_cert;
		enum cla_net_fail fail;
	} rows[] = {
		{ CURLE_OK, "", true, CLA_NET_OK },
		{ CURLE_COULDNT_RESOLVE_HOST, "", true, CLA_NET_RESOLVE },
		{ CURLE_COULDNT_CONNECT, "", true, CLA_NET_CONNECT },
		{ CURLE_OPERATION_TIMEDOUT, "", true, CLA_NET_TIMEOUT },
		{ CURLE_PEER_FAILED_VERIFICATION, "", true, CLA_NET_TLS_SERVER },
		{ CURLE_SSL_CLIENTCERT, "", true, CLA_NET_TLS_CLIENT },
		{ CURLE_SSL_CONNECT_ERROR, "routines::tlsv1 alert unknown ca", true,
		  CLA_NET_TLS_CLIENT },
		{ CURLE_SSL_CONNECT_ERROR, "routines::sslv3 alert certificate expired", true,
		  CLA_NET_TLS_CLIENT },
		{ CURLE_SSL_CONNECT_ERROR, "routines::sslv3 alert handshake failure", false,
		  CLA_NET_TLS_CLIENT },
		{ CURLE_SSL_CONNECT_ERROR, "routines::sslv3 alert handshake failure", true,
		  CLA_NET_TLS },
		{ CURLE_SSL_CONNECT_ERROR, "routines::no protocols available", true, CLA_NET_TLS },
		{ CURLE_RECV_ERROR, "tlsv13 alert certificate required, errno 0", true,
		  CLA_NET_TLS_CLIENT },
		{ CURLE_RECV_ERROR, "Connection reset by peer", true, CLA_NET_BROKEN },
		{ CURLE_PARTIAL_FILE, "", true, CLA_NET_BROKEN },
		{ CURLE_OUT_OF_MEMORY, "", true, CLA_NET_MEMORY },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++)
		assert_int_equal(cla_net_classify(rows[i].code, rows[i].text, rows[i].with_cert),
				 rows[i].fail);
}

static void test_window(void **state)
{
	(void)state;
	struct cla_net_window w;

	cla_net_window_init(&w, 64);
	assert_int_equal(w.size, 16);
	cla_net_window_answer(&w, true);
	assert_int_equal(w.size, 20);
	cla_net_window_answer(&w, false);
	assert_int_equal(w.size, 20);
	for (int i = 0; i < 100; i++)
		cla_net_window_answer(&w, true);
	assert_int_equal(w.size, 64);
	cla_net_window_pressure(&w, 5000);
	cla_net_window_pressure(&w, 5500); /* the same burst */
	assert_int_equal(w.size, 32);
	cla_net_window_pressure(&w, 6500);
	assert_int_equal(w.size, 16);
	for (int i = 0; i < 16; i++)
		cla_net_window_answer(&w, true);
	assert_int_equal(w.size, 17); /* one a round from now on */
	for (int i = 0; i < 100; i++)
		cla_net_window_answer(&w, false);
	assert_int_equal(w.size, 17); /* slow answers: enough in flight */
	for (int64_t t = 10; t < 20; t++)
		cla_net_window_pressure(&w, t * 1000);
	assert_int_equal(w.size, 1);
	cla_net_window_init(&w, 4);
	assert_int_equal(w.size, 4);
}

static void test_latency(void **state)
{
	(void)state;
	struct cla_net_latency l = { 0 };

	assert_true(cla_net_latency_low(&l, 100));
	assert_true(cla_net_latency_low(&l, 40));
	assert_true(cla_net_latency_low(&l, 200));
	assert_true(cla_net_latency_low(&l, 210));
	assert_false(cla_net_latency_low(&l, 211));
	assert_true(cla_net_latency_low(&l, 0));
	assert_true(cla_net_latency_low(&l, 50));
	assert_false(cla_net_latency_low(&l, 51));
}

/* Connections to a host that multiplexes are opened one at a time, and only when there is no room.
 */
static void test_hosts(void **state)
{
	(void)state;
	struct cla_net_hosts all = { NULL };
	struct cla_transfer t[3] = { 0 };
	struct cla_net_host *h = cla_net_host_of(&all, CLA_STR("a:1"), NULL);

	assert_non_null(h);
	assert_ptr_equal(cla_net_host_of(&all, CLA_STR("a:1"), NULL), h);
	assert_ptr_not_equal(cla_net_host_of(&all, CLA_STR("a:2"), NULL), h);
	/* nothing is known yet: libcurl lets the others wait for the first by itself */
	cla_net_host_launch(h, &t[0]);
	cla_net_host_opened(h, &t[0]);
	for (unsigned i = 1; i < CLA_NET_STREAMS; i++) {
		assert_true(cla_net_host_takes(h));
		cla_net_host_launch(h, &t[1]);
	}
	assert_false(cla_net_host_takes(h)); /* but no more than one connection has room for */
	for (unsigned i = 1; i < CLA_NET_STREAMS; i++)
		cla_net_host_land(h, &t[1]);
	cla_net_host_ready(h, &t[0]);
	h->answered = h->multiplexed = true;
	for (unsigned i = 1; i < CLA_NET_STREAMS; i++) {
		assert_true(cla_net_host_takes(h));
		cla_net_host_launch(h, &t[1]);
	}
	/* full: one more goes and opens a connection, the next one waits for that */
	assert_true(cla_net_host_takes(h));
	cla_net_host_launch(h, &t[2]);
	assert_false(cla_net_host_takes(h));
	cla_net_host_opened(h, &t[2]);
	assert_false(cla_net_host_takes(h));
	cla_net_host_land(h, &t[1]); /* room on the first one */
	cla_net_host_land(h, &t[1]);
	assert_true(cla_net_host_takes(h));
	cla_net_host_ready(h, &t[2]);
	assert_true(cla_net_host_takes(h));
	/* a connection that was not expected: nothing goes until it is there */
	cla_net_host_launch(h, &t[1]);
	cla_net_host_opened(h, &t[1]);
	assert_false(cla_net_host_takes(h));
	cla_net_host_land(h, &t[1]); /* or has failed */
	assert_true(cla_net_host_takes(h));
	/* so many hosts that they are not watched any more */
	for (int i = 0; i < 20; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "b:%d", i);
		h = cla_net_host_of(&all, cla_str_from(name), NULL);
	}
	assert_null(h);
	assert_true(cla_net_host_takes(h));
	cla_net_host_launch(h, &t[0]);
	cla_net_host_land(h, &t[0]);
	cla_net_hosts_clear(&all);
}

/* ---- with a server ----------------------------------------------------------- */

struct bench {
	char dir[64];
	pid_t server;
	int server_in;
	int open_port, tls13_port, tls12_port, optional_port;
	atomic_int cancelled;
	struct cla_ctx ctx;
	struct cla_net *net;
	struct cla_net_identity *none, *ca, *client, *stranger;
	struct cla_tls_known *servers;
};

static void read_pem(const struct bench *b, const char *name, struct cla_buf *out)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	cla_buf_reset(out);
	assert_true(cla_file_read(path, out, NULL));
}

static struct cla_net_identity *identity(const struct bench *b, const char *client, bool with_ca)
{
	cla_auto_buf struct cla_buf cert = CLA_BUF_INIT(1 << 16), key = CLA_BUF_INIT(1 << 16),
				    ca = CLA_BUF_INIT(1 << 16);
	struct cla_net_identity_opts opts = { CLA_STR_NONE, CLA_STR_NONE, CLA_STR_NONE };
	struct cla_net_identity *id = NULL;
	struct cla_err err = CLA_ERR_INIT;
	char name[64];

	if (client) {
		(void)snprintf(name, sizeof(name), "%s.pem", client);
		read_pem(b, name, &cert);
		(void)snprintf(name, sizeof(name), "%s.key", client);
		read_pem(b, name, &key);
		opts.cert_pem = cla_buf_str(&cert);
		opts.key_pem = cla_buf_str(&key);
	}
	if (with_ca) {
		read_pem(b, "ca.pem", &ca);
		opts.ca_pem = cla_buf_str(&ca);
	}
	if (!cla_net_identity_new(&opts, &id, &err))
		fail_msg("%s", err.msg);
	return id;
}

static void start_server(struct bench *b)
{
	const char *srcdir = getenv("srcdir");
	char script[512], line[64] = "";
	int in[2], out[2];

	(void)snprintf(script, sizeof(script), "%s/src/net/net_test_server.py",
		       srcdir ? srcdir : ".");
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	b->server = fork();
	assert_true(b->server >= 0);
	if (!b->server) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execlp("python3", "python3", script, b->dir, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	b->server_in = in[1];
	for (size_t at = 0; at + 1 < sizeof(line) && !strchr(line, '\n');) {
		ssize_t n = read(out[0], line + at, sizeof(line) - 1 - at);
		if (n <= 0)
			fail_msg("the test server '%s' did not start", script);
		at += (size_t)n;
	}
	close(out[0]);
	char *at = line;
	b->open_port = (int)strtol(at, &at, 10);
	b->tls13_port = (int)strtol(at, &at, 10);
	b->tls12_port = (int)strtol(at, &at, 10);
	b->optional_port = (int)strtol(at, &at, 10);
	assert_true(b->optional_port > 0);
}

static void open_net(struct bench *b)
{
	struct cla_net_opts opts = {
		.tls = { cla_tls_peer, cla_tls_alert, b->servers },
		.idle_timeout_s = 1,
		.user_agent = "net-test",
	};

	assert_true(cla_net_open(&b->ctx, &opts, &b->net, NULL));
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/cla-net-test-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	assert_true(cla_net_init(NULL));
	assert_true(cla_tls_known_new(&b->servers, NULL));
	b->ctx.clock = cla_clock_system();
	b->ctx.cancelled = &b->cancelled;
	start_server(b);
	open_net(b);
	b->none = identity(b, NULL, false);
	b->ca = identity(b, NULL, true);
	b->client = identity(b, "client", true);
	b->stranger = identity(b, "stranger", true);
	*state = b;
	return 0;
}

static bool remove_file(void *ctx, const char *path, struct cla_err *err)
{
	(void)ctx, (void)err;
	return unlink(path) == 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	cla_net_close(b->net);
	cla_net_identity_free(b->none);
	cla_net_identity_free(b->ca);
	cla_net_identity_free(b->client);
	cla_net_identity_free(b->stranger);
	cla_tls_known_free(b->servers);
	close(b->server_in);
	waitpid(b->server, NULL, 0);
	bool gone = cla_path_walk(b->dir, remove_file, NULL, NULL) && rmdir(b->dir) == 0;
	free(b);
	return gone ? 0 : -1;
}

/* One request and what came of it. */
struct shot {
	struct cla_net_request request;
	struct cla_buf body;
	struct cla_net_answer answer;
	char etag[64], type[64], retry[64];
	int heads, dones;
	bool refuse_head, refuse_data;
	const char *allowed;		     /* host that a redirect may go to */
	const struct cla_net_header *turned; /* NULL: held */
	size_t turned_count;
	int *order; /* counts ends over several shots */
	int ended_as;
	struct bench *bench;
	bool stop_at_end, cancel_at_end;
};

static bool shot_head(void *ctx, const struct cla_net_answer *a)
{
	struct shot *s = ctx;

	s->heads++;
	assert_true(a->status >= 200);
	return !s->refuse_head;
}

static bool shot_data(void *ctx, struct cla_str bytes)
{
	struct shot *s = ctx;

	cla_buf_add(&s->body, bytes);
	return !s->refuse_data;
}

static void copy_field(char out[64], struct cla_str s)
{
	if (!cla_str_absent(s))
		assert_true(cla_str_cstr(s, out, 64, NULL));
}

static void shot_done(void *ctx, const struct cla_net_answer *a)
{
	struct shot *s = ctx;

	s->dones++;
	s->answer = *a;
	copy_field(s->etag, a->etag);
	copy_field(s->type, a->content_type);
	copy_field(s->retry, a->retry_after);
	if (s->order)
		s->ended_as = ++*s->order;
	if (s->stop_at_end)
		cla_net_stop(s->bench->net);
	if (s->cancel_at_end)
		s->bench->cancelled = 1;
}

static bool shot_allow(void *ctx, struct cla_str host)
{
	struct shot *s = ctx;

	return s->allowed && cla_str_eqc(host, s->allowed);
}

static const struct cla_net_header *shot_turn(void *ctx, size_t *count)
{
	struct shot *s = ctx;

	*count = s->turned_count;
	return s->turned;
}

static void aim(struct bench *b, struct shot *s, const struct cla_net_identity *id, char *url)
{
	s->bench = b;
	s->body = (struct cla_buf)CLA_BUF_INIT(1 << 20);
	s->request.method = "GET";
	s->request.url = url;
	s->request.identity = id;
	s->request.max_body = 1 << 20;
	s->request.allow_private = true;
	s->request.head = shot_head;
	s->request.data = shot_data;
	s->request.done = shot_done;
	s->request.ctx = s;
}

static void submit(struct bench *b, struct shot *s)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_net_submit(b->net, &s->request, &err))
		fail_msg("%s", err.msg);
}

static void fire(struct bench *b, struct shot *s)
{
	struct cla_err err = CLA_ERR_INIT;

	submit(b, s);
	if (!cla_net_run(b->net, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(s->dones, 1);
}

static void expect(struct bench *b, struct shot *s, enum cla_net_fail fail, int status)
{
	fire(b, s);
	if (s->answer.fail != fail || s->answer.status != status)
		fail_msg("%s: ended as %d (%s) with status %d, expected %d and %d", s->request.url,
			 (int)s->answer.fail, s->answer.detail, s->answer.status, (int)fail,
			 status);
}

#define URL(name, port, path)                                                                      \
	char name[512];                                                                            \
	(void)snprintf(name, sizeof(name), "https://localhost:%d%s", port, path)

static void test_bytes_on_the_wire(void **state)
{
	struct bench *b = *state;
	struct shot s = { 0 };
	const char *target = "/echo/a%2fb%2Fc/../d?X=1%2B2&sig=a+b%3d&k=%c3%A1";
	URL(url, b->open_port, target);
	char line[128];

	aim(b, &s, b->ca, url);
	expect(b, &s, CLA_NET_OK, 200);
	(void)snprintf(line, sizeof(line), "GET %s HTTP/1.1\r\n", target);
	assert_non_null(strstr(cla_buf_cstr(&s.body), line));
	static const char *const unwanted[] = { "Accept", "Authorization", "Cookie", "Encoding",
						"Expect" };
	for (size_t i = 0; i < CLA_LEN(unwanted); i++)
		assert_null(strstr(cla_buf_cstr(&s.body), unwanted[i]));
	assert_string_equal(s.etag, "\"tag\"");
	assert_string_equal(s.type, "text/plain; charset=x");
	assert_string_equal(s.retry, "7");
	assert_int_equal(s.heads, 1);
	assert_int_equal(s.answer.received, s.body.len);
	assert_int_equal(s.answer.content_length, (int64_t)s.body.len);
	assert_true(s.answer.has_peer);
	assert_string_equal(s.answer.tls_version, "TLSv1.3");
	cla_buf_clear(&s.body);
}

static void test_post(void **state)
{
	struct bench *b = *state;
	struct shot s = { 0 };
	struct cla_net_header headers[] = { { "Authorization", CLA_STR("Basic eDp5") },
					    { "Accept", CLA_STR("application/json") } };
	URL(url, b->open_port, "/echo");

	aim(b, &s, b->ca, url);
	s.request.method = "POST";
	s.turned = headers;
	s.turned_count = 2;
	s.request.turn = shot_turn;
	s.request.body = CLA_STR("grant_type=client_credentials");
	expect(b, &s, CLA_NET_OK, 200);
	assert_non_null(strstr(cla_buf_cstr(&s.body), "POST /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(cla_buf_cstr(&s.body), "\r\nAuthorization: Basic eDp5\r\n"));
	assert_non_null(strstr(cla_buf_cstr(&s.body), "\r\nAccept: application/json\r\n"));
	assert_non_null(strstr(cla_buf_cstr(&s.body), "\r\n\r\ngrant_type=client_credentials"));
	cla_buf_clear(&s.body);
}

static void test_refused_at_submit(void **state)
{
	struct bench *b = *state;
	static const char *const urls[] = { "http://localhost/",
					    "ftp://localhost/",
					    "file:///etc/passwd",
					    "https://user@localhost/",
					    "https:///x",
					    "localhost",
					    "" };
	struct cla_err err = CLA_ERR_INIT;

	for (size_t i = 0; i < CLA_LEN(urls); i++) {
		struct cla_net_request r = { .method = "GET", .url = urls[i] };
		assert_false(cla_net_submit(b->net, &r, &err));
		assert_int_equal(err.code, CLA_ERR_FORMAT);
		/* Plain http is taken where it was asked for, and nothing else with it. */
		r.allow_plain = true;
		r.url = i ? urls[i] : "http://user@localhost/";
		assert_false(cla_net_submit(b->net, &r, &err));
		assert_int_equal(err.code, CLA_ERR_FORMAT);
	}
}

static void test_lengths(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *path;
		uint64_t max;
		enum cla_net_fail fail;
		int status;
		int heads;
	} rows[] = {
		{ "/bytes/0", 10, CLA_NET_OK, 200, 1 },
		{ "/bytes/10", 10, CLA_NET_OK, 200, 1 },
		{ "/bytes/11", 10, CLA_NET_TOO_LARGE, 200, 0 },
		{ "/unannounced/10", 10, CLA_NET_OK, 200, 1 },
		{ "/unannounced/100000", 10, CLA_NET_TOO_LARGE, 200, 1 },
		{ "/short", 1 << 20, CLA_NET_BROKEN, 200, 1 },
		{ "/long", 1 << 20, CLA_NET_BROKEN, 200, 1 },
		{ "/chunks-cut", 1 << 20, CLA_NET_BROKEN, 200, 1 },
		{ "/status/404", 10, CLA_NET_OK, 404, 1 },
		{ "/status/204", 10, CLA_NET_OK, 204, 1 },
		{ "/interim", 10, CLA_NET_OK, 200, 1 },
		{ "/headers", 1 << 20, CLA_NET_BROKEN, 0, 0 },
		{ "/reset", 10, CLA_NET_BROKEN, 0, 0 },
		{ "/stall", 1 << 20, CLA_NET_TIMEOUT, 200, 1 },
		{ "/wait/3000", 10, CLA_NET_TIMEOUT, 0, 0 },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct shot s = { 0 };
		URL(url, b->open_port, rows[i].path);
		aim(b, &s, b->ca, url);
		s.request.max_body = rows[i].max;
		expect(b, &s, rows[i].fail, rows[i].status);
		assert_int_equal(s.heads, rows[i].heads);
		if (!strcmp(rows[i].path, "/short"))
			assert_string_equal(
				s.answer.detail,
				"server closed the connection after 5120 of 9214 bytes");
		assert_string_equal(s.etag, "");
		cla_buf_clear(&s.body);
	}
}

static void test_redirects(void **state)
{
	struct bench *b = *state;
	char here[64], away[64];
	static const struct {
		const char *path; /* one %d: the port */
		unsigned max;
		bool allow;
		enum cla_net_fail fail;
		int status;
	} rows[] = {
		{ "/to/https%%3A%%2F%%2Flocalhost%%3A%d%%2Fbytes%%2F3", 0, true, CLA_NET_OK, 302 },
		{ "/to/https%%3A%%2F%%2Flocalhost%%3A%d%%2Fbytes%%2F3", 1, true, CLA_NET_OK, 200 },
		{ "/to/%%2Fbytes%%2F3", 1, true, CLA_NET_OK, 200 },
		{ "/to/https%%3A%%2F%%2Flocalhost%%3A%d%%2Fbytes%%2F3", 1, false, CLA_NET_REDIRECT,
		  302 },
		{ "/to/http%%3A%%2F%%2Flocalhost%%3A%d%%2Fbytes%%2F3", 1, true, CLA_NET_REDIRECT,
		  302 },
		{ "/to/https%%3A%%2F%%2Fu%%40localhost%%3A%d%%2Fbytes%%2F3", 1, true,
		  CLA_NET_REDIRECT, 302 },
		{ "/to/%%2Fto%%2F%%252Fbytes%%252F3", 1, true, CLA_NET_REDIRECT, 302 },
		{ "/to/%%2Fto%%2F%%252Fbytes%%252F3", 2, true, CLA_NET_OK, 200 },
	};

	(void)snprintf(here, sizeof(here), "localhost:%d", b->open_port);
	(void)snprintf(away, sizeof(away), "example.org");
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct shot s = { 0 };
		char path[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(path, sizeof(path), rows[i].path, b->open_port);
#pragma GCC diagnostic pop
		URL(url, b->open_port, path);
		aim(b, &s, b->ca, url);
		s.request.max_redirects = rows[i].max;
		s.request.allow_host = shot_allow;
		s.allowed = rows[i].allow ? here : away;
		expect(b, &s, rows[i].fail, rows[i].status);
		if (rows[i].status == 200)
			assert_string_equal(cla_buf_cstr(&s.body), "xxx");
		cla_buf_clear(&s.body);
	}
}

static void test_private_refused(void **state)
{
	struct bench *b = *state;
	static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < CLA_LEN(hosts); i++) {
		struct shot s = { 0 };
		char url[128];
		(void)snprintf(url, sizeof(url), "https://%s:%d/bytes/1", hosts[i], b->open_port);
		aim(b, &s, b->ca, url);
		s.request.allow_private = false;
		expect(b, &s, CLA_NET_REFUSED, 0);
	}
}

static void test_private_refused_on_a_kept_connection(void **state)
{
	struct bench *b = *state;
	struct shot open = { 0 }, refused = { 0 };
	URL(url, b->open_port, "/bytes/1");

	aim(b, &open, b->ca, url);
	expect(b, &open, CLA_NET_OK, 200);
	aim(b, &refused, b->ca, url);
	refused.request.allow_private = false;
	expect(b, &refused, CLA_NET_REFUSED, 0);
	cla_buf_clear(&open.body);
	cla_buf_clear(&refused.body);
}

static void test_certificates(void **state)
{
	struct bench *b = *state;
	const struct {
		int port;
		const struct cla_net_identity *id;
		enum cla_net_fail fail;
	} rows[] = {
		{ b->open_port, b->none, CLA_NET_TLS_SERVER },
		{ b->open_port, b->ca, CLA_NET_OK },
		{ b->tls13_port, b->client, CLA_NET_OK },
		{ b->tls12_port, b->client, CLA_NET_OK },
		{ b->tls13_port, b->ca, CLA_NET_TLS_CLIENT },
		{ b->tls12_port, b->ca, CLA_NET_TLS_CLIENT },
		{ b->tls13_port, b->stranger, CLA_NET_TLS_CLIENT },
		{ b->tls12_port, b->stranger, CLA_NET_TLS_CLIENT },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct shot s = { 0 };
		URL(url, rows[i].port, "/echo");
		aim(b, &s, rows[i].id, url);
		expect(b, &s, rows[i].fail, rows[i].fail == CLA_NET_OK ? 200 : 0);
		if (rows[i].id == b->client) {
			assert_true(cla_str_starts(cla_buf_str(&s.body), "certificate\n"));
			assert_string_equal(s.answer.tls_version,
					    rows[i].port == b->tls13_port ? "TLSv1.3" : "TLSv1.2");
		}
		cla_buf_clear(&s.body);
	}
}

static atomic_int asked;

/* As if the server took its time: what it has to say comes, with the end of the connection, when it
 * has just been asked for. */
static bool late_alert(void *ssl, int socket, char *out, size_t size)
{
	struct pollfd end = { .fd = socket };

	if (atomic_fetch_add(&asked, 1))
		return cla_tls_alert(ssl, socket, out, size);
	assert_int_equal(poll(&end, 1, 10000), 1);
	assert_true(end.revents & (POLLERR | POLLHUP));
	return false;
}

static void test_alert_comes_while_we_write(void **state)
{
	struct bench *b = *state;
	struct shot s = { 0 };
	struct cla_net_opts opts = { .tls = { cla_tls_peer, late_alert }, .idle_timeout_s = 10 };
	struct cla_net *before = b->net;
	URL(url, b->tls13_port, "/echo");

	atomic_store(&asked, 0);
	assert_true(cla_net_open(&b->ctx, &opts, &b->net, NULL));
	aim(b, &s, b->ca, url);
	expect(b, &s, CLA_NET_TLS_CLIENT, 0);
	assert_int_equal(atomic_load(&asked), 2);
	cla_net_close(b->net);
	b->net = before;
	cla_buf_clear(&s.body);
}

static void test_wrong_server_name(void **state)
{
	struct bench *b = *state;
	struct shot s = { 0 };
	char url[128];

	/* The same listener by another address; its certificate names localhost and 127.0.0.1. */
	(void)snprintf(url, sizeof(url), "https://127.0.0.2:%d/bytes/1", b->open_port);
	aim(b, &s, b->ca, url);
	expect(b, &s, CLA_NET_TLS_SERVER, 0);
}

/* The same server, with and without a certificate: a kept connection must not carry the one over to
 * the other. */
static void test_identities_do_not_share_connections(void **state)
{
	struct bench *b = *state;
	URL(url, b->optional_port, "/echo");
	uint8_t first[32];

	for (int round = 0; round < 4; round++) {
		struct shot s = { 0 };
		bool with = round % 2 == 0;
		aim(b, &s, with ? b->client : b->ca, url);
		expect(b, &s, CLA_NET_OK, 200);
		assert_true(cla_str_starts(cla_buf_str(&s.body),
					   with ? "certificate\n" : "no certificate\n"));
		assert_true(s.answer.has_peer); /* also on a kept connection */
		if (!round)
			memcpy(first, s.answer.peer_spki, sizeof(first));
		assert_memory_equal(first, s.answer.peer_spki, sizeof(first));
		cla_buf_clear(&s.body);
	}
}

static void test_sink_refuses(void **state)
{
	struct bench *b = *state;
	struct shot head = { .refuse_head = true }, data = { .refuse_data = true };
	URL(url, b->open_port, "/bytes/100");

	aim(b, &head, b->ca, url);
	expect(b, &head, CLA_NET_SINK, 200);
	assert_int_equal(head.body.len, 0);
	aim(b, &data, b->ca, url);
	expect(b, &data, CLA_NET_SINK, 200);
	cla_buf_clear(&data.body);
}

static void test_turn(void **state)
{
	struct bench *b = *state;
	struct cla_net_header now = { "Authorization", CLA_STR("Bearer now") },
			      split = { "X-Tax-Identifier", CLA_STR("A\r\nHost: b") };
	struct shot s = { .turned = &now, .turned_count = 1 }, held = { 0 },
		    unclean = { .turned = &split, .turned_count = 1 };
	URL(url, b->open_port, "/echo");

	aim(b, &s, b->ca, url);
	s.request.turn = shot_turn;
	expect(b, &s, CLA_NET_OK, 200);
	assert_non_null(strstr(cla_buf_cstr(&s.body), "Bearer now"));
	aim(b, &held, b->ca, url);
	held.request.turn = shot_turn;
	expect(b, &held, CLA_NET_HELD, 0);
	aim(b, &unclean, b->ca, url);
	unclean.request.turn = shot_turn;
	expect(b, &unclean, CLA_NET_OTHER, 0);
	cla_buf_clear(&s.body);
}

static void test_order_and_delay(void **state)
{
	struct bench *b = *state;
	struct cla_net_opts opts = { .max_in_flight = 1 };
	struct shot s[4] = { 0 };
	int order = 0;
	URL(url, b->open_port, "/bytes/1");

	cla_net_close(b->net);
	assert_true(cla_net_open(&b->ctx, &opts, &b->net, NULL));
	for (size_t i = 0; i < CLA_LEN(s); i++) {
		aim(b, &s[i], b->ca, url);
		s[i].order = &order;
	}
	s[0].request.delay_ms = 300;
	s[3].request.rank = CLA_NET_FIRST;
	for (size_t i = 0; i < CLA_LEN(s); i++)
		submit(b, &s[i]);
	int64_t start = b->ctx.clock.monotonic_ms(NULL);
	assert_true(cla_net_run(b->net, NULL));
	assert_true(b->ctx.clock.monotonic_ms(NULL) - start >= 300);
	assert_int_equal(s[3].ended_as, 1);
	assert_int_equal(s[1].ended_as, 2);
	assert_int_equal(s[2].ended_as, 3);
	assert_int_equal(s[0].ended_as, 4);
	for (size_t i = 0; i < CLA_LEN(s); i++)
		cla_buf_clear(&s[i].body);
	cla_net_close(b->net);
	open_net(b);
}

/* What leads to more is not left until nothing else is there. (Held at its turn, each ends in the
 * order in which it would have gone.) */
static void test_ranks(void **state)
{
	enum { EACH = 20, HALF_A_WINDOW = 8 };
	struct bench *b = *state;
	struct shot first = { 0 }, soon[EACH] = { 0 }, later[EACH] = { 0 };
	struct shot *all[2 * EACH + 1];
	int order = 0, at = 0;
	size_t count = 0;
	URL(url, b->open_port, "/bytes/1");

	for (size_t i = 0; i < EACH; i++) {
		all[count++] = &later[i];
		later[i].request.rank = CLA_NET_LATER;
		all[count++] = &soon[i];
		soon[i].request.rank = CLA_NET_SOON;
	}
	all[count++] = &first;
	first.request.rank = CLA_NET_FIRST;
	for (size_t i = 0; i < count; i++) {
		aim(b, all[i], b->ca, url);
		all[i]->request.turn = shot_turn;
		all[i]->order = &order;
		submit(b, all[i]);
	}
	assert_true(cla_net_run(b->net, NULL));
	assert_int_equal(first.ended_as, ++at);
	size_t s = 0, l = 0;
	while (EACH - s >= HALF_A_WINDOW)
		assert_int_equal(soon[s++].ended_as, ++at);
	while (s < EACH) {
		assert_int_equal(later[l++].ended_as, ++at);
		assert_int_equal(soon[s++].ended_as, ++at);
	}
	while (l < EACH)
		assert_int_equal(later[l++].ended_as, ++at);
}

/* Whatever is queued, delayed or in flight ends, once. */
static void end_early(struct bench *b, bool by_user)
{
	struct shot s[40] = { 0 };
	URL(quick, b->open_port, "/bytes/1");
	URL(slow, b->open_port, "/wait/900");
	struct cla_err err = CLA_ERR_INIT;
	int cancelled = 0;

	for (size_t i = 0; i < CLA_LEN(s); i++) {
		aim(b, &s[i], b->ca, i ? slow : quick);
		s[i].request.delay_ms = i > 30 ? 60000 : 0;
		s[i].stop_at_end = !i && !by_user;
		s[i].cancel_at_end = !i && by_user;
		submit(b, &s[i]);
	}
	assert_int_equal(cla_net_run(b->net, &err), !by_user);
	assert_int_equal(err.code, by_user ? CLA_ERR_INTERRUPTED : CLA_ERR_NONE);
	for (size_t i = 0; i < CLA_LEN(s); i++) {
		assert_int_equal(s[i].dones, 1);
		cancelled += s[i].answer.fail == CLA_NET_CANCELLED;
		cla_buf_clear(&s[i].body);
	}
	assert_true(cancelled >= 39 - 15 && cancelled <= 39);
	assert_false(cla_net_submit(b->net, &s[0].request, &err));
	assert_int_equal(err.code, CLA_ERR_INTERRUPTED);
	b->cancelled = 0;
	cla_net_close(b->net);
	open_net(b);
}

static void test_stop(void **state)
{
	end_early(*state, false);
}

static void test_cancel(void **state)
{
	end_early(*state, true);
}

static void test_closed_with_work_left(void **state)
{
	struct bench *b = *state;
	struct shot s[3] = { 0 };
	URL(url, b->open_port, "/bytes/1");

	for (size_t i = 0; i < CLA_LEN(s); i++) {
		aim(b, &s[i], b->ca, url);
		submit(b, &s[i]);
	}
	cla_net_close(b->net);
	for (size_t i = 0; i < CLA_LEN(s); i++) {
		assert_int_equal(s[i].dones, 1);
		assert_int_equal(s[i].answer.fail, CLA_NET_CANCELLED);
	}
	open_net(b);
}

static void test_many_at_once(void **state)
{
	struct bench *b = *state;
	enum { COUNT = 300 };
	struct shot *s = calloc(COUNT, sizeof(*s));
	URL(url, b->open_port, "/bytes/1000");

	assert_non_null(s);
	for (size_t i = 0; i < COUNT; i++) {
		aim(b, &s[i], b->ca, url);
		s[i].request.rank = i % 2 ? CLA_NET_LATER : CLA_NET_SOON;
		submit(b, &s[i]);
	}
	assert_true(cla_net_run(b->net, NULL));
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(s[i].dones, 1);
		assert_int_equal(s[i].answer.fail, CLA_NET_OK);
		assert_int_equal(s[i].body.len, 1000);
		cla_buf_clear(&s[i].body);
	}
	free(s);
}

/* Good answers may wait before they are told of: they end once as well. After a stop nothing of them
 * is used any more, to the user's own end what came whole is. */
static void end_among_many(struct bench *b, bool by_user)
{
	enum { COUNT = 200, ENDS = 60 };
	struct shot *s = calloc(COUNT, sizeof(*s));
	URL(url, b->open_port, "/bytes/1000");
	struct cla_err err = CLA_ERR_INIT;
	int order = 0;

	assert_non_null(s);
	for (size_t i = 0; i < COUNT; i++) {
		aim(b, &s[i], b->ca, url);
		s[i].request.rank = CLA_NET_SOON;
		s[i].order = &order;
		s[i].stop_at_end = i == ENDS && !by_user;
		s[i].cancel_at_end = i == ENDS && by_user;
		submit(b, &s[i]);
	}
	assert_int_equal(cla_net_run(b->net, &err), !by_user);
	for (size_t i = 0; i < COUNT; i++) {
		bool whole = s[i].answer.fail == CLA_NET_OK;
		assert_int_equal(s[i].dones, 1);
		assert_true(whole || s[i].answer.fail == CLA_NET_CANCELLED);
		assert_true(!whole || s[i].body.len == 1000);
		assert_true(by_user || !whole || s[i].ended_as <= s[ENDS].ended_as);
		cla_buf_clear(&s[i].body);
	}
	assert_int_equal(order, COUNT);
	free(s);
	b->cancelled = 0;
	cla_net_close(b->net);
	open_net(b);
}

static void test_stop_among_many(void **state)
{
	end_among_many(*state, false);
}

static void test_cancel_among_many(void **state)
{
	end_among_many(*state, true);
}

static void test_no_connection(void **state)
{
	struct bench *b = *state;
	struct shot refused = { 0 }, unknown = { 0 }, plain = { 0 };

	aim(b, &refused, b->ca, (char[]){ "https://127.0.0.1:1/" });
	expect(b, &refused, CLA_NET_CONNECT, 0);
	aim(b, &unknown, b->ca, (char[]){ "https://no-such-host.invalid/?secret=1" });
	expect(b, &unknown, CLA_NET_RESOLVE, 0);
	assert_null(strstr(unknown.answer.detail, "secret"));
	aim(b, &plain, NULL, (char[]){ "http://127.0.0.1:1/" });
	plain.request.allow_plain = true;
	expect(b, &plain, CLA_NET_CONNECT, 0);
	plain = (struct shot){ 0 };
	aim(b, &plain, NULL, (char[]){ "http://127.0.0.1:1/" });
	plain.request.allow_plain = true;
	plain.request.allow_private = false;
	expect(b, &plain, CLA_NET_REFUSED, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private_addresses),
		cmocka_unit_test(test_classification),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_bytes_on_the_wire),
		cmocka_unit_test(test_post),
		cmocka_unit_test(test_refused_at_submit),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_private_refused),
		cmocka_unit_test(test_private_refused_on_a_kept_connection),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_alert_comes_while_we_write),
		cmocka_unit_test(test_wrong_server_name),
		cmocka_unit_test(test_identities_do_not_share_connections),
		cmocka_unit_test(test_sink_refuses),
		cmocka_unit_test(test_turn),
		cmocka_unit_test(test_order_and_delay),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_stop_among_many),
		cmocka_unit_test(test_cancel_among_many),
		cmocka_unit_test(test_closed_with_work_left),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_no_connection),
	};

	/* The servers are on loopback: no proxy may come between. */
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
