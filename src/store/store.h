/* store/store.h - one data directory: objects, journal, custody log, catalogue, keys, lock.
 *
 *	objects/sha256/ab/cdef…   immutable, read-only, hashed when written and again when read
 *	journal                   append-only lines, each hashed into the next: what was asked and what came
 *	custody.jsonl             the same, for events: struct cla_event
 *	catalogue.sqlite          an index over the journal, made again from it when missing or behind
 *	bundles/ keys/ certs/ tmp/ lock
 *
 * Objects become durable in batches of 64 or of a second: one sync for what was written, then the
 * journal lines that refer to it, and their sync. A thread of the store's own does that while the
 * caller goes on; what comes meanwhile makes further batches, a few of which may wait: they share
 * the next sync. The catalogue is committed every few thousand lines or two seconds;
 * cla_store_flush() does all of it and waits. So the journal never names an object that a crash can
 * take away, and the catalogue never knows more than the journal. A kill at any instant loses nothing
 * that was flushed and leaves nothing half-written visible.
 *
 * A store opened for writing holds the lock until closed (CLA_ERR_LOCKED when another does). One
 * thread at a time may call it; what fails in the background fails a later call.
 */
#ifndef CLA_STORE_STORE_H
#define CLA_STORE_STORE_H

#include "base/ctx.h"
#include "model/capture.h"
#include "model/finding.h"
#include "model/media.h"

struct cla_store;
struct cla_put;

/* CLA_STORE_REBUILD writes, and makes the catalogue anew from the journal as it is, whatever an
 * earlier catalogue knew of it. */
enum cla_store_mode { CLA_STORE_READ, CLA_STORE_WRITE, CLA_STORE_REBUILD };

/* For writing, creates the folders (0700) when they are not there; for reading they must be
 * (CLA_ERR_NOT_FOUND). Recovers: cuts a torn last journal line, replays what the catalogue lacks.
 * CLA_ERR_INTEGRITY when the journal's chain is broken elsewhere. */
CLA_USE bool cla_store_open(const struct cla_ctx *ctx, const char *data_dir,
			    enum cla_store_mode mode, struct cla_store **ret, struct cla_err *err);
void cla_store_close(struct cla_store *store);
static inline void cla_store_closep(struct cla_store **store)
{
	cla_store_close(*store);
	*store = NULL;
}
#define cla_auto_store CLA_CLEANUP(cla_store_closep)
const char *cla_store_dir(const struct cla_store *store);
bool cla_store_writes(const struct cla_store *store); /* not opened for reading */

/* ---- objects ---- */

/* NULL with err on failure. A put ends in commit or abort; abort accepts NULL. */
struct cla_put *cla_store_begin(struct cla_store *store, struct cla_err *err);
CLA_USE bool cla_store_write(struct cla_put *put, struct cla_str bytes, struct cla_err *err);
/* Ends the put whatever happens. *existed (may be NULL): the bytes were there already - a result,
 * not an error. The object is readable at once and durable after the next flush. */
CLA_USE bool cla_store_commit(struct cla_put *put, struct cla_digest *ret, uint64_t *size,
			      bool *existed, struct cla_err *err);
void cla_store_abort(struct cla_put *put);
/* The bytes written so far, to be looked at before that is decided: a descriptor of the caller's,
 * which outlives the put; or appended to `out`. */
CLA_USE bool cla_put_reopen(struct cla_put *put, int *fd, struct cla_err *err);
CLA_USE bool cla_put_read(struct cla_put *put, struct cla_buf *out, struct cla_err *err);
/* The first CLA_MEDIA_PREFIX bytes of them, borrowed until more are written or the put ends. */
struct cla_str cla_put_start(const struct cla_put *put);
CLA_USE bool cla_store_put(struct cla_store *store, struct cla_str bytes, struct cla_digest *ret,
			   struct cla_err *err);

bool cla_store_has(struct cla_store *store, const struct cla_digest *id);
/* Appends the object; hashed on the way: CLA_ERR_INTEGRITY names the object when it is not what its
 * name says, CLA_ERR_NOT_FOUND when it is missing (CLA_ERR_INTEGRITY when the journal refers to
 * it). */
CLA_USE bool cla_store_get(struct cla_store *store, const struct cla_digest *id,
			   struct cla_buf *out, struct cla_err *err);
/* In pieces, for large ones; the mismatch is reported after the last piece. */
typedef bool cla_store_sink(void *ctx, struct cla_str bytes, struct cla_err *err);
CLA_USE bool cla_store_stream(struct cla_store *store, const struct cla_digest *id,
			      cla_store_sink *sink, void *ctx, struct cla_err *err);
