/* base/clock.c - calendar arithmetic and the few spellings of dates that we read and write. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400
#define DAYS_TO_1970 719468 /* from 0000-03-01 */
#define ERA_DAYS 146097	    /* of 400 years */

static struct cla_time system_now(void *ctx)
{
	struct timespec ts = { 0 };

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct cla_time){ ts.tv_sec, (int32_t)ts.tv_nsec };
}

static int64_t system_monotonic_ms(void *ctx)
{
	struct timespec ts = { 0 };

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct cla_clock cla_clock_system(void)
{
	return (struct cla_clock){ system_now, system_monotonic_ms, NULL };
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

bool cla_date_exists(int year, int month, int day)
{
	return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= month_days(year, month);
}

/* Years are counted from March, so that the leap day is the last one; 400 of them always have the
 * same length. The term (153 m + 2) / 5 is the number of days before the m-th month from March. */
int64_t cla_date_to_days(struct cla_date d)
{
	int64_t year = d.month <= 2 ? (int64_t)d.year - 1 : d.year;
	int64_t month = d.month <= 2 ? d.month + 9 : d.month - 3;
	int64_t era = floor_div(year, 400);
	int64_t in_era = year - era * 400;
	int64_t in_year = (153 * month + 2) / 5 + d.day - 1;

	return era * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 + in_year - DAYS_TO_1970;
}

struct cla_date cla_date_from_days(int64_t days)
{
	const int64_t far = 1000000000; /* 2.7 million years: keeps the year in an int */

	days = days > far ? far : days < -far ? -far : days;
	days += DAYS_TO_1970;
	int64_t era = floor_div(days, ERA_DAYS);
	int64_t day = days - era * ERA_DAYS;
	/* Takes out the leap days before `day`, so that what is left divides by 365. */
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	int64_t month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;

	return (struct cla_date){
		.year = (int)(year + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)day + 1,
	};
}

/* A reader over text: each step takes what it names or makes ok false, and then nothing more is
 * taken. */
struct taker {
	struct cla_str rest;
	bool ok;
};

static int take_number(struct taker *t, size_t digits)
{
	struct cla_str part = cla_str_sub(t->rest, 0, digits);
	uint64_t n;

	if (!t->ok || part.len != digits || !cla_str_to_u64(part, &n)) {
		t->ok = false;
		return 0;
	}
	t->rest = cla_str_sub(t->rest, digits, t->rest.len);
	return (int)n;
}

static bool next_is(const struct taker *t, char c)
{
	return t->ok && t->rest.len && t->rest.ptr[0] == c;
}

static void take_text(struct taker *t, const char *text)
{
	if (!t->ok || !cla_str_starts(t->rest, text)) {
		t->ok = false;
		return;
	}
	t->rest = cla_str_sub(t->rest, strlen(text), t->rest.len);
}

/* 1-based place of the name that the text begins with. */
static int take_name(struct taker *t, const char *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		if (t->ok && cla_str_starts(t->rest, names[i])) {
			take_text(t, names[i]);
			return i + 1;
		}
	}
	t->ok = false;
	return 0;
}

static struct cla_date take_date(struct taker *t)
{
	struct cla_date d = { 0 };

	d.year = take_number(t, 4);
	take_text(t, "-");
	d.month = take_number(t, 2);
	take_text(t, "-");
	d.day = take_number(t, 2);
	t->ok = t->ok && cla_date_exists(d.year, d.month, d.day);
	return d;
}

/* Seconds of the day from hh:mm:ss; ":ss" may be missing when `optional`. */
static int take_clock(struct taker *t, bool optional, bool *with_seconds)
{
	int hour = take_number(t, 2);
	take_text(t, ":");
	int minute = take_number(t, 2);
	int second = 0;

	*with_seconds = !optional || next_is(t, ':');
	if (*with_seconds) {
		take_text(t, ":");
		second = take_number(t, 2);
	}
	t->ok = t->ok && hour < 24 && minute < 60 && second <= 60;
	return hour * 3600 + minute * 60 + (second == 60 ? 59 : second);
}

static int32_t take_fraction(struct taker *t)
{
	size_t digits = 0;

	take_text(t, ".");
	while (digits < t->rest.len && t->rest.ptr[digits] >= '0' && t->rest.ptr[digits] <= '9')
		digits++;
	if (!digits || digits > 9) {
		t->ok = false;
		return 0;
	}
	int nsec = take_number(t, digits);
	for (size_t i = digits; i < 9; i++)
		nsec *= 10;
	return nsec;
}

/* Seconds east of UTC; XML Schema's widest zone is 14 hours. */
static int take_zone(struct taker *t)
{
	if (next_is(t, 'Z')) {
		take_text(t, "Z");
		return 0;
	}
	int sign = next_is(t, '-') ? -1 : 1;
	take_text(t, sign < 0 ? "-" : "+");
	int hour = take_number(t, 2);
	if (next_is(t, ':'))
		take_text(t, ":");
	int minute = take_number(t, 2);
	int seconds = hour * 3600 + minute * 60;
	t->ok = t->ok && minute < 60 && seconds <= 14 * 3600;
	return sign * seconds;
}

static bool taken_all(const struct taker *t)
{
	return t->ok && !t->rest.len;
}

bool cla_time_parse(struct cla_str s, struct cla_time *ret, bool *has_zone)
{
	struct taker t = { s, true };
	struct cla_date day = take_date(&t);
	int seconds = 0, east = 0;
	int32_t nsec = 0;
	bool zone = false;

	if (t.ok && t.rest.len) {
		bool with_seconds;

		take_text(&t, next_is(&t, ' ') ? " " : "T");
		seconds = take_clock(&t, true, &with_seconds);
		if (with_seconds && next_is(&t, '.'))
			nsec = take_fraction(&t);
		zone = t.ok && t.rest.len;
		if (zone)
			east = take_zone(&t);
	}
	if (!taken_all(&t))
		return false;
	ret->sec = cla_date_to_days(day) * DAY_SECONDS + seconds - east;
	ret->nsec = nsec;
	if (has_zone)
		*has_zone = zone;
	return true;
}

/* Sun, 06 Nov 1994 08:49:37 GMT | Sunday, 06-Nov-94 08:49:37 GMT | Sun Nov  6 08:49:37 1994
 * The name of the day is read but not compared with the date. A year of two digits is taken from
 * 1970 to 2069: the rule of RFC 9110 (not over 50 years ahead) would need the present time. */
bool cla_time_parse_http(struct cla_str s, struct cla_time *ret)
{
	static const char *const long_days[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
						 "Friday", "Saturday", "Sunday" };
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct taker t = { s, true };
	struct cla_date d = { 0 };
	bool with_seconds;
	int seconds;

	take_name(&t, long_days, CLA_LEN(long_days));
	bool rfc850 = t.ok;
	if (!rfc850) {
		t.ok = true;
		take_name(&t, days, CLA_LEN(days));
	}
	if (next_is(&t, ' ')) {
		take_text(&t, " ");
		d.month = take_name(&t, months, CLA_LEN(months));
		take_text(&t, " ");
		if (next_is(&t, ' ')) {
			take_text(&t, " ");
			d.day = take_number(&t, 1);
		} else {
			d.day = take_number(&t, 2);
		}
		take_text(&t, " ");
		seconds = take_clock(&t, false, &with_seconds);
		take_text(&t, " ");
		d.year = take_number(&t, 4);
		t.ok = t.ok && !rfc850;
	} else {
		take_text(&t, ", ");
		d.day = take_number(&t, 2);
		take_text(&t, rfc850 ? "-" : " ");
		d.month = take_name(&t, months, CLA_LEN(months));
		take_text(&t, rfc850 ? "-" : " ");
		d.year = take_number(&t, rfc850 ? 2 : 4);
		if (rfc850)
			d.year += d.year < 70 ? 2000 : 1900;
		take_text(&t, " ");
		seconds = take_clock(&t, false, &with_seconds);
		take_text(&t, " GMT");
	}
	if (!taken_all(&t) || !cla_date_exists(d.year, d.month, d.day))
		return false;
	ret->sec = cla_date_to_days(d) * DAY_SECONDS + seconds;
	ret->nsec = 0;
	return true;
}

static char *put_two(char *out, int n, char behind)
{
	out[0] = (char)('0' + n / 10);
	out[1] = (char)('0' + n % 10);
	out[2] = behind;
	return out + 3;
}

const char *cla_time_format(struct cla_time t, char out[CLA_TIME_TEXT])
{
	int64_t days = floor_div(t.sec, DAY_SECONDS);
	int second = (int)(t.sec - days * DAY_SECONDS);
	struct cla_date d = cla_date_from_days(days);

	cla_date_format(d, out);
	char *at = out + strlen(out);
	*at++ = 'T';
	at = put_two(at, second / 3600, ':');
	at = put_two(at, second / 60 % 60, ':');
	*put_two(at, second % 60, 'Z') = '\0';
	return out;
}

int cla_time_cmp(struct cla_time a, struct cla_time b)
{
	if (a.sec != b.sec)
		return a.sec < b.sec ? -1 : 1;
	return a.nsec < b.nsec ? -1 : a.nsec > b.nsec;
}

struct cla_time cla_time_ceil(struct cla_time t)
{
	return (struct cla_time){ t.sec + (t.nsec > 0), 0 };
}

bool cla_date_parse(struct cla_str s, struct cla_date *ret)
{
	struct taker t = { s, true };
	struct cla_date d = take_date(&t);

	if (!taken_all(&t))
		return false;
	*ret = d;
	return true;
}

const char *cla_date_format(struct cla_date d, char out[CLA_TIME_TEXT])
{
	if (d.year < 0 || d.year > 9999) {
		snprintf(out, CLA_TIME_TEXT, "%04d-%02d-%02d", d.year, d.month, d.day);
		return out;
	}
	put_two(out, d.year / 100, '\0');
	char *at = put_two(out + 2, d.year % 100, '-');
	at = put_two(at, d.month, '-');
	put_two(at, d.day, '\0');
	return out;
}

bool cla_month_parse(struct cla_str s, struct cla_month *ret)
{
	struct taker t = { s, true };
	int year = take_number(&t, 4);
	take_text(&t, "-");
	int month = take_number(&t, 2);

	if (!taken_all(&t) || year < 2000 || year > 2099 || month < 1 || month > 12)
		return false;
	*ret = (struct cla_month){ year, month };
	return true;
}

struct cla_date cla_month_first(struct cla_month m)
{
	return (struct cla_date){ m.year, m.month, 1 };
}

struct cla_date cla_month_last(struct cla_month m)
{
	return (struct cla_date){ m.year, m.month, month_days(m.year, m.month) };
}
