/* xml/schema.c - validation with libxml2 over the embedded schemas. */
#include "xml/schema.h"

#include "base/file.h"
#include "xml/xml_priv.h"

#include <libxml/xmlschemas.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ISSUES 100
#define VALUE_BYTES 120

struct compiled {
	struct compiled *next;
	xmlSchema *schema;
	char name[];
};

struct cla_schemas {
	struct compiled *known;
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

static void first_message(void *data, cla_xml_error_arg *error)
{
	char *text = data;

	if (!text[0])
		cla_xml_cut_text(error->message ? error->message : "no reason given", text, 240);
}

static bool compile(const char *name, xmlSchema **ret, struct cla_err *err)
{
	struct cla_str bytes = cla_embedded_find(name);
	char reason[240] = "";

	if (cla_str_absent(bytes) || bytes.len > INT32_MAX)
		return cla_err_set(err, CLA_ERR_NOT_FOUND, "no schema '%s' in the program", name);
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

static bool get_schema(struct cla_schemas *set, const char *name, xmlSchema **ret,
		       struct cla_err *err)
{
	for (const struct compiled *c = set->known; c; c = c->next) {
		if (!strcmp(c->name, name)) {
			*ret = c->schema;
			return true;
		}
	}
	size_t size = strlen(name) + 1;
	struct compiled *c = malloc(sizeof(*c) + size);
	if (!c)
		return cla_err_oom(err);
	if (!compile(name, &c->schema, err)) {
		free(c);
		return false;
	}
	memcpy(c->name, name, size);
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
	int count;
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
	if (!r->fn || !r->fn(r->ctx, &issue) || ++r->count == MAX_ISSUES)
		end_walk(r, issue.element);
}

bool cla_schema_validate(struct cla_schemas *set, const char *name, const struct cla_xml *el,
			 const struct cla_xml *const *leave_out, size_t leave_out_count,
			 cla_schema_fn *fn, void *ctx, bool *valid, struct cla_err *err)
{
	struct report report = { .top = el, .fn = fn, .ctx = ctx };
	xmlSchema *schema = NULL;

	if (!get_schema(set, name, &schema, err))
		return false;
	xmlSchemaValidCtxt *v = xmlSchemaNewValidCtxt(schema);
	if (!v)
		return cla_err_oom(err);
	xmlSchemaSetValidStructuredErrors(v, on_issue, &report);

	for (size_t i = 0; i < leave_out_count; i++)
		take_out(cla_xml_mutable(cla_xml_node(leave_out[i])));
	int result = xmlSchemaValidateOneElement(v, cla_xml_mutable(cla_xml_node(el)));
	mend_walk(&report);
	for (size_t i = leave_out_count; i-- > 0;)
		put_back(cla_xml_mutable(cla_xml_node(leave_out[i])));
	xmlSchemaFreeValidCtxt(v);

	if (report.oom)
		return cla_err_oom(err);
	if (result < 0)
		return cla_err_set(err, CLA_ERR_INTERNAL, "validating with schema '%s' failed",
				   name);
	*valid = result == 0;
	return true;
}
