/* verify/extract_priv.h - what an extract's writer and its checker share: the names and forms of
 * the format. */
#ifndef CLA_VERIFY_EXTRACT_PRIV_H
#define CLA_VERIFY_EXTRACT_PRIV_H

#include "verify/extract.h"
#include "verify/verify_priv.h"

#define CLA_EXTRACT_PROOF "proof.json"
#define CLA_EXTRACT_SCRIPT "check.sh"
#define CLA_EXTRACT_PROOF_MAX ((size_t)64 * 1024)

/* "data/tx/<uuid>" */
#define CLA_EXTRACT_DIR 64
void cla_extract_dir(bool is_tx, const char *uuid, char out[CLA_EXTRACT_DIR]);
/* The whole of check.sh: nothing in it depends on anything but these two. */
void cla_extract_script(const char *base, const char *dir, struct cla_buf *out);
/* Whether a file of that name lies beside a bundle of this base: statement, signature, certificate,
 * stamps, tokens. */
bool cla_extract_is_sidecar(struct cla_str name, const char *base);

#endif
