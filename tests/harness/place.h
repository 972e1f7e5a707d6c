/*
 * place.h - the directories of one test, and what the product left in them.
 *
 * place_init and place_fini are the .init and .fini of each suite that runs programs: below TMPDIR (or /tmp) a directory that is
 * removed with all it holds, unless KEEP=1 is in the environment; then its name is printed. Where the kernel allows it the test
 * also gets a /dev/shm of its own, so that no test sees (or recovers) the recorder files of another.
 */
#ifndef TTLOG_TESTS_PLACE_H
#define TTLOG_TESTS_PLACE_H

#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

void place_init(void);
void place_fini(void);

const char *place_root(void);
bool place_has_own_shm(void);
const char *place_storage(void); /* what runs with the agent get as TTLOG_STORAGE; does not exist at first */
void place_storage_clear(void);
const char *place_directory(void); /* a fresh working directory at each call */
/* root/name, in memory that lives as long as the test. */
const char *place_path(const char *name);
const char *place_file(const char *name, const void *data, size_t bytes); /* writes it */
bool is_executable(const char *path);

/* Number of snapshots in a directory; fails the test where anything else lies there. *path: the last one, or NULL. */
size_t snapshots_in(const char *directory, const char **path);
/* Files whose paths match (glob(7)). *last: the last of them, or NULL; `last` may be NULL. */
size_t files_matching(const char *pattern, const char **last);
/* Snapshots in the storage by what stands in their names between "ttlog-" and the suffix: "*-SIGSEGV". *last as above. */
size_t snapshots_matching(const char *pattern, const char **last);
/* The one snapshot in the storage, read; fails the test where there are none or more. *path may be NULL. */
void snapshot_only(struct snapshot *snapshot, const char **path);
/* Reads one file or fails the test. */
void snapshot_at(struct snapshot *snapshot, const char *path);

/* A recorder file in /dev/shm/ttlog-<uid> that says it belongs to the pid; NULL: none. */
const char *recorder_of(pid_t pid);
/* How many files /dev/shm/ttlog-<user> holds. */
unsigned recorder_files(uid_t user);

#endif
