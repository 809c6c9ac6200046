/* base/file.c - descriptors, whole files, folders and walks over them. */
#include "base/file.h"

#include "base/arena.h"
#include "base/grow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define WALK_DEPTH 64
#define WALK_ENTRIES 1000000 /* of one folder */
#define PATH_LIMIT 65536
#define TEMP_TRIES 16

void cla_fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void cla_free(void *pp)
{
	void *p;

	/* Through memcpy: pp may point to a pointer of any type. */
	memcpy(&p, pp, sizeof(p));
	free(p);
	p = NULL;
	memcpy(pp, &p, sizeof(p));
}

bool cla_fd_write(int fd, struct cla_str s, struct cla_err *err)
{
	while (s.len) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cla_err_sys(err, CLA_ERR_IO, errno, "writing");
		s = cla_str_sub(s, (size_t)n, s.len);
	}
	return true;
}

bool cla_fd_read(int fd, void *out, size_t size, size_t *got, struct cla_err *err)
{
	char *to = out;
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cla_err_sys(err, CLA_ERR_IO, errno, "reading");
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*got = done;
	return true;
}

void cla_fd_begin_sync(int fd, uint64_t from, uint64_t to)
{
	(void)sync_file_range(fd, (off_t)from, (off_t)(to - from), SYNC_FILE_RANGE_WRITE);
}

bool cla_fd_sync(int fd, const char *path, struct cla_err *err)
{
	while (fdatasync(fd) < 0) {
		if (errno != EINTR)
			return cla_err_sys(err, CLA_ERR_IO, errno, "syncing '%s'", path);
	}
	return true;
}

/* A missing file is told apart from one that cannot be used. */
static bool open_failed(const char *path, struct cla_err *err)
{
	enum cla_err_code code = errno == ENOENT ? CLA_ERR_NOT_FOUND : CLA_ERR_IO;

	return cla_err_sys(err, code, errno, "opening '%s'", path);
}

static bool read_all(int fd, struct cla_buf *b, struct cla_err *err)
{
	char chunk[16384];
	size_t got;

	do {
		if (!cla_fd_read(fd, chunk, sizeof(chunk), &got, err))
			return false;
		cla_buf_add(b, (struct cla_str){ chunk, got });
		if (!cla_buf_ok(b, err))
			return false;
	} while (got == sizeof(chunk));
	return true;
}

bool cla_file_read(const char *path, struct cla_buf *b, struct cla_err *err)
{
	cla_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	size_t before = b->len;

	if (fd < 0)
		return open_failed(path, err);
	if (read_all(fd, b, err))
		return true;
	/* No half of a file. */
	b->len = before;
	if (b->ptr)
		b->ptr[before] = '\0';
	return cla_err_wrap(err, "reading '%s'", path);
}

/* Opens the folder that holds `path`; *name points at the last part. */
static bool open_parent(const char *path, int *dir, const char **name, struct cla_err *err)
{
	const char *slash = strrchr(path, '/');
	struct cla_str parent = { ".", 1 };

	*name = slash ? slash + 1 : path;
	if (slash)
		parent = (struct cla_str){ path, slash == path ? 1 : (size_t)(slash - path) };
	if (!**name)
		return cla_err_set(err, CLA_ERR_IO, "'%s' does not name a file", path);

	cla_auto_free char *folder = cla_str_dup(parent);
	if (!folder)
		return cla_err_oom(err);
	*dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir >= 0 || open_failed(folder, err);
}

#define TEMP_NAME 40

