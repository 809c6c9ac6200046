/* db/db.c - SQLite behind our errors and slices. */
#include "db/db.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000

struct cla_db {
	sqlite3 *handle;
	struct cla_db_stmt *kept; /* those of cla_db_once */
};

struct cla_db_stmt {
	sqlite3_stmt *stmt;
	int bind_rc;		  /* first failure of binding since the last reset */
	const char *sql;	  /* of a kept one: the literal itself */
	struct cla_db_stmt *next; /* the kept one before it */
};

static bool db_fails(sqlite3 *handle, int rc, const char *doing, struct cla_err *err)
{
	enum cla_err_code code = CLA_ERR_IO;

	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return cla_err_oom(err);
	case SQLITE_FULL:
		code = CLA_ERR_DISK;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		code = CLA_ERR_INTEGRITY;
		break;
	default:
		break;
	}
	/* The handle's own text says more, when it is about this failure. */
	const char *text = handle && sqlite3_errcode(handle) == (rc & 0xff) ? sqlite3_errmsg(handle)
									    : sqlite3_errstr(rc);
	return cla_err_set(err, code, "%s: %s", doing, text);
}

/* Each pragma is one setting that the header promises; the first real access to the file is here,
 * too. */
static bool db_set_up(struct cla_db *db, struct cla_err *err)
{
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_extended_result_codes(db->handle, 0);
	return cla_db_exec(db,
			   "PRAGMA journal_mode = WAL;"
			   "PRAGMA synchronous = NORMAL;"
			   "PRAGMA foreign_keys = ON;"
			   "PRAGMA cache_size = -4096;",
			   err);
}

bool cla_db_open(const char *path, struct cla_db **ret, struct cla_err *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	/* SQLite would take an empty name as a temporary database. */
	if (!*path)
		return cla_err_set(err, CLA_ERR_IO, "opening database: empty path");
	struct cla_db *db = calloc(1, sizeof(*db));
	if (!db)
		return cla_err_oom(err);
	int rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
	if (rc == SQLITE_OK ? !db_set_up(db, err) : !db_fails(db->handle, rc, "opening it", err)) {
		cla_db_close(db);
		return cla_err_wrap(err, "database '%s'", path);
	}
	*ret = db;
	return true;
}

/* No journal: nobody ever wants it back. One transaction: a commit would only write pages that may
 * change again. */
static bool set_up_temp(struct cla_db *db, struct cla_err *err)
{
	return cla_db_exec(db,
			   "PRAGMA locking_mode = EXCLUSIVE;"
			   "PRAGMA journal_mode = OFF;"
			   "PRAGMA synchronous = OFF;"
			   "PRAGMA cache_size = -2048;"
			   "BEGIN EXCLUSIVE;",
			   err);
}

static bool open_temp(const char *path, struct cla_db **ret, struct cla_err *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	struct cla_db *db = calloc(1, sizeof(*db));

	if (!db)
		return cla_err_oom(err);
	int rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
	if (rc == SQLITE_OK ? !set_up_temp(db, err)
			    : !db_fails(db->handle, rc, "opening it", err)) {
		cla_db_close(db);
		return false;
	}
	*ret = db;
	return true;
}

bool cla_db_open_temp(const char *dir, struct cla_db **ret, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192);

	if (!dir)
		return open_temp("", ret, err) || cla_err_wrap(err, "temporary database");
	cla_buf_addf(&path, "%s/put-db-XXXXXX", dir);
	if (!cla_buf_ok(&path, err))
		return false;
	int fd = mkostemp(path.ptr, O_CLOEXEC);
	if (fd < 0)
		return cla_err_sys(err, CLA_ERR_IO, errno, "creating a database in '%s'", dir);
	(void)close(fd);
	bool ok = open_temp(path.ptr, ret, err);
	(void)unlink(path.ptr); /* what is killed leaves nothing behind */
	return ok || cla_err_wrap(err, "temporary database in '%s'", dir);
}

void cla_db_close(struct cla_db *db)
{
	if (!db)
		return;
	while (db->kept) {
		struct cla_db_stmt *next = db->kept->next;
		cla_db_finalize(db->kept);
		db->kept = next;
	}
	sqlite3_close_v2(db->handle); /* waits for statements that are still there */
	free(db);
}

bool cla_db_exec(struct cla_db *db, const char *sql, struct cla_err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK || db_fails(db->handle, rc, "running SQL", err);
}

bool cla_db_begin(struct cla_db *db, struct cla_err *err)
{
	/* Takes the write lock now: a later upgrade could fail without waiting. */
	return cla_db_exec(db, "BEGIN IMMEDIATE", err);
}

bool cla_db_commit(struct cla_db *db, struct cla_err *err)
{
	return cla_db_exec(db, "COMMIT", err);
}

void cla_db_rollback(struct cla_db *db)
{
	/* Some failures have rolled back already. */
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

bool cla_db_prepare(struct cla_db *db, const char *sql, struct cla_db_stmt **ret,
		    struct cla_err *err)
{
	struct cla_db_stmt *stmt = calloc(1, sizeof(*stmt));

	if (!stmt)
		return cla_err_oom(err);
	const char *rest = NULL;
	int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt->stmt,
				    &rest);
	if (rc != SQLITE_OK) {
		free(stmt);
		return db_fails(db->handle, rc, "preparing SQL", err);
	}
	if (!stmt->stmt || cla_str_trim(cla_str_from(rest)).len) {
		cla_db_finalize(stmt);
		return cla_err_set(err, CLA_ERR_INTERNAL, "preparing SQL: not one statement");
	}
	*ret = stmt;
	return true;
}

