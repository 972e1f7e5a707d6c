/*
 * Small readers of text that somebody else wrote: levels, patterns, UTF-8, what is shown in terminals and in JSON, a line's own level,
 * memory maps, the list of log files. The input up to the first line feed is a pattern, a list or a name, what follows is the text.
 */
#include "clean.h"
#include "event.h"
#include "fuzz.h"
#include "json_text.h"
#include "levels.h"
#include "mapping.h"
#include "moment.h"
#include "pattern.h"
#include "text_level.h"
#include "utf8.h"

#include <string.h>

/* In memory of its own, so that a byte too far is seen; NUL-terminated. */
static char *copy_of(const uint8_t *data, size_t bytes)
{
	char *copy = malloc(bytes + 1);

	memcpy(copy, data, bytes);
	copy[bytes] = 0;
	return copy;
}

static void try_levels(const char *list, const char *target)
{
	const char *bad = NULL;
	const int checked = levels_check(list, &bad);

	FUZZ_HOLDS(checked == 0 || (bad >= list && bad <= list + strlen(list)));
	FUZZ_HOLDS(levels_of(list, target) <= LEVEL_OFF);
}

static void try_patterns(const char *pattern, const char *name)
{
	const size_t bytes = strlen(pattern);

	FUZZ_HOLDS(pattern_matches("*", 1, name));
	if (!strpbrk(pattern, "*?[\\"))
		FUZZ_HOLDS(pattern_matches(pattern, bytes, name) == !strcmp(pattern, name));
	pattern_matches(pattern, bytes, name);
	pattern_list_matches(pattern, name);
}

/* Nothing that is shown holds a control character, whatever the bytes were; and all bytes are taken. */
static void try_shown(const char *text, size_t bytes)
{
	for (size_t at = 0; at < bytes;) {
		char shown[CLEAN_BYTES];
		size_t used = 0, columns = 0;
		const size_t taken = clean_character(text + at, bytes - at, shown, &used, &columns);
		FUZZ_HOLDS(taken >= 1 && taken <= bytes - at && used >= 1 && used <= CLEAN_BYTES);
		FUZZ_HOLDS(utf8_valid(shown, used));
		for (size_t i = 0; i < used; i++)
			FUZZ_HOLDS((unsigned char)shown[i] >= 0x20 && shown[i] != 0x7f);
		at += taken;
	}
}

static void try_json(const char *text, size_t bytes)
{
	for (size_t at = 0; at < bytes;) {
		char shown[JSON_TEXT_BYTES];
		size_t used = 0;
		const size_t taken = json_character(text + at, bytes - at, shown, &used);
		FUZZ_HOLDS(taken >= 1 && taken <= bytes - at && used >= 1 && used <= JSON_TEXT_BYTES);
		FUZZ_HOLDS(utf8_valid(shown, used));
		at += taken;
	}
}

static void try_utf8(const char *text, size_t bytes)
{
	size_t at = 0, length = 1;

	for (; at < bytes && length; at += length) {
		length = utf8_character(text + at, bytes - at);
		FUZZ_HOLDS(length <= bytes - at);
	}
	FUZZ_HOLDS(utf8_valid(text, bytes) == (length != 0));
}

static void try_maps(const char *text, size_t bytes)
{
	const char *at = text;
	struct mapping mapping;

	while (mapping_next(&at, text + bytes, &mapping)) {
		FUZZ_HOLDS(mapping.start < mapping.end);
		FUZZ_HOLDS(mapping.path >= text && mapping.path + mapping.path_bytes <= text + bytes);
		mapping_is_file(&mapping);
	}
}

static void try_moment(const char *text)
{
	struct moment moment;

	if (moment_parse(text, &moment) == 0)
		moment_resolve(&moment, UINT64_C(1790000000000000000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const uint8_t *end = bytes ? memchr(data, '\n', bytes) : NULL;
	const size_t first_bytes = end ? (size_t)(end - data) : bytes;
	const size_t text_bytes = end ? bytes - first_bytes - 1 : 0;
	char *first = copy_of(data, first_bytes), *string = copy_of(data + bytes - text_bytes, text_bytes);
	char *text = malloc(text_bytes ? text_bytes : 1);
	unsigned level;

	memcpy(text, string, text_bytes);
	try_levels(first, string);
	try_patterns(first, string);
	try_moment(first);
	level_parse(first, first_bytes, &level);
	try_shown(text, text_bytes);
	try_json(text, text_bytes);
	try_utf8(text, text_bytes);
	try_maps(text, text_bytes);
	FUZZ_HOLDS(text_level(text, text_bytes) < (int)LEVEL_OFF);
	free(first);
	free(string);
	free(text);
	return 0;
}
