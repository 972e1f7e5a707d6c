/*
 * log_file.h - the program's own log files: which descriptors write to one.
 *
 * A file whose path matches files:GLOB of TTLOG_CAPTURE, opened for writing by open(2), fopen(3) and their kin. What is written through
 * such a descriptor, by write(2) or a stream, is recorded with the file's path as target. Descriptors 1 and 2 are standard
 * output and error, whatever they lead to. Not seen: descriptors above LOG_DESCRIPTORS, files passed through exec or a socket,
 * copies made by fcntl(2), raw system calls; a file's descriptor closed by one of these counts until its number is opened again by name.
 *
 * Any thread, any signal handler; no locks. A vfork child changes nothing here: the table is its parent's.
 */
#ifndef TTLOG_HOOK_LOG_FILE_H
#define TTLOG_HOOK_LOG_FILE_H

#include "record.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOG_DESCRIPTORS = 1024, LOG_FILES = 64 };

struct log_file;
struct stream_slot;

/* How many descriptors are log files; 0: nobody else here needs to be asked. */
extern uint32_t log_descriptors __attribute__((visibility("hidden")));

/* Patterns as in pattern_list_matches(), which stay where they are; "": none. */
void log_file_init(const char *globs) __attribute__((visibility("hidden")));

/* A descriptor that was opened by name: for writing, or not. errno is preserved. */
void log_file_opened(int fd, const char *path, bool writing) __attribute__((visibility("hidden")));
/* `to` is now what `from` is. */
void log_file_copied(int from, int to) __attribute__((visibility("hidden")));
/* Before it is closed: afterwards its number may be another thread's already. */
void log_file_closing(int fd) __attribute__((visibility("hidden")));
void log_file_closing_range(unsigned first, unsigned last) __attribute__((visibility("hidden")));

/* Where its text is recorded from; NULL: no log file. */
struct stream_slot *log_slot_find(int fd) __attribute__((visibility("hidden")));
static inline struct stream_slot *log_slot_of(int fd)
{
	return __builtin_expect(__atomic_load_n(&log_descriptors, __ATOMIC_RELAXED) != 0, 0) ? log_slot_find(fd) : NULL;
}

struct record_origin log_origin(struct log_file *file, const void *caller) __attribute__((visibility("hidden")));

#endif
