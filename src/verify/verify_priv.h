/* verify/verify_priv.h - shared between the files of verify/ only.
 *
 * One pass over the tar: members come in, control files are kept as text (capped), everything else
 * leaves a digest. What can be checked when a member ends is checked then; what needs the whole
 * archive waits for the finish, in a temporary database where it grows with the month. Members are named by their path below the top directory (`base`)
 * throughout.
 *
 * Problems are collected, never returned: the bool of these functions speaks of memory and input
 * only.
 */
#ifndef CLA_VERIFY_VERIFY_PRIV_H
#define CLA_VERIFY_VERIFY_PRIV_H

#include "base/buf.h"
#include "base/dec.h"
#include "crypto/merkle.h"
#include "db/db.h"
#include "json/json.h"
#include "json/parts.h"
#include "tar/walk.h"
#include "verify/verify.h"

#define CLA_VERIFY_BAGINFO_MAX ((size_t)64 * 1024)
#define CLA_VERIFY_BUNDLE_MAX ((size_t)256 << 20)
#define CLA_VERIFY_RULES_MAX ((size_t)64 << 20)
#define CLA_VERIFY_EVIDENCE_MAX ((size_t)16 << 20)
#define CLA_VERIFY_ROW_MAX ((size_t)16 << 20)
#define CLA_VERIFY_TOKENS_MAX 100000 /* of one evidence.json or row */
#define CLA_VERIFY_STATEMENT_MAX ((size_t)64 << 20)
#define CLA_VERIFY_SIDECAR_MAX ((size_t)1 << 20) /* signature, certificate */
#define CLA_VERIFY_CERT_MAX ((size_t)256 * 1024)
#define CLA_VERIFY_LINE_MAX ((size_t)64 * 1024)
#define CLA_VERIFY_ITEM_MAX ((size_t)64 * 1024) /* one entry of a list of bundle.json */
#define CLA_VERIFY_INDEX_MAX ((size_t)1 << 20)	/* bundle.json, statement without these entries */
#define CLA_VERIFY_ITEMS_MAX (CLA_VERIFY_BUNDLE_MAX / 32)
#define CLA_VERIFY_FILES_MAX 8192 /* beside one evidence.json, which could not list more */
#define CLA_VERIFY_SUMS_MAX ((size_t)16 << 20) /* texts of their keys */
#define CLA_VERIFY_JUDGED_MAX ((size_t)100 << 20)

struct cla_verify;

/* --- name.c --- */

enum cla_place {
	CLA_PLACE_UNKNOWN,
	CLA_PLACE_BAGIT,
	CLA_PLACE_BAGINFO,
	CLA_PLACE_MANIFEST,
	CLA_PLACE_TAGMANIFEST,
	CLA_PLACE_VERIFY_TXT,
	CLA_PLACE_BUNDLE,
	CLA_PLACE_CAPTURES,
	CLA_PLACE_INDEX_CSV,
	CLA_PLACE_INDEX_HTML,
	CLA_PLACE_RULES,
	CLA_PLACE_API,
	CLA_PLACE_CERT,
	CLA_PLACE_EVIDENCE,
	CLA_PLACE_FILE,
	CLA_PLACE_COUNT,
};

/* What a path says about its member. Slices borrow from the path. */
struct cla_member_name {
	enum cla_place place;
	bool is_tx;	     /* EVIDENCE, FILE: below data/tx/ */
	struct cla_str dir;  /* EVIDENCE, FILE: "data/tx/<uuid>" */
	struct cla_str uuid; /* EVIDENCE, FILE */
	struct cla_str role; /* FILE; API: the resource */
	struct cla_str ext;  /* FILE */
	bool has_digest;
	struct cla_digest digest; /* that the name promises */
};
void cla_member_name_read(struct cla_str path, struct cla_member_name *ret);
const char *cla_place_path(enum cla_place place); /* of a place that is one member; else NULL */

bool cla_role_is_known(struct cla_str role);
bool cla_resource_is_known(struct cla_str resource); /* below data/api/ */
bool cla_role_is_document(struct cla_str role);	     /* counted in totals.documents */
bool cla_role_is_row(struct cla_str role);	     /* of the API's list */

struct cla_base_name {
	char text[64]; /* the whole */
	char country[3];
	char slug[31];
	char month[8];
	uint64_t revision;
};
CLA_USE
bool cla_base_name_read(struct cla_str s, struct cla_base_name *ret);

/* --- state --- */

