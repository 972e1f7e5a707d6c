/*
 * guess.h - the caller of a frame that no unwind information describes: code of a JIT compiler, of an assembler, a jump to
 * nowhere, a stack that was written over.
 *
 * Three ways, the safest first. Each believes only what a call instruction can have put there. Single-threaded.
 */
#ifndef TTLOG_CAPTURE_GUESS_H
#define TTLOG_CAPTURE_GUESS_H

#include "memory.h"

#include <stdbool.h>
#include <stdint.h>

enum frame_found {
	FOUND_BY_TABLE,          /* unwind information, or the registers themselves */
	FOUND_BY_RETURN_ADDRESS, /* on top of the stack, where the call has just put it */
	FOUND_BY_FRAME_POINTER,
	FOUND_BY_SCAN, /* the first word up the stack that looks like one */
};

/* Steps to the caller: registers (DWARF order) become its, as far as they are known. False: nothing to go by, nothing is changed. */
bool guess_caller(struct memory *memory, uint64_t *registers, bool exact, enum frame_found *found);

/* The function that has got to `pc` has made a frame record: the frame pointer is its own. False where calls put return addresses on the stack. */
bool guess_made_frame_record(struct memory *memory, uint64_t pc);
/* A frame pointer and a return address stand there. */
bool guess_is_frame_record(struct memory *memory, uint64_t address);

#endif
