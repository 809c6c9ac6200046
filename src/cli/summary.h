/* cli/summary.h - a month told to a person: what bundle and demo print. */
#ifndef CLA_CLI_SUMMARY_H
#define CLA_CLI_SUMMARY_H

#include "cli/pipeline.h"

/* Lines of findings, kept while the pipeline runs: what fails first, then the rest, at most `most`
 * of them. */
struct cla_story {
	struct cla_cli *cli;
	size_t most;
	struct cla_buf fails, others;
	uint64_t fail_count, other_count, fails_kept, others_kept;
};
void cla_story_init(struct cla_story *story, struct cla_cli *cli, size_t most);
void cla_story_clear(struct cla_story *story);
#define cla_auto_story CLA_CLEANUP(cla_story_clear)
/* For cla_pipeline_highlight(); the context is the story. */
void cla_story_add(void *story, const struct cla_highlight *h);

/* Population, documents, findings; where the bundle is and who sealed it. stdout. */
void cla_summary_print(struct cla_cli *cli, const struct cla_outcome *o,
		       const struct cla_story *story);
/* What could not be had, on stderr. */
void cla_summary_missing(struct cla_cli *cli, const struct cla_outcome *o);
/* What collecting remarked: there too. */
void cla_summary_remarks(struct cla_cli *cli, const struct cla_outcome *o);
/* The object of `bundle --json`. */
CLA_USE bool cla_summary_json(const struct cla_outcome *o, struct cla_err *err);

#endif
