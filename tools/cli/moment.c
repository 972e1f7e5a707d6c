#include "moment.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define SECOND  INT64_C(1000000000)
#define DAY     (86400 * SECOND)
#define LONGEST (INT64_C(9000000000)) /* seconds: what int64_t holds in ns, and more than any log */

/* Decimal digits, up to `most` of them; false: there is none. */
static bool take_number(const char **at, unsigned most, int64_t *number)
{
	unsigned digits = 0;

	for (*number = 0; **at >= '0' && **at <= '9' && digits < most; ++*at, digits++)
		*number = *number * 10 + (**at - '0');
	return digits > 0 && !(**at >= '0' && **at <= '9');
}

/* ".25" as a part of `unit_ns`; nothing there is none. False: a point without digits. */
static bool take_fraction(const char **at, int64_t unit_ns, int64_t *ns)
{
	int64_t place = unit_ns, digit;

	*ns = 0;
	if (**at != '.')
		return true;
	++*at;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; ++*at) {
		digit = **at - '0';
		place /= 10;
		*ns += digit * place;
	}
	return true;
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

/* From the end ---------------------------------------------------------------------------------------------------------------- */

static int64_t unit_of(const char *text)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{"", SECOND}, {"s", SECOND},      {"ms", SECOND / 1000}, {"us", SECOND / 1000000},
		{"ns", 1},    {"m", 60 * SECOND}, {"min", 60 * SECOND},  {"h", 3600 * SECOND},
		{"d", DAY},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(units[i].name, text))
			return units[i].ns;
	}
	return 0;
}

static int parse_distance(const char *text, struct moment *moment)
{
	const bool before = *text == '-';
	const char *at = text + 1, *rest;
	int64_t number, part, unit;

	if (!take_number(&at, 12, &number))
		return -EINVAL;
	rest = at + strspn(at, ".0123456789");
	unit = unit_of(rest);
	if (!unit || number > INT64_MAX / 2 / unit || !take_fraction(&at, unit, &part) || at != rest)
		return -EINVAL;
	moment->kind = MOMENT_BEFORE_END;
	moment->ns = (number * unit + part) * (before ? -1 : 1);
	return 0;
}

static int parse_unix(const char *at, struct moment *moment)
{
	int64_t seconds, part;

	if (!take_number(&at, 10, &seconds) || !take_fraction(&at, SECOND, &part) || *at || seconds > LONGEST)
		return -EINVAL;
	moment->kind = MOMENT_ABSOLUTE;
	moment->ns = seconds * SECOND + part;
	return 0;
}

/* Date and time --------------------------------------------------------------------------------------------------------------- */

