/*
 * progress.h - a bar on a terminal's standard error, for what takes longer than a moment. Nothing anywhere else.
 *
 * Clear it before anything is printed. Single-threaded.
 */
#ifndef TTLOG_CLI_PROGRESS_H
#define TTLOG_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	const char *word; /* NULL: never shown */
	uint64_t next_ns; /* when it is drawn again */
	bool shown;
};

void progress_begin(struct progress *progress, const char *word);
void progress_show(struct progress *progress, size_t done, size_t all);
void progress_clear(struct progress *progress);

#endif
