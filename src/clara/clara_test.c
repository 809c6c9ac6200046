/* clara/clara_test.c - the parts of the collector that need neither network nor store. */
#include "clara/credentials.h"
#include "crypto/seal.h"
#include "clara/hosts.h"
#include "clara/pick.h"
#include "clara/replay.h"
#include "clara/retry.h"
#include "clara/rowmap.h"
#include "clara/token.h"
#include "clara/tokens.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- folders and files ------------------------------------------------------- */

static int make_dir(void **state)
{
	char *dir = strdup("/tmp/cla-clara-test-XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) ? 0 : -1;
}

static bool remove_file(void *ctx, const char *path, struct cla_err *err)
{
	(void)ctx, (void)err;
	return unlink(path) == 0;
}

static int drop_dir(void **state)
{
	char *dir = *state, bodies[128];

	(void)snprintf(bodies, sizeof(bodies), "%s/bodies", dir);
	bool ok = cla_path_walk(dir, remove_file, NULL, NULL);
	(void)rmdir(bodies);
	ok = rmdir(dir) == 0 && ok;
	free(dir);
	return ok ? 0 : -1;
}

/* Writes a file and returns its path, which lives as long as `path` does. */
static const char *put(const char *dir, const char *name, const char *text, mode_t mode,
		       char path[128])
{
	(void)snprintf(path, 128, "%s/%s", dir, name);
	assert_true(cla_file_replace(path, cla_str_from(text), mode, NULL));
	return path;
}

/* ---- members of a JSON text -------------------------------------------------- */

static void test_pick(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		const char *a, *b; /* NULL: refused */
	} rows[] = {
		{ "{\"a\":\"x\",\"b\":12.50}", "x", "12.50" },
		{ "{\"in\":{\"a\":\"y\\n\"}}", "y\n", "" },
		{ "{\"in\":{\"in\":{\"a\":\"deep\"}}}", "", "" },
		{ "{\"a\":\"\",\"in\":{\"a\":\"second\"}}", "second", "" },
		{ "{\"a\":null,\"b\":[1]}", "", "" },
		{ "{\"a\":{\"b\":\"z\"}}", "", "z" },
		{ "{\"A\":\"other spelling\"}", "other spelling", "" },
		{ "{}", "", "" },
		{ "[\"a\",\"b\"]", NULL, NULL },
		{ "{\"a\":\"x\"", NULL, NULL },
		{ "<html>", NULL, NULL },
		{ "", NULL, NULL },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_buf a = CLA_BUF_INIT(64), b = CLA_BUF_INIT(64);
		const struct cla_pick picks[] = { { "a", &a }, { "b", &b }, { "A", &a } };
		struct cla_err err = CLA_ERR_INIT;
		bool ok = cla_pick(cla_str_from(rows[i].json), picks, CLA_LEN(picks), &err);
		assert_int_equal(ok, rows[i].a != NULL);
		if (ok) {
			assert_string_equal(cla_buf_cstr(&a), rows[i].a);
			assert_string_equal(cla_buf_cstr(&b), rows[i].b);
		} else {
			assert_int_equal(err.code, CLA_ERR_FORMAT);
		}
		cla_buf_clear(&a);
		cla_buf_clear(&b);
	}
}

/* ---- credentials ------------------------------------------------------------- */

#define PEM "-----BEGIN X-----\nAAAA\n-----END X-----\n"

static void test_pem_is_mended(void **state)
{
	(void)state;
	static const char *const rows[] = {
		PEM,
		"-----BEGIN X-----\r\nAAAA\r\n-----END X-----\r\n",
		"-----BEGIN X-----\\nAAAA\\n-----END X-----\\n",
		"-----BEGIN X-----\\\\nAAAA\\\\n-----END X-----",
		"\"-----BEGIN X-----\\nAAAA\\n-----END X-----\"",
		"'-----BEGIN X-----\\r\\nAAAA\\r\\n-----END X-----'",
		"  \"'-----BEGIN X-----\nAAAA\n-----END X-----'\" \n",
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(256);
		cla_pem_mend(cla_str_from(rows[i]), &out);
		assert_string_equal(cla_buf_cstr(&out), PEM);
	}
}

