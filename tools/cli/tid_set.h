/*
 * tid_set.h - which threads were met. Begin with all zero. Single-threaded.
 */
#ifndef TTLOG_CLI_TID_SET_H
#define TTLOG_CLI_TID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tid_set {
	uint64_t *slots;    /* a number and one; 0: free. A hostile file has as many threads as events. */
	size_t count, room; /* room: a power of two, or 0 */
};

/* True: it was not there. Without memory it is as if it had been. */
bool tid_set_add(struct tid_set *set, uint32_t tid);
void tid_set_fini(struct tid_set *set);

#endif
