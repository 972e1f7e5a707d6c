/*
 * Records events, says when it begins to die, and dies.
 *
 *	victim fault|abort|wait THREADS EVENTS DESCRIPTOR
 *
 * Each thread stands a few calls deep and has recorded one event. The time (CLOCK_MONOTONIC, nanoseconds, a double) goes to the
 * descriptor immediately before the death; "wait" is for somebody else's SIGKILL.
 */
#include <ttlog.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_barrier_t all_there;
static volatile int resting = 1; /* for ever */

static __attribute__((noinline)) void rest(int depth)
{
	if (depth > 0) {
		rest(depth - 1);
	} else {
		ttlog_info("thread rests");
		pthread_barrier_wait(&all_there);
		while (resting)
			pause();
	}
	__asm__ volatile(""); /* no tail call: each depth is a frame */
}

static void *thread_run(void *argument)
{
	rest(4);
	return argument;
}

static void say_time(int fd)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const double ns = (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
	if (write(fd, &ns, sizeof(ns)) != sizeof(ns))
		_exit(3);
}

static __attribute__((noinline)) void die(const char *how, int fd)
{
	volatile int *volatile nowhere = NULL;
	say_time(fd);
	if (strcmp(how, "fault") == 0)
		*nowhere = 1;
	else if (strcmp(how, "abort") == 0)
		abort();
	while (resting)
		pause();
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	const int threads = atoi(argv[2]), events = atoi(argv[3]);
	pthread_barrier_init(&all_there, NULL, (unsigned)threads);
	for (int i = 1; i < threads; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, thread_run, NULL) != 0)
			return 2;
	}
	pthread_barrier_wait(&all_there);
	for (int i = 0; i < events; i++)
		ttlog_info("request done", ttlog_kv("status", 42), ttlog_kv("index", i), ttlog_kv("path", "GET /index"));
	die(argv[1], atoi(argv[4]));
}
