/*
 * recovery.h - a snapshot made from a recorder file alone: of a process that lives, or that died without a capture.
 *
 * Used by view, recover and run. Single-threaded; 0 or -errno.
 */
#ifndef TTLOG_CLI_RECOVERY_H
#define TTLOG_CLI_RECOVERY_H

#include "command.h"
#include "recorder_load.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Fills an initialised snapshot: identity, events, signal, modules, and of a death that saved itself the threads with their stacks
 * (by ttlog-capture from the file at `path`; without it the crashed thread's registers and innermost function).
 * reason is "live", "exited", the signal's name, or "killed" where the process ended without a crash record; created_at of a
 * dead one is its last sign of life.
 */
int recovery_build(struct snapshot *snapshot, const struct recorder_view *view, const char *path, bool alive);

/* True where a snapshot was written as it died, also if nobody lived to say so in the recorder. */
bool recovery_is_captured(const struct recorder_view *view);

/* True where nobody made a snapshot of this death yet: LIVE or DYING. */
bool recovery_is_wanted(const struct recorder_view *view);

/* Directory for the snapshot: the one asked for, or else the one in the recorder's identity, or else "./tmp". */
const char *recovery_storage(const struct recorder_view *view, const char *asked);

/* After snapshot `path` was written into `storage`: removes the oldest ones beyond what the process's TTLOG_KEEP allows. */
void recovery_retain(const struct recorder_view *view, const char *storage, const char *path);

/* A recorder that nobody needs any more goes. False: it stays, and the next `ttlog recover` finds it again: said in the command's name. */
bool recovery_remove(const struct command *command, const char *recorder);

#endif
