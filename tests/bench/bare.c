/* tests/bench/bare.c - what libcurl by itself can do: bare IN_FLIGHT FOLDER LIST…
 *
 * Fetches the addresses of all lists, in order, with so many in flight over as few connections as
 * the server allows, and forgets what comes. Nothing is hashed, noted or stored: what it takes is
 * the floor of any program over this library, server and line. FOLDER holds ca.pem, client.pem and
 * client.key. Prints requests and seconds.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define STREAMS 100 /* of a connection */

struct bare {
	CURLM *multi;
	const char *folder;
	struct cla_str rest; /* addresses that were not asked for yet */
	unsigned long long done, failed;
};

static size_t forget(char *bytes, size_t size, size_t count, void *ctx)
{
	(void)bytes, (void)ctx;
	return size * count;
}

static void set_file(CURL *easy, CURLoption option, const struct bare *b, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	if (curl_easy_setopt(easy, option, path) != CURLE_OK)
		abort();
}

static CURL *new_handle(const struct bare *b)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		abort();
	set_file(easy, CURLOPT_CAINFO, b, "ca.pem");
	set_file(easy, CURLOPT_SSLCERT, b, "client.pem");
	set_file(easy, CURLOPT_SSLKEY, b, "client.key");
	if (curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, forget) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L) != CURLE_OK)
		abort();
	return easy;
}

/* The next address through this handle; false when there is none. */
static bool ask(struct bare *b, CURL *easy)
{
	struct cla_str line;

	if (!b->rest.len)
		return false;
	cla_str_cut(b->rest, '\n', &line, &b->rest);
	char *url = cla_str_dup(line);
	bool ok = url && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
		  curl_multi_add_handle(b->multi, easy) == CURLM_OK;
	free(url);
	if (!ok)
		abort();
	return true;
}

static void take(struct bare *b)
{
	int left;

	for (CURLMsg *msg; (msg = curl_multi_info_read(b->multi, &left));) {
		CURL *easy = msg->easy_handle;
		long status = 0;

		if (msg->msg != CURLMSG_DONE)
			continue;
		if (msg->data.result != CURLE_OK ||
		    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
		    status != 200)
			b->failed++;
		b->done++;
		curl_multi_remove_handle(b->multi, easy);
		if (!ask(b, easy))
			curl_easy_cleanup(easy);
	}
}

int main(int argc, char **argv)
{
	cla_auto_buf struct cla_buf list = CLA_BUF_INIT((size_t)1 << 30);
	struct cla_clock clock = cla_clock_system();
	struct cla_err err = CLA_ERR_INIT;
	struct bare b = { 0 };
	int running = 1;

	if (argc < 4) {
		fprintf(stderr, "usage: bare IN_FLIGHT FOLDER LIST...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		if (!cla_file_read(argv[i], &list, &err)) {
			fprintf(stderr, "bare: %s\n", err.msg);
			return 1;
		}
	const int flight = atoi(argv[1]);
	b.folder = argv[2];
	b.rest = cla_buf_str(&list);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(b.multi = curl_multi_init()) ||
	    curl_multi_setopt(b.multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS) != CURLM_OK ||
	    /* else one would be opened for each of the first requests */
	    curl_multi_setopt(b.multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			      (long)((flight + STREAMS - 1) / STREAMS)) != CURLM_OK)
		abort();
	int64_t begin = clock.monotonic_ms(clock.ctx);
	for (int i = 0; i < flight; i++) {
		CURL *easy = new_handle(&b);
		if (!ask(&b, easy)) {
			curl_easy_cleanup(easy);
			break;
		}
	}
	for (;;) {
		const struct timespec moment = { 0, 500000 };
		unsigned long long before = b.done;
		/* libcurl looks at all transfers each time: answers are taken in company */
		(void)nanosleep(&moment, NULL);
		if (curl_multi_perform(b.multi, &running) != CURLM_OK)
			abort();
		take(&b);
		if (!running && !b.rest.len && b.done == before)
			break;
		if (b.done == before &&
		    curl_multi_poll(b.multi, NULL, 0, 1000, NULL) != CURLM_OK)
			abort();
	}
	int64_t ms = clock.monotonic_ms(clock.ctx) - begin;
	printf("%llu %lld.%03d\n", b.done, (long long)(ms / 1000), (int)(ms % 1000));
	if (b.failed)
		fprintf(stderr, "bare: %llu failed\n", b.failed);
	curl_multi_cleanup(b.multi);
	return b.failed ? 1 : 0;
}
