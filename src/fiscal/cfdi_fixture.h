/* fiscal/cfdi_fixture.h - what the tests of CFDI share: documents and changes of them. cmocka.h and what it needs are included before. */
#ifndef CLA_FISCAL_CFDI_FIXTURE_H
#define CLA_FISCAL_CFDI_FIXTURE_H

#include "fiscal/control.h"
#include "fiscal/judge_fixture.h"

#include <string.h>

#define MOST ((size_t)4 << 20)

/* A document that controls change (src/fiscal/controls/). */
static inline void load_base(const char *name, struct cla_buf *out)
{
	cla_auto_controls struct cla_controls *controls = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_controls_new(NULL, 0, &controls, &err) ||
	    !cla_controls_base(controls, name, out, &err))
		fail_msg("%s", err.msg);
}

/* The text with the first `from` behind `after` made `to`. */
static inline void swap(const char *text, const char *after, const char *from, const char *to,
			struct cla_buf *out)
{
	const char *start = strstr(text, after ? after : "");
	const char *at = start ? strstr(start, from) : NULL;

	if (!at)
		fail_msg("there is no '%s' behind '%s'", from, after ? after : "");
	cla_buf_add(out, (struct cla_str){ text, (size_t)(at - text) });
	cla_buf_addc(out, to);
	cla_buf_addc(out, at + strlen(from));
	assert_true(cla_buf_ok(out, NULL));
}

/* The text with each `from` made its `to`, in turn. */
static inline void make_edited(const char *text, const char *const edits[][2], size_t count,
			       struct cla_buf *out)
{
	cla_buf_addc(out, text);
	for (size_t i = 0; i < count; i++) {
		cla_auto_buf struct cla_buf next = CLA_BUF_INIT(MOST);
		swap(cla_buf_cstr(out), NULL, edits[i][0], edits[i][1], &next);
		cla_buf_reset(out);
		cla_buf_add(out, cla_buf_str(&next));
	}
}

static inline void judge(struct cla_judge *judge, struct cla_str bytes, struct cla_judgement *out)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_judge_bytes(judge, bytes, out, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(out->count, 1);
}

static inline void print_findings(const struct cla_document *d)
{
	for (const struct cla_finding *f = d->findings; f; f = f->next)
		print_message("  %s %s " CLA_STR_FMT " due '" CLA_STR_FMT "' found '" CLA_STR_FMT
			      "'\n",
			      cla_verdict_name(f->severity), f->rule, CLA_STR_ARG(f->where),
			      CLA_STR_ARG(f->expected), CLA_STR_ARG(f->found));
}

/* Nothing but what a base needs no seal for. */
static inline void assert_right(struct cla_judge *with, const char *base)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(MOST);
	cla_auto_judgement struct cla_judgement j;

	load_base(base, &text);
	judge(with, cla_buf_str(&text), &j);
	for (const struct cla_finding *f = j.documents->findings; f; f = f->next) {
		if (f->check == CLA_CHECK_SIGNATURE || f->check == CLA_CHECK_CERTIFICATE ||
		    f->check == CLA_CHECK_STAMP)
			continue;
		print_findings(j.documents);
		fail_msg("%s: %s", base, f->rule);
	}
}

#endif
