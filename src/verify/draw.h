/* verify/draw.h - an auditor's draw from the expenses of a bundle, that anybody can repeat.
 *
 * The frame is all expenses, one line each, `uuid TAB kind TAB currency TAB amount LF` by uuid, then
 * kind; currency and amount as evidence.json has them, "-" where it has none. Its SHA-256 (hex, F
 * below) and the seed S decide everything; there is no other source of chance. The algorithms are
 * told in docs/VERIFYING.md so that a person repeats them with sha256sum:
 *
 *	random	the N expenses with the least SHA-256 of `clara-audit/sample/1 LF random LF S LF F LF
 *		uuid LF kind`.
 *	mus	monetary units, for each currency by itself, over its expenses with an amount above 0
 *		in the frame's order: amounts in units of the longest decimals of the currency, T
 *		their sum, R = the first 16 bytes (big-endian) of SHA-256 of `clara-audit/sample/1 LF
 *		mus LF S LF F LF currency`, modulo T. An expense is drawn once for each k from 0 to
 *		N-1 with floor((k * T + R) / N) among its units, which begin where those of the
 *		expense before it end.
 *	top	the N largest amounts of each currency, signs left out; of equal ones by uuid.
 *
 * What waits lies in a temporary database: memory is the same for any month.
 */
#ifndef CLA_VERIFY_DRAW_H
#define CLA_VERIFY_DRAW_H

#include "base/dec.h"
#include "crypto/digest.h"

struct cla_draw;

enum cla_draw_method { CLA_DRAW_RANDOM, CLA_DRAW_MUS, CLA_DRAW_TOP };

#define CLA_DRAW_SIZE_MAX 100000
#define CLA_DRAW_SEED_MAX 64

/* An expense; slices may be absent but for kind and uuid. */
struct cla_draw_row {
	struct cla_str kind, uuid, currency, amount, date, merchant, status, verdict;
};

/* A currency as far as the method looks at it. */
struct cla_draw_stratum {
	struct cla_str currency;
	uint64_t count;	      /* expenses that can be drawn */
	uint64_t left_out;    /* without an amount; with mus also those of 0 and below */
	struct cla_dec total; /* of the former */
	struct cla_dec start; /* mus: R / N, cut to the units */
};

struct cla_draw_fn {
	void *ctx;
	/* Once, before anything else. */
	bool (*frame)(void *ctx, const struct cla_digest *sha256, uint64_t count,
		      struct cla_err *err);
	/* mus and top: once a currency, sorted; its rows follow. */
	bool (*stratum)(void *ctx, const struct cla_draw_stratum *s, struct cla_err *err);
	/* `n` counts from 1; `hits` is 1 but for mus. */
	bool (*row)(void *ctx, uint64_t n, const struct cla_draw_row *row, uint64_t hits,
		    struct cla_err *err);
};

CLA_USE bool cla_draw_new(struct cla_draw **ret, struct cla_err *err);
void cla_draw_free(struct cla_draw *d);
static inline void cla_draw_freep(struct cla_draw **d)
{
	cla_draw_free(*d);
	*d = NULL;
}
#define cla_auto_draw CLA_CLEANUP(cla_draw_freep)

CLA_USE bool cla_draw_add(struct cla_draw *d, const struct cla_draw_row *row, struct cla_err *err);
/* `seed` is printable ASCII, 1 to CLA_DRAW_SEED_MAX bytes; `size` 1 to CLA_DRAW_SIZE_MAX:
 * CLA_ERR_USAGE. CLA_ERR_LIMIT when the amounts of a currency have more than 28 digits together. */
CLA_USE bool cla_draw_run(struct cla_draw *d, enum cla_draw_method method, struct cla_str seed,
			  uint64_t size, const struct cla_draw_fn *fn, struct cla_err *err);

#endif
