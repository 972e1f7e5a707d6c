#include "levels.h"

#include "event.h"
#include "list.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct item {
	const char *name; /* not terminated; empty: everything */
	size_t name_bytes;
	unsigned level;
};

/* One item of `bytes` bytes. 0 or -EINVAL. */
static int parse_item(const char *text, size_t bytes, struct item *item)
{
	const char *equals = memchr(text, '=', bytes);
	item->name = text;
	item->name_bytes = equals ? (size_t)(equals - text) : 0;
	if (equals && item->name_bytes == 0)
		return -EINVAL;
	const char *level = equals ? equals + 1 : text;
	return level_parse(level, bytes - (size_t)(level - text), &item->level);
}

int levels_check(const char *levels, const char **bad)
{
	struct item item;
	if (strnlen(levels, LEVELS_BYTES) == LEVELS_BYTES) {
		*bad = levels;
		return -EINVAL;
	}
	for (;;) {
		const size_t bytes = list_item_bytes(levels);
		if (parse_item(levels, bytes, &item) != 0) {
			*bad = levels;
			return -EINVAL;
		}
		if (!levels[bytes])
			return 0;
		levels += bytes + 1;
	}
}

/* A name is for itself and for what follows it behind a separator. */
static int covers(const struct item *item, const char *target)
{
	if (strncmp(item->name, target, item->name_bytes) != 0)
		return 0;
	const char next = target[item->name_bytes];
	return item->name_bytes == 0 || next == 0 || strchr(".:/-", next) != NULL;
}

unsigned levels_of(const char *levels, const char *target)
{
	unsigned level = LEVEL_INFO;
	size_t longest = 0;
	struct item item;
	for (;;) {
		const size_t bytes = list_item_bytes(levels);
		if (parse_item(levels, bytes, &item) == 0 && item.name_bytes >= longest && covers(&item, target)) {
			longest = item.name_bytes;
			level = item.level;
		}
		if (!levels[bytes])
			return level;
		levels += bytes + 1;
	}
}

/* Byte by byte, and no order but that of the epoch: others read at any time. */
static void put_text(char *to, const char *text)
{
	const size_t length = strnlen(text, LEVELS_BYTES - 1);
	for (size_t i = 0; i < LEVELS_BYTES; i++)
		__atomic_store_n(&to[i], i < length ? text[i] : 0, __ATOMIC_RELAXED);
}

void levels_copy(char text[LEVELS_BYTES], const struct levels *levels)
{
	size_t i = 0;
	while (i < LEVELS_BYTES - 1 && (text[i] = __atomic_load_n(&levels->text[i], __ATOMIC_RELAXED)) != 0)
		i++;
	text[i] = 0;
}

enum { LOCK_ATTEMPTS = 1000000 }; /* some ms; a writer is done in some ns */

void levels_set(struct levels *levels, const char *text)
{
	for (int i = 0; i < LOCK_ATTEMPTS; i++) {
		uint32_t open = 0;
		if (__atomic_compare_exchange_n(&levels->lock, &open, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			break;
	}
	put_text(levels->text, text);
	/* Last: who has read half of it decides again under the next epoch. */
	__atomic_fetch_add(&levels->epoch, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&levels->lock, 0, __ATOMIC_RELEASE);
}
