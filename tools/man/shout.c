/* shout.c - cc -shared -fPIC -o shout.so shout.c; TTLOG_LISTENERS='plugin:./shout.so,path=shout.txt' */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <ttlog_listener.h>

static int on_event(void *user, const struct ttlog_event *event)
{
	const int message = (int)event->message.bytes; /* no NUL behind it */
	return fprintf(user, "%s[%u] %.*s!\n", event->service, event->pid, message, event->message.data) < 0 ? EIO : 0;
}

static int on_flush(void *user, int end)
{
	(void)end;
	return fflush(user) ? errno : 0; /* not 0: what came since the last flush will come again */
}

static void on_shutdown(void *user)
{
	fclose(user);
}

int ttlog_listener_open(const char *arguments, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	if (strncmp(arguments, "path=", 5) != 0) {
		snprintf(error, error_bytes, "shout: write path=FILE");
		return EINVAL;
	}
	listener->user = fopen(arguments + 5, "ae");
	if (!listener->user)
		return errno;
	listener->on_event = on_event;
	listener->on_flush = on_flush;
	listener->on_shutdown = on_shutdown;
	return 0;
}
