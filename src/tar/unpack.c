#include "tar/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK (64 * 1024)

enum form { ZIP, ZIP_IN_ORDER, GZIP };

struct unpacking {
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
		int status = archive_read_data_block(u->a, &block, &size, &at);

		if (status == ARCHIVE_EOF)
			return u->fn->end(u->fn->ctx, err);
		if (status != ARCHIVE_OK)
			return flaw(u, u->name, true, CLA_FLAW_DAMAGED, status == ARCHIVE_FATAL,
				    err);
		/* neither format leaves holes */
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
static struct cla_str name_of(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);

	if (!name)
		name = archive_entry_pathname(entry);
	return cla_str_from(name ? name : "");
}

static bool on_entry(struct unpacking *u, struct archive_entry *entry, struct cla_err *err)
{
	bool take = true;

	u->name = name_of(entry);
	if (!u->budget->entries)
		return flaw(u, CLA_STR(""), false, CLA_FLAW_ENTRIES, true, err);
	u->budget->entries--;
	mode_t type = archive_entry_filetype(entry);
	if (type && type != AE_IFREG)
		return true; /* folders and links hold no document */
	if (archive_entry_is_encrypted(entry))
		return flaw(u, u->name, false, CLA_FLAW_ENCRYPTED, false, err);
	/* what it says of itself may be a lie, but a large lie is enough */
	if (archive_entry_size_is_set(entry) &&
	    (archive_entry_size(entry) < 0 ||
	     (uint64_t)archive_entry_size(entry) > u->limits->entry))
		return flaw(u, u->name, false, CLA_FLAW_ENTRY, false, err);
	if (!u->fn->begin(u->fn->ctx, u->name, &take, err))
		return false;
	return !take || read_entry(u, err);
}

static bool walk(struct unpacking *u, struct cla_err *err)
{
	while (!u->over) {
		struct archive_entry *entry;
		int status = archive_read_next_header(u->a, &entry);

		u->known = u->known || status == ARCHIVE_EOF || status == ARCHIVE_OK ||
			   status == ARCHIVE_WARN;
		if (status == ARCHIVE_EOF || (!u->known && u->form == ZIP))
			return true;
		/* a warning is about a name that the present locale cannot spell; what is no gzip
		 * stream would be handed out as it is */
		if ((status != ARCHIVE_OK && status != ARCHIVE_WARN) ||
		    (u->form == GZIP && archive_filter_code(u->a, 0) != ARCHIVE_FILTER_GZIP))
			return flaw(u, CLA_STR(""), false, CLA_FLAW_DAMAGED, true, err);
		if (!on_entry(u, entry, err))
			return false;
	}
	return true;
}

static int prepare(struct archive *a, enum form form)
{
	if (form == ZIP)
		return archive_read_support_format_zip_seekable(a);
	if (form == ZIP_IN_ORDER)
		return archive_read_support_format_zip_streamable(a);
	int status = archive_read_support_filter_gzip(a);
	return status == ARCHIVE_OK ? archive_read_support_format_raw(a) : status;
}

/* *opened false: it is nothing of that form. */
static bool read_as(struct unpacking *u, int fd, enum form form, bool *opened, struct cla_err *err)
{
	u->form = form;
	u->a = archive_read_new();
	if (!u->a)
		return cla_err_oom(err);
	bool ok = (prepare(u->a, form) == ARCHIVE_OK && lseek(fd, 0, SEEK_SET) == 0) ||
		  cla_err_set(err, CLA_ERR_INTERNAL, "libarchive was built without what is needed");
	*opened = ok && archive_read_open_fd(u->a, fd, BLOCK) == ARCHIVE_OK;
	ok = ok && (!*opened || walk(u, err));
	(void)archive_read_free(u->a);
	return ok;
}

/* A zip archive is what its directory says. One without, cut short, is read in order as far as it
 * goes, and is damaged however that ends. */
static bool read_zip(struct unpacking *u, int fd, struct cla_err *err)
{
	bool opened;

	if (!read_as(u, fd, ZIP, &opened, err))
		return false;
	if (u->known)
		return true;
	return read_as(u, fd, ZIP_IN_ORDER, &opened, err) &&
	       (u->over || flaw(u, CLA_STR(""), false, CLA_FLAW_DAMAGED, true, err));
}

static bool read_gzip(struct unpacking *u, int fd, struct cla_err *err)
{
	bool opened;

	return read_as(u, fd, GZIP, &opened, err) &&
	       (opened || flaw(u, CLA_STR(""), false, CLA_FLAW_DAMAGED, true, err));
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
