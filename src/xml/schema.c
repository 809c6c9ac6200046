/* xml/schema.c - validation with libxml2 over the embedded schemas, or the authorities' own. */
#include "xml/schema.h"

#include "base/file.h"
#include "xml/checker.h"
#include "xml/official.h"
#include "xml/xml_priv.h"

#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ISSUES 100
/* libxml2 makes up a sentence with all codes of a list for one that is not in it: 0.2 to 0.6 s for
 * the long lists of an official schema. */
#define MAX_OFFICIAL_ISSUES 10
#define VALUE_BYTES 120

struct compiled {
	struct compiled *next;
	xmlSchema *schema;
	char name[];
};

struct cla_schemas {
	struct compiled *known;
	const struct cla_official_set *official; /* NULL: the embedded schemas */
	bool no_tables;
};

bool cla_schemas_new(struct cla_schemas **ret, struct cla_err *err)
{
	struct cla_schemas *set = calloc(1, sizeof(*set));

	if (!set)
		return cla_err_oom(err);
	*ret = set;
	return true;
}

void cla_schemas_free(struct cla_schemas *set)
{
	if (!set)
		return;
	while (set->known) {
		struct compiled *next = set->known->next;
		xmlSchemaFree(set->known->schema);
		free(set->known);
		set->known = next;
	}
	free(set);
}

void cla_schemas_use_official(struct cla_schemas *set, const struct cla_official_set *official)
{
	set->official = official;
}

void cla_schemas_use_tables(struct cla_schemas *set, bool use)
{
	set->no_tables = !use;
}

static void first_message(void *data, cla_xml_error_arg *error)
{
	char *text = data;

	if (!text[0])
		cla_xml_cut_text(error->message ? error->message : "no reason given", text, 240);
}

static bool compile_bytes(const char *name, struct cla_str bytes, xmlSchema **ret,
			  struct cla_err *err)
{
	char reason[240] = "";

	xmlSchemaParserCtxt *ctxt = xmlSchemaNewMemParserCtxt(bytes.ptr, (int)bytes.len);
	if (!ctxt)
		return cla_err_oom(err);
	xmlSchemaSetParserStructuredErrors(ctxt, first_message, reason);
	xmlSchema *schema = xmlSchemaParse(ctxt);
	xmlSchemaFreeParserCtxt(ctxt);
	if (!schema)
		return cla_err_set(err, CLA_ERR_INTERNAL, "schema '%s' does not compile: %s", name,
				   reason);
	*ret = schema;
	return true;
}

static bool compile_embedded(const char *name, xmlSchema **ret, struct cla_err *err)
{
	struct cla_str bytes = cla_embedded_find(name);

	if (cla_str_absent(bytes) || bytes.len > INT32_MAX)
		return cla_err_set(err, CLA_ERR_NOT_FOUND, "no schema '%s' in the program", name);
	return compile_bytes(name, bytes, ret, err);
}

/* ---- the authorities' own ---- */

/* Where a file of a list of words has one that fits: the name, or name and root. Some root's file
 * stands in for a root that has none, to refuse it. */
enum fit { FIT_NONE, FIT_OTHER_ROOT, FIT };

static enum fit fit_of(struct cla_str word, struct cla_str name, struct cla_str root)
{
	struct cla_str head, tail;

	if (!cla_str_cut(word, ':', &head, &tail))
		return cla_str_eq(word, name) ? FIT : FIT_NONE;
	if (!cla_str_eq(head, name))
		return FIT_NONE;
	return cla_str_eq(tail, root) ? FIT : FIT_OTHER_ROOT;
}

/* Whether the schema of ours has that root; for it the table then has a word, or no file stands
 * beside it. */
static bool has_root(struct cla_str name, struct cla_str root)
{
	enum { ROOT = 1, FILE_NAME = 4 };
	struct cla_str rest = cla_embedded_find("schemas.list"), row, stem;

	while (rest.len) {
		(void)cla_str_cut(rest, '\n', &row, &rest);
		stem = cla_table_column(row, FILE_NAME);
		if (cla_str_eq(cla_table_column(row, ROOT), root) && cla_str_ends(stem, ".xsd") &&
		    cla_str_eq(cla_str_sub(stem, 0, stem.len - strlen(".xsd")), name))
			return true;
	}
	return false;
}

/* The word by which the table knows the schema of an element; absent when it does not. */
static struct cla_str official_word(struct cla_str name, struct cla_str root)
{
	struct cla_str best = CLA_STR_NONE;
	struct cla_official file;

