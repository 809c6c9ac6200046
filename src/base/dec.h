/* base/dec.h - exact decimal numbers for money, rates and quantities.
 *
 * A cla_dec is units / 10^scale in 128-bit integers; `scale` is the number of decimals as written,
 * which fiscal rules ask about. Nothing here rounds unless asked to. A result that does not fit
 * (more than 38 digits, scale above 18) has ok = false, and every operation with such an operand
 * has ok = false too: test once at the end, and treat it as an input that is missing.
 */
#ifndef CLA_BASE_DEC_H
#define CLA_BASE_DEC_H

#include "base/str.h"

#define CLA_DEC_MAX_SCALE 18
#define CLA_DEC_TEXT 48 /* bytes that cla_dec_format needs at most */

struct cla_dec {
	__int128 units;
	int scale;
	bool ok;
};

#define CLA_DEC_ZERO ((struct cla_dec){ 0, 0, true })

/* [-]digits[.digits][(e|E)[+-]digits], nothing else: no blanks, no plus sign, no lone point ("5."
 * and ".5" refused). Exponents are applied (4e2 = 400, scale 0; 1.5e-3 = 0.0015, scale 4). ok =
 * false when it is not a number. */
struct cla_dec cla_dec_parse(struct cla_str s);
struct cla_dec cla_dec_from(int64_t units, int scale);

struct cla_dec cla_dec_add(struct cla_dec a, struct cla_dec b);
struct cla_dec cla_dec_sub(struct cla_dec a, struct cla_dec b);
struct cla_dec cla_dec_mul(struct cla_dec a, struct cla_dec b); /* scale = sum of both */
struct cla_dec cla_dec_neg(struct cla_dec a);
struct cla_dec cla_dec_abs(struct cla_dec a);

/* Half away from zero, towards zero, away from zero, to `scale` decimals. A smaller scale than
 * asked is widened. */
struct cla_dec cla_dec_round(struct cla_dec a, int scale);
struct cla_dec cla_dec_trunc(struct cla_dec a, int scale);
struct cla_dec cla_dec_up(struct cla_dec a, int scale);

int cla_dec_cmp(struct cla_dec a, struct cla_dec b); /* by value: 1.0 = 1.00; both must be ok */
bool cla_dec_eq(struct cla_dec a, struct cla_dec b); /* false when one is not ok */
int cla_dec_sign(struct cla_dec a);

/* Plain digits with exactly `scale` decimals, NUL-terminated; "?" when not ok. Returns out. */
const char *cla_dec_format(struct cla_dec a, char out[CLA_DEC_TEXT]);

#endif
