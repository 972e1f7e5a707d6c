/* Alternate signal stacks: without one, the handler of a stack overflow never runs. */
#include "crash.h"

#include "libc.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

/*
 * The agent's handler needs 16 KB with the kernel's frame (AT_MINSIGSTKSZ is 3 KB here, 11 KB with AMX); the rest is for handlers of the
 * program that asked for SA_ONSTACK without setting a stack, and expect the thread's own. Untouched pages cost nothing.
 */
enum { ALTSTACK_BYTES = 256 * 1024, GUARD_BYTES = 4096 };

static __thread char *altstack_own __attribute__((tls_model("initial-exec"))); /* of this thread, from the agent; NULL: none */

static bool altstack_set(char *memory)
{
	const stack_t stack = {.ss_sp = memory + GUARD_BYTES, .ss_size = ALTSTACK_BYTES - GUARD_BYTES};
	return sys_sigaltstack(&stack, NULL) == 0;
}

void altstack_install(void)
{
	stack_t now;
	if (sys_sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE))
		return;
	char *memory = altstack_own;
	if (!memory) {
		memory = sys_mmap(NULL, ALTSTACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1);
		if (sys_mmap_failed(memory))
			return;
		sys_mprotect(memory, GUARD_BYTES, PROT_NONE);
	}
	if (altstack_set(memory))
		altstack_own = memory;
}

int altstack_change(const stack_t *stack, stack_t *old)
{
	stack_t before;
	if (REAL(sigaltstack)(stack, &before) != 0)
		return -1;
	if (altstack_own && before.ss_sp == altstack_own + GUARD_BYTES) {
		const int on_it = before.ss_flags & SS_ONSTACK;
		memset(&before, 0, sizeof(before));
		before.ss_flags = on_it ? SS_ONSTACK : SS_DISABLE;
	}
	if (stack && (stack->ss_flags & SS_DISABLE) && altstack_own)
		altstack_set(altstack_own);
	if (old)
		*old = before;
	return 0;
}
