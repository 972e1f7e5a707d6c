/* signal_names.h - what sigabbrev_np(3) says, which glibc has had since 2.32 only. */
#ifndef TESTS_SIGNAL_NAMES_H
#define TESTS_SIGNAL_NAMES_H

#include <signal.h>
#include <stddef.h>

/* "SEGV"; NULL: no signal, or one of the real-time signals. */
static inline const char *short_signal_name(int number)
{
	static const char *const names[32] = {
		[SIGHUP] = "HUP",       [SIGINT] = "INT",   [SIGQUIT] = "QUIT",   [SIGILL] = "ILL",   [SIGTRAP] = "TRAP",
		[SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",     [SIGKILL] = "KILL", [SIGUSR1] = "USR1",
		[SIGSEGV] = "SEGV",     [SIGUSR2] = "USR2", [SIGPIPE] = "PIPE",   [SIGALRM] = "ALRM", [SIGTERM] = "TERM",
		[SIGSTKFLT] = "STKFLT", [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",   [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
		[SIGTTIN] = "TTIN",     [SIGTTOU] = "TTOU", [SIGURG] = "URG",     [SIGXCPU] = "XCPU", [SIGXFSZ] = "XFSZ",
		[SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH", [SIGIO] = "POLL",   [SIGPWR] = "PWR",
		[SIGSYS] = "SYS",
	};
	return number > 0 && number < 32 ? names[number] : NULL;
}

#endif
