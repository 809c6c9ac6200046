#include "tar/tar_priv.h"
#include "tar/walk.h"

#include "base/buf.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE (64 * 1024)
#define NAME_SIZE 257 /* prefix, '/', name, NUL */

struct reader {
	int fd;
	const struct cla_tar_walk *walk;
	struct cla_tar_stats *stats;
	uint64_t max_members;
	size_t at, end; /* unread part of the buffer */
	bool eof;
	int64_t mtime; /* due for every member */
	char member[NAME_SIZE], previous[NAME_SIZE];
	char buffer[BUFFER_SIZE];
};

static void reader_freep(struct reader **r)
{
	free(*r);
}

/* Makes sure that something is unread, unless the input has ended. */
static bool fill(struct reader *r, struct cla_err *err)
{
	if (r->at < r->end || r->eof)
		return true;
	r->at = 0;
	r->end = 0;
	if (!cla_fd_read(r->fd, r->buffer, sizeof(r->buffer), &r->end, err))
		return cla_err_wrap(err, "reading the archive");
	r->eof = r->end == 0;
	r->stats->bytes += r->end;
	return !r->walk->piece ||
	       r->walk->piece(r->walk->ctx, (struct cla_str){ r->buffer, r->end }, r->stats->bytes,
			      err);
}

/* The next bytes, at most `most`; none at the end of the input. */
static bool take(struct reader *r, uint64_t most, struct cla_str *ret, struct cla_err *err)
{
	if (!fill(r, err))
		return false;
	size_t n = r->end - r->at;
	if (n > most)
		n = (size_t)most;
	*ret = (struct cla_str){ r->buffer + r->at, n };
	r->at += n;
	return true;
}

/* One block; *got is less than its size at the end of the input. */
static bool take_block(struct reader *r, unsigned char block[CLA_TAR_BLOCK], size_t *got,
		       struct cla_err *err)
{
	*got = 0;
	while (*got < CLA_TAR_BLOCK) {
		struct cla_str s;
		if (!take(r, CLA_TAR_BLOCK - *got, &s, err))
			return false;
		if (s.len == 0)
			return true;
		memcpy(block + *got, s.ptr, s.len);
		*got += s.len;
	}
	return true;
}

static bool drain(struct reader *r, struct cla_err *err)
{
	struct cla_str s;
	do {
		if (!take(r, BUFFER_SIZE, &s, err))
			return false;
	} while (s.len);
	return true;
}

static void problem(struct reader *r, const char *member, const char *field, const char *found,
		    const char *due)
{
	if (r->walk->problem)
		r->walk->problem(r->walk->ctx, member, field, found, due);
}

/* --- reading a header's fields --- */

static bool all_zero(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

/* Any spelling of an octal number that tars are known to use; base-256 numbers are not read. */
static bool read_octal(const unsigned char *block, enum cla_tar_field_index field, uint64_t *ret)
{
	const unsigned char *p = block + cla_tar_fields[field].at;
	size_t len = cla_tar_fields[field].len, i = 0;
	uint64_t value = 0;
	bool any = false;

	while (i < len && p[i] == ' ')
		i++;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++) {
		value = value << 3 | (uint64_t)(p[i] - '0');
		any = true;
	}
	for (; i < len; i++)
		if (p[i] != ' ' && p[i] != '\0')
			return false;
	*ret = value;
	return any;
}

static struct cla_str field_text(const unsigned char *block, enum cla_tar_field_index field)
{
	const char *p = (const char *)block + cla_tar_fields[field].at;
	return (struct cla_str){ p, strnlen(p, cla_tar_fields[field].len) };
}

static void read_name(const unsigned char *block, char out[NAME_SIZE])
{
	struct cla_str prefix = field_text(block, CLA_TAR_PREFIX);
	struct cla_str name = field_text(block, CLA_TAR_NAME);
	snprintf(out, NAME_SIZE, "%.*s%s%.*s", (int)prefix.len, prefix.ptr, prefix.len ? "/" : "",
		 (int)name.len, name.ptr);
}

