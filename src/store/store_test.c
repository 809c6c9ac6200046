/* store/store_test.c - units of store/: objects, journal, catalogue, custody, keys, lock, and what
 * a kill leaves. */
#include "store/store_priv.h"

#include "json/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a data directory of its own for each test ---- */

struct fixture {
	char dir[64];
	int64_t ms; /* the monotonic clock; moves only when a test moves it */
	char log[2048];
	struct cla_log sink;
	struct cla_ctx ctx;
};

static struct cla_time fixed_now(void *ctx)
{
	(void)ctx;
	return (struct cla_time){ 1733200000, 0 };
}

static int64_t fixed_ms(void *ctx)
{
	return ((struct fixture *)ctx)->ms;
}

static void keep_log(void *ctx, enum cla_log_level level, const char *msg)
{
	struct fixture *f = ctx;
	(void)level;
	(void)snprintf(f->log, sizeof(f->log), "%s", msg);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/store_test.XXXXXX");
	if (!mkdtemp(f->dir)) {
		free(f);
		return -1;
	}
	f->sink = (struct cla_log){ CLA_LOG_DEBUG, keep_log, f };
	f->ctx.log = &f->sink;
	f->ctx.clock = (struct cla_clock){ fixed_now, fixed_ms, f };
	*state = f;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int rc = nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	free(f);
	return rc;
}

static struct cla_store *open_store(struct fixture *f, enum cla_store_mode mode)
{
	struct cla_store *store = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_store_open(&f->ctx, f->dir, mode, &store, &err))
		fail_msg("%s", err.msg);
	return store;
}

static enum cla_err_code open_fails(struct fixture *f, enum cla_store_mode mode,
				    struct cla_err *err)
{
	struct cla_store *store = NULL;

	*err = (struct cla_err)CLA_ERR_INIT;
	if (cla_store_open(&f->ctx, f->dir, mode, &store, err)) {
		cla_store_close(store);
		return CLA_ERR_NONE;
	}
	assert_null(store);
	return err->code;
}

static const char *in_dir(struct fixture *f, const char *name, char out[256])
{
	(void)snprintf(out, 256, "%s/%s", f->dir, name);
	return out;
}

/* The file read into b. */
static void slurp(struct fixture *f, const char *name, struct cla_buf *b)
{
	char path[256];

	cla_buf_reset(b);
	assert_true(cla_file_read(in_dir(f, name, path), b, NULL));
}

