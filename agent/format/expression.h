/*
 * expression.h - regexec(3) on a part of a text: what comes before and behind it is not read, and NUL bytes are bytes.
 *
 * As safe as regexec(3): not in signal handlers.
 */
#ifndef TTLOG_FORMAT_EXPRESSION_H
#define TTLOG_FORMAT_EXPRESSION_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

/* The first match in text[from..until); false: there is none. Offsets in *match count from `text`. */
bool expression_find(const regex_t *expression, const char *text, size_t from, size_t until, regmatch_t *match);

#endif
