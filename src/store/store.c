#include "store/store_priv.h"

#include "model/plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool under(struct cla_store *store, const char *name, struct cla_buf *out,
		  struct cla_err *err)
{
	return cla_path_join(out, store->dir, name, err);
}

static bool make_folders(struct cla_store *store, struct cla_err *err)
{
	static const char *const names[] = { "objects/sha256", "tmp", "bundles", "keys", "certs" };

	for (size_t i = 0; i < CLA_LEN(names); i++) {
		cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
		if (!under(store, names[i], &path, err) ||
		    !cla_dir_make(cla_buf_cstr(&path), 0700, err))
			return false;
	}
	return true;
}

static bool open_folder(struct cla_store *store, const char *name, int *fd, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);

	if (!under(store, name, &path, err))
		return false;
	*fd = open(cla_buf_cstr(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", cla_buf_cstr(&path));
	return true;
}

/* The lock goes with the process, however it ends. */
bool cla_store_lock(struct cla_store *store, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);

	if (!under(store, "lock", &path, err))
		return false;
	store->lock_fd = open(cla_buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", cla_buf_cstr(&path));
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB)) {
		int sys = errno;
		cla_store_unlock(store);
		if (sys == EWOULDBLOCK)
			return cla_err_set(err, CLA_ERR_LOCKED, "another run is using '%s'",
					   store->dir);
		return cla_err_sys(err, CLA_ERR_IO, sys, "locking '%s'", cla_buf_cstr(&path));
	}
	return true;
}

void cla_store_unlock(struct cla_store *store)
{
	cla_fd_close(&store->lock_fd);
}

/* What a killed run left half-written was never visible under a name that counts. */
static void sweep_tmp(struct cla_store *store)
{
	int fd = dup(store->tmp_fd);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		cla_fd_close(&fd);
		return;
	}
	for (struct dirent *e; (e = readdir(dir));)
		if (!strncmp(e->d_name, "put-", 4))
			(void)unlinkat(store->tmp_fd, e->d_name, 0);
	(void)closedir(dir);
}

static bool has_folders(struct cla_store *store)
{
	static const char *const names[] = { "objects/sha256", "tmp" };

	for (size_t i = 0; i < CLA_LEN(names); i++) {
		cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);
		if (!under(store, names[i], &path, NULL) || !cla_path_is_dir(cla_buf_cstr(&path)))
			return false;
	}
	return true;
}

/* The chain tells of changed lines, but not of lines cut off its end: the catalogue remembers. */
static bool custody_is_known(const struct cla_store *store, struct cla_err *err)
{
	const struct cla_chain *c = &store->custody;

	if (c->lines > store->custody_lines ||
	    (c->lines == store->custody_lines && cla_digest_eq(&c->head, &store->custody_head)))
		return true;
	return cla_err_set(err, CLA_ERR_INTEGRITY,
			   "'%s' has %llu lines and had %llu: lines were cut off or rewritten",
			   c->path, (unsigned long long)c->lines,
			   (unsigned long long)store->custody_lines);
}

/* The line that the catalogue saw last must still be there when others follow it. */
static bool is_as_known(void *ctx, const struct cla_chain_line *line, struct cla_err *err)
{
	const struct cla_store *store = ctx;

	return line->n != store->custody_lines ||
	       cla_digest_eq(&line->prev, &store->custody_head) ||
	       cla_err_set(err, CLA_ERR_INTEGRITY,
			   "the line before it is not the one that was there");
}

/* From the first line, so that one which does not hold is named. Only a log that holds is opened to
 * be written. */
static bool read_custody(struct cla_store *store, const char *path, bool write, struct cla_err *err)
{
	struct cla_chain *c = &store->custody;

	if (!cla_chain_open(c, path, false, is_as_known, store, err) ||
	    !custody_is_known(store, err))
		return false;
	if (!write)
		return true;
	cla_chain_close(c);
	return cla_chain_resume(c, path, true, c->lines, c->size, c->head, NULL, NULL, err);
}

