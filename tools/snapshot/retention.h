/*
 * retention.h - how many snapshots a directory keeps (TTLOG_KEEP).
 *
 * Removes the oldest files named ttlog-*.cbor.lz4, never the one just written. Processes that tidy the same directory at once do
 * not disturb each other: what one has removed is gone for the other. Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_RETENTION_H
#define TTLOG_SNAPSHOT_RETENTION_H

#include <stdint.h>

/* Keeps at most `snapshots` files and `megabytes` (10^6 bytes) of them; 0: no limit. 0, or -errno where the directory cannot be
 * read. */
int retention_apply(const char *directory, const char *just_written, uint32_t snapshots, uint32_t megabytes);

#endif
