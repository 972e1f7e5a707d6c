#include "crash.h"

#include "arch_context.h"
#include "arch_emulator.h"
#include "config.h"
#include "disposition.h"
#include "lane.h"
#include "libc.h"
#include "peek.h"
#include "recorder_file.h"
#include "seldom.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <stdint.h>
#include <ucontext.h>

enum { WAIT_SLICE_MS = 5 };

/* Who is dying: pid << 32 | tid of the thread that captures. A forked child of a dying process begins anew, by its pid. */
static uint64_t owner;

/*
 * What this thread dies of, in the frame of the handler that it will not leave alive: if that crashes, at whatever point, the death
 * stays the one that it was. Set before the first system call; taken back where somebody lives on with this memory.
 */
static __thread const siginfo_t *dying_of __attribute__((tls_model("initial-exec")));

static bool is_fault(int signal, const siginfo_t *info)
{
	return info->si_code > 0 && (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
				     signal == SIGTRAP || signal == SIGSYS);
}

/* What libc found, for whose abort(3) a handler has been called: as enum aborting, but libc's own calls are not seen. */
static const char *message_handled;

static const char *abort_message(void)
{
	return libc.abort_message ? *libc.abort_message : NULL;
}

static bool abort_ends_in_death(int signal)
{
	const char *message = abort_message();
	return signal == SIGABRT && (thread_state.aborting == ABORTING || (message && message != message_handled));
}

/*
 * As the first process of a namespace it gets no default action, unless the kernel itself raises the signal. abort(3) then crashes it, which
 * is when it is captured; but not where all signals are blocked by then: there SIGABRT is the last that is heard.
 */
static bool is_nothing_to_init_as(int signal, const siginfo_t *info)
{
	return !is_fault(signal, info) && !(libc.abort_blocks && abort_ends_in_death(signal)) && sys_getpid() == 1;
}

/* The instruction is tried again when the handler returns, and faults again. */
static bool comes_again(int signal, const siginfo_t *info, void *context)
{
	if (!is_fault(signal, info))
		return false;
	if (signal == SIGTRAP)
		return arch_context_repeat_breakpoint(context);
	if (signal == SIGSYS)
		return arch_context_repeat_call(context);
	return true;
}

/*
 * Nothing that ends a process can be called: a filter refuses all. A fault of the signal that is being handled, and so blocked, is
 * one that the kernel asks nobody about. Without it the program would come back to its fault for ever.
 */
static void fault_as(void)
{
	*(volatile char *)UINTPTR_MAX = 0;
}

/*
 * The same signal again, with all it carried, under its default action. It is delivered when the handler returns and the program's
 * mask and registers are back, so the wait status, the core's registers and its siginfo are those of the first. The kernel lets
 * a thread queue any siginfo to itself (rt_tgsigqueueinfo(2)).
 */
static void die_as(int signal, const siginfo_t *info)
{
	const int pid = sys_getpid(), tid = sys_gettid();
	if (disposition_default_as(signal) != 0 && is_fault(signal, info))
		fault_as();
	if (arch_is_emulated() || sys_sigqueue_thread(pid, tid, signal, info) != 0)
		sys_tgkill(pid, tid, signal);
}

/*
 * Back to the program, which dies there. Init gets nothing that is queued, but what the kernel raises: it faults once more. So does a
 * program under valgrind, which crashes itself at a queued fault that has no cause.
 */
static void die_on_return_as(int signal, const siginfo_t *info, void *context)
{
	if ((sys_getpid() == 1 || arch_is_emulated()) && comes_again(signal, info, context))
		disposition_default_as(signal);
	else
		die_as(signal, info);
}

/* The handler itself has crashed: no way back to the program, so the signal is let in here and now. Init dies of the crash. */
static void die_at_once_as(int signal)
{
	const uint64_t none = 0;
	disposition_default_as(signal);
	die_as(dying_of->si_signo, dying_of);
	sys_sigmask(SIG_SETMASK, &none, NULL);
}

void crash_wait_for_owner_as(void)
{
	const struct timespec slice = {0, WAIT_SLICE_MS * 1000000l};
	for (uint32_t waited = 0; waited < config.set.capture_timeout_ms + 1000; waited += WAIT_SLICE_MS) {
		uint32_t never = 0;
		sys_futex_wait(&never, 0, &slice);
	}
}

