/*
 * death_place.h - where a process died, in one line on standard error: "ttlog:     in price  src/orders.c:40".
 *
 * The innermost place whose source is the user's; or else the innermost function that is not the system's; or else module and
 * offset. Debug information is looked for, and may take a moment. Single-threaded.
 */
#ifndef TTLOG_CLI_DEATH_PLACE_H
#define TTLOG_CLI_DEATH_PLACE_H

#include "snapshot.h"

/* Nothing where there is no stack. */
void death_place_print(const struct snapshot *snapshot);

#endif
