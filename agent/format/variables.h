/*
 * variables.h - the one table of TTLOG_ environment variables.
 *
 * The agent parses by it (config.c), `ttlog env` prints it, the tests compare both with the documentation. A row is
 *	X(NAME, kind, default, unit, meaning)
 * where kind selects the parser in config.c. No row is read by a secure-exec (set-uid) process: there the agent switches
 * itself off before it looks at the environment.
 */
#ifndef TTLOG_FORMAT_VARIABLES_H
#define TTLOG_FORMAT_VARIABLES_H

enum variable_kind { VARIABLE_TEXT, VARIABLE_NUMBER, VARIABLE_SWITCH, VARIABLE_LEVEL, VARIABLE_LIST, VARIABLE_CHOICE };

#define TTLOG_VARIABLES(X)                                                                                                       \
	X(SERVICE, TEXT, "program name", "", "name in the snapshot and in its file name")                                        \
	X(STORAGE, TEXT, "./tmp", "directory", "where snapshots are written; made when the first one is")                        \
	X(CAPACITY, NUMBER, "8192", "events", "history of each thread, 256 to 1048576; rounded up to a power of two")            \
	X(LEVEL, LEVEL, "info", "level", "macro events below it are not recorded: trace debug info warn error fatal off")        \
	X(CAPTURE, LIST, "stdout,stderr,syslog,abort", "list", "what is recorded of what an unmodified program says; none")      \
	X(SIGNALS, LIST, "SEGV,BUS,ILL,FPE,ABRT,TRAP,SYS,INT,TERM,QUIT,HUP", "list", "signals whose deaths are captured; none")   \
	X(ON_EXIT, CHOICE, "never", "never|failure|always", "under `ttlog run`: snapshot also at an exit")                       \
	X(CAPTURE_TIMEOUT, NUMBER, "5000", "ms", "longest wait of a dying process for its snapshot, 100 to 60000")               \
	X(KEEP, TEXT, "100,1000", "snapshots,MB", "kept per storage directory, oldest removed first; 0 = no limit")              \
	X(QUIET, SWITCH, "0", "0|1", "1: no line on standard error that names the snapshot")                                     \
	X(DISABLE, SWITCH, "0", "0|1", "1: the agent does nothing at all")                                                       \
	X(DEBUG, SWITCH, "0", "0|1", "1: one line on standard error for each bad value and each capture that failed")

#endif
