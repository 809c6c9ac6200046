/* tar/tar_priv.h - the places of a ustar header (POSIX.1-1988), shared between the files of tar/
 * only. */
#ifndef CLA_TAR_TAR_PRIV_H
#define CLA_TAR_TAR_PRIV_H

#include "tar/header.h"

struct cla_tar_field {
	const char *name; /* for people */
	size_t at, len;
};

enum cla_tar_field_index {
	CLA_TAR_NAME,
	CLA_TAR_MODE,
	CLA_TAR_UID,
	CLA_TAR_GID,
	CLA_TAR_SIZE,
	CLA_TAR_MTIME,
	CLA_TAR_TYPE,
	CLA_TAR_LINK,
	CLA_TAR_MAGIC,
	CLA_TAR_VERSION,
	CLA_TAR_UNAME,
	CLA_TAR_GNAME,
	CLA_TAR_DEVMAJOR,
	CLA_TAR_DEVMINOR,
	CLA_TAR_PREFIX,
	CLA_TAR_REST,
	CLA_TAR_CHECKSUM, /* last: it differs whenever anything else does */
	CLA_TAR_FIELDS,
};

extern const struct cla_tar_field cla_tar_fields[CLA_TAR_FIELDS];

/* The first field that differs, NULL when the blocks are equal. */
const struct cla_tar_field *cla_tar_field_differs(const unsigned char found[CLA_TAR_BLOCK],
						  const unsigned char due[CLA_TAR_BLOCK]);

/* Sum of the header's bytes with the checksum field read as blanks. */
unsigned cla_tar_checksum(const unsigned char block[CLA_TAR_BLOCK]);

#endif
