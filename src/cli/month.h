/* cli/month.h - one month of one entity on its way through the stages (private to the pipeline).
 *
 * pipeline.c drives; month_judge.c judges documents as they arrive, or later; month_match.c matches
 * what was gathered; month_tell.c counts and tells; month_report.c lays it out for people;
 * month_issue.c writes and signs; month_again.c hands out what stands. All of them work on one struct
 * cla_month_run.
 */
#ifndef CLA_CLI_MONTH_H
#define CLA_CLI_MONTH_H

#include "bundle/write.h"
#include "cli/pipeline.h"
#include "fiscal/judge.h"
#include "fiscal/related.h"
#include "match/match.h"
#include "report/report.h"

struct cla_pipeline {
	struct cla_cli *cli;
	struct cla_store *store;
	struct cla_judge *judge;
	struct cla_tokens *tokens;	/* given in this run */
	const char *tsa_failed;		/* a time-stamping authority that failed in this run */
	struct cla_digest rules, certs; /* identity of the rule pack and of the certificate set */
	struct cla_buf rules_json;
	cla_highlight_fn *highlight;
	void *highlight_ctx;
};

/* One month on its way. */
struct cla_month_run {
	struct cla_pipeline *p;
	const struct cla_entity *entity;
	const struct cla_pipeline_opts *opts;
	struct cla_outcome *out;
	struct cla_gather *gather;
	struct cla_match *match;
	struct cla_related *related;	/* what the month's documents say of each other */
	struct cla_time cutoff;		/* the judge's clock; while collecting, the present */
	struct cla_judgement judgement; /* of `judged`, the file looked at last */
	struct cla_digest judged;
	bool has_judgement;
	uint64_t checked;	     /* files whose verdict was looked at */
	struct cla_missing *not_had; /* what collecting could not have, as it happened */
	size_t not_had_count, not_had_cap;
	struct cla_remarked *remarks; /* and what else it told */
	size_t remark_count, remark_cap;
	struct cla_err not_had_err; /* what could not even be noted */
};

/* A copy that lives as long as the outcome. */
CLA_USE bool cla_month_keep(struct cla_month_run *run, struct cla_str s, struct cla_str *to,
			    struct cla_err *err);

/* The verdict on a stored object into run->judgement: the one kept under (object, rule pack,
 * certificate set), or a new one, which is kept then. */
CLA_USE bool cla_month_verdict(struct cla_month_run *run, const struct cla_digest *object,
			       struct cla_err *err);
/* A file came in and lies in the store (clara/collect.h): XML by content is judged at once. */
CLA_USE bool cla_month_arrived(void *run, const struct cla_digest *object, struct cla_str start,
			       struct cla_err *err);

/* What the hooks of the bundle writer (bundle/write.h) stand on; the context is the run.
 * cla_month_judge() judges what is XML by content, and what the API calls XML and is none: that is a
 * finding, not a picture. */
CLA_USE bool cla_month_judge(void *run, const struct cla_gathered_file *file,
			     const struct cla_judgement **ret, struct cla_err *err);
/* The same with what the month's other documents say of it, for people and counts. What is written
 * into a bundle is the verdict on the document alone, which anyone can make again. */
CLA_USE bool cla_month_judge_related(struct cla_month_run *run,
				     const struct cla_gathered_file *file,
				     const struct cla_judgement **ret, struct cla_err *err);
CLA_USE bool cla_month_match_json(void *run, size_t index, struct cla_buf *out,
				  struct cla_err *err);

/* Sees to it that all files are judged, matches them with the expenses, gives files their roles, places imported ones.
 */
CLA_USE bool cla_month_match(struct cla_month_run *run, struct cla_err *err);
/* Counts what was found and tells it through the pipeline's highlight. */
CLA_USE bool cla_month_summarize(struct cla_month_run *run, struct cla_err *err);
/* What was found, row by row; after cla_month_match() and cla_month_summarize(). */
CLA_USE bool cla_month_report(struct cla_month_run *run, struct cla_report *ret,
			      struct cla_err *err);
/* The next revision, or the one that stands. */
CLA_USE bool cla_month_bundle(struct cla_month_run *run, struct cla_err *err);
/* The archive of that revision, whatever the last one is; ret->path is the caller's to free. */
CLA_USE bool cla_month_archive(struct cla_month_run *run, const char *dir, uint64_t revision,
			       struct cla_bundle_made *ret, struct cla_err *err);
/* Where archive and statement are, into the outcome. */
CLA_USE bool cla_month_paths(struct cla_month_run *run, const char *dir, struct cla_str base,
			     const struct cla_digest *sha256, struct cla_err *err);
/* The revision that stands, with its sidecars, in `dir` and the sidecars in `own` as well: checked
 * where they are there (CLA_ERR_INTEGRITY names the file that is not what was issued), written anew
 * where they are not (CLA_ERR_IO names an archive that cannot be). */
CLA_USE bool cla_month_again(struct cla_month_run *run, const struct cla_issued *present,
			     const char *dir, const char *own, struct cla_err *err);

#endif
