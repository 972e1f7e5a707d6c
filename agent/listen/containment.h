/*
 * containment.h - a plug-in that falls harms nobody: the program would not have loaded it.
 *
 * Its function is left by a jump, and none of it is called again. Only where nothing of the process's can be left half done:
 *
 *	- the instruction that faults is one of the object's own that on_event is of, so it is in nobody's critical section but its own:
 *	  not in malloc(3), not in a library whose locks the program may want,
 *	- or it calls abort(3), or an assertion of it fails, or an exception leaves it,
 *	- in a function that a thread of its own called (TAKER_OWN), for which TTLOG_LISTENERS asked.
 *
 * Everything else, and a function of the program's, is a death as any, whose snapshot names the listener. Needs _dl_find_object(3) (glibc 2.35),
 * the only look-up of an address that takes no lock.
 */
#ifndef TTLOG_LISTEN_CONTAINMENT_H
#define TTLOG_LISTEN_CONTAINMENT_H

#include <stdbool.h>
#include <stdint.h>

/* What the object is known by that holds the address; NULL: none does, or nobody can tell. Async-signal-safe. */
const void *containment_object_of(uintptr_t address) __attribute__((visibility("hidden")));

/* In the handler of a fault: does not come back where it can be contained. */
void containment_fault_as(int signal, const void *context) __attribute__((visibility("hidden")));

/* What the calling thread does next ends the process: does not come back where it can be contained. `how`: a literal, for the note. */
void containment_end(const char *how) __attribute__((visibility("hidden")));

#endif
