/*
 * talker.h - a recorded process that says what it is told, line by line, until it is told no more.
 */
#ifndef TTLOG_TESTS_TALKER_H
#define TTLOG_TESTS_TALKER_H

#include "process.h"

#include <stdio.h>

struct talker {
	struct process *process;
	pid_t pid;
	FILE *lines; /* to it */
	char said[65536];
};

/* A bash whose recorder has this service; it has said "ready". */
struct talker *talker_start(const char *service);
/* Has it said, and waits until it was. `line` holds nothing that bash would understand. */
void talker_say(struct talker *talker, const char *line);
/* No more: it exits. */
struct outcome talker_finish(struct talker *talker);

#endif
