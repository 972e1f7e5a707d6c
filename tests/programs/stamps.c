/*
 * stamps SECONDS END [no_tsc|lose_tsc] - threads hand a token around; who has it records an event: its number, the wall clock
 * just before, and the wall clock just after the event before. Evenly over SECONDS. END: abort, kill, or live (waits to be
 * killed). no_tsc: without the time-stamp counter, whose reading then kills; lose_tsc: the same, after it has recorded an
 * event.
 *
 * The wall clock is read by the system call: the vdso's reading needs the counter.
 */
#include <ttlog.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 3, EVENTS = 3000 };

static sem_t turns[THREADS];
static uint64_t previous, interval_ns;
static struct timespec next;

static uint64_t wall_clock(void)
{
	struct timespec now;
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Evenly, however long the events take. */
static void pace(void)
{
	const uint64_t ns = (uint64_t)next.tv_nsec + interval_ns;
	next.tv_sec += (time_t)(ns / 1000000000u);
	next.tv_nsec = (long)(ns % 1000000000u);
	syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
}

static void *take_turns(void *argument)
{
	const uint64_t self = (uintptr_t)argument;
	for (uint64_t number = self; number < EVENTS; number += THREADS) {
		while (sem_wait(&turns[self]) != 0)
			;
		pace();
		const uint64_t before = wall_clock();
		ttlog_info("stamp", ttlog_kv("number", number), ttlog_kv("before", before), ttlog_kv("previous", previous));
		previous = wall_clock();
		sem_post(&turns[(self + 1) % THREADS]);
	}
	return NULL;
}

static void end(const char *how)
{
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "kill") == 0)
		raise(SIGKILL);
	if (write(1, "ready\n", 6) == 6)
		pause();
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	if (argc > 3 && strcmp(argv[3], "lose_tsc") == 0)
		ttlog_info("first");
	if (argc < 3 || (argc > 3 && prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) != 0))
		return 2;
	interval_ns = (uint64_t)(atof(argv[1]) * 1e9) / EVENTS;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &next);
	for (uintptr_t i = 0; i < THREADS; i++)
		sem_init(&turns[i], 0, i == 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, take_turns, (void *)i) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ttlog_info("last", ttlog_kv("previous", previous));
	end(argv[2]);
	return 3;
}
