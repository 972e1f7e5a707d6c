/*
 * dispositions COUNT SEED - so many random calls of everything that sets, asks for or uses a signal's disposition, mask, stack or
 * pending set, each printed with all it answered; its handlers print what they see. With the agent all of it has to be the same.
 *
 * dispositions inherited - what a program that was exec'ed finds.
 *
 * Nothing here is a race: every signal is sent by the thread that gets it. Before a call that could let in a signal at a deadly
 * default, that signal is fetched.
 */
#include "signal_view.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Exported, but for X/Open's first edition and libc itself only. */
view_handler *bsd_signal(int number, view_handler *handler);
int __sigaction(int number, const struct sigaction *action, struct sigaction *old);

static uint64_t state;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

static int pick_signal(void)
{
	static const int usual[] = {SIGSEGV, SIGBUS, SIGILL,  SIGFPE,  SIGABRT, SIGTRAP, SIGSYS, SIGINT,
				    SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGCHLD, SIGURG,  40};
	static const int odd[] = {0, -1, 65, 64, SIGKILL, SIGSTOP, 32, 33, 34, 1000};
	return pick(16) ? usual[pick(sizeof(usual) / sizeof(*usual))] : odd[pick(sizeof(odd) / sizeof(*odd))];
}

static view_handler *pick_handler(void)
{
	static view_handler *const handlers[] = {SIG_DFL, SIG_IGN, view_simple, view_simple, view_other};
	return handlers[pick(5)];
}

static sigset_t pick_set(void)
{
	static const int members[] = {SIGSEGV, SIGABRT, SIGTERM, SIGUSR1, SIGHUP, SIGINT, SIGCHLD, SIGBUS};
	sigset_t set;
	sigemptyset(&set);
	for (unsigned i = 0; i < 8; i++)
		if (pick(3) == 0)
			sigaddset(&set, members[i]);
	if (pick(20) == 0)
		sigfillset(&set);
	return set;
}

/* Nothing that is pending would end or stop the process if it were let in. */
static void fetch_deadly(void)
{
	sigset_t pending, one;
	sigpending(&pending);
	for (int number = 1; number < NSIG; number++) {
		siginfo_t info;
		const struct timespec now = {0, 0};
		if (sigismember(&pending, number) != 1 || !(view_is_deadly(number) || view_is_deadly_twice(number)))
			continue;
		sigemptyset(&one);
		sigaddset(&one, number);
		memset(&info, 0, sizeof(info));
		while (sigtimedwait(&one, &info, &now) == number) /* sent to the thread, and to the process */
			view_info(&info);
	}
}

/* Calls ------------------------------------------------------------------------------------------------------------------- */

static void call_sigaction(void)
{
	static const int flags[] = {SA_RESTART,   SA_NODEFER,   (int)SA_RESETHAND, SA_SIGINFO, SA_ONSTACK,
				    SA_NOCLDSTOP, SA_NOCLDWAIT, SA_INTERRUPT,      0x400,      0x800,
				    0x10000};
	const int number = pick_signal();
	const unsigned pointers = pick(5);
	struct sigaction action, old;
	memset(&action, 0, sizeof(action));
	memset(&old, 0, sizeof(old));
	action.sa_handler = pick_handler();
	for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (pick(4) == 0)
			action.sa_flags |= flags[i];
	if (action.sa_handler == view_other)
		action.sa_flags |= SA_SIGINFO;
	else
		action.sa_flags &= ~SA_SIGINFO;
	action.sa_mask = pick_set();
	errno = 0;
	const int result = pointers == 0   ? sigaction(number, &action, NULL)
			   : pointers == 1 ? sigaction(number, NULL, &old)
			   : pointers == 2 ? sigaction(number, &action, &action)
			   : pointers == 3 ? __sigaction(number, &action, &old)
					   : sigaction(number, &action, &old);
	printf("sigaction %d %s %x: %d errno %d", number, view_name(action.sa_handler), (unsigned)action.sa_flags, result, errno);
	view_action(pointers == 2 ? &action : &old);
}

