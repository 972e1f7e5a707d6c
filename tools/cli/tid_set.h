/*
 * tid_set.h - which threads were met. Begin with all zero. Single-threaded.
 */
#ifndef TTLOG_CLI_TID_SET_H
#define TTLOG_CLI_TID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tid_set {
	uint32_t *tids;
	size_t count, room;
};

/* True: it was not there. Without memory it is as if it had been. */
bool tid_set_add(struct tid_set *set, uint32_t tid);
void tid_set_fini(struct tid_set *set);

#endif
