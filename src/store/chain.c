#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One line of the file, without its newline, from a growing window over it. */
struct reader {
	int fd;
	struct cla_buf window;
	size_t used;
	uint64_t offset; /* of window[used] in the file */
	bool end;
};

static bool next_line(struct reader *r, struct cla_str *line, bool *torn, struct cla_err *err)
{
	for (;;) {
		struct cla_str rest = cla_str_sub(cla_buf_str(&r->window), r->used, r->window.len);
		size_t nl = cla_str_find(rest, '\n');
		if (nl < rest.len) {
			*line = cla_str_sub(rest, 0, nl);
			r->used += nl + 1;
			r->offset += nl + 1;
			return true;
		}
		if (r->end) {
			*torn = rest.len > 0;
			*line = CLA_STR_NONE;
			return true;
		}
		if (rest.len > CLA_STORE_MAX_LINE + CLA_STORE_LINE_EXTRA)
			return cla_err_set(err, CLA_ERR_INTEGRITY, "a line is too long");
		/* keep only what is unread, then read on */
		if (r->used) {
			memmove(r->window.ptr, r->window.ptr + r->used, rest.len);
			r->window.len = rest.len;
			r->used = 0;
		}
		char chunk[65536];
		size_t got;
		if (!cla_fd_read(r->fd, chunk, sizeof(chunk), &got, err))
			return false;
		r->end = got < sizeof(chunk);
		cla_buf_add(&r->window, (struct cla_str){ chunk, got });
		if (!cla_buf_ok(&r->window, err))
			return false;
	}
}

static bool check_line(struct cla_chain *c, struct cla_str line, cla_chain_fn *fn, void *ctx,
		       struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_digest prev;
	uint64_t n;

	if (!cla_json_parse(line, &doc, err))
		return false;
	const struct cla_json *root = cla_json_root(doc);
	if (!cla_json_u64(cla_json_get(root, "n"), &n) || n != c->lines)
		return cla_err_set(err, CLA_ERR_INTEGRITY, "its number is not %llu",
				   (unsigned long long)c->lines);
	if (!cla_digest_parse(cla_json_string(cla_json_get(root, "prev")), &prev) ||
	    !cla_digest_eq(&prev, &c->head))
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "it does not continue the line before it");
	struct cla_chain_line l = { line, cla_json_string(cla_json_get(root, "type")),
				    cla_json_get(root, "data"), n, prev };
	if (fn && !fn(ctx, &l, err))
		return false;
	if (!cla_hasher_digest(c->hasher, line, &c->head, err))
		return false;
	c->lines++;
	return true;
}

static bool follow(struct cla_chain *c, bool repair, cla_chain_fn *fn, void *ctx,
		   struct cla_err *err)
{
	struct reader r = { .fd = c->fd, .offset = c->size };
	cla_auto_buf struct cla_buf window = CLA_BUF_INIT(CLA_STORE_MAX_LINE + 131072);
	bool ok = true, torn = false;

	if (lseek(c->fd, (off_t)c->size, SEEK_SET) < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "seeking in '%s'", c->path);
	r.window = window;
	for (;;) {
		struct cla_str line;
		ok = next_line(&r, &line, &torn, err);
		if (!ok || cla_str_absent(line))
			break;
		ok = check_line(c, line, fn, ctx, err);
		if (!ok)
			break;
		c->size = r.offset;
	}
	window = r.window; /* it may have grown: the cleanup frees it */
	if (!ok) {
		if (err && err->code == CLA_ERR_FORMAT)
			err->code = CLA_ERR_INTEGRITY;
		return cla_err_wrap(err, "'%s' line %llu", c->path,
				    (unsigned long long)c->lines + 1);
	}
	if (torn && repair && ftruncate(c->fd, (off_t)c->size))
		return cla_err_sys(err, CLA_ERR_IO, errno, "cutting the torn end of '%s'", c->path);
	return true;
}

bool cla_chain_resume(struct cla_chain *c, const char *path, bool repair, uint64_t from_lines,
		      uint64_t from_size, struct cla_digest from_head, cla_chain_fn *fn, void *ctx,
		      struct cla_err *err)
{
	struct stat st;

