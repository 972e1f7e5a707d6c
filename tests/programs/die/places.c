/* Faults elsewhere than in main. */
#include "die.h"

#include <pthread.h>
#include <sys/wait.h>

static void *thread_null_write(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "victim");
	fprintf(stderr, "the thread speaks\n");
	death_null_write();
	return NULL;
}

static void *thread_stack_overflow(void *speaks)
{
	pthread_setname_np(pthread_self(), "victim");
	if (speaks)
		fprintf(stderr, "the thread speaks\n");
	death_stack_overflow();
	return NULL;
}

void join(void *(*body)(void *), void *argument)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, body, argument) != 0)
		_exit(94);
	pthread_join(thread, NULL);
}

DEATH(in_thread)
{
	join(thread_null_write, NULL);
}

void *thread_silent_write(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "victim");
	death_null_write();
	return NULL;
}

DEATH(overflow_in_thread)
{
	join(thread_stack_overflow, (void *)1);
}

DEATH(overflow_in_silent_thread)
{
	join(thread_stack_overflow, NULL);
}

void handler_null_write(int sig)
{
	(void)sig;
	death_null_write();
}

DEATH(in_handler)
{
	signal(SIGUSR1, handler_null_write);
	raise(SIGUSR1);
}

DEATH(in_atexit)
{
	atexit(death_null_write);
	exit(0);
}

static int compare(const void *a, const void *b)
{
	(void)a;
	(void)b;
	death_null_write();
	return 0;
}

DEATH(in_qsort)
{
	int numbers[] = {3, 2, 1};
	qsort(numbers, 3, sizeof(*numbers), compare);
}

DEATH(in_fork_child)
{
	const pid_t child = fork();
	if (child == 0) {
		fprintf(stderr, "the child speaks\n");
		death_null_write();
	}
	int status = 0;
	waitpid(child, &status, 0);
	printf("child: signal %d core %d\n", WTERMSIG(status), WCOREDUMP(status));
	exit(0);
}

DEATH(as_daemon)
{
	if (fork() != 0)
		_exit(0);
	setsid();
	if (fork() != 0)
		_exit(0);
	fprintf(stderr, "the daemon speaks\n");
	death_null_write();
}

DEATH(in_constructor)
{
}

/* The catalogue of this file ------------------------------------------------------------------------------------------------- */

const struct death place_deaths[] = {
	ROW(in_thread),     ROW(overflow_in_thread), ROW(overflow_in_silent_thread),
	ROW(in_handler),    ROW(in_atexit),          ROW(in_qsort),
	ROW(in_fork_child), ROW(as_daemon),          ROW(in_constructor),
	{NULL, NULL},
};
