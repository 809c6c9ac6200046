/* fiscal/layout.h - which schema an element follows, and what a seal says of it (private to
 * fiscal/).
 *
 * The layouts are listed in schemas.list, made from xsd/ with the schemas themselves (xsd/README):
 * found by namespace, and where a namespace has several by the attribute that holds the version.
 */
#ifndef CLA_FISCAL_LAYOUT_H
#define CLA_FISCAL_LAYOUT_H

#include "xml/doc.h"

struct cla_layout {
	char schema[64];	/* "pagos-2.0.xsd" */
	struct cla_str name;	/* "pagos-2.0" */
	struct cla_str cadena;	/* program of its cadena original, to the end of a line; absent: not
				  known */
	struct cla_str part_of; /* names of the documents whose seal covers it, a blank between */
};

/* False when the program has no schema of the element's namespace. A version that it does not have
 * gives the newest: its schema refuses the document. */
CLA_USE
bool cla_layout_of(const struct cla_xml *el, struct cla_layout *ret);

/* Whether `word` is one of the words of a list. */
bool cla_has_word(struct cla_str list, char between, struct cla_str word);

#endif
