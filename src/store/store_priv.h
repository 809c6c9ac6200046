/* store/store_priv.h - what the files of store/ share: the open directory, the chained logs, the
 * catalogue. */
#ifndef CLA_STORE_STORE_PRIV_H
#define CLA_STORE_STORE_PRIV_H

#include "base/file.h"
#include "crypto/digest.h"
#include "db/db.h"
#include "json/json.h"
#include "json/out.h"
#include "store/store.h"

#define CLA_STORE_BATCH 64
#define CLA_STORE_BATCH_MS 1000
#define CLA_STORE_HASHERS 16
/* The catalogue is committed less often: what it lacks is in the journal. */
#define CLA_STORE_COMMIT 4096
#define CLA_STORE_COMMIT_MS 2000
/* The longest data of a line: a listing of CLA_PLAN_MAX_PAGES pages fits. The line around it is a
 * little longer. */
#define CLA_STORE_MAX_LINE (4u << 20)
#define CLA_STORE_LINE_EXTRA 512

/* An append-only file of canonical JSON lines {data, n, prev, type}: `prev` is the SHA-256 of the
 * line before, without its newline, 64 zeros for the first. */
struct cla_chain {
	char *path;
	int fd;
	uint64_t lines;
	uint64_t size; /* bytes that end with a whole line */
	struct cla_digest head;
	struct cla_hasher *hasher;
	struct cla_buf pending; /* lines not yet written */
	uint64_t pending_lines;
};

struct cla_chain_line {
	struct cla_str text; /* without its newline */
	struct cla_str type;
	const struct cla_json *data;
	uint64_t n;		/* from 0 */
	struct cla_digest prev; /* of the line before */
};

#define CLA_CHAIN_PENDING (256u << 20)

/* Called for each line in order. */
typedef bool cla_chain_fn(void *ctx, const struct cla_chain_line *line, struct cla_err *err);

/* Opens or creates. The chain is followed from line `from_lines` at offset `from_size` whose head
 * is `from_head`; fn (may be NULL) sees each line behind it. A torn last line is cut when `repair`.
 * CLA_ERR_INTEGRITY names the line. */
CLA_USE bool cla_chain_open(struct cla_chain *c, const char *path, bool repair, cla_chain_fn *fn,
			    void *ctx, struct cla_err *err);
CLA_USE bool cla_chain_resume(struct cla_chain *c, const char *path, bool repair,
			      uint64_t from_lines, uint64_t from_size, struct cla_digest from_head,
			      cla_chain_fn *fn, void *ctx, struct cla_err *err);
void cla_chain_close(struct cla_chain *c);
CLA_USE bool cla_chain_append(struct cla_chain *c, const char *type, struct cla_str data,
			      struct cla_err *err);
/* Writes; durable after the next sync of the file system. */
CLA_USE bool cla_chain_write(struct cla_chain *c, struct cla_err *err);
/* Writes and syncs. */
CLA_USE bool cla_chain_flush(struct cla_chain *c, struct cla_err *err);
/* Lines on their way to the file. */
struct cla_chain_part {
	int fd;
	const char *path; /* the chain's */
	uint64_t at;
	struct cla_buf lines;
};
/* Takes the chain's pending lines, which count as written from here on. */
void cla_chain_take(struct cla_chain *c, struct cla_chain_part *part);
CLA_USE bool cla_chain_part_write(const struct cla_chain_part *part, bool sync,
				  struct cla_err *err);

/* What becomes durable together (durable.c): objects with what the custody log says of them, and then
 * the lines of the journal. */
struct cla_batch {
	int objects_fd; /* -1: no object was written */
	struct cla_chain_part journal, custody;
};
void cla_batch_init(struct cla_batch *b);
void cla_batch_clear(struct cla_batch *b);

