#include "sparse.h"

#include <string.h>

size_t sparse_open(struct sparse_cursor *cursor, const uint8_t *image, size_t bytes)
{
	uint32_t pages = 0;

	cursor->at = image + bytes;
	cursor->end = image + bytes;
	if (bytes < SPARSE_HEAD)
		return 0;
	memcpy(&pages, image, sizeof(pages));
	cursor->at = image + SPARSE_HEAD;
	return (size_t)(pages % (SPARSE_PAGES_MAX + 1)) * SPARSE_PAGE;
}

bool sparse_next(struct sparse_cursor *cursor, struct sparse_piece *piece)
{
	const size_t left = (size_t)(cursor->end - cursor->at);

	if (left < SPARSE_PIECE)
		return false;
	memcpy(&piece->where, cursor->at, 4);
	memcpy(&piece->words, cursor->at + 4, 2);
	memcpy(&piece->kind, cursor->at + 6, 2);
	if (piece->words > (left - SPARSE_PIECE) / 8)
		piece->words = (uint16_t)((left - SPARSE_PIECE) / 8);
	piece->data = cursor->at + SPARSE_PIECE;
	cursor->at = piece->data + 8 * (size_t)piece->words;
	return true;
}

size_t sparse_put(uint8_t *image, size_t used, size_t room, const struct sparse_piece *piece)
{
	const size_t bytes = 8 * (size_t)piece->words;

	if (room - used < SPARSE_PIECE + bytes)
		return used;
	memcpy(image + used, &piece->where, 4);
	memcpy(image + used + 4, &piece->words, 2);
	memcpy(image + used + 6, &piece->kind, 2);
	memcpy(image + used + SPARSE_PIECE, piece->data, bytes);
	return used + SPARSE_PIECE + bytes;
}
