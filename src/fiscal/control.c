/* fiscal/control.c - reads the lists of controls and runs them through the judge. */
#include "fiscal/control.h"

#include "base/grow.h"
#include "fiscal/efos.h"
#include "fiscal/judge_priv.h"
#include "xml/schema.h"

#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MAX ((size_t)4 << 20)
#define EFOS_LIST "efos.csv"
#define PAC_CERT "demo-pac.cer" /* that the stamps of our samples are made with */
#define ROOT_CERT "root.cer"	/* that some samples of Brazil lead to */

/* "base NAME ..." or "RULE BASE ...", and the changes below it. */
struct entry {
	const char *file;
	size_t line;
	struct cla_str words[4];
	size_t word_count;
	struct cla_str body;
};

struct cla_controls {
	struct cla_judge *judge;
	struct cla_efos *efos;
	struct entry *entries;
	size_t count, cap;
	/* the base that was judged last, and the rules that ran over it */
	const struct entry *judged;
	struct cla_judgement judgement;
	struct cla_rule_log log;
};

static bool wrong(const struct entry *e, struct cla_err *err, const char *what)
{
	return cla_err_set(err, CLA_ERR_FORMAT, "%s:%zu: %s", e->file, e->line, what);
}

static bool is_base(const struct entry *e)
{
	return cla_str_eqc(e->words[0], "base");
}

/* The base of that name among those that stand before `end`. */
static const struct entry *find_base(const struct cla_controls *c, struct cla_str name, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		if (is_base(&c->entries[i]) && cla_str_eq(c->entries[i].words[1], name))
			return &c->entries[i];
	}
	return NULL;
}

/*
 * Reading
 */

static bool add_entry(struct cla_controls *c, const char *file, size_t line, struct cla_str head,
		      struct cla_err *err)
{
	if (!cla_grow(&c->entries, &c->cap, c->count, sizeof(*c->entries), err))
		return false;
	struct entry *e = &c->entries[c->count++];
	*e = (struct entry){ .file = file, .line = line, .body = { head.ptr + head.len, 0 } };
	while (head.len) {
		struct cla_str word = head, rest = CLA_STR("");
		(void)cla_str_cut(head, ' ', &word, &rest);
		if (e->word_count == CLA_LEN(e->words))
			return wrong(e, err, "too many words");
		e->words[e->word_count++] = word;
		head = rest;
	}
	return true;
}

static bool check_base(const struct cla_controls *c, const struct entry *e, struct cla_err *err)
{
	size_t at = (size_t)(e - c->entries);

	if (e->word_count != 2 && e->word_count != 4)
		return wrong(e, err, "base NAME, base NAME is FILE or base NAME of BASE");
	if (find_base(c, e->words[1], at))
		return wrong(e, err, "there is a base of this name");
	if (e->word_count == 2)
		return true;
	if (cla_str_eqc(e->words[2], "of"))
		return find_base(c, e->words[3], at) || wrong(e, err, "no such base before");
	return cla_str_eqc(e->words[2], "is") || wrong(e, err, "neither 'is' nor 'of'");
}

static bool check_control(const struct cla_controls *c, const struct entry *e, struct cla_err *err)
{
	enum cla_verdict due;

	if (e->word_count < 2 || !find_base(c, e->words[1], c->count))
		return wrong(e, err, "names no base");
	if (!cla_rule_text(e->words[0]))
		return wrong(e, err, "names no rule");
	if (e->word_count > 2 && !cla_verdict_parse(e->words[2], &due))
		return wrong(e, err, "names no verdict");
	return true;
}

static bool read_file(struct cla_controls *c, const char *name, struct cla_str rest,
		      struct cla_err *err)
{
	struct cla_str line, tail;
	size_t first = c->count;

	for (size_t number = 1; rest.len; number++, rest = tail) {
		if (!cla_str_cut(rest, '\n', &line, &tail))
			return cla_err_set(err, CLA_ERR_FORMAT, "%s: the last line has no end",
					   name);
		if (!line.len || line.ptr[0] == '#')
			continue;
		if (line.ptr[0] != '\t') {
			if (!add_entry(c, name, number, line, err))
				return false;
		} else if (c->count == first) {
			return cla_err_set(err, CLA_ERR_FORMAT, "%s:%zu: belongs to nothing", name,
					   number);
		} else {
			struct cla_str *body = &c->entries[c->count - 1].body;
			body->len = (size_t)(line.ptr + line.len + 1 - body->ptr);
		}
	}
	return true;
}

static bool read_all(struct cla_controls *c, const struct cla_control_file *files, size_t count,
		     struct cla_err *err)
{
	struct cla_embedded file;