/* A file of an expense, or an answer. */
struct cla_verify_file {
	const char *path;
	uint64_t size;
	struct cla_digest digest;
	bool complete; /* all its bytes were there: digest and media are known */
	const char *media;
	bool listed; /* evidence.json names it */
};

struct cla_verify_expense {
	char uuid[37];
	bool is_tx;
	bool readable; /* evidence.json could be read: verdict is known */
	int verdict;   /* rank, see evidence.c */
	struct cla_digest leaf;
};

struct cla_verify_sum {
	const char *kind;
	struct cla_str type, status, currency; /* null reads as "" */
	uint64_t count;
	struct cla_dec amount;
};

/* The charges that name one billing statement. */
struct cla_verify_bill {
	char uuid[37]; /* lower case */
	bool listed;   /* in bundle.json's tieout */
	uint64_t count;
	struct cla_dec amount;
};

struct cla_verify_manifest {
	const char *path;
	bool payload;
	bool merge; /* members and lines are both sorted: they can be compared in one pass */
	struct cla_db_stmt *members;
	bool row; /* it stands on the first member not compared yet */
	char last[300];
};

/* The expense directory being read. */
struct cla_verify_group {
	bool open;
	bool is_tx;
	bool has_evidence;
	char dir[64];
	char uuid[37];
	/* its files, and their paths */
	struct cla_verify_file *files;
	size_t count, cap;
	struct cla_arena arena;
	struct cla_buf evidence;
	unsigned rows; /* those of the API that the expense is made of: one is due */
	char row_path[300];
	struct cla_buf row; /* the last one's bytes */
};

/* bundle.json. Slices borrow from its text or live in the arena; absent when missing or of another
 * type. */
struct cla_verify_index {
	struct cla_json_parts parts; /* its text without the entries of its lists */
	uint64_t items;		     /* these entries */
	bool bad;		     /* one of them is not canonical */
	bool readable;
	struct cla_str country, cutoff, entity, month, tax_id;
	struct cla_str totals, listing; /* JSON */
	uint64_t revision;
	bool open;
};

struct cla_verify_statement {
	bool present;
	bool bad; /* one of its changes is not canonical */
	bool readable;
	char name[96]; /* of its file */
	struct cla_buf text;
	struct cla_json_doc *doc;
};

struct cla_verify_lines {
	struct cla_buf line;
	uint64_t number;
	bool overlong;
};

struct cla_verify {
	const struct cla_ctx *ctx;
	const struct cla_verify_opts *opts;
	struct cla_verify_report *report;
	struct cla_arena arena;
	bool oom; /* a problem or note found no memory */
	size_t note_count;
	uint64_t input_size; /* 0 when not known */

	struct cla_hasher *hasher; /* of the member at hand */
	struct cla_hasher *whole;  /* of the archive */
	/* What the file's name says; text "" when it is no bundle's. */
	struct cla_base_name file_base;
	char base[64];			/* due top directory; "" until a name says it */
	struct cla_base_name base_name; /* what it says */
	bool unordered;
	int64_t mtime; /* that of the members, known after the walk; -1 without */

	struct cla_db *db;

	bool member_open;
	char path[300]; /* of the open member, and the rest up to sink */
	struct cla_member_name at;
	uint64_t size;
	struct cla_verify_file *file; /* it, among those of its expense; NULL: no such */
	struct cla_buf *sink;	      /* where its bytes go as text, NULL: nowhere */
	struct cla_buf start;	      /* its first bytes, when it is a file of an expense */
	bool seen[CLA_PLACE_COUNT];
	struct cla_verify_lines lines;
	struct cla_verify_manifest manifest;

	struct cla_buf small, baginfo, rules;
	struct cla_digest rules_digest;
	uint64_t payload_bytes, payload_count;

	struct cla_verify_index index;
	struct cla_verify_group group;
	uint64_t expenses, transactions, reimbursements, documents;
	bool any_capture;
	uint64_t last_capture;
	struct cla_verify_sum *sums;
	size_t sum_count, sum_cap;
	struct cla_arena sum_texts;
	struct cla_verify_bill *bills; /* sorted */
	size_t bill_count, bill_cap;
	struct cla_verify_statement statement;
	struct cla_buf anchors;
	uint64_t recorded; /* verdicts, for --replay */
};

/* --- verify.c --- */

void cla_verify_clear(struct cla_verify *v);
CLA_USE
bool cla_verify_anchors(struct cla_verify *v, struct cla_err *err);
enum cla_verify_result cla_verify_result_of(const struct cla_verify *v);

