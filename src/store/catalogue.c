#include "store/store_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The catalogue is an index over the journal: every table but `verdict` and `meta` is a fold over
 * its lines. A capture that only repeats what is held has `same_as`, the ordinal of the capture
 * that counts, and no text of its own. */
static const char schema[] =
	"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value);"
	"INSERT OR IGNORE INTO meta(key, value) VALUES('version', '2');"
	"CREATE TABLE IF NOT EXISTS capture(n INTEGER PRIMARY KEY, entity TEXT NOT NULL, key TEXT "
	"NOT NULL,"
	" time INTEGER NOT NULL, good INTEGER NOT NULL, identity BLOB, reason TEXT, status INTEGER,"
	" stored_sha256 BLOB, same_as INTEGER, json TEXT);"
	"CREATE INDEX IF NOT EXISTS capture_key ON capture(entity, key, n);"
	"CREATE INDEX IF NOT EXISTS capture_stored ON capture(stored_sha256) WHERE stored_sha256 "
	"IS NOT NULL;"
	"CREATE TABLE IF NOT EXISTS listing(id INTEGER PRIMARY KEY, entity TEXT NOT NULL, month "
	"TEXT NOT NULL,"
	" resource TEXT NOT NULL, time INTEGER NOT NULL, complete INTEGER NOT NULL, keys TEXT NOT "
	"NULL);"
	"CREATE INDEX IF NOT EXISTS listing_of ON listing(entity, month, resource, id);"
	"CREATE TABLE IF NOT EXISTS import(object BLOB PRIMARY KEY, size INTEGER NOT NULL, name "
	"TEXT, time INTEGER, outer INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS use(doc TEXT NOT NULL, object BLOB NOT NULL, entity TEXT NOT "
	"NULL,"
	" month TEXT NOT NULL, kind TEXT NOT NULL, uuid TEXT NOT NULL,"
	" PRIMARY KEY(doc, object, entity, kind, uuid)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS use_object ON use(object);"
	"CREATE TABLE IF NOT EXISTS issued(entity TEXT NOT NULL, month TEXT NOT NULL, revision "
	"INTEGER NOT NULL,"
	" seq INTEGER NOT NULL, last_n INTEGER NOT NULL, json TEXT NOT NULL,"
	" PRIMARY KEY(entity, month, revision)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS verdict(object BLOB NOT NULL, rules BLOB NOT NULL, certs BLOB "
	"NOT NULL,"
	" json TEXT NOT NULL, PRIMARY KEY(object, rules, certs)) WITHOUT ROWID;";

#define CATALOGUE_VERSION 2 /* as in the schema's first lines */

static struct cla_str blob(const struct cla_digest *d)
{
	return (struct cla_str){ (const char *)d->bytes, sizeof(d->bytes) };
}

bool cla_store_touch(struct cla_store *store, struct cla_err *err)
{
	if (store->in_tx)
		return true;
	if (!cla_db_begin(store->db, err))
		return cla_err_wrap(err, "catalogue");
	store->in_tx = true;
	return true;
}

static bool meta_get(struct cla_store *store, const char *key, cla_store_sink *fn, void *ctx,
		     struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(store->db, "SELECT value FROM meta WHERE key=?", &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_from(key));
	if (!cla_db_step(stmt, &row, err))
		return false;
	return !row || fn(ctx, cla_db_str(stmt, 0), err);
}

static bool meta_put(struct cla_store *store, const char *key, struct cla_str value,
		     struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(store->db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", &stmt,
			 err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_from(key));
	cla_db_bind_str(stmt, 2, value);
	return cla_db_run(stmt, err);
}

static bool into_u64(void *ctx, struct cla_str value, struct cla_err *err)
{
	return cla_str_to_u64(value, ctx) ||
	       cla_err_set(err, CLA_ERR_INTEGRITY, "catalogue is damaged");
}

static bool into_digest(void *ctx, struct cla_str value, struct cla_err *err)
{
	return cla_digest_parse(value, ctx) ||
	       cla_err_set(err, CLA_ERR_INTEGRITY, "catalogue is damaged");
}

static bool meta_put_u64(struct cla_store *store, const char *key, uint64_t n, struct cla_err *err)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	return meta_put(store, key, cla_str_from(text), err);
}

static bool mark_custody(struct cla_store *store, uint64_t lines, uint64_t size,
			 const struct cla_digest *head, struct cla_err *err)
{
	char hex[CLA_DIGEST_HEX];

	return meta_put_u64(store, "custody_lines", lines, err) &&
	       meta_put_u64(store, "custody_size", size, err) &&
	       meta_put(store, "custody_head", cla_str_from(cla_digest_hex(head, hex)), err);
}

