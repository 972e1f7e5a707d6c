/*
 * What one event costs its program, beside the least that a time-stamped event can cost on this machine: rdtsc and a store of 64
 * bytes.
 *
 * All rows are measured in turns inside one process, so that they share whatever the machine is doing; the figure is the
 * median of the rounds. Run under LD_PRELOAD=libttlog_agent.so with standard output on a terminal, a file or a pipe: the rows that
 * print do so to /dev/null. Prints a table and, with an argument, the same as JSON into that file.
 */
#include <ttlog.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, EVENTS = 200000, RING_BYTES = 640 * 1024 };

static unsigned char ring[RING_BYTES] __attribute__((aligned(64)));
static FILE *sink;
static int sink_fd;

static void limit(int n)
{
	static size_t at;
	for (int i = 0; i < n; i++) {
		uint64_t *slot = (uint64_t *)(void *)(ring + at);
		slot[0] = __builtin_ia32_rdtsc();
		for (int k = 1; k < 8; k++)
			slot[k] = (uint64_t)i;
		at = at + 64 == RING_BYTES ? 0 : at + 64;
		__asm__ volatile("" : : : "memory");
	}
}

static void macro_text(int n)
{
	for (int i = 0; i < n; i++)
		ttlog_info("request done");
}

static void macro_values(int n)
{
	for (int i = 0; i < n; i++)
		ttlog_info("request done", ttlog_kv("status", 42), ttlog_kv("index", i), ttlog_kv("path", "GET /index"));
}

static void macro_filtered(int n)
{
	for (int i = 0; i < n; i++)
		ttlog_trace("request done", ttlog_kv("index", i));
}

static void macro_formatted(int n)
{
	for (int i = 0; i < n; i++)
		ttlog_infof("request done %d %d %s", 42, i, "GET /index");
}

static void print_line(int n)
{
	for (int i = 0; i < n; i++)
		fprintf(sink, "request done %d %d %s\n", 42, i, "GET /index");
}

static void put_line(int n)
{
	for (int i = 0; i < n; i++)
		fputs("request done 42 1 GET /index, as text\n", sink);
}

static void write_line(int n)
{
	static const char line[64] = "request done 42 1 GET /index, written to a descriptor directly\n";
	for (int i = 0; i < n / 8; i++) {
		if (write(sink_fd, line, sizeof(line)) < 0)
			abort();
	}
}

static const struct row {
	const char *name;
	void (*run)(int);
	int divisor; /* of EVENTS */
} rows[] = {
	{"limit: rdtsc + 64-byte store", limit, 1}, {"macro, text only", macro_text, 1},
	{"macro, 3 key-values", macro_values, 1},   {"macro, formatted", macro_formatted, 1},
	{"macro, filtered out", macro_filtered, 1}, {"printf, 3 arguments", print_line, 1},
	{"fputs, 38 bytes", put_line, 1},           {"write, 64 bytes", write_line, 8},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double ns[ROWS][ROUNDS];
	/* "on": descriptor 1 on /dev/null, which the agent records; "off": the same file under another number, which it does not.
	 */
	const int recorded = argc > 1 && argv[1][0] == 'r';
	const int report = dup(1);
	const int null = open("/dev/null", O_WRONLY);
	if (recorded)
		dup2(null, 1);
	sink = recorded ? stdout : fdopen(dup(null), "w");
	static char buffer[65536];
	setvbuf(sink, buffer, _IOFBF, sizeof(buffer));
	sink_fd = recorded ? 1 : null;
	for (int round = 0; round < ROUNDS; round++) {
		for (int row = 0; row < ROWS; row++) {
			const double begin = seconds();
			rows[row].run(EVENTS);
			ns[row][round] = (seconds() - begin) * 1e9 / (EVENTS / rows[row].divisor);
		}
	}
	for (int row = 0; row < ROWS; row++) {
		qsort(ns[row], ROUNDS, sizeof(double), compare);
		dprintf(report, "%-30s %8.2f ns  %5.2f x limit\n", rows[row].name, ns[row][ROUNDS / 2],
			ns[row][ROUNDS / 2] / ns[0][ROUNDS / 2]);
	}
	return 0;
}
