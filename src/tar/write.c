#include "tar/header.h"
#include "tar/write.h"

#include "base/file.h"
#include "base/late.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* libarchive, loaded when an archive is written. */
#define FUNCTIONS(X)                                                                               \
	X(archive_entry_clear)                                                                     \
	X(archive_entry_copy_pathname)                                                             \
	X(archive_entry_free)                                                                      \
	X(archive_entry_new)                                                                       \
	X(archive_entry_set_filetype)                                                              \
	X(archive_entry_set_gid)                                                                   \
	X(archive_entry_set_mtime)                                                                 \
	X(archive_entry_set_perm)                                                                  \
	X(archive_entry_set_size)                                                                  \
	X(archive_entry_set_uid)                                                                   \
	X(archive_error_string)                                                                    \
	X(archive_set_error)                                                                       \
	X(archive_write_close)                                                                     \
	X(archive_write_data)                                                                      \
	X(archive_write_free)                                                                      \
	X(archive_write_header)                                                                    \
	X(archive_write_new)                                                                       \
	X(archive_write_open)                                                                      \
	X(archive_write_set_bytes_in_last_block)                                                   \
	X(archive_write_set_bytes_per_block)                                                       \
	X(archive_write_set_format_ustar)

struct library {
	FUNCTIONS(CLA_LATE_MEMBER)
};

#define LAST_NAME_SIZE 257 /* directory, '/', last part, NUL */

struct cla_tar_writer {
	struct library lib;
	struct archive *archive;
	struct archive_entry *entry;
	cla_tar_tap *tap;
	void *tap_ctx;
	struct cla_err io;	/* why the last write failed */
	uint64_t written, left; /* bytes of the archive; bytes that the open member still lacks */
	int64_t mtime;
	int fd;
	bool broken; /* nothing may be added */
	bool ended;  /* nothing may be written */
	char last[LAST_NAME_SIZE];
};

static la_ssize_t on_write(struct archive *archive, void *ctx, const void *bytes, size_t len)
{
	struct cla_tar_writer *w = ctx;
	struct cla_str s = { bytes, len };

	if (w->ended)
		return -1;
	if (!cla_fd_write(w->fd, s, &w->io)) {
		w->lib.archive_set_error(archive, w->io.sys ? w->io.sys : EIO, "write failed");
		return -1;
	}
	if (w->tap)
		w->tap(w->tap_ctx, s);
	w->written += len;
	return (la_ssize_t)len;
}

/* What libarchive says, unless our own write knows better. */
static bool archive_fail(struct cla_tar_writer *w, struct cla_err *err, const char *what)
{
	w->broken = true;
	if (w->io.code != CLA_ERR_NONE) {
		if (err)
			*err = w->io;
		return cla_err_wrap(err, "%s", what);
	}
	const char *text = w->lib.archive_error_string(w->archive);
	return cla_err_set(err, CLA_ERR_INTERNAL, "%s: %s", what, text ? text : "unknown error");
}

bool cla_tar_writer_new(int fd, int64_t mtime, cla_tar_tap *tap, void *tap_ctx,
			struct cla_tar_writer **ret, struct cla_err *err)
{
	static const char *const names[] = { FUNCTIONS(CLA_LATE_NAME) };
	cla_auto_tar_writer struct cla_tar_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return cla_err_oom(err);
	if (!cla_late_load(ARCHIVE_SONAME, names, CLA_LEN(names), &w->lib, err))
		return false;
	w->fd = fd;
	w->mtime = mtime;
	w->tap = tap;
	w->tap_ctx = tap_ctx;
	w->archive = w->lib.archive_write_new();
	w->entry = w->lib.archive_entry_new();
	if (!w->archive || !w->entry)
		return cla_err_oom(err);
	/* ustar, not pax: what does not fit becomes an error in place of an extended header. The
	 * last block is not filled up to the size of a tape's, so that a pipe and a file receive
	 * the same bytes. */
	if (w->lib.archive_write_set_format_ustar(w->archive) != ARCHIVE_OK ||
	    w->lib.archive_write_set_bytes_per_block(w->archive, 128 * CLA_TAR_BLOCK) !=
		    ARCHIVE_OK ||
	    w->lib.archive_write_set_bytes_in_last_block(w->archive, CLA_TAR_BLOCK) != ARCHIVE_OK ||
	    w->lib.archive_write_open(w->archive, w, NULL, on_write, NULL) != ARCHIVE_OK)
		return archive_fail(w, err, "starting the archive");
	*ret = cla_steal(&w);
	return true;
}

