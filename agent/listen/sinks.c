/*
 * A stand-in until the built-in listeners are merged: "file:PATH", one line of text for an event; ",policy=block", ",level=LEVEL".
 */
#include "sinks.h"

#include "event.h"
#include "syscalls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
	int fd;
	char path[1024];
	char name[64];
	char buffer[65536];
	size_t used;
};

static int file_start(void *user)
{
	struct file *file = user;
	file->fd = sys_openat(AT_FDCWD, file->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	file->used = 0;
	return file->fd < 0 ? -file->fd : 0;
}

static int file_flush(void *user, int end)
{
	struct file *file = user;
	(void)end;
	for (size_t at = 0; at < file->used;) {
		const long put = sys_write(file->fd, file->buffer + at, file->used - at);
		if (put < 0)
			return (int)-put;
		at += (size_t)put;
	}
	file->used = 0;
	return 0;
}

static int file_event(void *user, const struct ttlog_event *event)
{
	struct file *file = user;
	if (sizeof(file->buffer) - file->used < event->message.bytes + 64) {
		const int error = file_flush(user, 0);
		if (error)
			return error;
	}
	if (event->lost)
		file->used += (size_t)snprintf(file->buffer + file->used, 64, "lost %lu\n", (unsigned long)event->lost);
	memcpy(file->buffer + file->used, event->message.data, event->message.bytes);
	file->used += event->message.bytes;
	file->buffer[file->used++] = '\n';
	return 0;
}

static void file_shutdown(void *user)
{
	struct file *file = user;
	if (file->fd >= 0)
		sys_close(file->fd);
	free(file);
}

int sinks_open(const char *item, size_t bytes, struct ttlog_listener *listener, char *error, size_t error_bytes)
{
	const char *comma = memchr(item, ',', bytes);
	const size_t path = comma ? (size_t)(comma - item) : bytes;
	if (path < 6 || memcmp(item, "file:", 5) != 0 || path - 5 >= sizeof(((struct file *)0)->path)) {
		snprintf(error, error_bytes, "'%.*s' is no listener", (int)bytes, item);
		return EINVAL;
	}
	struct file *file = calloc(1, sizeof(*file));
	if (!file)
		return ENOMEM;
	file->fd = -1;
	memcpy(file->path, item + 5, path - 5);
	snprintf(file->name, sizeof(file->name), "%.*s", (int)path, item);
	listener->policy = memmem(item, bytes, "policy=block", 12) ? TTLOG_BLOCK : TTLOG_DROP;
	listener->name = file->name;
	listener->user = file;
	listener->on_start = file_start;
	listener->on_event = file_event;
	listener->on_flush = file_flush;
	listener->on_shutdown = file_shutdown;
	return 0;
}

bool sinks_check(const char *list)
{
	return strncmp(list, "file:", 5) == 0;
}
