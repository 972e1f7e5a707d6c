/*
 * server.h - a server of messages in a thread of the test: a stand-in for syslog's daemon, the journal, or a collector.
 */
#ifndef TTLOG_TESTS_SERVER_H
#define TTLOG_TESTS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct server;

/*
 * Listens on a path (unix) or, path NULL, on 127.0.0.1 at *port (0: a free one, which is stored there). `type`: SOCK_DGRAM or SOCK_STREAM.
 * The path may be there from a server before.
 */
struct server *server_start(const char *path, unsigned *port, int type);

/* What has come so far: of datagrams each with a NUL byte behind it, of streams just the bytes. Valid until the next call. */
const char *server_taken(struct server *server, size_t *bytes);

/* Waits until so many bytes have come, or fails the test. */
const char *server_await(struct server *server, size_t bytes);

/* Datagrams that came as the contents of a sealed memory file. */
unsigned server_files(struct server *server);

/* Stops reading without closing anything, until the next server_resume. */
void server_pause(struct server *server);
void server_resume(struct server *server);

/* Closes all, at once: what has not been read is lost. Memory that server_taken() gave stays. */
void server_stop(struct server *server);

#endif