	*c = (struct cla_chain){ .fd = -1, .pending = CLA_BUF_INIT(CLA_CHAIN_PENDING) };
	c->path = strdup(path);
	if (!c->path)
		return cla_err_oom(err);
	if (!cla_hasher_new(CLA_HASH_SHA256, &c->hasher, err))
		return false;
	c->fd = open(path,
		     repair ? O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW : O_RDONLY | O_CLOEXEC,
		     0600);
	if (c->fd < 0 && !repair && errno == ENOENT)
		return true; /* nothing yet */
	if (c->fd < 0 || fstat(c->fd, &st))
		return cla_err_sys(err, CLA_ERR_IO, errno, "opening '%s'", path);
	if ((uint64_t)st.st_size < from_size)
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "'%s' is shorter than what was once read of it", path);
	c->lines = from_lines;
	c->size = from_size;
	c->head = from_head;
	return follow(c, repair, fn, ctx, err);
}

bool cla_chain_open(struct cla_chain *c, const char *path, bool repair, cla_chain_fn *fn, void *ctx,
		    struct cla_err *err)
{
	return cla_chain_resume(c, path, repair, 0, 0, (struct cla_digest){ { 0 } }, fn, ctx, err);
}

void cla_chain_close(struct cla_chain *c)
{
	cla_fd_close(&c->fd);
	cla_free(&c->path);
	cla_hasher_freep(&c->hasher);
	cla_buf_clear(&c->pending);
}

bool cla_chain_append(struct cla_chain *c, const char *type, struct cla_str data,
		      struct cla_err *err)
{
	struct cla_json_out o;
	size_t start = c->pending.len;

	cla_json_out_begin(&o, &c->pending);
	cla_json_out_object(&o);
	cla_json_out_key(&o, "data");
	cla_json_out_raw(&o, data);
	cla_json_out_kint(&o, "n", (int64_t)c->lines);
	cla_json_out_khex(&o, "prev", c->head.bytes, sizeof(c->head.bytes));
	cla_json_out_kcstr(&o, "type", type);
	cla_json_out_close(&o);
	if (!cla_json_out_end(&o, err) ||
	    !cla_hasher_digest(c->hasher,
			       cla_str_sub(cla_buf_str(&c->pending), start, c->pending.len),
			       &c->head, err))
		return false;
	cla_buf_byte(&c->pending, '\n');
	c->lines++;
	c->pending_lines++;
	return cla_buf_ok(&c->pending, err);
}

static bool append(int fd, const char *path, uint64_t at, struct cla_str lines, bool sync,
		   struct cla_err *err)
{
	if (!lines.len)
		return true;
	if (lseek(fd, (off_t)at, SEEK_SET) >= 0 && cla_fd_write(fd, lines, err) &&
	    (!sync || cla_fd_sync(fd, path, err)))
		return true;
	/* what a failed write left behind is no whole line: cut it, so that a later attempt is
	 * clean */
	int cut = ftruncate(fd, (off_t)at);
	(void)cut;
	return cla_err_wrap(err, "writing '%s'", path);
}

static bool write_pending(struct cla_chain *c, bool sync, struct cla_err *err)
{
	if (!append(c->fd, c->path, c->size, cla_buf_str(&c->pending), sync, err))
		return false;
	c->size += c->pending.len;
	c->pending_lines = 0;
	cla_buf_reset(&c->pending);
	return true;
}

bool cla_chain_write(struct cla_chain *c, struct cla_err *err)
{
	return write_pending(c, false, err);
}

bool cla_chain_flush(struct cla_chain *c, struct cla_err *err)
{
	return write_pending(c, true, err);
}

void cla_chain_take(struct cla_chain *c, struct cla_chain_part *part)
{
	struct cla_buf empty = part->lines;

	cla_buf_reset(&empty);
	part->fd = c->fd;
	part->path = c->path;
	part->at = c->size;
	part->lines = c->pending;
	c->pending = empty;
	c->size += part->lines.len;
	c->pending_lines = 0;
}

bool cla_chain_part_write(const struct cla_chain_part *part, bool sync, struct cla_err *err)
{
	return append(part->fd, part->path, part->at, cla_buf_str(&part->lines), sync, err);
}
