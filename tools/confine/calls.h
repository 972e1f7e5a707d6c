/*
 * calls.h - a list of the system calls that this process makes from now on; the kernel refuses all others (seccomp(2)).
 *
 * Who reads what others wrote goes through it before he reads: an error in a parser that somebody makes use of is then worth no more than the
 * calls on the list. What would reach beyond the process (exec, fork, sockets, other processes, other users) answers EPERM, what is not known here
 * ENOSYS, as an older kernel would: a library of another version takes its other way, and what had to be done is done without. Nobody is
 * killed but for calls of another architecture, which no code of ours makes.
 *
 * For good, and tightened only: of two lists what both allow. After no_new_privs (prctl(2)); single-threaded; 0 or -errno, and then nothing
 * has changed.
 */
#ifndef TTLOG_CONFINE_CALLS_H
#define TTLOG_CONFINE_CALLS_H

#include <sys/types.h>

enum calls_stage {
	CALLS_LOOKING =
		1
		<< 0, /* ptrace(2) that looks, memory and files of another process; to become another user; files as CALLS_WRITING */
	CALLS_WRITING = 1 << 1, /* files are read, made, renamed and removed; of a process that was stopped, its release */
	CALLS_READING = 1 << 2, /* files are read; open ones are written to */
};

/* `target`: whose memory is read and written in CALLS_LOOKING, and written in CALLS_WRITING where it is not 0. */
int calls_confine(enum calls_stage stage, pid_t target);

#endif
