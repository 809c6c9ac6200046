/* fiscal/cfdi_cadena.c - the cadena original: the text that seals are made over.
 *
 * SAT defines it by stylesheets. Here the order of the fields is written beside each schema as a
 * small program (xsd/README, PROGRAM) that run() follows. Values have their blanks trimmed and
 * runs of blanks made one.
 *
 * The stylesheet of a document knows some complements; of any other it writes the bare text, blanks
 * between elements included, as XSLT does without a template.
 */
#include "fiscal/cfdi.h"
#include "fiscal/layout.h"

#include <stdlib.h>
#include <string.h>

/* A word of a program. */
struct step {
	enum { FIELD, PATH, TEXT, GROUP, COMPLEMENTS } kind;
	bool optional;
	const char *name;
	size_t end; /* GROUP: behind its inside, which begins at the next step */
};

/* A program, read once for all elements that it is run for. */
struct program {
	struct program *next;
	const char *source;
	char *text; /* the words, each with a NUL */
	struct step *steps;
	size_t count;
};

struct walk {
	struct cla_buf *out;
	struct cla_str document;       /* name of the layout of the sealed document */
	const struct cla_xml *unknown; /* first complement whose cadena is not known */
	struct program *programs;
	bool oom;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* No blank at either end, and none but single spaces between. */
static bool is_tidy(struct cla_str s)
{
	bool gap = true;

	for (size_t i = 0; i < s.len; i++) {
		bool blank = is_blank(s.ptr[i]);
		if (blank && (gap || s.ptr[i] != ' '))
			return false;
		gap = blank;
	}
	return !s.len || !gap;
}

static void add_value(struct cla_buf *out, struct cla_str value)
{
	cla_buf_byte(out, '|');
	if (is_tidy(value)) {
		cla_buf_add(out, value);
		return;
	}
	struct cla_str rest = cla_str_trim(value);
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

/*
 * Programs
 */

static void free_programs(struct walk *w)
{
	while (w->programs) {
		struct program *next = w->programs->next;
		free(w->programs->text);
		free(w->programs->steps);
		free(w->programs);
		w->programs = next;
	}
}

static void read_word(struct program *p, char *word)
{
	struct step *s = &p->steps[p->count];
	size_t len = strlen(word);

	if (!strcmp(word, ")")) { /* the innermost group that has no end yet */
		size_t open = p->count;
		while (open && (p->steps[open - 1].kind != GROUP || p->steps[open - 1].end))
			open--;
		if (open)
			p->steps[open - 1].end = p->count;
		return;
	}
	*s = (struct step){ .kind = FIELD, .name = word };
	if (word[len - 1] == '(') {
		s->kind = GROUP;
		word[len - 1] = '\0';
	} else if (!strcmp(word, "*")) {
		s->kind = COMPLEMENTS;
	} else {
		s->optional = word[len - 1] == '?';
		if (s->optional)
			word[len - 1] = '\0';
		if (!strcmp(word, "."))
			s->kind = TEXT;
		else if (strchr(word, '/'))
			s->kind = PATH;
	}
	p->count++;
}

/* NULL when out of memory. */
static const struct program *program_of(struct walk *w, struct cla_str source)
{
	struct program *p = w->programs;

	while (p && p->source != source.ptr)
		p = p->next;
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (p) {
		p->next = w->programs;
		w->programs = p;
		p->source = source.ptr;
		p->text = cla_str_dup(source);
		p->steps = calloc(source.len / 2 + 1, sizeof(*p->steps));
	}
	if (!p || !p->text || !p->steps) {
		w->oom = true;
		return NULL;
	}
	for (char *word = p->text, *end; *word; word = end) {
		end = word + strcspn(word, " ");
		while (*end == ' ')
			*end++ = '\0';
		if (*word)
			read_word(p, word);
	}
	for (size_t i = 0; i < p->count; i++) /* no schema leaves a group open */
		if (p->steps[i].kind == GROUP && !p->steps[i].end)
			p->steps[i].end = p->count;
	return p;
}

/*
 * Walking along them
 */

static void run(struct walk *w, const struct cla_xml *el, const struct program *p, size_t from,
		size_t to);

static void run_complements(struct walk *w, const struct cla_xml *group)
{
	for (const struct cla_xml *e = cla_xml_child(group); e; e = cla_xml_sibling(e)) {
		struct cla_layout layout;
		/* A stamp adds nothing to the seal that it confirms. */
		if (cla_str_eqc(cla_xml_ns(e), CLA_TFD_NS))
			continue;
		bool known = cla_layout_of(e, &layout);
		bool part = known && cla_has_word(layout.part_of, ' ', w->document);
		if (part && !cla_str_absent(layout.cadena)) {
			const struct program *p = program_of(w, layout.cadena);
			if (p)
				run(w, e, p, 0, p->count);
		} else if (known && !part) {
			cla_xml_all_text(e, w->out);
		} else if (!w->unknown) {
			w->unknown = e;
		}
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

static struct cla_str value_of(const struct cla_xml *el, const struct step *s)
{
	if (s->kind == TEXT)
		return cla_xml_text(el);
	if (s->kind == PATH)
		return text_at(el, cla_str_from(s->name));
	return cla_xml_attr(el, s->name);
}

/* Runs some steps of a program for one element. */
static void run(struct walk *w, const struct cla_xml *el, const struct program *p, size_t from,
		size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct step *s = &p->steps[i];
		if (s->kind == GROUP) {
			const struct cla_xml *e = cla_cfdi_child(el, s->name);
			for (; e; e = cla_cfdi_next(e))
				run(w, e, p, i + 1, s->end);
			i = s->end - 1;
		} else if (s->kind == COMPLEMENTS) {
			run_complements(w, el);
		} else {
			struct cla_str value = value_of(el, s);
			if (!s->optional || !cla_str_absent(value))
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
	const struct program *p = program_of(&w, layout.cadena);
	if (p)
		run(&w, root, p, 0, p->count);
	cla_buf_addc(out, "||");
	*unknown = w.unknown;
	free_programs(&w);
	return !w.oom && cla_buf_ok(out, NULL);
}
