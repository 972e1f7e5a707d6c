/*
 * death.h - whether a snapshot is of a process that came to a bad end. Pure; any thread.
 */
#ifndef TTLOG_GROUPS_DEATH_H
#define TTLOG_GROUPS_DEATH_H

#include "snapshot.h"

/*
 * Died of a signal, was killed, ran out of time or memory, exited with a status that is not 0. Else it lived when the snapshot was asked
 * for, or exited as it wanted.
 */
bool death_is(const struct snapshot *snapshot);

/* In one word: "SIGSEGV", "timeout", "exit 3", "out of memory". */
const char *death_word(const struct snapshot *snapshot);

/* Of a signal that a program brings upon itself, SIGSEGV, SIGABRT and the like: where it died tells it all. */
bool death_is_fault(const struct snapshot *snapshot);

/* The program's name for people: its service, else its file's; "unknown". */
const char *death_program(const struct snapshot *snapshot);

#endif
