/*
 * call_lists.h - how calls.c and what an architecture adds write down which calls are allowed when.
 */
#ifndef TTLOG_CONFINE_CALL_LISTS_H
#define TTLOG_CONFINE_CALL_LISTS_H

#include "calls.h"

#include <fcntl.h>
#include <stdint.h>

enum { LOOKS = CALLS_LOOKING, WRITES = CALLS_LOOKING | CALLS_WRITING, READS = WRITES | CALLS_READING };

/* Where the lower half of an argument has these bits. Of several for one call: one is enough. */
struct limited_call {
	uint16_t number, stages;
	uint32_t argument, mask, value;
};

#define ALL_BITS    UINT32_MAX
#define WRITE_FLAGS (O_ACCMODE | O_CREAT | O_TRUNC)

#endif
