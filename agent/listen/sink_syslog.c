/* The syslog daemon of the machine, by its datagram socket: a message for each event, sent at once. */
#include "sink.h"

#include "batch.h"
#include "sink_connection.h"
#include "syscalls.h"

/* What a daemon surely takes, where it does not take all (RFC 5424 asks for 2,048; rsyslog's standard is 8 KB). */
#define SHORT_BYTES 8192

struct syslog_sink {
	struct socket_address address;
	struct render_syslog_names names;
	int fd; /* -1: not connected */
	bool rfc5424;
	struct accepted accepted;
	char memory[BATCH_BYTES];
};

static void render(struct render *out, const struct ttlog_event *event, const void *how)
{
	const struct syslog_sink *sink = how;
	(sink->rfc5424 ? render_syslog : render_syslog_local)(out, event, &sink->names);
}

static void disconnect(struct syslog_sink *sink)
{
	if (sink->fd >= 0)
		sys_close(sink->fd);
	sink->fd = -1;
}

/* Anew each time: the daemon may have begun anew, with another socket of the same name. */
static int on_start(void *user)
{
	struct syslog_sink *sink = user;
	disconnect(sink);
	const int fd = socket_connect(&sink->address, SOCK_DGRAM);
	sink->fd = fd < 0 ? -1 : fd;
	return fd < 0 ? -fd : 0;
}

static long send_event(struct syslog_sink *sink, const struct ttlog_event *event, size_t most)
{
	struct render out = {sink->memory, 0, most, false};
	batch_render(&out, event, render, sink);
	return socket_send(sink->fd, out.data, out.used);
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct syslog_sink *sink = user;
	if (accepted_has(&sink->accepted, event))
		return 0;
	if (sink->fd < 0)
		return ENOTCONN;
	long sent = send_event(sink, event, sizeof(sink->memory));
	if (sent == -EMSGSIZE || sent == -ENOBUFS)
		sent = send_event(sink, event, SHORT_BYTES);
	if (sent < 0)
		return (int)-sent;
	accepted_note(&sink->accepted, event);
	return 0;
}

static void on_shutdown(void *user)
{
	disconnect(user);
	sink_free(user, sizeof(struct syslog_sink));
}

int sink_syslog_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	struct syslog_sink *sink = sink_memory(sizeof(*sink));
	if (!sink)
		return sink_complain(error, error_bytes, "syslog", "no memory", ENOMEM);
	const int result = socket_path(&sink->address, options->address);
	if (result) {
		sink_free(sink, sizeof(*sink));
		return sink_complain(error, error_bytes, options->address, "too long for the path of a socket", result);
	}
	sink_names(&sink->names, options->facility);
	sink->fd = -1;
	sink->rfc5424 = options->format == SINK_FORMAT_RFC5424;
	listener->user = sink;
	listener->on_start = on_start;
	listener->on_event = on_event;
	listener->on_shutdown = on_shutdown;
	return 0;
}
