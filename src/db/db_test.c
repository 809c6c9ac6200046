/* db/db_test.c - units of db/: values come back as they went in, failures have the right name. */
#include "base/buf.h"
#include "base/file.h"
#include "db/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char dir[32];
	struct cla_db *db;
};

/* Each test gets a new folder, is in it, and has the database "d" open. */
static int enter(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct cla_err err = CLA_ERR_INIT;

	if (!p)
		return -1;
	strcpy(p->dir, "/tmp/clara-db-XXXXXX");
	if (!mkdtemp(p->dir) || chdir(p->dir) < 0 || !cla_db_open("d", &p->db, &err))
		return -1;
	*state = p;
	return 0;
}

static int leave(void **state)
{
	struct place *p = *state;
	cla_auto_buf struct cla_buf cmd = CLA_BUF_INIT(100);

	cla_db_close(p->db);
	cla_buf_addf(&cmd, "rm -rf '%s'", p->dir);
	free(p);
	return chdir("/") < 0 ? -1 : system(cmd.ptr);
}

static struct cla_db *db_of(void **state)
{
	struct place *p = *state;

	return p->db;
}

static void run(struct cla_db *db, const char *sql)
{
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_db_exec(db, sql, &err))
		fail_msg("%s", err.msg);
}

static struct cla_db_stmt *prepare(struct cla_db *db, const char *sql)
{
	struct cla_db_stmt *stmt = NULL;
	struct cla_err err = CLA_ERR_INIT;

	if (!cla_db_prepare(db, sql, &stmt, &err))
		fail_msg("%s", err.msg);
	return stmt;
}

static int64_t number(struct cla_db *db, const char *sql)
{
	cla_auto_stmt struct cla_db_stmt *stmt = prepare(db, sql);
	bool row = false;

	assert_true(cla_db_step(stmt, &row, NULL));
	assert_true(row);
	return cla_db_int(stmt, 0);
}

static void a_database_is_set_up_as_promised(void **state)
{
	struct cla_db *db = db_of(state), *memory = NULL;
	cla_auto_stmt struct cla_db_stmt *mode = prepare(db, "PRAGMA journal_mode");
	bool row = false;

	assert_true(cla_db_step(mode, &row, NULL) && row);
	assert_true(cla_str_eqc(cla_db_str(mode, 0), "wal"));
	assert_int_equal(number(db, "PRAGMA synchronous"), 1);
	assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(db, "PRAGMA cache_size"), -4096);
	assert_int_equal(number(db, "PRAGMA busy_timeout"), 5000);
	assert_true(cla_db_open(":memory:", &memory, NULL));
	run(memory, "CREATE TABLE t (a)");
	assert_false(cla_path_exists(":memory:"));
	cla_db_close(memory);
	cla_db_close(NULL);
}

static void values_come_back_as_they_went_in(void **state)
{
	struct cla_db *db = db_of(state);
	cla_auto_stmt struct cla_db_stmt *in = NULL, *out = NULL;
	bool row = false;

	run(db, "CREATE TABLE t (i INTEGER PRIMARY KEY, a, b, c, d, e, f)");
	in = prepare(db, "INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	out = prepare(db, "SELECT a, b, c, d, e, f FROM t ORDER BY i");
	char text[] = "a\0\xc3\xb1";
	cla_db_bind_int(in, 1, 1);
	cla_db_bind_str(in, 2, (struct cla_str){ text, 4 });
	cla_db_bind_str(in, 3, CLA_STR_NONE);
	cla_db_bind_str(in, 4, CLA_STR(""));
	cla_db_bind_blob(in, 5, "\0\xff", 2);
	cla_db_bind_blob(in, 6, NULL, 0);
	cla_db_bind_int(in, 7, INT64_MIN);
	memset(text, 'x', sizeof(text)); /* copied already */
	assert_true(cla_db_run(in, NULL));
	assert_int_equal(cla_db_changes(db), 1);

	/* reused: what is not bound again is NULL */
	cla_db_bind_int(in, 1, 2);
	cla_db_bind_null(in, 2);
	cla_db_bind_int(in, 7, INT64_MAX);
	assert_true(cla_db_run(in, NULL));

	assert_true(cla_db_step(out, &row, NULL) && row);
	struct cla_str s = cla_db_str(out, 0);
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.ptr, "a\0\xc3\xb1", 4);
	assert_true(cla_str_absent(cla_db_str(out, 1)));
	assert_true(cla_db_is_null(out, 1));
	assert_false(cla_str_absent(cla_db_str(out, 2)));
	assert_false(cla_db_is_null(out, 2));
	assert_int_equal(cla_db_str(out, 2).len, 0);
	s = cla_db_blob(out, 3);
	assert_int_equal(s.len, 2);
	assert_memory_equal(s.ptr, "\0\xff", 2);
	assert_false(cla_db_is_null(out, 4));
	assert_false(cla_str_absent(cla_db_blob(out, 4)));
	assert_int_equal(cla_db_blob(out, 4).len, 0);
	assert_true(cla_str_absent(cla_db_blob(out, 1)));
	assert_true(cla_db_int(out, 5) == INT64_MIN);
	assert_true(cla_db_step(out, &row, NULL) && row);
	assert_true(cla_db_is_null(out, 0) && cla_db_is_null(out, 3));
	assert_true(cla_db_int(out, 5) == INT64_MAX);
	assert_true(cla_db_step(out, &row, NULL));
	assert_false(row);
	cla_db_reset(out);
	assert_true(cla_db_step(out, &row, NULL) && row);
}

