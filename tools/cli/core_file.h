/*
 * core_file.h - the snapshot that belongs to a core file.
 *
 * Both are written at one death, of one process: the pid in the core's notes and in the snapshot's name, and the times of both files
 * tell. Single-threaded.
 */
#ifndef TTLOG_CLI_CORE_FILE_H
#define TTLOG_CLI_CORE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct core_file {
	pid_t pid;
	char command[17];
	struct timespec modified;
};

/* True for an ELF core file whose notes name a process. Reads only its notes, and takes them for hostile. */
bool core_file_read(int fd, struct core_file *core);

/* Looks beside the core (`path`), in tmp there, in $TTLOG_STORAGE and in ./tmp. False: none of this process, of about that time. */
bool core_file_snapshot(const struct core_file *core, const char *path, char snapshot[PATH_MAX]);

/* The newest core file in a directory. */
bool core_file_newest(const char *directory, char path[PATH_MAX], struct core_file *core);

#endif
