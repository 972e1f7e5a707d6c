/*
 * rounds.h - what a measured program does for the driver: it offers rows, and runs a round of one whenever it is asked to.
 *
 * A request is a line on standard input, "ROW EVENTS"; its answer is a line on what was standard output, "NANOSECONDS" of one
 * event, or "- REASON" where the row cannot be had. So the driver can let the rounds of many processes take turns, and all of
 * them share whatever the machine is doing. A request to read the next row is the only thing a program waits for.
 *
 * Standard output is /dev/null for all else. Exits at the end of its input.
 */
#ifndef TTLOG_BENCH_ROUNDS_H
#define TTLOG_BENCH_ROUNDS_H

#ifdef __cplusplus
extern "C" {
#endif

/* A loop: run(n) is n events. With more than one thread each runs it; a round lasts from the first beginning to the last end. */
struct row {
	const char *name;
	void (*run)(long events);
};

/*
 * PROGRAM [THREADS [IDLE]]: the rows are run by THREADS threads (1: the main thread, alone unless there are idle ones), each
 * pinned to a core in turn, while IDLE further threads are alive that have called `hello` once, before anybody else did
 * anything. Two rows are always offered beside the given ones, the same code in every program: "limit" and "arithmetic". The
 * list ends with NULL.
 */
int rounds_of_loops(int argc, char **argv, const struct row *rows, void (*hello)(void));

/* A row that measures itself: nanoseconds of one of `events`; -1: could not be had, and *why says so. */
struct measure {
	const char *name;
	double (*take)(long events, const char **why);
};
int rounds_of_measures(const struct measure *measures);

double now_ns(void);

/* The least that an event with a time can cost on this machine: rdtsc and a store of 64 bytes into the thread's ring of 640 KB. */
void limit(long events);

/* Additions that depend on each other: slower on two cores at once than on one only where both are one physical core. */
void arithmetic(long events);

#ifdef __cplusplus
}
#endif
#endif