	for (size_t i = 0; i < count; i++) {
		if (!read_file(c, files[i].name, files[i].text, err))
			return false;
	}
	for (size_t i = 0; !count && cla_embedded_at(i, &file); i++) {
		if (cla_str_ends(cla_str_from(file.name), ".controls") &&
		    !read_file(c, file.name, file.bytes, err))
			return false;
	}
	for (size_t i = 0; i < c->count; i++) {
		const struct entry *e = &c->entries[i];
		if (!(is_base(e) ? check_base : check_control)(c, e, err))
			return false;
	}
	return true;
}

bool cla_controls_new(const struct cla_control_file *files, size_t count, struct cla_controls **ret,
		      struct cla_err *err)
{
	/* a present for what depends on it: no sample is younger */
	struct cla_judge_opts opts = { .now = { 1800000000, 0 } };
	cla_auto_controls struct cla_controls *c = calloc(1, sizeof(*c));
	size_t listed;
	bool used;

	if (!c)
		return cla_err_oom(err);
	cla_judgement_init(&c->judgement);
	if (!cla_efos_read(cla_embedded_find(EFOS_LIST), &c->efos, &listed, err))
		return cla_err_wrap(err, "controls of the rules");
	opts.efos = c->efos;
	if (!cla_judge_new(&opts, &c->judge, err) ||
	    !cla_judge_add_cert(c->judge, cla_embedded_find(PAC_CERT), &used, err) ||
	    !cla_judge_add_cert(c->judge, cla_embedded_find(ROOT_CERT), &used, err) ||
	    !read_all(c, files, count, err))
		return cla_err_wrap(err, "controls of the rules");
	*ret = cla_steal(&c);
	return true;
}

void cla_controls_free(struct cla_controls *controls)
{
	if (!controls)
		return;
	cla_judgement_clear(&controls->judgement);
	cla_judge_free(controls->judge);
	cla_efos_free(controls->efos);
	free(controls->entries);
	free(controls);
}

/*
 * Documents
 */

/* Where `what` begins; s.len when it is not there. */
static size_t find(struct cla_str s, struct cla_str what)
{
	for (size_t i = 0; i + what.len <= s.len; i++) {
		if (!memcmp(s.ptr + i, what.ptr, what.len))
			return i;
	}
	return s.len;
}

/* {@FILE} or {COUNT*TEXT}, which `s` is the inside of. */
static bool add_braces(const struct entry *e, struct cla_str s, struct cla_buf *out,
		       struct cla_err *err)
{
	struct cla_str times, text;
	char name[128];
	uint64_t n;

	if (cla_str_starts(s, "@")) {
		if (!cla_str_cstr(cla_str_sub(s, 1, s.len), name, sizeof(name), err) ||
		    cla_str_absent(cla_embedded_find(name)))
			return wrong(e, err, "no such file");
		cla_buf_add(out, cla_str_trim(cla_embedded_find(name)));
		return true;
	}
	if (!cla_str_cut(s, '*', &times, &text) || !cla_str_to_u64(times, &n) || n > 100000)
		return wrong(e, err, "neither {@FILE} nor {COUNT*TEXT}");
	while (n--)
		cla_buf_add(out, text);
	return true;
}

/* Adds the text with what its backslashes and braces stand for. */
static bool add_text(const struct entry *e, struct cla_str s, struct cla_buf *out,
		     struct cla_err *err)
{
	while (s.len) {
		size_t used = 1;
		if (s.ptr[0] == '{') {
			used = cla_str_find(s, '}') + 1;
			if (used > s.len)
				return wrong(e, err, "'{' without '}'");
			if (!add_braces(e, cla_str_sub(s, 1, used - 2), out, err))
				return false;
		} else if (cla_str_starts(s, "\\n")) {
			used = 2;
			cla_buf_byte(out, '\n');
		} else if (cla_str_starts(s, "\\x")) {
			unsigned char byte;
			used = 4;
			if (!cla_hex_decode(cla_str_sub(s, 2, 2), &byte, 1))
				return wrong(e, err, "\\x needs two digits");
			cla_buf_byte(out, (char)byte);
		} else {
			cla_buf_byte(out, s.ptr[0]);
		}
		s = cla_str_sub(s, used, s.len);
	}
	return true;
}

/* The part of the document that a field means: START…END, or the text itself. */
static bool find_part(const struct entry *e, struct cla_str document, size_t from,
		      struct cla_str field, size_t *start, size_t *end, struct cla_err *err)
{
	struct cla_str dots = CLA_STR("\xe2\x80\xa6"), head = field, tail = CLA_STR("");
	size_t at = find(field, dots);

	if (at < field.len) {
		head = cla_str_sub(field, 0, at);
		tail = cla_str_sub(field, at + dots.len, field.len);
	}
	*start = from + find(cla_str_sub(document, from, document.len), head);
	if (*start < document.len) {
		size_t behind = *start + head.len;
		*end = behind + find(cla_str_sub(document, behind, document.len), tail) + tail.len;
		if (*end <= document.len)
			return true;
	}
	return cla_err_set(err, CLA_ERR_FORMAT, "%s:%zu: its base has no '" CLA_STR_FMT "'",
			   e->file, e->line, CLA_STR_ARG(cla_str_sub(field, 0, 200)));
}

