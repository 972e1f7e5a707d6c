/* Signals that the program sends to itself, by each call that can, and has sent to it by another process. */
#include "die.h"

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
		if (sigabbrev_np(sig) && strcmp(sigabbrev_np(sig), name) == 0)
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

NOINLINE void send_to_itself(const char *name)
{
	const int sig = sent_signal(name);
	const size_t how = strcspn(name, ":");
	if (strncmp(name, "raise", how) == 0)
		raise(sig);
	else if (strncmp(name, "kill", how) == 0)
		kill(getpid(), sig);
	else if (strncmp(name, "tgkill", how) == 0)
		tgkill(getpid(), gettid(), sig);
	else if (strncmp(name, "pthread_kill", how) == 0)
		pthread_kill(pthread_self(), sig);
	else if (strncmp(name, "sigqueue", how) == 0)
		sigqueue(getpid(), sig, (union sigval){.sival_int = 42});
	else if (strncmp(name, "child", how) == 0)
		sent_by_child(sig);
	KEEP_FRAME();
}
