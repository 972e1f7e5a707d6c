/* systemd's journal, by its native protocol: a datagram for each event; one that is too long for that goes in a sealed file of memory. */
#include "sink_daemon.h"

#include "syscalls.h"

#include <sys/mman.h>

static void render(struct render *out, const struct ttlog_event *event, const void *how)
{
	(void)how;
	render_journal(out, event);
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

static int send_file(const struct sink_daemon *daemon, const struct render *out)
{
	const int file = make_file(out);
	if (file < 0)
		return file;
	const int result = socket_send_descriptor(daemon->fd, file);
	sys_close(file);
	return result;
}

static long send_event(struct sink_daemon *daemon, const struct ttlog_event *event)
{
	struct render out = {daemon->memory, 0, sizeof(daemon->memory), false};
	batch_render(&out, event, render, NULL);
	const long sent = socket_send(daemon->fd, out.data, out.used);
	return sent == -EMSGSIZE || sent == -ENOBUFS ? send_file(daemon, &out) : sent;
}

int sink_journal_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	int result;
	sink_daemon_open(sizeof(struct sink_daemon), "journald", options->address, send_event, listener, &result, error,
			 error_bytes);
	return result;
}
