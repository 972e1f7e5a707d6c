/* The other threads of the process. */
#include "combine.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>

enum { IDLE = 100, CROWD = 300, LOGGERS = 8, LOGGED = 20, BUSY = 4, DYING = 20 };

static sem_t at_it, never;
static pthread_barrier_t meeting;
static bool meets;

static void start(unsigned count, void *(*body)(void *), size_t stack_bytes)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, stack_bytes);
	for (unsigned i = 0; i < count; i++) {
		pthread_t thread;
		errno = pthread_create(&thread, &attributes, body, NULL);
		if (errno)
			LOST("pthread_create");
	}
	pthread_attr_destroy(&attributes);
	for (unsigned i = 0; i < count; i++)
		while (sem_wait(&at_it) != 0)
			;
}

static void *wait_for_ever(void *unused)
{
	(void)unused;
	sem_post(&at_it);
	for (;;)
		sem_wait(&never);
	return NULL;
}

static void one_more(void)
{
	start(1, wait_for_ever, 256 * 1024);
}

static void idle(void)
{
	start(IDLE, wait_for_ever, 256 * 1024);
}

static void crowd(void)
{
	start(CROWD, wait_for_ever, PTHREAD_STACK_MIN);
}

/* Lines of an exact number until the death can come; then as fast as it goes. */
static void *log_for_ever(void *unused)
{
	static volatile int names;
	const int name = __atomic_fetch_add(&names, 1, __ATOMIC_RELAXED);
	(void)unused;
	for (int line = 0;; line++) {
		fprintf(stderr, "logger %d says line %d\n", name, line);
		if (line == LOGGED)
			sem_post(&at_it);
	}
	return NULL;
}

static void loggers(void)
{
	start(LOGGERS, log_for_ever, 256 * 1024);
}

static void *live_shortly(void *unused)
{
	return unused;
}

static void *bear_for_ever(void *unused)
{
	pthread_t thread;
	sem_post(&at_it);
	for (;;)
		if (pthread_create(&thread, NULL, live_shortly, unused) == 0)
			pthread_join(thread, NULL);
	return NULL;
}

static void births(void)
{
	start(BUSY, bear_for_ever, 256 * 1024);
}

static void *allocate_for_ever(void *unused)
{
	(void)unused;
	sem_post(&at_it);
	for (unsigned i = 0;; i++) {
		void *volatile memory = malloc(2000 + i % 3000); /* too large for the thread's own cache */
		free(memory);
	}
	return NULL;
}

static void mallocs(void)
{
	mallopt(M_ARENA_MAX, 1);
	start(BUSY, allocate_for_ever, 256 * 1024);
}

static void *fork_for_ever(void *unused)
{
	(void)unused;
	sem_post(&at_it);
	for (;;) {
		const pid_t child = fork();
		if (child == 0)
			_exit(0);
		while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return NULL;
}

static void forks(void)
{
	start(1, fork_for_ever, 256 * 1024);
}

static void *suffer_too(void *unused)
{
	sem_post(&at_it);
	suffer();
	return unused;
}

static void barrier(void)
{
	pthread_barrier_init(&meeting, NULL, DYING + 1);
	meets = true;
	start(DYING, suffer_too, 256 * 1024);
}

void company_meet(void)
{
	if (meets)
		pthread_barrier_wait(&meeting);
}

const struct choice companies[] = {
	{"none", NULL},     {"one", one_more},    {"idle", idle},   {"crowd", crowd},     {"loggers", loggers},
	{"births", births}, {"mallocs", mallocs}, {"forks", forks}, {"barrier", barrier}, {NULL, NULL},
};
