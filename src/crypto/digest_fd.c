#include "base/file.h"
#include "crypto/digest.h"

bool cla_digest_fd(int fd, int to, struct cla_digest *ret, uint64_t *size, struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	char chunk[65536];
	uint64_t count = 0;
	size_t got;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err))
		return false;
	do {
		if (!cla_fd_read(fd, chunk, sizeof(chunk), &got, err))
			return false;
		struct cla_str piece = { chunk, got };
		cla_hasher_update(hasher, piece);
		if (to >= 0 && !cla_fd_write(to, piece, err))
			return false;
		count += got;
	} while (got == sizeof(chunk));
	if (size)
		*size = count;
	return cla_hasher_finish(hasher, ret->bytes, err);
}
