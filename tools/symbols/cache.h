/*
 * cache.h - look-ups of other days: a file for each build-id in the user's cache directory ($XDG_CACHE_HOME/ttlog/symbols, or
 * ~/.cache/ttlog/symbols), so that a second snapshot of the same build needs no debug information read again.
 *
 * Only places with a source line are kept: what is not known today may be tomorrow. A file that is damaged, somebody else's or of
 * another version counts as none. Writers replace the file as a whole (rename), so readers and writers do not disturb each other;
 * of two that write at once the later one's look-ups stay. Files not used for longest go when all together exceed CACHE_BYTES_MAX.
 * Single-threaded; nothing here fails: without a cache everything is looked up.
 */
#ifndef TTLOG_SYMBOLS_CACHE_H
#define TTLOG_SYMBOLS_CACHE_H

#include "symbols.h"

#include <stdint.h>

#define CACHE_FILE_BYTES_MAX ((size_t)8 << 20)
#define CACHE_BYTES_MAX      ((uint64_t)256 << 20)

struct cache_file;

/* A look-up that the file holds. The strings live as long as the cache_file; symbol->inlined as long as the call. */
typedef void cache_visit(void *context, uint64_t offset, const struct symbol *symbol);

/* The directory, made where it is not there, open: for files_confine(). -1: there is none that is ours alone. */
int cache_directory(void);

/* What is known of the build; NULL: nothing. Calls visit() for each place. */
struct cache_file *cache_open(const char *build_id, cache_visit *visit, void *context);
void cache_close(struct cache_file *file);

/* A new file for the build. NULL: it cannot be written. */
struct cache_writer;
struct cache_writer *cache_begin(const char *build_id);
void cache_put(struct cache_writer *writer, uint64_t offset, const struct symbol *symbol);
void cache_commit(struct cache_writer *writer);

#endif