/* From where the catalogue saw it last, if it knows the place and that fits. */
static bool open_custody(struct cla_store *store, const char *path, bool write, struct cla_err *err)
{
	struct cla_err unfit = CLA_ERR_INIT;

	if (store->custody_lines && !store->custody_size)
		return read_custody(store, path, write, err);
	if (cla_chain_resume(&store->custody, path, write, store->custody_lines,
			     store->custody_size, store->custody_head, NULL, NULL, &unfit))
		return custody_is_known(store, err);
	cla_chain_close(&store->custody);
	if (unfit.code == CLA_ERR_INTEGRITY)
		return read_custody(store, path, write, err);
	if (err)
		*err = unfit;
	return false;
}

static bool custody_is_witnessed(const struct cla_store *store)
{
	return store->custody.lines == store->custody_lines &&
	       store->custody.size == store->custody_size;
}

/* What was written without the catalogue hearing of it: it was made anew, or a run was killed. */
static bool witness_custody(struct cla_store *store, struct cla_err *err)
{
	if (custody_is_witnessed(store))
		return true;
	if (!cla_store_touch(store, err) || !cla_catalogue_mark(store, err) ||
	    !cla_db_commit(store->db, err))
		return false;
	store->in_tx = false;
	return true;
}

static bool open_all(struct cla_store *store, struct cla_err *err)
{
	cla_auto_buf struct cla_buf custody = CLA_BUF_INIT(8192);
	bool write = store->mode == CLA_STORE_WRITE;

	if (write && !make_folders(store, err))
		return false;
	if (!write && !has_folders(store))
		return cla_err_set(err, CLA_ERR_NOT_FOUND, "no data in '%s' yet", store->dir);
	if ((write && !cla_store_lock(store, err)) ||
	    !open_folder(store, "objects/sha256", &store->objects_fd, err) ||
	    !open_folder(store, "tmp", &store->tmp_fd, err) ||
	    !under(store, "custody.jsonl", &custody, err))
		return false;
	if (write)
		sweep_tmp(store);
	if (!cla_catalogue_open(store, err) ||
	    !open_custody(store, cla_buf_cstr(&custody), write, err))
		return false;
	/* a reader may hold the lock since it mended the catalogue; where a writer has it, that one
	 * remembers */
	bool locked =
		store->lock_fd >= 0 || custody_is_witnessed(store) || cla_store_lock(store, NULL);
	if (locked && !witness_custody(store, err))
		return false;
	if (!write)
		cla_store_unlock(store);
	/* the names of journal and custody log are to be as durable as their lines */
	return !write || cla_dir_sync(store->dir, err);
}

/* What an earlier catalogue knew of the logs is given up with it: the custody log says so. */
static bool note_rebuilt(struct cla_store *store, struct cla_err *err)
{
	typedef unsigned long long llu;
	cla_auto_buf struct cla_buf subject = CLA_BUF_INIT(256);
	const struct cla_ctx *ctx = store->ctx;

	cla_buf_addf(&subject,
		     "catalogue; journal %llu lines, known before %llu; custody log %llu lines,"
		     " known before %llu",
		     (llu)store->journal.lines, (llu)store->known.journal_lines,
		     (llu)store->custody.lines, (llu)store->known.custody_lines);
	struct cla_event e = { .type = "rebuilt",
			       .entity = CLA_STR(""),
			       .subject = cla_buf_str(&subject),
			       .time = ctx->clock.now(ctx->clock.ctx),
			       .anchored = true };
	return cla_buf_ok(&subject, err) && cla_store_custody(store, &e, err) &&
	       cla_store_flush(store, err);
}

bool cla_store_open(const struct cla_ctx *ctx, const char *data_dir, enum cla_store_mode mode,
		    struct cla_store **ret, struct cla_err *err)
{
	struct cla_store *store = calloc(1, sizeof(*store));

