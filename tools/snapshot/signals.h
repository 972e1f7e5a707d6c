/*
 * signals.h - names of signals and of their codes (si_code), with a sentence for people: sigaction(2), asm-generic/siginfo.h.
 *
 * Constant tables; any thread.
 */
#ifndef TTLOG_SNAPSHOT_SIGNALS_H
#define TTLOG_SNAPSHOT_SIGNALS_H

struct signal_code {
	int signal; /* 0: any */
	int code;
	const char *name;     /* "SEGV_MAPERR" */
	const char *sentence; /* "address not mapped" */
};

/* "SIGSEGV", "SIGRTMIN+3" (numbered as glibc does); NULL for a number that is no signal. */
const char *signal_name(int number);

/* NULL where the kernel's headers know no such code. */
const struct signal_code *signal_code_find(int signal, int code);

#endif
