/* cli/judging.h - files and certificates brought to the judge: what validate, doctor and the
 * pipeline share.
 *
 * A file beyond the limit of what is parsed is never held whole: it is read once, hashed on the
 * way, and only its first bytes are kept, one more than the limit, for which the judge refuses it.
 * So memory is bounded, whatever is read.
 */
#ifndef CLA_CLI_JUDGING_H
#define CLA_CLI_JUDGING_H

#include "cli/cli.h"
#include "fiscal/judge.h"

/* Adds every certificate (DER or PEM) below the folder; others are logged and left out. *count may
 * be NULL. A folder that is not there is CLA_ERR_NOT_FOUND. */
CLA_USE bool cla_judging_certs(struct cla_cli *cli, struct cla_judge *judge, const char *dir,
			       size_t *count, struct cla_err *err);

/* Reads to the end of fd and judges. *hashed: out->sha256 is that of the whole file (false beyond
 * limits->file, where reading stops). err: for reading, memory and a stop of the run. `out` is
 * cleared by the caller in any case. */
CLA_USE bool cla_judging_fd(struct cla_cli *cli, struct cla_judge *judge,
			    const struct cla_xml_limits *limits, int fd, struct cla_judgement *out,
			    bool *hashed, struct cla_err *err);

#endif
