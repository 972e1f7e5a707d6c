/*
 * sparse.h - recorder files as a fuzzer can hold them: the pages of zeroes, which are nearly all of one, are left out.
 *
 *	u32 pages of the file, then pieces: u32 where (in 8 bytes), u16 words, u16 kind, and the words
 *
 * Any bytes are such an image: what does not fit is left out.
 */
#ifndef TTLOG_TESTS_SPARSE_H
#define TTLOG_TESTS_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPARSE_PAGE      4096u
#define SPARSE_PAGES_MAX 65536u /* 256 MB */
#define SPARSE_HEAD      4u
#define SPARSE_PIECE     8u

enum sparse_kind {
	SPARSE_DATA = 0,
	SPARSE_LOOK = 1, /* who follows the file looks at it now; what comes behind is written afterwards */
};

struct sparse_piece {
	uint32_t where;
	uint16_t words, kind;
	const uint8_t *data; /* not aligned */
};

struct sparse_cursor {
	const uint8_t *at, *end;
};

/* Size of the file in bytes, and the cursor at the first piece. */
size_t sparse_open(struct sparse_cursor *cursor, const uint8_t *image, size_t bytes);
bool sparse_next(struct sparse_cursor *cursor, struct sparse_piece *piece);

/* Appends a piece, as long as it fits into `room`; returns the new size. */
size_t sparse_put(uint8_t *image, size_t used, size_t room, const struct sparse_piece *piece);

#endif
