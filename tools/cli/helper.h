/*
 * helper.h - the programs beside ttlog (ttlog-capture, ttlog-db) as the commands start them: found as built or as installed.
 *
 * Single-threaded.
 */
#ifndef TTLOG_CLI_HELPER_H
#define TTLOG_CLI_HELPER_H

/*
 * Becomes the program whose name arguments[0] is, without the agent, signals unblocked. Exits with 127 where it is not to be had, and says
 * why; of one that is nowhere it says `absent` (NULL: where it was looked for last).
 */
_Noreturn void helper_become(char *const *arguments, const char *absent);

#endif
