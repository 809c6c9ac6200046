#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL (16u << 10) /* kept in memory to its end: most answers need no file before */

struct cla_put {
	struct cla_store *store;
	struct cla_hasher *hasher; /* of what is in the file */
	struct cla_buf small;	   /* all of it, while there is no file; then its first bytes */
	int fd;			   /* -1: none yet */
	uint64_t size;
	char name[32]; /* in tmp/, "" when nothing is there */
};

#define OBJECT_NAME 72 /* "ab/" and 62 digits and the NUL, rounded up */

static void object_name(const struct cla_digest *id, char out[OBJECT_NAME])
{
	cla_digest_hex(id, out + 1);
	out[0] = out[1];
	out[1] = out[2];
	out[2] = '/';
}

static bool has(const struct cla_store *store, const char *name)
{
	return !faccessat(store->objects_fd, name, R_OK, 0);
}

struct cla_put *cla_store_begin(struct cla_store *store, struct cla_err *err)
{
	struct cla_put *put = calloc(1, sizeof(*put));

	if (!put) {
		cla_err_oom(err);
		return NULL;
	}
	put->store = store;
	put->fd = -1;
	put->small = (struct cla_buf)CLA_BUF_INIT(SMALL);
	return put;
}

static bool take_hasher(struct cla_put *put, struct cla_err *err)
{
	struct cla_store *store = put->store;

	if (!store->hasher_count)
		return cla_hasher_new(CLA_HASH_SHA256, &put->hasher, err);
	put->hasher = store->hashers[--store->hasher_count];
	return true;
}

/* The digest of all that was written; the hasher rests for the next one. */
static bool finish_digest(struct cla_put *put, struct cla_digest *ret, struct cla_err *err)
{
	struct cla_store *store = put->store;

	if (!put->hasher && !take_hasher(put, err))
		return false;
	if (put->fd < 0)
		cla_hasher_update(put->hasher, cla_buf_str(&put->small));
	if (!cla_hasher_finish(put->hasher, ret->bytes, err))
		return false;
	if (store->hasher_count < CLA_STORE_HASHERS)
		store->hashers[store->hasher_count++] = cla_steal(&put->hasher);
	return true;
}

/* Puts what was kept in memory into a file; read-only for all but us, who have it open. */
static bool spill(struct cla_put *put, struct cla_err *err)
{
	struct cla_store *store = put->store;
	char name[sizeof(put->name)];

	(void)snprintf(name, sizeof(name), "put-%llu", (unsigned long long)store->put_serial++);
	put->fd = openat(store->tmp_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			 0444);
	if (put->fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating an object in '%s/tmp'",
				   store->dir);
	memcpy(put->name, name, sizeof(name));
	bool ok = cla_fd_write(put->fd, cla_buf_str(&put->small), err);
	struct cla_str whole = cla_buf_str(&put->small);
	struct cla_buf start = CLA_BUF_INIT(CLA_MEDIA_PREFIX);
	cla_buf_add(&start, cla_str_sub(whole, 0, CLA_MEDIA_PREFIX));
	ok = ok && cla_buf_ok(&start, err);
	cla_buf_clear(&put->small);
	put->small = start;
	return ok || cla_err_wrap(err, "writing an object");
}

/* The same before all of it is known: it is hashed as it goes into the file. */
static bool spill_early(struct cla_put *put, struct cla_err *err)
{
	if (!take_hasher(put, err))
		return false;
	cla_hasher_update(put->hasher, cla_buf_str(&put->small));
	return spill(put, err);
}

bool cla_store_write(struct cla_put *put, struct cla_str bytes, struct cla_err *err)
{
	put->size += bytes.len;
	if (put->fd < 0 && put->size <= SMALL) {
		cla_buf_add(&put->small, bytes);
		return cla_buf_ok(&put->small, err);
	}
	if (put->fd < 0 && !spill_early(put, err))
		return false;
	if (put->small.len < CLA_MEDIA_PREFIX)
		cla_buf_add(&put->small, cla_str_sub(bytes, 0, CLA_MEDIA_PREFIX - put->small.len));
	if (!cla_buf_ok(&put->small, err))
		return false;
	cla_hasher_update(put->hasher, bytes);
	return cla_fd_write(put->fd, bytes, err) || cla_err_wrap(err, "writing an object");
}

void cla_store_abort(struct cla_put *put)
{
	if (!put)
		return;
	if (*put->name)
		(void)unlinkat(put->store->tmp_fd, put->name, 0);
	cla_fd_close(&put->fd);
	cla_buf_clear(&put->small);
	cla_hasher_free(put->hasher);
	free(put);
}