	if (!store)
		return cla_err_oom(err);
	store->ctx = ctx;
	store->mode = mode == CLA_STORE_READ ? mode : CLA_STORE_WRITE;
	store->rebuild = mode == CLA_STORE_REBUILD;
	store->line = (struct cla_buf)CLA_BUF_INIT(CLA_STORE_MAX_LINE);
	store->objects_fd = store->tmp_fd = store->lock_fd = -1;
	store->journal.fd = store->custody.fd = -1;
	store->batch_ms = store->commit_ms = ctx->clock.monotonic_ms(ctx->clock.ctx);
	store->dir = strdup(data_dir);
	if (!store->dir || !open_all(store, err) || (store->rebuild && !note_rebuilt(store, err))) {
		if (!store->dir)
			cla_err_oom(err);
		cla_store_close(store);
		return cla_err_wrap(err, "data directory '%s'", data_dir);
	}
	*ret = store;
	return true;
}

void cla_store_close(struct cla_store *store)
{
	if (!store)
		return;
	cla_durable_free(store->durable);
	while (store->hasher_count)
		cla_hasher_free(store->hashers[--store->hasher_count]);
	cla_buf_clear(&store->line);
	cla_catalogue_close(store);
	cla_chain_close(&store->journal);
	cla_chain_close(&store->custody);
	cla_fd_close(&store->objects_fd);
	cla_fd_close(&store->tmp_fd);
	cla_store_unlock(store);
	free(store->dir);
	free(store);
}

bool cla_store_writes(const struct cla_store *store)
{
	return store->mode != CLA_STORE_READ;
}

const char *cla_store_dir(const struct cla_store *store)
{
	return store->dir;
}

uint64_t cla_store_next_n(struct cla_store *store)
{
	return store->next_n++;
}

static int64_t now_ms(const struct cla_store *store)
{
	return store->ctx->clock.monotonic_ms(store->ctx->clock.ctx);
}

static void new_batch(struct cla_store *store)
{
	store->unsynced = false;
	store->objects = 0;
	store->batch_ms = now_ms(store);
}

/* What failed half-way is not tried again: the kernel tells it once, a second sync would lie. */
static bool is_whole(const struct cla_store *store, struct cla_err *err)
{
	return !store->broken ||
	       cla_err_set(err, CLA_ERR_INTERNAL, "an earlier change of '%s' failed half-way",
			   store->dir);
}

static bool wait_for_batch(struct cla_store *store, struct cla_err *err)
{
	if (!store->durable || cla_durable_wait(store->durable, err))
		return true;
	store->broken = true;
	return cla_err_wrap(err, "'%s'", store->dir);
}

static bool commit_catalogue(struct cla_store *store, struct cla_err *err)
{
	if (!store->in_tx)
		return true;
	if (!cla_catalogue_mark(store, err) || !cla_db_commit(store->db, err)) {
		store->broken = true; /* may be rolled back: opening replays the journal */
		return cla_err_wrap(err, "catalogue");
	}
	store->in_tx = false;
	return true;
}

bool cla_store_flush(struct cla_store *store, struct cla_err *err)
{
	if (!is_whole(store, err) || !wait_for_batch(store, err))
		return false;
	/* One sync makes all objects of the batch durable, data and names, and with them what the
	 * custody log says of them; only then may the journal speak of them, and only then the
	 * catalogue of the journal. */
	if (store->unsynced) {
		if (!cla_chain_write(&store->custody, err))
			return false;
		if (syncfs(store->objects_fd)) {
			store->broken = true;
			return cla_err_sys(err, CLA_ERR_IO, errno, "syncing objects in '%s'",
					   store->dir);
		}
	}
	store->unsynced = false;
	if (!cla_chain_flush(&store->journal, err) || !cla_chain_flush(&store->custody, err) ||
	    !commit_catalogue(store, err))
		return false;
	store->uncommitted = 0;
	new_batch(store);
	store->commit_ms = store->batch_ms;
	return true;
}

/* Hands the batch to the thread. */
static bool begin_batch(struct cla_store *store, struct cla_err *err)
{
	if (!store->durable && !cla_durable_new(&store->durable, err))
		return false;
	struct cla_batch *b = cla_durable_batch(store->durable, err);
	if (!b) {
		store->broken = true;
		return cla_err_wrap(err, "'%s'", store->dir);
	}
	b->objects_fd = store->unsynced ? store->objects_fd : -1;
	cla_chain_take(&store->journal, &b->journal);
	cla_chain_take(&store->custody, &b->custody);
	cla_durable_begin(store->durable);
	new_batch(store);
	return true;
}

