/*
 * The line protocol of rounds.h, for programs whose rows measure themselves and for those whose rows are loops.
 */
#include "requests.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* One byte at a time and without stdio: what the program does to its streams is the business of its rows. */
static int read_line(char *line, size_t bytes)
{
	size_t at = 0;
	while (at + 1 < bytes && read(0, line + at, 1) == 1) {
		if (line[at] == '\n') {
			line[at] = 0;
			return 1;
		}
		at++;
	}
	return 0;
}

int requests_answer(double (*take)(const char *row, long events, const char **why))
{
	char line[256];
	/* The agent records descriptors 1 and 2 only, so answers cost no event. No child inherits it: the driver waits for its end. */
	const int report = fcntl(1, F_DUPFD_CLOEXEC, 10), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (report < 0 || dup2(null, 1) < 0) {
		perror("/dev/null");
		return 1;
	}
	while (read_line(line, sizeof(line))) {
		char *space = strchr(line, ' ');
		const char *why = "no such row";
		if (space)
			*space = 0;
		const double ns = take(line, space ? atol(space + 1) : 1, &why);
		if (ns < 0)
			dprintf(report, "- %s\n", why);
		else
			dprintf(report, "%.4f\n", ns);
	}
	return 0;
}

static const struct measure *measures;

static double take_measure(const char *row, long events, const char **why)
{
	for (const struct measure *measure = measures; measure->name; measure++) {
		if (strcmp(measure->name, row) == 0)
			return measure->take(events, why);
	}
	return -1;
}

int rounds_of_measures(const struct measure *list)
{
	measures = list;
	return requests_answer(take_measure);
}
