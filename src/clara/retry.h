/* clara/retry.h - whether a failed request is worth another try, and when.
 *
 * Tried again: no connection, a reset, a timeout, a body cut short, and the status 408, 429, 500,
 * 502, 503, 504; never a refusal. At most five tries, three for 500 (the vendor asks for few). The
 * wait doubles from `base_ms` up to 20 s and is drawn evenly below that, so that many requests that
 * failed together do not come back together. Retry-After is honoured up to two minutes; an answer
 * that asks for more is not worth the wait.
 */
#ifndef CLA_CLARA_RETRY_H
#define CLA_CLARA_RETRY_H

#include "base/clock.h"
#include "net/net.h"

#define CLA_RETRY_TRIES 5
#define CLA_RETRY_TRIES_500 3
#define CLA_RETRY_BASE_MS 500
#define CLA_RETRY_CAP_MS 20000
#define CLA_RETRY_AFTER_MAX_MS 120000

/* `tried` counts from 1; `base_ms` 0 is the default. */
bool cla_retry_worth(const struct cla_net_answer *answer, unsigned tried);
uint32_t cla_retry_delay(const struct cla_net_answer *answer, unsigned tried, unsigned base_ms);

/* Retry-After in seconds or as a date, the latter taken relative to the answer's own Date (absent:
 * to `now`); saturates. False when it is neither. */
CLA_USE bool cla_retry_header(struct cla_str value, struct cla_str date, struct cla_time now,
			      uint32_t *ms);

/* The highest wait before the next try; the delay is drawn from 0 to it. */
uint32_t cla_retry_ceiling(unsigned tried, unsigned base_ms);

#endif