bool cla_put_reopen(struct cla_put *put, int *fd, struct cla_err *err)
{
	if (put->fd < 0 && !spill_early(put, err))
		return false;
	*fd = openat(put->store->tmp_fd, put->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *fd >= 0 || cla_err_sys(err, CLA_ERR_IO, errno, "reading a new object");
}

bool cla_put_read(struct cla_put *put, struct cla_buf *out, struct cla_err *err)
{
	cla_auto_fd int fd = -1;
	char chunk[65536];
	size_t got;

	if (put->fd < 0) {
		cla_buf_add(out, cla_buf_str(&put->small));
		return cla_buf_ok(out, err);
	}
	if (!cla_put_reopen(put, &fd, err))
		return false;
	do {
		if (!cla_fd_read(fd, chunk, sizeof(chunk), &got, err))
			return cla_err_wrap(err, "reading a new object");
		cla_buf_add(out, (struct cla_str){ chunk, got });
	} while (got == sizeof(chunk) && !out->failed);
	return cla_buf_ok(out, err);
}

struct cla_str cla_put_start(const struct cla_put *put)
{
	return cla_str_sub(cla_buf_str(&put->small), 0, CLA_MEDIA_PREFIX);
}

static bool hash_file(int fd, struct cla_digest *ret, struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	char chunk[65536];
	size_t got;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	do {
		if (!cla_fd_read(fd, chunk, sizeof(chunk), &got, err))
			return false;
		cla_hasher_update(hasher, (struct cla_str){ chunk, got });
	} while (got == sizeof(chunk));
	return cla_hasher_finish(hasher, ret->bytes, err);
}

/* Whether the object of that name is whole. It counts when the journal refers to it; otherwise a power
 * cut may have left it torn, and its bytes are looked at once. */
static bool is_whole(struct cla_store *store, const char *name, const struct cla_digest *id,
		     uint64_t size, bool *ret, struct cla_err *err)
{
	struct stat st;
	struct cla_digest found;
	cla_auto_fd int fd = openat(store->objects_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*ret = false;
	if (fd < 0 || fstat(fd, &st))
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening object '%s'", name);
	if ((uint64_t)st.st_size != size)
		return true;
	if (!cla_catalogue_knows(store, id, ret, err))
		return false;
	if (*ret)
		return true;
	if (!hash_file(fd, &found, err))
		return false;
	*ret = cla_digest_eq(&found, id);
	/* a killed run may have left it without a sync */
	store->unsynced = true;
	return true;
}

/* Moves the file to its place if nothing is there; not every file system can do both in one. Nobody
 * else writes here: the store is locked. */
static int move_new(const struct cla_store *store, const char *from, const char *to)
{
	if (!renameat2(store->tmp_fd, from, store->objects_fd, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL)
		return -1;
	if (!faccessat(store->objects_fd, to, F_OK, 0)) {
		errno = EEXIST;
		return -1;
	}
	return renameat(store->tmp_fd, from, store->objects_fd, to);
}

static bool make_folder(const struct cla_store *store, const char *name)
{
	const char dir[] = { name[0], name[1], '\0' };

	return !mkdirat(store->objects_fd, dir, 0700) || errno == EEXIST;
}

static bool publish(struct cla_put *put, const char *name, const struct cla_digest *id,
		    bool *existed, struct cla_err *err)
{
	struct cla_store *store = put->store;
	int failed = move_new(store, put->name, name);

	*existed = false;
	if (failed && errno == ENOENT && make_folder(store, name))
		failed = move_new(store, put->name, name);
	if (failed && errno == EEXIST) {
		if (!is_whole(store, name, id, put->size, existed, err))
			return false;
		if (*existed)
			return true;
		failed = renameat(store->tmp_fd, put->name, store->objects_fd, name);
	}
	if (failed)
		return cla_err_sys(err, CLA_ERR_IO, errno, "storing object '%s'", name);
	*put->name = '\0';
	return true;
}

/* What linkat() and O_TMPFILE say where the file system, or a missing /proc, has no such thing. */
static bool is_unable(int sys)
{
	return sys == EOPNOTSUPP || sys == EISDIR || sys == EINVAL || sys == ENOENT ||
	       sys == EXDEV || sys == EPERM || sys == EACCES;
}

/* What is in memory becomes a file without a name, which gets its own when it is whole: less work
 * than a name in tmp/ that is changed. *placed false: it has to be done that way. */
static bool link_small(const struct cla_put *put, const char *name, bool *placed,
		       struct cla_err *err)
{
	struct cla_store *store = put->store;
	char self[32];
	cla_auto_fd int fd = openat(store->objects_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0444);
	int sys = fd < 0 ? errno : 0;

	*placed = false;
	if (fd >= 0 && !cla_fd_write(fd, cla_buf_str(&put->small), err))
		return cla_err_wrap(err, "writing an object");
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	for (int try = 0; fd >= 0 && !*placed && try < 2; try++) {
		*placed = !linkat(AT_FDCWD, self, store->objects_fd, name, AT_SYMLINK_FOLLOW);
		sys = *placed ? 0 : errno;
		if (!*placed && (sys != ENOENT || !make_folder(store, name)))
			break;
	}
	if (*placed || (fd >= 0 && sys == EEXIST))
		return true;
	store->named_only = is_unable(sys);
	return store->named_only || cla_err_sys(err, CLA_ERR_IO, sys, "storing object '%s'", name);
}

/* What is still in memory need not become a file where the object is here. */
static bool place(struct cla_put *put, const struct cla_digest *id, bool *existed,
		  struct cla_err *err)
{
	char name[OBJECT_NAME];
	bool placed = false, small = put->fd < 0;

	*existed = false;
	object_name(id, name);
	if (small && has(put->store, name)) {
		if (!is_whole(put->store, name, id, put->size, existed, err))
			return false;
	} else if (small && !put->store->named_only && !link_small(put, name, &placed, err)) {
		return false;
	}
	return placed || *existed ||
	       ((put->fd >= 0 || spill(put, err)) && publish(put, name, id, existed, err));
}

bool cla_store_commit(struct cla_put *put, struct cla_digest *ret, uint64_t *size, bool *existed,
		      struct cla_err *err)
{
	struct cla_digest id;
	bool there = false;
	bool ok = finish_digest(put, &id, err) && place(put, &id, &there, err);

	if (ok) {
		*ret = id;
		if (size)
			*size = put->size;
		if (existed)
			*existed = there;
		if (!there) {
			put->store->unsynced = true;
			put->store->objects++;
		}
	}
	cla_store_abort(put);
	return ok;
}

bool cla_store_put(struct cla_store *store, struct cla_str bytes, struct cla_digest *ret,
		   struct cla_err *err)
{
	struct cla_put *put = cla_store_begin(store, err);

	if (!put)
		return false;
	if (!cla_store_write(put, bytes, err)) {
		cla_store_abort(put);
		return false;
	}
	return cla_store_commit(put, ret, NULL, NULL, err);
}

bool cla_store_has(struct cla_store *store, const struct cla_digest *id)
{
	char name[OBJECT_NAME];
	object_name(id, name);
	return has(store, name);
}

static int open_object(struct cla_store *store, const struct cla_digest *id, struct cla_err *err)
{
	char name[OBJECT_NAME];
	object_name(id, name);
	int fd = openat(store->objects_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		int sys = errno;
		bool known = false;
		enum cla_err_code code = sys == ENOENT ? CLA_ERR_NOT_FOUND : CLA_ERR_IO;
		/* what the journal speaks of must be here: that it is gone is no mere absence */
		if (sys == ENOENT && cla_catalogue_knows(store, id, &known, NULL) && known)
			code = CLA_ERR_INTEGRITY;
		cla_err_sys(err, code, sys, "opening object '%s'", name);
	}
	return fd;
}

bool cla_store_stream(struct cla_store *store, const struct cla_digest *id, cla_store_sink *sink,
		      void *ctx, struct cla_err *err)
{
	cla_auto_fd int fd = open_object(store, id, err);
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	struct cla_digest found;
	char hex[CLA_DIGEST_HEX];
	char chunk[65536];
	size_t got;

	if (fd < 0 || !cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	do {
		if (!cla_fd_read(fd, chunk, sizeof(chunk), &got, err))
			return cla_err_wrap(err, "reading object '%s'", cla_digest_hex(id, hex));
		struct cla_str piece = { chunk, got };
		cla_hasher_update(hasher, piece);
		if (got && !sink(ctx, piece, err))
			return false;
	} while (got == sizeof(chunk));
	if (!cla_hasher_finish(hasher, found.bytes, err))
		return false;
	if (!cla_digest_eq(&found, id))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "object '%s' of the store is not what its name says",
				   cla_digest_hex(id, hex));
	return true;
}

static bool into_buf(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct cla_buf *out = ctx;
	cla_buf_add(out, bytes);
	return cla_buf_ok(out, err);
}

bool cla_store_get(struct cla_store *store, const struct cla_digest *id, struct cla_buf *out,
		   struct cla_err *err)
{
	return cla_store_stream(store, id, into_buf, out, err);
}

bool cla_store_peek(struct cla_store *store, const struct cla_digest *id, size_t max,
		    struct cla_buf *out, struct cla_err *err)
{
	cla_auto_fd int fd = open_object(store, id, err);
	char start[4096];
	size_t got;

	if (fd < 0)
		return false;
	if (!cla_fd_read(fd, start, max < sizeof(start) ? max : sizeof(start), &got, err))
		return cla_err_wrap(err, "looking at an object");
	cla_buf_add(out, (struct cla_str){ start, got });
	return cla_buf_ok(out, err);
}
