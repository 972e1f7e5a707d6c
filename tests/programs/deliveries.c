/*
 * deliveries - what signals do when they come: stacks, masks, restarts, resets, faults with what the kernel says of them; each in its
 * own line or lines. deliveries overflow: a handler that asks for an alternate stack where there is none, at a stack overflow.
 */
#include "signal_view.h"

#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

static void set(int number, view_handler *handler, unsigned flags, int masked)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = (int)flags};
	sigemptyset(&action.sa_mask);
	if (masked)
		sigaddset(&action.sa_mask, masked);
	if (sigaction(number, &action, NULL) != 0)
		printf("sigaction %d: errno %d\n", number, errno);
}

static void set_stack(void *memory, size_t bytes)
{
	const stack_t stack = {.ss_sp = memory, .ss_size = bytes, .ss_flags = memory ? 0 : SS_DISABLE};
	printf("sigaltstack: %d\n", sigaltstack(&stack, NULL));
}

/* Stacks ------------------------------------------------------------------------------------------------------------------- */

static const int captured[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS, SIGTERM, SIGUSR1};
enum { CAPTURED = sizeof(captured) / sizeof(*captured) };

static void raise_each(const char *when)
{
	for (unsigned i = 0; i < CAPTURED; i++) {
		printf("%s, ", when);
		raise(captured[i]);
	}
}

static void stacks(void)
{
	for (unsigned i = 0; i < CAPTURED; i++)
		set(captured[i], view_other, SA_SIGINFO | SA_ONSTACK, SIGHUP);
	raise_each("wished, none set");
	set_stack(view_stacks[0], SIGNAL_STACK);
	raise_each("as much as SIGSTKSZ was set");
	set_stack(view_stacks[1], VIEW_STACK_BYTES);
	raise_each("another set");
	set_stack(NULL, 0);
	raise_each("taken away");
	for (unsigned i = 0; i < CAPTURED; i++)
		set(captured[i], view_other, SA_SIGINFO, 0);
	set_stack(view_stacks[0], VIEW_STACK_BYTES);
	raise_each("set, not wished");
	set_stack(NULL, 0);
}

/* Setting it in the handler that runs on it is refused; off it, it is not. */
static void changes_stack(int number)
{
	const stack_t stack = {.ss_sp = view_stacks[1], .ss_size = VIEW_STACK_BYTES};
	errno = 0;
	printf("in handler %d sigaltstack: %d", number, sigaltstack(&stack, NULL));
	printf(" errno %d\n", errno);
}

static void stack_changed_inside(void)
{
	set(SIGTERM, changes_stack, SA_ONSTACK, 0);
	raise(SIGTERM);
	raise(SIGTERM);
	set_stack(NULL, 0);
}

/* Masks and flags ---------------------------------------------------------------------------------------------------------- */

static void masks(void)
{
	static const unsigned flags[] = {0, SA_NODEFER, SA_RESETHAND, SA_NODEFER | SA_RESETHAND, SA_RESTART};
	for (unsigned i = 0; i < CAPTURED; i++) {
		for (unsigned f = 0; f < sizeof(flags) / sizeof(*flags); f++) {
			struct sigaction now;
			set(captured[i], view_other, SA_SIGINFO | flags[f], SIGQUIT);
			sigqueue(getpid(), captured[i], (union sigval){.sival_int = (int)f});
			sigaction(captured[i], NULL, &now);
			printf("afterwards %d", captured[i]);
			view_action(&now);
		}
	}
}

static volatile sig_atomic_t depth;

static void nests(int number)
{
	const int here = ++depth;
	printf("handler %d begins, depth %d\n", number, here);
	if (here < 3)
		raise(here % 2 ? number : SIGTERM);
	printf("handler %d ends, depth %d\n", number, here);
}

static void nesting(void)
{
	set(SIGTERM, nests, 0, 0);
	set(SIGSEGV, nests, SA_NODEFER, SIGTERM);
	raise(SIGSEGV);
	depth = 0;
	set(SIGSEGV, nests, 0, 0);
	raise(SIGSEGV);
}

/* Restarts: a timer's signal again and again, so that none has to come at a certain moment. -------------------------------- */

static int ends[2];
static volatile sig_atomic_t ticks, writes_at;

static void tick(int number)
{
	const int saved_errno = errno;
	(void)number;
	if (++ticks == writes_at && write(ends[1], "x", 1) != 1)
		_exit(80);
	errno = saved_errno;
}

