/*
 * images.h - a process's modules as the files on disk show them: code and unwind tables, where its memory cannot be read.
 *
 * What a module may have changed at run time (writable segments) is not served. A file that was replaced since it was mapped gives
 * wrong frames, so whoever uses this says so in the snapshot. Single-threaded.
 */
#ifndef TTLOG_CAPTURE_IMAGES_H
#define TTLOG_CAPTURE_IMAGES_H

#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct images;

/* Of the snapshot's modules, which must stay. `same_boot`: [vdso] is the one that this process has. NULL without memory. */
struct images *images_create(const struct snapshot *snapshot, bool same_boot);
void images_destroy(struct images *images);

/* For memory_add_reader(); `images` is a struct images. False where not all of it is in one unwritable segment of a module. */
bool images_reader(void *images, uint64_t address, void *data, size_t bytes);

#endif
