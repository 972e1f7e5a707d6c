/*
 * workers.h - many files read at once, by processes, and what each of them had to say told in the order of the files.
 *
 * File i is that of worker i modulo their number, so the output is taken from one pipe after the other: nothing has to be held
 * back, and a worker that is far ahead waits. A process, not a thread: a file that ends its reader takes no other with it, and one that
 * takes it over cannot write, start or reach anything (calls.h).
 */
#ifndef TTLOG_CLI_WORKERS_H
#define TTLOG_CLI_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct workers_task {
	size_t files;
	unsigned jobs; /* 0: as many as there are processors */
	/* In a worker: reads file i, prints on stdout and stderr (which are not the real ones); its status, 0 to 127. */
	int (*read)(void *context, size_t i);
	/* Afterwards, in the caller, in order: `status`, or -1 where the reader died of `signal`. Not 0 ends it all. */
	int (*done)(void *context, size_t i, int status, int signal);
	/* Gets what read() printed on stdout, in pieces, before done() of that file; NULL: it goes to standard output. */
	void (*take)(void *context, const char *data, size_t bytes);
	void *context;
	const char *progress; /* a bar with this word, where standard error is a terminal; NULL: none */
};

/* 0, what done() returned, or -errno. */
int workers_run(const struct workers_task *task);

#endif
