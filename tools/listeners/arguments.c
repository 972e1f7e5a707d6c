#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int arguments_parse(struct arguments *arguments, const char *text, char *error, size_t error_bytes)
{
	char *next = arguments->text;
	unsigned count = 0;
	memset(arguments, 0, sizeof(*arguments));
	if (strlen(text) >= sizeof(arguments->text)) {
		snprintf(error, error_bytes, "options of more than %u bytes", ARGUMENTS_BYTES);
		return EINVAL;
	}
	strcpy(arguments->text, text);
	while (*text && next) {
		char *item = strsep(&next, ","), *equals = strchr(item, '=');
		if (!equals || equals == item || count == ARGUMENTS_MAX) {
			snprintf(error, error_bytes, "'%s' is no name=value", item);
			return EINVAL;
		}
		*equals = 0;
		arguments->names[count] = item;
		arguments->values[count++] = equals + 1;
	}
	return 0;
}