static bool take_date(const char **at, struct tm *tm)
{
	int64_t year, month, day;

	if (!take_number(at, 4, &year) || !take(at, '-') || !take_number(at, 2, &month) || !take(at, '-') ||
	    !take_number(at, 2, &day))
		return false;
	tm->tm_year = (int)year - 1900;
	tm->tm_mon = (int)month - 1;
	tm->tm_mday = (int)day;
	return year >= 1970 && year < 2250 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* hh:mm, hh:mm:ss, hh:mm:ss.fff */
static bool take_time(const char **at, int64_t *ns)
{
	int64_t hours, minutes, seconds = 0, part = 0;

	if (!take_number(at, 2, &hours) || !take(at, ':') || !take_number(at, 2, &minutes))
		return false;
	if (take(at, ':') && (!take_number(at, 2, &seconds) || !take_fraction(at, SECOND, &part)))
		return false;
	*ns = ((hours * 60 + minutes) * 60 + seconds) * SECOND + part;
	return hours < 24 && minutes < 60 && seconds <= 60;
}

/* Z, UTC, +02:00, -0530; none: local. */
static bool take_zone(const char **at, struct moment *moment)
{
	int64_t hours, minutes = 0;
	const bool west = **at == '-';

	*at += strspn(*at, " ");
	if (!**at)
		return true;
	moment->has_zone = 1;
	if (!strcmp(*at, "Z") || !strcmp(*at, "z") || !strcmp(*at, "UTC")) {
		*at += strlen(*at);
		return true;
	}
	if (!take(at, '+') && !take(at, '-'))
		return false;
	if (strlen(*at) == 4 && take_number(at, 4, &hours)) {
		minutes = hours % 100;
		hours /= 100;
	} else if (!take_number(at, 2, &hours) || (take(at, ':') && !take_number(at, 2, &minutes))) {
		return false;
	}
	moment->zone = (int32_t)((hours * 60 + minutes) * 60) * (west ? -1 : 1);
	return hours < 24 && minutes < 60;
}

/* Midnight of the date, in ns; mktime knows where the local day is shorter or longer. False: no such day (30 February). */
static bool midnight(const struct tm *date, const struct moment *zone, int64_t *ns)
{
	struct tm tm = *date;
	time_t seconds;

	tm.tm_isdst = -1;
	seconds = zone->has_zone ? timegm(&tm) - zone->zone : mktime(&tm);
	*ns = (int64_t)seconds * SECOND;
	return tm.tm_mday == date->tm_mday;
}

/* Date and time of day go through mktime together: a day may have an hour less. */
static bool place_on(struct tm date, int64_t of_day, const struct moment *zone, int64_t *ns)
{
	const int64_t seconds = of_day / SECOND;

	date.tm_hour = (int)(seconds / 3600);
	date.tm_min = (int)(seconds / 60 % 60);
	date.tm_sec = (int)(seconds % 60);
	if (!midnight(&date, zone, ns))
		return false;
	*ns += of_day % SECOND;
	return true;
}

static int parse_date(const char *at, struct moment *moment)
{
	struct tm tm = {0};
	int64_t of_day = 0;

	if (!take_date(&at, &tm))
		return -EINVAL;
	if ((take(&at, 'T') || take(&at, ' ')) && !take_time(&at, &of_day))
		return -EINVAL;
	if (!take_zone(&at, moment) || *at || !place_on(tm, of_day, moment, &moment->ns))
		return -EINVAL;
	moment->kind = MOMENT_ABSOLUTE;
	return 0;
}

static int parse_time_of_day(const char *at, struct moment *moment)
{
	if (!take_time(&at, &moment->ns) || !take_zone(&at, moment) || *at)
		return -EINVAL;
	moment->kind = MOMENT_OF_DAY;
	return 0;
}

int moment_parse(const char *text, struct moment *moment)
{
	*moment = (struct moment){.kind = MOMENT_ABSOLUTE};
	if (*text == '-' || *text == '+')
		return parse_distance(text, moment);
	if (*text == '@')
		return parse_unix(text + 1, moment);
	return text[strspn(text, "0123456789")] == ':' ? parse_time_of_day(text, moment) : parse_date(text, moment);
}

/* Resolve --------------------------------------------------------------------------------------------------------------------- */

static int64_t on_day_of(const struct moment *moment, int64_t end_ns)
{
	time_t seconds = (time_t)(end_ns / SECOND) + (moment->has_zone ? moment->zone : 0);
	struct tm tm;
	int64_t ns;

	if (!(moment->has_zone ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)))
		return 0;
	return place_on(tm, moment->ns, moment, &ns) ? ns : 0;
}

uint64_t moment_resolve(const struct moment *moment, uint64_t end_ns)
{
	const int64_t end = end_ns > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)end_ns;
	int64_t ns;

	switch (moment->kind) {
	case MOMENT_BEFORE_END:
		ns = end + moment->ns;
		break;
	case MOMENT_OF_DAY:
		ns = on_day_of(moment, end);
		break;
	default:
		ns = moment->ns;
	}
	return ns > 0 ? (uint64_t)ns : 0;
}
