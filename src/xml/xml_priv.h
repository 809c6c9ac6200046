/* xml/xml_priv.h - libxml2's types, shared between the files of xml/ only. */
#ifndef CLA_XML_XML_PRIV_H
#define CLA_XML_XML_PRIV_H

#include "base/arena.h"
#include "xml/doc.h"

#include <libxml/tree.h>
#include <libxml/xmlerror.h>

struct cla_official_set;

struct cla_xml_joined {
	struct cla_xml_joined *next;
	size_t len;
	char text[];
};

struct cla_xml_doc {
	xmlDoc *tree;
	struct cla_str encoding;
	struct cla_xml_joined *joined;
	struct cla_arena arena; /* of elements and attributes (build.c) */
	bool oom;
};

/* build.c: the context builds its tree out of the arena of the document that tree->_private points
 * to. Such a tree is freed by cla_xml_drop() alone. */
void cla_xml_build_with(struct _xmlParserCtxt *ctxt);
void cla_xml_drop(struct cla_xml_doc *doc);

/* The argument of structured error handlers became const in 2.12. */
#if LIBXML_VERSION >= 21200
typedef const xmlError cla_xml_error_arg;
#else
typedef xmlError cla_xml_error_arg;
#endif

/* libxml2's interfaces take no const pointers even where they only read. */
static inline xmlNode *cla_xml_mutable(const xmlNode *node)
{
	return (xmlNode *)(uintptr_t)node;
}

static inline const xmlNode *cla_xml_node(const struct cla_xml *el)
{
	return (const xmlNode *)(const void *)el;
}

static inline const struct cla_xml *cla_xml_from_node(const xmlNode *node)
{
	return (const struct cla_xml *)(const void *)node;
}

struct cla_str cla_xml_chars(const xmlChar *s); /* NULL gives absent */

/* Copies a library's message on one line, cut at a character. */
void cla_xml_cut_text(const char *text, char *out, size_t size);

/* While an official schema is compiled its files are asked for by this and their path. */
#define CLA_OFFICIAL_URL "official:/"
#define CLA_OFFICIAL_NAME 256
struct cla_official_request {
	const struct cla_official_set *set;
	char missing[CLA_OFFICIAL_NAME]; /* the first that was asked for and is not at hand */
};
struct cla_str cla_official_bytes(struct cla_official_request *request, const char *path);

#endif
