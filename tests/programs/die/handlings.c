/* What the program does about its signals, all of those that the agent captures alike. */
#include "combine.h"

static const int captured[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGINT, SIGTERM, SIGQUIT, SIGHUP};

#define CAPTURED (sizeof(captured) / sizeof(captured[0]))

sigjmp_buf handling_back;
volatile int handling_jumps;

static struct sigaction before[32];

static void handle(void (*handler)(int), int flags)
{
	for (size_t i = 0; i < CAPTURED; i++) {
		struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
		sigemptyset(&action.sa_mask);
		if (sigaction(captured[i], &action, &before[captured[i]]) != 0)
			LOST("sigaction");
	}
}

static void say(void)
{
	if (write(2, "handler\n", 8) < 0)
		errno = 0; /* descriptors may be closed */
}

static void on_exit_handler(int sig)
{
	(void)sig;
	say();
	_exit(7);
}

static void on_reraise(int sig)
{
	say();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void on_restore(int sig)
{
	say();
	sigaction(sig, &before[sig], NULL);
}

static void on_resethand(int sig)
{
	(void)sig;
	say();
}

static void on_abort(int sig)
{
	(void)sig;
	say();
	signal(SIGABRT, SIG_DFL); /* or abort() would come here again, for ever */
	abort();
}

static void on_chain(int sig)
{
	say();
	before[sig].sa_handler(sig);
}

static void on_jump(int sig)
{
	if (--handling_jumps == 0)
		signal(sig, SIG_DFL);
	siglongjmp(handling_back, 1);
}

/* A handler of another signal's dies of a fault of its own. */
static void on_fault(int sig)
{
	say();
	handler_null_write(sig);
}

static void exits(void)
{
	handle(on_exit_handler, 0);
}

static void reraises(void)
{
	handle(on_reraise, 0);
}

static void restores(void)
{
	handle(on_restore, 0);
}

static void resethand(void)
{
	handle(on_resethand, (int)SA_RESETHAND);
}

static void nodefer(void)
{
	handle(on_reraise, SA_NODEFER);
}

static void onstack(void)
{
	static char memory[64 * 1024];
	const stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
	if (sigaltstack(&stack, NULL) != 0)
		LOST("sigaltstack");
	handle(on_reraise, SA_ONSTACK);
}

static void aborts(void)
{
	handle(on_abort, 0);
}

static void chains(void)
{
	handle(on_reraise, 0);
	handle(on_chain, 0);
}

static void jumps(void)
{
	handling_jumps = 20;
	handle(on_jump, 0);
}

static void faults(void)
{
	handle(on_fault, 0);
}

static void ignored(void)
{
	handle(SIG_IGN, 0);
}

static void blocked(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < CAPTURED; i++)
		sigaddset(&set, captured[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void queried(void)
{
	for (size_t i = 0; i < CAPTURED; i++) {
		struct sigaction now;
		if (sigaction(captured[i], NULL, &now) != 0 || now.sa_handler != SIG_DFL || now.sa_flags != 0)
			LOST("the disposition");
	}
}

/* Installed and taken back: nothing may be left of it. */
static void undone(void)
{
	struct sigaction first[32];
	handle(on_resethand, SA_RESTART);
	memcpy(first, before, sizeof(first));
	for (size_t i = 0; i < CAPTURED; i++)
		sigaction(captured[i], &first[captured[i]], NULL);
}

const struct choice handlings[] = {
	{"default", NULL},        {"exits", exits},     {"reraises", reraises}, {"restores", restores},
	{"resethand", resethand}, {"nodefer", nodefer}, {"onstack", onstack},   {"aborts", aborts},
	{"chains", chains},       {"jumps", jumps},     {"faults", faults},     {"ignored", ignored},
	{"blocked", blocked},     {"queried", queried}, {"undone", undone},     {NULL, NULL},
};
