/* xml/canonical.c - Canonical XML 1.0 and Exclusive Canonical XML 1.0 of a subtree.
 *
 * One walk, in time linear in the subtree: the namespace bindings written so far lie on a stack,
 * and an element writes those that it needs and that are not on it. (libxml2's own function
 * searches every ancestor for every element, which a hostile document turns into minutes.) What an
 * element "needs": inclusive, what it declares, and at the top what is in scope; exclusive, the
 * prefixes that its name and its attributes use.
 */
#include "xml/doc.h"

#include "base/file.h"
#include "xml/xml_priv.h"

#include <stdlib.h>
#include <string.h>

struct binding {
	const xmlChar *prefix; /* "" for the default namespace */
	const xmlChar *uri;    /* "" for none */
	size_t depth;
};

struct writer {
	const struct cla_xml_c14n *how;
	const xmlNode *apex;
	struct cla_buf *out;
	size_t depth;
	/* Bindings written by the open elements. */
	struct binding *stack;
	size_t stack_count, stack_cap;
	/* Scratch for one element. */
	struct binding *needed;
	size_t needed_count, needed_cap;
	const xmlAttr **attrs;
	size_t attr_count, attr_cap;
	bool oom;
};

static const xmlChar *or_empty(const xmlChar *s)
{
	return s ? s : (const xmlChar *)"";
}

static bool make_room(void *array, size_t *cap, size_t count, size_t size)
{
	void **p = array;

	if (count < *cap)
		return true;
	size_t wanted = *cap ? *cap * 2 : 32;
	void *bigger = realloc(*p, wanted * size);
	if (!bigger)
		return false;
	*p = bigger;
	*cap = wanted;
	return true;
}

static void push_binding(struct writer *w, struct binding b)
{
	if (!make_room(&w->stack, &w->stack_cap, w->stack_count, sizeof(b))) {
		w->oom = true;
		return;
	}
	w->stack[w->stack_count++] = b;
}

static void need(struct writer *w, const xmlChar *prefix, const xmlChar *uri)
{
	prefix = or_empty(prefix);
	uri = or_empty(uri);
	if (xmlStrEqual(prefix, (const xmlChar *)"xml"))
		return;
	for (size_t i = 0; i < w->needed_count; i++) {
		if (xmlStrEqual(w->needed[i].prefix, prefix))
			return;
	}
	if (!make_room(&w->needed, &w->needed_cap, w->needed_count, sizeof(*w->needed))) {
		w->oom = true;
		return;
	}
	w->needed[w->needed_count++] = (struct binding){ prefix, uri, w->depth };
}

static bool is_written(const struct writer *w, const struct binding *b)
{
	for (size_t i = w->stack_count; i-- > 0;) {
		if (xmlStrEqual(w->stack[i].prefix, b->prefix))
			return xmlStrEqual(w->stack[i].uri, b->uri);
	}
	return !*b->prefix && !*b->uri;
}

static int by_prefix(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;

	return strcmp((const char *)x->prefix, (const char *)y->prefix);
}

static void write_escaped(struct cla_buf *out, const xmlChar *text, bool attr)
{
	const char *from = (const char *)text, *p;

	for (p = from; *p; p++) {
		const char *as = NULL;
		switch (*p) {
		case '&':
			as = "&amp;";
			break;
		case '<':
			as = "&lt;";
			break;
		case '>':
			as = attr ? NULL : "&gt;";
			break;
		case '"':
			as = attr ? "&quot;" : NULL;
			break;
		case '\t':
			as = attr ? "&#x9;" : NULL;
			break;
		case '\n':
			as = attr ? "&#xA;" : NULL;
			break;
		case '\r':
			as = "&#xD;";
			break;
		default:
			break;
		}
		if (as) {
			cla_buf_add(out, (struct cla_str){ from, (size_t)(p - from) });
			cla_buf_addc(out, as);
			from = p + 1;
		}
	}
	cla_buf_add(out, (struct cla_str){ from, (size_t)(p - from) });
}

static void write_name(struct cla_buf *out, const xmlNs *ns, const xmlChar *name)
{
	if (ns && ns->prefix) {
		cla_buf_addc(out, (const char *)ns->prefix);
		cla_buf_byte(out, ':');
	}
	cla_buf_addc(out, (const char *)name);
}

static void collect_namespaces(struct writer *w, const xmlNode *node)
{
	w->needed_count = 0;
	if (w->how->exclusive) {
		if (!node->ns || !node->ns->prefix)
			need(w, NULL, node->ns ? node->ns->href : NULL);
		else
			need(w, node->ns->prefix, node->ns->href);
		for (const xmlAttr *a = node->properties; a; a = a->next) {
			if (a->ns)
				need(w, a->ns->prefix, a->ns->href);
		}
		return;
	}
	/* Below the top everything else in scope has been written by an ancestor already. */
	const xmlNode *last = node == w->apex ? NULL : node->parent;
	for (const xmlNode *n = node; n && n != last && n->type == XML_ELEMENT_NODE;
	     n = n->parent) {
		for (const xmlNs *ns = n->nsDef; ns; ns = ns->next)
			need(w, ns->prefix, ns->href);
	}
}

static void write_namespaces(struct writer *w, const xmlNode *node)
{
	collect_namespaces(w, node);
	if (w->needed_count > 1)
		qsort(w->needed, w->needed_count, sizeof(*w->needed), by_prefix);

	size_t before = w->stack_count;
	for (size_t i = 0; i < w->needed_count; i++) {
		const struct binding *b = &w->needed[i];
		/* Only bindings of ancestors count: this element's own have different prefixes. */
		size_t now = w->stack_count;
		w->stack_count = before;
		bool written = is_written(w, b);
		w->stack_count = now;
		if (written)
			continue;
		cla_buf_addc(w->out, *b->prefix ? " xmlns:" : " xmlns");
		cla_buf_addc(w->out, (const char *)b->prefix);
		cla_buf_addc(w->out, "=\"");
		write_escaped(w->out, b->uri, true);
		cla_buf_byte(w->out, '"');
		push_binding(w, *b);
	}
}

