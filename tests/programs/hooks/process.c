/* The ends of a process, threads, exec. */
#include "hooks.h"
#include "newer_libc.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-result"
#pragma GCC diagnostic ignored "-Wformat"

void __stack_chk_fail(void);
void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function);
void __assert_perror_fail(int error, const char *file, unsigned line, const char *function);
extern void __gmon_start__(void) __attribute__((weak));

CASE(__gmon_start__)
{
	/* A profiler's, or the agent's: none in this program alone. */
	DONE(__gmon_start__ ? __gmon_start__() : (void)0);
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
	ENDS(__assert_fail(NULL, NULL, 0, NULL));
}
CASE(__assert_perror_fail)
{
	ENDS(__assert_perror_fail(EPERM, "file.c", 7, "function"));
	ENDS(__assert_perror_fail(EPERM, NULL, 0, NULL));
}
CASE(_exit)
{
	ENDS(_exit(5));
}
CASE(_Exit)
{
	ENDS(_Exit(6));
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
	FAULTS(pthread_create(NULL, NULL, thread, NULL));
	FAULTS(({
		pthread_create(&id, NULL, NULL, NULL);
		pthread_join(id, NULL);
	}));
}
CASE(prctl)
{
	RESULT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	RESULT(prctl(-1, 0, 0, 0, 0));
	RESULT(prctl(PR_GET_NAME, NULL, 0, 0, 0));
	RESULT(prctl(PR_SET_NAME, NULL, 0, 0, 0));
}

CASE(syscall)
{
	RESULT(syscall(SYS_getppid) == getppid());
	RESULT(syscall(-1));
	RESULT(syscall(SYS_seccomp, 99, 0, NULL));
	RESULT(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
	RESULT(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
	RESULT(syscall(SYS_mmap, NULL, 1 << 12, PROT_READ, MAP_PRIVATE, -1, 1 << 12)); /* six arguments */
	RESULT(syscall(SYS_mmap, NULL, 1 << 12, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1) == -1);
}

/* In a child: what it becomes says something. */
static char *const words[] = {"echo", "word", NULL}, *const no_environment[] = {NULL};
static const char echo[] = "/bin/echo", nowhere[] = "/nonexistent/x";

CASE(execve)
{
	ENDS(execve(echo, words, no_environment));
	RESULT(execve(nowhere, words, no_environment));
	RESULT(execve("/etc", words, no_environment));
	RESULT(execve(NULL, words, no_environment));
	ENDS(execve(echo, words, NULL));
}
CASE(execv)
{
	ENDS(execv(echo, words));
	RESULT(execv(nowhere, words));
	RESULT(execv(NULL, words));
}
CASE(execvp)
{
	ENDS(execvp("echo", words));
	RESULT(execvp("nonexistent-command", words));
	RESULT(execvp("", words));
	FAULTS(execvp(NULL, words));
}
CASE(execvpe)
{
	ENDS(execvpe("echo", words, no_environment));
	FAULTS(execvpe(NULL, words, no_environment));
	ENDS(execvpe("echo", words, NULL));
}
CASE(execl)
{
	ENDS(execl(echo, "echo", "a", "b", "c", "d", "e", "f", "g", NULL));
	RESULT(execl(nowhere, "x", NULL));
	RESULT(execl(NULL, "x", NULL));
	ENDS(execl(echo, NULL));
}
CASE(execlp)
{
	ENDS(execlp("echo", "echo", "list", NULL));
	ENDS(execlp("echo", NULL));
}
CASE(execle)
{
	ENDS(execle(echo, "echo", "with environment", NULL, no_environment));
	ENDS(execle(echo, "echo", "no environment", NULL, NULL));
}
CASE(fexecve)
{
	RESULT(fexecve(-1, words, no_environment));
	RESULT(fexecve(99, words, no_environment));
	RESULT(fexecve(-1, NULL, NULL));
}
CASE(execveat)
{
	RESULT(execveat != NULL);
	if (!execveat)
		return;
	ENDS(execveat(-1, echo, words, no_environment, 0));
	RESULT(execveat(-1, nowhere, words, no_environment, 0));
	RESULT(execveat(-1, NULL, words, no_environment, 0));
}
CASE(daemon)
{
	ENDS(daemon(1, 1));
}

const struct hook_case hooks_process[] = {
	ROW(__gmon_start__, NO_POINTER),
	ROW(abort, NO_POINTER),
	ROW(__stack_chk_fail, NO_POINTER),
	ROW(__assert_fail, POINTER),
	ROW(__assert_perror_fail, POINTER),
	ROW(_exit, NO_POINTER),
	ROW(_Exit, NO_POINTER),
	ROW(pthread_create, POINTER),
	ROW(prctl, POINTER),
	ROW(syscall, POINTER),
	ROW(execve, POINTER),
	ROW(execv, POINTER),
	ROW(execvp, POINTER),
	ROW(execvpe, POINTER),
	ROW(execl, POINTER),
	ROW(execlp, POINTER),
	ROW(execle, POINTER),
	ROW(fexecve, POINTER),
	ROW(execveat, POINTER),
	ROW(daemon, NO_POINTER),
	END_OF_ROWS,
};
