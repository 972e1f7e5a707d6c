/*
 * full_snapshot.h - snapshots for the tests of their file, and their comparison. A difference fails the test.
 */
#ifndef TTLOG_TESTS_FULL_SNAPSHOT_H
#define TTLOG_TESTS_FULL_SNAPSHOT_H

#include "snapshot.h"

#include <stddef.h>

struct snapshot full_snapshot(void);  /* something in every member; static memory */
struct snapshot empty_snapshot(void); /* what must be there and nothing else */
void same_snapshot(const struct snapshot *a, const struct snapshot *b);
/* CBOR, malloc'ed. */
unsigned char *encode_snapshot(const struct snapshot *snapshot, size_t *bytes);

#endif
