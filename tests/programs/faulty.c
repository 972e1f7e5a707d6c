/*
 * faulty NAME - says two lines, says by a system call that nobody else makes that it is about to die, and dies: fault, abort, sent,
 * overflow, threads.
 */
#include "victim.h"

#include "marker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define IDLE 4

static int *volatile null_pointer;
static volatile int one = 1;

static NOINLINE void die_fault(void)
{
	*null_pointer = 1;
	KEEP_FRAME();
}

static NOINLINE int die_deeper(volatile char *above)
{
	volatile char here[512];
	here[0] = *above;
	return one ? die_deeper(here) + here[0] : 0;
}

static void *idle(void *barrier)
{
	pthread_barrier_wait(barrier);
	for (;;)
		pause();
	return NULL;
}

static void start_threads(void)
{
	static pthread_barrier_t barrier;
	pthread_t thread;
	pthread_barrier_init(&barrier, NULL, IDLE + 1);
	for (int i = 0; i < IDLE; i++)
		if (pthread_create(&thread, NULL, idle, &barrier) != 0)
			_exit(91);
	pthread_barrier_wait(&barrier);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	char first = 1;
	printf("about to die: %s\n", name);
	fflush(stdout);
	fprintf(stderr, "last words: %s\n", name);
	if (strcmp(name, "threads") == 0)
		start_threads();
	marker_set(strcmp(name, "abort") == 0 || strcmp(name, "sent") == 0);
	if (strcmp(name, "fault") == 0 || strcmp(name, "threads") == 0)
		die_fault();
	else if (strcmp(name, "abort") == 0)
		abort();
	else if (strcmp(name, "sent") == 0)
		kill(getpid(), SIGTERM);
	else if (strcmp(name, "overflow") == 0)
		die_deeper(&first);
	return 99;
}
