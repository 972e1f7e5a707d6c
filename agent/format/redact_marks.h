/*
 * redact_marks.h - which bytes of a text are to go, and the text without them.
 *
 * Marks overlap and touch as they like: each run of marked bytes becomes one mark in the text. No memory for marks: all of it goes.
 */
#ifndef TTLOG_FORMAT_REDACT_MARKS_H
#define TTLOG_FORMAT_REDACT_MARKS_H

#include "redact_rules.h"

struct redact_marks {
	char *of; /* not 0: goes; for each byte of the text. NULL: none is marked */
	size_t bytes;
	bool all;
};

/* For a text of so many bytes; to be freed by the caller. */
static inline struct redact_marks redact_marks_of(size_t bytes)
{
	return (struct redact_marks){NULL, bytes, false};
}
void redact_marks_free(struct redact_marks *marks);

void redact_marks_add(struct redact_marks *marks, size_t at, size_t bytes);

/* `text` begins at byte `from` of what was marked. Its runs are replaced: how many. */
size_t redact_marks_apply(const struct redact_marks *marks, size_t from, struct redact_text *text, redact_allocate *allocate,
			  void *context);

#endif