/* Objects, or lines of one log: each object has one of either. */
static uint64_t batch_size(const struct cla_store *store)
{
	uint64_t size = store->objects;

	if (store->journal.pending_lines > size)
		size = store->journal.pending_lines;
	return store->custody.pending_lines > size ? store->custody.pending_lines : size;
}

bool cla_store_batch(struct cla_store *store, struct cla_err *err)
{
	uint64_t size = batch_size(store);
	int64_t now = now_ms(store), age = now - store->batch_ms;

	if (!is_whole(store, err))
		return false;
	if (++store->uncommitted >= CLA_STORE_COMMIT ||
	    now - store->commit_ms >= CLA_STORE_COMMIT_MS)
		return cla_store_flush(store, err);
	if (size < CLA_STORE_BATCH && age < CLA_STORE_BATCH_MS)
		return true;
	return begin_batch(store, err);
}

static bool may_note(struct cla_store *store, const char *type, struct cla_err *err)
{
	if (store->mode != CLA_STORE_WRITE)
		return cla_err_set(err, CLA_ERR_INTERNAL,
				   "noting a %s: '%s' was opened for reading", type, store->dir);
	return cla_store_touch(store, err) || cla_err_wrap(err, "noting a %s", type);
}

/* The catalogue has `applied` the line, or failed to; the journal follows. */
static bool noted(struct cla_store *store, const char *type, struct cla_str data, bool applied,
		  struct cla_err *err)
{
	if (applied && cla_chain_append(&store->journal, type, data, err))
		return cla_store_batch(store, err);
	/* one of the two may have taken the line: what was flushed stays, what was not is given up
	 */
	store->broken = true;
	return cla_err_wrap(err, "noting a %s", type);
}

bool cla_store_journal(struct cla_store *store, const char *type, struct cla_str data,
		       struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;

	return may_note(store, type, err) && cla_json_parse(data, &doc, err) &&
	       noted(store, type, data,
		     cla_catalogue_apply(store, cla_str_from(type), cla_json_root(doc), err), err);
}

/* A file that came: answers of the API are told of by the run that asked for them. */
static bool note_stored(struct cla_store *store, const struct cla_capture *c, struct cla_err *err)
{
	cla_auto_buf struct cla_buf subject = CLA_BUF_INIT(1024);

	if (!c->stored || !cla_str_absent(c->reason) ||
	    (!cla_str_eqc(c->resource, cla_resource_name(CLA_RES_DOWNLOAD)) &&
	     !cla_str_eqc(c->resource, cla_resource_name(CLA_RES_ATTACHMENT))))
		return true;
	cla_buf_addf(&subject, CLA_STR_FMT ": file of " CLA_STR_FMT ", capture %llu",
		     CLA_STR_ARG(c->month), CLA_STR_ARG(c->uuid), (unsigned long long)c->n);
	struct cla_event e = { .type = "stored",
			       .entity = c->entity,
			       .object = &c->stored_sha256,
			       .subject = cla_buf_str(&subject),
			       .time = c->time };
	return cla_buf_ok(&subject, err) && cla_store_custody(store, &e, err);
}

bool cla_store_capture(struct cla_store *store, const struct cla_capture *c, bool *reaffirmed,
		       struct cla_err *err)
{
	struct cla_buf *data = &store->line;

	cla_buf_reset(data);
	if (!may_note(store, "capture", err) || !cla_capture_save(c, data, err) ||
	    !noted(store, "capture", cla_buf_str(data),
		   cla_catalogue_capture(store, c, cla_buf_str(data), err), err))
		return false;
	bool repeated = store->last_same;
	if (reaffirmed)
		*reaffirmed = repeated;
	return repeated || note_stored(store, c, err);
}

