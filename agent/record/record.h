/*
 * record.h - from what a program says to records: captured text, and macro events with their call sites.
 *
 * Any thread, any signal handler, also before the recorder exists (it is made then). errno is left alone by record_text();
 * the macro entry points save and restore it. Nothing here allocates or locks.
 */
#ifndef TTLOG_RECORD_RECORD_H
#define TTLOG_RECORD_RECORD_H

#include "event.h"
#include "lane.h"

#include <stddef.h>
#include <stdint.h>

/* Longest text of one record. Longer text continues in further records; beyond this many of them its middle is left out. */
#define RECORD_TEXT_BYTES 1024u
#define RECORD_TEXT_PARTS 16u

/* Who said it: `caller` is the return address of the hook, which names the line in the program's source. */
struct record_origin {
	enum event_source source;
	enum event_level level;
	const void *caller;
	uint32_t site; /* id of a call site that names where the text went, instead of the caller; 0: none */
};

static inline struct record_fields record_origin_fields(const struct record_origin *origin)
{
	return record_fields(origin->site ? origin->site : (uintptr_t)origin->caller, origin->level, origin->source,
			     origin->site ? RECORD_HAS_SITE : 0);
}

/* Text that is too long for one record, or of which something is missing. */
void record_long_text(const struct record_origin *origin, const void *text, size_t bytes, size_t full)
	__attribute__((visibility("hidden")));

/*
 * The same of what a call has just written, and which so may be gone: another thread has received it, and unmaps it. Then the event counts as
 * dropped.
 */
void record_borrowed_text(const struct record_origin *origin, const void *text, size_t bytes) __attribute__((visibility("hidden")));

/* The same with a string value, where that is not empty and the text short enough. Arguments as below. */
void record_named(const struct record_origin *origin, const void *text, size_t bytes, size_t full, const char *key,
		  const char *value) __attribute__((visibility("hidden")));

/* What an unmodified program wrote: `bytes` of text, of `full` that there were (equal where nothing is missing at the end). */
static inline void record_text(const struct record_origin *origin, const void *text, size_t bytes, size_t full)
{
	if (__builtin_expect(bytes <= RECORD_TEXT_BYTES && bytes == full, 1))
		lane_write(record_origin_fields(origin), text, (uint32_t)bytes);
	else
		record_long_text(origin, text, bytes, full);
}

/* Contexts of threads (ttlog_context.h). `type` is that of the word, an enum value_type. 0 or -errno; errno is left alone. */
int record_set_context(const char *key, uint32_t type, uint64_t word) __attribute__((visibility("hidden")));
int record_clear_context(const char *key) __attribute__((visibility("hidden")));

/* The table that include/ttlog.h finds. */
struct ttlog_api;
extern struct ttlog_api record_api __attribute__((visibility("hidden")));

#endif