bool cla_catalogue_mark(struct cla_store *store, struct cla_err *err)
{
	const struct cla_chain *journal = &store->journal, *custody = &store->custody;
	char hex[CLA_DIGEST_HEX];

	if (!meta_put_u64(store, "journal_lines", journal->lines, err) ||
	    !meta_put_u64(store, "journal_size", journal->size, err) ||
	    !meta_put(store, "journal_head", cla_str_from(cla_digest_hex(&journal->head, hex)),
		      err))
		return false;
	/* it was cut: what was known of it stays known */
	return custody->lines < store->custody_lines ||
	       mark_custody(store, custody->lines, custody->size, &custody->head, err);
}

static bool replay_line(void *ctx, const struct cla_chain_line *line, struct cla_err *err)
{
	struct cla_store *store = ctx;

	return cla_store_touch(store, err) &&
	       cla_catalogue_apply(store, line->type, line->data, err);
}

static bool read_next_n(struct cla_store *store, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	/* a bundle recovered without the journal's lines for it names ordinals that were given too
	 */
	if (!cla_db_prepare(store->db,
			    "SELECT MAX((SELECT COALESCE(MAX(n), 0) FROM capture),"
			    " (SELECT COALESCE(MAX(last_n), 0) FROM issued)) + 1",
			    &stmt, err) ||
	    !cla_db_step(stmt, &row, err))
		return false;
	store->next_n = (uint64_t)cla_db_int(stmt, 0);
	return true;
}

/* How much of the journal a catalogue holds. */
struct mark {
	uint64_t version, lines, size;
	struct cla_digest head;
};

/* What a run left in SQLite's log goes into the database, and the log's room is given back: when a
 * full disk ended that run the log had taken all of it, and would keep it from what is to come. */
static const char settle[] = "PRAGMA wal_checkpoint(TRUNCATE)";

/* Opens the database, makes its tables when it may, and reads how far it goes. */
static bool open_db(struct cla_store *store, const char *path, bool write, struct mark *m,
		    struct cla_err *err)
{
	if (!cla_db_open(path, &store->db, err))
		return false;
	/* its WAL and index follow its mode */
	if (write && chmod(path, 0600))
		return cla_err_sys(err, CLA_ERR_IO, errno, "'%s'", path);
	if ((write &&
	     (!cla_db_exec(store->db, settle, err) || !cla_db_exec(store->db, schema, err))) ||
	    !meta_get(store, "version", into_u64, &m->version, err) ||
	    !meta_get(store, "journal_lines", into_u64, &m->lines, err) ||
	    !meta_get(store, "journal_size", into_u64, &m->size, err) ||
	    !meta_get(store, "journal_head", into_digest, &m->head, err) ||
	    !meta_get(store, "custody_lines", into_u64, &store->custody_lines, err) ||
	    !meta_get(store, "custody_size", into_u64, &store->custody_size, err) ||
	    !meta_get(store, "custody_head", into_digest, &store->custody_head, err))
		return false;
	if (m->version != CATALOGUE_VERSION)
		return cla_err_set(err, CLA_ERR_INTEGRITY, "catalogue has version %llu",
				   (unsigned long long)m->version);
	return true;
}

/* Applies what the journal holds behind the mark. */
static bool catch_up(struct cla_store *store, const char *journal, const struct mark *m,
		     struct cla_err *err)
{
	if (!cla_chain_resume(&store->journal, journal, true, m->lines, m->size, m->head,
			      replay_line, store, err))
		return false;
	if (!store->in_tx)
		return true;
	if (!cla_catalogue_mark(store, err) || !cla_db_commit(store->db, err))
		return false;
	store->in_tx = false;
	return true;
}

void cla_catalogue_close(struct cla_store *store)
{
	if (store->in_tx)
		cla_db_rollback(store->db);
	store->in_tx = false;
	cla_db_close(store->db);
	store->db = NULL;
}

/* Whether the journal is whole by itself, and no shorter than the catalogue once saw it. */
static bool journal_holds(const char *journal, const struct mark *m)
{
	struct cla_chain chain;
	bool ok = cla_chain_open(&chain, journal, false, NULL, NULL, NULL) &&
		  chain.lines >= m->lines && chain.size >= m->size;

	cla_chain_close(&chain);
	return ok;
}

static void drop(struct cla_store *store)
{
	cla_catalogue_close(store);
	cla_chain_close(&store->journal);
}

static void remove_db(const char *path)
{
	static const char *const parts[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < CLA_LEN(parts); i++) {
		cla_auto_buf struct cla_buf name = CLA_BUF_INIT(8192);
		cla_buf_addf(&name, "%s%s", path, parts[i]);
		(void)unlink(cla_buf_cstr(&name));
	}
}

/* For a rebuild: what it knew is noted, as far as it can be read. */
static void give_up(struct cla_store *store, const char *path)
{
	struct mark m = { 0 };

	if (cla_path_exists(path) && open_db(store, path, false, &m, NULL)) {
		store->known.journal_lines = m.lines;
		store->known.custody_lines = store->custody_lines;
	}
	cla_catalogue_close(store);
	remove_db(path);
	store->custody_lines = 0;
	store->custody_size = 0;
	store->custody_head = (struct cla_digest){ { 0 } };
}

/* Under the lock: opens and catches up. The catalogue is only an index: a damaged one is made again
 * from the journal, once. A damaged journal is another matter: then the catalogue stays as a
 * witness. */
