/*
 * reading.h (ThreadSanitizer) - a reader's plain loads are not judged.
 *
 * It copies what a writer may be writing and finds out by a second look at the stamps (G3), like any sequence lock: a race by intent.
 * These functions do: copy_record (head and payload), recorder_view_lane and recorder_view_open (counters, each one word). Its
 * atomic loads and its stores are judged, and so is everything that writers do. A suppression by name would not do: reports of a busy
 * reader come without its stack.
 */
#ifndef TTLOG_TESTS_READING_H
#define TTLOG_TESTS_READING_H

void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);

static inline void reading_begin(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
}

static inline void reading_end(void)
{
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

#endif
