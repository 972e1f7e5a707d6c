/* json_text.h - text of unknown origin inside a JSON string (RFC 8259): always valid, whatever the bytes were. Pure, async-signal-safe. */
#ifndef TTLOG_FORMAT_JSON_TEXT_H
#define TTLOG_FORMAT_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_TEXT_BYTES 8u /* longest that one character becomes */

/* A byte that stands for itself. */
static inline bool json_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/*
 * The character at `text` as it stands between the quotes, in shown[0, *used): escaped where it must be, U+FFFD for a byte that belongs to no
 * character. Returns how many bytes of the text it took, at least 1. `bytes` is not 0.
 */
size_t json_character(const void *text, size_t bytes, char shown[JSON_TEXT_BYTES], size_t *used);

#endif
