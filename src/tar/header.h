/* tar/header.h - the canonical tar profile of bundle format 1, derived byte by byte without
 * libarchive.
 *
 * ustar, regular files only, mode 0644, uid and gid 0, no owner names, one mtime for all members,
 * ASCII names without blanks (last part <= 100 bytes, directory <= 155), members below 8 GiB,
 * sorted bytewise, two zero blocks at the end and nothing after. The dialect of the octal fields is
 * that of libarchive's ustar writer (POSIX.1-1988 fields: mode, uid and gid six digits, blank, NUL;
 * size and mtime eleven digits and a blank; checksum six digits, NUL, blank; device numbers like
 * mode) - the writer is tested against this derivation, not the other way round.
 */
#ifndef CLA_TAR_HEADER_H
#define CLA_TAR_HEADER_H

#include "base/str.h"

#include <stdint.h>

#define CLA_TAR_BLOCK 512
#define CLA_TAR_MAX_SIZE 8589934591 /* 8 GiB - 1 */

/* NULL when the name fits the profile, else what is wrong with it. Refuses empty parts, "." and
 * "..", leading '/'. */
const char *cla_tar_name_problem(struct cla_str name);

/* The one right header for a member. `name` must fit the profile, size and mtime their ranges (0 <=
 * mtime < 2^31-1); otherwise false. */
CLA_USE bool cla_tar_header(struct cla_str name, uint64_t size, int64_t mtime,
			    unsigned char out[CLA_TAR_BLOCK]);

#endif
