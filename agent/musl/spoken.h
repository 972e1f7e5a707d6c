/*
 * spoken.h - text that a program gives to musl's stdio, recorded as it is given.
 *
 * musl's FILE is closed to others, so nothing is taken from its buffer: each hook records its own arguments after the real call. Characters
 * that come one by one gather here until a line ends or other text follows; what has gathered is recorded at exit and at death, too. The
 * stream's lock guards that; it is never waited for, and never held across a real call, which may be a cancellation point. As safe as the
 * program's own call was.
 */
#ifndef TTLOG_MUSL_SPOKEN_H
#define TTLOG_MUSL_SPOKEN_H

#include "outlet.h"

/* Who said it, and where what was said one by one has to be recorded first; false: the stream is not heard. errno is preserved. */
bool spoken_begin(struct record_origin *origin, FILE *stream, const void *caller) __attribute__((visibility("hidden")));

/* Text of `bytes`, as far as it can be read where the descriptor takes it unread. */
void spoken_record(const struct record_origin *origin, FILE *stream, const void *text, size_t bytes)
	__attribute__((visibility("hidden")));

/* One more character. */
void spoken_gather(const struct record_origin *origin, FILE *stream, char character) __attribute__((visibility("hidden")));

#endif
