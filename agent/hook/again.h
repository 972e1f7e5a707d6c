/*
 * again.h - text that a hook formats a second time, because the real call left it nowhere to be copied from.
 *
 * Never where the program has conversion specifiers of its own (register_printf_function(3)): they may have side effects. Nor with %n,
 * whose variable may be part of what is printed. Then the text is not recorded. errno is preserved. As safe in signal handlers as the program's own call was.
 */
#ifndef TTLOG_HOOK_AGAIN_H
#define TTLOG_HOOK_AGAIN_H

#include "record.h"

#include <stdarg.h>
#include <stdbool.h>
#include <wchar.h>

/* Whether nobody would notice: false from the program's first own specifier on, and where the format has %n, which stores. NULL: has not. */
bool again_allowed(const char *format) __attribute__((visibility("hidden")));
bool again_allowed_wide(const wchar_t *format) __attribute__((visibility("hidden")));
void again_forbid(void) __attribute__((visibility("hidden")));

/* What printed `length` bytes (wide: characters) with this format, as one event. */
void again_record(const struct record_origin *origin, int length, const char *format, va_list arguments)
	__attribute__((visibility("hidden")));
void again_record_wide(const struct record_origin *origin, int length, const wchar_t *format, va_list arguments)
	__attribute__((visibility("hidden")));

/* Wide text as UTF-8; behind it, `missing` characters are known to follow. */
void again_record_characters(const struct record_origin *origin, const wchar_t *text, size_t count, size_t missing)
	__attribute__((visibility("hidden")));

/* A message with what stands before and behind it, as err(3) and error(3) print it: the parts may be empty, format may be NULL. */
struct again_message {
	const char *prefix;
	const char *format;
	const char *suffix;
};
void again_record_message(const struct record_origin *origin, const struct again_message *message, va_list arguments)
	__attribute__((visibility("hidden")));

#endif
