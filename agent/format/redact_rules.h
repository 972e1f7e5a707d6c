/*
 * redact_rules.h - the rules of TTLOG_REDACT, and their application to one text: for snapshots and for listeners.
 *
 * TTLOG_REDACT is a list of
 *	builtin		what secrets commonly look like (redact_builtin.h); the default
 *	file:PATH	POSIX extended regular expressions, one a line; empty lines and lines that begin with '#' are not
 *	none		nothing else; alone it switches redaction off
 * Where the file of expressions cannot be read or holds one that is none, all texts are taken out: a secret that was handed out cannot
 * be taken back.
 *
 * Allocates and reads files: called by tools and by listener threads, never on the record path or by a dying process. Rules are used by
 * one thread at a time.
 */
#ifndef TTLOG_FORMAT_REDACT_RULES_H
#define TTLOG_FORMAT_REDACT_RULES_H

#include <stdbool.h>
#include <stddef.h>

#define REDACTED "[redacted]"

struct redact_rules;

/* `list` NULL or empty: the default. NULL: no memory. To be destroyed by the caller. */
struct redact_rules *redact_rules_create(const char *list);
void redact_rules_destroy(struct redact_rules *rules);

/* Why all texts are taken out, one sentence; NULL: they are not. Lives as long as the rules. */
const char *redact_rules_defect(const struct redact_rules *rules);

/* The list names them. */
bool redact_rules_are_builtin(const struct redact_rules *rules);

/* A value of this name is a secret as a whole. */
bool redact_rules_name(const struct redact_rules *rules, const char *name, size_t bytes);

struct redact_text {
	const char *data;
	size_t bytes;
};

/* Memory for a text that becomes another one, the caller's. NULL: there is none, and all of the text is taken out. */
typedef void *redact_allocate(void *context, size_t bytes);

/* Marks secrets: adds to what is marked. */
struct redact_marks;
void redact_rules_mark(const struct redact_rules *rules, const struct redact_text *text, struct redact_marks *marks);

/* Takes secrets out: how many. *text points to other memory then. A second time changes nothing. */
size_t redact_rules_apply(const struct redact_rules *rules, struct redact_text *text, redact_allocate *allocate, void *context);

/* Takes out all of it: 1, or 0 where it had been. */
size_t redact_rules_replace(struct redact_text *text);

#endif
