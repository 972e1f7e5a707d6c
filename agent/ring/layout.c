#include "layout.h"

#include "config.h"
#include "seldom.h"
#include "syscalls.h"

#include <stdbool.h>

struct sizes {
	uint32_t lanes_owned, lane_units, threads;
	uint32_t sites_bytes, maps_bytes;
};

enum {
	LANES_SHARED = 2,
	UNITS_PER_EVENT = 4, /* a text of 72 bytes: what programs print is mostly shorter */
	TABLE_BYTES = 512 * 1024,
};

/* Under RLIMIT_AS or RLIMIT_FSIZE. */
static const struct sizes tight = {
	.lanes_owned = 4, .lane_units = LANE_UNITS_INITIAL, .threads = 8, .sites_bytes = TABLE_BYTES, .maps_bytes = TABLE_BYTES};

/* What one thread needs that says a few words and dies. */
static const struct sizes least = {.lanes_owned = 1,
				   .lane_units = LANE_UNITS_INITIAL,
				   .threads = 1,
				   .sites_bytes = RECORDER_PAGE,
				   .maps_bytes = 8 * RECORDER_PAGE};

/* A page of the program's data segment is no memory until it is written. */
enum { LAST_ROOM = 256 * 1024 };
SELDOM static unsigned char last_room[LAST_ROOM] __attribute__((aligned(RECORDER_PAGE)));
static bool last_room_taken;

static uint32_t units_for(uint32_t capacity)
{
	uint32_t units = LANE_UNITS_INITIAL;
	while (units < capacity * UNITS_PER_EVENT)
		units *= 2;
	return units;
}

static void layout(struct recorder_header *h, const struct sizes *sizes)
{
	const uint32_t lanes = sizes->lanes_owned + LANES_SHARED;
	uint64_t at = RECORDER_PAGE;
	h->lanes_owned = sizes->lanes_owned;
	h->lanes_shared = LANES_SHARED;
	h->lane_units = sizes->lane_units;
	h->identity_offset = at;
	at += recorder_page_align(sizeof(struct recorder_identity));
	h->pairs_offset = at;
	at += recorder_page_align(sizeof(struct recorder_pairs));
	h->controls_offset = at;
	at += recorder_page_align(lanes * sizeof(struct lane_control));
	h->lanes_offset = at; /* first lane right behind the header: one range to reserve at the start */
	at += (uint64_t)lanes * sizes->lane_units * LANE_UNIT_BYTES;
	h->sites_offset = at;
	h->sites_bytes = sizes->sites_bytes;
	at += sizes->sites_bytes;
	h->maps_offset = at;
	h->maps_bytes = sizes->maps_bytes;
	at += sizes->maps_bytes;
	h->crash_offset = at;
	at += recorder_page_align(sizeof(struct crash_record));
	h->threads_offset = at;
	h->threads_max = sizes->threads;
	h->file_bytes = at + recorder_page_align(sizes->threads * sizeof(struct crash_thread));
}

uint64_t layout_initial_bytes(const struct recorder_header *h)
{
	return h->lanes_offset + LANE_UNITS_INITIAL * LANE_UNIT_BYTES;
}

static void full_layout(struct recorder_header *h)
{
	const struct sizes full = {.lanes_owned = config.set.lanes,
				   .lane_units = units_for(config.set.capacity),
				   .threads = CRASH_THREADS_MAX,
				   .sites_bytes = TABLE_BYTES,
				   .maps_bytes = TABLE_BYTES};
	layout(h, &full);
}

static void tight_layout(struct recorder_header *h)
{
	struct sizes sizes = tight;
	if (config.set.lanes < sizes.lanes_owned)
		sizes.lanes_owned = config.set.lanes;
	layout(h, &sizes);
}

void layout_choose(struct recorder_header *h)
{
	struct rlimit space = {RLIM_INFINITY, RLIM_INFINITY}, file = {RLIM_INFINITY, RLIM_INFINITY};
	sys_getrlimit(RLIMIT_AS, &space);
	sys_getrlimit(RLIMIT_FSIZE, &file);
	full_layout(h);
	if (h->file_bytes > space.rlim_cur / 16) {
		tight_layout(h);
	} else if (h->file_bytes > file.rlim_cur) {
		tight_layout(h);
		if (h->file_bytes > file.rlim_cur)
			full_layout(h); /* private memory, whatever its size */
	}
}

unsigned char *layout_last_room(struct recorder_header *h)
{
	layout(h, &least);
	if (last_room_taken || h->file_bytes > sizeof(last_room))
		return NULL;
	last_room_taken = true;
	return last_room;
}

void layout_hide_last_room(void)
{
	sys_madvise(last_room, sizeof(last_room), MADV_DONTDUMP);
}
