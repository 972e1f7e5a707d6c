#include "signals.h"

#include <signal.h>
#include <stddef.h>

static const char *const names[] = {
	[SIGHUP] = "SIGHUP",       [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",   [SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP",
	[SIGABRT] = "SIGABRT",     [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",     [SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1",
	[SIGSEGV] = "SIGSEGV",     [SIGUSR2] = "SIGUSR2", [SIGPIPE] = "SIGPIPE",   [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
	[SIGSTKFLT] = "SIGSTKFLT", [SIGCHLD] = "SIGCHLD", [SIGCONT] = "SIGCONT",   [SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP",
	[SIGTTIN] = "SIGTTIN",     [SIGTTOU] = "SIGTTOU", [SIGURG] = "SIGURG",     [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
	[SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGWINCH] = "SIGWINCH", [SIGIO] = "SIGIO",     [SIGPWR] = "SIGPWR",
	[SIGSYS] = "SIGSYS",       [32] = "SIGCANCEL",    [33] = "SIGSETXID",      [34] = "SIGRTMIN",     [35] = "SIGRTMIN+1",
	[36] = "SIGRTMIN+2",       [37] = "SIGRTMIN+3",   [38] = "SIGRTMIN+4",     [39] = "SIGRTMIN+5",   [40] = "SIGRTMIN+6",
	[41] = "SIGRTMIN+7",       [42] = "SIGRTMIN+8",   [43] = "SIGRTMIN+9",     [44] = "SIGRTMIN+10",  [45] = "SIGRTMIN+11",
	[46] = "SIGRTMIN+12",      [47] = "SIGRTMIN+13",  [48] = "SIGRTMIN+14",    [49] = "SIGRTMIN+15",  [50] = "SIGRTMAX-14",
	[51] = "SIGRTMAX-13",      [52] = "SIGRTMAX-12",  [53] = "SIGRTMAX-11",    [54] = "SIGRTMAX-10",  [55] = "SIGRTMAX-9",
	[56] = "SIGRTMAX-8",       [57] = "SIGRTMAX-7",   [58] = "SIGRTMAX-6",     [59] = "SIGRTMAX-5",   [60] = "SIGRTMAX-4",
	[61] = "SIGRTMAX-3",       [62] = "SIGRTMAX-2",   [63] = "SIGRTMAX-1",     [64] = "SIGRTMAX",
};

/* Numbers where they are newer than the headers of Debian 12's glibc 2.36. */
static const struct signal_code codes[] = {
	/* The kernel gives no address with this one: x86 raises it for non-canonical addresses, among others. */
	{SIGSEGV, SI_KERNEL, "SI_KERNEL", "general protection fault: wild pointer or privileged instruction"},
	{SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR", "address not mapped"},
	{SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR", "no permission for this access"},
	{SIGSEGV, SEGV_BNDERR, "SEGV_BNDERR", "failed address bound check"},
	{SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR", "access denied by memory protection key"},
	{SIGSEGV, 5, "SEGV_ACCADI", "memory tagging is not enabled for this address"},
	{SIGSEGV, 6, "SEGV_ADIDERR", "disrupting memory tag mismatch"},
	{SIGSEGV, 7, "SEGV_ADIPERR", "precise memory tag mismatch"},
	{SIGSEGV, 8, "SEGV_MTEAERR", "asynchronous memory tag mismatch"},
	{SIGSEGV, 9, "SEGV_MTESERR", "memory tag mismatch"},
	{SIGSEGV, 10, "SEGV_CPERR", "control protection fault (shadow stack)"},
	{SIGBUS, BUS_ADRALN, "BUS_ADRALN", "address not aligned"},
	{SIGBUS, BUS_ADRERR, "BUS_ADRERR", "no memory behind this address (file cut off, or memory full)"},
	{SIGBUS, BUS_OBJERR, "BUS_OBJERR", "hardware error at this address"},
	{SIGBUS, BUS_MCEERR_AR, "BUS_MCEERR_AR", "memory is broken (hardware error on access)"},
	{SIGBUS, BUS_MCEERR_AO, "BUS_MCEERR_AO", "memory is broken (hardware error found)"},
	{SIGILL, ILL_ILLOPC, "ILL_ILLOPC", "illegal opcode"},
	{SIGILL, ILL_ILLOPN, "ILL_ILLOPN", "illegal operand"},
	{SIGILL, ILL_ILLADR, "ILL_ILLADR", "illegal addressing mode"},
	{SIGILL, ILL_ILLTRP, "ILL_ILLTRP", "illegal trap"},
	{SIGILL, ILL_PRVOPC, "ILL_PRVOPC", "privileged opcode"},
	{SIGILL, ILL_PRVREG, "ILL_PRVREG", "privileged register"},
	{SIGILL, ILL_COPROC, "ILL_COPROC", "coprocessor error"},
	{SIGILL, ILL_BADSTK, "ILL_BADSTK", "internal stack error"},
	{SIGFPE, FPE_INTDIV, "FPE_INTDIV", "integer division by zero or overflow"},
	{SIGFPE, FPE_INTOVF, "FPE_INTOVF", "integer overflow"},
	{SIGFPE, FPE_FLTDIV, "FPE_FLTDIV", "floating point division by zero"},
	{SIGFPE, FPE_FLTOVF, "FPE_FLTOVF", "floating point overflow"},
	{SIGFPE, FPE_FLTUND, "FPE_FLTUND", "floating point underflow"},
	{SIGFPE, FPE_FLTRES, "FPE_FLTRES", "floating point result is inexact"},
	{SIGFPE, FPE_FLTINV, "FPE_FLTINV", "invalid floating point operation"},
	{SIGFPE, FPE_FLTSUB, "FPE_FLTSUB", "subscript out of range"},
	{SIGFPE, FPE_FLTUNK, "FPE_FLTUNK", "undiagnosed floating point exception"},
	{SIGFPE, FPE_CONDTRAP, "FPE_CONDTRAP", "trap on condition"},
	/* int3 comes with SI_KERNEL; TRAP_BRKPT is what other architectures say. */
	{SIGTRAP, SI_KERNEL, "SI_KERNEL", "breakpoint instruction"},
	{SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT", "breakpoint"},
	{SIGTRAP, TRAP_TRACE, "TRAP_TRACE", "single step"},
	{SIGTRAP, TRAP_BRANCH, "TRAP_BRANCH", "branch taken"},
	{SIGTRAP, TRAP_HWBKPT, "TRAP_HWBKPT", "hardware breakpoint or watchpoint"},
	{SIGTRAP, TRAP_UNK, "TRAP_UNK", "undiagnosed trap"},
	{SIGTRAP, 6, "TRAP_PERF", "performance event"},
	{SIGSYS, 1, "SYS_SECCOMP", "system call forbidden by a seccomp filter"},
	{SIGSYS, 2, "SYS_USER_DISPATCH", "system call dispatched to user space"},
	{SIGCHLD, CLD_EXITED, "CLD_EXITED", "child has exited"},
	{SIGCHLD, CLD_KILLED, "CLD_KILLED", "child was killed"},
	{SIGCHLD, CLD_DUMPED, "CLD_DUMPED", "child has dumped core"},
	{SIGCHLD, CLD_TRAPPED, "CLD_TRAPPED", "traced child has trapped"},
	{SIGCHLD, CLD_STOPPED, "CLD_STOPPED", "child has stopped"},
	{SIGCHLD, CLD_CONTINUED, "CLD_CONTINUED", "child goes on"},
	{SIGIO, POLL_IN, "POLL_IN", "data is ready"},
	{SIGIO, POLL_OUT, "POLL_OUT", "output is possible"},
	{SIGIO, POLL_MSG, "POLL_MSG", "a message is ready"},
	{SIGIO, POLL_ERR, "POLL_ERR", "input or output error"},
	{SIGIO, POLL_PRI, "POLL_PRI", "urgent data is ready"},
	{SIGIO, POLL_HUP, "POLL_HUP", "device is disconnected"},
	{0, SI_USER, "SI_USER", "sent by kill()"},
	{0, SI_KERNEL, "SI_KERNEL", "sent by the kernel"},
	{0, SI_QUEUE, "SI_QUEUE", "sent by sigqueue()"},
	{0, SI_TIMER, "SI_TIMER", "a POSIX timer expired"},
	{0, SI_MESGQ, "SI_MESGQ", "a message queue has a message"},
	{0, SI_ASYNCIO, "SI_ASYNCIO", "asynchronous input or output is complete"},
	{0, SI_SIGIO, "SI_SIGIO", "queued by SIGIO"},
	{0, SI_TKILL, "SI_TKILL", "sent by tgkill(), as raise() and abort() do"},
	{0, SI_DETHREAD, "SI_DETHREAD", "sent to end the other threads at exec"},
	{0, SI_ASYNCNL, "SI_ASYNCNL", "a name look-up is complete"},
};

const char *signal_name(int number)
{
	return number > 0 && (size_t)number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

const struct signal_code *signal_code_find(int signal, int code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code && (!codes[i].signal || codes[i].signal == signal))
			return &codes[i];
	}
	return NULL;
}
