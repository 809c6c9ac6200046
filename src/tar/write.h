/* tar/write.h - writes a tar in the canonical profile (tar/header.h) with libarchive's ustar
 * writer.
 *
 * Members must come in bytewise order of their names and with their size known; anything outside
 * the profile is refused before libarchive sees it, and libarchive's warnings are errors. The bytes
 * written are shown to the caller's tap on the way, which may hash them. Memory is constant.
 */
#ifndef CLA_TAR_WRITE_H
#define CLA_TAR_WRITE_H

#include "base/str.h"

#include <stdint.h>

struct cla_tar_writer;

/* Every byte of the archive, in order, once it is written. */
typedef void cla_tar_tap(void *ctx, struct cla_str bytes);

/* Writes to `fd` (not closed here). `mtime` is that of every member. `tap` may be NULL. */
CLA_USE bool cla_tar_writer_new(int fd, int64_t mtime, cla_tar_tap *tap, void *tap_ctx,
				struct cla_tar_writer **ret, struct cla_err *err);
void cla_tar_writer_free(struct cla_tar_writer *w);
static inline void cla_tar_writer_freep(struct cla_tar_writer **w)
{
	cla_tar_writer_free(*w);
	*w = NULL;
}
#define cla_auto_tar_writer CLA_CLEANUP(cla_tar_writer_freep)

CLA_USE bool cla_tar_begin(struct cla_tar_writer *w, const char *name, uint64_t size,
			   struct cla_err *err);
CLA_USE bool cla_tar_data(struct cla_tar_writer *w, struct cla_str bytes, struct cla_err *err);
CLA_USE bool cla_tar_member(struct cla_tar_writer *w, const char *name, struct cla_str bytes,
			    struct cla_err *err); /* begin and data in one */

/* Ends the archive. A member with fewer bytes than announced is CLA_ERR_INTERNAL. */
CLA_USE bool cla_tar_finish(struct cla_tar_writer *w, uint64_t *size, struct cla_err *err);

#endif
