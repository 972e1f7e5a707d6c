#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Small enough for a snapshot of ten events, large enough that a million need few calls of malloc. */
#define BLOCK_BYTES_MIN ((size_t)64 * 1024)
#define BLOCK_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	alignas(max_align_t) unsigned char data[];
};

static int (*end_status)(void);

void arena_end_by(int (*status)(void))
{
	end_status = status;
}

_Noreturn void arena_no_memory(size_t bytes)
{
	fprintf(stderr, "ttlog: out of memory (%zu bytes)\n", bytes);
	exit(end_status ? end_status() : 2);
}

void arena_init(struct arena *arena)
{
	arena->blocks = NULL;
}

void arena_fini(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
	arena->blocks = NULL;
}

void arena_reset(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	if (!block)
		return;
	if (block->next) {
		arena_fini(arena);
		return;
	}
	memset(block->data, 0, block->used);
	block->used = 0;
}

size_t arena_size(const struct arena *arena)
{
	size_t bytes = 0;

	for (const struct arena_block *block = arena->blocks; block; block = block->next)
		bytes += block->room;
	return bytes;
}

/* Blocks double, so that their number stays small; a large item gets a block of its own size. */
static struct arena_block *block_add(struct arena *arena, size_t bytes)
{
	size_t room = arena->blocks ? arena->blocks->room * 2 : BLOCK_BYTES_MIN;
	struct arena_block *block;

	if (room > BLOCK_BYTES_MAX)
		room = BLOCK_BYTES_MAX;
	if (room < bytes)
		room = bytes;
	if (room > SIZE_MAX - sizeof(*block))
		arena_no_memory(bytes);
	/* calloc: large blocks come from the kernel zeroed already, and untouched pages of them cost nothing. */
	block = calloc(1, sizeof(*block) + room);
	if (!block)
		arena_no_memory(room);
	block->room = room;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

static void *take(struct arena *arena, size_t bytes, size_t alignment)
{
	struct arena_block *block = arena->blocks;
	size_t at = block ? (block->used + alignment - 1) & ~(alignment - 1) : 0;

	if (!block || at > block->room || bytes > block->room - at) {
		block = block_add(arena, bytes);
		at = 0;
	}
	block->used = at + bytes;
	return block->data + at;
}

void *arena_alloc(struct arena *arena, size_t count, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(count, bytes, &total))
		arena_no_memory(SIZE_MAX);
	return take(arena, total ? total : 1, alignof(max_align_t));
}

char *arena_bytes(struct arena *arena, const void *data, size_t bytes)
{
	char *copy;

	if (bytes == SIZE_MAX)
		arena_no_memory(bytes);
	copy = take(arena, bytes + 1, 1);
	if (bytes)
		memcpy(copy, data, bytes);
	copy[bytes] = '\0';
	return copy;
}

char *arena_string(struct arena *arena, const char *string)
{
	return string ? arena_bytes(arena, string, strlen(string)) : NULL;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *copy, *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		arena_no_memory(0);
	copy = arena_bytes(arena, text, (size_t)length);
	free(text);
	return copy;
}