static bool open_to_write(struct cla_store *store, const char *path, const char *journal,
			  struct cla_err *err)
{
	struct mark m = { 0 };
	struct cla_err first = CLA_ERR_INIT;

	if (store->rebuild)
		give_up(store, path);
	if (open_db(store, path, true, &m, &first) && catch_up(store, journal, &m, &first))
		return true;
	drop(store);
	if (first.code != CLA_ERR_INTEGRITY || !journal_holds(journal, &m)) {
		if (err)
			*err = first;
		return false;
	}
	/* that an earlier program made it is no damage */
	cla_log(store->ctx->log,
		m.version && m.version != CATALOGUE_VERSION ? CLA_LOG_INFO : CLA_LOG_WARN,
		"making the catalogue again from the journal: %s", first.msg);
	remove_db(path);
	m = (struct mark){ 0 };
	/* what it knew of the custody log stays known */
	return open_db(store, path, true, &m, err) && cla_store_touch(store, err) &&
	       mark_custody(store, store->custody_lines, store->custody_size, &store->custody_head,
			    err) &&
	       catch_up(store, journal, &m, err);
}

static bool open_to_read(struct cla_store *store, const char *path, const char *journal,
			 struct cla_err *err)
{
	struct mark m = { 0 };
	struct stat st;
	struct cla_err first = CLA_ERR_INIT, locked = CLA_ERR_INIT;
	bool opened = cla_path_exists(path) && open_db(store, path, false, &m, &first);

	if (stat(journal, &st))
		st.st_size = 0;
	bool current = opened && (uint64_t)st.st_size == m.size;
	if (!current && cla_store_lock(store, &locked)) {
		drop(store);
		return open_to_write(store, path, journal, err);
	}
	if (!opened) {
		drop(store);
		if (err)
			*err = first.code != CLA_ERR_NONE ? first : locked;
		return false;
	}
	/* current, or a writer is at it: what it has committed is whole */
	store->journal.lines = m.lines;
	store->journal.size = m.size;
	store->journal.head = m.head;
	return true;
}

bool cla_catalogue_open(struct cla_store *store, struct cla_err *err)
{
	cla_auto_buf struct cla_buf path = CLA_BUF_INIT(8192), journal = CLA_BUF_INIT(8192);

	if (!cla_path_join(&path, store->dir, "catalogue.sqlite", err) ||
	    !cla_path_join(&journal, store->dir, "journal", err))
		return false;
	bool (*open_it)(struct cla_store *, const char *, const char *, struct cla_err *) =
		store->mode == CLA_STORE_WRITE ? open_to_write : open_to_read;
	if (!open_it(store, cla_buf_cstr(&path), cla_buf_cstr(&journal), err) ||
	    !read_next_n(store, err))
		return cla_err_wrap(err, "opening the catalogue");
	return true;
}

/* ---- applying journal lines ---- */

/* Newest capture of a resource that is good (or not), at most as late as `until`; n of the one it
 * stands for. */
static bool newest(struct cla_store *store, bool good, struct cla_str entity, struct cla_str key,
		   int64_t until, uint64_t *n, bool *found, struct cla_err *err)
{
	static const char good_one[] =
		"SELECT COALESCE(same_as, n) FROM capture WHERE entity=? AND "
		"key=? AND good=1 AND time<=? ORDER BY n DESC LIMIT 1";
	static const char bad_one[] = "SELECT COALESCE(same_as, n) FROM capture WHERE entity=? AND "
				      "key=? AND good=0 AND time<=? ORDER BY n DESC LIMIT 1";
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(store->db, good ? good_one : bad_one, &stmt, err))
		return false;
	cla_db_lend_str(stmt, 1, entity);
	cla_db_lend_str(stmt, 2, key);
	cla_db_bind_int(stmt, 3, until);
	if (!cla_db_step(stmt, found, err))
		return false;
	if (*found)
		*n = (uint64_t)cla_db_int(stmt, 0);
	return true;
}

/* The same, good ones before others: mostly there is one or none. */
static bool newest_of_all(struct cla_store *store, struct cla_str entity, struct cla_str key,
			  int64_t until, uint64_t *n, bool *found, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row = true;

	*found = false;
	if (!cla_db_once(store->db,
			 "SELECT COALESCE(same_as, n), good FROM capture WHERE entity=? AND key=? "
			 "AND time<=? ORDER BY n DESC",
			 &stmt, err))
		return false;
	cla_db_lend_str(stmt, 1, entity);
	cla_db_lend_str(stmt, 2, key);
	cla_db_bind_int(stmt, 3, until);
	for (bool good = false; row && !good; *found = *found || row) {
		if (!cla_db_step(stmt, &row, err))
			return false;
		good = row && cla_db_int(stmt, 1);
		if (row && (good || !*found))
			*n = (uint64_t)cla_db_int(stmt, 0);
	}
	return true;
}

