#include "disposition.h"

#include "config.h"
#include "crash.h"
#include "libc.h"
#include "raw_stacks.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static enum disposition_restriction restricted;

enum { SIGNALS = 32, FAULTS_UNBLOCKED = 7 };

/* The program's view. `action` is guarded by table_lock(); `handler` and `flags` repeat what a handler needs without it. */
static struct slot {
	struct sigaction action;
	uintptr_t handler;
	int flags;
	bool managed;
} table[SIGNALS];

/*
 * 0: free; else the number of the process whose thread has it, times two, and 1 where somebody may wait: a child forked while it was held does
 * not wait for a thread it does not have. It is slept for: one that only yielded, of a real-time program, would keep its owner from going on.
 * A vfork child takes it from its parent in the parent's memory: who sleeps there for the former owner is woken by whoever gives it back next.
 */
static uint32_t lock;

static uint64_t table_lock(void)
{
	const uint64_t all = ~0ull;
	uint64_t mask = 0;
	sys_sigmask(SIG_SETMASK, &all, &mask); /* a handler that interrupts us may call sigaction(2) */
	const uint32_t ours = (uint32_t)sys_getpid() << 1;
	uint32_t now = 0, taken = ours;
	while (!__atomic_compare_exchange_n(&lock, &now, taken, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		if ((now | 1) != (ours | 1)) { /* it has just become free, or is of another process: taken next */
			taken = ours | 1;
			continue;
		}
		if (now == (ours | 1) ||
		    __atomic_compare_exchange_n(&lock, &now, ours | 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			sys_futex_wait(&lock, ours | 1, NULL);
		now = 0;
	}
	return mask;
}

/* Whoever takes it without having to wait does not know who else does: all are woken, and say so again. */
static void table_unlock(uint64_t mask)
{
	if (__atomic_exchange_n(&lock, 0, __ATOMIC_RELEASE) & 1)
		sys_futex_wake(&lock);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
}

static struct slot *slot_of(int signal)
{
	return signal > 0 && signal < SIGNALS && table[signal].managed ? &table[signal] : NULL;
}

/* While a death is captured, what comes from outside waits; faults must not (the kernel kills at a blocked one). */
static void capture_mask(sigset_t *mask)
{
	static const int faults[FAULTS_UNBLOCKED] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
	sigfillset(mask);
	for (int i = 0; i < FAULTS_UNBLOCKED; i++)
		sigdelset(mask, faults[i]);
}

/* Signals whose SA_ONSTACK the kernel was not told of, a bit for each. */
static uint64_t stack_wishes;
static bool program_has_stacks;

static uint64_t wish_of(int signal)
{
	return 1ull << (signal - 1);
}

/* What the kernel gets of the program's flags; notes what it does not get. Under the lock. */
static int flags_for_kernel(int signal, const struct sigaction *action)
{
	const bool handled = action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
	const bool wish = handled && (action->sa_flags & SA_ONSTACK) && !program_has_stacks &&
			  !raw_stacks_in_module_of((const void *)(uintptr_t)action->sa_handler);
	stack_wishes = wish ? stack_wishes | wish_of(signal) : stack_wishes & ~wish_of(signal);
	return action->sa_flags & ~(wish ? SA_ONSTACK : 0);
}

static bool comes_again_by_itself(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE || signal == SIGTRAP ||
	       signal == SIGSYS;
}

/* The kernel gets our handler with the program's mask and flags, or those of a capture where the program has none. */
static int install(int signal, const struct sigaction *program)
{
	struct sigaction ours;
	if (program->sa_handler == SIG_DFL && restricted == DISPOSITION_FAULTS && !comes_again_by_itself(signal))
		return REAL(sigaction)(signal, program, NULL);
	memset(&ours, 0, sizeof(ours));
	ours.sa_sigaction = crash_handler;
	if (program->sa_handler == SIG_DFL) {
		ours.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESTART | (restricted ? SA_RESETHAND : 0));
		capture_mask(&ours.sa_mask);
	} else {
		ours.sa_flags = (int)(((unsigned)flags_for_kernel(signal, program) & ~SA_RESETHAND) | SA_SIGINFO);
		ours.sa_mask = program->sa_mask;
	}
	return REAL(sigaction)(signal, &ours, NULL);
}

static void publish(struct slot *slot, const struct sigaction *action)
{
	slot->action = *action;
	__atomic_store_n(&slot->flags, action->sa_flags, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->handler, (uintptr_t)action->sa_sigaction, __ATOMIC_RELEASE);
}

void disposition_install(void)
{
	/*
	 * As init of a container, signals from inside do nothing unless handled: a handler of ours would change that. SIGABRT has one where it is
	 * the only one of abort(3) that is heard; one that somebody sends interrupts a wait there, and does nothing else.
	 */
	const uint64_t heard_by_init = 1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGILL - 1) | 1ull << (SIGFPE - 1) |
				       (uint64_t)libc.abort_blocks << (SIGABRT - 1);
	const uint64_t wanted = sys_getpid() == 1 ? config.set.signals & heard_by_init : config.set.signals;
	for (int signal = 1; signal < SIGNALS; signal++) {
		struct sigaction now;
		if (!(wanted & 1ull << (signal - 1)) || REAL(sigaction)(signal, NULL, &now) != 0)
			continue;
		table[signal].managed = true;
		publish(&table[signal], &now);
		if (now.sa_handler != SIG_IGN)
			install(signal, &now);
	}
}

void disposition_restrict(enum disposition_restriction restriction)
{
	const uint64_t mask = table_lock();
	restricted = restriction;
	for (int signal = 1; signal < SIGNALS; signal++) {
		if (table[signal].managed && table[signal].handler == (uintptr_t)SIG_DFL)
			install(signal, &table[signal].action);
	}
	table_unlock(mask);
}

/* A vfork child has a table of its own in the kernel but shares ours with its parent. */
static bool in_vfork_child(void)
{
	const int32_t pid = recorder_live_page.live.pid;
	return pid != 0 && pid != sys_getpid();
}

/* Also in a sandbox, where the program's one system call must stay one: what it sets goes uncaptured from then on. */
static int change_kernel_only(const struct slot *slot, int signal, const struct sigaction *action, struct sigaction *old)
{
	struct sigaction kernel;
	if (REAL(sigaction)(signal, action, &kernel) != 0)
		return -1;
	if (old)
		*old = slot && kernel.sa_sigaction == crash_handler ? slot->action : kernel;
	return 0;
}

/*
 * What the program has set. Where libc or a raw system call changed the kernel's table behind us (sigset, abort), that is the truth; where the
 * kernel itself put the default back (a fault whose signal is blocked, in front of a debugger), it left the flags, which were ours.
 */
static struct sigaction present(const struct slot *slot, int signal)
{
	struct sigaction kernel, action = slot->action;
	if (REAL(sigaction)(signal, NULL, &kernel) != 0 || kernel.sa_sigaction == crash_handler)
		return action;
	if (kernel.sa_handler != SIG_DFL || !(kernel.sa_flags & SA_SIGINFO) || (action.sa_flags & SA_SIGINFO))
		return kernel;
	action.sa_handler = SIG_DFL;
	return action;
}

/* The kernel judges the program's action (and sets errno), we read back what it made of it, and put ours in its place. */
static int change_locked(struct slot *slot, int signal, const struct sigaction *action, struct sigaction *old)
{
	const struct sigaction before = present(slot, signal);
	if (action) {
		struct sigaction stored;
		if (REAL(sigaction)(signal, action, NULL) != 0 || REAL(sigaction)(signal, NULL, &stored) != 0)
			return -1;
		publish(slot, &stored);
		if (stored.sa_handler != SIG_IGN)
			install(signal, &stored);
	}
	if (old)
		*old = before;
	return 0;
}

/* A signal that is not captured: the kernel's table is the only one, but for a wish it was not told of. */
static int change_unmanaged(int signal, const struct sigaction *action, struct sigaction *old)
{
	const uint64_t wish = stack_wishes & wish_of(signal);
	struct sigaction before, without;
	if (action) {
		without = *action;
		without.sa_flags = flags_for_kernel(signal, action);
	}
	if (REAL(sigaction)(signal, action ? &without : NULL, &before) != 0) {
		stack_wishes = (stack_wishes & ~wish_of(signal)) | wish;
		return -1;
	}
	if (wish)
		before.sa_flags |= SA_ONSTACK;
	if (old)
		*old = before;
	return 0;
}

/* Most calls of programs that have stacks of their own, or never wished for one, go straight on. */
static bool concerns_stack(int signal, const struct sigaction *action)
{
	if (signal < 1 || signal >= NSIG || __atomic_load_n(&program_has_stacks, __ATOMIC_ACQUIRE))
		return false;
	return (__atomic_load_n(&stack_wishes, __ATOMIC_RELAXED) & wish_of(signal)) || (action && (action->sa_flags & SA_ONSTACK));
}

void disposition_stack_set(void)
{
	if (__atomic_load_n(&program_has_stacks, __ATOMIC_ACQUIRE) || recorder.sandboxed || in_vfork_child())
		return;
	const uint64_t mask = table_lock();
	__atomic_store_n(&program_has_stacks, true, __ATOMIC_RELEASE);
	for (int signal = 1; signal < NSIG; signal++) {
		struct sigaction now;
		if (!(stack_wishes & wish_of(signal)) || REAL(sigaction)(signal, NULL, &now) != 0)
			continue;
		now.sa_flags |= SA_ONSTACK;
		REAL(sigaction)(signal, &now, NULL);
	}
	stack_wishes = 0;
	table_unlock(mask);
}

int disposition_change(int signal, const struct sigaction *action, struct sigaction *old)
{
	struct slot *slot = slot_of(signal);
	if (!slot && !concerns_stack(signal, action))
		return REAL(sigaction)(signal, action, old);
	if (recorder.sandboxed || in_vfork_child())
		return change_kernel_only(slot, signal, action, old);
	struct sigaction wanted; /* a copy: the program may pass one object for both */
	if (action)
		wanted = *action;
	const uint64_t mask = table_lock();
	const int result = slot ? change_locked(slot, signal, action ? &wanted : NULL, old)
				: change_unmanaged(signal, action ? &wanted : NULL, old);
	const int saved_errno = errno;
	table_unlock(mask);
	errno = saved_errno;
	return result;
}

void disposition_put_back(int signal)
{
	struct slot *slot = slot_of(signal);
	if (!slot || recorder.sandboxed || in_vfork_child())
		return;
	const int saved_errno = errno;
	const uint64_t mask = table_lock();
	struct sigaction action = slot->action, kernel;
	if (REAL(sigaction)(signal, NULL, &kernel) == 0) {
		action.sa_flags |= kernel.sa_flags & (int)KERNEL_SA_RESTORER;
		action.sa_restorer = kernel.sa_restorer;
		publish(slot, &action);
	}
	table_unlock(mask);
	errno = saved_errno;
}

int disposition_default_as(int signal)
{
	struct kernel_sigaction action;
	memset(&action, 0, sizeof(action));
	return sys_sigaction(signal, &action, NULL);
}

/* SA_RESETHAND as the kernel does it: the handler goes, flags and mask stay. In a sandbox with one system call at most. */
static void reset_handler_as(struct slot *slot, int signal)
{
	struct sigaction reset = slot->action;
	reset.sa_handler = SIG_DFL;
	if (recorder.sandboxed) {
		publish(slot, &reset);
		disposition_default_as(signal);
	} else if (in_vfork_child()) {
		disposition_default_as(signal);
	} else {
		const uint64_t mask = table_lock();
		publish(slot, &reset);
		install(signal, &reset);
		table_unlock(mask);
	}
}

signal_handler *disposition_take_as(int signal)
{
	struct slot *slot = slot_of(signal);
	if (!slot)
		return (signal_handler *)(uintptr_t)SIG_DFL;
	uintptr_t handler = __atomic_load_n(&slot->handler, __ATOMIC_ACQUIRE);
	if (handler > (uintptr_t)SIG_IGN && (__atomic_load_n(&slot->flags, __ATOMIC_RELAXED) & (int)SA_RESETHAND))
		reset_handler_as(slot, signal);
	return (signal_handler *)handler;
}
