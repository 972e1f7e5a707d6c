/*
 * three.h - a file, SQLite and PostgreSQL listening to one process at once, and what each of them has; and an nginx to listen to. Of a test
 * that has a PostgreSQL (postgresql_server.h).
 */
#ifndef TTLOG_TESTS_THREE_H
#define TTLOG_TESTS_THREE_H

#include "process.h"

/* Skips the test where something is not installed or built. */
void three_skip_without(const char *path);
void three_skip_without_any(void);

/* TTLOG_LISTENERS=... of all three, which block, with their files in the directory. */
const char *three_listeners(const char *directory);
/* A database on a loaded machine may take longer than writers wait. */
#define THREE_ROOM "TTLOG_CAPACITY=131072"

/* The number that a shell command prints. */
unsigned long three_number(const char *command);

/* Rows of each. */
struct three {
	unsigned long file, sqlite, postgresql;
};
/* Of the process; `source`: only what came through it ("macro", "file", ...); NULL: all. */
struct three three_count(const char *directory, pid_t pid, const char *source);
/* Until each has as many as `wanted` says, which is asked each time. */
void three_await(const char *directory, pid_t pid, const char *source, unsigned long (*wanted)(const char *directory));

/* nginx with one worker and its log in the directory: each request is a line of that. `extra`: one more variable of its environment. */
struct process *nginx_start(const char *directory, unsigned port, const char *extra);
/* Of its worker, which says so itself. */
pid_t nginx_worker(unsigned port);
unsigned long nginx_log_lines(const char *directory);
/* Requests for a second; how many. */
unsigned long nginx_load(unsigned port);

#endif
