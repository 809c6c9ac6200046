/* xml/doc.c - libxml2's tree behind xml/doc.h.
 *
 * A `struct cla_xml` is an xmlNode of type element. The tree is only read; what has to be joined
 * from pieces (text around comments) is kept in a list of the document and remembered at the node,
 * so that it is joined once.
 */
#include "xml/doc.h"

#include "base/file.h"
#include "xml/schema.h"
#include "xml/xml_priv.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlschemastypes.h>
#include <stdlib.h>
#include <string.h>

/* Only the embedded schemas exist for libxml2, and official ones while one of them is compiled;
 * documents are never loaded through here. */
static xmlParserInput *serve_schema(const char *url, const char *id CLA_UNUSED, xmlParserCtxt *ctxt)
{
	struct cla_official_request *official = xmlGenericErrorContext;
	struct cla_str bytes = CLA_STR_NONE;

	if (url && !official)
		bytes = cla_embedded_find(url);
	else if (url && !strncmp(url, CLA_OFFICIAL_URL, strlen(CLA_OFFICIAL_URL)))
		bytes = cla_official_bytes(official, url + strlen(CLA_OFFICIAL_URL));

	if (cla_str_absent(bytes) || bytes.len > 1 << 24)
		return NULL;
	/* Not the static kind of buffer: libxml2 2.9 reads its beginning twice. */
	xmlParserInputBuffer *buffer =
		xmlParserInputBufferCreateMem(bytes.ptr, (int)bytes.len, XML_CHAR_ENCODING_NONE);
	if (!buffer)
		return NULL;
	xmlParserInput *input = xmlNewIOInputStream(ctxt, buffer, XML_CHAR_ENCODING_NONE);
	if (!input)
		xmlFreeParserInputBuffer(buffer);
	else if (official)
		/* what it imports is named from there */
		input->filename = (char *)xmlStrdup((const xmlChar *)url);
	return input;
}

/* Conversion errors reach no context's handler in libxml2 2.9; its default is to print them. */
static void stay_silent(void *data CLA_UNUSED, const char *format CLA_UNUSED, ...)
{
}

void cla_xml_init(void)
{
	xmlInitParser();
	xmlSchemaInitTypes();
	xmlSetExternalEntityLoader(serve_schema);
	xmlSetGenericErrorFunc(NULL, stay_silent);
	xmlThrDefSetGenericErrorFunc(NULL, stay_silent);
}

/* Encodings in which every markup character is its ASCII byte, so that the scan has seen the same
 * tags. */
static const char *const ascii_encodings[] = {
	"UTF-8",	"UTF8",	     "US-ASCII",     "ASCII",  "ISO-8859-1",
	"ISO-8859-15",	"ISO8859-1", "ISO_8859-1",   "LATIN1", "ISO-LATIN-1",
	"WINDOWS-1252", "CP1252",    "WINDOWS-1250",
};

static bool encoding_fits(const xmlChar *name, bool wide)
{
	struct cla_str s = cla_xml_chars(name);

	if (cla_str_absent(s))
		return true;
	if (wide)
		return cla_str_eq_nocase(s, CLA_STR("UTF-16")) ||
		       cla_str_eq_nocase(s, CLA_STR("UTF-16LE")) ||
		       cla_str_eq_nocase(s, CLA_STR("UTF-16BE"));
	for (size_t i = 0; i < CLA_LEN(ascii_encodings); i++) {
		if (cla_str_eq_nocase(s, cla_str_from(ascii_encodings[i])))
			return true;
	}
	return false;
}

struct parse_state {
	struct cla_xml_doc *doc;
	bool wide;
	bool bad;
	bool tolerated;
	struct cla_xml_problem *problem;
};

static void note(struct parse_state *state, int line, const char *text)
{
	if (state->bad)
		return;
	state->bad = true;
	state->problem->line = line;
	cla_xml_cut_text(text, state->problem->text, sizeof(state->problem->text));
}

