/*
 * channel.h - requests for snapshots on their way to the writer thread: bounded, without locks.
 *
 * Whoever asks takes a free slot, fills it and says READY; the writer thread takes the oldest and answers it. A slot that somebody waits for
 * is freed by him, the others by the writer. No slot free: -EAGAIN, at once. A forked child forgets all of them.
 *
 * | operation                     | who                              | signal-safe |
 * | channel_put_as                | any thread                       | yes         |
 * | channel_await                 | who put it, with `waits`         | yes         |
 * | channel_take, channel_answer  | the writer thread                | yes         |
 */
#ifndef TTLOG_LISTEN_CHANNEL_H
#define TTLOG_LISTEN_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#define REQUEST_REASON_BYTES 64

enum request_state { REQUEST_FREE = 0, REQUEST_FILLING, REQUEST_READY, REQUEST_RUNNING, REQUEST_ANSWERED };

struct request {
	uint32_t state;  /* enum request_state; futex */
	uint32_t number; /* in the order of the requests */
	int result;      /* 0 or -errno */
	bool waits;
	char reason[REQUEST_REASON_BYTES];
};

/* Once, before the writer thread is made. 0 or -ENOMEM. */
int channel_open(void) __attribute__((visibility("hidden")));

/* 0 with the slot, or -EAGAIN. `capacity` slots are used. */
int channel_put_as(const char *reason, bool waits, uint32_t capacity, struct request **request)
	__attribute__((visibility("hidden")));

/* The answer; the slot is free afterwards. `*alive` 0: nobody answers any more, -ESRCH. */
int channel_await(struct request *request, const uint32_t *alive) __attribute__((visibility("hidden")));

/* The oldest; NULL: none. */
struct request *channel_take(void) __attribute__((visibility("hidden")));
void channel_answer(struct request *request, int result) __attribute__((visibility("hidden")));

struct channel_counts {
	uint64_t refused;
	uint32_t waiting;
};
struct channel_counts channel_count(void) __attribute__((visibility("hidden")));

void channel_forget(void) __attribute__((visibility("hidden")));

#endif
