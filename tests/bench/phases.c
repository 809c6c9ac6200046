/* tests/bench/phases.c - the same work in another order: phases IN_FLIGHT FOLDER DATA LIST…
 *
 * Fetches the addresses of one list after the other, each list to its end before the next begins,
 * over the same connections and into a store as clara-audit does; of a list whose name begins with
 * '+' one address after the other. FOLDER holds ca.pem, client.pem and client.key. Prints requests
 * and seconds.
 */
#include "base/file.h"
#include "crypto/tls.h"
#include "net/net.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
	struct cla_ctx ctx;
	struct cla_net *net;
	struct cla_net_identity *identity;
	struct cla_store *store;
	struct cla_str rest; /* of a list that is fetched one after the other */
	unsigned long long requests, failed;
};

struct shot {
	struct bench *bench;
	struct cla_put *put;
	bool chained;
};

static void must(bool ok, const struct cla_err *err)
{
	if (ok)
		return;
	fprintf(stderr, "phases: %s\n", err->msg);
	exit(1);
}

static bool head(void *ctx, const struct cla_net_answer *a)
{
	struct shot *s = ctx;
	struct cla_err err = CLA_ERR_INIT;

	if (a->status == 200) {
		s->put = cla_store_begin(s->bench->store, &err);
		must(s->put, &err);
	}
	return s->put;
}

static bool data(void *ctx, struct cla_str bytes)
{
	struct shot *s = ctx;

	return cla_store_write(s->put, bytes, NULL);
}

static void fetch_next(struct bench *b, bool chained);

static void done(void *ctx, const struct cla_net_answer *a)
{
	struct shot *s = ctx;
	struct bench *b = s->bench;
	struct cla_err err = CLA_ERR_INIT;
	struct cla_digest digest;
	bool chained = s->chained;

	b->requests++;
	if (a->fail == CLA_NET_OK && s->put) {
		must(cla_store_commit(s->put, &digest, NULL, NULL, &err), &err);
	} else {
		b->failed++;
		cla_store_abort(s->put);
	}
	if (b->requests % 64 == 0)
		must(cla_store_flush(b->store, &err), &err);
	free(s);
	if (chained)
		fetch_next(b, true);
}

static void fetch_next(struct bench *b, bool chained)
{
	struct cla_str line;
	struct cla_err err = CLA_ERR_INIT;

	if (!b->rest.len)
		return;
	cla_str_cut(b->rest, '\n', &line, &b->rest);
	char *url = cla_str_dup(line);
	struct shot *s = calloc(1, sizeof(*s));
	if (!url || !s)
		abort();
	s->bench = b;
	s->chained = chained;
	const struct cla_net_request request = {
		.method = "GET",
		.url = url,
		.identity = b->identity,
		.max_body = 1 << 30,
		.allow_private = true,
		.head = head,
		.data = data,
		.done = done,
		.ctx = s,
	};
	must(cla_net_submit(b->net, &request, &err), &err);
	free(url);
}

static void read_into(struct cla_buf *out, const char *folder, const char *name)
{
	char path[4096];
	struct cla_err err = CLA_ERR_INIT;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	must(cla_file_read(path, out, &err), &err);
}

int main(int argc, char **argv)
{
	cla_auto_buf struct cla_buf ca = CLA_BUF_INIT(1 << 20), cert = CLA_BUF_INIT(1 << 20),
				    key = CLA_BUF_INIT(1 << 20);
	struct bench b = { .ctx.clock = cla_clock_system() };
	struct cla_tls_known *servers = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (argc < 5) {
		fprintf(stderr, "usage: phases IN_FLIGHT FOLDER DATA LIST...\n");
		return 2;
	}
	read_into(&ca, argv[2], "ca.pem");
	read_into(&cert, argv[2], "client.pem");
	read_into(&key, argv[2], "client.key");
	const struct cla_net_identity_opts id = { cla_buf_str(&cert), cla_buf_str(&key),
						  cla_buf_str(&ca) };
	must(cla_tls_known_new(&servers, &err), &err);
	const struct cla_net_opts opts = { .tls = { cla_tls_peer, cla_tls_alert, servers },
					   .max_in_flight = (unsigned)atoi(argv[1]) };
	must(cla_net_init(&err) && cla_net_identity_new(&id, &b.identity, &err) &&
		     cla_net_open(&b.ctx, &opts, &b.net, &err) &&
		     cla_store_open(&b.ctx, argv[3], CLA_STORE_WRITE, &b.store, &err),
	     &err);
	int64_t begin = b.ctx.clock.monotonic_ms(b.ctx.clock.ctx);
	for (int i = 4; i < argc; i++) {
		cla_auto_buf struct cla_buf list = CLA_BUF_INIT(1 << 30);
		bool chained = argv[i][0] == '+';
		must(cla_file_read(argv[i] + chained, &list, &err), &err);
		b.rest = cla_buf_str(&list);
		do
			fetch_next(&b, chained);
		while (!chained && b.rest.len);
		must(cla_net_run(b.net, &err), &err);
	}
	must(cla_store_flush(b.store, &err), &err);
	int64_t ms = b.ctx.clock.monotonic_ms(b.ctx.clock.ctx) - begin;
	printf("%llu %lld.%03d\n", b.requests, (long long)(ms / 1000), (int)(ms % 1000));
	if (b.failed)
		fprintf(stderr, "phases: %llu failed\n", b.failed);
	cla_net_close(b.net);
	cla_net_identity_free(b.identity);
	cla_tls_known_free(servers);
	cla_store_close(b.store);
	return b.failed ? 1 : 0;
}