static void spill(struct fixture *f, const char *name, struct cla_str bytes)
{
	char path[256];
	cla_auto_fd int fd =
		open(in_dir(f, name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(cla_fd_write(fd, bytes, NULL));
}

static struct cla_digest digest_of(const char *text)
{
	struct cla_digest d;
	assert_true(cla_digest_of(cla_str_from(text), &d, NULL));
	return d;
}

static struct cla_time at(int64_t sec)
{
	return (struct cla_time){ sec, 0 };
}

static const struct cla_time always = { INT64_MAX, 0 };

/* A capture of `key` that brought `text`; with a reason: a failed one. */
static struct cla_capture capture(struct cla_store *store, const char *key, const char *text,
				  int64_t sec, const char *reason)
{
	struct cla_capture c = {
		.n = cla_store_next_n(store),
		.time = at(sec),
		.entity = CLA_STR("acme"),
		.month = CLA_STR("2024-11"),
		.resource = CLA_STR("documents"),
		.key = cla_str_from(key),
		.uuid = CLA_STR("47f8ed9e-0000-4000-8000-000000000001"),
		.method = CLA_STR("GET"),
		.url = CLA_STR("https://localhost/api/v3/x"),
		.query_keys = CLA_STR("page,size"),
		.status = reason ? 404 : 200,
		.reason = cla_str_from(reason),
		.content_type = CLA_STR("application/json"),
		.attempt = 1,
	};

	c.body_sha256 = c.identity = digest_of(text);
	c.body_size = strlen(text);
	if (!reason) {
		c.stored = true;
		assert_true(cla_store_put(store, cla_str_from(text), &c.stored_sha256, NULL));
		c.stored_size = strlen(text);
	}
	return c;
}

static uint64_t note(struct cla_store *store, const char *key, const char *text, int64_t sec,
		     const char *reason, bool same)
{
	struct cla_capture c = capture(store, key, text, sec, reason);
	struct cla_err err = CLA_ERR_INIT;
	bool reaffirmed;

	if (!cla_store_capture(store, &c, &reaffirmed, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(reaffirmed, same);
	return c.n;
}

/* The ordinal of the capture that counts; 0 when there is none. */
static uint64_t current(struct cla_store *store, const char *key, struct cla_time cutoff)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_err err = CLA_ERR_INIT;
	struct cla_capture c;
	bool found;

	if (!cla_store_current(store, CLA_STR("acme"), cla_str_from(key), cutoff, &arena, &c,
			       &found, &err))
		fail_msg("%s", err.msg);
	return found ? c.n : 0;
}

static bool event(struct cla_store *store, const char *type, const char *subject, int64_t sec)
{
	struct cla_event e = { .type = type,
			       .entity = CLA_STR("acme"),
			       .subject = cla_str_from(subject),
			       .time = at(sec) };
	return cla_store_custody(store, &e, NULL);
}

/* Whether its bytes are new here. */
static bool import(struct cla_store *store, const struct cla_digest *id, struct cla_str name,
		   int64_t sec, bool outer)
{
	struct cla_import in = {
		.object = *id, .size = 8, .name = name, .time = at(sec), .outer = outer
	};
	struct cla_err err = CLA_ERR_INIT;
	bool new_here;

	if (!cla_store_import(store, &in, &new_here, &err))
		fail_msg("%s", err.msg);
	return new_here;
}

static void flush(struct cla_store *store)
{
	struct cla_err err = CLA_ERR_INIT;
	if (!cla_store_flush(store, &err))
		fail_msg("%s", err.msg);
}

/* ---- objects ---- */

static void object_path(const struct cla_digest *id, char out[128])
{
	char hex[CLA_DIGEST_HEX];
	cla_digest_hex(id, hex);
	(void)snprintf(out, 128, "objects/sha256/%.2s/%s", hex, hex + 2);
}

static void objects_are_named_by_their_bytes(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_digest id, due;
	uint64_t size;
	bool existed;
	char name[128], path[256];
	struct stat st;
	cla_auto_buf struct cla_buf big = CLA_BUF_INIT(1 << 20), back = CLA_BUF_INIT(1 << 20);

	for (unsigned i = 0; i < 200000; i++)
		cla_buf_byte(&big, (char)(i * 7 + i / 251));
	for (int round = 0; round < 2; round++) {
		struct cla_put *put = cla_store_begin(store, NULL);
		assert_non_null(put);
		for (size_t from = 0; from < big.len; from += 65536)
			assert_true(cla_store_write(
				put, cla_str_sub(cla_buf_str(&big), from, 65536), NULL));
		assert_true(cla_store_commit(put, &id, &size, &existed, NULL));
		assert_int_equal(size, big.len);
		assert_int_equal(existed, round);
	}
	assert_true(cla_digest_of(cla_buf_str(&big), &due, NULL));
	assert_true(cla_digest_eq(&id, &due));
	assert_true(cla_store_has(store, &id));
	object_path(&id, name);
	assert_int_equal(stat(in_dir(f, name, path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0444);
	assert_true(cla_store_get(store, &id, &back, NULL));
	assert_true(cla_str_eq(cla_buf_str(&back), cla_buf_str(&big)));
	/* the empty one is an object too */
	assert_true(cla_store_put(store, CLA_STR(""), &id, NULL));
	cla_buf_reset(&back);
	assert_true(cla_store_get(store, &id, &back, NULL));
	assert_int_equal(back.len, 0);
}

/* Small ones have no name before their own, where the file system can do that. */
static void a_small_object_is_placed_either_way(void **state)
{
	static const char *const texts[] = { "an invoice", "another one" };
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);

	for (int named = 0; named < 2; named++) {
		struct cla_digest id = digest_of(texts[named]), got;
		cla_auto_buf struct cla_buf back = CLA_BUF_INIT(100);
		char name[128], path[256];
		struct stat st;

		store->named_only = named;
		for (int round = 0; round < 2; round++) {
			struct cla_put *put = cla_store_begin(store, NULL);
			bool existed;
			assert_non_null(put);
			assert_true(cla_store_write(put, cla_str_from(texts[named]), NULL));
			assert_true(cla_store_commit(put, &got, NULL, &existed, NULL));
			assert_true(cla_digest_eq(&got, &id));
			assert_int_equal(existed, round);
		}
		object_path(&id, name);
		assert_int_equal(stat(in_dir(f, name, path), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0444);
		assert_int_equal(st.st_nlink, 1);
		assert_true(cla_store_get(store, &id, &back, NULL));
		assert_string_equal(cla_buf_cstr(&back), texts[named]);
	}
	assert_int_equal(store->objects, 2);
	char path[256];
	assert_int_equal(rmdir(in_dir(f, "tmp", path)), 0); /* empty */
	assert_int_equal(mkdir(path, 0700), 0);
}

static void an_aborted_put_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_digest id = digest_of("half");
	char path[256];
	struct cla_put *put = cla_store_begin(store, NULL);

	assert_non_null(put);
	assert_true(cla_store_write(put, CLA_STR("half"), NULL));
	cla_store_abort(put);
	cla_store_abort(NULL);
	assert_false(cla_store_has(store, &id));
	assert_int_equal(rmdir(in_dir(f, "tmp", path)), 0); /* empty */
	assert_int_equal(mkdir(path, 0700), 0);
}

static void a_wrong_byte_in_an_object_is_found_on_reading(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(100);
	struct cla_digest id, missing = digest_of("never stored");
	struct cla_err err = CLA_ERR_INIT;
	char name[128], path[256], hex[CLA_DIGEST_HEX];

	assert_true(cla_store_put(store, CLA_STR("an invoice"), &id, NULL));
	object_path(&id, name);
	assert_int_equal(chmod(in_dir(f, name, path), 0600), 0);
	spill(f, name, CLA_STR("an invoIce"));
	assert_false(cla_store_get(store, &id, &out, &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	assert_non_null(strstr(err.msg, cla_digest_hex(&id, hex)));
	assert_false(cla_store_get(store, &missing, &out, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
	assert_false(cla_store_has(store, &missing));
}

/* What a power cut can leave of an object that no journal line speaks of. */
static void a_torn_object_is_replaced_when_its_bytes_come_again(void **state)
{
	static const char *const torn[] = { "", "an inv", "an invo\0ce" };
	struct fixture *f = *state;

	for (size_t i = 0; i < CLA_LEN(torn); i++) {
		cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(100);
		struct cla_digest id;
		char name[128], path[256];

		store->named_only = i % 2;
		assert_true(cla_store_put(store, CLA_STR("an invoice"), &id, NULL));
		object_path(&id, name);
		assert_int_equal(chmod(in_dir(f, name, path), 0600), 0);
		spill(f, name, (struct cla_str){ torn[i], i == 2 ? 10 : strlen(torn[i]) });
		assert_true(cla_store_put(store, CLA_STR("an invoice"), &id, NULL));
		assert_true(cla_store_get(store, &id, &out, NULL));
		assert_string_equal(cla_buf_cstr(&out), "an invoice");
	}
}

static void a_whole_object_of_a_killed_run_is_synced_with_the_next_batch(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_digest id;

	assert_true(cla_store_put(store, CLA_STR("an invoice"), &id, NULL));
	cla_store_close(store); /* no flush: as if killed */
	store = open_store(f, CLA_STORE_WRITE);
	assert_false(store->unsynced);
	assert_true(cla_store_put(store, CLA_STR("an invoice"), &id, NULL));
	assert_true(store->unsynced);
	cla_store_close(store);
}

/* ---- journal ---- */

static void what_was_flushed_is_there_after_reopening(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_capture c, back;
	struct cla_checked checked;
	bool found;

	c = capture(store, "GET localhost /documents?page=0", "{\"a\":1}", 1000, NULL);
	c.etag = CLA_STR("\"e\"");
	c.tls_version = CLA_STR("TLSv1.3");
	c.peer_spki = digest_of("peer");
	c.client_id = CLA_STR("client");
	assert_true(cla_store_capture(store, &c, NULL, NULL));
	flush(store);
	note(store, "lost", "lost", 1001, NULL, false); /* not flushed */
	cla_store_close(store);

	store = open_store(f, CLA_STORE_READ);
	assert_true(cla_store_current(store, CLA_STR("acme"), c.key, always, &arena, &back, &found,
				      NULL));
	assert_true(found);
	assert_int_equal(current(store, "lost", always), 0);
	assert_int_equal(back.n, c.n);
	assert_int_equal(back.time.sec, 1000);
	assert_int_equal(back.status, 200);
	assert_int_equal(back.attempt, 1);
	assert_int_equal(back.body_size, 7);
	assert_int_equal(back.stored_size, 7);
	assert_true(back.stored);
	assert_true(cla_str_absent(back.reason));
	assert_true(cla_digest_eq(&back.stored_sha256, &c.stored_sha256));
	assert_true(cla_digest_eq(&back.identity, &c.identity));
	assert_true(cla_digest_eq(&back.peer_spki, &c.peer_spki));
	assert_true(cla_str_eq(back.etag, c.etag));
	assert_true(cla_str_eq(back.tls_version, c.tls_version));
	assert_true(cla_str_eq(back.client_id, c.client_id));
	assert_true(cla_str_eq(back.query_keys, c.query_keys));
	assert_true(cla_str_eq(back.uuid, c.uuid));
	assert_true(cla_str_eq(back.url, c.url));
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_int_equal(checked.journal_lines, 1);
	assert_int_equal(checked.custody_lines, 0);
	/* the ordinal of the line that was lost is free again, the others are not */
	assert_int_equal(cla_store_next_n(store), c.n + 1);
	cla_store_close(store);
}

/* The first bytes of a put can be looked at however they came. */
static void the_start_of_a_put_is_at_hand(void **state)
{
	static const size_t pieces[] = { 1, 100, CLA_MEDIA_PREFIX, 5000, 40000 };
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	char text[40000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < CLA_LEN(pieces); i++)
		for (int early = 0; early < 2; early++) { /* a file from the first piece on */
			struct cla_put *put = cla_store_begin(store, NULL);
			cla_auto_fd int fd = -1;

			assert_non_null(put);
			assert_int_equal(cla_put_start(put).len, 0);
			for (size_t at = 0; at < sizeof(text); at += pieces[i]) {
				size_t len = sizeof(text) - at;
				len = len < pieces[i] ? len : pieces[i];
				assert_true(cla_store_write(put, (struct cla_str){ text + at, len },
							    NULL));
				if (early && fd < 0)
					assert_true(cla_put_reopen(put, &fd, NULL));
				size_t due =
					at + len < CLA_MEDIA_PREFIX ? at + len : CLA_MEDIA_PREFIX;
				assert_int_equal(cla_put_start(put).len, due);
				assert_memory_equal(cla_put_start(put).ptr, text, due);
			}
			cla_store_abort(put);
		}
}

static void a_full_or_old_batch_flushes_itself(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf journal = CLA_BUF_INIT(1 << 20);
	char key[32];

	for (int i = 0; i < CLA_STORE_BATCH - 1; i++) { /* an object and a line each */
		(void)snprintf(key, sizeof(key), "k%d", i);
		note(store, key, key, 1000, NULL, false);
	}
	slurp(f, "journal", &journal);
	assert_int_equal(journal.len, 0);
	note(store, "last", "last", 1000, NULL, false);
	assert_non_null(store->durable);
	assert_true(cla_durable_wait(store->durable, NULL));
	slurp(f, "journal", &journal);
	assert_true(journal.len > 0);
	size_t full = journal.len;
	note(store, "young", "young", 1000, NULL, false);
	slurp(f, "journal", &journal);
	assert_int_equal(journal.len, full);
	f->ms += CLA_STORE_BATCH_MS;
	note(store, "old", "old", 1000, NULL, false);
	assert_true(cla_durable_wait(store->durable, NULL));
	slurp(f, "journal", &journal);
	assert_true(journal.len > full);
	/* the catalogue follows later */
	assert_true(store->in_tx);
	f->ms += CLA_STORE_COMMIT_MS;
	note(store, "older", "older", 1000, NULL, false);
	assert_false(store->in_tx);
}

/* What could not be made durable beside the work ends it. */
static void a_batch_that_fails_is_told(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(256);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_checked checked;
	int write_fd = store->journal.fd;

	cla_buf_addf(&path, "%s/journal", f->dir);
	store->journal.fd = open(cla_buf_cstr(&path), O_RDONLY | O_CLOEXEC);
	assert_true(store->journal.fd >= 0);
	for (int i = 0; i < CLA_STORE_BATCH; i++) {
		char key[32];
		(void)snprintf(key, sizeof(key), "k%d", i);
		note(store, key, key, 1000, NULL, false);
	}
	assert_false(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_false(cla_store_flush(store, &err)); /* whoever was told first */
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_false(cla_store_flush(store, &err)); /* and it stays so */
	cla_fd_close(&write_fd);
}

static void a_torn_last_line_is_cut(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf journal = CLA_BUF_INIT(1 << 20), torn = CLA_BUF_INIT(1 << 20);
	struct cla_checked checked;
	uint64_t n1, n2;

	n1 = note(store, "one", "one", 1000, NULL, false);
	n2 = note(store, "two", "two", 1001, NULL, false);
	flush(store);
	cla_store_close(store);
	slurp(f, "journal", &journal);
	/* the third line begins, in text or in zeros, and is never ended */
	static const char zeros[700];
	const struct cla_str tails[] = { CLA_STR("{"),
					 CLA_STR("{\"data\":{\"attempt\":1"),
					 { zeros, sizeof(zeros) } };
	for (size_t i = 0; i < CLA_LEN(tails); i++) {
		cla_buf_reset(&torn);
		cla_buf_add(&torn, cla_buf_str(&journal));
		cla_buf_add(&torn, tails[i]);
		spill(f, "journal", cla_buf_str(&torn));
		store = open_store(f, i % 2 ? CLA_STORE_READ : CLA_STORE_WRITE);
		assert_int_equal(current(store, "one", always), n1);
		assert_int_equal(current(store, "two", always), n2);
		assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
		assert_int_equal(checked.journal_lines, 2);
		cla_store_close(store);
		slurp(f, "journal", &torn);
		assert_true(cla_str_eq(cla_buf_str(&torn), cla_buf_str(&journal)));
	}
	/* and the chain goes on where it was cut */
	store = open_store(f, CLA_STORE_WRITE);
	note(store, "three", "three", 1002, NULL, false);
	flush(store);
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_int_equal(checked.journal_lines, 3);
	cla_store_close(store);
}

/* Journal and custody log with one byte of one line changed, a line taken out, two exchanged, or
 * the end missing. */
static void a_broken_chain_is_an_integrity_error(void **state)
{
	static const char *const names[] = { "journal", "custody.jsonl" };
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_err err = CLA_ERR_INIT;
	char path[256];
	struct cla_checked checked;

	for (int i = 0; i < 4; i++) {
		char key[16];
		(void)snprintf(key, sizeof(key), "k%d", i);
		note(store, key, key, 1000 + i, NULL, false);
		assert_true(event(store, "fetched", key, 1000 + i));
	}
	flush(store);
	cla_store_close(store);
	for (size_t i = 0; i < CLA_LEN(names); i++) {
		cla_auto_buf struct cla_buf good = CLA_BUF_INIT(1 << 20);
		struct cla_str line[4], rest;

		slurp(f, names[i], &good);
		rest = cla_buf_str(&good);
		for (int k = 0; k < 4; k++)
			assert_true(cla_str_cut(rest, '\n', &line[k], &rest));
		for (int how = 0; how < 5; how++) {
			cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(1 << 20);
			static const int orders[5][4] = { { 0, 1, 2, 3 },
							  { 0, 2, 3, -1 },
							  { 0, 2, 1, 3 },
							  { 1, 2, 3, -1 },
							  { 0, 1, 2, -1 } };
			for (int k = 0; k < 4; k++) {
				if (orders[how][k] < 0)
					continue;
				cla_buf_add(&bad, line[orders[how][k]]);
				cla_buf_byte(&bad, '\n');
			}
			if (how == 0) { /* a digit of the time in the second line */
				char *t = strstr(bad.ptr + line[0].len, "\"time\":\"1970");
				assert_non_null(t);
				t[11] = '1';
			}
			spill(f, names[i], cla_buf_str(&bad));
			/* without a catalogue every line is read again */
			if (how != 4)
				(void)unlink(in_dir(f, "catalogue.sqlite", path));
			enum cla_err_code code = open_fails(f, CLA_STORE_WRITE, &err);
			assert_int_equal(code, CLA_ERR_INTEGRITY);
			assert_int_equal(cla_err_exit(code), 5);
			assert_non_null(strstr(err.msg, names[i]));
			assert_int_equal(open_fails(f, CLA_STORE_WRITE, &err), CLA_ERR_INTEGRITY);
			spill(f, names[i], cla_buf_str(&good));
			store = open_store(f, CLA_STORE_WRITE);
			assert_int_equal(current(store, "k3", always), 4);
			assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
			assert_int_equal(checked.journal_lines, 4);
			assert_int_equal(checked.custody_lines, 4);
			cla_store_close(store);
		}
	}
}

static void check_reads_every_line_again(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf journal = CLA_BUF_INIT(1 << 20);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_checked checked;

	note(store, "one", "one", 1000, NULL, false);
	note(store, "two", "two", 1001, NULL, false);
	flush(store);
	slurp(f, "journal", &journal);
	char *t = strstr(journal.ptr, "/api/v3/x");
	assert_non_null(t);
	t[8] = 'y';
	spill(f, "journal", cla_buf_str(&journal));
	assert_false(cla_store_check(store, NULL, NULL, &checked, &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	/* the last line alone: no later one contradicts it, but its hash is known */
	t[8] = 'x';
	t = strstr(t + 1, "/api/v3/x");
	assert_non_null(t);
	t[8] = 'y';
	spill(f, "journal", cla_buf_str(&journal));
	assert_false(cla_store_check(store, NULL, NULL, &checked, &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	cla_store_close(store);
	store = open_store(f, CLA_STORE_READ);
	assert_false(cla_store_check(store, NULL, NULL, &checked, &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	cla_store_close(store);
}

/* ---- catalogue ---- */

struct text_sink {
	struct cla_buf text;
};

static bool print_use(void *ctx, const struct cla_use *use, struct cla_err *err)
{
	(void)err;
	cla_buf_addf(ctx, CLA_STR_FMT " " CLA_STR_FMT " " CLA_STR_FMT " " CLA_STR_FMT " %02x\n",
		     CLA_STR_ARG(use->entity), CLA_STR_ARG(use->month), CLA_STR_ARG(use->kind),
		     CLA_STR_ARG(use->uuid), use->object.bytes[0]);
	return true;
}

static bool print_import(void *ctx, const struct cla_digest *id, uint64_t size, struct cla_str name,
			 struct cla_time time, struct cla_err *err)
{
	(void)err;
	cla_buf_addf(ctx, "%02x %llu " CLA_STR_FMT " %lld\n", id->bytes[0],
		     (unsigned long long)size, CLA_STR_ARG(name), (long long)time.sec);
	return true;
}

static bool print_issued(void *ctx, const struct cla_issued *b, struct cla_err *err)
{
	(void)err;
	cla_buf_addf(ctx, CLA_STR_FMT " " CLA_STR_FMT " r%llu seq%llu " CLA_STR_FMT " %lld\n",
		     CLA_STR_ARG(b->entity), CLA_STR_ARG(b->month), (unsigned long long)b->revision,
		     (unsigned long long)b->seq, CLA_STR_ARG(b->file), (long long)b->cutoff.sec);
	return true;
}

static void print_listing(struct cla_store *store, const char *resource, struct cla_time cutoff,
			  struct cla_buf *out)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_listing l;

	assert_true(cla_store_get_listing(store, CLA_STR("acme"), CLA_STR("2024-11"),
					  cla_str_from(resource), cutoff, &arena, &l, NULL));
	cla_buf_addf(out, "%s found=%d complete=%d time=%lld", resource, l.found, l.complete,
		     (long long)l.time.sec);
	for (size_t i = 0; i < l.count; i++)
		cla_buf_addf(out, " " CLA_STR_FMT, CLA_STR_ARG(l.keys[i]));
	cla_buf_byte(out, '\n');
}

static struct cla_issued an_issue(const char *month, uint64_t revision, uint64_t seq)
{
	struct cla_issued b = { .entity = CLA_STR("acme"),
				.month = cla_str_from(month),
				.base = CLA_STR("clara_mx_acme_2024-11_r0"),
				.file = CLA_STR("/tmp/b.tar"),
				.revision = revision,
				.seq = seq,
				.cutoff = at(2000),
				.time = at(2001) };

	b.tar_sha256 = digest_of("tar");
	b.statement_sha256 = digest_of("statement");
	b.signature_sha256 = digest_of("signature");
	b.seal_sha256 = digest_of("seal");
	b.evidence = digest_of("evidence");
	b.rules = digest_of("rules");
	b.index = digest_of("index");
	return b;
}

/* A bit of everything that the journal may hold. */
static void fill(struct cla_store *store)
{
	const struct cla_str keys[] = { CLA_STR("p0"), CLA_STR("p1") };
	struct cla_use use = { CLA_STR("acme"), CLA_STR("2024-11"), CLA_STR("tx"), CLA_STR("u1"),
			       digest_of("x") };
	struct cla_issued b = an_issue("2024-11", 0, 0);
	struct cla_digest id = digest_of("imported");

	note(store, "p0", "one", 1000, NULL, false);
	note(store, "p0", "one", 1001, NULL, true);
	note(store, "p0", "two", 1002, NULL, false);
	note(store, "p1", "", 1003, "http-404", false);
	note(store, "p1", "", 1004, "http-404", true);
	assert_true(cla_store_listing(store, CLA_STR("acme"), CLA_STR("2024-11"),
				      CLA_STR("transactions"), keys, 2, NULL, at(1005), NULL));
	assert_true(import(store, &id, CLA_STR("a \"b\"\n.xml"), 1006, false));
	id = digest_of("its zip");
	assert_true(import(store, &id, CLA_STR("a.zip"), 1006, true));
	assert_true(cla_store_use_put(store, CLA_STR("ID-1"), &use, NULL));
	assert_true(cla_store_issue(store, &b, NULL));
	flush(store);
}

/* All that the catalogue answers about it. */
static void describe(struct cla_store *store, struct cla_buf *out)
{
	struct cla_digest x = digest_of("x");

	cla_buf_reset(out);
	for (int64_t t = 999; t < 1005; t++)
		cla_buf_addf(out, "%llu %llu\n", (unsigned long long)current(store, "p0", at(t)),
			     (unsigned long long)current(store, "p1", at(t)));
	print_listing(store, "transactions", always, out);
	assert_true(cla_store_imports(store, print_import, out, NULL));
	assert_true(cla_store_uses(store, CLA_STR_NONE, &x, print_use, out, NULL));
	assert_true(cla_store_each_issued(store, print_issued, out, NULL));
	cla_buf_addf(out, "next %llu\n", (unsigned long long)store->next_n);
	assert_true(cla_buf_ok(out, NULL));
}

static const char due_description[] = "0 0\n1 0\n1 0\n3 0\n3 4\n3 4\n"
				      "transactions found=1 complete=1 time=1005 p0 p1\n"
				      "5f 8 a \"b\"\n.xml 1006\n"
				      "acme 2024-11 tx u1 2d\n"
				      "acme 2024-11 r0 seq0 /tmp/b.tar 2000\n"
				      "next 6\n";

static void the_catalogue_is_made_again_from_the_journal(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 16), file = CLA_BUF_INIT(1 << 24);
	char path[256];

	fill(store);
	describe(store, &text);
	assert_string_equal(cla_buf_cstr(&text), due_description);
	cla_store_close(store);
	slurp(f, "catalogue.sqlite", &file);
	/* missing, empty, not a database, cut, damaged in its first page: a reader mends it as well
	 * as a writer */
	for (int how = 0; how < 5; how++) {
		for (int mode = 0; mode < 2; mode++) {
			(void)unlink(in_dir(f, "catalogue.sqlite-wal", path));
			(void)unlink(in_dir(f, "catalogue.sqlite-shm", path));
			(void)unlink(in_dir(f, "catalogue.sqlite", path));
			cla_auto_buf struct cla_buf bad = CLA_BUF_INIT(1 << 24);
			cla_buf_add(&bad, cla_buf_str(&file));
			if (how == 1)
				bad.len = 0;
			if (how == 2)
				memset(bad.ptr, 'x', bad.len);
			if (how == 3)
				bad.len = 5000;
			if (how == 4)
				memset(bad.ptr + 100, 0xff, 1000);
			if (how)
				spill(f, "catalogue.sqlite", cla_buf_str(&bad));
			store = open_store(f, mode ? CLA_STORE_READ : CLA_STORE_WRITE);
			describe(store, &text);
			assert_string_equal(cla_buf_cstr(&text), due_description);
			cla_store_close(store);
			if (how > 1)
				assert_non_null(strstr(f->log, "from the journal"));
			f->log[0] = '\0';
		}
	}
}

/* The catalogue as version 1 had it: it did not know where in the custody log its last line ends. */
static void age_catalogue(struct fixture *f)
{
	struct cla_db *db = NULL;
	struct cla_err err = CLA_ERR_INIT;
	char path[256];

	if (!cla_db_open(in_dir(f, "catalogue.sqlite", path), &db, &err) ||
	    !cla_db_exec(db,
			 "ALTER TABLE import DROP COLUMN outer;"
			 "ALTER TABLE issued DROP COLUMN last_n;"
			 "DELETE FROM meta WHERE key='custody_size';"
			 "UPDATE meta SET value='1' WHERE key='version'",
			 &err))
		fail_msg("%s", err.msg);
	cla_db_close(db);
}

static void a_catalogue_of_version_1_is_made_again_in_silence(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 16), log = CLA_BUF_INIT(1 << 16);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_checked checked;

	fill(store);
	assert_true(event(store, "fetched", "one", 1));
	assert_true(event(store, "fetched", "two", 2));
	flush(store);
	cla_store_close(store);
	slurp(f, "custody.jsonl", &log);
	f->sink.level = CLA_LOG_WARN;
	for (int mode = 0; mode < 2; mode++) {
		age_catalogue(f);
		store = open_store(f, mode ? CLA_STORE_WRITE : CLA_STORE_READ);
		describe(store, &text);
		assert_string_equal(cla_buf_cstr(&text), due_description);
		assert_true(!mode || event(store, "fetched", "three", 3));
		assert_true(!mode || cla_store_flush(store, NULL));
		assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
		assert_int_equal(checked.custody_lines, 2 + mode);
		cla_store_close(store);
		/* it knows the custody log as the one before did */
		spill(f, "custody.jsonl", CLA_STR(""));
		assert_int_equal(open_fails(f, CLA_STORE_WRITE, &err), CLA_ERR_INTEGRITY);
		spill(f, "custody.jsonl", cla_buf_str(&log));
		assert_int_equal(open_fails(f, CLA_STORE_WRITE, &err),
				 mode ? CLA_ERR_INTEGRITY : CLA_ERR_NONE);
	}
	assert_string_equal(f->log, "");
}

/* What an old catalogue, or one of now, knows of the custody log outlives it. */
static void a_custody_log_written_anew_is_seen_beside_any_catalogue(void **state)
{
	struct fixture *f = *state;
	cla_auto_buf struct cla_buf log = CLA_BUF_INIT(1 << 16), other = CLA_BUF_INIT(1 << 16);
	struct cla_err err = CLA_ERR_INIT;
	char path[256];

	for (int made = 0; made < 2; made++) { /* two logs of two and three lines */
		(void)unlink(in_dir(f, "custody.jsonl", path));
		(void)unlink(in_dir(f, "catalogue.sqlite", path));
		struct cla_store *store = open_store(f, CLA_STORE_WRITE);
		for (int i = 0; i < 3 - made; i++)
			assert_true(event(store, "fetched", made ? "true" : "invented", i));
		flush(store);
		cla_store_close(store);
		slurp(f, "custody.jsonl", made ? &log : &other);
	}
	for (int old = 0; old < 2; old++) {
		static const enum cla_store_mode modes[] = { CLA_STORE_READ, CLA_STORE_WRITE };
		for (size_t i = 0; i < CLA_LEN(modes); i++) {
			if (old)
				age_catalogue(f);
			for (int how = 0; how < 3; how++) {
				(void)unlink(in_dir(f, "custody.jsonl", path));
				if (how)
					spill(f, "custody.jsonl",
					      how == 1 ? CLA_STR("") : cla_buf_str(&other));
				assert_int_equal(open_fails(f, modes[i], &err), CLA_ERR_INTEGRITY);
				assert_non_null(strstr(err.msg, how < 2 ? "has 0 lines and had 2"
									: "custody.jsonl' line 3"));
			}
			spill(f, "custody.jsonl", cla_buf_str(&log));
			assert_int_equal(open_fails(f, modes[i], &err), CLA_ERR_NONE);
		}
	}
}

static void a_catalogue_left_behind_catches_up(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 16), old = CLA_BUF_INIT(1 << 24);
	char path[256];

	note(store, "p9", "nine", 900, NULL, false);
	flush(store);
	cla_store_close(store);
	slurp(f, "catalogue.sqlite", &old);
	store = open_store(f, CLA_STORE_WRITE);
	note(store, "p8", "eight", 901, NULL, false);
	note(store, "p9", "nine", 902, NULL, true);
	flush(store);
	cla_store_close(store);
	for (int mode = 0; mode < 2; mode++) {
		(void)unlink(in_dir(f, "catalogue.sqlite-wal", path));
		(void)unlink(in_dir(f, "catalogue.sqlite-shm", path));
		spill(f, "catalogue.sqlite", cla_buf_str(&old));
		for (int again = 0; again < 2; again++) {
			store = open_store(f, mode ? CLA_STORE_READ : CLA_STORE_WRITE);
			assert_int_equal(current(store, "p9", always), 1);
			assert_int_equal(current(store, "p8", always), 2);
			assert_int_equal(store->next_n, 4);
			cla_store_close(store);
		}
	}
	assert_string_equal(f->log, ""); /* nothing was damaged */
}

static void equal_answers_are_only_noted(void **state)
{
	static const struct {
		const char *text, *reason;
		bool same;
		uint64_t counts;
	} rows[] = {
		/* nothing yet but failures: the last way of failing counts, from its first time */
		{ "", "http-404", false, 1 },
		{ "", "http-404", true, 1 },
		{ "", "timeout", false, 3 },
		{ "", "http-404", false, 4 },
		/* an answer beats them, and a later failure does not take it away */
		{ "A", NULL, false, 5 },
		{ "A", NULL, true, 5 },
		{ "", "http-404", true, 5 },
		{ "", "timeout", false, 5 },
		{ "A", NULL, true, 5 },
		/* A-B-A: the way back is a change too */
		{ "B", NULL, false, 10 },
		{ "A", NULL, false, 11 },
		{ "A", NULL, true, 11 },
	};
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);

	for (size_t i = 0; i < CLA_LEN(rows); i++) {
		note(store, "k", rows[i].text, 1000 + (int64_t)i, rows[i].reason, rows[i].same);
		assert_int_equal(current(store, "k", always), rows[i].counts);
		if (i % 3 == 2) {
			flush(store);
			cla_store_close(store);
			store = open_store(f, CLA_STORE_WRITE);
			assert_int_equal(current(store, "k", always), rows[i].counts);
		}
	}
	/* at a cut-off later captures do not exist */
	for (size_t i = 0; i < CLA_LEN(rows); i++)
		assert_int_equal(current(store, "k", at(1000 + (int64_t)i)), rows[i].counts);
	assert_int_equal(current(store, "k", at(999)), 0);
	assert_int_equal(current(store, "other", always), 0);
	/* another entity's capture of the same resource is another one */
	struct cla_capture c = capture(store, "k", "A", 1100, NULL);
	bool same;
	c.entity = CLA_STR("other");
	assert_true(cla_store_capture(store, &c, &same, NULL));
	assert_false(same);
	cla_store_close(store);
}

static bool print_about(void *ctx, const struct cla_capture *c, bool same, struct cla_err *err)
{
	(void)err;
	cla_buf_addf(ctx, "%llu %lld" CLA_STR_FMT "%s;", (unsigned long long)c->n,
		     (long long)c->time.sec, CLA_STR_ARG(c->reason), same ? " same" : "");
	return true;
}

static void captures_about_an_expense_are_found(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(4096);

	note(store, "GET /tx/aa11/documents", "one", 1000, NULL, false);
	note(store, "GET /tx/bb22/documents", "one", 1001, NULL, false);
	note(store, "GET /tx/aa11/documents", "one", 1002, NULL, true);
	note(store, "GET /tx/aa11/invoices", "", 1003, "http-500", false);
	assert_true(cla_store_about(store, CLA_STR("aa11"), print_about, &text, NULL));
	assert_string_equal(cla_buf_cstr(&text), "1 1000;3 1002 same;4 1003http-500;");
	/* by what the line says, too: a file's address does not name its expense */
	cla_buf_reset(&text);
	assert_true(cla_store_about(store, CLA_STR("47f8ed9e-0000-4000-8000-000000000001"),
				    print_about, &text, NULL));
	assert_string_equal(cla_buf_cstr(&text), "1 1000;2 1001;3 1002 same;4 1003http-500;");
	cla_buf_reset(&text);
	assert_true(cla_store_about(store, CLA_STR("cc33"), print_about, &text, NULL));
	assert_string_equal(cla_buf_cstr(&text), "");
}

static void identity_decides_not_the_bytes(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_capture c = capture(store, "k", "{\"urlExpiration\":\"a\"}", 1000, NULL);
	bool same;

	c.identity = digest_of("identity");
	assert_true(cla_store_capture(store, &c, &same, NULL));
	assert_false(same);
	c = capture(store, "k", "{\"urlExpiration\":\"b\"}", 1001, NULL);
	c.identity = digest_of("identity");
	assert_true(cla_store_capture(store, &c, &same, NULL));
	assert_true(same);
	assert_int_equal(current(store, "k", always), 1);
}

static void a_clock_set_back_hides_nothing_behind_a_later_capture(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);

	note(store, "k", "A", 1000, NULL, false);
	note(store, "k", "A", 900, NULL, false);
	assert_int_equal(current(store, "k", at(950)), 2);
	assert_int_equal(current(store, "k", at(899)), 0);
}

static void listings_replace_each_other(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(4096);
	const struct cla_str keys[] = { CLA_STR("p0"), CLA_STR("p1"), CLA_STR("p2") };
	const struct cla_str month = CLA_STR("2024-11"), entity = CLA_STR("acme"),
			     tx = CLA_STR("tx");

	assert_true(cla_store_listing(store, entity, month, tx, keys, 2, "moving-pages", at(1000),
				      NULL));
	assert_true(cla_store_listing(store, entity, month, tx, keys, 2, NULL, at(1100), NULL));
	uint64_t lines = store->journal.lines;
	assert_true(cla_store_listing(store, entity, month, tx, keys, 2, NULL, at(1200),
				      NULL)); /* the same */
	assert_int_equal(store->journal.lines, lines);
	assert_true(cla_store_listing(store, entity, month, tx, keys, 3, NULL, at(1300), NULL));
	assert_true(cla_store_listing(store, entity, CLA_STR("2024-12"), tx, keys, 1, NULL,
				      at(1300), NULL));
	assert_true(cla_store_listing(store, entity, month, CLA_STR("none"), NULL, 0, NULL,
				      at(1300), NULL));
	for (int64_t t = 999; t < 1400; t += 100)
		print_listing(store, "tx", at(t + 1), &text);
	print_listing(store, "none", always, &text);
	print_listing(store, "never", always, &text);
	assert_string_equal(cla_buf_cstr(&text), "tx found=1 complete=0 time=1000 p0 p1\n"
						 "tx found=1 complete=1 time=1100 p0 p1\n"
						 "tx found=1 complete=1 time=1100 p0 p1\n"
						 "tx found=1 complete=1 time=1300 p0 p1 p2\n"
						 "tx found=1 complete=1 time=1300 p0 p1 p2\n"
						 "none found=1 complete=1 time=1300\n"
						 "never found=0 complete=0 time=0\n");
}

/* The longest walk that the plan allows fits into a line, also after reading it again. */
static void a_listing_of_ten_thousand_pages_fits(void **state)
{
	enum { PAGES = 10000 };
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	struct cla_str *keys = cla_arena_array(&arena, PAGES, sizeof(*keys));
	struct cla_listing l;
	bool mem = true;
	char key[256], path[256];

	assert_non_null(keys);
	for (int i = 0; i < PAGES; i++) {
		(void)snprintf(key, sizeof(key),
			       "GET public-api.mx.clara.com:8443 "
			       "/api-test/v3/transactions?operationDateRangeEnd=2024-11-30"
			       "&operationDateRangeStart=2024-11-01&page=%d&size=100&sort="
			       "operationDate,ASC",
			       i);
		keys[i] = cla_arena_str(&arena, cla_str_from(key), &mem);
	}
	assert_true(cla_store_listing(store, CLA_STR("acme"), CLA_STR("2024-11"), CLA_STR("tx"),
				      keys, PAGES, NULL, at(1000), NULL));
	flush(store);
	cla_store_close(store);
	assert_int_equal(unlink(in_dir(f, "catalogue.sqlite", path)), 0);
	store = open_store(f, CLA_STORE_READ);
	assert_true(cla_store_get_listing(store, CLA_STR("acme"), CLA_STR("2024-11"), CLA_STR("tx"),
					  always, &arena, &l, NULL));
	assert_int_equal(l.count, PAGES);
	assert_true(cla_str_eq(l.keys[PAGES - 1], keys[PAGES - 1]));
	cla_store_close(store);
}

static void imports_are_kept_once(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(4096);
	struct cla_digest a = digest_of("a"), b = digest_of("b"), zip = digest_of("zip");

	assert_true(import(store, &b, CLA_STR("b.xml"), 1, false));
	assert_false(import(store, &b, CLA_STR("again.xml"), 2, false));
	/* known from an expense: nothing new, but part of the pool from now on */
	note(store, "k", "a", 1000, NULL, false);
	assert_false(import(store, &a, CLA_STR_NONE, 3, false));
	/* what others came out of is kept, but is no document */
	assert_true(import(store, &zip, CLA_STR("c.zip"), 4, true));
	assert_false(import(store, &zip, CLA_STR("c.zip"), 5, true));
	assert_true(cla_store_imports(store, print_import, &text, NULL));
	assert_string_equal(cla_buf_cstr(&text), "3e 8 b.xml 1\nca 8  3\n");
}

static void uses_are_found_by_id_and_by_bytes(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(4096);
	struct cla_digest x = digest_of("x"), y = digest_of("y"), z = digest_of("z");
	const struct {
		struct cla_str id;
		struct cla_use use;
	} rows[] = {
		{ CLA_STR("ID"),
		  { CLA_STR("b"), CLA_STR("2024-12"), CLA_STR("tx"), CLA_STR("u3"), x } },
		{ CLA_STR("ID"),
		  { CLA_STR("a"), CLA_STR("2024-11"), CLA_STR("reimbursement"), CLA_STR("u2"),
		    y } },
		{ CLA_STR("ID"),
		  { CLA_STR("a"), CLA_STR("2024-11"), CLA_STR("tx"), CLA_STR("u1"), x } },
		{ CLA_STR_NONE,
		  { CLA_STR("a"), CLA_STR("2024-11"), CLA_STR("tx"), CLA_STR("u4"), x } },
		{ CLA_STR_NONE,
		  { CLA_STR("a"), CLA_STR("2024-11"), CLA_STR("tx"), CLA_STR("u5"), z } },
	};

	for (size_t i = 0; i < CLA_LEN(rows); i++)
		assert_true(cla_store_use_put(store, rows[i].id, &rows[i].use, NULL));
	uint64_t lines = store->journal.lines;
	for (size_t i = 0; i < CLA_LEN(rows); i++) /* known already */
		assert_true(cla_store_use_put(store, rows[i].id, &rows[i].use, NULL));
	assert_int_equal(store->journal.lines, lines);
	assert_true(cla_store_uses(store, CLA_STR("ID"), &z, print_use, &text, NULL));
	assert_string_equal(cla_buf_cstr(&text), "a 2024-11 reimbursement u2 a1\n"
						 "a 2024-11 tx u1 2d\n"
						 "a 2024-11 tx u5 59\n"
						 "b 2024-12 tx u3 2d\n");
	/* without an id only the bytes speak: other files without one are no match */
	cla_buf_reset(&text);
	assert_true(cla_store_uses(store, CLA_STR_NONE, &z, print_use, &text, NULL));
	assert_string_equal(cla_buf_cstr(&text), "a 2024-11 tx u5 59\n");
}

static void issued_bundles_are_remembered(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	const struct cla_issued rows[] = { an_issue("2024-11", 0, 0), an_issue("2024-12", 0, 1),
					   an_issue("2024-11", 1, 2), an_issue("2024-12", 10, 3),
					   an_issue("2024-12", 9, 4) };
	struct cla_issued b;
	bool found;

	assert_true(cla_store_issued(store, CLA_STR("acme"), CLA_STR("2024-11"), &arena, &b, &found,
				     NULL));
	assert_false(found);
	for (size_t i = 0; i < CLA_LEN(rows); i++)
		assert_true(cla_store_issue(store, &rows[i], NULL));
	assert_true(cla_store_issued(store, CLA_STR("acme"), CLA_STR("2024-11"), &arena, &b, &found,
				     NULL));
	assert_true(found);
	assert_int_equal(b.revision, 1);
	assert_int_equal(b.seq, 2);
	assert_true(cla_str_eqc(b.base, "clara_mx_acme_2024-11_r0"));
	assert_true(cla_digest_eq(&b.tar_sha256, &rows[0].tar_sha256));
	assert_true(cla_digest_eq(&b.statement_sha256, &rows[0].statement_sha256));
	assert_true(cla_digest_eq(&b.signature_sha256, &rows[0].signature_sha256));
	assert_true(cla_digest_eq(&b.seal_sha256, &rows[0].seal_sha256));
	assert_true(cla_digest_eq(&b.evidence, &rows[0].evidence));
	assert_true(cla_digest_eq(&b.rules, &rows[0].rules));
	assert_true(cla_digest_eq(&b.index, &rows[0].index));
	assert_int_equal(b.cutoff.sec, 2000);
	assert_int_equal(b.time.sec, 2001);
	/* revisions are numbers, not text */
	assert_true(cla_store_issued(store, CLA_STR("acme"), CLA_STR("2024-12"), &arena, &b, &found,
				     NULL));
	assert_int_equal(b.revision, 10);
	assert_true(cla_store_last_issued(store, CLA_STR("acme"), &arena, &b, &found, NULL));
	assert_int_equal(b.seq, 4);
	assert_true(cla_store_last_issued(store, CLA_STR("nobody"), &arena, &b, &found, NULL));
	assert_false(found);
}

static void verdicts_are_kept_by_object_rules_and_certificates(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_digest object = digest_of("object"), rules = digest_of("rules"),
			  certs = digest_of("certs");
	cla_auto_judgement struct cla_judgement j, back;
	bool found;

	cla_judgement_init(&j);
	cla_judgement_init(&back);
	j.sha256 = object;
	struct cla_document *d = cla_judgement_add(&j);
	assert_non_null(d);
	d->kind = CLA_DOC_CFDI;
	d->id = CLA_STR("ID");
	d->verdict = CLA_VERDICT_WARN;
	assert_true(cla_store_verdict_put(store, &object, &rules, &certs, &j, NULL));
	flush(store);
	cla_store_close(store);
	for (int mode = 0; mode < 2; mode++) {
		store = open_store(f, mode ? CLA_STORE_READ : CLA_STORE_WRITE);
		assert_true(
			cla_store_verdict_get(store, &object, &rules, &certs, &back, &found, NULL));
		assert_true(found);
		assert_int_equal(back.count, 1);
		assert_int_equal(back.documents->verdict, CLA_VERDICT_WARN);
		assert_true(cla_str_eqc(back.documents->id, "ID"));
		cla_judgement_clear(&back);
		const struct cla_digest *triples[][3] = { { &rules, &rules, &certs },
							  { &object, &certs, &certs },
							  { &object, &rules, &rules } };
		for (size_t i = 0; i < CLA_LEN(triples); i++) {
			assert_true(cla_store_verdict_get(store, triples[i][0], triples[i][1],
							  triples[i][2], &back, &found, NULL));
			assert_false(found);
		}
		cla_store_close(store);
	}
	/* one that cannot be read any more is made again */
	store = open_store(f, CLA_STORE_WRITE);
	assert_true(cla_db_exec(store->db, "UPDATE verdict SET json='{'", NULL));
	assert_true(cla_store_verdict_get(store, &object, &rules, &certs, &back, &found, NULL));
	assert_false(found);
	cla_store_close(store);
}

static void a_store_opened_for_reading_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_digest d = digest_of("d");
	cla_auto_judgement struct cla_judgement j;
	bool found;

	note(store, "k", "A", 1000, NULL, false);
	flush(store);
	cla_store_close(store);
	store = open_store(f, CLA_STORE_READ);
	struct cla_capture c = {
		.n = 2, .entity = CLA_STR("acme"), .key = CLA_STR("k"), .attempt = 1
	};
	assert_false(cla_store_capture(store, &c, NULL, &err));
	assert_int_equal(err.code, CLA_ERR_INTERNAL);
	cla_judgement_init(&j);
	assert_non_null(cla_judgement_add(&j));
	assert_true(cla_store_verdict_put(store, &d, &d, &d, &j,
					  NULL)); /* not kept, which is allowed */
	assert_true(cla_store_verdict_get(store, &d, &d, &d, &j, &found, NULL));
	assert_false(found);
	cla_store_close(store);
}

/* ---- custody, keys, lock ---- */

static void custody_is_a_chain(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf log = CLA_BUF_INIT(1 << 16);
	struct cla_digest head, due;
	struct cla_str line, rest;
	struct cla_checked checked;
	uint64_t n;
	char want[512], hex[CLA_DIGEST_HEX];

	assert_true(cla_store_custody_head(store, &n, &head, NULL));
	assert_int_equal(n, 0);
	assert_true(event(store, "fetched", "47f8", 0));
	assert_true(event(store, "bundled", "clara_mx", 1));
	flush(store);
	assert_true(cla_store_custody_head(store, &n, &head, NULL));
	assert_int_equal(n, 2);
	slurp(f, "custody.jsonl", &log);
	assert_true(cla_str_cut(cla_buf_str(&log), '\n', &line, &rest));
	assert_true(cla_json_canonical(line, NULL));
	assert_string_equal(cla_str_cstr(line, want, sizeof(want), NULL) ? want : "",
			    "{\"data\":{\"entity\":\"acme\",\"journal\":null,\"object\":null,"
			    "\"subject\":\"47f8\",\"time\":\"1970-"
			    "01-01T00:00:00Z\"},"
			    "\"n\":0,\"prev\":\"00000000000000000000000000000000"
			    "00000000000000000000000000000000\",\"type\":\"fetched\"}");
	assert_true(cla_digest_of(line, &due, NULL));
	assert_true(cla_str_cut(rest, '\n', &line, &rest));
	(void)snprintf(want, sizeof(want), "\"n\":1,\"prev\":\"%s\",\"type\":\"bundled\"}",
		       cla_digest_hex(&due, hex));
	assert_true(cla_str_ends(line, want));
	assert_true(cla_digest_of(line, &due, NULL));
	assert_true(cla_digest_eq(&due, &head));
	assert_int_equal(rest.len, 0);
	cla_store_close(store);
	store = open_store(f, CLA_STORE_WRITE);
	assert_true(cla_store_custody_head(store, &n, &head, NULL));
	assert_int_equal(n, 2);
	assert_true(cla_digest_eq(&due, &head));
	assert_true(event(store, "verified", "clara_mx", 2));
	flush(store);
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_int_equal(checked.custody_lines, 3);
	cla_store_close(store);
}

/* An event that names the journal's head of its time. */
static void anchor(struct cla_store *store, int64_t sec)
{
	struct cla_event e = { .type = "fetched",
			       .entity = CLA_STR("acme"),
			       .subject = CLA_STR("a month"),
			       .time = at(sec),
			       .anchored = true };
	assert_true(cla_store_custody(store, &e, NULL));
}

static void a_file_that_came_is_told_of_with_its_digest(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf log = CLA_BUF_INIT(1 << 16);
	char hex[CLA_DIGEST_HEX];

	note(store, "answer", "answer", 1000, NULL, false); /* of the API: the run tells of it */
	for (int i = 0; i < 3; i++) {
		struct cla_capture c =
			capture(store, "file", i < 2 ? "file" : "another", 1001 + i, NULL);
		c.resource = CLA_STR("download");
		assert_true(cla_store_capture(store, &c, NULL, NULL));
	}
	struct cla_capture failed = capture(store, "gone", "", 1004, "http-404");
	failed.resource = CLA_STR("download");
	assert_true(cla_store_capture(store, &failed, NULL, NULL));
	flush(store);
	slurp(f, "custody.jsonl", &log);
	struct cla_digest first = digest_of("file"), second = digest_of("another");
	struct cla_str line, rest;
	assert_true(cla_str_cut(cla_buf_str(&log), '\n', &line, &rest));
	assert_true(cla_str_contains(line, "\"type\":\"stored\""));
	assert_true(cla_str_contains(line, cla_digest_hex(&first, hex)));
	assert_true(cla_str_contains(line, "capture 2\""));
	assert_true(cla_str_cut(rest, '\n', &line, &rest));
	assert_true(cla_str_contains(line, cla_digest_hex(&second, hex)));
	assert_int_equal(rest.len, 0);
	cla_store_close(store);
}

/* A journal made anew from its first line is a good chain, but not the one that events name. */
static void events_hold_the_journal_to_what_it_was(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf journal = CLA_BUF_INIT(1 << 20), cut = CLA_BUF_INIT(1 << 20);
	struct cla_checked checked;
	struct cla_err err = CLA_ERR_INIT;
	char path[256];

	note(store, "one", "one", 1000, NULL, false);
	anchor(store, 1000);
	note(store, "two", "two", 1001, NULL, false);
	anchor(store, 1001);
	note(store, "three", "three", 1002, NULL, false);
	flush(store);
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_int_equal(checked.anchors, 2);
	cla_store_close(store);
	slurp(f, "journal", &journal);

	/* the last two lines are lost, and with the catalogue who knew of them */
	struct cla_str line, rest;
	assert_true(cla_str_cut(cla_buf_str(&journal), '\n', &line, &rest));
	cla_buf_add(&cut, cla_str_sub(cla_buf_str(&journal), 0, line.len + 1));
	spill(f, "journal", cla_buf_str(&cut));
	(void)unlink(in_dir(f, "catalogue.sqlite", path));
	store = open_store(f, CLA_STORE_WRITE);
	assert_false(cla_store_check(store, NULL, NULL, &checked, &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	assert_non_null(strstr(err.msg, "line 2 of the custody log names line 2"));
	/* another line in the place of the second */
	note(store, "two", "other", 1001, NULL, false);
	flush(store);
	assert_false(cla_store_check(store, NULL, NULL, &checked, &err));
	assert_non_null(strstr(err.msg, "'journal' line 2: not the one that line 2"));
	cla_store_close(store);
	spill(f, "journal", cla_buf_str(&journal));
	(void)unlink(in_dir(f, "catalogue.sqlite", path));
	store = open_store(f, CLA_STORE_WRITE);
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	cla_store_close(store);
}

/* The same for the custody log, by the statements that were issued. */
static void statements_hold_the_custody_log_to_what_it_was(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf log = CLA_BUF_INIT(1 << 20), statement = CLA_BUF_INIT(1 << 16);
	struct cla_issued b = an_issue("2024-11", 0, 0);
	struct cla_checked checked;
	struct cla_err err = CLA_ERR_INIT;
	struct cla_digest head;
	char path[256], hex[CLA_DIGEST_HEX];
	uint64_t n;

	assert_true(event(store, "fetched", "one", 1000));
	assert_true(event(store, "fetched", "two", 1001));
	assert_true(cla_store_custody_head(store, &n, &head, NULL));
	cla_buf_addf(&statement, "{\"predicate\":{\"custody\":{\"n\":%llu,\"sha256\":\"%s\"}}}",
		     (unsigned long long)n, cla_digest_hex(&head, hex));
	spill(f, "bundles/clara_mx_acme_2024-11_r0.statement.json", cla_buf_str(&statement));
	assert_true(cla_digest_of(cla_buf_str(&statement), &b.statement_sha256, NULL));
	assert_true(cla_store_issue(store, &b, NULL));
	assert_true(event(store, "bundled", "r0", 1002));
	flush(store);
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_int_equal(checked.statements, 1);
	cla_store_close(store);

	slurp(f, "custody.jsonl", &log);
	for (int how = 0; how < 2; how++) {
		(void)unlink(in_dir(f, "catalogue.sqlite", path));
		spill(f, "custody.jsonl", CLA_STR(""));
		store = open_store(f, CLA_STORE_WRITE);
		for (int i = 0; how && i < 3; i++)
			assert_true(event(store, "fetched", "invented", 1000));
		flush(store);
		assert_false(cla_store_check(store, NULL, NULL, &checked, &err));
		assert_int_equal(err.code, CLA_ERR_INTEGRITY);
		assert_non_null(strstr(err.msg, how ? "'custody.jsonl' line 2: not the one"
						    : "'custody.jsonl' has 0 lines"));
		cla_store_close(store);
	}
	spill(f, "custody.jsonl", cla_buf_str(&log));
	/* a statement that is not the one issued is no witness */
	(void)unlink(in_dir(f, "catalogue.sqlite", path));
	cla_buf_addc(&statement, " ");
	spill(f, "bundles/clara_mx_acme_2024-11_r0.statement.json", cla_buf_str(&statement));
	store = open_store(f, CLA_STORE_WRITE);
	assert_false(cla_store_check(store, NULL, NULL, &checked, &err));
	assert_non_null(strstr(err.msg, "not the statement issued"));
	cla_store_close(store);
}

static void a_rebuild_takes_the_journal_as_it_is_and_says_so(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 16), journal = CLA_BUF_INIT(1 << 20),
				    log = CLA_BUF_INIT(1 << 20);
	struct cla_issued b = an_issue("2024-12", 0, 1);
	struct cla_checked checked;
	struct cla_err err = CLA_ERR_INIT;

	fill(store);
	cla_store_close(store);
	store = open_store(f, CLA_STORE_REBUILD);
	describe(store, &text);
	assert_string_equal(cla_buf_cstr(&text), due_description);
	note(store, "p5", "five", 1010, NULL, false);
	anchor(store, 1010);
	flush(store);
	cla_store_close(store);

	/* its last line is lost: an ordinary run refuses, a rebuild goes on from there */
	slurp(f, "journal", &journal);
	journal.len--;
	while (journal.ptr[journal.len - 1] != '\n')
		journal.len--;
	spill(f, "journal", cla_buf_str(&journal));
	assert_int_equal(open_fails(f, CLA_STORE_WRITE, &err), CLA_ERR_INTEGRITY);
	store = open_store(f, CLA_STORE_REBUILD);
	describe(store, &text);
	assert_string_equal(cla_buf_cstr(&text), due_description);
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_int_equal(checked.lost, 1);
	assert_int_equal(checked.anchors, 2);
	slurp(f, "custody.jsonl", &log);
	assert_true(cla_str_contains(cla_buf_str(&log), "journal 10 lines, known before 11"));
	/* a bundle that is known only by itself keeps its ordinals from being given again */
	b.last_n = 40;
	assert_true(cla_store_issue(store, &b, NULL));
	flush(store);
	cla_store_close(store);
	store = open_store(f, CLA_STORE_WRITE);
	assert_int_equal(store->next_n, 41);
	cla_store_close(store);
}

static bool make_key(void *ctx, struct cla_buf *out, struct cla_err *err)
{
	(void)err;
	cla_buf_addf(out, "key %d", ++*(int *)ctx);
	return true;
}

static void keys_are_made_once_and_kept_private(void **state)
{
	struct fixture *f = *state;
	cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	cla_auto_buf struct cla_buf key = CLA_BUF_INIT(100);
	struct cla_err err = CLA_ERR_INIT;
	struct stat st;
	char path[256];
	int made = 0;

	assert_false(cla_store_key(store, "salt.key", NULL, NULL, &key, &err));
	assert_int_equal(err.code, CLA_ERR_NOT_FOUND);
	for (int i = 0; i < 2; i++) {
		cla_buf_reset(&key);
		assert_true(cla_store_key(store, "salt.key", make_key, &made, &key, NULL));
		assert_string_equal(cla_buf_cstr(&key), "key 1");
	}
	assert_int_equal(made, 1);
	assert_int_equal(stat(in_dir(f, "keys/salt.key", path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	static const mode_t open_modes[] = { 0640, 0604, 0666, 0610 };
	for (size_t i = 0; i < CLA_LEN(open_modes); i++) {
		assert_int_equal(chmod(path, open_modes[i]), 0);
		assert_false(cla_store_key(store, "salt.key", make_key, &made, &key, &err));
		assert_int_equal(err.code, CLA_ERR_CONFIG);
		assert_non_null(strstr(err.msg, "chmod 600"));
	}
	assert_int_equal(stat(in_dir(f, "keys", path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void another_process_holds_the_lock(void **state)
{
	struct fixture *f = *state;
	struct cla_err err = CLA_ERR_INIT;
	int ready[2], done[2], status;
	char byte = 'x';

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct cla_store *store = NULL;
		if (!cla_store_open(&f->ctx, f->dir, CLA_STORE_WRITE, &store, NULL))
			_exit(1);
		note(store, "k", "A", 1000, NULL, false);
		if (!cla_store_flush(store, NULL) || write(ready[1], &byte, 1) != 1 ||
		    read(done[0], &byte, 1) != 1)
			_exit(2);
		cla_store_close(store);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(open_fails(f, CLA_STORE_WRITE, &err), CLA_ERR_LOCKED);
	assert_int_equal(cla_err_exit(err.code), 8);
	/* readers look at what the writer has committed */
	struct cla_store *store = open_store(f, CLA_STORE_READ);
	assert_int_equal(current(store, "k", always), 1);
	cla_store_close(store);
	assert_int_equal(write(done[1], &byte, 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	store = open_store(f, CLA_STORE_WRITE);
	assert_int_equal(current(store, "k", always), 1);
	cla_store_close(store);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(done[i]);
	}
}

/* A reader between the writer's journal line and its commit must not apply the line a second time.
 */
static void a_reader_beside_a_writer_leaves_the_catalogue_alone(void **state)
{
	struct fixture *f = *state;
	struct cla_store *writer = open_store(f, CLA_STORE_WRITE);

	note(writer, "k", "A", 1000, NULL, false);
	assert_true(cla_chain_flush(&writer->journal, NULL));
	struct cla_store *reader = open_store(f, CLA_STORE_READ);
	assert_int_equal(current(reader, "k", always), 0);
	flush(writer);
	assert_int_equal(current(reader, "k", always), 1);
	cla_store_close(reader);
	assert_int_equal(current(writer, "k", always), 1);
	cla_store_close(writer);
}

static void no_data_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct cla_err err = CLA_ERR_INIT;

	assert_int_equal(open_fails(f, CLA_STORE_READ, &err), CLA_ERR_NOT_FOUND);
	(void)snprintf(f->dir + strlen(f->dir), 8, "/none");
	assert_int_equal(open_fails(f, CLA_STORE_READ, &err), CLA_ERR_NOT_FOUND);
	f->dir[strlen(f->dir) - 5] = '\0';
}

/* A change that the catalogue refuses half-way must never become durable on one side only. */
static void a_half_done_change_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct cla_store *store = open_store(f, CLA_STORE_WRITE);
	struct cla_err err = CLA_ERR_INIT;
	struct cla_checked checked;

	note(store, "one", "one", 1000, NULL, false);
	flush(store);
	note(store, "two", "two", 1001, NULL, false);
	assert_false(cla_store_journal(store, "no such type", CLA_STR("{}"), &err));
	assert_false(cla_store_flush(store, &err));
	cla_store_close(store);
	store = open_store(f, CLA_STORE_WRITE);
	assert_int_equal(current(store, "one", always), 1);
	assert_int_equal(current(store, "two", always), 0);
	assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
	assert_int_equal(checked.journal_lines, 1);
	cla_store_close(store);
}

/* ---- kill -9 ---- */

/* Writes until killed; says through the pipe which ordinal was last made durable. */
static void write_for_ever(struct fixture *f, int out)
{
	struct cla_store *store = NULL;

	if (!cla_store_open(&f->ctx, f->dir, CLA_STORE_WRITE, &store, NULL))
		_exit(1);
	for (;;) {
		uint64_t n = store->next_n;
		char key[32], text[64];
		(void)snprintf(key, sizeof(key), "k%llu", (unsigned long long)n);
		(void)snprintf(text, sizeof(text), "text of %llu", (unsigned long long)n);
		note(store, key, text, 1000, NULL, false);
		if (n % 5 == 0 &&
		    (!event(store, "fetched", "x", 1) || !cla_store_flush(store, NULL) ||
		     write(out, &n, sizeof(n)) != sizeof(n)))
			_exit(2);
	}
}

static void a_kill_loses_nothing_that_was_flushed(void **state)
{
	struct fixture *f = *state;
	uint64_t reported = 0, seed = 88172645463325252u, before = 0;

	for (int round = 0; round < 20; round++) {
		int ends[2], status;
		struct cla_checked checked;
		uint64_t n;
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (!child) {
			close(ends[0]);
			write_for_ever(f, ends[1]);
		}
		close(ends[1]);
		/* at least one flush, then some microseconds that differ by round */
		assert_int_equal(read(ends[0], &n, sizeof(n)), sizeof(n));
		reported = n;
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		struct timespec wait = { 0, (long)(seed % 30000) * 1000 };
		(void)nanosleep(&wait, NULL);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		while (read(ends[0], &n, sizeof(n)) == sizeof(n))
			reported = n;
		close(ends[0]);

		cla_auto_store struct cla_store *store = open_store(f, CLA_STORE_WRITE);
		assert_true(cla_store_check(store, NULL, NULL, &checked, NULL));
		assert_true(checked.journal_lines >= reported);
		assert_int_equal(store->next_n, checked.journal_lines + 1);
		for (uint64_t i = before + 1; i <= checked.journal_lines; i++) {
			cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
			cla_auto_buf struct cla_buf text = CLA_BUF_INIT(100);
			struct cla_capture c;
			bool found;
			char key[32], due[64];
			(void)snprintf(key, sizeof(key), "k%llu", (unsigned long long)i);
			(void)snprintf(due, sizeof(due), "text of %llu", (unsigned long long)i);
			assert_true(cla_store_current(store, CLA_STR("acme"), cla_str_from(key),
						      always, &arena, &c, &found, NULL));
			assert_true(found);
			assert_int_equal(c.n, i);
			assert_true(cla_store_get(store, &c.stored_sha256, &text, NULL));
			assert_string_equal(cla_buf_cstr(&text), due);
		}
		before = checked.journal_lines;
	}
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(objects_are_named_by_their_bytes),
		T(a_small_object_is_placed_either_way),
		T(an_aborted_put_leaves_nothing),
		T(a_wrong_byte_in_an_object_is_found_on_reading),
		T(a_torn_object_is_replaced_when_its_bytes_come_again),
		T(a_whole_object_of_a_killed_run_is_synced_with_the_next_batch),
		T(what_was_flushed_is_there_after_reopening),
		T(the_start_of_a_put_is_at_hand),
		T(a_full_or_old_batch_flushes_itself),
		T(a_batch_that_fails_is_told),
		T(a_torn_last_line_is_cut),
		T(a_broken_chain_is_an_integrity_error),
		T(check_reads_every_line_again),
		T(the_catalogue_is_made_again_from_the_journal),
		T(a_catalogue_of_version_1_is_made_again_in_silence),
		T(a_custody_log_written_anew_is_seen_beside_any_catalogue),
		T(a_catalogue_left_behind_catches_up),
		T(equal_answers_are_only_noted),
		T(captures_about_an_expense_are_found),
		T(identity_decides_not_the_bytes),
		T(a_clock_set_back_hides_nothing_behind_a_later_capture),
		T(listings_replace_each_other),
		T(a_listing_of_ten_thousand_pages_fits),
		T(imports_are_kept_once),
		T(uses_are_found_by_id_and_by_bytes),
		T(issued_bundles_are_remembered),
		T(verdicts_are_kept_by_object_rules_and_certificates),
		T(a_store_opened_for_reading_changes_nothing),
		T(custody_is_a_chain),
		T(a_file_that_came_is_told_of_with_its_digest),
		T(events_hold_the_journal_to_what_it_was),
		T(statements_hold_the_custody_log_to_what_it_was),
		T(a_rebuild_takes_the_journal_as_it_is_and_says_so),
		T(keys_are_made_once_and_kept_private),
		T(another_process_holds_the_lock),
		T(a_reader_beside_a_writer_leaves_the_catalogue_alone),
		T(no_data_is_not_found),
		T(a_half_done_change_is_given_up),
		T(a_kill_loses_nothing_that_was_flushed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
