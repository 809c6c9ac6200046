#include "verify/verify_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LISTED_MAX 10000
#define NOTES_MAX 1000
#define TEXT_MAX 300

void cla_verify_report_init(struct cla_verify_report *report)
{
	memset(report, 0, sizeof(*report));
	report->problems_end = &report->problems;
	report->notes_end = &report->notes;
}

void cla_verify_report_clear(struct cla_verify_report *report)
{
	cla_arena_clear(&report->arena);
	cla_verify_report_init(report);
}

/* A copy that may be shown: cut to a length, control characters and what is not UTF-8 replaced. */
static const char *shown(struct cla_verify *v, struct cla_str s)
{
	char text[TEXT_MAX + 8];
	bool cut = s.len > TEXT_MAX, ok = true;
	size_t bad, at = 0;

	if (cut)
		s.len = TEXT_MAX;
	/* The last character may have been cut in two. */
	for (int i = 0; cut && i < 3 && !cla_utf8_valid(s, &bad) && s.len - bad <= 3; i++)
		s.len--;
	if (s.len)
		memcpy(text, s.ptr, s.len);
	while (!cla_utf8_valid((struct cla_str){ text + at, s.len - at }, &bad)) {
		text[at + bad] = '?';
		at += bad + 1;
	}
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
	snprintf(text + s.len, sizeof(text) - s.len, "%s", cut ? "..." : "");
	const char *copy = cla_arena_str(&v->report->arena, cla_str_from(text), &ok).ptr;
	if (!ok)
		v->oom = true;
	return ok ? copy : "";
}

/* Archive members are named from below their top directory. */
static struct cla_str without_base(const struct cla_verify *v, const char *member)
{
	struct cla_str s = cla_str_from(member);
	size_t len = strlen(v->base);
	if (len && s.len > len && !strncmp(member, v->base, len) && member[len] == '/')
		return cla_str_sub(s, len + 1, s.len);
	return s;
}

void cla_verify_problem(struct cla_verify *v, const char *member, const char *field,
			struct cla_str found, struct cla_str due)
{
	struct cla_verify_report *r = v->report;

	if (r->problem_count++ >= LISTED_MAX)
		return;
	struct cla_verify_problem *p = cla_arena_alloc(&r->arena, sizeof(*p));
	if (!p) {
		v->oom = true;
		return;
	}
	p->member = shown(v, without_base(v, member));
	p->field = shown(v, cla_str_from(field));
	p->found = shown(v, found);
	p->due = shown(v, due);
	*r->problems_end = p;
	r->problems_end = &p->next;
}

void cla_verify_problemf(struct cla_verify *v, const char *member, const char *field,
			 const char *due, const char *found_fmt, ...)
{
	char found[512];
	va_list ap;

	va_start(ap, found_fmt);
	vsnprintf(found, sizeof(found), found_fmt, ap);
	va_end(ap);
	cla_verify_problem(v, member, field, cla_str_from(found), cla_str_from(due));
}

void cla_verify_differ(struct cla_verify *v, const char *member, const char *field,
		       const struct cla_digest *found, const struct cla_digest *due)
{
	char a[CLA_DIGEST_HEX], b[CLA_DIGEST_HEX];
	cla_verify_problem(v, member, field, cla_str_from(cla_digest_hex(found, a)),
			   cla_str_from(cla_digest_hex(due, b)));
}

void cla_verify_differ_u64(struct cla_verify *v, const char *member, const char *field,
			   uint64_t found, uint64_t due)
{
	char text[32];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)due);
	cla_verify_problemf(v, member, field, text, "%llu", (unsigned long long)found);
}

void cla_verify_note_add(struct cla_verify *v, const char *fmt, ...)
{
	struct cla_verify_report *r = v->report;
	char text[1024];
	va_list ap;

	if (v->note_count++ == NOTES_MAX)
		fmt = "further notes are left out";
	else if (v->note_count > NOTES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	struct cla_verify_note *n = cla_arena_alloc(&r->arena, sizeof(*n));
	if (!n) {
		v->oom = true;
		return;
	}
	n->text = shown(v, cla_str_from(text));
	*r->notes_end = n;
	r->notes_end = &n->next;
}
