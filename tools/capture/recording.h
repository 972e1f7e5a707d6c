/*
 * recording.h - the target's recorder as the helper holds it: a copy of the file or of the target's memory, the crash record
 * beside it, and the way to tell the waiting target that it is done.
 */
#ifndef TTLOG_CAPTURE_RECORDING_H
#define TTLOG_CAPTURE_RECORDING_H

#include "reader.h"
#include "recorder_load.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct recording {
	pid_t pid;
	bool present;                      /* `copy` holds a recorder */
	struct recorder_copy copy;         /* its crash record is the target's present one, wherever that stands */
	uint64_t crash_address;            /* in the target; 0: nobody waits */
	struct crash_record *shared_crash; /* the file's own, mapped; NULL: not to be had */
	size_t map_bytes;
	void *map;
};

/* From the open file where it can be read (-1: none), else from the target's memory at `address` (0: none). */
void recording_open(struct recording *recording, pid_t pid, int file, uint64_t address, uint64_t crash_address);

/* A descriptor for it, or -1. Writable: of a target that waits. */
int recording_open_file(const char *path, bool writable);

/* Path of the recorder file that the living process `pid` of this user has mapped: 1; 0: it has none; -errno: that cannot be known. */
int recording_find(pid_t pid, char *path, size_t bytes);

void recording_close(struct recording *recording);

/*
 * The threads could not be stopped: asks the waiting target to have them save themselves, and reads from `file`, as above, what they saved.
 * False where it cannot be asked (no file in common) or does not answer in time.
 */
bool recording_ask_threads(struct recording *recording, int file);

/*
 * Tells the target the state and, where it is not NULL, the snapshot's path: through the shared file or into the target's memory. False
 * where it may do neither. Nobody waits: true.
 */
bool recording_report(struct recording *recording, uint32_t state, const char *path);

#endif
