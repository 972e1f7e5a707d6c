/*
 * Filters of the command line on hostile events. The input is options, a line each ("grep=a.*b", "i=", "kv=user=7"), up to an empty
 * line; what follows is the message, its parts the names of thread, target and values.
 */
#include "filter.h"
#include "fuzz.h"

#include <string.h>

#define END UINT64_C(1790000000000000000)

static int option_of(const char *name)
{
	static const struct option rows[] = {FILTER_OPTIONS};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!strcmp(rows[i].name, name))
			return rows[i].val;
	}
	return 0;
}

/* False: it was refused, with a reason. */
static bool take_option(struct filter *filter, char *line)
{
	char error[FILTER_ERROR_BYTES] = "", *value = strchr(line, '=');
	int option;

	if (!value)
		return true;
	*value++ = 0;
	option = option_of(line);
	if (!option || filter_option(filter, option, value, error) == 0)
		return true;
	FUZZ_HOLDS(error[0]);
	return false;
}

/* Behind the options; NULL: the filter is refused. */
static char *take_options(struct filter *filter, char *at)
{
	char error[FILTER_ERROR_BYTES] = "";

	while (*at && *at != '\n') {
		const size_t bytes = strcspn(at, "\n");
		char *next = at + bytes + (at[bytes] == '\n');
		at[bytes] = 0;
		if (!take_option(filter, at))
			return NULL;
		at = next;
	}
	if (filter_ready(filter, error) != 0) {
		FUZZ_HOLDS(error[0]);
		return NULL;
	}
	return at;
}

static void judge(struct filter *filter, const char *text, size_t bytes)
{
	char name[16] = "";
	struct snapshot_value value = {.key = name,
				       .value = {.type = VALUE_STRING, .string = text, .string_bytes = (uint32_t)bytes}};
	struct snapshot_event event = {.timestamp = END - bytes,
				       .level = bytes % LEVEL_OFF,
				       .source = bytes % SOURCE_COUNT,
				       .tid = 1,
				       .thread_name = name,
				       .target = name,
				       .message = {text, bytes},
				       .values = &value,
				       .value_count = 1};

	memcpy(name, text, bytes < sizeof(name) - 1 ? bytes : sizeof(name) - 1);
	filter_begin(filter, END);
	for (uint64_t number = 0; number < 3; number++) {
		const bool matches = filter_matches(filter, &event, number);
		FUZZ_HOLDS(matches || filter_is_set(filter));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct filter *filter = filter_create();
	char *copy = malloc(bytes + 1), *message;

	memcpy(copy, data, bytes);
	copy[bytes] = 0;
	message = take_options(filter, copy);
	if (message)
		judge(filter, message, (size_t)(copy + bytes - message));
	filter_destroy(filter);
	free(copy);
	return 0;
}
