/*
 * run_deaths.h - the snapshots that one `ttlog run` has in its directory, and the deaths among them.
 *
 * Which they are stands in each (`run`), so that runs may share a directory. Single-threaded.
 */
#ifndef TTLOG_CLI_RUN_DEATHS_H
#define TTLOG_CLI_RUN_DEATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The worst first: a fault is the program's own doing, a SIGTERM somebody's wish. */
enum death_rank { DEATH_FAULT, DEATH_TIMEOUT, DEATH_KILLED, DEATH_ENDED, DEATH_NONE };

struct run_death {
	char *path;
	int64_t pid;
	uint64_t created_at;
	enum death_rank rank; /* DEATH_NONE: of a process that lived, or exited */
	char *service;
	char *key; /* equal in deaths of one kind: reason and innermost function; the program too, where that says little */
};

struct run_deaths {
	struct run_death *items; /* oldest first */
	size_t count, room;
};

/* Of the run `id`, from files that are not older than `since_ns`. What cannot be read is nobody's. 0 or -errno. */
int run_deaths_open(struct run_deaths *deaths, const char *directory, const char *id, uint64_t since_ns);
void run_deaths_close(struct run_deaths *deaths);
void run_death_free(struct run_death *death);

/* How many are deaths. */
size_t run_deaths_count(const struct run_deaths *deaths);

#endif