/* Whether the capture `n` brought the same: equal bytes but for volatile parts, or failed in the
 * same way. One that is later than its successor (the clock was set back) cannot stand for it: a
 * cut-off may lie between them. */
static bool is_same(struct cla_store *store, uint64_t n, const struct cla_capture *c, bool good,
		    bool *same, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(store->db, "SELECT identity, reason, status, time FROM capture WHERE n=?",
			 &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)n);
	if (!cla_db_step(stmt, &row, err))
		return false;
	if (!row || cla_db_int(stmt, 3) > c->time.sec)
		*same = false;
	else if (good)
		*same = cla_str_eq(cla_db_blob(stmt, 0), blob(&c->identity));
	else
		*same = cla_str_eq(cla_db_str(stmt, 1), c->reason) &&
			cla_db_int(stmt, 2) == c->status;
	return true;
}

bool cla_catalogue_capture(struct cla_store *store, const struct cla_capture *c,
			   struct cla_str json, struct cla_err *err)
{
	uint64_t held = 0;
	bool found = false, same = false;

	bool good = cla_str_absent(c->reason);
	if (!newest(store, good, c->entity, c->key, INT64_MAX, &held, &found, err) ||
	    (found && !is_same(store, held, c, good, &same, err)))
		return false;
	struct cla_db_stmt *put;
	if (!cla_db_once(store->db,
			 "INSERT OR REPLACE INTO capture(n, entity, key, time, good, identity, "
			 "reason, status,"
			 " stored_sha256, same_as, json) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
			 &put, err))
		return false;
	store->last_same = same;
	cla_db_bind_int(put, 1, (int64_t)c->n);
	cla_db_lend_str(put, 2, c->entity);
	cla_db_lend_str(put, 3, c->key);
	cla_db_bind_int(put, 4, c->time.sec);
	cla_db_bind_int(put, 5, good);
	cla_db_lend_blob(put, 6, c->identity.bytes, sizeof(c->identity.bytes));
	cla_db_lend_str(put, 7, c->reason);
	cla_db_bind_int(put, 8, c->status);
	if (c->stored)
		cla_db_lend_blob(put, 9, c->stored_sha256.bytes, sizeof(c->stored_sha256.bytes));
	else
		cla_db_bind_null(put, 9);
	if (same)
		cla_db_bind_int(put, 10, (int64_t)held);
	else
		cla_db_bind_null(put, 10);
	cla_db_lend_str(put, 11, same ? CLA_STR_NONE : json);
	return cla_db_run(put, err);
}

static bool apply_capture(struct cla_store *store, const struct cla_json *data, struct cla_err *err)
{
	cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(CLA_STORE_MAX_LINE);
	struct cla_capture c;

	return cla_capture_load(data, &arena, &c, err) && cla_capture_save(&c, &json, err) &&
	       cla_catalogue_capture(store, &c, cla_buf_str(&json), err);
}

/* Runs an INSERT whose parameters are texts, numbers or digests of the journal line, by a small
 * format: s text, i number, d digest in hex made a blob, j the whole line. */
static bool insert(struct cla_store *store, const char *sql, const struct cla_json *data,
		   const char *format, const char *const *keys, struct cla_str whole,
		   struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(store->db, sql, &stmt, err))
		return false;
	for (int i = 0; format[i]; i++) {
		const struct cla_json *node = cla_json_get(data, keys[i]);
		struct cla_digest d;
		uint64_t u = 0;
		bool b = false;
		switch (format[i]) {
		case 's':
			cla_db_bind_str(stmt, i + 1, cla_json_string(node));
			break;
		case 'i':
			if (!cla_json_u64(node, &u) && cla_json_bool(node, &b))
				u = b;
			cla_db_bind_int(stmt, i + 1, (int64_t)u);
			break;
		case 'd':
			if (!cla_digest_parse(cla_json_string(node), &d))
				return cla_err_set(err, CLA_ERR_INTEGRITY,
						   "journal: '%s' is no digest", keys[i]);
			cla_db_bind_blob(stmt, i + 1, d.bytes, sizeof(d.bytes));
			break;
		default:
			cla_db_bind_str(stmt, i + 1, whole);
			break;
		}
	}
	return cla_db_run(stmt, err);
}

/* Canonical text of a journal line's data: it was written by us, so its members are in order
 * already. */
static void dump(struct cla_json_out *o, const struct cla_json *node)
{
	switch (cla_json_type(node)) {
	case CLA_JSON_OBJECT:
	case CLA_JSON_ARRAY: {
		bool object = cla_json_type(node) == CLA_JSON_OBJECT;
		if (object)
			cla_json_out_object(o);
		else
			cla_json_out_array(o);
		for (const struct cla_json *m = cla_json_first(node); m; m = cla_json_next(m)) {
			if (object)
				cla_json_out_keys(o, cla_json_key(m));
			dump(o, m);
		}
		cla_json_out_close(o);
		break;
	}
	case CLA_JSON_NUMBER:
		cla_json_out_raw(o, cla_json_number(node));
		break;
	case CLA_JSON_BOOL:
		cla_json_out_bool(o, cla_json_is_true(node));
		break;
	case CLA_JSON_STRING:
		cla_json_out_str(o, cla_json_string(node));
		break;
	default:
		cla_json_out_null(o);
		break;
	}
}

