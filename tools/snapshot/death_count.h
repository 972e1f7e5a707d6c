/*
 * death_count.h - the dead of one run, counted where its processes and helpers meet, so that only the first ones get a snapshot, and
 * those are told whose snapshots went for newer ones.
 *
 * The file RECORDER_DEATHS of the run: lines of 8 bytes, the first with the limit, then one for each death with its pid. A line is
 * appended in one write(2), and where it came to stand is its number: no lock, and nobody who is killed leaves one behind. Who
 * cannot write there (a process that became another user) counts as within the limit; `ttlog run` has the last word. Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_DEATH_COUNT_H
#define TTLOG_SNAPSHOT_DEATH_COUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DEATH_COUNT_NO_LIMIT 9999999u /* the largest */

/* Of the run `id`; 0 or -errno. */
int death_count_begin(const char *id, uint32_t limit);
/* Removes it; how many were counted. */
uint32_t death_count_end(const char *id);

/* Counts this death, once; true where it is one of the first `limit`, or nobody counts. */
bool death_count_add(const char *id, pid_t pid);
/* It is counted already. */
bool death_count_has(const char *id, pid_t pid);

#endif
