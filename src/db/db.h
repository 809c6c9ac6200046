/* db/db.h - a small face of SQLite: open in WAL mode, run, prepare, bind, step, read.
 *
 * Statements are prepared once and reused (cla_db_once). A handle and its statements belong to one thread. Text
 * and blob results are borrowed until the next step or reset of that statement. Errors say what
 * SQLite said; SQLITE_FULL is CLA_ERR_DISK, a damaged file CLA_ERR_INTEGRITY, anything else
 * CLA_ERR_IO.
 */
#ifndef CLA_DB_DB_H
#define CLA_DB_DB_H

#include "base/str.h"

struct cla_db;
struct cla_db_stmt;

/* Creates the file when it is not there. WAL, synchronous=NORMAL, foreign keys on, cache bounded to
 * 4 MiB, busy timeout 5 s. `path` ":memory:" is allowed. */
CLA_USE bool cla_db_open(const char *path, struct cla_db **ret, struct cla_err *err);
/* A database for one run: a file in `dir` that has no name any more once it is open; `dir` NULL: it
 * begins in memory and goes, when the cache is full, to a file without a name in SQLITE_TMPDIR,
 * TMPDIR, /var/tmp or /tmp. No journal, cache bounded to 2 MiB, and all in one transaction that is begun
 * already and never ends: after a failure it can only be closed. */
CLA_USE bool cla_db_open_temp(const char *dir, struct cla_db **ret, struct cla_err *err);
void cla_db_close(struct cla_db *db);

CLA_USE bool cla_db_exec(struct cla_db *db, const char *sql, struct cla_err *err);
CLA_USE bool cla_db_begin(struct cla_db *db, struct cla_err *err);
CLA_USE bool cla_db_commit(struct cla_db *db, struct cla_err *err);
void cla_db_rollback(struct cla_db *db);

CLA_USE bool cla_db_prepare(struct cla_db *db, const char *sql, struct cla_db_stmt **ret,
			    struct cla_err *err);
void cla_db_finalize(struct cla_db_stmt *stmt); /* NULL allowed */
static inline void cla_db_finalizep(struct cla_db_stmt **stmt)
{
	cla_db_finalize(*stmt);
	*stmt = NULL;
}
#define cla_auto_stmt CLA_CLEANUP(cla_db_finalizep)

/* The statement of a text that is a literal (its address tells it), ready to be bound: prepared at
 * first need, finalized with the database. One walk over it at a time; reset it after the last row
 * that is read, so that nothing stays locked. */
CLA_USE bool cla_db_once(struct cla_db *db, const char *sql, struct cla_db_stmt **ret,
			 struct cla_err *err);

/* Parameters count from 1. Bytes are copied. An absent slice binds NULL. Binding failures surface
 * at the next step. */
void cla_db_bind_str(struct cla_db_stmt *stmt, int at, struct cla_str s);
void cla_db_bind_blob(struct cla_db_stmt *stmt, int at, const void *bytes, size_t len);
/* The same without a copy: the bytes stay where they are until the statement is reset. */
void cla_db_lend_str(struct cla_db_stmt *stmt, int at, struct cla_str s);
void cla_db_lend_blob(struct cla_db_stmt *stmt, int at, const void *bytes, size_t len);
void cla_db_bind_int(struct cla_db_stmt *stmt, int at, int64_t n);
void cla_db_bind_null(struct cla_db_stmt *stmt, int at);

/* *row is false at the end of the result. Call reset before binding anew. */
CLA_USE bool cla_db_step(struct cla_db_stmt *stmt, bool *row, struct cla_err *err);
/* step + reset for statements without rows */
CLA_USE bool cla_db_run(struct cla_db_stmt *stmt, struct cla_err *err);
void cla_db_reset(struct cla_db_stmt *stmt); /* NULL allowed */
static inline void cla_db_resetp(struct cla_db_stmt **stmt)
{
	cla_db_reset(*stmt);
}
#define cla_auto_reset CLA_CLEANUP(cla_db_resetp)

/* Columns count from 0. */
struct cla_str cla_db_str(struct cla_db_stmt *stmt, int at); /* absent for NULL */
struct cla_str cla_db_blob(struct cla_db_stmt *stmt, int at);
/* A blob of exactly `size` bytes, copied; CLA_ERR_INTEGRITY when it is another. */
CLA_USE bool cla_db_bytes(struct cla_db_stmt *stmt, int at, void *out, size_t size,
			  struct cla_err *err);
int64_t cla_db_int(struct cla_db_stmt *stmt, int at);
bool cla_db_is_null(struct cla_db_stmt *stmt, int at);
int64_t cla_db_changes(struct cla_db *db);

#endif
