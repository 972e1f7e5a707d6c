/* What the renderers share: numbers, times and text. */
#include "render.h"

#include "clean.h"
#include "event.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

void render_number(struct render *render, uint64_t number, unsigned base, unsigned digits)
{
	char text[64];
	unsigned at = sizeof(text);
	do {
		text[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (at && (number || sizeof(text) - at < digits));
	render_bytes(render, text + at, sizeof(text) - at);
}

void render_signed(struct render *render, int64_t number)
{
	if (number < 0)
		render_char(render, '-');
	render_number(render, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, 1);
}

/* The locale's decimal point, of one or more bytes, is whatever is no part of a number elsewhere. */
static void render_pointed(struct render *render, const char *text)
{
	bool point = false, foreign = false;
	for (; *text; text++) {
		const bool number = (*text >= '0' && *text <= '9') || strchr("+-e", *text);
		if (number)
			render_char(render, *text);
		else if (!foreign)
			render_char(render, '.');
		point = point || !number || *text == 'e';
		foreign = !number;
	}
	if (!point)
		render_string(render, ".0");
}

void render_double(struct render *render, double number)
{
	char text[48];
	int digits = 15;
	if (isnan(number) || isinf(number)) {
		render_string(render, isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
		return;
	}
	do {
		snprintf(text, sizeof(text), "%.*g", digits, number);
	} while (strtod(text, NULL) != number && ++digits <= 17);
	render_pointed(render, text);
}

/* Days since 1970-01-01 as a date of the Gregorian calendar; years are counted from March, so that the leap day is their last. */
static void render_date(struct render *render, uint64_t days)
{
	const uint64_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
	const uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const uint64_t month = (5 * of_year + 2) / 153; /* 0: March */
	const uint64_t civil_month = month < 10 ? month + 3 : month - 9;
	render_number(render, year_of_era + era * 400 + (civil_month <= 2), 10, 4);
	render_char(render, '-');
	render_number(render, civil_month, 10, 2);
	render_char(render, '-');
	render_number(render, of_year - (153 * month + 2) / 5 + 1, 10, 2);
}

void render_time(struct render *render, uint64_t realtime_ns)
{
	const uint64_t seconds = realtime_ns / 1000000000u, of_day = seconds % 86400;
	render_date(render, seconds / 86400);
	render_char(render, 'T');
	render_number(render, of_day / 3600, 10, 2);
	render_char(render, ':');
	render_number(render, of_day / 60 % 60, 10, 2);
	render_char(render, ':');
	render_number(render, of_day % 60, 10, 2);
	render_char(render, '.');
	render_number(render, realtime_ns % 1000000000u / 1000, 10, 6);
	render_char(render, 'Z');
}

static bool is_printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

void render_clean(struct render *render, const char *text, size_t bytes)
{
	char shown[CLEAN_BYTES];
	size_t at = 0, plain = 0, used, columns;
	while (at < bytes) {
		if (is_printable((unsigned char)text[at])) {
			at++;
			continue;
		}
		render_bytes(render, text + plain, at - plain);
		at += clean_character(text + at, bytes - at, shown, &used, &columns);
		render_bytes(render, shown, used);
		plain = at;
	}
	render_bytes(render, text + plain, bytes - plain);
}

void render_utf8(struct render *render, const char *text, size_t bytes, bool nul)
{
	size_t at = 0, plain = 0;
	while (at < bytes) {
		const size_t length = utf8_character(text + at, bytes - at);
		if (length && (text[at] || nul)) {
			at += length;
			continue;
		}
		render_bytes(render, text + plain, at - plain);
		render_string(render, "\xef\xbf\xbd");
		plain = ++at;
	}
	render_bytes(render, text + plain, bytes - plain);
}

void render_scalar(struct render *render, const struct ttlog_value *value)
{
	switch (value->type) {
	case TTLOG_TYPE_SIGNED:
		render_signed(render, value->number.i);
		break;
	case TTLOG_TYPE_DOUBLE:
		render_double(render, value->number.d);
		break;
	case TTLOG_TYPE_BOOL:
		render_string(render, value->number.u ? "true" : "false");
		break;
	case TTLOG_TYPE_POINTER:
		render_string(render, "0x");
		render_number(render, value->number.u, 16, 1);
		break;
	default:
		render_number(render, value->number.u, 10, 1);
	}
}

unsigned render_severity(uint32_t level)
{
	static const unsigned char severities[] = {LOG_DEBUG, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR, LOG_CRIT};
	return level < sizeof(severities) ? severities[level] : LOG_INFO;
}

const char *render_level(uint32_t level)
{
	const char *name = level_name(level);
	return name ? name : "off";
}
