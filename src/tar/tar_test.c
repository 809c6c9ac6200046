/* The canonical profile: what libarchive writes is held against our own derivation, and a walk over
 * spoiled archives must name each deviation. */
#include "tar/header.h"
#include "tar/tar_priv.h"
#include "tar/gunzip.h"
#include "tar/unpack.h"
#include "tar/walk.h"
#include "tar/write.h"

#include "crypto/digest.h"

#include "base/buf.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#define MTIME INT64_C(1733205600)

static int memory_file(void)
{
	int fd = memfd_create("tar_test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void read_back(int fd, struct cla_buf *out)
{
	char chunk[65536];
	size_t got;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	do {
		assert_true(cla_fd_read(fd, chunk, sizeof(chunk), &got, NULL));
		cla_buf_add(out, (struct cla_str){ chunk, got });
	} while (got);
	assert_true(cla_buf_ok(out, NULL));
}

struct member {
	const char *name, *content;
};

static void tap(void *ctx, struct cla_str bytes)
{
	cla_hasher_update(ctx, bytes);
}

static void write_tar(const struct member *members, size_t count, int64_t mtime,
		      struct cla_buf *out, struct cla_digest *digest)
{
	cla_auto_fd int fd = memory_file();
	cla_auto_tar_writer struct cla_tar_writer *w = NULL;
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	struct cla_err err = CLA_ERR_INIT;
	uint64_t size = 0;

	assert_true(cla_hasher_new(CLA_HASH_SHA256, &hasher, &err));
	assert_true(cla_tar_writer_new(fd, mtime, tap, hasher, &w, &err));
	for (size_t i = 0; i < count; i++)
		if (!cla_tar_member(w, members[i].name, cla_str_from(members[i].content), &err))
			fail_msg("%s", err.msg);
	if (!cla_tar_finish(w, &size, &err) || !cla_hasher_finish(hasher, digest->bytes, &err))
		fail_msg("%s", err.msg);
	read_back(fd, out);
	assert_int_equal(out->len, size);
}

/* --- writer against derivation --- */

/* A name of `dir` bytes of directory (0: none) in parts of `step`, and `last` bytes after it. */
static void make_name(char *out, size_t dir, size_t step, size_t last)
{
	size_t o = 0;
	for (size_t i = 0; i < dir; i++)
		out[o++] = i % step == step - 1 && i + 1 < dir ? '/' : 'd';
	if (dir)
		out[o++] = '/';
	for (size_t i = 0; i < last; i++)
		out[o++] = 'f';
	out[o] = '\0';
}

static void compare_one(const char *name, uint64_t size, int64_t mtime)
{
	cla_auto_fd int fd = memory_file();
	cla_auto_tar_writer struct cla_tar_writer *w = NULL;
	struct cla_err err = CLA_ERR_INIT;
	unsigned char due[CLA_TAR_BLOCK];
	char found[CLA_TAR_BLOCK], chunk[65536] = { 0 };
	size_t got;

	if (!cla_tar_header(cla_str_from(name), size, mtime, due))
		fail_msg("no header for '%s'", name);
	if (!cla_tar_writer_new(fd, mtime, NULL, NULL, &w, &err) ||
	    !cla_tar_begin(w, name, size, &err))
		fail_msg("%s", err.msg);
	/* libarchive holds blocks back: enough data brings the header out. */
	for (uint64_t left = size < 3 * sizeof(chunk) ? size : 3 * sizeof(chunk); left;) {
		size_t n = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
		assert_true(cla_tar_data(w, (struct cla_str){ chunk, n }, &err));
		left -= n;
	}
	if (size < 3 * sizeof(chunk)) {
		uint64_t total;
		assert_true(cla_tar_finish(w, &total, &err));
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_true(cla_fd_read(fd, found, sizeof(found), &got, NULL));
	assert_int_equal(got, sizeof(found));
	const struct cla_tar_field *field = cla_tar_field_differs((unsigned char *)found, due);
	if (field)
		fail_msg("name '%s' size %llu mtime %lld: libarchive differs in %s", name,
			 (unsigned long long)size, (long long)mtime, field->name);
}

static void header_names(void **state)
{
	char name[300];
	(void)state;
	for (size_t last = 1; last <= 100; last++) {
		make_name(name, 0, 9, last);
		compare_one(name, 3, MTIME);
	}
	/* Around every place where the name may be cut: all totals from 90 to 256, parts of several
	 * lengths. */
	for (size_t step = 2; step <= 101; step += step < 20 ? 3 : 27)
		for (size_t last = 1; last <= 100; last += last < 4 || last > 96 ? 1 : 13)
			for (size_t dir = 1; dir <= 155; dir += dir < 100 ? 9 : 1) {
				make_name(name, dir, step, last);
				/* A directory that would end in '/' is no name of the profile. */
				if (!cla_tar_name_problem(cla_str_from(name)))
					compare_one(name, 0, MTIME);
			}
}

static void header_sizes_and_times(void **state)
{
	static const uint64_t sizes[] = { 0,	 1,	511,	 512,	  513,	     32767,
					  32768, 65536, 2097151, 2097152, 8589934591 };
	static const int64_t times[] = { 0, 1, 1733205600, 2147483646 };
	(void)state;
	for (size_t i = 0; i < CLA_LEN(sizes); i++)
		compare_one("base/data/x.json", sizes[i], MTIME);
	for (size_t i = 0; i < CLA_LEN(times); i++)
		compare_one("base/data/x.json", 5, times[i]);
}

static void header_refuses(void **state)
{
	unsigned char out[CLA_TAR_BLOCK];
	char name[400];
	static const char *const bad[] = { "",	    "/a",     "a/",  "a//b", ".",    "..",
					   "a/./b", "a/../b", "a b", "a\nb", "a\\b", "ñ",
					   "a:b",   "./a",    "a*",  "~a" };
	(void)state;
	for (size_t i = 0; i < CLA_LEN(bad); i++) {
		if (!cla_tar_name_problem(cla_str_from(bad[i])))
			fail_msg("accepted '%s'", bad[i]);
		assert_false(cla_tar_header(cla_str_from(bad[i]), 0, 0, out));
	}
	assert_non_null(cla_tar_name_problem((struct cla_str){ "a\0b", 3 }));
	make_name(name, 0, 9, 101);
	assert_non_null(cla_tar_name_problem(cla_str_from(name)));
	make_name(name, 156, 10, 5);
	assert_non_null(cla_tar_name_problem(cla_str_from(name)));
	make_name(name, 155, 10, 100);
	assert_null(cla_tar_name_problem(cla_str_from(name)));
	assert_null(cla_tar_name_problem(CLA_STR("a")));
	assert_null(cla_tar_name_problem(CLA_STR("..a/b..")));
	assert_false(cla_tar_header(CLA_STR("a"), UINT64_C(8589934592), 0, out));
	assert_false(cla_tar_header(CLA_STR("a"), 0, -1, out));
	assert_false(cla_tar_header(CLA_STR("a"), 0, 2147483647, out));
}

/* The header of one member spelled out by hand. */
static void header_by_hand(void **state)
{
	unsigned char due[CLA_TAR_BLOCK] = { 0 }, got[CLA_TAR_BLOCK];
	(void)state;
	memcpy(due, "b/a.txt", 7);
	memcpy(due + 100, "000644 ", 8);
	memcpy(due + 108, "000000 ", 8);
	memcpy(due + 116, "000000 ", 8);
	memcpy(due + 124, "00000000012 ", 12); /* ten bytes */
	memcpy(due + 136, "14723517740 ", 12); /* 1733205984 */
	memcpy(due + 148, "011054\0 ", 8);
	due[156] = '0';
	memcpy(due + 257, "ustar\00000", 8);
	memcpy(due + 329, "000000 ", 8);
	memcpy(due + 337, "000000 ", 8);
	unsigned sum = 8 * ' ';
	for (size_t i = 0; i < CLA_TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : due[i];
	snprintf((char *)due + 148, 8, "%06o", sum);
	due[155] = ' ';
	assert_true(cla_tar_header(CLA_STR("b/a.txt"), 10, 1733205984, got));
	assert_memory_equal(got, due, sizeof(got));
	assert_null(cla_tar_field_differs(got, due));
}

static void header_fields_named(void **state)
{
	static const struct {
		size_t at;
		const char *field;
	} t[] = {
		{ 0, "name" },
		{ 99, "name" },
		{ 100, "mode" },
		{ 108, "uid" },
		{ 116, "gid" },
		{ 124, "size" },
		{ 136, "mtime" },
		{ 148, "checksum" },
		{ 155, "checksum" },
		{ 156, "type" },
		{ 157, "link name" },
		{ 257, "magic" },
		{ 263, "version" },
		{ 265, "user name" },
		{ 297, "group name" },
		{ 329, "device major" },
		{ 337, "device minor" },
		{ 345, "name prefix" },
		{ 499, "name prefix" },
		{ 500, "header padding" },
		{ 511, "header padding" },
	};
	unsigned char due[CLA_TAR_BLOCK], found[CLA_TAR_BLOCK];
	(void)state;
	assert_true(cla_tar_header(CLA_STR("a"), 1, 1, due));
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		memcpy(found, due, sizeof(due));
		found[t[i].at] ^= 1;
		if (t[i].at != 148)
			found[148] ^= 1;
		assert_string_equal(cla_tar_field_differs(found, due)->name, t[i].field);
	}
}

/* --- writer --- */

static const struct member small[] = {
	{ "b/a.txt", "ten bytes." },
	{ "b/b.txt", "" },
	{ "b/c/d.txt", "x" },
};

/* The bytes of this archive never change: not with another libarchive, not with another system. */
static void writer_golden(void **state)
{
	cla_auto_buf struct cla_buf out = CLA_BUF_INIT(1 << 20);
	struct cla_digest d, again;
	char hex[CLA_DIGEST_HEX];
	(void)state;
	write_tar(small, CLA_LEN(small), MTIME, &out, &d);
	assert_int_equal(out.len, 3 * 512 + 2 * 512 + 1024);
	assert_true(cla_digest_of(cla_buf_str(&out), &again, NULL));
	assert_true(cla_digest_eq(&d, &again));
	assert_string_equal(cla_digest_hex(&d, hex),
			    "050412d10a2ff577560496d7fa844f79374f762ef380bc744a04bc02abaa5416");
}

static void writer_refuses(void **state)
{
	cla_auto_fd int fd = memory_file();
	cla_auto_tar_writer struct cla_tar_writer *w = NULL;
	struct cla_err err = CLA_ERR_INIT;
	uint64_t size;
	(void)state;
	assert_true(cla_tar_writer_new(fd, MTIME, NULL, NULL, &w, &err));
	assert_false(cla_tar_member(w, "a b", CLA_STR(""), &err));
	assert_int_equal(err.code, CLA_ERR_INTERNAL);
	assert_false(cla_tar_begin(w, "a", UINT64_C(8589934592), &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
	assert_true(cla_tar_member(w, "b", CLA_STR("x"), &err));
	assert_false(cla_tar_member(w, "b", CLA_STR("x"), &err));
	assert_false(cla_tar_member(w, "a", CLA_STR("x"), &err));
	assert_non_null(strstr(err.msg, "not in order"));
	assert_true(cla_tar_begin(w, "c", 3, &err));
	assert_true(cla_tar_data(w, CLA_STR("12"), &err));
	assert_false(cla_tar_data(w, CLA_STR("34"), &err));
	assert_non_null(strstr(err.msg, "more bytes than announced"));
	assert_false(cla_tar_begin(w, "d", 0, &err));
	assert_false(cla_tar_finish(w, &size, &err));
	assert_non_null(strstr(err.msg, "lacks 1 bytes"));
	assert_true(cla_tar_data(w, CLA_STR("3"), &err));
	assert_true(cla_tar_finish(w, &size, &err));
	assert_false(cla_tar_begin(w, "e", 0, &err));
	assert_false(cla_tar_data(w, CLA_STR(""), &err));
}

static void writer_disk_full(void **state)
{
	cla_auto_fd int fd = -1;
	cla_auto_tar_writer struct cla_tar_writer *w = NULL;
	struct cla_err err = CLA_ERR_INIT;
	uint64_t size;
	(void)state;
	FILE *full = fopen("/dev/full", "we");
	if (!full)
		skip();
	fd = dup(fileno(full));
	fclose(full);
	assert_true(cla_tar_writer_new(fd, MTIME, NULL, NULL, &w, &err));
	bool ok = cla_tar_member(w, "a", CLA_STR("x"), &err) && cla_tar_finish(w, &size, &err);
	assert_false(ok);
	assert_int_equal(err.code, CLA_ERR_DISK);
	assert_false(cla_tar_finish(w, &size, &err));
}

static void writer_disk_full_at_a_header(void **state)
{
	cla_auto_fd int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	cla_auto_tar_writer struct cla_tar_writer *w = NULL;
	struct cla_err err = CLA_ERR_INIT;
	int members = 0;
	char name[16];

	(void)state;
	if (fd < 0)
		skip();
	assert_true(cla_tar_writer_new(fd, MTIME, NULL, NULL, &w, &err));
	do /* of empty members nothing but headers is written */
		(void)snprintf(name, sizeof(name), "m%03d", members);
	while (cla_tar_member(w, name, CLA_STR(""), &err) && ++members < 1000);
	assert_true(members > 0 && members < 1000);
	assert_int_equal(err.code, CLA_ERR_DISK);
}

/* --- walk --- */

struct seen {
	struct cla_buf text; /* "+name size content;" for members, "!member|field;" for problems */
	size_t fail_at;	     /* data callback number at which it fails; 0: never */
	size_t data_calls;
};

static bool on_begin(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err)
{
	struct seen *s = ctx;
	(void)err;
	cla_buf_addf(&s->text, "+" CLA_STR_FMT " %llu ", CLA_STR_ARG(name),
		     (unsigned long long)size);
	return true;
}

static bool on_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct seen *s = ctx;
	if (++s->data_calls == s->fail_at)
		return cla_err_set(err, CLA_ERR_INTERRUPTED, "stopped");
	cla_buf_add(&s->text, cla_str_sub(bytes, 0, strnlen(bytes.ptr, bytes.len)));
	return true;
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct seen *s = ctx;
	(void)err;
	cla_buf_addc(&s->text, ";");
	return true;
}

static void on_problem(void *ctx, const char *member, const char *field, const char *found,
		       const char *due)
{
	struct seen *s = ctx;
	assert_non_null(found);
	assert_non_null(due);
	cla_buf_addf(&s->text, "!%s|%s;", member, field);
}

static bool walk(struct cla_str bytes, struct seen *s, struct cla_tar_stats *stats,
		 uint64_t max_members, struct cla_err *err)
{
	const struct cla_tar_walk callbacks = {
		.ctx = s, .begin = on_begin, .data = on_data, .end = on_end, .problem = on_problem
	};
	cla_auto_fd int fd = memory_file();
	assert_true(cla_fd_write(fd, bytes, NULL));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	s->text = (struct cla_buf)CLA_BUF_INIT(1 << 20);
	return cla_tar_walk_fd(fd, max_members, &callbacks, stats, err);
}

static void expect_walk(const char *what, struct cla_str bytes, const char *due, bool is_tar)
{
	struct seen s = { .fail_at = 0 };
	struct cla_tar_stats stats;
	struct cla_err err = CLA_ERR_INIT;
	if (!walk(bytes, &s, &stats, 1000, &err))
		fail_msg("%s", err.msg);
	if (strcmp(cla_buf_cstr(&s.text), due) != 0)
		fail_msg("%s: %s, due %s", what, cla_buf_cstr(&s.text), due);
	assert_int_equal(stats.is_tar, is_tar);
	assert_int_equal(stats.bytes, bytes.len);
	cla_buf_clear(&s.text);
}

#define GOOD "+b/a.txt 10 ten bytes.;+b/b.txt 0 ;+b/c/d.txt 1 x;"

static void walk_good(void **state)
{
	cla_auto_buf struct cla_buf tar = CLA_BUF_INIT(1 << 20);
	struct cla_digest d;
	(void)state;
	write_tar(small, CLA_LEN(small), MTIME, &tar, &d);
	expect_walk("good", cla_buf_str(&tar), GOOD, true);
}

static void set_checksum(char *block)
{
	unsigned sum = 8 * ' ';
	for (size_t i = 0; i < CLA_TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0U : (unsigned char)block[i];
	snprintf(block + 148, 7, "%06o", sum);
	block[155] = ' ';
}

/* Blocks of the good archive: 0 header a, 1 data, 2 header b, 3 header d, 4 data, 5 and 6 zero. */
static void walk_faults(void **state)
{
	static const struct {
		const char *what;
		size_t block, at;
		const char *bytes;
		size_t len;
		bool sum; /* give the header a right checksum again */
		const char *due;
	} t[] = {
		{ "mode", 0, 100, "000600 ", 8, true, "!b/a.txt|mode;" GOOD },
		{ "mode, GNU dialect", 0, 100, "0000644", 8, true, "!b/a.txt|mode;" GOOD },
		{ "uid", 2, 108, "001000 ", 8, true,
		  "+b/a.txt 10 ten bytes.;!b/b.txt|uid;+b/b.txt 0 ;+b/c/d.txt 1 x;" },
		{ "mtime", 3, 136, "14723517741 ", 12, true,
		  "+b/a.txt 10 ten bytes.;+b/b.txt 0 ;!b/c/d.txt|mtime;+b/c/d.txt 1 x;" },
		{ "user name", 0, 265, "root", 4, true, "!b/a.txt|user name;" GOOD },
		{ "symlink", 2, 156, "2", 1, true,
		  "+b/a.txt 10 ten bytes.;!b/b.txt|type;+b/c/d.txt 1 x;" },
		{ "pax header", 0, 156, "x", 1, true, "!b/a.txt|type;+b/b.txt 0 ;+b/c/d.txt 1 x;" },
		{ "old type", 0, 156, "\0", 1, true, "!b/a.txt|type;+b/b.txt 0 ;+b/c/d.txt 1 x;" },
		{ "name", 0, 0, "b/a txt", 7, true, "!b/a txt|name;+b/b.txt 0 ;+b/c/d.txt 1 x;" },
		{ "name goes up", 0, 0, "b/../xt", 7, true,
		  "!b/../xt|name;+b/b.txt 0 ;+b/c/d.txt 1 x;" },
		{ "bytes behind the name", 0, 8, "evil", 4, true, "!b/a.txt|name;" GOOD },
		{ "order", 0, 0, "b/z.txt", 7, true,
		  "+b/z.txt 10 ten bytes.;!b/b.txt|order;+b/b.txt 0 ;+b/c/d.txt 1 x;" },
		{ "twice", 2, 0, "b/a.txt", 7, true,
		  "+b/a.txt 10 ten bytes.;!b/a.txt|order;+b/a.txt 0 ;+b/c/d.txt 1 x;" },
		{ "padding", 1, 11, "\1", 1, false,
		  "+b/a.txt 10 ten bytes.;!b/a.txt|padding;+b/b.txt 0 ;+b/c/d.txt 1 x;" },
		{ "header padding", 0, 505, "\1", 1, true, "!b/a.txt|header padding;" GOOD },
		{ "checksum in another dialect", 0, 154, "  ", 2, false,
		  "!b/a.txt|checksum;" GOOD },
		{ "checksum", 2, 100, "7", 1, false, "+b/a.txt 10 ten bytes.;!|header;" },
		{ "size in base 256", 2, 124, "\200", 1, true,
		  "+b/a.txt 10 ten bytes.;!b/b.txt|size;" },
		{ "size beyond the file", 3, 124, "77777777777 ", 12, true,
		  "+b/a.txt 10 ten bytes.;+b/b.txt 0 ;+b/c/d.txt 8589934591 "
		  "x!b/c/d.txt|truncated;" },
		{ "twelve digits of size", 3, 124, "777777777777", 12, true,
		  "+b/a.txt 10 ten bytes.;+b/b.txt 0 ;!b/c/d.txt|size;+b/c/d.txt 68719476735 "
		  "x!b/c/d.txt|truncated;" },
		{ "lone zero block", 6, 3, "\1", 1, false, GOOD "!|end of archive;" },
	};
	(void)state;
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		cla_auto_buf struct cla_buf tar = CLA_BUF_INIT(1 << 20);
		struct cla_digest d;
		write_tar(small, CLA_LEN(small), MTIME, &tar, &d);
		char *block = tar.ptr + t[i].block * CLA_TAR_BLOCK;
		memcpy(block + t[i].at, t[i].bytes, t[i].len);
		if (t[i].sum)
			set_checksum(block);
		expect_walk(t[i].what, cla_buf_str(&tar), t[i].due, true);
	}
}

static void walk_ends(void **state)
{
	cla_auto_buf struct cla_buf tar = CLA_BUF_INIT(1 << 20);
	struct cla_digest d;
	(void)state;
	write_tar(small, CLA_LEN(small), MTIME, &tar, &d);
	struct cla_str all = cla_buf_str(&tar);
	static const struct {
		size_t len;
		const char *due;
		bool is_tar;
	} t[] = {
		{ 0, "", false },
		{ 100, "", false },
		{ 512, "+b/a.txt 10 !b/a.txt|truncated;", true },
		{ 515, "+b/a.txt 10 ten!b/a.txt|truncated;", true },
		{ 530, "+b/a.txt 10 ten bytes.;!b/a.txt|truncated;", true },
		{ 1024, "+b/a.txt 10 ten bytes.;!|end of archive;", true },
		{ 1100, "+b/a.txt 10 ten bytes.;!|end of archive;", true },
		{ 2560, GOOD "!|end of archive;", true },
		{ 3072, GOOD "!|end of archive;", true },
		{ 3500, GOOD "!|end of archive;", true },
	};
	for (size_t i = 0; i < CLA_LEN(t); i++)
		expect_walk("cut", cla_str_sub(all, 0, t[i].len), t[i].due, t[i].is_tar);
	cla_buf_byte(&tar, '\0');
	expect_walk("tail", cla_buf_str(&tar), GOOD "!|trailing bytes;", true);
	for (int i = 0; i < 70000; i++)
		cla_buf_byte(&tar, 'x');
	expect_walk("tail", cla_buf_str(&tar), GOOD "!|trailing bytes;", true);

	char zeros[1024] = { 0 };
	expect_walk("no tar", (struct cla_str){ zeros, sizeof(zeros) }, "", false);
	expect_walk("no tar", CLA_STR("\x1f\x8b no tar at all"), "", false);
	memset(zeros, 'P', sizeof(zeros));
	expect_walk("no tar", (struct cla_str){ zeros, sizeof(zeros) }, "", false);
}

static void walk_limits(void **state)
{
	cla_auto_buf struct cla_buf tar = CLA_BUF_INIT(1 << 20);
	struct cla_digest d;
	struct cla_tar_stats stats;
	struct cla_err err = CLA_ERR_INIT;
	struct seen s = { .fail_at = 0 };
	(void)state;
	write_tar(small, CLA_LEN(small), MTIME, &tar, &d);
	assert_true(walk(cla_buf_str(&tar), &s, &stats, 2, &err));
	assert_string_equal(cla_buf_cstr(&s.text), "+b/a.txt 10 ten bytes.;+b/b.txt 0 ;!|members;");
	assert_int_equal(stats.members, 2);
	assert_int_equal(stats.mtime, MTIME);
	cla_buf_clear(&s.text);

	s = (struct seen){ .fail_at = 1 };
	assert_false(walk(cla_buf_str(&tar), &s, &stats, 10, &err));
	assert_int_equal(err.code, CLA_ERR_INTERRUPTED);
	cla_buf_clear(&s.text);
}

/* ---- unpack ---- */

struct unpacked {
	struct cla_buf text;
	bool take;
};

static bool unpacked_begin(void *ctx, struct cla_str name, bool *take, struct cla_err *err)
{
	struct unpacked *s = ctx;
	(void)err;
	*take = s->take;
	cla_buf_addf(&s->text, "+" CLA_STR_FMT ":", CLA_STR_ARG(name));
	return true;
}

static bool unpacked_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct unpacked *s = ctx;
	(void)err;
	cla_buf_add(&s->text, cla_str_sub(bytes, 0, 8));
	return true;
}

static bool unpacked_end(void *ctx, struct cla_err *err)
{
	struct unpacked *s = ctx;
	(void)err;
	cla_buf_byte(&s->text, ';');
	return true;
}

static bool unpacked_flaw(void *ctx, struct cla_str name, bool inside, enum cla_unpack_flaw flaw,
			  struct cla_err *err)
{
	static const char *const names[] = { "encrypted", "damaged", "entries",
					     "bytes",	  "entry",   "ratio" };
	struct unpacked *s = ctx;
	(void)err;
	cla_buf_addf(&s->text, "!" CLA_STR_FMT "|%s%s;", CLA_STR_ARG(name), names[flaw],
		     inside ? " inside" : "");
	return true;
}

static int file_of(struct cla_str bytes)
{
	int fd = memfd_create("unpack", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(cla_fd_write(fd, bytes, NULL));
	return fd;
}

/* What was seen, in *out. */
static void unpack(struct cla_str bytes, enum cla_unpack_kind kind,
		   const struct cla_unpack_limits *limits, struct cla_unpack_budget *budget,
		   struct cla_buf *out)
{
	static const struct cla_unpack_limits wide = { 1 << 20, 100, 1 << 16 };
	struct cla_unpack_budget plenty = { 1000, 1 << 24 };
	struct unpacked s = { CLA_BUF_INIT(1 << 20), true };
	struct cla_unpack fn = { &s, unpacked_begin, unpacked_data, unpacked_end, unpacked_flaw };
	cla_auto_fd int fd = file_of(bytes);
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_unpack_fd(fd, kind, limits ? limits : &wide, budget ? budget : &plenty, &fn, &err))
		fail_msg("%s", err.msg);
	cla_buf_reset(out);
	cla_buf_add(out, cla_buf_str(&s.text));
	cla_buf_clear(&s.text);
}

static la_ssize_t to_buf(struct archive *a, void *ctx, const void *bytes, size_t len)
{
	(void)a;
	cla_buf_add(ctx, (struct cla_str){ bytes, len });
	return (la_ssize_t)len;
}

/* A zip of files, `fill` bytes of 'x' behind the text of each; or one gzip stream. */
static void pack(const char *const *names, size_t count, size_t fill, bool gzip,
		 struct cla_buf *out)
{
	struct archive *a = archive_write_new();
	cla_auto_buf struct cla_buf body = CLA_BUF_INIT(1 << 22);

	assert_int_equal(gzip ? archive_write_set_format_raw(a) : archive_write_set_format_zip(a),
			 ARCHIVE_OK);
	if (gzip)
		assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open(a, out, NULL, to_buf, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *e = archive_entry_new();
		cla_buf_reset(&body);
		cla_buf_addf(&body, "<%s/>", names[i]);
		for (size_t k = 0; k < fill; k++)
			cla_buf_byte(&body, 'x');
		archive_entry_set_pathname(e, names[i]);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_size(e, (la_int64_t)body.len);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		assert_int_equal(archive_write_data(a, body.ptr, body.len), (la_ssize_t)body.len);
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	assert_true(cla_buf_ok(out, NULL));
}

static const char *const two_names[] = { "a.xml", "../../etc/b" };

static void unpack_gives_entries_as_streams(void **state)
{
	cla_auto_buf struct cla_buf zip = CLA_BUF_INIT(1 << 22), gz = CLA_BUF_INIT(1 << 22),
				    seen = CLA_BUF_INIT(1 << 20);
	(void)state;
	pack(two_names, 2, 0, false, &zip);
	unpack(cla_buf_str(&zip), CLA_UNPACK_ZIP, NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen), "+a.xml:<a.xml/>;+../../etc/b:<../../e;");
	pack(two_names, 1, 0, true, &gz);
	unpack(cla_buf_str(&gz), CLA_UNPACK_GZIP, NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen), "+:<a.xml/>;");
	/* without its directory it is read as far as it goes */
	const char *directory = memmem(zip.ptr, zip.len, "PK\1\2", 4);
	assert_non_null(directory);
	unpack((struct cla_str){ zip.ptr, (size_t)(directory - zip.ptr) + 40 }, CLA_UNPACK_ZIP,
	       NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen),
			    "+a.xml:<a.xml/>;+../../etc/b:<../../e;!|damaged;");
	unpack(CLA_STR(""), CLA_UNPACK_ZIP, NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen), "!|damaged;");
	pack(two_names, 1, 0, true, &gz); /* two in a row */
	unpack(cla_buf_str(&gz), CLA_UNPACK_GZIP, NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen), "+:<a.xml/><a.xml/>;");
	gz.ptr[gz.len - 8] ^= 1; /* the checksum of the second */
	unpack(cla_buf_str(&gz), CLA_UNPACK_GZIP, NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen), "+:<a.xml/>!|damaged inside;");
	unpack(CLA_STR("\x1f\x8b no gzip"), CLA_UNPACK_GZIP, NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen), "!|damaged;");
}

