/*
 * text.h - texts that a test makes as printf(3) does. Their memory is released with the test process.
 */
#ifndef TTLOG_TESTS_TEXT_H
#define TTLOG_TESTS_TEXT_H

char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
