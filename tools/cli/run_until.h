/*
 * run_until.h - `ttlog run --until-failure`.
 *
 * Single-threaded; called once, before anything of the run is prepared.
 */
#ifndef TTLOG_CLI_RUN_UNTIL_H
#define TTLOG_CLI_RUN_UNTIL_H

#include "run.h"

/*
 * Repeats the run until one fails, --for is over or --max-runs are done. The exit status: of the one that failed, 0 where none
 * has; does not come back where that is a signal.
 */
int run_until_failure(struct run *run);

#endif
