#include "tar/unpack.h"

#include "base/file.h"
#include "base/late.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK (64 * 1024)

enum form { ZIP, ZIP_IN_ORDER };

/* libarchive, loaded when a zip archive is met. */
#define FUNCTIONS(X)                                                                               \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_is_encrypted)                                                              \
	X(archive_entry_pathname)                                                                  \
	X(archive_entry_pathname_utf8)                                                             \
	X(archive_entry_size)                                                                      \
	X(archive_entry_size_is_set)                                                               \
	X(archive_read_data_block)                                                                 \
	X(archive_read_free)                                                                       \
	X(archive_read_new)                                                                        \
	X(archive_read_next_header)                                                                \
	X(archive_read_open_fd)                                                                    \
	X(archive_read_support_format_zip_seekable)                                                \
	X(archive_read_support_format_zip_streamable)

struct unpacking {
	struct {
		FUNCTIONS(CLA_LATE_MEMBER)
	} lib;
	struct archive *a;
	enum form form;
	const struct cla_unpack *fn;
	const struct cla_unpack_limits *limits;
	struct cla_unpack_budget *budget;
	uint64_t most; /* bytes that this archive may give */
	uint64_t given;
	struct cla_str name; /* of the entry at hand */
	bool known;	     /* it was read as what it is */
	bool over;	     /* nothing more is to be had of this archive */
};

static bool flaw(struct unpacking *u, struct cla_str name, bool inside, enum cla_unpack_flaw what,
		 bool over, struct cla_err *err)
{
	u->over = u->over || over;
	return u->fn->flaw(u->fn->ctx, name, inside, what, err);
}

/* Which bound `more` bytes would break. */
static bool beyond(const struct unpacking *u, uint64_t entry, uint64_t more,
		   enum cla_unpack_flaw *which)
{
	if (more > u->limits->entry - entry)
		*which = CLA_FLAW_ENTRY;
	else if (more > u->budget->bytes)
		*which = CLA_FLAW_BYTES;
	else if (more > u->most - u->given)
		*which = CLA_FLAW_RATIO;
	else
		return false;
	return true;
}

static bool read_entry(struct unpacking *u, struct cla_err *err)
{
	uint64_t got = 0;

	for (;;) {
		enum cla_unpack_flaw which;
		const void *block;
		la_int64_t at;
		size_t size;
		int status = u->lib.archive_read_data_block(u->a, &block, &size, &at);

		if (status == ARCHIVE_EOF)
			return u->fn->end(u->fn->ctx, err);
		if (status != ARCHIVE_OK)
			return flaw(u, u->name, true, CLA_FLAW_DAMAGED, status == ARCHIVE_FATAL,
				    err);
		/* such an archive leaves no holes */
		if (at < 0 || (uint64_t)at != got)
			return flaw(u, u->name, true, CLA_FLAW_DAMAGED, true, err);
		if (beyond(u, got, size, &which))
			return flaw(u, u->name, true, which, which != CLA_FLAW_ENTRY, err);
		got += size;
		u->given += size;
		u->budget->bytes -= size;
		if (!u->fn->data(u->fn->ctx, (struct cla_str){ block, size }, err))
			return false;
	}
}

/* In UTF-8 where the archive says how it is written, else as found. */
static struct cla_str name_of(const struct unpacking *u, struct archive_entry *entry)
{
	const char *name = u->lib.archive_entry_pathname_utf8(entry);

	if (!name)
		name = u->lib.archive_entry_pathname(entry);
	return cla_str_from(name ? name : "");
}

static bool on_entry(struct unpacking *u, struct archive_entry *entry, struct cla_err *err)
{
	bool take = true;

	u->name = name_of(u, entry);
	if (!u->budget->entries)
		return flaw(u, CLA_STR(""), false, CLA_FLAW_ENTRIES, true, err);
	u->budget->entries--;
	mode_t type = u->lib.archive_entry_filetype(entry);
	if (type && type != AE_IFREG)
		return true; /* folders and links hold no document */
	if (u->lib.archive_entry_is_encrypted(entry))
		return flaw(u, u->name, false, CLA_FLAW_ENCRYPTED, false, err);
	/* what it says of itself may be a lie, but a large lie is enough */
	if (u->lib.archive_entry_size_is_set(entry) &&
	    (u->lib.archive_entry_size(entry) < 0 ||
	     (uint64_t)u->lib.archive_entry_size(entry) > u->limits->entry))
		return flaw(u, u->name, false, CLA_FLAW_ENTRY, false, err);
	if (!u->fn->begin(u->fn->ctx, u->name, &take, err))
		return false;
	return !take || read_entry(u, err);
}

static bool walk(struct unpacking *u, struct cla_err *err)
{
	while (!u->over) {
		struct archive_entry *entry;
		int status = u->lib.archive_read_next_header(u->a, &entry);

		u->known = u->known || status == ARCHIVE_EOF || status == ARCHIVE_OK ||
			   status == ARCHIVE_WARN;
		if (status == ARCHIVE_EOF || (!u->known && u->form == ZIP))
			return true;
		/* a warning is about a name that the present locale cannot spell */
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			return flaw(u, CLA_STR(""), false, CLA_FLAW_DAMAGED, true, err);
		if (!on_entry(u, entry, err))
			return false;
	}
	return true;
}