static void unpack_keeps_to_its_bounds(void **state)
{
	static const struct {
		struct cla_unpack_limits limits;
		struct cla_unpack_budget budget;
		const char *due;
	} t[] = {
		{ { 5000, 1000, 0 }, { 2, 1 << 20 }, "+a.xml:<a.xml/>;+../../etc/b:<../../e;" },
		{ { 5000, 1000, 0 }, { 1, 1 << 20 }, "+a.xml:<a.xml/>;!|entries;" },
		{ { 4011, 1000, 0 }, { 2, 1 << 20 }, "+a.xml:<a.xml/>;!../../etc/b|entry;" },
		{ { 5000, 1000, 0 },
		  { 2, 5000 },
		  "+a.xml:<a.xml/>;+../../etc/b:!../../etc/b|bytes inside;" },
		{ { 5000, 10, 0 }, { 2, 1 << 20 }, "+a.xml:!a.xml|ratio inside;" },
		{ { 5000, 10, 5000 }, { 2, 1 << 20 }, "+a.xml:<a.xml/>;+../../etc/b:<../../e;" },
	};
	cla_auto_buf struct cla_buf zip = CLA_BUF_INIT(1 << 22), seen = CLA_BUF_INIT(1 << 20);
	(void)state;
	pack(two_names, 2, 4000, false, &zip);
	assert_true(zip.len > 200 && zip.len < 500);
	for (size_t i = 0; i < CLA_LEN(t); i++) {
		struct cla_unpack_budget budget = t[i].budget;
		unpack(cla_buf_str(&zip), CLA_UNPACK_ZIP, &t[i].limits, &budget, &seen);
		assert_string_equal(cla_buf_cstr(&seen), t[i].due);
	}
	/* the budget is spent, so that an archive inside another has what is left */
	struct cla_unpack_budget spent = { 5, 10000 };
	unpack(cla_buf_str(&zip), CLA_UNPACK_ZIP, NULL, &spent, &seen);
	assert_int_equal(spent.entries, 3);
	assert_int_equal(spent.bytes, 10000 - 4008 - 4014);
	cla_auto_buf struct cla_buf gz = CLA_BUF_INIT(1 << 22);
	pack(two_names, 1, 1 << 20, true, &gz);
	unpack(cla_buf_str(&gz), CLA_UNPACK_GZIP, NULL, NULL, &seen);
	assert_true(cla_str_ends(cla_buf_str(&seen), "!|ratio inside;"));
}

