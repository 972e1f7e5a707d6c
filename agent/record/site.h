/*
 * site.h - call sites of macros: whether they are recorded, and their strings, interned into the recorder once, 32-bit ids
 * from then on.
 *
 * Any thread, any signal handler. What a site knows holds for one recorder and one state of the levels (ttlog_site.seen):
 * after fork, in a new recorder, it is interned anew; after a change of the levels it is asked anew.
 */
#ifndef TTLOG_RECORD_SITE_H
#define TTLOG_RECORD_SITE_H

#define TTLOG_ABI_ONLY
#include "recorder_file.h"
#include "ttlog.h"

enum admission { SITE_SKIPPED, SITE_KNOWN, SITE_INLINE };

/*
 * The slow way, at a site's first event in a recorder or under new levels. SITE_SKIPPED: not recorded; the levels say so, and
 * the site now says it to the macro, or there is no recorder, and the event has been counted. SITE_KNOWN: it has an id.
 * SITE_INLINE: the recorder has no room for it (counted); the event has to carry its text itself.
 */
enum admission site_admit(struct ttlog_site *site) __attribute__((visibility("hidden")));

/* Id of a site in the present recorder, whatever the levels say; 0: there is no recorder, or no room in it. */
uint32_t site_id(struct ttlog_site *site) __attribute__((visibility("hidden")));

/* Changes the levels of this process. 0 or -EINVAL. */
int site_set_levels(const char *levels) __attribute__((visibility("hidden")));

/* Levels of the configuration hold from now on. Called once by the constructor. */
void site_init(void) __attribute__((visibility("hidden")));

/* The recorder's generation and the levels' epoch are neighbours in its header: one comparison for both. */
static inline bool site_seen(const struct ttlog_site *site)
{
	const uint64_t now = __atomic_load_n((const uint64_t *)(const void *)&recorder.header->generation, __ATOMIC_RELAXED);
	/* Acquire: id and tail are what they were when `seen` was stored, or newer. */
	return __builtin_expect(__atomic_load_n(&site->seen, __ATOMIC_ACQUIRE) == now, 1);
}

/* Of a site that has been seen. Threads that met there each store an id of their own, and the same tail. */
static inline uint32_t site_known_id(const struct ttlog_site *site)
{
	return __atomic_load_n(&site->id, __ATOMIC_RELAXED);
}

static inline uint64_t site_known_tail(const struct ttlog_site *site)
{
	return __atomic_load_n(&site->tail, __ATOMIC_RELAXED);
}

_Static_assert(offsetof(struct recorder_header, levels.epoch) == offsetof(struct recorder_header, generation) + 4, "one word");
_Static_assert(offsetof(struct recorder_header, generation) % 8 == 0, "one word");

#endif