static void restart(int number, unsigned flags)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
	const struct itimerspec often = {{0, 3000000}, {0, 3000000}};
	const struct timespec second = {60, 0};
	timer_t timer;
	char byte;
	ticks = 0;
	writes_at = flags & SA_RESTART ? 4 : 0;
	set(number, tick, flags, 0);
	if (pipe(ends) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
		_exit(81);
	timer_settime(timer, 0, &often, NULL);
	errno = 0;
	const ssize_t got = read(ends[0], &byte, 1);
	printf("%d flags %x: read %zd errno %d", number, flags, got, errno);
	struct pollfd nothing = {ends[0], POLLIN, 0};
	errno = 0;
	printf(" poll %d", poll(&nothing, 1, 60000));
	printf(" errno %d", errno);
	errno = 0;
	printf(" nanosleep %d", nanosleep(&second, NULL));
	printf(" errno %d\n", errno);
	timer_delete(timer);
	close(ends[0]);
	close(ends[1]);
}

static void restarts(void)
{
	restart(SIGTERM, 0);
	restart(SIGTERM, SA_RESTART);
	restart(SIGSEGV, SA_RESTART);
	restart(SIGHUP, 0);
	restart(SIGUSR1, SA_RESTART);
	signal(SIGINT, tick);
	siginterrupt(SIGINT, 1);
	struct sigaction now;
	sigaction(SIGINT, NULL, &now);
	restart(SIGINT, (unsigned)now.sa_flags & SA_RESTART);
}

/* Faults ------------------------------------------------------------------------------------------------------------------- */

static sigjmp_buf back;
static char *page;

static void fault_handler(int number, siginfo_t *info, void *context)
{
	const char *where = info->si_addr == page ? "page" : info->si_addr == (void *)16 ? "16" : !info->si_addr ? "0" : "code";
	int trap;
	unsigned error;
	fault_numbers(context, &trap, &error);
	printf("fault %d code %d errno %d at %s trap %d error %x: ", number, info->si_code, info->si_errno, where, trap, error);
	view_surroundings();
	siglongjmp(back, 1);
}

static void fault(int kind)
{
	static volatile int zero, seven = 7;
	int *volatile nowhere = (int *)16;
	if (kind == 0)
		*nowhere = 1;
	if (kind == 1)
		*(volatile char *)page = 1;
	if (kind == 2)
		zero = fault_division(seven, zero);
	if (kind == 3)
		fault_illegal_instruction();
	if (kind == 4)
		fault_breakpoint();
	if (kind == 5)
		zero = *fault_noncanonical_address();
}

static void faults(void)
{
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; i < CAPTURED; i++)
		set(captured[i], (view_handler *)(uintptr_t)fault_handler, SA_SIGINFO | (i % 2 ? SA_ONSTACK : SA_NODEFER), SIGQUIT);
	for (volatile int kind = 0; kind < 6; kind++)
		if (sigsetjmp(back, 1) == 0)
			fault(kind);
	view_all();
}

/* Children ----------------------------------------------------------------------------------------------------------------- */

static void children(void)
{
	static const unsigned flags[] = {0, SA_NOCLDWAIT, SA_NOCLDSTOP};
	for (unsigned i = 0; i < 3; i++) {
		int status = 0;
		set(SIGCHLD, SIG_DFL, flags[i], 0);
		fflush(stdout);
		const pid_t child = fork();
		if (child == 0)
			_exit(5);
		errno = 0;
		printf("SIGCHLD %x: waitpid %d", flags[i], waitpid(child, &status, 0) == child);
		printf(" errno %d status %x\n", errno, (unsigned)status);
	}
}

static void *in_thread(void *unused)
{
	(void)unused;
	sigset_t mask;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	printf("thread, blocked");
	view_set(&mask);
	stack_t stack;
	sigaltstack(NULL, &stack);
	view_stack(&stack);
	pthread_kill(pthread_self(), SIGSEGV);
	pthread_kill(pthread_self(), SIGUSR1);
	return NULL;
}

static void threads(void)
{
	pthread_t thread;
	sigset_t one;
	sigemptyset(&one);
	sigaddset(&one, SIGTERM);
	sigprocmask(SIG_BLOCK, &one, NULL);
	set(SIGSEGV, view_other, SA_SIGINFO | SA_NODEFER, SIGABRT);
	set(SIGUSR1, view_simple, 0, 0);
	if (pthread_create(&thread, NULL, in_thread, NULL) == 0)
		pthread_join(thread, NULL);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

static volatile int one = 1;

static __attribute__((noinline)) int overflow_stack(volatile char *above)
{
	volatile char here[512];
	here[0] = *above;
	if (one == 0)
		return 0;
	return overflow_stack(here) + here[0];
}

static void says_and_exits(int number)
{
	static const char text[] = "the handler runs\n";
	(void)number;
	_exit(write(2, text, sizeof(text) - 1) > 0 ? 7 : 8);
}

int main(int argc, char **argv)
{
	char first = 1;
	(void)argv;
	view_begin();
	if (argc > 1) {
		set(SIGSEGV, says_and_exits, SA_ONSTACK, 0);
		return overflow_stack(&first);
	}
	stacks();
	stack_changed_inside();
	masks();
	nesting();
	restarts();
	faults();
	children();
	threads();
	return 0;
}
