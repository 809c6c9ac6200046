/* xml/checker.c - reads the tables that xsd/checker.py makes of the schemas.
 *
 * Everything here may end in "not certain", which is the same as "no": an element or attribute that
 * is not declared where it stands, anything of xsi: but the hints at schemas, text in pieces, a place
 * that the tables leave out.
 */
#include "xml/checker.h"

#include "base/dec.h"
#include "base/clock.h"
#include "xml/checker_priv.h"
#include "xml/xml_priv.h"

#include <string.h>

/* Elements that only stand inside each other by wildcards may do so without end. */
#define MOST_DEPTH 64
#define MOST_IDENTITIES 8
#define MOST_UNIQUE 100
#define COLLAPSED_BYTES 4096

struct check {
	const struct cla_tables_schema *schema;
	const xmlNs *space; /* the last that was seen to be the schema's */
	int depth;
	struct cla_str identities[MOST_IDENTITIES];
	size_t identity_count;
};

/*
 * Values
 */

static bool runs(const struct cla_tables_automaton *a, struct cla_str s)
{
	const unsigned char *class = cla_tables_classes[a->classes];
	const uint16_t *rows = &cla_tables_moves[a->moves];
	size_t state = a->start;

	for (size_t i = 0; i < s.len && state; i++)
		state = rows[state * a->columns + class[(unsigned char)s.ptr[i]]];
	return state >= a->first_accepting;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_collapsed(struct cla_str s)
{
	bool before = true;

	for (size_t i = 0; i < s.len; i++) {
		if (is_blank(s.ptr[i]) && (before || s.ptr[i] != ' '))
			return false;
		before = s.ptr[i] == ' ';
	}
	return !s.len || !before;
}

/* False when there is no room. */
static bool collapse(struct cla_str s, char out[COLLAPSED_BYTES], struct cla_str *ret)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (is_blank(s.ptr[i]))
			continue;
		bool gap = len && i && is_blank(s.ptr[i - 1]);
		if (len + gap >= COLLAPSED_BYTES)
			return false;
		if (gap)
			out[len++] = ' ';
		out[len++] = s.ptr[i];
	}
	*ret = (struct cla_str){ out, len };
	return true;
}

static bool within_bounds(const struct cla_tables_value *v, struct cla_str s)
{
	struct cla_dec n = cla_dec_parse(s);

	return n.ok && cla_dec_cmp(n, cla_dec_from(v->low, v->low_scale)) >= 0 &&
	       (!v->has_high || cla_dec_cmp(n, cla_dec_from(v->high, v->high_scale)) <= 0);
}

static bool is_new_identity(struct check *k, struct cla_str s)
{
	for (size_t i = 0; i < k->identity_count; i++)
		if (cla_str_eq(k->identities[i], s))
			return false;
	if (k->identity_count == MOST_IDENTITIES)
		return false;
	k->identities[k->identity_count++] = s;
	return true;
}

/* What is left to ask of a value without blanks to collapse. */
static bool fits(struct check *k, const struct cla_tables_value *v, struct cla_str s)
{
	if (v->automaton != CLA_TABLES_NONE && !runs(&cla_tables_automata[v->automaton], s))
		return false;
	if (v->flags & CLA_TABLES_LENGTH) {
		size_t length = cla_utf8_count(s);
		if (length < v->least || length > v->most)
			return false;
	}
	struct cla_date date;
	if ((v->flags & CLA_TABLES_DAY) && !cla_date_parse(cla_str_sub(s, 0, 10), &date))
		return false;
	if ((v->flags & CLA_TABLES_BOUNDS) && !within_bounds(v, s))
		return false;
	return !(v->flags & CLA_TABLES_IDENTITY) || is_new_identity(k, s);
}

static bool admits_value(struct check *k, uint16_t place, struct cla_str s)
{
	char room[COLLAPSED_BYTES];

	if (place == CLA_TABLES_NONE)
		return false;
	const struct cla_tables_value *v = &cla_tables_values[place];
	if (v->automaton == CLA_TABLES_NONE && !(v->flags & CLA_TABLES_LENGTH))
		return true;
	if (!(v->flags & CLA_TABLES_COLLAPSE))
		return fits(k, v, s);
	/* A value that has blanks around it runs into the dead state. */
	if ((v->flags & CLA_TABLES_BARE) && fits(k, v, s))
		return true;
	if (is_collapsed(s))
		return !(v->flags & CLA_TABLES_BARE) && fits(k, v, s);
	return collapse(s, room, &s) && !(v->flags & CLA_TABLES_IDENTITY) && fits(k, v, s);
}

/*
 * Attributes
 */

/* A list of text that stands in one piece, or is empty. */
static bool one_piece(const xmlNode *list, struct cla_str *ret)
{
	*ret = CLA_STR("");
	if (!list)
		return true;
	if (list->next || list->type != XML_TEXT_NODE || !list->content)
		return false;
	*ret = cla_xml_chars(list->content);
	return true;
}

