/*
 * chatter TALLY-DESCRIPTOR THREADS OPTIONS SEED - threads that say numbered messages until the process is killed.
 *
 * OPTIONS is a word of letters: h: signal handlers say something too, at a high rate; f: children are forked that speak as well,
 * some of which end by themselves; l, u: standard output is line buffered, unbuffered.
 */
#include "chatter.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { CHILDREN = 6, CHILD_MESSAGES = 200, PERIOD_US = 150 };

static __thread struct tally_stream *from_handlers;
static bool with_handlers;

static void interrupt(int signal)
{
	(void)signal;
	if (from_handlers)
		say(from_handlers, WAYS_ANYWHERE);
}

static void allow_signals(int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(how, &set, NULL);
}

static void *chat(void *unused)
{
	struct tally_stream *stream = stream_open(0);
	(void)unused;
	if (with_handlers) {
		from_handlers = stream_open(1);
		allow_signals(SIG_UNBLOCK);
	}
	while (stream)
		say(stream, WAYS);
	return NULL;
}

/* In a child of a process with threads: what another thread held is held for ever. */
static void child_life(uint64_t seed)
{
	end_with_parent();
	struct tally_stream *stream = stream_open(0);
	from_handlers = NULL;
	if (!stream)
		_exit(1);
	for (unsigned i = 0; i < seed % CHILD_MESSAGES || seed & 1024; i++)
		say(stream, WAYS_ANYWHERE);
	atomic_store(&stream->leaving, 1);
	_exit(0);
}

static void fork_children(uint64_t seed)
{
	struct tally_stream *stream = stream_open(0);
	for (unsigned i = 0; i < CHILDREN && stream; i++) {
		say(stream, WAYS_ANYWHERE); /* so the child inherits a thread that has a lane */
		const uint64_t life = numbered_hash(seed + i);
		const pid_t child = fork();
		if (child == 0)
			child_life(life);
		if (child < 0 || !(life & 1024))
			waitpid(child, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	const char *options = argv[3];
	tally_open(argv[1]);
	with_handlers = strchr(options, 'h') != NULL;
	if (strchr(options, 'l'))
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (strchr(options, 'u'))
		setvbuf(stdout, NULL, _IONBF, 0);
	/* Workers only: main may be inside fork. */
	allow_signals(SIG_BLOCK);
	const struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &action, NULL);
	for (int i = atoi(argv[2]); i > 0; i--) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, chat, NULL) != 0)
			return 3;
		pthread_detach(thread);
	}
	if (with_handlers)
		setitimer(ITIMER_REAL, &(struct itimerval){{0, PERIOD_US}, {0, PERIOD_US}}, NULL);
	if (strchr(options, 'f'))
		fork_children(strtoull(argv[4], NULL, 10));
	for (;;)
		pause();
}