/* --- held.c: the temporary database --- */

CLA_USE
bool cla_verify_held_open(struct cla_verify *v, struct cla_err *err);
void cla_verify_bind_digest(struct cla_db_stmt *stmt, int at, const struct cla_digest *digest);

/* --- report.c --- */

void cla_verify_report_init(struct cla_verify_report *report);
/* Texts are copied, cut, and made printable. */
void cla_verify_problem(struct cla_verify *v, const char *member, const char *field,
			struct cla_str found, struct cla_str due);
void cla_verify_problemf(struct cla_verify *v, const char *member, const char *field,
			 const char *due, const char *found_fmt, ...) CLA_PRINTF(5, 6);
void cla_verify_differ(struct cla_verify *v, const char *member, const char *field,
		       const struct cla_digest *found, const struct cla_digest *due);
void cla_verify_differ_u64(struct cla_verify *v, const char *member, const char *field,
			   uint64_t found, uint64_t due);
void cla_verify_note_add(struct cla_verify *v, const char *fmt, ...) CLA_PRINTF(2, 3);

/* --- shape.c: canonical form, exact key sets and types --- */

enum cla_shape_type {
	CLA_SHAPE_ANY,
	CLA_SHAPE_STR,
	CLA_SHAPE_INT, /* not negative */
	CLA_SHAPE_BOOL,
	CLA_SHAPE_HEX,	/* lower-case digits, exactly `size` of them */
	CLA_SHAPE_TIME, /* YYYY-MM-DDThh:mm:ssZ */
	CLA_SHAPE_DATE,
	CLA_SHAPE_UUID,
	CLA_SHAPE_CHOICE, /* one of `choices` */
	CLA_SHAPE_ARRAY,  /* of `item` */
	CLA_SHAPE_OBJECT, /* with exactly `fields` */
	CLA_SHAPE_MAP,	  /* any keys, values of `item` */
};

struct cla_shape;
struct cla_shape_field {
	const char *key;
	const struct cla_shape *shape;
};
struct cla_shape {
	enum cla_shape_type type;
	bool nullable;
	size_t size;
	const char *const *choices; /* NULL-terminated */
	const struct cla_shape *item;
	const struct cla_shape_field *fields; /* up to a NULL key */
};

/* Parts of an initialiser: an object of these {key, shape}, an array of that. */
#define CLA_FIELDS(...)                                                                            \
	.type = CLA_SHAPE_OBJECT, .fields = (const struct cla_shape_field[])                       \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			NULL, NULL                                                                 \
		}                                                                                  \
	}
#define CLA_LIST(...)                                                                              \
	.type = CLA_SHAPE_ARRAY, .item = &(const struct cla_shape)                                 \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

extern const struct cla_shape cla_shape_any, cla_shape_str, cla_shape_str_or_null, cla_shape_int,
	cla_shape_int_or_null, cla_shape_bool, cla_shape_digest, cla_shape_digest_or_null,
	cla_shape_time, cla_shape_date, cla_shape_uuid, cla_shape_kind, cla_shape_verdict,
	cla_shape_strings, cla_shape_ints;

/* Each departure is a problem with `field` = place in the document. True when there was none. */
bool cla_shape_check(struct cla_verify *v, const char *member, const char *field,
		     const struct cla_json *node, const struct cla_shape *shape);

/* *good is false after a problem. */
CLA_USE
bool cla_verify_canonical(struct cla_verify *v, const char *member, const char *field,
			  struct cla_str text, bool *good, struct cla_err *err);
/* A tree takes some hundred bytes a token: hostile text could make it fill the memory. */
bool cla_verify_few_tokens(struct cla_str text, size_t max);
/* Canonical form, at most `max_tokens` tokens, then parsed; *ret stays NULL after a problem. */
CLA_USE
bool cla_verify_parse(struct cla_verify *v, const char *member, const char *field,
		      struct cla_str text, size_t max_tokens, struct cla_json_doc **ret,
		      struct cla_err *err);

/* --- bag.c --- */

typedef bool cla_verify_line_fn(struct cla_verify *v, struct cla_str line, struct cla_err *err);
CLA_USE
bool cla_verify_lines_feed(struct cla_verify *v, struct cla_str bytes, const char *member,
			   cla_verify_line_fn *fn, struct cla_err *err);
void cla_verify_lines_end(struct cla_verify *v, const char *member);