enum ownership { OWNER_NOW, OWNER_THROUGH, OWNER_OTHER };

/* One thread captures. If it comes here again (and its handler has not crashed: dying_of), this is the death, maybe by another signal. */
static enum ownership become_owner_as(void)
{
	const uint64_t self = (uint64_t)(uint32_t)sys_getpid() << 32 | (uint32_t)sys_gettid();
	uint64_t current = __atomic_load_n(&owner, __ATOMIC_ACQUIRE);
	while (current >> 32 != self >> 32) {
		if (__atomic_compare_exchange_n(&owner, &current, self, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return OWNER_NOW;
	}
	return current == self ? OWNER_THROUGH : OWNER_OTHER;
}

/* A vfork child dies in its parent's memory: nothing there is its own. */
static bool in_foreign_memory_as(void)
{
	const int32_t pid = recorder_live_page.live.pid;
	return pid != 0 && pid != sys_getpid();
}

/*
 * `ttlog run --timeout` has made the snapshot before it sent this signal, or had it sent: to all of the run, or to this process. A fault
 * on the way out is news.
 */
static bool ended_by_run_as(int signal)
{
	char path[sizeof(RECORDER_ENDED) + sizeof(config.run_id) + 12];
	if (!config.run_id[0] || (signal != SIGTERM && signal != SIGHUP && signal != SIGINT && signal != SIGQUIT))
		return false;
	struct text_writer text = text_begin(path, sizeof(path));
	text_string(&text, RECORDER_ENDED);
	text_string(&text, config.run_id);
	if (SYS3(SYS_faccessat, AT_FDCWD, path, 0) == 0)
		return true;
	text_char(&text, '-');
	text_number(&text, (unsigned)sys_getpid(), 10);
	return SYS3(SYS_faccessat, AT_FDCWD, path, 0) == 0;
}

void (*crash_last_words_as)(int signal);
void (*crash_saved_as)(void);
void (*crash_handled_as)(int signal);
void (*crash_own_fault_as)(int signal, const void *context);

static void capture_as(int signal, siginfo_t *info, void *context)
{
	if (ended_by_run_as(signal))
		return;
	if (crash_last_words_as)
		crash_last_words_as(signal);
	if (!crash_save_as(signal, info, context))
		return;
	if (crash_saved_as)
		crash_saved_as();
	crash_capture_as(signal);
}

/*
 * No system call but one that the program has just made itself: what raise(3) does; where that is refused, not punished, what else
 * may do. A fault comes again when the handler
 * returns. Either way the kernel has put the default action back as it called us. Only who cannot know his number asks for it: a
 * thread that has no lane, and a vfork child, which sees its parent's numbers and must not kill that one.
 */
static void die_in_sandbox_as(int signal, siginfo_t *info, void *context)
{
	const int32_t noted = recorder_live_page.live.pid;
	if (comes_again(signal, info, context)) {
		crash_save_in_sandbox_as(signal, info, context);
		return;
	}
	const bool known = noted != 0 && (info->si_code == SI_USER || info->si_pid == noted); /* 0: a forked child */
	const int pid = known ? noted : sys_getpid();
	if (pid == noted)
		crash_save_in_sandbox_as(signal, info, context);
	const int tid = pid == noted && thread_state.tid ? (int)thread_state.tid : sys_gettid();
	if (sys_tgkill(pid, tid, signal) != 0 && SYS2(SYS_kill, pid, signal) != 0)
		fault_as();
}

static void last_chance_as(int signal, siginfo_t *info, void *context)
{
	if (recorder.sandboxed) {
		die_in_sandbox_as(signal, info, context);
		return;
	}
	if (dying_of) {
		die_at_once_as(signal);
		return;
	}
	dying_of = info;
	if (is_nothing_to_init_as(signal, info)) {
		dying_of = NULL;
		return;
	}
	if (in_foreign_memory_as()) {
		dying_of = NULL;
		die_as(signal, info);
		return;
	}
	switch (become_owner_as()) {
	case OWNER_NOW:
		capture_as(signal, info, context);
		die_on_return_as(signal, info, context);
		break;
	case OWNER_THROUGH:
		die_on_return_as(signal, info, context);
		break;
	case OWNER_OTHER:
		crash_wait_for_owner_as();
		die_on_return_as(signal, info, context);
		break;
	}
	dying_of = NULL; /* its frame ends here */
}

/* abort(3): when the program's handler returns, libc takes it away and raises SIGABRT again, unseen by us. */
static __attribute__((noinline)) void handle_abort_as(signal_handler *handler, siginfo_t *info, void *context)
{
	struct first_chance *note = crash_note_first_chance_as(info, context);
	const bool nothing = is_nothing_to_init_as(SIGABRT, info);
	thread_state.aborting = ABORTING_HANDLED;
	message_handled = abort_message();
	handler(SIGABRT, info, context);
	crash_forget_first_chance_as(note); /* it is the death itself */
	if (recorder.sandboxed) {
		crash_save_in_sandbox_as(SIGABRT, info, context);
	} else if (!nothing && !in_foreign_memory_as() && become_owner_as() == OWNER_NOW) {
		dying_of = info;
		capture_as(SIGABRT, info, context);
		dying_of = NULL;
	}
}

/*
 * The agent's own thread takes faults while it calls functions of the program's listeners, and so what somebody sent to the process, where all
 * its other threads block that: it goes back to where it waits. From another thread than the first the kernel lets nobody say again who
 * sent it by kill(2), so that is noted, and put right when it arrives.
 */
SELDOM static siginfo_t given_back[32];
static uint32_t given_back_set; /* bit n: of signal n */

static void give_back_as(int signal, const siginfo_t *info, void *context)
{
	const uint64_t bit = 1ull << (signal - 1);
	uint64_t *mask = (uint64_t *)(void *)&((ucontext_t *)context)->uc_sigmask;
	const int pid = sys_getpid();
	*mask |= bit;
	sys_sigmask(SIG_BLOCK, &bit, NULL);
	if (SYS3(SYS_rt_sigqueueinfo, pid, signal, info) == 0)
		return;
	given_back[signal] = *info;
	__atomic_fetch_or(&given_back_set, 1u << signal, __ATOMIC_RELEASE);
	SYS2(SYS_kill, pid, signal);
}

static void put_sender_right_as(int signal, siginfo_t *info)
{
	if (info->si_code == SI_USER && info->si_pid == sys_getpid() &&
	    (__atomic_fetch_and(&given_back_set, ~(1u << signal), __ATOMIC_ACQ_REL) & 1u << signal))
		*info = given_back[signal];
}

static bool is_for_others(const siginfo_t *info)
{
	return __builtin_expect(thread_state.never_waits, 0) && info->si_code <= 0 && info->si_code != SI_TKILL;
}

/*
 * 1. The program's own handler gets its signal first; what it was is noted, for a death that comes of it. The call is the last
 *    thing done here, so it becomes a jump and the handler's caller is the kernel's trampoline, as without the agent.
 * 2. Under SIG_DFL one thread captures: saves its state, starts the helper, waits (capture_timeout_ms); others wait for it.
 * 3. The death: default action, the same siginfo, return.
 */
void crash_handler(int signal, siginfo_t *info, void *context)
{
	const int saved_errno = errno;
	if (is_for_others(info)) {
		give_back_as(signal, info, context);
		return;
	}
	if (is_fault(signal, info) && peek_leave_as(context))
		return;
	if (__builtin_expect(thread_state.never_waits, 0) && crash_own_fault_as && is_fault(signal, info))
		crash_own_fault_as(signal, context);
	if (__builtin_expect(__atomic_load_n(&given_back_set, __ATOMIC_RELAXED) & 1u << signal, 0))
		put_sender_right_as(signal, info);
	signal_handler *handler = disposition_take_as(signal);
	if (handler == (signal_handler *)(uintptr_t)SIG_IGN) {
		errno = saved_errno;
		return;
	}
	if (handler == (signal_handler *)(uintptr_t)SIG_DFL) {
		last_chance_as(signal, info, context);
		errno = saved_errno;
		return;
	}
	if (abort_ends_in_death(signal)) {
		errno = saved_errno;
		handle_abort_as(handler, info, context);
		return;
	}
	crash_note_first_chance_as(info, context);
	if (crash_handled_as)
		crash_handled_as(signal);
	errno = saved_errno;
	handler(signal, info, context);
}
