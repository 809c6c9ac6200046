/* xml/scan.c - the bounded walk over markup boundaries. */
#include "xml/scan.h"

#include <string.h>

const struct cla_xml_limits cla_xml_limits_default = {
	.file = 100ull << 20,
	.parse = 16ull << 20,
	.depth = 256,
	.attributes = 256,
	.namespaces = 64,
	.name = 1024,
	.attribute = 1ull << 20,
	.text = 8ull << 20,
	.nodes = 250000,
	.memory = 40ull << 20,
};

struct limit_row {
	const char *name;
	size_t offset;
};

static const struct limit_row limit_rows[] = {
	{ "file", offsetof(struct cla_xml_limits, file) },
	{ "parse", offsetof(struct cla_xml_limits, parse) },
	{ "depth", offsetof(struct cla_xml_limits, depth) },
	{ "attributes", offsetof(struct cla_xml_limits, attributes) },
	{ "namespaces", offsetof(struct cla_xml_limits, namespaces) },
	{ "name", offsetof(struct cla_xml_limits, name) },
	{ "attribute", offsetof(struct cla_xml_limits, attribute) },
	{ "text", offsetof(struct cla_xml_limits, text) },
	{ "nodes", offsetof(struct cla_xml_limits, nodes) },
	{ "memory", offsetof(struct cla_xml_limits, memory) },
};

bool cla_xml_limit_set(struct cla_xml_limits *limits, struct cla_str name, uint64_t value)
{
	for (size_t i = 0; i < CLA_LEN(limit_rows); i++) {
		if (cla_str_eqc(name, limit_rows[i].name)) {
			*(uint64_t *)(void *)((char *)limits + limit_rows[i].offset) = value;
			return true;
		}
	}
	return false;
}

/* Deeper documents are refused whatever the limit says: canonical XML and others walk up the tree
 * at each node. */
#define DEPTH_CEILING 4096

/* Namespaces in scope at one place, over all its ancestors, as a multiple of those of one element:
 * the parser searches them one by one for each prefix. */
#define NAMESPACES_IN_SCOPE 16

/* How many namespaces each open element declared, kept for the levels where there were any. Levels
 * beyond the ceiling of declarations in scope cannot occur, so the table is constant. */
#define NAMESPACE_LEVELS 1024

/* The text as code units: bytes, or the 16-bit units of UTF-16. Markup is ASCII in both. */
struct walk {
	const unsigned char *bytes;
	size_t size; /* units */
	size_t pos;
	size_t start; /* bytes before unit 0 */
	unsigned width;
	bool big_endian;

	const struct cla_xml_limits *limits;
	struct cla_xml_scan *ret;
	uint64_t depth;
	bool root_seen;
	uint64_t in_scope;
	size_t levels;
	struct {
		uint64_t depth;
		uint64_t count;
	} level[NAMESPACE_LEVELS];
};

#define END 0x10000

static inline unsigned unit_at(const struct walk *w, size_t i)
{
	if (i >= w->size)
		return END;
	if (w->width == 1)
		return w->bytes[i];
	return w->big_endian ? (unsigned)w->bytes[2 * i] << 8 | w->bytes[2 * i + 1]
			     : (unsigned)w->bytes[2 * i + 1] << 8 | w->bytes[2 * i];
}

