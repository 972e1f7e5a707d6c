/*
 * guards [dies] - lives on faults as a WebAssembly machine does: accesses to a guard page, in several threads, that the handler leaves
 * by a new program counter or by siglongjmp. Then, where it is told to, it dies of one that is none of these.
 */
#include "guarded_load.h"
#include "signal_context.h"
#include "victim.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { FAULTS = 10000, THREADS = 3 };

static char *guard;
static __thread sigjmp_buf back;
static __thread volatile int jumps, moves, jumping;

static void handle(int number, siginfo_t *info, void *context)
{
	if (info->si_addr != guard) {
		signal(number, SIG_DFL);
		return;
	}
	if (jumping) {
		jumps++;
		siglongjmp(back, 1);
	}
	moves++;
	signal_context_go_to(context, guarded_landing);
}

static void *work(void *unused)
{
	(void)unused;
	for (volatile int i = 0; i < FAULTS; i++) {
		jumping = i % 2;
		if (sigsetjmp(back, 1) == 0 && load_guarded(guard) != 1)
			abort();
	}
	printf("%d jumps, %d moves\n", jumps, moves);
	return NULL;
}

static NOINLINE void another_fault(void)
{
	*(volatile int *)24 = 1;
	KEEP_FRAME();
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	(void)argv;
	guard = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGSEGV, &action, NULL);
	work(NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (argc > 1)
		another_fault();
	return 0;
}
