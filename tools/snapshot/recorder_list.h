/*
 * recorder_list.h - the recorder files of a user, and whether the process of each still lives.
 *
 * Single-threaded; 0 or -errno. Entries are malloc'ed as one array.
 */
#ifndef TTLOG_SNAPSHOT_RECORDER_LIST_H
#define TTLOG_SNAPSHOT_RECORDER_LIST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct recorder_entry {
	char path[PATH_MAX];
	pid_t pid;   /* from the name; of a living process in another pid namespace, the number that it has here */
	bool unseen; /* of a pid namespace that cannot be seen from here: nobody knows whether its process lives */
};

struct recorder_list {
	struct recorder_entry *entries; /* by pid */
	size_t count, room;
};

/* RECORDER_DIRECTORY of the effective user. */
void recorder_directory(char path[PATH_MAX]);

/* Files named <pid>-<something>.rec of the calling user; an absent directory is an empty list. */
int recorder_list_open(struct recorder_list *list);
/* Called by root: those of all users. Their owners may write anything there: look, and act, on those only that name the caller's own run. */
int recorder_list_open_all(struct recorder_list *list);
void recorder_list_close(struct recorder_list *list);

/* A process as people name it: its number in digits and nothing else. */
bool recorder_pid(const char *name, pid_t *pid);

/*
 * The recorder file of a process. A recycled pid may have left a file of an earlier process: the one whose process is *alive
 * comes first. False: there is none.
 */
bool recorder_find(pid_t pid, char path[PATH_MAX], bool *alive);

/* True while a thread of `pid` has the file mapped: neither a recycled pid nor a process that called exec has. */
bool recorder_is_alive(pid_t pid, const char *path);
/* The same, but -errno where that cannot be known now (shortage.h). */
int recorder_life(pid_t pid, const char *path);

#endif
