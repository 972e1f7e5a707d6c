/*
 * memcheck.h - the tools under valgrind, wherever a suite runs one (make valgrind). Called from a Criterion test, by
 * process_start() and screen_open() only.
 */
#ifndef TTLOG_TESTS_MEMCHECK_H
#define TTLOG_TESTS_MEMCHECK_H

/*
 * The command line that runs argv under valgrind, where TTLOG_MEMCHECK names a directory for its reports and argv[0] is one of the
 * tools; otherwise argv itself. Not to be freed.
 */
const char *const *memcheck_command(const char *const *argv);

/* The same of a shell's line, for the first time that ttlog stands in it with an argument. */
const char *memcheck_line(const char *line);
#endif
