/* The syslog daemon of the machine, by its datagram socket: a message for each event, sent at once. */
#include "sink_daemon.h"

#include "syscalls.h"

/* What a daemon surely takes, where it does not take all (RFC 5424 asks for 2,048; rsyslog's standard is 8 KB). */
#define SHORT_BYTES 8192

struct syslog_sink {
	struct sink_daemon daemon;
	struct render_syslog_names names;
	bool rfc5424;
};

static void render(struct render *out, const struct ttlog_event *event, const void *how)
{
	const struct syslog_sink *sink = how;
	(sink->rfc5424 ? render_syslog : render_syslog_local)(out, event, &sink->names);
}

static long send_short(struct sink_daemon *daemon, const struct ttlog_event *event, size_t most)
{
	struct render out = {daemon->memory, 0, most, false};
	batch_render(&out, event, render, daemon);
	return socket_send(daemon->fd, out.data, out.used);
}

static long send_event(struct sink_daemon *daemon, const struct ttlog_event *event)
{
	const long sent = send_short(daemon, event, sizeof(daemon->memory));
	return sent == -EMSGSIZE || sent == -ENOBUFS ? send_short(daemon, event, SHORT_BYTES) : sent;
}

int sink_syslog_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	int result;
	struct syslog_sink *sink = (struct syslog_sink *)sink_daemon_open(sizeof(*sink), "syslog", options->address, send_event,
									  listener, &result, error, error_bytes);
	if (!sink)
		return result;
	sink_names(&sink->names, options->facility);
	sink->rfc5424 = options->format == SINK_FORMAT_RFC5424;
	return 0;
}
