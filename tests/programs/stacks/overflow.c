/* Stacks that are used up: of main, of threads of many kinds, of signal handlers; and deep ones that are not. */
#include "ways.h"

#include "signal_context.h"

#include <alloca.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static NOINLINE int recurse(volatile char *above)
{
	volatile char here[200];
	here[0] = *above;
	if (one == 0)
		return 0;
	return recurse(here) + here[0];
}

WAY(overflow)
{
	char first = 1;
	recurse(&first);
}

/* Each frame is larger than any guard. */
static NOINLINE int recurse_widely(volatile char *above)
{
	volatile char *here = alloca(1 << 20);
	here[0] = *above;
	if (one == 0)
		return 0;
	return recurse_widely(here) + here[0];
}

WAY(overflow_wide)
{
	char first = 1;
	recurse_widely(&first);
}

WAY(overflow_limited)
{
	const struct rlimit small = {512 * 1024, RLIM_INFINITY};
	setrlimit(RLIMIT_STACK, &small);
	way_overflow();
}

/* Inside printf itself: on a stack that has just room for its callers. */
static NOINLINE int print_deep(volatile char *above)
{
	volatile char here[256];
	char text[16];
	here[0] = *above;
	snprintf(text, sizeof(text), "%.3f", 1.5 + here[0]);
	if (one == 0)
		return 0;
	return print_deep(here) + text[0];
}

WAY(overflow_in_printf)
{
	char first = 1;
	print_deep(&first);
}

static void *overflow_here(void *speaks)
{
	pthread_setname_np(pthread_self(), "victim");
	if (speaks)
		fprintf(stderr, "the thread speaks\n");
	way_overflow();
	return NULL;
}

static void run(const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	pthread_t thread;
	if (pthread_create(&thread, attributes, body, argument) != 0)
		_exit(92);
	pthread_join(thread, NULL);
}

WAY(overflow_thread)
{
	run(NULL, overflow_here, NULL);
}

WAY(overflow_thread_small)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	run(&attributes, overflow_here, NULL);
}

WAY(overflow_thread_wide)
{
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setguardsize(&attributes, 4 << 20);
	pthread_attr_setstacksize(&attributes, 16 << 20);
	run(&attributes, (void *(*)(void *))(void *)way_overflow_wide, NULL);
}

WAY(overflow_thread_given_stack)
{
	const size_t bytes = 256 * 1024;
	char *memory = map(bytes + 4096, PROT_READ | PROT_WRITE);
	pthread_attr_t attributes;
	mprotect(memory, 4096, PROT_NONE);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, memory + 4096, bytes);
	run(&attributes, overflow_here, NULL);
}

int resting;

static NOINLINE void *rest(void *unused)
{
	(void)unused;
	__atomic_add_fetch(&resting, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return NULL;
}

void create_many(unsigned count, int detached)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 * 1024);
	pthread_attr_setdetachstate(&attributes, detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
	for (unsigned i = 0; i < count; i++)
		if (pthread_create(&thread, &attributes, rest, NULL) != 0)
			_exit(93);
}

WAY(overflow_thread_2000th)
{
	create_many(2000, 0);
	run(NULL, overflow_here, NULL);
}

WAY(overflow_thread_detached)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, overflow_here, (void *)1) != 0)
		_exit(94);
	rest(NULL);
}

/* Past the agent's pthread_create: what a library that is opened with RTLD_DEEPBIND does. */
static void run_unseen(void *argument)
{
	typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	pthread_t thread;
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_LOCAL), *threads = dlopen("libpthread.so.0", RTLD_NOW | RTLD_LOCAL);
	create *begin = libc ? (create *)dlsym(libc, "pthread_create") : NULL;
	/* Before glibc 2.34 */
	if (!begin && threads)
		begin = (create *)dlsym(threads, "pthread_create");
	if (!begin || begin(&thread, NULL, overflow_here, argument) != 0)
		_exit(95);
	pthread_join(thread, NULL);
}

WAY(overflow_thread_unseen)
{
	run_unseen((void *)1);
}

WAY(overflow_thread_unseen_silent)
{
	run_unseen(NULL);
}

static int cloned(void *speaks)
{
	if (speaks && write(2, "the thread speaks\n", 18) != 18)
		_exit(96);
	way_overflow();
	return 0;
}

void run_cloned(int flags, void *tls, void *argument)
{
	enum { BYTES = 256 * 1024 };
	char *stack = map(BYTES + 4096, PROT_READ | PROT_WRITE);
	mprotect(stack, 4096, PROT_NONE);
	if (clone(cloned, stack + 4096 + BYTES, flags | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, argument,
		  NULL, tls, NULL) < 0)
		_exit(97);
	rest(NULL);
}

WAY(overflow_clone)
{
	run_cloned(0, NULL, NULL);
}

/* The program's own signal stack is gone when it is needed. */
WAY(altstack_gone)
{
	char *memory = map(65536, PROT_READ | PROT_WRITE);
	const stack_t stack = {.ss_sp = memory, .ss_size = 65536};
	sigaltstack(&stack, NULL);
	munmap(memory, 65536);
	fault();
}

/*
 * With less than half a KB aarch64 would store and move the stack pointer in one, which then has not moved when that faults: on a stack for
 * signals there is no way for the kernel to tell anybody, since the next frame would have to go below it too.
 */
static NOINLINE int recurse_far(volatile char *above)
{
	volatile char here[600];
	here[0] = *above;
	if (one == 0)
		return 0;
	return recurse_far(here) + here[0];
}

static void recurse_in_handler(int sig)
{
	char first = 1;
	(void)sig;
	recurse_far(&first);
}

/* A handler that uses up the stack it was given: the kernel begins that stack anew for the next one, over its frames. */
WAY(altstack_overflow)
{
	char *memory = map(65536 + 4096, PROT_READ | PROT_WRITE);
	const stack_t stack = {.ss_sp = memory + 4096, .ss_size = 65536};
	struct sigaction action = {.sa_handler = recurse_in_handler, .sa_flags = SA_ONSTACK};
	mprotect(memory, 4096, PROT_NONE);
	sigemptyset(&action.sa_mask);
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	KEEP_FRAME();
}

/* Deep, not too deep --------------------------------------------------------------------------------------------------------- */

static NOINLINE int dive(int depth)
{
	if (depth == 0)
		fault();
	return depth ? dive(depth - 1) + one : 0;
}

static NOINLINE int dive_a(int depth);

static NOINLINE int dive_b(int depth)
{
	return dive_a(depth - 1) + one;
}

static NOINLINE int dive_a(int depth)
{
	if (depth <= 0)
		fault();
	return dive_b(depth - 1) + one;
}

WAY(deep)
{
	dive(4999);
	KEEP_FRAME();
}

WAY(deep_mutual)
{
	dive_a(5000);
	KEEP_FRAME();
}

static void say_and_abort(int sig)
{
	(void)sig;
	if (write(2, "the handler speaks\n", 19) != 19)
		_exit(96);
	abort();
}

/* Not enough for two signals; what lies below it could be written. */
WAY(altstack_small)
{
	struct sigaction action = {.sa_handler = say_and_abort, .sa_flags = SA_ONSTACK};
	stack_t stack = {.ss_size = SIGNAL_STACK_SCANT};
	stack.ss_sp = (char *)map(4096 + stack.ss_size, PROT_READ | PROT_WRITE) + 4096;
	if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGSEGV, &action, NULL) != 0)
		_exit(97);
	fault();
	KEEP_FRAME();
}
