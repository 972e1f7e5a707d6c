#include "altstack.h"

#include "target.h"

#include <stdlib.h>

enum { ALTSTACK_BYTES_MAX = 4 << 20 };

/* The kernel hands such memory out as zeros, and a stack grows down: the lowest byte that is none was the deepest. */
static size_t used_bytes(const unsigned char *stack, size_t bytes)
{
	size_t untouched = 0;
	while (untouched < bytes && stack[untouched] == 0)
		untouched++;
	return bytes - untouched;
}

void altstack_measure(struct snapshot *snapshot, pid_t pid, const struct crash_record *crash)
{
	const uint32_t bytes = crash->altstack_bytes;
	unsigned char *stack = bytes && bytes <= ALTSTACK_BYTES_MAX ? malloc(bytes) : NULL;
	if (stack && target_read(pid, crash->altstack_address, stack, bytes) == (ssize_t)bytes) {
		snapshot->agent.altstack.present = true;
		snapshot->agent.altstack.size = bytes;
		snapshot->agent.altstack.used = used_bytes(stack, bytes);
	}
	free(stack);
}
