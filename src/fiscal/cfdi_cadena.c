/* fiscal/cfdi_cadena.c - the cadena original: the text that seals are made over.
 *
 * SAT defines it by stylesheets. Here the order of the fields is written beside each schema as a
 * small program (xsd/README, PROGRAM) that one function reads. Values have their blanks trimmed and
 * runs of blanks made one.
 *
 * The stylesheet of a document knows some complements; of any other it writes the bare text, blanks
 * between elements included, as XSLT does without a template.
 */
#include "fiscal/cfdi.h"
#include "fiscal/layout.h"

#include <string.h>

struct walk {
	struct cla_buf *out;
	struct cla_str document;       /* name of the layout of the sealed document */
	const struct cla_xml *unknown; /* first complement whose cadena is not known */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void add_value(struct cla_buf *out, struct cla_str value)
{
	struct cla_str rest = cla_str_trim(value);

	cla_buf_byte(out, '|');
	while (rest.len) {
		size_t word = 0;
		while (word < rest.len && !is_blank(rest.ptr[word]))
			word++;
		cla_buf_add(out, cla_str_sub(rest, 0, word));
		rest = cla_str_trim(cla_str_sub(rest, word, rest.len - word));
		if (rest.len)
			cla_buf_byte(out, ' ');
	}
}

/* The next word of a program; "" at its end. */
static struct cla_str next_word(struct cla_str *program)
{
	struct cla_str word;

	while (program->len && program->ptr[0] == ' ')
		*program = cla_str_sub(*program, 1, program->len);
	word = cla_str_sub(*program, 0, cla_str_find(*program, ' '));
	*program = cla_str_sub(*program, word.len, program->len);
	return word;
}

/* Takes the inside of a group off the program, up to and with its ')'. */
static struct cla_str take_group(struct cla_str *program)
{
	size_t end = 0;

	for (int depth = 1; end < program->len; end++) {
		depth += (program->ptr[end] == '(') - (program->ptr[end] == ')');
		if (!depth)
			break;
	}
	struct cla_str inside = cla_str_sub(*program, 0, end);
	*program = cla_str_sub(*program, end + 1, program->len);
	return inside;
}

static void run(struct walk *w, const struct cla_xml *el, struct cla_str program);

static void run_children(struct walk *w, const struct cla_xml *el, struct cla_str name,
			 struct cla_str program)
{
	for (const struct cla_xml *e = cla_xml_child(el); e; e = cla_xml_sibling(e)) {
		if (cla_str_eq(cla_xml_name(e), name) && cla_str_eq(cla_xml_ns(e), cla_xml_ns(el)))
			run(w, e, program);
	}
}

static void run_complements(struct walk *w, const struct cla_xml *group)
{
	for (const struct cla_xml *e = cla_xml_child(group); e; e = cla_xml_sibling(e)) {
		struct cla_layout layout;
		/* A stamp adds nothing to the seal that it confirms. */
		if (cla_str_eqc(cla_xml_ns(e), CLA_TFD_NS))
			continue;
		bool known = cla_layout_of(e, &layout);
		bool part = known && cla_has_word(layout.part_of, ' ', w->document);
		if (part && !cla_str_absent(layout.cadena))
			run(w, e, layout.cadena);
		else if (known && !part)
			cla_xml_all_text(e, w->out);
		else if (!w->unknown)
			w->unknown = e;
	}
}

/* The text of the element at the end of a path of names; absent when there is none. */
static struct cla_str text_at(const struct cla_xml *el, struct cla_str path)
{
	while (el && !cla_str_absent(path)) {
		struct cla_str step;
		const struct cla_xml *e = cla_xml_child(el);

		(void)cla_str_cut(path, '/', &step, &path);
		while (e && (!cla_str_eq(cla_xml_name(e), step) ||
			     !cla_str_eq(cla_xml_ns(e), cla_xml_ns(el))))
			e = cla_xml_sibling(e);
		el = e;
	}
	return cla_xml_text(el);
}

static struct cla_str value_of(const struct cla_xml *el, struct cla_str word)
{
	char name[64];

	if (cla_str_eqc(word, "."))
		return cla_xml_text(el);
	if (cla_str_find(word, '/') < word.len)
		return text_at(el, word);
	return cla_str_cstr(word, name, sizeof(name), NULL) ? cla_xml_attr(el, name) : CLA_STR_NONE;
}

/* Runs a program for one element. */
static void run(struct walk *w, const struct cla_xml *el, struct cla_str program)
{
	for (struct cla_str word = next_word(&program); word.len; word = next_word(&program)) {
		if (cla_str_ends(word, "(")) {
			struct cla_str inside = take_group(&program);
			run_children(w, el, cla_str_sub(word, 0, word.len - 1), inside);
		} else if (cla_str_eqc(word, "*")) {
			run_complements(w, el);
		} else {
			bool optional = cla_str_ends(word, "?");
			struct cla_str value =
				value_of(el, optional ? cla_str_sub(word, 0, word.len - 1) : word);
			if (!optional || !cla_str_absent(value))
				add_value(w->out, value);
		}
	}
}

bool cla_cfdi_cadena(const struct cla_xml *root, struct cla_buf *out,
		     const struct cla_xml **unknown)
{
	struct cla_layout layout;
	struct walk w = { .out = out };

	if (!cla_layout_of(root, &layout) || cla_str_absent(layout.cadena)) {
		*unknown = root;
		return true;
	}
	w.document = layout.name;
	cla_buf_byte(out, '|');
	run(&w, root, layout.cadena);
	cla_buf_addc(out, "||");
	*unknown = w.unknown;
	return cla_buf_ok(out, NULL);
}
