/*
 * pattern.h - file name patterns: * ? [set] [!set] as in glob(7), of which fnmatch(3) is no async-signal-safe reader.
 *
 * Pure, bounded by the lengths of both (no recursion), async-signal-safe. Bytes, not characters: a ? is one byte.
 */
#ifndef TTLOG_FORMAT_PATTERN_H
#define TTLOG_FORMAT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* `pattern` has `bytes` bytes, `name` ends with NUL. A * also matches '/'. */
bool pattern_matches(const char *pattern, size_t bytes, const char *name);

/* Any of several, separated by commas. A pattern without '/' is for the name behind the path's last one. */
bool pattern_list_matches(const char *patterns, const char *path);

#endif
