/* fiscal/nfe_fixture.h - for tests of the NF-e family: signed documents, changed in one place. */
#ifndef CLA_FISCAL_NFE_FIXTURE_H
#define CLA_FISCAL_NFE_FIXTURE_H

#include "base/file.h"
#include "fiscal/judge.h"
#include "xml/doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXTURE_MAX ((size_t)4 << 20)
#define FIXTURE_NOTE_KEY "35241111222333000181550010000001231876543209"

/* Appends src/fiscal/controls/<name>; automake says where the sources are. */
static inline void fixture_load(const char *name, struct cla_buf *out)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(4096);
	const char *srcdir = getenv("srcdir");
	struct cla_err err = CLA_ERR_INIT;

	cla_buf_addf(&path, "%s/src/fiscal/controls/%s", srcdir ? srcdir : ".", name);
	if (!cla_file_read(cla_buf_cstr(&path), out, &err))
		fail_msg("%s", err.msg);
}

static inline char *fixture_find(struct cla_buf *b, const char *after, const char *text)
{
	char *start = b->ptr ? strstr(b->ptr, after ? after : "") : NULL;
	char *at = start ? strstr(start + (after ? strlen(after) : 0), text) : NULL;

	if (!at) {
		fail_msg("the fixture has no '%s' behind '%s'", text, after ? after : "");
		abort(); /* not reached; says so to the analyzer */
	}
	return at;
}

/* Puts `new` in the place of the first `old` behind `after` (NULL: from the start). */
static inline void fixture_swap(struct cla_buf *b, const char *after, const char *old,
				const char *new)
{
	cla_auto_buf struct cla_buf whole = CLA_BUF_INIT(FIXTURE_MAX);
	size_t at = (size_t)(fixture_find(b, after, old) - b->ptr);

	cla_buf_add(&whole, (struct cla_str){ b->ptr, at });
	cla_buf_addc(&whole, new);
	cla_buf_addc(&whole, b->ptr + at + strlen(old));
	cla_buf_reset(b);
	cla_buf_add(b, cla_buf_str(&whole));
	assert_true(cla_buf_ok(b, NULL));
}

/* Changes one character of a base64 or digit text right behind `after`. */
static inline void fixture_flip(struct cla_buf *b, const char *after)
{
	char *at = fixture_find(b, NULL, after) + strlen(after);

	*at = *at == 'A' ? 'B' : 'A';
}

/* The text from `from` up to and with `to`, borrowed. */
static inline struct cla_str fixture_part(struct cla_buf *b, const char *from, const char *to)
{
	char *start = fixture_find(b, NULL, from);
	char *end = strstr(start, to);

	assert_non_null(end);
	return (struct cla_str){ start, (size_t)(end - start) + strlen(to) };
}

/* A line break and blanks between all tags, as an editor does. */
static inline void fixture_indent(struct cla_buf *b)
{
	cla_auto_buf struct cla_buf whole = CLA_BUF_INIT(FIXTURE_MAX);

	for (size_t i = 0; i < b->len; i++) {
		cla_buf_byte(&whole, b->ptr[i]);
		if (b->ptr[i] == '>' && i + 1 < b->len && b->ptr[i + 1] == '<' &&
		    !(i && b->ptr[i - 1] == '\n'))
			cla_buf_addc(&whole, "\n\t ");
	}
	cla_buf_reset(b);
	cla_buf_add(b, cla_buf_str(&whole));
}

static inline struct cla_judge *fixture_judge(void)
{
	const struct cla_judge_opts opts = { .now = { 1796000000, 0 } }; /* November 2026 */
	struct cla_judge *judge = NULL;
	struct cla_err err = CLA_ERR_INIT;

	cla_xml_init();
	if (!cla_judge_new(&opts, &judge, &err))
		fail_msg("%s", err.msg);
	return judge;
}

/* `out` is for the caller to clear. */
static inline void fixture_run(struct cla_judge *judge, const struct cla_buf *b,
			       struct cla_judgement *out)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_judge_bytes(judge, cla_buf_str(b), out, &err))
		fail_msg("%s", err.msg);
	assert_true(out->count >= 1);
}

/* Documents that hold nothing: no check of theirs may pass. */
static inline void fixture_passes_nothing(struct cla_judge *judge, const char *const *texts,
					  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cla_auto_buf struct cla_buf b = CLA_BUF_INIT(FIXTURE_MAX);
		cla_auto_judgement struct cla_judgement out;

		cla_buf_addc(&b, texts[i]);
		fixture_run(judge, &b, &out);
		for (int check = CLA_CHECK_SCHEMA; check <= CLA_CHECK_TOTALS; check++) {
			if (out.documents->checks[check] == CLA_VERDICT_PASS)
				fail_msg("document %zu passes %s", i,
					 cla_check_name((enum cla_check)check));
		}
	}
}

/* The first finding of a rule; NULL when there is none. */
static inline const struct cla_finding *fixture_finding(const struct cla_document *d,
							const char *rule)
{
	for (const struct cla_finding *f = d->findings; f; f = f->next) {
		if (strcmp(f->rule, rule) == 0)
			return f;
	}
	return NULL;
}

#endif
