/*
 * heard.h - whether what was recorded of a program is what it said, byte by byte.
 */
#ifndef TTLOG_TESTS_HEARD_H
#define TTLOG_TESTS_HEARD_H

#include "expect.h"

/* Many events, and a locale that all machines have. */
extern const char *const heard_environment[];

/* Texts of the events of two sources (or of one given twice), joined. */
struct bytes heard_text(const struct snapshot *snapshot, unsigned source, unsigned other);

/* A row of the table that `make heard` prints: what a program put out, and what was recorded of it. argument may be NULL. */
void heard_note(const char *program, const char *argument, const char *what, const struct bytes *emitted,
		const struct bytes *heard);

/* Runs the program under `ttlog run --on-exit always`, in `directory`, and compares; answers with its snapshot where it said anything. */
bool expect_heard_at(struct where where, const char *const *argv, const char *directory, struct snapshot *snapshot);
#define expect_heard(argv, directory, snapshot) expect_heard_at(HERE, argv, directory, snapshot)

#endif
