/*
 * layout.h - how large the parts of a recorder are: as configured, small where a limit of the program's is near, least where no memory is left.
 *
 * Called by the one thread that makes the recorder, also in a signal handler. Fills the offsets and sizes of the header, nothing else.
 */
#ifndef TTLOG_RING_LAYOUT_H
#define TTLOG_RING_LAYOUT_H

#include "recorder.h"

static inline uint64_t recorder_page_align(uint64_t bytes)
{
	return (bytes + RECORDER_PAGE - 1) & ~(uint64_t)(RECORDER_PAGE - 1);
}

/* Full size where nothing limits it; small where a limit is near, whose bytes are the program's, and where a small file is better than none. */
void layout_choose(struct recorder_header *h) __attribute__((visibility("hidden")));

/* What has to be there from the start: up to the end of the first lane's first units. */
uint64_t layout_initial_bytes(const struct recorder_header *h) __attribute__((visibility("hidden")));

/*
 * Memory that needs no system call to be had, and the layout that fits into it: for who first speaks when nothing is left, to say so
 * and to die. Zeroed; taken once, for this process and all that it forks: NULL from then on.
 */
unsigned char *layout_last_room(struct recorder_header *h) __attribute__((visibility("hidden")));

/* Keeps it out of cores, for it is nothing of the program's. */
void layout_hide_last_room(void) __attribute__((visibility("hidden")));

#endif
