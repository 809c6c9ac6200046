/* xml/build.c - makes libxml2's tree while it parses, elements and attributes out of an arena.
 *
 * libxml2's own handlers allocate, and free, three pieces for each attribute; that was half of what
 * parsing a line of an invoice cost. Here an element is one piece of the document's arena, with its
 * attributes, their text and what it declares. Text, comments and instructions are libxml2's own.
 */
#include "xml/xml_priv.h"

#include <libxml/SAX2.h>
#include <libxml/parserInternals.h>
#include <string.h>

/* What an element is made of; all of it lies in one piece, in this order. */
struct piece {
	xmlNode *node;
	xmlNs *spaces;
	xmlAttr *attrs;
	xmlNode *texts;
	char *text;
};

/* libxml2 hands on what it had to rewrite - references, blanks - in a buffer of its own, ended by a
 * NUL and still with entities in it; what needed nothing stands in the input, where a quote follows. */
static bool is_rewritten(const xmlChar *const *attribute)
{
	return !*attribute[4];
}

static size_t text_size(const xmlChar *const *attribute)
{
	return is_rewritten(attribute) ? 0 : (size_t)(attribute[4] - attribute[3]) + 1;
}

static bool make_piece(struct cla_xml_doc *doc, size_t spaces, const xmlChar **attributes,
		       size_t count, struct piece *ret)
{
	size_t size = sizeof(*ret->node) + spaces * sizeof(*ret->spaces) +
		      count * (sizeof(*ret->attrs) + sizeof(*ret->texts));

	for (size_t i = 0; i < count; i++)
		size += text_size(attributes + 5 * i);
	char *at = cla_arena_alloc(&doc->arena, size);
	if (!at) {
		doc->oom = true;
		return false;
	}
	ret->node = (void *)at;
	ret->spaces = (void *)(ret->node + 1);
	ret->attrs = (void *)(ret->spaces + spaces);
	ret->texts = (void *)(ret->attrs + count);
	ret->text = (void *)(ret->texts + count);
	return true;
}

/* The declaration that a prefix stands for at an element; NULL for no namespace. */
static xmlNs *find_space(xmlNode *node, const xmlChar *prefix, const xmlChar *uri)
{
	const xmlNode *parent = node->parent;

	if (!uri)
		return NULL;
	for (xmlNs *ns = node->nsDef; ns; ns = ns->next)
		if (ns->prefix == prefix)
			return ns;
	/* names are the dictionary's: the same ones are the same pointer */
	if (parent->type == XML_ELEMENT_NODE && parent->ns && parent->ns->prefix == prefix)
		return parent->ns;
	return xmlSearchNs(node->doc, node, prefix);
}

static void declare(struct piece *piece, size_t count, const xmlChar **namespaces)
{
	for (size_t i = 0; i < count; i++) {
		piece->spaces[i] = (xmlNs){ .type = XML_NAMESPACE_DECL,
					    .prefix = namespaces[2 * i],
					    .href = namespaces[2 * i + 1] };
		if (i)
			piece->spaces[i - 1].next = &piece->spaces[i];
	}
	if (count)
		piece->node->nsDef = piece->spaces;
}

/* The text of a value with entities; only those of XML itself exist, so that it is one. */
static xmlChar *expand(struct cla_xml_doc *doc, xmlDoc *tree, const xmlChar *const *attribute)
{
	xmlNode *list =
		xmlStringLenGetNodeList(tree, attribute[3], (int)(attribute[4] - attribute[3]));
	xmlChar *text = list ? xmlNodeListGetString(tree, list, 1) : NULL;
	bool ok = true;

	xmlFreeNodeList(list);
	struct cla_str kept =
		cla_arena_str(&doc->arena, text ? cla_xml_chars(text) : CLA_STR(""), &ok);
	xmlFree(text);
	doc->oom = doc->oom || !ok;
	return (xmlChar *)(uintptr_t)kept.ptr;
}

