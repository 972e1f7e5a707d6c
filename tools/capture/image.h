/*
 * image.h - an ELF file as it stands in the target's memory: right also where the file was deleted or replaced.
 *
 * Everything in it is hostile. Single-threaded.
 */
#ifndef TTLOG_CAPTURE_IMAGE_H
#define TTLOG_CAPTURE_IMAGE_H

#include "arena.h"
#include "memory.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#define IMAGE_SEGMENTS_MAX 64u

struct image {
	struct memory *memory;
	uint64_t base, bias; /* of the lowest mapping; what is added to the addresses in the file */
	uint64_t entry;      /* where the kernel or the loader begins it */
	unsigned segment_count;
	Elf64_Phdr segments[IMAGE_SEGMENTS_MAX];
};

/* The file whose first page stands at `base`. False: there is none. */
bool image_open(struct image *image, struct memory *memory, uint64_t base);

/* Lower-case hexadecimal in the arena, or NULL. */
const char *image_build_id(const struct image *image, struct arena *arena);

/* Where .eh_frame_hdr stands; 0: none. */
uint64_t image_unwind_index(const struct image *image);

/* First address behind its segments. */
uint64_t image_end(const struct image *image);

/* A file with the contents of its segments, as far as they came from one; descriptor, or -errno. Without sections. */
int image_copy(const struct image *image);

#endif