static void test_credentials(void **state)
{
	const char *dir = *state;
	static const struct {
		const char *json;
		bool files;	       /* separate certificate and key */
		const char *id, *cert; /* NULL: refused */
	} rows[] = {
		{ "{\"clientId\":\"i\",\"clientSecret\":\"s\"}", false, "i", "" },
		{ "{\"clientId\":\"i\",\"clientSecret\":\"s\",\"audience\":\"x\"}", true, "i",
		  "-----BEGIN F" },
		{ "{\"client_id\":\"i\",\"client_secret\":\"s\"}", false, "i", "" },
		{ "{\"projectName\":\"p\",\"credentials\":{\"clientId\":\"i\",\"clientSecret\":"
		  "\"s\","
		  "\"publicKey\":\"-----BEGIN P\\\\nx\",\"privateKey\":\"-----BEGIN K\\nx\"}}",
		  false, "i", "-----BEGIN P\nx\n" },
		{ "{\"credentials\":{\"clientId\":\"i\",\"clientSecret\":\"s\","
		  "\"publicKey\":\"-----BEGIN P\",\"privateKey\":\"-----BEGIN K\"}}",
		  true, "i", "-----BEGIN F" },
		{ "{\"clientId\":\"i\"}", false, NULL, NULL },
		{ "{\"clientSecret\":\"s\"}", false, NULL, NULL },
		{ "{\"clientId\":\"i\",\"clientSecret\":\"s\",\"publicKey\":\"-----BEGIN P\"}",
		  false, NULL, NULL },
		{ "not json", false, NULL, NULL },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		char json[128], cert[128], key[128];
		struct cla_entity e = { .name = "e" };
		cla_auto_credentials struct cla_credentials c;
		struct cla_err err = CLA_ERR_INIT;

		e.credentials = put(dir, "c.json", rows[i].json, 0600, json);
		if (rows[i].files) {
			e.client_cert = put(dir, "c.crt", "-----BEGIN F\n", 0644, cert);
			e.client_key = put(dir, "c.key", "-----BEGIN G\n", 0600, key);
		}
		bool ok = cla_credentials_load(&e, &c, &err);
		assert_int_equal(ok, rows[i].id != NULL);
		if (!ok) {
			assert_int_equal(err.code, CLA_ERR_CONFIG);
			assert_non_null(strstr(err.msg, "entity 'e'"));
			assert_null(strstr(err.msg, "\"s\""));
			continue;
		}
		assert_string_equal(cla_buf_cstr(&c.client_id), rows[i].id);
		assert_string_equal(cla_buf_cstr(&c.client_secret), "s");
		assert_int_equal(
			strncmp(cla_buf_cstr(&c.cert_pem), rows[i].cert, strlen(rows[i].cert)), 0);
		assert_int_equal(!c.cert_pem.len, !c.key_pem.len);
		cla_auto_buf struct cla_buf basic = CLA_BUF_INIT(256);
		assert_true(cla_credentials_basic(&c, &basic, NULL));
		assert_string_equal(cla_buf_cstr(&basic), "Basic aTpz");
	}
}

