/*
 * memcheck.h - the tools under valgrind, wherever a suite runs one (make valgrind). Called from a Criterion test, by
 * process_start() only.
 */
#ifndef TTLOG_TESTS_MEMCHECK_H
#define TTLOG_TESTS_MEMCHECK_H

/*
 * The command line that runs argv under valgrind, where TTLOG_MEMCHECK names a directory for its reports and argv[0] is one of the
 * tools; otherwise argv itself. Not to be freed.
 */
const char *const *memcheck_command(const char *const *argv);

/* How many times longer things may take: also those that wait for a tool. */
unsigned memcheck_slowness(void);
#endif
