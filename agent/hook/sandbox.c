/*
 * prctl(2): a program on its way into a sandbox. libseccomp loads its filter by a raw system call, but sets
 * PR_SET_NO_NEW_PRIVS by prctl before (seccomp_load(3)); a root program that does neither is not noticed. And one that forbids
 * itself the time-stamp counter, which the record path reads. And whom it lets trace it, which a helper changes and restores.
 */
#include "crash.h"
#include "libc.h"
#include "listen.h"
#include "spawn.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>

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
	if (!agent_ready || (option != PR_SET_SECCOMP && option != PR_SET_NO_NEW_PRIVS))
		return REAL(prctl)(option, values[0], values[1], values[2], values[3]);
	const int saved_errno = errno;
	bool harmless = false;
	listen_before_sandbox();
	if (option == PR_SET_NO_NEW_PRIVS)
		crash_before_no_new_privileges();
	else
		harmless = crash_before_seccomp(values[0], (const void *)values[1]);
	errno = saved_errno;
	const int result = REAL(prctl)(option, values[0], values[1], values[2], values[3]);
	crash_after_seccomp(harmless, result == 0);
	listen_after_sandbox();
	return result;
}
