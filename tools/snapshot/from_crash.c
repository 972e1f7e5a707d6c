#include "last_words.h"
#include "reader.h"
#include "registers.h"
#include "signals.h"
#include "snapshot.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

_Static_assert(sizeof(siginfo_t) == CRASH_SIGINFO_BYTES, "the record holds the kernel's siginfo_t, which glibc's equals");

/* sigaction(2): these codes fill si_pid and si_uid. */
static bool has_sender(int code)
{
	return code == SI_USER || code == SI_QUEUE || code == SI_TKILL || code == SI_MESGQ;
}

/* si_addr is filled for faults that the hardware raised; with SI_KERNEL the kernel did not know the address. */
static bool has_address(int number, int code)
{
	if (code <= 0 || code == SI_KERNEL)
		return false;
	return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE || number == SIGTRAP ||
	       number == SIGSYS;
}

void snapshot_fill_signal(struct snapshot_signal *signal, const struct crash_context *context)
{
	const struct signal_code *code;
	siginfo_t info;

	memcpy(&info, context->siginfo, sizeof(info));
	code = signal_code_find(info.si_signo, info.si_code);
	signal->present = true;
	signal->number = info.si_signo;
	signal->name = signal_name(info.si_signo);
	signal->code = info.si_code;
	signal->code_name = code ? code->name : NULL;
	signal->has_sender = has_sender(info.si_code);
	if (signal->has_sender) {
		signal->sender_pid = info.si_pid;
		signal->sender_uid = info.si_uid;
	}
	signal->has_value = info.si_code == SI_QUEUE || info.si_code == SI_TIMER;
	if (signal->has_value)
		signal->value = info.si_value.sival_int;
	signal->has_timer = info.si_code == SI_TIMER;
	if (signal->has_timer)
		signal->timer = info.si_timerid;
	signal->has_address = has_address(info.si_signo, info.si_code);
	if (signal->has_address)
		signal->address = (uint64_t)(uintptr_t)info.si_addr;
}

/* Without its stack nobody knows whether that handler had returned. NULL: none. */
static const struct crash_context *newest_first_chance(const struct crash_record *crash)
{
	const struct crash_context *newest = NULL;
	for (unsigned i = 0; i < CRASH_FIRST; i++) {
		const struct crash_context *first = &crash->first[i];
		if (first->valid && (!newest || first->number > newest->number))
			newest = first;
	}
	return newest;
}

/* 0, also where there is nothing to add; -EINVAL for a damaged record. */
int snapshot_add_crash(struct snapshot *snapshot, const struct recorder_view *view)
{
	const struct crash_record *crash = recorder_view_crash(view);
	const struct crash_context *first;

	if (!crash)
		return -EINVAL;
	if (crash->reason != CRASH_SIGNAL)
		return 0;
	if (crash->death.valid) {
		snapshot_fill_signal(&snapshot->signal, &crash->death);
	} else if (crash->signal) {
		snapshot->signal.present = true;
		snapshot->signal.number = (int)crash->signal;
		snapshot->signal.name = signal_name((int)crash->signal);
	}
	first = newest_first_chance(crash);
	if (first)
		snapshot_fill_signal(&snapshot->first_signal, first);
	if (crash->threads_asked)
		snapshot_add_degradation(snapshot, degradation_name(__builtin_ctz(DEGRADED_THREADS_ASKED)));
	if (crash->threads_asked > crash->threads_answered)
		snapshot_add_degradation(snapshot, degradation_name(__builtin_ctz(DEGRADED_THREADS_SILENT)));
	if (crash->message_bytes) {
		snapshot->abort_message.data = arena_bytes(&snapshot->arena, crash->message, crash->message_bytes);
		snapshot->abort_message.bytes = crash->message_bytes;
	}
	if (snapshot->signal.number == SIGABRT && crash->death.valid)
		snapshot_find_last_words(snapshot, crash->death.tid);
	return 0;
}

const char *snapshot_thread_name(struct snapshot *snapshot, const struct recorder_view *view, uint32_t tid)
{
	for (uint32_t lane = 0; lane < view->lanes; lane++) {
		struct lane_control control = recorder_view_lane(view, lane);
		if (control.owner_tid == tid && control.thread_name[0])
			return arena_string(&snapshot->arena, control.thread_name);
	}
	return NULL;
}

static void fill_thread(struct snapshot *snapshot, struct snapshot_thread *thread, const struct crash_context *context)
{
	thread->tid = context->tid;
	thread->crashed = true;
	registers_fill(&snapshot->arena, thread, context->regs, context->regs_count);
	thread->frames = arena_alloc(&snapshot->arena, 1, sizeof(*thread->frames));
	thread->frame_count = 1;
	thread->frames[0].pc = context->regs[context->regs_count - 1];
}

/* The fault itself where the program's handler had it first: that is where the defect is. */
int snapshot_add_crash_thread(struct snapshot *snapshot, const struct recorder_view *view)
{
	const struct crash_record *crash = recorder_view_crash(view);
	const struct crash_context *context;

	if (!crash)
		return -EINVAL;
	context = newest_first_chance(crash);
	if (!context)
		context = &crash->death;
	if (crash->reason != CRASH_SIGNAL || !context->valid || !context->regs_count || snapshot->thread_count)
		return 0;
	snapshot->threads = arena_alloc(&snapshot->arena, 1, sizeof(*snapshot->threads));
	snapshot->thread_count = 1;
	fill_thread(snapshot, &snapshot->threads[0], context);
	snapshot->threads[0].name = snapshot_thread_name(snapshot, view, context->tid);
	snapshot->threads[0].frames_cut = true;
	return 0;
}
