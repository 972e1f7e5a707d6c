#include "event.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char *const level_names[] = {"trace", "debug", "info", "warn", "error", "fatal", "off"};

static const char *const source_names[SOURCE_COUNT] = {
	[SOURCE_MACRO] = "macro",   [SOURCE_STDOUT] = "stdout",   [SOURCE_STDERR] = "stderr", [SOURCE_WRITE1] = "write1",
	[SOURCE_WRITE2] = "write2", [SOURCE_SYSLOG] = "syslog",   [SOURCE_ABORT] = "abort",   [SOURCE_AGENT] = "agent",
	[SOURCE_FILE] = "file",     [SOURCE_JOURNAL] = "journal", [SOURCE_THROW] = "throw",
};

static const char *const degradation_names[] = {
	"recorder in private memory",
	"lane could not grow",
	"call site table full",
	"helper could not be started",
	"helper timed out",
	"threads could not be stopped",
	"made from the recorder file only",
	"bad configuration value",
	"build-id read from the file on disk",
	"saved inside a sandbox, without system calls",
	"helper ended early",
	"snapshot could not be written at the death",
	"no room for the crash record",
	"stacks from copies",
	"threads asked by signal",
	"threads that did not answer",
};

const char *level_name(unsigned level)
{
	return level < sizeof(level_names) / sizeof(level_names[0]) ? level_names[level] : NULL;
}

const char *source_name(unsigned source)
{
	return source < SOURCE_COUNT ? source_names[source] : NULL;
}

const char *degradation_name(unsigned bit)
{
	return bit < sizeof(degradation_names) / sizeof(degradation_names[0]) ? degradation_names[bit] : NULL;
}

/* ASCII only: a locale must not change what a variable means. */
static int same_word(const char *word, const char *name, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		char c = name[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!word[i] || word[i] != c)
			return 0;
	}
	return word[bytes] == 0;
}

int level_parse(const char *name, size_t bytes, unsigned *level)
{
	for (unsigned i = 0; i <= LEVEL_OFF; i++) {
		if (same_word(level_names[i], name, bytes)) {
			*level = i;
			return 0;
		}
	}
	return -EINVAL;
}

int value_decode(const unsigned char *payload, size_t bytes, size_t *at, struct event_value *value)
{
	size_t i = *at;
	if (i == bytes)
		return 0;
	if (i > bytes || bytes - i < 2)
		return -EINVAL;
	memset(value, 0, sizeof(*value));
	value->type = payload[i];
	value->key_bytes = payload[i + 1];
	i += 2;
	if (bytes - i < value->key_bytes)
		return -EINVAL;
	value->key = value->key_bytes ? (const char *)payload + i : NULL;
	i += value->key_bytes;
	if (value->type == VALUE_STRING) {
		uint16_t length;
		if (bytes - i < sizeof(length))
			return -EINVAL;
		memcpy(&length, payload + i, sizeof(length));
		i += sizeof(length);
		if (length != UINT16_MAX) {
			if (bytes - i < length)
				return -EINVAL;
			value->string = (const char *)payload + i;
			value->string_bytes = length;
			i += length;
		}
	} else if (value->type >= VALUE_SIGNED && value->type <= VALUE_SPAN_EXIT) {
		if (bytes - i < sizeof(value->number))
			return -EINVAL;
		memcpy(&value->number, payload + i, sizeof(value->number));
		i += sizeof(value->number);
	} else {
		return -EINVAL;
	}
	*at = i;
	return 1;
}

size_t value_encode(unsigned char *payload, size_t bytes, size_t at, const struct event_value *value)
{
	const size_t key = value->key ? value->key_bytes : 0;
	const size_t body = value->type != VALUE_STRING ? sizeof(value->number)
							: sizeof(uint16_t) + (value->string ? value->string_bytes : 0);
	if (at > bytes || bytes - at < 2 + key + body || key > UINT8_MAX || value->string_bytes >= UINT16_MAX)
		return at;
	payload[at] = (unsigned char)value->type;
	payload[at + 1] = (unsigned char)key;
	at += 2;
	if (key)
		memcpy(payload + at, value->key, key);
	at += key;
	if (value->type != VALUE_STRING) {
		memcpy(payload + at, &value->number, sizeof(value->number));
		return at + sizeof(value->number);
	}
	const uint16_t length = value->string ? (uint16_t)value->string_bytes : UINT16_MAX;
	memcpy(payload + at, &length, sizeof(length));
	at += sizeof(length);
	if (value->string)
		memcpy(payload + at, value->string, value->string_bytes);
	return at + (value->string ? value->string_bytes : 0);
}

static uint64_t word_at(const unsigned char *payload, size_t index)
{
	uint64_t word;
	memcpy(&word, payload + index * sizeof(word), sizeof(word));
	return word;
}

static uint32_t word_count(uint32_t types)
{
	uint32_t count = 0;
	while (value_word_type(types, count))
		count++;
	return count;
}

/* Of the values behind the present one, none is a string. */
static bool is_last_string(const struct value_words *words)
{
	for (uint32_t i = words->index; value_word_type(words->types, i); i++) {
		if (value_word_type(words->types, i) == VALUE_STRING)
			return false;
	}
	return true;
}

int value_word_decode(const unsigned char *payload, size_t bytes, struct value_words *words, struct event_value *value)
{
	const uint32_t count = word_count(words->types);
	const size_t fixed = count * sizeof(uint64_t);
	if (words->index >= count)
		return 0;
	if (bytes < fixed || words->strings > bytes - fixed)
		return -EINVAL;
	memset(value, 0, sizeof(*value));
	value->type = value_word_type(words->types, words->index);
	value->number.u = word_at(payload, words->index);
	words->index++;
	if (value->type > VALUE_SPAN_EXIT)
		return -EINVAL;
	if (value->type != VALUE_STRING || value->number.u == 0)
		return 1;
	const size_t left = bytes - fixed - words->strings;
	const bool last = is_last_string(words);
	const uint64_t length = last ? left : value->number.u == VALUE_WORD_EMPTY ? 0 : value->number.u;
	if (length > left)
		return -EINVAL;
	value->string = (const char *)payload + fixed + words->strings;
	value->string_bytes = (uint32_t)length;
	words->strings += last ? left : (length + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
	return 1;
}
