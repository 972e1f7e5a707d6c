/*
 * memory_group.h - a control group with a memory limit of its own, of either version: cgroups(7).
 */
#ifndef TTLOG_TESTS_MEMORY_GROUP_H
#define TTLOG_TESTS_MEMORY_GROUP_H

#include <stdbool.h>
#include <stddef.h>

/* A group below our own. False, with *why, where none can be made here: no right, no controller. */
bool memory_group_make(size_t megabytes, const char **why);
/* The file to which a process writes its pid to move in. */
const char *memory_group_procs(void);
/* Once all that was in it has ended. */
void memory_group_remove(void);

#endif
