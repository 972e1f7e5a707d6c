/*
 * A plug-in that hangs in one of its functions: "at=start|event|flush,until=PATH,into=PATH" - comes back when the first path is there.
 * What it hears it writes to the second, a line each. "at=fault|library|abort|assert|deep": the first event is its end, by an access of its own
 * or one of libc's for it, by abort(3), a failed assertion, a stack that overflows.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ttlog_listener.h>
#include <unistd.h>

static char at[16], until[1024], into[1024];
static FILE *file;

static int hang(const char *where)
{
	while (strcmp(at, where) == 0 && access(until, F_OK) != 0)
		usleep(1000);
	return 0;
}

static int on_start(void *user)
{
	(void)user;
	hang("start");
	file = fopen(into, "ae");
	if (file && fileno(file) <= STDERR_FILENO) /* what is printed to standard error would be written to it */
		return EBADF;
	return file ? 0 : errno;
}

static int deeper(const char *above, int left)
{
	volatile char here[4096];
	here[0] = above[0];
	return left ? deeper((const char *)here, left - 1) + here[0] : 0;
}

static void fall(const struct ttlog_event *event)
{
	char *volatile nowhere = NULL;
	if (strcmp(at, "fault") == 0)
		*(volatile int *)8 = (int)event->tid;
	if (strcmp(at, "library") == 0)
		strtol(nowhere, NULL, 10);
	if (strcmp(at, "abort") == 0)
		abort();
	assert(strcmp(at, "assert") != 0);
	if (strcmp(at, "deep") == 0)
		deeper(at, 1 << 20);
}

static int on_event(void *user, const struct ttlog_event *event)
{
	(void)user;
	fall(event);
	hang("event");
	return fprintf(file, "%.*s\n", (int)event->message.bytes, event->message.data) < 0 ? EIO : 0;
}

static int on_flush(void *user, int end)
{
	(void)user;
	(void)end;
	hang("flush");
	return fflush(file) ? errno : 0;
}

int ttlog_listener_open(const char *arguments, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	if (sscanf(arguments, "at=%15[^,],until=%1023[^,],into=%1023[^,]", at, until, into) != 3) {
		snprintf(error, error_bytes, "write at=,until=,into=");
		return EINVAL;
	}
	listener->on_start = on_start;
	listener->on_event = on_event;
	listener->on_flush = on_flush;
	return 0;
}
