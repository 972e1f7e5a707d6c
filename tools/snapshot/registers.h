/*
 * registers.h - the registers of struct crash_context by their names, as gdb spells them, in the order of DWARF's numbers, the program
 * counter last. A recorder may have come from a machine with another processor; which one it is, the number of registers tells.
 */
#ifndef TTLOG_SNAPSHOT_REGISTERS_H
#define TTLOG_SNAPSHOT_REGISTERS_H

#include "arena.h"
#include "snapshot.h"

#include <stdint.h>

/* Copies them into the thread; memory is the arena's. A thread of no known processor gets none. */
void registers_fill(struct arena *arena, struct snapshot_thread *thread, const uint64_t *registers, uint32_t count);

#endif
