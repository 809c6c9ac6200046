/* cli/pipeline.h - where the stages meet: collect, judge, match, bundle for one entity.
 *
 * The stages do not know each other; here the judge's verdicts and the matcher's results are handed
 * to the bundle writer. Documents are judged once and their verdicts kept in the catalogue.
 */
#ifndef CLA_CLI_PIPELINE_H
#define CLA_CLI_PIPELINE_H

#include "clara/collect.h"
#include "cli/cli.h"
#include "report/report.h"
#include "store/store.h"

struct cla_pipeline_opts {
	struct cla_month month;
	const char *output; /* folder of the bundle, NULL: <data_dir>/bundles */
	bool offline, rejudge;
	bool has_cutoff;
	struct cla_time cutoff;
	const char *record_dir;
	bool dry_run;
	uint64_t max_calls;
};

struct cla_missing {
	struct cla_str resource, uuid, reason; /* uuid absent for a listing */
};

/* Worth a word, though nothing is missing for it (clara/collect.h). */
struct cla_remarked {
	enum cla_remark what;
	struct cla_missing about;
};

struct cla_outcome {
	struct cla_arena arena; /* owns all texts */
	const struct cla_entity *entity;
	char month[16];
	uint64_t revision;
	bool is_new; /* a revision was made; false: the present one stands */
	/* the present one was judged by another rule pack: --rejudge makes the next */
	bool rules_changed;
	bool complete, open;
	struct cla_str bundle, statement; /* paths */
	struct cla_digest sha256;
	uint64_t transactions, reimbursements, documents;
	/* documents with verdict fail or warn, and charges without a document or with a wrong
	 * receiver */
	uint64_t findings;
	uint64_t failed, warned, unknown; /* documents by verdict */
	uint64_t charges_matched, charges_missing, charges_ambiguous, charges_other_receiver,
		reused;
	struct cla_missing *missing;
	size_t missing_count;
	struct cla_remarked *remarks; /* of collecting */
	size_t remark_count;
	struct cla_collect_result collected; /* zero with --offline */
	struct cla_str signer;		     /* fingerprint of the sealing key, hex */
	struct cla_str stamped_at;	     /* by a time-stamping authority; "" when not */
};
void cla_outcome_clear(struct cla_outcome *o);

/* Opens the data directory for writing and keeps it for all entities of a run. */
struct cla_pipeline;
CLA_USE bool cla_pipeline_open(struct cla_cli *cli, struct cla_pipeline **ret, struct cla_err *err);
void cla_pipeline_close(struct cla_pipeline *p);
struct cla_store *cla_pipeline_store(struct cla_pipeline *p);
/* The same store and judge on behalf of another `cli`, whose pauses and progress count: for what
 * takes turns with others. Ends before `p` is closed. */
CLA_USE bool cla_pipeline_share(struct cla_pipeline *p, struct cla_cli *cli,
				struct cla_pipeline **ret, struct cla_err *err);
void cla_pipeline_unshare(struct cla_pipeline *p);

/* Collects the month into the store. */
CLA_USE bool cla_pipeline_fetch(struct cla_pipeline *p, const struct cla_entity *entity,
				const struct cla_pipeline_opts *opts, struct cla_outcome *ret,
				struct cla_err *err);
/* Judges, matches, writes the bundle, statement and signature of what is stored. *ret is what
 * cla_pipeline_fetch() has just made of that month, or zero with --offline. An incomplete month is a
 * result (missing), not an error. */
CLA_USE bool cla_pipeline_bundle(struct cla_pipeline *p, const struct cla_entity *entity,
				 const struct cla_pipeline_opts *opts, struct cla_outcome *ret,
				 struct cla_err *err);
/* Judges and matches what is stored; `line` gets each object of `match --json`. */
typedef bool cla_pipeline_line_fn(void *ctx, struct cla_str json, struct cla_err *err);
CLA_USE bool cla_pipeline_match(struct cla_pipeline *p, const struct cla_entity *entity,
				const struct cla_pipeline_opts *opts, cla_pipeline_line_fn *line,
				void *ctx, struct cla_outcome *ret, struct cla_err *err);

/* Judges and matches what is stored, and lays it out; *report is the caller's to clear. */
CLA_USE bool cla_pipeline_report(struct cla_pipeline *p, const struct cla_entity *entity,
				 const struct cla_pipeline_opts *opts, struct cla_report *report,
				 struct cla_outcome *ret, struct cla_err *err);

/* One finding or gap of a month, for summaries: what a finance person is told. */
struct cla_highlight {
	struct cla_str merchant, amount, currency, date;
	/* Rule id, or "missing-document", "receiver-other", "receiver-sister", "reused",
	 * "ambiguous", "explained-tip" (discount, local-tax, cents, fx), "odd-name". About the month
	 * as a whole: "not-had", "statement-differs", "statement-unknown"; merchant is
	 * the resource then. */
	struct cla_str what;
	enum cla_verdict severity;   /* pass: a note, not a finding */
	const struct cla_text *text; /* of the rule, NULL otherwise */
	struct cla_str document;     /* original name, absent when none */
	struct cla_str detail;	     /* the equation of an explained difference, absent when none */
};
typedef void cla_highlight_fn(void *ctx, const struct cla_highlight *h);
/* Set before bundle or match; called once a finding or note: charges in order of uuid, then files.
 */
void cla_pipeline_highlight(struct cla_pipeline *p, cla_highlight_fn *fn, void *ctx);
#endif
