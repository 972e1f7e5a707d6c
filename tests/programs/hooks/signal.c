/* Dispositions and signal stacks. */
#include "hooks.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

typedef void handler(int);
int __sigaction(int number, const struct sigaction *action, struct sigaction *old);
handler *bsd_signal(int number, handler *handler);
handler *ssignal(int number, handler *handler);
handler *sysv_signal(int number, handler *handler);
handler *__sysv_signal(int number, handler *handler);
int siginterrupt(int number, int interrupt);

static void nothing(int number)
{
	(void)number;
}

/* A handler as a number that does not differ from run to run. */
static int kind(handler *handler)
{
	return handler == SIG_DFL ? 0 : handler == SIG_IGN ? 1 : handler == SIG_ERR ? 2 : handler == nothing ? 3 : 4;
}

CASE(sigaction)
{
	struct sigaction old, action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
	RESULT(sigaction(SIGSEGV, NULL, &old));
	RESULT(kind(old.sa_handler));
	RESULT(sigaction(SIGSEGV, &action, NULL));
	RESULT(sigaction(SIGSEGV, NULL, &old));
	RESULT(kind(old.sa_handler) * 1000000000l + (old.sa_flags & 0x7fffffff));
	RESULT(sigaction(SIGSEGV, &(struct sigaction){.sa_handler = SIG_DFL}, NULL));
	RESULT(sigaction(SIGKILL, &action, NULL));
	RESULT(sigaction(0, NULL, NULL));
	RESULT(sigaction(SIGSEGV, NULL, NULL));
}
CASE(__sigaction)
{
	struct sigaction old;
	RESULT(__sigaction(SIGTERM, NULL, &old));
	RESULT(kind(old.sa_handler));
	RESULT(__sigaction(SIGTERM, NULL, NULL));
}
CASE(signal)
{
	RESULT(kind(signal(SIGFPE, nothing)));
	RESULT(kind(signal(SIGFPE, SIG_IGN)));
	RESULT(kind(signal(SIGFPE, SIG_DFL)));
	RESULT(kind(signal(SIGSTOP, nothing)));
	RESULT(kind(signal(-1, nothing)));
	RESULT(kind(signal(SIGFPE, NULL)));
}
CASE(bsd_signal)
{
	RESULT(kind(bsd_signal(SIGFPE, nothing)));
	RESULT(kind(bsd_signal(SIGFPE, SIG_DFL)));
	RESULT(kind(bsd_signal(SIGFPE, NULL)));
}
CASE(ssignal)
{
	RESULT(kind(ssignal(SIGBUS, nothing)));
	RESULT(kind(ssignal(SIGBUS, SIG_DFL)));
	RESULT(kind(ssignal(SIGBUS, NULL)));
}
CASE(sysv_signal)
{
	RESULT(kind(sysv_signal(SIGBUS, nothing)));
	RESULT(kind(sysv_signal(SIGBUS, SIG_DFL)));
	RESULT(kind(sysv_signal(SIGBUS, NULL)));
}
CASE(__sysv_signal)
{
	RESULT(kind(__sysv_signal(SIGBUS, SIG_ERR)));
	RESULT(kind(__sysv_signal(SIGBUS, NULL)));
}
CASE(sigset)
{
	RESULT(kind(sigset(SIGBUS, nothing)));
	RESULT(kind(sigset(SIGBUS, SIG_DFL)));
	RESULT(kind(sigset(999, SIG_DFL)));
	RESULT(kind(sigset(SIGBUS, NULL)));
}
CASE(sigignore)
{
	RESULT(sigignore(SIGHUP));
	RESULT(sigignore(999));
	RESULT(kind(signal(SIGHUP, SIG_DFL)));
}
CASE(siginterrupt)
{
	RESULT(siginterrupt(SIGHUP, 1));
	RESULT(siginterrupt(SIGHUP, 0));
	RESULT(siginterrupt(999, 1));
}
CASE(sigaltstack)
{
	static char memory[65536];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)}, old, *volatile both = &stack;
	RESULT(sigaltstack(NULL, NULL));
	RESULT(sigaltstack(NULL, &old));
	RESULT(old.ss_flags);
	RESULT(sigaltstack(&stack, &old));
	RESULT(old.ss_flags);
	stack.ss_flags = SS_DISABLE;
	RESULT(sigaltstack(&stack, &old));
	RESULT(old.ss_sp == memory);
	stack.ss_flags = 0;
	stack.ss_size = 1;
	RESULT(sigaltstack(&stack, NULL));
	RESULT(sigaltstack((void *)1, NULL));
	RESULT(sigaltstack(NULL, (void *)1));
	stack.ss_size = sizeof(memory);
	RESULT(sigaltstack(&stack, (void *)1));
	RESULT(sigaltstack(NULL, &stack));
	RESULT(stack.ss_sp == memory);
	stack.ss_flags = SS_DISABLE;
	RESULT(sigaltstack(&stack, both));
	RESULT(stack.ss_sp == memory);
}
CASE(system)
{
	RESULT(system(NULL));
	RESULT(system("echo said; exit 3"));
	RESULT(system("kill -KILL $$"));
}

const struct hook_case hooks_signal[] = {
	ROW(sigaction, POINTER),
	ROW(__sigaction, POINTER),
	ROW(signal, POINTER),
	ROW(bsd_signal, POINTER),
	ROW(ssignal, POINTER),
	ROW(sysv_signal, POINTER),
	ROW(__sysv_signal, POINTER),
	ROW(sigset, POINTER),
	ROW(sigignore, NO_POINTER),
	ROW(siginterrupt, NO_POINTER),
	ROW(sigaltstack, POINTER),
	ROW(system, POINTER),
	END_OF_ROWS,
};
