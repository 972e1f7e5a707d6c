/*
 * memory.h - the target's memory as the unwinder reads it: pages of the target itself, and what was copied of it before or
 * stands in files, for where the target cannot be read; and what is mapped where.
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

/*
 * `pid` 0: nobody that could be read. `maps`: text of /proc/pid/maps, which outlives it; NULL: nothing is known to be mapped.
 * NULL: no memory of ours.
 */
struct memory *memory_create(pid_t pid, const char *maps, size_t bytes);
void memory_destroy(struct memory *memory);

/* Read before (the stack in the crash record); the one that was added last is asked first. Not owned. */
void memory_add_copy(struct memory *memory, uint64_t address, const unsigned char *data, size_t bytes);

/* From now on the copies are asked before the target: it runs, and has changed what was copied. */
void memory_prefer_copies(struct memory *memory);

/* What else knows the memory, asked last. False: not all of it. */
typedef bool memory_reader(void *from, uint64_t address, void *data, size_t bytes);
void memory_add_reader(struct memory *memory, memory_reader *reader, void *from);

/* All of it, or false. */
bool memory_read(struct memory *memory, uint64_t address, void *data, size_t bytes);

/* NULL: nothing is mapped there. */
const struct mapping *memory_mapping(const struct memory *memory, uint64_t address);

/* Code that a call has just left: the address is executable and a call instruction ends there. */
bool memory_is_return_address(struct memory *memory, uint64_t address);
/* The same of an address that may be signed, from which it takes the signature; false: it is none, and stays as it is. */
bool memory_take_return_address(struct memory *memory, uint64_t *address);

#endif
