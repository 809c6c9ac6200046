/* fiscal/package.h - schemas of which one was in force (private to fiscal/).
 *
 * The authorities of the NF-e family publish their schemas as packages. The version that a document
 * names stays the same over many of them, and for months the old one and the new one are taken side
 * by side, so the document does not say which was meant: the first that admits it is the one, and is
 * named in the report.
 */
#ifndef CLA_FISCAL_PACKAGE_H
#define CLA_FISCAL_PACKAGE_H

#include "fiscal/rule.h"

struct cla_package {
	const char *schema; /* "nfe-4.00-pl010e" */
	/* About when documents were made by it, YYYY-MM-DD, both included; NULL: open. */
	const char *since, *until;
};

/* Elements that a schema judges as roots: the document and what its layout leaves open. */
struct cla_parts {
	const struct cla_xml *el[4];
	size_t count;
};

/* Judges all parts by packages, oldest first in the list: those of the document's day, newest first,
 * and then the newest of all, which takes nearly all that the others took: so at most a few are
 * compiled. The one that admits them is put into the document's facts; when none does, the reasons of
 * the first are reported under `rule`. */
void cla_case_packages(struct cla_case *c, const struct cla_rule *rule,
		       const struct cla_parts *parts, const struct cla_package *packages,
		       size_t count);

/* A schema by the name that it has here ("nfe-event-110111"), as far as the program has it; whether
 * `el` is one of its roots. */
bool cla_schema_known(const char *schema);
bool cla_schema_has_root(const char *schema, const struct cla_xml *el);

/* Whether a version is written as versions are ("4.00"): one that is not is no unknown version but a
 * fault of the document. */
bool cla_is_version(struct cla_str s);

#endif
