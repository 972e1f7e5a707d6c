#include "overflow.h"

#include <signal.h>
#include <string.h>

#define PAGE_BYTES 4096u

/* A push, a call or a probe of the stack touches memory this near the stack pointer. */
#define STACK_REACH_BYTES ((uint64_t)64 * 1024)

static bool stack_pointer(const struct snapshot_thread *thread, uint64_t *value)
{
	for (size_t i = 0; thread && i < thread->register_count; i++) {
		const struct snapshot_register *one = &thread->registers[i];
		if (!strcmp(one->name, "rsp") || !strcmp(one->name, "sp")) {
			*value = one->value;
			return true;
		}
	}
	return false;
}

bool overflow_is(const struct snapshot_thread *thread, const struct snapshot_signal *signal)
{
	uint64_t pointer;

	if (signal->number != SIGSEGV || !signal->has_address || !stack_pointer(thread, &pointer))
		return false;
	return signal->address + STACK_REACH_BYTES >= pointer && signal->address <= pointer + PAGE_BYTES &&
	       signal->address >= PAGE_BYTES;
}
