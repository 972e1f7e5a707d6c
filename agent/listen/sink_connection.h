/*
 * sink_connection.h - sockets of the listeners, by system calls: a path, or an address in numbers and a port. All waits are bounded.
 *
 * Names are not looked up: the resolver's locks, taken at the moment of a fork, would be taken for ever in the child.
 */
#ifndef TTLOG_LISTEN_SINK_CONNECTION_H
#define TTLOG_LISTEN_SINK_CONNECTION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define SOCKET_WAIT_MS 1000

struct socket_address {
	struct sockaddr_storage storage;
	uint32_t bytes;
};

/* A path, or "@name" for an abstract one. 0, or a positive errno (ENAMETOOLONG). */
int socket_path(struct socket_address *address, const char *path);
/* "127.0.0.1:514", "[::1]:514". 0, or EINVAL. */
int socket_numbers(struct socket_address *address, const char *text);

/* A connected socket of SOCK_DGRAM or SOCK_STREAM that never blocks, or -errno. */
int socket_connect(const struct socket_address *address, int type);

/* Sends one message, or of a stream what it takes; waits for room as long as SOCKET_WAIT_MS. Bytes, or -errno. No SIGPIPE. */
long socket_send(int fd, const void *data, size_t bytes);

/* Sends an empty message with a descriptor. 0, or -errno. */
int socket_send_descriptor(int fd, int descriptor);

#endif