/* Makes the change of one line. */
static bool make_change(const struct entry *e, struct cla_str line, struct cla_buf *document,
			struct cla_err *err)
{
	cla_auto_buf struct cla_buf changed = CLA_BUF_INIT(DOCUMENT_MAX);
	struct cla_str fields[4], rest = cla_str_sub(line, 1, line.len), old;
	size_t count = 0, from = 0, start, end;

	while (count < CLA_LEN(fields) && cla_str_cut(rest, line.ptr[0], &fields[count], &rest))
		count++;
	if (rest.len || count < 2 || count > 3)
		return wrong(e, err, "a change is |from|to| or |behind|from|to|");
	old = cla_buf_str(document);
	if (count == 3) {
		if (!find_part(e, old, 0, fields[0], &start, &from, err))
			return false;
	}
	if (!find_part(e, old, from, fields[count - 2], &start, &end, err))
		return false;
	cla_buf_add(&changed, cla_str_sub(old, 0, start));
	if (!add_text(e, fields[count - 1], &changed, err))
		return false;
	cla_buf_add(&changed, cla_str_sub(old, end, old.len));
	cla_buf_reset(document);
	cla_buf_add(document, cla_buf_str(&changed));
	return cla_buf_ok(&changed, err) && cla_buf_ok(document, err);
}

typedef bool line_fn(const struct entry *e, struct cla_str line, struct cla_buf *document,
		     struct cla_err *err);

/* Lines of a document: joined by a blank, before a tag by nothing. */
static bool join_line(const struct entry *e, struct cla_str line, struct cla_buf *document,
		      struct cla_err *err)
{
	if (line.ptr[0] != '<' && document->len)
		cla_buf_byte(document, ' ');
	return add_text(e, line, document, err) && cla_buf_ok(document, err);
}

static bool each_line(const struct entry *e, line_fn *fn, struct cla_buf *document,
		      struct cla_err *err)
{
	struct cla_str line, rest = e->body;

	while (rest.len && cla_str_cut(rest, '\n', &line, &rest)) {
		if (cla_str_starts(line, "\t") && line.len > 1 &&
		    !fn(e, cla_str_sub(line, 1, line.len), document, err))
			return false;
	}
	return true;
}

static bool make_base(const struct cla_controls *c, const struct entry *base, struct cla_buf *out,
		      struct cla_err *err)
{
	const struct entry *other;
	char name[128];

	if (base->word_count == 2)
		return each_line(base, join_line, out, err);
	if (cla_str_eqc(base->words[2], "of")) {
		other = find_base(c, base->words[3], c->count);
		if (!other || !make_base(c, other, out, err))
			return false;
	} else {
		if (!cla_str_cstr(base->words[3], name, sizeof(name), err) ||
		    cla_str_absent(cla_embedded_find(name)))
			return wrong(base, err, "no such file");
		cla_buf_add(out, cla_embedded_find(name));
	}
	return each_line(base, make_change, out, err);
}

bool cla_controls_base(const struct cla_controls *controls, const char *name, struct cla_buf *out,
		       struct cla_err *err)
{
	const struct entry *base = find_base(controls, cla_str_from(name), controls->count);

	if (!base)
		return cla_err_set(err, CLA_ERR_NOT_FOUND, "no base '%s'", name);
	return make_base(controls, base, out, err);
}

/*
 * Running
 */

/* One rule under control. */
struct run {
	struct cla_controls *controls;
	const struct cla_rule *rule;
	cla_control_fn *fn;
	void *ctx;
	struct cla_control_result *result;
};

static void fault(const struct run *r, struct cla_control_fault fault)
{
	r->result->faults++;
	r->fn(r->ctx, &fault);
}

static const struct cla_finding *finding_of(const struct cla_judgement *j, const char *rule)
{
	const struct cla_finding *f = j->documents ? j->documents->findings : NULL;

	while (f && strcmp(f->rule, rule) != 0)
		f = f->next;
	return f;
}

/* Whether the rule ran over the document that was judged last; a rule that another step reports ran
 * when its check was made. */
static bool has_run(const struct run *r, const struct cla_rule_log *log,
		    const struct cla_judgement *j)
{
	if (!r->rule->fn)
		return j->documents && j->documents->checks[r->rule->check] != CLA_VERDICT_NA;
	for (size_t i = 0; i < log->count; i++) {
		if (log->ran[i] == r->rule)
			return true;
	}
	return false;
}