static void on_error(void *data, cla_xml_error_arg *error)
{
	xmlParserCtxt *ctxt = data;
	struct parse_state *state = ctxt->_private;

	if (error->level < XML_ERR_ERROR)
		return;
	if (error->domain == XML_FROM_NAMESPACE && error->code == XML_WAR_NS_URI && error->str1 &&
	    !strcmp(error->str1, "schemaLocation")) {
		state->tolerated = true;
		return;
	}
	note(state, error->line, error->message ? error->message : "not well formed");
	xmlStopParser(ctxt);
}

/* Runs after the XML declaration was read and before any content. */
static void on_start(void *data)
{
	xmlParserCtxt *ctxt = data;
	struct parse_state *state = ctxt->_private;

	if (!encoding_fits(ctxt->encoding, state->wide) ||
	    (ctxt->input && !encoding_fits(ctxt->input->encoding, state->wide))) {
		note(state, 1, "encoding not supported");
		xmlStopParser(ctxt);
		return;
	}
	xmlSAX2StartDocument(data);
	if (ctxt->myDoc)
		ctxt->myDoc->_private = state->doc;
}

static void on_doctype(void *data, const xmlChar *name CLA_UNUSED,
		       const xmlChar *public_id CLA_UNUSED, const xmlChar *system_id CLA_UNUSED)
{
	xmlParserCtxt *ctxt = data;

	note(ctxt->_private, 1, "DOCTYPE not accepted");
	xmlStopParser(ctxt);
}

static void free_ctxt(xmlParserCtxt **ctxt)
{
	xmlFreeParserCtxt(*ctxt);
}

/* What xmlCtxtReadMemory() does, but that it frees the tree of a document that is not well formed. */
static bool read_memory(xmlParserCtxt *ctxt, struct cla_str bytes, int options)
{
	xmlParserInputBuffer *buffer = xmlParserInputBufferCreateMem(
		bytes.ptr ? bytes.ptr : "", (int)bytes.len, XML_CHAR_ENCODING_NONE);
	xmlParserInput *input =
		buffer ? xmlNewIOInputStream(ctxt, buffer, XML_CHAR_ENCODING_NONE) : NULL;

	if (!input) {
		xmlFreeParserInputBuffer(buffer);
		return false;
	}
	inputPush(ctxt, input);
	xmlCtxtUseOptions(ctxt, options);
	(void)xmlParseDocument(ctxt);
	return true;
}

static bool is_wide(struct cla_str b)
{
	const unsigned char *p = (const unsigned char *)b.ptr;

	return b.len >= 2 && ((p[0] == 0xfe && p[1] == 0xff) || (p[0] == 0xff && p[1] == 0xfe) ||
			      (p[0] == 0 && p[1] == '<') || (p[0] == '<' && p[1] == 0));
}

bool cla_xml_parse(struct cla_str bytes, struct cla_xml_doc **ret, bool *well_formed,
		   struct cla_xml_problem *problem, bool *tolerated, struct cla_err *err)
{

	*problem = (struct cla_xml_problem){ 0 };
	if (bytes.len > INT32_MAX)
		return cla_err_set(err, CLA_ERR_LIMIT, "XML document beyond 2 GiB");

	cla_auto_xml struct cla_xml_doc *doc = calloc(1, sizeof(*doc));
	CLA_CLEANUP(free_ctxt) xmlParserCtxt *ctxt = xmlNewParserCtxt();
	if (!doc || !ctxt)
		return cla_err_oom(err);
	struct parse_state state = { .doc = doc, .wide = is_wide(bytes), .problem = problem };

	ctxt->_private = &state;
	ctxt->sax->serror = on_error;
	ctxt->sax->startDocument = on_start;
	ctxt->sax->internalSubset = on_doctype;
	cla_xml_build_with(ctxt);
	/* The size limits are those of xml/scan.h, which callers may raise: libxml2's own stay out
	 * of the way. */
	bool ok = read_memory(ctxt, bytes,
			      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
				      XML_PARSE_BIG_LINES | XML_PARSE_COMPACT | XML_PARSE_HUGE);
	xmlDoc *tree = ctxt->myDoc;
	doc->tree = tree;
	ctxt->myDoc = NULL;

