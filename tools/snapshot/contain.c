#include "contain.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static sigjmp_buf back;
static pthread_t who;
static volatile sig_atomic_t why;

/* A thread of the library's own has nowhere to go. */
static void leave(int number)
{
	if (pthread_equal(pthread_self(), who)) {
		why = number;
		siglongjmp(back, 1);
	}
	signal(number, SIG_DFL);
	raise(number);
}

/* Outside of such work a crash is a crash, as ever. */
static void take(struct sigaction before[SIGNALS])
{
	struct sigaction ours = {.sa_handler = leave};

	sigemptyset(&ours.sa_mask);
	for (int i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], &ours, &before[i]);
		if (before[i].sa_handler != SIG_DFL)
			sigaction(signals[i], &before[i], NULL);
	}
}

static void give_back(const struct sigaction before[SIGNALS])
{
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
}

bool contain(struct contained *library, void (*work)(void *context), void *context)
{
	struct sigaction before[SIGNALS];

	if (library->crashed)
		return false;
	who = pthread_self();
	take(before);
	if (sigsetjmp(back, 1) == 0) {
		errno = 0;
		work(context);
	} else {
		library->crashed = why;
	}
	give_back(before);
	return !library->crashed;
}
