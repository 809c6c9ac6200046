/* clara/retry.c - the retry rules as arithmetic. */
#include "clara/retry.h"

#include "crypto/digest.h"

bool cla_retry_worth(const struct cla_net_answer *a, unsigned tried)
{
	uint32_t asked;

	switch (a->fail) {
	case CLA_NET_OK:
		break;
	case CLA_NET_RESOLVE:
	case CLA_NET_CONNECT:
	case CLA_NET_TIMEOUT:
	case CLA_NET_TLS:
	case CLA_NET_BROKEN:
		return tried < CLA_RETRY_TRIES;
	default:
		return false;
	}
	if (cla_retry_header(a->retry_after, a->date, a->time, &asked) &&
	    asked > CLA_RETRY_AFTER_MAX_MS)
		return false;
	switch (a->status) {
	case 500:
		return tried < CLA_RETRY_TRIES_500;
	case 408:
	case 429:
	case 502:
	case 503:
	case 504:
		return tried < CLA_RETRY_TRIES;
	default:
		return false;
	}
}

bool cla_retry_header(struct cla_str value, struct cla_str date, struct cla_time now, uint32_t *ms)
{
	struct cla_time at, from = now;
	uint64_t seconds;

	if (cla_str_absent(value))
		return false;
	value = cla_str_trim(value);
	if (cla_str_digits(value)) {
		/* more digits than fit are a very long time, too */
		if (!cla_str_to_u64(value, &seconds) || seconds > UINT32_MAX / 1000)
			seconds = UINT32_MAX / 1000;
		*ms = (uint32_t)seconds * 1000;
		return true;
	}
	if (!cla_time_parse_http(value, &at))
		return false;
	if (!cla_str_absent(date) && !cla_time_parse_http(cla_str_trim(date), &from))
		from = now;
	int64_t wait = at.sec - from.sec;
	if (wait > UINT32_MAX / 1000)
		wait = UINT32_MAX / 1000;
	*ms = wait > 0 ? (uint32_t)wait * 1000 : 0;
	return true;
}

uint32_t cla_retry_ceiling(unsigned tried, unsigned base_ms)
{
	uint64_t ceiling = base_ms ? base_ms : CLA_RETRY_BASE_MS;

	for (unsigned i = 1; i < tried && ceiling < CLA_RETRY_CAP_MS; i++)
		ceiling *= 2;
	return (uint32_t)(ceiling < CLA_RETRY_CAP_MS ? ceiling : CLA_RETRY_CAP_MS);
}

uint32_t cla_retry_delay(const struct cla_net_answer *a, unsigned tried, unsigned base_ms)
{
	uint32_t asked = 0, random = 0, ceiling = cla_retry_ceiling(tried, base_ms);

	if (!cla_random(&random, sizeof(random), NULL))
		random = ceiling;
	if (cla_retry_header(a->retry_after, a->date, a->time, &asked))
		ceiling = cla_retry_ceiling(1, base_ms); /* spread a little behind what was asked */
	return asked + random % (ceiling + 1);
}
