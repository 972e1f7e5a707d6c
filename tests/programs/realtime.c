/*
 * realtime - two threads on one processor change a disposition as fast as they can, and one of them, of a real-time priority, every
 * millisecond. It says how that ended. Status 77: no such priority is to be had.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

enum { TURNS = 200, NOT_ALLOWED = 77, LIMIT_US = 2000000 };

static bool over;

static void nothing(int number)
{
	(void)number;
}

static void change(void)
{
	const struct sigaction action = {.sa_handler = nothing};
	sigaction(SIGTERM, &action, NULL);
}

static void *keep_changing(void *unused)
{
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
		change();
	return unused;
}

static void *change_in_turns(void *unused)
{
	const struct timespec turn = {0, 1000000};
	for (int i = 0; i < TURNS; i++) {
		nanosleep(&turn, NULL);
		change();
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	return unused;
}

int main(void)
{
	pthread_t low, high;
	pthread_attr_t attributes;
	cpu_set_t here;
	const struct sched_param priority = {.sched_priority = 1};
	const struct rlimit limit = {LIMIT_US, LIMIT_US}; /* that it runs without a call that waits: it is killed then */
	sched_getaffinity(0, sizeof(here), &here);
	int processor = 0;
	while (!CPU_ISSET(processor, &here))
		processor++;
	CPU_ZERO(&here);
	CPU_SET(processor, &here);
	sched_setaffinity(0, sizeof(here), &here);
	setrlimit(RLIMIT_RTTIME, &limit);
	pthread_attr_init(&attributes);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &priority);
	if (pthread_create(&high, &attributes, change_in_turns, NULL) != 0)
		return NOT_ALLOWED;
	pthread_create(&low, NULL, keep_changing, NULL);
	pthread_join(high, NULL);
	pthread_join(low, NULL);
	puts("both came to their end");
	return 0;
}