static inline bool is_blank(unsigned c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool looking_at(const struct walk *w, const char *text)
{
	for (size_t i = 0; text[i]; i++) {
		if (unit_at(w, w->pos + i) != (unsigned char)text[i])
			return false;
	}
	return true;
}

static bool refuse(struct walk *w, enum cla_xml_shape shape, size_t at)
{
	w->ret->shape = shape;
	w->ret->offset = w->start + at * w->width;
	return false;
}

static bool beyond(struct walk *w, const char *name, uint64_t limit, size_t at)
{
	w->ret->limit = name;
	w->ret->limit_value = limit;
	return refuse(w, CLA_XML_SHAPE_LIMIT, at);
}

/* What the tree takes: measured with libxml2 2.9 on 64 bits. Texts up to 15 bytes lie inside their
 * node. */
#define ELEMENT_COST 128
#define ATTRIBUTE_COST 112
#define TEXT_COST 128
#define NAMESPACE_COST 128

static bool count_memory(struct walk *w, size_t at, uint64_t bytes, uint64_t text)
{
	w->ret->memory += bytes + (text > 15 ? text + 24 : 0);
	if (w->ret->memory > w->limits->memory)
		return beyond(w, "memory", w->limits->memory, at);
	return true;
}

static bool count_node(struct walk *w, size_t at)
{
	if (++w->ret->nodes > w->limits->nodes)
		return beyond(w, "nodes", w->limits->nodes, at);
	return true;
}

/* Moves behind `end` ("-->", "?>", "]]>"). A comment must not hold "--": a long run of it is what
 * libxml2 is slow at. */
static bool skip_until(struct walk *w, size_t open, const char *end, bool comment)
{
	size_t begin = w->pos;

	for (;; w->pos++) {
		unsigned c = unit_at(w, w->pos);
		if (c == END || c == 0)
			return refuse(w, CLA_XML_SHAPE_BROKEN, c ? open : w->pos);
		if ((w->pos - begin) * w->width > w->limits->text)
			return beyond(w, "text", w->limits->text, open);
		if (c != (unsigned char)end[0])
			continue;
		if (looking_at(w, end))
			break;
		if (comment && unit_at(w, w->pos + 1) == '-')
			return refuse(w, CLA_XML_SHAPE_BROKEN, w->pos);
	}
	uint64_t len = (w->pos - begin) * w->width;
	while (*end++)
		w->pos++;
	return count_memory(w, open, TEXT_COST, len);
}

/* Over bytes at the place that are neither `end` nor zero, at most so many: what the loops below would
 * do one by one. */
static void skip_run(struct walk *w, unsigned end, uint64_t most)
{
	if (w->width != 1)
		return;
	const unsigned char *from = w->bytes + w->pos, *zero;
	size_t left = w->size - w->pos, run = left < most ? left : (size_t)most;
	const unsigned char *found = memchr(from, (int)end, run);
	if (found)
		run = (size_t)(found - from);
	zero = memchr(from, 0, run);
	w->pos += zero ? (size_t)(zero - from) : run;
}

/* Bytes that end a name. */
static const bool ends_name[256] = {
	[0] = true,   [' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true, ['/'] = true,
	['>'] = true, ['='] = true, ['<'] = true,  ['"'] = true,  ['\''] = true,
};

/* A name ends where markup goes on. Which characters may stand in it is the parser's business. */
static bool skip_name(struct walk *w, size_t open)
{
	size_t begin = w->pos;

	if (w->width == 1) {
		const unsigned char *at = w->bytes + w->pos;
		size_t left = w->size - w->pos, run = 0;
		if (left > w->limits->name)
			left = (size_t)w->limits->name;
		while (run < left && !ends_name[at[run]])
			run++;
		w->pos += run;
	}
	for (;; w->pos++) {
		unsigned c = unit_at(w, w->pos);
		if (is_blank(c) || c == '/' || c == '>' || c == '=')
			break;
		if (c == END || c == 0 || c == '<' || c == '"' || c == '\'')
			return refuse(w, CLA_XML_SHAPE_BROKEN, open);
		if ((w->pos - begin + 1) * w->width > w->limits->name)
			return beyond(w, "name", w->limits->name, begin);
	}
	if (w->pos == begin)
		return refuse(w, CLA_XML_SHAPE_BROKEN, open);
	return true;
}

static void skip_blanks(struct walk *w)
{
	while (is_blank(unit_at(w, w->pos)))
		w->pos++;
}

static bool skip_attribute(struct walk *w, size_t open, uint64_t cost)
{
	skip_blanks(w);
	if (unit_at(w, w->pos) != '=')
		return refuse(w, CLA_XML_SHAPE_BROKEN, w->pos);
	w->pos++;
	skip_blanks(w);
	unsigned quote = unit_at(w, w->pos);
	if (quote != '"' && quote != '\'')
		return refuse(w, CLA_XML_SHAPE_BROKEN, w->pos);

	size_t begin = ++w->pos;
	skip_run(w, quote, w->limits->attribute);
	for (;; w->pos++) {
		unsigned c = unit_at(w, w->pos);
		if (c == quote)
			break;
		if (c == END || c == 0)
			return refuse(w, CLA_XML_SHAPE_BROKEN, open);
		if ((w->pos - begin + 1) * w->width > w->limits->attribute)
			return beyond(w, "attribute", w->limits->attribute, begin);
	}
	uint64_t len = (w->pos - begin) * w->width;
	w->pos++;
	return count_memory(w, open, cost, len);
}

static bool push_namespaces(struct walk *w, uint64_t count, size_t open)
{
	uint64_t most = w->limits->namespaces * NAMESPACES_IN_SCOPE;

	if (!count)
		return true;
	w->in_scope += count;
	if (w->in_scope > most || w->levels == NAMESPACE_LEVELS)
		return beyond(w, "namespaces", most, open);
	w->level[w->levels].depth = w->depth;
	w->level[w->levels].count = count;
	w->levels++;
	return true;
}

static void leave_element(struct walk *w)
{
	if (w->levels && w->level[w->levels - 1].depth == w->depth)
		w->in_scope -= w->level[--w->levels].count;
	w->depth--;
}

static bool start_tag(struct walk *w, size_t open)
{
	uint64_t attributes = 0, namespaces = 0;

	if (w->root_seen && !w->depth)
		return refuse(w, CLA_XML_SHAPE_BROKEN, open);
	w->root_seen = true;
	if (!count_node(w, open) || !skip_name(w, open) || !count_memory(w, open, ELEMENT_COST, 0))
		return false;
	w->depth++;
	if (w->depth > w->ret->depth)
		w->ret->depth = w->depth;
	if (w->depth > w->limits->depth)
		return beyond(w, "depth", w->limits->depth, open);
	if (w->depth > DEPTH_CEILING)
		return beyond(w, "depth", DEPTH_CEILING, open);

	for (;;) {
		skip_blanks(w);
		unsigned c = unit_at(w, w->pos);
		if (c == '>' || (c == '/' && unit_at(w, w->pos + 1) == '>'))
			break;
		bool namespace = looking_at(w, "xmlns") &&
				 (unit_at(w, w->pos + 5) == ':' || unit_at(w, w->pos + 5) == '=' ||
				  is_blank(unit_at(w, w->pos + 5)));
		if (namespace && ++namespaces > w->limits->namespaces)
			return beyond(w, "namespaces", w->limits->namespaces, w->pos);
		if (!namespace && ++attributes > w->limits->attributes)
			return beyond(w, "attributes", w->limits->attributes, w->pos);
		uint64_t cost = namespace ? NAMESPACE_COST : ATTRIBUTE_COST + TEXT_COST;
		if (!count_node(w, w->pos) || !skip_name(w, open) || !skip_attribute(w, open, cost))
			return false;
	}
	if (!push_namespaces(w, namespaces, open))
		return false;
	if (unit_at(w, w->pos) == '/') {
		leave_element(w);
		w->pos++;
	}
	w->pos++;
	return true;
}

static bool end_tag(struct walk *w, size_t open)
{
	w->pos++;
	if (!w->depth)
		return refuse(w, CLA_XML_SHAPE_BROKEN, open);
	if (!skip_name(w, open))
		return false;
	skip_blanks(w);
	if (unit_at(w, w->pos) != '>')
		return refuse(w, CLA_XML_SHAPE_BROKEN, open);
	leave_element(w);
	w->pos++;
	return true;
}

static bool is_doctype(const struct walk *w)
{
	static const char word[] = "DOCTYPE";

	for (size_t i = 0; word[i]; i++) {
		unsigned c = unit_at(w, w->pos + 1 + i);
		if (c != (unsigned char)word[i] && c != ((unsigned char)word[i] | 0x20u))
			return false;
	}
	return true;
}

/* At '<'. Comments, CDATA sections and instructions count as nodes: each costs the parser's tree as
 * much. */
static bool markup(struct walk *w)
{
	size_t open = w->pos++;

	switch (unit_at(w, w->pos)) {
	case '?':
		w->pos++;
		return count_node(w, open) && skip_until(w, open, "?>", false);
	case '!':
		if (looking_at(w, "!--")) {
			w->pos += 3;
			return count_node(w, open) && skip_until(w, open, "-->", true);
		}
		if (w->depth && looking_at(w, "![CDATA[")) {
			w->pos += 8;
			return count_node(w, open) && skip_until(w, open, "]]>", false);
		}
		return refuse(w, is_doctype(w) ? CLA_XML_SHAPE_DOCTYPE : CLA_XML_SHAPE_BROKEN,
			      open);
	case '/':
		return end_tag(w, open);
	default:
		return start_tag(w, open);
	}
}

static bool text(struct walk *w)
{
	size_t begin = w->pos;

	if (w->depth)
		skip_run(w, '<', w->limits->text);
	for (;; w->pos++) {
		unsigned c = unit_at(w, w->pos);
		if (c == '<' || c == END)
			return !w->depth ||
			       count_memory(w, begin, TEXT_COST, (w->pos - begin) * w->width);
		if (c == 0 || (!w->depth && !is_blank(c)))
			return refuse(w, CLA_XML_SHAPE_BROKEN, w->pos);
		if ((w->pos - begin + 1) * w->width > w->limits->text)
			return beyond(w, "text", w->limits->text, begin);
	}
}

/* Byte order mark, UTF-16 and leading blanks; false when what follows is not '<'. */
static bool begin(struct walk *w, struct cla_str bytes)
{
	const unsigned char *p = w->bytes;

	w->width = 1;
	if (bytes.len >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) {
		w->ret->bom = true;
		w->start = 3;
	} else if (bytes.len >= 2 &&
		   ((p[0] == 0xfe && p[1] == 0xff) || (p[0] == 0xff && p[1] == 0xfe))) {
		w->width = 2;
		w->big_endian = p[0] == 0xfe;
		w->start = 2;
	} else if (bytes.len >= 2 && ((p[0] == 0 && p[1] == '<') || (p[0] == '<' && p[1] == 0))) {
		w->width = 2;
		w->big_endian = p[0] == 0;
	}
	w->ret->utf16 = w->width == 2;
	w->bytes += w->start;
	w->size = (bytes.len - w->start) / w->width;

	skip_blanks(w);
	w->ret->leading_bytes = w->pos > 0;
	if (unit_at(w, w->pos) != '<')
		return false;
	unsigned next = unit_at(w, w->pos + 1);
	return next != END && next != 0 && !is_blank(next) && next != '<' && next != '>' &&
	       next != '=';
}

void cla_xml_scan(struct cla_str bytes, const struct cla_xml_limits *limits,
		  struct cla_xml_scan *ret)
{
	struct walk w;

	w.bytes = (const unsigned char *)bytes.ptr;
	w.pos = w.start = 0;
	w.big_endian = false;
	w.limits = limits;
	w.ret = ret;
	w.depth = w.in_scope = 0;
	w.levels = 0;
	w.root_seen = false;
	*ret = (struct cla_xml_scan){ .shape = CLA_XML_SHAPE_OK };

	if (!bytes.len || !begin(&w, bytes)) {
		ret->shape = CLA_XML_SHAPE_NOT_XML;
		ret->offset = bytes.len ? w.start + w.pos * w.width : 0;
		return;
	}
	if (bytes.len > limits->file) {
		beyond(&w, "file", limits->file, 0);
		return;
	}
	if (bytes.len > limits->parse) {
		beyond(&w, "parse", limits->parse, 0);
		return;
	}
	ret->memory = bytes.len;
	while (w.pos < w.size) {
		if (!(unit_at(&w, w.pos) == '<' ? markup(&w) : text(&w)))
			return;
	}
	if (w.depth || !w.root_seen || (w.width == 2 && (bytes.len - w.start) % 2))
		refuse(&w, CLA_XML_SHAPE_BROKEN, w.size);
}