static void call_signal(void)
{
	static view_handler *(*const ways[])(int, view_handler *) = {signal,      bsd_signal,    ssignal,
								     sysv_signal, __sysv_signal, sigset};
	const unsigned way = pick(6);
	const int number = pick_signal();
	view_handler *handler = pick_handler();
	if (handler == view_other) /* these give no siginfo */
		handler = view_simple;
	if (way < 5 && pick(30) == 0)
		handler = SIG_ERR; /* refused; sigaction(2) and sigset(3) take it for a function */
	if (way == 5) {
		if (pick(4) == 0)
			handler = SIG_HOLD;
		fetch_deadly();
		if (handler == SIG_DFL && number > 0 && number < NSIG && view_is_pending(number))
			handler = view_simple;
	}
	errno = 0;
	view_handler *before = ways[way](number, handler);
	printf("signal[%u] %d %s: %s errno %d\n", way, number, view_name(handler), view_name(before), errno);
}

static void call_small(void)
{
	const int number = pick_signal(), which = (int)pick(4), interrupt = (int)pick(2);
	if (which == 2)
		fetch_deadly();
	errno = 0;
	const int result = which == 0   ? siginterrupt(number, interrupt)
			   : which == 1 ? sighold(number)
			   : which == 2 ? sigrelse(number)
					: sigignore(number);
	printf("small[%d] %d %d: %d errno %d\n", which, number, interrupt, result, errno);
}

static void call_mask(void)
{
	const int how = (int)pick(4);
	const sigset_t set = pick_set();
	sigset_t old;
	sigemptyset(&old);
	fetch_deadly();
	errno = 0;
	const int result = pick(2) ? sigprocmask(how, &set, &old) : pthread_sigmask(how, &set, &old);
	printf("mask %d: %d errno %d", how, result, errno);
	view_set(&old);
	printf("\n");
}

static void call_stack(void)
{
	stack_t stack = {.ss_sp = view_stacks[pick(2)], .ss_size = VIEW_STACK_BYTES}, old;
	const unsigned kind = pick(6);
	memset(&old, 0, sizeof(old));
	if (kind == 0)
		stack.ss_flags = SS_DISABLE;
	if (kind == 1)
		stack.ss_size = 100;
	if (kind == 2)
		stack.ss_flags = 77;
	if (kind == 3)
		stack.ss_flags = SS_ONSTACK;
	errno = 0;
	const int result = sigaltstack(kind == 4 ? NULL : &stack, pick(2) ? &old : NULL);
	printf("sigaltstack %u: %d errno %d old", kind, result, errno);
	view_stack(&old);
}

static void call_send(void)
{
	const int number = pick_signal();
	const unsigned way = pick(4);
	if (number > 0 && number < NSIG && view_is_deadly(number) && !view_is_blocked(number))
		return;
	if (number >= 34 && number < NSIG && view_is_pending(number)) /* these queue up, and would be let in all at once */
		return;
	if ((number <= 0 && way == 1) || number == 32 || number == 33) /* kill(2) would mean a group; libc's own are deadly */
		return;
	errno = 0;
	const int result = way == 0   ? raise(number)
			   : way == 1 ? kill(getpid(), number)
			   : way == 2 ? sigqueue(getpid(), number, (union sigval){.sival_int = (int)pick(1000)})
				      : pthread_kill(pthread_self(), number);
	printf("sent[%u] %d: %d errno %d\n", way, number, result, errno);
}

static void call_pending(void)
{
	sigset_t set = pick_set();
	siginfo_t info;
	const struct timespec now = {0, 0};
	sigset_t pending;
	sigpending(&pending);
	printf("pending");
	view_set(&pending);
	memset(&info, 0, sizeof(info));
	errno = 0;
	printf(" sigtimedwait: %d", sigtimedwait(&set, &info, &now));
	printf(" errno %d", errno);
	view_info(&info);
}

