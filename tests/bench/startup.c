/*
 * What the agent adds to the start of a process: the same program started in turns plain, with an empty preloaded library, and with
 *the agent.
 *
 *	startup RUNS EMPTY-LIBRARY AGENT PROGRAM [ARGUMENT]
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VARIANTS = 3, RUNS_MAX = 10000 };

static double microseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double run_once(char **command, char **environment, const posix_spawn_file_actions_t *actions)
{
	pid_t pid;
	int status;
	const double begin = microseconds();
	if (posix_spawn(&pid, command[0], actions, NULL, command, environment) != 0 || waitpid(pid, &status, 0) != pid) {
		perror(command[0]);
		exit(1);
	}
	return microseconds() - begin;
}

int main(int argc, char **argv)
{
	static double times[VARIANTS][RUNS_MAX];
	static const char *const names[VARIANTS] = {"plain", "empty preloaded library", "agent"};
	char variables[VARIANTS][4200];
	posix_spawn_file_actions_t actions;
	const int runs = argc > 4 ? atoi(argv[1]) : 0;
	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: startup RUNS EMPTY-LIBRARY AGENT PROGRAM [ARGUMENT]\n");
		return 2;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	snprintf(variables[0], sizeof(variables[0]), "PLAIN=1");
	for (int i = 1; i < VARIANTS; i++)
		snprintf(variables[i], sizeof(variables[i]), "LD_PRELOAD=%s", argv[i + 1]);
	for (int run = 0; run < runs; run++) {
		for (int i = 0; i < VARIANTS; i++)
			times[i][run] = run_once(argv + 4, (char *[]){variables[i], NULL}, &actions);
	}
	for (int i = 0; i < VARIANTS; i++)
		qsort(times[i], (size_t)runs, sizeof(double), compare);
	for (int i = 0; i < VARIANTS; i++)
		printf("%-30s %8.0f us  %5.2f x empty library\n", names[i], times[i][runs / 2],
		       times[i][runs / 2] / times[1][runs / 2]);
	return 0;
}
