/*
 * living.h - what of a living process has to be of one moment: its registers, its stacks and its map of memory.
 *
 * The process stands still while these are copied, and for nothing else: unwinding, names and the recorder come when it runs
 * again. Single-threaded.
 */
#ifndef TTLOG_CAPTURE_LIVING_H
#define TTLOG_CAPTURE_LIVING_H

#include "memory.h"
#include "snapshot.h"
#include "target.h"

#include <stddef.h>
#include <stdint.h>

struct living_stack {
	uint64_t address;
	unsigned char *data;
	size_t bytes;
};

struct living {
	char *maps; /* text of /proc/pid/maps; NULL: may not be read */
	size_t maps_bytes;
	struct living_stack *stacks; /* of the threads that were stopped */
	size_t stack_count;
	uint64_t began_ns, stopped_ns, resumed_ns; /* CLOCK_MONOTONIC; 0: it was not */
};

/* CLOCK_MONOTONIC */
uint64_t living_now_ns(void);

/* Copies what the stopped target has, and lets it go on; its threads keep their registers. `began_ns`: before it was stopped. */
void living_take(struct living *living, struct target *target, uint64_t began_ns);
void living_free(struct living *living);

/* The copies are read in the place of what stands there by now. They have to outlive `memory`. */
void living_add_stacks(const struct living *living, struct memory *memory);

/* True where it is another program by now: what is read of its memory does not belong to these stacks. */
bool living_has_changed(const struct living *living, pid_t pid);

/* agent.stages: "stopped": all threads stood still; "resumed": they went on; both since the first of them was asked to stop. */
void living_add_stages(const struct living *living, struct snapshot *snapshot);

#endif