	for (size_t i = 0; cla_official_at(i, &file); i++) {
		struct cla_str word, rest = file.stands_for;
		while (rest.len) {
			(void)cla_str_cut(rest, ' ', &word, &rest);
			enum fit fit = fit_of(word, name, root);
			if (fit == FIT)
				return word;
			if (fit == FIT_OTHER_ROOT)
				best = word;
		}
	}
	return has_root(name, root) ? CLA_STR_NONE : best;
}

static bool stands_for(const struct cla_official *file, struct cla_str schema)
{
	struct cla_str word, rest = file->stands_for;

	while (rest.len) {
		(void)cla_str_cut(rest, ' ', &word, &rest);
		if (cla_str_eq(word, schema))
			return true;
	}
	return false;
}

/* A schema of ours that imports the official files of a document: its own and its stamp's. */
static bool write_wrapper(struct cla_str word, struct cla_buf *out, struct cla_err *err)
{
	struct cla_official file;

	cla_buf_addc(out, "<schema xmlns=\"http://www.w3.org/2001/XMLSchema\">");
	for (size_t i = 0; cla_official_at(i, &file); i++)
		if (stands_for(&file, word))
			cla_buf_addf(out,
				     "<import namespace=\"" CLA_STR_FMT
				     "\" schemaLocation=\"" CLA_OFFICIAL_URL CLA_STR_FMT "\"/>",
				     CLA_STR_ARG(file.namespace), CLA_STR_ARG(file.path));
	cla_buf_addc(out, "</schema>");
	return cla_buf_ok(out, err);
}

/* libxml2 hands its loader of files nothing of ours; the one thing of its own that belongs to a
 * thread and reaches there is the context of the generic error function, which is otherwise
 * unused. */
static bool compile_official(const struct cla_official_set *official, struct cla_str word,
			     xmlSchema **ret, struct cla_err *err)
{
	cla_auto_buf struct cla_buf wrapper = CLA_BUF_INIT(64 * 1024);
	struct cla_official_request request = { .set = official };
	char name[CLA_OFFICIAL_NAME];
	struct cla_err why = CLA_ERR_INIT;

	if (!cla_str_cstr(word, name, sizeof(name), err) || !write_wrapper(word, &wrapper, err))
		return false;
	void *before = xmlGenericErrorContext;
	xmlSetGenericErrorFunc(&request, xmlGenericError);
	bool ok = compile_bytes(name, cla_buf_str(&wrapper), ret, &why);
	xmlSetGenericErrorFunc(before, xmlGenericError);

	/* without a file that it imports a schema may compile all the same, and mean less */
	if (*request.missing) {
		if (ok)
			xmlSchemaFree(*ret);
		return cla_err_set(err, CLA_ERR_NOT_FOUND, "official schema file '%s'",
				   request.missing);
	}
	if (!ok)
		*err = why;
	return ok;
}

struct cla_str cla_official_bytes(struct cla_official_request *request, const char *path)
{
	struct cla_official file;

	for (size_t i = 0; i < request->set->count && cla_official_at(i, &file); i++)
		if (cla_str_eqc(file.path, path) && !cla_str_absent(request->set->bytes[i]))
			return request->set->bytes[i];
	if (!*request->missing)
		(void)snprintf(request->missing, sizeof(request->missing), "%s", path);
	return CLA_STR_NONE;
}

/* ---- those in use ---- */

static xmlSchema *known(const struct cla_schemas *set, struct cla_str name)
{
	for (const struct compiled *c = set->known; c; c = c->next)
		if (cla_str_eqc(name, c->name))
			return c->schema;
	return NULL;
}

static bool get_schema(struct cla_schemas *set, const char *name, const struct cla_xml *el,
		       xmlSchema **ret, struct cla_err *err)
{
	struct cla_str key = cla_str_from(name);

	if (set->official) {
		if (cla_str_ends(key, ".xsd"))
			key = cla_str_sub(key, 0, key.len - strlen(".xsd"));
		key = official_word(key, cla_xml_name(el));
		if (cla_str_absent(key))
			return cla_err_set(err, CLA_ERR_NOT_FOUND, "official schema beside '%s'",
					   name);
	}
	*ret = known(set, key);
	if (*ret)
		return true;
	struct compiled *c = malloc(sizeof(*c) + key.len + 1);
	if (!c)
		return cla_err_oom(err);
	if (!(set->official ? compile_official(set->official, key, &c->schema, err)
			    : compile_embedded(name, &c->schema, err))) {
		free(c);
		return false;
	}
	memcpy(c->name, key.ptr, key.len);
	c->name[key.len] = '\0';
	c->next = set->known;
	set->known = c;
	*ret = c->schema;
	return true;
}

