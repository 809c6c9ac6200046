#include "verify/draw.h"

#include "base/buf.h"
#include "db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_DIGITS 39 /* of an amount in units of 10^-18: all that a cla_dec can hold */
#define DOMAIN "clara-audit/sample/1"

struct cla_draw {
	struct cla_db *db;
	struct cla_digest frame;
	uint64_t count;
	const struct cla_draw_fn *fn;
	struct cla_str seed;
	uint64_t size, n; /* rows told */
};

/* big: digits of the amount without its sign, so that texts sort as numbers; NULL without one. */
static const char schema[] =
	"CREATE TABLE expense(uuid TEXT NOT NULL, kind TEXT NOT NULL, currency TEXT, amount TEXT,"
	" date TEXT, merchant TEXT, status TEXT, verdict TEXT, big TEXT,"
	" PRIMARY KEY(uuid, kind)) WITHOUT ROWID;"
	"CREATE TABLE ranked(key BLOB NOT NULL, of_uuid TEXT NOT NULL, of_kind TEXT NOT NULL);";
#define COLUMNS "kind, uuid, currency, amount, date, merchant, status, verdict"

bool cla_draw_new(struct cla_draw **ret, struct cla_err *err)
{
	struct cla_draw *d = calloc(1, sizeof(*d));

	if (!d)
		return cla_err_oom(err);
	if (!cla_db_open_temp(NULL, &d->db, err) || !cla_db_exec(d->db, schema, err)) {
		cla_draw_free(d);
		return false;
	}
	*ret = d;
	return true;
}

void cla_draw_free(struct cla_draw *d)
{
	if (!d)
		return;
	cla_db_close(d->db);
	free(d);
}

/* ---- amounts ---- */

/* An amount with a currency; ok = false for anything else. */
static struct cla_dec amount_of(const struct cla_draw_row *row)
{
	struct cla_dec none = { 0, 0, false };

	if (cla_str_absent(row->amount) || cla_str_absent(row->currency))
		return none;
	struct cla_dec a = cla_dec_parse(row->amount);
	/* widened to the smallest units: what is too large for that is none */
	return cla_dec_add(a, cla_dec_from(0, CLA_DEC_MAX_SCALE)).ok ? a : none;
}

static void order_digits(struct cla_dec amount, char out[ORDER_DIGITS + 1])
{
	struct cla_dec wide = cla_dec_add(cla_dec_abs(amount), cla_dec_from(0, CLA_DEC_MAX_SCALE));
	unsigned __int128 units = (unsigned __int128)wide.units;

	out[ORDER_DIGITS] = '\0';
	for (size_t i = ORDER_DIGITS; i-- > 0; units /= 10)
		out[i] = (char)('0' + (char)(units % 10));
}

bool cla_draw_add(struct cla_draw *d, const struct cla_draw_row *row, struct cla_err *err)
{
	struct cla_dec amount = amount_of(row);
	char big[ORDER_DIGITS + 1];
	struct cla_db_stmt *put;

	if (!cla_db_once(d->db, "INSERT INTO expense(" COLUMNS ", big) VALUES(?,?,?,?,?,?,?,?,?)",
			 &put, err))
		return false;
	cla_db_bind_str(put, 1, row->kind);
	cla_db_bind_str(put, 2, row->uuid);
	cla_db_bind_str(put, 3, row->currency);
	cla_db_bind_str(put, 4, row->amount);
	cla_db_bind_str(put, 5, row->date);
	cla_db_bind_str(put, 6, row->merchant);
	cla_db_bind_str(put, 7, row->status);
	cla_db_bind_str(put, 8, row->verdict);
	if (amount.ok) {
		order_digits(amount, big);
		cla_db_bind_str(put, 9, cla_str_from(big));
	} else {
		cla_db_bind_null(put, 9);
	}
	d->count++;
	return cla_db_run(put, err);
}

/* The next row of a query for COLUMNS; *more is false behind the last. */
static bool next_row(struct cla_db_stmt *s, struct cla_draw_row *row, bool *more,
		     struct cla_err *err)
{
	if (!cla_db_step(s, more, err))
		return false;
	if (!*more)
		return true;
	*row = (struct cla_draw_row){ cla_db_str(s, 0), cla_db_str(s, 1), cla_db_str(s, 2),
				      cla_db_str(s, 3), cla_db_str(s, 4), cla_db_str(s, 5),
				      cla_db_str(s, 6), cla_db_str(s, 7) };
	return true;
}

/* ---- the frame ---- */

static struct cla_str or_dash(struct cla_str s)
{
	return cla_str_absent(s) ? CLA_STR("-") : s;
}

