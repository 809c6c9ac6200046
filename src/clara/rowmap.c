/* clara/rowmap.c - one table, by set and uuid. */
#include "clara/rowmap.h"

#include "db/db.h"

#include <stdlib.h>
#include <string.h>

struct cla_rowmap {
	struct cla_db *db;
};

bool cla_rowmap_open(const char *dir, struct cla_rowmap **ret, struct cla_err *err)
{
	cla_auto_rowmap struct cla_rowmap *m = calloc(1, sizeof(*m));

	if (!m)
		return cla_err_oom(err);
	if (!cla_db_open_temp(dir, &m->db, err) ||
	    !cla_db_exec(m->db,
			 "CREATE TABLE row(at INTEGER, uuid BLOB, sum BLOB NOT NULL,"
			 " time INTEGER NOT NULL, round INTEGER NOT NULL, PRIMARY KEY(at, uuid))"
			 " WITHOUT ROWID",
			 err))
		return false;
	*ret = cla_steal(&m);
	return true;
}

void cla_rowmap_close(struct cla_rowmap *m)
{
	if (!m)
		return;
	cla_db_close(m->db);
	free(m);
}

bool cla_row_uuid(struct cla_str text, uint8_t out[16])
{
	char hex[32];
	size_t n = 0;

	if (text.len != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		char c = text.ptr[i];
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
			continue;
		}
		hex[n++] = (char)(c >= 'A' && c <= 'F' ? c + 32 : c);
	}
	return cla_hex_decode((struct cla_str){ hex, sizeof(hex) }, out, 16);
}

bool cla_rowmap_get(struct cla_rowmap *m, unsigned set, const uint8_t uuid[16],
		    struct cla_row_entry *ret, bool *found, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *stmt = NULL;

	memset(ret, 0, sizeof(*ret));
	if (!cla_db_once(m->db, "SELECT sum, time, round FROM row WHERE at=? AND uuid=?", &stmt,
			 err))
		return false;
	cla_db_bind_int(stmt, 1, set);
	cla_db_bind_blob(stmt, 2, uuid, 16);
	if (!cla_db_step(stmt, found, err))
		return false;
	if (!*found)
		return true;
	ret->time = cla_db_int(stmt, 1);
	ret->round = (uint32_t)cla_db_int(stmt, 2);
	return cla_db_bytes(stmt, 0, ret->sum, sizeof(ret->sum), err);
}

bool cla_rowmap_put(struct cla_rowmap *m, unsigned set, const uint8_t uuid[16],
		    const struct cla_row_entry *e, struct cla_err *err)
{
	struct cla_db_stmt *put;

	if (!cla_db_once(m->db, "INSERT OR REPLACE INTO row VALUES(?,?,?,?,?)", &put, err))
		return false;
	cla_db_bind_int(put, 1, set);
	cla_db_bind_blob(put, 2, uuid, 16);
	cla_db_bind_blob(put, 3, e->sum, sizeof(e->sum));
	cla_db_bind_int(put, 4, e->time);
	cla_db_bind_int(put, 5, e->round);
	return cla_db_run(put, err);
}

void cla_row_set_sum(struct cla_row_entry *e, const struct cla_digest *digest)
{
	memcpy(e->sum, digest->bytes, sizeof(e->sum));
}

bool cla_row_has_sum(const struct cla_row_entry *e, const struct cla_digest *digest)
{
	return !memcmp(e->sum, digest->bytes, sizeof(e->sum));
}
