/* fiscal/judge_priv.h - what a judge keeps (private to fiscal/judge.c and its neighbours). */
#ifndef CLA_FISCAL_JUDGE_PRIV_H
#define CLA_FISCAL_JUDGE_PRIV_H

#include "fiscal/rule.h"

/* What bytes that are no XML are, in one stable word: "empty", "blank", "pdf", "zip", "html",
 * "json", "jpg", "png", "gif", "gzip", "ole", "cms", "rtf", "text", "binary". */
const char *cla_sniff_name(struct cla_str bytes);
bool cla_sniff_is_html(struct cla_str bytes);

/* The kind that an element announces by namespace and name, CLA_DOC_XML when none. Looks below it
 * as far as needed. */
enum cla_doc_kind cla_kind_of(const struct cla_xml *el);

/* The kind by the root's start tag alone, for documents that cannot be parsed. `at` is the offset
 * of the first '<'. */
enum cla_doc_kind cla_kind_of_head(struct cla_str bytes);

/* The rules that ran over what was judged since it was set. */
struct cla_rule_log {
	const struct cla_rule *ran[1024];
	size_t count;
};
void cla_judge_log(struct cla_judge *judge, struct cla_rule_log *log); /* NULL: none */
void cla_judge_note_rule(struct cla_judge *judge, const struct cla_rule *rule);

/* The row of that id; NULL when there is none. */
const struct cla_rule *cla_rule_find(const char *id);

/* Fills what is cheap to read of a DIAN document, which has no rules yet. */
void cla_kind_facts(struct cla_case *c);

#endif