void cla_verify_bagit(struct cla_verify *v, struct cla_str text);
void cla_verify_baginfo(struct cla_verify *v);
CLA_USE
bool cla_verify_manifest_begin(struct cla_verify *v, const char *path, bool payload,
			       struct cla_err *err);
cla_verify_line_fn cla_verify_manifest_line;
CLA_USE
bool cla_verify_manifest_end(struct cla_verify *v, struct cla_err *err);

/* --- captures.c --- */

cla_verify_line_fn cla_verify_capture_line;
/* Each number of the array must be a capture and, unless `sha256` is NULL, one of them must have
 * stored these bytes; no captures at all is fine (an imported file). */
CLA_USE
bool cla_verify_captures_hold(struct cla_verify *v, const char *member, const char *field,
			      const struct cla_json *captures, const struct cla_digest *sha256,
			      struct cla_err *err);

/* --- evidence.c --- */

int cla_verdict_rank(struct cla_str name); /* -1 when it is none */
const char *cla_verdict_of_rank(int rank);
/* Holds the entry of a list that names a file by {captures, sha256, size} against the file. `said`
 * is what the entry calls it, `due` what its path does; `whole`: the file is all of what some
 * answer brought. */
CLA_USE
bool cla_verify_listed(struct cla_verify *v, const char *member, const char *field,
		       const struct cla_json *entry, struct cla_str said, struct cla_str due,
		       const struct cla_verify_file *file, bool whole, struct cla_err *err);
void cla_verify_group_open(struct cla_verify *v);
/* The open member is one of the group's files. */
CLA_USE
bool cla_verify_group_add(struct cla_verify *v, struct cla_err *err);
CLA_USE
bool cla_verify_group_close(struct cla_verify *v, struct cla_err *err);
/* The expenses in the tree's order, one after another. */
CLA_USE
bool cla_verify_expenses(struct cla_verify *v, struct cla_db_stmt **ret, struct cla_err *err);
CLA_USE
bool cla_verify_expense_next(struct cla_db_stmt *expenses, struct cla_verify_expense *ret,
			     bool *more, struct cla_err *err);

/* --- facts.c --- */

CLA_USE
bool cla_verify_facts(struct cla_verify *v, const char *evidence, const struct cla_json *facts,
		      struct cla_err *err);

/* --- sums.c: amounts by kind, type, status and currency --- */

/* The key that a row's facts, or an entry of bundle.json's sums, belong to; slices are borrowed. */
struct cla_verify_sum cla_verify_sum_key(bool is_tx, const struct cla_json *object);
int cla_verify_sum_cmp(const struct cla_verify_sum *a, const struct cla_verify_sum *b);
CLA_USE
bool cla_verify_sum_add(struct cla_verify *v, const struct cla_json *facts, struct cla_err *err);

/* --- tieout.c --- */

extern const struct cla_shape cla_verify_tieout_shape; /* one entry */
CLA_USE
bool cla_verify_bill_add(struct cla_verify *v, const struct cla_json *facts, struct cla_err *err);
/* One entry; `last`: the statement of the one before. */
CLA_USE
bool cla_verify_tieout(struct cla_verify *v, const char *field, const struct cla_json *entry,
		       char last[37], struct cla_err *err);
/* Behind the last one. */
void cla_verify_tieout_end(struct cla_verify *v);

/* --- index.c --- */

CLA_USE
bool cla_verify_index_begin(struct cla_verify *v, struct cla_err *err);
cla_json_part_fn cla_verify_index_part;
CLA_USE
bool cla_verify_index_read(struct cla_verify *v, struct cla_err *err);
CLA_USE
bool cla_verify_index_check(struct cla_verify *v, struct cla_err *err);

/* --- statement.c --- */

/* Reads statement, signature and certificate of that base beside the tar; absent ones are noted. */
CLA_USE
bool cla_verify_statement_read(struct cla_verify *v, const char *dir, const char *base,
			       struct cla_err *err);
CLA_USE
bool cla_verify_statement_check(struct cla_verify *v, struct cla_err *err);
/* What it says by itself: types, names, chains. */
CLA_USE
bool cla_verify_statement_form(struct cla_verify *v, struct cla_err *err);

/* --- replay.c --- */

CLA_USE
bool cla_verify_record(struct cla_verify *v, const struct cla_json *verdicts, struct cla_str text,
		       struct cla_err *err);
CLA_USE
bool cla_verify_replay(struct cla_verify *v, int fd, uint64_t max_members, struct cla_err *err);

#endif
