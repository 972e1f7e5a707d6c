#include "event_filter.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct event_filter {
	bool has_level, has_grep, has_source, has_tid;
	unsigned level, source;
	uint32_t tid;
	regex_t grep;
	const char *target, *kv; /* NULL: any */
};

struct event_filter *event_filter_create(void)
{
	return calloc(1, sizeof(struct event_filter));
}

void event_filter_destroy(struct event_filter *filter)
{
	if (filter && filter->has_grep)
		regfree(&filter->grep);
	free(filter);
}

/* Options ------------------------------------------------------------------------------------------------------------------ */

static int bad(char error[EVENT_FILTER_ERROR_BYTES], const char *option, const char *value, const char *what)
{
	snprintf(error, EVENT_FILTER_ERROR_BYTES, "%s %.80s: %s", option, value, what);
	return -EINVAL;
}

static int set_level(struct event_filter *filter, const char *value, char *error)
{
	if (level_parse(value, strlen(value), &filter->level) != 0)
		return bad(error, "--level", value, "none of trace debug info warn error fatal");
	filter->has_level = true;
	return 0;
}

static int set_source(struct event_filter *filter, const char *value, char *error)
{
	for (unsigned source = 0; source < SOURCE_COUNT; source++) {
		if (!strcmp(source_name(source), value)) {
			filter->source = source;
			filter->has_source = true;
			return 0;
		}
	}
	return bad(error, "--source", value, "none of macro stdout stderr write1 write2 syslog abort agent file journal");
}

static int set_tid(struct event_filter *filter, const char *value, char *error)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || number > UINT32_MAX)
		return bad(error, "--tid", value, "not a thread id");
	filter->tid = (uint32_t)number;
	filter->has_tid = true;
	return 0;
}

static int set_grep(struct event_filter *filter, const char *value, char *error)
{
	char text[160];
	int code;

	if (filter->has_grep)
		regfree(&filter->grep);
	code = regcomp(&filter->grep, value, REG_EXTENDED | REG_NOSUB);
	filter->has_grep = !code;
	if (!code)
		return 0;
	regerror(code, &filter->grep, text, sizeof(text));
	return bad(error, "--grep", value, text);
}

int event_filter_set(struct event_filter *filter, int option, const char *value, char error[EVENT_FILTER_ERROR_BYTES])
{
	switch (option) {
	case EVENT_FILTER_LEVEL:
		return set_level(filter, value, error);
	case EVENT_FILTER_GREP:
		return set_grep(filter, value, error);
	case EVENT_FILTER_SOURCE:
		return set_source(filter, value, error);
	case EVENT_FILTER_TID:
		return set_tid(filter, value, error);
	case EVENT_FILTER_TARGET:
		filter->target = value;
		return 0;
	default:
		filter->kv = value;
		return *value && *value != '=' ? 0 : bad(error, "--kv", value, "not KEY=VALUE, nor KEY");
	}
}

/* Judgement ---------------------------------------------------------------------------------------------------------------- */

static bool same_value(const struct event_value *value, const char *wanted)
{
	char text[64];

	switch (value->type) {
	case VALUE_SIGNED:
		snprintf(text, sizeof(text), "%" PRId64, value->number.i);
		break;
	case VALUE_UNSIGNED:
		snprintf(text, sizeof(text), "%" PRIu64, value->number.u);
		break;
	case VALUE_DOUBLE:
		return strtod(wanted, NULL) == value->number.d;
	case VALUE_BOOL:
		snprintf(text, sizeof(text), "%s", value->number.u ? "true" : "false");
		break;
	case VALUE_POINTER:
		snprintf(text, sizeof(text), "0x%" PRIx64, value->number.u);
		break;
	default:
		return value->string && strlen(wanted) == value->string_bytes &&
		       !memcmp(wanted, value->string, value->string_bytes);
	}
	return !strcmp(text, wanted);
}

static bool has_value(const struct snapshot_event *event, const char *kv)
{
	const size_t key = strcspn(kv, "=");

	for (size_t i = 0; i < event->value_count; i++) {
		const struct snapshot_value *one = &event->values[i];
		if (strlen(one->key) == key && !memcmp(one->key, kv, key) && (!kv[key] || same_value(&one->value, kv + key + 1)))
			return true;
	}
	return false;
}

bool event_filter_matches(const struct event_filter *filter, const struct snapshot_event *event)
{
	if (filter->has_level && event->level < filter->level)
		return false;
	if (filter->has_source && event->source != filter->source)
		return false;
	if (filter->has_tid && event->tid != filter->tid)
		return false;
	if (filter->target && (!event->target || strcmp(event->target, filter->target) != 0))
		return false;
	if (filter->kv && !has_value(event, filter->kv))
		return false;
	return !filter->has_grep || (event->message.data && regexec(&filter->grep, event->message.data, 0, NULL, 0) == 0);
}
