/*
 * proc_file.h - the text of a file of a process in /proc: proc(5). Any thread; no allocation.
 */
#ifndef TTLOG_SNAPSHOT_PROC_FILE_H
#define TTLOG_SNAPSHOT_PROC_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Up to room - 1 bytes of the file that process has in /proc, with a NUL behind them: how many. 0: it cannot be read, or is empty. `room` is not 0. */
size_t proc_file_read(int64_t pid, const char *name, char *text, size_t room);
/* Of the one that /proc names so: proc_number.h. */
size_t proc_file_read_number(pid_t number, const char *name, char *text, size_t room);

#endif
