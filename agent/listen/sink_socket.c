/*
 * A socket: a unix one (datagrams or a stream, whichever its server has), UDP or TCP; RFC 5424, or NDJSON.
 *
 * Over a stream messages of RFC 5424 are framed by their length (RFC 6587, 3.4.1), JSON by line feeds. What a broken connection had taken
 * in part is sent whole over the next; what its kernel had taken and not delivered is gone: the protocol has no acknowledgement.
 */
#include "sink.h"

#include "batch.h"
#include "sink_connection.h"
#include "syscalls.h"

#define UDP_BYTES   65000 /* of a datagram, with room for headers */
#define SHORT_BYTES 8192  /* where that is too long for it */

struct socket_sink {
	struct batch batch; /* of a stream */
	struct socket_address address;
	struct render_syslog_names names;
	enum sink_kind kind;
	bool json, stream;
	int fd; /* -1: not connected */
	char memory[BATCH_BYTES];
	char frame[BATCH_BYTES]; /* one message, whose length is to stand before it */
};

static void render(struct render *out, const struct ttlog_event *event, const void *how)
{
	struct socket_sink *sink = (struct socket_sink *)(uintptr_t)how;
	if (sink->json) {
		render_json(out, event);
		return;
	}
	if (!sink->stream) {
		render_syslog(out, event, &sink->names);
		return;
	}
	struct render frame = {sink->frame, 0, sizeof(sink->frame) - 16, false};
	render_syslog(&frame, event, &sink->names);
	render_number(out, frame.used, 10, 1);
	render_char(out, ' ');
	render_bytes(out, frame.data, frame.used);
	out->full = out->full || frame.full;
}

static void disconnect(struct socket_sink *sink)
{
	if (sink->fd >= 0)
		sys_close(sink->fd);
	sink->fd = -1;
}

static int connect_as(struct socket_sink *sink, int type)
{
	const int fd = socket_connect(&sink->address, type);
	sink->stream = type == SOCK_STREAM;
	sink->fd = fd < 0 ? -1 : fd;
	return fd < 0 ? -fd : 0;
}

/* Where the message begins that the connection had taken in part: messages begin at the front of the batch. */
static size_t frame_begin(const struct batch *batch)
{
	size_t at = 0, next = 0;
	while (next <= batch->written && next < batch->out.used) {
		size_t bytes = 0;
		at = next;
		for (; batch->out.data[next] != ' '; next++)
			bytes = bytes * 10 + (size_t)(batch->out.data[next] - '0');
		next += 1 + bytes;
	}
	return at;
}

static void rewind_message(struct socket_sink *sink)
{
	if (sink->json)
		batch_rewind(&sink->batch);
	else
		sink->batch.written = frame_begin(&sink->batch);
}

static int on_start(void *user)
{
	struct socket_sink *sink = user;
	disconnect(sink);
	rewind_message(sink);
	if (sink->kind != SINK_UNIX || sink->batch.out.used) /* what waits has been framed for a stream */
		return connect_as(sink, sink->kind == SINK_UDP ? SOCK_DGRAM : SOCK_STREAM);
	const int error = connect_as(sink, SOCK_DGRAM);
	return error == EPROTOTYPE ? connect_as(sink, SOCK_STREAM) : error;
}

static long send_datagram(struct socket_sink *sink, const struct ttlog_event *event, size_t most)
{
	struct render out = {sink->frame, 0, most, false};
	batch_render(&out, event, render, sink);
	return socket_send(sink->fd, out.data, out.used);
}

static long send_piece(void *user, const char *data, size_t bytes)
{
	return socket_send(((struct socket_sink *)user)->fd, data, bytes);
}

/* A server that has closed its end is noticed before the next messages are given to nobody: it sends nothing else that could be read. */
static int check_connection(const struct socket_sink *sink)
{
	char byte;
	const long got = SYS6(SYS_recvfrom, sink->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK, NULL, 0);
	return got == 0 ? EPIPE : got < 0 && got != -EAGAIN ? (int)-got : 0;
}

static int write_all(void *user)
{
	struct socket_sink *sink = user;
	if (!sink->batch.out.used)
		return 0;
	if (sink->fd < 0)
		return ENOTCONN;
	const int error = check_connection(sink);
	return error ? error : batch_write(&sink->batch, send_piece, sink);
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct socket_sink *sink = user;
	if (sink->fd < 0)
		return ENOTCONN;
	if (sink->stream)
		return batch_add(&sink->batch, event, render, sink, write_all, sink);
	if (accepted_has(&sink->batch.accepted, event))
		return 0;
	long sent = send_datagram(sink, event, UDP_BYTES);
	if (sent == -EMSGSIZE || sent == -ENOBUFS)
		sent = send_datagram(sink, event, SHORT_BYTES);
	if (sent < 0)
		return (int)-sent;
	accepted_note(&sink->batch.accepted, event);
	return 0;
}

static int on_flush(void *user, int end)
{
	struct socket_sink *sink = user;
	(void)end;
	return write_all(sink);
}

static void on_shutdown(void *user)
{
	disconnect(user);
	sink_free(user, sizeof(struct socket_sink));
}

static int parse_address(struct socket_address *address, const struct sink_options *options)
{
	return options->kind == SINK_UNIX ? socket_path(address, options->address) : socket_numbers(address, options->address);
}

int sink_socket_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	static const char *const wrong[] = {"no address in numbers and port, as 127.0.0.1:514 or [::1]:514",
					    "too long for the path of a socket"};
	struct socket_sink *sink = sink_memory(sizeof(*sink));
	if (!sink)
		return sink_complain(error, error_bytes, options->address, "no memory", ENOMEM);
	const int result = parse_address(&sink->address, options);
	if (result) {
		sink_free(sink, sizeof(*sink));
		return sink_complain(error, error_bytes, options->address, wrong[options->kind == SINK_UNIX], result);
	}
	batch_init(&sink->batch, sink->memory);
	sink_names(&sink->names, options->facility);
	sink->kind = options->kind;
	sink->json = options->format == SINK_FORMAT_JSON;
	sink->fd = -1;
	listener->user = sink;
	listener->on_start = on_start;
	listener->on_event = on_event;
	listener->on_flush = on_flush;
	listener->on_shutdown = on_shutdown;
	return 0;
}
