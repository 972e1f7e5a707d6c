/*
 * loopback.h - ports of 127.0.0.1 for the servers of a test.
 */
#ifndef TTLOG_TESTS_LOOPBACK_H
#define TTLOG_TESTS_LOOPBACK_H

#include <netinet/in.h>

struct sockaddr_in loopback(unsigned port);
/* Nobody listens there at the moment. */
unsigned loopback_free_port(void);

#endif