bool cla_store_listing(struct cla_store *store, struct cla_str entity, struct cla_str month,
		       struct cla_str resource, const struct cla_str *keys, size_t count,
		       const char *reason, struct cla_time time, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(CLA_STORE_MAX_LINE);
	struct cla_time always = { INT64_MAX, 0 };
	struct cla_listing held;
	struct cla_json_out o;

	if (!cla_store_get_listing(store, entity, month, resource, always, &arena, &held, err))
		return false;
	bool same =
		held.found && cla_str_eq(held.reason, cla_str_from(reason)) && held.count == count;
	for (size_t i = 0; same && i < count; i++)
		same = cla_str_eq(held.keys[i], keys[i]);
	if (same)
		return true;
	cla_json_out_begin(&o, &data);
	cla_json_out_object(&o);
	cla_json_out_kbool(&o, "complete", !reason);
	cla_json_out_kstr(&o, "entity", entity);
	cla_json_out_key(&o, "keys");
	cla_json_out_array(&o);
	for (size_t i = 0; i < count; i++)
		cla_json_out_str(&o, keys[i]);
	cla_json_out_close(&o);
	cla_json_out_kstr(&o, "month", month);
	cla_json_out_kcstr(&o, "reason", reason);
	cla_json_out_kstr(&o, "resource", resource);
	cla_json_out_kint(&o, "time", time.sec);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err) &&
	       cla_store_journal(store, "listing", cla_buf_str(&data), err);
}

bool cla_store_import(struct cla_store *store, const struct cla_import *in, bool *new_here,
		      struct cla_err *err)
{
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(CLA_STORE_MAX_LINE);
	struct cla_json_out o;
	char hex[CLA_DIGEST_HEX];
	bool known, imported;

	if (!cla_catalogue_knows(store, &in->object, &known, err) ||
	    !cla_catalogue_has_import(store, &in->object, &imported, err))
		return false;
	*new_here = !known;
	/* what an expense brought may be imported too: only then is it in the pool of every month
	 */
	if (imported)
		return true;
	cla_json_out_begin(&o, &data);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "name", in->name);
	cla_json_out_khex(&o, "object", in->object.bytes, sizeof(in->object.bytes));
	cla_json_out_kcstr(&o, "of", in->of ? cla_digest_hex(in->of, hex) : NULL);
	cla_json_out_kbool(&o, "outer", in->outer);
	cla_json_out_kint(&o, "size", (int64_t)in->size);
	cla_json_out_kint(&o, "time", in->time.sec);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err) &&
	       cla_store_journal(store, "import", cla_buf_str(&data), err);
}

bool cla_store_key(struct cla_store *store, const char *name, cla_key_make_fn *make, void *ctx,
		   struct cla_buf *out, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), rel = CLA_BUF_INIT(256);
	struct stat st;

	cla_buf_addf(&rel, "keys/%s", name);
	if (!cla_buf_ok(&rel, err) || !under(store, cla_buf_cstr(&rel), &path, err))
		return false;
	if (stat(cla_buf_cstr(&path), &st)) {
		if (errno != ENOENT || !make)
			return cla_err_sys(err, errno == ENOENT ? CLA_ERR_NOT_FOUND : CLA_ERR_IO,
					   errno, "key '%s'", cla_buf_cstr(&path));
		size_t start = out->len;
		if (!make(ctx, out, err))
			return cla_err_wrap(err, "making key '%s'", name);
		return cla_file_create(cla_buf_cstr(&path),
				       cla_str_sub(cla_buf_str(out), start, out->len), 0600, err);
	}
	if (st.st_mode & 077)
		return cla_err_set(err, CLA_ERR_CONFIG,
				   "key '%s' can be read by others than its owner: chmod 600 '%s'",
				   cla_buf_cstr(&path), cla_buf_cstr(&path));
	return cla_file_read(cla_buf_cstr(&path), out, err);
}

bool cla_store_key_put(struct cla_store *store, const char *name, struct cla_str bytes,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), rel = CLA_BUF_INIT(256);

	if (!cla_store_writes(store))
		return cla_err_set(err, CLA_ERR_INTERNAL, "key '%s' of a store opened for reading",
				   name);
	cla_buf_addf(&rel, "keys/%s", name);
	return cla_buf_ok(&rel, err) && under(store, cla_buf_cstr(&rel), &path, err) &&
	       cla_file_replace(cla_buf_cstr(&path), bytes, 0600, err);
}
