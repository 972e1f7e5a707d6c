/*
 * outlet.h - descriptors 1 and 2 and log files: whether what goes there is recorded, and as what.
 *
 * What a C library's streams hold is its own business (stream.h for glibc); this is what all of them need. Any thread, any signal handler;
 * no locks.
 */
#ifndef TTLOG_HOOK_OUTLET_H
#define TTLOG_HOOK_OUTLET_H

#include "config.h"
#include "libc.h"
#include "log_file.h"
#include "record.h"

#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

/* Bit 0: what goes to descriptor 1 is recorded; bit 1: to descriptor 2. 0 until the agent is ready. */
extern uint32_t stream_recorded __attribute__((visibility("hidden")));

/* The null device takes what it is given unread: a bad pointer is no error there, and must not be one here. */
enum stream_sink { SINK_UNKNOWN = 0, SINK_READS, SINK_DISCARDS };

/* How far a stream's buffer has been seen, and as what its text is recorded. */
struct stream_slot {
	FILE *stream;
	char *until;
	const wchar_t *wide_until; /* in the buffer of a wide stream */
	uint64_t kind;             /* as in struct record_fields */
	uint32_t sink;             /* enum stream_sink */
	struct log_file *file;     /* NULL: standard output or standard error */
};
extern struct stream_slot stream_slots[2] __attribute__((visibility("hidden")));

/* Where what is written to a descriptor directly is recorded from; NULL: it is not. */
static inline struct stream_slot *write_origin(int fd, const void *caller, struct record_origin *origin)
{
	const unsigned kind = (unsigned)fd - 1;
	if (kind < 2) {
		*origin = (struct record_origin){kind == 0 ? SOURCE_WRITE1 : SOURCE_WRITE2, kind == 0 ? LEVEL_INFO : LEVEL_WARN,
						 caller, 0};
		return stream_recorded >> kind & 1 ? &stream_slots[kind] : NULL;
	}
	struct stream_slot *slot = log_slot_of(fd);
	if (slot)
		*origin = log_origin(slot->file, caller);
	return slot;
}

/* Whether what the descriptor was given may lie anywhere. Asked of the kernel once, until the descriptor changes. */
bool stream_asks_sink(struct stream_slot *slot, int fd) __attribute__((visibility("hidden")));
static inline bool stream_discards(struct stream_slot *slot, int fd)
{
	return __builtin_expect(slot->sink != SINK_READS, 0) && stream_asks_sink(slot, fd);
}

/* Descriptor 1 or 2 leads elsewhere from now on. */
static inline void stream_forget_sink(int fd)
{
	if ((unsigned)fd - 1 < 2)
		stream_slots[(unsigned)fd - 1].sink = SINK_UNKNOWN;
}

/* The program's bytes as they were, as far as they can be read. */
void stream_record_unread(const struct record_origin *origin, const void *data, size_t bytes) __attribute__((visibility("hidden")));

/* From now on `capture` (set of enum capture_kind) is recorded. */
void stream_init(uint32_t capture) __attribute__((visibility("hidden")));

/* A thread is about to be made. */
void stream_threads_begin(void) __attribute__((visibility("hidden")));

/*
 * Of standard output and error, in a dying process: the streams are read as strange memory (they may be damaged, half changed, or
 * locked), and what is in them stays there.
 */
void stream_last_words_as(void) __attribute__((visibility("hidden")));

/* Records what stands unseen in the stream's buffer, at exit and where all streams are flushed; not where another thread is at it. */
void stream_take_rest(FILE *stream) __attribute__((visibility("hidden")));

#endif