/* A new, empty, private file of a name that nobody else has. */
static bool open_temp(int dir, char name[TEMP_NAME], int *fd, struct cla_err *err)
{
	for (int i = 0; i < TEMP_TRIES; i++) {
		unsigned char random[8];
		char hex[2 * sizeof(random) + 1];

		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return cla_err_sys(err, CLA_ERR_IO, errno, "reading random bytes");
		cla_hex_encode(random, sizeof(random), hex);
		snprintf(name, TEMP_NAME, ".clara-%s.tmp", hex);
		*fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (*fd >= 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	return cla_err_sys(err, CLA_ERR_IO, errno, "creating a temporary file");
}

/* Gives the finished temporary file its name. link() refuses a name that is taken, rename()
 * replaces it. */
static bool publish(int dir, const char *temp, const char *name, bool replace, struct cla_err *err)
{
	if (replace) {
		if (renameat(dir, temp, dir, name) < 0)
			return cla_err_sys(err, CLA_ERR_IO, errno, "renaming");
		return true;
	}
	if (linkat(dir, temp, dir, name, 0) < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "naming");
	unlinkat(dir, temp, 0);
	return true;
}

static bool write_file(const char *path, struct cla_str bytes, mode_t mode, bool replace,
		       struct cla_err *err)
{
	cla_auto_fd int dir = -1;
	cla_auto_fd int fd = -1;
	const char *name;
	char temp[TEMP_NAME];

	if (!open_parent(path, &dir, &name, err) || !open_temp(dir, temp, &fd, err))
		return false;
	if (!cla_fd_write(fd, bytes, err))
		goto fail;
	if (fchmod(fd, mode) < 0) {
		cla_err_sys(err, CLA_ERR_IO, errno, "setting the mode");
		goto fail;
	}
	if (!cla_fd_sync(fd, temp, err) || !publish(dir, temp, name, replace, err))
		goto fail;
	if (fsync(dir) < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "syncing its folder");
	return true;
fail:
	unlinkat(dir, temp, 0);
	return false;
}

bool cla_file_replace(const char *path, struct cla_str bytes, mode_t mode, struct cla_err *err)
{
	return write_file(path, bytes, mode, true, err) || cla_err_wrap(err, "writing '%s'", path);
}

bool cla_file_create(const char *path, struct cla_str bytes, mode_t mode, struct cla_err *err)
{
	return write_file(path, bytes, mode, false, err) || cla_err_wrap(err, "writing '%s'", path);
}

bool cla_path_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool cla_path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool cla_dir_make(const char *path, mode_t mode, struct cla_err *err)
{
	cla_auto_free char *copy = cla_str_dup(cla_str_from(path));

	if (!copy)
		return cla_err_oom(err);
	/* Each prefix that ends before a slash, then the whole. */
	for (char *at = copy;; at++) {
		if (*at && *at != '/')
			continue;
		char end = *at;

		*at = '\0';
		bool root = at == copy && end == '/';
		int sys = root || mkdir(copy, mode) == 0 ? 0 : errno;
		if (sys && !cla_path_is_dir(copy))
			return cla_err_sys(err, CLA_ERR_IO, sys, "creating folder '%s'", copy);
		*at = end;
		if (!end)
			break;
	}
	return true;
}

bool cla_dir_sync(const char *path, struct cla_err *err)
{
	cla_auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return open_failed(path, err);
	if (fsync(fd) < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "syncing folder '%s'", path);
	return true;
}

bool cla_path_join(struct cla_buf *out, const char *dir, const char *name, struct cla_err *err)
{
	if (*name != '/' && *dir) {
		cla_buf_addc(out, dir);
		if (dir[strlen(dir) - 1] != '/')
			cla_buf_byte(out, '/');
	}
	cla_buf_addc(out, name);
	return cla_buf_ok(out, err);
}

struct walk {
	cla_walk_fn *fn;
	void *ctx;
	bool flat; /* not into subfolders */
};

/* The names of one folder. A subfolder's name carries a '/' at its end, so that plain comparison
 * gives the order of the full paths below it: "a-b" < "a/c" < "a0". */
struct names {
	struct cla_arena text;
	const char **list;
	size_t count;
	size_t cap;
};

static void names_clear(struct names *n)
{
	free(n->list);
	cla_arena_clear(&n->text);
}

static void dir_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
	*dir = NULL;
}

static int by_bytes(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

static bool names_add(struct names *n, const char *name, bool is_dir, struct cla_err *err)
{
	if (n->count == WALK_ENTRIES)
		return cla_err_set(err, CLA_ERR_LIMIT, "more than %d entries", WALK_ENTRIES);
	if (!cla_grow(&n->list, &n->cap, n->count, sizeof(*n->list), err))
		return false;
	size_t len = strlen(name);
	char *copy = cla_arena_alloc(&n->text, len + 2); /* zeroed */
	if (!copy)
		return cla_err_oom(err);
	memcpy(copy, name, len);
	if (is_dir)
		copy[len] = '/';
	n->list[n->count++] = copy;
	return true;
}

/* Keeps regular files, links to them, and real folders. A link that leads nowhere and an entry that
 * went away are left out like sockets and devices are. */
static bool names_consider(struct names *n, int dir, const char *name, struct cla_err *err)
{
	struct stat st;
	bool is_link;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return true;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ||
		       cla_err_sys(err, CLA_ERR_IO, errno, "looking at '%s'", name);
	is_link = S_ISLNK(st.st_mode);
	if (is_link && fstatat(dir, name, &st, 0) < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ||
		       cla_err_sys(err, CLA_ERR_IO, errno, "following '%s'", name);
	if (S_ISREG(st.st_mode))
		return names_add(n, name, false, err);
	if (S_ISDIR(st.st_mode) && !is_link)
		return names_add(n, name, true, err);
	return true;
}

static bool names_read(const char *path, bool follow, struct names *n, struct cla_err *err)
{
	cla_auto_fd int fd =
		open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));

	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening it");
	CLA_CLEANUP(dir_close) DIR *dir = fdopendir(fd);
	if (!dir)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening it");
	fd = -1; /* now closed with dir */
	for (;;) {
		errno = 0;
		struct dirent *entry = readdir(dir);

		if (!entry && errno)
			return cla_err_sys(err, CLA_ERR_IO, errno, "reading it");
		if (!entry)
			break;
		if (!names_consider(n, dirfd(dir), entry->d_name, err))
			return false;
	}
	if (n->count)
		qsort(n->list, n->count, sizeof(*n->list), by_bytes);
	return true;
}

/* `path` ends in '/'; it grows for each entry and is cut back. */
static bool walk_dir(const struct walk *w, struct cla_buf *path, int depth, struct cla_err *err)
{
	CLA_CLEANUP(names_clear) struct names names = { .text = CLA_ARENA_INIT };
	size_t len = path->len;

	if (depth > WALK_DEPTH)
		return cla_err_set(err, CLA_ERR_LIMIT, "'%s': folders nested over %d deep",
				   path->ptr, WALK_DEPTH);
	if (!names_read(path->ptr, depth == 1, &names, err))
		return cla_err_wrap(err, "walking folder '%s'", path->ptr);
	for (size_t i = 0; i < names.count; i++) {
		bool is_dir = cla_str_ends(cla_str_from(names.list[i]), "/");

		if (is_dir && w->flat)
			continue;
		cla_buf_addc(path, names.list[i]);
		if (!cla_buf_ok(path, err))
			return false;
		if (is_dir ? !walk_dir(w, path, depth + 1, err) : !w->fn(w->ctx, path->ptr, err))
			return false;
		path->len = len;
		path->ptr[len] = '\0';
	}
	return true;
}

bool cla_path_walk(const char *path, cla_walk_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_buf struct cla_buf full = CLA_BUF_INIT(PATH_LIMIT);
	struct walk w = { fn, ctx, false };
	struct stat st;

	if (stat(path, &st) < 0)
		return open_failed(path, err);
	if (!S_ISDIR(st.st_mode))
		return fn(ctx, path, err);
	if (!cla_path_join(&full, path, "", err))
		return false;
	return walk_dir(&w, &full, 1, err);
}

bool cla_dir_each(const char *path, cla_walk_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_buf struct cla_buf full = CLA_BUF_INIT(PATH_LIMIT);
	struct walk w = { fn, ctx, true };

	return cla_path_join(&full, path, "", err) && walk_dir(&w, &full, 1, err);
}
