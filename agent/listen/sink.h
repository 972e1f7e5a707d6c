/*
 * sink.h - how a built-in listener is made from its options. Each opener is called by the listener thread, as sinks_open() says; version,
 * policy and level are set by the caller, and for `name` there is the item's text where the opener leaves it NULL.
 */
#ifndef TTLOG_LISTEN_SINK_H
#define TTLOG_LISTEN_SINK_H

#include "render.h"
#include "sink_options.h"
#include "ttlog_listener.h"

typedef int sink_opener(const struct sink_options *options, struct ttlog_listener *listener, char *error, size_t error_bytes);

sink_opener sink_stream_open, sink_file_open, sink_syslog_open, sink_journal_open, sink_socket_open, sink_plugin_open;

/* "what: why" of an errno, without strerror(3), which takes the locale's. Returns the errno. */
int sink_complain(char *error, size_t error_bytes, const char *what, const char *why, int number);

/* The machine's name, and a facility of syslog. */
void sink_names(struct render_syslog_names *names, unsigned facility);

/* Zeroed memory of its own mapping (malloc(3) may be the program's, and locked in a child); NULL: there is none. */
void *sink_memory(size_t bytes);
void sink_free(void *memory, size_t bytes);

#endif
