/*
 * handlers SIGNAL HOW DISPOSITION - gets the signal (SEGV BUS ILL FPE TRAP ABRT SYS) in that way (fault raise kill sigqueue) while
 * its disposition is that one; exit status 3 if it survives. Every handler says what it is told.
 */
#include "signal_names.h"
#include "signal_view.h"

#include "faults.h"
#include "signal_context.h"
#include "trap_filter.h"
#include "victim.h"

#include <assert.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { SURVIVED = 3 };

static struct sigaction before;
static sigjmp_buf back;
static volatile sig_atomic_t handled;

/* By write(2), as a handler has to. */
static void say(const char *who, int number, const siginfo_t *info)
{
	char line[160];
	const char *sender = info->si_code > 0 ? "kernel" : info->si_pid == getpid() ? "itself" : "another";
	const int bytes = snprintf(line, sizeof(line), "%s: %d code %d from %s\n", who, number, info->si_code, sender);
	if (write(2, line, (size_t)bytes) != bytes)
		_exit(70);
	handled++;
}

/* Handlers ------------------------------------------------------------------------------------------------------------------ */

static void exits(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("exits", number, info);
	_exit(7);
}

static void reraises_default(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("re-raises after SIG_DFL", number, info);
	signal(number, SIG_DFL);
	raise(number);
}

static void reraises_previous(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("re-raises with the previous action", number, info);
	sigaction(number, &before, NULL);
	raise(number);
}

static void returns(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("returns", number, info);
}

static void restores(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("restores and returns", number, info);
	sigaction(number, &before, NULL);
}

/* As Crashpad does it: a fault comes again by itself, what was sent is sent again with all that it said. */
static void chains(int number, siginfo_t *info, void *context)
{
	(void)context;
	say(before.sa_handler == SIG_DFL ? "chains to SIG_DFL" : "chains to something", number, info);
	sigaction(number, &before, NULL);
	if (info->si_code <= 0)
		syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), number, info);
}

static void jumps(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("jumps", number, info);
	siglongjmp(back, 1);
}

static void aborts(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("aborts", number, info);
	signal(SIGABRT, SIG_DFL); /* or it would come here again and again */
	abort();
}

static void raises_twice(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("raises in itself", number, info);
	if (handled == 2)
		signal(number, SIG_DFL);
	raise(number);
}

static void faults_itself(int number, siginfo_t *info, void *context)
{
	(void)context;
	say("faults", number, info);
	*(volatile int *)16 = 1;
}

/* The defect lies elsewhere than what the handler has survived. */
static NOINLINE void dies_later(void)
{
	*(volatile int *)32 = 1;
	KEEP_FRAME();
}

typedef void full_handler(int, siginfo_t *, void *);

/* An abort that the handler has left by its jump is over, a failed assertion too: one that is raised after it is none. */
static NOINLINE void raise_later(int number)
{
	const struct sigaction action = {.sa_sigaction = returns, .sa_flags = SA_SIGINFO};
	if (sigsetjmp(back, 1) == 0)
		assert(number != SIGABRT);
	sigaction(number, &action, NULL);
	raise(number);
}

static const struct {
	const char *name;
	full_handler *handler; /* NULL: none */
	unsigned flags;
	enum { NOTHING, SMALL, BLOCKED, IGNORED, DIES_LATER, RAISES_LATER } also;
} dispositions[] = {
	{"default", NULL, 0, NOTHING},
	{"exits", exits, 0, NOTHING},
	{"reraises_default", reraises_default, 0, NOTHING},
	{"reraises_previous", reraises_previous, 0, NOTHING},
	{"reraises_nodefer", reraises_default, SA_NODEFER, NOTHING},
	{"restores", restores, 0, NOTHING},
	{"chains", chains, 0, NOTHING},
	{"chains_onstack", chains, SA_ONSTACK, SMALL},
	{"resethand", returns, SA_RESETHAND, NOTHING},
	{"resethand_aborts", aborts, SA_RESETHAND, NOTHING},
	{"jumps", jumps, 0, NOTHING},
	{"jumps_and_dies", jumps, SA_NODEFER, DIES_LATER},
	{"jumps_and_raises", jumps, 0, RAISES_LATER},
	{"aborts", aborts, 0, NOTHING},
	{"aborts_small", aborts, SA_ONSTACK, SMALL},
	{"raises_nodefer", raises_twice, SA_NODEFER, NOTHING},
	{"small", restores, SA_ONSTACK, SMALL},
	{"small_reraises", reraises_default, SA_ONSTACK, SMALL},
	{"faults", faults_itself, SA_NODEFER | SA_RESETHAND, NOTHING},
	{"blocked", NULL, 0, BLOCKED},
	{"ignored", NULL, 0, IGNORED},
};
enum { DISPOSITIONS = sizeof(dispositions) / sizeof(*dispositions) };