static void add_attribute(struct cla_xml_doc *doc, struct piece *piece, size_t i,
			  const xmlChar *const *attribute)
{
	xmlAttr *attr = &piece->attrs[i];
	xmlNode *text = &piece->texts[i];
	size_t size = text_size(attribute);

	*attr = (xmlAttr){
		.type = XML_ATTRIBUTE_NODE,
		.name = attribute[0],
		.parent = piece->node,
		.doc = piece->node->doc,
		.ns = find_space(piece->node, attribute[1], attribute[2]),
	};
	if (size) {
		memcpy(piece->text, attribute[3], size - 1);
		text->content = (xmlChar *)piece->text;
		piece->text += size;
	} else {
		text->content = expand(doc, piece->node->doc, attribute);
	}
	text->type = XML_TEXT_NODE;
	text->name = xmlStringText;
	text->doc = piece->node->doc;
	text->parent = (xmlNode *)attr;
	attr->children = attr->last = text;
	if (i) {
		attr->prev = &piece->attrs[i - 1];
		attr->prev->next = attr;
	} else {
		piece->node->properties = attr;
	}
}

static void append(xmlNode *parent, xmlNode *node)
{
	node->parent = parent;
	node->prev = parent->last;
	if (node->prev)
		node->prev->next = node;
	else
		parent->children = node;
	parent->last = node;
}

static void start_element(void *data, const xmlChar *name, const xmlChar *prefix,
			  const xmlChar *uri, int space_count, const xmlChar **spaces,
			  int attribute_count, int defaulted CLA_UNUSED, const xmlChar **attributes)
{
	xmlParserCtxt *ctxt = data;
	struct cla_xml_doc *doc = ctxt->myDoc ? ctxt->myDoc->_private : NULL;
	size_t count = (size_t)attribute_count;
	struct piece piece;

	if (!doc || !make_piece(doc, (size_t)space_count, attributes, count, &piece)) {
		xmlStopParser(ctxt);
		return;
	}
	xmlNode *node = piece.node;
	int line = ctxt->input ? ctxt->input->line : 0;
	*node = (xmlNode){
		.type = XML_ELEMENT_NODE,
		.name = name,
		.doc = ctxt->myDoc,
		.line = (unsigned short)(line < 65535 ? line : 65535),
	};
	append(ctxt->node ? ctxt->node : (xmlNode *)ctxt->myDoc, node);
	declare(&piece, (size_t)space_count, spaces);
	node->ns = find_space(node, prefix, uri);
	for (size_t i = 0; i < count; i++)
		add_attribute(doc, &piece, i, attributes + 5 * i);
	if (nodePush(ctxt, node) < 0)
		xmlStopParser(ctxt);
	ctxt->nodemem = -1;
}

void cla_xml_build_with(xmlParserCtxt *ctxt)
{
	ctxt->sax->startElementNs = start_element;
}

/* The elements among siblings, chained; the rest is libxml2's, and freed. */
static xmlNode *only_elements(xmlNode *list)
{
	xmlNode *first = NULL, **end = &first;

	while (list) {
		xmlNode *next = list->next;
		if (list->type == XML_ELEMENT_NODE) {
			*end = list;
			end = &list->next;
		} else {
			xmlFreeNode(list);
		}
		list = next;
	}
	*end = NULL;
	return first;
}

/* Frees what stands between the elements, in the order of the document. */
static void drop_below(xmlNode *node)
{
	while (node) {
		xmlNode *below = only_elements(node->children);
		if (below) {
			node = below;
			continue;
		}
		while (node && !node->next)
			node = node->parent->type == XML_ELEMENT_NODE ? node->parent : NULL;
		node = node ? node->next : NULL;
	}
}

void cla_xml_drop(struct cla_xml_doc *doc)
{
	if (doc->tree) {
		drop_below(only_elements(doc->tree->children));
		doc->tree->children = doc->tree->last = NULL;
		xmlFreeDoc(doc->tree);
	}
	cla_arena_clear(&doc->arena);
}
