/*
 * inject.h - what the program inject says of a run.
 */
#ifndef TTLOG_TESTS_INJECT_H
#define TTLOG_TESTS_INJECT_H

#include <stdint.h>

enum { INJECT_HANDLER = 0, INJECT_WATCHER, INJECT_HELPER, INJECT_NOBODY };
enum { INJECT_NOTHING = 0, INJECT_ERROR, INJECT_SIGNAL, INJECT_KILL, INJECT_STOP, INJECT_LEAVE, INJECT_LATE };

struct inject_report {
	int32_t ended, status;         /* the program's wait status */
	int32_t leftover;              /* somebody of it was still alive when the time was over */
	int32_t fired, number;         /* the call that was disturbed */
	uint32_t calls[INJECT_NOBODY]; /* of each */
};

#endif
