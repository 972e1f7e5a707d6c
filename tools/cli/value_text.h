/*
 * value_text.h - a value of an event as plain text, the same wherever text is asked for: the view, filters, tables.
 */
#ifndef TTLOG_CLI_VALUE_TEXT_H
#define TTLOG_CLI_VALUE_TEXT_H

#include "event.h"

#include <stddef.h>

#define VALUE_TEXT_BYTES 40u

/* The text and its length, in `room` or in the value itself: valid as long as both. A null string is "null". */
const char *value_text(const struct event_value *value, char room[VALUE_TEXT_BYTES], size_t *bytes);

#endif