bool cla_catalogue_apply(struct cla_store *store, struct cla_str type, const struct cla_json *data,
			 struct cla_err *err)
{
	cla_auto_buf struct cla_buf whole = CLA_BUF_INIT(CLA_STORE_MAX_LINE);
	struct cla_json_out o;

	if (cla_str_eqc(type, "capture"))
		return apply_capture(store, data, err);
	if (cla_str_eqc(type, "import"))
		return insert(store,
			      "INSERT OR IGNORE INTO import(object, size, name, time, outer) "
			      "VALUES(?,?,?,?,?)",
			      data, "disii",
			      (const char *const[]){ "object", "size", "name", "time", "outer" },
			      CLA_STR_NONE, err);
	if (cla_str_eqc(type, "use"))
		return insert(
			store,
			"INSERT OR IGNORE INTO use(doc, object, entity, month, kind, uuid) "
			"VALUES(?,?,?,?,?,?)",
			data, "sdssss",
			(const char *const[]){ "doc", "object", "entity", "month", "kind", "uuid" },
			CLA_STR_NONE, err);
	cla_json_out_begin(&o, &whole);
	dump(&o, data);
	if (!cla_json_out_end(&o, err))
		return false;
	if (cla_str_eqc(type, "listing"))
		return insert(store,
			      "INSERT INTO listing(entity, month, resource, time, complete, keys)"
			      " VALUES(?,?,?,?,?,?)",
			      data, "sssiij",
			      (const char *const[]){ "entity", "month", "resource", "time",
						     "complete", "" },
			      cla_buf_str(&whole), err);
	if (cla_str_eqc(type, "bundle"))
		return insert(
			store,
			"INSERT OR REPLACE INTO issued(entity, month, revision, seq, last_n, "
			"json) VALUES(?,?,?,?,?,?)",
			data, "ssiiij",
			(const char *const[]){ "entity", "month", "revision", "seq", "last_n", "" },
			cla_buf_str(&whole), err);
	return cla_err_set(err, CLA_ERR_INTEGRITY,
			   "journal: a line of unknown type '" CLA_STR_FMT "'", CLA_STR_ARG(type));
}

bool cla_catalogue_has_import(struct cla_store *store, const struct cla_digest *id, bool *ret,
			      struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(store->db, "SELECT 1 FROM import WHERE object=?", &stmt, err))
		return false;
	cla_db_bind_blob(stmt, 1, id->bytes, sizeof(id->bytes));
	return cla_db_step(stmt, ret, err);
}

bool cla_catalogue_knows(struct cla_store *store, const struct cla_digest *id, bool *ret,
			 struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(store->db,
			 "SELECT 1 FROM capture WHERE stored_sha256=?1 UNION ALL SELECT 1 FROM "
			 "import WHERE object=?1 LIMIT 1",
			 &stmt, err))
		return false;
	cla_db_bind_blob(stmt, 1, id->bytes, sizeof(id->bytes));
	return cla_db_step(stmt, ret, err);
}

/* ---- reading ---- */

static bool load_capture(struct cla_store *store, uint64_t n, struct cla_arena *arena,
			 struct cla_capture *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	cla_auto_json struct cla_json_doc *doc = NULL;
	bool row;

	if (!cla_db_once(store->db, "SELECT json FROM capture WHERE n=?", &stmt, err))
		return false;
	cla_db_bind_int(stmt, 1, (int64_t)n);
	if (!cla_db_step(stmt, &row, err))
		return false;
	if (!row || cla_db_is_null(stmt, 0))
		return cla_err_set(err, CLA_ERR_INTEGRITY, "catalogue has no capture %llu",
				   (unsigned long long)n);
	return cla_json_parse(cla_db_str(stmt, 0), &doc, err) &&
	       cla_capture_load(cla_json_root(doc), arena, ret, err);
}

bool cla_store_current(struct cla_store *store, struct cla_str entity, struct cla_str key,
		       struct cla_time cutoff, struct cla_arena *arena, struct cla_capture *ret,
		       bool *found, struct cla_err *err)
{
	uint64_t n = 0;

	if (!newest_of_all(store, entity, key, cutoff.sec, &n, found, err))
		return false;
	return !*found || load_capture(store, n, arena, ret, err);
}

