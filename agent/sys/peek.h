/*
 * peek.h - memory of the program that may go while it is read.
 *
 * What a call has written, another thread may have received by now, and unmapped, or made shorter the file that it is mapped from. A fault of
 * SIGSEGV or SIGBUS in here ends the copying and nothing else: the agent's handler (crash/handler.c) goes on behind it. Async-signal-safe;
 * no system call; errno is left alone.
 */
#ifndef TTLOG_SYS_PEEK_H
#define TTLOG_SYS_PEEK_H

#include "arch_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies up to `bytes`: how many are left, 0 where all were there. */
size_t peek(void *to, const void *from, size_t bytes) __attribute__((visibility("hidden")));

/* The instructions of it that may fault, and where it goes on then. */
extern const char peek_reads[] __attribute__((visibility("hidden"))), peek_left[] __attribute__((visibility("hidden")));

/* In the handler of a fault. False: it was another instruction's. */
static inline bool peek_leave_as(void *context)
{
	const uintptr_t at = arch_context_code(context) - (uintptr_t)peek_reads;
	if (__builtin_expect(at >= (uintptr_t)peek_left - (uintptr_t)peek_reads, 1))
		return false;
	arch_context_go(context, (uintptr_t)peek_left);
	return true;
}

#endif
