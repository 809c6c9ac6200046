/* verify/extract.h - one expense taken out of a bundle, with the proof that it is in the signed tree.
 *
 * An extract is a folder that can be handed over by itself (docs/FORMATS.md 1.8): the expense's
 * evidence.json and files under their names in the bundle; statement, signature, certificate and
 * stamps as they lay beside the archive; proof.json, the inclusion proof of RFC 9162 2.1.3; and
 * check.sh, which checks all of it with openssl. Of other expenses it shows nothing but the hashes
 * of the proof and those that the statement names as changed: their leaves are salted.
 *
 * Its bytes are a function of the bundle's. Nothing is extracted from a bundle that does not verify,
 * and the folder gets its name only after it was checked as a reader would.
 */
#ifndef CLA_VERIFY_EXTRACT_H
#define CLA_VERIFY_EXTRACT_H

#include "verify/verify.h"

struct cla_extract_opts {
	struct cla_verify_opts verify; /* judge: not used */
	const char *uuid;	       /* in any case */
	bool is_tx;		       /* else a reimbursement */
	const char *out;	       /* the folder: not there yet, or empty */
};

/* `report` is the bundle's. When it is not CLA_VERIFY_PASS nothing was written. CLA_ERR_NOT_FOUND:
 * the bundle has no such expense; CLA_ERR_USAGE: the folder is not empty. */
CLA_USE bool cla_extract(const struct cla_ctx *ctx, const char *path,
			 const struct cla_extract_opts *opts, struct cla_verify_report *report,
			 struct cla_err *err);

/* Whether the folder holds an extract, by its proof.json. */
bool cla_extract_is(const char *dir);
/* Checks one. Of the report, sha256 is the archive's as the statement has it. */
CLA_USE bool cla_extract_check(const struct cla_ctx *ctx, const char *dir,
			       const struct cla_verify_opts *opts, struct cla_verify_report *report,
			       struct cla_err *err);

#endif