bool cla_store_any(struct cla_store *store, struct cla_str entity, struct cla_str prefix, bool *ret,
		   struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	/* the last character of all is in no key */
	if (!cla_db_once(store->db,
			 "SELECT 1 FROM capture WHERE entity=?1 AND key>=?2 AND "
			 "key<?2||char(1114111) LIMIT 1",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, entity);
	cla_db_bind_str(stmt, 2, prefix);
	return cla_db_step(stmt, ret, err);
}

bool cla_store_about(struct cla_store *store, struct cla_str uuid, cla_about_fn *fn, void *ctx,
		     struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(store->db,
			    "SELECT c.n, c.time, c.same_as IS NOT NULL, r.json FROM capture c JOIN "
			    "capture r ON r.n=COALESCE(c.same_as, c.n) WHERE instr(c.key, ?1)>0 OR"
			    " instr(r.json, ?1)>0 ORDER BY c.n",
			    &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, uuid);
	while (cla_db_step(stmt, &row, err)) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		cla_auto_json struct cla_json_doc *doc = NULL;
		struct cla_capture c;
		if (!row)
			return true;
		if (!cla_json_parse(cla_db_str(stmt, 3), &doc, err) ||
		    !cla_capture_load(cla_json_root(doc), &arena, &c, err))
			return false;
		c.n = (uint64_t)cla_db_int(stmt, 0);
		c.time.sec = cla_db_int(stmt, 1);
		if (!fn(ctx, &c, cla_db_int(stmt, 2), err))
			return false;
	}
	return false;
}

bool cla_store_get_listing(struct cla_store *store, struct cla_str entity, struct cla_str month,
			   struct cla_str resource, struct cla_time cutoff, struct cla_arena *arena,
			   struct cla_listing *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_listing listing = { 0 };
	bool row, mem = true;

	if (!cla_db_once(store->db,
			 "SELECT keys, time FROM listing WHERE entity=? AND month=? AND "
			 "resource=? AND time<=?"
			 " ORDER BY id DESC LIMIT 1",
			 &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, entity);
	cla_db_bind_str(stmt, 2, month);
	cla_db_bind_str(stmt, 3, resource);
	cla_db_bind_int(stmt, 4, cutoff.sec);
	if (!cla_db_step(stmt, &row, err))
		return false;
	if (!row) {
		*ret = listing;
		return true;
	}
	if (!cla_json_parse(cla_db_str(stmt, 0), &doc, err))
		return false;
	const struct cla_json *root = cla_json_root(doc), *keys = cla_json_get(root, "keys");
	listing.found = true;
	listing.reason = cla_arena_str(arena, cla_json_string(cla_json_get(root, "reason")), &mem);
	listing.complete = cla_str_absent(listing.reason);
	listing.time.sec = cla_db_int(stmt, 1);
	listing.count = cla_json_count(keys);
	listing.keys = cla_arena_array(arena, listing.count + 1, sizeof(*listing.keys));
	if (!listing.keys)
		return cla_err_oom(err);
	size_t i = 0;
	for (const struct cla_json *k = cla_json_first(keys); k; k = cla_json_next(k))
		listing.keys[i++] = cla_arena_str(arena, cla_json_string(k), &mem);
	if (!mem)
		return cla_err_oom(err);
	*ret = listing;
	return true;
}

/* Columns object, size, name, time. */
static bool each_import(struct cla_db_stmt *stmt, cla_import_fn *fn, void *ctx, struct cla_err *err)
{
	bool row;

	for (;;) {
		struct cla_digest id;
		if (!cla_db_step(stmt, &row, err))
			return false;
		if (!row)
			return true;
		if (!cla_db_bytes(stmt, 0, id.bytes, sizeof(id.bytes), err) ||
		    !fn(ctx, &id, (uint64_t)cla_db_int(stmt, 1), cla_db_str(stmt, 2),
			(struct cla_time){ cla_db_int(stmt, 3), 0 }, err))
			return false;
	}
}

bool cla_store_imports(struct cla_store *store, cla_import_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;

	return cla_db_prepare(store->db,
			      "SELECT object, size, name, time FROM import WHERE outer=0 ORDER BY "
			      "object",
			      &stmt, err) &&
	       each_import(stmt, fn, ctx, err);
}

bool cla_store_imported(struct cla_store *store, const struct cla_digest *id, cla_import_fn *fn,
			void *ctx, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(store->db, "SELECT object, size, name, time FROM import WHERE object=?",
			 &stmt, err))
		return false;
	cla_db_bind_blob(stmt, 1, id->bytes, sizeof(id->bytes));
	return each_import(stmt, fn, ctx, err);
}

bool cla_store_verdict_get(struct cla_store *store, const struct cla_digest *object,
			   const struct cla_digest *rules, const struct cla_digest *certs,
			   struct cla_judgement *ret, bool *found, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(store->db,
			 "SELECT json FROM verdict WHERE object=? AND rules=? AND certs=?", &stmt,
			 err))
		return false;
	cla_db_bind_blob(stmt, 1, object->bytes, sizeof(object->bytes));
	cla_db_bind_blob(stmt, 2, rules->bytes, sizeof(rules->bytes));
	cla_db_bind_blob(stmt, 3, certs->bytes, sizeof(certs->bytes));
	if (!cla_db_step(stmt, found, err))
		return false;
	/* one that cannot be read is made again, as one that is not there */
	struct cla_err unread = CLA_ERR_INIT;
	if (*found && !cla_judgement_load(cla_db_str(stmt, 0), ret, &unread)) {
		if (unread.code == CLA_ERR_MEMORY)
			return cla_err_oom(err);
		*found = false;
	}
	return true;
}