/* Its first bytes, at most what `out` may still take and `max`: unchecked, for naming by content
 * only. */
CLA_USE bool cla_store_peek(struct cla_store *store, const struct cla_digest *id, size_t max,
			    struct cla_buf *out, struct cla_err *err);

/* ---- journal and catalogue ---- */

uint64_t cla_store_next_n(struct cla_store *store); /* takes an ordinal */

/* Queues the capture for the next flush. `reaffirmed` (may be NULL): the current capture of that
 * resource holds equal bytes, so this one is only noted. Becomes durable by itself
 * (see above). */
CLA_USE bool cla_store_capture(struct cla_store *store, const struct cla_capture *c,
			       bool *reaffirmed, struct cla_err *err);

/* Records that a month's listing is complete: which resource keys make up its pages, in order.
 * Replaces the earlier one. `reason` NULL: complete; else why it could not be walked to its end. */
CLA_USE bool cla_store_listing(struct cla_store *store, struct cla_str entity, struct cla_str month,
			       struct cla_str resource, const struct cla_str *keys, size_t count,
			       const char *reason, struct cla_time time, struct cla_err *err);
CLA_USE bool cla_store_flush(struct cla_store *store, struct cla_err *err);

/* The capture that counts for a resource at `cutoff` (later ones do not exist); *found false when
 * there is none. A failed attempt counts only while nothing better was ever had. Slices live in the
 * arena. */
CLA_USE bool cla_store_current(struct cla_store *store, struct cla_str entity, struct cla_str key,
			       struct cla_time cutoff, struct cla_arena *arena,
			       struct cla_capture *ret, bool *found, struct cla_err *err);
/* Whether there is a capture at all of a resource whose key begins so. */
CLA_USE bool cla_store_any(struct cla_store *store, struct cla_str entity, struct cla_str prefix,
			   bool *ret, struct cla_err *err);
/* All captures about an expense or attachment, by increasing ordinal: `uuid` stands in the address
 * or the line. `same`: it only repeated what was held. */
typedef bool cla_about_fn(void *ctx, const struct cla_capture *c, bool same, struct cla_err *err);
CLA_USE bool cla_store_about(struct cla_store *store, struct cla_str uuid, cla_about_fn *fn,
			     void *ctx, struct cla_err *err);
/* The page keys of a listing in force at `cutoff`. */
struct cla_listing {
	struct cla_str *keys;
	size_t count;
	bool complete, found;
	struct cla_str reason; /* why it is not complete; absent when it is */
	struct cla_time time;
};
CLA_USE bool cla_store_get_listing(struct cla_store *store, struct cla_str entity,
				   struct cla_str month, struct cla_str resource,
				   struct cla_time cutoff, struct cla_arena *arena,
				   struct cla_listing *ret, struct cla_err *err);

/* A file from elsewhere. */
struct cla_import {
	struct cla_digest object;
	uint64_t size;
	struct cla_str name; /* original name, "outer/inner" for one out of another: data only */
	const struct cla_digest *of; /* the file that it came out of, or NULL */
	bool outer;		     /* others came out of this one; it is no document itself */
	struct cla_time time;
};
/* Noted once per object. *new_here: neither a capture nor an import had brought these bytes. */
CLA_USE bool cla_store_import(struct cla_store *store, const struct cla_import *in, bool *new_here,
			      struct cla_err *err);
/* The documents among them, by object. */
typedef bool cla_import_fn(void *ctx, const struct cla_digest *id, uint64_t size,
			   struct cla_str name, struct cla_time time, struct cla_err *err);
CLA_USE bool cla_store_imports(struct cla_store *store, cla_import_fn *fn, void *ctx,
			       struct cla_err *err);
/* The one with these bytes; fn is not called when there is none. */
CLA_USE bool cla_store_imported(struct cla_store *store, const struct cla_digest *id,
				cla_import_fn *fn, void *ctx, struct cla_err *err);

/* ---- verdicts ---- */

/* Kept under (object, rule pack, certificate set). Not in the journal: they can be made again. */
CLA_USE bool cla_store_verdict_get(struct cla_store *store, const struct cla_digest *object,
				   const struct cla_digest *rules, const struct cla_digest *certs,
				   struct cla_judgement *ret, bool *found, struct cla_err *err);
CLA_USE bool cla_store_verdict_put(struct cla_store *store, const struct cla_digest *object,
				   const struct cla_digest *rules, const struct cla_digest *certs,
				   const struct cla_judgement *j, struct cla_err *err);

/* Where a fiscal document (stamp UUID or access key) was seen, over all months and entities: for
 * reuse. */