static bool make_frame(struct cla_draw *d, struct cla_err *err)
{
	cla_auto_hasher struct cla_hasher *hasher = NULL;
	cla_auto_reset struct cla_db_stmt *get = NULL;
	struct cla_draw_row row;
	bool more;

	if (!cla_hasher_new(CLA_HASH_SHA256, &hasher, err) ||
	    !cla_db_once(d->db, "SELECT " COLUMNS " FROM expense ORDER BY uuid, kind", &get, err))
		return false;
	for (;;) {
		if (!next_row(get, &row, &more, err))
			return false;
		if (!more)
			break;
		const struct cla_str line[] = {
			row.uuid,
			CLA_STR("\t"),
			row.kind,
			CLA_STR("\t"),
			or_dash(row.currency),
			CLA_STR("\t"),
			or_dash(row.amount),
			CLA_STR("\n"),
		};
		for (size_t i = 0; i < CLA_LEN(line); i++)
			cla_hasher_update(hasher, line[i]);
	}
	return cla_hasher_finish(hasher, d->frame.bytes, err);
}

/* SHA-256 of the domain, the method, the seed, the frame and what is asked about, a line each. */
static bool chance(const struct cla_draw *d, const char *method, const struct cla_str *about,
		   size_t count, struct cla_digest *ret, struct cla_err *err)
{
	cla_auto_buf struct cla_buf text = CLA_BUF_INIT(1 << 20);
	char hex[CLA_DIGEST_HEX];

	cla_buf_addf(&text, DOMAIN "\n%s\n" CLA_STR_FMT "\n%s", method, CLA_STR_ARG(d->seed),
		     cla_digest_hex(&d->frame, hex));
	for (size_t i = 0; i < count; i++) {
		cla_buf_byte(&text, '\n');
		cla_buf_add(&text, about[i]);
	}
	return cla_buf_ok(&text, err) && cla_digest_of(cla_buf_str(&text), ret, err);
}

static bool tell(struct cla_draw *d, const struct cla_draw_row *row, uint64_t hits,
		 struct cla_err *err)
{
	return d->fn->row(d->fn->ctx, ++d->n, row, hits, err);
}

/* Tells the rows of a statement that is bound already. */
static bool tell_all(struct cla_draw *d, struct cla_db_stmt *get, struct cla_err *err)
{
	struct cla_draw_row row;
	bool more;

	for (;;) {
		if (!next_row(get, &row, &more, err))
			return false;
		if (!more)
			return true;
		if (!tell(d, &row, 1, err))
			return false;
	}
}

/* ---- random ---- */

static bool put_keys(struct cla_draw *d, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *get = NULL;
	struct cla_db_stmt *put;
	struct cla_digest key;
	bool more;

	if (!cla_db_once(d->db, "SELECT uuid, kind FROM expense", &get, err) ||
	    !cla_db_once(d->db, "INSERT INTO ranked(of_uuid, of_kind, key) VALUES(?,?,?)", &put,
			 err))
		return false;
	for (;;) {
		if (!cla_db_step(get, &more, err))
			return false;
		if (!more)
			return true;
		const struct cla_str about[] = { cla_db_str(get, 0), cla_db_str(get, 1) };
		if (!chance(d, "random", about, CLA_LEN(about), &key, err))
			return false;
		cla_db_bind_str(put, 1, about[0]);
		cla_db_bind_str(put, 2, about[1]);
		cla_db_bind_blob(put, 3, key.bytes, sizeof(key.bytes));
		if (!cla_db_run(put, err))
			return false;
	}
}

static bool draw_random(struct cla_draw *d, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *get = NULL;

	if (!cla_db_exec(d->db, "DELETE FROM ranked", err) || !put_keys(d, err) ||
	    !cla_db_once(d->db,
			 "SELECT " COLUMNS " FROM ranked JOIN expense ON uuid=of_uuid AND"
			 " kind=of_kind ORDER BY key LIMIT ?",
			 &get, err))
		return false;
	cla_db_bind_int(get, 1, (int64_t)d->size);
	return tell_all(d, get, err);
}

/* ---- currencies ---- */

static bool counts(enum cla_draw_method method, const struct cla_draw_row *row, struct cla_dec *ret)
{
	*ret = amount_of(row);
	return ret->ok && (method != CLA_DRAW_MUS || cla_dec_sign(*ret) > 0);
}

/* Count and sum of what can be drawn. */
static bool add_up(struct cla_draw *d, enum cla_draw_method method, struct cla_draw_stratum *s,
		   struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *get = NULL;
	struct cla_draw_row row;
	struct cla_dec amount;
	bool more;

	s->total = CLA_DEC_ZERO;
	if (!cla_db_once(d->db, "SELECT " COLUMNS " FROM expense WHERE currency=?", &get, err))
		return false;
	cla_db_bind_str(get, 1, s->currency);
	for (;;) {
		if (!next_row(get, &row, &more, err))
			return false;
		if (!more)
			break;
		if (!counts(method, &row, &amount)) {
			s->left_out++;
			continue;
		}
		s->count++;
		s->total = cla_dec_add(s->total, amount);
	}
	/* so that a point, size times the sum, fits as well */
	if (s->total.ok && s->total.units >> 96 == (s->total.units < 0 ? -1 : 0))
		return true;
	return cla_err_set(err, CLA_ERR_LIMIT, "the amounts in '" CLA_STR_FMT "' are too large",
			   CLA_STR_ARG(s->currency));
}

