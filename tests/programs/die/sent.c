/* Signals that the program sends to itself, by each call that can, and has sent to it by another process. */
#include "die.h"
#include "signal_names.h"

#include "faults.h"

#include <pthread.h>
#include <sys/wait.h>

/* A child sends it, and is not waited for: the sender must be gone no sooner than the signal has come. */
static void sent_by_child(int sig)
{
	const pid_t target = getpid();
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	if (fork() == 0) {
		kill(target, sig);
		_exit(0);
	}
	int got;
	sigwait(&children, &got);
}

static int signal_of(const char *name)
{
	for (int sig = 1; sig < 32; sig++)
		if (short_signal_name(sig) && strcmp(short_signal_name(sig), name) == 0)
			return sig;
	return 0;
}

static int sent_signal(const char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? signal_of(colon + 1) : 0;
}

bool is_sent(const char *name)
{
	return sent_signal(name) != 0;
}

static const char *const hows[] = {"raise", "kill", "tgkill", "pthread_kill", "sigqueue", "child"};
enum how { RAISE, KILL, TGKILL, PTHREAD_KILL, SIGQUEUE, CHILD, HOWS };

static enum how how_of(const char *name)
{
	enum how how = RAISE;
	while (how < HOWS && strncmp(name, hows[how], strcspn(name, ":")) != 0)
		how++;
	return how;
}

/* The names are looked at before the registers are settled: comparisons leave what lies behind a text in memory. */
NOINLINE void send_to_itself(const char *name)
{
	const int sig = sent_signal(name);
	const enum how how = how_of(name);
	const pid_t pid = getpid(), tid = gettid();
	registers_settle();
	switch (how) {
	case RAISE:
		raise(sig);
		break;
	case KILL:
		kill(pid, sig);
		break;
	case TGKILL:
		tgkill(pid, tid, sig);
		break;
	case PTHREAD_KILL:
		pthread_kill(pthread_self(), sig);
		break;
	case SIGQUEUE:
		sigqueue(pid, sig, (union sigval){.sival_int = 42});
		break;
	default:
		sent_by_child(sig);
	}
	KEEP_FRAME();
}
