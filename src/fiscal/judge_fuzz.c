/* fiscal/judge_fuzz.c - any bytes to the judge: nothing may crash, hang or leave a judgement that
 * contradicts itself. One judge takes all of them, as in a run over a folder: what it has compiled
 * stays, and most of the time goes into documents.
 */
#include "fiscal/judge.h"
#include "json/scan.h"
#include "xml/doc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (!holds) {
		(void)fprintf(stderr, "judge_fuzz: %s\n", what);
		abort();
	}
}

static void check_document(const struct cla_document *d)
{
	enum cla_verdict worst = CLA_VERDICT_NA, found[CLA_CHECK_COUNT] = { CLA_VERDICT_NA };

	for (const struct cla_finding *f = d->findings; f; f = f->next)
		found[f->check] = cla_verdict_worst(found[f->check], f->severity);
	for (int c = 0; c < CLA_CHECK_COUNT; c++) {
		worst = cla_verdict_worst(worst, d->checks[c]);
		require(d->checks[c] <= CLA_VERDICT_PASS ? found[c] == CLA_VERDICT_NA
							 : found[c] == d->checks[c],
			"a check is not the worst of its findings");
	}
	require(worst == d->verdict && worst != CLA_VERDICT_NA,
		"a verdict is not the worst of its checks");
}

static struct cla_judge *the_judge(void)
{
	static const struct cla_judge_opts opts = { .now = { 1800000000, 0 } };
	static struct cla_judge *judge;
	struct cla_err err = CLA_ERR_INIT;

	if (judge)
		return judge;
	cla_xml_init();
	require(cla_judge_new(&opts, &judge, &err), err.msg);
	return judge;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cla_judge *judge = the_judge();
	cla_auto_judgement struct cla_judgement j, back;
	cla_auto_buf struct cla_buf saved = CLA_BUF_INIT((size_t)256 << 20),
				    evidence = CLA_BUF_INIT((size_t)256 << 20);
	struct cla_str bytes = { (const char *)data, size };
	struct cla_err err = CLA_ERR_INIT;
	enum cla_doc_kind kind;

	cla_judgement_init(&j);
	cla_judgement_init(&back);
	require(cla_judge_bytes(judge, bytes, &j, &err), err.msg);
	require(j.count >= 1, "no document");
	for (const struct cla_document *d = j.documents; d; d = d->next)
		check_document(d);
	require(cla_judge_kind(bytes, &kind, &err), err.msg);
	require((kind == CLA_DOC_NOT_XML) == (j.documents->kind == CLA_DOC_NOT_XML),
		"two answers on what it is");
	require(cla_judgement_encode(&j, &evidence, &err) &&
			cla_json_canonical(cla_buf_str(&evidence), &err),
		err.msg);
	require(cla_judgement_save(&j, &saved, &err) &&
			cla_judgement_load(cla_buf_str(&saved), &back, &err),
		err.msg);
	require(back.count == j.count, "documents lost in keeping");
	return 0;
}
