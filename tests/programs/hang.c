/*
 * hang WAY - does not end by itself, or not with its children; tells when it is there, and who. WAYS stand at main().
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY  65534
#define THREADS 200

static __attribute__((noinline, noipa)) void hold(void)
{
	for (;;)
		pause();
}

static void say(const char *what)
{
	printf("%s %d\n", what, (int)getpid());
	fflush(stdout);
}

/* The parent goes on when the child has said it is ready. */
static pid_t child(void (*body)(void))
{
	int ready[2];
	char byte;
	if (pipe(ready) != 0)
		exit(90);
	const pid_t pid = fork();
	if (pid == 0) {
		dup2(ready[1], 200);
		body();
		_exit(0);
	}
	close(ready[1]);
	while (read(ready[0], &byte, 1) < 0 && errno == EINTR)
		continue;
	close(ready[0]);
	return pid;
}

static void ready(void)
{
	if (write(200, "r", 1) != 1)
		_exit(91);
	close(200);
}

/* In a session of its own, and an orphan. */
static __attribute__((noinline, noipa)) void detached(void)
{
	setsid();
	if (fork() != 0)
		_exit(0);
	say("detached");
	ready();
	hold();
}

/* SIGTERM does not end it. */
static __attribute__((noinline, noipa)) void stubborn(void)
{
	signal(SIGTERM, SIG_IGN);
	say("stubborn");
	ready();
	hold();
}

static void say_term(int signal)
{
	(void)signal;
	static const char text[] = "asked to end\n";
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(92);
	_exit(7);
}

static __attribute__((noinline, noipa)) void fault(int signal)
{
	(void)signal;
	*(volatile int *)NULL = 1;
}

/* A helper holds its threads: TracerPid of /proc/pid/status. */
static int is_held(pid_t pid)
{
	char path[64], line[256];
	int tracer = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "TracerPid: %d", &tracer) != 1)
		continue;
	if (file)
		fclose(file);
	return tracer;
}

static void *hold_thread(void *unused)
{
	hold();
	return unused;
}

static __attribute__((noinline, noipa)) void dies_unheard(void)
{
	const int null = open("/dev/null", O_WRONLY);
	puts("last words of the child");
	dup2(null, 1);
	dup2(null, 2);
	for (int i = 0; i < THREADS; i++) { /* work for the helper, which is still at it when CMD has ended */
		pthread_t thread;
		pthread_create(&thread, NULL, hold_thread, NULL);
	}
	ready();
	*(volatile int *)NULL = 1;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	say("began");
	if (strcmp(way, "family") == 0) { /* a child, a stranger, and itself */
		child(stubborn);
		child(detached);
		say("all there");
		hold();
	} else if (strcmp(way, "stubborn") == 0) {
		signal(SIGTERM, SIG_IGN);
		say("all there");
		hold();
	} else if (strcmp(way, "leaves") == 0) { /* ends on SIGTERM, its child does not */
		child(stubborn);
		say("all there");
		hold();
	} else if (strcmp(way, "polite") == 0) { /* ends in its own way when asked */
		signal(SIGTERM, say_term);
		say("all there");
		hold();
	} else if (strcmp(way, "faults") == 0) { /* asked to end, it dies of something else */
		signal(SIGTERM, fault);
		say("all there");
		hold();
	} else if (strcmp(way, "nobody") == 0) { /* becomes another user */
		if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
			return 93;
		say("all there");
		hold();
	} else if (strcmp(way, "stops") == 0) {
		say("all there");
		raise(SIGSTOP);
		say("goes on");
		hold();
	} else if (strcmp(way, "timer") == 0) { /* a timer of its own ends it */
		struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM, .sigev_value = {.sival_int = 77}};
		const struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
		timer_t timer;
		if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &soon, NULL) != 0)
			return 94;
		hold();
	} else if (strcmp(way, "hurries") == 0) { /* ends while its child is being captured */
		const pid_t pid = child(dies_unheard);
		while (!is_held(pid) && waitpid(pid, NULL, WNOHANG) == 0)
			continue;
		return 0;
	}
	return 99;
}