/* Every cut and every flipped bit ends in a report, and in none but whole entries. */
static void unpack_survives_damage(void **state)
{
	struct cla_buf files[2] = { CLA_BUF_INIT(1 << 22), CLA_BUF_INIT(1 << 22) };
	cla_auto_buf struct cla_buf seen = CLA_BUF_INIT(1 << 20);
	size_t flaws = 0;
	(void)state;

	pack(two_names, 2, 100, false, &files[0]);
	pack(two_names, 1, 100, true, &files[1]);
	for (int gzip = 0; gzip < 2; gzip++) {
		struct cla_buf *f = &files[gzip];
		enum cla_unpack_kind kind = gzip ? CLA_UNPACK_GZIP : CLA_UNPACK_ZIP;
		for (size_t len = 0; len < f->len; len++) {
			unpack((struct cla_str){ f->ptr, len }, kind, NULL, NULL, &seen);
			flaws += cla_str_contains(cla_buf_str(&seen), "damaged");
		}
		for (size_t bit = 0; bit < 8 * f->len; bit++) {
			f->ptr[bit / 8] ^= (char)(1 << bit % 8);
			unpack(cla_buf_str(f), kind, NULL, NULL, &seen);
			bool whole = cla_str_ends(cla_buf_str(&seen), ";") &&
				     !cla_str_contains(cla_buf_str(&seen), "!");
			flaws += !whole;
			/* a gzip file that is not as it was may differ in its header only */
			if (gzip && whole)
				assert_string_equal(cla_buf_cstr(&seen), "+:<a.xml/>;");
			f->ptr[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
	assert_true(flaws > 500);
	/* the bit that says encrypted, in both headers of the first entry */
	struct cla_str all = cla_buf_str(&files[0]);
	for (size_t i = 0; i + 10 < all.len; i++) {
		size_t flags = !memcmp(all.ptr + i, "PK\3\4", 4)   ? i + 6
			       : !memcmp(all.ptr + i, "PK\1\2", 4) ? i + 8
								   : 0;
		if (flags)
			files[0].ptr[flags] |= 1;
	}
	unpack(all, CLA_UNPACK_ZIP, NULL, NULL, &seen);
	assert_string_equal(cla_buf_cstr(&seen), "!a.xml|encrypted;!../../etc/b|encrypted;");
	cla_buf_clear(&files[0]);
	cla_buf_clear(&files[1]);
}

/* gzip of "hello", made by gzip -n. */
#define HELLO                                                                                      \
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05" \
	"\x00\x00\x00"

static void gzip_in_memory(void **state)
{
	static const char two[] = HELLO HELLO;
	const struct cla_str hello = { two, (sizeof(two) - 1) / 2 };
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	for (size_t len = 0; len <= sizeof(two) - 1; len++) {
		cla_auto_buf struct cla_buf out = CLA_BUF_INIT(64);
		bool whole = len == hello.len || len == 2 * hello.len;

		assert_int_equal(cla_gunzip((struct cla_str){ two, len }, &out, &err), whole);
		if (whole)
			assert_true(cla_str_eqc(cla_buf_str(&out),
						len == hello.len ? "hello" : "hellohello"));
		else
			assert_int_equal(err.code, CLA_ERR_FORMAT);
	}
	cla_auto_buf struct cla_buf tight = CLA_BUF_INIT(4), out = CLA_BUF_INIT(64);
	assert_false(cla_gunzip(hello, &tight, &err));
	assert_int_equal(err.code, CLA_ERR_LIMIT);
	char bad[sizeof(two)];
	memcpy(bad, two, sizeof(two));
	bad[hello.len - 5] ^= 1; /* checksum */
	assert_false(cla_gunzip((struct cla_str){ bad, hello.len }, &out, &err));
	assert_int_equal(err.code, CLA_ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_names),
		cmocka_unit_test(header_sizes_and_times),
		cmocka_unit_test(header_refuses),
		cmocka_unit_test(header_by_hand),
		cmocka_unit_test(header_fields_named),
		cmocka_unit_test(writer_golden),
		cmocka_unit_test(writer_refuses),
		cmocka_unit_test(writer_disk_full),
		cmocka_unit_test(writer_disk_full_at_a_header),
		cmocka_unit_test(walk_good),
		cmocka_unit_test(walk_faults),
		cmocka_unit_test(walk_ends),
		cmocka_unit_test(walk_limits),
		cmocka_unit_test(unpack_gives_entries_as_streams),
		cmocka_unit_test(unpack_keeps_to_its_bounds),
		cmocka_unit_test(unpack_survives_damage),
		cmocka_unit_test(gzip_in_memory),
	};
	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
