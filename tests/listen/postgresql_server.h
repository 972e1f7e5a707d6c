/*
 * postgresql_server.h - a real server of PostgreSQL for one test: below place_root(), on a unix socket only, without fsync, as the user postgres
 * where the test is root's.
 */
#ifndef TTLOG_TESTS_POSTGRESQL_SERVER_H
#define TTLOG_TESTS_POSTGRESQL_SERVER_H

/* Makes the cluster, with an encoding ("UTF8"), where there is none. Skips the test where the server is not installed. */
void postgresql_init(const char *encoding);
/* Starts it and waits until it answers. */
void postgresql_start(void);
/* Ends it at once, as a crash would. */
void postgresql_kill(void);
/* SIGSTOP to what serves connections at the moment; SIGCONT to the same. */
void postgresql_signal(int signal);
/* What psql(1) prints, without its last line feed. */
const char *postgresql_query(const char *sql);
/* The directory of its socket. */
const char *postgresql_host(void);

#endif