static bool judge(struct cla_controls *c, struct cla_str document, struct cla_rule_log *log,
		  struct cla_judgement *out, struct cla_err *err)
{
	log->count = 0;
	cla_judge_log(c->judge, log);
	bool ok = cla_judge_bytes(c->judge, document, out, err);
	cla_judge_log(c->judge, NULL);
	return ok;
}

/* What must be let be: the rule ran and said nothing. */
static void accept(const struct run *r, const struct entry *e, const struct cla_rule_log *log,
		   const struct cla_judgement *j)
{
	const struct cla_finding *f = finding_of(j, r->rule->id);

	if (f)
		fault(r, (struct cla_control_fault){ e->file, e->line, CLA_VERDICT_PASS,
						     f->severity, f->code });
	else if (!has_run(r, log, j))
		fault(r, (struct cla_control_fault){ e->file, e->line, CLA_VERDICT_PASS,
						     CLA_VERDICT_NA, NULL });
	else
		r->result->accepted++;
}

/* Judges the base, once for the controls that follow each other. */
static bool judge_base(const struct run *r, const struct entry *base, struct cla_err *err)
{
	struct cla_controls *c = r->controls;
	cla_auto_buf struct cla_buf document = CLA_BUF_INIT(DOCUMENT_MAX);

	if (c->judged == base)
		return true;
	c->judged = NULL;
	cla_judgement_clear(&c->judgement);
	if (!make_base(c, base, &document, err) ||
	    !judge(c, cla_buf_str(&document), &c->log, &c->judgement, err))
		return false;
	c->judged = base;
	return true;
}

static bool run_control(const struct run *r, const struct entry *e, const struct entry *base,
			struct cla_err *err)
{
	cla_auto_buf struct cla_buf document = CLA_BUF_INIT(DOCUMENT_MAX);
	cla_auto_judgement struct cla_judgement j;
	enum cla_verdict due = r->rule->severity;
	struct cla_rule_log log;

	cla_judgement_init(&j);
	if ((e->word_count > 2 && !cla_verdict_parse(e->words[2], &due)) ||
	    !make_base(r->controls, base, &document, err) ||
	    !each_line(e, make_change, &document, err) ||
	    !judge(r->controls, cla_buf_str(&document), &log, &j, err))
		return false;
	if (due == CLA_VERDICT_PASS) {
		accept(r, e, &log, &j);
		return true;
	}
	if (due == CLA_VERDICT_NA) {
		if (has_run(r, &log, &j))
			fault(r, (struct cla_control_fault){ e->file, e->line, due,
							     CLA_VERDICT_PASS, NULL });
		return true;
	}
	const struct cla_finding *f = finding_of(&j, r->rule->id);
	bool code_right = e->word_count < 4 || (f && f->code && cla_str_eqc(e->words[3], f->code));
	if (f && f->severity == due && code_right && j.documents->checks[f->check] >= due &&
	    j.documents->verdict >= due)
		r->result->rejected++;
	else
		fault(r, (struct cla_control_fault){ e->file, e->line, due,
						     f ? f->severity : CLA_VERDICT_NA,
						     f ? f->code : NULL });
	return true;
}

/* The rule's controls on one base, and the base itself. */
static bool run_on_base(const struct run *r, const struct entry *base, struct cla_err *err)
{
	const struct cla_controls *c = r->controls;
	bool any = false;

	for (size_t i = 0; i < c->count; i++) {
		const struct entry *e = &c->entries[i];
		if (is_base(e) || !cla_str_eqc(e->words[0], r->rule->id) ||
		    !cla_str_eq(e->words[1], base->words[1]))
			continue;
		any = any || e->word_count < 3 ||
		      (!cla_str_eqc(e->words[2], "pass") && !cla_str_eqc(e->words[2], "n/a"));
		if (!run_control(r, e, base, err))
			return false;
	}
	if (!any)
		return true;
	if (!judge_base(r, base, err))
		return false;
	accept(r, base, &c->log, &c->judgement);
	return true;
}

bool cla_controls_run(struct cla_controls *controls, const char *rule, cla_control_fn *fn,
		      void *ctx, struct cla_control_result *ret, struct cla_err *err)
{
	struct run r = { controls, cla_rule_find(rule), fn, ctx, ret };

	*ret = (struct cla_control_result){ 0 };
	if (!r.rule)
		return cla_err_set(err, CLA_ERR_NOT_FOUND, "no rule '%s'", rule);
	for (size_t i = 0; i < controls->count; i++) {
		if (is_base(&controls->entries[i]) && !run_on_base(&r, &controls->entries[i], err))
			return cla_err_wrap(err, "controls of %s", rule);
	}
	if (!ret->rejected)
		fault(&r, (struct cla_control_fault){ .due = r.rule->severity });
	if (!ret->accepted)
		fault(&r, (struct cla_control_fault){ .due = CLA_VERDICT_PASS });
	return true;
}
