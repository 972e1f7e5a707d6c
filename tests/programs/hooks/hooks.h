/*
 * hooks.h - a call of every function that the agent interposes, with what it answered.
 *
 * A case is CASE(name) { ... RESULT(call); ... }: each RESULT notes the value and errno, which was HOOK_ERRNO before. What ends the process
 * runs in a child, by ENDS(call): its wait status is the result. FAULTS(call) is the same for what the manual forbids; it is tried in one
 * surrounding only. A row says what its function takes; the suite sees to it that NULL and %n are tried where they can be.
 */
#ifndef TTLOG_TESTS_HOOKS_H
#define TTLOG_TESTS_HOOKS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HOOK_ERRNO 77

struct hook_case {
	const char *name;
	void (*run)(void);
	const char *takes;
};

/* Of the files of this folder; ended by a name of NULL. */
extern const struct hook_case hooks_stdio[], hooks_wide[], hooks_message[], hooks_file[], hooks_process[], hooks_signal[];

void hooks_note(const char *call, intmax_t value, int error);
/* 0 in the child. */
pid_t hooks_fork(void);
void hooks_note_end(const char *call, pid_t child);
bool hooks_may_fault(void);

/* A call begins, and is over. Async-signal-safe but where another thread holds the streams' locks. */
void hooks_begin(void);
void hooks_end(void);

#define RESULT(call) HOOK_CALL_(#call, (intmax_t)(call))
/* A call without a value, or one whose value differs from run to run. */
#define DONE(call)   HOOK_CALL_(#call, ((call), 0))
#define ENDS(call)   HOOK_END_(#call, call)
#define FAULTS(call)                                                                                                               \
	do {                                                                                                                       \
		if (hooks_may_fault())                                                                                             \
			HOOK_END_(#call, call);                                                                                    \
	} while (0)

#define HOOK_CALL_(text, call)                                                                                                     \
	do {                                                                                                                       \
		hooks_begin();                                                                                                     \
		errno = HOOK_ERRNO;                                                                                                \
		const intmax_t result_ = (call);                                                                                   \
		const int error_ = errno;                                                                                          \
		hooks_end();                                                                                                       \
		hooks_note(text, result_, error_);                                                                                 \
	} while (0)

#define HOOK_END_(text, call)                                                                                                      \
	do {                                                                                                                       \
		const pid_t child_ = hooks_fork();                                                                                 \
		if (child_ == 0) {                                                                                                 \
			hooks_begin();                                                                                             \
			call;                                                                                                      \
			_exit(99);                                                                                                 \
		}                                                                                                                  \
		hooks_note_end(text, child_);                                                                                      \
	} while (0)

#define CASE(name) static void case_##name(void)
/* What it takes. A format is a pointer, too. */
#define NO_POINTER "nothing"
#define POINTER    "pointer"
#define FORMAT     "format"
/* clang-format off */
#define ROW(name, takes) {#name, case_##name, takes}
/* clang-format on */
#define END_OF_ROWS                                                                                                                \
	{                                                                                                                          \
		NULL, NULL, NULL                                                                                                   \
	}

#endif
