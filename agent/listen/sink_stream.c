/*
 * Standard output and standard error, as they were when the listener was opened.
 *
 * No copy of the descriptor is kept: a daemon that closes its end of a pipe must be seen to have closed it. It is borrowed for each write,
 * and written to only while it is what it was at first. A program that puts another file under the number, to redirect its output or by
 * chance, does not find events in that; while it is gone they wait, as with any listener that fails.
 */
#include "sink.h"

#include "batch.h"
#include "descriptors.h"
#include "syscalls.h"

#include <poll.h>
#include <stdlib.h>

#define PIPE_BYTES 4096 /* PIPE_BUF: a pipe that poll(2) calls writable takes as much without waiting */
#define WAIT_MS    1000

struct stream_sink {
	struct batch batch;
	struct descriptor_identity identity;
	int number; /* of the program's */
	enum sink_format format;
	bool colour;
	int borrowed; /* while writing */
	char memory[BATCH_BYTES];
};

static void render(struct render *out, const struct ttlog_event *event, const void *how)
{
	const struct stream_sink *sink = how;
	if (sink->format == SINK_FORMAT_JSON)
		render_json(out, event);
	else
		render_text(out, event, sink->colour);
}

/* As many whole lines as there is surely room for. */
static size_t piece_of(const char *data, size_t bytes)
{
	if (bytes <= PIPE_BYTES)
		return bytes;
	const char *end = memrchr(data, '\n', PIPE_BYTES);
	return end ? (size_t)(end + 1 - data) : PIPE_BYTES;
}

/* Waits for a reader for a bounded time: one that has stopped must not stop the other listeners. */
static long write_piece(void *user, const char *data, size_t bytes)
{
	struct stream_sink *sink = user;
	struct pollfd ready = {.fd = sink->borrowed, .events = POLLOUT};
	const struct timespec limit = {WAIT_MS / 1000, WAIT_MS % 1000 * 1000000L};
	struct timespec left = limit;
	const long count = SYS6(SYS_ppoll, &ready, 1, &left, NULL, 0, 0);
	if (count < 0)
		return count;
	if (count == 0)
		return -EAGAIN;
	return sys_write(sink->borrowed, data, piece_of(data, bytes));
}

/* The terminal, pipe or file that it was at first, or -errno. */
static int borrow(const struct stream_sink *sink)
{
	struct descriptor_identity now;
	const int fd = descriptors_borrow(sink->number, &now);
	if (fd >= 0 && !descriptors_same(&now, &sink->identity)) {
		sys_close(fd);
		return -EBADF;
	}
	return fd;
}

static int write_all(void *user)
{
	struct stream_sink *sink = user;
	if (!sink->batch.out.used)
		return 0;
	sink->borrowed = borrow(sink);
	if (sink->borrowed < 0)
		return -sink->borrowed;
	const int error = batch_write(&sink->batch, write_piece, sink);
	sys_close(sink->borrowed);
	return error;
}

static int on_start(void *user)
{
	const struct stream_sink *sink = user;
	const int fd = borrow(sink);
	if (fd < 0)
		return -fd;
	sys_close(fd);
	return 0;
}

static int on_event(void *user, const struct ttlog_event *event)
{
	struct stream_sink *sink = user;
	return batch_add(&sink->batch, event, render, sink, write_all, sink);
}

static int on_flush(void *user, int end)
{
	struct stream_sink *sink = user;
	(void)end;
	return write_all(sink);
}

static void on_shutdown(void *user)
{
	sink_free(user, sizeof(struct stream_sink));
}

/* As for the viewer: a terminal that is not dumb, and no NO_COLOR (no-color.org). */
static bool wants_colour(enum sink_colour colour, int fd)
{
	struct {
		char bytes[64]; /* more than the kernel's struct termios */
	} settings;
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	if (colour != SINK_COLOUR_AUTO)
		return colour == SINK_COLOUR_ALWAYS;
	const unsigned long tcgets = 0x5401;
	return SYS3(SYS_ioctl, fd, tcgets, &settings) == 0 && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

int sink_stream_open(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	const bool out = options->kind == SINK_STDOUT;
	struct descriptor_identity identity;
	const int fd = descriptors_borrow(out ? 1 : 2, &identity);
	if (fd < 0)
		return sink_complain(error, error_bytes, out ? "stdout" : "stderr", "the program has none", -fd);
	struct stream_sink *sink = sink_memory(sizeof(*sink));
	const bool colour = wants_colour(options->colour, fd);
	sys_close(fd);
	if (!sink)
		return sink_complain(error, error_bytes, out ? "stdout" : "stderr", "no memory", ENOMEM);
	batch_init(&sink->batch, sink->memory);
	sink->identity = identity;
	sink->number = out ? 1 : 2;
	sink->format = options->format;
	sink->colour = colour;
	listener->user = sink;
	listener->on_start = on_start;
	listener->on_event = on_event;
	listener->on_flush = on_flush;
	listener->on_shutdown = on_shutdown;
	return 0;
}
