/*
 * retention.h - how many snapshots a directory keeps (TTLOG_KEEP).
 *
 * Removes the oldest files that are named ttlog-*.cbor.lz4 and begin as such, never the one just written, never the newest.
 * Processes that tidy the same directory at once do not disturb each other: a file is removed only where as many newer ones
 * stand as are kept, so the newest that many are safe from everybody, and what one has removed is gone for the other. What a
 * writer that was killed left half written goes after ten minutes. Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_RETENTION_H
#define TTLOG_SNAPSHOT_RETENTION_H

#include <stdint.h>

/* Keeps at most `snapshots` files and `megabytes` (10^6 bytes) of them; 0: no limit. 0, or -errno where the directory cannot be
 * read. */
int retention_apply(const char *directory, const char *just_written, uint32_t snapshots, uint32_t megabytes);

/*
 * Removes what the same process wrote for the same reason before: files whose names differ from that of the one just written in their time
 * alone, and that are not older than the process (numbers of processes come round again). 0 or -errno as above.
 */
int retention_replace(const char *directory, const char *just_written, uint64_t began_ns);

#endif
