/*
 * stacks.h - the threads of a process that saved itself as it died and is gone: unwound by ttlog-capture from its recorder file.
 *
 * Single-threaded.
 */
#ifndef TTLOG_CLI_STACKS_H
#define TTLOG_CLI_STACKS_H

#include "reader.h"
#include "snapshot.h"

#include <stdbool.h>

/* False, and nothing added: the file holds no death, or the helper is not there. Frames get no module and no name here. */
bool stacks_add(struct snapshot *snapshot, const struct recorder_view *view, const char *path);

#endif