static void expect_config_error(const struct cla_entity *e, const char *word)
{
	cla_auto_credentials struct cla_credentials c;
	struct cla_err err = CLA_ERR_INIT;

	assert_false(cla_credentials_load(e, &c, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
	if (!strstr(err.msg, word))
		fail_msg("'%s' does not say '%s'", err.msg, word);
}

static void test_secret_files_are_private(void **state)
{
	const char *dir = *state;
	char json[128], key[128], cert[128], ca[128];
	struct cla_entity e = { .name = "e" };

	expect_config_error(&e, "no credentials");
	e.credentials = "/nonexistent/c.json";
	expect_config_error(&e, "/nonexistent/c.json");
	e.credentials = dir;
	expect_config_error(&e, "not a file");
	e.credentials =
		put(dir, "c.json", "{\"clientId\":\"i\",\"clientSecret\":\"s\"}", 0644, json);
	expect_config_error(&e, "chmod 600");
	assert_int_equal(chmod(json, 0640), 0);
	expect_config_error(&e, json);
	assert_int_equal(chmod(json, 0600), 0);
	e.client_key = put(dir, "c.key", "-----BEGIN K\n", 0604, key);
	e.client_cert = put(dir, "c.crt", "-----BEGIN C\n", 0644, cert);
	expect_config_error(&e, "chmod 600");
	assert_int_equal(chmod(key, 0600), 0);
	e.ca_file = put(dir, "ca.pem", "no certificate", 0644, ca);
	expect_config_error(&e, "not a PEM");
	e.ca_file = NULL;
	e.client_cert = NULL;
	expect_config_error(&e, "no client certificate");
}

/* ---- token ------------------------------------------------------------------- */

#if !defined(__SANITIZE_ADDRESS__) &&                                                              \
	!defined(__SANITIZE_THREAD__) /* their memory lies elsewhere */

/* How often a text stands in the memory that was ever had from malloc(). */
static int in_heap(const char *text, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "r"), *mem = fopen("/proc/self/mem", "r");
	char line[512];
	int found = 0;

	assert_non_null(maps);
	assert_non_null(mem);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from = 0, to = 0;
		if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		/* not from malloc(), where it would find itself */
		char *copy = mmap(NULL, to - from, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_true(copy != MAP_FAILED);
		assert_int_equal(fseek(mem, (long)from, SEEK_SET), 0);
		assert_int_equal(fread(copy, 1, to - from, mem), to - from);
		for (char *p = copy; (p = memmem(p, (size_t)(copy + (to - from) - p), text, len));)
			found++, p++;
		assert_int_equal(munmap(copy, to - from), 0);
	}
	(void)fclose(maps);
	(void)fclose(mem);
	return found;
}

/* Fills a buffer that cannot grow where it is, clears it, and counts what is left of the text. */
static int left_of(struct cla_buf *b, const char *text)
{
	void *blocks[8];

	cla_buf_addc(b, "a line before it. ");
	cla_buf_addc(b, text);
	for (int i = 0; i < 8; i++) {
		blocks[i] = malloc(64);
		assert_non_null(blocks[i]);
		cla_buf_addf(b, "%0*d", 64 << i, 0);
	}
	assert_true(strstr(cla_buf_cstr(b), text));
	cla_buf_clear(b);
	for (int i = 0; i < 8; i++)
		free(blocks[i]);
	return in_heap(text, 32);
}

static void make_secret(char out[33], size_t step)
{
	for (size_t i = 0; i < 32; i++)
		out[i] = (char)('A' + (i * step + 3) % 26);
	out[32] = '\0';
}

static void test_secret_buffers_leave_nothing(void **state)
{
	struct cla_buf plain = CLA_BUF_INIT(1 << 20), secret = CLA_BUF_SECRET(1 << 20);
	char text[33];

	(void)state;
	make_secret(text, 5);
	assert_true(left_of(&plain, text) > 0); /* this is what finds it */
	make_secret(text, 9);
	assert_int_equal(left_of(&secret, text), 0);
}

/* A key that was read, mended and let go is nowhere any more. */
static void test_secrets_leave_nothing(void **state)
{
	const char *dir = *state;
	char key[128], cert[128], json[128], pem[8192], secret[33];
	static char buffer[1 << 13];
	size_t at = 0;

	make_secret(secret, 7);
	/* long enough for every buffer to grow several times */
	at += (size_t)snprintf(pem, sizeof(pem), "-----BEGIN K-----\\n%s\\n", secret);
	while (at < sizeof(pem) - 200)
		at += (size_t)snprintf(pem + at, sizeof(pem) - at, "%064d\\n", (int)at);
	(void)snprintf(pem + at, sizeof(pem) - at, "%s\\n-----END K-----", secret);
	(void)snprintf(key, sizeof(key), "%s/key", dir);
	(void)snprintf(cert, sizeof(cert), "%s/cert", dir);
	(void)snprintf(json, sizeof(json), "%s/json", dir);
	assert_true(cla_file_replace(key, cla_str_from(pem), 0600, NULL));
	assert_true(cla_file_replace(cert, CLA_STR("-----BEGIN C-----\n"), 0600, NULL));
	(void)snprintf(buffer, sizeof(buffer), "{\"clientId\":\"i\",\"clientSecret\":\"%s\"}",
		       secret);
	assert_true(cla_file_replace(json, cla_str_from(buffer), 0600, NULL));
	const struct cla_entity e = {
		.name = "e", .credentials = json, .client_cert = cert, .client_key = key
	};
	cla_auto_buf struct cla_buf basic = CLA_BUF_SECRET(1 << 20);
	struct cla_credentials c;
	assert_true(cla_credentials_load(&e, &c, NULL));
	assert_true(cla_credentials_basic(&c, &basic, NULL));
	assert_true(in_heap(secret, 32) >= 3); /* this is what finds it */
	cla_credentials_clear(&c);
	cla_buf_clear(&basic);
	assert_int_equal(in_heap(secret, 32), 0);
}

#endif

static void test_pair_is_checked(void **state)
{
	cla_auto_credentials struct cla_credentials c;
	cla_auto_buf struct cla_buf other = CLA_BUF_INIT(1 << 16), cert = CLA_BUF_INIT(1 << 16);
	struct cla_time now = { 1733000000, 0 };
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	cla_credentials_init(&c);
	assert_true(cla_credentials_check(&c, &err)); /* no certificate: the server decides */
	assert_true(cla_seal_generate("a", now, 1, &c.key_pem, &c.cert_pem, &err));
	assert_true(cla_credentials_check(&c, &err));
	assert_true(cla_seal_generate("b", now, 1, &other, &cert, &err));
	cla_buf_reset(&c.key_pem);
	cla_buf_add(&c.key_pem, cla_buf_str(&other));
	assert_false(cla_credentials_check(&c, &err));
	assert_int_equal(err.code, CLA_ERR_AUTH);
	cla_buf_reset(&c.cert_pem);
	cla_buf_addc(&c.cert_pem, "no certificate");
	assert_false(cla_credentials_check(&c, &err));
	assert_int_equal(err.code, CLA_ERR_AUTH);
	cla_buf_reset(&c.cert_pem);
	cla_buf_addc(&c.ca_pem, "no certificate");
	assert_false(cla_credentials_check(&c, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
}

static void test_token_life(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t life;
		int64_t renew_ms;
	} rows[] = {
		{ "86400", 86400, 77760000 },
		{ "3600", 3600, 3240000 },
		{ "3600.0", 3600, 3240000 },
		{ " 3600 ", 3600, 3240000 },
		{ "300", 300, 240000 },
		{ "120", 120, 60000 },
		{ "119", 119, 59500 },
		{ "2", 2, 1000 },
		{ "1", 1, 500 },
		{ NULL, 3600, 3240000 },
		{ "", 3600, 3240000 },
		{ "0", 3600, 3240000 },
		{ "-5", 3600, 3240000 },
		{ "soon", 3600, 3240000 },
		{ "99999999999999999999", 3600, 3240000 },
		{ "2592000", 2592000, 2332800000 },
		{ "2592001", 3600, 3240000 },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		assert_int_equal(cla_token_life_s(cla_str_from(rows[i].text)), rows[i].life);
		assert_int_equal(cla_token_renew_ms(rows[i].life), rows[i].renew_ms);
	}
}

static void test_token_answers(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		const char *header;
	} rows[] = {
		{ "{\"access_token\":\"abc\",\"expires_in\":100,\"token_type\":\"Bearer\"}",
		  "Bearer abc" },
		{ "{\"access_token\":\"abc\",\"expires_in\":\"100\"}", "Bearer abc" },
		{ "{\"access_token\":\"a b\",\"expires_in\":100}", NULL },
		{ "{\"access_token\":\"a\\r\\nX: y\",\"expires_in\":100}", NULL },
		{ "{\"access_token\":\"\"}", NULL },
		{ "{\"expires_in\":100}", NULL },
		{ "<html></html>", NULL },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_token t;
		cla_token_init(&t);
		bool ok = cla_token_take(&t, cla_str_from(rows[i].json), 1000, NULL);
		assert_int_equal(ok, rows[i].header != NULL);
		assert_int_equal(cla_token_fresh(&t, 1000), ok);
		if (ok) {
			assert_string_equal(cla_buf_cstr(&t.header), rows[i].header);
			assert_true(cla_token_fresh(&t, 1000 + 49999));
			assert_false(cla_token_fresh(&t, 1000 + 50000));
			assert_int_equal(t.serial, 1);
			/* a bad answer leaves the token that we have */
			assert_false(cla_token_take(&t, CLA_STR("{}"), 2000, NULL));
			assert_true(cla_token_fresh(&t, 2000));
		}
		cla_token_clear(&t);
	}
}

static const char *kept(const struct cla_tokens *tokens, const struct cla_digest *key, int64_t now,
			struct cla_token *to)
{
	cla_token_clear(to);
	cla_tokens_get(tokens, key, now, to);
	return to->valid ? cla_buf_cstr(&to->header) : "";
}

static void test_tokens_are_shared(void **state)
{
	struct cla_digest a = { { 1 } }, b = { { 2 } };
	struct cla_tokens *tokens = NULL;
	struct cla_token first, second, got;

	(void)state;
	cla_token_init(&first);
	cla_token_init(&second);
	cla_token_init(&got);
	assert_true(cla_tokens_new(&tokens, NULL));
	assert_true(cla_token_take(&first, CLA_STR("{\"access_token\":\"one\",\"expires_in\":600}"),
				   1000, NULL));
	assert_true(cla_token_take(
		&second, CLA_STR("{\"access_token\":\"two\",\"expires_in\":600}"), 1000, NULL));
	assert_string_equal(kept(tokens, &a, 2000, &got), "");
	cla_tokens_put(tokens, &a, &first);
	assert_string_equal(kept(tokens, &a, 2000, &got), "Bearer one");
	/* other credentials have none, and an old one is of no use */
	assert_string_equal(kept(tokens, &b, 2000, &got), "");
	assert_string_equal(kept(tokens, &a, first.renew_at_ms, &got), "");
	/* who was refused the earlier one does not take the later one away */
	cla_tokens_put(tokens, &a, &second);
	cla_tokens_drop(tokens, &a, &first);
	assert_string_equal(kept(tokens, &a, 2000, &got), "Bearer two");
	cla_tokens_drop(tokens, &a, &second);
	assert_string_equal(kept(tokens, &a, 2000, &got), "");
	/* a run of one entity has no such list */
	cla_tokens_put(NULL, &a, &first);
	cla_tokens_drop(NULL, &a, &first);
	assert_string_equal(kept(NULL, &a, 2000, &got), "");
	cla_tokens_free(tokens);
	cla_token_clear(&first);
	cla_token_clear(&second);
	cla_token_clear(&got);
}

static void test_token_refusals(void **state)
{
	(void)state;
	static const char *const secrets[] = { "", "s3cr3t", "Y29kZQ==", NULL };
	char out[64];

	cla_token_refusal(
		CLA_STR("{\"error\":\"access_denied\",\"error_description\":\"no\\u001b[2J\"}"),
		secrets, out, sizeof(out));
	assert_string_equal(out, "no?[2J");
	cla_token_refusal(CLA_STR("{\"error\":\"access_denied\"}"), secrets, out, sizeof(out));
	assert_string_equal(out, "access_denied");
	cla_token_refusal(CLA_STR("{\"message\":\"m\",\"error\":\"e\"}"), secrets, out,
			  sizeof(out));
	assert_string_equal(out, "m");
	cla_token_refusal(CLA_STR("<html>"), secrets, out, sizeof(out));
	assert_string_equal(out, "");
	cla_token_refusal(
		CLA_STR("{\"error_description\":\"bad: Basic Y29kZQ==\",\"error\":\"e\"}"), secrets,
		out, sizeof(out));
	assert_string_equal(out, "e");
	cla_token_refusal(CLA_STR("{\"message\":\"not s3\\u0063r3t\"}"), secrets, out, sizeof(out));
	assert_string_equal(out, "");
}

/* ---- retries ----------------------------------------------------------------- */

static void test_what_is_tried_again(void **state)
{
	(void)state;
	static const struct {
		enum cla_net_fail fail;
		int status;
		unsigned tries; /* how many in all */
	} rows[] = {
		{ CLA_NET_OK, 200, 1 },	      { CLA_NET_OK, 400, 1 },
		{ CLA_NET_OK, 403, 1 },	      { CLA_NET_OK, 404, 1 },
		{ CLA_NET_OK, 408, 5 },	      { CLA_NET_OK, 422, 1 },
		{ CLA_NET_OK, 429, 5 },	      { CLA_NET_OK, 500, 3 },
		{ CLA_NET_OK, 501, 1 },	      { CLA_NET_OK, 502, 5 },
		{ CLA_NET_OK, 503, 5 },	      { CLA_NET_OK, 504, 5 },
		{ CLA_NET_OK, 511, 1 },	      { CLA_NET_CONNECT, 0, 5 },
		{ CLA_NET_TIMEOUT, 0, 5 },    { CLA_NET_TIMEOUT, 200, 5 },
		{ CLA_NET_BROKEN, 200, 5 },   { CLA_NET_RESOLVE, 0, 5 },
		{ CLA_NET_TLS, 0, 5 },	      { CLA_NET_TLS_CLIENT, 0, 1 },
		{ CLA_NET_TLS_SERVER, 0, 1 }, { CLA_NET_TOO_LARGE, 200, 1 },
		{ CLA_NET_REDIRECT, 302, 1 }, { CLA_NET_REFUSED, 0, 1 },
		{ CLA_NET_CANCELLED, 0, 1 },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_net_answer a = { .fail = rows[i].fail, .status = rows[i].status };
		unsigned tries = 1;
		while (tries < 10 && cla_retry_worth(&a, tries))
			tries++;
		assert_int_equal(tries, rows[i].tries);
	}
	/* whoever asks for longer than two minutes is not asked again */
	static const struct {
		const char *after;
		bool again;
	} waits[] = {
		{ "120", true },
		{ "121", false },
		{ "99999999999999999999999", false },
		{ "Tue, 19 Nov 2024 07:08:40 GMT", true },
		{ "Tue, 19 Nov 2024 07:08:41 GMT", false },
		{ "later", true },
		{ "-1", true },
	};
	for (size_t i = 0; i < CLA_LEN(waits); i++) {
		const struct cla_net_answer a = { .status = 429,
						  .time = { 1732000000, 0 },
						  .retry_after = cla_str_from(waits[i].after) };
		assert_int_equal(cla_retry_worth(&a, 1), waits[i].again);
	}
}

static void test_retry_after(void **state)
{
	(void)state;
	struct cla_time now = { 1732000000, 0 }; /* 2024-11-19T07:06:40Z */
	static const struct {
		const char *value, *date;
		int64_t ms; /* -1: not understood */
	} rows[] = {
		{ "0", NULL, 0 },
		{ "7", NULL, 7000 },
		{ " 7 ", NULL, 7000 },
		{ "120", NULL, 120000 },
		{ "121", NULL, 121000 },
		{ "99999999999999999999999", NULL, 4294967000 },
		{ "Tue, 19 Nov 2024 07:06:50 GMT", NULL, 10000 },
		{ "Tue, 19 Nov 2024 07:06:30 GMT", NULL, 0 },
		{ "Tue, 19 Nov 2025 07:06:50 GMT", NULL, 4294967000 },
		/* the server's clock is ten hours ahead: only the difference counts */
		{ "Tue, 19 Nov 2024 17:06:50 GMT", "Tue, 19 Nov 2024 17:06:45 GMT", 5000 },
		{ "Tue, 19 Nov 2024 07:06:50 GMT", "nonsense", 10000 },
		{ NULL, NULL, -1 },
		{ "", NULL, -1 },
		{ "-5", NULL, -1 },
		{ "1.5", NULL, -1 },
		{ "soon", NULL, -1 },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		uint32_t ms = 0;
		bool ok = cla_retry_header(cla_str_from(rows[i].value), cla_str_from(rows[i].date),
					   now, &ms);
		assert_int_equal(ok, rows[i].ms >= 0);
		if (ok)
			assert_int_equal(ms, rows[i].ms);
	}
}

static void test_retry_waits(void **state)
{
	(void)state;
	struct cla_net_answer plain = { .status = 503 };
	struct cla_net_answer asked = { .status = 503, .retry_after = CLA_STR("3") };
	uint32_t lowest = UINT32_MAX, highest = 0;

	assert_int_equal(cla_retry_ceiling(1, 0), 500);
	assert_int_equal(cla_retry_ceiling(4, 0), 4000);
	assert_int_equal(cla_retry_ceiling(7, 0), 20000);
	assert_int_equal(cla_retry_ceiling(60, 0), 20000);
	assert_int_equal(cla_retry_ceiling(3, 10), 40);
	for (int i = 0; i < 200; i++) {
		uint32_t d = cla_retry_delay(&plain, 3, 0);
		lowest = d < lowest ? d : lowest;
		highest = d > highest ? d : highest;
		assert_in_range(cla_retry_delay(&asked, 3, 100), 3000, 3100);
	}
	assert_in_range(highest, 1000, 2000);
	assert_in_range(lowest, 0, 1000);
}

/* ---- hosts ------------------------------------------------------------------- */

static void test_hosts(void **state)
{
	(void)state;
	static const char *const own[] = { "localhost:8444", "*.files.example",
					   "Bucket.Example.com", NULL };
	static const struct {
		bool configured;
		const char *host;
		enum cla_host verdict;
	} rows[] = {
		{ false, "company-1.s3.amazonaws.com", CLA_HOST_ALLOWED },
		{ false, "company-1.s3.amazonaws.com:443", CLA_HOST_ALLOWED },
		{ false, "Company-1.S3.AmazonAWS.com", CLA_HOST_ALLOWED },
		{ false, "a.b.s3.us-east-1.amazonaws.com", CLA_HOST_ALLOWED },
		{ false, "company-1.s3.amazonaws.com:8443", CLA_HOST_REFUSED },
		{ false, "s3.amazonaws.com", CLA_HOST_REFUSED },
		{ false, ".s3.amazonaws.com", CLA_HOST_REFUSED },
		{ false, "x..s3.amazonaws.com", CLA_HOST_REFUSED },
		{ false, "company.s3.a.b.amazonaws.com", CLA_HOST_REFUSED },
		{ false, "company.ec2.amazonaws.com", CLA_HOST_REFUSED },
		{ false, "evil-s3.amazonaws.com", CLA_HOST_REFUSED },
		{ false, "company.s3.amazonaws.com.evil.example", CLA_HOST_REFUSED },
		{ false, "evil.example/x.s3.amazonaws.com", CLA_HOST_REFUSED },
		{ false, "x@evil.s3.amazonaws.com", CLA_HOST_REFUSED },
		{ false, "localhost", CLA_HOST_REFUSED },
		{ false, "", CLA_HOST_REFUSED },
		{ true, "localhost:8444", CLA_HOST_NAMED },
		{ true, "localhost", CLA_HOST_REFUSED },
		{ true, "localhost:84444", CLA_HOST_REFUSED },
		{ true, "bucket.example.com:443", CLA_HOST_NAMED },
		{ true, "a.files.example", CLA_HOST_ALLOWED },
		{ true, "a.b.files.example", CLA_HOST_ALLOWED },
		{ true, "files.example", CLA_HOST_REFUSED },
		{ true, "afiles.example", CLA_HOST_REFUSED },
		{ true, "company-1.s3.amazonaws.com", CLA_HOST_REFUSED },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct cla_entity e = { .download_hosts = rows[i].configured ? own : NULL };
		if (cla_host_judge(&e, cla_str_from(rows[i].host)) != rows[i].verdict)
			fail_msg("'%s' is judged wrongly", rows[i].host);
	}
}

/* ---- rows -------------------------------------------------------------------- */

static void test_rowmap(void **state)
{
	(void)state;
	cla_auto_rowmap struct cla_rowmap *m = NULL;
	struct cla_digest one, two;
	uint8_t uuid[16] = { 0 };
	struct cla_row_entry e;
	bool found = true;

	assert_true(cla_rowmap_open(".", &m, NULL));
	assert_true(cla_digest_of(CLA_STR("1"), &one, NULL));
	assert_true(cla_digest_of(CLA_STR("2"), &two, NULL));
	assert_true(cla_rowmap_get(m, 0, uuid, &e, &found, NULL));
	assert_false(found);
	for (unsigned i = 0; i < 5000; i++) {
		memcpy(uuid + 3, &i, sizeof(i));
		e = (struct cla_row_entry){ .time = -(int64_t)i, .round = i };
		cla_row_set_sum(&e, i % 2 ? &one : &two);
		assert_true(cla_rowmap_put(m, i % 3, uuid, &e, NULL));
	}
	for (unsigned i = 0; i < 5000; i++) {
		memcpy(uuid + 3, &i, sizeof(i));
		assert_true(cla_rowmap_get(m, (i + 1) % 3, uuid, &e, &found, NULL));
		assert_false(found);
		assert_int_equal(e.round, 0);
		assert_true(cla_rowmap_get(m, i % 3, uuid, &e, &found, NULL));
		assert_true(found);
		assert_int_equal(e.round, i);
		assert_int_equal(e.time, -(int64_t)i);
		assert_int_equal(cla_row_has_sum(&e, &one), i % 2);
	}
	e.round = 7;
	assert_true(cla_rowmap_put(m, 4999 % 3, uuid, &e, NULL));
	assert_true(cla_rowmap_get(m, 4999 % 3, uuid, &e, &found, NULL));
	assert_int_equal(e.round, 7);

	struct cla_err err = CLA_ERR_INIT;
	struct cla_rowmap *none = NULL;
	assert_false(cla_rowmap_open("no/such/folder", &none, &err));
	assert_int_equal(err.code, CLA_ERR_IO);

	uint8_t upper[16];
	assert_true(cla_row_uuid(CLA_STR("0123abcd-4567-89ab-cdef-0123456789ab"), uuid));
	assert_true(cla_row_uuid(CLA_STR("0123ABCD-4567-89AB-CDEF-0123456789AB"), upper));
	assert_memory_equal(uuid, upper, 16);
	static const char *const bad[] = { "", "0123abcd-4567-89ab-cdef-0123456789a",
					   "0123abcd4567-89ab-cdef-0123456789abc",
					   "0123abcg-4567-89ab-cdef-0123456789ab",
					   "0123abcd-4567-89ab-cdef-0123456789abc" };
	for (size_t i = 0; i < CLA_LEN(bad); i++)
		assert_false(cla_row_uuid(cla_str_from(bad[i]), uuid));
}

/* ---- recorded answers -------------------------------------------------------- */

struct shot {
	int dones, status, order;
	enum cla_net_fail fail;
	struct cla_time time;
	struct cla_buf body;
	int *count;
};

static bool shot_data(void *ctx, struct cla_str bytes)
{
	struct shot *s = ctx;

	cla_buf_add(&s->body, bytes);
	return true;
}

static void shot_done(void *ctx, const struct cla_net_answer *a)
{
	struct shot *s = ctx;

	s->dones++;
	s->status = a->status;
	s->fail = a->fail;
	s->time = a->time;
	if (s->count)
		s->order = ++*s->count;
}

static struct cla_ctx test_ctx(void)
{
	return (struct cla_ctx){ .clock = cla_clock_system() };
}

static void ask(struct cla_replay *r, struct shot *s, const char *url, uint64_t max_body)
{
	struct cla_net_request q = { .method = "GET",
				     .url = url,
				     .max_body = max_body,
				     .data = shot_data,
				     .done = shot_done,
				     .ctx = s };

	s->body = (struct cla_buf)CLA_BUF_INIT(1024);
	assert_true(cla_replay_submit(r, &q, NULL));
}

static const char *const recorded =
	"{\"method\":\"GET\",\"path\":\"/"
	"l\",\"query\":{\"size\":\"100\",\"page\":\"0\",\"sort\":\"d,ASC\"},"
	"\"status\":200,\"time\":\"2024-12-01T00:00:00Z\",\"body\":\"bodies/exact\"}\n"
	"{\"method\":\"GET\",\"path\":\"/l\",\"query\":{\"page\":1},\"status\":200,"
	"\"time\":\"2024-12-01T00:00:01Z\",\"body\":\"bodies/loose\"}\n"
	"{\"method\":\"GET\",\"path\":\"/n\",\"status\":200,\"time\":\"2024-12-01T00:00:02Z\","
	"\"body\":\"bodies/old\"}\n"
	"\n"
	"{\"method\":\"GET\",\"path\":\"/"
	"n\",\"query\":{},\"status\":200,\"time\":\"2024-12-01T00:00:03Z\","
	"\"body\":\"bodies/exact\"}\n"
	"{\"method\":\"GET\",\"path\":\"/f\",\"query\":{\"v\":\"a b/c\"},\"status\":503,"
	"\"time\":\"2024-12-01T00:00:04Z\",\"headers\":{\"retry-AFTER\":\"9\"}}\n"
	"{\"method\":\"GET\",\"path\":\"/gone\",\"status\":200,\"time\":\"2024-12-01T00:00:05Z\","
	"\"body\":\"bodies/none\"}\n";

static void write_recording(const char *dir)
{
	char path[128], bodies[128];

	(void)snprintf(bodies, sizeof(bodies), "%s/bodies", dir);
	assert_true(cla_dir_make(bodies, 0700, NULL));
	put(dir, "answers.jsonl", recorded, 0600, path);
	put(dir, "bodies/exact", "exact", 0600, path);
	put(dir, "bodies/loose", "loose", 0600, path);
	put(dir, "bodies/old", "old", 0600, path);
}

static void test_replay_matches(void **state)
{
	const char *dir = *state;
	static const struct {
		const char *url;
		int status;
		const char *body;
	} rows[] = {
		{ "replay:/l?page=0&size=100&sort=d%2CASC", 200, "exact" },
		{ "replay:/l?sort=d,ASC&page=0&size=100", 200, "exact" },
		{ "https://host.example/l?sort=d,ASC&page=0&size=100&X-Amz-Signature=f&Expires=1",
		  200, "exact" },
		{ "replay:/l?page=1&size=100&sort=d,ASC", 200, "loose" },
		{ "replay:/l?page=1", 200, "loose" },
		{ "replay:/l?page=2&size=100&sort=d,ASC", 404, "" },
		{ "replay:/l?page=1&other=x", 404, "" },
		{ "replay:/l", 404, "" },      /* less was asked for than recorded */
		{ "replay:/n", 200, "exact" }, /* the last line holds */
		{ "replay:/n?page=0&size=20", 200, "exact" },
		{ "replay:/n?page=1&size=20", 404, "" },
		{ "replay:/f?v=a%20b%2fc", 503, "" },
		{ "replay:/unknown", 404, "" },
	};
	struct cla_ctx ctx = test_ctx();
	struct cla_replay *r = NULL;

	write_recording(dir);
	assert_true(cla_replay_open(&ctx, dir, &r, NULL));
	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		struct shot s = { 0 };
		ask(r, &s, rows[i].url, 1024);
		assert_true(cla_replay_run(r, NULL));
		assert_int_equal(s.dones, 1);
		if (s.status != rows[i].status || strcmp(cla_buf_cstr(&s.body), rows[i].body))
			fail_msg("%s: status %d, body '%s'", rows[i].url, s.status,
				 cla_buf_cstr(&s.body));
		cla_buf_clear(&s.body);
	}
	struct shot gone = { 0 }, large = { 0 }, timed = { 0 };
	ask(r, &gone, "replay:/gone", 1024);
	ask(r, &large, "replay:/n", 3);
	ask(r, &timed, "replay:/l?page=1", 1024);
	assert_true(cla_replay_run(r, NULL));
	assert_int_equal(gone.fail, CLA_NET_BROKEN);
	assert_int_equal(large.fail, CLA_NET_TOO_LARGE);
	assert_int_equal(timed.time.sec, 1733011201); /* as recorded */
	cla_buf_clear(&large.body);
	cla_buf_clear(&timed.body);
	cla_replay_close(r);
}