bool cla_db_once(struct cla_db *db, const char *sql, struct cla_db_stmt **ret, struct cla_err *err)
{
	struct cla_db_stmt *kept = db->kept;

	while (kept && kept->sql != sql)
		kept = kept->next;
	if (kept) {
		cla_db_reset(kept);
	} else {
		if (!cla_db_prepare(db, sql, &kept, err))
			return false;
		kept->sql = sql;
		kept->next = db->kept;
		db->kept = kept;
	}
	*ret = kept;
	return true;
}

void cla_db_finalize(struct cla_db_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_finalize(stmt->stmt);
	free(stmt);
}

static void bound(struct cla_db_stmt *stmt, int rc)
{
	if (stmt->bind_rc == SQLITE_OK)
		stmt->bind_rc = rc;
}

static void bind_text(struct cla_db_stmt *stmt, int at, struct cla_str s,
		      sqlite3_destructor_type keep)
{
	if (cla_str_absent(s))
		cla_db_bind_null(stmt, at);
	else
		bound(stmt, sqlite3_bind_text64(stmt->stmt, at, s.ptr, s.len, keep, SQLITE_UTF8));
}

static void bind_bytes(struct cla_db_stmt *stmt, int at, const void *bytes, size_t len,
		       sqlite3_destructor_type keep)
{
	/* SQLite would take an empty blob without an address as NULL. */
	if (!len)
		bound(stmt, sqlite3_bind_zeroblob(stmt->stmt, at, 0));
	else
		bound(stmt, sqlite3_bind_blob64(stmt->stmt, at, bytes, len, keep));
}

void cla_db_bind_str(struct cla_db_stmt *stmt, int at, struct cla_str s)
{
	bind_text(stmt, at, s, SQLITE_TRANSIENT);
}

void cla_db_bind_blob(struct cla_db_stmt *stmt, int at, const void *bytes, size_t len)
{
	bind_bytes(stmt, at, bytes, len, SQLITE_TRANSIENT);
}

void cla_db_lend_str(struct cla_db_stmt *stmt, int at, struct cla_str s)
{
	bind_text(stmt, at, s, SQLITE_STATIC);
}

void cla_db_lend_blob(struct cla_db_stmt *stmt, int at, const void *bytes, size_t len)
{
	bind_bytes(stmt, at, bytes, len, SQLITE_STATIC);
}

void cla_db_bind_int(struct cla_db_stmt *stmt, int at, int64_t n)
{
	bound(stmt, sqlite3_bind_int64(stmt->stmt, at, n));
}

void cla_db_bind_null(struct cla_db_stmt *stmt, int at)
{
	bound(stmt, sqlite3_bind_null(stmt->stmt, at));
}

bool cla_db_step(struct cla_db_stmt *stmt, bool *row, struct cla_err *err)
{
	sqlite3 *handle = sqlite3_db_handle(stmt->stmt);

	if (stmt->bind_rc != SQLITE_OK)
		return db_fails(handle, stmt->bind_rc, "binding a value", err);
	int rc = sqlite3_step(stmt->stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fails(handle, rc, "running SQL", err);
	*row = rc == SQLITE_ROW;
	return true;
}

bool cla_db_run(struct cla_db_stmt *stmt, struct cla_err *err)
{
	bool row;
	bool ok = cla_db_step(stmt, &row, err);

	cla_db_reset(stmt);
	return ok;
}

void cla_db_reset(struct cla_db_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_reset(stmt->stmt);
	sqlite3_clear_bindings(stmt->stmt);
	stmt->bind_rc = SQLITE_OK;
}

struct cla_str cla_db_str(struct cla_db_stmt *stmt, int at)
{
	const unsigned char *text = sqlite3_column_text(stmt->stmt, at);

	if (!text)
		return CLA_STR_NONE;
	return (struct cla_str){ (const char *)text, (size_t)sqlite3_column_bytes(stmt->stmt, at) };
}

struct cla_str cla_db_blob(struct cla_db_stmt *stmt, int at)
{
	if (cla_db_is_null(stmt, at))
		return CLA_STR_NONE;
	const void *bytes = sqlite3_column_blob(stmt->stmt, at);
	return (struct cla_str){ bytes ? bytes : "", (size_t)sqlite3_column_bytes(stmt->stmt, at) };
}

bool cla_db_bytes(struct cla_db_stmt *stmt, int at, void *out, size_t size, struct cla_err *err)
{
	struct cla_str b = cla_db_blob(stmt, at);

	if (cla_str_absent(b) || b.len != size)
		return cla_err_set(err, CLA_ERR_INTEGRITY,
				   "database is damaged: %zu bytes in place of %zu", b.len, size);
	memcpy(out, b.ptr, size);
	return true;
}

int64_t cla_db_int(struct cla_db_stmt *stmt, int at)
{
	return sqlite3_column_int64(stmt->stmt, at);
}

bool cla_db_is_null(struct cla_db_stmt *stmt, int at)
{
	return sqlite3_column_type(stmt->stmt, at) == SQLITE_NULL;
}

int64_t cla_db_changes(struct cla_db *db)
{
	return sqlite3_changes64(db->handle);
}