/* A thread that writes batches, one after the other; a few may wait for it. */
struct cla_durable;
CLA_USE bool cla_durable_new(struct cla_durable **ret, struct cla_err *err);
void cla_durable_free(struct cla_durable *d); /* waits; NULL allowed */
/* The next batch, to be filled; then begin. Waits while too many are queued; NULL when one failed. */
struct cla_batch *cla_durable_batch(struct cla_durable *d, struct cla_err *err);
void cla_durable_begin(struct cla_durable *d);
/* Waits for the end of what was begun; false when it failed, and from then on. */
CLA_USE bool cla_durable_wait(struct cla_durable *d, struct cla_err *err);

struct cla_store {
	const struct cla_ctx *ctx;
	enum cla_store_mode mode;
	char *dir;
	int objects_fd, tmp_fd, lock_fd;
	struct cla_chain journal, custody;
	/* The custody log as the catalogue saw it last: a witness against lines cut off its end,
	 * and the place from which it is read when the directory is opened; a catalogue of version
	 * 1 did not know that place (size 0). */
	uint64_t custody_lines, custody_size;
	struct cla_digest custody_head;
	struct cla_db *db;
	bool in_tx;
	/* Catalogue and pending journal no longer agree: nothing more is made durable. */
	bool broken;
	uint64_t next_n;
	struct cla_durable *durable; /* NULL until a batch is full */
	unsigned objects;	     /* since the last batch */
	bool unsynced;		     /* objects were written since the last batch */
	int64_t batch_ms;	     /* when that was */
	unsigned uncommitted;	     /* lines that the catalogue's transaction holds */
	int64_t commit_ms;
	uint64_t put_serial;
	bool named_only;			       /* no files without names here */
	struct cla_hasher *hashers[CLA_STORE_HASHERS]; /* at rest, for the next objects */
	unsigned hasher_count;
	struct cla_buf line; /* of what is being noted */
	bool last_same;	     /* the capture applied last only repeats what was held */
	bool rebuild;
	struct {
		uint64_t journal_lines, custody_lines;
	} known; /* to the catalogue that a rebuild gave up */
};

/* Begins the catalogue's transaction of this batch if none is open. */
CLA_USE bool cla_store_touch(struct cla_store *store, struct cla_err *err);
/* Queues a journal line and applies it to the catalogue: the one way in which either changes. */
CLA_USE bool cla_store_journal(struct cla_store *store, const char *type, struct cla_str data,
			       struct cla_err *err);
/* The lock of the data directory, in store->lock_fd; CLA_ERR_LOCKED when another run has it. */
CLA_USE bool cla_store_lock(struct cla_store *store, struct cla_err *err);
void cla_store_unlock(struct cla_store *store);
/* Something was added: begins to make the batch durable when it is full or old. */
CLA_USE bool cla_store_batch(struct cla_store *store, struct cla_err *err);

/* catalogue.c. A store opened for reading takes the catalogue as it is; where it is missing,
 * damaged or behind the journal, it is first mended under the lock, which is left held - unless a
 * writer holds that, who keeps it up to date. */
CLA_USE bool cla_catalogue_open(struct cla_store *store, struct cla_err *err);
CLA_USE bool cla_catalogue_apply(struct cla_store *store, struct cla_str type,
				 const struct cla_json *data, struct cla_err *err);
/* The same for a capture, whose line holds `json`. */
CLA_USE bool cla_catalogue_capture(struct cla_store *store, const struct cla_capture *c,
				   struct cla_str json, struct cla_err *err);
/* Notes how far the journal is applied. */
CLA_USE bool cla_catalogue_mark(struct cla_store *store, struct cla_err *err);
void cla_catalogue_close(struct cla_store *store);
CLA_USE bool cla_catalogue_has_import(struct cla_store *store, const struct cla_digest *id,
				      bool *ret, struct cla_err *err);
/* Whether a capture or an import refers to the object. */
CLA_USE bool cla_catalogue_knows(struct cla_store *store, const struct cla_digest *id, bool *ret,
				 struct cla_err *err);

#endif
