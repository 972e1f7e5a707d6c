/*
 * Rounds of loops, on one thread or on several that begin together.
 *
 * One thread is the main thread, so that a program which is to be single-threaded is (libc's locks cost nothing then).
 * Several are started once and wait at a barrier between rounds: a round contains no start of a thread.
 */
#include "requests.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

static struct worker {
	pthread_t thread;
	double begin, end;
} workers[THREADS_MAX];

static const struct row *rows;
static void (*hello)(void);
static int threads, idle;
static pthread_barrier_t meeting;
static struct {
	void (*run)(long);
	long events;
} order;

static void pin(int number)
{
	static cpu_set_t allowed; /* as it was before the first pin */
	cpu_set_t one;
	if (!CPU_COUNT(&allowed))
		sched_getaffinity(0, sizeof(allowed), &allowed);
	number %= CPU_COUNT(&allowed);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed) && number-- == 0)
			CPU_SET(cpu, &one);
	}
	sched_setaffinity(0, sizeof(one), &one);
}

static void *worker_run(void *argument)
{
	struct worker *self = argument;
	pin((int)(self - workers));
	for (;;) {
		pthread_barrier_wait(&meeting);
		self->begin = now_ns();
		order.run(order.events);
		self->end = now_ns();
		pthread_barrier_wait(&meeting);
	}
	return NULL;
}

static void *idle_run(void *argument)
{
	(void)argument;
	if (hello)
		hello();
	pthread_barrier_wait(&meeting);
	for (;;)
		pause();
	return NULL;
}

static void start(void *(*run)(void *), struct worker *worker)
{
	pthread_t thread;
	if (pthread_create(worker ? &worker->thread : &thread, NULL, run, worker) != 0) {
		perror("pthread_create");
		exit(1);
	}
}

static double round_together(void)
{
	double begin, end;
	pthread_barrier_wait(&meeting);
	pthread_barrier_wait(&meeting);
	begin = workers[0].begin;
	end = workers[0].end;
	for (int i = 1; i < threads; i++) {
		begin = workers[i].begin < begin ? workers[i].begin : begin;
		end = workers[i].end > end ? workers[i].end : end;
	}
	return end - begin;
}

static double round_alone(void)
{
	const double begin = now_ns();
	order.run(order.events);
	return now_ns() - begin;
}

static void (*loop_named(const char *name))(long)
{
	static const struct row everywhere[] = {{"limit", limit}, {"arithmetic", arithmetic}, {NULL, NULL}};
	for (const struct row *row = rows; row->name; row++) {
		if (strcmp(row->name, name) == 0)
			return row->run;
	}
	for (const struct row *row = everywhere; row->name; row++) {
		if (strcmp(row->name, name) == 0)
			return row->run;
	}
	return NULL;
}

static double take_loop(const char *name, long events, const char **why)
{
	(void)why;
	order.run = loop_named(name);
	order.events = events > 0 ? events : 1;
	if (!order.run)
		return -1;
	return (threads > 1 ? round_together() : round_alone()) / (double)order.events;
}

int rounds_of_loops(int argc, char **argv, const struct row *list, void (*each_idle)(void))
{
	rows = list;
	hello = each_idle;
	threads = argc > 1 ? atoi(argv[1]) : 1;
	idle = argc > 2 ? atoi(argv[2]) : 0;
	if (threads < 1 || threads > THREADS_MAX || idle < 0) {
		fprintf(stderr, "usage: %s [THREADS [IDLE]]\n", argv[0]);
		return 2;
	}
	pin(0);
	if (idle) {
		pthread_barrier_init(&meeting, NULL, (unsigned)idle + 1);
		for (int i = 0; i < idle; i++)
			start(idle_run, NULL);
		pthread_barrier_wait(&meeting);
	}
	if (threads > 1) {
		pthread_barrier_init(&meeting, NULL, (unsigned)threads + 1);
		for (int i = 0; i < threads; i++)
			start(worker_run, &workers[i]);
	}
	return requests_answer(take_loop);
}
