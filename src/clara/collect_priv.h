/* clara/collect_priv.h - what the files of the collector share: the run, its walks, its jobs.
 *
 *	collect.c  the run as a whole: opening, the end, what came of it
 *	walk.c     page after page of a listing; tells new, changed and known rows apart
 *	pages.c    the pages of a list that were had
 *	detail.c   documents, invoices and extracted documents of a transaction
 *	context.c  statements, cards, users, labels: what a month as a whole is seen against
 *	file.c     what lies behind download links
 *	fallback.c what these did not bring, through the API
 *	note.c     every attempt into the journal, every answer into the store
 */
#ifndef CLA_CLARA_COLLECT_PRIV_H
#define CLA_CLARA_COLLECT_PRIV_H

#include "base/arena.h"
#include "clara/collect.h"
#include "clara/record.h"
#include "clara/rowmap.h"
#include "clara/session.h"
#include "json/json.h"
#include "model/api.h"
#include "model/plan.h"

#define CLA_RUN_MAX_PENDING 1000 /* jobs; beyond it no further page is asked for */
#define CLA_RUN_MAX_KEY (64u << 10)
#define CLA_RUN_FILES 1024 /* chains of downloads under way */
#define CLA_RUN_OPEN_DAYS 60
#define CLA_RUN_ALWAYS ((struct cla_time){ INT64_MAX, 0 })

#define CLA_WALK_SETS 3		  /* sets of rows of a walk */
#define CLA_WALK_AHEAD 16	  /* pages asked for at a time, where their number is known */
#define CLA_CONTEXT_STATEMENTS 64 /* that concern one month */

struct cla_run;

/* A page of a list: its resource key, and what the store keeps of it. */
struct cla_page_had {
	struct cla_page_had *next;
	struct cla_str key;
	struct cla_digest object;
};

/* The good ones, in order, in somebody's arena. */
struct cla_pages {
	struct cla_page_had *first, *last;
	size_t count;
	struct cla_time newest; /* capture that counts */
};

/* The way through the pages of one listing. */
struct cla_walk {
	struct cla_run *run;
	enum cla_resource resource;
	const char *items_key;
	enum cla_expense_kind kind;
	/* sets of rows, in run->rows */
	unsigned settled; /* whose details were all had when a run last ended well */
	unsigned listed;  /* as last listed, where that is later than settled */
	unsigned rows;	  /* of this run */
	/* this round */
	uint32_t round; /* from 1 */
	unsigned tries; /* rounds since the listing, or its confirmation, was begun */
	uint64_t received, unique;
	uint64_t total_first, total_last;
	bool has_total, total_moved;
	unsigned empty; /* empty pages in a row */
	struct cla_pages pages;
	struct cla_arena arena; /* of the pages */
	unsigned failed;	/* pages that could not be had */
	unsigned bad_rows;
	bool outside;	    /* a row is not of the month that was asked for */
	const char *broken; /* why the walk cannot be trusted */
	/* Pages are asked for side by side and taken in order. */
	uint64_t next_page, turn;	       /* to be asked for, to be taken */
	unsigned asked;			       /* those between */
	struct cla_job *early[CLA_WALK_AHEAD]; /* that came before their turn, by page */
	unsigned lap;			       /* answers to an earlier one are nobody's */
	/* the walk as a whole */
	uint64_t known_pages; /* by the newest total, 0: none was named */
	bool paused, ended;
	/* the listing once more, when all that it led to has been had */
	bool confirming, confirmed, last_time;
	uint32_t base_round;  /* the round before, 0: none */
	uint64_t base_unique; /* its rows */
	uint64_t changes;     /* rows that it did not have, or not so */
	uint64_t new_rows, changed_rows;
	char reason[32]; /* of the first page's failure */
};

/* The lists of the context: those of the company, and the statements that concern the month. */
struct cla_context {
	struct cla_list *lists;
	struct cla_arena arena;
	/* uuids of statements, as rows and their list name them; the last one is too many */
	uint8_t statements[CLA_CONTEXT_STATEMENTS + 1][16];
	size_t named, asked;
	bool statements_listed; /* or given up */
	unsigned statement_gaps;
};

