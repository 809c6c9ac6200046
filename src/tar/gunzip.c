/* tar/gunzip.c - gzip in memory, by zlib. */
#include "tar/gunzip.h"

#include <limits.h>
#include <zlib.h>

#define BLOCK (16 * 1024)

/* One step, appended; *ended: a stream is over. */
static bool step(z_stream *z, struct cla_buf *out, bool *ended, struct cla_err *err)
{
	unsigned char block[BLOCK];

	z->next_out = block;
	z->avail_out = sizeof(block);
	int status = inflate(z, Z_NO_FLUSH);
	size_t got = sizeof(block) - z->avail_out;
	if (status == Z_MEM_ERROR)
		return cla_err_oom(err);
	/* without a way on it is cut short */
	if ((status != Z_OK && status != Z_STREAM_END) || (status == Z_OK && !got && !z->avail_in))
		return cla_err_set(err, CLA_ERR_FORMAT, "damaged or cut short");
	*ended = status == Z_STREAM_END;
	cla_buf_add(out, (struct cla_str){ (const char *)block, got });
	return cla_buf_ok(out, err);
}

bool cla_gunzip(struct cla_str packed, struct cla_buf *out, struct cla_err *err)
{
	z_stream z = { 0 };
	bool ended = false;

	if (packed.len > UINT_MAX)
		return cla_err_set(err, CLA_ERR_LIMIT, "more than is unpacked in memory");
	/* zlib reads through this pointer only */
	z.next_in = (Bytef *)(uintptr_t)packed.ptr;
	z.avail_in = (uInt)packed.len;
	/* the largest window, and a gzip header */
	if (inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
		return cla_err_oom(err);
	bool ok = true;
	while (ok && !(ended && !z.avail_in)) {
		if (ended && inflateReset(&z) != Z_OK)
			ok = cla_err_oom(err);
		ok = ok && step(&z, out, &ended, err);
	}
	(void)inflateEnd(&z);
	return ok;
}
