/* clara/token.h - the bearer token: what the token endpoint's answer says, and how long to rely on
 * it.
 *
 * Times are milliseconds of the monotonic clock: a clock that is set back or forth does not make a
 * token live longer.
 */
#ifndef CLA_CLARA_TOKEN_H
#define CLA_CLARA_TOKEN_H

#include "base/buf.h"

#include <stdint.h>

struct cla_token {
	struct cla_buf header; /* "Bearer …" */
	int64_t renew_at_ms;
	uint64_t serial; /* counts the tokens had so far; 0: none yet */
	bool valid;
};

void cla_token_init(struct cla_token *t);
void cla_token_clear(struct cla_token *t); /* wipes */

/* Takes access_token and expires_in out of an answer to a request that was sent at `sent_ms`.
 * CLA_ERR_FORMAT when it holds no usable token; the old one stays then. */
CLA_USE bool cla_token_take(struct cla_token *t, struct cla_str answer, int64_t sent_ms,
			    struct cla_err *err);
bool cla_token_fresh(const struct cla_token *t, int64_t now_ms);

/* Seconds that a token lives, from expires_in as received (number or string). Missing, unreadable,
 * zero or longer than thirty days: an hour, which is what clients of this API assume. */
uint64_t cla_token_life_s(struct cla_str expires_in);
/* Milliseconds from the request until a new token is asked for: a tenth of the life, at least a
 * minute, before its end; half the life where that is under two minutes. */
int64_t cla_token_renew_ms(uint64_t life_s);

/* What a refusal says of itself (error_description, message, error), made safe for a terminal and
 * short; "" when it says nothing. A text that repeats one of the secrets, a list that ends with
 * NULL, counts as nothing said. */
void cla_token_refusal(struct cla_str answer, const char *const *secrets, char *out, size_t size);

#endif
