/*
 * utf8.h - which bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
 *
 * Pure functions, async-signal-safe.
 */
#ifndef TTLOG_FORMAT_UTF8_H
#define TTLOG_FORMAT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the character at `text` (1 to 4), or 0 where the bytes there are none. */
size_t utf8_character(const void *text, size_t bytes);
bool utf8_valid(const void *text, size_t bytes);

#endif
