/*
 * Rows: the life of short processes, from their start to their reaped end.
 *
 *	starts LIBRARY|- PROGRAM [ARGUMENT...]
 *
 * "start" preloads the LIBRARY into each process that it starts (-: none). "fork", which is fork and exec, passes its own
 * environment on: for a parent that was itself started with the library.
 */
#include "rounds.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char **command;
static char *start_environment[64];

static double start(long n, const char **why)
{
	const double begin = now_ns();
	for (long i = 0; i < n; i++) {
		pid_t pid;
		int status;
		if (posix_spawn(&pid, command[0], NULL, NULL, command, start_environment) != 0 || waitpid(pid, &status, 0) != pid ||
		    status != 0) {
			*why = "the program cannot be run";
			return -1;
		}
	}
	return (now_ns() - begin) / (double)n;
}

static double fork_exec(long n, const char **why)
{
	const double begin = now_ns();
	for (long i = 0; i < n; i++) {
		int status;
		const pid_t pid = fork();
		if (pid == 0) {
			execv(command[0], command);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
			*why = "the program cannot be run";
			return -1;
		}
	}
	return (now_ns() - begin) / (double)n;
}

int main(int argc, char **argv)
{
	static const struct measure measures[] = {{"start", start}, {"fork", fork_exec}, {NULL, NULL}};
	static char preload[4200];
	size_t count = 0;
	if (argc < 3) {
		fprintf(stderr, "usage: starts LIBRARY|- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	command = argv + 2;
	for (char **variable = environ; *variable && count < 62; variable++) {
		if (strncmp(*variable, "LD_PRELOAD=", 11) != 0)
			start_environment[count++] = *variable;
	}
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", argv[1]);
	if (strcmp(argv[1], "-") != 0)
		start_environment[count] = preload;
	return rounds_of_measures(measures);
}