static void set_small_stack(void)
{
	static char memory[SIGNAL_STACK] __attribute__((aligned(16)));
	const stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
	sigaltstack(&stack, NULL);
}

static void install(unsigned which, int number)
{
	struct sigaction action = {.sa_sigaction = dispositions[which].handler,
				   .sa_flags = (int)(dispositions[which].flags | SA_SIGINFO)};
	sigset_t one;
	sigemptyset(&action.sa_mask);
	sigemptyset(&one);
	sigaddset(&one, number);
	if (dispositions[which].also == SMALL)
		set_small_stack();
	if (dispositions[which].also == BLOCKED)
		sigprocmask(SIG_BLOCK, &one, NULL);
	if (dispositions[which].also == IGNORED)
		signal(number, SIG_IGN);
	if (action.sa_sigaction)
		sigaction(number, &action, &before);
}

/* Ways ---------------------------------------------------------------------------------------------------------------------- */

static void fault_bus(void)
{
	const int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	if (fd < 0 || ftruncate(fd, 8192) != 0)
		_exit(91);
	volatile char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || ftruncate(fd, 0) != 0)
		_exit(92);
	map[4096] = 1;
}

static void fault_syscall(void)
{
	trap_getpriority();
	syscall(SYS_getpriority, 0, 0);
}

static NOINLINE void fault_of(int number)
{
	static volatile int zero, one = 1;
	switch (number) {
	case SIGSEGV:
		*(volatile int *)8 = 1;
		break;
	case SIGBUS:
		fault_bus();
		break;
	case SIGILL:
		fault_illegal_instruction();
		break;
	case SIGFPE:
		zero = fault_division(one, zero);
		break;
	case SIGTRAP:
		fault_breakpoint();
		break;
	case SIGABRT:
		abort();
	case SIGSYS:
		fault_syscall();
		break;
	}
	KEEP_FRAME();
}

/* Its sender has ended, so it has come, when this returns. */
static NOINLINE void sent_by_another(int number)
{
	const pid_t child = fork();
	if (child == 0) {
		kill(getppid(), number);
		_exit(0);
	}
	while (waitpid(child, NULL, 0) != child)
		;
	KEEP_FRAME();
}

static NOINLINE void provoke(const char *how, int number)
{
	if (strcmp(how, "fault") == 0)
		fault_of(number);
	else if (strcmp(how, "raise") == 0)
		raise(number);
	else if (strcmp(how, "kill") == 0)
		sent_by_another(number);
	else if (strcmp(how, "sigqueue") == 0)
		sigqueue(getpid(), number, (union sigval){.sival_int = 42});
	KEEP_FRAME();
}

static int number_of(const char *name)
{
	for (int number = 1; number < 32; number++)
		if (short_signal_name(number) && strcmp(short_signal_name(number), name) == 0)
			return number;
	return 0;
}

int main(int argc, char **argv)
{
	volatile unsigned which = 0;
	const volatile int number = argc == 4 ? number_of(argv[1]) : 0;
	while (which < DISPOSITIONS && argc == 4 && strcmp(dispositions[which].name, argv[3]) != 0)
		which++;
	if (!number || which == DISPOSITIONS)
		return 99;
	fprintf(stderr, "%s %s %s\n", argv[1], argv[2], argv[3]);
	install(which, number);
	if (sigsetjmp(back, 1) == 0)
		provoke(argv[2], number);
	if (dispositions[which].also == DIES_LATER) {
		signal(SIGSEGV, SIG_DFL);
		dies_later();
	}
	if (dispositions[which].also == RAISES_LATER)
		raise_later(number);
	fprintf(stderr, "survived, handled %d times\n", (int)handled);
	return SURVIVED;
}