	if (!ok || doc->oom || ctxt->errNo == XML_ERR_NO_MEMORY)
		return cla_err_oom(err);
	if (!state.bad &&
	    (!tree || !ctxt->wellFormed || (!ctxt->nsWellFormed && !state.tolerated) ||
	     !xmlDocGetRootElement(tree)))
		note(&state, 1, "not well formed");
	*well_formed = !state.bad;
	*tolerated = state.tolerated;
	if (tree)
		doc->encoding = cla_xml_chars(tree->encoding);
	*ret = cla_steal(&doc);
	return true;
}

void cla_xml_free(struct cla_xml_doc *doc)
{
	if (!doc)
		return;
	while (doc->joined) {
		struct cla_xml_joined *next = doc->joined->next;
		free(doc->joined);
		doc->joined = next;
	}
	cla_xml_drop(doc);
	free(doc);
}

void cla_xml_cut_text(const char *text, char *out, size_t size)
{
	size_t len = strlen(text);

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len >= size) {
		len = size - 1;
		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
	out[len] = '\0';
}

struct cla_str cla_xml_chars(const xmlChar *s)
{
	return cla_str_from((const char *)s);
}

static const struct cla_xml *first_element(const xmlNode *node)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return cla_xml_from_node(node);
}

const struct cla_xml *cla_xml_root(const struct cla_xml_doc *doc)
{
	return doc && doc->tree ? first_element(doc->tree->children) : NULL;
}

struct cla_str cla_xml_encoding(const struct cla_xml_doc *doc)
{
	return doc ? doc->encoding : CLA_STR_NONE;
}

struct cla_str cla_xml_name(const struct cla_xml *el)
{
	return el ? cla_xml_chars(cla_xml_node(el)->name) : CLA_STR_NONE;
}

struct cla_str cla_xml_ns(const struct cla_xml *el)
{
	const xmlNs *ns = el ? cla_xml_node(el)->ns : NULL;

	return ns && ns->href && *ns->href ? cla_xml_chars(ns->href) : CLA_STR_NONE;
}

struct cla_str cla_xml_prefix(const struct cla_xml *el)
{
	const xmlNs *ns = el ? cla_xml_node(el)->ns : NULL;

	return ns ? cla_xml_chars(ns->prefix) : CLA_STR_NONE;
}

static bool in_namespace(const xmlNode *node, const char *ns)
{
	const xmlNs *own = node->ns;

	return !ns || (own && own->href && *own->href && !strcmp((const char *)own->href, ns));
}

bool cla_xml_is(const struct cla_xml *el, const char *ns, const char *name)
{
	if (!el)
		return false;
	const xmlNode *node = cla_xml_node(el);
	return *node->name == (xmlChar)*name && !strcmp((const char *)node->name, name) &&
	       in_namespace(node, ns);
}

const struct cla_xml *cla_xml_parent(const struct cla_xml *el)
{
	const xmlNode *parent = el ? cla_xml_node(el)->parent : NULL;

	return parent && parent->type == XML_ELEMENT_NODE ? cla_xml_from_node(parent) : NULL;
}

const struct cla_xml *cla_xml_child(const struct cla_xml *el)
{
	return el ? first_element(cla_xml_node(el)->children) : NULL;
}

const struct cla_xml *cla_xml_sibling(const struct cla_xml *el)
{
	return el ? first_element(cla_xml_node(el)->next) : NULL;
}

static const struct cla_xml *find_from(const struct cla_xml *el, const char *ns, const char *name)
{
	while (el && !cla_xml_is(el, ns, name))
		el = cla_xml_sibling(el);
	return el;
}

const struct cla_xml *cla_xml_find(const struct cla_xml *parent, const char *ns, const char *name)
{
	return find_from(cla_xml_child(parent), ns, name);
}

