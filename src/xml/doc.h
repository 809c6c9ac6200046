/* xml/doc.h - a parsed document, read-only, libxml2 behind.
 *
 * Parsing never touches the network or the file system, never substitutes entities, never loads a
 * DTD. Callers run xml/scan.h first. Nodes are borrowed from the document. Getters accept NULL and
 * answer NULL or absent.
 *
 * cla_xml_init() must run once before any thread uses this folder: it prepares libxml2 and installs
 * a process-wide loader that serves only the embedded schemas (xml/schema.h) and refuses every
 * other resource.
 */
#ifndef CLA_XML_DOC_H
#define CLA_XML_DOC_H

#include "base/buf.h"

void cla_xml_init(void);

struct cla_xml_doc;
struct cla_xml; /* an element */

/* What the parser said, bounded and in its own words: for people, never for evidence. */
struct cla_xml_problem {
	int line;
	char text[240];
};

/* *well_formed false (with *problem) is a result; err is for memory. Namespace errors (an
 * undeclared prefix) make a document not well formed; so does an unsupported encoding. *tolerated
 * reports `xmlns:schemaLocation` being no URI, which libxml2 also counts as a namespace error but
 * SAT accepts. */
CLA_USE
bool cla_xml_parse(struct cla_str bytes, struct cla_xml_doc **ret, bool *well_formed,
		   struct cla_xml_problem *problem, bool *tolerated, struct cla_err *err);
void cla_xml_free(struct cla_xml_doc *doc);
static inline void cla_xml_freep(struct cla_xml_doc **doc)
{
	cla_xml_free(*doc);
	*doc = NULL;
}
#define cla_auto_xml CLA_CLEANUP(cla_xml_freep)

const struct cla_xml *cla_xml_root(const struct cla_xml_doc *doc);
struct cla_str cla_xml_encoding(const struct cla_xml_doc *doc); /* as declared; absent when not */

struct cla_str cla_xml_name(const struct cla_xml *el);	 /* local name */
struct cla_str cla_xml_ns(const struct cla_xml *el);	 /* namespace name; absent when none */
struct cla_str cla_xml_prefix(const struct cla_xml *el); /* absent for the default namespace */
bool cla_xml_is(const struct cla_xml *el, const char *ns, const char *name);

const struct cla_xml *cla_xml_parent(const struct cla_xml *el);
const struct cla_xml *cla_xml_child(const struct cla_xml *el);	 /* first child element */
const struct cla_xml *cla_xml_sibling(const struct cla_xml *el); /* next element */
/* First child, next sibling of that namespace and name (ns NULL: any). */
const struct cla_xml *cla_xml_find(const struct cla_xml *parent, const char *ns, const char *name);
const struct cla_xml *cla_xml_find_next(const struct cla_xml *el, const char *ns, const char *name);
/* A descendant by a path of names in one namespace ("enderEmit/cMun"), first match at each step;
 * `el` itself when the path is empty. */
const struct cla_xml *cla_xml_at(const struct cla_xml *el, const char *ns, const char *path);
/* The first child of that name, the next sibling of the same name, both in the element's own
 * namespace. */
const struct cla_xml *cla_xml_own_child(const struct cla_xml *el, const char *name);
const struct cla_xml *cla_xml_next_alike(const struct cla_xml *el);
/* Everything below `top` in document order: the element after `el`, or after all that is below
 * `el`; NULL at the end. */
const struct cla_xml *cla_xml_walk(const struct cla_xml *top, const struct cla_xml *el);
const struct cla_xml *cla_xml_walk_past(const struct cla_xml *top, const struct cla_xml *el);

/* Attribute without namespace, value after attribute normalisation. Absent when there is none; ""
 * when empty. */
struct cla_str cla_xml_attr(const struct cla_xml *el, const char *name);
/* All attributes in document order, namespace declarations left out; returning false stops. */
typedef bool cla_xml_attr_fn(void *ctx, struct cla_str ns, struct cla_str name,
			     struct cla_str value);
void cla_xml_attrs(const struct cla_xml *el, cla_xml_attr_fn *fn, void *ctx);

/* The element's text when it has no element children (CDATA included), borrowed; "" when empty,
 * absent when it holds elements. Text in several pieces is joined in memory owned by the document.
 */
struct cla_str cla_xml_text(const struct cla_xml *el);
/* All text of an element and of what is below it, appended to out. */
void cla_xml_all_text(const struct cla_xml *el, struct cla_buf *out);
/* Text of a child element, in one step. */
struct cla_str cla_xml_child_text(const struct cla_xml *parent, const char *ns, const char *name);

/* Whether a comment or a processing instruction stands inside the element, at any depth. */
bool cla_xml_has_remarks(const struct cla_xml *el);

/* A path for people and findings: "/Comprobante/Conceptos/Concepto[2]" with local names, position
 * only where there are several; `attr` may be NULL. Appends to out. */
void cla_xml_path(const struct cla_xml *el, const char *attr, struct cla_buf *out);

/* Canonical XML 1.0 (inclusive) of the element's subtree as it stands in its document, comments
 * left out, appended to `out`. `skip` is left out with all below it (the enveloped-signature
 * transform), may be NULL. `drop_blank` leaves out text nodes that hold only white space: used to
 * recognise a document that was re-indented after signing. `exclusive` selects Exclusive XML
 * Canonicalization 1.0. */
struct cla_xml_c14n {
	const struct cla_xml *skip;
	bool exclusive;
	bool drop_blank;
};
CLA_USE
bool cla_xml_canonical(const struct cla_xml *el, const struct cla_xml_c14n *how,
		       struct cla_buf *out, struct cla_err *err);

#endif