/* Takes an element out of its siblings; its own pointers stay, so that put_back() can undo it
 * exactly. */
static void take_out(xmlNode *node)
{
	if (node->prev)
		node->prev->next = node->next;
	else
		node->parent->children = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		node->parent->last = node->prev;
}

static void put_back(xmlNode *node)
{
	if (node->prev)
		node->prev->next = node;
	else
		node->parent->children = node;
	if (node->next)
		node->next->prev = node;
	else
		node->parent->last = node;
}

/* Where a walk was cut short, to be mended afterwards. */
struct cut {
	xmlNode *node;
	xmlNode *next, *children;
};

#define MAX_CUTS 4100

struct report {
	const struct cla_xml *top;
	struct cut *cuts;
	size_t cut_count;
	cla_schema_fn *fn;
	void *ctx;
	int count, most;
	bool enough;
	bool oom;
};

/* What is wrong, by libxml2's codes; the constraints of XML Schema part 1 that they are named
 * after. */
static const char *issue_kind(int code, bool attr)
{
	switch (code) {
	case XML_SCHEMAV_ELEMENT_CONTENT:
		return "unexpected-element";
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_1:
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_3_2_2:
		return "unexpected-attribute";
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_4:
		return "missing-attribute";
	case XML_SCHEMAV_CVC_ELT_1:
	case XML_SCHEMAV_CVC_WILDCARD:
	case XML_SCHEMAV_CVC_COMPLEX_TYPE_2_4:
		return "undeclared";
	case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_1:
	case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_2:
	case XML_SCHEMAV_CVC_DATATYPE_VALID_1_2_3:
	case XML_SCHEMAV_CVC_LENGTH_VALID:
	case XML_SCHEMAV_CVC_MINLENGTH_VALID:
	case XML_SCHEMAV_CVC_MAXLENGTH_VALID:
	case XML_SCHEMAV_CVC_MININCLUSIVE_VALID:
	case XML_SCHEMAV_CVC_MAXINCLUSIVE_VALID:
	case XML_SCHEMAV_CVC_MINEXCLUSIVE_VALID:
	case XML_SCHEMAV_CVC_MAXEXCLUSIVE_VALID:
	case XML_SCHEMAV_CVC_TOTALDIGITS_VALID:
	case XML_SCHEMAV_CVC_FRACTIONDIGITS_VALID:
	case XML_SCHEMAV_CVC_PATTERN_VALID:
	case XML_SCHEMAV_CVC_ENUMERATION_VALID:
	case XML_SCHEMAV_CVC_FACET_VALID:
	case XML_SCHEMAV_CVC_ATTRIBUTE_3:
	case XML_SCHEMAV_CVC_ATTRIBUTE_4:
	case XML_SCHEMAV_CVC_AU:
		return "value";
	default:
		return attr ? "value" : "other";
	}
}

/* "…, attribute 'Name': …" at the head, or "The attribute 'Name' is required…": libxml2 gives the
 * name nowhere else. */
static struct cla_str attr_of(const char *message)
{
	static const char *const heads[] = { "', attribute '", "The attribute '" };

	for (size_t i = 0; i < CLA_LEN(heads); i++) {
		const char *at = strstr(message, heads[i]);
		if (!at)
			continue;
		at += strlen(heads[i]);
		const char *end = strchr(at, '\'');
		const char *local = at;
		if (end && *at == '{')
			local = memchr(at, '}', (size_t)(end - at));
		if (end && local)
			return (struct cla_str){ local + (*local == '}'),
						 (size_t)(end - local) - (*local == '}') };
	}
	return CLA_STR_NONE;
}

static const struct cla_xml *element_of(const xmlNode *node, const struct cla_xml *fallback)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->parent;
	return node ? cla_xml_from_node(node) : fallback;
}

/* Ends the walk after the element: libxml2 cannot be told to stop, and goes on to make up a
 * sentence for each of perhaps 100,000 faults. So for the rest of the walk the element has no
 * children, and nothing follows it or its ancestors. */
