/*
 * user_name.h - what a user is called on this machine. Single-threaded.
 */
#ifndef TTLOG_CLI_USER_NAME_H
#define TTLOG_CLI_USER_NAME_H

#include <sys/types.h>

/* NULL: has no name, or it cannot be had. Valid until the next call. */
const char *user_name(uid_t user);

#endif
