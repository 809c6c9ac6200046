/* verify/verify.h - checks a bundle to its last byte, trusting nothing that made it.
 *
 * Input is the tar and, beside it, the statement, its signature and the time-stamp over that
 * (<base>.statement.json, <base>.statement.p7s, <base>.seal.pem, <base>.statement.p7s.tsr and its
 * renewals <base>.statement.p7s.tsr.<n>.tsr). No
 * store, no configuration, no network. What must wait for the rest of the archive goes to a
 * temporary database (cla_db_open_temp): memory is the same for any month. Canonical bytes are
 * derived here and in tar/header.h from the format alone (design: bundle format 1;
 * docs/FORMATS.md); nothing of bundle/ is used.
 *
 * Checks in this order: statement's form, time-stamp, signature (its chain at the stamp's time, when
 * the stamp ends in the anchors, otherwise now), subject digest; tar bytes; bag files, both
 * manifests, Payload-Oxum; bundle.json, captures.jsonl, index.csv, rules.json; every evidence.json
 * against the members beside it, its row among them, and against bundle.json; Merkle root and tree
 * size; totals and listing sums; unknown, missing, doubled members. Every problem is reported, not
 * only the first.
 *
 * Members are named by their path below the top directory, files beside the tar by their file name.
 * What the format leaves open is not checked: the texts of VERIFY.txt and index.csv, the nested
 * values of `match`.
 *
 * Whether the bundle holds is a result (the report), not an error; err is for inputs that cannot be
 * read.
 */
#ifndef CLA_VERIFY_VERIFY_H
#define CLA_VERIFY_VERIFY_H

#include "base/arena.h"
#include "base/ctx.h"
#include "crypto/digest.h"

enum cla_verify_result {
	CLA_VERIFY_PASS,       /* every check held, statement and signature included */
	CLA_VERIFY_UNKNOWN,    /* no statement, or no signature: checked as far as it goes */
	CLA_VERIFY_FAIL,       /* at least one problem */
	CLA_VERIFY_NOT_BUNDLE, /* not a tar of ours at all */
};

struct cla_verify_problem {
	struct cla_verify_problem *next;
	const char *member; /* member or sidecar file name, "" for the archive as a whole */
	const char *field;
	const char *found;
	const char *due;
};

struct cla_verify_note {
	struct cla_verify_note *next;
	const char *text; /* English; for people */
};

/* Judges one fiscal document again: returns the canonical JSON array of verdicts that evidence.json
 * would hold for it. Handed in by cli/ for --replay, so that this stage knows nothing of fiscal/.
 */
typedef bool cla_verify_judge_fn(void *ctx, struct cla_str bytes, struct cla_time cutoff,
				 struct cla_buf *verdicts, struct cla_err *err);

/* With --replay: the rules.json and each certificate of data/certs/ are handed over before any
 * document is. A rules function that fails (other than for memory, I/O or interruption) says that
 * these are not the rules it judges by: differing verdicts are then notes, not problems. */
typedef bool cla_verify_rules_fn(void *ctx, struct cla_str rules_json, struct cla_err *err);
typedef bool cla_verify_cert_fn(void *ctx, struct cla_str der, struct cla_err *err);

struct cla_verify_opts {
	const char *trust_path;	 /* PEM anchors, or NULL */
	const char *sidecar_dir; /* where statement and signature are, NULL: beside the tar */
	struct cla_time now;
	cla_verify_judge_fn *judge; /* NULL: no replay */
	cla_verify_cert_fn *add_cert;
	cla_verify_rules_fn *rules;
	void *judge_ctx;
	uint64_t max_members; /* 0: the default of 2 million */
};

/* What the statement says of its place among others: see verify/chain.h. */
struct cla_verify_link {
	bool present; /* there is a statement that could be read */
	uint64_t seq, custody;
	struct cla_digest statement;
	char prev[64]; /* name; "" when it is the first */
	struct cla_digest prev_statement;
	char old[64]; /* name of what it supersedes; "" when that is nothing */
	struct cla_digest old_tar;
	/* SHA-256 over the leaves of the tree, sorted bytewise; and over those that it had before
	 * the changes, zero when it supersedes nothing */
	struct cla_digest leaves, old_leaves;
};

struct cla_verify_report {
	enum cla_verify_result result;
	struct cla_arena arena; /* owns all texts */
	struct cla_verify_problem *problems, **problems_end;
	struct cla_verify_note *notes, **notes_end;
	uint64_t problem_count; /* counts on when more than 10,000 are not listed */
	char base[96];
	struct cla_digest sha256; /* of the tar */
	uint64_t size, members, expenses, documents;
	char entity[64], month[16], tax_id[64], cutoff[32];
	uint64_t revision;
	bool complete; /* bundle.json names nothing missing */
	bool extract;  /* one expense of a bundle: see verify/extract.h */
	bool has_statement, has_signature, signer_anchored;
	char signer[CLA_DIGEST_HEX];	/* fingerprint of the signer's certificate, "" without */
	char stamped_at[CLA_TIME_TEXT]; /* by a time-stamp that holds, "" without */
	bool stamp_anchored;
	struct cla_verify_link link;
};

void cla_verify_report_clear(struct cla_verify_report *report);
#define cla_auto_verify_report CLA_CLEANUP(cla_verify_report_clear)

/* `path` "-" reads standard input (no sidecars then, unless `sidecar_dir` is given). `now` is used
 * for nothing but the validity of the signer's chain when anchors are given. */
CLA_USE bool cla_verify_bundle(const struct cla_ctx *ctx, const char *path,
			       const struct cla_verify_opts *opts, struct cla_verify_report *report,
			       struct cla_err *err);

#endif
