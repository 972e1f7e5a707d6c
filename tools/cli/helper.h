/*
 * helper.h - ttlog-capture as the commands start it: found beside the command itself, as built or as installed.
 *
 * Single-threaded.
 */
#ifndef TTLOG_CLI_HELPER_H
#define TTLOG_CLI_HELPER_H

/* In a child: becomes the helper, without the agent, signals unblocked. arguments[0] is its name. Exits with 127 where it is not to be had. */
_Noreturn void helper_become(char *const *arguments);

#endif
