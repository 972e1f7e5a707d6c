/*
 * hooks.h - a call of every function that the agent interposes, with what it answered.
 *
 * A case is CASE(name) { ... RESULT(call); ... }: each RESULT notes the value and errno, which was HOOK_ERRNO before. What ends the process
 * runs in a child, by ENDS(call): its wait status is the result.
 */
#ifndef TTLOG_TESTS_HOOKS_H
#define TTLOG_TESTS_HOOKS_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

#define HOOK_ERRNO 77

struct hook_case {
	const char *name;
	void (*run)(void);
};

/* Of the files hooks_*.c; ended by a name of NULL. */
extern const struct hook_case hooks_stdio[], hooks_wide[], hooks_other[], hooks_process[];

void hooks_note(const char *call, intmax_t value, int error);
/* 0 in the child. */
pid_t hooks_fork(void);
void hooks_note_end(const char *call, pid_t child);

#define RESULT(call)                                                                                                               \
	do {                                                                                                                       \
		errno = HOOK_ERRNO;                                                                                                \
		const intmax_t result_ = (intmax_t)(call);                                                                         \
		hooks_note(#call, result_, errno);                                                                                 \
	} while (0)

/* A call without a value, or one whose value differs from run to run. */
#define DONE(call)                                                                                                                 \
	do {                                                                                                                       \
		errno = HOOK_ERRNO;                                                                                                \
		call;                                                                                                              \
		hooks_note(#call, 0, errno);                                                                                       \
	} while (0)

#define ENDS(call)                                                                                                                 \
	do {                                                                                                                       \
		const pid_t child_ = hooks_fork();                                                                                 \
		if (child_ == 0) {                                                                                                 \
			call;                                                                                                      \
			_exit(99);                                                                                                 \
		}                                                                                                                  \
		hooks_note_end(#call, child_);                                                                                     \
	} while (0)

#define CASE(name) static void case_##name(void)
#define ROW(name)                                                                                                                  \
	{                                                                                                                          \
		#name, case_##name                                                                                                 \
	}

#endif
