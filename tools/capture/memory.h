/*
 * memory.h - the target's memory as the unwinder reads it: by pages that are kept, what is mapped there, and a copy of the
 * crashed stack for where the target itself cannot be read.
 *
 * Single-threaded. Nothing that is read is believed: addresses come from damaged stacks.
 */
#ifndef TTLOG_CAPTURE_MEMORY_H
#define TTLOG_CAPTURE_MEMORY_H

#include "mapping.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct memory;

/* `maps`: text of /proc/pid/maps, which outlives it; NULL: nothing is known to be mapped. NULL: no memory of ours. */
struct memory *memory_create(pid_t pid, const char *maps, size_t bytes);
void memory_destroy(struct memory *memory);

/* Read before (the stack in the crash record). Not owned. */
void memory_add_copy(struct memory *memory, uint64_t address, const unsigned char *data, size_t bytes);

/* All of it, or false. */
bool memory_read(struct memory *memory, uint64_t address, void *data, size_t bytes);

/* NULL: nothing is mapped there. */
const struct mapping *memory_mapping(const struct memory *memory, uint64_t address);

/* Code that a call has just left: the address is executable and a call instruction ends there. */
bool memory_is_return_address(struct memory *memory, uint64_t address);

#endif
