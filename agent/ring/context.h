/*
 * context.h - key-values that all records of a thread carry (ttlog_set_context).
 *
 * A thread that has some takes the slow way to its lane: thread_state.limit is 0, so that the record path of all others costs what it
 * did. Each thread that ever set one has a slot, in memory of the agent's own, given to another thread when it is gone. A thread begins
 * with none. fork: the child's thread keeps what it had; the slots that were taken before stay as they are in the child.
 *
 * A slot is touched by its thread and by the signal handlers in it, by nobody else. It has four blocks, one of them the present one.
 * Who changes the context marks another one as his, builds the new content there, and makes it the present one by one swap, unless a
 * handler has done so meanwhile: then he begins anew, in the block that is still his. So what a handler finds is always whole.
 *
 * | function                      | where                                                                    |
 * | context_set, context_clear    | any thread; in a handler too: async-signal-safe                          |
 * | context_take_as               | any thread, any handler; no system call                                  |
 */
#ifndef TTLOG_RING_CONTEXT_H
#define TTLOG_RING_CONTEXT_H

#include "event.h"
#include "recorder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CONTEXT_BLOCKS 4u
#define CONTEXT_TAKEN  UINT32_MAX

/* How `state` is put together: the present block, a bit for each that somebody builds in, and a count of the changes. */
#define CONTEXT_PRESENT(state)  (3u & (state))
#define CONTEXT_BUILDING(block) (4u << (block))
#define CONTEXT_CHANGE          (4u << CONTEXT_BLOCKS)

struct thread_context {
	uint32_t owner; /* tid; 0: nobody yet; CONTEXT_TAKEN: somebody is taking it */
	uint32_t pid;   /* of the process in which it was taken: a forked child knows nothing of its parent's threads */
	uint32_t state;
	struct record_context blocks[CONTEXT_BLOCKS];
};

/* Whether the thread has any. */
static inline bool context_is_set(const struct thread_context *slot)
{
	return slot && slot->blocks[CONTEXT_PRESENT(__atomic_load_n(&slot->state, __ATOMIC_RELAXED))].bytes != 0;
}

/* What is used of it, by words, which is how it is read again: a processor waits where it loads from two stores at once. */
static inline void context_copy(struct record_context *to, const struct record_context *from)
{
	const uint32_t bytes = context_bytes(from);
	for (uint32_t at = 0; at < bytes && at < sizeof(*to); at += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, (const char *)from + at, sizeof(word));
		__asm__("" : "+r"(word)); /* no call, and no wider */
		memcpy((char *)to + at, &word, sizeof(word));
	}
}

/* A copy of the present context: false where it is empty. A handler that changes it in the middle has it copied anew. */
static inline bool context_take_as(const struct thread_context *slot, struct record_context *copy)
{
	uint32_t state;
	do {
		state = __atomic_load_n(&slot->state, __ATOMIC_RELAXED);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		context_copy(copy, &slot->blocks[CONTEXT_PRESENT(state)]);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	} while (__atomic_load_n(&slot->state, __ATOMIC_RELAXED) != state);
	return copy->bytes != 0;
}

/*
 * Sets the value of a key, whose strings are copied. 0, or -ENOSPC (too many keys, or too long: CONTEXT_KEYS_MAX, CONTEXT_BYTES_MAX),
 * -ENOMEM, -EBUSY (in the fourth of handlers that each interrupted this, counting those that left by longjmp), -EPERM (the first one
 * of a thread, in a sandbox). Then nothing has changed.
 */
int context_set(const struct event_value *value) __attribute__((visibility("hidden")));

/* Takes a key away; NULL: all. 0, also where there was none, or -EBUSY. */
int context_clear(const char *key, size_t key_bytes) __attribute__((visibility("hidden")));

#endif
