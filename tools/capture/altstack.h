/*
 * altstack.h - how much of its signal stack the dying thread has used: measured from outside, for the agent to keep its budget.
 */
#ifndef TTLOG_CAPTURE_ALTSTACK_H
#define TTLOG_CAPTURE_ALTSTACK_H

#include "recorder.h"
#include "snapshot.h"

#include <sys/types.h>

/* Fills snapshot->agent.altstack while the handler waits on it. Nothing where it ran on another stack, or memory cannot be read. */
void altstack_measure(struct snapshot *snapshot, pid_t pid, const struct crash_record *crash);

#endif
