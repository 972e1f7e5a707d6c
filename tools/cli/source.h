/*
 * source.h - lines of source files, as far as the files are here. Paths come from debug information and may name anything.
 */
#ifndef TTLOG_CLI_SOURCE_H
#define TTLOG_CLI_SOURCE_H

#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_CONTEXT    2u /* lines shown before and behind */
#define SOURCE_LINES      (2 * SOURCE_CONTEXT + 1)
#define SOURCE_LINE_BYTES 200u

struct source {
	uint32_t first;                  /* number of lines[0] */
	size_t count;                    /* 0: the file is not here, or shorter */
	const char *lines[SOURCE_LINES]; /* in the arena; without their ends, cut at SOURCE_LINE_BYTES */
	uint32_t here;                   /* the line that it is about */
};

/* A header, or source, of the compiler's or of a package. */
bool source_is_system(const char *file);
/* The place of the frame is the program's own, as far as its path tells. */
bool source_is_own(const struct snapshot_frame *frame);

/*
 * Directories, NULL-terminated, in which files are sought that are not at their path: build/src/x.c as DIR/build/src/x.c, DIR/src/x.c,
 * DIR/x.c. The array is kept by reference.
 */
void source_directories(const char *const *directories);

/* The line of the frame's place, the innermost that is the program's own, with those around it; of lines that are stored in it, those. */
void source_of_frame(struct source *source, struct arena *arena, const struct snapshot_frame *frame);

/* Stores the lines around the place of each frame of the thread in it, where they are here. */
void source_embed(struct arena *arena, struct snapshot_thread *thread);

#endif
