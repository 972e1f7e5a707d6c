#include "redact_marks.h"

#include <stdlib.h>
#include <string.h>

void redact_marks_free(struct redact_marks *marks)
{
	free(marks->of);
	marks->of = NULL;
}

void redact_marks_add(struct redact_marks *marks, size_t at, size_t bytes)
{
	if (!marks->of)
		marks->of = calloc(1, marks->bytes ? marks->bytes : 1);
	if (marks->of)
		memset(marks->of + at, 1, bytes);
	else
		marks->all = true;
}

static size_t run_end(const char *of, size_t at, size_t bytes)
{
	const bool marked = of[at];
	while (at < bytes && (bool)of[at] == marked)
		at++;
	return at;
}

static size_t count_runs(const char *of, size_t bytes)
{
	size_t count = 0;
	for (size_t at = 0; at < bytes; at = run_end(of, at, bytes))
		count += of[at] != 0;
	return count;
}

size_t redact_marks_apply(const struct redact_marks *marks, size_t from, struct redact_text *text, redact_allocate *allocate,
			  void *context)
{
	const size_t mark = sizeof(REDACTED) - 1;
	if (marks->all)
		return redact_rules_replace(text);
	const char *of = marks->of ? marks->of + from : NULL;
	const size_t count = of ? count_runs(of, text->bytes) : 0;
	if (count == 0)
		return 0;
	char *clean = allocate(context, text->bytes + count * mark + 1);
	if (!clean)
		return redact_rules_replace(text);
	size_t used = 0;
	for (size_t at = 0, end; at < text->bytes; at = end) {
		end = run_end(of, at, text->bytes);
		const size_t bytes = of[at] ? mark : end - at;
		memcpy(clean + used, of[at] ? REDACTED : text->data + at, bytes);
		used += bytes;
	}
	clean[used] = 0;
	*text = (struct redact_text){clean, used};
	return count;
}
