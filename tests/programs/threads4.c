/*
 * threads4 [DENIAL] - four named threads that log in turn; then worker-2 dies in crash_here() while the others stand in wait_here(). One
 * of them, worker-3, has blocked all signals. With a denial, without that (denials.h).
 */
#include "denials.h"
#include "victim.h"

#include <pthread.h>
#include <stdint.h>

#define WORKERS 4
#define ROUNDS  5

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static int waiting;
static int *volatile null_pointer;
static const char *denied = "";

static void say_in_turn(int worker, int round)
{
	pthread_mutex_lock(&lock);
	while (turn != round * WORKERS + worker)
		pthread_cond_wait(&changed, &lock);
	printf("worker %d on standard output, round %d\n", worker, round);
	fprintf(stderr, "worker %d on standard error, round %d\n", worker, round);
	turn++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static NOINLINE void wait_here(void)
{
	pthread_mutex_lock(&lock);
	waiting++;
	pthread_cond_broadcast(&changed);
	for (;;)
		pthread_cond_wait(&changed, &lock);
}

static NOINLINE void crash_here(void)
{
	*null_pointer = 1;
	KEEP_FRAME();
}

static void *work(void *argument)
{
	const int worker = (int)(intptr_t)argument;
	char name[16];
	snprintf(name, sizeof(name), "worker-%d", worker);
	pthread_setname_np(pthread_self(), name);
	if (worker == 3) {
		sigset_t all;
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, NULL);
	}
	if (worker == 1)
		deny_to_thread(denied);
	for (int round = 0; round < ROUNDS; round++)
		say_in_turn(worker, round);
	if (worker != 2)
		wait_here();
	pthread_mutex_lock(&lock);
	while (waiting != WORKERS - 1)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	deny_at_last(denied);
	crash_here();
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		denied = argv[1];
		deny(denied, argv);
	}
	pthread_t threads[WORKERS];
	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i) != 0)
			return 1;
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
