/* Any bytes as a bundle: the checker must end with a report, without a fault of memory.
 *
 * Header checksums are also made right, since hardly any mutation would get past them otherwise. */
#include "verify/verify.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool judge(void *ctx, struct cla_str bytes, struct cla_time cutoff, struct cla_buf *verdicts,
		  struct cla_err *err)
{
	(void)ctx, (void)bytes, (void)cutoff, (void)err;
	cla_buf_addc(verdicts, "[]");
	return true;
}

static void check(struct cla_str bytes)
{
	const struct cla_ctx ctx = { .log = NULL };
	const struct cla_verify_opts opts = { .judge = judge, .max_members = 10000 };
	cla_auto_verify_report struct cla_verify_report report;
	cla_auto_fd int fd = memfd_create("bundle", MFD_CLOEXEC);
	struct cla_err err = CLA_ERR_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || !cla_fd_write(fd, bytes, &err) ||
	    !cla_verify_bundle(&ctx, path, &opts, &report, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	/* Nothing was signed here, so nothing may pass. */
	if (report.result == CLA_VERIFY_PASS)
		abort();
}

static void repair(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 512 <= size; at += 512) {
		uint8_t *block = data + at;
		unsigned sum = 8 * ' ';
		if (memcmp(block + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < 512; i++)
			sum += i >= 148 && i < 156 ? 0U : block[i];
		snprintf((char *)block + 148, 7, "%06o", sum);
		block[155] = ' ';
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	check((struct cla_str){ (char *)copy, size });
	repair(copy, size);
	check((struct cla_str){ (char *)copy, size });
	free(copy);
	return 0;
}