struct cla_use {
	struct cla_str entity, month, kind, uuid; /* kind "tx" or "reimbursement" */
	struct cla_digest object;
};
CLA_USE bool cla_store_use_put(struct cla_store *store, struct cla_str doc_id,
			       const struct cla_use *use, struct cla_err *err);
typedef bool cla_use_fn(void *ctx, const struct cla_use *use, struct cla_err *err);
/* Uses of the same document id, or of the same bytes. */
CLA_USE bool cla_store_uses(struct cla_store *store, struct cla_str doc_id,
			    const struct cla_digest *object, cla_use_fn *fn, void *ctx,
			    struct cla_err *err);

/* ---- bundles and custody ---- */

struct cla_issued {
	struct cla_str entity, month, base, file; /* file: the tar's path as issued */
	uint64_t revision, seq;
	/* but for the archive these are objects as well: what lies beside it can be written anew */
	struct cla_digest tar_sha256, statement_sha256, signature_sha256, seal_sha256;
	/* what the revision rests on: equal evidence gives no new revision */
	struct cla_digest evidence;
	struct cla_digest rules;
	/* object that holds data/bundle.json, to tell later what changed */
	struct cla_digest index;
	struct cla_time cutoff, time;
	/* Recovered from the bundle itself: the highest ordinal that it names. Else 0. */
	uint64_t last_n;
};
CLA_USE bool cla_store_issue(struct cla_store *store, const struct cla_issued *b,
			     struct cla_err *err);
/* The latest revision of a month; and the latest statement of an entity (highest seq). */
CLA_USE bool cla_store_issued(struct cla_store *store, struct cla_str entity, struct cla_str month,
			      struct cla_arena *arena, struct cla_issued *ret, bool *found,
			      struct cla_err *err);
CLA_USE bool cla_store_last_issued(struct cla_store *store, struct cla_str entity,
				   struct cla_arena *arena, struct cla_issued *ret, bool *found,
				   struct cla_err *err);
typedef bool cla_issued_fn(void *ctx, const struct cla_issued *b, struct cla_err *err);
CLA_USE bool cla_store_each_issued(struct cla_store *store, cla_issued_fn *fn, void *ctx,
				   struct cla_err *err);

/* One thing that happened: what the custody log tells an auditor. */
struct cla_event {
	const char *
		type; /* fetched, re-affirmed, stored, imported, validated, bundled, stamped, verified, rotated, rebuilt */
	struct cla_str entity;		 /* "" where it concerns none */
	const struct cla_digest *object; /* whose bytes it is about, or NULL */
	struct cla_str subject;		 /* the rest in words, English */
	struct cla_time time;
	/* Flushes, and names the journal's last line: what the event tells of is exactly in the
	 * lines up to it. */
	bool anchored;
};
/* Appends it: canonical JSON, hashed into the next line. Durable after the next flush. */
CLA_USE bool cla_store_custody(struct cla_store *store, const struct cla_event *e,
			       struct cla_err *err);
CLA_USE bool cla_store_custody_head(struct cla_store *store, uint64_t *n, struct cla_digest *head,
				    struct cla_err *err);

/* An event as the log has it; slices absent where the line has null. */
struct cla_event_line {
	struct cla_str text; /* the line, canonical JSON */
	struct cla_str type, entity, object, subject, time;
};
typedef bool cla_event_fn(void *ctx, const struct cla_event_line *e, struct cla_err *err);

struct cla_checked {
	uint64_t journal_lines, custody_lines;
	uint64_t anchors;    /* events that name the journal's head of their time: all hold */
	uint64_t statements; /* issued statements that name the custody log's head: all hold */
	uint64_t lost;	     /* anchors behind which the journal lost lines, as a rebuild told */
};
/* Reads custody log and journal from their first line and checks both chains, the journal against
 * the heads that events name, the custody log against the heads that issued statements name; `fn`
 * (may be NULL) sees each event on the way. CLA_ERR_INTEGRITY names the line. */
CLA_USE bool cla_store_check(struct cla_store *store, cla_event_fn *fn, void *ctx,
			     struct cla_checked *ret, struct cla_err *err);

/* keys/<name>: read, or made by `make` at first need and written 0600. `out` is appended to. */
typedef bool cla_key_make_fn(void *ctx, struct cla_buf *out, struct cla_err *err);
CLA_USE bool cla_store_key(struct cla_store *store, const char *name, cla_key_make_fn *make,
			   void *ctx, struct cla_buf *out, struct cla_err *err);

/* keys/<name> becomes these bytes, whole or not at all, 0600, whatever was there. */
CLA_USE bool cla_store_key_put(struct cla_store *store, const char *name, struct cla_str bytes,
			       struct cla_err *err);

#endif
