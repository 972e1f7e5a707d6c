/*
 * absent.h - the threads of a process that is gone, from its recorder file: the copies of their stacks, read with the files on disk.
 */
#ifndef TTLOG_CAPTURE_ABSENT_H
#define TTLOG_CAPTURE_ABSENT_H

#include <stdio.h>

/* Writes a snapshot of nothing but threads, as CBOR. 0 or -errno; -ENOENT: the file holds no death. */
int absent_print_threads(const char *recorder, FILE *out);

#endif
