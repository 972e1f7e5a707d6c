#include "contain.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static sigjmp_buf back;
static pthread_t who;
static volatile sig_atomic_t why;
static struct sigaction before[SIGNALS]; /* who handles them otherwise */
static void (*last_word)(int number) = SIG_DFL;

void contain_before(void (*handler)(int number))
{
	last_word = handler;
}

/* Not what another process sends. */
static bool is_crash(const siginfo_t *info)
{
	return info->si_code > 0 || info->si_pid == getpid();
}

/* A thread of the library's own has nowhere to go. What is no crash of this work comes again when this returns. */
static void leave(int number, siginfo_t *info, void *unused)
{
	(void)unused;
	if (is_crash(info) && pthread_equal(pthread_self(), who)) {
		why = number;
		siglongjmp(back, 1);
	}
	for (int i = 0; i < SIGNALS; i++) {
		if (signals[i] == number)
			sigaction(number, &before[i], NULL);
	}
	raise(number);
}

/* Outside of such work a crash is a crash, as ever. */
static void take(void)
{
	struct sigaction ours = {.sa_sigaction = leave, .sa_flags = SA_SIGINFO};

	sigemptyset(&ours.sa_mask);
	for (int i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], &ours, &before[i]);
		if (before[i].sa_handler != SIG_DFL && before[i].sa_handler != last_word)
			sigaction(signals[i], &before[i], NULL);
	}
}

static void give_back(void)
{
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
}

bool contain(struct contained *library, void (*work)(void *context), void *context)
{
	if (library->crashed)
		return false;
	who = pthread_self();
	take();
	if (sigsetjmp(back, 1) == 0) {
		errno = 0;
		work(context);
	} else {
		library->crashed = why;
	}
	give_back();
	return !library->crashed;
}
