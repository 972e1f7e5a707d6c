/*
 * command.h - the command ttlog in tests: run it, and hold it to its contract of exit codes and error lines.
 */
#ifndef TTLOG_TESTS_COMMAND_H
#define TTLOG_TESTS_COMMAND_H

#include "expect.h"
#include "place.h"

enum { DONE = 0, NOTHING = 1, USAGE = 2, BAD_FILE = 3, RUN_FAILED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127, TIMED_OUT = 124 };

struct outcome ttlog(const char *const *arguments);

#define TTLOG_RUN(...) ttlog(LIST("run", "--storage", place_storage(), "--", __VA_ARGS__))

/* One line on standard error that names what is wrong, nothing on standard output, and the documented code. */
void expect_error_at(struct where where, const struct outcome *outcome, int code, const char *named);

#define expect_error(code, named, ...)                                                                                             \
	do {                                                                                                                       \
		const struct outcome outcome_ = ttlog(LIST(__VA_ARGS__));                                                          \
		expect_error_at(HERE, &outcome_, code, named);                                                                     \
	} while (0)

/* The snapshot of a program that died with the agent preloaded. */
const char *make_snapshot(const char *program, const char *argument);

/* The snapshot says that it went without this. */
void expect_degraded(const struct snapshot *snapshot, const char *what);

/* Exit 0, and the parts stand on standard output in this order. */
void expect_shown(const struct outcome *outcome, const char *const *parts);

#endif