const struct cla_xml *cla_xml_find_next(const struct cla_xml *el, const char *ns, const char *name)
{
	return find_from(cla_xml_sibling(el), ns, name);
}

/* The path is compared where it stands: rules ask for many, of each item of a document. */
const struct cla_xml *cla_xml_at(const struct cla_xml *el, const char *ns, const char *path)
{
	while (el && *path) {
		size_t len = strcspn(path, "/");

		for (el = cla_xml_child(el); el; el = cla_xml_sibling(el)) {
			const xmlNode *node = cla_xml_node(el);
			const char *name = (const char *)node->name;

			if (*name == *path && !strncmp(name, path, len) && !name[len] &&
			    in_namespace(node, ns))
				break;
		}
		path += len + (path[len] == '/');
	}
	return el;
}

/* NULL: none. */
static const xmlChar *space_of(const xmlNode *node)
{
	const xmlNs *ns = node->ns;

	return ns && ns->href && *ns->href ? ns->href : NULL;
}

static bool same_space(const xmlNode *a, const xmlNode *b)
{
	return a->ns == b->ns || xmlStrEqual(space_of(a), space_of(b));
}

static bool same_name(const xmlNode *a, const xmlNode *b)
{
	if (b->type != XML_ELEMENT_NODE || (a->name != b->name && !xmlStrEqual(a->name, b->name)))
		return false;
	return same_space(a, b);
}

const struct cla_xml *cla_xml_next_alike(const struct cla_xml *el)
{
	const xmlNode *from = cla_xml_node(el), *node = from ? from->next : NULL;

	while (node && !same_name(from, node))
		node = node->next;
	return cla_xml_from_node(node);
}

const struct cla_xml *cla_xml_own_child(const struct cla_xml *el, const char *name)
{
	const xmlNode *from = cla_xml_node(el), *node = from ? from->children : NULL;

	while (node && (node->type != XML_ELEMENT_NODE || *node->name != (xmlChar)*name ||
			strcmp((const char *)node->name, name) != 0 || !same_space(from, node)))
		node = node->next;
	return cla_xml_from_node(node);
}

const struct cla_xml *cla_xml_walk_past(const struct cla_xml *top, const struct cla_xml *el)
{
	while (el && el != top) {
		const struct cla_xml *next = cla_xml_sibling(el);
		if (next)
			return next;
		el = cla_xml_parent(el);
	}
	return NULL;
}

const struct cla_xml *cla_xml_walk(const struct cla_xml *top, const struct cla_xml *el)
{
	const struct cla_xml *child = cla_xml_child(el);

	return child ? child : cla_xml_walk_past(top, el);
}

/* Text of a list of nodes without elements: borrowed when it is one piece, joined and remembered in
 * *memo otherwise. */
static struct cla_str list_text(xmlDoc *tree, const xmlNode *list, void **memo)
{
	const xmlNode *only = NULL;
	size_t pieces = 0, len = 0;

	if (memo && *memo) {
		struct cla_xml_joined *known = *memo;
		return (struct cla_str){ known->text, known->len };
	}
	for (const xmlNode *n = list; n; n = n->next) {
		if (n->type == XML_ELEMENT_NODE)
			return CLA_STR_NONE;
		if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content) {
			only = n;
			pieces++;
			len += strlen((const char *)n->content);
		}
	}
	if (!pieces)
		return CLA_STR("");
	if (pieces == 1)
		return (struct cla_str){ (const char *)only->content, len };

	struct cla_xml_doc *doc = tree->_private;
	struct cla_xml_joined *joined = malloc(sizeof(*joined) + len + 1);
	if (!joined)
		return CLA_STR_NONE;
	size_t at = 0;
	for (const xmlNode *n = list; n; n = n->next) {
		if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content) {
			size_t size = strlen((const char *)n->content);
			memcpy(joined->text + at, n->content, size);
			at += size;
		}
	}
	joined->text[at] = '\0';
	joined->len = at;
	joined->next = doc->joined;
	doc->joined = joined;
	if (memo)
		*memo = joined;
	return (struct cla_str){ joined->text, at };
}

