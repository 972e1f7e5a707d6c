/* Handlers, ignored and blocked signals of the program's own. */
#include "die.h"

#include <setjmp.h>

static struct sigaction before;

static void install(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	sigemptyset(&action.sa_mask);
	if (sigaction(sig, &action, &before) != 0 || before.sa_handler != SIG_DFL)
		_exit(95);
}

static void say_handled(int sig)
{
	static const char text[] = "handler\n";
	(void)sig;
	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(96);
}

static void handler_exits(int sig)
{
	say_handled(sig);
	_exit(7);
}

DEATH(handler_exits)
{
	install(SIGSEGV, handler_exits, 0);
	death_null_write();
}

static void handler_reraises(int sig)
{
	say_handled(sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

DEATH(handler_reraises)
{
	install(SIGSEGV, handler_reraises, 0);
	death_null_write();
}

/* The thread that faults has said nothing yet: it is not known to the recorder. */
DEATH(handler_in_silent_thread)
{
	install(SIGSEGV, handler_reraises, 0);
	join(thread_silent_write, NULL);
}

static void handler_restores(int sig)
{
	say_handled(sig);
	sigaction(sig, &before, NULL);
	raise(sig);
}

DEATH(handler_restores)
{
	install(SIGSEGV, handler_restores, SA_NODEFER);
	death_null_write();
}

/* Returns to the fault, which then finds the default. */
static void handler_restores_and_returns(int sig)
{
	say_handled(sig);
	sigaction(sig, &before, NULL);
}

DEATH(handler_returns)
{
	install(SIGSEGV, handler_restores_and_returns, 0);
	death_null_write();
}

DEATH(handler_resethand)
{
	install(SIGSEGV, say_handled, SA_RESETHAND);
	death_null_write();
}

static void handler_aborts(int sig)
{
	say_handled(sig);
	abort();
}

DEATH(handler_aborts)
{
	install(SIGSEGV, handler_aborts, 0);
	death_null_write();
}

/* A fault inside the handler of the same signal, which is blocked there: the kernel does not ask anybody. */
DEATH(handler_faults)
{
	install(SIGSEGV, handler_null_write, 0);
	death_null_write();
}

static sigjmp_buf back;

static void handler_jumps(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

DEATH(handler_jumps)
{
	static volatile int jumps;
	install(SIGSEGV, handler_jumps, 0);
	while (jumps < 1000) {
		if (sigsetjmp(back, 1) == 0)
			death_null_write();
		jumps++;
	}
	printf("%d jumps\n", jumps);
	exit(0);
}

DEATH(term_ignored)
{
	signal(SIGTERM, SIG_IGN);
	raise(SIGTERM);
	kill(getpid(), SIGTERM);
	puts("still here");
	exit(0);
}

DEATH(term_handled)
{
	install(SIGTERM, say_handled, 0);
	raise(SIGTERM);
	puts("still here");
	exit(0);
}

DEATH(abort_handled)
{
	install(SIGABRT, say_handled, 0);
	abort();
}

DEATH(abort_ignored)
{
	signal(SIGABRT, SIG_IGN);
	abort();
}

DEATH(segv_blocked)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	death_null_write();
}

DEATH(abort_blocked)
{
	sigset_t set;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	abort();
}

/* The catalogue of this file ------------------------------------------------------------------------------------------------- */

const struct death handler_deaths[] = {
	ROW(handler_exits),    ROW(handler_reraises), ROW(handler_in_silent_thread),
	ROW(handler_restores), ROW(handler_returns),  ROW(handler_resethand),
	ROW(handler_aborts),   ROW(handler_faults),   ROW(handler_jumps),
	ROW(term_ignored),     ROW(term_handled),     ROW(abort_handled),
	ROW(abort_ignored),    ROW(segv_blocked),     ROW(abort_blocked),
	{NULL, NULL},
};
