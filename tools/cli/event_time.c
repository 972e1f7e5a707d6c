#include "event_time.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define SECOND_NS  1000000000u
#define TEXT_BYTES 64u

/* From the end, which is where a number is written from; returns where it begins. */
static char *put_number(char *end, uint64_t number, int digits)
{
	char *begin = end;

	while (number || end - begin < digits) {
		*--begin = (char)('0' + number % 10);
		number /= 10;
	}
	return begin;
}

/* ".123456", and what stands behind it. */
static char *put_fraction(char *end, uint64_t ns, char behind)
{
	if (behind)
		*--end = behind;
	end = put_number(end, ns % SECOND_NS / 1000u, 6);
	*--end = '.';
	return end;
}

static char *put_calendar(char *end, uint64_t ns, bool utc, bool day)
{
	static time_t last = -1;
	static bool last_utc;
	static char text[32] = "?";
	const time_t seconds = (time_t)(ns / SECOND_NS);
	const char *from;
	struct tm tm;

	if ((seconds != last || utc != last_utc) && (utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm))) {
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		last = seconds;
		last_utc = utc;
	}
	from = day ? text : text + strcspn(text, " ") + (strchr(text, ' ') != NULL);
	end = put_fraction(end, ns, utc && day ? 'Z' : '\0') - strlen(from);
	return memcpy(end, from, strlen(from));
}

static char *put_relative(char *end, uint64_t ns, uint64_t end_ns)
{
	const bool after = ns > end_ns;
	const uint64_t distance = after ? ns - end_ns : end_ns - ns;
	char *begin = put_number(put_fraction(end, distance, '\0'), distance / SECOND_NS, 1);

	*--begin = after ? '+' : '-';
	return begin;
}

static char *put_time(char *end, enum event_time kind, uint64_t ns, uint64_t end_ns)
{
	switch (kind) {
	case EVENT_TIME_RELATIVE:
		return put_relative(end, ns, end_ns);
	case EVENT_TIME_UNIX:
		return put_number(put_fraction(end, ns, '\0'), ns / SECOND_NS, 1);
	case EVENT_TIME_LOCAL:
	case EVENT_TIME_UTC:
		return put_calendar(end, ns, kind == EVENT_TIME_UTC, true);
	default:
		return put_calendar(end, ns, kind == EVENT_TIME_UTC_CLOCK, false);
	}
}

static void print_right(FILE *out, char *begin, const char *end, unsigned columns)
{
	while (end - begin < (ptrdiff_t)columns)
		*--begin = ' ';
	fwrite(begin, 1, (size_t)(end - begin), out);
}

unsigned event_time_columns(enum event_time kind)
{
	static const unsigned columns[] = {
		[EVENT_TIME_RELATIVE] = 14, [EVENT_TIME_LOCAL] = 28,       [EVENT_TIME_UTC] = 29,
		[EVENT_TIME_UNIX] = 19,     [EVENT_TIME_LOCAL_CLOCK] = 17, [EVENT_TIME_UTC_CLOCK] = 17,
	};

	return columns[kind];
}

void event_time_print(FILE *out, enum event_time kind, uint64_t ns, uint64_t end_ns, unsigned columns)
{
	char text[TEXT_BYTES], *const end = text + sizeof(text);

	print_right(out, put_time(end, kind, ns, end_ns), end, columns);
}

void event_number_print(FILE *out, uint64_t number, unsigned columns)
{
	char text[TEXT_BYTES], *const end = text + sizeof(text);

	print_right(out, put_number(end, number, 1), end, columns);
}
