/*
 * target.h - what the user named: FILE, DIR, PID, a core file, or - for standard input; opened to be read as a snapshot.
 *
 * A core file stands for the snapshot of the same process beside it; a directory for the newest snapshot in it, or in the tmp
 * below it, or for that of a core file in it. Where the file that is read is not the one that was named, a line on standard
 * error says which it is.
 */
#ifndef TTLOG_CLI_TARGET_H
#define TTLOG_CLI_TARGET_H

#include "command.h"
#include "snapshot.h"
#include "stream.h"

#include <limits.h>
#include <stdbool.h>

struct target {
	struct snapshot snapshot; /* after target_read(): all but the events. Of a recorder: all, from the beginning */
	char path[PATH_MAX];      /* of the file it comes from; "standard input" */
	bool is_input;            /* standard input: nothing that could be named again */
	int fd;                   /* of a snapshot file; -1: it is a recorder */
};

/* COMMAND_DONE, or the exit status after the error was printed; then nothing is open. */
int target_open(const struct command *command, struct target *target, const char *name);
void target_close(struct target *target);

/*
 * Reads it, from the beginning, however often: snapshot_stream(). What the target's snapshot held before is gone, so strings
 * of it too; `into` (may be NULL: the target's own) is filled instead where it must stay.
 */
int target_read(struct target *target, struct snapshot *into, const struct snapshot_visitor *visitor, struct snapshot_error *error);

#endif