struct cla_run {
	const struct cla_ctx *ctx;
	struct cla_store *store;
	const struct cla_entity *entity;
	const struct cla_collect_opts *opts;
	struct cla_str name; /* the entity's */
	char month[16];
	struct cla_session *session;
	struct cla_record *record;
	struct cla_walk walks[2];
	struct cla_rowmap *rows; /* of the walks */
	struct cla_hasher *hasher;
	struct cla_buf key, shown, query_keys; /* of the attempt being noted */
	struct cla_context context;
	struct cla_job *files[CLA_RUN_FILES]; /* downloads under way, by their keys */
	uint64_t first_n;		      /* ordinal of the run's first attempt, 0: none yet */
	unsigned parts;			      /* files that broke off and are to be gone on with */
	struct cla_job *fallbacks;	      /* files to be had through the API */
	unsigned fallbacks_in_flight;
	bool fallbacks_fed;
	bool fallbacks_known, no_fallbacks; /* whether a file was ever had that way */
	struct cla_collect_result result;
	uint64_t pending, ended; /* jobs */
	struct cla_time latest;	 /* newest attempt */
	struct cla_time server;	 /* newest `Date` of an answer */
	bool stale_left;	 /* a changed row's answer could not be had anew */
};

/* One resource on its way in. */
struct cla_job {
	struct cla_call call; /* first: callbacks get this and mean the job */
	struct cla_run *run;
	enum cla_resource resource;
	char uuid[40]; /* expense; of a download its attachment, if that has a uuid */
	uint64_t page;
	struct cla_walk *walk;
	unsigned lap;	   /* of the walk */
	const char *ended; /* page: why it could not be had, NULL: it was */
	struct cla_list *list;
	char *target;
	bool replaces;		  /* an earlier answer is held, and may be out of date */
	struct cla_digest before; /* what the store keeps of the page before, if there is one */
	/* API */
	struct cla_json_doc *doc;
	struct cla_buf stored; /* the answer in its stored form */
	struct cla_digest object;
	struct cla_time counts_from; /* time of the capture that counts */
	struct cla_job *waiting;     /* a download that asked for a fresh link; the next fallback */
	char gap[32];		     /* fallback: why the link did not bring the file */
	/* downloads */
	struct cla_job *next_file;
	struct cla_digest key;
	struct cla_put *put;
	char attachment[40]; /* uuid, "" when none */
	enum cla_resource source;
	char expense[40];
	uint64_t source_page;
	unsigned refreshes;
	struct cla_time link_end;
	bool link_ends; /* link_end is known */
	bool fresh;	/* the link came just now */
	bool link_died; /* refused at the last attempt */
	uint64_t have;	/* bytes in `put` */
	int64_t total;	/* announced, -1: not */
	char etag[128]; /* strong, "" without */
	bool taking;	/* the body under way is the file's */
	bool mismatch;	/* it is a part that was not asked for */
};

/* A job of this kind with its target set; NULL after failing the session. */
struct cla_job *cla_job_new(struct cla_run *run, enum cla_resource resource,
			    const struct cla_call_ops *ops, struct cla_str target);
/* The job is over: progress, and the pages that waited for room. */
void cla_job_end(struct cla_job *job);
void cla_run_fail(struct cla_run *run, const struct cla_err *err);
void cla_run_missing(struct cla_run *run, struct cla_str what, const char *uuid,
		     const char *reason);
void cla_run_remark(struct cla_run *run, enum cla_remark what, enum cla_resource resource,
		    const char *uuid, const char *reason);

/* ---- note.c ------------------------------------------------------------------ */

/* What an attempt brought. */
struct cla_brought {
	struct cla_digest body_sha256;
	uint64_t body_size;
	bool stored;
	struct cla_digest stored_sha256, identity;
	uint64_t stored_size;
};

/* The capture that counts for a target or URL now; *held: it is good and its bytes are there. */
CLA_USE bool cla_run_current(struct cla_run *run, enum cla_resource resource,
			     struct cla_str target_or_url, struct cla_arena *arena,
			     struct cla_capture *ret, bool *held, struct cla_err *err);
/* Journals one attempt. `answer` NULL: none was made. A failure fails the session. */
void cla_run_note(struct cla_run *run, enum cla_resource resource, struct cla_str uuid,
		  struct cla_str target_or_url, const struct cla_net_answer *answer,
		  unsigned attempt, const char *reason, const struct cla_brought *brought);
/* The `attempt` callback of API jobs: judges, stores and journals. Afterwards job->doc and
 * job->stored are set when good. */
const char *cla_job_api_attempt(struct cla_call *call, const struct cla_net_answer *answer,
				const char *reason);
/* For what is held already and not asked again: into the recording, if there is one. */
void cla_run_record_held(struct cla_run *run, struct cla_str target_or_url,
			 const struct cla_capture *capture);

/* ---- pages.c ----------------------------------------------------------------- */

