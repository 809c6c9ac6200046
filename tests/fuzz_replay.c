/* tests/fuzz_replay.c - the main() of a fuzz target that is not built with -fsanitize=fuzzer: each file
 * named on the command line is run once, so that every find stays a test.
 */
#include "base/file.h"

#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		cla_auto_buf struct cla_buf bytes = CLA_BUF_INIT((size_t)256 << 20);
		struct cla_err err = CLA_ERR_INIT;
		if (!cla_file_read(argv[i], &bytes, &err)) {
			(void)fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)cla_buf_cstr(&bytes), bytes.len);
	}
	return 0;
}
