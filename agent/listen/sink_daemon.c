#include "sink_daemon.h"

#include "syscalls.h"

static void disconnect(struct sink_daemon *daemon)
{
	if (daemon->fd >= 0)
		sys_close(daemon->fd);
	daemon->fd = -1;
}

/* Anew each time: the daemon may have begun anew, with another socket of the same name. */
static int on_start(void *user)
{
	struct sink_daemon *daemon = user;
	disconnect(daemon);
	const int fd = socket_connect(&daemon->address, SOCK_DGRAM);
	daemon->fd = fd < 0 ? -1 : fd;
	return fd < 0 ? -fd : 0;
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct sink_daemon *daemon = user;
	if (accepted_has(&daemon->accepted, event))
		return 0;
	if (daemon->fd < 0)
		return ENOTCONN;
	const long sent = daemon->send(daemon, event);
	if (sent < 0)
		return (int)-sent;
	accepted_note(&daemon->accepted, event);
	return 0;
}

static void on_shutdown(void *user)
{
	struct sink_daemon *daemon = user;
	disconnect(daemon);
	sink_free(daemon, daemon->bytes);
}

struct sink_daemon *sink_daemon_open(size_t bytes, const char *what, const char *path, sink_daemon_sender *send,
				     struct ttlog_listener *listener, int *result, char *error, size_t error_bytes)
{
	struct sink_daemon *daemon = sink_memory(bytes);
	if (!daemon) {
		*result = sink_complain(error, error_bytes, what, "no memory", ENOMEM);
		return NULL;
	}
	*result = socket_path(&daemon->address, path);
	if (*result) {
		sink_free(daemon, bytes);
		sink_complain(error, error_bytes, path, "too long for the path of a socket", *result);
		return NULL;
	}
	daemon->fd = -1;
	daemon->send = send;
	daemon->bytes = bytes;
	listener->user = daemon;
	listener->on_start = on_start;
	listener->on_event = on_event;
	listener->on_shutdown = on_shutdown;
	return daemon;
}
