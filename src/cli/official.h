/* cli/official.h - the authorities' own schema files in the folder schemas of the data directory.
 *
 * Each lies there under the SHA-256 of its bytes, and only those that the program knows (table
 * xsd/official.tsv): nothing is named as an archive or a folder names it, and whatever a file's name
 * was, its bytes decide. They are held against their digests again whenever they are read.
 */
#ifndef CLA_CLI_OFFICIAL_H
#define CLA_CLI_OFFICIAL_H

#include "base/buf.h"
#include "cli/cli.h"
#include "xml/official.h"

/* The folder, which need not be there. */
CLA_USE bool cla_official_dir(struct cla_cli *cli, struct cla_buf *out, struct cla_err *err);

/* One file by its row; absent into out when it is not there. CLA_ERR_INTEGRITY: its bytes are not
 * those that its name says. */
CLA_USE bool cla_official_read(const char *dir, const struct cla_official *file,
			       struct cla_buf *out, bool *there, struct cla_err *err);

/* All of them, in memory. */
struct cla_official_files {
	struct cla_official_set set;
	struct cla_buf *bufs;
	size_t there;
};
CLA_USE bool cla_official_load(const char *dir, struct cla_official_files *ret,
			       struct cla_err *err);
void cla_official_clear(struct cla_official_files *files);
#define cla_auto_official CLA_CLEANUP(cla_official_clear)

/* Brings in a folder, a file or a zip archive. *status becomes CLA_EXIT_INCOMPLETE when something
 * was refused; each thing is told on stdout. */
CLA_USE bool cla_official_import(struct cla_cli *cli, const char *path, int *status,
				 struct cla_err *err);

#endif
