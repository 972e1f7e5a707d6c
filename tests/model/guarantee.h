/*
 * guarantee.h - what must be true in every state (G1-G6 of recorder.h). Each function calls violate() where it is not.
 */
#ifndef TTLOG_MODEL_GUARANTEE_H
#define TTLOG_MODEL_GUARANTEE_H

#include "machine.h"

/* One that a reader was given is what somebody wrote, all of it, where it was written (G3). Returns its CALL_BIT; 0: it is not. */
uint64_t guarantee_record(const struct record *record, unsigned lane);

/* Bits of the calls whose records are in memory and whose units have not been handed out again: a reader has to find them (G5). */
uint64_t guarantee_readable(unsigned lane);

/* All that is true at any time, also if all died here: what can be read, what is torn, the counters, and a writer that comes after. */
void guarantee_state(void);

#endif
