/*
 * What the program's own handlers got, for a death that comes of it.
 *
 * A handler is jumped to, so nobody here learns when it returns. What tells is the stack: a signal that comes at the same depth of its
 * thread's stack, or further out, shows that the handlers of those further in are over (or have been jumped out of). So a runtime that
 * lives on faults overwrites one note for ever, and the fault that its handler is busy reporting outlasts the faults of the report.
 *
 * Notes are ordinary memory, a few words each: no system call but the clock's, where it is one, also where there is no recorder yet. The
 * dying thread copies its own ones into the crash record. Two threads that take the same place spoil one note; the helper believes none
 * whose place is not in the stack of the death.
 */
#include "crash.h"

#include "arch_context.h"
#include "clock.h"
#include "recorder_file.h"
#include "seldom.h"

#include <string.h>

#define STACK_BYTES_MAX (8u << 20) /* two places further apart are on different stacks */

struct first_chance {
	struct crash_context context;
	uintptr_t thread; /* of the C library, which needs no system call; 0: free */
	uintptr_t depth;  /* the stack pointer */
	uint64_t ticks;   /* 0: there was no recorder, which has the clock */
};

SELDOM static struct first_chance notes[CRASH_FIRST];

static uint32_t noted;

static bool is_over(const struct first_chance *note, uintptr_t thread, uintptr_t depth)
{
	return note->thread == thread && depth >= note->depth && depth - note->depth < STACK_BYTES_MAX;
}

/* Its own innermost, else the oldest. */
static bool gives_way(const struct first_chance *note, const struct first_chance *other, uintptr_t thread)
{
	const bool own = note->thread == thread, others_own = other->thread == thread;
	const bool older = note->context.number < other->context.number;
	return own == others_own ? older != own : own;
}

static struct first_chance *find_place(uintptr_t thread, uintptr_t depth)
{
	struct first_chance *free = NULL, *worst = &notes[0];
	for (unsigned i = 0; i < CRASH_FIRST; i++) {
		struct first_chance *note = &notes[i];
		if (note->thread && is_over(note, thread, depth))
			note->thread = 0;
		if (!note->thread)
			free = note;
		else if (gives_way(note, worst, thread))
			worst = note;
	}
	return free ? free : worst;
}

struct first_chance *crash_note_first_chance_as(const siginfo_t *info, const void *context)
{
	const uintptr_t thread = arch_thread_pointer(), depth = arch_context_stack(context);
	struct first_chance *note = find_place(thread, depth);
	note->thread = 0; /* a handler that interrupts us may take the place; then it has returned before we go on */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	crash_save_context_as(&note->context, 0, info, context);
	note->context.number = __atomic_add_fetch(&noted, 1, __ATOMIC_RELAXED);
	note->depth = depth;
	note->ticks = recorder.header ? clock_ticks(recorder.clock_kind) : 0;
	__atomic_store_n(&note->thread, thread, __ATOMIC_RELEASE);
	return note;
}

void crash_forget_first_chance_as(struct first_chance *note)
{
	note->thread = 0;
}

void crash_save_first_chances_as(struct crash_record *crash, uint32_t tid)
{
	const uintptr_t thread = arch_thread_pointer();
	for (unsigned i = 0; i < CRASH_FIRST; i++) {
		crash->first[i].valid = 0;
		if (notes[i].thread != thread)
			continue;
		memcpy(&crash->first[i], &notes[i].context, sizeof(crash->first[i]));
		crash->first[i].tid = tid;
		crash->first_ticks[i] = notes[i].ticks;
	}
}