static void end_walk(struct report *r, const struct cla_xml *el)
{
	xmlNode *node = cla_xml_mutable(cla_xml_node(el));
	xmlNode *top = cla_xml_mutable(cla_xml_node(r->top));

	r->enough = true;
	if (r->cuts)
		return;
	r->cuts = calloc(MAX_CUTS, sizeof(*r->cuts));
	for (; r->cuts && node && r->cut_count < MAX_CUTS; node = node->parent) {
		r->cuts[r->cut_count++] = (struct cut){ node, node->next, node->children };
		if (r->cut_count == 1)
			node->children = NULL;
		if (node == top)
			break;
		node->next = NULL;
	}
}

static void mend_walk(struct report *r)
{
	for (size_t i = 0; i < r->cut_count; i++) {
		r->cuts[i].node->next = r->cuts[i].next;
		r->cuts[i].node->children = r->cuts[i].children;
	}
	free(r->cuts);
}

static void on_issue(void *data, cla_xml_error_arg *error)
{
	struct report *r = data;

	if (error->code == XML_ERR_NO_MEMORY) {
		r->oom = true;
		return;
	}
	if (r->enough)
		return;

	const char *message = error->message ? error->message : "";
	struct cla_schema_issue issue = { .element = element_of(error->node, r->top) };
	char attr[128] = "";
	struct cla_str name = attr_of(message);
	if (!cla_str_absent(name) && cla_str_cstr(name, attr, sizeof(attr), NULL))
		issue.attr = cla_str_from(attr);
	issue.kind = issue_kind(error->code, !cla_str_absent(issue.attr));
	if (!strcmp(issue.kind, "unexpected-element") && strstr(message, "Missing child element"))
		issue.kind = "missing-element";
	if (!strcmp(issue.kind, "value") || !strcmp(issue.kind, "unexpected-attribute")) {
		struct cla_str value = cla_str_absent(issue.attr)
					       ? cla_xml_text(issue.element)
					       : cla_xml_attr(issue.element, attr);
		size_t len = value.len > VALUE_BYTES ? VALUE_BYTES : value.len;
		while (len < value.len && len && ((unsigned char)value.ptr[len] & 0xc0) == 0x80)
			len--;
		issue.value = cla_str_absent(value) ? value : cla_str_sub(value, 0, len);
	}
	cla_xml_cut_text(message, issue.text, sizeof(issue.text));
	if (!r->fn || !r->fn(r->ctx, &issue) || ++r->count == r->most)
		end_walk(r, issue.element);
}

/* libxml2's word. */
static bool validate(struct cla_schemas *set, const char *name, const struct cla_xml *el,
		     cla_schema_fn *fn, void *ctx, bool *valid, struct cla_err *err)
{
	struct report report = { .top = el,
				 .fn = fn,
				 .ctx = ctx,
				 .most = set->official ? MAX_OFFICIAL_ISSUES : MAX_ISSUES };
	xmlSchema *schema = NULL;

	if (!get_schema(set, name, el, &schema, err))
		return false;
	xmlSchemaValidCtxt *v = xmlSchemaNewValidCtxt(schema);
	if (!v)
		return cla_err_oom(err);
	xmlSchemaSetValidStructuredErrors(v, on_issue, &report);
	int result = xmlSchemaValidateOneElement(v, cla_xml_mutable(cla_xml_node(el)));
	mend_walk(&report);
	xmlSchemaFreeValidCtxt(v);

	if (report.oom)
		return cla_err_oom(err);
	if (result < 0)
		return cla_err_set(err, CLA_ERR_INTERNAL, "validating with schema '%s' failed",
				   name);
	*valid = result == 0;
	return true;
}

bool cla_schema_validate(struct cla_schemas *set, const char *name, const struct cla_xml *el,
			 const struct cla_xml *const *leave_out, size_t leave_out_count,
			 cla_schema_fn *fn, void *ctx, bool *valid, struct cla_err *err)
{
	bool ok = true;

	for (size_t i = 0; i < leave_out_count; i++)
		take_out(cla_xml_mutable(cla_xml_node(leave_out[i])));
	*valid = !set->official && !set->no_tables && cla_checker_admits(name, el);
	if (!*valid)
		ok = validate(set, name, el, fn, ctx, valid, err);
	for (size_t i = leave_out_count; i-- > 0;)
		put_back(cla_xml_mutable(cla_xml_node(leave_out[i])));
	return ok;
}
