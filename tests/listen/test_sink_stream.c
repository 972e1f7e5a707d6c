/* Standard output and error: written while they are what they were, from a thread that has descriptors of its own. */
#include "descriptors.h"
#include "drive.h"
#include "place.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The listener thread: does what the test asks for, one after the other. */
static sem_t asked, done;
static void (*wanted)(void);
static struct drive drive;
static int result, end_number, own_error;

static void *listener_thread(void *unused)
{
	(void)unused;
	own_error = descriptors_own();
	for (;;) {
		sem_wait(&asked);
		wanted();
		sem_post(&done);
	}
	return NULL;
}

static void on_thread(void (*function)(void))
{
	wanted = function;
	sem_post(&asked);
	sem_wait(&done);
}

static void nothing(void)
{
}

static void init(void)
{
	pthread_t thread;
	place_init();
	sem_init(&asked, 0, 0);
	sem_init(&done, 0, 0);
	pthread_create(&thread, NULL, listener_thread, NULL);
	on_thread(nothing);
}

TestSuite(sink_stream, .init = init, .fini = place_fini, .timeout = 60);

static const char *item;

static void open_item(void)
{
	drive_open(&drive, item);
}

static void try_up_to_end(void)
{
	result = drive_try(&drive, (unsigned)end_number, 0);
	result = result ? result : drive_flush(&drive);
}

static int hand_over(int end)
{
	end_number = end;
	on_thread(try_up_to_end);
	return result;
}

static void open_on_thread(const char *text)
{
	item = text;
	on_thread(open_item);
}

/* Descriptor 1 becomes the writing end of a pipe, whose reading end is returned. */
static int pipe_as_output(void)
{
	int ends[2];
	fflush(stdout);
	cr_assert(pipe2(ends, O_CLOEXEC) == 0 && dup2(ends[1], 1) == 1 && close(ends[1]) == 0);
	return ends[0];
}

static const char *read_some(int fd)
{
	static char text[65536];
	const ssize_t bytes = read(fd, text, sizeof(text) - 1);
	text[bytes > 0 ? bytes : 0] = 0;
	return text;
}

/* A terminal hands a line over in pieces as it likes. */
static const char *read_line(int fd)
{
	static char text[4096];
	size_t used = 0;
	while (used < sizeof(text) - 1 && !memchr(text, '\n', used)) {
		const ssize_t bytes = read(fd, text + used, sizeof(text) - 1 - used);
		cr_assert(bytes > 0, "%s", strerror(errno));
		used += (size_t)bytes;
	}
	text[used] = 0;
	return text;
}

static unsigned open_descriptors(const char *folder)
{
	unsigned count = 0;
	DIR *directory = opendir(folder);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 3; /* . and .. and the directory itself */
}

static unsigned counted;

static void count_own(void)
{
	counted = open_descriptors("/proc/thread-self/fd");
}

Test(sink_stream, the_thread_holds_nothing_of_the_program)
{
	int ends[2];
	char byte;
	cr_assert(own_error == 0, "%s", strerror(own_error));
	const unsigned before = open_descriptors("/proc/self/fd");
	on_thread(count_own);
	cr_assert(counted == 3, "%u descriptors are open in the thread", counted); /* 0 to 2, which lead nowhere */
	cr_assert(pipe2(ends, O_CLOEXEC) == 0);
	const int reading = pipe_as_output();
	open_on_thread("stdout");
	cr_assert(hand_over(5) == 0);
	on_thread(count_own);
	cr_assert_eq(counted, 3);
	cr_assert_eq(open_descriptors("/proc/self/fd"), before + 3);
	read_some(reading);
	close(1);
	cr_assert(read(reading, &byte, 1) == 0, "the pipe is still open"); /* its end is seen at once */
}

Test(sink_stream, pipe)
{
	const int reading = pipe_as_output();
	open_on_thread("stdout");
	cr_assert(hand_over(1) == 0);
	cr_assert_str_eq(read_some(reading), "2026-11-28T15:24:16.990218Z INFO      101 stdout message number 0\n");
}

Test(sink_stream, never_into_a_file_that_took_the_number)
{
	const int reading = pipe_as_output(), keep = fcntl(1, F_DUPFD_CLOEXEC, 10);
	struct stat status;
	open_on_thread("stdout,format=json");
	cr_assert(hand_over(3) == 0);
	read_some(reading);
	close(1);
	cr_assert(hand_over(6) == EBADF);
	const char *path = place_path("database");
	cr_assert(open(path, O_WRONLY | O_CREAT, 0600) == 1);
	cr_assert(hand_over(9) == EBADF);
	cr_assert(stat(path, &status) == 0 && status.st_size == 0);
	cr_assert(dup2(keep, 1) == 1); /* it is back: what has waited comes */
	cr_assert(hand_over(9) == 0);
	const char *text = read_some(reading);
	for (int n = 3; n < 9; n++) {
		char message[64];
		snprintf(message, sizeof(message), "\"message\": \"message number %d\"}\n", n);
		cr_assert((text = strstr(text, message)) != NULL, "%s is missing", message);
	}
}

Test(sink_stream, closed_from_the_beginning)
{
	struct ttlog_listener listener;
	char error[128];
	fflush(stdout);
	close(1);
	cr_assert(sinks_open("stdout", 6, &listener, error, sizeof(error)) == EBADF);
	cr_assert_str_eq(error, "stdout: the program has none");
}

/* A reader that has stopped holds the thread for a bounded time only, and misses nothing. */
Test(sink_stream, reader_stops)
{
	const int reading = pipe_as_output();
	open_on_thread("stdout");
	int end = 0, next = 0;
	while (hand_over(end += 200) == 0)
		cr_assert(end < 100000);
	cr_assert_eq(result, EAGAIN);
	fcntl(reading, F_SETFL, O_NONBLOCK);
	do {
		const char *text = read_some(reading);
		for (const char *at = text; (at = strstr(at, "message number ")); at++)
			cr_assert(atoi(at + 15) == next++, "%.40s instead of %d", at, next - 1);
	} while (hand_over(end) != 0);
	for (const char *at = read_some(reading); (at = strstr(at, "message number ")); at++)
		cr_assert(atoi(at + 15) == next++);
	cr_assert(next == end, "%d of %d came", next, end);
}

Test(sink_stream, colour_is_for_terminals)
{
	static const struct {
		const char *no_color, *term, *options;
		bool colour;
	} cases[] = {{NULL, "xterm", "", true},
		     {"1", "xterm", "", false},
		     {"", "xterm", "", true},
		     {NULL, "dumb", "", false},
		     {"1", "dumb", ",colour=always", true},
		     {NULL, "xterm", ",color=never", false}};
	const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	cr_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	fflush(stderr);
	const int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	cr_assert(dup2(other, 2) == 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "stderr%s", cases[i].options);
		setenv("TERM", cases[i].term, 1);
		cases[i].no_color ? setenv("NO_COLOR", cases[i].no_color, 1) : unsetenv("NO_COLOR");
		open_on_thread(text);
		cr_assert(hand_over(1) == 0);
		const char *got = read_line(terminal);
		cr_assert((strchr(got, '\x1b') != NULL) == cases[i].colour, "case %zu: %s", i, got);
	}
}
