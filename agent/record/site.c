#include "site.h"

#include "config.h"
#include "event.h"
#include "levels.h"
#include "reader.h"
#include "record.h"

#include <errno.h>
#include <string.h>

enum { SITE_STRING_MAX = 512, SITES_RESERVE_BYTES = 16 * 1024 };

/* Levels ----------------------------------------------------------------------------------------------------------------------- */

static struct levels *present_levels(void)
{
	return __atomic_load_n(&config.levels, __ATOMIC_SEQ_CST);
}

/* Again where others stand there now: their own look may have come first. */
static void look_at_levels(void)
{
	struct levels *levels = present_levels(), *looked_at;
	do {
		looked_at = levels;
		__atomic_store_n(&record_api.epoch, &levels->epoch, __ATOMIC_SEQ_CST);
		levels = present_levels();
	} while (levels != looked_at);
}

void site_init(void)
{
	recorder.made = look_at_levels;
	look_at_levels();
}

/* Of the source file, without its directories, where the program names no target. */
static const char *target_of(const struct ttlog_site *site)
{
	const char *slash = strrchr(site->file, '/');
	return site->target ? site->target : slash ? slash + 1 : site->file;
}

static bool is_muted(const struct ttlog_site *site)
{
	char levels[LEVELS_BYTES];
	levels_copy(levels, present_levels());
	return site->level < levels_of(levels, target_of(site));
}

/* A forked child without a recorder must not change its parent's. Not told by pids: both may be the first process of their namespace. */
static bool are_of_parent(const struct levels *levels)
{
	const struct recorder_header *made = __atomic_load_n(&recorder_live_page.live.made, __ATOMIC_ACQUIRE);
	return levels != &config.own_levels && !(made && levels == &made->levels);
}