void cla_tar_writer_free(struct cla_tar_writer *w)
{
	if (!w)
		return;
	if (w->archive) {
		/* An archive that was not finished must not get an end written to it: from here on
		 * writing fails. It is closed all the same, because libarchive 3.6 forgets the
		 * buffers of one that has failed when it is only freed. */
		w->ended = true;
		w->lib.archive_write_close(w->archive);
		w->lib.archive_write_free(w->archive);
	}
	if (w->entry)
		w->lib.archive_entry_free(w->entry);
	free(w);
}

static bool check_state(const struct cla_tar_writer *w, struct cla_err *err)
{
	if (w->broken)
		return cla_err_set(err, CLA_ERR_INTERNAL, "the archive is broken already");
	if (w->left)
		return cla_err_set(err, CLA_ERR_INTERNAL,
				   "member '%s' lacks %llu bytes of those announced", w->last,
				   (unsigned long long)w->left);
	return true;
}

bool cla_tar_begin(struct cla_tar_writer *w, const char *name, uint64_t size, struct cla_err *err)
{
	unsigned char header[CLA_TAR_BLOCK];
	const char *problem = cla_tar_name_problem(cla_str_from(name));

	if (!check_state(w, err))
		return false;
	if (problem)
		return cla_err_set(err, CLA_ERR_INTERNAL, "member name '%s': %s", name, problem);
	if (*w->last && strcmp(w->last, name) >= 0)
		return cla_err_set(err, CLA_ERR_INTERNAL, "member '%s' after '%s': not in order",
				   name, w->last);
	if (!cla_tar_header(cla_str_from(name), size, w->mtime, header))
		return cla_err_set(err, CLA_ERR_LIMIT,
				   "member '%s': size or time beyond the format", name);

	w->lib.archive_entry_clear(w->entry);
	w->lib.archive_entry_copy_pathname(w->entry, name);
	w->lib.archive_entry_set_filetype(w->entry, AE_IFREG);
	w->lib.archive_entry_set_perm(w->entry, 0644);
	w->lib.archive_entry_set_uid(w->entry, 0);
	w->lib.archive_entry_set_gid(w->entry, 0);
	w->lib.archive_entry_set_size(w->entry, (la_int64_t)size);
	w->lib.archive_entry_set_mtime(w->entry, (time_t)w->mtime, 0);
	/* A warning may leave a header that is not the canonical one. */
	if (w->lib.archive_write_header(w->archive, w->entry) != ARCHIVE_OK)
		return archive_fail(w, err, "writing a member's header");
	w->left = size;
	memcpy(w->last, name, strlen(name) + 1);
	return true;
}

bool cla_tar_data(struct cla_tar_writer *w, struct cla_str bytes, struct cla_err *err)
{
	if (w->broken)
		return check_state(w, err);
	if (bytes.len > w->left)
		return cla_err_set(err, CLA_ERR_INTERNAL, "member '%s': more bytes than announced",
				   w->last);
	if (bytes.len &&
	    w->lib.archive_write_data(w->archive, bytes.ptr, bytes.len) != (la_ssize_t)bytes.len)
		return archive_fail(w, err, "writing a member");
	w->left -= bytes.len;
	return true;
}

bool cla_tar_member(struct cla_tar_writer *w, const char *name, struct cla_str bytes,
		    struct cla_err *err)
{
	return cla_tar_begin(w, name, bytes.len, err) && cla_tar_data(w, bytes, err);
}

bool cla_tar_finish(struct cla_tar_writer *w, uint64_t *size, struct cla_err *err)
{
	if (!check_state(w, err))
		return false;
	if (w->lib.archive_write_close(w->archive) != ARCHIVE_OK)
		return archive_fail(w, err, "ending the archive");
	w->broken = true;
	*size = w->written;
	return true;
}
