/*
 * The other threads of a dying process, where nobody can stop them from outside: each gets a signal, saves itself, and stays.
 *
 * The signal is one of the two that libc keeps for itself and takes out of every mask that a program sets, so also a thread that
 * has blocked "all" hears it (glibc's SIGSETXID; checked with 2.36). Its handler becomes ours now, in a process that will not
 * live on; what libc sends meanwhile goes to libc's handler.
 */
#include "crash.h"

#include "arch_context.h"
#include "clock.h"
#include "namespace.h"
#include "recorder_file.h"
#include "seldom.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <string.h>

enum { GATHER_MS = 500, GATHER_SLICE_MS = 20, GATHER_SIGNAL = 33, ENTRIES_BYTES = 2048 };

/* getdents64(2) */
struct task_entry {
	uint64_t inode, offset;
	uint16_t bytes;
	uint8_t type;
	char name[];
};

SELDOM static int32_t tids[CRASH_THREADS_MAX]; /* who is asked */
static uint32_t found;                         /* threads met, also those for whom there was no place */
static uint32_t places;                        /* crash threads with memory behind them */
static uint32_t taken;                         /* places given away */
static struct kernel_sigaction former;
static const char mark; /* its address is what our signal carries */

/* Answer -------------------------------------------------------------------------------------------------------------------- */

static void save_thread_as(struct crash_thread *thread, const void *context)
{
	thread->tid = (uint32_t)sys_gettid();
	thread->regs_count = ARCH_REGISTERS;
	arch_context_registers(context, thread->regs);
	thread->stack_address = arch_context_stack(context) - ARCH_RED_ZONE;
	thread->stack_bytes = crash_save_stack_as(thread->stack, sizeof(thread->stack), &thread->stack_address);
	__atomic_store_n(&thread->valid, 1, __ATOMIC_RELEASE);
}

static void answer_as(int signal, siginfo_t *info, void *context)
{
	if (info->si_code != SI_QUEUE || info->si_value.sival_ptr != &mark) {
		if ((uintptr_t)former.handler > (uintptr_t)SIG_IGN)
			former.handler(signal, info, context);
		return;
	}
	const uint32_t place = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
	if (place < places) {
		save_thread_as(&recorder.threads[place], context);
		/* Release: whoever sees the count sees the thread. */
		__atomic_fetch_add(&recorder.crash->threads_answered, 1, __ATOMIC_RELEASE);
		sys_futex_wake(&recorder.crash->threads_answered);
	}
	crash_wait_for_owner_as();
}

/* Question ------------------------------------------------------------------------------------------------------------------- */

static void note_thread_as(int tid)
{
	if (tid <= 0 || tid == sys_gettid())
		return;
	if (found < CRASH_THREADS_MAX)
		tids[found] = tid;
	found++;
}

static int number_as(const char *text)
{
	int number = 0;
	while (*text >= '0' && *text <= '9')
		number = number * 10 + (*text++ - '0');
	return number;
}

static void list_threads_as(int tasks)
{
	SELDOM static char entries[ENTRIES_BYTES] __attribute__((aligned(8)));
	for (long bytes; (bytes = SYS3(SYS_getdents64, tasks, entries, sizeof(entries))) > 0;) {
		for (long at = 0; at < bytes;) {
			const struct task_entry *entry = (const void *)(entries + at);
			at += entry->bytes;
			note_thread_as(number_as(entry->name));
		}
	}
}

/* Where /proc is missing, or another namespace's, or no descriptor is left: those that have a lane. */
static void list_owners_as(void)
{
	for (uint32_t lane = 0; lane < recorder.header->lanes_owned; lane++)
		note_thread_as((int)recorder.controls[lane].owner_tid);
}

static void find_threads_as(void)
{
	const int tasks = proc_is_ours() ? sys_openat(AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) : -ENOENT;
	if (tasks < 0) {
		list_owners_as();
		return;
	}
	list_threads_as(tasks);
	sys_close(tasks);
}

static void reserve_places_as(void)
{
	const uint32_t wanted = found < recorder.header->threads_max ? found : recorder.header->threads_max;
	while (places < wanted && recorder_reserve(&recorder.threads[places], sizeof(*recorder.threads)) == 0)
		places++;
}

/* The restorer is libc's, as in every action that libc installed: the handler of a captured signal has it. */
static bool take_signal_as(int captured)
{
	struct kernel_sigaction action;
	if (sys_sigaction(captured, NULL, &action) != 0 || sys_sigaction(GATHER_SIGNAL, NULL, &former) != 0)
		return false;
	action.handler = answer_as;
	action.flags = (action.flags & KERNEL_SA_RESTORER) | (unsigned long)(SA_SIGINFO | SA_ONSTACK | SA_RESTART);
	action.mask = 0;
	return sys_sigaction(GATHER_SIGNAL, &action, NULL) == 0;
}

static uint32_t ask_threads_as(void)
{
	uint32_t asked = 0;
	siginfo_t info;
	memset(&info, 0, sizeof(info));
	info.si_signo = GATHER_SIGNAL;
	info.si_code = SI_QUEUE;
	info.si_pid = sys_getpid();
	info.si_value.sival_ptr = (void *)(uintptr_t)&mark;
	for (uint32_t i = 0; i < places; i++)
		asked += sys_sigqueue_thread(info.si_pid, tids[i], GATHER_SIGNAL, &info) == 0;
	return asked;
}

static void await_answers_as(uint32_t asked)
{
	const struct timespec slice = {0, GATHER_SLICE_MS * 1000000l};
	const uint64_t until = clock_monotonic_ns() + GATHER_MS * 1000000ull;
	uint32_t *answered = &recorder.crash->threads_answered;
	for (uint32_t now; (now = __atomic_load_n(answered, __ATOMIC_ACQUIRE)) < asked && clock_monotonic_ns() < until;)
		sys_futex_wait(answered, now, &slice);
}

void crash_gather_threads_as(int signal)
{
	if (found || recorder.crash->threads_asked)
		return; /* once */
	find_threads_as();
	recorder.crash->threads_asked = found;
	reserve_places_as();
	if (!places || !take_signal_as(signal))
		return;
	await_answers_as(ask_threads_as());
}
