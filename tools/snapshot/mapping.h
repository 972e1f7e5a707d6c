/*
 * mapping.h - the lines of /proc/pid/maps (proc(5)), one after the other.
 *
 * The text may come from a hostile recorder file: what does not look like a line is passed over. Pure functions.
 */
#ifndef TTLOG_SNAPSHOT_MAPPING_H
#define TTLOG_SNAPSHOT_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
	uint64_t start, end, offset; /* offset: in the file */
	bool readable, writable, executable;
	bool deleted;      /* the file has no name any more */
	const char *path;  /* in the text, not NUL-terminated, without " (deleted)"; "[stack]" and the like too */
	size_t path_bytes; /* 0: anonymous memory */
};

/* Takes the next whole line from *text; false: there is none before `end`. */
bool mapping_next(const char **text, const char *end, struct mapping *mapping);

/* The path is of a file, or of what looks like one (memfd), not a word of the kernel's in brackets. */
bool mapping_is_file(const struct mapping *mapping);

#endif
