/* tar/unpack.h - the entries of an untrusted zip archive, or the content of a gzip file, as streams.
 *
 * Nothing is written anywhere and names are data only. Bounded before anything else: entries and
 * bytes over all archives that share a budget (one inside another), bytes of one entry, and what an
 * archive may give for each of its own bytes. What cannot be had - encrypted, damaged, beyond a
 * bound - is reported through `flaw`, never an error; after a flaw of one entry the walk goes on
 * with the next where the structure can still be followed. Checksums are held against
 * what comes out. Several gzip streams in a row are one content.
 */
#ifndef CLA_TAR_UNPACK_H
#define CLA_TAR_UNPACK_H

#include "base/str.h"

#include <stdint.h>

enum cla_unpack_kind { CLA_UNPACK_ZIP, CLA_UNPACK_GZIP };

enum cla_unpack_flaw {
	CLA_FLAW_ENCRYPTED,
	CLA_FLAW_DAMAGED, /* cut short, a wrong checksum, no archive at all */
	CLA_FLAW_ENTRIES, /* more than the budget has */
	CLA_FLAW_BYTES,	  /* likewise */
	CLA_FLAW_ENTRY,	  /* one entry is too long */
	CLA_FLAW_RATIO,	  /* it grows beyond what such files grow */
};

/* What is left; taken from as entries are read. */
struct cla_unpack_budget {
	uint64_t entries, bytes;
};

struct cla_unpack_limits {
	uint64_t entry; /* bytes of one entry */
	uint64_t ratio; /* bytes out for each byte of the archive, beyond `grace` bytes out */
	uint64_t grace;
};

struct cla_unpack {
	void *ctx;
	/* A regular file; its name as found, any bytes, "" when it has none. *take false: it is
	 * passed over. The functions fail the walk by returning false with err. */
	bool (*begin)(void *ctx, struct cla_str name, bool *take, struct cla_err *err);
	bool (*data)(void *ctx, struct cla_str bytes, struct cla_err *err);
	/* Only for entries that were taken and are whole. */
	bool (*end)(void *ctx, struct cla_err *err);
	/* `inside` is true between begin and end: that entry has ended so. `name` "" when it is the
	 * archive as a whole. */
	bool (*flaw)(void *ctx, struct cla_str name, bool inside, enum cla_unpack_flaw flaw,
		     struct cla_err *err);
};

/* Reads `fd`, which must be seekable, from its start. */
CLA_USE bool cla_unpack_fd(int fd, enum cla_unpack_kind kind,
			   const struct cla_unpack_limits *limits, struct cla_unpack_budget *budget,
			   const struct cla_unpack *fn, struct cla_err *err);

#endif
