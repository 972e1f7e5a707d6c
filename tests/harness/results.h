/*
 * results.h - how a long form goes: lines of the file that TTLOG_RESULTS names, which others read while it runs.
 *
 * Any process of a suite may write, many at a time: a line is one write(2), at the end of the file. Nothing where the variable is
 * unset or empty, or the file cannot be opened.
 */
#ifndef TTLOG_TESTS_RESULTS_H
#define TTLOG_TESTS_RESULTS_H

/* "what<tab>which<tab>text"; a newline in it becomes '|'. */
void results_note(const char *what, const char *which, const char *text);

#endif