static void call_signalfd(void)
{
	const sigset_t set = pick_set();
	struct signalfd_siginfo info;
	const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	memset(&info, 0, sizeof(info));
	errno = 0;
	const ssize_t got = read(fd, &info, sizeof(info));
	printf("signalfd: %zd errno %d signal %u code %d value %d\n", got, errno, info.ssi_signo, info.ssi_code, info.ssi_int);
	close(fd);
}

/* Waits with a handled signal pending that only the wait lets in. */
static void call_suspend(void)
{
	static const int waited[] = {SIGTERM, SIGSEGV, SIGUSR1, SIGABRT};
	const int number = waited[pick(4)];
	struct sigaction now;
	sigset_t one, all;
	sigaction(number, NULL, &now);
	if (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN || now.sa_handler == SIG_ERR ||
	    ((unsigned)now.sa_flags & SA_RESETHAND))
		return;
	sigemptyset(&one);
	sigaddset(&one, number);
	sigprocmask(SIG_BLOCK, &one, NULL);
	raise(number);
	sigfillset(&all);
	sigdelset(&all, number);
	errno = 0;
	const struct timespec none = {0, 0};
	const int result = pick(2) ? sigsuspend(&all) : ppoll(NULL, 0, &none, &all);
	printf("suspended for %d: %d errno %d\n", number, result, errno);
}

static void wait_for(pid_t child)
{
	int status = 0;
	if (waitpid(child, &status, 0) == child)
		printf("child: %x\n", (unsigned)status);
	else
		printf("child: errno %d\n", errno); /* ECHILD where SIGCHLD is ignored; then it has ended, too */
}

static void call_child(void)
{
	posix_spawnattr_t attributes;
	const sigset_t defaults = pick_set(), mask = pick_set();
	char *const arguments[] = {(char *)(uintptr_t) "dispositions", (char *)(uintptr_t) "inherited", NULL};
	pid_t child = -1;
	const unsigned way = pick(3);
	int error = 0;
	fflush(stdout);
	if (way == 0) {
		posix_spawnattr_init(&attributes);
		posix_spawnattr_setsigdefault(&attributes, &defaults);
		posix_spawnattr_setsigmask(&attributes, &mask);
		posix_spawnattr_setflags(&attributes, (short)(pick(4) * POSIX_SPAWN_SETSIGDEF));
		error = posix_spawn(&child, "/proc/self/exe", NULL, &attributes, arguments, environ);
		posix_spawnattr_destroy(&attributes);
	} else {
		child = way == 1 ? fork() : vfork();
		if (child == 0) {
			execv("/proc/self/exe", arguments);
			_exit(127);
		}
	}
	wait_for(child);
	printf("made in way %u: %d\n", way, error);
}

static void call_fork(void)
{
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		sigset_t pending;
		sigpending(&pending);
		printf("forked, pending");
		view_set(&pending);
		view_all();
		fflush(stdout);
		_exit(3);
	}
	wait_for(child);
}

static void call_random(void)
{
	static void (*const often[])(void) = {call_sigaction, call_sigaction, call_signal,   call_small,
					      call_mask,      call_stack,     call_send,     call_send,
					      call_send,      call_pending,   call_signalfd, call_suspend};
	if (pick(60) == 0)
		pick(3) ? call_child() : call_fork();
	else
		often[pick(12)]();
}

int main(int argc, char **argv)
{
	view_begin();
	if (argc == 2) {
		view_inherited();
		return 0;
	}
	const int count = argc > 2 ? atoi(argv[1]) : 0;
	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	for (int i = 0; i < count; i++) {
		printf("%d ", i);
		call_random();
		if (pick(50) == 0)
			view_all();
	}
	view_all();
	return 0;
}
