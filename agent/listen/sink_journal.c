/* systemd's journal, by its native protocol: a datagram for each event; one that is too long for that goes in a sealed file of memory. */
#include "sink.h"

#include "batch.h"
#include "sink_connection.h"
#include "syscalls.h"

#include <sys/mman.h>

struct journal_sink {
	struct socket_address address;
	int fd; /* -1: not connected */
	struct accepted accepted;
	char memory[BATCH_BYTES];
};

static void render(struct render *out, const struct ttlog_event *event, const void *how)
{
	(void)how;
	render_journal(out, event);
}

static void disconnect(struct journal_sink *sink)
{
	if (sink->fd >= 0)
		sys_close(sink->fd);
	sink->fd = -1;
}

static int on_start(void *user)
{
	struct journal_sink *sink = user;
	disconnect(sink);
	const int fd = socket_connect(&sink->address, SOCK_DGRAM);
	sink->fd = fd < 0 ? -1 : fd;
	return fd < 0 ? -fd : 0;
}

/* A file of memory with what `out` holds, sealed: journald reads no other. Descriptor, or -errno. */
static int make_file(const struct render *out)
{
	const int file = (int)SYS2(SYS_memfd_create, "ttlog-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (file < 0)
		return file;
	const long written = sys_write(file, out->data, out->used);
	const long sealed = SYS3(SYS_fcntl, file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	if (written == (long)out->used && sealed == 0)
		return file;
	sys_close(file);
	return written < 0 ? (int)written : sealed < 0 ? (int)sealed : -EIO;
}

static int send_file(const struct journal_sink *sink, const struct render *out)
{
	const int file = make_file(out);
	if (file < 0)
		return file;
	const int result = socket_send_descriptor(sink->fd, file);
	sys_close(file);
	return result;
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct journal_sink *sink = user;
	struct render out = {sink->memory, 0, sizeof(sink->memory), false};
	if (accepted_has(&sink->accepted, event))
		return 0;
	if (sink->fd < 0)
		return ENOTCONN;
	batch_render(&out, event, render, sink);
	long sent = socket_send(sink->fd, out.data, out.used);
	if (sent == -EMSGSIZE || sent == -ENOBUFS)
		sent = send_file(sink, &out);
	if (sent < 0)
		return (int)-sent;
	accepted_note(&sink->accepted, event);
	return 0;
}

static void on_shutdown(void *user)
{
	disconnect(user);
	sink_free(user, sizeof(struct journal_sink));
}

int sink_journal_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	struct journal_sink *sink = sink_memory(sizeof(*sink));
	if (!sink)
		return sink_complain(error, error_bytes, "journald", "no memory", ENOMEM);
	const int result = socket_path(&sink->address, options->address);
	if (result) {
		sink_free(sink, sizeof(*sink));
		return sink_complain(error, error_bytes, options->address, "too long for the path of a socket", result);
	}
	sink->fd = -1;
	listener->user = sink;
	listener->on_start = on_start;
	listener->on_event = on_event;
	listener->on_shutdown = on_shutdown;
	return 0;
}