/* What was decided under the epochs of those before holds no longer. */
static void follow_epoch(struct levels *levels, const struct levels *before)
{
	const uint32_t epoch = __atomic_load_n(&before->epoch, __ATOMIC_RELAXED);
	uint32_t own = __atomic_load_n(&levels->epoch, __ATOMIC_RELAXED);
	while ((int32_t)(epoch - own) > 0 &&
	       !__atomic_compare_exchange_n(&levels->epoch, &own, epoch, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* Those in force, and not those that another thread has just replaced, by the recorder's (config_take_levels()). */
static void change_levels(const char *text)
{
	struct levels *levels = present_levels(), *changed;
	do {
		changed = levels;
		if (are_of_parent(levels)) {
			changed = &config.own_levels;
			follow_epoch(changed, levels);
		}
		levels_set(changed, text);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (changed != levels &&
		    __atomic_compare_exchange_n(&config.levels, &levels, changed, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
		levels = present_levels();
	} while (levels != changed);
}

int site_set_levels(const char *levels)
{
	const char *bad;
	if (levels_check(levels, &bad) != 0)
		return -EINVAL;
	change_levels(levels);
	look_at_levels();
	return 0;
}

/* Strings ---------------------------------------------------------------------------------------------------------------------- */

static uint32_t bounded(const char *string)
{
	return (uint32_t)strnlen(string, SITE_STRING_MAX);
}

static uint32_t string_bytes(const char *string)
{
	return (uint32_t)sizeof(uint16_t) + (string ? bounded(string) : 0);
}

static unsigned char *put_string(unsigned char *at, const char *string)
{
	const uint16_t length = string ? (uint16_t)bounded(string) : UINT16_MAX;
	memcpy(at, &length, sizeof(length));
	at += sizeof(length);
	if (string)
		memcpy(at, string, length);
	return at + (string ? length : 0);
}

static uint32_t record_bytes(const struct ttlog_site *site)
{
	uint32_t bytes = (uint32_t)sizeof(struct site_record) + string_bytes(site->message) + string_bytes(site->target) +
			 string_bytes(site->file) + string_bytes(site->function);
	for (uint32_t i = 0; i < site->key_count; i++)
		bytes += string_bytes(site->keys[i]);
	return (bytes + SITE_ALIGN - 1) & ~(SITE_ALIGN - 1);
}

/* Makes sure that memory stands behind [0, end) of the site area. */
static bool reserve_until(uint64_t end)
{
	struct recorder_header *h = recorder.header;
	uint64_t reserved = __atomic_load_n(&h->sites_reserved, __ATOMIC_ACQUIRE);
	while (reserved < end) {
		uint64_t more = reserved + SITES_RESERVE_BYTES;
		if (more > h->sites_bytes)
			more = h->sites_bytes;
		if (recorder_reserve(recorder.sites + reserved, more - reserved) != 0)
			return false;
		if (__atomic_compare_exchange_n(&h->sites_reserved, &reserved, more, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			reserved = more;
	}
	return true;
}

/* Offset of `bytes` fresh bytes, or UINT64_MAX: the area is full. The counter never runs past the area. */
static uint64_t take_room(uint32_t bytes)
{
	struct recorder_header *h = recorder.header;
	uint64_t used = __atomic_load_n(&h->sites_used, __ATOMIC_RELAXED);
	do {
		if (used + bytes > h->sites_bytes || !reserve_until(used + bytes))
			return UINT64_MAX;
	} while (!__atomic_compare_exchange_n(&h->sites_used, &used, used + bytes, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return used;
}

/*
 * Id of the site in the present recorder, 0: no room. Two threads that meet here for the same site intern it twice; either id
 * is good. A handler that interrupts interns its own sites behind ours: room is taken by one swap.
 */
static uint32_t intern(const struct ttlog_site *site)
{
	const uint32_t bytes = record_bytes(site);
	const uint64_t offset = take_room(bytes);
	if (offset == UINT64_MAX) {
		__atomic_fetch_add(&recorder.header->sites_refused, 1, __ATOMIC_RELAXED);
		__atomic_fetch_or(&recorder.header->degradations, DEGRADED_SITES_FULL, __ATOMIC_RELAXED);
		return 0;
	}
	struct site_record *record = (void *)(recorder.sites + offset);
	record->line = site->line;
	record->column = site->column;
	record->level = site->level;
	record->keys = site->key_count;
	record->types = site->types;
	unsigned char *at = put_string((unsigned char *)(record + 1), site->message);
	at = put_string(at, site->target);
	at = put_string(at, site->file);
	at = put_string(at, site->function);
	for (uint32_t i = 0; i < site->key_count; i++)
		at = put_string(at, site->keys[i]);
	/* Release: a reader that sees the length sees the whole record. */
	__atomic_store_n(&record->bytes, bytes, __ATOMIC_RELEASE);
	__atomic_fetch_add(&recorder.header->site_count, 1, __ATOMIC_RELAXED);
	return (uint32_t)(offset / SITE_ALIGN) + 1;
}

/* End of a first unit: all but the bytes of strings, and the tid. */
static uint64_t tail_of(const struct ttlog_site *site)
{
	const uint64_t kind = site->level | SOURCE_MACRO << 4 | (RECORD_HAS_SITE | (site->key_count ? RECORD_HAS_WORDS : 0)) << 8;
	return (site->key_count * sizeof(uint64_t) | kind << 16) << 32;
}

uint32_t site_id(struct ttlog_site *site)
{
	const uint32_t generation = recorder_get();
	if (!generation)
		return 0;
	if ((uint32_t)__atomic_load_n(&site->seen, __ATOMIC_ACQUIRE) != generation) {
		__atomic_store_n(&site->tail, tail_of(site), __ATOMIC_RELAXED); /* site_admit() will not come to it */
		__atomic_store_n(&site->id, intern(site), __ATOMIC_RELAXED);
		__atomic_store_n(&site->seen, generation, __ATOMIC_RELEASE);
	}
	return site_known_id(site);
}

enum admission site_admit(struct ttlog_site *site)
{
	const uint32_t epoch = __atomic_load_n(__atomic_load_n(&record_api.epoch, __ATOMIC_ACQUIRE), __ATOMIC_ACQUIRE);
	if (is_muted(site)) {
		__atomic_store_n(&site->muted, epoch, __ATOMIC_RELAXED);
		return SITE_SKIPPED;
	}
	const uint32_t generation = recorder_get();
	if (!generation)
		return SITE_SKIPPED;
	if ((uint32_t)__atomic_load_n(&site->seen, __ATOMIC_ACQUIRE) != generation) {
		const uint32_t id = intern(site);
		if (!id)
			return SITE_INLINE;
		__atomic_store_n(&site->tail, tail_of(site), __ATOMIC_RELAXED);
		__atomic_store_n(&site->id, id, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&site->seen, generation | (uint64_t)epoch << 32, __ATOMIC_RELEASE);
	return SITE_KNOWN;
}