static void test_replay_order_and_stop(void **state)
{
	const char *dir = *state;
	struct cla_ctx ctx = test_ctx();
	struct cla_replay *r = NULL;
	struct shot s[3] = { 0 };
	int count = 0;

	write_recording(dir);
	assert_true(cla_replay_open(&ctx, dir, &r, NULL));
	for (size_t i = 0; i < CLA_LEN(s); i++) {
		s[i].count = &count;
		ask(r, &s[i], "replay:/n", 1024);
	}
	assert_true(cla_replay_run(r, NULL));
	for (size_t i = 0; i < CLA_LEN(s); i++) {
		assert_int_equal(s[i].order, i + 1);
		cla_buf_clear(&s[i].body);
	}
	struct shot left = { 0 };
	ask(r, &left, "replay:/n", 1024);
	cla_replay_stop(r);
	assert_true(cla_replay_run(r, NULL));
	assert_int_equal(left.fail, CLA_NET_CANCELLED);
	cla_replay_close(r);
}

static void test_replay_refuses(void **state)
{
	const char *dir = *state;
	static const struct {
		const char *line;
		const char *word;
	} rows[] = {
		{ "{\"method\":\"GET\",\"path\":\"/"
		  "a\",\"status\":200,\"time\":\"2024-12-01T00:00:00Z\","
		  "\"body\":\"../secret\"}",
		  "outside" },
		{ "{\"method\":\"GET\",\"path\":\"/"
		  "a\",\"status\":200,\"time\":\"2024-12-01T00:00:00Z\","
		  "\"body\":\"/etc/passwd\"}",
		  "outside" },
		{ "{\"method\":\"GET\",\"path\":\"/"
		  "a\",\"status\":200,\"time\":\"2024-12-01T00:00:00Z\","
		  "\"body\":\"bodies/../../x\"}",
		  "outside" },
		{ "{\"path\":\"/a\",\"status\":200,\"time\":\"2024-12-01T00:00:00Z\"}", "method" },
		{ "{\"method\":\"GET\",\"path\":\"/"
		  "a\",\"status\":20,\"time\":\"2024-12-01T00:00:00Z\"}",
		  "status" },
		{ "{\"method\":\"GET\",\"path\":\"/a\",\"status\":200,\"time\":\"yesterday\"}",
		  "time" },
		{ "{\"method\":", "answers.jsonl':1" },
	};
	struct cla_ctx ctx = test_ctx();
	struct cla_replay *r = NULL;
	struct cla_err err = CLA_ERR_INIT;
	char path[128];

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		put(dir, "answers.jsonl", rows[i].line, 0600, path);
		assert_false(cla_replay_open(&ctx, dir, &r, &err));
		assert_int_equal(err.code, CLA_ERR_CONFIG);
		if (!strstr(err.msg, rows[i].word))
			fail_msg("'%s' does not say '%s'", err.msg, rows[i].word);
	}
	assert_false(cla_replay_open(&ctx, "/nonexistent", &r, &err));
	assert_int_equal(err.code, CLA_ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pem_is_mended),
		cmocka_unit_test_setup_teardown(test_credentials, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_secret_files_are_private, make_dir, drop_dir),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		cmocka_unit_test(test_secret_buffers_leave_nothing),
		cmocka_unit_test_setup_teardown(test_secrets_leave_nothing, make_dir, drop_dir),
#endif
		cmocka_unit_test(test_pair_is_checked),
		cmocka_unit_test(test_token_life),
		cmocka_unit_test(test_token_answers),
		cmocka_unit_test(test_tokens_are_shared),
		cmocka_unit_test(test_token_refusals),
		cmocka_unit_test(test_what_is_tried_again),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_retry_waits),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_rowmap),
		cmocka_unit_test_setup_teardown(test_replay_matches, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_replay_order_and_stop, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_replay_refuses, make_dir, drop_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
