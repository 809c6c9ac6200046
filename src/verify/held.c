/* What must wait for the rest of the archive: a temporary database, so that memory does not grow
 * with the month. Of each member it holds less than the member's own header takes. */
#include "verify/verify_priv.h"

/* item: elements of the lists of bundle.json; `raw` is NULL when it was too long.
 * change: elements of the statement's list of changes; came, gone: leaves that these name.
 * expense: `verdict` is NULL when evidence.json could not be read.
 * recorded, cert: for --replay only. */
static const char schema[] =
	"CREATE TABLE member(n INTEGER PRIMARY KEY, payload INTEGER NOT NULL, path TEXT NOT NULL,"
	" sha256 BLOB NOT NULL);"
	"CREATE TABLE answer(path TEXT PRIMARY KEY, size INTEGER NOT NULL, sha256 BLOB NOT NULL,"
	" listed INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE item(list INTEGER NOT NULL, n INTEGER NOT NULL, size INTEGER NOT NULL,"
	" raw BLOB, PRIMARY KEY(list, n)) WITHOUT ROWID;"
	"CREATE TABLE capture(n INTEGER PRIMARY KEY, sha256 BLOB);"
	"CREATE TABLE expense(uuid TEXT NOT NULL, n INTEGER NOT NULL, is_tx INTEGER NOT NULL,"
	" verdict INTEGER, leaf BLOB NOT NULL, PRIMARY KEY(uuid, n)) WITHOUT ROWID;"
	"CREATE TABLE recorded(dir TEXT NOT NULL, sha256 BLOB NOT NULL, n INTEGER NOT NULL,"
	" verdict BLOB NOT NULL, PRIMARY KEY(dir, sha256, n)) WITHOUT ROWID;"
	"CREATE TABLE change(n INTEGER PRIMARY KEY, raw BLOB NOT NULL);"
	"CREATE TABLE came(leaf BLOB PRIMARY KEY) WITHOUT ROWID;"
	"CREATE TABLE gone(leaf BLOB NOT NULL);"
	"CREATE TABLE cert(n INTEGER PRIMARY KEY, der BLOB NOT NULL);";

bool cla_verify_held_open(struct cla_verify *v, struct cla_err *err)
{
	/* The cache is part of the memory that a large archive takes and a small one does not. */
	return cla_db_open_temp(NULL, &v->db, err) &&
	       cla_db_exec(v->db, "PRAGMA cache_size = -1024", err) &&
	       cla_db_exec(v->db, schema, err);
}

void cla_verify_bind_digest(struct cla_db_stmt *stmt, int at, const struct cla_digest *digest)
{
	cla_db_bind_blob(stmt, at, digest->bytes, sizeof(digest->bytes));
}