/* A field's bytes for people: what is not printable ASCII as \xNN, zeros at the end left out, at
 * most 48 bytes. */
static void show_field(const unsigned char *block, const struct cla_tar_field *field, char out[64])
{
	const unsigned char *p = block + field->at;
	size_t len = field->len, o = 0;

	while (len && !p[len - 1])
		len--;
	for (size_t i = 0; i < len && o < 44; i++) {
		if (p[i] > ' ' && p[i] < 0x7f)
			out[o++] = (char)p[i];
		else if (p[i] == ' ')
			out[o++] = ' ';
		else
			o += (size_t)snprintf(out + o, 8, "\\x%02x", p[i]);
	}
	out[o] = '\0';
}

/* --- the walk --- */

static void check_order(struct reader *r)
{
	int cmp = strcmp(r->previous, r->member);
	if (*r->previous && cmp == 0)
		problem(r, r->member, "order", "the same name twice", "once");
	else if (*r->previous && cmp > 0)
		problem(r, r->member, "order", r->previous, "names in bytewise order");
}

static void check_header(struct reader *r, const unsigned char *block, uint64_t size)
{
	unsigned char due[CLA_TAR_BLOCK];
	char found_text[64], due_text[64];
	const struct cla_tar_field *type = &cla_tar_fields[CLA_TAR_TYPE];
	const char *bad_name = cla_tar_name_problem(cla_str_from(r->member));

	if (block[type->at] != '0') {
		show_field(block, type, found_text);
		problem(r, r->member, type->name, found_text, "0 (a regular file)");
		return;
	}
	if (bad_name) {
		problem(r, r->member, "name", bad_name, "a name of the format");
		return;
	}
	int64_t mtime = r->mtime < 0 ? 0 : r->mtime;
	if (!cla_tar_header(cla_str_from(r->member), size, mtime, due)) {
		problem(r, r->member, "size", "8 GiB or more", "less than 8 GiB");
		return;
	}
	const struct cla_tar_field *field = cla_tar_field_differs(block, due);
	if (!field)
		return;
	show_field(block, field, found_text);
	show_field(due, field, due_text);
	problem(r, r->member, field->name, found_text, due_text);
}

/* Types that carry no data whatever their size field says (POSIX.1 pax, ustar interchange format).
 */
static bool type_has_data(unsigned char type)
{
	return !(type >= '1' && type <= '6');
}

static bool skip_padding(struct reader *r, uint64_t size, bool *cut, struct cla_err *err)
{
	uint64_t left = (CLA_TAR_BLOCK - size % CLA_TAR_BLOCK) % CLA_TAR_BLOCK;
	bool zero = true;

	while (left) {
		struct cla_str s;
		if (!take(r, left, &s, err))
			return false;
		if (s.len == 0) {
			problem(r, r->member, "truncated", "end of the input in the padding",
				"padding to 512 bytes");
			*cut = true;
			return true;
		}
		zero = zero && all_zero((const unsigned char *)s.ptr, s.len);
		left -= s.len;
	}
	if (!zero)
		problem(r, r->member, "padding", "other bytes", "zeros");
	return true;
}

/* Data and padding of a member. `regular`: the callbacks see it. */
static bool read_member(struct reader *r, uint64_t size, bool regular, bool *cut,
			struct cla_err *err)
{
	const struct cla_tar_walk *w = r->walk;
	uint64_t left = size;

	if (regular && w->begin && !w->begin(w->ctx, cla_str_from(r->member), size, err))
		return false;
	while (left) {
		struct cla_str s;
		if (!take(r, left, &s, err))
			return false;
		if (s.len == 0) {
			char found[64], due[64];
			snprintf(found, sizeof(found), "%llu bytes",
				 (unsigned long long)(size - left));
			snprintf(due, sizeof(due), "%llu bytes", (unsigned long long)size);
			problem(r, r->member, "truncated", found, due);
			*cut = true;
			return true;
		}
		if (regular && w->data && !w->data(w->ctx, s, err))
			return false;
		left -= s.len;
	}
	if (regular && w->end && !w->end(w->ctx, err))
		return false;
	return skip_padding(r, size, cut, err);
}

