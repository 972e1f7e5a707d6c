/*
 * reading.h - one recorder file built by hand, opened and read: what the tests of the reader share. What is not as expected fails the test.
 */
#ifndef TTLOG_TESTS_READING_H
#define TTLOG_TESTS_READING_H

#include "image.h"

#include <stdint.h>

extern struct image image;
extern struct recorder_view view;
extern struct lane_cursor cursor;
extern struct record record;

/* .init and .fini of a suite: the image. */
void reading_init(void);
void reading_fini(void);

/* More than two units: one for the head, and then three bodies. */
static const char long_text[] = "this text takes more than two units: one for the head, and then three bodies";

void open_image(void);
void expect_refused(const char *what);
void expect_next(const char *text);
void expect_end(uint64_t torn);

/* A call site at the offset of the site area: its id; *total is its bytes. */
uint64_t put_site(size_t offset, uint32_t *total);

#endif
