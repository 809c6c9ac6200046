/* base/file.h - descriptors, whole files, atomic replacement, folders.
 *
 * All opens are close-on-exec. Errors name the path in single quotes. Functions ending in "at" take
 * a directory descriptor (AT_FDCWD allowed) and never follow a symbolic link in the last part of
 * the name.
 */
#ifndef CLA_BASE_FILE_H
#define CLA_BASE_FILE_H

#include "base/buf.h"

#include <sys/types.h>

/* Closes *fd when it is >= 0 and sets it to -1; errno is kept. */
void cla_fd_close(int *fd);
#define cla_auto_fd CLA_CLEANUP(cla_fd_close)

void cla_free(void *pp); /* frees *(void **)pp and clears it */
#define cla_auto_free CLA_CLEANUP(cla_free)

CLA_USE bool cla_fd_write(int fd, struct cla_str s, struct cla_err *err); /* all of it */
/* until size or end */
CLA_USE bool cla_fd_read(int fd, void *out, size_t size, size_t *got, struct cla_err *err);
/* Asks the system to begin writing what lies between two offsets, so that the sync at the end finds
 * less to do. */
void cla_fd_begin_sync(int fd, uint64_t from, uint64_t to);
CLA_USE bool cla_fd_sync(int fd, const char *path, struct cla_err *err); /* fdatasync */

/* Appends the whole file to b; CLA_ERR_LIMIT beyond b->max, CLA_ERR_NOT_FOUND when there is none.
 */
CLA_USE bool cla_file_read(const char *path, struct cla_buf *b, struct cla_err *err);

/* Writes a temporary file beside `path`, syncs it, renames it over `path`, syncs the folder. */
CLA_USE bool cla_file_replace(const char *path, struct cla_str bytes, mode_t mode,
			      struct cla_err *err);

/* As above but fails with CLA_ERR_IO (sys EEXIST) when `path` is there already. */
CLA_USE bool cla_file_create(const char *path, struct cla_str bytes, mode_t mode,
			     struct cla_err *err);

/* with parents; fine when there */
CLA_USE bool cla_dir_make(const char *path, mode_t mode, struct cla_err *err);
CLA_USE bool cla_dir_sync(const char *path, struct cla_err *err);
bool cla_path_exists(const char *path);
bool cla_path_is_dir(const char *path);

/* "a/b" from a folder and a name; an absolute name stays as it is. "~/" is not expanded here. */
CLA_USE bool cla_path_join(struct cla_buf *out, const char *dir, const char *name,
			   struct cla_err *err);

/* Calls fn for each regular file below path (or for path itself when it is a file), in bytewise
 * order of full paths, symbolic links to files followed, to folders not. fn returning false stops
 * the walk with its error. */
typedef bool cla_walk_fn(void *ctx, const char *path, struct cla_err *err);
CLA_USE bool cla_path_walk(const char *path, cla_walk_fn *fn, void *ctx, struct cla_err *err);
/* The same for the files of one folder, without what lies below it. */
CLA_USE bool cla_dir_each(const char *path, cla_walk_fn *fn, void *ctx, struct cla_err *err);

#endif
