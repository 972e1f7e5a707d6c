/*
 * target.h - what the user named, FILE, DIR or PID, opened as a snapshot.
 */
#ifndef TTLOG_CLI_TARGET_H
#define TTLOG_CLI_TARGET_H

#include "command.h"
#include "snapshot.h"

#include <limits.h>

struct target {
	struct snapshot snapshot;
	char path[PATH_MAX]; /* of the file it came from */
	unsigned char *cbor; /* as it stands in the file; NULL for a recorder file */
	size_t cbor_bytes;
};

/* COMMAND_DONE, or the exit status after the error was printed; then nothing is open. */
int target_open(const struct command *command, struct target *target, const char *name);
void target_close(struct target *target);

#endif
