/*
 * reading.h - around each use of the reader's functions in the stress suites. Nothing here; ThreadSanitizer's build has its own.
 */
#ifndef TTLOG_TESTS_READING_H
#define TTLOG_TESTS_READING_H

static inline void reading_begin(void)
{
}

static inline void reading_end(void)
{
}

#endif
