/* bundle/recover.h - what the journal knew of an issued bundle, read again from the bundle.
 *
 * For a rebuild that finds an archive with its statement in bundles/, and no line about it in the
 * journal. All that later revisions rest on is in the two: the digest of the evidence is derived
 * from the members as cla_gather_evidence() derives it from the store, so that unchanged evidence
 * still gives the same revision. The time of issue is not stated anywhere: the cut-off stands for
 * it.
 */
#ifndef CLA_BUNDLE_RECOVER_H
#define CLA_BUNDLE_RECOVER_H

#include "store/store.h"

/* What the statement alone says; the rest of *ret is left empty. Slices live in the arena. */
CLA_USE bool cla_bundle_stated(struct cla_str statement, struct cla_arena *arena,
			       struct cla_issued *ret, struct cla_err *err);

/* Reads the archive once and puts its index and what lies beside it into the store. `statement` is the statement's bytes;
 * whether signature and archive hold is for the caller to check before (verify/verify.h); an
 * archive with another digest than the statement's is CLA_ERR_INTEGRITY all the same. Slices live
 * in the arena. */
CLA_USE bool cla_bundle_recover(struct cla_store *store, const char *tar, struct cla_str statement,
				struct cla_arena *arena, struct cla_issued *ret,
				struct cla_err *err);

#endif
