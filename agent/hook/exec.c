/*
 * exec: the program ends and its process goes on, so its recorder says that nobody died; `ttlog run` and `ttlog recover` would
 * take it for one that was killed. The file itself stays, because a failed exec must leave the recorder as it was: the next
 * sweep removes it. Listeners are handed the last events first. Nothing happens in a vfork child, which has no recorder of its own. exec by a raw system call is not seen.
 */
#include "libc.h"
#include "libc_ways.h"
#include "listen.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <errno.h>
#include <unistd.h>

static void begin(void)
{
	if (!agent_ready)
		return;
	listen_flush(LISTEN_END_MS); /* exec ends the thread; not in a vfork child */
	recorder_note_exec(true);
}

/* exec came back: it failed. */
static int failed(int result)
{
	if (agent_ready)
		recorder_note_exec(false);
	return result;
}

EXPORT int execve(const char *path, char *const *argv, char *const *environment)
{
	begin();
	return failed(REAL(execve)(path, argv, environment));
}

EXPORT int execv(const char *path, char *const *argv)
{
	begin();
	return failed(REAL(execve)(path, argv, environ));
}

EXPORT int execvpe(const char *file, char *const *argv, char *const *environment)
{
	begin();
	return failed(REAL(execvpe)(file, argv, environment));
}

EXPORT int execvp(const char *file, char *const *argv)
{
	begin();
	return failed(REAL(execvpe)(file, argv, environ));
}

EXPORT int fexecve(int fd, char *const *argv, char *const *environment)
{
	begin();
	return failed(REAL(fexecve)(fd, argv, environment));
}

/* glibc has it since 2.34: not from there, so that the agent runs with an older one. */
EXPORT int since_2_34_execveat(int directory, const char *path, char *const *argv, char *const *environment, int flags)
{
	begin();
	errno = (int)-SYS6(SYS_execveat, directory, path, argv, environment, flags, 0);
	return failed(-1);
}
EXPORT_SINCE_2_34(execveat);

/* The arguments as a list, on the stack as in libc: these functions are async-signal-safe. */
static size_t count(const char *first, va_list *rest)
{
	size_t arguments = 0;
	for (const char *argument = first; argument; argument = va_arg(*rest, const char *))
		arguments++;
	return arguments;
}

static void collect(char **argv, size_t arguments, const char *first, va_list *rest)
{
	argv[0] = (char *)(uintptr_t)first;
	for (size_t i = 1; i <= arguments; i++)
		argv[i] = va_arg(*rest, char *);
}

#define COLLECT(argv, rest, first)                                                                                                 \
	va_list rest;                                                                                                              \
	va_start(rest, first);                                                                                                     \
	const size_t arguments_ = count(first, &rest);                                                                             \
	va_end(rest);                                                                                                              \
	char **const argv = __builtin_alloca((arguments_ + 1) * sizeof(*argv));                                                    \
	va_start(rest, first);                                                                                                     \
	collect(argv, arguments_, first, &rest)

EXPORT int execl(const char *path, const char *first, ...)
{
	COLLECT(argv, rest, first);
	va_end(rest);
	return execv(path, argv);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	COLLECT(argv, rest, first);
	va_end(rest);
	return execvp(file, argv);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	COLLECT(argv, rest, first);
	char *const *const environment = va_arg(rest, char *const *); /* behind the NULL that ends the arguments */
	va_end(rest);
	return execve(path, argv, environment);
}
