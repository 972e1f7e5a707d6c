/*
 * unpack.h - one LZ4 frame (frame format 1.6.2) out of a file, piece by piece.
 *
 * What was handed out is sound as far as it could be checked: the checksum of a frame stands at its end. Of a frame that is
 * cut off or damaged within its first block, the part of the block before that is handed out before the error; of one whose checksum is
 * wrong, all. At most
 * SNAPSHOT_CBOR_MAX bytes are handed out. Single-threaded; -errno, or -EBADMSG for what is wrong with the frame, with the
 * error's text.
 */
#ifndef TTLOG_SNAPSHOT_UNPACK_H
#define TTLOG_SNAPSHOT_UNPACK_H

#include "snapshot.h"

struct unpacker;

/* Reads from where `fd` stands, which stays the caller's. NULL: no memory, said in the error. */
struct unpacker *unpacker_create(int fd, struct snapshot_error *error);
void unpacker_destroy(struct unpacker *unpacker);

/* Up to `room` bytes more. *bytes is 0 at the end of the frame, which is the end of the file. */
int unpacker_read(struct unpacker *unpacker, unsigned char *to, size_t room, size_t *bytes);

#endif
