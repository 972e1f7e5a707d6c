/*
 * image.h - recorder files built by hand in memory, after recorder.h alone: no code of the agent's writes them.
 *
 * The image ends at a page that cannot be read, so a reader that goes too far dies.
 */
#ifndef TTLOG_TESTS_IMAGE_H
#define TTLOG_TESTS_IMAGE_H

#include "reader.h"

#define IMAGE_LANES   2u
#define IMAGE_THREADS 2u
#define IMAGE_UNITS   1024u

struct image {
	unsigned char *base;
	size_t bytes;
	struct recorder_header *header;
	struct recorder_identity *identity;
	struct lane_control *controls;
	unsigned char *sites;
	char *maps;
	struct crash_record *crash;
	struct crash_thread *threads;
};

void image_init(struct image *image);
void image_fini(struct image *image);
/* The first `bytes` of the image (a multiple of 8) as an image of their own; only base and bytes are set. */
struct image image_cut(const struct image *image, size_t bytes);

struct record_head *image_unit(const struct image *image, unsigned lane, uint64_t position);
/* A whole record at the position; returns the position behind it. Does not move the lane's head. */
uint64_t image_put(struct image *image, unsigned lane, uint64_t position, unsigned flags, const void *payload, size_t bytes);
/* The same for a text at the lane's head, which moves. Its ticks are the position. */
void image_say(struct image *image, unsigned lane, const char *text);

/* Reads all there is, as a tool would; the result depends on every byte that was read. */
uint64_t image_walk(const struct image *image);

#endif