/* What is nothing of that form stays unknown. */
static bool read_as(struct unpacking *u, int fd, enum form form, struct cla_err *err)
{
	u->form = form;
	u->a = u->lib.archive_read_new();
	if (!u->a)
		return cla_err_oom(err);
	int status = form == ZIP ? u->lib.archive_read_support_format_zip_seekable(u->a)
				 : u->lib.archive_read_support_format_zip_streamable(u->a);
	bool ok = (status == ARCHIVE_OK && lseek(fd, 0, SEEK_SET) == 0) ||
		  cla_err_set(err, CLA_ERR_INTERNAL, "libarchive was built without what is needed");
	if (ok && u->lib.archive_read_open_fd(u->a, fd, BLOCK) == ARCHIVE_OK)
		ok = walk(u, err);
	(void)u->lib.archive_read_free(u->a);
	return ok;
}

/* A zip archive is what its directory says. One without, cut short, is read in order as far as it
 * goes, and is damaged however that ends. */
static bool read_zip(struct unpacking *u, int fd, struct cla_err *err)
{
	static const char *const names[] = { FUNCTIONS(CLA_LATE_NAME) };

	if (!cla_late_load(ARCHIVE_SONAME, names, CLA_LEN(names), &u->lib, err) ||
	    !read_as(u, fd, ZIP, err))
		return false;
	if (u->known)
		return true;
	return read_as(u, fd, ZIP_IN_ORDER, err) &&
	       (u->over || flaw(u, CLA_STR(""), false, CLA_FLAW_DAMAGED, true, err));
}

/* ---- gzip: by zlib, since libarchive does not look at a member's checksum ---- */

struct gunzip {
	z_stream z;
	int fd;
	bool begun, eof;
	bool between; /* a member has ended, and none has begun since */
	uint64_t given;
	unsigned char in[BLOCK], out[BLOCK];
};

static bool fill(struct gunzip *g, struct cla_err *err)
{
	size_t got;

	if (g->z.avail_in || g->eof)
		return true;
	if (!cla_fd_read(g->fd, g->in, sizeof(g->in), &got, err))
		return false;
	g->eof = !got;
	g->z.next_in = g->in;
	g->z.avail_in = (uInt)got;
	return true;
}

/* Hands out what was unpacked; the first of it makes an entry. */
static bool give(struct unpacking *u, struct gunzip *g, struct cla_err *err)
{
	struct cla_str bytes = { (const char *)g->out, sizeof(g->out) - g->z.avail_out };
	enum cla_unpack_flaw which;
	bool take = true;

	if (!g->begun) {
		if (!u->budget->entries)
			return flaw(u, CLA_STR(""), false, CLA_FLAW_ENTRIES, true, err);
		u->budget->entries--;
		if (!u->fn->begin(u->fn->ctx, CLA_STR(""), &take, err))
			return false;
		g->begun = take;
		u->over = !take;
	}
	if (u->over || !bytes.len)
		return true;
	if (beyond(u, g->given, bytes.len, &which))
		return flaw(u, CLA_STR(""), true, which, true, err);
	g->given += bytes.len;
	u->given += bytes.len;
	u->budget->bytes -= bytes.len;
	return u->fn->data(u->fn->ctx, bytes, err);
}

/* One step: what there is of the input, as far as there is room. */
static bool inflate_some(struct unpacking *u, struct gunzip *g, struct cla_err *err)
{
	if (!fill(g, err))
		return false;
	if (g->eof && g->between) {
		u->over = true;
		return u->fn->end(u->fn->ctx, err);
	}
	if (g->between && inflateReset(&g->z) != Z_OK)
		return cla_err_oom(err);
	g->between = false;
	g->z.next_out = g->out;
	g->z.avail_out = sizeof(g->out);
	int status = inflate(&g->z, Z_NO_FLUSH);
	if (status == Z_MEM_ERROR)
		return cla_err_oom(err);
	/* without input, or without a way on, it is cut short */
	if ((status != Z_OK && status != Z_STREAM_END) ||
	    (g->eof && status == Z_OK && g->z.avail_out))
		return flaw(u, CLA_STR(""), g->begun, CLA_FLAW_DAMAGED, true, err);
	g->between = status == Z_STREAM_END;
	bool any = g->z.avail_out < sizeof(g->out) || g->between;
	return !any || give(u, g, err);
}

static bool read_gzip(struct unpacking *u, int fd, struct cla_err *err)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (!g)
		return cla_err_oom(err);
	g->fd = fd;
	/* the largest window, and a gzip header */
	bool ok = inflateInit2(&g->z, MAX_WBITS + 16) == Z_OK || cla_err_oom(err);
	if (ok && lseek(fd, 0, SEEK_SET) != 0)
		ok = cla_err_sys(err, CLA_ERR_IO, errno, "reading an archive");
	while (ok && !u->over)
		ok = inflate_some(u, g, err);
	(void)inflateEnd(&g->z);
	free(g);
	return ok;
}

bool cla_unpack_fd(int fd, enum cla_unpack_kind kind, const struct cla_unpack_limits *limits,
		   struct cla_unpack_budget *budget, const struct cla_unpack *fn,
		   struct cla_err *err)
{
	struct unpacking u = { .fn = fn, .limits = limits, .budget = budget };
	struct stat st;

	if (fstat(fd, &st))
		return cla_err_sys(err, CLA_ERR_IO, errno, "reading an archive");
	u.most = limits->grace + (uint64_t)st.st_size * limits->ratio;
	/* names come out in the characters of this thread's locale, and the program has none */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	bool ok = kind == CLA_UNPACK_ZIP ? read_zip(&u, fd, err) : read_gzip(&u, fd, err);
	if (utf8) {
		(void)uselocale(before);
		freelocale(utf8);
	}
	return ok;
}
