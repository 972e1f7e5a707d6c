/*
 * step.h - what an access does to the modelled memory, at once or by way of a store buffer. Between machine.c and step.c only;
 * the code under test calls the step_ functions of word.h.
 */
#ifndef TTLOG_MODEL_STEP_H
#define TTLOG_MODEL_STEP_H

#include "machine.h"

/* Stops the running thread until it is chosen, and counts the step. Nothing where nobody runs. */
void machine_stop(enum access_kind kind, const uint64_t *word);

void step_begin(void);
/* A store of a thread's buffer reaches memory, its oldest or, with weak order, a later one. */
void step_flush(unsigned thread, unsigned index);

/* How many values before the present one the load yields that is made now. */
extern unsigned step_age;

struct unit_place {
	unsigned lane, unit, index;
};
/* LANES where the word is in no unit. */
struct unit_place unit_place(const uint64_t *word);

#endif
