/*
 * describe.h - what happened to a process, in words.
 */
#ifndef TTLOG_CLI_DESCRIBE_H
#define TTLOG_CLI_DESCRIBE_H

#include "snapshot.h"

#define DESCRIBE_BYTES 512u

/*
 * "died of SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0"; of an abort, what was said at it. One line, of what the snapshot says:
 * print it through terminal.h.
 */
void describe_end(const struct snapshot *snapshot, char text[DESCRIBE_BYTES]);
/* "SIGSEGV: address not mapped (SEGV_MAPERR) at 0x0" */
void describe_signal(const struct snapshot_signal *signal, char text[DESCRIBE_BYTES]);

/* It ended itself in its own handler of a fault: the end tells of the fault. */
bool describe_after_fault(const struct snapshot *snapshot);
/* The end tells all of the abort message. */
bool describe_end_has_message(const struct snapshot *snapshot);

/* "3.2 s", "4 min 10 s", "2 h 5 min", "3 days 4 h" */
void describe_duration(uint64_t ns, char text[64]);
/* "63.9 MB", in powers of 1024. */
void describe_bytes(uint64_t bytes, char text[32]);
/* "2026-11-23 12:35:27.123 UTC", or with the local zone: "+0100" */
void describe_time(uint64_t ns, bool local, char text[64]);

/* The thread that crashed, or NULL. */
const struct snapshot_thread *describe_crashed(const struct snapshot *snapshot);

/* The first frame that says something: not the machinery of raise() and abort(), if there is one behind it; or NULL. */
const struct snapshot_frame *describe_innermost(const struct snapshot_thread *thread);

/* Symbol without version: "raise@@GLIBC_2.2.5" is "raise". Returns the bytes of `function` to show. */
size_t describe_function_bytes(const char *function);

/* True for the libraries of C and C++, the loader and the kernel's own code. */
bool describe_is_system_code(const struct snapshot_frame *frame);

/* Last component of a path. */
const char *describe_base_name(const char *path);

#endif