bool cla_store_verdict_put(struct cla_store *store, const struct cla_digest *object,
			   const struct cla_digest *rules, const struct cla_digest *certs,
			   const struct cla_judgement *j, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	cla_auto_buf struct cla_buf json = CLA_BUF_INIT(64u << 20);

	if (store->mode != CLA_STORE_WRITE)
		return true;
	if (!cla_judgement_save(j, &json, err) || !cla_store_touch(store, err) ||
	    !cla_db_once(
		    store->db,
		    "INSERT OR REPLACE INTO verdict(object, rules, certs, json) VALUES(?,?,?,?)",
		    &stmt, err))
		return false;
	cla_db_bind_blob(stmt, 1, object->bytes, sizeof(object->bytes));
	cla_db_bind_blob(stmt, 2, rules->bytes, sizeof(rules->bytes));
	cla_db_bind_blob(stmt, 3, certs->bytes, sizeof(certs->bytes));
	cla_db_bind_str(stmt, 4, cla_buf_str(&json));
	return cla_db_run(stmt, err) && cla_store_batch(store, err);
}

static bool has_use(struct cla_store *store, struct cla_str doc_id, const struct cla_use *use,
		    bool *ret, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	if (!cla_db_once(
		    store->db,
		    "SELECT 1 FROM use WHERE doc=? AND object=? AND entity=? AND kind=? AND uuid=?",
		    &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, doc_id);
	cla_db_bind_blob(stmt, 2, use->object.bytes, sizeof(use->object.bytes));
	cla_db_bind_str(stmt, 3, use->entity);
	cla_db_bind_str(stmt, 4, use->kind);
	cla_db_bind_str(stmt, 5, use->uuid);
	return cla_db_step(stmt, ret, err);
}

bool cla_store_use_put(struct cla_store *store, struct cla_str doc_id, const struct cla_use *use,
		       struct cla_err *err)
{
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(CLA_STORE_MAX_LINE);
	struct cla_json_out o;
	bool known;

	if (cla_str_absent(doc_id))
		doc_id = CLA_STR(""); /* a file that is no fiscal document: its bytes only */
	if (!has_use(store, doc_id, use, &known, err))
		return false;
	if (known)
		return true;
	cla_json_out_begin(&o, &data);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "doc", doc_id);
	cla_json_out_kstr(&o, "entity", use->entity);
	cla_json_out_kstr(&o, "kind", use->kind);
	cla_json_out_kstr(&o, "month", use->month);
	cla_json_out_khex(&o, "object", use->object.bytes, sizeof(use->object.bytes));
	cla_json_out_kstr(&o, "uuid", use->uuid);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err) &&
	       cla_store_journal(store, "use", cla_buf_str(&data), err);
}

bool cla_store_uses(struct cla_store *store, struct cla_str doc_id, const struct cla_digest *object,
		    cla_use_fn *fn, void *ctx, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_once(
		    store->db,
		    "SELECT entity, month, kind, uuid, object FROM use WHERE doc=?1 AND doc<>''"
		    " UNION SELECT entity, month, kind, uuid, object FROM use WHERE object=?2"
		    " ORDER BY entity, month, kind, uuid, object",
		    &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, cla_str_absent(doc_id) ? CLA_STR("") : doc_id);
	cla_db_bind_blob(stmt, 2, object->bytes, sizeof(object->bytes));
	while (cla_db_step(stmt, &row, err)) {
		struct cla_use use;
		if (!row)
			return true;
		use.entity = cla_db_str(stmt, 0);
		use.month = cla_db_str(stmt, 1);
		use.kind = cla_db_str(stmt, 2);
		use.uuid = cla_db_str(stmt, 3);
		if (!cla_db_bytes(stmt, 4, use.object.bytes, sizeof(use.object.bytes), err) ||
		    !fn(ctx, &use, err))
			return false;
	}
	return false;
}

static bool load_issued(struct cla_str json, struct cla_arena *arena, struct cla_issued *ret,
			struct cla_err *err)
{
	cla_auto_json struct cla_json_doc *doc = NULL;
	struct cla_issued b = { 0 };
	uint64_t cutoff = 0, time = 0;
	bool mem = true;

