#include "site.h"

#include "recorder_file.h"

#include <string.h>

enum { SITE_STRING_MAX = 512, SITES_RESERVE_BYTES = 16 * 1024, SITE_KEYS_MAX = 16 };

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

static uint32_t record_bytes(const struct ttlog_site *site, uint32_t keys)
{
	uint32_t bytes = (uint32_t)sizeof(struct site_record) + string_bytes(site->message) + string_bytes(site->target) +
			 string_bytes(site->file) + string_bytes(site->function);
	for (uint32_t i = 0; i < keys; i++)
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
 * Two threads that meet here for the same site intern it twice; either id is good. A handler that interrupts interns its own
 * sites behind ours: room is taken by one swap.
 */
uint32_t site_intern(struct ttlog_site *site, uint32_t generation)
{
	const uint32_t keys = site->key_count < SITE_KEYS_MAX ? site->key_count : SITE_KEYS_MAX;
	const uint32_t bytes = record_bytes(site, keys);
	const uint64_t offset = take_room(bytes);
	if (offset == UINT64_MAX) {
		__atomic_fetch_add(&recorder.header->sites_refused, 1, __ATOMIC_RELAXED);
		__atomic_fetch_or(&recorder.header->degradations, DEGRADED_SITES_FULL, __ATOMIC_RELAXED);
		return 0;
	}
	struct site_record *record = (void *)(recorder.sites + offset);
	record->line = site->line;
	record->level = (uint8_t)site->level;
	record->keys = (uint8_t)keys;
	unsigned char *at = put_string((unsigned char *)(record + 1), site->message);
	at = put_string(at, site->target);
	at = put_string(at, site->file);
	at = put_string(at, site->function);
	for (uint32_t i = 0; i < keys; i++)
		at = put_string(at, site->keys[i]);
	/* Release: a reader that sees the length sees the whole record. */
	__atomic_store_n(&record->bytes, bytes, __ATOMIC_RELEASE);
	__atomic_fetch_add(&recorder.header->site_count, 1, __ATOMIC_RELAXED);
	const uint32_t id = (uint32_t)(offset / SITE_ALIGN) + 1;
	__atomic_store_n(&site->tag, (uint64_t)generation << 32 | id, __ATOMIC_RELEASE);
	return id;
}
