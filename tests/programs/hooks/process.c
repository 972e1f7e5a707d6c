/* The ends of a process, signals, threads, exec. */
#include "hooks.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-result"
#pragma GCC diagnostic ignored "-Wformat"

typedef void handler(int);
int __sigaction(int number, const struct sigaction *action, struct sigaction *old);
handler *bsd_signal(int number, handler *handler);
handler *ssignal(int number, handler *handler);
handler *sysv_signal(int number, handler *handler);
handler *__sysv_signal(int number, handler *handler);
int siginterrupt(int number, int interrupt);
void __stack_chk_fail(void);
void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function);
void __assert_perror_fail(int error, const char *file, unsigned line, const char *function);
extern void __gmon_start__(void) __attribute__((weak));

static void nothing(int number)
{
	(void)number;
}

/* A handler as a number that does not differ from run to run. */
static int kind(handler *handler)
{
	return handler == SIG_DFL ? 0 : handler == SIG_IGN ? 1 : handler == SIG_ERR ? 2 : handler == nothing ? 3 : 4;
}

CASE(__gmon_start__)
{
	if (__gmon_start__) /* a profiler's, or the agent's: none in this program alone */
		__gmon_start__();
}
CASE(abort)
{
	ENDS(abort());
}
CASE(__stack_chk_fail)
{
	ENDS(__stack_chk_fail());
}
CASE(__assert_fail)
{
	ENDS(__assert_fail("1 == 2", "file.c", 7, "function"));
	ENDS(__assert_fail("1 == 2", "file.c", 7, NULL));
}
CASE(__assert_perror_fail)
{
	ENDS(__assert_perror_fail(EPERM, "file.c", 7, "function"));
}
CASE(_exit)
{
	ENDS(_exit(5));
}
CASE(_Exit)
{
	ENDS(_Exit(6));
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
}
CASE(signal)
{
	RESULT(kind(signal(SIGFPE, nothing)));
	RESULT(kind(signal(SIGFPE, SIG_IGN)));
	RESULT(kind(signal(SIGFPE, SIG_DFL)));
	RESULT(kind(signal(SIGSTOP, nothing)));
	RESULT(kind(signal(-1, nothing)));
}
CASE(bsd_signal)
{
	RESULT(kind(bsd_signal(SIGFPE, nothing)));
	RESULT(kind(bsd_signal(SIGFPE, SIG_DFL)));
}
CASE(ssignal)
{
	RESULT(kind(ssignal(SIGBUS, nothing)));
	RESULT(kind(ssignal(SIGBUS, SIG_DFL)));
}
CASE(sysv_signal)
{
	RESULT(kind(sysv_signal(SIGBUS, nothing)));
	RESULT(kind(sysv_signal(SIGBUS, SIG_DFL)));
}
CASE(__sysv_signal)
{
	RESULT(kind(__sysv_signal(SIGBUS, SIG_ERR)));
}
CASE(sigset)
{
	RESULT(kind(sigset(SIGBUS, nothing)));
	RESULT(kind(sigset(SIGBUS, SIG_DFL)));
	RESULT(kind(sigset(999, SIG_DFL)));
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
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)}, old;
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
}
static void *thread(void *data)
{
	return data;
}
CASE(pthread_create)
{
	pthread_t id;
	pthread_attr_t attributes;
	void *result = NULL;
	RESULT(pthread_create(&id, NULL, thread, (void *)7));
	RESULT(pthread_join(id, &result));
	RESULT((intptr_t)result);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 1ul << 50);
	RESULT(pthread_create(&id, &attributes, thread, NULL));
}
CASE(prctl)
{
	RESULT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	RESULT(prctl(-1, 0, 0, 0, 0));
}

/* In a child: what it becomes says something. */
static char *const words[] = {"echo", "word", NULL}, *const no_environment[] = {NULL};
static const char echo[] = "/bin/echo", nowhere[] = "/nonexistent/x";

CASE(execve)
{
	ENDS(execve(echo, words, no_environment));
	RESULT(execve(nowhere, words, no_environment));
	RESULT(execve("/etc", words, no_environment));
}
CASE(execv)
{
	ENDS(execv(echo, words));
	RESULT(execv(nowhere, words));
}
CASE(execvp)
{
	ENDS(execvp("echo", words));
	RESULT(execvp("nonexistent-command", words));
	RESULT(execvp("", words));
}
CASE(execvpe)
{
	ENDS(execvpe("echo", words, no_environment));
}
CASE(execl)
{
	ENDS(execl(echo, "echo", "a", "b", "c", "d", "e", "f", "g", NULL));
	RESULT(execl(nowhere, "x", NULL));
}
CASE(execlp)
{
	ENDS(execlp("echo", "echo", "list", NULL));
}
CASE(execle)
{
	ENDS(execle(echo, "echo", "with environment", NULL, no_environment));
}
CASE(fexecve)
{
	RESULT(fexecve(-1, words, no_environment));
	RESULT(fexecve(99, words, no_environment));
}
CASE(execveat)
{
	ENDS(execveat(-1, echo, words, no_environment, 0));
	RESULT(execveat(-1, nowhere, words, no_environment, 0));
}
CASE(daemon)
{
	ENDS(daemon(1, 1));
}

const struct hook_case hooks_process[] = {
	ROW(__gmon_start__), ROW(abort),       ROW(__stack_chk_fail), ROW(__assert_fail), ROW(__assert_perror_fail),
	ROW(_exit),	     ROW(_Exit),       ROW(sigaction),	      ROW(__sigaction),	  ROW(signal),
	ROW(bsd_signal),     ROW(ssignal),     ROW(sysv_signal),      ROW(__sysv_signal), ROW(sigset),
	ROW(sigignore),	     ROW(siginterrupt), ROW(sigaltstack),     ROW(pthread_create), ROW(prctl),
	ROW(execve),	     ROW(execv),       ROW(execvp),	      ROW(execvpe),	  ROW(execl),
	ROW(execlp),	     ROW(execle),      ROW(fexecve),	      ROW(execveat),	  ROW(daemon),
	{NULL, NULL},
};