static bool is_named(const xmlChar *name, uint16_t place)
{
	return *name == (xmlChar)cla_tables_names[place] &&
	       !strcmp((const char *)name, &cla_tables_names[place]);
}

/* Hints at schemas, which count for nothing. */
static bool is_hint(const xmlAttr *a)
{
	return !strcmp((const char *)a->ns->href, "http://www.w3.org/2001/XMLSchema-instance") &&
	       (!strcmp((const char *)a->name, "schemaLocation") ||
		!strcmp((const char *)a->name, "noNamespaceSchemaLocation"));
}

static bool admits_attributes(struct check *k, const xmlNode *node,
			      const struct cla_tables_attribute *list, size_t count)
{
	uint64_t seen = 0;
	size_t at = 0; /* documents mostly keep to the order of the schema, whatever it was */

	for (const xmlAttr *a = node->properties; a; a = a->next) {
		struct cla_str s;
		if (a->ns) {
			if (!is_hint(a))
				return false;
			continue;
		}
		size_t tried = 0;
		while (tried < count && !is_named(a->name, list[at].name)) {
			at = at + 1 < count ? at + 1 : 0;
			tried++;
		}
		if (tried == count || !one_piece(a->children, &s) ||
		    (list[at].fixed && !cla_str_eqc(s, &cla_tables_names[list[at].fixed])) ||
		    !admits_value(k, list[at].value, s))
			return false;
		seen |= (uint64_t)1 << at;
		at = at + 1 < count ? at + 1 : 0;
	}
	for (size_t i = 0; i < count; i++)
		if (list[i].required && !(seen & (uint64_t)1 << i))
			return false;
	return true;
}

/*
 * Elements
 */

static bool admits_element(struct check *k, const struct cla_tables_element *e,
			   const xmlNode *node);

static bool all_blank(const xmlChar *s)
{
	while (is_blank((char)*s))
		s++;
	return !*s;
}

/* The next element at or behind a node; NULL behind the last. *sure false: there is something that
 * does not belong between elements. */
static const xmlNode *to_element(const xmlNode *node, bool *sure)
{
	for (; node && node->type != XML_ELEMENT_NODE; node = node->next) {
		if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE)
			continue;
		if (node->type != XML_TEXT_NODE || !node->content || !all_blank(node->content))
			*sure = false;
	}
	return node;
}

static bool in_space(struct check *k, const struct cla_tables_schema *schema, const xmlNode *node)
{
	if (!node->ns || !node->ns->href)
		return false;
	if (schema == k->schema && node->ns == k->space)
		return true;
	if (strcmp((const char *)node->ns->href, &cla_tables_names[schema->space]) != 0)
		return false;
	if (schema == k->schema)
		k->space = node->ns;
	return true;
}

/* A root of a schema, judged by that schema. */
static bool admits_root(struct check *k, const struct cla_tables_schema *schema,
			const xmlNode *node)
{
	struct check inner = *k;
	bool ok = false;

	inner.schema = schema;
	inner.space = NULL;
	for (size_t i = 0; i < schema->roots && in_space(&inner, schema, node); i++) {
		const struct cla_tables_root *r = &cla_tables_roots[schema->root + i];
		if (is_named(node->name, r->name)) {
			ok = admits_element(&inner, &cla_tables_elements[r->element], node);
			break;
		}
	}
	memcpy(k->identities, inner.identities, sizeof(k->identities));
	k->identity_count = inner.identity_count;
	return ok;
}

static bool admits_any(struct check *k, const xmlNode *node)
{
	const struct cla_tables_schema *schema = k->schema;

	if (in_space(k, schema, node))
		return admits_root(k, schema, node);
	for (size_t i = 0; i < schema->imports; i++) {
		const struct cla_tables_schema *other =
			&cla_tables_schemas[cla_tables_imports[schema->import + i]];
		if (in_space(k, other, node))
			return admits_root(k, other, node);
	}
	return false;
}

/* What became of a particle at a place among the children: it took some, it is satisfied with none,
 * it does not fit (and took none), or it began to fit and then did not. Each choice is made by the
 * next element alone, as schemas have to be written; a wrong one would end in UNSURE. */
enum taken { SOME, EMPTY, NOT, UNSURE };

static enum taken take(struct check *k, const struct cla_tables_particle *p, const xmlNode **at);

static enum taken take_one(struct check *k, const struct cla_tables_particle *p, const xmlNode **at)
{
	const xmlNode *node = *at;
	bool sure = true;

