/*
 * content_hash.h - one word for what a snapshot tells of a death, the same for each copy of the file.
 *
 * SHA-256 over who died (host, pid, program, command line), when, of what, all program counters and registers, and all that was said with
 * its time and thread. Not of how the file is compressed, and not of what `ttlog symbolize` adds, names, lines and source: the death is
 * one before it and after it. Single-threaded.
 */
#ifndef TTLOG_DB_CONTENT_HASH_H
#define TTLOG_DB_CONTENT_HASH_H

#include "snapshot.h"

#include <sha2.h>

#define CONTENT_HASH_BYTES 65u /* hexadecimal digits and a NUL */

struct content_hash {
	SHA2_CTX context;
};

/* begin; each event in its order; end, with all the rest, that gives the hash. */
void content_hash_begin(struct content_hash *hash);
void content_hash_event(struct content_hash *hash, const struct snapshot_event *event);
void content_hash_end(struct content_hash *hash, const struct snapshot *snapshot, char text[CONTENT_HASH_BYTES]);

#endif
