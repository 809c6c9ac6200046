/* base/clock.h - instants, days and months without locale or time zone database.
 *
 * Instants are UTC seconds since 1970 plus nanoseconds. The present comes from a cla_clock that the
 * caller hands in: nothing below cli/ asks the system what time it is. Days follow the proleptic
 * Gregorian calendar.
 */
#ifndef CLA_BASE_CLOCK_H
#define CLA_BASE_CLOCK_H

#include "base/str.h"

struct cla_time {
	int64_t sec;
	int32_t nsec;
};

struct cla_date {
	int year;
	int month; /* 1-12 */
	int day;   /* 1-31 */
};

struct cla_month {
	int year;
	int month;
};

struct cla_clock {
	struct cla_time (*now)(void *ctx);
	int64_t (*monotonic_ms)(void *ctx);
	void *ctx;
};

struct cla_clock cla_clock_system(void);

/* YYYY-MM-DD[T ]hh:mm[:ss[.0-9 digits]][Z|±hh:mm|±hhmm]; a date alone is midnight. *has_zone tells
 * whether a zone was written; without one the text is taken as UTC. Leap second 60 is read as 59.
 * False on anything else. */
CLA_USE bool cla_time_parse(struct cla_str s, struct cla_time *ret, bool *has_zone);

/* HTTP date in its three forms (RFC 9110 5.6.7). */
CLA_USE bool cla_time_parse_http(struct cla_str s, struct cla_time *ret);

#define CLA_TIME_TEXT 32
/* "2024-12-03T05:58:11Z": whole seconds, nanoseconds dropped. Returns out. */
const char *cla_time_format(struct cla_time t, char out[CLA_TIME_TEXT]);

int cla_time_cmp(struct cla_time a, struct cla_time b);
struct cla_time cla_time_ceil(struct cla_time t); /* up to a whole second */

/* Exactly YYYY-MM-DD and a day that exists. */
CLA_USE bool cla_date_parse(struct cla_str s, struct cla_date *ret);
bool cla_date_exists(int year, int month, int day);
int64_t cla_date_to_days(struct cla_date d); /* days since 1970-01-01 */
struct cla_date cla_date_from_days(int64_t days);
const char *cla_date_format(struct cla_date d, char out[CLA_TIME_TEXT]);

/* Exactly YYYY-MM, years 2000-2099. */
CLA_USE bool cla_month_parse(struct cla_str s, struct cla_month *ret);
struct cla_date cla_month_first(struct cla_month m);
struct cla_date cla_month_last(struct cla_month m);

#endif