static bool draw_top(struct cla_draw *d, const struct cla_draw_stratum *s, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *get = NULL;

	if (!cla_db_once(d->db,
			 "SELECT " COLUMNS " FROM expense WHERE currency=? AND big IS NOT NULL"
			 " ORDER BY big DESC, uuid, kind LIMIT ?",
			 &get, err))
		return false;
	cla_db_bind_str(get, 1, s->currency);
	cla_db_bind_int(get, 2, (int64_t)d->size);
	return tell_all(d, get, err);
}

/* R: 128 bits of chance below the sum, which has at most 96. */
static bool mus_offset(struct cla_draw *d, const struct cla_draw_stratum *s, unsigned __int128 *ret,
		       struct cla_err *err)
{
	struct cla_digest h;
	unsigned __int128 n = 0;

	if (!chance(d, "mus", &s->currency, 1, &h, err))
		return false;
	for (size_t i = 0; i < 16; i++)
		n = n << 8 | h.bytes[i];
	*ret = n % (unsigned __int128)s->total.units;
	return true;
}

static bool draw_mus(struct cla_draw *d, const struct cla_draw_stratum *s, unsigned __int128 offset,
		     struct cla_err *err)
{
	const unsigned __int128 total = (unsigned __int128)s->total.units;
	cla_auto_reset struct cla_db_stmt *get = NULL;
	unsigned __int128 end = 0;
	struct cla_draw_row row;
	struct cla_dec amount;
	uint64_t k = 0;
	bool more;

	if (!cla_db_once(d->db,
			 "SELECT " COLUMNS " FROM expense WHERE currency=? ORDER BY uuid, kind",
			 &get, err))
		return false;
	cla_db_bind_str(get, 1, s->currency);
	while (k < d->size) {
		if (!next_row(get, &row, &more, err))
			return false;
		if (!more)
			return true;
		if (!counts(CLA_DRAW_MUS, &row, &amount))
			continue;
		/* in the units of the sum, whose decimals are the longest */
		end += (unsigned __int128)cla_dec_add(amount, cla_dec_from(0, s->total.scale))
			       .units;
		uint64_t from = k;
		while (k < d->size && (k * total + offset) / d->size < end)
			k++;
		if (k > from && !tell(d, &row, k - from, err))
			return false;
	}
	return true;
}

static bool draw_stratum(struct cla_draw *d, enum cla_draw_method method, struct cla_str currency,
			 struct cla_err *err)
{
	struct cla_draw_stratum s = { .currency = currency, .start = CLA_DEC_ZERO };
	unsigned __int128 offset = 0;

	if (!add_up(d, method, &s, err))
		return false;
	bool mus = method == CLA_DRAW_MUS && s.count;
	if (mus && !mus_offset(d, &s, &offset, err))
		return false;
	s.start = (struct cla_dec){ (__int128)(offset / d->size), s.total.scale, true };
	if (!d->fn->stratum(d->fn->ctx, &s, err))
		return false;
	if (method == CLA_DRAW_TOP)
		return draw_top(d, &s, err);
	return !mus || draw_mus(d, &s, offset, err);
}

static bool draw_strata(struct cla_draw *d, enum cla_draw_method method, struct cla_err *err)
{
	cla_auto_reset struct cla_db_stmt *get = NULL;
	bool more;

	if (!cla_db_once(d->db,
			 "SELECT DISTINCT currency FROM expense WHERE currency IS NOT NULL"
			 " ORDER BY currency",
			 &get, err))
		return false;
	for (;;) {
		if (!cla_db_step(get, &more, err))
			return false;
		if (!more)
			return true;
		if (!draw_stratum(d, method, cla_db_str(get, 0), err))
			return false;
	}
}

/* ---- the draw ---- */

static bool seed_fits(struct cla_str seed)
{
	for (size_t i = 0; i < seed.len; i++)
		if (seed.ptr[i] < 0x20 || seed.ptr[i] > 0x7e)
			return false;
	return seed.len && seed.len <= CLA_DRAW_SEED_MAX;
}

bool cla_draw_run(struct cla_draw *d, enum cla_draw_method method, struct cla_str seed,
		  uint64_t size, const struct cla_draw_fn *fn, struct cla_err *err)
{
	if (!seed_fits(seed))
		return cla_err_set(err, CLA_ERR_USAGE,
				   "a seed is 1 to %d printable ASCII characters",
				   CLA_DRAW_SEED_MAX);
	if (!size || size > CLA_DRAW_SIZE_MAX)
		return cla_err_set(err, CLA_ERR_USAGE, "a draw has 1 to %d expenses",
				   CLA_DRAW_SIZE_MAX);
	d->fn = fn;
	d->seed = seed;
	d->size = size;
	d->n = 0;
	if (!make_frame(d, err) || !fn->frame(fn->ctx, &d->frame, d->count, err))
		return false;
	return method == CLA_DRAW_RANDOM ? draw_random(d, err) : draw_strata(d, method, err);
}
