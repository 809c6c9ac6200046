/* Any bytes as a zip archive and as a gzip file: what comes out keeps to the bounds and to the order
 * of the callbacks, without a fault of memory.
 */
#include "tar/unpack.h"

#include "base/file.h"

#include <stdlib.h>
#include <sys/mman.h>

#define ENTRIES 1000
#define BYTES (4u << 20)
#define ENTRY (1u << 20)
#define RATIO 50
#define GRACE 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	bool inside;
	uint64_t entries, bytes, entry;
};

static void must(bool what)
{
	if (!what)
		abort();
}

static bool on_begin(void *ctx, struct cla_str name, bool *take, struct cla_err *err)
{
	struct seen *s = ctx;

	(void)err;
	must(!s->inside && name.ptr);
	*take = name.len % 5 != 4;
	s->inside = *take;
	s->entries++;
	s->entry = 0;
	return true;
}

static bool on_data(void *ctx, struct cla_str bytes, struct cla_err *err)
{
	struct seen *s = ctx;

	(void)err;
	must(s->inside);
	s->bytes += bytes.len;
	s->entry += bytes.len;
	must(s->entry <= ENTRY);
	return true;
}

static bool on_end(void *ctx, struct cla_err *err)
{
	struct seen *s = ctx;

	(void)err;
	must(s->inside);
	s->inside = false;
	return true;
}

static bool on_flaw(void *ctx, struct cla_str name, bool inside, enum cla_unpack_flaw flaw,
		    struct cla_err *err)
{
	struct seen *s = ctx;

	(void)err, (void)flaw;
	must(inside == s->inside && name.ptr);
	s->inside = false;
	return true;
}

static void check(struct cla_str bytes, enum cla_unpack_kind kind)
{
	static const struct cla_unpack_limits limits = { ENTRY, RATIO, GRACE };
	struct cla_unpack_budget budget = { ENTRIES, BYTES };
	struct seen s = { .inside = false };
	const struct cla_unpack fn = { &s, on_begin, on_data, on_end, on_flaw };
	cla_auto_fd int fd = memfd_create("archive", MFD_CLOEXEC);

	must(fd >= 0 && cla_fd_write(fd, bytes, NULL) &&
	     cla_unpack_fd(fd, kind, &limits, &budget, &fn, NULL));
	must(!s.inside && s.entries <= ENTRIES && s.bytes == BYTES - budget.bytes &&
	     s.bytes <= GRACE + RATIO * (uint64_t)bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cla_str bytes = { (const char *)data, size };

	check(bytes, CLA_UNPACK_ZIP);
	check(bytes, CLA_UNPACK_GZIP);
	return 0;
}