/* The page that the job has brought is one more. */
CLA_USE bool cla_pages_keep(struct cla_pages *pages, struct cla_arena *arena,
			    const struct cla_job *job, struct cla_err *err);
/* Their keys into room for pages->count of them. */
void cla_pages_keys(const struct cla_pages *pages, struct cla_str *keys);

/* ---- walk.c ------------------------------------------------------------------ */

void cla_walk_init(struct cla_run *run, struct cla_walk *walk, enum cla_resource resource);
void cla_walk_clear(struct cla_walk *walk);
/* What was listed before, then the first page. */
CLA_USE bool cla_walk_start(struct cla_walk *walk, struct cla_err *err);
void cla_walk_resume(struct cla_walk *walk);
/* Walks the listing again from its first page, and compares. Does nothing for one that is
 * confirmed, or that could not be had. *again: a walk was begun. */
void cla_walk_confirm(struct cla_walk *walk, bool last_time, bool *again);
/* Keeps what was listed as the state that the next run compares with. */
CLA_USE bool cla_walk_settle(struct cla_walk *walk, struct cla_err *err);

/* ---- detail.c ---------------------------------------------------------------- */

/* How far an answer held for a row can be trusted. */
struct cla_row_state {
	bool known;  /* the row is as it was when all its details were had */
	bool listed; /* the row is as it was last listed, at `listed_s` */
	int64_t listed_s;
};
void cla_want_details(struct cla_run *run, const struct cla_row *row,
		      const struct cla_row_state *state);
/* Asks for `source` again on behalf of a download whose link has died. False when it cannot be
 * asked. */
CLA_USE bool cla_want_fresh_link(struct cla_job *file);

/* ---- context.c --------------------------------------------------------------- */

/* Something optional that could not be had. */
void cla_run_gap(struct cla_run *run, enum cla_resource resource, const char *uuid,
		 const char *reason);
/* A statement that a row stands on; nothing when it is no uuid. Beyond CLA_CONTEXT_STATEMENTS only
 * that there are more is remembered, which is a gap. */
void cla_context_name_statement(struct cla_run *run, struct cla_str uuid);
/* Asks for what is not held, or may have changed: rows of the month did, or it is not over. */
CLA_USE bool cla_context_start(struct cla_run *run, struct cla_err *err);
/* Statements that rows have named since. */
CLA_USE bool cla_context_go_on(struct cla_run *run, struct cla_err *err);
/* Keeps that all about the statements was had, if it was. */
CLA_USE bool cla_context_settle(struct cla_run *run, struct cla_err *err);
void cla_context_clear(struct cla_context *context);
/* Whether the month was not over when the server last spoke. */
bool cla_run_month_is_open(const struct cla_run *run);

/* ---- file.c ------------------------------------------------------------------ */

enum cla_file_state {
	CLA_FILE_NO_LINK,
	CLA_FILE_BAD_URL,
	CLA_FILE_NOT_ALLOWED,
	CLA_FILE_HELD,
	CLA_FILE_WANTED,
};
CLA_USE bool cla_file_look(struct cla_run *run, const struct cla_attachment *a,
			   enum cla_file_state *ret, struct cla_err *err);

/* ---- fallback.c -------------------------------------------------------------- */

/* A link did not bring its file: asks the API for it, and reports it missing (as `uuid`, for that
 * reason) when that fails too. `attachment` is its uuid, absent when it has none. */
void cla_file_not_had(struct cla_run *run, struct cla_str attachment, const char *uuid,
		      const char *reason);
/* Whether the file was had that way before. */
CLA_USE bool cla_fallback_held(struct cla_run *run, struct cla_str attachment, bool *held,
			       struct cla_err *err);

/* Where a link comes from, so that a fresh one can be asked for. */
struct cla_link_source {
	enum cla_resource resource;
	struct cla_str expense; /* uuid */
	uint64_t page;
};
/* Fetches the files that the answer or row `root` of source->resource links to, unless they are
 * held. */
void cla_want_files(struct cla_run *run, const struct cla_json *root,
		    const struct cla_link_source *source);
/* Calls fn for each attachment of an answer or row. */
typedef void cla_link_fn(void *ctx, const struct cla_attachment *a);
void cla_each_link(enum cla_resource resource, const struct cla_json *root, cla_link_fn *fn,
		   void *ctx);
/* The answer to cla_want_fresh_link(), or why there is none. */
void cla_file_refreshed(struct cla_job *file, const char *reason, const struct cla_json *root);

#endif