	if (!cla_json_parse(json, &doc, err))
		return false;
	const struct cla_json *root = cla_json_root(doc);
	if (!cla_json_u64(cla_json_get(root, "last_n"), &b.last_n))
		b.last_n = 0;
	if (!cla_json_u64(cla_json_get(root, "revision"), &b.revision) ||
	    !cla_json_u64(cla_json_get(root, "seq"), &b.seq) ||
	    !cla_json_u64(cla_json_get(root, "cutoff"), &cutoff) ||
	    !cla_json_u64(cla_json_get(root, "time"), &time) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(root, "tar_sha256")), &b.tar_sha256) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(root, "statement_sha256")),
			      &b.statement_sha256) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(root, "signature_sha256")),
			      &b.signature_sha256) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(root, "seal_sha256")), &b.seal_sha256) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(root, "evidence")), &b.evidence) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(root, "index")), &b.index) ||
	    !cla_digest_parse(cla_json_string(cla_json_get(root, "rules")), &b.rules))
		return cla_err_set(err, CLA_ERR_INTEGRITY, "catalogue is damaged");
	b.cutoff.sec = (int64_t)cutoff;
	b.time.sec = (int64_t)time;
	b.entity = cla_arena_str(arena, cla_json_string(cla_json_get(root, "entity")), &mem);
	b.month = cla_arena_str(arena, cla_json_string(cla_json_get(root, "month")), &mem);
	b.base = cla_arena_str(arena, cla_json_string(cla_json_get(root, "base")), &mem);
	b.file = cla_arena_str(arena, cla_json_string(cla_json_get(root, "file")), &mem);
	if (!mem)
		return cla_err_oom(err);
	*ret = b;
	return true;
}

bool cla_store_issue(struct cla_store *store, const struct cla_issued *b, struct cla_err *err)
{
	cla_auto_buf struct cla_buf data = CLA_BUF_INIT(CLA_STORE_MAX_LINE);
	struct cla_json_out o;

	cla_json_out_begin(&o, &data);
	cla_json_out_object(&o);
	cla_json_out_kstr(&o, "base", b->base);
	cla_json_out_kint(&o, "cutoff", b->cutoff.sec);
	cla_json_out_kstr(&o, "entity", b->entity);
	cla_json_out_khex(&o, "evidence", b->evidence.bytes, sizeof(b->evidence.bytes));
	cla_json_out_kstr(&o, "file", b->file);
	cla_json_out_khex(&o, "index", b->index.bytes, sizeof(b->index.bytes));
	if (b->last_n)
		cla_json_out_kint(&o, "last_n", (int64_t)b->last_n);
	cla_json_out_kstr(&o, "month", b->month);
	cla_json_out_kint(&o, "revision", (int64_t)b->revision);
	cla_json_out_khex(&o, "rules", b->rules.bytes, sizeof(b->rules.bytes));
	cla_json_out_khex(&o, "seal_sha256", b->seal_sha256.bytes, sizeof(b->seal_sha256.bytes));
	cla_json_out_kint(&o, "seq", (int64_t)b->seq);
	cla_json_out_khex(&o, "signature_sha256", b->signature_sha256.bytes,
			  sizeof(b->signature_sha256.bytes));
	cla_json_out_khex(&o, "statement_sha256", b->statement_sha256.bytes,
			  sizeof(b->statement_sha256.bytes));
	cla_json_out_khex(&o, "tar_sha256", b->tar_sha256.bytes, sizeof(b->tar_sha256.bytes));
	cla_json_out_kint(&o, "time", b->time.sec);
	cla_json_out_close(&o);
	return cla_json_out_end(&o, err) &&
	       cla_store_journal(store, "bundle", cla_buf_str(&data), err);
}

static bool one_issued(struct cla_store *store, const char *sql, struct cla_str entity,
		       struct cla_str month, struct cla_arena *arena, struct cla_issued *ret,
		       bool *found, struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;

	if (!cla_db_prepare(store->db, sql, &stmt, err))
		return false;
	cla_db_bind_str(stmt, 1, entity);
	if (!cla_str_absent(month))
		cla_db_bind_str(stmt, 2, month);
	if (!cla_db_step(stmt, found, err))
		return false;
	return !*found || load_issued(cla_db_str(stmt, 0), arena, ret, err);
}

bool cla_store_issued(struct cla_store *store, struct cla_str entity, struct cla_str month,
		      struct cla_arena *arena, struct cla_issued *ret, bool *found,
		      struct cla_err *err)
{
	return one_issued(
		store,
		"SELECT json FROM issued WHERE entity=? AND month=? ORDER BY revision DESC LIMIT 1",
		entity, month, arena, ret, found, err);
}

bool cla_store_last_issued(struct cla_store *store, struct cla_str entity, struct cla_arena *arena,
			   struct cla_issued *ret, bool *found, struct cla_err *err)
{
	return one_issued(store, "SELECT json FROM issued WHERE entity=? ORDER BY seq DESC LIMIT 1",
			  entity, CLA_STR_NONE, arena, ret, found, err);
}

bool cla_store_each_issued(struct cla_store *store, cla_issued_fn *fn, void *ctx,
			   struct cla_err *err)
{
	cla_auto_stmt struct cla_db_stmt *stmt = NULL;
	bool row;

	if (!cla_db_prepare(store->db, "SELECT json FROM issued ORDER BY entity, month, revision",
			    &stmt, err))
		return false;
	while (cla_db_step(stmt, &row, err)) {
		cla_auto_arena struct cla_arena arena = CLA_ARENA_INIT;
		struct cla_issued b;
		if (!row)
			return true;
		if (!load_issued(cla_db_str(stmt, 0), &arena, &b, err) || !fn(ctx, &b, err))
			return false;
	}
	return false;
}