static const char *attr_uri(const xmlAttr *a)
{
	return a->ns && a->ns->href ? (const char *)a->ns->href : "";
}

static int by_uri_and_name(const void *a, const void *b)
{
	const xmlAttr *const *x = a, *const *y = b;
	int order = strcmp(attr_uri(*x), attr_uri(*y));

	return order ? order : strcmp((const char *)(*x)->name, (const char *)(*y)->name);
}

static void add_attr(struct writer *w, const xmlAttr *a)
{
	if (!make_room(&w->attrs, &w->attr_cap, w->attr_count, sizeof(*w->attrs))) {
		w->oom = true;
		return;
	}
	w->attrs[w->attr_count++] = a;
}

static bool is_xml_attr(const xmlAttr *a)
{
	return a->ns && xmlStrEqual(a->ns->prefix, (const xmlChar *)"xml");
}

/* Inclusive canonicalisation of a subtree hands xml:lang and its like down from the ancestors left
 * out. */
static void inherit_xml_attrs(struct writer *w, const xmlNode *apex)
{
	for (const xmlNode *n = apex->parent; n && n->type == XML_ELEMENT_NODE; n = n->parent) {
		for (const xmlAttr *a = n->properties; a; a = a->next) {
			bool known = !is_xml_attr(a);
			for (size_t i = 0; i < w->attr_count && !known; i++)
				known = is_xml_attr(w->attrs[i]) &&
					xmlStrEqual(w->attrs[i]->name, a->name);
			if (!known)
				add_attr(w, a);
		}
	}
}

static void write_attrs(struct writer *w, const xmlNode *node)
{
	w->attr_count = 0;
	for (const xmlAttr *a = node->properties; a; a = a->next)
		add_attr(w, a);
	if (node == w->apex && !w->how->exclusive)
		inherit_xml_attrs(w, node);
	if (w->attr_count > 1)
		qsort(w->attrs, w->attr_count, sizeof(const xmlAttr *), by_uri_and_name);
	for (size_t i = 0; i < w->attr_count; i++) {
		const xmlAttr *a = w->attrs[i];
		cla_buf_byte(w->out, ' ');
		write_name(w->out, a->ns, a->name);
		cla_buf_addc(w->out, "=\"");
		for (const xmlNode *n = a->children; n; n = n->next) {
			if (n->content)
				write_escaped(w->out, n->content, true);
		}
		cla_buf_byte(w->out, '"');
	}
}

static bool is_blank_text(const xmlNode *node)
{
	for (const xmlChar *p = or_empty(node->content); *p; p++) {
		if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r')
			return false;
	}
	return true;
}

static void write_leaf(struct writer *w, const xmlNode *node)
{
	switch (node->type) {
	case XML_TEXT_NODE:
		if (w->how->drop_blank && is_blank_text(node))
			return;
		write_escaped(w->out, or_empty(node->content), false);
		break;
	case XML_CDATA_SECTION_NODE:
		write_escaped(w->out, or_empty(node->content), false);
		break;
	case XML_PI_NODE:
		cla_buf_addc(w->out, "<?");
		cla_buf_addc(w->out, (const char *)node->name);
		if (node->content && *node->content) {
			cla_buf_byte(w->out, ' ');
			for (const xmlChar *p = node->content; *p; p++)
				*p == '\r' ? cla_buf_addc(w->out, "&#xD;")
					   : cla_buf_byte(w->out, (char)*p);
		}
		cla_buf_addc(w->out, "?>");
		break;
	default:
		break;
	}
}

static void open_element(struct writer *w, const xmlNode *node)
{
	w->depth++;
	cla_buf_byte(w->out, '<');
	write_name(w->out, node->ns, node->name);
	write_namespaces(w, node);
	write_attrs(w, node);
	cla_buf_byte(w->out, '>');
}

static void close_element(struct writer *w, const xmlNode *node)
{
	cla_buf_addc(w->out, "</");
	write_name(w->out, node->ns, node->name);
	cla_buf_byte(w->out, '>');
	while (w->stack_count && w->stack[w->stack_count - 1].depth == w->depth)
		w->stack_count--;
	w->depth--;
}

static void write_subtree(struct writer *w)
{
	const xmlNode *skip = w->how->skip ? cla_xml_node(w->how->skip) : NULL;
	const xmlNode *node = w->apex;

	while (!w->oom && !w->out->failed) {
		if (node == skip) {
			/* as if it were not there */
		} else if (node->type == XML_ELEMENT_NODE) {
			open_element(w, node);
			if (node->children) {
				node = node->children;
				continue;
			}
			close_element(w, node);
		} else {
			write_leaf(w, node);
		}
		while (node != w->apex && !node->next) {
			node = node->parent;
			close_element(w, node);
		}
		if (node == w->apex)
			return;
		node = node->next;
	}
}

bool cla_xml_canonical(const struct cla_xml *el, const struct cla_xml_c14n *how,
		       struct cla_buf *out, struct cla_err *err)
{
	static const struct cla_xml_c14n plain = { 0 };
	struct writer w = { .how = how ? how : &plain, .apex = cla_xml_node(el), .out = out };

	if (el)
		write_subtree(&w);
	free(w.stack);
	free(w.needed);
	free(w.attrs);
	return w.oom ? cla_err_oom(err) : cla_buf_ok(out, err);
}