/* After the first zero block: one more, then nothing. */
static bool read_end(struct reader *r, struct cla_err *err)
{
	unsigned char block[CLA_TAR_BLOCK] = { 0 };
	size_t got;

	if (!take_block(r, block, &got, err))
		return false;
	if (got < CLA_TAR_BLOCK || !all_zero(block, CLA_TAR_BLOCK))
		problem(r, "", "end of archive", "one zero block", "two zero blocks");
	uint64_t end = r->stats->bytes - (r->end - r->at);
	if (!drain(r, err))
		return false;
	if (r->stats->bytes > end) {
		char found[64];
		snprintf(found, sizeof(found), "%llu bytes",
			 (unsigned long long)(r->stats->bytes - end));
		problem(r, "", "trailing bytes", found, "none");
	}
	return true;
}

/* One header and what belongs to it; *more is false when nothing can follow. */
static bool read_entry(struct reader *r, bool *more, struct cla_err *err)
{
	unsigned char block[CLA_TAR_BLOCK] = { 0 };
	uint64_t sum = 0, size = 0, mtime = 0;
	size_t got;

	*more = false;
	if (!take_block(r, block, &got, err))
		return false;
	if (got < CLA_TAR_BLOCK) {
		if (r->stats->is_tar)
			problem(r, "", "end of archive", got ? "part of a block" : "nothing",
				"two zero blocks");
		return true;
	}
	if (all_zero(block, CLA_TAR_BLOCK))
		return read_end(r, err);
	if (!read_octal(block, CLA_TAR_CHECKSUM, &sum) || sum != cla_tar_checksum(block)) {
		if (r->stats->is_tar)
			problem(r, "", "header", "a block without a right checksum",
				"a member's header");
		return drain(r, err);
	}
	if (r->stats->members >= r->max_members) {
		problem(r, "", "members", "more than are looked at", "fewer");
		return drain(r, err);
	}

	bool first = !r->stats->is_tar;
	r->stats->is_tar = true;
	r->stats->members++;
	read_name(block, r->member);
	if (first && read_octal(block, CLA_TAR_MTIME, &mtime) && mtime < INT32_MAX)
		r->mtime = r->stats->mtime = (int64_t)mtime;
	if (!read_octal(block, CLA_TAR_SIZE, &size)) {
		problem(r, r->member, "size", "not an octal number", "eleven octal digits");
		return drain(r, err);
	}
	check_header(r, block, size);
	check_order(r);
	memcpy(r->previous, r->member, sizeof(r->previous));

	unsigned char type = block[cla_tar_fields[CLA_TAR_TYPE].at];
	bool regular = type == '0' && !cla_tar_name_problem(cla_str_from(r->member));
	bool cut = false;
	if (!read_member(r, type_has_data(type) ? size : 0, regular, &cut, err))
		return false;
	*more = !cut;
	return true;
}

bool cla_tar_walk_fd(int fd, uint64_t max_members, const struct cla_tar_walk *walk,
		     struct cla_tar_stats *stats, struct cla_err *err)
{
	CLA_CLEANUP(reader_freep) struct reader *r = calloc(1, sizeof(*r));
	bool more = true;

	if (!r)
		return cla_err_oom(err);
	memset(stats, 0, sizeof(*stats));
	stats->mtime = -1;
	r->fd = fd;
	r->walk = walk;
	r->stats = stats;
	r->max_members = max_members;
	r->mtime = -1;
	while (more)
		if (!read_entry(r, &more, err))
			return false;
	/* A callback may end the walk early only by failing, so the input has been read to its end
	 * here. */
	return drain(r, err);
}
