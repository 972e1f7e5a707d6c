/*
 * own_functions.h - the program's own functions on a stack, as every build of it has them: without frames of the system, with inlined
 * functions as calls, by plain names.
 *
 * Pure; any thread.
 */
#ifndef TTLOG_GROUPS_OWN_FUNCTIONS_H
#define TTLOG_GROUPS_OWN_FUNCTIONS_H

#include "function_name.h"
#include "snapshot.h"

#define OWN_FUNCTION_BYTES (2 * FUNCTION_NAME_BYTES)

struct own_function {
	char name[OWN_FUNCTION_BYTES]; /* plain; "main@orders.c"; "[libshop]" where it has none */
	bool is_named;
	const struct snapshot_frame *frame; /* whose code it is, or holds its code */
	const char *file;                   /* place in it; NULL: unknown */
	uint32_t line;
};

/* `function` is valid during the call. */
typedef void own_function_visit(void *context, const struct own_function *function);

/*
 * Innermost first. What a signal handler interrupted is left out where the handler has functions of its own, unless it is the fault
 * behind the death (first_signal): then the handler is. `thread` NULL: none.
 */
void own_functions_each(const struct snapshot *snapshot, const struct snapshot_thread *thread, own_function_visit *visit,
			void *context);

/* The thread whose stack counts: the one that died, else the main thread, else the first; NULL: there is none. */
const struct snapshot_thread *own_functions_thread(const struct snapshot *snapshot);

#endif
