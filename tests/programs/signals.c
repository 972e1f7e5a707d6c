/*
 * Asks for and sets dispositions in all the ways there are, and prints what it is told: with the agent it has to be told the same.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE, SIGKILL, SIGUSR1,
			      SIGSEGV, SIGPIPE, SIGTERM, SIGCHLD, SIGSYS,  0,       SIGSTOP, -1,     64,      65};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static volatile sig_atomic_t caught;

static void handler(int number)
{
	caught += number;
}

static void other(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	caught -= number;
}

static const char *name(void (*function)(int))
{
	return function == SIG_DFL   ? "default"
	       : function == SIG_IGN ? "ignore"
	       : function == SIG_ERR ? "error"
	       : function == handler ? "handler"
				     : "other";
}

static void show(const char *what, int number)
{
	struct sigaction now;
	memset(&now, 0x55, sizeof(now));
	errno = 0;
	const int result = sigaction(number, NULL, &now);
	if (result != 0)
		printf("%s %d: %d errno %d\n", what, number, result, errno);
	else
		printf("%s %d: %s flags %x mask %d%d%d\n", what, number, name(now.sa_handler), (unsigned)now.sa_flags,
		       sigismember(&now.sa_mask, SIGTERM), sigismember(&now.sa_mask, SIGUSR2), sigismember(&now.sa_mask, number));
}

static void each(int number)
{
	struct sigaction action, old;
	show("begin", number);
	printf("signal: %s\n", name(signal(number, handler)));
	show("signal", number);
	printf("siginterrupt: %d\n", siginterrupt(number, 1));
	show("siginterrupt", number);
	printf("signal again: %s\n", name(signal(number, handler)));
	show("signal again", number);
	printf("siginterrupt off: %d\n", siginterrupt(number, 0));
	printf("ignore: %s\n", name(signal(number, SIG_IGN)));
	show("ignore", number);
	memset(&action, 0, sizeof(action));
	action.sa_sigaction = other;
	action.sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER | SA_ONSTACK | SA_NOCLDSTOP);
	sigaddset(&action.sa_mask, SIGUSR2);
	printf("sigaction: %d", sigaction(number, &action, &old));
	printf(" errno %d\n", errno);
	show("sigaction", number);
	printf("in place: %d\n", sigaction(number, &action, &action));
	printf("sysv_signal: %s\n", name(sysv_signal(number, handler)));
	show("sysv_signal", number);
	printf("default: %s\n", name(signal(number, SIG_DFL)));
	show("default", number);
}

int main(void)
{
	struct sigaction once;
	stack_t stack;
	for (int i = 0; i < SIGNALS; i++) {
		errno = 0;
		each(signals[i]);
	}
	memset(&once, 0, sizeof(once));
	once.sa_handler = handler;
	once.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGTERM, &once, NULL);
	raise(SIGTERM);
	show("after SA_RESETHAND", SIGTERM);
	signal(SIGABRT, handler);
	raise(SIGABRT);
	show("after a handler", SIGABRT);
	printf("caught %d\n", (int)caught);
	printf("sigaltstack: %d", sigaltstack(NULL, &stack));
	printf(" flags %d size %zu base %p\n", stack.ss_flags, stack.ss_size, stack.ss_sp);
	printf("bad pointer: %d errno %d\n", sigaltstack((stack_t *)8, NULL), errno);
	return 0;
}