static void a_transaction_is_all_or_nothing(void **state)
{
	struct cla_db *db = db_of(state), *again = NULL;

	run(db, "CREATE TABLE t (a)");
	assert_true(cla_db_begin(db, NULL));
	run(db, "INSERT INTO t VALUES (1)");
	cla_db_rollback(db);
	cla_db_rollback(db); /* nothing open: nothing happens */
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
	assert_true(cla_db_begin(db, NULL));
	assert_false(cla_db_begin(db, NULL));
	run(db, "INSERT INTO t VALUES (1), (2)");
	assert_true(cla_db_commit(db, NULL));
	assert_false(cla_db_commit(db, NULL));

	assert_true(cla_db_open("d", &again, NULL));
	assert_int_equal(number(again, "SELECT count(*) FROM t"), 2);
	run(again, "DELETE FROM t");
	assert_int_equal(cla_db_changes(again), 2);
	cla_db_close(again);
}

/* More than the cache holds goes to the file and comes back. */
static void fill(struct cla_db *db)
{
	struct cla_err err = CLA_ERR_INIT;

	run(db, "CREATE TABLE t (i INTEGER PRIMARY KEY, a)");
	struct cla_db_stmt *in = prepare(db, "INSERT INTO t VALUES (?1, randomblob(5000))");
	for (int i = 0; i < 2000; i++) {
		cla_db_bind_int(in, 1, i);
		assert_true(cla_db_run(in, &err));
	}
	cla_db_finalize(in);
	assert_int_equal(number(db, "SELECT sum(length(a)) FROM t"), 2000 * 5000);
}

