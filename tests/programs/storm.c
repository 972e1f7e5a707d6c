/*
 * storm TALLY-DESCRIPTOR MESSAGES SEED - eight threads record events by macros, a timer's handler interrupts them at a high
 * rate and records too, threads are cancelled wherever they are and others take their place; after so many messages the
 * process aborts.
 */
#include "chatter.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

enum { WRITERS = 8, PERIOD_US = 100 };

static __thread struct tally_stream *from_handlers;

static void interrupt(int signal)
{
	(void)signal;
	if (from_handlers)
		say(from_handlers, WAYS_ANYWHERE);
}

static void set_signals(int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(how, &set, NULL);
}

/* Cancelled in the middle of a record, of a handler's record, or of a handler's write(2). */
static void *record(void *unused)
{
	int before;
	(void)unused;
	struct tally_stream *stream = stream_open(0);
	from_handlers = stream_open(1);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
	set_signals(SIG_UNBLOCK);
	while (stream)
		say(stream, 1);
	pause();
	return NULL;
}

static pthread_t start_writer(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, record, NULL) != 0)
		_exit(91);
	return thread;
}

static void wait_until_said(unsigned messages)
{
	while (atomic_load(&tally->said) < messages)
		usleep(50);
}

int main(int argc, char **argv)
{
	pthread_t threads[WRITERS];
	if (argc != 4)
		return 2;
	tally_open(argv[1]);
	const unsigned messages = (unsigned)strtoul(argv[2], NULL, 10);
	const uint64_t seed = strtoull(argv[3], NULL, 10);
	set_signals(SIG_BLOCK);
	/* The recorder is there: whoever is cancelled while he makes it takes it along. */
	struct tally_stream *own = stream_open(0);
	say(own, WAYS);
	const struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < WRITERS; i++)
		threads[i] = start_writer();
	setitimer(ITIMER_REAL, &(struct itimerval){{0, PERIOD_US}, {0, PERIOD_US}}, NULL);
	for (unsigned i = 1; i <= 100 && atomic_load(&tally->streams) < TALLY_STREAMS - 4; i++) {
		wait_until_said(messages / 100 * i);
		pthread_t *thread = &threads[numbered_hash(seed + i) % WRITERS];
		pthread_cancel(*thread);
		pthread_join(*thread, NULL);
		*thread = start_writer();
	}
	say(own, WAYS);
	abort();
}
