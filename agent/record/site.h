/*
 * site.h - call sites of macros: interned into the recorder once, 32-bit ids from then on.
 *
 * Any thread, any signal handler. A site's tag holds the recorder's generation beside the id, so after fork, in a new recorder, the site is
 * interned anew.
 */
#ifndef TTLOG_RECORD_SITE_H
#define TTLOG_RECORD_SITE_H

#define TTLOG_ABI_ONLY
#include "ttlog.h"

/* Writes the site into the present recorder. Its id, or 0: the table is full, which is counted. */
uint32_t site_intern(struct ttlog_site *site, uint32_t generation) __attribute__((visibility("hidden")));

static inline uint32_t site_id(struct ttlog_site *site, uint32_t generation)
{
	const uint64_t tag = __atomic_load_n(&site->tag, __ATOMIC_RELAXED);
	return __builtin_expect(tag >> 32 == generation, 1) ? (uint32_t)tag : site_intern(site, generation);
}

#endif
