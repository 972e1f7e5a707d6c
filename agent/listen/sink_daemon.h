/*
 * sink_daemon.h - what the sinks share that speak to a daemon of the machine by its datagram socket, a message for each event, sent at once.
 */
#ifndef TTLOG_LISTEN_SINK_DAEMON_H
#define TTLOG_LISTEN_SINK_DAEMON_H

#include "batch.h"
#include "sink.h"
#include "sink_connection.h"

struct sink_daemon;

/* Sends one event, rendered into daemon->memory. Bytes, or -errno. */
typedef long sink_daemon_sender(struct sink_daemon *daemon, const struct ttlog_event *event);

/* The first member of the sink's own structure. */
struct sink_daemon {
	struct socket_address address;
	int fd; /* -1: not connected */
	sink_daemon_sender *send;
	size_t bytes; /* of the whole sink */
	struct accepted accepted;
	char memory[BATCH_BYTES];
};

/*
 * Makes a sink of so many bytes, all of them zero but the daemon's, and fills in the listener. `what` names it where there is no memory. NULL:
 * *result is a positive errno, with a sentence in error[0, error_bytes).
 */
struct sink_daemon *sink_daemon_open(size_t bytes, const char *what, const char *path, sink_daemon_sender *send,
				     struct ttlog_listener *listener, int *result, char *error, size_t error_bytes);

#endif
