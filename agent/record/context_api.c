/* ttlog_set_context() and its siblings: from what the public header hands over to the thread's context. */
#include "context.h"
#include "libc.h"
#include "record.h"

#include <errno.h>
#include <string.h>

enum { KEY_BYTES_MAX = 255 };

/* 0 or -EINVAL. */
static int measure_key(const char *key, size_t *bytes)
{
	*bytes = key ? strnlen(key, KEY_BYTES_MAX + 1) : 0;
	return *bytes && *bytes <= KEY_BYTES_MAX ? 0 : -EINVAL;
}

int record_set_context(const char *key, uint32_t type, uint64_t word)
{
	struct event_value value = {.key = key, .type = type, .number.u = word};
	size_t key_bytes;
	if (!agent_ready)
		return 0;
	if (measure_key(key, &key_bytes) != 0 || type < VALUE_SIGNED || type > VALUE_POINTER)
		return -EINVAL;
	value.key_bytes = (uint32_t)key_bytes;
	if (type == VALUE_STRING && word) {
		value.string = (const char *)(uintptr_t)word;
		value.string_bytes = (uint32_t)strnlen(value.string, CONTEXT_BYTES_MAX); /* one that long does not fit */
	}
	return context_set(&value);
}

int record_clear_context(const char *key)
{
	size_t key_bytes = 0;
	if (!agent_ready)
		return 0;
	if (key && measure_key(key, &key_bytes) != 0)
		return -EINVAL;
	return context_clear(key, key_bytes);
}
