#include "bundle/spool.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool cla_spool_open(struct cla_spool *s, const char *dir, struct cla_err *err)
{
	s->size = 0;
	s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening a temporary file in '%s'", dir);
	return true;
}

void cla_spool_close(struct cla_spool *s)
{
	cla_fd_close(&s->fd);
}

bool cla_spool_add(struct cla_spool *s, struct cla_str bytes, uint64_t *at, struct cla_err *err)
{
	if (at)
		*at = s->size;
	if (!cla_fd_write(s->fd, bytes, err))
		return cla_err_wrap(err, "writing a temporary file");
	s->size += bytes.len;
	return true;
}

bool cla_spool_read(const struct cla_spool *s, uint64_t at, uint64_t len, cla_spool_sink *sink,
		    void *ctx, struct cla_err *err)
{
	char chunk[65536];

	while (len) {
		size_t want = len < sizeof(chunk) ? (size_t)len : sizeof(chunk);
		ssize_t got = pread(s->fd, chunk, want, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return cla_err_sys(err, CLA_ERR_IO, got ? errno : EIO,
					   "reading a temporary file");
		if (!sink(ctx, (struct cla_str){ chunk, (size_t)got }, err))
			return false;
		at += (uint64_t)got;
		len -= (uint64_t)got;
	}
	return true;
}
