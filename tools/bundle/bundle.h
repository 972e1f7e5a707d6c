/*
 * bundle.h - snapshots and the debug information that they need in one file, a tar archive compressed by zstd (libarchive), so that they can
 * be looked at where none of the programs is.
 *
 *   snapshots/NAME.cbor.lz4          as they were
 *   debug/.build-id/ab/cdef...       the programs and libraries of their stacks, by build-id; .debug: separate debug information
 *
 * Writing: tools/cli, single-threaded. Reading: whoever opens a directory of snapshots (directory.h); an archive is unpacked once in the
 * life of the process, below TMPDIR, and goes with it, however it ends. It may come from anybody: nothing but files of these names is unpacked, and at
 * most BUNDLE_UNPACKED_MAX bytes and BUNDLE_FILES_MAX files.
 */
#ifndef TTLOG_BUNDLE_BUNDLE_H
#define TTLOG_BUNDLE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_UNPACKED_MAX ((uint64_t)8 << 30)
#define BUNDLE_FILES_MAX    100000u
#define BUNDLE_ERROR_BYTES  256u

struct bundle_writer;

/* The file is written beside `path` and gets its name when it is whole. At most `limit` bytes of content. NULL with one line that says why. */
struct bundle_writer *bundle_create(const char *path, uint64_t limit, char error[BUNDLE_ERROR_BYTES]);

/* 0; -EFBIG: there is no room for it, and it was left out; another -errno with a line that says why. `died_ns` becomes the file's time. */
int bundle_add_snapshot(struct bundle_writer *writer, const char *path, uint64_t died_ns, char error[BUNDLE_ERROR_BYTES]);
int bundle_add_image(struct bundle_writer *writer, const char *build_id, bool is_debug, const void *image, size_t bytes,
		     char error[BUNDLE_ERROR_BYTES]);

/* Frees the writer; not `keep`: nothing is left. 0, with the size of the file; -errno with a line. */
int bundle_close(struct bundle_writer *writer, bool keep, uint64_t *bytes, char error[BUNDLE_ERROR_BYTES]);

/* A regular file that begins as zstd's do. */
bool bundle_is(const char *path);

/* The directory with its snapshots; its debug information is searched from now on. NULL with a line that says why. Lives as long as the process. */
const char *bundle_open(const char *path, char error[BUNDLE_ERROR_BYTES]);

/* One was unpacked, and no process of its own removes it: who gave up the right to remove files would leave it. */
bool bundle_would_stay(void);

/* Of a file that was unpacked: the bundle it came from; NULL: it is none. */
const char *bundle_origin(const char *path);

#endif
