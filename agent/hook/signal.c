/* sigaction(2), the older ways to say it, what libc does with signals itself, and sigaltstack(2): the program sees its own dispositions and stacks. */
#include "crash.h"
#include "disposition.h"
#include "libc.h"
#include "libc_ways.h"

#include <errno.h>
#include <string.h>

#undef signal

typedef void simple_handler(int);

EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	return agent_ready ? disposition_change(number, action, old) : REAL(sigaction)(number, action, old);
}

EXPORT int __sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	return sigaction(number, action, old);
}

/* Signals of which siginterrupt(3) said that they interrupt system calls: signal(3) asks. */
static uint64_t interrupting;

static uint64_t signal_bit(int number)
{
	return 1ull << (number - 1);
}

/* signal(3) in its BSD and its System V meaning, as libc makes them of sigaction(2). */
static simple_handler *set_simple(int number, simple_handler *handler, bool system_v)
{
	struct sigaction action, old;
	memset(&action, 0, sizeof(action));
	if (handler == SIG_ERR || number < 1 || number >= NSIG) {
		errno = EINVAL;
		return SIG_ERR;
	}
	action.sa_handler = handler;
	if (system_v)
		action.sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_INTERRUPT);
	else {
		if (LIBC_SIGNAL_MASKS)
			sigaddset(&action.sa_mask, number);
		action.sa_flags = __atomic_load_n(&interrupting, __ATOMIC_RELAXED) & signal_bit(number) ? 0 : SA_RESTART;
	}
	return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

EXPORT simple_handler *signal(int number, simple_handler *handler)
{
	return set_simple(number, handler, false);
}

EXPORT simple_handler *bsd_signal(int number, simple_handler *handler)
{
	return set_simple(number, handler, false);
}

EXPORT simple_handler *ssignal(int number, simple_handler *handler)
{
	return set_simple(number, handler, false);
}

EXPORT simple_handler *sysv_signal(int number, simple_handler *handler)
{
	return set_simple(number, handler, true);
}

EXPORT simple_handler *__sysv_signal(int number, simple_handler *handler)
{
	return set_simple(number, handler, LIBC_SYSV_SIGNAL_RESETS);
}

/* System V's sighold(3) and sigrelse(3) change nothing but the mask, which is the program's own. */
static simple_handler *hold(int number, const sigset_t *one)
{
	struct sigaction now;
	sigset_t before;
	if (sigprocmask(SIG_BLOCK, one, &before) != 0)
		return SIG_ERR;
	if (sigismember(&before, number) == 1)
		return SIG_HOLD;
	return sigaction(number, NULL, &now) == 0 ? now.sa_handler : SIG_ERR;
}

/* sigset(3): a disposition and the mask in one; SIG_HOLD says, and is told, that the signal is blocked. */
EXPORT simple_handler *sigset(int number, simple_handler *handler)
{
	struct sigaction action, old;
	sigset_t one, before;
	sigemptyset(&one);
	if (sigaddset(&one, number) != 0) /* nor libc's own two */
		return SIG_ERR;
	if (handler == SIG_HOLD)
		return hold(number, &one);
	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	if (sigaction(number, &action, &old) != 0 || sigprocmask(SIG_UNBLOCK, &one, &before) != 0)
		return SIG_ERR;
	return sigismember(&before, number) == 1 ? SIG_HOLD : old.sa_handler;
}

EXPORT int sigignore(int number)
{
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_IGN;
	return sigaction(number, &action, NULL);
}

EXPORT int siginterrupt(int number, int interrupt)
{
	struct sigaction action;
	if (sigaction(number, NULL, &action) != 0)
		return -1;
	if (interrupt) {
		__atomic_fetch_or(&interrupting, signal_bit(number), __ATOMIC_RELAXED);
		action.sa_flags &= ~SA_RESTART;
	} else {
		__atomic_fetch_and(&interrupting, ~signal_bit(number), __ATOMIC_RELAXED);
		action.sa_flags |= SA_RESTART;
	}
	return sigaction(number, &action, NULL);
}

/* It ignores two signals meanwhile, and gives back what it read from the kernel: our handler. */
EXPORT int system(const char *command)
{
	const int status = REAL(system)(command);
	if (agent_ready) {
		disposition_put_back(SIGINT);
		disposition_put_back(SIGQUIT);
	}
	return status;
}

EXPORT int sigaltstack(const stack_t *stack, stack_t *old)
{
	return agent_ready ? altstack_change(stack, old) : REAL(sigaltstack)(stack, old);
}
