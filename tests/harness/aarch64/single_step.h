/*
 * single_step.h - a program cannot step itself here: only the kernel may set MDSCR_EL1.SS. Nor can a tracer do it for it, for no step gets
 * past an exclusive load and its store: each exception between them makes the store fail. So the tests say that they cannot be made.
 */
#ifndef TTLOG_TESTS_SINGLE_STEP_H
#define TTLOG_TESTS_SINGLE_STEP_H

static inline const char *step_impossible(void)
{
	return "no program can step itself on this processor";
}

static inline void step_begin(void)
{
}

static inline void step_end(void)
{
}

static inline void step_end_in(void *interrupted)
{
	(void)interrupted;
}

#endif
