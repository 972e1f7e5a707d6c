/*
 * text.h - bounded strings without libc: for code that runs before relocation, in signal handlers and in dying processes.
 *
 * A text_writer appends to a caller's buffer, keeps it NUL-terminated and cuts what does not fit. Async-signal-safe.
 */
#ifndef TTLOG_SYS_TEXT_H
#define TTLOG_SYS_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text_writer {
	char *data;
	size_t used, bytes;
};

static inline struct text_writer text_begin(char *data, size_t bytes)
{
	data[0] = 0;
	return (struct text_writer){data, 0, bytes};
}

static inline void text_char(struct text_writer *text, char c)
{
	if (text->used + 1 < text->bytes) {
		text->data[text->used++] = c;
		text->data[text->used] = 0;
	}
}

static inline void text_string(struct text_writer *text, const char *string)
{
	while (*string)
		text_char(text, *string++);
}

static inline void text_number(struct text_writer *text, uint64_t number, unsigned base)
{
	char digits[64];
	unsigned n = 0;
	do {
		digits[n++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	while (n)
		text_char(text, digits[--n]);
}

#endif
