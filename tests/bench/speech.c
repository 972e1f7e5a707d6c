/*
 * Rows: what an unmodified program says, and how. Measured with the agent and without it. Standard output and standard error
 * are on /dev/null, buffered as libc buffers them by itself.
 */
#include "rounds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

static void print(long n)
{
	for (long i = 0; i < n; i++)
		printf("request done %d %d %s\n", 42, (int)i, "GET /index");
}

static void print_36_bytes(long n)
{
	for (long i = 0; i < n; i++)
		printf("request done %d %06d %s\n", 42, (int)(i % 1000000), "/index.html");
}

static void print_stderr(long n)
{
	for (long i = 0; i < n; i++)
		fprintf(stderr, "request done %d %d %s\n", 42, (int)i, "GET /index");
}

static void put(long n)
{
	for (long i = 0; i < n; i++)
		fputs("request done 42 1 GET /index, as text\n", stdout);
}

static void write_64_bytes(long n)
{
	static const char line[] = "request done 42 1 GET /index, written to a descriptor directly.\n";
	_Static_assert(sizeof(line) - 1 == 64, "as the row says");
	for (long i = 0; i < n; i++) {
		if (write(1, line, sizeof(line) - 1) < 0)
			abort();
	}
}

static void log_system(long n)
{
	for (long i = 0; i < n; i++)
		syslog(LOG_INFO, "request done %d %d %s", 42, (int)i, "GET /index");
}

int main(int argc, char **argv)
{
	static const struct row rows[] = {
		{"printf", print}, {"printf36", print_36_bytes}, {"stderr", print_stderr},
		{"fputs", put},    {"write", write_64_bytes},    {"syslog", log_system},
		{NULL, NULL},
	};
	const int null = open("/dev/null", O_WRONLY);
	if (null < 0 || dup2(null, 2) < 0)
		return 1;
	return rounds_of_loops(argc, argv, rows, NULL); /* idle threads say nothing: that they exist is what is measured */
}
