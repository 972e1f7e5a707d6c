/*
 * prctl(2) and syscall(2): a program on its way into a sandbox. libseccomp loads its filter by a raw system call, but sets
 * PR_SET_NO_NEW_PRIVS by prctl before (seccomp_load(3)), unless root asked it not to. Who makes the system call without libc
 * is not noticed. And one that forbids itself the time-stamp counter, which the record path reads. And whom it lets trace it, which a
 * helper changes and restores.
 */
#include "arch_variadic.h"
#include "crash.h"
#include "libc.h"
#include "listen.h"
#include "spawn.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Without a program it is a question whether filters exist (libseccomp, systemd), and fails. `mode` as for prctl(2). */
static bool restricts(unsigned long mode, const void *program)
{
	return mode == SECCOMP_MODE_STRICT || (mode == SECCOMP_MODE_FILTER && program);
}

/* True: it harms nothing of the agent's. */
static bool before_filter(unsigned long mode, const void *program)
{
	const int saved_errno = errno;
	listen_before_sandbox();
	const bool harmless = crash_before_seccomp(mode, program);
	errno = saved_errno;
	return harmless;
}

static void before_no_new_privileges(void)
{
	const int saved_errno = errno;
	listen_before_sandbox();
	crash_before_no_new_privileges();
	errno = saved_errno;
}

static void after(bool harmless, bool installed)
{
	crash_after_seccomp(harmless, installed);
	listen_after_sandbox();
}

EXPORT int prctl(int option, ...)
{
	unsigned long values[4];
	va_list arguments;
	va_start(arguments, option);
	for (int i = 0; i < 4; i++)
		values[i] = va_arg(arguments, unsigned long);
	va_end(arguments);
	if (agent_ready && option == PR_SET_TSC && values[0] != PR_TSC_ENABLE)
		crash_before_counter_is_forbidden();
	if (agent_ready && option == PR_SET_PTRACER)
		spawn_note_ptracer(values[0]);
	const bool filter = option == PR_SET_SECCOMP && restricts(values[0], (const void *)values[1]);
	if (!agent_ready || (!filter && option != PR_SET_NO_NEW_PRIVS))
		return REAL(prctl)(option, values[0], values[1], values[2], values[3]);
	bool harmless = false;
	if (filter)
		harmless = before_filter(values[0], (const void *)values[1]);
	else
		before_no_new_privileges();
	const int result = REAL(prctl)(option, values[0], values[1], values[2], values[3]);
	after(harmless, result == 0);
	return result;
}

/* syscall(SYS_seccomp, ...) ------------------------------------------------------------------------------------------------------ */

__attribute__((visibility("hidden"))) long (*sandbox_syscall)(long number, ...);

__attribute__((visibility("hidden"), used)) void *sandbox_find_syscall(void)
{
	return libc_find((void **)(void *)&sandbox_syscall, "syscall");
}

__attribute__((visibility("hidden"), used)) long sandbox_seccomp(long number, unsigned long operation, unsigned long flags,
								 const void *program)
{
	if (!sandbox_syscall)
		sandbox_find_syscall();
	long (*const real)(long, ...) = sandbox_syscall;
	const unsigned long mode = operation == SECCOMP_SET_MODE_STRICT   ? SECCOMP_MODE_STRICT
				   : operation == SECCOMP_SET_MODE_FILTER ? SECCOMP_MODE_FILTER
									  : SECCOMP_MODE_DISABLED;
	if (!agent_ready || !restricts(mode, program))
		return real(number, operation, flags, program);
	const bool harmless = before_filter(mode, program);
	const long result = real(number, operation, flags, program);
	/* A descriptor, or the thread that another filter keeps from taking this one. */
	after(harmless, result == 0 || (result > 0 && (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)));
	return result;
}

#define STRING(literal)  #literal
#define NUMBER_OF(macro) STRING(macro)
EXPORT long syscall(long number, ...);
ARCH_JUMP_UNLESS(syscall, NUMBER_OF(__NR_seccomp), sandbox_seccomp, sandbox_syscall, sandbox_find_syscall);