static void a_temporary_database_has_no_name(void **state)
{
	struct cla_db *db = NULL;
	struct cla_err err = CLA_ERR_INIT;

	(void)state;
	assert_int_equal(mkdir("tmp", 0700), 0);
	assert_true(cla_db_open_temp("tmp", &db, &err));
	assert_int_equal(rmdir("tmp"), 0); /* empty already */
	assert_int_equal(number(db, "PRAGMA cache_size"), -2048);
	fill(db);
	cla_db_close(db);

	assert_false(cla_db_open_temp("tmp", &db, &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_non_null(strstr(err.msg, "'tmp'"));

	/* chosen by SQLite: no name there either */
	assert_return_code(setenv("SQLITE_TMPDIR", ".", 1), 0);
	assert_true(cla_db_open_temp(NULL, &db, &err));
	fill(db);
	assert_int_equal(system("test -z \"$(ls -A | grep -v '^d')\""), 0);
	cla_db_close(db);
	unsetenv("SQLITE_TMPDIR");
}

static void a_statement_is_prepared_once(void **state)
{
	static const char sql[] = "SELECT ?1", other[] = "SELECT ?1, 2";
	struct cla_db *db = db_of(state);
	struct cla_db_stmt *first = NULL, *second = NULL, *third = NULL;
	uint8_t two[2];
	bool row = false;

	assert_true(cla_db_once(db, sql, &first, NULL));
	cla_db_bind_blob(first, 1, "\x01\x02", 2);
	assert_true(cla_db_step(first, &row, NULL) && row);
	assert_true(cla_db_bytes(first, 0, two, sizeof(two), NULL));
	assert_memory_equal(two, "\x01\x02", 2);
	struct cla_err err = CLA_ERR_INIT;
	assert_false(cla_db_bytes(first, 0, two, 1, &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	assert_true(cla_db_once(db, other, &third, NULL));
	assert_ptr_not_equal(third, first);
	/* reset, its parameters forgotten */
	assert_true(cla_db_once(db, sql, &second, NULL));
	assert_ptr_equal(second, first);
	assert_true(cla_db_step(second, &row, NULL) && row);
	assert_true(cla_db_is_null(second, 0));
	assert_false(cla_db_bytes(second, 0, two, sizeof(two), &err));
	cla_db_reset(NULL);
	assert_false(cla_db_once(db, "SELEKT", &second, &err));
}

static void wrong_sql_says_what_sqlite_said(void **state)
{
	struct cla_db *db = db_of(state);
	struct cla_db_stmt *stmt = NULL;
	struct cla_err err = CLA_ERR_INIT;

	assert_false(cla_db_exec(db, "SELEKT 1", &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_non_null(strstr(err.msg, "SELEKT"));
	assert_false(cla_db_prepare(db, "SELECT * FROM nowhere", &stmt, &err));
	assert_non_null(strstr(err.msg, "nowhere"));
	assert_false(cla_db_prepare(db, "SELECT 1; SELECT 2", &stmt, &err));
	assert_int_equal(err.code, CLA_ERR_INTERNAL);
	assert_false(cla_db_prepare(db, " -- nothing", &stmt, &err));
	assert_null(stmt);

	run(db, "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id), u "
		"UNIQUE)");
	assert_false(cla_db_exec(db, "INSERT INTO c VALUES (7, 1)", &err));
	assert_non_null(strstr(err.msg, "FOREIGN KEY"));
	cla_db_finalize(NULL);
}

static void a_failed_binding_surfaces_at_the_step(void **state)
{
	struct cla_db *db = db_of(state);
	cla_auto_stmt struct cla_db_stmt *stmt = prepare(db, "SELECT ?1");
	struct cla_err err = CLA_ERR_INIT;
	bool row = true;

	cla_db_bind_int(stmt, 2, 1); /* there is no second one */
	cla_db_bind_int(stmt, 1, 5);
	assert_false(cla_db_step(stmt, &row, &err));
	assert_true(row); /* untouched */
	assert_non_null(strstr(err.msg, "binding"));
	cla_db_reset(stmt);
	cla_db_bind_int(stmt, 1, 5);
	assert_true(cla_db_step(stmt, &row, &err) && row);
	assert_int_equal(cla_db_int(stmt, 0), 5);
}

static void a_failed_run_can_be_repeated(void **state)
{
	struct cla_db *db = db_of(state);

	run(db, "CREATE TABLE t (a UNIQUE)");
	cla_auto_stmt struct cla_db_stmt *in = prepare(db, "INSERT INTO t VALUES (?1)");
	for (int i = 0; i < 3; i++) {
		cla_db_bind_int(in, 1, i / 2);
		assert_int_equal(cla_db_run(in, NULL), i != 1);
	}
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 2);
}

static void failures_have_the_right_name(void **state)
{
	struct cla_db *db = db_of(state), *other = NULL;
	struct cla_err err = CLA_ERR_INIT;

	/* full: as on a full disk, from a limit on pages */
	run(db, "CREATE TABLE t (a); PRAGMA max_page_count = 4;");
	assert_false(cla_db_exec(db, "INSERT INTO t VALUES (randomblob(100000))", &err));
	assert_int_equal(err.code, CLA_ERR_DISK);

	/* no database at all */
	cla_auto_buf struct cla_buf junk = CLA_BUF_INIT(10000);
	for (int i = 0; i < 1000; i++)
		cla_buf_addc(&junk, "rubbish ");
	assert_true(cla_file_replace("junk", cla_buf_str(&junk), 0644, &err));
	assert_false(cla_db_open("junk", &other, &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	assert_non_null(strstr(err.msg, "'junk'"));

	assert_false(cla_db_open("no/such/folder", &other, &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_false(cla_db_open("", &other, &err));
	assert_int_equal(err.code, CLA_ERR_IO);
	assert_null(other);
}

static void a_damaged_page_is_an_integrity_failure(void **state)
{
	struct cla_db *db = NULL;
	struct cla_err err = CLA_ERR_INIT;
	cla_auto_buf struct cla_buf file = CLA_BUF_INIT(1 << 20);

	(void)state;
	assert_true(cla_db_open("x", &db, &err));
	run(db, "CREATE TABLE t (a); INSERT INTO t VALUES (randomblob(20000)); "
		"PRAGMA wal_checkpoint(TRUNCATE);");
	cla_db_close(db);
	db = NULL;
	assert_true(cla_file_read("x", &file, &err));
	memset(file.ptr + 4096, 0xa5, 4096); /* the table's first page */
	assert_true(cla_file_replace("x", cla_buf_str(&file), 0644, &err));
	assert_true(cla_db_open("x", &db, &err));
	assert_false(cla_db_exec(db, "SELECT * FROM t", &err));
	assert_int_equal(err.code, CLA_ERR_INTEGRITY);
	cla_db_close(db);
}

int main(void)
{
#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, enter, leave)
	const struct CMUnitTest tests[] = {
		WITH_DB(a_database_is_set_up_as_promised),
		WITH_DB(values_come_back_as_they_went_in),
		WITH_DB(a_transaction_is_all_or_nothing),
		WITH_DB(a_temporary_database_has_no_name),
		WITH_DB(a_statement_is_prepared_once),
		WITH_DB(wrong_sql_says_what_sqlite_said),
		WITH_DB(a_failed_binding_surfaces_at_the_step),
		WITH_DB(a_failed_run_can_be_repeated),
		WITH_DB(failures_have_the_right_name),
		WITH_DB(a_damaged_page_is_an_integrity_failure),
	};

	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
