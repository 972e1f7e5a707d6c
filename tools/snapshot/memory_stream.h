/*
 * memory_stream.h - what is printed into memory, whole or not at all.
 *
 * As with an arena, allocation failure ends the tool with a line on stderr and exit code 2: open_memstream(3) by itself would leave out
 * what it has no room for. A stream belongs to one thread.
 */
#ifndef TTLOG_SNAPSHOT_MEMORY_STREAM_H
#define TTLOG_SNAPSHOT_MEMORY_STREAM_H

#include <stddef.h>
#include <stdio.h>

/* Both are set by memory_stream_close(). */
FILE *memory_stream_open(char **text, size_t *bytes);
/* *text, of memory_stream_open(), is NUL-terminated, *bytes long without that, and the caller's to free. */
void memory_stream_close(FILE *stream, char *const *text);

#endif
