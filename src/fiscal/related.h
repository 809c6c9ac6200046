/* fiscal/related.h - what documents at hand say of each other: a cancellation of the note that it names,
 * the same number on two notes.
 *
 * A document is judged alone; its verdict depends on its bytes only. Whoever holds several notes each
 * of them here and then asks what the others add: further findings, by which checks and verdict get worse
 * and never better. The judge does so itself for the documents of one file.
 *
 *  - An event counts when it was registered (its check "stamp" has not failed and lacks nothing). One
 *    that has failed otherwise, perhaps its signature, only warns.
 *  - Cancelled (NF-e 110111, 110112; CT-e, MDF-e 110111; NFS-e 101101, 105102, 105104, 305101): the note is
 *    void. Corrected (110110): the last letter counts, and must be read. Refused (NF-e 210220, 210240;
 *    CT-e 610110; NFS-e 202205, 203206, 204207), unless the last word of the receiver was another.
 *  - The same key with another signed content, or the same issuer, model, series and number with another key:
 *    at most one of them is real. Equality of digests is no sign of anything.
 *
 * Rules 77, 82, 83 of the project's notes on the NF-e family. Memory is bounded: beyond some ten thousand
 * documents, further ones are not held against each other (cla_related_full()).
 */
#ifndef CLA_FISCAL_RELATED_H
#define CLA_FISCAL_RELATED_H

#include "model/finding.h"

struct cla_related;

CLA_USE bool cla_related_new(struct cla_related **ret, struct cla_err *err);
void cla_related_free(struct cla_related *r);
static inline void cla_related_freep(struct cla_related **r)
{
	cla_related_free(*r);
	*r = NULL;
}
#define cla_auto_related CLA_CLEANUP(cla_related_freep)

/* Takes note of a judged document; what has no key or is of another kind says nothing. `file` is for
 * people, it may be absent. All is copied. */
CLA_USE bool cla_related_note(struct cla_related *r, const struct cla_document *d,
			      struct cla_str file, struct cla_err *err);
/* The same of an event only. */
CLA_USE bool cla_related_note_event(struct cla_related *r, const struct cla_document *d,
				    struct cla_str file, struct cla_err *err);
bool cla_related_full(const struct cla_related *r);
/* Adds what the noted ones say of the document, which may be one of them. A second time adds nothing. */
CLA_USE bool cla_related_tell(const struct cla_related *r, struct cla_judgement *j,
			      struct cla_document *d, struct cla_err *err);

#endif