	if (!node)
		return NOT;
	if (p->kind == CLA_TABLES_ELEMENT) {
		const struct cla_tables_element *e = &cla_tables_elements[p->what];
		if (!is_named(node->name, e->name) || !in_space(k, k->schema, node))
			return NOT;
		sure = admits_element(k, e, node);
	} else if (p->kind == CLA_TABLES_REFERENCE) {
		const struct cla_tables_schema *other = &cla_tables_schemas[p->count];
		if (!is_named(node->name, p->what) || !in_space(k, other, node))
			return NOT;
		sure = admits_root(k, other, node);
	} else if (p->kind == CLA_TABLES_WILDCARD) {
		sure = admits_any(k, node);
	}
	*at = to_element(node->next, &sure);
	return sure ? SOME : UNSURE;
}

static enum taken take_sequence(struct check *k, const struct cla_tables_particle *p,
				const xmlNode **at)
{
	enum taken all = EMPTY;

	for (size_t i = 0; i < p->count; i++) {
		enum taken t = take(k, &cla_tables_particles[p->what + i], at);
		if (t == UNSURE || (t == NOT && all == SOME))
			return UNSURE;
		if (t == NOT)
			return NOT;
		if (t == SOME)
			all = SOME;
	}
	return all;
}

static enum taken take_choice(struct check *k, const struct cla_tables_particle *p,
			      const xmlNode **at)
{
	enum taken best = NOT;

	for (size_t i = 0; i < p->count; i++) {
		enum taken t = take(k, &cla_tables_particles[p->what + i], at);
		if (t == SOME || t == UNSURE)
			return t;
		if (t == EMPTY)
			best = EMPTY;
	}
	return best;
}

static enum taken take_once(struct check *k, const struct cla_tables_particle *p,
			    const xmlNode **at)
{
	if (p->kind == CLA_TABLES_SEQUENCE)
		return take_sequence(k, p, at);
	return p->kind == CLA_TABLES_CHOICE ? take_choice(k, p, at) : take_one(k, p, at);
}

/* As often as it occurs. */
static enum taken take(struct check *k, const struct cla_tables_particle *p, const xmlNode **at)
{
	uint32_t count = 0;
	enum taken last = NOT;

	while (p->most == CLA_TABLES_UNBOUNDED || count < p->most) {
		last = take_once(k, p, at);
		if (last != SOME)
			break;
		count++;
	}
	if (last == UNSURE)
		return UNSURE;
	if (count >= p->least || last == EMPTY)
		return count ? SOME : EMPTY;
	return count ? UNSURE : NOT;
}

static bool admits_children(struct check *k, const struct cla_tables_content *c,
			    const xmlNode *node)
{
	bool sure = true;
	const xmlNode *at = to_element(node->children, &sure);

	if (!sure)
		return false;
	enum taken t = take(k, &cla_tables_particles[c->particle], &at);
	return (t == SOME || t == EMPTY) && !at;
}

/* Whether no two children share the value of an attribute. */
static bool is_unique(const xmlNode *node, uint16_t name)
{
	struct cla_str seen[MOST_UNIQUE];
	size_t count = 0;

	for (const xmlNode *child = node->children; child; child = child->next) {
		const xmlAttr *a = child->type == XML_ELEMENT_NODE ? child->properties : NULL;
		while (a && (a->ns || !is_named(a->name, name)))
			a = a->next;
		if (!a)
			continue;
		if (count == MOST_UNIQUE || !one_piece(a->children, &seen[count]) ||
		    !is_collapsed(seen[count]))
			return false;
		for (size_t i = 0; i < count; i++)
			if (cla_str_eq(seen[i], seen[count]))
				return false;
		count++;
	}
	return true;
}

static bool admits_content(struct check *k, const struct cla_tables_content *c, const xmlNode *node)
{
	struct cla_str s;

	if (!admits_attributes(k, node, &cla_tables_attributes[c->attribute], c->attributes))
		return false;
	if (c->particle != CLA_TABLES_NONE)
		return admits_children(k, c, node);
	if (!c->has_text)
		return !node->children;
	return one_piece(node->children, &s) && admits_value(k, c->text, s);
}

static bool admits_element(struct check *k, const struct cla_tables_element *e, const xmlNode *node)
{
	struct cla_str s;
	bool ok = false;

	if (k->depth == MOST_DEPTH)
		return false;
	k->depth++;
	if (e->content != CLA_TABLES_NONE)
		ok = admits_content(k, &cla_tables_contents[e->content], node);
	else if (e->value != CLA_TABLES_NONE)
		ok = admits_attributes(k, node, NULL, 0) && one_piece(node->children, &s) &&
		     admits_value(k, e->value, s);
	k->depth--;
	return ok && (!e->unique || is_unique(node, e->unique));
}

bool cla_checker_admits(const char *name, const struct cla_xml *el)
{
	size_t from = 0, to = cla_tables_schema_count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int order = strcmp(name, &cla_tables_names[cla_tables_schemas[mid].file]);
		if (!order) {
			struct check k = { .schema = &cla_tables_schemas[mid] };
			return admits_root(&k, &cla_tables_schemas[mid], cla_xml_node(el));
		}
		if (order < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return false;
}
