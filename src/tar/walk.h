/* tar/walk.h - reads an untrusted tar in one pass and holds every byte against the canonical
 * profile.
 *
 * Nothing is extracted; memory is constant; libarchive is not used. Deviations are reported through
 * `problem` and the walk goes on as far as the structure can still be followed (an unreadable
 * header ends it). `mtime` of all members is that of the first one; a member that differs is a
 * problem. The input is always read to its end.
 */
#ifndef CLA_TAR_WALK_H
#define CLA_TAR_WALK_H

#include "base/str.h"

#include <stdint.h>

struct cla_tar_walk {
	void *ctx;
	/* A member begins. Returning false with err ends the walk as an error. */
	bool (*begin)(void *ctx, struct cla_str name, uint64_t size, struct cla_err *err);
	bool (*data)(void *ctx, struct cla_str bytes, struct cla_err *err);
	bool (*end)(void *ctx, struct cla_err *err); /* only for members that were complete */
	/* Each piece as it is read, before anything is made of it, and the count of bytes with it:
	 * to hash, to show progress, to stop by returning false with err. Any of the callbacks may
	 * be NULL. */
	bool (*piece)(void *ctx, struct cla_str bytes, uint64_t so_far, struct cla_err *err);
	/* member is "" outside members, else its name as found (any bytes); field one of the
	 * header's ("name", "mode", ...), or "order", "padding", "truncated", "header", "members",
	 * "end of archive", "trailing bytes"; found and due are short texts for people. A member
	 * whose name or type is outside the profile is a problem and nothing else: begin, data and
	 * end see regular files with good names only. */
	void (*problem)(void *ctx, const char *member, const char *field, const char *found,
			const char *due);
};

struct cla_tar_stats {
	uint64_t bytes, members;
	int64_t mtime; /* of the first member, -1 without members */
	/* at least one header with a right checksum: otherwise this is no tar at all */
	bool is_tar;
};

/* Reads `fd` to its end. Fails only on read errors, or when a callback failed. At most
 * `max_members` members. */
CLA_USE bool cla_tar_walk_fd(int fd, uint64_t max_members, const struct cla_tar_walk *walk,
			     struct cla_tar_stats *stats, struct cla_err *err);

#endif
