/* verify/chain.h - the bundles of one entity as a chain.
 *
 * A statement names the one before it (`prev`), its own place (`seq`) and the revision that it
 * supersedes. With several bundles at hand these are held against one another: two statements in
 * one place, two archives of one revision, a name with another digest are problems (each with the
 * file, the field, what was found, what was due). A place that no bundle at hand takes is a gap:
 * where the bundles should be all that was issued, nothing vouches for what it held.
 *
 * Statements are taken as they lie there: whether their signatures hold is said of each bundle.
 */
#ifndef CLA_VERIFY_CHAIN_H
#define CLA_VERIFY_CHAIN_H

#include "verify/verify.h"

struct cla_verify_chain;

struct cla_verify_chain_report {
	struct cla_verify_report report; /* result, problems, notes, entity */
	char country[3];
	uint64_t statements, first, last; /* how many, and their seq */
};

CLA_USE bool cla_verify_chain_new(struct cla_verify_chain **ret, struct cla_err *err);
void cla_verify_chain_free(struct cla_verify_chain *chain);
static inline void cla_verify_chain_freep(struct cla_verify_chain **chain)
{
	cla_verify_chain_free(*chain);
	*chain = NULL;
}
#define cla_auto_verify_chain CLA_CLEANUP(cla_verify_chain_freep)

/* Takes in a bundle that was checked; nothing when it has no statement that could be read. A copy
 * of one that is there already changes nothing. `path` is its name for people. */
CLA_USE bool cla_verify_chain_add(struct cla_verify_chain *chain, const char *path,
				  const struct cla_verify_report *report, struct cla_err *err);

/* The next entity; *more is false when there is none any more. `whole`: the bundles are meant to be
 * all that was issued, so that a gap makes the result unknown; otherwise it is a note, and an entity
 * with one statement is passed over. The caller clears ret->report. */
CLA_USE bool cla_verify_chain_next(struct cla_verify_chain *chain, bool whole,
				   struct cla_verify_chain_report *ret, bool *more,
				   struct cla_err *err);

#endif
