/*
 * arena.h - memory that is released in one piece: everything a snapshot points to.
 *
 * Not thread-safe. Allocation failure and overflow end the tool with a line on stderr and exit code 2, or as arena_end_by() was told: a
 * tool that cannot get memory for its own bounded data can do nothing better.
 */
#ifndef TTLOG_SNAPSHOT_ARENA_H
#define TTLOG_SNAPSHOT_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *blocks;
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
/* Everything in it is gone; a block of the memory stays for what comes next. */
void arena_reset(struct arena *arena);
/* Bytes that its blocks take. */
size_t arena_size(const struct arena *arena);
/* Zeroed, aligned for any type; count * bytes is checked. */
void *arena_alloc(struct arena *arena, size_t count, size_t bytes);
/* NUL-terminated copies. arena_string(arena, NULL) is NULL. */
char *arena_string(struct arena *arena, const char *string);
char *arena_bytes(struct arena *arena, const void *data, size_t bytes);
__attribute__((format(printf, 2, 3))) char *arena_format(struct arena *arena, const char *format, ...);

/* What happens then, also for memory that is in no arena. */
void arena_no_memory(size_t bytes) __attribute__((noreturn));
/* From here on it ends by exit(3) with what `status` says, which need not come back. */
void arena_end_by(int (*status)(void));
/* `memory` of malloc(3) and its like, where there is any. */
static inline void *arena_need(void *memory, size_t bytes)
{
	if (!memory)
		arena_no_memory(bytes);
	return memory;
}

#endif
