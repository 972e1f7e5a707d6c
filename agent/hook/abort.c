/*
 * The ways a program ends itself: assert, abort, _exit. Each is noted and goes on to the real one.
 *
 * Where the death is a signal, by a jump: the core of the process then shows no frame of ours, and its stack pointer is what it
 * would have been. A compiler makes a jump of a call that it does not know to be the end; hence the names.
 */
#include "abort.h"

#include "arch_context.h"
#include "config.h"
#include "containment.h"
#include "crash.h"
#include "disposition.h"
#include "lane.h"
#include "libc.h"
#include "libc_ways.h"
#include "listen.h"
#include "record.h"
#include "recorder_file.h"
#include "seldom.h"
#include "syscalls.h"
#include "text.h"
#include "writer.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define CALLER   __builtin_return_address(0)
#define NOINLINE __attribute__((noinline))

/*
 * Whether there is room for one more signal on a stack of the program's, and for the agent's handler (altstack.c). 8 KB were enough for a
 * handler that says something and aborts; with a second frame of AVX-512 on top that would be a fault, and another death. What lies below may
 * be a guard, or memory that nobody needs any more.
 */
static bool has_room_for_signal(void)
{
	enum { FRAME_BYTES = ARCH_SIGNAL_FRAME, HANDLER_BYTES = 2048 };
	enum { RAISE_BYTES = 768 }; /* of abort(3) on its way to the system call: 584 in glibc 2.31 */
	const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	stack_t stack;
	char below;
	if (sys_sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_ONSTACK))
		return true;
	const size_t most = getauxval(AT_MINSIGSTKSZ); /* 0: not to be had, before Linux 5.14 */
	const size_t frame = most && most < FRAME_BYTES ? most : FRAME_BYTES;
	const size_t left = here - (uintptr_t)stack.ss_sp, room = left > RAISE_BYTES ? left - RAISE_BYTES : 0;
	return room >= frame + HANDLER_BYTES || (room >= frame && crash_copy_as(&below, (const char *)stack.ss_sp - 1, 1) == 1);
}

/*
 * SIGABRT will now end the process even if it is ignored or its handler returns: libc then sets SIG_DFL and raises it again,
 * where no hook sees it. Ignored, it is set to SIG_DFL here and at once, and let in, as libc itself does before 2.41; that a handler runs
 * first is the crash handler's business.
 */
static void expect_death(void)
{
	const uint64_t bit = 1ull << (SIGABRT - 1);
	struct sigaction action;
	thread_state.aborting = ABORTING;
	if (recorder.sandboxed)
		return;
	if (disposition_change(SIGABRT, NULL, &action) != 0 || (action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL))
		return;
	if (!has_room_for_signal()) {
		disposition_default_as(SIGABRT);
	} else if (action.sa_handler == SIG_IGN) {
		action.sa_handler = SIG_DFL;
		disposition_change(SIGABRT, &action, NULL);
	}
	sys_sigmask(SIG_UNBLOCK, &bit, NULL);
}

static NOINLINE void note_abort(const char *text, size_t bytes, const void *caller)
{
	if (!agent_ready)
		return;
	expect_death();
	if (bytes && (config.set.capture & CAPTURE_ABORT)) {
		const struct record_origin origin = {SOURCE_ABORT, LEVEL_FATAL, caller, 0};
		record_text(&origin, text, bytes, bytes);
	}
}

/* glibc's struct abort_msg_s begins with its size. */
void abort_last_words_as(int signal)
{
	SELDOM static char copy[RECORD_TEXT_BYTES];
	const char *message = libc.abort_message ? *libc.abort_message : NULL;
	if (signal != SIGABRT || !message || thread_state.aborting || !(config.set.capture & CAPTURE_ABORT))
		return;
	const struct record_origin origin = {SOURCE_ABORT, LEVEL_FATAL, NULL, 0};
	const long copied = crash_copy_as(copy, message + sizeof(unsigned), sizeof(copy));
	size_t bytes = copied > 0 ? strnlen(copy, (size_t)copied) : 0;
	while (bytes && copy[bytes - 1] == '\n')
		bytes--;
	if (bytes)
		record_text(&origin, copy, bytes, bytes);
}

EXPORT void hook_abort(void) __asm__("abort");
void hook_abort(void)
{
	containment_end("abort()");
	note_abort(NULL, 0, CALLER);
	REAL(abort)();
}

/* What the compiler's stack protector calls; libc then prints its message and aborts. */
EXPORT void hook_stack_chk_fail(void) __asm__("__stack_chk_fail");
void hook_stack_chk_fail(void)
{
	static const char text[] = "stack smashing detected";
	note_abort(text, sizeof(text) - 1, CALLER);
	REAL(__stack_chk_fail)();
}

static NOINLINE void note_assertion(const char *what, const char *file, unsigned line, const char *function, const void *caller)
{
	char copy[RECORD_TEXT_BYTES];
	struct text_writer text = text_begin(copy, sizeof(copy));
	text_string(&text, file ? file : "?");
	text_char(&text, ':');
	text_number(&text, line, 10);
	text_string(&text, ": ");
	if (function) {
		text_string(&text, function);
		text_string(&text, ": ");
	}
	text_string(&text, what);
	note_abort(copy, text.used, caller);
}

static NOINLINE void note_assert(const char *assertion, const char *file, unsigned line, const char *function, const void *caller)
{
	char what[RECORD_TEXT_BYTES];
	struct text_writer text = text_begin(what, sizeof(what));
	text_string(&text, "Assertion `");
	text_string(&text, assertion ? assertion : "?");
	text_string(&text, "' failed.");
	note_assertion(what, file, line, function, caller);
}

EXPORT void hook_assert(const char *assertion, const char *file, unsigned line, const char *function) __asm__("__assert_fail");
void hook_assert(const char *assertion, const char *file, unsigned line, const char *function)
{
	containment_end("a failed assertion");
	note_assert(assertion, file, line, function, CALLER);
	REAL(__assert_fail)(assertion, file, line, function);
}

static NOINLINE void note_assert_perror(int error, const char *file, unsigned line, const char *function, const void *caller)
{
	char what[RECORD_TEXT_BYTES], description[256];
	struct text_writer text = text_begin(what, sizeof(what));
	text_string(&text, "Unexpected error: ");
	text_string(&text, libc_error_text(error, description, sizeof(description)));
	text_char(&text, '.');
	note_assertion(what, file, line, function, caller);
}

EXPORT void hook_assert_perror(int error, const char *file, unsigned line, const char *function) __asm__("__assert_perror_fail");
void hook_assert_perror(int error, const char *file, unsigned line, const char *function)
{
	note_assert_perror(error, file, line, function, CALLER);
	REAL(__assert_perror_fail)(error, file, line, function);
}

/* Leaves without destructors. Also called in vfork children, where neither of these does anything. */
static void leave(void)
{
	if (!agent_ready)
		return;
	writer_stop(LISTEN_END_MS);
	listen_stop(LISTEN_END_MS);
	recorder_leave();
}

EXPORT __attribute__((noreturn)) void _exit(int status)
{
	leave();
	REAL(_exit)(status);
	__builtin_unreachable();
}

EXPORT __attribute__((noreturn)) void _Exit(int status)
{
	leave();
	REAL(_exit)(status);
	__builtin_unreachable();
}
