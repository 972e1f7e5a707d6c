/*
 * clean.h - how a character of unknown origin is shown where it could do harm: in terminals, and in files that people read there.
 *
 * Control characters, escape sequences, bytes that are not UTF-8 and characters that turn the direction of writing become \x1b, \u202e
 * and so on; nothing of them reaches the reader as it is. Pure, async-signal-safe.
 */
#ifndef TTLOG_FORMAT_CLEAN_H
#define TTLOG_FORMAT_CLEAN_H

#include <stddef.h>

#define CLEAN_BYTES 8u /* longest that one character becomes */

/*
 * The character at `text` as it is to be shown in shown[0, *used), a line's end too. Returns how many bytes of the text it took, at least
 * 1; *columns: what it takes on a screen, characters counted as one. `bytes` is not 0.
 */
size_t clean_character(const void *text, size_t bytes, char shown[CLEAN_BYTES], size_t *used, size_t *columns);

#endif