static struct cla_str attr_text(const xmlAttr *attr)
{
	xmlAttr *a = (xmlAttr *)(uintptr_t)attr;
	const xmlNode *only = a->children;

	if (only && !only->next && only->type == XML_TEXT_NODE && only->content)
		return cla_xml_chars(only->content);
	return list_text(a->doc, a->children, &a->_private);
}

struct cla_str cla_xml_attr(const struct cla_xml *el, const char *name)
{
	if (!el)
		return CLA_STR_NONE;
	for (const xmlAttr *a = cla_xml_node(el)->properties; a; a = a->next) {
		if (*a->name == (xmlChar)*name && !a->ns && !strcmp((const char *)a->name, name))
			return attr_text(a);
	}
	return CLA_STR_NONE;
}

void cla_xml_attrs(const struct cla_xml *el, cla_xml_attr_fn *fn, void *ctx)
{
	if (!el)
		return;
	for (const xmlAttr *a = cla_xml_node(el)->properties; a; a = a->next) {
		struct cla_str ns = a->ns ? cla_xml_chars(a->ns->href) : CLA_STR_NONE;
		if (!fn(ctx, ns, cla_xml_chars(a->name), attr_text(a)))
			return;
	}
}

struct cla_str cla_xml_text(const struct cla_xml *el)
{
	if (!el)
		return CLA_STR_NONE;
	xmlNode *node = cla_xml_mutable(cla_xml_node(el));
	return list_text(node->doc, node->children, &node->_private);
}

void cla_xml_all_text(const struct cla_xml *el, struct cla_buf *out)
{
	const xmlNode *top = cla_xml_node(el), *node = top ? top->children : NULL;

	while (node && node != top) {
		if ((node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) &&
		    node->content)
			cla_buf_addc(out, (const char *)node->content);
		if (node->type == XML_ELEMENT_NODE && node->children) {
			node = node->children;
			continue;
		}
		while (node != top && !node->next)
			node = node->parent;
		if (node != top)
			node = node->next;
	}
}

bool cla_xml_has_remarks(const struct cla_xml *el)
{
	const xmlNode *top = cla_xml_node(el), *node = top->children;

	while (node && node != top) {
		if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE)
			return true;
		if (node->type == XML_ELEMENT_NODE && node->children) {
			node = node->children;
			continue;
		}
		while (node != top && !node->next)
			node = node->parent;
		if (node != top)
			node = node->next;
	}
	return false;
}

struct cla_str cla_xml_child_text(const struct cla_xml *parent, const char *ns, const char *name)
{
	return cla_xml_text(cla_xml_find(parent, ns, name));
}

static void add_step(const xmlNode *node, struct cla_buf *out)
{
	size_t before = 0;
	bool several = false;

	for (const xmlNode *n = node->prev; n; n = n->prev)
		before += same_name(node, n);
	for (const xmlNode *n = node->next; n && !before && !several; n = n->next)
		several = same_name(node, n);
	cla_buf_byte(out, '/');
	cla_buf_add(out, cla_xml_chars(node->name));
	if (before || several)
		cla_buf_addf(out, "[%zu]", before + 1);
}

/* Deep paths are cut in front: the last steps say most. */
#define PATH_STEPS 32

void cla_xml_path(const struct cla_xml *el, const char *attr, struct cla_buf *out)
{
	const xmlNode *steps[PATH_STEPS];
	size_t count = 0;

	for (; el && count < PATH_STEPS; el = cla_xml_parent(el))
		steps[count++] = cla_xml_node(el);
	if (el)
		cla_buf_addc(out, "...");
	while (count)
		add_step(steps[--count], out);
	if (attr) {
		cla_buf_addc(out, "/@");
		cla_buf_addc(out, attr);
	}
}
